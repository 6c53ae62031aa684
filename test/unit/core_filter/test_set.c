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
	assert_int_equal(filter_body_of(b.bed.filter.live, PORTS)->elem_count, 23);
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

/* Other rules: a set keeps what it has, unless its configuration gives it other elements. */
static void test_what_outlives_a_change(void **state)
{
	const struct filter_elem begin = prefix("10.9.0.0", 16);
	const struct filter_elem other = prefix("10.8.0.0", 16);
	struct filter_rule_conf rule;
	struct set_bed b;

	(void)state;
	filter_rule_defaults(&rule);
	open_sets(&b, 64);
	b.set[ADDRS].elem = &begin;
	b.set[ADDRS].elem_count = 1;
	bed_use(&b.bed);
	assert_int_equal(add(&b, "addrs", prefix("10.1.0.0", 16)), ERR_OK);
	assert_int_equal(del(&b, "addrs", begin), ERR_OK);
	assert_int_equal(add(&b, "ports", ports(80, 80)), ERR_OK);
	assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
	for (u32 round = 0; round < 3; round++) {
		b.bed.conf.rule = &rule;
		b.bed.conf.rule_count = round % 2;
		bed_use(&b.bed);
		assert_true(has_addr(&b, "10.1.0.1") && has_port(&b, 80));
		assert_true(has_pair(&b, "10.0.0.1", 80) && !has_addr(&b, "10.9.0.1"));
	}
	/* Only the one whose elements are others, and not one by its place. */
	b.set[ADDRS].elem = &other;
	b.set[PAIRS].name[0] = 'q';
	bed_use(&b.bed);
	assert_true(has_addr(&b, "10.8.0.1") && !has_addr(&b, "10.1.0.1"));
	assert_true(has_port(&b, 80) && !has_pair(&b, "10.0.0.1", 80));
	assert_int_equal(add(&b, "addrs", begin), ERR_OK);
	/* What the caller says of them decides, if he does. */
	b.set[ADDRS].stamp = 5;
	bed_use(&b.bed);
	assert_false(has_addr(&b, "10.9.0.1"));
	assert_int_equal(add(&b, "addrs", begin), ERR_OK);
	b.set[ADDRS].elem_count = 0;
	b.bed.conf.rule_count = 1;
	bed_use(&b.bed);
	assert_true(has_addr(&b, "10.9.0.1") && has_addr(&b, "10.8.0.1"));
	bed_close(&b.bed);
}

static void sweep_all(struct set_bed *b)
{
	ns_t now = NS_PER_SEC;

	for (u32 n = 0; filter_next(&b->bed.filter) != NS_NEVER; n++) {
		assert_true(n < 1000);
		ns_t next = filter_next(&b->bed.filter);

		now = next > now ? next : now;
		filter_tick(&b->bed.filter, now);
		filter_check(&b->bed.filter);
	}
}

/* A generation that was prepared and is not taken leaves nothing behind. */
static void test_what_is_forgotten(void **state)
{
	const struct filter_elem elem[] = { prefix("10.1.0.0", 16), prefix("10.2.0.0", 16),
					    prefix("10.3.0.1", 16) };
	struct set_bed b;

	(void)state;
	open_sets(&b, 2);
	assert_int_equal(add(&b, "addrs", elem[0]), ERR_OK);
	b.set[ADDRS].elem = elem;
	for (u32 round = 0; round < 10; round++) {
		b.set[ADDRS].elem_count = 2;
		assert_int_equal(filter_prepare(&b.bed.filter, &b.bed.conf, BED_IFACES, &b.bed.why),
				 ERR_OK);
		filter_forget(&b.bed.filter);
		filter_check(&b.bed.filter);
		b.set[ADDRS].elem_count = 3;
		assert_int_equal(bed_try(&b.bed), ERR_RANGE);
	}
	assert_true(has_addr(&b, "10.1.0.1") && !has_addr(&b, "10.2.0.1"));
	/* A set that keeps what it has, and another one that would have too much beside it. */
	assert_int_equal(add(&b, "addrs", elem[1]), ERR_OK);
	b.set[ADDRS].elem_count = 0;
	b.set[PAIRS].elem = (const struct filter_elem[]){ pair("10.0.0.1", 1) };
	b.set[PAIRS].elem_count = 1;
	assert_int_equal(bed_try(&b.bed), ERR_FULL);
	assert_true(has_addr(&b, "10.1.0.1") && has_addr(&b, "10.2.0.1"));
	sweep_all(&b);
	assert_int_equal(b.bed.filter.store.entry.live, 2);
	bed_close(&b.bed);
}

/* Nothing of it counts before the end, and then all of it does. */
static void test_a_set_anew(void **state)
{
	struct filter_elem elem[3000];
	struct set_bed b;
	u32 fill, taken;

	(void)state;
	open_sets(&b, 3000);
	for (u32 round = 0; round < 5; round++) {
		for (u32 n = 0; n < 3000; n++)
			elem[n] = (struct filter_elem){ be32_of(round << 24 | n), 32, 0, 0 };
		assert_int_equal(filter_fill_begin(&b.bed.filter, "addrs", &fill), ERR_OK);
		for (u32 n = 0; n < 3000; n += 500) {
			assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill, elem + n,
							 500, &taken),
					 ERR_OK);
			assert_int_equal(taken, 500);
			assert_false(filter_set_has_addr(b.bed.filter.live, &b.bed.filter.key,
							 ADDRS, round << 24 | 7));
			filter_check(&b.bed.filter);
		}
		assert_int_equal(filter_fill_end(&b.bed.filter, "addrs", fill), ERR_OK);
		filter_check(&b.bed.filter);
		assert_true(filter_set_has_addr(b.bed.filter.live, &b.bed.filter.key, ADDRS,
						round << 24 | 7));
		assert_false(filter_set_has_addr(b.bed.filter.live, &b.bed.filter.key, ADDRS,
						 (round - 1) << 24 | 7));
		/* The old ones are swept in steps, or at once when their places are needed. */
		if (round % 2)
			sweep_all(&b);
	}
	sweep_all(&b);
	assert_int_equal(b.bed.filter.store.entry.live, 3000);
	/* One more than planned; what is there twice is no more. */
	assert_int_equal(filter_fill_begin(&b.bed.filter, "addrs", &fill), ERR_OK);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill, elem, 3000, &taken), ERR_OK);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill, elem, 3000, &taken), ERR_OK);
	elem[1] = prefix("99.0.0.0", 8);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill, elem, 3000, &taken),
			 ERR_FULL);
	assert_int_equal(taken, 1);
	filter_fill_drop(&b.bed.filter, fill);
	filter_check(&b.bed.filter);
	assert_true(filter_set_has_addr(b.bed.filter.live, &b.bed.filter.key, ADDRS, 4u << 24 | 7));
	bed_close(&b.bed);
}

/* What other sets have is not for this one, though there are places for more. */
static void test_a_filling_has_its_share(void **state)
{
	const struct filter_elem elem[] = { prefix("10.0.0.0", 8), prefix("11.0.0.0", 8) };
	struct set_bed b;
	u32 fill, taken;

	(void)state;
	open_sets(&b, 4);
	for (u16 port = 1; port <= 3; port++)
		assert_int_equal(add(&b, "pairs", pair("10.0.0.1", port)), ERR_OK);
	assert_int_equal(filter_fill_begin(&b.bed.filter, "addrs", &fill), ERR_OK);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill, elem, 2, &taken), ERR_FULL);
	assert_int_equal(taken, 1);
	filter_fill_drop(&b.bed.filter, fill);
	assert_int_equal(filter_set_change(&b.bed.filter, "addrs", elem, 2, true, &taken),
			 ERR_FULL);
	assert_int_equal(taken, 1);
	assert_int_equal(filter_set_change(&b.bed.filter, "addrs", elem, 2, false, &taken), ERR_OK);
	assert_int_equal(taken, 1);
	bed_close(&b.bed);
}

static void test_what_a_filling_meets(void **state)
{
	const struct filter_elem elem = prefix("10.0.0.0", 8), port = ports(80, 90);
	const struct filter_elem wrong = prefix("10.0.0.1", 8);
	struct set_bed b;
	u32 fill[4], taken, gone;

	(void)state;
	open_sets(&b, 2);
	assert_int_equal(filter_fill_begin(&b.bed.filter, "none", fill), ERR_NOT_FOUND);
	assert_int_equal(filter_fill_begin(&b.bed.filter, "addrs", fill), ERR_OK);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill[0], &wrong, 1, &taken),
			 ERR_RANGE);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill[0], &elem, 1, &taken),
			 ERR_OK);
	/* Another set grows meanwhile. */
	assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
	assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 81)), ERR_OK);
	assert_int_equal(filter_fill_end(&b.bed.filter, "addrs", fill[0]), ERR_FULL);
	assert_int_equal(filter_set_flush(&b.bed.filter, "pairs", &gone), ERR_OK);
	assert_int_equal(gone, 2);
	assert_false(has_pair(&b, "10.0.0.1", 80));
	/* A configuration takes the set away, and gives it back. */
	b.bed.conf.set_count = 0;
	bed_use(&b.bed);
	assert_int_equal(filter_fill_end(&b.bed.filter, "addrs", fill[0]), ERR_NOT_FOUND);
	assert_int_equal(filter_fill_put(&b.bed.filter, "addrs", fill[0], &elem, 1, &taken),
			 ERR_NOT_FOUND);
	b.bed.conf.set_count = SETS;
	b.set[ADDRS].kind = FILTER_SET_PAIRS;
	bed_use(&b.bed);
	assert_int_equal(filter_fill_end(&b.bed.filter, "addrs", fill[0]), ERR_NOT_FOUND);
	b.set[ADDRS].kind = FILTER_SET_ADDRS;
	bed_use(&b.bed);
	assert_int_equal(filter_fill_end(&b.bed.filter, "addrs", fill[0]), ERR_OK);
	assert_true(has_addr(&b, "10.7.7.7"));
	/* Ports have no limit of elements. */
	assert_int_equal(filter_fill_begin(&b.bed.filter, "ports", fill), ERR_OK);
	assert_int_equal(filter_fill_put(&b.bed.filter, "ports", fill[0], &port, 1, &taken),
			 ERR_OK);
	assert_int_equal(filter_fill_end(&b.bed.filter, "ports", fill[0]), ERR_OK);
	assert_true(has_port(&b, 85));
	assert_int_equal(filter_set_flush(&b.bed.filter, "ports", &gone), ERR_OK);
	assert_int_equal(gone, 11);
	assert_false(has_port(&b, 85));
	bed_close(&b.bed);
}

static bool found(struct set_bed *b, const char *name, struct filter_elem elem,
		  struct filter_elem *holder)
{
	bool in = false;

	assert_int_equal(filter_set_find(&b->bed.filter, name, &elem, &in, holder), ERR_OK);
	return in;
}

static void test_what_holds_an_element(void **state)
{
	struct filter_elem holder, list[8];
	struct filter_elem wrong = prefix("10.0.0.1", 8);
	struct set_bed b;
	u32 cursor = 0, count = 0;
	bool in;

	(void)state;
	open_sets(&b, 64);
	assert_int_equal(add(&b, "addrs", prefix("10.0.0.0", 8)), ERR_OK);
	assert_int_equal(add(&b, "addrs", prefix("10.1.0.0", 16)), ERR_OK);
	assert_int_equal(add(&b, "ports", ports(80, 90)), ERR_OK);
	assert_int_equal(add(&b, "ports", ports(65535, 65535)), ERR_OK);
	assert_int_equal(add(&b, "pairs", pair("10.0.0.1", 80)), ERR_OK);
	assert_true(found(&b, "addrs", prefix("10.1.2.3", 32), &holder) && holder.len == 16);
	assert_true(found(&b, "addrs", prefix("10.2.0.0", 16), &holder) && holder.len == 8);
	assert_true(found(&b, "addrs", prefix("10.1.0.0", 16), &holder) && holder.len == 16);
	assert_true(found(&b, "addrs", prefix("10.0.0.0", 15), &holder) && holder.len == 8);
	assert_false(found(&b, "addrs", prefix("8.0.0.0", 6), &holder));
	assert_true(found(&b, "ports", ports(82, 85), &holder));
	assert_true(holder.port_first == 80 && holder.port_last == 90);
	assert_false(found(&b, "ports", ports(85, 91), &holder));
	assert_true(found(&b, "ports", ports(65535, 65535), &holder));
	assert_true(found(&b, "pairs", pair("10.0.0.1", 80), &holder));
	assert_false(found(&b, "pairs", pair("10.0.0.1", 81), &holder));
	assert_int_equal(filter_set_find(&b.bed.filter, "addrs", &wrong, &in, &holder), ERR_RANGE);
	assert_int_equal(filter_set_find(&b.bed.filter, "none", &wrong, &in, &holder),
			 ERR_NOT_FOUND);
	while (cursor != UINT32_MAX)
		count += filter_body_list(&b.bed.filter.store, b.bed.filter.live->set[ADDRS].body,
					  &cursor, list, 1);
	assert_int_equal(count, 2);
	cursor = 0;
	assert_int_equal(filter_body_list(&b.bed.filter.store, b.bed.filter.live->set[PORTS].body,
					  &cursor, list, 8),
			 2);
	assert_true(list[0].port_first == 80 && list[1].port_last == 65535);
	assert_int_equal(cursor, UINT32_MAX);
	bed_close(&b.bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes_of_every_length),
		cmocka_unit_test(test_ports_and_pairs),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_many_elements),
		cmocka_unit_test(test_what_outlives_a_change),
		cmocka_unit_test(test_what_is_forgotten),
		cmocka_unit_test(test_a_set_anew),
		cmocka_unit_test(test_a_filling_has_its_share),
		cmocka_unit_test(test_what_a_filling_meets),
		cmocka_unit_test(test_what_holds_an_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
