/* Reading a command line by its table. */
#include "prog/options.h"

#include <stdarg.h>

#include "core/wire/ip4.h"
#include "host/conf/nearest.h"

enum { OPTIONS_MAX = 48 };

bool options_refuse(struct ctl_why *why, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(why->text, sizeof why->text, format, list);
	va_end(list);
	return false;
}

bool options_refuse_proto(struct ctl_why *why, const char *typed, const char *words)
{
	const char *names[UINT8_MAX + 1];
	const char *near;
	size_t count = 0;

	for (u32 proto = 0; proto <= UINT8_MAX; proto++) {
		names[count] = ip4_proto_name((u8)proto);
		count += names[count] != NULL;
	}
	near = nearest_word(typed, names, count);
	return options_refuse(why, "--proto %.40s: has to be %s%s%s", typed, words,
			      near ? "; did you mean " : "", near ? near : "");
}

static bool unknown(const char *word, const struct options *options, struct ctl_why *why)
{
	const char *names[OPTIONS_MAX];
	const char *near;

	CHECK(options->count <= OPTIONS_MAX);
	for (size_t i = 0; i < options->count; i++)
		names[i] = options->specs[i].name;
	near = nearest_word(word, names, options->count);
	return options_refuse(why, "%.40s: there is no such option%s%s", word,
			      near ? "; did you mean " : "", near ? near : "");
}

static bool read_option(int *at, char **argv, struct options *options, struct ctl_why *why)
{
	const char *word = strcmp(argv[*at], "-h") == 0 ? "--help" : argv[*at];
	const struct option_spec *specs = options->specs;
	size_t len = strcspn(word, "=");
	const char *joined = word[len] ? word + len + 1 : NULL;
	size_t i = 0;

	while (i < options->count &&
	       (strlen(specs[i].name) != len || strncmp(specs[i].name, word, len) != 0))
		i++;
	if (i == options->count)
		return unknown(word, options, why);
	options->value[i] = "";
	if (!specs[i].value)
		return joined ? options_refuse(why, "%.40s: takes no value", word) : true;
	if (!joined && !argv[*at + 1])
		return options_refuse(why, "%s: needs a value: %s %s", word, word, specs[i].value);
	options->value[i] = joined ? joined : argv[++*at];
	return true;
}

bool options_parse(int argc, char **argv, struct options *options, struct ctl_why *why)
{
	memset(options->value, 0, options->count * sizeof *options->value);
	options->word_count = 0;
	for (int at = 1; at < argc; at++) {
		if (argv[at][0] == '-' && argv[at][1]) {
			if (!read_option(&at, argv, options, why))
				return false;
		} else if (options->word_count == options->word_max) {
			return options_refuse(why, "%.40s: one word too many", argv[at]);
		} else {
			options->word[options->word_count++] = argv[at];
		}
	}
	return true;
}

void options_help(FILE *out, const struct option_spec *specs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char left[40];

		snprintf(left, sizeof left, "%s %s", specs[i].name,
			 specs[i].value ? specs[i].value : "");
		fprintf(out, "  %-20s %s\n", left, specs[i].help);
	}
}
