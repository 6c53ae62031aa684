/* Packets that wait for a neighbour's link address, and the sending by an adjacency.
 *
 * The queues are lists through one shared store, so that the sum is bounded as well as each
 * (RFC 1122 section 2.3.2.2: keep at least the latest packet).                                  */
#include "core/iface/neigh_part.h"

void neigh_write_link(const struct neigh *neigh, struct pkt *pkt)
{
	CHECK(pkt->l3 >= neigh->link_len);
	pkt->l2 = (u16)(pkt->l3 - neigh->link_len);
	memcpy(pkt->buf + pkt->l2, neigh->link, neigh->link_len);
	pkt->out_if = neigh->out_if;
}

static void queue_push(struct neigh_table *table, struct neigh *neigh, struct pkt *pkt)
{
	u16 slot = table->wait_free;

	CHECK(slot != NEXTHOP_NONE);
	table->wait_free = table->wait[slot].next;
	table->wait_count++;
	table->wait[slot] = (struct neigh_wait){ .pkt = pkt, .next = NEXTHOP_NONE };
	if (neigh->queue_tail != NEXTHOP_NONE)
		table->wait[neigh->queue_tail].next = slot;
	else
		neigh->queue_head = slot;
	neigh->queue_tail = slot;
	neigh->queue_count++;
}

static struct pkt *queue_pop(struct neigh_table *table, struct neigh *neigh)
{
	u16 slot = neigh->queue_head;
	struct pkt *pkt;

	CHECK(slot != NEXTHOP_NONE);
	pkt = table->wait[slot].pkt;
	neigh->queue_head = table->wait[slot].next;
	if (neigh->queue_head == NEXTHOP_NONE)
		neigh->queue_tail = NEXTHOP_NONE;
	neigh->queue_count--;
	table->wait[slot] = (struct neigh_wait){ .pkt = NULL, .next = table->wait_free };
	table->wait_free = slot;
	table->wait_count--;
	return pkt;
}

verdict neigh_queue_add(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt,
			ns_t now, struct batch *dead)
{
	struct neigh *neigh = neigh_at(table, pkt->nexthop);
	bool full = neigh->queue_count == NEIGH_QUEUE_MAX || table->wait_free == NEXTHOP_NONE;
	struct pkt *kept;

	if (full && (neigh->queue_count == 0 || dead->count == BATCH_MAX))
		return pkt_drop(stats, pkt, DROP_NEIGH_QUEUE_FULL);
	kept = pkt_keep(pkt);
	if (kept == NULL)
		return pkt_drop(stats, pkt, DROP_NO_BUFFER);
	if (full) {
		struct pkt *oldest = queue_pop(table, neigh);

		(void)pkt_drop(stats, oldest, DROP_NEIGH_QUEUE_FULL);
		CHECK(batch_add(dead, oldest));
	}
	kept->out_if = neigh->out_if;
	kept->kept_ns = now;
	queue_push(table, neigh, kept);
	return VERDICT_STOLEN;
}

void neigh_queue_flush(struct neigh_table *table, u16 idx, struct batch *out)
{
	struct neigh *neigh = neigh_at(table, idx);

	CHECK((neigh->flags & NEIGH_KNOWN) != 0);
	while (neigh->queue_count > 0 && out->count < BATCH_MAX) {
		struct pkt *pkt = queue_pop(table, neigh);

		neigh_write_link(neigh, pkt);
		CHECK(batch_add(out, pkt));
		neigh->used = true;
	}
	/* Nobody overtakes what still waits. */
	neigh->usable = neigh->queue_count == 0;
}

void neigh_queue_fail(struct neigh_table *table, struct drop_stats *stats, u16 idx,
		      struct batch *dead)
{
	struct neigh *neigh = neigh_at(table, idx);

	CHECK(dead->count + neigh->queue_count <= BATCH_MAX);
	while (neigh->queue_count > 0) {
		struct pkt *pkt = queue_pop(table, neigh);

		(void)pkt_drop(stats, pkt, DROP_NEIGH_FAILED);
		CHECK(batch_add(dead, pkt));
	}
}

/* Nothing waits for the answer, so the entry stays one that may be let go at any time. Asked is
 * once in each retry_ns (RFC 1122 section 2.3.2.1).                                              */
static void ask_idle(struct neigh_table *table, u16 idx, ns_t now, struct batch *out)
{
	u16 turn = (u16)(now / table->conf.retry_ns);

	if (neigh_at(table, idx)->tries != turn)
		neigh_ask(table, idx, false, out);
	neigh_at(table, idx)->tries = turn;
}

/* The first packet for an address that nothing is known of. Where there is no room for it to wait
 * it is lost, but its neighbour is asked for: others may fill that room for as long as they
 * like.                                                                                          */
static verdict neigh_begin(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt,
			   ns_t now, struct batch *out)
{
	u16 idx = pkt->nexthop;
	/* An empty queue has no oldest packet to give up. */
	verdict fate = neigh_queue_add(table, stats, pkt, now, NULL);

	if (!verdict_is_stolen(fate)) {
		ask_idle(table, idx, now, out);
		return fate;
	}
	neigh_set_state(table, idx, NEIGH_INCOMPLETE);
	neigh_at(table, idx)->tries = 1;
	neigh_ask(table, idx, false, out);
	heap_set(&table->timers, idx, now + table->conf.retry_ns);
	return fate;
}

verdict neigh_resolve(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt,
		      ns_t now, struct batch *out, struct batch *dead)
{
	struct neigh *neigh;

	CHECK(pkt->nexthop < table->conf.count);
	neigh = neigh_at(table, pkt->nexthop);
	if (neigh->state == NEIGH_FREE)
		return pkt_drop(stats, pkt, DROP_NEIGH_FAILED);
	if (!neigh_iface(table, neigh->out_if)->up)
		return pkt_drop(stats, pkt, DROP_IFACE_DOWN);
	neigh_touch(table, pkt->nexthop, now);
	if (neigh->state == NEIGH_FAILED)
		return pkt_drop(stats, pkt, DROP_NEIGH_FAILED);
	if (neigh->state == NEIGH_INCOMPLETE || neigh->queue_count > 0)
		return neigh_queue_add(table, stats, pkt, now, dead);
	if (!neigh->usable && (neigh->flags & NEIGH_KNOWN) == 0 && neigh->link_len > 0)
		return neigh_begin(table, stats, pkt, now, out);
	if (!neigh->usable)
		neigh_wake(table, pkt->nexthop, now, out);
	neigh->used = true;
	neigh_write_link(neigh, pkt);
	return VERDICT_ACCEPT;
}
