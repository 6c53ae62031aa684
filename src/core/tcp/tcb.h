/* The transmission control block: all that one connection is (RFC 9293 section 3.3.1).
 *
 * Names are the RFC's. Sequence numbers are u32 on their circle, compared by seq_lt() and its
 * friends; what is called _bytes or _len is a count. Who writes what:
 *
 *   in.c        rcv_*, state, ts_*            in the order of section 3.10.7.4
 *   out.c       snd_nxt, rcv_adv              what leaves
 *   loss.h      snd_una's consequences: the records of what was sent, RACK, recovery, RTT, rates
 *   timer.c     deadlines, their ends
 *   cc_*.c      struct cc
 *
 * An idle connection is struct tcb alone; what it needs while something is in flight is apart.
 *
 * Handles outside of this folder are 64 bits: generation and index (tcp_id). Inside it is the
 * index, and a pointer lives until the end of the call.                                          */
#ifndef CORE_TCP_TCB_H
#define CORE_TCP_TCB_H

#include "core/tcp/buffer.h"
#include "core/tcp/cc.h"
#include "core/tcp/seg.h"
#include "core/tcp/tcp_conf.h"

/* RFC 9293 section 3.3.2. LISTEN is a listener, SYN-RECEIVED of the passive side a half-open
 * record, TIME-WAIT a record too: a control block is never in LISTEN or TIME-WAIT.               */
enum tcp_state {
	TCP_CLOSED,
	TCP_LISTEN,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
	TCP_STATE_COUNT,
};

enum tcb_flag {
	TCB_WSCALE = 1 << 0,        /* both sides offered it */
	TCB_TS = 1 << 1,
	TCB_SACK = 1 << 2,
	TCB_ECN = 1 << 3,
	TCB_FIN_QUEUED = 1 << 4,    /* nothing will be written any more; FIN follows the data */
	TCB_FIN_SENT = 1 << 5,
	TCB_FIN_RECEIVED = 1 << 6,  /* and everything before it */
	TCB_ORPHAN = 1 << 7,        /* its owner closed it: nobody will read */
	TCB_ACK_NOW = 1 << 8,       /* an ACK is owed at once */
	TCB_PROBE = 1 << 9,         /* a tail loss probe is to be sent (RFC 8985 section 7.3) */
	TCB_WINDOW_PROBE = 1 << 10, /* the persist timer expired */
	TCB_KEEP_PROBE = 1 << 11,   /* the keepalive timer expired */
	TCB_ECE = 1 << 12,          /* congestion is echoed until CWR comes (RFC 3168) */
	TCB_CWR = 1 << 13,          /* to be said with the next new data */
	TCB_NODELAY = 1 << 14,
	TCB_CORK = 1 << 15,
	TCB_KEEPALIVE = 1 << 16,
	TCB_LINGER = 1 << 17,
	TCB_QUICKACK = 1 << 18,
	TCB_CWND_LIMITED = 1 << 19, /* cwnd stopped the sender since the round began */
	TCB_PUSH_ALL = 1 << 20,     /* what is queued leaves whatever Nagle and cork say */
	TCB_ACCEPTED = 1 << 21,     /* its owner has it; else it waits in a listener's queue */
	TCB_PACED = 1 << 22,        /* nothing new leaves before pacing_ns */
	TCB_PERSIST_OVER = 1 << 23, /* the persist timer expired: a small window is used, too */
	TCB_MORE = 1 << 24,         /* its owner writes more at once: no small segment until then */
	TCB_RESTED = 1 << 25,       /* rest is of a struct tcp_air that it had */
};

/* Recovery, as `ss` calls it. */
enum tcp_ca {
	TCP_CA_OPEN,
	TCP_CA_DISORDER, /* SACKs came, nothing is thought lost yet */
	TCP_CA_RECOVERY, /* fast recovery: RFC 6675, 8985 */
	TCP_CA_LOSS,     /* after the retransmission timer */
};

enum tcp_timer {
	TCP_TIMER_RETRANSMIT, /* RTO or tail loss probe: tcb->retransmit_is_probe */
	TCP_TIMER_REORDER,    /* RACK waits for packets that may only be late */
	TCP_TIMER_PERSIST,
	TCP_TIMER_DELACK,
	TCP_TIMER_KEEPALIVE,
	TCP_TIMER_END,        /* FIN-WAIT-2 of an orphan, linger */
	TCP_TIMER_PACING,     /* when the next segment may leave */
	TCP_TIMER_COUNT,
};

/* Readiness: what its owner may do without waiting. */
enum tcp_ready {
	TCP_READABLE = 1 << 0,  /* data, or the end of it */
	TCP_WRITABLE = 1 << 1,
	TCP_CONNECTED = 1 << 2,
	TCP_PEER_DONE = 1 << 3, /* FIN was received */
	TCP_FAILED = 1 << 4,    /* tcb->error says how */
};

enum rec_flag {
	REC_SACKED = 1 << 0,
	REC_LOST = 1 << 1,
	REC_RETRANSMITTED = 1 << 2, /* and this transmission is still in flight; no two of the
				       first three are set together */
	REC_EVER_AGAIN = 1 << 3,    /* sent more than once: no RTT (Karn) */
	REC_APP_LIMITED = 1 << 4,
	REC_SYN = 1 << 5,
	REC_FIN = 1 << 6,
	REC_PROBE = 1 << 7,         /* its last transmission was a tail loss probe */
	REC_DELIVERED = 1 << 8,     /* its last transmission is counted in tcb->delivered */
	REC_PUSH = 1 << 9,          /* PSH goes with its last byte */
};

/* A run of sequence space that left in one segment, until it is acknowledged. In order of sequence
 * in one list, in order of their last transmission in another (RFC 8985 section 6.2).            */
struct tx_rec {
	u32 seq;
	u32 end;
	u32 next;
	u32 prev;
	u32 time_next;
	u32 time_prev;
	ns_t sent_ns;        /* last transmission */
	u64 delivered;       /* tcb->delivered then, and the two times of the rate sample */
	ns_t delivered_ns;
	ns_t first_sent_ns;
	u64 lost;            /* tcb->lost then */
	u32 tx_in_flight;    /* just after it was sent */
	u16 flags;
	u16 xmit_count;
};

/* Data that came out of order: bytes between two sequence numbers, in order, apart. */
struct rx_range {
	u32 start;
	u32 end;
	u32 next;
};

/* A place in a list of control blocks, by index: next is TCB_UNLISTED while it is in none. */
struct tcb_link {
	u32 next;
	u32 prev;
};

#define TCB_UNLISTED (UINT32_MAX - 1)

/* What a connection needs while something is in flight, and what it knows of the path. It is taken
 * for the first segment, and stays while nobody else needs the place: then the one that has had
 * nothing in flight for longest goes, and leaves a struct tcp_rest (loss.h).                     */
struct tcp_air {
	u32 tcb;            /* whose it is; IDX_NONE: of all that hold none, and never written */
	struct tcb_link idle; /* in the list of those with nothing in flight, by when that began */

	/* records of what was sent */
	u32 tx_first;
	u32 tx_last;
	u32 time_first;
	u32 time_last;
	u32 tx_hint;        /* where the last SACK was found */
	u32 tx_lost;        /* the first one thought lost */
	u32 tx_count;
	struct sack_block sack_seen[TCP_SACK_BLOCKS_MAX]; /* of the last ACK, ascending: done */
	u8 sack_seen_count;

	/* in bytes of sequence space */
	u32 sacked_bytes;
	u32 lost_bytes;     /* thought lost, not sent again since */
	u32 again_bytes;    /* sent again, in flight */
	u32 sacked_count;   /* records */

	ns_t rto_start_ns;  /* RTO counts from there */
	ns_t unacked_ns;    /* no progress since then: the user time-out */
	ns_t pacing_ns;     /* the next segment may leave then */

	/* RACK-TLP: RFC 8985 */
	ns_t rack_xmit_ns;
	ns_t rack_rtt_ns;
	u32 rack_end_seq;
	u32 rack_fack;
	u32 rack_dsack_round_end;
	bool rack_dsack_seen;
	bool tlp_active;
	bool tlp_is_again;  /* the probe was a retransmission */
	bool pto_done;      /* the probe's time has come since new data left or was acknowledged */
	u32 tlp_end_seq;    /* with tlp_active */

	/* recovery: RFC 6675, 9937, 5682, 3522 */
	u32 high_seq;       /* snd_nxt when recovery began: it ends when that is acknowledged */
	u32 prr_delivered;
	u32 prr_out;
	u32 prr_start;      /* RecoverFS */
	u32 undo_una;       /* snd_una when it began; with undo_possible */
	u32 undo_again;     /* bytes sent again that no DSACK told of yet */
	u32 undo_ts;        /* tsval of the first retransmission: Eifel; with undo_sent */
	u32 undo_seq;       /* and where it begins */
	u32 ecn_end_seq;    /* snd_nxt when ECE, or a loss, reduced cwnd last: RFC 3168 6.1.2 */
	bool undo_possible;
	bool undo_sent;     /* something was sent again since it began */
	bool spurious_checked; /* Eifel looks at one ACK of each recovery */
	u8 dup_acks;        /* for a peer without SACK */
	u8 frto;            /* step of RFC 5682 that the next ACK is of, 2 or 3; 0: no F-RTO */
	bool send_budget_set; /* recovery bounds what may leave by send_budget */
	bool rate_app_limited; /* the last sample */
	u32 send_budget;    /* bytes that may leave before the next ACK */

	/* rate samples */
	u64 delivered;
	u64 lost;           /* every mark */
	ns_t delivered_ns;
	ns_t first_sent_ns;
	u64 round_end;      /* delivered that ends the round for TCB_CWND_LIMITED */
	u64 rate_last;      /* bytes a second */

	struct cc cc;
};

/* What is left of it. */
struct tcp_rest {
	u64 bw;             /* cc_ops.keep() */
	ns_t min_rtt_ns;    /* NS_NEVER: none yet */
	u32 cwnd;
	u32 ssthresh;
};

/* What a window promises beyond recv_buffer_start: budget.c. */
struct tcp_share {
	ns_t data_ns; /* when some of it came last */
	u32 tcb;
	u32 bytes;    /* of the block that is to be found for it */
};

struct tcb {
	struct tcp_key key;
	u8 state;           /* enum tcp_state; changed by tcp_set_state() only */
	u8 error;           /* enum tcp_error */
	u8 ready;           /* enum tcp_ready; changed by tcp_set_ready() only */
	u8 ca;              /* enum tcp_ca */
	u8 keep_probes;     /* of the timers: unanswered */
	u8 persist_shift;
	u8 syn_retries;
	u32 flags;          /* enum tcb_flag */
	const struct cc_ops *cc_ops;
	u32 owner;          /* the socket's index, or the listener's before it was accepted */

	/* lists of the stack */
	struct tcb_link in_send; /* of those that want to send */
	struct tcb_link in_news; /* of those whose readiness changed */
	u32 accept_next;

	/* send: RFC 9293 section 3.3.1 */
	u32 iss;
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_wnd;        /* scaled */
	u32 snd_wl1;
	u32 snd_wl2;
	u32 snd_max_wnd;    /* largest seen: RFC 5961 section 5.2, SWS of 3.8.6.2.1 */
	u32 snd_small;      /* the end of the last segment that was not full: Minshall's rule */
	u32 snd_push;       /* PSH goes with the byte before it */
	u32 send_limit;     /* bytes that snd may hold now */
	struct ring snd;    /* from snd_una on (without SYN); acknowledged bytes are dropped */

	/* receive */
	u32 irs;
	u32 rcv_nxt;
	u32 rcv_adv;        /* the right edge that was announced: it never moves back */
	u32 last_ack_sent;  /* RFC 7323 section 4.3 */
	u32 fin_seq;        /* of a FIN that came before the data in front of it; with fin_early */
	bool recv_fixed;
	bool fin_early;
	bool had_hole;      /* when the last data came: filling it is told at once */
	u8 delack_segments; /* full ones received since the last ACK */
	struct ring rcv;    /* len: to be read, ends at rcv_nxt; span: with what is behind */
	u32 range;          /* first rx_range; IDX_NONE */
	u32 range_count;
	struct sack_block dsack;   /* to be reported once; start == end: none (RFC 2883) */
	u32 recent[TCP_SACK_BLOCKS_MAX]; /* a sequence number in each of the last ranges touched */

	/* timestamps: RFC 7323 */
	u32 ts_recent;
	u32 ts_offset;
	ns_t ts_recent_ns;

	/* sizes */
	u16 snd_mss;        /* payload bytes of a full segment, without options */
	u16 peer_mss;       /* what its SYN said */
	u16 rcv_mss;        /* the largest segment seen from it, for delayed ACKs */
	u16 pmtu;
	u16 ttl_tos;        /* ttl << 8 | tos */
	u8 min_ttl;
	u8 hdr_opt_len;     /* bytes of options in each data segment, without SACK */
	u16 mss_max;        /* of the socket; zero: none */
	u8 snd_wscale;
	u8 rcv_wscale;

	/* round trip: RFC 6298 */
	ns_t srtt_ns;
	ns_t rttvar_ns;
	ns_t rto_ns;        /* with back-off */
	u8 backoff;
	bool retransmit_is_probe;

	/* its segments are signed: RFC 2385, RFC 5925 */
	u16 auth;           /* auth_at(); zero: they are not */
	u8 auth_opt_len;    /* bytes of options for it in each segment */

	/* RACK: how much reordering the path was found to have (RFC 8985 section 6.2 step 4) */
	u8 rack_reo_mult;
	u8 rack_reo_persist;
	bool rack_reordering;

	struct tcp_air *air; /* all of what is in flight; at_rest of the stack: it holds none */
	struct tcp_rest rest;

	/* deadlines; NS_NEVER */
	ns_t timer[TCP_TIMER_COUNT];
	ns_t last_rx_ns;

	/* options of the socket that matter later */
	u32 keepalive_idle_ms;
	u32 keepalive_interval_ms;
	u8 keepalive_probes;
	bool send_fixed;
	u16 share;          /* 1 + index of its struct tcp_share; zero: none */
	u32 user_timeout_ms;
	u32 linger_ms;
	u32 rto_min_ms;
	u32 pacing_max;     /* bytes a second; zero: none */
	u32 recv_limit;     /* bytes that rcv may hold now */
	u32 recv_copied;    /* bytes read in this round, for autotuning */
	u32 recv_high;      /* the end of all that had come when it began, in order or not */
	u32 recv_space;     /* bytes that came and were read in the best round before */
	u32 recv_rtt_us;    /* as a receiver sees it */
	ns_t recv_round_ns;

	/* for people */
	u64 bytes_sent;
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_again;
	u32 segs_out;
	u32 segs_in;
	u32 timeouts;
	u32 recoveries;
	ns_t born_ns;
};

/* With 36 bytes in index, deadlines, generations and the slab it is 512 at most. */
_Static_assert(sizeof(struct tcb) <= 476, "an idle connection");

static inline bool tcb_has_air(const struct tcb *tcb)
{
	return tcb->air->tcb != IDX_NONE;
}

/* Sent, neither acknowledged, SACKed nor thought lost: what the network holds (RFC 8985, 6675). */
static inline u32 tcb_in_flight(const struct tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una - tcb->air->sacked_bytes - tcb->air->lost_bytes;
}

/* RFC 9293 section 3.3.2: both sides know of each other. */
static inline bool tcb_is_synchronized(const struct tcb *tcb)
{
	return tcb->state >= TCP_SYN_RECEIVED;
}

#endif
