/* Frames and messages of zebra, byte for byte as it writes them, and what is wrong with others. */
#include "core/routing/fpm/fpm_msg.h"
#include "fake/fpm_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct fpm_wire wire;
static struct fpm_msg msg;

static int begin_anew(void **state)
{
	(void)state;
	memset(&wire, 0, sizeof wire);
	return 0;
}

/* The only message of the only frame. */
static enum fpm_why only(void)
{
	struct fpm_span left = { wire.at + FPM_HEADER_LEN, wire.bytes - FPM_HEADER_LEN };
	struct fpm_span message;
	u32 bytes = 0;
	const char *why;

	assert_int_equal(fpm_frame_read(wire.at, wire.bytes, &bytes, &why), FPM_FRAME_WHOLE);
	assert_int_equal(bytes, wire.bytes);
	assert_true(fpm_span_next(&left, &message));
	assert_int_equal(left.bytes, 0);
	return fpm_msg_read(&message, &msg);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void a_frame_says_its_length(void **state)
{
	u8 head[FPM_HEADER_LEN] = { 1, 1, 0, 60 };
	const char *why;
	u32 bytes = 0;

	(void)state;
	assert_int_equal(fpm_frame_read(head, 3, &bytes, &why), FPM_FRAME_PART);
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_PART);
	assert_int_equal(bytes, 60);
	head[0] = 2;
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_BAD);
	assert_non_null(strstr(why, "version 1"));
	head[0] = 1;
	head[1] = 2;
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_BAD);
	assert_non_null(strstr(why, "dplane_fpm_nl"));
	head[1] = 3;
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_BAD);
	head[1] = 1;
	head[3] = 3;
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_BAD);
	assert_non_null(strstr(why, "shorter"));
	be16_store(head + 2, be16_of(FPM_FRAME_MAX));
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_PART);
	be16_store(head + 2, be16_of(FPM_FRAME_MAX + 1));
	assert_int_equal(fpm_frame_read(head, 4, &bytes, &why), FPM_FRAME_BAD);
	assert_non_null(strstr(why, "longer"));
}

static void messages_end_with_their_frame(void **state)
{
	struct fpm_span left, message;
	u32 bytes;

	(void)state;
	wire_frame(&wire);
	wire_route(&wire, WIRE_DEL_ROUTE, 0x14000000, 24, 0);
	wire_route(&wire, WIRE_NEW_ROUTE, 0x14000000, 24, WIRE_BLACKHOLE);
	left = (struct fpm_span){ wire.at + 4, wire.bytes - 4 };
	assert_true(fpm_span_next(&left, &message));
	assert_true(fpm_span_next(&left, &message));
	assert_int_equal(fpm_msg_read(&message, &msg), FPM_TAKEN);
	assert_int_equal(msg.kind, FPM_BLACKHOLE);
	assert_false(fpm_span_next(&left, &message));
	assert_int_equal(left.bytes, 0);
	/* One byte more than there are, and less than a header. */
	bytes = wire.bytes - wire.message + 1;
	memcpy(wire.at + wire.message, &bytes, sizeof bytes);
	left = (struct fpm_span){ wire.at + wire.message, wire.bytes - wire.message };
	assert_false(fpm_span_next(&left, &message));
	bytes = 15;
	memcpy(wire.at + wire.message, &bytes, sizeof bytes);
	assert_false(fpm_span_next(&left, &message));
	bytes = UINT32_MAX;
	memcpy(wire.at + wire.message, &bytes, sizeof bytes);
	assert_false(fpm_span_next(&left, &message));
}

/* ---- routes ---------------------------------------------------------------------------------- */

/* Taken from a zebra of FRR 8.4.4: 192.0.3.0/24 by 10.1.0.2 and 10.2.0.2. */
static void several_next_hops(void **state)
{
	static const u8 said[] = {
		0x50, 0,   0, 0, 24,   0, 0x01, 0x05, 0,  0, 0, 0, 0,    0, 0, 0, 2,  24, 0, 0,
		254,  196, 0, 1, 0,    0, 0,    0,    8,  0, 1, 0, 0xc0, 0, 3, 0, 8,  0,  6, 0,
		20,   0,   0, 0, 0x24, 0, 9,    0x80, 16, 0, 0, 0, 3,    0, 0, 0, 8,  0,  5, 0,
		10,   1,   0, 2, 16,   0, 0,    2,    5,  0, 0, 0, 8,    0, 5, 0, 10, 2,  0, 2,
	};
	struct fpm_span message = { said, sizeof said };

	(void)state;
	assert_int_equal(fpm_msg_read(&message, &msg), FPM_TAKEN);
	assert_int_equal(msg.action, FPM_ROUTE_SET);
	assert_int_equal(msg.why, FPM_TAKEN);
	assert_int_equal(msg.kind, FPM_UNICAST);
	assert_int_equal(be32_host(msg.prefix), 0xc0000300);
	assert_int_equal(msg.len, 24);
	assert_int_equal(msg.protocol, 196);
	assert_int_equal(msg.metric, 20);
	assert_int_equal(msg.id, 0);
	assert_int_equal(msg.hop_count, 2);
	assert_int_equal(be32_host(msg.hop[0].gateway), 0x0a010002);
	assert_int_equal(msg.hop[0].os_index, 3);
	assert_int_equal(msg.hop[0].weight, 1);
	assert_int_equal(be32_host(msg.hop[1].gateway), 0x0a020002);
	assert_int_equal(msg.hop[1].os_index, 5);
	assert_int_equal(msg.hop[1].weight, 3);
	/* Cut anywhere but between two attributes, it is malformed. */
	for (u32 bytes = 0; bytes < sizeof said; bytes++) {
		message.bytes = bytes;
		if (bytes != 36 && bytes != 44)
			assert_int_equal(fpm_msg_read(&message, &msg), FPM_MALFORMED);
	}
}

static void one_next_hop(void **state)
{
	(void)state;
	wire_route_via(&wire, 0, 0, 0x0a010003, 3);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.len, 0);
	assert_int_equal(msg.hop_count, 1);
	assert_int_equal(msg.hop[0].os_index, 3);
	assert_false(msg.hop[0].onlink);
	wire.at[wire.message + 24] = 4; /* RTNH_F_ONLINK */
	assert_int_equal(only(), FPM_TAKEN);
	assert_true(msg.hop[0].onlink);
	begin_anew(NULL);
	wire_route_by(&wire, 0x14000000, 24, 77);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.id, 77);
	assert_int_equal(msg.hop_count, 0);
}

static void what_is_not_taken_has_its_reason(void **state)
{
	static const struct {
		u32 at; /* of the route's header */
		u8 value;
		enum fpm_why read;
		enum fpm_why why;
	} cases[] = {
		{ 0, 10, FPM_OTHER_FAMILY, 0 },     { 0, 28, FPM_OTHER_FAMILY, 0 },
		{ 1, 33, FPM_MALFORMED, 0 },        { 2, 24, FPM_MALFORMED, 0 },
		{ 1, 23, FPM_TAKEN, FPM_TAKEN },    { 1, 3, FPM_MALFORMED, 0 },
		{ 4, 0, FPM_TAKEN, FPM_TAKEN },     { 4, 255, FPM_TAKEN, FPM_OTHER_TABLE },
		{ 5, 2, FPM_TAKEN, FPM_OF_KERNEL }, { 7, 2, FPM_TAKEN, FPM_TYPE },
		{ 7, 5, FPM_TAKEN, FPM_TYPE },      { 7, 0, FPM_TAKEN, FPM_TYPE },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(cases); at++) {
		begin_anew(NULL);
		wire_route_via(&wire, 0x14000000, 24, 0x0a010003, 3);
		wire.at[wire.message + 16 + cases[at].at] = cases[at].value;
		assert_int_equal(only(), cases[at].read);
		if (cases[at].read == FPM_TAKEN)
			assert_int_equal(msg.why, cases[at].why);
	}
	begin_anew(NULL);
	wire_route_via(&wire, 0x14000000, 24, 0x0a010003, 3);
	wire_u32(&wire, 15, 7);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.why, FPM_OTHER_TABLE);
	begin_anew(NULL);
	wire_frame(&wire);
	wire_message(&wire, 16, "1234", 4);
	assert_int_equal(only(), FPM_OTHER_MESSAGE);
}

static enum fpm_why why_of(u32 prefix, u8 len)
{
	begin_anew(NULL);
	wire_route_via(&wire, prefix, len, 0x0a010003, 0);
	assert_int_equal(only(), FPM_TAKEN);
	return msg.why;
}

static void some_destinations_are_nobodys(void **state)
{
	(void)state;
	assert_int_equal(why_of(0, 0), FPM_TAKEN);
	assert_int_equal(why_of(0x80000000, 1), FPM_TAKEN);
	assert_int_equal(why_of(0xdf000000, 8), FPM_TAKEN);
	assert_int_equal(why_of(0xe0000000, 4), FPM_DESTINATION);
	assert_int_equal(why_of(0xffffffff, 32), FPM_DESTINATION);
	assert_int_equal(why_of(0x7f000000, 8), FPM_DESTINATION);
	assert_int_equal(why_of(0x7e000000, 8), FPM_TAKEN);
}

static void attributes_are_measured(void **state)
{
	static const u16 fixed[] = { 1, 4, 6, 15, 30 };

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(fixed); at++) {
		begin_anew(NULL);
		wire_frame(&wire);
		wire_route(&wire, WIRE_NEW_ROUTE, 0x14000000, 24, WIRE_UNICAST);
		wire_attr(&wire, fixed[at], "1234567", 3);
		assert_int_equal(only(), FPM_MALFORMED);
	}
	/* A gateway of no family, and that of nobody. */
	begin_anew(NULL);
	wire_route_via(&wire, 0x14000000, 24, 0, 3);
	wire_attr(&wire, 5, "12345", 5);
	assert_int_equal(only(), FPM_MALFORMED);
	begin_anew(NULL);
	wire_route_via(&wire, 0x14000000, 24, 0, 3);
	wire_addr(&wire, 5, 0);
	assert_int_equal(only(), FPM_MALFORMED);
	/* Bits behind the length, and no prefix at all. */
	begin_anew(NULL);
	wire_route_via(&wire, 0x14000001, 24, 0x0a010003, 3);
	assert_int_equal(only(), FPM_MALFORMED);
	begin_anew(NULL);
	wire_frame(&wire);
	wire_message(&wire, WIRE_NEW_ROUTE, (const u8[12]){ 2, 24, 0, 0, 254, 11, 0, 1 }, 12);
	wire_u32(&wire, 4, 3);
	assert_int_equal(only(), FPM_MALFORMED);
}

static void next_hops_that_can_not_be(void **state)
{
	(void)state;
	wire_route_via(&wire, 0x14000000, 24, 0, 3);
	wire_attr(&wire, 18, "\12\0abcdefghijklmnop", 18);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.hop[0].why, FPM_OTHER_GATEWAY);
	begin_anew(NULL);
	wire_route_via(&wire, 0x14000000, 24, 0, 3);
	wire_attr(&wire, 5, "abcdefghijklmnop", 16);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.hop[0].why, FPM_OTHER_GATEWAY);
	begin_anew(NULL);
	wire_route_via(&wire, 0x14000000, 24, 0x0a010003, 3);
	wire_attr(&wire, 22, "label", 5);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.hop[0].why, FPM_LABELS);
}

static void too_many_next_hops_are_cut(void **state)
{
	u8 hops[20 * 8] = { 0 };

	(void)state;
	for (u32 at = 0; at < 20; at++) {
		hops[at * 8] = 8;
		hops[at * 8 + 4] = (u8)(at + 1);
	}
	wire_frame(&wire);
	wire_route(&wire, WIRE_NEW_ROUTE, 0x14000000, 24, WIRE_UNICAST);
	wire_attr(&wire, 9, hops, sizeof hops);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.hop_count, FPM_HOPS_MAX);
	assert_int_equal(msg.hop[15].os_index, 16);
	assert_true(msg.too_many);
	/* The last one is longer than what is left. */
	begin_anew(NULL);
	hops[19 * 8] = 9;
	wire_frame(&wire);
	wire_route(&wire, WIRE_NEW_ROUTE, 0x14000000, 24, WIRE_UNICAST);
	wire_attr(&wire, 9, hops, sizeof hops);
	assert_int_equal(only(), FPM_MALFORMED);
}

/* ---- what has a number ----------------------------------------------------------------------- */

static void next_hops_have_numbers(void **state)
{
	static const u32 members[2] = { 23, 25 };

	(void)state;
	wire_object_via(&wire, 23, 0x0a010002, 3);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.action, FPM_OBJECT_SET);
	assert_int_equal(msg.id, 23);
	assert_int_equal(msg.hop_count, 1);
	assert_int_equal(be32_host(msg.hop[0].gateway), 0x0a010002);
	assert_int_equal(msg.hop[0].os_index, 3);
	begin_anew(NULL);
	wire_group(&wire, 24, members, 2);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.member_count, 2);
	assert_int_equal(msg.member[1].id, 25);
	assert_int_equal(msg.member[1].weight, 1);
	begin_anew(NULL);
	wire_object(&wire, WIRE_NEW_OBJECT, 19);
	wire_attr(&wire, 4, "", 0);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.kind, FPM_BLACKHOLE);
	begin_anew(NULL);
	wire_object(&wire, WIRE_DEL_OBJECT, 23);
	assert_int_equal(only(), FPM_TAKEN);
	assert_int_equal(msg.action, FPM_OBJECT_UNSET);
}

static void numbers_that_can_not_be(void **state)
{
	(void)state;
	wire_object_via(&wire, 0, 0x0a010002, 3);
	assert_int_equal(only(), FPM_MALFORMED);
	begin_anew(NULL);
	wire_object(&wire, WIRE_NEW_OBJECT, 7);
	assert_int_equal(only(), FPM_MALFORMED);
	wire_attr(&wire, 2, "1234", 4);
	assert_int_equal(only(), FPM_MALFORMED);
	begin_anew(NULL);
	wire_object(&wire, WIRE_NEW_OBJECT, 7);
	wire_attr(&wire, 2, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(only(), FPM_MALFORMED);
	begin_anew(NULL);
	wire_object_via(&wire, 7, 0, 3);
	wire.at[wire.message + 16] = 10;
	assert_int_equal(only(), FPM_OTHER_FAMILY);
	begin_anew(NULL);
	wire_frame(&wire);
	wire_message(&wire, WIRE_DEL_OBJECT, "", 0);
	assert_int_equal(only(), FPM_MALFORMED);
}

static void each_reason_has_words(void **state)
{
	(void)state;
	for (u32 why = 0; why < FPM_WHYS; why++) {
		assert_true(strlen(fpm_why_name((enum fpm_why)why)) > 2);
		assert_true(strlen(fpm_why_sentence((enum fpm_why)why)) < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_frame_says_its_length, begin_anew),
		cmocka_unit_test_setup(messages_end_with_their_frame, begin_anew),
		cmocka_unit_test_setup(several_next_hops, begin_anew),
		cmocka_unit_test_setup(one_next_hop, begin_anew),
		cmocka_unit_test_setup(what_is_not_taken_has_its_reason, begin_anew),
		cmocka_unit_test_setup(some_destinations_are_nobodys, begin_anew),
		cmocka_unit_test_setup(attributes_are_measured, begin_anew),
		cmocka_unit_test_setup(next_hops_that_can_not_be, begin_anew),
		cmocka_unit_test_setup(too_many_next_hops_are_cut, begin_anew),
		cmocka_unit_test_setup(next_hops_have_numbers, begin_anew),
		cmocka_unit_test_setup(numbers_that_can_not_be, begin_anew),
		cmocka_unit_test_setup(each_reason_has_words, begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
