/* How flows end by time.
 *
 * Answered flows: a wheel of slots of about a second. A packet only writes seen_ms; when the slot
 * comes up, a flow that was seen since is hung where its time-out would end now. So a flow that
 * lives is touched once per time-out, and one that is silent ends in the slot after its time. A
 * time-out beyond the wheel's reach takes several turns. When time-outs become shorter, the wheel
 * turns once, to find what hangs too far ahead.
 *
 * Never-answered flows: one list per time-out class, in the order of the slots in which they were
 * last seen. The first packet of a flow in a slot moves it to the end, later ones do not, so a flow
 * that repeats itself costs one move a second and hides nobody behind it.                        */
#include "core/ct/expire.h"
#include "core/wire/ip4.h"

/* Slots are counted as the upper bits of a millisecond clock that wraps. */
#define SLOT_MASK (UINT32_MAX >> CT_SLOT_SHIFT)
#define SLOT_MS_MASK ((1u << CT_SLOT_SHIFT) - 1)

static u32 head_of_slot(const struct ct *ct, u32 slot)
{
	return ct->conf.flow_count + slot % CT_WHEEL_SLOTS;
}

static u32 head_of_class(const struct ct *ct, enum ct_timeout class)
{
	return ct->conf.flow_count + CT_WHEEL_SLOTS + class;
}

void ct_lists_init(struct ct *ct, ns_t now)
{
	for (u32 head = ct->conf.flow_count; head < ct->conf.flow_count + CT_HEADS; head++) {
		ct->flow[head].next = head;
		ct->flow[head].prev = head;
	}
	ct->wheel_slot = ct_ms(now) >> CT_SLOT_SHIFT;
}

static void list_append(struct ct *ct, u32 head, u32 idx)
{
	u32 last = ct->flow[head].prev;

	ct->flow[idx].next = head;
	ct->flow[idx].prev = last;
	ct->flow[last].next = idx;
	ct->flow[head].prev = idx;
}

static void list_remove(struct ct *ct, u32 idx)
{
	struct flow *flow = &ct->flow[idx];

	ct->flow[flow->prev].next = flow->next;
	ct->flow[flow->next].prev = flow->prev;
	flow->next = flow->prev = IDX_NONE;
}

static u32 probes_of(const struct ct *ct, u32 idx)
{
	return (ct->more[idx].window[TUPLE_ORIG].flags & WINDOW_PROBES) / WINDOW_PROBE;
}

/* After which silence the sweep has to look at an answered flow. */
static u32 flow_due_ms(const struct ct *ct, u32 idx)
{
	const struct flow *flow = &ct->flow[idx];
	u32 steps = flow_is_probed(ct, flow) ? probes_of(ct, idx) : 0;

	return flow_timeout_ms(ct, flow) + steps * CT_PROBE_STEP_MS;
}

/* Into the slot in which its time-out ends: the sweep comes there when that slot is over. Slots are
 * counted from where the sweep stands, which may lag behind the clock. NOINLINE: a new flow, which
 * is hung elsewhere, must not pay for its registers.                                             */
static NOINLINE void wheel_append(struct ct *ct, u32 idx, u32 now_ms)
{
	const struct flow *flow = &ct->flow[idx];
	u32 silent_ms = now_ms - flow->seen_ms;
	u32 due_ms = flow_due_ms(ct, idx);
	u32 left_ms = silent_ms < due_ms ? due_ms - silent_ms : 0;
	u32 lag = ((now_ms >> CT_SLOT_SHIFT) - ct->wheel_slot) & SLOT_MASK;
	u32 until = ((now_ms & SLOT_MS_MASK) + left_ms) >> CT_SLOT_SHIFT;
	u32 ahead = u32_min(u32_min(lag, CT_WHEEL_SLOTS) + until, CT_WHEEL_SLOTS - 1);

	list_append(ct, head_of_slot(ct, ct->wheel_slot + ahead), idx);
	ct->wheel_count++;
}

void ct_link(struct ct *ct, u32 idx, u32 now_ms)
{
	struct flow *flow = &ct->flow[idx];

	if ((flow->flags & FLOW_ANSWERED) != 0) {
		wheel_append(ct, idx, now_ms);
		return;
	}
	flow->flags |= FLOW_EMBRYO;
	list_append(ct, head_of_class(ct, flow_timeout_class(flow->state)), idx);
	ct->embryo_count++;
}

void ct_unlink(struct ct *ct, u32 idx)
{
	struct flow *flow = &ct->flow[idx];

	if ((flow->flags & FLOW_EMBRYO) != 0) {
		flow->flags &= (u16)~FLOW_EMBRYO;
		ct->embryo_count--;
	} else {
		ct->wheel_count--;
	}
	list_remove(ct, idx);
}

void ct_relink(struct ct *ct, u32 idx, u32 now_ms)
{
	ct_unlink(ct, idx);
	ct_link(ct, idx, now_ms);
}

bool ct_make_room(struct ct *ct, ns_t now)
{
	u32 oldest = IDX_NONE;
	u32 oldest_ms = 0;

	ct_tick(ct, now);
	if (ct->ended_head != IDX_NONE)
		return true;
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++) {
		u32 head = head_of_class(ct, class);
		u32 idx = ct->flow[head].next;
		u32 silent_ms;

		if (idx == head)
			continue;
		silent_ms = ct_ms(now) - ct->flow[idx].seen_ms;
		if (oldest == IDX_NONE || silent_ms > oldest_ms) {
			oldest = idx;
			oldest_ms = silent_ms;
		}
	}
	if (oldest == IDX_NONE)
		return false;
	ct->stats.taken++;
	ct_end_for(ct, oldest, CT_END_TAKEN);
	return true;
}

static bool flow_silent(const struct ct *ct, const struct flow *flow, u32 now_ms)
{
	return now_ms - flow->seen_ms >= flow_lasts_ms(ct, flow);
}

/* The flow is to be asked, if its time is over and there is room for a question. */
static void probe_consider(struct ct *ct, u32 idx, u32 now_ms)
{
	struct flow_window *counting = &ct->more[idx].window[TUPLE_ORIG];
	u32 silent_ms = now_ms - ct->flow[idx].seen_ms;
	u32 timeout_ms = flow_timeout_ms(ct, &ct->flow[idx]);
	u32 probes = probes_of(ct, idx);

	/* The last one was sent after a longer silence: something came since. With a time-out
	 * shorter than a step that may show only at the next probe.                              */
	if (probes > 0 && silent_ms < timeout_ms + (probes - 1) * CT_PROBE_STEP_MS) {
		ct->stats.probes_answered++;
		counting->flags &= (u8)~WINDOW_PROBES;
	}
	if (silent_ms < flow_due_ms(ct, idx))
		return;
	if (ct->probe_slot != now_ms >> CT_SLOT_SHIFT) {
		ct->probe_slot = now_ms >> CT_SLOT_SHIFT;
		ct->probe_spent = 0;
	}
	if (ct->probe_count == CT_PROBES_TICK || ct->probe_spent == CT_PROBES_SLOT)
		return;
	ct->probe[ct->probe_count++] = idx;
	ct->probe_spent++;
	counting->flags += WINDOW_PROBE;
}

u32 ct_probe_next(struct ct *ct, ns_t now)
{
	while (ct->probe_count > 0) {
		u32 idx = ct->probe[--ct->probe_count];
		const struct flow *flow = &ct->flow[idx];

		/* It may have ended meanwhile, to make room. */
		if (flow_is_confirmed(flow) && flow_is_probed(ct, flow) &&
		    ct_ms(now) - flow->seen_ms >= flow_timeout_ms(ct, flow))
			return idx;
	}
	return IDX_NONE;
}

static void sweep_end(struct ct *ct, u32 idx)
{
	ct->stats.probes_missed += flow_is_probed(ct, &ct->flow[idx]) && probes_of(ct, idx) == 0;
	ct->stats.expired++;
	ct_end_for(ct, idx, CT_END_EXPIRED);
}

static u32 sweep_embryos(struct ct *ct, u32 now_ms, u32 budget)
{
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++) {
		u32 head = head_of_class(ct, class);

		while (budget > 0 && ct->flow[head].next != head &&
		       flow_silent(ct, &ct->flow[ct->flow[head].next], now_ms)) {
			sweep_end(ct, ct->flow[head].next);
			budget--;
		}
	}
	return budget;
}

void ct_sweep_again(struct ct *ct)
{
	ct->wheel_slot = (ct->wheel_slot - CT_WHEEL_SLOTS) & SLOT_MASK;
}

void ct_tick(struct ct *ct, ns_t now)
{
	u32 now_ms = ct_ms(now);
	u32 now_slot = now_ms >> CT_SLOT_SHIFT;
	u32 budget = sweep_embryos(ct, now_ms, CT_SWEEP_MAX);
	u32 lag = (now_slot - ct->wheel_slot) & SLOT_MASK;

	/* A clock that jumped by more than a turn: one turn looks at every flow. */
	if (lag > CT_WHEEL_SLOTS)
		ct->wheel_slot = (now_slot - CT_WHEEL_SLOTS) & SLOT_MASK;
	while (budget > 0 && ct->wheel_slot != now_slot) {
		u32 head = head_of_slot(ct, ct->wheel_slot);
		u32 idx = ct->flow[head].next;

		if (idx == head) {
			ct->wheel_slot = (ct->wheel_slot + 1) & SLOT_MASK;
			continue;
		}
		budget--;
		if (flow_silent(ct, &ct->flow[idx], now_ms)) {
			sweep_end(ct, idx);
			continue;
		}
		if (flow_is_probed(ct, &ct->flow[idx]))
			probe_consider(ct, idx, now_ms);
		ct_relink(ct, idx, now_ms);
	}
}

/* A tick looks at a bounded number of flows; what it left over is due at once. */
static bool sweep_is_behind(const struct ct *ct, u32 now_ms)
{
	if (ct->wheel_slot != now_ms >> CT_SLOT_SHIFT)
		return true;
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++) {
		u32 head = head_of_class(ct, class);
		u32 idx = ct->flow[head].next;

		if (idx != head && flow_silent(ct, &ct->flow[idx], now_ms))
			return true;
	}
	return false;
}

ns_t ct_next(const struct ct *ct, ns_t now)
{
	if (ct->confirmed == 0)
		return NS_NEVER;
	if (sweep_is_behind(ct, ct_ms(now)))
		return now;
	return (now / NS_PER_MS + 1000) * NS_PER_MS;
}

enum flow_state flow_first_state(u8 proto)
{
	switch (proto) {
	case IP_PROTO_TCP: return FLOW_TCP_NONE;
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE: return FLOW_UDP_NEW;
	case IP_PROTO_ICMP: return FLOW_ICMP_NEW;
	case IP_PROTO_SCTP: return FLOW_SCTP_NONE;
	case IP_PROTO_DCCP: return FLOW_DCCP_NONE;
	default: return FLOW_GENERIC_NEW;
	}
}

static void list_check(const struct ct *ct, u32 head, u32 *count)
{
	u32 steps = 0;

	for (u32 idx = ct->flow[head].next; idx != head; idx = ct->flow[idx].next) {
		CHECK(idx < ct->conf.flow_count);
		CHECK(flow_is_confirmed(&ct->flow[idx]));
		CHECK(ct->flow[ct->flow[idx].prev].next == idx);
		CHECK(++steps <= ct->conf.flow_count);
		(*count)++;
	}
}

void ct_lists_check(const struct ct *ct)
{
	u32 wheel = 0, embryos = 0;

	for (u32 slot = 0; slot < CT_WHEEL_SLOTS; slot++)
		list_check(ct, head_of_slot(ct, slot), &wheel);
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++)
		list_check(ct, head_of_class(ct, class), &embryos);
	CHECK(wheel == ct->wheel_count);
	CHECK(embryos == ct->embryo_count);
	CHECK(wheel + embryos == ct->confirmed);
}
