/* ChaCha (RFC 8439 section 2.3, with 12 rounds) as a generator. */
#include "core/base/rng.h"
#include "core/base/check.h"

enum { RNG_ROUNDS = 12, CHACHA_WORDS = 16 };

/* A row of the state: the compiler's own vectors do its four words at once. */
typedef u32 row __attribute__((vector_size(16)));

static inline row rotate_left(row v, u32 bits)
{
	return v << bits | v >> (32 - bits);
}

/* The four quarter rounds of the columns. */
static inline void column_round(row x[4])
{
	x[0] += x[1];
	x[3] = rotate_left(x[3] ^ x[0], 16);
	x[2] += x[3];
	x[1] = rotate_left(x[1] ^ x[2], 12);
	x[0] += x[1];
	x[3] = rotate_left(x[3] ^ x[0], 8);
	x[2] += x[3];
	x[1] = rotate_left(x[1] ^ x[2], 7);
}

void chacha_block(const u32 state[16], u32 out[16], u32 rounds)
{
	row x[4], begin[4];

	memcpy(x, state, sizeof x);
	memcpy(begin, state, sizeof begin);
	for (u32 round = 0; round < rounds; round += 2) {
		column_round(x);
		/* Diagonals become columns, and columns again. */
		x[1] = __builtin_shufflevector(x[1], x[1], 1, 2, 3, 0);
		x[2] = __builtin_shufflevector(x[2], x[2], 2, 3, 0, 1);
		x[3] = __builtin_shufflevector(x[3], x[3], 3, 0, 1, 2);
		column_round(x);
		x[1] = __builtin_shufflevector(x[1], x[1], 3, 0, 1, 2);
		x[2] = __builtin_shufflevector(x[2], x[2], 2, 3, 0, 1);
		x[3] = __builtin_shufflevector(x[3], x[3], 1, 2, 3, 0);
	}
	for (u32 at = 0; at < 4; at++)
		x[at] += begin[at];
	memcpy(out, x, sizeof x);
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
