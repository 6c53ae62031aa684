/* The Internet checksum over many bytes. */
#include "core/wire/checksum.h"

/* Two words side by side. Their lower halves and their upper halves are added up apart: 2^32
 * additions before one of the four sums could overflow.                                          */
typedef u64 lanes __attribute__((vector_size(16)));

struct lane_sums {
	lanes low, high;
};

static inline void lanes_add(struct lane_sums *sums, lanes a, lanes b)
{
	sums->low += (a & UINT32_MAX) + (b & UINT32_MAX);
	sums->high += (a >> 32) + (b >> 32);
}

static inline u64 lanes_sum(const struct lane_sums *sums)
{
	lanes both = sums->low + sums->high;

	return both[0] + both[1];
}

/* Of less than 32 bytes. */
static u64 sum_rest(const u8 *byte, u32 len)
{
	u64 sum = 0;
	u32 word;
	u16 half;

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

u64 csum_sum(const void *at, u32 len)
{
	struct lane_sums sums = { 0 };
	const u8 *byte = at;

	for (; len >= 32; len -= 32, byte += 32) {
		lanes a, b;

		memcpy(&a, byte, 16);
		memcpy(&b, byte + 16, 16);
		lanes_add(&sums, a, b);
	}
	return lanes_sum(&sums) + sum_rest(byte, len);
}

u64 csum_copy(void *to, const void *from, u32 len)
{
	struct lane_sums sums = { 0 };
	const u8 *read = from;
	u8 *write = to;

	for (; len >= 32; len -= 32, read += 32, write += 32) {
		lanes a, b;

		memcpy(&a, read, 16);
		memcpy(&b, read + 16, 16);
		memcpy(write, &a, 16);
		memcpy(write + 16, &b, 16);
		lanes_add(&sums, a, b);
	}
	memcpy(write, read, len);
	return lanes_sum(&sums) + sum_rest(read, len);
}
