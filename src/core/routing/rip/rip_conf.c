/* What RIP takes for granted, and what it refuses. */
#include "core/routing/rip/rip_conf.h"
#include "core/routing/rib.h"

void rip_conf_defaults(struct rip_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->net_limit = 8192;
	conf->neighbour_limit = 256;
	conf->distance = RIB_DISTANCE_RIP;
	conf->hop_limit = RIP_HOPS_MAX;
	conf->export_metric = 1;
	conf->update_ns = 30 * NS_PER_SEC;
	conf->timeout_ns = 180 * NS_PER_SEC;
	conf->garbage_ns = 120 * NS_PER_SEC;
	conf->import = POLICY_NONE;
	conf->export = POLICY_NONE;
}

void rip_iface_conf_defaults(struct rip_iface_conf *conf, u16 iface)
{
	memset(conf, 0, sizeof *conf);
	conf->iface = iface;
	conf->cost = 1;
	conf->multicast = true;
}

static const char *key_wrong(const struct rip_auth_conf *auth, const struct rip_key *key)
{
	if (key->len_bytes == 0 || key->len_bytes > RIP_SECRET_MAX)
		return "a key of RIP has 1 to 64 bytes";
	if (auth->kind == RIP_AUTH_PASSWORD)
		return key->len_bytes > RIP_PASSWORD_MAX ? "a password of RIP has at most 16 bytes"
							 : NULL;
	if ((u32)key->alg > DIGEST_SHA512)
		return "no such digest";
	if (key->alg == DIGEST_MD5 && key->len_bytes > RIP_PASSWORD_MAX)
		return "a key of MD5 has at most 16 bytes";
	return NULL;
}

static const char *auth_wrong(const struct rip_auth_conf *auth)
{
	const char *wrong = NULL;

	if (auth->kind == RIP_AUTH_NONE)
		return NULL;
	if ((u32)auth->kind > RIP_AUTH_DIGEST)
		return "no such authentication";
	if (auth->key_count == 0)
		return "authentication of RIP without a key";
	if (auth->key_count > RIP_KEYS_MAX)
		return "RIP takes at most 4 keys at an interface";
	if (auth->kind == RIP_AUTH_PASSWORD && auth->key_count != 1)
		return "only one password can be in use";
	for (u32 n = 0; n < auth->key_count && wrong == NULL; n++) {
		wrong = key_wrong(auth, &auth->key[n]);
		for (u32 before = 0; before < n; before++) {
			if (auth->key[before].id == auth->key[n].id)
				wrong = "two keys of RIP have one identifier";
		}
	}
	return wrong;
}

static const char *iface_wrong(const struct rip_iface_conf *conf)
{
	if (conf->iface >= IFACE_MAX)
		return "no such interface";
	if (conf->cost == 0 || conf->cost >= RIP_INFINITY)
		return "the cost of an interface is 1 to 15";
	if (conf->peer_count > RIP_PEERS_MAX)
		return "RIP takes at most 8 unicast neighbours at an interface";
	return auth_wrong(&conf->auth);
}

static const char *timers_wrong(const struct rip_conf *conf)
{
	if (conf->update_ns < NS_PER_SEC || conf->update_ns > 3600 * NS_PER_SEC)
		return "RIP updates come every 1 to 3600 seconds";
	if (conf->timeout_ns <= conf->update_ns)
		return "a route of RIP would time out between two updates";
	if (conf->garbage_ns < conf->update_ns)
		return "what is unreachable would be forgotten before it is told";
	if (conf->timeout_ns > 86400 * NS_PER_SEC || conf->garbage_ns > 86400 * NS_PER_SEC)
		return "times of RIP are at most a day";
	return NULL;
}

const char *rip_conf_wrong(const struct rip_conf *conf)
{
	const char *wrong = timers_wrong(conf);

	if (conf->net_limit == 0 || conf->neighbour_limit == 0)
		return "limits of RIP are not zero";
	if (conf->distance == 0)
		return "distance 0 is that of connected networks";
	if (conf->hop_limit == 0 || conf->hop_limit > RIP_HOPS_MAX)
		return "a destination of RIP has 1 to 8 next hops";
	if (conf->export_metric == 0 || conf->export_metric >= RIP_INFINITY)
		return "a metric that is announced is 1 to 15";
	if (conf->policy == NULL && (conf->import != POLICY_NONE || conf->export != POLICY_NONE))
		return "no such policy";
	if (conf->iface_count > IFACE_MAX)
		return "more interfaces than there can be";
	for (u32 n = 0; n < conf->iface_count && wrong == NULL; n++) {
		wrong = iface_wrong(&conf->iface[n]);
		for (u32 before = 0; before < n; before++) {
			if (conf->iface[before].iface == conf->iface[n].iface)
				wrong = "an interface stands twice";
		}
	}
	return wrong;
}
