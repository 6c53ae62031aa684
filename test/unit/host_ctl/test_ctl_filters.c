/* Filters of each show: what they let through, of tables that the test gives. */
#include "unit/host_ctl/answer_bed.h"

/* All its lists together have so many records; REFUSED: there is an error instead. */
#define REFUSED UINT64_MAX
static void counted(struct fake_tables *tables, u64 right, struct ctl_request request)
{
	json_t *root;
	u32 steps;

	assert_true(ctl_answer_zone(&request, fake_sluice(tables)));
	root = answer_steps(tables, &request, &steps);
	if (right == REFUSED)
		assert_non_null(json_object_get(root, "error"));
	else
		count_is(root, "count", right);
	json_decref(root);
}

/* lan0 is of zone blue, wan0 of none. */
static struct fake_tables *zoned_tables(void)
{
	struct fake_tables *tables = tables_new();
	struct iface *iface = tables->ifaces.iface;

	tables->zone_count = 2;
	tables->zone[0].name = "";
	tables->zone[1] = (struct sluice_zone){ .zone = 1, .name = "blue" };
	tables->ifaces.count = 2;
	memcpy(iface[0].conf.name, "lan0", 5);
	memcpy(iface[0].conf.zone_name, "blue", 5);
	iface[0].conf.zone = 1;
	iface[0].conf.addr_count = 1;
	iface[0].conf.addr[0] = (struct iface_addr){ be32_of(0x0a000001), 8, false };
	iface[0].up = true;
	memcpy(iface[1].conf.name, "wan0", 5);
	return tables;
}

static void interfaces_and_neighbours_are_filtered(void **state)
{
	struct fake_tables *tables = zoned_tables();
	const be32 ten = be32_of(0x0a000000);

	(void)state;
	counted(tables, 2, (struct ctl_request){ .show = CTL_SHOW_INTERFACES });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_INTERFACES, .name = "wan0" });
	counted(tables, REFUSED,
		(struct ctl_request){ .show = CTL_SHOW_INTERFACES, .name = "wan" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_INTERFACES, .state = "up" });
	counted(tables, 0, (struct ctl_request){ .show = CTL_SHOW_INTERFACES, .state = "gone" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_INTERFACES, .zone = "blue" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_INTERFACES, .zone = "none" });
	counted(tables, 0,
		(struct ctl_request){
			.show = CTL_SHOW_INTERFACES, .name = "wan0", .zone = "blue" });
	counted(tables, 1,
		(struct ctl_request){ .show = CTL_SHOW_INTERFACES,
				      .flow = { .addr = ten, .addr_len = 8 } });
	counted(tables, 0,
		(struct ctl_request){ .show = CTL_SHOW_INTERFACES,
				      .flow = { .addr = ten, .addr_len = 32 } });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_ZONES, .zone = "blue" });
	tables->neigh_count = 3;
	tables->neigh[0] = (struct neigh_info){ .out_if = 0, .state = NEIGH_REACHABLE };
	tables->neigh[1] = (struct neigh_info){ .out_if = 1, .state = NEIGH_REACHABLE };
	tables->neigh[2] = (struct neigh_info){ .out_if = 1, .state = NEIGH_FAILED };
	counted(tables, 3, (struct ctl_request){ .show = CTL_SHOW_NEIGHBOURS });
	counted(tables, 2, (struct ctl_request){ .show = CTL_SHOW_NEIGHBOURS, .zone = "none" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_NEIGHBOURS, .zone = "blue" });
	counted(tables, 2,
		(struct ctl_request){ .show = CTL_SHOW_NEIGHBOURS, .state = "reachable" });
	counted(tables, 1,
		(struct ctl_request){
			.show = CTL_SHOW_NEIGHBOURS, .state = "failed", .zone = "none" });
	free(tables);
}

static void backends_are_filtered(void **state)
{
	struct fake_tables *tables = zoned_tables();
	struct ctl_request request = { .show = CTL_SHOW_BACKENDS };
	json_t *root;
	u32 steps;

	(void)state;
	tables->backend_count = 3;
	tables->backend[0] = (struct sluice_backend){
		.service = "web", .proto = 6, .state = "up", .port = 80, .zone = 1
	};
	tables->backend[1] = (struct sluice_backend){
		.service = "web", .proto = 6, .state = "draining", .port = 80, .zone = 1
	};
	tables->backend[2] = (struct sluice_backend){ .service = "all", .state = "up" };
	tables->service_count = 2;
	tables->service[0] = (struct sluice_service){ .name = "web", .proto = 6, .zone = 1 };
	tables->service[1] = (struct sluice_service){ .name = "all" };
	/* Services are counted with them. */
	counted(tables, 5, (struct ctl_request){ .show = CTL_SHOW_BACKENDS });
	counted(tables, 1 + 2,
		(struct ctl_request){ .show = CTL_SHOW_BACKENDS, .state = "draining" });
	counted(tables, 2 + 1, (struct ctl_request){ .show = CTL_SHOW_BACKENDS, .zone = "blue" });
	counted(tables, 1 + 1, (struct ctl_request){ .show = CTL_SHOW_BACKENDS, .zone = "none" });
	counted(tables, 3 + 2,
		(struct ctl_request){ .show = CTL_SHOW_BACKENDS, .flow = { .proto = 6 } });
	counted(tables, 1 + 1,
		(struct ctl_request){ .show = CTL_SHOW_BACKENDS, .flow = { .proto = 17 } });
	root = answer_steps(tables, &request, &steps);
	text_is(json_array_get(list_of(root, "backends", 3), 0), "zone", "blue");
	assert_null(json_object_get(json_array_get(list_of(root, "backends", 3), 2), "zone"));
	text_is(json_array_get(list_of(root, "services", 2), 0), "zone", "blue");
	json_decref(root);
	free(tables);
}

static void rules_and_counters_are_filtered(void **state)
{
	struct fake_tables *tables = zoned_tables();
	struct filter_rule_conf *in = &tables->rule[0].conf, *out = &tables->rule[1].conf;

	(void)state;
	tables->rule_count = 3;
	for (u32 i = 0; i < 3; i++)
		tables->rule[i].conf = (struct filter_rule_conf){ .chain = FILTER_FORWARD,
								  .in_ifs = FILTER_IFACE_ANY,
								  .out_ifs = FILTER_IFACE_ANY };
	in->in_ifs = 1; /* lan0 */
	out->out_ifs = 2;
	out->chain = FILTER_OUTPUT;
	counted(tables, 3, (struct ctl_request){ .show = CTL_SHOW_RULES });
	counted(tables, 2,
		(struct ctl_request){
			.show = CTL_SHOW_RULES, .by_chain = true, .chain = FILTER_FORWARD });
	counted(tables, 0,
		(struct ctl_request){
			.show = CTL_SHOW_RULES, .by_chain = true, .chain = FILTER_INPUT });
	counted(tables, 2, (struct ctl_request){ .show = CTL_SHOW_RULES, .zone = "blue" });
	counted(tables, 2, (struct ctl_request){ .show = CTL_SHOW_RULES, .zone = "none" });
	counted(tables, 1,
		(struct ctl_request){ .show = CTL_SHOW_RULES,
				      .zone = "none",
				      .by_chain = true,
				      .chain = FILTER_OUTPUT });
	tables->counter_count = 3;
	tables->counter[0] = (struct sluice_counter){ "NAT_FILTERED", "a", "RFC", 0 };
	tables->counter[1] = (struct sluice_counter){ "NAT_NO_PORT", "b", "RFC", 4 };
	tables->counter[2] = (struct sluice_counter){ "NATURE", "c", "RFC", 4 };
	counted(tables, 2, (struct ctl_request){ .show = CTL_SHOW_DROPS });
	counted(tables, 2, (struct ctl_request){ .show = CTL_SHOW_DROPS, .name = "nat" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_DROPS, .name = "NAT_NO_PORT" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_DROPS, .name = "NAT_NO" });
	counted(tables, REFUSED, (struct ctl_request){ .show = CTL_SHOW_DROPS, .name = "NAT_N" });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_COUNTERS, .name = "nature" });
	counted(tables, REFUSED,
		(struct ctl_request){ .show = CTL_SHOW_COUNTERS, .name = "natures" });
	free(tables);
}

static struct filter_rule_conf rule_of(s32 proto)
{
	return (struct filter_rule_conf){ .chain = FILTER_FORWARD,
					  .states = FILTER_STATES,
					  .proto = proto,
					  .sport = { 0, UINT16_MAX, false, FILTER_SET_NONE },
					  .dport = { 0, UINT16_MAX, false, FILTER_SET_NONE },
					  .in_ifs = FILTER_IFACE_ANY,
					  .out_ifs = FILTER_IFACE_ANY };
}

/* To 10.1.0.0/16; tcp from outside 10.0.0.0/8 to port 443; icmp; new, to a set; anything. */
static void rules_to_filter(struct fake_tables *tables)
{
	struct sluice_rule *rule = tables->rule;

	tables->rule_count = 6;
	rule[0].conf = rule_of(FILTER_PROTO_ANY);
	rule[0].conf.dst = (struct filter_addr){ be32_of(0x0a010000), 16, false, FILTER_SET_NONE };
	rule[1].conf = rule_of(6);
	rule[1].conf.src = (struct filter_addr){ be32_of(0x0a000000), 8, true, FILTER_SET_NONE };
	rule[1].conf.dport = (struct filter_ports){ 443, 443, false, FILTER_SET_NONE };
	rule[2].conf = rule_of(1);
	rule[3].conf = rule_of(FILTER_PROTO_ANY);
	rule[3].conf.states = FILTER_NEW;
	rule[3].dst_set = "blocked";
	rule[4].conf = rule_of(FILTER_PROTO_ANY);
	rule[4].dst_pair = "pairs";
	rule[5].conf = rule_of(FILTER_PROTO_ANY);
	rule[5].policy = true;
	tables->elem_count = 3;
	tables->elem[0] = (struct filter_elem){ be32_of(0xc0000209), 32, 0, 0 };
	tables->elem[1] = (struct filter_elem){ be32_of(0), 0, 1000, 1010 };
	tables->elem[2] = (struct filter_elem){ be32_of(0xc0000209), 32, 22, 22 };
}

static void rules_by_what_they_ask(void **state)
{
	struct fake_tables *tables = zoned_tables();
	const struct {
		u64 right;
		struct ctl_request request;
	} asked[] = {
		{ 6, { .state = "new" } },
		{ 5, { .state = "established" } },
		/* Rules of one protocol or of any; what asks for ports has some. */
		{ 5, { .flow = { .proto = 6 } } },
		{ 4, { .flow = { .proto = 17 } } },
		{ 4, { .flow = { .proto = 1 } } },
		/* 10.1.0.0/16, and what names no address; not what is not for 10.0.0.0/8. */
		{ 4, { .flow = { .addr = be32_of(0x0a010203), .addr_len = 32 } } },
		{ 3, { .flow = { .addr = be32_of(0x0a020000), .addr_len = 16 } } },
		{ 5, { .flow = { .addr = be32_of(0xc0000209), .addr_len = 32 } } },
		/* A prefix that is larger than that of a rule. */
		{ 5, { .flow = { .addr = be32_of(0), .addr_len = 4 } } },
		/* Not that of ICMP. Pairs are of any port until the address is said, too. */
		{ 5, { .flow = { .port = 443 } } },
		{ 4, { .flow = { .port = 80 } } },
		{ 3, { .flow = { .addr = be32_of(0xc0000209), .addr_len = 32, .port = 443 } } },
		{ 3, { .flow = { .addr = be32_of(0xc0000209), .addr_len = 32, .port = 22 } } },
	};

	(void)state;
	rules_to_filter(tables);
	for (u32 i = 0; i < ARRAY_COUNT(asked); i++) {
		struct ctl_request request = asked[i].request;

		request.show = CTL_SHOW_RULES;
		counted(tables, asked[i].right, request);
	}
	free(tables);
}

static void sets_by_what_they_hold(void **state)
{
	struct fake_tables *tables = zoned_tables();
	const be32 held = be32_of(0xc0000209), other = be32_of(0xc000020a);

	(void)state;
	rules_to_filter(tables);
	tables->set_count = 3;
	tables->set[0] = (struct sluice_set){ .name = "blocked", .kind = FILTER_SET_ADDRS };
	tables->set[1] = (struct sluice_set){ .name = "ports", .kind = FILTER_SET_PORTS };
	tables->set[2] = (struct sluice_set){ .name = "pairs", .kind = FILTER_SET_PAIRS };
	counted(tables, 3, (struct ctl_request){ .show = CTL_SHOW_SETS });
	counted(tables, 1,
		(struct ctl_request){ .show = CTL_SHOW_SETS,
				      .flow = { .addr = held, .addr_len = 32 } });
	counted(tables, 0,
		(struct ctl_request){ .show = CTL_SHOW_SETS,
				      .flow = { .addr = other, .addr_len = 32 } });
	counted(tables, 1, (struct ctl_request){ .show = CTL_SHOW_SETS, .flow = { .port = 1003 } });
	counted(tables, 0, (struct ctl_request){ .show = CTL_SHOW_SETS, .flow = { .port = 22 } });
	counted(tables, 1,
		(struct ctl_request){ .show = CTL_SHOW_SETS,
				      .flow = { .addr = held, .addr_len = 32, .port = 22 } });
	/* Of one set, its elements. */
	counted(tables, 3, (struct ctl_request){ .show = CTL_SHOW_SETS, .set = "pairs" });
	counted(tables, 2,
		(struct ctl_request){ .show = CTL_SHOW_SETS,
				      .set = "pairs",
				      .flow = { .addr = held, .addr_len = 24 } });
	counted(tables, 1,
		(struct ctl_request){
			.show = CTL_SHOW_SETS, .set = "pairs", .flow = { .port = 1010 } });
	free(tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_and_neighbours_are_filtered),
		cmocka_unit_test(backends_are_filtered),
		cmocka_unit_test(rules_and_counters_are_filtered),
		cmocka_unit_test(rules_by_what_they_ask),
		cmocka_unit_test(sets_by_what_they_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
