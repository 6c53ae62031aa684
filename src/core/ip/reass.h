/* Putting fragments together (RFC 791 section 3.2, RFC 815, RFC 1122 3.3.2).
 *
 * Fragments are kept as packets in queues by (source, destination, protocol, id, zone) until the
 * whole is there. Memory is bounded three ways: queues in all, fragments in all (and never more
 * than three quarters of the pool's packets), and fragments of one source address. Overlapping
 * fragments kill the whole queue (RFC 5722's rule, taken for IPv4 as well), and so does one in the
 * place of another with other bytes, or of which only one has more behind it; an exact duplicate is
 * put away and counted. A source that reached its share loses its own oldest queue; when memory is
 * full, the oldest queue of all goes.
 *
 * All queues have the same time-out, counted from the first fragment that came (RFC 1122 3.3.2),
 * so the order of age is the order of expiry and one list serves both.                          */
#ifndef CORE_IP_REASS_H
#define CORE_IP_REASS_H

#include "core/base/hash.h"
#include "core/base/slab.h"
#include "core/pkt/pkt.h"

enum {
	REASS_FRAGMENTS_MAX = 64, /* of one packet */
	REASS_TICK_MAX = 64,      /* queues that one reass_tick ends */
};

struct reass_conf {
	u32 queue_count;          /* packets under reassembly at once */
	u32 fragment_count;       /* fragments kept in all */
	u32 fragments_per_packet; /* up to REASS_FRAGMENTS_MAX */
	u32 fragments_per_source; /* kept fragments of one source address in its zone */
	ns_t timeout_ns;          /* RFC 1122: 60 to 120 s; Linux 30 s */
};

struct reass_stats {
	u64 whole_count;     /* packets put together */
	u64 joined_count;    /* fragments that they were made of */
	u64 duplicate_count; /* exact duplicates, put away */
	u64 timeout_count;   /* queues that ended by time */
	u64 evicted_count;   /* queues that made room for younger ones */
};

struct reass {
	struct reass_conf conf;
	struct pkt_pool *pool;
	struct hash_key key;
	struct slab queues;
	struct slab frags;
	struct slab sources;
	u32 bucket_count;  /* of each of the two tables; a power of two */
	u32 *queue_bucket; /* heads of chains */
	u32 *source_bucket;
	u32 oldest; /* list of all queues by age */
	u32 youngest;
	struct reass_stats stats;
};

/* Limits of conf: each count at least 1, fragments_per_packet 2 to REASS_FRAGMENTS_MAX. */
void reass_layout(struct reass *reass, const struct reass_conf *conf, struct mem *mem);
void reass_init(struct reass *reass, struct pkt_pool *pool, const struct hash_key *key);
/* Take one fragment (ip4_is_fragment, passed by ip_validate).
 *
 * Ensures:  STOLEN - it is kept until the others come, or was a duplicate;
 *           ACCEPT - *pkt is the whole packet, made from the pool: PKT_REASSEMBLED, frag_max, the
 *                    header, in_if, flags and rx_ns of the fragment with offset zero; PKT_FRAG_DF
 *                    when a fragment of the largest size had DF, PKT_LINK_BROADCAST and
 *                    PKT_LINK_MULTICAST when any had them;
 *           DEAD   - *pkt was not taken, or ended with its queue: FRAG_OVERLAP, FRAG_MALFORMED,
 *                    FRAG_TOO_MANY, FRAG_FULL, NO_BUFFER.
 * Fragments of queues that end here are counted and appended to dead (put when it is full).
 * Bounds:   fragments_per_packet steps, plus the hash chain.                                     */
verdict ip_reassemble(struct reass *reass, struct drop_stats *stats, struct pkt **pkt, u16 zone,
		      ns_t now, struct batch *dead);
/* End what is over time, at most REASS_TICK_MAX queues and only while dead has room: the fragment
 * with offset zero goes to dead as FRAG_TIMEOUT, for the 11/1 about it; the others are counted and
 * put.                                                                                           */
void reass_tick(struct reass *reass, struct drop_stats *stats, ns_t now, struct batch *dead);
/* Who sent the fragments that are kept: entry idx of conf.queue_count. False: there is nobody. */
bool reass_source_at(const struct reass *reass, u32 idx, be32 *addr, u8 *zone,
		     u32 *fragment_count);
ns_t reass_next(const struct reass *reass);
void reass_check(const struct reass *reass);

#endif
