/* The hashes: the messages of the RFCs, and every length in pieces of every size. */
#include "unit/core_crypto/crypto_bed.h"

enum { MESSAGE_MAX = 300 };

#define MESSAGE_2_1 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define MESSAGE_2_2                                                                                \
	"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"                                 \
	"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

struct example {
	enum digest_alg alg;
	const char *text;
	u32 count; /* so often */
	const char *want;
};

/* RFC 1321 appendix A.5. */
static const struct example md5_examples[] = {
	{ DIGEST_MD5, "", 1, "d41d8cd98f00b204e9800998ecf8427e" },
	{ DIGEST_MD5, "a", 1, "0cc175b9c0f1b6a831c399e269772661" },
	{ DIGEST_MD5, "abc", 1, "900150983cd24fb0d6963f7d28e17f72" },
	{ DIGEST_MD5, "message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0" },
	{ DIGEST_MD5, "abcdefghijklmnopqrstuvwxyz", 1, "c3fcd3d76192e4007dfb496cca67e13b" },
	{ DIGEST_MD5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 1,
	  "d174ab98d277d9f5a5611c2c9f419d9f" },
	{ DIGEST_MD5, "1234567890", 8, "57edf4a22be3c955ac49da2e2107b67a" },
};

/* RFC 3174 section 7.3 and RFC 6234 section 8.5, tests 1 to 4. */
static const struct example sha_examples[] = {
	{ DIGEST_SHA1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ DIGEST_SHA1, MESSAGE_2_1, 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ DIGEST_SHA1, "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
	{ DIGEST_SHA1, "01234567", 80, "dea356a2cddd90c7a7ecedc5ebb563934f460452" },
	{ DIGEST_SHA256, "abc", 1,
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ DIGEST_SHA256, MESSAGE_2_1, 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ DIGEST_SHA256, "a", 1000000,
	  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	{ DIGEST_SHA256, "01234567", 80,
	  "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5" },
	{ DIGEST_SHA384, "abc", 1,
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7" },
	{ DIGEST_SHA384, MESSAGE_2_2, 1,
	  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
	  "fcc7c71a557e2db966c3e9fa91746039" },
	{ DIGEST_SHA384, "a", 1000000,
	  "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
	  "07b8b3dc38ecc4ebae97ddd87f3d8985" },
	{ DIGEST_SHA384, "01234567", 80,
	  "2fc64a4f500ddb6828f6a3430b8dd72a368eb7f3a8322a70bc84275b9c0b3ab0"
	  "0d27a5cc3c2d224aa6b61a0d79fb4596" },
	{ DIGEST_SHA512, "abc", 1,
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ DIGEST_SHA512, MESSAGE_2_2, 1,
	  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	  "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
	{ DIGEST_SHA512, "a", 1000000,
	  "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
	  "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b" },
	{ DIGEST_SHA512, "01234567", 80,
	  "89d05ba632c699c31231ded4ffc127d5a894dad412c0e024db872d1abd2ba814"
	  "1a0f85072a9be1e2aa04cf33c765cb510813a39cd5a84c4acaa64d3f3fb7bae9" },
};

/* The hash over the hashes of the messages of 0 to 299 bytes, by OpenSSL. */
static const char *const ladders[] = {
	[DIGEST_MD5] = "b9d5b0ec0d207bb96cccb77036c15f87",
	[DIGEST_SHA1] = "d86f432ef2b3a77b72697e5684cf65ebf943b865",
	[DIGEST_SHA256] = "f65f14b090e805017546322e618401d41f0710c213e013a5131eb38bbe8f367f",
	[DIGEST_SHA384] = "cb5c261a5471690f763a4168dfa3c2ee6011f568ecd03e25a3014563f430c32b"
			  "8e7d3f10d1c89ed40ee89827b60e354e",
	[DIGEST_SHA512] = "8dbfff7fba0e8bdbab57c3b7ce89219cf36e43c426ac64166db2ed89c603f2e1"
			  "89f415de2614e940d4abc94ffb5f3db0da34196e9b42d6150fab1546a662ec58",
};

static void check_example(const struct example *example)
{
	u8 out[DIGEST_SIZE_MAX];
	struct digest digest;

	digest_init(&digest, example->alg);
	for (u32 n = 0; n < example->count; n++)
		digest_update(&digest, example->text, (u32)strlen(example->text));
	digest_final(&digest, out);
	assert_int_equal(digest_size(example->alg) * 2, strlen(example->want));
	assert_is_hex(out, example->want);
}

static void test_md5_of_the_rfc(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(md5_examples); n++)
		check_example(&md5_examples[n]);
}

static void test_sha_of_the_rfc(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(sha_examples); n++)
		check_example(&sha_examples[n]);
}

/* RFC 6234 section 8.5, test 8 of SHA-256: bytes that are no text. */
static void test_bytes_of_the_rfc(void **state)
{
	u8 message[16], out[DIGEST_SIZE_MAX];
	struct digest digest;

	(void)state;
	assert_int_equal(from_hex(message, "e3d72570dcdd787ce3887ab2cd684652"), 16);
	digest_init(&digest, DIGEST_SHA256);
	digest_update(&digest, message, sizeof message);
	digest_final(&digest, out);
	assert_is_hex(out, "175ee69b02ba9b58e2b0a5fd13819cea573f3940a94f825128cf4209beabb4e8");
}

/* The lengths go over every place where a block or the room for the length ends. */
static void test_every_length(void **state)
{
	u8 message[MESSAGE_MAX], out[DIGEST_SIZE_MAX];
	struct digest digest, ladder;

	(void)state;
	fill_message(message, sizeof message);
	for (enum digest_alg alg = DIGEST_MD5; alg <= DIGEST_SHA512; alg++) {
		digest_init(&ladder, alg);
		for (u32 len = 0; len < MESSAGE_MAX; len++) {
			digest_init(&digest, alg);
			digest_update(&digest, message, len);
			digest_final(&digest, out);
			digest_update(&ladder, out, digest_size(alg));
		}
		digest_final(&ladder, out);
		assert_is_hex(out, ladders[alg]);
	}
}

static void digest_in_pieces(enum digest_alg alg, const u8 *message, u32 piece, u8 *out)
{
	struct digest digest;

	digest_init(&digest, alg);
	for (u32 at = 0; at < MESSAGE_MAX; at += piece) {
		digest_update(&digest, NULL, 0);
		digest_update(&digest, message + at, u32_min(piece, MESSAGE_MAX - at));
	}
	digest_final(&digest, out);
}

static void test_pieces_of_every_size(void **state)
{
	u8 message[MESSAGE_MAX], whole[DIGEST_SIZE_MAX], out[DIGEST_SIZE_MAX];

	(void)state;
	fill_message(message, sizeof message);
	for (enum digest_alg alg = DIGEST_MD5; alg <= DIGEST_SHA512; alg++) {
		digest_in_pieces(alg, message, MESSAGE_MAX, whole);
		for (u32 piece = 1; piece < MESSAGE_MAX; piece++) {
			digest_in_pieces(alg, message, piece, out);
			assert_memory_equal(out, whole, digest_size(alg));
		}
	}
}

static void test_a_copy_goes_on_by_itself(void **state)
{
	u8 out[DIGEST_SIZE_MAX];
	struct digest digest, copy;

	(void)state;
	digest_init(&digest, DIGEST_SHA1);
	digest_update(&digest, "ab", 2);
	copy = digest;
	digest_update(&digest, "x", 1);
	digest_update(&copy, "c", 1);
	digest_final(&digest, out);
	digest_final(&copy, out);
	assert_is_hex(out, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md5_of_the_rfc),
		cmocka_unit_test(test_sha_of_the_rfc),
		cmocka_unit_test(test_bytes_of_the_rfc),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_pieces_of_every_size),
		cmocka_unit_test(test_a_copy_goes_on_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
