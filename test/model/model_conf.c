/* The model's reading of the configuration. */
#include "model/model_in.h"

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"

static bool model_prefix_holds(be32 prefix, u32 len, be32 a)
{
	return ((be32_host(prefix) ^ be32_host(a)) & ip4_mask(len)) == 0;
}

u8 model_zone_of(const struct model *m, u16 iface)
{
	return m->conf->iface[iface].zone;
}

u8 model_view(const struct model *m, u8 zone, be32 a)
{
	return model_route(m, zone, a, &(u16){ 0 }, &(be32){ 0 }) ? zone : 0;
}

bool model_is_own(const struct model *m, u8 zone, be32 a)
{
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		for (u32 k = 0; k < m->conf->iface[n].addr_count; k++) {
			if (m->conf->iface[n].zone != zone)
				continue;
			if (be32_eq(m->conf->iface[n].addr[k].addr, a))
				return true;
		}
	}
	return false;
}

bool model_sees_own(const struct model *m, u8 zone, be32 a)
{
	return model_is_own(m, model_view(m, zone, a), a);
}

bool model_in_pool(const struct nat_pool_conf *pool, be32 a)
{
	for (u32 n = 0; n < pool->range_count; n++) {
		if (be32_host(a) >= be32_host(pool->range[n].first) &&
		    be32_host(a) <= be32_host(pool->range[n].last))
			return true;
	}
	return false;
}

static bool model_is_outside_addr(const struct model *m, be32 a)
{
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		const struct iface_conf *iface = &m->conf->iface[n];

		for (u32 k = 0; k < iface->addr_count; k++) {
			if (iface->side == IFACE_OUTSIDE && be32_eq(iface->addr[k].addr, a))
				return true;
		}
	}
	return false;
}

bool model_is_public(const struct model *m, be32 a)
{
	be32 inside;
	u8 zone;

	for (u32 n = 0; n < m->conf->nat.pool_count; n++) {
		if (model_in_pool(&m->conf->nat.pool[n], a))
			return true;
	}
	return model_is_outside_addr(m, a) || model_static_in(m, a, &zone, &inside) ||
	       model_service_has(m, a);
}

bool model_sees_public(const struct model *m, u8 zone, be32 a)
{
	return model_view(m, zone, a) == 0 && model_is_public(m, a);
}

/* Multicast, limited broadcast and directed broadcasts of connected networks. */
bool model_is_group(const struct model *m, u8 zone, be32 a)
{
	if (ip4_is_multicast(a) || ip4_is_limited_broadcast(a))
		return true;
	for (u32 n = 0; n < m->conf->iface_count; n++) {
		for (u32 k = 0; k < m->conf->iface[n].addr_count; k++) {
			const struct iface_addr *own = &m->conf->iface[n].addr[k];
			u32 host = be32_host(a) & ~ip4_mask(own->prefix_len);

			if (m->conf->iface[n].zone != zone || own->prefix_len > 30 ||
			    !model_prefix_holds(own->addr, own->prefix_len, a))
				continue;
			if (host == 0 || host == ~ip4_mask(own->prefix_len))
				return true;
		}
	}
	return false;
}

bool model_sees_group(const struct model *m, u8 zone, be32 a)
{
	return model_is_group(m, zone, a) || model_is_group(m, model_view(m, zone, a), a);
}

/* RFC 1122 section 3.2.1.3: addresses that can be one host's. */
bool model_source_ok(const struct model *m, u8 zone, be32 a)
{
	return !ip4_is_zeronet(a) && !ip4_is_loopback(a) && !ip4_is_class_e(a) &&
	       !model_is_group(m, zone, a);
}

bool model_way_back_ok(const struct model *m, u16 in_if, be32 source)
{
	enum iface_source_check check = m->conf->iface[in_if].source_check;
	be32 station;
	u16 out_if;

	return check == IFACE_SOURCE_ANY ||
	       (model_route(m, model_zone_of(m, in_if), source, &out_if, &station) &&
		(check == IFACE_SOURCE_ROUTED || out_if == in_if));
}

bool model_passes_as(const struct model *m, u8 zone, be32 source)
{
	return !model_is_own(m, zone, source) && !model_is_group(m, zone, source);
}

static bool model_static(be32 from, be32 to, u8 prefix_len, be32 a, be32 *b)
{
	u32 mask = ip4_mask(prefix_len);

	if (!model_prefix_holds(from, prefix_len, a))
		return false;
	*b = be32_of((be32_host(to) & mask) | (be32_host(a) & ~mask));
	return true;
}

bool model_static_out(const struct model *m, u8 zone, be32 inside, be32 *outside)
{
	for (u32 n = 0; n < m->conf->nat.static_count; n++) {
		const struct nat_static_conf *fixed = &m->conf->nat.fixed[n];

		if (fixed->zone == zone &&
		    model_static(fixed->inside, fixed->outside, fixed->prefix_len, inside, outside))
			return true;
	}
	return false;
}

bool model_static_in(const struct model *m, be32 outside, u8 *zone, be32 *inside)
{
	for (u32 n = 0; n < m->conf->nat.static_count; n++) {
		const struct nat_static_conf *fixed = &m->conf->nat.fixed[n];

		*zone = fixed->zone;
		if (model_static(fixed->outside, fixed->inside, fixed->prefix_len, outside, inside))
			return true;
	}
	return false;
}

static int model_route_connected(const struct model *m, u8 zone, be32 dst, u16 *out_if)
{
	int best = -1;

	for (u32 n = 0; n < m->conf->iface_count; n++) {
		for (u32 k = 0; k < m->conf->iface[n].addr_count; k++) {
			const struct iface_addr *own = &m->conf->iface[n].addr[k];

			if (m->conf->iface[n].zone == zone && own->prefix_len > best &&
			    model_prefix_holds(own->addr, own->prefix_len, dst)) {
				best = own->prefix_len;
				*out_if = (u16)n;
			}
		}
	}
	return best;
}

bool model_route(const struct model *m, u8 zone, be32 dst, u16 *out_if, be32 *station)
{
	int best = model_route_connected(m, zone, dst, out_if);

	*station = dst;
	for (u32 n = 0; n < m->conf->route_count; n++) {
		const struct sluice_route_conf *route = &m->conf->route[n];

		if (route->zone != zone || route->prefix_len <= best ||
		    !model_prefix_holds(route->prefix, route->prefix_len, dst))
			continue;
		best = route->prefix_len;
		if (route->route.type != FIB_UNICAST)
			return false;
		*out_if = route->route.path[0].out_if;
		*station = be32_host(route->route.path[0].gateway) != 0
				   ? route->route.path[0].gateway
				   : dst;
	}
	return best >= 0;
}

bool model_station_answers(const struct model *m, u16 out_if, be32 station)
{
	if (m->link_down[out_if])
		return false;
	if (m->conf->iface[out_if].link == IFACE_RAW_IP)
		return true;
	for (u32 n = 0; n < m->silent_count; n++) {
		if (be32_eq(m->silent[n], station))
			return false;
	}
	return true;
}

static bool model_rule_is_of(const struct nat_rule_conf *rule, u8 zone)
{
	return rule->zone == NAT_ZONE_ANY || rule->zone == zone;
}

bool model_is_exempt(const struct model *m, u8 proto, const struct model_tuple *t)
{
	bool has_port = proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_SCTP ||
			proto == IP_PROTO_DCCP || proto == IP_PROTO_UDPLITE;

	for (u32 n = 0; n < m->conf->nat.rule_count; n++) {
		const struct nat_rule_conf *rule = &m->conf->nat.rule[n];

		if (model_rule_is_of(rule, t->zone) &&
		    model_prefix_holds(rule->source, rule->source_len, t->src) &&
		    model_prefix_holds(rule->dest, rule->dest_len, t->dst) &&
		    (rule->dest_port == 0 || (has_port && rule->dest_port == t->dport)))
			return rule->kind == NAT_KIND_NONE;
	}
	return false;
}

const struct nat_rule_conf *model_rule(const struct model *m, u8 zone, be32 source, u16 out_if)
{
	for (u32 n = 0; n < m->conf->nat.rule_count; n++) {
		const struct nat_rule_conf *rule = &m->conf->nat.rule[n];

		if (rule->kind == NAT_KIND_NONE || !model_rule_is_of(rule, zone) ||
		    !model_prefix_holds(rule->source, rule->source_len, source))
			continue;
		if (rule->out_if == out_if ||
		    (rule->out_if == IFACE_NONE && m->conf->iface[out_if].side == IFACE_OUTSIDE))
			return rule;
	}
	return NULL;
}

void model_port_range(const struct model *m, const struct nat_rule_conf *rule, u16 *first,
		      u16 *last)
{
	bool pool = rule->kind == NAT_KIND_POOL;

	*first = pool ? m->conf->nat.pool[rule->pool].port_first
		      : m->conf->nat.masquerade_port_first;
	*last = pool ? m->conf->nat.pool[rule->pool].port_last : m->conf->nat.masquerade_port_last;
	*first = *first == 0 ? 1024 : *first;
	*last = *last == 0 ? 65535 : *last;
}

u32 model_nat_proto(u8 proto)
{
	if (proto == IP_PROTO_TCP)
		return NAT_PROTO_TCP;
	if (proto == IP_PROTO_UDP)
		return NAT_PROTO_UDP;
	if (proto == IP_PROTO_SCTP || proto == IP_PROTO_DCCP || proto == IP_PROTO_UDPLITE)
		return NAT_PROTO_OTHER;
	return proto == IP_PROTO_ICMP ? NAT_PROTO_ICMP : NAT_PROTO_COUNT;
}

bool model_is_eim(const struct nat_rule_conf *rule, u8 proto)
{
	u32 nat_proto = model_nat_proto(proto);

	return nat_proto < NAT_PROTO_COUNT &&
	       rule->mapping[nat_proto] == NAT_MAP_ENDPOINT_INDEPENDENT;
}
