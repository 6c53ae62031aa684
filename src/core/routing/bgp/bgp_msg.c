/* Messages of BGP-4 as bytes. */
#include "core/routing/bgp/bgp_msg.h"

enum {
	PARAM_CAPABILITY = 2, /* RFC 5492 section 4 */
	PARAM_HLEN = 2,
	CAP_HLEN = 2,
	CAP_FAMILY = 1,
	CAP_REFRESH = 2,
	CAP_RESTART = 64,
	CAP_AS4 = 65,
	CAP_ADD_PATH = 69,
	CAP_ENHANCED_REFRESH = 70,
	CAP_REFRESH_OLD = 128, /* of before RFC 2918, still sent */
	RESTART_SECONDS = 0xfff,
	RESTART_R = 0x8000,
	RESTART_F = 0x80,
	HOLD_LEAST_S = 3,
};

void bgp_error_set(struct bgp_error *error, u8 code, u8 subcode, const void *data, u32 data_len)
{
	error->code = code;
	error->subcode = subcode;
	error->data_len = (u16)u32_min(data_len, BGP_ERROR_DATA_MAX);
	if (error->data_len > 0)
		memcpy(error->data, data, error->data_len);
}

static u32 u16_at(const u8 *at)
{
	return be16_host(be16_load(at));
}

/* ---- framing --------------------------------------------------------------------------------- */

static bool length_fits(u8 type, u32 len)
{
	switch (type) {
	case BGP_OPEN: return len >= BGP_OPEN_LEAST;
	case BGP_UPDATE: return len >= BGP_UPDATE_LEAST;
	case BGP_NOTIFICATION: return len >= BGP_NOTIFICATION_LEAST;
	case BGP_KEEPALIVE: return len == BGP_HLEN;
	/* RFC 7313 section 5 has an error of its own for what is longer or shorter. */
	case BGP_ROUTE_REFRESH: return true;
	default: return true;
	}
}

enum bgp_frame bgp_frame_read(const u8 *bytes, u32 have, u32 *len, struct bgp_error *error)
{
	for (u32 at = 0; at < u32_min(have, BGP_MARKER_SIZE); at++) {
		if (bytes[at] != 0xff) {
			bgp_error_set(error, BGP_ERROR_HEADER, BGP_HEADER_NOT_SYNCHRONIZED, NULL,
				      0);
			return BGP_FRAME_BAD;
		}
	}
	if (have < BGP_HLEN)
		return BGP_FRAME_MORE;
	*len = u16_at(bytes + BGP_MARKER_SIZE);
	if (*len < BGP_HLEN || *len > BGP_MSG_MAX || !length_fits(bytes[BGP_HLEN - 1], *len)) {
		bgp_error_set(error, BGP_ERROR_HEADER, BGP_HEADER_BAD_LENGTH,
			      bytes + BGP_MARKER_SIZE, 2);
		return BGP_FRAME_BAD;
	}
	if (bytes[BGP_HLEN - 1] < BGP_OPEN || bytes[BGP_HLEN - 1] > BGP_ROUTE_REFRESH) {
		bgp_error_set(error, BGP_ERROR_HEADER, BGP_HEADER_BAD_TYPE, bytes + BGP_HLEN - 1,
			      1);
		return BGP_FRAME_BAD;
	}
	return have < *len ? BGP_FRAME_MORE : BGP_FRAME_WHOLE;
}

void bgp_header_write(u8 *to, u32 len, enum bgp_type type)
{
	memset(to, 0xff, BGP_MARKER_SIZE);
	be16_store(to + BGP_MARKER_SIZE, be16_of((u16)len));
	to[BGP_HLEN - 1] = (u8)type;
}

/* ---- OPEN ------------------------------------------------------------------------------------ */

static void read_restart(struct bgp_open *open, const u8 *value, u32 len)
{
	u32 head = u16_at(value);

	open->restart = true;
	open->restarting = (head & RESTART_R) != 0;
	open->restart_s = head & RESTART_SECONDS;
	for (u32 at = 2; at + 4 <= len; at += 4) {
		if (u16_at(value + at) == BGP_AFI_IP4 && value[at + 2] == BGP_SAFI_UNICAST) {
			open->restart_ip4 = true;
			open->forwarding_ip4 = (value[at + 3] & RESTART_F) != 0;
		}
	}
}

static void read_add_path(struct bgp_open *open, const u8 *value, u32 len)
{
	for (u32 at = 0; at + 4 <= len; at += 4) {
		/* RFC 7911 section 4: other values are ignored. */
		if (u16_at(value + at) == BGP_AFI_IP4 && value[at + 2] == BGP_SAFI_UNICAST &&
		    value[at + 3] >= 1 && value[at + 3] <= 3)
			open->add_path = value[at + 3];
	}
}

/* RFC 5492 section 3: what is not known is passed over. A capability whose length is not its own is
 * none.                                                                                          */
static void read_capability(struct bgp_open *open, u8 code, const u8 *value, u32 len)
{
	switch (code) {
	case CAP_FAMILY:
		if (len != 4)
			break;
		open->families = true;
		if (u16_at(value) == BGP_AFI_IP4 && value[3] == BGP_SAFI_UNICAST)
			open->ip4 = true;
		break;
	case CAP_REFRESH:
	case CAP_REFRESH_OLD: open->refresh = true; break;
	case CAP_ENHANCED_REFRESH: open->enhanced_refresh = true; break;
	case CAP_RESTART:
		if (len >= 2)
			read_restart(open, value, len);
		break;
	case CAP_AS4:
		if (len == 4) {
			open->as4 = true;
			open->as = be32_host(be32_load(value));
		}
		break;
	case CAP_ADD_PATH: read_add_path(open, value, len); break;
	default: break;
	}
}

static bool read_capabilities(struct bgp_open *open, const u8 *at, u32 len)
{
	while (len > 0) {
		u32 whole;

		if (len < CAP_HLEN)
			return false;
		whole = CAP_HLEN + (u32)at[1];
		if (whole > len)
			return false;
		read_capability(open, at[0], at + CAP_HLEN, at[1]);
		at += whole;
		len -= whole;
	}
	return true;
}

static bool read_params(struct bgp_open *open, const u8 *at, u32 len, struct bgp_error *error)
{
	while (len > 0) {
		u32 whole = len < PARAM_HLEN ? UINT32_MAX : PARAM_HLEN + (u32)at[1];

		if (whole > len) {
			bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_UNSPECIFIC, NULL, 0);
			return false;
		}
		if (at[0] != PARAM_CAPABILITY) {
			bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_BAD_PARAMETER, at, whole);
			return false;
		}
		if (!read_capabilities(open, at + PARAM_HLEN, at[1])) {
			bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_UNSPECIFIC, NULL, 0);
			return false;
		}
		at += whole;
		len -= whole;
	}
	return true;
}

bool bgp_open_read(const u8 *msg, u32 len, struct bgp_open *open, struct bgp_error *error)
{
	u8 version[2] = { 0, BGP_VERSION };

	memset(open, 0, sizeof *open);
	if (msg[19] != BGP_VERSION) {
		bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_BAD_VERSION, version, 2);
		return false;
	}
	open->short_as = (u16)u16_at(msg + 20);
	open->as = open->short_as;
	open->hold_s = (u16)u16_at(msg + 22);
	open->router_id = be32_load(msg + 24);
	if (open->hold_s != 0 && open->hold_s < HOLD_LEAST_S) {
		bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_BAD_HOLD, NULL, 0);
		return false;
	}
	if (open->router_id.raw == 0) { /* RFC 6286 section 2.2 */
		bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_BAD_ID, msg + 24, 4);
		return false;
	}
	if (BGP_OPEN_LEAST + (u32)msg[28] != len) {
		bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_UNSPECIFIC, NULL, 0);
		return false;
	}
	if (!read_params(open, msg + BGP_OPEN_LEAST, msg[28], error))
		return false;
	if (open->as == 0) { /* RFC 7607 section 2 */
		bgp_error_set(error, BGP_ERROR_OPEN, BGP_OPEN_BAD_AS, msg + 20, 2);
		return false;
	}
	return true;
}

static u8 *cap_write(u8 *at, u8 code, const void *value, u8 len)
{
	at[0] = code;
	at[1] = len;
	if (len > 0)
		memcpy(at + CAP_HLEN, value, len);
	return at + CAP_HLEN + len;
}

static u8 *caps_write(u8 *at, const struct bgp_open *open)
{
	u8 family[4] = { 0, BGP_AFI_IP4, 0, BGP_SAFI_UNICAST };
	u8 add_path[4] = { 0, BGP_AFI_IP4, BGP_SAFI_UNICAST, open->add_path };
	u8 restart[6] = { 0, 0, 0, BGP_AFI_IP4, BGP_SAFI_UNICAST, 0 };
	be32 as = be32_of(open->as);

	be16_store(restart, be16_of((u16)(open->restart_s | (open->restarting ? RESTART_R : 0))));
	restart[5] = open->forwarding_ip4 ? RESTART_F : 0;
	if (open->ip4)
		at = cap_write(at, CAP_FAMILY, family, sizeof family);
	if (open->refresh)
		at = cap_write(at, CAP_REFRESH, NULL, 0);
	if (open->restart)
		at = cap_write(at, CAP_RESTART, restart, open->restart_ip4 ? 6 : 2);
	if (open->as4)
		at = cap_write(at, CAP_AS4, &as, sizeof as);
	if (open->add_path != 0)
		at = cap_write(at, CAP_ADD_PATH, add_path, sizeof add_path);
	if (open->enhanced_refresh)
		at = cap_write(at, CAP_ENHANCED_REFRESH, NULL, 0);
	return at;
}

u32 bgp_open_write(u8 *to, const struct bgp_open *open)
{
	u8 *caps = to + BGP_OPEN_LEAST + PARAM_HLEN;
	u8 *end = caps_write(caps, open);
	u32 len = (u32)(end - caps);

	to[19] = BGP_VERSION;
	be16_store(to + 20, be16_of(open->short_as));
	be16_store(to + 22, be16_of(open->hold_s));
	be32_store(to + 24, open->router_id);
	to[28] = (u8)(len == 0 ? 0 : PARAM_HLEN + len);
	to[29] = PARAM_CAPABILITY;
	to[30] = (u8)len;
	bgp_header_write(to, BGP_OPEN_LEAST + (u32)to[28], BGP_OPEN);
	return BGP_OPEN_LEAST + (u32)to[28];
}

/* ---- UPDATE ---------------------------------------------------------------------------------- */

bool bgp_update_read(const u8 *msg, u32 len, struct bgp_update *update, struct bgp_error *error)
{
	u32 left = len - BGP_UPDATE_LEAST;
	u32 withdrawn = u16_at(msg + BGP_HLEN);
	u32 attrs = 0;

	if (withdrawn <= left)
		attrs = u16_at(msg + BGP_HLEN + 2 + withdrawn);
	if (withdrawn > left || attrs > left - withdrawn) {
		bgp_error_set(error, BGP_ERROR_UPDATE, BGP_UPDATE_MALFORMED, NULL, 0);
		return false;
	}
	update->withdrawn = (struct bgp_piece){ msg + BGP_HLEN + 2, withdrawn };
	update->attrs = (struct bgp_piece){ update->withdrawn.at + withdrawn + 2, attrs };
	update->nlri = (struct bgp_piece){ update->attrs.at + attrs, left - withdrawn - attrs };
	return true;
}

bool bgp_nlri_sound(struct bgp_piece piece, bool with_id)
{
	struct bgp_nlri nlri;

	while (piece.len > 0) {
		if (!bgp_nlri_next(&piece, with_id, &nlri))
			return false;
	}
	return true;
}

/* ---- the small ones -------------------------------------------------------------------------- */

u32 bgp_keepalive_write(u8 *to)
{
	bgp_header_write(to, BGP_HLEN, BGP_KEEPALIVE);
	return BGP_HLEN;
}

u32 bgp_notification_write(u8 *to, const struct bgp_error *error)
{
	u32 len = BGP_NOTIFICATION_LEAST + (u32)error->data_len;

	bgp_header_write(to, len, BGP_NOTIFICATION);
	to[19] = error->code;
	to[20] = error->subcode;
	memcpy(to + BGP_NOTIFICATION_LEAST, error->data, error->data_len);
	return len;
}

void bgp_notification_read(const u8 *msg, u32 len, struct bgp_error *error)
{
	bgp_error_set(error, msg[19], msg[20], msg + BGP_NOTIFICATION_LEAST,
		      len - BGP_NOTIFICATION_LEAST);
}

bool bgp_refresh_read(const u8 *msg, u32 len, struct bgp_refresh *refresh, struct bgp_error *error)
{
	if (len != BGP_REFRESH_LEN) {
		bgp_error_set(error, BGP_ERROR_REFRESH, BGP_REFRESH_BAD_LENGTH, msg, len);
		return false;
	}
	refresh->afi = (u16)u16_at(msg + BGP_HLEN);
	refresh->kind = msg[BGP_HLEN + 2];
	refresh->safi = msg[BGP_HLEN + 3];
	return true;
}

u32 bgp_refresh_write(u8 *to, const struct bgp_refresh *refresh)
{
	bgp_header_write(to, BGP_REFRESH_LEN, BGP_ROUTE_REFRESH);
	be16_store(to + BGP_HLEN, be16_of(refresh->afi));
	to[BGP_HLEN + 2] = refresh->kind;
	to[BGP_HLEN + 3] = refresh->safi;
	return BGP_REFRESH_LEN;
}

/* ---- words ----------------------------------------------------------------------------------- */

const char *bgp_error_code_text(u8 code)
{
	static const char *const text[] = {
		[0] = "nothing",
		[BGP_ERROR_HEADER] = "message header error",
		[BGP_ERROR_OPEN] = "OPEN message error",
		[BGP_ERROR_UPDATE] = "UPDATE message error",
		[BGP_ERROR_HOLD] = "hold timer expired",
		[BGP_ERROR_FSM] = "unexpected message",
		[BGP_ERROR_CEASE] = "cease",
		[BGP_ERROR_REFRESH] = "ROUTE-REFRESH message error",
		[BGP_ERROR_SEND_HOLD] = "send hold timer expired",
	};

	return code < ARRAY_COUNT(text) ? text[code] : "an unknown error";
}

const char *bgp_error_subcode_text(u8 code, u8 subcode)
{
	static const char *const header[] = { "", "not synchronized", "bad length", "bad type" };
	static const char *const open[] = { "malformed",
					    "unsupported version",
					    "bad peer AS",
					    "bad BGP identifier",
					    "unsupported optional parameter",
					    "",
					    "unacceptable hold time",
					    "unsupported capability" };
	static const char *const update[] = { "",
					      "malformed attribute list",
					      "unknown well-known attribute",
					      "missing well-known attribute",
					      "attribute flags",
					      "attribute length",
					      "invalid ORIGIN",
					      "",
					      "invalid NEXT_HOP",
					      "optional attribute",
					      "invalid network field",
					      "malformed AS_PATH" };
	static const char *const fsm[] = { "", "in OpenSent", "in OpenConfirm", "in Established" };
	static const char *const cease[] = { "",
					     "too many prefixes",
					     "administrative shutdown",
					     "peer de-configured",
					     "administrative reset",
					     "connection rejected",
					     "configuration changed",
					     "connection collision",
					     "out of resources" };
	static const struct {
		const char *const *text;
		u32 count;
	} of[] = {
		[BGP_ERROR_HEADER] = { header, ARRAY_COUNT(header) },
		[BGP_ERROR_OPEN] = { open, ARRAY_COUNT(open) },
		[BGP_ERROR_UPDATE] = { update, ARRAY_COUNT(update) },
		[BGP_ERROR_FSM] = { fsm, ARRAY_COUNT(fsm) },
		[BGP_ERROR_CEASE] = { cease, ARRAY_COUNT(cease) },
	};

	if (code >= ARRAY_COUNT(of) || subcode >= of[code].count)
		return "";
	return of[code].text[subcode];
}

void bgp_error_shutdown_text(const struct bgp_error *error, char *to, u32 size)
{
	u32 len = 0;

	to[0] = '\0';
	if (error->code != BGP_ERROR_CEASE || error->data_len == 0 ||
	    (error->subcode != BGP_CEASE_SHUTDOWN && error->subcode != BGP_CEASE_RESET))
		return;
	if (error->data[0] >= error->data_len)
		return;
	/* RFC 9003 section 3: what a terminal might obey is not shown. */
	for (u32 at = 0; at < error->data[0] && len + 1 < size; at++) {
		u8 byte = error->data[1 + at];

		to[len++] = byte < 0x20 || byte == 0x7f ? ' ' : (char)byte;
	}
	to[len] = '\0';
}
