/* Path attributes from the wire.
 *
 * Two passes: over the bytes, to find where each type stands, then over the types in order, so that
 * the body comes out sorted and an attribute is judged once. How bad an error is says RFC 7606; the
 * worst of several counts (section 3 (h)).                                                       */
#include "core/base/check.h"
#include "core/routing/bgp/attr.h"

enum {
	TYPES = 256,
	HLEN = 3, /* flags, type, length of one byte */
	SEGMENT_HLEN = 2,
	LARGE_SIZE = 12,
	MP_REACH_HLEN = 4, /* family, subsequent family, length of the next hop */
	MP_UNREACH_HLEN = 3,
	NEXTHOP_SIZE = 4,
};

/* Where an attribute stands among the bytes. */
struct place {
	u16 at;
	u16 len;
	u8 flags;
};

struct reader {
	const u8 *bytes;
	const struct bgp_wire *wire;
	struct bgp_attrs *out;
	struct bgp_attr_found *found;
	u64 seen[TYPES / 64];
	struct place place[TYPES]; /* of what was seen */
};

static bool has(const struct reader *r, u8 type)
{
	return (r->seen[type / 64] >> type % 64 & 1) != 0;
}

static struct bgp_piece value_of(const struct reader *r, u8 type)
{
	return (struct bgp_piece){ r->bytes + r->place[type].at, r->place[type].len };
}

static void harm(struct reader *r, enum bgp_harm harm, u8 type, const char *what)
{
	if (harm <= r->found->harm)
		return;
	r->found->harm = harm;
	r->found->bad_type = type;
	r->found->what = what;
}

/* RFC 4271 section 6.3: the data are the attribute as it came: type, length and value. */
static void reset(struct reader *r, u8 subcode, u8 type, const char *what)
{
	const struct place *place = &r->place[type];
	u32 head = (place->flags & BGP_FLAG_EXTENDED) != 0 ? 4 : 3;

	if (r->found->harm == BGP_HARM_RESET)
		return;
	harm(r, BGP_HARM_RESET, type, what);
	bgp_error_set(&r->found->error, BGP_ERROR_UPDATE, subcode, r->bytes + place->at - head,
		      head + place->len);
}

/* ---- first pass ------------------------------------------------------------------------------ */

/* RFC 7606 section 3 (g): of two equal ones the second is none, but for those that carry prefixes.
 */
static void place_attr(struct reader *r, u8 type, const struct place *place)
{
	if (has(r, type)) {
		if (type == BGP_MP_REACH || type == BGP_MP_UNREACH)
			reset(r, BGP_UPDATE_MALFORMED, type, "prefixes of a family twice");
		return;
	}
	r->seen[type / 64] |= UINT64_C(1) << type % 64;
	r->place[type] = *place;
	if (type != BGP_MP_UNREACH)
		r->found->any = true;
}

static void find_places(struct reader *r, u32 len)
{
	u32 at = 0;

	while (at < len) {
		struct place place;
		u32 head, value;

		head = (r->bytes[at] & BGP_FLAG_EXTENDED) != 0 ? HLEN + 1 : HLEN;
		if (len - at < head) { /* RFC 7606 section 4 */
			harm(r, BGP_HARM_WITHDRAW, 0, "attributes end within a header");
			r->found->any = true;
			return;
		}
		value = head == HLEN ? r->bytes[at + 2] : be16_host(be16_load(r->bytes + at + 2));
		if (len - at - head < value) {
			harm(r, BGP_HARM_WITHDRAW, r->bytes[at + 1],
			     "an attribute is longer than all");
			r->found->any = true;
			return;
		}
		place = (struct place){ (u16)(at + head), (u16)value, r->bytes[at] };
		place_attr(r, r->bytes[at + 1], &place);
		at += head + value;
	}
}

/* ---- AS paths -------------------------------------------------------------------------------- */

/* RFC 7606 section 7.2, RFC 5065 section 5 (we are in no confederation), RFC 7607. */
static const char *path_wrong(struct bgp_piece path, u32 size)
{
	while (path.len > 0) {
		u32 whole;

		if (path.len < SEGMENT_HLEN)
			return "a path ends within a segment";
		if (path.at[0] != BGP_SEGMENT_SET && path.at[0] != BGP_SEGMENT_SEQUENCE)
			return "a path has a segment of an unknown type";
		if (path.at[1] == 0)
			return "a path has an empty segment";
		whole = SEGMENT_HLEN + path.at[1] * size;
		if (path.len < whole)
			return "a segment is longer than its path";
		for (u32 at = SEGMENT_HLEN; at < whole; at += size) {
			if ((path.at[at] | path.at[at + 1] | path.at[at + size - 2] |
			     path.at[at + size - 1]) == 0)
				return "a path has AS 0";
		}
		path.at += whole;
		path.len -= whole;
	}
	return NULL;
}

/* Sound paths only: as many numbers as RFC 4271 section 9.1.2.2 counts. */
static u32 path_count(struct bgp_piece path, u32 size)
{
	u32 count = 0;

	while (path.len > 0) {
		u32 whole = SEGMENT_HLEN + path.at[1] * size;

		count += path.at[0] == BGP_SEGMENT_SEQUENCE ? path.at[1] : 1;
		path.at += whole;
		path.len -= whole;
	}
	return count;
}

/* The first `count` numbers of a sound path, widened to four bytes; the bytes written. */
static u32 path_widen(u8 *to, struct bgp_piece path, u32 size, u32 count)
{
	u32 len = 0;

	while (path.len > 0 && count > 0) {
		bool is_set = path.at[0] == BGP_SEGMENT_SET;
		u32 take = is_set ? path.at[1] : u32_min(path.at[1], count);
		u32 whole = SEGMENT_HLEN + path.at[1] * size;

		to[len] = path.at[0];
		to[len + 1] = (u8)take;
		len += SEGMENT_HLEN;
		for (u32 at = 0; at < take; at++, len += 4) {
			const u8 *as = path.at + SEGMENT_HLEN + (u64)at * size;

			be32_store(to + len,
				   size == 4 ? be32_load(as) : be32_of(be16_host(be16_load(as))));
		}
		count -= is_set ? 1 : take;
		path.at += whole;
		path.len -= whole;
	}
	return len;
}

/* RFC 6793 section 4.2.3: of two aggregators the one that is not AS_TRANS is the newer one; an old
 * speaker has aggregated since, and what it passed on beside it is of before.                    */
static bool as4_is_stale(const struct reader *r)
{
	return has(r, BGP_AGGREGATOR) && has(r, BGP_AS4_AGGREGATOR) &&
	       r->place[BGP_AGGREGATOR].len == 6 &&
	       be16_host(be16_load(r->bytes + r->place[BGP_AGGREGATOR].at)) != BGP_AS_TRANS;
}

/* What an old speaker lost is put back in front of what AS4_PATH kept. */
static u32 path_merge(struct reader *r, u8 *to, struct bgp_piece path)
{
	struct bgp_piece as4 = value_of(r, BGP_AS4_PATH);
	u32 count = path_count(path, 2);
	const char *wrong;
	u32 kept, len;

	if (!has(r, BGP_AS4_PATH) || as4_is_stale(r))
		return path_widen(to, path, 2, UINT32_MAX);
	wrong = path_wrong(as4, 4);
	if (wrong != NULL) { /* RFC 6793 section 6 */
		harm(r, BGP_HARM_DISCARD, BGP_AS4_PATH, wrong);
		return path_widen(to, path, 2, UINT32_MAX);
	}
	kept = path_count(as4, 4);
	if (kept > count)
		return path_widen(to, path, 2, UINT32_MAX);
	len = path_widen(to, path, 2, count - kept);
	if (as4.len > 0)
		memcpy(to + len, as4.at, as4.len);
	return len + as4.len;
}

static void read_path(struct reader *r, struct bgp_piece value)
{
	u32 size = r->wire->as4 ? 4 : 2;
	const char *wrong = path_wrong(value, size);
	u8 path[BGP_BODY_MAX]; /* AS_PATH doubled and AS4_PATH: both come of one message */
	u32 len;

	if (wrong != NULL) {
		harm(r, BGP_HARM_WITHDRAW, BGP_AS_PATH, wrong);
		return;
	}
	len = size == 4 ? path_widen(path, value, 4, UINT32_MAX) : path_merge(r, path, value);
	if (!bgp_body_set(r->out, BGP_AS_PATH, BGP_FLAG_TRANSITIVE, path, len))
		harm(r, BGP_HARM_WITHDRAW, BGP_AS_PATH, "a path is too long");
	bgp_head_of_path(r->out);
	r->found->has_path = true;
}

/* ---- the others ------------------------------------------------------------------------------ */

/* In the body its number has four bytes. RFC 7606 section 7.7, RFC 6793 section 6, RFC 7607. */
static void read_aggregator(struct reader *r, struct bgp_piece value)
{
	struct bgp_piece as4 = value_of(r, BGP_AS4_AGGREGATOR);
	u8 whole[8];

	if (value.len != (r->wire->as4 ? 8u : 6u)) {
		harm(r, BGP_HARM_DISCARD, BGP_AGGREGATOR, "an aggregator of the wrong length");
		return;
	}
	if (r->wire->as4) {
		memcpy(whole, value.at, sizeof whole);
	} else {
		be32_store(whole, be32_of(be16_host(be16_load(value.at))));
		memcpy(whole + 4, value.at + 2, 4);
		if (has(r, BGP_AS4_AGGREGATOR) && !as4_is_stale(r)) {
			if (as4.len == sizeof whole)
				memcpy(whole, as4.at, sizeof whole);
			else
				harm(r, BGP_HARM_DISCARD, BGP_AS4_AGGREGATOR,
				     "an aggregator of the wrong length");
		}
	}
	if (be32_load(whole).raw == 0) {
		harm(r, BGP_HARM_DISCARD, BGP_AGGREGATOR, "an aggregator of AS 0");
		return;
	}
	bgp_body_set(r->out, BGP_AGGREGATOR, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, whole,
		     sizeof whole);
}

/* RFC 8092 section 5: what stands there twice is meant once. */
static void read_large(struct reader *r, struct bgp_piece value)
{
	u8 list[BGP_MSG_MAX];
	u32 len = 0;

	for (u32 at = 0; at + LARGE_SIZE <= value.len; at += LARGE_SIZE) {
		u32 twin = 0;

		while (twin < len && memcmp(list + twin, value.at + at, LARGE_SIZE) != 0)
			twin += LARGE_SIZE;
		if (twin < len)
			continue;
		memcpy(list + len, value.at + at, LARGE_SIZE);
		len += LARGE_SIZE;
	}
	bgp_body_set(r->out, BGP_LARGE_COMMUNITIES, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, list,
		     len);
}

static void read_mp_reach(struct reader *r, struct bgp_piece value)
{
	u32 nexthop_len, head;

	if (value.len < MP_REACH_HLEN + 1u) {
		reset(r, BGP_UPDATE_OPTIONAL, BGP_MP_REACH, "MP_REACH_NLRI is too short");
		return;
	}
	if (be16_host(be16_load(value.at)) != BGP_AFI_IP4 || value.at[2] != BGP_SAFI_UNICAST) {
		r->found->other_family = true;
		return;
	}
	nexthop_len = value.at[3];
	head = MP_REACH_HLEN + nexthop_len + 1;                /* a reserved byte */
	if (nexthop_len != NEXTHOP_SIZE || value.len < head) { /* RFC 7606 section 7.11 */
		reset(r, BGP_UPDATE_OPTIONAL, BGP_MP_REACH, "a next hop of the wrong length");
		return;
	}
	r->found->mp_nexthop = be32_load(value.at + MP_REACH_HLEN);
	r->found->mp_reach = (struct bgp_piece){ value.at + head, value.len - head };
	r->found->has_mp_reach = true;
	if (!bgp_nlri_sound(r->found->mp_reach, r->wire->with_id))
		reset(r, BGP_UPDATE_OPTIONAL, BGP_MP_REACH, "a prefix that can not be");
}

static void read_mp_unreach(struct reader *r, struct bgp_piece value)
{
	if (value.len < MP_UNREACH_HLEN) {
		reset(r, BGP_UPDATE_OPTIONAL, BGP_MP_UNREACH, "MP_UNREACH_NLRI is too short");
		return;
	}
	if (be16_host(be16_load(value.at)) != BGP_AFI_IP4 || value.at[2] != BGP_SAFI_UNICAST) {
		r->found->other_family = true;
		return;
	}
	r->found->mp_unreach = (struct bgp_piece){ value.at + MP_UNREACH_HLEN,
						   value.len - MP_UNREACH_HLEN };
	r->found->has_mp_unreach = true;
	if (!bgp_nlri_sound(r->found->mp_unreach, r->wire->with_id))
		reset(r, BGP_UPDATE_OPTIONAL, BGP_MP_UNREACH, "a prefix that can not be");
}

/* RFC 7606 section 7: what the length of each one has to be. */
static bool length_sound(u8 type, u32 len)
{
	switch (type) {
	case BGP_ORIGIN: return len == 1;
	case BGP_NEXT_HOP:
	case BGP_MED:
	case BGP_LOCAL_PREF:
	case BGP_ORIGINATOR_ID: return len == 4;
	case BGP_ATOMIC_AGGREGATE: return len == 0;
	case BGP_COMMUNITIES:
	case BGP_CLUSTER_LIST: return len > 0 && len % 4 == 0;
	case BGP_EXT_COMMUNITIES: return len > 0 && len % 8 == 0;
	case BGP_LARGE_COMMUNITIES: return len > 0 && len % LARGE_SIZE == 0;
	default: return true;
	}
}

/* Those of which a part is in the head; their length is sound. */
static void read_head(struct reader *r, u8 type, struct bgp_piece value)
{
	struct bgp_attr_head *head = &r->out->head;

	switch (type) {
	case BGP_ORIGIN:
		head->origin = value.at[0];
		r->found->has_origin = true;
		if (head->origin > BGP_ORIGIN_INCOMPLETE)
			harm(r, BGP_HARM_WITHDRAW, type, "an unknown origin");
		break;
	case BGP_NEXT_HOP:
		head->nexthop = be32_load(value.at);
		r->found->has_nexthop = true;
		break;
	case BGP_MED:
		head->med = be32_host(be32_load(value.at));
		head->flags |= BGP_HAS_MED;
		break;
	case BGP_LOCAL_PREF:
		head->local_pref = be32_host(be32_load(value.at));
		head->flags |= BGP_HAS_LOCAL_PREF;
		break;
	case BGP_ATOMIC_AGGREGATE: head->flags |= BGP_HAS_ATOMIC; break;
	case BGP_ORIGINATOR_ID:
		head->originator = be32_load(value.at);
		head->flags |= BGP_HAS_ORIGINATOR;
		break;
	default: break;
	}
}

/* Those that are in the body as they came. */
static void read_body(struct reader *r, u8 type, struct bgp_piece value, u8 flags)
{
	if (!bgp_body_set(r->out, type, flags, value.at, value.len))
		harm(r, BGP_HARM_WITHDRAW, type, "more attributes than there is room for");
	if (type == BGP_COMMUNITIES)
		bgp_head_of_communities(r->out);
	if (type == BGP_CLUSTER_LIST)
		r->out->head.cluster_count = (u16)(value.len / 4);
}

/* Optional and transitive as the attribute's RFC has it; IDX_NONE: it is not known. */
static u32 flags_of(u8 type)
{
	switch (type) {
	case BGP_ORIGIN:
	case BGP_AS_PATH:
	case BGP_NEXT_HOP:
	case BGP_LOCAL_PREF:
	case BGP_ATOMIC_AGGREGATE: return BGP_FLAG_TRANSITIVE;
	case BGP_MED:
	case BGP_ORIGINATOR_ID:
	case BGP_CLUSTER_LIST:
	case BGP_MP_REACH:
	case BGP_MP_UNREACH: return BGP_FLAG_OPTIONAL;
	case BGP_AGGREGATOR:
	case BGP_COMMUNITIES:
	case BGP_EXT_COMMUNITIES:
	case BGP_AS4_PATH:
	case BGP_AS4_AGGREGATOR:
	case BGP_LARGE_COMMUNITIES: return BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE;
	default: return IDX_NONE;
	}
}

/* RFC 4271 section 5: optional ones that are not known go on with the Partial bit, or nowhere; a
 * well-known one that is not known ends it (section 6.3).                                        */
static void read_unknown(struct reader *r, u8 type)
{
	u8 flags = r->place[type].flags;

	if ((flags & BGP_FLAG_OPTIONAL) == 0)
		reset(r, BGP_UPDATE_UNKNOWN_WELL_KNOWN, type, "an unknown well-known attribute");
	else if ((flags & BGP_FLAG_TRANSITIVE) != 0 && r->place[type].len > 0)
		read_body(r, type, value_of(r, type),
			  BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE | BGP_FLAG_PARTIAL);
}

/* RFC 7606 sections 7.5, 7.9 and 7.10: of no meaning from another AS; RFC 6793 section 3: of none
 * from who has four bytes.                                                                       */
static bool is_ignored(const struct reader *r, u8 type)
{
	if (type == BGP_AS4_PATH || type == BGP_AS4_AGGREGATOR)
		return true; /* or read with what it completes */
	return !r->wire->internal &&
	       (type == BGP_LOCAL_PREF || type == BGP_ORIGINATOR_ID || type == BGP_CLUSTER_LIST);
}

static void read_attr(struct reader *r, u8 type)
{
	struct bgp_piece value = value_of(r, type);
	u8 flags = r->place[type].flags & (BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE);
	u32 wanted = flags_of(type);

	if (wanted == IDX_NONE) {
		read_unknown(r, type);
		return;
	}
	if (is_ignored(r, type))
		return;
	if (flags != wanted) /* RFC 7606 section 3 (c) */
		harm(r, BGP_HARM_WITHDRAW, type, "flags that are not the attribute's");
	if (!length_sound(type, value.len)) {
		harm(r, type == BGP_ATOMIC_AGGREGATE ? BGP_HARM_DISCARD : BGP_HARM_WITHDRAW, type,
		     "an attribute of the wrong length");
		return;
	}
	switch (type) {
	case BGP_AS_PATH: read_path(r, value); break;
	case BGP_AGGREGATOR: read_aggregator(r, value); break;
	case BGP_LARGE_COMMUNITIES: read_large(r, value); break;
	case BGP_MP_REACH: read_mp_reach(r, value); break;
	case BGP_MP_UNREACH: read_mp_unreach(r, value); break;
	case BGP_COMMUNITIES:
	case BGP_CLUSTER_LIST:
	case BGP_EXT_COMMUNITIES:
		read_body(r, type, value, (u8)(wanted | (r->place[type].flags & BGP_FLAG_PARTIAL)));
		break;
	default: read_head(r, type, value); break;
	}
}

void bgp_attrs_read(struct bgp_piece attrs, const struct bgp_wire *wire, struct bgp_attrs *out,
		    struct bgp_attr_found *found)
{
	struct reader r;

	/* Places are looked at only where something was seen. */
	r.bytes = attrs.at;
	r.wire = wire;
	r.out = out;
	r.found = found;
	memset(r.seen, 0, sizeof r.seen);
	memset(&out->head, 0, sizeof out->head);
	out->body_len = 0;
	memset(found, 0, offsetof(struct bgp_attr_found, error));
	found->error.code = 0;
	r.place[BGP_AS4_PATH] = r.place[BGP_AS4_AGGREGATOR] = (struct place){ 0 };
	find_places(&r, attrs.len);
	for (u32 word = 0; word < TYPES / 64; word++) {
		for (u64 left = r.seen[word]; left != 0; left &= left - 1)
			read_attr(&r, (u8)(word * 64 + (u32)__builtin_ctzll(left)));
	}
}

void bgp_attrs_judge(const struct bgp_update *update, struct bgp_attr_found *found)
{
	bool reachable = update->nlri.len > 0 || found->mp_reach.len > 0;
	bool hidden = found->other_family; /* there may be some that were not looked at */
	const char *what = NULL;

	if (update->nlri.len > 0 && !found->has_nexthop)
		what = "NEXT_HOP is missing";
	if (reachable && !found->has_path)
		what = "AS_PATH is missing";
	if (reachable && !found->has_origin)
		what = "ORIGIN is missing";
	if (what != NULL && found->harm < BGP_HARM_WITHDRAW) { /* RFC 7606 section 3 (d) */
		found->harm = BGP_HARM_WITHDRAW;
		found->what = what;
	}
	/* RFC 7606 section 5.2: who knows whether the prefixes were found at all. */
	if (found->harm == BGP_HARM_WITHDRAW && !reachable && !hidden && found->any) {
		found->harm = BGP_HARM_RESET;
		bgp_error_set(&found->error, BGP_ERROR_UPDATE, BGP_UPDATE_MALFORMED, NULL, 0);
	}
}
