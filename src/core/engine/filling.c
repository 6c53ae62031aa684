/* Warnings before something is full.
 *
 * A look once a second, at ticks that flows bring anyway; fragments without a flow call for it
 * themselves. Ports are looked at some addresses at a time. A warning waits until the names of
 * those who hold most are found; until then the level stays as it was, so nothing is forgotten.  */
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

enum { LEVEL_COUNT = 2, SLACK_PERCENT = 10 };

static const u8 percents[LEVEL_COUNT] = { 70, 90 };

static const struct {
	const char *what;
	enum survey_kind holders; /* SURVEY_KIND_COUNT: it is nobody's */
} gauges[FILLING_GAUGE_COUNT] = {
	[FILLING_FLOWS] = { "flows", SURVEY_FLOWS },
	[FILLING_MAPPINGS] = { "mappings", SURVEY_PORTS },
	[FILLING_FRAGMENTS] = { "fragments", SURVEY_FRAGMENTS },
	[FILLING_PACKETS] = { "packets", SURVEY_KIND_COUNT },
	[FILLING_LARGE_PACKETS] = { "large packets", SURVEY_KIND_COUNT },
};

static u8 level_after(u8 level, u64 used, u64 limit)
{
	while (level < LEVEL_COUNT && used * 100 >= limit * percents[level])
		level++;
	while (level > 0 && used * 100 < limit * (percents[level - 1] - SLACK_PERCENT))
		level--;
	return level;
}

static bool may_warn(struct filling *filling, ns_t now)
{
	if (now - filling->since_ns >= EVENT_INTERVAL_S * NS_PER_SEC) {
		filling->since_ns = now;
		filling->event_count = 0;
	}
	return filling->event_count < FILLING_EVENTS;
}

/* One measure; event has what is known of it. False: the warning has to wait. */
static bool look(struct sluice *s, u8 *level, struct sluice_event *event, enum survey_kind holders)
{
	u8 after = level_after(*level, event->used, event->limit);

	if (event->limit == 0 || after <= *level) {
		*level = after;
		return true;
	}
	if (!may_warn(&s->filling, event->when_ns) || !engine_survey_is_fresh(s, event->when_ns))
		return false;
	event->percent = percents[after - 1];
	if (holders != SURVEY_KIND_COUNT)
		engine_survey_name(s, holders, event);
	*level = after;
	s->filling.event_count++;
	engine_event_add(s, event);
	return true;
}

static struct sluice_event event_of(const char *what, u64 used, u64 limit, ns_t now)
{
	return (struct sluice_event){ .kind = SLUICE_EVENT_FILLING,
				      .when_ns = now,
				      .what = what,
				      .used = used,
				      .limit = limit,
				      .iface = IFACE_NONE };
}

static void gauge_read(const struct sluice *s, enum filling_gauge gauge, u64 *used, u64 *limit)
{
	u32 class = gauge == FILLING_LARGE_PACKETS ? PKT_CLASS_LARGE : PKT_CLASS_SMALL;

	switch (gauge) {
	case FILLING_FLOWS:
		*used = s->ct.confirmed;
		*limit = s->ct.conf.flow_count;
		return;
	case FILLING_MAPPINGS:
		*used = s->nat.mapping.live;
		*limit = s->nat.mapping.cap;
		return;
	case FILLING_FRAGMENTS:
		*used = s->reass.frags.live;
		*limit = s->reass.frags.cap;
		return;
	case FILLING_PACKETS:
	case FILLING_LARGE_PACKETS:
		*used = s->pool.count[class] - s->pool.free_count[class];
		*limit = s->pool.count[class];
		return;
	case FILLING_GAUGE_COUNT: return;
	}
}

static bool look_at_gauges(struct sluice *s, ns_t now)
{
	bool done = true;

	for (u32 gauge = 0; gauge < FILLING_GAUGE_COUNT; gauge++) {
		struct sluice_event event;
		u64 used = 0, limit = 0;

		gauge_read(s, gauge, &used, &limit);
		event = event_of(gauges[gauge].what, used, limit, now);
		done &= look(s, &s->filling.level[gauge], &event, gauges[gauge].holders);
	}
	return done;
}

/* Ports that a mapping may have, the low ones for low inside ports left out. */
static u32 ports_size(const struct nat_ports *ports)
{
	u32 first = u32_max(ports->first, ports->spare_first);
	u32 last = u32_min(ports->last, ports->spare_last);
	u32 size = (u32)(ports->last - ports->first) + 1;

	return ports->spare_first != 0 && first <= last ? size - (last - first + 1) : size;
}

static bool look_at_space(struct sluice *s, u32 at, ns_t now)
{
	static const u8 protos[NAT_PROTO_COUNT] = {
		[NAT_PROTO_TCP] = IP_PROTO_TCP,
		[NAT_PROTO_UDP] = IP_PROTO_UDP,
		[NAT_PROTO_ICMP] = IP_PROTO_ICMP,
		[NAT_PROTO_OTHER] = IP_PROTO_SCTP,
	};
	const struct nat_address *address = &s->nat.address[at / NAT_PROTO_COUNT];
	u8 proto = protos[at % NAT_PROTO_COUNT];
	struct nat_space *space = &address->space[at % NAT_PROTO_COUNT];
	struct nat_ports ports = nat_ports_for(address, proto, NAT_HIGH_FIRST);
	struct sluice_event event = event_of("ports", space->mapped_count, ports_size(&ports), now);

	event.public_addr = address->addr;
	event.proto = proto;
	return look(s, &space->level, &event, SURVEY_PORTS);
}

static bool look_at_dest(struct sluice *s, u32 at, ns_t now)
{
	struct nat_dest *dest = slab_at(&s->nat.dest, at);
	const struct nat_address *address;
	struct sluice_event event;
	struct nat_ports ports;

	if (!slab_is_live(&s->nat.dest, at))
		return true;
	address = &s->nat.address[dest->address];
	ports = nat_ports_for(address, dest->proto, NAT_HIGH_FIRST);
	event = event_of("ports", dest->used_count, ports_size(&ports), now);
	/* To count those of its range costs as much as to choose one: only where it may matter. */
	if (level_after(0, event.used, event.limit) > 0)
		event.used = nat_dest_used(&s->nat, dest);
	event.public_addr = address->addr;
	event.proto = dest->proto;
	event.dst = dest->dst;
	event.dport = dest->dport;
	return look(s, &dest->level, &event, SURVEY_PORTS);
}

static bool look_at_ports(struct sluice *s, ns_t now)
{
	u32 spaces = s->nat.address_count * NAT_PROTO_COUNT;
	struct filling *filling = &s->filling;

	for (u32 step = 0; step < u32_min(FILLING_LOOKS, spaces); step++) {
		filling->space_at %= spaces;
		if (!look_at_space(s, filling->space_at, now))
			return false;
		filling->space_at++;
	}
	for (u32 step = 0; step < u32_min(FILLING_LOOKS, s->nat.dest.cap); step++) {
		filling->dest_at %= s->nat.dest.cap;
		if (!look_at_dest(s, filling->dest_at, now))
			return false;
		filling->dest_at++;
	}
	return true;
}

void engine_filling_tick(struct sluice *s, ns_t now)
{
	if (now < s->filling.next_ns)
		return;
	(void)(look_at_gauges(s, now) && look_at_ports(s, now));
	/* What waits for names goes on when they are found; what was one too many, later. */
	if (!s->survey.running)
		s->filling.next_ns = now + NS_PER_SEC;
}
