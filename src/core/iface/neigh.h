/* Neighbours: who can be reached directly, and by which link address (ARP, RFC 826, 5227, 1122
 * section 2.3.2).
 *
 * An entry is an adjacency: what a packet needs to leave by it, ready to be copied in front of it.
 * Flows hold its 16-bit index and its gen. The road touches only the one line of an entry: link
 * header, way out, usable, used. An entry that the road marks as used is refreshed by unicast
 * before it goes stale and stays usable meanwhile, so that standing traffic never waits; one that
 * nobody uses goes back to IDLE with its link address kept, and later is forgotten.
 *
 * An index whose entry was forgotten or evicted is recognised by gen: it changes when the entry is
 * let go, so a holder that compares (neigh_is_current) never sends to a stranger.
 *
 * The gateway's own addresses are probed and announced as RFC 5227 says, those of the host's own
 * stack excepted: that stack does it, and answers for them.
 *
 * Limits: conf.count entries; NEIGH_QUEUE_MAX packets wait per entry and conf.queue_count in all,
 * the oldest of an entry goes first when one more comes; requests are repeated NEIGH_TRIES times,
 * retry_ns apart; NEIGH_PROXY_MAX proxy prefixes; NEIGH_TICK_MAX timers in one tick. A full table
 * lets the longest unused IDLE or FAILED entry go, never one that was handed out at this very
 * moment; if there is none, NEXTHOP_NONE is the answer.                                         */
#ifndef CORE_IFACE_NEIGH_H
#define CORE_IFACE_NEIGH_H

#include "core/base/hash.h"
#include "core/base/heap.h"
#include "core/iface/iface.h"
#include "core/pkt/pkt.h"
#include "core/wire/arp.h"

enum {
	NEIGH_QUEUE_MAX = 16,
	NEIGH_TRIES = 3,
	NEIGH_MAX = 65534,
	NEIGH_PROXY_MAX = 256,
	NEIGH_TICK_MAX = 128,
	NEIGH_OWN_MAX = IFACE_MAX * IFACE_ADDR_MAX,
};
#define NEXTHOP_NONE UINT16_MAX

enum neigh_state {
	NEIGH_FREE,
	NEIGH_IDLE,       /* nobody uses it; its link address may be known from before */
	NEIGH_INCOMPLETE, /* asked; packets wait */
	NEIGH_REACHABLE,
	NEIGH_PROBE,      /* usable, and being asked again by unicast, at last by broadcast */
	NEIGH_FAILED,     /* did not answer; kept for a moment so that packets fail at once */
	NEIGH_PERMANENT,  /* set by configuration, or the one of a raw IP interface */
	NEIGH_STATE_COUNT
};

enum neigh_flag {
	NEIGH_KNOWN = 1 << 0, /* link[] holds a link address, fresh or old */
	NEIGH_GROUP = 1 << 1, /* broadcast or multicast: link[] follows from the address */
	NEIGH_ASKED = 1 << 2, /* the broadcast request that ends a PROBE was sent */
};

struct neigh {
	_Alignas(64) u8 link[ETH_HLEN]; /* the Ethernet header to put before a packet */
	u16 out_if;
	u8 link_len;       /* 14, or 0 on a raw IP interface */
	bool usable;       /* the road may copy `link` and send */
	bool used;         /* set by the road, cleared by the tick */
	u8 state;          /* enum neigh_state */
	be32 addr;
	u32 mtu;           /* of the way out */
	u16 tries;         /* while IDLE: when it was asked for in vain, in retry_ns */
	u16 queue_count;
	u32 gen;           /* changes when the entry is let go */
	/* from here on: off the road */
	u16 flags;         /* enum neigh_flag */
	u16 hash_next;     /* chain, or list of free entries */
	u16 lru_prev;      /* of the list of IDLE and FAILED ones, longest unused first */
	u16 lru_next;
	u16 queue_head;    /* waiting packets, oldest first; index into table->wait */
	u16 queue_tail;
	ns_t confirmed_ns; /* last sign of life */
	ns_t touched_ns;   /* last handed out or used */
};
_Static_assert(sizeof(struct neigh) == 64, "an adjacency is one line");

struct neigh_conf {
	u32 count;            /* entries, 1..NEIGH_MAX */
	u32 queue_count;      /* packets that wait in all, 1..NEIGH_MAX */
	ns_t reachable_ns;    /* refresh after this long without confirmation */
	ns_t retry_ns;        /* between requests */
	ns_t failed_ns;       /* how long a failure is remembered */
	ns_t idle_ns;         /* an unused entry is forgotten after this long */
	/* RFC 5227 section 1.1; a count of zero leaves that part out */
	u32 probe_count;
	ns_t probe_wait_ns;   /* up to this long before the first probe */
	ns_t probe_min_ns;    /* between probes */
	ns_t probe_max_ns;
	ns_t announce_wait_ns; /* after the last probe */
	u32 announce_count;
	ns_t announce_interval_ns;
	ns_t defend_interval_ns;
	ns_t conflict_retry_ns; /* an address that was taken is probed again after this long */
};

struct neigh_stats {
	u64 requests_sent;
	u64 replies_sent;
	u64 probes_sent;        /* for our own addresses */
	u64 announcements_sent;
	u64 requests_received;
	u64 replies_received;
	u64 conflicts;          /* another station claims one of our addresses */
	u16 conflict_if;        /* where the last of these was heard, and about which address */
	be32 conflict_addr;
	u64 failures;           /* neighbours given up */
	u64 evictions;
	u64 full;               /* no entry could be had */
	u64 no_buffer;          /* a message was not sent for want of a packet, or room for it */
};

/* One of the gateway's own addresses, as ARP sees it. */
enum neigh_own_state {
	NEIGH_OWN_READY,      /* answered for */
	NEIGH_OWN_PROBING,    /* RFC 5227 2.1.1: neither answered for nor used as source yet */
	NEIGH_OWN_ANNOUNCING, /* ours; announcements are still to be sent */
	NEIGH_OWN_CONFLICT,   /* somebody else has it; probed again later */
};

struct neigh_own {
	u8 state;          /* enum neigh_own_state */
	bool conflict;     /* was claimed by another station since it last became ours */
	u16 sent;          /* probes or announcements of this state */
	struct mac rival;  /* who claimed it last */
	ns_t defend_ns;    /* not defended again before */
};

/* Packets that wait: one shared store of links. */
struct neigh_wait {
	struct pkt *pkt;
	u16 next;
};

/* Addresses that are answered for although no interface has them (pools of NAT). */
struct neigh_proxy {
	be32 prefix;
	u16 iface;
	u8 len;
};

struct neigh_table {
	struct neigh *neigh;
	struct neigh_conf conf;
	struct iface_table *ifaces;
	struct pkt_pool *pool;
	struct hash_key key;
	u16 *bucket;
	u32 bucket_count; /* a power of two */
	u32 live_count;
	u32 lost_count; /* usable entries that stopped answering, indices given to another: who
			   remembers indices asks again when this changes */
	u16 free_head;  /* oldest first */
	u16 free_tail;
	u16 lru_head;
	u16 lru_tail;
	u16 wait_free;
	u32 wait_count; /* in use */
	struct neigh_wait *wait;
	struct neigh_own *own; /* [iface * IFACE_ADDR_MAX + address] */
	u16 raw[IFACE_MAX];    /* the one adjacency of a raw IP interface */
	struct heap timers; /* of entries, then of own addresses */
	struct neigh_stats stats;
	u32 proxy_count;
	struct neigh_proxy proxy[NEIGH_PROXY_MAX];
	u32 draws; /* counts random delays */
};

static inline struct neigh *neigh_at(const struct neigh_table *table, u16 idx)
{
	DCHECK(idx < table->conf.count);
	return &table->neigh[idx];
}

static inline bool neigh_is_current(const struct neigh_table *table, u16 idx, u32 gen)
{
	return idx < table->conf.count && table->neigh[idx].gen == gen;
}

/* Forward progress: an answer came by this neighbour (RFC 1122 section 2.3.2.1 (4)). Seen when the
 * entry's timer runs out, so it costs one store.                                                */
static inline void neigh_confirm(struct neigh_table *table, u16 idx, ns_t now)
{
	neigh_at(table, idx)->confirmed_ns = now;
}

/* Defaults for everything but the mere sizes' reasons: 1024 entries, 30 s, 1 s, 3 s, 5 min, and
 * the times of RFC 5227.                                                                        */
void neigh_conf_default(struct neigh_conf *conf);
/* Copies conf into the table. */
void neigh_layout(struct neigh_table *table, const struct neigh_conf *conf, struct mem *mem);
/* ifaces and pool outlive the table. */
void neigh_init(struct neigh_table *table, struct iface_table *ifaces, struct pkt_pool *pool,
		const struct hash_key *key);

/* The adjacency for addr by out_if, found or made. A raw IP interface has one for everything, and
 * it is usable at once; so are those of broadcast and multicast addresses. NEXTHOP_NONE when the
 * table is full.                                                                                */
u16 neigh_get(struct neigh_table *table, u16 out_if, be32 addr, ns_t now);
/* What neigh_get would find, without making or touching anything; NEXTHOP_NONE. */
u16 neigh_peek(const struct neigh_table *table, u16 out_if, be32 addr);
/* Only look: NEXTHOP_NONE when there is none. */
u16 neigh_find(const struct neigh_table *table, u16 out_if, be32 addr);
/* An entry by configuration: never asked for, never forgotten. ERR_RANGE for a group or zero MAC or
 * a raw IP interface, ERR_FULL, ERR_EXISTS while packets wait for the address to be resolved.   */
MUST_USE enum err neigh_set_permanent(struct neigh_table *table, u16 out_if, be32 addr,
				      const struct mac *mac, ns_t now);
/* The fate of a packet for which neigh_get answered NEXTHOP_NONE: DROP_NEIGH_FULL. */
verdict neigh_drop_full(struct drop_stats *stats, struct pkt *pkt);

/* Send a packet by pkt->nexthop.
 *
 * ACCEPT - the link header stands before l3; l2 and out_if are set.
 * STOLEN - it waits for the answer; a request went to `out` unless one did within retry_ns. When
 *          the queue was full, its oldest packet lies in `dead` (NEIGH_QUEUE_FULL, counted).
 * DEAD   - IFACE_DOWN, NEIGH_FAILED (also for an index that was let go), NO_BUFFER, and
 *          NEIGH_QUEUE_FULL when there was nothing older to push out; the neighbour is
 *          asked for all the same, once in retry_ns.                                             */
verdict neigh_resolve(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt,
		      ns_t now, struct batch *out, struct batch *dead);
/* A packet is sent without neigh_resolve, by an adjacency that is usable. */
void neigh_use(struct neigh_table *table, u16 idx, ns_t now);
/* An ARP packet came in by pkt->in_if; l3 and len cover it without its link header.
 *
 * STOLEN - always when it is well formed: the packet was put back, or turned around in place into
 *          the answer that now lies in `out`.
 * DEAD   - ARP_MALFORMED; the caller's, as ever.
 * Packets that waited for what it says are appended to `out`, in order, headers written. What finds
 * no room waits for the tick.                                                                   */
verdict neigh_in(struct neigh_table *table, struct drop_stats *stats, struct pkt *pkt, ns_t now,
		 struct batch *out);
/* What is due, at most NEIGH_TICK_MAX timers and as far as the batches have room; neigh_next()
 * stays in the past while something is left. Packets that waited in vain lie in `dead`, counted
 * (NEIGH_FAILED).                                                                               */
void neigh_tick(struct neigh_table *table, struct drop_stats *stats, ns_t now, struct batch *out,
		struct batch *dead);
ns_t neigh_next(const struct neigh_table *table);

/* Answer requests on an interface for a whole prefix. ERR_FULL, ERR_RANGE. */
MUST_USE enum err neigh_set_proxy(struct neigh_table *table, u16 ifidx, be32 prefix, u8 len);
void neigh_clear_proxies(struct neigh_table *table);
/* Whether requests for addr on this interface are answered here. */
bool neigh_owns(const struct neigh_table *table, u16 ifidx, be32 addr);
/* Start duplicate address detection and announcement (RFC 5227 section 2) of the interface's
 * addresses that are not the host's. Until this is called they are READY; with probe_count zero
 * they stay so and are only announced. Packets come from the next ticks.                        */
void neigh_announce(struct neigh_table *table, u16 ifidx, ns_t now);
/* The same after the interface has got other addresses than it had in old: of those that it has had
 * as its own before, wherever they stood, none is probed again, so each stays as usable as it was;
 * and nothing is said any more of those that are gone.                                           */
void neigh_readdress(struct neigh_table *table, u16 ifidx, const struct iface_conf *old, ns_t now);
/* Whether no address waits for the end of its duplicate address detection. */
bool neigh_is_settled(const struct neigh_table *table);
const struct neigh_own *neigh_own_at(const struct neigh_table *table, u16 ifidx, u32 addr_index);
/* What was learnt of neighbours by the interface is forgotten: who is there after its link was down
 * may be somebody else. Packets that wait go on waiting for an answer. Walks the whole table.   */
void neigh_forget(struct neigh_table *table, u16 ifidx, ns_t now);
/* Tell the link again what is ours, without asking first; what is being probed goes on so. */
void neigh_announce_again(struct neigh_table *table, u16 ifidx, ns_t now);
/* The interface went up, down, or changed its MAC, MTU or addresses: its entries are looked at
 * again before the next packet. Who did not answer is asked again: his address may have been ours.
 * Walks the whole table, as neigh_forget() does and no other call.                               */
void neigh_iface_changed(struct neigh_table *table, u16 ifidx);

struct neigh_info {
	be32 addr;
	struct mac mac;
	bool mac_known;
	bool used;
	u8 state; /* enum neigh_state */
	u16 out_if;
	u16 queue_count;
	ns_t confirmed_ns; /* last sign of life; 0: never */
};

/* Up to max entries from *cursor on (0 to begin); 0 when there are no more. */
u32 neigh_show(const struct neigh_table *table, u32 *cursor, struct neigh_info *out, u32 max);
const char *neigh_state_name(enum neigh_state state);
const char *neigh_own_state_name(enum neigh_own_state state);
void neigh_check(const struct neigh_table *table);

#endif
