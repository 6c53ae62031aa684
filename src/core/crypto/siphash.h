/* SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash with 64 bits.
 *
 * For what leaves the machine and must not be foreseen by who sees others of its kind: initial
 * sequence numbers (RFC 6528) and SYN cookies. Tables are served by core/base/hash.h, which is
 * faster and promises less.                                                                      */
#ifndef CORE_CRYPTO_SIPHASH_H
#define CORE_CRYPTO_SIPHASH_H

#include "core/base/bytes.h"

enum { SIPHASH_KEY_SIZE = 16 };

/* A message that is being hashed: a plain value. A copy made after siphash_init holds the key ready
 * for another message.                                                                           */
struct siphash {
	u64 v[4];
	u64 word; /* bytes that are no whole word yet, the first one lowest */
	u32 len_bytes;
};

/* key: 16 secret bytes. */
void siphash_init(struct siphash *sip, const u8 key[SIPHASH_KEY_SIZE]);
void siphash_update(struct siphash *sip, const void *at, u32 len_bytes);
/* The hash; its bytes in the authors' order are those of a little-endian word. */
u64 siphash_final(struct siphash *sip);

#endif
