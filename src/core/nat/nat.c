/* The two decisions: where a new flow goes (nat_dst), and as whom (nat_src). */
#include "core/nat/nat.h"
#include "core/pkt/segment.h"
#include "core/wire/ip4.h"

enum { NAT_ADDRESS_TRIES = 256 };

static bool prefix_holds(be32 prefix, u8 len, be32 addr)
{
	return ((be32_host(prefix) ^ be32_host(addr)) & ip4_mask(len)) == 0;
}

/* ---- one-to-one ------------------------------------------------------------------------------ */

static be32 prefix_moved(be32 addr, be32 to, u8 len)
{
	u32 mask = ip4_mask(len);

	return be32_of((be32_host(to) & mask) | (be32_host(addr) & ~mask));
}

static const struct nat_static_conf *static_by_outside(const struct nat *nat, be32 addr)
{
	for (u32 at = 0; at < nat->conf.static_count; at++) {
		const struct nat_static_conf *fixed = &nat->conf.fixed[at];

		if (prefix_holds(fixed->outside, fixed->prefix_len, addr))
			return fixed;
	}
	return NULL;
}

static const struct nat_static_conf *static_by_inside(const struct nat *nat, be32 addr, u8 zone)
{
	for (u32 at = 0; at < nat->conf.static_count; at++) {
		const struct nat_static_conf *fixed = &nat->conf.fixed[at];

		if (fixed->zone == zone && prefix_holds(fixed->inside, fixed->prefix_len, addr))
			return fixed;
	}
	return NULL;
}

bool nat_static_public(const struct nat *nat, be32 inside, u8 zone, be32 *outside)
{
	const struct nat_static_conf *fixed = static_by_inside(nat, inside, zone);

	if (fixed != NULL)
		*outside = prefix_moved(inside, fixed->outside, fixed->prefix_len);
	return fixed != NULL;
}

/* One-to-one, or of a service. */
static bool is_fixed(const struct nat *nat, be32 addr)
{
	return static_by_outside(nat, addr) != NULL || balance_owns(&nat->balance, addr);
}

bool nat_owns(const struct nat *nat, be32 addr)
{
	u32 address = nat_address_find(nat, addr);

	/* One that left the configuration may be anybody's now. */
	return (address != IDX_NONE && nat->address[address].live) || is_fixed(nat, addr);
}

bool nat_knows(const struct nat *nat, be32 addr)
{
	return nat_address_find(nat, addr) != IDX_NONE || is_fixed(nat, addr);
}

bool nat_claims(const struct nat *nat, const struct tuple_key *key, bool from_inside)
{
	const struct tuple *t = &key->tuple;
	u32 address = nat_address_find(nat, t->dst);

	if (static_by_outside(nat, t->dst) != NULL ||
	    balance_find(&nat->balance, t, key->proto, from_inside) != BALANCE_NONE)
		return true;
	return address != IDX_NONE && nat_proto_of(key->proto) >= 0 &&
	       nat_mapping_by_public(nat, address, be16_host(t->dport), key->proto) != IDX_NONE;
}

bool nat_has_port(const struct nat *nat, be32 addr, u8 proto, u16 port)
{
	u32 address = nat_address_find(nat, addr);

	if ((balance_ports(&nat->balance, addr, proto, port / 64) >> (port % 64) & 1) != 0)
		return true;
	return address != IDX_NONE && nat_proto_of(proto) >= 0 &&
	       nat_mapping_by_public(nat, address, port, proto) != IDX_NONE;
}

/* ---- PREROUTING ------------------------------------------------------------------------------ */

static bool mapping_admits(const struct nat *nat, u32 idx, be32 remote)
{
	const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	switch ((enum nat_filtering)rec->filtering) {
	case NAT_FILTER_ENDPOINT_INDEPENDENT:
		return true;
	case NAT_FILTER_ADDRESS:
		return nat_peer_find(nat, idx, remote);
	case NAT_FILTER_ADDRESS_PORT:
		return false; /* an endpoint that was spoken to has a flow already */
	}
	return false;
}

/* A refusal is answered, and only what its sender has sent so may be. */
static verdict service_dst(struct nat *nat, struct drop_stats *stats, struct pkt *pkt,
			   struct flow *flow, u16 service)
{
	flow->zone[TUPLE_REPLY] = nat->balance.service[service].conf.zone;
	if (balance_choose(&nat->balance, service, flow))
		return VERDICT_ACCEPT;
	return pkt_drop(stats, pkt,
			pkt_csum_is_right(pkt) ? DROP_NAT_NO_BACKEND : DROP_TRANSPORT_CHECKSUM);
}

verdict nat_dst(struct nat *nat, struct ct *ct, struct drop_stats *stats, struct pkt *pkt,
		u32 idx, bool from_inside)
{
	struct flow *flow = &ct->flow[idx];
	const struct nat_static_conf *fixed = static_by_outside(nat, flow->orig.dst);
	struct nat_mapping_rec *rec;
	u16 service = balance_find(&nat->balance, &flow->orig, flow->proto, from_inside);
	u32 address, mapping, others;

	if (service != BALANCE_NONE) {
		flow->flags |= from_inside ? FLOW_HAIRPIN : 0;
		return service_dst(nat, stats, pkt, flow, service);
	}
	if (fixed != NULL) {
		flow->repl.src =
			prefix_moved(flow->orig.dst, fixed->inside, fixed->prefix_len);
		flow->zone[TUPLE_REPLY] = fixed->zone;
		flow->flags |= from_inside ? FLOW_HAIRPIN : 0;
		nat_bind(flow);
		return VERDICT_ACCEPT;
	}
	address = nat_address_find(nat, flow->orig.dst);
	if (address == IDX_NONE || nat_proto_of(flow->proto) < 0)
		return VERDICT_ACCEPT;
	mapping = nat_mapping_by_public(nat, address, be16_host(flow->orig.dport), flow->proto);
	if (mapping == IDX_NONE || flow->proto == IP_PROTO_ICMP)
		return VERDICT_ACCEPT;
	rec = nat_mapping_at(nat, mapping);
	/* One that rests only keeps its port from others: its time is over (RFC 4787 REQ-5). With
	 * outbound refresh only, what came in by itself has no say in that (RFC 7857 section 7). */
	others = ct->conf.outbound_refresh_only ? rec->inward_count : 0;
	if (rec->flow_count == others)
		return VERDICT_ACCEPT;
	/* The filter is against the outside. Inside hosts reach each other through their public
	 * addresses as they could without them (RFC 4787 REQ-9).                                */
	if (from_inside ? !rec->hairpin : !mapping_admits(nat, mapping, flow->orig.src))
		return pkt_drop(stats, pkt, DROP_NAT_FILTERED);
	flow->repl.src = rec->inside_addr;
	flow->repl.sport = rec->inside_port;
	flow->zone[TUPLE_REPLY] = rec->zone;
	flow->mapping_dst = mapping;
	flow->flags |= (u16)(FLOW_MAPPED_DST | FLOW_INWARD | (from_inside ? FLOW_HAIRPIN : 0));
	nat_mapping_get(nat, mapping);
	rec->inward_count++;
	nat_bind(flow);
	return VERDICT_ACCEPT;
}

/* ---- POSTROUTING ----------------------------------------------------------------------------- */

/* Inlined: asked of each rule in turn. */
static ALWAYS_INLINE bool rule_covers(const struct nat_rule_conf *rule, const struct tuple *t,
				      u8 proto, u8 zone)
{
	if ((rule->zone != NAT_ZONE_ANY && rule->zone != zone) ||
	    !prefix_holds(rule->source, rule->source_len, t->src) ||
	    !prefix_holds(rule->dest, rule->dest_len, t->dst))
		return false;
	return rule->dest_port == 0 ||
	       (ip4_has_ports(proto) && rule->dest_port == be16_host(t->dport));
}

static const struct nat_rule_conf *rule_for(const struct nat *nat, const struct flow *flow,
					    const struct nat_way *way, u16 *index)
{
	bool hairpin = (flow->flags & FLOW_HAIRPIN) != 0;

	for (u32 at = 0; at < nat->conf.rule_count; at++) {
		const struct nat_rule_conf *rule = &nat->conf.rule[at];

		if (!rule_covers(rule, &flow->orig, flow->proto, flow->zone[TUPLE_ORIG]))
			continue;
		if (!hairpin && rule->out_if != UINT16_MAX && rule->out_if != way->out_if)
			continue;
		*index = (u16)at;
		return rule;
	}
	return NULL;
}

/* Whose packet looks for a public address, and the one that masquerading means here. */
struct seeker {
	be32 src;
	be32 masquerade;
	u8 zone;
};

/* The addresses that a rule may use, one after the other: the paired one first (RFC 4787 REQ-2).
 * Which one is paired follows from a keyed hash of the inside address alone.                    */
static u32 rule_address(const struct nat *nat, const struct nat_rule_conf *rule,
			const struct seeker *who, u32 try)
{
	const struct nat_pool_conf *pool;
	u32 count = 0, pick;

	if (rule->kind == NAT_KIND_MASQUERADE)
		return try == 0 ? nat_address_find(nat, who->masquerade) : IDX_NONE;
	pool = &nat->conf.pool[rule->pool];
	for (u32 at = 0; at < pool->range_count; at++)
		count += be32_host(pool->range[at].last) - be32_host(pool->range[at].first) + 1;
	if (try >= count || (try > 0 && pool->strict_pairing))
		return IDX_NONE;
	pick = hash_range(hash_words(&nat->key, who->src.raw, who->zone), count) + try;
	if (pick >= count)
		pick -= count;
	for (u32 at = 0; at < pool->range_count; at++) {
		u32 first = be32_host(pool->range[at].first);
		u32 size = be32_host(pool->range[at].last) - first + 1;

		if (pick < size)
			return nat_address_find(nat, be32_of(first + pick));
		pick -= size;
	}
	return IDX_NONE;
}

/* For the clients of a service that no rule translates: as the public address that was asked for,
 * where it has ports to give.                                                                    */
static const struct nat_rule_conf hairpin_rule = {
	.kind = NAT_KIND_MASQUERADE,
	.mapping = { [NAT_PROTO_TCP] = NAT_MAP_DESTINATION,
		     [NAT_PROTO_UDP] = NAT_MAP_DESTINATION,
		     [NAT_PROTO_ICMP] = NAT_MAP_DESTINATION,
		     [NAT_PROTO_OTHER] = NAT_MAP_DESTINATION },
};

static bool is_masquerade(const struct nat *nat, be32 addr)
{
	for (u32 at = 0; at < NAT_IFACE_MAX; at++) {
		if (be32_eq(nat->masquerade[at], addr))
			return true;
	}
	return false;
}

/* Inside hosts meet at the public address that was asked for. A one-to-one address belongs to one
 * host alone, though, and the ports of a pool to those whom a rule gives them.                   */
static be32 hairpin_address(const struct nat *nat, const struct nat_rule_conf *rule, be32 asked)
{
	bool usable = rule == &hairpin_rule ? nat_address_find(nat, asked) != IDX_NONE :
					      is_masquerade(nat, asked);

	return usable ? asked : nat->masquerade[nat->masquerade_if];
}

static struct seeker seeker_of(const struct nat *nat, const struct nat_rule_conf *rule,
			       const struct flow *flow, const struct nat_way *way)
{
	be32 masquerade = nat->masquerade[way->out_if];

	if ((flow->flags & FLOW_HAIRPIN) != 0)
		masquerade = hairpin_address(nat, rule, flow->orig.dst);
	return (struct seeker){ flow->orig.src, masquerade, flow->zone[TUPLE_ORIG] };
}

void nat_expect(struct nat *nat, const struct ct *ct, const struct tuple *t, u8 proto, u8 zone)
{
	int kind = nat_proto_of(proto);
	struct seeker who = { t->src, nat->masquerade[nat->masquerade_if], zone };
	const struct nat_rule_conf *rule;
	struct nat_draw *draw;
	u32 address, at = 0;

	while (at < nat->conf.rule_count && !rule_covers(&nat->conf.rule[at], t, proto, zone))
		at++;
	if (at == nat->conf.rule_count)
		return;
	rule = &nat->conf.rule[at];
	if (kind < 0 || rule->kind == NAT_KIND_NONE)
		return;
	if (rule->mapping[kind] != NAT_MAP_DESTINATION) {
		nat_mapping_expect(nat, t->src, t->sport, proto, zone);
		return;
	}
	address = rule_address(nat, rule, &who, 0);
	if (address == IDX_NONE)
		return;
	draw = nat_draw_of(nat, t);
	*draw = (struct nat_draw){ *t, proto, zone, (u16)at, 0, address };
	nat_port_expect(nat, ct, draw);
}

/* The addresses that a rule gives to a flow, one after the other. */
static u32 flow_address(const struct nat *nat, const struct nat_rule_conf *rule,
			const struct flow *flow, const struct nat_way *way, u32 try)
{
	struct seeker who = seeker_of(nat, rule, flow, way);

	return rule_address(nat, rule, &who, try);
}

/* Whether a draw knows the first address that a rule gives to its flow. */
static bool draw_has_address(const struct nat_draw *draw, const struct nat_rule_conf *rule,
			     const struct flow *flow)
{
	return draw != NULL && rule->kind == NAT_KIND_POOL && draw->rule == flow->rule;
}

static void refusal_note(struct nat *nat, const struct flow *flow, u32 address)
{
	nat->stats.no_port++;
	nat_space_of(nat, address, flow->proto)->refused++;
	nat->refusal = (struct nat_refusal){ true,       (u16)address,   flow->proto,
					     flow->zone[TUPLE_REPLY],
					     flow->repl.src, flow->repl.sport,
					     nat->refusal.count + 1 };
}

static void flow_take_source(struct flow *flow, be32 addr, be16 port)
{
	flow->repl.dst = addr;
	if (nat_proto_of(flow->proto) >= 0)
		flow->repl.dport = port;
	nat_bind(flow);
}

static u32 holder_of(const struct nat *nat, const struct ct *ct, u32 idx)
{
	return nat->subscribers == NULL ? IDX_NONE : subscriber_of(nat->subscribers, ct, idx);
}

static bool reply_is_unused(const struct ct *ct, const struct flow *flow)
{
	struct tuple_key key = { flow->repl, flow->proto, flow->zone[TUPLE_REPLY] };

	return ct_peek(ct, &key) == IDX_NONE;
}

/* A port of its own for the inside endpoint, on the first address that has one. */
static enum drop mapping_make(struct nat *nat, const struct ct *ct,
			      const struct nat_rule_conf *rule, struct flow *flow,
			      const struct nat_way *way, u32 *mapping)
{
	u32 holder = holder_of(nat, ct, (u32)(flow - ct->flow));
	struct seeker who = seeker_of(nat, rule, flow, way);
	enum drop why = DROP_NAT_NO_ADDRESS;

	if (!subscriber_may_take_port(nat->subscribers, holder))
		return DROP_SUBSCRIBER_PORTS;
	if (!nat_mapping_has_room(nat)) {
		nat->stats.no_mapping++;
		return DROP_NAT_MAPPING_FULL;
	}
	for (u32 try = 0; try < NAT_ADDRESS_TRIES; try++) {
		u32 address = rule_address(nat, rule, &who, try);
		struct nat_mapping_rec rec = {
			.inside_addr = flow->orig.src,
			.inside_port = flow->orig.sport,
			.address = (u16)address,
			.proto = flow->proto,
			.filtering = (u8)rule->filtering[nat_proto_of(flow->proto)],
			.subscriber = holder,
			.zone = flow->zone[TUPLE_ORIG],
			.hairpin = rule->hairpin,
		};

		if (address == IDX_NONE)
			return why;
		if (nat_port_own(nat, address, flow->proto, be16_host(flow->orig.sport),
				 rule->parity, &rec.public_port)) {
			ct_expect(ct, &(struct tuple_key){
					      { flow->repl.src, nat->address[address].addr,
						flow->repl.sport, be16_of(rec.public_port) },
					      flow->proto,
					      flow->zone[TUPLE_REPLY] });
			nat_mapping_make_room(nat);
			*mapping = nat_mapping_new(nat, &rec);
			CHECK(*mapping != IDX_NONE);
			subscriber_get_port(nat->subscribers, holder);
			return DROP_NONE;
		}
		if (try == 0)
			refusal_note(nat, flow, address);
		why = DROP_NAT_NO_PORT;
	}
	return why;
}

/* An address to masquerade with, and that of another way out. */
static bool is_of_other_way(const struct nat *nat, be32 addr, u16 out_if)
{
	be32 here = nat->masquerade[out_if];

	return here.raw != 0 && !be32_eq(here, addr) && is_masquerade(nat, addr);
}

bool nat_is_stranded(const struct nat *nat, const struct flow *flow, u16 out_if)
{
	be32 fixed;

	return !be32_eq(flow->repl.dst, flow->orig.src) &&
	       is_of_other_way(nat, flow->repl.dst, out_if) &&
	       !nat_static_public(nat, flow->orig.src, flow->zone[TUPLE_ORIG], &fixed);
}

/* Its address has gone, or is that of another way out: what it stands for stays for its flows. */
static bool mapping_is_left(const struct nat *nat, u32 mapping, const struct nat_rule_conf *rule,
			    const struct flow *flow, const struct nat_way *way)
{
	const struct nat_address *address =
		&nat->address[nat_mapping_at(nat, mapping)->address];

	return !address->live || (rule->kind == NAT_KIND_MASQUERADE && way->to_outside &&
				  (flow->flags & FLOW_HAIRPIN) == 0 &&
				  is_of_other_way(nat, address->addr, way->out_if));
}

static enum drop source_mapped(struct nat *nat, struct ct *ct, const struct nat_rule_conf *rule,
			       struct flow *flow, const struct nat_way *way)
{
	u32 mapping = nat_mapping_by_inside(nat, flow->orig.src, flow->orig.sport, flow->proto,
					    flow->zone[TUPLE_ORIG]);
	const struct nat_mapping_rec *rec;
	struct tuple before = flow->repl;
	enum drop why;

	if (mapping != IDX_NONE && mapping_is_left(nat, mapping, rule, flow, way)) {
		nat_mapping_forsake(nat, mapping);
		mapping = IDX_NONE;
	}
	if (mapping == IDX_NONE) {
		why = mapping_make(nat, ct, rule, flow, way, &mapping);
		if (why != DROP_NONE)
			return why;
	}
	rec = nat_mapping_at(nat, mapping);
	flow_take_source(flow, nat->address[rec->address].addr, be16_of(rec->public_port));
	if (!reply_is_unused(ct, flow)) {
		flow->repl = before;
		nat_bind(flow);
		nat_mapping_get(nat, mapping);
		nat_mapping_put(nat, mapping, false, way->now);
		return DROP_CT_CLASH;
	}
	nat_mapping_get(nat, mapping);
	flow->mapping = mapping;
	flow->flags |= FLOW_MAPPED;
	/* The filter is against the outside, which is one zone. Who was reached inside is no peer:
	 * somebody outside who has his address is another one.                                   */
	if (rec->filtering == NAT_FILTER_ADDRESS && way->to_outside &&
	    nat_peer_add(nat, mapping, flow->repl.src))
		flow->flags |= FLOW_PEER;
	return DROP_NONE;
}

static enum drop source_per_destination(struct nat *nat, struct ct *ct,
					const struct nat_rule_conf *rule, u32 idx,
					const struct nat_way *way)
{
	struct flow *flow = &ct->flow[idx];
	struct nat_draw *draw = nat_draw_find(nat, flow);
	bool has_port = nat_proto_of(flow->proto) >= 0;
	u32 holder = has_port ? holder_of(nat, ct, idx) : IDX_NONE;
	enum drop why = DROP_NAT_NO_ADDRESS;

	if (!subscriber_may_take_port(nat->subscribers, holder))
		return DROP_SUBSCRIBER_PORTS;
	for (u32 try = 0; try < NAT_ADDRESS_TRIES; try++) {
		u32 address = try == 0 && draw_has_address(draw, rule, flow) ?
				      draw->address :
				      flow_address(nat, rule, flow, way, try);
		u16 port = draw != NULL && draw->address == address ? nat_draw_use(draw) : 0;

		if (address == IDX_NONE)
			return why;
		if (!has_port) {
			struct tuple before = flow->repl;

			/* Nothing but the address to tell flows apart. */
			flow_take_source(flow, nat->address[address].addr, be16_of(0));
			if (reply_is_unused(ct, flow))
				return DROP_NONE;
			flow->repl = before;
			nat_bind(flow);
		} else if (nat_port_choose(nat, ct, flow, address, way->now, &port)) {
			flow_take_source(flow, nat->address[address].addr, be16_of(port));
			flow->flags |= FLOW_PORT;
			subscriber_get_port(nat->subscribers, holder);
			return DROP_NONE;
		} else if (try == 0) {
			refusal_note(nat, flow, address);
		}
		why = DROP_NAT_NO_PORT;
	}
	return why;
}

verdict nat_src(struct nat *nat, struct ct *ct, struct drop_stats *stats, struct pkt *pkt,
		u32 idx, const struct nat_way *way)
{
	struct flow *flow = &ct->flow[idx];
	const struct nat_rule_conf *rule;
	enum drop why;
	be32 outside;
	int kind = nat_proto_of(flow->proto);

	if (!way->from_inside || (!way->to_outside && (flow->flags & FLOW_HAIRPIN) == 0))
		return reply_is_unused(ct, flow) ? VERDICT_ACCEPT :
						   pkt_drop(stats, pkt, DROP_CT_CLASH);
	if (nat->conf.static_count > 0 &&
	    nat_static_public(nat, flow->orig.src, flow->zone[TUPLE_ORIG], &outside)) {
		flow_take_source(flow, outside, flow->orig.sport);
		return reply_is_unused(ct, flow) ? VERDICT_ACCEPT :
						   pkt_drop(stats, pkt, DROP_CT_CLASH);
	}
	rule = rule_for(nat, flow, way, &flow->rule);
	/* An inside client's answers must come back through here, whatever the rules are. */
	if ((rule == NULL || rule->kind == NAT_KIND_NONE) && flow_has_backend(flow))
		rule = &hairpin_rule;
	/* Untranslated leaves only what a rule says may, once there are rules. */
	if (rule == NULL && way->to_outside && nat->conf.rule_count > 0)
		return pkt_drop(stats, pkt, DROP_MARTIAN_OUT);
	if (rule == NULL || rule->kind == NAT_KIND_NONE)
		return reply_is_unused(ct, flow) ? VERDICT_ACCEPT :
						   pkt_drop(stats, pkt, DROP_CT_CLASH);
	if (kind >= 0 && rule->mapping[kind] == NAT_MAP_ENDPOINT_INDEPENDENT)
		why = source_mapped(nat, ct, rule, flow, way);
	else
		why = source_per_destination(nat, ct, rule, idx, way);
	if (why == DROP_NAT_NO_ADDRESS)
		nat->stats.no_address++;
	if (why != DROP_NONE)
		return pkt_drop(stats, pkt, why);
	nat->stats.created++;
	return VERDICT_ACCEPT;
}

static void inward_end(struct nat *nat, struct flow *flow)
{
	struct nat_mapping_rec *rec = nat_mapping_at(nat, flow->mapping_dst);

	CHECK((flow->flags & FLOW_INWARD) != 0);
	CHECK(rec->inward_count > 0);
	rec->inward_count--;
	flow->flags &= (u16)~FLOW_INWARD;
}

void nat_answered(struct nat *nat, struct flow *flow)
{
	if ((flow->flags & (FLOW_INWARD | FLOW_ANSWERED)) == (FLOW_INWARD | FLOW_ANSWERED))
		inward_end(nat, flow);
}

void nat_release(struct nat *nat, struct ct *ct, u32 idx, ns_t now)
{
	struct flow *flow = &ct->flow[idx];
	bool kept = (flow->flags & FLOW_CONFIRMED) != 0;

	if ((flow->flags & FLOW_PORT) != 0) {
		nat_port_release(nat, flow);
		subscriber_put_port(nat->subscribers, holder_of(nat, ct, idx));
	}
	if ((flow->flags & FLOW_PEER) != 0)
		nat_peer_del(nat, flow->mapping, flow->repl.src);
	if ((flow->flags & FLOW_INWARD) != 0)
		inward_end(nat, flow);
	if ((flow->flags & FLOW_MAPPED) != 0)
		nat_mapping_put(nat, flow->mapping, kept, now);
	if ((flow->flags & FLOW_MAPPED_DST) != 0)
		nat_mapping_put(nat, flow->mapping_dst, kept, now);
	balance_release(&nat->balance, flow);
	flow->mapping_dst = IDX_NONE;
	flow->flags &= (u16) ~(FLOW_PORT | FLOW_PEER | FLOW_MAPPED | FLOW_MAPPED_DST);
}

void nat_tick(struct nat *nat, ns_t now)
{
	nat_mapping_expire(nat, now);
	balance_tick(&nat->balance, now);
}

ns_t nat_next(const struct nat *nat, ns_t now)
{
	ns_t next = balance_next(&nat->balance);
	u32 rested_ms;

	if (nat->rest_head == IDX_NONE)
		return next;
	rested_ms = ct_ms(now) - nat_mapping_at(nat, nat->rest_head)->idle_ms;
	if (rested_ms >= nat->conf.quarantine_s * 1000)
		return now;
	return u64_min(next,
		       now + (ns_t)(nat->conf.quarantine_s * 1000 - rested_ms) * NS_PER_MS);
}
