/* `sluice show`: ask a running gateway over its control socket, and print what it says. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "prog/prog.h"
#include "prog/show_args.h"
#include "prog/show_text.h"

enum { ANSWER_WAIT_S = 15 };

/* An answer that is being read, line by line (ctl_answer.h). */
struct reading {
	const struct show_args *args;
	u32 part;
	bool ended;   /* the last line has come */
	bool refused; /* it was an error */
};

static void say_no_gateway(const char *path, int reason)
{
	if (reason == EACCES) {
		fprintf(stderr,
			"sluice: the control socket %s may not be opened: ask as root, or "
			"as one of its group\n",
			path);
		return;
	}
	fprintf(stderr,
		"sluice: no gateway answers at %s (%s)\n"
		"Start one with 'sluice run --lan IF --wan IF', or name the socket of "
		"another with --control PATH.\n",
		path, strerror(reason));
}

/* A connected socket, or -1 when it was said why not. */
static int gateway_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = ANSWER_WAIT_S };
	int fd;

	if (strlen(path) >= sizeof addr.sun_path) {
		say_no_gateway(path, ENAMETOOLONG);
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof addr) != 0) {
		say_no_gateway(path, errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	return fd;
}

static bool send_request(int fd, const struct show_args *args)
{
	char *request = show_args_request(args);
	bool good;

	if (!request)
		return false;
	/* A gateway that is crowded closes at once; what it said can still be read. */
	good = send(fd, request, strlen(request), MSG_NOSIGNAL) >= 0 &&
	       send(fd, "\n", 1, MSG_NOSIGNAL) >= 0;
	free(request);
	return good || errno == EPIPE || errno == ECONNRESET;
}

/* The whole answer in one line: an error, or a count. */
static void take_single(struct reading *reading, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	reading->ended = true;
	reading->refused = error != NULL;
	if (error)
		fprintf(stderr, "sluice: the gateway answered: %s\n", error);
	else if (!reading->args->json)
		printf("%lld\n", (long long)json_integer_value(json_object_get(answer, "count")));
}

static void take_first(struct reading *reading, const char *line)
{
	json_t *answer = json_loads(line, 0, NULL);

	if (answer)
		take_single(reading, answer);
	json_decref(answer);
}

/* "],"key":..." closes a list: another one opens, or it was the last. */
static void take_close(struct reading *reading, char *line)
{
	json_t *end;

	line[1] = '{';
	end = json_loads(line + 1, 0, NULL);
	if (!end) {
		reading->part++;
		return;
	}
	reading->ended = true;
	if (!reading->args->json)
		show_text_end(stdout, reading->args->show, end);
	json_decref(end);
}

static void take_record(const struct reading *reading, char *line, size_t len)
{
	json_t *record;

	if (len && line[len - 1] == ',')
		line[len - 1] = 0;
	record = json_loads(line, 0, NULL);
	if (record)
		show_text_record(stdout, reading->args->show, reading->part, record);
	json_decref(record);
}

static void take_line(struct reading *reading, bool first, char *line, size_t len)
{
	if (len && line[len - 1] == '\n')
		line[--len] = 0;
	if (reading->args->json && !(first && strstr(line, "\"error\":")))
		puts(line);
	if (first)
		take_first(reading, line);
	else if (line[0] == ']' && line[1] == ',')
		take_close(reading, line);
	else if (!reading->args->json)
		take_record(reading, line, len);
}

static bool read_answer(FILE *stream, struct reading *reading)
{
	char *line = NULL;
	size_t size = 0;
	bool first = true;
	ssize_t len;

	while ((len = getline(&line, &size, stream)) > 0) {
		take_line(reading, first, line, (size_t)len);
		first = false;
	}
	free(line);
	fflush(stdout);
	if (!reading->ended)
		fprintf(stderr, "sluice: the gateway broke off its answer%s\n",
			first ? " before it began" : "; what is above is not all");
	return reading->ended && !reading->refused;
}

static int show_ask(const struct show_args *args)
{
	struct reading reading = { .args = args };
	int fd = gateway_connect(args->control);
	FILE *stream;
	bool good;

	if (fd < 0)
		return PROG_EXIT_FAILED;
	if (!send_request(fd, args)) {
		fprintf(stderr, "sluice: the gateway takes no request: %s\n", strerror(errno));
		close(fd);
		return PROG_EXIT_FAILED;
	}
	stream = fdopen(fd, "r");
	if (!stream) {
		close(fd);
		return PROG_EXIT_FAILED;
	}
	good = read_answer(stream, &reading);
	fclose(stream);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int show_main(int argc, char **argv)
{
	struct show_args args;
	struct ctl_why why;

	if (!show_args_parse(argc, argv, &args, &why)) {
		fprintf(stderr, "sluice show: %s\n'sluice show --help' tells more.\n", why.text);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		show_args_help(stdout);
		return PROG_EXIT_OK;
	}
	return show_ask(&args);
}
