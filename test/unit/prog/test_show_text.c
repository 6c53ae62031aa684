/* Records as lines for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/bytes.h"
#include "prog/show_text.h"

static void line_is(enum ctl_show show, u32 part, const char *record, const char *right)
{
	json_t *object = json_loads(record, 0, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(object);
	assert_non_null(out);
	show_text_record(out, show, part, object);
	fclose(out);
	assert_string_equal(text, right);
	free(text);
	json_decref(object);
}

#define ENDS "\"orig\":{\"src\":\"10.10.0.2\",\"sport\":41022,\"dst\":\"198.18.0.2\",\"dport\":80}"

static void a_translated_flow(void **state)
{
	(void)state;
	line_is(CTL_SHOW_FLOWS, 0,
		"{\"proto\":\"tcp\",\"state\":\"established\"," ENDS ","
		"\"repl\":{\"src\":\"198.18.0.2\",\"sport\":80,\"dst\":\"198.18.0.1\","
		"\"dport\":23011},\"answered\":true,\"idle_ms\":3999,\"expires_ms\":7437000,"
		"\"packets\":[10,8],\"bytes\":[1200,9000]}",
		"tcp   established  10.10.0.2:41022       -> 198.18.0.2:80          as "
		"198.18.0.1:23011       idle 3s  expires 7437s  packets 10/8  bytes 1200/9000\n");
}

static void an_untranslated_unanswered_flow(void **state)
{
	(void)state;
	line_is(CTL_SHOW_FLOWS, 0,
		"{\"proto\":\"udp\",\"state\":\"new\"," ENDS ","
		"\"repl\":{\"src\":\"198.18.0.2\",\"sport\":80,\"dst\":\"10.10.0.2\","
		"\"dport\":41022},\"answered\":false,\"idle_ms\":0,\"expires_ms\":30000,"
		"\"packets\":[1,0],\"bytes\":[60,0]}",
		"udp   new          10.10.0.2:41022       -> 198.18.0.2:80          idle 0s  "
		"expires 30s  packets 1/0  bytes 60/0  unanswered\n");
}

/* An inside host behind a public address of its own is reached "at" its real one. */
static void a_flow_to_a_translated_destination(void **state)
{
	(void)state;
	line_is(CTL_SHOW_FLOWS, 0,
		"{\"proto\":\"tcp\",\"state\":\"syn-sent\"," ENDS ","
		"\"repl\":{\"src\":\"10.10.0.9\",\"sport\":80,\"dst\":\"10.10.0.2\","
		"\"dport\":41022},\"answered\":true,\"packets\":[1,0],\"bytes\":[60,0]}",
		"tcp   syn-sent     10.10.0.2:41022       -> 198.18.0.2:80          at "
		"10.10.0.9:80           idle 0s  expires 0s  packets 1/0  bytes 60/0\n");
}

static void icmp_has_identifiers(void **state)
{
	(void)state;
	line_is(CTL_SHOW_FLOWS, 0,
		"{\"proto\":\"icmp\",\"state\":\"echo\","
		"\"orig\":{\"src\":\"10.10.0.2\",\"dst\":\"198.18.0.2\",\"icmp_id\":77},"
		"\"repl\":{\"src\":\"198.18.0.2\",\"dst\":\"198.18.0.1\","
		"\"icmp_id\":99},\"answered\":true,\"packets\":[1,1],\"bytes\":[84,84]}",
		"icmp  echo         10.10.0.2 id 77       -> 198.18.0.2             as "
		"198.18.0.1 id 99       idle 0s  expires 0s  packets 1/1  bytes 84/84\n");
}

static void mappings_ports_destinations(void **state)
{
	(void)state;
	line_is(CTL_SHOW_NAT, 0,
		"{\"proto\":\"udp\",\"inside_addr\":\"10.10.0.2\",\"inside_port\":5000,"
		"\"public_addr\":\"198.18.0.1\",\"public_port\":40000,\"flows\":2,"
		"\"idle_ms\":1500}",
		"udp   10.10.0.2:5000         as 198.18.0.1:40000       flows 2  idle 1s\n");
	line_is(CTL_SHOW_NAT, 0,
		"{\"proto\":\"udp\",\"inside_addr\":\"10.10.0.2\",\"inside_port\":5000,"
		"\"public_addr\":\"198.18.0.1\",\"public_port\":40000,\"flows\":0,"
		"\"idle_ms\":1500}",
		"udp   10.10.0.2:5000         as 198.18.0.1:40000       flows 0  idle 1s  "
		"resting\n");
	line_is(CTL_SHOW_NAT, 0,
		"{\"proto\":\"icmp\",\"inside_addr\":\"10.10.0.2\",\"inside_icmp_id\":77,"
		"\"public_addr\":\"198.18.0.1\",\"public_icmp_id\":99,\"flows\":2,"
		"\"idle_ms\":1500}",
		"icmp  10.10.0.2 id 77        as 198.18.0.1 id 99       flows 2  idle 1s\n");
	line_is(CTL_SHOW_PORTS, 1,
		"{\"public_addr\":\"198.18.0.1\",\"proto\":\"icmp\",\"dst\":\"198.18.0.2\","
		"\"icmp_type\":8,\"icmp_code\":0,\"used\":10,\"left\":90,\"exact\":false}",
		"198.18.0.1       icmp  to 198.18.0.2 type 8      used 10  left about 90\n");
	line_is(CTL_SHOW_PORTS, 0,
		"{\"public_addr\":\"198.18.0.1\",\"proto\":\"tcp\",\"ports\":64512,\"mapped\":1,"
		"\"resting\":2,\"flows\":3,\"refused\":4}",
		"198.18.0.1       tcp   ports 64512  mapped 1  resting 2  flows 3  refused 4\n");
	line_is(CTL_SHOW_PORTS, 1,
		"{\"public_addr\":\"198.18.0.1\",\"proto\":\"tcp\",\"dst\":\"198.18.0.2\","
		"\"dport\":80,\"used\":10,\"left\":90,\"exact\":false}",
		"198.18.0.1       tcp   to 198.18.0.2:80          used 10  left about 90\n");
}

static void backends_services(void **state)
{
	(void)state;
	line_is(CTL_SHOW_BACKENDS, 0,
		"{\"service\":\"web\",\"addr\":\"10.10.0.5\",\"port\":8080,\"state\":\"draining\","
		"\"weight\":2,\"share\":100,\"left_ms\":9000,\"flows\":3,\"made\":5,"
		"\"moved\":1,\"reset\":2}",
		"web                       10.10.0.5:8080         draining  weight 2  left 9s"
		"  flows 3  made 5  moved 1  reset 2\n");
	line_is(CTL_SHOW_BACKENDS, 0,
		"{\"service\":\"web\",\"addr\":\"10.10.0.6\",\"port\":0,\"state\":\"warming\","
		"\"weight\":1,\"share\":40,\"left_ms\":0,\"flows\":0,\"made\":0,\"moved\":0,"
		"\"reset\":0,\"checks\":9,\"checks_failed\":4}",
		"web                       10.10.0.6              warming   weight 1  share 40%"
		"  flows 0  made 0  moved 0  reset 0  checks failed 4 of 9\n");
	line_is(CTL_SHOW_BACKENDS, 1,
		"{\"service\":\"web\",\"addr\":\"198.18.0.1\",\"proto\":\"tcp\",\"port_first\":80,"
		"\"port_last\":89,\"method\":\"least\",\"backends\":2,\"up\":1,\"flows\":3,"
		"\"made\":5,\"refused\":4,\"moved\":1,\"reset\":2}",
		"web                       tcp 198.18.0.1:80-89  least  up 1 of 2  flows 3  made 5"
		"  refused 4  moved 1  reset 2\n");
}

static void routes_and_drops(void **state)
{
	(void)state;
	line_is(CTL_SHOW_ROUTES, 0,
		"{\"prefix\":\"0.0.0.0/0\",\"type\":\"unicast\",\"paths\":[{\"gateway\":"
		"\"198.18.0.2\",\"interface\":\"gw1\",\"weight\":1}]}",
		"0.0.0.0/0           via 198.18.0.2  on gw1\n");
	line_is(CTL_SHOW_ROUTES, 0,
		"{\"prefix\":\"192.0.2.0/24\",\"type\":\"blackhole\",\"paths\":[]}",
		"192.0.2.0/24        blackhole\n");
	line_is(CTL_SHOW_DROPS, 0,
		"{\"name\":\"ttl_expired\",\"count\":3,\"sentence\":\"ran out\","
		"\"law\":\"RFC 1812 5.3.1\"}",
		"           3  ttl_expired           ran out (RFC 1812 5.3.1)\n");
}

static void sockets(void **state)
{
	(void)state;
	line_is(CTL_SHOW_SOCKETS, 0,
		"{\"proto\":\"udp\",\"state\":\"unconnected\",\"local\":{\"addr\":\"0.0.0.0\","
		"\"port\":520},\"interface\":\"gw1\",\"recv_queue\":104,\"send_queue\":0,"
		"\"handle\":\"0000000100000000\",\"datagrams_in\":2,\"dropped\":1}",
		"udp   unconnected      104      0  *:520                  *                      "
		"on gw1  in 2  dropped 1\n");
	line_is(CTL_SHOW_SOCKETS, 0,
		"{\"proto\":\"tcp\",\"state\":\"fin-wait-1\",\"local\":{\"addr\":\"10.10.0.1\","
		"\"port\":80},\"peer\":{\"addr\":\"10.10.0.5\",\"port\":4000},\"recv_queue\":0,"
		"\"send_queue\":7,\"timer\":\"retransmit\",\"timer_ms\":200,\"tries\":1,"
		"\"tcp\":{\"cc\":\"cubic\",\"cc_state\":\"slow-start\",\"ca_state\":\"open\","
		"\"cwnd\":14600,\"cwnd_segments\":10,\"mss\":1460,\"pmtu\":1500,\"rto_ms\":204,"
		"\"srtt_us\":4250,\"rttvar_us\":1000,\"min_rtt_us\":4000,\"sack\":true,"
		"\"bytes_acked\":9,\"bytes_received\":3,\"in_flight\":7}}",
		"tcp   fin-wait-1         0      7  10.10.0.1:80           10.10.0.5:4000         "
		"timer retransmit 200ms/1  cubic  slow-start  ca open  sack  rto 204  "
		"rtt 4.250/1.000  min 4.000  mss 1460  pmtu 1500  cwnd 10 (14600 B)  in-flight 7  "
		"acked 9  received 3  nobody's\n");
	line_is(CTL_SHOW_SOCKETS, 0,
		"{\"proto\":\"tcp\",\"state\":\"time-wait\",\"local\":{\"addr\":\"10.10.0.1\","
		"\"port\":179},\"peer\":{\"addr\":\"10.10.0.5\",\"port\":4000},\"recv_queue\":0,"
		"\"send_queue\":0,\"signs\":\"ao\",\"key_id\":0,\"rnext_key_id\":7}",
		"tcp   time-wait          0      0  10.10.0.1:179          10.10.0.5:4000         "
		"signs ao key 0 next 7  nobody's\n");
	line_is(CTL_SHOW_SOCKETS, 0,
		"{\"proto\":\"tcp\",\"state\":\"time-wait\",\"local\":{\"addr\":\"10.10.0.1\","
		"\"port\":179},\"peer\":{\"addr\":\"10.10.0.5\",\"port\":4000},\"recv_queue\":0,"
		"\"send_queue\":0,\"signs\":\"md5\"}",
		"tcp   time-wait          0      0  10.10.0.1:179          10.10.0.5:4000         "
		"signs md5  nobody's\n");
	line_is(CTL_SHOW_SOCKETS, 0,
		"{\"proto\":\"tcp\",\"state\":\"established\",\"leg\":\"inside\","
		"\"local\":{\"addr\":\"203.0.113.5\",\"port\":443},"
		"\"peer\":{\"addr\":\"10.10.0.5\",\"port\":4000},\"recv_queue\":0,"
		"\"send_queue\":0,\"tcp\":{\"cc\":\"bbr\",\"cc_state\":\"probe bw\","
		"\"ca_state\":\"open\",\"cwnd\":29200,\"cwnd_segments\":20,\"mss\":1460,"
		"\"pmtu\":1500,\"rto_ms\":204,\"bytes_again\":4380,\"bytes_acked\":9,"
		"\"bytes_received\":3}}",
		"tcp   established        0      0  203.0.113.5:443        10.10.0.5:4000         "
		"split inside  bbr  probe bw  ca open  rto 204  mss 1460  pmtu 1500  "
		"cwnd 20 (29200 B)  retransmitted 4380  acked 9  received 3\n");
}

/* A gateway of another version may say less, or other things. */
static void missing_keys_are_empty(void **state)
{
	(void)state;
	line_is(CTL_SHOW_COUNTERS, 0, "{\"name\":7}", "           0                      \n");
	line_is(CTL_SHOW_NEIGHBOURS, 0, "{}",
		"                                  -                            \n");
}

static void rules_and_sets(void **state)
{
	(void)state;
	line_is(CTL_SHOW_RULES, 0,
		"{\"chain\":\"forward\",\"index\":3,\"name\":\"web\",\"states\":[\"new\","
		"\"related\"],\"in\":[\"lan\",\"lan2\"],\"proto\":\"tcp\","
		"\"tcp_flags\":\"syn,!ack\",\"src\":\"!@bad\",\"dport\":\"80-443\","
		"\"source_limit\":{\"rate\":10,\"per_s\":60,\"burst\":5},\"limit_over\":true,"
		"\"action\":\"reject\",\"with\":\"tcp-reset\",\"log\":true,\"packets\":5,"
		"\"bytes\":600}",
		"forward       3  reject tcp-reset  state new,related  in lan,lan2  tcp flags "
		"syn,!ack  from !@bad  to port 80-443  above 10 in 60s of each source, burst 5  "
		"log  # web  packets 5  bytes 600\n");
	line_is(CTL_SHOW_RULES, 0,
		"{\"chain\":\"input\",\"policy\":true,\"action\":\"accept\",\"packets\":0,"
		"\"bytes\":0}",
		"input    policy  accept  packets 0  bytes 0\n");
	line_is(CTL_SHOW_SETS, 0,
		"{\"name\":\"bad\",\"kind\":\"addresses\",\"changed\":true,\"elements\":7,"
		"\"room\":3,\"hits\":9}",
		"bad              addresses      elements 7  room for 3 more  hits 9  changed at "
		"run time\n");
}

static void the_end(void **state)
{
	json_t *end = json_loads("{\"count\":0}", 0, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	show_text_end(out, CTL_SHOW_DROPS, false, end);
	show_text_end(out, CTL_SHOW_SETS, true, end);
	fclose(out);
	assert_string_equal(text, "no packet was dropped\nnothing matches\n");
	free(text);
	json_decref(end);
}

static void subscribers(void **state)
{
	(void)state;
	line_is(CTL_SHOW_SUBSCRIBERS, 0,
		"{\"subscriber\":\"10.10.0.2/32\",\"flows\":7,\"ports\":5,\"flow_limit\":0,"
		"\"port_limit\":0,\"rate_limit\":0}",
		"10.10.0.2/32        flows 7  ports 5\n");
	line_is(CTL_SHOW_SUBSCRIBERS, 0,
		"{\"subscriber\":\"10.10.0.0/24\",\"flows\":7,\"ports\":5,\"flow_limit\":8,"
		"\"port_limit\":5,\"rate_limit\":20,\"refused_ports\":3,\"refused_rate\":4}",
		"10.10.0.0/24        flows 7 of 8  ports 5 of 5 (refused 3)  at most 20 new/s "
		"(refused 4)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_translated_flow),
		cmocka_unit_test(an_untranslated_unanswered_flow),
		cmocka_unit_test(a_flow_to_a_translated_destination),
		cmocka_unit_test(icmp_has_identifiers),
		cmocka_unit_test(mappings_ports_destinations),
		cmocka_unit_test(backends_services),
		cmocka_unit_test(subscribers),
		cmocka_unit_test(routes_and_drops),
		cmocka_unit_test(sockets),
		cmocka_unit_test(missing_keys_are_empty),
		cmocka_unit_test(rules_and_sets),
		cmocka_unit_test(the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
