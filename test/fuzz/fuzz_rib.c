/* A RIB and the plain model beside it: offers, withdrawals, next hops that move, a policy that
 * refuses and takes again, clients that clear, restart and leave, and readers that are late. The
 * invariants are looked at after each step; when it is idle, packets go where the model says and
 * readers know as many prefixes as have a best.
 *
 *     steps of 6 bytes: what, who, which prefix, next hops, distance and attribute, flags        */
#include <stdlib.h>

#include "fuzz/input.h"
#include "model/rib_model.h"
#include "core/routing/rib.h"

enum { NETS = 48, PATHS = 96, HOPS = 24, CLIENTS = 6, READERS = 2, STEPS = 400, TICKS = 4096 };

struct world {
	struct rib rib;
	struct fib fib;
	struct rib_model model;
	void *region;
	ns_t now;
	u16 client[CLIENTS];
	u16 reader[READERS];
	bool known[READERS][NETS];
	u32 metric;
	s64 attrs; /* of BGP, that are not released */
};

static const enum route_source sources[CLIENTS] = {
	ROUTE_CONNECTED, ROUTE_STATIC, ROUTE_OSPF, ROUTE_RIP, ROUTE_BGP, ROUTE_BGP,
};
static const u8 distances[ROUTE_SOURCES] = { 0, 1, 20, 110, 120, 20 };

static void choose(void *ctx, const struct rib_candidate *candidate, u32 count,
		   struct rib_choice *choice)
{
	(void)ctx;
	choice->best = 0;
	choice->equal_count = 0;
	for (u32 i = 1; i < count; i++) {
		if (candidate[i].path.attr > candidate[choice->best].path.attr)
			choice->best = i;
	}
	for (u32 i = 0; i < count && choice->equal_count < RIB_CHOICE_EQUAL_MAX; i++) {
		if (i != choice->best &&
		    candidate[i].path.attr == candidate[choice->best].path.attr)
			choice->equal[choice->equal_count++] = i;
	}
}

static void release(void *ctx, const struct rib_path *path)
{
	struct world *w = ctx;

	(void)path;
	w->attrs--;
}

static void world_open(struct world *w)
{
	struct hash_key key = { { 1, 2, 3, 4 } };
	struct rib_conf rib = { NETS, PATHS, HOPS, key };
	struct fib_conf fib = { .prefix_count = NETS + 8, .route_count = HOPS + 8, .key = key };
	struct rib_chooser chooser = { .ctx = w, .choose = choose, .release = release };
	struct mem mem;

	memset(w, 0, sizeof *w);
	mem_init_plan(&mem);
	for (u32 pass = 0; pass < 2; pass++) {
		u64 size = mem.used;

		if (pass == 1) {
			w->region = aligned_alloc(MEM_LINE, size);
			CHECK(w->region != NULL);
			memset(w->region, 0, size);
			mem_init(&mem, w->region, size);
		}
		fib_layout(&w->fib, &fib, &mem);
		rib_layout(&w->rib, &rib, &mem);
	}
	fib_init(&w->fib);
	rib_init(&w->rib, &w->fib);
	rib_set_chooser(&w->rib, ROUTE_BGP, &chooser);
	w->model.by_attr = ROUTE_BGP;
	for (u32 i = 0; i < CLIENTS; i++) {
		w->client[i] = rib_client_new(&w->rib, sources[i]);
		w->model.source[w->client[i]] = sources[i];
	}
	for (u32 i = 0; i < READERS; i++)
		w->reader[i] = rib_reader_new(&w->rib);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static u32 prefix_of(u8 byte, u8 *len)
{
	static const u8 lens[] = { 0, 8, 16, 24, 25, 30, 31, 32 };

	*len = lens[byte & 7];
	return (20u << 24 | (u32)(byte >> 3 & 3) * 64 << 8 | (u32)(byte >> 5) * 36) &
	       (*len == 0 ? 0 : UINT32_MAX << (32 - *len));
}

static void take_hops(struct world *w, struct rib_model_offer *offer, u8 byte)
{
	enum route_source source = w->model.source[offer->client];
	bool on_link = source == ROUTE_CONNECTED;
	bool direct = on_link || (source != ROUTE_BGP && (byte & 0x40) == 0);

	offer->hop_count = on_link ? 1 : 1 + (byte >> 7);
	for (u32 i = 0; i < offer->hop_count; i++) {
		offer->hop[i].gateway = on_link ? 0 : 20u << 24 | (1 + (byte >> 3 * i & 3u)) * 36;
		offer->hop[i].iface = direct ? (u16)(byte >> (2 + 3 * i) & 1) : IFACE_NONE;
	}
	offer->metric = byte & 1u;
}

static void offer_one(struct world *w, const u8 *byte)
{
	struct rib_model_offer offer = { .client = w->client[byte[1] % CLIENTS] };
	enum route_source source = w->model.source[offer.client];
	struct rib_path path = { .client = offer.client, .hops = RIB_NONE };
	struct rib_hop hop[RIB_MODEL_HOPS] = { 0 };
	struct ip_prefix prefix;

	offer.prefix = prefix_of(byte[2], &offer.len);
	offer.path_id = byte[5] & 1;
	offer.hidden = (byte[5] & 6) == 6;
	offer.distance = byte[4] >= 250 ? 255 : distances[source];
	offer.attr = byte[4] & 3;
	offer.type = source != ROUTE_BGP && (byte[5] & 0x38) == 0x38 ? FIB_BLACKHOLE : FIB_UNICAST;
	if (offer.type == FIB_UNICAST)
		take_hops(w, &offer, byte[3]);
	else
		offer.metric = 10 + w->metric++;
	for (u32 i = 0; i < offer.hop_count; i++) {
		hop[i] = (struct rib_hop){ .iface = offer.hop[i].iface, .weight = 1 };
		if (offer.hop[i].gateway != 0)
			hop[i].gateway = ip_addr4(be32_of(offer.hop[i].gateway));
	}
	if (offer.hop_count > 0) {
		path.hops = rib_hops_get(&w->rib, hop, offer.hop_count);
		if (path.hops == RIB_NONE)
			return;
	}
	path.type = (u8)offer.type;
	path.distance = offer.distance;
	path.path_id = offer.path_id;
	path.metric = offer.metric;
	path.attr = offer.attr;
	path.hidden = offer.hidden;
	prefix = ip_prefix4(be32_of(offer.prefix), offer.len);
	if (rib_offer(&w->rib, &prefix, &path) != ERR_OK)
		return;
	w->attrs += source == ROUTE_BGP;
	CHECK(rib_model_offer(&w->model, &offer));
}

static void withdraw_one(struct world *w, const u8 *byte)
{
	struct rib_model_offer *offer;
	struct ip_prefix prefix;

	if (w->model.count == 0)
		return;
	offer = &w->model.offer[byte[1] % w->model.count];
	prefix = ip_prefix4(be32_of(offer->prefix), offer->len);
	CHECK(rib_withdraw(&w->rib, &prefix, offer->client, offer->path_id) == ERR_OK);
	rib_model_withdraw(&w->model, offer);
}

static void upset_one(struct world *w, const u8 *byte)
{
	u32 which = byte[1] % CLIENTS;
	u16 client = w->client[which];

	switch (byte[2] % 5) {
	case 0:
		rib_client_clear(&w->rib, client);
		rib_model_clear(&w->model, client);
		break;
	case 1:
		rib_client_stale(&w->rib, client);
		rib_model_stale(&w->model, client);
		break;
	case 2:
		rib_client_unstale(&w->rib, client);
		rib_model_unstale(&w->model, client);
		break;
	default:
		rib_client_del(&w->rib, client);
		rib_model_clear(&w->model, client);
		for (u32 n = 0; n < TICKS && rib_tick(&w->rib, w->now += NS_PER_MS); n++)
			;
		w->client[which] = rib_client_new(&w->rib, sources[which]);
		CHECK(w->client[which] < RIB_MODEL_CLIENTS);
		w->model.source[w->client[which]] = sources[which];
		break;
	}
}

static void read_some(struct world *w, u32 which, u32 most)
{
	struct rib_change change;

	for (u32 n = 0; n < most && rib_read(&w->rib, w->reader[which], &change); n++) {
		CHECK(change.net < NETS);
		w->known[which][change.net] = !change.gone;
	}
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void compare_lookup(const struct world *w, u32 to)
{
	const struct fib_route *route =
		fib_route_at(&w->fib, fib_lookup(&w->fib, be32_of(to)));
	struct rib_model_ways want;

	rib_model_lookup(&w->model, to, &want);
	CHECK(route->type == want.type);
	CHECK(route->path_count == want.count);
	for (u32 i = 0; i < want.count; i++) {
		u32 at = 0;

		while (at < route->path_count &&
		       (be32_host(route->path[at].gateway) != want.way[i].gateway ||
			route->path[at].out_if != want.way[i].iface))
			at++;
		CHECK(at < route->path_count);
	}
}

static void compare(struct world *w)
{
	struct rib_stats stats;
	u32 best = 0, len_count[READERS] = { 0 };

	for (u32 n = 0; n < TICKS && rib_tick(&w->rib, w->now += NS_PER_MS); n++)
		;
	CHECK(rib_is_idle(&w->rib));
	for (u32 byte = 0; byte < 256; byte += 8) {
		u8 len;
		u32 to = prefix_of((u8)(byte | 7), &len);

		compare_lookup(w, to);
		compare_lookup(w, to + 1);
	}
	rib_stats(&w->rib, &stats);
	for (u32 source = 0; source < ROUTE_SOURCES; source++)
		best += stats.source_best[source];
	for (u32 which = 0; which < READERS; which++) {
		read_some(w, which, UINT32_MAX);
		for (u32 net = 0; net < NETS; net++)
			len_count[which] += w->known[which][net];
		CHECK(len_count[which] == best);
	}
}

static void step(struct world *w, const u8 *byte)
{
	u32 which = byte[1] % READERS;

	switch (byte[0] % 8) {
	case 0:
	case 1:
	case 2: offer_one(w, byte); break;
	case 3: withdraw_one(w, byte); break;
	case 4: (void)rib_tick(&w->rib, w->now += NS_PER_MS); break;
	case 5: read_some(w, which, byte[2] % 16); break;
	case 6:
		if (byte[1] < 192)
			upset_one(w, byte);
		else
			rib_reader_rewind(&w->rib, w->reader[which]);
		break;
	default: compare(w); break;
	}
	rib_check(&w->rib);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct world *w = malloc(sizeof *w);
	struct rib_stats stats;
	const u8 *byte;

	CHECK(w != NULL);
	world_open(w);
	for (u32 n = 0; n < STEPS && next_bytes(&in, 6, &byte) == 6; n++)
		step(w, byte);
	compare(w);
	for (u32 i = 0; i < CLIENTS; i++) {
		rib_client_del(&w->rib, w->client[i]);
		rib_model_clear(&w->model, w->client[i]);
	}
	compare(w);
	compare(w);
	rib_check(&w->rib);
	rib_stats(&w->rib, &stats);
	CHECK(stats.paths == 0 && stats.hops == 0);
	CHECK(w->attrs == 0);
	free(w->region);
	free(w);
	return 0;
}
