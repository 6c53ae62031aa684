/* What the files of BFD have in common; nobody else's. */
#ifndef CORE_ROUTING_BFD_BFD_PART_H
#define CORE_ROUTING_BFD_BFD_PART_H

#include "core/base/check.h"
#include "core/routing/bfd/bfd.h"

#define BFD_UNLISTED (UINT32_MAX - 1)

static inline struct bfd_peer *bfd_at(const struct bfd *b, u32 idx)
{
	return slab_at(&b->peers, idx);
}

/* ---- bfd_state.c ----------------------------------------------------------------------------- */

/* One event through the table; a packet is sent at once when the state changed. */
void bfd_event(struct bfd *b, u32 idx, enum bfd_event event, ns_t now);
/* Intervals as configuration and state want them, and a poll sequence if they are other ones. */
void bfd_set_intervals(struct bfd_peer *s);
/* The poll was answered: what was told counts. */
void bfd_poll_done(struct bfd_peer *s);
/* Nothing is known of the neighbour. */
void bfd_forget(struct bfd_peer *s);
/* Nanoseconds without a packet until the session fails; 0: no packet has come yet. */
ns_t bfd_detection(const struct bfd_peer *s);
void bfd_set_due(struct bfd *b, u32 idx);
u8 bfd_sources(const struct bfd_peer *s);

/* ---- bfd_out.c ------------------------------------------------------------------------------- */

/* One packet. final: the answer to a poll. */
void bfd_send(struct bfd *b, u32 idx, bool final, ns_t now);
/* The next periodic packet, from the last one on. */
void bfd_schedule(struct bfd *b, u32 idx, ns_t now);
/* Between two packets, jitter aside; 0: none are sent. */
ns_t bfd_interval(const struct bfd_peer *s);
/* A socket of its own, if the interface allows it. */
void bfd_open(struct bfd *b, u32 idx, ns_t now);
void bfd_close(struct bfd *b, u32 idx, ns_t now);
/* The socket that hears; false: not to be had now. */
bool bfd_listen(struct bfd *b, ns_t now);

/* ---- bfd_in.c -------------------------------------------------------------------------------- */

void bfd_in(struct bfd *b, ns_t now);
u32 bfd_find(const struct bfd *b, be32 addr, u16 iface);
u64 bfd_hash(const struct bfd *b, be32 addr, u16 iface);

#endif
