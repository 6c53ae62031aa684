/* The road of a packet, in the order in which it is travelled. One file per station:
 *
 *   receive      the link header; the short cut for packets of established flows
 *   open         the short cut for the first packet of a flow
 *   prerouting   hook: reassembly, header checks, the flow is found or made, where it goes (DNAT)
 *   route        local, forward, or nowhere
 *   input        hook: what is for the gateway       deliver     who gets it: sockets, echo, host
 *   forward      hook: TTL, size
 *   output       hook: what was made here
 *   postrouting  hook: as whom it leaves (SNAT), the flow is confirmed, the packet rewritten
 *   local        between the road and the sockets    way         what sockets ask before they send
 *   splice       connections that are split: their packets leave the road behind the rules
 *   filter       the rules, at input, forward and output
 *   transmit     segments, fragments, the next hop's link address, the queue to the drivers
 *   bury         the grave: the only place where a dead packet ends, and where ICMP errors begin
 *
 * Until postrouting a packet's bytes are as its sender made them: translation is data of its flow,
 * and routing looks there for the destination. So an error that a death on the way calls for
 * quotes the packet as it stands, and only what dies at transmit has to be turned back first.
 *
 * Packets of one batch travel in order, one after the other; only the look-up of the whole batch
 * is done ahead, so that the memory it waits for is there when the packet's turn comes.         */
#ifndef CORE_PATH_PATH_H
#define CORE_PATH_PATH_H

#include "core/ct/ct.h"
#include "core/fib/fib.h"
#include "core/filter/filter.h"
#include "core/iface/neigh.h"
#include "core/ip/icmp.h"
#include "core/ip/reass.h"
#include "core/nat/nat.h"
#include "core/pkt/pkt.h"
#include "core/pkt/trace.h"
#include "core/sock/sock.h"
#include "core/splice/splice.h"
#include "core/subscriber/subscriber.h"
#include "core/wire/eth.h"

enum {
	PATH_QUEUE_MAX = 4096, /* packets that wait for sluice_output */
};

struct path_stats {
	u64 fast;       /* packets that took the short cut */
	u64 opened;     /* first packets of flows that took theirs */
	u64 slow;
	u64 forwarded;
	u64 to_host;
	u64 to_sock;
	u64 of_sock;    /* packets that sockets sent */
	u64 echo_replies;
	u64 resets;     /* TCP resets sent in somebody's name */
	u64 probes;     /* questions whether an established flow lives */
	u64 related;    /* ICMP errors passed on */
	u64 redirects;
	u64 fragmented; /* packets cut into fragments */
	u64 fragments;  /* that came of it */
	u64 segmented;  /* segments split because the way out can not */
	u64 segments;   /* that came of it */
};

struct path {
	struct pkt_pool *pool;
	struct iface_table *ifaces;
	struct neigh_table *neigh;
	struct fib *fib; /* one a zone */
	u32 zone_count;
	struct reass *reass;
	struct icmp *icmp;
	struct ct *ct;
	struct subscriber_table *subscribers;
	struct nat *nat;
	struct filter *filter;
	struct sock_table *socks;
	struct splice *splice;
	struct drop_stats *drops;
	struct pkt **queue;  /* ring of PATH_QUEUE_MAX on the way to the drivers */
	u32 queue_head;
	u32 queue_count;
	u16 host_if;         /* leads to the host's own stack; IFACE_NONE */
	u16 conf_gen;        /* changes with each configuration */
	u16 gen;             /* of everything that nexthop[] of a flow follows from */
	u64 strict_ifs;      /* interfaces that take only what leaves by them, one bit each */
	bool slow_road;
	bool redirects;
	/* A flow of that state which was silent for so long takes the whole road: its time is over,
	 * or its next hop may have been given away.                                              */
	u32 fast_silent_ms[FLOW_STATE_COUNT];
	struct hash_key key; /* for the choice among equal paths */
	struct path_stats stats;
	struct trace *trace; /* for a packet that is asked about; NULL for real ones */
};

void path_layout(struct path *path, struct mem *mem);

/* Take every packet of the batch. */
void path_receive(struct path *path, struct batch *rx, ns_t now);
/* Everything in the modules that is due. */
void path_tick(struct path *path, ns_t now);
bool path_pop(struct path *path, struct batch *tx);

/* ---- the stations ---------------------------------------------------------------------------
 * STOLEN: somebody else has the packet now. DEAD: bury it.                                      */
void path_road(struct path *path, struct pkt *pkt, ns_t now);
/* Whether the first packet of a flow took its short cut: it is sent or buried then, else as it was.
 * Requires: ip_is_plain accepted it, and key says its tuple, of UDP or TCP, which no flow has.   */
bool path_open(struct path *path, struct pkt *pkt, const struct tuple_key *key, ns_t now);
verdict path_prerouting(struct path *path, struct pkt **pkt, ns_t now);
/* The part of it that makes the flow of a packet which none belongs to: sets pkt->flow. */
verdict path_begin_flow(struct path *path, struct pkt *pkt, const struct tuple_key *key,
			bool from_inside, ns_t now);
/* Whether a source can be a host's, in the zone that it comes from or goes to. */
verdict path_check_source(struct path *path, struct pkt *pkt, u8 zone);
/* RFC 3704: what answers its source would go there. */
bool path_find_way_back(const struct path *path, const struct pkt *pkt);
/* Where the packet goes: sets out_if, *gateway and *type. */
verdict path_route(struct path *path, struct pkt *pkt, enum fib_type *type, be32 *gateway);
verdict path_input(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now);
verdict path_deliver(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now);
verdict path_forward(struct path *path, struct pkt *pkt, be32 gateway, ns_t now);
/* What the rules say: ACCEPT, or DEAD with one of FILTER_*. */
verdict path_filter_judge(struct path *path, struct pkt *pkt, enum filter_chain chain, ns_t now);
static inline verdict path_filter(struct path *path, struct pkt *pkt, enum filter_chain chain,
				  ns_t now)
{
	return filter_is_idle(path->filter, chain) ? VERDICT_ACCEPT :
						     path_filter_judge(path, pkt, chain, now);
}

/* What a socket makes of it: TAKEN, the packet may go; COPIED and NOBODY, others are asked. */
enum sock_fate path_deliver_sock(struct path *path, struct pkt *pkt, bool group, ns_t now);

/* The second record point of what ends here: its flow, if it has one, is in the table. */
void path_confirm_local(struct path *path, const struct pkt *pkt, ns_t now);

/* A packet made here; owns it whatever happens. Its flow begins here if a socket sent it. */
void path_output(struct path *path, struct pkt *pkt, ns_t now);
verdict path_postrouting(struct path *path, struct pkt *pkt, ns_t now);
/* The part of it that translates and confirms the flow of a packet that begins one. */
verdict path_confirm_flow(struct path *path, struct pkt *pkt, ns_t now);
verdict path_transmit(struct path *path, struct pkt *pkt, be32 gateway, ns_t now);
/* The same for a packet that the link takes as it is, by a next hop that is usable. */
void path_transmit_plain(struct path *path, struct pkt *pkt, u16 nexthop, ns_t now);
void path_bury(struct path *path, struct pkt *pkt, ns_t now);

/* What sockets want to send leaves, a bounded number of packets. */
void path_send_socks(struct path *path, ns_t now);
/* A packet of a socket died: it hears of it as ICMP would tell it. */
void path_fault_sock(struct path *path, const struct pkt *pkt, ns_t now);
/* A packet made here for an address of ours, after OUTPUT: it comes in. */
verdict path_turn_round(struct path *path, struct pkt *pkt, ns_t now);

/* ---- split connections ----------------------------------------------------------------------- */

/* Whether the flow is, or was, split, so that its packets are for the legs; requires a flow. */
static inline bool path_is_split(const struct path *path, const struct pkt *pkt)
{
	return splice_has_flow(path->splice, pkt->flow >> 1);
}

/* Of one that is: whether this is the SYN of another connection, and the one before is over. */
bool path_is_split_anew(const struct path *path, const struct pkt *pkt);
/* Of one that is: a packet that tracking does not see, because the other leg will say it in its own
 * numbers; it keeps the flow all the same.                                                       */
bool path_split_tracks(struct path *path, const struct pkt *pkt, ns_t now);
/* FORWARD of a packet that is for a leg. */
verdict path_splice_in(struct path *path, struct pkt *pkt, ns_t now);
/* FORWARD of any other, behind the rules. ACCEPT: it travels on; STOLEN: it began a split one. */
verdict path_split_new(struct path *path, struct pkt *pkt, ns_t now);
/* Data move from leg to leg, and what the legs want to send leaves: a bounded number of packets. */
void path_serve_splice(struct path *path, ns_t now);
/* A packet of a leg died: it hears of it as ICMP would tell it. */
void path_fault_splice(struct path *path, struct pkt *pkt, ns_t now);

/* Asks the inside hosts of flows whose time is over, as many as ct named. */
void path_probe(struct path *path, ns_t now);

/* What a module appended: packets to send, packets that died. */
void path_drain(struct path *path, struct batch *out, struct batch *dead, ns_t now);
/* Flows that ended give back what NAT holds for them. */
void path_release_ended(struct path *path, ns_t now);
/* The same, and nearly always there are none. */
static inline void path_drain_ended(struct path *path, ns_t now)
{
	if (UNLIKELY(ct_ended_next(path->ct) != IDX_NONE))
		path_release_ended(path, now);
}

/* ---- small questions of all stations --------------------------------------------------------- */

/* Where a packet goes after translation: its flow knows, the bytes do not yet. */
be32 path_dst(const struct path *path, const struct pkt *pkt);
/* The route to dst as it is seen from a zone; returns the zone whose route it is, the same or 0. */
u8 path_lookup(const struct path *path, u8 zone, be32 dst, u32 *route);
/* The same for where a packet goes, by what is known of its flow. */
u8 path_route_find(const struct path *path, const struct pkt *pkt, be32 dst, u32 *route);
/* Which of a route's paths a flow takes. */
const struct fib_path *path_pick(const struct path *path, const struct fib *fib, u32 route,
				 be32 src, be32 dst);
/* The same of a packet that goes to dst: what is masqueraded as one way out keeps to it while the
 * route has a path there, wherever new flows go.                                                 */
const struct fib_path *path_pick_kept(const struct path *path, const struct pkt *pkt,
				      const struct fib *fib, u32 route, be32 dst);
/* Whether a packet leaves by a flow that stands with a public address, so that the way out may be
 * the flow's own.                                                                                */
bool path_leaves_translated(const struct path *path, const struct pkt *pkt);
/* Whether it is an own address as it is seen from a zone; of which interface. */
bool path_find_addr(const struct path *path, u8 zone, be32 addr, u16 *index);
/* Whether the host's own stack has this address as well, as it is seen from a zone. */
bool path_is_host_addr(const struct path *path, u8 zone, be32 addr);

/* Whether what comes with this tuple may be for a socket, so that it is tracked though the host has
 * the address as well, and need not begin with a SYN.                                            */
bool path_is_for_sock(const struct path *path, const struct tuple_key *key);
/* Whether a packet that no flow belongs to begins one; else it goes by untracked. */
bool path_begins_sock_flow(const struct pkt *pkt);

/* How something that is made here reaches dst. */
struct path_way {
	be32 src;           /* as whom: RFC 1122 section 3.3.4.3 */
	u16 out_if;
	u16 mtu;
	enum fib_type type; /* of dst */
};

/* out_if: IFACE_NONE by route; else by this one, whatever routes say. ERR_NOT_FOUND: no route, or
 * no address to send from; ERR_RANGE: no such interface in the zone.                             */
enum err path_find_way(const struct path *path, u8 zone, be32 dst, u16 out_if,
		       struct path_way *way);
/* Whether translation leaves a local port to a socket. key: as the socket sends; src zero: all our
 * addresses, dst zero: to anybody.                                                               */
bool path_port_is_free(const struct path *path, const struct tuple_key *key);

/* Everything that a flow's remembered way follows from. */
static inline void path_update_gen(struct path *path)
{
	path->gen = (u16)(path->conf_gen + path->neigh->lost_count + path->nat->balance.gen);
	for (u32 zone = 0; zone < path->zone_count; zone++)
		path->gen = (u16)(path->gen + fib_gen(&path->fib[zone]));
}

static inline struct flow *path_flow(const struct path *path, const struct pkt *pkt)
{
	return pkt->flow == IDX_NONE ? NULL : &path->ct->flow[pkt->flow >> 1];
}

static inline enum tuple_dir path_dir(const struct pkt *pkt)
{
	return pkt->flow & 1;
}

static inline struct iface *path_iface(const struct path *path, u16 index)
{
	CHECK(index < path->ifaces->count);
	return &path->ifaces->iface[index];
}

/* Append to the queue of the drivers; a full queue is a death after confirmation. */
static inline void path_enqueue(struct path *path, struct pkt *pkt)
{
	struct iface *iface = path_iface(path, pkt->out_if);

	if (UNLIKELY(path->queue_count == PATH_QUEUE_MAX)) {
		(void)pkt_drop(path->drops, pkt, DROP_TX_FULL);
		pkt_put(pkt);
		return;
	}
	iface->stats.tx_packets++;
	iface->stats.tx_bytes += pkt->len;
	path->queue[(path->queue_head + path->queue_count++) % PATH_QUEUE_MAX] = pkt;
}

/* By an adjacency that is usable. */
static inline void path_write_link(struct pkt *pkt, const struct neigh *neigh)
{
	pkt->out_if = neigh->out_if;
	pkt->l2 = (u16)(pkt->l3 - neigh->link_len);
	/* Fourteen bytes always: on a link without header they fall into the headroom unused. */
	memcpy(pkt->buf + pkt->l3 - ETH_HLEN, neigh->link, ETH_HLEN);
}

/* The same, if the interface that it came in by asks. */
static inline bool path_has_way_back(const struct path *path, const struct pkt *pkt)
{
	return LIKELY(path_iface(path, pkt->in_if)->conf.source_check == IFACE_SOURCE_ANY) ||
	       path_find_way_back(path, pkt);
}

static inline bool path_from_inside(const struct path *path, const struct pkt *pkt)
{
	return pkt->in_if != IFACE_NONE &&
	       path_iface(path, pkt->in_if)->conf.side == IFACE_INSIDE;
}

/* Whether a packet keeps its flow from expiring (RFC 4787 REQ-6). */
static ALWAYS_INLINE bool path_refreshes(const struct path *path, const struct pkt *pkt)
{
	return LIKELY(!path->ct->conf.outbound_refresh_only) || path_from_inside(path, pkt);
}

#endif
