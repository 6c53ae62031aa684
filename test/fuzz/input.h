/* What a fuzzer gives, taken byte by byte. At its end there are zeros, so that a shorter input is
 * one that leaves the rest alone.                                                                */
#ifndef TEST_FUZZ_INPUT_H
#define TEST_FUZZ_INPUT_H

#include "core/base/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct input {
	const u8 *at;
	size_t left;
};

static inline u8 next_byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static inline u16 next_u16(struct input *in)
{
	u8 high = next_byte(in);

	return (u16)(high << 8 | next_byte(in));
}

static inline u32 next_u32(struct input *in)
{
	u16 high = next_u16(in);

	return (u32)high << 16 | next_u16(in);
}

/* Up to `len` bytes that are there, in *bytes; answers how many. */
static inline u32 next_bytes(struct input *in, u32 len, const u8 **bytes)
{
	u32 have = u32_min(len, (u32)in->left);

	*bytes = in->at;
	in->at += have;
	in->left -= have;
	return have;
}

#endif
