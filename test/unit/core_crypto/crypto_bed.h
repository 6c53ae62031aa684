/* What every test of core/crypto begins with. */
#ifndef TEST_UNIT_CORE_CRYPTO_CRYPTO_BED_H
#define TEST_UNIT_CORE_CRYPTO_CRYPTO_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/crypto/digest.h"

/* The message of the ladders: byte n is 7 * n. */
static inline void fill_message(u8 *at, u32 len)
{
	for (u32 n = 0; n < len; n++)
		at[n] = (u8)(n * 7);
}

static inline u32 hex_digit(char c)
{
	return c <= '9' ? (u32)(c - '0') : (u32)(c - 'a' + 10);
}

/* The bytes that hex says; how many. */
static inline u32 from_hex(u8 *out, const char *hex)
{
	u32 len = (u32)strlen(hex) / 2;

	for (u32 n = 0; n < len; n++)
		out[n] = (u8)(hex_digit(hex[n * 2]) << 4 | hex_digit(hex[n * 2 + 1]));
	return len;
}

static inline void assert_is_hex(const u8 *at, const char *hex)
{
	u8 want[DIGEST_SIZE_MAX * 2];
	u32 len = from_hex(want, hex);

	assert_memory_equal(at, want, len);
}

#endif
