/* Pieces become blocks, and the last block gets its end. */
#include "core/crypto/digest.h"
#include "core/base/check.h"
#include "core/crypto/digest_part.h"
#include "core/crypto/words.h"

/* Every message ends with a one bit, zeros, and its length in bits (RFC 1321 3.1, RFC 6234 4). */
enum { PAD_FIRST = 0x80 };

u32 digest_size(enum digest_alg alg)
{
	static const u8 size[] = {
		[DIGEST_MD5] = 16,    [DIGEST_SHA1] = 20,   [DIGEST_SHA256] = 32,
		[DIGEST_SHA384] = 48, [DIGEST_SHA512] = 64,
	};

	CHECK((u32)alg < ARRAY_COUNT(size));
	return size[alg];
}

u32 digest_block_size(enum digest_alg alg)
{
	return alg >= DIGEST_SHA384 ? 128 : 64;
}

void digest_init(struct digest *digest, enum digest_alg alg)
{
	memset(digest, 0, sizeof *digest);
	digest->alg = alg;
	switch (alg) {
	case DIGEST_MD5: md5_begin(digest->state.w32); break;
	case DIGEST_SHA1: sha1_begin(digest->state.w32); break;
	case DIGEST_SHA256: sha256_begin(digest->state.w32); break;
	case DIGEST_SHA384: sha384_begin(digest->state.w64); break;
	case DIGEST_SHA512: sha512_begin(digest->state.w64); break;
	}
}

static void take_block(struct digest *digest, const u8 *at)
{
	switch (digest->alg) {
	case DIGEST_MD5: md5_block(digest->state.w32, at); break;
	case DIGEST_SHA1: sha1_block(digest->state.w32, at); break;
	case DIGEST_SHA256: sha256_block(digest->state.w32, at); break;
	case DIGEST_SHA384:
	case DIGEST_SHA512: sha512_block(digest->state.w64, at); break;
	}
}

void digest_update(struct digest *digest, const void *at, u32 len_bytes)
{
	u32 size = digest_block_size(digest->alg);
	u32 used = (u32)(digest->len_bytes % size);
	const u8 *byte = at;

	digest->len_bytes += len_bytes;
	if (used > 0 && len_bytes >= size - used) {
		memcpy(digest->block + used, byte, size - used);
		take_block(digest, digest->block);
		byte += size - used;
		len_bytes -= size - used;
		used = 0;
	}
	for (; len_bytes >= size; byte += size, len_bytes -= size)
		take_block(digest, byte);
	if (len_bytes > 0)
		memcpy(digest->block + used, byte, len_bytes);
}

/* The state as bytes: MD5 has its low bytes first (RFC 1321 section 3.5). */
static void write_state(const struct digest *digest, u8 *out)
{
	u32 size = digest_size(digest->alg);

	if (digest->alg >= DIGEST_SHA384) {
		for (u32 n = 0; n < size / 8; n++)
			be64_store_host(out + n * 8, digest->state.w64[n]);
		return;
	}
	for (u32 n = 0; n < size / 4; n++) {
		if (digest->alg == DIGEST_MD5)
			le32_store(out + n * 4, digest->state.w32[n]);
		else
			be32_store_host(out + n * 4, digest->state.w32[n]);
	}
}

void digest_final(struct digest *digest, u8 *out)
{
	u32 size = digest_block_size(digest->alg);
	u32 used = (u32)(digest->len_bytes % size);
	u64 len_bits = digest->len_bytes * 8;

	digest->block[used++] = PAD_FIRST;
	/* The length has an eighth of a block: 64 bits, or 128 of which the first stay zero. */
	if (used > size - size / 8) {
		memset(digest->block + used, 0, size - used);
		take_block(digest, digest->block);
		used = 0;
	}
	memset(digest->block + used, 0, size - used);
	if (digest->alg == DIGEST_MD5)
		le64_store(digest->block + size - 8, len_bits);
	else
		be64_store_host(digest->block + size - 8, len_bits);
	take_block(digest, digest->block);
	write_state(digest, out);
}
