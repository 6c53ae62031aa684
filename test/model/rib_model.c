/* What is offered is a list; the answers are computed from it each time. */
#include "rib_model.h"

static u32 mask_of(u32 len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

struct rib_model_offer *rib_model_find(struct rib_model *model, u32 prefix, u8 len, u16 client,
				       u32 path_id)
{
	for (u32 i = 0; i < model->count; i++) {
		struct rib_model_offer *offer = &model->offer[i];

		if (offer->prefix == prefix && offer->len == len && offer->client == client &&
		    offer->path_id == path_id)
			return offer;
	}
	return NULL;
}

bool rib_model_offer(struct rib_model *model, const struct rib_model_offer *offer)
{
	struct rib_model_offer *there = rib_model_find(model, offer->prefix, offer->len,
						       offer->client, offer->path_id);

	if (there == NULL && model->count == RIB_MODEL_MAX)
		return false;
	if (there == NULL)
		there = &model->offer[model->count++];
	*there = *offer;
	return true;
}

void rib_model_withdraw(struct rib_model *model, struct rib_model_offer *offer)
{
	*offer = model->offer[--model->count];
}

static void remove_of(struct rib_model *model, u16 client, bool only_stale)
{
	for (u32 i = model->count; i-- > 0;) {
		struct rib_model_offer *offer = &model->offer[i];

		if (offer->client == client && (offer->stale || !only_stale))
			rib_model_withdraw(model, offer);
	}
}

void rib_model_clear(struct rib_model *model, u16 client)
{
	remove_of(model, client, false);
}

void rib_model_stale(struct rib_model *model, u16 client)
{
	for (u32 i = 0; i < model->count; i++)
		model->offer[i].stale |= model->offer[i].client == client;
}

void rib_model_unstale(struct rib_model *model, u16 client)
{
	remove_of(model, client, true);
}

static bool is_direct(const struct rib_model_offer *offer)
{
	for (u32 i = 0; i < offer->hop_count; i++) {
		if (offer->hop[i].iface == IFACE_NONE)
			return false;
	}
	return true;
}

static bool is_allowed(const struct rib_model_offer *offer)
{
	return !offer->hidden && offer->distance < 255;
}

/* Of one source: what it says, else lower distance, then lower metric. */
static int compare(const struct rib_model *model, const struct rib_model_offer *a,
		   const struct rib_model_offer *b)
{
	if (model->source[a->client] == model->by_attr)
		return a->attr == b->attr ? 0 : a->attr > b->attr ? -1 : 1;
	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	return a->metric == b->metric ? 0 : a->metric < b->metric ? -1 : 1;
}

/* ---- gateways -------------------------------------------------------------------------------- */

struct walk {
	const struct rib_model *model;
	struct rib_model_ways *ways; /* NULL: only whether there are any */
	u32 cost;
	u32 tries;
	u32 depth;
	const struct rib_model_offer *way[RIB_MODEL_STEPS];
};

static u64 hop_rank(const struct rib_model_offer *offer, u32 at)
{
	u64 rank[RIB_MODEL_HOPS] = { 0 };

	for (u32 i = 0; i < offer->hop_count; i++)
		rank[i] = (u64)offer->hop[i].gateway << 16 | offer->hop[i].iface;
	if (offer->hop_count == 2 && rank[0] > rank[1])
		return rank[1 - at];
	return rank[at];
}

static bool is_same_set(const struct rib_model_offer *a, const struct rib_model_offer *b)
{
	return a->hop_count == b->hop_count && hop_rank(a, 0) == hop_rank(b, 0) &&
	       hop_rank(a, 1) == hop_rank(b, 1);
}

/* By metric also where a source has another measure. */
static int finder_order(const struct rib_model *model, const struct rib_model_offer *a,
			const struct rib_model_offer *b)
{
	const u64 of_a[] = { 32u - a->len,  a->distance,      model->source[a->client],
			     a->metric,     a->hop_count > 0, hop_rank(a, 0),
			     hop_rank(a, 1) };
	const u64 of_b[] = { 32u - b->len,  b->distance,      model->source[b->client],
			     b->metric,     b->hop_count > 0, hop_rank(b, 0),
			     hop_rank(b, 1) };

	for (u32 i = 0; i < ARRAY_COUNT(of_a); i++) {
		if (of_a[i] != of_b[i])
			return of_a[i] < of_b[i] ? -1 : 1;
	}
	return 0;
}

static bool may_find(const struct rib_model *model, const struct rib_model_offer *offer)
{
	return is_allowed(offer) &&
	       (is_direct(offer) || model->source[offer->client] != model->by_attr);
}

static const struct rib_model_offer *finder_next(const struct rib_model *model, u32 gateway,
						 const struct rib_model_offer *behind)
{
	const struct rib_model_offer *found = NULL;

	for (u32 i = 0; i < model->count; i++) {
		const struct rib_model_offer *offer = &model->offer[i];

		if (((gateway ^ offer->prefix) & mask_of(offer->len)) != 0 ||
		    !may_find(model, offer) ||
		    (behind != NULL && finder_order(model, offer, behind) <= 0))
			continue;
		if (found == NULL || finder_order(model, offer, found) < 0)
			found = offer;
	}
	return found;
}

static bool is_on_link(const struct rib_model_offer *offer)
{
	return offer->hop_count == 1 && offer->hop[0].gateway == 0;
}

static void way_add(struct walk *walk, u32 gateway, u16 iface, u32 cost)
{
	struct rib_model_ways *ways = walk->ways;

	walk->cost = u32_min(walk->cost, cost);
	if (ways == NULL)
		return;
	for (u32 i = 0; i < ways->count; i++) {
		if (ways->way[i].gateway == gateway && ways->way[i].iface == iface)
			return;
	}
	ways->way[ways->count++] = (struct rib_model_hop){ gateway, iface };
}

static bool offer_leads(struct walk *walk, const struct rib_model_offer *offer, u32 cost);

/* By the first route in order that leads to an interface and not back to where it is asked for. */
static bool gateway_leads(struct walk *walk, u32 gateway, u32 cost)
{
	const struct rib_model_offer *by = finder_next(walk->model, gateway, NULL);

	for (; by != NULL; by = finder_next(walk->model, gateway, by)) {
		u32 further = is_on_link(by) ? cost : cost + by->metric;
		bool back = false;

		if (walk->tries == 0)
			return false;
		walk->tries--;
		if (by->type != FIB_UNICAST)
			return false;
		if (is_direct(by)) {
			for (u32 i = 0; i < by->hop_count; i++)
				way_add(walk,
					by->hop[i].gateway != 0 ? by->hop[i].gateway : gateway,
					by->hop[i].iface, further);
			return true;
		}
		for (u32 i = 0; i < walk->depth; i++)
			back |= is_same_set(walk->way[i], by);
		if (back)
			continue;
		if (walk->depth == RIB_MODEL_STEPS)
			return false;
		if (offer_leads(walk, by, further))
			return true;
	}
	return false;
}

/* In the order of the set, which the limit of tries makes a difference to. */
static bool offer_leads(struct walk *walk, const struct rib_model_offer *offer, u32 cost)
{
	bool leads = false;

	walk->way[walk->depth++] = offer;
	for (u32 i = 0; i < offer->hop_count; i++) {
		u64 hop = hop_rank(offer, i);
		u16 iface = (u16)hop;

		if (iface != IFACE_NONE) {
			way_add(walk, (u32)(hop >> 16), iface, cost);
			leads = true;
		} else {
			leads |= gateway_leads(walk, (u32)(hop >> 16), cost);
		}
	}
	walk->depth--;
	return leads;
}

static bool ways_of(const struct rib_model *model, const struct rib_model_offer *offer,
		    struct rib_model_ways *ways, u32 *cost)
{
	struct walk walk = {
		.model = model, .ways = ways, .cost = UINT32_MAX, .tries = RIB_MODEL_TRIES
	};
	bool leads = offer_leads(&walk, offer, 0);

	*cost = walk.cost;
	return leads;
}

bool rib_model_is_reachable(const struct rib_model *model, u32 gateway, u32 *cost)
{
	const struct rib_model_offer asked = { .hop_count = 1, .hop = { { gateway, IFACE_NONE } } };
	u32 found;

	if (!ways_of(model, &asked, NULL, &found))
		return false;
	*cost = found;
	return true;
}

static bool has_way(const struct rib_model *model, const struct rib_model_offer *offer)
{
	u32 cost;

	return offer->type != FIB_UNICAST || ways_of(model, offer, NULL, &cost);
}

/* ---- the best -------------------------------------------------------------------------------- */

static const struct rib_model_offer *best_of(const struct rib_model *model, u32 prefix, u8 len,
					     enum route_source source)
{
	const struct rib_model_offer *best = NULL;

	for (u32 i = 0; i < model->count; i++) {
		const struct rib_model_offer *offer = &model->offer[i];

		if (offer->prefix != prefix || offer->len != len || !is_allowed(offer) ||
		    model->source[offer->client] != source)
			continue;
		if (best != NULL && (compare(model, offer, best) > 0 ||
				     (compare(model, offer, best) == 0 &&
				      offer->distance >= best->distance)))
			continue;
		if (has_way(model, offer))
			best = offer;
	}
	return best;
}

/* The lowest distance of what each source says. */
const struct rib_model_offer *rib_model_best(const struct rib_model *model, u32 prefix, u8 len)
{
	const struct rib_model_offer *best = NULL;

	for (u32 source = 0; source < ROUTE_SOURCES; source++) {
		const struct rib_model_offer *of =
			best_of(model, prefix, len, (enum route_source)source);

		if (of != NULL && (best == NULL || of->distance < best->distance))
			best = of;
	}
	return best;
}

bool rib_model_is_equal(const struct rib_model *model, const struct rib_model_offer *a,
			const struct rib_model_offer *b)
{
	return is_allowed(a) && is_allowed(b) && has_way(model, a) && has_way(model, b) &&
	       model->source[a->client] == model->source[b->client] && compare(model, a, b) == 0;
}

void rib_model_lookup(const struct rib_model *model, u32 addr, struct rib_model_ways *ways)
{
	*ways = (struct rib_model_ways){ .type = FIB_NONE };
	for (u32 len = 33; len-- > 0;) {
		u32 prefix = addr & mask_of(len);
		const struct rib_model_offer *best = rib_model_best(model, prefix, (u8)len);

		if (best == NULL)
			continue;
		ways->type = best->type;
		if (best->type != FIB_UNICAST)
			return;
		for (u32 i = 0; i < model->count; i++) {
			const struct rib_model_offer *offer = &model->offer[i];

			if (offer->prefix == prefix && offer->len == len &&
			    offer->type == FIB_UNICAST && rib_model_is_equal(model, offer, best))
				(void)ways_of(model, offer, ways, &(u32){ 0 });
		}
		return;
	}
}
