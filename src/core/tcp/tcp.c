/* The stack as a whole: its memory, its defaults, its invariants. */
#include "core/tcp/tcp.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"

void tcp_conf_defaults(struct tcp_conf *conf)
{
	*conf = (struct tcp_conf){
		.tcb_limit = 1024,
		.listener_limit = 64,
		.half_open_limit = 1024,
		.time_wait_limit = 16384,
		.air_limit = 1024,
		.segment_limit = 65536,
		.range_limit = 8192,
		.buffer_bytes = UINT64_C(64) << 20,
		.send_buffer_max = 16 << 20,
		.recv_buffer_max = 16 << 20,
		.recv_buffer_start = 128 << 10,
		.rto_min_ms = 200,
		.rto_initial_ms = 1000,
		.rto_max_ms = 120000,
		.delack_ms = 40,
		.msl_ms = 30000,
		.fin_wait_2_ms = 60000,
		.user_timeout_ms = 15 * 60 * 1000,
		.syn_retries = 6,
		.syn_ack_retries = 5,
		.cc = "bbr",
		.challenge_acks = 1000,
		.syn_cookies = true,
		.isn_of_clock = true,
	};
}

void tcp_sockopt_defaults(struct tcp_sockopt *opt)
{
	*opt = (struct tcp_sockopt){
		.keepalive_idle_ms = 2 * 60 * 60 * 1000, /* RFC 9293 section 3.8.4 */
		.keepalive_interval_ms = 75 * 1000,
		.keepalive_probes = 9,
	};
}

const char *tcp_error_text(enum tcp_error error)
{
	static const char *const text[] = {
		[TCP_ERR_NONE] = "no error",
		[TCP_ERR_REFUSED] = "connection refused",
		[TCP_ERR_RESET] = "connection reset by peer",
		[TCP_ERR_TIMEOUT_CONNECT] = "no answer to SYN",
		[TCP_ERR_TIMEOUT_RETRANSMIT] = "retransmission timed out",
		[TCP_ERR_TIMEOUT_KEEPALIVE] = "keepalive timed out",
		[TCP_ERR_NET_UNREACHABLE] = "network unreachable",
		[TCP_ERR_HOST_UNREACHABLE] = "host unreachable",
		[TCP_ERR_PORT_UNREACHABLE] = "port unreachable",
	};

	_Static_assert(ARRAY_COUNT(text) == TCP_ERR_COUNT, "a text for each error");
	return text[error];
}

void tcp_layout(struct tcp *tcp, const struct tcp_conf *conf, struct mem *mem)
{
	tcp->conf = *conf;
	slab_layout(&tcp->tcbs, mem, "tcp: control blocks", conf->tcb_limit, sizeof(struct tcb));
	map_layout(&tcp->by_key, mem, "tcp: index of control blocks", conf->tcb_limit);
	heap_layout(&tcp->deadlines, mem, "tcp: deadlines", conf->tcb_limit);
	tcp->tcb_gen = mem_take(mem, "tcp: generations", conf->tcb_limit, sizeof *tcp->tcb_gen);
	slab_layout(&tcp->airs, mem, "tcp: connections in flight", conf->air_limit,
		    sizeof(struct tcp_air));
	slab_layout(&tcp->recs, mem, "tcp: segments in flight", conf->segment_limit,
		    sizeof(struct tx_rec));
	slab_layout(&tcp->ranges, mem, "tcp: data out of order", conf->range_limit,
		    sizeof(struct rx_range));
	slab_layout(&tcp->shares, mem, "tcp: large windows", budget_limit(conf),
		    sizeof(struct tcp_share));
	buffer_pool_layout(&tcp->buffers, mem, conf->buffer_bytes);
	keys_layout(&tcp->keys, conf, mem);
	listen_layout(&tcp->listen, conf, mem);
	timewait_layout(&tcp->timewait, conf, mem);
}

void tcp_init(struct tcp *tcp, const struct tcp_conf *conf, struct pkt_pool *pool,
	      const u8 seed[32], ns_t now)
{
	tcp->conf = *conf;
	tcp->pool = pool;
	rng_init(&tcp->rng, seed);
	for (u32 at = 0; at < ARRAY_COUNT(tcp->hash_key.k); at++)
		tcp->hash_key.k[at] = rng_u64(&tcp->rng);
	for (u32 at = 0; at < ARRAY_COUNT(tcp->secret); at++)
		tcp->secret[at] = rng_u64(&tcp->rng);
	slab_init(&tcp->tcbs);
	map_init(&tcp->by_key);
	heap_init(&tcp->deadlines);
	slab_init(&tcp->airs);
	air_clear(&tcp->at_rest);
	slab_init(&tcp->recs);
	slab_init(&tcp->ranges);
	slab_init(&tcp->shares);
	tcp->promised_bytes = 0;
	tcp->share_hand = 0;
	buffer_pool_init(&tcp->buffers);
	keys_init(&tcp->keys);
	listen_init(&tcp->listen);
	timewait_init(&tcp->timewait);
	tcp->send = tcp->news = tcp->idle = (struct tcb_list){ IDX_NONE, IDX_NONE };
	tcp->outbox_head = tcp->outbox_count = 0;
	tcp->retry_ns = NS_NEVER;
	tcp->challenge_second_ns = now;
	tcp->challenge_left = conf->challenge_acks;
	tcp->stats = (struct tcp_stats){ 0 };
}

static void check_tcb(const struct tcp *tcp, const struct tcb *tcb)
{
	ns_t earliest = NS_NEVER;

	CHECK(tcb->state != TCP_LISTEN && tcb->state != TCP_TIME_WAIT);
	CHECK(tcb->state < TCP_STATE_COUNT);
	CHECK(tcb->state != TCP_CLOSED || ((tcb->flags & TCB_ORPHAN) == 0 && tcb->auth == 0));
	CHECK(tcb->auth == 0 || tcb->auth_opt_len == auth_opt_len(tcp, auth_at(tcp, tcb->auth)));
	for (u32 at = 0; at < TCP_TIMER_COUNT; at++)
		earliest = u64_min(earliest, tcb->timer[at]);
	CHECK(heap_when(&tcp->deadlines, tcb_idx(tcp, tcb)) == earliest);
	reasm_check(tcp, tcb);
	if (tcb->state == TCP_CLOSED)
		return;
	CHECK(tcb_find(tcp, &tcb->key) == tcb_idx(tcp, tcb));
	CHECK(seq_le(tcb->snd_una, tcb->snd_nxt));
	CHECK(seq_le(tcb->rcv_nxt, tcb->rcv_adv) || tcb->state == TCP_SYN_SENT);
	CHECK(tcb->snd.len >= (u32)(tcb->snd_nxt - tcb_snd_base(tcb)) ||
	      (tcb->flags & TCB_FIN_SENT) != 0 || tcb_is_opening(tcb));
	loss_check(tcp, tcb);
	if (tcb->state >= TCP_ESTABLISHED && tcb_has_air(tcb) && tcb->cc_ops->check != NULL)
		tcb->cc_ops->check(&tcb->air->cc);
}

void tcp_check(const struct tcp *tcp)
{
	u32 in_map = 0;

	for (u32 idx = 0; idx < tcp->tcbs.cap; idx++) {
		if (!slab_is_live(&tcp->tcbs, idx))
			continue;
		check_tcb(tcp, tcb_at(tcp, idx));
		in_map += tcb_at(tcp, idx)->state != TCP_CLOSED;
	}
	CHECK(in_map == tcp->by_key.count);
	heap_check(&tcp->deadlines);
	air_check(tcp);
	buffer_pool_check(&tcp->buffers);
	budget_check(tcp);
	keys_check(tcp);
	listen_check(tcp);
	timewait_check(tcp);
}
