/* The table of split connections: memory, rules, and what packets mean to it. */
#include "core/splice/splice_part.h"
#include "core/pkt/segment.h"
#include "core/wire/ip4.h"

enum {
	TCBS_EACH = 3,          /* two legs, and one that finishes when its record is gone */
	SEGMENT_TYPICAL = 1024, /* bytes in one that is not acknowledged, on the average */
	AIR_SPARE = 1024,       /* connections of which both legs may have something in flight */
	SYN_RETRIES = 5,        /* a minute; its host does not wait for much longer */
};

static struct tcp_conf tcp_conf_of(const struct splice_conf *conf)
{
	struct tcp_conf tcp;

	tcp_conf_defaults(&tcp);
	tcp.tcb_limit = TCBS_EACH * conf->split_limit;
	tcp.listener_limit = tcp.half_open_limit = 1;
	tcp.time_wait_limit = 2 * conf->split_limit;
	/* One leg of each has something in flight, mostly. */
	tcp.air_limit = conf->split_limit + u32_min(conf->split_limit, AIR_SPARE);
	tcp.segment_limit = (u32)u64_min(conf->buffer_bytes / SEGMENT_TYPICAL + tcp.tcb_limit,
					 UINT32_C(1) << 24);
	tcp.buffer_bytes = conf->buffer_bytes;
	tcp.send_buffer_max = tcp.recv_buffer_max = SPLICE_BUFFER_MAX;
	tcp.syn_retries = SYN_RETRIES;
	tcp.syn_cookies = false;
	return tcp;
}

void splice_layout(struct splice *s, const struct splice_conf *conf, u32 flow_count,
		   struct mem *mem)
{
	struct tcp_conf tcp = tcp_conf_of(conf);

	memset(s, 0, sizeof *s);
	s->conf = *conf;
	s->flow_count = flow_count;
	if (splice_is_off(s))
		return;
	tcp_layout(&s->tcp, &tcp, mem);
	slab_layout(&s->splits, mem, "split_connections", conf->split_limit, sizeof(struct split));
	s->of_flow = mem_take(mem, "split_flows", flow_count, sizeof *s->of_flow);
}

void splice_init(struct splice *s, struct pkt_pool *pool, const u8 seed[32], ns_t now)
{
	struct tcp_conf tcp = s->tcp.conf;

	for (u32 list = 0; list < SPLICE_LISTS; list++)
		s->list[list] = (struct splice_list){ IDX_NONE, IDX_NONE };
	s->retry_ns = NS_NEVER;
	if (splice_is_off(s))
		return;
	tcp_init(&s->tcp, &tcp, pool, seed, now);
	slab_init(&s->splits);
	memset(s->of_flow, 0, s->flow_count * sizeof *s->of_flow);
}

/* ---- rules ----------------------------------------------------------------------------------- */

const char *splice_conf_wrong(const struct splice_conf *conf, u32 iface_count)
{
	if (conf->rule_count > SPLICE_RULE_MAX)
		return "more than 64 rules for split connections are not possible";
	if (conf->split_limit > SPLICE_SPLIT_MAX)
		return "more than 262,144 split connections are not possible";
	if (conf->split_limit > 0 && conf->buffer_bytes < SPLICE_BUFFER_MIN)
		return "the buffer of split connections has 64 KB at least";
	for (u32 at = 0; at < conf->rule_count; at++) {
		const struct splice_rule *rule = &conf->rule[at];

		if (rule->in_if != UINT16_MAX && rule->in_if >= iface_count)
			return "a rule for split connections is of an interface that does not "
			       "exist";
		if (rule->src_len > 32 || rule->dst_len > 32 || rule->port_first > rule->port_last)
			return "a rule for split connections has an impossible prefix or range";
		if (rule->buffer_bytes < SPLICE_BUFFER_MIN ||
		    rule->buffer_bytes > SPLICE_BUFFER_MAX)
			return "buffers of split connections have 64 KB to 64 MB";
		if (rule->cc == NULL || cc_find(rule->cc) == NULL)
			return "a rule for split connections names no congestion control";
	}
	return NULL;
}

static bool rules_equal(const struct splice_rule *a, const struct splice_rule *b)
{
	return a->in_if == b->in_if && a->src_len == b->src_len && a->dst_len == b->dst_len &&
	       be32_eq(a->src, b->src) && be32_eq(a->dst, b->dst) &&
	       a->port_first == b->port_first && a->port_last == b->port_last;
}

/* The place that a rule has among others; a connection goes on to be counted there. */
static u8 rule_again(const struct splice_conf *conf, const struct splice_rule *rule)
{
	for (u32 at = 0; at < conf->rule_count; at++) {
		if (rules_equal(&conf->rule[at], rule))
			return (u8)at;
	}
	return SPLICE_RULE_NONE;
}

void splice_configure(struct splice *s, const struct splice_conf *conf)
{
	if (splice_is_off(s))
		return;
	memset(s->rule_splits, 0, sizeof s->rule_splits);
	for (u32 idx = 0; idx < s->splits.cap; idx++) {
		struct split *split = splice_at(s, idx);

		if (!slab_is_live(&s->splits, idx))
			continue;
		if (split->rule != SPLICE_RULE_NONE)
			split->rule = rule_again(conf, &s->conf.rule[split->rule]);
		s->rule_splits[split->rule]++;
	}
	s->conf.rule_count = conf->rule_count;
	memcpy(s->conf.rule, conf->rule, sizeof s->conf.rule);
}

static bool holds(be32 prefix, u8 len, be32 addr)
{
	return ((be32_host(prefix) ^ be32_host(addr)) & ip4_mask(len)) == 0;
}

u32 splice_match(const struct splice *s, u16 in_if, bool inbound, const struct tuple *to)
{
	u16 port = be16_host(to->dport);

	for (u32 at = 0; at < s->conf.rule_count; at++) {
		const struct splice_rule *rule = &s->conf.rule[at];

		if (((rule->in_if == UINT16_MAX && !inbound) || rule->in_if == in_if) &&
		    holds(rule->src, rule->src_len, to->src) &&
		    holds(rule->dst, rule->dst_len, to->dst) &&
		    (rule->port_first == 0 ||
		     (port >= rule->port_first && port <= rule->port_last)))
			return at;
	}
	return SPLICE_RULE_NONE;
}

/* A record, control blocks for both legs, and memory for what one way may hold. */
bool splice_has_room(struct splice *s, u32 rule)
{
	const struct splice_rule *by = &s->conf.rule[rule];

	if (s->rule_splits[rule] >= by->split_limit) {
		s->stats.full_rule++;
		return false;
	}
	if (s->splits.live == s->splits.cap || s->tcp.tcbs.live + 2 > s->tcp.tcbs.cap ||
	    s->tcp.buffers.used_bytes + by->buffer_bytes > s->conf.buffer_bytes) {
		s->stats.full++;
		return false;
	}
	return true;
}

/* ---- packets --------------------------------------------------------------------------------- */

/* The SYN is kept: another one asks again, one with another number is the one that counts now, and
 * a RST for it is its end.                                                                       */
static void held_in(struct splice *s, u32 idx, const struct pkt *pkt, ns_t now)
{
	struct split *split = splice_at(s, idx);
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	const struct tcp_hdr *kept = (const void *)(split->syn + IP4_HLEN_MIN);

	if (!pkt_csum_is_right(pkt))
		return;
	if ((tcp->flags & TCP_RST) != 0) {
		if (be32_host(tcp->seq) - be32_host(kept->seq) <= 1)
			split_drop(s, idx, now);
		return;
	}
	if ((tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && pkt->l4 - pkt->l3 == IP4_HLEN_MIN &&
	    pkt->len == IP4_HLEN_MIN + tcp_hlen(tcp))
		split_keep_syn(split, pkt);
}

bool splice_in(struct splice *s, const struct splice_rx *at, const struct pkt *pkt, ns_t now)
{
	u32 mark = s->of_flow[at->flow];
	struct tcp_rx rx = { .zone = splice_zone(pkt->zone, at->leg, at->inbound), .mtu = at->mtu };

	CHECK(mark != SPLICE_WHOLE);
	if (mark != SPLICE_OVER && at->leg == SPLICE_CLIENT &&
	    splice_at(s, mark - 1)->leg[SPLICE_CLIENT] == TCP_ID_NONE) {
		held_in(s, mark - 1, pkt, now);
		return true;
	}
	return tcp_in(&s->tcp, pkt, &rx, now);
}

void splice_fault_in(struct splice *s, const struct splice_fault *fault, ns_t now)
{
	struct tcp_icmp icmp = {
		.key = { .local = fault->ip->src,
			 .peer = fault->ip->dst,
			 .local_port = be16_load(fault->l4),
			 .peer_port = be16_load(fault->l4 + 2) },
		.seq = be32_host(be32_load(fault->l4 + 4)),
		.type = fault->type,
		.code = fault->code,
		.mtu = fault->mtu,
	};

	/* Who began it is not known here; the other key is nobody's. */
	for (u32 inbound = 0; inbound < 2; inbound++) {
		icmp.key.zone = splice_zone(fault->zone, fault->leg, inbound != 0);
		tcp_icmp_in(&s->tcp, &icmp, now);
	}
}

bool splice_pull(struct splice *s, struct batch *out, ns_t now)
{
	return tcp_output(&s->tcp, out, now);
}

/* ---- invariants ------------------------------------------------------------------------------ */

static void check_split(const struct splice *s, u32 idx)
{
	const struct split *split = splice_at(s, idx);

	CHECK(split->flow < s->flow_count && s->of_flow[split->flow] == idx + 1);
	CHECK(split->rule <= SPLICE_RULE_NONE);
	for (u32 leg = 0; leg < 2; leg++) {
		const struct tcb *tcb = tcp_find(&s->tcp, split->leg[leg]);

		CHECK(tcb != NULL || split->state != SPLICE_JOINED);
		CHECK(tcb == NULL || tcb->owner == idx);
	}
}

void splice_check(const struct splice *s)
{
	u32 by_rule = 0, listed = 0;

	if (splice_is_off(s))
		return;
	tcp_check(&s->tcp);
	for (u32 idx = 0; idx < s->splits.cap; idx++) {
		if (!slab_is_live(&s->splits, idx))
			continue;
		check_split(s, idx);
		listed += splice_at(s, idx)->listed != SPLICE_UNLISTED;
	}
	for (u32 at = 0; at <= SPLICE_RULE_MAX; at++)
		by_rule += s->rule_splits[at];
	CHECK(by_rule == s->splits.live);
	for (u32 list = 0; list < SPLICE_LISTS; list++) {
		for (u32 at = s->list[list].first; at != IDX_NONE; at = splice_at(s, at)->next) {
			CHECK(listed > 0 && splice_at(s, at)->listed == list);
			listed--;
		}
	}
	CHECK(listed == 0);
}
