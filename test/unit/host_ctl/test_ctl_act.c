/* Explain, events and flush over the control socket of a real engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake/engine.h"
#include "fake/service.h"
#include "host/ctl/ctl.h"
#include "host/loop/loop.h"
#include "host/os/clock.h"

enum { TURNS_MAX = 200000, ANSWER_MAX = 1024 * 1024 };

struct bed {
	char folder[64];
	char path[96];
	struct loop *loop;
	struct ctl *ctl;
	struct sluice_conf conf;
	struct rig rig;
	struct build b;
	char answer[ANSWER_MAX];
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct ctl_why why;

	if (!bed)
		return -1;
	snprintf(bed->folder, sizeof bed->folder, "/tmp/sluice-act-XXXXXX");
	if (!mkdtemp(bed->folder))
		return -1;
	snprintf(bed->path, sizeof bed->path, "%s/control.sock", bed->folder);
	rig_conf(&bed->conf);
	bed->conf.ct.news_count = 2 * CTL_STEP_NEWS;
	rig_open(&bed->rig, &bed->conf);
	bed->loop = loop_new();
	bed->ctl = ctl_new(bed->loop, bed->rig.s, bed->path, &why);
	*state = bed;
	return bed->ctl ? 0 : -1;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	ctl_del(bed->ctl);
	loop_del(bed->loop);
	rig_close(&bed->rig);
	unlink(bed->path);
	rmdir(bed->folder);
	free(bed);
	return 0;
}

static int dial(const struct bed *bed)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, bed->path, strlen(bed->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

static int ask(const struct bed *bed, const char *request)
{
	int fd = dial(bed);

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	return fd;
}

static void turn(struct bed *bed)
{
	loop_turn(bed->loop);
	ctl_work(bed->ctl, bed->rig.now);
}

/* Reads until `lines` lines are there, or (0) until the other side closes. */
static void read_lines(struct bed *bed, int fd, u32 lines)
{
	size_t len = 0;
	u32 seen = 0;

	for (u32 i = 0; i < TURNS_MAX; i++) {
		ssize_t got;

		turn(bed);
		got = recv(fd, bed->answer + len, ANSWER_MAX - 1 - len, 0);
		for (ssize_t at = 0; at < got; at++)
			seen += bed->answer[len + (size_t)at] == '\n';
		if (got > 0)
			len += (size_t)got;
		bed->answer[len] = 0;
		if (got == 0 || (lines && seen >= lines))
			return;
	}
	fail_msg("not enough was said: %s", bed->answer);
}

static json_t *whole(struct bed *bed, const char *request)
{
	int fd = ask(bed, request);
	json_t *answer;

	read_lines(bed, fd, 0);
	close(fd);
	answer = json_loads(bed->answer, JSON_REJECT_DUPLICATES, NULL);
	if (!answer)
		fail_msg("no JSON: %s", bed->answer);
	return answer;
}

static void hex(const struct build *b, u32 len, char *out)
{
	for (u32 i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", b->bytes[i]);
}

static void udp_from(struct bed *bed, u16 port)
{
	build_udp4(&bed->b, addr("10.10.0.5"), port, addr("203.0.113.9"), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
}

static void explain_tells_the_road(void **state)
{
	struct bed *bed = *state;
	char bytes[256] = "", request[512];
	json_t *answer, *sent;

	build_udp4(&bed->b, addr("10.10.0.5"), 5000, addr("203.0.113.9"), 53, 20);
	hex(&bed->b, bed->b.len, bytes);
	snprintf(request, sizeof request,
		 "{\"version\":1,\"explain\":{\"in\":\"in0\",\"packet\":\"%s\"}}\n", bytes);
	answer = whole(bed, request);
	assert_string_equal(json_string_value(json_object_get(answer, "fate")), "waits");
	assert_true(json_array_size(json_object_get(answer, "explain")) > 6);
	assert_non_null(strstr(bed->answer, "\"random\":true"));
	sent = json_array_get(json_object_get(answer, "sent"), 0);
	assert_string_equal(json_string_value(json_object_get(sent, "kind")), "arp");
	json_decref(answer);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
}

static void explain_of_a_drop(void **state)
{
	struct bed *bed = *state;
	char bytes[256] = "", request[512];
	json_t *answer;

	build_udp4(&bed->b, addr("203.0.113.9"), 53, addr("198.18.0.1"), 5000, 1000);
	hex(&bed->b, 60, bytes);
	snprintf(request, sizeof request,
		 "{\"version\":1,\"explain\":{\"in\":\"out0\",\"packet\":\"%s\",\"len\":1028}}\n",
		 bytes);
	answer = whole(bed, request);
	assert_string_equal(json_string_value(json_object_get(answer, "fate")), "dropped");
	assert_string_equal(json_string_value(json_object_get(answer, "drop")), "NO_SOCKET");
	assert_non_null(strstr(bed->answer, "RFC 1122"));
	json_decref(answer);
	answer = whole(bed, "{\"version\":1,\"explain\":{\"in\":\"no0\",\"packet\":\"4500\"}}\n");
	assert_non_null(json_object_get(answer, "error"));
	json_decref(answer);
}

/* The rest of an event behind its version and its time, with which each begins. */
static const char *behind_the_time(const char *line)
{
	static const char shape[] = "{\"version\":1,\"time\":\"0000-00-00T00:00:00.000000Z\",";

	for (u32 i = 0; i < sizeof shape - 1; i++) {
		bool digit = shape[i] == '0' && line[i] >= '0' && line[i] <= '9';

		assert_true(digit || line[i] == shape[i]);
	}
	return line + sizeof shape - 1;
}

static void assert_time(const char *line, ns_t when)
{
	char early[OS_STAMP_SIZE], late[OS_STAMP_SIZE];
	const char *time = line + strlen("{\"version\":1,\"time\":\"");

	(void)behind_the_time(line);
	os_stamp_at(when - NS_PER_SEC, early);
	os_stamp_at(when + 60 * NS_PER_SEC, late);
	assert_true(strncmp(early, time, OS_STAMP_SIZE - 1) < 0);
	assert_true(strncmp(time, late, OS_STAMP_SIZE - 1) < 0);
}

static void events_of_a_flow(void **state)
{
	struct bed *bed = *state;
	int fd = ask(bed, "{\"version\":1,\"events\":true,\"filter\":{\"port\":5001}}\n");

	read_lines(bed, fd, 1);
	assert_non_null(strstr(bed->answer, "\"events\":true"));
	udp_from(bed, 5000); /* filtered */
	udp_from(bed, 5001);
	rig_drain(&bed->rig);
	read_lines(bed, fd, 1);
	assert_non_null(strstr(bed->answer, "\"event\":\"new\""));
	assert_non_null(strstr(bed->answer, "\"sport\":5001"));
	assert_time(bed->answer, bed->rig.now);
	rig_advance(&bed->rig, 200 * NS_PER_SEC);
	read_lines(bed, fd, 1);
	assert_non_null(strstr(bed->answer, "\"event\":\"destroy\""));
	assert_time(bed->answer, bed->rig.now - 80 * NS_PER_SEC); /* 120 s are its time-out */
	assert_non_null(strstr(bed->answer, "\"reason\":\"expired\""));
	assert_null(strstr(bed->answer, "\"sport\":5000"));
	close(fd);
	for (u32 i = 0; i < 100; i++)
		turn(bed);
	udp_from(bed, 5002); /* nobody listens any more */
	assert_false(sluice_news_next(bed->rig.s, &(struct sluice_news){ 0 }));
	assert_int_equal(ctl_stats(bed->ctl)->gone, 1);
}

static void events_of_the_engine(void **state)
{
	struct bed *bed = *state;
	struct sluice_event event = { .kind = SLUICE_EVENT_PORTS_OUT,
				      .when_ns = bed->rig.now + 7200 * NS_PER_SEC,
				      .proto = 6,
				      .refused = 9,
				      .holder_count = 1,
				      .holder = { { addr("10.10.0.5"), 0, 77 } } };
	int fd = ask(bed, "{\"version\":1,\"events\":true}\n");

	read_lines(bed, fd, 1);
	ctl_tell(bed->ctl, &event);
	read_lines(bed, fd, 1);
	assert_non_null(strstr(bed->answer, "\"event\":\"ports-out\",\"proto\":\"tcp\""));
	assert_time(bed->answer, event.when_ns);
	assert_non_null(strstr(bed->answer,
			       "{\"addr\":\"10.10.0.5\",\"zone\":\"none\",\"held\":77}"));
	close(fd);
}

/* Of ICMP there are identifiers, which the filter by port leaves alone. */
static void events_of_pings(void **state)
{
	struct bed *bed = *state;
	int by_id = ask(bed, "{\"version\":1,\"events\":true,\"filter\":{\"icmp_id\":5001}}\n");
	int by_port = ask(bed, "{\"version\":1,\"events\":true,\"filter\":{\"port\":5001}}\n");

	read_lines(bed, by_id, 1);
	read_lines(bed, by_port, 1);
	build_echo4(&bed->b, addr("10.10.0.5"), addr("203.0.113.9"), ICMP_ECHO, 5001, 1);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	udp_from(bed, 5001);
	rig_drain(&bed->rig);
	read_lines(bed, by_id, 1);
	assert_non_null(strstr(bed->answer, "\"dst\":\"203.0.113.9\",\"icmp_id\":5001,"
					    "\"icmp_type\":8,\"icmp_code\":0}"));
	read_lines(bed, by_port, 1);
	assert_non_null(strstr(bed->answer, "\"proto\":\"udp\""));
	assert_null(strstr(bed->answer, "icmp"));
	close(by_id);
	close(by_port);
}

/* Another gateway, with the configuration as it is now. */
static void reopen(struct bed *bed)
{
	ctl_del(bed->ctl);
	rig_close(&bed->rig);
	rig_open(&bed->rig, &bed->conf);
	bed->ctl = ctl_new(bed->loop, bed->rig.s, bed->path, &(struct ctl_why){ .text = "" });
	assert_non_null(bed->ctl);
}

/* A gateway whose inside networks are both in zones, with the same addresses. */
static void put_into_zones(struct bed *bed)
{
	rig_conf_zones(&bed->conf);
	reopen(bed);
}

static void udp_in(struct bed *bed, u16 in_if, u16 port)
{
	build_udp4(&bed->b, addr("10.10.0.5"), port, addr("203.0.113.9"), 53, 20);
	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	rig_drain(&bed->rig);
}

static void the_same_address_in_two_zones(void **state)
{
	struct bed *bed = *state;
	struct sluice_event event = { .kind = SLUICE_EVENT_FILLING,
				      .what = "flows",
				      .used = 71,
				      .limit = 100,
				      .percent = 70,
				      .holder_count = 1,
				      .holder = { { addr("10.10.0.5"), 2, 70 } } };
	json_t *answer, *row;
	size_t index;
	int fd;

	put_into_zones(bed);
	fd = ask(bed, "{\"version\":1,\"events\":true}\n");
	read_lines(bed, fd, 1);
	udp_in(bed, RIG_IN2, 5000);
	read_lines(bed, fd, 1);
	assert_non_null(strstr(bed->answer, "\"zone\":\"red\",\"reply_zone\":\"none\""));
	ctl_tell(bed->ctl, &event);
	read_lines(bed, fd, 1);
	assert_non_null(strstr(bed->answer, "\"event\":\"filling\",\"what\":\"flows\","
					    "\"used\":71,\"limit\":100,\"percent\":70,"));
	assert_non_null(strstr(bed->answer,
			       "{\"addr\":\"10.10.0.5\",\"zone\":\"red\",\"held\":70}"));
	event = (struct sluice_event){ .kind = SLUICE_EVENT_SUBSCRIBER_LIMIT,
				       .dst = addr("10.10.0.5"),
				       .zone = 1,
				       .what = "flows" };
	ctl_tell(bed->ctl, &event);
	read_lines(bed, fd, 1);
	assert_non_null(
		strstr(bed->answer, "\"addr\":\"10.10.0.5\",\"zone\":\"blue\",\"what\":"));
	close(fd);
	udp_in(bed, RIG_IN, 5000);
	udp_in(bed, RIG_IN2, 5001);
	answer = whole(bed, "{\"version\":1,\"top\":\"hosts\"}\n");
	assert_int_equal(json_integer_value(json_object_get(answer, "hosts")), 2);
	json_array_foreach(json_object_get(answer, "top"), index, row)
	{
		const char *zone = json_string_value(json_object_get(row, "zone"));
		json_int_t each = strcmp(zone, "blue") == 0 ? 1 : 2;

		assert_int_equal(json_integer_value(json_object_get(row, "flows")), each);
		assert_int_equal(json_integer_value(json_object_get(row, "ports")), each);
	}
	assert_int_equal(index, 2);
	json_decref(answer);
}

/* Of interfaces alone, though flows begin; by zone as well. */
static void events_of_interfaces(void **state)
{
	static const char *const asked[] = { "{\"kind\":\"interfaces\"}",
					     "{\"kind\":\"interfaces\",\"zone\":\"red\"}",
					     "{\"kind\":\"flows,warnings\"}" };
	struct bed *bed = *state;
	struct sluice_event event;
	char request[128];
	int fd[3];

	put_into_zones(bed);
	for (u32 n = 0; n < ARRAY_COUNT(asked); n++) {
		snprintf(request, sizeof request, "{\"version\":1,\"events\":true,\"filter\":%s}\n",
			 asked[n]);
		fd[n] = ask(bed, request);
		read_lines(bed, fd[n], 1);
	}
	udp_in(bed, RIG_IN, 5000);
	sluice_set_link(bed->rig.s, RIG_IN, false);
	sluice_set_link(bed->rig.s, RIG_IN2, false);
	while (sluice_event_next(bed->rig.s, &event))
		ctl_tell(bed->ctl, &event);
	read_lines(bed, fd[0], 2);
	assert_true(strncmp(behind_the_time(bed->answer),
			    "\"event\":\"interface-down\",\"interface\":\"in0\",\"zone\":\"blue\","
			    "\"side\":\"inside\",\"addresses\":[\"10.10.0.1/16\"]}\n",
			    99) == 0);
	read_lines(bed, fd[1], 1);
	assert_non_null(strstr(bed->answer, "\"interface\":\"in1\",\"zone\":\"red\""));
	assert_null(strstr(bed->answer, "in0"));
	event = (struct sluice_event){ .kind = SLUICE_EVENT_TABLE_FULL };
	ctl_tell(bed->ctl, &event);
	read_lines(bed, fd[2], 2);
	assert_null(strstr(bed->answer, "interface-"));
	assert_non_null(strstr(bed->answer, "\"event\":\"new\""));
	assert_non_null(strstr(bed->answer, "\"event\":\"table-full\""));
	for (u32 n = 0; n < ARRAY_COUNT(fd); n++)
		close(fd[n]);
}

/* The engine keeps a bounded number of events: what it had no room for is said as skipped. */
static void events_that_the_engine_lost(void **state)
{
	struct bed *bed = *state;
	int fd = ask(bed, "{\"version\":1,\"events\":true,\"filter\":{\"kind\":\"interfaces\"}}\n");
	int deaf = ask(bed, "{\"version\":1,\"events\":true,\"filter\":{\"kind\":\"flows\"}}\n");
	struct sluice_event event;
	u32 kept = 0;

	read_lines(bed, fd, 1);
	read_lines(bed, deaf, 1);
	for (u32 n = 0; n < 500; n++) {
		sluice_set_link(bed->rig.s, RIG_IN, false);
		sluice_set_link(bed->rig.s, RIG_IN, true);
	}
	while (sluice_event_next(bed->rig.s, &event))
		kept++;
	read_lines(bed, fd, 1);
	assert_true(strncmp(behind_the_time(bed->answer), "\"event\":\"skipped\",\"count\":", 26) ==
		    0);
	assert_int_equal(strtoul(behind_the_time(bed->answer) + 26, NULL, 10), 1000 - kept);
	udp_from(bed, 5000);
	read_lines(bed, deaf, 1);
	assert_null(strstr(bed->answer, "skipped"));
	close(fd);
	close(deaf);
}

/* As many as one step has news: who reads all that there is after it misses none of them. */
static void a_listener_who_reads_misses_nothing_of_one_step(void **state)
{
	struct bed *bed = *state;
	int fd = ask(bed, "{\"version\":1,\"events\":true}\n");

	read_lines(bed, fd, 1);
	for (u16 n = 0; n < CTL_STEP_NEWS; n++)
		udp_from(bed, (u16)(5000 + n));
	read_lines(bed, fd, CTL_STEP_NEWS);
	assert_null(strstr(bed->answer, "skipped"));
	assert_int_equal(ctl_stats(bed->ctl)->skipped, 0);
	close(fd);
}

/* What a listener is too slow for is counted, and said as soon as there is room. */
static void a_slow_listener_is_told_what_it_missed(void **state)
{
	struct bed *bed = *state;
	int fd = ask(bed, "{\"version\":1,\"events\":true}\n");
	u64 heard = 0, missed = 0;
	size_t kept = 0;
	u32 made = 3000;

	read_lines(bed, fd, 1);
	for (u32 n = 0; n < made; n++) {
		build_udp4(&bed->b, addr("10.10.0.5"), (u16)(5000 + n), addr("203.0.113.9"), 53,
			   20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		if (n % 32 == 31)
			turn(bed);
		if (n % 100 == 99)
			rig_drain(&bed->rig);
	}
	rig_drain(&bed->rig);
	for (u32 i = 0; heard + missed < made && i < TURNS_MAX; i++) {
		ssize_t got;
		char *at = bed->answer, *line;

		turn(bed);
		got = recv(fd, bed->answer + kept, ANSWER_MAX - 1 - kept, 0);
		kept += got > 0 ? (size_t)got : 0;
		bed->answer[kept] = 0;
		while ((line = strchr(at, '\n')) != NULL) {
			*line = 0;
			heard += strncmp(behind_the_time(at), "\"event\":\"new\"", 13) == 0;
			if (strncmp(behind_the_time(at), "\"event\":\"skipped\",\"count\":", 26) ==
			    0)
				missed += strtoull(behind_the_time(at) + 26, NULL, 10);
			at = line + 1;
		}
		kept -= (size_t)(at - bed->answer);
		memmove(bed->answer, at, kept);
	}
	assert_true(missed > 0);
	assert_int_equal(heard + missed, made);
	assert_int_equal(ctl_stats(bed->ctl)->skipped, missed);
	close(fd);
}

static void flush_says_how_many(void **state)
{
	struct bed *bed = *state;
	json_t *answer;

	for (u16 n = 0; n < 500; n++)
		udp_from(bed, (u16)(5000 + n));
	rig_drain(&bed->rig);
	answer = whole(bed, "{\"version\":1,\"flush\":\"flows\",\"filter\":{\"port\":5003}}\n");
	assert_int_equal(json_integer_value(json_object_get(answer, "flushed")), 1);
	json_decref(answer);
	answer = whole(bed, "{\"version\":1,\"flush\":\"flows\"}\n");
	assert_int_equal(json_integer_value(json_object_get(answer, "flushed")), 499);
	json_decref(answer);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
}

/* 60 hosts with one flow each, one with many: it is first, and the list is bounded. */
static void top_names_who_holds_most(void **state)
{
	struct bed *bed = *state;
	json_t *answer, *row;
	size_t index;
	bool seen = false;

	for (u32 n = 0; n < 60; n++) {
		build_udp4(&bed->b, be32_of(0x0a0a0100 + n), 5000, addr("203.0.113.9"), 53, 20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	for (u16 n = 0; n < 700; n++) {
		build_tcp4(&bed->b, addr("10.10.0.5"), (u16)(6000 + n), addr("203.0.113.9"), 80,
			   TCP_SYN);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		if (n % 100 == 0)
			rig_drain(&bed->rig);
	}
	rig_drain(&bed->rig);
	answer = whole(bed, "{\"version\":1,\"top\":\"hosts\",\"filter\":{\"limit\":5}}\n");
	assert_int_equal(json_integer_value(json_object_get(answer, "hosts")), 61);
	assert_int_equal(json_integer_value(json_object_get(answer, "not_counted")), 0);
	assert_true(json_array_size(json_object_get(answer, "top")) <= 15);
	json_array_foreach(json_object_get(answer, "top"), index, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "addr")), "10.10.0.5") != 0)
			continue;
		seen = true;
		assert_int_equal(json_integer_value(json_object_get(row, "flows")), 700);
		assert_int_equal(json_integer_value(json_object_get(row, "ports")), 700);
		assert_int_equal(json_integer_value(json_object_get(row, "unanswered")), 700);
		assert_int_equal(json_integer_value(json_object_get(row, "bytes")), 28000);
	}
	assert_true(seen);
	json_decref(answer);
}

static void top_holds(const struct json_t *answer, const char *host, u32 flows, u32 ports)
{
	size_t index;
	json_t *row;

	json_array_foreach(json_object_get(answer, "top"), index, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "addr")), host) != 0)
			continue;
		assert_int_equal(json_integer_value(json_object_get(row, "flows")), flows);
		assert_int_equal(json_integer_value(json_object_get(row, "ports")), ports);
		return;
	}
	fail_msg("%s is not there", host);
}

/* A mapping holds one port for all of its flows, and so does a flow that was given one; a backend
 * holds none, whoever asks it. Subscribers are charged the same.                                */
static void top_counts_ports_that_are_held(void **state)
{
	struct bed *bed = *state;
	struct sluice_subscriber subscriber[8];
	u32 cursor = 0, count;
	json_t *answer;

	fake_service(&bed->conf.nat.balance, "web", "198.18.0.1", 80)->hairpin = true;
	(void)fake_backend(&bed->conf.nat.balance, "10.10.1.1", 8080);
	reopen(bed);
	for (u16 n = 0; n < 10; n++) {
		build_udp4(&bed->b, addr("10.10.0.5"), 5000, be32_of(0xcb007101u + n), 53, 20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		build_tcp4(&bed->b, addr("203.0.113.9"), (u16)(6000 + n), addr("198.18.0.1"), 80,
			   TCP_SYN);
		assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
		build_tcp4(&bed->b, addr("10.10.0.6"), (u16)(7000 + n), addr("198.18.0.1"), 80,
			   TCP_SYN);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	rig_drain(&bed->rig);
	answer = whole(bed, "{\"version\":1,\"top\":\"hosts\"}\n");
	top_holds(answer, "10.10.0.5", 10, 1);
	top_holds(answer, "10.10.0.6", 10, 10);
	top_holds(answer, "10.10.1.1", 10, 0);
	json_decref(answer);
	count = sluice_show_subscribers(bed->rig.s, &cursor, subscriber, ARRAY_COUNT(subscriber));
	assert_int_equal(count, 2);
	for (u32 i = 0; i < count; i++)
		assert_int_equal(subscriber[i].ports,
				 be32_eq(subscriber[i].addr, addr("10.10.0.5")) ? 1 : 10);
}

static void what_is_wrong_is_said(void **state)
{
	static const char *const wrong[][2] = {
		{ "{\"version\":1,\"flush\":\"nat\"}\n", "has to be \\\"flows\\\"" },
		{ "{\"version\":1,\"flush\":\"flows\",\"show\":\"nat\"}\n", "one thing" },
		{ "{\"version\":1,\"flush\":\"flows\",\"filter\":{\"limit\":3}}\n",
		  "flush has no" },
		{ "{\"version\":1,\"events\":7}\n", "has to be true" },
		{ "{\"version\":1,\"events\":true,\"filter\":{\"state\":\"x\"}}\n",
		  "events has no" },
		{ "{\"version\":1,\"events\":true,\"filter\":{\"kind\":\"flow\"}}\n",
		  "flows, interfaces, warnings, filter or routing" },
		{ "{\"version\":1,\"explain\":7}\n", "name of an interface" },
		{ "{\"version\":1,\"explain\":{\"in\":\"uplink\",\"packet\":\"45\"}}\n",
		  "--in uplink: none of the gateway's interfaces; 'sluice show" },
		{ "{\"version\":1,\"explain\":{\"in\":\"in0\",\"packet\":\"4\"}}\n",
		  "hexadecimal" },
		{ "{\"version\":1,\"explain\":{\"in\":\"in0\",\"packet\":\"4x\"}}\n",
		  "hexadecimal" },
		{ "{\"version\":1,\"explain\":{\"in\":\"in0\",\"packet\":\"45\",\"len\":0}}\n",
		  "65535" },
	};
	struct bed *bed = *state;

	for (u32 n = 0; n < ARRAY_COUNT(wrong); n++) {
		json_t *answer = whole(bed, wrong[n][0]);

		assert_non_null(json_object_get(answer, "error"));
		if (!strstr(bed->answer, wrong[n][1]))
			fail_msg("%s: %s", wrong[n][0], bed->answer);
		json_decref(answer);
	}
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BED(explain_tells_the_road),
		WITH_BED(explain_of_a_drop),
		WITH_BED(events_of_a_flow),
		WITH_BED(events_of_the_engine),
		WITH_BED(events_of_pings),
		WITH_BED(the_same_address_in_two_zones),
		WITH_BED(events_of_interfaces),
		WITH_BED(events_that_the_engine_lost),
		WITH_BED(a_listener_who_reads_misses_nothing_of_one_step),
		WITH_BED(a_slow_listener_is_told_what_it_missed),
		WITH_BED(flush_says_how_many),
		WITH_BED(top_names_who_holds_most),
		WITH_BED(top_counts_ports_that_are_held),
		WITH_BED(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
