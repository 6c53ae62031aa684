/* Prefixes for people, and the invariants of the forwarding table. */
#include "core/fib/fib_part.h"

u32 fib_show(const struct fib *fib, u32 *cursor, struct fib_info *out, u32 max)
{
	u32 count = 0;

	for (; *cursor < fib->prefix_cap && count < max; (*cursor)++) {
		const struct fib_prefix *prefix = &fib->prefix[*cursor];

		if (!prefix->live)
			continue;
		out[count++] = (struct fib_info){
			.prefix = be32_of(prefix->prefix),
			.len = prefix->len,
			.route = prefix->route,
		};
	}
	return count;
}

const char *fib_type_name(enum fib_type type)
{
	static const char *const names[FIB_TYPE_COUNT] = {
		"none", "unicast", "local", "broadcast", "multicast", "blackhole", "prohibit",
	};

	CHECK(type < FIB_TYPE_COUNT);
	return names[type];
}

struct tally {
	u32 pages;
	u32 units;
};

/* A slot that a level claims for a prefix: the prefix is there, and leads where the slot says. */
static void check_owner(const struct fib *fib, u32 addr, u32 value, u32 base)
{
	u32 len = base + fib_value_len(value);
	u32 idx;

	if (value == 0)
		return;
	CHECK(len > base && len <= (base == 0 ? FIB_ROOT_BITS : base + 8));
	idx = fib_prefix_find(fib, addr & ip4_mask(len), len);
	CHECK(idx != IDX_NONE);
	CHECK(fib->prefix[idx].route == fib_value_route(value));
}

static void check_page_shape(const struct fib *fib, u32 idx, struct tally *tally)
{
	const struct fib_page *page = &fib->page[idx];
	u32 runs = 0;

	CHECK(idx > 0 && idx < fib->page_cap);
	CHECK((page->starts[0] & 1) != 0);
	for (u32 word = 0; word < FIB_PAGE_WORDS; word++) {
		CHECK(page->before[word] == (u8)runs);
		runs += u64_count_bits(page->starts[word]);
	}
	CHECK(runs == fib_page_run_count(page));
	CHECK(fib_page_has_block(page) == (runs > FIB_INLINE_RUNS));
	tally->pages++;
	if (fib_page_has_block(page)) {
		u32 units = fib_block_units(&fib->blocks, page->runs[0]);

		CHECK(units == 1u << fib_block_class(runs));
		tally->units += units;
	}
}

static void check_lower(const struct fib *fib, u32 idx, u32 prefix, struct tally *tally)
{
	u32 slot[FIB_PAGE_SLOTS];
	bool empty = true;

	check_page_shape(fib, idx, tally);
	check_owner(fib, prefix, fib->page[idx].above, FIB_ROOT_BITS);
	fib_page_read(fib, idx, slot);
	for (u32 i = 0; i < FIB_PAGE_SLOTS; i++) {
		CHECK((slot[i] & FIB_VALUE_PAGE) == 0);
		check_owner(fib, prefix | i, slot[i], 24);
		empty &= slot[i] == 0;
	}
	CHECK(!empty);
}

static void check_upper(const struct fib *fib, u32 idx, u32 prefix, struct tally *tally)
{
	u32 slot[FIB_PAGE_SLOTS];
	bool empty = true;

	check_page_shape(fib, idx, tally);
	CHECK(fib->page[idx].above == 0);
	fib_page_read(fib, idx, slot);
	for (u32 i = 0; i < FIB_PAGE_SLOTS; i++) {
		if ((slot[i] & FIB_VALUE_PAGE) != 0)
			check_lower(fib, slot[i] & ~FIB_VALUE_PAGE, prefix | i << 8, tally);
		else
			check_owner(fib, prefix | i << 8, slot[i], FIB_ROOT_BITS);
		empty &= slot[i] == 0;
	}
	CHECK(!empty);
}

static void check_root(const struct fib *fib, struct tally *tally)
{
	u32 last = 0;

	for (u32 slot = 0; slot < FIB_ROOT_SLOTS; slot++) {
		const struct fib_root_slot *root = &fib->next_root[slot];

		/* Long runs of one owner: the first and the last are looked at. */
		if (root->value != last || slot == FIB_ROOT_SLOTS - 1)
			check_owner(fib, slot << 16, root->value, 0);
		if (root->value != last && slot > 0)
			check_owner(fib, (slot - 1) << 16, last, 0);
		last = root->value;
		if (root->page != 0)
			check_upper(fib, root->page, slot << 16, tally);
	}
}

/* The slot at the beginning of a prefix belongs to it or to a longer one. */
static void check_prefix(const struct fib *fib, const struct fib_prefix *prefix)
{
	u32 base = fib_level_base(prefix->len);
	const struct fib_root_slot *root = &fib->next_root[prefix->prefix >> 16];
	u32 value = root->value;

	if (prefix->len == 0) {
		CHECK(fib_value_route(fib->next_default) == prefix->route);
		return;
	}
	if (base > 0) {
		CHECK(root->page != 0);
		value = fib_page_value(fib, &fib->page[root->page], prefix->prefix >> 8 & 0xff);
		if (base == FIB_ROOT_BITS && (value & FIB_VALUE_PAGE) != 0)
			value = fib->page[value & ~FIB_VALUE_PAGE].above;
	}
	if (base == 24) {
		CHECK((value & FIB_VALUE_PAGE) != 0);
		value = fib_page_value(fib, &fib->page[value & ~FIB_VALUE_PAGE],
				       prefix->prefix & 0xff);
	}
	CHECK(fib_value_len(value) >= prefix->len - base);
}

static void check_prefixes(const struct fib *fib)
{
	u32 live_count = 0, free_count = 0;

	for (u32 idx = 0; idx < fib->prefix_cap; idx++) {
		const struct fib_prefix *prefix = &fib->prefix[idx];

		if (!prefix->live)
			continue;
		live_count++;
		CHECK(fib_prefix_find(fib, prefix->prefix, prefix->len) == idx);
		CHECK(prefix->route > 0 && prefix->route < fib->nexthop_cap);
		CHECK(fib->nexthop[prefix->route].refs > 0);
		check_prefix(fib, prefix);
	}
	for (u32 idx = fib->prefix_free; idx != IDX_NONE; idx = fib->prefix[idx].next) {
		CHECK(!fib->prefix[idx].live);
		CHECK(++free_count <= fib->prefix_cap);
	}
	CHECK(live_count == fib->prefix_live);
	CHECK(live_count + free_count == fib->prefix_cap);
}

static void check_nexthops(const struct fib *fib)
{
	u64 refs = 0;
	u32 live_count = 0, free_count = 0, many_count = 0, prev = IDX_NONE;

	for (u32 idx = 1; idx < fib->nexthop_cap; idx++) {
		const struct fib_nexthop *nexthop = &fib->nexthop[idx];

		refs += nexthop->refs;
		many_count += nexthop->route.path_count > 1;
		if (nexthop->route.type == FIB_NONE)
			continue;
		live_count++;
		CHECK(nexthop->refs > 0 || nexthop->old);
		CHECK(fib_route_is_good(&nexthop->route));
		for (u32 slot = 0; slot < FIB_BUCKETS; slot++)
			CHECK(nexthop->bucket[slot] < u32_max(nexthop->route.path_count, 1));
	}
	for (u32 idx = fib->nexthop_free; idx != IDX_NONE; idx = fib->nexthop[idx].next)
		CHECK(++free_count < fib->nexthop_cap);
	for (u32 idx = fib->nexthop_many; idx != IDX_NONE; idx = fib->nexthop[idx].many_next) {
		CHECK(fib->nexthop[idx].route.path_count > 1);
		CHECK(fib->nexthop[idx].many_prev == prev);
		CHECK(many_count-- > 0);
		prev = idx;
	}
	CHECK(many_count == 0);
	CHECK(refs == (u64)fib->prefix_live + fib->nexthop_held);
	CHECK(live_count == fib->nexthop_live);
	CHECK(live_count + free_count + 1 == fib->nexthop_cap);
}

/* Every page and unit is in use, waits for publish, or is free. */
static void check_accounts(const struct fib *fib, struct tally *tally)
{
	u32 free_count = 0;

	for (u32 old = fib->page_old; old != IDX_NONE; old = fib->page_next[old >> 1]) {
		const struct fib_page *page = &fib->page[old >> 1];

		tally->pages++;
		if ((old & 1) == 0 && fib_page_has_block(page))
			tally->units += fib_block_units(&fib->blocks, page->runs[0]);
		CHECK(tally->pages < fib->page_cap);
	}
	for (u32 unit = fib->block_old; unit != IDX_NONE; unit = fib->blocks.next[unit]) {
		tally->units += fib_block_units(&fib->blocks, unit);
		CHECK(tally->units <= fib->blocks.unit_count);
	}
	for (u32 idx = fib->page_free; idx != IDX_NONE; idx = fib->page_next[idx])
		CHECK(++free_count < fib->page_cap);
	CHECK(free_count == fib->page_free_count);
	CHECK(tally->pages + free_count + 1 == fib->page_cap);
	CHECK(tally->units == fib->blocks.used_count);
	fib_blocks_check(&fib->blocks);
}

void fib_check(const struct fib *fib)
{
	struct tally tally = { 0, 0 };

	check_prefixes(fib);
	check_nexthops(fib);
	check_root(fib, &tally);
	check_accounts(fib, &tally);
	if (fib->changed)
		return;
	CHECK(fib->seen_default == fib->next_default);
	CHECK(memcmp(fib->seen, fib->next_root, FIB_ROOT_SLOTS * sizeof *fib->seen) == 0);
}
