/* Explain and flush as JSON. */
#include "host/ctl/ctl_act.h"

#include <event2/buffer.h>
#include <event2/util.h>
#include <inttypes.h>

#include "core/wire/ip4.h"
#include "host/ctl/ctl_answer.h"
#include "host/ctl/ctl_records.h"

/* ---- flush ----------------------------------------------------------------------------------- */

bool ctl_flush_step(struct ctl_flush *flush, struct sluice *s, const struct ctl_request *request,
		    ns_t now, struct evbuffer *out)
{
	struct sluice_flow_filter filter = ctl_request_filter(request);

	flush->ended += sluice_flush_flows(s, &filter, now, &flush->cursor);
	if (flush->cursor != SLUICE_CURSOR_END)
		return true;
	evbuffer_add_printf(out, "{\"version\":%d,\"flushed\":%" PRIu64 "}\n", CTL_VERSION,
			    flush->ended);
	return false;
}

/* ---- explain --------------------------------------------------------------------------------- */

static void put_value(struct evbuffer *out, const struct sluice *s, const struct trace_value *value)
{
	ctl_put_string(out, value->name);
	evbuffer_add_printf(out, ":");
	switch (value->kind) {
	case TRACE_NUMBER: evbuffer_add_printf(out, "%" PRIu64, value->number); return;
	case TRACE_DRAWN:
		evbuffer_add_printf(out, "%" PRIu64 ",\"random\":true", value->number);
		return;
	case TRACE_ADDR: ctl_put_addr(out, (be32){ (u32)value->number }); return;
	case TRACE_IFACE: ctl_put_iface_name(out, sluice_ifaces(s), value->number); return;
	case TRACE_TEXT: ctl_put_string(out, value->text); return;
	case TRACE_FLAGS:
		ctl_put_flags(out, (u8)value->number, (u8)value->number);
		return;
	case TRACE_NOTHING: return;
	}
}

static void put_step(struct evbuffer *out, const struct sluice *s, const struct trace_step *step)
{
	bool first = true;

	evbuffer_add_printf(out,
			    "{\"station\":\"%s\",\"what\":", trace_station_name(step->station));
	ctl_put_string(out, step->what);
	evbuffer_add_printf(out, ",\"sentence\":");
	ctl_put_string(out, step->sentence);
	evbuffer_add_printf(out, ",\"values\":{");
	for (u32 i = 0; i < TRACE_VALUES; i++) {
		if (step->value[i].kind == TRACE_NOTHING)
			continue;
		if (!first)
			evbuffer_add_printf(out, ",");
		first = false;
		put_value(out, s, &step->value[i]);
	}
	evbuffer_add_printf(out, "}}");
}

/* What of a packet a person wants to see: who to whom. */
static void put_sent(struct evbuffer *out, const struct sluice *s, const struct sluice_sent *sent)
{
	const struct ip4_hdr *ip = (const void *)sent->head;
	u32 hlen;

	evbuffer_add_printf(out, "{\"out\":");
	ctl_put_iface_name(out, sluice_ifaces(s), sent->out_if);
	evbuffer_add_printf(out, ",\"kind\":\"%s\",\"made_here\":%s,\"len\":%u",
			    sent->ip ? "ip" : "arp", sent->made_here ? "true" : "false", sent->len);
	if (sent->ip && sent->head_len >= IP4_HLEN_MIN) {
		hlen = ip4_hlen(ip);
		evbuffer_add_printf(out, ",\"src\":");
		ctl_put_addr(out, ip->src);
		evbuffer_add_printf(out, ",\"dst\":");
		ctl_put_addr(out, ip->dst);
		evbuffer_add_printf(out, ",\"proto\":%u,\"ttl\":%u", ip->proto, ip->ttl);
		if (!ip4_is_fragment(ip) && sent->head_len >= hlen + 4 &&
		    ip4_has_ports(ip->proto))
			evbuffer_add_printf(out, ",\"sport\":%u,\"dport\":%u",
					    be16_host(be16_load(sent->head + hlen)),
					    be16_host(be16_load(sent->head + hlen + 2)));
	}
	evbuffer_add_printf(out, "}");
}

static void put_explanation(struct evbuffer *out, const struct sluice *s,
			    const struct sluice_explanation *told)
{
	const struct trace *trace = &told->trace;

	evbuffer_add_printf(out, "{\"version\":%d,\"explain\":[", CTL_VERSION);
	for (u32 i = 0; i < trace->count; i++) {
		evbuffer_add_printf(out, i ? ",\n" : "\n");
		put_step(out, s, &trace->step[i]);
	}
	evbuffer_add_printf(out, "\n],\"fate\":\"%s\",\"short_cut\":%s",
			    trace_fate_name(trace->fate), trace->fast ? "true" : "false");
	if (trace->fate == TRACE_FATE_DROPPED) {
		evbuffer_add_printf(out, ",\"drop\":\"%s\",\"sentence\":", drop_name(trace->drop));
		ctl_put_string(out, drop_sentence(trace->drop));
		evbuffer_add_printf(out, ",\"law\":");
		ctl_put_string(out, drop_law(trace->drop));
	}
	evbuffer_add_printf(out, ",\"sent\":[");
	for (u32 i = 0; i < told->sent_count; i++) {
		evbuffer_add_printf(out, i ? "," : "");
		put_sent(out, s, &told->sent[i]);
	}
	evbuffer_add_printf(out, "],\"sent_left_out\":%u,\"count\":%u}\n", told->sent_left_out,
			    trace->count);
}

static u16 iface_find(const struct sluice *s, const char *name)
{
	const struct iface_table *ifaces = sluice_ifaces(s);

	for (u32 i = 0; i < ifaces->count; i++) {
		if (strcmp(ifaces->iface[i].conf.name, name) == 0)
			return (u16)i;
	}
	return IFACE_NONE;
}

/* In the words of the command that asks: the name is what was typed there. */
static void refuse_iface(struct evbuffer *out, const char *name)
{
	char why[CTL_WHY_SIZE];

	evutil_snprintf(why, sizeof why,
			"--in %s: none of the gateway's interfaces; 'sluice show interfaces' lists "
			"them",
			name);
	ctl_answer_refuse(out, why);
}

void ctl_explain(struct explainer *explainer, struct sluice *s, const struct ctl_request *request,
		 ns_t now, struct evbuffer *out)
{
	static _Thread_local struct sluice_explanation told;
	struct sluice_question question = {
		.in_if = iface_find(s, request->in_if),
		.packet = request->packet,
		.len = request->packet_len,
		.full_len = request->full_len,
		.flags = request->full_len > request->packet_len ? PKT_CSUM_VALID : 0,
	};

	if (question.in_if == IFACE_NONE)
		refuse_iface(out, request->in_if);
	else if (question.in_if == sluice_host_if(s))
		ctl_answer_refuse(out, "nothing comes in by the host's interface: what the host "
				       "sends leaves by its own stack, and the gateway is not "
				       "asked about it");
	else if (!sluice_explain(explainer, s, &question, now, &told))
		ctl_answer_refuse(out, "no packet buffer is free to ask with; try again");
	else
		put_explanation(out, s, &told);
}
