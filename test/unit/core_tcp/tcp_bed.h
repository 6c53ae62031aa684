/* A small stack, segments that came in, and what came out: for tests of core/tcp. */
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
	struct tcp_conf conf;

	tcp_conf_defaults(&conf);
	conf.tcb_limit = 16;
	conf.listener_limit = 8;
	conf.half_open_limit = 8;
	conf.time_wait_limit = 8;
	conf.segment_limit = 64;
	conf.range_limit = 16;
	conf.buffer_bytes = 256 << 10;
	conf.recv_buffer_max = 6 << 20;
	conf.recv_buffer_start = 128 << 10;
	conf.rto_max_ms = 60000;
	conf.challenge_acks = 100;
	conf.cc = "cubic";
	return conf;
}

static inline void tcp_bed_open(struct tcp_bed *bed, const struct tcp_conf *conf)
{
	struct tcp *tcp = &bed->tcp;
	u8 seed[32];

	memset(bed, 0, sizeof *bed);
	bed_open(&bed->bed, BED_PACKETS, 4);
	bed->now = 1000 * NS_PER_SEC;
	tcp_layout(tcp, conf, &bed->bed.mem);
	assert_false(bed->bed.mem.short_of);
	memset(seed, 7, sizeof seed);
	tcp_init(tcp, conf, &bed->bed.pool, seed, bed->now);
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
