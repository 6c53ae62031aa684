/* What an administrator may set about filtering: rules, the policy of each chain, named sets.
 *
 * Rules and sets are arrays of the caller's, as long as he likes up to the planned limits; they are
 * read while an engine is built or configured, and never afterwards.
 *
 * Sets are changed at run time as well. A set that a new configuration gives the same elements as
 * the one before keeps what it has; one that it gives others has just those.                     */
#ifndef CORE_FILTER_FILTER_CONF_H
#define CORE_FILTER_FILTER_CONF_H

#include "core/base/bytes.h"

enum {
	FILTER_NAME_SIZE = 32,     /* with its zero byte */
	FILTER_RULE_LIMIT = 32768, /* what rule_count of the limits may be at most */
	FILTER_SET_LIMIT = 256,
	FILTER_ELEM_LIMIT = 1 << 22,
	FILTER_IFACES = 64,                      /* bits of a set of interfaces */
	FILTER_STATEFUL_MAX = 2 + FILTER_IFACES, /* rules that filter_conf_stateful() writes */
	FILTER_PROTO_ANY = -1,
};

#define FILTER_SET_NONE  UINT16_MAX
#define FILTER_IFACE_ANY UINT64_MAX

/* Where rules are asked. */
enum filter_chain { FILTER_INPUT, FILTER_FORWARD, FILTER_OUTPUT, FILTER_CHAINS };

/* What a packet is to connection tracking, as in netfilter; a rule names several by or-ing. */
enum filter_state {
	FILTER_NEW = 1 << 0, /* nobody has answered the flow yet */
	FILTER_ESTABLISHED = 1 << 1,
	FILTER_RELATED = 1 << 2,   /* an ICMP error about a flow; what is made here about one */
	FILTER_UNTRACKED = 1 << 3, /* no flow: groups, the host's own connections, invalid */
	FILTER_STATES = 15,
};

enum filter_action {
	FILTER_ACCEPT,
	FILTER_DROP,   /* in silence */
	FILTER_REJECT, /* the sender hears of it, as `reject` says */
};

enum filter_reject {
	FILTER_REJECT_PROHIBITED, /* ICMP 3/13 */
	FILTER_REJECT_PORT,       /* 3/3 */
	FILTER_REJECT_HOST,       /* 3/1 */
	FILTER_REJECT_NET,        /* 3/0 */
	FILTER_REJECT_RESET,      /* TCP only */
	FILTER_REJECTS,
};

struct filter_fate {
	u8 action; /* enum filter_action */
	u8 reject; /* enum filter_reject, with FILTER_REJECT */
};

/* Addresses of a prefix, or of a set; and, or but not. */
struct filter_addr {
	be32 prefix;
	u8 len; /* 0: any */
	bool not ;
	u16 set; /* a set of FILTER_SET_ADDRS instead; FILTER_SET_NONE */
};

/* Ports first..last where there are ports, or those of a set. */
struct filter_ports {
	u16 first;
	u16 last;
	bool not ;
	u16 set; /* a set of FILTER_SET_PORTS instead; FILTER_SET_NONE */
};

/* So many packets in so many seconds, and a burst. rate 0: no limit. */
struct filter_limit {
	u32 rate;
	u32 per_s;
	u32 burst;
};

struct filter_rule_conf {
	char name[FILTER_NAME_SIZE]; /* may be empty */
	u8 chain;                    /* enum filter_chain */
	u8 states;                   /* enum filter_state or'ed */
	bool proto_not;
	s32 proto; /* 0 to 255, or FILTER_PROTO_ANY */
	struct filter_addr src;
	struct filter_addr dst;
	struct filter_ports sport;
	struct filter_ports dport;
	u16 src_pair; /* the source's address and port are in this set; FILTER_SET_NONE */
	u16 dst_pair;
	bool icmp; /* type and code count; proto is ICMP then */
	u8 icmp_type;
	s32 icmp_code; /* -1: any */
	u64 in_ifs;    /* bits of the interfaces that it may have come by */
	u64 out_ifs;
	u8 tcp_mask;  /* these flags are looked at, 0: none; proto is TCP then */
	u8 tcp_flags; /* and have to be so */
	struct filter_fate fate;
	/* The rule is for packets within both limits, or, with limit_over, for those beyond. */
	struct filter_limit limit;
	struct filter_limit source_limit; /* for each source address of each zone by itself */
	bool limit_over;
	bool log;
	/* Judge and count each packet: flows that meet this rule never take the short cut. */
	bool each;
};

enum filter_set_kind {
	FILTER_SET_ADDRS, /* addresses and prefixes */
	FILTER_SET_PORTS,
	FILTER_SET_PAIRS, /* an address with a port */
	FILTER_SET_KINDS,
};

struct filter_elem {
	be32 addr;
	u8 len;         /* of a prefix; 32 for an address and for a pair */
	u16 port_first; /* of a pair: its port */
	u16 port_last;
};

struct filter_set_conf {
	char name[FILTER_NAME_SIZE]; /* not empty, and no other set has it */
	u8 kind;                     /* enum filter_set_kind */
	u32 elem_count;
	const struct filter_elem *elem;
	u64 stamp; /* the same for the same elements, as the caller says; 0: to be found out */
};

struct filter_conf {
	u32 rule_count;
	const struct filter_rule_conf *rule;
	u32 set_count;
	const struct filter_set_conf *set;
	struct filter_fate policy[FILTER_CHAINS]; /* of packets that no rule decides */
	/* When rules or sets change, flows that stand are judged anew by their first packet, and
	 * end if they would not come about any more. Without it they go on.                      */
	bool reclassify;
	u32 log_rate; /* events a second; 0: none */
	u32 log_burst;
	/* Limits, for which memory is planned. rule_limit 0: no filter can be had, all pass. */
	u32 rule_limit;
	u32 set_limit;
	u32 port_set_limit; /* of these, sets of ports, 8 KB each */
	u32 elem_limit;     /* addresses, prefixes and pairs in all sets */
	u32 source_limit;   /* sources that limits of each source remember */
};

/* Every chain accepts; no rules; limits for 1,024 rules and 16,384 elements. */
void filter_conf_defaults(struct filter_conf *conf);
/* A rule of FORWARD that accepts everything, to be narrowed down. */
void filter_rule_defaults(struct filter_rule_conf *rule);
/* What most gateways begin with, for FORWARD: what belongs to a flow passes, from the interfaces of
 * `inside` to those of `outside` flows may begin, and on an inside interface, back to it (inside
 * hosts that meet through a public address); the rest is dropped. Writes to rule[] and returns how
 * many there are; sets conf->rule and the policy. INPUT and OUTPUT stay open: the host's own
 * connections are not tracked, and the host filters for itself.                                  */
u32 filter_conf_stateful(struct filter_conf *conf, struct filter_rule_conf *rule, u64 inside,
			 u64 outside);

#endif
