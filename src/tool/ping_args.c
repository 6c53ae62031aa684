/* The command line of `sluice ping`, as a value. */
#include "tool/ping_args.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>

#include "tool/probe_socket.h"

#define SECONDS_MAX_NS (1000000 * NS_PER_SEC)
#define COUNT_MAX      9223372036854775807ULL
#define TTL_MAX        255

enum { OPTION_JSON = 256 };

static const char help_text[] =
	"usage: sluice ping [options] host\n"
	"\n"
	"Sends ICMP echo requests and shows what comes back, as ping of iputils does. Uses a raw\n"
	"socket (CAP_NET_RAW), or a datagram ICMP socket (net.ipv4.ping_group_range) without.\n"
	"\n"
	"  -c count      stop after so many replies or errors\n"
	"  -i seconds    from one request to the next; default 1, at least 0.002 unless root\n"
	"  -W seconds    how long to wait after the last request if nothing ever came; default 10\n"
	"  -w seconds    end after this time, whatever was received\n"
	"  -s bytes      payload, 0 to 65507; default 56\n"
	"  -t ttl        time to live, 1 to 255\n"
	"  -M mode       do: never fragment; want: fragment here if needed; dont: anywhere;\n"
	"                probe: never fragment, and disregard what is known of the path\n"
	"  -I where      source address, or name of the interface to use\n"
	"  -p hex        fill the payload with this pattern, up to 16 bytes\n"
	"  -f            flood: a dot for each request, taken back for each reply\n"
	"  -b            allow a broadcast address\n"
	"  -n            no names, only addresses\n"
	"  -D            time of day before each line\n"
	"  -O            say when a reply is outstanding before the next request\n"
	"  -q            only the summary\n"
	"  -v            say which kind of socket is used\n"
	"  -4            IPv4, which is the only one spoken\n"
	"  --json        one JSON object at the end instead of text\n"
	"  -h, --help    this\n"
	"\n"
	"Exit code: 0 at least one reply (with -c and -w together: count replies), 1 none,\n"
	"2 error.\n";

void ping_args_help(FILE *out)
{
	fputs(help_text, out);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_pattern(const char *text, struct icmp_pattern *pattern, struct tool_why *why)
{
	size_t digits = strlen(text);

	pattern->len = 0;
	for (size_t at = 0; at + 1 < digits && pattern->len < ICMP_PATTERN_MAX; at += 2) {
		int high = hex_digit(text[at]);
		int low = hex_digit(text[at + 1]);

		if (high < 0 || low < 0)
			break;
		pattern->bytes[pattern->len++] = (u8)(high * 16 + low);
	}
	if (pattern->len > 0 && (size_t)pattern->len * 2 == digits)
		return true;
	return tool_refuse(why, "-p %s: not a pattern; right is 1 to %d bytes, two hex digits each",
			   text, ICMP_PATTERN_MAX);
}

static bool parse_pmtud(const char *text, int *pmtud, struct tool_why *why)
{
	static const struct {
		const char *word;
		int mode;
	} modes[] = {
		{ "do", PROBE_PMTUD_DO },
		{ "want", PROBE_PMTUD_WANT },
		{ "dont", PROBE_PMTUD_DONT },
		{ "probe", PROBE_PMTUD_PROBE },
	};

	for (size_t index = 0; index < ARRAY_COUNT(modes); index++) {
		if (strcmp(text, modes[index].word) != 0)
			continue;
		*pmtud = modes[index].mode;
		return true;
	}
	return tool_refuse(why, "-M %s: not a mode; right is do, want, dont or probe", text);
}

/* Given twice, -I may name both an address and an interface. */
static void take_origin(const char *text, struct ping_args *args)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) == 1)
		args->source_text = text;
	else
		args->iface_text = text;
}

static bool parse_number(int option, const char *text, struct ping_args *args, struct tool_why *why)
{
	struct tool_value value = { .text = text };
	u64 number = 0;
	bool good = true;

	switch (option) {
	case 'c':
		value.option = "-c", value.what = "a count";
		good = tool_parse_uint(&value, 1, COUNT_MAX, &args->count, why);
		break;
	case 's':
		value.option = "-s", value.what = "a payload size in bytes";
		good = tool_parse_uint(&value, 0, ICMP_PAYLOAD_MAX, &number, why);
		args->size_bytes = (u32)number;
		break;
	case 't':
		value.option = "-t", value.what = "a time to live";
		good = tool_parse_uint(&value, 1, TTL_MAX, &number, why);
		args->ttl = (int)number;
		break;
	case 'W':
		value.option = "-W", value.what = "a time to wait";
		good = tool_parse_seconds(&value, NS_PER_MS, SECONDS_MAX_NS, &args->wait_ns, why);
		break;
	default:
		value.option = "-w", value.what = "a deadline";
		good = tool_parse_seconds(&value, NS_PER_MS, SECONDS_MAX_NS, &args->deadline_ns,
					  why);
	}
	return good;
}

static void parse_switch(int option, struct ping_args *args)
{
	switch (option) {
	case 'q': args->quiet = true; break;
	case 'n': args->numeric = true; break;
	case 'f': args->flood = true; break;
	case 'D': args->stamps = true; break;
	case 'O': args->outstanding = true; break;
	case 'v': args->verbose = true; break;
	case 'b': args->broadcast = true; break;
	case OPTION_JSON: args->json = true; break;
	default: break;
	}
}

/* What getopt stumbled over, as it stands in argv. */
static bool refuse_option(int option, char **argv, struct tool_why *why)
{
	if (option == ':')
		return tool_refuse(why, "%s: needs a value; see 'sluice ping -h'",
				   argv[optind - 1]);
	if (optopt > 0 && optopt < OPTION_JSON)
		return tool_refuse(why, "-%c: no such option; see 'sluice ping -h'", optopt);
	return tool_refuse(why, "%s: no such option; see 'sluice ping -h'", argv[optind - 1]);
}

static bool parse_options(int argc, char **argv, struct ping_args *args, bool *help,
			  const char **interval_text, struct tool_why *why)
{
	static const struct option names[] = {
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;
	bool good = true;

	/* Zero starts getopt afresh, whatever the caller parsed before. */
	optind = 0;
	opterr = 0;
	while (good && (option = getopt_long(argc, argv, ":c:i:W:w:s:t:M:I:p:qnfDOvb46h", names,
					     NULL)) != -1) {
		switch (option) {
		case 'c':
		case 's':
		case 't':
		case 'W':
		case 'w': good = parse_number(option, optarg, args, why); break;
		case 'i': *interval_text = optarg; break;
		case 'M': good = parse_pmtud(optarg, &args->pmtud, why); break;
		case 'p': good = parse_pattern(optarg, &args->pattern, why); break;
		case 'I': take_origin(optarg, args); break;
		case '6':
			good = tool_refuse(why,
					   "-6: IPv6 is not spoken here; right is -4 or neither");
			break;
		case 'h': *help = true; break;
		case '?':
		case ':': good = refuse_option(option, argv, why); break;
		default: parse_switch(option, args);
		}
	}
	return good;
}

/* The lower bound depends on who asks, so the interval is read when all options are known. */
static bool parse_interval(const char *text, bool is_root, struct ping_args *args,
			   struct tool_why *why)
{
	struct tool_value value = { .option = "-i", .text = text };
	u64 min_ns = is_root ? 0 : PING_INTERVAL_MIN_NS;

	value.what = is_root ? "an interval" : "an interval for a user without privilege";
	args->interval_ns = args->flood ? 0 : NS_PER_SEC;
	if (text)
		return tool_parse_seconds(&value, min_ns, SECONDS_MAX_NS, &args->interval_ns, why);
	if (args->flood && !is_root)
		return tool_refuse(why, "-f: a flood without an interval is for root; right is -f "
					"-i 0.002 or more");
	return true;
}

static bool parse_host(int argc, char **argv, struct ping_args *args, struct tool_why *why)
{
	if (optind >= argc)
		return tool_refuse(why, "no destination; right is 'sluice ping [options] host'");
	if (optind + 1 < argc)
		return tool_refuse(why, "%s: one destination only, %s is it", argv[optind + 1],
				   argv[optind]);
	args->host = argv[optind];
	if (args->host[0] == '\0')
		return tool_refuse(why, "the destination is empty; right is an address or a name");
	return true;
}

enum args_result ping_args_parse(int argc, char **argv, bool is_root, struct ping_args *args,
				 struct tool_why *why)
{
	const char *interval_text = NULL;
	bool help = false;

	memset(args, 0, sizeof(*args));
	args->size_bytes = PING_SIZE_DEFAULT;
	args->wait_ns = 10 * NS_PER_SEC;
	if (!parse_options(argc, argv, args, &help, &interval_text, why))
		return ARGS_BAD;
	if (help)
		return ARGS_HELP;
	if (!parse_interval(interval_text, is_root, args, why))
		return ARGS_BAD;
	return parse_host(argc, argv, args, why) ? ARGS_RUN : ARGS_BAD;
}
