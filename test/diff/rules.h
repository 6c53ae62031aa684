/* Random filter rules that both gateways get: as the engine's configuration, and as nftables text.
 *
 * FORWARD has rules of every kind but limits, for the clock stands still; INPUT has some; OUTPUT
 * none, since what the two say by themselves differs for other reasons.                          */
#ifndef TEST_DIFF_RULES_H
#define TEST_DIFF_RULES_H

#include "core/filter/filter_conf.h"
#include "sim/net.h"

enum { RULES_MAX = 24, RULES_SETS = 3, RULES_ELEMS = 6, RULES_TEXT = 16384 };

struct rules {
	u32 rule_count;
	struct filter_rule_conf rule[RULES_MAX];
	struct filter_set_conf set[RULES_SETS]; /* one of each kind */
	struct filter_elem elem[RULES_SETS][RULES_ELEMS];
	bool drops[FILTER_CHAINS]; /* the policy of the chain */
	char text[RULES_TEXT];
};

/* Draws rules and writes their text. */
void rules_draw(struct rules *rules, struct net *net);
void rules_conf(const struct rules *rules, struct filter_conf *conf);

#endif
