/* One speaker of BFD on fake sockets, with one interface. */
#ifndef TEST_FAKE_BFD_SIDE_H
#define TEST_FAKE_BFD_SIDE_H

#include "core/routing/bfd/bfd.h"
#include "fake/dgram.h"

struct bfd_side {
	bool running;
	struct iface_table ifaces;
	struct bfd_conf conf;
	struct bfd bfd;
	struct speaker_log log;
	struct dgram_host *host;
	void *region;
	u32 id; /* of the session that it was asked for; BFD_NONE */
};

/* Not started: conf may still be changed. addr: of its interface, a /24. */
void bfd_side_init(struct bfd_side *side, be32 addr);
/* Without a neighbour yet. */
void bfd_side_start(struct bfd_side *side, const u8 seed[32]);
/* What is ready, and what is due. */
void bfd_side_turn(struct bfd_side *side, ns_t now);
/* It may be started again. */
void bfd_side_end(struct bfd_side *side);

#endif
