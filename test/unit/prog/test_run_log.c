/* What a running gateway says, in words and in JSON, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <jansson.h>
#include <sys/stat.h>

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

static u32 lines(const char *text)
{
	u32 count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
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
	event.proto = 1;
	event.dport = be16_of(8 << 8);
	bed_open(&bed, false);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "no ICMP identifier is left on 198.18.0.1 towards "
					 "198.18.0.2 type 8"));
	bed_close(&bed);
	bed_open(&bed, true);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "\"icmp_type\":8,\"icmp_code\":0"));
	assert_null(strstr(bed.text, "dport"));
	bed_close(&bed);
}

/* Each warning is about something else: one does not hold another back. */
static void warnings_are_all_written(void **state)
{
	struct sluice_event event = { .kind = SLUICE_EVENT_FILLING,
				      .what = "flows",
				      .used = 71,
				      .limit = 100,
				      .percent = 70,
				      .holder_count = 1,
				      .holder = { { .addr = be32_of(0x0a0a0002),
						    .held = 50 } } };
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "flows: 71 of 100, more than 70 percent, are in use"));
	assert_non_null(strstr(bed.text, "10.10.0.2 with 50"));
	event.what = "ports";
	event.proto = 17;
	event.public_addr = be32_of(0xc6120001);
	event.dst = be32_of(0xc6120002);
	event.dport = be16_of(53);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "in use for UDP on 198.18.0.1 towards 198.18.0.2:53"));
	bed_close(&bed);
}

/* Only who has zones reads of them; programs always do. */
static void holders_are_named_by_zone(void **state)
{
	struct sluice_event event = ports_out(0, 17);
	const json_t *holders;
	struct bed bed;
	json_t *line;

	(void)state;
	bed_open(&bed, false);
	bed.ifaces.count = 3;
	for (u8 at = 1; at < 3; at++) {
		bed.ifaces.iface[at].conf.zone = at;
		memcpy(bed.ifaces.iface[at].conf.zone_name, at == 1 ? "blue" : "red", 4);
	}
	event.holder[0].zone = 2;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "10.10.0.2 of zone red with 60000, 10.10.0.3 with 4512"));
	event.kind = SLUICE_EVENT_SUBSCRIBER_LIMIT;
	event.dst = be32_of(0x0a0a0002);
	event.zone = 1;
	event.what = "ports";
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "the last of 10.10.0.2 of zone blue (limit: ports)"));
	bed.log.json = true;
	bed.log.kind[event.kind].seen = false;
	run_log_event(&bed.log, &bed.ifaces, &event);
	line = json_loads(strchr(bed.text, '{'), 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "zone")), "blue");
	holders = json_object_get(line, "holders");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(holders, 0), "zone")), "red");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(holders, 1), "zone")), "none");
	json_decref(line);
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
	event.kind = SLUICE_EVENT_SUBSCRIBER_LIMIT;
	event.dst = be32_of(0x0a0a0002);
	event.what = "ports";
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "the last of 10.10.0.2 (limit: ports)"));
	event.kind = SLUICE_EVENT_MAPPINGS_FULL;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "--mappings"));
	event.kind = SLUICE_EVENT_NO_BACKEND;
	event.dst = be32_of(0xc6120001);
	event.dport = be16_of(80);
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(
		strstr(bed.text, "no backend is up for 198.18.0.1:80; new flows refused: 5"));
	event.kind = SLUICE_EVENT_ARP_CONFLICT;
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
	assert_string_equal(bed.text, "sluice: filter: forward rule 4 (web) dropped tcp "
				      "10.0.0.1:5000 -> 198.18.0.2:80, in by gw1\n");
	event.refused = 7;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "; before it, not logged: 7\n"));
	event.proto = 99;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_non_null(strstr(bed.text, "dropped protocol 99 10.0.0.1 -> "));
	event.proto = 6;
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
	assert_non_null(strstr(bed.text, "(99 more like it were held back)"));
	bed_close(&bed);
}

/* Nor when no next line comes. */
static void what_was_held_back_is_told_in_time(void **state)
{
	struct sluice_event event = ports_out(NS_PER_SEC, 10);
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	for (int i = 0; i < 100; i++)
		run_log_event(&bed.log, &bed.ifaces, &event);
	run_log_turn(&bed.log, event.when_ns + RUN_LOG_EVERY_NS - 1);
	assert_null(strstr(bed.text, "held back"));
	run_log_turn(&bed.log, event.when_ns + RUN_LOG_EVERY_NS);
	assert_non_null(strstr(bed.text, "99 more events of 'ports_out' were held back; new flows "
					 "refused: 990"));
	run_log_turn(&bed.log, event.when_ns + 3 * RUN_LOG_EVERY_NS);
	assert_int_equal(lines(bed.text), 2);
	bed_close(&bed);
}

static void lines_of_one_name_are_limited(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	run_log_turn(&bed.log, NS_PER_SEC);
	for (int i = 0; i < RUN_LOG_BURST + 7; i++)
		run_log_say(&bed.log, RUN_INFO, "link", "line %d", i);
	assert_int_equal(lines(bed.text), RUN_LOG_BURST);
	run_log_say(&bed.log, RUN_INFO, "follow", "another name");
	assert_int_equal(lines(bed.text), RUN_LOG_BURST + 1);
	run_log_turn(&bed.log, NS_PER_SEC + RUN_LOG_EVERY_NS);
	assert_non_null(strstr(bed.text, "7 more lines of 'link' were held back"));
	run_log_say(&bed.log, RUN_INFO, "link", "the next");
	assert_non_null(strstr(bed.text, "sluice: the next\n"));
	bed_close(&bed);
}

static void the_next_line_tells_how_many(void **state)
{
	struct bed bed;
	json_t *line;

	(void)state;
	bed_open(&bed, true);
	for (int i = 0; i < RUN_LOG_BURST + 3; i++)
		run_log_say(&bed.log, RUN_INFO, "link", "up");
	bed.log.now_ns = RUN_LOG_EVERY_NS;
	run_log_say(&bed.log, RUN_INFO, "link", "last");
	line = json_loads(strrchr(bed.text, '{'), 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "event")), "link");
	assert_string_equal(json_string_value(json_object_get(line, "message")), "last");
	assert_int_equal(json_integer_value(json_object_get(line, "held_back")), 3);
	json_decref(line);
	assert_int_equal(lines(bed.text), RUN_LOG_BURST + 1);
	bed_close(&bed);
}

/* More names than there are places: none is lost, none is written out of bounds. */
static void names_have_a_bound(void **state)
{
	static char name[2 * RUN_LOG_NAMES_MAX][8];
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	for (int i = 0; i < 2 * RUN_LOG_NAMES_MAX; i++) {
		snprintf(name[i], sizeof name[i], "n%d", i);
		run_log_say(&bed.log, RUN_INFO, name[i], "here");
	}
	assert_int_equal(bed.log.name_count, RUN_LOG_NAMES_MAX);
	assert_int_equal(lines(bed.text), RUN_LOG_NAMES_MAX - 1 + RUN_LOG_BURST);
	bed_close(&bed);
}

static void the_journal_gets_priorities(void **state)
{
	struct sluice_event event = ports_out(0, 17);
	struct bed bed;

	(void)state;
	bed_open(&bed, false);
	bed.log.priorities = true;
	run_log_say(&bed.log, RUN_INFO, "link", "up");
	run_log_say(&bed.log, RUN_ERROR, "follow", "no");
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_int_equal(strncmp(bed.text, "<6>sluice: up\n<3>sluice: error: no\n<4>sluice: ", 46),
			 0);
	bed_close(&bed);
	bed_open(&bed, true);
	bed.log.priorities = true;
	run_log_event(&bed.log, &bed.ifaces, &event);
	assert_int_equal(strncmp(bed.text, "<4>{\"time\":", 11), 0);
	bed_close(&bed);
}

static void the_journal_is_known_by_its_file(void **state)
{
	FILE *file = tmpfile();
	struct stat stat;
	char text[64];

	(void)state;
	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &stat), 0);
	snprintf(text, sizeof text, "%llu:%llu", (unsigned long long)stat.st_dev,
		 (unsigned long long)stat.st_ino);
	assert_true(run_log_is_journal(file, text));
	snprintf(text, sizeof text, "%llu:%llu", (unsigned long long)stat.st_dev,
		 (unsigned long long)stat.st_ino + 1);
	assert_false(run_log_is_journal(file, text));
	assert_false(run_log_is_journal(file, NULL));
	assert_false(run_log_is_journal(file, "journal"));
	fclose(file);
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

static void set_conf(struct sluice_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->iface_count = 2;
	memcpy(conf->iface[0].name, "gw0", 4);
	memcpy(conf->iface[1].name, "gw1", 4);
	conf->iface[1].mtu = 1500;
	conf->iface[1].addr_count = 1;
	conf->iface[1].addr[0] = (struct iface_addr){ .addr = be32_of(0xc6120001),
						      .prefix_len = 16 };
	conf->route_count = 1;
	conf->route[0].route.type = FIB_UNICAST;
	conf->route[0].route.path_count = 1;
	conf->route[0].route.path[0] = (struct fib_path){ .gateway = be32_of(0xc6120002),
							  .out_if = 1 };
}

static void changes_are_named(void **state)
{
	static struct sluice_conf was, now;
	char text[RUN_LOG_LINE_SIZE];

	(void)state;
	set_conf(&was);
	set_conf(&now);
	run_log_changes(&was, &now, text);
	assert_string_equal(text, "the gateway follows");
	now.iface[1].addr[0].addr = be32_of(0xc6120009);
	now.iface[1].mtu = 1280;
	run_log_changes(&was, &now, text);
	assert_string_equal(text, "the gateway follows; gw1 has 198.18.0.9/16; gw1 has mtu 1280");
	set_conf(&now);
	now.route[0].route.path[0].gateway = be32_of(0xc6120003);
	run_log_changes(&was, &now, text);
	assert_string_equal(text, "the gateway follows; the default gateway is 198.18.0.3 on gw1");
	set_conf(&now);
	now.route[now.route_count++].prefix_len = 24;
	run_log_changes(&was, &now, text);
	assert_string_equal(text, "the gateway follows; routes are 2, were 1");
	set_conf(&now);
	now.route_count = 0;
	now.iface[1].addr_count = 0;
	run_log_changes(&was, &now, text);
	assert_string_equal(text, "the gateway follows; gw1 has no address; there is no default "
				  "gateway");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_out_names_destination_and_holders),
		cmocka_unit_test(holders_are_named_by_zone),
		cmocka_unit_test(the_other_kinds),
		cmocka_unit_test(warnings_are_all_written),
		cmocka_unit_test(filter_events_are_not_held_back),
		cmocka_unit_test(floods_are_held_back_and_counted),
		cmocka_unit_test(what_was_held_back_is_told_in_time),
		cmocka_unit_test(lines_of_one_name_are_limited),
		cmocka_unit_test(the_next_line_tells_how_many),
		cmocka_unit_test(names_have_a_bound),
		cmocka_unit_test(the_journal_gets_priorities),
		cmocka_unit_test(the_journal_is_known_by_its_file),
		cmocka_unit_test(one_kind_does_not_silence_another),
		cmocka_unit_test(json_is_for_programs),
		cmocka_unit_test(plain_lines),
		cmocka_unit_test(changes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
