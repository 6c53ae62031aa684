/* A client of the RIB whose routes FRR's zebra tells: what its forwarding plane manager writes.
 *
 *   fpm_open      zebra has connected; of two connections the newer one counts
 *   fpm_input     bytes of it, cut anywhere: whole frames are taken at once, so that a route that
 *                 is taken back and told anew in one frame never goes
 *   fpm_close     it is gone
 *
 * zebra tells its whole table on each connection and then what changes; it never says that the
 * table is complete. So what it told on one connection is stale when that ends, and goes when it
 * was not told again in the hold time, which begins anew with the first route of a connection that
 * comes meanwhile. What is stale when a second one ends goes at once, as RFC 4724 section 4.2 has
 * it: else a zebra that comes and goes would keep it for ever.
 *
 * Next hops may have numbers, and groups of them, which routes and groups refer to (zebra's `fpm
 * use-next-hop-groups`). They are told in any order, may change and be taken back while they are in
 * use: a number that is referred to has a place even if nothing is known of it yet, and a route
 * whose next hop is not known stands hidden. When a number that is in use changes, one sweep over
 * the client's routes, in steps, gives them their hops anew. Numbers are of one connection.
 *
 * A gateway is used with its interface where zebra's numbers of interfaces are those of this host
 * and the gateway is on that link; otherwise it is found by its address alone, through the routes
 * of our own links (rib.h).
 *
 * Bounds: the limits of the configuration; a frame has FPM_FRAME_MAX bytes; a step of the sweep
 * FPM_STEP_ROUTES. Full is an answer, counted.                                                   */
#ifndef CORE_ROUTING_FPM_FPM_H
#define CORE_ROUTING_FPM_FPM_H

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/slab.h"
#include "core/iface/iface.h"
#include "core/routing/fpm/fpm_conf.h"
#include "core/routing/fpm/fpm_msg.h"
#include "core/routing/rib.h"
#include "core/routing/speaker.h"

enum { FPM_STEP_ROUTES = 64 };

/* Who has connected. */
struct fpm_peer {
	be32 addr;
	u16 port;
	bool same_host; /* its numbers of interfaces are those of this host */
};

struct fpm_stats {
	u64 connections;
	u64 broken; /* closed because nobody could say where the next frame begins */
	u64 frames;
	u64 messages;
	u64 bytes;
	u64 sets;    /* routes that were taken */
	u64 unsets;  /* and taken back */
	u64 expired; /* routes that were not told again in time */
	u64 refused[FPM_WHYS];
};

enum fpm_object_kind {
	FPM_OBJECT_UNKNOWN, /* something refers to its number */
	FPM_OBJECT_HOP,
	FPM_OBJECT_BLACKHOLE,
	FPM_OBJECT_GROUP,
};

struct fpm_part {
	u32 object; /* its place; an object that is UNKNOWN has one, too */
	u16 weight;
};

/* What has a number. */
struct fpm_object {
	u32 id;
	enum fpm_object_kind kind;
	u32 routes; /* told on this connection that refer to it */
	u32 groups; /* that it is a part of, each time it stands there */
	u64 changed_round;
	struct fpm_hop hop; /* of a HOP */
	u32 part_count;     /* of a GROUP */
	struct fpm_part part[FPM_HOPS_MAX];
};

struct fpm_start {
	struct rib *rib;
	const struct iface_table *ifaces;
	struct speaker_log *log;
	struct hash_key key;
};

struct fpm {
	struct fpm_conf conf;
	struct fpm_start start;
	u16 client;
	bool connected;
	bool told;            /* a route, on this connection */
	struct fpm_peer peer; /* that is there, or was last */
	ns_t since_ns;        /* of the connection, or of its end; NS_NEVER: there was none */
	const char *ended;    /* why the last one did; NULL */
	ns_t hold_ns;         /* when what is stale goes; NS_NEVER: nothing is */
	u32 routes;           /* told on this connection */
	u32 hidden;           /* of these: their next hop is not known */
	u32 stale;
	u32 os_index[IFACE_MAX]; /* of our interfaces; 0: the system has none */
	u8 *frame;
	u32 frame_bytes;
	struct slab objects;
	struct map by_id;
	bool sweeping;
	u32 sweep_at;
	u64 round; /* that runs, or ran last */
	u64 round_wanted;
	u64 all_round; /* of this one all routes are offered anew */
	u32 said;      /* a bit for each enum fpm_why that was warned of on this connection */
	struct fpm_stats stats;
};

void fpm_layout(struct fpm *fpm, const struct fpm_conf *conf, struct mem *mem);
/* False: the RIB has no place for one more client. */
MUST_USE bool fpm_init(struct fpm *fpm, const struct fpm_conf *conf, const struct fpm_start *start);
/* Its routes go. */
void fpm_stop(struct fpm *fpm, ns_t now);
/* Another distance is given to all routes that are not stale, step by step; a lower limit takes
 * nothing away; a hold time that runs goes on.                                                   */
void fpm_configure(struct fpm *fpm, const struct fpm_conf *conf, ns_t now);
/* The number that the system has for an interface; 0: it has none. */
void fpm_os_index(struct fpm *fpm, u16 iface, u32 os_index);

void fpm_open(struct fpm *fpm, const struct fpm_peer *peer, ns_t now);
/* NULL; or why the connection has to be closed, a static sentence: here it has ended already. */
const char *fpm_input(struct fpm *fpm, const u8 *data, u32 bytes, ns_t now);
/* why: a static sentence. Nothing, when none is there. */
void fpm_close(struct fpm *fpm, const char *why, ns_t now);

void fpm_tick(struct fpm *fpm, ns_t now);
/* When there is something to do; 0: at once. */
ns_t fpm_next(const struct fpm *fpm);
void fpm_check(const struct fpm *fpm);

struct fpm_shown {
	bool connected;
	struct fpm_peer peer;
	ns_t since_ns;     /* NS_NEVER: nobody was there */
	const char *ended; /* NULL */
	ns_t hold_in_ns;   /* until what is stale goes; NS_NEVER */
	u32 routes;
	u32 hidden;
	u32 stale;
	u32 objects;
	struct fpm_stats stats;
};
void fpm_show(const struct fpm *fpm, struct fpm_shown *out, ns_t now);

#endif
