/* The forwarding table: destination address to what happens with the packet.
 *
 * Longest prefix match over prefixes; each leads to a route with one or several next hops (ECMP).
 * An update takes bounded steps and becomes visible at fib_publish(), between two batches.      */
#ifndef CORE_FIB_FIB_H
#define CORE_FIB_FIB_H

#include "core/base/bytes.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/iface/iface.h"

enum { FIB_PATHS_MAX = 16 };

enum fib_type {
	FIB_NONE,       /* no route: ICMP 3/0 */
	FIB_UNICAST,    /* by a gateway or directly */
	FIB_LOCAL,      /* one of the gateway's own addresses */
	FIB_BROADCAST,  /* limited or directed broadcast of a connected prefix */
	FIB_MULTICAST,
	FIB_BLACKHOLE,  /* silently */
	FIB_PROHIBIT,   /* ICMP 3/13 */
};

/* One way out. */
struct fib_path {
	be32 gateway; /* zero: the destination is on the link itself */
	u16 out_if;
	u16 weight;   /* share among the paths of a route, at least 1 */
};

struct fib_route {
	enum fib_type type;
	u32 path_count; /* 1..FIB_PATHS_MAX for FIB_UNICAST; otherwise 0, or 1 to say the interface */
	struct fib_path path[FIB_PATHS_MAX];
};

struct fib_conf {
	u32 prefix_count; /* prefixes that can stand at once */
	u32 route_count;  /* different sets of next hops */
};

#endif
