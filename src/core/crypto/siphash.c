/* SipHash-2-4: two rounds for each word, four at the end. */
#include "core/crypto/siphash.h"
#include "core/crypto/words.h"

enum { SIP_ROUNDS = 2, SIP_LAST_ROUNDS = 4 };

static inline void sip_rounds(u64 v[4], u32 count)
{
	for (u32 n = 0; n < count; n++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = u64_rotate_left(v[1], 13) ^ v[0];
		v[3] = u64_rotate_left(v[3], 16) ^ v[2];
		v[0] = u64_rotate_left(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = u64_rotate_left(v[1], 17) ^ v[2];
		v[3] = u64_rotate_left(v[3], 21) ^ v[0];
		v[2] = u64_rotate_left(v[2], 32);
	}
}

static inline void sip_word(u64 v[4], u64 word)
{
	v[3] ^= word;
	sip_rounds(v, SIP_ROUNDS);
	v[0] ^= word;
}

/* The words of the constant are "somepseudorandomlygeneratedbytes". */
void siphash_init(struct siphash *sip, const u8 key[SIPHASH_KEY_SIZE])
{
	u64 k0 = le64_load(key), k1 = le64_load(key + 8);

	sip->v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
	sip->v[1] = k1 ^ UINT64_C(0x646f72616e646f6d);
	sip->v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
	sip->v[3] = k1 ^ UINT64_C(0x7465646279746573);
	sip->word = 0;
	sip->len_bytes = 0;
}

void siphash_update(struct siphash *sip, const void *at, u32 len_bytes)
{
	const u8 *byte = at;

	while (len_bytes > 0) {
		u32 used = sip->len_bytes % 8;
		u32 take = used == 0 && len_bytes >= 8 ? 8 : 1;

		if (take == 8)
			sip->word = le64_load(byte);
		else
			sip->word |= (u64)*byte << used * 8;
		if (used + take == 8) {
			sip_word(sip->v, sip->word);
			sip->word = 0;
		}
		byte += take;
		len_bytes -= take;
		sip->len_bytes += take;
	}
}

u64 siphash_final(struct siphash *sip)
{
	/* The last word has the low byte of the length on top. */
	sip_word(sip->v, sip->word | (u64)sip->len_bytes << 56);
	sip->v[2] ^= 0xff;
	sip_rounds(sip->v, SIP_LAST_ROUNDS);
	return sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}
