/* Decisions in words. Read from what the stations have just decided (flow, verdict, way out), so
 * that there is nothing here that could decide otherwise.                                        */
#include "core/path/tell.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"

static void tell(struct path *path, struct trace_step step)
{
	trace_add(path->trace, &step);
}

static struct trace_value value_proto(u8 proto)
{
	const char *name = ip4_proto_name(proto);

	return name != NULL ? trace_text("proto", name) : trace_number("proto", proto);
}

static struct trace_value value_dir(const struct pkt *pkt)
{
	return trace_text("direction", path_dir(pkt) == TUPLE_ORIG ? "original" : "reply");
}

void tell_receive(struct path *path, const struct pkt *pkt, bool fast)
{
	path->trace->fast = fast;
	tell(path, (struct trace_step){
			   TRACE_RECEIVE,
			   "packet",
			   "comes in",
			   { trace_iface("in", pkt->in_if), trace_number("bytes", pkt->len) } });
	tell(path, (struct trace_step){
			   TRACE_RECEIVE,
			   "short cut",
			   fast ? "a real one takes the short cut of its established flow, which "
				  "gives the same as the road below"
				: "none: there is no established flow, or something about packet "
				  "or flow is special",
			   { { 0 } } });
}

void tell_fragment(struct path *path, const struct pkt *pkt, verdict v)
{
	if (verdict_is_accept(v)) {
		path->trace->pkt = pkt;
		tell(path, (struct trace_step){ TRACE_PREROUTING,
						"fragments",
						"the last one came: the packet is whole",
						{ trace_number("bytes", pkt->len) } });
	} else if (verdict_is_stolen(v)) {
		tell(path, (struct trace_step){ TRACE_PREROUTING,
						"fragments",
						"kept until the others come",
						{ { 0 } } });
		trace_end(path->trace, TRACE_FATE_KEPT);
	}
}

/* ---- PREROUTING ------------------------------------------------------------------------------ */

static const char *backend_sentence(enum balance_method method)
{
	switch (method) {
	case BALANCE_STICKY:
		return "the destination is a service's: a backend is chosen by the source address";
	case BALANCE_LEAST:
		return "the destination is a service's: the backend with fewest flows for its "
		       "weight is chosen";
	case BALANCE_MAGLEV: break;
	}
	return "the destination is a service's: a backend is chosen by addresses and ports";
}

static void tell_backend(struct path *path, const struct flow *flow)
{
	const struct balance *balance = &path->nat->balance;
	const struct service *service = &balance->service[flow_backend(balance, flow)->service];

	tell(path, (struct trace_step){ TRACE_PREROUTING,
					"destination",
					backend_sentence(service->conf.method),
					{ trace_text("service", service->conf.name),
					  trace_addr("to", flow->repl.src),
					  trace_number("port", be16_host(flow->repl.sport)) } });
}

static void tell_flow_new(struct path *path, const struct flow *flow)
{
	const char *how = NULL;

	tell(path, (struct trace_step){ TRACE_PREROUTING,
					"flow",
					"none is known: one is made, not in the table yet",
					{ value_proto(flow->proto) } });
	if (flow_has_backend(flow))
		tell_backend(path, flow);
	else if ((flow->flags & FLOW_MAPPED_DST) != 0)
		how = "the destination is translated: an endpoint-independent mapping has this "
		      "port and admits the sender";
	else if (!be32_eq(flow->repl.src, flow->orig.dst))
		how = "the destination is translated one-to-one";
	if (how != NULL)
		tell(path,
		     (struct trace_step){ TRACE_PREROUTING,
					  "destination",
					  how,
					  { trace_addr("to", flow->repl.src),
					    trace_number("port", be16_host(flow->repl.sport)) } });
}

void tell_flow(struct path *path, const struct pkt *pkt)
{
	const struct flow *flow = path_flow(path, pkt);

	if (flow == NULL) {
		tell(path, (struct trace_step){ TRACE_PREROUTING,
						"flow",
						"none, and none is made: it is for the host's own "
						"stack, or for a group",
						{ { 0 } } });
	} else if ((pkt->flags & PKT_ICMP_ERROR) != 0) {
		tell(path, (struct trace_step){ TRACE_PREROUTING,
						"flow",
						"an ICMP error about a packet of a known flow",
						{ value_proto(flow->proto), value_dir(pkt) } });
	} else if ((flow->flags & FLOW_CONFIRMED) == 0) {
		tell_flow_new(path, flow);
	} else {
		tell(path, (struct trace_step){ TRACE_PREROUTING,
						"flow",
						"belongs to a known one",
						{ value_proto(flow->proto),
						  trace_text("state", flow_state_name(flow->state)),
						  value_dir(pkt) } });
	}
}

/* ---- the way --------------------------------------------------------------------------------- */

/* The prefix that a route index was found by. */
static bool route_prefix(const struct fib *fib, be32 dst, u32 idx, be32 *prefix, u8 *len)
{
	for (u32 bits = 33; bits > 0; bits--) {
		*len = (u8)(bits - 1);
		*prefix = be32_of(be32_host(dst) & ip4_mask(*len));
		if (fib_find(fib, *prefix, *len) == idx)
			return true;
	}
	return false;
}

void tell_route(struct path *path, const struct pkt *pkt, be32 dst, enum fib_type type,
		be32 gateway)
{
	u32 idx;
	u8 zone = path_route_find(path, pkt, dst, &idx);
	be32 prefix;
	u8 len;

	if (idx != FIB_ROUTE_NONE && route_prefix(&path->fib[zone], dst, idx, &prefix, &len))
		tell(path, (struct trace_step){ TRACE_ROUTE,
						"route",
						"the longest prefix that holds the destination",
						{ trace_addr("prefix", prefix),
						  trace_number("length", len),
						  trace_text("type", fib_type_name(type)) } });
	if (type == FIB_UNICAST)
		tell(path,
		     (struct trace_step){
			     TRACE_ROUTE,
			     "next hop",
			     be32_eq(gateway, dst) ? "the destination itself, on the link"
						   : "a gateway",
			     { trace_addr("via", gateway), trace_iface("out", pkt->out_if) } });
}

void tell_forward(struct path *path, const struct pkt *pkt, verdict v)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	if (!verdict_is_accept(v))
		return;
	tell(path, (struct trace_step){
			   TRACE_FORWARD,
			   "forward",
			   "may travel on: time to live and size allow it",
			   { trace_number("ttl", ip->ttl - 1u), trace_number("bytes", pkt->len),
			     trace_number("mtu", path_iface(path, pkt->out_if)->conf.mtu) } });
}

void tell_output(struct path *path, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct icmp_hdr *icmp = (const void *)pkt_l4(pkt);

	if (ip->proto == IP_PROTO_ICMP)
		tell(path, (struct trace_step){ TRACE_OUTPUT,
						"answer",
						"an ICMP message made here sets out",
						{ trace_addr("to", ip->dst),
						  trace_number("type", icmp->type),
						  trace_number("code", icmp->code) } });
	else
		tell(path, (struct trace_step){ TRACE_OUTPUT,
						"answer",
						"a TCP reset made here sets out",
						{ trace_addr("to", ip->dst) } });
}

/* ---- POSTROUTING ----------------------------------------------------------------------------- */

static const char *source_kind(const struct path *path, const struct flow *flow)
{
	switch (path->nat->conf.rule[flow->rule].kind) {
	case NAT_KIND_MASQUERADE: return "the rule says masquerade: the address of the way out";
	case NAT_KIND_POOL: return "the rule names a pool";
	case NAT_KIND_NONE: return "the rule says to leave it untranslated";
	}
	return "";
}

static void tell_port(struct path *path, const struct flow *flow)
{
	const struct nat_mapping_rec *rec;
	struct trace_value addr = trace_addr("as", flow->repl.dst);
	const char *how = "the endpoint-independent mapping of this inside endpoint stands already";
	u16 port = be16_host(flow->repl.dport);

	if ((flow->flags & FLOW_PORT) != 0) {
		tell(path, (struct trace_step){ TRACE_POSTROUTING,
						"port",
						"drawn at random among those that are free for "
						"this destination",
						{ addr, trace_drawn("port", port) } });
		return;
	}
	if ((flow->flags & FLOW_MAPPED) == 0)
		return;
	rec = nat_mapping_at(path->nat, flow->mapping);
	if (rec->flow_count == 1 && !rec->rested) {
		tell(path, (struct trace_step){ TRACE_POSTROUTING,
						"port",
						"an endpoint-independent mapping is made, its port "
						"drawn at random",
						{ addr, trace_drawn("port", port) } });
		return;
	}
	if (rec->flow_count == 1)
		how = "the endpoint-independent mapping rested, and is taken up again";
	tell(path, (struct trace_step){
			   TRACE_POSTROUTING, "port", how, { addr, trace_number("port", port) } });
}

void tell_source(struct path *path, const struct pkt *pkt)
{
	const struct flow *flow = path_flow(path, pkt);
	bool moved = !be32_eq(flow->repl.dst, flow->orig.src) ||
		     !be16_eq(flow->repl.dport, flow->orig.sport);

	if (flow->rule != UINT16_MAX)
		tell(path, (struct trace_step){ TRACE_POSTROUTING,
						"rule",
						source_kind(path, flow),
						{ trace_number("rule", flow->rule) } });
	else
		tell(path, (struct trace_step){
				   TRACE_POSTROUTING,
				   "rule",
				   moved ? "none: this host has a public address for itself, "
					   "one-to-one"
					 : "none: translation of the source is for packets of the "
					   "inside on their way out",
				   { { 0 } } });
	tell_port(path, flow);
	tell(path, (struct trace_step){
			   TRACE_POSTROUTING, "confirm", "the flow enters the table", { { 0 } } });
}

void tell_leaves(struct path *path, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct trace_value sport = { 0 }, dport = { 0 };

	if (ip4_has_ports(ip->proto)) {
		sport = trace_number("sport", be16_host(be16_load(pkt_l4(pkt))));
		dport = trace_number("dport", be16_host(be16_load(pkt_l4(pkt) + 2)));
	} else if (ip->proto == IP_PROTO_ICMP && (pkt->flags & PKT_ICMP_ERROR) == 0) {
		sport = trace_number("id", be16_host(be16_load(pkt_l4(pkt) + 4)));
	}
	tell(path, (struct trace_step){ TRACE_POSTROUTING,
					"packet",
					(pkt->flags & PKT_TRANSLATED) != 0
						? "leaves translated as its flow says"
						: "leaves with the addresses that it has",
					{ value_proto(ip->proto), trace_addr("src", ip->src),
					  trace_addr("dst", ip->dst), sport, dport } });
}

/* ---- the ends -------------------------------------------------------------------------------- */

static const char *deliver_sentence(enum trace_fate fate)
{
	switch (fate) {
	case TRACE_FATE_HOST: return "goes to the host's own stack";
	case TRACE_FATE_SOCKET: return "goes to a socket";
	default: return "an echo request, answered here";
	}
}

void tell_deliver(struct path *path, const struct pkt *pkt, enum trace_fate fate)
{
	tell(path, (struct trace_step){ TRACE_DELIVER,
					"packet",
					deliver_sentence(fate),
					{ trace_iface("in", pkt->in_if) } });
	trace_end(path->trace, fate);
}

void tell_splice(struct path *path, const struct pkt *pkt, enum tell_splice what, u32 rule)
{
	static const char *const sentence[] = {
		[TELL_SPLICE_NEW] = "split: it ends here, and the gateway begins a connection of "
				    "its own to the server",
		[TELL_SPLICE_FULL] = "a rule says to split it, and there is no room: it goes "
				     "through whole",
		[TELL_SPLICE_IN] = "of a split connection: its half towards the inside takes it",
		[TELL_SPLICE_OUT] = "of a split connection: its half towards the outside takes it",
	};
	struct trace_step step = { TRACE_FORWARD,
				   "accelerate",
				   sentence[what],
				   { trace_iface("in", pkt->in_if) } };

	if (rule != SPLICE_RULE_NONE)
		step.value[1] = trace_number("rule", rule);
	if (what == TELL_SPLICE_NEW)
		step.value[2] = trace_text("cc", path->splice->conf.rule[rule].cc);
	tell(path, step);
	if (what != TELL_SPLICE_FULL)
		trace_end(path->trace, TRACE_FATE_SPLIT);
}

void tell_cut(struct path *path, const char *sentence, u32 count, u32 mtu)
{
	path->trace->cut = true;
	tell(path,
	     (struct trace_step){ TRACE_TRANSMIT,
				  "cut",
				  sentence,
				  { trace_number("pieces", count), trace_number("mtu", mtu) } });
}

void tell_transmit(struct path *path, const struct pkt *pkt, verdict v)
{
	const struct neigh *neigh = neigh_at(path->neigh, pkt->nexthop);
	bool ours = (pkt->flags & PKT_LOCAL_OUT) == 0;

	if (verdict_is_dead(v))
		return;
	tell(path, (struct trace_step){
			   TRACE_TRANSMIT,
			   "neighbour",
			   verdict_is_accept(v) ? "its link address is known: sent"
						: "its link address is not known: the packet waits "
						  "while ARP asks",
			   { trace_addr("via", neigh->addr), trace_iface("out", neigh->out_if),
			     trace_text("state", neigh_state_name(neigh->state)) } });
	if (ours)
		trace_end(path->trace, verdict_is_accept(v) ? TRACE_FATE_SENT : TRACE_FATE_WAITS);
}

static void tell_subscriber(struct path *path, be32 addr, struct trace_value held,
			    struct trace_value limit, struct trace_value more)
{
	tell(path, (struct trace_step){ TRACE_BURY,
					"subscriber",
					"what the one that begins this has, and the limit",
					{ trace_addr("subscriber", addr), held, limit, more } });
}

/* Of a drop for the sake of a subscriber's limit: how far he has come. */
static void tell_limit(struct path *path, const struct pkt *pkt, ns_t now)
{
	const struct subscriber_table *table = path->subscribers;
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct subscriber_limits *limits;
	const struct subscriber *who;
	u32 idx;

	if (pkt->drop == DROP_SUBSCRIBER_FULL) {
		tell(path, (struct trace_step){
				   TRACE_BURY,
				   "subscriber",
				   "the others, each of whom holds something",
				   { trace_number("subscribers", table->slab.live),
				     trace_number("limit", table->slab.cap) } });
		return;
	}
	idx = subscriber_find(table, ip->src, pkt->zone);
	if (idx == IDX_NONE)
		return;
	who = subscriber_at(table, idx);
	limits = subscriber_limits_of(table, who);
	if (pkt->drop == DROP_SUBSCRIBER_FLOWS)
		tell_subscriber(path, who->addr, trace_number("flows", who->flow_count),
				trace_number("limit", limits->flows), (struct trace_value){ 0 });
	else if (pkt->drop == DROP_SUBSCRIBER_PORTS)
		tell_subscriber(path, who->addr, trace_number("ports", who->port_count),
				trace_number("limit", limits->ports), (struct trace_value){ 0 });
	else
		tell_subscriber(path, who->addr,
				trace_number("wait_ms", (subscriber_wait(table, idx, now) +
							 NS_PER_MS - 1) / NS_PER_MS),
				trace_number("rate", limits->rate),
				trace_number("burst", subscriber_burst(limits)));
}

static bool is_limit(enum drop drop)
{
	return drop == DROP_SUBSCRIBER_FLOWS || drop == DROP_SUBSCRIBER_PORTS ||
	       drop == DROP_SUBSCRIBER_RATE || drop == DROP_SUBSCRIBER_FULL;
}

void tell_drop(struct path *path, const struct pkt *pkt, ns_t now)
{
	enum drop drop = (enum drop)pkt->drop;

	tell(path, (struct trace_step){ TRACE_BURY,
					"drop",
					drop_sentence(drop),
					{ trace_text("reason", drop_name(drop)),
					  trace_text("law", drop_law(drop)) } });
	if (is_limit(drop))
		tell_limit(path, pkt, now);
	if ((pkt == path->trace->pkt || path->trace->cut) && path->trace->fate == TRACE_FATE_NONE) {
		path->trace->fate = TRACE_FATE_DROPPED;
		path->trace->drop = drop;
	}
}

void tell_answer(struct path *path, enum icmp_refusal why, const struct pkt *answer)
{
	const char *sentence = "no answer";

	if (answer != NULL)
		sentence = why == ICMP_REFUSED_TCP_RESET ? "the sender gets a TCP reset"
							 : "the sender gets an ICMP error";
	else if (why == ICMP_REFUSED_TCP_RESET)
		sentence = "no answer: a TCP reset would, but none goes to the outside or to "
			   "groups";
	else if (why == ICMP_SENT)
		sentence = "no answer: the interface has no address to send one from";
	tell(path, (struct trace_step){
			   TRACE_BURY,
			   "answer",
			   sentence,
			   { answer == NULL && why != ICMP_SENT && why != ICMP_REFUSED_TCP_RESET
				     ? trace_text("why", icmp_refusal_name(why))
				     : (struct trace_value){ 0 } } });
}
