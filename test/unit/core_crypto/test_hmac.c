/* HMAC: the examples of RFC 2202 and RFC 4231, keys of every length, pieces. */
#include "unit/core_crypto/crypto_bed.h"

#include "core/crypto/hmac.h"

enum { LADDER_LEN = 150, BYTES_MAX = 160 };

#define COUNTING                                                                                   \
	"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"             \
	"\x14\x15\x16\x17\x18\x19"

/* A text, or one byte so often. */
struct bytes {
	const char *text;
	u8 byte;
	u32 len;
};

struct example {
	enum digest_alg alg;
	struct bytes key;
	struct bytes data;
	const char *want;
};

static const struct example examples_of_rfc2202[] = {
	{ DIGEST_MD5,
	  { NULL, 0x0b, 16 },
	  { "Hi There", 0, 8 },
	  "9294727a3638bb1c13f48ef8158bfc9d" },
	{ DIGEST_SHA1,
	  { NULL, 0x0b, 20 },
	  { "Hi There", 0, 8 },
	  "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ DIGEST_MD5,
	  { "Jefe", 0, 4 },
	  { "what do ya want for nothing?", 0, 28 },
	  "750c783e6ab0b503eaa86e310a5db738" },
	{ DIGEST_SHA1,
	  { "Jefe", 0, 4 },
	  { "what do ya want for nothing?", 0, 28 },
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ DIGEST_MD5, { NULL, 0xaa, 16 }, { NULL, 0xdd, 50 }, "56be34521d144c88dbb8c733f0e8b3f6" },
	{ DIGEST_SHA1,
	  { NULL, 0xaa, 20 },
	  { NULL, 0xdd, 50 },
	  "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
	{ DIGEST_MD5, { COUNTING, 0, 25 }, { NULL, 0xcd, 50 }, "697eaf0aca3a3aea3a75164746ffaa79" },
	{ DIGEST_SHA1,
	  { COUNTING, 0, 25 },
	  { NULL, 0xcd, 50 },
	  "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
	{ DIGEST_MD5,
	  { NULL, 0x0c, 16 },
	  { "Test With Truncation", 0, 20 },
	  "56461ef2342edc00f9bab995690efd4c" },
	{ DIGEST_SHA1,
	  { NULL, 0x0c, 20 },
	  { "Test With Truncation", 0, 20 },
	  "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
	{ DIGEST_MD5,
	  { NULL, 0xaa, 80 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54 },
	  "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
	{ DIGEST_SHA1,
	  { NULL, 0xaa, 80 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54 },
	  "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	{ DIGEST_MD5,
	  { NULL, 0xaa, 80 },
	  { "Test Using Larger Than Block-Size Key and Larger Than One Block-"
	    "Size Data",
	    0, 73 },
	  "6f630fad67cda0ee1fb1f562db3aa53e" },
	{ DIGEST_SHA1,
	  { NULL, 0xaa, 80 },
	  { "Test Using Larger Than Block-Size Key and Larger Than One Block-"
	    "Size Data",
	    0, 73 },
	  "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
};

/* Test 5 is of the first 128 bits. */
static const struct example examples_of_rfc4231[] = {
	{ DIGEST_SHA256,
	  { NULL, 0x0b, 20 },
	  { "Hi There", 0, 8 },
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ DIGEST_SHA384,
	  { NULL, 0x0b, 20 },
	  { "Hi There", 0, 8 },
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6" },
	{ DIGEST_SHA512,
	  { NULL, 0x0b, 20 },
	  { "Hi There", 0, 8 },
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ DIGEST_SHA256,
	  { "Jefe", 0, 4 },
	  { "what do ya want for nothing?", 0, 28 },
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ DIGEST_SHA384,
	  { "Jefe", 0, 4 },
	  { "what do ya want for nothing?", 0, 28 },
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ DIGEST_SHA512,
	  { "Jefe", 0, 4 },
	  { "what do ya want for nothing?", 0, 28 },
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ DIGEST_SHA256,
	  { NULL, 0xaa, 20 },
	  { NULL, 0xdd, 50 },
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ DIGEST_SHA384,
	  { NULL, 0xaa, 20 },
	  { NULL, 0xdd, 50 },
	  "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
	  "2a5ab39dc13814b94e3ab6e101a34f27" },
	{ DIGEST_SHA512,
	  { NULL, 0xaa, 20 },
	  { NULL, 0xdd, 50 },
	  "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	  "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" },
	{ DIGEST_SHA256,
	  { COUNTING, 0, 25 },
	  { NULL, 0xcd, 50 },
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ DIGEST_SHA384,
	  { COUNTING, 0, 25 },
	  { NULL, 0xcd, 50 },
	  "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
	  "6801dd23c4a7d679ccf8a386c674cffb" },
	{ DIGEST_SHA512,
	  { COUNTING, 0, 25 },
	  { NULL, 0xcd, 50 },
	  "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
	  "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" },
	{ DIGEST_SHA256,
	  { NULL, 0x0c, 20 },
	  { "Test With Truncation", 0, 20 },
	  "a3b6167473100ee06e0c796c2955552b" },
	{ DIGEST_SHA384,
	  { NULL, 0x0c, 20 },
	  { "Test With Truncation", 0, 20 },
	  "3abf34c3503b2a23a46efc619baef897" },
	{ DIGEST_SHA512,
	  { NULL, 0x0c, 20 },
	  { "Test With Truncation", 0, 20 },
	  "415fad6271580a531d4179bc891d87a6" },
	{ DIGEST_SHA256,
	  { NULL, 0xaa, 131 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54 },
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ DIGEST_SHA384,
	  { NULL, 0xaa, 131 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54 },
	  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	  "0c2ef6ab4030fe8296248df163f44952" },
	{ DIGEST_SHA512,
	  { NULL, 0xaa, 131 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54 },
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	{ DIGEST_SHA256,
	  { NULL, 0xaa, 131 },
	  { "This is a test using a larger than block-size key and a larger t"
	    "han block-size data. The key needs to be hashed before being use"
	    "d by the HMAC algorithm.",
	    0, 152 },
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	{ DIGEST_SHA384,
	  { NULL, 0xaa, 131 },
	  { "This is a test using a larger than block-size key and a larger t"
	    "han block-size data. The key needs to be hashed before being use"
	    "d by the HMAC algorithm.",
	    0, 152 },
	  "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
	  "a678cc31e799176d3860e6110c46523e" },
	{ DIGEST_SHA512,
	  { NULL, 0xaa, 131 },
	  { "This is a test using a larger than block-size key and a larger t"
	    "han block-size data. The key needs to be hashed before being use"
	    "d by the HMAC algorithm.",
	    0, 152 },
	  "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
	  "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58" },
};

/* The hash over 150 codes, the key of 0 to 149 bytes and the data of 150 to 1, by OpenSSL. */
static const char *const ladders[] = {
	[DIGEST_MD5] = "69f2132acba784e2131a532b7f11adf4",
	[DIGEST_SHA1] = "b432256bc54af7ac34d885e12691451081c6169a",
	[DIGEST_SHA256] = "c2d7d1e3a2ec5ea50b3f972553dd8e613e447f6c449cca1a4c0e00b88a90db4a",
	[DIGEST_SHA384] = "a62efd1f4372c84aa345519ad2e87fa19b25af792637cb8cba58b426a9f85ec9"
			  "50b3599797b847c816a4f29bdc5ca064",
	[DIGEST_SHA512] = "eeab002fe531bd868b885baa5e5229b6b8fedbf028656b5ebb410d8d17d6487b"
			  "f518fc991cd4f22de6efec732e12f5381553e88eb2ab92bda0aec735171d6651",
};

static void bytes_write(const struct bytes *bytes, u8 *out)
{
	assert_true(bytes->len <= BYTES_MAX);
	if (bytes->text != NULL)
		memcpy(out, bytes->text, bytes->len);
	else
		memset(out, bytes->byte, bytes->len);
}

static void check_examples(const struct example *examples, u32 count)
{
	u8 key[BYTES_MAX], data[BYTES_MAX], out[DIGEST_SIZE_MAX];
	struct hmac hmac;

	for (u32 n = 0; n < count; n++) {
		const struct example *example = &examples[n];

		bytes_write(&example->key, key);
		bytes_write(&example->data, data);
		hmac_init(&hmac, example->alg, key, example->key.len);
		hmac_update(&hmac, data, example->data.len);
		hmac_final(&hmac, out);
		assert_is_hex(out, example->want);
	}
}

static void test_rfc2202(void **state)
{
	(void)state;
	check_examples(examples_of_rfc2202, ARRAY_COUNT(examples_of_rfc2202));
}

static void test_rfc4231(void **state)
{
	(void)state;
	check_examples(examples_of_rfc4231, ARRAY_COUNT(examples_of_rfc4231));
}

/* A key as long as a block is used as it is, one byte more and it is hashed. */
static void test_keys_of_every_length(void **state)
{
	u8 message[LADDER_LEN], out[DIGEST_SIZE_MAX];
	struct digest ladder;
	struct hmac hmac;

	(void)state;
	fill_message(message, sizeof message);
	for (enum digest_alg alg = DIGEST_MD5; alg <= DIGEST_SHA512; alg++) {
		digest_init(&ladder, alg);
		for (u32 len = 0; len < LADDER_LEN; len++) {
			hmac_init(&hmac, alg, message, len);
			hmac_update(&hmac, message, LADDER_LEN - len);
			hmac_final(&hmac, out);
			digest_update(&ladder, out, digest_size(alg));
		}
		digest_final(&ladder, out);
		assert_is_hex(out, ladders[alg]);
	}
}

/* RFC 2202 test 2 in pieces of one byte, each of two copies of one key. */
static void test_a_key_serves_several_messages(void **state)
{
	static const char data[] = "what do ya want for nothing?";
	u8 out[DIGEST_SIZE_MAX];
	struct hmac ready, hmac;

	(void)state;
	hmac_init(&ready, DIGEST_SHA1, "Jefe", 4);
	for (u32 turn = 0; turn < 2; turn++) {
		hmac = ready;
		for (u32 n = 0; n + 1 < sizeof data; n++)
			hmac_update(&hmac, data + n, 1);
		hmac_final(&hmac, out);
		assert_is_hex(out, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc2202),
		cmocka_unit_test(test_rfc4231),
		cmocka_unit_test(test_keys_of_every_length),
		cmocka_unit_test(test_a_key_serves_several_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
