/* The table of routing: what all protocols share, and BFD. Each protocol has a file of its own. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const algorithm_words[] = { "md5", "sha1", "sha256", "sha384", "sha512", NULL };
static const char *const bfd_auth_words[] = { "none", "password",        "md5", "meticulous-md5",
					      "sha1", "meticulous-sha1", NULL };

static const char *const pools_words[] = { "healthy", "whole", "always", NULL };

static_assert(CONF_POOLS_HEALTHY == 0 && CONF_POOLS_ALWAYS == 2, "words");
static_assert(CONF_KEY_MD5 == 0 && CONF_KEY_SHA512 == 4, "words");
static_assert(BFD_AUTH_NONE == 0 && BFD_AUTH_PASSWORD == 1 && BFD_AUTH_MD5 == 2 &&
		      BFD_AUTH_SHA1_METICULOUS == 5,
	      "words");

/* ---- prefix lists ---------------------------------------------------------------------------- */

static const struct conf_field list_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_prefix_list, name),
	  .size = POLICY_NAME_SIZE,
	  .help = "by which policies name it" },
	{ .key = "prefixes",
	  .kind = CONF_VALUES,
	  .element = CONF_LIST_PREFIX,
	  .required = true,
	  .at = offsetof(struct conf_prefix_list, prefix),
	  .size = sizeof(struct conf_list_prefix),
	  .count_at = offsetof(struct conf_prefix_list, prefix_count),
	  .count_max = CONF_LIST_EACH_MAX,
	  .help = "one that matches is enough" },
};

static const struct conf_group list_group = {
	.what = "a prefix list",
	.name = "name",
	.field = list_fields,
	.field_count = ARRAY_COUNT(list_fields),
};

/* ---- keys of OSPF and RIP -------------------------------------------------------------------- */

static void key_defaults(void *element)
{
	struct conf_key *key = element;

	key->id = 1;
	key->algorithm = CONF_KEY_SHA256;
}

static const struct conf_field key_fields[] = {
	{ .key = "id",
	  .kind = CONF_NUMBER,
	  .required = true,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_key, id),
	  .help = "by which neighbours tell it from others" },
	{ .key = "algorithm",
	  .kind = CONF_WORD,
	  .shown = true,
	  .words = algorithm_words,
	  .at = offsetof(struct conf_key, algorithm),
	  .help = "md5 as in RFC 2328 and 2082; the others are HMACs of RFC 5709 and 4822" },
	{ .key = "secret",
	  .kind = CONF_SECRET,
	  .required = true,
	  .at = offsetof(struct conf_key, secret),
	  .size = OSPF_KEY_SIZE + 1,
	  .help = "what both sides know; md5 takes 16 letters" },
};

const struct conf_group conf_key_group = {
	.what = "a key",
	.defaults = key_defaults,
	.field = key_fields,
	.field_count = ARRAY_COUNT(key_fields),
};

/* ---- BFD ------------------------------------------------------------------------------------- */

static const struct conf_field bfd_key_fields[] = {
	{ .key = "id",
	  .kind = CONF_NUMBER,
	  .required = true,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_bfd_key, id),
	  .help = "by which the neighbour tells it from others" },
	{ .key = "secret",
	  .kind = CONF_SECRET,
	  .required = true,
	  .at = offsetof(struct conf_bfd_key, secret),
	  .size = BFD_SECRET_MAX + 1,
	  .help = "what both sides know; up to 16 letters, with sha1 20" },
};

static const struct conf_group bfd_key_group = {
	.what = "a key",
	.field = bfd_key_fields,
	.field_count = ARRAY_COUNT(bfd_key_fields),
};

static void bfd_iface_defaults(void *element)
{
	struct conf_bfd_iface *iface = element;

	conf_bfd_params_defaults(&iface->params);
}

static const struct conf_field bfd_iface_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_bfd_iface, name),
	  .size = IFACE_NAME_SIZE,
	  .help = "an interface; all that is not said of it is as ever, not as above" },
	{ .key = "min-tx",
	  .kind = CONF_MILLIS,
	  .min = BFD_MIN_US / 1000,
	  .max = BFD_MAX_US / 1000,
	  .at = offsetof(struct conf_bfd_iface, params.min_tx_ms),
	  .help = "packets are sent no faster" },
	{ .key = "min-rx",
	  .kind = CONF_MILLIS,
	  .min = BFD_MIN_US / 1000,
	  .max = BFD_MAX_US / 1000,
	  .at = offsetof(struct conf_bfd_iface, params.min_rx_ms),
	  .help = "the neighbour is asked to send no faster" },
	{ .key = "multiplier",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_bfd_iface, params.multiplier),
	  .help = "packets that may be missed before the neighbour counts as gone" },
	{ .key = "passive",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_bfd_iface, params.passive),
	  .help = "speak when spoken to" },
	{ .key = "authentication",
	  .kind = CONF_WORD,
	  .words = bfd_auth_words,
	  .at = offsetof(struct conf_bfd_iface, params.auth),
	  .help = "of RFC 5880; meticulous: each packet has a number of its own" },
	{ .key = "keys",
	  .kind = CONF_LIST,
	  .group = &bfd_key_group,
	  .at = offsetof(struct conf_bfd_iface, params.key),
	  .size = sizeof(struct conf_bfd_key),
	  .count_at = offsetof(struct conf_bfd_iface, params.key_count),
	  .count_max = CONF_KEY_MAX,
	  .help = "the first signs, each is accepted" },
};

static const struct conf_group bfd_iface_group = {
	.what = "an interface of BFD",
	.name = "name",
	.defaults = bfd_iface_defaults,
	.field = bfd_iface_fields,
	.field_count = ARRAY_COUNT(bfd_iface_fields),
};

static const struct conf_field bfd_fields[] = {
	{ .key = "min-tx",
	  .kind = CONF_MILLIS,
	  .min = BFD_MIN_US / 1000,
	  .max = BFD_MAX_US / 1000,
	  .at = offsetof(struct conf_bfd, params.min_tx_ms),
	  .help = "packets are sent no faster" },
	{ .key = "min-rx",
	  .kind = CONF_MILLIS,
	  .min = BFD_MIN_US / 1000,
	  .max = BFD_MAX_US / 1000,
	  .at = offsetof(struct conf_bfd, params.min_rx_ms),
	  .help = "the neighbour is asked to send no faster" },
	{ .key = "multiplier",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_bfd, params.multiplier),
	  .help = "packets that may be missed before the neighbour counts as gone" },
	{ .key = "passive",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_bfd, params.passive),
	  .help = "speak when spoken to" },
	{ .key = "authentication",
	  .kind = CONF_WORD,
	  .words = bfd_auth_words,
	  .at = offsetof(struct conf_bfd, params.auth),
	  .help = "of RFC 5880; meticulous: each packet has a number of its own" },
	{ .key = "keys",
	  .kind = CONF_LIST,
	  .group = &bfd_key_group,
	  .at = offsetof(struct conf_bfd, params.key),
	  .size = sizeof(struct conf_bfd_key),
	  .count_at = offsetof(struct conf_bfd, params.key_count),
	  .count_max = CONF_KEY_MAX,
	  .help = "the first signs, each is accepted" },
	{ .key = "interfaces",
	  .kind = CONF_LIST,
	  .group = &bfd_iface_group,
	  .at = offsetof(struct conf_bfd, iface),
	  .size = sizeof(struct conf_bfd_iface),
	  .count_at = offsetof(struct conf_bfd, iface_count),
	  .count_max = CONF_ROUTING_IFACE_MAX,
	  .help = "where other values hold" },
};

static const struct conf_group bfd_group = {
	.what = "bfd",
	.field = bfd_fields,
	.field_count = ARRAY_COUNT(bfd_fields),
};

/* ---- all ------------------------------------------------------------------------------------- */

static const struct conf_field routing_fields[] = {
	{ .key = "router-id",
	  .kind = CONF_ADDR,
	  .when = CONF_ANEW,
	  .zero = "automatic",
	  .at = offsetof(struct conf_routing, router_id),
	  .help = "the name of this router in BGP and OSPF; automatic: the highest own address. "
		  "Another one ends all sessions" },
	{ .key = "announce-pools",
	  .kind = CONF_WORD,
	  .words = pools_words,
	  .at = offsetof(struct conf_routing, pools),
	  .help = "when neighbours are told of addresses of 'pools', services and static rules "
		  "that are on no link. healthy: while a link inside and one outside are up; "
		  "whole: while each link inside and one outside are; always. But for always, not "
		  "before all addresses are known to be the gateway's own" },
	{ .key = "prefix-lists",
	  .kind = CONF_LIST,
	  .group = &list_group,
	  .at = offsetof(struct conf_routing, list),
	  .size = sizeof(struct conf_prefix_list),
	  .count_at = offsetof(struct conf_routing, list_count),
	  .count_max = POLICY_LIST_MAX,
	  .help = "named sets of prefixes, of which policies ask" },
	{ .key = "policies",
	  .kind = CONF_LIST,
	  .group = &conf_policy_group,
	  .at = offsetof(struct conf_routing, policy),
	  .size = sizeof(struct conf_policy),
	  .count_at = offsetof(struct conf_routing, policy_count),
	  .count_max = CONF_POLICY_MAX,
	  .help = "what is taken of routes, announced or changed" },
	{ .key = "bgp",
	  .kind = CONF_GROUP,
	  .group = &conf_bgp_group,
	  .at = offsetof(struct conf_routing, bgp),
	  .help = "the Border Gateway Protocol, RFC 4271" },
	{ .key = "ospf",
	  .kind = CONF_GROUP,
	  .group = &conf_ospf_group,
	  .at = offsetof(struct conf_routing, ospf),
	  .help = "Open Shortest Path First, version 2, RFC 2328" },
	{ .key = "rip",
	  .kind = CONF_GROUP,
	  .group = &conf_rip_group,
	  .at = offsetof(struct conf_routing, rip),
	  .help = "the Routing Information Protocol, version 2, RFC 2453" },
	{ .key = "bfd",
	  .kind = CONF_GROUP,
	  .group = &bfd_group,
	  .at = offsetof(struct conf_routing, bfd),
	  .help = "Bidirectional Forwarding Detection, RFC 5880, for neighbours with 'bfd: true': "
		  "it says within a second that one is gone" },
	{ .key = "fpm",
	  .kind = CONF_GROUP,
	  .group = &conf_fpm_group,
	  .at = offsetof(struct conf_routing, fpm),
	  .help = "routes that FRR's zebra tells by its forwarding plane manager" },
};

const struct conf_group conf_routing_group = {
	.what = "routing",
	.field = routing_fields,
	.field_count = ARRAY_COUNT(routing_fields),
};
