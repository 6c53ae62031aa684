/* One speaker of RIP with its RIB, on fake sockets: what it sends is looked at, what it hears is
 * written by hand. 192.0.2.1/24 on interface 0, 198.51.100.1/24 on interface 1.                  */
#ifndef TEST_UNIT_CORE_ROUTING_RIP_RIP_BED_H
#define TEST_UNIT_CORE_ROUTING_RIP_RIP_BED_H

#include "core/routing/rip/rip.h"
#include "fake/dgram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct rip_bed {
	ns_t now;
	struct iface_table ifaces;
	struct rip_conf conf;
	struct policy_conf policy;
	struct rip rip;
	struct rib rib;
	struct fib fib;
	struct speaker_log log;
	struct dgram_host *host;
	u16 other; /* a client of static routes */
	void *region;
};

static inline be32 ip(const char *text)
{
	struct ip_addr addr;

	assert_true(ip_addr_parse(text, &addr));
	return addr.word[0];
}

static inline struct rip_bed *bed_new(void)
{
	struct rip_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed->now = 1000 * NS_PER_SEC;
	bed->ifaces.count = 2;
	for (u32 n = 0; n < 2; n++) {
		struct iface *iface = &bed->ifaces.iface[n];

		iface->up = true;
		iface->conf.mtu = 1500;
		iface->conf.addr_count = 1;
		iface->conf.addr[0].addr = ip(n == 0 ? "192.0.2.1" : "198.51.100.1");
		iface->conf.addr[0].prefix_len = 24;
	}
	rip_conf_defaults(&bed->conf);
	bed->conf.net_limit = 64;
	bed->conf.neighbour_limit = 4;
	bed->conf.policy = &bed->policy;
	bed->conf.iface_count = 2;
	for (u16 n = 0; n < 2; n++)
		rip_iface_conf_defaults(&bed->conf.iface[n], n);
	return bed;
}

static inline void bed_cut(struct rip_bed *bed)
{
	struct hash_key key = { { 3, 1, 4, 1 } };
	struct rib_conf rib = { 128, 256, 64, key };
	struct fib_conf fib = { .prefix_count = 128, .route_count = 64, .key = key };
	struct mem mem;
	u64 size;

	mem_init_plan(&mem);
	for (u32 pass = 0; pass < 2; pass++) {
		fib_layout(&bed->fib, &fib, &mem);
		rib_layout(&bed->rib, &rib, &mem);
		rip_layout(&bed->rip, &bed->conf, &mem);
		if (pass == 1)
			break;
		size = mem.used;
		bed->region = aligned_alloc(MEM_LINE, size);
		assert_non_null(bed->region);
		memset(bed->region, 0, size);
		mem_init(&mem, bed->region, size);
	}
	assert_false(mem.short_of);
}

/* Everything that is to be done now. */
static inline void bed_turn(struct rip_bed *bed)
{
	sock_id sock;
	u8 ready;

	for (u32 n = 0; n < 64; n++) {
		bool more = false;

		while (dgram_ready(bed->host, &sock, &ready))
			rip_sock(&bed->rip, sock, ready, bed->now);
		while (rib_tick(&bed->rib, bed->now))
			more = true;
		rip_tick(&bed->rip, bed->now);
		if (!more && rip_next(&bed->rip) > bed->now)
			break;
	}
	rip_check(&bed->rip);
	rib_check(&bed->rib);
}

static inline void bed_start(struct rip_bed *bed)
{
	struct rip_start start = { .rib = &bed->rib, .ifaces = &bed->ifaces, .log = &bed->log };

	assert_null(rip_conf_wrong(&bed->conf));
	bed_cut(bed);
	bed->host = dgram_host_new(&bed->ifaces);
	fib_init(&bed->fib);
	rib_init(&bed->rib, &bed->fib);
	bed->other = rib_client_new(&bed->rib, ROUTE_STATIC);
	start.io = dgram_io(bed->host);
	assert_int_equal(rip_init(&bed->rip, &bed->conf, &start, bed->now), ERR_OK);
}

static inline void bed_free(struct rip_bed *bed)
{
	dgram_host_del(bed->host);
	free(bed->region);
	free(bed);
}

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
		bed_turn(bed);
	}
	bed->now = until;
	bed_turn(bed);
}

/* It has begun, and what it said then is forgotten. */
static inline struct rip_bed *bed_ready(void)
{
	struct rip_bed *bed = bed_new();

	bed_start(bed);
	bed_turn(bed);
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
		.from = { ip(from), be16_of(RIP_PORT) },
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
		.addr = ip(told->addr),
		.mask = ip(told->mask),
		.metric = told->metric,
	};

	if (told->next_hop != NULL)
		entry.next_hop = ip(told->next_hop);
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
	bed_turn(bed);
}

static inline void bed_hear_one(struct rip_bed *bed, const char *from, u16 iface, const char *addr,
				u32 metric)
{
	struct told told = { .addr = addr, .mask = "255.255.255.0", .metric = metric };

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
static inline u32 bed_told(struct rip_bed *bed, u16 iface, const char *addr,
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
			    !be32_eq(entry.addr, ip(addr)))
				continue;
			metric = entry.metric;
			if (found != NULL)
				*found = entry;
		}
	}
	return metric;
}

/* The route that it has; kind is GARBAGE and metric 0 without one. */
static inline struct rip_route_info bed_route(const struct rip_bed *bed, const char *addr)
{
	struct rip_route_info info;
	u32 cursor = 0;

	while (rip_show_routes(&bed->rip, &cursor, &info, 1, bed->now) == 1) {
		if (be32_eq(info.addr, ip(addr)))
			return info;
	}
	return (struct rip_route_info){ .kind = RIP_ROUTE_GARBAGE };
}

/* Where packets go; false: nowhere that RIP knows. */
static inline bool bed_way(struct rip_bed *bed, const char *addr, struct fib_path *path, u32 *count)
{
	const struct fib_route *route = fib_route_at(&bed->fib, fib_lookup(&bed->fib, ip(addr)));

	*count = route->type == FIB_UNICAST ? route->path_count : 0;
	if (*count > 0)
		*path = route->path[0];
	return *count > 0;
}

#endif
