/* Routes of a peer that restarts (RFC 4724 section 4.2: we help, and keep none of our own state),
 * and the client of the RIB that a peer's paths are under.                                       */
#include "core/routing/bgp/bgp_part.h"

void bgp_paths_forget(struct bgp *bgp, struct bgp_peer *peer)
{
	if (peer->client == RIB_CLIENT_NONE)
		return;
	/* Who it was stays known until the last path is gone: decisions compare by it no longer. */
	rib_client_del(bgp->env.rib, peer->client);
	peer->client = RIB_CLIENT_NONE;
	peer->stale = peer->refreshing = peer->reimport = false;
	bgp_timer_set(bgp, peer, BGP_TIMER_RESTART, NS_NEVER);
}

static void stale_begin(struct bgp *bgp, struct bgp_peer *peer, u32 seconds)
{
	rib_client_stale(bgp->env.rib, peer->client);
	peer->stale = true;
	bgp_timer_set(bgp, peer, BGP_TIMER_RESTART, bgp->now + seconds * NS_PER_SEC);
}

static void stale_end(struct bgp *bgp, struct bgp_peer *peer)
{
	if (!peer->stale)
		return;
	rib_client_unstale(bgp->env.rib, peer->client);
	peer->stale = peer->refreshing = false;
	bgp_timer_set(bgp, peer, BGP_TIMER_RESTART, NS_NEVER);
}

bool bgp_restart_up(struct bgp *bgp, struct bgp_peer *peer)
{
	if (peer->client == RIB_CLIENT_NONE) {
		peer->client = rib_client_new(bgp->env.rib, ROUTE_BGP);
		if (peer->client == RIB_CLIENT_NONE)
			return false;
		bgp->peer_of_client[peer->client] = (u16)bgp_peer_index(bgp, peer);
		bgp->paths_of_client[peer->client] = 0;
		bgp->hidden_of_client[peer->client] = 0;
		return true;
	}
	/* It says that it has not kept forwarding, or is no such peer any more: away with them. */
	if (!peer->open.restart_ip4 || !peer->open.forwarding_ip4)
		stale_end(bgp, peer);
	else
		bgp_timer_set(bgp, peer, BGP_TIMER_RESTART,
			      bgp->now + peer->conf.restart_max_s * NS_PER_SEC);
	return true;
}

void bgp_restart_down(struct bgp *bgp, struct bgp_peer *peer, bool may_keep)
{
	u32 seconds = u32_min(peer->open.restart_s, peer->conf.restart_max_s);

	if (peer->client == RIB_CLIENT_NONE)
		return;
	/* Paths that were stale when it went down again are not kept for longer. */
	if (may_keep && peer->conf.graceful_restart && peer->open.restart_ip4 && seconds > 0 &&
	    rib_client_has_era(bgp->env.rib, peer->client)) {
		stale_end(bgp, peer);
		stale_begin(bgp, peer, seconds);
	} else {
		bgp_paths_forget(bgp, peer);
	}
}

void bgp_restart_end_of_rib(struct bgp *bgp, struct bgp_peer *peer)
{
	if (!peer->refreshing)
		stale_end(bgp, peer);
}

void bgp_restart_expires(struct bgp *bgp, struct bgp_peer *peer)
{
	if (bgp_is_up(peer))
		stale_end(bgp, peer);
	else
		bgp_paths_forget(bgp, peer);
}

/* RFC 7313 section 4.2: what is not told again until EoRR is gone. Another BoRR marks all that is
 * there once more, but gives no longer time to what was stale. One that comes when the sweep is
 * behind marks nothing: then more is kept than has to be.                                        */
void bgp_refresh_stale(struct bgp *bgp, struct bgp_peer *peer, bool begin)
{
	if (!begin) {
		if (peer->refreshing)
			stale_end(bgp, peer);
		return;
	}
	if (!rib_client_has_era(bgp->env.rib, peer->client))
		return;
	if (peer->stale)
		rib_client_stale(bgp->env.rib, peer->client);
	else
		stale_begin(bgp, peer, peer->conf.restart_max_s);
	peer->refreshing = true;
}
