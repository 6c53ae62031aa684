/* Messages of RIP and the destinations that they name, section by section of RFC 2453. */
#include "unit/core_routing_rip/rip_bed.h"

static void test_header(void **state)
{
	u8 byte[RIP_MSG_MAX] = { RIP_RESPONSE, 2, 0, 0 };
	enum rip_command command;

	(void)state;
	assert_int_equal(rip_msg_header(byte, 4, &command), RIP_MSG_OK);
	assert_int_equal(command, RIP_RESPONSE);
	assert_int_equal(rip_msg_header(byte, 3, &command), RIP_MSG_LENGTH);
	assert_int_equal(rip_msg_header(byte, RIP_MSG_MAX + 1, &command), RIP_MSG_LENGTH);
	byte[1] = 0;
	assert_int_equal(rip_msg_header(byte, 4, &command), RIP_MSG_VERSION0);
	byte[1] = 1;
	assert_int_equal(rip_msg_header(byte, 4, &command), RIP_MSG_VERSION1);
	/* Section 4.6: what is newer is read as if it were not. */
	byte[1] = 3;
	byte[2] = 77;
	assert_int_equal(rip_msg_header(byte, 4, &command), RIP_MSG_OK);
	byte[0] = 3;
	assert_int_equal(rip_msg_header(byte, 4, &command), RIP_MSG_COMMAND);
	byte[0] = 0;
	assert_int_equal(rip_msg_header(byte, 4, &command), RIP_MSG_COMMAND);
}

static void test_entry_as_bytes(void **state)
{
	static const u8 want[RIP_ENTRY_LEN] = { 0,   2, 0x12, 0x34, 10, 1, 2, 0, 255, 255,
						255, 0, 192,  0,    2,  9, 0, 0, 0,   7 };
	struct rip_entry entry = {
		.family = 2,
		.tag = 0x1234,
		.addr = addr("10.1.2.0"),
		.mask = addr("255.255.255.0"),
		.next_hop = addr("192.0.2.9"),
		.metric = 7,
	};
	struct rip_entry back;
	u8 byte[RIP_ENTRY_LEN];

	(void)state;
	rip_entry_write(byte, &entry);
	assert_memory_equal(byte, want, sizeof want);
	rip_entry_read(byte, &back);
	assert_memory_equal(&back, &entry, sizeof back);
}

struct dest {
	const char *addr;
	const char *mask;
	enum rip_dest_error error;
	u8 len;
};

static void test_destinations(void **state)
{
	static const struct dest dests[] = {
		{ "0.0.0.0", "0.0.0.0", RIP_DEST_OK, 0 },
		{ "10.1.2.0", "255.255.255.0", RIP_DEST_OK, 24 },
		{ "10.1.2.3", "255.255.255.255", RIP_DEST_OK, 32 },
		{ "128.0.0.0", "128.0.0.0", RIP_DEST_OK, 1 },
		{ "10.1.2.3", "255.255.255.0", RIP_DEST_ADDRESS, 0 },
		{ "10.1.0.0", "255.0.255.0", RIP_DEST_MASK, 0 },
		{ "10.1.2.0", "0.0.0.255", RIP_DEST_MASK, 0 },
		{ "0.0.0.0", "255.0.0.0", RIP_DEST_ADDRESS, 0 },
		{ "0.1.0.0", "255.255.0.0", RIP_DEST_ADDRESS, 0 },
		{ "127.0.0.0", "255.0.0.0", RIP_DEST_ADDRESS, 0 },
		{ "224.0.0.0", "240.0.0.0", RIP_DEST_ADDRESS, 0 },
		{ "240.0.0.0", "255.255.255.0", RIP_DEST_ADDRESS, 0 },
		{ "255.255.255.255", "255.255.255.255", RIP_DEST_ADDRESS, 0 },
		/* Without a mask, on a link of 172.16.5.0/24: section 4.3. */
		{ "10.0.0.0", "0.0.0.0", RIP_DEST_OK, 8 },
		{ "172.16.0.0", "0.0.0.0", RIP_DEST_OK, 16 },
		{ "192.168.7.0", "0.0.0.0", RIP_DEST_OK, 24 },
		{ "172.16.9.0", "0.0.0.0", RIP_DEST_OK, 24 },
		{ "172.16.9.8", "0.0.0.0", RIP_DEST_OK, 32 },
		{ "172.17.9.0", "0.0.0.0", RIP_DEST_OK, 32 },
		{ "127.0.0.0", "0.0.0.0", RIP_DEST_ADDRESS, 0 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(dests); n++) {
		struct rip_entry entry = { .addr = addr(dests[n].addr),
					   .mask = addr(dests[n].mask) };
		u8 len = 99;
		enum rip_dest_error error = rip_entry_dest(&entry, addr("172.16.5.1"), 24, &len);

		if (error != dests[n].error || (error == RIP_DEST_OK && len != dests[n].len))
			fail_msg("%s %s: %u, /%u", dests[n].addr, dests[n].mask, error, len);
	}
}

/* ---- what a configuration can not be --------------------------------------------------------- */

static void test_conf_wrong(void **state)
{
	struct rip_conf conf;

	(void)state;
	rip_conf_defaults(&conf);
	assert_null(rip_conf_wrong(&conf));
	conf.iface_count = 2;
	rip_iface_conf_defaults(&conf.iface[0], 0);
	rip_iface_conf_defaults(&conf.iface[1], 1);
	assert_null(rip_conf_wrong(&conf));
	conf.iface[1].iface = 0;
	assert_string_equal(rip_conf_wrong(&conf), "an interface stands twice");
	conf.iface[1].iface = 1;
	conf.iface[1].cost = 16;
	assert_string_equal(rip_conf_wrong(&conf), "the cost of an interface is 1 to 15");
	conf.iface[1].cost = 1;
	conf.iface[1].auth.kind = RIP_AUTH_DIGEST;
	assert_string_equal(rip_conf_wrong(&conf), "authentication of RIP without a key");
	conf.iface[1].auth.key_count = 2;
	conf.iface[1].auth.key[0].len_bytes = conf.iface[1].auth.key[1].len_bytes = 17;
	assert_string_equal(rip_conf_wrong(&conf), "a key of MD5 has at most 16 bytes");
	conf.iface[1].auth.key[0].alg = conf.iface[1].auth.key[1].alg = DIGEST_SHA1;
	assert_string_equal(rip_conf_wrong(&conf), "two keys of RIP have one identifier");
	conf.iface[1].auth.key[1].id = 1;
	assert_null(rip_conf_wrong(&conf));
	conf.timeout_ns = conf.update_ns;
	assert_string_equal(rip_conf_wrong(&conf),
			    "a route of RIP would time out between two updates");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_entry_as_bytes),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_conf_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
