/* Split connections on the road. At FORWARD, behind the rules, the SYN of a connection that is to
 * be split goes no further, and neither does any later packet of its flow: the legs have them
 * (core/splice). What the leg to the server sends comes in as the client's own packet would and
 * goes out through POSTROUTING; what the leg to the client sends has the addresses that a
 * translated answer would have. Tracking sees what the server sends and what it gets.            */
#include "core/ip/tcp_mss.h"
#include "core/ip/tcp_reset.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/pkt/segment.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

enum {
	PULLS_MAX = 8, /* batches in one call; what is left is due again at once */
	/* A flow is silent for this part of its time before its ends are asked. */
	KEEPALIVE_PART = 2,
};

/* ---- out ------------------------------------------------------------------------------------- */

static u32 flow_of(struct path *path, const struct pkt *pkt, enum splice_leg leg, ns_t now)
{
	struct tuple_key key;
	u32 ref;

	if (!ct_tuple_of(pkt, &key))
		return IDX_NONE;
	if (leg == SPLICE_CLIENT)
		key.tuple = tuple_reversed(&key.tuple);
	ref = ct_find(path->ct, &key, now);
	path_drain_ended(path, now);
	if (ref == IDX_NONE || (ref & 1) != TUPLE_ORIG || !splice_has_flow(path->splice, ref >> 1))
		return IDX_NONE;
	return (ref & ~UINT32_C(1)) | (leg == SPLICE_CLIENT ? TUPLE_REPLY : TUPLE_ORIG);
}

static verdict leave(struct path *path, struct pkt *pkt, enum splice_leg leg, ns_t now)
{
	enum fib_type type;
	be32 gateway;
	verdict v = path_route(path, pkt, &type, &gateway);

	if (verdict_is_accept(v) && type != FIB_UNICAST)
		v = pkt_drop(path->drops, pkt, DROP_NO_ROUTE);
	if (verdict_is_accept(v) && leg == SPLICE_SERVER)
		v = path_postrouting(path, pkt, now);
	if (verdict_is_accept(v))
		v = path_transmit(path, pkt, gateway, now);
	return v;
}

/* A segment that a leg sends, or that is sent in its name. Owns it. */
static void send(struct path *path, struct pkt *pkt, enum splice_leg leg, ns_t now)
{
	verdict v;

	pkt->flags |= PKT_LOCAL_OUT | PKT_OF_SPLICE;
	pkt->flow = flow_of(path, pkt, leg, now);
	/* Its client is told all the same that the connection is over. */
	if (pkt->flow == IDX_NONE && leg == SPLICE_CLIENT) {
		pkt->flags &= ~(u32)PKT_OF_SPLICE;
		path_output(path, pkt, now);
		return;
	}
	if (pkt->flow == IDX_NONE) {
		v = pkt_drop(path->drops, pkt, DROP_SPLIT_OVER);
	} else {
		if (leg == SPLICE_SERVER)
			ct_track(path->ct, pkt->flow >> 1, TUPLE_ORIG, pkt, ct_ms(now));
		v = leave(path, pkt, leg, now);
	}
	if (verdict_is_dead(v))
		path_bury(path, pkt, now);
}

static void send_all(struct path *path, const struct batch *out, ns_t now)
{
	for (u32 at = 0; at < out->count; at++) {
		struct pkt *pkt = out->pkt[at];
		bool to_server = (pkt->zone & SPLICE_ZONE_SERVER) != 0;

		pkt->zone &= (u8)~SPLICE_ZONE_BITS;
		send(path, pkt, to_server ? SPLICE_SERVER : SPLICE_CLIENT, now);
	}
}

/* The SYN that was kept dies as it would have on the way, and its sender hears of it. */
static void answer_refused(struct path *path, const struct splice_refusal *refused, ns_t now)
{
	struct pkt *pkt = pkt_new(path->pool, refused->syn_len);

	if (pkt == NULL)
		return;
	memcpy(pkt_l3(pkt), refused->syn, refused->syn_len);
	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
	pkt->in_if = refused->in_if;
	pkt->zone = refused->zone;
	pkt->flags = refused->syn_flags & PKT_TTL_TAKEN;
	(void)pkt_drop(path->drops, pkt,
		       refused->reset ? DROP_SPLIT_REFUSED : DROP_SPLIT_UNREACHABLE);
	path_bury(path, pkt, now);
}

void path_serve_splice(struct path *path, ns_t now)
{
	struct splice_refusal refused;
	struct batch out;

	splice_work(path->splice, now);
	while (splice_refused(path->splice, &refused, now))
		answer_refused(path, &refused, now);
	for (u32 pull = 0; pull < PULLS_MAX; pull++) {
		out.count = 0;
		if (!splice_pull(path->splice, &out, now))
			return;
		send_all(path, &out, now);
	}
}

/* ---- what died before the wire, and ICMP ----------------------------------------------------- */

void path_fault_splice(struct path *path, struct pkt *pkt, ns_t now)
{
	struct splice_fault fault = { .ip = (const void *)pkt_l3(pkt),
				      .l4 = pkt_l4(pkt),
				      .zone = pkt->zone,
				      .type = ICMP_UNREACH };
	const struct flow *flow = path_flow(path, pkt);

	switch ((enum drop)pkt->drop) {
	case DROP_NO_ROUTE:
	case DROP_ROUTE_BLACKHOLE: fault.code = ICMP_UNREACH_NET; break;
	case DROP_IFACE_DOWN:
	case DROP_NEIGH_FAILED: fault.code = ICMP_UNREACH_HOST; break;
	default: return;
	}
	if (flow == NULL || (flow->flags & FLOW_ENDED) != 0 ||
	    ((pkt->flags & PKT_TRANSLATED) != 0 && flow->handle_gen != (u16)pkt->flow_gen))
		return;
	nat_rewrite_back(pkt, flow, path_dir(pkt));
	fault.leg = path_dir(pkt) == TUPLE_ORIG ? SPLICE_SERVER : SPLICE_CLIENT;
	if (ip4_frag_offset_bytes(fault.ip) == 0 && pkt_l4_len(pkt) >= 8)
		splice_fault_in(path->splice, &fault, now);
}

/* It quotes a segment of the server's leg if it travels to the client, else one of the other. */
static void take_error(struct path *path, struct pkt *pkt, ns_t now)
{
	const struct icmp_hdr *icmp = (const void *)pkt_l4(pkt);
	const struct ip4_hdr *quoted = (const void *)(pkt_l4(pkt) + ICMP_HLEN);
	const struct flow *flow = path_flow(path, pkt);
	struct splice_fault fault = { .ip = quoted,
				      .leg = path_dir(pkt) == TUPLE_REPLY ? SPLICE_SERVER
									  : SPLICE_CLIENT,
				      .zone = flow->zone[TUPLE_ORIG],
				      .type = icmp->type,
				      .code = icmp->code,
				      .mtu = be16_host(icmp->frag.mtu) };

	if (fault.leg == SPLICE_SERVER)
		nat_rewrite_error(path->nat, pkt, flow, TUPLE_REPLY);
	fault.l4 = (const u8 *)quoted + ip4_hlen(quoted);
	splice_fault_in(path->splice, &fault, now);
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool is_syn(const struct pkt *pkt)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);

	return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static u16 mtu_of(const struct path *path, u16 index)
{
	return (u16)u32_min(path_iface(path, index)->conf.mtu, UINT16_MAX);
}

/* RFC 9293 section 3.10.7.1, in the name of the end that is gone. */
static verdict answer_over(struct path *path, struct pkt *pkt, enum splice_leg leg, ns_t now)
{
	struct pkt *reset = pkt_csum_is_right(pkt) ? ip_tcp_reset(path->pool, pkt) : NULL;

	if (reset != NULL) {
		path->stats.resets++;
		reset->zone = pkt->zone;
		send(path, reset, leg, now);
	}
	return pkt_drop(path->drops, pkt, DROP_SPLIT_OVER);
}

/* Where it came in, and which leg it is for, say who began it. */
static bool is_inbound(const struct path *path, const struct pkt *pkt, enum splice_leg leg)
{
	return path_from_inside(path, pkt) == (leg == SPLICE_SERVER);
}

verdict path_splice_in(struct path *path, struct pkt *pkt, ns_t now)
{
	enum splice_leg leg = path_dir(pkt) == TUPLE_ORIG ? SPLICE_CLIENT : SPLICE_SERVER;
	struct splice_rx rx = { .flow = pkt->flow >> 1,
				.leg = leg,
				.inbound = is_inbound(path, pkt, leg),
				.mtu = mtu_of(path, pkt->in_if) };
	verdict v = path_filter(path, pkt, FILTER_FORWARD, now);

	if (!verdict_is_accept(v))
		return v;
	if ((pkt->flags & PKT_ICMP_ERROR) != 0) {
		take_error(path, pkt, now);
		pkt_put(pkt);
		return VERDICT_STOLEN;
	}
	if (leg == SPLICE_SERVER) {
		nat_rewrite(pkt, path_flow(path, pkt), TUPLE_REPLY);
		pkt->zone = path_flow(path, pkt)->zone[TUPLE_ORIG];
	}
	if (path_is_traced(path))
		tell_splice(path, pkt,
			    path_from_inside(path, pkt) ? TELL_SPLICE_IN : TELL_SPLICE_OUT,
			    SPLICE_RULE_NONE);
	if (!splice_in(path->splice, &rx, pkt, now))
		return answer_over(path, pkt, leg, now);
	pkt_put(pkt);
	return VERDICT_STOLEN;
}

bool path_is_split_anew(const struct path *path, const struct pkt *pkt)
{
	return path_dir(pkt) == TUPLE_ORIG && (pkt->flags & PKT_ICMP_ERROR) == 0 && is_syn(pkt) &&
	       splice_is_over(path->splice, pkt->flow >> 1) &&
	       !splice_knows(path->splice, &path_flow(path, pkt)->orig, pkt->zone,
			     is_inbound(path, pkt, SPLICE_CLIENT));
}

bool path_split_tracks(struct path *path, const struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);

	if (path_dir(pkt) != TUPLE_ORIG)
		return false;
	if (path_is_split_anew(path, pkt)) {
		ct_reopen(path->ct, pkt->flow >> 1);
		return false;
	}
	/* One that was never answered has its place in a list by what was sent for it. */
	if ((flow->flags & FLOW_ANSWERED) != 0 && path_refreshes(path, pkt))
		flow->seen_ms = ct_ms(now);
	return true;
}

/* ---- a new one ------------------------------------------------------------------------------- */

/* RFC 2385, RFC 5925: whoever signs does so for the other end, which nobody can in his place. */
static bool is_signed(const struct tcp_hdr *tcp)
{
	struct tcp_opts opts;

	tcp_opts_read(&opts, tcp);
	return opts.auth_kind != 0;
}

/* Between inside and outside, and plain: nothing but headers, which find room. */
static bool may_split(const struct path *path, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);

	return pkt->flow != IDX_NONE && ip->proto == IP_PROTO_TCP &&
	       (pkt->flags & (PKT_ICMP_ERROR | PKT_LOCAL_OUT | PKT_REASSEMBLED)) == 0 &&
	       path_dir(pkt) == TUPLE_ORIG && ip4_hlen(ip) == IP4_HLEN_MIN && is_syn(pkt) &&
	       !is_signed(tcp) && pkt->len == IP4_HLEN_MIN + tcp_hlen(tcp) &&
	       path_iface(path, pkt->in_if)->conf.side != path_iface(path, pkt->out_if)->conf.side;
}

static verdict split(struct path *path, struct pkt *pkt, u32 rule, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);
	u32 idle_ms = path->ct->timeout_ms[flow_timeout_class(FLOW_TCP_ESTABLISHED)];
	struct splice_begin begin = {
		.flow = pkt->flow >> 1,
		.rule = rule,
		.to = flow->orig,
		.zone = pkt->zone,
		.inbound = is_inbound(path, pkt, SPLICE_CLIENT),
		.in_mtu = mtu_of(path, pkt->in_if),
		.out_mtu = mtu_of(path, pkt->out_if),
		.keepalive_ms = idle_ms / KEEPALIVE_PART,
		.syn = pkt,
	};
	verdict v = VERDICT_ACCEPT;

	begin.mss_max = (u16)u32_min(ip_mss_limit(&path_iface(path, pkt->in_if)->conf,
						  &path_iface(path, pkt->out_if)->conf),
				     UINT16_MAX);
	if ((flow->flags & FLOW_CONFIRMED) == 0)
		v = path_confirm_flow(path, pkt, now);
	if (!verdict_is_accept(v) || !splice_begin(path->splice, &begin, now))
		return v;
	flow->flags &= (u16)~FLOW_FAST;
	pkt_put(pkt);
	return VERDICT_STOLEN;
}

verdict path_split_new(struct path *path, struct pkt *pkt, ns_t now)
{
	const struct flow *flow = path_flow(path, pkt);
	u32 rule;

	/* One that stands goes on as it began. */
	if (!may_split(path, pkt) ||
	    ((flow->flags & FLOW_CONFIRMED) != 0 && !path_is_split(path, pkt)))
		return VERDICT_ACCEPT;
	splice_forget(path->splice, pkt->flow >> 1);
	rule = splice_match(path->splice, pkt->in_if, is_inbound(path, pkt, SPLICE_CLIENT),
			    &flow->orig);
	if (rule == SPLICE_RULE_NONE)
		return VERDICT_ACCEPT;
	if (!pkt_csum_is_right(pkt))
		return pkt_drop(path->drops, pkt, DROP_TRANSPORT_CHECKSUM);
	if (!splice_has_room(path->splice, rule)) {
		if (path_is_traced(path))
			tell_splice(path, pkt, TELL_SPLICE_FULL, rule);
		return VERDICT_ACCEPT;
	}
	if (path_is_traced(path))
		tell_splice(path, pkt, TELL_SPLICE_NEW, rule);
	return split(path, pkt, rule, now);
}
