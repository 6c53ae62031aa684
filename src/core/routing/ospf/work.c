/* What is done once, at the end of a call, and when its time has come. */
#include "core/routing/ospf/ospf_part.h"

/* RFC 8405 section 5.1, in ms. */
enum { LEARN_MS = 500, HOLD_DOWN_MS = 10000 };
enum { LEVEL_QUIET, LEVEL_SHORT, LEVEL_LONG };
enum { ROUNDS_MAX = 4 /* of work that follows from work */ };

void ospf_work_at(struct ospf *o, enum ospf_work work, ns_t when)
{
	o->due[work] = u64_min(o->due[work], when);
}

/* RFC 8405 section 5.1: the first event of a quiet network waits shortly, those that follow while
 * it settles a little longer, and where that takes long, long.                                   */
void ospf_spf_wanted(struct ospf *o, ns_t now)
{
	u32 wait_ms = o->conf.spf_long_ms;

	if (o->spf_level == LEVEL_QUIET || now - o->spf_last_ns > HOLD_DOWN_MS * NS_PER_MS) {
		o->spf_level = LEVEL_SHORT;
		o->spf_first_ns = now;
		wait_ms = o->conf.spf_initial_ms;
	} else if (now - o->spf_first_ns > LEARN_MS * NS_PER_MS) {
		o->spf_level = LEVEL_LONG;
	} else {
		wait_ms = o->conf.spf_short_ms;
	}
	o->spf_last_ns = now;
	if (o->due[OSPF_WORK_SPF] == NS_NEVER)
		o->due[OSPF_WORK_SPF] = now + wait_ms * NS_PER_MS;
}

void ospf_iface_timer(struct ospf *o, u32 iface, enum ospf_timer timer, ns_t when)
{
	heap_set(&o->iface_heap, iface * OSPF_IFACE_TIMERS + timer, when);
}

void ospf_nbr_timer(struct ospf *o, u32 nbr, enum ospf_nbr_timer timer, ns_t when)
{
	heap_set(&o->nbr_heap, nbr * OSPF_NBR_TIMERS + timer, when);
}

void ospf_clock(struct ospf *o, ns_t now)
{
	o->auth_seq = o->env.auth_seq + (u32)((now - o->start_ns) / NS_PER_SEC);
}

/* ---- at the end of a call -------------------------------------------------------------------- */

static void settle_ifaces(struct ospf *o, ns_t now)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		u8 news = o->iface[at].news;

		o->iface[at].news = 0;
		if (news == 0 || o->iface[at].state == OSPF_IFACE_DOWN)
			continue;
		if ((news & OSPF_NEWS_BACKUP_SEEN) != 0)
			ospf_iface_event(o, at, OSPF_IE_BACKUP_SEEN, now);
		if ((news & OSPF_NEWS_NBR_CHANGE) != 0)
			ospf_iface_event(o, at, OSPF_IE_NBR_CHANGE, now);
	}
}

static void settle_nbrs(struct ospf *o, ns_t now)
{
	if (!o->nbr_news)
		return;
	o->nbr_news = false;
	for (u32 at = 0; at < o->conf.nbr_limit; at++) {
		if (!slab_is_live(&o->nbrs, at))
			continue;
		if (ospf_nbr_at(o, at)->overrun) {
			ospf_nbr_at(o, at)->overrun = false;
			if (ospf_nbr_at(o, at)->state >= OSPF_NBR_EXCHANGE)
				ospf_nbr_event(o, at, OSPF_NE_SEQ_MISMATCH, now);
		}
		ospf_req_settle(o, at, now);
	}
}

static bool take_due(struct ospf *o, enum ospf_work work, ns_t now)
{
	if (o->due[work] > now)
		return false;
	o->due[work] = NS_NEVER;
	return true;
}

static bool do_due(struct ospf *o, ns_t now)
{
	bool some = false;

	if (take_due(o, OSPF_WORK_LINKS, now)) {
		ospf_origin_links(o, now);
		some = true;
	}
	if (take_due(o, OSPF_WORK_SPF, now)) {
		ospf_spf_run(o, now);
		some = true;
	}
	if (take_due(o, OSPF_WORK_SUMMARY, now)) {
		ospf_origin_summaries(o, now);
		some = true;
	}
	if (take_due(o, OSPF_WORK_EXT, now)) {
		ospf_origin_externals(o, now);
		some = true;
	}
	return some;
}

void ospf_work(struct ospf *o, ns_t now)
{
	for (u32 round = 0; round < ROUNDS_MAX; round++) {
		settle_nbrs(o, now);
		settle_ifaces(o, now);
		if (o->purge)
			ospf_lsa_purge(o, now);
		if (!do_due(o, now))
			break;
	}
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].flood_count > 0)
			ospf_flood_send(o, at, now);
	}
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void iface_timer_fires(struct ospf *o, u32 id, ns_t now)
{
	u32 iface = id / OSPF_IFACE_TIMERS;

	switch (id % OSPF_IFACE_TIMERS) {
	case OSPF_TIMER_HELLO:
		ospf_iface_timer(o, iface, OSPF_TIMER_HELLO,
				 now + o->iface[iface].conf.hello_s * NS_PER_SEC);
		ospf_hello_send(o, iface, false);
		break;
	case OSPF_TIMER_WAIT:
		ospf_iface_timer(o, iface, OSPF_TIMER_WAIT, NS_NEVER);
		ospf_iface_event(o, iface, OSPF_IE_WAIT_TIMER, now);
		break;
	default: ospf_ack_flush(o, iface); break;
	}
}

static void nbr_timer_fires(struct ospf *o, u32 id, ns_t now)
{
	u32 nbr = id / OSPF_NBR_TIMERS;
	ns_t again = now + o->iface[ospf_nbr_at(o, nbr)->iface].conf.rxmt_s * NS_PER_SEC;

	switch (id % OSPF_NBR_TIMERS) {
	case OSPF_TIMER_DEAD: ospf_nbr_event(o, nbr, OSPF_NE_INACTIVE, now); break;
	case OSPF_TIMER_DD:
		ospf_nbr_timer(o, nbr, OSPF_TIMER_DD, again);
		ospf_dd_resend(o, nbr);
		break;
	case OSPF_TIMER_REQ:
		ospf_nbr_timer(o, nbr, OSPF_TIMER_REQ, again);
		ospf_req_send(o, nbr, true, now);
		break;
	default: ospf_rxmt_send(o, nbr, now); break;
	}
}

void ospf_tick(struct ospf *o, ns_t now)
{
	u32 id;

	if (o->stopped)
		return;
	ospf_clock(o, now);
	/* Each of them is set to a later time, or stopped, by what it does. */
	for (u32 left = o->iface_heap.cap; left > 0; left--) {
		if ((id = heap_due(&o->iface_heap, now)) == IDX_NONE)
			break;
		iface_timer_fires(o, id, now);
	}
	for (u32 left = o->nbr_heap.cap; left > 0; left--) {
		if ((id = heap_due(&o->nbr_heap, now)) == IDX_NONE)
			break;
		nbr_timer_fires(o, id, now);
	}
	for (u32 left = o->lsa_heap.cap; left > 0; left--) {
		if ((id = heap_due(&o->lsa_heap, now)) == IDX_NONE)
			break;
		ospf_lsa_old(o, id, now);
	}
	if (o->stub_until != NS_NEVER && o->stub_until <= now) {
		o->stub_until = NS_NEVER;
		ospf_work_at(o, OSPF_WORK_LINKS, now);
	}
	ospf_export_read(o, now);
	ospf_work(o, now);
}

ns_t ospf_next(const struct ospf *o)
{
	ns_t next = u64_min(heap_next(&o->iface_heap), heap_next(&o->nbr_heap));

	if (o->stopped)
		return NS_NEVER;
	next = u64_min(next, heap_next(&o->lsa_heap));
	next = u64_min(next, o->stub_until);
	for (u32 work = 0; work < OSPF_WORKS; work++)
		next = u64_min(next, o->due[work]);
	return next;
}
