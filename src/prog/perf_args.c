/* The command line of `sluice perf`, as a value. */
#include "prog/perf_args.h"

#include "host/conf/values.h"
#include "prog/options.h"
#include "tool/tool_text.h"

enum perf_option {
	OPTION_DEV,
	OPTION_ADDR,
	OPTION_PEER,
	OPTION_PORT,
	OPTION_GATEWAY,
	OPTION_TUN,
	OPTION_CC,
	OPTION_SECONDS,
	OPTION_BYTES,
	OPTION_INTERVAL,
	OPTION_BUFFER,
	OPTION_MSS,
	OPTION_MD5,
	OPTION_ONCE,
	OPTION_JSON,
	OPTION_NO_REALTIME,
	OPTION_HELP,
	OPTIONS,
};

enum { ADDR_TEXT_SIZE = 32, CC_MAX = 16, CC_LIST_SIZE = 64 };

#define SECONDS_DEFAULT (10 * NS_PER_SEC)
#define SECONDS_MAX     (1000000 * NS_PER_SEC)
#define INTERVAL_MIN    (10 * NS_PER_MS)
#define INTERVAL_MAX    (3600 * NS_PER_SEC)
#define BYTES_MAX       (UINT64_C(1) << 50)
#define BUFFER_MIN      4096
#define BUFFER_MAX      (256 << 20)
/* RFC 9293 section 3.7.1 has 536 for who says nothing; below 88 options leave no room for data. */
#define MSS_MIN 88

static const struct option_spec specs[OPTIONS] = {
	[OPTION_DEV] = { "--dev", "IF", "" },
	[OPTION_ADDR] = { "--addr", "A/LEN", "" },
	[OPTION_PEER] = { "--peer", "B:PORT", "" },
	[OPTION_PORT] = { "--port", "P", "" },
	[OPTION_GATEWAY] = { "--gateway", "G", "" },
	[OPTION_TUN] = { "--tun", NULL, "" },
	[OPTION_CC] = { "--cc", "bbr|bbr3|cubic|newreno", "" },
	[OPTION_SECONDS] = { "--seconds", "N", "" },
	[OPTION_BYTES] = { "--bytes", "SIZE", "" },
	[OPTION_INTERVAL] = { "--interval", "TIME", "" },
	[OPTION_BUFFER] = { "--buffer", "SIZE", "" },
	[OPTION_MSS] = { "--mss", "N", "" },
	[OPTION_MD5] = { "--md5", "KEY", "" },
	[OPTION_ONCE] = { "--once", NULL, "" },
	[OPTION_JSON] = { "--json", NULL, "" },
	[OPTION_NO_REALTIME] = { "--no-realtime", NULL, "" },
	[OPTION_HELP] = { "--help", NULL, "" },
};

static const char help_text[] =
	"sluice perf: how much this program's own TCP carries, to and from any other TCP\n"
	"\n"
	"  sluice perf send --dev IF --addr A/LEN --peer B:PORT [options]\n"
	"  sluice perf recv --dev IF --addr A/LEN --port P [options]\n"
	"\n"
	"send connects to whatever takes bytes and sends as much as the way carries; recv takes\n"
	"what connections bring. The address is the program's own on this interface, an Ethernet\n"
	"or a TUN device: the host must not have it. Needs root (CAP_NET_RAW, for a TUN device\n"
	"CAP_NET_ADMIN).\n"
	"\n"
	"  --dev IF             the interface\n"
	"  --addr A/LEN         the address on it: 10.9.0.1/24\n"
	"  --peer B:PORT        whom to send to\n"
	"  --port P             where to receive\n"
	"  --gateway G          the way to all that is not on A/LEN; a TUN device needs none\n"
	"  --tun                the interface is a TUN device, made if it is not there\n"
	"  --cc bbr|bbr3|cubic|newreno\n"
	"                       congestion control; default bbr\n"
	"  --seconds N          send for so long; default 10, without --bytes\n"
	"  --bytes SIZE         send so much: 5000000, 64kb, 100mb, 2gb (of 1024)\n"
	"  --interval TIME      tell the rate so often, at least every 10ms; default 1s\n"
	"  --buffer SIZE        of the socket in each direction, 4kb to 256mb; default: it grows\n"
	"                       to 16mb as the connection needs it\n"
	"  --mss N              bytes of data in a segment at most, 88 to 65495\n"
	"  --md5 KEY            sign segments with it, and take no others: RFC 2385, TCP_MD5SIG;\n"
	"                       1 to 80 bytes, which others on this host can see\n"
	"  --once               end after the first connection\n"
	"  --json               the result as JSON, an object a line; the last has \"final\":true\n"
	"  --no-realtime        do without precedence over other processes\n"
	"  --help               this text\n"
	"\n"
	"Ends at SIGINT or SIGTERM, with the result.\n"
	"Exit codes: 0 ended as asked, 1 it could not be done, 2 wrong arguments.\n";

void perf_args_help(FILE *out)
{
	fputs(help_text, out);
}

/* ---- values ---------------------------------------------------------------------------------- */

static const struct tool_unit byte_units[] = {
	{ "", 1 }, { "b", 1 }, { "kb", 1 << 10 }, { "mb", 1 << 20 }, { "gb", 1 << 30 }, { NULL, 0 },
};
static const struct tool_unit time_units[] = {
	{ "s", NS_PER_SEC },
	{ "ms", NS_PER_MS },
	{ NULL, 0 },
};

static bool refuse(const char *option, const char *text, const char *right, struct ctl_why *why)
{
	return options_refuse(why, "%s %.40s: right is %s", option, text, right);
}

static bool take_port(const char *text, be16 *port, struct ctl_why *why)
{
	u64 number;

	if (!value_number(text, 1, UINT16_MAX, &number))
		return refuse("--port", text, "a port from 1 to 65535", why);
	*port = be16_of((u16)number);
	return true;
}

static bool take_peer(const char *text, struct sock_addr *peer, struct ctl_why *why)
{
	size_t len = strcspn(text, ":");
	char addr[ADDR_TEXT_SIZE];
	u64 port;

	snprintf(addr, sizeof addr, "%.*s", (int)len, text);
	if (len >= sizeof addr || !text[len] || !value_addr(addr, &peer->addr) ||
	    !value_number(text + len + 1, 1, UINT16_MAX, &port))
		return refuse("--peer", text, "an address and a port: 10.9.0.2:5001", why);
	peer->port = be16_of((u16)port);
	return true;
}

static bool take_cc(const char *text, const char **cc, struct ctl_why *why)
{
	char list[CC_LIST_SIZE] = "";
	size_t used = 0;
	const char *name;

	for (u32 at = 0; at < CC_MAX && (name = cc_name_at(at)) != NULL; at++) {
		if (strcmp(name, text) == 0) {
			*cc = name;
			return true;
		}
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", at ? ", " : "",
					 name);
		CHECK(used < sizeof list);
	}
	return options_refuse(why, "--cc %.40s: right is one of %s", text, list);
}

static bool take_size(const char *text, u64 min, u64 max, u64 *out)
{
	return tool_scan_unit(text, byte_units, max, out) && *out >= min;
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool read_whom(const char *const *value, struct perf_args *args, struct ctl_why *why)
{
	if (!value[OPTION_ADDR])
		return options_refuse(why, "--addr: is missing; right is an address that nobody "
					   "has, on a network: --addr 10.9.0.1/24");
	if (!value_addr_len(value[OPTION_ADDR], &args->addr, &args->addr_len))
		return refuse("--addr", value[OPTION_ADDR], "an address on a network: 10.9.0.1/24",
			      why);
	if (value[OPTION_GATEWAY] && !value_addr(value[OPTION_GATEWAY], &args->gateway))
		return refuse("--gateway", value[OPTION_GATEWAY], "an address: 10.9.0.254", why);
	args->has_gateway = value[OPTION_GATEWAY] != NULL;
	if (value[OPTION_PEER] && !take_peer(value[OPTION_PEER], &args->peer, why))
		return false;
	return !value[OPTION_PORT] || take_port(value[OPTION_PORT], &args->port, why);
}

static bool read_how_long(const char *const *value, struct perf_args *args, struct ctl_why *why)
{
	const char *seconds = value[OPTION_SECONDS], *bytes = value[OPTION_BYTES];
	const char *interval = value[OPTION_INTERVAL];
	struct tool_value time = { "--seconds", seconds, "a time" };
	struct tool_why text;

	if (seconds && !tool_parse_seconds(&time, NS_PER_MS, SECONDS_MAX, &args->time_ns, &text))
		return options_refuse(why, "%s", text.text);
	if (bytes && !take_size(bytes, 1, BYTES_MAX, &args->bytes))
		return refuse("--bytes", bytes, "a number of bytes as 5000000, 64kb, 100mb or 2gb",
			      why);
	if (!seconds && !bytes)
		args->time_ns = SECONDS_DEFAULT;
	args->interval_ns = NS_PER_SEC;
	if (interval && (!tool_scan_unit(interval, time_units, INTERVAL_MAX, &args->interval_ns) ||
			 args->interval_ns < INTERVAL_MIN))
		return refuse("--interval", interval, "a number with s or ms, from 10ms to 3600s",
			      why);
	return true;
}

static bool read_socket(const char *const *value, struct perf_args *args, struct ctl_why *why)
{
	u64 number = 0;

	if (value[OPTION_CC] && !take_cc(value[OPTION_CC], &args->cc, why))
		return false;
	if (value[OPTION_BUFFER]) {
		if (!take_size(value[OPTION_BUFFER], BUFFER_MIN, BUFFER_MAX, &number))
			return refuse("--buffer", value[OPTION_BUFFER],
				      "a size as 64kb or 4mb, from 4kb to 256mb", why);
		args->buffer = (u32)number;
	}
	args->md5 = value[OPTION_MD5];
	if (args->md5 && (!args->md5[0] || strlen(args->md5) > TCP_AUTH_KEY_MAX))
		return options_refuse(why, "--md5: is no key; right is one of 1 to 80 bytes");
	if (!value[OPTION_MSS])
		return true;
	if (!value_number(value[OPTION_MSS], MSS_MIN, UINT16_MAX - 40, &number))
		return refuse("--mss", value[OPTION_MSS], "a number of bytes from 88 to 65495",
			      why);
	args->mss = (u16)number;
	return true;
}

/* What only one of the two does something with. */
static bool is_of(const struct perf_args *args, const char *const *value, struct ctl_why *why)
{
	static const enum perf_option send_only[] = { OPTION_PEER, OPTION_SECONDS, OPTION_BYTES };
	static const enum perf_option recv_only[] = { OPTION_PORT, OPTION_ONCE };
	const enum perf_option *wrong = args->sends ? recv_only : send_only;
	size_t count = args->sends ? ARRAY_COUNT(recv_only) : ARRAY_COUNT(send_only);

	for (size_t at = 0; at < count; at++) {
		if (value[wrong[at]])
			return options_refuse(why, "%s: is for 'sluice perf %s' only",
					      specs[wrong[at]].name, args->sends ? "recv" : "send");
	}
	return true;
}

static bool is_whole(const struct perf_args *args, struct ctl_why *why)
{
	if (!args->dev)
		return options_refuse(why, "--dev: is missing; right is an Ethernet interface or a "
					   "TUN device: --dev eth1");
	if (args->sends && args->peer.port.raw == 0)
		return options_refuse(why, "--peer: is missing; right is whom to send to: --peer "
					   "10.9.0.2:5001");
	if (!args->sends && args->port.raw == 0)
		return options_refuse(why, "--port: is missing; right is where to receive: --port "
					   "5001");
	if (args->sends && be32_eq(args->peer.addr, args->addr))
		return options_refuse(why, "--peer: is the address of --addr; right is somebody "
					   "else");
	return true;
}

static bool read_role(const char *word, struct perf_args *args, struct ctl_why *why)
{
	if (!word)
		return options_refuse(why, "which one? 'sluice perf send' or 'sluice perf recv'");
	args->sends = strcmp(word, "send") == 0;
	if (!args->sends && strcmp(word, "recv") != 0)
		return options_refuse(why, "%.40s: right is send or recv", word);
	return true;
}

bool perf_args_parse(int argc, char **argv, struct perf_args *args, struct ctl_why *why)
{
	const char *value[OPTIONS], *word[1] = { NULL };
	struct options options = {
		.specs = specs,
		.count = OPTIONS,
		.value = value,
		.word = word,
		.word_max = 1,
	};

	memset(args, 0, sizeof *args);
	if (!options_parse(argc, argv, &options, why))
		return false;
	args->help = value[OPTION_HELP] != NULL;
	if (args->help)
		return true;
	args->dev = value[OPTION_DEV];
	args->tun = value[OPTION_TUN] != NULL;
	args->once = value[OPTION_ONCE] != NULL;
	args->json = value[OPTION_JSON] != NULL;
	args->realtime = value[OPTION_NO_REALTIME] == NULL;
	return read_role(word[0], args, why) && is_of(args, value, why) &&
	       read_whom(value, args, why) && read_how_long(value, args, why) &&
	       read_socket(value, args, why) && is_whole(args, why);
}
