/* Rise and fall, statuses of HTTP, and checks that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "host/health/health_run.h"

static struct health_conf conf_new(void)
{
	struct health_conf conf;

	health_conf_defaults(&conf);
	conf.kind = HEALTH_HTTP;
	memcpy(conf.path, "/alive", 7);
	return conf;
}

/* The outcomes one after the other: g, b, d; what is told is a capital letter. */
static void tells(const struct health_conf *conf, const char *outcomes)
{
	struct health_run run = { 0 };

	for (const char *at = outcomes; *at; at++) {
		bool told = *at >= 'A' && *at <= 'Z';
		char kind = told ? (char)(*at + 32) : *at;
		enum health_outcome outcome = kind == 'g'   ? HEALTH_GOOD
					      : kind == 'b' ? HEALTH_BAD
							    : HEALTH_DRAIN;

		if (health_run_add(&run, conf, outcome) != told)
			fail_msg("%s: number %d", outcomes, (int)(at - outcomes));
		if (told)
			assert_int_equal(run.state, outcome);
	}
}

static void only_several_in_a_row_change_it(void **state)
{
	struct health_conf conf = conf_new();

	(void)state;
	tells(&conf, "Gggg");
	tells(&conf, "GbbBbb");
	tells(&conf, "Gbbgbbgbb");
	tells(&conf, "GbbBgGbbB");
	tells(&conf, "GdDddgG");
	tells(&conf, "GdgdgdbbB");
	conf.rise = conf.fall = 1;
	tells(&conf, "GBGBDG");
}

static void the_first_decides_alone(void **state)
{
	struct health_conf conf = conf_new();

	(void)state;
	tells(&conf, "Bbb");
	tells(&conf, "Ddd");
}

/* Who has not been told hears of the state at the next check, not of that check. */
static void told_again(void **state)
{
	struct health_conf conf = conf_new();
	struct health_run run = { 0 };

	(void)state;
	assert_true(health_run_add(&run, &conf, HEALTH_GOOD));
	run.told = false;
	assert_true(health_run_add(&run, &conf, HEALTH_BAD));
	assert_int_equal(run.state, HEALTH_GOOD);
	assert_false(health_run_add(&run, &conf, HEALTH_BAD));
	assert_true(health_run_add(&run, &conf, HEALTH_BAD));
	assert_int_equal(run.state, HEALTH_BAD);
	assert_int_equal(run.checks, 4);
	assert_int_equal(run.failed, 3);
}

/* A run longer than can be counted stays one. */
static void long_runs(void **state)
{
	struct health_conf conf = conf_new();
	struct health_run run = { 0 };

	(void)state;
	conf.fall = HEALTH_RUN_MAX;
	for (int n = 0; n < 70000; n++)
		(void)health_run_add(&run, &conf, HEALTH_GOOD);
	for (int n = 1; n < HEALTH_RUN_MAX; n++)
		assert_false(health_run_add(&run, &conf, HEALTH_BAD));
	assert_true(health_run_add(&run, &conf, HEALTH_BAD));
}

static int status(const char *text)
{
	return health_http_status(text, strlen(text));
}

static void statuses(void **state)
{
	(void)state;
	assert_int_equal(status("HTTP/1.1 200 OK\r\n"), 200);
	assert_int_equal(status("HTTP/1.0 404"), 404);
	assert_int_equal(status("HTTP/1.1 20"), HEALTH_STATUS_MORE);
	assert_int_equal(status(""), HEALTH_STATUS_MORE);
	assert_int_equal(status("HTTP/2 200 OK\r\n"), HEALTH_STATUS_NONE);
	assert_int_equal(status("SSH-2.0-Open"), HEALTH_STATUS_NONE);
	assert_int_equal(status("HTTP/1.1 2x0"), HEALTH_STATUS_NONE);
	assert_int_equal(status("HTTP/1.1  200"), HEALTH_STATUS_NONE);
}

static void no_path(struct health_conf *conf)
{
	conf->path[0] = 0;
}
static void relative_path(struct health_conf *conf)
{
	conf->path[0] = 'a';
}
static void endless_path(struct health_conf *conf)
{
	memset(conf->path, '/', HEALTH_PATH_SIZE);
}
/* It would become a header of its own. */
static void line_in_path(struct health_conf *conf)
{
	memcpy(conf->path, "/a\r\nb", 6);
}
static void blank_in_path(struct health_conf *conf)
{
	memcpy(conf->path, "/a b", 5);
}
static void no_interval(struct health_conf *conf)
{
	conf->interval_ms = 0;
}
static void no_timeout(struct health_conf *conf)
{
	conf->timeout_ms = 99;
}
static void no_rise(struct health_conf *conf)
{
	conf->rise = 0;
}
static void no_fall(struct health_conf *conf)
{
	conf->fall = HEALTH_RUN_MAX + 1;
}
static void odd_status(struct health_conf *conf)
{
	conf->status = 600;
}
static void same_status(struct health_conf *conf)
{
	conf->drain_status = conf->status;
}

static void what_makes_no_sense(void **state)
{
	void (*const make[])(struct health_conf * conf) = {
		no_path,    relative_path, endless_path, line_in_path, blank_in_path, no_interval,
		no_timeout, no_rise,       no_fall,      odd_status,   same_status,
	};
	struct health_conf conf = conf_new();

	(void)state;
	assert_null(health_conf_wrong(&conf));
	for (size_t at = 0; at < ARRAY_COUNT(make); at++) {
		conf = conf_new();
		make[at](&conf);
		if (!health_conf_wrong(&conf))
			fail_msg("number %zu is let through", at);
		conf.kind = HEALTH_NONE;
		assert_null(health_conf_wrong(&conf));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_several_in_a_row_change_it),
		cmocka_unit_test(the_first_decides_alone),
		cmocka_unit_test(told_again),
		cmocka_unit_test(long_runs),
		cmocka_unit_test(statuses),
		cmocka_unit_test(what_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
