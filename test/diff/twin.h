/* Two gateways side by side: the engine, and the Linux kernel with equivalent nftables rules.
 *
 * The simulator's hosts (test/sim) talk through them. Each packet goes into both, what comes out is
 * compared byte for byte after the renaming of public ports (diff/rename.h), and what the engine
 * sent travels on to the hosts. So both see the same conversation.
 *
 * The clock of both stands still but for jumps of TWIN_JUMP_S, and every time-out lies in the
 * middle between two multiples of it: an expired flow is expired on both sides.
 *
 * A difference is a failure unless a rule of twin_judge.c explains it; those are counted.        */
#ifndef TEST_DIFF_TWIN_H
#define TEST_DIFF_TWIN_H

#include "diff/kernel.h"
#include "diff/rename.h"
#include "diff/rules.h"
#include "fake/engine.h"
#include "sim/net.h"

enum {
	TWIN_HOSTS_MAX = 16,
	TWIN_OUTS_MAX = 128,
	TWIN_JUMP_S = 100,
	TWIN_PIECES = 512, /* fragments remembered, to know overlaps */
	TWIN_OUT_SIZE = 1600,
};

/* What was generated, and what became of it. */
enum twin_count {
	TWIN_TCP,
	TWIN_UDP,
	TWIN_QUERY,
	TWIN_ERROR,
	TWIN_FRAGMENT,
	TWIN_OTHER,
	TWIN_PASSED,   /* came out translated or forwarded */
	TWIN_ANSWERED, /* was answered by the gateway: ICMP, RST, echo */
	TWIN_SILENT,   /* nothing came out */
	TWIN_JUMPS,
	TWIN_COUNTS
};

/* Rules for differences with a reason; docs/differential.md has the reasons. */
enum twin_rule {
	TWIN_SAME,
	TWIN_RULE_ICMP_CSUM,
	TWIN_RULE_BAD_QUOTE,
	TWIN_RULE_ERROR_SOURCE,
	TWIN_RULE_TIMESTAMP,
	TWIN_RULE_REFUSED_FLOW,
	TWIN_RULE_REVIVED_FLOW,
	TWIN_RULE_PORTLESS_CLASH,
	TWIN_RULE_RECORD_ROUTE,
	TWIN_RULE_RESET_TOS,
	TWIN_RULE_LINK_LOCAL,
	TWIN_RULE_CLASS_E,
	TWIN_RULE_BROADCAST_SOURCE,
	TWIN_RULE_IGMP,
	TWIN_RULE_SOURCE_ROUTE,
	TWIN_RULE_FRAG_LIMIT,
	TWIN_RULE_FRAG_OPTIONS,
	TWIN_RULE_ERROR_ECN,
	TWIN_RULE_ERROR_OPTIONS,
	TWIN_RULE_QUOTED_CSUM,
	TWIN_RULE_QUOTED_TTL,
	TWIN_RULE_REJECT_OPTIONS,
	TWIN_RULE_SCTP_QUOTE,
	TWIN_RULE_SCTP_CSUM,
	TWIN_RULE_SCTP_INVALID,
	TWIN_RULE_NO_PORTS,
	TWIN_RULE_GRE_KEY,
	TWIN_RULE_LOCAL_PROTO,
	TWIN_RULE_COVERAGE,
	TWIN_DIFFERENT,
	TWIN_RULES
};

/* Packets that neither side gets. */
enum twin_left_out { TWIN_OUT_OVERLAP, TWIN_OUT_PROTO, TWIN_LEFT_OUTS };

struct twin_stats {
	u64 packets;
	u64 count[TWIN_COUNTS];
	u64 rule[TWIN_RULES];
	u64 left_out[TWIN_LEFT_OUTS];
};

struct twin_out {
	u32 iface;
	u32 len;
	u8 bytes[TWIN_OUT_SIZE];
};

struct twin_outs {
	u32 count;
	struct twin_out out[TWIN_OUTS_MAX];
};

struct twin_piece {
	be32 src;
	be32 dst;
	be16 id;
	u8 proto;
	u32 begin;
	u32 end;
};

struct twin {
	struct actor actor;
	struct rig rig;
	struct kernel kernel;
	struct rename names;
	struct rules rules; /* of both, if there are any */
	struct twin_stats *stats;
	u32 host_count;
	be32 host_addr[TWIN_HOSTS_MAX];
	struct link *host_link[TWIN_HOSTS_MAX];
	u32 piece_count;
	struct twin_piece piece[TWIN_PIECES];
	/* the packet at hand */
	u32 pieces; /* a fragment: how many of its packet have come */
	u32 iface;
	u32 len;
	u8 in[KERNEL_PACKET_MAX];        /* as the engine gets it */
	u8 in_kernel[KERNEL_PACKET_MAX]; /* renamed */
	struct twin_outs ours;
	struct twin_outs theirs;
};

/* Both with the same random filter rules, if any; in the last kind many of them have limits, and so
 * nobody may send what one of the two does not let come so far.                                  */
enum twin_filter { TWIN_UNFILTERED, TWIN_FILTERED, TWIN_LIMITED };
struct twin *twin_new(struct net *net, const u32 mtu[KERNEL_TUNS], enum twin_filter filter,
		      struct twin_stats *stats);
void twin_attach(struct twin *twin, be32 host, struct link *link);
/* TWIN_JUMP_S pass for both. */
void twin_jump(struct twin *twin);

/* ---- twin_judge.c: the engine's outputs beside the kernel's, renamed to ours. */
enum twin_rule twin_judge(const struct twin *twin);
const char *twin_rule_name(enum twin_rule rule);
void twin_print(const struct twin *twin);

#endif
