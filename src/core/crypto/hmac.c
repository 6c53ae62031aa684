/* H(key ^ opad, H(key ^ ipad, message)), RFC 2104 section 2. */
#include "core/crypto/hmac.h"

enum { HMAC_IPAD = 0x36, HMAC_OPAD = 0x5c };

static void begin_with(struct digest *digest, enum digest_alg alg, const u8 *key, u8 pad)
{
	u8 block[DIGEST_BLOCK_MAX];
	u32 size = digest_block_size(alg);

	for (u32 n = 0; n < size; n++)
		block[n] = key[n] ^ pad;
	digest_init(digest, alg);
	digest_update(digest, block, size);
}

void hmac_init(struct hmac *hmac, enum digest_alg alg, const void *key, u32 key_len_bytes)
{
	u8 padded[DIGEST_BLOCK_MAX] = { 0 };

	if (key_len_bytes > digest_block_size(alg)) {
		digest_init(&hmac->inner, alg);
		digest_update(&hmac->inner, key, key_len_bytes);
		digest_final(&hmac->inner, padded);
	} else if (key_len_bytes > 0) {
		memcpy(padded, key, key_len_bytes);
	}
	begin_with(&hmac->inner, alg, padded, HMAC_IPAD);
	begin_with(&hmac->outer, alg, padded, HMAC_OPAD);
}

void hmac_update(struct hmac *hmac, const void *at, u32 len_bytes)
{
	digest_update(&hmac->inner, at, len_bytes);
}

void hmac_final(struct hmac *hmac, u8 *out)
{
	u8 inner[DIGEST_SIZE_MAX];

	digest_final(&hmac->inner, inner);
	digest_update(&hmac->outer, inner, digest_size(hmac->inner.alg));
	digest_final(&hmac->outer, out);
}
