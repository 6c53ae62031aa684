/* Services and backends without packets: a table of them, and clients that ask it. */
#ifndef TEST_UNIT_CORE_NAT_BALANCE_BED_H
#define TEST_UNIT_CORE_NAT_BALANCE_BED_H

#include "unit/core_base/base_bed.h"

#include <stdio.h>

#include "core/nat/nat.h"
#include "fake/build.h"
#include "fake/service.h"

enum { CLIENTS = 100000, HOSTS_MAX = 64 };

struct balance_bed {
	struct balance_conf conf;
	struct balance b;
	void *region;
	ns_t now;
	be32 iface[NAT_IFACE_MAX];
};

static inline struct balance_bed *bed_new(void)
{
	struct balance_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	balance_conf_defaults(&bed->conf);
	bed->now = 1000 * NS_PER_SEC;
	return bed;
}

static inline void bed_configure(struct balance_bed *bed)
{
	assert_null(balance_refuses(&bed->b, &bed->conf));
	balance_configure(&bed->b, &bed->conf, bed->iface, bed->now);
}

static inline void bed_start(struct balance_bed *bed)
{
	struct hash_key key = { { 0x0123456789abcdef, 0xfedcba9876543210, 0x1357924680acebdf,
				  0x2468ace13579bdf0 } };
	struct mem mem;

	mem_init_plan(&mem);
	balance_layout(&bed->b, &bed->conf, &mem);
	bed->region = aligned_alloc(MEM_LINE, mem.used);
	assert_non_null(bed->region);
	memset(bed->region, 0, mem.used);
	mem_init(&mem, bed->region, mem.used);
	balance_layout(&bed->b, &bed->conf, &mem);
	balance_init(&bed->b, &key);
	bed_configure(bed);
}

static inline void bed_close(struct balance_bed *bed)
{
	free(bed->region);
	free(bed);
}

static inline void add_hosts(struct balance_bed *bed, u32 first, u32 count)
{
	for (u32 n = first; n < first + count; n++) {
		char text[16];

		snprintf(text, sizeof text, "10.10.1.%u", n);
		(void)fake_backend(&bed->conf, text, 8080);
	}
}

/* The web at 198.18.0.1:80 with backends 10.10.1.1 and on. */
static inline struct balance_bed *bed_open(u32 hosts)
{
	struct balance_bed *bed = bed_new();

	(void)fake_service(&bed->conf, "web", "198.18.0.1", 80);
	add_hosts(bed, 1, hosts);
	bed_start(bed);
	return bed;
}

static inline struct flow flow_of(const struct balance_bed *bed, u32 client)
{
	struct flow flow = {
		.orig = { be32_of(0x64400000 + client / 7), addr("198.18.0.1"),
			  be16_of((u16)(1024 + client % 50000)), be16_of(80) },
		.proto = IP_PROTO_TCP,
		.seen_ms = ct_ms(bed->now),
		.mapping = IDX_NONE,
		.mapping_dst = IDX_NONE,
		.flags = FLOW_CONFIRMED,
	};

	flow.repl = tuple_reversed(&flow.orig);
	return flow;
}

static inline bool take(struct balance_bed *bed, struct flow *flow)
{
	u16 service = balance_find(&bed->b, &flow->orig, flow->proto, false);

	assert_int_not_equal(service, BALANCE_NONE);
	return balance_choose(&bed->b, service, flow);
}

/* The last byte of the backend's address. The flow ends at once. */
static inline u8 host_of(struct balance_bed *bed, u32 client)
{
	struct flow flow = flow_of(bed, client);

	assert_true(take(bed, &flow));
	balance_release(&bed->b, &flow);
	return (u8)be32_host(flow.repl.src);
}

static inline void all_hosts(struct balance_bed *bed, u8 *host)
{
	for (u32 client = 0; client < CLIENTS; client++)
		host[client] = host_of(bed, client);
}

static inline u8 *hosts_new(void)
{
	u8 *host = calloc(CLIENTS, 1);

	assert_non_null(host);
	return host;
}

static inline u32 count_host(const u8 *host, u8 which)
{
	u32 count = 0;

	for (u32 client = 0; client < CLIENTS; client++)
		count += host[client] == which;
	return count;
}

/* Of the flows that were neither with `gone` nor are with `come` now, how many are elsewhere. */
static inline u32 count_moved(const u8 *before, const u8 *after, u8 gone, u8 come)
{
	u32 moved = 0;

	for (u32 client = 0; client < CLIENTS; client++)
		moved += before[client] != after[client] && before[client] != gone &&
			 after[client] != come;
	return moved;
}

#endif
