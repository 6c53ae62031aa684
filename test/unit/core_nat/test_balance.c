/* Who gets a new flow, and how many move when the set of backends changes. */
#include "unit/core_nat/balance_bed.h"

static void test_weights(void **state)
{
	static const u16 weight[] = { 1, 2, 5 };
	struct balance_bed *bed = bed_open(3);
	u8 *host = hosts_new();

	(void)state;
	for (u32 at = 0; at < 3; at++)
		bed->conf.backend[at].weight = weight[at];
	bed_configure(bed);
	all_hosts(bed, host);
	for (u8 at = 0; at < 3; at++) {
		u32 fair = CLIENTS / 8 * weight[at];
		u32 got = count_host(host, (u8)(at + 1));

		assert_in_range(got, fair * 97 / 100, fair * 103 / 100);
	}
	free(host);
	bed_close(bed);
}

static void test_equal_shares(void **state)
{
	struct balance_bed *bed = bed_open(50);
	u8 *host = hosts_new();

	(void)state;
	all_hosts(bed, host);
	for (u8 at = 1; at <= 50; at++)
		assert_in_range(count_host(host, at), CLIENTS / 50 * 85 / 100,
				CLIENTS / 50 * 115 / 100);
	free(host);
	bed_close(bed);
}

/* The figures that docs/adr/0020 speaks of. Ten backends, one is taken out or one comes in. */
static void test_few_move(void **state)
{
	struct balance_bed *bed = bed_open(10);
	u8 *before = hosts_new(), *after = hosts_new();
	u32 own, moved, taken;

	(void)state;
	all_hosts(bed, before);
	own = count_host(before, 4);
	bed->conf.backend[3] = bed->conf.backend[9];
	bed->conf.service[0].backend_count = 9;
	bed_configure(bed);
	all_hosts(bed, after);
	moved = count_moved(before, after, 4, 0);
	printf("removed 1 of 10: its own %.2f %%, of the others %.2f %% moved\n",
	       100.0 * own / CLIENTS, 100.0 * moved / (CLIENTS - own));
	assert_int_equal(count_host(after, 4), 0);
	assert_true(moved < (CLIENTS - own) / 100);
	add_hosts(bed, 11, 1);
	bed->conf.service[0].backend_count = 10;
	bed->conf.backend[9] = bed->conf.backend[10];
	bed_configure(bed);
	all_hosts(bed, before);
	taken = count_host(before, 11);
	moved = count_moved(after, before, 0, 11);
	printf("added 1 to 9: it got %.2f %%, of the others %.2f %% moved\n",
	       100.0 * taken / CLIENTS, 100.0 * moved / (CLIENTS - taken));
	assert_in_range(taken, CLIENTS / 10 * 95 / 100, CLIENTS / 10 * 105 / 100);
	assert_true(moved < (CLIENTS - taken) / 100);
	free(before);
	free(after);
	bed_close(bed);
}

/* A backend that fails moves its own flows, nobody else's; when it is back it gets the same. */
static void test_failure_moves_its_own_only(void **state)
{
	struct balance_bed *bed = bed_open(10);
	u8 *before = hosts_new(), *after = hosts_new();

	(void)state;
	all_hosts(bed, before);
	assert_int_equal(balance_set(&bed->b, 0, 3, BACKEND_DOWN, bed->now), ERR_OK);
	all_hosts(bed, after);
	assert_int_equal(count_host(after, 4), 0);
	assert_int_equal(count_moved(before, after, 4, 0), 0);
	for (u8 at = 1; at <= 10; at++) {
		if (at != 4)
			assert_in_range(count_host(after, at), CLIENTS / 9 * 93 / 100,
					CLIENTS / 9 * 107 / 100);
	}
	assert_int_equal(balance_set(&bed->b, 0, 3, BACKEND_UP, bed->now), ERR_OK);
	all_hosts(bed, after);
	assert_memory_equal(before, after, CLIENTS);
	free(before);
	free(after);
	bed_close(bed);
}

static void test_order_does_not_matter(void **state)
{
	struct balance_bed *bed = bed_open(8);
	u8 *before = hosts_new(), *after = hosts_new();

	(void)state;
	all_hosts(bed, before);
	for (u32 at = 0; at < 4; at++) {
		struct backend_conf other = bed->conf.backend[at];

		bed->conf.backend[at] = bed->conf.backend[7 - at];
		bed->conf.backend[7 - at] = other;
	}
	bed_configure(bed);
	all_hosts(bed, after);
	assert_memory_equal(before, after, CLIENTS);
	free(before);
	free(after);
	bed_close(bed);
}

static void test_all_but_one_down(void **state)
{
	struct balance_bed *bed = bed_open(HOSTS_MAX);

	(void)state;
	for (u32 at = 0; at < HOSTS_MAX; at++) {
		if (at != 40)
			assert_int_equal(balance_set(&bed->b, 0, at, BACKEND_DOWN, bed->now),
					 ERR_OK);
	}
	for (u32 client = 0; client < 1000; client++)
		assert_int_equal(host_of(bed, client), 41);
	bed_close(bed);
}

static void test_sticky(void **state)
{
	struct balance_bed *bed = bed_open(5);
	u32 others = 0;

	(void)state;
	bed->conf.service[0].method = BALANCE_STICKY;
	bed_configure(bed);
	/* Seven clients in a row have one source address. */
	for (u32 client = 0; client < 7000; client++) {
		assert_int_equal(host_of(bed, client), host_of(bed, client / 7 * 7));
		others += host_of(bed, client) != host_of(bed, 0);
	}
	assert_true(others > 5000);
	bed_close(bed);
}

static void test_least(void **state)
{
	struct balance_bed *bed = bed_open(4);
	struct flow flow[700];

	(void)state;
	bed->conf.service[0].method = BALANCE_LEAST;
	bed->conf.backend[3].weight = 4;
	bed_configure(bed);
	for (u32 client = 0; client < 700; client++) {
		flow[client] = flow_of(bed, client);
		assert_true(take(bed, &flow[client]));
	}
	for (u32 at = 0; at < 4; at++)
		assert_int_equal(bed->b.backend[at].flow_count, at == 3 ? 400 : 100);
	/* Who has lost flows is the next to get some. */
	for (u32 client = 0, ended = 0; ended < 30; client++) {
		if (flow[client].repl.src.raw != addr("10.10.1.2").raw)
			continue;
		balance_release(&bed->b, &flow[client]);
		ended++;
	}
	for (u32 client = 0; client < 30; client++) {
		struct flow late = flow_of(bed, 10000 + client);

		assert_true(take(bed, &late));
		assert_true(be32_eq(late.repl.src, addr("10.10.1.2")));
	}
	bed_close(bed);
}

static void test_ports_kept_and_shifted(void **state)
{
	struct balance_bed *bed = bed_new();
	struct flow flow;

	(void)state;
	fake_service(&bed->conf, "shifted", "198.18.0.1", 80)->port_last = 89;
	(void)fake_backend(&bed->conf, "10.10.1.1", 8080);
	fake_service(&bed->conf, "kept", "198.18.0.1", 100)->port_last = 200;
	(void)fake_backend(&bed->conf, "10.10.1.2", 0);
	bed_start(bed);
	flow = flow_of(bed, 1);
	flow.orig.dport = be16_of(87);
	assert_true(take(bed, &flow));
	assert_int_equal(be16_host(flow.repl.sport), 8087);
	flow = flow_of(bed, 1);
	flow.orig.dport = be16_of(150);
	flow.repl = tuple_reversed(&flow.orig);
	assert_true(take(bed, &flow));
	assert_int_equal(be16_host(flow.repl.sport), 150);
	flow.orig.dport = be16_of(90);
	assert_int_equal(balance_find(&bed->b, &flow.orig, IP_PROTO_TCP, false), BALANCE_NONE);
	flow.orig.dport = be16_of(87);
	assert_int_equal(balance_find(&bed->b, &flow.orig, IP_PROTO_UDP, false), BALANCE_NONE);
	/* Not for inside clients, unless it says so. */
	assert_int_equal(balance_find(&bed->b, &flow.orig, IP_PROTO_TCP, true), BALANCE_NONE);
	bed_close(bed);
}

static void test_first_match_decides(void **state)
{
	struct balance_bed *bed = bed_new();
	struct flow flow;

	(void)state;
	(void)fake_service(&bed->conf, "web", "198.18.0.1", 80);
	(void)fake_backend(&bed->conf, "10.10.1.1", 8080);
	*fake_service(&bed->conf, "rest", "198.18.0.1", 0) = (struct service_conf){
		.name = "rest", .addr_if = 3, .backend_first = 1, .drain_s = 1
	};
	(void)fake_backend(&bed->conf, "10.10.1.2", 0);
	bed->iface[3] = addr("198.18.0.1");
	bed_start(bed);
	flow = flow_of(bed, 1);
	assert_true(take(bed, &flow));
	assert_true(be32_eq(flow.repl.src, addr("10.10.1.1")));
	flow = flow_of(bed, 1);
	flow.orig.dport = be16_of(81);
	assert_true(take(bed, &flow));
	assert_true(be32_eq(flow.repl.src, addr("10.10.1.2")));
	assert_int_not_equal(balance_find(&bed->b, &flow.orig, 47, false), BALANCE_NONE);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_UDP, 5) == UINT64_MAX);
	/* The interface has lost its address. */
	bed->iface[3].raw = 0;
	bed_configure(bed);
	assert_int_equal(balance_find(&bed->b, &flow.orig, IP_PROTO_TCP, false), BALANCE_NONE);
	bed_close(bed);
}

static void test_ports_that_are_taken(void **state)
{
	struct balance_bed *bed = bed_new();

	(void)state;
	fake_service(&bed->conf, "range", "198.18.0.1", 126)->port_last = 193;
	(void)fake_backend(&bed->conf, "10.10.1.1", 0);
	(void)fake_service(&bed->conf, "one", "198.18.0.1", 65535);
	(void)fake_backend(&bed->conf, "10.10.1.1", 80);
	bed_start(bed);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_TCP, 0) == 0);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_TCP, 1) == UINT64_C(3)
											   << 62);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_TCP, 2) == UINT64_MAX);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_TCP, 3) == 3);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_TCP, 1023) ==
		    UINT64_C(1) << 63);
	assert_true(balance_ports(&bed->b, addr("198.18.0.1"), IP_PROTO_UDP, 2) == 0);
	assert_true(balance_ports(&bed->b, addr("198.18.0.2"), IP_PROTO_TCP, 2) == 0);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_equal_shares),
		cmocka_unit_test(test_few_move),
		cmocka_unit_test(test_failure_moves_its_own_only),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_all_but_one_down),
		cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_ports_kept_and_shifted),
		cmocka_unit_test(test_first_match_decides),
		cmocka_unit_test(test_ports_that_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
