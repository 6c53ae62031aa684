/* SHA-256 (RFC 6234 section 6.2). */
#include "core/crypto/digest_part.h"
#include "core/crypto/words.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const u32 CUBE_ROOTS[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2
};

static inline u32 big0(u32 x)
{
	return u32_rotate_right(x, 2) ^ u32_rotate_right(x, 13) ^ u32_rotate_right(x, 22);
}

static inline u32 big1(u32 x)
{
	return u32_rotate_right(x, 6) ^ u32_rotate_right(x, 11) ^ u32_rotate_right(x, 25);
}

static inline u32 small0(u32 x)
{
	return u32_rotate_right(x, 7) ^ u32_rotate_right(x, 18) ^ x >> 3;
}

static inline u32 small1(u32 x)
{
	return u32_rotate_right(x, 17) ^ u32_rotate_right(x, 19) ^ x >> 10;
}

/* v[0] to v[7] are a to h of the RFC. */
static ALWAYS_INLINE void step(u32 v[8], u32 add)
{
	u32 t1 = v[7] + big1(v[4]) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + add;
	u32 t2 = big0(v[0]) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

	v[7] = v[6];
	v[6] = v[5];
	v[5] = v[4];
	v[4] = v[3] + t1;
	v[3] = v[2];
	v[2] = v[1];
	v[1] = v[0];
	v[0] = t1 + t2;
}

void sha256_begin(u32 state[8])
{
	static const u32 begin[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(state, begin, sizeof begin);
}

void sha256_block(u32 state[8], const u8 at[64])
{
	u32 v[8], w[64];

	memcpy(v, state, sizeof v);
	for (u32 t = 0; t < 16; t++)
		w[t] = be32_load_host(at + t * 4);
	for (u32 t = 16; t < 64; t++)
		w[t] = small1(w[t - 2]) + w[t - 7] + small0(w[t - 15]) + w[t - 16];
	for (u32 t = 0; t < 64; t++)
		step(v, CUBE_ROOTS[t] + w[t]);
	for (u32 n = 0; n < 8; n++)
		state[n] += v[n];
}
