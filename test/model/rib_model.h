/* The routing information base as plain as can be: a list of what is offered, and everything
 * computed anew for each question. The oracle of core/routing.                                  */
#ifndef TEST_MODEL_RIB_MODEL_H
#define TEST_MODEL_RIB_MODEL_H

#include "core/fib/fib.h"
#include "core/routing/speaker.h"

enum {
	RIB_MODEL_MAX = 1024,
	RIB_MODEL_CLIENTS = 16,
	RIB_MODEL_HOPS = 2,
	RIB_MODEL_WAYS = 64,
	RIB_MODEL_STEPS = 8,   /* sets of next hops one behind the other */
	RIB_MODEL_TRIES = 256, /* routes that gateways of one set are looked for by */
};

struct rib_model_hop {
	u32 gateway; /* host order; zero: on the link */
	u16 iface;   /* IFACE_NONE: wherever the gateway is */
};

struct rib_model_offer {
	u32 prefix; /* host order */
	u8 len;
	u16 client;
	u32 path_id;
	enum fib_type type;
	u8 distance;
	u32 metric;
	u32 attr;
	bool hidden;
	bool stale;
	u32 hop_count;
	struct rib_model_hop hop[RIB_MODEL_HOPS];
};

struct rib_model {
	u32 count;
	struct rib_model_offer offer[RIB_MODEL_MAX];
	enum route_source source[RIB_MODEL_CLIENTS];
	/* Of this source the highest attr wins, and paths of equal ones forward together. Gateways
	 * are found by its paths only where those name interfaces.                               */
	enum route_source by_attr;
};

/* A set of ways without order, or none. */
struct rib_model_ways {
	enum fib_type type;
	u32 count;
	struct rib_model_hop way[RIB_MODEL_WAYS];
};

/* False: the list is full. */
bool rib_model_offer(struct rib_model *model, const struct rib_model_offer *offer);
/* NULL: this client does not offer it. */
struct rib_model_offer *rib_model_find(struct rib_model *model, u32 prefix, u8 len, u16 client,
				       u32 path_id);
void rib_model_withdraw(struct rib_model *model, struct rib_model_offer *offer);
void rib_model_clear(struct rib_model *model, u16 client);
void rib_model_stale(struct rib_model *model, u16 client);
void rib_model_unstale(struct rib_model *model, u16 client);
/* One of the best of a net; NULL. */
const struct rib_model_offer *rib_model_best(const struct rib_model *model, u32 prefix, u8 len);
/* Whether an offer is as good as another one of its net. */
bool rib_model_is_equal(const struct rib_model *model, const struct rib_model_offer *a,
			const struct rib_model_offer *b);
/* Where an address goes. */
void rib_model_lookup(const struct rib_model *model, u32 addr, struct rib_model_ways *ways);
bool rib_model_is_reachable(const struct rib_model *model, u32 gateway, u32 *cost);

#endif
