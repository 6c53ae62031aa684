/* A stack of TCP against a peer that says anything: segments near the windows of connections in
 * every state, times, and calls of the owner, in any order. After each, every invariant holds; what
 * is read is what the numbers of the stream say, and so is what leaves; an edge that was announced
 * never moves back; and once the owner has left everything, all of it ends.
 *
 *     byte 0       the state that is set up first; whether, and how, its peers sign (sign.h)
 *     byte 1       options, congestion control, scarcity
 *     then         one byte for what is done, and what that takes: see step()                    */
#include <stdlib.h>

#include "core/tcp/isn.h"
#include "core/tcp/tcp_part.h"
#include "core/wire/icmp.h"
#include "fake/say.h"
#include "fuzz/bed.h"
#include "fuzz/sign.h"

#define OWN  "192.0.2.1"
#define PEER "198.51.100.7"

enum {
	PORT = 80,        /* of the listener */
	PEER_PORT = 4000, /* of those who come to it: so many */
	PEER_PORTS = 4,
	FAR_PORT = 7000, /* to which we connect, from OWN_PORT on */
	OWN_PORT = 5000,
	HANDLES = 8,
	TIME_WAITS = 3,
	STEPS_MAX = 200,
	END_STEPS_MAX = 2000,
	DATA_MAX = 1400,
	MTU = 1500,
	PEER_ISN = -3000, /* numbers go around early */
};

enum state {
	AT_NOTHING,
	AT_SYN_SENT,
	AT_SYN_RECEIVED,
	AT_HALF_OPEN,
	AT_COOKIES,
	AT_WAITING, /* established, not accepted */
	AT_PASSIVE,
	AT_ACTIVE,
	AT_FIN_WAIT_1,
	AT_FIN_WAIT_2,
	AT_CLOSE_WAIT,
	AT_LAST_ACK,
	AT_CLOSING,
	AT_TIME_WAIT,
	AT_COUNT,
};

enum setup {
	WITHOUT_TS = 1 << 0,
	WITHOUT_SACK = 1 << 1,
	WITHOUT_WSCALE = 1 << 2,
	WITH_ECN = 1 << 3,
	CC_SHIFT = 4,
	WITH_RFC1337 = 1 << 6,
	SCARCE = 1 << 7,
};

struct handle {
	tcp_id id; /* TCP_ID_NONE: none */
	u32 read;  /* bytes */
	u32 written;
};

struct stage {
	struct bed *bed;
	struct tcp tcp;
	u8 *region;
	u64 size;
	struct input in;
	ns_t now;
	tcp_id listener;
	struct handle handle[HANDLES];
	u8 setup;
	enum sign_kind kind;
	struct tcp_auth_conf keys; /* of the peer */
	u8 sign_how;
	u16 connects;
	u32 said_end; /* number behind the last segment that left */
	u32 said_tsval;
	struct pkt *held[BED_SMALL]; /* packets that nobody else has */
	u32 held_count;
};

static u8 byte_of(u32 seq)
{
	return (u8)(seq ^ seq >> 8 ^ seq >> 16);
}

static struct tcp_conf conf_of(u8 setup)
{
	struct tcp_conf conf;
	bool scarce = (setup & SCARCE) != 0;

	tcp_conf_defaults(&conf);
	conf.tcb_limit = HANDLES;
	conf.listener_limit = 2;
	conf.half_open_limit = 2;
	conf.time_wait_limit = TIME_WAITS;
	conf.air_limit = scarce ? 2 : HANDLES;
	conf.segment_limit = scarce ? 6 : 64;
	conf.key_limit = 3;
	conf.auth_limit = TIME_WAITS + (scarce ? 2 : HANDLES);
	conf.range_limit = scarce ? 2 : 12;
	conf.buffer_bytes = scarce ? 16 << 10 : 512 << 10;
	conf.send_buffer_max = conf.recv_buffer_max = 128 << 10;
	conf.recv_buffer_start = 8 << 10;
	conf.rto_max_ms = 8000;
	conf.msl_ms = 2000;
	conf.fin_wait_2_ms = 5000;
	conf.user_timeout_ms = 20000;
	conf.syn_retries = conf.syn_ack_retries = 3;
	conf.challenge_acks = 20;
	conf.cc = cc_name_at(setup >> CC_SHIFT & 3);
	conf.ecn = (setup & WITH_ECN) != 0;
	conf.rfc1337 = (setup & WITH_RFC1337) != 0;
	return conf;
}

static struct tcp_sockopt opt_of(u8 setup)
{
	struct tcp_sockopt opt;

	tcp_sockopt_defaults(&opt);
	opt.no_timestamps = (setup & WITHOUT_TS) != 0;
	opt.no_sack = (setup & WITHOUT_SACK) != 0;
	opt.no_wscale = (setup & WITHOUT_WSCALE) != 0;
	return opt;
}

/* ---- what leaves ----------------------------------------------------------------------------- */

static void see_out(struct stage *stage, const struct pkt *pkt)
{
	struct seen seen = bed_see(pkt);
	const struct tcp_hdr *hdr = (const void *)pkt_l4(pkt);
	struct tcp_key key = { .local = seen.src,
			       .peer = seen.dst,
			       .local_port = hdr->sport,
			       .peer_port = hdr->dport };
	u32 idx = tcb_find(&stage->tcp, &key);
	u32 seq = seen.seq + ((seen.flags & TCP_SYN) != 0);
	struct tcp_opts opt;

	CHECK(seen.proto == IP_PROTO_TCP && seen.len <= MTU);
	for (u32 at = 0; at < seen.data_len; at++)
		CHECK(seen.data[at] == byte_of(seq + at));
	tcp_opts_read(&opt, hdr);
	stage->said_end = seq + seen.data_len + ((seen.flags & TCP_FIN) != 0);
	if (opt.has_ts)
		stage->said_tsval = opt.tsval;
	if (idx != IDX_NONE && (seen.flags & (TCP_SYN | TCP_RST)) == 0) {
		const struct tcb *tcb = tcb_at(&stage->tcp, idx);
		u32 edge = seen.ack + ((u32)be16_host(hdr->window) << tcb->rcv_wscale);

		/* One that was answered before this connection began says other numbers. */
		if (seen.ack == tcb->rcv_nxt && tcb->state >= TCP_ESTABLISHED &&
		    stage->tcp.outbox_count == 0 && tcb->segs_out > 0) {
			/* By less than a unit of the window it may: RFC 7323 section 2.4. */
			CHECK(seq_gt(edge + (1u << tcb->rcv_wscale), tcb->rcv_adv));
			CHECK(tcb->auth == 0 ||
			      sign_is_right(&stage->tcp, &stage->keys, tcb, pkt));
		}
	}
}

/* Who has something to say and did not say it waits for a time, not for ever. */
static void judge_waiting(const struct tcp *tcp, const struct tcb *tcb)
{
	static const enum tcp_timer timer[] = { TCP_TIMER_RETRANSMIT, TCP_TIMER_REORDER,
						TCP_TIMER_PERSIST, TCP_TIMER_PACING };
	bool wants_fin = (tcb->flags & (TCB_FIN_QUEUED | TCB_FIN_SENT)) == TCB_FIN_QUEUED;
	bool wants = tcb->snd_nxt != tcb->snd_una || wants_fin ||
		     (tcb_unsent(tcb) > 0 && (tcb->flags & TCB_CORK) == 0);

	if (tcb->state == TCP_CLOSED || !wants || tcp->retry_ns != NS_NEVER)
		return;
	for (u32 at = 0; at < ARRAY_COUNT(timer); at++) {
		if (tcb->timer[timer[at]] != NS_NEVER)
			return;
	}
	CHECK(false);
}

static void take_out(struct stage *stage)
{
	struct batch *out = &stage->bed->out;

	while (tcp_output(&stage->tcp, out, stage->now)) {
		tcp_check(&stage->tcp);
		for (u32 at = 0; at < out->count; at++)
			see_out(stage, out->pkt[at]);
		bed_put_all(out);
	}
	for (u32 idx = 0; idx < stage->tcp.tcbs.cap; idx++) {
		if (slab_is_live(&stage->tcp.tcbs, idx))
			judge_waiting(&stage->tcp, tcb_at(&stage->tcp, idx));
	}
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void say(struct stage *stage, struct say *say)
{
	struct tcp_rx rx = { .mtu = MTU };
	u8 data[DATA_MAX], options[TCP_HLEN_MAX - TCP_HLEN_MIN];
	u32 seq = say->seq + ((say->flags & TCP_SYN) != 0);
	bool is_signed = stage->kind != SIGN_NONE && say->raw == NULL && stage->sign_how < SIGN_NOT;
	struct pkt *pkt;

	for (u32 at = 0; at < say->len; at++)
		data[at] = byte_of(seq + at);
	say->data = data;
	if (is_signed) {
		memset(options, TCP_OPT_NOP, sizeof options);
		say->raw_len = tcp_opts_write(options, &say->opt, sign_room(&stage->keys)) +
			       sign_room(&stage->keys);
		say->raw = options;
	}
	pkt = say_pkt(&stage->bed->pool, say);
	if (pkt == NULL)
		return;
	if (is_signed)
		sign_pkt(&stage->tcp, &stage->keys, say, pkt, stage->sign_how);
	(void)tcp_in(&stage->tcp, pkt, &rx, stage->now);
	pkt_put(pkt);
}

static struct tcp_key key_of(u16 own, u16 peer)
{
	return (struct tcp_key){ .local = addr(OWN),
				 .peer = addr(PEER),
				 .local_port = be16_of(own),
				 .peer_port = be16_of(peer) };
}

/* The next segment that fits the key, as far as anybody knows of it. */
static struct say say_next(struct stage *stage, const struct tcp_key *key)
{
	struct tcp *tcp = &stage->tcp;
	struct say say = { .key = *key,
			   .flags = TCP_ACK,
			   .window = 8192,
			   .seq = (u32)PEER_ISN + 1,
			   .ack = stage->said_end };
	u32 idx = tcb_find(tcp, key);
	u32 wait = timewait_find(tcp, key);

	if (idx != IDX_NONE) {
		const struct tcb *tcb = tcb_at(tcp, idx);

		say.ack = tcb->snd_nxt;
		if (tcb->state != TCP_SYN_SENT)
			say.seq = tcb->rcv_nxt;
	} else if (wait != IDX_NONE) {
		const struct time_wait *record = slab_at(&tcp->timewait.slab, wait);

		say.seq = record->rcv_nxt;
		say.ack = record->snd_nxt;
	}
	say.opt.has_ts = (stage->setup & WITHOUT_TS) == 0;
	say.opt.tsval = (u32)(stage->now / NS_PER_MS);
	say.opt.tsecr = stage->said_tsval;
	return say;
}

static void say_simple(struct stage *stage, const struct tcp_key *key, u8 flags)
{
	struct say what = say_next(stage, key);

	what.flags = flags;
	if ((flags & TCP_SYN) != 0) {
		what.seq = (u32)PEER_ISN;
		what.opt.mss = 1200;
		what.opt.has_wscale = (stage->setup & WITHOUT_WSCALE) == 0;
		what.opt.wscale = 3;
		what.opt.sack_permitted = (stage->setup & WITHOUT_SACK) == 0;
	}
	say(stage, &what);
	tcp_check(&stage->tcp);
}

/* ---- calls of the owner ---------------------------------------------------------------------- */

static struct handle *handle_free(struct stage *stage)
{
	for (u32 at = 0; at < HANDLES; at++) {
		if (stage->handle[at].id == TCP_ID_NONE)
			return &stage->handle[at];
	}
	return NULL;
}

static void do_listen(struct stage *stage)
{
	struct tcp_listen listen = {
		.addr = addr(OWN), .port = be16_of(PORT), .backlog = 3, .opt = opt_of(stage->setup),
		.ring = SIGN_RING,
	};
	tcp_id id;
	enum err err = tcp_listen(&stage->tcp, &listen, &id);

	CHECK(err == ERR_OK || err == ERR_EXISTS);
	if (err == ERR_OK)
		stage->listener = id;
}

static void do_accept(struct stage *stage)
{
	struct handle *handle = handle_free(stage);
	tcp_id id;

	if (handle == NULL)
		return;
	id = tcp_accept(&stage->tcp, stage->listener, 0);
	*handle = (struct handle){ .id = id };
}

static void do_connect(struct stage *stage)
{
	struct handle *handle = handle_free(stage);
	struct tcp_open open = { .opt = opt_of(stage->setup), .mtu = MTU, .ring = SIGN_RING };
	u16 which = stage->connects++ % PEER_PORTS;
	tcp_id id;

	if (handle == NULL)
		return;
	/* The last one has any port. */
	open.key = key_of((u16)(OWN_PORT + which), FAR_PORT);
	if (which == PEER_PORTS - 1)
		open.key.local_port.raw = 0;
	if (tcp_connect(&stage->tcp, &open, &id, stage->now) == ERR_OK)
		*handle = (struct handle){ .id = id };
}

static void do_write(struct stage *stage, struct handle *handle, u32 bytes, bool more)
{
	const struct tcb *tcb = tcp_find(&stage->tcp, handle->id);
	static u8 data[16384];
	u32 seq;

	if (tcb == NULL)
		return;
	seq = tcb->iss + 1 + handle->written;
	bytes = u32_min(bytes, sizeof data);
	for (u32 at = 0; at < bytes; at++)
		data[at] = byte_of(seq + at);
	handle->written += tcp_write(&stage->tcp, handle->id, data, bytes, more, stage->now);
}

static void do_read(struct stage *stage, struct handle *handle, u32 bytes, bool peek)
{
	const struct tcb *tcb = tcp_find(&stage->tcp, handle->id);
	static u8 buffer[65536];
	const u8 *data = buffer;
	u32 seq, have;

	if (tcb == NULL)
		return;
	seq = tcb->irs + 1 + handle->read;
	if (peek)
		data = tcp_peek(&stage->tcp, handle->id, &have);
	else
		have = tcp_read(&stage->tcp, handle->id, buffer, u32_min(bytes, sizeof buffer),
				stage->now);
	for (u32 at = 0; at < have; at++)
		CHECK(data[at] == byte_of(seq + at));
	if (peek)
		tcp_read_done(&stage->tcp, handle->id, have, stage->now);
	handle->read += have;
}

static void do_end(struct stage *stage, struct handle *handle, u8 how)
{
	switch (how % 4) {
	case 0:
	case 1: tcp_shutdown(&stage->tcp, handle->id, stage->now); return;
	case 2: tcp_close(&stage->tcp, handle->id, stage->now); break;
	default: tcp_abort(&stage->tcp, handle->id, stage->now); break;
	}
	CHECK(tcp_find(&stage->tcp, handle->id) == NULL);
	handle->id = TCP_ID_NONE;
}

static void do_set_opt(struct stage *stage, struct handle *handle)
{
	struct tcp_sockopt opt = opt_of(stage->setup);
	u8 bits = next_byte(&stage->in);
	u8 more = next_byte(&stage->in);

	opt.nodelay = (bits & 1) != 0;
	opt.cork = (bits & 2) != 0;
	opt.keepalive = (bits & 4) != 0;
	opt.linger = (bits & 8) != 0;
	opt.quickack = (bits & 16) != 0;
	opt.cc = (bits & 32) != 0 ? cc_name_at(bits >> 6) : NULL;
	opt.keepalive_idle_ms = 1000;
	opt.keepalive_interval_ms = 500;
	opt.keepalive_probes = 2;
	opt.linger_ms = (more & 1) != 0 ? 1500 : 0;
	opt.pacing_max = (more & 2) != 0 ? 10000 : 0;
	opt.min_ttl = (more & 4) != 0 ? 65 : 0;
	opt.rto_min_ms = (more & 8) != 0 ? 10 : 0;
	(void)tcp_set_opt(&stage->tcp, handle->id, &opt, stage->now);
}

/* ---- one step -------------------------------------------------------------------------------- */

static struct tcp_key key_drawn(struct stage *stage, u8 which)
{
	if (which < HANDLES) {
		const struct tcb *tcb = tcp_find(&stage->tcp, stage->handle[which].id);

		if (tcb != NULL)
			return tcb->key;
	}
	if ((which & 1) != 0)
		return key_of((u16)(OWN_PORT + which / 2 % PEER_PORTS), FAR_PORT);
	return key_of(PORT, (u16)(PEER_PORT + which / 2 % PEER_PORTS));
}

static u32 near(struct stage *stage, u32 scale_at)
{
	static const u32 scale[4] = { 1, 100, 1448, 16384 };

	return (u32)(int8_t)next_byte(&stage->in) * scale[scale_at & 3];
}

/* Blocks as they may come, of whole segments behind the first hole, or any. */
static void draw_sacks(struct stage *stage, struct say *what, u8 bits)
{
	u32 idx = tcb_find(&stage->tcp, &what->key);
	u32 una = idx == IDX_NONE ? what->ack : tcb_at(&stage->tcp, idx)->snd_una;
	u32 mss = idx == IDX_NONE ? 1 : tcb_mss(tcb_at(&stage->tcp, idx));

	what->opt.sack_count = 1 + (bits >> 1) % TCP_SACK_BLOCKS_MAX;
	for (u32 at = 0; at < what->opt.sack_count; at++) {
		struct sack_block *block = &what->opt.sack[at];
		u8 place = next_byte(&stage->in);

		block->start = una + (place & 15) * mss;
		block->end = block->start + (1u + (place >> 4 & 3)) * mss;
		if (place >= 128) {
			block->start += near(stage, place >> 4);
			block->end += near(stage, place >> 6);
		}
	}
	if ((bits & 16) != 0)
		what->ack = una;
}

static void draw_options(struct stage *stage, struct say *what)
{
	u8 bits = next_byte(&stage->in);

	if ((bits & 1) != 0)
		what->opt.tsval += near(stage, bits >> 1);
	if ((bits & 8) != 0)
		draw_sacks(stage, what, bits);
	if ((bits & 32) != 0)
		what->ecn = IP4_ECN_CE;
	if ((bits & 64) != 0) {
		what->opt.mss = next_u16(&stage->in);
		what->opt.has_wscale = (bits & 2) != 0;
		what->opt.wscale = (u8)(bits >> 2 & 15);
		what->opt.sack_permitted = (bits & 1) != 0;
	}
	if ((bits & 128) != 0)
		what->raw_len = next_bytes(&stage->in, 1 + (bits & 31), &what->raw);
	if (what->raw_len == 0)
		what->raw = NULL;
}

static void step_segment(struct stage *stage, bool with_options)
{
	struct tcp_key key = key_drawn(stage, next_byte(&stage->in) % 16);
	struct say what = say_next(stage, &key);
	u8 how = next_byte(&stage->in);
	u8 len = next_byte(&stage->in);

	/* What is not said is the simplest: data in order. */
	what.flags ^= next_byte(&stage->in);
	if ((how & 1) != 0)
		what.seq += near(stage, how >> 1);
	if ((how & 8) != 0)
		what.ack -= near(stage, how >> 4);
	if ((how & 64) != 0)
		what.window = next_u16(&stage->in);
	what.opt.has_ts ^= (how & 128) != 0;
	what.len = len < 128 ? len : (len - 127u) * 10;
	if (with_options)
		draw_options(stage, &what);
	if (with_options && stage->kind != SIGN_NONE)
		stage->sign_how = next_byte(&stage->in);
	say(stage, &what);
	stage->sign_how = 0;
}

static void step_icmp(struct stage *stage)
{
	struct tcp_icmp icmp = { .key = key_drawn(stage, next_byte(&stage->in) % 16) };
	u32 idx = tcb_find(&stage->tcp, &icmp.key);

	icmp.type = ICMP_UNREACH;
	icmp.code = next_byte(&stage->in) % 16;
	icmp.mtu = next_u16(&stage->in);
	icmp.seq = stage->said_end + near(stage, 0);
	if (idx != IDX_NONE)
		icmp.seq = tcb_at(&stage->tcp, idx)->snd_una + near(stage, 1);
	tcp_icmp_in(&stage->tcp, &icmp, stage->now);
}

static void step_time(struct stage *stage, u8 how)
{
	ns_t next = tcp_next(&stage->tcp);

	if (how < 128)
		stage->now += UINT64_C(1) << how % 37;
	else if (next != NS_NEVER && next > stage->now)
		stage->now = next;
	tcp_tick(&stage->tcp, stage->now);
}

/* All packets but two are somewhere else, or are back. */
static void hold_packets(struct stage *stage, bool hold)
{
	struct pkt_pool *pool = &stage->bed->pool;

	while (!hold && stage->held_count > 0)
		pkt_put(stage->held[--stage->held_count]);
	while (hold && pool->free_count[PKT_CLASS_SMALL] > 2)
		stage->held[stage->held_count++] = pkt_new(pool, MTU);
}

/* An administrator at work: keys go, come again, are used, and become a connection's own. */
static void step_keys(struct stage *stage, u8 how)
{
	struct tcp_keys_at at = { .ring = SIGN_RING, .peer = addr(PEER), .peer_len = 32 };
	tcp_id id = stage->handle[how & (HANDLES - 1)].id;
	u8 number = how >> 3 & 1;

	switch (how >> 4 & 7) {
	case 0:
	case 1:
	case 2: (void)tcp_keys_use_ao(&stage->tcp, id, 2 * number + 1, 2 * number + 2); break;
	case 3: (void)tcp_keys_own(&stage->tcp, id, SIGN_RING_OWN, &at); break;
	case 4: (void)tcp_keys_del_ao(&stage->tcp, &at, 2 * number + 1, 2 * number + 2); break;
	case 5: (void)tcp_keys_del(&stage->tcp, &at); break;
	default: sign_give_keys(&stage->tcp, &at, stage->kind); break;
	}
}

static void step_rest(struct stage *stage, u8 how)
{
	struct tcp_news news;

	if (stage->kind != SIGN_NONE && how >= 128) {
		step_keys(stage, how);
		return;
	}
	switch (how % 8) {
	case 0: tcp_unlisten(&stage->tcp, stage->listener, stage->now); break;
	case 1: do_listen(stage); break;
	case 2: step_icmp(stage); break;
	case 3:
		while (tcp_news(&stage->tcp, &news))
			;
		break;
	case 4:
	case 5: do_connect(stage); break;
	default: do_accept(stage); break;
	}
}

static void step(struct stage *stage)
{
	u8 what = next_byte(&stage->in);
	struct handle *handle = &stage->handle[what >> 4 & (HANDLES - 1)];

	switch (what & 15) {
	case 0:
	case 1:
	case 2: step_segment(stage, false); break;
	case 3:
	case 4: step_segment(stage, true); break;
	case 5:
	case 6: take_out(stage); break;
	case 7:
	case 8: step_time(stage, next_byte(&stage->in)); break;
	case 9: do_write(stage, handle, next_byte(&stage->in) * 64u, (what & 128) != 0); break;
	case 10: do_read(stage, handle, next_byte(&stage->in) * 256u, (what & 128) != 0); break;
	case 11: do_end(stage, handle, next_byte(&stage->in)); break;
	case 12: do_set_opt(stage, handle); break;
	default: step_rest(stage, next_byte(&stage->in)); break;
	}
}

/* ---- set up, and the end --------------------------------------------------------------------- */

static u8 state_of(struct stage *stage, const struct tcp_key *key)
{
	u32 idx = tcb_find(&stage->tcp, key);

	return idx == IDX_NONE ? TCP_CLOSED : tcb_at(&stage->tcp, idx)->state;
}

static void set_up_passive(struct stage *stage, enum state state, const struct tcp_key *key)
{
	struct handle *handle = handle_free(stage);

	say_simple(stage, key, TCP_SYN);
	take_out(stage);
	if (state == AT_COOKIES) {
		for (u16 at = 1; at < PEER_PORTS; at++) {
			struct tcp_key other = key_of(PORT, (u16)(PEER_PORT + at));

			say_simple(stage, &other, TCP_SYN);
			take_out(stage);
		}
		CHECK(stage->tcp.stats.cookies_sent > 0);
	}
	if (state < AT_WAITING)
		return;
	say_simple(stage, key, TCP_ACK);
	if (state == AT_WAITING)
		return;
	do_accept(stage);
	CHECK(handle->id != TCP_ID_NONE);
	if (state == AT_CLOSE_WAIT || state == AT_LAST_ACK)
		say_simple(stage, key, TCP_FIN | TCP_ACK);
	if (state != AT_PASSIVE && state != AT_CLOSE_WAIT)
		tcp_shutdown(&stage->tcp, handle->id, stage->now);
	take_out(stage);
	if (state == AT_FIN_WAIT_2 || state == AT_TIME_WAIT)
		say_simple(stage, key, TCP_ACK);
	if (state == AT_TIME_WAIT)
		say_simple(stage, key, TCP_FIN | TCP_ACK);
	if (state == AT_CLOSING) {
		struct say what = say_next(stage, key);

		what.flags = TCP_FIN | TCP_ACK;
		what.ack--;
		say(stage, &what);
	}
}

static void set_up(struct stage *stage, enum state state)
{
	static const u8 wanted[AT_COUNT] = {
		[AT_SYN_SENT] = TCP_SYN_SENT,     [AT_SYN_RECEIVED] = TCP_SYN_RECEIVED,
		[AT_WAITING] = TCP_ESTABLISHED,   [AT_PASSIVE] = TCP_ESTABLISHED,
		[AT_ACTIVE] = TCP_ESTABLISHED,    [AT_FIN_WAIT_1] = TCP_FIN_WAIT_1,
		[AT_FIN_WAIT_2] = TCP_FIN_WAIT_2, [AT_CLOSE_WAIT] = TCP_CLOSE_WAIT,
		[AT_LAST_ACK] = TCP_LAST_ACK,     [AT_CLOSING] = TCP_CLOSING,
	};
	bool is_active = state == AT_SYN_SENT || state == AT_SYN_RECEIVED || state == AT_ACTIVE;
	struct tcp_key key = is_active ? key_of(OWN_PORT, FAR_PORT) : key_of(PORT, PEER_PORT);

	if (is_active) {
		do_connect(stage);
		take_out(stage);
		if (state == AT_SYN_RECEIVED)
			say_simple(stage, &key, TCP_SYN);
		else if (state == AT_ACTIVE)
			say_simple(stage, &key, TCP_SYN | TCP_ACK);
	} else if (state != AT_NOTHING) {
		/* More records of TIME-WAIT than there is room for. */
		for (u16 at = PEER_PORTS - 1; state == AT_TIME_WAIT && at > 0; at--) {
			struct tcp_key other = key_of(PORT, (u16)(PEER_PORT + at));

			set_up_passive(stage, state, &other);
			stage->now += NS_PER_MS;
		}
		set_up_passive(stage, state, &key);
	}
	CHECK(state_of(stage, &key) == wanted[state]);
	CHECK(state != AT_TIME_WAIT || stage->tcp.timewait.slab.live == TIME_WAITS);
}

static bool is_empty(const struct tcp *tcp)
{
	return tcp->tcbs.live == 0 && tcp->timewait.slab.live == 0 &&
	       tcp->listen.half_open.live == 0;
}

/* Its peer is silent and its owner has left: within a time, nothing is left. */
static void end(struct stage *stage)
{
	struct tcp *tcp = &stage->tcp;
	struct tcp_news news;

	for (u32 at = 0; at < HANDLES; at++)
		tcp_close(tcp, stage->handle[at].id, stage->now);
	tcp_unlisten(tcp, stage->listener, stage->now);
	for (u32 count = 0; !is_empty(tcp); count++) {
		CHECK(count < END_STEPS_MAX);
		take_out(stage);
		if (is_empty(tcp))
			break;
		CHECK(tcp_next(tcp) != NS_NEVER);
		if (tcp_next(tcp) > stage->now)
			stage->now = tcp_next(tcp);
		/* Who looks for room every millisecond would do so for minutes. */
		if (count > END_STEPS_MAX / 4)
			stage->now += 100 * NS_PER_MS;
		tcp_tick(tcp, stage->now);
	}
	take_out(stage);
	tcp_check(tcp);
	CHECK(!tcp_news(tcp, &news));
	CHECK(tcp->recs.live == 0 && tcp->ranges.live == 0 && tcp->buffers.used_bytes == 0);
	CHECK(tcp->deadlines.count == 0 && tcp->send.first == IDX_NONE);
	CHECK(tcp->airs.live == 0 && tcp->keys.states.live == 0);
	tcp_keys_forget(tcp, SIGN_RING);
	tcp_keys_forget(tcp, SIGN_RING_OWN);
	CHECK(tcp->keys.keys.live == 0);
}

static struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct tcp_conf conf = conf_of(0);
	struct mem plan;

	CHECK(stage != NULL);
	stage->bed = bed_new();
	mem_init_plan(&plan);
	tcp_layout(&stage->tcp, &conf, &plan);
	stage->size = (plan.used / MEM_LINE + 1) * MEM_LINE;
	stage->region = aligned_alloc(MEM_LINE, stage->size);
	CHECK(stage->region != NULL);
	return stage;
}

static void stage_open(struct stage *stage, enum sign_kind kind, u8 setup)
{
	static const u8 seed[32] = { 7 };
	struct tcp_keys_at whose = { .ring = SIGN_RING, .peer = addr(PEER), .peer_len = 32 };
	struct tcp_conf conf = conf_of(setup);
	struct mem mem;

	stage->setup = setup;
	stage->kind = kind;
	stage->keys = sign_conf(kind);
	stage->sign_how = 0;
	stage->now = 1000 * NS_PER_SEC;
	stage->connects = 0;
	stage->said_end = stage->said_tsval = 0;
	for (u32 at = 0; at < HANDLES; at++)
		stage->handle[at] = (struct handle){ .id = TCP_ID_NONE };
	memset(stage->region, 0, stage->size);
	mem_init(&mem, stage->region, stage->size);
	tcp_layout(&stage->tcp, &conf, &mem);
	CHECK(!mem.short_of);
	tcp_init(&stage->tcp, &conf, &stage->bed->pool, seed, stage->now);
	sign_give_keys(&stage->tcp, &whose, kind);
	do_listen(stage);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stage *stage;
	u8 first;

	if (stage == NULL)
		stage = stage_new();
	stage->in = (struct input){ data, size };
	first = next_byte(&stage->in);
	stage_open(stage, first / AT_COUNT % SIGN_KINDS, next_byte(&stage->in));
	set_up(stage, first % AT_COUNT);
	for (u32 count = 0; count < STEPS_MAX && stage->in.left > 0; count++) {
		step(stage);
		tcp_check(&stage->tcp);
	}
	hold_packets(stage, false);
	end(stage);
	bed_check(stage->bed);
	return 0;
}
