/* Messages of BGP, whatever they are: nothing is read behind them, what is understood is written
 * and understood as the same.
 *
 *     byte 0      how it is read: 1 four-byte numbers, 2 iBGP, 4 path identifiers
 *     then        a message, its header with it; or, if bit 3 is set, only its body, as an UPDATE
 */
#include <stdlib.h>

#include "core/routing/bgp/attr.h"
#include "fuzz/input.h"

/* The message ends where its memory does, so that ASan sees each read behind it. */
static u8 *at_end(const u8 *bytes, u32 len)
{
	u8 *memory = malloc(len);

	CHECK(memory != NULL || len == 0);
	if (len > 0)
		memcpy(memory, bytes, len);
	return memory;
}

static void judge_open(const u8 *msg, u32 len)
{
	struct bgp_error error = { 0 };
	struct bgp_open open, back;
	u8 again[BGP_OPEN_MOST];

	if (!bgp_open_read(msg, len, &open, &error)) {
		CHECK(error.code == BGP_ERROR_OPEN);
		return;
	}
	CHECK(open.hold_s == 0 || open.hold_s >= 3);
	CHECK(open.router_id.raw != 0);
	CHECK(open.add_path <= 3);
	CHECK(bgp_open_read(again, bgp_open_write(again, &open), &back, &error));
	/* Families are named when there is one that we know. */
	open.families = back.families;
	if (!open.restart_ip4)
		open.forwarding_ip4 = false;
	CHECK(memcmp(&open, &back, sizeof open) == 0);
}

static void judge_body(const struct bgp_attrs *attrs)
{
	struct bgp_body_attr each;
	u32 at = 0, above = 0;

	CHECK(attrs->body_len <= BGP_BODY_MAX);
	while (bgp_body_next(attrs, &at, &each)) {
		CHECK(each.type >= above);
		above = each.type + 1u;
	}
	CHECK(at == attrs->body_len);
}

static void judge_attrs(const struct bgp_attrs *attrs, const struct bgp_wire *wire)
{
	static struct bgp_attrs back;
	struct bgp_attr_found found;
	u8 again[2 * BGP_MSG_MAX + 64];
	struct bgp_piece piece = { again, 0 };

	judge_body(attrs);
	piece.len = bgp_attrs_write(again, sizeof again, attrs, wire);
	CHECK(piece.len > 0);
	bgp_attrs_read(piece, wire, &back, &found);
	CHECK(found.harm == BGP_HARM_NONE);
	CHECK(memcmp(&back.head, &attrs->head, sizeof back.head) == 0);
	CHECK(back.body_len == attrs->body_len);
	CHECK(memcmp(back.body, attrs->body, back.body_len) == 0);
}

static void judge_update(const u8 *msg, u32 len, const struct bgp_wire *wire)
{
	static struct bgp_attrs attrs;
	struct bgp_attr_found found;
	struct bgp_update update;
	struct bgp_error error = { 0 };
	struct bgp_nlri nlri;
	u8 prefix[BGP_NLRI_MAX];

	if (!bgp_update_read(msg, len, &update, &error)) {
		CHECK(error.code == BGP_ERROR_UPDATE);
		return;
	}
	CHECK(update.withdrawn.len + update.attrs.len + update.nlri.len + BGP_UPDATE_LEAST == len);
	bgp_nlri_sound(update.withdrawn, wire->with_id);
	while (bgp_nlri_next(&update.nlri, wire->with_id, &nlri)) {
		struct bgp_piece piece = { prefix, bgp_nlri_write(prefix, wire->with_id, &nlri) };
		struct bgp_nlri back;

		CHECK(bgp_nlri_next(&piece, wire->with_id, &back));
		CHECK(be32_eq(nlri.addr, back.addr) && nlri.len == back.len);
	}
	bgp_attrs_read(update.attrs, wire, &attrs, &found);
	bgp_attrs_judge(&update, &found);
	CHECK((found.harm == BGP_HARM_NONE) == (found.what == NULL));
	CHECK((found.harm == BGP_HARM_RESET) == (found.error.code != 0));
	judge_body(&attrs);
	/* What was left out, or is not there, is not written as it came. */
	if (found.harm == BGP_HARM_NONE && found.has_path && found.has_origin && found.has_nexthop)
		judge_attrs(&attrs, wire);
}

static void judge(const u8 *msg, u32 len, const struct bgp_wire *wire)
{
	struct bgp_error error = { 0 };
	struct bgp_refresh refresh;
	char text[300];

	switch (bgp_msg_type(msg)) {
	case BGP_OPEN: judge_open(msg, len); break;
	case BGP_UPDATE: judge_update(msg, len, wire); break;
	case BGP_NOTIFICATION:
		bgp_notification_read(msg, len, &error);
		bgp_error_shutdown_text(&error, text, sizeof text);
		CHECK(memchr(text, 0, sizeof text) != NULL);
		break;
	case BGP_ROUTE_REFRESH: bgp_refresh_read(msg, len, &refresh, &error); break;
	default: break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 how = next_byte(&in);
	struct bgp_wire wire = { (how & 1) != 0, (how & 2) != 0, (how & 4) != 0 };
	u32 len = u32_min((u32)in.left, BGP_MSG_MAX);
	struct bgp_error error;
	u8 *msg;

	if ((how & 8) != 0) {
		u8 whole[BGP_MSG_MAX];

		len = u32_min(len, BGP_MSG_MAX - BGP_HLEN);
		bgp_header_write(whole, BGP_HLEN + len, BGP_UPDATE);
		memcpy(whole + BGP_HLEN, in.at, len);
		len += BGP_HLEN;
		msg = at_end(whole, len);
	} else {
		msg = at_end(in.at, len);
	}
	if (bgp_frame_read(msg, len, &len, &error) == BGP_FRAME_WHOLE) {
		u8 *exact = at_end(msg, len);

		judge(exact, len, &wire);
		free(exact);
	}
	free(msg);
	return 0;
}
