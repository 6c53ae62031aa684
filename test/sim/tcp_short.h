/* Short connections, one after the other, between two stacks: connect, a request, a reply, close.
 * What a connection leaves behind is TIME-WAIT at the side that closed first.                    */
#ifndef TEST_SIM_TCP_SHORT_H
#define TEST_SIM_TCP_SHORT_H

#include "sim/tcp_pair.h"

struct short_run {
	struct tcp_pair pair;
	struct tcp_sockopt opt; /* of who connects, end 0 */
	/* what came of it */
	u64 done;
	u64 no_port;     /* how often a connect found none; it is tried again later */
	ns_t longest_ns; /* of one connection */
	u32 most_tcbs;   /* at any end, between connections */
	u32 most_time_waits;
	u32 most_recs;
	u64 most_buffer_bytes;
};

/* Tables so small that growth would be noticed, a link of 100 us each way. */
void short_conf_defaults(struct tcp_pair_conf *conf);
/* So many more, `first` closing first. A connection that is not through within 10 s stops the
 * program.                                                                                       */
void short_go(struct short_run *run, u64 count, u8 first);

#endif
