/* Somebody who throws segments at end 1 of a pair: from nowhere, in the name of end 0, or as the
 * peer of a connection of its own, whose other end it plays by hand.                             */
#ifndef TEST_SIM_TCP_HOSTILE_H
#define TEST_SIM_TCP_HOSTILE_H

#include "fake/say.h"
#include "sim/tcp_pair.h"

struct hostile {
	struct tcp_pair pair;
	struct tcp_pair_conf conf;
	struct rng rng;
	struct tcp_talk talk; /* a standing transfer from end 0 to end 1, if it is begun */
};

/* conf is what defaults are, until hostile_begin(). */
struct hostile *hostile_new(void);
void hostile_begin(struct hostile *hostile);
void hostile_free(struct hostile *hostile);
/* The talk begins and stands; a second passes. */
void hostile_stand(struct hostile *hostile);
/* A segment arrives at end 1 now. */
void hostile_say(struct hostile *hostile, const struct say *say);
/* The next segment of a connection, as its peer would say it: an ACK of all that was sent. */
struct say hostile_next(struct hostile *hostile, tcp_id id);
/* Time passes, end 1 says what it has to say; no talk is served. */
void hostile_wait(struct hostile *hostile, ns_t span_ns);
/* A connection of its own, with a window of 65535 that is not scaled; no talk may be standing. */
tcp_id hostile_connect(struct hostile *hostile, u16 port, bool with_options);
/* So many bytes wait to be sent to it. */
void hostile_write(struct hostile *hostile, tcp_id id, u32 bytes);
/* Its control block, at end 1. */
const struct tcb *hostile_tcb(const struct hostile *hostile, tcp_id id);

#endif
