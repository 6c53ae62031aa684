/* What a running gateway says: lines of text, or one JSON object per line, on stderr.
 *
 * Events of the engine come in bursts. Of each kind one is written in RUN_LOG_EVERY_NS; what was
 * held back is counted into the next.                                                           */
#ifndef PROG_RUN_LOG_H
#define PROG_RUN_LOG_H

#include <stdio.h>

#include "sluice/sluice.h"

#define RUN_LOG_EVERY_NS (5 * NS_PER_SEC)

enum { RUN_LOG_KINDS = SLUICE_EVENT_FILTER + 1, RUN_LOG_LINE_SIZE = 512 };

enum run_level { RUN_INFO, RUN_WARNING, RUN_ERROR };

struct run_log_kind {
	bool seen;
	ns_t written_ns;
	u64 held_back; /* events since then */
	u64 refused;   /* flows that those refused */
};

struct run_log {
	FILE *out;
	bool json;
	struct run_log_kind kind[RUN_LOG_KINDS];
};

void run_log_init(struct run_log *log, FILE *out, bool json);
/* name: a word for programs that read it. */
void run_log_say(struct run_log *log, enum run_level level, const char *name, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
void run_log_event(struct run_log *log, const struct iface_table *ifaces,
		   const struct sluice_event *event);
/* The sentence of an event. refused: flows refused, those held back included. */
void run_log_describe(const struct iface_table *ifaces, const struct sluice_event *event,
		      u64 refused, char text[RUN_LOG_LINE_SIZE]);

#endif
