/* The table of BGP. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const ao_words[] = { "sha1", "aes-cmac", NULL };

static_assert(CONF_AO_SHA1 == 0 && CONF_AO_AES_CMAC == 1, "words");

static void peer_defaults(void *element)
{
	struct conf_bgp_peer *peer = element;
	struct bgp_peer_conf standard;

	bgp_peer_conf_defaults(&standard);
	peer->port = standard.port;
	peer->hold_s = standard.hold_s;
	peer->keepalive_s = standard.keepalive_s;
	peer->connect_retry_s = standard.connect_retry_s;
	peer->advertise_ms = standard.advertise_ms;
	peer->prefix_warn = standard.prefix_warn_percent;
	peer->graceful_restart = standard.graceful_restart;
	peer->restart_max_s = standard.restart_max_s;
	peer->paths_out = standard.paths_out;
}

/* ---- keys of TCP-AO -------------------------------------------------------------------------- */

static void ao_defaults(void *element)
{
	struct conf_ao_key *key = element;

	key->send_id = 1;
	key->recv_id = 1;
}

static bool has_key(const struct conf_bgp_peer *peer, const struct conf_ao_key *key)
{
	for (u32 i = 0; i < peer->ao_count; i++) {
		const struct conf_ao_key *other = &peer->ao[i];

		if (other->algorithm == key->algorithm && other->send_id == key->send_id &&
		    other->recv_id == key->recv_id && strcmp(other->secret, key->secret) == 0)
			return true;
	}
	return false;
}

/* Segments go on being believed as long as a key stays: bgp_auth_goes_on(). */
static enum conf_when ao_when(const void *from, const void *to)
{
	const struct conf_bgp_peer *old = from;

	for (u32 i = 0; i < old->ao_count; i++) {
		if (has_key(to, &old->ao[i]))
			return CONF_LIVE;
	}
	return CONF_ANEW;
}

static const struct conf_field ao_fields[] = {
	{ .key = "algorithm",
	  .kind = CONF_WORD,
	  .words = ao_words,
	  .at = offsetof(struct conf_ao_key, algorithm),
	  .help = "of RFC 5926" },
	{ .key = "send-id",
	  .kind = CONF_NUMBER,
	  .shown = true,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_ao_key, send_id),
	  .help = "what the peer knows this key by" },
	{ .key = "receive-id",
	  .kind = CONF_NUMBER,
	  .shown = true,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_ao_key, recv_id),
	  .help = "what the peer sends with it" },
	{ .key = "secret",
	  .kind = CONF_SECRET,
	  .required = true,
	  .at = offsetof(struct conf_ao_key, secret),
	  .size = CONF_SECRET_SIZE,
	  .help = "what both sides know" },
};

static const struct conf_group ao_group = {
	.what = "a key of 'ao'",
	.defaults = ao_defaults,
	.field = ao_fields,
	.field_count = ARRAY_COUNT(ao_fields),
};

static const struct conf_field peer_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_bgp_peer, name),
	  .size = POLICY_NAME_SIZE,
	  .help = "by which it is known again after a reload, and in 'sluice show bgp'" },
	{ .key = "address",
	  .kind = CONF_ADDR,
	  .when = CONF_ANEW,
	  .required = true,
	  .at = offsetof(struct conf_bgp_peer, addr),
	  .help = "its address; another one is another peer" },
	{ .key = "as",
	  .kind = CONF_AS,
	  .when = CONF_ANEW,
	  .required = true,
	  .at = offsetof(struct conf_bgp_peer, as),
	  .help = "its AS; the own one: a peer within it (iBGP)" },
	{ .key = "import",
	  .kind = CONF_NAME,
	  .zero = "automatic",
	  .at = offsetof(struct conf_bgp_peer, import),
	  .size = POLICY_NAME_SIZE,
	  .help = "the policy for what it announces; any takes everything, none nothing; "
		  "automatic: nothing of another AS (RFC 8212), everything of the own" },
	{ .key = "export",
	  .kind = CONF_NAME,
	  .zero = "automatic",
	  .at = offsetof(struct conf_bgp_peer, export),
	  .size = POLICY_NAME_SIZE,
	  .help = "the policy for what is announced to it; automatic as above" },
	{ .key = "local-address",
	  .kind = CONF_ADDR,
	  .when = CONF_ANEW,
	  .zero = "automatic",
	  .at = offsetof(struct conf_bgp_peer, local),
	  .help = "the own address of the session" },
	{ .key = "port",
	  .kind = CONF_PORT,
	  .when = CONF_ANEW,
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_bgp_peer, port),
	  .help = "where it is called" },
	{ .key = "hold-time",
	  .kind = CONF_SECONDS,
	  .when = CONF_ANEW,
	  .zero = "none",
	  .min = 3,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_bgp_peer, hold_s),
	  .help = "after which silence the session ends; the lower one of both sides holds" },
	{ .key = "keepalive",
	  .kind = CONF_SECONDS,
	  .when = CONF_ANEW,
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_bgp_peer, keepalive_s),
	  .help = "between keepalives at most; a third of the hold time if that is less" },
	{ .key = "connect-retry",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_bgp_peer, connect_retry_s),
	  .help = "until it is called again" },
	{ .key = "advertisement-interval",
	  .kind = CONF_MILLIS,
	  .zero = "none",
	  .max = 600000,
	  .at = offsetof(struct conf_bgp_peer, advertise_ms),
	  .help = "between two runs of announcements, RFC 4271 section 9.2.1.1" },
	{ .key = "passive",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_bgp_peer, passive),
	  .help = "it is not called, and may call" },
	{ .key = "multihop",
	  .kind = CONF_NUMBER,
	  .when = CONF_ANEW,
	  .zero = "none",
	  .min = 1,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_bgp_peer, multihop),
	  .help = "hops to a peer of another AS that is no neighbour; none: it is on a network of "
		  "an interface" },
	{ .key = "ttl-security",
	  .kind = CONF_NUMBER,
	  .when = CONF_ANEW,
	  .zero = "none",
	  .min = 1,
	  .max = UINT8_MAX,
	  .at = offsetof(struct conf_bgp_peer, gtsm_hops),
	  .help = "packets from further away than so many hops are dropped, RFC 5082; the peer "
		  "has to have it as well" },
	{ .key = "route-server",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_bgp_peer, route_server),
	  .help = "it passes routes of others on without its AS before them, RFC 7947" },
	{ .key = "md5",
	  .kind = CONF_SECRET,
	  .when = CONF_ANEW,
	  .zero = "none",
	  .at = offsetof(struct conf_bgp_peer, md5),
	  .size = CONF_SECRET_SIZE,
	  .help = "a secret: segments are signed as in RFC 2385" },
	{ .key = "ao",
	  .kind = CONF_LIST,
	  .lone = true,
	  .group = &ao_group,
	  .when_of = ao_when,
	  .at = offsetof(struct conf_bgp_peer, ao),
	  .size = sizeof(struct conf_ao_key),
	  .count_at = offsetof(struct conf_bgp_peer, ao_count),
	  .count_max = CONF_KEY_MAX,
	  .help = "segments are signed as in RFC 5925, which is better than md5. Each key is "
		  "accepted, and the first is the one that is wanted; the session goes on if one "
		  "stays, and begins anew otherwise. A change: add the new one behind the old one "
		  "at both ends, move it to the front at both, take the old one out" },
	{ .key = "bfd",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_bgp_peer, bfd),
	  .help = "the session ends as soon as BFD says that it is gone" },
	{ .key = "next-hop-self",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_bgp_peer, nexthop_self),
	  .help = "it is told to send here what it is told of; to peers of another AS that is so "
		  "anyway" },
	{ .key = "max-prefixes",
	  .kind = CONF_NUMBER,
	  .zero = "none",
	  .min = 1,
	  .max = CONF_RIB_MAX,
	  .at = offsetof(struct conf_bgp_peer, prefix_limit),
	  .help = "the session ends when it announces more, and may begin "
		  "again when more are allowed" },
	{ .key = "max-prefixes-warning",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 100,
	  .at = offsetof(struct conf_bgp_peer, prefix_warn),
	  .help = "percent of that at which there is an event" },
	{ .key = "max-prefixes-restart",
	  .kind = CONF_SECONDS,
	  .zero = "never",
	  .min = 1,
	  .max = 604800,
	  .at = offsetof(struct conf_bgp_peer, prefix_restart_s),
	  .help = "after which time it may try again" },
	{ .key = "graceful-restart",
	  .kind = CONF_BOOL,
	  .when = CONF_ANEW,
	  .at = offsetof(struct conf_bgp_peer, graceful_restart),
	  .help = "its routes are kept while it restarts, RFC 4724" },
	{ .key = "restart-time",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = 4095,
	  .at = offsetof(struct conf_bgp_peer, restart_max_s),
	  .help = "for how long at most, whatever it asks for" },
	{ .key = "add-path-receive",
	  .kind = CONF_BOOL,
	  .when = CONF_ANEW,
	  .at = offsetof(struct conf_bgp_peer, add_path_in),
	  .help = "it may announce several paths of a prefix, RFC 7911" },
	{ .key = "add-path-send",
	  .kind = CONF_NUMBER,
	  .when = CONF_ANEW,
	  .min = 1,
	  .max = BGP_PATHS_OUT_MAX,
	  .at = offsetof(struct conf_bgp_peer, paths_out),
	  .help = "so many paths of a prefix are announced to it; 1: the best" },
	{ .key = "shutdown",
	  .kind = CONF_BOOL,
	  .when = CONF_ANEW,
	  .at = offsetof(struct conf_bgp_peer, shutdown),
	  .help = "the session is held down" },
	{ .key = "shutdown-text",
	  .kind = CONF_TEXT,
	  .zero = "none",
	  .at = offsetof(struct conf_bgp_peer, shutdown_text),
	  .size = CONF_TEXT_SIZE,
	  .help = "and this is what its administrators read about it, RFC 9003" },
};

static const struct conf_group peer_group = {
	.what = "a peer",
	.name = "name",
	.defaults = peer_defaults,
	.field = peer_fields,
	.field_count = ARRAY_COUNT(peer_fields),
};

static const struct conf_field bgp_fields[] = {
	{ .key = "as",
	  .kind = CONF_AS,
	  .when = CONF_ANEW,
	  .zero = "none",
	  .at = offsetof(struct conf_bgp, as),
	  .help = "the own AS; none: BGP is not spoken. Another one ends all sessions" },
	{ .key = "port",
	  .kind = CONF_PORT,
	  .zero = "none",
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf_bgp, port),
	  .help = "where peers may call; none: they are called only" },
	{ .key = "local-pref",
	  .kind = CONF_NUMBER,
	  .max = UINT32_MAX,
	  .at = offsetof(struct conf_bgp, local_pref),
	  .help = "LOCAL_PREF of what comes from another AS and is given none by a policy" },
	{ .key = "multipath",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = BGP_MULTIPATH_MAX,
	  .at = offsetof(struct conf_bgp, multipath),
	  .help = "equally good paths that are used beside each other" },
	{ .key = "distance-external",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 254,
	  .at = offsetof(struct conf_bgp, distance_ebgp),
	  .help = "of routes from other ASes: of several sources of a route the lowest distance "
		  "is used; routes of the configuration have 1" },
	{ .key = "distance-internal",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 254,
	  .at = offsetof(struct conf_bgp, distance_ibgp),
	  .help = "of those from the own AS" },
	{ .key = "peers",
	  .kind = CONF_LIST,
	  .group = &peer_group,
	  .at = offsetof(struct conf_bgp, peer),
	  .size = sizeof(struct conf_bgp_peer),
	  .count_at = offsetof(struct conf_bgp, peer_count),
	  .count_max = BGP_PEER_MAX,
	  .help = "who is spoken to. Sessions stay up but those of peers whose own values change, "
		  "policies aside" },
};

const struct conf_group conf_bgp_group = {
	.what = "bgp",
	.field = bgp_fields,
	.field_count = ARRAY_COUNT(bgp_fields),
};
