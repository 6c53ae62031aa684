/* Another configuration while it runs: who stays up and does not notice, who begins anew. */
#include "core/routing/bgp/bgp_part.h"

/* What was agreed on with the peer, or how it is reached: only a new connection can change it. */
static bool begins_anew(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
	return a->as != b->as || a->port != b->port || !be32_eq(a->local_addr, b->local_addr) ||
	       a->hold_s != b->hold_s || a->keepalive_s != b->keepalive_s ||
	       a->multihop != b->multihop || a->gtsm_hops != b->gtsm_hops ||
	       a->graceful_restart != b->graceful_restart || a->add_path_in != b->add_path_in ||
	       u32_max(a->paths_out, 1) != u32_max(b->paths_out, 1) ||
	       !bgp_auth_goes_on(&a->auth, &b->auth);
}

static const struct bgp_peer_conf *wanted_of(const struct bgp_conf *conf, be32 addr)
{
	for (u32 at = 0; at < conf->peer_count; at++) {
		if (be32_eq(conf->peer[at].addr, addr))
			return &conf->peer[at];
	}
	return NULL;
}

static void peer_remove(struct bgp *bgp, struct bgp_peer *peer)
{
	peer->held = BGP_HELD_STOPPED;
	bgp_peer_cease(bgp, peer, BGP_CEASE_DECONFIGURED, NULL);
	bgp_listen_unsign(bgp, peer);
	bgp_peer_fini(bgp, peer);
}

static void peer_add(struct bgp *bgp, const struct bgp_peer_conf *conf)
{
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		struct bgp_peer *peer = &bgp->peer[at];

		if (peer->used)
			continue;
		bgp_peer_init(bgp, peer, conf);
		bgp_listen_sign(bgp, peer);
		bgp_peer_start(bgp, peer);
		return;
	}
	CHECK(false); /* the configuration has no more than peer_limit */
}

/* Policies that say something else are run again over what is there. */
static void policies_look(struct bgp *bgp, struct bgp_peer *peer, bool all_again)
{
	u64 import = bgp_policy_mark(bgp, peer->conf.import);
	u64 export = bgp_policy_mark(bgp, peer->conf.export);

	if (peer->client != RIB_CLIENT_NONE && (all_again || import != peer->import_mark)) {
		peer->reimport = true;
		peer->reimport_at = 0;
	}
	if (bgp_is_up(peer) && (all_again || export != peer->export_mark))
		rib_reader_rewind(bgp->env.rib, peer->reader);
	peer->import_mark = import;
	peer->export_mark = export;
	bgp->busy = true;
}

static void limit_look(struct bgp *bgp, struct bgp_peer *peer)
{
	if (bgp_is_up(peer) && bgp_limit_look(bgp, peer) != BGP_EVENT_NONE)
		bgp_line_event(bgp, peer, peer->live, BGP_EVENT_AUTOMATIC_STOP);
}

/* Who is held down for too many prefixes comes back when more are allowed; and a change of the time
 * after which it may counts for it, too.                                                         */
static void held_look(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_peer_conf *old)
{
	const struct bgp_peer_conf *conf = &peer->conf;

	if (peer->held != BGP_HELD_PREFIXES)
		return;
	if (conf->prefix_limit == 0 || conf->prefix_limit > old->prefix_limit) {
		bgp_timer_set(bgp, peer, BGP_TIMER_PREFIXES, NS_NEVER);
		peer->held = BGP_HELD_NOT;
		bgp_peer_start(bgp, peer);
	} else if (conf->prefix_restart_s != old->prefix_restart_s) {
		bgp_prefixes_wait(bgp, peer);
	}
}

/* Shut down, or let go on. True: that was all that was to be done. */
static bool shutdown_look(struct bgp *bgp, struct bgp_peer *peer)
{
	if (peer->conf.shutdown && peer->held != BGP_HELD_SHUTDOWN) {
		peer->held = BGP_HELD_SHUTDOWN;
		bgp_peer_cease(bgp, peer, BGP_CEASE_SHUTDOWN, peer->conf.shutdown_text);
		return true;
	}
	if (!peer->conf.shutdown && peer->held == BGP_HELD_SHUTDOWN) {
		peer->held = BGP_HELD_NOT;
		bgp_peer_start(bgp, peer);
		return true;
	}
	return peer->held != BGP_HELD_NOT;
}

static void peer_change(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_peer_conf *conf,
			bool anew)
{
	struct bgp_peer_conf old = peer->conf;
	bool nexthops = old.nexthop_self != conf->nexthop_self;
	bool passive = old.passive != conf->passive;

	anew = anew || begins_anew(&old, conf);
	if (anew)
		bgp_listen_unsign(bgp, peer);
	peer->conf = *conf;
	if (anew)
		bgp_listen_sign(bgp, peer);
	else
		bgp_keys_change(bgp, peer, &old.auth);
	peer->internal = conf->as == bgp->conf.as;
	held_look(bgp, peer, &old);
	if (shutdown_look(bgp, peer))
		return;
	if (anew || (passive && !bgp_is_up(peer))) {
		bgp_peer_cease(bgp, peer, BGP_CEASE_CONFIGURED, NULL);
		bgp_paths_forget(bgp, peer);
		bgp_peer_start(bgp, peer);
	}
	policies_look(bgp, peer, false);
	if (nexthops && bgp_is_up(peer))
		rib_reader_rewind(bgp->env.rib, peer->reader);
	limit_look(bgp, peer);
}

static bool limits_equal(const struct bgp_conf *a, const struct bgp_conf *b)
{
	return a->peer_limit == b->peer_limit && a->attr_limit == b->attr_limit &&
	       a->cell_limit == b->cell_limit && a->net_limit == b->net_limit &&
	       a->paths_out_limit == b->paths_out_limit;
}

void bgp_configure(struct bgp *bgp, const struct bgp_conf *conf, ns_t now)
{
	bool anew = conf->as != bgp->conf.as || !be32_eq(conf->router_id, bgp->conf.router_id);
	bool port = conf->port != bgp->conf.port;
	struct hash_key key = bgp->conf.key;

	CHECK(limits_equal(conf, &bgp->conf));
	bgp->now = now;
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		struct bgp_peer *peer = &bgp->peer[at];

		if (peer->used && wanted_of(conf, peer->conf.addr) == NULL)
			peer_remove(bgp, peer);
	}
	bgp->conf = *conf;
	bgp->conf.key = key;
	if (port)
		bgp_unlisten(bgp);
	bgp_listen(bgp);
	for (u32 at = 0; at < conf->peer_count; at++) {
		struct bgp_peer *peer = bgp_peer_find(bgp, conf->peer[at].addr);

		if (peer == NULL)
			peer_add(bgp, &conf->peer[at]);
		else
			peer_change(bgp, peer, &conf->peer[at], anew);
	}
}
