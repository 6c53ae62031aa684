/* The table of subscribers: limits, buckets, who is forgotten, and who can not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/subscriber/subscriber.h"
#include "fake/build.h"

enum { FLOWS = 64, MEMORY = 1 << 20 };

struct bed {
	struct subscriber_conf conf;
	struct subscriber_table table;
	struct ct ct;
	struct drop_stats drops;
	struct pkt pkt;
	void *memory;
	ns_t now;
	u32 flow; /* the next that is held */
};

static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	subscriber_conf_defaults(&bed->conf);
	ct_conf_defaults(&bed->ct.conf);
	bed->ct.conf.flow_count = FLOWS;
	bed->ct.conf.counters = true;
	bed->conf.subscriber_count = 4;
	bed->now = 1000 * NS_PER_SEC;
	return bed;
}

static void bed_start(struct bed *bed)
{
	struct ct_conf conf = bed->ct.conf;
	struct hash_key key = { { 1, 2, 3, 4 } };
	struct mem mem;

	assert_null(subscriber_conf_wrong(&bed->conf));
	bed->memory = aligned_alloc(64, MEMORY);
	memset(bed->memory, 0, MEMORY);
	mem_init(&mem, bed->memory, MEMORY);
	ct_layout(&bed->ct, &conf, &mem);
	subscriber_layout(&bed->table, &bed->conf, &conf, &mem);
	assert_false(mem.short_of);
	ct_init(&bed->ct, &key, bed->now);
	subscriber_init(&bed->table, &key);
}

static void bed_close(struct bed *bed)
{
	subscriber_check(&bed->table, &bed->ct);
	free(bed->memory);
	free(bed);
}

/* One more flow of src: what it died of, or DROP_NONE; *who gets whose it is. */
static enum drop begin(struct bed *bed, const char *src, u32 *who)
{
	verdict v;

	bed->pkt.drop = DROP_NONE;
	v = subscriber_admit(&bed->table, &bed->drops, &bed->pkt, addr(src), bed->now, who);
	if (verdict_is_dead(v))
		return bed->pkt.drop;
	assert_in_range(bed->flow, 0, FLOWS - 1);
	subscriber_hold(&bed->table, &bed->ct, bed->flow++, *who);
	subscriber_check(&bed->table, &bed->ct);
	return DROP_NONE;
}

static enum drop flow_of(struct bed *bed, const char *src)
{
	u32 who;

	return begin(bed, src, &who);
}

static void end(struct bed *bed, u32 flow)
{
	subscriber_release(&bed->table, &bed->ct, flow);
	subscriber_check(&bed->table, &bed->ct);
}

static void a_share_of_flows(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	bed->conf.limits.flows = 2;
	bed_start(bed);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	assert_int_equal(flow_of(bed, "10.0.0.2"), DROP_NONE);
	end(bed, 0);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	assert_int_equal(bed->drops.count[DROP_SUBSCRIBER_FLOWS], 2);
	assert_int_equal(bed->table.stats.refused_sum, 2);
	assert_true(be32_eq(bed->table.stats.last_addr, addr("10.0.0.1")));
	bed_close(bed);
}

static void ports_are_counted_until_they_are_given_back(void **state)
{
	struct bed *bed = bed_new();
	u32 who;

	(void)state;
	bed->conf.limits.ports = 1;
	bed_start(bed);
	assert_int_equal(begin(bed, "10.0.0.1", &who), DROP_NONE);
	assert_true(subscriber_may_take_port(&bed->table, who));
	subscriber_get_port(&bed->table, who);
	assert_false(subscriber_may_take_port(&bed->table, who));
	/* The flow is gone and its port rests: it is his until somebody else can have it. */
	end(bed, 0);
	assert_int_equal(bed->table.idle_count, 0);
	assert_false(subscriber_may_take_port(&bed->table, who));
	assert_int_equal(subscriber_at(&bed->table, who)->refused[SUBSCRIBER_REFUSED_PORTS], 2);
	subscriber_put_port(&bed->table, who);
	assert_int_equal(bed->table.idle_count, 1);
	assert_true(subscriber_may_take_port(&bed->table, who));
	bed_close(bed);
}

static void a_bucket_of_new_flows(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	bed->conf.limits.rate = 10;
	bed->conf.limits.burst = 3;
	bed_start(bed);
	for (u32 n = 0; n < 3; n++)
		assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	bed->now += 99 * NS_PER_MS;
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	bed->now += NS_PER_MS;
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	bed->now += NS_PER_SEC;
	for (u32 n = 0; n < 3; n++)
		assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	bed_close(bed);
}

/* Without a burst of its own a rate lets through what it gives in a second. */
static void a_rate_is_its_own_burst(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	bed->conf.limits.rate = 5;
	bed_start(bed);
	for (u32 n = 0; n < 5; n++)
		assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	bed_close(bed);
}

/* Who ends his flows at once is not forgotten, so his bucket is not full again. */
static void a_bucket_outlives_its_flows(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	bed->conf.limits.rate = 1;
	bed_start(bed);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	end(bed, 0);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	bed_close(bed);
}

static void a_prefix_is_one_subscriber(void **state)
{
	struct bed *bed = bed_new();
	u32 first, second;

	(void)state;
	bed->conf.prefix_len = 24;
	bed->conf.limits.flows = 2;
	bed_start(bed);
	assert_int_equal(begin(bed, "10.0.0.1", &first), DROP_NONE);
	assert_int_equal(begin(bed, "10.0.0.200", &second), DROP_NONE);
	assert_int_equal(first, second);
	assert_true(be32_eq(subscriber_at(&bed->table, first)->addr, addr("10.0.0.0")));
	assert_int_equal(flow_of(bed, "10.0.0.3"), DROP_SUBSCRIBER_FLOWS);
	assert_int_equal(flow_of(bed, "10.0.1.3"), DROP_NONE);
	bed_close(bed);
}

/* An exception for all zones; no flows: no limit. */
static struct subscriber_exception for_all(const char *prefix, u8 prefix_len, u32 flows)
{
	return (struct subscriber_exception){ .prefix = addr(prefix),
					      .prefix_len = prefix_len,
					      .limits = { .flows = flows } };
}

static void the_first_exception_decides(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	bed->conf.limits.flows = 1;
	bed->conf.exception_count = 2;
	bed->conf.exception[0] = for_all("10.0.0.8", 29, 0);
	bed->conf.exception[1] = for_all("10.0.0.0", 24, 3);
	bed_start(bed);
	for (u32 n = 0; n < 5; n++)
		assert_int_equal(flow_of(bed, "10.0.0.9"), DROP_NONE);
	for (u32 n = 0; n < 3; n++)
		assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	assert_int_equal(flow_of(bed, "10.0.1.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.1.1"), DROP_SUBSCRIBER_FLOWS);
	bed_close(bed);
}

/* Hosts of two zones with one address are two, and so are their limits. */
static void an_exception_for_one_zone(void **state)
{
	struct bed *bed = bed_new();
	u32 who;

	(void)state;
	bed->conf.limits.flows = 2;
	bed->conf.exception_count = 2;
	bed->conf.exception[0] = (struct subscriber_exception){ .prefix = addr("10.0.0.0"),
								.prefix_len = 24,
								.limits = { .flows = 1 },
								.by_zone = true,
								.zone = 2 };
	bed->conf.exception[1] = (struct subscriber_exception){ .prefix = addr("10.0.0.1"),
								.prefix_len = 32,
								.limits = { .flows = 3 },
								.by_zone = true };
	bed_start(bed);
	for (u32 zone = 0; zone < 3; zone++) {
		static const u32 allowed[] = { 3, 2, 1 };

		bed->pkt.zone = zone & 3;
		for (u32 n = 0; n < allowed[zone]; n++)
			assert_int_equal(begin(bed, "10.0.0.1", &who), DROP_NONE);
		assert_int_equal(
			subscriber_limits_of(&bed->table, subscriber_at(&bed->table, who))->flows,
			allowed[zone]);
		assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	}
	bed->conf.exception[0].zone = 1;
	subscriber_configure(&bed->table, &bed->conf);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	bed->conf.exception[0].zone = CT_ZONE_MAX;
	assert_non_null(subscriber_conf_wrong(&bed->conf));
	bed_close(bed);
}

/* Other limits hold at the next flow; nothing that stands is taken away. */
static void limits_change_under_way(void **state)
{
	struct bed *bed = bed_new();
	struct subscriber_conf conf;
	u32 who;

	(void)state;
	bed->conf.limits.flows = 3;
	bed_start(bed);
	for (u32 n = 0; n < 3; n++)
		assert_int_equal(begin(bed, "10.0.0.1", &who), DROP_NONE);
	conf = bed->conf;
	conf.limits.flows = 1;
	subscriber_configure(&bed->table, &conf);
	assert_int_equal(subscriber_limits_of(&bed->table, subscriber_at(&bed->table, who))->flows,
			 1);
	assert_int_equal(subscriber_at(&bed->table, who)->flow_count, 3);
	end(bed, 0);
	end(bed, 1);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	conf.exception_count = 1;
	conf.exception[0] = for_all("10.0.0.1", 32, 2);
	subscriber_configure(&bed->table, &conf);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	bed_close(bed);
}

/* The one who has held nothing for longest makes room; who asks again is not that one. */
static void the_idle_make_room(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	bed->conf.subscriber_count = 3;
	bed->conf.limits.rate = 1;
	bed_start(bed);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.2"), DROP_NONE);
	assert_int_equal(flow_of(bed, "10.0.0.3"), DROP_NONE);
	end(bed, 0);
	end(bed, 1);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	assert_int_equal(flow_of(bed, "10.0.0.4"), DROP_NONE);
	assert_int_equal(bed->table.stats.forgotten, 1);
	/* Still known, and still without a token; 10.0.0.2 went. */
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_RATE);
	assert_int_equal(flow_of(bed, "10.0.0.2"), DROP_NONE);
	bed_close(bed);
}

static void full_of_holders(void **state)
{
	struct bed *bed = bed_new();
	struct subscriber_conf conf;
	u32 who;

	(void)state;
	bed->conf.subscriber_count = 1;
	bed_start(bed);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	/* Nothing to enforce: nobody is refused for want of a record. */
	assert_int_equal(begin(bed, "10.0.0.2", &who), DROP_NONE);
	assert_int_equal(who, IDX_NONE);
	assert_int_equal(bed->table.stats.uncounted, 1);
	assert_int_equal(subscriber_of(&bed->table, &bed->ct, 1), IDX_NONE);
	end(bed, 1);
	conf = bed->conf;
	conf.exception_count = 1;
	conf.exception[0] = for_all("10.0.0.2", 32, 9);
	subscriber_configure(&bed->table, &conf);
	assert_int_equal(flow_of(bed, "10.0.0.2"), DROP_SUBSCRIBER_FULL);
	assert_int_equal(flow_of(bed, "10.0.0.3"), DROP_NONE);
	assert_int_equal(bed->table.stats.last, SUBSCRIBER_REFUSED_FULL);
	end(bed, 0);
	assert_int_equal(flow_of(bed, "10.0.0.2"), DROP_NONE);
	bed_close(bed);
}

static void without_counters_of_flows(void **state)
{
	struct bed *bed = bed_new();
	u32 who;

	(void)state;
	bed->ct.conf.counters = false;
	bed->conf.limits.flows = 1;
	bed_start(bed);
	assert_null(bed->ct.more);
	assert_int_equal(begin(bed, "10.0.0.1", &who), DROP_NONE);
	assert_int_equal(subscriber_of(&bed->table, &bed->ct, 0), who);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_SUBSCRIBER_FLOWS);
	end(bed, 0);
	assert_int_equal(flow_of(bed, "10.0.0.1"), DROP_NONE);
	bed_close(bed);
}

static void nobody_is_counted(void **state)
{
	struct bed *bed = bed_new();
	u32 who;

	(void)state;
	bed->conf.subscriber_count = 0;
	bed_start(bed);
	assert_int_equal(begin(bed, "10.0.0.1", &who), DROP_NONE);
	assert_int_equal(who, IDX_NONE);
	assert_true(subscriber_may_take_port(&bed->table, who));
	end(bed, 0);
	bed_close(bed);
}

static void what_can_not_be(void **state)
{
	struct subscriber_conf good, conf;

	(void)state;
	subscriber_conf_defaults(&good);
	assert_null(subscriber_conf_wrong(&good));
	conf = good;
	conf.prefix_len = 0;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf.prefix_len = 33;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf = good;
	conf.subscriber_count = SUBSCRIBER_COUNT_MAX + 1;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf = good;
	conf.limits.burst = 1;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf.limits.rate = SUBSCRIBER_RATE_MAX + 1;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf = good;
	conf.exception_count = SUBSCRIBER_EXCEPTION_MAX + 1;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf.exception_count = 1;
	conf.prefix_len = 24;
	conf.exception[0].prefix_len = 25;
	assert_non_null(subscriber_conf_wrong(&conf));
	conf = good;
	conf.exception_count = 1;
	conf.exception[0].limits.ports = 1;
	assert_null(subscriber_conf_wrong(&conf));
	conf.subscriber_count = 0;
	assert_non_null(subscriber_conf_wrong(&conf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_of_flows),
		cmocka_unit_test(ports_are_counted_until_they_are_given_back),
		cmocka_unit_test(a_bucket_of_new_flows),
		cmocka_unit_test(a_rate_is_its_own_burst),
		cmocka_unit_test(a_bucket_outlives_its_flows),
		cmocka_unit_test(a_prefix_is_one_subscriber),
		cmocka_unit_test(the_first_exception_decides),
		cmocka_unit_test(an_exception_for_one_zone),
		cmocka_unit_test(limits_change_under_way),
		cmocka_unit_test(the_idle_make_room),
		cmocka_unit_test(full_of_holders),
		cmocka_unit_test(without_counters_of_flows),
		cmocka_unit_test(nobody_is_counted),
		cmocka_unit_test(what_can_not_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
