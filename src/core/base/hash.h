/* The keyed hash of the tables.
 *
 * Attackers choose tuples, so every table's hash is keyed with a secret drawn at start. Two rounds
 * of 64x64 -> 128 bit multiplication, each input word masked by a key first: about five
 * nanoseconds for 16 bytes, and nobody who does not know the key can aim at a bucket. It is not a
 * pseudo-random function in the cryptographic sense: what leaves the machine (sequence numbers,
 * cookies) does not come from here.                                                              */
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include "core/base/bytes.h"

struct hash_key {
	u64 k[4];
};

static inline u64 hash_fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static inline u64 hash_words(const struct hash_key *key, u64 a, u64 b)
{
	u64 mixed = hash_fold(a ^ key->k[0], b ^ key->k[1]);

	return hash_fold(mixed ^ key->k[2], a ^ key->k[3]) ^ mixed;
}

/* A hash cut down to 0..count-1 without a division; uses its high half. */
static inline u32 hash_range(u64 hash, u32 count)
{
	return (u32)(((hash >> 32) * count) >> 32);
}

#endif
