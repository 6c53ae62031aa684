/* What digest.c has of each algorithm: the values that a state begins with, and whole blocks. */
#ifndef CORE_CRYPTO_DIGEST_PART_H
#define CORE_CRYPTO_DIGEST_PART_H

#include "core/base/bytes.h"

void md5_begin(u32 state[4]);
void md5_block(u32 state[4], const u8 at[64]);

void sha1_begin(u32 state[5]);
void sha1_block(u32 state[5], const u8 at[64]);

void sha256_begin(u32 state[8]);
void sha256_block(u32 state[8], const u8 at[64]);

void sha384_begin(u64 state[8]);
void sha512_begin(u64 state[8]);
void sha512_block(u64 state[8], const u8 at[128]);

#endif
