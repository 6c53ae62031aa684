/* Two stacks whose connections are signed (RFC 2385, RFC 5925), and somebody who looks on: every
 * segment that leaves an end has the code that he computes for it.                               */
#ifndef TEST_SIM_SIGNED_BED_H
#define TEST_SIM_SIGNED_BED_H

#include "core/wire/ip4.h"
#include "sim/tcp_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MB = 1 << 20, PART = 150000, KEYS = 4, AUTHS = 16, TALKS = 8 };

/* What the wire is thought to carry, of one connection. */
struct wire {
	struct tcp_auth_conf conf; /* all keys that are allowed; MD5: the one of now */
	bool has_isn[2];
	u32 isn[2];
	u64 last[2]; /* highest number of each end, with its extension */
	u32 segments;
	u32 of_flag[256]; /* by flags without PSH */
	u32 with_sack;
	u32 longest; /* bytes of a packet */
	u32 with_key[TCP_AO_KEYS_MAX];
	struct tcp_opts syn[2];
	u32 losses; /* this many segments with these flags are lost */
	u8 lose_flags;
	u8 lose_from;
};

struct bed {
	struct tcp_pair pair;
	struct tcp_pair_conf conf;
	struct tcp_talk talk[TALKS];
	u32 talk_count;
	struct wire wire;
};

static inline struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	tcp_pair_conf_defaults(&bed->conf);
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].key_limit = KEYS;
		bed->conf.tcp[n].auth_limit = AUTHS;
		bed->conf.tcp[n].send_buffer_max = bed->conf.tcp[n].recv_buffer_max = 128 << 10;
		bed->conf.link[n].rate_bps = 8000000;
		bed->conf.tcp[n].tcb_limit = bed->conf.tcp[n].time_wait_limit = 16;
		bed->conf.tcp[n].segment_limit = bed->conf.tcp[n].range_limit = 1024;
		bed->conf.tcp[n].buffer_bytes = 4 * MB;
	}
	return bed;
}

static inline struct tcp *tcp_of(struct bed *bed, u32 n)
{
	return &bed->pair.end[n].tcp;
}

/* ---- who looks on ---------------------------------------------------------------------------- */

static inline const struct tcp_hdr *hdr_of(const struct pkt *pkt)
{
	return (const void *)pkt_l4(pkt);
}

/* How the number goes on from the last one of that end: nobody is 2 GB behind or ahead. */
static inline u64 extended(struct wire *wire, u32 from, u32 seq)
{
	u64 last = wire->last[from];
	u64 now = last + (u64)(s64)(s32)(seq - (u32)last);

	if (now > last && now - last < UINT32_C(1) << 31)
		wire->last[from] = now;
	return now;
}

static inline void judge(struct wire *wire, u32 from, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct tcp_hdr *hdr = hdr_of(pkt);
	struct tcp_auth_segment segment = {
		.src = ip->src,
		.dst = ip->dst,
		.tcp = hdr,
		.data = { { (const u8 *)hdr + tcp_hlen(hdr), pkt_l4_len(pkt) - tcp_hlen(hdr) } },
		.src_isn = wire->isn[from],
		.dst_isn = wire->isn[!from],
	};
	struct tcp_ao_seen seen = { 0, 0 };

	if ((hdr->flags & TCP_SYN) == 0)
		segment.sne = (u32)(extended(wire, from, be32_host(hdr->seq)) >> 32);
	assert_int_equal(tcp_auth_check(&wire->conf, &segment, &seen), TCP_AUTH_OK);
	wire->with_key[seen.key]++;
}

static inline bool look(struct tcp_pair *pair, u32 from, const struct pkt *pkt, void *of)
{
	const struct tcp_hdr *hdr = hdr_of(pkt);
	u8 flags = hdr->flags & (u8)~TCP_PSH;
	struct wire *wire = of;
	struct tcp_opts opts;

	(void)pair;
	tcp_opts_read(&opts, hdr);
	if ((flags & TCP_SYN) != 0) {
		wire->syn[from] = opts;
		wire->isn[from] = be32_host(hdr->seq);
		wire->last[from] = wire->isn[from];
	}
	judge(wire, from, pkt);
	wire->segments++;
	wire->of_flag[flags]++;
	wire->with_sack += opts.sack_count > 0;
	wire->longest = u32_max(wire->longest, pkt->len);
	if (wire->losses > 0 && flags == wire->lose_flags && from == wire->lose_from) {
		wire->losses--;
		return false;
	}
	return true;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static inline struct tcp_auth_secret secret_of(const char *text)
{
	struct tcp_auth_secret secret = { .len_bytes = (u32)strlen(text) };

	memcpy(secret.byte, text, secret.len_bytes);
	return secret;
}

static inline struct tcp_keys_at at_of(u32 ring, u32 peer)
{
	return (struct tcp_keys_at){ .ring = ring, .peer = tcp_pair_addr(peer), .peer_len = 32 };
}

static inline void set_md5(struct bed *bed, u32 n, u32 ring, const char *text)
{
	struct tcp_auth_secret secret = secret_of(text);
	struct tcp_keys_at at = at_of(ring, !n);

	assert_int_equal(tcp_keys_set_md5(tcp_of(bed, n), &at, &secret), ERR_OK);
	bed->wire.conf.kind = TCP_AUTH_MD5;
	bed->wire.conf.md5 = secret;
}

static inline struct tcp_ao_key ao_of(u8 id, enum tcp_ao_alg alg, bool covers, const char *text)
{
	return (struct tcp_ao_key){ .send_id = id,
				    .recv_id = (u8)(id + 100),
				    .alg = alg,
				    .covers_options = covers,
				    .master = secret_of(text) };
}

/* End 1 names it the other way round. */
static inline struct tcp_ao_key ao_at(u32 n, struct tcp_ao_key key)
{
	u8 id = key.send_id;

	if (n == 0)
		return key;
	key.send_id = key.recv_id;
	key.recv_id = id;
	return key;
}

/* Whoever looks on has each key twice: as sent by either end. */
static inline void add_ao(struct bed *bed, const struct tcp_ao_key *key)
{
	struct tcp_auth_conf *conf = &bed->wire.conf;

	for (u32 n = 0; n < 2; n++) {
		struct tcp_keys_at at = at_of(n == 0 ? TCP_PAIR_RING_TALK : TCP_PAIR_RING_LISTEN,
					      !n);
		struct tcp_ao_key own = ao_at(n, *key);

		assert_int_equal(tcp_keys_add_ao(tcp_of(bed, n), &at, &own), ERR_OK);
		conf->ao[conf->ao_count++] = ao_at(!n, *key);
	}
	conf->kind = TCP_AUTH_AO;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static inline void bed_open(struct bed *bed)
{
	tcp_pair_init(&bed->pair, &bed->conf);
	bed->pair.look = look;
	bed->pair.look_of = &bed->wire;
}

static inline struct tcp_talk *bed_talk(struct bed *bed, u64 there, u64 back)
{
	struct tcp_talk *talk = &bed->talk[bed->talk_count++];

	tcp_sockopt_defaults(&talk->opt);
	talk->start_ns = bed->pair.now;
	talk->goal[0] = there;
	talk->goal[1] = back;
	tcp_pair_talk(&bed->pair, 0, talk);
	return talk;
}

static inline void bed_run(struct bed *bed, u32 ms)
{
	tcp_pair_run(&bed->pair, bed->pair.now + ms * NS_PER_MS);
}

static inline void bed_close(struct bed *bed)
{
	bed_run(bed, 400000);
	for (u32 n = 0; n < 2; n++) {
		struct tcp *tcp = tcp_of(bed, n);

		assert_int_equal(tcp->tcbs.live, 0);
		assert_int_equal(tcp->keys.states.live, 0);
		tcp_keys_forget(tcp, TCP_PAIR_RING_LISTEN);
		tcp_keys_forget(tcp, TCP_PAIR_RING_TALK);
		assert_int_equal(tcp->keys.keys.live, 0);
	}
	tcp_pair_fini(&bed->pair);
	free(bed);
}

static inline void assert_done(const struct tcp_talk *talk)
{
	assert_int_equal(talk->error[0], TCP_ERR_NONE);
	assert_int_equal(talk->error[1], TCP_ERR_NONE);
	assert_true(talk->finished_ns != 0);
	assert_true(talk->read[0] == talk->goal[1] && talk->read[1] == talk->goal[0]);
}

/* To the moment when both have read all. What comes later may come twice, when its connection is
 * gone: nobody can say then whether it was signed well.                                          */
static inline void bed_finish(struct bed *bed, const struct tcp_talk *talk)
{
	while (talk->finished_ns == 0)
		assert_true(tcp_pair_step(&bed->pair, bed->pair.now + 60 * NS_PER_SEC));
	assert_done(talk);
}

static inline u64 refused(struct bed *bed, u32 n)
{
	const struct tcp_stats *stats = &tcp_of(bed, n)->stats;

	return stats->auth_missing + stats->auth_malformed + stats->auth_unknown_key +
	       stats->auth_wrong;
}

static inline void lossy(struct bed *bed)
{
	for (u32 n = 0; n < 2; n++) {
		bed->conf.link[n].loss_ppm = 20000;
		bed->conf.link[n].reorder_ppm = 10000;
		bed->conf.link[n].reorder_ns = 2 * NS_PER_MS;
		bed->conf.link[n].duplicate_ppm = 5000;
	}
}

static inline struct tcp_open open_of(u32 n, u16 port, u16 peer_port)
{
	struct tcp_open open = { .key = { .local = tcp_pair_addr(n),
					  .peer = tcp_pair_addr(!n),
					  .local_port = be16_of(port),
					  .peer_port = be16_of(peer_port) },
				 .mtu = 1500,
				 .ring = n == 0 ? TCP_PAIR_RING_TALK : TCP_PAIR_RING_LISTEN };

	tcp_sockopt_defaults(&open.opt);
	return open;
}

#endif
