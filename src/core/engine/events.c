/* What somebody should hear of. Changes of interfaces are told each by each; of what traffic can
 * bring about, at most one event of a kind in EVENT_INTERVAL_S, each saying how often it happened
 * since the last one. A report about ports names those who hold most of them:
 * they are counted over several ticks, a piece at a time, so that no packet waits for it.        */
#include "core/engine/engine.h"

void engine_event_add(struct sluice *s, const struct sluice_event *event)
{
	if (s->event_count == EVENT_MAX) {
		s->event_head = (s->event_head + 1) % EVENT_MAX;
		s->event_count--;
		s->events_lost++;
	}
	s->event[(s->event_head + s->event_count++) % EVENT_MAX] = *event;
}

bool sluice_event_next(struct sluice *s, struct sluice_event *out)
{
	if (s->event_count == 0)
		return engine_filter_event(s, out);
	*out = s->event[s->event_head];
	s->event_head = (s->event_head + 1) % EVENT_MAX;
	s->event_count--;
	return true;
}

u64 sluice_events_lost(const struct sluice *s)
{
	return s->events_lost;
}

void engine_iface_event(struct sluice *s, u16 iface, const char *what)
{
	engine_event_add(s, &(struct sluice_event){ .kind = SLUICE_EVENT_IFACE,
						    .when_ns = s->now,
						    .what = what,
						    .iface = iface });
}

/* What an event of a kind says besides how often. */
static void limit_fill(const struct sluice *s, struct sluice_event *event)
{
	const struct balance *balance = &s->nat.balance;
	const struct subscriber_stats *subscribers = &s->subscribers.stats;

	switch (event->kind) {
	case SLUICE_EVENT_ARP_CONFLICT:
		event->iface = s->neigh.stats.conflict_if;
		event->dst = s->neigh.stats.conflict_addr;
		return;
	case SLUICE_EVENT_NO_BACKEND:
		event->proto = balance->service[balance->refused_service].conf.proto;
		event->dst = balance->service[balance->refused_service].addr;
		event->dport = be16_of(
			balance->service[balance->refused_service].conf.port_first);
		return;
	case SLUICE_EVENT_SUBSCRIBER_LIMIT:
		event->dst = subscribers->last_addr;
		event->zone = subscribers->last_zone;
		event->what = subscriber_refusal_name(subscribers->last);
		engine_survey_name(s, SURVEY_FLOWS, event);
		return;
	case SLUICE_EVENT_MAPPINGS_FULL: engine_survey_name(s, SURVEY_PORTS, event); return;
	case SLUICE_EVENT_TABLE_FULL: engine_survey_name(s, SURVEY_FLOWS, event); return;
	case SLUICE_EVENT_PORTS_OUT:
	case SLUICE_EVENT_FILLING:
	case SLUICE_EVENT_FILTER:
	case SLUICE_EVENT_IFACE: return;
	}
}

/* An event of a kind whose occurrences are counted elsewhere. */
static void limit_tick(struct sluice *s, struct event_limit *limit, enum sluice_event_kind kind,
		       u64 count, ns_t now)
{
	struct sluice_event event = { .kind = kind, .when_ns = now, .iface = IFACE_NONE };

	if (count == limit->reported || now < limit->next_ns)
		return;
	if (kind != SLUICE_EVENT_ARP_CONFLICT && kind != SLUICE_EVENT_NO_BACKEND &&
	    !engine_survey_is_fresh(s, now))
		return;
	limit_fill(s, &event);
	event.refused = count - limit->reported;
	limit->reported = count;
	limit->next_ns = now + EVENT_INTERVAL_S * NS_PER_SEC;
	engine_event_add(s, &event);
}

static void report_begin(struct sluice *s, ns_t now)
{
	struct report *report = &s->report;

	if (report->running || !s->nat.refusal.fresh || now < report->next_ns)
		return;
	report->running = true;
	report->port = 0;
	report->holder_count = 0;
	report->about = s->nat.refusal;
	s->nat.refusal.fresh = false;
}

static bool is_holder(const struct sluice_holder *holder, be32 addr, u8 zone)
{
	return be32_eq(holder->addr, addr) && holder->zone == zone;
}

static void report_note(struct report *report, be32 addr, u8 zone)
{
	u32 at = 0;

	while (at < report->holder_count && !is_holder(&report->holder[at], addr, zone))
		at++;
	if (at == REPORT_HOLDERS) {
		/* The frequent ones survive: every stranger costs each of the known one count. */
		for (at = 0; at < REPORT_HOLDERS; at++)
			report->holder[at].held -= report->holder[at].held > 0;
		for (at = 0; at < REPORT_HOLDERS && report->holder[at].held > 0; at++)
			;
		if (at == REPORT_HOLDERS)
			return;
		report->holder[at] = (struct sluice_holder){ addr, zone, 0 };
	} else if (at == report->holder_count) {
		report->holder[report->holder_count++] = (struct sluice_holder){ addr, zone, 0 };
	}
	report->holder[at].held++;
}

/* Who holds this port to the destination: a flow, or a mapping. */
static void report_port(const struct sluice *s, struct report *report, u16 port)
{
	const struct nat_refusal *about = &report->about;
	struct tuple_key key = { { about->dst, s->nat.address[about->address].addr, about->dport,
				   be16_of(port) },
				 about->proto, about->zone };
	u32 ref = ct_peek(&s->ct, &key);
	const struct nat_mapping_rec *mapping;
	u32 idx;

	if (ref != IDX_NONE && (ref & 1) == TUPLE_REPLY) {
		const struct flow *flow = &s->ct.flow[ref >> 1];

		report_note(report, flow->orig.src, flow->zone[TUPLE_ORIG]);
		return;
	}
	idx = nat_mapping_by_public(&s->nat, about->address, port, about->proto);
	if (idx == IDX_NONE)
		return;
	mapping = nat_mapping_at(&s->nat, idx);
	report_note(report, mapping->inside_addr, mapping->zone);
}

static void report_end(struct sluice *s, ns_t now)
{
	struct report *report = &s->report;
	struct sluice_event event = {
		.kind = SLUICE_EVENT_PORTS_OUT,
		.when_ns = now,
		.refused = s->nat.refusal.count - report->reported,
		.proto = report->about.proto,
		.public_addr = s->nat.address[report->about.address].addr,
		.dst = report->about.dst,
		.dport = report->about.dport,
		.iface = IFACE_NONE,
	};

	while (event.holder_count < SLUICE_HOLDER_MAX) {
		u32 best = 0;

		for (u32 at = 1; at < report->holder_count; at++)
			best = report->holder[at].held > report->holder[best].held ? at : best;
		if (report->holder_count == 0 || report->holder[best].held == 0)
			break;
		event.holder[event.holder_count++] = report->holder[best];
		report->holder[best].held = 0;
	}
	report->reported = s->nat.refusal.count;
	report->running = false;
	report->next_ns = now + EVENT_INTERVAL_S * NS_PER_SEC;
	s->nat.refusal.fresh = false;
	engine_event_add(s, &event);
}

void engine_events_tick(struct sluice *s, ns_t now)
{
	engine_survey_tick(s, now);
	limit_tick(s, &s->table_full, SLUICE_EVENT_TABLE_FULL, s->ct.stats.refused, now);
	limit_tick(s, &s->mappings_full, SLUICE_EVENT_MAPPINGS_FULL, s->nat.stats.no_mapping, now);
	limit_tick(s, &s->conflicts, SLUICE_EVENT_ARP_CONFLICT, s->neigh.stats.conflicts, now);
	limit_tick(s, &s->no_backend, SLUICE_EVENT_NO_BACKEND, s->nat.balance.refused, now);
	limit_tick(s, &s->subscriber_limit, SLUICE_EVENT_SUBSCRIBER_LIMIT,
		   s->subscribers.stats.refused_sum, now);
	engine_filling_tick(s, now);
	report_begin(s, now);
	if (!s->report.running)
		return;
	for (u32 step = 0; step < REPORT_PORTS && s->report.port < 65536; step++)
		report_port(s, &s->report, (u16)s->report.port++);
	if (s->report.port == 65536)
		report_end(s, now);
}

static ns_t limit_next(const struct event_limit *limit, u64 count)
{
	return count == limit->reported ? NS_NEVER : limit->next_ns;
}

ns_t engine_events_next(const struct sluice *s)
{
	ns_t next = limit_next(&s->table_full, s->ct.stats.refused);

	if (s->report.running || s->survey.running)
		return s->now;
	next = u64_min(next, limit_next(&s->mappings_full, s->nat.stats.no_mapping));
	next = u64_min(next, limit_next(&s->conflicts, s->neigh.stats.conflicts));
	next = u64_min(next, limit_next(&s->no_backend, s->nat.balance.refused));
	next = u64_min(next, limit_next(&s->subscriber_limit, s->subscribers.stats.refused_sum));
	if (s->reass.frags.live > 0)
		next = u64_min(next, s->filling.next_ns);
	if (s->nat.refusal.fresh)
		next = u64_min(next, s->report.next_ns);
	return next > s->now ? next : s->now;
}
