/* The Internet checksum over many bytes. */
#include "core/wire/checksum.h"

u64 csum_sum(const void *at, u32 len)
{
	const u8 *byte = at;
	u64 sum = 0;
	u32 word;
	u16 half;

	/* 32-bit words into a 64-bit sum: 2^32 additions before it could overflow. */
	for (; len >= 16; len -= 16, byte += 16) {
		u32 four[4];

		memcpy(four, byte, sizeof four);
		sum += (u64)four[0] + four[1] + four[2] + four[3];
	}
	for (; len >= 4; len -= 4, byte += 4) {
		memcpy(&word, byte, sizeof word);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, byte, sizeof half);
		sum += half;
		byte += 2;
		len -= 2;
	}
	if (len == 1) {
		u8 last[2] = { *byte, 0 };

		memcpy(&half, last, sizeof half);
		sum += half;
	}
	return sum;
}

u64 csum_copy(void *to, const void *from, u32 len)
{
	const u8 *read = from;
	u8 *write = to;
	u64 sum = 0;

	for (; len >= 16; len -= 16, read += 16, write += 16) {
		u32 four[4];

		memcpy(four, read, sizeof four);
		memcpy(write, four, sizeof four);
		sum += (u64)four[0] + four[1] + four[2] + four[3];
	}
	memcpy(write, read, len);
	return sum + csum_sum(write, len);
}
