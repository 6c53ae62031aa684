/* Control packets and their authentication, byte by byte. The signed ones were made with Python's
 * hashlib after RFC 5880 sections 4.3 and 4.4.                                                   */
#include "core/routing/bfd/bfd_auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct bfd_msg usual = {
	.diag = BFD_DIAG_EXPIRED,
	.state = BFD_INIT,
	.flags = BFD_POLL | BFD_DEMAND,
	.multiplier = 3,
	.len_bytes = BFD_LEN,
	.mine = 0x11223344,
	.yours = 0x55667788,
	.min_tx_us = 1000000,
	.min_rx_us = 300000,
	.min_echo_us = 1,
};

static void test_packet_as_bytes(void **state)
{
	static const u8 want[BFD_LEN] = { 0x21, 0xa2, 3,    24,   0x11, 0x22, 0x33, 0x44,
					  0x55, 0x66, 0x77, 0x88, 0,    0x0f, 0x42, 0x40,
					  0,    0x04, 0x93, 0xe0, 0,    0,    0,    1 };
	struct bfd_msg back;
	u8 at[BFD_LEN];

	(void)state;
	bfd_msg_write(at, &usual);
	assert_memory_equal(at, want, sizeof want);
	assert_int_equal(bfd_msg_read(at, sizeof at, &back), BFD_GOOD);
	memset(at, 0, sizeof at);
	bfd_msg_write(at, &back);
	assert_memory_equal(at, want, sizeof want);
}

/* Section 6.8.6, first to last of what a packet tells of itself. */
static void test_what_is_discarded(void **state)
{
	struct bfd_msg msg = usual, back;
	u8 at[BFD_LEN + 8] = { 0 };

	(void)state;
	bfd_msg_write(at, &msg);
	for (u32 len = 0; len < BFD_LEN; len++)
		assert_int_equal(bfd_msg_read(at, len, &back), BFD_BAD_LENGTH);
	at[0] = (u8)(at[0] ^ 0x60);
	assert_int_equal(bfd_msg_read(at, BFD_LEN, &back), BFD_BAD_VERSION);
	msg.len_bytes = BFD_LEN - 1;
	bfd_msg_write(at, &msg);
	assert_int_equal(bfd_msg_read(at, BFD_LEN, &back), BFD_BAD_LENGTH);
	msg.len_bytes = BFD_LEN + 1;
	bfd_msg_write(at, &msg);
	assert_int_equal(bfd_msg_read(at, BFD_LEN, &back), BFD_BAD_LENGTH);
	assert_int_equal(bfd_msg_read(at, BFD_LEN + 1, &back), BFD_GOOD);
	msg.flags |= BFD_AUTHENTICATED;
	bfd_msg_write(at, &msg);
	assert_int_equal(bfd_msg_read(at, BFD_LEN + 1, &back), BFD_BAD_LENGTH);
	msg = usual;
	msg.multiplier = 0;
	bfd_msg_write(at, &msg);
	assert_int_equal(bfd_msg_read(at, BFD_LEN, &back), BFD_BAD_MULTIPLIER);
	msg = usual;
	msg.flags |= BFD_MULTIPOINT;
	bfd_msg_write(at, &msg);
	assert_int_equal(bfd_msg_read(at, BFD_LEN, &back), BFD_BAD_MULTIPOINT);
	msg = usual;
	msg.mine = 0;
	bfd_msg_write(at, &msg);
	assert_int_equal(bfd_msg_read(at, BFD_LEN, &back), BFD_BAD_MINE);
	for (u32 s = 0; s < BFD_STATES; s++) {
		msg = usual;
		msg.yours = 0;
		msg.state = (enum bfd_state)s;
		bfd_msg_write(at, &msg);
		assert_int_equal(bfd_msg_read(at, BFD_LEN, &back),
				 s == BFD_DOWN || s == BFD_ADMIN_DOWN ? BFD_GOOD : BFD_BAD_YOURS);
	}
}

#define SIGNED_HEAD(len) "20c403" len "1122334455667788000493e0000493e000000000"

static const struct {
	enum bfd_auth_kind kind;
	const char *hex;
} vectors[] = {
	{ BFD_AUTH_MD5, SIGNED_HEAD("30") "0218090001020304b0d5dcac334dd3f043d6c4f011a4a937" },
	{ BFD_AUTH_MD5_METICULOUS,
	  SIGNED_HEAD("30") "03180900010203047f25631cde3cb7ada7ae3121705a8918" },
	{ BFD_AUTH_SHA1,
	  SIGNED_HEAD("34") "041c090001020304b7624db14713094e095c666ac4eef32c26ea2c95" },
	{ BFD_AUTH_SHA1_METICULOUS,
	  SIGNED_HEAD("34") "051c090001020304b8b586fa4644c665aa8ffd703cb8484d567b8128" },
};

static u32 bytes_of(const char *hex, u8 *out)
{
	u32 len = (u32)strlen(hex) / 2;

	for (u32 n = 0; n < len; n++) {
		char two[3] = { hex[2 * n], hex[2 * n + 1], '\0' };

		out[n] = (u8)strtoul(two, NULL, 16);
	}
	return len;
}

static struct bfd_auth_conf conf_of(enum bfd_auth_kind kind)
{
	return (struct bfd_auth_conf){
		.kind = kind,
		.key_count = 1,
		.key = { { .id = 9, .len_bytes = 11, .secret = "open sesame" } },
	};
}

static void test_digests(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(vectors); n++) {
		struct bfd_auth_conf conf = conf_of(vectors[n].kind);
		u8 want[BFD_LEN_MAX], at[BFD_LEN_MAX] = { 0 };
		u32 len = bytes_of(vectors[n].hex, want), sequence = 0;
		struct bfd_msg msg;

		assert_int_equal(len, BFD_LEN + bfd_auth_len(&conf));
		assert_int_equal(bfd_msg_read(want, len, &msg), BFD_GOOD);
		bfd_msg_write(at, &msg);
		bfd_auth_sign(&conf, at, 0x01020304);
		assert_memory_equal(at, want, len);
		assert_true(bfd_auth_check(&conf, at, len, &sequence));
		assert_int_equal(sequence, 0x01020304);
		/* Whichever bit is another one. */
		for (u32 bit = 0; bit < len * 8; bit++) {
			at[bit / 8] ^= (u8)(1u << bit % 8);
			assert_false(bfd_auth_check(&conf, at, len, &sequence));
			at[bit / 8] ^= (u8)(1u << bit % 8);
		}
		for (u32 cut = BFD_LEN; cut < len; cut++)
			assert_false(bfd_auth_check(&conf, at, cut, &sequence));
	}
}

static void test_password(void **state)
{
	static const u8 want[] = {
		1, 14, 9, 'o', 'p', 'e', 'n', ' ', 's', 'e', 's', 'a', 'm', 'e'
	};
	struct bfd_auth_conf conf = conf_of(BFD_AUTH_PASSWORD);
	struct bfd_msg msg = usual;
	u8 at[BFD_LEN_MAX];
	u32 sequence = 0;

	(void)state;
	msg.flags = BFD_AUTHENTICATED;
	msg.len_bytes = BFD_LEN + sizeof want;
	bfd_msg_write(at, &msg);
	bfd_auth_sign(&conf, at, 1);
	assert_memory_equal(at + BFD_LEN, want, sizeof want);
	assert_true(bfd_auth_check(&conf, at, msg.len_bytes, &sequence));
	at[BFD_LEN + 5] ^= 1;
	assert_false(bfd_auth_check(&conf, at, msg.len_bytes, &sequence));
}

static void test_several_keys(void **state)
{
	struct bfd_auth_conf old = conf_of(BFD_AUTH_SHA1), both = conf_of(BFD_AUTH_SHA1);
	struct bfd_msg msg = usual;
	u8 at[BFD_LEN_MAX];
	u32 sequence = 0;

	(void)state;
	both.key_count = 2;
	both.key[1] = both.key[0];
	both.key[0] = (struct bfd_key){ .id = 10, .len_bytes = 3, .secret = "new" };
	msg.flags = BFD_AUTHENTICATED;
	msg.len_bytes = BFD_LEN_MAX;
	bfd_msg_write(at, &msg);
	bfd_auth_sign(&old, at, 1);
	assert_true(bfd_auth_check(&both, at, BFD_LEN_MAX, &sequence));
	bfd_auth_sign(&both, at, 1);
	assert_true(bfd_auth_check(&both, at, BFD_LEN_MAX, &sequence));
	assert_false(bfd_auth_check(&old, at, BFD_LEN_MAX, &sequence));
}

static void test_conf_wrong(void **state)
{
	struct bfd_conf conf;

	(void)state;
	bfd_conf_defaults(&conf);
	assert_null(bfd_conf_wrong(&conf));
	conf.params.min_tx_us = 9999;
	assert_string_equal(bfd_conf_wrong(&conf), "BFD sends every 10 ms to 60 s");
	bfd_conf_defaults(&conf);
	conf.params.multiplier = 0;
	assert_string_equal(bfd_conf_wrong(&conf), "BFD waits for at least one packet");
	bfd_conf_defaults(&conf);
	conf.params.auth = conf_of(BFD_AUTH_MD5);
	assert_null(bfd_conf_wrong(&conf));
	conf.params.auth.key[0].len_bytes = 17;
	assert_non_null(bfd_conf_wrong(&conf));
	conf.params.auth.kind = BFD_AUTH_SHA1;
	assert_null(bfd_conf_wrong(&conf));
	conf.peer_limit = BFD_PEERS_MAX + 1;
	assert_string_equal(bfd_conf_wrong(&conf), "BFD has at most 256 sessions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_as_bytes), cmocka_unit_test(test_what_is_discarded),
		cmocka_unit_test(test_digests),         cmocka_unit_test(test_password),
		cmocka_unit_test(test_several_keys),    cmocka_unit_test(test_conf_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
