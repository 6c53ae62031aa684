/* How large a segment may be, and what ICMP says of a connection (RFC 1191, 4821, 5461, 5927). */
#include "core/tcp/emit.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"
#include "core/wire/icmp.h"

enum {
	PMTU_MIN = 576 - 24, /* 552, as Linux has it: less is no path, but an attack */
	PMTU_HOLE_SENT = 3,  /* how often a large segment was sent in vain before it is doubted */
	PMTU_HOLE_TIMEOUTS = 2, /* in a row */
	PMTU_HOLE_TIMEOUTS_SACKED = 6, /* the same, when others of its size have come through */
	PMTU_HOLE = 1024,    /* what is tried then, and then the least */
	HEADERS_LEN = IP4_HLEN_MIN + TCP_HLEN_MIN,
	SEGMENT_MIN = 88,    /* payload bytes at least, whatever a peer announces */
};

void tcb_set_sizes(struct tcb *tcb)
{
	u32 mss = u32_min(tcb_mss_announced(tcb), tcb->peer_mss);

	tcb->snd_mss = (u16)u32_max(mss, SEGMENT_MIN);
	tcb->hdr_opt_len = (tcb->flags & TCB_TS) != 0 ? TCP_OPT_TS_LEN : 0;
	tcb->hdr_opt_len = (u8)(tcb->hdr_opt_len + tcb->auth_opt_len);
	if (tcb_has_air(tcb))
		tcb->air->cc.mss = tcb_mss(tcb);
	if (tcb->rcv_mss == 0)
		tcb->rcv_mss = (u16)u32_min(tcb_mss(tcb), TCP_MSS_DEFAULT);
}

static void pmtu_set(struct tcp *tcp, u32 idx, u16 mtu, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	tcb->pmtu = mtu;
	tcb_set_sizes(tcb);
	loss_on_pmtu(tcp, idx, now);
	tcp_want_send(tcp, idx);
}

/* On a path that loses much, what is sent behind the first segment arrives, and is as large. */
static bool has_sacked_as_large(const struct tcp *tcp, const struct tx_rec *first)
{
	u32 len = first->end - first->seq;

	for (u32 idx = first->next; idx != IDX_NONE; idx = rec_at(tcp, idx)->next) {
		const struct tx_rec *rec = rec_at(tcp, idx);

		if ((rec->flags & REC_SACKED) != 0 && rec->end - rec->seq >= len)
			return true;
	}
	return false;
}

void pmtu_on_timeout(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u16 mtu = tcb->pmtu > PMTU_HOLE ? PMTU_HOLE : PMTU_MIN;
	const struct tx_rec *first;

	if (tcb->pmtu <= PMTU_MIN || tcb->air->tx_first == IDX_NONE ||
	    tcb->backoff < PMTU_HOLE_TIMEOUTS)
		return;
	/* RFC 4821 section 7.7: silence is the only thing that a black hole says; of what would fit
	 * through it, it says nothing.                                                           */
	first = rec_at(tcp, tcb->air->tx_first);
	if (first->xmit_count < PMTU_HOLE_SENT ||
	    first->end - first->seq + HEADERS_LEN + tcb->hdr_opt_len <= mtu)
		return;
	if (tcb->backoff < PMTU_HOLE_TIMEOUTS_SACKED && has_sacked_as_large(tcp, first))
		return;
	tcp->stats.black_holes++;
	pmtu_set(tcp, idx, mtu, now);
}

static enum tcp_error error_of(u8 code)
{
	switch (code) {
	case ICMP_UNREACH_PROTO:
	case ICMP_UNREACH_PORT:
		return TCP_ERR_PORT_UNREACHABLE;
	case ICMP_UNREACH_NET:
		return TCP_ERR_NET_UNREACHABLE;
	default:
		return TCP_ERR_HOST_UNREACHABLE;
	}
}

void tcp_icmp_in(struct tcp *tcp, const struct tcp_icmp *icmp, ns_t now)
{
	u32 idx = tcb_find(tcp, &icmp->key);
	struct tcb *tcb;

	if (icmp->type != ICMP_UNREACH)
		return;
	if (idx == IDX_NONE) {
		if (icmp->code != ICMP_UNREACH_FRAG)
			listen_unreachable(tcp, &icmp->key, icmp->seq, icmp->code);
		return;
	}
	tcb = tcb_at(tcp, idx);
	/* RFC 5927 section 4.1: who quotes what is not in flight has not seen it. */
	if (seq_lt(icmp->seq, tcb->snd_una) || seq_ge(icmp->seq, tcb->snd_nxt))
		return;
	if (auth_ignores_icmp(tcp, auth_at(tcp, tcb->auth), icmp->code)) {
		tcp->stats.auth_icmp++;
		return;
	}
	if (icmp->code == ICMP_UNREACH_FRAG) {
		if (icmp->mtu < tcb->pmtu && !tcb_is_opening(tcb))
			pmtu_set(tcp, idx, (u16)u32_max(icmp->mtu, PMTU_MIN), now);
		return;
	}
	/* RFC 5461: what stands is not ended by a message that anybody may send; what is being
	 * opened should not wait minutes for nothing.                                            */
	if (tcb->state == TCP_SYN_SENT)
		tcb_fail(tcp, idx, error_of(icmp->code), now);
}
