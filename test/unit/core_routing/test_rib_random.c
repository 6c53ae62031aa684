/* A RIB and the plain model beside it: random offers, withdrawals, clients that clear and restart,
 * readers that read when they like. The invariants are looked at after each step; whenever the RIB
 * is idle, the forwarding table and what each reader knows are what the model says.             */
#include "core/base/rng.h"
#include "model/rib_model.h"

#include "rib_bed.h"

enum {
	SEEDS = 20,
	ROUNDS = 60,
	CHANGES = 40,
	LOOKUPS = 60,
	CLIENTS = 7,
	READERS = 4,
	ATTRS = 5,
	NETS = 400,
};

_Static_assert((u32)RIB_MODEL_STEPS == (u32)RIB_STEPS_MAX, "the model stops where the RIB does");
_Static_assert((u32)RIB_MODEL_TRIES == (u32)RIB_TRIES_MAX, "and tries as long");

struct known {
	u32 net;
	struct ip_prefix prefix;
	bool has;
	struct rib_path best;
};

struct reader {
	u16 idx;
	u32 count;
	struct known known[NETS]; /* by the number of the net */
};

struct world {
	struct rib_bed *bed;
	struct rib_model model;
	struct rng rng;
	u16 client[CLIENTS];
	struct reader reader[READERS];
	u32 metric;
	s64 attr_refs[ATTRS];
};

static const enum route_source sources[CLIENTS] = {
	ROUTE_CONNECTED, ROUTE_STATIC, ROUTE_OSPF, ROUTE_RIP, ROUTE_BGP, ROUTE_BGP, ROUTE_BGP,
};
static const u8 distances[ROUTE_SOURCES] = { 0, 1, 20, 110, 120, 20 };

/* The highest attr is the best, and equal ones forward together. */
static void choose(void *ctx, const struct rib_candidate *candidate, u32 count,
		   struct rib_choice *choice)
{
	(void)ctx;
	choice->best = 0;
	choice->equal_count = 0;
	for (u32 i = 1; i < count; i++) {
		const struct rib_path *path = &candidate[i].path;
		const struct rib_path *best = &candidate[choice->best].path;

		if (path->attr > best->attr ||
		    (path->attr == best->attr && path->distance < best->distance))
			choice->best = i;
	}
	for (u32 i = 0; i < count && choice->equal_count < RIB_CHOICE_EQUAL_MAX; i++) {
		if (i != choice->best &&
		    candidate[i].path.attr == candidate[choice->best].path.attr)
			choice->equal[choice->equal_count++] = i;
	}
	for (u32 i = 0; i < count; i++)
		assert_true(candidate[i].way.reachable);
}

static void release(void *ctx, const struct rib_path *path)
{
	struct world *world = ctx;

	world->attr_refs[path->attr]--;
}

/* ---- readers --------------------------------------------------------------------------------- */

static void reader_forget(struct reader *reader)
{
	memset(reader->known, 0, sizeof reader->known);
}

static void reader_step(struct world *world, struct reader *reader, u32 most)
{
	struct rib_change change;

	for (u32 i = 0; i < most && rib_read(&world->bed->rib, reader->idx, &change); i++) {
		struct known *known = &reader->known[change.net];

		assert_true(change.net < NETS);
		/* The number is the prefix's until it has gone. */
		if (known->has)
			assert_true(ip_prefix_eq(&known->prefix, &change.prefix));
		known->has = !change.gone;
		known->prefix = change.prefix;
		known->best = change.best;
		reader->count++;
	}
}

static void reader_compare(struct world *world, const struct reader *reader)
{
	const struct rib_model *model = &world->model;
	u32 has = 0, want = 0;

	for (u32 i = 0; i < NETS; i++) {
		const struct known *known = &reader->known[i];
		struct rib_model_offer *told;
		const struct rib_model_offer *best;
		u32 prefix = be32_host(known->prefix.addr.word[0]);

		if (!known->has)
			continue;
		has++;
		told = rib_model_find(&world->model, prefix, known->prefix.len, known->best.client,
				      known->best.path_id);
		assert_non_null(told);
		assert_int_equal(told->metric, known->best.metric);
		assert_int_equal(told->attr, known->best.attr);
		best = rib_model_best(model, prefix, known->prefix.len);
		assert_non_null(best);
		assert_true(rib_model_is_equal(model, told, best));
	}
	for (u32 i = 0; i < model->count; i++) {
		const struct rib_model_offer *offer = &model->offer[i];

		/* Each net once: at the first of its offers. */
		for (u32 j = 0; j <= i; j++) {
			if (model->offer[j].prefix != offer->prefix ||
			    model->offer[j].len != offer->len)
				continue;
			want += j == i && rib_model_best(model, offer->prefix, offer->len) != NULL;
			break;
		}
	}
	assert_int_equal(has, want);
}

/* ---- changes --------------------------------------------------------------------------------- */

static u32 near_addr(struct rng *rng)
{
	return ip(20 + rng_below(rng, 2), rng_below(rng, 2), rng_below(rng, 3) * 64,
		  rng_below(rng, 6) * 50);
}

static void random_prefix(struct rng *rng, u32 *prefix, u8 *len)
{
	static const u8 lens[] = { 0, 8, 15, 16, 17, 23, 24, 25, 31, 32 };

	*len = lens[rng_below(rng, ARRAY_COUNT(lens))];
	*prefix = near_addr(rng) & (*len == 0 ? 0 : UINT32_MAX << (32 - *len));
}

static void random_hops(struct world *world, struct rib_model_offer *offer)
{
	struct rng *rng = &world->rng;
	bool on_link = world->model.source[offer->client] == ROUTE_CONNECTED;
	bool direct = world->model.source[offer->client] != ROUTE_BGP && rng_below(rng, 5) > 0;

	offer->hop_count = on_link ? 1 : 1 + rng_below(rng, RIB_MODEL_HOPS);
	for (u32 i = 0; i < offer->hop_count; i++) {
		struct rib_model_hop *hop = &offer->hop[i];

		hop->gateway = on_link ? 0 : ip(20, 0, 0, 50 * (1 + rng_below(rng, 4)));
		hop->iface = on_link || direct ? (u16)rng_below(rng, 2) : IFACE_NONE;
	}
	/* Below all that go nowhere: of those one is enough, and which is not said. */
	offer->metric = rng_below(rng, 3);
}

static struct rib_model_offer random_offer(struct world *world)
{
	struct rng *rng = &world->rng;
	struct rib_model_offer offer = { .client = world->client[rng_below(rng, CLIENTS)] };
	enum route_source source = world->model.source[offer.client];

	random_prefix(rng, &offer.prefix, &offer.len);
	offer.path_id = rng_below(rng, 8) == 0;
	offer.distance = rng_below(rng, 40) == 0 ? 255 : distances[source];
	/* Those of whom the attribute decides have one before and one behind others'. */
	if (source == ROUTE_BGP && rng_below(rng, 2) == 0)
		offer.distance = 200;
	offer.attr = rng_below(rng, ATTRS);
	offer.hidden = rng_below(rng, 10) == 0;
	offer.type = FIB_UNICAST;
	if (source != ROUTE_BGP && rng_below(rng, 8) == 0) {
		offer.type = rng_below(rng, 2) == 0 ? FIB_BLACKHOLE : FIB_PROHIBIT;
		offer.metric = 10 + world->metric++;
	} else {
		random_hops(world, &offer);
	}
	return offer;
}

static struct rib_path path_of(struct world *world, const struct rib_model_offer *offer)
{
	struct rib_hop hop[RIB_MODEL_HOPS];

	for (u32 i = 0; i < offer->hop_count; i++) {
		hop[i] = (struct rib_hop){ .iface = offer->hop[i].iface, .weight = 1 };
		if (offer->hop[i].gateway != 0)
			hop[i].gateway = ip_addr4(be32_of(offer->hop[i].gateway));
	}
	return (struct rib_path){
		.client = offer->client,
		.type = (u8)offer->type,
		.distance = offer->distance,
		.path_id = offer->path_id,
		.metric = offer->metric,
		.attr = offer->attr,
		.hops = offer->hop_count == 0
				? RIB_NONE
				: rib_hops_get(&world->bed->rib, hop, offer->hop_count),
		.hidden = offer->hidden,
	};
}

static void offer_one(struct world *world)
{
	struct rib_model_offer offer = random_offer(world);
	struct ip_prefix prefix = ip_prefix4(be32_of(offer.prefix), offer.len);
	struct rib_path path = path_of(world, &offer);
	struct rib_path found;
	struct rib_stats stats;

	if (rib_offer(&world->bed->rib, &prefix, &path) != ERR_OK) {
		rib_stats(&world->bed->rib, &stats);
		assert_true(stats.nets == NETS || stats.paths == 2 * NETS);
		return;
	}
	if (world->model.source[offer.client] == ROUTE_BGP)
		world->attr_refs[offer.attr]++;
	assert_true(rib_model_offer(&world->model, &offer));
	assert_true(rib_find(&world->bed->rib, &prefix, offer.client, offer.path_id, &found));
	assert_memory_equal(&found.metric, &path.metric, sizeof found.metric);
	assert_false(found.stale);
}

static void withdraw_one(struct world *world)
{
	struct rib_model_offer *offer;
	struct ip_prefix prefix;

	if (world->model.count == 0)
		return;
	offer = &world->model.offer[rng_below(&world->rng, world->model.count)];
	prefix = ip_prefix4(be32_of(offer->prefix), offer->len);
	assert_int_equal(rib_withdraw(&world->bed->rib, &prefix, offer->client, offer->path_id),
			 ERR_OK);
	rib_model_withdraw(&world->model, offer);
}

/* A client loses all, or restarts, or leaves and another one comes. */
static void upset_one(struct world *world)
{
	struct rib *rib = &world->bed->rib;
	u32 which = rng_below(&world->rng, CLIENTS);
	u16 client = world->client[which];

	switch (rng_below(&world->rng, 5)) {
	case 0:
		rib_client_clear(rib, client);
		rib_model_clear(&world->model, client);
		break;
	case 1:
	case 2:
		rib_client_stale(rib, client);
		rib_model_stale(&world->model, client);
		break;
	case 3:
		rib_client_unstale(rib, client);
		rib_model_unstale(&world->model, client);
		break;
	default:
		if (world->client[which] + 1 == RIB_MODEL_CLIENTS)
			break;
		rib_client_del(rib, client);
		rib_model_clear(&world->model, client);
		world->client[which] = rib_client_new(rib, sources[which]);
		if (world->client[which] >= RIB_MODEL_CLIENTS)
			fail();
		world->model.source[world->client[which]] = sources[which];
		break;
	}
}

static void change_one(struct world *world)
{
	struct rib *rib = &world->bed->rib;
	u32 draw = rng_below(&world->rng, 100);
	struct reader *reader = &world->reader[rng_below(&world->rng, READERS)];

	if (draw < 45)
		offer_one(world);
	else if (draw < 65)
		withdraw_one(world);
	else if (draw < 68)
		upset_one(world);
	else if (draw < 85)
		(void)rib_tick(rib, world->bed->now += NS_PER_MS);
	else if (draw < 97)
		reader_step(world, reader, rng_below(&world->rng, 20));
	else if (draw < 98) {
		rib_reader_rewind(rib, reader->idx);
	} else {
		rib_reader_del(rib, reader->idx);
		reader->idx = rib_reader_new(rib);
		reader_forget(reader);
	}
	rib_check(rib);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void compare_lookup(struct world *world, u32 to)
{
	const struct fib *fib = &world->bed->fib;
	const struct fib_route *route = fib_route_at(fib, fib_lookup(fib, be32_of(to)));
	struct rib_model_ways want;

	rib_model_lookup(&world->model, to, &want);
	assert_int_equal(route->type, want.type);
	assert_int_equal(route->path_count, want.count);
	for (u32 i = 0; i < want.count; i++) {
		u32 at = 0;

		while (at < route->path_count &&
		       (be32_host(route->path[at].gateway) != want.way[i].gateway ||
			route->path[at].out_if != want.way[i].iface))
			at++;
		assert_true(at < route->path_count);
	}
}

static void compare(struct world *world)
{
	struct rib *rib = &world->bed->rib;
	u32 count = 0;

	bed_settle(world->bed);
	fib_check(&world->bed->fib);
	for (u32 i = 0; i < LOOKUPS; i++)
		compare_lookup(world, near_addr(&world->rng));
	for (u32 i = 0; i < READERS; i++) {
		reader_step(world, &world->reader[i], UINT32_MAX);
		reader_compare(world, &world->reader[i]);
	}
	for (u32 i = 0; i < CLIENTS; i++) {
		struct rib_owned owned[16];
		u32 cursor = 0, got;
		bool more;

		do {
			more = rib_client_walk(rib, world->client[i], &cursor, owned, 16, &got);
			count += got;
		} while (more);
	}
	assert_int_equal(count, world->model.count);
	for (u32 i = 0; i < 8; i++) {
		struct ip_addr gateway = ip_addr4(be32_of(near_addr(&world->rng)));
		struct rib_way way = rib_resolve(rib, &gateway);
		u32 cost = 0;

		assert_int_equal(
			way.reachable,
			rib_model_is_reachable(&world->model, be32_host(gateway.word[0]), &cost));
		assert_int_equal(way.cost, cost);
	}
}

static void world_open(struct world *world, u32 seed)
{
	struct rib_chooser chooser = { .ctx = world, .choose = choose, .release = release };
	u8 bytes[32] = { 0 };

	memset(world, 0, sizeof *world);
	memcpy(bytes, &seed, sizeof seed);
	rng_init(&world->rng, bytes);
	world->bed = bed_open(NETS, 2 * NETS, 256, NETS + 16);
	world->model.by_attr = ROUTE_BGP;
	rib_set_chooser(&world->bed->rib, ROUTE_BGP, &chooser);
	for (u32 i = 0; i < CLIENTS; i++) {
		world->client[i] = rib_client_new(&world->bed->rib, sources[i]);
		world->model.source[world->client[i]] = sources[i];
	}
	for (u32 i = 0; i < READERS; i++)
		world->reader[i].idx = rib_reader_new(&world->bed->rib);
}

static void run_seed(u32 seed)
{
	struct world *world = malloc(sizeof *world);
	struct rib_stats stats;

	assert_non_null(world);
	world_open(world, seed);
	for (u32 round = 0; round < ROUNDS; round++) {
		for (u32 i = 0; i < CHANGES; i++)
			change_one(world);
		compare(world);
	}
	for (u32 i = 0; i < CLIENTS; i++) {
		rib_client_del(&world->bed->rib, world->client[i]);
		rib_model_clear(&world->model, world->client[i]);
	}
	bed_settle(world->bed);
	for (u32 i = 0; i < READERS; i++) {
		reader_step(world, &world->reader[i], UINT32_MAX);
		reader_compare(world, &world->reader[i]);
	}
	bed_settle(world->bed);
	rib_stats(&world->bed->rib, &stats);
	assert_int_equal(stats.nets, 0);
	assert_int_equal(stats.paths, 0);
	assert_int_equal(stats.hops, 0);
	assert_int_equal(world->bed->fib.nexthop_held, 0);
	for (u32 i = 0; i < ATTRS; i++)
		assert_int_equal(world->attr_refs[i], 0);
	bed_close(world->bed);
	free(world);
}

static void rib_does_as_the_model(void **state)
{
	(void)state;
	for (u32 seed = 1; seed <= SEEDS; seed++) {
		print_message("seed %u\n", seed);
		run_seed(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rib_does_as_the_model) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
