/* A segment is written down: IPv4 header, TCP header, options, data, checksums. */
#ifndef CORE_TCP_EMIT_H
#define CORE_TCP_EMIT_H

#include "core/tcp/tcp.h"

struct emit {
	struct tcp_key key;      /* local is its source */
	u32 seq;
	u32 ack;                 /* with TCP_ACK */
	u16 window;              /* as it stands in the header */
	u8 flags;                /* enum tcp_flag */
	u8 tos;                  /* with the two bits of ECN */
	u8 ttl;                  /* zero: the default */
	u16 urgent;
	u16 gso_size;            /* data of each segment that it stands for; zero: it is one */
	const u8 *data[2];       /* in two runs: rings wrap */
	u32 data_len[2];
	struct auth_state *auth; /* signs it, NULL: nobody; then it is one segment */
	struct tcp_opts opt;
};

/* All zero but seq and flags. Blocks of SACK are not: opt.sack_count says which of them count. For
 * each segment that leaves, it is worth not to clear them.                                       */
static inline void emit_begin(struct emit *emit, u32 seq, u8 flags)
{
	memset(emit, 0, offsetof(struct emit, opt.sack));
	emit->seq = seq;
	emit->flags = flags;
}

/* A packet with DF set, checksums complete but for one that stands for several segments
 * (PKT_CSUM_PARTIAL), PKT_LOCAL_OUT; NULL: no buffer is free, counted. */
struct pkt *emit_segment(struct tcp *tcp, const struct emit *emit);
/* An answer that belongs to no control block, through the outbox: SYN,ACK, ACK of TIME-WAIT, RST.
 * What finds no room is dropped and counted; its sender asks again.                              */
void emit_answer(struct tcp *tcp, const struct emit *emit);
/* Moves answers to the batch, the oldest first, until it is full; how many. */
u32 emit_take(struct tcp *tcp, struct batch *out);
/* The RST that RFC 9293 section 3.10.7.1 has for a segment of a connection that does not exist.
 * A RST is not answered. seg->auth signs it.                                                     */
void emit_reset_for(struct tcp *tcp, const struct tcp_seg *seg);

/* An ACK that is owed, by a control block that will not have another turn. */
void emit_ack_of(struct tcp *tcp, struct tcb *tcb, ns_t now);
/* The RST that ends a connection of ours, <SEQ=SND.NXT>: section 3.10.5. */
void emit_reset_of(struct tcp *tcp, struct tcb *tcb, ns_t now);

#endif
