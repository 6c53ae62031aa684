/* ICMP messages that the gateway makes (RFC 792, 1122 3.2.2, 1812 4.3 and 5.2.7, 1191).
 *
 * An error takes two steps, so that explain can ask the first without the second:
 * icmp_error_decide says from a dead packet which error answers it, or which rule forbids one;
 * icmp_error_make looks at the rate limits and builds it.
 *
 * Rate limits (RFC 1812 4.3.2.8): one bucket for all, and one for each destination out of
 * ICMP_DEST_BUCKETS chosen by a keyed hash. Destinations that fall together share; nobody can aim.
 * A flooder uses up its own bucket long before the common one, and a traceroute of 30 hops with 3
 * probes fits into one burst.                                                                    */
#ifndef CORE_IP_ICMP_H
#define CORE_IP_ICMP_H

#include "core/base/hash.h"
#include "core/pkt/pkt.h"
#include "core/wire/icmp.h"

enum {
	ICMP_DEST_BUCKETS = 1024,
	ICMP_ERROR_LEN_MAX = 576, /* RFC 1812 section 4.3.2.3: the whole IP packet */
	ICMP_RATE_DEFAULT = 1000,
	ICMP_BURST_DEFAULT = 200,
	ICMP_DEST_RATE_DEFAULT = 100,
	ICMP_DEST_BURST_DEFAULT = 100,
	ICMP_REJECT_RESET = 256, /* drop_arg of FILTER_REJECTED: a TCP reset; else a code of 3 */
};

struct icmp_conf {
	u32 rate_per_second; /* errors in all; 0: none is ever sent */
	u32 burst;
	u32 dest_rate_per_second; /* to one destination; 0: none */
	u32 dest_burst;
};

#define ICMP_CONF_DEFAULT                                                                          \
	((struct icmp_conf){ ICMP_RATE_DEFAULT, ICMP_BURST_DEFAULT, ICMP_DEST_RATE_DEFAULT,        \
			     ICMP_DEST_BURST_DEFAULT })

/* Why no error was sent. */
enum icmp_refusal {
	ICMP_SENT,               /* none of these: it is sent */
	ICMP_REFUSED_SILENT,     /* this death is answered by nothing */
	ICMP_REFUSED_TCP_RESET,  /* TCP: ip_tcp_reset answers */
	ICMP_REFUSED_HEADER,     /* the IP header is invalid */
	ICMP_REFUSED_ERROR,      /* about an ICMP error, or a type that may be one */
	ICMP_REFUSED_LINK_GROUP, /* came as link-layer broadcast or multicast */
	ICMP_REFUSED_DST_MULTICAST,
	ICMP_REFUSED_DST_BROADCAST,
	ICMP_REFUSED_FRAGMENT, /* not the first */
	ICMP_REFUSED_SRC_ZERO,
	ICMP_REFUSED_SRC_LOOPBACK,
	ICMP_REFUSED_SRC_MULTICAST,
	ICMP_REFUSED_SRC_BROADCAST,
	ICMP_REFUSED_SRC_CLASS_E,
	ICMP_REFUSED_RATE,      /* too many errors in all */
	ICMP_REFUSED_DEST_RATE, /* too many to this destination */
	ICMP_REFUSED_NO_BUFFER,
	ICMP_REFUSAL_COUNT
};

/* "the packet is an ICMP error itself" */
const char *icmp_refusal_name(enum icmp_refusal refusal);

struct icmp_error_spec {
	u8 type;
	u8 code;
	be32 word; /* the second word of the ICMP header: MTU, pointer, gateway */
};

/* What only the caller can know of the addresses: it has the prefixes. */
enum icmp_fact {
	ICMP_DST_IS_BROADCAST = 1 << 0, /* a directed broadcast */
	ICMP_SRC_IS_BROADCAST = 1 << 1,
};

struct icmp {
	struct icmp_conf conf;
	struct pkt_pool *pool;
	struct hash_key key;
	u64 id_count; /* IP identifiers handed out */
	ns_t due_ns;  /* the buckets: when each would be empty again (see icmp_error.c) */
	ns_t dest_due_ns[ICMP_DEST_BUCKETS];
	u64 count[ICMP_REFUSAL_COUNT]; /* of icmp_error_make; ICMP_SENT counts those sent */
};

void icmp_init(struct icmp *icmp, const struct icmp_conf *conf, struct pkt_pool *pool,
	       const struct hash_key *key);

/* Which error answers a dead packet (dead->drop, dead->drop_arg), and whether a rule of RFC 1812
 * section 4.3.2.7 forbids it. facts: enum icmp_fact. *spec is set when ICMP_SENT is returned.
 * Changes nothing.                                                                               */
enum icmp_refusal icmp_error_decide(const struct pkt *dead, u32 facts,
				    struct icmp_error_spec *spec);
/* The error itself, from source to the dead packet's source, quoting it as its sender made it: TTL
 * and partial checksum are put right in the quotation; a translation must have been undone before.
 * PKT_LOCAL_OUT and PKT_ICMP_ERROR are set, checksums complete. NULL when a rate limit or the pool
 * says no; *why says which. dead stays the caller's.                                             */
struct pkt *icmp_error_make(struct icmp *icmp, const struct pkt *dead,
			    const struct icmp_error_spec *spec, be32 source, ns_t now,
			    enum icmp_refusal *why);
/* A redirect for a host (RFC 1812 section 5.2.7.2) that tells the sender of pkt to use gateway.
 * Whether one is due (same interface, same prefix, no source route) is the caller's decision; the
 * rules for errors and the rate limits hold.                                                     */
struct pkt *icmp_redirect_make(struct icmp *icmp, const struct pkt *pkt, be32 gateway, be32 source,
			       ns_t now, enum icmp_refusal *why);
/* The answer to an echo request of any size, as a new packet; request stays the caller's. Options
 * but source routes are returned as they came (ip_fill_options may add to them). NULL when no
 * buffer is free, the request was for a group (RFC 1122 section 3.2.2.6 allows silence), or its
 * source is no single host. Requires: ip_check_l4 accepted request, its type is ICMP_ECHO.      */
struct pkt *icmp_echo_reply(struct icmp *icmp, const struct pkt *request);

#endif
