/* As much of a stack as one module needs, and segments that came in: for tests of core/tcp. */
#ifndef TEST_UNIT_CORE_TCP_TCP_BED_H
#define TEST_UNIT_CORE_TCP_TCP_BED_H

#include "unit/core_ip/bed.h"

#include "core/tcp/emit.h"
#include "core/tcp/isn.h"

#define SERVER "192.0.2.1"
#define CLIENT "198.51.100.7"

enum { SERVER_PORT = 80, CLIENT_PORT = 40000, BED_ZONE = 3, BED_PACKETS = 300 };

struct tcp_bed {
	struct bed bed;
	struct tcp tcp;
	ns_t now;
};

/* What came out: one packet, read. */
struct said {
	struct seen seen;
	struct tcp_opts opt;
	u16 window;
	u8 zone;
};

static inline struct tcp_conf tcp_bed_conf(void)
{
	return (struct tcp_conf){
		.tcb_limit = 16,
		.listener_limit = 8,
		.half_open_limit = 8,
		.time_wait_limit = 8,
		.recv_buffer_max = 6 << 20,
		.recv_buffer_start = 128 << 10,
		.rto_initial_ms = 1000,
		.rto_max_ms = 60000,
		.msl_ms = 30000,
		.syn_ack_retries = 5,
		.challenge_acks = 100,
		.syn_cookies = true,
		.isn_of_clock = true,
	};
}

static inline void tcp_bed_open(struct tcp_bed *bed, const struct tcp_conf *conf)
{
	struct tcp *tcp = &bed->tcp;

	memset(bed, 0, sizeof *bed);
	bed_open(&bed->bed, BED_PACKETS, 4);
	bed->now = 1000 * NS_PER_SEC;
	tcp->conf = *conf;
	tcp->pool = &bed->bed.pool;
	tcp->rng = bed_rng(7);
	tcp->hash_key = bed_key();
	for (u32 n = 0; n < ARRAY_COUNT(tcp->secret); n++)
		tcp->secret[n] = rng_u64(&tcp->rng);
	slab_layout(&tcp->tcbs, &bed->bed.mem, "tcbs", conf->tcb_limit, sizeof(struct tcb));
	slab_init(&tcp->tcbs);
	listen_layout(&tcp->listen, conf, &bed->bed.mem);
	listen_init(&tcp->listen);
	timewait_layout(&tcp->timewait, conf, &bed->bed.mem);
	timewait_init(&tcp->timewait);
	assert_false(bed->bed.mem.short_of);
}

static inline void tcp_bed_close(struct tcp_bed *bed)
{
	while (emit_take(&bed->tcp, &bed->bed.out) > 0)
		bed_put_all(&bed->bed.out);
	bed_close(&bed->bed);
}

/* A packet that came out of the stack: whole, its checksums right; it is put. */
static inline struct said tcp_bed_read(struct pkt *pkt)
{
	struct said said;

	said.seen = bed_see(pkt);
	assert_int_equal(said.seen.proto, IP_PROTO_TCP);
	assert_int_equal(pkt->flags, PKT_LOCAL_OUT);
	assert_int_equal(pkt->l4, pkt->l3 + IP4_HLEN_MIN);
	tcp_opts_read(&said.opt, (const struct tcp_hdr *)pkt_l4(pkt));
	said.window = be16_host(((const struct tcp_hdr *)pkt_l4(pkt))->window);
	said.zone = pkt->zone;
	pkt_put(pkt);
	return said;
}

/* The oldest answer. */
static inline struct said tcp_bed_said(struct tcp_bed *bed)
{
	struct batch one = { .count = BATCH_MAX - 1 };

	assert_int_equal(emit_take(&bed->tcp, &one), 1);
	return tcp_bed_read(one.pkt[BATCH_MAX - 1]);
}

static inline void tcp_bed_silent(struct tcp_bed *bed)
{
	assert_int_equal(bed->tcp.outbox_count, 0);
}

static inline struct tcp_key tcp_bed_key(u16 peer_port)
{
	return (struct tcp_key){ .local = addr(SERVER),
				 .peer = addr(CLIENT),
				 .local_port = be16_of(SERVER_PORT),
				 .peer_port = be16_of(peer_port),
				 .zone = BED_ZONE };
}

static inline struct tcp_seg tcp_bed_seg(u16 peer_port, u8 flags, u32 seq, u32 ack)
{
	return (struct tcp_seg){ .key = tcp_bed_key(peer_port),
				 .flags = flags,
				 .seq = seq,
				 .ack = ack,
				 .window = 1000,
				 .mtu = 1500 };
}

#endif
