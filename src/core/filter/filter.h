/* The filter: which packets may come in, pass through and go out.
 *
 * Three chains of rules; of a chain the first rule that matches decides, and if none does, its
 * policy. What is matched is what netfilter's filter table sees: after destination translation,
 * before source translation.
 *
 * Rules are compiled (tree.c): those of a chain that are narrow in the same fields make a group,
 * kinds of which there are only a few share one, and each group is a binary tree of splits of
 * fields, with a few rules in a leaf. A look-up walks the trees in the order of the first rule in
 * each and ends when no tree has an earlier rule than the one found, so the usual cost is that of
 * some comparisons for each group, of which there are at most 8, whatever the number of rules.
 * Leaves name rules in their order, each is looked at in full, so a tree decides only where to
 * look, never what is found. A rule that spans a split is in both halves; where memory for that is
 * used up, a leaf holds more rules and costs more.
 *
 * Two generations: a new one is built beside the one in use and takes its place between two
 * batches. A ruleset that is as it was is not exchanged; of another one the rules, policies and
 * sets that are as they were go on counting and limiting (keep.c).
 *
 * Flows: the short cut asks no rules, so a flow may take it only if the rules would go on saying
 * yes. filter_judge() says so in filter_ask.each: of a chain that lets established flows pass
 * first, any packet that is let through proves it. Of others only an established one does, and only
 * if the rules let it through by whatever interface it comes, whatever flags of TCP that the short
 * cut takes it has, and without a limit or a wish to see each packet.                            */
#ifndef CORE_FILTER_FILTER_H
#define CORE_FILTER_FILTER_H

#include "core/base/hash.h"
#include "core/ct/ct.h"
#include "core/filter/filter_conf.h"
#include "core/filter/store.h"
#include "core/pkt/pkt.h"

enum {
	FILTER_GROUPS = 8,     /* narrow or wide in source, destination, destination port */
	FILTER_LEAF_RULES = 3, /* a leaf with so many is not split */
	FILTER_FEW_RULES = 6,  /* of one kind make no group of their own */
	FILTER_DEPTH_MAX = 32,
	FILTER_SPREAD = 8, /* places in leaves planned for each rule */
	FILTER_RULE_NONE = UINT16_MAX,
	FILTER_LOG_MAX = 64,
	FILTER_SOURCE_WAYS = 4,   /* sources that share a bucket of the table */
	FILTER_SWEEP_NS = 100000, /* between two steps */
};

/* Fields that trees split. */
enum filter_field {
	FILTER_SRC,
	FILTER_DST,
	FILTER_SPORT,
	FILTER_DPORT,
	FILTER_PROTO,
	FILTER_IN_IF,
	FILTER_OUT_IF,
	FILTER_FIELDS,
};

/* A packet as rules see it; host byte order. */
struct filter_key {
	u32 field[FILTER_FIELDS]; /* ports are zero where there are none */
	u8 state;                 /* one of enum filter_state */
	bool ports;               /* TCP or UDP */
	u8 zone;                  /* of the source, by which limits of each source count it */
	u8 icmp_type;
	u8 icmp_code;
	u8 tcp_flags;
};

/* What a rule matches, in a line of memory. */
struct filter_rule {
	u32 src;
	u32 src_mask;
	u32 dst;
	u32 dst_mask;
	u16 sport_first;
	u16 sport_last;
	u16 dport_first;
	u16 dport_last;
	u64 in_ifs;
	u64 out_ifs;
	u16 src_set;
	u16 dst_set;
	u16 sport_set;
	u16 dport_set;
	u16 flags; /* enum filter_rule_flag */
	u8 states;
	u8 proto;
	u8 icmp_type;
	u8 icmp_code;
	u8 tcp_mask;
	u8 tcp_flags;
	u8 action;
	u8 reject;
	u16 limiter; /* FILTER_RULE_NONE: no limit */
};
_Static_assert(sizeof(struct filter_rule) == 64, "a rule is one line");

enum filter_rule_flag {
	FILTER_SRC_NOT = 1 << 0,
	FILTER_DST_NOT = 1 << 1,
	FILTER_SPORT_NOT = 1 << 2,
	FILTER_DPORT_NOT = 1 << 3,
	FILTER_PROTO_NOT = 1 << 4,
	FILTER_PROTO_ONE = 1 << 5,
	FILTER_ICMP = 1 << 6,
	FILTER_ICMP_CODE = 1 << 7,
	FILTER_SPORTS = 1 << 8, /* source ports are matched */
	FILTER_DPORTS = 1 << 9,
	FILTER_SRC_PAIR = 1 << 10, /* src_set is not used alone: see src_pair of its conf */
	FILTER_DST_PAIR = 1 << 11,
	FILTER_LOG = 1 << 12,
	FILTER_EACH = 1 << 13,
};

/* Token buckets of a rule: the time at which each would be full again. */
struct filter_limiter {
	ns_t interval_ns; /* 0: this kind of limit is not there */
	ns_t burst_ns;
	ns_t due_ns;
	ns_t source_interval_ns;
	ns_t source_burst_ns;
	u16 rule; /* the place and the building in which it first came up: buckets of its */
	u16 made; /* sources are known by these                                           */
	bool over;
};

#define FILTER_DUE_MASK ((UINT64_C(1) << 58) - 1)

struct filter_source {
	u64 due_ns : 58; /* nine years */
	u64 zone : 6;    /* of the address */
	u32 addr;
	u16 rule; /* as in struct filter_limiter */
	u16 made; /* 0: empty */
};
_Static_assert(sizeof(struct filter_source) == 16, "four are a line");
_Static_assert(CT_ZONE_MAX <= 1 << 6, "a zone's number has six bits");

struct filter_count {
	u64 packets;
	u64 bytes;
};

struct filter_fork {
	u32 split;    /* below it: child[0] */
	u32 child[2]; /* a fork, or with FILTER_LEAF the place of a leaf */
	u32 field;
};

#define FILTER_LEAF (UINT32_C(1) << 31)

/* What a leaf begins with is the number of its rules. */
struct filter_group {
	u32 root;
	u16 first; /* rule; no rule of the group is earlier */
};

enum filter_fast {
	FILTER_FAST_ALWAYS,      /* established flows pass before all else */
	FILTER_FAST_ESTABLISHED, /* an established packet speaks for all of its flow's direction */
	FILTER_FAST_NEVER,       /* it does not */
};

struct filter_chain_rules {
	u32 group_count;
	struct filter_group group[FILTER_GROUPS]; /* by their first rule */
	struct filter_fate policy;
	struct filter_count count; /* of the policy */
	u8 fast;                   /* enum filter_fast */
	bool idle;                 /* no rules, and the policy accepts */
	bool uses_sets;
	bool varies; /* ways in or TCP flags matter to established packets */
	u64 ways_in; /* bits: one interface of each kind that the rules tell apart */
};

/* A set of one generation of rules, and the body that it has now. */
struct filter_set {
	char name[FILTER_NAME_SIZE];
	u8 kind;
	u16 body;
	u64 stamp; /* of the elements that its configuration gave it */
};

/* A generation: everything that one configuration became. */
struct filter_rules {
	struct filter_rule *rule;
	struct filter_rule_conf *conf; /* what each was made from, to be shown */
	u64 *rule_digest; /* of what each says */
	struct filter_count *count;
	struct filter_limiter *limiter;
	struct filter_fork *fork;
	u16 *leaf;
	struct filter_set *set;
	struct filter_store *store; /* what the sets of both generations hold */
	u32 rule_count;
	u32 limiter_count;
	u32 fork_count;
	u32 leaf_used;
	u32 set_count;
	u16 gen; /* that flows were let through by, never 0 */
	u64 digest;
	struct filter_chain_rules chain[FILTER_CHAINS];
};

/* An event for the log: what was decided about which packet. */
struct filter_log {
	u8 chain;
	u8 action;
	u16 rule;
	char name[FILTER_NAME_SIZE];
	be32 src;
	be32 dst;
	u16 sport;
	u16 dport; /* of ICMP: type and code */
	u8 proto;
	u16 in_if;
	u16 out_if;
	ns_t when_ns;
	u64 held_back; /* since the last one, for the limit's sake */
};

struct filter_stats {
	u64 asked;
	u64 limited;         /* packets that a limit kept from its rule */
	u64 sources_evicted; /* sources whose place another one took before it was at rest */
	u64 logs_lost;       /* events that the rate limit or the queue's size kept back */
	u64 ended;           /* flows that new rules do not allow */
};

/* What only building needs. */
struct filter_scratch {
	u32 *lo; /* FILTER_FIELDS of each rule */
	u32 *hi;
	u16 *list; /* rules of the parts that wait to be split, one part behind the other */
	u16 *part;
};

struct filter {
	struct filter_conf conf; /* rules and sets are not kept */
	struct filter_conf next; /* what filter_commit() makes of it */
	struct filter_store store;
	struct filter_rules rules[2];
	struct filter_rules *live; /* NULL: no filter was planned */
	struct filter_scratch scratch;
	u16 *kept; /* by rule of what was prepared: which one in use it is; FILTER_RULE_NONE */
	u16 *flow_gen; /* by flow: the rules that let it through */
	struct filter_source *source;
	u32 source_buckets;
	struct hash_key key;
	u16 gen;
	u16 made; /* buildings that came in use */
	bool changed; /* the other generation waits for filter_commit() */
	ns_t sweep_ns;
	ns_t log_due_ns;
	u64 log_held;
	struct filter_log log[FILTER_LOG_MAX];
	u32 log_head;
	u32 log_count;
	struct filter_stats stats;
};

/* A question, and what comes with the answer. */
struct filter_ask {
	struct filter_key key;
	enum filter_chain chain;
	u32 len_bytes;
	ns_t now;
	u16 rule;  /* that decided; FILTER_RULE_NONE: the policy */
	bool each; /* the answer is for this packet, not for its flow */
};

void filter_layout(struct filter *filter, const struct filter_conf *conf, u32 flow_count,
		   struct mem *mem);
void filter_init(struct filter *filter, const struct hash_key *key);
/* Build the generation that conf describes beside the one in use. On an error nothing has changed;
 * *why says what is wrong. ERR_FULL: it needs more than planned.                                */
enum err filter_prepare(struct filter *filter, const struct filter_conf *conf, u32 iface_count,
			const char **why);
/* What was prepared is in use from now on. Requires: no packet is on the road. */
void filter_commit(struct filter *filter);
/* What was prepared is not wanted. */
void filter_forget(struct filter *filter);
/* A bounded step of what is left to do after sets were exchanged, and when to call it. */
void filter_tick(struct filter *filter, ns_t now);
ns_t filter_next(const struct filter *filter);
void filter_check(const struct filter *filter);

/* ---- the road ------------------------------------------------------------------------------- */

static inline bool filter_is_idle(const struct filter *filter, enum filter_chain chain)
{
	return LIKELY(filter->live == NULL || filter->live->chain[chain].idle);
}

/* What the rules say of a packet; counts it, takes from limits, logs. */
struct filter_fate filter_judge(struct filter *filter, struct filter_ask *ask);
/* Whether the flow was let through by these very rules. */
static inline bool filter_knows_flow(const struct filter *filter, u32 flow)
{
	return filter->flow_gen[flow] == filter->live->gen;
}

static inline void filter_note_flow(struct filter *filter, u32 flow)
{
	filter->flow_gen[flow] = filter->live->gen;
}

/* The first rule of the chain from `from` on that matches but for its limits; FILTER_RULE_NONE. */
u16 filter_find(struct filter_rules *rules, const struct hash_key *key, enum filter_chain chain,
		const struct filter_key *packet, u32 from);
bool filter_rule_matches(struct filter_rules *rules, const struct hash_key *key, u16 rule,
			 const struct filter_key *packet);

/* ---- sets (set.c) ---------------------------------------------------------------------------- */

/* Between two batches. ERR_NOT_FOUND: no such set, or, to take away, no such element; ERR_EXISTS;
 * ERR_RANGE: not an element of this kind of set; ERR_FULL: elem_limit.                           */
enum err filter_set_add(struct filter *filter, const char *name, const struct filter_elem *elem);
enum err filter_set_del(struct filter *filter, const char *name, const struct filter_elem *elem);
/* Many, all in or all out; *changed: how many were not so before. Stops at one that is refused. */
enum err filter_set_change(struct filter *filter, const char *name, const struct filter_elem *elem,
			   u32 count, bool in, u32 *changed);
/* Nothing is in it any more; *gone: how many elements were. Bounds: none of them is touched. */
enum err filter_set_flush(struct filter *filter, const char *name, u32 *gone);
/* All of a set anew: a body is filled beside the one that it has, in as many calls as it takes, and
 * then exchanged for it at once. What filter_fill_begin() gave is given back by the end, if that
 * answers ERR_OK, or dropped.
 *
 * ERR_NOT_FOUND: there is no such set, or not any more. ERR_FULL: elem_limit, or too many are being
 * filled at once. filter_fill_put() stops at the first element that is refused; one that is there
 * already is none.                                                                               */
enum err filter_fill_begin(struct filter *filter, const char *name, u32 *fill);
enum err filter_fill_put(struct filter *filter, const char *name, u32 fill,
			 const struct filter_elem *elem, u32 count, u32 *taken);
enum err filter_fill_end(struct filter *filter, const char *name, u32 fill);
void filter_fill_drop(struct filter *filter, u32 fill);
/* Whether all of elem is in the set, and the element, or range of ports, that holds it; counts
 * nothing. ERR_NOT_FOUND: no such set; ERR_RANGE: not an element of its kind.                    */
enum err filter_set_find(const struct filter *filter, const char *name,
			 const struct filter_elem *elem, bool *in, struct filter_elem *holder);
/* NULL: there is none of that name. */
const struct filter_set *filter_set_named(const struct filter *filter, const char *name);
/* Whether a change of sets changes what becomes of flows that stand. */
bool filter_sets_matter(const struct filter *filter);

bool filter_log_next(struct filter *filter, struct filter_log *out);

/* ---- inside of filter ------------------------------------------------------------------------ */

/* Flows that were let through so far were so by other rules than these. */
void filter_gen_next(struct filter *filter);

/* Of everything but the limits of memory and what filter_commit() takes over by itself; and into
 * rule[], of each rule.                                                                          */
u64 filter_digest(const struct filter *filter, const struct filter_conf *conf, u32 iface_count,
		  u64 *rule);
u64 filter_set_stamp(const struct filter *filter, const struct filter_set_conf *set);
/* Finds out which of the rules are rules of the generation in use. */
void filter_rules_match(struct filter *filter, const struct filter_rules *rules);
/* These take over what they were found to be, and are about to be in use. */
void filter_rules_keep(struct filter *filter, struct filter_rules *rules);
/* What of rules and sets can not be, or NULL. */
const char *filter_conf_wrong(const struct filter_conf *conf);
void filter_rule_compile(struct filter_rule *rule, const struct filter_rule_conf *conf);
/* What of a chain allows the short cut. */
void filter_chain_compile(struct filter_rules *rules, enum filter_chain which, u32 iface_count);
/* What a rule covers of a field, at least. */
void filter_rule_box(const struct filter_rule *rule, u32 lo[FILTER_FIELDS], u32 hi[FILTER_FIELDS]);
/* The trees of every chain. Never fails: what does not fit makes leaves larger. */
void filter_trees_build(struct filter_rules *rules, struct filter_scratch *scratch,
			const struct filter_conf *limits);
u32 filter_leaf_places(const struct filter_conf *limits);
u32 filter_fork_places(const struct filter_conf *limits);

static inline struct filter_body *filter_body_of(const struct filter_rules *rules, u16 set)
{
	return &rules->store->body[rules->set[set].body];
}

/* The generation has no sets any more. */
void filter_sets_release(struct filter_rules *rules);
/* Elements of all sets but those of ports, for which elem_limit is no limit. */
u32 filter_sets_held(const struct filter_rules *rules);
bool filter_set_has_addr(struct filter_rules *rules, const struct hash_key *key, u16 set, u32 addr);
bool filter_set_has_port(struct filter_rules *rules, u16 set, u32 port);
bool filter_set_has_pair(struct filter_rules *rules, const struct hash_key *key, u16 set, u32 addr,
			 u32 port);

#endif
