/* What `sluice link` tells: as text, or as lines of JSON.
 *
 * {"version":1, "tool":"link", "final":bool, "seconds", "seed",
 *  "ways":[{"from","to", "in":{"packets","bytes"}, "out":{"packets","bytes"},
 *           "dropped":{"queue","loss","memory"}, "duplicated","reordered","marked",
 *           "queue_most":{"packets","bytes"}, "on_the_way",
 *           "late_us":{"median","p99","most"}|null,
 *           "not_received", "not_sent"}]}
 *
 * Packets are those of the wire, segments counted one by one; bytes are those of frames behind
 * their link header. */
#ifndef SLUICE_TOOL_LINK_REPORT_H
#define SLUICE_TOOL_LINK_REPORT_H

#include <stdio.h>

#include "core/link/link.h"
#include "host/io/port.h"
#include "tool/link_args.h"

/* By how much packets left later than the model says, in microseconds; the last one is for all that
 * were later than that. */
enum { LINK_LATE_COUNT = 2001 };

struct link_late {
	u64 total;
	ns_t most_ns;
	u64 count[LINK_LATE_COUNT];
};

struct link_report {
	FILE *out;
	bool json;
	u64 seed;
	const struct link *link[LINK_WAYS];
	const struct link_late *late[LINK_WAYS];
	struct port *port[LINK_WAYS]; /* [way]: where it begins */
};

void link_late_add(struct link_late *late, ns_t late_ns);
/* The microseconds that this share of the packets, in thousandths, was not later than. Requires:
 * there was one. */
u32 link_late_at(const struct link_late *late, u32 thousandths);

/* Fetches what the kernel counts, so the ports must be open. */
void link_report(const struct link_report *report, ns_t elapsed_ns, bool is_final);

#endif
