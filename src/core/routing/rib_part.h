/* What the files of the routing information base share. */
#ifndef CORE_ROUTING_RIB_PART_H
#define CORE_ROUTING_RIB_PART_H

#include "core/base/check.h"
#include "core/routing/rib.h"
#include "core/wire/ip4.h"

enum {
	NET_LIVE = 1 << 0,
	NET_LISTED = 1 << 1,   /* in the list of changes: readers may know it */
	NET_TOUCHED = 1 << 2,  /* a path came, went or changed since it was chosen */
	NET_BEST = 1 << 3,     /* a best path was chosen */
	NET_RESOLVER = 1 << 4, /* it has a path that gateways are found by */
	NET_GONE = 1 << 5,     /* in the list of those that wait for readers */
	NET_IN_FIB = 1 << 6,
	NET_FIB_FULL = 1 << 7, /* the forwarding table had no room */
};

enum {
	ROUTE_TYPE_MASK = 7,
	ROUTE_BEST = 1 << 3,
	ROUTE_EQUAL = 1 << 4,
	ROUTE_CHANGED = 1 << 5, /* since its net was chosen */
	ROUTE_HIDDEN = 1 << 6,
	ROUTE_STALE = 1 << 7, /* it was offered as such */
};
_Static_assert(FIB_TYPE_COUNT - 1 <= ROUTE_TYPE_MASK, "a type has three bits");
_Static_assert(RIB_CLIENT_MAX <= 1 << 9, "a client has nine bits");

static inline u32 rib_era_age(const struct rib_client *client, u32 era)
{
	return (client->era - era) % RIB_ERAS;
}

/* Of a client that left, or cleared it, or did not offer it again: gone, and not yet taken away. */
static inline bool rib_route_is_dead(const struct rib *rib, const struct rib_route *route)
{
	const struct rib_client *client = &rib->client[route->client];

	return rib_era_age(client, route->era) > rib_era_age(client, client->live_era);
}

static inline bool rib_route_is_stale(const struct rib *rib, const struct rib_route *route)
{
	const struct rib_client *client = &rib->client[route->client];

	return (route->bits & ROUTE_STALE) != 0 ||
	       rib_era_age(client, route->era) > rib_era_age(client, client->fresh_era);
}

static inline enum fib_type rib_route_type(const struct rib_route *route)
{
	return (enum fib_type)(route->bits & ROUTE_TYPE_MASK);
}

static inline struct rib_way rib_route_way(const struct rib *rib, const struct rib_route *route)
{
	if (route->hops == RIB_NONE)
		return (struct rib_way){ .reachable = true };
	return (struct rib_way){ rib->hops[route->hops].reachable, rib->hops[route->hops].cost };
}

static inline bool rib_route_is_usable(const struct rib *rib, const struct rib_route *route)
{
	return (route->bits & ROUTE_HIDDEN) == 0 && route->distance < RIB_DISTANCE_UNREACHABLE &&
	       (route->hops == RIB_NONE || rib->hops[route->hops].reachable) &&
	       !rib_route_is_dead(rib, route);
}

/* struct rib_chooser. */
static inline const char *rib_path_withheld(const struct rib *rib, const struct rib_path *path)
{
	const struct rib_chooser *chooser = &rib->chooser[rib->client[path->client].source];

	return chooser->withheld == NULL ? NULL : chooser->withheld(chooser->ctx, path);
}

/* Lower is better: distance, then source. */
static inline u32 rib_route_rank(const struct rib *rib, const struct rib_route *route)
{
	return (u32)route->distance << 8 | (u32)rib->client[route->client].source;
}

/* The order of the next hops of a set. */
static inline u64 rib_gateway_rank(const struct rib_gateway *hop)
{
	return (u64)hop->addr << 32 | (u64)hop->iface << 16 | hop->weight;
}

static inline struct ip_prefix rib_net_prefix(const struct rib_net *net)
{
	return ip_prefix4(be32_of(net->prefix), net->len);
}

/* marks.c */
void rib_marks_layout(struct rib_marks *marks, u32 count, struct mem *mem);
void rib_marks_init(struct rib_marks *marks);
void rib_marks_set(struct rib_marks *marks, u32 idx);
void rib_marks_clear(struct rib_marks *marks, u32 idx);
bool rib_marks_has(const struct rib_marks *marks, u32 idx);
/* The next one, which is cleared; IDX_NONE: there is none. */
u32 rib_marks_take(struct rib_marks *marks);

/* rib.c */
/* IDX_NONE. */
u32 rib_net_find(const struct rib *rib, u32 prefix, u32 len);
/* A path of it came, went or changed. */
void rib_net_touch(struct rib *rib, u32 net);
/* It has no paths and no reader waits for it. */
void rib_net_del(struct rib *rib, u32 net);
struct rib_path rib_path_of(const struct rib *rib, const struct rib_route *route);
/* One path goes, whatever it is. */
void rib_route_drop(struct rib *rib, u32 route);

/* client.c */
void rib_clients_init(struct rib *rib);
/* The round of the sweep that sees all that stands now. */
u64 rib_round_want(struct rib *rib);
void rib_sweep_step(struct rib *rib);
void rib_clients_check(const struct rib *rib);

/* hops.c */
void rib_hops_layout(struct rib *rib, struct mem *mem);
void rib_hops_init(struct rib *rib);
void rib_hops_check(const struct rib *rib);

/* resolve.c */
/* Looks up what a set resolves to; when that is another thing now, a round of the sweep tells its
 * nets. Returns how many routes were tried, at least 1.                                          */
u32 rib_hops_resolve(struct rib *rib, u32 hops);
/* What gateways are found by changed. */
void rib_resolve_again(struct rib *rib);
void rib_resolve_step(struct rib *rib);
/* Whether gateways may be found by a path: by all that can be used but those of a source with a
 * chooser, whose answer may follow from what is found, unless they need not be looked for.       */
bool rib_route_finds(const struct rib *rib, const struct rib_route *route);
/* The path that the address of a gateway, in host order, is looked for by first; NULL: there is
 * none.                                                                                          */
const struct rib_route *rib_resolver_find(const struct rib *rib, u32 addr);

/* best.c */
void rib_choose(struct rib *rib, u32 net);

/* read.c */
void rib_readers_init(struct rib *rib);
/* To the end of the list of changes: readers hear of it. */
void rib_list_move(struct rib *rib, u32 net);
/* It has no paths any more. It goes when all readers passed it. */
void rib_list_gone(struct rib *rib, u32 net);
/* True: there are more that may go. */
bool rib_gone_step(struct rib *rib);
void rib_readers_check(const struct rib *rib);

#endif
