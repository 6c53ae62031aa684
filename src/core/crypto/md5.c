/* MD5 (RFC 1321 section 3.4). */
#include "core/crypto/digest_part.h"
#include "core/crypto/words.h"

/* The integer part of 2^32 * abs(sin(i + 1)). */
static const u32 SINES[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391
};

/* [abcd k s i] of the RFC. The names of the four words move on instead of the words' places. */
static ALWAYS_INLINE void md5_step(u32 v[4], u32 mixed, u32 add, u32 bits)
{
	u32 sum = v[0] + mixed + add;

	v[0] = v[3];
	v[3] = v[2];
	v[2] = v[1];
	v[1] += u32_rotate_left(sum, bits);
}

void md5_begin(u32 state[4])
{
	state[0] = 0x67452301;
	state[1] = 0xefcdab89;
	state[2] = 0x98badcfe;
	state[3] = 0x10325476;
}

void md5_block(u32 state[4], const u8 at[64])
{
	static const u8 bits[4][4] = {
		{ 7, 12, 17, 22 },
		{ 5, 9, 14, 20 },
		{ 4, 11, 16, 23 },
		{ 6, 10, 15, 21 },
	};
	u32 v[4], x[16];

	memcpy(v, state, sizeof v);
	for (u32 n = 0; n < 16; n++)
		x[n] = le32_load(at + n * 4);
	for (u32 n = 0; n < 16; n++)
		md5_step(v, (v[1] & v[2]) | (~v[1] & v[3]), x[n] + SINES[n], bits[0][n % 4]);
	for (u32 n = 0; n < 16; n++)
		md5_step(v, (v[1] & v[3]) | (v[2] & ~v[3]), x[(n * 5 + 1) % 16] + SINES[16 + n],
			 bits[1][n % 4]);
	for (u32 n = 0; n < 16; n++)
		md5_step(v, v[1] ^ v[2] ^ v[3], x[(n * 3 + 5) % 16] + SINES[32 + n],
			 bits[2][n % 4]);
	for (u32 n = 0; n < 16; n++)
		md5_step(v, v[2] ^ (v[1] | ~v[3]), x[n * 7 % 16] + SINES[48 + n], bits[3][n % 4]);
	for (u32 n = 0; n < 4; n++)
		state[n] += v[n];
}
