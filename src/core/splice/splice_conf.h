/* Which connections are split, and what they may hold. Plain values. */
#ifndef CORE_SPLICE_SPLICE_CONF_H
#define CORE_SPLICE_SPLICE_CONF_H

#include "core/base/bytes.h"

enum {
	SPLICE_RULE_MAX = 64,
	SPLICE_SPLIT_MAX = 1 << 18,
	SPLICE_BUFFER_MIN = 64 << 10,
	SPLICE_BUFFER_MAX = 64 << 20,
};

/* A connection between inside and outside that fits all of it; the first rule that does decides. */
struct splice_rule {
	u16 in_if; /* IFACE_NONE: any of the inside; one of the outside: what comes in there */
	u8 src_len;
	u8 dst_len;
	be32 src;
	be32 dst;
	u16 port_first; /* of the destination; zero: all */
	u16 port_last;
	u32 split_limit;  /* at once; beyond it connections go through whole */
	u32 buffer_bytes; /* each way, outside; inside there is a quarter */
	const char *cc;   /* congestion control towards the outside; a name that core/tcp knows */
	bool early;       /* the SYN is answered before the far side has answered ours */
};

struct splice_conf {
	u32 split_limit;  /* of all rules; zero: nothing is split, and no memory is planned */
	u64 buffer_bytes; /* data of all on their way */
	u32 rule_count;
	struct splice_rule rule[SPLICE_RULE_MAX];
};

#endif
