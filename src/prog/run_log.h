/* What a running gateway says: lines of text, or one JSON object per line, on stderr.
 *
 * Every line has the name of its event. Of lines of one name RUN_LOG_BURST are written in
 * RUN_LOG_EVERY_NS; events of the engine come in greater bursts, so of each kind one. What was held
 * back is counted, and told with the next line of that name, or by run_log_turn() when none comes.
 * Under systemd's journal each line begins with its priority ("<4>", sd-daemon(3)).              */
#ifndef PROG_RUN_LOG_H
#define PROG_RUN_LOG_H

#include <stdio.h>

#include "core/routing/speaker.h"
#include "sluice/sluice.h"

#define RUN_LOG_EVERY_NS (5 * NS_PER_SEC)

enum {
	RUN_LOG_KINDS = SLUICE_EVENT_KIND_COUNT,
	RUN_LOG_LINE_SIZE = 512,
	RUN_LOG_BURST = 10,
	RUN_LOG_NAMES_MAX = 32, /* different ones; more of them share the last place */
};

enum run_level { RUN_INFO, RUN_WARNING, RUN_ERROR };

struct run_log_kind {
	bool seen;
	ns_t written_ns;
	u64 held_back; /* events since then */
	u64 refused;   /* flows that those refused */
};

struct run_log_name {
	const char *name;
	ns_t since_ns;
	u32 written;   /* since then */
	u64 held_back; /* after those */
};

struct run_log {
	FILE *out;
	bool json;
	bool priorities;
	ns_t now_ns; /* as run_log_turn() was told */
	struct run_log_kind kind[RUN_LOG_KINDS];
	u32 name_count;
	struct run_log_name name[RUN_LOG_NAMES_MAX];
};

void run_log_init(struct run_log *log, FILE *out, bool json);
/* Whether out leads to the journal: stream is the value of JOURNAL_STREAM, or NULL. */
bool run_log_is_journal(FILE *out, const char *stream);
/* Between two batches: sets the time, and writes what is due of what was held back. */
void run_log_turn(struct run_log *log, ns_t now);
/* name: a word for programs that read it. */
void run_log_say(struct run_log *log, enum run_level level, const char *name, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
void run_log_event(struct run_log *log, const struct iface_table *ifaces,
		   const struct sluice_event *event);
/* What a speaker of a routing protocol has to tell: "bgp 198.18.0.2 on up0: ...". */
void run_log_speaker(struct run_log *log, const struct iface_table *ifaces,
		     const struct speaker_event *event);
/* The sentence of an event. refused: flows refused, those held back included. */
void run_log_describe(const struct iface_table *ifaces, const struct sluice_event *event,
		      u64 refused, char text[RUN_LOG_LINE_SIZE]);
/* The sentence of a change of interfaces or routes: what is different, and what it is now. */
void run_log_changes(const struct sluice_conf *was, const struct sluice_conf *now,
		     char text[RUN_LOG_LINE_SIZE]);

#endif
