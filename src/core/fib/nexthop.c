/* Sets of next hops: interned, so that a million prefixes share a few, and counted. */
#include "core/fib/fib_part.h"

enum {
	FIXED_ROUTES = 3,
	LIKE_MAX = 128, /* sets that a new one is compared with */
};

void fib_nexthops_layout(struct fib *fib, struct mem *mem)
{
	/* Index 0 is "no route". */
	fib->nexthop_cap = fib->conf.route_count + FIXED_ROUTES + 1;
	fib->nexthop_bucket_count = 1;
	while (fib->nexthop_bucket_count < fib->nexthop_cap)
		fib->nexthop_bucket_count *= 2;
	fib->nexthop = mem_take(mem, "fib_routes", fib->nexthop_cap, sizeof *fib->nexthop);
	fib->nexthop_bucket = mem_take(mem, "fib_route_index", fib->nexthop_bucket_count,
				       sizeof *fib->nexthop_bucket);
}

void fib_nexthops_init(struct fib *fib)
{
	for (u32 i = 0; i < fib->nexthop_bucket_count; i++)
		fib->nexthop_bucket[i] = IDX_NONE;
	memset(&fib->nexthop[0], 0, sizeof fib->nexthop[0]);
	fib->nexthop_free = IDX_NONE;
	for (u32 idx = fib->nexthop_cap; idx > 1; idx--) {
		fib->nexthop[idx - 1].next = fib->nexthop_free;
		fib->nexthop_free = idx - 1;
	}
	fib->nexthop_old = IDX_NONE;
	fib->nexthop_many = IDX_NONE;
	fib->nexthop_live = 0;
	fib->nexthop_held = 0;
}

static u64 path_rank(const struct fib_path *path)
{
	return (u64)be32_host(path->gateway) << 16 | path->out_if;
}

/* Equal sets become equal bytes: sorted, the rest zero. */
static void route_sort(struct fib_route *sorted, const struct fib_route *route)
{
	memset(sorted, 0, sizeof *sorted);
	sorted->type = route->type;
	sorted->path_count = route->path_count;
	for (u32 i = 0; i < route->path_count; i++) {
		u64 rank = path_rank(&route->path[i]);
		u32 at = i;

		for (; at > 0 && path_rank(&sorted->path[at - 1]) > rank; at--)
			sorted->path[at] = sorted->path[at - 1];
		sorted->path[at] = route->path[i];
	}
}

bool fib_route_is_good(const struct fib_route *route)
{
	u32 least = route->type == FIB_UNICAST ? 1 : 0;
	u32 most = route->type == FIB_UNICAST ? FIB_PATHS_MAX : 1;
	struct fib_route sorted;

	if (route->type <= FIB_NONE || route->type >= FIB_TYPE_COUNT)
		return false;
	if (route->path_count < least || route->path_count > most)
		return false;
	for (u32 i = 0; i < route->path_count; i++) {
		if (route->path[i].weight == 0 || route->path[i].out_if >= IFACE_MAX)
			return false;
	}
	route_sort(&sorted, route);
	for (u32 i = 1; i < sorted.path_count; i++) {
		if (path_rank(&sorted.path[i - 1]) == path_rank(&sorted.path[i]))
			return false;
	}
	return true;
}

static u64 route_hash(const struct fib *fib, const struct fib_route *route)
{
	u64 hash = (u64)route->type << 32 | route->path_count;

	for (u32 i = 0; i < route->path_count; i++)
		hash = hash_words(&fib->conf.key, hash ^ path_rank(&route->path[i]),
				  route->path[i].weight);
	return hash_words(&fib->conf.key, hash, 0);
}

/* ---- those with several paths ---------------------------------------------------------------- */

/* Of the newest ones that with the most of these paths, and of equal ones the newest; NULL: none
 * has any. Where a path goes or comes, what was there before it is still held.                   */
static const struct fib_nexthop *many_like(const struct fib *fib, const struct fib_route *route)
{
	const struct fib_nexthop *found = NULL;
	u32 most = 0;
	u32 idx = fib->nexthop_many;

	if (route->path_count <= 1)
		return NULL;
	for (u32 looks = 0; looks < LIKE_MAX && idx != IDX_NONE; looks++) {
		const struct fib_nexthop *nexthop = &fib->nexthop[idx];
		u32 shared = fib_spread_shared(route, &nexthop->route);

		if (shared > most) {
			most = shared;
			found = nexthop;
		}
		idx = nexthop->many_next;
	}
	return found;
}

static void many_add(struct fib *fib, u32 idx)
{
	struct fib_nexthop *nexthop = &fib->nexthop[idx];

	nexthop->many_prev = IDX_NONE;
	nexthop->many_next = IDX_NONE;
	if (nexthop->route.path_count <= 1)
		return;
	nexthop->many_next = fib->nexthop_many;
	if (fib->nexthop_many != IDX_NONE)
		fib->nexthop[fib->nexthop_many].many_prev = idx;
	fib->nexthop_many = idx;
}

static void many_del(struct fib *fib, u32 idx)
{
	const struct fib_nexthop *nexthop = &fib->nexthop[idx];

	if (nexthop->route.path_count <= 1)
		return;
	if (nexthop->many_prev != IDX_NONE)
		fib->nexthop[nexthop->many_prev].many_next = nexthop->many_next;
	else
		fib->nexthop_many = nexthop->many_next;
	if (nexthop->many_next != IDX_NONE)
		fib->nexthop[nexthop->many_next].many_prev = nexthop->many_prev;
}

/* ---- sets ------------------------------------------------------------------------------------ */

u32 fib_nexthop_get(struct fib *fib, const struct fib_route *route)
{
	struct fib_nexthop *nexthop;
	struct fib_route sorted;
	u32 *bucket;
	u32 idx;
	u64 hash;

	route_sort(&sorted, route);
	hash = route_hash(fib, &sorted);
	bucket = &fib->nexthop_bucket[hash & (fib->nexthop_bucket_count - 1)];
	for (idx = *bucket; idx != IDX_NONE; idx = fib->nexthop[idx].next) {
		nexthop = &fib->nexthop[idx];
		if (nexthop->hash == hash && memcmp(&nexthop->route, &sorted, sizeof sorted) == 0) {
			nexthop->refs++;
			return idx;
		}
	}
	idx = fib->nexthop_free;
	if (idx == IDX_NONE) {
		/* There is room after the next publish. */
		fib_nexthops_keep_end(fib);
		return IDX_NONE;
	}
	nexthop = &fib->nexthop[idx];
	fib->nexthop_free = nexthop->next;
	*nexthop = (struct fib_nexthop){ .route = sorted, .refs = 1, .hash = hash };
	nexthop->next = *bucket;
	*bucket = idx;
	fib_spread(&fib->conf.key, &sorted, many_like(fib, &sorted), nexthop->bucket);
	many_add(fib, idx);
	fib->nexthop_live++;
	return idx;
}

void fib_nexthop_more(struct fib *fib, u32 idx)
{
	CHECK(idx > 0 && idx < fib->nexthop_cap);
	CHECK(fib->nexthop[idx].refs > 0);
	fib->nexthop[idx].refs++;
}

/* Readers may still see it; who finds it again before publish revives it. */
void fib_nexthop_put(struct fib *fib, u32 idx)
{
	struct fib_nexthop *nexthop = &fib->nexthop[idx];

	CHECK(idx > 0 && idx < fib->nexthop_cap);
	CHECK(nexthop->refs > 0);
	if (--nexthop->refs > 0 || nexthop->old)
		return;
	nexthop->old = true;
	nexthop->old_next = fib->nexthop_old;
	fib->nexthop_old = idx;
}

void fib_nexthops_keep(struct fib *fib)
{
	for (u32 idx = fib->nexthop_many; idx != IDX_NONE; idx = fib->nexthop[idx].many_next) {
		struct fib_nexthop *nexthop = &fib->nexthop[idx];

		if (nexthop->kept || nexthop->refs == 0)
			continue;
		nexthop->kept = true;
		nexthop->refs++;
		fib->nexthop_held++;
	}
}

void fib_nexthops_keep_end(struct fib *fib)
{
	for (u32 idx = fib->nexthop_many; idx != IDX_NONE; idx = fib->nexthop[idx].many_next) {
		struct fib_nexthop *nexthop = &fib->nexthop[idx];

		if (!nexthop->kept)
			continue;
		nexthop->kept = false;
		fib->nexthop_held--;
		fib_nexthop_put(fib, idx);
	}
}

static void nexthop_del(struct fib *fib, u32 idx)
{
	struct fib_nexthop *nexthop = &fib->nexthop[idx];
	u32 *at = &fib->nexthop_bucket[nexthop->hash & (fib->nexthop_bucket_count - 1)];

	while (*at != idx) {
		CHECK(*at != IDX_NONE);
		at = &fib->nexthop[*at].next;
	}
	*at = nexthop->next;
	many_del(fib, idx);
	memset(nexthop, 0, sizeof *nexthop);
	nexthop->next = fib->nexthop_free;
	fib->nexthop_free = idx;
	fib->nexthop_live--;
}

void fib_nexthops_publish(struct fib *fib)
{
	while (fib->nexthop_old != IDX_NONE) {
		u32 idx = fib->nexthop_old;
		struct fib_nexthop *nexthop = &fib->nexthop[idx];

		fib->nexthop_old = nexthop->old_next;
		nexthop->old = false;
		if (nexthop->refs == 0)
			nexthop_del(fib, idx);
	}
}
