/* `sluice show`: ask a running gateway over its control socket, and print what it says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "prog/prog.h"
#include "prog/show_args.h"
#include "prog/show_read.h"

enum { ANSWER_WAIT_S = 15 };

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

static int show_ask(const struct show_args *args)
{
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
	good = show_read(stream, args, stdout, stderr);
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
