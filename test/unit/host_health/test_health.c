/* Checks by an engine of servers on two other ones: who is up, who is not, and what servers see of
 * it. Everything happens in virtual time.                                                        */
#include "unit/host_health/health_bed.h"

/* ---- TCP ------------------------------------------------------------------------------------- */

static void tcp_up(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP);
	const struct health_change *change;

	(void)state;
	bed_listen(&bed->blue);
	bed_check(bed);
	change = bed_wait(bed, 1);
	is(change, BACKEND_UP, "it takes connections");
	assert_true(change->first);
	assert_int_equal(change->service, 3);
	assert_int_equal(change->backend, 5);
	/* The server hears an end, and no reset. */
	bed_run_ms(bed, 50);
	assert_int_equal(bed->blue.ends, 1);
	assert_int_equal(bed->blue.resets, 0);
	assert_int_equal(bed->red.taken, 0);
	bed_close(bed);
}

/* One that speaks first, as servers of mail do, is not reset for it. */
static void tcp_greets(void **state)
{
	static const char greeting[5 * HEALTH_BUFFER_BYTES] = "220 mail.example ESMTP\r\n";
	struct health_bed *bed = bed_open(HEALTH_TCP);
	struct sock_out out = { .data = greeting, .bytes = sizeof greeting };

	(void)state;
	bed->conf.interval_ms = 1000;
	bed_listen(&bed->blue);
	bed_check(bed);
	(void)bed_wait(bed, 1);
	bed_until(bed, &bed->blue.taken, 1);
	(void)sluice_send(bed->blue.rig.s, bed->blue.flow, &out, bed->blue.rig.now);
	assert_int_equal(out.sent, sizeof greeting);
	bed_until(bed, &bed->blue.taken, 3);
	assert_int_equal(bed->blue.ends, 2);
	assert_int_equal(bed->resets, 0);
	bed_close(bed);
}

static void tcp_refused_then_up(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP);
	struct health_count count, after;

	(void)state;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_DOWN, "no connection: the peer refused the connection");
	assert_true(health_count(bed->health, 0, &count));
	assert_int_equal(count.service, 3);
	assert_int_equal(count.backend, 5);
	assert_int_equal(count.checks, 1);
	assert_int_equal(count.failed, 1);
	assert_false(health_count(bed->health, 1, &count));
	bed_listen(&bed->blue);
	is(bed_wait(bed, 2), BACKEND_UP, "it takes connections");
	assert_false(bed->change[1].first);
	assert_true(health_count(bed->health, 0, &count));
	assert_true(count.checks > count.failed);
	/* It is the same backend by another place, and has been checked as often. */
	bed_check_as(bed, 4);
	assert_true(health_count(bed->health, 0, &after));
	assert_int_equal(after.service, 4);
	assert_int_equal(after.checks, count.checks);
	assert_int_equal(after.failed, count.failed);
	bed_close(bed);
}

static void nobody_answers(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP);

	(void)state;
	bed->blue.unplugged = true;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_DOWN, "no answer within 100 ms");
	bed_close(bed);
}

static void no_way(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP);
	struct health_target target = bed_target(bed, 3);

	(void)state;
	target.addr = addr("192.0.2.1"); /* the default route is of the common zone */
	health_set(bed->health, &target, 1, bed->gateway.now);
	is(bed_wait(bed, 1), BACKEND_DOWN, "no connection: there is no way to that network");
	target.conf.kind = HEALTH_ICMP;
	target.backend = 6;
	target.port++;
	health_set(bed->health, &target, 1, bed->gateway.now);
	is(bed_wait(bed, 2), BACKEND_DOWN, "no echo request: there is no way to that network");
	bed_close(bed);
}

/* From the end of one to the beginning of the next. */
static void interval(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP);
	struct health_count count;

	(void)state;
	bed->conf.interval_ms = 500;
	bed->conf.timeout_ms = 300;
	bed->blue.unplugged = true;
	bed_check(bed);
	bed_run_ms(bed, 3 * 800 + 250);
	assert_true(health_count(bed->health, 0, &count));
	assert_int_equal(count.checks, 3);
	assert_true(health_next(bed->health) > bed->gateway.now);
	bed_run_ms(bed, 100);
	assert_true(health_count(bed->health, 0, &count));
	assert_int_equal(count.checks, 4);
	bed_close(bed);
}

/* A server that never closes has one connection of ours, not one more with each check. */
static void nobody_holds_up_more_than_one(void **state)
{
	struct health_bed *bed = bed_open_with(HEALTH_TCP, 1);

	(void)state;
	bed->blue.stays = true;
	bed_listen(&bed->blue);
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_UP, "it takes connections");
	bed_run_ms(bed, 2000);
	assert_int_equal(bed->change_count, 1);
	assert_in_range(bed->blue.taken, 10, 21);
	bed_close(bed);
}

/* Nor has one that takes connections and never answers. */
static void silence_holds_up_nothing(void **state)
{
	struct health_bed *bed = bed_open_with(HEALTH_HTTP, 1);

	(void)state;
	bed_listen(&bed->blue);
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_DOWN, "connected, but no answer within 100 ms");
	bed_run_ms(bed, 2000);
	assert_true(bed->blue.resets >= 9);
	bed->blue.answer = "HTTP/1.1 200 OK\r\n\r\n";
	is(bed_wait(bed, 2), BACKEND_UP, "HTTP status 200");
	bed_close(bed);
}

/* Whatever is found, the checks of a backend are one flow at a time. */
static void many_are_one_flow(void **state)
{
	const enum health_kind kinds[] = { HEALTH_TCP, HEALTH_HTTP, HEALTH_ICMP };
	enum { ANSWERED, REFUSED, UNHEARD, WAYS };

	(void)state;
	for (u32 at = 0; at < WAYS * ARRAY_COUNT(kinds); at++) {
		struct health_bed *bed = bed_open(kinds[at / WAYS]);
		struct health_count count;

		bed->blue.answer = "HTTP/1.1 200 OK\r\n\r\n";
		bed->blue.unplugged = at % WAYS == UNHEARD;
		if (at % WAYS == ANSWERED)
			bed_listen(&bed->blue);
		bed_check(bed);
		bed_run_ms(bed, 2090);
		assert_true(health_count(bed->health, 0, &count));
		assert_in_range(count.checks, 10, 21);
		assert_true(count.failed == 0 || count.failed == count.checks);
		/* Of a flow that was refused nothing may be left. */
		assert_in_range(sluice_flow_count(bed->gateway.s), at % WAYS != REFUSED, 1);
		bed_close(bed);
	}
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static struct health_bed *http_open(const char *answer)
{
	struct health_bed *bed = bed_open(HEALTH_HTTP);

	bed->blue.answer = answer;
	bed_listen(&bed->blue);
	return bed;
}

static void http_up(void **state)
{
	struct health_bed *bed = http_open("HTTP/1.1 200 OK\r\n\r\n");

	(void)state;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_UP, "HTTP status 200");
	assert_string_equal(bed->blue.asked,
			    "GET /alive?x=1 HTTP/1.0\r\nHost: 10.10.0.2\r\nUser-Agent: sluice\r\n"
			    "Connection: close\r\n\r\n");
	bed_close(bed);
}

static void http_never_ends(void **state)
{
	struct health_bed *bed = http_open("HTTP/1.1 200 OK\r\n\r\n");

	(void)state;
	bed->blue.stays = true;
	bed_check(bed);
	bed_run_ms(bed, 50);
	assert_int_equal(bed->change_count, 0);
	is(bed_wait(bed, 1), BACKEND_UP, "HTTP status 200");
	bed_close(bed);
}

/* A connection that is closed over unread bytes ends with a reset, an error in the server's log. */
static void http_page_is_read(void **state)
{
	static char answer[20000];
	struct health_bed *bed = http_open(answer);

	(void)state;
	memset(answer, 'x', sizeof answer - 1);
	memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	bed->conf.timeout_ms = 1000;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_UP, "HTTP status 200");
	bed_run_ms(bed, 350);
	assert_true(bed->blue.taken >= 3);
	assert_in_range(bed->blue.ends, bed->blue.taken - 1, bed->blue.taken);
	assert_int_equal(bed->blue.resets, 0);
	bed_close(bed);
}

/* The page comes after its headers were read, as from a server that has to make it first. */
static void http_page_comes_later(void **state)
{
	static char page[2000];
	struct health_bed *bed = http_open("HTTP/1.1 200 OK\r\n\r\n");
	struct bed_server *blue = &bed->blue;
	struct sock_out out = { .data = page, .bytes = sizeof page };

	(void)state;
	memset(page, 'x', sizeof page);
	bed->conf.timeout_ms = 10000;
	blue->more = true;
	bed_check(bed);
	bed_run_ms(bed, 100);
	assert_int_equal(blue->answered, blue->answer_bytes);
	assert_int_equal(sluice_send(blue->rig.s, blue->flow, &out, blue->rig.now), SOCK_OK);
	assert_int_equal(out.sent, sizeof page);
	bed_run_ms(bed, 100);
	assert_int_equal(bed->change_count, 0);
	(void)sluice_shutdown(blue->rig.s, blue->flow, SOCK_SHUT_WRITE, blue->rig.now);
	is(bed_wait(bed, 1), BACKEND_UP, "HTTP status 200");
	bed_run_ms(bed, 50);
	assert_int_equal(blue->ends, 1);
	assert_int_equal(blue->resets, 0);
	bed_close(bed);
}

/* A page without an end is not read for ever. */
static void http_page_is_long(void **state)
{
	static char answer[200000];
	struct health_bed *bed = http_open(answer);

	(void)state;
	memset(answer, 'x', sizeof answer - 1);
	memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	bed->conf.timeout_ms = 10000;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_UP, "HTTP status 200");
	assert_true(bed->gateway.now < 1009 * NS_PER_SEC);
	assert_true(bed->blue.answered < bed->blue.answer_bytes);
	bed_run_ms(bed, 50);
	assert_int_equal(bed->blue.resets, 1);
	bed_close(bed);
}

static void http_says(const char *answer, u16 drain_status, enum backend_state wanted,
		      const char *why)
{
	struct health_bed *bed = http_open(answer);

	bed->conf.drain_status = drain_status;
	bed_check(bed);
	is(bed_wait(bed, 1), wanted, why);
	bed_close(bed);
}

static void http_answers(void **state)
{
	(void)state;
	http_says("HTTP/1.1 503 Busy\r\n\r\n", 0, BACKEND_DOWN, "HTTP status 503, not 200");
	http_says("HTTP/1.1 404 Gone\r\n\r\n", 404, BACKEND_DRAINING,
		  "HTTP status 404 asks for draining");
	http_says("220 mail.example ESMTP\r\n", 0, BACKEND_DOWN, "what it answered is not HTTP");
	http_says("HTTP/1.1", 0, BACKEND_DOWN, "it closed without an answer");
}

static void http_silence(void **state)
{
	struct health_bed *bed = http_open(NULL);

	(void)state;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_DOWN, "connected, but no answer within 100 ms");
	bed_close(bed);
}

/* ---- echo ------------------------------------------------------------------------------------ */

static void echo(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_ICMP);

	(void)state;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_UP, "it answers echo requests");
	bed->blue.unplugged = true;
	is(bed_wait(bed, 2), BACKEND_DOWN, "no answer within 100 ms");
	bed->blue.unplugged = false;
	is(bed_wait(bed, 3), BACKEND_UP, "it answers echo requests");
	bed_close(bed);
}

/* An answer to the last request that left, with other bytes at the end, from an address. */
static void forge(struct health_bed *bed, const char *from, u8 change)
{
	struct build b = bed->echo;

	build_ip(&b)->src = addr(from);
	build_ip(&b)->dst = addr(BED_GATEWAY);
	build_icmp_hdr(&b)->type = ICMP_ECHO_REPLY;
	b.bytes[b.len - 1] ^= change;
	build_seal(&b);
	assert_true(rig_send(&bed->gateway, RIG_IN, &b));
}

/* What answers is the backend itself, and it answers what was asked last. */
static void echo_of_others(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_ICMP);
	struct build old;

	(void)state;
	bed->blue.unplugged = true;
	bed->conf.timeout_ms = 1000;
	bed->conf.rise = 1;
	bed_check(bed);
	is(bed_wait(bed, 1), BACKEND_DOWN, "no answer within 1000 ms");
	old = bed->echo;
	bed_until(bed, &bed->echoes, 2);
	forge(bed, BED_SERVER, 1);
	forge(bed, "10.10.0.3", 0);
	bed->echo = old;
	forge(bed, BED_SERVER, 0);
	bed_run_ms(bed, 1000);
	assert_int_equal(bed->change_count, 1);
	/* Many that are none leave room for one that is. */
	for (u32 n = 3; n < 6; n++) {
		bed_until(bed, &bed->echoes, n);
		for (u8 other = 1; other < 12; other++)
			forge(bed, BED_SERVER, other);
		bed_step(bed);
		forge(bed, BED_SERVER, 0);
		bed_run_ms(bed, 100);
	}
	assert_int_equal(bed->change_count, 2);
	is(&bed->change[1], BACKEND_UP, "it answers echo requests");
	bed_close(bed);
}

/* ---- zones ----------------------------------------------------------------------------------- */

/* The same address in each of two zones: who dies in one does not in the other. */
static void zones(enum health_kind kind, const char *up, const char *down)
{
	struct health_bed *bed = bed_open(kind);
	struct health_target target[2] = { bed_target(bed, 0), bed_target(bed, 1) };
	const struct health_change *change;

	bed->blue.answer = bed->red.answer = "HTTP/1.1 200 OK\r\n\r\n";
	bed_listen(&bed->blue);
	bed_listen(&bed->red);
	target[1].zone = 2;
	memcpy(target[1].name, "api", sizeof "api");
	health_set(bed->health, target, 2, bed->gateway.now);
	is(bed_wait(bed, 2), BACKEND_UP, up);
	is(&bed->change[0], BACKEND_UP, up);
	bed->blue.unplugged = true;
	change = bed_wait(bed, 3);
	is(change, BACKEND_DOWN, down);
	assert_int_equal(change->service, 0);
	bed->blue.unplugged = false;
	bed->red.unplugged = true;
	bed_run_ms(bed, 2000);
	assert_int_equal(bed->change_count, 5);
	for (u32 at = 3; at < 5; at++)
		assert_int_equal(bed->change[at].state,
				 bed->change[at].service == 0 ? BACKEND_UP : BACKEND_DOWN);
	/* Of the other zone it is another backend, of which nothing is known. */
	target[0].zone = 2;
	health_set(bed->health, target, 1, bed->gateway.now);
	change = bed_wait(bed, 6);
	is(change, BACKEND_DOWN, down);
	assert_true(change->first);
	bed_close(bed);
}

static void zones_by_http(void **state)
{
	(void)state;
	zones(HEALTH_HTTP, "HTTP status 200", "no answer within 100 ms");
}

static void zones_by_echo(void **state)
{
	(void)state;
	zones(HEALTH_ICMP, "it answers echo requests", "no answer within 100 ms");
}

/* ---- targets --------------------------------------------------------------------------------- */

/* New targets: the old one is left alone, what is known of one that stays is told again. */
static void targets_change(void **state)
{
	struct health_bed *bed = bed_open(HEALTH_TCP);
	struct health_target none = bed_target(bed, 3);
	const struct sock_event stranger = { .sock = 77, .ready = SOCK_READABLE };
	u32 taken;

	(void)state;
	bed_listen(&bed->blue);
	bed_check(bed);
	(void)bed_wait(bed, 1);
	bed_check_as(bed, 4);
	is(bed_wait(bed, 2), BACKEND_UP, "it takes connections");
	assert_int_equal(bed->change[1].service, 4);
	assert_false(bed->change[1].first);
	assert_false(bed->change[0].again);
	assert_true(bed->change[1].again);
	assert_false(health_sock(bed->health, &stranger, bed->gateway.now));
	none.conf.kind = HEALTH_NONE;
	health_set(bed->health, &none, 1, bed->gateway.now);
	assert_true(health_next(bed->health) == NS_NEVER);
	bed_run_ms(bed, 5);
	taken = bed->blue.taken;
	bed_run_ms(bed, 300);
	assert_int_equal(bed->change_count, 2);
	assert_int_equal(bed->blue.taken, taken);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_up),
		cmocka_unit_test(tcp_greets),
		cmocka_unit_test(tcp_refused_then_up),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(no_way),
		cmocka_unit_test(interval),
		cmocka_unit_test(nobody_holds_up_more_than_one),
		cmocka_unit_test(silence_holds_up_nothing),
		cmocka_unit_test(many_are_one_flow),
		cmocka_unit_test(http_up),
		cmocka_unit_test(http_never_ends),
		cmocka_unit_test(http_page_is_read),
		cmocka_unit_test(http_page_comes_later),
		cmocka_unit_test(http_page_is_long),
		cmocka_unit_test(http_answers),
		cmocka_unit_test(http_silence),
		cmocka_unit_test(echo),
		cmocka_unit_test(echo_of_others),
		cmocka_unit_test(zones_by_http),
		cmocka_unit_test(zones_by_echo),
		cmocka_unit_test(targets_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
