/* The routing information base for people: who offers what, and why one is the best. */
#include "core/base/text.h"
#include "core/routing/rib_part.h"

/* ---- why ------------------------------------------------------------------------------------- */

static void say_numbers(char *why, const char *what, u32 own, const char *other, u32 number)
{
	struct text text;

	text_init(&text, why, RIB_WHY_SIZE);
	text_str(&text, what);
	text_u64(&text, own);
	text_str(&text, other);
	text_u64(&text, number);
}

static void say(char *why, const char *a, const char *b, const char *c)
{
	struct text text;

	text_init(&text, why, RIB_WHY_SIZE);
	text_str(&text, a);
	text_str(&text, b);
	text_str(&text, c);
}

static enum route_source source_of(const struct rib *rib, const struct rib_route *route)
{
	return rib->client[route->client].source;
}

static struct rib_candidate candidate_of(const struct rib *rib, const struct rib_route *route)
{
	return (struct rib_candidate){ rib_path_of(rib, route), rib_route_way(rib, route) };
}

/* Both of one source, and of one distance where it has no chooser. */
static void why_of_source(const struct rib *rib, const struct rib_route *better,
			  const struct rib_route *worse, char *why)
{
	const struct rib_chooser *chooser = &rib->chooser[source_of(rib, better)];

	if (chooser->why != NULL) {
		struct rib_candidate a = candidate_of(rib, better), b = candidate_of(rib, worse);

		chooser->why(chooser->ctx, &a, &b, why, RIB_WHY_SIZE);
		return;
	}
	if (better->metric == worse->metric)
		say(why, "metrics are equal, and one of them is enough", "", "");
	else
		say_numbers(why, "metric ", better->metric, " is lower than ", worse->metric);
}

static void why_better(const struct rib *rib, const struct rib_route *better,
		       const struct rib_route *worse, char *why)
{
	enum route_source source = source_of(rib, better);

	if (source == source_of(rib, worse) && rib->chooser[source].choose != NULL)
		why_of_source(rib, better, worse, why);
	else if (better->distance != worse->distance)
		say_numbers(why, "distance ", better->distance, " is lower than ", worse->distance);
	else if (source != source_of(rib, worse))
		say(why, route_source_name(source), " goes before ",
		    route_source_name(source_of(rib, worse)));
	else
		why_of_source(rib, better, worse, why);
}

static void why_hidden(const struct rib *rib, const struct rib_route *route, char *why)
{
	const struct rib_chooser *chooser = &rib->chooser[source_of(rib, route)];
	struct ip_prefix prefix = rib_net_prefix(&rib->net[route->net]);
	struct rib_path path = rib_path_of(rib, route);

	if (chooser->why_hidden != NULL)
		chooser->why_hidden(chooser->ctx, &prefix, &path, why, RIB_WHY_SIZE);
	else
		say(why, "policy refused it", "", "");
}

/* Of its first next hop: each of the others is in the same case, or another one. */
static void why_unreachable(const struct rib *rib, const struct rib_route *route, char *why)
{
	const struct rib_gateway *hop = &rib->hops[route->hops].hop[0];
	const struct rib_route *by = rib_resolver_find(rib, hop->addr);
	struct ip_addr addr = ip_addr4(be32_of(hop->addr));
	char text[IP_TEXT_SIZE];

	ip_addr_print(&addr, text, sizeof text);
	if (by == NULL)
		say(why, "no route that next hops are found by leads to ", text, "");
	else if (rib_route_type(by) == FIB_LOCAL)
		say(why, "its next hop ", text, " is an address of the gateway");
	else if (rib_route_type(by) != FIB_UNICAST)
		say(why, "the route to its next hop ", text, " goes nowhere");
	else if (rib->hops[route->hops].looped)
		say(why, "the route to its next hop ", text, " leads back to it");
	else if (!rib->hops[by->hops].reachable)
		say(why, "the route to its next hop ", text, " has no way itself");
	else if (rib->resolve_left == 0)
		say(why, "its next hop ", text, " is more steps away than are followed");
	else
		say(why, "its next hop ", text, " will be looked for next");
}

static void why_not(const struct rib *rib, const struct rib_route *best,
		    const struct rib_route *route, char *why)
{
	if ((route->bits & ROUTE_HIDDEN) != 0)
		why_hidden(rib, route, why);
	else if (route->distance == RIB_DISTANCE_UNREACHABLE)
		say(why, "distance 255 is never used", "", "");
	else if (!rib_route_way(rib, route).reachable)
		why_unreachable(rib, route, why);
	else if ((route->bits & ROUTE_EQUAL) != 0)
		say(why, "as good as the best", "", "");
	else if (best != NULL)
		why_better(rib, best, route, why);
	else
		say(why, "it will be looked at next", "", "");
}

/* Compared with the best of the others. */
static void why_best(const struct rib *rib, const struct rib_net *net, u32 best, char *why)
{
	const struct rib_route *second = NULL;

	for (u32 at = net->route; at != IDX_NONE; at = rib->route[at].next) {
		const struct rib_route *route = &rib->route[at];

		if (at == best || (route->bits & ROUTE_EQUAL) != 0 ||
		    !rib_route_is_usable(rib, route))
			continue;
		if (second == NULL || rib_route_rank(rib, route) < rib_route_rank(rib, second))
			second = route;
	}
	if (second == NULL)
		say(why, "no other is usable", "", "");
	else
		why_better(rib, &rib->route[best], second, why);
}

/* ---- paths of a net -------------------------------------------------------------------------- */

static u32 best_of(const struct rib *rib, const struct rib_net *net)
{
	if (net->route == IDX_NONE || (rib->route[net->route].bits & ROUTE_BEST) == 0)
		return IDX_NONE;
	return net->route;
}

static void shown_of(const struct rib *rib, const struct rib_net *net, u32 idx,
		     struct rib_shown *out)
{
	const struct rib_route *route = &rib->route[idx];
	u32 best = best_of(rib, net);

	*out = (struct rib_shown){
		.net = (u32)(net - rib->net),
		.prefix = rib_net_prefix(net),
		.path = rib_path_of(rib, route),
		.source = source_of(rib, route),
		.way = rib_route_way(rib, route),
		.best = idx == best,
		.equal = (route->bits & ROUTE_EQUAL) != 0,
	};
	out->withheld = rib_path_withheld(rib, &out->path);
	if (out->best)
		why_best(rib, net, idx, out->why);
	else
		why_not(rib, best == IDX_NONE ? NULL : &rib->route[best], route, out->why);
}

/* Behind the first count of out. */
static u32 explain_net(const struct rib *rib, u32 net, struct rib_shown *out, u32 count, u32 max)
{
	for (u32 at = rib->net[net].route; at != IDX_NONE && count < max;
	     at = rib->route[at].next) {
		if (!rib_route_is_dead(rib, &rib->route[at]))
			shown_of(rib, &rib->net[net], at, &out[count++]);
	}
	return count;
}

u32 rib_explain(const struct rib *rib, const struct ip_addr *addr, struct rib_shown *out, u32 max)
{
	u32 longer[RIB_LENGTHS];
	u32 longer_count = 0, count = 0;
	bool found = false;
	u32 bits;

	if (rib_is_off(rib) || addr->family != FAMILY_IP4)
		return 0;
	bits = be32_host(addr->word[0]);
	for (u32 len = RIB_LENGTHS; len-- > 0 && !found;) {
		u32 net = rib_net_find(rib, bits & ip4_mask(len), len);

		if (net == IDX_NONE)
			continue;
		found = (rib->net[net].flags & NET_BEST) != 0;
		if (found)
			count = explain_net(rib, net, out, 0, max);
		else
			longer[longer_count++] = net;
	}
	for (u32 at = 0; at < longer_count; at++)
		count = explain_net(rib, longer[at], out, count, max);
	return count;
}

/* The cursor: a net, and how many of its paths were shown. */
enum { CURSOR_PATHS = 1 << 16 };

u32 rib_show(const struct rib *rib, u64 *cursor, struct rib_shown *out, u32 max)
{
	u32 net = (u32)(*cursor / CURSOR_PATHS);
	u32 skip = (u32)(*cursor % CURSOR_PATHS);
	u32 count = 0;

	for (; net < rib->net_top && count < max; net++) {
		u32 at = (rib->net[net].flags & NET_LIVE) == 0 ? IDX_NONE : rib->net[net].route;
		u32 place = 0;

		for (; at != IDX_NONE && count < max; at = rib->route[at].next, place++) {
			if (place >= skip && !rib_route_is_dead(rib, &rib->route[at]))
				shown_of(rib, &rib->net[net], at, &out[count++]);
		}
		if (at != IDX_NONE) {
			*cursor = (u64)net * CURSOR_PATHS + place;
			return count;
		}
		skip = 0;
	}
	*cursor = (u64)net * CURSOR_PATHS;
	return count;
}

static bool path_is_before(const struct rib *rib, const struct rib_path *a,
			   const struct rib_path *b)
{
	enum route_source source_a = rib->client[a->client].source;
	enum route_source source_b = rib->client[b->client].source;

	if (a->distance != b->distance)
		return a->distance < b->distance;
	return source_a != source_b ? source_a < source_b : a->metric < b->metric;
}

/* Into out[first..count), which is in order; the last one falls out when it is full. */
static u32 path_insert(const struct rib *rib, struct rib_path *out, u32 first, u32 count, u32 max,
		       struct rib_path path)
{
	u32 at = count;

	if (count == max && (first == max || !path_is_before(rib, &path, &out[max - 1])))
		return count;
	if (count == max)
		at = max - 1;
	for (; at > first && path_is_before(rib, &path, &out[at - 1]); at--)
		out[at] = out[at - 1];
	out[at] = path;
	return u32_min(count + 1, max);
}

static bool is_told(const struct rib *rib, const struct rib_route *route, struct rib_path *path)
{
	*path = rib_path_of(rib, route);
	return rib_route_is_usable(rib, route) && rib_path_withheld(rib, path) == NULL;
}

u32 rib_net_paths(const struct rib *rib, u32 idx, struct rib_path *out, u32 max)
{
	const struct rib_net *net = &rib->net[idx];
	struct rib_path path;
	u32 count = 0, first;

	CHECK(idx < rib->net_top && (net->flags & NET_LIVE) != 0);
	for (u32 bit = ROUTE_BEST; bit <= ROUTE_EQUAL; bit *= 2) {
		for (u32 at = net->route; at != IDX_NONE; at = rib->route[at].next) {
			const struct rib_route *route = &rib->route[at];

			if ((route->bits & bit) != 0 && count < max && is_told(rib, route, &path))
				out[count++] = path;
		}
	}
	first = count;
	for (u32 at = net->route; at != IDX_NONE; at = rib->route[at].next) {
		const struct rib_route *route = &rib->route[at];

		if ((route->bits & (ROUTE_BEST | ROUTE_EQUAL)) == 0 && is_told(rib, route, &path))
			count = path_insert(rib, out, first, count, max, path);
	}
	return count;
}

void rib_stats(const struct rib *rib, struct rib_stats *out)
{
	*out = rib->stats;
	out->nets = rib->net_count;
	out->paths = rib->route_count;
	out->hops = rib->hops_count;
}
