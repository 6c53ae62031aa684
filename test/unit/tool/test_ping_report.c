/* Lines, summary, JSON and exit code of ping, compared whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool/ping_report.h"

struct stage {
	struct ping_args args;
	struct ping_tally tally;
	struct ping_report report;
	struct resolver resolver;
	char *out_text;
	size_t out_len;
	char *complaint_text;
	size_t complaint_len;
};

static struct in_addr addr_of(const char *text)
{
	struct in_addr addr;

	inet_pton(AF_INET, text, &addr);
	return addr;
}

static void open_stage(struct stage *stage, bool json)
{
	memset(stage, 0, sizeof(*stage));
	resolve_init(&stage->resolver, true);
	stats_init(&stage->tally.rtt);
	stage->args.host = "gw";
	stage->args.size_bytes = 56;
	stage->args.json = json;
	stage->report.args = &stage->args;
	stage->report.resolver = &stage->resolver;
	stage->report.dst = addr_of("10.0.0.1");
	stage->report.source = addr_of("10.0.0.2");
	stage->report.out = open_memstream(&stage->out_text, &stage->out_len);
	stage->report.complaints = open_memstream(&stage->complaint_text, &stage->complaint_len);
	assert_true(ping_report_init(&stage->report));
}

/* What was printed, and the stage is empty. */
static const char *text_of(struct stage *stage)
{
	fflush(stage->report.out);
	fflush(stage->report.complaints);
	return stage->out_text;
}

static void close_stage(struct stage *stage)
{
	fclose(stage->report.out);
	fclose(stage->report.complaints);
	free(stage->out_text);
	free(stage->complaint_text);
	ping_report_fini(&stage->report);
}

static struct ping_reply some_reply(void)
{
	return (struct ping_reply){
		.from = addr_of("10.0.0.1"), .seq = 1, .len_bytes = 64, .ttl = 64, .rtt_ns = 123456
	};
}

static void lines_are_those_of_iputils(void **state)
{
	struct stage stage;
	struct ping_reply reply = some_reply();

	(void)state;
	open_stage(&stage, false);
	ping_report_header(&stage.report);
	ping_report_reply(&stage.report, &reply);
	reply.duplicate = true;
	ping_report_reply(&stage.report, &reply);
	reply.duplicate = false;
	reply.payload_wrong = true;
	reply.wrong = (struct icmp_mismatch){ .at = 16, .want = 0x10, .got = 0x99 };
	ping_report_reply(&stage.report, &reply);
	assert_string_equal(text_of(&stage),
			    "PING gw (10.0.0.1) 56(84) bytes of data.\n"
			    "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.123 ms\n"
			    "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.123 ms (DUP!)\n"
			    "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.123 ms\n"
			    "wrong data byte #16 should be 0x10 but was 0x99\n");
	close_stage(&stage);
}

static void header_tells_pattern_and_origin(void **state)
{
	struct stage stage;

	(void)state;
	open_stage(&stage, false);
	stage.args.pattern = (struct icmp_pattern){ .bytes = { 0xff, 0x0a }, .len = 2 };
	stage.args.iface_text = "eth0";
	ping_report_header(&stage.report);
	assert_string_equal(text_of(&stage), "PATTERN: 0xff0a\n"
					     "PING gw (10.0.0.1) from 10.0.0.2 eth0: 56(84) bytes "
					     "of data.\n");
	close_stage(&stage);
}

static void errors_are_told_where_they_belong(void **state)
{
	struct ping_error from_router = { .is_icmp = true,
					  .has_seq = true,
					  .seq = 7,
					  .type = 3,
					  .code = 4,
					  .info = 1300,
					  .from = addr_of("10.9.9.9") };
	struct ping_error own = { .error_number = EMSGSIZE, .info = 1500 };
	struct stage stage;

	(void)state;
	open_stage(&stage, false);
	ping_report_error(&stage.report, &from_router);
	ping_report_error(&stage.report, &own);
	assert_string_equal(text_of(&stage),
			    "From 10.9.9.9 icmp_seq=7 Frag needed and DF set (mtu = 1300)\n");
	assert_string_equal(stage.complaint_text,
			    "sluice ping: local error: message too long, mtu=1500\n");
	close_stage(&stage);
}

static void quiet_prints_only_header_and_summary(void **state)
{
	struct ping_error error = { .is_icmp = true, .type = 11 };
	struct ping_reply reply = some_reply();
	struct stage stage;

	(void)state;
	open_stage(&stage, false);
	stage.args.quiet = true;
	ping_report_reply(&stage.report, &reply);
	ping_report_error(&stage.report, &error);
	ping_report_outstanding(&stage.report, 1);
	assert_string_equal(text_of(&stage), "");
	close_stage(&stage);
}

static void fill_tally(struct ping_tally *tally)
{
	tally->transmitted = 5;
	tally->received = 2;
	tally->duplicates = 1;
	tally->corrupted = 1;
	tally->errors = 1;
	tally->in_flight_max = 3;
	tally->first_ns = NS_PER_SEC;
	tally->last_ns = 5 * NS_PER_SEC + 3 * NS_PER_MS;
	stats_add(&tally->rtt, NS_PER_MS);
	stats_add(&tally->rtt, 3 * NS_PER_MS);
}

static void summary_counts_everything(void **state)
{
	struct stage stage;

	(void)state;
	open_stage(&stage, false);
	fill_tally(&stage.tally);
	ping_report_end(&stage.report, &stage.tally);
	assert_string_equal(text_of(&stage),
			    "\n--- gw ping statistics ---\n"
			    "5 packets transmitted, 2 received, +1 duplicates, +1 corrupted, +1 "
			    "errors, 60% packet loss, time 4003ms\n"
			    "rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms, pipe 3\n");
	close_stage(&stage);
}

static void summary_of_silence(void **state)
{
	struct stage stage;

	(void)state;
	open_stage(&stage, false);
	stage.tally.transmitted = 3;
	ping_report_end(&stage.report, &stage.tally);
	assert_string_equal(text_of(&stage), "\n--- gw ping statistics ---\n3 packets transmitted, "
					     "0 received, 100% packet loss, time 0ms\n\n");
	close_stage(&stage);
}

static void json_has_its_shape(void **state)
{
	struct ping_error error = { .is_icmp = true,
				    .has_seq = true,
				    .seq = 2,
				    .type = 3,
				    .code = 4,
				    .info = 1280,
				    .from = addr_of("10.9.9.9") };
	struct ping_reply reply = some_reply();
	struct stage stage;
	json_t *object;
	int version, seq, ttl, transmitted, left_out, exit_code, mtu, err_seq;
	const char *from, *text, *host;
	double rtt, min, avg, max, mdev, loss;

	(void)state;
	open_stage(&stage, true);
	fill_tally(&stage.tally);
	ping_report_header(&stage.report);
	ping_report_reply(&stage.report, &reply);
	ping_report_error(&stage.report, &error);
	ping_report_end(&stage.report, &stage.tally);
	object = json_loads(text_of(&stage), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	assert_int_equal(
		json_unpack(object,
			    "{s:i, s:s, s:[{s:i,s:s,s:F,s:i}], s:[{s:i,s:s,s:i}], s:i, s:i,"
			    " s:{s:i, s:F, s:{s:F,s:F,s:F,s:F}}}",
			    "version", &version, "host", &host, "replies", "seq", &seq, "from",
			    &from, "rtt_ms", &rtt, "ttl", &ttl, "errors", "seq", &err_seq, "text",
			    &text, "mtu", &mtu, "left_out", &left_out, "exit_code", &exit_code,
			    "statistics", "transmitted", &transmitted, "loss_percent", &loss,
			    "rtt_ms", "min", &min, "avg", &avg, "max", &max, "mdev", &mdev),
		0);
	assert_int_equal(version, 1);
	assert_string_equal(host, "gw");
	assert_int_equal(seq, 1);
	assert_string_equal(from, "10.0.0.1");
	assert_true(rtt > 0.1229 && rtt < 0.1231);
	assert_int_equal(ttl, 64);
	assert_int_equal(err_seq, 2);
	assert_int_equal(mtu, 1280);
	assert_string_equal(text, "Frag needed and DF set (mtu = 1280)");
	assert_int_equal(left_out, 0);
	assert_int_equal(exit_code, 0);
	assert_int_equal(transmitted, 5);
	assert_true(loss == 60.0);
	assert_true(min == 1.0 && avg == 2.0 && max == 3.0 && mdev == 1.0);
	json_decref(object);
	close_stage(&stage);
}

static void json_lists_are_bounded(void **state)
{
	struct ping_reply reply = some_reply();
	struct stage stage;
	json_t *object;

	(void)state;
	open_stage(&stage, true);
	for (int count = 0; count < PING_LOG_MAX + 3; count++)
		ping_report_reply(&stage.report, &reply);
	ping_report_end(&stage.report, &stage.tally);
	object = json_loads(text_of(&stage), 0, NULL);
	assert_non_null(object);
	assert_int_equal(json_array_size(json_object_get(object, "replies")), PING_LOG_MAX);
	assert_int_equal(json_integer_value(json_object_get(object, "left_out")), 3);
	assert_true(json_is_null(json_object_get(json_object_get(object, "statistics"), "rtt_ms")));
	json_decref(object);
	close_stage(&stage);
}

static void exit_code_follows_replies(void **state)
{
	struct ping_args args = { .count = 3 };
	struct ping_tally tally = { .transmitted = 3 };

	(void)state;
	assert_int_equal(ping_exit_code(&args, &tally), 1);
	tally.received = 1;
	assert_int_equal(ping_exit_code(&args, &tally), 0);
	args.deadline_ns = NS_PER_SEC;
	assert_int_equal(ping_exit_code(&args, &tally), 1);
	tally.received = 3;
	assert_int_equal(ping_exit_code(&args, &tally), 0);
	args.count = 0;
	tally.received = 1;
	assert_int_equal(ping_exit_code(&args, &tally), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_iputils),
		cmocka_unit_test(header_tells_pattern_and_origin),
		cmocka_unit_test(errors_are_told_where_they_belong),
		cmocka_unit_test(quiet_prints_only_header_and_summary),
		cmocka_unit_test(summary_counts_everything),
		cmocka_unit_test(summary_of_silence),
		cmocka_unit_test(json_has_its_shape),
		cmocka_unit_test(json_lists_are_bounded),
		cmocka_unit_test(exit_code_follows_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
