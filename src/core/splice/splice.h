/* Split connections (RFC 3135 section 3): a TCP connection that crosses the gateway between inside
 * and outside ends here, and another one of the gateway goes on in its place, so that a bad link
 * has a short control loop and a congestion control of its own.
 *
 * Such a connection has two legs, two control blocks of a TCP stack that is theirs alone. One
 * speaks in the server's name with the client, who began it, the other in the client's name with
 * the server: their keys are the flow's original tuple, turned round and as it is. Tracking and
 * translation know nothing of it; the flow is what the server's leg and the server make of it. All
 * packets that the stack gives and takes have the leg in a bit of their zone, since the two keys
 * alone do not say whose they are; another bit says that the client is the outside one.
 *
 * The outside leg, whichever that is, has the congestion control and the buffers of its rule.
 *
 * Life: CONNECTING, the SYN is kept and the server's leg asks the server. JOINED, both legs are
 * there and bytes move from the receive ring of one to the send ring of the other, as many as that
 * may queue; then its window closes, which is the back-pressure. A FIN is passed on behind the last
 * byte. A RST is passed on once what came before it was delivered, or LINGER_NS later. REFUSED, the
 * server was not reached: whoever owns the road answers the SYN that was kept.
 *
 * A record goes when both sides have said FIN and all was passed on; the control blocks finish by
 * themselves. The flow stays marked until it ends, since its packets are for them, or for nobody.
 *
 * Bounds: records, control blocks and the buffer are limits of the configuration. Whoever finds no
 * room when it begins goes through whole, counted; later on, it waits until memory is there.     */
#ifndef CORE_SPLICE_SPLICE_H
#define CORE_SPLICE_SPLICE_H

#include "core/base/slab.h"
#include "core/ct/tuple.h"
#include "core/splice/splice_conf.h"
#include "core/tcp/tcp.h"

/* By who is at the other end of it. */
enum splice_leg { SPLICE_CLIENT, SPLICE_SERVER };

enum splice_state { SPLICE_CONNECTING, SPLICE_JOINED, SPLICE_REFUSED };

enum {
	SPLICE_SYN_MAX = 80, /* an IPv4 header without options, a TCP header with all */
	/* In the zone of a packet: it is of the leg to the server; and of a connection that began
	 * outside.                                                                              */
	SPLICE_ZONE_SERVER = 0x80,
	SPLICE_ZONE_INBOUND = 0x40,
	SPLICE_ZONE_BITS = SPLICE_ZONE_SERVER | SPLICE_ZONE_INBOUND,
	SPLICE_RULE_NONE = SPLICE_RULE_MAX,
};

_Static_assert((u32)CT_ZONE_MAX <= (u32)SPLICE_ZONE_INBOUND, "zones leave room for both bits");

/* What a flow is to the splice, where it is nothing of a record: its index, plus one. */
#define SPLICE_WHOLE UINT32_C(0) /* goes through as it is */
#define SPLICE_OVER  UINT32_MAX  /* was split; what is left is the stack's */

struct split {
	tcp_id leg[2];   /* by enum splice_leg; TCP_ID_NONE: not yet */
	struct tuple to; /* as the client sends */
	u32 flow;
	u32 next;       /* in the list that it is in */
	ns_t linger_ns; /* a leg was reset: the other is by then; NS_NEVER */
	u8 state;       /* enum splice_state */
	u8 rule;        /* SPLICE_RULE_NONE: it is no more */
	u8 zone;        /* of the client */
	bool inbound;   /* who is outside */
	u8 listed;      /* enum splice_list_id */
	bool waits;     /* for memory, or for what is queued to leave */
	u8 syn_len;
	u16 in_if;
	u16 in_mtu;
	u16 mss_max;
	u32 syn_flags; /* of the packet */
	u32 keepalive_ms;
	u8 syn[SPLICE_SYN_MAX]; /* both headers of the SYN, as they stood when it was taken */
};

struct splice_stats {
	u64 split;     /* connections that were */
	u64 refused;   /* by the server, or ICMP, or silence */
	u64 full_rule; /* not split: the rule has as many as it may have */
	u64 full;      /* not split: records, control blocks or buffers */
	u64 resets;    /* a reset of one side that was passed on to the other */
	u64 bytes_out; /* passed on to the outside */
	u64 bytes_in;
};

enum splice_list_id {
	SPLICE_UNLISTED,
	SPLICE_BUSY,      /* something has changed */
	SPLICE_TO_ANSWER, /* refused */
	SPLICE_LISTS,
};

struct splice_list {
	u32 first;
	u32 last;
};

struct splice {
	struct splice_conf conf;
	struct tcp tcp;
	struct slab splits;
	u32 *of_flow; /* by index of the flow: SPLICE_WHOLE, SPLICE_OVER, or a record's plus one */
	u32 flow_count;
	u32 rule_splits[SPLICE_RULE_MAX + 1];
	struct splice_list list[SPLICE_LISTS];
	ns_t retry_ns; /* those that wait are looked at again then; NS_NEVER */
	struct splice_stats stats;
};

/* The flows are those of ct. */
void splice_layout(struct splice *s, const struct splice_conf *conf, u32 flow_count,
		   struct mem *mem);
/* pool outlives it; seed: 32 secret bytes. */
void splice_init(struct splice *s, struct pkt_pool *pool, const u8 seed[32], ns_t now);
/* Other rules; limits stay, and so do connections that the new rules would not split. */
void splice_configure(struct splice *s, const struct splice_conf *conf);
const char *splice_conf_wrong(const struct splice_conf *conf, u32 iface_count);
void splice_tick(struct splice *s, ns_t now);
ns_t splice_next(const struct splice *s);
void splice_check(const struct splice *s);

static inline bool splice_is_off(const struct splice *s)
{
	return s->conf.split_limit == 0;
}

/* Whether the flow is, or was, split. */
static inline bool splice_has_flow(const struct splice *s, u32 flow)
{
	return !splice_is_off(s) && s->of_flow[flow] != SPLICE_WHOLE;
}

/* Its next connection may be another one. */
static inline void splice_forget(struct splice *s, u32 flow)
{
	if (s->of_flow[flow] == SPLICE_OVER)
		s->of_flow[flow] = SPLICE_WHOLE;
}

static inline bool splice_is_over(const struct splice *s, u32 flow)
{
	return s->of_flow[flow] == SPLICE_OVER;
}

/* Whether a leg between these two is left that finishes by itself. */
bool splice_knows(const struct splice *s, const struct tuple *to, u8 zone, bool inbound);
/* The first rule that fits a TCP connection of the inside, or, inbound, of the outside: that takes
 * one which names the interface. SPLICE_RULE_NONE.                                               */
u32 splice_match(const struct splice *s, u16 in_if, bool inbound, const struct tuple *to);
/* The zone of a leg's key. */
static inline u8 splice_zone(u8 zone, enum splice_leg leg, bool inbound)
{
	return (u8)(zone | (leg == SPLICE_SERVER ? SPLICE_ZONE_SERVER : 0) |
		    (inbound ? SPLICE_ZONE_INBOUND : 0));
}
/* Whether the leg of this key is the outside one. */
static inline bool splice_is_outside(u8 zone)
{
	return ((zone & SPLICE_ZONE_SERVER) != 0) != ((zone & SPLICE_ZONE_INBOUND) != 0);
}
/* Whether a connection by this rule finds room now; counted when not. */
bool splice_has_room(struct splice *s, u32 rule);

struct splice_begin {
	u32 flow;
	u32 rule;
	struct tuple to; /* as the client sends */
	u8 zone;
	bool inbound;
	u16 in_mtu; /* of the way to the client */
	u16 out_mtu;
	u16 mss_max;      /* zero: what the ways allow */
	u32 keepalive_ms; /* silence after which the ends are asked; the flow lives longer */
	const struct pkt *syn;
};
/* The leg to the server sets out. Requires: splice_has_room(), and syn is a SYN without data whose
 * headers find room in SPLICE_SYN_MAX. False: its four-tuple is in use, counted as full.         */
bool splice_begin(struct splice *s, const struct splice_begin *begin, ns_t now);

struct splice_rx {
	u32 flow;            /* splice_has_flow() */
	enum splice_leg leg; /* that it is for */
	bool inbound;
	u16 mtu; /* of the way back */
};
/* A segment of the client, or, translated back, of the server; it stays the caller's. False: nobody
 * has this connection any more.                                                                  */
bool splice_in(struct splice *s, const struct splice_rx *at, const struct pkt *pkt, ns_t now);
/* What an ICMP error says of a segment that a leg has sent; ip and 8 bytes behind it are there. */
struct splice_fault {
	const struct ip4_hdr *ip;
	const u8 *l4;
	enum splice_leg leg;
	u8 zone;
	u8 type;
	u8 code;
	u16 mtu;
};
void splice_fault_in(struct splice *s, const struct splice_fault *fault, ns_t now);
/* The flow ended: both sides hear of it as far as they can be reached. */
void splice_flow_ended(struct splice *s, u32 flow, ns_t now);

/* Bytes move, ends are passed on. After packets and after a tick, before packets are taken. */
void splice_work(struct splice *s, ns_t now);
/* A connection that the server did not take: the SYN that is to be answered, and whether by a RST.
 * The record is gone with it. False: none is left.                                               */
struct splice_refusal {
	u32 flow;
	u16 in_if;
	u8 zone;
	u8 syn_len;
	bool reset;
	u32 syn_flags;
	u8 syn[SPLICE_SYN_MAX];
};
bool splice_refused(struct splice *s, struct splice_refusal *out, ns_t now);
/* Packets that legs want to send, until the batch is full; true: there were some. */
bool splice_pull(struct splice *s, struct batch *out, ns_t now);

static inline struct split *splice_at(const struct splice *s, u32 idx)
{
	return slab_at(&s->splits, idx);
}

#endif
