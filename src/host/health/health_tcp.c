/* Checks by a TCP connection, and by what an HTTP server answers on it. */
#include <stdio.h>

#include "host/health/health_part.h"

void check_judge(struct check *check, ns_t now)
{
	const struct health_conf *conf = &check->target.conf;
	int status = check->status;

	if (status == conf->status)
		check_end(check, now, HEALTH_GOOD, "HTTP status %d", status);
	else if (status == conf->drain_status)
		check_end(check, now, HEALTH_DRAIN, "HTTP status %d asks for draining", status);
	else
		check_end(check, now, HEALTH_BAD, "HTTP status %d, not %u", status, conf->status);
}

/* What nobody wants to know. False: it may go on; else it has ended, or is too much. */
static bool pass_over(struct check *check, ns_t now)
{
	char rest[HEALTH_REST_BYTES];
	struct sock_buf buf = { .to = rest, .bytes = sizeof rest };
	enum sock_error error = check_read(check, &buf, now);

	if (error == SOCK_AGAIN)
		return false;
	check->rest_bytes += buf.got;
	check->ended = buf.got == 0;
	return check->ended || check->rest_bytes >= HEALTH_REST_MAX;
}

/* The page, which may come long after its headers. A connection that is closed before its end, or
 * over unread bytes, ends with a reset, which servers report as an error of their client.        */
static void on_rest(struct check *check, ns_t now)
{
	if (pass_over(check, now))
		check_judge(check, now);
}

/* The check is over and we have said that we write no more. */
static void on_left(struct check *check, ns_t now)
{
	if (!pass_over(check, now))
		return;
	if (check->ended)
		check_watch(check, CHECK_WAITS, 0);
	else
		check_reset(check, now);
}

static void on_answer(struct check *check, ns_t now)
{
	struct sock_buf buf = { .to = check->reply + check->reply_len,
				.bytes = (u32)sizeof check->reply - check->reply_len };
	enum sock_error error = check_read(check, &buf, now);

	if (error == SOCK_AGAIN)
		return;
	if (error != SOCK_OK) {
		check_fail(check, now, "it broke off", error);
		return;
	}
	check->reply_len += buf.got;
	check->status = health_http_status(check->reply, check->reply_len);
	if (check->status == HEALTH_STATUS_NONE)
		check_end(check, now, HEALTH_BAD, "what it answered is not HTTP");
	else if (check->status != HEALTH_STATUS_MORE)
		check_watch(check, CHECK_PAGE, SOCK_READABLE);
	else if (buf.got == 0)
		check_end(check, now, HEALTH_BAD, "it closed without an answer");
}

static void ask(struct check *check, ns_t now)
{
	struct health *health = check->health;
	u32 host = be32_host(check->target.addr);
	char request[HEALTH_REQUEST_MAX];
	int len = snprintf(request, sizeof request,
			   "GET %s HTTP/1.0\r\nHost: %u.%u.%u.%u\r\nUser-Agent: sluice\r\n"
			   "Connection: close\r\n\r\n",
			   check->target.conf.path, host >> 24, host >> 16 & 255, host >> 8 & 255,
			   host & 255);
	struct sock_out out = { .data = request, .bytes = (u32)len };

	/* A fresh connection has room for it, or something is wrong indeed. */
	if (sluice_send(health->sluice, health->sock[check->at], &out, now) != SOCK_OK ||
	    out.sent != out.bytes)
		check_end(check, now, HEALTH_BAD, "it does not take the request");
	else
		check_watch(check, CHECK_ANSWER, SOCK_READABLE);
}

static void on_connected(struct check *check, u8 ready, ns_t now)
{
	struct health *health = check->health;
	struct sock_value error = { .number = SOCK_OK };

	if ((ready & SOCK_FAILED) != 0) {
		(void)sluice_sock_get(health->sluice, health->sock[check->at], SOCK_OPT_ERROR,
				      &error);
		check_fail(check, now, "no connection", (enum sock_error)error.number);
	} else if (check->target.conf.kind == HEALTH_HTTP) {
		ask(check, now);
	} else {
		check_end(check, now, HEALTH_GOOD, "it takes connections");
	}
}

void check_connect_sock(struct check *check, u8 ready, ns_t now)
{
	switch (check->phase) {
	case CHECK_WAITS: on_left(check, now); break;
	case CHECK_CONNECT: on_connected(check, ready, now); break;
	case CHECK_ANSWER: on_answer(check, now); break;
	case CHECK_PAGE: on_rest(check, now); break;
	case CHECK_ECHO: break;
	}
}

/* Little is said, so little room is taken. */
static enum sock_error connect_begin(struct check *check, ns_t now)
{
	const struct sock_value room = { .number = HEALTH_BUFFER_BYTES };
	const struct health_target *target = &check->target;
	const struct sock_addr peer = { target->addr, be16_of(target->conf.port ? target->conf.port
										: target->port) };
	struct sluice *s = check->health->sluice;
	enum sock_error error = check_open(check, SOCK_STREAM_KIND, 0);
	sock_id sock = check->health->sock[check->at];

	if (error == SOCK_OK)
		error = sluice_sock_set(s, sock, SOCK_OPT_SNDBUF, &room, now);
	if (error == SOCK_OK)
		error = sluice_sock_set(s, sock, SOCK_OPT_RCVBUF, &room, now);
	return error == SOCK_OK ? sluice_connect(s, sock, &peer, now) : error;
}

void check_connect(struct check *check, ns_t now)
{
	enum sock_error error = connect_begin(check, now);

	if (error == SOCK_IN_PROGRESS)
		check_watch(check, CHECK_CONNECT, SOCK_WRITABLE);
	else
		check_fail(check, now, "no connection", error);
}
