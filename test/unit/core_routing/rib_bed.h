/* A RIB with its forwarding table and memory, for its tests. */
#ifndef TEST_UNIT_CORE_ROUTING_RIB_BED_H
#define TEST_UNIT_CORE_ROUTING_RIB_BED_H

#include "core/routing/rib.h"

#include <assert.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

struct rib_bed {
	struct rib rib;
	struct fib fib;
	void *region;
	ns_t now;
};

static inline void *bed_cut(struct rib_bed *bed, const struct rib_conf *conf,
			    const struct fib_conf *fib)
{
	struct mem mem;
	void *region;
	u64 size;

	mem_init_plan(&mem);
	fib_layout(&bed->fib, fib, &mem);
	rib_layout(&bed->rib, conf, &mem);
	size = mem.used;
	region = aligned_alloc(MEM_LINE, size);
	assert_non_null(region);
	memset(region, 0, size);
	mem_init(&mem, region, size);
	fib_layout(&bed->fib, fib, &mem);
	rib_layout(&bed->rib, conf, &mem);
	assert_false(mem.short_of);
	return region;
}

static inline struct rib_bed *bed_open(u32 nets, u32 paths, u32 hops, u32 fib_prefixes)
{
	struct rib_bed *bed = malloc(sizeof *bed);
	struct hash_key key = { { 0x1234567890abcdef, 77, 0x9988776655443322, 5 } };
	struct rib_conf conf = { nets, paths, hops, key };
	struct fib_conf fib = { .prefix_count = fib_prefixes, .route_count = 256, .key = key };

	assert_non_null(bed);
	bed->region = bed_cut(bed, &conf, &fib);
	bed->now = NS_PER_SEC;
	fib_init(&bed->fib);
	rib_init(&bed->rib, &bed->fib);
	return bed;
}

static inline void bed_close(struct rib_bed *bed)
{
	free(bed->region);
	free(bed);
}

static inline u32 ip(u32 a, u32 b, u32 c, u32 d)
{
	return a << 24 | b << 16 | c << 8 | d;
}

static inline struct ip_prefix net(const char *text)
{
	struct ip_prefix prefix;

	assert_true(ip_prefix_parse(text, &prefix));
	return prefix;
}

static inline struct ip_addr addr(const char *text)
{
	struct ip_addr out;

	assert_true(ip_addr_parse(text, &out));
	return out;
}

/* One next hop; "" is on the link. */
static inline u32 bed_hop(struct rib_bed *bed, const char *gateway, u16 iface)
{
	struct rib_hop hop = { .iface = iface, .weight = 1 };

	if (gateway[0] != '\0')
		hop.gateway = addr(gateway);
	return rib_hops_get(&bed->rib, &hop, 1);
}

static inline struct rib_path bed_path(u16 client, u8 distance, u32 metric, u32 hops)
{
	return (struct rib_path){
		.client = client,
		.type = hops == RIB_NONE ? FIB_BLACKHOLE : FIB_UNICAST,
		.distance = distance,
		.metric = metric,
		.hops = hops,
	};
}

static inline enum err bed_offer(struct rib_bed *bed, const char *prefix, struct rib_path path)
{
	struct ip_prefix of = net(prefix);

	return rib_offer(&bed->rib, &of, &path);
}

static inline enum err bed_withdraw(struct rib_bed *bed, const char *prefix, u16 client)
{
	struct ip_prefix of = net(prefix);

	return rib_withdraw(&bed->rib, &of, client, 0);
}

/* Until there is nothing to do; returns the steps that it took. */
static inline u32 bed_settle(struct rib_bed *bed)
{
	u32 steps = 1;

	for (; rib_tick(&bed->rib, bed->now); steps++) {
		bed->now += NS_PER_MS;
		assert_true(steps < 100000);
	}
	assert_true(rib_is_idle(&bed->rib));
	rib_check(&bed->rib);
	return steps;
}

/* Where the forwarding table sends an address. */
static inline const struct fib_route *bed_route(const struct rib_bed *bed, const char *to)
{
	return fib_route_at(&bed->fib, fib_lookup(&bed->fib, addr(to).word[0]));
}

/* The only gateway of it; 0: none, or on the link. */
static inline u32 bed_gateway(const struct rib_bed *bed, const char *to)
{
	const struct fib_route *route = bed_route(bed, to);

	return route->path_count != 1 ? 0 : be32_host(route->path[0].gateway);
}

#endif
