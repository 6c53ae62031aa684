/* The command line of `sluice link`, as a value.
 *
 * A setting has the same name as an option and as a key of --a-to-b and --b-to-a, and one reader
 * for all three. What is of one direction is read last, wherever it stood. */
#include "tool/link_args.h"

#include <getopt.h>
#include <stdlib.h>

enum {
	OPTION_A = 256,
	OPTION_B,
	OPTION_A_TO_B,
	OPTION_B_TO_A,
	OPTION_SEED,
	OPTION_PACKETS,
	OPTION_SECONDS,
	OPTION_STATS,
	OPTION_JSON,
	OPTION_NO_REALTIME,
	OPTION_SETTING, /* and those of the table behind it */
};

enum { NUMBER_SIZE = 32, LABEL_SIZE = 64, LIST_SIZE = 512, PPM_OF_PERCENT = 10000 };

#define BUFFER_PACKETS_DEFAULT 1000
#define BUFFER_PACKETS_MAX     LINK_FLIGHT_MAX
#define BUFFER_BYTES_MAX       (UINT64_C(1) << 32)
#define RATE_MIN_BPS           1000
#define BDP_MAX_NANO           (1000 * NANO)
#define BDP_BYTES_MIN          2000 /* that a whole packet may wait */
#define NANO                   TOOL_NANO
#define STATS_MIN_NS           (10 * NS_PER_MS)
#define SECONDS_MAX_NS         (1000000 * NS_PER_SEC)
/* How many packets to make room for, when nobody says it: the bytes that may be on their way and in
 * the buffer, as packets of a length that is below the mean of most traffic. */
#define PACKET_BYTES_GUESS  250
#define PACKETS_UNKNOWN     65536
#define PACKETS_DEFAULT_MIN 4096
#define PACKETS_DEFAULT_MAX (1 << 19)

static const char help_text[] =
	"usage: sluice link --a IF --b IF [options]\n"
	"\n"
	"Joins two Ethernet interfaces: every frame that comes in by one leaves by the other,\n"
	"after what a slower, longer and worse link would do to it. Each option is for both\n"
	"directions, unless --a-to-b or --b-to-a says otherwise. Needs root (CAP_NET_RAW).\n"
	"\n"
	"  --a IF             one interface\n"
	"  --b IF             the other one\n"
	"  --rate RATE        bits of IP packets a second: 64kbit, 2.5mbit, 1gbit; unlimited\n"
	"  --delay TIME       one way, behind the last bit: 50ms, 200us, 1s; default 0\n"
	"  --jitter TIME      up to so much more, each packet its own; TIME:reorder lets packets\n"
	"                     overtake each other, else they wait for those before them\n"
	"  --buffer SIZE      what may wait for the rate: 100p packets, 64kb (of 1024), 2bdp\n"
	"                     (rate times the delay of both ways); what comes then is dropped;\n"
	"                     default 1000p\n"
	"  --ecn SIZE         mark packets that find so much waiting, 20p or 30kb, instead of\n"
	"                     losing some later, if they are of senders that know of ECN\n"
	"  --loss PERCENT     lose packets by chance, 0.0001% to 100%, behind the rate\n"
	"  --reorder PERCENT:TIME\n"
	"                     so many packets come later by this time, and others overtake them\n"
	"  --duplicate PERCENT\n"
	"                     so many packets come twice\n"
	"  --overhead BYTES   that each packet takes besides its own, 0 to 1000; 38 on a real\n"
	"                     Ethernet; default 0\n"
	"  --a-to-b LIST      of that direction alone: rate=1mbit,delay=5ms,buffer=20p ...\n"
	"  --b-to-a LIST      of the other one\n"
	"  --seed N           what chance comes from: the same number, the same chance\n"
	"  --packets N        room for so many packets on their way, in each direction; default:\n"
	"                     by rate, delay and buffer\n"
	"  --seconds N        end after this time\n"
	"  --stats TIME       tell the statistics so often, at least every 10ms\n"
	"  --json             statistics as lines of JSON\n"
	"  --no-realtime      do without precedence over other processes; packets leave less\n"
	"                     punctually where those are busy\n"
	"  -h, --help         this\n"
	"\n"
	"Ends at SIGINT or SIGTERM, with the statistics. Nothing of the interfaces is changed.\n"
	"\n"
	"Exit code: 0 ended as asked, 1 it could not be done, 2 wrong arguments.\n";

void link_args_help(FILE *out)
{
	fputs(help_text, out);
}

/* ---- numbers with units -------------------------------------------------------------------- */

static const struct tool_unit rate_units[] = {
	{ "bit", 1 }, { "kbit", 1000 }, { "mbit", 1000000 }, { "gbit", 1000000000 }, { NULL, 0 },
};
static const struct tool_unit time_units[] = {
	{ "s", NS_PER_SEC }, { "ms", NS_PER_MS }, { "us", NS_PER_US }, { "ns", 1 }, { NULL, 0 },
};
static const struct tool_unit percent_units[] = { { "%", PPM_OF_PERCENT }, { NULL, 0 } };
static const struct tool_unit packet_units[] = { { "p", 1 }, { NULL, 0 } };
static const struct tool_unit byte_units[] = {
	{ "b", 1 },
	{ "kb", 1024 },
	{ "mb", 1024 * 1024 },
	{ NULL, 0 },
};
static const struct tool_unit bdp_units[] = { { "bdp", NANO }, { NULL, 0 } };

static bool refuse_value(const struct tool_value *value, struct tool_why *why)
{
	return tool_refuse(why, "%s %s: right is %s", value->option, value->text, value->what);
}

static bool read_time(const struct tool_value *value, const char *text, u64 *ns,
		      struct tool_why *why)
{
	return tool_scan_unit(text, time_units, LINK_TIME_MAX_NS, ns) || refuse_value(value, why);
}

static bool read_ppm(const struct tool_value *value, const char *text, u32 *ppm,
		     struct tool_why *why)
{
	u64 number = 0;

	if (!tool_scan_unit(text, percent_units, LINK_MILLION, &number))
		return refuse_value(value, why);
	*ppm = (u32)number;
	return true;
}

/* The part before a colon; *rest is what stands behind it, NULL if there is none. */
static bool cut_at_colon(const char *text, char part[NUMBER_SIZE], const char **rest)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	*rest = colon ? colon + 1 : NULL;
	if (len >= NUMBER_SIZE)
		return false;
	memcpy(part, text, len);
	part[len] = '\0';
	return true;
}

/* ---- the settings of a direction ----------------------------------------------------------- */

struct way_args {
	struct link_conf conf;
	u64 bdp_nano; /* 0: the buffer is not given so */
};

static bool read_rate(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	u64 rate_bps = 0;

	if (strcmp(value->text, "unlimited") != 0 &&
	    (!tool_scan_unit(value->text, rate_units, LINK_RATE_MAX_BPS, &rate_bps) ||
	     rate_bps < RATE_MIN_BPS))
		return refuse_value(value, why);
	way->conf.rate_bps = rate_bps;
	return true;
}

static bool read_delay(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	return read_time(value, value->text, &way->conf.delay_ns, why);
}

static bool read_jitter(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	char part[NUMBER_SIZE];
	const char *rest;

	if (!cut_at_colon(value->text, part, &rest) || (rest && strcmp(rest, "reorder") != 0))
		return refuse_value(value, why);
	way->conf.jitter_reorders = rest != NULL;
	return read_time(value, part, &way->conf.jitter_ns, why);
}

static bool read_buffer(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	u64 packets = 0, bytes = 0, bdp_nano = 0;

	if (!tool_scan_unit(value->text, packet_units, BUFFER_PACKETS_MAX, &packets) &&
	    !tool_scan_unit(value->text, byte_units, BUFFER_BYTES_MAX, &bytes) &&
	    !tool_scan_unit(value->text, bdp_units, BDP_MAX_NANO, &bdp_nano))
		return refuse_value(value, why);
	if (packets == 0 && bytes == 0 && bdp_nano == 0)
		return refuse_value(value, why);
	way->conf.buffer_packets = (u32)packets;
	way->conf.buffer_bytes = bytes;
	way->bdp_nano = bdp_nano;
	return true;
}

static bool read_ecn(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	u64 packets = 0, bytes = 0;

	if (!tool_scan_unit(value->text, packet_units, BUFFER_PACKETS_MAX, &packets) &&
	    !tool_scan_unit(value->text, byte_units, BUFFER_BYTES_MAX, &bytes))
		return refuse_value(value, why);
	way->conf.mark_packets = (u32)packets;
	way->conf.mark_bytes = bytes;
	return true;
}

static bool read_loss(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	return read_ppm(value, value->text, &way->conf.loss_ppm, why);
}

static bool read_duplicate(const struct tool_value *value, struct way_args *way,
			   struct tool_why *why)
{
	return read_ppm(value, value->text, &way->conf.duplicate_ppm, why);
}

static bool read_reorder(const struct tool_value *value, struct way_args *way, struct tool_why *why)
{
	char part[NUMBER_SIZE];
	const char *rest;

	if (!cut_at_colon(value->text, part, &rest) || !rest)
		return refuse_value(value, why);
	return read_ppm(value, part, &way->conf.reorder_ppm, why) &&
	       read_time(value, rest, &way->conf.reorder_ns, why);
}

static bool read_overhead(const struct tool_value *value, struct way_args *way,
			  struct tool_why *why)
{
	u64 bytes = 0;

	if (!tool_parse_uint(value, 0, LINK_HEADER_MAX, &bytes, why))
		return false;
	way->conf.header_bytes = (u32)bytes;
	return true;
}

static const struct setting {
	const char *name;
	bool (*read)(const struct tool_value *value, struct way_args *way, struct tool_why *why);
	const char *right;
} settings[] = {
	{ "rate", read_rate,
	  "a number with bit, kbit, mbit or gbit, from 1kbit to 1000gbit, or unlimited" },
	{ "delay", read_delay, "a number with s, ms, us or ns, up to 3600s" },
	{ "jitter", read_jitter,
	  "a number with s, ms, us or ns, up to 3600s, and :reorder behind it or not" },
	{ "buffer", read_buffer,
	  "packets as 100p, up to 4194304p; bytes as 64kb (b, kb, mb), up to 4096mb; or 2bdp, up "
	  "to 1000bdp" },
	{ "ecn", read_ecn,
	  "packets as 20p, up to 4194304p, or bytes as 30kb (b, kb, mb), up to 4096mb" },
	{ "loss", read_loss, "a number with %, from 0.0001% to 100%" },
	{ "reorder", read_reorder,
	  "a share and a time, as 1%:5ms; from 0.0001% to 100%, and up to 3600s" },
	{ "duplicate", read_duplicate, "a number with %, from 0.0001% to 100%" },
	{ "overhead", read_overhead, "a number of bytes for each packet" },
};

/* ---- the whole line ------------------------------------------------------------------------ */

struct line {
	struct link_args *args;
	struct way_args way[LINK_WAYS];
	const char *list[LINK_WAYS];
	u64 packets; /* 0: not given */
	bool help;
};

static bool set_both(struct line *line, const struct setting *setting, const char *text,
		     struct tool_why *why)
{
	char label[LABEL_SIZE];
	struct tool_value value = { label, text, setting->right };

	snprintf(label, sizeof(label), "--%s", setting->name);
	for (u32 way = 0; way < LINK_WAYS; way++) {
		if (!setting->read(&value, &line->way[way], why))
			return false;
	}
	return true;
}

static const struct setting *setting_find(const char *name)
{
	for (size_t index = 0; index < ARRAY_COUNT(settings); index++) {
		if (strcmp(settings[index].name, name) == 0)
			return &settings[index];
	}
	return NULL;
}

/* "delay=5ms,loss=1%" */
static bool set_list(struct way_args *way, const char *option, const char *text,
		     struct tool_why *why)
{
	char copy[LIST_SIZE], label[LABEL_SIZE], *rest = copy, *one;

	if (strlen(text) >= sizeof(copy))
		return tool_refuse(why, "%s: the list is too long; right are up to %d characters",
				   option, LIST_SIZE - 1);
	strcpy(copy, text);
	while ((one = strsep(&rest, ",")) != NULL) {
		char *equals = strchr(one, '=');
		const struct setting *setting;
		struct tool_value value;

		if (equals)
			*equals = '\0';
		setting = setting_find(one);
		if (!equals || !setting)
			return tool_refuse(why,
					   "%s %s: '%s' is no setting with its value; right are "
					   "rate, delay, jitter, buffer, ecn, loss, reorder, "
					   "duplicate and overhead, as delay=5ms,loss=1%%",
					   option, text, one);
		snprintf(label, sizeof(label), "%s %s", option, setting->name);
		value = (struct tool_value){ label, equals + 1, setting->right };
		if (!setting->read(&value, way, why))
			return false;
	}
	return true;
}

static bool take_number(int option, const char *text, struct line *line, struct tool_why *why)
{
	struct tool_value value = { .text = text };

	switch (option) {
	case OPTION_SEED:
		value.option = "--seed", value.what = "a seed";
		line->args->has_seed = true;
		return tool_parse_uint(&value, 0, INT64_MAX, &line->args->seed, why);
	case OPTION_PACKETS:
		value.option = "--packets", value.what = "a number of packets";
		return tool_parse_uint(&value, 1, LINK_FLIGHT_MAX, &line->packets, why);
	case OPTION_SECONDS:
		value.option = "--seconds", value.what = "a time";
		return tool_parse_seconds(&value, NS_PER_MS, SECONDS_MAX_NS, &line->args->end_ns,
					  why);
	default:
		value.option = "--stats";
		value.what = "a number with s, ms, us or ns, from 10ms to 3600s";
		return (read_time(&value, text, &line->args->stats_ns, why) &&
			line->args->stats_ns >= STATS_MIN_NS) ||
		       refuse_value(&value, why);
	}
}

static bool take_option(int option, char **argv, struct line *line, struct tool_why *why)
{
	switch (option) {
	case OPTION_A: line->args->iface[LINK_A_TO_B] = optarg; return true;
	case OPTION_B: line->args->iface[LINK_B_TO_A] = optarg; return true;
	case OPTION_A_TO_B: line->list[LINK_A_TO_B] = optarg; return true;
	case OPTION_B_TO_A: line->list[LINK_B_TO_A] = optarg; return true;
	case OPTION_JSON: line->args->json = true; return true;
	case OPTION_NO_REALTIME: line->args->realtime = false; return true;
	case 'h': line->help = true; return true;
	case ':':
		return tool_refuse(why, "%s: needs a value; see 'sluice link -h'",
				   argv[optind - 1]);
	case '?':
		if (optopt > 0 && optopt < OPTION_A)
			return tool_refuse(why, "-%c: no such option; see 'sluice link -h'",
					   optopt);
		return tool_refuse(why, "%s: no such option; see 'sluice link -h'",
				   argv[optind - 1]);
	default: break;
	}
	if (option >= OPTION_SETTING)
		return set_both(line, &settings[option - OPTION_SETTING], optarg, why);
	return take_number(option, optarg, line, why);
}

static bool parse_options(int argc, char **argv, struct line *line, struct tool_why *why)
{
	static const struct option plain[] = {
		{ "a", required_argument, NULL, OPTION_A },
		{ "b", required_argument, NULL, OPTION_B },
		{ "a-to-b", required_argument, NULL, OPTION_A_TO_B },
		{ "b-to-a", required_argument, NULL, OPTION_B_TO_A },
		{ "seed", required_argument, NULL, OPTION_SEED },
		{ "packets", required_argument, NULL, OPTION_PACKETS },
		{ "seconds", required_argument, NULL, OPTION_SECONDS },
		{ "stats", required_argument, NULL, OPTION_STATS },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "no-realtime", no_argument, NULL, OPTION_NO_REALTIME },
		{ "help", no_argument, NULL, 'h' },
	};
	struct option names[ARRAY_COUNT(plain) + ARRAY_COUNT(settings) + 1] = { 0 };
	int option;

	memcpy(names, plain, sizeof(plain));
	for (size_t index = 0; index < ARRAY_COUNT(settings); index++)
		names[ARRAY_COUNT(plain) + index] = (struct option){ settings[index].name,
								     required_argument, NULL,
								     OPTION_SETTING + (int)index };
	/* Zero starts getopt afresh, whatever the caller parsed before. */
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", names, NULL)) != -1) {
		if (!take_option(option, argv, line, why))
			return false;
	}
	if (optind < argc)
		return tool_refuse(why, "%s: not an option; see 'sluice link -h'", argv[optind]);
	return true;
}

static bool ifaces_fit(const struct link_args *args, struct tool_why *why)
{
	const char *a = args->iface[LINK_A_TO_B], *b = args->iface[LINK_B_TO_A];

	if (!a || !b)
		return tool_refuse(why, "which interfaces? Right is 'sluice link --a IF --b IF'");
	if (strcmp(a, b) == 0)
		return tool_refuse(why, "--a %s --b %s: right are two interfaces", a, b);
	return true;
}

/* A buffer of so many times what the rate carries in a round trip. */
static bool bdp_measure(struct line *line, u32 way, struct tool_why *why)
{
	struct link_conf *conf = &line->way[way].conf;
	ns_t round_ns = line->way[LINK_A_TO_B].conf.delay_ns + line->way[LINK_B_TO_A].conf.delay_ns;
	unsigned __int128 bytes;

	if (line->way[way].bdp_nano == 0)
		return true;
	if (conf->rate_bps == 0 || round_ns == 0)
		return tool_refuse(why, "--buffer in bdp needs a rate and a delay; right is one "
					"with --rate and --delay, or a size as 100p or 64kb");
	bytes = (unsigned __int128)line->way[way].bdp_nano * conf->rate_bps * round_ns /
		(8 * (unsigned __int128)NANO * NANO);
	conf->buffer_bytes = bytes > BUFFER_BYTES_MAX ? BUFFER_BYTES_MAX : (u64)bytes;
	if (conf->buffer_bytes < BDP_BYTES_MIN)
		conf->buffer_bytes = BDP_BYTES_MIN;
	return true;
}

static u32 flight_guess(const struct link_conf *conf)
{
	ns_t travel_ns = conf->delay_ns + conf->jitter_ns +
			 (conf->reorder_ppm > 0 ? conf->reorder_ns : 0);
	unsigned __int128 bytes = (unsigned __int128)conf->rate_bps * travel_ns / (8 * NANO);
	u64 count = conf->buffer_packets + conf->buffer_bytes / PACKET_BYTES_GUESS;

	if (conf->rate_bps == 0)
		return PACKETS_UNKNOWN;
	count += (u64)(bytes / PACKET_BYTES_GUESS) + PACKETS_DEFAULT_MIN;
	return (u32)u64_min(count, PACKETS_DEFAULT_MAX);
}

static bool ways_finish(struct line *line, struct tool_why *why)
{
	static const char *const names[LINK_WAYS] = { "--a-to-b", "--b-to-a" };

	for (u32 way = 0; way < LINK_WAYS; way++) {
		if (line->list[way] && !set_list(&line->way[way], names[way], line->list[way], why))
			return false;
	}
	for (u32 way = 0; way < LINK_WAYS; way++) {
		struct link_conf *conf = &line->way[way].conf;

		if (!bdp_measure(line, way, why))
			return false;
		conf->flight_max = line->packets > 0 ? (u32)line->packets : flight_guess(conf);
		line->args->conf[way] = *conf;
	}
	return true;
}

enum args_result link_args_parse(int argc, char **argv, struct link_args *args,
				 struct tool_why *why)
{
	struct line line = { .args = args };

	memset(args, 0, sizeof(*args));
	args->realtime = true;
	for (u32 way = 0; way < LINK_WAYS; way++)
		line.way[way].conf.buffer_packets = BUFFER_PACKETS_DEFAULT;
	if (!parse_options(argc, argv, &line, why))
		return ARGS_BAD;
	if (line.help)
		return ARGS_HELP;
	if (!ifaces_fit(args, why) || !ways_finish(&line, why))
		return ARGS_BAD;
	return ARGS_RUN;
}
