/* Spreading flows over the paths of a route.
 *
 * A route has FIB_BUCKETS slots; the flow's hash chooses the slot. Each path gets as many as its
 * weight deserves, and which ones is decided as in a stable marriage: every slot ranks the paths
 * by a hash of both (rendezvous, RFC 2992 compares such ways), every path keeps the slots that
 * rank it highest up to its share. So the table follows from the set alone, whatever came before,
 * and when a path goes, hardly a slot moves but its own.
 *
 * At most FIB_BUCKETS * FIB_PATHS_MAX proposals, once for each new set of paths.                */
#include "core/fib/fib_part.h"

enum { BUCKET_FREE = 0xff };

struct spread {
	const struct hash_key *key;
	const struct fib_route *route;
	u8 *bucket;
	u32 share[FIB_PATHS_MAX]; /* slots that a path may have */
	u32 taken[FIB_PATHS_MAX];
	u16 asked[FIB_BUCKETS]; /* per slot: paths that it has proposed to */
};

static u64 spread_score(const struct spread *spread, u32 slot, u32 path)
{
	const struct fib_path *at = &spread->route->path[path];

	return hash_words(spread->key, (u64)at->gateway.raw << 16 | at->out_if, slot + 1);
}

/* The share that is the most beyond (or the least below) what the weight deserves. */
static u32 share_off(const struct spread *spread, u32 weight_sum, bool beyond)
{
	s64 most = INT64_MIN;
	u32 found = 0;

	for (u32 i = 0; i < spread->route->path_count; i++) {
		s64 off = (s64)spread->share[i] * weight_sum -
			  (s64)spread->route->path[i].weight * FIB_BUCKETS;

		off = beyond ? off : -off;
		if (off > most && (!beyond || spread->share[i] > 1)) {
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

/* The best path that the slot has not asked yet. */
static u32 spread_choose(const struct spread *spread, u32 slot)
{
	u32 best = 0;
	u64 best_score = 0;
	bool found = false;

	for (u32 path = 0; path < spread->route->path_count; path++) {
		u64 score = spread_score(spread, slot, path);

		if ((spread->asked[slot] >> path & 1) != 0 || (found && score <= best_score))
			continue;
		best = path;
		best_score = score;
		found = true;
	}
	CHECK(found);
	return best;
}

/* The slot that a full path likes least, the asking one included. */
static u32 spread_refuse(const struct spread *spread, u32 path, u32 asking)
{
	u32 worst = asking;
	u64 worst_score = spread_score(spread, asking, path);

	for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
		u64 score;

		if (spread->bucket[slot] != path)
			continue;
		score = spread_score(spread, slot, path);
		if (score < worst_score) {
			worst = slot;
			worst_score = score;
		}
	}
	return worst;
}

/* Proposes until some path keeps it. Returns the slot that lost its place by that. */
static u32 spread_propose(struct spread *spread, u32 slot)
{
	u32 path = spread_choose(spread, slot);
	u32 refused;

	spread->asked[slot] |= (u16)(1u << path);
	if (spread->taken[path] < spread->share[path]) {
		spread->taken[path]++;
		spread->bucket[slot] = (u8)path;
		return FIB_BUCKETS;
	}
	refused = spread_refuse(spread, path, slot);
	if (refused != slot) {
		spread->bucket[refused] = BUCKET_FREE;
		spread->bucket[slot] = (u8)path;
	}
	return refused;
}

void fib_spread(const struct hash_key *key, const struct fib_route *route, u8 bucket[FIB_BUCKETS])
{
	struct spread spread = { .key = key, .route = route, .bucket = bucket };
	u32 proposals = 0;

	if (route->path_count <= 1) {
		memset(bucket, 0, FIB_BUCKETS);
		return;
	}
	memset(bucket, BUCKET_FREE, FIB_BUCKETS);
	spread_share(&spread);
	for (u32 first = 0; first < FIB_BUCKETS; first++) {
		for (u32 slot = first; slot < FIB_BUCKETS;) {
			slot = spread_propose(&spread, slot);
			CHECK(++proposals <= FIB_BUCKETS * FIB_PATHS_MAX);
		}
	}
}

const struct fib_path *fib_pick(const struct fib *fib, u32 route_idx, u32 flow_hash)
{
	const struct fib_nexthop *nexthop = &fib->nexthop[route_idx];

	if (nexthop->route.path_count <= 1)
		return nexthop->route.path_count == 0 ? NULL : &nexthop->route.path[0];
	/* Knuth's multiplier: the best of the hash's bits go to the top six. */
	return &nexthop->route.path[nexthop->bucket[flow_hash * 0x9e3779b1u >> 26]];
}
