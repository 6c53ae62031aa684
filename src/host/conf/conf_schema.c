/* The table: the root, and sections that have no file of their own. The order of fields is the
 * order in which they are printed.                                                              */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const side_words[] = { "inside", "outside", NULL };
static const char *const driver_words[] = { "afpacket", "tun", NULL };
static const char *const log_words[] = { "text", "json", NULL };
static const char *const via_words[] = { "blackhole", "prohibit", NULL };

static_assert(IFACE_INSIDE == 0 && CONF_DRIVER_AFPACKET == 0 && CONF_LOG_TEXT == 0, "words");
static_assert(CONF_VIA_BLACKHOLE == 1 && CONF_VIA_PROHIBIT == 2, "words");

/* ---- interfaces and routes ------------------------------------------------------------------- */

static const struct conf_field iface_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .when = CONF_RESTART,
	  .required = true,
	  .at = offsetof(struct conf_iface, name),
	  .size = IFACE_NAME_SIZE,
	  .help = "the interface's name in the system" },
	{ .key = "side",
	  .kind = CONF_WORD,
	  .when = CONF_RESTART,
	  .required = true,
	  .at = offsetof(struct conf_iface, side),
	  .words = side_words,
	  .help = "inside is translated, outside sees public addresses" },
	{ .key = "driver",
	  .kind = CONF_WORD,
	  .when = CONF_RESTART,
	  .at = offsetof(struct conf_iface, driver),
	  .words = driver_words,
	  .help = "afpacket takes an interface over, tun makes one" },
	{ .key = "addresses",
	  .kind = CONF_VALUES,
	  .element = CONF_HOST,
	  .zero = "from-host",
	  .at = offsetof(struct conf_iface, addr),
	  .size = sizeof(struct iface_addr),
	  .count_at = offsetof(struct conf_iface, addr_count),
	  .count_max = CONF_ADDR_MAX,
	  .help = "addresses of the gateway, the first is the primary one; from-host takes the "
		  "addresses and routes that the host has there, and follows them" },
	{ .key = "mtu",
	  .kind = CONF_NUMBER,
	  .at = offsetof(struct conf_iface, mtu),
	  .min = CONF_MTU_MIN,
	  .max = UINT16_MAX,
	  .zero = "from-interface",
	  .help = "bytes of an IP packet" },
	{ .key = "mss",
	  .kind = CONF_PORT,
	  .at = offsetof(struct conf_iface, mss),
	  .min = IFACE_MSS_MIN,
	  .max = IFACE_MSS_OF_MTU - 1,
	  .zero = "none",
	  .top = "clamp-to-mtu",
	  .help = "the segment size that TCP may announce through here at most, either way; "
		  "clamp-to-mtu: what fits into the smaller MTU of the two interfaces that it "
		  "passes" },
};

static const struct conf_group iface_group = {
	.what = "an interface",
	.name = "name",
	.field = iface_fields,
	.field_count = ARRAY_COUNT(iface_fields),
};

static const struct conf_field route_fields[] = {
	{ .key = "to",
	  .kind = CONF_PREFIX,
	  .required = true,
	  .at = offsetof(struct conf_route, prefix),
	  .more = offsetof(struct conf_route, prefix_len),
	  .help = "the destinations" },
	{ .key = "via",
	  .kind = CONF_VIA,
	  .required = true,
	  .at = offsetof(struct conf_route, kind),
	  .more = offsetof(struct conf_route, gateway),
	  .words = via_words,
	  .help = "a gateway on a network of the interfaces; blackhole drops silently, prohibit "
		  "answers with an ICMP error" },
};

static const struct conf_group route_group = {
	.what = "a route",
	.field = route_fields,
	.field_count = ARRAY_COUNT(route_fields),
};

/* ---- tracking, times, limits ----------------------------------------------------------------- */

static const struct conf_field tracking_fields[] = {
	{ .key = "midstream",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf, ct.midstream),
	  .help = "pick up unknown TCP flows in mid-stream" },
	{ .key = "inbound-refresh",
	  .kind = CONF_INVERTED,
	  .at = offsetof(struct conf, ct.outbound_refresh_only),
	  .help = "what comes from outside keeps flows and mappings alive, RFC 4787 REQ-6" },
	{ .key = "counters",
	  .kind = CONF_BOOL,
	  .when = CONF_REFUSED,
	  .at = offsetof(struct conf, ct.counters),
	  .help = "windows, packets and bytes of each flow, 64 bytes more each" },
};

static const struct conf_group tracking_group = {
	.what = "tracking",
	.field = tracking_fields,
	.field_count = ARRAY_COUNT(tracking_fields),
};

static const struct conf_field timeout_fields[] = {
	{ .key = "tcp-opening",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_TCP_OPENING]),
	  .help = "a TCP connection whose handshake is not complete" },
	{ .key = "tcp-established",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED]),
	  .help = "an established TCP connection, RFC 5382 REQ-5" },
	{ .key = "tcp-closing",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_TCP_CLOSING]),
	  .help = "one with a FIN" },
	{ .key = "tcp-closed",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_TCP_CLOSED]),
	  .help = "one with both FINs acknowledged, or reset" },
	{ .key = "udp-new",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_UDP_NEW]),
	  .help = "UDP that was never answered" },
	{ .key = "udp",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_UDP]),
	  .help = "UDP, RFC 4787 REQ-5" },
	{ .key = "icmp",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_ICMP]),
	  .help = "ICMP queries, RFC 5508 REQ-2" },
	{ .key = "generic",
	  .kind = CONF_SECONDS,
	  .min = 1,
	  .max = CT_TIMEOUT_MAX_S,
	  .at = offsetof(struct conf, ct.timeout_s[CT_TIMEOUT_GENERIC]),
	  .help = "other protocols" },
	{ .key = "reassembly",
	  .kind = CONF_NANOS,
	  .when = CONF_RESTART,
	  .min = NS_PER_SEC,
	  .max = 120 * NS_PER_SEC,
	  .at = offsetof(struct conf, reass.timeout_ns),
	  .help = "how long fragments wait for the rest of their packet" },
};

static const struct conf_group timeout_group = {
	.what = "timeouts",
	.field = timeout_fields,
	.field_count = ARRAY_COUNT(timeout_fields),
};

static const struct conf_field limit_fields[] = {
	{ .key = "flows",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = CONF_FLOWS_MIN,
	  .max = CONF_FLOWS_MAX,
	  .at = offsetof(struct conf, ct.flow_count),
	  .help = "flows that can stand at once" },
	{ .key = "mappings",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = CONF_FLOWS_MIN,
	  .max = CONF_FLOWS_MAX,
	  .at = offsetof(struct conf, mapping_count),
	  .help = "endpoint-independent mappings" },
	{ .key = "addresses",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .zero = "automatic",
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct conf, address_count),
	  .help = "public addresses in all pools and interfaces; automatic: what the pools have "
		  "at start, and 64 more" },
	{ .key = "destinations",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 1,
	  .max = 65536,
	  .at = offsetof(struct conf, dest_count),
	  .help = "busy destinations with a port map of their own, 8 KB each" },
	{ .key = "filter-rules",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .zero = "automatic",
	  .min = 1,
	  .max = CONF_FILTER_RULE_MAX,
	  .at = offsetof(struct conf, filter.rule_limit),
	  .help = "filter rules; automatic: 256 where the gateway starts with a rule or a policy "
		  "other than accept, else no filter can be had until it is started again" },
	{ .key = "filter-sources",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 1,
	  .max = 1 << 20,
	  .at = offsetof(struct conf, filter.source_limit),
	  .help = "sources that the limits of filter rules remember" },
	{ .key = "subscribers",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .zero = "none",
	  .min = 1,
	  .max = SUBSCRIBER_COUNT_MAX,
	  .at = offsetof(struct conf, subscribers.count),
	  .help = "inside hosts that are counted at once; none: nobody is" },
	{ .key = "routes",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 64,
	  .max = FIB_PREFIX_MAX,
	  .at = offsetof(struct conf, fib.prefix_count),
	  .help = "prefixes of the routing table" },
	{ .key = "route-targets",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 64,
	  .max = FIB_ROUTE_MAX,
	  .at = offsetof(struct conf, fib.route_count),
	  .help = "different sets of next hops" },
	{ .key = "neighbours",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 1,
	  .max = NEIGH_MAX,
	  .at = offsetof(struct conf, neigh.count),
	  .help = "hosts on the links whose MAC addresses are known" },
	{ .key = "neighbour-packets",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 1,
	  .max = NEIGH_MAX,
	  .at = offsetof(struct conf, neigh.queue_count),
	  .help = "packets that wait for a MAC address" },
	{ .key = "reassemblies",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 1,
	  .max = 65536,
	  .at = offsetof(struct conf, reass.queue_count),
	  .help = "packets that are put together of fragments at once" },
	{ .key = "fragments",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 2,
	  .max = 1 << 20,
	  .at = offsetof(struct conf, reass.fragment_count),
	  .help = "fragments kept in all" },
	{ .key = "fragments-per-packet",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 2,
	  .max = REASS_FRAGMENTS_MAX,
	  .at = offsetof(struct conf, reass.fragments_per_packet),
	  .help = "fragments of one packet" },
	{ .key = "fragments-per-source",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 2,
	  .max = 1 << 20,
	  .at = offsetof(struct conf, reass.fragments_per_source),
	  .help = "fragments kept of one source" },
	{ .key = "packets",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 512,
	  .max = 1 << 20,
	  .at = offsetof(struct conf, packets.small_count),
	  .help = "packets that are kept in memory of the engine" },
	{ .key = "large-packets",
	  .kind = CONF_NUMBER,
	  .when = CONF_REFUSED,
	  .min = 16,
	  .max = 1 << 16,
	  .at = offsetof(struct conf, packets.large_count),
	  .help = "those of up to 64 KB" },
};

static const struct conf_group limit_group = {
	.what = "limits",
	.field = limit_fields,
	.field_count = ARRAY_COUNT(limit_fields),
};

static const struct conf_field icmp_fields[] = {
	{ .key = "rate",
	  .kind = CONF_NUMBER,
	  .max = 1000000,
	  .zero = "none",
	  .at = offsetof(struct conf, icmp.rate_per_second),
	  .help = "ICMP errors a second in all; none: no error is ever sent" },
	{ .key = "burst",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 1000000,
	  .at = offsetof(struct conf, icmp.burst),
	  .help = "errors at once" },
	{ .key = "destination-rate",
	  .kind = CONF_NUMBER,
	  .max = 1000000,
	  .zero = "none",
	  .at = offsetof(struct conf, icmp.dest_rate_per_second),
	  .help = "errors a second to one destination" },
	{ .key = "destination-burst",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 1000000,
	  .at = offsetof(struct conf, icmp.dest_burst),
	  .help = "errors at once to one destination" },
	{ .key = "redirects",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf, redirects),
	  .help = "tell hosts of a better gateway on their own link" },
};

static const struct conf_group icmp_group = {
	.what = "icmp",
	.field = icmp_fields,
	.field_count = ARRAY_COUNT(icmp_fields),
};

/* ---- the program ----------------------------------------------------------------------------- */

static const struct conf_field control_fields[] = {
	{ .key = "socket",
	  .kind = CONF_PATH,
	  .when = CONF_RESTART,
	  .at = offsetof(struct conf, control),
	  .size = CONF_PATH_SIZE,
	  .help = "where 'sluice show' and others find the gateway" },
};

static const struct conf_group control_group = {
	.what = "control",
	.field = control_fields,
	.field_count = ARRAY_COUNT(control_fields),
};

static const struct conf_field metrics_fields[] = {
	{ .key = "listen",
	  .kind = CONF_LISTEN,
	  .when = CONF_RESTART,
	  .zero = "none",
	  .at = offsetof(struct conf, metrics),
	  .size = CONF_PATH_SIZE,
	  .help = "/metrics and /healthz over HTTP there" },
};

static const struct conf_group metrics_group = {
	.what = "metrics",
	.field = metrics_fields,
	.field_count = ARRAY_COUNT(metrics_fields),
};

static const struct conf_field log_fields[] = {
	{ .key = "format",
	  .kind = CONF_WORD,
	  .words = log_words,
	  .at = offsetof(struct conf, log),
	  .help = "how events are written to stderr" },
};

static const struct conf_group log_group = {
	.what = "log",
	.field = log_fields,
	.field_count = ARRAY_COUNT(log_fields),
};

static const struct conf_field root_fields[] = {
	{ .key = "interfaces",
	  .kind = CONF_LIST,
	  .group = &iface_group,
	  .required = true,
	  .when = CONF_RESTART,
	  .at = offsetof(struct conf, iface),
	  .size = sizeof(struct conf_iface),
	  .count_at = offsetof(struct conf, iface_count),
	  .count_max = CONF_IFACE_MAX,
	  .help = "what the gateway stands between; at least one inside and one outside" },
	{ .key = "host-port",
	  .kind = CONF_BOOL,
	  .when = CONF_RESTART,
	  .at = offsetof(struct conf, host_port),
	  .help = "packets for the host's own addresses go to its own stack" },
	{ .key = "gateway",
	  .kind = CONF_ADDR,
	  .zero = "from-host",
	  .at = offsetof(struct conf, gateway),
	  .help = "the default gateway" },
	{ .key = "routes",
	  .kind = CONF_LIST,
	  .group = &route_group,
	  .at = offsetof(struct conf, route),
	  .size = sizeof(struct conf_route),
	  .count_at = offsetof(struct conf, route_count),
	  .count_max = CONF_ROUTE_MAX,
	  .help = "routes beyond those to the interfaces' own networks" },
	{ .key = "pools",
	  .kind = CONF_LIST,
	  .group = &conf_pool_group,
	  .at = offsetof(struct conf, pool),
	  .size = sizeof(struct conf_pool),
	  .count_at = offsetof(struct conf, pool_count),
	  .count_max = NAT_POOL_MAX,
	  .help = "public addresses to translate to" },
	{ .key = "nat",
	  .kind = CONF_GROUP,
	  .group = &conf_nat_group,
	  .help = "address translation" },
	{ .key = "filter",
	  .kind = CONF_GROUP,
	  .group = &conf_filter_group,
	  .help = "which packets may pass" },
	{ .key = "subscribers",
	  .kind = CONF_GROUP,
	  .group = &conf_subscriber_group,
	  .help = "what an inside host may hold" },
	{ .key = "tracking",
	  .kind = CONF_GROUP,
	  .group = &tracking_group,
	  .help = "how flows are followed" },
	{ .key = "timeouts",
	  .kind = CONF_GROUP,
	  .group = &timeout_group,
	  .help = "how long what is silent is kept" },
	{ .key = "limits",
	  .kind = CONF_GROUP,
	  .group = &limit_group,
	  .help = "how much there is room for; 'sluice plan' tells the memory" },
	{ .key = "icmp",
	  .kind = CONF_GROUP,
	  .group = &icmp_group,
	  .help = "ICMP errors of the gateway" },
	{ .key = "control",
	  .kind = CONF_GROUP,
	  .group = &control_group,
	  .help = "the control socket" },
	{ .key = "metrics",
	  .kind = CONF_GROUP,
	  .group = &metrics_group,
	  .help = "figures for Prometheus" },
	{ .key = "log",
	  .kind = CONF_GROUP,
	  .group = &log_group,
	  .help = "what the gateway says of itself" },
};

const struct conf_group conf_root = {
	.what = "a configuration",
	.field = root_fields,
	.field_count = ARRAY_COUNT(root_fields),
};

void conf_element_defaults(const struct conf_group *group, union conf_element *element)
{
	memset(element, 0, sizeof *element);
	if (group->defaults)
		group->defaults(element);
}

const char *conf_when_name(enum conf_when when)
{
	static const char *const names[] = {
		[CONF_LIVE] = "live",
		[CONF_RESTART] = "needs-restart",
		[CONF_REFUSED] = "refused",
	};

	return names[when];
}
