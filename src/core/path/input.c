/* INPUT: what is for the gateway. What it answers itself becomes a flow here, at the second record
 * point; what the host answers does not, since the host's answers leave without passing here.    */
#include "core/path/path.h"
#include "core/wire/ip4.h"

/* A directed broadcast that came by another link than the one it is for. */
static bool is_from_elsewhere(const struct path *path, const struct pkt *pkt)
{
	be32 dst = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->dst;

	return !ip4_is_limited_broadcast(dst) &&
	       !iface_is_broadcast(path_iface(path, pkt->in_if), dst);
}

verdict path_input(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now)
{
	verdict v;

	/* RFC 2644 section 3: neither forwarded nor received. */
	if (type == FIB_BROADCAST && is_from_elsewhere(path, pkt))
		return pkt_drop(path->drops, pkt, DROP_IP_DESTINATION);
	v = path_filter(path, pkt, FILTER_INPUT, now);
	if (!verdict_is_accept(v))
		return v;
	return path_deliver(path, pkt, type, now);
}
