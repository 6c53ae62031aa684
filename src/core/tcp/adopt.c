/* A passive open without a listener: its owner has seen a SYN, and now he wants it answered. He may
 * have kept it for a while, so there is no half-open record: the control block begins in
 * SYN-RECEIVED, as after two SYNs that crossed each other.                                       */
#include "core/tcp/isn.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"

enum { ISS_STEP = 1 << 16 };

static bool is_in_use(const struct tcp *tcp, const struct tcp_key *key)
{
	return tcb_find(tcp, key) != IDX_NONE || listen_of_half_open(tcp, key) != IDX_NONE;
}

/* RFC 9293 section 3.6.1: above all that the connection before used. False: the SYN is an old one,
 * and TIME-WAIT has answered it.                                                                 */
static bool choose_iss(struct tcp *tcp, const struct tcp_seg *seg, u32 *iss, ns_t now)
{
	u32 at = timewait_find(tcp, &seg->key);
	u32 above;

	*iss = tcp_isn(tcp, &seg->key, now);
	if (at == IDX_NONE)
		return true;
	if (timewait_in(tcp, at, seg, &above, now) == TIMEWAIT_DONE)
		return false;
	if (seq_le(*iss, above))
		*iss = above + 1 + rng_below(&tcp->rng, ISS_STEP);
	return true;
}

/* What both sides offer is used (RFC 7323 sections 2.2 and 3.2, RFC 2018, RFC 3168 6.1.1). */
static void negotiate(struct tcp *tcp, struct tcb *tcb, const struct tcp_seg *seg,
		      const struct tcp_sockopt *opt, ns_t now)
{
	if (seg->opt.has_wscale && !opt->no_wscale) {
		tcb->flags |= TCB_WSCALE;
		tcb->snd_wscale = (u8)u32_min(seg->opt.wscale, TCP_WSCALE_MAX);
		tcb->rcv_wscale = tcp_wscale_for(tcb->recv_fixed ? tcb->recv_limit
								 : tcp->conf.recv_buffer_max);
	}
	if (seg->opt.has_ts && !opt->no_timestamps) {
		tcb->flags |= TCB_TS;
		tcb->ts_recent = seg->opt.tsval;
		tcb->ts_recent_ns = now;
	}
	if (seg->opt.sack_permitted && !opt->no_sack)
		tcb->flags |= TCB_SACK;
	if ((seg->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR))
		tcb->flags |= TCB_ECN;
	if (seg->opt.mss != 0)
		tcb->peer_mss = seg->opt.mss;
	tcb_set_sizes(tcb);
}

static void begin(struct tcp *tcp, struct tcb *tcb, const struct tcp_seg *seg, u32 iss)
{
	tcb->iss = tcb->snd_una = tcb->snd_nxt = iss;
	tcb->snd_small = tcb->snd_push = iss;
	tcb->snd_wnd = tcb->snd_max_wnd = seg->window; /* not scaled: RFC 7323 section 2.2 */
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = iss;
	tcb->irs = seg->seq;
	tcb->rcv_nxt = tcb->last_ack_sent = seg->seq + 1;
	tcb->rcv_adv = tcb->rcv_nxt + u32_min(tcb->recv_limit, UINT16_MAX);
	tcb->ts_offset = tcp_ts_offset(tcp, &seg->key);
	loss_init(tcp, tcb);
}

enum err tcp_adopt(struct tcp *tcp, const struct tcp_open *open, const struct tcp_hdr *syn,
		   tcp_id *id, ns_t now)
{
	struct tcp_seg seg = { .key = open->key,
			       .seq = be32_host(syn->seq),
			       .window = be16_host(syn->window),
			       .flags = syn->flags,
			       .mtu = open->mtu,
			       .hdr = syn };
	struct tcb *tcb;
	u32 iss, idx;

	if (open->opt.cc != NULL && cc_find(open->opt.cc) == NULL)
		return ERR_RANGE;
	if (tcp->tcbs.live == tcp->tcbs.cap) {
		tcp->stats.no_tcb++;
		return ERR_FULL;
	}
	tcp_opts_read(&seg.opt, syn);
	if (is_in_use(tcp, &open->key) || !choose_iss(tcp, &seg, &iss, now))
		return ERR_EXISTS;
	idx = tcb_new(tcp, &open->key, &open->opt, open->mtu, now);
	tcb = tcb_at(tcp, idx);
	tcb->owner = open->owner;
	tcb->flags |= TCB_ACCEPTED;
	negotiate(tcp, tcb, &seg, &open->opt, now);
	begin(tcp, tcb, &seg, iss);
	tcp->stats.opened_passive++;
	tcp_set_state(tcp, idx, TCP_SYN_RECEIVED, now);
	tcp_want_send(tcp, idx);
	*id = tcp_id_at(tcp, idx);
	return ERR_OK;
}
