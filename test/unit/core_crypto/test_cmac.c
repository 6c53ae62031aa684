/* AES-128 and AES-CMAC: the examples of FIPS 197 and RFC 4493, every length, pieces. */
#include "unit/core_crypto/crypto_bed.h"

#include "core/crypto/cmac.h"

enum { LADDER_LEN = 100, EXAMPLE_LEN = 64 };

static const char key_of_rfc4493[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char message_of_rfc4493[] = "6bc1bee22e409f96e93d7e117393172a"
					 "ae2d8a571e03ac9c9eb76fac45af8e51"
					 "30c81c46a35ce411e5fbc1191a0a52ef"
					 "f69f2445df4f9b17ad2b417be66c3710";

static void check_block(const char *key_hex, const char *in_hex, const char *want_hex)
{
	u8 key[AES128_KEY_SIZE], block[AES_BLOCK_SIZE];
	struct aes128 aes;

	from_hex(key, key_hex);
	from_hex(block, in_hex);
	aes128_init(&aes, key);
	aes128_encrypt(&aes, block, block);
	assert_is_hex(block, want_hex);
}

/* FIPS 197 appendices B and C.1; the third is the subkey generation of RFC 4493 section 4. */
static void test_aes_of_the_standard(void **state)
{
	(void)state;
	check_block(key_of_rfc4493, "3243f6a8885a308d313198a2e0370734",
		    "3925841d02dc09fbdc118597196a0b32");
	check_block("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
		    "69c4e0d86a7b0430d8cdb78070b4c55a");
	check_block(key_of_rfc4493, "00000000000000000000000000000000",
		    "7df76b0c1ab899b33e42f047b91b546f");
}

/* A thousand blocks, each of which changes the key: what OpenSSL has at the end. Every byte goes
 * through the S-box many times.                                                                  */
static void test_aes_goes_on(void **state)
{
	u8 key[AES128_KEY_SIZE] = { 0 }, block[AES_BLOCK_SIZE] = { 0 };
	struct aes128 aes;

	(void)state;
	for (u32 turn = 0; turn < 1000; turn++) {
		aes128_init(&aes, key);
		aes128_encrypt(&aes, block, block);
		for (u32 n = 0; n < AES_BLOCK_SIZE; n++)
			key[n] ^= block[n];
	}
	assert_is_hex(block, "c03b462451b8ec9fa674a2d1e9c0555e");
}

static void cmac_in_pieces(const u8 *message, u32 len, u32 piece, u8 out[CMAC_SIZE])
{
	u8 key[AES128_KEY_SIZE];
	struct cmac cmac;

	from_hex(key, key_of_rfc4493);
	cmac_init(&cmac, key);
	for (u32 at = 0; at < len; at += piece) {
		cmac_update(&cmac, NULL, 0);
		cmac_update(&cmac, message + at, u32_min(piece, len - at));
	}
	cmac_final(&cmac, out);
}

/* RFC 4493 section 4, examples 1 to 4, in pieces of every size. */
static void test_cmac_of_the_rfc(void **state)
{
	static const struct {
		u32 len;
		const char *want;
	} examples[] = {
		{ 0, "bb1d6929e95937287fa37d129b756746" },
		{ 16, "070a16b46b4d4144f79bdd9dd04a287c" },
		{ 40, "dfa66747de9ae63030ca32611497c827" },
		{ 64, "51f0bebf7e3b9d92fc49741779363cfe" },
	};
	u8 message[EXAMPLE_LEN], out[CMAC_SIZE];

	(void)state;
	from_hex(message, message_of_rfc4493);
	for (u32 n = 0; n < ARRAY_COUNT(examples); n++) {
		for (u32 piece = 1; piece <= EXAMPLE_LEN; piece++) {
			cmac_in_pieces(message, examples[n].len, piece, out);
			assert_is_hex(out, examples[n].want);
		}
	}
}

/* SHA-256 over the codes of messages of 0 to 99 bytes, by OpenSSL. */
static void test_cmac_of_every_length(void **state)
{
	u8 message[LADDER_LEN], out[CMAC_SIZE], end[DIGEST_SIZE_MAX];
	struct digest ladder;

	(void)state;
	fill_message(message, sizeof message);
	digest_init(&ladder, DIGEST_SHA256);
	for (u32 len = 0; len < LADDER_LEN; len++) {
		cmac_in_pieces(message, len, LADDER_LEN, out);
		digest_update(&ladder, out, sizeof out);
	}
	digest_final(&ladder, end);
	assert_is_hex(end, "d2bcc84d8233a478132e138d045e1b43d0b49a9e23ed989004e3c306afa9a3b5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aes_of_the_standard),
		cmocka_unit_test(test_aes_goes_on),
		cmocka_unit_test(test_cmac_of_the_rfc),
		cmocka_unit_test(test_cmac_of_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
