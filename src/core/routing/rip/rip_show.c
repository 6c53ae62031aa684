/* What RIP knows, for people. */
#include "core/routing/rip/rip_part.h"

static u32 neighbours_of(const struct rip *rip, u16 iface)
{
	u32 count = 0;

	for (u32 idx = 0; idx < rip->neighs.cap; idx++) {
		const struct rip_neigh *neigh = slab_at(&rip->neighs, idx);

		count += slab_is_live(&rip->neighs, idx) && neigh->iface == iface;
	}
	return count;
}

static ns_t left(ns_t when, ns_t now)
{
	if (when == NS_NEVER)
		return NS_NEVER;
	return when > now ? when - now : 0;
}

u32 rip_show_ifaces(const struct rip *rip, u32 *cursor, struct rip_iface_info *out, u32 max,
		    ns_t now)
{
	u32 count = 0;

	for (; *cursor < IFACE_MAX && count < max; (*cursor)++) {
		const struct rip_iface *iface = &rip->iface[*cursor];
		ns_t update = iface->active && iface->talk[0].kind != RIP_TALK_NONE
				      ? iface->talk[0].update_ns
				      : NS_NEVER;

		if (!iface->used)
			continue;
		out[count++] = (struct rip_iface_info){
			.iface = (u16)*cursor,
			.active = iface->active,
			.passive = iface->conf.passive,
			.cost = iface->conf.cost,
			.auth = iface->conf.auth.kind,
			.addr = iface->addr,
			.neighbours = neighbours_of(rip, (u16)*cursor),
			.update_in_ns = left(update, now),
			.update_ns = rip->conf.update_ns,
			.timeout_ns = rip->conf.timeout_ns,
			.garbage_ns = rip->conf.garbage_ns,
			.stats = iface->stats,
			.refused = iface->refused,
		};
	}
	return count;
}

u32 rip_count_untold(const struct rip *rip)
{
	u32 count = 0;

	for (u32 at = 0; at < IFACE_MAX; at++) {
		const struct rip_iface *iface = &rip->iface[at];

		for (u32 n = 0; iface->active && n < RIP_TALKS_MAX; n++)
			count += iface->talk[n].kind != RIP_TALK_NONE &&
				 iface->talk[n].told < rip->version;
	}
	return count;
}

u32 rip_show_neighbours(const struct rip *rip, u32 *cursor, struct rip_neigh_info *out, u32 max,
			ns_t now)
{
	u32 count = 0;

	for (; *cursor < rip->neighs.cap && count < max; (*cursor)++) {
		const struct rip_neigh *neigh = slab_at(&rip->neighs, *cursor);

		if (!slab_is_live(&rip->neighs, *cursor))
			continue;
		out[count++] = (struct rip_neigh_info){
			.addr = neigh->addr,
			.iface = neigh->iface,
			.up_ns = now - neigh->first_ns,
			.heard_ns = now - neigh->heard_ns,
			.packets = neigh->packets,
			.routes = neigh->routes,
			.bad_packets = neigh->bad_packets,
			.bad_routes = neigh->bad_routes,
		};
	}
	return count;
}

u32 rip_show_routes(const struct rip *rip, u32 *cursor, struct rip_route_info *out, u32 max,
		    ns_t now)
{
	u32 count = 0;

	for (; *cursor < rip->nets.cap && count < max; (*cursor)++) {
		const struct rip_net *net = rip_net_at(rip, *cursor);
		struct rip_route_info *info = &out[count];

		if (!slab_is_live(&rip->nets, *cursor))
			continue;
		*info = (struct rip_route_info){
			.addr = net->addr,
			.len = net->len,
			.kind = rip_net_kind(net),
			.metric = rip_net_metric(net),
			.tag = rip_net_tag(net),
			.left_ns = left(heap_when(&rip->due, *cursor), now),
			.hop_count = net->hop_count,
		};
		memcpy(info->hop, net->hop, net->hop_count * sizeof net->hop[0]);
		count++;
	}
	return count;
}
