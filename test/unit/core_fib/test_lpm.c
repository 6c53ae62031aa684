/* Longest prefix match against the plain model: prefixes come and go, readers see what was
 * published.                                                                                    */
#include "core/base/rng.h"
#include "model/lpm_model.h"

#include "fib_bed.h"

enum { ROUNDS = 60, CHANGES = 40, LOOKUPS = 120, SEEDS = 4, VALUES = 30 };

static struct lpm_model model;
static struct lpm_model seen;

static void seeded(struct rng *rng, u32 seed)
{
	u8 bytes[32] = { 0 };

	memcpy(bytes, &seed, sizeof seed);
	rng_init(rng, bytes);
}

/* Few bits vary, so that prefixes nest; all levels occur. */
static u32 near_addr(struct rng *rng)
{
	return ip(20 + rng_below(rng, 2), rng_below(rng, 3), rng_below(rng, 8) * 16,
		  rng_below(rng, 256));
}

static void change_one(struct fib *fib, struct rng *rng)
{
	u8 len = (u8)rng_below(rng, 33);
	u32 prefix = near_addr(rng) & (len == 0 ? 0 : UINT32_MAX << (32 - len));

	if (rng_below(rng, 5) < 2 && model.count > 5) {
		const struct lpm_model_prefix *gone =
			&model.prefix[5 + rng_below(rng, model.count - 5)];

		prefix = gone->prefix;
		len = gone->len;
		bed_del(fib, prefix, len);
		assert_true(lpm_model_del(&model, prefix, len));
	} else {
		u32 value = 1000 + rng_below(rng, VALUES);

		/* The fixed ones of the table stay as they are. */
		for (u32 i = 0; i < 5; i++) {
			if (model.prefix[i].prefix == prefix && model.prefix[i].len == len)
				return;
		}
		bed_add(fib, prefix, len, value);
		assert_true(lpm_model_add(&model, prefix, len, value));
	}
}

static u32 near_edge(struct rng *rng, const struct lpm_model *of)
{
	const struct lpm_model_prefix *at = &of->prefix[rng_below(rng, of->count)];
	u32 low = at->len == 32 ? 0 : UINT32_MAX >> at->len;

	switch (rng_below(rng, 4)) {
	case 0:
		return at->prefix;
	case 1:
		return at->prefix | low;
	case 2:
		return at->prefix - 1;
	default:
		return (at->prefix | low) + 1;
	}
}

static void compare(const struct fib *fib, const struct lpm_model *with, struct rng *rng)
{
	for (u32 i = 0; i < LOOKUPS; i++) {
		u32 addr = i % 3 == 0 ? near_edge(rng, with) : near_addr(rng);

		if (i % 11 == 0)
			addr = rng_u32(rng);
		assert_int_equal(bed_lookup(fib, addr), lpm_model_lookup(with, addr));
	}
}

/* The list begins with what fib_init() puts in; they have no next hop, hence the value 0. */
static void fixed_model(void)
{
	lpm_model_init(&model);
	assert_true(lpm_model_add(&model, ip(0, 0, 0, 0), 8, 0));
	assert_true(lpm_model_add(&model, ip(127, 0, 0, 0), 8, 0));
	assert_true(lpm_model_add(&model, ip(224, 0, 0, 0), 4, 0));
	assert_true(lpm_model_add(&model, ip(240, 0, 0, 0), 4, 0));
	assert_true(lpm_model_add(&model, ip(255, 255, 255, 255), 32, 0));
}

static void run_seed(u32 seed)
{
	struct fib *fib = malloc(sizeof *fib);
	void *region = bed_open(fib, 4096, 64);
	struct rng rng;

	seeded(&rng, seed);
	fixed_model();
	seen = model;
	for (u32 round = 0; round < ROUNDS; round++) {
		for (u32 i = 0; i < CHANGES; i++)
			change_one(fib, &rng);
		fib_check(fib);
		compare(fib, &seen, &rng); /* unpublished: as before */
		fib_publish(fib);
		fib_check(fib);
		seen = model;
		compare(fib, &seen, &rng);
	}
	/* And everything goes again. */
	while (model.count > 5) {
		struct lpm_model_prefix last = model.prefix[model.count - 1];

		bed_del(fib, last.prefix, last.len);
		assert_true(lpm_model_del(&model, last.prefix, last.len));
		if (model.count % 50 == 0)
			fib_publish(fib);
	}
	fib_publish(fib);
	fib_check(fib);
	compare(fib, &model, &rng);
	free(region);
	free(fib);
}

static void test_as_the_model(void **state)
{
	(void)state;
	for (u32 seed = 1; seed <= SEEDS; seed++)
		run_seed(seed);
}

static void test_levels_fall_back(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);

	(void)state;
	bed_add(&fib, 0, 0, 1);
	bed_add(&fib, ip(10, 0, 0, 0), 8, 2);
	bed_add(&fib, ip(10, 1, 128, 0), 17, 3);
	bed_add(&fib, ip(10, 1, 200, 0), 24, 4);
	bed_add(&fib, ip(10, 1, 200, 128), 25, 5);
	bed_add(&fib, ip(10, 1, 200, 200), 32, 6);
	bed_add(&fib, ip(10, 1, 5, 7), 32, 7);
	fib_publish(&fib);
	fib_check(&fib);
	assert_int_equal(bed_lookup(&fib, ip(8, 8, 8, 8)), 1);
	assert_int_equal(bed_lookup(&fib, ip(10, 9, 0, 1)), 2);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 127, 1)), 2);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 129, 1)), 3);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 200, 1)), 4);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 200, 129)), 5);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 200, 200)), 6);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 5, 7)), 7);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 5, 8)), 2);
	/* What a lower page falls back to changes with both levels above. */
	bed_del(&fib, ip(10, 1, 200, 0), 24);
	fib_publish(&fib);
	fib_check(&fib);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 200, 1)), 3);
	bed_del(&fib, ip(10, 1, 128, 0), 17);
	bed_del(&fib, ip(10, 0, 0, 0), 8);
	fib_publish(&fib);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 200, 1)), 1);
	assert_int_equal(bed_lookup(&fib, ip(10, 1, 200, 129)), 5);
	bed_del(&fib, 0, 0);
	fib_publish(&fib);
	assert_int_equal(fib_lookup(&fib, be32_of(ip(10, 1, 200, 1))), FIB_ROUTE_NONE);
	free(region);
}

static void test_publish_and_gen(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);
	u16 gen = fib_gen(&fib);

	(void)state;
	bed_add(&fib, ip(10, 0, 0, 0), 8, 2);
	assert_int_equal(bed_lookup(&fib, ip(10, 0, 0, 1)), 0);
	assert_int_equal(fib_gen(&fib), gen);
	fib_publish(&fib);
	assert_int_equal(bed_lookup(&fib, ip(10, 0, 0, 1)), 2);
	assert_int_not_equal(fib_gen(&fib), gen);
	gen = fib_gen(&fib);
	fib_publish(&fib);
	bed_add(&fib, ip(10, 0, 0, 0), 8, 2); /* nothing new */
	fib_publish(&fib);
	assert_int_equal(fib_gen(&fib), gen);
	free(region);
}

static void test_refused(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 2, 2);
	struct fib_route route = bed_route(9);

	(void)state;
	assert_int_equal(fib_add(&fib, be32_of(ip(10, 0, 0, 1)), 24, &route), ERR_RANGE);
	assert_int_equal(fib_add(&fib, be32_of(0), 33, &route), ERR_RANGE);
	route.path[0].weight = 0;
	assert_int_equal(fib_add(&fib, be32_of(0), 0, &route), ERR_RANGE);
	route = bed_route(9);
	route.path_count = 2;
	route.path[1] = route.path[0];
	assert_int_equal(fib_add(&fib, be32_of(0), 0, &route), ERR_RANGE);
	route.path_count = 0;
	assert_int_equal(fib_add(&fib, be32_of(0), 0, &route), ERR_RANGE);
	route.type = FIB_NONE;
	assert_int_equal(fib_add(&fib, be32_of(0), 0, &route), ERR_RANGE);
	assert_int_equal(fib_del(&fib, be32_of(0), 0), ERR_NOT_FOUND);
	bed_add(&fib, ip(10, 0, 0, 0), 8, 1);
	bed_add(&fib, ip(11, 0, 0, 0), 8, 2);
	route = bed_route(3);
	assert_int_equal(fib_add(&fib, be32_of(ip(12, 0, 0, 0)), 8, &route), ERR_FULL);
	/* The set of next hops that nobody has any more is free again after publish. */
	fib_publish(&fib);
	assert_int_equal(fib_add(&fib, be32_of(ip(11, 0, 0, 0)), 8, &route), ERR_FULL);
	bed_del(&fib, ip(11, 0, 0, 0), 8);
	assert_int_equal(fib_add(&fib, be32_of(ip(12, 0, 0, 0)), 8, &route), ERR_MEMORY);
	fib_check(&fib);
	fib_publish(&fib);
	assert_int_equal(fib_add(&fib, be32_of(ip(12, 0, 0, 0)), 8, &route), ERR_OK);
	fib_check(&fib);
	free(region);
}

/* As many scattered /32 as the plan says: the worst that pages can be asked for. */
static void test_plan_suffices(void **state)
{
	enum { COUNT = 20000 };
	struct fib *fib = malloc(sizeof *fib);
	void *region = bed_open(fib, COUNT, 16);

	(void)state;
	for (u32 i = 0; i < COUNT; i++)
		bed_add(fib, ip(16, 0, 0, 0) + i * 9973 * 16, 32, 1 + i % 9);
	fib_publish(fib);
	for (u32 i = 0; i < COUNT; i++)
		assert_int_equal(bed_lookup(fib, ip(16, 0, 0, 0) + i * 9973 * 16), 1 + i % 9);
	/* Replaced one by one without a publish: the spare runs out, a publish gives it back. */
	for (u32 i = 0; i < COUNT; i++) {
		struct fib_route route = bed_route(1 + (i + 1) % 9);
		be32 prefix = be32_of(ip(16, 0, 0, 0) + i * 9973 * 16);
		enum err err = fib_add(fib, prefix, 32, &route);

		if (err == ERR_MEMORY) {
			fib_publish(fib);
			err = fib_add(fib, prefix, 32, &route);
		}
		assert_int_equal(err, ERR_OK);
	}
	fib_publish(fib);
	fib_check(fib);
	for (u32 i = 0; i < COUNT; i++)
		assert_int_equal(bed_lookup(fib, ip(16, 0, 0, 0) + i * 9973 * 16),
				 1 + (i + 1) % 9);
	free(region);
	free(fib);
}

/* One page with all lengths and ever more runs: blocks grow and shrink. */
static void test_blocks(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 1024, 300);

	(void)state;
	for (u32 pass = 0; pass < 3; pass++) {
		for (u32 i = 0; i < 256; i++) {
			bed_add(&fib, ip(50, 1, i, 0), 24, 1 + i);
			bed_add(&fib, ip(50, 2, 3, i), 32, 1 + i);
			if (i % 16 == pass)
				fib_publish(&fib);
		}
		fib_publish(&fib);
		fib_check(&fib);
		for (u32 i = 0; i < 256; i++) {
			assert_int_equal(bed_lookup(&fib, ip(50, 1, i, 9)), 1 + i);
			assert_int_equal(bed_lookup(&fib, ip(50, 2, 3, i)), 1 + i);
			bed_del(&fib, ip(50, 1, i, 0), 24);
			bed_del(&fib, ip(50, 2, 3, i), 32);
			if (i % 32 == pass)
				fib_publish(&fib);
		}
		fib_publish(&fib);
		fib_check(&fib);
		assert_int_equal(fib.blocks.used_count, 0);
		/* Only the page of 255.255.255.255 and the one above it are left. */
		assert_int_equal(fib.page_free_count + 3, fib.page_cap);
	}
	free(region);
}

/* A prefix over many lower pages copies them all or none. */
static void test_pages_run_out(void **state)
{
	enum { PAGES = 300, BELOW = 200 };
	struct fib fib;
	void *region = bed_open(&fib, 1024, 64);
	struct fib_route route = bed_route(9);
	be32 over = be32_of(ip(50, 1, 0, 0));

	(void)state;
	fib.page_cap = PAGES;
	fib_init(&fib);
	for (u32 i = 0; i < BELOW; i++)
		bed_add(&fib, ip(50, 1, i, 1), 32, 1 + i % 5);
	fib_publish(&fib);
	assert_int_equal(fib_add(&fib, over, 17, &route), ERR_FULL);
	fib_check(&fib);
	assert_int_equal(fib_find(&fib, over, 17), FIB_ROUTE_NONE);
	for (u32 i = 0; i < BELOW; i++)
		assert_int_equal(bed_lookup(&fib, ip(50, 1, i, 1)), 1 + i % 5);
	for (u32 i = 0; i < BELOW / 2; i++)
		bed_del(&fib, ip(50, 1, i, 1), 32);
	fib_publish(&fib);
	assert_int_equal(fib_add(&fib, over, 17, &route), ERR_OK);
	fib_publish(&fib);
	fib_check(&fib);
	assert_int_equal(bed_lookup(&fib, ip(50, 1, 101, 2)), 9);
	assert_int_equal(bed_lookup(&fib, ip(50, 1, 101, 1)), 2);
	free(region);
}

static void test_show(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);
	struct fib_info info[2];
	u32 cursor = 0, total = 0, found = 0, count;

	(void)state;
	bed_add(&fib, ip(10, 0, 0, 0), 8, 42);
	while ((count = fib_show(&fib, &cursor, info, 2)) > 0) {
		total += count;
		for (u32 i = 0; i < count; i++) {
			const struct fib_route *route = fib_route_at(&fib, info[i].route);

			if (be32_host(info[i].prefix) != ip(10, 0, 0, 0))
				continue;
			found++;
			assert_int_equal(info[i].len, 8);
			assert_int_equal(be32_host(route->path[0].gateway), 42);
		}
	}
	assert_int_equal(total, 6);
	assert_int_equal(found, 1);
	assert_int_equal(fib_find(&fib, be32_of(ip(10, 0, 0, 0)), 9), FIB_ROUTE_NONE);
	assert_int_not_equal(fib_find(&fib, be32_of(ip(10, 0, 0, 0)), 8), FIB_ROUTE_NONE);
	assert_string_equal(fib_type_name(FIB_PROHIBIT), "prohibit");
	free(region);
}

static void test_epoch_comes_round(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);

	(void)state;
	bed_add(&fib, ip(10, 0, 0, 1), 32, 1); /* made in epoch 2 */
	fib_publish(&fib);
	fib.epoch = UINT32_MAX >> 1;
	bed_add(&fib, ip(10, 0, 0, 2), 32, 2);
	fib_publish(&fib);
	bed_add(&fib, ip(10, 0, 0, 3), 32, 3);
	fib_publish(&fib);
	bed_add(&fib, ip(10, 0, 0, 1), 32, 4); /* epoch 3 */
	assert_int_equal(bed_lookup(&fib, ip(10, 0, 0, 1)), 1);
	fib_publish(&fib);
	assert_int_equal(bed_lookup(&fib, ip(10, 0, 0, 1)), 4);
	fib_check(&fib);
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_fall_back),
		cmocka_unit_test(test_publish_and_gen),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_plan_suffices),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_pages_run_out),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_epoch_comes_round),
		cmocka_unit_test(test_as_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
