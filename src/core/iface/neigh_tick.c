/* What time does to neighbours, and what their answers do.
 *
 *     IDLE --packet--> INCOMPLETE --answer--> REACHABLE --time, used--> PROBE --answer--> REACHABLE
 *      |                  |                       |                       |
 *      | time             | no answer             | time, unused          | no answer
 *      v                  v                       v                       v
 *    forgotten          FAILED --time--> IDLE   IDLE, address known     FAILED
 *
 * IDLE with a known link address is usable again at once and goes to PROBE.                     */
#include "core/iface/neigh_part.h"

void neigh_learn(struct neigh_table *table, u16 idx, const struct mac *mac, ns_t now,
		 struct batch *out)
{
	struct neigh *neigh = neigh_at(table, idx);

	if (neigh->state == NEIGH_PERMANENT || (neigh->flags & NEIGH_GROUP) != 0)
		return;
	neigh_set_link(table, idx, mac);
	neigh->confirmed_ns = now;
	if (neigh->state == NEIGH_IDLE)
		return;
	neigh_set_state(table, idx, NEIGH_REACHABLE);
	neigh->tries = 0;
	neigh_queue_flush(table, idx, out);
	heap_set(&table->timers, idx, neigh->usable ? now + table->conf.reachable_ns : now);
}

void neigh_wake(struct neigh_table *table, u16 idx, ns_t now, struct batch *out)
{
	struct neigh *neigh = neigh_at(table, idx);

	neigh->usable = true;
	if (neigh->state != NEIGH_IDLE)
		return;
	if ((neigh->flags & NEIGH_GROUP) != 0) {
		neigh->confirmed_ns = now;
		neigh_set_state(table, idx, NEIGH_REACHABLE);
		heap_set(&table->timers, idx, now + table->conf.reachable_ns);
		return;
	}
	neigh_set_state(table, idx, NEIGH_PROBE);
	neigh->flags &= (u16)~NEIGH_ASKED;
	neigh->tries = 1;
	neigh_ask(table, idx, true, out);
	heap_set(&table->timers, idx, now + table->conf.retry_ns);
}

/* Gives up: who waits dies, who comes dies at once for a while. */
static ns_t neigh_fail(struct neigh_table *table, struct drop_stats *stats, u16 idx, ns_t now,
		       struct batch *dead)
{
	struct neigh *neigh = neigh_at(table, idx);

	neigh_set_state(table, idx, NEIGH_FAILED);
	table->lost_count += neigh->usable;
	neigh->usable = false;
	neigh->flags &= (u16) ~(NEIGH_KNOWN | NEIGH_ASKED);
	table->stats.failures++;
	neigh_queue_fail(table, stats, idx, dead);
	return now + table->conf.failed_ns;
}

static ns_t reachable_due(struct neigh_table *table, u16 idx, ns_t now, struct batch *out)
{
	struct neigh *neigh = neigh_at(table, idx);
	ns_t stale_ns = neigh->confirmed_ns + table->conf.reachable_ns;

	if (neigh->queue_count > 0) {
		neigh_queue_flush(table, idx, out);
		return neigh->usable ? stale_ns : now;
	}
	if (stale_ns > now)
		return stale_ns;
	if (neigh->used && (neigh->flags & NEIGH_GROUP) != 0) {
		neigh->used = false;
		neigh->confirmed_ns = now;
		return now + table->conf.reachable_ns;
	}
	if (neigh->used) {
		neigh_set_state(table, idx, NEIGH_PROBE);
		neigh->used = false;
		neigh->flags &= (u16)~NEIGH_ASKED;
		neigh->tries = 1;
		neigh_ask(table, idx, true, out);
		return now + table->conf.retry_ns;
	}
	neigh_set_state(table, idx, NEIGH_IDLE);
	neigh->usable = false;
	if (neigh->touched_ns < neigh->confirmed_ns)
		neigh->touched_ns = neigh->confirmed_ns;
	return neigh->touched_ns + table->conf.idle_ns;
}

static ns_t probe_due(struct neigh_table *table, struct drop_stats *stats, u16 idx, ns_t now,
		      struct batch *out, struct batch *dead)
{
	struct neigh *neigh = neigh_at(table, idx);

	/* Stale when the probing began, so a fresh sign of life came since. */
	if (neigh->confirmed_ns + table->conf.reachable_ns > now) {
		neigh_set_state(table, idx, NEIGH_REACHABLE);
		neigh->tries = 0;
		return neigh->confirmed_ns + table->conf.reachable_ns;
	}
	if (neigh->tries < NEIGH_TRIES) {
		neigh->tries++;
		neigh_ask(table, idx, true, out);
		return now + table->conf.retry_ns;
	}
	if ((neigh->flags & NEIGH_ASKED) == 0) {
		neigh->flags |= NEIGH_ASKED;
		neigh_ask(table, idx, false, out);
		return now + table->conf.retry_ns;
	}
	return neigh_fail(table, stats, idx, now, dead);
}

static ns_t incomplete_due(struct neigh_table *table, struct drop_stats *stats, u16 idx, ns_t now,
			   struct batch *out, struct batch *dead)
{
	struct neigh *neigh = neigh_at(table, idx);

	if (neigh->tries >= NEIGH_TRIES)
		return neigh_fail(table, stats, idx, now, dead);
	neigh->tries++;
	neigh_ask(table, idx, false, out);
	return now + table->conf.retry_ns;
}

void neigh_forget(struct neigh_table *table, u16 ifidx, ns_t now)
{
	for (u16 idx = 0; idx < table->conf.count; idx++) {
		struct neigh *neigh = neigh_at(table, idx);

		if (neigh->state == NEIGH_FREE || neigh->state == NEIGH_PERMANENT ||
		    neigh->out_if != ifidx || (neigh->flags & NEIGH_GROUP) != 0)
			continue;
		neigh->usable = false;
		neigh->flags &= (u16) ~(NEIGH_KNOWN | NEIGH_ASKED);
		if (neigh->queue_count == 0) {
			neigh_set_state(table, idx, NEIGH_IDLE);
			heap_set(&table->timers, idx, now + table->conf.idle_ns);
			continue;
		}
		neigh_set_state(table, idx, NEIGH_INCOMPLETE);
		neigh->tries = 0;
		heap_set(&table->timers, idx, now);
	}
}

/* Room for one message in out and for a whole queue in dead. */
static void neigh_due(struct neigh_table *table, struct drop_stats *stats, u16 idx, ns_t now,
		      struct batch *out, struct batch *dead)
{
	struct neigh *neigh = neigh_at(table, idx);
	ns_t again = NS_NEVER;

	switch ((enum neigh_state)neigh->state) {
	case NEIGH_IDLE:
		again = neigh->touched_ns + table->conf.idle_ns;
		if (again <= now) {
			neigh_del(table, idx);
			return;
		}
		break;
	case NEIGH_INCOMPLETE:
		again = incomplete_due(table, stats, idx, now, out, dead);
		break;
	case NEIGH_REACHABLE:
		again = reachable_due(table, idx, now, out);
		break;
	case NEIGH_PROBE:
		again = probe_due(table, stats, idx, now, out, dead);
		break;
	case NEIGH_FAILED:
		neigh_set_state(table, idx, NEIGH_IDLE);
		again = neigh->touched_ns + table->conf.idle_ns;
		break;
	case NEIGH_FREE:
	case NEIGH_PERMANENT:
	case NEIGH_STATE_COUNT:
		CHECK(neigh->state == NEIGH_IDLE);
		break;
	}
	heap_set(&table->timers, idx, again);
}

void neigh_tick(struct neigh_table *table, struct drop_stats *stats, ns_t now, struct batch *out,
		struct batch *dead)
{
	for (u32 done = 0; done < NEIGH_TICK_MAX; done++) {
		u32 timer = heap_due(&table->timers, now);

		if (timer == IDX_NONE || out->count == BATCH_MAX ||
		    dead->count + NEIGH_QUEUE_MAX > BATCH_MAX)
			return;
		if (timer < table->conf.count)
			neigh_due(table, stats, (u16)timer, now, out, dead);
		else
			neigh_own_due(table, timer - table->conf.count, now, out);
	}
}

ns_t neigh_next(const struct neigh_table *table)
{
	return heap_next(&table->timers);
}
