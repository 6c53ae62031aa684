/* ChaCha (RFC 8439 section 2.3, with 12 rounds) as a generator. */
#include "core/base/rng.h"
#include "core/base/check.h"

enum { RNG_ROUNDS = 12, CHACHA_WORDS = 16 };

static inline u32 rotate_left(u32 v, u32 bits)
{
	return v << bits | v >> (32 - bits);
}

static inline void quarter_round(u32 *x, u32 a, u32 b, u32 c, u32 d)
{
	x[a] += x[b];
	x[d] = rotate_left(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate_left(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate_left(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate_left(x[b] ^ x[c], 7);
}

void chacha_block(const u32 state[16], u32 out[16], u32 rounds)
{
	u32 x[CHACHA_WORDS];

	memcpy(x, state, sizeof x);
	for (u32 round = 0; round < rounds; round += 2) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (u32 word = 0; word < CHACHA_WORDS; word++)
		out[word] = x[word] + state[word];
}

void rng_init(struct rng *rng, const u8 seed[32])
{
	static const u32 sigma[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memset(rng, 0, sizeof *rng);
	memcpy(rng->state, sigma, sizeof sigma);
	memcpy(rng->state + 4, seed, 32);
	rng->used = CHACHA_WORDS;
}

u32 rng_u32(struct rng *rng)
{
	if (rng->used == CHACHA_WORDS) {
		chacha_block(rng->state, rng->block, RNG_ROUNDS);
		if (++rng->state[12] == 0)
			rng->state[13]++;
		rng->used = 0;
	}
	return rng->block[rng->used++];
}

u64 rng_u64(struct rng *rng)
{
	u64 high = rng_u32(rng);

	return high << 32 | rng_u32(rng);
}

u32 rng_below(struct rng *rng, u32 count)
{
	CHECK(count > 0);
	return (u32)((u64)rng_u32(rng) * count >> 32);
}
