/* What unit tests do with a speaker of RIP, and what its neighbours say. */
#ifndef TEST_UNIT_CORE_ROUTING_RIP_RIP_BED_H
#define TEST_UNIT_CORE_ROUTING_RIP_RIP_BED_H

#include "fake/build.h"
#include "fake/rip_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static inline void bed_forget_sent(struct rip_bed *bed)
{
	struct dgram gone;

	while (dgram_take(bed->host, &gone))
		;
}

/* Until then, deadline by deadline. */
static inline void bed_wait(struct rip_bed *bed, ns_t for_ns)
{
	ns_t until = bed->now + for_ns;

	while (rip_next(&bed->rip) <= until) {
		ns_t next = rip_next(&bed->rip);

		bed->now = next > bed->now ? next : bed->now;
		rip_bed_turn(bed);
	}
	bed->now = until;
	rip_bed_turn(bed);
}

/* It has begun, and what it said then is forgotten. */
static inline struct rip_bed *bed_ready(void)
{
	struct rip_bed *bed = rip_bed_new();

	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_forget_sent(bed);
	return bed;
}

/* ---- what neighbours say --------------------------------------------------------------------- */

struct told {
	const char *addr;
	const char *mask;
	u32 metric;
	const char *next_hop; /* NULL: none */
	u16 tag;
};

static inline struct dgram said_by(const char *from, u16 iface, enum rip_command command)
{
	struct dgram in = {
		.from = { addr(from), be16_of(RIP_PORT) },
		.to = { be32_of(RIP_GROUP), be16_of(RIP_PORT) },
		.iface = iface,
		.ttl = 1,
		.bytes = RIP_HEADER_LEN,
	};

	rip_header_write(in.data, command);
	return in;
}

static inline void add_entry(struct dgram *in, const struct told *told)
{
	struct rip_entry entry = {
		.family = RIP_FAMILY_IP,
		.tag = told->tag,
		.addr = addr(told->addr),
		.mask = addr(told->mask),
		.metric = told->metric,
	};

	if (told->next_hop != NULL)
		entry.next_hop = addr(told->next_hop);
	rip_entry_write(in->data + in->bytes, &entry);
	in->bytes += RIP_ENTRY_LEN;
}

static inline void bed_hear(struct rip_bed *bed, const char *from, u16 iface,
			    const struct told *told, u32 count)
{
	struct dgram in = said_by(from, iface, RIP_RESPONSE);

	for (u32 n = 0; n < count; n++)
		add_entry(&in, &told[n]);
	assert_int_equal(dgram_put(bed->host, &in), 1);
	rip_bed_turn(bed);
}

static inline void bed_hear_one(struct rip_bed *bed, const char *from, u16 iface, const char *net,
				u32 metric)
{
	struct told told = { .addr = net, .mask = "255.255.255.0", .metric = metric };

	bed_hear(bed, from, iface, &told, 1);
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* The next datagram by this interface; others are lost. */
static inline bool bed_sent(struct rip_bed *bed, u16 iface, struct dgram *out)
{
	while (dgram_take(bed->host, out)) {
		if (out->iface == iface)
			return true;
	}
	return false;
}

/* The metric of a network in the responses by an interface, the last one; 0: it is in none. */
static inline u32 bed_told(struct rip_bed *bed, u16 iface, const char *net,
			   struct rip_entry *found)
{
	struct dgram out;
	u32 metric = 0;

	while (bed_sent(bed, iface, &out)) {
		for (u32 at = RIP_HEADER_LEN; at + RIP_ENTRY_LEN <= out.bytes;
		     at += RIP_ENTRY_LEN) {
			struct rip_entry entry;

			rip_entry_read(out.data + at, &entry);
			if (out.data[0] != RIP_RESPONSE || entry.family != RIP_FAMILY_IP ||
			    !be32_eq(entry.addr, addr(net)))
				continue;
			metric = entry.metric;
			if (found != NULL)
				*found = entry;
		}
	}
	return metric;
}

/* The route that it has; kind is GARBAGE and metric 0 without one. */
static inline struct rip_route_info bed_route(const struct rip_bed *bed, const char *net)
{
	struct rip_route_info info;
	u32 cursor = 0;

	while (rip_show_routes(&bed->rip, &cursor, &info, 1, bed->now) == 1) {
		if (be32_eq(info.addr, addr(net)))
			return info;
	}
	return (struct rip_route_info){ .kind = RIP_ROUTE_GARBAGE };
}

/* Where packets go; false: nowhere that RIP knows. */
static inline bool bed_way(struct rip_bed *bed, const char *dest, struct fib_path *path, u32 *count)
{
	const struct fib_route *route = fib_route_at(&bed->fib, fib_lookup(&bed->fib, addr(dest)));

	*count = route->type == FIB_UNICAST ? route->path_count : 0;
	if (*count > 0)
		*path = route->path[0];
	return *count > 0;
}

#endif
