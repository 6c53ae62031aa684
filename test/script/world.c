/* One TCP stack in virtual time, and what goes in and comes out of it. */
#include "script/world.h"
#include "core/base/check.h"
#include "core/tcp/emit.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include <stdlib.h>

void world_conf_defaults(struct tcp_conf *conf)
{
	tcp_conf_defaults(conf);
	conf->tcb_limit = 64;
	conf->half_open_limit = 64;
	conf->time_wait_limit = 64;
	conf->segment_limit = 8192;
	conf->range_limit = 1024;
	conf->buffer_bytes = 32 << 20;
	conf->recv_buffer_max = 15 << 20;
	conf->recv_buffer_start = 64 << 10;
	conf->send_buffer_max = 4 << 20;
	conf->cc = "cubic";
	conf->syn_retries = 5;
}

void world_init(struct world *world, const struct tcp_conf *conf)
{
	struct pkt_pool_conf packets = { .small_count = WORLD_PACKETS, .large_count = 4 };
	u8 seed[32] = { 1 };
	struct mem plan, mem;
	u8 *begin;

	memset(world, 0, sizeof *world);
	world->now = 3600 * NS_PER_SEC;
	world->mtu = WORLD_MTU;
	mem_init_plan(&plan);
	pkt_pool_layout(&world->pool, &packets, &plan);
	tcp_layout(&world->tcp, conf, &plan);
	/* Of what is not touched calloc() makes no pages: a world is ready at once. */
	world->memory = calloc(1, plan.used + 2 * MEM_LINE);
	CHECK(world->memory != NULL);
	begin = (u8 *)world->memory + MEM_LINE - (uintptr_t)world->memory % MEM_LINE;
	mem_init(&mem, begin, plan.used + MEM_LINE);
	pkt_pool_layout(&world->pool, &packets, &mem);
	tcp_layout(&world->tcp, conf, &mem);
	CHECK(!mem.short_of);
	pkt_pool_init(&world->pool);
	tcp_init(&world->tcp, conf, &world->pool, seed, world->now);
}

void world_fini(struct world *world)
{
	struct pkt *pkt;

	world_flush(world);
	while ((pkt = world_out(world)) != NULL)
		pkt_put(pkt);
	CHECK(world->pool.free_count[PKT_CLASS_SMALL] == WORLD_PACKETS);
	free(world->memory);
}

void world_flush(struct world *world)
{
	struct batch out = { 0 };

	while (tcp_output(&world->tcp, &out, world->now)) {
		for (u32 at = 0; at < out.count; at++) {
			struct pkt *pkt = out.pkt[at];

			if (world->is_mute || world->sent_count == WORLD_PACKETS) {
				pkt_put(pkt);
				continue;
			}
			pkt->rx_ns = world->now;
			world->sent[(world->sent_head + world->sent_count++) % WORLD_PACKETS] = pkt;
		}
		out.count = 0;
	}
	tcp_check(&world->tcp);
}

struct pkt *world_out(struct world *world)
{
	struct pkt *pkt = world->sent[world->sent_head];

	if (world->sent_count == 0)
		return NULL;
	world->sent_head = (world->sent_head + 1) % WORLD_PACKETS;
	world->sent_count--;
	return pkt;
}

static void icmp_in(struct world *world, const struct ip4_hdr *ip)
{
	const struct icmp_hdr *icmp = (const void *)((const u8 *)ip + ip4_hlen(ip));
	const struct ip4_hdr *quoted = (const void *)((const u8 *)icmp + ICMP_HLEN);
	const struct tcp_hdr *tcp = (const void *)((const u8 *)quoted + ip4_hlen(quoted));
	struct tcp_icmp error = { .key = { .local = quoted->src,
					   .peer = quoted->dst,
					   .local_port = tcp->sport,
					   .peer_port = tcp->dport },
				  .seq = be32_host(tcp->seq),
				  .type = icmp->type,
				  .code = icmp->code,
				  .mtu = be16_host(icmp->frag.mtu) };

	tcp_icmp_in(&world->tcp, &error, world->now);
}

/* A segment of no connection: whoever embeds the stack answers it by a reset. */
static void refuse(struct world *world, const struct ip4_hdr *ip, u32 l4_len)
{
	const struct tcp_hdr *hdr = (const void *)((const u8 *)ip + ip4_hlen(ip));
	struct tcp_seg seg = { .key = { .local = ip->dst,
					.peer = ip->src,
					.local_port = hdr->dport,
					.peer_port = hdr->sport },
			       .seq = be32_host(hdr->seq),
			       .ack = be32_host(hdr->ack),
			       .len = l4_len - tcp_hlen(hdr),
			       .flags = hdr->flags };

	emit_reset_for(&world->tcp, &seg);
}

void world_in(struct world *world, const void *packet, u32 len)
{
	const struct ip4_hdr *ip = packet;
	struct tcp_rx rx = { .mtu = world->mtu };
	struct pkt *pkt;

	if (ip->proto == IP_PROTO_ICMP) {
		icmp_in(world, ip);
		world_flush(world);
		return;
	}
	pkt = pkt_new(&world->pool, len);
	CHECK(pkt != NULL);
	memcpy(pkt_l3(pkt), packet, len);
	pkt->l4 = (u16)(pkt->l3 + ip4_hlen(ip));
	if (!tcp_in(&world->tcp, pkt, &rx, world->now))
		refuse(world, ip, pkt_l4_len(pkt));
	pkt_put(pkt);
	world_flush(world);
}

bool world_step(struct world *world, ns_t until)
{
	ns_t next;

	world_flush(world);
	next = tcp_next(&world->tcp);
	if (next > until) {
		if (world->now < until)
			world->now = until;
		return false;
	}
	if (world->now < next)
		world->now = next;
	tcp_tick(&world->tcp, world->now);
	world_flush(world);
	return true;
}

void world_until(struct world *world, ns_t until)
{
	while (world_step(world, until))
		;
}
