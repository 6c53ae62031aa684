/* RIP version 2 (RFC 2453): a speaker, as speaker.h describes them.
 *
 * A net is a destination. What neighbours say of it stands in its hops, all of one metric: the best
 * one heard, and who else said as much (ECMP, up to hop_limit). Beside that a net may be our own,
 * connected to an interface that RIP speaks on, or somebody else's whom the export policy lets
 * announce; then that is what we tell, and what was heard is kept for the RIB to compare. What was
 * heard is told as long as the RIB forwards by it.
 *
 * Everything that changes what we tell gives its net a higher version. A talk is one destination of
 * ours, the group or a unicast neighbour of an interface, and the version up to which it was told:
 * a regular update walks all nets, a triggered one those that are newer, both in bounded steps, and
 * what could not be sent is sent later. What was learned by an interface is told there as
 * unreachable (poisoned reverse).
 *
 * Bounds: the limits of struct rip_conf; RIP_STEP_... a call. Full is an answer, and counted.
 *
 * Requires of its owner: after each rib_tick() that changed something, and when rip_next() says so,
 * rip_tick(); rip_sock() as long as a socket is ready.                                           */
#ifndef CORE_ROUTING_RIP_RIP_H
#define CORE_ROUTING_RIP_RIP_H

#include "core/base/heap.h"
#include "core/base/map.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/routing/rib.h"
#include "core/routing/rip/rip_auth.h"

enum {
	RIP_STEP_DATAGRAMS = 64, /* read by one rip_sock() */
	RIP_STEP_PACKETS = 32,   /* sent by one talk in a tick */
	RIP_STEP_NETS = 4096,    /* looked at for that */
	RIP_STEP_DUE = 512,      /* nets whose time has come, in a tick */
	RIP_STEP_CHANGES = 512,  /* read from the RIB in a tick */
	RIP_ANSWERS_MAX = 2,     /* whole tables that are being told to who asked, an interface */
	RIP_TALKS_MAX = 1 + RIP_PEERS_MAX + RIP_ANSWERS_MAX,
};

/* One who announces the net, and the way there. */
struct rip_hop {
	be32 from;
	be32 gateway; /* from, or the next hop that it named */
	ns_t until_ns;
	u16 iface;
};

struct rip_net {
	be32 addr;
	u8 len;
	/* heard */
	bool chosen; /* the RIB forwards by it */
	u8 hop_count;
	u8 metric; /* of all hops: 1..15; RIP_INFINITY without one */
	u16 tag;
	struct rip_hop hop[RIP_HOPS_MAX];
	/* our own */
	u8 link_metric; /* of a connected one; zero: it is none */
	u16 link_iface;
	/* of others */
	u8 export_metric; /* zero: not announced */
	u16 export_tag;
	u16 export_iface;
	be32 export_gateway; /* zero: ours */
	/* told */
	u64 version;     /* zero: it is not, and was not within the garbage time */
	ns_t garbage_ns; /* when that ends, of what is told as unreachable; NS_NEVER */
};

struct rip_neigh {
	be32 addr;
	u16 iface;
	u8 key_id;
	bool has_sequence;
	u32 sequence;
	ns_t first_ns;
	ns_t heard_ns;
	u64 packets;
	u64 routes;
	u64 bad_packets; /* stale sequence numbers */
	u64 bad_routes;
};

enum rip_talk_kind {
	RIP_TALK_NONE,
	RIP_TALK_GROUP,
	RIP_TALK_PEER,
	RIP_TALK_ANSWER, /* once, then it is none again */
};

struct rip_talk {
	enum rip_talk_kind kind;
	be32 to;
	be16 port;
	bool walking;
	u32 cursor; /* next net to look at */
	u64 since;  /* this walk tells what is newer */
	u64 upto;   /* what is told when it is over */
	u64 told;
	ns_t update_ns; /* next regular update; NS_NEVER for an answer */
	ns_t quiet_ns;  /* no triggered update before: section 3.10.1 */
	ns_t retry_ns;  /* the way out was full */
};

struct rip_iface_stats {
	u64 packets_in;
	u64 packets_out;
	u64 requests_in;
	u64 updates; /* regular */
	u64 triggered;
	u64 bad[RIP_MSG_ERRORS];
	u64 bad_auth[RIP_AUTH_ANSWERS];
	u64 bad_source;   /* not of the link, or not of the port */
	u64 bad_sequence; /* RFC 4822 section 3.3 */
	u64 bad_routes;
	u64 neighbours_full;
	u64 answers_full;
	u64 send_failed;
};

struct rip_iface {
	bool used;   /* stands in the configuration */
	bool active; /* has a socket, an address, and is up */
	struct rip_iface_conf conf;
	sock_id sock;
	be32 addr; /* what it sends from */
	u8 addr_len;
	ns_t retry_ns;                  /* when opening is tried again; NS_NEVER */
	ns_t warn_ns[RIP_AUTH_ANSWERS]; /* no warning of this one before */
	ns_t full_ns;                   /* and none of too many neighbours */
	struct rip_talk talk[RIP_TALKS_MAX];
	struct rip_iface_stats stats;
	struct speaker_refused refused; /* messages; routes in them are counted apart */
};

struct rip_stats {
	u64 nets_full; /* routes that found no room here */
	u64 rib_full;  /* or not in the RIB */
	u64 timeouts;
	u64 forgotten;       /* after the garbage time */
	u64 routes_rejected; /* by import policy */
};

struct rip {
	struct rip_conf conf;
	struct speaker_io io;
	struct rib *rib;
	const struct iface_table *ifaces;
	struct speaker_log *log;
	struct rng rng;
	struct hash_key key;
	ns_t start_ns;
	u16 client; /* of the RIB; RIB_CLIENT_NONE when it is stopped */
	u16 reader;
	bool changes_wait; /* in the RIB, from the last step */
	u64 version;
	struct slab nets;
	struct map by_prefix;
	struct heap due; /* of nets: the first hop that times out, or the end of garbage */
	struct slab neighs;
	struct map by_addr;
	ns_t neighs_ns; /* when one may have been silent for too long */
	struct rip_iface iface[IFACE_MAX];
	struct rip_stats stats;
};

/* What it starts with. */
struct rip_start {
	struct speaker_io io;
	struct rib *rib;
	const struct iface_table *ifaces;
	struct speaker_log *log;
	struct hash_key key;
	u8 seed[32];
};

void rip_layout(struct rip *rip, const struct rip_conf *conf, struct mem *mem);
/* What start points to outlives it. Requires: rip_conf_wrong() finds nothing. ERR_FULL: the RIB
 * has no room for a client or a reader.                                                          */
MUST_USE enum err rip_init(struct rip *rip, const struct rip_conf *conf,
			   const struct rip_start *start, ns_t now);
/* Tell everybody that everything is unreachable, as far as it can be sent at once; close sockets,
 * take back what the RIB has. Nothing but show functions and rip_check may be called then.       */
void rip_stop(struct rip *rip, ns_t now);
/* Limits stay as they were. Interfaces that stand there no longer are left as rip_stop leaves.
 * Requires: rip_conf_wrong() finds nothing.                                                      */
void rip_configure(struct rip *rip, const struct rip_conf *conf, ns_t now);
void rip_sock(struct rip *rip, sock_id sock, u8 ready, ns_t now);
void rip_ifaces(struct rip *rip, ns_t now);
void rip_tick(struct rip *rip, ns_t now);
/* Not later than the time that it was called with last: at once. */
ns_t rip_next(const struct rip *rip);
void rip_check(const struct rip *rip);

/* ---- seeing inside --------------------------------------------------------------------------- */

struct rip_iface_info {
	u16 iface;
	bool active;
	bool passive;
	u8 cost;
	enum rip_auth_kind auth;
	be32 addr;
	u32 neighbours;
	ns_t update_in_ns; /* NS_NEVER: tells nobody */
	ns_t update_ns;    /* as configured, as the next two; of all interfaces */
	ns_t timeout_ns;
	ns_t garbage_ns;
	struct rip_iface_stats stats;
	struct speaker_refused refused;
};

struct rip_neigh_info {
	be32 addr;
	u16 iface;
	ns_t up_ns;    /* for how long it has been heard */
	ns_t heard_ns; /* how long ago it was, the last time */
	u64 packets;
	u64 routes;
	u64 bad_packets;
	u64 bad_routes;
};

enum rip_route_kind {
	RIP_ROUTE_CONNECTED,
	RIP_ROUTE_EXPORTED,
	RIP_ROUTE_LEARNED,
	RIP_ROUTE_GARBAGE, /* unreachable, and told so */
};

struct rip_route_info {
	be32 addr;
	u8 len;
	enum rip_route_kind kind;
	u8 metric;
	u16 tag;
	ns_t left_ns; /* of the time of the hop that times out first, or of garbage; NS_NEVER */
	u32 hop_count;
	struct rip_hop hop[RIP_HOPS_MAX];
};

/* From *cursor on (0 to begin) at most max; how many; zero: there are no more. */
u32 rip_show_ifaces(const struct rip *rip, u32 *cursor, struct rip_iface_info *out, u32 max,
		    ns_t now);
/* Groups and routers that were not yet told all there is to tell. */
u32 rip_count_untold(const struct rip *rip);
u32 rip_show_neighbours(const struct rip *rip, u32 *cursor, struct rip_neigh_info *out, u32 max,
			ns_t now);
u32 rip_show_routes(const struct rip *rip, u32 *cursor, struct rip_route_info *out, u32 max,
		    ns_t now);

#endif
