/* Metrics: the page is what promtool would take, its numbers are the gateway's, and who asks for
 * something else is told so.                                                                     */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/engine/engine.h"
#include "fake/engine.h"
#include "fake/service.h"
#include "host/ctl/metrics.h"
#include "host/loop/loop.h"
#include "host/loop/turns.h"

enum { TURNS_MAX = 100000, ANSWER_MAX = 1024 * 1024, NAMES_MAX = 256, NAME_SIZE = 96 };

struct bed {
	char folder[64];
	char path[96];
	struct loop *loop;
	struct metrics *metrics;
	struct sluice_conf conf;
	struct routing_conf routing;
	struct rig rig;
	struct build b;
	char answer[ANSWER_MAX];
};

/* One peer that never calls, and nobody else there. */
static void conf_routed(struct bed *bed)
{
	struct routing_conf *routing = &bed->routing;

	routing->rib = (struct rib_conf){ .net_limit = 128, .path_limit = 256, .hops_limit = 64 };
	routing->has_bgp = routing->has_ospf = routing->has_rip = routing->has_bfd = true;
	bgp_conf_defaults(&routing->bgp);
	routing->bgp.as = 65010;
	routing->bgp.router_id = be32_of(0xc6120001);
	routing->bgp.peer_limit = 2;
	routing->bgp.attr_limit = 64;
	routing->bgp.cell_limit = 128;
	routing->bgp.net_limit = 128;
	routing->bgp.paths_out_limit = 1;
	routing->bgp.peer_count = 1;
	bgp_peer_conf_defaults(&routing->bgp.peer[0]);
	memcpy(routing->bgp.peer[0].name, "no\"rth", 7);
	routing->bgp.peer[0].addr = be32_of(0xc6120002);
	routing->bgp.peer[0].as = 65001;
	routing->bgp.peer[0].passive = true;
	ospf_conf_defaults(&routing->ospf);
	routing->ospf.area_count = 1;
	ospf_area_conf_defaults(&routing->ospf.area[0], 0);
	rip_conf_defaults(&routing->rip);
	routing->rip.net_limit = 64;
	routing->rip.neighbour_limit = 4;
	bfd_conf_defaults(&routing->bfd);
	bed->conf.routing = routing;
	bed->conf.sockets.sock_limit = 16;
	bed->conf.sockets.op_limit = 4;
	bed->conf.udp.endpoint_limit = bed->conf.udp.queue_limit = 16;
	bed->conf.udp.datagram_limit = 64;
	bed->conf.udp.group_limit = 8;
}

static int setup_with(void **state, void (*conf)(struct bed *bed))
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct ctl_why why;

	if (!bed)
		return -1;
	snprintf(bed->folder, sizeof bed->folder, "/tmp/sluice-metrics-XXXXXX");
	if (!mkdtemp(bed->folder))
		return -1;
	snprintf(bed->path, sizeof bed->path, "%s/metrics.sock", bed->folder);
	rig_conf(&bed->conf);
	if (conf)
		conf(bed);
	rig_open(&bed->rig, &bed->conf);
	bed->loop = loop_new();
	bed->metrics = metrics_new(bed->loop, bed->rig.s, "9.9", bed->path, NULL, &why);
	*state = bed;
	return bed->metrics ? 0 : -1;
}

static int setup(void **state)
{
	return setup_with(state, NULL);
}

static int setup_routed(void **state)
{
	return setup_with(state, conf_routed);
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	metrics_del(bed->metrics);
	loop_del(bed->loop);
	rig_close(&bed->rig);
	unlink(bed->path);
	rmdir(bed->folder);
	free(bed);
	return 0;
}

/* The whole answer, headers and all. */
static const char *get(struct bed *bed, const char *request)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;

	memcpy(addr.sun_path, bed->path, strlen(bed->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (u32 i = 0; i < TURNS_MAX; i++) {
		ssize_t got;

		loop_turn(bed->loop);
		got = recv(fd, bed->answer + len, ANSWER_MAX - 1 - len, 0);
		if (got == 0)
			break;
		if (got > 0)
			len += (size_t)got;
		else
			assert_int_equal(errno, EAGAIN);
	}
	bed->answer[len] = 0;
	close(fd);
	return bed->answer;
}

static const char *page(struct bed *bed)
{
	const char *answer = get(bed, "GET /metrics HTTP/1.0\r\n\r\n");
	const char *body = strstr(answer, "\r\n\r\n");

	assert_non_null(body);
	assert_non_null(strstr(answer, "200 OK"));
	assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
	return body + 4;
}

/* ---- the lint -------------------------------------------------------------------------------- */

struct lint {
	u32 count;
	char name[NAMES_MAX][NAME_SIZE];
	char type[NAMES_MAX][16];
	u32 samples[NAMES_MAX];
	bool helped;
	char help_name[NAME_SIZE];
};

static bool name_is_right(const char *name)
{
	if (strncmp(name, "sluice_", 7) != 0)
		return false;
	for (; *name; name++) {
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '_')
			return false;
	}
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void lint_type(struct lint *lint, const char *name, const char *type)
{
	if (!lint->helped || strcmp(lint->help_name, name) != 0)
		fail_msg("%s: TYPE without its HELP before it", name);
	for (u32 i = 0; i < lint->count; i++) {
		if (strcmp(lint->name[i], name) == 0)
			fail_msg("%s: declared twice", name);
	}
	if (!name_is_right(name))
		fail_msg("%s: not a name of ours", name);
	if ((strcmp(type, "counter") == 0) != ends_with(name, "_total"))
		fail_msg("%s: %s", name, type);
	if (strcmp(type, "counter") != 0 && strcmp(type, "gauge") != 0)
		fail_msg("%s: type %s", name, type);
	assert_true(lint->count < NAMES_MAX);
	snprintf(lint->name[lint->count], NAME_SIZE, "%s", name);
	lint->count++;
	lint->helped = false;
}

/* No label but that of a backend holds an address, and there are few labels. */
static void lint_labels(const char *line)
{
	const char *open = strchr(line, '{');
	u32 dots = 0;

	if (!open)
		return;
	assert_non_null(strchr(open, '}'));
	assert_true(strncmp(open, "{reason=\"", 9) == 0 || strncmp(open, "{proto=\"", 8) == 0 ||
		    strncmp(open, "{interface=\"", 12) == 0 ||
		    strncmp(open, "{zone=\"", 7) == 0 || strncmp(open, "{service=\"", 10) == 0 ||
		    strncmp(open, "{source=\"", 9) == 0 ||
		    strncmp(open, "{peer=\"", 7) == 0 || strncmp(open, "{state=\"", 8) == 0 ||
		    strncmp(open, "{version=\"", 10) == 0);
	if (strstr(open, ",backend=\""))
		return;
	for (const char *at = open; *at != '}'; at++)
		dots += *at == '.';
	if (dots >= 3)
		fail_msg("an address as label: %s", line);
}

static void lint_line(struct lint *lint, const char *line)
{
	char name[NAME_SIZE], type[16];
	size_t len;
	char *end;

	if (sscanf(line, "# HELP %95s %15s", name, type) == 2) {
		lint->helped = true;
		snprintf(lint->help_name, NAME_SIZE, "%s", name);
		return;
	}
	if (sscanf(line, "# TYPE %95s %15s", name, type) == 2) {
		lint_type(lint, name, type);
		return;
	}
	len = strcspn(line, "{ ");
	if (lint->count == 0 || strlen(lint->name[lint->count - 1]) != len ||
	    strncmp(line, lint->name[lint->count - 1], len) != 0)
		fail_msg("a sample that does not belong to what is above it: %s", line);
	lint->samples[lint->count - 1]++;
	lint_labels(line);
	(void)strtod(strrchr(line, ' ') + 1, &end);
	if (*end)
		fail_msg("no number: %s", line);
}

/* Two zones with the same addresses, and two services with the same backend. */
static void name_things(struct bed *bed)
{
	struct balance_conf *balance = &bed->conf.nat.balance;

	metrics_del(bed->metrics);
	rig_close(&bed->rig);
	rig_conf_zones(&bed->conf);
	for (u32 at = 0; at < 2; at++) {
		fake_service(balance, at == 0 ? "web" : "web\"2", "198.18.0.1", (u16)(80 + at))
			->zone = 1;
		(void)fake_backend(balance, "10.10.1.1", 8080);
		(void)fake_backend(balance, "10.10.1.2", 8080);
	}
	rig_open(&bed->rig, &bed->conf);
	bed->metrics = metrics_new(bed->loop, bed->rig.s, "9.9", bed->path, NULL,
				   &(struct ctl_why){ .text = "" });
	assert_non_null(bed->metrics);
}

static void every_line_is_right(void **state)
{
	struct bed *bed = *state;
	struct lint *lint = calloc(1, sizeof *lint);
	char *text;
	char *save;

	assert_non_null(lint);
	name_things(bed);
	text = strdup(page(bed));
	assert_true(text[strlen(text) - 1] == '\n');
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		lint_line(lint, line);
	assert_true(lint->count > 55);
	for (u32 i = 0; i < lint->count; i++) {
		if (lint->samples[i] == 0)
			fail_msg("%s has no sample", lint->name[i]);
	}
	free(text);
	free(lint);
}

/* ---- the numbers ----------------------------------------------------------------------------- */

static u64 value_of(const char *text, const char *sample)
{
	char line[NAME_SIZE + 2];
	const char *at;

	snprintf(line, sizeof line, "\n%s ", sample);
	at = strstr(text, line);
	if (!at)
		fail_msg("no %s", sample);
	return strtoull(at + strlen(line), NULL, 10);
}

static void round_of_work(struct bed *bed)
{
	for (u32 i = 0; i < TURNS_MAX && metrics_work(bed->metrics, bed->rig.now); i++)
		;
	bed->rig.now += 2 * NS_PER_SEC;
}

static void numbers_are_the_gateways(void **state)
{
	struct bed *bed = *state;
	const char *text;

	for (u16 n = 0; n < 7; n++) {
		build_tcp4(&bed->b, addr("10.10.0.5"), (u16)(5000 + n), addr("203.0.113.9"), 80,
			   TCP_SYN);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		build_udp4(&bed->b, addr("10.10.0.5"), (u16)(5000 + n), addr("203.0.113.9"), 53, 9);
		build_ip(&bed->b)->ttl = n == 0 ? 1 : 64;
		build_seal(&bed->b);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	rig_drain(&bed->rig);
	round_of_work(bed);
	text = page(bed);
	assert_int_equal(value_of(text, "sluice_flows"), 13);
	assert_int_equal(value_of(text, "sluice_flows_created_total"), 13);
	assert_int_equal(value_of(text, "sluice_dropped_packets_total{reason=\"ttl_expired\"}"), 1);
	assert_int_equal(value_of(text, "sluice_nat_port_flows{proto=\"tcp\"}"), 7);
	assert_int_equal(value_of(text, "sluice_nat_ports_mapped{proto=\"udp\"}"), 6);
	assert_int_equal(value_of(text, "sluice_nat_ports{proto=\"tcp\"}"), 64512);
	assert_int_equal(value_of(text, "sluice_nat_ports{proto=\"icmp\"}"), 65535);
	assert_int_equal(value_of(text, "sluice_nat_ports{proto=\"other\"}"), 64512);
	assert_int_equal(value_of(text, "sluice_nat_public_addresses"), 1);
	assert_true(value_of(text, "sluice_interface_receive_packets_total{interface=\"in0\"}") >=
		    14);
	assert_non_null(strstr(text, "sluice_build_info{version=\"9.9\"} 1\n"));
}

/* ---- a long page ----------------------------------------------------------------------------- */

enum { SERVICES = 4, TURN_EACH = 32 };

struct traffic {
	struct bed *bed;
	u32 sent;
};

/* A new flow to one of the services. */
static void send_one(void *arg)
{
	struct traffic *traffic = arg;
	struct bed *bed = traffic->bed;
	u32 n = traffic->sent++;

	build_tcp4(&bed->b, be32_of(0xcb007100 + n % 200), (u16)(5000 + n), addr("198.18.0.1"),
		   (u16)(80 + n % SERVICES), TCP_SYN);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	rig_drain(&bed->rig);
}

static void name_many(struct bed *bed, struct traffic *traffic)
{
	const struct turns turns = { .give = send_one, .arg = traffic, .each = TURN_EACH };
	struct balance_conf *balance = &bed->conf.nat.balance;
	char name[8], backend[16];

	metrics_del(bed->metrics);
	rig_close(&bed->rig);
	balance->backend_limit = BALANCE_BACKEND_MAX;
	for (u32 service = 0; service < SERVICES; service++) {
		snprintf(name, sizeof name, "web%u", service);
		fake_service(balance, name, "198.18.0.1", (u16)(80 + service));
		for (u32 at = 0; at < BALANCE_BACKEND_MAX / SERVICES; at++) {
			snprintf(backend, sizeof backend, "10.10.%u.%u", service + 1, at + 1);
			(void)fake_backend(balance, backend, 8080);
		}
	}
	rig_open(&bed->rig, &bed->conf);
	bed->metrics = metrics_new(bed->loop, bed->rig.s, "9.9", bed->path, &turns,
				   &(struct ctl_why){ .text = "" });
	assert_non_null(bed->metrics);
}

/* Each backend, once in each metric; and what belongs together is of one moment. */
static void backends_are_whole(const char *text)
{
	char sample[NAME_SIZE];

	for (u32 n = 0; n < BALANCE_BACKEND_MAX; n++) {
		u32 service = n / (BALANCE_BACKEND_MAX / SERVICES);
		u32 at = n % (BALANCE_BACKEND_MAX / SERVICES);
		u64 flows;

		snprintf(sample, sizeof sample,
			 "sluice_backend_flows{service=\"web%u\",backend=\"10.10.%u.%u:8080\"}",
			 service, service + 1, at + 1);
		flows = value_of(text, sample);
		snprintf(sample, sizeof sample,
			 "sluice_backend_flows_created_total{service=\"web%u\","
			 "backend=\"10.10.%u.%u:8080\"}",
			 service, service + 1, at + 1);
		assert_int_equal(value_of(text, sample), flows);
	}
}

static void packets_have_turns_in_a_long_page(void **state)
{
	struct bed *bed = *state;
	struct traffic traffic = { .bed = bed };
	struct lint *lint = calloc(1, sizeof *lint);
	u32 before, samples = 0;
	char *text, *save;

	assert_non_null(lint);
	name_many(bed, &traffic);
	while (traffic.sent < 300)
		send_one(&traffic);
	before = traffic.sent;
	text = strdup(page(bed));
	assert_true(traffic.sent - before > 100);
	backends_are_whole(text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		lint_line(lint, line);
	for (u32 i = 0; i < lint->count; i++) {
		bool backends = strncmp(lint->name[i], "sluice_backend_", 15) == 0;

		assert_true(!backends || lint->samples[i] == BALANCE_BACKEND_MAX);
		samples += lint->samples[i];
	}
	assert_int_equal(traffic.sent - before, samples / TURN_EACH);
	free(text);
	free(lint);
}

#define FIRST  "{service=\"web\",backend=\"10.10.1.1:8080\"}"
#define SECOND "{service=\"web\",backend=\"10.10.1.2:8080\"}"

static void numbers_of_backends(void **state)
{
	struct bed *bed = *state;
	const char *text;

	assert_null(strstr(page(bed), "sluice_backend_up"));
	name_things(bed);
	assert_int_equal(sluice_backend_set(bed->rig.s, 0, 1, BACKEND_DOWN, bed->rig.now), ERR_OK);
	assert_int_equal(sluice_backend_set_checks(bed->rig.s, 0, 1, 9, 4), ERR_OK);
	assert_int_equal(sluice_backend_set_checks(bed->rig.s, 0, 2, 9, 4), ERR_RANGE);
	for (u16 n = 0; n < 3; n++) {
		build_tcp4(&bed->b, addr("203.0.113.9"), (u16)(5000 + n), addr("198.18.0.1"), 80,
			   TCP_SYN);
		assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	}
	rig_drain(&bed->rig);
	text = page(bed);
	assert_int_equal(value_of(text, "sluice_backend_up" FIRST), 1);
	assert_int_equal(value_of(text, "sluice_backend_up" SECOND), 0);
	assert_int_equal(value_of(text, "sluice_backend_draining" FIRST), 0);
	assert_int_equal(value_of(text, "sluice_backend_flows" FIRST), 3);
	assert_int_equal(value_of(text, "sluice_backend_flows_created_total" FIRST), 3);
	assert_int_equal(value_of(text, "sluice_backend_flows_created_total" SECOND), 0);
	assert_int_equal(value_of(text, "sluice_backend_checks_total" SECOND), 9);
	assert_int_equal(value_of(text, "sluice_backend_check_failures_total" SECOND), 4);
	assert_int_equal(value_of(text, "sluice_backend_check_failures_total" FIRST), 0);
	assert_non_null(strstr(text, "sluice_backend_up{service=\"web\\\"2\",backend="));
	assert_int_equal(sluice_backend_order(bed->rig.s, 0, 0, true, 60, bed->rig.now), ERR_OK);
	build_tcp4(&bed->b, addr("203.0.113.9"), 5009, addr("198.18.0.1"), 80, TCP_SYN);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	text = page(bed);
	assert_int_equal(value_of(text, "sluice_backend_up" FIRST), 0);
	assert_int_equal(value_of(text, "sluice_backend_draining" FIRST), 1);
	assert_int_equal(value_of(text, "sluice_service_flows_refused_total{service=\"web\"}"), 1);
}

static void numbers_of_zones(void **state)
{
	struct bed *bed = *state;
	const char *text = page(bed);

	assert_int_equal(value_of(text, "sluice_zone_flows{zone=\"none\"}"), 0);
	assert_null(strstr(text, "{zone=\"blue\"}"));
	name_things(bed);
	for (u16 n = 0; n < 5; n++) {
		build_udp4(&bed->b, addr("10.10.0.5"), (u16)(5000 + n), addr("203.0.113.9"), 53, 9);
		assert_true(rig_send(&bed->rig, n < 2 ? RIG_IN : RIG_IN2, &bed->b));
	}
	rig_drain(&bed->rig);
	text = page(bed);
	assert_int_equal(value_of(text, "sluice_zone_flows{zone=\"blue\"}"), 2);
	assert_int_equal(value_of(text, "sluice_zone_flows{zone=\"red\"}"), 3);
	assert_int_equal(value_of(text, "sluice_zone_flows{zone=\"none\"}"), 0);
	assert_int_equal(
		value_of(text, "sluice_zone_receive_packets_total{zone=\"red\"}"),
		value_of(text, "sluice_interface_receive_packets_total{interface=\"in1\"}"));
	assert_int_equal(
		value_of(text, "sluice_zone_transmit_bytes_total{zone=\"none\"}"),
		value_of(text, "sluice_interface_transmit_bytes_total{interface=\"out0\"}"));
	assert_true(value_of(text, "sluice_zone_receive_bytes_total{zone=\"blue\"}") >= 2 * 37);
	assert_true(value_of(text, "sluice_zone_routes{zone=\"blue\"}") > 0);
}

/* A round ends although there are many addresses, and begins anew a second later only. */
static void rounds_are_bounded_steps(void **state)
{
	struct bed *bed = *state;
	u32 steps = 1;

	rig_conf_pool(&bed->conf, "198.18.1.0", "198.18.1.39");
	assert_true(rig_configure(&bed->rig, &bed->conf));
	while (metrics_work(bed->metrics, bed->rig.now))
		steps++;
	assert_true(steps >= 41 * 3 / 16);
	assert_false(metrics_work(bed->metrics, bed->rig.now + NS_PER_SEC / 2));
	assert_true(value_of(page(bed), "sluice_nat_public_addresses") >= 40);
	assert_true(metrics_work(bed->metrics, bed->rig.now + 2 * NS_PER_SEC));
}

static void health(void **state)
{
	struct bed *bed = *state;
	struct neigh_conf planned = bed->conf.neigh;

	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "200 OK"));
	assert_non_null(strstr(bed->answer, "\r\n\r\nok\n"));
	neigh_conf_default(&bed->conf.neigh);
	bed->conf.neigh.count = planned.count;
	bed->conf.neigh.queue_count = planned.queue_count;
	bed->conf.iface[RIG_OUT].addr[0].addr = addr("198.18.0.77");
	assert_true(rig_configure(&bed->rig, &bed->conf)); /* probed first: RFC 5227 */
	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "503 "));
}

static void health_of_links(void **state)
{
	struct bed *bed = *state;

	sluice_set_link(bed->rig.s, RIG_OUT, false);
	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "503 "));
	assert_non_null(strstr(bed->answer, " is down\n"));
	sluice_set_link(bed->rig.s, RIG_OUT, true);
	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "200 OK"));
	sluice_set_gone(bed->rig.s, RIG_IN, true);
	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "503 "));
	assert_non_null(strstr(bed->answer, " is gone\n"));
	assert_non_null(strstr(page(bed), "sluice_interface_gone{interface=\"in0\"} 1\n"));
	assert_non_null(
		strstr(page(bed), "sluice_interface_link_downs_total{interface=\"out0\"} 1\n"));
	/* There again, and not up yet. */
	sluice_set_gone(bed->rig.s, RIG_IN, false);
	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "503 "));
	assert_non_null(strstr(bed->answer, " is down\n"));
	sluice_set_link(bed->rig.s, RIG_IN, true);
	assert_non_null(strstr(page(bed), "sluice_interface_retaken_total{interface=\"in0\"} 1\n"));
	assert_true(rig_configure(&bed->rig, &bed->conf));
	assert_non_null(strstr(page(bed), "sluice_interface_retaken_total{interface=\"in0\"} 1\n"));
}

static void numbers_of_routing(void **state)
{
	struct bed *bed = *state;
	struct ip_prefix prefix = ip_prefix4(be32_of(0x64400000), 10);
	struct rib *rib = &bed->rig.s->routing->rib;
	struct rib_path path = { .client = bed->rig.s->routing->fixed,
				 .type = FIB_BLACKHOLE,
				 .distance = 1,
				 .hops = RIB_NONE };
	const char *text = page(bed);
	u64 fixed = value_of(text, "sluice_rib_best_routes{source=\"static\"}");

	assert_true(value_of(text, "sluice_rib_best_routes{source=\"connected\"}") > 0);
	assert_int_equal(value_of(text, "sluice_rib_paths{source=\"bgp\"}"), 0);
	assert_int_equal(rib_offer(rib, &prefix, &path), ERR_OK);
	rig_advance(&bed->rig, NS_PER_SEC);
	text = page(bed);
	assert_int_equal(value_of(text, "sluice_rib_best_routes{source=\"static\"}"), fixed + 1);
	assert_int_equal(value_of(text, "sluice_rib_paths{source=\"static\"}"), fixed + 1);
	assert_int_equal(value_of(text, "sluice_rib_refused_total"), 0);
	assert_int_equal(value_of(text, "sluice_pools_withheld"), 0);
	assert_int_equal(value_of(text, "sluice_ospf_neighbours{state=\"Full\"}"), 0);
	assert_int_equal(value_of(text, "sluice_bfd_sessions{state=\"up\"}"), 0);
	assert_int_equal(value_of(text, "sluice_rip_neighbours"), 0);
	/* What a speaker says of a peer. */
	bed->rig.s->routing->bgp->peer[0].announced_count = 5;
	bed->rig.s->routing->bgp->peer[0].counters =
		(struct bgp_counters){ .messages_in = 1u << 20, .established = 3 };
	text = page(bed);
#define NORTH "{peer=\"no\\\"rth\"}"
	assert_int_equal(value_of(text, "sluice_bgp_peer_state" NORTH), BGP_ACTIVE);
	assert_int_equal(value_of(text, "sluice_bgp_peer_announced_prefixes" NORTH), 5);
	assert_int_equal(value_of(text, "sluice_bgp_peer_refused_prefixes" NORTH), 0);
	assert_int_equal(value_of(text, "sluice_bgp_peer_established_total" NORTH), 3);
	assert_int_equal(value_of(text, "sluice_bgp_peer_received_messages_total" NORTH), 1 << 20);
	assert_int_equal(value_of(text, "sluice_bgp_peer_sent_messages_total" NORTH), 0);
}

static u32 warnings;

static void on_warning(int severity, const char *text)
{
	(void)severity;
	(void)text;
	warnings++;
}

/* Who is let in by nobody for want of a descriptor waits, without a word, and is let in later. */
static void a_question_while_descriptors_are_out(void **state)
{
	struct bed *bed = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct rlimit before, none;

	memcpy(addr.sun_path, bed->path, strlen(bed->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	warnings = 0;
	event_set_log_callback(on_warning);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (u32 turn = 0; turn < 3; turn++)
		loop_turn(bed->loop);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	event_set_log_callback(NULL);
	assert_int_equal(warnings, 0);
	loop_wait(bed->loop, 200 * NS_PER_MS);
	assert_non_null(strstr(get(bed, "GET /healthz HTTP/1.0\r\n\r\n"), "HTTP/1."));
	close(fd);
}

static void other_questions(void **state)
{
	struct bed *bed = *state;
	struct ctl_why why;
	be32 addr_found;
	u16 port;

	assert_non_null(strstr(get(bed, "GET /nothing HTTP/1.0\r\n\r\n"), "404"));
	assert_non_null(strstr(get(bed, "DELETE /metrics HTTP/1.0\r\n\r\n"), "501"));
	assert_true(metrics_parse_address("127.0.0.1:9100", &addr_found, &port));
	assert_int_equal(port, 9100);
	assert_false(metrics_parse_address("0.0.0.0:9100", &addr_found, &port));
	assert_false(metrics_parse_address("198.18.0.1:9100", &addr_found, &port));
	assert_false(metrics_parse_address("127.0.0.1:0", &addr_found, &port));
	assert_false(metrics_parse_address("127.0.0.1:99999", &addr_found, &port));
	assert_false(metrics_parse_address("127.0.0.1", &addr_found, &port));
	assert_null(metrics_new(bed->loop, bed->rig.s, "9.9", "198.18.0.1:9100", NULL, &why));
	assert_non_null(strstr(why.text, "127.0.0.1:9100"));
	assert_null(metrics_new(bed->loop, bed->rig.s, "9.9", bed->path, NULL, &why));
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BED(every_line_is_right),      WITH_BED(numbers_are_the_gateways),
		WITH_BED(packets_have_turns_in_a_long_page),
		WITH_BED(numbers_of_backends),      WITH_BED(numbers_of_zones),
		WITH_BED(rounds_are_bounded_steps), WITH_BED(health),
		WITH_BED(health_of_links),
		WITH_BED(a_question_while_descriptors_are_out),
		WITH_BED(other_questions),
		cmocka_unit_test_setup_teardown(numbers_of_routing, setup_routed, teardown),
		cmocka_unit_test_setup_teardown(every_line_is_right, setup_routed, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
