/* The TCP tracker: states and windows as they look from the middle.
 *
 * States are netfilter's: what both ends have sent so far. The table says which state follows when
 * a segment of a kind comes from a side; a missing cell keeps the state, since a segment that does
 * not fit must still be translated (an end-point that gets it answers with a challenge ACK, RFC
 * 5961), and the gateway may have missed its cause.
 *
 * Windows follow RFC 9293 3.10.7.4 with the knowledge of both sides. A segment outside of them is
 * counted and passed on; only what changes the life of the flow (RST) has to fit before it counts,
 * so that a blind attacker can not shorten a time-out.                                           */
#include "core/ct/ct.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp_opt.h"

enum { WSCALE_LEN = 3, TIMESTAMPS_LEN = 10 };

enum tcp_kind { KIND_SYN, KIND_SYN_ACK, KIND_FIN, KIND_ACK, KIND_RST, KIND_OTHER, KIND_COUNT };

#define S(name) FLOW_TCP_##name
/* [direction][kind][state]; 0 (FLOW_TCP_NONE) keeps the state. */
static const u8 tcp_next_state[2][KIND_COUNT][FLOW_TCP_CLOSE + 1] = {
	[TUPLE_ORIG] = {
		[KIND_SYN] = { [S(NONE)] = S(SYN_SENT) },
		/* The answer of the side that opened second in a simultaneous open. */
		[KIND_SYN_ACK] = { [S(SYN_SENT2)] = S(SYN_RECV), [S(NONE)] = S(SYN_RECV) },
		[KIND_FIN] = {
			[S(NONE)] = S(FIN_WAIT),
			[S(SYN_RECV)] = S(FIN_WAIT),
			[S(ESTABLISHED)] = S(FIN_WAIT),
		},
		[KIND_ACK] = { [S(NONE)] = S(ESTABLISHED), [S(SYN_RECV)] = S(ESTABLISHED) },
		[KIND_RST] = { 0 },
	},
	[TUPLE_REPLY] = {
		[KIND_SYN] = { [S(SYN_SENT)] = S(SYN_SENT2) },
		[KIND_SYN_ACK] = { [S(SYN_SENT)] = S(SYN_RECV), [S(SYN_SENT2)] = S(SYN_RECV) },
		[KIND_FIN] = {
			[S(SYN_RECV)] = S(FIN_WAIT),
			[S(ESTABLISHED)] = S(FIN_WAIT),
		},
		[KIND_ACK] = { 0 },
		[KIND_RST] = { 0 },
	},
};
#undef S

static enum tcp_kind tcp_kind_of(u8 flags)
{
	if ((flags & TCP_RST) != 0)
		return KIND_RST;
	if ((flags & TCP_SYN) != 0)
		return (flags & TCP_ACK) != 0 ? KIND_SYN_ACK : KIND_SYN;
	if ((flags & TCP_FIN) != 0)
		return KIND_FIN;
	return (flags & TCP_ACK) != 0 ? KIND_ACK : KIND_OTHER;
}

/* The window scale option of a SYN (RFC 7323 section 2.2). */
static void window_read_scale(struct flow_window *window, const struct tcp_hdr *tcp)
{
	const u8 *opt = tcp_opt_find(tcp, TCP_OPT_WSCALE, WSCALE_LEN);

	window->scale = 0;
	window->flags &= (u8)~WINDOW_SCALE;
	if (opt == NULL)
		return;
	window->scale = (u8)u32_min(opt[2], TCP_WSCALE_MAX);
	window->flags |= WINDOW_SCALE;
}

static u32 segment_len(const struct pkt *pkt, const struct tcp_hdr *tcp)
{
	u32 payload = pkt_l4_len(pkt) - tcp_hlen(tcp);

	return payload + ((tcp->flags & TCP_SYN) != 0) + ((tcp->flags & TCP_FIN) != 0);
}

static u32 segment_window(const struct flow_window *own, const struct flow_window *peer,
			  const struct tcp_hdr *tcp)
{
	u32 window = be16_host(tcp->window);

	/* Scaling is in force when both SYNs had the option; never in a SYN itself. */
	if ((tcp->flags & TCP_SYN) == 0 && (own->flags & peer->flags & WINDOW_SCALE) != 0)
		window <<= own->scale;
	return window;
}

/* Does the segment lie in what the receiver has room for, and acknowledge what was sent? */
static bool segment_fits(const struct flow_window *own, const struct flow_window *peer,
			 const struct tcp_hdr *tcp, u32 end)
{
	u32 seq = be32_host(tcp->seq);
	u32 ack = be32_host(tcp->ack);

	if ((own->flags & peer->flags & WINDOW_SEEN) == 0)
		return true;
	if (seq_gt(seq, own->max_end) || seq_lt(end, own->end - peer->max_win - 1))
		return false;
	if ((tcp->flags & TCP_ACK) == 0)
		return true;
	return seq_le(ack, peer->end) && seq_ge(ack, peer->end - u32_max(own->max_win, 66000) - 1);
}

static void window_update(struct flow_window *own, struct flow_window *peer,
			  const struct tcp_hdr *tcp, u32 end)
{
	u32 ack = be32_host(tcp->ack);
	u32 window = segment_window(own, peer, tcp);

	if ((own->flags & WINDOW_SEEN) == 0) {
		own->end = own->max_end = end;
		own->max_win = u32_max(window, 1);
		own->flags |= WINDOW_SEEN;
	}
	if (seq_gt(end, own->end))
		own->end = end;
	if (seq_gt(own->end, own->max_end))
		own->max_end = own->end;
	own->max_win = u32_max(own->max_win, window);
	if ((tcp->flags & TCP_ACK) == 0)
		return;
	if ((peer->flags & WINDOW_SEEN) == 0) {
		/* Picked up in the middle: all that is known of the other side is this ACK. */
		peer->end = ack;
		peer->max_end = ack + u32_max(window, 1);
		peer->max_win = 0;
		peer->flags |= WINDOW_SEEN;
	}
	if (seq_gt(ack + window, peer->max_end))
		peer->max_end = ack + window;
}

void ct_tcp_segment(struct ct *ct, struct flow_more *more, enum tuple_dir dir,
		    const struct pkt *pkt)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	struct flow_window *own = &more->window[dir];
	struct flow_window *peer = &more->window[!dir];
	u32 end = be32_host(tcp->seq) + segment_len(pkt, tcp);

	if (UNLIKELY(!segment_fits(own, peer, tcp, end)))
		ct->stats.out_of_window++;
	else
		window_update(own, peer, tcp, end);
}

bool ct_tcp_is_reset(const struct pkt *pkt)
{
	return (((const struct tcp_hdr *)(const void *)pkt_l4(pkt))->flags & TCP_RST) != 0;
}

bool ct_tcp_reset_counts(const struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	const struct flow *flow = &ct->flow[idx];
	const struct flow_window *own, *peer;

	if (ct->more == NULL)
		return true;
	own = &ct->more[idx].window[dir];
	peer = &ct->more[idx].window[!dir];
	/* The answer to a SYN has no sequence number of its own: it must acknowledge the SYN. */
	if (flow->state == FLOW_TCP_SYN_SENT && dir == TUPLE_REPLY)
		return (tcp->flags & TCP_ACK) != 0 && be32_host(tcp->ack) == peer->end;
	if ((own->flags & WINDOW_SEEN) == 0)
		return true;
	return seq_le(be32_host(tcp->seq), own->max_end) &&
	       seq_ge(be32_host(tcp->seq), own->end - u32_max(peer->max_win, 1));
}

/* Both sides have sent FIN, and whose is not acknowledged yet? */
static enum flow_state closing_state(const struct ct *ct, u32 idx, enum tuple_dir dir,
				     const struct tcp_hdr *tcp)
{
	const struct flow *flow = &ct->flow[idx];
	const u16 fins = FLOW_FIN_ORIG | FLOW_FIN_REPLY;
	bool both = (flow->flags & fins) == fins;

	switch (flow->state) {
	case FLOW_TCP_FIN_WAIT:
		if ((tcp->flags & TCP_FIN) != 0 && both)
			return FLOW_TCP_LAST_ACK;
		return (tcp->flags & TCP_FIN) == 0 ? FLOW_TCP_CLOSE_WAIT : FLOW_TCP_FIN_WAIT;
	case FLOW_TCP_CLOSE_WAIT:
		return both ? FLOW_TCP_LAST_ACK : FLOW_TCP_CLOSE_WAIT;
	case FLOW_TCP_LAST_ACK:
		if ((tcp->flags & TCP_FIN) == 0 &&
		    (ct->more == NULL ||
		     seq_ge(be32_host(tcp->ack), ct->more[idx].window[!dir].end)))
			return FLOW_TCP_TIME_WAIT;
		return FLOW_TCP_LAST_ACK;
	default:
		return flow->state;
	}
}

void ct_tcp_track(struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	struct flow *flow = &ct->flow[idx];
	enum tcp_kind kind = tcp_kind_of(tcp->flags);
	u8 next;

	if (kind == KIND_RST) {
		ct_set_state(ct, idx, FLOW_TCP_CLOSE, now_ms);
		return;
	}
	if (ct->more != NULL) {
		struct flow_window *own = &ct->more[idx].window[dir];

		if ((kind == KIND_SYN || kind == KIND_SYN_ACK) &&
		    flow->state <= FLOW_TCP_SYN_RECV)
			window_read_scale(own, tcp);
		/* Nothing was answered yet: the last SYN is the one that counts. */
		if (kind == KIND_SYN && flow->state <= FLOW_TCP_SYN_SENT)
			own->flags &= (u8)~WINDOW_SEEN;
		ct_tcp_segment(ct, &ct->more[idx], dir, pkt);
	}
	if (kind == KIND_FIN)
		flow->flags |= dir == TUPLE_ORIG ? FLOW_FIN_ORIG : FLOW_FIN_REPLY;
	if (flow->state == FLOW_TCP_NONE && kind != KIND_SYN)
		ct->stats.midstream++;
	next = flow->state <= FLOW_TCP_CLOSE ? tcp_next_state[dir][kind][flow->state] : 0;
	/* RFC 7857 section 2.2: data after a RST that did not end it brings the flow back. */
	if (flow->state == FLOW_TCP_CLOSE && kind == KIND_ACK && segment_len(pkt, tcp) > 0 &&
	    (flow->flags & FLOW_ASSURED) != 0)
		next = FLOW_TCP_ESTABLISHED;
	if (next == FLOW_TCP_NONE && (kind == KIND_FIN || kind == KIND_ACK))
		next = (u8)closing_state(ct, idx, dir, tcp);
	if (next != FLOW_TCP_NONE)
		ct_set_state(ct, idx, next, now_ms);
}

/* Whether nothing more can come of the old connection from the side that began the flow. */
static bool is_over_for_orig(const struct ct *ct, const struct flow *flow)
{
	switch (flow->state) {
	case FLOW_TCP_TIME_WAIT:
	case FLOW_TCP_CLOSE:
	case FLOW_TCP_LAST_ACK:
		return true;
	case FLOW_TCP_FIN_WAIT:
	case FLOW_TCP_CLOSE_WAIT:
		/* Without its numbers an old SYN could not be told from a new one. */
		return (flow->flags & FLOW_FIN_ORIG) != 0 && ct->more != NULL;
	default:
		return false;
	}
}

bool ct_tcp_reopens(const struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt)
{
	const struct flow *flow = &ct->flow[idx];
	const struct tcp_hdr *tcp;

	if (flow->proto != IP_PROTO_TCP || dir != TUPLE_ORIG || !is_over_for_orig(ct, flow))
		return false;
	tcp = (const void *)pkt_l4(pkt);
	if (tcp_kind_of(tcp->flags) != KIND_SYN)
		return false;
	/* RFC 1122 4.2.2.13: a new sequence number beyond the old ones proves the SYN new. After a
	 * RST nothing of the old connection is left to be confused with. With timestamps the other
	 * end decides, who knows the last one (RFC 6191 section 2). If the SYN was an old one after
	 * all, only what was known of a connection that is over is lost.                         */
	return ct->more == NULL || flow->state == FLOW_TCP_CLOSE ||
	       seq_gt(be32_host(tcp->seq), ct->more[idx].window[TUPLE_ORIG].end) ||
	       (flow->state == FLOW_TCP_TIME_WAIT &&
		tcp_opt_find(tcp, TCP_OPT_TIMESTAMPS, TIMESTAMPS_LEN) != NULL);
}
