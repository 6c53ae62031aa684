/* What the rules say of a packet. */
#include "core/filter/filter.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

/* ---- one rule -------------------------------------------------------------------------------- */

static bool iface_in(u64 ifs, u32 index)
{
	return ifs == FILTER_IFACE_ANY || (index < FILTER_IFACES && (ifs >> index & 1) != 0);
}

static bool l4_matches(const struct filter_rule *rule, const struct filter_key *packet)
{
	bool same = packet->field[FILTER_PROTO] == rule->proto;

	if ((rule->flags & FILTER_PROTO_ONE) != 0 &&
	    same == ((rule->flags & FILTER_PROTO_NOT) != 0))
		return false;
	if ((rule->flags & FILTER_ICMP) != 0 && packet->icmp_type != rule->icmp_type)
		return false;
	if ((rule->flags & FILTER_ICMP_CODE) != 0 && packet->icmp_code != rule->icmp_code)
		return false;
	return (packet->tcp_flags & rule->tcp_mask) == rule->tcp_flags;
}

static bool ports_match(struct filter_rules *rules, const struct filter_rule *rule,
			const struct filter_key *packet)
{
	u32 sport = packet->field[FILTER_SPORT], dport = packet->field[FILTER_DPORT];
	bool in;

	if (!packet->ports)
		return false;
	if ((rule->flags & FILTER_SPORTS) != 0) {
		in = rule->sport_set != FILTER_SET_NONE
			     ? filter_set_has_port(rules, rule->sport_set, sport)
			     : sport >= rule->sport_first && sport <= rule->sport_last;
		if (in == ((rule->flags & FILTER_SPORT_NOT) != 0))
			return false;
	}
	if ((rule->flags & FILTER_DPORTS) != 0) {
		in = rule->dport_set != FILTER_SET_NONE
			     ? filter_set_has_port(rules, rule->dport_set, dport)
			     : dport >= rule->dport_first && dport <= rule->dport_last;
		if (in == ((rule->flags & FILTER_DPORT_NOT) != 0))
			return false;
	}
	return true;
}

static bool set_matches(struct filter_rules *rules, const struct hash_key *key, u16 set, bool not,
			u32 addr)
{
	return set == FILTER_SET_NONE || filter_set_has_addr(rules, key, set, addr) != not ;
}

static bool sets_match(struct filter_rules *rules, const struct hash_key *key,
		       const struct filter_rule *rule, const struct filter_key *packet)
{
	u32 src = packet->field[FILTER_SRC], dst = packet->field[FILTER_DST];

	if ((rule->flags & FILTER_SRC_PAIR) != 0) {
		if (!filter_set_has_pair(rules, key, rule->src_set, src,
					 packet->field[FILTER_SPORT]))
			return false;
	} else if (!set_matches(rules, key, rule->src_set, (rule->flags & FILTER_SRC_NOT) != 0,
				src)) {
		return false;
	}
	if ((rule->flags & FILTER_DST_PAIR) != 0)
		return filter_set_has_pair(rules, key, rule->dst_set, dst,
					   packet->field[FILTER_DPORT]);
	return set_matches(rules, key, rule->dst_set, (rule->flags & FILTER_DST_NOT) != 0, dst);
}

/* Of an address that a set is asked about, the mask is zero and `not` belongs to the set. */
static bool prefix_matches(u32 addr, u32 prefix, u32 mask, bool not )
{
	return mask == 0 || (((addr ^ prefix) & mask) == 0) != not ;
}

bool filter_rule_matches(struct filter_rules *rules, const struct hash_key *key, u16 at,
			 const struct filter_key *packet)
{
	const u16 any_ports = FILTER_SPORTS | FILTER_DPORTS | FILTER_SRC_PAIR | FILTER_DST_PAIR;
	const struct filter_rule *rule = &rules->rule[at];

	if (!prefix_matches(packet->field[FILTER_SRC], rule->src, rule->src_mask,
			    (rule->flags & FILTER_SRC_NOT) != 0) ||
	    !prefix_matches(packet->field[FILTER_DST], rule->dst, rule->dst_mask,
			    (rule->flags & FILTER_DST_NOT) != 0))
		return false;
	if ((rule->states & packet->state) == 0 || !l4_matches(rule, packet))
		return false;
	if (!iface_in(rule->in_ifs, packet->field[FILTER_IN_IF]) ||
	    !iface_in(rule->out_ifs, packet->field[FILTER_OUT_IF]))
		return false;
	if ((rule->flags & any_ports) != 0 && !ports_match(rules, rule, packet))
		return false;
	return (rule->src_set == FILTER_SET_NONE && rule->dst_set == FILTER_SET_NONE) ||
	       sets_match(rules, key, rule, packet);
}

/* ---- the trees ------------------------------------------------------------------------------- */

static u16 leaf_find(struct filter_rules *rules, const struct hash_key *key,
		     const struct filter_key *packet, u32 leaf, u32 from, u32 below)
{
	const u16 *rule = &rules->leaf[leaf + 1];

	for (u32 count = rules->leaf[leaf]; count > 0 && *rule < below; count--, rule++) {
		if (*rule >= from && filter_rule_matches(rules, key, *rule, packet))
			return *rule;
	}
	return FILTER_RULE_NONE;
}

static u32 fork_pass(const struct filter_rules *rules, const struct filter_key *packet, u32 where)
{
	const struct filter_fork *fork = &rules->fork[where];

	return fork->child[packet->field[fork->field] >= fork->split];
}

static u32 leaf_of(const struct filter_rules *rules, const struct filter_key *packet, u32 where)
{
	while ((where & FILTER_LEAF) == 0)
		where = fork_pass(rules, packet, where);
	return where & ~FILTER_LEAF;
}

/* The same of all trees together: each step waits for memory that the one before has named, and so
 * they wait for theirs at the same time.                                                         */
static void leaves_of(const struct filter_rules *rules, const struct filter_key *packet,
		      u32 where[FILTER_GROUPS], u32 count)
{
	u32 leaf;

	do {
		leaf = FILTER_LEAF;
		for (u32 at = 0; at < count; at++) {
			if ((where[at] & FILTER_LEAF) == 0)
				where[at] = fork_pass(rules, packet, where[at]);
			leaf &= where[at];
		}
	} while (leaf == 0);
}

/* The first group is asked alone: what begins a chain, like established flows, mostly ends the
 * look-up. Bounds: FILTER_GROUPS trees of FILTER_DEPTH_MAX levels.                               */
u16 filter_find(struct filter_rules *rules, const struct hash_key *key, enum filter_chain which,
		const struct filter_key *packet, u32 from)
{
	const struct filter_chain_rules *chain = &rules->chain[which];
	const struct filter_group *group = chain->group;
	u32 where[FILTER_GROUPS];
	u32 count = 0;
	u16 best;

	if (chain->group_count == 0)
		return FILTER_RULE_NONE;
	best = leaf_find(rules, key, packet, leaf_of(rules, packet, group->root), from,
			 FILTER_RULE_NONE);
	for (group++; count + 1 < chain->group_count && group[count].first < best; count++)
		where[count] = group[count].root;
	leaves_of(rules, packet, where, count);
	for (u32 at = 0; at < count && group[at].first < best; at++) {
		u16 found = leaf_find(rules, key, packet, where[at] & ~FILTER_LEAF, from, best);

		if (found != FILTER_RULE_NONE)
			best = found;
	}
	return best;
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* `due` is when the bucket would be full again (the generic cell rate algorithm). */
static bool bucket_has(ns_t due, ns_t now, ns_t burst_ns)
{
	return due <= now || due - now <= burst_ns;
}

static ns_t bucket_taken(ns_t due, ns_t now, ns_t interval_ns)
{
	return (due > now ? due : now) + interval_ns;
}

/* Where a source's bucket is kept: its own, an empty one, or that of the one nearest to rest. */
static struct filter_source *source_at(struct filter *filter, const struct filter_limiter *limiter,
				       const struct filter_key *packet, ns_t now)
{
	u32 addr = packet->field[FILTER_SRC];
	u64 hash = hash_words(&filter->key, (u64)packet->zone << 32 | addr,
			      (u32)limiter->made << 16 | limiter->rule);
	u32 bucket = hash_range(hash, filter->source_buckets);
	struct filter_source *way = &filter->source[bucket * FILTER_SOURCE_WAYS];
	struct filter_source *oldest = way;

	for (u32 n = 0; n < FILTER_SOURCE_WAYS; n++) {
		if (way[n].made == limiter->made && way[n].rule == limiter->rule &&
		    way[n].addr == addr && way[n].zone == packet->zone)
			return &way[n];
		if (way[n].due_ns < oldest->due_ns)
			oldest = &way[n];
	}
	filter->stats.sources_evicted += oldest->due_ns > now;
	*oldest = (struct filter_source){
		.addr = addr,
		.rule = limiter->rule,
		.made = limiter->made,
		.zone = packet->zone & 63u,
	};
	return oldest;
}

/* Whether the packet is on the side of the limits that the rule is for. Only what is within both
 * takes from either.                                                                             */
static bool limits_match(struct filter *filter, u16 rule, const struct filter_ask *ask)
{
	struct filter_limiter *limiter = &filter->live->limiter[filter->live->rule[rule].limiter];
	struct filter_source *source = NULL;
	bool within = true;

	if (limiter->interval_ns != 0)
		within = bucket_has(limiter->due_ns, ask->now, limiter->burst_ns);
	if (limiter->source_interval_ns != 0) {
		source = source_at(filter, limiter, &ask->key, ask->now);
		within = within && bucket_has(source->due_ns, ask->now, limiter->source_burst_ns);
	}
	if (within && limiter->interval_ns != 0)
		limiter->due_ns = bucket_taken(limiter->due_ns, ask->now, limiter->interval_ns);
	if (within && source != NULL)
		source->due_ns = bucket_taken(source->due_ns, ask->now,
					      limiter->source_interval_ns) &
				 FILTER_DUE_MASK;
	filter->stats.limited += within == limiter->over;
	return within != limiter->over;
}

/* ---- the log --------------------------------------------------------------------------------- */

static void log_add(struct filter *filter, const struct filter_ask *ask, struct filter_fate fate)
{
	const struct filter_conf *conf = &filter->conf;
	ns_t interval_ns = NS_PER_SEC / u32_max(conf->log_rate, 1);
	const u32 *field = ask->key.field;
	struct filter_log *log;

	if (conf->log_rate == 0 || filter->log_count == FILTER_LOG_MAX ||
	    !bucket_has(filter->log_due_ns, ask->now, (conf->log_burst - 1) * interval_ns)) {
		filter->log_held++;
		filter->stats.logs_lost++;
		return;
	}
	filter->log_due_ns = bucket_taken(filter->log_due_ns, ask->now, interval_ns);
	log = &filter->log[(filter->log_head + filter->log_count++) % FILTER_LOG_MAX];
	*log = (struct filter_log){
		.chain = (u8)ask->chain,
		.action = fate.action,
		.rule = ask->rule,
		.src = be32_of(field[FILTER_SRC]),
		.dst = be32_of(field[FILTER_DST]),
		.sport = (u16)field[FILTER_SPORT],
		.dport = field[FILTER_PROTO] == IP_PROTO_ICMP
				 ? (u16)(ask->key.icmp_type << 8 | ask->key.icmp_code)
				 : (u16)field[FILTER_DPORT],
		.proto = (u8)field[FILTER_PROTO],
		.in_if = field[FILTER_IN_IF] < FILTER_IFACES ? (u16)field[FILTER_IN_IF]
							     : UINT16_MAX,
		.out_if = field[FILTER_OUT_IF] < FILTER_IFACES ? (u16)field[FILTER_OUT_IF]
							       : UINT16_MAX,
		.when_ns = ask->now,
		.held_back = filter->log_held,
	};
	memcpy(log->name, filter->live->conf[ask->rule].name, FILTER_NAME_SIZE);
	filter->log_held = 0;
}

bool filter_log_next(struct filter *filter, struct filter_log *out)
{
	if (filter->log_count == 0)
		return false;
	*out = filter->log[filter->log_head];
	filter->log_head = (filter->log_head + 1) % FILTER_LOG_MAX;
	filter->log_count--;
	return true;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void count_add(struct filter_count *count, u32 len_bytes)
{
	count->packets++;
	count->bytes += len_bytes;
}

/* Whether the packets of this flow's direction that the short cut takes would all pass: by whatever
 * interface they come, with ACK and none of SYN, FIN and RST.                                    */
static bool stays_so(struct filter *filter, const struct filter_ask *ask)
{
	struct filter_rules *rules = filter->live;
	const struct filter_chain_rules *chain = &rules->chain[ask->chain];
	struct filter_key key = ask->key;

	if (key.tcp_flags != 0)
		key.tcp_flags = TCP_ACK;
	for (u64 ways = chain->ways_in; ways != 0; ways &= ways - 1) {
		const struct filter_rule *rule;
		u16 at;

		key.field[FILTER_IN_IF] = (u32)__builtin_ctzll(ways);
		at = filter_find(rules, &filter->key, ask->chain, &key, 0);
		if (at == FILTER_RULE_NONE && chain->policy.action != FILTER_ACCEPT)
			return false;
		rule = &rules->rule[at];
		if (at != FILTER_RULE_NONE &&
		    (rule->action != FILTER_ACCEPT || rule->limiter != FILTER_RULE_NONE ||
		     (rule->flags & FILTER_EACH) != 0))
			return false;
	}
	return true;
}

/* The rule that decides, and what comes with it. */
static struct filter_fate rule_applied(struct filter *filter, struct filter_ask *ask)
{
	const struct filter_rule *rule = &filter->live->rule[ask->rule];
	struct filter_fate fate = { rule->action, rule->reject };

	count_add(&filter->live->count[ask->rule], ask->len_bytes);
	ask->each |= (rule->flags & FILTER_EACH) != 0;
	if ((rule->flags & FILTER_LOG) != 0)
		log_add(filter, ask, fate);
	return fate;
}

/* Bounds: a look-up for each rule with a limit that the packet meets. */
struct filter_fate filter_judge(struct filter *filter, struct filter_ask *ask)
{
	struct filter_rules *rules = filter->live;
	struct filter_chain_rules *chain = &rules->chain[ask->chain];
	struct filter_fate fate = chain->policy;
	u32 from = 0;
	bool done = false;

	filter->stats.asked++;
	ask->each = false;
	do {
		ask->rule = filter_find(rules, &filter->key, ask->chain, &ask->key, from);
		if (ask->rule == FILTER_RULE_NONE) {
			count_add(&chain->count, ask->len_bytes);
			break;
		}
		from = (u32)ask->rule + 1;
		done = rules->rule[ask->rule].limiter == FILTER_RULE_NONE;
		ask->each |= !done;
		done = done || limits_match(filter, ask->rule, ask);
	} while (!done);
	if (done)
		fate = rule_applied(filter, ask);
	if (chain->fast == FILTER_FAST_ALWAYS)
		ask->each = false;
	else if (chain->fast == FILTER_FAST_NEVER || ask->key.state != FILTER_ESTABLISHED ||
		 (chain->varies && !stays_so(filter, ask)))
		ask->each = true;
	return fate;
}
