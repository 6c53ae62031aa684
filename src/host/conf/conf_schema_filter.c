/* The table of filtering: policies and rules. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const chain_words[] = { "input", "forward", "output", NULL };
static const char *const state_words[] = { "new", "established", "related", "untracked", NULL };
static const char *const action_words[] = { "accept", "drop", "reject", NULL };
static const char *const silent_words[] = { "accept", "drop", NULL };
static const char *const proto_words[] = { "any",  "tcp",     "udp", "icmp", "sctp",
					   "dccp", "udplite", "gre", NULL };
static const char *const icmp_words[] = {
	"any",          "echo-reply",    "unreachable",       "source-quench", "redirect",
	"echo-request", "time-exceeded", "parameter-problem", "timestamp",     "timestamp-reply",
	NULL,
};
static const char *const reject_words[] = {
	"prohibited", "port", "host", "net", "tcp-reset", NULL
};

static_assert(FILTER_INPUT == 0 && FILTER_FORWARD == 1 && FILTER_OUTPUT == 2, "words");
static_assert(FILTER_ACCEPT == 0 && FILTER_DROP == 1 && FILTER_REJECT == 2, "words");
static_assert(FILTER_REJECT_PROHIBITED == 0 && FILTER_REJECT_RESET == 4, "words");
static_assert(FILTER_NEW == 1 << CONF_NEW && FILTER_UNTRACKED == 1 << CONF_UNTRACKED, "states");
static_assert(ARRAY_COUNT(proto_words) == CONF_PROTO_COUNT + 1, "words");
static_assert(ARRAY_COUNT(icmp_words) == CONF_ICMP_COUNT + 1, "words");

static const struct conf_field limit_fields[] = {
	{ .key = "rate",
	  .kind = CONF_NUMBER,
	  .zero = "none",
	  .min = 1,
	  .max = 1000000000,
	  .at = offsetof(struct filter_limit, rate),
	  .help = "packets in that time; none: no limit" },
	{ .key = "per",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = 86400,
	  .at = offsetof(struct filter_limit, per_s),
	  .help = "the time" },
	{ .key = "burst",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 1000000,
	  .at = offsetof(struct filter_limit, burst),
	  .help = "packets at once" },
};

static const struct conf_group limit_group = {
	.what = "a limit",
	.field = limit_fields,
	.field_count = ARRAY_COUNT(limit_fields),
};

static void rule_defaults(void *element)
{
	struct conf_filter_rule *rule = element;
	struct filter_limit limit = { .per_s = 1, .burst = 5 };

	rule->chain = FILTER_FORWARD;
	rule->limit = limit;
	rule->source_limit = limit;
}

static const struct conf_field rule_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .zero = "none",
	  .at = offsetof(struct conf_filter_rule, name),
	  .size = FILTER_NAME_SIZE,
	  .help = "what 'sluice show rules' and events call it" },
	{ .key = "chain",
	  .kind = CONF_WORD,
	  .words = chain_words,
	  .at = offsetof(struct conf_filter_rule, chain),
	  .help = "input: for the gateway and its host; forward: through it; output: made by it" },
	{ .key = "states",
	  .kind = CONF_VALUES,
	  .element = CONF_WORD,
	  .words = state_words,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, state),
	  .size = sizeof(enum conf_state),
	  .count_at = offsetof(struct conf_filter_rule, state_count),
	  .count_max = CONF_STATE_COUNT,
	  .help = "what the packet is to connection tracking" },
	{ .key = "in",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, in),
	  .size = IFACE_NAME_SIZE,
	  .help = "the interface by which packets come" },
	{ .key = "out",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, out),
	  .size = IFACE_NAME_SIZE,
	  .help = "the interface by which they leave" },
	{ .key = "source",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, source),
	  .more = offsetof(struct conf_filter_rule, source_len),
	  .help = "whose packets; of those inside, their own addresses" },
	{ .key = "source-not",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, source_not),
	  .help = "all sources but those" },
	{ .key = "destination",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, dest),
	  .more = offsetof(struct conf_filter_rule, dest_len),
	  .help = "to whom; of those inside, their own addresses" },
	{ .key = "destination-not",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, dest_not),
	  .help = "all destinations but those" },
	{ .key = "protocol",
	  .kind = CONF_WORD,
	  .words = proto_words,
	  .at = offsetof(struct conf_filter_rule, proto),
	  .help = "with ports, any means each that has ports" },
	{ .key = "source-ports",
	  .kind = CONF_PORTS,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, sport_first),
	  .more = offsetof(struct conf_filter_rule, sport_last),
	  .help = "one port or a range" },
	{ .key = "ports",
	  .kind = CONF_PORTS,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, dport_first),
	  .more = offsetof(struct conf_filter_rule, dport_last),
	  .help = "of the destination, one port or a range" },
	{ .key = "icmp",
	  .kind = CONF_WORD,
	  .words = icmp_words,
	  .at = offsetof(struct conf_filter_rule, icmp),
	  .help = "the type, with 'protocol: icmp'" },
	{ .key = "limit",
	  .kind = CONF_GROUP,
	  .group = &limit_group,
	  .at = offsetof(struct conf_filter_rule, limit),
	  .help = "the rule is for packets within this limit" },
	{ .key = "source-limit",
	  .kind = CONF_GROUP,
	  .group = &limit_group,
	  .at = offsetof(struct conf_filter_rule, source_limit),
	  .help = "the same for each source by itself" },
	{ .key = "limit-over",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, limit_over),
	  .help = "the rule is for packets beyond the limits instead" },
	{ .key = "action",
	  .kind = CONF_WORD,
	  .required = true,
	  .words = action_words,
	  .at = offsetof(struct conf_filter_rule, action),
	  .help = "drop is silent; reject tells the sender" },
	{ .key = "reject-with",
	  .kind = CONF_WORD,
	  .words = reject_words,
	  .at = offsetof(struct conf_filter_rule, reject),
	  .help = "an ICMP error of that kind, or a TCP reset" },
	{ .key = "log",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, log),
	  .help = "an event for what meets the rule" },
	{ .key = "each",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, each),
	  .help = "judge and count each packet of a flow" },
};

static const struct conf_group rule_group = {
	.what = "a filter rule",
	.defaults = rule_defaults,
	.field = rule_fields,
	.field_count = ARRAY_COUNT(rule_fields),
};

static const struct conf_field filter_fields[] = {
	{ .key = "input",
	  .kind = CONF_WORD,
	  .words = action_words,
	  .at = offsetof(struct conf, filter.policy[FILTER_INPUT]),
	  .help = "what no rule decides, of packets for the gateway and its host" },
	{ .key = "forward",
	  .kind = CONF_WORD,
	  .words = action_words,
	  .at = offsetof(struct conf, filter.policy[FILTER_FORWARD]),
	  .help = "of packets that pass through" },
	{ .key = "output",
	  .kind = CONF_WORD,
	  .words = silent_words,
	  .at = offsetof(struct conf, filter.policy[FILTER_OUTPUT]),
	  .help = "of packets that are made here" },
	{ .key = "reclassify",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf, filter.reclassify),
	  .help = "when rules change, flows that stand are judged anew and end if they would not "
		  "come about any more" },
	{ .key = "log-rate",
	  .kind = CONF_NUMBER,
	  .zero = "none",
	  .min = 1,
	  .max = 1000000,
	  .at = offsetof(struct conf, filter.log_rate),
	  .help = "events of rules with 'log' a second" },
	{ .key = "log-burst",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 1000000,
	  .at = offsetof(struct conf, filter.log_burst),
	  .help = "events at once" },
	{ .key = "rules",
	  .kind = CONF_LIST,
	  .group = &rule_group,
	  .at = offsetof(struct conf, filter.rule),
	  .size = sizeof(struct conf_filter_rule),
	  .count_at = offsetof(struct conf, filter.rule_count),
	  .count_max = CONF_FILTER_RULE_MAX,
	  .help = "the first rule of its chain that matches decides" },
};

const struct conf_group conf_filter_group = {
	.what = "filter",
	.field = filter_fields,
	.field_count = ARRAY_COUNT(filter_fields),
};
