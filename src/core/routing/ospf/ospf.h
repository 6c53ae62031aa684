/* OSPF version 2 (RFC 2328), with NSSAs (RFC 3101), as a machine without I/O (routing/speaker.h).
 *
 * Each interface has a raw socket of its own. What arrives is checked (io.c), goes to the interface
 * and neighbour machines (iface_fsm.def, nbr_fsm.def) or into the database (lsupd.c, lsdb.c), from
 * where it is flooded (flood.c). Everything that follows from a change is marked and done once, at
 * the end of the call or when its time has come (work.c): own LSAs are made anew (origin_*.c), the
 * tree of shortest paths and from it the routes are calculated (spf.c, routes.c), the RIB is told.
 * What is own is made in passes: a pass says everything that ought to be announced; what has not
 * changed stays, and what was not said is flushed.
 *
 * Not there: virtual links, NBMA and point-to-multipoint networks, unnumbered links, the state
 * Loopback (no driver tells it), opaque LSAs, demand circuits, aggregation of what an NSSA
 * translates. An area that is cut from the backbone stays so.
 *
 * Bounds: the limits of ospf_conf. A full database refuses an LSA: it is not acknowledged, it is
 * counted and logged. A full list of retransmissions ends the adjacency that wanted more; a full
 * list of requests lets a description wait until there is room. Sockets are read OSPF_RECV_MAX
 * packets a call. A calculation walks the whole database, seldom: RFC 8405.                      */
#ifndef CORE_ROUTING_OSPF_OSPF_H
#define CORE_ROUTING_OSPF_OSPF_H

#include "core/base/heap.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/routing/ospf/ospf_conf.h"
#include "core/routing/ospf/ospf_msg.h"
#include "core/routing/rib.h"

enum {
	OSPF_RECV_MAX = 64,
	OSPF_LINKS_MAX = 1024, /* of the own router-LSA: what fits into OSPF_LSA_SIZE_MAX */
	OSPF_HOPS_MAX = 256,   /* different next hops of one calculation */
	OSPF_ACKS_MAX = 64,    /* delayed acknowledgments of an interface */
	OSPF_FLOODS_MAX = 64,  /* LSAs of one call that leave together by an interface */
	OSPF_TOLD_MAX = 8,     /* kinds of mistakes of an interface that are remembered */
	OSPF_DD_SIZE_MAX = 1480,
	OSPF_WHY_SIZE = 96,
	OSPF_LSA_CLASSES = 5, /* of 64, 256, 1024, 4096 and 16384 bytes */
};
/* The pseudo area of AS-external-LSAs. */
enum { OSPF_AREA_AS = OSPF_AREA_MAX, OSPF_AREAS };

enum ospf_iface_state {
	OSPF_IFACE_DOWN,
	OSPF_IFACE_WAITING,
	OSPF_IFACE_PTP,
	OSPF_IFACE_OTHER,
	OSPF_IFACE_BACKUP,
	OSPF_IFACE_DR,
	OSPF_IFACE_STATES,
};

enum ospf_nbr_state {
	OSPF_NBR_DOWN,
	OSPF_NBR_INIT,
	OSPF_NBR_TWO_WAY,
	OSPF_NBR_EXSTART,
	OSPF_NBR_EXCHANGE,
	OSPF_NBR_LOADING,
	OSPF_NBR_FULL,
	OSPF_NBR_STATES,
};

enum ospf_timer { OSPF_TIMER_HELLO, OSPF_TIMER_WAIT, OSPF_TIMER_ACK, OSPF_IFACE_TIMERS };
enum ospf_nbr_timer {
	OSPF_TIMER_DEAD,
	OSPF_TIMER_DD,
	OSPF_TIMER_REQ,
	OSPF_TIMER_RXMT,
	OSPF_NBR_TIMERS,
};

/* What is to be done once, when its time has come. */
enum ospf_work { OSPF_WORK_LINKS, OSPF_WORK_SPF, OSPF_WORK_SUMMARY, OSPF_WORK_EXT, OSPF_WORKS };

/* Next hops of a calculation, one bit for each of ospf.hop[]. */
struct ospf_hopset {
	u64 bits[OSPF_HOPS_MAX / 64];
};

struct ospf_hop {
	u16 iface;
	be32 gateway; /* zero: the link itself */
};

struct ospf_lsa {
	u8 type;
	u8 area; /* place in ospf.area, OSPF_AREA_AS */
	u8 class;
	u8 want_len; /* the prefix of the last pass */
	be32 id;
	be32 adv;
	u32 body;     /* in its class */
	s64 born_ns;  /* when its age was zero */
	ns_t came_ns; /* it was installed */
	ns_t made_ns; /* we originated it; NS_NEVER */
	bool own;     /* its router is this one */
	bool flushed; /* MaxAge: it goes when nobody has to acknowledge it any more */
	bool again;   /* a copy of ours came back that is newer: to be made anew, or flushed */
	u32 pass;     /* the last one that wanted it */
	bool dying;   /* on the list of those that may go: they are flushed, or were */
	u32 dying_next;
	ns_t back_ns;   /* it was last sent to somebody who had an older one; NS_NEVER */
	u32 rxmt;       /* first retransmission; IDX_NONE */
	u32 next, prev; /* of its area and type */
	/* of the last calculation that reached it, types 1 and 2 */
	u32 run;
	u32 dist;
	bool settled;
	struct ospf_hopset hops;
};

/* An LSA that a neighbour has to acknowledge: in the list of both. */
struct ospf_rxmt {
	u32 lsa;
	u32 nbr;
	u32 lsa_next, lsa_prev;
	u32 nbr_next, nbr_prev;
	ns_t sent_ns;
};

/* An LSA to ask a neighbour for: the header that described it. */
struct ospf_request {
	struct ospf_lsa_hdr hdr;
	u32 nbr;
	u32 next, prev;
	bool asked;
};

struct ospf_list {
	u32 first;
	u32 last;
	u32 count;
};

struct ospf_nbr {
	u16 iface;
	u8 state;
	u8 priority;
	be32 rid;
	be32 addr;
	be32 dr;
	be32 bdr;
	u32 next; /* of the interface */
	ns_t full_ns;
	/* section 10: the exchange */
	bool master; /* we are the slave */
	u32 dd_seq;
	bool dd_seen; /* last_dd is set */
	struct ospf_dd last_dd;
	u32 cursor; /* of the LSAs that are described; lsa_limit: at the end */
	bool more;  /* we have, or have announced, more descriptions */
	u32 dd_len; /* of the last one that was sent */
	u8 dd[OSPF_DD_SIZE_MAX];
	struct ospf_list requests;
	u32 asked;
	struct ospf_list rxmts;
	bool has_seq; /* of cryptographic authentication */
	u32 seq;
	bool mtu_told;
	bool overrun;   /* there was no room for what it has to acknowledge */
	u32 unexpected; /* events that its state does not know */
	u32 rxmt_count; /* retransmitted LSAs */
};

enum { OSPF_NEWS_BACKUP_SEEN = 1, OSPF_NEWS_NBR_CHANGE = 2 };

/* Something wrong that the log has heard of. */
struct ospf_told {
	const char *why; /* NULL: nothing */
	ns_t at_ns;
};

struct ospf_iface {
	bool used; /* configured */
	struct ospf_iface_conf conf;
	u8 area;
	u8 state;
	u8 news; /* what the machine has to be told at the end of the call */
	bool open;
	bool in_dr_group;
	sock_id sock;
	be32 addr;
	u8 len;
	u16 mtu;
	be32 dr; /* addresses; zero: none */
	be32 bdr;
	u32 nbr_first;
	u32 nbr_count;
	u32 ack_count;
	struct ospf_lsa_hdr ack[OSPF_ACKS_MAX];
	u32 flood_count;
	u32 flood[OSPF_FLOODS_MAX];
	u32 unexpected;
	struct ospf_told told[OSPF_TOLD_MAX];
	u64 got[OSPF_MSG_TYPES]; /* messages by their type, once they are authentic */
	u64 sent[OSPF_MSG_TYPES];
	struct speaker_refused refused;
};

struct ospf_area {
	bool used;
	struct ospf_area_conf conf;
	u32 active; /* interfaces that are not down */
	u32 lsa_first[OSPF_LSA_TYPES];
	u32 lsa_count;
	bool translator;       /* of an NSSA: elected */
	ns_t translator_until; /* it lost, and goes on so long (RFC 3101 section 3.1) */
	u32 reached;           /* vertices of the last calculation */
	bool range_active[OSPF_RANGE_MAX];
	u32 range_cost[OSPF_RANGE_MAX];
};

enum ospf_path {
	OSPF_PATH_INTRA,
	OSPF_PATH_INTER,
	OSPF_PATH_EXT1,
	OSPF_PATH_EXT2,
	OSPF_PATH_DISCARD, /* of an own range: what is in it and has no route ends here */
	OSPF_PATHS,
};

enum { OSPF_ROUTE_ASBR = 33 /* the length of a router that is known by a summary */ };

struct ospf_route {
	be32 addr;
	u8 len;
	u8 path;
	u8 area;
	u8 rank;   /* of equal external ones, lower is better (RFC 3101 section 2.5 (6)) */
	bool far;  /* external: not by an area other than the backbone (section 16.4.1) */
	u32 cost;  /* of EXT2 that to the router or the forwarding address */
	u32 cost2; /* of EXT2 */
	u32 tag;
	struct ospf_hopset hops;
	u32 lsa; /* that says it */
	be32 adv;
	be32 forward;
	u32 run;
	/* what the RIB has */
	bool offered;
	bool hidden;
	u8 told_path;
	u32 told_hops;
	u32 told_metric;
	u32 told_tag;
};

/* A route of others that the policy lets out. */
struct ospf_export {
	be32 addr;
	u8 len;
	u8 source;
	bool type2;
	u32 metric;
	u32 tag;
	be32 gateway; /* zero: none, or several */
	u16 iface;
};

struct ospf_stats {
	u64 packets_in;
	u64 packets_out;
	u64 send_failed;
	u64 malformed; /* messages, or LSAs in them */
	u64 refused;   /* not for us, or of nobody we know: area, mask, timers, network */
	u64 bad_auth;
	u64 lsas_in;
	u64 lsas_made;
	u64 lsa_full; /* refused: lsa_limit, or no room of its size */
	u64 nbr_full;
	u64 rxmt_full;
	u64 request_full;
	u64 route_full;
	u64 export_full;
	u64 hops_full;
	u64 id_clash;      /* appendix E had no id left for a prefix */
	u64 too_soon;      /* MinLSArrival */
	u64 retransmitted; /* LSAs */
	u64 spf_runs;
	u64 rib_full;
	u64 rib_missing; /* withdrawn, and the RIB did not have it */
};

/* What a speaker stands on; all of it outlives it. */
struct ospf_env {
	struct speaker_io io;
	struct rib *rib;
	const struct iface_table *ifaces;
	const struct policy_conf *policies;
	struct speaker_log *log;
	u8 seed[32];
	/* What cryptographic sequence numbers begin with: more than at any start before, as the
	 * seconds of a wall clock are.                                                           */
	u32 auth_seq;
};

struct ospf {
	struct ospf_conf conf;
	struct ospf_env env;
	struct rng rng;
	struct hash_key key;
	be32 router_id;
	u16 client; /* of the RIB */
	u16 reader;
	bool stopped;
	bool is_abr;
	ns_t start_ns;
	u32 auth_seq;    /* of what is sent now: env.auth_seq and the seconds since */
	ns_t stub_until; /* RFC 6987 */
	struct ospf_iface iface[OSPF_IFACE_MAX];
	struct ospf_area area[OSPF_AREAS];
	struct slab nbrs;
	struct slab lsas;
	struct slab bodies[OSPF_LSA_CLASSES];
	struct map lsa_map;
	struct slab rxmts;
	struct slab requests;
	struct map request_map;
	struct slab routes;
	struct map route_map;
	struct slab exports;
	struct map export_map;
	struct heap iface_heap;
	struct heap nbr_heap;
	struct heap lsa_heap;   /* refresh of own ones, MaxAge of others */
	struct heap candidates; /* of a calculation, by distance */
	ns_t due[OSPF_WORKS];
	u32 spf_level;     /* RFC 8405: 0 quiet, 1 short wait, 2 long wait */
	ns_t spf_last_ns;  /* of the last event */
	ns_t spf_first_ns; /* of this bout of events */
	u32 pass;          /* counts passes of origination */
	u32 run;           /* counts calculations */
	bool purge;        /* a flushed LSA may go */
	u32 dying_first;
	u32 flushed_count;
	bool nbr_news;  /* requests were fulfilled, or something was overrun */
	u32 exchanging; /* neighbours in Exchange or Loading */
	u32 hop_count;
	struct ospf_hop hop[OSPF_HOPS_MAX];
	u32 direct_count; /* acknowledgments that leave when the update is read */
	struct ospf_lsa_hdr direct[OSPF_ACKS_MAX];
	u8 *rx;   /* packets as they come, OSPF_MSG_SIZE_MAX and a header */
	u8 *tx;   /* message under construction */
	u8 *made; /* LSA under construction */
	ns_t full_told_ns;
	struct ospf_stats stats;
};

void ospf_layout(struct ospf *o, const struct ospf_conf *conf, struct mem *mem);
/* Also after ospf_stop(), with another o->conf of the same limits. Requires: ospf_conf_wrong() has
 * nothing to say of it.                                                                          */
void ospf_init(struct ospf *o, const struct ospf_env *env, ns_t now);
/* Other values for all that is no limit. Adjacencies end where area, kind of network, timers, or
 * the address change; all of them, where the router id or the kind of the area does. ERR_RANGE:
 * conf is wrong or another limit; nothing has changed.                                           */
MUST_USE enum err ospf_configure(struct ospf *o, const struct ospf_conf *conf, ns_t now);
/* Policies were changed: all routes are asked about anew. */
void ospf_policies(struct ospf *o, ns_t now);
void ospf_sock(struct ospf *o, sock_id sock, u8 ready, ns_t now);
void ospf_ifaces(struct ospf *o, ns_t now);
void ospf_tick(struct ospf *o, ns_t now);
/* When ospf_tick() has something to do. What the RIB has new is not foreseen: whoever drives it
 * calls after rib_tick(), too.                                                                   */
ns_t ospf_next(const struct ospf *o);
/* The link to a neighbour is said to be gone, by BFD for example: event LLDown. */
void ospf_nbr_lost(struct ospf *o, u16 iface, be32 addr, ns_t now);
/* Own LSAs are flushed, neighbours are told that they are not heard, the RIB forgets what it was
 * given, sockets are closed. Nothing happens any more after it.                                  */
void ospf_stop(struct ospf *o, ns_t now);
void ospf_check(const struct ospf *o);

/* ---- seeing inside --------------------------------------------------------------------------- */

const char *ospf_iface_state_name(enum ospf_iface_state state);
const char *ospf_nbr_state_name(enum ospf_nbr_state state);
const char *ospf_path_name(enum ospf_path path);

struct ospf_iface_shown {
	u16 iface;
	u32 area_id;
	enum ospf_net_type type;
	enum ospf_iface_state state;
	be32 addr;
	u8 len;
	u16 cost;
	u16 mtu;
	u8 priority;
	bool passive;
	be32 dr;
	be32 bdr;
	u32 nbr_count;
	u32 full_count;
	ns_t hello_ns; /* until the next one; NS_NEVER */
	u16 hello_s;   /* as configured, as the next ones */
	u32 dead_s;
	u16 rxmt_s;
	enum ospf_auth_kind auth;
	u64 got[OSPF_MSG_TYPES];
	u64 sent[OSPF_MSG_TYPES];
	struct speaker_refused refused;
};

struct ospf_nbr_shown {
	u16 iface;
	be32 rid;
	be32 addr;
	enum ospf_nbr_state state;
	u8 priority;
	be32 dr;
	be32 bdr;
	ns_t dead_ns; /* until it counts as dead */
	ns_t full_ns; /* since when it is Full; NS_NEVER */
	u32 rxmt_waiting;
	u32 request_waiting;
	u32 retransmitted;
};

struct ospf_lsa_shown {
	u32 area_id;             /* of type 5: UINT32_MAX */
	struct ospf_lsa_hdr hdr; /* with its age now */
	bool own;
	u32 rxmt_waiting;
	const u8 *bytes; /* header (with the age at which it came) and body, borrowed */
};

struct ospf_route_shown {
	struct ip_prefix prefix;
	enum ospf_path path;
	u32 area_id; /* of external ones: UINT32_MAX */
	u32 cost;
	u32 cost2;
	u32 tag;
	u32 hop_count;
	struct rib_hop hop[RIB_HOPS_MAX];
	u8 lsa_type; /* that says it; zero: none */
	be32 lsa_id;
	be32 adv;
	bool hidden; /* refused by policy */
	char why[OSPF_WHY_SIZE];
};

/* Each writes at most max from *cursor (0 to begin) on and answers how many; zero: no more. */
u32 ospf_show_ifaces(const struct ospf *o, u32 *cursor, struct ospf_iface_shown *out, u32 max,
		     ns_t now);
u32 ospf_show_nbrs(const struct ospf *o, u32 *cursor, struct ospf_nbr_shown *out, u32 max,
		   ns_t now);
/* Own LSAs that are flushed, or new, and that some neighbour has not acknowledged; and one for each
 * kind that is still to be made anew (RFC 2328 section 12.4: at most every 5 s).                 */
u32 ospf_count_untold(const struct ospf *o);
u32 ospf_show_lsas(const struct ospf *o, u32 *cursor, struct ospf_lsa_shown *out, u32 max,
		   ns_t now);
u32 ospf_show_routes(const struct ospf *o, u32 *cursor, struct ospf_route_shown *out, u32 max);

#endif
