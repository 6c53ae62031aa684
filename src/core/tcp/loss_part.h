/* What the files behind loss.h share; nobody else includes it.
 *
 * A record is in exactly one of four states: in flight the first time (none of its first three
 * flags), in flight again (REC_RETRANSMITTED), thought lost (REC_LOST) or SACKed (REC_SACKED). The
 * list by sequence has all of them, the list by time those in flight: so looking for losses by time
 * never passes what is lost or delivered already, and each step of it is paid for by a loss.     */
#ifndef CORE_TCP_LOSS_PART_H
#define CORE_TCP_LOSS_PART_H

#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"

enum {
	LOSS_DUPTHRESH = 3, /* RFC 5681 section 3.2, 8985 section 6.2 */
	FRTO_FIRST = 2,     /* tcb->air->frto: the ACK of RFC 5682's step 2 is waited for */
	FRTO_SECOND = 3,    /* that of step 3 */
};

/* What one ACK, or one timer, has found out so far. */
struct loss_step {
	ns_t now;
	const struct tcp_seg *seg; /* NULL: a timer */
	u32 una_before;
	u64 delivered_before;
	u64 lost_before;
	bool is_dup;
	bool dsack;                /* dsack_block says what arrived twice */
	bool again_acked;          /* by number, sent more than once: Karn */
	bool orig_acked;           /* sent once, before recovery began: F-RTO */
	bool syn;                  /* ours is acknowledged */
	bool exited;               /* recovery ended */
	bool undone;
	bool has_rate;
	bool number_sample;        /* sent_number_ns is one */
	bool sack_sample;
	bool once_sample;
	u32 head_bytes;            /* the first record's length before the ACK */
	u32 rec_count;             /* acknowledged by number, whole */
	u32 rate_end;              /* of the record that the rate sample is of */
	ns_t sent_number_ns;       /* of the first record acknowledged by number, sent once */
	ns_t sent_sack_ns;         /* the same by SACK */
	ns_t sent_once_ns;         /* of the newest delivered record that was sent once */
	struct sack_block dsack_block;
	struct cc_ack ack;
};

static inline u32 rec_len(const struct tx_rec *rec)
{
	return rec->end - rec->seq;
}

/* Bytes of data: congestion control knows neither SYN nor FIN. */
static inline u32 rec_payload(const struct tx_rec *rec)
{
	return rec_len(rec) - ((rec->flags & REC_SYN) != 0) - ((rec->flags & REC_FIN) != 0);
}

static inline bool rec_is_in_flight(const struct tx_rec *rec)
{
	return (rec->flags & (REC_SACKED | REC_LOST)) == 0;
}

/* RFC 8985 section 6.2: RACK_sent_after(), the other way round. */
static inline bool sent_before(ns_t a_ns, u32 a_end, ns_t b_ns, u32 b_end)
{
	return a_ns < b_ns || (a_ns == b_ns && seq_lt(a_end, b_end));
}

static inline bool loss_in_recovery(const struct tcb *tcb)
{
	return tcb->ca >= TCP_CA_RECOVERY;
}

/* Before the handshake ends, congestion control does not know of the connection. */
static inline bool loss_has_cc(const struct tcb *tcb)
{
	return tcb->state >= TCP_ESTABLISHED;
}

/* air.c: the last of its records went; the first one comes. */
void air_idle(struct tcp *tcp, struct tcp_air *air);
void air_busy(struct tcp *tcp, struct tcp_air *air);

/* txq.c. Each of them keeps counts, lists and hints right. */
/* Nothing was sent before seq. */
void loss_begin_at(struct tcb *tcb, u32 seq);
void txq_del_first(struct tcp *tcp, struct tcb *tcb);
/* The first record begins at seq from now on; requires: inside it. */
void txq_shorten_first(struct tcp *tcp, struct tcb *tcb, u32 seq);
bool txq_cut(struct tcp *tcp, struct tcb *tcb, u32 idx, u32 max);
void txq_mark_sacked(struct tcp *tcp, struct tcb *tcb, u32 idx);
/* From in flight, or, when SACKs are not believed any more, from SACKed. */
void txq_mark_lost(struct tcp *tcp, struct tcb *tcb, u32 idx);
/* Records that were sent once and are thought lost are in flight as before. */
void txq_restore(struct tcp *tcp, struct tcb *tcb);

/* ack.c: starts what a timer finds out. */
void loss_step_init(struct loss_step *step, const struct tcb *tcb, ns_t now);
/* It is lost to congestion control, too. Requires: in flight. */
void loss_mark(struct tcp *tcp, struct tcb *tcb, u32 idx, const struct loss_step *step);
/* Congestion control hears of it, unless it does not know of the connection. */
void loss_tell(struct tcb *tcb, enum cc_event event, struct loss_step *step);

/* rate.c */
void rate_on_sent(struct tcb *tcb, struct tx_rec *rec, u32 in_flight, ns_t now);
void rate_on_delivered(struct tcb *tcb, const struct tx_rec *rec, struct loss_step *step);
void rate_finish(struct tcb *tcb, struct loss_step *step);

/* rtt.c */
void rtt_on_delivered(const struct tx_rec *rec, struct loss_step *step, bool by_number);
/* After all of an ACK is delivered: samples, RTO, back-off. */
void rtt_finish(const struct tcp *tcp, struct tcb *tcb, struct loss_step *step);
void rtt_back_off(const struct tcp *tcp, struct tcb *tcb);

/* rack.c */
void rack_on_delivered(struct tcb *tcb, const struct tx_rec *rec, const struct loss_step *step);
/* Marks what is lost by time, and sets the timer for what may be soon. */
void rack_detect(struct tcp *tcp, struct tcb *tcb, const struct loss_step *step);
/* A probe's answer: true when it mended a loss that congestion control has to hear of. */
bool tlp_on_ack(struct tcb *tcb, const struct loss_step *step);
/* When a probe is due; NS_NEVER: none is to be sent. */
ns_t tlp_when(const struct tcp *tcp, const struct tcb *tcb);

/* recovery.c */
/* What an ACK says of the recovery that is on: undo, F-RTO, its end. Before losses are sought. */
void recovery_on_ack(struct tcp *tcp, struct tcb *tcb, struct loss_step *step);
/* After losses were looked for: a recovery begins, or goes on. */
void recovery_on_loss(struct tcp *tcp, struct tcb *tcb, struct loss_step *step);
/* A probe mended a loss: all of a recovery at once. */
void recovery_of_probe(struct tcp *tcp, struct tcb *tcb, struct loss_step *step);
/* Duplicate ACKs of a peer without SACK. */
void reno_on_ack(struct tcp *tcp, struct tcb *tcb, struct loss_step *step);
void recovery_on_sent(struct tcb *tcb, u32 bytes);
void recovery_on_sent_again(struct tcb *tcb, const struct tx_rec *rec, ns_t now);

#endif
