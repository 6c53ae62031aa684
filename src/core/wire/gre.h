/* The header of GRE (RFC 2784, 2890), and of its version for PPTP (RFC 2637). */
#ifndef CORE_WIRE_GRE_H
#define CORE_WIRE_GRE_H

#include "core/base/bytes.h"

enum {
	GRE_CHECKSUM = 0x80, /* in the first byte */
	GRE_ROUTING = 0x40,
	GRE_KEY = 0x20,
	GRE_VERSION_MASK = 0x07, /* in the second */
	GRE_FLAGS_LEN = 4,
	GRE_FIELD_LEN = 4,
};

/* The key of a tunnel, both halves folded into one; zero without a key, or when it is cut off.
 * A tunnel has one key both ways, so this tells its flow as a port does. The call identifiers of
 * PPTP are others each way and agreed upon elsewhere: no key.                                    */
static inline be16 gre_ident(const u8 *gre, u32 len)
{
	u32 at = GRE_FLAGS_LEN;

	if (len < GRE_FLAGS_LEN || (gre[0] & GRE_KEY) == 0 || (gre[1] & GRE_VERSION_MASK) != 0)
		return be16_of(0);
	if ((gre[0] & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		at += GRE_FIELD_LEN;
	if (len < at + GRE_FIELD_LEN)
		return be16_of(0);
	return (be16){ (u16)(be16_load(gre + at).raw ^ be16_load(gre + at + 2).raw) };
}

#endif
