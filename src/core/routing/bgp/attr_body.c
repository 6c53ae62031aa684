/* The variable part of an attribute set: what is found in it and how it is changed. */
#include "core/base/check.h"
#include "core/routing/bgp/attr.h"

enum { SEGMENT_HLEN = 2, SEGMENT_AS_MAX = 255, COMMUNITY_SIZE = 4, LARGE_SIZE = 12 };

static u32 len_at(const struct bgp_attrs *attrs, u32 at)
{
	return be16_host(be16_load(attrs->body + at + 2));
}

bool bgp_body_next(const struct bgp_attrs *attrs, u32 *at, struct bgp_body_attr *out)
{
	if (*at >= attrs->body_len)
		return false;
	out->type = attrs->body[*at];
	out->flags = attrs->body[*at + 1];
	out->value.len = len_at(attrs, *at);
	out->value.at = attrs->body + *at + BGP_BODY_HLEN;
	*at += BGP_BODY_HLEN + out->value.len;
	CHECK(*at <= attrs->body_len);
	return true;
}

/* Where the first attribute of this type or a higher one begins. */
static u32 place_of(const struct bgp_attrs *attrs, u8 type)
{
	u32 at = 0;

	while (at < attrs->body_len && attrs->body[at] < type)
		at += BGP_BODY_HLEN + len_at(attrs, at);
	return at;
}

bool bgp_body_find(const struct bgp_attrs *attrs, u8 type, struct bgp_piece *value)
{
	u32 at = place_of(attrs, type);

	*value = (struct bgp_piece){ NULL, 0 };
	if (at >= attrs->body_len || attrs->body[at] != type)
		return false;
	*value = (struct bgp_piece){ attrs->body + at + BGP_BODY_HLEN, len_at(attrs, at) };
	return true;
}

bool bgp_body_set(struct bgp_attrs *attrs, u8 type, u8 flags, const void *value, u32 len)
{
	u32 at = place_of(attrs, type);
	bool there = at < attrs->body_len && attrs->body[at] == type;
	u32 old = there ? BGP_BODY_HLEN + len_at(attrs, at) : 0;
	u32 new = len == 0 && type != BGP_AS_PATH ? 0 : BGP_BODY_HLEN + len;
	u32 behind = attrs->body_len - at - old;

	if (new > BGP_BODY_MAX || attrs->body_len - old > BGP_BODY_MAX - new)
		return false;
	memmove(attrs->body + at + new, attrs->body + at + old, behind);
	attrs->body_len = attrs->body_len - old + new;
	if (new == 0)
		return true;
	attrs->body[at] = type;
	attrs->body[at + 1] = flags;
	be16_store(attrs->body + at + 2, be16_of((u16)len));
	if (len > 0)
		memcpy(attrs->body + at + BGP_BODY_HLEN, value, len);
	return true;
}

/* ---- AS paths -------------------------------------------------------------------------------- */

bool bgp_path_next(struct bgp_piece *path, struct bgp_path_segment *segment)
{
	u32 whole;

	if (path->len < SEGMENT_HLEN)
		return false;
	whole = SEGMENT_HLEN + 4u * path->at[1];
	CHECK(whole <= path->len);
	*segment = (struct bgp_path_segment){ path->at[0], path->at[1], path->at + SEGMENT_HLEN };
	path->at += whole;
	path->len -= whole;
	return true;
}

bool bgp_path_has(struct bgp_piece path, u32 as)
{
	struct bgp_path_segment segment;

	while (bgp_path_next(&path, &segment)) {
		for (u32 at = 0; at < segment.count; at++) {
			if (bgp_segment_as(&segment, at) == as)
				return true;
		}
	}
	return false;
}

void bgp_head_of_path(struct bgp_attrs *attrs)
{
	struct bgp_path_segment segment;
	struct bgp_piece path;
	u32 len = 0;
	bool first = true;

	bgp_body_find(attrs, BGP_AS_PATH, &path);
	attrs->head.neighbour_as = attrs->head.origin_as = 0;
	while (bgp_path_next(&path, &segment)) {
		bool in_order = segment.type == BGP_SEGMENT_SEQUENCE;

		if (first && in_order)
			attrs->head.neighbour_as = bgp_segment_as(&segment, 0);
		attrs->head.origin_as = in_order ? bgp_segment_as(&segment, segment.count - 1u) : 0;
		len += in_order ? segment.count : 1;
		first = false;
	}
	attrs->head.path_len = (u16)len;
}

bool bgp_path_prepend(struct bgp_attrs *attrs, u32 as, u32 count)
{
	u8 path[BGP_BODY_MAX];
	struct bgp_piece old;
	u32 room, len;

	DCHECK(count <= SEGMENT_AS_MAX);
	if (count == 0)
		return true;
	bgp_body_find(attrs, BGP_AS_PATH, &old);
	if (old.len + SEGMENT_HLEN + 4 * count > sizeof path)
		return false;
	/* RFC 4271 section 5.1.2: into the first segment, if it is a sequence and has room. */
	room = old.len > 0 && old.at[0] == BGP_SEGMENT_SEQUENCE ? SEGMENT_AS_MAX - old.at[1] : 0;
	path[0] = BGP_SEGMENT_SEQUENCE;
	path[1] = (u8)(count <= room ? old.at[1] + count : count);
	for (u32 at = 0; at < count; at++)
		be32_store(path + SEGMENT_HLEN + (u64)at * 4, be32_of(as));
	len = SEGMENT_HLEN + 4 * count;
	if (count <= room)
		old = (struct bgp_piece){ old.at + SEGMENT_HLEN, old.len - SEGMENT_HLEN };
	if (old.len > 0)
		memcpy(path + len, old.at, old.len);
	if (!bgp_body_set(attrs, BGP_AS_PATH, BGP_FLAG_TRANSITIVE, path, len + old.len))
		return false;
	bgp_head_of_path(attrs);
	return true;
}

/* ---- communities ----------------------------------------------------------------------------- */

void bgp_head_of_communities(struct bgp_attrs *attrs)
{
	struct bgp_piece list;
	u32 flags = attrs->head.flags & ~(u32)(BGP_NO_EXPORT | BGP_NO_ADVERTISE);

	bgp_body_find(attrs, BGP_COMMUNITIES, &list);
	for (u32 at = 0; at + COMMUNITY_SIZE <= list.len; at += COMMUNITY_SIZE) {
		u32 community = be32_host(be32_load(list.at + at));

		/* Without a confederation its border is that of the AS. */
		if (community == BGP_COMMUNITY_NO_EXPORT ||
		    community == BGP_COMMUNITY_NO_EXPORT_SUBCONFED)
			flags |= BGP_NO_EXPORT;
		if (community == BGP_COMMUNITY_NO_ADVERTISE)
			flags |= BGP_NO_ADVERTISE;
	}
	attrs->head.flags = (u8)flags;
}

static bool has_value(const u8 *list, u32 len, const u8 *value, u32 size)
{
	for (u32 at = 0; at + size <= len; at += size) {
		if (memcmp(list + at, value, size) == 0)
			return true;
	}
	return false;
}

static bool is_deleted(const struct bgp_list_change *change, const u8 *value)
{
	for (u32 at = 0; at < change->del_count; at++) {
		if (change->del[at] == be32_host(be32_load(value)))
			return true;
	}
	return false;
}

static bool communities_change(struct bgp_attrs *attrs, const struct bgp_list_change *change)
{
	u8 list[BGP_BODY_MAX];
	struct bgp_piece old;
	u32 len = 0;

	bgp_body_find(attrs, BGP_COMMUNITIES, &old);
	for (u32 at = 0; !change->clear && at + COMMUNITY_SIZE <= old.len; at += COMMUNITY_SIZE) {
		if (is_deleted(change, old.at + at))
			continue;
		memcpy(list + len, old.at + at, COMMUNITY_SIZE);
		len += COMMUNITY_SIZE;
	}
	for (u32 at = 0; at < change->add_count; at++) {
		be32 value = be32_of(change->add[at]);

		if (has_value(list, len, (const u8 *)&value, COMMUNITY_SIZE))
			continue;
		if (len + COMMUNITY_SIZE > sizeof list)
			return false;
		be32_store(list + len, value);
		len += COMMUNITY_SIZE;
	}
	return bgp_body_set(attrs, BGP_COMMUNITIES, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, list,
			    len);
}

static bool larges_change(struct bgp_attrs *attrs, const struct bgp_list_change *change)
{
	u8 list[BGP_BODY_MAX];
	struct bgp_piece old;
	u32 len = 0;

	bgp_body_find(attrs, BGP_LARGE_COMMUNITIES, &old);
	if (!change->clear && old.len > 0) {
		memcpy(list, old.at, old.len);
		len = old.len;
	}
	for (u32 at = 0; at < change->add_large_count; at++) {
		u8 value[LARGE_SIZE];

		be32_store(value, be32_of(change->add_large[at].global));
		be32_store(value + 4, be32_of(change->add_large[at].local1));
		be32_store(value + 8, be32_of(change->add_large[at].local2));
		if (has_value(list, len, value, LARGE_SIZE))
			continue;
		if (len + LARGE_SIZE > sizeof list)
			return false;
		memcpy(list + len, value, LARGE_SIZE);
		len += LARGE_SIZE;
	}
	return bgp_body_set(attrs, BGP_LARGE_COMMUNITIES, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE,
			    list, len);
}

bool bgp_lists_change(struct bgp_attrs *attrs, const struct bgp_list_change *change)
{
	if (change->clear || change->del_count > 0 || change->add_count > 0) {
		if (!communities_change(attrs, change))
			return false;
		bgp_head_of_communities(attrs);
	}
	if (change->clear || change->add_large_count > 0)
		return larges_change(attrs, change);
	return true;
}
