/* Metrics for Prometheus, and health, over HTTP: GET /metrics, GET /healthz.
 *
 * Listens on a Unix socket or on a loopback address; nothing here knows passwords. The gateway is
 * asked in steps between packets (metrics_work), and a page is made of what the last round found,
 * so that its price does not grow with the number of flows or addresses. It grows with what is
 * named in the configuration; packets have turns while it is made.                              */
#ifndef HOST_CTL_METRICS_H
#define HOST_CTL_METRICS_H

#include "host/ctl/ctl_request.h"

struct loop;
struct metrics;
struct metrics_page;
struct turns;

/* What is summed up over several steps: no label of a metric is an address. */
struct metrics_sums {
	u64 ports[NAT_PROTO_COUNT]; /* that may be given out, all public addresses together */
	u64 mapped[NAT_PROTO_COUNT];
	u64 resting[NAT_PROTO_COUNT];
	u64 flows[NAT_PROTO_COUNT];
	u64 refused[NAT_PROTO_COUNT];
	u32 addresses;
	u32 busy;       /* destinations with a port map of their own */
	u32 least_left; /* ports left to the one that has fewest; with busy */
};

/* where: a path (it has a slash), or loopback ADDRESS:PORT. turns: who gets some while a page is
 * made, or NULL; a long one takes milliseconds. NULL: why says what is wrong.                    */
struct metrics *metrics_new(struct loop *loop, const struct sluice *s, const char *version,
			    const char *where, const struct turns *turns, struct ctl_why *why);
/* "127.0.0.1:9100" */
bool metrics_parse_address(const char *where, be32 *addr, u16 *port);
/* One bounded step of a round, which begins a second after the last; false when there is nothing to
 * do at once. NULL has nothing to do.                                                           */
bool metrics_work(struct metrics *metrics, ns_t now);
void metrics_del(struct metrics *metrics);

/* The page (text format 0.0.4). */
void metrics_put(struct metrics_page *page, const struct sluice *s, const struct metrics_sums *sums,
		 const char *version);

#endif
