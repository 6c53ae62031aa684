/* The short cut for the first packet of a flow.
 *
 * A packet that opens a flow pays for every question of the road, though nearly always all the
 * answers are plain: nothing is at its destination but a route, the next hop is known, it fits.
 * These questions are asked here in one go, without touching anything; any answer that is not
 * plain sends the packet down the road as it is. What then changes the engine, the admission of its
 * subscriber, the flow, the rules, NAT, confirmation, is done by the stations themselves, in the
 * order of the road. Tests compare the two: `slow_road` turns this off as well.                  */
#include "core/ip/ip.h"
#include "core/path/path.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

/* The header that only ip_is_plain has seen: a whole UDP header, or a SYN with its options. */
static bool opens_flow(const struct pkt *pkt, u8 proto)
{
	const u8 kind = TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG;
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);

	if (proto == IP_PROTO_UDP)
		return udp_fits((const void *)pkt_l4(pkt), pkt_l4_len(pkt));
	return tcp_fits(tcp, pkt_l4_len(pkt)) && (tcp->flags & kind) == TCP_SYN;
}

/* From an inside interface of the common zone, for this station alone, and nothing left to the
 * hardware.                                                                                      */
static bool comes_plain(const struct path *path, const struct pkt *pkt)
{
	const u32 harmless = PKT_RAW_IP | PKT_CSUM_VALID;

	return pkt->zone == 0 && (pkt->flags & ~harmless) == 0 && pkt->gso_type == GSO_NONE &&
	       path_from_inside(path, pkt);
}

static bool source_is_plain(const struct path *path, be32 src)
{
	enum fib_type type = fib_type_of(&path->fib[0], src);

	return type != FIB_LOCAL && type != FIB_BROADCAST && ip_source_travels(src);
}

/* The next hop, if one can be used at once. */
static u16 next_hop(const struct path *path, const struct pkt *pkt, const struct tuple *t)
{
	u32 route = fib_lookup(&path->fib[0], t->dst);
	const struct fib_path *way;
	const struct iface *out;
	u16 nexthop;

	if (fib_route_at(&path->fib[0], route)->type != FIB_UNICAST)
		return NEXTHOP_NONE;
	way = path_pick(path, &path->fib[0], route, t->src, t->dst);
	out = path_iface(path, way->out_if);
	if (way->out_if == pkt->in_if || out->conf.zone != 0 || pkt->len > out->conf.mtu)
		return NEXTHOP_NONE;
	nexthop = neigh_peek(path->neigh, way->out_if,
			     way->gateway.raw != 0 ? way->gateway : t->dst);
	return nexthop != NEXTHOP_NONE && neigh_at(path->neigh, nexthop)->usable ? nexthop :
										   NEXTHOP_NONE;
}

/* The stations that change something. */
static verdict travel(struct path *path, struct pkt *pkt, const struct tuple_key *key, u16 nexthop,
		      ns_t now)
{
	verdict v = path_begin_flow(path, pkt, key, true, now);

	if (!verdict_is_accept(v))
		return v;
	/* Its time has just begun. */
	ct_track_quietly(path->ct, pkt->flow >> 1, TUPLE_ORIG, pkt, ct_ms(now));
	pkt->out_if = neigh_at(path->neigh, nexthop)->out_if;
	ip_decrement_ttl(pkt);
	v = path_filter(path, pkt, FILTER_FORWARD, now);
	if (!verdict_is_accept(v))
		return v;
	path->stats.forwarded++;
	v = path_confirm_flow(path, pkt, now);
	if (!verdict_is_accept(v))
		return v;
	nat_rewrite(pkt, &path->ct->flow[pkt->flow >> 1], TUPLE_ORIG);
	path_transmit_plain(path, pkt, nexthop, now);
	return v;
}

bool path_open(struct path *path, struct pkt *pkt, const struct tuple_key *key, ns_t now)
{
	u16 nexthop;
	verdict v;

	if (!comes_plain(path, pkt) || !opens_flow(pkt, key->proto) ||
	    ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->ttl <= 1 ||
	    !ct_has_room(path->ct) || !ip_dest_travels(key->tuple.dst) ||
	    nat_knows(path->nat, key->tuple.dst) || !source_is_plain(path, key->tuple.src) ||
	    !path_has_way_back(path, pkt))
		return false;
	if (key->proto == IP_PROTO_TCP && !splice_is_off(path->splice) &&
	    splice_match(path->splice, pkt->in_if, false, &key->tuple) != SPLICE_RULE_NONE)
		return false;
	nexthop = next_hop(path, pkt, &key->tuple);
	if (nexthop == NEXTHOP_NONE)
		return false;
	path->stats.opened++;
	v = travel(path, pkt, key, nexthop, now);
	if (!verdict_is_accept(v))
		path_bury(path, pkt, now);
	return true;
}
