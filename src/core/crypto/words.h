/* Words of bytes, in the order that each algorithm wants: for this folder only. */
#ifndef CORE_CRYPTO_WORDS_H
#define CORE_CRYPTO_WORDS_H

#include "core/base/bytes.h"

static inline u64 host64_swap_le(u64 v)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
}

static inline u32 le32_load(const u8 *at)
{
	u32 v;

	memcpy(&v, at, sizeof v);
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap32(v);
}

static inline void le32_store(u8 *at, u32 v)
{
	v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap32(v);
	memcpy(at, &v, sizeof v);
}

static inline u64 le64_load(const u8 *at)
{
	u64 v;

	memcpy(&v, at, sizeof v);
	return host64_swap_le(v);
}

static inline void le64_store(u8 *at, u64 v)
{
	v = host64_swap_le(v);
	memcpy(at, &v, sizeof v);
}

static inline u32 be32_load_host(const u8 *at)
{
	return be32_host(be32_load(at));
}

static inline void be32_store_host(u8 *at, u32 v)
{
	be32_store(at, be32_of(v));
}

static inline u64 be64_load_host(const u8 *at)
{
	return (u64)be32_load_host(at) << 32 | be32_load_host(at + 4);
}

static inline void be64_store_host(u8 *at, u64 v)
{
	be32_store_host(at, (u32)(v >> 32));
	be32_store_host(at + 4, (u32)v);
}

/* bits: from 1 to one less than the word has. */
static inline u32 u32_rotate_left(u32 v, u32 bits)
{
	return v << bits | v >> (32 - bits);
}

static inline u32 u32_rotate_right(u32 v, u32 bits)
{
	return v >> bits | v << (32 - bits);
}

static inline u64 u64_rotate_left(u64 v, u32 bits)
{
	return v << bits | v >> (64 - bits);
}

static inline u64 u64_rotate_right(u64 v, u32 bits)
{
	return v >> bits | v << (64 - bits);
}

#endif
