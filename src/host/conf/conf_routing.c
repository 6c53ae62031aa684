/* What each protocol takes for granted: as its speaker has it. */
#include "host/conf/conf.h"

static void bgp_defaults(struct conf_bgp *bgp)
{
	static struct bgp_conf standard;

	bgp_conf_defaults(&standard);
	bgp->port = standard.port;
	bgp->local_pref = standard.local_pref;
	bgp->multipath = standard.multipath;
	bgp->distance_ebgp = standard.distance_ebgp;
	bgp->distance_ibgp = standard.distance_ibgp;
}

static void ospf_defaults(struct conf_ospf *ospf)
{
	static struct ospf_conf standard;

	ospf_conf_defaults(&standard);
	ospf->export_metric = standard.export_metric;
	ospf->distance = standard.distance;
	ospf->spf_initial_ms = standard.spf_initial_ms;
	ospf->spf_short_ms = standard.spf_short_ms;
	ospf->spf_long_ms = standard.spf_long_ms;
}

static void rip_defaults(struct conf_rip *rip)
{
	static struct rip_conf standard;

	rip_conf_defaults(&standard);
	rip->export_metric = standard.export_metric;
	rip->distance = standard.distance;
	rip->max_paths = standard.hop_limit;
	rip->update_s = (u32)(standard.update_ns / NS_PER_SEC);
	rip->timeout_s = (u32)(standard.timeout_ns / NS_PER_SEC);
	rip->garbage_s = (u32)(standard.garbage_ns / NS_PER_SEC);
}

static void fpm_defaults(struct conf_fpm *fpm)
{
	struct fpm_conf standard;

	fpm_conf_defaults(&standard);
	fpm->distance = standard.distance;
	fpm->hold_s = (u32)(standard.hold_ns / NS_PER_SEC);
}

void conf_bfd_params_defaults(struct conf_bfd_params *params)
{
	struct bfd_params standard;

	bfd_params_defaults(&standard);
	params->min_tx_ms = standard.min_tx_us / 1000;
	params->min_rx_ms = standard.min_rx_us / 1000;
	params->multiplier = standard.multiplier;
}

bool conf_routes_use_bfd(const struct conf *conf)
{
	for (u32 i = 0; i < conf->route_count; i++) {
		if (conf->route[i].bfd)
			return true;
	}
	return false;
}

bool conf_routes_are_recursive(const struct conf *conf)
{
	for (u32 i = 0; i < conf->route_count; i++) {
		if (conf->route[i].recursive)
			return true;
	}
	return false;
}

void conf_routing_defaults(struct conf_routing *routing)
{
	memset(routing, 0, sizeof *routing);
	bgp_defaults(&routing->bgp);
	ospf_defaults(&routing->ospf);
	rip_defaults(&routing->rip);
	conf_bfd_params_defaults(&routing->bfd.params);
	fpm_defaults(&routing->fpm);
}

bool conf_uses_bfd(const struct conf *conf)
{
	const struct conf_routing *routing = &conf->routing;

	if (conf_routes_use_bfd(conf))
		return true;
	for (u32 i = 0; i < routing->bgp.peer_count; i++) {
		if (routing->bgp.peer[i].bfd)
			return true;
	}
	for (u32 i = 0; i < routing->ospf.area_count; i++) {
		const struct conf_ospf_area *area = &routing->ospf.area[i];

		for (u32 n = 0; n < area->iface_count; n++) {
			if (area->iface[n].bfd)
				return true;
		}
	}
	return false;
}
