/* A TCP segment as the connection sees it, and the options of its header (RFC 9293 section 3.1). */
#ifndef CORE_TCP_SEG_H
#define CORE_TCP_SEG_H

#include "core/base/bytes.h"
#include "core/wire/tcp.h"

enum {
	TCP_SACK_BLOCKS_MAX = 4, /* that 40 bytes of options have room for (RFC 2018 section 3) */
	TCP_MSS_DEFAULT = 536,   /* RFC 9293 section 3.7.1 */
};

/* Who a connection is between; all of it is the key of the tables. */
struct tcp_key {
	be32 local;
	be32 peer;
	be16 local_port;
	be16 peer_port;
	u8 zone;
};

static inline bool tcp_key_eq(const struct tcp_key *a, const struct tcp_key *b)
{
	return be32_eq(a->peer, b->peer) && be16_eq(a->peer_port, b->peer_port) &&
	       be16_eq(a->local_port, b->local_port) && be32_eq(a->local, b->local) &&
	       a->zone == b->zone;
}

struct sack_block {
	u32 start;
	u32 end; /* the byte after it */
};

/* Options that were in a header, or that are to be written into one. */
struct tcp_opts {
	u16 mss;            /* zero: none */
	u8 wscale;          /* with has_wscale; as sent, so possibly above 14 */
	bool has_wscale;
	bool sack_permitted;
	bool has_ts;
	u8 sack_count;
	u8 auth_kind;       /* TCP_OPT_MD5 or TCP_OPT_AO when there is one; 0 */
	u32 tsval;
	u32 tsecr;
	struct sack_block sack[TCP_SACK_BLOCKS_MAX]; /* the last member: sack_count of them count */
};

struct auth_state;

struct tcp_seg {
	struct tcp_key key; /* local is the destination of a segment that came in */
	u32 seq;
	u32 ack;
	u32 len;            /* bytes of data, without SYN and FIN */
	u16 window;         /* as in the header, not scaled */
	u8 flags;           /* enum tcp_flag */
	u8 ecn;             /* the two bits of the IP header: RFC 3168 section 5 */
	u16 mtu;            /* of the way back to its sender */
	bool has_iss_above; /* a SYN takes the place of TIME-WAIT: what answers it begins */
	u32 iss_above;      /* above this number (RFC 9293 section 3.6.1) */
	const u8 *data;
	const struct tcp_hdr *hdr;
	struct auth_state *auth; /* signs what is answered; NULL: nothing does */
	struct tcp_opts opt;
};

/* Sequence numbers that the segment takes: SEG.LEN of RFC 9293. */
static inline u32 tcp_seg_space(const struct tcp_seg *seg)
{
	return seg->len + ((seg->flags & TCP_SYN) != 0) + ((seg->flags & TCP_FIN) != 0);
}

/* Whether a segment is acceptable: some of it lies in the window (RFC 9293 section 3.10.7.4, the
 * first check).                                                                                  */
static inline bool tcp_seg_fits(const struct tcp_seg *seg, u32 rcv_nxt, u32 rcv_wnd)
{
	u32 space = tcp_seg_space(seg);
	u32 last = seg->seq + space - 1;
	bool begins = seq_le(rcv_nxt, seg->seq) && seq_lt(seg->seq, rcv_nxt + rcv_wnd);

	if (rcv_wnd == 0)
		return space == 0 && seg->seq == rcv_nxt;
	if (space == 0 || begins)
		return begins;
	return seq_le(rcv_nxt, last) && seq_lt(last, rcv_nxt + rcv_wnd);
}

/* The shift with which a window of so many bytes finds room in 16 bits (RFC 7323 section 2.3). */
static inline u8 tcp_wscale_for(u32 bytes)
{
	u8 shift = 0;

	while (shift < TCP_WSCALE_MAX && bytes >> shift > UINT16_MAX)
		shift++;
	return shift;
}

/* Reads the options of a header that is whole. Unknown ones are skipped by their length; from a
 * malformed one on, nothing is read (RFC 9293 MUST-7: no crash, no loop). An option that may stand
 * in a SYN only is read from a SYN only.                                                         */
void tcp_opts_read(struct tcp_opts *opts, const struct tcp_hdr *hdr);
/* Writes them at[0..40), in the order and with the padding that Linux uses, and returns the bytes,
 * a multiple of four. SACK blocks that find no room are left out, the last first; reserve: bytes
 * that are kept free for an option of authentication, which the caller writes after these.       */
u32 tcp_opts_write(u8 *at, const struct tcp_opts *opts, u32 reserve);
/* How many bytes that would be. */
u32 tcp_opts_len(const struct tcp_opts *opts, u32 reserve);

#endif
