/* `sluice events`, `sluice flush`: a request, and what comes back. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "prog/gateway.h"
#include "prog/order_args.h"
#include "prog/prog.h"
#include "prog/suggest.h"

enum { FLUSH_WAIT_S = 120 };

/* The first line only says that there is somebody, or why nothing is told. */
static bool say_begin(const char *line)
{
	json_t *answer = json_loads(line, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (error)
		fprintf(stderr, "sluice events: the gateway answered: %s\n", error);
	json_decref(answer);
	return error == NULL;
}

/* Each of the others as it comes. */
static bool say_events(FILE *stream)
{
	char *line = NULL;
	size_t size = 0;
	bool good = getline(&line, &size, stream) > 0 && say_begin(line);

	while (good && getline(&line, &size, stream) > 0) {
		fputs(line, stdout);
		if (fflush(stdout) != 0)
			break;
	}
	free(line);
	return good;
}

static bool say_flushed(FILE *stream)
{
	json_t *answer = json_loadf(stream, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	bool good = json_object_get(answer, "flushed") != NULL;

	if (good)
		printf("flows ended: %lld\n",
		       (long long)json_integer_value(json_object_get(answer, "flushed")));
	else
		fprintf(stderr, "sluice flush: %s%s\n", error ? "the gateway answered: " : "",
			error ? error : "the gateway broke off its answer");
	json_decref(answer);
	return good;
}

static int order(int argc, char **argv, enum ctl_verb verb)
{
	const char *name = ctl_verb_name(verb);
	struct order_args args;
	struct ctl_why why;
	FILE *stream;
	bool good;

	if (!order_args_parse(argc, argv, verb, &args, &why)) {
		fprintf(stderr, "sluice %s: %s\n'sluice %s --help' tells more.\n", name, why.text,
			name);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		order_args_help(stdout, verb);
		return PROG_EXIT_OK;
	}
	stream = gateway_ask(args.control, args.request, verb == CTL_VERB_FLUSH ? FLUSH_WAIT_S : 0);
	free(args.request);
	if (!stream)
		return PROG_EXIT_FAILED;
	good = verb == CTL_VERB_FLUSH ? say_flushed(stream) : say_events(stream);
	fclose(stream);
	if (!good)
		suggest_name("ZONE", args.zone, args.control);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int events_main(int argc, char **argv)
{
	return order(argc, argv, CTL_VERB_EVENTS);
}

int flush_main(int argc, char **argv)
{
	return order(argc, argv, CTL_VERB_FLUSH);
}
