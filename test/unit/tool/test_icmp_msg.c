/* Echo messages built and read, quoted errors, damaged payloads, and the words for errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "tool/icmp_msg.h"

static const struct icmp_pattern counting = { .len = 0 };

static void echo_comes_back_as_it_was_built(void **state)
{
	u8 msg[8 + 300];
	struct icmp_echo echo;
	struct icmp_mismatch wrong;

	(void)state;
	assert_int_equal(icmp_build_echo(msg, 0x1234, 0xfffe, &counting, 300), 308);
	assert_true(icmp_parse_echo(msg, sizeof(msg), &echo));
	assert_int_equal(echo.type, ICMP_ECHO);
	assert_int_equal(echo.id, 0x1234);
	assert_int_equal(echo.seq, 0xfffe);
	assert_int_equal(echo.payload_len, 300);
	assert_true(echo.csum_good);
	assert_true(icmp_check_payload(&echo, &counting, &wrong));
	/* Network order on the wire, RFC 792. */
	assert_int_equal(msg[4], 0x12);
	assert_int_equal(msg[7], 0xfe);
}

/* RFC 1071: an odd last byte counts as if a zero followed. Made by hand: ~(0800+abcd+0001+ff00). */
static void checksum_of_an_odd_length(void **state)
{
	static const struct icmp_pattern ones = { .bytes = { 0xff }, .len = 1 };
	u8 msg[9];

	(void)state;
	icmp_build_echo(msg, 0xabcd, 1, &ones, 1);
	assert_int_equal(msg[2], 0x4d);
	assert_int_equal(msg[3], 0x30);
}

static void every_flipped_bit_is_seen(void **state)
{
	u8 msg[8 + 16];
	struct icmp_echo echo;

	(void)state;
	icmp_build_echo(msg, 7, 9, &counting, 16);
	for (u32 bit = 0; bit < sizeof(msg) * 8; bit++) {
		msg[bit / 8] ^= (u8)(1 << bit % 8);
		assert_true(icmp_parse_echo(msg, sizeof(msg), &echo));
		assert_false(echo.csum_good);
		msg[bit / 8] ^= (u8)(1 << bit % 8);
	}
}

static void short_messages_are_refused(void **state)
{
	u8 msg[8] = { 0 };
	struct icmp_echo echo;

	(void)state;
	for (u32 len = 0; len < 8; len++)
		assert_false(icmp_parse_echo(msg, len, &echo));
	assert_true(icmp_parse_echo(msg, 8, &echo));
	assert_int_equal(echo.payload_len, 0);
}

static void wrong_byte_is_named(void **state)
{
	static const struct icmp_pattern pattern = { .bytes = { 0xff, 0x00 }, .len = 2 };
	u8 msg[8 + 20];
	struct icmp_echo echo;
	struct icmp_mismatch wrong;

	(void)state;
	icmp_build_echo(msg, 1, 1, &pattern, 20);
	msg[8 + 13] = 0x55;
	assert_true(icmp_parse_echo(msg, sizeof(msg), &echo));
	assert_false(icmp_check_payload(&echo, &pattern, &wrong));
	assert_int_equal(wrong.at, 13);
	assert_int_equal(wrong.want, 0x00);
	assert_int_equal(wrong.got, 0x55);
}

static void ip_header_is_skipped_only_when_whole(void **state)
{
	u8 packet[28] = { [0] = 0x45, [8] = 63, [9] = IP_PROTO_ICMP };
	u8 ttl = 0;

	(void)state;
	assert_int_equal(icmp_after_ip(packet, 28, &ttl), 20);
	assert_int_equal(ttl, 63);
	assert_int_equal(icmp_after_ip(packet, 19, &ttl), 0);
	packet[0] = 0x47;
	assert_int_equal(icmp_after_ip(packet, 28, &ttl), 28);
	assert_int_equal(icmp_after_ip(packet, 27, &ttl), 0);
	packet[0] = 0x44;
	assert_int_equal(icmp_after_ip(packet, 28, &ttl), 0);
	packet[0] = 0x65;
	assert_int_equal(icmp_after_ip(packet, 28, &ttl), 0);
	packet[0] = 0x45;
	packet[9] = IP_PROTO_UDP;
	assert_int_equal(icmp_after_ip(packet, 28, &ttl), 0);
}

/* An error that quotes an echo request to 10.2.0.2 whose IP header has option_words options. */
static u32 build_report(u8 *msg, u8 type, u8 code, u32 word, u32 option_words)
{
	struct icmp_hdr hdr = { .type = type, .code = code, .word = be32_of(word) };
	struct ip4_hdr ip = { .version_ihl = (u8)(0x45 + option_words), .proto = IP_PROTO_ICMP };
	u32 hlen = 20 + option_words * 4;

	memset(msg, 0, 8 + hlen + 8);
	ip.dst = be32_of(0x0a020002);
	memcpy(msg + 8, &ip, sizeof(ip));
	icmp_build_echo(msg + 8 + hlen, 0x77, 5, &counting, 0);
	memcpy(msg, &hdr, sizeof(hdr));
	be16_store(msg + 2, csum_finish(csum_sum(msg, 8 + hlen + 8)));
	return 8 + hlen + 8;
}

static void quoted_request_is_found(void **state)
{
	u8 msg[128];
	struct icmp_report report;

	(void)state;
	for (u32 words = 0; words <= 10; words++) {
		u32 len = build_report(msg, ICMP_UNREACH, ICMP_UNREACH_FRAG, 1300, words);

		assert_true(icmp_parse_report(msg, len, &report));
		assert_int_equal(report.type, ICMP_UNREACH);
		assert_int_equal(report.info, 1300);
		assert_int_equal(report.quoted_id, 0x77);
		assert_int_equal(report.quoted_seq, 5);
		assert_int_equal(be32_host(report.quoted_dst), 0x0a020002);
	}
}

static void quotes_cut_anywhere_are_refused(void **state)
{
	u8 msg[128];
	struct icmp_report report;
	u32 len = build_report(msg, ICMP_TIME_EXCEEDED, 0, 0, 3);

	(void)state;
	for (u32 cut = 0; cut < len; cut++) {
		be16_store(msg + 2, be16_of(0));
		be16_store(msg + 2, csum_finish(csum_sum(msg, cut)));
		assert_false(icmp_parse_report(msg, cut, &report));
	}
}

static void other_quotes_are_refused(void **state)
{
	u8 msg[128];
	struct icmp_report report;
	u32 len = build_report(msg, ICMP_TIME_EXCEEDED, 0, 0, 0);

	(void)state;
	msg[8 + 20] = ICMP_ECHO_REPLY; /* the answer to an error about a reply is not for us */
	be16_store(msg + 2, be16_of(0));
	be16_store(msg + 2, csum_finish(csum_sum(msg, len)));
	assert_false(icmp_parse_report(msg, len, &report));

	build_report(msg, ICMP_TIME_EXCEEDED, 0, 0, 0);
	msg[8 + 7] = 1; /* fragment offset 8: no ICMP header in it */
	be16_store(msg + 2, be16_of(0));
	be16_store(msg + 2, csum_finish(csum_sum(msg, len)));
	assert_false(icmp_parse_report(msg, len, &report));

	build_report(msg, ICMP_TIME_EXCEEDED, 0, 0, 0);
	msg[5] ^= 1; /* bad checksum */
	assert_false(icmp_parse_report(msg, len, &report));

	build_report(msg, ICMP_ECHO_REPLY, 0, 0, 0);
	assert_false(icmp_parse_report(msg, len, &report));
}

static void errors_have_their_words(void **state)
{
	char text[ICMP_TEXT_SIZE];
	u32 gateway = be32_of(0x0a000001).raw;

	(void)state;
	assert_string_equal(icmp_error_text(3, 1, 0, text), "Destination Host Unreachable");
	assert_string_equal(icmp_error_text(3, 4, 1300, text),
			    "Frag needed and DF set (mtu = 1300)");
	assert_string_equal(icmp_error_text(3, 13, 0, text), "Packet filtered");
	assert_string_equal(icmp_error_text(3, 15, 0, text), "Precedence Cutoff");
	assert_string_equal(icmp_error_text(3, 16, 0, text), "Dest Unreachable, Bad Code: 16");
	assert_string_equal(icmp_error_text(11, 0, 0, text), "Time to live exceeded");
	assert_string_equal(icmp_error_text(11, 1, 0, text), "Frag reassembly time exceeded");
	assert_string_equal(icmp_error_text(5, 1, gateway, text),
			    "Redirect Host(New nexthop: 10.0.0.1)");
	assert_string_equal(icmp_error_text(12, 0, 20, text), "Parameter problem: pointer = 20");
	assert_string_equal(icmp_error_text(99, 0, 0, text), "Bad ICMP type: 99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_comes_back_as_it_was_built),
		cmocka_unit_test(checksum_of_an_odd_length),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(short_messages_are_refused),
		cmocka_unit_test(wrong_byte_is_named),
		cmocka_unit_test(ip_header_is_skipped_only_when_whole),
		cmocka_unit_test(quoted_request_is_found),
		cmocka_unit_test(quotes_cut_anywhere_are_refused),
		cmocka_unit_test(other_quotes_are_refused),
		cmocka_unit_test(errors_have_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
