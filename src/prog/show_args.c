/* Reading the command line of `sluice show`. */
#include "prog/show_args.h"

#include <jansson.h>
#include <stdarg.h>

#include "core/ct/flow.h"
#include "host/conf/nearest.h"
#include "host/conf/values.h"
#include "host/ctl/ctl_rules.h"
#include "prog/gateway.h"
#include "prog/options.h"

static bool refuse(struct ctl_why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static bool refuse(struct ctl_why *why, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(why->text, sizeof why->text, format, list);
	va_end(list);
	return false;
}

/* The rest of the sentence fits beside them. */
enum { STATES_SIZE = CTL_WHY_SIZE - 120, STATES_MAX = 64 };

enum show_option { OPTION_CONTROL = 1 << 16, OPTION_JSON = 1 << 17, OPTION_HELP = 1 << 18 };

static const struct {
	const char *name;
	unsigned what; /* enum ctl_filter or enum show_option */
	const char *value;
	const char *help;
} options[] = {
	{ "--addr", CTL_FILTER_ADDR, "A[/L]", "with this address, or one of this prefix" },
	{ "--port", CTL_FILTER_PORT, "N", "with this port on either side" },
	{ "--icmp-id", CTL_FILTER_ICMP_ID, "N", "ICMP with this identifier" },
	{ "--proto", CTL_FILTER_PROTO, "P",
	  "tcp, udp, icmp, sctp, dccp, udplite, gre or a number" },
	{ "--zone", CTL_FILTER_ZONE, "ZONE", "of this zone; none: of no zone" },
	{ "--state", CTL_FILTER_STATE, "S", "in this state (names below)" },
	{ "--chain", CTL_FILTER_CHAIN, "input|forward|output", "rules of this chain" },
	{ "--unanswered", CTL_FILTER_UNANSWERED, NULL, "that nobody has answered" },
	{ "--limit", CTL_FILTER_LIMIT, "N", "the first N only" },
	{ "--count", CTL_FILTER_COUNT, NULL, "how many there are, nothing else" },
	{ "--all", CTL_FILTER_ALL, NULL, "counters that are zero, or defaults, too" },
	{ "--control", OPTION_CONTROL, "PATH", GATEWAY_CONTROL_HELP },
	{ "--json", OPTION_JSON, NULL, "JSON as the gateway writes it" },
	{ "--help", OPTION_HELP, NULL, "this text" },
};

static int option_find(const char *word)
{
	size_t len = strcspn(word, "=");

	if (strcmp(word, "-h") == 0)
		word = "--help";
	for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
		if (strlen(options[i].name) == len && strncmp(options[i].name, word, len) == 0)
			return (int)i;
	}
	return -1;
}

static bool unknown(const char *word, struct ctl_why *why)
{
	const char *names[ARRAY_COUNT(options)];
	const char *near;

	for (size_t i = 0; i < ARRAY_COUNT(options); i++)
		names[i] = options[i].name;
	near = nearest_word(word, names, ARRAY_COUNT(options));
	return refuse(why, "%.40s: there is no such option%s%s", word,
		      near ? "; did you mean " : "", near ? near : "");
}

/* The states by which a show can be filtered, as it prints them; NULL behind the last. */
static const char *state_name(enum ctl_show show, u32 index)
{
	static const char *const ifaces[] = { "up", "down", "gone" };

	switch (show) {
	case CTL_SHOW_FLOWS:
		return index < FLOW_STATE_COUNT ? flow_state_name((enum flow_state)index) : NULL;
	case CTL_SHOW_SOCKETS: return sluice_socket_state_name(index);
	case CTL_SHOW_BACKENDS: return sluice_backend_state_name(index);
	case CTL_SHOW_RULES: return ctl_rule_state_name(index);
	case CTL_SHOW_INTERFACES: return index < ARRAY_COUNT(ifaces) ? ifaces[index] : NULL;
	case CTL_SHOW_NEIGHBOURS:
		/* The first is no neighbour's. */
		return index + 1 < NEIGH_STATE_COUNT
			       ? neigh_state_name((enum neigh_state)(index + 1))
			       : NULL;
	default: return NULL;
	}
}

/* Every state once: protocols share some. */
static u32 list_states(enum ctl_show show, const char *names[STATES_MAX])
{
	const char *name;
	u32 count = 0;

	for (u32 at = 0; (name = state_name(show, at)) != NULL && count < STATES_MAX; at++) {
		u32 i = 0;

		while (i < count && strcmp(names[i], name) != 0)
			i++;
		names[i] = name;
		count += i == count;
	}
	return count;
}

static const char *states_text(const char *const *names, u32 count, char text[STATES_SIZE])
{
	text[0] = 0;
	for (u32 i = 0; i < count; i++) {
		size_t len = strlen(text);

		snprintf(text + len, STATES_SIZE - len, "%s%s", i ? ", " : "", names[i]);
	}
	return text;
}

static bool check_state(const struct show_args *args, struct ctl_why *why)
{
	const char *names[STATES_MAX];
	char list[STATES_SIZE];
	u32 count = list_states(args->show, names);
	const char *near;

	if (!(args->given & CTL_FILTER_STATE))
		return true;
	for (u32 i = 0; i < count; i++) {
		if (strcmp(args->state, names[i]) == 0)
			return true;
	}
	near = nearest_word(args->state, names, count);
	if (near)
		return refuse(why, "--state %.40s: there is no such state; did you mean %s?",
			      args->state, near);
	return refuse(why, "--state %.40s: there is no such state; there are %s", args->state,
		      states_text(names, count, list));
}

static bool keep_value(struct show_args *args, unsigned what, const char *value,
		       struct ctl_why *why)
{
	enum filter_chain chain;
	be32 addr;
	u8 small;

	switch (what) {
	case CTL_FILTER_ADDR:
		args->addr = value;
		if (ctl_parse_prefix(value, &addr, &small))
			return true;
		return refuse(why,
			      "--addr %.40s: has to be an address or a prefix: 10.0.0.1, or "
			      "10.0.0.0/8 without bits beyond it",
			      value);
	case CTL_FILTER_PROTO:
		args->proto = value;
		if (ctl_parse_proto(value, &small))
			return true;
		return options_refuse_proto(why, value, CTL_PROTO_WORDS);
	case CTL_FILTER_ZONE:
		args->zone = value;
		if (value[0] && strlen(value) < IFACE_NAME_SIZE)
			return true;
		return refuse(why, "--zone %.40s: has to be a name of up to 15 letters", value);
	case CTL_FILTER_PORT:
		if (value_number(value, 1, UINT16_MAX, &args->port))
			return true;
		return refuse(why, "--port %.40s: has to be a number from 1 to 65535", value);
	case CTL_FILTER_ICMP_ID:
		if (value_number(value, 0, UINT16_MAX, &args->icmp_id))
			return true;
		return refuse(why, "--icmp-id %.40s: has to be a number from 0 to 65535", value);
	case CTL_FILTER_LIMIT:
		if (value_number(value, 1, UINT32_MAX, &args->limit))
			return true;
		return refuse(why, "--limit %.40s: has to be a number from 1 to 4294967295", value);
	case CTL_FILTER_STATE: args->state = value; return true; /* of which show comes later */
	case CTL_FILTER_CHAIN:
		args->chain = value;
		if (ctl_parse_chain(value, &chain))
			return true;
		return refuse(why, "--chain %.40s: has to be " CTL_CHAIN_WORDS, value);
	default: args->control = value; return true;
	}
}

static bool read_option(struct show_args *args, int *at, char **argv, struct ctl_why *why)
{
	const char *word = argv[*at];
	const char *joined = strchr(word, '=');
	int index = option_find(word);
	unsigned what;

	if (index < 0)
		return unknown(word, why);
	what = options[index].what;
	args->json |= what == OPTION_JSON;
	args->help |= what == OPTION_HELP;
	if (what < OPTION_CONTROL)
		args->given |= what;
	if (!options[index].value)
		return joined ? refuse(why, "%.40s: takes no value", word) : true;
	if (!joined && !argv[*at + 1])
		return refuse(why, "%s: needs a value: %s %s", word, word, options[index].value);
	return keep_value(args, what, joined ? joined + 1 : argv[++*at], why);
}

static bool read_show(struct show_args *args, const char *word, struct ctl_why *why)
{
	const char *names[CTL_SHOW_COUNT];
	char list[CTL_WHY_SIZE / 2] = "";
	size_t count = 0;
	const char *near;

	/* The forwarding table has two names. */
	args->show = CTL_SHOW_ROUTES;
	if (strcmp(word, "fib") == 0)
		return true;
	for (int i = 0; i < CTL_SHOW_COUNT; i++) {
		const char *name = ctl_show_name((enum ctl_show)i);
		size_t len = strlen(list);

		if (strcmp(word, name) == 0) {
			args->show = (enum ctl_show)i;
			return true;
		}
		/* A part of another one. */
		if (strchr(name, '_'))
			continue;
		names[count++] = name;
		snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "", name);
	}
	near = nearest_word(word, names, count);
	if (near)
		return refuse(why, "show %.40s: there is nothing of that name; did you mean %s?",
			      word, near);
	return refuse(why, "show %.40s: there is nothing of that name; there are %s", word, list);
}

/* What the second word of a show is about. */
static const struct {
	enum ctl_show show;
	const char *word;
	enum ctl_show meant;
} parts[] = {
	{ CTL_SHOW_BGP, "peers", CTL_SHOW_BGP },
	{ CTL_SHOW_BGP, "routes", CTL_SHOW_BGP_ROUTES },
	{ CTL_SHOW_BGP, "announced", CTL_SHOW_BGP_ANNOUNCED },
	{ CTL_SHOW_OSPF, "neighbours", CTL_SHOW_OSPF },
	{ CTL_SHOW_OSPF, "interfaces", CTL_SHOW_OSPF_INTERFACES },
	{ CTL_SHOW_OSPF, "database", CTL_SHOW_OSPF_DATABASE },
	{ CTL_SHOW_OSPF, "routes", CTL_SHOW_OSPF_ROUTES },
	{ CTL_SHOW_RIP, "routes", CTL_SHOW_RIP },
	{ CTL_SHOW_RIP, "interfaces", CTL_SHOW_RIP_INTERFACES },
	{ CTL_SHOW_RIP, "neighbours", CTL_SHOW_RIP_NEIGHBOURS },
};

static bool has_parts(enum ctl_show show)
{
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		if (parts[i].show == show)
			return true;
	}
	return false;
}

static bool read_part(struct show_args *args, const char *word, struct ctl_why *why)
{
	const char *names[ARRAY_COUNT(parts)];
	char list[CTL_WHY_SIZE / 2] = "";
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		size_t len = strlen(list);

		if (parts[i].show != args->show)
			continue;
		if (strcmp(parts[i].word, word) == 0) {
			args->show = parts[i].meant;
			return true;
		}
		names[count++] = parts[i].word;
		snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "", parts[i].word);
	}
	near = nearest_word(word, names, count);
	return refuse(why, "show %s %.40s: there is nothing of that name; %s%s",
		      ctl_show_name(args->show), word, near ? "did you mean " : "there are ",
		      near ? near : list);
}

/* What follows the name of a show, which may have a part, of a peer. */
static bool read_more(struct show_args *args, bool *parted, char *word, struct ctl_why *why)
{
	unsigned filters = ctl_show_filters(args->show);
	bool routes = args->show == CTL_SHOW_RIB || args->show == CTL_SHOW_ROUTES;

	if (has_parts(args->show) && !*parted) {
		*parted = true;
		return read_part(args, word, why);
	}
	if (args->show == CTL_SHOW_SETS && !args->set) {
		args->set = word;
		return true;
	}
	if (filters & CTL_FILTER_NAME && !args->name) {
		args->name = word;
		return strlen(word) < CTL_SHOWN_SIZE ||
		       refuse(why, "%.40s: a name has up to %d letters", word, CTL_SHOWN_SIZE - 1);
	}
	if (filters & CTL_FILTER_PEER && !args->peer) {
		args->peer = word;
		return strlen(word) < CTL_PEER_SIZE ||
		       refuse(why, "%.40s: a peer's name has up to %d letters", word,
			      CTL_PEER_SIZE - 1);
	}
	if (routes && !args->addr) {
		args->given |= CTL_FILTER_ADDR;
		return keep_value(args, CTL_FILTER_ADDR, word, why);
	}
	return refuse(why, "%.40s: one thing can be shown at a time", word);
}

static bool check_filters(const struct show_args *args, struct ctl_why *why)
{
	unsigned allowed = ctl_show_filters(args->show);
	const char *wrong = NULL;
	char list[CTL_WHY_SIZE / 2] = "";

	for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
		size_t len = strlen(list);

		if (options[i].what >= OPTION_CONTROL)
			continue;
		if (args->given & options[i].what & ~allowed)
			wrong = options[i].name;
		if (allowed & options[i].what)
			snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "",
				 options[i].name);
	}
	if (!wrong)
		return check_state(args, why);
	return refuse(why, "show %s takes no %s; it takes %s, --control and --json",
		      ctl_show_name(args->show), wrong, list);
}

bool show_args_parse(int argc, char **argv, struct show_args *args, struct ctl_why *why)
{
	bool named = false;
	bool parted = false;

	memset(args, 0, sizeof *args);
	for (int at = 1; at < argc; at++) {
		if (argv[at][0] == '-') {
			if (!read_option(args, &at, argv, why))
				return false;
		} else if (named) {
			if (!read_more(args, &parted, argv[at], why))
				return false;
		} else if (!read_show(args, argv[at], why)) {
			return false;
		} else {
			named = true;
		}
	}
	if (args->help)
		return true;
	if (!named)
		return refuse(why, "show what? One of flows, nat, ports, backends, subscribers, "
				   "routes, interfaces, neighbours, drops, counters, memory, "
				   "rules, sets, zones, sockets, rib, fib, bgp, ospf, rip, bfd, "
				   "config");
	if (ctl_show_filters(args->show) & CTL_FILTER_PEER && !args->peer)
		return refuse(why, "which peer? Its name or address, as 'sluice show bgp' prints "
				   "them");
	return check_filters(args, why);
}

bool show_args_is_sorted(const struct show_args *args)
{
	return args->show == CTL_SHOW_SUBSCRIBERS && !args->json &&
	       !(args->given & CTL_FILTER_COUNT);
}

char *show_args_request(const struct show_args *args)
{
	json_t *filter = json_object();
	json_t *root = json_object();
	char *line;

	if (args->addr)
		json_object_set_new(filter, "addr", json_string(args->addr));
	if (args->proto)
		json_object_set_new(filter, "proto", json_string(args->proto));
	if (args->zone)
		json_object_set_new(filter, "zone", json_string(args->zone));
	if (args->state)
		json_object_set_new(filter, "state", json_string(args->state));
	if (args->set)
		json_object_set_new(filter, "set", json_string(args->set));
	if (args->peer)
		json_object_set_new(filter, "peer", json_string(args->peer));
	if (args->chain)
		json_object_set_new(filter, "chain", json_string(args->chain));
	if (args->name)
		json_object_set_new(filter, "name", json_string(args->name));
	if (args->port)
		json_object_set_new(filter, "port", json_integer((json_int_t)args->port));
	if (args->given & CTL_FILTER_ICMP_ID)
		json_object_set_new(filter, "icmp_id", json_integer((json_int_t)args->icmp_id));
	/* The first of a list that is not in order yet say nothing: the reader cuts it. */
	if (args->limit && !show_args_is_sorted(args))
		json_object_set_new(filter, "limit", json_integer((json_int_t)args->limit));
	if (args->given & CTL_FILTER_UNANSWERED)
		json_object_set_new(filter, "unanswered", json_true());
	if (args->given & CTL_FILTER_COUNT)
		json_object_set_new(filter, "count", json_true());
	if (args->given & CTL_FILTER_ALL)
		json_object_set_new(filter, "all", json_true());
	json_object_set_new(root, "version", json_integer(CTL_VERSION));
	json_object_set_new(root, "show", json_string(ctl_show_name(args->show)));
	json_object_set_new(root, "filter", filter);
	line = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(root);
	return line;
}

/* What may follow the name. */
static void put_place(char *name, size_t size, enum ctl_show show)
{
	unsigned filters = ctl_show_filters(show);
	const char *place = "";
	size_t len = strlen(name);

	if (show == CTL_SHOW_ROUTES || show == CTL_SHOW_RIB)
		place = " [PREFIX]";
	if (filters & CTL_FILTER_PEER)
		place = " PEER";
	if (filters & CTL_FILTER_SET)
		place = " [SET]";
	if (filters & CTL_FILTER_NAME)
		place = show == CTL_SHOW_INTERFACES ? " [INTERFACE]"
			: show == CTL_SHOW_DROPS    ? " [REASON]"
						    : " [COUNTER]";
	snprintf(name + len, size - len, "%s", place);
}

void show_args_help(FILE *out)
{
	char list[STATES_SIZE];

	fprintf(out, "sluice show: what a running gateway knows\n\n");
	for (int i = 0; i < CTL_SHOW_COUNT; i++) {
		unsigned filters = ctl_show_filters((enum ctl_show)i);
		char name[32];

		snprintf(name, sizeof name, "%s", ctl_show_name((enum ctl_show)i));
		if (strchr(name, '_'))
			*strchr(name, '_') = ' ';
		put_place(name, sizeof name, (enum ctl_show)i);
		fprintf(out, "  sluice show %-22s", name);
		for (size_t j = 0; j < ARRAY_COUNT(options); j++) {
			if (options[j].what < OPTION_CONTROL && filters & options[j].what)
				fprintf(out, " %s", options[j].name);
		}
		fprintf(out, "\n");
	}
	fprintf(out, "\n");
	for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
		char left[32];

		snprintf(left, sizeof left, "%s %s", options[i].name,
			 options[i].value ? options[i].value : "");
		fprintf(out, "  %-15s  %s\n", left, options[i].help);
	}
	fprintf(out, "\n");
	for (int i = 0; i < CTL_SHOW_COUNT; i++) {
		const char *names[STATES_MAX];
		u32 count = list_states((enum ctl_show)i, names);

		if (count)
			fprintf(out, "States of %s: %s\n", ctl_show_name((enum ctl_show)i),
				states_text(names, count, list));
	}
	fprintf(out, "A reason or a counter may be the beginning of several: nat, filter.\n"
		     "'fib' is another name of 'routes'. Filters are and-ed. Drops and counters "
		     "that are zero are left out without --all.\n"
		     "Exit codes: 0 answered, 1 no gateway answers or the answer broke off, "
		     "2 wrong arguments.\n");
}
