/* Every byte is looked at. */
#include "core/crypto/equal.h"

bool bytes_equal(const void *a, const void *b, u32 len_bytes)
{
	/* Volatile: a compiler may not leave the loop once the answer stands. */
	const volatile u8 *left = a, *right = b;
	u8 differ = 0;

	for (u32 n = 0; n < len_bytes; n++)
		differ |= left[n] ^ right[n];
	return differ == 0;
}
