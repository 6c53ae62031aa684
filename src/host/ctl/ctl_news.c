/* News of flows, and events, as JSON. */
#include "host/ctl/ctl_news.h"

#include <event2/buffer.h>
#include <inttypes.h>

#include "core/wire/ip4.h"
#include "host/ctl/ctl_records.h"
#include "host/os/clock.h"

void ctl_put_news_begin(struct evbuffer *out)
{
	evbuffer_add_printf(out, "{\"version\":%d,\"events\":true}\n", CTL_VERSION);
}

/* What every line begins with. */
static void put_head(struct evbuffer *out, const char time[OS_STAMP_SIZE], const char *kind,
		     const char *what)
{
	evbuffer_add_printf(out, "{\"version\":%d,\"time\":\"%s\",\"event\":\"%s%s\",",
			    CTL_VERSION, time, kind, what);
}

/* The engine knows its own clock only. */
static void put_head_at(struct evbuffer *out, ns_t when, const char *kind, const char *what)
{
	char time[OS_STAMP_SIZE];

	os_stamp_at(when, time);
	put_head(out, time, kind, what);
}

/* ---- flows ----------------------------------------------------------------------------------- */

static void put_proto(struct evbuffer *out, u8 proto)
{
	evbuffer_add_printf(out, "\"proto\":\"%s\",", ctl_proto_text(proto).text);
}

void ctl_put_news(struct evbuffer *out, const struct sluice *s, const struct sluice_news *news)
{
	put_head_at(out, news->when_ns, news->kind, "");
	evbuffer_add_printf(out, "\"handle\":\"%016" PRIx64 "\",", news->handle);
	if (news->reason[0])
		evbuffer_add_printf(out, "\"reason\":\"%s\",", news->reason);
	put_proto(out, news->proto);
	ctl_put_zone_always(out, s, "zone", news->zone[0]);
	ctl_put_zone_always(out, s, "reply_zone", news->zone[1]);
	evbuffer_add_printf(out, "\"state\":\"%s\",\"answered\":%s,", news->state,
			    news->answered ? "true" : "false");
	ctl_put_tuples(out, news->proto, &news->orig, &news->repl);
	evbuffer_add_printf(
		out, "\"packets\":[%" PRIu64 ",%" PRIu64 "],\"bytes\":[%" PRIu64 ",%" PRIu64 "]}\n",
		news->packets[0], news->packets[1], news->bytes[0], news->bytes[1]);
}

/* ---- events ---------------------------------------------------------------------------------- */

static const char *const event_names[SLUICE_EVENT_KIND_COUNT] = {
	[SLUICE_EVENT_PORTS_OUT] = "ports-out",
	[SLUICE_EVENT_TABLE_FULL] = "table-full",
	[SLUICE_EVENT_MAPPINGS_FULL] = "mappings-full",
	[SLUICE_EVENT_ARP_CONFLICT] = "arp-conflict",
	[SLUICE_EVENT_NO_BACKEND] = "no-backend",
	[SLUICE_EVENT_SUBSCRIBER_LIMIT] = "subscriber-limit",
	[SLUICE_EVENT_FILLING] = "filling",
	[SLUICE_EVENT_FILTER] = "filter",
};

static void put_key_addr(struct evbuffer *out, const char *key, be32 addr)
{
	evbuffer_add_printf(out, "\"%s\":", key);
	ctl_put_addr(out, addr);
	evbuffer_add_printf(out, ",");
}

static void put_key_iface(struct evbuffer *out, const struct sluice *s, const char *key, u16 index)
{
	if (index >= sluice_ifaces(s)->count)
		return;
	evbuffer_add_printf(out, "\"%s\":", key);
	ctl_put_iface_name(out, sluice_ifaces(s), index);
	evbuffer_add_printf(out, ",");
}

static void put_zone_of_iface(struct evbuffer *out, const struct sluice *s, u16 index)
{
	if (index < sluice_ifaces(s)->count)
		ctl_put_zone_always(out, s, "zone", sluice_ifaces(s)->iface[index].conf.zone);
}

static void put_dest(struct evbuffer *out, const struct sluice_event *event)
{
	put_key_addr(out, "dst", event->dst);
	ctl_put_dport(out, event->proto, event->dport);
}

static void put_filling(struct evbuffer *out, const struct sluice_event *event)
{
	evbuffer_add_printf(out,
			    "\"what\":\"%s\",\"used\":%" PRIu64 ",\"limit\":%" PRIu64
			    ",\"percent\":%u,",
			    event->what, event->used, event->limit, event->percent);
	if (!event->public_addr.raw)
		return;
	put_proto(out, event->proto);
	put_key_addr(out, "public_addr", event->public_addr);
	if (event->dst.raw)
		put_dest(out, event);
}

static void put_filter(struct evbuffer *out, const struct sluice *s,
		       const struct sluice_event *event)
{
	static const char *const chains[] = { "input", "forward", "output" };
	static const char *const actions[] = { "accept", "drop", "reject" };

	evbuffer_add_printf(out, "\"chain\":\"%s\",\"rule\":%u,\"name\":", chains[event->chain],
			    event->rule);
	ctl_put_string(out, event->rule_name);
	evbuffer_add_printf(out, ",\"action\":\"%s\",", actions[event->action]);
	put_proto(out, event->proto);
	put_key_iface(out, s, "in", event->iface);
	put_zone_of_iface(out, s, event->iface);
	put_key_iface(out, s, "out", event->out_if);
	put_key_addr(out, "src", event->src);
	if (ip4_has_ports(event->proto))
		evbuffer_add_printf(out, "\"sport\":%u,", be16_host(event->sport));
	put_dest(out, event);
}

/* What a kind says besides holders and how often. */
static void put_about(struct evbuffer *out, const struct sluice *s,
		      const struct sluice_event *event)
{
	switch (event->kind) {
	case SLUICE_EVENT_PORTS_OUT:
		put_proto(out, event->proto);
		put_key_addr(out, "public_addr", event->public_addr);
		put_dest(out, event);
		return;
	case SLUICE_EVENT_ARP_CONFLICT:
		put_key_iface(out, s, "interface", event->iface);
		put_zone_of_iface(out, s, event->iface);
		put_key_addr(out, "addr", event->dst);
		return;
	case SLUICE_EVENT_NO_BACKEND:
		if (event->proto)
			put_proto(out, event->proto);
		put_dest(out, event);
		return;
	case SLUICE_EVENT_SUBSCRIBER_LIMIT:
		put_key_addr(out, "addr", event->dst);
		ctl_put_zone_always(out, s, "zone", event->zone);
		evbuffer_add_printf(out, "\"what\":\"%s\",", event->what);
		return;
	case SLUICE_EVENT_FILLING: put_filling(out, event); return;
	case SLUICE_EVENT_FILTER: put_filter(out, s, event); return;
	case SLUICE_EVENT_TABLE_FULL:
	case SLUICE_EVENT_MAPPINGS_FULL:
	case SLUICE_EVENT_IFACE: return;
	}
}

/* Addresses are those that it has now, which later events may be about. */
static void put_iface(struct evbuffer *out, const struct sluice *s,
		      const struct sluice_event *event)
{
	const struct iface_conf *conf = &sluice_ifaces(s)->iface[event->iface].conf;

	put_head_at(out, event->when_ns, "interface-", event->what);
	put_key_iface(out, s, "interface", event->iface);
	put_zone_of_iface(out, s, event->iface);
	evbuffer_add_printf(out, "\"side\":\"%s\",\"addresses\":[",
			    conf->side == IFACE_INSIDE ? "inside" : "outside");
	for (u32 i = 0; i < u32_min(conf->addr_count, IFACE_ADDR_MAX); i++)
		evbuffer_add_printf(out, "%s\"%s/%u\"", i ? "," : "",
				    ctl_addr_text(conf->addr[i].addr).text,
				    conf->addr[i].prefix_len);
	evbuffer_add_printf(out, "]}\n");
}

enum ctl_kind ctl_kind_of(const struct sluice_event *event)
{
	switch (event->kind) {
	case SLUICE_EVENT_IFACE: return CTL_KIND_INTERFACES;
	case SLUICE_EVENT_FILTER: return CTL_KIND_FILTER;
	default: return CTL_KIND_WARNINGS;
	}
}

void ctl_put_event(struct evbuffer *out, const struct sluice *s, const struct sluice_event *event)
{
	if (event->kind == SLUICE_EVENT_IFACE) {
		put_iface(out, s, event);
		return;
	}
	put_head_at(out, event->when_ns, event_names[event->kind], "");
	put_about(out, s, event);
	evbuffer_add_printf(out, "\"holders\":[");
	for (u32 i = 0; i < u32_min(event->holder_count, SLUICE_HOLDER_MAX); i++) {
		evbuffer_add_printf(out, "%s{\"addr\":", i ? "," : "");
		ctl_put_addr(out, event->holder[i].addr);
		evbuffer_add_printf(out, ",");
		ctl_put_zone_always(out, s, "zone", event->holder[i].zone);
		evbuffer_add_printf(out, "\"held\":%u}", event->holder[i].held);
	}
	evbuffer_add_printf(out, "],\"refused\":%" PRIu64 "}\n", event->refused);
}

void ctl_put_speaker(struct evbuffer *out, const struct sluice *s,
		     const struct speaker_event *event)
{
	static const char *const kinds[] = { [SPEAKER_UP] = "up",
					     [SPEAKER_DOWN] = "down",
					     [SPEAKER_WARNING] = "warning",
					     [SPEAKER_NOTE] = "note" };
	char addr[IP_TEXT_SIZE];

	put_head_at(out, event->at_ns, "routing-", kinds[event->kind]);
	evbuffer_add_printf(out, "\"protocol\":\"%s\",", route_source_name(event->source));
	if (event->neighbour.family != FAMILY_NONE) {
		ip_addr_print(&event->neighbour, addr, sizeof addr);
		evbuffer_add_printf(out, "\"neighbour\":\"%s\",", addr);
	}
	put_key_iface(out, s, "interface", event->iface);
	evbuffer_add_printf(out, "\"text\":");
	ctl_put_string(out, event->text);
	evbuffer_add_printf(out, "}\n");
}

void ctl_put_skipped(struct evbuffer *out, u64 count)
{
	char time[OS_STAMP_SIZE];

	os_stamp(time);
	put_head(out, time, "skipped", "");
	evbuffer_add_printf(out, "\"count\":%" PRIu64 "}\n", count);
}
