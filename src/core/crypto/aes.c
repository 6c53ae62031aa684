/* AES-128 without tables.
 *
 * Which lines of a cache look-ups in a table of the S-box touch depends on the key, and others on
 * the machine can see it. So the S-box is calculated, for all sixteen bytes at once: the block is
 * turned into eight planes, plane n with bit n of every byte, and arithmetic of GF(2^8) is
 * arithmetic of planes. Eight planes of sixteen bits are one vector of the compiler's.
 *
 * A byte's place in a plane is four times its row, plus its column (FIPS 197 section 3.4): then a
 * row is a nibble, and to move rows is to rotate the plane.                                      */
#include "core/crypto/aes.h"

typedef u16 planes __attribute__((vector_size(16)));

static const planes NOTHING = { 0 };

/* Byte n of a block is in row n % 4 and column n / 4. */
static inline u32 place_of(u32 n)
{
	return n % 4 * 4 + n / 4;
}

static planes planes_of(const u8 block[AES_BLOCK_SIZE])
{
	static const planes which_bit = { 0, 1, 2, 3, 4, 5, 6, 7 };
	planes p = NOTHING;

	for (u32 n = 0; n < AES_BLOCK_SIZE; n++)
		p |= ((NOTHING + block[n]) >> which_bit & 1) << (u16)place_of(n);
	return p;
}

static void block_of(planes p, u8 block[AES_BLOCK_SIZE])
{
	for (u32 n = 0; n < AES_BLOCK_SIZE; n++) {
		u32 byte = 0;

		for (u32 bit = 0; bit < 8; bit++)
			byte |= ((u32)p[bit] >> place_of(n) & 1) << bit;
		block[n] = (u8)byte;
	}
}

/* Times x: the bits move up, and x^8 is x^4 + x^3 + x + 1 (FIPS 197 section 4.2.1). */
static inline planes times_x(planes a)
{
	return __builtin_shufflevector(a, a, 7, 0, 1, 2, 3, 4, 5, 6) ^
	       __builtin_shufflevector(a, NOTHING, 8, 7, 8, 7, 7, 8, 8, 8);
}

static inline planes times(planes a, planes b)
{
	planes product = NOTHING;

	for (u32 bit = 8; bit-- > 0;)
		product = times_x(product) ^ ((NOTHING + a[bit]) & b);
	return product;
}

/* Bit n goes to x^(2n), which is reduced: x^8, x^10, x^12 and x^14 are known sums. */
static inline planes squared(planes a)
{
	return __builtin_shufflevector(a, NOTHING, 0, 4, 1, 4, 2, 5, 3, 6) ^
	       __builtin_shufflevector(a, NOTHING, 4, 6, 5, 5, 4, 6, 5, 7) ^
	       __builtin_shufflevector(a, NOTHING, 6, 7, 8, 6, 7, 8, 8, 8) ^
	       __builtin_shufflevector(a, NOTHING, 8, 8, 8, 7, 8, 8, 8, 8);
}

/* The S-box: the inverse, which is the power of 254, then the affine map (section 5.1.1). */
static planes sub_bytes(planes a)
{
	static const planes constant = { 0xffff, 0xffff, 0, 0, 0, 0xffff, 0xffff, 0 };
	planes a2 = squared(a);
	planes a12 = squared(squared(times(a, a2)));
	planes a15 = times(a12, times(a, a2));
	planes a240 = squared(squared(squared(squared(a15))));
	planes b = times(times(a240, a12), a2);

	return b ^ __builtin_shufflevector(b, b, 4, 5, 6, 7, 0, 1, 2, 3) ^
	       __builtin_shufflevector(b, b, 5, 6, 7, 0, 1, 2, 3, 4) ^
	       __builtin_shufflevector(b, b, 6, 7, 0, 1, 2, 3, 4, 5) ^
	       __builtin_shufflevector(b, b, 7, 0, 1, 2, 3, 4, 5, 6) ^ constant;
}

/* Row n by n columns (section 5.1.2). */
static inline planes shift_rows(planes a)
{
	return (a & 0x000f) | (a >> 1 & 0x0070) | (a << 3 & 0x0080) | (a >> 2 & 0x0300) |
	       (a << 2 & 0x0c00) | (a << 1 & 0xe000) | (a >> 3 & 0x1000);
}

/* Each byte of a column becomes twice itself, three times the next, and the other two (5.1.3). */
static inline planes mix_columns(planes a)
{
	planes next = a >> 4 | a << 12;
	planes both = a ^ next;

	return times_x(both) ^ next ^ (both >> 8 | both << 8);
}

static inline planes round_key(const struct aes128 *aes, u32 round)
{
	planes key;

	memcpy(&key, aes->round_key[round], sizeof key);
	return key;
}

/* Section 5.2. */
void aes128_init(struct aes128 *aes, const u8 key[AES128_KEY_SIZE])
{
	static const u8 constants[AES128_ROUNDS] = { 0x01, 0x02, 0x04, 0x08, 0x10,
						     0x20, 0x40, 0x80, 0x1b, 0x36 };
	u8 now[AES128_KEY_SIZE], last[AES_BLOCK_SIZE] = { 0 };
	planes p;

	memcpy(now, key, sizeof now);
	for (u32 round = 0;; round++) {
		p = planes_of(now);
		memcpy(aes->round_key[round], &p, sizeof p);
		if (round == AES128_ROUNDS)
			break;
		for (u32 n = 0; n < 4; n++)
			last[n] = now[12 + (n + 1) % 4];
		block_of(sub_bytes(planes_of(last)), last);
		last[0] ^= constants[round];
		for (u32 n = 0; n < AES128_KEY_SIZE; n++)
			now[n] ^= n < 4 ? last[n] : now[n - 4];
	}
}

void aes128_encrypt(const struct aes128 *aes, const u8 in[AES_BLOCK_SIZE], u8 out[AES_BLOCK_SIZE])
{
	planes p = planes_of(in) ^ round_key(aes, 0);

	for (u32 round = 1; round < AES128_ROUNDS; round++)
		p = mix_columns(shift_rows(sub_bytes(p))) ^ round_key(aes, round);
	block_of(shift_rows(sub_bytes(p)) ^ round_key(aes, AES128_ROUNDS), out);
}
