/* AES-128, one block forwards (FIPS 197): what AES-CMAC needs and no more. */
#ifndef CORE_CRYPTO_AES_H
#define CORE_CRYPTO_AES_H

#include "core/base/bytes.h"

enum { AES_BLOCK_SIZE = 16, AES128_KEY_SIZE = 16, AES128_ROUNDS = 10 };

/* A key made ready. */
struct aes128 {
	u16 round_key[AES128_ROUNDS + 1][8]; /* planes, see aes.c */
};

void aes128_init(struct aes128 *aes, const u8 key[AES128_KEY_SIZE]);
/* in and out may be the same. */
void aes128_encrypt(const struct aes128 *aes, const u8 in[AES_BLOCK_SIZE], u8 out[AES_BLOCK_SIZE]);

#endif
