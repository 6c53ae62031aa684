/* What has to happen and what must not happen with a packet: the rules a router goes by, in the
 * order of Linux's ip_forward(), as far as they leave no choice.                                 */
#include "model/model_in.h"

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

enum model_options { OPTIONS_NONE, OPTIONS_FINE, OPTIONS_BAD };

static enum model_options model_options(const u8 *ip, u32 hlen)
{
	u32 at = IP4_HLEN_MIN;

	if (hlen == IP4_HLEN_MIN)
		return OPTIONS_NONE;
	while (at < hlen && ip[at] != 0) {
		if (ip[at] == 1) {
			at++;
			continue;
		}
		if (ip[at] == 131 || ip[at] == 137 || at + 1 >= hlen || ip[at + 1] < 2 ||
		    at + ip[at + 1] > hlen)
			return OPTIONS_BAD;
		at += ip[at + 1];
	}
	return OPTIONS_FINE;
}

/* What the transport header must be like to cross the gateway. */
static bool model_l4_ok(const struct model *m)
{
	const struct model_current *cur = &m->cur;
	const struct seen *seen = &cur->seen;

	if (model_nat_proto(seen->proto) == NAT_PROTO_COUNT)
		return true;
	if (!seen->has_l4)
		return false;
	if (seen->proto == IP_PROTO_ICMP)
		return (seen->wrong & SEEN_L4_CSUM) == 0;
	if (seen->proto == IP_PROTO_UDP) {
		u32 udp_len = (u32)cur->bytes[seen->hlen + 4] << 8 | cur->bytes[seen->hlen + 5];

		return udp_len >= 8 && udp_len <= seen->len - seen->hlen;
	}
	return true;
}

/* Nothing odd about it: what every gateway has to handle. */
static bool model_l4_plain(const struct model *m)
{
	const struct model_current *cur = &m->cur;
	const struct seen *seen = &cur->seen;
	u8 kind = seen->flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);

	if (seen->proto == IP_PROTO_UDP)
		return ((u32)cur->bytes[seen->hlen + 4] << 8 | cur->bytes[seen->hlen + 5]) ==
			       seen->len - seen->hlen &&
		       seen->sport != 0 && seen->dport != 0;
	if (seen->proto == IP_PROTO_TCP)
		return (kind == TCP_SYN || kind == (TCP_SYN | TCP_ACK) || kind == TCP_ACK ||
			kind == (TCP_ACK | TCP_FIN) || kind == TCP_RST ||
			kind == (TCP_RST | TCP_ACK)) &&
		       (seen->flags & TCP_URG) == 0 &&
		       ((seen->flags & TCP_SYN) == 0 || kind == seen->flags) && seen->sport != 0 &&
		       seen->dport != 0;
	if (model_nat_proto(seen->proto) == NAT_PROTO_OTHER)
		return seen->sport != 0 && seen->dport != 0;
	return seen->proto == IP_PROTO_ICMP;
}

static bool model_addresses_ok(const struct model *m)
{
	const struct seen *seen = &m->cur.seen;
	u8 zone = m->cur.zone;

	if (!model_source_ok(m, zone, seen->src) || model_is_own(m, zone, seen->src) ||
	    !model_way_back_ok(m, m->cur.in_if, seen->src))
		return false;
	if (m->conf->iface[m->cur.in_if].side == IFACE_OUTSIDE &&
	    model_sees_public(m, zone, seen->src))
		return false;
	if (ip4_is_link_local(seen->src) || ip4_is_link_local(seen->dst))
		return false;
	return !model_sees_group(m, zone, seen->dst) && !ip4_is_zeronet(seen->dst) &&
	       !ip4_is_loopback(seen->dst) && !ip4_is_class_e(seen->dst);
}

/* The packet will be forwarded to `dst`: TTL and size decide between forwarding and an error. */
void model_fate_way(struct model *m, u8 zone, be32 dst, bool sure)
{
	struct model_fate *fate = &m->cur.fate;
	const struct seen *seen = &m->cur.seen;
	bool error_ok = !seen_is_icmp_error(seen);
	be32 station;
	u16 out_if;

	fate->may_forward = true;
	fate->must_forward = false;
	if (!model_route(m, zone, dst, &out_if, &station)) {
		*fate = (struct model_fate){ .must_error = sure && error_ok && seen->ttl > 1,
					     .error_type = ICMP_UNREACH };
		return;
	}
	/* A public address that nobody holds is met with silence before anything else. */
	error_ok = error_ok && !(zone == 0 && model_is_public(m, dst));
	if (seen->ttl <= 1) {
		*fate = (struct model_fate){ .must_error = sure && error_ok,
					     .error_type = ICMP_TIME_EXCEEDED };
		return;
	}
	/* What came in pieces goes in pieces, and those have to fit. */
	if (seen->df && m->cur.parts.largest > m->conf->iface[out_if].mtu) {
		*fate = (struct model_fate){ .must_error = sure && error_ok,
					     .error_type = ICMP_UNREACH,
					     .error_code = ICMP_UNREACH_FRAG };
		return;
	}
	fate->must_forward = sure && model_station_answers(m, out_if, station) &&
			     !(zone == 0 && model_is_public(m, dst)) &&
			     !model_is_public(m, seen->src) &&
			     model_filter_passes(m, out_if, dst);
}

bool model_may_begin(const struct model *m, bool *plain)
{
	const struct seen *seen = &m->cur.seen;
	u8 kind = seen->flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);

	*plain = true;
	if (seen->proto == IP_PROTO_TCP) {
		*plain = seen->flags == TCP_SYN;
		return kind == TCP_SYN ||
		       (m->conf->ct.midstream &&
			(kind & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK);
	}
	if (seen->proto == IP_PROTO_ICMP) {
		*plain = seen->type == ICMP_ECHO;
		return icmp_is_request(seen->type);
	}
	if (seen->proto == IP_PROTO_SCTP || seen->proto == IP_PROTO_DCCP) {
		*plain = model_assoc_begins(seen);
		return !model_assoc_ends(seen, false);
	}
	*plain = seen->proto == IP_PROTO_UDP || seen->proto == IP_PROTO_UDPLITE;
	return true;
}

/* Whoever it is for may have come by himself, to what this sender is outside: neither a mapping nor
 * a static address can give way to that flow.                                                    */
static bool model_has_come(const struct model *m)
{
	const struct model_tuple *t = &m->cur.tuple;

	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_tuple *in = &m->flow[n].in;

		if (m->flow[n].proto == m->cur.seen.proto && be32_eq(in->src, t->dst) &&
		    in->sport == t->dport && model_is_public(m, in->dst))
			return true;
	}
	return false;
}

/* From inside to somewhere that is not this gateway. */
static void model_fate_outward(struct model *m, bool sure)
{
	const struct seen *seen = &m->cur.seen;
	const struct nat_rule_conf *rule;
	be32 station, outside;
	u8 zone = model_view(m, m->cur.zone, seen->dst);
	struct model_mapping left; /* of an address that was public, and stands for its flows */
	bool owned;
	u16 out_if;

	if (!model_route(m, zone, seen->dst, &out_if, &station)) {
		model_fate_way(m, zone, seen->dst, sure);
		return;
	}
	rule = model_rule(m, m->cur.zone, seen->src, out_if);
	if (m->conf->iface[out_if].side == IFACE_INSIDE && zone != m->cur.zone) {
		m->cur.fate = (struct model_fate){ .must_error = sure && seen->ttl > 1,
						   .error_type = ICMP_UNREACH,
						   .error_code = ICMP_UNREACH_PROHIBITED };
		return;
	}
	if (m->conf->iface[out_if].side == IFACE_INSIDE) {
		model_fate_way(m, zone, seen->dst, sure && out_if != m->cur.in_if);
		return;
	}
	if (model_static_out(m, m->cur.zone, seen->src, &outside)) {
		model_fate_way(m, zone, seen->dst, sure && !model_has_come(m));
		return;
	}
	if (model_is_exempt(m, seen->proto, &m->cur.tuple)) {
		if (model_passes_as(m, zone, seen->src))
			model_fate_way(m, zone, seen->dst, sure);
		return;
	}
	sure = sure && !model_owner(m, seen->proto, seen->dst, seen->dport, &owned, &left);
	if (rule != NULL)
		model_fate_way(m, zone, seen->dst,
			       sure && !model_ports_tight(m, rule, seen->proto) &&
				       !model_has_come(m) &&
				       model_nat_proto(seen->proto) < NAT_PROTO_COUNT);
}

bool model_clashes(const struct model *m, const struct model_tuple *out)
{
	struct model_tuple back = model_tuple_reversed(out);

	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		if (f->proto == m->cur.seen.proto &&
		    (model_tuple_eq(&f->in, &back) || (f->known && model_tuple_eq(&f->out, out))))
			return true;
	}
	return false;
}

/* To one of the public addresses, from outside or (hairpin) from inside. */
static void model_fate_inward(struct model *m, bool sure, bool hairpin)
{
	const struct model_tuple *t = &m->cur.tuple;
	struct model_tuple out = *t;
	u8 proto = m->cur.seen.proto;
	struct model_mapping mapping;
	enum model_admit admit;
	be32 inside;
	bool owned;

	/* Rules are asked about the port that it is led to. */
	sure = sure && model_filter_is_idle(m, FILTER_FORWARD);
	if (model_static_in(m, t->dst, &out.zone, &inside)) {
		out.dst = inside;
		if (hairpin || model_passes_as(m, out.zone, t->src))
			model_fate_way(m, out.zone, inside,
				       sure && !hairpin && !model_clashes(m, &out));
		return;
	}
	if (!model_owner(m, proto, t->dst, t->dport, &owned, &mapping))
		return;
	out.dst = mapping.inside_addr;
	out.dport = mapping.inside_port;
	out.zone = mapping.inside_zone;
	admit = model_admits(m, proto, t->dst, t->dport, t->src, t->sport);
	if (!hairpin && !model_passes_as(m, out.zone, t->src))
		return;
	if (admit != MODEL_ADMIT_NO || hairpin)
		model_fate_way(m, out.zone, mapping.inside_addr,
			       sure && !hairpin && admit == MODEL_ADMIT_YES &&
				       !model_clashes(m, &out));
}

void model_fate_new(struct model *m, bool sure)
{
	const struct seen *seen = &m->cur.seen;
	bool from_inside = m->conf->iface[m->cur.in_if].side == IFACE_INSIDE;
	bool public = model_sees_public(m, m->cur.zone, seen->dst);
	bool own = model_sees_own(m, m->cur.zone, seen->dst);
	const struct service_conf *service = NULL;
	struct model_tuple out = m->cur.tuple;
	bool plain;

	out.zone = model_view(m, m->cur.zone, seen->dst);
	if (public)
		service = model_service_of(m, seen->proto, &m->cur.tuple, from_inside);
	if (!model_may_begin(m, &plain)) {
		m->cur.fate.must_reset = sure && seen->proto == IP_PROTO_TCP &&
					 (seen->wrong & SEEN_L4_CSUM) == 0 &&
					 (seen->flags & TCP_RST) == 0 &&
					 (from_inside ? !public && !own : service != NULL);
		return;
	}
	if (service != NULL) {
		model_fate_service(m, service, sure && plain && !model_table_tight(m), from_inside);
		m->cur.fate.must_forward = m->cur.fate.must_forward &&
					   model_filter_is_idle(m, FILTER_FORWARD);
		return;
	}
	if (own || public) {
		m->cur.fate.must_echo = sure && seen->proto == IP_PROTO_ICMP &&
					seen->type == ICMP_ECHO && own;
		if (public)
			model_fate_inward(m, sure && plain && !model_table_tight(m), from_inside);
		return;
	}
	if (from_inside)
		model_fate_outward(m, sure && plain && !model_table_tight(m) &&
					  !model_clashes(m, &out));
	else
		model_fate_way(m, m->cur.zone, seen->dst, false);
}

static void model_fate_known(struct model *m, bool certain, bool sure)
{
	const struct model_flow *f = &m->flow[m->cur.flow];
	enum model_doubt stale = model_is_stale(m, f);

	if (!f->known) {
		model_fate_new(m, false);
		m->cur.fate.may_forward = true;
		return;
	}
	if (stale != MODEL_NO) {
		/* What is odd may end before anybody asks whose it is. */
		model_fate_lost(m, stale, certain && model_l4_plain(m), sure);
		return;
	}
	if (model_may_move(m, f)) {
		model_fate_moved(m);
		return;
	}
	if (!m->cur.reply && model_is_own(m, f->out.zone, f->out.dst)) {
		m->cur.fate.must_echo = sure && m->cur.seen.type == ICMP_ECHO;
		return;
	}
	if (model_flow_lives(m, f)) {
		model_fate_way(m, m->cur.reply ? f->in.zone : f->out.zone,
			       m->cur.reply ? f->in.src : f->out.dst, sure);
		return;
	}
	model_maybe_made(m, f);
	/* If it is over, this may be the first packet for a service. */
	model_maybe_refused(m);
	m->cur.fate = (struct model_fate){ .may_forward = m->cur.seen.ttl > 1 };
}

static void model_fate_error(struct model *m, bool sure)
{
	u32 flow;
	bool reply;

	const struct model_flow *f;
	be32 to;
	u8 zone;

	if (!model_related(m, &flow, &reply))
		return;
	/* reply: a packet of the reply direction is quoted, and the error goes to its sender. */
	f = &m->flow[flow];
	to = reply ? f->out.dst : f->in.src;
	zone = reply ? f->out.zone : f->in.zone;
	if (model_is_own(m, zone, to))
		return;
	if (m->cur.seen.type == ICMP_REDIRECT && model_flow_is_translated(f))
		return;
	sure = sure && model_flow_lives(m, f) &&
	       (zone == m->cur.zone || model_passes_as(m, zone, m->cur.seen.src)) &&
	       (m->cur.seen.type != ICMP_REDIRECT && m->cur.seen.type != ICMP_SOURCE_QUENCH);
	model_fate_way(m, zone, to, sure);
}

/* What answers a packet has to find its way back; to a public address, which no sender can have, it
 * need not.                                                                                      */
static void model_fate_answerable(struct model *m)
{
	struct model_fate *fate = &m->cur.fate;
	be32 station;
	u16 out_if;

	if (!model_is_public(m, m->cur.seen.src) &&
	    model_route(m, m->cur.zone, m->cur.seen.src, &out_if, &station) &&
	    model_station_answers(m, out_if, station))
		return;
	fate->must_error = fate->must_echo = fate->must_reset = false;
}

/* Neither answers nor what is for the gateway itself pass every rule. */
static void model_fate_filtered(struct model *m)
{
	struct model_fate *fate = &m->cur.fate;

	if (!model_filter_is_idle(m, FILTER_OUTPUT))
		fate->must_error = fate->must_echo = fate->must_reset = fate->must_tell = false;
	fate->must_echo = fate->must_echo && model_filter_takes_in(m, true);
}

static void model_fate_decide(struct model *m, bool certain)
{
	struct model_current *cur = &m->cur;
	enum model_options options = model_options(cur->bytes, cur->seen.hlen);
	bool sure = certain && !m->lenient && options == OPTIONS_NONE && cur->link_flags == 0;

	cur->fate = (struct model_fate){ 0 };
	cur->tuple_known = model_tuple_of(&cur->seen, cur->zone, &cur->tuple);
	cur->refused = true;
	if ((cur->link_flags & (PKT_LINK_OTHER | PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return;
	if (!model_addresses_ok(m) || options == OPTIONS_BAD || !model_l4_ok(m)) {
		if (cur->tuple_known)
			model_maybe_refused(m);
		/* Of a neighbour on the link the gateway itself takes it. */
		cur->refused = !ip4_is_link_local(cur->seen.src);
		return;
	}
	cur->refused = false;
	if (seen_is_icmp_error(&cur->seen)) {
		model_fate_error(m, sure);
		return;
	}
	if (!cur->tuple_known)
		return;
	sure = sure && model_l4_plain(m);
	cur->flow = model_flow_find(m, cur->seen.proto, &cur->tuple, &cur->reply);
	if (cur->flow != MODEL_NONE)
		model_fate_known(m, certain, sure);
	else
		model_fate_new(m, sure);
}

void model_fate(struct model *m, bool certain)
{
	model_fate_decide(m, certain);
	model_fate_answerable(m);
	model_fate_filtered(m);
}
