/* The table of filtering: policies and rules. */
#include <assert.h>

#include "core/wire/tcp.h"
#include "host/conf/conf_schema_part.h"
#include "host/conf/value_icmp.h"

static const char *const chain_words[] = { "input", "forward", "output", NULL };
static const char *const state_words[] = { "new", "established", "related", "untracked", NULL };
static const char *const action_words[] = { "accept", "drop", "reject", NULL };
static const char *const silent_words[] = { "accept", "drop", NULL };
static const char *const proto_words[] = { "tcp",  "udp",     "icmp", "sctp",
					   "dccp", "udplite", "gre",  NULL };
static const char *const flag_words[] = {
	"fin",    "syn",    "rst",    "psh",    "ack",    "urg",    "ece",    "cwr", "no-fin",
	"no-syn", "no-rst", "no-psh", "no-ack", "no-urg", "no-ece", "no-cwr", NULL,
};
static const char *const kind_words[] = { "addresses", "ports", "address-ports", NULL };
static const char *const reject_words[] = {
	"prohibited", "port", "host", "net", "tcp-reset", NULL
};

static_assert(FILTER_INPUT == 0 && FILTER_FORWARD == 1 && FILTER_OUTPUT == 2, "words");
static_assert(FILTER_ACCEPT == 0 && FILTER_DROP == 1 && FILTER_REJECT == 2, "words");
static_assert(FILTER_REJECT_PROHIBITED == 0 && FILTER_REJECT_RESET == 4, "words");
static_assert(FILTER_SET_ADDRS == 0 && FILTER_SET_PORTS == 1 && FILTER_SET_PAIRS == 2, "words");
static_assert(ARRAY_COUNT(kind_words) == FILTER_SET_KINDS + 1, "words");
static_assert(FILTER_NEW == 1 << CONF_NEW && FILTER_UNTRACKED == 1 << CONF_UNTRACKED, "states");
static_assert(ARRAY_COUNT(flag_words) == 2 * CONF_FLAG_COUNT + 1, "words");
static_assert(TCP_FIN == 1 << CONF_FIN && TCP_SYN == 1 << CONF_SYN, "flags");
static_assert(TCP_RST == 1 << CONF_RST && TCP_PSH == 1 << CONF_PSH, "flags");
static_assert(TCP_ACK == 1 << CONF_ACK && TCP_URG == 1 << CONF_URG, "flags");
static_assert(TCP_ECE == 1 << CONF_ECE && TCP_CWR == 1 << CONF_CWR, "flags");
static_assert((int)FILTER_PROTO_ANY == CONF_ANY && (int)VALUE_ICMP_ANY == CONF_ANY, "any");

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
	struct filter_limit limit = { .per_s = CONF_LIMIT_PER_S, .burst = CONF_LIMIT_BURST };

	rule->chain = FILTER_FORWARD;
	rule->proto = rule->icmp_type = rule->icmp_code = CONF_ANY;
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
	  .help = "what the packet is to connection tracking; untracked: it has no flow, as "
		  "packets for the host's own sockets, answers to the host among them" },
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
	{ .key = "zone",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, zone),
	  .size = IFACE_NAME_SIZE,
	  .help = "the zone from which they come: by any of its interfaces" },
	{ .key = "source",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, source),
	  .more = offsetof(struct conf_filter_rule, source_len),
	  .help = "whose packets; of those inside, their own addresses" },
	{ .key = "source-set",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, source_set),
	  .size = FILTER_NAME_SIZE,
	  .help = "instead, those in this set; of a set of address-ports, address and port" },
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
	{ .key = "destination-set",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, dest_set),
	  .size = FILTER_NAME_SIZE,
	  .help = "instead, those in this set; of a set of address-ports, address and port" },
	{ .key = "destination-not",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, dest_not),
	  .help = "all destinations but those" },
	{ .key = "protocol",
	  .kind = CONF_PROTO,
	  .words = proto_words,
	  .max = UINT8_MAX,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, proto),
	  .help = "with ports, any means each that has ports" },
	{ .key = "protocol-not",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, proto_not),
	  .help = "all protocols but that" },
	{ .key = "source-ports",
	  .kind = CONF_PORTS,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, sport_first),
	  .more = offsetof(struct conf_filter_rule, sport_last),
	  .help = "one port or a range" },
	{ .key = "source-port-set",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, sport_set),
	  .size = FILTER_NAME_SIZE,
	  .help = "instead, those in this set" },
	{ .key = "source-ports-not",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, sport_not),
	  .help = "all source ports but those" },
	{ .key = "ports",
	  .kind = CONF_PORTS,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, dport_first),
	  .more = offsetof(struct conf_filter_rule, dport_last),
	  .help = "of the destination, one port or a range" },
	{ .key = "port-set",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, dport_set),
	  .size = FILTER_NAME_SIZE,
	  .help = "instead, those in this set" },
	{ .key = "ports-not",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_filter_rule, dport_not),
	  .help = "all ports of the destination but those" },
	{ .key = "icmp",
	  .kind = CONF_ICMP,
	  .max = UINT8_MAX,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, icmp_type),
	  .more = offsetof(struct conf_filter_rule, icmp_code),
	  .help = "with 'protocol: icmp'" },
	{ .key = "tcp-flags",
	  .kind = CONF_VALUES,
	  .element = CONF_WORD,
	  .words = flag_words,
	  .zero = "any",
	  .at = offsetof(struct conf_filter_rule, flag),
	  .size = sizeof(u32),
	  .count_at = offsetof(struct conf_filter_rule, flag_count),
	  .count_max = CONF_FLAG_COUNT,
	  .help = "with 'protocol: tcp', those that have to be set and those that must not be: "
		  "[syn, no-ack]" },
	{ .key = "limit",
	  .kind = CONF_GROUP,
	  .group = &limit_group,
	  .at = offsetof(struct conf_filter_rule, limit),
	  .help = "the rule is for packets within this limit" },
	{ .key = "source-limit",
	  .kind = CONF_GROUP,
	  .group = &limit_group,
	  .at = offsetof(struct conf_filter_rule, source_limit),
	  .help = "the same for each source of each zone by itself" },
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

static const struct conf_field set_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_set, name),
	  .size = FILTER_NAME_SIZE,
	  .help = "what rules and 'sluice set' call it" },
	{ .key = "kind",
	  .kind = CONF_WORD,
	  .required = true,
	  .words = kind_words,
	  .at = offsetof(struct conf_set, kind),
	  .help = "of what: addresses and prefixes, ports, or addresses with a port each" },
	{ .key = "elements",
	  .kind = CONF_VALUES,
	  .element = CONF_ELEM,
	  .zero = "none",
	  .at = offsetof(struct conf_set, elem),
	  .size = sizeof(struct filter_elem),
	  .count_at = offsetof(struct conf_set, elem_count),
	  .count_max = CONF_SET_ELEM_MAX,
	  .help = "what is in it from the start" },
	{ .key = "file",
	  .kind = CONF_PATH,
	  .zero = "none",
	  .at = offsetof(struct conf_set, file),
	  .size = CONF_PATH_SIZE,
	  .help = "a file with more of them, one a line; # begins a comment" },
};

static const struct conf_group set_group = {
	.what = "a filter set",
	.name = "name",
	.field = set_fields,
	.field_count = ARRAY_COUNT(set_fields),
};

static const struct conf_field filter_fields[] = {
	{ .key = "input",
	  .kind = CONF_WORD,
	  .words = action_words,
	  .at = offsetof(struct conf, filter.policy[FILTER_INPUT]),
	  .help = "what no rule decides, of packets for the gateway and its host; the host's own "
		  "connections are untracked, so drop needs rules that let their answers in: "
		  "'states: untracked, protocol: tcp, tcp-flags: [ack]', or source-ports; those to "
		  "checks of backends are 'states: established'" },
	{ .key = "forward",
	  .kind = CONF_WORD,
	  .words = action_words,
	  .at = offsetof(struct conf, filter.policy[FILTER_FORWARD]),
	  .help = "of packets that pass through" },
	{ .key = "output",
	  .kind = CONF_WORD,
	  .words = silent_words,
	  .at = offsetof(struct conf, filter.policy[FILTER_OUTPUT]),
	  .help = "of packets that are made here, checks of backends among them" },
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
	  .help = "events of rules with 'log' a second; none: they make no event" },
	{ .key = "log-burst",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 1000000,
	  .at = offsetof(struct conf, filter.log_burst),
	  .help = "events at once" },
	{ .key = "sets",
	  .kind = CONF_LIST,
	  .group = &set_group,
	  .at = offsetof(struct conf, filter.set),
	  .size = sizeof(struct conf_set),
	  .count_at = offsetof(struct conf, filter.set_count),
	  .count_max = CONF_SET_MAX,
	  .help = "what rules can name; 'sluice set' changes them while the gateway runs, and a "
		  "reload leaves such changes alone unless it gives the set other elements" },
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
