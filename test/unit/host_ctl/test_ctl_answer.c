/* Answers: valid JSON with every record once, whatever the size of the steps. */
#include "unit/host_ctl/answer_bed.h"

static void empty_tables(void **state)
{
	struct fake_tables *tables = tables_new();

	(void)state;
	for (int show = 0; show < CTL_SHOW_COUNT; show++) {
		json_t *root = answer(tables, (enum ctl_show)show);
		const char *key = show == CTL_SHOW_MEMORY ? "memory"
							  : ctl_show_name((enum ctl_show)show);

		/* Of what is not there nobody says that it is empty. */
		if (show >= CTL_SHOW_RIB && show <= CTL_SHOW_BFD) {
			assert_non_null(strstr(json_string_value(json_object_get(root, "error")),
					       "'routing'"));
			json_decref(root);
			continue;
		}
		list_of(root, key, 0);
		count_is(root, "count", 0);
		json_decref(root);
	}
	free(tables);
}

static void a_flow(void **state)
{
	struct fake_tables *tables = tables_new();
	const json_t *flow;
	json_t *root;

	(void)state;
	fake_add_flows(tables, 1);
	root = answer(tables, CTL_SHOW_FLOWS);
	flow = json_array_get(list_of(root, "flows", 1), 0);
	text_is(flow, "proto", "tcp");
	text_is(flow, "state", "established");
	text_is(json_object_get(flow, "orig"), "src", "10.0.0.0");
	count_is(json_object_get(flow, "orig"), "sport", 41022);
	text_is(json_object_get(flow, "repl"), "dst", "198.18.0.1");
	count_is(json_object_get(flow, "repl"), "dport", 23011);
	count_is(flow, "idle_ms", 3000);
	count_is(flow, "expires_ms", 7437000);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(flow, "bytes"), 1)),
			 9000);
	assert_true(json_is_true(json_object_get(flow, "assured")));
	json_decref(root);
	free(tables);
}

/* Identifiers are named so, and what has neither those nor ports has addresses only. */
static void flows_without_ports(void **state)
{
	struct fake_tables *tables = tables_new();
	const json_t *orig, *repl;
	json_t *root;

	(void)state;
	fake_add_flows(tables, 3);
	tables->flow[0].proto = 1;
	tables->flow[0].orig.sport = be16_of(77);
	tables->flow[0].orig.dport = tables->flow[0].repl.sport = be16_of(8 << 8 | 3);
	tables->flow[0].repl.dport = be16_of(99);
	tables->flow[1].proto = 47;
	tables->flow[1].orig.sport = tables->flow[1].orig.dport = be16_of(5);
	tables->flow[2].proto = 50;
	root = answer(tables, CTL_SHOW_FLOWS);
	orig = json_object_get(json_array_get(list_of(root, "flows", 3), 0), "orig");
	repl = json_object_get(json_array_get(list_of(root, "flows", 3), 0), "repl");
	count_is(orig, "icmp_id", 77);
	count_is(orig, "icmp_type", 8);
	count_is(orig, "icmp_code", 3);
	count_is(repl, "icmp_id", 99);
	assert_null(json_object_get(orig, "sport"));
	assert_null(json_object_get(repl, "dport"));
	orig = json_object_get(json_array_get(list_of(root, "flows", 3), 1), "orig");
	count_is(orig, "gre_key", 5);
	assert_null(json_object_get(orig, "sport"));
	orig = json_object_get(json_array_get(list_of(root, "flows", 3), 2), "orig");
	assert_int_equal(json_object_size(orig), 2);
	json_decref(root);
	free(tables);
}

/* No flow twice, none forgotten, and no step of more than CTL_STEP_RECORDS. */
static void many_flows_take_many_steps(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_FLOWS };
	const json_t *list;
	json_t *root;
	u32 steps;

	(void)state;
	fake_add_flows(tables, 1000);
	root = answer_steps(tables, &request, &steps);
	assert_true(steps >= 1000 / CTL_STEP_RECORDS);
	list = list_of(root, "flows", 1000);
	for (u32 i = 0; i < 1000; i++) {
		char handle[17];

		snprintf(handle, sizeof handle, "%016x", i);
		text_is(json_array_get(list, i), "handle", handle);
	}
	count_is(root, "count", 1000);
	json_decref(root);
	free(tables);
}

/* A filter that lets nothing through still ends, though step after step is empty. */
static void empty_steps_are_not_the_end(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_FLOWS,
				       .flow = { .addr = be32_of(0x0a000000 + 999),
						 .addr_len = 32 } };
	json_t *root;
	u32 steps;

	(void)state;
	fake_add_flows(tables, 1000);
	tables->flow_stride = 10;
	root = answer_steps(tables, &request, &steps);
	assert_int_equal(steps, 100);
	list_of(root, "flows", 1);
	json_decref(root);
	free(tables);
}

static void state_and_unanswered_reach_the_engine(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_FLOWS, .state = "syn-sent" };
	json_t *root;
	u32 steps;

	(void)state;
	fake_add_flows(tables, 3);
	tables->flow[1].state = "syn-sent";
	tables->flow[1].answered = false;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "flows", 1);
	json_decref(root);
	request = (struct ctl_request){ .show = CTL_SHOW_FLOWS };
	request.flow.unanswered_only = true;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "flows", 1);
	json_decref(root);
	free(tables);
}

static void limit_and_count(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_FLOWS, .limit = 70 };
	json_t *root;
	u32 steps;

	(void)state;
	fake_add_flows(tables, 1000);
	root = answer_steps(tables, &request, &steps);
	assert_int_equal(steps, 2);
	list_of(root, "flows", 70);
	count_is(root, "count", 70);
	json_decref(root);
	request.count_only = true;
	request.limit = 0;
	root = answer_steps(tables, &request, &steps);
	assert_null(json_object_get(root, "flows"));
	count_is(root, "count", 1000);
	json_decref(root);
	free(tables);
}

static void subscribers(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_SUBSCRIBERS };
	const json_t *one;
	json_t *root;
	u32 steps;

	(void)state;
	tables->subscriber_count = 2;
	tables->subscriber[0] = (struct sluice_subscriber){ .addr = be32_of(0x0a0a0500),
							    .prefix_len = 24,
							    .flows = 7,
							    .ports = 5,
							    .flow_limit = 100,
							    .port_limit = 50,
							    .rate_limit = 20,
							    .refused_flows = 1,
							    .refused_ports = 2,
							    .refused_rate = 3 };
	tables->subscriber[1] = tables->subscriber[0];
	tables->subscriber[1].addr = be32_of(0x0a0a0600);
	root = answer_steps(tables, &request, &steps);
	one = json_array_get(list_of(root, "subscribers", 2), 0);
	text_is(one, "subscriber", "10.10.5.0/24");
	count_is(one, "flows", 7);
	count_is(one, "ports", 5);
	count_is(one, "flow_limit", 100);
	count_is(one, "port_limit", 50);
	count_is(one, "rate_limit", 20);
	count_is(one, "refused_flows", 1);
	count_is(one, "refused_ports", 2);
	count_is(one, "refused_rate", 3);
	json_decref(root);
	/* A host finds the subscriber that it is part of. */
	request.flow.addr = be32_of(0x0a0a0607);
	request.flow.addr_len = 32;
	root = answer_steps(tables, &request, &steps);
	text_is(json_array_get(list_of(root, "subscribers", 1), 0), "subscriber", "10.10.6.0/24");
	json_decref(root);
	free(tables);
}

static void ports_and_destinations(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_PORTS };
	const json_t *dest;
	json_t *root;
	u32 steps;

	(void)state;
	tables->ports_count = 2;
	tables->ports[0] = (struct sluice_ports){
		.public_addr = be32_of(0xc6120001), .proto = 6, .port_count = 64512, .refused = 3
	};
	tables->ports[1] = (struct sluice_ports){ .public_addr = be32_of(0xc6120001), .proto = 17 };
	tables->dest_count = 1;
	tables->dest[0] = (struct sluice_dest){ .public_addr = be32_of(0xc6120001),
						.proto = 6,
						.dst = be32_of(0xc6120002),
						.dport = be16_of(80),
						.used = 1000,
						.left = 63512,
						.exact = true };
	root = answer_steps(tables, &request, &steps);
	list_of(root, "ports", 2);
	count_is(json_array_get(json_object_get(root, "ports"), 0), "refused", 3);
	dest = json_array_get(list_of(root, "destinations", 1), 0);
	count_is(dest, "left", 63512);
	text_is(dest, "dst", "198.18.0.2");
	count_is(root, "count", 3);
	json_decref(root);
	request.flow.proto = 17;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "ports", 1);
	list_of(root, "destinations", 0);
	json_decref(root);
	request = (struct ctl_request){ .show = CTL_SHOW_PORTS };
	request.flow.port = 80;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "ports", 0);
	list_of(root, "destinations", 1);
	json_decref(root);
	free(tables);
}

static void backends_and_services(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_BACKENDS };
	const json_t *record;
	json_t *root;
	u32 steps;

	(void)state;
	tables->backend_count = 2;
	tables->backend[0] = (struct sluice_backend){ .service = "web",
						      .addr = be32_of(0x0a0a0005),
						      .port = 8080,
						      .weight = 2,
						      .state = "draining",
						      .share = 100,
						      .left_ms = 1500,
						      .flows = 7 };
	tables->backend[1] = tables->backend[0];
	tables->backend[1].addr = be32_of(0x0a0a0006);
	tables->service_count = 1;
	tables->service[0] = (struct sluice_service){ .name = "web",
						      .addr = be32_of(0xc6120001),
						      .port_first = 80,
						      .port_last = 89,
						      .proto = 6,
						      .method = "maglev",
						      .backends = 2,
						      .up = 1,
						      .refused = 3 };
	root = answer_steps(tables, &request, &steps);
	record = json_array_get(list_of(root, "backends", 2), 0);
	text_is(record, "service", "web");
	text_is(record, "state", "draining");
	count_is(record, "port", 8080);
	count_is(record, "left_ms", 1500);
	count_is(record, "flows", 7);
	record = json_array_get(list_of(root, "services", 1), 0);
	text_is(record, "proto", "tcp");
	text_is(record, "method", "maglev");
	count_is(record, "port_last", 89);
	count_is(record, "refused", 3);
	json_decref(root);
	request.flow.addr = be32_of(0x0a0a0006);
	request.flow.addr_len = 32;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "backends", 1);
	list_of(root, "services", 0);
	json_decref(root);
	request.flow.addr_len = 0;
	request.flow.port = 85;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "backends", 0);
	list_of(root, "services", 1);
	json_decref(root);
	free(tables);
}

/* Two zones, blue among them; what is of it says so, and a filter finds it. */
static void zones(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_ZONES };
	const json_t *record;
	json_t *root;
	u32 steps;

	(void)state;
	tables->zone_count = 2;
	tables->zone[0] = (struct sluice_zone){ .name = "", .routes = 2, .flows = 3 };
	tables->zone[1] = (struct sluice_zone){ .zone = 1, .name = "blue", .routes = 4 };
	tables->ifaces.count = 2;
	snprintf(tables->ifaces.iface[0].conf.name, IFACE_NAME_SIZE, "wan0");
	snprintf(tables->ifaces.iface[1].conf.name, IFACE_NAME_SIZE, "blue0");
	snprintf(tables->ifaces.iface[1].conf.zone_name, IFACE_NAME_SIZE, "blue");
	tables->ifaces.iface[1].conf.zone = 1;
	tables->mapping_count = 2;
	tables->mapping[0] = (struct sluice_mapping){ .proto = 17 };
	tables->mapping[1] = (struct sluice_mapping){ .proto = 17, .zone = 1 };
	root = answer_steps(tables, &request, &steps);
	record = json_array_get(list_of(root, "zones", 2), 0);
	text_is(record, "zone", "none");
	count_is(record, "flows", 3);
	record = json_array_get(list_of(root, "zones", 2), 1);
	text_is(record, "zone", "blue");
	count_is(record, "routes", 4);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(record, "interfaces"), 0)), "blue0");
	json_decref(root);
	request = (struct ctl_request){ .show = CTL_SHOW_NAT, .zone = "blue" };
	assert_true(ctl_answer_zone(&request, fake_sluice(tables)));
	root = answer_steps(tables, &request, &steps);
	text_is(json_array_get(list_of(root, "nat", 1), 0), "zone", "blue");
	json_decref(root);
	request = (struct ctl_request){ .show = CTL_SHOW_NAT, .zone = "none" };
	assert_true(ctl_answer_zone(&request, fake_sluice(tables)));
	root = answer_steps(tables, &request, &steps);
	assert_null(json_object_get(json_array_get(list_of(root, "nat", 1), 0), "zone"));
	json_decref(root);
	request = (struct ctl_request){ .show = CTL_SHOW_NAT, .zone = "bleu" };
	assert_false(ctl_answer_zone(&request, fake_sluice(tables)));
	free(tables);
}

static void mappings_are_filtered(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_NAT };
	json_t *root;
	u32 steps;

	(void)state;
	tables->mapping_count = 2;
	for (u32 i = 0; i < 2; i++)
		tables->mapping[i] = (struct sluice_mapping){
			.proto = 17,
			.inside_addr = be32_of(0x0a0a0002 + i),
			.inside_port = be16_of(5000),
			.public_addr = be32_of(0xc6120001),
			.public_port = be16_of((u16)(40000 + i)),
			.flow_count = 1
		};
	request.flow.addr = be32_of(0x0a0a0003);
	request.flow.addr_len = 32;
	root = answer_steps(tables, &request, &steps);
	count_is(json_array_get(list_of(root, "nat", 1), 0), "public_port", 40001);
	json_decref(root);
	request = (struct ctl_request){ .show = CTL_SHOW_NAT };
	request.flow.port = 40000;
	root = answer_steps(tables, &request, &steps);
	text_is(json_array_get(list_of(root, "nat", 1), 0), "inside_addr", "10.10.0.2");
	json_decref(root);
	tables->mapping[0].proto = 1;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "nat", 0);
	json_decref(root);
	request.flow = (struct sluice_flow_filter){ .icmp_id = 40000, .by_icmp_id = true };
	root = answer_steps(tables, &request, &steps);
	count_is(json_array_get(list_of(root, "nat", 1), 0), "inside_icmp_id", 5000);
	count_is(json_array_get(list_of(root, "nat", 1), 0), "public_icmp_id", 40000);
	json_decref(root);
	request.flow.icmp_id = 40001;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "nat", 0);
	json_decref(root);
	free(tables);
}

static void routes_say_their_ways_out(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_ROUTES };
	const json_t *path;
	json_t *root;
	u32 steps;

	(void)state;
	tables->ifaces.count = 1;
	memcpy(tables->ifaces.iface[0].conf.name, "a\"b\\", 5);
	tables->route_count = 2;
	tables->route[0].route.type = FIB_UNICAST;
	tables->route[0].route.path_count = 1;
	tables->route[0].route.path[0] = (struct fib_path){ be32_of(0xc6120002), 0, 1 };
	tables->route[1].prefix = be32_of(0xc0000200);
	tables->route[1].prefix_len = 24;
	tables->route[1].route.type = FIB_BLACKHOLE;
	root = answer(tables, CTL_SHOW_ROUTES);
	list_of(root, "routes", 2);
	path = json_array_get(
		json_object_get(json_array_get(json_object_get(root, "routes"), 0), "paths"), 0);
	text_is(path, "gateway", "198.18.0.2");
	text_is(path, "interface", "a\"b\\");
	text_is(json_array_get(json_object_get(root, "routes"), 1), "type", "blackhole");
	json_decref(root);
	/* The default route leads to 192.0.2.1, and the other one as well; none is inside of it. */
	request.flow.addr = be32_of(0xc0000201);
	request.flow.addr_len = 32;
	root = answer_steps(tables, &request, &steps);
	list_of(root, "routes", 2);
	json_decref(root);
	request.flow.addr = be32_of(0xc0000301);
	root = answer_steps(tables, &request, &steps);
	list_of(root, "routes", 1);
	json_decref(root);
	free(tables);
}

static void interfaces_and_neighbours(void **state)
{
	struct fake_tables *tables = tables_new();
	struct iface *iface = &tables->ifaces.iface[0];
	const json_t *record;
	json_t *root;

	(void)state;
	tables->ifaces.count = 1;
	memcpy(iface->conf.name, "gw1", 4);
	iface->conf.side = IFACE_OUTSIDE;
	iface->conf.mtu = 1500;
	iface->conf.offloads = IFACE_TX_CSUM | IFACE_TX_USO;
	iface->conf.addr_count = 1;
	iface->conf.addr[0] = (struct iface_addr){ be32_of(0xc6120001), 16, true };
	iface->conf.mac = (struct mac){ { 2, 0, 0, 0, 0, 0xab } };
	iface->up = true;
	iface->stats.rx_packets = 5;
	iface->losses.rx_lost = 7;
	root = answer(tables, CTL_SHOW_INTERFACES);
	record = json_array_get(list_of(root, "interfaces", 1), 0);
	text_is(record, "side", "outside");
	text_is(record, "mac", "02:00:00:00:00:ab");
	text_is(json_array_get(json_object_get(record, "addresses"), 0), "addr", "198.18.0.1/16");
	assert_int_equal(json_array_size(json_object_get(record, "offloads")), 2);
	count_is(record, "rx_packets", 5);
	count_is(record, "rx_lost", 7);
	count_is(record, "tx_full", 0);
	json_decref(root);
	tables->neigh_count = 1;
	tables->neigh[0] = (struct neigh_info){ .addr = be32_of(0xc6120002),
						.mac_known = true,
						.mac = { { 2, 0, 0, 0, 0, 1 } },
						.state = NEIGH_REACHABLE,
						.confirmed_ns = 7 * NS_PER_SEC };
	root = answer(tables, CTL_SHOW_NEIGHBOURS);
	record = json_array_get(list_of(root, "neighbours", 1), 0);
	text_is(record, "interface", "gw1");
	text_is(record, "state", "reachable");
	count_is(record, "confirmed_ms", 3000);
	json_decref(root);
	free(tables);
}

/* A rule with everything that it can ask about, and one with nothing. */
static struct sluice_rule full_rule(void)
{
	struct sluice_rule rule = { .index = 3, .src_set = "bad", .packets = 5, .bytes = 600 };
	struct filter_rule_conf *conf = &rule.conf;

	memcpy(conf->name, "web", 4);
	conf->chain = FILTER_FORWARD;
	conf->states = FILTER_NEW;
	conf->proto = 6;
	conf->src.not = true;
	conf->dst = (struct filter_addr){ be32_of(0x0a000000), 8, false, FILTER_SET_NONE };
	conf->sport.last = UINT16_MAX;
	conf->dport = (struct filter_ports){ 80, 443, true, FILTER_SET_NONE };
	conf->in_ifs = 1;
	conf->out_ifs = FILTER_IFACE_ANY;
	conf->tcp_mask = 0x12;
	conf->tcp_flags = 0x02;
	conf->limit = (struct filter_limit){ 10, 1, 20 };
	conf->fate = (struct filter_fate){ FILTER_REJECT, FILTER_REJECT_RESET };
	conf->log = true;
	return rule;
}

static void rules_and_sets(void **state)
{
	struct fake_tables *tables = tables_new();
	const json_t *record;
	json_t *root;

	(void)state;
	tables->ifaces.count = 1;
	memcpy(tables->ifaces.iface[0].conf.name, "gw1", 4);
	tables->rule_count = 2;
	tables->rule[0] = full_rule();
	tables->rule[1].policy = true;
	tables->rule[1].conf.states = FILTER_STATES;
	tables->rule[1].conf.proto = FILTER_PROTO_ANY;
	tables->rule[1].conf.in_ifs = tables->rule[1].conf.out_ifs = FILTER_IFACE_ANY;
	tables->rule[1].conf.sport.last = tables->rule[1].conf.dport.last = UINT16_MAX;
	root = answer(tables, CTL_SHOW_RULES);
	record = json_array_get(list_of(root, "rules", 2), 0);
	text_is(record, "chain", "forward");
	count_is(record, "index", 3);
	text_is(record, "name", "web");
	text_is(record, "src", "!@bad");
	text_is(record, "dst", "10.0.0.0/8");
	text_is(record, "dport", "!80-443");
	text_is(record, "proto", "tcp");
	text_is(record, "tcp_flags", "syn,!ack");
	text_is(record, "action", "reject");
	text_is(record, "with", "tcp-reset");
	assert_string_equal(json_string_value(json_array_get(json_object_get(record, "in"), 0)),
			    "gw1");
	assert_string_equal(json_string_value(json_array_get(json_object_get(record, "states"), 0)),
			    "new");
	assert_null(json_object_get(record, "out"));
	assert_null(json_object_get(record, "sport"));
	count_is(json_object_get(record, "limit"), "burst", 20);
	count_is(record, "packets", 5);
	count_is(record, "bytes", 600);
	record = json_array_get(list_of(root, "rules", 2), 1);
	assert_true(json_is_true(json_object_get(record, "policy")));
	assert_int_equal(json_object_size(record), 5);
	json_decref(root);
	tables->set_count = 1;
	tables->set[0] = (struct sluice_set){ "bad", FILTER_SET_ADDRS, true, 7, 3, 9 };
	root = answer(tables, CTL_SHOW_SETS);
	record = json_array_get(list_of(root, "sets", 1), 0);
	text_is(record, "kind", "addresses");
	count_is(record, "elements", 7);
	count_is(record, "hits", 9);
	count_is(record, "room", 3);
	json_decref(root);
	free(tables);
}

static void one_set_is_shown_with_its_elements(void **state)
{
	static const char *const texts[] = { "10.0.0.0/8", "10.0.0.1", "0.0.0.0/0",
					     "443",        "10-20",    "10.0.0.1:80" };
	const be32 ten = be32_of(0x0a000000), host = be32_of(0x0a000001);
	struct ctl_request request = { .show = CTL_SHOW_SETS, .set = "bad" };
	struct fake_tables *tables = tables_new();
	json_t *root;
	u32 steps;

	(void)state;
	tables->set_count = 2;
	tables->set[0] = (struct sluice_set){ "good", FILTER_SET_PORTS, false, 7, 0, 9 };
	tables->set[1] = (struct sluice_set){ "bad", FILTER_SET_ADDRS, true, 6, 3, 9 };
	tables->elem_count = 6;
	tables->elem[0] = (struct filter_elem){ ten, 8, 0, 0 };
	tables->elem[1] = (struct filter_elem){ host, 32, 0, 0 };
	tables->elem[2] = (struct filter_elem){ be32_of(0), 0, 0, 0 };
	tables->elem[3] = (struct filter_elem){ be32_of(0), 0, 443, 443 };
	tables->elem[4] = (struct filter_elem){ be32_of(0), 0, 10, 20 };
	tables->elem[5] = (struct filter_elem){ host, 32, 80, 80 };
	root = answer_steps(tables, &request, &steps);
	text_is(json_array_get(json_object_get(root, "sets"), 0), "name", "bad");
	for (u32 i = 0; i < 6; i++)
		text_is(json_array_get(json_object_get(root, "elements"), i), "element", texts[i]);
	count_is(root, "count", 6);
	json_decref(root);
	request.count_only = true;
	root = answer_steps(tables, &request, &steps);
	count_is(root, "count", 6);
	json_decref(root);
	request.set[0] = 'c';
	root = answer_steps(tables, &request, &steps);
	assert_non_null(json_object_get(root, "error"));
	json_decref(root);
	free(tables);
}

static void counters_of_zero_are_left_out(void **state)
{
	struct fake_tables *tables = tables_new();
	struct ctl_request request = { .show = CTL_SHOW_DROPS };
	json_t *root;
	u32 steps;

	(void)state;
	tables->counter_count = 2;
	tables->counter[0] = (struct sluice_counter){ "ttl_expired", "ran out", "RFC 1812", 0 };
	tables->counter[1] = (struct sluice_counter){ "no_route", "no route", "RFC 1812", 4 };
	root = answer_steps(tables, &request, &steps);
	text_is(json_array_get(list_of(root, "drops", 1), 0), "name", "no_route");
	json_decref(root);
	root = answer(tables, CTL_SHOW_DROPS);
	list_of(root, "drops", 2);
	json_decref(root);
	/* The engine may end a list by a cursor that stands still. */
	root = answer(tables, CTL_SHOW_COUNTERS);
	list_of(root, "counters", 2);
	json_decref(root);
	free(tables);
}

static void memory_is_summed(void **state)
{
	struct fake_tables *tables = tables_new();
	json_t *root;

	(void)state;
	tables->mem.row_count = 1;
	tables->mem.row[0] = (struct mem_row){ "flows", 6400, 100 };
	tables->mem.used = 6400;
	tables->mem.size = 8192;
	fake_add_flows(tables, 2);
	root = answer(tables, CTL_SHOW_MEMORY);
	count_is(json_array_get(list_of(root, "memory", 1), 0), "bytes", 6400);
	count_is(root, "used_bytes", 6400);
	count_is(root, "size_bytes", 8192);
	count_is(root, "flows", 2);
	json_decref(root);
	free(tables);
}

static void strings_are_escaped(void **state)
{
	struct evbuffer *out = evbuffer_new();
	json_t *root;

	(void)state;
	evbuffer_add(out, "[", 1);
	ctl_put_string(out, "a\"\\\n\x01z");
	evbuffer_add(out, "]", 1);
	root = load(out);
	assert_string_equal(json_string_value(json_array_get(root, 0)), "a\"\\\n\x01z");
	json_decref(root);
	evbuffer_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_tables),
		cmocka_unit_test(a_flow),
		cmocka_unit_test(flows_without_ports),
		cmocka_unit_test(many_flows_take_many_steps),
		cmocka_unit_test(empty_steps_are_not_the_end),
		cmocka_unit_test(state_and_unanswered_reach_the_engine),
		cmocka_unit_test(limit_and_count),
		cmocka_unit_test(subscribers),
		cmocka_unit_test(ports_and_destinations),
		cmocka_unit_test(backends_and_services),
		cmocka_unit_test(zones),
		cmocka_unit_test(mappings_are_filtered),
		cmocka_unit_test(routes_say_their_ways_out),
		cmocka_unit_test(interfaces_and_neighbours),
		cmocka_unit_test(rules_and_sets),
		cmocka_unit_test(one_set_is_shown_with_its_elements),
		cmocka_unit_test(counters_of_zero_are_left_out),
		cmocka_unit_test(memory_is_summed),
		cmocka_unit_test(strings_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
