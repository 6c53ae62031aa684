/* The one-to-one renaming of public ports and identifiers between two gateways.
 *
 * Both translate the same flows, each with ports of its own choice. Which port of one is which of
 * the other follows from the first packet of a flow that leaves both. A name belongs to a protocol
 * and a remote endpoint, since both gateways give ports out per destination. Checksums follow the
 * renaming by difference, so that a wrong one stays exactly as wrong.                            */
#ifndef TEST_DIFF_RENAME_H
#define TEST_DIFF_RENAME_H

#include "core/base/bytes.h"

enum { RENAME_MAX = 65536, RENAME_BUCKETS = 8192 };

struct rename_pair {
	be32 remote;
	u16 rport; /* ICMP: type and code of the request */
	u8 proto;
	bool live;
	u16 ours;
	u16 theirs;
	u32 epoch; /* of its last use */
	u32 next;
};

struct rename {
	be32 public;
	bool has_ports[256]; /* protocols whose ports both translate; TCP and UDP to begin with */
	u32 epoch; /* goes up when time passes: names may be given anew */
	u32 count;
	u32 bucket[RENAME_BUCKETS];
	struct rename_pair pair[RENAME_MAX];
};

enum rename_to { RENAME_TO_OURS, RENAME_TO_THEIRS };

void rename_init(struct rename *names, be32 public);
/* The same packet as it left either gateway. False when one of the names is another flow's. */
bool rename_learn(struct rename *names, const u8 *ours, u32 ours_len, const u8 *theirs,
		  u32 theirs_len);
/* Rewrite the public port or identifier in the packet, or in the packet that it quotes. A port
 * that is no name stays, unless it is a name on the other side: then another free one is taken. */
void rename_packet(struct rename *names, u8 *ip, u32 len, enum rename_to to);

#endif
