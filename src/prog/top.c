/* `sluice top`: hosts, services, destinations and drops, again and again. */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "prog/gateway.h"
#include "prog/options.h"
#include "prog/prog.h"
#include "prog/top_view.h"
#include "host/conf/values.h"
#include "host/os/clock.h"

enum { EVENTS_LINE_MAX = 8192, INTERVAL_DEFAULT_S = 2, EVENTS_READS_MAX = 64 };

enum { OPT_ONCE, OPT_BY, OPT_SERVICES, OPT_INTERVAL, OPT_CONTROL, OPT_HELP, OPT_COUNT };

static const struct option_spec specs[OPT_COUNT] = {
	[OPT_ONCE] = { "--once", NULL, "print it once, as plain text" },
	[OPT_BY] = { "--by", "ORDER", "flows (default), ports, new or bytes" },
	[OPT_SERVICES] = { "--services", NULL, "begin with services and their backends" },
	[OPT_INTERVAL] = { "--interval", "S", "seconds between two looks; 2" },
	[OPT_CONTROL] = { "--control", "PATH", GATEWAY_CONTROL_HELP },
	[OPT_HELP] = { "--help", NULL, "this text" },
};

struct top {
	const char *control;
	bool once;
	bool help;
	u64 interval_s;
	FILE *events; /* NULL with --once */
	size_t kept;  /* bytes of a line that is not whole yet */
	char line[EVENTS_LINE_MAX];
	struct top_view view;
};

/* ---- asking ---------------------------------------------------------------------------------- */

/* NULL after it was said why. */
static json_t *ask(const struct top *top, const char *request)
{
	FILE *stream = gateway_ask(top->control, request, GATEWAY_WAIT_S);
	json_t *answer;

	if (!stream)
		return NULL;
	answer = json_loadf(stream, 0, NULL);
	fclose(stream);
	if (answer && !json_object_get(answer, "error"))
		return answer;
	fprintf(stderr, "sluice top: %s\n",
		answer ? json_string_value(json_object_get(answer, "error"))
		       : "the gateway broke off its answer");
	json_decref(answer);
	return NULL;
}

static bool look(struct top *top)
{
	static const struct {
		const char *request;
		void (*take)(struct top_view *view, json_t *answer);
	} questions[] = {
		{ "{\"version\":1,\"top\":\"hosts\",\"filter\":{\"limit\":50}}", top_take_hosts },
		{ "{\"version\":1,\"show\":\"ports\"}", top_take_dests },
		{ "{\"version\":1,\"show\":\"backends\"}", top_take_backends },
		{ "{\"version\":1,\"show\":\"drops\"}", top_take_drops },
	};

	top_begin_look(&top->view, os_now());
	for (size_t i = 0; i < ARRAY_COUNT(questions); i++) {
		json_t *answer = ask(top, questions[i].request);

		if (!answer)
			return false;
		questions[i].take(&top->view, answer);
		json_decref(answer);
	}
	return true;
}

static void take_lines(struct top *top)
{
	char *at = top->line;
	char *end;

	while ((end = memchr(at, '\n', top->kept)) != NULL) {
		json_t *event = json_loadb(at, (size_t)(end - at), 0, NULL);

		if (event)
			top_take_event(&top->view, event);
		json_decref(event);
		top->kept -= (size_t)(end + 1 - at);
		at = end + 1;
	}
	memmove(top->line, at, top->kept);
	/* No line is that long. */
	if (top->kept == EVENTS_LINE_MAX)
		top->kept = 0;
}

/* What is there to hear now; false when the gateway is gone. */
static bool hear(struct top *top)
{
	for (u32 i = 0; i < EVENTS_READS_MAX; i++) {
		ssize_t got = read(fileno(top->events), top->line + top->kept,
				   EVENTS_LINE_MAX - top->kept);

		if (got == 0)
			return false;
		if (got < 0)
			return errno == EAGAIN || errno == EINTR;
		top->kept += (size_t)got;
		take_lines(top);
	}
	return true;
}

/* ---- the screen ------------------------------------------------------------------------------ */

static void draw(struct top *top)
{
	int rows = getmaxy(stdscr);

	erase();
	top_layout(&top->view, rows > 1 ? (u32)rows - 1 : 1);
	for (u32 i = 0; i < top->view.line_count; i++)
		mvaddnstr((int)i, 0, top->view.line[i], getmaxx(stdscr));
	mvaddnstr(rows - 1, 0,
		  "by: f flows  p ports  n new  b bytes    first: h hosts  s services    q ends",
		  getmaxx(stdscr));
	refresh();
}

/* False when it was the key that ends. */
static bool press(struct top *top, int key)
{
	switch (key) {
	case 'q': return false;
	case 'f': top->view.order = TOP_BY_FLOWS; break;
	case 'p': top->view.order = TOP_BY_PORTS; break;
	case 'n': top->view.order = TOP_BY_NEW; break;
	case 'b': top->view.order = TOP_BY_BYTES; break;
	case 'h': top->view.list = TOP_LIST_HOSTS; break;
	case 's': top->view.list = TOP_LIST_BACKENDS; break;
	default: return true;
	}
	draw(top);
	return true;
}

/* Until the next look is due; false when it is time to end. */
static bool wait_for_keys(struct top *top)
{
	struct pollfd watched[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				     { .fd = fileno(top->events), .events = POLLIN } };

	for (u64 tenth = 0; tenth < top->interval_s * 10; tenth++) {
		int key;

		if (poll(watched, 2, 100) < 0 && errno != EINTR)
			return false;
		if (!hear(top))
			return false;
		while ((key = getch()) != ERR) {
			if (!press(top, key))
				return false;
		}
	}
	return true;
}

static bool watch(struct top *top)
{
	bool good;

	top->events = gateway_ask(top->control, "{\"version\":1,\"events\":true}", 0);
	if (!top->events)
		return false;
	fcntl(fileno(top->events), F_SETFL, O_NONBLOCK);
	good = look(top);
	if (!good)
		return false;
	initscr();
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	curs_set(0);
	do {
		draw(top);
		top_forget_new(&top->view);
	} while (wait_for_keys(top) && (good = look(top)));
	endwin();
	return good;
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool read_order(const char *word, enum top_order *order)
{
	static const char *const names[TOP_ORDER_COUNT] = { "flows", "ports", "new", "bytes" };

	for (int i = 0; i < TOP_ORDER_COUNT; i++) {
		if (strcmp(word, names[i]) == 0) {
			*order = (enum top_order)i;
			return true;
		}
	}
	return false;
}

static bool parse(int argc, char **argv, struct top *top, struct ctl_why *why)
{
	const char *value[OPT_COUNT];
	struct options options = { .specs = specs, .count = OPT_COUNT, .value = value };

	if (!options_parse(argc, argv, &options, why))
		return false;
	top->help = value[OPT_HELP] != NULL;
	top->once = value[OPT_ONCE] != NULL;
	top->view.list = value[OPT_SERVICES] ? TOP_LIST_BACKENDS : TOP_LIST_HOSTS;
	top->control = value[OPT_CONTROL];
	top->interval_s = INTERVAL_DEFAULT_S;
	if (value[OPT_BY] && !read_order(value[OPT_BY], &top->view.order))
		return options_refuse(why, "--by %.40s: has to be flows, ports, new or bytes",
				      value[OPT_BY]);
	return !value[OPT_INTERVAL] ||
	       value_number(value[OPT_INTERVAL], 1, 3600, &top->interval_s) ||
	       options_refuse(why, "--interval %.40s: has to be a number of seconds from 1 to 3600",
			      value[OPT_INTERVAL]);
}

static void help(void)
{
	printf("sluice top: who holds most flows and ports, who begins most, which backends get "
	       "them, what is\ndropped\n\n"
	       "  sluice top [--by ORDER] [--services] [--interval S]\n"
	       "  sluice top --once\n\n");
	options_help(stdout, specs, OPT_COUNT);
	printf("\nKeys: f p n b choose the order; s gives most of the screen to services and "
	       "their backends, h to\nhosts; q ends. New flows are counted while it runs, so "
	       "--once shows none.\n"
	       "Exit codes: 0 done, 1 no gateway answers, 2 wrong arguments.\n");
}

static bool once(struct top *top)
{
	if (!look(top))
		return false;
	top_layout(&top->view, TOP_LINES_MAX);
	for (u32 i = 0; i < top->view.line_count; i++)
		puts(top->view.line[i]);
	return true;
}

int top_main(int argc, char **argv)
{
	struct top *top = calloc(1, sizeof *top);
	struct ctl_why why;
	int code = PROG_EXIT_FAILED;

	if (!top)
		return PROG_EXIT_FAILED;
	if (!parse(argc, argv, top, &why)) {
		fprintf(stderr, "sluice top: %s\n'sluice top --help' tells more.\n", why.text);
		code = PROG_EXIT_USAGE;
	} else if (top->help) {
		help();
		code = PROG_EXIT_OK;
	} else if (top->once ? once(top) : watch(top)) {
		code = PROG_EXIT_OK;
	}
	if (top->events)
		fclose(top->events);
	free(top);
	return code;
}
