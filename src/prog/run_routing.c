/* Building what routing is given: limits first, which a running engine does not change. */
#include "prog/run_routing.h"

#include <assert.h>

#include "prog/run_routing_part.h"

static_assert((u32)CONF_POOLS_WHOLE == (u32)ROUTING_POOLS_WHOLE &&
		      (u32)CONF_POOLS_ALWAYS == (u32)ROUTING_POOLS_ALWAYS,
	      "words");

enum {
	BGP_ATTRS_LEAST = 1024,
	CELLS_EACH = 2, /* of an attribute set, as a rule */
	RXMTS_EACH = 4, /* LSAs that wait for an acknowledgment, of each that is there */
	REQUESTS_LEAST = 128,
	RXMTS_LEAST = 1024,
	NEIGHBOURS_OF_ONE = 64,
	/* Sockets: a peer may be called and call at once, and each of them may be the old one. */
	LINES_EACH = 4,
	LINES_SPARE = 8,
	KEYS_EACH = 8, /* the listener's, those of each line, removed ones that one has still */
	ENDS_EACH = 4, /* of an interface */
	GROUPS_EACH = 4,
	DATAGRAMS = 4096,
	SEGMENTS_EACH = 256,
	RANGES_EACH = 32,
	BUFFER_EACH = 256 << 10,
	TIME_WAITS_EACH = 4,
};

static u32 given_or(u32 given, u32 usual)
{
	return given ? given : usual;
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void wanted_of_protocols(const struct conf *conf, struct run_routing_facts *wanted)
{
	const struct conf_routing *asked = &conf->routing;
	const struct conf_bgp *bgp = &asked->bgp;
	static struct ospf_conf ospf;
	static struct rip_conf rip;
	static struct bfd_conf bfd;
	struct fpm_conf fpm;
	u32 paths_out = 1;

	ospf_conf_defaults(&ospf);
	rip_conf_defaults(&rip);
	bfd_conf_defaults(&bfd);
	fpm_conf_defaults(&fpm);
	for (u32 i = 0; i < bgp->peer_count; i++)
		paths_out = u32_max(paths_out, bgp->peer[i].paths_out);
	wanted->has_bgp = bgp->as || bgp->peer_limit || bgp->attr_limit;
	wanted->bgp_peers = given_or(
		bgp->peer_limit,
		u32_min(u32_max(CONF_BGP_PEERS_USUAL, 2 * bgp->peer_count), BGP_PEER_MAX));
	wanted->bgp_attrs = given_or(bgp->attr_limit,
				     u32_max(BGP_ATTRS_LEAST, wanted->rib_nets / 4));
	wanted->bgp_paths_out = given_or(bgp->paths_out_limit, paths_out);
	wanted->has_ospf = asked->ospf.area_count || asked->ospf.lsa_limit;
	wanted->ospf_lsas = given_or(asked->ospf.lsa_limit, ospf.lsa_limit);
	wanted->ospf_nbrs = given_or(asked->ospf.nbr_limit, ospf.nbr_limit);
	wanted->ospf_routes = given_or(asked->ospf.route_limit, ospf.route_limit);
	wanted->has_rip = asked->rip.iface_count || asked->rip.net_limit;
	wanted->rip_nets = given_or(asked->rip.net_limit, rip.net_limit);
	wanted->rip_nbrs = given_or(asked->rip.nbr_limit, rip.neighbour_limit);
	wanted->has_bfd = conf_uses_bfd(conf) || asked->bfd.peer_limit;
	wanted->bfd_peers = given_or(asked->bfd.peer_limit, bfd.peer_limit);
	wanted->has_fpm = asked->fpm.port != 0;
	wanted->fpm_objects = given_or(asked->fpm.object_limit, fpm.object_limit);
}

/* What an engine that is built now gets room for. */
static struct run_routing_facts wanted_limits(const struct conf *conf)
{
	const struct conf_routing *asked = &conf->routing;
	struct run_routing_facts wanted = { 0 };

	wanted.rib_nets = given_or(asked->net_limit, conf->fib.prefix_count);
	wanted.rib_paths = given_or(asked->path_limit, 2 * wanted.rib_nets);
	wanted.rib_hops = given_or(asked->hops_limit, conf->fib.route_count);
	wanted_of_protocols(conf, &wanted);
	if (!wanted.has_bgp && !wanted.has_ospf && !wanted.has_rip && !wanted.has_fpm &&
	    asked->net_limit == 0 && !conf_routes_use_bfd(conf) && !conf_routes_are_recursive(conf))
		memset(&wanted, 0, sizeof wanted);
	return wanted;
}

static void set_limits(const struct run_routing_facts *has, struct routing_conf *routing)
{
	routing->has_bgp = has->has_bgp;
	routing->has_ospf = has->has_ospf;
	routing->has_rip = has->has_rip;
	routing->has_bfd = has->has_bfd;
	routing->has_fpm = has->has_fpm;
	routing->rib.net_limit = has->rib_nets;
	routing->rib.path_limit = has->rib_paths;
	routing->rib.hops_limit = has->rib_hops;
	bgp_conf_defaults(&routing->bgp);
	routing->bgp.peer_limit = has->bgp_peers;
	routing->bgp.attr_limit = has->bgp_attrs;
	routing->bgp.cell_limit = CELLS_EACH * has->bgp_attrs;
	routing->bgp.net_limit = has->rib_nets;
	routing->bgp.paths_out_limit = (u8)has->bgp_paths_out;
	ospf_conf_defaults(&routing->ospf);
	routing->ospf.lsa_limit = has->ospf_lsas;
	routing->ospf.nbr_limit = has->ospf_nbrs;
	routing->ospf.nbr_iface_limit = u32_min(has->ospf_nbrs, NEIGHBOURS_OF_ONE);
	routing->ospf.rxmt_limit = u32_max(RXMTS_EACH * has->ospf_lsas, RXMTS_LEAST);
	routing->ospf.request_limit = u32_max(has->ospf_lsas, REQUESTS_LEAST);
	routing->ospf.route_limit = has->ospf_routes;
	routing->ospf.export_limit = has->ospf_routes;
	rip_conf_defaults(&routing->rip);
	routing->rip.net_limit = has->rip_nets;
	routing->rip.neighbour_limit = has->rip_nbrs;
	bfd_conf_defaults(&routing->bfd);
	routing->bfd.peer_limit = has->has_bfd ? has->bfd_peers : 0;
	fpm_conf_defaults(&routing->fpm);
	routing->fpm.object_limit = has->fpm_objects;
}

/* The speakers' ways to the network. */
static void set_sockets(const struct run_routing_facts *has, struct sluice_conf *conf)
{
	u32 lines = has->has_bgp ? LINES_EACH * has->bgp_peers + LINES_SPARE : 0;
	bool dgrams = has->has_ospf || has->has_rip || has->has_bfd;
	struct tcp_conf *tcp = &conf->tcp;

	conf->sockets.sock_limit = lines + ENDS_EACH * IFACE_MAX;
	conf->sockets.op_limit = 1;
	conf->udp.endpoint_limit = dgrams ? ENDS_EACH * IFACE_MAX : 1;
	conf->udp.datagram_limit = dgrams ? DATAGRAMS : 1;
	conf->udp.group_limit = dgrams ? GROUPS_EACH * IFACE_MAX : 1;
	tcp->tcb_limit = u32_max(lines, 1);
	tcp->key_limit = has->bgp_peers * KEYS_EACH;
	tcp->auth_limit = (1 + TIME_WAITS_EACH) * lines;
	tcp->listener_limit = 1;
	tcp->half_open_limit = u32_max(lines, 1);
	tcp->time_wait_limit = u32_max(TIME_WAITS_EACH * lines, 1);
	tcp->air_limit = u32_max(lines, 1);
	tcp->segment_limit = u32_max(SEGMENTS_EACH * lines, 1);
	tcp->range_limit = u32_max(RANGES_EACH * lines, 1);
	tcp->send_buffer_max = BUFFER_EACH;
	tcp->recv_buffer_max = BUFFER_EACH;
	tcp->recv_buffer_start = BUFFER_EACH / 4;
	tcp->buffer_bytes = (u64)(lines + 2) * (u32)BUFFER_EACH;
}

void run_routing_started(const struct sluice_conf *conf, struct run_routing_facts *facts)
{
	const struct routing_conf *routing = conf->routing;

	memset(facts, 0, sizeof *facts);
	if (!routing)
		return;
	*facts = (struct run_routing_facts){
		.has_bgp = routing->has_bgp,
		.has_ospf = routing->has_ospf,
		.has_rip = routing->has_rip,
		.has_bfd = routing->has_bfd,
		.has_fpm = routing->has_fpm,
		.router_id = routing->bgp.router_id,
		.start_s = routing->rip.sequence_base,
		.rib_nets = routing->rib.net_limit,
		.rib_paths = routing->rib.path_limit,
		.rib_hops = routing->rib.hops_limit,
		.bgp_peers = routing->bgp.peer_limit,
		.bgp_attrs = routing->bgp.attr_limit,
		.bgp_paths_out = routing->bgp.paths_out_limit,
		.ospf_lsas = routing->ospf.lsa_limit,
		.ospf_nbrs = routing->ospf.nbr_limit,
		.ospf_routes = routing->ospf.route_limit,
		.rip_nets = routing->rip.net_limit,
		.rip_nbrs = routing->rip.neighbour_limit,
		.bfd_peers = routing->bfd.peer_limit,
		.fpm_objects = routing->fpm.object_limit,
	};
}

/* ---- what is missing ------------------------------------------------------------------------- */

static void no_memory(const struct run_source *source, const void *value, const char *what,
		      struct run_errors *errors)
{
	run_error(errors,
		  "%s: the gateway was started without memory for %s: it has to be started again",
		  run_asked_by(source, value, "routing").text, what);
}

/* What is asked for of a running engine that has no room for it. */
static void check_room(const struct run_source *source, const struct run_routing_facts *has,
		       struct run_errors *errors)
{
	const struct conf_routing *asked = &source->conf->routing;

	if (asked->bgp.as && !has->has_bgp)
		no_memory(source, &asked->bgp.as, "BGP (limits.bgp-peers)", errors);
	if (asked->ospf.area_count && !has->has_ospf)
		no_memory(source, &asked->ospf.area[0].id, "OSPF (limits.ospf-lsas)", errors);
	if (asked->rip.iface_count && !has->has_rip)
		no_memory(source, asked->rip.iface[0].name, "RIP (limits.rip-routes)", errors);
	if (conf_uses_bfd(source->conf) && !has->has_bfd)
		no_memory(source, &asked->bfd, "BFD (limits.bfd-neighbours)", errors);
	for (u32 i = 0; has->rib_nets == 0 && i < source->conf->route_count; i++) {
		if (source->conf->route[i].recursive)
			no_memory(source, &source->conf->route[i].recursive,
				  "gateways that are looked up (limits.rib-routes)", errors);
	}
	if (has->has_bgp && asked->bgp.peer_count > has->bgp_peers)
		run_error(errors,
			  "%s: there are %u peers, and the gateway was started with memory for %u "
			  "(limits.bgp-peers)",
			  run_asked_by(source, asked->bgp.peer[has->bgp_peers].name, "bgp").text,
			  asked->bgp.peer_count, has->bgp_peers);
	for (u32 i = 0; has->has_bgp && i < asked->bgp.peer_count; i++) {
		const struct conf_bgp_peer *peer = &asked->bgp.peer[i];

		if (peer->paths_out > has->bgp_paths_out)
			run_error(errors,
				  "%s: the gateway was started with memory for %u "
				  "(limits.bgp-announced-paths)",
				  run_asked_by(source, &peer->paths_out, "bgp").text,
				  has->bgp_paths_out);
	}
}

/* ---- the identifier -------------------------------------------------------------------------- */

/* Once chosen it stays: another one would end everything that stands. */
static be32 router_id(const struct run_source *source, const struct run_facts *facts,
		      const struct sluice_conf *conf, struct run_errors *errors)
{
	u32 highest = 0;

	if (source->conf->routing.router_id.raw)
		return source->conf->routing.router_id;
	if (facts->routing.router_id.raw)
		return facts->routing.router_id;
	for (u32 i = 0; i < conf->iface_count; i++) {
		for (u32 n = 0; n < conf->iface[i].addr_count; n++)
			highest = u32_max(highest, be32_host(conf->iface[i].addr[n].addr));
	}
	/* Who only plans does not know the host's addresses. */
	if (highest == 0 && facts->offline)
		highest = 1;
	if (highest == 0)
		run_error(errors,
			  "%s: no interface has an address to name this router by; say "
			  "'router-id: 192.0.2.1' in 'routing'",
			  run_asked_by(source, &source->conf->routing, "routing").text);
	return be32_of(highest);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* What a running engine is to speak now; at its start, whatever there is to be memory for. */
static void set_spoken(const struct conf *conf, struct routing_conf *routing)
{
	const struct conf_routing *asked = &conf->routing;

	routing->has_bgp &= asked->bgp.as != 0;
	routing->has_ospf &= asked->ospf.area_count > 0;
	routing->has_rip &= asked->rip.iface_count > 0;
	routing->has_bfd &= conf_uses_bfd(conf);
	routing->has_fpm &= asked->fpm.port != 0;
}

static const char *routing_wrong(const struct routing_conf *routing)
{
	const char *wrong = policy_conf_wrong(&routing->policy);

	if (!wrong)
		wrong = rib_conf_wrong(&routing->rib);
	if (!wrong && routing->has_bgp)
		wrong = bgp_conf_wrong(&routing->bgp);
	if (!wrong && routing->has_ospf)
		wrong = ospf_conf_wrong(&routing->ospf);
	if (!wrong && routing->has_rip)
		wrong = rip_conf_wrong(&routing->rip);
	if (!wrong && routing->has_bfd)
		wrong = bfd_conf_wrong(&routing->bfd);
	if (!wrong && routing->has_fpm)
		wrong = fpm_conf_wrong(&routing->fpm);
	return wrong;
}

void run_routing_build(const struct run_source *source, const struct run_facts *facts,
		       struct sluice_conf *conf, struct run_rules *rules, struct run_errors *errors)
{
	struct run_routing_facts has = wanted_limits(source->conf);
	struct routing_conf *routing = &rules->routing;
	u32 before = errors->count;
	const char *wrong;

	if (facts->address_limit)
		has = facts->routing;
	check_room(source, &has, errors);
	conf->routing = NULL;
	if (has.rib_nets == 0)
		return;
	memset(routing, 0, sizeof *routing);
	conf->routing = routing;
	set_limits(&has, routing);
	if (facts->address_limit)
		set_spoken(source->conf, routing);
	set_sockets(&has, conf);
	routing->pools = (enum routing_pools)source->conf->routing.pools;
	run_routing_policies(&source->conf->routing, &routing->policy);
	run_routing_bgp(source->conf, routing);
	run_routing_ospf(source->conf, routing);
	run_routing_rip(source->conf, routing);
	run_routing_bfd(source->conf, routing);
	run_routing_fpm(source->conf, routing);
	routing->bgp.router_id = router_id(source, facts, conf, errors);
	routing->ospf.router_id = be32_host(routing->bgp.router_id);
	routing->rip.sequence_base = facts->address_limit ? has.start_s : facts->start_s;
	wrong = routing_wrong(routing);
	if (wrong && errors->count == before)
		run_error(errors, "%s: %s",
			  run_asked_by(source, &source->conf->routing, "routing").text, wrong);
}
