/* The probes of a traceroute: which to send next, how long to wait, when it is over.
 *
 * Pure: no socket, no clock. Probes are numbered hop by hop and sent in that order, at most at_once
 * under way. The first hop (the lowest) whose answer is final ends the trace: nothing is sent
 * beyond it, and what was sent beyond it is forgotten.
 *
 * How long: the full wait only while nothing better is known. Once a probe of the same hop was
 * answered in r, here_factor * r is enough; once a later hop answered in r, near_factor * r.
 * Neither goes below TRACE_WAIT_MIN_NS: a round trip of microseconds says nothing about a loaded
 * router's pace. */
#ifndef SLUICE_TOOL_TRACE_TABLE_H
#define SLUICE_TOOL_TRACE_TABLE_H

#include <netinet/in.h>

#include "core/base/bytes.h"
#include "tool/trace_args.h"

#define TRACE_WAIT_MIN_NS (300 * NS_PER_MS)
#define TRACE_NONE        UINT32_MAX
#define TRACE_NOTE_SIZE   24

enum trace_state { TRACE_UNSENT, TRACE_WAITING, TRACE_ANSWERED, TRACE_SILENT };

struct trace_answer {
	struct in_addr from;
	bool is_icmp; /* an error; else the destination itself spoke */
	u8 type;
	u8 code;
	u32 info; /* MTU for type 3 code 4 */
	ns_t at_ns;
};

struct trace_probe {
	enum trace_state state;
	ns_t sent_ns;
	u64 rtt_ns;
	struct trace_answer answer;
};

struct trace_table {
	struct in_addr dst;
	u32 first_ttl;
	u32 per_hop;
	u32 at_once;
	u64 wait_ns;
	double here_factor;
	double near_factor;
	u32 hop_count;  /* hops still of interest; shrinks when an answer is final */
	u32 next_index; /* the next to send */
	u32 waiting_count;
	bool is_final; /* the last hop of hop_count has a final answer */
	bool reached;  /* the destination answered */
	struct trace_probe probes[TRACE_PROBES_MAX];
};

void trace_init(struct trace_table *table, const struct trace_args *args, struct in_addr dst);

u32 trace_ttl_of(const struct trace_table *table, u32 index);

/* Probes of interest. */
u32 trace_probe_count(const struct trace_table *table);

/* The next probe to send, or TRACE_NONE now. */
u32 trace_next(const struct trace_table *table);
void trace_sent(struct trace_table *table, u32 index, ns_t now);

/* Does a probe of this number wait for an answer? Any number may be asked. */
bool trace_waits(const struct trace_table *table, u32 index);

/* Takes an answer; one to a probe that does not wait changes nothing. */
void trace_take(struct trace_table *table, u32 index, const struct trace_answer *answer);

/* Gives up on what waited long enough; answers when to call again, NS_NEVER if nothing waits. */
ns_t trace_expire(struct trace_table *table, ns_t now);

/* Nothing to send and nothing to wait for. */
bool trace_is_done(const struct trace_table *table);

/* "!H" and its like for an answer, empty where there is nothing to remark. Returns text. */
const char *trace_note(const struct trace_answer *answer, char text[TRACE_NOTE_SIZE]);

#endif
