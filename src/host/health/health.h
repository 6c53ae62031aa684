/* Health checks of backends, made from the gateway's own host with ordinary sockets.
 *
 * All on the event loop: nothing waits, so packets do not either. One socket and two timers a
 * backend at most, and one more socket for all echo requests. A check without an answer within its
 * time-out is bad; of HTTP the status is the answer, and what follows it is read until it ends, or
 * the time does. The host needs an address of its own towards its backends.                      */
#ifndef HOST_HEALTH_HEALTH_H
#define HOST_HEALTH_HEALTH_H

#include "host/health/health_conf.h"
#include "host/loop/loop.h"
#include "sluice/sluice.h"

enum { HEALTH_WHY_SIZE = 96 };

/* A backend, by its places in the engine's configuration, and how to check it. */
struct health_target {
	u32 service;
	u32 backend;
	char name[BALANCE_NAME_SIZE]; /* of the service, which stays when its place changes */
	be32 addr;
	u16 port;
	struct health_conf conf;
};

/* A backend's state has changed, or was found out for the first time. */
struct health_change {
	u32 service;
	u32 backend;
	bool first;
	bool again; /* it was told before health_set(), and is no other */
	enum backend_state state;
	char why[HEALTH_WHY_SIZE]; /* what the last check saw */
};

/* How often a backend was checked. */
struct health_count {
	u32 service;
	u32 backend;
	u64 checks;
	u64 failed;
};

typedef void health_fn(void *arg, const struct health_change *change);

struct health;

/* fn hears of changes, from within loop_turn() and loop_wait(). NULL when memory is out. */
struct health *health_new(struct loop *loop, health_fn *fn, void *arg);
/* Check these from now on, and no others; targets of HEALTH_NONE are passed over. One that was
 * checked before, by name, address and port, goes on from what is known of it. At most
 * BALANCE_BACKEND_MAX. False when memory is out, or no socket for echo requests is to be had;
 * then the old ones are checked on.                                                             */
bool health_set(struct health *health, const struct health_target *target, u32 count);
/* Of those that are checked, the one at index; false: there are no more. */
bool health_count(const struct health *health, u32 index, struct health_count *out);
/* NULL is ignored. */
void health_del(struct health *health);

#endif
