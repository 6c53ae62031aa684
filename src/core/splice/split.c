/* One split connection from its SYN to its end. */
#include "core/splice/splice_part.h"
#include "core/wire/ip4.h"

enum {
	NEAR_PART = 4,   /* the inside leg, on a good link, may hold this part of a rule's buffer */
	WORK_ROUNDS = 8, /* over what has news; what is left comes with the next packets or tick */
};

#define RETRY_NS  (5 * NS_PER_MS)   /* until those that wait are looked at again */
#define LINGER_NS (10 * NS_PER_SEC) /* what a side sent before its RST has so long to arrive */

static struct tcp_key key_of(const struct split *split, enum splice_leg leg)
{
	const struct tuple *to = &split->to;
	u8 zone = splice_zone(split->zone, leg, split->inbound);

	if (leg == SPLICE_SERVER)
		return (struct tcp_key){ to->src, to->dst, to->sport, to->dport, zone };
	return (struct tcp_key){ to->dst, to->src, to->dport, to->sport, zone };
}

bool splice_knows(const struct splice *s, const struct tuple *to, u8 zone, bool inbound)
{
	struct split split = { .to = *to, .zone = zone, .inbound = inbound };
	struct tcp_key client = key_of(&split, SPLICE_CLIENT);
	struct tcp_key server = key_of(&split, SPLICE_SERVER);

	return tcb_find(&s->tcp, &client) != IDX_NONE || tcb_find(&s->tcp, &server) != IDX_NONE;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void list_add(struct splice *s, enum splice_list_id id, u32 idx)
{
	struct split *split = splice_at(s, idx);
	struct splice_list *list = &s->list[id];

	if (split->listed != SPLICE_UNLISTED)
		return;
	split->listed = (u8)id;
	split->next = IDX_NONE;
	if (list->last == IDX_NONE)
		list->first = idx;
	else
		splice_at(s, list->last)->next = idx;
	list->last = idx;
}

/* A record may go wherever it stands in a list. Bounded by those that are in it. */
static void list_del(struct splice *s, u32 idx)
{
	struct split *split = splice_at(s, idx);
	struct splice_list *list = &s->list[split->listed];
	u32 before = IDX_NONE;

	if (split->listed == SPLICE_UNLISTED)
		return;
	for (u32 at = list->first; at != idx; at = splice_at(s, at)->next)
		before = at;
	if (before == IDX_NONE)
		list->first = split->next;
	else
		splice_at(s, before)->next = split->next;
	if (list->last == idx)
		list->last = before;
	split->listed = SPLICE_UNLISTED;
}

static void wait_for(struct splice *s, struct split *split, ns_t now)
{
	split->waits = true;
	s->retry_ns = u64_min(s->retry_ns, now + RETRY_NS);
}

/* ---- to begin and to end --------------------------------------------------------------------- */

void split_keep_syn(struct split *split, const struct pkt *syn)
{
	CHECK(syn->len <= SPLICE_SYN_MAX);
	split->in_if = syn->in_if;
	split->syn_flags = syn->flags;
	split->syn_len = (u8)syn->len;
	memcpy(split->syn, pkt_l3(syn), syn->len);
}

static bool is_outside(const struct split *split, enum splice_leg leg)
{
	return splice_is_outside(splice_zone(split->zone, leg, split->inbound));
}

static void leg_options(const struct splice *s, const struct split *split, enum splice_leg leg,
			struct tcp_sockopt *opt)
{
	const struct splice_rule *rule = &s->conf.rule[split->rule];
	u32 bytes = rule->buffer_bytes;

	tcp_sockopt_defaults(opt);
	if (is_outside(split, leg))
		opt->cc = rule->cc;
	else
		bytes = u32_max(bytes / NEAR_PART, SPLICE_BUFFER_MIN);
	opt->send_buffer = opt->recv_buffer = bytes;
	opt->mss_max = split->mss_max;
	opt->nodelay = true; /* whoever wrote has decided already how much to write */
	opt->keepalive = true;
	opt->keepalive_idle_ms = u32_min(opt->keepalive_idle_ms, split->keepalive_ms);
}

/* The SYN that was kept is answered. */
static enum err adopt(struct splice *s, u32 idx, ns_t now)
{
	struct split *split = splice_at(s, idx);
	struct tcp_open open = { .key = key_of(split, SPLICE_CLIENT),
				 .mtu = split->in_mtu,
				 .owner = idx };

	leg_options(s, split, SPLICE_CLIENT, &open.opt);
	return tcp_adopt(&s->tcp, &open, (const void *)(split->syn + IP4_HLEN_MIN),
			 &split->leg[SPLICE_CLIENT], now);
}

static enum err connect(struct splice *s, u32 idx, u16 mtu, ns_t now)
{
	struct split *split = splice_at(s, idx);
	struct tcp_open open = { .key = key_of(split, SPLICE_SERVER), .mtu = mtu, .owner = idx };

	leg_options(s, split, SPLICE_SERVER, &open.opt);
	return tcp_connect(&s->tcp, &open, &split->leg[SPLICE_SERVER], now);
}

static void split_del(struct splice *s, u32 idx, u32 mark)
{
	struct split *split = splice_at(s, idx);

	s->of_flow[split->flow] = mark;
	s->rule_splits[split->rule]--;
	list_del(s, idx);
	slab_del(&s->splits, idx);
}

/* One that stands hears a RST; of one that failed only the control block is left. */
static void legs_abort(struct splice *s, const struct split *split, ns_t now)
{
	for (u32 leg = 0; leg < 2; leg++) {
		if (split->leg[leg] != TCP_ID_NONE)
			tcp_abort(&s->tcp, split->leg[leg], now);
	}
}

void split_drop(struct splice *s, u32 idx, ns_t now)
{
	legs_abort(s, splice_at(s, idx), now);
	split_del(s, idx, SPLICE_OVER);
}

bool splice_begin(struct splice *s, const struct splice_begin *begin, ns_t now)
{
	u32 idx = slab_new(&s->splits);
	struct split *split = splice_at(s, idx);

	*split = (struct split){
		.leg = { TCP_ID_NONE, TCP_ID_NONE },
		.to = begin->to,
		.flow = begin->flow,
		.linger_ns = NS_NEVER,
		.state = SPLICE_CONNECTING,
		.rule = (u8)begin->rule,
		.zone = begin->zone,
		.inbound = begin->inbound,
		.in_mtu = begin->in_mtu,
		.mss_max = begin->mss_max,
		.keepalive_ms = begin->keepalive_ms,
	};
	split_keep_syn(split, begin->syn);
	s->rule_splits[split->rule]++;
	s->of_flow[begin->flow] = idx + 1;
	if (connect(s, idx, begin->out_mtu, now) != ERR_OK ||
	    (s->conf.rule[split->rule].early && adopt(s, idx, now) != ERR_OK)) {
		s->stats.full++;
		legs_abort(s, split, now);
		split_del(s, idx, SPLICE_WHOLE);
		return false;
	}
	if (s->conf.rule[split->rule].early)
		split->state = SPLICE_JOINED;
	s->stats.split++;
	return true;
}

void splice_flow_ended(struct splice *s, u32 flow, ns_t now)
{
	u32 mark = s->of_flow[flow];

	if (mark != SPLICE_WHOLE && mark != SPLICE_OVER)
		split_drop(s, mark - 1, now);
	s->of_flow[flow] = SPLICE_WHOLE;
}

/* ---- CONNECTING ------------------------------------------------------------------------------ */

static void connecting(struct splice *s, u32 idx, ns_t now)
{
	struct split *split = splice_at(s, idx);
	const struct tcb *tcb = tcp_find(&s->tcp, split->leg[SPLICE_SERVER]);

	if ((tcb->ready & TCP_FAILED) != 0) {
		s->stats.refused++;
		split->state = SPLICE_REFUSED;
		list_add(s, SPLICE_TO_ANSWER, idx);
		return;
	}
	if ((tcb->ready & TCP_CONNECTED) == 0)
		return;
	/* An old SYN, as it turns out; who means it sends another one. */
	if (adopt(s, idx, now) != ERR_OK) {
		s->stats.full++;
		split_drop(s, idx, now);
		return;
	}
	split->state = SPLICE_JOINED;
}

/* ---- JOINED ---------------------------------------------------------------------------------- */

static void pass(struct splice *s, struct split *split, enum splice_leg from, ns_t now)
{
	const struct tcb *source = tcp_find(&s->tcp, split->leg[from]);
	const struct tcb *target = tcp_find(&s->tcp, split->leg[!from]);
	u32 bytes = tcp_pass(&s->tcp, split->leg[from], split->leg[!from], now);

	if (is_outside(split, from))
		s->stats.bytes_in += bytes;
	else
		s->stats.bytes_out += bytes;
	if (source->rcv.len == 0 && (source->ready & TCP_PEER_DONE) != 0)
		tcp_shutdown(&s->tcp, split->leg[!from], now);
	/* There was room, so it is memory that is short. */
	if (source->rcv.len > 0 && target->snd.len < target->send_limit)
		wait_for(s, split, now);
}

static bool has_failed(const struct splice *s, const struct split *split, enum splice_leg leg)
{
	return (tcp_find(&s->tcp, split->leg[leg])->ready & TCP_FAILED) != 0;
}

/* What came before a RST is delivered before the RST is passed on, as it would be on one way. */
static bool may_still_deliver(struct splice *s, struct split *split, enum splice_leg failed,
			      ns_t now)
{
	const struct tcb *tcb = tcp_find(&s->tcp, split->leg[failed]);
	const struct tcb *other = tcp_find(&s->tcp, split->leg[!failed]);

	if (tcb->error != TCP_ERR_RESET || (other->ready & TCP_FAILED) != 0)
		return false;
	if (split->linger_ns == NS_NEVER)
		split->linger_ns = now + LINGER_NS;
	if (now >= split->linger_ns)
		return false;
	pass(s, split, failed, now);
	wait_for(s, split, now);
	return tcb->rcv.len > 0 || other->snd.len > 0;
}

static bool is_done(const struct splice *s, const struct split *split, enum splice_leg leg)
{
	const struct tcb *tcb = tcp_find(&s->tcp, split->leg[leg]);

	return tcb->rcv.len == 0 && (tcb->ready & TCP_PEER_DONE) != 0;
}

static void joined(struct splice *s, u32 idx, ns_t now)
{
	struct split *split = splice_at(s, idx);

	for (u32 leg = 0; leg < 2; leg++) {
		if (!has_failed(s, split, (enum splice_leg)leg))
			continue;
		if (may_still_deliver(s, split, (enum splice_leg)leg, now))
			return;
		s->stats.resets++;
		split_drop(s, idx, now);
		return;
	}
	pass(s, split, SPLICE_CLIENT, now);
	pass(s, split, SPLICE_SERVER, now);
	if (!is_done(s, split, SPLICE_CLIENT) || !is_done(s, split, SPLICE_SERVER))
		return;
	/* Each has its FIN queued: what is left to send they send by themselves. */
	tcp_close(&s->tcp, split->leg[SPLICE_CLIENT], now);
	tcp_close(&s->tcp, split->leg[SPLICE_SERVER], now);
	split_del(s, idx, SPLICE_OVER);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void take_news(struct splice *s)
{
	struct tcp_news news;

	while (tcp_news(&s->tcp, &news))
		list_add(s, SPLICE_BUSY, news.owner);
}

/* Those that wait, if it is time. */
static void take_waiting(struct splice *s, ns_t now)
{
	if (now < s->retry_ns)
		return;
	s->retry_ns = NS_NEVER;
	for (u32 idx = 0; idx < s->splits.cap; idx++) {
		if (!slab_is_live(&s->splits, idx) || !splice_at(s, idx)->waits)
			continue;
		splice_at(s, idx)->waits = false;
		list_add(s, SPLICE_BUSY, idx);
	}
}

static void serve(struct splice *s, u32 idx, ns_t now)
{
	switch ((enum splice_state)splice_at(s, idx)->state) {
	case SPLICE_CONNECTING: connecting(s, idx, now); break;
	case SPLICE_JOINED: joined(s, idx, now); break;
	case SPLICE_REFUSED: break;
	}
}

void splice_work(struct splice *s, ns_t now)
{
	struct splice_list *busy = &s->list[SPLICE_BUSY];

	take_waiting(s, now);
	for (u32 round = 0; round < WORK_ROUNDS; round++) {
		take_news(s);
		if (busy->first == IDX_NONE)
			return;
		while (busy->first != IDX_NONE) {
			u32 idx = busy->first;

			list_del(s, idx);
			serve(s, idx, now);
		}
	}
}

bool splice_refused(struct splice *s, struct splice_refusal *out, ns_t now)
{
	u32 idx = s->list[SPLICE_TO_ANSWER].first;
	const struct split *split;

	if (idx == IDX_NONE)
		return false;
	split = splice_at(s, idx);
	*out = (struct splice_refusal){
		.flow = split->flow,
		.in_if = split->in_if,
		.zone = split->zone,
		.syn_len = split->syn_len,
		.reset = tcp_find(&s->tcp, split->leg[SPLICE_SERVER])->error == TCP_ERR_REFUSED,
		.syn_flags = split->syn_flags,
	};
	memcpy(out->syn, split->syn, sizeof out->syn);
	split_drop(s, idx, now);
	return true;
}

void splice_tick(struct splice *s, ns_t now)
{
	if (now >= tcp_next(&s->tcp))
		tcp_tick(&s->tcp, now);
}

ns_t splice_next(const struct splice *s)
{
	if (splice_is_off(s))
		return NS_NEVER;
	/* What found no turn has one at once. */
	if (s->list[SPLICE_BUSY].first != IDX_NONE || s->tcp.news.first != IDX_NONE ||
	    s->tcp.send.first != IDX_NONE || s->tcp.outbox_count > 0)
		return 0;
	return u64_min(s->retry_ns, tcp_next(&s->tcp));
}
