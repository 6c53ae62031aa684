/* What was sent and is not acknowledged yet: records, the scoreboard, and what follows from an ACK.
 *
 * air.c       struct tcp_air: who has one, and what is left of it
 * txq.c       the records and their two orders
 * ack.c       an ACK: what it acknowledges, by number and by SACK (RFC 2018, 2883); the order of
 *             everything that follows; congestion control is told once, at the end
 * rate.c      delivery-rate samples (draft-ietf-ccwg-bbr, "Delivery Rate Samples")
 * rtt.c       RTT and RTO (RFC 6298), smallest RTT
 * rack.c      losses by time (RFC 8985), tail loss probes
 * recovery.c  entering, leaving, undoing recovery (RFC 6675, 9937, 5682 F-RTO, 3522 Eifel,
 *             DSACK undo); duplicate ACKs of a peer without SACK (RFC 6582)
 *
 * in.c calls loss_on_ack() for each acceptable ACK; out.c asks what to send again and says what it
 * sent; timer.c says when the timer of this module expired. Nothing here sends.                  */
#ifndef CORE_TCP_LOSS_H
#define CORE_TCP_LOSS_H

#include "core/tcp/tcp.h"

/* What an ACK did, for in.c. */
struct loss_acked {
	u32 una_bytes;     /* of sequence space: SND.UNA moved by it, SYN and FIN included */
	bool syn;          /* our SYN is acknowledged now */
	bool fin;          /* our FIN is */
	bool progress;     /* something was newly acknowledged, by number or SACK */
};

/* A new connection: nothing sent. */
void loss_init(struct tcp *tcp, struct tcb *tcb);
/* Records go back, and what it has for them. */
void loss_fini(struct tcp *tcp, struct tcb *tcb);
/* It stands: congestion control begins, with this window. Requires: its state says so. */
void loss_established(struct tcp *tcp, struct tcb *tcb, u32 cwnd, ns_t now);
/* Another algorithm from now on. */
void loss_exchange_cc(struct tcb *tcb, const struct cc_ops *ops, ns_t now);

/* seg.ack is acceptable: SND.UNA <= SEG.ACK <= SND.NXT. Moves snd_una and everything that follows
 * from it but the ring (in.c drops what is acknowledged), marks, samples, steps recovery, tells
 * congestion control, arms or stops the retransmission timer. A duplicate ACK in the sense of RFC
 * 5681 section 2 is told by is_dup.                                                              */
void loss_on_ack(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, bool is_dup,
		 struct loss_acked *acked, ns_t now);

/* Whether a new record can be made. */
static inline bool loss_has_room(const struct tcp *tcp)
{
	return tcp->recs.live < tcp->recs.cap;
}
/* The same for this connection, which takes what it needs beside: out.c asks before it sends what
 * is new, and before it asks congestion control. False: it waits; counted.                       */
bool loss_find_room(struct tcp *tcp, struct tcb *tcb, ns_t now);
static inline bool loss_make_room(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	return (tcb_has_air(tcb) && loss_has_room(tcp)) || loss_find_room(tcp, tcb, now);
}
/* [seq, end) has just left the first time; flags: REC_SYN, REC_FIN. snd_nxt is end already.
 * Requires: loss_make_room(), and loss_has_room() for each one more.                             */
void loss_sent(struct tcp *tcp, u32 idx, u32 seq, u32 end, u16 flags, ns_t now);
/* The record to send again now, or IDX_NONE: the first one thought lost. Not asked whether cwnd
 * allows it: out.c does.                                                                         */
u32 loss_again(const struct tcp *tcp, const struct tcb *tcb);
/* The record that a tail loss probe sends again when there is nothing new: the last one. */
u32 loss_probe_again(const struct tcp *tcp, const struct tcb *tcb);
/* Makes a record no longer than max bytes, cutting it in two if it is: the MSS may have fallen, or
 * the peer's window takes only a part. False: no record is free.                                 */
bool loss_cut(struct tcp *tcp, u32 idx, u32 rec, u32 max);
/* The record left again; a probe's retransmission with is_probe. */
void loss_sent_again(struct tcp *tcp, u32 idx, u32 rec, bool is_probe, ns_t now);
/* A probe left as new data, up to end. */
void loss_sent_probe_new(struct tcp *tcp, u32 idx, u32 end, ns_t now);
/* After out.c is through, whatever it sent: the timer for a probe, or RTO, stands. */
void loss_arm(struct tcp *tcp, struct tcb *tcb, ns_t now);

/* TCP_TIMER_RETRANSMIT expired. A probe: sets TCB_PROBE. RTO, which is told: everything counts as
 * lost, the timer backs off (RFC 6298 section 5.5), F-RTO begins if it may.                      */
bool loss_on_timer(struct tcp *tcp, u32 idx, ns_t now);
/* TCP_TIMER_REORDER expired: RFC 8985 section 6.2 step 5. */
void loss_on_reorder(struct tcp *tcp, u32 idx, ns_t now);
/* ICMP said that a segment of ours was too large: all that does not fit counts as lost, without
 * being congestion (RFC 1191 section 6.5).                                                       */
void loss_on_pmtu(struct tcp *tcp, u32 idx, ns_t now);
/* There is nothing to send although cwnd has room: samples until then are the application's. */
void loss_app_limited(struct tcb *tcb);

/* A measured round trip (RFC 6298 section 2); also used for SYN. */
void rtt_sample(const struct tcp *tcp, struct tcb *tcb, ns_t rtt_ns);
/* RTO from SRTT without back-off, within its bounds. */
ns_t rtt_rto(const struct tcp *tcp, const struct tcb *tcb);

/* Every invariant of a connection's records and counts. */
void loss_check(const struct tcp *tcp, const struct tcb *tcb);

/* ---- air.c: of the stack --------------------------------------------------------------------- */

/* Nothing in flight, nobody's. */
void air_clear(struct tcp_air *air);
void air_check(const struct tcp *tcp);

#endif
