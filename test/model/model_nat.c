/* The model's laws of bindings: RFC 4787, 5382, 5508, 6888. */
#include "model/model_in.h"

#include "core/wire/ip4.h"

bool model_mapping_src(const struct model_flow *f, struct model_mapping *mapping)
{
	*mapping = (struct model_mapping){ f->in.zone, f->in.src, f->in.sport, f->out.src,
					   f->out.sport };
	return f->known && f->eim;
}

bool model_mapping_dst(const struct model_flow *f, struct model_mapping *mapping)
{
	*mapping = (struct model_mapping){ f->out.zone, f->out.dst, f->out.dport, f->in.dst,
					   f->in.dport };
	return f->known && f->backend == 0 && !be32_eq(f->in.dst, f->out.dst) && !f->fixed;
}

bool model_owner(const struct model *m, u8 proto, be32 addr, u16 port, bool *sure,
		 struct model_mapping *mapping)
{
	bool found = false;

	*sure = false;
	for (u32 n = 0; n < m->flow_count && !*sure; n++) {
		const struct model_flow *f = &m->flow[n];
		struct model_mapping one;
		bool outward;

		if (f->proto != proto || !model_flow_may_stand(m, f))
			continue;
		outward = model_mapping_src(f, &one) && be32_eq(one.public_addr, addr) &&
			  one.public_port == port;
		if (!outward && !(model_mapping_dst(f, &one) && be32_eq(one.public_addr, addr) &&
				  one.public_port == port))
			continue;
		found = true;
		*mapping = one;
		/* Who came in by it may have no say in how long it stands. */
		*sure = model_flow_lives(m, f) && (outward || !m->conf->ct.outbound_refresh_only);
	}
	return found;
}

static bool model_filters_alike(const struct nat_conf *a, const struct nat_conf *b)
{
	for (u32 n = 0; n < a->rule_count; n++) {
		if (a->rule[n].zone != b->rule[n].zone ||
		    memcmp(a->rule[n].filtering, b->rule[n].filtering,
			   sizeof a->rule[n].filtering) != 0)
			return false;
	}
	return a->rule_count == b->rule_count;
}

/* What rests goes on resting for as long as it has to now. */
static void model_rests_changed(struct model *m, u32 was_s, u32 now_s)
{
	for (u32 n = 0; n < m->rest_count && now_s < was_s; n++)
		m->rest[n].until -= u64_min(m->rest[n].until, (was_s - now_s) * NS_PER_SEC);
}

void model_nat_changed(struct model *m, const struct nat_conf *was, const struct nat_conf *now)
{
	model_rests_changed(m, was->quarantine_s, now->quarantine_s);
	if (!model_filters_alike(was, now))
		m->filters_changed = true;
	if (was->rule_count != now->rule_count ||
	    memcmp(was->rule, now->rule, sizeof was->rule) != 0 ||
	    memcmp(was->pool, now->pool, sizeof was->pool) != 0)
		m->rules_changed = true;
}

const struct nat_rule_conf *model_rule_outside(const struct model *m, u8 zone, be32 source)
{
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		const struct nat_rule_conf *rule = model_rule(m, zone, source, (u16)n);

		if (m->conf->iface[n].side == IFACE_OUTSIDE && rule != NULL)
			return rule;
	}
	return NULL;
}

/* Does the flow lead outside? Whom others reach by a public address may be inside. */
static bool model_leads_outside(const struct model *m, const struct model_flow *f)
{
	be32 station;
	u16 out_if;

	return model_route(m, f->out.zone, f->out.dst, &out_if, &station) &&
	       m->conf->iface[out_if].side == IFACE_OUTSIDE;
}

/* Did the owner of this mapping speak to the remote one, outside? */
static enum model_admit model_spoken(const struct model *m, u8 proto,
				     const struct model_mapping *mapping, be32 remote,
				     const u16 *remote_port)
{
	enum model_admit admit = MODEL_ADMIT_NO;

	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];
		struct model_mapping one;
		bool outward = model_mapping_src(f, &one) &&
			       be32_eq(one.public_addr, mapping->public_addr) &&
			       one.public_port == mapping->public_port;
		bool inward = model_mapping_dst(f, &one) &&
			      be32_eq(one.public_addr, mapping->public_addr) &&
			      one.public_port == mapping->public_port;

		if (f->proto != proto || !model_flow_may_stand(m, f))
			continue;
		if (outward && be32_eq(f->out.dst, remote) && model_leads_outside(m, f) &&
		    (remote_port == NULL || f->out.dport == *remote_port)) {
			if (model_flow_lives(m, f))
				return MODEL_ADMIT_YES;
			admit = MODEL_ADMIT_MAYBE;
		}
		if (inward && be32_eq(f->in.src, remote))
			admit = MODEL_ADMIT_MAYBE;
	}
	return admit;
}

enum model_admit model_admits(const struct model *m, u8 proto, be32 public_addr, u16 public_port,
			      be32 remote, u16 remote_port)
{
	const struct nat_rule_conf *rule;
	struct model_mapping mapping;
	enum nat_filtering filtering;
	enum model_admit admit;
	bool sure;

	if (!model_owner(m, proto, public_addr, public_port, &sure, &mapping))
		return MODEL_ADMIT_NO;
	if (m->filters_changed)
		return MODEL_ADMIT_MAYBE;
	rule = model_rule_outside(m, mapping.inside_zone, mapping.inside_addr);
	if (rule == NULL || model_nat_proto(proto) == NAT_PROTO_COUNT)
		return MODEL_ADMIT_NO;
	filtering = rule->filtering[model_nat_proto(proto)];
	admit = MODEL_ADMIT_YES;
	if (filtering != NAT_FILTER_ENDPOINT_INDEPENDENT)
		admit = model_spoken(m, proto, &mapping, remote,
				     filtering == NAT_FILTER_ADDRESS_PORT ? &remote_port : NULL);
	return admit == MODEL_ADMIT_YES && !sure ? MODEL_ADMIT_MAYBE : admit;
}

static bool model_dst_ok(struct model *m, u8 proto, bool hairpin, const struct model_tuple *in,
			 const struct model_tuple *out)
{
	const struct service_conf *service;
	struct model_mapping mapping;
	be32 inside;
	bool sure;
	u8 zone;

	service = model_service_asked(m, proto, in,
				      m->conf->iface[m->cur.in_if].side == IFACE_INSIDE);
	if (service != NULL) {
		model_choice_ok(m, proto, service, in, out);
		return m->why == NULL;
	}
	if (be32_eq(in->dst, out->dst) && in->dport == out->dport) {
		if (model_sees_public(m, in->zone, in->dst))
			model_wrong(m, "a packet to a public address was forwarded as it is");
		if (out->zone != model_view(m, in->zone, in->dst))
			model_wrong(m, "a packet of zone %u went to zone %u as it is", in->zone,
				    out->zone);
		return m->why == NULL;
	}
	if (model_static_in(m, in->dst, &zone, &inside)) {
		if (zone != out->zone || !be32_eq(inside, out->dst) || in->dport != out->dport)
			model_wrong(m, "one-to-one: the wrong inside host or port");
		return m->why == NULL;
	}
	if (!model_owner(m, proto, in->dst, in->dport, &sure, &mapping))
		model_wrong(m, "destination translated, and no mapping has port %u", in->dport);
	else if (mapping.inside_zone != out->zone || !be32_eq(mapping.inside_addr, out->dst) ||
		 mapping.inside_port != out->dport)
		model_wrong(m, "port %u belongs to another inside endpoint", in->dport);
	else if (!hairpin &&
		 model_admits(m, proto, in->dst, in->dport, in->src, in->sport) == MODEL_ADMIT_NO)
		model_wrong(m, "the filter of the mapping does not admit the sender");
	return m->why == NULL;
}

/* Is the public address one that the rule may use? */
static bool model_addr_ok(const struct model *m, const struct nat_rule_conf *rule, u16 out_if,
			  bool hairpin, be32 a)
{
	if (rule->kind == NAT_KIND_POOL)
		return model_in_pool(&m->conf->nat.pool[rule->pool], a);
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		const struct iface_conf *iface = &m->conf->iface[n];

		if (hairpin ? iface->side != IFACE_OUTSIDE : n != out_if)
			continue;
		for (u32 k = 0; k < iface->addr_count; k++) {
			if (be32_eq(iface->addr[k].addr, a))
				return true;
		}
	}
	return false;
}

static void model_port_ok(struct model *m, const struct nat_rule_conf *rule, u8 proto,
			  u16 inside_port, u16 port)
{
	u16 first, last;

	if (proto == IP_PROTO_ICMP || model_nat_proto(proto) == NAT_PROTO_COUNT)
		return;
	model_port_range(m, rule, &first, &last);
	/* RFC 4787 REQ-3 (a): well-known stays well-known. */
	if (inside_port < 1024 && first == 1024) {
		first = 512;
		last = 1023;
	}
	if (port < first || port > last)
		model_wrong(m, "public port %u is outside %u to %u", port, first, last);
	if (rule->kind == NAT_KIND_MASQUERADE && m->conf->nat.masquerade_spare_first != 0 &&
	    port >= m->conf->nat.masquerade_spare_first &&
	    port <= m->conf->nat.masquerade_spare_last)
		model_wrong(m, "public port %u is the host's own", port);
}

/* One standing flow against the new one. */
static void model_pair_ok(struct model *m, const struct model_flow *f, bool eim,
			  const struct model_tuple *in, const struct model_tuple *out)
{
	bool same_endpoint = f->in.zone == in->zone && be32_eq(f->in.src, in->src) &&
			     f->in.sport == in->sport;
	bool same_public = be32_eq(f->out.src, out->src) && f->out.sport == out->sport;
	struct model_mapping mapping;

	if (model_tuple_eq(&f->out, out))
		model_wrong(m, "two flows leave with the same tuple, port %u", out->sport);
	/* What has an address that left the configuration is left to its flows. */
	if (f->eim && eim && same_endpoint && !same_public && model_is_public(m, f->out.src))
		model_wrong(m, "one inside endpoint has two public ones: %u and %u", f->out.sport,
			    out->sport);
	if ((f->eim || eim) && same_public && !same_endpoint)
		model_wrong(m, "port %u has an owner and was given to another", out->sport);
	if (!model_mapping_dst(f, &mapping))
		return;
	same_endpoint = mapping.inside_zone == in->zone &&
			be32_eq(mapping.inside_addr, in->src) && mapping.inside_port == in->sport;
	same_public = be32_eq(mapping.public_addr, out->src) && mapping.public_port == out->sport;
	if (same_public && !same_endpoint)
		model_wrong(m, "port %u leads to another endpoint", out->sport);
	if (eim && same_endpoint && !same_public && model_is_public(m, mapping.public_addr))
		model_wrong(m, "one inside endpoint has two public ones: %u and %u",
			    mapping.public_port, out->sport);
}

static void model_rest_ok(struct model *m, u8 proto, const struct model_tuple *in,
			  const struct model_tuple *out)
{
	for (u32 n = 0; n < m->rest_count; n++) {
		const struct model_mapping *rest = &m->rest[n].mapping;

		if (m->rest[n].proto == proto && m->now < m->rest[n].until &&
		    m->rest[n].until > m->rest_void && be32_eq(rest->public_addr, out->src) &&
		    rest->public_port == out->sport &&
		    !(rest->inside_zone == in->zone && be32_eq(rest->inside_addr, in->src) &&
		      rest->inside_port == in->sport))
			model_wrong(m, "port %u was given away before it had rested", out->sport);
	}
}

/* A protocol without ports has one flow a destination on each address: the second has to move. And
 * who asks for a service without a rule that translates him appears as what he asked for. Where a
 * service has an address for itself everybody moves, and may be there when it is gone.           */
static void model_paired_ok(struct model *m, const struct nat_rule_conf *rule, u8 proto,
			    const struct model_tuple *in, const struct model_tuple *out)
{
	if (m->lenient || m->moved_on || m->rules_changed ||
	    model_nat_proto(proto) == NAT_PROTO_COUNT ||
	    rule->kind != NAT_KIND_POOL || model_ports_tight(m, rule, proto))
		return;
	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		if (f->known && model_flow_lives(m, f) && f->in.zone == in->zone &&
		    model_nat_proto(f->proto) != NAT_PROTO_COUNT &&
		    be32_eq(f->in.src, in->src) && !model_is_exempt(m, f->proto, &f->in) &&
		    model_in_pool(&m->conf->nat.pool[rule->pool], f->out.src) &&
		    !be32_eq(f->out.src, out->src))
			model_wrong(m, "an inside host has two public addresses");
	}
}

/* A service would get what comes for the mapping. */
static void model_unserved_ok(struct model *m, const struct nat_rule_conf *rule, u8 proto,
			      const struct model_tuple *out)
{
	struct model_tuple back = model_tuple_reversed(out);

	if (!m->services_changed && model_is_eim(rule, proto) &&
	    model_service_of(m, proto, &back, false) != NULL)
		model_wrong(m, "port %u is a service's and was given to a mapping", out->sport);
}

/* A client that no rule translates appears as what it asked for, or as the gateway outside. */
static void model_client_ok(struct model *m, const struct model_tuple *in,
			    const struct model_tuple *out)
{
	static const struct nat_rule_conf masquerade = { .kind = NAT_KIND_MASQUERADE };

	if (!be32_eq(out->src, in->dst) && !model_addr_ok(m, &masquerade, 0, true, out->src))
		model_wrong(m, "the client of a service appears as somebody else");
}

static void model_translated_ok(struct model *m, u8 proto, u16 out_if, bool hairpin,
				const struct model_tuple *in, const struct model_tuple *out)
{
	const struct nat_rule_conf *rule = hairpin ? model_rule_outside(m, in->zone, in->src)
						   : model_rule(m, in->zone, in->src, out_if);
	be32 outside;

	if (model_static_out(m, in->zone, in->src, &outside)) {
		if (!be32_eq(outside, out->src) || in->sport != out->sport)
			model_wrong(m, "one-to-one: the wrong public address or port");
		return;
	}
	/* Its answers have to come back through here, whatever the rules are. */
	if (hairpin && (rule == NULL || model_is_exempt(m, proto, in)) &&
	    model_service_asked(m, proto, in, true) != NULL) {
		model_client_ok(m, in, out);
		return;
	}
	if (model_is_exempt(m, proto, in)) {
		if (!be32_eq(in->src, out->src) || in->sport != out->sport)
			model_wrong(m, "a source was translated for an exempt destination");
		return;
	}
	if (rule == NULL && hairpin && be32_eq(in->src, out->src) && in->sport == out->sport)
		return;
	if (rule == NULL) {
		model_wrong(m, "no rule translates this source, and it left");
		return;
	}
	/* A mapping outlives the rule that made it. */
	if (!m->rules_changed || !model_is_eim(rule, proto)) {
		if (!model_addr_ok(m, rule, out_if, hairpin, out->src))
			model_wrong(m, "the public address is not one of the rule's");
		model_port_ok(m, rule, proto, in->sport, out->sport);
	}
	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		if (f->known && f->proto == proto && model_flow_lives(m, f) && n != m->cur.flow)
			model_pair_ok(m, f, model_is_eim(rule, proto), in, out);
	}
	model_rest_ok(m, proto, in, out);
	model_unserved_ok(m, rule, proto, out);
	model_paired_ok(m, rule, proto, in, out);
}

bool model_binding_ok(struct model *m, u8 proto, u16 in_if, u16 out_if,
		      const struct model_tuple *in, const struct model_tuple *out)
{
	bool from_inside = m->conf->iface[in_if].side == IFACE_INSIDE;
	bool to_inside = m->conf->iface[out_if].side == IFACE_INSIDE;
	/* By whichever way: who is translated to may be behind the outside's routes. */
	bool hairpin = from_inside && !be32_eq(in->dst, out->dst);

	if (from_inside && to_inside && in->zone != out->zone && !hairpin)
		model_wrong(m, "a packet went from zone %u to zone %u", in->zone, out->zone);
	if (in->zone != out->zone && be32_eq(in->src, out->src) &&
	    !model_passes_as(m, out->zone, in->src))
		model_wrong(m, "a source passes for the gateway, or for all, in zone %u",
			    out->zone);
	if (!model_dst_ok(m, proto, hairpin, in, out))
		return false;
	if (from_inside && (!to_inside || hairpin))
		model_translated_ok(m, proto, out_if, hairpin, in, out);
	else if (!be32_eq(in->src, out->src) || in->sport != out->sport)
		model_wrong(m, "a source was translated that should not be");
	return m->why == NULL;
}
