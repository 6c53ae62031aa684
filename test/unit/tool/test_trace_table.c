/* Which probe is next, who waited long enough, where the trace ends, and how it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tool/trace_report.h"
#include "tool/trace_table.h"

#define START_NS (100 * NS_PER_SEC)

struct stage {
	struct trace_args args;
	struct trace_table table;
	struct trace_report report;
	struct resolver resolver;
	char *text;
	size_t len;
};

static struct in_addr addr_of(const char *text)
{
	struct in_addr addr;

	inet_pton(AF_INET, text, &addr);
	return addr;
}

static int open_stage(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	if (!stage)
		return -1;
	stage->args = (struct trace_args){
		.host = "far",
		.first_ttl = 1,
		.max_ttl = 4,
		.per_hop = 2,
		.at_once = 3,
		.wait_ns = 5 * NS_PER_SEC,
		.here_factor = 3,
		.near_factor = 10,
		.packet_len_bytes = 60,
		.numeric = true,
	};
	trace_init(&stage->table, &stage->args, addr_of("10.2.0.2"));
	resolve_init(&stage->resolver, true);
	stage->report.args = &stage->args;
	stage->report.table = &stage->table;
	stage->report.resolver = &stage->resolver;
	stage->report.out = open_memstream(&stage->text, &stage->len);
	*state = stage;
	return 0;
}

static int close_stage(void **state)
{
	struct stage *stage = *state;

	fclose(stage->report.out);
	free(stage->text);
	free(stage);
	return 0;
}

/* Sends all that may be sent now; answers how many. */
static u32 send_all(struct trace_table *table, ns_t now)
{
	u32 count = 0;
	u32 index;

	while ((index = trace_next(table)) != TRACE_NONE) {
		trace_sent(table, index, now);
		count++;
	}
	return count;
}

static void answer(struct stage *stage, u32 index, const char *from, int type, int code, u64 rtt_ns)
{
	struct trace_answer said = {
		.from = addr_of(from),
		.is_icmp = type >= 0,
		.type = (u8)type,
		.code = (u8)code,
		.info = 1300,
		.at_ns = stage->table.probes[index].sent_ns + rtt_ns,
	};

	trace_take(&stage->table, index, &said);
}

static void no_more_than_at_once(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(send_all(&stage->table, START_NS), 3);
	assert_int_equal(trace_ttl_of(&stage->table, 2), 2);
	answer(stage, 0, "10.1.0.1", 11, 0, NS_PER_MS);
	assert_int_equal(send_all(&stage->table, START_NS), 1);
	/* A second answer to the same probe counts for nothing. */
	answer(stage, 0, "10.1.0.1", 11, 0, NS_PER_MS);
	assert_int_equal(send_all(&stage->table, START_NS), 0);
}

static void a_final_answer_ends_the_trace(void **state)
{
	struct stage *stage = *state;

	send_all(&stage->table, START_NS);
	answer(stage, 0, "10.1.0.1", 11, 0, NS_PER_MS);
	answer(stage, 1, "10.1.0.1", 11, 0, NS_PER_MS);
	answer(stage, 2, "10.2.0.2", 3, 3, NS_PER_MS);
	assert_int_equal(stage->table.hop_count, 2);
	assert_int_equal(send_all(&stage->table, START_NS), 1);
	assert_false(trace_is_done(&stage->table));
	answer(stage, 3, "10.2.0.2", 3, 3, NS_PER_MS);
	assert_true(trace_is_done(&stage->table));
	assert_true(stage->table.reached);
	assert_int_equal(trace_exit_code(&stage->table), 0);
}

static void the_lowest_final_hop_counts(void **state)
{
	struct stage *stage = *state;

	stage->table.at_once = 8;
	send_all(&stage->table, START_NS);
	answer(stage, 6, "10.2.0.2", -1, 0, NS_PER_MS);
	assert_int_equal(stage->table.hop_count, 4);
	assert_true(stage->table.reached);
	answer(stage, 2, "10.1.0.1", 3, 1, NS_PER_MS);
	assert_int_equal(stage->table.hop_count, 2);
	/* A router below it says that there is no way. */
	assert_false(stage->table.reached);
	/* What was under way beyond is forgotten: three probes are left to wait for. */
	assert_int_equal(stage->table.waiting_count, 3);
	assert_false(trace_waits(&stage->table, 7));
	assert_int_equal(trace_exit_code(&stage->table), 1);
}

static void time_exceeded_is_never_the_end(void **state)
{
	struct stage *stage = *state;

	send_all(&stage->table, START_NS);
	/* A gateway that forwards its own address to a host behind it. */
	answer(stage, 0, "10.2.0.2", 11, 0, NS_PER_MS);
	assert_int_equal(stage->table.hop_count, 4);
	assert_false(stage->table.reached);
}

static void silence_lasts_the_whole_wait(void **state)
{
	struct stage *stage = *state;

	send_all(&stage->table, START_NS);
	assert_int_equal(trace_expire(&stage->table, START_NS), START_NS + 5 * NS_PER_SEC);
	assert_int_equal(trace_expire(&stage->table, START_NS + 5 * NS_PER_SEC - 1),
			 START_NS + 5 * NS_PER_SEC);
	assert_int_equal(stage->table.waiting_count, 3);
	assert_int_equal(trace_expire(&stage->table, START_NS + 5 * NS_PER_SEC), NS_NEVER);
	assert_int_equal(stage->table.waiting_count, 0);
}

static void known_round_trips_shorten_the_wait(void **state)
{
	struct stage *stage = *state;

	send_all(&stage->table, START_NS);
	answer(stage, 0, "10.1.0.1", 11, 0, 200 * NS_PER_MS);
	/* Probe 1 is of the same hop: three times 200 ms. Probe 2 knows nothing better. */
	assert_int_equal(trace_expire(&stage->table, START_NS), START_NS + 600 * NS_PER_MS);
	trace_expire(&stage->table, START_NS + 600 * NS_PER_MS);
	assert_int_equal(stage->table.probes[1].state, TRACE_SILENT);
	assert_int_equal(stage->table.probes[2].state, TRACE_WAITING);
}

static void a_later_hop_shortens_the_wait_of_an_earlier(void **state)
{
	struct stage *stage = *state;

	send_all(&stage->table, START_NS);
	answer(stage, 2, "10.1.0.9", 11, 0, 100 * NS_PER_MS);
	trace_expire(&stage->table, START_NS + NS_PER_SEC - 1);
	assert_true(trace_waits(&stage->table, 0));
	trace_expire(&stage->table, START_NS + NS_PER_SEC);
	assert_false(trace_waits(&stage->table, 0));
}

static void a_tiny_round_trip_has_a_floor(void **state)
{
	struct stage *stage = *state;

	send_all(&stage->table, START_NS);
	answer(stage, 0, "10.1.0.1", 11, 0, 5 * NS_PER_US);
	assert_int_equal(trace_expire(&stage->table, START_NS), START_NS + TRACE_WAIT_MIN_NS);
}

static void notes_follow_the_manual(void **state)
{
	static const char *const notes[] = { "!N", "!H", "!P", "",   "!F-1300", "!S",
					     "!N", "!H", "!N", "!X", "!X",      "!N",
					     "!H", "!X", "!V", "!C", "!<16>" };
	struct trace_answer said = { .is_icmp = true, .type = 3, .info = 1300 };
	char text[TRACE_NOTE_SIZE];

	(void)state;
	for (u8 code = 0; code < ARRAY_COUNT(notes); code++) {
		said.code = code;
		assert_string_equal(trace_note(&said, text), notes[code]);
	}
	said.type = 11;
	said.code = 1;
	assert_string_equal(trace_note(&said, text), "");
	said.type = 12;
	assert_string_equal(trace_note(&said, text), "!<12-1>");
	said.is_icmp = false;
	said.type = 3;
	assert_string_equal(trace_note(&said, text), "");
}

static void lines_are_those_of_traceroute(void **state)
{
	struct stage *stage = *state;

	stage->table.at_once = 8;
	trace_report_header(&stage->report);
	send_all(&stage->table, START_NS);
	answer(stage, 2, "10.1.0.8", 11, 0, 2 * NS_PER_MS);
	trace_report_progress(&stage->report); /* a gap at probe 0: nothing yet */
	answer(stage, 0, "10.1.0.1", 11, 0, 123456);
	trace_report_progress(&stage->report);
	answer(stage, 1, "10.1.0.1", 11, 0, NS_PER_MS);
	answer(stage, 3, "10.1.0.9", 11, 0, 2 * NS_PER_MS);
	answer(stage, 5, "10.1.0.7", 3, 1, 3 * NS_PER_MS);
	trace_expire(&stage->table, START_NS + 5 * NS_PER_SEC);
	trace_report_progress(&stage->report);
	fflush(stage->report.out);
	assert_string_equal(stage->text, "traceroute to far (10.2.0.2), 4 hops max, 60 byte "
					 "packets\n"
					 " 1  10.1.0.1  0.123 ms  1.000 ms\n"
					 " 2  10.1.0.8  2.000 ms 10.1.0.9  2.000 ms\n"
					 " 3  * 10.1.0.7  3.000 ms !H\n");
	assert_true(trace_is_done(&stage->table));
}

static void json_has_its_shape(void **state)
{
	struct stage *stage = *state;
	int version, ttl, type, mtu, timeout, reached, exit_code;
	const char *from, *note, *method;
	json_t *object;

	stage->args.json = true;
	stage->table.at_once = 8;
	send_all(&stage->table, START_NS);
	answer(stage, 0, "10.1.0.1", 3, 4, NS_PER_MS);
	trace_expire(&stage->table, START_NS + 5 * NS_PER_SEC);
	trace_report_header(&stage->report);
	trace_report_progress(&stage->report);
	trace_report_end(&stage->report);
	fflush(stage->report.out);
	object = json_loads(stage->text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	assert_int_equal(
		json_unpack(object, "{s:i, s:s, s:[{s:i, s:[{s:s,s:i,s:i,s:s},{s:b}]}], s:b, s:i}",
			    "version", &version, "method", &method, "hops", "ttl", &ttl, "probes",
			    "from", &from, "type", &type, "mtu", &mtu, "note", &note, "timeout",
			    &timeout, "reached", &reached, "exit_code", &exit_code),
		0);
	assert_int_equal(version, 1);
	assert_string_equal(method, "udp");
	assert_int_equal(ttl, 1);
	assert_string_equal(from, "10.1.0.1");
	assert_int_equal(type, 3);
	assert_int_equal(mtu, 1300);
	assert_string_equal(note, "!F-1300");
	assert_true(timeout);
	assert_false(reached);
	assert_int_equal(exit_code, 1);
	assert_int_equal(json_array_size(json_object_get(object, "hops")), 1);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_more_than_at_once, open_stage, close_stage),
		cmocka_unit_test_setup_teardown(a_final_answer_ends_the_trace, open_stage,
						close_stage),
		cmocka_unit_test_setup_teardown(the_lowest_final_hop_counts, open_stage,
						close_stage),
		cmocka_unit_test_setup_teardown(time_exceeded_is_never_the_end, open_stage,
						close_stage),
		cmocka_unit_test_setup_teardown(silence_lasts_the_whole_wait, open_stage,
						close_stage),
		cmocka_unit_test_setup_teardown(known_round_trips_shorten_the_wait, open_stage,
						close_stage),
		cmocka_unit_test_setup_teardown(a_later_hop_shortens_the_wait_of_an_earlier,
						open_stage, close_stage),
		cmocka_unit_test_setup_teardown(a_tiny_round_trip_has_a_floor, open_stage,
						close_stage),
		cmocka_unit_test(notes_follow_the_manual),
		cmocka_unit_test_setup_teardown(lines_are_those_of_traceroute, open_stage,
						close_stage),
		cmocka_unit_test_setup_teardown(json_has_its_shape, open_stage, close_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
