/* TCP (RFC 9293): the stack of all connections that end here.
 *
 * It knows no NAT, no routes and no interfaces: segments come in parsed, with the MTU of the way
 * back; segments leave as whole IPv4 packets, pulled by whoever has room for them:
 *
 *     tcp_in(tcp, pkt, &info, now)          a packet for one of our addresses
 *     while (tcp_output(tcp, &out, now)) …  what wants to leave; pacing and windows decide
 *     if (now >= tcp_next(tcp)) tcp_tick(tcp, now);
 *
 * Nothing calls upwards: whose readiness changed waits in a list until its owner asks (tcp_news).
 *
 *   in.c         a segment arrives: RFC 9293 section 3.10.7, paragraph by paragraph
 *   out.c        what may be sent, segment by segment; emit.c writes it down
 *   loss.h       what was sent and is not acknowledged yet
 *   reasm.c      data into the receive ring, in and out of order, and the window that is offered
 *   budget.c     how much of the buffers a window may promise
 *   timer.c      the deadlines of a connection
 *   listen.h     handshakes that others began: half-open records, SYN cookies
 *   keys.h       peers that sign their segments, and want ours signed (RFC 2385, RFC 5925)
 *   timewait.h   what is left of a connection for 2 MSL
 *   isn.h        initial sequence numbers and timestamp offsets (RFC 6528, 7323)
 *   cc.h         congestion control
 *   user.c       the calls of its owner: open, write, read, shut down, close, abort
 *   adopt.c      a passive open without a listener     pass.c   from one connection into another
 *   pmtu.c       what ICMP says (RFC 1191, 5461, 5927)                                           */
#ifndef CORE_TCP_TCP_H
#define CORE_TCP_TCP_H

#include "core/base/heap.h"
#include "core/base/map.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/pkt/pkt.h"
#include "core/tcp/keys.h"
#include "core/tcp/listen.h"
#include "core/tcp/tcb.h"
#include "core/tcp/tcp_conf.h"
#include "core/tcp/timewait.h"

/* generation << 32 | index: stays valid or finds nothing. */
typedef u64 tcp_id;
#define TCP_ID_NONE UINT64_MAX

enum { TCP_OUTBOX_MAX = 256 };

struct tcp_stats {
	u64 segs_in;
	u64 segs_out;
	u64 segs_again;        /* retransmitted */
	u64 opened_active;
	u64 opened_passive;
	u64 failed_opens;
	u64 established;       /* reached it */
	u64 resets_in;
	u64 resets_out;
	u64 bad_segments;      /* malformed header, wrong checksum */
	u64 paws;              /* RFC 7323 section 5.3 */
	u64 challenge_acks;
	u64 challenge_limited; /* not sent: RFC 5961 section 7 */
	u64 out_of_window;
	u64 min_ttl;           /* RFC 5082 */
	u64 no_tcb;           /* a connection was refused: tcb_limit */
	u64 no_record;         /* nothing could be sent for a moment: segment_limit */
	u64 no_air;            /* the same: air_limit */
	u64 no_range;          /* out of order, dropped: range_limit */
	u64 no_buffer;         /* out of order or new, dropped: buffer_bytes */
	u64 no_packet;         /* no packet was free to send */
	u64 outbox_full;       /* an answer without a connection was dropped */
	u64 timeouts;
	u64 probes;            /* tail loss probes */
	u64 recoveries;
	u64 undone;            /* recoveries that DSACK, Eifel or F-RTO took back */
	u64 keepalive_ended;
	u64 retransmit_ended;
	u64 black_holes;       /* PMTU fell because nothing came through */
	u64 syn_dropped;       /* half-open ones full, no cookie */
	u64 cookies_sent;
	u64 cookies_good;
	u64 cookies_bad;
	u64 accept_full;       /* the owner did not accept in time */
	u64 time_waits;
	u64 time_wait_full;    /* the oldest had to go */
	u64 time_wait_reused;  /* by a SYN, or by a connect */
	u64 auth_missing;      /* segments without the option that their sender's have to have */
	u64 auth_malformed;    /* with more than one, or one of a wrong length */
	u64 auth_unknown_key;  /* KeyID */
	u64 auth_wrong;        /* the code is not that of the segment */
	u64 auth_unexpected;   /* who has no keys, or no connection, has signed */
	u64 auth_icmp;         /* RFC 5925 section 7.8: ICMP errors that changed nothing */
	u64 no_auth;           /* a connection was refused: auth_limit */
};

/* Ends of a list; IDX_NONE: empty. */
struct tcb_list {
	u32 first;
	u32 last;
};

struct tcp {
	struct tcp_conf conf;
	struct pkt_pool *pool;
	struct rng rng;
	struct hash_key hash_key;
	u64 secret[4];           /* SipHash keys: ISN, timestamps; cookies */

	struct slab tcbs;
	struct map by_key;
	struct heap deadlines;   /* per control block, the earliest of its timers */
	struct slab airs;        /* struct tcp_air */
	struct slab recs;
	struct slab ranges;
	struct slab shares;      /* struct tcp_share */
	u64 promised_bytes;      /* of all of them */
	u32 share_hand;          /* the one to be looked at next, where bytes are short */
	struct buffer_pool buffers;
	struct keys_table keys;
	struct listen_table listen;
	struct timewait_table timewait;
	u32 *tcb_gen;           /* per index, grows with each use */
	struct tcp_air at_rest;  /* of all control blocks that have none: nothing in flight */

	struct tcb_list send;    /* control blocks that want to send, served in turn */
	struct tcb_list news;
	struct tcb_list idle;    /* of airs, those with nothing in flight */
	struct pkt *outbox[TCP_OUTBOX_MAX]; /* answers that belong to no control block */
	u32 outbox_head, outbox_count;
	ns_t retry_ns;           /* somebody found no packet or record: try then; NS_NEVER */
	ns_t challenge_second_ns; /* the second ends that challenge_left is of */
	u32 challenge_left;
	struct tcp_stats stats;
};

/* What the caller knows of a packet that came in. */
struct tcp_rx {
	u8 zone;
	u16 mtu; /* of the way back to its sender, bytes */
};

void tcp_layout(struct tcp *tcp, const struct tcp_conf *conf, struct mem *mem);
/* seed: 32 secret bytes; pool outlives the stack. */
void tcp_init(struct tcp *tcp, const struct tcp_conf *conf, struct pkt_pool *pool,
	      const u8 seed[32], ns_t now);
void tcp_tick(struct tcp *tcp, ns_t now);
ns_t tcp_next(const struct tcp *tcp);
void tcp_check(const struct tcp *tcp);

/* A packet of protocol TCP for one of our addresses, l4 set, no fragment; it stays the caller's.
 * True: somebody here took it. False: nobody has this connection and nobody listens, the segment
 * may be answered by a RST (RFC 9293 section 3.10.7.1); a damaged one counts as taken.           */
bool tcp_in(struct tcp *tcp, const struct pkt *pkt, const struct tcp_rx *rx, ns_t now);
/* Appends packets until the batch is full or nobody may send more; true: some were appended. They
 * have zone set, PKT_LOCAL_OUT, and no route yet.                                                */
bool tcp_output(struct tcp *tcp, struct batch *out, ns_t now);
/* An ICMP error about a segment of ours: quoted and quoted_len are the bytes of the segment's TCP
 * header that came back, at least 8; key.local is its source. mtu: with fragmentation needed.    */
struct tcp_icmp {
	struct tcp_key key;
	u32 seq;
	u8 type;
	u8 code;
	u16 mtu;
};
void tcp_icmp_in(struct tcp *tcp, const struct tcp_icmp *icmp, ns_t now);

/* ---- what the owner of a connection calls ---------------------------------------------------- */

struct tcp_open {
	struct tcp_key key; /* local_port zero: one is chosen (RFC 6056) */
	struct tcp_sockopt opt;
	u16 mtu;            /* of the way to the peer, bytes */
	u32 owner;
	u32 ring;           /* of keys; TCP_RING_NONE */
};

/* Active open: SYN leaves at the next tcp_output(). ERR_EXISTS: the four-tuple is in use;
 * ERR_FULL: no control block, or no port, or auth_limit; ERR_RANGE: opt names no congestion
 * control.                                                                                       */
enum err tcp_connect(struct tcp *tcp, const struct tcp_open *open, tcp_id *id, ns_t now);
/* Passive open without a listener: the SYN is one that the owner has seen, and our answer leaves at
 * the next tcp_output(). syn: its header, whole and with a right checksum, from open->key.peer.
 * ERR_EXISTS: the four-tuple is in use, or what is left of it says that the SYN is an old one;
 * ERR_FULL: no control block; ERR_RANGE: opt names no congestion control. Nothing is signed: a SYN
 * that is has another end in mind than its owner.                                                */
enum err tcp_adopt(struct tcp *tcp, const struct tcp_open *open, const struct tcp_hdr *syn,
		   tcp_id *id, ns_t now);
/* What can be read on one is written to the other, as far as that may queue: how many bytes. What
 * is left over waits for its readiness to write, or, if it had room, for memory.                 */
u32 tcp_pass(struct tcp *tcp, tcp_id from, tcp_id to, ns_t now);
/* Copies what fits and returns how much; what is queued behind a connect leaves once it stands.
 * Zero: full, or nothing may be written any more. more: its owner will write on at once: no push
 * after it, and no small segment until then, or until an ACK or an RTO has come.                 */
u32 tcp_write(struct tcp *tcp, tcp_id id, const void *data, u32 bytes, bool more, ns_t now);
/* Copies what is there, takes it, and opens the window. Zero and TCP_READABLE: the end. */
u32 tcp_read(struct tcp *tcp, tcp_id id, void *to, u32 bytes, ns_t now);
/* The same without a copy: the first run of bytes that can be read; then tcp_read_done(). */
const u8 *tcp_peek(const struct tcp *tcp, tcp_id id, u32 *bytes);
void tcp_read_done(struct tcp *tcp, tcp_id id, u32 bytes, ns_t now);
/* FIN after what is queued; reading goes on. */
void tcp_shutdown(struct tcp *tcp, tcp_id id, ns_t now);
/* Its owner has no interest any more. What is queued still goes out (or not: linger of zero); data
 * that was not read, or comes later, is answered by RST (RFC 2525 section 2.17).                 */
void tcp_close(struct tcp *tcp, tcp_id id, ns_t now);
/* RST, and gone. */
void tcp_abort(struct tcp *tcp, tcp_id id, ns_t now);
/* Options that may change on a living connection. */
enum err tcp_set_opt(struct tcp *tcp, tcp_id id, const struct tcp_sockopt *opt, ns_t now);
/* Borrowed until the next call; NULL: gone. */
const struct tcb *tcp_find(const struct tcp *tcp, tcp_id id);

/* A connection whose readiness changed since it was last named; false: none is left. One that is
 * gone after it failed, or was closed by both sides, is named once with its last readiness.      */
struct tcp_news {
	tcp_id id;
	u32 owner;
	u8 ready;
	u8 error;
};
bool tcp_news(struct tcp *tcp, struct tcp_news *news);

/* ---- inside this folder ---------------------------------------------------------------------- */

static inline struct tcb *tcb_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->tcbs, idx);
}

static inline tcp_id tcp_id_at(const struct tcp *tcp, u32 idx)
{
	return (u64)tcp->tcb_gen[idx] << 32 | idx;
}

static inline struct tx_rec *rec_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->recs, idx);
}

static inline struct rx_range *range_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->ranges, idx);
}

/* What signs for a connection; NULL: nothing does. */
static inline struct auth_state *auth_at(const struct tcp *tcp, u16 auth)
{
	return auth == 0 ? NULL : slab_at(&tcp->keys.states, auth - 1u);
}

static inline u32 tcb_idx(const struct tcp *tcp, const struct tcb *tcb)
{
	return (u32)((u64)((const u8 *)tcb - tcp->tcbs.base) / tcp->tcbs.obj_size);
}

static inline u64 tcp_key_hash(const struct tcp *tcp, const struct tcp_key *key)
{
	return hash_words(&tcp->hash_key, (u64)key->local.raw << 32 | key->peer.raw,
			  (u64)key->local_port.raw << 32 | (u64)key->peer_port.raw << 8 |
				  key->zone);
}

/* state.c */
/* "syn-sent": static string. */
const char *tcp_state_name(enum tcp_state state);
/* Whether state.def has this way. */
bool tcp_state_may_move(enum tcp_state from, enum tcp_state to);
void tcp_set_state(struct tcp *tcp, u32 idx, enum tcp_state state, ns_t now);
void tcp_set_ready(struct tcp *tcp, struct tcb *tcb, u8 set, u8 clear);
/* A zeroed control block in CLOSED, in the tables; IDX_NONE: full, counted. */
u32 tcb_new(struct tcp *tcp, const struct tcp_key *key, const struct tcp_sockopt *opt, u16 mtu,
	    ns_t now);
/* Its owner has no interest any more: goes at once when it is CLOSED, else with its end. */
void tcb_leave_owner(struct tcp *tcp, u32 idx);
/* It ends by error: readiness FAILED; the control block stays until its owner leaves it. */
void tcb_fail(struct tcp *tcp, u32 idx, enum tcp_error error, ns_t now);
u32 tcb_find(const struct tcp *tcp, const struct tcp_key *key);
/* Its segments are signed. Requires: auth_has_room(); tcb_set_sizes() follows. */
void tcb_set_auth(struct tcp *tcp, struct tcb *tcb, const struct auth_state *state);
/* The control block of a handshake that is complete: cookie or half-open record. */
u32 tcb_born(struct tcp *tcp, const struct tcp_born *born, ns_t now);

/* timer.c */
void timer_set(struct tcp *tcp, struct tcb *tcb, enum tcp_timer timer, ns_t when);
static inline void timer_stop(struct tcp *tcp, struct tcb *tcb, enum tcp_timer timer)
{
	timer_set(tcp, tcb, timer, NS_NEVER);
}

/* out.c: there may be something to send. */
void tcp_want_send(struct tcp *tcp, u32 idx);

#endif
