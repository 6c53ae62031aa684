/* What a peer is told of a path: whether, and with which attributes. */
#include "core/routing/bgp/bgp_part.h"

/* Policies see the attributes of one set after the other: those that were seen last are kept. */
void bgp_export_begin(struct bgp *bgp)
{
	bgp->seen_attr = BGP_ATTR_NONE;
}

static void view_of(struct bgp *bgp, const struct rib_change *change, const struct rib_path *path,
		    enum route_source source)
{
	struct policy_view *view = &bgp->seen;
	u32 attr = source == ROUTE_BGP ? path->attr : BGP_ATTR_NONE;

	view->prefix = change->prefix;
	view->source = source;
	view->metric = path->metric;
	view->has_tag = rib_path_tag(source, path, &view->tag);
	if (attr == BGP_ATTR_NONE) {
		bgp_view_fill(bgp, NULL, view);
	} else if (attr != bgp->seen_attr) {
		bgp_attr_load(&bgp->store, attr, &bgp->in);
		bgp_view_fill(bgp, &bgp->in, view);
	}
	bgp->seen_attr = attr;
}

/* RFC 4271 section 9.2, RFC 1997. */
static bool may_tell(const struct bgp *bgp, const struct bgp_peer *peer,
		     const struct rib_path *path)
{
	const struct bgp_attr_head *head = &bgp_attr_at(&bgp->store, path->attr)->head;
	const struct bgp_peer *from = bgp_peer_at(bgp, bgp->peer_of_client[path->client]);

	if (from == peer)
		return false;
	if (from->internal && peer->internal)
		return false;
	if ((head->flags & BGP_NO_ADVERTISE) != 0)
		return false;
	return (head->flags & BGP_NO_EXPORT) == 0 || peer->internal;
}

/* What the export policy says of a path. */
static bool policy_asks(struct bgp *bgp, const struct bgp_peer *peer,
			const struct rib_change *change, const struct rib_path *path,
			struct policy_result *result)
{
	enum route_source source = rib_client_source(bgp->env.rib, path->client);

	bgp->seen_source = source;
	if (source == ROUTE_BGP ? !may_tell(bgp, peer, path)
				: path->type == FIB_LOCAL || path->type == FIB_BROADCAST ||
					  path->type == FIB_MULTICAST)
		return false;
	if (peer->conf.export == POLICY_NONE) {
		/* RFC 8212 section 2; to our own AS what BGP has, and nothing else unasked. */
		*result = (struct policy_result){ .rule = IDX_NONE };
		result->accepted = peer->internal && source == ROUTE_BGP;
		return result->accepted;
	}
	view_of(bgp, change, path, source);
	policy_run(bgp->conf.policy, peer->conf.export, &bgp->seen, result);
	return result->accepted;
}

bool bgp_export_asks(struct bgp *bgp, const struct bgp_peer *peer, const struct rib_change *change,
		     const struct rib_path *path, struct bgp_group *wanted)
{
	struct policy_result result;
	struct rib_hop hop[RIB_HOPS_MAX];

	if (change->prefix.addr.family != FAMILY_IP4 ||
	    !policy_asks(bgp, peer, change, path, &result))
		return false;
	wanted->source = (u8)bgp->seen_source;
	wanted->attr = BGP_ATTR_NONE;
	wanted->gateway = (struct ip_addr){ .family = FAMILY_NONE };
	if (wanted->source == ROUTE_BGP)
		wanted->attr = path->attr;
	else if (path->hops != RIB_NONE && rib_hops_read(bgp->env.rib, path->hops, hop) > 0)
		wanted->gateway = hop[0].gateway;
	wanted->change_count = result.change_count;
	memcpy(wanted->change, result.change, sizeof wanted->change);
	return true;
}

/* RFC 4271 section 5.1.3: a router on the network that we share with the peer is named itself. */
static bool is_shared(const struct bgp *bgp, const struct bgp_peer *peer, be32 nexthop)
{
	if (nexthop.raw == 0 || peer->iface == IFACE_NONE || be32_eq(nexthop, peer->conf.addr))
		return false;
	return iface_same_net(&bgp->env.ifaces->iface[peer->iface], peer->conf.addr, nexthop);
}

static void nexthop_make(const struct bgp *bgp, const struct bgp_peer *peer, bool learnt,
			 struct bgp_attr_head *head)
{
	be32 self = peer->line[peer->live].local;
	bool keep;

	if (peer->conf.nexthop_self || be32_eq(head->nexthop, peer->conf.addr))
		keep = false;
	else if (peer->internal && learnt)
		keep = true;
	else
		keep = (peer->internal || peer->conf.multihop == 0) &&
		       is_shared(bgp, peer, head->nexthop);
	if (!keep)
		head->nexthop = self;
}

/* Of a route that is not BGP's (RFC 4271 section 5.1.1): of our own networks IGP. */
static void attrs_made(struct bgp_attrs *attrs, const struct bgp_group *group)
{
	bool own = group->source == ROUTE_CONNECTED || group->source == ROUTE_STATIC;

	memset(&attrs->head, 0, sizeof attrs->head);
	attrs->body_len = 0;
	attrs->head.origin = own ? BGP_ORIGIN_IGP : BGP_ORIGIN_INCOMPLETE;
	attrs->head.nexthop = group->gateway.word[0];
	(void)bgp_body_set(attrs, BGP_AS_PATH, BGP_FLAG_TRANSITIVE, NULL, 0);
}

/* RFC 4271 sections 5.1.4 and 5.1.5, RFC 4456 section 8: what stays within an AS. */
static void attrs_strip(struct bgp_attrs *attrs)
{
	attrs->head.flags &= (u8) ~(BGP_HAS_MED | BGP_HAS_LOCAL_PREF | BGP_HAS_ORIGINATOR);
	(void)bgp_body_set(attrs, BGP_CLUSTER_LIST, 0, NULL, 0);
}

bool bgp_export_make(struct bgp *bgp, const struct bgp_peer *peer, const struct bgp_group *group)
{
	struct bgp_attrs *attrs = &bgp->work;
	struct policy_result result = { .accepted = true, .change_count = group->change_count };
	bool learnt = group->attr != BGP_ATTR_NONE;
	bool nexthop_set = false;

	memcpy(result.change, group->change, sizeof result.change);
	if (learnt)
		bgp_attr_load(&bgp->store, group->attr, attrs);
	else
		attrs_made(attrs, group);
	if (!peer->internal)
		attrs_strip(attrs);
	if (!bgp_changes_make(bgp, &result, attrs, &nexthop_set))
		return false;
	if (!nexthop_set)
		nexthop_make(bgp, peer, learnt, &attrs->head);
	if (!peer->internal) {
		attrs->head.flags &= (u8)~BGP_HAS_LOCAL_PREF;
		return bgp_path_prepend(attrs, bgp->conf.as, 1);
	}
	if ((attrs->head.flags & BGP_HAS_LOCAL_PREF) == 0) {
		attrs->head.flags |= BGP_HAS_LOCAL_PREF;
		attrs->head.local_pref = bgp->conf.local_pref;
	}
	return true;
}
