/* Deadlines of objects, the earliest first: a heap of four children a place.
 *
 * Each object, known by its index, has at most one deadline, which may be moved any time. Setting
 * and stopping cost a few comparisons, asking for the earliest none. What never has a deadline
 * costs four bytes.                                                                              */
#ifndef CORE_BASE_HEAP_H
#define CORE_BASE_HEAP_H

#include "core/base/bytes.h"
#include "core/base/mem.h"

struct heap_place {
	ns_t when;
	u32 id;
};

struct heap {
	struct heap_place *place;
	u32 *where; /* per id: its place; IDX_NONE */
	u32 cap;
	u32 count;
};

void heap_layout(struct heap *heap, struct mem *mem, const char *name, u32 cap);
void heap_init(struct heap *heap);
/* Set, or move; NS_NEVER stops. */
void heap_set(struct heap *heap, u32 id, ns_t when);
/* The earliest id, if it is due; IDX_NONE. It stays set. */
u32 heap_due(const struct heap *heap, ns_t now);
/* The earliest deadline; NS_NEVER. */
ns_t heap_next(const struct heap *heap);
/* The deadline of one id; NS_NEVER. */
ns_t heap_when(const struct heap *heap, u32 id);
void heap_check(const struct heap *heap);

#endif
