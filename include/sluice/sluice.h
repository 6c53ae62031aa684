/* The engine: packets and a clock in, packets out.
 *
 * No I/O, no clock of its own, no allocation after sluice_new(), no globals: any number of engines
 * may live in one process. One engine belongs to one thread.
 *
 *     sluice_input(s, &rx, now);                 a batch from a driver; the engine owns it now
 *     while (sluice_output(s, &tx)) ...send...   each pkt->out_if says where it leaves
 *     if (now >= sluice_next(s)) sluice_tick(s, now);
 *
 * Times are nanoseconds of one clock that never goes back. Addresses and ports in be32 and be16 are
 * in network byte order.                                                                        */
#ifndef SLUICE_SLUICE_H
#define SLUICE_SLUICE_H

#include "core/base/mem.h"
#include "core/ct/ct_conf.h"
#include "core/fib/fib.h"
#include "core/filter/filter_conf.h"
#include "core/iface/iface.h"
#include "core/iface/neigh.h"
#include "core/ip/icmp.h"
#include "core/ip/reass.h"
#include "core/nat/backend_state.h"
#include "core/nat/nat_conf.h"
#include "core/pkt/pkt.h"
#include "core/sock/sock_conf.h"
#include "core/subscriber/subscriber_conf.h"
#include "core/splice/splice_conf.h"
#include "core/tcp/tcp_conf.h"
#include "core/udp/udp_conf.h"

enum { SLUICE_ROUTE_MAX = 1024 };

struct sluice_route_conf {
	be32 prefix;
	u8 prefix_len;
	u8 zone;
	u32 tag; /* that policies of routing match; zero: none */
	bool bfd; /* its gateways are used while BFD reaches them; of zone 0, and with BFD */
	/* A gateway whose out_if is IFACE_NONE is looked up among the routes of the RIB: of zone 0,
	 * without BFD, and where there is routing.                                               */
	struct fib_route route;
};

struct routing_conf;
struct speaker_event;

/* Everything an engine is given. A plain value: copy it, compare it, keep it. */
struct sluice_conf {
	u32 iface_count;
	struct iface_conf iface[IFACE_MAX];
	u16 host_if;   /* the interface that leads to the host's own stack; IFACE_NONE: none */
	u32 route_count;
	struct sluice_route_conf route[SLUICE_ROUTE_MAX]; /* connected ones come by themselves */
	struct ct_conf ct;
	struct subscriber_conf subscribers;
	struct nat_conf nat;
	struct filter_conf filter;
	struct neigh_conf neigh;
	struct fib_conf fib;
	struct reass_conf reass;
	struct icmp_conf icmp;
	struct pkt_pool_conf packets;
	struct sock_conf sockets; /* limits of zero: there are none */
	struct udp_conf udp;
	struct tcp_conf tcp;
	struct splice_conf splice; /* connections that are split; limits of zero: none */
	const struct routing_conf *routing; /* core/engine/routing_conf.h; NULL: none */
	u8 seed[32];     /* secret: keys of hashes, ports, identifiers come from it */
	bool slow_road;  /* never take the short cuts for known and new flows; for tests */
	bool redirects;  /* send ICMP redirects */
};

struct sluice;

/* Every limit and time-out at its default; no interfaces, no rules. */
void sluice_conf_defaults(struct sluice_conf *conf);
/* The memory that conf needs, row by row; mem->used is the sum in bytes. */
void sluice_plan(const struct sluice_conf *conf, struct mem *mem);
/* Build an engine in memory[0..size): zeroed, aligned to 64 bytes, at least as large as planned,
 * the caller's until the end. ERR_MEMORY, ERR_RANGE: *why names what is wrong (static string).   */
enum err sluice_new(struct sluice **out, const struct sluice_conf *conf, void *memory, u64 size,
		    ns_t now, const char **why);
/* Whether sluice_configure() would take it; nothing changes for packets. Not looked at is whether
 * the routes, and the prefixes that ARP is answered for, have room.                             */
enum err sluice_look(struct sluice *s, const struct sluice_conf *conf, const char **why);
/* Exchange interfaces' addresses, routes, NAT and filter rules, time-outs, options of tracking and
 * rates of ICMP errors between two batches. Limits stay as they are and interfaces keep their
 * indices. An address that an interface keeps stays in use, one that is new is probed for first
 * (RFC 5227 section 2.1). On an error nothing has changed, and *why names the limit or what is
 * wrong.                                                                                         */
enum err sluice_configure(struct sluice *s, const struct sluice_conf *conf, ns_t now,
			  const char **why);

/* Announce nothing to anybody, and be no way for others' traffic, until it is told otherwise: what
 * comes is still forwarded. ERR_NOT_FOUND: there is no routing; ERR_FULL: policies are used up.  */
enum err sluice_routing_drain(struct sluice *s, bool drain, ns_t now);
/* The oldest thing that a speaker of a routing protocol had to say and that was not taken yet;
 * false: there is none.                                                                          */
bool sluice_speaker_event(struct sluice *s, struct speaker_event *out);

/* Change a set of the filter between two batches, until a configuration gives it other elements
 * than the one before. ERR_NOT_FOUND: no such set, or nothing to take away; ERR_EXISTS: it is there
 * already; ERR_RANGE: not of the set's kind; ERR_FULL: limit elem_limit.                         */
enum err sluice_set_add(struct sluice *s, const char *set, const struct filter_elem *elem);
enum err sluice_set_del(struct sluice *s, const char *set, const struct filter_elem *elem);
/* Many of them, all in or all out; *changed: how many were not so before. */
enum err sluice_set_change(struct sluice *s, const char *set, const struct filter_elem *elem,
			   u32 count, bool in, u32 *changed);
/* Nothing is in it any more; *gone: how many elements were. */
enum err sluice_set_flush(struct sluice *s, const char *set, u32 *gone);
/* All of a set anew, in steps: it is filled beside what it holds, which stands until the end, and
 * then has the new elements at once. fill is given back by an end that answers ERR_OK, or by drop.
 * What is given twice counts once; *taken: how many were before the one that is refused.         */
enum err sluice_set_fill_begin(struct sluice *s, const char *set, u32 *fill);
enum err sluice_set_fill(struct sluice *s, const char *set, u32 fill,
			 const struct filter_elem *elem, u32 count, u32 *taken);
enum err sluice_set_fill_end(struct sluice *s, const char *set, u32 fill);
void sluice_set_fill_drop(struct sluice *s, u32 fill);
/* Whether all of elem is in the set, and the element, or range of ports, that holds it. */
enum err sluice_set_find(const struct sluice *s, const char *set, const struct filter_elem *elem,
			 bool *in, struct filter_elem *holder);

/* Where drivers take the packets from that they hand in. */
struct pkt_pool *sluice_pool(struct sluice *s);
/* Takes every packet of the batch; rx->count is zero afterwards. */
void sluice_input(struct sluice *s, struct batch *rx, ns_t now);
void sluice_tick(struct sluice *s, ns_t now);
/* When sluice_tick() has to be called next; NS_NEVER when nothing waits. */
ns_t sluice_next(const struct sluice *s);
/* Up to BATCH_MAX packets to send, in order; the caller owns them and pkt_put()s each. False when
 * there are none.                                                                                */
bool sluice_output(struct sluice *s, struct batch *tx);
/* A driver could not send it: counted as TX_FULL, and not as sent. It stays the caller's to put. */
void sluice_count_unsent(struct sluice *s, const struct pkt *pkt);
/* Whether every address has passed its duplicate address detection: until then neighbours get no
 * answer for it.                                                                                */
bool sluice_is_settled(const struct sluice *s);
/* Whether the link of an interface carries. While it does not, packets for it end as IFACE_DOWN,
 * and flows stand; once it does again, neighbours are asked for anew, our addresses announced.  */
void sluice_set_link(struct sluice *s, u16 iface, bool up);
/* The system has no such interface any more, or has it again. Its link is down then, and stays so
 * until sluice_set_link() says otherwise; its addresses are probed again, as at the start.       */
void sluice_set_gone(struct sluice *s, u16 iface, bool gone);
/* What the driver of an interface has lost so far, to be shown beside what was carried. */
void sluice_set_losses(struct sluice *s, u16 iface, const struct iface_losses *losses);
/* What the health of a backend is: by the place of its service in the configuration that the engine
 * has, and its own place there. From BACKEND_DOWN on, its UDP flows get another backend and its TCP
 * flows a reset, each at its next packet; BACKEND_DRAINING is the same after the service's drain_s,
 * and new flows go elsewhere at once. ERR_RANGE: there is no such backend.                       */
enum err sluice_backend_set(struct sluice *s, u32 service, u32 backend, enum backend_state state,
			    ns_t now);
/* How many checks of it there were so far and how many failed, to be shown. Places are as above. */
enum err sluice_backend_set_checks(struct sluice *s, u32 service, u32 backend, u64 checks,
				   u64 failed);
/* Have a backend drain, or not any longer, whatever the configuration and its health say; places
 * are as above. deadline_s is a day at most; SLUICE_DRAIN_DEFAULT is the service's drain_s. A later
 * order begins the time anew. The order stands over sluice_configure() unless that changes the
 * backend's weight or whether it drains. Taken back, it may go on draining for another reason.   */
#define SLUICE_DRAIN_DEFAULT UINT32_MAX
enum err sluice_backend_order(struct sluice *s, u32 service, u32 backend, bool drain,
			      u32 deadline_s, ns_t now);
/* Every invariant of every table; stops the program when one does not hold. For tests. */
void sluice_check(const struct sluice *s);
/* The same but for the forwarding table, which only sluice_configure() changes and whose walk costs
 * more than that of all others.                                                                  */
void sluice_check_traffic(const struct sluice *s);

/* ---- Seeing inside: records, never text ------------------------------------------------------
 * Each call fills out[0..max) from *cursor on (0 at first) and returns how many; 0 is the end. It
 * looks at a bounded number of entries, so it may return fewer than max: go on until *cursor is
 * SLUICE_CURSOR_END.                                                                            */
#define SLUICE_CURSOR_END UINT32_MAX

struct sluice_tuple {
	be32 src;
	be32 dst;
	be16 sport; /* ICMP: identifier, or type and code on the answering side */
	be16 dport;
};

struct sluice_flow {
	u64 handle; /* index and generation: stays valid or finds nothing */
	struct sluice_tuple orig;
	struct sluice_tuple repl;
	u8 proto;
	u8 zone[2]; /* in which packets of each direction arrive */
	bool answered;
	bool assured;
	bool translated;
	bool endpoint_independent;
	bool accelerated; /* split: half of its connection is the gateway's own */
	bool holds_port; /* of its own, per destination; mappings hold theirs */
	const char *state; /* static string, lower case */
	u32 idle_ms;
	u32 expires_ms;
	u64 packets[2]; /* original, reply */
	u64 bytes[2];
};

/* Zero means any. src/dst match either direction's addresses. */
struct sluice_flow_filter {
	be32 addr;
	u8 addr_len; /* prefix length for addr, 32 for one host */
	u16 port;    /* host order, any of the four, of protocols that have ports */
	u16 icmp_id; /* with by_icmp_id: of a query before or after translation */
	bool by_icmp_id;
	u8 proto;
	bool unanswered_only;
	bool by_zone;
	u8 zone;     /* with by_zone: where either direction arrives */
	const char *state; /* NULL: any; else one of the names above */
};

struct sluice_mapping {
	u8 proto;
	u8 zone;
	be32 inside_addr;
	be16 inside_port;
	be32 public_addr;
	be16 public_port;
	u32 flow_count;
	u32 idle_ms;
};

/* A public address's ports of one protocol; IP_PROTO_SCTP stands for DCCP and UDP-Lite as well,
 * whose ports are of the same space.                                                             */
struct sluice_ports {
	be32 public_addr;
	u8 proto;
	u32 port_count;  /* that may be given out */
	u32 mapped;      /* owned by endpoint-independent mappings that have flows */
	u32 resting;     /* owned by those that have none, in quarantine */
	u64 flows;       /* flows per destination that use the address */
	u64 refused;     /* new flows that found no port */
};

/* A destination that is busy enough to have a port map of its own. */
struct sluice_dest {
	be32 public_addr;
	u8 proto;
	be32 dst;
	be16 dport;
	u32 used;   /* ports of the range that new flows get: those in use towards it, */
	u32 left;   /* and those that nobody has */
	bool exact; /* the map is complete */
};

/* A service and what it has done since it was configured. */
struct sluice_service {
	const char *name; /* until the next sluice_configure() */
	be32 addr;        /* zero: its interface has none now */
	u16 port_first;   /* host order; zero: all */
	u16 port_last;
	u8 proto;         /* zero: all */
	u8 zone;          /* of its backends */
	const char *method;
	u32 backends;
	u32 up;
	u64 flows;   /* now */
	u64 made;
	u64 refused; /* no backend was up */
	u64 moved;   /* decided again, because their backend was gone */
	u64 reset;   /* TCP flows reset for that reason */
};

struct sluice_backend {
	const char *service; /* its name */
	be32 addr;
	u16 port;            /* zero: as the client asked for */
	u16 weight;
	u8 proto;            /* of its service; zero: all */
	u8 zone;
	const char *state;   /* one of sluice_backend_state_name() */
	u32 share;           /* per cent of its weight that it has now, while it warms up */
	u32 left_ms;         /* while it drains */
	bool ordered;        /* it drains, or has, by sluice_backend_order() */
	u64 flows;
	u64 made;
	u64 moved;
	u64 reset;
	u64 checks; /* of its health, since it is checked */
	u64 checks_failed;
};

/* An inside host, or a prefix of them. */
struct sluice_subscriber {
	be32 addr;
	u8 prefix_len;
	u8 zone;
	u32 flows;
	u32 ports;
	u32 flow_limit; /* 0: none, the others too */
	u32 port_limit;
	u32 rate_limit;
	u64 refused_flows; /* new flows, by the limit that refused them */
	u64 refused_ports;
	u64 refused_rate;
};

struct sluice_route_info {
	be32 prefix;
	u8 prefix_len;
	u8 zone;
	struct fib_route route;
	const char *source; /* "static": who offered it; NULL: not known, as the next two */
	u8 distance;
	u32 metric;
};

/* A network with addresses and routes of its own. */
struct sluice_zone {
	u8 zone;
	const char *name;
	u32 ifaces;
	u32 routes; /* prefixes, those of interfaces included */
	u32 flows; /* confirmed ones that began in it */
};

struct sluice_counter {
	const char *name;
	const char *sentence;
	const char *law;
	u64 count;
};

/* What happened that somebody should hear of; bounded, the oldest is lost first and counted. */
enum sluice_event_kind {
	SLUICE_EVENT_PORTS_OUT,  /* addr, port, proto: the destination; public_addr; holders */
	SLUICE_EVENT_TABLE_FULL,
	SLUICE_EVENT_MAPPINGS_FULL,
	SLUICE_EVENT_ARP_CONFLICT,     /* addr, iface */
	SLUICE_EVENT_NO_BACKEND,       /* dst, dport, proto: of the service that refused last */
	SLUICE_EVENT_SUBSCRIBER_LIMIT, /* dst, zone: who was refused last; what: by which limit */
	/* what: flows, mappings, fragments, packets; or ports: public_addr, proto, and with dst and
	 * dport those towards one busy destination. used of limit, which is at least percent.   */
	SLUICE_EVENT_FILLING,
	SLUICE_EVENT_FILTER, /* a rule that logs; refused: events held back before it */
	/* iface; what: up, down, gone, retaken, or addresses when it has other ones.            */
	SLUICE_EVENT_IFACE,
};

enum { SLUICE_EVENT_KIND_COUNT = SLUICE_EVENT_IFACE + 1, SLUICE_HOLDER_MAX = 3 };

struct sluice_holder {
	be32 addr;
	u8 zone; /* whose addr it is: others may have the same */
	u32 held;
};

struct sluice_event {
	enum sluice_event_kind kind;
	ns_t when_ns;
	u64 refused;      /* since the last event of this kind */
	const char *what; /* static string; NULL */
	u64 used;
	u64 limit;
	u8 percent; /* 70 or 90 */
	u8 proto;
	u8 zone; /* of dst, where that is an inside host */
	be32 public_addr;
	be32 dst;
	be16 dport; /* of ICMP: type and code */
	u16 iface;
	be32 src;  /* what follows is of SLUICE_EVENT_FILTER */
	be16 sport;
	u16 out_if;
	u8 chain;  /* enum filter_chain */
	u8 action; /* enum filter_action */
	u16 rule;
	char rule_name[FILTER_NAME_SIZE];
	u32 holder_count;
	struct sluice_holder holder[SLUICE_HOLDER_MAX]; /* those who hold most, most first */
};

/* A rule of the filter as it was configured, or the policy of a chain (then conf has its chain and
 * fate only). Counted is each packet that rules were asked about and that this one decided: the
 * first ones of a flow, or all, if it says `each`.                                              */
struct sluice_rule {
	bool policy;
	u32 index; /* among all rules, in their order */
	struct filter_rule_conf conf;
	const char *src_set; /* names of sets; NULL: none. Valid until the next call that changes */
	const char *dst_set; /* something                                                         */
	const char *sport_set;
	const char *dport_set;
	const char *src_pair;
	const char *dst_pair;
	u64 packets;
	u64 bytes;
};

struct sluice_set {
	const char *name; /* valid until the next call that changes something */
	enum filter_set_kind kind;
	bool changed; /* at run time, since a configuration gave it its elements */
	u32 elem_count;
	u32 room; /* elements that all sets together may still get; not of ports */
	u64 hits; /* times that a rule asked and was told yes */
};

/* What TCP knows of a connection. Bytes but where it says otherwise; zero: not known. */
struct sluice_tcp_info {
	const char *cc;       /* congestion control, and a word on the state that it is in */
	const char *cc_state;
	const char *ca_state; /* open, disorder, recovery, loss */
	u32 cwnd_bytes;
	u32 cwnd_segments;
	u32 ssthresh_bytes;   /* zero: none yet */
	u32 in_flight_bytes;
	u32 lost_bytes;
	u32 sacked_bytes;
	u32 snd_wnd;          /* what the peer offers, and what is offered to it */
	u32 rcv_wnd;
	u16 mss;
	u16 pmtu;
	bool wscale;
	bool timestamps;
	bool sack;
	bool ecn;
	bool nodelay;
	bool cork;
	bool keepalive;
	bool app_limited;     /* delivery_rate is what the application sent */
	u32 rto_ms;
	u64 srtt_us;
	u64 rttvar_us;
	u64 min_rtt_us;
	u64 pacing_rate;      /* bytes a second, as the next */
	u64 delivery_rate;
	u64 bytes_sent;
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_again;      /* retransmitted */
	u32 segs_out;
	u32 segs_in;
	u32 timeouts;
	u32 recoveries;
	u64 age_ms;
	u64 heard_ms;         /* since the last segment came */
};

struct sluice_sock_info {
	u8 proto;
	bool raw;               /* then there are no ports */
	u8 zone;
	const char *state;      /* one of sluice_socket_state_name() */
	struct sock_addr local; /* zero: any */
	struct sock_addr peer;  /* zero: not connected */
	u16 iface;              /* bound to it; IFACE_NONE */
	const char *leg;        /* of a split connection: "inside", "outside"; NULL: it is none */
	bool owned;             /* by a socket that is open: handle */
	u64 handle;
	u64 recv_queue; /* bytes to be read; of a listener connections to be accepted */
	u64 send_queue; /* bytes not acknowledged; of a listener the backlog */
	const char *timer; /* the next one; NULL: none runs */
	u32 timer_ms;
	u32 tries;         /* how often it has expired in a row */
	const char *error; /* what ended it; NULL */
	const char *signs; /* how its segments are authenticated: "md5", "ao"; NULL: they are not */
	u8 key_id;         /* of "ao": KeyID of what it sends, and which it wants to be sent */
	u8 rnext_key_id;
	u64 datagrams_in;  /* of UDP and raw */
	u64 datagrams_out;
	u64 dropped;       /* found no room in the queue */
	bool has_info;
	struct sluice_tcp_info info;
};

/* One end of a socket. Zero means any. */
struct sluice_sock_end {
	be32 addr;
	u8 addr_len;    /* prefix length for addr, 32 for one host */
	u16 port_first; /* host order, both included */
	u16 port_last;
};

/* Which sockets. Of `any` count addr and port, which either end may have, proto, zone and state:
 * one of sluice_socket_state_name() or sluice_socket_states_name().                              */
struct sluice_sock_filter {
	struct sluice_flow_filter any;
	struct sluice_sock_end local;
	struct sluice_sock_end peer;
};

u32 sluice_show_flows(const struct sluice *s, const struct sluice_flow_filter *filter, ns_t now,
		      u32 *cursor, struct sluice_flow *out, u32 max);
u32 sluice_show_sockets(const struct sluice *s, const struct sluice_sock_filter *filter, ns_t now,
			u32 *cursor, struct sluice_sock_info *out, u32 max);
/* "time-wait"; NULL behind the last. */
const char *sluice_socket_state_name(u32 index);
/* "synchronized": several of them under one name, as ss has them; NULL behind the last. */
const char *sluice_socket_states_name(u32 index);
u32 sluice_show_nat(const struct sluice *s, ns_t now, u32 *cursor, struct sluice_mapping *out,
		    u32 max);
u32 sluice_show_ports(const struct sluice *s, u32 *cursor, struct sluice_ports *out, u32 max);
u32 sluice_show_dests(const struct sluice *s, u32 *cursor, struct sluice_dest *out, u32 max);
u32 sluice_show_services(const struct sluice *s, u32 *cursor, struct sluice_service *out, u32 max);
u32 sluice_show_backends(const struct sluice *s, ns_t now, u32 *cursor, struct sluice_backend *out,
			 u32 max);
/* "draining"; NULL behind the last. */
const char *sluice_backend_state_name(u32 index);
u32 sluice_show_subscribers(const struct sluice *s, u32 *cursor, struct sluice_subscriber *out,
			    u32 max);
/* Rules chain by chain, the policy behind the last of each; none if no filter was planned. */
u32 sluice_show_rules(const struct sluice *s, u32 *cursor, struct sluice_rule *out, u32 max);
u32 sluice_show_sets(const struct sluice *s, u32 *cursor, struct sluice_set *out, u32 max);
/* Elements of a set, in no order; those of a set of ports as ranges. */
u32 sluice_show_elements(const struct sluice *s, const char *set, u32 *cursor,
			 struct filter_elem *out, u32 max);
u32 sluice_show_routes(const struct sluice *s, u32 *cursor, struct sluice_route_info *out, u32 max);
u32 sluice_show_neighbours(const struct sluice *s, ns_t now, u32 *cursor, struct neigh_info *out,
			   u32 max);
/* Drop reasons (drops) and everything else that is counted (counters), in a fixed order. */
u32 sluice_show_drops(const struct sluice *s, u32 *cursor, struct sluice_counter *out, u32 max);
u32 sluice_show_counters(const struct sluice *s, u32 *cursor, struct sluice_counter *out, u32 max);
const struct iface_table *sluice_ifaces(const struct sluice *s);
/* Empty for the common zone, and for one that does not exist. */
const char *sluice_zone_name(const struct sluice *s, u8 zone);
u32 sluice_show_zones(const struct sluice *s, u32 *cursor, struct sluice_zone *out, u32 max);
/* That of the host's own stack among them; IFACE_NONE: there is none. */
u16 sluice_host_if(const struct sluice *s);
/* The plan as it was cut: rows and bytes; and how many flows stand now. */
const struct mem *sluice_mem(const struct sluice *s);
u32 sluice_flow_count(const struct sluice *s);
bool sluice_event_next(struct sluice *s, struct sluice_event *out);
/* Events that were lost because nobody took them. */
u64 sluice_events_lost(const struct sluice *s);

/* ---- News of flows: made, another state, ended ----------------------------------------------- */

struct sluice_news {
	const char *kind;   /* "new", "update", "destroy" */
	const char *reason; /* why it ended: "expired", "flushed" ...; "" otherwise */
	const char *state;
	ns_t when_ns;
	u64 handle;
	struct sluice_tuple orig;
	struct sluice_tuple repl;
	u8 proto;
	u8 zone[2]; /* in which packets of each direction arrive */
	bool answered;
	bool translated;
	u64 packets[2]; /* original, reply */
	u64 bytes[2];
};

/* While nobody listens nothing is kept. ct.news_count wait at most; more are lost and counted. */
void sluice_news_listen(struct sluice *s, bool on);
bool sluice_news_next(struct sluice *s, struct sluice_news *out);
u64 sluice_news_lost(const struct sluice *s);
/* Whether one of its four addresses and ports, and its protocol, pass. */
bool sluice_news_matches(const struct sluice_news *news, const struct sluice_flow_filter *filter);

/* ---- Orders ---------------------------------------------------------------------------------- */

/* End the flows that match, from *cursor on (0 at first), a bounded number in one call; their ports
 * go the way of all ports that are given back. Returns how many; go on until *cursor is
 * SLUICE_CURSOR_END.                                                                            */
u32 sluice_flush_flows(struct sluice *s, const struct sluice_flow_filter *filter, ns_t now,
		       u32 *cursor);

#endif
