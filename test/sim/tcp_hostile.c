/* Segments that nobody asked for. */
#include "sim/tcp_hostile.h"
#include "fake/build.h"

#include <stdlib.h>

enum { HOSTILE_ISN = 1000, HOSTILE_MSS = 1000 };

struct hostile *hostile_new(void)
{
	static const u8 seed[32] = { 99 };
	struct hostile *hostile = calloc(1, sizeof *hostile);

	CHECK(hostile != NULL);
	tcp_pair_conf_defaults(&hostile->conf);
	hostile->conf.check = false;
	for (u32 n = 0; n < 2; n++) {
		hostile->conf.tcp[n].tcb_limit = 16;
		hostile->conf.tcp[n].segment_limit = 4096;
		hostile->conf.link[n].rate_bps = 20000000;
	}
	rng_init(&hostile->rng, seed);
	return hostile;
}

void hostile_begin(struct hostile *hostile)
{
	tcp_pair_init(&hostile->pair, &hostile->conf);
}

void hostile_free(struct hostile *hostile)
{
	struct tcp_pair *pair = &hostile->pair;

	for (u32 n = 0; n < 2; n++) {
		if (hostile->talk.open[n])
			tcp_abort(&pair->end[n].tcp, hostile->talk.id[n], pair->now);
		tcp_check(&pair->end[n].tcp);
	}
	tcp_pair_fini(pair);
	free(hostile);
}

void hostile_stand(struct hostile *hostile)
{
	struct tcp_talk *talk = &hostile->talk;

	tcp_sockopt_defaults(&talk->opt);
	talk->goal[0] = UINT64_MAX;
	talk->goal[1] = 1;
	talk->start_ns = hostile->pair.now;
	tcp_pair_talk(&hostile->pair, 0, talk);
	tcp_pair_run(&hostile->pair, hostile->pair.now + NS_PER_SEC);
	CHECK(talk->open[0] && talk->open[1]);
}

void hostile_say(struct hostile *hostile, const struct say *say)
{
	struct tcp_pair *pair = &hostile->pair;
	struct tcp_rx rx = { .mtu = pair->conf.mtu };
	struct pkt *pkt = say_pkt(&pair->end[1].pool, say);

	CHECK(pkt != NULL);
	(void)tcp_in(&pair->end[1].tcp, pkt, &rx, pair->now);
	pkt_put(pkt);
}

const struct tcb *hostile_tcb(const struct hostile *hostile, tcp_id id)
{
	return tcp_find(&hostile->pair.end[1].tcp, id);
}

struct say hostile_next(struct hostile *hostile, tcp_id id)
{
	const struct tcb *tcb = hostile_tcb(hostile, id);
	struct say say = { .key = tcb->key,
			   .flags = TCP_ACK,
			   .seq = tcb->rcv_nxt,
			   .ack = tcb->snd_nxt,
			   .window = 65535 };

	if ((tcb->flags & TCB_TS) != 0) {
		say.opt.has_ts = true;
		say.opt.tsval = tcb->ts_recent;
	}
	return say;
}

void hostile_wait(struct hostile *hostile, ns_t span_ns)
{
	ns_t until = hostile->pair.now + span_ns;

	while (tcp_pair_turn(&hostile->pair, until))
		;
}

static u32 iss_of(const struct hostile *hostile, const struct tcp_key *key)
{
	const struct listen_table *listen = &hostile->pair.end[1].tcp.listen;

	for (u32 at = 0; at < listen->half_open.cap; at++) {
		const struct half_open *rec = slab_at(&listen->half_open, at);

		if (slab_is_live(&listen->half_open, at) && tcp_key_eq(&rec->key, key))
			return rec->iss;
	}
	CHECK(false);
	return 0;
}

tcp_id hostile_connect(struct hostile *hostile, u16 port, bool with_options)
{
	struct tcp_pair *pair = &hostile->pair;
	struct say say = { .key = { .local = tcp_pair_addr(1),
				    .peer = addr("203.0.113.66"),
				    .local_port = be16_of(TCP_PAIR_PORT),
				    .peer_port = be16_of(port) },
			   .flags = TCP_SYN,
			   .seq = HOSTILE_ISN,
			   .window = 65535 };
	tcp_id id;

	say.opt.mss = HOSTILE_MSS;
	say.opt.sack_permitted = with_options;
	hostile_say(hostile, &say);
	say.opt = (struct tcp_opts){ 0 };
	say.flags = TCP_ACK;
	say.seq++;
	say.ack = iss_of(hostile, &say.key) + 1;
	hostile_say(hostile, &say);
	id = tcp_accept(&pair->end[1].tcp, pair->end[1].listener, 0);
	CHECK(id != TCP_ID_NONE);
	return id;
}

void hostile_write(struct hostile *hostile, tcp_id id, u32 bytes)
{
	static const u8 data[1024];
	struct tcp_pair *pair = &hostile->pair;

	while (bytes > 0) {
		u32 want = u32_min(bytes, sizeof data);

		CHECK(tcp_write(&pair->end[1].tcp, id, data, want, false, pair->now) == want);
		bytes -= want;
	}
}
