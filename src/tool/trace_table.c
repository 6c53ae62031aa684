/* The probes of a traceroute: which to send next, how long to wait, when it is over. */
#include "tool/trace_table.h"

#include <stdio.h>

#include "core/wire/icmp.h"

void trace_init(struct trace_table *table, const struct trace_args *args, struct in_addr dst)
{
	memset(table, 0, sizeof(*table));
	table->dst = dst;
	table->first_ttl = args->first_ttl;
	table->per_hop = args->per_hop;
	table->at_once = args->at_once;
	table->wait_ns = args->wait_ns;
	table->here_factor = args->here_factor;
	table->near_factor = args->near_factor;
	table->hop_count = args->max_ttl - args->first_ttl + 1;
}

u32 trace_ttl_of(const struct trace_table *table, u32 index)
{
	return table->first_ttl + index / table->per_hop;
}

u32 trace_probe_count(const struct trace_table *table)
{
	return table->hop_count * table->per_hop;
}

u32 trace_next(const struct trace_table *table)
{
	if (table->next_index >= trace_probe_count(table))
		return TRACE_NONE;
	return table->waiting_count < table->at_once ? table->next_index : TRACE_NONE;
}

void trace_sent(struct trace_table *table, u32 index, ns_t now)
{
	table->probes[index].state = TRACE_WAITING;
	table->probes[index].sent_ns = now;
	table->waiting_count++;
	table->next_index = index + 1;
}

bool trace_waits(const struct trace_table *table, u32 index)
{
	return index < trace_probe_count(table) && table->probes[index].state == TRACE_WAITING;
}

/* Time exceeded is a router on the way, even with the destination's own address (it forwards to a
 * host behind it). Everything else says that no probe will get further. */
static bool ends_trace(const struct trace_answer *answer)
{
	return !answer->is_icmp || answer->type != ICMP_TIME_EXCEEDED;
}

static bool is_destination(const struct trace_table *table, const struct trace_answer *answer)
{
	if (!answer->is_icmp || answer->from.s_addr == table->dst.s_addr)
		return true;
	/* A host behind NAT may answer with an address of its own. */
	return answer->type == ICMP_UNREACH && answer->code == ICMP_UNREACH_PORT;
}

static void cut_after(struct trace_table *table, u32 hop)
{
	u32 kept = (hop + 1) * table->per_hop;

	for (u32 index = kept; index < trace_probe_count(table); index++) {
		if (table->probes[index].state == TRACE_WAITING)
			table->waiting_count--;
	}
	table->hop_count = hop + 1;
	table->is_final = true;
}

void trace_take(struct trace_table *table, u32 index, const struct trace_answer *answer)
{
	struct trace_probe *probe = &table->probes[index];

	if (!trace_waits(table, index))
		return;
	probe->state = TRACE_ANSWERED;
	probe->answer = *answer;
	probe->rtt_ns = answer->at_ns > probe->sent_ns ? answer->at_ns - probe->sent_ns : 0;
	table->waiting_count--;
	if (!ends_trace(answer))
		return;
	/* Of two final hops the lower one decides, and what it says of the destination. */
	if (!table->is_final || index / table->per_hop + 1 < table->hop_count)
		table->reached = false;
	if (is_destination(table, answer))
		table->reached = true;
	cut_after(table, index / table->per_hop);
}

/* The shortest round trip that a probe of this hop had; 0 when none was answered. */
static u64 hop_rtt(const struct trace_table *table, u32 hop)
{
	u64 least_ns = 0;

	for (u32 at = 0; at < table->per_hop; at++) {
		const struct trace_probe *probe = &table->probes[hop * table->per_hop + at];

		if (probe->state == TRACE_ANSWERED && (least_ns == 0 || probe->rtt_ns < least_ns))
			least_ns = probe->rtt_ns > 0 ? probe->rtt_ns : 1;
	}
	return least_ns;
}

static u64 shortened(u64 wait_ns, double factor, u64 rtt_ns)
{
	double length_ns = factor * (double)rtt_ns;

	if (rtt_ns == 0 || factor <= 0 || length_ns >= (double)wait_ns)
		return wait_ns;
	if (length_ns < (double)TRACE_WAIT_MIN_NS)
		return u64_min(wait_ns, TRACE_WAIT_MIN_NS);
	return (u64)length_ns;
}

static ns_t expire_hop(struct trace_table *table, u32 hop, u64 wait_ns, ns_t now)
{
	ns_t next_ns = NS_NEVER;

	for (u32 at = 0; at < table->per_hop; at++) {
		struct trace_probe *probe = &table->probes[hop * table->per_hop + at];

		if (probe->state != TRACE_WAITING)
			continue;
		if (now < probe->sent_ns + wait_ns) {
			next_ns = u64_min(next_ns, probe->sent_ns + wait_ns);
			continue;
		}
		probe->state = TRACE_SILENT;
		table->waiting_count--;
	}
	return next_ns;
}

ns_t trace_expire(struct trace_table *table, ns_t now)
{
	ns_t next_ns = NS_NEVER;
	u64 later_rtt_ns = 0;

	for (u32 left = table->hop_count; left > 0; left--) {
		u32 hop = left - 1;
		u64 here_rtt_ns = hop_rtt(table, hop);
		u64 wait_ns = here_rtt_ns > 0
				      ? shortened(table->wait_ns, table->here_factor, here_rtt_ns)
				      : shortened(table->wait_ns, table->near_factor, later_rtt_ns);

		next_ns = u64_min(next_ns, expire_hop(table, hop, wait_ns, now));
		if (here_rtt_ns > 0)
			later_rtt_ns = here_rtt_ns;
	}
	return next_ns;
}

bool trace_is_done(const struct trace_table *table)
{
	return table->waiting_count == 0 && table->next_index >= trace_probe_count(table);
}

static const char *unreach_note(u8 code)
{
	/* RFC 1122 section 3.2.2.1 and RFC 1812 section 5.2.7.1 name the codes. */
	static const char *const notes[] = { "!N", "!H", "!P", "",   NULL, "!S", "!N", "!H",
					     "!N", "!X", "!X", "!N", "!H", "!X", "!V", "!C" };

	return code < ARRAY_COUNT(notes) ? notes[code] : NULL;
}

const char *trace_note(const struct trace_answer *answer, char text[TRACE_NOTE_SIZE])
{
	const char *note = unreach_note(answer->code);

	if (!answer->is_icmp || answer->type == ICMP_TIME_EXCEEDED)
		snprintf(text, TRACE_NOTE_SIZE, "%s", "");
	else if (answer->type != ICMP_UNREACH)
		snprintf(text, TRACE_NOTE_SIZE, "!<%u-%u>", answer->type, answer->code);
	else if (answer->code == ICMP_UNREACH_FRAG)
		snprintf(text, TRACE_NOTE_SIZE, "!F-%u", answer->info);
	else if (note)
		snprintf(text, TRACE_NOTE_SIZE, "%s", note);
	else
		snprintf(text, TRACE_NOTE_SIZE, "!<%u>", answer->code);
	return text;
}
