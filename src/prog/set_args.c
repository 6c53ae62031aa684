/* Reading the command line of `sluice set`. */
#include "prog/set_args.h"

#include "host/conf/nearest.h"
#include "host/conf/values.h"
#include "prog/gateway.h"
#include "prog/options.h"

enum { OPT_FILE, OPT_CONTROL, OPT_JSON, OPT_HELP, OPT_COUNT };

static const struct option_spec specs[OPT_COUNT] = {
	[OPT_FILE] = { "--file", "FILE", "elements from a file, one a line; - is standard input" },
	[OPT_CONTROL] = { "--control", "PATH", GATEWAY_CONTROL_HELP },
	[OPT_JSON] = { "--json", NULL, "the answer as JSON" },
	[OPT_HELP] = { "--help", NULL, "this text" },
};

static const struct {
	const char *name;
	enum ctl_do what;
	bool takes; /* elements */
} verbs[] = {
	{ "add", CTL_DO_SET_ADD, true },         { "del", CTL_DO_SET_DEL, true },
	{ "test", CTL_DO_SET_TEST, true },       { "flush", CTL_DO_SET_FLUSH, false },
	{ "replace", CTL_DO_SET_REPLACE, true },
};

const char *set_args_verb(enum ctl_do what)
{
	for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
		if (verbs[i].what == what)
			return verbs[i].name;
	}
	return "";
}

static bool read_verb(const char *word, struct set_args *args, bool *takes, struct ctl_why *why)
{
	const char *names[ARRAY_COUNT(verbs)];
	const char *near;

	for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
		names[i] = verbs[i].name;
		if (strcmp(word, verbs[i].name) != 0)
			continue;
		args->what = verbs[i].what;
		*takes = verbs[i].takes;
		return true;
	}
	near = nearest_word(word, names, ARRAY_COUNT(verbs));
	return options_refuse(why, "%.40s: has to be add, del, test, flush or replace%s%s", word,
			      near ? "; did you mean " : "", near ? near : "");
}

static bool check_elements(const struct set_args *args, bool takes, struct ctl_why *why)
{
	struct filter_elem elem;

	if (!takes)
		return (args->elem_count == 0 && !args->file) ||
		       options_refuse(why, "flush takes no elements: it takes all of them out");
	if (args->elem_count == 0 && !args->file)
		return options_refuse(why, "which elements? Some of them, or --file FILE");
	if (args->elem_count > 0 && args->file)
		return options_refuse(why, "elements and --file: one of them");
	for (u32 i = 0; i < args->elem_count; i++) {
		if (!value_elem(args->elem[i], &elem))
			return options_refuse(why,
					      "%.40s: has to be an address or a prefix without "
					      "bits beyond its length, a port, a range of ports "
					      "like 1024-2047, or an address with a port like "
					      "10.0.0.1:443",
					      args->elem[i]);
	}
	return true;
}

bool set_args_parse(int argc, char **argv, const char **word, struct set_args *args,
		    struct ctl_why *why)
{
	const char *value[OPT_COUNT] = { NULL };
	struct options options = { .specs = specs,
				   .count = OPT_COUNT,
				   .value = value,
				   .word = word,
				   .word_max = (size_t)argc };
	bool takes = false;

	*args = (struct set_args){ 0 };
	if (!options_parse(argc, argv, &options, why))
		return false;
	args->help = value[OPT_HELP] != NULL;
	if (args->help)
		return true;
	args->control = value[OPT_CONTROL];
	args->json = value[OPT_JSON] != NULL;
	args->file = value[OPT_FILE];
	if (options.word_count == 0)
		return options_refuse(why, "set what? As in 'sluice set add NAME 10.0.0.7'");
	if (!read_verb(word[0], args, &takes, why))
		return false;
	if (options.word_count == 1)
		return options_refuse(why, "which set? 'sluice show sets' lists them");
	args->name = word[1];
	if (strlen(args->name) >= CTL_SET_SIZE)
		return options_refuse(why, "%.40s...: no set has so long a name", args->name);
	args->elem = word + 2;
	args->elem_count = (u32)options.word_count - 2;
	return check_elements(args, takes, why);
}

void set_args_help(FILE *out)
{
	fprintf(out, "sluice set: change a set of the filter, at once and without a reload\n\n"
		     "  sluice set add SET ELEM... | --file FILE\n"
		     "  sluice set del SET ELEM... | --file FILE\n"
		     "  sluice set test SET ELEM... | --file FILE\n"
		     "  sluice set flush SET\n"
		     "  sluice set replace SET --file FILE | ELEM...\n\n");
	options_help(out, specs, OPT_COUNT);
	fprintf(out, "\nAn element is 10.0.0.7 or 10.0.0.0/8, 443 or 1024-2047, or 10.0.0.7:443, "
		     "as the kind of the\nset is. A mistake in one changes nothing; what is so "
		     "already is no mistake. A reload leaves\nchanges alone unless it gives the "
		     "set other elements; a restart forgets them.\nExit codes: 0 done (test: all "
		     "are in it), 1 no gateway answers or it refuses (test: one is not\nin it), "
		     "2 wrong arguments.\n");
}
