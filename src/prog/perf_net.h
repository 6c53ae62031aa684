/* What `sluice perf` stands on: one interface, and an engine with sockets on it that forwards
 * nothing and translates nothing.                                                               */
#ifndef PROG_PERF_NET_H
#define PROG_PERF_NET_H

#include "host/io/port.h"
#include "prog/perf_args.h"
#include "sluice/sock.h"

/* Connections at once. */
enum { PERF_SOCKS_MAX = 128 };

struct perf_net {
	struct port *port;
	int claim; /* of the interface; -1: none */
	struct sluice *sluice;
	void *region;
	u64 region_bytes;
	struct sluice_conf conf;
	struct batch rx, tx;
};

/* Zeroed before, but for claim, which is -1. False: why says what is wrong. Either way
 * perf_net_close() gives all back. */
bool perf_net_open(struct perf_net *net, const struct perf_args *args, struct ctl_why *why);
void perf_net_close(struct perf_net *net);
/* Takes what came in, and sends what wants to leave; answers whether anything moved. */
bool perf_net_carry(struct perf_net *net);
/* Whether the interface is still there; its link and MTU are read again. */
bool perf_net_look(struct perf_net *net);
/* What TCP knows of a socket; false: nothing any more. */
bool perf_net_info(const struct perf_net *net, sock_id sock, ns_t now,
		   struct sluice_sock_info *info);
/* Whether no connection is left that still has something to say. */
bool perf_net_is_quiet(const struct perf_net *net, ns_t now);
/* Segments that were sent again, of all connections so far. */
u64 perf_net_segments_again(const struct perf_net *net);

#endif
