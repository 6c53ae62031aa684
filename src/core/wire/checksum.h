/* The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * Sums are kept in the byte order of the packet: one's complement addition does not care, so
 * nothing is swapped. A sum that is not folded yet is a u64; a folded one is 16 bits, not
 * complemented; what stands in a header is complemented.                                         */
#ifndef CORE_WIRE_CHECKSUM_H
#define CORE_WIRE_CHECKSUM_H

#include "core/base/bytes.h"

/* Sum of len bytes; an odd last byte counts as if a zero byte followed. */
u64 csum_sum(const void *at, u32 len);
/* The same, and the bytes are copied on the way; the two places do not overlap. */
u64 csum_copy(void *to, const void *from, u32 len);

/* Added to itself with the halves changed round, the upper half is the sum of both, and the carry
 * out of the lower one, which is that of the same sum, has come in again.                        */
static inline u16 csum_fold32(u32 sum)
{
	return (u16)((sum + (sum << 16 | sum >> 16)) >> 16);
}

static inline u16 csum_fold(u64 sum)
{
	return csum_fold32((u32)((sum + (sum << 32 | sum >> 32)) >> 32));
}

/* The sum of what begins at an odd place: each of its bytes stands in the other half of a word (RFC
 * 1071 section 2 (B)).                                                                           */
static inline u16 csum_odd(u64 sum)
{
	return __builtin_bswap16(csum_fold(sum));
}

/* Whether data with its checksum in it is undamaged: its folded sum is 0xffff. Folding keeps the
 * remainder of a sum by 0xffff, and only a sum of nothing but zeros folds to zero, so one division
 * does, which the compiler makes a multiplication. Requires: sum is not zero.                    */
static inline bool csum_is_right(u64 sum)
{
	return sum % 0xffff == 0;
}

/* The value to store for data that sums up to `sum`. */
static inline be16 csum_finish(u64 sum)
{
	return (be16){ (u16)~csum_fold(sum) };
}

/* Sum of the 20 bytes without options: the common IPv4 header. */
static inline u64 csum_sum20(const void *at)
{
	u64 a, b;
	u32 c;

	memcpy(&a, at, 8);
	memcpy(&b, (const u8 *)at + 8, 8);
	memcpy(&c, (const u8 *)at + 16, 4);
	/* Ones' complement, so the carry comes in again below (RFC 1071 section 2 (B)). */
	a += b;
	a += a < b;
	return (a & 0xffffffff) + (a >> 32) + c;
}

static inline u32 csum_be32(be32 v)
{
	return (v.raw & 0xffff) + (v.raw >> 16);
}

/* The pseudo-header of TCP and UDP; l4_len_bytes counts header and data. */
static inline u64 csum_pseudo(be32 src, be32 dst, u8 proto, u32 l4_len_bytes)
{
	return csum_be32(src) + csum_be32(dst) + be16_of(proto).raw +
	       be16_of((u16)l4_len_bytes).raw;
}

/* What has to be added to a sum when words change: the new sum minus the old one, folded.
 * RFC 1624 equation 3: ~m + m'.                                                                 */
static inline u16 csum_delta(u64 old_sum, u64 new_sum)
{
	return csum_fold32((u32)csum_fold(new_sum) + (u16)~csum_fold(old_sum));
}

/* The same of sums of a few words: those have a complement in 32 bits, so one folding does. */
static inline u16 csum_delta32(u32 old_sum, u32 new_sum)
{
	return csum_fold((u64)new_sum + (u32)~old_sum);
}

/* HC' = ~(~HC + delta), RFC 1624 equation 3. */
static inline be16 csum_apply(be16 csum, u16 delta)
{
	u32 sum = (u32)(u16)~csum.raw + delta;

	sum = (sum & 0xffff) + (sum >> 16);
	return (be16){ (u16)~sum };
}

/* One 16-bit word of the data changes. */
static inline be16 csum_replace16(be16 csum, be16 old, be16 new)
{
	return csum_apply(csum, csum_fold((u64)(u16)~old.raw + new.raw));
}

#endif
