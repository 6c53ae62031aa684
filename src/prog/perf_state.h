/* `sluice perf` while it runs: what its loop, its sender and its receiver share. */
#ifndef PROG_PERF_STATE_H
#define PROG_PERF_STATE_H

#include "prog/perf_args.h"
#include "prog/perf_net.h"
#include "prog/perf_report.h"
#include "tool/punctual.h"

enum perf_phase {
	PERF_SETTLE, /* nobody else must have the address (RFC 5227) */
	PERF_CONNECT,
	PERF_CARRY,
	PERF_DRAIN, /* all is written, not all is acknowledged */
	PERF_LEAVE, /* what TCP still has to say */
	PERF_OVER,
};

struct perf_flow {
	sock_id sock; /* SOCK_ID_NONE: this place is free */
	struct sock_addr peer;
	ns_t begin_ns;
	ns_t last_ns; /* when bytes were acknowledged, or came, last */
	u64 bytes;    /* acknowledged, or received */
	u64 written;  /* by a sender */
};

struct perf {
	struct perf_args args;
	struct perf_net net;
	struct punctual punctual;
	enum perf_phase phase;
	ns_t leave_ns; /* with PERF_LEAVE: not longer than until then */
	sock_id listener;
	struct perf_flow flow[PERF_SOCKS_MAX];
	struct perf_meter meter;
	struct perf_result result; /* of all */
	u32 cwnd_bytes;
	ns_t sample_ns; /* when the connection is looked at next */
	u8 *data;
};

/* What a sender writes, again and again: the byte at place n is n modulo PERF_PERIOD, so that who
 * takes them can tell whether they are the right ones. And the room that a receiver reads into. */
#define PERF_PERIOD     251u
#define PERF_DATA_BYTES (PERF_PERIOD << 10)

/* It ends, and this is why. */
void perf_fail(struct perf *perf, const char *why);
/* Nothing is left but what TCP still has to say, for two seconds at most. */
void perf_leave(struct perf *perf, ns_t now);
/* A stream with the options that were asked for; false: it failed, which is said. */
bool perf_open(struct perf *perf, sock_id *sock, ns_t now);
/* A socket goes with a reset, whatever is queued. */
void perf_abort(struct perf *perf, sock_id sock, ns_t now);

/* Each step does what can be done now; a stop ends it with what there is. */
void perf_send_step(struct perf *perf, ns_t now);
void perf_send_stop(struct perf *perf, ns_t now);
/* When the sender has to do something of its own accord. */
ns_t perf_send_next(const struct perf *perf);
/* Looks at what became of the connection. */
void perf_send_sample(struct perf *perf, ns_t now);
void perf_recv_step(struct perf *perf, ns_t now);
void perf_recv_stop(struct perf *perf, ns_t now);

#endif
