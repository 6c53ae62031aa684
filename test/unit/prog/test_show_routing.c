/* Routing as lines for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/show_routing.h"

static void line_is(enum ctl_show show, const char *record, const char *right)
{
	json_t *object = json_loads(record, 0, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(object);
	assert_non_null(out);
	assert_true(show_text_routing(out, show, object));
	fclose(out);
	assert_string_equal(text, right);
	free(text);
	json_decref(object);
}

#define BGP_PATH                                                                                   \
	"\"prefix\":\"10.0.0.0/8\",\"source\":\"bgp\",\"type\":\"unicast\",\"distance\":20,"       \
	"\"metric\":0,\"best\":true,\"reachable\":true,\"hops\":[{\"weight\":1,"                   \
	"\"gateway\":\"198.18.0.2\"}],\"peer\":\"north\",\"origin\":\"IGP\","                      \
	"\"as_path\":\"65001 65002\",\"local_pref\":150,\"communities\":[\"1:2\",\"no-export\"],"  \
	"\"why\":\"local preference 150 is higher than 100\""

static void paths(void **state)
{
	(void)state;
	line_is(CTL_SHOW_RIB, "{" BGP_PATH "}",
		"* 10.0.0.0/8          bgp         20/0      via 198.18.0.2  from north  path "
		"65001 65002 IGP  pref 150  communities 1:2 no-export\n");
	line_is(CTL_SHOW_RIB,
		"{\"prefix\":\"0.0.0.0/0\",\"source\":\"ospf\",\"type\":\"unicast\","
		"\"distance\":110,\"metric\":7,\"equal\":true,\"reachable\":false,\"hops\":["
		"{\"gateway\":\"10.0.0.1\",\"interface\":\"gw0\"},{\"interface\":\"gw1\"}]}",
		"= 0.0.0.0/0           ospf       110/7      via 10.0.0.1 on gw0, on gw1  "
		"unreachable\n");
	line_is(CTL_SHOW_RIB,
		"{\"prefix\":\"192.0.2.0/24\",\"source\":\"static\",\"type\":\"blackhole\","
		"\"distance\":1,\"metric\":0,\"tag\":7,\"reachable\":true,\"hidden\":true}",
		"  192.0.2.0/24        static       1/0      blackhole  tag 7  BFD does not reach "
		"it\n");
	line_is(CTL_SHOW_RIB,
		"{\"prefix\":\"192.0.2.0/24\",\"source\":\"static\",\"type\":\"blackhole\","
		"\"distance\":254,\"metric\":0,\"best\":true,\"reachable\":true,"
		"\"withheld\":\"no link inside is up\"}",
		"* 192.0.2.0/24        static     254/0      blackhole  announced to nobody: no "
		"link inside is up\n");
}

static void why_one_is_the_best(void **state)
{
	(void)state;
	line_is(CTL_SHOW_PATHS, "{" BGP_PATH ",\"cost\":3}",
		"* 10.0.0.0/8  bgp  distance 20  metric 0  via 198.18.0.2  from north  path 65001 "
		"65002 IGP  pref 150  communities 1:2 no-export  cost to the next hop 3\n"
		"    the best: local preference 150 is higher than 100\n");
	line_is(CTL_SHOW_PATHS,
		"{\"prefix\":\"10.0.0.0/8\",\"source\":\"rip\",\"type\":\"unicast\","
		"\"distance\":120,\"metric\":2,\"reachable\":true,"
		"\"why\":\"distance 20 is lower than 120\"}",
		"  10.0.0.0/8  rip  distance 120  metric 2\n    distance 20 is lower than 120\n");
	line_is(CTL_SHOW_PATHS,
		"{\"prefix\":\"10.0.0.0/8\",\"source\":\"bgp\",\"kept\":false,"
		"\"peer\":\"north\",\"why\":\"its path has the gateway's own AS\"}",
		"  10.0.0.0/8  bgp  from north  not kept\n    its path has the gateway's own AS\n");
}

static void peers(void **state)
{
	(void)state;
	line_is(CTL_SHOW_BGP,
		"{\"name\":\"north\",\"addr\":\"198.18.0.2\",\"as\":65001,"
		"\"state\":\"Established\",\"since_ms\":93784000,\"paths\":12,"
		"\"prefix_limit\":100,\"announced\":3}",
		"north            198.18.0.2       AS 65001       Established  up 1d2h  routes 12 "
		"of 100  announced 3\n");
	line_is(CTL_SHOW_BGP,
		"{\"name\":\"north\",\"addr\":\"198.18.0.2\",\"as\":65001,"
		"\"state\":\"Established\",\"paths\":1,\"announced\":0,"
		"\"pools_withheld\":\"no link inside is up\"}",
		"north            198.18.0.2       AS 65001       Established  routes 1  announced "
		"0  no pools: no link inside is up\n");
	line_is(CTL_SHOW_BGP,
		"{\"name\":\"south\",\"addr\":\"198.19.0.2\",\"as\":65002,\"state\":\"Idle\","
		"\"since_ms\":61000,\"held\":\"shutdown\",\"paths\":0,\"announced\":0,"
		"\"retry_ms\":5000,\"last_received\":{\"code\":6,\"subcode\":2,\"says\":\"cease\","
		"\"more\":\"administrative shutdown\",\"text\":\"see you\"}}",
		"south            198.19.0.2       AS 65002       Idle         down 1m1s  held: "
		"shutdown  routes 0  announced 0  tries again in 5s  it said: cease  "
		"administrative shutdown  \"see you\"\n");
	line_is(CTL_SHOW_BGP,
		"{\"name\":\"north\",\"addr\":\"198.18.0.2\",\"as\":65001,"
		"\"state\":\"Established\",\"paths\":1,\"announced\":0,\"loops\":2,"
		"\"last_loop\":\"10.0.0.0/8\",\"first_as\":1}",
		"north            198.18.0.2       AS 65001       Established  routes 1  own AS in "
		"the path 2, last 10.0.0.0/8  first AS not its own 1  announced 0\n");
	line_is(CTL_SHOW_BGP_ROUTES,
		"{\"prefix\":\"10.0.0.0/8\",\"refused\":true,\"next_hop\":\"198.18.0.2\","
		"\"origin\":\"EGP\",\"as_path\":\"\",\"med\":0}",
		"x 10.0.0.0/8          via 198.18.0.2       path EGP  med 0  refused by policy\n");
	line_is(CTL_SHOW_BGP_ANNOUNCED,
		"{\"prefix\":\"10.0.0.0/8\",\"source\":\"static\",\"path_id\":1,\"next_hop\":"
		"\"198.18.0.1\",\"origin\":\"IGP\",\"as_path\":\"65010 65010\",\"med\":5}",
		"  10.0.0.0/8          via 198.18.0.1       id 1  path 65010 65010 IGP  med 5  of "
		"static\n");
}

static void one_peer(void **state)
{
	(void)state;
	line_is(CTL_SHOW_BGP_PEER,
		"{\"name\":\"north\",\"addr\":\"198.18.0.2\",\"as\":65001,"
		"\"internal\":false,\"state\":\"Established\",\"since_ms\":93784000,"
		"\"local\":\"198.18.0.1\","
		"\"router_id\":\"9.9.9.9\",\"hold_s\":9,\"keepalive_s\":3,\"own_hold_s\":180,"
		"\"own_keepalive_s\":60,\"connect_retry_s\":120,\"offers_hold_s\":9,"
		"\"called\":true,\"as4\":true,\"refresh\":true,\"add_path_receive\":true,"
		"\"offers\":[\"as4\",\"refresh\",\"graceful_restart\",\"add_path_send\"],"
		"\"offers_restart_s\":120,\"authentication\":\"md5\",\"bfd\":true,"
		"\"import\":\"from-north\",\"export_missing\":true,\"heard_ms\":1000,"
		"\"said_ms\":2000,\"keepalive_left_ms\":500,\"hold_left_ms\":8000,\"paths\":12,"
		"\"prefix_limit\":100,\"refused\":3,\"announced\":5,\"out_bytes\":7,"
		"\"established\":3,\"messages_in\":40,\"opens_in\":3,\"updates_in\":12,"
		"\"keepalives_in\":24,\"notifications_in\":1,\"prefixes_in\":15,"
		"\"messages_out\":31,\"opens_out\":3,\"keepalives_out\":28,\"loops\":2,"
		"\"last_loop\":\"10.0.0.0/8\",\"discarded\":1,\"last_sent\":{\"code\":4,"
		"\"says\":\"hold timer expired\",\"ago_ms\":7500000},\"last_received\":{"
		"\"code\":6,\"subcode\":2,\"says\":\"cease\",\"more\":\"administrative "
		"shutdown\",\"text\":\"see you\",\"ago_ms\":61000}}",
		"north  198.18.0.2 AS 65001, external  Established for 1d2h\n"
		"  came up 3 times, from 198.18.0.1, its identifier 9.9.9.9, it called\n"
		"  agreed: hold 9s, keepalive 3s; here 180s and 60s, there 9s\n"
		"  timers: heard 1s ago, keepalive sent 2s ago, the next in 0s, given up in 8s\n"
		"  capabilities: 4-byte AS, route refresh, graceful restart (of the peer only), "
		"add-path from it, restarts within 120s\n"
		"  import from-north, export none, so nothing (RFC 8212), authentication md5, BFD\n"
		"  routes: 12 of at most 100, refused by policy 3, announced 5, bytes that wait "
		"for TCP 7\n"
		"  received: 40 messages, opens 3, updates 12, keepalives 24, notifications 1, "
		"prefixes 15\n"
		"  sent: 31 messages, opens 3, keepalives 28\n"
		"  not kept: 2 own AS in the path, last 10.0.0.0/8\n"
		"  not kept: 1 malformed, an attribute left out\n"
		"  told it: hold timer expired, 2h5m ago\n"
		"  it said: cease, administrative shutdown, \"see you\", 1m1s ago\n");
	line_is(CTL_SHOW_BGP_PEER,
		"{\"name\":\"south\",\"addr\":\"198.19.0.2\",\"as\":64500,\"internal\":true,"
		"\"state\":\"Idle\",\"since_ms\":61000,\"held\":\"shutdown\","
		"\"own_hold_s\":180,"
		"\"own_keepalive_s\":60,\"connect_retry_s\":120,\"authentication\":\"none\","
		"\"paths\":0,\"announced\":0}",
		"south  198.19.0.2 AS 64500, internal  Idle and down for 1m1s, held: shutdown\n"
		"  came up 0 times\n"
		"  here: hold 180s, keepalive 60s, connect retry 120s\n"
		"  timers: none\n"
		"  import all, export all, authentication none\n"
		"  routes: 0, announced 0\n"
		"  received: 0 messages\n"
		"  sent: 0 messages\n");
}

/* What nobody would hear of otherwise: why a neighbour is not one. */
static void interfaces_that_refuse(void **state)
{
	(void)state;
	line_is(CTL_SHOW_OSPF_INTERFACES,
		"{\"interface\":\"gw0\",\"area\":\"0.0.0.0\",\"type\":\"broadcast\",\"state\":"
		"\"DR\",\"addr\":\"10.0.0.1/24\",\"cost\":10,\"neighbours\":1,\"full\":0,"
		"\"hello_ms\":3000,\"hello_s\":10,\"dead_s\":40,\"retransmit_s\":5,"
		"\"authentication\":\"keys\",\"hellos_in\":3,\"hellos_out\":4,\"updates_out\":1,"
		"\"refused\":7,\"last_refused\":{\"why\":\"another area\",\"from\":\"10.0.0.9\","
		"\"ago_ms\":2000}}",
		"gw0         10.0.0.1/24         area 0.0.0.0    broadcast       DR        cost "
		"10  neighbours 1, full 0  says hello in 3s  hello 10s, dead 40s, retransmits in "
		"5s  authentication keys  hellos 3/4  updates 0/1  refused 7, the last another "
		"area, from 10.0.0.9, 2s ago\n");
	line_is(CTL_SHOW_RIP_INTERFACES,
		"{\"interface\":\"gw1\",\"addr\":\"10.1.0.1\",\"active\":true,\"cost\":1,"
		"\"neighbours\":0,\"authentication\":\"keys\",\"update_ms\":9000,\"update_s\":30,"
		"\"timeout_s\":180,\"garbage_s\":120,\"packets_in\":2,\"updates\":5,"
		"\"refused\":2,\"last_refused\":{\"why\":\"wrong digest\",\"ago_ms\":1000}}",
		"gw1         10.1.0.1         active    cost  1  neighbours 0  authentication "
		"keys  tells in 9s  each 30s, times out in 180s, goes in 120s  in 2  updates 5  "
		"refused 2, the last wrong digest, 1s ago\n");
}

static void the_others(void **state)
{
	(void)state;
	line_is(CTL_SHOW_OSPF,
		"{\"router_id\":\"1.1.1.1\",\"addr\":\"10.0.0.2\",\"interface\":\"gw0\","
		"\"state\":\"Full\",\"priority\":1,\"dead_ms\":38000,\"full_ms\":7500000}",
		"1.1.1.1          10.0.0.2         on gw0         Full       priority 1  full for "
		"2h5m  dead in 38s\n");
	line_is(CTL_SHOW_OSPF_DATABASE,
		"{\"type\":\"router\",\"id\":\"1.1.1.1\",\"router\":\"1.1.1.1\",\"age_s\":12,"
		"\"sequence\":\"80000002\",\"bytes\":48,\"area\":\"0.0.0.0\",\"own\":true}",
		"router          1.1.1.1          of 1.1.1.1          age   12s  sequence "
		"80000002  48 bytes  area 0.0.0.0  own\n");
	line_is(CTL_SHOW_RIP,
		"{\"prefix\":\"10.0.0.0/8\",\"kind\":\"learned\",\"metric\":3,\"tag\":7,"
		"\"left_ms\":170000,\"hops\":[{\"from\":\"10.1.0.2\",\"gateway\":\"10.1.0.3\","
		"\"interface\":\"gw0\"}]}",
		"10.0.0.0/8          learned      metric  3  tag 7  via 10.1.0.3 on gw0, says "
		"10.1.0.2  for 2m50s\n");
	line_is(CTL_SHOW_BFD,
		"{\"addr\":\"10.0.0.2\",\"interface\":\"gw0\",\"state\":\"Up\",\"since_ms\":1000,"
		"\"for\":[\"bgp\",\"ospf\"],\"detect_us\":900000,\"tx_us\":300000,\"downs\":2}",
		"10.0.0.2         on gw0         Up         for 1s  serves bgp ospf  detects in "
		"900ms  sends each 300ms  downs 2\n");
	line_is(CTL_SHOW_FPM,
		"{\"connected\":true,\"addr\":\"127.0.0.1\",\"port\":40000,\"same_host\":true,"
		"\"since_ms\":61000,\"routes\":5,\"next_hops\":2,\"stale\":1,\"hold_ms\":3000,"
		"\"frames\":9,\"messages\":8,\"sets\":7,\"unsets\":6,\"connections\":1,"
		"\"refused\":{\"of_kernel\":3,\"labels\":4}}",
		"connected with 127.0.0.1 port 40000  for 1m1s  on this host\n"
		"  routes 5  next hops 2  stale 1  which go in 3s\n"
		"  frames 9  messages 8  set 7  unset 6  connections 1  not taken: of_kernel 3, "
		"labels 4\n");
	line_is(CTL_SHOW_FPM, "{\"connected\":false}",
		"nobody is connected\n  routes 0  next hops 0\n"
		"  frames 0  messages 0  set 0  unset 0\n");
	line_is(CTL_SHOW_RIB,
		"{\"prefix\":\"10.0.0.0/8\",\"source\":\"fpm\",\"protocol\":\"ospf\","
		"\"distance\":130,\"metric\":20,\"best\":true,\"reachable\":true,"
		"\"type\":\"blackhole\"}",
		"* 10.0.0.0/8          fpm        130/20     blackhole  of ospf\n");
}

static void every_show_of_routing_has_lines(void **state)
{
	json_t *empty = json_object();
	FILE *nowhere = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(nowhere);
	for (int show = 0; show < CTL_SHOW_COUNT; show++) {
		bool routing = show >= CTL_SHOW_RIB && show <= CTL_SHOW_BFD;

		assert_int_equal(show_text_routing(nowhere, (enum ctl_show)show, empty), routing);
		assert_int_equal(show_routing_nothing((enum ctl_show)show) != NULL, routing);
	}
	fclose(nowhere);
	json_decref(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(why_one_is_the_best),
		cmocka_unit_test(peers),
		cmocka_unit_test(one_peer),
		cmocka_unit_test(interfaces_that_refuse),
		cmocka_unit_test(the_others),
		cmocka_unit_test(every_show_of_routing_has_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
