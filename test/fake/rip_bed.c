/* A speaker of RIP on fake sockets. */
#include "fake/rip_bed.h"

#include <stdlib.h>

#include "core/base/check.h"
#include "fake/build.h"

enum { ROUNDS = 64 };

struct rip_bed *rip_bed_new(void)
{
	struct rip_bed *bed = calloc(1, sizeof *bed);

	CHECK(bed != NULL);
	bed->now = 1000 * NS_PER_SEC;
	rip_conf_defaults(&bed->conf);
	bed->conf.net_limit = 64;
	bed->conf.neighbour_limit = 4;
	bed->conf.policy = &bed->policy;
	bed->ifaces.count = bed->conf.iface_count = 2;
	for (u16 n = 0; n < 2; n++) {
		struct iface *iface = &bed->ifaces.iface[n];

		iface->up = true;
		iface->conf.mtu = 1500;
		iface->conf.addr_count = 1;
		iface->conf.addr[0].addr = addr(n == 0 ? "192.0.2.1" : "198.51.100.1");
		iface->conf.addr[0].prefix_len = 24;
		rip_iface_conf_defaults(&bed->conf.iface[n], n);
	}
	return bed;
}

static void cut(struct rip_bed *bed)
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
		CHECK(bed->region != NULL);
		memset(bed->region, 0, size);
		mem_init(&mem, bed->region, size);
	}
	CHECK(!mem.short_of);
}

void rip_bed_start(struct rip_bed *bed)
{
	struct rip_start start = { .rib = &bed->rib, .ifaces = &bed->ifaces, .log = &bed->log };

	CHECK(rip_conf_wrong(&bed->conf) == NULL);
	cut(bed);
	bed->host = dgram_host_new(&bed->ifaces);
	fib_init(&bed->fib);
	rib_init(&bed->rib, &bed->fib);
	bed->other = rib_client_new(&bed->rib, ROUTE_STATIC);
	start.io = dgram_io(bed->host);
	CHECK(rip_init(&bed->rip, &bed->conf, &start, bed->now) == ERR_OK);
}

void rip_bed_turn(struct rip_bed *bed)
{
	sock_id sock;
	u8 ready;

	for (u32 n = 0; n < ROUNDS; n++) {
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

void rip_bed_free(struct rip_bed *bed)
{
	if (bed->host != NULL)
		dgram_host_del(bed->host);
	free(bed->region);
	free(bed);
}
