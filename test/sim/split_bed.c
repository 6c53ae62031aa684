/* A host, an engine that splits, and a server. */
#include "sim/split_bed.h"

#include <stdlib.h>

#include "core/ip/tcp_reset.h"
#include "fake/service.h"

enum { CHUNK = 16384, POOL = 16384, STEPS_MAX = 20000000 };

static const char *const addrs[2] = { "10.10.0.5", "203.0.113.80" };
static const char public[] = "198.18.0.1";

static u8 byte_at(u32 sender, u64 at)
{
	return (u8)(at ^ at >> 8 ^ at >> 16 ^ (sender + 1) * 85);
}

static void *region_of(const struct mem *plan, struct mem *mem)
{
	u64 size = (plan->used + MEM_LINE) / MEM_LINE * MEM_LINE;
	void *region = aligned_alloc(MEM_LINE, size);

	CHECK(region != NULL);
	memset(region, 0, size);
	mem_init(mem, region, size);
	return region;
}

struct split_bed *split_bed_new(void)
{
	struct split_bed *bed = calloc(1, sizeof *bed);

	CHECK(bed != NULL);
	rig_conf(&bed->conf);
	bed->conf.packets.small_count = POOL;
	bed->conf.splice.split_limit = 8;
	bed->conf.splice.buffer_bytes = 32 << 20;
	bed->conf.splice.rule_count = 1;
	bed->conf.splice.rule[0] = (struct splice_rule){
		.in_if = IFACE_NONE, .split_limit = 8, .buffer_bytes = 4 << 20, .cc = "bbr"
	};
	for (u32 n = 0; n < 2; n++)
		bed->link_conf[n] = (struct link_conf){ .rate_bps = 100000000,
							.delay_ns = 10 * NS_PER_MS,
							.buffer_packets = 1000,
							.flight_max = POOL };
	bed->host_port = SPLIT_HOST_PORT;
	return bed;
}

void split_bed_inbound(struct split_bed *bed)
{
	struct balance_conf *balance = &bed->conf.nat.balance;

	bed->inbound = true;
	bed->conf.splice.rule[0].in_if = RIG_OUT;
	(void)fake_service(balance, "web", public, SPLIT_PORT);
	(void)fake_backend(balance, addrs[SPLIT_HOST], SPLIT_PORT);
}

static void host_open(struct split_bed *bed, u32 n)
{
	struct split_host *host = &bed->host[n];
	struct pkt_pool_conf packets = { .small_count = POOL };
	struct tcp_listen listen = { .port = be16_of(SPLIT_PORT), .backlog = 8 };
	u8 seed[32] = { (u8)n, 7 };
	struct tcp_conf conf;
	struct mem plan, mem;

	tcp_conf_defaults(&conf);
	conf.cc = "cubic";
	mem_init_plan(&plan);
	pkt_pool_layout(&host->pool, &packets, &plan);
	tcp_layout(&host->tcp, &conf, &plan);
	host->memory = region_of(&plan, &mem);
	pkt_pool_layout(&host->pool, &packets, &mem);
	tcp_layout(&host->tcp, &conf, &mem);
	pkt_pool_init(&host->pool);
	tcp_init(&host->tcp, &conf, &host->pool, seed, bed->rig.now);
	tcp_sockopt_defaults(&listen.opt);
	CHECK(tcp_listen(&host->tcp, &listen, &host->listener) == ERR_OK);
}

void split_bed_open(struct split_bed *bed)
{
	rig_open(&bed->rig, &bed->conf);
	for (u32 n = 0; n < 2; n++) {
		u8 seed[32] = { (u8)(n + 16) };
		struct mem plan, mem;

		host_open(bed, n);
		mem_init_plan(&plan);
		link_layout(&bed->link[n], &bed->link_conf[n], &plan);
		bed->link_memory[n] = region_of(&plan, &mem);
		link_layout(&bed->link[n], &bed->link_conf[n], &mem);
		link_init(&bed->link[n], seed);
	}
}

void split_bed_connect(struct split_bed *bed)
{
	u32 from = bed->inbound ? SPLIT_SERVER : SPLIT_HOST;
	struct split_host *host = &bed->host[from];
	struct tcp_open open = { .key = { .local = addr(addrs[from]),
					  .peer = addr(bed->inbound ? public : addrs[!from]),
					  .local_port = be16_of(bed->host_port),
					  .peer_port = be16_of(SPLIT_PORT) },
				 .mtu = 1500 };

	tcp_sockopt_defaults(&open.opt);
	CHECK(tcp_connect(&host->tcp, &open, &host->id, bed->rig.now) == ERR_OK);
	host->open = true;
}

/* ---- what the two programs do ---------------------------------------------------------------- */

static void host_read(struct split_bed *bed, u32 n)
{
	struct split_host *host = &bed->host[n];
	static u8 chunk[CHUNK];
	u32 bytes;

	while ((bytes = tcp_read(&host->tcp, host->id, chunk, CHUNK, bed->rig.now)) > 0) {
		for (u32 at = 0; at < bytes; at++)
			CHECK(chunk[at] == byte_at(!n, host->read + at));
		host->read += bytes;
	}
}

static void host_write(struct split_bed *bed, u32 n)
{
	struct split_host *host = &bed->host[n];
	static u8 chunk[CHUNK];

	while (host->written < host->goal) {
		u32 want = (u32)u64_min(CHUNK, host->goal - host->written);
		u32 bytes;

		for (u32 at = 0; at < want; at++)
			chunk[at] = byte_at(n, host->written + at);
		bytes = tcp_write(&host->tcp, host->id, chunk, want, false, bed->rig.now);
		host->written += bytes;
		if (bytes < want)
			return;
	}
}

static void host_serve(struct split_bed *bed, u32 n)
{
	struct split_host *host = &bed->host[n];
	const struct tcb *tcb = tcp_find(&host->tcp, host->id);

	host->was_open |= (tcb->ready & TCP_CONNECTED) != 0;
	if (!host->lazy)
		host_read(bed, n);
	if ((tcb->ready & TCP_FAILED) != 0) {
		host->error = tcb->error;
		host->open = false;
		tcp_abort(&host->tcp, host->id, bed->rig.now);
		return;
	}
	if ((tcb->ready & TCP_WRITABLE) != 0)
		host_write(bed, n);
	if (host->written == host->goal && (tcb->ready & TCP_CONNECTED) != 0)
		tcp_shutdown(&host->tcp, host->id, bed->rig.now);
	host->done |= (tcb->ready & TCP_PEER_DONE) != 0 && tcb->rcv.len == 0;
	if (host->done && host->written == host->goal) {
		host->open = false;
		tcp_close(&host->tcp, host->id, bed->rig.now);
	}
}

static void hosts_serve(struct split_bed *bed)
{
	struct split_host *server = &bed->host[bed->inbound ? SPLIT_HOST : SPLIT_SERVER];

	if (!server->open && server->listener != TCP_ID_NONE) {
		server->id = tcp_accept(&server->tcp, server->listener, 0);
		server->open = server->id != TCP_ID_NONE;
		if (server->open)
			bed->seen_as = tcp_find(&server->tcp, server->id)->key.peer;
	}
	for (u32 n = 0; n < 2; n++) {
		if (bed->host[n].open)
			host_serve(bed, n);
	}
}

/* ---- wires ----------------------------------------------------------------------------------- */

static void to_engine(struct split_bed *bed, u16 in_if, const struct pkt *pkt)
{
	static struct build b;

	build_start(&b);
	build_bytes(&b, pkt_l3(pkt), pkt->len);
	(void)rig_send(&bed->rig, in_if, &b);
}

/* The host is on the engine's own wire, the server behind its link. */
static void host_send(struct split_bed *bed, u32 n, struct pkt *pkt)
{
	if (n == SPLIT_SERVER) {
		link_in(&bed->link[SPLIT_SERVER], pkt, bed->rig.now);
		return;
	}
	to_engine(bed, RIG_IN, pkt);
	pkt_put(pkt);
}

static void hosts_flush(struct split_bed *bed)
{
	for (u32 n = 0; n < 2; n++) {
		struct batch out = { 0 };

		while (tcp_output(&bed->host[n].tcp, &out, bed->rig.now)) {
			for (u32 at = 0; at < out.count; at++)
				host_send(bed, n, out.pkt[at]);
			out.count = 0;
		}
	}
}

static void host_hears(struct split_bed *bed, struct split_host *host, const struct pkt *pkt)
{
	const struct icmp_hdr *icmp = (const void *)pkt_l4(pkt);
	const struct ip4_hdr *quoted = (const void *)(icmp + 1);
	const struct tcp_hdr *tcp = (const void *)(quoted + 1);
	struct tcp_icmp error = { .key = { .local = quoted->src,
					   .peer = quoted->dst,
					   .local_port = tcp->sport,
					   .peer_port = tcp->dport },
				  .seq = be32_host(tcp->seq),
				  .type = icmp->type,
				  .code = icmp->code };

	if (icmp->type != ICMP_UNREACH)
		return;
	host->icmp_unreach++;
	tcp_icmp_in(&host->tcp, &error, bed->rig.now);
}

static void host_take(struct split_bed *bed, u32 n, const struct pkt *pkt)
{
	struct split_host *host = &bed->host[n];
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct tcp_rx rx = { .mtu = 1500 };
	struct pkt *reset;

	if (host->silent)
		return;
	if (ip->proto == IP_PROTO_ICMP)
		host_hears(bed, host, pkt);
	if (ip->proto != IP_PROTO_TCP || tcp_in(&host->tcp, pkt, &rx, bed->rig.now))
		return;
	reset = ip_tcp_reset(&host->pool, pkt);
	if (reset != NULL)
		host_send(bed, n, reset);
}

/* What the engine sends: to the host at once, to the server by the link. */
static bool engine_flush(struct split_bed *bed)
{
	static struct rig_out out;
	static struct build b;
	bool any = false;

	while (rig_next(&bed->rig, &out)) {
		u32 n = out.out_if == RIG_OUT ? SPLIT_SERVER : SPLIT_HOST;
		struct pkt *pkt;

		any = true;
		CHECK(out.parsed && out.seen.wrong == 0);
		build_start(&b);
		build_bytes(&b, out.frame.bytes + out.frame.l3, out.frame.len - out.frame.l3);
		pkt = build_pkt(&bed->host[!n].pool, &b, 0);
		CHECK(pkt != NULL);
		pkt->l4 = (u16)(pkt->l3 + out.seen.hlen);
		if (n == SPLIT_SERVER) {
			link_in(&bed->link[SPLIT_HOST], pkt, bed->rig.now);
			continue;
		}
		host_take(bed, n, pkt);
		pkt_put(pkt);
	}
	return any;
}

static void links_deliver(struct split_bed *bed)
{
	for (u32 n = 0; n < 2; n++) {
		struct batch in = { 0 };

		while (link_out(&bed->link[n], &in, bed->rig.now) > 0) {
			for (u32 at = 0; at < in.count; at++) {
				struct pkt *pkt = in.pkt[at];

				pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
				if (n == SPLIT_HOST)
					host_take(bed, SPLIT_SERVER, pkt);
				else
					to_engine(bed, RIG_OUT, pkt);
				pkt_put(pkt);
			}
			in.count = 0;
		}
	}
}

static ns_t next_event(const struct split_bed *bed)
{
	ns_t next = sluice_next(bed->rig.s);

	for (u32 n = 0; n < 2; n++) {
		next = u64_min(next, tcp_next(&bed->host[n].tcp));
		next = u64_min(next, link_next(&bed->link[n]));
	}
	return next;
}

static void settle(struct split_bed *bed)
{
	do {
		hosts_serve(bed);
		hosts_flush(bed);
	} while (engine_flush(bed));
}

void split_bed_run(struct split_bed *bed, u32 seconds)
{
	ns_t until = bed->rig.now + seconds * NS_PER_SEC;

	for (;;) {
		ns_t next;

		settle(bed);
		next = next_event(bed);
		if (next > until)
			break;
		CHECK(++bed->steps < STEPS_MAX);
		if (next > bed->rig.now)
			bed->rig.now = next;
		links_deliver(bed);
		if (sluice_next(bed->rig.s) <= bed->rig.now)
			sluice_tick(bed->rig.s, bed->rig.now);
		for (u32 n = 0; n < 2; n++)
			tcp_tick(&bed->host[n].tcp, bed->rig.now);
		splice_check(&bed->rig.s->splice);
	}
	bed->rig.now = until;
}

bool split_bed_is_finished(const struct split_bed *bed)
{
	for (u32 n = 0; n < 2; n++) {
		const struct split_host *host = &bed->host[n];

		if (!host->done || host->error != TCP_ERR_NONE ||
		    host->read != bed->host[!n].goal || host->written != host->goal)
			return false;
	}
	return true;
}

void split_bed_close(struct split_bed *bed)
{
	const struct splice *splice = &bed->rig.s->splice;

	split_bed_run(bed, 600);
	CHECK(splice->splits.live == 0 && splice->tcp.tcbs.live == 0);
	CHECK(splice->tcp.buffers.used_bytes == 0 && splice->tcp.timewait.slab.live == 0);
	CHECK(sluice_flow_count(bed->rig.s) == 0);
	for (u32 n = 0; n < 2; n++)
		link_fini(&bed->link[n]);
	for (u32 n = 0; n < 2; n++) {
		CHECK(bed->host[n].tcp.tcbs.live == 0);
		CHECK(bed->host[n].pool.free_count[PKT_CLASS_SMALL] == POOL);
		free(bed->host[n].memory);
		free(bed->link_memory[n]);
	}
	rig_close(&bed->rig);
	free(bed);
}
