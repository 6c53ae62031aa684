/* Fixed objects found by a 32-bit index.
 *
 * Freed indices queue up behind all others that are free, so an index is not handed out again
 * while somebody further up a batch may still hold it, unless the slab is nearly full. Full is a
 * normal answer: IDX_NONE.                                                                      */
#ifndef CORE_BASE_SLAB_H
#define CORE_BASE_SLAB_H

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mem.h"

struct slab {
	u8 *base;
	u32 *next; /* per object: next free one; SLAB_LIVE when in use */
	u32 obj_size;
	u32 cap;
	u32 live;
	u32 free_head;
	u32 free_tail;
};

#define SLAB_LIVE (UINT32_MAX - 1)

void slab_layout(struct slab *slab, struct mem *mem, const char *name, u32 cap, u32 obj_size);
/* After the layout was cut: everything free, in order. */
void slab_init(struct slab *slab);
/* A zeroed object, or IDX_NONE when all are in use. */
u32 slab_new(struct slab *slab);
void slab_del(struct slab *slab, u32 idx);
bool slab_is_live(const struct slab *slab, u32 idx);

static inline void *slab_at(const struct slab *slab, u32 idx)
{
	DCHECK(idx < slab->cap);
	return slab->base + (u64)idx * slab->obj_size;
}

#endif
