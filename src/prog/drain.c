/* `sluice drain` and `sluice undrain`: a backend gets no new flows, for a while or for ever. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "host/os/clock.h"
#include "prog/drain_args.h"
#include "prog/gateway.h"
#include "prog/prog.h"
#include "prog/record.h"

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

/* NULL: stderr was told, or the gateway broke off. */
static json_t *ask(const struct drain_args *args, const char *request)
{
	FILE *stream = gateway_ask(args->control, request, GATEWAY_WAIT_S);
	json_t *answer;

	if (!stream)
		return NULL;
	answer = json_loadf(stream, JSON_REJECT_DUPLICATES, NULL);
	fclose(stream);
	return answer;
}

/* ---- waiting --------------------------------------------------------------------------------- */

enum { LEFT_SIZE = 128, LOOK_MS = 200 };
#define LOOK_REQUEST "{\"version\":1,\"do\":\"drain\",\"backend\":\"gateway\",\"look\":true}"

/* "2 peers of BGP, 12 flows"; empty: nothing is. */
static void left_text(const struct drain_args *args, const json_t *gateway, char text[LEFT_SIZE])
{
	static const struct {
		const char *key;
		const char *word;
	} rows[] = {
		{ "bgp_peers", "peers of BGP" },
		{ "ospf_lsas", "LSAs of OSPF" },
		{ "rip_talks", "listeners of RIP" },
		{ "flows", "flows" },
	};
	const json_t *left = json_object_get(gateway, "left");
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < (args->flows ? ARRAY_COUNT(rows) : ARRAY_COUNT(rows) - 1); i++) {
		json_int_t count = json_integer_value(json_object_get(left, rows[i].key));

		if (count > 0 && len < LEFT_SIZE)
			len += (size_t)snprintf(text + len, LEFT_SIZE - len, "%s%lld %s",
						len ? ", " : "", (long long)count, rows[i].word);
	}
}

/* The answer is replaced by the last one. What is still left is said when it changes. */
static int wait_for_all(const struct drain_args *args, json_t **answer)
{
	ns_t end = os_now() + args->wait_s * NS_PER_SEC;
	char said[LEFT_SIZE] = "", left[LEFT_SIZE];

	for (;;) {
		const json_t *gateway = json_object_get(*answer, "gateway");
		struct timespec pause = { 0, LOOK_MS * (long)NS_PER_MS };

		if (!json_is_true(json_object_get(gateway, "drained"))) {
			fprintf(stderr, "sluice drain: the order was taken back\n");
			return PROG_EXIT_FAILED;
		}
		left_text(args, gateway, left);
		if (!left[0])
			return PROG_EXIT_OK;
		if (os_now() >= end) {
			fprintf(stderr, "sluice drain: after %u s there are left: %s\n",
				args->wait_s, left);
			return PROG_EXIT_LATE;
		}
		if (strcmp(left, said) != 0)
			fprintf(stderr, "waiting for %s\n", left);
		memcpy(said, left, sizeof said);
		nanosleep(&pause, NULL);
		json_decref(*answer);
		*answer = ask(args, LOOK_REQUEST);
		if (!*answer)
			return PROG_EXIT_FAILED;
	}
}

static int order(int argc, char **argv, enum ctl_do what)
{
	const char *name = ctl_do_name(what);
	struct drain_args args;
	struct ctl_why why;
	json_t *answer;
	int code = PROG_EXIT_OK;

	if (!drain_args_parse(argc, argv, what, &args, &why)) {
		fprintf(stderr, "sluice %s: %s\n'sluice %s --help' tells more.\n", name, why.text,
			name);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		drain_args_help(stdout, what);
		return PROG_EXIT_OK;
	}
	answer = ask(&args, args.request);
	free(args.request);
	if (args.wait && json_is_true(json_object_get(answer, "done")))
		code = wait_for_all(&args, &answer);
	if (!say_answer(&args, name, answer))
		code = PROG_EXIT_FAILED;
	json_decref(answer);
	return code;
}

int drain_main(int argc, char **argv)
{
	return order(argc, argv, CTL_DO_DRAIN);
}

int undrain_main(int argc, char **argv)
{
	return order(argc, argv, CTL_DO_UNDRAIN);
}
