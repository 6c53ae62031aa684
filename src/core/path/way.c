/* What sockets ask of routes and translation before they send: as whom, how large, what port. */
#include "core/path/path.h"
#include "core/wire/ip4.h"

/* An interface without an address sends as another one of its zone: RFC 1122 section 3.3.4.3 asks
 * for an address of the way out where there is one.                                              */
static bool any_source(const struct path *path, u8 zone, be32 *source)
{
	for (u16 at = 0; at < path->ifaces->count; at++) {
		const struct iface *iface = path_iface(path, at);

		if (iface->conf.zone == zone && iface_source_for(iface, be32_of(0), source))
			return true;
	}
	return false;
}

static enum err way_by(const struct path *path, u8 zone, u16 out_if, be32 next,
		       struct path_way *way)
{
	const struct iface *out = path_iface(path, out_if);

	way->out_if = out_if;
	way->mtu = (u16)u32_min(out->conf.mtu, UINT16_MAX);
	return iface_source_for(out, next, &way->src) || any_source(path, zone, &way->src)
		       ? ERR_OK
		       : ERR_NOT_FOUND;
}

enum err path_find_way(const struct path *path, u8 zone, be32 dst, u16 out_if, struct path_way *way)
{
	const struct fib *fib = &path->fib[zone];
	const struct fib_path *next;
	u16 index;
	u32 route = fib_lookup(fib, dst);

	*way = (struct path_way){ .out_if = IFACE_NONE };
	if (out_if != IFACE_NONE &&
	    (out_if >= path->ifaces->count || path_iface(path, out_if)->conf.zone != zone))
		return ERR_RANGE;
	way->type = fib_route_at(fib, route)->type;
	if (way->type == FIB_LOCAL && path_find_addr(path, zone, dst, &index)) {
		enum err err = way_by(path, zone, index, dst, way);

		way->src = dst;
		return err;
	}
	if (out_if != IFACE_NONE)
		return way_by(path, zone, out_if, dst, way);
	if (way->type != FIB_UNICAST)
		return ERR_NOT_FOUND;
	next = path_pick(path, fib, route, be32_of(0), dst);
	return way_by(path, zone, next->out_if, next->gateway.raw != 0 ? next->gateway : dst, way);
}

/* Towards this peer alone: a flow of somebody else's may have that port. */
static bool reply_is_taken(const struct path *path, const struct tuple_key *key)
{
	struct tuple_key reply = { tuple_reversed(&key->tuple), key->proto, key->zone };
	u32 ref = ct_peek(path->ct, &reply);

	return ref != IDX_NONE && (path->ct->flow[ref >> 1].flags & FLOW_LOCAL) == 0;
}

static bool others_have_port(const struct path *path, u8 zone, be32 addr, u8 proto, be16 port)
{
	for (u16 at = 0; at < path->ifaces->count; at++) {
		const struct iface_conf *conf = &path_iface(path, at)->conf;

		for (u32 own = 0; own < conf->addr_count && conf->zone == zone; own++) {
			if ((addr.raw == 0 || be32_eq(addr, conf->addr[own].addr)) &&
			    nat_has_port(path->nat, conf->addr[own].addr, proto, be16_host(port)))
				return true;
		}
	}
	return false;
}

bool path_port_is_free(const struct path *path, const struct tuple_key *key)
{
	return !others_have_port(path, key->zone, key->tuple.src, key->proto, key->tuple.sport) &&
	       (key->tuple.dst.raw == 0 || !reply_is_taken(path, key));
}
