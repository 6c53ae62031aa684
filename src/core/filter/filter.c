/* Memory of the filter, and the exchange of one generation of rules for the next. */
#include "core/filter/filter.h"

void filter_conf_defaults(struct filter_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->log_rate = 10;
	conf->log_burst = 20;
	conf->rule_limit = 1024;
	conf->set_limit = 32;
	conf->port_set_limit = 8;
	conf->elem_limit = 16384;
	conf->source_limit = 4096;
}

void filter_rule_defaults(struct filter_rule_conf *rule)
{
	memset(rule, 0, sizeof *rule);
	rule->chain = FILTER_FORWARD;
	rule->states = FILTER_STATES;
	rule->proto = FILTER_PROTO_ANY;
	rule->src.set = rule->dst.set = FILTER_SET_NONE;
	rule->sport.set = rule->dport.set = FILTER_SET_NONE;
	rule->src_pair = rule->dst_pair = FILTER_SET_NONE;
	rule->sport.last = rule->dport.last = UINT16_MAX;
	rule->in_ifs = rule->out_ifs = FILTER_IFACE_ANY;
	rule->icmp_code = -1;
}

u32 filter_conf_stateful(struct filter_conf *conf, struct filter_rule_conf *rule, u64 inside,
			 u64 outside)
{
	u32 count = 0;

	filter_rule_defaults(&rule[count]);
	memcpy(rule[count].name, "established", sizeof "established");
	rule[count++].states = FILTER_ESTABLISHED | FILTER_RELATED;
	if (inside != 0 && outside != 0) {
		filter_rule_defaults(&rule[count]);
		memcpy(rule[count].name, "from inside", sizeof "from inside");
		rule[count].states = FILTER_NEW;
		rule[count].in_ifs = inside;
		rule[count++].out_ifs = outside;
	}
	for (u64 left = inside; left != 0; left &= left - 1) {
		filter_rule_defaults(&rule[count]);
		memcpy(rule[count].name, "within inside", sizeof "within inside");
		rule[count].states = FILTER_NEW;
		rule[count].in_ifs = rule[count].out_ifs = left & -left;
		count++;
	}
	conf->rule = rule;
	conf->rule_count = count;
	conf->policy[FILTER_FORWARD] = (struct filter_fate){ .action = FILTER_DROP };
	return count;
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* One table for both generations: where that of the other begins. */
static void *take_both(struct mem *mem, const char *name, u64 count, u64 size_bytes, void **other)
{
	u8 *both = mem_take(mem, name, 2 * count, size_bytes);

	*other = both != NULL ? both + count * size_bytes : NULL;
	return both;
}

static void rules_layout(struct filter_rules rules[2], const struct filter_conf *conf,
			 struct mem *mem)
{
	u32 count = conf->rule_limit;
	void *other;

	rules[0].rule = take_both(mem, "filter_rules", count, sizeof *rules->rule, &other);
	rules[1].rule = other;
	rules[0].conf = take_both(mem, "filter_rule_confs", count, sizeof *rules->conf, &other);
	rules[1].conf = other;
	rules[0].rule_digest = take_both(mem, "filter_rule_digests", count,
					 sizeof *rules->rule_digest, &other);
	rules[1].rule_digest = other;
	rules[0].count = take_both(mem, "filter_counters", count, sizeof *rules->count, &other);
	rules[1].count = other;
	rules[0].limiter = take_both(mem, "filter_limiters", count, sizeof *rules->limiter, &other);
	rules[1].limiter = other;
	rules[0].fork = take_both(mem, "filter_forks", filter_fork_places(conf),
				  sizeof *rules->fork, &other);
	rules[1].fork = other;
	rules[0].leaf = take_both(mem, "filter_leaves", filter_leaf_places(conf),
				  sizeof *rules->leaf, &other);
	rules[1].leaf = other;
	rules[0].set = take_both(mem, "filter_set_names", conf->set_limit, sizeof *rules->set,
				 &other);
	rules[1].set = other;
}

void filter_layout(struct filter *filter, const struct filter_conf *conf, u32 flow_count,
		   struct mem *mem)
{
	struct filter_scratch *scratch = &filter->scratch;
	u64 ends = (u64)conf->rule_limit * FILTER_FIELDS;

	memset(filter, 0, sizeof *filter);
	filter->conf = *conf;
	filter->conf.rule_count = filter->conf.set_count = 0;
	filter->conf.rule = NULL;
	filter->conf.set = NULL;
	if (conf->rule_limit == 0)
		return;
	rules_layout(filter->rules, conf, mem);
	filter_store_layout(&filter->store, conf, mem);
	scratch->lo = mem_take(mem, "filter_ends_low", ends, sizeof *scratch->lo);
	scratch->hi = mem_take(mem, "filter_ends_high", ends, sizeof *scratch->hi);
	scratch->list = mem_take(mem, "filter_parts", FILTER_SPREAD * conf->rule_limit,
				 sizeof *scratch->list);
	scratch->part = mem_take(mem, "filter_part", conf->rule_limit, sizeof *scratch->part);
	filter->kept = mem_take(mem, "filter_rules_kept", conf->rule_limit, sizeof *filter->kept);
	filter->flow_gen = mem_take(mem, "filter_flows", flow_count, sizeof *filter->flow_gen);
	filter->source_buckets = u32_max(1, (conf->source_limit + FILTER_SOURCE_WAYS - 1) /
						    FILTER_SOURCE_WAYS);
	filter->source = mem_take(mem, "filter_sources",
				  (u64)filter->source_buckets * FILTER_SOURCE_WAYS,
				  sizeof *filter->source);
}

void filter_init(struct filter *filter, const struct hash_key *key)
{
	filter->key = *key;
	if (filter->conf.rule_limit == 0)
		return;
	filter->live = &filter->rules[0];
	filter_store_init(&filter->store);
	for (u32 at = 0; at < ARRAY_COUNT(filter->rules); at++)
		filter->rules[at].store = &filter->store;
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++)
		filter->live->chain[chain].idle = true;
}

/* ---- building -------------------------------------------------------------------------------- */

/* A set that has the elements which it had by the configuration before keeps the body that it has
 * by now; another one gets a new body.                                                           */
static enum err set_build(struct filter *filter, const struct filter_set_conf *conf,
			  struct filter_set *set)
{
	const struct filter_set *old = filter_set_named(filter, conf->name);

	memcpy(set->name, conf->name, sizeof set->name);
	set->kind = conf->kind;
	set->stamp = filter_set_stamp(filter, conf);
	if (old != NULL && old->kind == set->kind && old->stamp == set->stamp) {
		set->body = old->body;
		filter_body_get(&filter->store, set->body);
		return ERR_OK;
	}
	set->body = filter_body_new(&filter->store, &filter->key, (enum filter_set_kind)conf->kind);
	if (set->body == FILTER_BODY_NONE)
		return ERR_FULL;
	for (u32 at = 0; at < conf->elem_count; at++) {
		enum err err = filter_body_add(&filter->store, &filter->key, set->body,
					       &conf->elem[at]);

		if (err == ERR_OK || err == ERR_EXISTS)
			continue;
		filter_body_put(&filter->store, set->body);
		return err;
	}
	return ERR_OK;
}

static enum err sets_build(struct filter *filter, struct filter_rules *rules,
			   const struct filter_conf *conf, const char **why)
{
	filter_sets_release(rules);
	for (u32 at = 0; at < conf->set_count; at++) {
		enum err err = set_build(filter, &conf->set[at], &rules->set[at]);

		if (err == ERR_OK)
			rules->set_count++;
		if (err == ERR_OK && filter_sets_held(rules) > conf->elem_limit)
			err = ERR_FULL;
		if (err == ERR_RANGE)
			*why = "a filter set has an element that is not of its kind";
		if (err == ERR_FULL)
			*why = "filter sets have more elements than planned (limit elem_limit)";
		if (err != ERR_OK) {
			filter_sets_release(rules);
			return err;
		}
	}
	return ERR_OK;
}

static ns_t limit_interval(const struct filter_limit *limit)
{
	return limit->rate == 0 ? 0 : limit->per_s * NS_PER_SEC / limit->rate;
}

static void limiter_build(struct filter_rules *rules, struct filter_rule *rule,
			  const struct filter_rule_conf *conf)
{
	const struct filter_limit *all = &conf->limit, *each = &conf->source_limit;

	if (all->rate == 0 && each->rate == 0)
		return;
	rule->limiter = (u16)rules->limiter_count++;
	rules->limiter[rule->limiter] = (struct filter_limiter){
		.interval_ns = limit_interval(all),
		.burst_ns = all->rate == 0 ? 0 : (all->burst - 1) * limit_interval(all),
		.source_interval_ns = limit_interval(each),
		.source_burst_ns = each->rate == 0 ? 0 : (each->burst - 1) * limit_interval(each),
		.over = conf->limit_over,
	};
}

static void rules_build(struct filter *filter, struct filter_rules *rules,
			const struct filter_conf *conf, u32 iface_count)
{
	rules->rule_count = conf->rule_count;
	rules->limiter_count = 0;
	for (u32 at = 0; at < conf->rule_count; at++) {
		filter_rule_compile(&rules->rule[at], &conf->rule[at]);
		limiter_build(rules, &rules->rule[at], &conf->rule[at]);
		rules->conf[at] = conf->rule[at];
	}
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		rules->chain[chain].policy = conf->policy[chain];
		filter_chain_compile(rules, chain, iface_count);
	}
	filter_trees_build(rules, &filter->scratch, &filter->conf);
}

static struct filter_rules *other_rules(struct filter *filter)
{
	return filter->live == &filter->rules[0] ? &filter->rules[1] : &filter->rules[0];
}

enum err filter_prepare(struct filter *filter, const struct filter_conf *conf, u32 iface_count,
			const char **why)
{
	struct filter_conf asked = *conf;
	struct filter_rules *rules;
	u64 digest;
	enum err err;

	filter_forget(filter);
	asked.rule_limit = filter->conf.rule_limit;
	asked.set_limit = filter->conf.set_limit;
	asked.port_set_limit = filter->conf.port_set_limit;
	asked.elem_limit = filter->conf.elem_limit;
	asked.source_limit = filter->conf.source_limit;
	*why = filter_conf_wrong(&asked);
	if (*why != NULL)
		return ERR_RANGE;
	filter->next = asked;
	filter->next.rule_count = filter->next.set_count = 0;
	filter->next.rule = NULL;
	filter->next.set = NULL;
	if (filter->live == NULL)
		return ERR_OK;
	rules = other_rules(filter);
	digest = filter_digest(filter, &asked, iface_count, rules->rule_digest);
	if (digest == filter->live->digest)
		return ERR_OK;
	err = sets_build(filter, rules, &asked, why);
	if (err != ERR_OK)
		return err;
	rules_build(filter, rules, &asked, iface_count);
	rules->digest = digest;
	filter_rules_match(filter, rules);
	filter->changed = true;
	return ERR_OK;
}

void filter_gen_next(struct filter *filter)
{
	filter->gen = filter->gen == UINT16_MAX ? 1 : (u16)(filter->gen + 1);
	filter->live->gen = filter->gen;
}

void filter_commit(struct filter *filter)
{
	filter->conf = filter->next;
	if (!filter->changed)
		return;
	filter->changed = false;
	filter_rules_keep(filter, other_rules(filter));
	filter->live = other_rules(filter);
	filter_sets_release(other_rules(filter));
	filter_gen_next(filter);
}

void filter_forget(struct filter *filter)
{
	if (filter->changed)
		filter_sets_release(other_rules(filter));
	filter->changed = false;
}

void filter_tick(struct filter *filter, ns_t now)
{
	if (filter->store.gone == 0 || now < filter->sweep_ns)
		return;
	filter_store_sweep(&filter->store, &filter->key, FILTER_SWEEP_STEP);
	filter->sweep_ns = now + FILTER_SWEEP_NS;
}

ns_t filter_next(const struct filter *filter)
{
	return filter->store.gone > 0 ? filter->sweep_ns : NS_NEVER;
}

/* ---- invariants ------------------------------------------------------------------------------ */

static void leaf_check(const struct filter_rules *rules, u32 leaf)
{
	u32 count = rules->leaf[leaf];

	CHECK(leaf + count < rules->leaf_used);
	for (u32 n = 1; n <= count; n++) {
		CHECK(rules->leaf[leaf + n] < rules->rule_count);
		CHECK(n == 1 || rules->leaf[leaf + n - 1] < rules->leaf[leaf + n]);
	}
}

static void sets_check(const struct filter *filter)
{
	filter_store_check(&filter->store);
	for (u32 at = 0; at < filter->live->set_count; at++) {
		const struct filter_set *set = &filter->live->set[at];

		CHECK(set->body < filter->store.body_count);
		CHECK(filter->store.body[set->body].users > 0);
		CHECK(filter->store.body[set->body].kind == set->kind);
	}
	CHECK(filter_sets_held(filter->live) <= filter->conf.elem_limit);
}

void filter_check(const struct filter *filter)
{
	const struct filter_rules *rules = filter->live;

	if (rules == NULL)
		return;
	for (u32 at = 0; at < rules->fork_count; at++) {
		const struct filter_fork *fork = &rules->fork[at];

		CHECK(fork->field < FILTER_FIELDS);
		for (u32 side = 0; side < 2; side++) {
			if ((fork->child[side] & FILTER_LEAF) != 0)
				leaf_check(rules, fork->child[side] & ~FILTER_LEAF);
			else
				CHECK(fork->child[side] > at &&
				      fork->child[side] < rules->fork_count);
		}
	}
	sets_check(filter);
	CHECK(filter->log_count <= FILTER_LOG_MAX);
}
