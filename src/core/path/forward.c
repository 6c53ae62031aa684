/* FORWARD: does it fit, and may it travel on? In the order of RFC 1812 section 5.3: the errors must
 * quote the TTL that arrived. The rules come last, as in netfilter.                             */
#include "core/ip/ip.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/ip4.h"

/* RFC 1812 section 5.2.7.2: the sender could have reached the next hop by itself. */
static void forward_redirect(struct path *path, struct pkt *pkt, be32 gateway, ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct iface *iface = path_iface(path, pkt->in_if);
	const struct flow *flow = path_flow(path, pkt);
	enum icmp_refusal why;
	struct pkt *redirect;
	be32 source;

	if (!path->redirects || pkt->in_if != pkt->out_if ||
	    (flow != NULL && (flow->flags & FLOW_TRANSLATED) != 0) ||
	    !iface_same_net(iface, ip->src, gateway) ||
	    !iface_source_for(iface, ip->src, &source))
		return;
	redirect = icmp_redirect_make(path->icmp, pkt, gateway, source, now, &why);
	if (redirect == NULL)
		return;
	redirect->zone = pkt->zone;
	path->stats.redirects++;
	path_output(path, redirect, now);
}

verdict path_forward(struct path *path, struct pkt *pkt, be32 gateway, ns_t now)
{
	const struct iface *out = path_iface(path, pkt->out_if);
	verdict v = ip_check_forwardable(path->drops, pkt);

	/* It ends here: neither its time to live nor the size of the way out matters. */
	if (verdict_is_accept(v) && pkt->flow != IDX_NONE && UNLIKELY(path_is_split(path, pkt)) &&
	    !path_is_split_anew(path, pkt))
		return path_splice_in(path, pkt, now);
	if (verdict_is_accept(v))
		v = ip_check_ttl(path->drops, pkt);
	if (verdict_is_accept(v))
		v = ip_fit_mtu(path->drops, pkt, out->conf.mtu);
	if (path_is_traced(path))
		tell_forward(path, pkt, v);
	if (!verdict_is_accept(v))
		return v;
	forward_redirect(path, pkt, gateway, now);
	ip_decrement_ttl(pkt);
	v = path_filter(path, pkt, FILTER_FORWARD, now);
	if (!verdict_is_accept(v))
		return v;
	path->stats.forwarded++;
	return splice_is_off(path->splice) ? VERDICT_ACCEPT : path_split_new(path, pkt, now);
}
