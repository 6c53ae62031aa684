/* The filter at its three hooks: what a packet is to the rules, and what their answer means for its
 * flow.
 *
 * A flow is let through by the rules that stand when it begins. Other rules later do not stop it,
 * unless the configuration says `reclassify`: then the first packet that meets them asks for its
 * flow, as if that began now, and a flow that would not begin ends.                              */
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/pkt/segment.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

/* A flow whose SYN, INIT or Request nobody has answered: it begins, or again on a closed one. */
static bool is_opening(const struct flow *flow)
{
	return flow->state == FLOW_TCP_SYN_SENT || flow->state == FLOW_SCTP_COOKIE_WAIT ||
	       flow->state == FLOW_DCCP_REQUEST;
}

static enum filter_state state_of(const struct path *path, const struct pkt *pkt)
{
	const struct flow *flow = path_flow(path, pkt);

	if (flow == NULL)
		return (pkt->flags & PKT_LOCAL_OUT) != 0 ? FILTER_RELATED : FILTER_UNTRACKED;
	if ((pkt->flags & PKT_ICMP_ERROR) != 0)
		return FILTER_RELATED;
	if (path_dir(pkt) == TUPLE_REPLY)
		return FILTER_ESTABLISHED;
	return (flow->flags & FLOW_ANSWERED) != 0 && !is_opening(flow) ? FILTER_ESTABLISHED
								       : FILTER_NEW;
}

/* As the rules number it: what is made here has no way in, what is for the gateway none out. */
static u32 iface_of(u16 index)
{
	return index < FILTER_IFACES ? index : FILTER_IFACES;
}

/* Header fields as they stand, and where the flow says that it goes. */
static void key_fill(const struct path *path, const struct pkt *pkt, enum filter_chain chain,
		     struct filter_key *key)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct flow *flow = path_flow(path, pkt);
	const u8 *l4 = pkt_l4(pkt);

	*key = (struct filter_key){ .state = (u8)state_of(path, pkt), .zone = pkt->zone };
	key->field[FILTER_SRC] = be32_host(ip->src);
	key->field[FILTER_DST] = be32_host(path_dst(path, pkt));
	key->field[FILTER_PROTO] = ip->proto;
	key->field[FILTER_IN_IF] = iface_of(pkt->in_if);
	key->field[FILTER_OUT_IF] = chain == FILTER_INPUT ? FILTER_IFACES : iface_of(pkt->out_if);
	key->ports = ip4_has_ports(ip->proto);
	if (key->ports) {
		key->field[FILTER_SPORT] = be16_host(be16_load(l4));
		key->field[FILTER_DPORT] = be16_host(
			flow == NULL ? be16_load(l4 + 2)
				     : flow_tuple_out(flow, path_dir(pkt)).dport);
	}
	if (ip->proto == IP_PROTO_TCP)
		key->tcp_flags = ((const struct tcp_hdr *)(const void *)l4)->flags;
	if (ip->proto == IP_PROTO_ICMP) {
		key->icmp_type = ((const struct icmp_hdr *)(const void *)l4)->type;
		key->icmp_code = ((const struct icmp_hdr *)(const void *)l4)->code;
	}
}

/* The first packet of the flow that this one belongs to, as it would come now. */
static void key_begin(const struct flow *flow, enum tuple_dir dir, struct filter_key *key)
{
	struct tuple to = flow_tuple_out(flow, TUPLE_ORIG);
	u32 in = key->field[FILTER_IN_IF];

	key->state = FILTER_NEW;
	key->zone = flow->zone[TUPLE_ORIG];
	key->field[FILTER_SRC] = be32_host(flow->orig.src);
	key->field[FILTER_DST] = be32_host(to.dst);
	if (dir == TUPLE_REPLY) {
		key->field[FILTER_IN_IF] = key->field[FILTER_OUT_IF];
		key->field[FILTER_OUT_IF] = in;
	}
	if (key->ports) {
		key->field[FILTER_SPORT] = be16_host(flow->orig.sport);
		key->field[FILTER_DPORT] = be16_host(to.dport);
	}
	if (flow->proto == IP_PROTO_TCP)
		key->tcp_flags = TCP_SYN;
	if (flow->proto == IP_PROTO_ICMP) {
		key->icmp_type = (u8)(be16_host(flow->orig.dport) >> 8);
		key->icmp_code = (u8)be16_host(flow->orig.dport);
	}
}

static const enum drop reasons[FILTER_CHAINS] = {
	[FILTER_INPUT] = DROP_FILTER_INPUT,
	[FILTER_FORWARD] = DROP_FILTER_FORWARD,
	[FILTER_OUTPUT] = DROP_FILTER_OUTPUT,
};

static u32 reject_arg(enum filter_reject reject)
{
	switch (reject) {
	case FILTER_REJECT_PROHIBITED: return ICMP_UNREACH_PROHIBITED;
	case FILTER_REJECT_PORT: return ICMP_UNREACH_PORT;
	case FILTER_REJECT_HOST: return ICMP_UNREACH_HOST;
	case FILTER_REJECT_NET: return ICMP_UNREACH_NET;
	case FILTER_REJECT_RESET:
	case FILTER_REJECTS: break;
	}
	return ICMP_REJECT_RESET;
}

/* Who did not send what it seems can not be told: a damaged packet dies in silence. */
static verdict die(struct path *path, struct pkt *pkt, enum filter_chain chain,
		   struct filter_fate fate)
{
	if (fate.action == FILTER_REJECT && pkt_csum_is_right(pkt))
		return pkt_drop_arg(path->drops, pkt, DROP_FILTER_REJECTED,
				    reject_arg(fate.reject));
	return pkt_drop(path->drops, pkt, reasons[chain]);
}

/* From now on the flow owes its way to these rules: what it learned before them is forgotten. */
static void flow_note(struct path *path, struct pkt *pkt)
{
	struct flow *flow = path_flow(path, pkt);

	if (filter_knows_flow(path->filter, pkt->flow >> 1))
		return;
	filter_note_flow(path->filter, pkt->flow >> 1);
	flow->flags &= (u16)~FLOW_FAST;
	flow->nexthop[0] = flow->nexthop[1] = NEXTHOP_NONE;
}

static struct filter_fate judge(struct path *path, struct filter_ask *ask)
{
	struct filter_fate fate = filter_judge(path->filter, ask);

	if (path_is_traced(path))
		tell_filter(path, ask, fate);
	return fate;
}

/* A flow that stands, and rules that it was not asked for. */
static verdict reclassify(struct path *path, struct pkt *pkt, const struct filter_ask *asked)
{
	struct flow *flow = path_flow(path, pkt);
	struct filter_ask ask = *asked;
	struct filter_fate fate;

	key_begin(flow, path_dir(pkt), &ask.key);
	fate = judge(path, &ask);
	if (fate.action == FILTER_ACCEPT) {
		flow_note(path, pkt);
		return VERDICT_ACCEPT;
	}
	path->filter->stats.ended++;
	ct_end(path->ct, pkt->flow >> 1);
	path_drain_ended(path, ask.now);
	pkt->flow = IDX_NONE;
	return die(path, pkt, ask.chain, fate);
}

verdict path_filter_judge(struct path *path, struct pkt *pkt, enum filter_chain chain, ns_t now)
{
	struct filter *filter = path->filter;
	struct filter_ask ask = { .chain = chain, .len_bytes = pkt->len, .now = now };
	const struct flow *flow = path_flow(path, pkt);
	verdict v = VERDICT_ACCEPT;
	struct filter_fate fate;

	key_fill(path, pkt, chain, &ask.key);
	if (flow != NULL && chain != FILTER_OUTPUT && flow_is_confirmed(flow) &&
	    !is_opening(flow) && !filter_knows_flow(filter, pkt->flow >> 1)) {
		if (!filter->conf.reclassify || ask.key.state == FILTER_RELATED) {
			if (path_is_traced(path))
				tell_filter_stands(path, chain);
			return VERDICT_ACCEPT;
		}
		v = reclassify(path, pkt, &ask);
	}
	if (!verdict_is_accept(v))
		return v;
	fate = judge(path, &ask);
	if (fate.action != FILTER_ACCEPT)
		return die(path, pkt, chain, fate);
	if (flow != NULL && ask.key.state != FILTER_RELATED)
		flow_note(path, pkt);
	if (ask.each)
		pkt->flags |= PKT_JUDGE_EACH;
	return VERDICT_ACCEPT;
}
