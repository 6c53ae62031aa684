/* Connection tracking: tuples to flows, their states and their ends.
 *
 * Two record points, as in netfilter: at the first (PREROUTING, OUTPUT) a packet's tuple is looked
 * up and, when there is no flow, path makes an unconfirmed one; at the last (INPUT, POSTROUTING)
 * ct_confirm() puts it into the table. Nothing that dies in between leaves a trace.
 *
 * Expiry. A flow ends when no packet came for the time-out of its state. Three mechanisms agree
 * on that: look-up ends an expired flow before it can match; answered flows hang in a wheel of
 * one-second slots and are looked at once per time-out, not once per packet; flows that were never
 * answered hang in one list per time-out in the order in which they were last seen, which is also
 * the order in which they are taken when the table is full.
 *
 * Expiry probes, by choice: an established TCP flow whose time is over has CT_PROBE_COUNT steps
 * more. At the beginning of each the sweep names it in a list, and path asks its inside host; any
 * packet of the flow is an answer. What a tick, and a second, may ask is bounded: who is not asked
 * in its steps ends as without probes.
 *
 * Full. ct_make_room() ends, in this order: an expired flow; the never-answered flow that was
 * silent longest. Established and answered flows are never taken: then the new flow is refused.
 *
 * ct knows no NAT: flows that ended wait in a list until path has let NAT take its ports back.  */
#ifndef CORE_CT_CT_H
#define CORE_CT_CT_H

#include "core/base/check.h"
#include "core/ct/ct_conf.h"
#include "core/ct/flow.h"
#include "core/ct/index.h"
#include "core/ct/news.h"
#include "core/pkt/pkt.h"

enum {
	CT_WHEEL_SLOTS = 1024,
	CT_SLOT_SHIFT = 10, /* a slot is 1,024 ms */
	CT_SWEEP_MAX = 2048, /* flows looked at in one tick */
	CT_PROBES_TICK = 64,
	CT_PROBES_SLOT = 512, /* in the time of one slot */
};

struct ct_stats {
	u64 created;
	u64 expired;
	u64 taken;          /* ended to make room */
	u64 refused;        /* no room */
	u64 reopened;       /* a SYN, INIT or Request began a new connection on a closed flow */
	u64 out_of_window;  /* TCP segments that the windows do not explain; passed on */
	u64 unexplained;    /* SCTP and DCCP packets that do not fit their flow; passed on */
	u64 midstream;      /* flows picked up without a SYN */
	u64 probes_answered; /* flows that live on after an expiry probe */
	u64 probes_missed;   /* flows that ended before there was room to ask */
};

struct ct {
	struct flow *flow;      /* conf.flow_count flows, then the heads of the lists */
	struct flow_more *more; /* NULL without counters */
	struct index index;
	struct ct_conf conf;
	u32 timeout_ms[CT_TIMEOUT_COUNT];
	struct hash_key key;
	u32 live;
	u32 confirmed;
	u32 zone_flows[CT_ZONE_MAX]; /* of these, by the zone that they began in */
	u32 free_head;
	u32 free_tail;
	u32 ended_head;
	u32 ended_tail;
	u32 wheel_slot;  /* the slot that is swept next, not wrapped */
	u32 wheel_count; /* flows in the wheel */
	u32 embryo_count;
	u32 probe[CT_PROBES_TICK]; /* flows to ask, until path takes them */
	u32 probe_count;
	u32 probe_slot; /* the time for which probe_spent counts */
	u32 probe_spent;
	struct ct_stats stats;
	struct ct_news_ring news;
};

static inline u32 ct_ms(ns_t now)
{
	return (u32)(now / NS_PER_MS);
}

void ct_conf_defaults(struct ct_conf *conf);
void ct_layout(struct ct *ct, const struct ct_conf *conf, struct mem *mem);
void ct_init(struct ct *ct, const struct hash_key *key, ns_t now);
/* Another set of time-outs and of options that need no memory; limits stay. A flow that is over by
 * the new times is found no more, and leaves the table when its turn comes.                     */
void ct_configure(struct ct *ct, const struct ct_conf *conf);

/* The flow and direction that the tuple belongs to, as index << 1 | direction; IDX_NONE when there
 * is none. An expired flow is ended and not found.                                              */
u32 ct_find(struct ct *ct, const struct tuple_key *key, ns_t now);
/* The same without touching anything: for choosing ports and for looking inside. */
u32 ct_peek(const struct ct *ct, const struct tuple_key *key);
/* Whether the time of a flow that ct_peek() found is over. */
bool ct_is_expired(const struct ct *ct, u32 flow, ns_t now);
static inline u64 ct_hash(const struct ct *ct, const struct tuple_key *key)
{
	return tuple_hash(&ct->key, &key->tuple, key->proto, key->zone);
}

/* Asks for the memory where the key will be looked up, or put. */
static ALWAYS_INLINE void ct_expect(const struct ct *ct, const struct tuple_key *key)
{
	prefetch_write(&ct->index.bucket[index_first(&ct->index, ct_hash(ct, key))]);
}

static inline bool ct_has_room(const struct ct *ct)
{
	return ct->free_head != IDX_NONE;
}

/* End one flow as the header says; false when all are answered. The slot is free after path has
 * drained the ended ones.                                                                       */
bool ct_make_room(struct ct *ct, ns_t now);
/* An unconfirmed flow; the reply tuple is the plain reverse. Requires ct_has_room(). */
u32 ct_new(struct ct *ct, const struct tuple_key *key, ns_t now);
/* Both tuples go into the index. ERR_FULL: the index has no place; the flow is as before. */
enum err ct_confirm(struct ct *ct, u32 flow, ns_t now);
/* The packet of an unconfirmed flow died: as if the flow had never been. */
void ct_abandon(struct ct *ct, u32 flow);
/* A confirmed flow ends now. */
void ct_end(struct ct *ct, u32 flow);
/* The same, and whoever listens hears why. */
void ct_end_for(struct ct *ct, u32 flow, enum ct_end_reason reason);
/* The next flow that ended, IDX_NONE at the end. It stays readable until ct_free(). */
static inline u32 ct_ended_next(const struct ct *ct)
{
	return ct->ended_head;
}

/* Gives the slot of the flow that ct_ended_next() named back. */
void ct_free(struct ct *ct);
/* Sweep: a bounded number of flows. */
void ct_tick(struct ct *ct, ns_t now);
ns_t ct_next(const struct ct *ct, ns_t now);
void ct_check(const struct ct *ct);

/* The state of a flow changed, or it was answered: put it where it expires. */
void ct_relink(struct ct *ct, u32 flow, u32 now_ms);

static inline bool flow_is_confirmed(const struct flow *flow)
{
	return (flow->flags & (FLOW_CONFIRMED | FLOW_ENDED)) == FLOW_CONFIRMED;
}

/* ---- trackers ------------------------------------------------------------------------------ */

enum ct_timeout flow_timeout_class(enum flow_state state);

static inline u32 flow_timeout_ms(const struct ct *ct, const struct flow *flow)
{
	return ct->timeout_ms[flow_timeout_class(flow->state)];
}

/* Whether the flow is asked before it ends. */
static inline bool flow_is_probed(const struct ct *ct, const struct flow *flow)
{
	return ct->conf.expiry_probes && flow->state == FLOW_TCP_ESTABLISHED &&
	       (flow->flags & FLOW_ASSURED) != 0;
}

/* How long a flow may be silent, with the time for its probes. */
static inline u32 flow_lasts_ms(const struct ct *ct, const struct flow *flow)
{
	return flow_timeout_ms(ct, flow) +
	       (flow_is_probed(ct, flow) ? CT_PROBE_COUNT * CT_PROBE_STEP_MS : 0);
}

/* The next flow that the sweep wants to be asked, IDX_NONE when there is none. */
u32 ct_probe_next(struct ct *ct, ns_t now);

/* The tuple of a packet whose header was validated: what it is looked up by. False when its
 * protocol has nothing to look up by here (an ICMP error, an unknown ICMP type).                */
bool ct_tuple_of(const struct pkt *pkt, struct tuple_key *key);
/* May this packet begin a flow? ACCEPT, or DEAD with CT_INVALID or CT_MIDSTREAM; the latter may be
 * answered, so a damaged segment dies with TRANSPORT_CHECKSUM instead.                          */
verdict ct_may_begin(const struct ct *ct, struct drop_stats *stats, struct pkt *pkt);
/* A packet of a flow passes: state, windows, counters, time. Never refuses (liberal tracking:
 * what the windows do not explain is counted and translated all the same). now_ms = ct_ms(now). */
void ct_track(struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms);
/* The same for a packet that does not keep its flow from expiring. A state of TCP that it brings
 * about has its time all the same, or the FIN of a silent server would end the flow at once.     */
void ct_track_quietly(struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt,
		      u32 now_ms);
/* A packet that begins a connection on a flow whose connection is over starts it anew: a SYN (RFC
 * 9293 3.6.1, RFC 6191), an INIT, a Request.                                                     */
bool ct_reopens(const struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt);
/* It begins in the same place: same translation, so that nothing moves for the server either. */
void ct_reopen(struct ct *ct, u32 flow);

/* What the trackers share. A packet in direction dir came: the first of the other side is the
 * answer.                                                                                        */
void ct_answer(struct ct *ct, u32 flow, enum tuple_dir dir, u32 now_ms);
/* Another state, whose time begins now. */
void ct_set_state(struct ct *ct, u32 flow, enum flow_state state, u32 now_ms);

bool ct_tcp_reopens(const struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt);
bool ct_tcp_is_reset(const struct pkt *pkt);
/* RFC 5961 section 3.2 seen from the middle: a RST counts when the receiver may take it. What does
 * not count is passed on and changes nothing.                                                    */
bool ct_tcp_reset_counts(const struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt);
void ct_tcp_track(struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms);
/* Windows of a segment without SYN, FIN or RST: all that an established connection needs. */
void ct_tcp_segment(struct ct *ct, struct flow_more *more, enum tuple_dir dir,
		    const struct pkt *pkt);

/* Whether an SCTP packet can do no more than end an association: it begins with an ABORT or is a
 * SHUTDOWN COMPLETE.                                                                             */
bool ct_sctp_ends(const struct pkt *pkt);
bool ct_sctp_reopens(const struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt);
void ct_sctp_track(struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms);

bool ct_dccp_is_reset(const struct pkt *pkt);
bool ct_dccp_reopens(const struct ct *ct, u32 flow, const struct pkt *pkt);
void ct_dccp_track(struct ct *ct, u32 flow, enum tuple_dir dir, const struct pkt *pkt, u32 now_ms);

#endif
