/* What zebra would write: frames of netlink messages, for tests. */
#ifndef TEST_FAKE_FPM_WIRE_H
#define TEST_FAKE_FPM_WIRE_H

#include "core/base/bytes.h"

enum {
	WIRE_NEW_ROUTE = 24,
	WIRE_DEL_ROUTE = 25,
	WIRE_NEW_OBJECT = 104,
	WIRE_DEL_OBJECT = 105,
	WIRE_BGP = 186,
	WIRE_UNICAST = 1,
	WIRE_BLACKHOLE = 6,
	WIRE_UNREACHABLE = 7,
};

struct fpm_wire {
	u8 at[65536];
	u32 bytes;
	u32 frame; /* where the one begins that is written */
	u32 message;
};

static inline void wire_put(struct fpm_wire *w, const void *from, u32 bytes)
{
	memcpy(w->at + w->bytes, from, bytes);
	w->bytes += bytes;
	while (w->bytes % 4 != 0)
		w->at[w->bytes++] = 0;
}

static inline void wire_frame(struct fpm_wire *w)
{
	static const u8 head[4] = { 1, 1, 0, 4 };

	w->frame = w->bytes;
	wire_put(w, head, sizeof head);
}

/* Lengths of message and frame, as far as they are written. */
static inline void wire_fit(struct fpm_wire *w)
{
	u32 bytes = w->bytes - w->message;

	memcpy(w->at + w->message, &bytes, sizeof bytes);
	be16_store(w->at + w->frame + 2, be16_of((u16)(w->bytes - w->frame)));
}

static inline void wire_message(struct fpm_wire *w, u16 type, const void *body, u32 bytes)
{
	u8 head[16] = { 0 };

	memcpy(head + 4, &type, sizeof type);
	w->message = w->bytes;
	wire_put(w, head, sizeof head);
	wire_put(w, body, bytes);
	wire_fit(w);
}

static inline void wire_attr(struct fpm_wire *w, u16 type, const void *value, u16 bytes)
{
	u16 head[2] = { (u16)(bytes + 4), type };

	memcpy(w->at + w->bytes, head, sizeof head);
	w->bytes += sizeof head;
	wire_put(w, value, bytes);
	wire_fit(w);
}

static inline void wire_u32(struct fpm_wire *w, u16 type, u32 value)
{
	wire_attr(w, type, &value, sizeof value);
}

static inline void wire_addr(struct fpm_wire *w, u16 type, u32 addr)
{
	be32 value = be32_of(addr);

	wire_attr(w, type, &value, sizeof value);
}

/* A route without a next hop, of the main table. */
static inline void wire_route(struct fpm_wire *w, u16 what, u32 prefix, u8 len, u8 type)
{
	const u8 body[12] = { 2, len, 0, 0, 254, WIRE_BGP, 0, type };

	wire_message(w, what, body, sizeof body);
	wire_addr(w, 1, prefix);
	wire_u32(w, 6, 20);
}

/* A frame of its own for it, by one gateway or (zero) on a link. */
static inline void wire_route_via(struct fpm_wire *w, u32 prefix, u8 len, u32 gateway, u32 os_index)
{
	wire_frame(w);
	wire_route(w, WIRE_NEW_ROUTE, prefix, len, WIRE_UNICAST);
	if (gateway != 0)
		wire_addr(w, 5, gateway);
	if (os_index != 0)
		wire_u32(w, 4, os_index);
}

static inline void wire_route_by(struct fpm_wire *w, u32 prefix, u8 len, u32 id)
{
	wire_frame(w);
	wire_route(w, WIRE_NEW_ROUTE, prefix, len, WIRE_UNICAST);
	wire_u32(w, 30, id);
}

static inline void wire_route_gone(struct fpm_wire *w, u32 prefix, u8 len)
{
	wire_frame(w);
	wire_route(w, WIRE_DEL_ROUTE, prefix, len, 0);
}

static inline void wire_object(struct fpm_wire *w, u16 what, u32 id)
{
	const u8 body[8] = { what == WIRE_NEW_OBJECT ? 2 : 0 };

	wire_frame(w);
	wire_message(w, what, body, sizeof body);
	wire_u32(w, 1, id);
}

static inline void wire_object_via(struct fpm_wire *w, u32 id, u32 gateway, u32 os_index)
{
	wire_object(w, WIRE_NEW_OBJECT, id);
	if (gateway != 0)
		wire_addr(w, 6, gateway);
	if (os_index != 0)
		wire_u32(w, 5, os_index);
}

/* Members of weight 1. */
static inline void wire_group(struct fpm_wire *w, u32 id, const u32 *member, u32 count)
{
	u32 part[64][2] = { { 0 } };

	for (u32 at = 0; at < count; at++)
		part[at][0] = member[at];
	wire_object(w, WIRE_NEW_OBJECT, id);
	wire_attr(w, 2, part, (u16)(count * sizeof part[0]));
}

#endif
