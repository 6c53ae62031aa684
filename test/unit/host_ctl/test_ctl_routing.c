/* Routing in an answer: what is known is there, and nothing else. The show functions of the RIB and
 * of the speakers are those of the test, one record a call.                                      */
#include "unit/host_ctl/answer_bed.h"

#include "host/ctl/ctl_routing.h"

enum { RECORDS_MAX = 4 };

static struct {
	u32 path_count;
	struct rib_shown path[RECORDS_MAX];
	u32 peer_count;
	struct bgp_peer_shown peer[RECORDS_MAX];
	u32 route_count;
	struct bgp_route_shown route[RECORDS_MAX];
	u32 told_count;
	struct bgp_told_shown told[RECORDS_MAX];
	u32 hop_count;
	struct rib_hop hop[2];
	struct bgp_attrs_shown attrs;
	struct ospf_nbr_shown nbr;
	struct ospf_lsa_shown lsa;
	struct ospf_route_shown ospf_route;
	struct rip_route_info rip_route;
	struct bfd_info bfd;
	struct fpm_shown fpm;
} fake;

static struct rib rib;
static struct bgp bgp;
static struct bgp_peer peers[2];
static struct ospf ospf;
static struct rip rip;
static struct bfd bfd;
static struct fpm fpm;

/* ---- what stands in for routing -------------------------------------------------------------- */

/* One record a call, so that an answer takes several steps. */
static u32 next_of(const void *records, size_t size, u32 count, u32 *cursor, void *out)
{
	if (*cursor >= count)
		return 0;
	memcpy(out, (const u8 *)records + *cursor * size, size);
	(*cursor)++;
	return 1;
}

u32 rib_show(const struct rib *r, u64 *cursor, struct rib_shown *out, u32 max)
{
	u32 place = (u32)(*cursor >> 32); /* a cursor that does not fit into 32 bits */
	u32 count = next_of(fake.path, sizeof fake.path[0], fake.path_count, &place, out);

	assert_ptr_equal(r, &rib);
	assert_true(max > 0);
	*cursor = (u64)place << 32;
	return count;
}

u32 rib_explain(const struct rib *r, const struct ip_addr *addr, struct rib_shown *out, u32 max)
{
	assert_ptr_equal(r, &rib);
	assert_int_equal(be32_host(addr->word[0]), 0x0a010203);
	assert_true(max >= fake.path_count);
	memcpy(out, fake.path, sizeof fake.path);
	return fake.path_count;
}

u32 rib_hops_read(const struct rib *r, u32 hops, struct rib_hop out[RIB_HOPS_MAX])
{
	assert_ptr_equal(r, &rib);
	assert_int_equal(hops, 7);
	memcpy(out, fake.hop, sizeof fake.hop);
	return fake.hop_count;
}

u32 bgp_show_peers(const struct bgp *b, u32 *cursor, struct bgp_peer_shown *out, u32 max, ns_t now)
{
	(void)b;
	(void)max;
	(void)now;
	return next_of(fake.peer, sizeof fake.peer[0], fake.peer_count, cursor, out);
}

const char *bgp_unfit_text(enum bgp_unfit unfit)
{
	return unfit == BGP_UNFIT_LOOP ? "as the text says" : "";
}

bool bgp_show_received(const struct bgp *b, be32 addr, u32 *cursor, struct bgp_route_shown *out,
		       u32 max, u32 *count)
{
	(void)b;
	(void)max;
	assert_int_equal(be32_host(addr), 0xc6120002);
	*count = next_of(fake.route, sizeof fake.route[0], fake.route_count, cursor, out);
	return *cursor < fake.route_count;
}

bool bgp_show_announced(struct bgp *b, be32 addr, u64 *cursor, struct bgp_told_shown *out,
			u32 *count)
{
	u32 place = (u32)(*cursor >> 32);

	(void)b;
	assert_int_equal(be32_host(addr), 0xc6120002);
	*count = next_of(fake.told, sizeof fake.told[0], fake.told_count, &place, out);
	*cursor = (u64)place << 32;
	return *count > 0;
}

void bgp_show_attrs(const struct bgp *b, u32 attr, struct bgp_attrs_shown *out)
{
	(void)b;
	*out = fake.attrs;
	out->med = attr;
}

u32 ospf_show_nbrs(const struct ospf *o, u32 *cursor, struct ospf_nbr_shown *out, u32 max, ns_t now)
{
	(void)o;
	(void)max;
	(void)now;
	return next_of(&fake.nbr, sizeof fake.nbr, 1, cursor, out);
}

u32 ospf_show_ifaces(const struct ospf *o, u32 *cursor, struct ospf_iface_shown *out, u32 max,
		     ns_t now)
{
	(void)o;
	(void)cursor;
	(void)out;
	(void)max;
	(void)now;
	return 0;
}

u32 ospf_show_lsas(const struct ospf *o, u32 *cursor, struct ospf_lsa_shown *out, u32 max, ns_t now)
{
	(void)o;
	(void)max;
	(void)now;
	return next_of(&fake.lsa, sizeof fake.lsa, 1, cursor, out);
}

u32 ospf_show_routes(const struct ospf *o, u32 *cursor, struct ospf_route_shown *out, u32 max)
{
	(void)o;
	(void)max;
	return next_of(&fake.ospf_route, sizeof fake.ospf_route, 1, cursor, out);
}

const char *ospf_path_name(enum ospf_path path)
{
	return path == OSPF_PATH_EXT2 ? "external-2" : "intra-area";
}

u32 rip_show_ifaces(const struct rip *r, u32 *cursor, struct rip_iface_info *out, u32 max, ns_t now)
{
	(void)r;
	(void)cursor;
	(void)out;
	(void)max;
	(void)now;
	return 0;
}

u32 rip_show_neighbours(const struct rip *r, u32 *cursor, struct rip_neigh_info *out, u32 max,
			ns_t now)
{
	(void)r;
	(void)cursor;
	(void)out;
	(void)max;
	(void)now;
	return 0;
}

u32 rip_show_routes(const struct rip *r, u32 *cursor, struct rip_route_info *out, u32 max, ns_t now)
{
	(void)r;
	(void)max;
	(void)now;
	return next_of(&fake.rip_route, sizeof fake.rip_route, 1, cursor, out);
}

u32 bfd_show(const struct bfd *b, u32 *cursor, struct bfd_info *out, u32 max, ns_t now)
{
	(void)b;
	(void)max;
	(void)now;
	return next_of(&fake.bfd, sizeof fake.bfd, 1, cursor, out);
}

void fpm_show(const struct fpm *f, struct fpm_shown *out, ns_t now)
{
	(void)f;
	(void)now;
	*out = fake.fpm;
}

const char *ospf_nbr_state_name(enum ospf_nbr_state state)
{
	return state == OSPF_NBR_FULL ? "Full" : "Down";
}

const char *ospf_iface_state_name(enum ospf_iface_state state)
{
	(void)state;
	return "DR";
}

const char *bgp_state_name(enum bgp_state state)
{
	return state == BGP_ESTABLISHED ? "Established" : "Idle";
}

/* ---- a gateway with two peers ---------------------------------------------------------------- */

static struct fake_tables *routed(void)
{
	struct fake_tables *tables = tables_new();

	memset(&fake, 0, sizeof fake);
	tables->rib = &rib;
	tables->bgp = &bgp;
	tables->ospf = &ospf;
	tables->rip = &rip;
	tables->bfd = &bfd;
	tables->fpm = &fpm;
	tables->ifaces.count = 1;
	memcpy(tables->ifaces.iface[0].conf.name, "up0", 4);
	bgp.conf.peer_limit = 2;
	bgp.peer = peers;
	peers[0] = (struct bgp_peer){ .used = false };
	peers[1] = (struct bgp_peer){ .used = true,
				      .conf = { .name = "north", .addr = be32_of(0xc6120002) } };
	memset(bgp.peer_of_client, 0xff, sizeof bgp.peer_of_client);
	bgp.peer_of_client[3] = 1;
	fake.attrs = (struct bgp_attrs_shown){ .origin = "IGP",
					       .path = "65001 65002",
					       .has_med = true,
					       .communities = "65001:100 no-export",
					       .nexthop = be32_of(0xc6120002) };
	return tables;
}

static struct rib_shown path_to(u32 addr, u8 len, enum route_source source)
{
	return (struct rib_shown){ .net = addr,
				   .prefix = ip_prefix4(be32_of(addr), len),
				   .source = source,
				   .path = { .type = FIB_UNICAST, .hops = RIB_NONE },
				   .way = { .reachable = true } };
}

static json_t *ask(struct fake_tables *tables, struct ctl_request request)
{
	u32 steps;

	return answer_steps(tables, &request, &steps);
}

static struct ctl_request about(enum ctl_show show, const char *peer)
{
	struct ctl_request request = { .show = show };

	strncpy(request.peer, peer, sizeof request.peer - 1);
	return request;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void paths_of_the_rib(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record, *hop;
	json_t *root;

	(void)state;
	fake.path_count = 2;
	fake.path[0] = path_to(0x0a000000, 8, ROUTE_BGP);
	fake.path[0].best = true;
	fake.path[0].path = (struct rib_path){ .client = 3,
					       .type = FIB_UNICAST,
					       .distance = 20,
					       .attr = 5,
					       .hops = 7,
					       .stale = true };
	memcpy(fake.path[0].why, "no \"other\"", 11);
	fake.path[1] = path_to(0x0a010000, 16, ROUTE_STATIC);
	fake.path[1].withheld = "not now";
	fake.path[1].path.type = FIB_BLACKHOLE;
	fake.path[1].path.extra = 9;
	fake.path[1].way.reachable = false;
	fake.hop_count = 1;
	fake.hop[0] = (struct rib_hop){ ip_addr4(be32_of(0xc6120002)), 0, 1 };
	root = answer(tables, CTL_SHOW_RIB);
	record = json_array_get(list_of(root, "rib", 2), 0);
	text_is(record, "prefix", "10.0.0.0/8");
	text_is(record, "source", "bgp");
	text_is(record, "peer", "north");
	text_is(record, "as_path", "65001 65002");
	text_is(record, "why", "no \"other\"");
	assert_null(json_object_get(record, "tag"));
	assert_null(json_object_get(record, "withheld"));
	count_is(record, "distance", 20);
	count_is(record, "med", 5);
	assert_true(json_is_true(json_object_get(record, "best")));
	assert_true(json_is_true(json_object_get(record, "stale")));
	assert_int_equal(json_array_size(json_object_get(record, "communities")), 2);
	hop = json_array_get(json_object_get(record, "hops"), 0);
	text_is(hop, "gateway", "198.18.0.2");
	text_is(hop, "interface", "up0");
	record = json_array_get(json_object_get(root, "rib"), 1);
	text_is(record, "type", "blackhole");
	text_is(record, "withheld", "not now");
	count_is(record, "tag", 9);
	assert_true(json_is_false(json_object_get(record, "reachable")));
	assert_null(json_object_get(record, "hops"));
	assert_null(json_object_get(record, "peer"));
	assert_null(json_object_get(record, "best"));
	assert_null(json_object_get(record, "why"));
	json_decref(root);
	free(tables);
}

/* Prefixes in the one that is asked for, and those that lead to it. */
static void prefixes_are_filtered(void **state)
{
	struct fake_tables *tables = routed();
	struct ctl_request request = { .show = CTL_SHOW_RIB };
	json_t *root;

	(void)state;
	fake.path_count = 4;
	fake.path[0] = path_to(0, 0, ROUTE_STATIC);
	fake.path[1] = path_to(0x0a010000, 16, ROUTE_STATIC);
	fake.path[2] = path_to(0x0a010200, 24, ROUTE_STATIC);
	fake.path[3] = path_to(0x0a020000, 16, ROUTE_STATIC);
	request.flow.addr = be32_of(0x0a010000);
	request.flow.addr_len = 16;
	root = ask(tables, request);
	list_of(root, "rib", 3);
	json_decref(root);
	request.count_only = true;
	root = ask(tables, request);
	count_is(root, "count", 3);
	assert_null(json_object_get(root, "rib"));
	json_decref(root);
	/* Those that nothing is forwarded by. */
	fake.path[0].best = true;
	fake.path[1].equal = true;
	request.unused = true;
	root = ask(tables, request);
	count_is(root, "count", 1);
	json_decref(root);
	free(tables);
}

static void why_a_route_is_the_best(void **state)
{
	struct fake_tables *tables = routed();
	struct ctl_request request = { .show = CTL_SHOW_PATHS };
	const json_t *record;
	json_t *root;

	(void)state;
	fake.path_count = 2;
	fake.path[0] = path_to(0x0a000000, 8, ROUTE_OSPF);
	fake.path[1] = path_to(0x0a000000, 8, ROUTE_RIP);
	memcpy(fake.path[1].why, "distance 110 is lower than 120", 31);
	request.flow.addr = be32_of(0x0a010203);
	request.flow.addr_len = 32;
	root = ask(tables, request);
	text_is(json_array_get(list_of(root, "paths", 2), 1), "why",
		"distance 110 is lower than 120");
	json_decref(root);
	/* What a peer told that is not kept, if it would lead there. */
	fake.peer_count = 2;
	fake.peer[1] = (struct bgp_peer_shown){ .name = "south" };
	fake.peer[1].unfit[BGP_UNFIT_LOOP] = ip_prefix4(be32_of(0x0a010000), 16);
	fake.peer[1].unfit[BGP_UNFIT_FIRST_AS] = ip_prefix4(be32_of(0x0b000000), 8);
	root = ask(tables, request);
	record = json_array_get(list_of(root, "paths", 3), 2);
	text_is(record, "prefix", "10.1.0.0/16");
	text_is(record, "peer", "south");
	text_is(record, "why", "as the text says");
	assert_true(json_is_false(json_object_get(record, "kept")));
	json_decref(root);
	root = ask(tables, (struct ctl_request){ .show = CTL_SHOW_BGP });
	text_is(json_array_get(list_of(root, "bgp", 2), 1), "last_loop", "10.1.0.0/16");
	json_decref(root);
	request.flow.addr_len = 24;
	root = ask(tables, request);
	assert_non_null(strstr(json_string_value(json_object_get(root, "error")), "an address"));
	json_decref(root);
	free(tables);
}

static void peers_of_bgp(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record;
	json_t *root;

	(void)state;
	fake.peer_count = 2;
	fake.peer[0] = (struct bgp_peer_shown){ .name = "north",
						.addr = be32_of(0xc6120002),
						.as = 65001,
						.state = BGP_ESTABLISHED,
						.since_ns = 4 * NS_PER_SEC,
						.hold_s = 90,
						.refresh = true,
						.hold_left_ns = NS_NEVER,
						.paths_in = 12,
						.announced = 3 };
	fake.peer[1] = (struct bgp_peer_shown){
		.name = "south",
		.addr = be32_of(0xc6130002),
		.state = BGP_IDLE,
		.held = BGP_HELD_PREFIXES,
		.last_sent = { .ever = true, .code = 6, .subcode = 1, .text = "bye" }
	};
	root = answer(tables, CTL_SHOW_BGP);
	record = json_array_get(list_of(root, "bgp", 2), 0);
	text_is(record, "state", "Established");
	count_is(record, "since_ms", 6000); /* asked ten seconds after the beginning */
	count_is(record, "hold_s", 90);
	count_is(record, "paths", 12);
	assert_true(json_is_true(json_object_get(record, "refresh")));
	assert_null(json_object_get(record, "hold_left_ms"));
	assert_null(json_object_get(record, "held"));
	assert_null(json_object_get(record, "last_sent"));
	assert_null(json_object_get(record, "pools_withheld"));
	record = json_array_get(json_object_get(root, "bgp"), 1);
	text_is(record, "held", "max-prefixes");
	assert_null(json_object_get(record, "hold_s"));
	record = json_object_get(record, "last_sent");
	count_is(record, "code", 6);
	text_is(record, "text", "bye");
	json_decref(root);
	tables->pools_withheld = "not now";
	root = answer(tables, CTL_SHOW_BGP);
	text_is(json_array_get(list_of(root, "bgp", 2), 1), "pools_withheld", "not now");
	json_decref(root);
	free(tables);
}

static void one_peer_of_bgp(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record;
	json_t *root;

	(void)state;
	fake.peer_count = 2;
	fake.peer[0] = (struct bgp_peer_shown){ .name = "south", .addr = be32_of(0xc6130002) };
	fake.peer[1] = (struct bgp_peer_shown){
		.name = "north",
		.addr = be32_of(0xc6120002),
		.state = BGP_ESTABLISHED,
		.own_hold_s = 180,
		.auth = BGP_AUTH_AO,
		.import = "from-north",
		.export_missing = true,
		.heard_ns = 8 * NS_PER_SEC,
		.said_ns = NS_NEVER,
		.open = { .router_id = be32_of(9), .as4 = true, .restart = true, .restart_s = 60 },
		.last_got = { .ever = true, .code = 6, .at_ns = 3 * NS_PER_SEC },
	};
	fake.peer[1].counters.got[BGP_KEEPALIVE] = 7;
	fake.peer[1].counters.sent[BGP_ROUTE_REFRESH] = 2;
	root = ask(tables, about(CTL_SHOW_BGP_PEER, "north"));
	record = json_array_get(list_of(root, "bgp_peer", 1), 0);
	text_is(record, "name", "north");
	count_is(record, "own_hold_s", 180);
	text_is(record, "authentication", "ao");
	text_is(record, "import", "from-north");
	assert_null(json_object_get(record, "export"));
	assert_true(json_is_true(json_object_get(record, "export_missing")));
	count_is(record, "heard_ms", 2000);
	assert_null(json_object_get(record, "said_ms"));
	count_is(record, "offers_restart_s", 60);
	assert_int_equal(json_array_size(json_object_get(record, "offers")), 2);
	count_is(record, "keepalives_in", 7);
	count_is(record, "refreshes_out", 2);
	count_is(json_object_get(record, "last_received"), "ago_ms", 7000);
	json_decref(root);
	free(tables);
}

static void routes_of_a_peer(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record;
	json_t *root;

	(void)state;
	fake.route_count = 2;
	fake.route[0] = (struct bgp_route_shown){
		.prefix = ip_prefix4(be32_of(0x0a000000), 8), .path_id = 4, .attr = 8, .received = 9
	};
	fake.route[1] = (struct bgp_route_shown){ .prefix = ip_prefix4(be32_of(0x0b000000), 8),
						  .attr = 8,
						  .received = 9,
						  .hidden = true };
	root = ask(tables, about(CTL_SHOW_BGP_ROUTES, "north"));
	record = json_array_get(list_of(root, "bgp_routes", 2), 0);
	count_is(record, "med", 8);
	count_is(record, "path_id", 4);
	assert_null(json_object_get(record, "refused"));
	record = json_array_get(json_object_get(root, "bgp_routes"), 1);
	assert_true(json_is_true(json_object_get(record, "refused")));
	count_is(record, "med", 9); /* as it came: no policy has touched it */
	json_decref(root);
	root = ask(tables, about(CTL_SHOW_BGP_ROUTES, "198.18.0.2"));
	list_of(root, "bgp_routes", 2);
	json_decref(root);
	root = ask(tables, about(CTL_SHOW_BGP_ROUTES, "nroth"));
	assert_non_null(
		strstr(json_string_value(json_object_get(root, "error")), "there is no such peer"));
	json_decref(root);
	free(tables);
}

static void what_is_announced_to_a_peer(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record;
	json_t *root;

	(void)state;
	fake.told_count = 2;
	fake.told[0] = (struct bgp_told_shown){ .prefix = ip_prefix4(be32_of(0x0a000000), 8),
						.source = ROUTE_STATIC,
						.attrs = fake.attrs };
	fake.told[1] = (struct bgp_told_shown){ .prefix = ip_prefix4(be32_of(0x0b000000), 8),
						.source = ROUTE_RIP,
						.path_id = 2,
						.attrs = { .origin = "incomplete" } };
	root = ask(tables, about(CTL_SHOW_BGP_ANNOUNCED, "north"));
	record = json_array_get(list_of(root, "bgp_announced", 2), 0);
	text_is(record, "source", "static");
	text_is(record, "as_path", "65001 65002");
	text_is(record, "next_hop", "198.18.0.2");
	assert_null(json_object_get(record, "path_id"));
	record = json_array_get(json_object_get(root, "bgp_announced"), 1);
	text_is(record, "source", "rip");
	count_is(record, "path_id", 2);
	assert_null(json_object_get(record, "next_hop"));
	json_decref(root);
	free(tables);
}

static void ospf_rip_and_bfd(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record;
	json_t *root;

	(void)state;
	fake.nbr = (struct ospf_nbr_shown){ .rid = be32_of(0x01010101),
					    .state = OSPF_NBR_FULL,
					    .dead_ns = 38 * NS_PER_SEC,
					    .full_ns = NS_NEVER };
	root = answer(tables, CTL_SHOW_OSPF);
	record = json_array_get(list_of(root, "ospf", 1), 0);
	text_is(record, "state", "Full");
	text_is(record, "interface", "up0");
	count_is(record, "dead_ms", 38000);
	assert_null(json_object_get(record, "full_ms"));
	assert_null(json_object_get(record, "dr"));
	json_decref(root);
	fake.lsa = (struct ospf_lsa_shown){
		.area_id = UINT32_MAX,
		.hdr = { .type = OSPF_EXTERNAL_LSA, .seq = be32_of(0x80000001), .len = be16_of(36) }
	};
	root = answer(tables, CTL_SHOW_OSPF_DATABASE);
	record = json_array_get(list_of(root, "ospf_database", 1), 0);
	text_is(record, "type", "external");
	text_is(record, "sequence", "80000001");
	assert_null(json_object_get(record, "area"));
	json_decref(root);
	fake.ospf_route = (struct ospf_route_shown){ .prefix = ip_prefix4(be32_of(0x0a000000), 8),
						     .path = OSPF_PATH_EXT2,
						     .area_id = UINT32_MAX,
						     .cost2 = 20,
						     .hidden = true };
	root = answer(tables, CTL_SHOW_OSPF_ROUTES);
	record = json_array_get(list_of(root, "ospf_routes", 1), 0);
	text_is(record, "path", "external-2");
	count_is(record, "cost2", 20);
	json_decref(root);
	fake.rip_route = (struct rip_route_info){ .addr = be32_of(0x0a000000),
						  .len = 8,
						  .kind = RIP_ROUTE_LEARNED,
						  .metric = 3,
						  .left_ns = NS_NEVER,
						  .hop_count = 1,
						  .hop = { { .from = be32_of(0xc6120002),
							     .until_ns = 70 * NS_PER_SEC } } };
	root = answer(tables, CTL_SHOW_RIP);
	record = json_array_get(list_of(root, "rip", 1), 0);
	text_is(record, "kind", "learned");
	record = json_array_get(json_object_get(record, "hops"), 0);
	count_is(record, "left_ms", 60000); /* it is ten seconds past the beginning */
	json_decref(root);
	fake.bfd = (struct bfd_info){ .addr = be32_of(0xc6120002),
				      .sources = 1U << ROUTE_BGP | 1U << ROUTE_OSPF,
				      .state = BFD_UP,
				      .diag = 1 };
	root = answer(tables, CTL_SHOW_BFD);
	record = json_array_get(list_of(root, "bfd", 1), 0);
	assert_int_equal(json_array_size(json_object_get(record, "for")), 2);
	text_is(record, "why", "detection time expired");
	assert_null(json_object_get(record, "remote_why"));
	json_decref(root);
	free(tables);
}

static void what_zebra_told(void **state)
{
	struct fake_tables *tables = routed();
	const json_t *record;
	json_t *root;

	(void)state;
	fake.fpm = (struct fpm_shown){ .connected = true,
				       .peer = { be32_of(0x7f000001), 40000, true },
				       .since_ns = 7 * NS_PER_SEC,
				       .ended = "of another connection",
				       .hold_in_ns = NS_NEVER,
				       .routes = 5,
				       .stats = { .frames = 9 } };
	fake.fpm.stats.refused[FPM_LABELS] = 2;
	fake.fpm.stats.refused[FPM_FULL] = 3;
	root = answer(tables, CTL_SHOW_FPM);
	record = json_array_get(list_of(root, "fpm", 1), 0);
	assert_true(json_is_true(json_object_get(record, "connected")));
	assert_true(json_is_true(json_object_get(record, "same_host")));
	text_is(record, "addr", "127.0.0.1");
	count_is(record, "since_ms", 3000);
	count_is(record, "routes", 5);
	count_is(record, "frames", 9);
	count_is(json_object_get(record, "refused"), "labels", 2);
	count_is(json_object_get(record, "refused"), "full", 3);
	assert_int_equal(json_object_size(json_object_get(record, "refused")), 2);
	assert_null(json_object_get(record, "why"));
	assert_null(json_object_get(record, "hold_ms"));
	json_decref(root);
	fake.fpm.connected = false;
	fake.fpm.hold_in_ns = 4 * NS_PER_SEC;
	root = answer(tables, CTL_SHOW_FPM);
	record = json_array_get(list_of(root, "fpm", 1), 0);
	text_is(record, "why", "of another connection");
	count_is(record, "hold_ms", 4000);
	json_decref(root);
	fake.path_count = 2;
	fake.path[0] = (struct rib_shown){
		.source = ROUTE_FPM,
		.path = { .attr = 186, .extra = 77, .hops = RIB_NONE },
	};
	fake.path[1] = fake.path[0];
	fake.path[1].path.attr = 250;
	fake.path[1].path.extra = 0;
	root = answer(tables, CTL_SHOW_RIB);
	record = json_array_get(list_of(root, "rib", 2), 0);
	text_is(record, "protocol", "bgp");
	count_is(record, "next_hop_id", 77);
	record = json_array_get(list_of(root, "rib", 2), 1);
	text_is(record, "protocol", "250");
	assert_null(json_object_get(record, "next_hop_id"));
	json_decref(root);
	free(tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_the_rib),
		cmocka_unit_test(prefixes_are_filtered),
		cmocka_unit_test(why_a_route_is_the_best),
		cmocka_unit_test(peers_of_bgp),
		cmocka_unit_test(one_peer_of_bgp),
		cmocka_unit_test(routes_of_a_peer),
		cmocka_unit_test(what_is_announced_to_a_peer),
		cmocka_unit_test(ospf_rip_and_bfd),
		cmocka_unit_test(what_zebra_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
