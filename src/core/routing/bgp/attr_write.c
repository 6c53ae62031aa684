/* Path attributes to the wire, ascending by type (RFC 4271 section 5, appendix F.3). */
#include "core/routing/bgp/attr.h"

enum { HLEN_LONG = 4, HLEN = 3, SEGMENT_HLEN = 2, AS2_MAX = 0xffff };

struct writer {
	u8 *to;
	u32 len;
	u32 room;
	bool full;
	const struct bgp_attrs *attrs;
	const struct bgp_wire *wire;
};

/* The header; where the value goes, NULL: there is no room. */
static u8 *put_head(struct writer *w, u8 type, u8 flags, u32 len)
{
	u32 head = len > 255 ? HLEN_LONG : HLEN;
	u8 *at = w->to + w->len;

	if (w->full || w->room - w->len < head + len) {
		w->full = true;
		return NULL;
	}
	at[0] = (u8)(len > 255 ? flags | BGP_FLAG_EXTENDED : flags & ~BGP_FLAG_EXTENDED);
	at[1] = type;
	if (len > 255)
		be16_store(at + 2, be16_of((u16)len));
	else
		at[2] = (u8)len;
	w->len += head + len;
	return at + head;
}

static void put(struct writer *w, u8 type, u8 flags, const void *value, u32 len)
{
	u8 *at = put_head(w, type, flags, len);

	if (at != NULL && len > 0)
		memcpy(at, value, len);
}

static void put_u32(struct writer *w, u8 type, u8 flags, u32 value)
{
	be32 wire = be32_of(value);

	put(w, type, flags, &wire, sizeof wire);
}

/* ---- numbers for who has two bytes of them (RFC 6793 section 4.2.2) ----------------------------
 */

static be16 as_narrow(u32 as)
{
	return be16_of(as > AS2_MAX ? BGP_AS_TRANS : (u16)as);
}

static bool path_is_wide(struct bgp_piece path)
{
	struct bgp_path_segment segment;

	while (bgp_path_next(&path, &segment)) {
		for (u32 at = 0; at < segment.count; at++) {
			if (bgp_segment_as(&segment, at) > AS2_MAX)
				return true;
		}
	}
	return false;
}

static u32 path_narrow_len(struct bgp_piece path)
{
	struct bgp_path_segment segment;
	u32 len = 0;

	while (bgp_path_next(&path, &segment))
		len += SEGMENT_HLEN + 2u * segment.count;
	return len;
}

static void put_path(struct writer *w)
{
	struct bgp_path_segment segment;
	struct bgp_piece path;
	u8 *at;

	bgp_body_find(w->attrs, BGP_AS_PATH, &path);
	if (w->wire->as4) {
		put(w, BGP_AS_PATH, BGP_FLAG_TRANSITIVE, path.at, path.len);
		return;
	}
	at = put_head(w, BGP_AS_PATH, BGP_FLAG_TRANSITIVE, path_narrow_len(path));
	while (at != NULL && bgp_path_next(&path, &segment)) {
		at[0] = segment.type;
		at[1] = segment.count;
		at += SEGMENT_HLEN;
		for (u32 n = 0; n < segment.count; n++, at += 2)
			be16_store(at, as_narrow(bgp_segment_as(&segment, n)));
	}
}

static void put_aggregator(struct writer *w, u8 flags, struct bgp_piece value)
{
	u8 narrow[6];

	if (w->wire->as4) {
		put(w, BGP_AGGREGATOR, flags, value.at, value.len);
		return;
	}
	be16_store(narrow, as_narrow(be32_host(be32_load(value.at))));
	memcpy(narrow + 2, value.at + 4, 4);
	put(w, BGP_AGGREGATOR, flags, narrow, sizeof narrow);
}

static void put_as4(struct writer *w)
{
	u8 flags = BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE;
	struct bgp_piece value;

	if (w->wire->as4)
		return;
	bgp_body_find(w->attrs, BGP_AS_PATH, &value);
	if (path_is_wide(value))
		put(w, BGP_AS4_PATH, flags, value.at, value.len);
	if (bgp_body_find(w->attrs, BGP_AGGREGATOR, &value) &&
	    be32_host(be32_load(value.at)) > AS2_MAX)
		put(w, BGP_AS4_AGGREGATOR, flags, value.at, value.len);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void put_head_attrs(struct writer *w)
{
	const struct bgp_attr_head *head = &w->attrs->head;

	put(w, BGP_ORIGIN, BGP_FLAG_TRANSITIVE, &head->origin, 1);
	put_path(w);
	put(w, BGP_NEXT_HOP, BGP_FLAG_TRANSITIVE, &head->nexthop, sizeof head->nexthop);
	if ((head->flags & BGP_HAS_MED) != 0)
		put_u32(w, BGP_MED, BGP_FLAG_OPTIONAL, head->med);
	if ((head->flags & BGP_HAS_LOCAL_PREF) != 0)
		put_u32(w, BGP_LOCAL_PREF, BGP_FLAG_TRANSITIVE, head->local_pref);
	if ((head->flags & BGP_HAS_ATOMIC) != 0)
		put(w, BGP_ATOMIC_AGGREGATE, BGP_FLAG_TRANSITIVE, NULL, 0);
}

u32 bgp_attrs_write(u8 *to, u32 room, const struct bgp_attrs *attrs, const struct bgp_wire *wire)
{
	struct writer w = { to, 0, room, false, attrs, wire };
	struct bgp_body_attr attr;
	bool originator_left = (attrs->head.flags & BGP_HAS_ORIGINATOR) != 0;
	bool as4_left = true;
	u32 at = 0;

	put_head_attrs(&w);
	while (bgp_body_next(attrs, &at, &attr)) {
		if (attr.type > BGP_ORIGINATOR_ID && originator_left) {
			put(&w, BGP_ORIGINATOR_ID, BGP_FLAG_OPTIONAL, &attrs->head.originator, 4);
			originator_left = false;
		}
		if (attr.type > BGP_AS4_PATH && as4_left) {
			put_as4(&w);
			as4_left = false;
		}
		if (attr.type == BGP_AGGREGATOR)
			put_aggregator(&w, attr.flags, attr.value);
		else if (attr.type != BGP_AS_PATH)
			put(&w, attr.type, attr.flags, attr.value.at, attr.value.len);
	}
	if (originator_left)
		put(&w, BGP_ORIGINATOR_ID, BGP_FLAG_OPTIONAL, &attrs->head.originator, 4);
	if (as4_left)
		put_as4(&w);
	return w.full ? 0 : w.len;
}
