/* A digest with a key (RFC 2104). */
#ifndef CORE_CRYPTO_HMAC_H
#define CORE_CRYPTO_HMAC_H

#include "core/crypto/digest.h"

/* A message that is being authenticated: a plain value. A copy made after hmac_init holds the key
 * ready for another message.                                                                     */
struct hmac {
	struct digest inner;
	struct digest outer;
};

/* A key of any length; one longer than a block counts as its digest. */
void hmac_init(struct hmac *hmac, enum digest_alg alg, const void *key, u32 key_len_bytes);
void hmac_update(struct hmac *hmac, const void *at, u32 len_bytes);
/* Ensures: digest_size bytes at out; who wants fewer takes the first ones (RFC 2104 section 5). */
void hmac_final(struct hmac *hmac, u8 *out);

#endif
