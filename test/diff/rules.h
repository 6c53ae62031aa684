/* Random filter rules that both gateways get: as the engine's configuration, and as nftables text.
 *
 * FORWARD has rules of every kind; INPUT and OUTPUT some. Rules of OUTPUT do not ask what the two
 * say in different words (docs/differential.md): the source of errors and resets, and whether a
 * reset is of its connection or related to it.
 *
 * The kernel's clock goes on while the engine's stands still, so what a limit gives must not come
 * back as long as the test runs: all have a rate of one a day, and a burst.                      */
#ifndef TEST_DIFF_RULES_H
#define TEST_DIFF_RULES_H

#include "core/filter/filter_conf.h"
#include "sim/net.h"

enum {
	RULES_MAX = 24,
	RULES_SETS = 3,
	RULES_ELEMS = 6,
	RULES_TEXT = 16384,
	RULES_SOURCES = 4096, /* that a limit of each source remembers, more than there are */
};

struct rules {
	u32 rule_count;
	struct filter_rule_conf rule[RULES_MAX];
	struct filter_set_conf set[RULES_SETS]; /* one of each kind */
	struct filter_elem elem[RULES_SETS][RULES_ELEMS];
	bool drops[FILTER_CHAINS]; /* the policy of the chain */
	char text[RULES_TEXT];
};

/* Draws rules and writes their text; limited: many have a limit. */
void rules_draw(struct rules *rules, struct net *net, bool limited);
void rules_conf(const struct rules *rules, struct filter_conf *conf);

#endif
