/* What of a generation of rules lives on in the next one.
 *
 * Rules have digests of what they say: of everything that was written about them, and of sets their
 * names. A rule of the new generation is one of the old if it says the same; of several that do,
 * they go by their order. Such a rule goes on counting where it was, and its limits have no more to
 * give than before. That costs one look into a table of hashes for each rule.
 *
 * Buckets of sources outlive an exchange where they lie: they belong to the place and the building
 * in which their rule first came up, and a rule that is kept keeps these. What belongs to a rule
 * that is gone comes to rest like that of any source.                                            */
#include "core/filter/filter.h"

/* ---- what is said --------------------------------------------------------------------------- */

static u64 mix(const struct filter *filter, u64 digest, u64 word)
{
	return hash_words(&filter->key, digest, word);
}

static u64 mix_bytes(const struct filter *filter, u64 digest, const void *bytes, u32 len)
{
	for (u32 at = 0; at < len; at += 8) {
		u64 word = 0;

		memcpy(&word, (const u8 *)bytes + at, u32_min(8, len - at));
		digest = mix(filter, digest, word);
	}
	return digest;
}

static u64 mix_name(const struct filter *filter, u64 digest, const char *name)
{
	u32 len = 0;

	while (name[len] != '\0')
		len++;
	return mix_bytes(filter, mix(filter, digest, len), name, len);
}

static u64 mix_limit(const struct filter *filter, u64 digest, const struct filter_limit *limit)
{
	digest = mix(filter, digest, limit->rate);
	return mix(filter, digest, (u64)limit->per_s << 32 | limit->burst);
}

u64 filter_set_stamp(const struct filter *filter, const struct filter_set_conf *set)
{
	u64 stamp = set->elem_count;

	if (set->stamp != 0)
		return set->stamp;
	for (u32 at = 0; at < set->elem_count; at++) {
		const struct filter_elem *elem = &set->elem[at];

		stamp = mix(filter, stamp, (u64)elem->addr.raw << 32 | elem->len);
		stamp = mix(filter, stamp, (u64)elem->port_first << 32 | elem->port_last);
	}
	return stamp;
}

static u64 mix_set(const struct filter *filter, u64 digest, const struct filter_conf *conf, u16 set)
{
	return set == FILTER_SET_NONE ? mix(filter, digest, set)
				      : mix_name(filter, digest, conf->set[set].name);
}

static u64 rule_digest(const struct filter *filter, const struct filter_conf *conf,
		       const struct filter_rule_conf *from)
{
	struct filter_rule rule;
	u64 digest = mix(filter, (u64)from->limit_over << 8 | from->chain, 0);

	filter_rule_compile(&rule, from);
	digest = mix_set(filter, digest, conf, rule.src_set);
	digest = mix_set(filter, digest, conf, rule.dst_set);
	digest = mix_set(filter, digest, conf, rule.sport_set);
	digest = mix_set(filter, digest, conf, rule.dport_set);
	/* The same set may have another number. */
	rule.src_set = rule.dst_set = rule.sport_set = rule.dport_set = FILTER_SET_NONE;
	digest = mix_bytes(filter, digest, &rule, sizeof rule);
	digest = mix_name(filter, digest, from->name);
	digest = mix_limit(filter, digest, &from->limit);
	return mix_limit(filter, digest, &from->source_limit);
}

u64 filter_digest(const struct filter *filter, const struct filter_conf *conf, u32 iface_count,
		  u64 *rule)
{
	u64 digest = mix(filter, conf->rule_count, (u64)conf->set_count << 32 | iface_count);

	for (u32 chain = 0; chain < FILTER_CHAINS; chain++)
		digest = mix(filter, digest,
			     (u64)conf->policy[chain].action << 8 | conf->policy[chain].reject);
	for (u32 at = 0; at < conf->rule_count; at++) {
		rule[at] = rule_digest(filter, conf, &conf->rule[at]);
		digest = mix(filter, digest, rule[at]);
	}
	for (u32 at = 0; at < conf->set_count; at++) {
		const struct filter_set_conf *set = &conf->set[at];

		digest = mix_name(filter, digest, set->name);
		digest = mix(filter, digest, (u64)set->elem_count << 8 | set->kind);
		digest = mix(filter, digest, filter_set_stamp(filter, set));
	}
	return digest;
}

/* ---- which rules stay ------------------------------------------------------------------------ */

/* Takes the first rule that says this out of its chain; FILTER_RULE_NONE: there is none left. */
static u16 chain_take(const struct filter_rules *old, u16 *head, u16 *next, u64 digest)
{
	u16 *link = head;

	while (*link != FILTER_RULE_NONE) {
		u16 at = *link;

		if (old->rule_digest[at] == digest) {
			*link = next[at];
			return at;
		}
		link = &next[at];
	}
	return FILTER_RULE_NONE;
}

/* Of what building needed, nothing is needed any more. */
void filter_rules_match(struct filter *filter, const struct filter_rules *rules)
{
	const struct filter_rules *old = filter->live;
	u32 head_count = filter->conf.rule_limit;
	u16 *head = filter->scratch.list, *next = filter->scratch.part;

	for (u32 at = 0; at < head_count; at++)
		head[at] = FILTER_RULE_NONE;
	for (u32 at = old->rule_count; at-- > 0;) {
		u16 *link = &head[hash_range(old->rule_digest[at], head_count)];

		next[at] = *link;
		*link = (u16)at;
	}
	for (u32 at = 0; at < rules->rule_count; at++)
		filter->kept[at] = chain_take(
			old, &head[hash_range(rules->rule_digest[at], head_count)], next,
			rules->rule_digest[at]);
}

static struct filter_limiter *limiter_of(const struct filter_rules *rules, u16 rule)
{
	u16 at = rules->rule[rule].limiter;

	return at == FILTER_RULE_NONE ? NULL : &rules->limiter[at];
}

void filter_rules_keep(struct filter *filter, struct filter_rules *rules)
{
	const struct filter_rules *old = filter->live;

	filter->made = filter->made == UINT16_MAX ? 1 : (u16)(filter->made + 1);
	for (u16 at = 0; at < rules->rule_count; at++) {
		struct filter_limiter *limiter = limiter_of(rules, at);
		u16 was = filter->kept[at];

		rules->count[at] = (struct filter_count){ 0 };
		if (was != FILTER_RULE_NONE)
			rules->count[at] = old->count[was];
		if (limiter == NULL)
			continue;
		if (was != FILTER_RULE_NONE)
			*limiter = *limiter_of(old, was);
		/* When building numbers begin anew, one of before could be another rule's. */
		if (was == FILTER_RULE_NONE || filter->made == 1) {
			limiter->rule = at;
			limiter->made = filter->made;
		}
	}
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		const struct filter_chain_rules *from = &old->chain[chain];
		struct filter_chain_rules *to = &rules->chain[chain];
		bool same = from->policy.action == to->policy.action &&
			    from->policy.reject == to->policy.reject;

		to->count = same ? from->count : (struct filter_count){ 0 };
	}
}
