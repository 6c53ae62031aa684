/* A tuple: one direction of a flow.
 *
 * For TCP, UDP, SCTP, DCCP and UDP-Lite sport and dport are ports. An ICMP query has an identifier
 * on the asking side and its type and code on the answering side, placed like ports: a request's
 * sport is the identifier and its dport is the type and code of the request; in a reply the two
 * change places. A GRE tunnel has its key, folded, in both. So reversing and rewriting a tuple need
 * no special case. Other protocols have zero in both.                                            */
#ifndef CORE_CT_TUPLE_H
#define CORE_CT_TUPLE_H

#include "core/base/bytes.h"
#include "core/base/hash.h"

struct tuple {
	be32 src;
	be32 dst;
	be16 sport;
	be16 dport;
};
_Static_assert(sizeof(struct tuple) == 12, "twelve bytes a direction");

enum tuple_dir { TUPLE_ORIG, TUPLE_REPLY };
enum { CT_ZONE_MAX = 64 };

/* What a tuple is looked up by, together with the tuple. */
struct tuple_key {
	struct tuple tuple;
	u8 proto;
	u8 zone; /* in which packets with this tuple arrive; below CT_ZONE_MAX */
};

static inline bool tuple_eq(const struct tuple *a, const struct tuple *b)
{
	u64 addrs_a, addrs_b;
	u32 ports_a, ports_b;

	memcpy(&addrs_a, a, sizeof addrs_a);
	memcpy(&addrs_b, b, sizeof addrs_b);
	memcpy(&ports_a, &a->sport, sizeof ports_a);
	memcpy(&ports_b, &b->sport, sizeof ports_b);
	return addrs_a == addrs_b && ports_a == ports_b;
}

static inline struct tuple tuple_reversed(const struct tuple *t)
{
	return (struct tuple){ t->dst, t->src, t->dport, t->sport };
}

static inline u64 tuple_hash(const struct hash_key *key, const struct tuple *t, u8 proto, u8 zone)
{
	u64 addrs;
	u32 ports;

	memcpy(&addrs, t, sizeof addrs);
	memcpy(&ports, &t->sport, sizeof ports);
	return hash_words(key, addrs, (u64)zone << 40 | (u64)proto << 32 | ports);
}

#endif
