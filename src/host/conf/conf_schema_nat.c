/* The table of translation: pools, rules, one-to-one. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const kind_words[] = { "masquerade", "pool", "none", NULL };
static const char *const mapping_words[] = { "endpoint", "destination", NULL };
static const char *const filtering_words[] = { "endpoint", "address", "address-port", NULL };

static_assert(NAT_KIND_MASQUERADE == 0 && NAT_KIND_POOL == 1 && NAT_KIND_NONE == 2, "words");
static_assert(NAT_MAP_ENDPOINT_INDEPENDENT == 0 && NAT_FILTER_ENDPOINT_INDEPENDENT == 0, "words");

static const struct conf_field pool_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_pool, name),
	  .size = CONF_NAME_SIZE,
	  .help = "by which rules speak of it" },
	{ .key = "ranges",
	  .kind = CONF_VALUES,
	  .element = CONF_RANGE,
	  .required = true,
	  .at = offsetof(struct conf_pool, pool.range),
	  .size = sizeof(struct nat_range),
	  .count_at = offsetof(struct conf_pool, pool.range_count),
	  .count_max = NAT_POOL_RANGE_MAX,
	  .help = "its public addresses" },
	{ .key = "ports",
	  .kind = CONF_PORTS,
	  .zero = "default",
	  .at = offsetof(struct conf_pool, pool.port_first),
	  .more = offsetof(struct conf_pool, pool.port_last),
	  .help = "the ports that flows get; the default is 1024-65535" },
	{ .key = "strict-pairing",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_pool, pool.strict_pairing),
	  .help = "refuse a host whose address has no port left, rather than give it a second "
		  "public address" },
};

const struct conf_group conf_pool_group = {
	.what = "a pool",
	.name = "name",
	.field = pool_fields,
	.field_count = ARRAY_COUNT(pool_fields),
};

static const struct conf_field mapping_fields[] = {
	{ .key = "tcp",
	  .kind = CONF_WORD,
	  .words = mapping_words,
	  .at = NAT_PROTO_TCP * sizeof(enum nat_mapping),
	  .help = "of TCP" },
	{ .key = "udp",
	  .kind = CONF_WORD,
	  .words = mapping_words,
	  .at = NAT_PROTO_UDP * sizeof(enum nat_mapping),
	  .help = "of UDP" },
	{ .key = "icmp",
	  .kind = CONF_WORD,
	  .words = mapping_words,
	  .at = NAT_PROTO_ICMP * sizeof(enum nat_mapping),
	  .help = "of ICMP queries" },
	{ .key = "other",
	  .kind = CONF_WORD,
	  .words = mapping_words,
	  .at = NAT_PROTO_OTHER * sizeof(enum nat_mapping),
	  .help = "of SCTP, DCCP and UDP-Lite" },
};

static const struct conf_group mapping_group = {
	.what = "a mapping",
	.field = mapping_fields,
	.field_count = ARRAY_COUNT(mapping_fields),
};

static const struct conf_field filtering_fields[] = {
	{ .key = "tcp",
	  .kind = CONF_WORD,
	  .words = filtering_words,
	  .at = NAT_PROTO_TCP * sizeof(enum nat_filtering),
	  .help = "of TCP" },
	{ .key = "udp",
	  .kind = CONF_WORD,
	  .words = filtering_words,
	  .at = NAT_PROTO_UDP * sizeof(enum nat_filtering),
	  .help = "of UDP" },
	{ .key = "icmp",
	  .kind = CONF_WORD,
	  .words = filtering_words,
	  .at = NAT_PROTO_ICMP * sizeof(enum nat_filtering),
	  .help = "of ICMP queries" },
	{ .key = "other",
	  .kind = CONF_WORD,
	  .words = filtering_words,
	  .at = NAT_PROTO_OTHER * sizeof(enum nat_filtering),
	  .help = "of SCTP, DCCP and UDP-Lite" },
};

static const struct conf_group filtering_group = {
	.what = "a filtering",
	.field = filtering_fields,
	.field_count = ARRAY_COUNT(filtering_fields),
};

static void rule_defaults(void *element)
{
	struct conf_rule *rule = element;

	nat_rule_defaults(&rule->rule);
}

static const struct conf_field rule_fields[] = {
	{ .key = "source",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_rule, rule.source),
	  .more = offsetof(struct conf_rule, rule.source_len),
	  .help = "hosts of the inside" },
	{ .key = "out",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_rule, out),
	  .size = IFACE_NAME_SIZE,
	  .help = "the interface by which packets leave" },
	{ .key = "zone",
	  .kind = CONF_NAME,
	  .zero = "any",
	  .at = offsetof(struct conf_rule, zone),
	  .size = IFACE_NAME_SIZE,
	  .help = "hosts of this zone" },
	{ .key = "destination",
	  .kind = CONF_PREFIX,
	  .zero = "any",
	  .at = offsetof(struct conf_rule, rule.dest),
	  .more = offsetof(struct conf_rule, rule.dest_len),
	  .help = "whom they speak to" },
	{ .key = "port",
	  .kind = CONF_PORT,
	  .zero = "any",
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_rule, rule.dest_port),
	  .help = "the destination's port, of a protocol that has ports" },
	{ .key = "kind",
	  .kind = CONF_WORD,
	  .shown = true,
	  .words = kind_words,
	  .at = offsetof(struct conf_rule, rule.kind),
	  .help = "masquerade: to the address of the way out; pool: to an address of a pool (so "
		  "it is when a pool is named); none: not at all" },
	{ .key = "pool",
	  .kind = CONF_NAME,
	  .zero = "none",
	  .at = offsetof(struct conf_rule, pool),
	  .size = CONF_NAME_SIZE,
	  .help = "the name of the pool" },
	{ .key = "mapping",
	  .kind = CONF_GROUP,
	  .group = &mapping_group,
	  .at = offsetof(struct conf_rule, rule.mapping),
	  .help = "endpoint: one port for all destinations, RFC 4787 REQ-1; destination: ports "
		  "are shared among destinations" },
	{ .key = "filtering",
	  .kind = CONF_GROUP,
	  .group = &filtering_group,
	  .at = offsetof(struct conf_rule, rule.filtering),
	  .help = "who may answer: endpoint, anybody; address, hosts that were spoken to; "
		  "address-port, endpoints that were spoken to" },
	{ .key = "hairpin",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_rule, rule.hairpin),
	  .help = "inside hosts reach each other by public addresses" },
	{ .key = "parity",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_rule, rule.parity),
	  .help = "mappings keep even ports even, where they can" },
};

static const struct conf_group rule_group = {
	.what = "a rule",
	.defaults = rule_defaults,
	.field = rule_fields,
	.field_count = ARRAY_COUNT(rule_fields),
};

static const struct conf_field static_fields[] = {
	{ .key = "inside",
	  .kind = CONF_PREFIX,
	  .required = true,
	  .at = offsetof(struct conf_static, inside),
	  .more = offsetof(struct conf_static, inside_len),
	  .help = "a host or prefix" },
	{ .key = "outside",
	  .kind = CONF_PREFIX,
	  .required = true,
	  .at = offsetof(struct conf_static, outside),
	  .more = offsetof(struct conf_static, outside_len),
	  .help = "its public addresses, as many" },
	{ .key = "zone",
	  .kind = CONF_NAME,
	  .zero = "none",
	  .at = offsetof(struct conf_static, zone),
	  .size = IFACE_NAME_SIZE,
	  .help = "whose hosts these are" },
};

static const struct conf_group static_group = {
	.what = "a one-to-one",
	.field = static_fields,
	.field_count = ARRAY_COUNT(static_fields),
};

static const struct conf_field nat_fields[] = {
	{ .key = "rules",
	  .kind = CONF_LIST,
	  .group = &rule_group,
	  .at = offsetof(struct conf, rule),
	  .size = sizeof(struct conf_rule),
	  .count_at = offsetof(struct conf, rule_count),
	  .count_max = NAT_RULE_MAX,
	  .help = "source translation: the first rule that matches decides, and what no rule "
		  "matches keeps its addresses" },
	{ .key = "one-to-one",
	  .kind = CONF_LIST,
	  .group = &static_group,
	  .at = offsetof(struct conf, fixed),
	  .size = sizeof(struct conf_static),
	  .count_at = offsetof(struct conf, static_count),
	  .count_max = NAT_STATIC_MAX,
	  .help = "hosts with public addresses of their own, both ways, all protocols and ports" },
	{ .key = "masquerade-ports",
	  .kind = CONF_PORTS,
	  .zero = "default",
	  .at = offsetof(struct conf, masquerade_port_first),
	  .more = offsetof(struct conf, masquerade_port_last),
	  .help = "the ports that masqueraded flows get; the default is 1024-65535 without those "
		  "of the host's own connections" },
	{ .key = "quarantine",
	  .kind = CONF_SECONDS,
	  .max = 3600,
	  .at = offsetof(struct conf, quarantine_s),
	  .help = "how long a freed endpoint-independent port rests" },
};

const struct conf_group conf_nat_group = {
	.what = "nat",
	.field = nat_fields,
	.field_count = ARRAY_COUNT(nat_fields),
};
