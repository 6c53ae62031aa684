/* `sluice drain` and `sluice undrain`: a backend gets no new flows, for a while or for ever. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "prog/drain_args.h"
#include "prog/gateway.h"
#include "prog/prog.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void say_backend(const json_t *backend, bool undrained)
{
	json_int_t flows = json_integer_value(json_object_get(backend, "flows"));
	const char *state = text_of(backend, "state");

	printf("%s  %s  %s", text_of(backend, "service"), text_of(backend, "backend"), state);
	if (strcmp(state, "draining") == 0)
		printf("  %lld s left",
		       (long long)json_integer_value(json_object_get(backend, "left_s")));
	printf("  %lld flow%s", (long long)flows, text_plural((u64)flows));
	if (undrained && json_is_false(json_object_get(backend, "was_ordered")))
		printf("  it was not ordered to drain");
	printf("\n");
}

static void say_gateway(const json_t *gateway)
{
	bool drained = json_is_true(json_object_get(gateway, "drained"));
	bool was = json_is_true(json_object_get(gateway, "was_drained"));

	printf("gateway  %s%s\n",
	       drained ? "drained: what it announced to other routers is withdrawn"
		       : "announces to other routers",
	       drained == was ? ", as before" : "");
}

static bool say_answer(const struct drain_args *args, const char *command, json_t *answer)
{
	bool done = json_is_true(json_object_get(answer, "done"));
	const json_t *backend;
	size_t i;

	if (args->json && answer) {
		char *line = json_dumps(answer, JSON_COMPACT);

		printf("%s\n", line ? line : "");
		free(line);
		return done;
	}
	json_array_foreach(json_object_get(answer, "backends"), i, backend)
	{
		say_backend(backend, strcmp(command, "undrain") == 0);
	}
	if (json_object_get(answer, "gateway"))
		say_gateway(json_object_get(answer, "gateway"));
	if (!done)
		fprintf(stderr, "sluice %s: %s\n", command,
			answer ? text_of(answer, "error") : "the gateway broke off its answer");
	return done;
}

static int order(int argc, char **argv, enum ctl_do what)
{
	const char *name = ctl_do_name(what);
	struct drain_args args;
	struct ctl_why why;
	FILE *stream;
	json_t *answer;
	bool good;

	if (!drain_args_parse(argc, argv, what, &args, &why)) {
		fprintf(stderr, "sluice %s: %s\n'sluice %s --help' tells more.\n", name, why.text,
			name);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		drain_args_help(stdout, what);
		return PROG_EXIT_OK;
	}
	stream = gateway_ask(args.control, args.request, GATEWAY_WAIT_S);
	free(args.request);
	if (!stream)
		return PROG_EXIT_FAILED;
	answer = json_loadf(stream, JSON_REJECT_DUPLICATES, NULL);
	fclose(stream);
	good = say_answer(&args, name, answer);
	json_decref(answer);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int drain_main(int argc, char **argv)
{
	return order(argc, argv, CTL_DO_DRAIN);
}

int undrain_main(int argc, char **argv)
{
	return order(argc, argv, CTL_DO_UNDRAIN);
}
