/* AES-CMAC (RFC 4493). */
#ifndef CORE_CRYPTO_CMAC_H
#define CORE_CRYPTO_CMAC_H

#include "core/crypto/aes.h"

enum { CMAC_SIZE = AES_BLOCK_SIZE };

/* A message that is being authenticated: a plain value. A copy made after cmac_init holds the key
 * ready for another message.                                                                     */
struct cmac {
	struct aes128 aes;
	u8 chain[AES_BLOCK_SIZE];
	u8 block[AES_BLOCK_SIZE]; /* the last one so far, and so not taken yet even if it is full */
	u32 used;                 /* bytes of it */
};

void cmac_init(struct cmac *cmac, const u8 key[AES128_KEY_SIZE]);
void cmac_update(struct cmac *cmac, const void *at, u32 len_bytes);
/* What is left of cmac is of no use until cmac_init. */
void cmac_final(struct cmac *cmac, u8 out[CMAC_SIZE]);

#endif
