/* Messages as bytes: there and back, and what can not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/routing/bgp/bgp_msg.h"
#include "fake/build.h"

static const struct bgp_open full = {
	.as = 4200000001,
	.short_as = BGP_AS_TRANS,
	.hold_s = 90,
	.router_id = { 0x01020304 },
	.families = true,
	.ip4 = true,
	.as4 = true,
	.refresh = true,
	.enhanced_refresh = true,
	.restart = true,
	.restarting = true,
	.restart_ip4 = true,
	.forwarding_ip4 = true,
	.restart_s = 120,
	.add_path = BGP_ADD_PATH_RECEIVE | BGP_ADD_PATH_SEND,
};

static void open_there_and_back(void **state)
{
	u8 msg[BGP_OPEN_MOST];
	struct bgp_error error;
	struct bgp_open back;
	u32 len = bgp_open_write(msg, &full);
	u32 framed;

	(void)state;
	assert_true(len <= BGP_OPEN_MOST);
	assert_int_equal(bgp_frame_read(msg, len, &framed, &error), BGP_FRAME_WHOLE);
	assert_int_equal(framed, len);
	assert_int_equal(bgp_msg_type(msg), BGP_OPEN);
	assert_true(bgp_open_read(msg, len, &back, &error));
	assert_memory_equal(&back, &full, sizeof back);
}

/* RFC 4271 section 4.2: no optional parameters at all. */
static void open_without_parameters(void **state)
{
	struct bgp_open open = {
		.as = 65001, .short_as = 65001, .hold_s = 180, .router_id = { 0x01020304 }
	};
	u8 msg[BGP_OPEN_MOST];
	struct bgp_error error;
	struct bgp_open back;

	(void)state;
	assert_int_equal(bgp_open_write(msg, &open), BGP_OPEN_LEAST);
	assert_true(bgp_open_read(msg, BGP_OPEN_LEAST, &back, &error));
	assert_memory_equal(&back, &open, sizeof back);
}

/* Capabilities may come in one parameter or in several, and unknown ones are passed over. */
static void capabilities_in_any_shape(void **state)
{
	static const u8 params[] = {
		2,  2,  2,  0,              /* route refresh */
		2,  6,  1,  4, 0, 1, 0,  1, /* IPv4 unicast */
		2,  5,  77, 3, 9, 9, 9,     /* unknown */
		2,  14, 1,  4, 0, 2, 0,  1, /* IPv6 unicast, and 4-byte AS */
		65, 4,  0,  1, 0, 2, 70, 0, /* enhanced refresh behind them */
	};
	u8 msg[BGP_OPEN_LEAST + sizeof params];
	struct bgp_open open = { .as = 3, .short_as = 3, .router_id = { 1 } };
	struct bgp_error error;

	(void)state;
	bgp_open_write(msg, &(struct bgp_open){ .short_as = 3, .router_id = { 1 } });
	memcpy(msg + BGP_OPEN_LEAST, params, sizeof params);
	msg[28] = sizeof params;
	/* The fourth parameter holds 6 + 6 + 2 bytes. */
	assert_true(bgp_open_read(msg, sizeof msg, &open, &error));
	assert_true(open.refresh && open.ip4 && open.families && open.as4);
	assert_true(open.enhanced_refresh);
	assert_int_equal(open.as, 65538);
}

static void open_refused(u32 at, u8 value, u8 subcode)
{
	u8 msg[BGP_OPEN_MOST];
	struct bgp_error error = { 0 };
	struct bgp_open back;
	u32 len = bgp_open_write(msg, &full);

	msg[at] = value;
	assert_false(bgp_open_read(msg, len, &back, &error));
	assert_int_equal(error.code, BGP_ERROR_OPEN);
	assert_int_equal(error.subcode, subcode);
}

static void opens_that_can_not_be(void **state)
{
	(void)state;
	open_refused(19, 3, BGP_OPEN_BAD_VERSION);
	open_refused(19, 5, BGP_OPEN_BAD_VERSION);
	open_refused(28, 0, BGP_OPEN_UNSPECIFIC);    /* bytes behind the parameters */
	open_refused(28, 200, BGP_OPEN_UNSPECIFIC);  /* parameters behind the bytes */
	open_refused(29, 1, BGP_OPEN_BAD_PARAMETER); /* authentication, which is no more */
	open_refused(30, 250, BGP_OPEN_UNSPECIFIC);
	open_refused(32, 250, BGP_OPEN_UNSPECIFIC); /* a capability longer than its parameter */
}

/* The version that would do is told (RFC 4271 section 6.2). */
static void the_version_is_told(void **state)
{
	u8 msg[BGP_OPEN_MOST];
	struct bgp_error error;
	struct bgp_open back;
	u32 len = bgp_open_write(msg, &full);

	(void)state;
	msg[19] = 3;
	assert_false(bgp_open_read(msg, len, &back, &error));
	assert_int_equal(error.data_len, 2);
	assert_int_equal(error.data[1], 4);
}

static void frames(void **state)
{
	u8 msg[BGP_MSG_MAX];
	struct bgp_error error;
	u32 len;

	(void)state;
	memset(msg, 0, sizeof msg);
	bgp_header_write(msg, BGP_MSG_MAX, BGP_UPDATE);
	for (u32 have = 0; have < BGP_MSG_MAX; have++)
		assert_int_equal(bgp_frame_read(msg, have, &len, &error), BGP_FRAME_MORE);
	assert_int_equal(bgp_frame_read(msg, BGP_MSG_MAX, &len, &error), BGP_FRAME_WHOLE);
	assert_int_equal(len, BGP_MSG_MAX);
	/* Each type has its least length (RFC 4271 section 6.1). */
	for (u32 type = BGP_OPEN; type <= BGP_ROUTE_REFRESH; type++) {
		static const u32 least[] = { 0, 29, 23, 21, 19, 19 };

		bgp_header_write(msg, least[type], (enum bgp_type)type);
		assert_int_equal(bgp_frame_read(msg, 64, &len, &error), BGP_FRAME_WHOLE);
		bgp_header_write(msg, least[type] - 1, (enum bgp_type)type);
		assert_int_equal(bgp_frame_read(msg, 64, &len, &error), BGP_FRAME_BAD);
		assert_int_equal(error.subcode, BGP_HEADER_BAD_LENGTH);
		assert_int_equal(error.data_len, 2);
	}
	bgp_header_write(msg, BGP_MSG_MAX + 1, BGP_UPDATE);
	assert_int_equal(bgp_frame_read(msg, 64, &len, &error), BGP_FRAME_BAD);
	/* The marker is looked at as it comes. */
	for (u32 at = 0; at < BGP_MARKER_SIZE; at++) {
		bgp_header_write(msg, BGP_HLEN, BGP_KEEPALIVE);
		msg[at] = 0xfe;
		assert_int_equal(bgp_frame_read(msg, at + 1, &len, &error), BGP_FRAME_BAD);
		assert_int_equal(error.subcode, BGP_HEADER_NOT_SYNCHRONIZED);
		assert_int_equal(bgp_frame_read(msg, at, &len, &error), BGP_FRAME_MORE);
	}
}

/* Every split of an UPDATE into its parts, right and wrong. */
static void updates_in_three_parts(void **state)
{
	u8 msg[BGP_UPDATE_LEAST + 12];
	struct bgp_update update;
	struct bgp_error error;

	(void)state;
	for (u32 withdrawn = 0; withdrawn < 20; withdrawn++) {
		for (u32 attrs = 0; attrs < 20; attrs++) {
			bool fits = withdrawn + attrs <= 12;

			memset(msg, 0, sizeof msg);
			be16_store(msg + 19, be16_of((u16)withdrawn));
			if (withdrawn <= 12)
				be16_store(msg + 21 + withdrawn, be16_of((u16)attrs));
			assert_int_equal(bgp_update_read(msg, sizeof msg, &update, &error), fits);
			if (!fits) {
				assert_int_equal(error.subcode, BGP_UPDATE_MALFORMED);
				continue;
			}
			assert_int_equal(update.withdrawn.len, withdrawn);
			assert_int_equal(update.attrs.len, attrs);
			assert_int_equal(update.nlri.len, 12 - withdrawn - attrs);
			assert_ptr_equal(update.nlri.at + update.nlri.len, msg + sizeof msg);
		}
	}
}

static void prefixes(void **state)
{
	u8 bytes[BGP_NLRI_MAX];

	(void)state;
	for (u32 with_id = 0; with_id < 2; with_id++) {
		for (u8 len = 0; len <= 32; len++) {
			u32 mask = len == 0 ? 0 : UINT32_MAX << (32 - len);
			struct bgp_nlri nlri = { be32_of(0xcb00717f & mask), len,
						 with_id ? 0xdeadbeef : 0 };
			struct bgp_nlri back;
			u32 size = bgp_nlri_write(bytes, with_id, &nlri);
			struct bgp_piece piece = { bytes, size };

			assert_int_equal(size, (with_id ? 5u : 1u) + (len + 7u) / 8);
			assert_true(bgp_nlri_sound(piece, with_id));
			assert_true(bgp_nlri_next(&piece, with_id, &back));
			assert_int_equal(piece.len, 0);
			assert_memory_equal(&back.addr, &nlri.addr, 4);
			assert_int_equal(back.len, len);
			assert_int_equal(back.path_id, nlri.path_id);
			if (size > 1) {
				piece = (struct bgp_piece){ bytes, size - 1 };
				assert_false(bgp_nlri_sound(piece, with_id));
			}
		}
	}
	/* Bits behind the length say nothing; a length above 32 is none. */
	memcpy(bytes, "\x14\xcb\x00\xff", 4);
	struct bgp_piece piece = { bytes, 4 };
	struct bgp_nlri nlri;

	assert_true(bgp_nlri_next(&piece, false, &nlri));
	assert_int_equal(be32_host(nlri.addr), 0xcb00f000);
	bytes[0] = 33;
	assert_false(bgp_nlri_sound((struct bgp_piece){ bytes, 6 }, false));
}

static void notifications(void **state)
{
	u8 msg[BGP_NOTIFICATION_LEAST + BGP_ERROR_DATA_MAX];
	struct bgp_error error, back;
	char text[BGP_ERROR_DATA_MAX];

	(void)state;
	bgp_error_set(&error, BGP_ERROR_CEASE, BGP_CEASE_SHUTDOWN,
		      "\5a\nb\x1b"
		      "c",
		      6);
	assert_int_equal(bgp_notification_write(msg, &error), 27);
	bgp_notification_read(msg, 27, &back);
	assert_int_equal(back.code, BGP_ERROR_CEASE);
	assert_int_equal(back.subcode, BGP_CEASE_SHUTDOWN);
	/* RFC 9003 section 3: nothing that a terminal obeys. */
	bgp_error_shutdown_text(&back, text, sizeof text);
	assert_string_equal(text, "a b c");
	/* A length that is longer than the data, and other subcodes: no text. */
	back.data[0] = 6;
	bgp_error_shutdown_text(&back, text, sizeof text);
	assert_string_equal(text, "");
	back.data[0] = 5;
	back.subcode = BGP_CEASE_PREFIXES;
	bgp_error_shutdown_text(&back, text, sizeof text);
	assert_string_equal(text, "");
	/* Of a text without end the beginning. */
	bgp_error_set(&error, BGP_ERROR_UPDATE, 1, msg, 20);
	assert_int_equal(error.data_len, 20);
	assert_string_equal(bgp_error_code_text(BGP_ERROR_CEASE), "cease");
	assert_string_equal(bgp_error_subcode_text(BGP_ERROR_CEASE, 7), "connection collision");
	for (u32 code = 0; code < 256; code++) {
		for (u32 subcode = 0; subcode < 256; subcode++)
			assert_non_null(bgp_error_subcode_text((u8)code, (u8)subcode));
		assert_non_null(bgp_error_code_text((u8)code));
	}
}

static void refreshes(void **state)
{
	struct bgp_refresh refresh = { BGP_AFI_IP4, BGP_SAFI_UNICAST, BGP_REFRESH_END }, back;
	u8 msg[BGP_REFRESH_LEN + 1];
	struct bgp_error error;

	(void)state;
	assert_int_equal(bgp_refresh_write(msg, &refresh), BGP_REFRESH_LEN);
	assert_true(bgp_refresh_read(msg, BGP_REFRESH_LEN, &back, &error));
	assert_int_equal(back.afi, refresh.afi);
	assert_int_equal(back.safi, refresh.safi);
	assert_int_equal(back.kind, refresh.kind);
	assert_false(bgp_refresh_read(msg, BGP_REFRESH_LEN - 1, &back, &error));
	assert_int_equal(error.code, BGP_ERROR_REFRESH);
	assert_false(bgp_refresh_read(msg, BGP_REFRESH_LEN + 1, &back, &error));
	/* RFC 7313 section 5: the whole message goes back. */
	assert_int_equal(error.data_len, BGP_REFRESH_LEN + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_there_and_back),
		cmocka_unit_test(open_without_parameters),
		cmocka_unit_test(capabilities_in_any_shape),
		cmocka_unit_test(opens_that_can_not_be),
		cmocka_unit_test(the_version_is_told),
		cmocka_unit_test(frames),
		cmocka_unit_test(updates_in_three_parts),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(notifications),
		cmocka_unit_test(refreshes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
