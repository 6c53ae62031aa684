/* BFD for the others: whom it watches, and who is told that a neighbour is gone (RFC 5882).
 *
 * Now and then all that asks for it is looked at: peers of BGP, neighbours of OSPF, gateways of
 * routes of the configuration. Who is there no longer is not watched any more. A path that fails is
 * told at once, in the same turn of the engine.
 *
 * A route of the configuration has no protocol that would know of its gateway, so its gateway
 * counts as reached when the session has been up, and until it fails (RFC 5882 section 5). A
 * neighbour who says that its administrator ended the session is believed in as before: nothing is
 * known then.                                                                                    */
#include "core/engine/engine.h"

static const ns_t look_ns = NS_PER_SEC;

enum { NBRS_AT_ONCE = 16 };

static struct routing_watched *watched_find(struct routing *r, be32 addr, u16 iface, u8 source)
{
	for (u32 at = 0; at < r->watched_count; at++) {
		struct routing_watched *watched = &r->watched[at];

		if (watched->id != BFD_NONE && be32_eq(watched->addr, addr) &&
		    watched->iface == iface && watched->source == source)
			return watched;
	}
	return NULL;
}

static struct routing_watched *watched_new(struct routing *r)
{
	for (u32 at = 0; at < r->watched_count; at++) {
		if (r->watched[at].id == BFD_NONE)
			return &r->watched[at];
	}
	if (r->watched_count == ROUTING_WATCHED)
		return NULL;
	r->watched[r->watched_count].id = BFD_NONE; /* until there is a session for it */
	return &r->watched[r->watched_count++];
}

/* Said once: the log is for those who read it. */
static void say_full(struct routing *r, be32 addr, u16 iface, enum route_source source,
		     ns_t now)
{
	struct speaker_event event = { .at_ns = now,
				       .kind = SPEAKER_WARNING,
				       .source = source,
				       .neighbour = ip_addr4(addr),
				       .iface = iface,
				       .text = "BFD has no room to look after it, and maybe after "
					       "others" };

	if (!r->watch_full_said)
		speaker_log_add(&r->log, &event);
	r->watch_full_said = true;
}

/* Without room for it, it is not watched: its own protocol will find out later, and a route of the
 * configuration is not used.                                                                     */
static void want(struct sluice *s, be32 addr, u16 iface, enum route_source source)
{
	struct routing *r = s->routing;
	struct routing_watched *watched = watched_find(r, addr, iface, (u8)source);
	u32 id;

	if (watched == NULL) {
		watched = watched_new(r);
		id = watched == NULL ? BFD_NONE : bfd_get(r->bfd, addr, iface, source, s->now);
		if (id == BFD_NONE) {
			say_full(r, addr, iface, source, s->now);
			return;
		}
		*watched = (struct routing_watched){ addr, iface, (u8)source, true,
						     bfd_is_up(r->bfd, id), id };
		if (source == ROUTE_STATIC && watched->reached)
			routing_fixed_again(s, addr, iface);
	}
	watched->wanted = true;
}

static void bgp_look(struct sluice *s)
{
	struct routing *r = s->routing;

	for (u32 at = 0; r->runs[SPEAKER_BGP] && at < r->conf.bgp.peer_count; at++) {
		const struct bgp_peer_conf *peer = &r->conf.bgp.peer[at];
		struct path_way way;

		/* RFC 5881: of one hop only; who is farther away has no interface. */
		if (peer->bfd && !peer->shutdown &&
		    path_find_way(&s->path, 0, peer->addr, IFACE_NONE, &way) == ERR_OK &&
		    way.type == FIB_UNICAST)
			want(s, peer->addr, way.out_if, ROUTE_BGP);
	}
}

static bool ospf_asks(const struct ospf_conf *conf, u16 iface)
{
	for (u32 at = 0; at < conf->iface_count; at++) {
		if (conf->iface[at].iface == iface)
			return conf->iface[at].bfd;
	}
	return false;
}

static void ospf_look(struct sluice *s)
{
	struct routing *r = s->routing;
	struct ospf_nbr_shown nbr[NBRS_AT_ONCE];
	u32 cursor = 0, count = 1;

	while (r->runs[SPEAKER_OSPF] && count > 0) {
		count = ospf_show_nbrs(r->ospf, &cursor, nbr, NBRS_AT_ONCE, s->now);
		for (u32 at = 0; at < count; at++) {
			if (nbr[at].state >= OSPF_NBR_TWO_WAY &&
			    ospf_asks(&r->conf.ospf, nbr[at].iface))
				want(s, nbr[at].addr, nbr[at].iface, ROUTE_OSPF);
		}
	}
}

/* ---- routes of the configuration ------------------------------------------------------------- */

bool routing_fixed_reaches(struct routing *r, const struct fib_path *path)
{
	const struct routing_watched *watched =
		watched_find(r, path->gateway, path->out_if, ROUTE_STATIC);

	return watched != NULL && watched->reached;
}

bool routing_fixed_is_by(const struct sluice_route_conf *conf, be32 gateway, u16 iface)
{
	for (u32 at = 0; at < conf->route.path_count && at < FIB_PATHS_MAX; at++) {
		const struct fib_path *path = &conf->route.path[at];

		if (be32_eq(path->gateway, gateway) && path->out_if == iface)
			return true;
	}
	return false;
}

static void fixed_look(struct sluice *s)
{
	for (u32 at = 0; at < s->conf.route_count; at++) {
		const struct sluice_route_conf *conf = &s->conf.route[at];

		for (u32 n = 0; conf->bfd && conf->zone == 0 && n < conf->route.path_count; n++)
			want(s, conf->route.path[n].gateway, conf->route.path[n].out_if,
			     ROUTE_STATIC);
	}
}

static void fixed_tell(struct sluice *s, const struct bfd_change *change)
{
	struct routing_watched *watched =
		watched_find(s->routing, change->addr, change->iface, ROUTE_STATIC);
	bool reached;

	if (watched == NULL)
		return;
	reached = change->state == BFD_UP || (watched->reached && !change->failed);
	if (change->failed && change->remote_admin)
		reached = true;
	if (reached == watched->reached)
		return;
	watched->reached = reached;
	routing_fixed_again(s, change->addr, change->iface);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void look(struct sluice *s)
{
	struct routing *r = s->routing;

	for (u32 at = 0; at < r->watched_count; at++)
		r->watched[at].wanted = false;
	bgp_look(s);
	ospf_look(s);
	fixed_look(s);
	for (u32 at = 0; at < r->watched_count; at++) {
		struct routing_watched *watched = &r->watched[at];

		if (watched->id == BFD_NONE || watched->wanted)
			continue;
		bfd_put(r->bfd, watched->id, (enum route_source)watched->source, s->now);
		watched->id = BFD_NONE;
	}
}

static void tell(struct sluice *s, const struct bfd_change *change)
{
	struct routing *r = s->routing;

	if ((change->sources >> ROUTE_STATIC & 1) != 0)
		fixed_tell(s, change);
	/* RFC 5882 section 4.2: who is down because he was told to be is no failure. */
	if (!change->failed || change->remote_admin)
		return;
	if ((change->sources >> ROUTE_BGP & 1) != 0 && r->runs[SPEAKER_BGP])
		(void)!bgp_peer_lost(r->bgp, change->addr, "BFD finds that it can not be reached",
				     s->now);
	if ((change->sources >> ROUTE_OSPF & 1) != 0 && r->runs[SPEAKER_OSPF])
		ospf_nbr_lost(r->ospf, change->iface, change->addr, s->now);
}

void routing_watch(struct sluice *s, ns_t now)
{
	struct routing *r = s->routing;
	struct bfd_change change;

	if (!r->runs[SPEAKER_BFD])
		return;
	while (bfd_read(r->bfd, &change))
		tell(s, &change);
	if (now < r->watch_ns)
		return;
	r->watch_ns = now + look_ns;
	look(s);
}
