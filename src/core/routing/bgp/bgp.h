/* BGP-4 (RFC 4271): a speaker as a machine without I/O.
 *
 * Each peer is a client of the RIB, which keeps what was heard of it (Adj-RIB-In is a list of paths
 * in the RIB: extra is the set of attributes as received, attr the one after policy), and a reader
 * of it, who is told each prefix whose best path changed when it has room for it. Nothing is queued
 * for a peer: what it was told is a bit for each net, and a slow one finds the newest state later.
 *
 * A peer has two lines, one that is called and one that calls; each is a connection with a state
 * (fsm.def). When both come to OPEN one is given up (RFC 4271 section 6.8).
 *
 *     bgp_sock(bgp, sock, ready, now)   reads, at most BGP_STEP_BYTES a call
 *     bgp_tick(bgp, now)                timers, policies that changed, then UPDATEs to peers
 *     bgp_next(bgp)                     when to call that again; not after now: at once
 * The caller lets the RIB tick in between; bgp_tick() after each time that the RIB had work, and
 * the RIB may have work after each of these calls.
 *
 * Bounds: a peer that sends garbage, slowly or without end has its buffer of BGP_IN_SIZE and its
 * share of each call, and no more; what is sent to it is at most BGP_OUT_SIZE ahead of TCP. Sets of
 * attributes, paths and nets are limited; what finds no room is not taken, counted and told.     */
#ifndef CORE_ROUTING_BGP_BGP_H
#define CORE_ROUTING_BGP_BGP_H

#include "core/base/heap.h"
#include "core/base/rng.h"
#include "core/routing/bgp/attr.h"
#include "core/routing/bgp/bgp_conf.h"
#include "core/routing/rib.h"

enum {
	BGP_IN_SIZE = 16384,  /* bytes of a line that wait to be whole messages */
	BGP_OUT_SIZE = 65536, /* bytes that wait for TCP */
	BGP_STEP_BYTES = 32768,
	BGP_STEP_NETS = 1024,  /* told to one peer in one tick */
	BGP_STEP_PATHS = 1024, /* of one peer whose policy changed */
	BGP_GROUPS = 64,       /* UPDATEs that are filled at the same time */
	BGP_ACCEPT_MAX = 8,    /* calls taken at once */
};

/* RFC 4271 section 8.2.2. */
enum bgp_state {
	BGP_IDLE,
	BGP_CONNECT,
	BGP_ACTIVE,
	BGP_OPEN_SENT,
	BGP_OPEN_CONFIRM,
	BGP_ESTABLISHED,
	BGP_STATES,
};

/* RFC 4271 section 8.1, by its numbers; RFC 9687 section 3.3 has added one. */
enum bgp_event {
	BGP_EVENT_NONE,
	BGP_EVENT_MANUAL_START,         /* 1 */
	BGP_EVENT_MANUAL_STOP,          /* 2 */
	BGP_EVENT_AUTOMATIC_START,      /* 3 */
	BGP_EVENT_PASSIVE_START,        /* 4, 5 */
	BGP_EVENT_AUTOMATIC_STOP,       /* 8 */
	BGP_EVENT_RETRY_EXPIRES,        /* 9 */
	BGP_EVENT_HOLD_EXPIRES,         /* 10 */
	BGP_EVENT_KEEPALIVE_EXPIRES,    /* 11 */
	BGP_EVENT_IDLE_HOLD_EXPIRES,    /* 13 */
	BGP_EVENT_TCP_ACKED,            /* 16 */
	BGP_EVENT_TCP_CONFIRMED,        /* 17 */
	BGP_EVENT_TCP_FAILS,            /* 18 */
	BGP_EVENT_OPEN,                 /* 19 */
	BGP_EVENT_HEADER_ERROR,         /* 21 */
	BGP_EVENT_OPEN_ERROR,           /* 22 */
	BGP_EVENT_COLLISION,            /* 23 */
	BGP_EVENT_VERSION_NOTIFICATION, /* 24 */
	BGP_EVENT_NOTIFICATION,         /* 25 */
	BGP_EVENT_KEEPALIVE,            /* 26 */
	BGP_EVENT_UPDATE,               /* 27 */
	BGP_EVENT_UPDATE_ERROR,         /* 28 */
	BGP_EVENT_SEND_HOLD_EXPIRES,    /* 29, RFC 9687 */
	BGP_EVENT_REFRESH,              /* ROUTE-REFRESH came (RFC 2918 names no event) */
	BGP_EVENTS,
};

enum bgp_action {
	BGP_DO_UNKNOWN,    /* an empty cell: counted */
	BGP_DO_NONE,       /* ignored, as the RFC says */
	BGP_DO_CONNECT,    /* call the peer; the retry timer runs */
	BGP_DO_RETRY,      /* give a call up and make another one */
	BGP_DO_WAIT,       /* be called, or call later */
	BGP_DO_AGAIN,      /* start as the peer is to be started */
	BGP_DO_OPEN,       /* send OPEN; the hold timer runs with a large value */
	BGP_DO_ACCEPT,     /* agree on times, send KEEPALIVE */
	BGP_DO_UP,         /* routes may be exchanged */
	BGP_DO_SAY,        /* send KEEPALIVE */
	BGP_DO_HEAR,       /* the hold timer begins anew */
	BGP_DO_UPDATE,     /* so it does, and the UPDATE is read */
	BGP_DO_REFRESH,    /* the same of ROUTE-REFRESH */
	BGP_DO_DROP,       /* the connection ends without a word */
	BGP_DO_CEASE,      /* it ends with Cease and the reason that is noted */
	BGP_DO_NOTIFY,     /* it ends with the error that was found */
	BGP_DO_HOLD,       /* it ends with "hold timer expired" */
	BGP_DO_UNEXPECTED, /* it ends with "finite state machine error" */
	BGP_DO_STUCK,      /* it ends with "send hold timer expired" */
	BGP_ACTIONS,
};

struct bgp_move {
	u8 action; /* enum bgp_action */
	u8 next;   /* enum bgp_state */
	const char *section;
};

enum bgp_timer {
	BGP_TIMER_RETRY,
	BGP_TIMER_HOLD,
	BGP_TIMER_KEEPALIVE,
	BGP_TIMER_SEND_HOLD,
	BGP_TIMER_IDLE_HOLD,
	BGP_LINE_TIMERS,
};
enum bgp_peer_timer {
	BGP_TIMER_RESTART = 2 * BGP_LINE_TIMERS, /* RFC 4724: stale routes go */
	BGP_TIMER_PREFIXES,                      /* too many of them: the peer may try again */
	BGP_TIMERS,
};

enum { BGP_LINE_OUT, BGP_LINE_IN, BGP_LINES, BGP_LINE_NONE = 0xff };

/* A connection with a peer. */
struct bgp_line {
	sock_id sock; /* SOCK_ID_NONE */
	u8 state;     /* enum bgp_state */
	u8 watch;
	bool has_open;
	struct bgp_open open; /* of the peer */
	be32 local;
	ns_t hold_ns; /* agreed; zero: none */
	ns_t keepalive_ns;
	ns_t heard_ns;
	ns_t said_ns;
	u8 *in;
	u32 in_len;
	u8 *out;
	u32 out_first; /* of what waits for TCP */
	u32 out_len;
};

/* Why a peer is not to be called and not heard. */
enum bgp_held { BGP_HELD_NOT, BGP_HELD_SHUTDOWN, BGP_HELD_PREFIXES, BGP_HELD_STOPPED };

/* What ended a connection, and who said so. */
struct bgp_last {
	bool ever;
	u8 code;
	u8 subcode;
	ns_t at_ns;
	char text[BGP_TEXT_SIZE]; /* of a shutdown, or what was wrong */
};

/* Why a path that came is not kept: the last prefix of each kind is. */
enum bgp_unfit {
	BGP_UNFIT_LOOP,     /* RFC 4271 section 9.1.2, RFC 4456 section 8 */
	BGP_UNFIT_NEXTHOP,  /* RFC 4271 sections 5.1.3 and 6.3 */
	BGP_UNFIT_FIRST_AS, /* RFC 4271 section 6.3 */
	BGP_UNFITS,
};

struct bgp_counters {
	u64 messages_in, messages_out;
	u64 got[BGP_TYPES], sent[BGP_TYPES]; /* by their type */
	u64 prefixes_in, prefixes_out; /* announced, as the next withdrawn */
	u64 withdrawn_in, withdrawn_out;
	u64 unexpected;   /* empty cells of fsm.def */
	u64 established;  /* times */
	u64 as_withdrawn; /* UPDATEs of which RFC 7606 makes a withdrawal */
	u64 discarded;    /* UPDATEs of which an attribute was left out */
	u64 loops;        /* with our AS in the path, or our identifier as originator */
	u64 bad_nexthop;
	u64 first_as; /* of another AS than the peer's; of as_withdrawn, too */
	u64 no_room;  /* prefixes that the RIB or the store did not take */
	u64 too_long; /* announcements that did not fit into a message */
};

struct bgp_peer {
	bool used;
	u8 live; /* the line that is established; BGP_LINE_NONE */
	u8 held; /* enum bgp_held */
	bool internal;
	bool may_call; /* the listener has its key, if it has one */
	struct bgp_peer_conf conf;
	u64 import_mark; /* of what its policies say, to see a change */
	u64 export_mark;
	struct bgp_line line[BGP_LINES];
	u32 failures; /* that did not come to a time of peace */
	ns_t up_ns;   /* since when it is up; or down */
	/* agreed on */
	struct bgp_open open; /* of the peer, the last one; its paths are compared by it */
	struct bgp_wire wire_in;
	struct bgp_wire wire_out;
	bool refresh;
	bool enhanced_refresh;
	/* in */
	u16 client;      /* RIB_CLIENT_NONE */
	bool stale;      /* some of its paths are, until End-of-RIB */
	bool refreshing; /* between its BoRR and EoRR (RFC 7313) */
	bool warned;
	bool full_told;
	bool limit_told;
	bool reimport; /* its import policy changed: from this place on */
	u32 reimport_at;
	struct ip_prefix unfit[BGP_UNFITS]; /* the last one, family none: none, or it came fit */
	/* out */
	u16 reader;     /* RIB_READER_NONE */
	u8 planes;      /* paths of a prefix that it is told */
	u64 *announced; /* a bit for each net, plane by plane */
	u32 announced_count;
	bool end_due;   /* End-of-RIB (RFC 4724) */
	bool begin_due; /* BoRR (RFC 7313), and then EoRR */
	bool refresh_end_due;
	ns_t quiet_until_ns; /* RFC 4271 section 9.2.1.1 */
	u16 iface;           /* of the network that both are on; IFACE_NONE */
	/* the end of the connection that is being ended */
	struct bgp_error error;
	bool notified; /* by the peer */
	bool unsaid;   /* there was no room for our NOTIFICATION */
	struct bgp_last last_sent;
	struct bgp_last last_got;
	char down_text[SPEAKER_TEXT_SIZE];
	struct bgp_counters counters;
};

/* What is given once, and outlives the speaker. */
struct bgp_env {
	struct speaker_io io;
	struct rib *rib;
	const struct iface_table *ifaces;
	struct speaker_log *log;
	u8 seed[32];
};

struct bgp_group;

struct bgp {
	struct bgp_conf conf;
	struct bgp_env env;
	struct bgp_attr_store store;
	struct bgp_peer *peer; /* peer_limit */
	u64 *announced;
	u64 announced_words; /* of a plane */
	u16 peer_of_client[RIB_CLIENT_MAX];
	u32 paths_of_client[RIB_CLIENT_MAX];
	u32 hidden_of_client[RIB_CLIENT_MAX]; /* of them, those that policy refused */
	struct map by_sock;                   /* lines: peer * BGP_LINES + line */
	struct heap timers;
	struct rng rng;
	sock_id listener;
	bool stopped;
	bool begun; /* once; the store then outlives every stop, as the RIB's paths do */
	bool busy;  /* more to do at once */
	ns_t now;
	/* what a step works with */
	const u8 *msg; /* that is being read */
	u32 msg_len;
	struct bgp_attrs in;   /* as they came */
	struct bgp_attrs work; /* changed by policy */
	u32 path_as[2 * BGP_VALUES_MAX];
	u32 community[BGP_VALUES_MAX];
	struct large_community large[BGP_VALUES_MAX];
	struct policy_view seen; /* of what is exported */
	u32 seen_attr;
	enum route_source seen_source;
	struct bgp_group *group; /* BGP_GROUPS */
};

/* The plan of the memory; conf is checked. */
void bgp_layout(struct bgp *bgp, const struct bgp_conf *conf, struct mem *mem);
/* Sets the chooser of ROUTE_BGP; calls peers from now on. Also after bgp_stop(), with another conf
 * of the same limits put into bgp->conf: paths of before may still be on their way out of the RIB.
 */
void bgp_init(struct bgp *bgp, const struct bgp_env *env, ns_t now);
void bgp_sock(struct bgp *bgp, sock_id sock, u8 ready, ns_t now);
void bgp_ifaces(struct bgp *bgp, ns_t now);
void bgp_tick(struct bgp *bgp, ns_t now);
ns_t bgp_next(const struct bgp *bgp);
/* conf is checked; its limits are those of before. Peers stay up but those whose own parameters
 * changed; policies that changed are run again over what is there.                               */
void bgp_configure(struct bgp *bgp, const struct bgp_conf *conf, ns_t now);
/* Cease to everybody, with a text of at most 255 bytes (RFC 9003); paths go with the RIB's steps.
 */
void bgp_stop(struct bgp *bgp, const char *text, ns_t now);
void bgp_check(const struct bgp *bgp);

/* ---- what an administrator may do ------------------------------------------------------------ */

/* NULL: there is no such peer. */
struct bgp_peer *bgp_peer_find(const struct bgp *bgp, be32 addr);
/* End the connection and begin anew at once, also after too many prefixes. ERR_NOT_FOUND. */
enum err bgp_peer_reset(struct bgp *bgp, be32 addr, const char *text, ns_t now);
/* Somebody (BFD, RFC 5882) knows that it can not be reached: its connection ends, as if TCP had
 * failed. ERR_NOT_FOUND: there is none that is up.                                               */
enum err bgp_peer_lost(struct bgp *bgp, be32 addr, const char *text, ns_t now);
/* Tell the peer everything again; ask the peer for everything again (RFC 2918: ERR_RANGE if it does
 * not know how).                                                                                 */
enum err bgp_peer_refresh_out(struct bgp *bgp, be32 addr);
enum err bgp_peer_refresh_in(struct bgp *bgp, be32 addr, ns_t now);

/* ---- seeing inside --------------------------------------------------------------------------- */

struct bgp_peer_shown {
	char name[BGP_NAME_SIZE];
	be32 addr;
	be32 local;
	u32 as;
	be32 router_id; /* zero: not known */
	bool internal;
	enum bgp_state state;
	enum bgp_held held;
	bool called;   /* the peer called us */
	ns_t since_ns; /* up, or down */
	u32 hold_s;    /* agreed */
	u32 keepalive_s;
	u16 own_hold_s; /* as configured, as the next two */
	u16 own_keepalive_s;
	u16 connect_retry_s;
	ns_t heard_ns; /* the last message of this connection; NS_NEVER, as the next */
	ns_t said_ns;  /* the last one that was no UPDATE */
	enum bgp_auth_kind auth;
	bool bfd;
	bool import_missing; /* RFC 8212: nothing is taken of it, told to it */
	bool export_missing;
	const char *import; /* names of policies, borrowed; NULL: none */
	const char *export;
	ns_t hold_left_ns; /* NS_NEVER: the timer does not run, as the next */
	ns_t keepalive_left_ns;
	ns_t retry_left_ns; /* until it is called again, or may be */
	ns_t restart_left_ns;
	struct bgp_open open; /* what the peer can */
	bool as4, add_path_in, add_path_out, refresh, enhanced_refresh, restart; /* agreed on */
	u32 paths_in; /* hidden ones too */
	u32 hidden_in;
	u32 prefix_limit;
	u32 announced;
	bool stale;
	u32 out_bytes; /* that wait for TCP */
	struct bgp_last last_sent;
	struct bgp_last last_got;
	struct bgp_counters counters;
	struct ip_prefix unfit[BGP_UNFITS]; /* the last one; family none */
};
/* Peers that are up and were told of a route, or to whom bytes wait for TCP. */
u32 bgp_count_told(const struct bgp *bgp);
/* "its path has our AS": a sentence of what came so. */
const char *bgp_unfit_text(enum bgp_unfit unfit);
/* Up to max peers from *cursor on (0 to begin); zero: there are no more. */
u32 bgp_show_peers(const struct bgp *bgp, u32 *cursor, struct bgp_peer_shown *out, u32 max,
		   ns_t now);

struct bgp_route_shown {
	struct ip_prefix prefix;
	u32 path_id;
	u32 attr;     /* after policy; of bgp_show_attrs() until something ticks */
	u32 received; /* as they came */
	bool hidden;  /* policy refused it */
	bool stale;
};
/* What was heard of a peer; false: there is no more. */
bool bgp_show_received(const struct bgp *bgp, be32 addr, u32 *cursor, struct bgp_route_shown *out,
		       u32 max, u32 *count);
enum { BGP_SHOWN_PATH_SIZE = 512, BGP_SHOWN_LIST_SIZE = 512 };
struct bgp_attrs_shown {
	const char *origin; /* "IGP", "EGP", "incomplete" */
	be32 nexthop;
	bool has_med, has_local_pref, atomic;
	u32 med, local_pref;
	char path[BGP_SHOWN_PATH_SIZE]; /* "65001 65002 {65003 65004}" */
	char communities[BGP_SHOWN_LIST_SIZE];
	char large[BGP_SHOWN_LIST_SIZE];
	char others[BGP_SHOWN_LIST_SIZE]; /* "type 16 (8 bytes)" and so on */
	bool cut;                         /* some did not fit */
};
void bgp_show_attrs(const struct bgp *bgp, u32 attr, struct bgp_attrs_shown *out);

/* A route that a peer was told, with the attributes that it is told with: after the policy. They
 * are not kept but made again, so that what waits to be told is shown as it will be, and what
 * waits to be withdrawn is not shown.                                                            */
struct bgp_told_shown {
	struct ip_prefix prefix;
	enum route_source source;
	u32 path_id; /* that it is told under (RFC 7911); 0 */
	struct bgp_attrs_shown attrs;
};
enum { BGP_TOLD_SHOWN_MAX = 16 };
_Static_assert((u32)BGP_TOLD_SHOWN_MAX >= (u32)BGP_PATHS_OUT_MAX, "a net has room");
/* Of out[BGP_TOLD_SHOWN_MAX] the first *count; false: there is no more. It works where messages are
 * made, and changes nothing else.                                                                */
bool bgp_show_announced(struct bgp *bgp, be32 addr, u64 *cursor, struct bgp_told_shown *out,
			u32 *count);

const char *bgp_state_name(enum bgp_state state);
const char *bgp_event_name(enum bgp_event event);
const char *bgp_action_name(enum bgp_action action);
const struct bgp_move *bgp_move_of(enum bgp_state state, enum bgp_event event);

#endif
