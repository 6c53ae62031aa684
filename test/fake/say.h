/* TCP segments with options, as somebody may say them whom nobody trusts. */
#ifndef TEST_FAKE_SAY_H
#define TEST_FAKE_SAY_H

#include "core/pkt/pkt.h"
#include "core/tcp/seg.h"

struct say {
	struct tcp_key key; /* as its receiver has it: local is the destination */
	u32 seq;
	u32 ack;
	u16 window;
	u8 flags;
	u8 ecn; /* the two bits of the IP header */
	const u8 *data;
	u32 len;
	struct tcp_opts opt;
	const u8 *raw; /* options as they are, in the place of opt; NULL: none */
	u32 raw_len;
};

/* A packet that has come in, lengths and checksums as they should be; NULL: the pool is empty. */
struct pkt *say_pkt(struct pkt_pool *pool, const struct say *say);

#endif
