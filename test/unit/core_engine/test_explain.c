/* Explain: what is told, and that nothing of the engine changes meanwhile. That the telling is true
 * for any packet is the simulator's affair (test/sim/foresee.c).                                 */
#include "fake/service.h"
#include "unit/core_path/sock_bed.h"

#include "sluice/explain.h"

struct asked {
	struct path_bed *bed;
	struct explainer *explainer;
	struct sluice_explanation told;
};

static struct asked *asked_open(struct path_bed *bed)
{
	struct asked *asked = calloc(1, sizeof *asked);

	assert_non_null(asked);
	asked->bed = bed;
	asked->explainer = explainer_new();
	assert_non_null(asked->explainer);
	return asked;
}

static void asked_close(struct asked *asked)
{
	explainer_del(asked->explainer);
	path_bed_close(asked->bed);
	free(asked);
}

/* Asks, and compares all of the engine's memory with what it was. */
static void ask(struct asked *asked, u16 in_if, const struct build *b)
{
	const struct rig *rig = &asked->bed->rig;
	struct sluice_question question = {
		.in_if = in_if, .packet = b->bytes, .len = b->len, .full_len = b->len
	};
	u8 *before = malloc(rig->memory_size);

	assert_non_null(before);
	memcpy(before, rig->memory, rig->memory_size);
	assert_true(sluice_explain(asked->explainer, rig->s, &question, rig->now, &asked->told));
	assert_memory_equal(before, rig->memory, rig->memory_size);
	free(before);
	rig_check(rig);
}

static const struct trace_step *step_find(const struct asked *asked, enum trace_station station,
					  const char *what)
{
	for (u32 at = 0; at < asked->told.trace.count; at++) {
		const struct trace_step *step = &asked->told.trace.step[at];

		if (step->station == station && strcmp(step->what, what) == 0)
			return step;
	}
	fail_msg("no step %s of %s", what, trace_station_name(station));
	return NULL;
}

static const struct trace_value *value_find(const struct trace_step *step, const char *name)
{
	for (u32 at = 0; at < TRACE_VALUES; at++) {
		if (step->value[at].kind != TRACE_NOTHING &&
		    strcmp(step->value[at].name, name) == 0)
			return &step->value[at];
	}
	fail_msg("no value %s", name);
	return NULL;
}

static void test_new_flow_is_told_and_not_made(void **state)
{
	struct asked *asked = asked_open(path_bed_open());
	struct path_bed *bed = asked->bed;
	const struct trace_step *port;
	struct seen seen;

	(void)state;
	build_tcp4(&bed->b, addr(HOST), 41000, addr(SERVER), 443, TCP_SYN);
	rig_send(&bed->rig, RIG_IN, &bed->b); /* the gateway's link address is known now */
	rig_drain(&bed->rig);
	build_tcp4(&bed->b, addr(HOST), 41001, addr(SERVER), 443, TCP_SYN);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_SENT);
	assert_false(asked->told.trace.fast);
	assert_true(asked->told.lines_changed > 4);
	assert_non_null(
		strstr(step_find(asked, TRACE_PREROUTING, "flow")->sentence, "one is made"));
	assert_int_equal(value_find(step_find(asked, TRACE_ROUTE, "next hop"), "via")->number,
			 addr("198.18.0.2").raw);
	assert_int_equal(value_find(step_find(asked, TRACE_POSTROUTING, "rule"), "rule")->number,
			 0);
	port = step_find(asked, TRACE_POSTROUTING, "port");
	assert_int_equal(value_find(port, "port")->kind, TRACE_DRAWN);
	assert_int_equal(asked->told.sent_count, 1);
	assert_true(seen_parse(&seen, asked->told.sent[0].head, asked->told.sent[0].head_len));
	assert_int_equal(seen.sport, value_find(port, "port")->number);
	assert_true(be32_eq(seen.src, addr(GATEWAY_OUT)));
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	asked_close(asked);
}

static void test_mapping_is_told_as_what_it_is(void **state)
{
	struct asked *asked = asked_open(path_bed_open());
	struct path_bed *bed = asked->bed;
	const struct trace_step *step;

	(void)state;
	ask(asked, RIG_IN, udp_out(bed));
	step = step_find(asked, TRACE_POSTROUTING, "port");
	assert_non_null(strstr(step->sentence, "is made"));
	assert_int_equal(value_find(step, "port")->kind, TRACE_DRAWN);
	rig_send(&bed->rig, RIG_IN, udp_out(bed));
	rig_drain(&bed->rig);
	build_udp4(&bed->b, addr(HOST), 5000, addr("203.0.113.10"), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	step = step_find(asked, TRACE_POSTROUTING, "port");
	assert_non_null(strstr(step->sentence, "stands already"));
	assert_int_equal(value_find(step, "port")->kind, TRACE_NUMBER);
	asked_close(asked);
}

static void test_known_flow_and_short_cut(void **state)
{
	struct asked *asked = asked_open(path_bed_open());
	struct path_bed *bed = asked->bed;
	u64 asked_before;

	(void)state;
	rig_send(&bed->rig, RIG_IN, udp_out(bed));
	assert_true(rig_next(&bed->rig, &bed->out));
	asked_before = bed->rig.arp_requests;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), bed->out.seen.sport, 20);
	ask(asked, RIG_OUT, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_WAITS);
	assert_false(asked->told.sent[0].ip); /* it asks for the inside host */
	assert_int_equal(bed->rig.arp_requests, asked_before);
	rig_send(&bed->rig, RIG_OUT, &bed->b);
	rig_drain(&bed->rig);
	ask(asked, RIG_IN, udp_out(bed));
	assert_true(asked->told.trace.fast);
	assert_string_equal(value_find(step_find(asked, TRACE_PREROUTING, "flow"), "state")->text,
			    "stream");
	asked_close(asked);
}

static void test_drop_has_reason_law_and_answer(void **state)
{
	struct asked *asked = asked_open(path_bed_open());
	struct path_bed *bed = asked->bed;
	const struct trace_step *step;
	u8 quote[28];

	(void)state;
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 20);
	build_ip(&bed->b)->ttl = 1;
	build_seal(&bed->b);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_DROPPED);
	assert_int_equal(asked->told.trace.drop, DROP_TTL_EXPIRED);
	step = step_find(asked, TRACE_BURY, "drop");
	assert_string_equal(value_find(step, "reason")->text, "TTL_EXPIRED");
	assert_string_equal(value_find(step, "law")->text, drop_law(DROP_TTL_EXPIRED));
	assert_non_null(strstr(step_find(asked, TRACE_BURY, "answer")->sentence, "ICMP error"));
	assert_int_equal(value_find(step_find(asked, TRACE_OUTPUT, "answer"), "type")->number,
			 ICMP_TIME_EXCEEDED);
	memcpy(quote, udp_out(bed)->bytes, sizeof quote);
	build_error4(&bed->b, addr(SERVER), addr("198.18.77.1"), ICMP_UNREACH, 1, 0);
	build_quote(&bed->b, quote, sizeof quote);
	ask(asked, RIG_OUT, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_DROPPED);
	assert_non_null(value_find(step_find(asked, TRACE_BURY, "answer"), "why")->text);
	assert_int_equal(asked->told.sent_count, 0);
	/* Those whose header is no good are told why, as well. */
	build_udp4(&bed->b, addr("127.0.0.1"), 5000, addr(SERVER), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_IP_SOURCE);
	assert_non_null(strstr(value_find(step_find(asked, TRACE_BURY, "answer"), "why")->text,
			       "answered by no ICMP error"));
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 20);
	build_ip(&bed->b)->ttl ^= 1;
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_IP_CHECKSUM);
	assert_string_equal(value_find(step_find(asked, TRACE_BURY, "answer"), "why")->text,
			    "the IP header is invalid");
	asked_close(asked);
}

/* A service's backend and what a static entry stands for are told apart. */
static void test_service_is_told_by_name(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct service_conf *service = fake_service(&bed->conf.nat.balance, "web", GATEWAY_OUT, 80);
	const struct trace_step *step;
	struct asked *asked;

	(void)state;
	service->method = BALANCE_STICKY;
	(void)fake_backend(&bed->conf.nat.balance, "10.10.1.1", 8080);
	bed->conf.nat.fixed[bed->conf.nat.static_count++] = (struct nat_static_conf){
		.inside = addr("10.10.1.2"), .outside = addr("198.18.50.1"), .prefix_len = 32
	};
	path_bed_start(bed);
	asked = asked_open(bed);
	build_tcp4(&bed->b, addr(SERVER), 40000, addr(GATEWAY_OUT), 80, TCP_SYN);
	ask(asked, RIG_OUT, &bed->b);
	step = step_find(asked, TRACE_PREROUTING, "destination");
	assert_non_null(strstr(step->sentence, "chosen by the source address"));
	assert_string_equal(value_find(step, "service")->text, "web");
	assert_int_equal(value_find(step, "to")->number, addr("10.10.1.1").raw);
	assert_int_equal(value_find(step, "port")->number, 8080);
	build_tcp4(&bed->b, addr(SERVER), 40000, addr("198.18.50.1"), 80, TCP_SYN);
	ask(asked, RIG_OUT, &bed->b);
	step = step_find(asked, TRACE_PREROUTING, "destination");
	assert_non_null(strstr(step->sentence, "one-to-one"));
	assert_int_equal(value_find(step, "to")->number, addr("10.10.1.2").raw);
	asked_close(asked);
}

/* A full table: room is made by ending others, and then nobody was ended. */
static void test_room_that_is_made_is_given_back(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct asked *asked;

	(void)state;
	bed->conf.ct.flow_count = 64;
	rig_conf_mapping(&bed->conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	path_bed_start(bed);
	asked = asked_open(bed);
	for (u16 port = 0; port < 64; port++) {
		build_udp4(&bed->b, addr(HOST), (u16)(6000 + port), addr(SERVER), 53, 20);
		rig_send(&bed->rig, RIG_IN, &bed->b);
	}
	rig_drain(&bed->rig);
	bed->rig.now += 20 * NS_PER_SEC;
	build_udp4(&bed->b, addr(HOST), 7000, addr(SERVER), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_SENT);
	assert_int_equal(sluice_flow_count(bed->rig.s), 64);
	bed->rig.now += 600 * NS_PER_SEC; /* all of them are over now */
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(sluice_flow_count(bed->rig.s), 64);
	assert_true(asked->told.lines_changed > 64);
	asked_close(asked);
}

/* Ports run out, port maps are made and filled; the refusal is told, and forgotten. */
static void test_refusal_for_want_of_ports(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct asked *asked;

	(void)state;
	rig_conf_mapping(&bed->conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	bed->conf.nat.masquerade_port_first = 2000;
	bed->conf.nat.masquerade_port_last = 2007;
	path_bed_start(bed);
	asked = asked_open(bed);
	for (u16 port = 0; port < 8; port++) {
		build_udp4(&bed->b, addr(HOST), (u16)(6000 + port), addr(SERVER), 53, 20);
		ask(asked, RIG_IN, &bed->b);
		rig_send(&bed->rig, RIG_IN, &bed->b);
		rig_drain(&bed->rig);
	}
	build_udp4(&bed->b, addr(HOST), 7000, addr(SERVER), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_NAT_NO_PORT);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_NO_PORT), 0);
	assert_int_equal(rig_counter(&bed->rig, "nat_no_port"), 0);
	asked_close(asked);
}

static void test_fragments_are_kept_and_cut(void **state)
{
	struct asked *asked = asked_open(path_bed_open());
	struct path_bed *bed = asked->bed;
	struct build *piece = malloc(sizeof *piece);

	(void)state;
	assert_non_null(piece);
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 2000);
	assert_true(build_fragment(piece, &bed->b, 1024, 0));
	ask(asked, RIG_IN, piece);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_KEPT);
	rig_send(&bed->rig, RIG_IN, piece);
	assert_true(build_fragment(piece, &bed->b, 1024, 1));
	ask(asked, RIG_IN, piece);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_WAITS);
	assert_int_equal(value_find(step_find(asked, TRACE_TRANSMIT, "cut"), "pieces")->number, 2);
	free(piece);
	asked_close(asked);
}

/* A packet of which only the head is given. */
static void test_what_is_cut_off_counts_as_right(void **state)
{
	struct asked *asked = asked_open(path_bed_open());
	struct path_bed *bed = asked->bed;
	struct sluice_question question = {
		.in_if = RIG_IN, .packet = bed->b.bytes, .len = 60, .flags = PKT_CSUM_VALID
	};

	(void)state;
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 1400);
	question.full_len = bed->b.len;
	assert_true(sluice_explain(asked->explainer, bed->rig.s, &question, bed->rig.now,
				   &asked->told));
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_WAITS);
	question.len = 0;
	assert_false(sluice_explain(asked->explainer, bed->rig.s, &question, bed->rig.now,
				    &asked->told));
	question.len = 60;
	question.in_if = RIG_IFACES;
	assert_false(sluice_explain(asked->explainer, bed->rig.s, &question, bed->rig.now,
				    &asked->told));
	asked_close(asked);
}

static void test_host_and_echo(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct asked *asked;

	(void)state;
	bed->conf.host_if = RIG_IN2;
	bed->conf.iface[RIG_OUT].addr[0].host = true;
	path_bed_start(bed);
	asked = asked_open(bed);
	build_tcp4(&bed->b, addr(SERVER), 50000, addr(GATEWAY_OUT), 22, TCP_SYN);
	ask(asked, RIG_OUT, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_HOST);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 7, 1);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_ANSWERED);
	asked_close(asked);
}

static void test_rule_of_the_filter_is_told(void **state)
{
	struct rules rules = { 0 };
	struct asked *asked;
	const struct trace_step *step;

	(void)state;
	add(&rules, FILTER_INPUT, FILTER_DROP);
	add(&rules, FILTER_FORWARD, FILTER_REJECT)->log = true;
	add(&rules, FILTER_OUTPUT, FILTER_DROP)->proto = IP_PROTO_TCP;
	asked = asked_open(open_with(&rules));
	ask(asked, RIG_IN, udp_out(asked->bed));
	step = step_find(asked, TRACE_FORWARD, "filter");
	assert_non_null(strstr(step->sentence, "rejects"));
	assert_int_equal(value_find(step, "rule")->number, 1);
	assert_int_equal(asked->told.trace.drop, DROP_FILTER_REJECTED);
	step = step_find(asked, TRACE_OUTPUT, "filter");
	assert_non_null(strstr(step->sentence, "accepts"));
	assert_string_equal(value_find(step, "by")->text, "policy");
	asked_close(asked);
}

/* Rules that want other flags, or another message of ICMP, are told of if that is all that keeps
 * them from deciding; so is what the rule that decides has seen.                                 */
static void test_rules_that_nearly_decide_are_told(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule;
	const struct trace_step *step;
	struct asked *asked;

	(void)state;
	rule = add(&rules, FILTER_FORWARD, FILTER_ACCEPT);
	rule->proto = IP_PROTO_TCP;
	rule->tcp_mask = rule->tcp_flags = TCP_RST;
	rule->limit = (struct filter_limit){ .rate = 5, .per_s = 1, .burst = 5 };
	rule = add(&rules, FILTER_FORWARD, FILTER_ACCEPT); /* another port, too */
	rule->proto = IP_PROTO_TCP;
	rule->tcp_mask = rule->tcp_flags = TCP_RST;
	rule->dport.first = rule->dport.last = 81;
	rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
	memcpy(rule->name, "opening", 8);
	rule->proto = IP_PROTO_TCP;
	rule->tcp_mask = TCP_SYN | TCP_ACK;
	rule->tcp_flags = TCP_SYN;
	for (u32 n = 0; n < 3; n++) {
		rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
		rule->proto = IP_PROTO_ICMP;
		rule->icmp = true;
		rule->icmp_type = n == 0 ? ICMP_TIMESTAMP : ICMP_ECHO;
		rule->icmp_code = n == 1 ? 5 : -1;
	}
	asked = asked_open(open_with(&rules));
	ask(asked, RIG_IN, tcp_out(asked->bed, TCP_SYN | TCP_PSH));
	assert_int_equal(asked->told.trace.drop, DROP_FILTER_FORWARD);
	step = step_find(asked, TRACE_FORWARD, "rule");
	assert_string_equal(step[0].sentence, "would match, but wants other flags of TCP");
	assert_int_equal(value_find(&step[0], "rule")->number, 0);
	assert_int_equal(value_find(&step[0], "flags")->number, TCP_SYN | TCP_PSH);
	assert_string_equal(step[1].what, "filter");
	assert_string_equal(value_find(&step[1], "name")->text, "opening");
	assert_int_equal(value_find(&step[1], "flags")->kind, TRACE_FLAGS);
	assert_int_equal(value_find(&step[1], "flags")->number, TCP_SYN | TCP_PSH);
	build_echo4(&asked->bed->b, addr(HOST), addr(SERVER), ICMP_ECHO, 7, 1);
	ask(asked, RIG_IN, &asked->bed->b);
	step = step_find(asked, TRACE_FORWARD, "rule");
	assert_string_equal(step[0].sentence, "would decide, but wants another type of ICMP");
	assert_int_equal(value_find(&step[0], "type")->number, ICMP_ECHO);
	assert_non_null(strstr(step[1].sentence, "another code"));
	assert_int_equal(value_find(&step[1], "code")->number, 0);
	assert_int_equal(value_find(&step[2], "rule")->number, 5);
	assert_int_equal(value_find(&step[2], "type")->number, ICMP_ECHO);
	asked_close(asked);
}

static void test_sets_of_a_rule_are_told(void **state)
{
	const struct filter_elem elems[] = { { addr("203.0.113.0"), 24, 0, 0 },
					     { be32_of(0), 0, 50, 60 } };
	const struct filter_set_conf sets[] = {
		{ .name = "servers", .elem_count = 1, .elem = &elems[0] },
		{ .name = "web", .kind = FILTER_SET_PORTS, .elem_count = 1, .elem = &elems[1] },
		{ .name = "none" },
	};
	struct path_bed *bed = path_bed_new();
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
	const struct trace_step *step;
	struct asked *asked;

	(void)state;
	memcpy(rule->name, "mine", 5);
	rule->src.set = 2;
	rule->src.not = true;
	rule->dst.set = 0;
	rule->dport.set = 1;
	bed->conf.filter.set = sets;
	bed->conf.filter.set_count = 3;
	put(bed, &rules);
	path_bed_start(bed);
	asked = asked_open(bed);
	ask(asked, RIG_IN, udp_out(bed));
	assert_int_equal(asked->told.trace.drop, DROP_FILTER_FORWARD);
	step = step_find(asked, TRACE_FORWARD, "filter");
	assert_string_equal(value_find(step, "name")->text, "mine");
	step = step_find(asked, TRACE_FORWARD, "set");
	assert_string_equal(step[0].sentence, "the source is not in the set");
	assert_string_equal(value_find(&step[0], "name")->text, "none");
	assert_string_equal(step[1].sentence, "the destination is in the set");
	assert_string_equal(value_find(&step[1], "name")->text, "servers");
	assert_int_equal(value_find(&step[1], "length")->number, 24);
	assert_string_equal(step[2].sentence, "the port is in the set");
	assert_int_equal(value_find(&step[2], "port")->number, 50);
	assert_int_equal(value_find(&step[2], "to")->number, 60);
	asked_close(asked);
}

static void test_flow_that_stands_before_its_rules(void **state)
{
	struct rules none = { 0 }, rules = { 0 };
	struct asked *asked = asked_open(open_with(&none));
	struct path_bed *bed = asked->bed;

	(void)state;
	(void)flow_up(bed);
	add(&rules, FILTER_FORWARD, FILTER_DROP);
	change(bed, &rules);
	ask(asked, RIG_IN, udp_out(bed));
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_SENT);
	assert_non_null(
		strstr(step_find(asked, TRACE_FORWARD, "filter")->sentence, "stands since"));
	asked_close(asked);
}

static u64 limit_told(const struct asked *asked, const char *name)
{
	return value_find(step_find(asked, TRACE_BURY, "subscriber"), name)->number;
}

/* How much the subscriber has, and may have. */
static void test_limits_of_a_subscriber(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct asked *asked;

	(void)state;
	bed->conf.subscribers.limits.flows = 2;
	bed->conf.subscribers.limits.ports = 2;
	bed->conf.subscribers.exception_count = 2;
	bed->conf.subscribers.exception[0] = (struct subscriber_exception){
		.prefix = addr("10.10.0.6"), .prefix_len = 32, .limits = { .ports = 1 }
	};
	bed->conf.subscribers.exception[1] = (struct subscriber_exception){
		.prefix = addr("10.10.0.7"), .prefix_len = 32, .limits = { .rate = 10, .burst = 1 }
	};
	path_bed_start(bed);
	asked = asked_open(bed);
	for (u16 n = 0; n < 2; n++) {
		build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), (u16)(53 + n), 20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 99, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_SUBSCRIBER_FLOWS);
	assert_int_equal(limit_told(asked, "subscriber"), addr(HOST).raw);
	assert_int_equal(limit_told(asked, "flows"), 2);
	assert_int_equal(limit_told(asked, "limit"), 2);
	build_udp4(&bed->b, addr("10.10.0.6"), 5000, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	build_udp4(&bed->b, addr("10.10.0.6"), 5001, addr(SERVER), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_SUBSCRIBER_PORTS);
	assert_int_equal(limit_told(asked, "ports"), 1);
	assert_int_equal(limit_told(asked, "limit"), 1);
	build_udp4(&bed->b, addr("10.10.0.7"), 5000, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	build_udp4(&bed->b, addr("10.10.0.7"), 5001, addr(SERVER), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_SUBSCRIBER_RATE);
	assert_int_equal(limit_told(asked, "rate"), 10);
	assert_int_equal(limit_told(asked, "burst"), 1);
	assert_int_equal(limit_told(asked, "wait_ms"), 100);
	asked_close(asked);
}

static void test_no_room_for_a_subscriber(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct asked *asked;

	(void)state;
	bed->conf.subscribers.subscriber_count = 1;
	bed->conf.subscribers.limits.flows = 2;
	path_bed_start(bed);
	asked = asked_open(bed);
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	build_udp4(&bed->b, addr("10.10.0.6"), 5000, addr(SERVER), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.drop, DROP_SUBSCRIBER_FULL);
	assert_int_equal(limit_told(asked, "subscribers"), 1);
	assert_int_equal(limit_told(asked, "limit"), 1);
	asked_close(asked);
}

/* Nothing comes to it, and none of its numbers move. */
static void test_a_socket_is_told_of(void **state)
{
	struct asked *asked = asked_open(sock_bed_open());
	struct path_bed *bed = asked->bed;
	sock_id id = sock_bed_udp(bed, NULL, 53);

	(void)state;
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 53, 20);
	ask(asked, RIG_IN, &bed->b);
	assert_int_equal(asked->told.trace.fate, TRACE_FATE_SOCKET);
	assert_string_equal(trace_fate_name(TRACE_FATE_SOCKET), "socket");
	assert_non_null(strstr(step_find(asked, TRACE_DELIVER, "packet")->sentence, "socket"));
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	asked_close(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_socket_is_told_of),
		cmocka_unit_test(test_new_flow_is_told_and_not_made),
		cmocka_unit_test(test_mapping_is_told_as_what_it_is),
		cmocka_unit_test(test_known_flow_and_short_cut),
		cmocka_unit_test(test_drop_has_reason_law_and_answer),
		cmocka_unit_test(test_service_is_told_by_name),
		cmocka_unit_test(test_room_that_is_made_is_given_back),
		cmocka_unit_test(test_refusal_for_want_of_ports),
		cmocka_unit_test(test_fragments_are_kept_and_cut),
		cmocka_unit_test(test_what_is_cut_off_counts_as_right),
		cmocka_unit_test(test_host_and_echo),
		cmocka_unit_test(test_rule_of_the_filter_is_told),
		cmocka_unit_test(test_rules_that_nearly_decide_are_told),
		cmocka_unit_test(test_sets_of_a_rule_are_told),
		cmocka_unit_test(test_flow_that_stands_before_its_rules),
		cmocka_unit_test(test_limits_of_a_subscriber),
		cmocka_unit_test(test_no_room_for_a_subscriber),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
