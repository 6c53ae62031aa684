/* Routing inside of the engine: the RIB of zone 0 and the speakers, where their sockets, time and
 * interfaces come from, and what the gateway itself knows of routes.
 *
 * Without limits of the RIB nothing of it is there, and routes are written to the forwarding table
 * as other zones have it. With it, connected routes and those of the configuration are clients of
 * the RIB like everybody else, and so are the prefixes of NAT that lie on no link of ours: routes
 * that lead nowhere, so that there is something to announce.
 *
 * Speakers act between batches: readiness of their sockets, then time, then what the RIB has new.
 * They have sockets of the engine, each an owner of its own (sock.h). FRR's zebra is one of them
 * without sockets: the host listens for it and gives what it writes to sluice_fpm_input().       */
#ifndef CORE_ENGINE_ROUTING_H
#define CORE_ENGINE_ROUTING_H

#include "core/engine/routing_conf.h"
#include "core/routing/bfd/bfd.h"
#include "core/routing/bgp/bgp.h"
#include "core/routing/fpm/fpm.h"
#include "core/routing/ospf/ospf.h"
#include "core/routing/rip/rip.h"
#include "core/sock/sock.h"

struct sluice;
struct sluice_conf;
struct sluice_route_conf;

/* The owner of sockets, too: zero is whoever has the engine. */
enum speaker { SPEAKER_BFD = 1, SPEAKER_BGP, SPEAKER_OSPF, SPEAKER_RIP, SPEAKER_FPM, SPEAKERS };
_Static_assert((u32)SPEAKER_FPM <= (u32)SOCK_OWNERS, "each speaker before FPM owns sockets");

enum {
	ROUTING_WATCHED = 2 * BFD_PEERS_MAX, /* neighbours, once for each that asks for them */
	ROUTING_DISTANCE_POOL = 254,	     /* of prefixes of NAT: any other route is better */
};

/* Why prefixes of NAT are announced to nobody, though packets to them are taken as ever. */
enum routing_withheld {
	ROUTING_TOLD, /* they are announced */
	ROUTING_UNSETTLED,
	ROUTING_NO_INSIDE,
	ROUTING_INSIDE_DOWN,
	ROUTING_NO_OUTSIDE,
	ROUTING_WITHHELD_REASONS,
};

/* What a speaker's calls come with. */
struct speaker_port {
	struct sluice *s;
	u8 owner;
};

/* A neighbour that BFD watches for one of the others. */
struct routing_watched {
	be32 addr;
	u16 iface;
	u8 source;
	bool wanted; /* was seen in the last look */
	bool reached; /* as BFD says; not before it said so for the first time */
	u32 id;      /* of BFD; BFD_NONE: free */
};

struct routing {
	struct routing_conf conf;        /* as it is in force; its policies are one of the two */
	struct policy_conf other_policy; /* so that a change of them is another address */
	const struct policy_conf *policy;
	struct rib rib;
	struct bfd *bfd; /* NULL: no memory was planned for it, as for the others */
	struct bgp *bgp;
	struct ospf *ospf;
	struct rip *rip;
	struct fpm *fpm;
	bool runs[SPEAKERS];
	struct speaker_port port[SPEAKERS];
	struct speaker_log log;
	u16 connected; /* clients of the RIB */
	u16 fixed;
	u32 seq;   /* of the RIB's changes, when speakers were called last */
	bool more; /* sockets have more than one turn takes */
	bool drained;
	u8 withheld;    /* enum routing_withheld: of prefixes of NAT */
	u32 pool_count; /* prefixes of NAT that there are to be announced */
	u8 seed[SPEAKERS][32];
	struct hash_key key[SPEAKERS];
	u32 watched_count;
	ns_t watch_ns; /* of the next look at who is to be watched */
	bool watch_full_said;
	struct routing_watched watched[ROUTING_WATCHED];
};

void routing_layout(struct routing **routing, const struct sluice_conf *conf, struct mem *mem);
/* NULL, or what can not be. */
const char *routing_conf_wrong(const struct sluice_conf *conf);
/* What an engine that runs can not be given, or NULL. */
const char *routing_change_wrong(const struct routing *routing, const struct sluice_conf *conf);
/* After the keys of all others were drawn. */
void routing_init(struct sluice *s, struct rng *rng);
/* Begins or goes on with what the configuration says of speakers. NULL: as it was, without any. */
void routing_configure(struct sluice *s, const struct routing_conf *conf);
void routing_check(const struct routing *routing);

/* Work, between batches. */
void routing_work(struct sluice *s, ns_t now);
ns_t routing_next(const struct sluice *s);
/* Addresses or the state of an interface changed. */
void routing_ifaces(struct sluice *s);

/* routing_local.c: their clients of the RIB, which has been begun. */
void routing_local_init(struct routing *routing);
/* Connected routes, those of the configuration, prefixes of NAT; settled and
 * published. When it fails, those of the engine's configuration have to be built again, unless it
 * was them.                                                                                      */
enum err routing_build(struct sluice *s, const struct sluice_conf *conf, const char **why);

/* Prefixes of NAT, after routing->withheld became another one; published. */
void routing_pools_again(struct sluice *s);
/* routing_pools.c: whether they are to be announced; what changes is done and told. Cheap where
 * nothing has changed. After links, addresses or the configuration changed, and routing_work() as
 * long as addresses may become settled.                                                          */
void routing_pools_look(struct sluice *s);
/* A static text; NULL: told. */
const char *routing_withheld_text(enum routing_withheld withheld);

/* Routes of the configuration by this gateway that BFD watches: chosen again, and published. */
void routing_fixed_again(struct sluice *s, be32 gateway, u16 iface);

/* routing_watch.c: neighbours of other protocols, and gateways of routes, that BFD watches. */
void routing_watch(struct sluice *s, ns_t now);
bool routing_fixed_reaches(struct routing *routing, const struct fib_path *path);
bool routing_fixed_is_by(const struct sluice_route_conf *conf, be32 gateway, u16 iface);

/* speaker.c */
struct speaker_io routing_speaker_io(struct routing *routing, enum speaker speaker);

#endif
