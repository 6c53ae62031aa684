/* What the files of the neighbour table share. */
#ifndef CORE_IFACE_NEIGH_PART_H
#define CORE_IFACE_NEIGH_PART_H

#include "core/iface/neigh.h"

static inline const struct iface *neigh_iface(const struct neigh_table *table, u16 ifidx)
{
	CHECK(ifidx < table->ifaces->count);
	return &table->ifaces->iface[ifidx];
}

/* neigh.c: entries */
u16 neigh_make(struct neigh_table *table, u16 out_if, be32 addr, ns_t now);
void neigh_del(struct neigh_table *table, u16 idx);
/* The one door of the state machine: keeps the list of those that may be let go. */
void neigh_set_state(struct neigh_table *table, u16 idx, enum neigh_state state);
/* Handed out or used: the last to be let go. */
void neigh_touch(struct neigh_table *table, u16 idx, ns_t now);
void neigh_set_link(struct neigh_table *table, u16 idx, const struct mac *mac);
u32 neigh_bucket(const struct neigh_table *table, u16 out_if, be32 addr);

/* neigh_queue.c: waiting packets */
verdict neigh_queue_add(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt,
			ns_t now, struct batch *dead);
/* As far as there is room; the entry is usable once nothing waits any more. */
void neigh_queue_flush(struct neigh_table *table, u16 idx, struct batch *out);
/* dead has room for NEIGH_QUEUE_MAX. */
void neigh_queue_fail(struct neigh_table *table, struct drop_stats *stats, u16 idx,
		      struct batch *dead);
void neigh_write_link(const struct neigh *neigh, struct pkt *pkt);

/* neigh_arp.c: messages */
struct neigh_msg {
	u16 ifidx;
	struct mac link_dst;
	be32 spa;
	be32 tpa;
};
/* A request, probe or announcement; false when there was no packet or no room for it. */
bool neigh_send(struct neigh_table *table, const struct neigh_msg *msg, struct batch *out);
void neigh_ask(struct neigh_table *table, u16 idx, bool unicast, struct batch *out);

/* neigh_tick.c: the entry's MAC was heard of */
void neigh_learn(struct neigh_table *table, u16 idx, const struct mac *mac, ns_t now,
		 struct batch *out);
/* IDLE with a known link address, used again. */
void neigh_wake(struct neigh_table *table, u16 idx, ns_t now, struct batch *out);

/* neigh_own.c: our own addresses */
bool neigh_own_is_ready(const struct neigh_table *table, u16 ifidx, u32 addr_index);
/* Looks for a claim of one of our addresses; true when the sender's address is ours. */
bool neigh_own_heard(struct neigh_table *table, u16 ifidx, const struct arp_hdr *arp, ns_t now,
		     struct batch *out);
void neigh_own_due(struct neigh_table *table, u32 own_index, ns_t now, struct batch *out);

#endif
