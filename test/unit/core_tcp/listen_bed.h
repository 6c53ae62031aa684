/* A listener, and the segments of a handshake with it. */
#ifndef TEST_UNIT_CORE_TCP_LISTEN_BED_H
#define TEST_UNIT_CORE_TCP_LISTEN_BED_H

#include "unit/core_tcp/tcp_bed.h"

enum { OWNER = 77, IRS = 5000, BACKLOG = 4 };

struct listen_bed {
	struct tcp_bed bed;
	struct tcp *tcp; /* of the bed */
	u64 id;
	u32 listener; /* index of id */
	u32 waited;   /* connections that were made by listen_bed_wait() */
	struct tcp_born born;
};

static inline struct tcp_listen listen_conf(void)
{
	return (struct tcp_listen){ .addr = addr(SERVER),
				    .port = be16_of(SERVER_PORT),
				    .zone = BED_ZONE,
				    .backlog = BACKLOG,
				    .owner = OWNER };
}

static inline void listen_bed_open_as(struct listen_bed *bed, const struct tcp_conf *conf,
				      const struct tcp_listen *listen)
{
	tcp_bed_open(&bed->bed, conf);
	bed->waited = 0;
	bed->tcp = &bed->bed.tcp;
	assert_int_equal(tcp_listen(bed->tcp, listen, &bed->id), ERR_OK);
	bed->listener = (u32)bed->id;
}

static inline void listen_bed_open(struct listen_bed *bed)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_listen listen = listen_conf();

	listen_bed_open_as(bed, &conf, &listen);
}

static inline void listen_bed_close(struct listen_bed *bed)
{
	listen_check(bed->tcp);
	tcp_bed_close(&bed->bed);
}

static inline struct listener *listen_bed_listener(struct listen_bed *bed)
{
	return slab_at(&bed->tcp->listen.listeners, bed->listener);
}

/* A segment comes in; whether a connection is born. */
static inline bool listen_bed_in(struct listen_bed *bed, const struct tcp_seg *seg)
{
	u32 of_record = listen_of_half_open(bed->tcp, &seg->key);
	u32 listener = of_record != IDX_NONE ? of_record : listen_find(bed->tcp, &seg->key);
	bool born;

	assert_int_not_equal(listener, IDX_NONE);
	born = listen_in(bed->tcp, listener, seg, &bed->born, bed->bed.now);
	listen_check(bed->tcp);
	return born;
}

/* As Linux begins a connection. */
static inline struct tcp_seg syn_of(u16 peer_port)
{
	struct tcp_seg syn = tcp_bed_seg(peer_port, TCP_SYN, IRS, 0);

	syn.opt.mss = 1460;
	syn.opt.has_wscale = true;
	syn.opt.wscale = 7;
	syn.opt.sack_permitted = true;
	syn.opt.has_ts = true;
	syn.opt.tsval = 900000;
	return syn;
}

/* The ACK that ends the handshake. */
static inline struct tcp_seg ack_of(u16 peer_port, const struct said *syn_ack)
{
	struct tcp_seg ack = tcp_bed_seg(peer_port, TCP_ACK, syn_ack->seen.ack,
					 syn_ack->seen.seq + 1);

	ack.opt.has_ts = syn_ack->opt.has_ts;
	ack.opt.tsval = ack.opt.has_ts ? 900010 : 0;
	ack.opt.tsecr = syn_ack->opt.tsval;
	return ack;
}

/* SYN goes in, SYN,ACK comes out. */
static inline struct said listen_bed_syn_ack(struct listen_bed *bed, const struct tcp_seg *syn)
{
	struct said said;

	assert_false(listen_bed_in(bed, syn));
	said = tcp_bed_said(&bed->bed);
	tcp_bed_silent(&bed->bed);
	assert_int_equal(said.seen.flags & ~TCP_ECE, TCP_SYN | TCP_ACK);
	assert_int_equal(said.seen.ack, syn->seq + 1);
	assert_true(be32_eq(said.seen.src, syn->key.local));
	assert_true(be32_eq(said.seen.dst, syn->key.peer));
	assert_int_equal(said.seen.sport, be16_host(syn->key.local_port));
	assert_int_equal(said.seen.dport, be16_host(syn->key.peer_port));
	assert_int_equal(said.zone, syn->key.zone);
	return said;
}

/* All answers are thrown away. */
static inline void listen_bed_drain(struct listen_bed *bed)
{
	while (emit_take(bed->tcp, &bed->bed.bed.out) > 0)
		bed_put_all(&bed->bed.bed.out);
}

/* A connection that was born and waits to be accepted. */
static inline u32 listen_bed_wait(struct listen_bed *bed)
{
	struct tcp_seg syn = syn_of((u16)(50000 + bed->waited++)), ack;
	struct said said = listen_bed_syn_ack(bed, &syn);
	u32 idx;

	ack = ack_of(be16_host(syn.key.peer_port), &said);
	assert_true(listen_bed_in(bed, &ack));
	idx = tcb_born(bed->tcp, &bed->born, bed->bed.now);
	assert_int_not_equal(idx, IDX_NONE);
	listen_queue(bed->tcp, bed->listener, idx);
	tcp_check(bed->tcp);
	return idx;
}

#endif
