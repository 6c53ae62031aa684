/* Polynomials over one bit, the coefficient of the highest power in the lowest bit, modulo the one
 * that Castagnoli found.                                                                         */
#include "core/wire/crc32c.h"

#define CASTAGNOLI UINT32_C(0x82f63b78)

/* What four bits that leave the register turn into. */
static const u32 nibble[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

/* x to the power of 8 * 2^n: a step of 2^n bytes. */
static const u32 step[16] = {
	0x00800000, 0x00008000, 0x82f63b78, 0x6ea2d55c, 0x18b8ea18, 0x510ac59a,
	0xb82be955, 0xb8fdb1e7, 0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a,
	0x35d73a62, 0x28461564, 0xbf455269, 0xe2ea32dc,
};

u32 crc32c(const void *at, u32 len)
{
	const u8 *byte = at;
	u32 sum = UINT32_MAX;

	for (u32 n = 0; n < len; n++) {
		sum ^= byte[n];
		sum = sum >> 4 ^ nibble[sum & 15];
		sum = sum >> 4 ^ nibble[sum & 15];
	}
	return ~sum;
}

static u32 product(u32 a, u32 b)
{
	u32 sum = 0;

	for (u32 bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
		sum ^= (a & bit) != 0 ? b : 0;
		b = b >> 1 ^ ((b & 1) != 0 ? CASTAGNOLI : 0);
	}
	return sum;
}

u32 crc32c_flips(u32 flips, u32 len)
{
	for (u32 n = 0; n < 16; n++) {
		if ((len >> n & 1) != 0)
			flips = product(flips, step[n]);
	}
	return flips;
}
