/* The table of OSPF. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const type_words[] = { "broadcast", "point-to-point", NULL };
static const char *const kind_words[] = { "normal", "stub", "nssa", NULL };

static_assert(OSPF_NET_BROADCAST == 0 && OSPF_NET_PTP == 1, "words");
static_assert(OSPF_AREA_NORMAL == 0 && OSPF_AREA_STUB == 1 && OSPF_AREA_NSSA == 2, "words");

/* ---- interfaces ------------------------------------------------------------------------------ */

static void iface_defaults(void *element)
{
	struct conf_ospf_iface *iface = element;
	struct ospf_iface_conf standard;

	ospf_iface_conf_defaults(&standard, 0, 0);
	iface->type = standard.type;
	iface->cost = standard.cost;
	iface->priority = standard.priority;
	iface->hello_s = standard.hello_s;
	iface->dead_s = standard.dead_s;
	iface->rxmt_s = standard.rxmt_s;
	iface->delay_s = standard.delay_s;
}

static const struct conf_field iface_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_ospf_iface, name),
	  .size = IFACE_NAME_SIZE,
	  .help = "one of 'interfaces'" },
	{ .key = "type",
	  .kind = CONF_WORD,
	  .words = type_words,
	  .at = offsetof(struct conf_ospf_iface, type),
	  .help = "point-to-point: exactly one neighbour, and no designated router is elected" },
	{ .key = "cost",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = UINT16_MAX - 1,
	  .at = offsetof(struct conf_ospf_iface, cost),
	  .help = "of a way out by it; the way with the lowest sum is taken" },
	{ .key = "priority",
	  .kind = CONF_NUMBER,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_ospf_iface, priority),
	  .help = "in the election of a designated router; 0: never" },
	{ .key = "hello",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_ospf_iface, hello_s),
	  .help = "between hellos; neighbours need the same, and of 'dead', too" },
	{ .key = "dead",
	  .kind = CONF_SECONDS,
	  .min = 2,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_ospf_iface, dead_s),
	  .help = "after which silence a neighbour is gone" },
	{ .key = "retransmit",
	  .kind = CONF_SECONDS,
	  .min = 2,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_ospf_iface, rxmt_s),
	  .help = "until what is not acknowledged is sent again" },
	{ .key = "transmit-delay",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = 60,
	  .at = offsetof(struct conf_ospf_iface, delay_s),
	  .help = "what is sent is older by it" },
	{ .key = "passive",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_iface, passive),
	  .help = "its network is announced, and nobody is spoken to there" },
	{ .key = "mtu-ignore",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_iface, mtu_ignore),
	  .help = "a neighbour with another MTU is taken nevertheless" },
	{ .key = "bfd",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_iface, bfd),
	  .help = "neighbours are gone as soon as BFD says so" },
	{ .key = "password",
	  .kind = CONF_SECRET,
	  .zero = "none",
	  .at = offsetof(struct conf_ospf_iface, password),
	  .size = OSPF_PLAIN_SIZE + 1,
	  .help = "in each packet, for everybody on the link to read; 'keys' are better" },
	{ .key = "keys",
	  .kind = CONF_LIST,
	  .group = &conf_key_group,
	  .at = offsetof(struct conf_ospf_iface, key),
	  .size = sizeof(struct conf_key),
	  .count_at = offsetof(struct conf_ospf_iface, key_count),
	  .count_max = CONF_KEY_MAX,
	  .help = "the first signs, each is accepted. A change: add the new one everywhere, move "
		  "it to the front everywhere, take the old one out" },
};

static const struct conf_group iface_group = {
	.what = "an interface of OSPF",
	.name = "name",
	.defaults = iface_defaults,
	.field = iface_fields,
	.field_count = ARRAY_COUNT(iface_fields),
};

/* ---- areas ----------------------------------------------------------------------------------- */

static const struct conf_field range_fields[] = {
	{ .key = "prefix",
	  .kind = CONF_PREFIX,
	  .required = true,
	  .at = offsetof(struct conf_ospf_range, prefix),
	  .more = offsetof(struct conf_ospf_range, len),
	  .help = "what is in it is told to other areas as one" },
	{ .key = "hidden",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_range, hidden),
	  .help = "or not at all" },
};

static const struct conf_group range_group = {
	.what = "a range",
	.field = range_fields,
	.field_count = ARRAY_COUNT(range_fields),
};

static void area_defaults(void *element)
{
	struct conf_ospf_area *area = element;
	struct ospf_area_conf standard;

	ospf_area_conf_defaults(&standard, 0);
	area->kind = standard.kind;
	area->default_cost = standard.default_cost;
}

static const struct conf_field area_fields[] = {
	{ .key = "id",
	  .kind = CONF_AREA,
	  .required = true,
	  .at = offsetof(struct conf_ospf_area, id),
	  .help = "0.0.0.0 is the backbone, which all others have to touch" },
	{ .key = "type",
	  .kind = CONF_WORD,
	  .words = kind_words,
	  .at = offsetof(struct conf_ospf_area, kind),
	  .help = "stub: no external routes; nssa: those of its own (RFC 3101). All of its routers "
		  "need the same" },
	{ .key = "no-summary",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_area, no_summary),
	  .help = "of stub and nssa: a default route is all that it is told of others" },
	{ .key = "default-cost",
	  .kind = CONF_NUMBER,
	  .max = 0xfffffe,
	  .at = offsetof(struct conf_ospf_area, default_cost),
	  .help = "of the default route that is offered there" },
	{ .key = "nssa-default",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_area, nssa_default),
	  .help = "of nssa: a default route is offered" },
	{ .key = "translate-always",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf_area, nssa_always),
	  .help = "of nssa: its external routes are told to others without an election of who "
		  "does that" },
	{ .key = "ranges",
	  .kind = CONF_LIST,
	  .group = &range_group,
	  .at = offsetof(struct conf_ospf_area, range),
	  .size = sizeof(struct conf_ospf_range),
	  .count_at = offsetof(struct conf_ospf_area, range_count),
	  .count_max = OSPF_RANGE_MAX,
	  .help = "how its networks are told to other areas" },
	{ .key = "interfaces",
	  .kind = CONF_LIST,
	  .required = true,
	  .group = &iface_group,
	  .at = offsetof(struct conf_ospf_area, iface),
	  .size = sizeof(struct conf_ospf_iface),
	  .count_at = offsetof(struct conf_ospf_area, iface_count),
	  .count_max = CONF_ROUTING_IFACE_MAX,
	  .help = "those that are in it" },
};

static const struct conf_group area_group = {
	.what = "an area",
	.name = "id",
	.defaults = area_defaults,
	.field = area_fields,
	.field_count = ARRAY_COUNT(area_fields),
};

/* ---- all ------------------------------------------------------------------------------------- */

static const struct conf_field ospf_fields[] = {
	{ .key = "import",
	  .kind = CONF_NAME,
	  .zero = "automatic",
	  .at = offsetof(struct conf_ospf, import),
	  .size = POLICY_NAME_SIZE,
	  .help = "the policy for which of its routes are used; automatic: all" },
	{ .key = "export",
	  .kind = CONF_NAME,
	  .zero = "automatic",
	  .at = offsetof(struct conf_ospf, export),
	  .size = POLICY_NAME_SIZE,
	  .help = "the policy for which routes of others are announced as external ones; "
		  "automatic: none" },
	{ .key = "export-metric",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 0xfffffe,
	  .at = offsetof(struct conf_ospf, export_metric),
	  .help = "of those to which the policy gives none" },
	{ .key = "distance",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 254,
	  .at = offsetof(struct conf_ospf, distance),
	  .help = "of its routes beside those of others" },
	{ .key = "rfc1583",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf, rfc1583),
	  .help = "ways to borders are compared as in RFC 1583, as all other routers do it here" },
	{ .key = "stub-router",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_ospf, stub_router),
	  .help = "others are told not to go through this router, RFC 6987" },
	{ .key = "stub-router-at-start",
	  .kind = CONF_SECONDS,
	  .zero = "none",
	  .min = 1,
	  .max = 86400,
	  .at = offsetof(struct conf_ospf, stub_router_start_s),
	  .help = "the same, for as long as this" },
	{ .key = "spf-initial-delay",
	  .kind = CONF_MILLIS,
	  .max = 60000,
	  .at = offsetof(struct conf_ospf, spf_initial_ms),
	  .help = "before ways are calculated after a change, RFC 8405" },
	{ .key = "spf-short-delay",
	  .kind = CONF_MILLIS,
	  .max = 60000,
	  .at = offsetof(struct conf_ospf, spf_short_ms),
	  .help = "the same while there are more changes" },
	{ .key = "spf-long-delay",
	  .kind = CONF_MILLIS,
	  .max = 60000,
	  .at = offsetof(struct conf_ospf, spf_long_ms),
	  .help = "and while there is no end of them" },
	{ .key = "areas",
	  .kind = CONF_LIST,
	  .group = &area_group,
	  .at = offsetof(struct conf_ospf, area),
	  .size = sizeof(struct conf_ospf_area),
	  .count_at = offsetof(struct conf_ospf, area_count),
	  .count_max = OSPF_AREA_MAX,
	  .help = "where it is spoken. Costs, keys and policies change without a neighbour being "
		  "lost; area, type, hello and dead do not" },
};

const struct conf_group conf_ospf_group = {
	.what = "ospf",
	.field = ospf_fields,
	.field_count = ARRAY_COUNT(ospf_fields),
};
