/* The checksum of SCTP: known sums, and what follows from flipped bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/crc32c.h"

/* RFC 3720 appendix B.4, whose CRC is the same, and the check value of every catalogue. */
static void known_sums(void **state)
{
	u8 bytes[32];

	(void)state;
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(crc32c("", 0), 0);
	memset(bytes, 0, sizeof bytes);
	assert_int_equal(crc32c(bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(crc32c(bytes, 32), 0x62a8ab43);
	for (u32 n = 0; n < 32; n++)
		bytes[n] = (u8)n;
	assert_int_equal(crc32c(bytes, 32), 0x46dd794e);
}

static void flips_of_every_length(void **state)
{
	static u8 bytes[65535];
	u32 value = 1;

	(void)state;
	for (u32 n = 0; n < sizeof bytes; n++) {
		value = value * 1103515245 + 12345;
		bytes[n] = (u8)(value >> 16);
	}
	for (u32 len = 4; len <= sizeof bytes; len += len < 300 ? 1 : 4099) {
		u32 before = crc32c(bytes, len), old = crc32c_load(bytes);

		value = value * 1103515245 + 12345;
		crc32c_store(bytes, old ^ value);
		assert_int_equal(crc32c(bytes, len), before ^ crc32c_flips(value, len));
	}
	assert_int_equal(crc32c_flips(0, 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_sums),
		cmocka_unit_test(flips_of_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
