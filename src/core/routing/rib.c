/* Nets and their paths: what clients offer, and the steps of the work. */
#include "core/routing/rib_part.h"

enum {
	CHOICE_AHEAD = 16, /* nets whose memory is on its way while others are chosen */
};
/* A change waits no longer than this before it is seen, while others follow it: each publishing
 * makes every flow look for its way again.                                                       */
static const ns_t publish_ns = 4 * NS_PER_MS;

const char *rib_conf_wrong(const struct rib_conf *conf)
{
	if (conf->net_limit > RIB_NET_LIMIT)
		return "more than 4,194,304 prefixes of routing are not possible";
	if (conf->path_limit > RIB_PATH_LIMIT)
		return "more than 16,777,216 paths of routing are not possible";
	if (conf->hops_limit > RIB_HOPS_LIMIT)
		return "more than 1,048,576 sets of next hops are not possible";
	if ((conf->net_limit == 0) != (conf->path_limit == 0) ||
	    (conf->net_limit == 0) != (conf->hops_limit == 0))
		return "of the limits of routing either all are zero or none";
	return NULL;
}

void rib_layout(struct rib *rib, const struct rib_conf *conf, struct mem *mem)
{
	CHECK(rib_conf_wrong(conf) == NULL);
	memset(rib, 0, sizeof *rib);
	rib->conf = *conf;
	if (rib_is_off(rib))
		return;
	rib->net_head_count = conf->net_limit;
	rib->net = mem_take(mem, "rib_nets", conf->net_limit, sizeof *rib->net);
	rib->net_head = mem_take(mem, "rib_net_index", rib->net_head_count, sizeof *rib->net_head);
	rib->route = mem_take(mem, "rib_paths", conf->path_limit, sizeof *rib->route);
	rib_marks_layout(&rib->dirty, conf->net_limit, mem);
	rib_hops_layout(rib, mem);
}

void rib_init(struct rib *rib, struct fib *fib)
{
	rib->fib = fib;
	rib_clients_init(rib);
	rib_readers_init(rib);
	if (rib_is_off(rib))
		return;
	for (u32 at = 0; at < rib->net_head_count; at++)
		rib->net_head[at] = IDX_NONE;
	rib->net_free = IDX_NONE;
	rib->route_free = IDX_NONE;
	rib_marks_init(&rib->dirty);
	rib_hops_init(rib);
}

void rib_set_chooser(struct rib *rib, enum route_source source, const struct rib_chooser *chooser)
{
	CHECK(source < ROUTE_SOURCES);
	rib->chooser[source] = *chooser;
}

/* ---- nets ------------------------------------------------------------------------------------ */

static u32 *net_head(const struct rib *rib, u32 prefix, u32 len)
{
	u64 hash = hash_words(&rib->conf.key, (u64)prefix << 8 | len, 2);

	return &rib->net_head[hash_range(hash, rib->net_head_count)];
}

void rib_prefetch(const struct rib *rib, const struct ip_prefix *prefix)
{
	prefetch(net_head(rib, be32_host(prefix->addr.word[0]), prefix->len));
}

u32 rib_net_find(const struct rib *rib, u32 prefix, u32 len)
{
	u32 at = *net_head(rib, prefix, len);

	for (u32 steps = 0; at != IDX_NONE; steps++) {
		const struct rib_net *net = &rib->net[at];

		CHECK(steps < rib->conf.net_limit);
		if (net->prefix == prefix && net->len == len)
			return at;
		at = net->chain;
	}
	return IDX_NONE;
}

/* IDX_NONE: full. */
static u32 net_new(struct rib *rib, u32 prefix, u32 len)
{
	u32 *head = net_head(rib, prefix, len);
	u32 idx = rib->net_free;

	if (idx != IDX_NONE)
		rib->net_free = rib->net[idx].chain;
	else if (rib->net_top < rib->conf.net_limit)
		idx = rib->net_top++;
	else
		return IDX_NONE;
	rib->net[idx] = (struct rib_net){
		.prefix = prefix,
		.route = IDX_NONE,
		.chain = *head,
		.prev = IDX_NONE,
		.next = IDX_NONE,
		.gone_next = IDX_NONE,
		.len = (u8)len,
		.flags = NET_LIVE,
	};
	*head = idx;
	rib->net_count++;
	return idx;
}

void rib_net_del(struct rib *rib, u32 idx)
{
	struct rib_net *net = &rib->net[idx];
	u32 *at = net_head(rib, net->prefix, net->len);

	CHECK(net->route == IDX_NONE);
	CHECK((net->flags & ~NET_TOUCHED) == NET_LIVE);
	CHECK(net->standing == 0);
	while (*at != idx) {
		CHECK(*at != IDX_NONE);
		at = &rib->net[*at].chain;
	}
	*at = net->chain;
	*net = (struct rib_net){ .chain = rib->net_free };
	rib->net_free = idx;
	rib->net_count--;
}

void rib_net_touch(struct rib *rib, u32 net)
{
	rib->net[net].flags |= NET_TOUCHED;
	rib_marks_set(&rib->dirty, net);
}

/* ---- paths ----------------------------------------------------------------------------------- */

struct rib_path rib_path_of(const struct rib *rib, const struct rib_route *route)
{
	return (struct rib_path){
		.client = route->client,
		.type = route->bits & ROUTE_TYPE_MASK,
		.distance = route->distance,
		.path_id = route->path_id,
		.metric = route->metric,
		.attr = route->attr,
		.extra = route->extra,
		.hops = route->hops,
		.stale = rib_route_is_stale(rib, route),
		.hidden = (route->bits & ROUTE_HIDDEN) != 0,
	};
}

/* What the path refers to has one reference less. */
static void route_release(struct rib *rib, const struct rib_route *route)
{
	const struct rib_chooser *chooser = &rib->chooser[rib->client[route->client].source];

	if (chooser->release != NULL) {
		struct rib_path path = rib_path_of(rib, route);

		chooser->release(chooser->ctx, &path);
	}
	if (route->hops != RIB_NONE)
		rib_hops_put(rib, route->hops);
}

void rib_route_drop(struct rib *rib, u32 idx)
{
	struct rib_route *route = &rib->route[idx];
	enum route_source source = rib->client[route->client].source;
	u32 net = route->net;
	u32 *at = &rib->net[net].route;

	for (u32 steps = 0; *at != idx; steps++) {
		CHECK(steps < RIB_NET_PATHS_MAX);
		at = &rib->route[*at].next;
	}
	*at = route->next;
	rib->stats.source_paths[source]--;
	rib->stats.source_best[source] -= (route->bits & ROUTE_BEST) != 0;
	rib_net_touch(rib, net);
	if (route->resolver)
		rib_resolve_again(rib);
	route_release(rib, route);
	*route = (struct rib_route){ .net = IDX_NONE, .next = rib->route_free };
	rib->route_free = idx;
	rib->route_count--;
}

static bool prefix_is_held(const struct ip_prefix *prefix)
{
	return prefix->addr.family == FAMILY_IP4 && prefix->len <= 32 &&
	       (be32_host(prefix->addr.word[0]) & ~ip4_mask(prefix->len)) == 0;
}

static bool path_is_good(const struct rib *rib, const struct rib_path *path)
{
	CHECK(path->client < RIB_CLIENT_MAX);
	CHECK(rib->client[path->client].used && !rib->client[path->client].leaving);
	CHECK(path->hops == RIB_NONE || path->hops < rib->hops_top);
	switch (path->type) {
	case FIB_UNICAST: return path->hops != RIB_NONE;
	case FIB_LOCAL:
	case FIB_BROADCAST: return path->hops == RIB_NONE || rib->hops[path->hops].count == 1;
	case FIB_BLACKHOLE:
	case FIB_PROHIBIT: return path->hops == RIB_NONE;
	default: return false;
	}
}

/* The place where the path of a client is named, or the end of the list; count: paths before. */
static u32 *route_find(const struct rib *rib, u32 net, u16 client, u32 path_id, u32 *count)
{
	u32 *at = &rib->net[net].route;

	for (*count = 0; *at != IDX_NONE; ++*count) {
		struct rib_route *route = &rib->route[*at];

		CHECK(*count < RIB_NET_PATHS_MAX);
		if (route->client == client && route->path_id == path_id)
			return at;
		at = &route->next;
	}
	return at;
}

/* Of two paths of one client and path id. Which era it is of is no difference to a choice. */
static bool route_is_same(const struct rib_route *a, const struct rib_route *b)
{
	u8 said = ROUTE_TYPE_MASK | ROUTE_HIDDEN | ROUTE_STALE;

	return a->metric == b->metric && a->attr == b->attr && a->extra == b->extra &&
	       a->hops == b->hops && a->distance == b->distance &&
	       (a->bits & said) == (b->bits & said);
}

static struct rib_route route_of(const struct rib *rib, const struct rib_path *path)
{
	return (struct rib_route){
		.path_id = path->path_id,
		.metric = path->metric,
		.attr = path->attr,
		.extra = path->extra,
		.hops = path->hops,
		.client = path->client & 0x1ffu,
		.era = rib->client[path->client].era & (RIB_ERAS - 1u),
		.distance = path->distance,
		.bits = (u8)(path->type | (path->hidden ? ROUTE_HIDDEN : 0) |
			     (path->stale ? ROUTE_STALE : 0)),
	};
}

static void route_replace(struct rib *rib, struct rib_route *route, struct rib_route new)
{
	struct rib_route old = *route;

	if (!rib_route_is_dead(rib, route) && route_is_same(route, &new)) {
		route->era = new.era;
	} else {
		new.next = old.next;
		new.net = old.net;
		new.resolver = old.resolver;
		new.bits |= ROUTE_CHANGED | (old.bits & (ROUTE_BEST | ROUTE_EQUAL));
		*route = new;
		rib_net_touch(rib, old.net);
	}
	route_release(rib, &old);
}

/* IDX_NONE: full. */
static u32 route_new(struct rib *rib)
{
	u32 idx = rib->route_free;

	if (idx != IDX_NONE)
		rib->route_free = rib->route[idx].next;
	else if (rib->route_top < rib->conf.path_limit)
		idx = rib->route_top++;
	else
		return IDX_NONE;
	rib->route_count++;
	return idx;
}

/* Behind the first, which may be the best, so that this one stays first. */
static bool route_insert(struct rib *rib, u32 net, struct rib_route new)
{
	u32 *at = &rib->net[net].route;
	u32 idx = route_new(rib);

	if (idx == IDX_NONE)
		return false;
	if (*at != IDX_NONE)
		at = &rib->route[*at].next;
	new.next = *at;
	new.net = net;
	new.bits |= ROUTE_CHANGED;
	rib->route[idx] = new;
	rib->stats.source_paths[rib->client[new.client].source]++;
	*at = idx;
	rib_net_touch(rib, net);
	return true;
}

enum err rib_offer(struct rib *rib, const struct ip_prefix *prefix, const struct rib_path *path)
{
	u32 bits = be32_host(prefix->addr.word[0]);
	u32 net, count = 0;
	u32 *at;

	if (!prefix_is_held(prefix) || !path_is_good(rib, path)) {
		if (path->hops != RIB_NONE)
			rib_hops_put(rib, path->hops);
		return ERR_RANGE;
	}
	rib->stats.offers++;
	net = rib_net_find(rib, bits, prefix->len);
	if (net == IDX_NONE)
		net = net_new(rib, bits, prefix->len);
	if (net != IDX_NONE) {
		at = route_find(rib, net, path->client, path->path_id, &count);
		if (*at != IDX_NONE) {
			route_replace(rib, &rib->route[*at], route_of(rib, path));
			return ERR_OK;
		}
		if (count < RIB_NET_PATHS_MAX && route_insert(rib, net, route_of(rib, path)))
			return ERR_OK;
		if (count == 0 && (rib->net[net].flags & NET_LISTED) == 0 &&
		    !rib_marks_has(&rib->dirty, net))
			rib_net_del(rib, net);
	}
	if (path->hops != RIB_NONE)
		rib_hops_put(rib, path->hops);
	rib->stats.full++;
	return ERR_FULL;
}

/* IDX_NONE: this client does not offer it. */
static u32 route_of_client(const struct rib *rib, const struct ip_prefix *prefix, u16 client,
			   u32 path_id)
{
	u32 net, count, route;

	if (!prefix_is_held(prefix))
		return IDX_NONE;
	net = rib_net_find(rib, be32_host(prefix->addr.word[0]), prefix->len);
	if (net == IDX_NONE)
		return IDX_NONE;
	route = *route_find(rib, net, client, path_id, &count);
	return route == IDX_NONE || rib_route_is_dead(rib, &rib->route[route]) ? IDX_NONE : route;
}

enum err rib_withdraw(struct rib *rib, const struct ip_prefix *prefix, u16 client, u32 path_id)
{
	u32 route = route_of_client(rib, prefix, client, path_id);

	if (route == IDX_NONE)
		return ERR_NOT_FOUND;
	rib->stats.withdrawals++;
	rib_route_drop(rib, route);
	return ERR_OK;
}

bool rib_find(const struct rib *rib, const struct ip_prefix *prefix, u16 client, u32 path_id,
	      struct rib_path *out)
{
	u32 route = route_of_client(rib, prefix, client, path_id);

	if (route == IDX_NONE)
		return false;
	*out = rib_path_of(rib, &rib->route[route]);
	return true;
}

bool rib_best(const struct rib *rib, const struct ip_prefix *prefix, struct rib_path *out)
{
	u32 net = IDX_NONE, first;

	if (!rib_is_off(rib) && prefix_is_held(prefix))
		net = rib_net_find(rib, be32_host(prefix->addr.word[0]), prefix->len);
	first = net == IDX_NONE ? IDX_NONE : rib->net[net].route;
	if (first == IDX_NONE || (rib->route[first].bits & ROUTE_BEST) == 0)
		return false;
	*out = rib_path_of(rib, &rib->route[first]);
	return true;
}

/* ---- work ------------------------------------------------------------------------------------ */

static void choose_step(struct rib *rib)
{
	u32 net[CHOICE_AHEAD];

	for (u32 done = 0; done < RIB_STEP_NETS && rib->dirty.count > 0;) {
		u32 count = 0;

		for (; count < CHOICE_AHEAD && rib->dirty.count > 0; count++) {
			net[count] = rib_marks_take(&rib->dirty);
			prefetch_write(&rib->net[net[count]]);
		}
		for (u32 at = 0; at < count; at++) {
			const struct rib_net *ahead = &rib->net[net[at]];

			if (ahead->route != IDX_NONE)
				prefetch_write(&rib->route[ahead->route]);
			fib_prefetch(rib->fib, be32_of(ahead->prefix), ahead->len);
		}
		for (u32 at = 0; at < count; at++) {
			const struct rib_net *ahead = &rib->net[net[at]];

			fib_prefetch_page(rib->fib, be32_of(ahead->prefix), ahead->len);
		}
		for (u32 at = 0; at < count; at++)
			rib_choose(rib, net[at]);
		done += count;
	}
}

static bool has_work(const struct rib *rib)
{
	return rib->dirty.count > 0 || rib->sweeping || rib->round_wanted > rib->round ||
	       rib->resolve_left > 0;
}

bool rib_is_idle(const struct rib *rib)
{
	return rib_is_off(rib) || (!has_work(rib) && !rib->fib->changed);
}

bool rib_tick(struct rib *rib, ns_t now)
{
	bool more;

	if (rib_is_off(rib))
		return false;
	rib_resolve_step(rib);
	rib_sweep_step(rib);
	choose_step(rib);
	more = rib_gone_step(rib);
	more |= has_work(rib);
	if (rib->fib->changed && (!more || now - rib->published_ns >= publish_ns)) {
		fib_publish(rib->fib);
		rib->published_ns = now;
	}
	return more;
}

enum err rib_settle(struct rib *rib, const struct ip_prefix *prefix)
{
	u32 bits = be32_host(prefix->addr.word[0]);
	u32 net = prefix_is_held(prefix) ? rib_net_find(rib, bits, prefix->len) : IDX_NONE;

	if (net == IDX_NONE)
		return ERR_OK;
	if (rib_marks_has(&rib->dirty, net)) {
		rib_marks_clear(&rib->dirty, net);
		rib_choose(rib, net);
	}
	net = rib_net_find(rib, bits, prefix->len);
	if (net != IDX_NONE && (rib->net[net].flags & NET_FIB_FULL) != 0)
		return ERR_FULL;
	return ERR_OK;
}
