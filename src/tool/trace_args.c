/* The command line of `sluice traceroute`, as a value. */
#include "tool/trace_args.h"

#include <getopt.h>

#define UDP_PORT_DEFAULT   33434
#define TCP_PORT_DEFAULT   80
#define ICMP_SEQ_DEFAULT   1
#define PORT_MAX           65535
#define PACKET_LEN_DEFAULT 60
#define PACKET_LEN_MAX     65535
#define WAIT_MIN_NS        (10 * NS_PER_MS)
#define WAIT_MAX_NS        (3600 * NS_PER_SEC)
#define WAIT_TEXT_MAX      64
/* The kernel repeats a SYN after a second (RFC 6298 section 2.1); an answer that came later could
 * be to either, and its round trip would be a guess. */
#define TCP_WAIT_MAX_NS (900 * NS_PER_MS)

enum { OPTION_JSON = 256 };

static const char help_text[] =
	"usage: sluice traceroute [options] host [packetlen]\n"
	"\n"
	"Shows the routers on the way to a host. Needs no privilege: UDP and TCP probes use plain\n"
	"sockets, -I a raw socket or a datagram ICMP socket (net.ipv4.ping_group_range).\n"
	"\n"
	"  -I, --icmp               echo requests instead of UDP\n"
	"  -T, --tcp                TCP connections (reset at once) instead of UDP\n"
	"  -f, --first ttl          begin at this hop; default 1\n"
	"  -m, --max-hops ttl       end at this hop, up to 255; default 30\n"
	"  -q, --queries n          probes for each hop, 1 to 10; default 3\n"
	"  -N, --sim-queries n      probes under way at once, 1 to 64; default 16\n"
	"  -w, --wait max[,here,near]\n"
	"                           seconds to wait for an answer, default 5; but at most here\n"
	"                           (3) times an answer of the same hop, near (10) of a later;\n"
	"                           with -T never more than 0.9\n"
	"  -p, --port n             UDP: port of the first probe, 33434; TCP: port, 80; ICMP:\n"
	"                           first sequence number, 1\n"
	"  -s, --source address     send from this address\n"
	"  -i, --interface name     use this interface\n"
	"  -F, --dont-fragment      do not fragment probes\n"
	"  -n                       no names, only addresses\n"
	"  -4                       IPv4, which is the only one spoken\n"
	"  --json                   one JSON object at the end instead of text\n"
	"  -h, --help               this\n"
	"\n"
	"packetlen is the whole IP packet, 28 to 65535 bytes, default 60; not used with -T.\n"
	"\n"
	"After a time: !H !N !P host, network, protocol unreachable; !X prohibited; !F-mtu too\n"
	"long; !S source route; !V !C precedence; !<n> other unreachable code; !<t-c> other ICMP.\n"
	"\n"
	"Exit code: 0 the destination answered, 1 it did not, 2 error.\n";

void trace_args_help(FILE *out)
{
	fputs(help_text, out);
}

static bool refuse_wait(const char *text, struct tool_why *why)
{
	return tool_refuse(why,
			   "-w %s: not a time to wait; right is seconds from 0.01 to 3600, or "
			   "max,here,near with two factors",
			   text);
}

static bool parse_wait(const char *text, struct trace_args *args, struct tool_why *why)
{
	u64 parts[3] = { 0, (u64)(args->here_factor * 1e9), (u64)(args->near_factor * 1e9) };
	char copy[WAIT_TEXT_MAX];
	char *rest = copy;
	char *word;
	size_t count = 0;

	if (strlen(text) >= sizeof(copy))
		return refuse_wait(text, why);
	strcpy(copy, text);
	while ((word = strsep(&rest, ",")) != NULL) {
		if (count == ARRAY_COUNT(parts) || !tool_scan_decimal(word, &parts[count]))
			return refuse_wait(text, why);
		count++;
	}
	if (parts[0] < WAIT_MIN_NS || parts[0] > WAIT_MAX_NS)
		return refuse_wait(text, why);
	args->wait_ns = parts[0];
	args->here_factor = (double)parts[1] / 1e9;
	args->near_factor = (double)parts[2] / 1e9;
	return true;
}

struct number_option {
	int letter;
	struct tool_value value;
	u64 min;
	u64 max;
	u32 *out;
};

static bool parse_number(int letter, const char *text, struct trace_args *args, u32 *port,
			 struct tool_why *why)
{
	struct number_option options[] = {
		{ 'f', { "-f", text, "a hop" }, 1, TRACE_HOPS_MAX, &args->first_ttl },
		{ 'm', { "-m", text, "a hop" }, 1, TRACE_HOPS_MAX, &args->max_ttl },
		{ 'q', { "-q", text, "a number of probes" }, 1, TRACE_PER_HOP_MAX, &args->per_hop },
		{ 'N', { "-N", text, "a number of probes" }, 1, TRACE_AT_ONCE_MAX, &args->at_once },
		{ 'p', { "-p", text, "a port" }, 1, PORT_MAX, port },
	};
	u64 number = 0;

	for (size_t index = 0; index < ARRAY_COUNT(options); index++) {
		const struct number_option *option = &options[index];

		if (option->letter != letter)
			continue;
		if (!tool_parse_uint(&option->value, option->min, option->max, &number, why))
			return false;
		*option->out = (u32)number;
	}
	return true;
}

static bool refuse_option(int option, char **argv, struct tool_why *why)
{
	if (option == ':')
		return tool_refuse(why, "%s: needs a value; see 'sluice traceroute -h'",
				   argv[optind - 1]);
	if (optopt > 0 && optopt < OPTION_JSON)
		return tool_refuse(why, "-%c: no such option; see 'sluice traceroute -h'", optopt);
	return tool_refuse(why, "%s: no such option; see 'sluice traceroute -h'", argv[optind - 1]);
}

static bool parse_option(int option, char **argv, struct trace_args *args, u32 *port,
			 struct tool_why *why)
{
	switch (option) {
	case 'I': args->method = TRACE_ICMP; break;
	case 'T': args->method = TRACE_TCP; break;
	case 'n': args->numeric = true; break;
	case 'F': args->dont_fragment = true; break;
	case 's': args->source_text = optarg; break;
	case 'i': args->iface_text = optarg; break;
	case 'w': return parse_wait(optarg, args, why);
	case OPTION_JSON: args->json = true; break;
	case '4': break;
	case '6': return tool_refuse(why, "-6: IPv6 is not spoken here; right is -4 or neither");
	case '?':
	case ':': return refuse_option(option, argv, why);
	default: return parse_number(option, optarg, args, port, why);
	}
	return true;
}

static bool parse_options(int argc, char **argv, struct trace_args *args, bool *help, u32 *port,
			  struct tool_why *why)
{
	static const struct option names[] = {
		{ "icmp", no_argument, NULL, 'I' },
		{ "tcp", no_argument, NULL, 'T' },
		{ "first", required_argument, NULL, 'f' },
		{ "max-hops", required_argument, NULL, 'm' },
		{ "queries", required_argument, NULL, 'q' },
		{ "sim-queries", required_argument, NULL, 'N' },
		{ "wait", required_argument, NULL, 'w' },
		{ "port", required_argument, NULL, 'p' },
		{ "source", required_argument, NULL, 's' },
		{ "interface", required_argument, NULL, 'i' },
		{ "dont-fragment", no_argument, NULL, 'F' },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	/* Zero starts getopt afresh, whatever the caller parsed before. */
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":ITf:m:q:N:w:p:s:i:Fn46h", names, NULL)) != -1) {
		if (option == 'h')
			*help = true;
		else if (!parse_option(option, argv, args, port, why))
			return false;
	}
	return true;
}

static bool parse_operands(int argc, char **argv, struct trace_args *args, struct tool_why *why)
{
	struct tool_value value = { "packetlen", NULL, "a packet's length in bytes" };
	u64 number = PACKET_LEN_DEFAULT;

	if (optind >= argc || argv[optind][0] == '\0')
		return tool_refuse(why,
				   "no destination; right is 'sluice traceroute [options] host "
				   "[packetlen]'");
	if (optind + 2 < argc)
		return tool_refuse(why, "%s: one destination and one length only",
				   argv[optind + 2]);
	args->host = argv[optind];
	value.text = optind + 1 < argc ? argv[optind + 1] : NULL;
	if (value.text && !tool_parse_uint(&value, TRACE_LEN_MIN, PACKET_LEN_MAX, &number, why))
		return false;
	args->packet_len_bytes = (u32)number;
	return true;
}

/* What only can be judged when all of it is known. */
static bool settle(struct trace_args *args, u32 port, struct tool_why *why)
{
	static const u16 ports[] = {
		[TRACE_UDP] = UDP_PORT_DEFAULT,
		[TRACE_ICMP] = ICMP_SEQ_DEFAULT,
		[TRACE_TCP] = TCP_PORT_DEFAULT,
	};
	u32 probes = (args->max_ttl - args->first_ttl + 1) * args->per_hop;

	if (args->first_ttl > args->max_ttl)
		return tool_refuse(why,
				   "-f %u: beyond the last hop; right is at most -m, which is %u",
				   args->first_ttl, args->max_ttl);
	if (port == 0)
		port = ports[args->method];
	if (args->method == TRACE_UDP && port + probes - 1 > PORT_MAX)
		return tool_refuse(why,
				   "-p %u: no room for %u probes with a port each; right is at "
				   "most %u",
				   port, probes, PORT_MAX - probes + 1);
	args->port = (u16)port;
	if (args->method == TRACE_TCP)
		args->wait_ns = u64_min(args->wait_ns, TCP_WAIT_MAX_NS);
	return true;
}

enum args_result trace_args_parse(int argc, char **argv, struct trace_args *args,
				  struct tool_why *why)
{
	bool help = false;
	u32 port = 0;

	*args = (struct trace_args){
		.first_ttl = 1,
		.max_ttl = 30,
		.per_hop = 3,
		.at_once = 16,
		.wait_ns = 5 * NS_PER_SEC,
		.here_factor = 3,
		.near_factor = 10,
	};
	if (!parse_options(argc, argv, args, &help, &port, why))
		return ARGS_BAD;
	if (help)
		return ARGS_HELP;
	if (!parse_operands(argc, argv, args, why))
		return ARGS_BAD;
	return settle(args, port, why) ? ARGS_RUN : ARGS_BAD;
}
