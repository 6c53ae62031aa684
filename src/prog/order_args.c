/* Filters of flows on a command line, as a request. */
#include "prog/order_args.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/ct/flow.h"
#include "host/conf/nearest.h"
#include "host/conf/values.h"
#include "prog/gateway.h"
#include "prog/options.h"

enum {
	OPT_KIND, /* events only */
	OPT_ADDR, /* from here on: both */
	OPT_PORT,
	OPT_ICMP_ID,
	OPT_PROTO,
	OPT_ZONE,
	OPT_CONTROL,
	OPT_HELP,
	OPT_STATE, /* from here on: flush only */
	OPT_UNANSWERED,
	OPT_ALL,
	OPT_COUNT,
};

static const struct option_spec specs[OPT_COUNT] = {
	[OPT_KIND] = { "--kind", "K,...",
		       "flows, interfaces, warnings, filter, routing; all by default" },
	[OPT_ADDR] = { "--addr", "A[/L]", "with this address, or one of this prefix" },
	[OPT_PORT] = { "--port", "N", "with this port on either side" },
	[OPT_ICMP_ID] = { "--icmp-id", "N", "ICMP with this identifier" },
	[OPT_PROTO] = { "--proto", "P", "tcp, udp, another name or a number" },
	[OPT_ZONE] = { "--zone", "ZONE", "of this zone; none: of no zone" },
	[OPT_CONTROL] = { "--control", "PATH", GATEWAY_CONTROL_HELP },
	[OPT_HELP] = { "--help", NULL, "this text" },
	[OPT_STATE] = { "--state", "S", "in this state, as 'sluice show flows' prints it" },
	[OPT_UNANSWERED] = { "--unanswered", NULL, "that nobody has answered" },
	[OPT_ALL] = { "--all", NULL,
		      "all flows: what flush wants to hear when no filter is given" },
};

/* Of its options the first, and the one behind the last. */
static size_t spec_first(enum ctl_verb verb)
{
	return verb == CTL_VERB_FLUSH ? OPT_ADDR : OPT_KIND;
}

static size_t spec_end(enum ctl_verb verb)
{
	return verb == CTL_VERB_FLUSH ? OPT_COUNT : OPT_STATE;
}

static bool check_state(const char *state, struct ctl_why *why)
{
	const char *names[FLOW_STATE_COUNT];
	const char *near;

	for (int i = 0; i < FLOW_STATE_COUNT; i++) {
		names[i] = flow_state_name((enum flow_state)i);
		if (strcmp(state, names[i]) == 0)
			return true;
	}
	near = nearest_word(state, names, FLOW_STATE_COUNT);
	return options_refuse(why, "--state %.40s: there is no such state%s%s", state,
			      near ? "; did you mean " : "; 'sluice show --help' lists them",
			      near ? near : "");
}

static bool check_values(const char *const *value, struct ctl_why *why)
{
	unsigned kinds;
	be32 addr;
	u64 port;
	u8 small;

	if (value[OPT_KIND] && !ctl_parse_kinds(value[OPT_KIND], &kinds))
		return options_refuse(why, "--kind %.40s: has to be " CTL_KIND_WORDS,
				      value[OPT_KIND]);
	if (value[OPT_ADDR] && !ctl_parse_prefix(value[OPT_ADDR], &addr, &small))
		return options_refuse(why,
				      "--addr %.40s: has to be an address or a prefix: "
				      "10.0.0.1, or 10.0.0.0/8 without bits beyond it",
				      value[OPT_ADDR]);
	if (value[OPT_PORT] && !value_number(value[OPT_PORT], 1, UINT16_MAX, &port))
		return options_refuse(why, "--port %.40s: has to be a number from 1 to 65535",
				      value[OPT_PORT]);
	if (value[OPT_ICMP_ID] && !value_number(value[OPT_ICMP_ID], 0, UINT16_MAX, &port))
		return options_refuse(why, "--icmp-id %.40s: has to be a number from 0 to 65535",
				      value[OPT_ICMP_ID]);
	if (value[OPT_PROTO] && !ctl_parse_proto(value[OPT_PROTO], &small))
		return options_refuse_proto(why, value[OPT_PROTO], CTL_PROTO_WORDS);
	return !value[OPT_STATE] || check_state(value[OPT_STATE], why);
}

static char *request_of(enum ctl_verb verb, const char *const *value)
{
	json_t *filter = json_object();
	json_t *root = json_object();
	char *line;

	if (value[OPT_KIND])
		json_object_set_new(filter, "kind", json_string(value[OPT_KIND]));
	if (value[OPT_ADDR])
		json_object_set_new(filter, "addr", json_string(value[OPT_ADDR]));
	if (value[OPT_PORT])
		json_object_set_new(filter, "port", json_integer(atoi(value[OPT_PORT])));
	if (value[OPT_ICMP_ID])
		json_object_set_new(filter, "icmp_id", json_integer(atoi(value[OPT_ICMP_ID])));
	if (value[OPT_PROTO])
		json_object_set_new(filter, "proto", json_string(value[OPT_PROTO]));
	if (value[OPT_ZONE])
		json_object_set_new(filter, "zone", json_string(value[OPT_ZONE]));
	if (value[OPT_STATE])
		json_object_set_new(filter, "state", json_string(value[OPT_STATE]));
	if (value[OPT_UNANSWERED])
		json_object_set_new(filter, "unanswered", json_true());
	json_object_set_new(root, "version", json_integer(CTL_VERSION));
	json_object_set_new(root, ctl_verb_name(verb),
			    verb == CTL_VERB_FLUSH ? json_string("flows") : json_true());
	json_object_set_new(root, "filter", filter);
	line = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(root);
	return line;
}

/* "flush" without a filter is a slip of the hand that ends every connection. */
static bool check_flush(const struct options *options, const char *const *value,
			struct ctl_why *why)
{
	bool filtered = value[OPT_ADDR] || value[OPT_PORT] || value[OPT_ICMP_ID] ||
			value[OPT_PROTO] || value[OPT_ZONE] || value[OPT_STATE] ||
			value[OPT_UNANSWERED];

	if (options->word_count == 0 || strcmp(options->word[0], "flows") != 0)
		return options_refuse(why, "flush what? 'sluice flush flows'");
	if (!filtered && !value[OPT_ALL])
		return options_refuse(why, "which flows? A filter like --addr A, or --all for "
					   "every one");
	return !(filtered && value[OPT_ALL]) ||
	       options_refuse(why, "--all and a filter: one of them");
}

bool order_args_parse(int argc, char **argv, enum ctl_verb verb, struct order_args *args,
		      struct ctl_why *why)
{
	const char *value[OPT_COUNT] = { NULL };
	const char *word[1];
	struct options options = { .specs = specs + spec_first(verb),
				   .count = spec_end(verb) - spec_first(verb),
				   .value = value + spec_first(verb),
				   .word = word,
				   .word_max = verb == CTL_VERB_FLUSH };

	*args = (struct order_args){ 0 };
	if (!options_parse(argc, argv, &options, why))
		return false;
	args->help = value[OPT_HELP] != NULL;
	if (args->help)
		return true;
	args->control = value[OPT_CONTROL];
	args->zone = value[OPT_ZONE];
	if (!check_values(value, why))
		return false;
	if (verb == CTL_VERB_FLUSH && !check_flush(&options, value, why))
		return false;
	args->request = request_of(verb, value);
	return args->request || options_refuse(why, "there is no memory");
}

void order_args_help(FILE *out, enum ctl_verb verb)
{
	if (verb == CTL_VERB_FLUSH)
		fprintf(out, "sluice flush: end flows; their ports are given back as if they had "
			     "expired\n\n  sluice flush flows FILTERS|--all\n\n");
	else
		fprintf(out, "sluice events: flows and interfaces as they come, change and go, and "
			     "what the gateway\nwarns of, as lines of JSON until interrupted\n\n"
			     "  sluice events [FILTERS]\n\n");
	options_help(out, specs + spec_first(verb), spec_end(verb) - spec_first(verb));
	if (verb == CTL_VERB_EVENTS)
		fprintf(out, "\nFilters but --kind choose among flows; --zone among interfaces, "
			     "too.");
	fprintf(out, "\nFilters are and-ed. Exit codes: 0 done, 1 no gateway answers or it "
		     "refuses, 2 wrong arguments.\n");
}
