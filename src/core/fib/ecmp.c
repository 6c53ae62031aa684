/* Spreading flows over the paths of a route.
 *
 * A route has FIB_BUCKETS slots; the flow's hash chooses the slot. Each path gets as many as its
 * weight deserves. Which ones: a new set of paths begins with the slots of the set that is most
 * like it, as those were (RFC 2992 compares ways to do without). What a path has beyond its share
 * it gives up, those that it ranks lowest by a hash of both; each slot without a path takes the one
 * that it ranks highest and that has room. So when a path goes, no slot moves but its own, and when
 * one comes, none but those that it gets.
 *
 * Bounded by FIB_BUCKETS * FIB_BUCKETS hashes, once for each new set of paths.                   */
#include "core/fib/fib_part.h"

enum { BUCKET_FREE = 0xff };

struct spread {
	const struct hash_key *key;
	const struct fib_route *route;
	u8 *bucket;
	u32 share[FIB_PATHS_MAX]; /* slots that a path may have */
	u32 taken[FIB_PATHS_MAX];
};

static u64 spread_score(const struct spread *spread, u32 slot, u32 path)
{
	const struct fib_path *at = &spread->route->path[path];

	return hash_words(spread->key, (u64)at->gateway.raw << 16 | at->out_if, slot + 1);
}

/* The share that is the most beyond (or the least below) what the weight deserves. Of equal ones
 * the path with the most slots is last to lose one, and first to get one.                        */
static u32 share_off(const struct spread *spread, u32 weight_sum, bool beyond)
{
	s64 most = INT64_MIN;
	u32 found = 0;

	for (u32 i = 0; i < spread->route->path_count; i++) {
		s64 off = (s64)spread->share[i] * weight_sum -
			  (s64)spread->route->path[i].weight * FIB_BUCKETS;
		bool rather = beyond ? spread->taken[i] < spread->taken[found]
				     : spread->taken[i] > spread->taken[found];

		off = beyond ? off : -off;
		if ((off > most || (off == most && rather)) && (!beyond || spread->share[i] > 1)) {
			most = off;
			found = i;
		}
	}
	return found;
}

/* Everybody at least one slot, all slots given, as near to the weights as whole slots can be. */
static void spread_share(struct spread *spread)
{
	u32 count = spread->route->path_count;
	u32 weight_sum = 0;
	u32 given = 0;

	for (u32 i = 0; i < count; i++)
		weight_sum += spread->route->path[i].weight;
	for (u32 i = 0; i < count; i++) {
		u32 whole = spread->route->path[i].weight * FIB_BUCKETS / weight_sum;

		spread->share[i] = u32_max(whole, 1);
		given += spread->share[i];
	}
	for (; given < FIB_BUCKETS; given++)
		spread->share[share_off(spread, weight_sum, false)]++;
	for (; given > FIB_BUCKETS; given--)
		spread->share[share_off(spread, weight_sum, true)]--;
}

static bool is_same_way(const struct fib_path *a, const struct fib_path *b)
{
	return be32_eq(a->gateway, b->gateway) && a->out_if == b->out_if;
}

/* The slots of paths that were there before, as they were. */
static void spread_keep(struct spread *spread, const struct fib_nexthop *like)
{
	for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
		const struct fib_path *was = &like->route.path[like->bucket[slot]];
		u32 path = 0;

		while (path < spread->route->path_count &&
		       !is_same_way(was, &spread->route->path[path]))
			path++;
		if (path == spread->route->path_count)
			continue;
		spread->bucket[slot] = (u8)path;
		spread->taken[path]++;
	}
}

/* A path with more than its share gives up the slot that it ranks lowest. */
static void spread_give_up(struct spread *spread, u32 path)
{
	u64 worst_score = UINT64_MAX;
	u32 worst = FIB_BUCKETS;

	for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
		u64 score;

		if (spread->bucket[slot] != path)
			continue;
		score = spread_score(spread, slot, path);
		if (worst == FIB_BUCKETS || score < worst_score) {
			worst = slot;
			worst_score = score;
		}
	}
	CHECK(worst < FIB_BUCKETS);
	spread->bucket[worst] = BUCKET_FREE;
	spread->taken[path]--;
}

/* Of the paths that have room the one that the slot ranks highest. */
static void spread_take(struct spread *spread, u32 slot)
{
	u32 best = FIB_PATHS_MAX;
	u64 best_score = 0;

	for (u32 path = 0; path < spread->route->path_count; path++) {
		u64 score = spread_score(spread, slot, path);

		if (spread->taken[path] == spread->share[path] ||
		    (best < FIB_PATHS_MAX && score <= best_score))
			continue;
		best = path;
		best_score = score;
	}
	CHECK(best < FIB_PATHS_MAX);
	spread->bucket[slot] = (u8)best;
	spread->taken[best]++;
}

void fib_spread(const struct hash_key *key, const struct fib_route *route,
		const struct fib_nexthop *like, u8 bucket[FIB_BUCKETS])
{
	struct spread spread = { .key = key, .route = route, .bucket = bucket };

	if (route->path_count <= 1) {
		memset(bucket, 0, FIB_BUCKETS);
		return;
	}
	memset(bucket, BUCKET_FREE, FIB_BUCKETS);
	if (like != NULL)
		spread_keep(&spread, like);
	spread_share(&spread);
	for (u32 path = 0; path < route->path_count; path++) {
		while (spread.taken[path] > spread.share[path])
			spread_give_up(&spread, path);
	}
	for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
		if (bucket[slot] == BUCKET_FREE)
			spread_take(&spread, slot);
	}
}

u32 fib_spread_shared(const struct fib_route *a, const struct fib_route *b)
{
	u32 count = 0;

	for (u32 i = 0; i < a->path_count; i++) {
		for (u32 j = 0; j < b->path_count; j++)
			count += is_same_way(&a->path[i], &b->path[j]);
	}
	return count;
}

const struct fib_path *fib_pick(const struct fib *fib, u32 route_idx, u32 flow_hash)
{
	const struct fib_nexthop *nexthop = &fib->nexthop[route_idx];

	if (nexthop->route.path_count <= 1)
		return nexthop->route.path_count == 0 ? NULL : &nexthop->route.path[0];
	/* Knuth's multiplier: the best of the hash's bits go to the top six. */
	return &nexthop->route.path[nexthop->bucket[flow_hash * 0x9e3779b1u >> 26]];
}
