/* The DCCP tracker: a connection as it looks from the middle.
 *
 * States are netfilter's, and that of RFC 5596, where the server opens its side of a NAT with a
 * Listen before the client's Request comes. Who is the client is told by the Request, not by who
 * began the flow.
 *
 * What changes a state has to show that its sender sees the other side's packets: the number that
 * it acknowledges was sent of late (RFC 4340 section 7.5, with one wide window for all, since the
 * middle does not know which the ends agreed upon), and its own number continues. A packet that
 * does not fit is translated and changes nothing. Without `counters` there is no room for numbers,
 * and packets are taken at their word.                                                           */
#include "core/ct/ct.h"
#include "core/pkt/segment.h"
#include "core/wire/dccp.h"

/* A packet in flight at 10 Gbit/s over half of the earth is as far from the last as a million; a
 * stranger has one chance in 2^28.                                                               */
enum { DCCP_WINDOW = 1 << 20 };

#define SEQ_MASK ((UINT64_C(1) << 48) - 1)

struct dccp_view {
	u64 seq;
	u64 ack;
	u8 type; /* enum dccp_type */
	bool is_long;
	bool acks;
};

static u64 bits48_load(const u8 *at)
{
	return (u64)be16_host(be16_load(at)) << 32 | be32_host(be32_load(at + 2));
}

static u32 bits24_load(const u8 *at)
{
	return (u32)at[0] << 16 | (u32)at[1] << 8 | at[2];
}

/* a - b, modulo 2^48. */
static s64 seq_diff(u64 a, u64 b)
{
	return (s64)((a - b) << 16) >> 16;
}

static u64 seq_load(const struct flow_dccp *own)
{
	return (u64)own->seq_high << 32 | own->seq_low;
}

/* False when its receiver would not take it (RFC 4340 section 8.5, step 1). */
static bool dccp_read(const struct pkt *pkt, struct dccp_view *view)
{
	const u8 *dccp = pkt_l4(pkt);
	u32 hlen = dccp[DCCP_DOFF_AT] * 4u;

	*view = (struct dccp_view){ .type = (u8)dccp_type(dccp), .is_long = dccp_is_long(dccp) };
	if (view->type >= DCCP_TYPE_COUNT || hlen > pkt_l4_len(pkt) ||
	    hlen < dccp_hlen_min(view->type, view->is_long))
		return false;
	if (!view->is_long && view->type != DCCP_DATA && view->type != DCCP_ACK &&
	    view->type != DCCP_DATA_ACK)
		return false;
	view->acks = view->type != DCCP_REQUEST && view->type != DCCP_DATA &&
		     view->type != DCCP_LISTEN;
	if (view->is_long) {
		view->seq = bits48_load(dccp + DCCP_SEQ_LONG_AT);
		if (view->acks)
			view->ack = bits48_load(dccp + DCCP_HLEN_LONG + DCCP_ACK_LONG_AT);
	} else {
		view->seq = bits24_load(dccp + DCCP_SEQ_AT);
		if (view->acks)
			view->ack = bits24_load(dccp + DCCP_HLEN_MIN + DCCP_ACK_AT);
	}
	return true;
}

/* RFC 4340 section 7.6: the 48 bits that a short number stands for, near the last that was seen. */
static u64 seq_whole(const struct flow_dccp *seen, u64 number, bool is_long)
{
	u64 last = seq_load(seen);
	s32 step = (s32)(((u32)number - (u32)last) << 8) >> 8;

	return is_long ? number : (last + (u64)(s64)step) & SEQ_MASK;
}

static bool ack_fits(const struct flow_dccp *peer, const struct dccp_view *view)
{
	s64 behind;

	if ((peer->flags & FLOW_DCCP_SEEN) == 0)
		return true;
	behind = seq_diff(seq_load(peer), seq_whole(peer, view->ack, view->is_long));
	return behind >= 0 && behind < DCCP_WINDOW;
}

static bool seq_fits(const struct flow_dccp *own, u64 seq)
{
	s64 step = seq_diff(seq, seq_load(own));

	return (own->flags & FLOW_DCCP_SEEN) == 0 || (step > -DCCP_WINDOW && step < DCCP_WINDOW);
}

static void seq_learn(struct flow_dccp *own, u64 seq, bool anew)
{
	if (!anew && (own->flags & FLOW_DCCP_SEEN) != 0 && seq_diff(seq, seq_load(own)) <= 0)
		return;
	own->seq_low = (u32)seq;
	own->seq_high = (u16)(seq >> 32);
	own->flags |= FLOW_DCCP_SEEN;
}

/* Do the numbers fit? If so, they are learnt. */
static bool numbers_agree(struct flow_dccp *own, const struct flow_dccp *peer,
			  const struct dccp_view *view, enum flow_state state)
{
	u64 seq = seq_whole(own, view->seq, view->is_long);

	switch ((enum dccp_type)view->type) {
	/* It has no number of its own (RFC 5596 section 2.2.1). */
	case DCCP_LISTEN: return true;
	case DCCP_REQUEST:
		if (state == FLOW_DCCP_NONE || state == FLOW_DCCP_LISTEN ||
		    state == FLOW_DCCP_REQUEST)
			seq_learn(own, seq, true);
		return true;
	case DCCP_RESET:
		/* Who knows no connection has no number of its own (RFC 4340 section 8.3.1). */
		return (peer->flags & FLOW_DCCP_SEEN) != 0 && ack_fits(peer, view);
	case DCCP_RESPONSE:
	case DCCP_SYNC:
	case DCCP_SYNC_ACK:
		/* Sent when the numbers do not fit any more, or do not yet. */
		if (!ack_fits(peer, view))
			return false;
		/* The first number of the server, whatever a stranger has said before. */
		seq_learn(own, seq, state == FLOW_DCCP_REQUEST && view->type == DCCP_RESPONSE);
		return true;
	default:
		if (!seq_fits(own, seq) || (view->acks && !ack_fits(peer, view)))
			return false;
		seq_learn(own, seq, false);
		return true;
	}
}

/* What follows when the packet comes from who may be the client, or the server, or, where nothing
 * is known, both; the same state where it does not matter.                                       */
static enum flow_state dccp_next_state(enum flow_state state, enum dccp_type type, bool client,
				       bool server)
{
	bool has_begun = state == FLOW_DCCP_RESPOND || state == FLOW_DCCP_PARTOPEN ||
			 state == FLOW_DCCP_OPEN;

	switch (type) {
	case DCCP_LISTEN: return state == FLOW_DCCP_NONE ? FLOW_DCCP_LISTEN : state;
	case DCCP_REQUEST:
		return state == FLOW_DCCP_NONE || state == FLOW_DCCP_LISTEN ? FLOW_DCCP_REQUEST
									    : state;
	case DCCP_RESPONSE:
		if (state == FLOW_DCCP_REQUEST && server)
			return FLOW_DCCP_RESPOND;
		break;
	case DCCP_DATA:
	case DCCP_ACK:
	case DCCP_DATA_ACK:
		if (state == FLOW_DCCP_RESPOND && client && type != DCCP_DATA)
			return FLOW_DCCP_PARTOPEN;
		if (state == FLOW_DCCP_PARTOPEN && server)
			return FLOW_DCCP_OPEN;
		break;
	case DCCP_CLOSE_REQ:
		if (has_begun && server)
			return FLOW_DCCP_CLOSEREQ;
		break;
	case DCCP_CLOSE:
		if (has_begun || state == FLOW_DCCP_CLOSEREQ)
			return FLOW_DCCP_CLOSING;
		break;
	case DCCP_RESET: return FLOW_DCCP_TIMEWAIT;
	default: break;
	}
	return state == FLOW_DCCP_NONE ? FLOW_DCCP_PARTOPEN : state;
}

bool ct_dccp_is_reset(const struct pkt *pkt)
{
	return dccp_type(pkt_l4(pkt)) == DCCP_RESET;
}

void ct_dccp_track(struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];
	struct flow_dccp *own = ct->more == NULL ? NULL : &ct->more[idx].dccp[dir];
	struct dccp_view view;
	enum flow_state next;
	bool client = true, server = true;

	if (!dccp_read(pkt, &view) ||
	    (own != NULL && !numbers_agree(own, &ct->more[idx].dccp[!dir], &view, flow->state))) {
		ct->stats.unexplained++;
		return;
	}
	ct_answer(ct, idx, dir, now_ms);
	/* Picked up in the middle: whoever began the flow is taken for the client. */
	if (own != NULL && view.type != DCCP_LISTEN &&
	    (flow->state == FLOW_DCCP_NONE ||
	     (flow->state == FLOW_DCCP_LISTEN && view.type == DCCP_REQUEST)))
		own->flags |= FLOW_DCCP_CLIENT;
	if (own != NULL) {
		client = (own->flags & FLOW_DCCP_CLIENT) != 0;
		server = !client;
	}
	next = dccp_next_state(flow->state, (enum dccp_type)view.type, client, server);
	/* Nobody opens a connection alone. */
	if (next != FLOW_DCCP_OPEN || (flow->flags & FLOW_ANSWERED) != 0)
		ct_set_state(ct, idx, next, now_ms);
}

/* RFC 4340 section 8.1.1: a Request on ports whose connection is over begins another, and the sides
 * may have changed their parts.                                                                  */
bool ct_dccp_reopens(const struct ct *ct, u32 idx, const struct pkt *pkt)
{
	struct dccp_view view;

	return ct->flow[idx].state == FLOW_DCCP_TIMEWAIT && dccp_read(pkt, &view) &&
	       view.type == DCCP_REQUEST;
}
