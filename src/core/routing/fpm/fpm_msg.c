/* Reading frames and messages. Numbers are those of Linux' rtnetlink. */
#include "core/routing/fpm/fpm_msg.h"

#include "core/wire/ip4.h"

enum {
	VERSION = 1,
	TYPE_NETLINK = 1,
	TYPE_PROTOBUF = 2,
	NETLINK_LEN = 16, /* of a header */
	ROUTE_LEN = 12,
	OBJECT_LEN = 8,
	ATTR_LEN = 4,
	HOP_LEN = 8, /* in front of a next hop of several */
	MEMBER_LEN = 8,
	ALIGN = 4,
	NEW_ROUTE = 24,
	DEL_ROUTE = 25,
	NEW_OBJECT = 104,
	DEL_OBJECT = 105,
	FAMILY_UNSPEC = 0,
	FAMILY_INET = 2,
	TABLE_UNSPEC = 0,
	TABLE_MAIN = 254,
	ATTR_TYPE_MASK = 0x3fff,
	HOP_ONLINK = 4,
};

enum route_type { TYPE_UNICAST = 1, TYPE_BLACKHOLE = 6, TYPE_UNREACHABLE = 7, TYPE_PROHIBIT = 8 };

enum route_attr {
	ROUTE_DST = 1,
	ROUTE_OIF = 4,
	ROUTE_GATEWAY = 5,
	ROUTE_PRIORITY = 6,
	ROUTE_MULTIPATH = 9,
	ROUTE_TABLE = 15,
	ROUTE_VIA = 18,
	ROUTE_ENCAP_TYPE = 21,
	ROUTE_ENCAP = 22,
	ROUTE_OBJECT = 30,
};

enum object_attr {
	OBJECT_ID = 1,
	OBJECT_GROUP = 2,
	OBJECT_BLACKHOLE = 4,
	OBJECT_OIF = 5,
	OBJECT_GATEWAY = 6,
	OBJECT_ENCAP_TYPE = 7,
	OBJECT_ENCAP = 8,
};

static const struct {
	const char *name;
	const char *sentence;
} whys[FPM_WHYS] = {
	[FPM_TAKEN] = { "taken", "taken" },
	[FPM_MALFORMED] = { "malformed", "a message is malformed" },
	[FPM_OTHER_MESSAGE] = { "other_message", "a message is neither of routes nor next hops" },
	[FPM_OTHER_FAMILY] = { "other_family", "a route is not of IPv4" },
	[FPM_OTHER_TABLE] = { "other_table", "a route is of a VRF or another table" },
	[FPM_OF_KERNEL] = { "of_kernel", "a route is one that zebra's host has by itself" },
	[FPM_DESTINATION] = { "destination", "a route leads to what nobody routes" },
	[FPM_TYPE] = { "type", "a route is of a type that is not taken from others" },
	[FPM_LABELS] = { "labels", "a next hop wants labels or a tunnel" },
	[FPM_OTHER_GATEWAY] = { "other_gateway", "a gateway is not of IPv4" },
	[FPM_NO_HOP] = { "no_hop", "a route has no next hop" },
	[FPM_TOO_MANY_HOPS] = { "too_many_hops", "a route has more than 16 next hops" },
	[FPM_INTERFACE] = { "interface", "a route is on a link that is none of ours" },
	[FPM_FULL] = { "full", "there are more routes or next hops than there is room for" },
};

const char *fpm_why_name(enum fpm_why why)
{
	return whys[why].name;
}

const char *fpm_why_sentence(enum fpm_why why)
{
	return whys[why].sentence;
}

static u16 load16(const u8 *at)
{
	u16 v;

	memcpy(&v, at, sizeof v);
	return v;
}

static u32 load32(const u8 *at)
{
	u32 v;

	memcpy(&v, at, sizeof v);
	return v;
}

static u32 aligned(u32 bytes)
{
	return (bytes + ALIGN - 1) & ~(u32)(ALIGN - 1);
}

/* Takes so many bytes, and those that align what follows where they are there. */
static struct fpm_span span_take(struct fpm_span *left, u32 bytes)
{
	struct fpm_span taken = { left->at, bytes };
	u32 step = u32_min(aligned(bytes), left->bytes);

	left->at += step;
	left->bytes -= step;
	return taken;
}

/* ---- frames ---------------------------------------------------------------------------------- */

enum fpm_frame fpm_frame_read(const u8 *at, u32 bytes, u32 *len_bytes, const char **why)
{
	if (bytes < FPM_HEADER_LEN)
		return FPM_FRAME_PART;
	*len_bytes = be16_host(be16_load(at + 2));
	*why = NULL;
	if (at[0] != VERSION)
		*why = "it does not speak FPM version 1";
	else if (at[1] == TYPE_PROTOBUF)
		*why = "it speaks protobuf, not netlink: zebra wants the module dplane_fpm_nl";
	else if (at[1] != TYPE_NETLINK)
		*why = "a frame is of an unknown type";
	else if (*len_bytes < FPM_HEADER_LEN)
		*why = "a frame is shorter than its header";
	else if (*len_bytes > FPM_FRAME_MAX)
		*why = "a frame is longer than 32768 bytes";
	if (*why != NULL)
		return FPM_FRAME_BAD;
	return bytes < *len_bytes ? FPM_FRAME_PART : FPM_FRAME_WHOLE;
}

bool fpm_span_next(struct fpm_span *left, struct fpm_span *message)
{
	u32 bytes = left->bytes < NETLINK_LEN ? 0 : load32(left->at);

	if (bytes < NETLINK_LEN || bytes > left->bytes)
		return false;
	*message = span_take(left, bytes);
	return true;
}

/* ---- attributes ------------------------------------------------------------------------------ */

struct attr {
	u16 type;
	const u8 *at;
	u32 bytes;
};

/* False: there are no more, and left->bytes is not zero where one of them can not be. */
static bool attr_next(struct fpm_span *left, struct attr *attr)
{
	u32 bytes = left->bytes < ATTR_LEN ? 0 : load16(left->at);
	struct fpm_span span;

	if (bytes < ATTR_LEN || bytes > left->bytes)
		return false;
	span = span_take(left, bytes);
	attr->type = load16(span.at + 2) & ATTR_TYPE_MASK;
	attr->at = span.at + ATTR_LEN;
	attr->bytes = bytes - ATTR_LEN;
	return true;
}

static bool attr_u32(const struct attr *attr, u32 *out)
{
	if (attr->bytes != sizeof *out)
		return false;
	*out = load32(attr->at);
	return true;
}

/* A gateway is four bytes, or of another family. */
static bool attr_gateway(const struct attr *attr, struct fpm_hop *hop)
{
	if (attr->bytes == sizeof hop->gateway) {
		hop->gateway = be32_load(attr->at);
		return hop->gateway.raw != 0;
	}
	hop->why = FPM_OTHER_GATEWAY;
	return attr->bytes == 16;
}

/* Of a next hop, alone or one of several. False: malformed. */
static bool hop_attr(const struct attr *attr, struct fpm_hop *hop)
{
	switch (attr->type) {
	case ROUTE_GATEWAY: return attr_gateway(attr, hop);
	case ROUTE_OIF: return attr_u32(attr, &hop->os_index);
	case ROUTE_VIA: hop->why = FPM_OTHER_GATEWAY; return true;
	case ROUTE_ENCAP_TYPE:
	case ROUTE_ENCAP: hop->why = FPM_LABELS; return true;
	default: return true;
	}
}

static bool hop_is_said(const struct fpm_hop *hop)
{
	return hop->gateway.raw != 0 || hop->os_index != 0 || hop->why != FPM_TAKEN;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static bool hops_read(const struct attr *attr, struct fpm_msg *msg)
{
	struct fpm_span left = { attr->at, attr->bytes };

	while (left.bytes > 0) {
		u32 bytes = left.bytes < HOP_LEN ? 0 : load16(left.at);
		struct fpm_span span, inner;
		struct fpm_hop hop = { .why = FPM_TAKEN };
		struct attr of;

		if (bytes < HOP_LEN || bytes > left.bytes)
			return false;
		span = span_take(&left, bytes);
		hop.onlink = (span.at[2] & HOP_ONLINK) != 0;
		hop.weight = (u16)(span.at[3] + 1);
		hop.os_index = load32(span.at + 4);
		inner = (struct fpm_span){ span.at + HOP_LEN, bytes - HOP_LEN };
		while (attr_next(&inner, &of)) {
			if (!hop_attr(&of, &hop))
				return false;
		}
		if (inner.bytes != 0)
			return false;
		if (msg->hop_count < FPM_HOPS_MAX)
			msg->hop[msg->hop_count++] = hop;
		else
			msg->too_many = true;
	}
	return true;
}

static bool prefix_read(const struct attr *attr, struct fpm_msg *msg)
{
	if (attr->bytes != sizeof msg->prefix)
		return false;
	msg->prefix = be32_load(attr->at);
	return (be32_host(msg->prefix) & ~ip4_mask(msg->len)) == 0;
}

static bool route_attr(const struct attr *attr, struct fpm_msg *msg, u32 *table,
		       struct fpm_hop *alone)
{
	switch (attr->type) {
	case ROUTE_DST: return prefix_read(attr, msg);
	case ROUTE_PRIORITY: return attr_u32(attr, &msg->metric);
	case ROUTE_TABLE: return attr_u32(attr, table);
	case ROUTE_OBJECT: return attr_u32(attr, &msg->id);
	case ROUTE_MULTIPATH: return hops_read(attr, msg);
	default: return hop_attr(attr, alone);
	}
}

static bool kind_read(u8 type, enum fpm_kind *kind)
{
	switch (type) {
	case TYPE_UNICAST: *kind = FPM_UNICAST; return true;
	case TYPE_BLACKHOLE: *kind = FPM_BLACKHOLE; return true;
	case TYPE_UNREACHABLE:
	case TYPE_PROHIBIT: *kind = FPM_PROHIBIT; return true;
	default: return false;
	}
}

static enum fpm_why route_why(const struct fpm_msg *msg, u32 table, u8 type)
{
	enum fpm_kind kind;

	if (table != TABLE_MAIN && table != TABLE_UNSPEC)
		return FPM_OTHER_TABLE;
	if (msg->protocol == FPM_PROTOCOL_KERNEL)
		return FPM_OF_KERNEL;
	/* 224.0.0.0/3 and what is in it; net 127. */
	if (msg->len > 0 && (be32_host(msg->prefix) >= 0xe0000000 || ip4_is_loopback(msg->prefix)))
		return FPM_DESTINATION;
	/* What is taken back names no type. */
	if (msg->action == FPM_ROUTE_SET && !kind_read(type, &kind))
		return FPM_TYPE;
	return FPM_TAKEN;
}

static enum fpm_why route_read(struct fpm_span left, struct fpm_msg *msg)
{
	struct fpm_hop alone = { .weight = 1, .why = FPM_TAKEN };
	struct fpm_span head;
	struct attr attr;
	bool prefixed = false;
	u32 table;

	if (left.bytes < ROUTE_LEN)
		return FPM_MALFORMED;
	head = span_take(&left, ROUTE_LEN);
	if (head.at[0] != FAMILY_INET)
		return FPM_OTHER_FAMILY;
	msg->len = head.at[1];
	table = head.at[4];
	msg->protocol = head.at[5];
	alone.onlink = (load32(head.at + 8) & HOP_ONLINK) != 0;
	/* Of one source address only: not what a forwarding table has. */
	if (msg->len > 32 || head.at[2] != 0)
		return FPM_MALFORMED;
	while (attr_next(&left, &attr)) {
		if (!route_attr(&attr, msg, &table, &alone))
			return FPM_MALFORMED;
		prefixed |= attr.type == ROUTE_DST;
	}
	if (left.bytes != 0 || (msg->len > 0 && !prefixed))
		return FPM_MALFORMED;
	if (msg->hop_count == 0 && hop_is_said(&alone))
		msg->hop[msg->hop_count++] = alone;
	(void)kind_read(head.at[7], &msg->kind);
	msg->why = route_why(msg, table, head.at[7]);
	return FPM_TAKEN;
}

/* ---- next hops that have a number ------------------------------------------------------------ */

static bool members_read(const struct attr *attr, struct fpm_msg *msg)
{
	if (attr->bytes == 0 || attr->bytes % MEMBER_LEN != 0)
		return false;
	for (u32 at = 0; at < attr->bytes; at += MEMBER_LEN) {
		struct fpm_member member = { load32(attr->at + at), (u16)(attr->at[at + 4] + 1) };

		if (member.id == 0)
			return false;
		if (msg->member_count < FPM_HOPS_MAX)
			msg->member[msg->member_count++] = member;
		else
			msg->too_many = true;
	}
	return true;
}

static bool object_attr(const struct attr *attr, struct fpm_msg *msg)
{
	struct fpm_hop *hop = &msg->hop[0];

	switch (attr->type) {
	case OBJECT_ID: return attr_u32(attr, &msg->id);
	case OBJECT_GROUP: return members_read(attr, msg);
	case OBJECT_BLACKHOLE: msg->kind = FPM_BLACKHOLE; return true;
	case OBJECT_OIF: return attr_u32(attr, &hop->os_index);
	case OBJECT_GATEWAY: return attr_gateway(attr, hop);
	case OBJECT_ENCAP_TYPE:
	case OBJECT_ENCAP: hop->why = FPM_LABELS; return true;
	default: return true;
	}
}

static enum fpm_why object_read(struct fpm_span left, struct fpm_msg *msg)
{
	struct fpm_span head;
	struct attr attr;

	if (left.bytes < OBJECT_LEN)
		return FPM_MALFORMED;
	head = span_take(&left, OBJECT_LEN);
	msg->hop[0] = (struct fpm_hop){ .weight = 1, .why = FPM_TAKEN };
	msg->hop[0].onlink = (load32(head.at + 4) & HOP_ONLINK) != 0;
	/* Groups have no family, and what is taken back needs none. */
	if (msg->action == FPM_OBJECT_SET && head.at[0] != FAMILY_INET &&
	    head.at[0] != FAMILY_UNSPEC)
		return FPM_OTHER_FAMILY;
	while (attr_next(&left, &attr)) {
		if (!object_attr(&attr, msg))
			return FPM_MALFORMED;
	}
	if (left.bytes != 0 || msg->id == 0)
		return FPM_MALFORMED;
	if (msg->action == FPM_OBJECT_UNSET || msg->member_count > 0 || msg->kind == FPM_BLACKHOLE)
		return FPM_TAKEN;
	msg->hop_count = 1;
	return hop_is_said(&msg->hop[0]) ? FPM_TAKEN : FPM_MALFORMED;
}

enum fpm_why fpm_msg_read(const struct fpm_span *message, struct fpm_msg *msg)
{
	struct fpm_span left = *message;
	struct fpm_span head;

	memset(msg, 0, sizeof *msg);
	if (left.bytes < NETLINK_LEN)
		return FPM_MALFORMED;
	head = span_take(&left, NETLINK_LEN);
	switch (load16(head.at + 4)) {
	case NEW_ROUTE: msg->action = FPM_ROUTE_SET; return route_read(left, msg);
	case DEL_ROUTE: msg->action = FPM_ROUTE_UNSET; return route_read(left, msg);
	case NEW_OBJECT: msg->action = FPM_OBJECT_SET; return object_read(left, msg);
	case DEL_OBJECT: msg->action = FPM_OBJECT_UNSET; return object_read(left, msg);
	default: return FPM_OTHER_MESSAGE;
	}
}
