/* The hash table of a service: every place names a backend, and few places change when the set of
 * backends does (Eisenbud et al., "Maglev", NSDI 2016, section 3.4).
 *
 * Each backend has its own order of all places, from a hash of its address and port alone. In turns
 * each takes the first place of its order that is still free; one of half the weight sits out every
 * second turn. The size is prime, so that every step width visits every place.                   */
#include "core/nat/balance.h"

struct claimant {
	u64 identity;
	u32 place; /* next in its order */
	u32 step;
	u32 owed; /* turns, times the largest weight, that it must have waited for */
	u16 weight;
	u16 slot;
};

static struct claimant claimant_of(const struct balance *b, u16 slot, u32 size)
{
	const struct backend *backend = &b->backend[slot];
	u64 identity = hash_words(&b->key, backend->addr.raw, backend->port);

	return (struct claimant){
		.identity = identity,
		.place = (u32)(identity >> 32) % size,
		.step = (u32)identity % (size - 1) + 1,
		.weight = backend->weight,
		.slot = slot,
	};
}

/* Who comes first in a turn must not follow from the order in the configuration. */
static void claimant_insert(struct claimant *list, u32 count, const struct claimant *who)
{
	u32 at = count;

	for (; at > 0 && list[at - 1].identity > who->identity; at--)
		list[at] = list[at - 1];
	list[at] = *who;
}

static void claimant_take(struct claimant *who, u16 *table, u32 size)
{
	while (table[who->place] != BALANCE_NONE)
		who->place = (who->place + who->step) % size;
	table[who->place] = who->slot;
}

void maglev_fill(const struct balance *b, const u16 *member, u32 count, u16 *table, u32 size)
{
	struct claimant list[BALANCE_EACH_MAX];
	u32 weight_max = 0;
	u32 taken = 0;

	CHECK(count > 0);
	CHECK(count <= BALANCE_EACH_MAX);
	for (u32 at = 0; at < count; at++) {
		struct claimant who = claimant_of(b, member[at], size);

		claimant_insert(list, at, &who);
		weight_max = u32_max(weight_max, who.weight);
	}
	for (u32 at = 0; at < size; at++)
		table[at] = BALANCE_NONE;
	for (u32 turn = 1; taken < size; turn++) {
		for (u32 at = 0; at < count && taken < size; at++) {
			struct claimant *who = &list[at];

			if ((u64)turn * who->weight < who->owed)
				continue;
			who->owed += weight_max;
			claimant_take(who, table, size);
			taken++;
		}
	}
}
