/* Who may speak RIP: passwords and digests. The signed messages were made with Python's hashlib and
 * hmac after RFC 2082 and RFC 4822, not with the code that is tested here.                       */
#include "unit/core_routing_rip/rip_bed.h"

#define SIGNED_HEAD(size)                                                                          \
	"02020000ffff0003002c07" size "010203040000000000000000"                                   \
	"000200000a010200ffffff000000000000000001ffff0001"

struct vector {
	enum digest_alg alg;
	const char *secret;
	const char *hex;
};

static const struct vector vectors[] = {
	{ DIGEST_MD5, "correct horse", SIGNED_HEAD("10") "acbb072bd22588acadbd56d500e4fc1d" },
	{ DIGEST_SHA1, "correct horse",
	  SIGNED_HEAD("14") "aedee03b49734fedf66515b1891aa4cfa2f7c91b" },
	{ DIGEST_SHA256, "correct horse",
	  SIGNED_HEAD("20") "75736a315b96a6f395d0bf972505bd3324d322b5ec65a6f0c33e371efc525170" },
	{ DIGEST_SHA384, "correct horse",
	  SIGNED_HEAD("30") "8418dc8775d45214c40816f12303e4326543510c18482017abeacc0a35edbe59"
			    "4386fb1e7de07a79b5fff1d758fead07" },
	{ DIGEST_SHA512, "correct horse",
	  SIGNED_HEAD("40") "ac93c3bdc9059dd9a8b6d14d93b1b316798f694af3786f0394626fab46161dbf"
			    "5f9ba503f39f64c83bb26b4f538f26bcbf358c6d8a2bf6741129ca547361ed6f" },
	/* Longer than the digest: RFC 4822 section 3.2.1. */
	{ DIGEST_SHA1, "a key that is longer than twenty bytes",
	  SIGNED_HEAD("14") "97b7bf14a742f85bfff97d2dadb68b85ad4c4c15" },
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

static struct rip_auth_conf conf_of(enum rip_auth_kind kind, enum digest_alg alg,
				    const char *secret)
{
	struct rip_auth_conf conf = { .kind = kind, .key_count = 1 };

	conf.key[0].id = 7;
	conf.key[0].alg = alg;
	conf.key[0].len_bytes = (u32)strlen(secret);
	memcpy(conf.key[0].secret, secret, strlen(secret));
	return conf;
}

/* A response with one entry, as the vectors have it, and room for authentication. */
static u32 plain(u8 *at, bool room)
{
	struct rip_entry entry = { 2, 0, addr("10.1.2.0"), addr("255.255.255.0"), be32_of(0), 1 };
	u32 len = RIP_HEADER_LEN + (room ? RIP_ENTRY_LEN : 0);

	memset(at, 0xee, RIP_MSG_MAX);
	rip_header_write(at, RIP_RESPONSE);
	rip_entry_write(at + len, &entry);
	return len + RIP_ENTRY_LEN;
}

static void test_digests_are_those_of_the_rfcs(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(vectors); n++) {
		struct rip_auth_conf conf = conf_of(RIP_AUTH_DIGEST, vectors[n].alg,
						    vectors[n].secret);
		u8 want[RIP_MSG_MAX], at[RIP_MSG_MAX];
		u32 want_len = bytes_of(vectors[n].hex, want);
		u32 len = rip_auth_sign(&conf, at, plain(at, true), 0x01020304);
		struct rip_auth_seen seen;

		assert_int_equal(len, want_len);
		assert_memory_equal(at, want, len);
		assert_int_equal(rip_auth_check(&conf, want, want_len, &seen), RIP_AUTH_GOOD);
		assert_int_equal(seen.sequence, 0x01020304);
		assert_int_equal(seen.key_id, 7);
		assert_int_equal(seen.entry_count, 1);
		assert_int_equal(seen.entry_at, RIP_HEADER_LEN + RIP_ENTRY_LEN);
	}
}

/* Whatever bit is another one, the message is not taken. */
static void test_each_bit_counts(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(vectors); n++) {
		struct rip_auth_conf conf = conf_of(RIP_AUTH_DIGEST, vectors[n].alg,
						    vectors[n].secret);
		u8 at[RIP_MSG_MAX];
		u32 len = bytes_of(vectors[n].hex, at);
		struct rip_auth_seen seen;

		for (u32 bit = 0; bit < len * 8; bit++) {
			at[bit / 8] ^= (u8)(1u << bit % 8);
			assert_true(rip_auth_check(&conf, at, len, &seen) != RIP_AUTH_GOOD);
			at[bit / 8] ^= (u8)(1u << bit % 8);
		}
	}
}

static void test_lengths_of_a_digest(void **state)
{
	struct rip_auth_conf conf = conf_of(RIP_AUTH_DIGEST, DIGEST_MD5, "correct horse");
	struct rip_auth_seen seen;
	u8 at[RIP_MSG_MAX];
	u32 len = bytes_of(vectors[0].hex, at);

	(void)state;
	for (u32 cut = RIP_HEADER_LEN; cut < len; cut++)
		assert_int_not_equal(rip_auth_check(&conf, at, cut, &seen), RIP_AUTH_GOOD);
	/* The trailer where the entry of authentication is, and as long as it would have to be. */
	at[9] = RIP_HEADER_LEN;
	assert_int_equal(rip_auth_check(&conf, at, 4 + 4 + 16, &seen), RIP_AUTH_MALFORMED);
}

/* RFC 2082 section 3.1 can be read so that the head of the trailer counts, too, and some do. */
static void test_the_longer_length_is_taken(void **state)
{
	struct rip_auth_conf conf = conf_of(RIP_AUTH_DIGEST, DIGEST_MD5, "correct horse");
	u8 at[RIP_MSG_MAX];
	u32 len = bytes_of(SIGNED_HEAD("14") "52169db196c91229873ccf7792113a4d", at);
	struct rip_auth_seen seen;

	(void)state;
	assert_int_equal(rip_auth_check(&conf, at, len, &seen), RIP_AUTH_GOOD);
	assert_int_equal(seen.entry_count, 1);
}

static void test_password(void **state)
{
	struct rip_auth_conf conf = conf_of(RIP_AUTH_PASSWORD, DIGEST_MD5, "open sesame");
	struct rip_auth_conf other = conf_of(RIP_AUTH_PASSWORD, DIGEST_MD5, "open sesam");
	static const u8 want[RIP_ENTRY_LEN] = { 0xff, 0xff, 0,   2,   'o', 'p', 'e', 'n', ' ', 's',
						'e',  's',  'a', 'm', 'e', 0,   0,   0,   0,   0 };
	struct rip_auth_seen seen;
	u8 at[RIP_MSG_MAX];
	u32 len = rip_auth_sign(&conf, at, plain(at, true), 1);

	(void)state;
	assert_int_equal(len, RIP_HEADER_LEN + 2 * RIP_ENTRY_LEN);
	assert_memory_equal(at + RIP_HEADER_LEN, want, sizeof want);
	assert_int_equal(rip_auth_check(&conf, at, len, &seen), RIP_AUTH_GOOD);
	assert_int_equal(seen.entry_count, 1);
	assert_int_equal(rip_auth_check(&other, at, len, &seen), RIP_AUTH_WRONG);
}

/* RFC 2453 section 5.2: who asks for none discards what is signed, and the other way round. */
static void test_kinds_do_not_mix(void **state)
{
	struct rip_auth_conf none = { .kind = RIP_AUTH_NONE };
	struct rip_auth_conf password = conf_of(RIP_AUTH_PASSWORD, DIGEST_MD5, "x");
	struct rip_auth_conf digest = conf_of(RIP_AUTH_DIGEST, DIGEST_MD5, "x");
	struct rip_auth_seen seen;
	u8 at[RIP_MSG_MAX];
	u32 len = plain(at, false);

	(void)state;
	assert_int_equal(rip_auth_check(&none, at, len, &seen), RIP_AUTH_GOOD);
	assert_int_equal(seen.entry_count, 1);
	assert_int_equal(rip_auth_check(&none, at, len + 1, &seen), RIP_AUTH_LENGTH);
	assert_int_equal(rip_auth_check(&password, at, len, &seen), RIP_AUTH_MISSING);
	assert_int_equal(rip_auth_check(&digest, at, len, &seen), RIP_AUTH_MISSING);
	len = rip_auth_sign(&password, at, plain(at, true), 1);
	assert_int_equal(rip_auth_check(&none, at, len, &seen), RIP_AUTH_UNWANTED);
	assert_int_equal(rip_auth_check(&digest, at, len, &seen), RIP_AUTH_MISSING);
	len = rip_auth_sign(&digest, at, plain(at, true), 1);
	assert_int_equal(rip_auth_check(&none, at, len, &seen), RIP_AUTH_UNWANTED);
	assert_int_equal(rip_auth_check(&digest, at, len, &seen), RIP_AUTH_GOOD);
	digest.key[0].id = 8;
	assert_int_equal(rip_auth_check(&digest, at, len, &seen), RIP_AUTH_UNKNOWN_KEY);
}

static void test_keys_roll_over(void **state)
{
	struct rip_auth_conf old = conf_of(RIP_AUTH_DIGEST, DIGEST_MD5, "old");
	struct rip_auth_conf both = conf_of(RIP_AUTH_DIGEST, DIGEST_SHA256, "new");
	struct rip_auth_seen seen;
	u8 at[RIP_MSG_MAX];
	u32 len;

	(void)state;
	both.key[0].id = 9;
	both.key[1] = old.key[0];
	both.key_count = 2;
	len = rip_auth_sign(&old, at, plain(at, true), 1);
	assert_int_equal(rip_auth_check(&both, at, len, &seen), RIP_AUTH_GOOD);
	assert_int_equal(seen.key_id, 7);
	len = rip_auth_sign(&both, at, plain(at, true), 1);
	assert_int_equal(rip_auth_check(&both, at, len, &seen), RIP_AUTH_GOOD);
	assert_int_equal(seen.key_id, 9);
	assert_int_equal(rip_auth_check(&old, at, len, &seen), RIP_AUTH_UNKNOWN_KEY);
}

static void test_room(void **state)
{
	struct rip_auth_conf none = { .kind = RIP_AUTH_NONE };
	struct rip_auth_conf password = conf_of(RIP_AUTH_PASSWORD, DIGEST_MD5, "x");
	struct rip_auth_conf digest = conf_of(RIP_AUTH_DIGEST, DIGEST_SHA512, "x");

	(void)state;
	assert_int_equal(rip_auth_room(&none), 25);
	assert_int_equal(rip_auth_room(&password), 24);
	assert_int_equal(rip_auth_room(&digest), 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests_are_those_of_the_rfcs),
		cmocka_unit_test(test_each_bit_counts),
		cmocka_unit_test(test_lengths_of_a_digest),
		cmocka_unit_test(test_the_longer_length_is_taken),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_kinds_do_not_mix),
		cmocka_unit_test(test_keys_roll_over),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
