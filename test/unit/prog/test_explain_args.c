/* Command lines of explain, events and flush: the packet that is described is a right one, and the
 * gateway understands the requests.                                                              */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/wire/checksum.h"
#include "core/wire/crc32c.h"
#include "core/wire/dccp.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"
#include "fake/seen.h"
#include "host/io/pcap_packet.h"
#include "prog/explain_args.h"
#include "prog/explain_text.h"
#include "prog/order_args.h"

enum { WORDS_MAX = 32, LINE_MAX = 512 };

static int split(const char *line, char text[LINE_MAX], char *argv[WORDS_MAX + 1])
{
	int argc = 0;

	assert_true(strlen(line) < LINE_MAX);
	memcpy(text, line, strlen(line) + 1);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static struct explain_args good(const char *line)
{
	static char text[LINE_MAX];
	char *argv[WORDS_MAX + 1];
	struct explain_args args;
	struct ctl_why why;
	int argc = split(line, text, argv);

	if (!explain_args_parse(argc, argv, &args, &why))
		fail_msg("%s: %s", line, why.text);
	return args;
}

static void refused(const char *line, const char *what)
{
	char text[LINE_MAX];
	char *argv[WORDS_MAX + 1];
	struct explain_args args;
	struct ctl_why why;
	int argc = split(line, text, argv);

	if (explain_args_parse(argc, argv, &args, &why))
		fail_msg("%s: taken", line);
	if (!strstr(why.text, what))
		fail_msg("%s: said '%s'", line, why.text);
}

/* The packet as the gateway reads it out of the request. */
static struct ctl_request asked(const struct explain_args *args, struct seen *seen)
{
	static struct ctl_request request;
	static u8 packet[PCAP_PACKET_MAX];
	struct ctl_why why;
	u32 full_len, len = explain_packet(args, packet, sizeof packet, &full_len);
	char *line = explain_request(args, packet, len, full_len);

	assert_non_null(line);
	if (!ctl_request_parse(line, strlen(line), &request, &why))
		fail_msg("%s: %s", line, why.text);
	free(line);
	assert_int_equal(request.verb, CTL_VERB_EXPLAIN);
	assert_string_equal(request.in_if, args->in_if);
	assert_int_equal(request.full_len, full_len);
	assert_true(seen_parse(seen, request.packet, request.packet_len));
	return request;
}

static void a_described_packet(void **state)
{
	struct explain_args args = good(
		"explain --in eth1 --src 10.10.0.5 --dst=203.0.113.9 --dport "
		"443 --sport 41000 --flags syn,ack --ttl 3 --df");
	struct seen seen;

	(void)state;
	asked(&args, &seen);
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.proto, IP_PROTO_TCP);
	assert_int_equal(seen.flags, TCP_SYN | TCP_ACK);
	assert_int_equal(seen.sport, 41000);
	assert_int_equal(seen.dport, 443);
	assert_int_equal(seen.ttl, 3);
	assert_true(seen.df);
	assert_int_equal(seen.len, 40);
	args = good("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --dport 7 --flags ece,cwr,urg");
	asked(&args, &seen);
	assert_int_equal(seen.flags, TCP_ECE | TCP_CWR | TCP_URG);
}

static void a_message_of_icmp(void **state)
{
	static const struct {
		const char *said;
		u8 type;
		u8 code;
	} messages[] = {
		{ "", ICMP_ECHO, 0 },
		{ " --icmp echo-reply", ICMP_ECHO_REPLY, 0 },
		{ " --icmp unreachable/port", ICMP_UNREACH, ICMP_UNREACH_PORT },
		{ " --icmp 200/7", 200, 7 },
	};
	char line[LINE_MAX];
	struct seen seen;

	(void)state;
	for (size_t n = 0; n < ARRAY_COUNT(messages); n++) {
		struct explain_args args;

		snprintf(line, sizeof line,
			 "explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto icmp%s",
			 messages[n].said);
		args = good(line);
		asked(&args, &seen);
		assert_int_equal(seen.wrong, 0);
		assert_int_equal(seen.type, messages[n].type);
		assert_int_equal(seen.code, messages[n].code);
	}
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto icmp --icmp echo",
		"echo-reply");
}

static void which_protocol(void **state)
{
	struct explain_args args = good("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --icmp 3/4");
	struct seen seen;

	(void)state;
	asked(&args, &seen);
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.proto, IP_PROTO_ICMP);
	assert_int_equal(seen.type, ICMP_UNREACH);
	assert_int_equal(seen.code, 4);
	args = good("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto 0");
	asked(&args, &seen);
	assert_int_equal(seen.proto, 0);
	assert_int_equal(seen.len, 20);
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto 256", "from 0 to 255");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto dcpc", "did you mean dccp");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto udp --dport 7 --icmp 3/4",
		"--icmp 3/4: is for ICMP, and --proto udp");
}

static void what_is_sent_as_text(void **state)
{
	static const char *const protos[][2] = { { "6", "  tcp  ttl 63" },
						 { "99", "  protocol 99  ttl 63" } };

	(void)state;
	for (size_t n = 0; n < ARRAY_COUNT(protos); n++) {
		json_t *answer = json_pack("{s:[], s:s, s:[{s:s, s:i, s:i}]}", "explain", "fate",
					   "sent", "sent", "kind", "ip", "proto",
					   atoi(protos[n][0]), "ttl", 63);
		size_t size;
		char *text;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(answer);
		assert_non_null(out);
		explain_text(out, answer);
		fclose(out);
		assert_non_null(strstr(text, protos[n][1]));
		free(text);
		json_decref(answer);
	}
}

static void each_protocol(void **state)
{
	struct explain_args args = good(
		"explain --in eth1 --src 10.10.0.5 --dst 203.0.113.9 --proto udp --dport 53 "
		"--len 700");
	struct seen seen;

	(void)state;
	asked(&args, &seen);
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.len, 700);
	assert_int_equal(seen.dport, 53);
	args = good("explain --in eth1 --src 10.10.0.5 --dst 203.0.113.9 --proto icmp --sport 7");
	asked(&args, &seen);
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.type, ICMP_ECHO);
	assert_int_equal(seen.icmp_id, 7);
	args = good("explain --in eth1 --src 10.10.0.5 --dst 203.0.113.9 --proto 47");
	asked(&args, &seen);
	assert_int_equal(seen.proto, 47);
}

/* The transport headers that nothing else reads here: their lengths, ports and sums. */
static void protocols_with_ports(void **state)
{
	static const struct {
		const char *name;
		u32 len;
	} protos[] = { { "sctp", 20 + 32 }, { "dccp", 20 + 20 }, { "udplite", 20 + 8 } };
	char line[LINE_MAX];

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(protos); at++) {
		struct explain_args args;
		u32 full_len, len;
		u8 packet[64];

		snprintf(line, sizeof line,
			 "explain --in eth1 --src 10.10.0.5 --dst 203.0.113.9 --dport 443 "
			 "--proto %s",
			 protos[at].name);
		args = good(line);
		len = explain_packet(&args, packet, sizeof packet, &full_len);
		assert_int_equal(len, protos[at].len);
		assert_int_equal(be16_host(be16_load(packet + 20)), 40000);
		assert_int_equal(be16_host(be16_load(packet + 22)), 443);
		/* What begins a flow: an INIT alone, a Request. */
		if (args.proto == IP_PROTO_SCTP)
			assert_int_equal(be32_host(be32_load(packet + 32)), SCTP_INIT << 24 | 20);
		if (args.proto == IP_PROTO_DCCP)
			assert_int_equal(dccp_type(packet + 20), DCCP_REQUEST);
		if (args.proto == IP_PROTO_SCTP) {
			u32 sum = crc32c_load(packet + 28);

			crc32c_store(packet + 28, 0);
			assert_int_equal(sum, crc32c(packet + 20, len - 20));
		} else {
			assert_true(csum_is_right(
				csum_pseudo(args.src, args.dst, args.proto, len - 20) +
				csum_sum(packet + 20, len - 20)));
		}
	}
	refused("explain --in eth1 --src 10.10.0.5 --dst 203.0.113.9 --proto sctp", "--dport");
}

static void a_long_packet_is_sent_by_its_head(void **state)
{
	struct explain_args args = good(
		"explain --in eth1 --src 10.10.0.5 --dst 203.0.113.9 --dport 80 --len 9000");
	struct seen seen;

	(void)state;
	assert_int_equal(asked(&args, &seen).full_len, 9000);
	assert_true((seen.wrong & SEEN_CUT) != 0);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	refused("explain --src 10.0.0.1", "--in is missing");
	refused("explain --in e", "--src is missing");
	refused("explain --in e --src x", "--src x");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5", "--dport is missing");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --dport 70000", "0 to 65535");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto icmp --dport 7",
		"--dport 7: is for protocols with ports, and --proto icmp has none");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --icmp 8 --dport 7",
		"--dport 7: is for protocols with ports, and --proto icmp has none");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto udp --dport 7 --flags ack",
		"--flags ack: is for TCP, and --proto udp is another protocol");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --dport 7 --flags sin", "syn,ack");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --dport 7 --flags syn,akc",
		"did you mean ack");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --dprot 7", "did you mean --dport");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --proto gre --sport 7",
		"--sport 7: is for ICMP and protocols with ports, and --proto gre has none");
	refused("explain --in e --pcap f --ttl 3", "--ttl: a packet of a capture has its own");
	refused("explain --in e --pcap f --src 1.2.3.4", "--src: a packet of a capture");
	refused("explain --in e --pcap f --df", "--df: a packet of a capture");
	refused("explain --in e --src 1.2.3.4 --dst 1.2.3.5 --dport 7 --packet 2",
		"--packet 2: goes with --pcap");
	assert_int_equal(good("explain --in e --pcap f --packet 2").pcap_number, 2);
	refused("explain --in", "needs a value");
	refused("explain --df=1 --in e", "takes no value");
	refused("explain word", "one word too many");
}

/* ---- events and flush ------------------------------------------------------------------------ */

static bool order(const char *line, enum ctl_verb verb, struct ctl_request *request,
		  struct ctl_why *why)
{
	static char text[LINE_MAX];
	char *argv[WORDS_MAX + 1];
	struct order_args args;
	int argc = split(line, text, argv);

	if (!order_args_parse(argc, argv, verb, &args, why))
		return false;
	if (!ctl_request_parse(args.request, strlen(args.request), request, why))
		fail_msg("%s: %s", args.request, why->text);
	free(args.request);
	return true;
}

static void orders(void **state)
{
	static const char *const no_kinds[] = { "events --kind flow", "events --kind flows,",
						"events --kind ,flows", "events --kind=" };
	struct ctl_request request;
	struct ctl_why why;

	(void)state;
	assert_true(order("events --addr 10.0.0.0/8 --port 53 --proto udp", CTL_VERB_EVENTS,
			  &request, &why));
	assert_int_equal(request.verb, CTL_VERB_EVENTS);
	assert_int_equal(request.flow.port, 53);
	assert_int_equal(request.flow.addr_len, 8);
	assert_int_equal(request.kinds, CTL_KIND_ALL);
	assert_true(order("events --kind interfaces,filter", CTL_VERB_EVENTS, &request, &why));
	assert_int_equal(request.kinds, CTL_KIND_INTERFACES | CTL_KIND_FILTER);
	for (u32 n = 0; n < ARRAY_COUNT(no_kinds); n++) {
		assert_false(order(no_kinds[n], CTL_VERB_EVENTS, &request, &why));
		assert_non_null(strstr(why.text, "flows, interfaces, warnings, filter or routing"));
	}
	assert_false(order("events --proto spctp", CTL_VERB_EVENTS, &request, &why));
	assert_non_null(strstr(why.text, "did you mean sctp"));
	assert_false(order("flush flows --kind flows", CTL_VERB_FLUSH, &request, &why));
	assert_true(order("flush flows --state established --unanswered", CTL_VERB_FLUSH, &request,
			  &why));
	assert_int_equal(request.verb, CTL_VERB_FLUSH);
	assert_string_equal(request.state, "established");
	assert_true(request.flow.unanswered_only);
	assert_false(order("flush flows --state establshed", CTL_VERB_FLUSH, &request, &why));
	assert_non_null(strstr(why.text, "did you mean established"));
	assert_false(order("flush flows --state up", CTL_VERB_FLUSH, &request, &why));
	assert_non_null(strstr(why.text, "--state up: there is no such state"));
	assert_true(order("flush flows --icmp-id 77", CTL_VERB_FLUSH, &request, &why));
	assert_true(request.flow.by_icmp_id);
	assert_int_equal(request.flow.icmp_id, 77);
	assert_true(order("flush flows --all", CTL_VERB_FLUSH, &request, &why));
	assert_false(order("flush flows", CTL_VERB_FLUSH, &request, &why));
	assert_non_null(strstr(why.text, "--all"));
	assert_false(order("flush flows --all --port 3", CTL_VERB_FLUSH, &request, &why));
	assert_false(order("flush nat --all", CTL_VERB_FLUSH, &request, &why));
	assert_false(order("events --state x", CTL_VERB_EVENTS, &request, &why));
	assert_false(order("events --addr 10.0.0.1/8", CTL_VERB_EVENTS, &request, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_described_packet),
		cmocka_unit_test(a_message_of_icmp),
		cmocka_unit_test(which_protocol),
		cmocka_unit_test(what_is_sent_as_text),
		cmocka_unit_test(each_protocol),
		cmocka_unit_test(protocols_with_ports),
		cmocka_unit_test(a_long_packet_is_sent_by_its_head),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
