/* SHA-1 (RFC 3174 section 6.1, RFC 6234 section 6.1). */
#include "core/crypto/digest_part.h"
#include "core/crypto/words.h"

/* Step t; the names of the five words move on. */
static ALWAYS_INLINE void sha1_step(u32 v[5], u32 mixed, u32 add)
{
	u32 sum = u32_rotate_left(v[0], 5) + mixed + v[4] + add;

	v[4] = v[3];
	v[3] = v[2];
	v[2] = u32_rotate_left(v[1], 30);
	v[1] = v[0];
	v[0] = sum;
}

void sha1_begin(u32 state[5])
{
	state[0] = 0x67452301;
	state[1] = 0xefcdab89;
	state[2] = 0x98badcfe;
	state[3] = 0x10325476;
	state[4] = 0xc3d2e1f0;
}

void sha1_block(u32 state[5], const u8 at[64])
{
	u32 v[5], w[80];

	memcpy(v, state, sizeof v);
	for (u32 t = 0; t < 16; t++)
		w[t] = be32_load_host(at + t * 4);
	for (u32 t = 16; t < 80; t++)
		w[t] = u32_rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (u32 t = 0; t < 20; t++)
		sha1_step(v, (v[1] & v[2]) | (~v[1] & v[3]), w[t] + 0x5a827999);
	for (u32 t = 20; t < 40; t++)
		sha1_step(v, v[1] ^ v[2] ^ v[3], w[t] + 0x6ed9eba1);
	for (u32 t = 40; t < 60; t++)
		sha1_step(v, (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]), w[t] + 0x8f1bbcdc);
	for (u32 t = 60; t < 80; t++)
		sha1_step(v, v[1] ^ v[2] ^ v[3], w[t] + 0xca62c1d6);
	for (u32 n = 0; n < 5; n++)
		state[n] += v[n];
}
