/* Neighbours: who can be reached directly, and by which link address (ARP, RFC 826, 5227, 1122
 * section 2.3.2).
 *
 * An entry is an adjacency: what a packet needs to leave by it, ready to be copied in front of it.
 * Flows hold its 16-bit index. The road touches only the first line of an entry: link header, way
 * out, usable, used. An entry that the road marks as used is refreshed before it goes stale, so
 * that standing traffic never waits; one that nobody uses is forgotten.
 *
 * Limits: NEIGH_MAX entries; NEIGH_QUEUE_MAX packets wait per entry, the oldest goes first when
 * one more comes; requests are repeated NEIGH_TRIES times a second apart.                       */
#ifndef CORE_IFACE_NEIGH_H
#define CORE_IFACE_NEIGH_H

#include "core/iface/iface.h"
#include "core/pkt/pkt.h"
#include "core/wire/arp.h"

enum { NEIGH_QUEUE_MAX = 16, NEIGH_TRIES = 3, NEIGH_MAX = 65534 };
#define NEXTHOP_NONE UINT16_MAX

enum neigh_state {
	NEIGH_FREE,
	NEIGH_IDLE,       /* known of, never asked for; a raw IP interface's is usable at once */
	NEIGH_INCOMPLETE, /* asked; packets wait */
	NEIGH_REACHABLE,
	NEIGH_PROBE,      /* usable, and being asked again by unicast */
	NEIGH_FAILED,     /* did not answer; kept for a moment so that packets fail at once */
	NEIGH_PERMANENT,  /* set by configuration */
};

struct neigh {
	u8 link[ETH_HLEN]; /* the Ethernet header to put before a packet */
	u16 out_if;
	u8 link_len;       /* 14, or 0 on a raw IP interface */
	bool usable;       /* the road may copy `link` and send */
	bool used;         /* set by the road, cleared by the tick */
	u8 state;          /* enum neigh_state */
	be32 addr;
	u32 mtu;           /* of the way out */
	u16 tries;
	u16 queue_count;
	u32 gen;           /* changes whenever the entry is given to another address */
	/* second part: off the road */
	ns_t deadline_ns;
	u32 hash_next;
	struct pkt *queue[NEIGH_QUEUE_MAX]; /* oldest first */
};

struct neigh_conf {
	u32 count;            /* entries, up to NEIGH_MAX */
	ns_t reachable_ns;    /* refresh after this long without confirmation */
	ns_t retry_ns;        /* between requests */
	ns_t failed_ns;       /* how long a failure is remembered */
	ns_t idle_ns;         /* an unused entry is forgotten after this long */
};

struct neigh_stats {
	u64 requests_sent;
	u64 replies_sent;
	u64 requests_received;
	u64 replies_received;
	u64 conflicts; /* another station claims one of our addresses */
};

struct neigh_table; /* neigh_table.h: for the owner's storage */

#endif
