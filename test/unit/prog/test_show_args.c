/* The command line of `sluice show`, and that the gateway understands the request made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/show_args.h"

enum { WORDS_MAX = 16 };

static bool parse(const char *line, struct show_args *args, struct ctl_why *why)
{
	/* Values are kept, not copied: they live as long as the test. */
	static char words[8][256];
	static int turn;
	char *argv[WORDS_MAX + 1] = { NULL };
	char *text = words[turn++ % 8];
	int argc = 0;

	assert_true(strlen(line) < sizeof words[0]);
	memcpy(text, line, strlen(line) + 1);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	return show_args_parse(argc, argv, args, why);
}

static struct show_args parse_good(const char *line)
{
	struct show_args args;
	struct ctl_why why;

	if (!parse(line, &args, &why))
		fail_msg("%s: %s", line, why.text);
	return args;
}

static void refused(const char *line, const char *first, const char *second)
{
	struct show_args args;
	struct ctl_why why;

	if (parse(line, &args, &why))
		fail_msg("%s: taken", line);
	if (!strstr(why.text, first) || !strstr(why.text, second))
		fail_msg("%s: said '%s'", line, why.text);
}

/* What the gateway reads out of the request. */
static struct ctl_request request_of(const char *line)
{
	struct show_args args = parse_good(line);
	char *text = show_args_request(&args);
	struct ctl_request request;
	struct ctl_why why;

	assert_non_null(text);
	if (!ctl_request_parse(text, strlen(text), &request, &why))
		fail_msg("%s: %s", text, why.text);
	free(text);
	return request;
}

static void filters_arrive(void **state)
{
	struct ctl_request request = request_of(
		"show flows --addr 10.0.0.0/8 --port=80 --proto tcp "
		"--state established --unanswered --limit 5");

	(void)state;
	assert_int_equal(request.show, CTL_SHOW_FLOWS);
	assert_int_equal(request.flow.addr_len, 8);
	assert_int_equal(request.flow.port, 80);
	assert_int_equal(request.flow.proto, 6);
	assert_string_equal(request.state, "established");
	assert_true(request.flow.unanswered_only);
	assert_int_equal(request.limit, 5);
	assert_false(request.count_only);
	assert_false(request.flow.by_icmp_id);
	request = request_of("show nat --icmp-id 0");
	assert_true(request.flow.by_icmp_id);
	assert_int_equal(request.flow.icmp_id, 0);
	assert_int_equal(request_of("show flows --icmp-id=77").flow.icmp_id, 77);
}

/* Of routing, a second word says what of a protocol, a third whose. */
static void words_of_routing(void **state)
{
	static const struct {
		const char *line;
		enum ctl_show show;
	} shows[] = {
		{ "show rib", CTL_SHOW_RIB },
		{ "show fib", CTL_SHOW_ROUTES },
		{ "show bgp", CTL_SHOW_BGP },
		{ "show bgp peers", CTL_SHOW_BGP },
		{ "show bgp routes north", CTL_SHOW_BGP_ROUTES },
		{ "show bgp announced north", CTL_SHOW_BGP_ANNOUNCED },
		{ "show ospf", CTL_SHOW_OSPF },
		{ "show ospf neighbours", CTL_SHOW_OSPF },
		{ "show ospf interfaces", CTL_SHOW_OSPF_INTERFACES },
		{ "show ospf database", CTL_SHOW_OSPF_DATABASE },
		{ "show ospf routes", CTL_SHOW_OSPF_ROUTES },
		{ "show rip", CTL_SHOW_RIP },
		{ "show rip interfaces", CTL_SHOW_RIP_INTERFACES },
		{ "show rip neighbours", CTL_SHOW_RIP_NEIGHBOURS },
		{ "show fpm", CTL_SHOW_FPM },
		{ "show bfd", CTL_SHOW_BFD },
	};
	struct ctl_request request;

	(void)state;
	for (u32 i = 0; i < ARRAY_COUNT(shows); i++)
		assert_int_equal(request_of(shows[i].line).show, shows[i].show);
	assert_string_equal(request_of("show bgp routes north --limit 3").peer, "north");
	request = request_of("show rib 10.0.0.0/8");
	assert_int_equal(be32_host(request.flow.addr), 0x0a000000);
	assert_int_equal(request.flow.addr_len, 8);
	assert_int_equal(request_of("show fib 10.0.0.1").flow.addr_len, 32);
	assert_int_equal(request_of("show bgp announced n --addr 10.0.0.0/8").flow.addr_len, 8);
	refused("show bgp routes", "which peer?", "show bgp");
	refused("show bgp route north", "show bgp route", "did you mean routes");
	refused("show ospf x", "show ospf x", "neighbours, interfaces, database, routes");
	refused("show rib 10.0.0.1/8", "--addr 10.0.0.1/8", "without bits");
	refused("show rib 10.0.0.0/8 10.0.0.0/8", "10.0.0.0/8", "one thing");
	refused("show bgp peers north", "north", "one thing");
	refused("show bfd north", "north", "one thing");
	refused("show bgp routes thirty-two-letters-are-one-too-many", "letters", "31");
	refused("show ospfd", "ospfd", "did you mean ospf?");
}

static void sockets_have_states_of_their_own(void **state)
{
	struct ctl_request request = request_of("show sockets --state fin-wait-2 --port 80");

	(void)state;
	assert_int_equal(request.show, CTL_SHOW_SOCKETS);
	assert_string_equal(request.state, "fin-wait-2");
	assert_int_equal(request.flow.port, 80);
}

/* A state is one of what is shown. */
static void states_of_each_show(void **state)
{
	(void)state;
	assert_string_equal(request_of("show backends --state draining").state, "draining");
	assert_string_equal(request_of("show --state gone interfaces").state, "gone");
	assert_string_equal(request_of("show neighbours --state failed").state, "failed");
	refused("show backends --state established", "--state established",
		"up, warming, draining, drained, down");
	refused("show interfaces --state established", "--state established", "up, down, gone");
	refused("show neighbours --state free", "--state free", "there is no such state");
	refused("show flows --state draining", "--state draining", "syn-sent");
	refused("show routes --state up", "show routes takes no --state", "--addr, --zone");
}

static void filters_of_each_show(void **state)
{
	struct ctl_request request = request_of(
		"show backends --addr 10.0.0.5 --port 80 --proto udp --zone blue");

	(void)state;
	assert_int_equal(request.flow.port, 80);
	assert_int_equal(request.flow.proto, 17);
	assert_string_equal(request.zone, "blue");
	request = request_of("show rules --chain output --zone none");
	assert_true(request.by_chain);
	assert_int_equal(request.chain, FILTER_OUTPUT);
	assert_string_equal(request.zone, "none");
	request = request_of("show interfaces lan0 --addr 10.0.0.0/8 --zone blue");
	assert_string_equal(request.name, "lan0");
	assert_int_equal(request.flow.addr_len, 8);
	assert_string_equal(request_of("show drops nat").name, "nat");
	assert_string_equal(request_of("show counters packets").name, "packets");
	assert_string_equal(request_of("show neighbours --zone red").zone, "red");
	assert_string_equal(request_of("show zones --zone red").zone, "red");
	assert_string_equal(request_of("show sets bad").set, "bad");
	refused("show rules --chain forwards", "--chain forwards", "input, forward or output");
	request = request_of("show rules --addr 10.0.0.0/8 --port 443 --proto tcp --state new");
	assert_int_equal(request.flow.addr_len, 8);
	assert_int_equal(request.flow.port, 443);
	assert_int_equal(request.flow.proto, 6);
	assert_string_equal(request.state, "new");
	refused("show rules --state syn-sent", "--state syn-sent",
		"new, established, related, untracked");
	refused("show rules --unanswered", "show rules takes no --unanswered",
		"it takes --addr, --port, --proto, --zone, --state, --chain, --limit, --count");
	assert_int_equal(request_of("show sets --addr 10.0.0.7 --port 22").flow.port, 22);
	assert_string_equal(request_of("show sets bad --addr 10.0.0.7").set, "bad");
	refused("show ports --zone blue", "show ports takes no --zone", "--addr, --port, --proto");
	refused("show memory --addr 10.0.0.1", "show memory takes no --addr",
		"it takes --limit, --count, --control and --json");
	refused("show sets --state up", "show sets takes no --state", "--limit");
	refused("show drops nat filter", "filter", "one thing");
	refused("show memory flows", "flows", "one thing");
	refused("show interfaces an-interface-with-a-name-that-is-long", "an-interface", "letters");
}

static void plain_and_all(void **state)
{
	(void)state;
	assert_false(request_of("show drops").all);
	assert_true(request_of("show drops --all").all);
	assert_true(request_of("show nat --count").count_only);
	assert_int_equal(request_of("show --count memory").show, CTL_SHOW_MEMORY);
}

/* The first of an unordered list would be the wrong ones. */
static void the_client_puts_subscribers_in_order(void **state)
{
	(void)state;
	assert_int_equal(request_of("show subscribers --limit 3").limit, 0);
	assert_int_equal(request_of("show subscribers --limit 3 --json").limit, 3);
	assert_int_equal(request_of("show subscribers --limit 3 --count").limit, 3);
	assert_int_equal(request_of("show flows --limit 3").limit, 3);
}

static void for_the_client_itself(void **state)
{
	struct show_args args = parse_good("show ports --json --control /run/other.sock");

	(void)state;
	assert_true(args.json);
	assert_string_equal(args.control, "/run/other.sock");
	assert_null(parse_good("show nat").control);
	assert_true(parse_good("show --help").help);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refused("show", "show what", "neighbours");
	refused("show flow", "flow", "did you mean flows");
	refused("show zebra", "zebra", "flows, nat, ports");
	refused("show flows nat", "nat", "one thing");
	refused("show flows --prot tcp", "--prot", "--prot"); /* near to two of them */
	refused("show flows --limt 4", "--limt", "did you mean --limit");
	refused("show flows --addr 10.0.0.1/8", "10.0.0.1/8", "beyond");
	refused("show flows --port 70000", "70000", "65535");
	refused("show flows --proto sctpp", "sctpp", "icmp");
	refused("show flows --proto sctpp", "sctpp", "did you mean sctp");
	refused("show flows --limit", "--limit", "needs a value");
	refused("show flows --count=3", "--count=3", "no value");
	refused("show routes --port 4", "--port", "--addr, --zone, --limit, --count");
	refused("show flows --all", "--all", "--unanswered");
	refused("show flows --state established2", "--state established2",
		"did you mean established?");
	refused("show flows --state shut", "--state shut", "time-wait");
	refused("show flows --state ESTABLISHED", "--state ESTABLISHED",
		"did you mean established?");
	refused("show flows --state open-up", "--state open-up", "two-way");
	refused("show sockets --state listening", "--state listening", "unconnected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_arrive),
		cmocka_unit_test(words_of_routing),
		cmocka_unit_test(sockets_have_states_of_their_own),
		cmocka_unit_test(states_of_each_show),
		cmocka_unit_test(filters_of_each_show),
		cmocka_unit_test(plain_and_all),
		cmocka_unit_test(the_client_puts_subscribers_in_order),
		cmocka_unit_test(for_the_client_itself),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
