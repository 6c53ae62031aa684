/* Checks against servers of the test itself on the loopback interface, all on one loop: a server
 * that listens, one that takes connections and says nothing, one that answers with a status. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/health/health.h"
#include "host/os/clock.h"

enum { CHANGES_MAX = 16, TAKEN_MAX = 64 };
#define PATIENCE_NS (20 * NS_PER_SEC)

struct server {
	int fd;
	u16 port;
	const char *answer; /* NULL: none */
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_watch *client; /* the last, until it has asked */
	int taken[TAKEN_MAX];
	int taken_count;
	char asked[256];
};

struct health_bed {
	struct loop *loop;
	struct health *health;
	struct health_conf conf;
	struct server server;
	int change_count;
	struct health_change change[CHANGES_MAX];
};

static void on_change(void *arg, const struct health_change *change)
{
	struct health_bed *bed = arg;

	assert_in_range(bed->change_count, 0, CHANGES_MAX - 1);
	bed->change[bed->change_count++] = *change;
}

/* The request is there: it is answered, and the connection stays open. */
static void on_request(void *arg)
{
	struct server *server = arg;
	ssize_t len = recv(server->taken[server->taken_count - 1], server->asked,
			   sizeof server->asked - 1, 0);

	loop_watch_del(server->client);
	server->client = NULL;
	server->asked[len > 0 ? len : 0] = 0;
	assert_int_equal(send(server->taken[server->taken_count - 1], server->answer,
			      strlen(server->answer), MSG_NOSIGNAL),
			 strlen(server->answer));
}

static void on_client(void *arg)
{
	struct server *server = arg;
	int fd = accept(server->fd, NULL, NULL);

	assert_true(fd >= 0);
	assert_in_range(server->taken_count, 0, TAKEN_MAX - 1);
	server->taken[server->taken_count++] = fd;
	loop_watch_del(server->client);
	server->client = server->answer ? loop_watch_new(server->loop, fd, on_request, server)
					: NULL;
}

static void server_open(struct health_bed *bed, bool listens)
{
	struct server *server = &bed->server;
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&at, &len), 0);
	server->port = ntohs(at.sin_port);
	if (!listens)
		return;
	assert_int_equal(listen(server->fd, 16), 0);
	server->watch = loop_watch_new(bed->loop, server->fd, on_client, server);
	assert_non_null(server->watch);
}

static struct health_bed *bed_open(enum health_kind kind, bool listens, const char *answer)
{
	struct health_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed->loop = loop_new();
	bed->health = health_new(bed->loop, on_change, bed);
	assert_non_null(bed->health);
	health_conf_defaults(&bed->conf);
	bed->conf.kind = kind;
	bed->conf.interval_ms = bed->conf.timeout_ms = 100;
	memcpy(bed->conf.path, "/alive?x=1", 11);
	bed->server.answer = answer;
	bed->server.loop = bed->loop;
	server_open(bed, listens);
	return bed;
}

static void bed_close(struct health_bed *bed)
{
	health_del(bed->health);
	loop_watch_del(bed->server.watch);
	loop_watch_del(bed->server.client);
	for (int i = 0; i < bed->server.taken_count; i++)
		close(bed->server.taken[i]);
	close(bed->server.fd);
	loop_del(bed->loop);
	free(bed);
}

static void check_it_as(struct health_bed *bed, u32 service)
{
	struct health_target target = { .service = service,
					.name = "web",
					.backend = 5,
					.addr = be32_of(INADDR_LOOPBACK),
					.port = bed->server.port,
					.conf = bed->conf };

	assert_true(health_set(bed->health, &target, 1));
}

static void check_it(struct health_bed *bed)
{
	check_it_as(bed, 3);
}

/* Until the backend has changed so many times. */
static const struct health_change *wait_changes(struct health_bed *bed, int count)
{
	ns_t end = os_now() + PATIENCE_NS;

	while (bed->change_count < count && os_now() < end)
		loop_wait(bed->loop, 100 * NS_PER_MS);
	assert_int_equal(bed->change_count, count);
	return &bed->change[count - 1];
}

static void is(const struct health_change *change, enum backend_state state, const char *why)
{
	assert_int_equal(change->state, state);
	assert_string_equal(change->why, why);
}

static void tcp_up(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP, true, NULL);
	const struct health_change *change;

	(void)state;
	check_it(bed);
	change = wait_changes(bed, 1);
	is(change, BACKEND_UP, "it takes connections");
	assert_true(change->first);
	assert_int_equal(change->service, 3);
	assert_int_equal(change->backend, 5);
	bed_close(bed);
}

static void tcp_refused_then_up(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP, false, NULL);
	struct health_count count, after;

	(void)state;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_DOWN, "no connection: Connection refused");
	assert_true(health_count(bed->health, 0, &count));
	assert_int_equal(count.service, 3);
	assert_int_equal(count.backend, 5);
	assert_int_equal(count.checks, 1);
	assert_int_equal(count.failed, 1);
	assert_false(health_count(bed->health, 1, &count));
	assert_int_equal(listen(bed->server.fd, 16), 0);
	bed->server.watch = loop_watch_new(bed->loop, bed->server.fd, on_client, &bed->server);
	is(wait_changes(bed, 2), BACKEND_UP, "it takes connections");
	assert_false(bed->change[1].first);
	assert_true(health_count(bed->health, 0, &count));
	assert_true(count.checks > count.failed);
	/* It is the same backend by another place, and has been checked as often. */
	check_it_as(bed, 4);
	assert_true(health_count(bed->health, 0, &after));
	assert_int_equal(after.service, 4);
	assert_int_equal(after.checks, count.checks);
	assert_int_equal(after.failed, count.failed);
	bed_close(bed);
}

static void http_up(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, "HTTP/1.1 200 OK\r\n\r\n");

	(void)state;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_UP, "HTTP status 200");
	assert_string_equal(bed->server.asked,
			    "GET /alive?x=1 HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: sluice\r\n"
			    "Connection: close\r\n\r\n");
	bed_close(bed);
}

/* A connection that is closed over unread bytes ends with a reset, an error in the server's log. */
static void http_page_is_read(void **state)
{
	static char answer[4096];
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, answer);
	char byte;

	(void)state;
	memset(answer, 'x', sizeof answer - 1);
	memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_UP, "HTTP status 200");
	assert_int_equal(recv(bed->server.taken[0], &byte, 1, 0), 0);
	bed_close(bed);
}

/* The page comes after its headers were read, as from a server that has to make it first. */
static void http_page_comes_later(void **state)
{
	static char page[5000];
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, "HTTP/1.1 200 OK\r\n\r\n");
	ns_t end = os_now() + PATIENCE_NS;
	char byte;

	(void)state;
	memset(page, 'x', sizeof page);
	bed->conf.timeout_ms = 10000;
	check_it(bed);
	while (bed->server.asked[0] == 0 && os_now() < end)
		loop_wait(bed->loop, 100 * NS_PER_MS);
	for (u32 n = 0; n < 3; n++)
		loop_wait(bed->loop, 20 * NS_PER_MS);
	assert_int_equal(send(bed->server.taken[0], page, sizeof page, MSG_NOSIGNAL), sizeof page);
	for (u32 n = 0; n < 3; n++)
		loop_wait(bed->loop, 20 * NS_PER_MS);
	assert_int_equal(bed->change_count, 0);
	assert_int_equal(shutdown(bed->server.taken[0], SHUT_WR), 0);
	is(wait_changes(bed, 1), BACKEND_UP, "HTTP status 200");
	assert_int_equal(recv(bed->server.taken[0], &byte, 1, 0), 0);
	bed_close(bed);
}

/* A page without an end is not read for ever. */
static void http_page_is_long(void **state)
{
	static char answer[200000];
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, answer);

	(void)state;
	memset(answer, 'x', sizeof answer - 1);
	memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	bed->conf.timeout_ms = 10000;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_UP, "HTTP status 200");
	bed_close(bed);
}

static void http_other_status(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, "HTTP/1.1 503 Busy\r\n\r\n");

	(void)state;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_DOWN, "HTTP status 503, not 200");
	bed_close(bed);
}

static void http_drains(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, "HTTP/1.1 404 Gone\r\n\r\n");

	(void)state;
	bed->conf.drain_status = 404;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_DRAINING, "HTTP status 404 asks for draining");
	bed_close(bed);
}

static void http_nonsense(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, "220 mail.example ESMTP\r\n");

	(void)state;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_DOWN, "what it answered is not HTTP");
	bed_close(bed);
}

/* It takes the connection and never says a word: the time-out of the check ends it. */
static void http_silence(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_HTTP, true, NULL);

	(void)state;
	check_it(bed);
	is(wait_changes(bed, 1), BACKEND_DOWN, "connected, but no answer within 100 ms");
	bed_close(bed);
}

static void echo(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_ICMP, false, NULL);
	struct health_target target = { .addr = be32_of(INADDR_LOOPBACK), .conf = bed->conf };

	(void)state;
	if (!health_set(bed->health, &target, 1)) {
		bed_close(bed);
		skip(); /* needs the right to raw sockets */
	}
	is(wait_changes(bed, 1), BACKEND_UP, "it answers echo requests");
	bed_close(bed);
}

/* New targets: the old one is left alone, what is known of one that stays is told again. */
static void targets_change(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP, true, NULL);
	struct health_conf none = { .kind = HEALTH_NONE };
	struct health_target target = { .addr = be32_of(INADDR_LOOPBACK), .conf = none };

	(void)state;
	check_it(bed);
	(void)wait_changes(bed, 1);
	check_it_as(bed, 4);
	is(wait_changes(bed, 2), BACKEND_UP, "it takes connections");
	assert_int_equal(bed->change[1].service, 4);
	assert_false(bed->change[1].first);
	assert_false(bed->change[0].again);
	assert_true(bed->change[1].again);
	assert_true(health_set(bed->health, &target, 1));
	for (int n = 0; n < 5; n++)
		loop_wait(bed->loop, 60 * NS_PER_MS);
	assert_int_equal(bed->change_count, 2);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_up),         cmocka_unit_test(tcp_refused_then_up),
		cmocka_unit_test(http_up),        cmocka_unit_test(http_other_status),
		cmocka_unit_test(http_page_is_read),
		cmocka_unit_test(http_page_comes_later),
		cmocka_unit_test(http_page_is_long),
		cmocka_unit_test(http_drains),    cmocka_unit_test(http_nonsense),
		cmocka_unit_test(http_silence),   cmocka_unit_test(echo),
		cmocka_unit_test(targets_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
