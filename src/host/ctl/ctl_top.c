/* Counting by inside host. */
#include "host/ctl/ctl_top.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdlib.h>

#include "host/ctl/ctl_records.h"

enum { SLOTS = 2 * CTL_TOP_HOSTS, CRITERIA = 3 };

struct host {
	be32 addr;
	u8 zone;
	u32 flows;
	u32 ports;
	u32 unanswered;
	u64 packets;
	u64 bytes;
	bool listed;
};

struct ctl_top {
	u32 limit;
	u32 cursor;
	bool mappings; /* flows are done */
	u32 host_count;
	u64 not_counted;
	u32 slot[SLOTS]; /* index into host, plus one */
	struct host host[CTL_TOP_HOSTS];
	struct sluice_flow found[CTL_TOP_STEP];
	struct sluice_mapping mapping[CTL_TOP_STEP];
};

struct ctl_top *ctl_top_new(u64 limit)
{
	struct ctl_top *top = calloc(1, sizeof *top);

	if (top)
		top->limit = limit && limit <= CTL_TOP_LIMIT_MAX ? (u32)limit : CTL_TOP_LIMIT;
	return top;
}

void ctl_top_del(struct ctl_top *top)
{
	free(top);
}

static bool is_host(const struct host *host, be32 addr, u8 zone)
{
	return be32_eq(host->addr, addr) && host->zone == zone;
}

/* NULL when there are too many. */
static struct host *host_of(struct ctl_top *top, be32 addr, u8 zone)
{
	u32 slot = ((be32_host(addr) ^ (u32)zone << 24) * UINT32_C(0x9e3779b1) >> 7) % SLOTS;

	while (top->slot[slot] != 0 && !is_host(&top->host[top->slot[slot] - 1], addr, zone))
		slot = (slot + 1) % SLOTS;
	if (top->slot[slot] == 0) {
		if (top->host_count == CTL_TOP_HOSTS) {
			top->not_counted++;
			return NULL;
		}
		top->host[top->host_count].addr = addr;
		top->host[top->host_count].zone = zone;
		top->slot[slot] = ++top->host_count;
	}
	return &top->host[top->slot[slot] - 1];
}

/* Whose flow it is: of the inside host that began it, or that a stranger has reached through a
 * translated destination. Only who is inside has its source translated.                         */
static struct host *owner(struct ctl_top *top, const struct sluice_flow *flow)
{
	if (be32_eq(flow->repl.src, flow->orig.dst) || !be32_eq(flow->repl.dst, flow->orig.src))
		return host_of(top, flow->orig.src, flow->zone[0]);
	return host_of(top, flow->repl.src, flow->zone[1]);
}

static void flows_step(struct ctl_top *top, const struct sluice *s, ns_t now)
{
	const struct sluice_flow_filter all = { 0 };
	u32 count = sluice_show_flows(s, &all, now, &top->cursor, top->found, CTL_TOP_STEP);

	for (u32 i = 0; i < count; i++) {
		const struct sluice_flow *flow = &top->found[i];
		struct host *host = owner(top, flow);

		if (!host)
			continue;
		host->flows++;
		host->ports += flow->holds_port;
		host->unanswered += !flow->answered;
		host->packets += flow->packets[0] + flow->packets[1];
		host->bytes += flow->bytes[0] + flow->bytes[1];
	}
}

static void mappings_step(struct ctl_top *top, const struct sluice *s, ns_t now)
{
	u32 count = sluice_show_nat(s, now, &top->cursor, top->mapping, CTL_TOP_STEP);

	for (u32 i = 0; i < count; i++) {
		struct host *host = host_of(top, top->mapping[i].inside_addr,
					    top->mapping[i].zone);

		if (host)
			host->ports++;
	}
}

static u64 value_by(const struct host *host, u32 criterion)
{
	switch (criterion) {
	case 0: return host->flows;
	case 1: return host->ports;
	default: return host->bytes;
	}
}

/* Marks the first `limit` hosts: the best so far, kept in order. */
static void mark(struct ctl_top *top, u32 criterion)
{
	struct host *best[CTL_TOP_LIMIT_MAX];
	u32 count = 0;

	for (u32 i = 0; i < top->host_count; i++) {
		u64 value = value_by(&top->host[i], criterion);
		u32 at = count;

		if (value == 0 ||
		    (count == top->limit && value_by(best[count - 1], criterion) >= value))
			continue;
		if (count < top->limit)
			count++;
		else
			at--;
		for (; at > 0 && value_by(best[at - 1], criterion) < value; at--)
			best[at] = best[at - 1];
		best[at] = &top->host[i];
	}
	for (u32 i = 0; i < count; i++)
		best[i]->listed = true;
}

static void put_host(struct evbuffer *out, const struct sluice *s, const struct host *host)
{
	evbuffer_add_printf(out, "{\"addr\":\"%s\",", ctl_addr_text(host->addr).text);
	ctl_put_zone_always(out, s, "zone", host->zone);
	evbuffer_add_printf(out,
			    "\"flows\":%u,\"ports\":%u,\"unanswered\":%u,"
			    "\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
			    host->flows, host->ports, host->unanswered, host->packets, host->bytes);
}

static void put_answer(struct ctl_top *top, const struct sluice *s, struct evbuffer *out)
{
	u32 count = 0;

	for (u32 criterion = 0; criterion < CRITERIA; criterion++)
		mark(top, criterion);
	evbuffer_add_printf(out, "{\"version\":%d,\"top\":[", CTL_VERSION);
	for (u32 i = 0; i < top->host_count; i++) {
		if (!top->host[i].listed)
			continue;
		evbuffer_add_printf(out, count++ ? ",\n" : "\n");
		put_host(out, s, &top->host[i]);
	}
	evbuffer_add_printf(out, "\n],\"hosts\":%u,\"not_counted\":%" PRIu64 ",\"count\":%u}\n",
			    top->host_count, top->not_counted, count);
}

bool ctl_top_step(struct ctl_top *top, const struct sluice *s, ns_t now, struct evbuffer *out)
{
	if (top->mappings)
		mappings_step(top, s, now);
	else
		flows_step(top, s, now);
	if (top->cursor != SLUICE_CURSOR_END)
		return true;
	top->cursor = 0;
	if (!top->mappings) {
		top->mappings = true;
		return true;
	}
	put_answer(top, s, out);
	return false;
}
