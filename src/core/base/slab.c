/* Fixed objects with a first-in-first-out list of free ones. */
#include "core/base/slab.h"

void slab_layout(struct slab *slab, struct mem *mem, const char *name, u32 cap, u32 obj_size)
{
	memset(slab, 0, sizeof *slab);
	slab->cap = cap;
	slab->obj_size = obj_size;
	slab->base = mem_take(mem, name, cap, (u64)obj_size + sizeof(u32));
	if (slab->base != NULL)
		slab->next = (u32 *)(void *)(slab->base + (u64)cap * obj_size);
}

void slab_init(struct slab *slab)
{
	CHECK(slab->base != NULL || slab->cap == 0);
	CHECK(slab->obj_size % sizeof(u32) == 0);
	for (u32 idx = 0; idx < slab->cap; idx++)
		slab->next[idx] = idx + 1 < slab->cap ? idx + 1 : IDX_NONE;
	slab->live = 0;
	slab->free_head = slab->cap > 0 ? 0 : IDX_NONE;
	slab->free_tail = slab->cap > 0 ? slab->cap - 1 : IDX_NONE;
}

u32 slab_new(struct slab *slab)
{
	u32 idx = slab->free_head;

	if (idx == IDX_NONE)
		return IDX_NONE;
	CHECK(idx < slab->cap);
	slab->free_head = slab->next[idx];
	if (slab->free_head == IDX_NONE)
		slab->free_tail = IDX_NONE;
	else
		prefetch_write(slab_at(slab, slab->free_head));
	slab->next[idx] = SLAB_LIVE;
	slab->live++;
	memset(slab_at(slab, idx), 0, slab->obj_size);
	return idx;
}

void slab_del(struct slab *slab, u32 idx)
{
	CHECK(slab_is_live(slab, idx));
	slab->next[idx] = IDX_NONE;
	if (slab->free_tail == IDX_NONE)
		slab->free_head = idx;
	else
		slab->next[slab->free_tail] = idx;
	slab->free_tail = idx;
	slab->live--;
}

bool slab_is_live(const struct slab *slab, u32 idx)
{
	return idx < slab->cap && slab->next[idx] == SLAB_LIVE;
}
