/* Congestion control: how much may be in flight, and how fast it may leave.
 *
 * One struct of functions per algorithm, one struct cc per connection. An algorithm knows neither
 * segments nor the scoreboard: it is told what was sent, what an ACK delivered and what was lost,
 * each with a sample of the delivery rate, and answers in three numbers: cwnd, pacing rate and how
 * much may leave in one burst. So each of them can be tried against a queue of twenty lines, and
 * exchanged on a living connection.
 *
 * Bytes are payload bytes. Rates are bytes per second. Times are the caller's clock.             */
#ifndef CORE_TCP_CC_H
#define CORE_TCP_CC_H

#include "core/base/bytes.h"
#include "core/base/rng.h"

enum {
	CC_PRIV_WORDS = 24,
	CC_INITIAL_SEGMENTS = 10, /* RFC 6928: bounded below by cc_initial_window() */
};

/* What one ACK said of the path: draft-ietf-ccwg-bbr, section "Delivery Rate Samples". The rate is
 * delivered / interval_ns; interval_ns is zero when the ACK gives no sample.                     */
struct rate_sample {
	u64 prior_delivered; /* cc_ack.delivered when the newest segment acknowledged was sent */
	ns_t prior_ns;       /* and the time of that figure */
	u64 delivered;       /* bytes delivered since, until now */
	ns_t interval_ns; /* the longer of the time they took to be sent and to be acknowledged */
	ns_t rtt_ns;      /* of that segment, if it was sent once only; zero: none */
	u32 tx_in_flight; /* in flight just after it was sent, itself included */
	u64 tx_lost;      /* cc_ack.lost when it was sent */
	bool app_limited; /* the sender had nothing more to send at that time */
};

/* What an ACK brings. */
struct cc_ack {
	ns_t now;
	u64 delivered;       /* in all, after this ACK */
	u64 lost;            /* in all, after this ACK: every mark counts, undone or not */
	u32 acked_bytes;     /* newly delivered: by SND.UNA or by SACK */
	u32 una_bytes;       /* by which SND.UNA moved */
	u32 lost_bytes;      /* newly marked lost */
	u32 in_flight;       /* after this ACK: sent, neither delivered nor thought lost */
	u32 prior_in_flight; /* before it */
	u64 snd_una;         /* since the connection began, so that it never wraps */
	u64 snd_nxt;
	ns_t srtt_ns;      /* zero: not measured yet */
	bool in_recovery;  /* fast recovery or loss recovery after a time-out, after this ACK */
	bool cwnd_limited; /* cwnd, not the application or the receiver, held the sender back in
				the last round */
	bool ecn_echo;     /* a new congestion notification (RFC 3168 section 6.1.2) */
	bool ack_delayed;  /* by the peer, as far as one can tell: it covers one short segment */
	struct rate_sample rate;
};

/* A segment that has just been marked lost. */
struct cc_lost {
	ns_t now;
	u64 seq;       /* of its first byte, since the connection began */
	u64 delivered; /* in all, now */
	u64 lost;      /* in all, with this one */
	u64 tx_lost;   /* lost when it was sent */
	u32 bytes;
	u32 tx_in_flight; /* in flight just after it was sent, itself included */
	bool app_limited; /* as in struct rate_sample */
};

enum cc_event {
	CC_ENTER_RECOVERY, /* fast recovery begins: RFC 6675, 8985 */
	CC_EXIT_RECOVERY,  /* what was outstanding when it began is acknowledged; also after RTO */
	CC_TIMEOUT,        /* the retransmission timer expired; everything counts as lost */
	CC_UNDO,           /* what was taken for a loss was none (DSACK, Eifel): take it back */
	CC_IDLE_RESTART,   /* the first segment goes out after nothing was in flight for an RTO */
};

struct cc;

struct cc_ops {
	const char *name; /* as in configurations and `sluice show sockets` */
	/* Whether PRR (RFC 9937) leads cwnd down to ssthresh in recovery, outside the algorithm. */
	bool wants_prr;
	/* Whether it reduces cwnd for cc_ack.ecn_echo as for a loss (RFC 3168 section 6.1.2). Data
	 * of who does not are never ECN-capable: a queue that would mark them has to drop.       */
	bool answers_marks;
	/* A connection is established, or the algorithm is exchanged on one: cwnd, mss are set. */
	void (*init)(struct cc *cc, ns_t now);
	/* bytes leave now, the first time or again; in_flight: before them. app_limited: a bubble
	 * with nothing to send is in the pipe. May be NULL.                                      */
	void (*on_sent)(struct cc *cc, u32 bytes, u32 in_flight, ns_t now);
	/* Each segment newly marked lost, before the event or the ACK that goes with it: for who
	 * must know how much was in flight when it left. May be NULL.                            */
	void (*on_lost)(struct cc *cc, const struct cc_lost *lost);
	void (*on_ack)(struct cc *cc, const struct cc_ack *ack);
	/* ack: what is being processed, before on_ack sees it. After a time-out or a time of
	 * idleness there is none: then its counts are those of now, and nothing is newly
	 * acknowledged; prior_in_flight is what was in flight before all of it counted as lost.  */
	void (*on_event)(struct cc *cc, enum cc_event event, const struct cc_ack *ack);
	/* Nothing was in flight for so long that others needed the place: what is left beside cwnd,
	 * ssthresh and min_rtt_ns, a bandwidth in bytes a second; zero: none. May be NULL.       */
	u64 (*keep)(const struct cc *cc);
	/* It begins again, after init() and with those three as they were. bw: what keep() said, of
	 * this algorithm; zero: none. May be NULL.                                               */
	void (*resume)(struct cc *cc, u64 bw, ns_t now);
	/* A word on the state it is in, for people: "startup"; static string. */
	const char *(*state)(const struct cc *cc);
	/* Every invariant of its own state. */
	void (*check)(const struct cc *cc);
};

struct cc {
	const struct cc_ops *ops;
	struct rng *rng;  /* the stack's: phases and waits are drawn, not chosen */
	u64 pacing_rate;  /* bytes a second; zero: not paced */
	u64 app_limited;  /* until so much is delivered, samples are of the application's making;
				zero: it is not */
	ns_t min_rtt_ns;  /* smallest seen by the connection; NS_NEVER: none yet */
	u32 mss;          /* payload bytes of a full segment, now: PMTU may change it */
	u32 cwnd;         /* bytes */
	u32 ssthresh;     /* bytes; UINT32_MAX: none */
	u32 send_quantum; /* bytes that may leave in one burst; at least one mss */
	u32 cwnd_limit;   /* never above: from configuration */
	bool has_sack;    /* more than one loss in a round trip can be seen (RFC 2018) */
	u64 priv[CC_PRIV_WORDS];
};

extern const struct cc_ops cc_newreno; /* RFC 5681, 6582, 3465 */
extern const struct cc_ops cc_cubic;   /* RFC 9438 with HyStart++ (RFC 9406) */
extern const struct cc_ops cc_bbr;     /* as published in 2016 (ACM Queue 14(5)) */
extern const struct cc_ops cc_bbr3;    /* draft-ietf-ccwg-bbr */

/* By name; NULL: there is none. */
const struct cc_ops *cc_find(const char *name);
/* The name at a place, NULL after the last: for messages that list them. */
const char *cc_name_at(u32 index);

/* min(10 * MSS, max(2 * MSS, 14600)): RFC 6928 section 2. */
u32 cc_initial_window(u32 mss);

#endif
