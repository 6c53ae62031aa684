/* A gateway that learns a table by BGP while packets pass through it: two engines and the link
 * between them, in virtual time, with a clock of the caller's for what a turn costs.
 *
 *     bed = table_bed_new(20000, NULL);
 *     table_bed_begin(bed);
 *     while (!table_bed_has_all(bed))
 *             table_bed_turn(bed);
 *     table_bed_end(bed);               the session, and with it what it brought
 *
 * A turn is what a gateway does between two looks at its drivers: batches of packets, one tick. Its
 * packets go by a route of the configuration, which stays: each of them has to come out.        */
#ifndef TEST_SIM_TABLE_BED_H
#define TEST_SIM_TABLE_BED_H

#include "core/engine/engine.h"
#include "fake/engine.h"

enum {
	TABLE_LINK = RIG_IN2, /* of the gateway, to the peer; of the peer its only one */
	TABLE_BATCH = 32,     /* packets in a turn */
	TABLE_TURN_US = 400,
};

/* What one turn, or the worst of them, came to. */
struct table_turn {
	u64 input_ns; /* of the caller's clock */
	u64 tick_ns;
	u32 calls;  /* of the engine: it does a step of its routes in each */
	u32 offers; /* that the gateway's RIB was made */
	u32 writes; /* of its forwarding table */
	u32 paths;  /* that went */
};

/* A route of somebody else that changes all the time: how long until a change is forwarded by. */
struct table_probe {
	u16 client; /* of the gateway's RIB */
	bool waits;
	u32 changes; /* that were seen */
	u32 calls;   /* since the one that waits */
	u64 cost_ns;
	u32 worst_calls;
	u64 worst_ns;
};

struct table_bed {
	struct sluice_conf conf[2];
	struct routing_conf routing[2];
	struct rig rig[2]; /* the gateway, its peer */
	u32 routes;
	u32 prefixes; /* that the gateway forwards by without them */
	u64 sent;
	u64 passed;
	u32 turns;
	u64 (*clock)(void);
	struct table_turn worst; /* each by itself, since table_bed_forget() */
	struct table_turn last;
	struct table_probe probe;
};

/* clock: nanoseconds; NULL: what it costs is not looked at. Stops the program when something is
 * wrong.                                                                                         */
struct table_bed *table_bed_new(u32 routes, u64 (*clock)(void));
void table_bed_del(struct table_bed *bed);
/* Once the session is up, the peer has all routes at once, and tells them. */
void table_bed_begin(struct table_bed *bed);
/* The gateway ends the session, and takes no other. */
void table_bed_end(struct table_bed *bed);
void table_bed_turn(struct table_bed *bed);
void table_bed_forget(struct table_bed *bed);
/* All routes are forwarded by; none is there any more. */
bool table_bed_has_all(const struct table_bed *bed);
bool table_bed_has_none(const struct table_bed *bed);

#endif
