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

/* By metric also where a source has another measure: what gateways are found by. */
static bool is_better_resolver(const struct rib_model *model, const struct rib_model_offer *a,
			       const struct rib_model_offer *b)
{
	enum route_source source_a = model->source[a->client];
	enum route_source source_b = model->source[b->client];

	if (a->distance != b->distance)
		return a->distance < b->distance;
	return source_a != source_b ? source_a < source_b : a->metric < b->metric;
}

/* Of the longest net that holds the gateway and has a path that names its interfaces. */
static const struct rib_model_offer *resolver(const struct rib_model *model, u32 gateway)
{
	const struct rib_model_offer *found = NULL;

	for (u32 i = 0; i < model->count; i++) {
		const struct rib_model_offer *offer = &model->offer[i];

		if (((gateway ^ offer->prefix) & mask_of(offer->len)) != 0 || !is_direct(offer) ||
		    !is_allowed(offer))
			continue;
		if (found == NULL || offer->len > found->len ||
		    (offer->len == found->len && is_better_resolver(model, offer, found)))
			found = offer;
	}
	return found;
}

static bool is_on_link(const struct rib_model_offer *offer)
{
	return offer->hop_count == 1 && offer->hop[0].gateway == 0;
}

bool rib_model_is_reachable(const struct rib_model *model, u32 gateway, u32 *cost)
{
	const struct rib_model_offer *by = resolver(model, gateway);

	if (by == NULL || by->type != FIB_UNICAST)
		return false;
	*cost = is_on_link(by) ? 0 : by->metric;
	return true;
}

static bool has_way(const struct rib_model *model, const struct rib_model_offer *offer)
{
	u32 cost;

	if (offer->type != FIB_UNICAST)
		return true;
	for (u32 i = 0; i < offer->hop_count; i++) {
		if (offer->hop[i].iface != IFACE_NONE ||
		    rib_model_is_reachable(model, offer->hop[i].gateway, &cost))
			return true;
	}
	return false;
}

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

static void way_add(struct rib_model_ways *ways, u32 gateway, u16 iface)
{
	for (u32 i = 0; i < ways->count; i++) {
		if (ways->way[i].gateway == gateway && ways->way[i].iface == iface)
			return;
	}
	ways->way[ways->count++] = (struct rib_model_hop){ gateway, iface };
}

static void ways_of(const struct rib_model *model, const struct rib_model_offer *offer,
		    struct rib_model_ways *ways)
{
	for (u32 i = 0; i < offer->hop_count; i++) {
		const struct rib_model_hop *hop = &offer->hop[i];
		const struct rib_model_offer *by;

		if (hop->iface != IFACE_NONE) {
			way_add(ways, hop->gateway, hop->iface);
			continue;
		}
		by = resolver(model, hop->gateway);
		if (by == NULL || by->type != FIB_UNICAST)
			continue;
		for (u32 j = 0; j < by->hop_count; j++)
			way_add(ways, by->hop[j].gateway != 0 ? by->hop[j].gateway : hop->gateway,
				by->hop[j].iface);
	}
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
				ways_of(model, offer, ways);
		}
		return;
	}
}
