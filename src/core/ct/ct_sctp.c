/* The SCTP tracker: an association as it looks from the middle of one of its paths.
 *
 * States are netfilter's. A packet is read whole before it changes anything: its chunks are walked
 * up to a bound, and one whose lengths do not add up, or which bundles what RFC 9260 section 6.10
 * forbids to bundle, is translated and changes nothing, as its receiver discards it.
 *
 * Verification tags are what tells a packet of the association from one that a stranger made: both
 * sides announce theirs in INIT and INIT ACK, and a COOKIE ECHO shows that its sender has seen the
 * other's answer; only then do the announced ones count. So neither a forged ABORT nor a forged
 * INIT before it shortens the life of a flow. Without `counters` there is no room for tags, and
 * chunks are taken at their word.
 *
 * The two paths of one multi-homed association are two flows here: the second one begins with a
 * HEARTBEAT, and has to be answered before it counts as established.                             */
#include "core/ct/ct.h"
#include "core/pkt/segment.h"
#include "core/wire/sctp.h"

/* Control chunks stand before data (RFC 9260 section 6.10); what is behind so many is not read. */
enum { SCTP_CHUNKS_MAX = 16 };

enum sctp_event {
	EVENT_INIT,
	EVENT_INIT_ACK,
	EVENT_COOKIE_ECHO,
	EVENT_COOKIE_ACK,
	EVENT_SHUTDOWN,
	EVENT_SHUTDOWN_ACK,
	EVENT_SHUTDOWN_COMPLETE,
	EVENT_ABORT,
	EVENT_OTHER, /* heartbeats, data, and what belongs to it */
	EVENT_COUNT
};

struct sctp_view {
	u32 tag;
	u32 count;
	u32 offered;    /* initiate tag, if the first is INIT or INIT ACK */
	bool reflected; /* T bit of the last one */
	u8 event[SCTP_CHUNKS_MAX];
};

enum { STATES = FLOW_SCTP_CLOSED - FLOW_SCTP_NONE + 1 };

#define S(name) (FLOW_SCTP_##name - FLOW_SCTP_NONE)
/* [direction][event][state], states from FLOW_SCTP_NONE; 0 keeps the state. A COOKIE ECHO from the
 * other side is that of an INIT collision (RFC 9260 section 5.2.1).                              */
static const u8 sctp_next_state[2][EVENT_COUNT][STATES] = {
	[TUPLE_ORIG] = {
		[EVENT_INIT] = {
			[S(NONE)] = S(COOKIE_WAIT),
			[S(HEARTBEAT)] = S(COOKIE_WAIT),
		},
		[EVENT_INIT_ACK] = { [S(NONE)] = S(HEARTBEAT) },
		[EVENT_COOKIE_ECHO] = {
			[S(NONE)] = S(COOKIE_ECHOED),
			[S(HEARTBEAT)] = S(COOKIE_ECHOED),
			[S(COOKIE_WAIT)] = S(COOKIE_ECHOED),
			[S(SHUTDOWN_SENT)] = S(COOKIE_ECHOED),
			[S(SHUTDOWN_RECD)] = S(COOKIE_ECHOED),
			[S(SHUTDOWN_ACK_SENT)] = S(COOKIE_ECHOED),
		},
		[EVENT_COOKIE_ACK] = {
			[S(NONE)] = S(HEARTBEAT),
			[S(COOKIE_ECHOED)] = S(ESTABLISHED),
		},
		[EVENT_SHUTDOWN] = {
			[S(NONE)] = S(HEARTBEAT),
			[S(ESTABLISHED)] = S(SHUTDOWN_SENT),
		},
		[EVENT_SHUTDOWN_ACK] = {
			[S(NONE)] = S(HEARTBEAT),
			[S(ESTABLISHED)] = S(SHUTDOWN_ACK_SENT),
			[S(SHUTDOWN_SENT)] = S(SHUTDOWN_ACK_SENT),
			[S(SHUTDOWN_RECD)] = S(SHUTDOWN_ACK_SENT),
		},
		[EVENT_SHUTDOWN_COMPLETE] = { [S(SHUTDOWN_ACK_SENT)] = S(CLOSED) },
		[EVENT_OTHER] = { [S(NONE)] = S(HEARTBEAT) },
	},
	[TUPLE_REPLY] = {
		[EVENT_COOKIE_ECHO] = {
			[S(HEARTBEAT)] = S(COOKIE_ECHOED),
			[S(COOKIE_WAIT)] = S(COOKIE_ECHOED),
			[S(SHUTDOWN_SENT)] = S(COOKIE_ECHOED),
			[S(SHUTDOWN_RECD)] = S(COOKIE_ECHOED),
			[S(SHUTDOWN_ACK_SENT)] = S(COOKIE_ECHOED),
		},
		[EVENT_COOKIE_ACK] = {
			[S(HEARTBEAT)] = S(ESTABLISHED),
			[S(COOKIE_ECHOED)] = S(ESTABLISHED),
		},
		[EVENT_SHUTDOWN] = { [S(ESTABLISHED)] = S(SHUTDOWN_RECD) },
		[EVENT_SHUTDOWN_ACK] = {
			[S(ESTABLISHED)] = S(SHUTDOWN_ACK_SENT),
			[S(SHUTDOWN_SENT)] = S(SHUTDOWN_ACK_SENT),
			[S(SHUTDOWN_RECD)] = S(SHUTDOWN_ACK_SENT),
		},
		[EVENT_SHUTDOWN_COMPLETE] = { [S(SHUTDOWN_ACK_SENT)] = S(CLOSED) },
		[EVENT_OTHER] = { [S(HEARTBEAT)] = S(ESTABLISHED) },
	},
};
#undef S

static enum sctp_event event_of(u8 type)
{
	switch (type) {
	case SCTP_INIT: return EVENT_INIT;
	case SCTP_INIT_ACK: return EVENT_INIT_ACK;
	case SCTP_COOKIE_ECHO: return EVENT_COOKIE_ECHO;
	case SCTP_COOKIE_ACK: return EVENT_COOKIE_ACK;
	case SCTP_SHUTDOWN: return EVENT_SHUTDOWN;
	case SCTP_SHUTDOWN_ACK: return EVENT_SHUTDOWN_ACK;
	case SCTP_SHUTDOWN_COMPLETE: return EVENT_SHUTDOWN_COMPLETE;
	case SCTP_ABORT: return EVENT_ABORT;
	default: return EVENT_OTHER;
	}
}

static bool is_alone(enum sctp_event event)
{
	return event == EVENT_INIT || event == EVENT_INIT_ACK || event == EVENT_SHUTDOWN_COMPLETE;
}

/* One chunk of len bytes, of which the header is there; false when nobody would take it. */
static bool chunk_read(struct sctp_view *view, const u8 *chunk, u32 len)
{
	enum sctp_event event = event_of(chunk[0]);

	if (view->count > 0 && (is_alone(event) || is_alone(view->event[0])))
		return false;
	view->reflected = (chunk[SCTP_CHUNK_FLAGS_AT] & SCTP_TAG_REFLECTED) != 0;
	view->event[view->count++] = (u8)event;
	if (event != EVENT_INIT && event != EVENT_INIT_ACK)
		return true;
	if (len < SCTP_INIT_LEN_MIN)
		return false;
	view->offered = be32_host(be32_load(chunk + SCTP_INIT_TAG_AT));
	/* RFC 9260 sections 3.3.2 and 8.5.1. */
	return view->offered != 0 && (event == EVENT_INIT_ACK || view->tag == 0);
}

/* Bounded by SCTP_CHUNKS_MAX. */
static bool sctp_read(const struct pkt *pkt, struct sctp_view *view)
{
	const u8 *sctp = pkt_l4(pkt);
	u32 left = pkt_l4_len(pkt) - SCTP_HLEN;

	*view = (struct sctp_view){ .tag = be32_host(be32_load(sctp + SCTP_TAG_AT)) };
	sctp += SCTP_HLEN;
	while (left > 0 && view->count < SCTP_CHUNKS_MAX) {
		u32 len, step;

		if (left < SCTP_CHUNK_HLEN)
			return false;
		len = be16_host(be16_load(sctp + SCTP_CHUNK_LEN_AT));
		if (len < SCTP_CHUNK_HLEN || len > left || !chunk_read(view, sctp, len))
			return false;
		/* RFC 9260 section 3.3.7: what stands behind an ABORT is ignored. */
		if (view->event[view->count - 1] == EVENT_ABORT)
			return true;
		step = u32_min((len + 3) & ~3u, left);
		sctp += step;
		left -= step;
	}
	return view->count > 0;
}

static bool is_ending(const struct sctp_view *view)
{
	return view->event[view->count - 1] == EVENT_ABORT ||
	       view->event[0] == EVENT_SHUTDOWN_COMPLETE;
}

bool ct_sctp_ends(const struct pkt *pkt)
{
	struct sctp_view view;

	return sctp_read(pkt, &view) && is_ending(&view);
}

/* Does the tag show that the sender knows the association (RFC 9260 section 8.5)? */
static bool tag_fits(const struct flow_sctp *own, const struct flow_sctp *peer,
		     const struct sctp_view *view)
{
	switch (view->event[0]) {
	case EVENT_INIT: return true;
	case EVENT_INIT_ACK: return own->offered == 0 || view->tag == own->offered;
	case EVENT_COOKIE_ECHO:
		return own->tag == 0 || view->tag == own->tag || view->tag == own->offered;
	default: break;
	}
	/* Section 8.4: one that knows no association has only the sender's own tag to show. */
	if (view->reflected && is_ending(view))
		return peer->tag != 0 && view->tag == peer->tag;
	if (own->tag != 0)
		return view->tag == own->tag;
	/* Before there is one, what ends a flow has to be the answer to an INIT. */
	return own->offered == 0 ? !is_ending(view) : view->tag == own->offered;
}

/* What the packet says of tags; it fits. */
static void tags_learn(struct flow_sctp *own, struct flow_sctp *peer, const struct sctp_view *view,
		       enum flow_state state)
{
	switch (view->event[0]) {
	case EVENT_INIT:
	case EVENT_INIT_ACK: peer->offered = view->offered; return;
	case EVENT_COOKIE_ECHO:
		/* The first one, or that of an end that began again (section 5.2.4). */
		if (view->tag != own->tag) {
			own->tag = view->tag;
			peer->tag = peer->offered;
		}
		return;
	default:
		/* Picked up in the middle: each side's first packet is believed. */
		if (own->tag == 0 && (state == FLOW_SCTP_NONE || state == FLOW_SCTP_HEARTBEAT))
			own->tag = view->tag;
		return;
	}
}

static bool tags_agree(struct ct *ct, u32 idx, enum tuple_dir dir, const struct sctp_view *view)
{
	struct flow_sctp *own, *peer;

	if (ct->more == NULL)
		return true;
	own = &ct->more[idx].sctp[dir];
	peer = &ct->more[idx].sctp[!dir];
	if (!tag_fits(own, peer, view))
		return false;
	tags_learn(own, peer, view, ct->flow[idx].state);
	return true;
}

void ct_sctp_track(struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];
	struct sctp_view view;

	if (!sctp_read(pkt, &view) || !tags_agree(ct, idx, dir, &view)) {
		ct->stats.unexplained++;
		return;
	}
	ct_answer(ct, idx, dir, now_ms);
	for (u32 at = 0; at < view.count; at++) {
		u8 state = (u8)(flow->state - FLOW_SCTP_NONE);
		u8 next = sctp_next_state[dir][view.event[at]][state];

		if (view.event[at] == EVENT_ABORT)
			ct_set_state(ct, idx, FLOW_SCTP_CLOSED, now_ms);
		else if (next != 0 && (FLOW_SCTP_NONE + next != FLOW_SCTP_ESTABLISHED ||
				       (flow->flags & FLOW_ANSWERED) != 0))
			ct_set_state(ct, idx, (enum flow_state)(FLOW_SCTP_NONE + next), now_ms);
	}
}

bool ct_sctp_reopens(const struct ct *ct, u32 idx, enum tuple_dir dir, const struct pkt *pkt)
{
	struct sctp_view view;

	return dir == TUPLE_ORIG && ct->flow[idx].state == FLOW_SCTP_CLOSED &&
	       sctp_read(pkt, &view) && view.event[0] == EVENT_INIT;
}
