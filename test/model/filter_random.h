/* Random filters, and packets that meet them often: both draw from the same few addresses, ports
 * and protocols; some rules are as wide or as odd as can be.                                     */
#ifndef TEST_MODEL_FILTER_RANDOM_H
#define TEST_MODEL_FILTER_RANDOM_H

#include "core/base/rng.h"
#include "model/filter_model.h"

enum {
	FILTER_RANDOM_SETS = 6,
	FILTER_RANDOM_ELEMS = 24,
	FILTER_RANDOM_IFACES = 5,
};

struct filter_random {
	struct rng rng;
	u32 spread; /* how many different addresses and ports there are about */
	struct filter_elem elem[FILTER_RANDOM_SETS][FILTER_RANDOM_ELEMS];
	struct filter_set_conf set[FILTER_RANDOM_SETS];
};

void filter_random_init(struct filter_random *random, u64 seed, u32 spread);
/* conf->set and its elements: two sets of each kind. */
void filter_random_sets(struct filter_random *random, struct filter_conf *conf);
/* A rule that filter_conf_wrong() finds nothing wrong with; without limits. */
void filter_random_rule(struct filter_random *random, enum filter_chain chain,
			struct filter_rule_conf *rule);
void filter_random_packet(struct filter_random *random, enum filter_chain chain,
			  struct filter_model_packet *packet);

#endif
