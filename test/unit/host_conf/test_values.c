/* Addresses, prefixes, ranges and numbers of a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/conf/values.h"

static void numbers_in_bounds(void **state)
{
	u64 number = 7;

	(void)state;
	assert_true(value_number("10", 10, 20, &number));
	assert_int_equal(number, 10);
	assert_true(value_number("20", 10, 20, &number));
	assert_false(value_number("21", 10, 20, &number));
	assert_false(value_number("9", 10, 20, &number));
	assert_int_equal(number, 20);
}

static void what_is_no_number(void **state)
{
	u64 number;

	(void)state;
	assert_false(value_number("", 0, 20, &number));
	assert_false(value_number("-1", 0, 20, &number));
	assert_false(value_number("1x", 0, 20, &number));
	assert_false(value_number(" 1", 0, 20, &number));
	/* 2^64 + 1 must not come out as 1. */
	assert_false(value_number("18446744073709551617", 0, 20, &number));
}

static void addresses_with_a_port(void **state)
{
	be32 addr;
	u16 port;

	(void)state;
	assert_true(value_endpoint("192.0.2.1:2620", &addr, &port));
	assert_int_equal(be32_host(addr), 0xc0000201);
	assert_int_equal(port, 2620);
	assert_false(value_endpoint("192.0.2.1", &addr, &port));
	assert_false(value_endpoint("192.0.2.1:0", &addr, &port));
	assert_false(value_endpoint("192.0.2.1:65536", &addr, &port));
	assert_false(value_endpoint(":2620", &addr, &port));
}

static void addresses_with_length(void **state)
{
	be32 addr;
	u8 len;

	(void)state;
	assert_true(value_addr_len("10.10.0.1/16", &addr, &len));
	assert_int_equal(be32_host(addr), 0x0a0a0001);
	assert_int_equal(len, 16);
	assert_false(value_addr_len("10.10.0.1", &addr, &len));
	assert_false(value_addr_len("10.10.0.1/33", &addr, &len));
	assert_false(value_addr_len("10.10.0/16", &addr, &len));
	assert_false(value_addr_len("10.10.0.256/16", &addr, &len));
}

static void range_is(const char *text, u32 first, u32 last)
{
	struct nat_range range;

	assert_true(value_range(text, &range));
	assert_int_equal(be32_host(range.first), first);
	assert_int_equal(be32_host(range.last), last);
}

static void ranges(void **state)
{
	struct nat_range range;

	(void)state;
	range_is("198.51.100.1-198.51.100.9", 0xc6336401, 0xc6336409);
	range_is("198.51.100.16/28", 0xc6336410, 0xc633641f);
	range_is("198.51.100.7/32", 0xc6336407, 0xc6336407);
	range_is("198.51.100.7", 0xc6336407, 0xc6336407);
	assert_false(value_range("198.51.100.9-198.51.100.1", &range));
	assert_false(value_range("198.51.100.17/28", &range));
	assert_false(value_range("0.0.0.0/0", &range));
	assert_false(value_range("198.51.100.1-", &range));
}

static void ports(void **state)
{
	u16 first = 0;
	u16 last = 0;

	(void)state;
	assert_true(value_ports("1024-65535", &first, &last));
	assert_int_equal(first, 1024);
	assert_int_equal(last, 65535);
	assert_true(value_ports("4000", &first, &last));
	assert_int_equal(first, 4000);
	assert_int_equal(last, 4000);
	assert_false(value_ports("0-10", &first, &last));
	assert_false(value_ports("20-10", &first, &last));
	assert_false(value_ports("1-65536", &first, &last));
}

static void hex_is_whole_or_nothing(void **state)
{
	u8 out[2] = { 7, 7 };

	(void)state;
	assert_true(value_hex("0fA0", out, 2));
	assert_int_equal(out[0], 0x0f);
	assert_int_equal(out[1], 0xa0);
	assert_false(value_hex("0102g0", out, 3));
	assert_false(value_hex("010", out, 2));
	assert_false(value_hex("11zz", out, 2));
	assert_int_equal(out[0], 0x0f);
}

static void networks(void **state)
{
	(void)state;
	assert_int_equal(be32_host(value_network(be32_of(0x0a0a0001), 16)), 0x0a0a0000);
	assert_int_equal(be32_host(value_network(be32_of(0x0a0a0001), 0)), 0);
	assert_int_equal(be32_host(value_network(be32_of(0x0a0a0001), 32)), 0x0a0a0001);
	assert_string_equal(value_show_prefix(be32_of(0xffffffff), 32).text, "255.255.255.255/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_bounds),
		cmocka_unit_test(what_is_no_number),
		cmocka_unit_test(addresses_with_a_port),
		cmocka_unit_test(addresses_with_length),
		cmocka_unit_test(ranges),
		cmocka_unit_test(ports),
		cmocka_unit_test(hex_is_whole_or_nothing),
		cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
