/* Health checks of backends, made by sockets of the engine: as what they check is reached by the
 * services' clients, so are they, in the zone of the service, as an address of the gateway's.
 *
 * It has neither clock nor system calls: who owns the engine hands on readiness (health_sock) and
 * lets time pass (health_tick). One socket a backend at most. A check without an answer within its
 * time-out is bad; of HTTP the status is the answer, and what follows it is read until it ends, or
 * the time does. What a check leaves open goes on to its end until the next one begins, and is
 * reset then: no server holds up more than one connection.                                       */
#ifndef HOST_HEALTH_HEALTH_H
#define HOST_HEALTH_HEALTH_H

#include "host/health/health_conf.h"
#include "sluice/sock.h"

enum {
	HEALTH_WHY_SIZE = 96,
	HEALTH_SEED_BYTES = 32,
	/* What an engine needs for each backend that may be checked, besides a socket, a control
	 * block of TCP and an endpoint.                                                          */
	HEALTH_BUFFER_BYTES = 4096, /* in each direction */
	HEALTH_SEGMENTS = 4,
	HEALTH_DATAGRAMS = 8, /* that wait: one is asked for, but others may come */
	HEALTH_TIME_WAITS = 32,
};

/* A backend, by its places in the engine's configuration, and how to check it. */
struct health_target {
	u32 service;
	u32 backend;
	char name[BALANCE_NAME_SIZE]; /* of the service, which stays when its place changes */
	u8 zone;                      /* whose addresses and routes: that of the service */
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

/* fn hears of changes, from within health_sock() and health_tick(). The engine outlives it. NULL
 * when memory is out.                                                                            */
struct health *health_new(struct sluice *sluice, const u8 seed[HEALTH_SEED_BYTES], health_fn *fn,
			  void *arg);
/* Check these from now on, and no others; targets of HEALTH_NONE are passed over. One that was
 * checked before, by name, zone, address and port, goes on from what is known of it. At most
 * BALANCE_BACKEND_MAX. Checks that are under way end without a word.                             */
void health_set(struct health *health, const struct health_target *target, u32 count, ns_t now);
/* What sluice_take_ready() has named. False: it is no socket of a check, or none any more. */
bool health_sock(struct health *health, const struct sock_event *event, ns_t now);
/* Begins and ends what is due. */
void health_tick(struct health *health, ns_t now);
/* When that is; NS_NEVER. */
ns_t health_next(const struct health *health);
/* Of those that are checked, the one at index; false: there are no more. */
bool health_count(const struct health *health, u32 index, struct health_count *out);
/* Its sockets stay open: the engine ends with it. NULL is ignored. */
void health_del(struct health *health);

#endif
