/* `sluice replay`, as a command: what was, in text or JSON. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/os/privilege.h"
#include "prog/prog.h"
#include "prog/replay.h"

enum { DROPS_STEP = 32 };

static json_t *drops_json(const struct sluice *s)
{
	struct sluice_counter found[DROPS_STEP];
	json_t *drops = json_object();
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_drops(s, &cursor, found, DROPS_STEP);

		for (u32 i = 0; i < count; i++) {
			if (found[i].count)
				json_object_set_new(drops, found[i].name,
						    json_integer((json_int_t)found[i].count));
		}
	}
	return drops;
}

static json_t *counts_json(const struct replay_args *args, const struct replay *replay)
{
	const struct replay_counts *counts = replay_counted(replay);
	json_t *ifaces = json_array();

	for (u32 i = 0; i < args->iface_count; i++)
		json_array_append_new(ifaces,
				      json_pack("{s:s, s:I, s:I}", "name", args->iface[i].name,
						"in", (json_int_t)counts->in[i], "out",
						(json_int_t)counts->out[i]));
	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:o}", "version", 1, "read",
			 (json_int_t)counts->read, "bad", (json_int_t)counts->bad, "not_ip",
			 (json_int_t)counts->not_ip, "own", (json_int_t)counts->own, "no_room",
			 (json_int_t)counts->no_room, "lasted_ms",
			 (json_int_t)(counts->lasted_ns / NS_PER_MS), "interfaces", ifaces, "flows",
			 (json_int_t)sluice_flow_count(replay_engine(replay)), "drops",
			 drops_json(replay_engine(replay)));
}

static void say_drops(const struct sluice *s)
{
	struct sluice_counter found[DROPS_STEP];
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_drops(s, &cursor, found, DROPS_STEP);

		for (u32 i = 0; i < count; i++) {
			if (found[i].count)
				printf("dropped %-20" PRIu64 " %s: %s (%s)\n", found[i].count,
				       found[i].name, found[i].sentence, found[i].law);
		}
	}
}

static void say_counts(const struct replay_args *args, const struct replay *replay)
{
	const struct replay_counts *counts = replay_counted(replay);

	printf("packets %-20" PRIu64 " in %.3f s of the captures\n", counts->read,
	       (double)counts->lasted_ns / (double)NS_PER_SEC);
	if (counts->bad + counts->not_ip + counts->own)
		printf("left out%20s %" PRIu64 " cut or broken, %" PRIu64 " no IPv4, %" PRIu64
		       " sent by the gateway\n",
		       "", counts->bad, counts->not_ip, counts->own);
	if (counts->no_room)
		printf("no room for%17s %" PRIu64 " while pieces of others held all packets; raise "
		       "limits.packets and limits.large-packets\n",
		       "", counts->no_room);
	for (u32 i = 0; i < args->iface_count; i++)
		printf("%-16s in %" PRIu64 ", out %" PRIu64 "\n", args->iface[i].name,
		       counts->in[i], counts->out[i]);
	if (counts->not_written)
		printf("written to no file: %" PRIu64 "; -o FILE takes all that leaves\n",
		       counts->not_written);
	printf("flows at the end %u\n", sluice_flow_count(replay_engine(replay)));
	say_drops(replay_engine(replay));
}

static int say_errors(const struct run_errors *errors, int code)
{
	for (u32 i = 0; i < errors->count; i++)
		fprintf(stderr, "sluice replay: %s\n", errors->text[i]);
	if (code == PROG_EXIT_USAGE)
		fprintf(stderr, "'sluice replay --help' tells more.\n");
	return code;
}

static int replay_do(struct replay_args *args, struct run_errors *errors)
{
	struct replay *replay = replay_open(args, errors);
	json_t *counts;

	if (!replay)
		return say_errors(errors, PROG_EXIT_FAILED);
	/* All files are open. What is in the captures comes from anywhere. */
	if (!os_privilege_freeze() || !os_privilege_drop_all()) {
		run_error(errors, "privileges can not be given up: %s", strerror(errno));
		replay_close(replay);
		return say_errors(errors, PROG_EXIT_FAILED);
	}
	replay_run(replay);
	if (args->json) {
		counts = counts_json(args, replay);
		json_dumpf(counts, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(counts);
	} else {
		say_counts(args, replay);
	}
	replay_broken(replay, errors);
	replay_close(replay);
	return say_errors(errors, errors->count ? PROG_EXIT_FAILED : PROG_EXIT_OK);
}

int replay_main(int argc, char **argv)
{
	struct replay_args *args = calloc(1, sizeof *args);
	struct run_errors *errors = calloc(1, sizeof *errors);
	int code = PROG_EXIT_FAILED;

	if (args && errors) {
		replay_args_parse(argc, argv, args, errors);
		if (args->run.help) {
			replay_args_help(stdout);
			code = PROG_EXIT_OK;
		} else if (errors->count) {
			code = say_errors(errors, PROG_EXIT_USAGE);
		} else {
			code = replay_do(args, errors);
		}
	}
	free(args);
	free(errors);
	return code;
}
