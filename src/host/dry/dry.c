/* A dry run of the core: its code a second time, compiled so that it reports each store before it
 * is made, and a journal that keeps what stood there.
 *
 * The reports come from the compiler's instrumentation for thread sanitizers, which calls a
 * function before each access to memory that others could see; the functions at the end are all
 * that there is of a sanitizer here. Copies and fills are calls to dry_memcpy and its brothers.
 * The journal keeps lines of 64 bytes, each once, of the engine's own region only; stacks, traces
 * and explanations are not its affair. After the run the lines are put back, and the engine is as
 * it was.
 *
 * This file and the second code are linked into one object which shows nothing of itself but
 * include/sluice/explain.h, so that no name of the core exists twice.                            */
#include <stdlib.h>

#include "core/engine/engine.h"
#include "core/engine/explain.h"
#include "host/dry/hooks.h"

/* One packet overwrites some hundred lines; when it has to make room in a full table, the sweep of
 * CT_SWEEP_MAX flows at most, some twenty lines each.                                            */
enum {
	DRY_LINE = 64,
	DRY_LINES_MAX = 1 << 18,
	DRY_SLOTS = 1 << 19, /* of the hash; a power of two, twice the lines */
};

struct dry_line {
	u8 *at;
	u32 slot;
	u8 was[DRY_LINE];
};

struct explainer {
	u8 *begin; /* of the region that is watched; a multiple of DRY_LINE */
	u8 *end;
	u32 count;
	struct dry_line *line; /* in the order in which they were first written */
	u32 *slot;             /* hash: index into line, plus one */
};

/* Instrumented code carries no argument of ours. */
static _Thread_local struct explainer *dry_running;

static void line_keep(struct explainer *journal, u8 *at)
{
	u64 number = (u64)(at - journal->begin) / DRY_LINE;
	u32 slot = (u32)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (DRY_SLOTS - 1);

	while (journal->slot[slot] != 0) {
		if (journal->line[journal->slot[slot] - 1].at == at)
			return;
		slot = (slot + 1) & (DRY_SLOTS - 1);
	}
	CHECK(journal->count < DRY_LINES_MAX);
	journal->line[journal->count].at = at;
	journal->line[journal->count].slot = slot;
	memcpy(journal->line[journal->count].was, at, DRY_LINE);
	journal->slot[slot] = ++journal->count;
}

/* Bytes at[0..len) are about to be written. */
static void dry_store(void *target, u64 len)
{
	struct explainer *journal = dry_running;
	u8 *at = target;

	if (journal == NULL || len == 0 || at >= journal->end || at + len <= journal->begin)
		return;
	CHECK(at >= journal->begin && len <= (u64)(journal->end - at));
	at -= (u64)(at - journal->begin) % DRY_LINE;
	for (; at < (u8 *)target + len; at += DRY_LINE)
		line_keep(journal, at);
}

static void dry_undo(struct explainer *journal)
{
	for (u32 at = journal->count; at > 0; at--) {
		const struct dry_line *line = &journal->line[at - 1];

		memcpy(line->at, line->was, DRY_LINE);
		journal->slot[line->slot] = 0;
	}
	journal->count = 0;
}

struct explainer *explainer_new(void)
{
	struct explainer *journal = calloc(1, sizeof *journal);

	if (!journal)
		return NULL;
	journal->line = malloc(DRY_LINES_MAX * sizeof *journal->line);
	journal->slot = calloc(DRY_SLOTS, sizeof *journal->slot);
	if (!journal->line || !journal->slot) {
		explainer_del(journal);
		return NULL;
	}
	return journal;
}

void explainer_del(struct explainer *journal)
{
	if (!journal)
		return;
	free(journal->line);
	free(journal->slot);
	free(journal);
}

bool sluice_explain(struct explainer *journal, struct sluice *s,
		    const struct sluice_question *question, ns_t now,
		    struct sluice_explanation *out)
{
	bool good;

	CHECK(dry_running == NULL);
	journal->begin = s->mem.base;
	journal->end = s->mem.base + s->mem.used;
	dry_running = journal;
	good = engine_explain(s, question, now, out);
	dry_running = NULL;
	out->lines_changed = journal->count;
	dry_undo(journal);
	return good;
}

/* ---- what the compiler calls ----------------------------------------------------------------- */

void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
	(void)caller;
}

void __tsan_func_exit(void)
{
}

void __tsan_read1(void *at)
{
	(void)at;
}

void __tsan_read2(void *at)
{
	(void)at;
}

void __tsan_read4(void *at)
{
	(void)at;
}

void __tsan_read8(void *at)
{
	(void)at;
}

void __tsan_read16(void *at)
{
	(void)at;
}

void __tsan_unaligned_read2(void *at)
{
	(void)at;
}

void __tsan_unaligned_read4(void *at)
{
	(void)at;
}

void __tsan_unaligned_read8(void *at)
{
	(void)at;
}

void __tsan_unaligned_read16(void *at)
{
	(void)at;
}

void __tsan_read_range(void *at, size_t len)
{
	(void)at;
	(void)len;
}

void __tsan_write1(void *at)
{
	dry_store(at, 1);
}

void __tsan_write2(void *at)
{
	dry_store(at, 2);
}

void __tsan_write4(void *at)
{
	dry_store(at, 4);
}

void __tsan_write8(void *at)
{
	dry_store(at, 8);
}

void __tsan_write16(void *at)
{
	dry_store(at, 16);
}

void __tsan_unaligned_write2(void *at)
{
	dry_store(at, 2);
}

void __tsan_unaligned_write4(void *at)
{
	dry_store(at, 4);
}

void __tsan_unaligned_write8(void *at)
{
	dry_store(at, 8);
}

void __tsan_unaligned_write16(void *at)
{
	dry_store(at, 16);
}

void __tsan_read_write1(void *at)
{
	dry_store(at, 1);
}

void __tsan_read_write2(void *at)
{
	dry_store(at, 2);
}

void __tsan_read_write4(void *at)
{
	dry_store(at, 4);
}

void __tsan_read_write8(void *at)
{
	dry_store(at, 8);
}

void __tsan_read_write16(void *at)
{
	dry_store(at, 16);
}

void __tsan_unaligned_read_write2(void *at)
{
	dry_store(at, 2);
}

void __tsan_unaligned_read_write4(void *at)
{
	dry_store(at, 4);
}

void __tsan_unaligned_read_write8(void *at)
{
	dry_store(at, 8);
}

void __tsan_unaligned_read_write16(void *at)
{
	dry_store(at, 16);
}

void __tsan_write_range(void *at, size_t len)
{
	dry_store(at, len);
}

void __tsan_atomic32_store(volatile u32 *at, u32 value, int order)
{
	(void)order;
	dry_store((void *)(uintptr_t)at, sizeof *at);
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

void *dry_memcpy(void *to, const void *from, size_t len)
{
	dry_store(to, len);
	return memcpy(to, from, len);
}

void *dry_memmove(void *to, const void *from, size_t len)
{
	dry_store(to, len);
	return memmove(to, from, len);
}

void *dry_memset(void *to, int byte, size_t len)
{
	dry_store(to, len);
	return memset(to, byte, len);
}

void *__tsan_memcpy(void *to, const void *from, size_t len)
{
	return dry_memcpy(to, from, len);
}

void *__tsan_memmove(void *to, const void *from, size_t len)
{
	return dry_memmove(to, from, len);
}

void *__tsan_memset(void *to, int byte, size_t len)
{
	return dry_memset(to, byte, len);
}
