/* Longest prefix match: the root and its pages.
 *
 * To change a page it is spread out over its 256 slots, changed there, and packed again: at once
 * where it lies if it was made since the last publish, else into a new one. All that may fail is
 * reserved before anything is changed.                                                          */
#include "core/fib/fib_part.h"

enum {
	PAGES_SPARE = 1024, /* an update behind /16 copies up to 257 pages */
	UNITS_SPARE = 2048,
	SPARE_SHARE = 8, /* and one in so many for those that wait for publish */
};

/* A page spread out. */
struct draft {
	u32 slot[FIB_PAGE_SLOTS];
	u32 above;
	u32 old; /* page that it was read from, 0: none */
	u64 starts[FIB_PAGE_WORDS]; /* where runs begin; known when it was reserved for */
	u32 run_count;
	u32 block; /* reserved for it; IDX_NONE: the runs fit into the page */
};

u32 fib_level_base(u32 len)
{
	if (len <= FIB_ROOT_BITS)
		return 0;
	return len <= 24 ? FIB_ROOT_BITS : 24;
}

void fib_pages_layout(struct fib *fib, struct mem *mem)
{
	u32 count = fib->prefix_cap;

	/* A prefix behind /24 may need a page on either level, but 65536 are all of the first. */
	fib->page_cap = count + u32_min(count, FIB_ROOT_SLOTS) + count / SPARE_SHARE + PAGES_SPARE;
	fib->seen = mem_take(mem, "fib_root", FIB_ROOT_SLOTS, sizeof *fib->seen);
	fib->next_root = mem_take(mem, "fib_root", FIB_ROOT_SLOTS, sizeof *fib->next_root);
	fib->page = mem_take(mem, "fib_pages", fib->page_cap, sizeof *fib->page);
	fib->page_next = mem_take(mem, "fib_page_next", fib->page_cap, sizeof *fib->page_next);
	fib_blocks_layout(&fib->blocks, count + count / SPARE_SHARE + UNITS_SPARE, mem);
}

void fib_pages_init(struct fib *fib)
{
	CHECK(fib->page != NULL);
	memset(fib->seen, 0, FIB_ROOT_SLOTS * sizeof *fib->seen);
	memset(fib->next_root, 0, FIB_ROOT_SLOTS * sizeof *fib->next_root);
	fib->page_free = IDX_NONE;
	for (u32 idx = fib->page_cap; idx > 1; idx--) {
		fib->page_next[idx - 1] = fib->page_free;
		fib->page_free = idx - 1;
	}
	fib->page_free_count = fib->page_cap - 1; /* 0 says "no page" */
	fib->page_old = IDX_NONE;
	fib->block_old = IDX_NONE;
	fib->epoch = 1;
	fib_blocks_init(&fib->blocks);
}

u32 fib_lookup(const struct fib *fib, be32 dst)
{
	u32 host = be32_host(dst);
	const struct fib_root_slot *root = &fib->seen[host >> 16];
	u32 best = root->value != 0 ? root->value : fib->seen_default;
	u32 value;

	if (root->page == 0)
		return fib_value_route(best);
	value = fib_page_value(fib, &fib->page[root->page], host >> 8 & 0xff);
	if ((value & FIB_VALUE_PAGE) != 0) {
		const struct fib_page *page = &fib->page[value & ~FIB_VALUE_PAGE];

		if (page->above != 0)
			best = page->above;
		value = fib_page_value(fib, page, host & 0xff);
	}
	return fib_value_route(value != 0 ? value : best);
}

/* Where a look-up stands: what it found so far, and the page that it will read next. */
struct seeking {
	u32 best;
	u32 page; /* 0: it is done */
};

/* The value of a slot, in two steps where it lies in a block: first its place is asked for. */
static const u32 *page_place(const struct fib *fib, const struct fib_page *page, u32 slot)
{
	u32 word = slot / 64;
	u64 upto = UINT64_MAX >> (63 - slot % 64);
	u32 run = page->before[word] + u64_count_bits(page->starts[word] & upto) - 1;

	if (fib_page_has_block(page))
		return &fib->blocks.store[page->runs[0] * FIB_BLOCK_UNIT + run];
	return &page->runs[run];
}

/* All of one level: places first, then what stands there. */
static void seek_level(const struct fib *fib, const be32 *dst, struct seeking *seek, u32 count,
		       u32 shift)
{
	const u32 *place[FIB_BATCH_MAX];

	for (u32 at = 0; at < count; at++) {
		const struct fib_page *page = &fib->page[seek[at].page];

		if (seek[at].page == 0)
			continue;
		if (page->above != 0)
			seek[at].best = page->above;
		place[at] = page_place(fib, page, be32_host(dst[at]) >> shift & 0xff);
		prefetch(place[at]);
	}
	for (u32 at = 0; at < count; at++) {
		u32 value = seek[at].page == 0 ? 0 : *place[at];

		seek[at].page = 0;
		if ((value & FIB_VALUE_PAGE) != 0) {
			seek[at].page = value & ~FIB_VALUE_PAGE;
			prefetch(&fib->page[seek[at].page]);
		} else if (value != 0) {
			seek[at].best = value;
		}
	}
}

void fib_lookup_batch(const struct fib *fib, const be32 *dst, u32 *route, u32 count)
{
	struct seeking seek[FIB_BATCH_MAX];

	CHECK(count <= FIB_BATCH_MAX);
	for (u32 at = 0; at < count; at++)
		prefetch(&fib->seen[be32_host(dst[at]) >> 16]);
	for (u32 at = 0; at < count; at++) {
		const struct fib_root_slot *root = &fib->seen[be32_host(dst[at]) >> 16];

		seek[at].best = root->value != 0 ? root->value : fib->seen_default;
		seek[at].page = root->page;
		prefetch(&fib->page[root->page]);
	}
	seek_level(fib, dst, seek, count, 8);
	seek_level(fib, dst, seek, count, 0);
	for (u32 at = 0; at < count; at++)
		route[at] = fib_value_route(seek[at].best);
}

static bool page_is_fresh(const struct fib *fib, u32 idx)
{
	return fib->page[idx].epoch >> 1 == fib->epoch;
}

static u32 page_take(struct fib *fib)
{
	u32 idx = fib->page_free;

	CHECK(idx != IDX_NONE);
	fib->page_free = fib->page_next[idx];
	fib->page_free_count--;
	return idx;
}

static void page_give(struct fib *fib, u32 idx)
{
	fib->page_next[idx] = fib->page_free;
	fib->page_free = idx;
	fib->page_free_count++;
}

/* Freed at publish; its block too, unless another page has it now. */
static void page_retire(struct fib *fib, u32 idx, bool keep_block)
{
	CHECK(!page_is_fresh(fib, idx));
	fib->page_next[idx] = fib->page_old;
	fib->page_old = idx << 1 | keep_block;
}

/* A fresh page lets go of its block: at once, if readers can not know it. */
static void block_release(struct fib *fib, const struct fib_page *page)
{
	u32 unit = page->runs[0];

	if (!fib_page_has_block(page))
		return;
	if ((page->epoch & 1) == 0) {
		fib_block_del(&fib->blocks, unit);
		return;
	}
	fib->blocks.next[unit] = fib->block_old;
	fib->block_old = unit;
}

void fib_page_read(const struct fib *fib, u32 idx, u32 slot[FIB_PAGE_SLOTS])
{
	const struct fib_page *page = &fib->page[idx];
	const u32 *run = page->runs;

	CHECK(idx > 0 && idx < fib->page_cap);
	if (fib_page_has_block(page))
		run = &fib->blocks.store[page->runs[0] * FIB_BLOCK_UNIT];
	/* From the end of a run to that of the next: as many turns as there are runs. */
	run += fib_page_run_count(page);
	for (u32 word = FIB_PAGE_WORDS, end = FIB_PAGE_SLOTS; word-- > 0;) {
		for (u64 left = page->starts[word]; left != 0;) {
			u32 bit = 63 - (u32)__builtin_clzll(left);
			u32 begin = word * 64 + bit;
			u32 value = *--run;

			left ^= UINT64_C(1) << bit;
			while (end > begin)
				slot[--end] = value;
		}
	}
}

static void draft_read(const struct fib *fib, struct draft *draft, u32 idx)
{
	draft->old = idx;
	draft->block = IDX_NONE;
	draft->above = 0;
	if (idx == 0) {
		memset(draft->slot, 0, sizeof draft->slot);
		return;
	}
	draft->above = fib->page[idx].above;
	fib_page_read(fib, idx, draft->slot);
}

static bool draft_is_empty(const struct draft *draft)
{
	return draft->run_count == 1 && draft->slot[0] == 0;
}

/* The block that it will need. False when there is none. */
static bool draft_reserve(struct fib *fib, struct draft *draft)
{
	u32 before = ~draft->slot[0];

	draft->run_count = 0;
	for (u32 word = 0; word < FIB_PAGE_WORDS; word++) {
		const u32 *slot = &draft->slot[word * 64];
		u64 starts = 0;

		for (u32 bit = 0; bit < 64; bit++) {
			starts |= (u64)(slot[bit] != before) << bit;
			before = slot[bit];
		}
		draft->starts[word] = starts;
		draft->run_count += u64_count_bits(starts);
	}
	if (draft->run_count <= FIB_INLINE_RUNS)
		return true;
	draft->block = fib_block_new(&fib->blocks, fib_block_class(draft->run_count));
	return draft->block != IDX_NONE;
}

static void draft_cancel(struct fib *fib, struct draft *draft)
{
	if (draft->block != IDX_NONE)
		fib_block_del(&fib->blocks, draft->block);
	draft->block = IDX_NONE;
}

static void draft_pack(struct fib *fib, const struct draft *draft, struct fib_page *page)
{
	u32 *run = page->runs;
	u32 count = 0;

	memset(page, 0, sizeof *page);
	page->above = draft->above;
	page->epoch = fib->epoch << 1;
	if (draft->block != IDX_NONE) {
		page->runs[0] = draft->block;
		page->runs[FIB_INLINE_RUNS - 1] = FIB_RUNS_IN_BLOCK;
		run = &fib->blocks.store[draft->block * FIB_BLOCK_UNIT];
	}
	for (u32 word = 0; word < FIB_PAGE_WORDS; word++) {
		page->before[word] = (u8)count;
		page->starts[word] = draft->starts[word];
		for (u64 left = page->starts[word]; left != 0; left &= left - 1)
			run[count++] = draft->slot[word * 64 + (u32)__builtin_ctzll(left)];
	}
	CHECK(count == draft->run_count);
}

/* Becomes a page; 0 when nothing is left in it. What may fail was reserved. */
static u32 draft_commit(struct fib *fib, const struct draft *draft)
{
	u32 idx = draft->old;

	if (idx != 0 && page_is_fresh(fib, idx)) {
		block_release(fib, &fib->page[idx]);
		if (draft_is_empty(draft)) {
			page_give(fib, idx);
			return 0;
		}
	} else {
		if (idx != 0)
			page_retire(fib, idx, false);
		if (draft_is_empty(draft))
			return 0;
		idx = page_take(fib);
	}
	draft_pack(fib, draft, &fib->page[idx]);
	return idx;
}

/* A page with another `above`, as the same page if it is fresh. */
static u32 page_set_above(struct fib *fib, u32 idx, u32 above)
{
	u32 copy = idx;

	if (!page_is_fresh(fib, idx)) {
		bool has_block = fib_page_has_block(&fib->page[idx]);

		copy = page_take(fib);
		fib->page[copy] = fib->page[idx];
		fib->page[copy].epoch = fib->epoch << 1 | has_block;
		page_retire(fib, idx, has_block);
	}
	fib->page[copy].above = above;
	return copy;
}

static void root_dirty(struct fib *fib, u32 slot)
{
	if (fib->dirty_count == FIB_DIRTY_MAX)
		fib->dirty_all = true;
	else
		fib->dirty[fib->dirty_count++] = (u16)slot;
}

static void root_set_page(struct fib *fib, u32 slot, u32 page)
{
	if (fib->next_root[slot].page == page)
		return;
	fib->next_root[slot].page = page;
	root_dirty(fib, slot);
}

static void root_write(struct fib *fib, u32 prefix, u32 len, u32 value)
{
	u32 first = prefix >> 16;
	u32 count = 1u << (FIB_ROOT_BITS - len);

	for (u32 slot = first; slot < first + count; slot++) {
		if (fib_value_len(fib->next_root[slot].value) > len)
			continue;
		fib->next_root[slot].value = value;
		root_dirty(fib, slot);
	}
}

/* What a slot says by itself, the page below left aside. */
static u32 slot_own(const struct fib *fib, u32 value)
{
	return (value & FIB_VALUE_PAGE) != 0 ? fib->page[value & ~FIB_VALUE_PAGE].above : value;
}

/* Prefixes of 17 to 24 bits. */
static enum err upper_write(struct fib *fib, u32 prefix, u32 len, u32 value)
{
	u32 root_slot = prefix >> 16;
	u32 first = prefix >> 8 & 0xff;
	u32 count = 1u << (24 - len);
	u32 copy_count = 1;
	bool below[FIB_PAGE_SLOTS] = { false };
	struct draft draft;

	draft_read(fib, &draft, fib->next_root[root_slot].page);
	for (u32 i = first; i < first + count; i++) {
		u32 was = draft.slot[i];

		if (fib_value_len(slot_own(fib, was)) > len - FIB_ROOT_BITS)
			continue;
		below[i] = (was & FIB_VALUE_PAGE) != 0;
		if (below[i])
			copy_count += !page_is_fresh(fib, was & ~FIB_VALUE_PAGE);
		else
			draft.slot[i] = value;
	}
	if (copy_count > fib->page_free_count)
		return ERR_FULL;
	if (!draft_reserve(fib, &draft))
		return ERR_FULL;
	for (u32 i = first; i < first + count; i++) {
		u32 page = draft.slot[i] & ~FIB_VALUE_PAGE;

		if (below[i])
			draft.slot[i] = FIB_VALUE_PAGE | page_set_above(fib, page, value);
	}
	root_set_page(fib, root_slot, draft_commit(fib, &draft));
	return ERR_OK;
}

static void lower_change(struct draft *draft, u32 prefix, u32 len, u32 value)
{
	u32 first = prefix & 0xff;
	u32 count = 1u << (32 - len);

	for (u32 i = first; i < first + count; i++) {
		if (fib_value_len(draft->slot[i]) <= len - 24)
			draft->slot[i] = value;
	}
}

/* The upper page learns where its lower one is now. */
static enum err lower_move(struct fib *fib, u32 prefix, struct draft *upper, struct draft *lower)
{
	u32 at = prefix >> 8 & 0xff;
	u32 page;

	upper->slot[at] = draft_is_empty(lower) ? lower->above : FIB_VALUE_PAGE;
	if (fib->page_free_count < 2 || !draft_reserve(fib, upper)) {
		draft_cancel(fib, lower);
		return ERR_FULL;
	}
	page = draft_commit(fib, lower);
	if (page != 0)
		upper->slot[at] = FIB_VALUE_PAGE | page;
	root_set_page(fib, prefix >> 16, draft_commit(fib, upper));
	return ERR_OK;
}

/* Prefixes of 25 to 32 bits. */
static enum err lower_write(struct fib *fib, u32 prefix, u32 len, u32 value)
{
	struct draft upper, lower;
	u32 was;
	bool has_page;

	draft_read(fib, &upper, fib->next_root[prefix >> 16].page);
	was = upper.slot[prefix >> 8 & 0xff];
	has_page = (was & FIB_VALUE_PAGE) != 0;
	draft_read(fib, &lower, has_page ? was & ~FIB_VALUE_PAGE : 0);
	if (!has_page)
		lower.above = was;
	lower_change(&lower, prefix, len, value);
	if (!draft_reserve(fib, &lower))
		return ERR_FULL;
	if (!has_page || draft_is_empty(&lower) || !page_is_fresh(fib, lower.old))
		return lower_move(fib, prefix, &upper, &lower);
	(void)draft_commit(fib, &lower);
	return ERR_OK;
}

enum err fib_pages_write(struct fib *fib, u32 prefix, u32 len, u32 value)
{
	CHECK(len <= 32);
	if (len > 24)
		return lower_write(fib, prefix, len, value);
	if (len > FIB_ROOT_BITS)
		return upper_write(fib, prefix, len, value);
	if (len > 0)
		root_write(fib, prefix, len, value);
	else
		fib->next_default = value;
	return ERR_OK;
}

static void pages_free_old(struct fib *fib)
{
	while (fib->page_old != IDX_NONE) {
		u32 idx = fib->page_old >> 1;
		bool keep_block = (fib->page_old & 1) != 0;

		fib->page_old = fib->page_next[idx];
		if (!keep_block && fib_page_has_block(&fib->page[idx]))
			fib_block_del(&fib->blocks, fib->page[idx].runs[0]);
		page_give(fib, idx);
	}
	while (fib->block_old != IDX_NONE) {
		u32 unit = fib->block_old;

		fib->block_old = fib->blocks.next[unit];
		fib_block_del(&fib->blocks, unit);
	}
}

/* The count of publishes has 31 bits in a page; before it comes round, all pages become old. */
static void epoch_advance(struct fib *fib)
{
	if (++fib->epoch <= UINT32_MAX >> 1)
		return;
	for (u32 idx = 0; idx < fib->page_cap; idx++)
		fib->page[idx].epoch = 0;
	fib->epoch = 1;
}

void fib_pages_publish(struct fib *fib)
{
	struct fib_root_slot *was = fib->seen;

	fib->seen = fib->next_root;
	fib->next_root = was;
	fib->seen_default = fib->next_default;
	if (fib->dirty_all)
		memcpy(fib->next_root, fib->seen, FIB_ROOT_SLOTS * sizeof *fib->seen);
	for (u32 i = 0; i < fib->dirty_count && !fib->dirty_all; i++)
		fib->next_root[fib->dirty[i]] = fib->seen[fib->dirty[i]];
	fib->dirty_all = false;
	fib->dirty_count = 0;
	pages_free_old(fib);
	epoch_advance(fib);
}
