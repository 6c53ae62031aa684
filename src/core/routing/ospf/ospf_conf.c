/* Defaults, and what can not be. */
#include "core/routing/ospf/ospf_conf.h"
#include "core/routing/rib.h"

void ospf_conf_defaults(struct ospf_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->distance = RIB_DISTANCE_OSPF;
	conf->import_policy = POLICY_NONE;
	conf->export_policy = POLICY_NONE;
	conf->export_metric = 20;
	conf->spf_initial_ms = 50;
	conf->spf_short_ms = 200;
	conf->spf_long_ms = 1000;
	conf->lsa_limit = 16384;
	conf->nbr_limit = 256;
	conf->nbr_iface_limit = 64;
	conf->rxmt_limit = 65536;
	conf->request_limit = 16384;
	conf->route_limit = 16384;
	conf->export_limit = 8192;
}

void ospf_area_conf_defaults(struct ospf_area_conf *conf, u32 id)
{
	*conf = (struct ospf_area_conf){ .id = id, .default_cost = 1 };
}

void ospf_iface_conf_defaults(struct ospf_iface_conf *conf, u16 iface, u32 area_id)
{
	*conf = (struct ospf_iface_conf){
		.iface = iface,
		.area_id = area_id,
		.type = OSPF_NET_BROADCAST,
		.cost = 10,
		.priority = 1,
		.hello_s = 10,
		.dead_s = 40,
		.rxmt_s = 5,
		.delay_s = 1,
	};
}

static const char *auth_wrong(const struct ospf_auth_conf *auth)
{
	if (auth->kind != OSPF_AUTH_CRYPTO)
		return (u32)auth->kind > OSPF_AUTH_CRYPTO ? "no such kind of authentication" : NULL;
	if (auth->key_count == 0 || auth->key_count > OSPF_KEY_MAX)
		return "authentication wants one to four keys";
	if (auth->send_key >= auth->key_count)
		return "the key to send with is none of the keys";
	for (u32 n = 0; n < auth->key_count; n++) {
		const struct ospf_key *key = &auth->key[n];

		if ((u32)key->alg > OSPF_KEY_SHA512)
			return "no such algorithm of authentication";
		if (key->len_bytes == 0 || key->len_bytes > OSPF_KEY_SIZE)
			return "a key has 1 to 64 bytes";
		if (key->alg == OSPF_KEY_MD5 && key->len_bytes > OSPF_MD5_KEY_SIZE)
			return "a key for MD5 has at most 16 bytes";
		for (u32 before = 0; before < n; before++) {
			if (auth->key[before].id == key->id)
				return "two keys of an interface have the same id";
		}
	}
	return NULL;
}

static const char *area_wrong(const struct ospf_area_conf *area)
{
	if (area->kind != OSPF_AREA_NORMAL && area->id == 0)
		return "the backbone is neither a stub area nor an NSSA";
	if ((u32)area->kind > OSPF_AREA_NSSA)
		return "no such kind of area";
	if (area->kind == OSPF_AREA_NORMAL && area->no_summary)
		return "only a stub area or an NSSA goes without summaries";
	if (area->kind != OSPF_AREA_NSSA && (area->nssa_default || area->nssa_always))
		return "only an NSSA has routes of type 7";
	if (area->default_cost >= 0xffffff)
		return "a default cost is below 16777215";
	if (area->range_count > OSPF_RANGE_MAX)
		return "too many ranges in an area";
	for (u32 n = 0; n < area->range_count; n++) {
		const struct ospf_range *range = &area->range[n];

		if (range->len > 32 || (be32_host(range->addr) & ~ip4_mask(range->len)) != 0)
			return "a range has bits behind its length";
	}
	return NULL;
}

static const char *iface_wrong(const struct ospf_conf *conf, u32 n)
{
	const struct ospf_iface_conf *iface = &conf->iface[n];
	bool found = false;

	for (u32 at = 0; at < conf->area_count; at++)
		found = found || conf->area[at].id == iface->area_id;
	if (!found)
		return "an interface is in an area that is not there";
	for (u32 before = 0; before < n; before++) {
		if (conf->iface[before].iface == iface->iface)
			return "an interface is named twice";
	}
	if (iface->iface >= IFACE_MAX || (u32)iface->type > OSPF_NET_PTP)
		return "no such interface or kind of network";
	if (iface->cost == 0 || iface->cost == UINT16_MAX)
		return "a cost is 1 to 65534";
	if (iface->hello_s == 0 || iface->dead_s <= iface->hello_s || iface->dead_s > UINT16_MAX)
		return "the dead interval is longer than that of hellos, and at most 65535 seconds";
	if (iface->rxmt_s < 2 || iface->delay_s == 0 || iface->delay_s > 60)
		return "retransmissions wait 2 seconds at least, a transmission takes 1 to 60";
	return auth_wrong(&iface->auth);
}

static const char *limits_wrong(const struct ospf_conf *conf)
{
	if (conf->lsa_limit < OSPF_LSA_LIMIT_MIN || conf->lsa_limit > 1 << 20)
		return "lsa_limit is 16 to 1048576";
	if (conf->nbr_limit == 0 || conf->nbr_limit > 4096 || conf->nbr_iface_limit == 0)
		return "nbr_limit is 1 to 4096";
	if (conf->rxmt_limit < 16 || conf->rxmt_limit > 1 << 22)
		return "rxmt_limit is 16 to 4194304";
	if (conf->request_limit < 128 || conf->request_limit > 1 << 20)
		return "request_limit is 128 to 1048576";
	if (conf->route_limit < 16 || conf->route_limit > 1 << 20)
		return "route_limit is 16 to 1048576";
	if (conf->export_limit == 0 || conf->export_limit > 1 << 20)
		return "export_limit is 1 to 1048576";
	return NULL;
}

const char *ospf_conf_wrong(const struct ospf_conf *conf)
{
	const char *wrong = limits_wrong(conf);

	if (conf->area_count > OSPF_AREA_MAX || conf->iface_count > OSPF_IFACE_MAX)
		return "too many areas or interfaces";
	if (conf->export_metric >= 0xffffff)
		return "a metric is below 16777215";
	if (conf->distance == 0 || conf->distance == RIB_DISTANCE_UNREACHABLE)
		return "a distance is 1 to 254";
	if (conf->spf_initial_ms > 60000 || conf->spf_short_ms > 60000 || conf->spf_long_ms > 60000)
		return "the calculation waits a minute at most";
	for (u32 n = 0; wrong == NULL && n < conf->area_count; n++) {
		wrong = area_wrong(&conf->area[n]);
		for (u32 before = 0; before < n; before++) {
			if (conf->area[before].id == conf->area[n].id)
				wrong = "an area is named twice";
		}
	}
	for (u32 n = 0; wrong == NULL && n < conf->iface_count; n++)
		wrong = iface_wrong(conf, n);
	return wrong;
}
