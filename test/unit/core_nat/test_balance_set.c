/* States of backends, reloads, and configurations that are refused. */
#include "unit/core_nat/balance_bed.h"

/* ---- states ---------------------------------------------------------------------------------- */

static void set(struct balance_bed *bed, u32 backend, enum backend_state state)
{
	assert_int_equal(balance_set(&bed->b, 0, backend, state, bed->now), ERR_OK);
}

static void later(struct balance_bed *bed, u32 ms)
{
	bed->now += ms * NS_PER_MS;
	balance_tick(&bed->b, bed->now);
}

static void test_none_up(void **state)
{
	struct balance_bed *bed = bed_open(2);
	struct flow flow = flow_of(bed, 1);

	(void)state;
	set(bed, 0, BACKEND_DOWN);
	set(bed, 1, BACKEND_DRAINING);
	assert_false(take(bed, &flow));
	assert_int_equal(flow.mapping_dst, IDX_NONE);
	assert_int_equal(bed->b.service[0].refused, 1);
	assert_int_equal(bed->b.refused, 1);
	set(bed, 1, BACKEND_UP);
	assert_true(take(bed, &flow));
	assert_int_equal(balance_set(&bed->b, 0, 2, BACKEND_UP, bed->now), ERR_RANGE);
	assert_int_equal(balance_set(&bed->b, 1, 0, BACKEND_UP, bed->now), ERR_RANGE);
	bed_close(bed);
}

static void test_down_makes_stale(void **state)
{
	struct balance_bed *bed = bed_open(1);
	struct flow old = flow_of(bed, 1), young = flow_of(bed, 2);
	u16 gen = bed->b.gen;

	(void)state;
	assert_true(take(bed, &old));
	set(bed, 0, BACKEND_DOWN);
	assert_true(flow_is_stale(&bed->b, &old));
	assert_int_equal(bed->b.stale_count, 1);
	assert_int_not_equal(bed->b.gen, gen);
	/* That it is back makes nothing good: whatever it knew is gone. */
	set(bed, 0, BACKEND_UP);
	assert_true(flow_is_stale(&bed->b, &old));
	assert_true(take(bed, &young));
	assert_false(flow_is_stale(&bed->b, &young));
	balance_count_stale(&bed->b, &old, true);
	assert_int_equal(bed->b.backend[0].moved, 1);
	balance_release(&bed->b, &old);
	assert_int_equal(bed->b.stale_count, 0);
	assert_int_equal(bed->b.backend[0].flow_count, 1);
	bed_close(bed);
}

static void test_drain(void **state)
{
	struct balance_bed *bed = bed_open(2);
	struct flow standing = flow_of(bed, 0);

	(void)state;
	for (u32 client = 1;
	     !take(bed, &standing) || !be32_eq(standing.repl.src, addr("10.10.1.1")); client++) {
		balance_release(&bed->b, &standing);
		standing = flow_of(bed, client);
	}
	set(bed, 0, BACKEND_DRAINING);
	assert_true(balance_next(&bed->b) == bed->now + 300 * NS_PER_SEC);
	for (u32 client = 0; client < 100; client++)
		assert_int_equal(host_of(bed, client), 2);
	later(bed, 299999);
	/* Said again, it does not begin again. */
	set(bed, 0, BACKEND_DRAINING);
	assert_false(flow_is_stale(&bed->b, &standing));
	later(bed, 1);
	assert_true(flow_is_stale(&bed->b, &standing));
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_DOWN);
	assert_true(balance_next(&bed->b) == NS_NEVER);
	set(bed, 0, BACKEND_UP);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_UP);
	bed_close(bed);
}

static void test_drain_taken_back(void **state)
{
	struct balance_bed *bed = bed_open(1);
	struct flow standing = flow_of(bed, 0);

	(void)state;
	assert_true(take(bed, &standing));
	bed->conf.backend[0].drain = true;
	bed_configure(bed);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_DRAINING);
	/* Health does not undo what the configuration says. */
	set(bed, 0, BACKEND_UP);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_DRAINING);
	later(bed, 1000);
	bed->conf.backend[0].drain = false;
	bed_configure(bed);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_UP);
	later(bed, 400000);
	assert_false(flow_is_stale(&bed->b, &standing));
	bed_close(bed);
}

static void order(struct balance_bed *bed, u32 backend, bool drain, u32 deadline_s)
{
	assert_int_equal(balance_order(&bed->b, 0, backend, drain, deadline_s, bed->now), ERR_OK);
}

static void test_ordered(void **state)
{
	struct balance_bed *bed = bed_open(1);
	const struct backend *backend = &bed->b.backend[0];
	struct flow standing = flow_of(bed, 0);

	(void)state;
	assert_true(take(bed, &standing));
	order(bed, 0, true, 60);
	assert_int_equal(backend_state(backend), BACKEND_DRAINING);
	assert_true(balance_next(&bed->b) == bed->now + 60 * NS_PER_SEC);
	/* A later one begins anew; without a time it is the service's. */
	later(bed, 59000);
	order(bed, 0, true, BALANCE_DRAIN_DEFAULT);
	assert_true(balance_next(&bed->b) == bed->now + 300 * NS_PER_SEC);
	/* Taken back, nothing has happened. */
	order(bed, 0, false, BALANCE_DRAIN_DEFAULT);
	assert_int_equal(backend_state(backend), BACKEND_UP);
	assert_true(balance_next(&bed->b) == NS_NEVER);
	later(bed, 400000);
	assert_false(flow_is_stale(&bed->b, &standing));
	/* Until the end, and back. */
	order(bed, 0, true, 5);
	later(bed, 4999);
	assert_false(flow_is_stale(&bed->b, &standing));
	later(bed, 1);
	assert_true(flow_is_stale(&bed->b, &standing));
	assert_int_equal(backend_state(backend), BACKEND_DOWN);
	order(bed, 0, false, BALANCE_DRAIN_DEFAULT);
	assert_int_equal(backend_state(backend), BACKEND_UP);
	assert_int_equal(balance_order(&bed->b, 0, 1, true, 5, bed->now), ERR_RANGE);
	assert_int_equal(balance_order(&bed->b, 1, 0, true, 5, bed->now), ERR_RANGE);
	assert_int_equal(balance_order(&bed->b, 0, 0, true, BALANCE_SECONDS_MAX + 1, bed->now),
			 ERR_RANGE);
	bed_close(bed);
}

/* A time of nothing is over at once, whether or not the clock went on before the next word. */
static void test_ordered_for_no_time(void **state)
{
	struct balance_bed *bed = bed_open(1);
	struct flow standing = flow_of(bed, 0);

	(void)state;
	assert_true(take(bed, &standing));
	order(bed, 0, true, 0);
	order(bed, 0, false, BALANCE_DRAIN_DEFAULT);
	assert_true(flow_is_stale(&bed->b, &standing));
	standing = flow_of(bed, 0);
	assert_true(take(bed, &standing));
	order(bed, 0, true, 0);
	set(bed, 0, BACKEND_UP);
	assert_true(flow_is_stale(&bed->b, &standing));
	order(bed, 0, false, BALANCE_DRAIN_DEFAULT);
	standing = flow_of(bed, 0);
	assert_true(take(bed, &standing));
	order(bed, 0, true, 0);
	bed_configure(bed);
	assert_true(flow_is_stale(&bed->b, &standing));
	bed_close(bed);
}

/* It was down when the order came: the time begins when it is there again. */
static void test_ordered_while_down(void **state)
{
	struct balance_bed *bed = bed_open(1);

	(void)state;
	set(bed, 0, BACKEND_DOWN);
	order(bed, 0, true, 60);
	later(bed, 100000);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_DOWN);
	set(bed, 0, BACKEND_UP);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_DRAINING);
	assert_true(balance_next(&bed->b) == bed->now + 60 * NS_PER_SEC);
	/* And another reason to drain outlives the order. */
	set(bed, 0, BACKEND_DRAINING);
	order(bed, 0, false, 0);
	assert_int_equal(backend_state(&bed->b.backend[0]), BACKEND_DRAINING);
	bed_close(bed);
}

static void test_order_outlives_reloads(void **state)
{
	struct balance_bed *bed = bed_open(2);
	const struct backend *backend = &bed->b.backend[0];
	ns_t deadline;

	(void)state;
	order(bed, 0, true, 60);
	deadline = backend->deadline_ns;
	later(bed, 1000);
	bed_configure(bed);
	add_hosts(bed, 3, 1);
	bed->conf.service[0].backend_count = 3;
	bed->conf.backend[1].weight = 7;
	bed_configure(bed);
	assert_int_equal(backend_state(backend), BACKEND_DRAINING);
	assert_true(backend->deadline_ns == deadline);
	/* What speaks of this very one ends it. */
	bed->conf.backend[0].weight = 2;
	bed_configure(bed);
	assert_int_equal(backend_state(backend), BACKEND_UP);
	order(bed, 0, true, 60);
	bed->conf.backend[0].drain = true;
	bed_configure(bed);
	assert_false(backend->ordered);
	assert_int_equal(backend_state(backend), BACKEND_DRAINING);
	bed->conf.backend[0].drain = false;
	bed_configure(bed);
	assert_int_equal(backend_state(backend), BACKEND_UP);
	bed_close(bed);
}

static void test_slow_start(void **state)
{
	struct balance_bed *bed = bed_open(4);
	u8 *before = hosts_new(), *host = hosts_new();
	u32 share, last = 0;

	(void)state;
	all_hosts(bed, before);
	bed->conf.service[0].slow_start_s = 20;
	bed_configure(bed);
	set(bed, 1, BACKEND_DOWN);
	set(bed, 1, BACKEND_UP);
	assert_true(balance_next(&bed->b) == bed->now + 20 * NS_PER_SEC);
	for (u32 step = 1; step <= 4; step++) {
		later(bed, 5000);
		all_hosts(bed, host);
		share = count_host(host, 2);
		assert_in_range(share, CLIENTS / 4 * step / 4 * 92 / 100,
				CLIENTS / 4 * step / 4 * 108 / 100);
		assert_true(share > last);
		last = share;
		/* Nobody goes from one of the others to another one of them. */
		assert_int_equal(count_moved(before, host, 2, 2), 0);
	}
	assert_memory_equal(before, host, CLIENTS);
	assert_true(balance_next(&bed->b) == NS_NEVER);
	free(before);
	free(host);
	bed_close(bed);
}

static void test_slow_start_of_least(void **state)
{
	struct balance_bed *bed = bed_open(2);
	struct flow flow[100];

	(void)state;
	bed->conf.service[0].method = BALANCE_LEAST;
	bed->conf.service[0].slow_start_s = 10;
	bed_configure(bed);
	set(bed, 0, BACKEND_DOWN);
	set(bed, 0, BACKEND_UP);
	later(bed, 2500);
	for (u32 client = 0; client < 100; client++) {
		flow[client] = flow_of(bed, client);
		assert_true(take(bed, &flow[client]));
	}
	assert_in_range(bed->b.backend[0].flow_count, 19, 21);
	bed_close(bed);
}

/* The only one there is gets everything, warm or not. */
static void test_slow_start_alone(void **state)
{
	struct balance_bed *bed = bed_open(1);

	(void)state;
	bed->conf.service[0].slow_start_s = 10;
	bed_configure(bed);
	set(bed, 0, BACKEND_DOWN);
	set(bed, 0, BACKEND_UP);
	for (u32 client = 0; client < 1000; client++)
		assert_int_equal(host_of(bed, client), 1);
	bed_close(bed);
}

/* ---- reload ---------------------------------------------------------------------------------- */

static void test_reload_keeps_backends(void **state)
{
	struct balance_bed *bed = bed_open(3);
	struct flow flow = flow_of(bed, 1);
	const struct backend *backend;

	(void)state;
	assert_true(take(bed, &flow));
	set(bed, 0, BACKEND_DOWN);
	set(bed, 1, BACKEND_DOWN);
	set(bed, 2, BACKEND_DOWN);
	set(bed, 2, BACKEND_UP);
	flow = flow_of(bed, 1);
	assert_true(take(bed, &flow));
	backend = flow_backend(&bed->b, &flow);
	/* Another service before it, another port range, another method, a backend less. */
	memmove(&bed->conf.service[1], &bed->conf.service[0], sizeof bed->conf.service[0]);
	bed->conf.service_count = 0;
	bed->conf.backend_count = 3;
	(void)fake_service(&bed->conf, "ssh", "198.18.0.1", 22);
	(void)fake_backend(&bed->conf, "10.10.1.3", 8080);
	bed->conf.service_count = 2;
	bed->conf.service[1].backend_first = 1;
	bed->conf.service[1].backend_count = 2;
	bed->conf.service[1].port_last = 99;
	bed->conf.service[1].method = BALANCE_LEAST;
	bed_configure(bed);
	assert_false(flow_is_stale(&bed->b, &flow));
	assert_int_equal(backend->flow_count, 1);
	assert_int_equal(backend->health, BACKEND_UP);
	assert_int_equal(bed->b.backend[1].health, BACKEND_DOWN);
	bed_close(bed);
}

static void test_removed_backend(void **state)
{
	struct balance_bed *bed = bed_open(2);
	struct flow flow = flow_of(bed, 1), other;
	u32 client = 0;
	u8 gone, stays;

	(void)state;
	assert_true(take(bed, &flow));
	gone = (u8)be32_host(flow.repl.src);
	stays = gone == 1 ? 2 : 1;
	bed->conf.backend[0] = bed->conf.backend[stays - 1];
	bed->conf.service[0].backend_count = 1;
	bed_configure(bed);
	assert_true(flow_is_stale(&bed->b, &flow));
	assert_int_equal(host_of(bed, 1), stays);
	/* Its slot is another's now, whose flows are not confused with its own. */
	add_hosts(bed, 9, 1);
	bed->conf.backend[1] = bed->conf.backend[2];
	bed->conf.service[0].backend_count = 2;
	bed_configure(bed);
	assert_true(be32_eq(flow_backend(&bed->b, &flow)->addr, addr("10.10.1.9")));
	assert_true(flow_is_stale(&bed->b, &flow));
	while (host_of(bed, client) != 9)
		client++;
	other = flow_of(bed, client);
	assert_true(take(bed, &other));
	balance_count_stale(&bed->b, &flow, false);
	assert_int_equal(flow_backend(&bed->b, &flow)->reset, 0);
	assert_int_equal(bed->b.reset, 1);
	balance_release(&bed->b, &flow);
	assert_int_equal(flow_backend(&bed->b, &other)->flow_count, 1);
	bed_close(bed);
}

/* One that is added to a service that stands begins slowly; those of a new service do not. */
static void test_added_backend_warms_up(void **state)
{
	struct balance_bed *bed = bed_open(1);

	(void)state;
	assert_false(bed->b.backend[0].warming);
	bed->conf.service[0].slow_start_s = 10;
	add_hosts(bed, 2, 1);
	bed_configure(bed);
	assert_false(bed->b.backend[0].warming);
	assert_true(bed->b.backend[1].warming);
	bed_close(bed);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void wrong_name(struct balance_conf *c)
{
	c->service[0].name[0] = '\0';
}
static void long_name(struct balance_conf *c)
{
	memset(c->service[0].name, 'a', BALANCE_NAME_SIZE);
}
static void same_name(struct balance_conf *c)
{
	memcpy(c->service[1].name, c->service[0].name, BALANCE_NAME_SIZE);
}
static void no_address(struct balance_conf *c)
{
	c->service[0].addr.raw = 0;
}
static void two_addresses(struct balance_conf *c)
{
	c->service[0].addr_if = 1;
}
static void far_interface(struct balance_conf *c)
{
	c->service[0].addr.raw = 0;
	c->service[0].addr_if = NAT_IFACE_MAX;
}
static void group_address(struct balance_conf *c)
{
	c->service[0].addr = addr("224.0.0.1");
}
static void wrong_proto(struct balance_conf *c)
{
	c->service[0].proto = IP_PROTO_ICMP;
}
static void ports_backwards(struct balance_conf *c)
{
	c->service[0].port_last = 79;
}
static void half_a_range(struct balance_conf *c)
{
	c->service[0].port_first = 0;
}
static void ports_without_proto(struct balance_conf *c)
{
	c->service[0].proto = 0;
}
static void no_backends(struct balance_conf *c)
{
	c->service[0].backend_count = 0;
}
static void too_many_backends(struct balance_conf *c)
{
	c->service[0].backend_count = BALANCE_EACH_MAX + 1;
}
static void missing_backends(struct balance_conf *c)
{
	c->service[1].backend_first = 3;
}
static void twice_the_same(struct balance_conf *c)
{
	c->backend[1] = c->backend[0];
}
static void itself(struct balance_conf *c)
{
	c->backend[0].addr = c->service[0].addr;
}
static void broadcast_backend(struct balance_conf *c)
{
	c->backend[0].addr = addr("255.255.255.255");
}
static void no_weight(struct balance_conf *c)
{
	c->backend[0].weight = 0;
}
static void too_heavy(struct balance_conf *c)
{
	c->backend[0].weight = BALANCE_WEIGHT_MAX + 1;
}
static void port_for_all_ports(struct balance_conf *c)
{
	c->service[0].port_first = c->service[0].port_last = 0;
}
static void ports_too_far(struct balance_conf *c)
{
	c->service[0].port_last = 90;
	c->backend[0].port = 65530;
}
static void wrong_method(struct balance_conf *c)
{
	c->service[0].method = BALANCE_LEAST + 1;
}
static void too_slow(struct balance_conf *c)
{
	c->service[0].slow_start_s = BALANCE_SECONDS_MAX + 1;
}
static void not_prime(struct balance_conf *c)
{
	c->table_size = 8192;
}
static void small_table(struct balance_conf *c)
{
	c->table_size = 241;
}
static void no_limit(struct balance_conf *c)
{
	c->service_limit = 0;
}
static void high_limit(struct balance_conf *c)
{
	c->backend_limit = BALANCE_BACKEND_MAX + 1;
}
static void too_many_services(struct balance_conf *c)
{
	c->service_count = BALANCE_SERVICE_MAX + 1;
}

static const struct {
	void (*make)(struct balance_conf *conf);
	const char *why;
} refused[] = {
	{ wrong_name, "a service's name is empty or too long" },
	{ long_name, "a service's name is empty or too long" },
	{ same_name, "two services have the same name" },
	{ no_address, "a service has an address, or an interface whose address it takes" },
	{ two_addresses, "a service has an address, or an interface whose address it takes" },
	{ far_interface, "a service takes the address of an interface that does not exist" },
	{ group_address, "a service's address is no host's" },
	{ wrong_proto, "a service is for a protocol with ports, or for every protocol" },
	{ ports_backwards, "a service's first port is behind its last" },
	{ half_a_range, "a service's first port is behind its last" },
	{ ports_without_proto, "a service for every protocol has no ports" },
	{ no_backends, "a service needs 1 to 128 backends" },
	{ too_many_backends, "a service needs 1 to 128 backends" },
	{ missing_backends, "a service names backends that do not exist" },
	{ twice_the_same, "a service has the same backend twice" },
	{ itself, "a backend's address is no host's, or the service's own" },
	{ broadcast_backend, "a backend's address is no host's, or the service's own" },
	{ no_weight, "a backend's weight is 1 to 256" },
	{ too_heavy, "a backend's weight is 1 to 256" },
	{ port_for_all_ports, "a service for all ports keeps them: its backends have none" },
	{ ports_too_far, "a backend's ports end beyond 65535" },
	{ wrong_method, "a service's method is maglev, sticky or least" },
	{ too_slow, "slow start and draining take a day at most" },
	{ not_prime, "the table size of services is a prime number from 251 to 131071" },
	{ small_table, "the table size of services is a prime number from 251 to 131071" },
	{ no_limit, "the limits of services are 1 to 64, of backends 1 to 512" },
	{ high_limit, "the limits of services are 1 to 64, of backends 1 to 512" },
	{ too_many_services, "too many services or backends" },
};

static void test_refused(void **state)
{
	struct balance_conf *conf = calloc(1, sizeof *conf);

	(void)state;
	assert_non_null(conf);
	for (u32 at = 0; at < ARRAY_COUNT(refused); at++) {
		const char *why;

		balance_conf_defaults(conf);
		(void)fake_service(conf, "web", "198.18.0.1", 80);
		(void)fake_backend(conf, "10.10.1.1", 8080);
		(void)fake_backend(conf, "10.10.1.2", 8080);
		(void)fake_service(conf, "ssh", "198.18.0.1", 22);
		(void)fake_backend(conf, "10.10.1.1", 22);
		assert_null(balance_conf_wrong(conf));
		refused[at].make(conf);
		why = balance_conf_wrong(conf);
		assert_non_null(why);
		assert_string_equal(why, refused[at].why);
	}
	free(conf);
}

static void test_limits(void **state)
{
	struct balance_bed *bed = bed_new();

	(void)state;
	bed->conf.service_limit = 1;
	bed->conf.backend_limit = 3;
	(void)fake_service(&bed->conf, "web", "198.18.0.1", 80);
	add_hosts(bed, 1, 3);
	bed_start(bed);
	/* All of them exchanged for others at once: nothing of the old is in the way. */
	bed->conf.backend_count = 0;
	bed->conf.service[0].backend_count = 0;
	memcpy(bed->conf.service[0].name, "new", 4);
	add_hosts(bed, 11, 3);
	bed_configure(bed);
	assert_in_range(host_of(bed, 5), 11, 13);
	add_hosts(bed, 14, 1);
	assert_string_equal(balance_refuses(&bed->b, &bed->conf),
			    "more backends than the limit `backends` allows");
	(void)fake_service(&bed->conf, "ssh", "198.18.0.1", 22);
	(void)fake_backend(&bed->conf, "10.10.1.1", 22);
	assert_string_equal(balance_refuses(&bed->b, &bed->conf),
			    "more services than the limit `services` allows");
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_up),
		cmocka_unit_test(test_down_makes_stale),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_drain_taken_back),
		cmocka_unit_test(test_ordered),
		cmocka_unit_test(test_ordered_for_no_time),
		cmocka_unit_test(test_ordered_while_down),
		cmocka_unit_test(test_order_outlives_reloads),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_slow_start_of_least),
		cmocka_unit_test(test_slow_start_alone),
		cmocka_unit_test(test_reload_keeps_backends),
		cmocka_unit_test(test_removed_backend),
		cmocka_unit_test(test_added_backend_warms_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
