/* The forwarding table against a list of prefixes: adding, replacing, deleting, publishing, until
 * it is full; readers see what was published and nothing else.
 *
 *     records      operation, prefix (few bits of each byte, so that they nest), length, value
 *
 * After each publish every border of every prefix is looked up.                                  */
#include "core/fib/fib.h"
#include "fuzz/input.h"
#include "model/lpm_model.h"

#include <stdlib.h>

enum { PREFIXES = 24, ROUTES = 12, RECORDS_MAX = 256 };

struct stage {
	struct fib fib;
	struct lpm_model next; /* as changed */
	struct lpm_model seen; /* as published */
	u32 fixed_count;
};

static struct stage *stage_new(void)
{
	struct fib_conf conf = { .prefix_count = PREFIXES, .route_count = ROUTES };
	struct stage *stage = calloc(1, sizeof *stage);
	struct mem mem;
	void *region;
	u64 size;

	CHECK(stage != NULL);
	conf.key = (struct hash_key){ { 11, 77, 1234, 5 } };
	mem_init_plan(&mem);
	fib_layout(&stage->fib, &conf, &mem);
	size = mem.used;
	region = aligned_alloc(MEM_LINE, size);
	CHECK(region != NULL);
	memset(region, 0, size);
	mem_init(&mem, region, size);
	fib_layout(&stage->fib, &conf, &mem);
	fib_init(&stage->fib);
	return stage;
}

static void copy_model(struct lpm_model *to, const struct lpm_model *from)
{
	to->count = from->count;
	memcpy(to->prefix, from->prefix, from->count * sizeof from->prefix[0]);
}

/* What is always there leads to no next hop, hence the value 0. */
static void model_begin(struct stage *stage)
{
	lpm_model_init(&stage->next);
	CHECK(lpm_model_add(&stage->next, 0, 8, 0));
	CHECK(lpm_model_add(&stage->next, UINT32_C(127) << 24, 8, 0));
	CHECK(lpm_model_add(&stage->next, UINT32_C(224) << 24, 4, 0));
	CHECK(lpm_model_add(&stage->next, UINT32_C(240) << 24, 4, 0));
	CHECK(lpm_model_add(&stage->next, UINT32_MAX, 32, 0));
	stage->fixed_count = stage->next.count;
	copy_model(&stage->seen, &stage->next);
}

static bool is_fixed(const struct stage *stage, u32 prefix, u8 len)
{
	for (u32 n = 0; n < stage->fixed_count; n++) {
		if (stage->next.prefix[n].prefix == prefix && stage->next.prefix[n].len == len)
			return true;
	}
	return false;
}

static void look(const struct stage *stage, u32 at)
{
	const struct fib_route *route = fib_route_at(&stage->fib,
						     fib_lookup(&stage->fib, be32_of(at)));
	u32 value = route->path_count == 0 ? 0 : be32_host(route->path[0].gateway);

	CHECK(value == lpm_model_lookup(&stage->seen, at));
}

static void look_at_borders(const struct stage *stage)
{
	for (u32 n = 0; n < stage->seen.count; n++) {
		const struct lpm_model_prefix *prefix = &stage->seen.prefix[n];
		u32 rest = prefix->len == 0 ? UINT32_MAX
					    : (u32)(UINT64_C(0xffffffff) >> prefix->len);

		look(stage, prefix->prefix - 1);
		look(stage, prefix->prefix);
		look(stage, prefix->prefix | rest);
		look(stage, (prefix->prefix | rest) + 1);
	}
}

static void publish(struct stage *stage)
{
	fib_publish(&stage->fib);
	copy_model(&stage->seen, &stage->next);
}

static void add(struct stage *stage, u32 prefix, u8 len, u8 value)
{
	struct fib_route route = { .type = FIB_UNICAST, .path_count = 1 };
	enum err err;

	route.path[0] = (struct fib_path){ .gateway = be32_of(1u + value),
					   .out_if = 1,
					   .weight = 1 };
	err = fib_add(&stage->fib, be32_of(prefix), len, &route);
	if (err == ERR_MEMORY) {
		publish(stage);
		err = fib_add(&stage->fib, be32_of(prefix), len, &route);
		CHECK(err != ERR_MEMORY);
	}
	if (err == ERR_OK)
		CHECK(lpm_model_add(&stage->next, prefix, len, 1u + value));
	else
		CHECK(err == ERR_FULL &&
		      (value >= ROUTES / 2 || stage->next.count >= PREFIXES + stage->fixed_count));
}

static void del(struct stage *stage, u32 prefix, u8 len)
{
	enum err err = fib_del(&stage->fib, be32_of(prefix), len);

	if (err == ERR_MEMORY) {
		publish(stage);
		err = fib_del(&stage->fib, be32_of(prefix), len);
	}
	CHECK((err == ERR_OK) == lpm_model_del(&stage->next, prefix, len));
	CHECK(err == ERR_OK || err == ERR_NOT_FOUND);
}

static void record(struct stage *stage, struct input *in)
{
	u8 op = next_byte(in);
	u8 high = next_byte(in), low = next_byte(in);
	u8 len = (u8)(next_byte(in) % 33);
	u32 prefix = (u32)(20 + (high & 1)) << 24 | (u32)(high >> 1 & 3) << 16 |
		     (u32)(high >> 3 & 15) << 11 | (u32)(high & 0x80) | low;

	prefix &= len == 0 ? 0 : UINT32_MAX << (32 - len);
	if (is_fixed(stage, prefix, len))
		return;
	if ((op & 3) == 0)
		del(stage, prefix, len);
	else
		add(stage, prefix, len, op >> 3 & 15);
	if ((op & 4) != 0) {
		publish(stage);
		look_at_borders(stage);
	} else {
		look(stage, prefix);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stage *stage;
	struct input in = { data, size };
	u32 records = 0;

	if (stage == NULL)
		stage = stage_new();
	fib_clear(&stage->fib);
	model_begin(stage);
	while (in.left > 0 && records++ < RECORDS_MAX)
		record(stage, &in);
	look_at_borders(stage);
	publish(stage);
	look_at_borders(stage);
	fib_check(&stage->fib);
	return 0;
}
