/* A hash table of objects that lie in a slab: chains of their indices.
 *
 * The map keeps two arrays of u32, heads and links, and nothing of the objects: who asks compares
 * keys itself. The hash is keyed (hash.h) and the caller's; it is not stored, so what is taken out
 * is taken out with the hash that it was put in with.
 *
 *     for (u32 at = map_first(map, hash); at != IDX_NONE; at = map_next(map, at))              */
#ifndef CORE_BASE_MAP_H
#define CORE_BASE_MAP_H

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/mem.h"

struct map {
	u32 *head;
	u32 *link; /* per object */
	u32 head_count;
	u32 cap;
	u32 count;
};

/* For objects of indices 0..cap-1, with as many chains. */
void map_layout(struct map *map, struct mem *mem, const char *name, u32 cap);
void map_init(struct map *map);
void map_add(struct map *map, u64 hash, u32 idx);
/* Requires: it is in the map, under this hash. */
void map_del(struct map *map, u64 hash, u32 idx);

static inline u32 map_first(const struct map *map, u64 hash)
{
	return map->head[hash_range(hash, map->head_count)];
}

static inline u32 map_next(const struct map *map, u32 idx)
{
	return map->link[idx];
}

#endif
