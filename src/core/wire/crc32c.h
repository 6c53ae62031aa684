/* The checksum of SCTP (RFC 9260 appendix A).
 *
 * It covers no pseudo-header, so a change of addresses leaves it alone; and it is linear: when some
 * bits of the data flip, those of the sum that flip follow from them and from how many bytes stand
 * behind. So translating a port needs no look at the rest of the packet, and a packet that was
 * damaged on its way stays damaged for its receiver to see.                                      */
#ifndef CORE_WIRE_CRC32C_H
#define CORE_WIRE_CRC32C_H

#include "core/base/bytes.h"

/* Of len bytes, as it stands in a header: least significant byte first. */
u32 crc32c(const void *at, u32 len);
/* What has to be xor-ed to the sum of len bytes when their first four change by `flips`, both read
 * least significant byte first. Requires: 4 <= len < 65536.                                      */
u32 crc32c_flips(u32 flips, u32 len);

static inline u32 crc32c_load(const u8 *at)
{
	return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

static inline void crc32c_store(u8 *at, u32 value)
{
	at[0] = (u8)value;
	at[1] = (u8)(value >> 8);
	at[2] = (u8)(value >> 16);
	at[3] = (u8)(value >> 24);
}

#endif
