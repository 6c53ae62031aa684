/* Handshakes that others began (RFC 9293 section 3.10.7.2, RFC 4987).
 *
 * A listener is an address, a port and a queue of connections that nobody accepted yet. A SYN makes
 * a half-open record of some sixty bytes, no control block and no buffer; the control block is made
 * by the ACK that ends the handshake. When records run out, the SYN is answered by a cookie: all
 * that a record would hold is in the sequence number and the timestamp of the SYN,ACK, and the ACK
 * brings it back. Full is counted.
 *
 * listen.c     listeners and records: where they are, when their time is over
 * handshake.c  a segment for a listener, in the order of the RFC
 * cookie.c     SYN cookies
 * accept.c     the owner's calls, and who waits for him                                          */
#ifndef CORE_TCP_LISTEN_H
#define CORE_TCP_LISTEN_H

#include "core/base/map.h"
#include "core/base/slab.h"
#include "core/tcp/seg.h"
#include "core/tcp/tcp_conf.h"

struct tcp;

enum { LISTEN_SYN_LEVELS = 8 /* retransmissions of SYN,ACK at most, one queue each */ };

struct listener {
	be32 addr;        /* zero: any */
	be16 port;
	u8 zone;
	bool any_zone;
	u32 backlog;      /* connections that may wait for the owner; half-open ones as many */
	u32 waiting;      /* established, not accepted */
	u32 half_open;
	u32 accept_first; /* control blocks in order; IDX_NONE */
	u32 accept_last;
	u32 owner;
	u32 gen;
	u32 ring;         /* of keys */
	struct tcp_sockopt opt;
};

/* What a SYN said and what it was answered. */
struct half_open {
	struct tcp_key key;
	u32 listener;
	u32 irs;
	u32 iss;
	u32 ts_recent;
	u32 ts_offset;
	u32 next;          /* queue of its level */
	u32 prev;
	ns_t due_ns;       /* SYN,ACK again, or gone */
	ns_t sent_ns;      /* when it left, for the first RTT; zero: sent again */
	u32 window;
	u16 peer_mss;      /* zero: none said */
	u16 mtu;
	u8 snd_wscale;
	u8 rcv_wscale;
	u8 level;          /* how often SYN,ACK was sent, less one */
	u8 flags;          /* TCB_WSCALE, TCB_TS, TCB_SACK, TCB_ECN of tcb.h */
	u8 current_id;     /* keys.h, of TCP-AO */
	u8 rnext_id;
};

/* A handshake is complete: all that a control block is made of. */
struct tcp_born {
	struct tcp_key key;
	u32 listener;
	u32 irs;
	u32 iss;
	u32 ts_recent;
	u32 ts_offset;
	u32 window;        /* of the ACK, scaled */
	u16 peer_mss;
	u16 mtu;
	u8 snd_wscale;
	u8 rcv_wscale;
	u8 flags;
	bool again;        /* SYN,ACK had to be sent again */
	ns_t rtt_ns;       /* zero: unknown */
	const struct auth_state *auth; /* of the segment; NULL: it is not signed */
};

struct listen_table {
	struct slab listeners;
	struct slab half_open;
	struct map by_port;  /* listeners */
	struct map by_key;   /* half-open records */
	struct {
		u32 first, last;
	} level[LISTEN_SYN_LEVELS]; /* each waits equally long, so each queue is in order */
	ns_t cookies_ns;     /* cookies were sent last; far back, their ACKs are not looked for;
				NS_NEVER: never */
	u32 gen_last;        /* generation of the listener that was made last */
};

void listen_layout(struct listen_table *table, const struct tcp_conf *conf, struct mem *mem);
void listen_init(struct listen_table *table);

/* The listener of a segment's destination: the exact address before any, the zone before any zone;
 * IDX_NONE.                                                                                      */
u32 listen_find(const struct tcp *tcp, const struct tcp_key *key);
/* A segment that no control block has, for a listener: SYN, the ACK that ends a handshake, RST.
 * Returns true when *born is to become a control block; then the half-open record is gone, and the
 * segment is to be processed by the new connection. Answers go through emit_answer().            */
bool listen_in(struct tcp *tcp, u32 listener, const struct tcp_seg *seg, struct tcp_born *born,
	       ns_t now);
/* Whether a half-open record has this key: its listener; IDX_NONE. */
u32 listen_of_half_open(const struct tcp *tcp, const struct tcp_key *key);
/* SYN,ACK again, or the end of a record. */
void listen_tick(struct tcp *tcp, ns_t now);
ns_t listen_next(const struct tcp *tcp);
/* The listener closes: its records go. */
void listen_drop(struct tcp *tcp, u32 listener);
/* ICMP said that our SYN,ACK does not reach the peer: the record goes, if seq is the number of its
 * SYN,ACK (RFC 5927 section 4.1), and the peer's keys do not forbid it (RFC 5925 section 7.8).   */
void listen_unreachable(struct tcp *tcp, const struct tcp_key *key, u32 seq, u8 code);
/* A control block was made of what listen_in() gave: it waits to be accepted, and is its listener's
 * owner's until then, to whom tcp_news() names it. One that fails meanwhile stays, and is accepted
 * with its error.                                                                                */
void listen_queue(struct tcp *tcp, u32 listener, u32 idx);
void listen_check(const struct tcp *tcp);

/* ---- of the owner: user.c ---- */

struct tcp_listen {
	be32 addr;
	be16 port;
	u8 zone;
	bool any_zone;
	u32 backlog;
	u32 owner;
	u32 ring;      /* of keys; TCP_RING_NONE */
	struct tcp_sockopt opt;
};

/* ERR_EXISTS: somebody listens there; ERR_FULL; ERR_RANGE: opt or backlog. */
enum err tcp_listen(struct tcp *tcp, const struct tcp_listen *conf, u64 *id);
/* What is accepted has these from now on; what waits already, or is half open, what it began with.
 * ERR_NOT_FOUND: it is gone; ERR_RANGE: opt.                                                     */
enum err tcp_listen_set_opt(struct tcp *tcp, u64 id, const struct tcp_sockopt *opt);
/* The next one that waits; TCP_ID_NONE. owner: who it belongs to from now on. What it may do is in
 * its control block already; tcp_news() names it when that changes.                              */
u64 tcp_accept(struct tcp *tcp, u64 id, u32 owner);
/* No more SYN; what waits is reset. */
void tcp_unlisten(struct tcp *tcp, u64 id, ns_t now);

#endif
