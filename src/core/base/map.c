/* A hash table of objects that lie in a slab. */
#include "core/base/map.h"
#include "core/base/check.h"

void map_layout(struct map *map, struct mem *mem, const char *name, u32 cap)
{
	map->cap = cap;
	map->head_count = u32_max(cap, 1);
	map->head = mem_take(mem, name, map->head_count, sizeof *map->head);
	map->link = mem_take(mem, name, cap, sizeof *map->link);
}

void map_init(struct map *map)
{
	map->count = 0;
	for (u32 at = 0; at < map->head_count; at++)
		map->head[at] = IDX_NONE;
}

void map_add(struct map *map, u64 hash, u32 idx)
{
	u32 *head = &map->head[hash_range(hash, map->head_count)];

	CHECK(idx < map->cap);
	map->link[idx] = *head;
	*head = idx;
	map->count++;
}

void map_del(struct map *map, u64 hash, u32 idx)
{
	u32 *at = &map->head[hash_range(hash, map->head_count)];

	while (*at != idx) {
		CHECK(*at != IDX_NONE);
		at = &map->link[*at];
	}
	*at = map->link[idx];
	map->count--;
}
