/* Authentication: every kind, keys in change, and what is refused. */
#include "core/crypto/digest.h"
#include "fake/ospf_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct ospf_auth_conf crypto(enum ospf_key_alg alg, u32 key_len)
{
	struct ospf_auth_conf auth = { .kind = OSPF_AUTH_CRYPTO, .key_count = 1 };

	auth.key[0] = (struct ospf_key){ .id = 3, .alg = alg, .len_bytes = key_len };
	for (u32 n = 0; n < key_len; n++)
		auth.key[0].byte[n] = (u8)('a' + n % 26);
	return auth;
}

static u32 message(u8 *msg)
{
	struct ospf_hdr hdr = { .version = OSPF_VERSION,
				.type = OSPF_LSREQ,
				.router = be32_of(0x01010101),
				.len = be16_of(24 + 36) };

	memset(msg, 0x42, 24 + 36 + 64);
	memcpy(msg, &hdr, sizeof hdr);
	return 24 + 36;
}

/* Signed here, accepted there; and not when any byte that counts is another one. */
static void round_trip(const struct ospf_auth_conf *auth, u32 size)
{
	u8 msg[256];
	u32 len = message(msg), whole, seq;

	whole = ospf_auth_sign(auth, msg, len, 0x01020304);
	assert_int_equal(whole, len + size);
	assert_int_equal(ospf_auth_size(auth), size);
	assert_null(ospf_auth_wrong(auth, msg, whole, &seq));
	assert_int_equal(seq, auth->kind == OSPF_AUTH_CRYPTO ? 0x01020304 : 0);
	for (u32 at = 0; at < whole; at++) {
		/* The length says where the code is; another one is looked at elsewhere. */
		if (at == 2 || at == 3)
			continue;
		msg[at] ^= 0x10;
		assert_non_null(ospf_auth_wrong(auth, msg, whole, &seq));
		msg[at] ^= 0x10;
	}
	if (size > 0)
		assert_non_null(ospf_auth_wrong(auth, msg, whole - 1, &seq));
}

static void test_every_kind(void **state)
{
	static const u32 size[] = { 16, 20, 32, 48, 64 };
	struct ospf_auth_conf plain = { .kind = OSPF_AUTH_PLAIN, .plain = "secret" };

	(void)state;
	round_trip(&plain, 0);
	for (u32 alg = OSPF_KEY_MD5; alg <= OSPF_KEY_SHA512; alg++) {
		struct ospf_auth_conf auth = crypto(alg, 16), longer = crypto(alg, 64);

		round_trip(&auth, size[alg]);
		if (alg != OSPF_KEY_MD5)
			round_trip(&longer, size[alg]);
	}
}

/* RFC 2328 section D.4.3, of a message made by hand: MD5 over message and padded key. */
static void test_md5_is_that_of_the_rfc(void **state)
{
	struct ospf_auth_conf auth = crypto(OSPF_KEY_MD5, 5);
	u8 msg[256], code[16];
	u32 len = message(msg);
	struct digest digest;

	(void)state;
	(void)ospf_auth_sign(&auth, msg, len, 9);
	assert_int_equal(msg[15], 2);
	assert_int_equal(msg[18], 3);
	assert_int_equal(msg[19], 16);
	assert_int_equal(be32_host(be32_load(msg + 20)), 9);
	digest_init(&digest, DIGEST_MD5);
	digest_update(&digest, msg, len);
	digest_update(&digest, "abcde\0\0\0\0\0\0\0\0\0\0\0", 16);
	digest_final(&digest, code);
	assert_memory_equal(code, msg + len, 16);
}

static void test_change_of_keys(void **state)
{
	struct ospf_auth_conf old = crypto(OSPF_KEY_MD5, 8), both = old;
	u8 msg[256];
	u32 len = message(msg), whole, seq;

	(void)state;
	both.key_count = 2;
	both.key[1] = (struct ospf_key){
		.id = 4, .alg = OSPF_KEY_SHA256, .len_bytes = 4, .byte = "new"
	};
	whole = ospf_auth_sign(&old, msg, len, 1);
	assert_null(ospf_auth_wrong(&both, msg, whole, &seq));
	both.send_key = 1;
	whole = ospf_auth_sign(&both, msg, len, 1);
	assert_null(ospf_auth_wrong(&both, msg, whole, &seq));
	assert_string_equal(ospf_auth_wrong(&old, msg, whole, &seq),
			    "a key id that is not configured");
}

static void test_kinds_do_not_mix(void **state)
{
	struct ospf_auth_conf none = { 0 }, plain = { .kind = OSPF_AUTH_PLAIN, .plain = "x" };
	struct ospf_auth_conf md5 = crypto(OSPF_KEY_MD5, 8);
	const struct ospf_auth_conf *kind[] = { &none, &plain, &md5 };
	u8 msg[256];
	u32 seq;

	(void)state;
	for (u32 a = 0; a < 3; a++) {
		for (u32 b = 0; b < 3; b++) {
			u32 whole = ospf_auth_sign(kind[a], msg, message(msg), 1);
			const char *wrong = ospf_auth_wrong(kind[b], msg, whole, &seq);

			if (a == b)
				assert_null(wrong);
			else
				assert_string_equal(wrong, "another kind of authentication");
		}
	}
}

static struct ospf_bed *bed_with(enum ospf_key_alg alg)
{
	struct ospf_bed *bed = ospf_bed_new();

	bed->conf.iface[BED_PTP].auth = crypto(alg, 16);
	ospf_bed_start(bed);
	return bed;
}

/* Section D.3: a number that was used before is one of a replay. */
static void test_replay(void **state)
{
	struct ospf_bed *bed = bed_with(OSPF_KEY_SHA256);
	struct bed_nbr nbr = {
		.iface = BED_PTP, .rid = BED_HIGH, .addr = be32_of(0x0a000002), .priority = 1
	};

	(void)state;
	ospf_bed_to_full(bed, &nbr);
	bed->now += 5 * NS_PER_SEC;
	ospf_bed_hello(bed, &nbr, true);
	bed->now -= 3 * NS_PER_SEC;
	/* An old hello that does not name us would end the adjacency. */
	ospf_bed_hello(bed, &nbr, false);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	assert_int_equal(bed->ospf.stats.bad_auth, 1);
	assert_true(ospf_bed_logged(bed, "a sequence number that was used before"));
	ospf_bed_free(bed);
}

/* What the speaker sends is signed, and its numbers follow the time. */
static void test_sent_messages(void **state)
{
	struct ospf_bed *bed = bed_with(OSPF_KEY_SHA1);
	const struct bed_sent *sent;
	u32 first, seq;

	(void)state;
	ospf_bed_wait(bed, NS_PER_SEC);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_HELLO);
	assert_non_null(sent);
	assert_null(ospf_auth_wrong(&bed->conf.iface[BED_PTP].auth, sent->msg, sent->len, &first));
	assert_true(first >= 7);
	ospf_bed_wait(bed, 30 * NS_PER_SEC);
	ospf_bed_take(bed, BED_PTP, OSPF_HELLO);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_HELLO);
	assert_null(ospf_auth_wrong(&bed->conf.iface[BED_PTP].auth, sent->msg, sent->len, &seq));
	assert_true(seq > first);
	ospf_bed_free(bed);
}

static void test_wrong_key_is_told_once(void **state)
{
	struct ospf_bed *bed = bed_with(OSPF_KEY_MD5);
	struct bed_nbr nbr = { .iface = BED_PTP, .rid = BED_HIGH, .addr = be32_of(0x0a000002) };
	struct ospf_auth_conf right = bed->ospf.iface[BED_PTP].conf.auth;

	(void)state;
	for (u32 n = 0; n < 5; n++) {
		u8 packet[128] = { 0x45 };
		struct ospf_hdr hdr = { .version = OSPF_VERSION,
					.type = OSPF_HELLO,
					.router = nbr.rid,
					.len = be16_of(24 + 20) };
		struct ospf_auth_conf other = right;
		u32 len;

		other.key[0].byte[0] ^= 1;
		packet[9] = OSPF_PROTO;
		be32_store(packet + 12, nbr.addr);
		be32_store(packet + 16, OSPF_ALL_ROUTERS);
		memcpy(packet + 20, &hdr, sizeof hdr);
		len = 20 + ospf_auth_sign(&other, packet + 20, 24 + 20, 50);
		be16_store(packet + 2, be16_of((u16)len));
		ospf_bed_packet(bed, BED_PTP, packet, len);
	}
	assert_int_equal(bed->ospf.stats.bad_auth, 5);
	assert_int_equal(bed->log.count, 1);
	assert_true(ospf_bed_logged(bed, "a wrong authentication code"));
	ospf_bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_md5_is_that_of_the_rfc),
		cmocka_unit_test(test_change_of_keys),
		cmocka_unit_test(test_kinds_do_not_mix),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_sent_messages),
		cmocka_unit_test(test_wrong_key_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
