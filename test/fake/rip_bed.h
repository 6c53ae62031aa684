/* One speaker of RIP with its RIB, on fake sockets: what it sends is looked at, what it hears is
 * written by hand. 192.0.2.1/24 on interface 0, 198.51.100.1/24 on interface 1.                  */
#ifndef TEST_FAKE_RIP_BED_H
#define TEST_FAKE_RIP_BED_H

#include "core/routing/rip/rip.h"
#include "fake/dgram.h"

struct rip_bed {
	ns_t now;
	struct iface_table ifaces;
	struct rip_conf conf;
	struct policy_conf policy;
	struct rip rip;
	struct rib rib;
	struct fib fib;
	struct speaker_log log;
	struct dgram_host *host; /* NULL: not started */
	u16 other;               /* a client of static routes */
	void *region;
};

/* Not started: conf may still be changed. */
struct rip_bed *rip_bed_new(void);
void rip_bed_start(struct rip_bed *bed);
/* Everything that is to be done now. */
void rip_bed_turn(struct rip_bed *bed);
void rip_bed_free(struct rip_bed *bed);

#endif
