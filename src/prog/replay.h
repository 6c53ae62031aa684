/* Captures through an engine, in virtual time. */
#ifndef PROG_REPLAY_H
#define PROG_REPLAY_H

#include "prog/replay_args.h"
#include "sluice/sluice.h"

struct replay_counts {
	u64 read;    /* packets of the captures that were whole */
	u64 bad;     /* cut when captured, or too short */
	u64 not_ip;  /* ARP and others */
	u64 own;     /* sent by the gateway's --mac */
	u64 no_room; /* pieces of others held all buffers of the engine */
	u64 in[IFACE_MAX];
	u64 out[IFACE_MAX];
	u64 not_written; /* left by an interface for which there is no file */
	ns_t lasted_ns;  /* from the first packet to the last */
};

struct replay;

/* NULL: errors says why. */
struct replay *replay_open(struct replay_args *args, struct run_errors *errors);
/* All packets, in the order of their times. */
void replay_run(struct replay *replay);
/* Captures that could not be read to their end, after replay_run(): one error for each. */
void replay_broken(const struct replay *replay, struct run_errors *errors);
const struct replay_counts *replay_counted(const struct replay *replay);
const struct sluice *replay_engine(const struct replay *replay);
void replay_close(struct replay *replay);

#endif
