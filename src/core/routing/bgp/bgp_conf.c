/* Defaults, and what can not be. */
#include "core/routing/bgp/bgp_conf.h"
#include "core/routing/rib.h"

enum {
	HOLD_S = 180,
	HOLD_LEAST_S = 3, /* RFC 4271 section 4.2 */
	KEEPALIVE_S = 60,
	CONNECT_RETRY_S = 30,
	LOCAL_PREF = 100,
	WARN_PERCENT = 80,
	RESTART_MAX_S = 300,
	PEERS = 64,
	ATTRS = 1 << 17,
	CELLS = 1 << 18,
	NETS = 1 << 20,
};

void bgp_peer_conf_defaults(struct bgp_peer_conf *conf)
{
	*conf = (struct bgp_peer_conf){
		.port = BGP_PORT,
		.hold_s = HOLD_S,
		.keepalive_s = KEEPALIVE_S,
		.connect_retry_s = CONNECT_RETRY_S,
		.import = POLICY_NONE,
		.export = POLICY_NONE,
		.prefix_warn_percent = WARN_PERCENT,
		.graceful_restart = true,
		.restart_max_s = RESTART_MAX_S,
		.paths_out = 1,
	};
}

void bgp_conf_defaults(struct bgp_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->port = BGP_PORT;
	conf->local_pref = LOCAL_PREF;
	conf->multipath = 1;
	conf->distance_ebgp = RIB_DISTANCE_EBGP;
	conf->distance_ibgp = RIB_DISTANCE_IBGP;
	conf->peer_limit = PEERS;
	conf->attr_limit = ATTRS;
	conf->cell_limit = CELLS;
	conf->net_limit = NETS;
	conf->paths_out_limit = 1;
}

static bool policy_missing(const struct bgp_conf *conf, u16 policy)
{
	u32 count = conf->policy == NULL ? 0 : conf->policy->policy_count;

	return policy != POLICY_NONE && policy >= count;
}

static const char *times_wrong(const struct bgp_peer_conf *peer)
{
	if (peer->hold_s != 0 && peer->hold_s < HOLD_LEAST_S)
		return "hold time is zero or at least 3 seconds";
	if (peer->hold_s != 0 && peer->keepalive_s == 0)
		return "with a hold time there are keepalives";
	if (peer->connect_retry_s == 0)
		return "connect retry is at least a second";
	return NULL;
}

static const char *auth_wrong(const struct bgp_auth_conf *auth)
{
	if (auth->key_count > BGP_KEYS_MAX ||
	    (auth->kind == BGP_AUTH_NONE) != (auth->key_count == 0) ||
	    (auth->kind == BGP_AUTH_MD5 && auth->key_count != 1))
		return "MD5 has one key, TCP-AO one to four";
	for (u32 at = 0; at < auth->key_count; at++) {
		const struct bgp_key *key = &auth->key[at];

		if (key->len_bytes == 0 || key->len_bytes > BGP_SECRET_MAX)
			return "a secret has 1 to 80 bytes";
		for (u32 other = 0; other < at; other++) {
			if (auth->key[other].send_id == key->send_id ||
			    auth->key[other].recv_id == key->recv_id)
				return "two keys have an identifier in common";
		}
	}
	return NULL;
}

static const char *peer_wrong(const struct bgp_conf *conf, const struct bgp_peer_conf *peer)
{
	const char *wrong = auth_wrong(&peer->auth);

	if (peer->addr.raw == 0)
		return "a peer has an address";
	if (peer->as == 0)
		return "AS 0 is nobody's (RFC 7607)";
	if (peer->port == 0)
		return "a peer's port is not zero";
	if (policy_missing(conf, peer->import) || policy_missing(conf, peer->export))
		return "there is no such policy";
	if (wrong != NULL)
		return wrong;
	if (peer->prefix_warn_percent > 100)
		return "a share is at most 100 percent";
	if (u32_max(peer->paths_out, 1) > conf->paths_out_limit)
		return "more paths for a peer than the limit allows";
	if (peer->gtsm_hops != 0 && peer->multihop > peer->gtsm_hops)
		return "further away than GTSM allows";
	return times_wrong(peer);
}

static bool has_twin(const struct bgp_conf *conf, u32 at)
{
	for (u32 other = 0; other < at; other++) {
		if (be32_eq(conf->peer[other].addr, conf->peer[at].addr))
			return true;
	}
	return false;
}

static const char *limits_wrong(const struct bgp_conf *conf)
{
	if (conf->peer_limit > BGP_PEER_MAX || conf->peer_count > conf->peer_limit)
		return "more peers than the limit allows";
	if (conf->attr_limit == 0 || conf->cell_limit == 0 || conf->net_limit == 0)
		return "a limit is zero";
	if (conf->paths_out_limit == 0 || conf->paths_out_limit > BGP_PATHS_OUT_MAX)
		return "1 to 8 paths of a prefix may be told";
	if (conf->multipath == 0 || conf->multipath > BGP_MULTIPATH_MAX)
		return "1 to 16 paths may be used beside each other";
	if (conf->distance_ebgp == RIB_DISTANCE_UNREACHABLE ||
	    conf->distance_ibgp == RIB_DISTANCE_UNREACHABLE)
		return "a distance is at most 254";
	return NULL;
}

const char *bgp_conf_wrong(const struct bgp_conf *conf)
{
	const char *wrong = limits_wrong(conf);

	if (wrong != NULL || conf->peer_count == 0)
		return wrong;
	if (conf->as == 0)
		return "AS 0 is nobody's (RFC 7607)";
	if (conf->router_id.raw == 0)
		return "a BGP identifier is not zero (RFC 6286)";
	for (u32 at = 0; at < conf->peer_count && wrong == NULL; at++) {
		wrong = peer_wrong(conf, &conf->peer[at]);
		if (wrong == NULL && has_twin(conf, at))
			wrong = "two peers have the same address";
	}
	return wrong;
}
