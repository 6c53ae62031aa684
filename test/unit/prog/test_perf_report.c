/* What perf measures and tells: rates, round trips, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>

#include "prog/perf_report.h"

static struct perf_meter meter;

static void round_trips_have_a_middle(void **state)
{
	u64 rtt_us[3];

	(void)state;
	perf_meter_init(&meter, NS_PER_SEC);
	assert_false(perf_meter_rtts(&meter, rtt_us));
	perf_meter_rtt(&meter, 0, 0);
	assert_false(perf_meter_rtts(&meter, rtt_us));
	perf_meter_rtt(&meter, 300, 90);
	perf_meter_rtt(&meter, 100, 80);
	perf_meter_rtt(&meter, 200, 85);
	assert_true(perf_meter_rtts(&meter, rtt_us));
	assert_int_equal(rtt_us[0], 80);
	assert_int_equal(rtt_us[1], 200);
	assert_int_equal(rtt_us[2], 300);
}

/* Of those that grow from 1 to n the middle is half of n, however many there is room for. */
static void any_number_of_round_trips_fits(void **state)
{
	const u32 count = 10 * PERF_RTTS_MAX;
	u64 rtt_us[3];

	(void)state;
	perf_meter_init(&meter, NS_PER_SEC);
	for (u32 at = 1; at <= count; at++)
		perf_meter_rtt(&meter, at, 0);
	assert_true(meter.rtt_count <= PERF_RTTS_MAX);
	assert_true(perf_meter_rtts(&meter, rtt_us));
	assert_int_equal(rtt_us[0], 1);
	assert_in_range(rtt_us[1], count / 2 - 100, count / 2 + 100);
	assert_in_range(rtt_us[2], count - 100, count);
}

static void rates_are_of_their_interval(void **state)
{
	struct perf_rate rate;

	(void)state;
	perf_meter_init(&meter, NS_PER_SEC);
	assert_true(perf_meter_next(&meter) == NS_NEVER);
	perf_meter_begin(&meter, 5 * NS_PER_SEC);
	assert_int_equal(perf_meter_next(&meter), 6 * NS_PER_SEC);
	rate = perf_meter_end(&meter, 1000, 7, 6 * NS_PER_SEC);
	assert_int_equal(rate.bytes, 1000);
	rate = perf_meter_end(&meter, 1500, 8, 8 * NS_PER_SEC);
	assert_int_equal(rate.bytes, 500);
	assert_int_equal(rate.end_ns, 3 * NS_PER_SEC);
	assert_int_equal(rate.length_ns, 2 * NS_PER_SEC);
	assert_int_equal(rate.cwnd_bytes, 8);
	for (u32 at = 0; at < 2 * PERF_RATES_MAX; at++)
		(void)perf_meter_end(&meter, 1500, 8, 9 * NS_PER_SEC + at);
	assert_int_equal(meter.rate_count, PERF_RATES_MAX);
}

static char *report(const struct perf_result *result, const struct perf_meter *of, bool json)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	perf_report(result, of, json, out);
	fclose(out);
	return text;
}

static const struct perf_result sent = {
	.sends = true,
	.final = true,
	.connections = 1,
	.bytes = 1000000,
	.length_ns = 2 * NS_PER_SEC,
	.again_bytes = 2896,
	.again_segments = 2,
	.cc = "cubic",
};

static void json_has_every_figure(void **state)
{
	struct perf_result result = sent;
	char *text;
	json_t *root, *rates;

	(void)state;
	result.peer = (struct sock_addr){ be32_of(0x0a090002), be16_of(5001) };
	perf_meter_init(&meter, NS_PER_SEC);
	perf_meter_begin(&meter, NS_PER_SEC);
	perf_meter_rtt(&meter, 50000, 40000);
	(void)perf_meter_end(&meter, 500000, 14480, 2 * NS_PER_SEC);
	text = report(&result, &meter, true);
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	assert_true(json_is_true(json_object_get(root, "final")));
	assert_string_equal(json_string_value(json_object_get(root, "peer")), "10.9.0.2:5001");
	assert_string_equal(json_string_value(json_object_get(root, "cc")), "cubic");
	assert_true(json_is_null(json_object_get(root, "error")));
	assert_int_equal(json_integer_value(json_object_get(root, "bytes")), 1000000);
	assert_true(json_number_value(json_object_get(root, "goodput_bps")) == 4000000);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "retransmitted"),
							    "segments")),
			 2);
	assert_true(json_number_value(json_object_get(json_object_get(root, "rtt_ms"), "min")) ==
		    40);
	rates = json_object_get(root, "rates");
	assert_int_equal(json_array_size(rates), 1);
	assert_true(json_number_value(json_object_get(json_array_get(rates, 0), "bps")) == 4000000);
	json_decref(root);
	free(text);
}

static void what_is_not_known_is_null(void **state)
{
	struct perf_result result = { .error = "gone" };
	char *text = report(&result, NULL, true);
	json_t *root = json_loads(text, 0, NULL);

	(void)state;
	assert_non_null(root);
	assert_true(json_is_null(json_object_get(root, "peer")));
	assert_true(json_is_null(json_object_get(root, "cc")));
	assert_true(json_is_null(json_object_get(root, "rtt_ms")));
	assert_true(json_number_value(json_object_get(root, "goodput_bps")) == 0);
	assert_string_equal(json_string_value(json_object_get(root, "error")), "gone");
	json_decref(root);
	free(text);
}

static void text_says_it_in_words(void **state)
{
	char *text;

	(void)state;
	perf_meter_init(&meter, NS_PER_SEC);
	text = report(&sent, &meter, false);
	assert_non_null(
		strstr(text, "to all: 1000000 bytes in 2.000 s, 4.000 Mbit/s with cubic\n"));
	assert_non_null(strstr(text, "sent again: 2896 bytes in 2 segments"));
	assert_null(strstr(text, "round trip"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips_have_a_middle),
		cmocka_unit_test(any_number_of_round_trips_fits),
		cmocka_unit_test(rates_are_of_their_interval),
		cmocka_unit_test(json_has_every_figure),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(text_says_it_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
