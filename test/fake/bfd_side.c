/* A speaker of BFD on fake sockets. */
#include "fake/bfd_side.h"

#include <stdlib.h>

#include "core/base/check.h"

void bfd_side_init(struct bfd_side *side, be32 addr)
{
	struct iface *iface = &side->ifaces.iface[0];

	memset(side, 0, sizeof *side);
	side->ifaces.count = 1;
	iface->up = true;
	iface->conf.mtu = 1500;
	iface->conf.addr_count = 1;
	iface->conf.addr[0] = (struct iface_addr){ addr, 24, false };
	bfd_conf_defaults(&side->conf);
	side->conf.peer_limit = 4;
	side->id = BFD_NONE;
}

void bfd_side_start(struct bfd_side *side, const u8 seed[32])
{
	struct bfd_start start = { .ifaces = &side->ifaces, .log = &side->log };
	struct mem mem;
	u64 size;

	CHECK(bfd_conf_wrong(&side->conf) == NULL);
	mem_init_plan(&mem);
	bfd_layout(&side->bfd, &side->conf, &mem);
	size = mem.used;
	side->region = aligned_alloc(MEM_LINE, size);
	CHECK(side->region != NULL);
	memset(side->region, 0, size);
	mem_init(&mem, side->region, size);
	bfd_layout(&side->bfd, &side->conf, &mem);
	CHECK(!mem.short_of);
	side->host = dgram_host_new(&side->ifaces);
	start.io = dgram_io(side->host);
	memcpy(start.seed, seed, sizeof start.seed);
	bfd_init(&side->bfd, &side->conf, &start);
	side->running = true;
}

void bfd_side_turn(struct bfd_side *side, ns_t now)
{
	sock_id sock;
	u8 ready;

	while (dgram_ready(side->host, &sock, &ready))
		bfd_sock(&side->bfd, sock, ready, now);
	bfd_tick(&side->bfd, now);
	CHECK(bfd_next(&side->bfd) > now);
	bfd_check(&side->bfd);
}

void bfd_side_end(struct bfd_side *side)
{
	if (side->host != NULL)
		dgram_host_del(side->host);
	side->host = NULL;
	free(side->region);
	side->region = NULL;
	side->running = false;
	side->id = BFD_NONE;
}
