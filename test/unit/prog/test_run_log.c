/* What a running gateway says, in words and in JSON, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <jansson.h>

#include "prog/run_log.h"

struct bed {
	struct run_log log;
	struct iface_table ifaces;
	char *text;
	size_t size;
};

static void bed_open(struct bed *bed, bool json)
{
	memset(bed, 0, sizeof *bed);
	bed->ifaces.count = 1;
	memcpy(bed->ifaces.iface[0].conf.name, "gw1", 4);
	run_log_init(&bed->log, open_memstream(&bed->text, &bed->size), json);
	assert_non_null(bed->log.out);
}

static void bed_close(struct bed *bed)
{
	fclose(bed->log.out);
	free(bed->text);
}

static struct sluice_event ports_out(ns_t when_ns, u64 refused)
{
	struct sluice_event event = { .kind = SLUICE_EVENT_PORTS_OUT,
				      .when_ns = when_ns,
				      .refused = refused,
				      .proto = 6,
				      .public_addr = be32_of(0xc6120001),
				      .dst = be32_of(0xc6120002),
				      .dport = be16_of(80),
				      .holder_count = 2 };

	event.holder[0].addr = be32_of(0x0a0a0002);
	event.holder[0].held = 60000;
	event.holder[1].addr = be32_of(0x0a0a0003);
	event.holder[1].held = 4512;
	return event;
}

static void ports_out_names_destination_and_holders(void **state)
{
	struct sluice_event event = ports_out(0, 17);
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(
		strstr(bed.text, "no TCP port is left on 198.18.0.1 towards 198.18.0.2:80"));
	assert_non_null(strstr(bed.text, "refused: 17"));
	assert_non_null(strstr(bed.text, "10.10.0.2 with 60000, 10.10.0.3 with 4512"));
	assert_non_null(strstr(bed.text, "--pool"));
	bed_close(&bed);
}

static void the_other_kinds(void **state)
{
	struct sluice_event event = { .kind = SLUICE_EVENT_TABLE_FULL, .refused = 5 };
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "flow table is full"));
	assert_non_null(strstr(bed.text, "--flows"));
	event.kind = SLUICE_EVENT_MAPPINGS_FULL;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "--mappings"));
	event.kind = SLUICE_EVENT_ARP_CONFLICT;
	event.dst = be32_of(0xc6120001);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "another station on gw1 says that it is 198.18.0.1"));
	bed_close(&bed);
}

/* Each is about another packet, and the engine has limited them already. */
static void filter_events_are_not_held_back(void **state)
{
	struct sluice_event event = { .kind = SLUICE_EVENT_FILTER,
				      .when_ns = NS_PER_SEC,
				      .proto = 6,
				      .src = be32_of(0x0a000001),
				      .sport = be16_of(5000),
				      .dst = be32_of(0xc6120002),
				      .dport = be16_of(80),
				      .iface = 0,
				      .out_if = IFACE_NONE,
				      .chain = FILTER_FORWARD,
				      .action = FILTER_DROP,
				      .rule = 4,
				      .rule_name = "web" };
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_string_equal(bed.text, "sluice: filter: forward rule 4 (web) dropped protocol 6 "
				      "10.0.0.1:5000 -> 198.18.0.2:80, in by gw1\n");
	event.refused = 7;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "; before it, not logged: 7\n"));
	bed_close(&bed);
	bed_open(&bed, true);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "\"action\":\"drop\""));
	assert_non_null(strstr(bed.text, "\"held_back\":7"));
	bed_close(&bed);
}

/* What is held back is not lost: the next line counts it. */
static void floods_are_held_back_and_counted(void **state)
{
	struct sluice_event event = ports_out(NS_PER_SEC, 10);
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	for (int i = 0; i < 100; i++)
		run_log_event(&bed.log, &bed.ifaces, &event);
	assert_null(strchr(strchr(bed.text, '\n') + 1, '\n'));
	event.when_ns += RUN_LOG_EVERY_NS;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "refused: 1000"));
	bed_close(&bed);
}

static void one_kind_does_not_silence_another(void **state)
{
	struct sluice_event event = ports_out(NS_PER_SEC, 1);
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_event(&bed.log, &bed.ifaces, &event);
	event.kind = SLUICE_EVENT_TABLE_FULL;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "flow table is full"));
	bed_close(&bed);
}

static void json_is_for_programs(void **state)
{
	struct sluice_event event = ports_out(0, 17);
	const json_t *holder;
	struct bed bed;
	json_t *line;

	(void)state;
	bed_open(&bed, true);
	run_log_event(&bed.log, &bed.ifaces, &event);
	line = json_loads(bed.text, 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "event")), "ports_out");
	assert_string_equal(json_string_value(json_object_get(line, "level")), "warning");
	assert_string_equal(json_string_value(json_object_get(line, "addr")), "198.18.0.2");
	assert_int_equal(json_integer_value(json_object_get(line, "dport")), 80);
	assert_int_equal(json_integer_value(json_object_get(line, "refused")), 17);
	holder = json_array_get(json_object_get(line, "holders"), 1);
	assert_string_equal(json_string_value(json_object_get(holder, "addr")), "10.10.0.3");
	assert_int_equal(json_integer_value(json_object_get(holder, "held")), 4512);
	json_decref(line);
	bed_close(&bed);
}

static void plain_lines(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_say(&bed.log, RUN_INFO, "link", "%s is up", "gw1");
	run_log_say(&bed.log, RUN_WARNING, "link", "%s is down", "gw1");
	assert_string_equal(bed.text, "sluice: gw1 is up\nsluice: warning: gw1 is down\n");
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_out_names_destination_and_holders),
		cmocka_unit_test(the_other_kinds),
		cmocka_unit_test(filter_events_are_not_held_back),
		cmocka_unit_test(floods_are_held_back_and_counted),
		cmocka_unit_test(one_kind_does_not_silence_another),
		cmocka_unit_test(json_is_for_programs),
		cmocka_unit_test(plain_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
