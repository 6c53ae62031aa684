/* A chain of blocks, the last of which is masked with a key of its own (RFC 4493 section 2.4). */
#include "core/crypto/cmac.h"

static void take_block(struct cmac *cmac)
{
	for (u32 n = 0; n < AES_BLOCK_SIZE; n++)
		cmac->chain[n] ^= cmac->block[n];
	aes128_encrypt(&cmac->aes, cmac->chain, cmac->chain);
	cmac->used = 0;
}

/* Times x in GF(2^128): one bit to the left, and what falls out comes in as 0x87 (section 2.3). */
static void times_x(u8 v[AES_BLOCK_SIZE])
{
	u32 carry = (u32)v[0] >> 7;

	for (u32 n = 0; n + 1 < AES_BLOCK_SIZE; n++)
		v[n] = (u8)(v[n] << 1 | v[n + 1] >> 7);
	v[AES_BLOCK_SIZE - 1] = (u8)((u32)v[AES_BLOCK_SIZE - 1] << 1 ^ carry * 0x87);
}

void cmac_init(struct cmac *cmac, const u8 key[AES128_KEY_SIZE])
{
	memset(cmac, 0, sizeof *cmac);
	aes128_init(&cmac->aes, key);
}

void cmac_update(struct cmac *cmac, const void *at, u32 len_bytes)
{
	const u8 *byte = at;

	while (len_bytes > 0) {
		u32 take;

		if (cmac->used == AES_BLOCK_SIZE)
			take_block(cmac);
		take = u32_min(len_bytes, AES_BLOCK_SIZE - cmac->used);
		memcpy(cmac->block + cmac->used, byte, take);
		cmac->used += take;
		byte += take;
		len_bytes -= take;
	}
}

void cmac_final(struct cmac *cmac, u8 out[CMAC_SIZE])
{
	u8 mask[AES_BLOCK_SIZE] = { 0 };

	aes128_encrypt(&cmac->aes, mask, mask);
	times_x(mask);
	if (cmac->used < AES_BLOCK_SIZE) {
		memset(cmac->block + cmac->used, 0, AES_BLOCK_SIZE - cmac->used);
		cmac->block[cmac->used] = 0x80;
		times_x(mask);
	}
	for (u32 n = 0; n < AES_BLOCK_SIZE; n++)
		cmac->block[n] ^= mask[n];
	take_block(cmac);
	memcpy(out, cmac->chain, CMAC_SIZE);
}
