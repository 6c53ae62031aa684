/* From rules to trees.
 *
 * A part is a list of rules, in their order, and the box of the key space that they share. It is
 * split where both halves are smallest, at one of a few places in each field: the middles among the
 * ends of its rules. So the cost of building follows from the number of rules times the depth. A
 * part that is small, that no split makes smaller, or for whose halves no memory is left becomes a
 * leaf.
 *
 * Memory: `spent` counts the places of all leaves written and of all parts that wait, and a split
 * that would bring it above what is planned is not made. So everything always fits.              */
#include "core/filter/filter.h"

enum { SAMPLES = 32 };

struct part {
	u32 lo[FILTER_FIELDS];
	u32 hi[FILTER_FIELDS];
	u32 begin; /* in the list of the scratch memory */
	u32 count;
	u32 *link; /* where its fork or leaf is to be named */
	u32 depth;
};

struct split {
	u32 field;
	u32 at;
	u32 below; /* rules that reach below `at` */
	u32 above;
};

struct builder {
	struct filter_rules *rules;
	struct filter_scratch *scratch;
	u32 leaf_places;
	u32 fork_places;
	u32 spent;
	u32 part_count;
	struct part part[FILTER_DEPTH_MAX + 2];
};

u32 filter_fork_places(const struct filter_conf *limits)
{
	return 2 * limits->rule_limit + FILTER_CHAINS * FILTER_GROUPS;
}

/* Each leaf begins with its number; there is a leaf more than forks in each tree. */
u32 filter_leaf_places(const struct filter_conf *limits)
{
	return FILTER_SPREAD * limits->rule_limit + filter_fork_places(limits) +
	       FILTER_CHAINS * FILTER_GROUPS;
}

static u32 rule_lo(const struct builder *b, u16 rule, u32 field)
{
	return b->scratch->lo[(u32)rule * FILTER_FIELDS + field];
}

static u32 rule_hi(const struct builder *b, u16 rule, u32 field)
{
	return b->scratch->hi[(u32)rule * FILTER_FIELDS + field];
}

static void sample_add(u32 *sample, u32 *count, u32 value)
{
	u32 at = *count;

	while (at > 0 && sample[at - 1] > value)
		at--;
	if (at > 0 && sample[at - 1] == value)
		return;
	memmove(&sample[at + 1], &sample[at], (*count - at) * sizeof *sample);
	sample[at] = value;
	(*count)++;
}

/* The middle of the ends of some rules, as far as they lie inside of the part. */
static bool split_place(const struct builder *b, const struct part *part, u32 field, u32 *at)
{
	const u16 *list = b->scratch->list + part->begin;
	u32 step = part->count / SAMPLES + 1;
	u32 sample[2 * SAMPLES + 2];
	u32 count = 0;

	for (u32 n = 0; n < part->count; n += step) {
		u32 lo = rule_lo(b, list[n], field), hi = rule_hi(b, list[n], field);

		if (lo > part->lo[field] && lo <= part->hi[field])
			sample_add(sample, &count, lo);
		if (hi < part->hi[field] && hi >= part->lo[field])
			sample_add(sample, &count, hi + 1);
	}
	if (count == 0)
		return false;
	*at = sample[count / 2];
	return true;
}

static void split_count(const struct builder *b, const struct part *part, struct split *split)
{
	const u16 *list = b->scratch->list + part->begin;

	split->below = split->above = 0;
	for (u32 n = 0; n < part->count; n++) {
		split->below += rule_lo(b, list[n], split->field) < split->at;
		split->above += rule_hi(b, list[n], split->field) >= split->at;
	}
}

static u32 split_cost(const struct split *split)
{
	return split->below + split->above + u32_max(split->below, split->above);
}

static bool split_choose(const struct builder *b, const struct part *part, struct split *best)
{
	bool found = false;

	for (u32 field = 0; field < FILTER_FIELDS; field++) {
		struct split split = { .field = field };

		if (!split_place(b, part, field, &split.at))
			continue;
		split_count(b, part, &split);
		if (u32_max(split.below, split.above) == part->count)
			continue;
		if (!found || split_cost(&split) < split_cost(best))
			*best = split;
		found = true;
	}
	return found;
}

static void leaf_write(struct builder *b, const struct part *part)
{
	struct filter_rules *rules = b->rules;

	CHECK(rules->leaf_used + part->count + 1 <= b->leaf_places);
	*part->link = FILTER_LEAF | rules->leaf_used;
	rules->leaf[rules->leaf_used] = (u16)part->count;
	memcpy(&rules->leaf[rules->leaf_used + 1], b->scratch->list + part->begin,
	       part->count * sizeof(u16));
	rules->leaf_used += part->count + 1;
}

/* The two halves of the last part take its place: the one above first, so that the one below is
 * dealt with first.                                                                              */
static void part_split(struct builder *b, const struct split *split)
{
	struct part part = b->part[b->part_count - 1];
	u16 *list = b->scratch->list + part.begin;
	u16 *whole = b->scratch->part;
	struct filter_fork *fork = &b->rules->fork[b->rules->fork_count];
	struct part *above = &b->part[b->part_count - 1], *below = above + 1;
	u32 kept = 0;

	CHECK(b->part_count < ARRAY_COUNT(b->part));
	*part.link = b->rules->fork_count++;
	*fork = (struct filter_fork){ .split = split->at, .field = split->field };
	memcpy(whole, list, part.count * sizeof *list);
	for (u32 n = 0; n < part.count; n++) {
		if (rule_hi(b, whole[n], split->field) >= split->at)
			list[kept++] = whole[n];
	}
	for (u32 n = 0; n < part.count; n++) {
		if (rule_lo(b, whole[n], split->field) < split->at)
			list[kept++] = whole[n];
	}
	*below = part;
	above->lo[split->field] = split->at;
	above->count = split->above;
	above->link = &fork->child[1];
	below->hi[split->field] = split->at - 1;
	below->begin = part.begin + split->above;
	below->count = split->below;
	below->link = &fork->child[0];
	above->depth = below->depth = part.depth + 1;
	b->part_count++;
	b->spent += split->above + split->below - part.count;
}

/* Bounds: fork_places splits. */
static void tree_build(struct builder *b, u32 *root, u32 count)
{
	struct part *first = &b->part[0];

	memset(first, 0, sizeof *first);
	for (u32 field = 0; field < FILTER_FIELDS; field++)
		first->hi[field] = UINT32_MAX;
	first->count = count;
	first->link = root;
	b->part_count = 1;
	b->spent += count;
	while (b->part_count > 0) {
		const struct part *part = &b->part[b->part_count - 1];
		struct split split;

		if (part->count > FILTER_LEAF_RULES && part->depth < FILTER_DEPTH_MAX &&
		    b->rules->fork_count < b->fork_places && split_choose(b, part, &split) &&
		    b->spent + split.above + split.below - part->count <=
			    b->leaf_places - b->fork_places - FILTER_CHAINS * FILTER_GROUPS) {
			part_split(b, &split);
		} else {
			leaf_write(b, part);
			b->part_count--;
		}
	}
}

/* ---- groups ---------------------------------------------------------------------------------- */

/* Rules that are narrow in the same fields separate well among themselves; a wide one among them
 * would be in every half.                                                                        */
static u32 kind_of(const struct builder *b, u16 rule)
{
	static const struct {
		enum filter_field field;
		u32 narrow;
	} fields[] = { { FILTER_SRC, UINT32_C(1) << 29 },
		       { FILTER_DST, UINT32_C(1) << 29 },
		       { FILTER_DPORT, 8192 } };
	u32 kind = 0;

	for (u32 n = 0; n < ARRAY_COUNT(fields); n++) {
		u32 width = rule_hi(b, rule, fields[n].field) - rule_lo(b, rule, fields[n].field);

		kind |= (u32)(width < fields[n].narrow) << n;
	}
	return kind;
}

static void chain_sort(struct filter_chain_rules *chain)
{
	for (u32 n = 1; n < chain->group_count; n++) {
		struct filter_group group = chain->group[n];
		u32 at = n;

		for (; at > 0 && chain->group[at - 1].first > group.first; at--)
			chain->group[at] = chain->group[at - 1];
		chain->group[at] = group;
	}
}

/* Adds a group of the rules of these kinds, in their order. */
static void group_build(struct builder *b, enum filter_chain which, u32 kinds)
{
	struct filter_chain_rules *chain = &b->rules->chain[which];
	u32 count = 0;

	for (u32 rule = 0; rule < b->rules->rule_count; rule++) {
		u32 kind = UINT32_C(1) << kind_of(b, (u16)rule);

		if (b->rules->conf[rule].chain == which && (kinds & kind) != 0)
			b->scratch->list[count++] = (u16)rule;
	}
	if (count == 0)
		return;
	chain->group[chain->group_count].first = b->scratch->list[0];
	tree_build(b, &chain->group[chain->group_count++].root, count);
}

/* A kind with few rules does not pay for a tree of its own: all of those share one. */
static void chain_build(struct builder *b, enum filter_chain which)
{
	u32 count[FILTER_GROUPS] = { 0 };
	u32 few = 0;

	for (u32 rule = 0; rule < b->rules->rule_count; rule++)
		count[kind_of(b, (u16)rule)] += b->rules->conf[rule].chain == which;
	b->rules->chain[which].group_count = 0;
	for (u32 kind = 0; kind < FILTER_GROUPS; kind++) {
		if (count[kind] <= FILTER_FEW_RULES)
			few |= UINT32_C(1) << kind;
		else
			group_build(b, which, UINT32_C(1) << kind);
	}
	group_build(b, which, few);
	chain_sort(&b->rules->chain[which]);
}

void filter_trees_build(struct filter_rules *rules, struct filter_scratch *scratch,
			const struct filter_conf *limits)
{
	struct builder builder = {
		.rules = rules,
		.scratch = scratch,
		.leaf_places = filter_leaf_places(limits),
		.fork_places = filter_fork_places(limits),
	};

	rules->fork_count = 0;
	rules->leaf_used = 0;
	for (u32 rule = 0; rule < rules->rule_count; rule++)
		filter_rule_box(&rules->rule[rule], &scratch->lo[rule * FILTER_FIELDS],
				&scratch->hi[rule * FILTER_FIELDS]);
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++)
		chain_build(&builder, chain);
}
