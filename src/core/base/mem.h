/* Memory is planned: one region, given at start, cut once.
 *
 * A module describes its tables in one function, x_layout(), which calls mem_take() for each. Run
 * over a mem without a region it only counts (that is the plan); run over a real one it cuts.
 * mem_seal() ends it: afterwards mem_take() is a mistake of the programmer.                      */
#ifndef CORE_BASE_MEM_H
#define CORE_BASE_MEM_H

#include "core/base/bytes.h"
#include "core/base/err.h"

enum { MEM_ROWS_MAX = 128, MEM_LINE = 64 };

/* One row of the plan. */
struct mem_row {
	const char *name; /* static string */
	u64 bytes;
	u64 count; /* as the limit has it that people set, where there is one */
};

struct mem {
	u8 *base;     /* NULL: count only */
	u64 size;     /* bytes of the region */
	u64 used;     /* bytes cut, or needed when counting */
	bool sealed;
	bool short_of; /* a take did not fit; the caller looks once, at the end */
	u32 row_count;
	struct mem_row row[MEM_ROWS_MAX];
};

/* Count only. */
void mem_init_plan(struct mem *mem);
/* Cut from base[0..size); base is zeroed, aligned to MEM_LINE and outlives mem. */
void mem_init(struct mem *mem, void *base, u64 size);
/* count objects of size bytes each, aligned to a line of 64 bytes, all zero. NULL when counting
 * or when the region is too small (short_of is then set).                                       */
void *mem_take(struct mem *mem, const char *name, u64 count, u64 size_bytes);
/* The same with `more` objects behind them that count as bytes only: nobody asked for them. */
void *mem_take_more(struct mem *mem, const char *name, u64 count, u64 more, u64 size_bytes);
void mem_seal(struct mem *mem);

#endif
