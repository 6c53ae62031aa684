/* The options of `sluice run`. */
#include "prog/run_options.h"

#include "host/conf/nearest.h"
#include "host/conf/values.h"
#include "host/ctl/ctl.h"
#include "host/ctl/metrics.h"

enum { PAIR_HEAD_SIZE = 64 };

static void wrong(struct run_reading *reading, const char *value, const char *right)
{
	run_error(reading->errors, "%s %s: %s", reading->option, value, right);
}

/* "a=b": what is before the mark, and what is behind it. */
static bool pair(const char *text, char head[PAIR_HEAD_SIZE], const char **tail)
{
	const char *mark = strchr(text, '=');

	if (!mark || mark == text || mark - text >= PAIR_HEAD_SIZE || !mark[1])
		return false;
	memcpy(head, text, (size_t)(mark - text));
	head[mark - text] = 0;
	*tail = mark + 1;
	return true;
}

/* The next word of a comma-separated list; false at its end. */
static bool next_word(const char **list, char word[PAIR_HEAD_SIZE])
{
	size_t len = strcspn(*list, ",");
	size_t kept = len < PAIR_HEAD_SIZE ? len : PAIR_HEAD_SIZE - 1;

	if (len == 0)
		return false;
	memcpy(word, *list, kept);
	word[kept] = 0;
	*list += len;
	if (**list == ',')
		(*list)++;
	return true;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static struct conf_iface *iface_find(struct run_args *args, const char *name)
{
	for (u32 i = 0; i < args->iface_count; i++) {
		if (strcmp(args->iface[i].name, name) == 0)
			return &args->iface[i];
	}
	return NULL;
}

static void read_addrs(struct run_reading *reading, struct conf_iface *iface, const char *list)
{
	char word[PAIR_HEAD_SIZE];

	while (next_word(&list, word)) {
		struct iface_addr *addr = &iface->addr[iface->addr_count];

		if (iface->addr_count == CONF_ADDR_MAX) {
			run_error(reading->errors, "%s %s: at most %d addresses for one interface",
				  reading->option, iface->name, CONF_ADDR_MAX);
			return;
		}
		if (!value_addr_len(word, &addr->addr, &addr->prefix_len)) {
			run_error(reading->errors,
				  "%s %s=%s: an address has to read like 10.10.0.1/16",
				  reading->option, iface->name, word);
			return;
		}
		iface->addr_count++;
	}
}

static void read_iface(struct run_reading *reading, const char *value, enum iface_side side)
{
	struct run_args *args = reading->args;
	size_t len = strcspn(value, "=");
	struct conf_iface *iface;

	if (len == 0 || len >= IFACE_NAME_SIZE || (value[len] == '=' && !value[len + 1])) {
		wrong(reading, value,
		      "has to be an interface, or one with an address: eth0, or "
		      "eth0=10.10.0.1/16");
		return;
	}
	if (args->iface_count == CONF_IFACE_MAX) {
		run_error(reading->errors, "%s %s: at most %d interfaces", reading->option, value,
			  CONF_IFACE_MAX);
		return;
	}
	iface = &args->iface[args->iface_count];
	*iface = (struct conf_iface){ .side = side };
	memcpy(iface->name, value, len);
	if (iface_find(args, iface->name)) {
		wrong(reading, iface->name,
		      "is given twice; an interface has one side, and several "
		      "addresses are parted by commas");
		return;
	}
	args->iface_count++;
	if (value[len] == '=')
		read_addrs(reading, iface, value + len + 1);
}

static void read_lan(struct run_reading *reading, const char *value)
{
	read_iface(reading, value, IFACE_INSIDE);
}

static void read_wan(struct run_reading *reading, const char *value)
{
	read_iface(reading, value, IFACE_OUTSIDE);
}

/* The interface of "IF=value", which has to be one of --lan and --wan. */
static struct conf_iface *iface_of(struct run_reading *reading, const char *value,
				   const char **tail)
{
	const char *names[CONF_IFACE_MAX];
	char head[PAIR_HEAD_SIZE];
	struct conf_iface *iface;
	const char *near;

	if (!pair(value, head, tail)) {
		wrong(reading, value, "has to begin with an interface: IF=...");
		return NULL;
	}
	iface = iface_find(reading->args, head);
	if (iface)
		return iface;
	for (u32 i = 0; i < reading->args->iface_count; i++)
		names[i] = reading->args->iface[i].name;
	near = nearest_word(head, names, reading->args->iface_count);
	run_error(reading->errors, "%s %s: %s is none of the interfaces of --lan and --wan%s%s",
		  reading->option, value, head, near ? "; did you mean " : "", near ? near : "");
	return NULL;
}

static void read_mtu(struct run_reading *reading, const char *value)
{
	const char *tail;
	struct conf_iface *iface = iface_of(reading, value, &tail);
	u64 mtu;

	if (!iface)
		return;
	if (value_number(tail, CONF_MTU_MIN, UINT16_MAX, &mtu))
		iface->mtu = (u32)mtu;
	else
		wrong(reading, value, "an MTU is a number of bytes from 576 to 65535");
}

static void read_mss(struct run_reading *reading, const char *value)
{
	const char *tail;
	struct conf_iface *iface = iface_of(reading, value, &tail);
	u64 mss = IFACE_MSS_OF_MTU;

	if (!iface)
		return;
	if (strcmp(tail, "clamp-to-mtu") == 0 ||
	    value_number(tail, IFACE_MSS_MIN, IFACE_MSS_OF_MTU - 1, &mss))
		iface->mss = (u16)mss;
	else
		wrong(reading, value, "a segment size is clamp-to-mtu, or 128 to 65534 bytes");
}

static void read_source_check(struct run_reading *reading, const char *value)
{
	static const char *const words[] = { "off", "loose", "strict" };
	const char *tail;
	struct conf_iface *iface = iface_of(reading, value, &tail);

	if (!iface)
		return;
	for (u32 i = 0; i < ARRAY_COUNT(words); i++) {
		if (strcmp(tail, words[i]) == 0) {
			iface->source_check = (enum iface_source_check)i;
			return;
		}
	}
	wrong(reading, value, "the checks of sources are off, loose and strict");
}

static void read_driver(struct run_reading *reading, const char *value)
{
	const char *tail;
	struct conf_iface *iface = iface_of(reading, value, &tail);

	if (!iface)
		return;
	if (strcmp(tail, "afpacket") == 0)
		iface->driver = CONF_DRIVER_AFPACKET;
	else if (strcmp(tail, "tun") == 0)
		iface->driver = CONF_DRIVER_TUN;
	else
		wrong(reading, value, "the drivers are afpacket and tun");
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void read_gateway(struct run_reading *reading, const char *value)
{
	if (reading->args->gateway_given)
		wrong(reading, value, "is given twice; there is one default gateway");
	else if (value_addr(value, &reading->args->gateway))
		reading->args->gateway_given = true;
	else
		wrong(reading, value, "has to be an address like 198.18.0.2");
}

static void read_route(struct run_reading *reading, const char *value)
{
	struct run_args *args = reading->args;
	struct conf_route route = { .kind = CONF_VIA_GATEWAY };
	char head[PAIR_HEAD_SIZE];
	const char *tail;

	if (args->route_count == CONF_ROUTE_MAX) {
		run_error(reading->errors, "%s %s: at most %d routes", reading->option, value,
			  CONF_ROUTE_MAX);
		return;
	}
	if (!pair(value, head, &tail) ||
	    !ctl_parse_prefix(head, &route.prefix, &route.prefix_len)) {
		wrong(reading, value,
		      "has to read like 10.20.0.0/16=10.10.0.7, without bits beyond "
		      "the prefix");
		return;
	}
	for (u32 i = 0; i < args->route_count; i++) {
		if (be32_eq(args->route[i].prefix, route.prefix) &&
		    args->route[i].prefix_len == route.prefix_len)
			wrong(reading, value,
			      "is the second route to this prefix; there can be one");
	}
	if (strcmp(tail, "blackhole") == 0)
		route.kind = CONF_VIA_BLACKHOLE;
	else if (strcmp(tail, "prohibit") == 0)
		route.kind = CONF_VIA_PROHIBIT;
	else if (!value_addr(tail, &route.gateway))
		wrong(reading, value, "leads to a gateway's address, blackhole or prohibit");
	args->route[args->route_count++] = route;
}

/* ---- translation ----------------------------------------------------------------------------- */

static const char *const mapping_names[] = {
	[NAT_MAP_ENDPOINT_INDEPENDENT] = "endpoint",
	[NAT_MAP_DESTINATION] = "destination",
};
static const char *const filtering_names[] = {
	[NAT_FILTER_ENDPOINT_INDEPENDENT] = "endpoint",
	[NAT_FILTER_ADDRESS] = "address",
	[NAT_FILTER_ADDRESS_PORT] = "address-port",
};

static int word_find(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return (int)i;
	}
	return -1;
}

static int proto_find(const char *word)
{
	for (int proto = 0; proto < NAT_PROTO_COUNT; proto++) {
		if (strcmp(word, nat_proto_name((enum nat_proto)proto)) == 0)
			return proto;
	}
	return -1;
}

static void read_mapping(struct run_reading *reading, const char *value)
{
	char word[PAIR_HEAD_SIZE];
	char head[PAIR_HEAD_SIZE];
	const char *list = value;
	const char *tail;

	while (next_word(&list, word)) {
		int proto = pair(word, head, &tail) ? proto_find(head) : -1;
		int kind = proto < 0 ? -1
				     : word_find(tail, mapping_names, ARRAY_COUNT(mapping_names));

		if (kind < 0) {
			wrong(reading, word,
			      "has to be tcp, udp, icmp or other, =, and endpoint or "
			      "destination; for example udp=endpoint");
			continue;
		}
		reading->args->mapping[proto] = (enum nat_mapping)kind;
		reading->args->mapping_given[proto] = true;
	}
}

static void read_filtering(struct run_reading *reading, const char *value)
{
	char word[PAIR_HEAD_SIZE];
	char head[PAIR_HEAD_SIZE];
	const char *list = value;
	const char *tail;

	while (next_word(&list, word)) {
		int proto = pair(word, head, &tail) ? proto_find(head) : -1;
		int kind = proto < 0
				   ? -1
				   : word_find(tail, filtering_names, ARRAY_COUNT(filtering_names));

		if (kind < 0) {
			wrong(reading, word,
			      "has to be tcp, udp, icmp or other, =, and endpoint, address "
			      "or address-port; for example udp=address");
			continue;
		}
		reading->args->filtering[proto] = (enum nat_filtering)kind;
		reading->args->filtering_given[proto] = true;
	}
}

static bool ranges_overlap(const struct nat_range *a, const struct nat_range *b)
{
	return be32_host(a->first) <= be32_host(b->last) &&
	       be32_host(b->first) <= be32_host(a->last);
}

static void read_pool(struct run_reading *reading, const char *value)
{
	struct run_args *args = reading->args;
	struct nat_range range;

	if (args->pool_count == NAT_POOL_RANGE_MAX) {
		run_error(reading->errors, "%s %s: at most %d ranges", reading->option, value,
			  NAT_POOL_RANGE_MAX);
		return;
	}
	if (!value_range(value, &range)) {
		wrong(reading, value,
		      "has to be addresses like 198.51.100.1-198.51.100.9, or a "
		      "prefix like 198.51.100.0/28");
		return;
	}
	for (u32 i = 0; i < args->pool_count; i++) {
		if (ranges_overlap(&range, &args->pool[i])) {
			wrong(reading, value,
			      "overlaps another --pool; each address may be in one");
			return;
		}
	}
	args->pool[args->pool_count++] = range;
}

/* A host is a prefix of 32 bits. */
static bool read_side(const char *text, be32 *addr, u8 *prefix_len)
{
	return ctl_parse_prefix(text, addr, prefix_len);
}

static bool prefixes_meet(be32 a, u8 a_len, be32 b, u8 b_len)
{
	u8 len = a_len < b_len ? a_len : b_len;

	return be32_eq(value_network(a, len), value_network(b, len));
}

static void read_one_to_one(struct run_reading *reading, const char *value)
{
	struct run_args *args = reading->args;
	char head[PAIR_HEAD_SIZE];
	const char *tail;
	struct nat_static_conf fixed;
	u8 outside_len;

	if (args->static_count == NAT_STATIC_MAX) {
		run_error(reading->errors, "%s %s: at most %d of them", reading->option, value,
			  NAT_STATIC_MAX);
		return;
	}
	if (!pair(value, head, &tail) || !read_side(head, &fixed.inside, &fixed.prefix_len) ||
	    !read_side(tail, &fixed.outside, &outside_len) || outside_len != fixed.prefix_len) {
		wrong(reading, value,
		      "has to be two addresses, or two prefixes of one length: "
		      "10.10.0.5=198.51.100.5");
		return;
	}
	for (u32 i = 0; i < args->static_count; i++) {
		if (prefixes_meet(args->fixed[i].outside, args->fixed[i].prefix_len, fixed.outside,
				  fixed.prefix_len) ||
		    prefixes_meet(args->fixed[i].inside, args->fixed[i].prefix_len, fixed.inside,
				  fixed.prefix_len)) {
			wrong(reading, value,
			      "overlaps another --one-to-one; each address may be in one");
			return;
		}
	}
	args->fixed[args->static_count++] = fixed;
}

static void read_dnat(struct run_reading *reading, const char *value)
{
	struct run_args *args = reading->args;
	char why[DNAT_WHY_SIZE];

	if (args->dnat_count == RUN_DNAT_MAX)
		run_error(reading->errors, "%s %s: at most %d of them", reading->option, value,
			  RUN_DNAT_MAX);
	else if (dnat_args_read(value, &args->dnat[args->dnat_count], why))
		args->dnat_count++;
	else
		wrong(reading, value, why);
}

static void read_exempt(struct run_reading *reading, const char *value)
{
	struct run_args *args = reading->args;
	size_t len = strcspn(value, ":");
	struct run_exempt_args exempt = { .port = 0 };
	char prefix[PAIR_HEAD_SIZE] = "";
	u64 port = 0;

	if (args->exempt_count == RUN_EXEMPT_MAX) {
		run_error(reading->errors, "%s %s: at most %d of them", reading->option, value,
			  RUN_EXEMPT_MAX);
		return;
	}
	if (len < PAIR_HEAD_SIZE)
		memcpy(prefix, value, len);
	if (!ctl_parse_prefix(prefix, &exempt.prefix, &exempt.prefix_len) ||
	    (value[len] && !value_number(value + len + 1, 1, UINT16_MAX, &port))) {
		wrong(reading, value,
		      "has to be an address or a prefix, and maybe a port: "
		      "203.0.113.0/24, or 203.0.113.9:443");
		return;
	}
	exempt.port = (u16)port;
	args->exempt[args->exempt_count++] = exempt;
}

static void read_ports(struct run_reading *reading, const char *value)
{
	if (!value_ports(value, &reading->args->port_first, &reading->args->port_last))
		wrong(reading, value,
		      "has to be a port, or two with the lower one first, from 1 to 65535: "
		      "1024-65535");
}

/* ---- tracking -------------------------------------------------------------------------------- */

static const char *const timeout_names[CT_TIMEOUT_COUNT] = {
	[CT_TIMEOUT_TCP_OPENING] = "tcp-opening",
	[CT_TIMEOUT_TCP_ESTABLISHED] = "tcp-established",
	[CT_TIMEOUT_TCP_CLOSING] = "tcp-closing",
	[CT_TIMEOUT_TCP_CLOSED] = "tcp-closed",
	[CT_TIMEOUT_UDP_NEW] = "udp-new",
	[CT_TIMEOUT_UDP] = "udp",
	[CT_TIMEOUT_ICMP] = "icmp",
	[CT_TIMEOUT_SCTP_OPENING] = "sctp-opening",
	[CT_TIMEOUT_SCTP_ESTABLISHED] = "sctp-established",
	[CT_TIMEOUT_SCTP_CLOSING] = "sctp-closing",
	[CT_TIMEOUT_SCTP_CLOSED] = "sctp-closed",
	[CT_TIMEOUT_DCCP_OPENING] = "dccp-opening",
	[CT_TIMEOUT_DCCP_OPEN] = "dccp-open",
	[CT_TIMEOUT_DCCP_CLOSING] = "dccp-closing",
	[CT_TIMEOUT_GENERIC] = "generic",
};

const char *run_timeout_name(enum ct_timeout timeout)
{
	return timeout_names[timeout];
}

static void read_timeout(struct run_reading *reading, const char *value)
{
	char head[PAIR_HEAD_SIZE];
	const char *tail;
	const char *near;
	u64 seconds;
	int which;

	if (!pair(value, head, &tail)) {
		wrong(reading, value, "has to read like udp=300");
		return;
	}
	which = word_find(head, timeout_names, CT_TIMEOUT_COUNT);
	if (which < 0) {
		near = nearest_word(head, timeout_names, CT_TIMEOUT_COUNT);
		run_error(reading->errors,
			  "%s %s: there is no time-out %s%s%s; 'sluice run --help' lists them",
			  reading->option, value, head, near ? "; did you mean " : "",
			  near ? near : "");
		return;
	}
	if (value_number(tail, 1, CT_TIMEOUT_MAX_S, &seconds))
		reading->args->timeout_s[which] = (u32)seconds;
	else
		wrong(reading, value, "a time-out is a number of seconds from 1 to 604800");
}

static void read_quarantine(struct run_reading *reading, const char *value)
{
	u64 seconds;

	reading->args->quarantine_given = value_number(value, 0, 3600, &seconds);
	if (reading->args->quarantine_given)
		reading->args->quarantine_s = (u32)seconds;
	else
		wrong(reading, value, "has to be a number of seconds from 0 to 3600");
}

static void read_flows(struct run_reading *reading, const char *value)
{
	u64 count;

	if (value_number(value, CONF_FLOWS_MIN, CONF_FLOWS_MAX, &count))
		reading->args->flows = (u32)count;
	else
		wrong(reading, value, "has to be a number from 256 to 67108864");
}

static void read_mappings(struct run_reading *reading, const char *value)
{
	u64 count;

	if (value_number(value, CONF_FLOWS_MIN, CONF_FLOWS_MAX, &count))
		reading->args->mappings = (u32)count;
	else
		wrong(reading, value, "has to be a number from 256 to 67108864");
}

/* What an inside host may hold, in the words of the file. */
static void read_subscriber(struct run_reading *reading, const char *value)
{
	static const char *const names[] = { "prefix-length", "flows", "ports", "rate", "burst" };
	static const u32 most[] = { 32, CONF_FLOWS_MAX, CONF_FLOWS_MAX, SUBSCRIBER_RATE_MAX,
				    SUBSCRIBER_RATE_MAX };
	struct subscriber_limits *limits = &reading->args->subscriber;
	u32 *const to[] = { &reading->args->subscriber_prefix_len, &limits->flows, &limits->ports,
			    &limits->rate, &limits->burst };
	char head[PAIR_HEAD_SIZE];
	const char *tail;
	const char *near;
	u64 number;
	int which;

	if (!pair(value, head, &tail)) {
		wrong(reading, value, "has to read like flows=2000");
		return;
	}
	which = word_find(head, names, ARRAY_COUNT(names));
	if (which < 0) {
		near = nearest_word(head, names, ARRAY_COUNT(names));
		run_error(reading->errors,
			  "%s %s: has to be prefix-length, flows, ports, rate or burst%s%s",
			  reading->option, value, near ? "; did you mean " : "", near ? near : "");
	} else if (value_number(tail, 1, most[which], &number)) {
		*to[which] = (u32)number;
	} else {
		run_error(reading->errors, "%s %s: has to be a number from 1 to %u",
			  reading->option, value, most[which]);
	}
}

/* ---- the program itself ---------------------------------------------------------------------- */

static void read_config(struct run_reading *reading, const char *value)
{
	reading->args->config = value;
}

static void read_control(struct run_reading *reading, const char *value)
{
	reading->args->control = value;
}

static void read_metrics(struct run_reading *reading, const char *value)
{
	be32 addr;
	u16 port;

	reading->args->metrics = value;
	if (!strchr(value, '/') && !metrics_parse_address(value, &addr, &port))
		wrong(reading, value,
		      "has to be a path like /run/sluice/metrics.sock, or a loopback address and "
		      "port like 127.0.0.1:9100");
}

static void read_seed(struct run_reading *reading, const char *value)
{
	reading->args->seed_given = value_hex(value, reading->args->seed, RUN_SEED_SIZE);
	if (!reading->args->seed_given)
		wrong(reading, value, "has to be 32 bytes: 64 hexadecimal digits");
}

static void read_log(struct run_reading *reading, const char *value)
{
	if (strcmp(value, "json") == 0)
		reading->args->json_log = true;
	else if (strcmp(value, "text") == 0)
		reading->args->json_log = false;
	else
		wrong(reading, value, "has to be text or json");
}

static void read_inbound_refresh(struct run_reading *reading, const char *value)
{
	if (strcmp(value, "no") == 0)
		reading->args->outbound_refresh_only = true;
	else if (strcmp(value, "yes") == 0)
		reading->args->outbound_refresh_only = false;
	else
		wrong(reading, value, "has to be yes or no");
}

#define READS(reader) reader, 0
#define SETS(member)  NULL, offsetof(struct run_args, member)

const struct run_option run_options[] = {
	{ "--config", "FILE", PHASE_FILE, READS(read_config),
	  "all of it from a file; see docs/configuration.md" },
	{ "--lan", "IF[=ADDR/LEN,..]", PHASE_INTERFACES, READS(read_lan),
	  "an interface of the inside (may be repeated)" },
	{ "--wan", "IF[=ADDR/LEN,..]", PHASE_INTERFACES, READS(read_wan),
	  "an interface of the outside (may be repeated)" },
	{ "--gateway", "ADDR", PHASE_REST, READS(read_gateway),
	  "the default gateway, on a --wan network" },
	{ "--route", "PREFIX=GATEWAY", PHASE_REST, READS(read_route),
	  "one more route; the gateway may be blackhole or prohibit" },
	{ "--pool", "A-B|A/LEN", PHASE_REST, READS(read_pool),
	  "translate to these addresses, not to the interface's (may be repeated)" },
	{ "--one-to-one", "INSIDE=OUTSIDE", PHASE_REST, READS(read_one_to_one),
	  "a host or prefix with public addresses of its own (may be repeated)" },
	{ "--dnat", "PUBLIC=BACKEND,..;..", PHASE_REST, READS(read_dnat),
	  "a service of the inside for the outside (below; may be repeated)" },
	{ "--mapping", "PROTO=KIND,..", PHASE_REST, READS(read_mapping),
	  "endpoint: one port for all destinations; destination: ports are shared" },
	{ "--filtering", "PROTO=KIND,..", PHASE_REST, READS(read_filtering),
	  "who may answer: endpoint (all), address, address-port" },
	{ "--ports", "A-B", PHASE_REST, READS(read_ports), "the ports that flows get" },
	{ "--quarantine", "SECONDS", PHASE_REST, READS(read_quarantine),
	  "how long a freed port rests" },
	{ "--strict-pairing", NULL, PHASE_REST, SETS(strict_pairing),
	  "refuse a host rather than give it a second public address" },
	{ "--no-nat-to", "PREFIX[:PORT]", PHASE_REST, READS(read_exempt),
	  "who is spoken to with inside addresses (may be repeated)" },
	{ "--no-nat", NULL, PHASE_REST, SETS(no_nat),
	  "forward only: every packet keeps its addresses" },
	{ "--no-hairpin", NULL, PHASE_REST, SETS(no_hairpin),
	  "inside hosts do not reach each other by public addresses" },
	{ "--no-parity", NULL, PHASE_REST, SETS(no_parity),
	  "mappings may turn even ports into odd ones" },
	{ "--midstream", NULL, PHASE_REST, SETS(midstream), "pick up unknown TCP flows" },
	{ "--inbound-refresh", "yes|no", PHASE_REST, READS(read_inbound_refresh),
	  "no: what comes from outside keeps no flow or mapping alive" },
	{ "--expiry-probes", NULL, PHASE_REST, SETS(expiry_probes),
	  "ask inside hosts before their TCP connections end for silence" },
	{ "--timeout", "NAME=SECONDS", PHASE_REST, READS(read_timeout),
	  "a time-out (names below)" },
	{ "--flows", "N", PHASE_REST, READS(read_flows), "flows that can stand at once" },
	{ "--mappings", "N", PHASE_REST, READS(read_mappings), "endpoint-independent mappings" },
	{ "--subscriber", "NAME=N", PHASE_REST, READS(read_subscriber),
	  "what an inside host may hold: flows, ports, rate, burst; prefix-length" },
	{ "--mtu", "IF=N", PHASE_REST, READS(read_mtu), "another MTU than the interface says" },
	{ "--mss", "IF=N|clamp-to-mtu", PHASE_REST, READS(read_mss),
	  "the segment size that TCP may announce through it at most" },
	{ "--source-check", "IF=NAME", PHASE_REST, READS(read_source_check),
	  "drop what could not be answered (off, loose), or not by there (strict)" },
	{ "--driver", "IF=NAME", PHASE_REST, READS(read_driver),
	  "afpacket (default), or tun: makes a TUN device of this name" },
	{ "--no-host", NULL, PHASE_REST, SETS(no_host),
	  "leave the host's stack alone; for interfaces without addresses" },
	{ "--no-sandbox", NULL, PHASE_REST, SETS(no_sandbox),
	  "keep every privilege while running; for debugging" },
	{ "--control", "PATH", PHASE_REST, READS(read_control), "the control socket" },
	{ "--metrics", "PATH|A:PORT", PHASE_REST, READS(read_metrics),
	  "metrics for Prometheus and /healthz over HTTP; a socket, or 127.0.0.1:PORT" },
	{ "--log", "text|json", PHASE_REST, READS(read_log), "how events are written to stderr" },
	{ "--verbose", NULL, PHASE_REST, SETS(verbose), "say more at start" },
	{ "--yes", NULL, PHASE_REST, SETS(yes), "take an interface that carries an ssh session" },
	{ "--seed", "HEX", PHASE_REST, READS(read_seed), "fixed secrets, for tests: 64 digits" },
	{ "--slow-road", NULL, PHASE_REST, SETS(slow_road),
	  "no short cuts for known and new flows; for tests" },
	{ "--help", NULL, PHASE_REST, SETS(help), "this text" },
};

const u32 run_option_count = ARRAY_COUNT(run_options);
