/* Asking a running gateway. */
#include "prog/gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/ctl/ctl.h"

const char *gateway_path(const char *given)
{
	const char *set = getenv("SLUICE_CONTROL");

	if (given)
		return given;
	return set && *set ? set : CTL_PATH_DEFAULT;
}

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
		"Start one with 'sluice run --config FILE' or 'sluice run --lan IF --wan IF', or "
		"name the socket of another with --control PATH or SLUICE_CONTROL.\n",
		path, strerror(reason));
}

int gateway_connect(const char *path, u32 wait_s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = (time_t)wait_s };
	int fd;

	path = gateway_path(path);
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

bool gateway_send(int fd, const void *bytes, size_t len_bytes)
{
	const u8 *at = bytes;

	while (len_bytes > 0) {
		ssize_t sent = send(fd, at, len_bytes, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EPIPE || errno == ECONNRESET;
		at += sent;
		len_bytes -= (size_t)sent;
	}
	return true;
}

FILE *gateway_ask(const char *path, const char *request, u32 wait_s)
{
	int fd = gateway_connect(path, wait_s);
	FILE *stream;

	if (fd < 0)
		return NULL;
	if (!gateway_send(fd, request, strlen(request)) || !gateway_send(fd, "\n", 1)) {
		fprintf(stderr, "sluice: the gateway takes no request: %s\n", strerror(errno));
		close(fd);
		return NULL;
	}
	stream = fdopen(fd, "r");
	if (!stream)
		close(fd);
	return stream;
}
