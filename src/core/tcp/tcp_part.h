/* What the files of the machine share: in.c, reasm.c, budget.c, out.c, timer.c, user.c, state.c,
 * pmtu.c.                                                                                        */
#ifndef CORE_TCP_TCP_PART_H
#define CORE_TCP_TCP_PART_H

#include "core/tcp/tcp.h"
#include "core/wire/ip4.h"

enum {
	TCP_RETRY_NS = 1000000,      /* 1 ms until packets or records are looked for again */
	TCP_PERSIST_MAX_MS = 60000,  /* RFC 1122 section 4.2.2.17: at most, with back-off */
	TCP_OPT_TS_LEN = 12,         /* two bytes of padding included */
	TCP_SEND_START = 65536,      /* bytes a writer may queue before anything is known */
};

/* Payload bytes of a full segment as it leaves, without SACK blocks. */
static inline u32 tcb_mss(const struct tcb *tcb)
{
	return (u32)tcb->snd_mss - tcb->hdr_opt_len;
}

/* What our SYN says: the payload bytes that a segment of the peer may have, options not counted
 * (RFC 9293 section 3.7.1).                                                                      */
static inline u32 tcb_mss_announced(const struct tcb *tcb)
{
	u32 mss = u32_max(tcb->pmtu, IP4_MTU_MIN) - IP4_HLEN_MIN - TCP_HLEN_MIN;

	return tcb->mss_max != 0 ? u32_min(mss, tcb->mss_max) : mss;
}

static inline bool tcb_is_opening(const struct tcb *tcb)
{
	return tcb->state == TCP_SYN_SENT || tcb->state == TCP_SYN_RECEIVED;
}

/* Whether its data are ECN-capable, and echoes are therefore of its own making. That both sides
 * agreed on ECN does not commit to it (RFC 3168 section 6.1.1): marks of what the peer sends are
 * echoed in any case.                                                                            */
static inline bool tcb_is_ect(const struct tcb *tcb)
{
	return (tcb->flags & TCB_ECN) != 0 && tcb->cc_ops->answers_marks;
}

/* The sequence number of the first byte in the send ring. */
static inline u32 tcb_snd_base(const struct tcb *tcb)
{
	return tcb_is_opening(tcb) ? tcb->iss + 1 : tcb->snd_una;
}

/* Bytes that were written and never left. */
static inline u32 tcb_unsent(const struct tcb *tcb)
{
	u32 sent = tcb->snd_nxt - tcb_snd_base(tcb);

	if ((tcb->flags & TCB_FIN_SENT) != 0)
		return 0;
	/* Before the SYN has left, snd_nxt lies below the base. */
	return tcb->snd_nxt == tcb->iss && tcb_is_opening(tcb) ? tcb->snd.len :
								 tcb->snd.len - sent;
}

static inline bool tcb_owes_fin(const struct tcb *tcb)
{
	return (tcb->flags & (TCB_FIN_QUEUED | TCB_FIN_SENT)) == TCB_FIN_QUEUED;
}

/* What may still be received: from rcv_nxt to the edge that was announced. */
static inline u32 tcb_rcv_wnd(const struct tcb *tcb)
{
	return tcb->rcv_adv - tcb->rcv_nxt;
}

/* in.c: one segment of a connection. */
void tcp_in_tcb(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now);
/* An RST ends it, or is owed: RFC 9293 section 3.10.5. */
void tcb_abort(struct tcp *tcp, u32 idx, ns_t now);

/* reasm.c */
/* Takes the data of a segment as far as they lie in the window; true: rcv_nxt moved. */
bool reasm_in(struct tcp *tcp, struct tcb *tcb, const struct tcp_seg *seg, ns_t now);
void reasm_fini(struct tcp *tcp, struct tcb *tcb);
/* Whether there are some to be sent. */
static inline bool reasm_has_sacks(const struct tcb *tcb)
{
	return (tcb->flags & TCB_SACK) != 0 &&
	       (tcb->range != IDX_NONE || tcb->dsack.start != tcb->dsack.end);
}
/* SACK blocks to be sent now, the most recent first (RFC 2018 section 4, RFC 2883). */
void reasm_sacks(const struct tcp *tcp, struct tcb *tcb, struct tcp_opts *opts);
/* The window field to be sent now: moves rcv_adv, never back (RFC 9293 section 3.8.6.2.2). */
u16 reasm_window(struct tcp *tcp, struct tcb *tcb, ns_t now);
/* The reader took bytes: the limit may grow; whether the peer should hear of the window. */
bool reasm_was_read(struct tcp *tcp, struct tcb *tcb, u32 bytes, ns_t now);
/* A round trip as the receiver sees it, for the size of the window. */
void reasm_rtt(struct tcb *tcb, const struct tcp_seg *seg, ns_t now);
/* A round trip of what is read begins: with the connection first. */
void reasm_round_begin(struct tcb *tcb, ns_t now);
void reasm_check(const struct tcp *tcp, const struct tcb *tcb);

/* budget.c: what of the buffers is free, and what was promised by windows. */
/* The most connections that can have been promised more than they began with. */
u32 budget_limit(const struct tcp_conf *conf);
/* Bytes that its receive ring may come to hold, of `bytes` wanted: what it was promised in any
 * case.                                                                                          */
u32 budget_receive(struct tcp *tcp, const struct tcb *tcb, u32 bytes, ns_t now);
/* Bytes that its send ring may come to hold, of `bytes` wanted. */
u32 budget_send(const struct tcp *tcp, const struct tcb *tcb, u32 bytes);
/* The window, or the receive ring, has changed. */
void budget_note(struct tcp *tcp, struct tcb *tcb, ns_t now);
/* The same when data have come. */
void budget_arrived(struct tcp *tcp, struct tcb *tcb, ns_t now);
/* Nothing more will come. */
void budget_end(struct tcp *tcp, struct tcb *tcb);
void budget_check(const struct tcp *tcp);

/* pmtu.c: sizes follow pmtu, peer_mss, mss_max and the options in use. */
void tcb_set_sizes(struct tcb *tcb);
/* The retransmission timer has expired again and again: large segments may fall into a hole. */
void pmtu_on_timeout(struct tcp *tcp, u32 idx, ns_t now);

/* out.c */
void out_keepalive_restart(struct tcp *tcp, struct tcb *tcb, ns_t now);

/* state.c: lists of control blocks. */
void tcb_list_add(struct tcp *tcp, struct tcb_list *list, u32 idx, size_t link);
void tcb_list_del(struct tcp *tcp, struct tcb_list *list, u32 idx, size_t link);

#endif
