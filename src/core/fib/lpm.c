/* Longest prefix match: the root and its pages.
 *
 * To change a page its runs are copied, cut and joined there, and packed again: at once where it
 * lies if it was made since the last publish, else into a new one. So a change costs as many steps
 * as the page has runs, and few have many. All that may fail is reserved before anything is
 * changed.                                                                                       */
#include "core/fib/fib_part.h"

enum {
	PAGES_SPARE = 1024, /* an update behind /16 copies up to 257 pages */
	UNITS_SPARE = 2048,
	SPARE_SHARE = 8, /* and one in so many for those that wait for publish */
};

/* A page that is being changed. */
struct draft {
	u64 starts[FIB_PAGE_WORDS]; /* where runs begin */
	u32 run[FIB_PAGE_SLOTS];
	u32 run_count;
	u32 above;
	u32 old;         /* page that it was read from, 0: none */
	u32 block;       /* reserved for it; IDX_NONE: the runs fit into the page */
	bool same_block; /* that of the page, which nobody else knows */
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
	const struct fib_page *page = &fib->page[idx];
	const u32 *run = page->runs;

	draft->old = idx;
	draft->block = IDX_NONE;
	draft->same_block = false;
	if (idx == 0) {
		memset(draft->starts, 0, sizeof draft->starts);
		draft->starts[0] = 1;
		draft->run_count = 1;
		draft->run[0] = 0;
		draft->above = 0;
		return;
	}
	if (fib_page_has_block(page))
		run = &fib->blocks.store[page->runs[0] * FIB_BLOCK_UNIT];
	memcpy(draft->starts, page->starts, sizeof draft->starts);
	draft->run_count = fib_page_run_count(page);
	draft->above = page->above;
	memcpy(draft->run, run, draft->run_count * sizeof *run);
}

/* The run that a slot is in. */
static u32 draft_run(const struct draft *draft, u32 slot)
{
	u32 word = slot / 64;
	u32 run = u64_count_bits(draft->starts[word] & UINT64_MAX >> (63 - slot % 64));

	while (word-- > 0)
		run += u64_count_bits(draft->starts[word]);
	return run - 1;
}

/* Where the next run begins; FIB_PAGE_SLOTS: this was the last one. */
static u32 draft_next(const struct draft *draft, u32 slot)
{
	u32 word = ++slot / 64;
	u64 left;

	if (slot == FIB_PAGE_SLOTS)
		return slot;
	left = draft->starts[word] & UINT64_MAX << slot % 64;
	while (left == 0 && ++word < FIB_PAGE_WORDS)
		left = draft->starts[word];
	return left == 0 ? FIB_PAGE_SLOTS : word * 64 + (u32)__builtin_ctzll(left);
}

/* A run begins at this slot, whatever its value. Returns which. */
static u32 draft_split(struct draft *draft, u32 slot)
{
	u64 bit = UINT64_C(1) << slot % 64;
	u32 run;

	if (slot == FIB_PAGE_SLOTS)
		return draft->run_count;
	run = draft_run(draft, slot);
	if ((draft->starts[slot / 64] & bit) != 0)
		return run;
	memmove(&draft->run[run + 1], &draft->run[run],
		(draft->run_count - run) * sizeof draft->run[0]);
	draft->starts[slot / 64] |= bit;
	draft->run_count++;
	return run + 1;
}

/* Runs that begin from `first` to `end` and are the same as the one before are one with it. */
static void draft_join(struct draft *draft, u32 first, u32 end)
{
	u32 from = draft_run(draft, first), to = from;

	for (u32 slot = first; slot <= end && slot < FIB_PAGE_SLOTS; from++) {
		if (to > 0 && draft->run[from] == draft->run[to - 1])
			draft->starts[slot / 64] &= ~(UINT64_C(1) << slot % 64);
		else
			draft->run[to++] = draft->run[from];
		slot = draft_next(draft, slot);
	}
	if (from == to)
		return;
	memmove(&draft->run[to], &draft->run[from],
		(draft->run_count - from) * sizeof draft->run[0]);
	draft->run_count -= from - to;
}

static bool draft_is_empty(const struct draft *draft)
{
	return draft->run_count == 1 && draft->run[0] == 0;
}

/* The block that it will need: that of the page where that is its own and as large. False when
 * there is none.                                                                                */
static bool draft_reserve(struct fib *fib, struct draft *draft)
{
	const struct fib_page *page = &fib->page[draft->old];
	u32 class;

	if (draft->run_count <= FIB_INLINE_RUNS)
		return true;
	class = fib_block_class(draft->run_count);
	if (page_is_fresh(fib, draft->old) && fib_page_has_block(page) && (page->epoch & 1) == 0 &&
	    fib_block_class(fib_page_run_count(page)) == class) {
		draft->block = page->runs[0];
		draft->same_block = true;
		return true;
	}
	draft->block = fib_block_new(&fib->blocks, class);
	return draft->block != IDX_NONE;
}

static void draft_cancel(struct fib *fib, struct draft *draft)
{
	if (draft->block != IDX_NONE && !draft->same_block)
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
		count += u64_count_bits(draft->starts[word]);
	}
	CHECK(count == draft->run_count);
	memcpy(run, draft->run, count * sizeof *run);
}

/* Becomes a page; 0 when nothing is left in it. What may fail was reserved. */
static u32 draft_commit(struct fib *fib, const struct draft *draft)
{
	u32 idx = draft->old;

	if (idx != 0 && page_is_fresh(fib, idx)) {
		if (!draft->same_block)
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
	u32 end = first + (1u << (24 - len));
	u32 copy_count = 1;
	u32 from, to;
	struct draft draft;

	draft_read(fib, &draft, fib->next_root[root_slot].page);
	from = draft_split(&draft, first);
	to = draft_split(&draft, end);
	for (u32 run = from; run < to; run++) {
		u32 was = draft.run[run];

		if (fib_value_len(slot_own(fib, was)) > len - FIB_ROOT_BITS)
			continue;
		if ((was & FIB_VALUE_PAGE) != 0)
			copy_count += !page_is_fresh(fib, was & ~FIB_VALUE_PAGE);
		else
			draft.run[run] = value;
	}
	draft_join(&draft, first, end);
	if (copy_count > fib->page_free_count)
		return ERR_FULL;
	if (!draft_reserve(fib, &draft))
		return ERR_FULL;
	/* Pages stand in runs of their own, which were not joined. */
	to = draft_run(&draft, end - 1);
	for (u32 run = draft_run(&draft, first); run <= to; run++) {
		u32 page = draft.run[run] & ~FIB_VALUE_PAGE;

		if ((draft.run[run] & FIB_VALUE_PAGE) != 0 &&
		    fib_value_len(fib->page[page].above) <= len - FIB_ROOT_BITS)
			draft.run[run] = FIB_VALUE_PAGE | page_set_above(fib, page, value);
	}
	root_set_page(fib, root_slot, draft_commit(fib, &draft));
	return ERR_OK;
}

static void lower_change(struct draft *draft, u32 prefix, u32 len, u32 value)
{
	u32 first = prefix & 0xff;
	u32 end = first + (1u << (32 - len));
	u32 from = draft_split(draft, first);
	u32 to = draft_split(draft, end);

	for (u32 run = from; run < to; run++) {
		if (fib_value_len(draft->run[run]) <= len - 24)
			draft->run[run] = value;
	}
	draft_join(draft, first, end);
}

/* The upper page learns where its lower one is now. */
static enum err lower_move(struct fib *fib, u32 prefix, struct draft *upper, struct draft *lower)
{
	u32 at = prefix >> 8 & 0xff;
	u32 run = draft_split(upper, at);
	u32 page;

	(void)draft_split(upper, at + 1);
	upper->run[run] = draft_is_empty(lower) ? lower->above : FIB_VALUE_PAGE;
	draft_join(upper, at, at + 1);
	if (fib->page_free_count < 2 || !draft_reserve(fib, upper)) {
		draft_cancel(fib, lower);
		return ERR_FULL;
	}
	page = draft_commit(fib, lower);
	if (page != 0)
		upper->run[run] = FIB_VALUE_PAGE | page;
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
	was = upper.run[draft_run(&upper, prefix >> 8 & 0xff)];
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
