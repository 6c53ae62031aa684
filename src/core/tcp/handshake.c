/* A segment for a listener: SYN, the ACK that ends a handshake, RST.
 *
 * Without a record it is a segment in LISTEN (RFC 9293 section 3.10.7.2), with one a segment in
 * SYN-RECEIVED after a passive OPEN (section 3.10.7.4), checked in the order of that section.    */
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"
#include "core/tcp/listen_part.h"
#include "core/wire/ip4.h"

enum { HEADERS_LEN = IP4_HLEN_MIN + TCP_HLEN_MIN, ISS_STEP = 1 << 16 };

/* ---- SYN,ACK --------------------------------------------------------------------------------- */

u16 syn_ack_window(const struct tcp *tcp, const struct listener *listener)
{
	u32 bytes = listener->opt.recv_buffer;

	if (bytes == 0)
		bytes = tcp->conf.recv_buffer_start;
	return (u16)u32_min(bytes, UINT16_MAX);
}

u8 syn_ack_wscale(const struct tcp *tcp, const struct listener *listener)
{
	u32 bytes = listener->opt.recv_buffer;

	return tcp_wscale_for(bytes != 0 ? bytes : tcp->conf.recv_buffer_max);
}

/* RFC 9293 section 3.7.1: options do not count. */
static u16 announced_mss(const struct listener *listener, u16 mtu)
{
	u32 mss = u32_max(mtu, IP4_MTU_MIN) - HEADERS_LEN;

	if (listener->opt.mss_max != 0)
		mss = u32_min(mss, listener->opt.mss_max);
	return (u16)mss;
}

/* The window is never scaled here (RFC 7323 section 2.2), and no bit of ECN is set in the IP header
 * (RFC 3168 section 6.1.1).                                                                      */
void syn_ack_emit(struct tcp *tcp, const struct half_open *rec, u32 tsval)
{
	const struct listener *listener = listener_at(tcp, rec->listener);
	struct auth_state state;
	struct emit emit = {
		.key = rec->key,
		.auth = auth_of_half_open(tcp, rec, &state),
		.seq = rec->iss,
		.ack = rec->irs + 1,
		.window = syn_ack_window(tcp, listener),
		.flags = TCP_SYN | TCP_ACK,
		.tos = listener->opt.tos & 0xfc,
		.ttl = listener->opt.ttl,
	};

	if ((rec->flags & TCB_ECN) != 0)
		emit.flags |= TCP_ECE;
	emit.opt.mss = announced_mss(listener, rec->mtu);
	emit.opt.sack_permitted = (rec->flags & TCB_SACK) != 0;
	emit.opt.has_wscale = (rec->flags & TCB_WSCALE) != 0;
	emit.opt.wscale = rec->rcv_wscale;
	if ((rec->flags & TCB_TS) != 0) {
		emit.opt.has_ts = true;
		emit.opt.tsval = tsval;
		emit.opt.tsecr = rec->ts_recent;
	}
	emit_answer(tcp, &emit);
}

/* Nobody knows then which of them an ACK answers: no RTT is measured (RFC 6298 section 3). */
void syn_ack_again(struct tcp *tcp, struct half_open *rec, ns_t now)
{
	rec->sent_ns = 0;
	tcp->stats.segs_again++;
	syn_ack_emit(tcp, rec, tcp_ts(rec->ts_offset, now));
}

/* Whether a connection more finds a place: in the queue of an owner who is not late, a control
 * block, and the state of one whose segments are signed.                                         */
static bool has_place(struct tcp *tcp, const struct listener *listener, const struct tcp_seg *seg)
{
	if (listener->waiting >= listener->backlog) {
		tcp->stats.accept_full++;
		return false;
	}
	if (tcp->tcbs.live == tcp->tcbs.cap) {
		tcp->stats.no_tcb++;
		return false;
	}
	return seg->auth == NULL || auth_has_room(tcp);
}

/* ---- LISTEN ---------------------------------------------------------------------------------- */

/* What both sides offered is used. */
static void negotiate(const struct tcp *tcp, const struct listener *listener,
		      const struct tcp_seg *seg, struct half_open *rec)
{
	const struct tcp_opts *opt = &seg->opt;

	rec->peer_mss = opt->mss;
	if (opt->has_wscale && !listener->opt.no_wscale) {
		rec->flags |= TCB_WSCALE;
		rec->snd_wscale = (u8)u32_min(opt->wscale, TCP_WSCALE_MAX);
		rec->rcv_wscale = syn_ack_wscale(tcp, listener);
	}
	if (opt->has_ts && !listener->opt.no_timestamps) {
		rec->flags |= TCB_TS;
		rec->ts_recent = opt->tsval;
		rec->ts_offset = tcp_ts_offset(tcp, &seg->key);
	}
	if (opt->sack_permitted && !listener->opt.no_sack)
		rec->flags |= TCB_SACK;
	if (seg->auth != NULL && auth_prefers_sack(tcp, seg->auth) && (rec->flags & TCB_SACK) != 0)
		rec->flags &= (u8)~TCB_TS;
	/* RFC 3168 section 6.1.1: a SYN with both flags asks, SYN,ACK with ECE alone grants. */
	if ((seg->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR))
		rec->flags |= TCB_ECN;
}

/* RFC 9293 section 3.6.1: above all that the connection before used. */
static u32 choose_iss(struct tcp *tcp, const struct tcp_seg *seg, ns_t now)
{
	u32 iss = tcp_isn(tcp, &seg->key, now);

	if (seg->has_iss_above && seq_le(iss, seg->iss_above))
		iss = seg->iss_above + 1 + rng_below(&tcp->rng, ISS_STEP);
	return iss;
}

/* A cookie's number can not be chosen: after TIME-WAIT it may lie below what was used before. */
static void syn_cookie(struct tcp *tcp, struct half_open *rec, ns_t now)
{
	u32 tsval = 0;

	if (!tcp->conf.syn_cookies || !cookie_make(tcp, rec, &tsval, now)) {
		tcp->stats.syn_dropped++;
		return;
	}
	tcp->listen.cookies_ns = now;
	tcp->stats.cookies_sent++;
	syn_ack_emit(tcp, rec, tsval);
}

/* Data of a SYN is not kept: it is not acknowledged, and comes again (RFC 9293 section 3.10.7.2
 * allows it). With FIN it opens nothing. Where a connection would find no place, the SYN is not
 * answered, and comes again.                                                                     */
static void syn_in(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	const struct listener *listener = listener_at(tcp, idx);
	struct half_open rec = {
		.key = seg->key,
		.listener = idx,
		.irs = seg->seq,
		.window = seg->window,
		.mtu = seg->mtu,
	};

	if ((seg->flags & TCP_FIN) != 0 || !has_place(tcp, listener, seg))
		return;
	if (seg->auth != NULL) {
		rec.current_id = seg->auth->current_id;
		rec.rnext_id = seg->auth->rnext_id;
	}
	negotiate(tcp, listener, seg, &rec);
	rec.iss = choose_iss(tcp, seg, now);
	if (listener->half_open < listener->backlog && half_open_keep(tcp, &rec, now))
		syn_ack_emit(tcp, &rec, tcp_ts(rec.ts_offset, now));
	else
		syn_cookie(tcp, &rec, now);
}

/* "Second, check for an ACK": a cookie, or any acknowledgment is bad here. */
static bool ack_of_listen(struct tcp *tcp, u32 listener, const struct tcp_seg *seg,
			  struct tcp_born *born, ns_t now)
{
	if ((seg->flags & TCP_SYN) == 0 && cookie_is_due(tcp, now)) {
		enum cookie_fit fit = cookie_read(tcp, listener, seg, born, now);

		if (fit == COOKIE_GOOD) {
			if (!has_place(tcp, listener_at(tcp, listener), seg))
				return false;
			born->auth = seg->auth;
			tcp->stats.cookies_good++;
			return true;
		}
		/* What it sent before comes again. */
		if (fit == COOKIE_EARLY) {
			tcp->stats.out_of_window++;
			return false;
		}
		tcp->stats.cookies_bad++;
	}
	emit_reset_for(tcp, seg);
	return false;
}

/* ---- SYN-RECEIVED ---------------------------------------------------------------------------- */

static void half_open_failed(struct tcp *tcp, u32 idx)
{
	tcp->stats.failed_opens++;
	half_open_del(tcp, idx);
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, as often as strangers may make us say it. */
static void half_open_ack(struct tcp *tcp, const struct half_open *rec, ns_t now)
{
	const struct listener *listener = listener_at(tcp, rec->listener);
	struct auth_state state;
	struct emit emit = {
		.key = rec->key,
		.auth = auth_of_half_open(tcp, rec, &state),
		.seq = rec->iss + 1,
		.ack = rec->irs + 1,
		.window = (u16)(syn_ack_window(tcp, listener) >> rec->rcv_wscale),
		.flags = TCP_ACK,
		.tos = listener->opt.tos & 0xfc,
		.ttl = listener->opt.ttl,
	};

	if (!tcp_may_challenge(tcp, now))
		return;
	if ((rec->flags & TCB_TS) != 0) {
		emit.opt.has_ts = true;
		emit.opt.tsval = tcp_ts(rec->ts_offset, now);
		emit.opt.tsecr = rec->ts_recent;
	}
	emit_answer(tcp, &emit);
}

/* The peer did not get SYN,ACK: the same again. Its timestamp counts (RFC 7323 section 4.3). */
static bool is_syn_again(struct half_open *rec, const struct tcp_seg *seg)
{
	const struct tcp_opts *opt = &seg->opt;

	if ((seg->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN ||
	    seg->seq != rec->irs)
		return false;
	if ((rec->flags & TCB_TS) != 0 && opt->has_ts && seq_gt(opt->tsval, rec->ts_recent))
		rec->ts_recent = opt->tsval;
	return true;
}

/* Timestamps and sequence number (RFC 7323 section 5.3, RFC 9293 section 3.10.7.4, first). False:
 * the segment is not looked at any further.                                                      */
static bool is_acceptable(struct tcp *tcp, const struct half_open *rec, const struct tcp_seg *seg,
			  ns_t now)
{
	bool is_reset = (seg->flags & TCP_RST) != 0;

	if ((rec->flags & TCB_TS) != 0 && !is_reset) {
		/* RFC 7323 section 3.2: once agreed upon, they are in every segment. */
		if (!seg->opt.has_ts)
			return false;
		if (seq_lt(seg->opt.tsval, rec->ts_recent)) {
			tcp->stats.paws++;
			half_open_ack(tcp, rec, now);
			return false;
		}
	}
	if (tcp_seg_fits(seg, rec->irs + 1, syn_ack_window(tcp, listener_at(tcp, rec->listener))))
		return true;
	tcp->stats.out_of_window++;
	if (!is_reset)
		half_open_ack(tcp, rec, now);
	return false;
}

static bool half_open_complete(struct tcp *tcp, u32 idx, const struct tcp_seg *seg,
			       struct tcp_born *born, ns_t now)
{
	const struct half_open *rec = half_open_at(tcp, idx);

	/* Else the record stays, SYN,ACK goes out again, and so will this ACK. */
	if (!has_place(tcp, listener_at(tcp, rec->listener), seg))
		return false;
	*born = (struct tcp_born){
		.key = rec->key,
		.listener = rec->listener,
		.irs = rec->irs,
		.iss = rec->iss,
		.ts_recent = rec->ts_recent,
		.ts_offset = rec->ts_offset,
		.window = (u32)seg->window << rec->snd_wscale,
		.peer_mss = rec->peer_mss,
		.mtu = rec->mtu,
		.snd_wscale = rec->snd_wscale,
		.rcv_wscale = rec->rcv_wscale,
		.flags = rec->flags,
		.again = rec->level > 0,
		.rtt_ns = rec->sent_ns != 0 ? now - rec->sent_ns : 0,
		.auth = seg->auth,
	};
	half_open_del(tcp, idx);
	return true;
}

/* The order is that of RFC 9293 section 3.10.7.4; "first" is done. */
static bool half_open_checks(struct tcp *tcp, u32 idx, const struct tcp_seg *seg,
			     struct tcp_born *born, ns_t now)
{
	const struct half_open *rec = half_open_at(tcp, idx);

	/* Second, RST: believed when it has exactly the next number, as RFC 5961 section 3.2 asks,
	 * and then back to LISTEN.                                                               */
	if ((seg->flags & TCP_RST) != 0) {
		if (seg->seq == rec->irs + 1)
			half_open_failed(tcp, idx);
		else
			half_open_ack(tcp, rec, now);
		return false;
	}
	/* Fourth, SYN: after a passive OPEN, back to LISTEN; who means it sends it again. */
	if ((seg->flags & TCP_SYN) != 0) {
		half_open_failed(tcp, idx);
		return false;
	}
	/* Fifth, ACK: SND.UNA < SEG.ACK =< SND.NXT is one number here. */
	if ((seg->flags & TCP_ACK) == 0)
		return false;
	if (seg->ack != rec->iss + 1) {
		emit_reset_for(tcp, seg);
		return false;
	}
	return half_open_complete(tcp, idx, seg, born, now);
}

bool listen_in(struct tcp *tcp, u32 listener, const struct tcp_seg *seg, struct tcp_born *born,
	       ns_t now)
{
	u32 idx = half_open_find(tcp, &seg->key);

	if (idx != IDX_NONE) {
		struct half_open *rec = half_open_at(tcp, idx);

		if (is_syn_again(rec, seg)) {
			syn_ack_again(tcp, rec, now);
			return false;
		}
		return is_acceptable(tcp, rec, seg, now) &&
		       half_open_checks(tcp, idx, seg, born, now);
	}
	if ((seg->flags & TCP_RST) != 0)
		return false;
	if ((seg->flags & TCP_ACK) != 0)
		return ack_of_listen(tcp, listener, seg, born, now);
	if ((seg->flags & TCP_SYN) != 0)
		syn_in(tcp, listener, seg, now);
	return false;
}
