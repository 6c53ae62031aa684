/* Checks by a TCP connection, and by what an HTTP server answers on it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "host/health/health_part.h"

static void bad(struct check *check, const char *what, int error)
{
	check_end(check, HEALTH_BAD, "%s: %s", what, strerror(error));
}

void check_judge(struct check *check)
{
	const struct health_conf *conf = &check->target.conf;
	int status = check->status;

	if (status == conf->status)
		check_end(check, HEALTH_GOOD, "HTTP status %d", status);
	else if (status == conf->drain_status)
		check_end(check, HEALTH_DRAIN, "HTTP status %d asks for draining", status);
	else
		check_end(check, HEALTH_BAD, "HTTP status %d, not %u", status, conf->status);
}

static bool watch(struct check *check, short what, event_callback_fn fn)
{
	if (check->io)
		event_free(check->io);
	check->io = event_new(check->health->base, check->fd, (short)(what | EV_PERSIST), fn,
			      check);
	if (check->io && event_add(check->io, NULL) == 0)
		return true;
	check_end(check, HEALTH_BAD, "there is no memory for the check");
	return false;
}

/* The page, which may come long after its headers. A connection that is closed before its end, or
 * over unread bytes, ends with a reset, which servers report as an error of their client.        */
static void on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct check *check = arg;
	char rest[HEALTH_REST_BYTES];
	ssize_t got = recv(fd, rest, sizeof rest, 0);

	(void)what;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	check->rest_bytes += got > 0 ? (u32)got : 0;
	if (got <= 0 || check->rest_bytes >= HEALTH_REST_MAX)
		check_judge(check);
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct check *check = arg;
	ssize_t got = recv(fd, check->reply + check->reply_len,
			   sizeof check->reply - check->reply_len, 0);

	(void)what;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0) {
		bad(check, "it broke off", errno);
		return;
	}
	check->reply_len += (size_t)got;
	check->status = health_http_status(check->reply, check->reply_len);
	if (check->status == HEALTH_STATUS_NONE)
		check_end(check, HEALTH_BAD, "what it answered is not HTTP");
	else if (check->status != HEALTH_STATUS_MORE)
		(void)watch(check, EV_READ, on_rest);
	else if (got == 0)
		check_end(check, HEALTH_BAD, "it closed without an answer");
}

static void ask(struct check *check)
{
	u32 host = be32_host(check->target.addr);
	char request[HEALTH_REQUEST_MAX];
	int len = snprintf(request, sizeof request,
			   "GET %s HTTP/1.0\r\nHost: %u.%u.%u.%u\r\nUser-Agent: sluice\r\n"
			   "Connection: close\r\n\r\n",
			   check->target.conf.path, host >> 24, host >> 16 & 255, host >> 8 & 255,
			   host & 255);

	/* A fresh connection has room for it, or something is wrong indeed. */
	if (send(check->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		check_end(check, HEALTH_BAD, "it does not take the request");
	else
		(void)watch(check, EV_READ, on_answer);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct check *check = arg;
	int error = 0;
	socklen_t len = sizeof error;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error) {
		bad(check, "no connection", error);
		return;
	}
	check->connected = true;
	if (check->target.conf.kind == HEALTH_HTTP)
		ask(check);
	else
		check_end(check, HEALTH_GOOD, "it takes connections");
}

void check_connect(struct check *check)
{
	const struct health_target *target = &check->target;
	u16 port = target->conf.port ? target->conf.port : target->port;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = be16_of(port).raw };

	to.sin_addr.s_addr = target->addr.raw;
	check->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (check->fd < 0)
		bad(check, "no socket", errno);
	else if (connect(check->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
		bad(check, "no connection", errno);
	else
		(void)watch(check, EV_WRITE, on_connected);
}
