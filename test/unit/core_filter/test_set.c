/* Named sets: each kind, changes at run time, bounds, and what outlives a change of the rules. */
#include "unit/core_filter/filter_bed.h"

static struct filter_elem prefix(const char *at, u8 len)
{
	return (struct filter_elem){ .addr = addr(at), .len = len };
}

static struct filter_elem ports(u16 first, u16 last)
{
	return (struct filter_elem){ .port_first = first, .port_last = last };
}

static struct filter_elem pair(const char *at, u16 port)
{
	return (struct filter_elem){ addr(at), 32, port, port };
}

enum { ADDRS, PORTS, PAIRS, SETS };

struct set_bed {
	struct filter_bed bed;
	struct filter_set_conf set[SETS];
};

static void open_sets(struct set_bed *b, u32 elem_limit)
{
	static const char *const names[] = { "addrs", "ports", "pairs" };
	struct filter_conf conf;

	memset(b, 0, sizeof *b);
	filter_conf_defaults(&conf);
	conf.elem_limit = elem_limit;
	bed_open_with(&b->bed, &conf);
	for (u32 kind = 0; kind < SETS; kind++) {
		memcpy(b->set[kind].name, names[kind], 6);
		b->set[kind].kind = (u8)kind;
	}
	b->bed.conf.set = b->set;
	b->bed.conf.set_count = SETS;
	bed_use(&b->bed);
}

static enum err add(struct set_bed *b, const char *name, struct filter_elem elem)
{
	enum err err = filter_set_add(&b->bed.filter, name, &elem);

	filter_check(&b->bed.filter);
	return err;
}

static enum err del(struct set_bed *b, const char *name, struct filter_elem elem)
{
	enum err err = filter_set_del(&b->bed.filter, name, &elem);

	filter_check(&b->bed.filter);
	return err;
}

static bool has_addr(struct set_bed *b, const char *at)
{
	return filter_set_has_addr(b->bed.filter.live, &b->bed.filter.key, ADDRS,
				   be32_host(addr(at)));
}

static bool has_pair(struct set_bed *b, const char *at, u16 port)
{
	return filter_set_has_pair(b->bed.filter.live, &b->bed.filter.key, PAIRS,
				   be32_host(addr(at)), port);
}

static bool has_port(struct set_bed *b, u16 port)
{
	return filter_set_has_port(b->bed.filter.live, PORTS, port);
}

static void test_prefixes_of_every_length(void **state)
{
	struct set_bed b;

	(void)state;
	open_sets(&b, 64);
	for (u32 len = 0; len <= 32; len++) {
		struct filter_elem elem = {
			be32_of(len == 0 ? 0 : 0xc0a80181 & UINT32_MAX << (32 - len)), (u8)len, 0, 0
		};

		assert_false(has_addr(&b, "192.168.1.129"));
		assert_int_equal(add(&b, "addrs", elem), ERR_OK);
		assert_true(has_addr(&b, "192.168.1.129"));
		assert_true(has_addr(&b, "192.168.1.128") == (len < 32));
		assert_int_equal(add(&b, "addrs", elem), ERR_EXISTS);
		assert_int_equal(del(&b, "addrs", elem), ERR_OK);
		assert_int_equal(del(&b, "addrs", elem), ERR_NOT_FOUND);
	}
	/* One inside of the other: each by itself. */
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.0", 8)), ERR_OK);
	assert_int_equal(add(&b, "addrs", prefix("10.1.0.0", 16)), ERR_OK);
	assert_int_equal(del(&b, "addrs", prefix("10.0.0.0", 8)), ERR_OK);
	assert_true(has_addr(&b, "10.1.9.9"));
	assert_false(has_addr(&b, "10.2.9.9"));
	bed_close(&b.bed);
}

static void test_ports_and_pairs(void **state)
{
	struct set_bed b;

	(void)state;
	open_sets(&b, 64);
	assert_int_equal(add(&b, "ports", ports(0, 0)), ERR_OK);
	assert_int_equal(add(&b, "ports", ports(60, 70)), ERR_OK);
	assert_int_equal(add(&b, "ports", ports(65, 80)), ERR_OK);
	assert_int_equal(add(&b, "ports", ports(60, 80)), ERR_EXISTS);
	assert_int_equal(add(&b, "ports", ports(65535, 65535)), ERR_OK);
	assert_int_equal(b.bed.filter.live->set[PORTS].elem_count, 23);
	assert_true(has_port(&b, 0) && has_port(&b, 80) && has_port(&b, 65535));
	assert_false(has_port(&b, 59) || has_port(&b, 81) || has_port(&b, 65534));
	assert_int_equal(del(&b, "ports", ports(62, 79)), ERR_OK);
	assert_false(has_port(&b, 62) || has_port(&b, 79));
	assert_true(has_port(&b, 61) && has_port(&b, 80));
	assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
	assert_true(has_pair(&b, "10.0.0.1", 80));
	assert_false(has_pair(&b, "10.0.0.1", 81) || has_pair(&b, "10.0.0.2", 80));
	/* The same address in another set is another thing. */
	assert_false(has_addr(&b, "10.0.0.1"));
	bed_close(&b.bed);
}

static void test_what_is_refused(void **state)
{
	struct set_bed b;

	(void)state;
	open_sets(&b, 3);
	assert_int_equal(add(&b, "nothing", prefix("10.0.0.0", 8)), ERR_NOT_FOUND);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.1", 8)), ERR_RANGE);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.1", 33)), ERR_RANGE);
	assert_int_equal(add(&b, "addrs", pair("10.0.0.1", 80)), ERR_RANGE);
	assert_int_equal(add(&b, "ports", ports(2, 1)), ERR_RANGE);
	assert_int_equal(add(&b, "ports", pair("10.0.0.1", 80)), ERR_RANGE);
	assert_int_equal(add(&b, "pairs", ports(1, 1)), ERR_RANGE);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.0", 8)), ERR_OK);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.1", 32)), ERR_OK);
	assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.2", 32)), ERR_FULL);
	assert_int_equal(del(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.2", 32)), ERR_OK);
	bed_close(&b.bed);
}

static void test_many_elements(void **state)
{
	struct set_bed b;

	(void)state;
	open_sets(&b, 50000);
	for (u32 n = 0; n < 50000; n++) {
		struct filter_elem elem = { be32_of(n * 85899), 32, 0, 0 };

		assert_int_equal(filter_set_add(&b.bed.filter, "addrs", &elem), ERR_OK);
	}
	for (u32 n = 0; n < 50000; n++) {
		assert_true(filter_set_has_addr(b.bed.filter.live, &b.bed.filter.key, ADDRS,
						n * 85899));
		assert_false(filter_set_has_addr(b.bed.filter.live, &b.bed.filter.key, ADDRS,
						 n * 85899 + 1));
	}
	bed_close(&b.bed);
}

/* Other rules: a set begins with its configuration, unless it says `keep`. */
static void test_what_outlives_a_change(void **state)
{
	const struct filter_elem begin = prefix("10.9.0.0", 16);
	struct filter_rule_conf rule;
	struct set_bed b;

	(void)state;
	filter_rule_defaults(&rule);
	for (u32 keep = 0; keep < 2; keep++) {
		open_sets(&b, 64);
		for (u32 kind = 0; kind < SETS; kind++)
			b.set[kind].keep = keep == 1;
		b.set[ADDRS].elem = &begin;
		b.set[ADDRS].elem_count = 1;
		bed_use(&b.bed);
		assert_int_equal(add(&b, "addrs", prefix("10.1.0.0", 16)), ERR_OK);
		assert_int_equal(add(&b, "ports", ports(80, 80)), ERR_OK);
		assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
		/* The same configuration changes nothing. */
		bed_use(&b.bed);
		assert_true(has_addr(&b, "10.1.0.1"));
		b.bed.conf.rule = &rule;
		b.bed.conf.rule_count = 1;
		bed_use(&b.bed);
		assert_int_equal(has_addr(&b, "10.1.0.1"), keep == 1);
		assert_int_equal(has_port(&b, 80), keep == 1);
		assert_int_equal(has_pair(&b, "10.0.0.1", 80), keep == 1);
		/* It was there at first; set by set, what is kept is what stands now. */
		assert_int_equal(has_addr(&b, "10.9.0.1"), keep == 0);
		bed_close(&b.bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes_of_every_length),
		cmocka_unit_test(test_ports_and_pairs),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_many_elements),
		cmocka_unit_test(test_what_outlives_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
