/* A flow: what connection tracking knows of a connection.
 *
 * One line of memory holds what every packet of an established flow needs: both tuples (which are
 * also the rewriting: a packet of one direction leaves with the other tuple reversed), the sums to
 * add to checksums, the way out for each direction, the state, and when it was last seen. What only
 * some packets need is in struct flow_more, a parallel array with the same index.
 *
 * Life of a flow:
 *
 *   UNCONFIRMED  made at PREROUTING or OUTPUT for a packet without a flow. Not in the index: only
 *                that packet knows of it. NAT may set its reply tuple. Ends in ct_confirm() or,
 *                when the packet dies, in ct_abandon().
 *   CONFIRMED    both tuples are in the index. Linked in a list that expires it.
 *   ANSWERED     a packet of the reply direction was seen.
 *   ASSURED      answered for good (TCP: handshake complete): never taken to make room.
 *   ENDED        out of the index and on ct's list of ended flows, from where path lets NAT take
 *                its ports back (nat_release) and gives the slot back (ct_ended_next).           */
#ifndef CORE_CT_FLOW_H
#define CORE_CT_FLOW_H

#include "core/ct/tuple.h"

enum flow_flag {
	FLOW_CONFIRMED = 1 << 0,
	FLOW_ANSWERED = 1 << 1,
	FLOW_ASSURED = 1 << 2,
	FLOW_ENDED = 1 << 3,
	FLOW_TRANSLATED = 1 << 4, /* the reply tuple is not the plain reverse */
	FLOW_MAPPED = 1 << 5,     /* holds a reference to endpoint-independent mapping `mapping` */
	FLOW_PORT = 1 << 6,       /* holds a port per destination: repl.dst, repl.dport */
	FLOW_PEER = 1 << 7,       /* counted in the filter of its mapping */
	FLOW_HAIRPIN = 1 << 8,
	FLOW_LOCAL = 1 << 9,      /* one end is the gateway or its host */
	FLOW_FAST = 1 << 10,      /* answered, and nexthop[] of both directions is decided: takes
				     the short cut */
	FLOW_MAPPED_DST = 1 << 11, /* holds a reference to mapping_dst: came in through it */
	FLOW_EMBRYO = 1 << 12,    /* linked in a list of never-answered flows */
	FLOW_FIN_ORIG = 1 << 13,  /* the original side of a TCP flow has sent FIN */
	FLOW_FIN_REPLY = 1 << 14, /* the other side has */
	FLOW_INWARD = 1 << 15,    /* came in through mapping_dst, whose owner has not answered */
};

enum flow_state {
	FLOW_TCP_NONE, /* no packet was tracked yet */
	FLOW_TCP_SYN_SENT,
	FLOW_TCP_SYN_SENT2, /* simultaneous open */
	FLOW_TCP_SYN_RECV,
	FLOW_TCP_ESTABLISHED,
	FLOW_TCP_FIN_WAIT,
	FLOW_TCP_CLOSE_WAIT,
	FLOW_TCP_LAST_ACK,
	FLOW_TCP_TIME_WAIT,
	FLOW_TCP_CLOSE,
	FLOW_UDP_NEW,
	FLOW_UDP_STREAM,
	FLOW_ICMP_NEW,
	FLOW_ICMP_ANSWERED,
	FLOW_GENERIC_NEW,
	FLOW_GENERIC_ANSWERED,
	FLOW_SCTP_NONE, /* no packet was tracked yet */
	FLOW_SCTP_HEARTBEAT, /* picked up on another path or in the middle, not answered yet */
	FLOW_SCTP_COOKIE_WAIT, /* INIT was seen */
	FLOW_SCTP_COOKIE_ECHOED,
	FLOW_SCTP_ESTABLISHED,
	FLOW_SCTP_SHUTDOWN_SENT, /* by the side that began the flow */
	FLOW_SCTP_SHUTDOWN_RECD, /* by the other */
	FLOW_SCTP_SHUTDOWN_ACK_SENT,
	FLOW_SCTP_CLOSED,
	FLOW_DCCP_NONE, /* no packet was tracked yet */
	FLOW_DCCP_LISTEN, /* the server opens its side of a NAT first, RFC 5596 */
	FLOW_DCCP_REQUEST,
	FLOW_DCCP_RESPOND,
	FLOW_DCCP_PARTOPEN, /* also: picked up in the middle, not answered yet */
	FLOW_DCCP_OPEN,
	FLOW_DCCP_CLOSEREQ,
	FLOW_DCCP_CLOSING,
	FLOW_DCCP_TIMEWAIT,
	FLOW_STATE_COUNT,
};

struct flow {
	struct tuple orig;
	struct tuple repl;
	u32 seen_ms;      /* last packet; wraps */
	u32 next;         /* list that it is in */
	u32 prev;
	u16 nexthop[2];   /* adjacency for packets of each direction; with FLOW_FAST */
	u16 delta_l3;     /* original direction: to add to sums, RFC 1624; reply: its complement */
	u16 delta_l4;
	u32 mapping;      /* with FLOW_MAPPED */
	u32 mapping_dst;  /* with FLOW_MAPPED_DST: the mapping that it came in through */
	u8 zone[2];       /* in which packets of each direction arrive */
	u16 rule;         /* of NAT, that made it; UINT16_MAX none */
	u16 decided_gen;  /* generation of routes and rules that nexthop[] was decided in */
	u16 handle_gen;
	u8 proto;
	u8 state;         /* enum flow_state */
	u16 flags;        /* enum flow_flag */
};
_Static_assert(sizeof(struct flow) == 64, "a flow is one line");

/* One direction of a TCP flow (RFC 9293 3.3.1 seen from the middle): what its sender has sent. */
struct flow_window {
	u32 end;     /* highest sequence number sent, plus one */
	u32 max_end; /* highest that the receiver has allowed so far */
	u32 max_win; /* largest window that this side has advertised, scaled */
	u8 scale;    /* RFC 7323 shift that this side announced */
	u8 flags;    /* enum flow_window_flag */
} __attribute__((packed, aligned(2)));

enum flow_window_flag {
	WINDOW_SEEN = 1 << 0,  /* the fields are valid */
	WINDOW_SCALE = 1 << 1, /* this side's SYN had the window scale option */
	WINDOW_PROBE = 1 << 2, /* times the expiry probes, in the original side's */
	WINDOW_PROBES = 3 * WINDOW_PROBE,
};

/* Packets of one direction of an SCTP association. */
struct flow_sctp {
	u32 tag;     /* the verification tag that they carry; 0: not known */
	u32 offered; /* what the last INIT or INIT ACK of the other side asks them to carry */
};

/* One direction of a DCCP connection. */
struct flow_dccp {
	u32 seq_low; /* highest sequence number sent, of 48 bits */
	u16 seq_high;
	u8 flags; /* enum flow_dccp_flag */
	u8 spare;
};

enum flow_dccp_flag {
	FLOW_DCCP_SEEN = 1 << 0,   /* the fields are valid */
	FLOW_DCCP_CLIENT = 1 << 1, /* this side has sent the Request */
};

struct flow_more {
	u64 packets[2];
	u64 bytes[2];
	union {
		struct flow_window window[2]; /* TCP */
		struct flow_sctp sctp[2];
		struct flow_dccp dccp[2];
	};
	u32 subscriber; /* index of who holds it, plus one; 0: nobody is counted */
};
_Static_assert(sizeof(struct flow_more) == 64, "what only some need is one line");

/* The tuple that packets of a direction arrive with. */
static inline const struct tuple *flow_tuple(const struct flow *flow, enum tuple_dir dir)
{
	return dir == TUPLE_ORIG ? &flow->orig : &flow->repl;
}

/* The tuple that packets of a direction leave with. */
static inline struct tuple flow_tuple_out(const struct flow *flow, enum tuple_dir dir)
{
	return tuple_reversed(dir == TUPLE_ORIG ? &flow->repl : &flow->orig);
}

/* What packets of a direction add to a sum: what the original one adds, the other takes away. */
static inline u16 flow_delta(u16 delta, enum tuple_dir dir)
{
	return (u16)(delta ^ (0u - dir));
}

const char *flow_state_name(enum flow_state state);

#endif
