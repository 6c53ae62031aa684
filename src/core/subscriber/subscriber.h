/* Who holds how much of the tables, and who may have more (RFC 6888 REQ-4, REQ-5).
 *
 * A subscriber is an inside source address of a zone, or a prefix of them. Each flow that it began
 * counts until its slot is free again, each port until it can be somebody else's. What others began
 * towards it is not its doing: counted, it would let strangers use up its share.
 *
 * Limits are asked before there is an entry: whoever is refused has cost a look-up. The rate is
 * kept as one time (the generic cell rate algorithm), so a bucket at rest costs nothing and nothing
 * ticks.
 *
 * Who holds nothing is remembered for as long as no other needs the record, so that a bucket does
 * not fill by being forgotten; the one who has been idle longest goes first. Full: every record
 * holds something. Then a new subscriber that has limits is refused (uncounted it would have none)
 * and one that has none passes uncounted.                                                        */
#ifndef CORE_SUBSCRIBER_SUBSCRIBER_H
#define CORE_SUBSCRIBER_SUBSCRIBER_H

#include "core/base/slab.h"
#include "core/ct/ct.h"
#include "core/pkt/pkt.h"
#include "core/subscriber/subscriber_conf.h"

enum subscriber_refusal {
	SUBSCRIBER_REFUSED_FLOWS,
	SUBSCRIBER_REFUSED_PORTS,
	SUBSCRIBER_REFUSED_RATE,
	SUBSCRIBER_REFUSED_FULL,
	SUBSCRIBER_REFUSAL_COUNT,
};

struct subscriber {
	be32 addr; /* the first of its prefix */
	u32 flow_count;
	u32 port_count;
	u32 next;      /* hash chain */
	u32 idle_next; /* those that hold nothing, idle longest first */
	u32 idle_prev;
	u16 limits;     /* index of the exception that decides; SUBSCRIBER_EXCEPTION_MAX: none */
	u16 limits_gen; /* of the configuration that it was looked up in */
	u8 zone;
	ns_t due_ns;    /* when its bucket will be full again */
	u64 refused[SUBSCRIBER_REFUSED_FULL]; /* since it is known */
};
_Static_assert(sizeof(struct subscriber) == 64, "a subscriber is one line");

struct subscriber_stats {
	u64 refused[SUBSCRIBER_REFUSAL_COUNT];
	u64 refused_sum;
	u64 uncounted; /* new flows of subscribers without limits that found no record */
	u64 forgotten; /* idle ones whose record went to another */
	/* The last refusal, for the report. */
	be32 last_addr;
	u8 last_zone;
	enum subscriber_refusal last;
};

struct subscriber_table {
	struct subscriber_conf conf;
	struct slab slab;
	u32 *heads;
	u32 head_count;
	u32 *of_flow; /* by flow, index + 1; NULL: in the flow's counters */
	u32 idle_head;
	u32 idle_tail;
	u32 idle_count;
	u16 gen;
	struct hash_key key;
	struct subscriber_stats stats;
};

void subscriber_layout(struct subscriber_table *table, const struct subscriber_conf *conf,
		       const struct ct_conf *ct, struct mem *mem);
void subscriber_init(struct subscriber_table *table, const struct hash_key *key);
/* Other limits from now on. What somebody holds beyond a lower one he keeps. */
void subscriber_configure(struct subscriber_table *table, const struct subscriber_conf *conf);

/* May src begin one more flow? ACCEPT: *who may hold it, IDX_NONE when it is not counted. DEAD with
 * SUBSCRIBER_FLOWS, _RATE or _FULL. `who` stays good until the next call.                        */
verdict subscriber_admit(struct subscriber_table *table, struct drop_stats *drops, struct pkt *pkt,
			 be32 src, ns_t now, u32 *who);
/* The record that a source address counts in, IDX_NONE. Changes nothing. */
u32 subscriber_find(const struct subscriber_table *table, be32 src, u8 zone);
/* How long until his rate lets him begin one more flow. */
ns_t subscriber_wait(const struct subscriber_table *table, u32 who, ns_t now);
/* The new flow is his. */
void subscriber_hold(struct subscriber_table *table, struct ct *ct, u32 flow, u32 who);
/* Where it is kept whose flow it is. */
static inline u32 *subscriber_slot(const struct subscriber_table *table, const struct ct *ct,
				   u32 flow)
{
	return ct->more != NULL ? &ct->more[flow].subscriber : &table->of_flow[flow];
}

/* Whose flow it is; IDX_NONE. */
static inline u32 subscriber_of(const struct subscriber_table *table, const struct ct *ct, u32 flow)
{
	/* Without an owner the slot is 0, and the index wraps to IDX_NONE. */
	return table->slab.cap == 0 ? IDX_NONE : *subscriber_slot(table, ct, flow) - 1;
}
/* The flow's slot becomes free. */
void subscriber_release(struct subscriber_table *table, struct ct *ct, u32 flow);
/* May he have one more port? False is counted. IDX_NONE may. */
bool subscriber_may_take_port(struct subscriber_table *table, u32 who);
void subscriber_get_port(struct subscriber_table *table, u32 who);
void subscriber_put_port(struct subscriber_table *table, u32 who);

/* The limits that hold for a subscriber now. */
const struct subscriber_limits *subscriber_limits_of(const struct subscriber_table *table,
						     const struct subscriber *who);
/* "flows" for SUBSCRIBER_REFUSED_FLOWS. */
const char *subscriber_refusal_name(enum subscriber_refusal refusal);
u64 subscriber_port_sum(const struct subscriber_table *table);
void subscriber_check(const struct subscriber_table *table, const struct ct *ct);

static inline struct subscriber *subscriber_at(const struct subscriber_table *table, u32 who)
{
	DCHECK(who < table->slab.cap);
	return (struct subscriber *)(void *)table->slab.base + who;
}

#endif
