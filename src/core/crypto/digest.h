/* Hashes of messages: MD5 (RFC 1321), SHA-1, SHA-256, SHA-384 and SHA-512 (RFC 6234).
 *
 * One streaming face for all: what a routing protocol's administrator chooses is a value, and a
 * message comes in as many pieces as it lies in. MD5 and SHA-1 are here for protocols that name
 * them (TCP, RIP, OSPF); nothing new should. No branch and no address depends on the bytes of a
 * message, which may be a key.                                                                   */
#ifndef CORE_CRYPTO_DIGEST_H
#define CORE_CRYPTO_DIGEST_H

#include "core/base/bytes.h"

enum digest_alg {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

enum { DIGEST_SIZE_MAX = 64, DIGEST_BLOCK_MAX = 128 };

/* A message that is being hashed: a plain value, and a copy of it goes on by itself. */
struct digest {
	enum digest_alg alg;
	u64 len_bytes;
	union {
		u32 w32[8];
		u64 w64[8];
	} state;
	u8 block[DIGEST_BLOCK_MAX]; /* what does not fill a block yet */
};

/* Bytes of the result: 16, 20, 32, 48 or 64. */
u32 digest_size(enum digest_alg alg);
/* Bytes of a block: 64, or 128 for the last two. */
u32 digest_block_size(enum digest_alg alg);

void digest_init(struct digest *digest, enum digest_alg alg);
void digest_update(struct digest *digest, const void *at, u32 len_bytes);
/* Ensures: digest_size bytes at out. What is left of digest is of no use until digest_init. */
void digest_final(struct digest *digest, u8 *out);

#endif
