/* Building an engine and changing it: the plan is what is used, refusals have a reason and change
 * nothing, and what is configured is what happens afterwards.                                   */
#include "unit/core_path/path_bed.h"

/* ---- building -------------------------------------------------------------------------------- */

static enum err build(const struct sluice_conf *conf, u64 size, struct sluice **s, void **memory,
		      const char **why)
{
	*memory = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
	assert_non_null(*memory);
	memset(*memory, 0, size);
	return sluice_new(s, conf, *memory, size, NS_PER_SEC, why);
}

static void test_plan_is_what_is_used(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct mem plan;
	struct sluice *s;
	const struct mem *used;
	const char *why = NULL;
	void *memory;

	(void)state;
	sluice_plan(&bed->conf, &plan);
	assert_int_equal(build(&bed->conf, plan.used, &s, &memory, &why), ERR_OK);
	used = sluice_mem(s);
	assert_true(used->used == plan.used);
	assert_true(used->sealed);
	assert_false(used->short_of);
	assert_int_equal(used->row_count, plan.row_count);
	for (u32 row = 0; row < plan.row_count; row++) {
		assert_string_equal(used->row[row].name, plan.row[row].name);
		assert_true(used->row[row].bytes == plan.row[row].bytes);
	}
	sluice_check(s);
	free(memory);
	assert_int_equal(build(&bed->conf, plan.used - 1, &s, &memory, &why), ERR_MEMORY);
	assert_non_null(why);
	free(memory);
	free(bed);
}

static u64 planned(const struct sluice_conf *conf, const char *name)
{
	struct mem plan;

	sluice_plan(conf, &plan);
	for (u32 row = 0; row < plan.row_count; row++) {
		if (strcmp(plan.row[row].name, name) == 0)
			return plan.row[row].count;
	}
	fail_msg("%s: no such row", name);
	return 0;
}

/* Whatever else lies there: heads of lists, buffers, the members of each service. */
static void test_plan_shows_limits_as_they_were_set(void **state)
{
	struct path_bed *bed = path_bed_new();
	const struct sluice_conf *conf = &bed->conf;

	(void)state;
	assert_true(planned(conf, "flows") == conf->ct.flow_count);
	assert_true(planned(conf, "nat_mappings") == conf->nat.mapping_count);
	assert_true(planned(conf, "packets") == conf->packets.small_count);
	assert_true(planned(conf, "packets_large") == conf->packets.large_count);
	assert_true(planned(conf, "neighbours") == conf->neigh.count);
	assert_true(planned(conf, "services") == conf->nat.balance.service_limit);
	assert_true(planned(conf, "backends") == conf->nat.balance.backend_limit);
	free(bed);
}

/* One thing wrong at a time; each is refused, with words. */
static void break_conf(struct sluice_conf *conf, u32 n)
{
	switch (n) {
	case 0: conf->iface_count = 0; break;
	case 1: conf->iface_count = IFACE_MAX + 1; break;
	case 2: conf->host_if = RIG_IFACES; break;
	case 3: conf->route_count = SLUICE_ROUTE_MAX + 1; break;
	case 4: conf->ct.flow_count = 0; break;
	case 5: conf->ct.timeout_s[CT_TIMEOUT_UDP] = 0; break;
	case 6: conf->ct.timeout_s[CT_TIMEOUT_UDP] = CT_TIMEOUT_MAX_S + 1; break;
	case 7: conf->nat.mapping_count = 0; break;
	case 8: conf->reass.fragments_per_packet = 1; break;
	case 9: conf->iface[0].mtu = 60; break;
	case 10: conf->iface[0].addr[0].prefix_len = 33; break;
	case 11: conf->iface[1].name[0] = '\0'; break;
	case 12: conf->route[0].prefix_len = 40; break;
	case 13: conf->nat.rule[0].source_len = 40; break;
	case 14:
		conf->nat.address_count = 65537; /* their indices have 16 bits */
		break;
	default: fail();
	}
}

static void test_nonsense_is_refused_with_a_reason(void **state)
{
	struct path_bed *bed = path_bed_new(), *bad = path_bed_new();
	struct mem plan;

	(void)state;
	sluice_plan(&bed->conf, &plan);
	for (u32 n = 0; n < 15; n++) {
		struct sluice *s;
		const char *why = NULL;
		void *memory;
		enum err err;

		bad->conf = bed->conf;
		break_conf(&bad->conf, n);
		err = build(&bad->conf, plan.used, &s, &memory, &why);
		if (err == ERR_OK || err == ERR_MEMORY || why == NULL)
			fail_msg("case %u: %d", n, (int)err);
		free(memory);
	}
	free(bad);
	free(bed);
}

/* ---- changing -------------------------------------------------------------------------------- */

static u32 routes(const struct path_bed *bed, struct sluice_route_info *out, u32 max)
{
	u32 cursor = 0, count = 0;

	memset(out, 0, max * sizeof *out);
	while (cursor != SLUICE_CURSOR_END && count < max)
		count += sluice_show_routes(bed->rig.s, &cursor, out + count, max - count);
	return count;
}

/* In whatever order. */
static void expect_same_routes(const struct sluice_route_info *a, const struct sluice_route_info *b,
			       u32 count)
{
	for (u32 n = 0; n < count; n++) {
		bool found = false;

		for (u32 other = 0; other < count; other++)
			found = found || (be32_eq(a[n].prefix, b[other].prefix) &&
					  a[n].prefix_len == b[other].prefix_len &&
					  a[n].route.type == b[other].route.type &&
					  be32_eq(a[n].route.path[0].gateway,
						  b[other].route.path[0].gateway));
		assert_true(found);
	}
}

static void test_refused_change_leaves_everything(void **state)
{
	static const u32 kinds[] = { 0, 2, 3, 5, 9, 10, 11, 12, 13 };
	struct path_bed *bed = path_bed_open(), *bad = path_bed_new();
	static struct sluice_route_info before[64], after[64];
	u32 count = routes(bed, before, 64);
	u16 port;

	(void)state;
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	for (u32 n = 0; n < ARRAY_COUNT(kinds); n++) {
		bad->conf = bed->conf;
		/* Good changes beside the bad one must not take hold either. */
		bad->conf.iface[RIG_OUT].addr[0].addr = addr("198.18.0.99");
		bad->conf.route[0].route.type = FIB_BLACKHOLE;
		bad->conf.nat.rule[0].kind = NAT_KIND_NONE;
		break_conf(&bad->conf, kinds[n]);
		assert_false(rig_configure(&bed->rig, &bad->conf));
		sluice_check(bed->rig.s);
		assert_int_equal(routes(bed, after, 64), count);
		expect_same_routes(before, after, count);
		udp_out(bed);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, port);
		assert_true(be32_eq(bed->out.seen.src, addr(GATEWAY_OUT)));
		build_udp4(&bed->b, addr(HOST), (u16)(6000 + n), addr(SERVER), 53, 20);
		assert_true(be32_eq(path_pass(bed, RIG_IN)->src, addr(GATEWAY_OUT)));
	}
	free(bad);
	path_bed_close(bed);
}

/* More public addresses than the limit, again and again: refused, not stopped. */
static void test_pool_beyond_the_limit(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_conf *conf = &path_bed_new()->conf;
	const char *why = NULL;

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		*conf = bed->conf;
		rig_conf_pool(conf, "198.18.8.0", "198.18.8.63"); /* 64 and the masquerading one */
		assert_int_equal(sluice_look(bed->rig.s, conf, &why), ERR_FULL);
		assert_non_null(strstr(why, "limits.addresses"));
		assert_false(rig_configure(&bed->rig, conf));
		rig_conf_pool(conf, "198.18.8.0", "198.18.8.62");
		assert_int_equal(sluice_look(bed->rig.s, conf, &why), ERR_OK);
		assert_true(rig_configure(&bed->rig, conf));
	}
	udp_out(bed);
	assert_int_equal(be32_host(path_pass(bed, RIG_IN)->src) >> 8, 0xc61208);
	free(conf);
	path_bed_close(bed);
}

/* Time-outs and options take hold at once, of flows that stand, too. */
static void test_time_outs_change(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	bed->conf.ct.timeout_s[CT_TIMEOUT_UDP_NEW] = 5;
	bed->conf.redirects = true;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	rig_advance(&bed->rig, 4 * NS_PER_SEC);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	rig_advance(&bed->rig, 3 * NS_PER_SEC);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* Each limit has a name, and a change beside it must not take hold either. */
static void test_limits_can_not_change(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_conf *conf = &path_bed_new()->conf;
	const struct {
		u32 *limit;
		const char *name;
	} limits[] = {
		{ &conf->ct.flow_count, "limits.flows " },
		{ &conf->nat.mapping_count, "limits.mappings " },
		{ &conf->nat.address_count, "limits.addresses " },
		{ &conf->nat.dest_count, "limits.destinations " },
		{ &conf->fib.prefix_count, "limits.routes " },
		{ &conf->fib.route_count, "limits.route-targets " },
		{ &conf->neigh.count, "limits.neighbours " },
		{ &conf->neigh.queue_count, "limits.neighbour-packets " },
		{ &conf->reass.queue_count, "limits.reassemblies " },
		{ &conf->reass.fragment_count, "limits.fragments " },
		{ &conf->reass.fragments_per_packet, "limits.fragments-per-packet " },
		{ &conf->reass.fragments_per_source, "limits.fragments-per-source " },
		{ &conf->packets.small_count, "limits.packets " },
		{ &conf->packets.large_count, "limits.large-packets " },
	};
	const char *why = NULL;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	for (u32 n = 0; n < ARRAY_COUNT(limits); n++) {
		*conf = bed->conf;
		conf->ct.timeout_s[CT_TIMEOUT_UDP_NEW] = 1;
		--*limits[n].limit;
		assert_int_equal(sluice_configure(bed->rig.s, conf, bed->rig.now, &why), ERR_RANGE);
		if (strncmp(why, limits[n].name, strlen(limits[n].name)) != 0)
			fail_msg("%s: said '%s'", limits[n].name, why);
	}
	rig_advance(&bed->rig, 3 * NS_PER_SEC);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	free(conf);
	path_bed_close(bed);
}

static void test_masquerade_follows_a_new_address(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	bed->conf.iface[RIG_OUT].addr[0].addr = addr("198.18.0.99");
	assert_true(rig_configure(&bed->rig, &bed->conf));
	rig_advance(&bed->rig, 20 * NS_PER_SEC);
	rig_drain(&bed->rig);
	/* The flow that stands keeps its address; a new one of the same host has the new one. */
	udp_out(bed);
	assert_true(be32_eq(path_pass(bed, RIG_IN)->src, addr(GATEWAY_OUT)));
	build_udp4(&bed->b, addr(HOST), 5000, addr("203.0.113.10"), 53, 20);
	assert_true(be32_eq(path_pass(bed, RIG_IN)->src, addr("198.18.0.99")));
	tcp_out(bed, TCP_SYN);
	assert_true(be32_eq(path_pass(bed, RIG_IN)->src, addr("198.18.0.99")));
	path_bed_close(bed);
}

/* Flows that remember their way ask again after a change of routes. */
static void test_standing_flows_follow_new_routes(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct mac other;
	u16 port;

	(void)state;
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(rig_counter(&bed->rig, "packets_fast"), 1);
	bed->conf.route[0].route.path[0].gateway = addr("198.18.0.3");
	assert_true(rig_configure(&bed->rig, &bed->conf));
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	other = rig_mac_of(addr("198.18.0.3"));
	assert_memory_equal(bed->out.frame.bytes, &other, sizeof other);
	assert_int_equal(bed->out.seen.sport, port);
	path_bed_close(bed);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void test_nothing_to_do_is_never(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	assert_true(sluice_next(bed->rig.s) <= bed->rig.now + NS_PER_SEC);
	rig_advance(&bed->rig, 2000 * NS_PER_SEC);
	rig_drain(&bed->rig);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	assert_int_equal(rig_ports_held(&bed->rig), 0);
	assert_true(sluice_next(bed->rig.s) == NS_NEVER);
	path_bed_close(bed);
}

/* Two engines of one seed do the same; of two seeds, not. */
static void test_seed_decides(void **state)
{
	u16 ports[3][20];

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		struct path_bed *bed = path_bed_new();

		memset(bed->conf.seed, n == 2 ? 9 : 1, sizeof bed->conf.seed);
		path_bed_start(bed);
		for (u32 flow = 0; flow < 20; flow++) {
			build_udp4(&bed->b, addr(HOST), (u16)(5000 + flow), addr(SERVER), 53, 20);
			ports[n][flow] = path_pass(bed, RIG_IN)->sport;
		}
		path_bed_close(bed);
	}
	assert_memory_equal(ports[0], ports[1], sizeof ports[0]);
	assert_memory_not_equal(ports[0], ports[2], sizeof ports[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_is_what_is_used),
		cmocka_unit_test(test_plan_shows_limits_as_they_were_set),
		cmocka_unit_test(test_nonsense_is_refused_with_a_reason),
		cmocka_unit_test(test_refused_change_leaves_everything),
		cmocka_unit_test(test_pool_beyond_the_limit),
		cmocka_unit_test(test_time_outs_change),
		cmocka_unit_test(test_limits_can_not_change),
		cmocka_unit_test(test_masquerade_follows_a_new_address),
		cmocka_unit_test(test_standing_flows_follow_new_routes),
		cmocka_unit_test(test_nothing_to_do_is_never),
		cmocka_unit_test(test_seed_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
