/* `sluice show`: ask a running gateway over its control socket, and print what it says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "prog/gateway.h"
#include "prog/prog.h"
#include "prog/show_args.h"
#include "prog/show_read.h"

static bool send_request(int fd, const struct show_args *args)
{
	char *request = show_args_request(args);
	bool good;

	if (!request)
		return false;
	good = gateway_send(fd, request, strlen(request)) && gateway_send(fd, "\n", 1);
	free(request);
	return good;
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
