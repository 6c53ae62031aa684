/* Random numbers from a given seed: ChaCha with 12 rounds as a stream.
 *
 * Ports and identifiers must be hard to guess from those seen before (RFC 6056), which rules out
 * the small generators; a block of 64 bytes costs about as much as two table look-ups and feeds
 * 32 port choices. The same seed gives the same stream: simulation and replay depend on it.     */
#ifndef CORE_BASE_RNG_H
#define CORE_BASE_RNG_H

#include "core/base/bytes.h"

struct rng {
	u32 state[16];
	u32 block[16];
	u32 used; /* words of the block that were handed out */
};

/* seed: 32 secret bytes. */
void rng_init(struct rng *rng, const u8 seed[32]);
u32 rng_u32(struct rng *rng);
u64 rng_u64(struct rng *rng);
/* Uniform in 0..count-1 for count >= 1, up to a bias of count / 2^32. */
u32 rng_below(struct rng *rng, u32 count);
/* One ChaCha block: for the generator and for the RFC 8439 test vector. rounds is even. */
void chacha_block(const u32 state[16], u32 out[16], u32 rounds);

#endif
