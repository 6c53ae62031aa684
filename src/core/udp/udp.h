/* Datagram endpoints: UDP (RFC 768) and raw sockets by IP protocol.
 *
 * Nothing here knows routes or interfaces but by their numbers: packets come in whole, with the
 * interface that they came by; what is sent waits in an outbox, pulled by whoever has routes.
 *
 *     udp_in(udp, pkt, group, now)      a UDP packet for one of our addresses, or for a group
 *     udp_raw_in(udp, pkt, group)       any packet: each raw endpoint of its protocol has a copy
 *     while ((pkt = udp_pull(udp)) ...  what wants to leave
 *
 * Who gets a datagram. Of those endpoints whose local port, address, peer and interface match, one:
 * a connected one before others, an address before any, an interface before any, and of equals the
 * one that was made last. A datagram for a group or a broadcast goes to all that match and are not
 * connected; of a group only those hear that joined it on that interface.
 *
 * What waits to be read are copies in buffers of the pool. Bounds: queue_limit and queue_bytes of
 * one endpoint, datagram_limit of all; what finds no room is dropped and counted, the newest first,
 * so that a slow reader keeps what it has.                                                       */
#ifndef CORE_UDP_UDP_H
#define CORE_UDP_UDP_H

#include "core/base/hash.h"
#include "core/base/map.h"
#include "core/base/rng.h"
#include "core/base/slab.h"
#include "core/pkt/pkt.h"
#include "core/udp/udp_conf.h"

/* generation << 32 | index: stays valid or finds nothing. */
typedef u64 udp_id;
#define UDP_ID_NONE   UINT64_MAX
#define UDP_IFACE_ANY UINT16_MAX

enum {
	UDP_OUTBOX_MAX = 256,
	UDP_DATA_MAX = 65535 - 20 - 8,
	UDP_MULTICAST_TTL = 1, /* RFC 1112 section 6.1 */
};

/* Readiness: the bits of tcp/tcb.h that a datagram endpoint can have. */
enum udp_ready {
	UDP_READABLE = 1 << 0, /* a datagram waits */
	UDP_WRITABLE = 1 << 1, /* the outbox has room */
	UDP_FAILED = 1 << 4,   /* an error waits to be taken */
};

/* What ICMP said of the last datagrams of a connected endpoint (RFC 1122 section 4.1.3.3). */
enum udp_error {
	UDP_ERR_NONE,
	UDP_ERR_REFUSED, /* port or protocol unreachable */
	UDP_ERR_HOST_UNREACHABLE,
	UDP_ERR_NET_UNREACHABLE,
	UDP_ERR_TOO_LONG, /* fragmentation needed and DF set */
};

/* Options of an endpoint; they may change any time. */
struct udp_opt {
	u32 recv_bytes;     /* zero: queue_bytes of the configuration */
	be32 multicast_src; /* zero: as the interface has it */
	u16 multicast_if;   /* UDP_IFACE_ANY: by route */
	u8 ttl;             /* zero: as configured */
	u8 multicast_ttl;
	u8 tos;
	bool broadcast;      /* may send to broadcast addresses */
	bool multicast_loop; /* members here hear what it sends */
	bool reuse;          /* others that say so too may have the same address and port */
	bool dont_fragment;
	bool header; /* raw: what is sent begins with an IP header */
};

/* Who an endpoint is. */
struct udp_key {
	be32 local;      /* zero: any */
	be32 peer;       /* zero: not connected */
	be16 local_port; /* of raw ones zero, as the next */
	be16 peer_port;
	u16 iface; /* UDP_IFACE_ANY; else only by this one, in and out */
	u8 zone;
	u8 proto; /* IP_PROTO_UDP; a raw endpoint's */
	bool raw;
};

struct udp_end {
	struct udp_key key;
	struct udp_opt opt;
	u8 error;   /* enum udp_error, until it is taken */
	bool bound; /* in the table: only then is there a port, and do datagrams come */
	u32 gen;
	u32 owner;
	u32 first; /* datagrams that wait, in order; IDX_NONE */
	u32 last;
	u32 count;
	u32 bytes;
	u32 group;     /* first membership; IDX_NONE */
	u32 news_next; /* of those whose readiness changed; UDP_UNLISTED: not on it */
	u64 made;      /* counts up: of equals the later one is preferred */
	u64 datagrams_in;
	u64 datagrams_out;
	u64 dropped; /* found no room */
};

#define UDP_UNLISTED (UINT32_MAX - 1)

struct udp_dgram {
	struct pkt *pkt;
	u32 next;
};

struct udp_group {
	be32 group;
	u32 end;
	u32 next; /* of the same endpoint */
	u16 iface;
};

struct udp_stats {
	u64 datagrams_in; /* given to an endpoint */
	u64 datagrams_out;
	u64 bad_checksum;
	u64 queue_full;     /* dropped: queue_limit or queue_bytes */
	u64 datagrams_full; /* dropped: datagram_limit */
	u64 no_packet;      /* dropped: no buffer was free */
	u64 outbox_full;
	u64 errors; /* of ICMP, given to an endpoint */
};

struct udp {
	struct udp_conf conf;
	struct pkt_pool *pool;
	struct hash_key hash_key;
	struct slab ends;
	struct map by_port; /* bound ones that are not connected, raw ones */
	struct map by_peer; /* connected UDP ones */
	struct slab dgrams;
	struct slab groups;
	u32 *end_gen; /* per index, grows with each use */
	u32 raw_count;
	u32 news_first, news_last;
	struct pkt **outbox; /* ring of UDP_OUTBOX_MAX */
	u32 outbox_head, outbox_count;
	bool outbox_refused; /* somebody found it full: tell them all when there is room again */
	u16 ip_id;
	u64 made;
	struct udp_stats stats;
};

void udp_layout(struct udp *udp, const struct udp_conf *conf, struct mem *mem);
/* pool outlives the table. */
void udp_init(struct udp *udp, struct pkt_pool *pool, const struct hash_key *key, u16 ip_id);
void udp_check(const struct udp *udp);

static inline bool udp_is_off(const struct udp *udp)
{
	return udp->conf.endpoint_limit == 0;
}

/* ---- packets in and out ---------------------------------------------------------------------- */

enum udp_fate {
	UDP_NOBODY,  /* no endpoint matches */
	UDP_TAKEN,   /* given to one or more, or dropped for want of room, counted */
	UDP_DAMAGED, /* its checksum is wrong */
};

/* pkt stays the caller's: whole, l4 set, its UDP length checked, no GSO segment. group: it is for a
 * multicast group or a broadcast address.                                                        */
enum udp_fate udp_in(struct udp *udp, const struct pkt *pkt, bool group);
/* Whether one or more raw endpoints got a copy. */
bool udp_raw_in(struct udp *udp, const struct pkt *pkt, bool group);
/* Whether udp_in() would find somebody for it: key.local is its destination. */
bool udp_finds(const struct udp *udp, const struct udp_key *key);
/* An ICMP error about a datagram of ours: key.local is its source. */
void udp_icmp_in(struct udp *udp, const struct udp_key *key, u8 type, u8 code);
/* The next packet to send; NULL. It has zone and PKT_LOCAL_OUT set, and out_if if its endpoint
 * named one.                                                                                     */
struct pkt *udp_pull(struct udp *udp);

/* ---- what the owner of an endpoint calls ----------------------------------------------------- */

void udp_opt_defaults(struct udp_opt *opt);
/* An endpoint that is bound to nothing; a raw one hears of its protocol from now on. ERR_FULL. */
enum err udp_open(struct udp *udp, const struct udp_key *key, u32 owner, udp_id *id);
/* Local address and port of a UDP endpoint; a port of zero is the caller's mistake. ERR_EXISTS:
 * somebody has it; ERR_RANGE: it is bound already.                                               */
enum err udp_bind(struct udp *udp, udp_id id, be32 local, be16 port);
/* Whether udp_bind() would say ERR_EXISTS. */
bool udp_is_taken(const struct udp *udp, udp_id id, be32 local, be16 port);
/* Only from and to this peer from now on; with a local address, as what it is sent. Peer zero: from
 * everybody again. Requires, of UDP: it is bound.                                                */
void udp_connect(struct udp *udp, udp_id id, be32 local, be32 peer, be16 peer_port);
/* Only from and to this interface from now on. Requires, of UDP: it is not bound. */
void udp_set_iface(struct udp *udp, udp_id id, u16 iface);
/* What waits is gone, its groups are left. */
void udp_close(struct udp *udp, udp_id id);
/* ERR_EXISTS: it is a member; ERR_FULL: group_limit; ERR_RANGE: no group. */
enum err udp_join(struct udp *udp, udp_id id, be32 group, u16 iface);
/* ERR_NOT_FOUND. */
enum err udp_leave(struct udp *udp, udp_id id, be32 group, u16 iface);
/* Whether anybody here joined it on that interface. */
bool udp_has_group(const struct udp *udp, be32 group, u16 iface);

/* What is sent, and how. Whoever knows routes has chosen src and mtu. */
struct udp_send {
	be32 src;
	be32 dst;
	be16 dport;
	u16 iface; /* UDP_IFACE_ANY: by route */
	u16 mtu;
	u8 ttl;
	u8 tos;
	const void *data;
	u32 bytes;
};

/* ERR_FULL: no room in the outbox or no packet is free; ERR_RANGE: it is not bound, the data are
 * longer than can be, or than the way allows where they must not be fragmented, or there is no
 * header where one is to be.                                                                     */
enum err udp_send(struct udp *udp, udp_id id, const struct udp_send *send);

/* Of a datagram that was read. */
struct udp_info {
	be32 src;
	be32 dst;
	be16 sport;
	u16 iface; /* that it came by */
	u8 ttl;    /* as it came */
	u8 tos;
	u32 bytes; /* of all its data; more than was asked for: the rest is lost */
};

/* The oldest that waits, copied into to[0..bytes), a raw one with its IP header. False: none. */
bool udp_recv(struct udp *udp, udp_id id, void *to, u32 bytes, struct udp_info *info);
/* The same, and it stays. */
bool udp_look(const struct udp *udp, udp_id id, void *to, u32 bytes, struct udp_info *info);
/* What waited to be taken; it waits no longer. */
enum udp_error udp_take_error(struct udp *udp, udp_id id);
u8 udp_ready(const struct udp *udp, udp_id id);
/* Borrowed until the next call; NULL: gone. */
const struct udp_end *udp_find(const struct udp *udp, udp_id id);
struct udp_opt *udp_opt(struct udp *udp, udp_id id);
/* An endpoint whose readiness changed since it was last named: its owner; false: none is left. */
bool udp_news(struct udp *udp, u32 *owner);

/* ---- inside of this folder ------------------------------------------------------------------- */

static inline struct udp_end *end_at(const struct udp *udp, u32 idx)
{
	return slab_at(&udp->ends, idx);
}

/* NULL: gone. */
struct udp_end *end_of(const struct udp *udp, udp_id id);
void end_tell(struct udp *udp, struct udp_end *end);
u64 end_port_hash(const struct udp *udp, const struct udp_key *key);
u64 end_peer_hash(const struct udp *udp, const struct udp_key *key);
bool end_has_group(const struct udp *udp, const struct udp_end *end, be32 group, u16 iface);
/* A packet of ours for a group, to members here. */
void udp_loop(struct udp *udp, const struct pkt *pkt, u16 iface);

#endif
