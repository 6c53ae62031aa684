/* What each speaker is given. */
#include <assert.h>

#include "prog/run_routing_part.h"

static_assert((u32)CONF_KEY_MD5 == (u32)OSPF_KEY_MD5 && (u32)CONF_KEY_SHA1 == (u32)OSPF_KEY_SHA1 &&
		      (u32)CONF_KEY_SHA256 == (u32)OSPF_KEY_SHA256 &&
		      (u32)CONF_KEY_SHA512 == (u32)OSPF_KEY_SHA512,
	      "algorithms of OSPF");
static_assert((u32)CONF_KEY_MD5 == (u32)DIGEST_MD5 && (u32)CONF_KEY_SHA1 == (u32)DIGEST_SHA1 &&
		      (u32)CONF_KEY_SHA256 == (u32)DIGEST_SHA256 &&
		      (u32)CONF_KEY_SHA512 == (u32)DIGEST_SHA512,
	      "algorithms of RIP");
static_assert((u32)CONF_AO_SHA1 == (u32)BGP_KEY_SHA1 &&
		      (u32)CONF_AO_AES_CMAC == (u32)BGP_KEY_AES_CMAC,
	      "algorithms of BGP");
static_assert((u32)CONF_KEY_MAX <= (u32)OSPF_KEY_MAX && (u32)CONF_KEY_MAX <= (u32)RIP_KEYS_MAX &&
		      (u32)CONF_KEY_MAX <= (u32)BFD_KEYS_MAX &&
		      (u32)CONF_KEY_MAX <= (u32)BGP_KEYS_MAX,
	      "keys");

/* The secret as bytes; how many. */
static u32 copy_secret(const char *secret, u8 *out, u32 size)
{
	u32 len = (u32)strlen(secret);

	len = u32_min(len, size);
	memcpy(out, secret, len);
	return len;
}

/* ---- BGP ------------------------------------------------------------------------------------- */

static void bgp_auth(const struct conf_bgp_peer *given, struct bgp_auth_conf *auth)
{
	if (given->md5[0]) {
		auth->kind = BGP_AUTH_MD5;
		auth->key_count = 1;
		auth->key[0].len_bytes = copy_secret(given->md5, auth->key[0].secret,
						     BGP_SECRET_MAX);
	}
	if (given->ao_count == 0)
		return;
	auth->kind = BGP_AUTH_AO;
	auth->key_count = given->ao_count;
	for (u32 i = 0; i < given->ao_count; i++) {
		struct bgp_key *key = &auth->key[i];

		key->send_id = (u8)given->ao[i].send_id;
		key->recv_id = (u8)given->ao[i].recv_id;
		key->alg = (enum bgp_key_alg)given->ao[i].algorithm;
		key->len_bytes = copy_secret(given->ao[i].secret, key->secret, BGP_SECRET_MAX);
	}
}

static void bgp_peer(const struct conf_bgp_peer *given, const struct policy_conf *policy,
		     struct bgp_peer_conf *peer)
{
	bgp_peer_conf_defaults(peer);
	memcpy(peer->name, given->name, sizeof peer->name);
	peer->addr = given->addr;
	peer->local_addr = given->local;
	peer->as = given->as;
	peer->port = given->port;
	peer->hold_s = (u16)given->hold_s;
	peer->keepalive_s = (u16)given->keepalive_s;
	peer->connect_retry_s = (u16)given->connect_retry_s;
	peer->advertise_ms = given->advertise_ms;
	peer->passive = given->passive;
	peer->multihop = (u8)given->multihop;
	peer->gtsm_hops = (u8)given->gtsm_hops;
	peer->any_first_as = given->route_server;
	peer->bfd = given->bfd;
	bgp_auth(given, &peer->auth);
	peer->shutdown = given->shutdown;
	memcpy(peer->shutdown_text, given->shutdown_text, sizeof given->shutdown_text);
	peer->import = run_routing_policy(policy, given->import);
	peer->export = run_routing_policy(policy, given->export);
	peer->nexthop_self = given->nexthop_self;
	peer->prefix_limit = given->prefix_limit;
	peer->prefix_warn_percent = (u8)given->prefix_warn;
	peer->prefix_restart_s = given->prefix_restart_s;
	peer->graceful_restart = given->graceful_restart;
	peer->restart_max_s = (u16)given->restart_max_s;
	peer->add_path_in = given->add_path_in;
	peer->paths_out = (u8)given->paths_out;
}

void run_routing_bgp(const struct conf *asked, struct routing_conf *routing)
{
	const struct conf_bgp *given = &asked->routing.bgp;
	struct bgp_conf *bgp = &routing->bgp;

	bgp->as = given->as;
	bgp->port = given->as ? given->port : 0;
	bgp->local_pref = given->local_pref;
	bgp->multipath = (u8)given->multipath;
	bgp->distance_ebgp = (u8)given->distance_ebgp;
	bgp->distance_ibgp = (u8)given->distance_ibgp;
	bgp->policy = &routing->policy;
	bgp->peer_count = u32_min(given->peer_count, bgp->peer_limit);
	for (u32 i = 0; i < bgp->peer_count; i++)
		bgp_peer(&given->peer[i], &routing->policy, &bgp->peer[i]);
}

/* ---- OSPF ------------------------------------------------------------------------------------ */

static void ospf_auth(const struct conf_ospf_iface *given, struct ospf_auth_conf *auth)
{
	if (given->password[0]) {
		auth->kind = OSPF_AUTH_PLAIN;
		(void)copy_secret(given->password, auth->plain, OSPF_PLAIN_SIZE);
	}
	if (given->key_count > 0)
		auth->kind = OSPF_AUTH_CRYPTO;
	auth->key_count = given->key_count;
	for (u32 i = 0; i < given->key_count; i++) {
		struct ospf_key *key = &auth->key[i];

		key->id = (u8)given->key[i].id;
		key->alg = (enum ospf_key_alg)given->key[i].algorithm;
		key->len_bytes = copy_secret(given->key[i].secret, key->byte, OSPF_KEY_SIZE);
	}
}

static void ospf_iface(const struct conf *asked, const struct conf_ospf_iface *given, u32 area,
		       struct ospf_iface_conf *iface)
{
	ospf_iface_conf_defaults(iface, conf_iface_find(asked, given->name), area);
	iface->type = given->type;
	iface->cost = (u16)given->cost;
	iface->priority = (u8)given->priority;
	iface->hello_s = (u16)given->hello_s;
	iface->dead_s = given->dead_s;
	iface->rxmt_s = (u16)given->rxmt_s;
	iface->delay_s = (u16)given->delay_s;
	iface->passive = given->passive;
	iface->mtu_ignore = given->mtu_ignore;
	iface->bfd = given->bfd;
	ospf_auth(given, &iface->auth);
}

static void ospf_area(const struct conf_ospf_area *given, struct ospf_area_conf *area)
{
	ospf_area_conf_defaults(area, given->id);
	area->kind = given->kind;
	area->no_summary = given->no_summary;
	area->nssa_default = given->nssa_default;
	area->nssa_always = given->nssa_always;
	area->default_cost = given->default_cost;
	area->range_count = given->range_count;
	for (u32 i = 0; i < given->range_count; i++)
		area->range[i] = (struct ospf_range){ given->range[i].prefix, given->range[i].len,
						      given->range[i].hidden };
}

void run_routing_ospf(const struct conf *asked, struct routing_conf *routing)
{
	const struct conf_ospf *given = &asked->routing.ospf;
	struct ospf_conf *ospf = &routing->ospf;

	ospf->distance = (u8)given->distance;
	ospf->rfc1583 = given->rfc1583;
	ospf->stub_router = given->stub_router;
	ospf->stub_router_start_s = given->stub_router_start_s;
	ospf->import_policy = run_routing_policy(&routing->policy, given->import);
	ospf->export_policy = run_routing_policy(&routing->policy, given->export);
	ospf->export_metric = given->export_metric;
	ospf->spf_initial_ms = given->spf_initial_ms;
	ospf->spf_short_ms = given->spf_short_ms;
	ospf->spf_long_ms = given->spf_long_ms;
	ospf->area_count = given->area_count;
	ospf->iface_count = 0;
	for (u32 i = 0; i < given->area_count; i++) {
		const struct conf_ospf_area *area = &given->area[i];

		ospf_area(area, &ospf->area[i]);
		for (u32 n = 0; n < area->iface_count; n++) {
			/* An interface is in one area: they fit. */
			if (ospf->iface_count == OSPF_IFACE_MAX)
				return;
			ospf_iface(asked, &area->iface[n], area->id,
				   &ospf->iface[ospf->iface_count++]);
		}
	}
}

/* ---- RIP ------------------------------------------------------------------------------------- */

static void rip_auth(const struct conf_rip_iface *given, struct rip_auth_conf *auth)
{
	if (given->password[0]) {
		auth->kind = RIP_AUTH_PASSWORD;
		auth->key_count = 1;
		auth->key[0].len_bytes = copy_secret(given->password, auth->key[0].secret,
						     RIP_PASSWORD_MAX);
	}
	if (given->key_count == 0)
		return;
	auth->kind = RIP_AUTH_DIGEST;
	auth->key_count = given->key_count;
	for (u32 i = 0; i < given->key_count; i++) {
		struct rip_key *key = &auth->key[i];

		key->id = (u8)given->key[i].id;
		key->alg = (enum digest_alg)given->key[i].algorithm;
		key->len_bytes = copy_secret(given->key[i].secret, key->secret, RIP_SECRET_MAX);
	}
}

void run_routing_rip(const struct conf *asked, struct routing_conf *routing)
{
	const struct conf_rip *given = &asked->routing.rip;
	struct rip_conf *rip = &routing->rip;

	rip->distance = (u8)given->distance;
	rip->hop_limit = (u8)given->max_paths;
	rip->export_metric = (u8)given->export_metric;
	rip->update_ns = given->update_s * NS_PER_SEC;
	rip->timeout_ns = given->timeout_s * NS_PER_SEC;
	rip->garbage_ns = given->garbage_s * NS_PER_SEC;
	rip->import = run_routing_policy(&routing->policy, given->import);
	rip->export = run_routing_policy(&routing->policy, given->export);
	rip->policy = &routing->policy;
	rip->iface_count = given->iface_count;
	for (u32 i = 0; i < given->iface_count; i++) {
		const struct conf_rip_iface *one = &given->iface[i];
		struct rip_iface_conf *iface = &rip->iface[i];

		rip_iface_conf_defaults(iface, conf_iface_find(asked, one->name));
		iface->cost = (u8)one->cost;
		iface->passive = one->passive;
		iface->multicast = one->multicast;
		iface->peer_count = one->peer_count;
		memcpy(iface->peer, one->peer, sizeof iface->peer);
		rip_auth(one, &iface->auth);
	}
}

/* ---- BFD ------------------------------------------------------------------------------------- */

static void bfd_params(const struct conf_bfd_params *given, struct bfd_params *params)
{
	bfd_params_defaults(params);
	params->min_tx_us = given->min_tx_ms * 1000;
	params->min_rx_us = given->min_rx_ms * 1000;
	params->multiplier = (u8)given->multiplier;
	params->passive = given->passive;
	params->auth.kind = given->auth;
	params->auth.key_count = given->key_count;
	for (u32 i = 0; i < given->key_count; i++) {
		struct bfd_key *key = &params->auth.key[i];

		key->id = (u8)given->key[i].id;
		key->len_bytes = (u8)copy_secret(given->key[i].secret, key->secret, BFD_SECRET_MAX);
	}
}

void run_routing_bfd(const struct conf *asked, struct routing_conf *routing)
{
	const struct conf_bfd *given = &asked->routing.bfd;
	struct bfd_conf *bfd = &routing->bfd;

	bfd_params(&given->params, &bfd->params);
	bfd->iface_count = given->iface_count;
	for (u32 i = 0; i < given->iface_count; i++) {
		bfd->iface[i].iface = conf_iface_find(asked, given->iface[i].name);
		bfd_params(&given->iface[i].params, &bfd->iface[i].params);
	}
}

/* ---- FPM ------------------------------------------------------------------------------------- */

void run_routing_fpm(const struct conf *asked, struct routing_conf *routing)
{
	const struct conf_fpm *given = &asked->routing.fpm;
	struct fpm_conf *fpm = &routing->fpm;

	fpm->distance = (u8)given->distance;
	fpm->hold_ns = given->hold_s * NS_PER_SEC;
	if (given->route_limit)
		fpm->route_limit = given->route_limit;
}
