/* What RIP is given: where it speaks, to whom, with which keys. Plain values. */
#ifndef CORE_ROUTING_RIP_RIP_CONF_H
#define CORE_ROUTING_RIP_RIP_CONF_H

#include "core/crypto/digest.h"
#include "core/iface/iface.h"
#include "core/routing/policy.h"

enum {
	RIP_KEYS_MAX = 4,
	RIP_SECRET_MAX = 64,   /* bytes */
	RIP_PASSWORD_MAX = 16, /* bytes of a plain password and of a key of MD5, RFC 2453 4.1 */
	RIP_PEERS_MAX = 8,
	RIP_HOPS_MAX = 8,
	RIP_INFINITY = 16,
};

enum rip_auth_kind {
	RIP_AUTH_NONE,
	RIP_AUTH_PASSWORD, /* readable by everybody on the link */
	RIP_AUTH_DIGEST,   /* MD5 as in RFC 2082, HMAC-SHA as in RFC 4822 */
};

struct rip_key {
	u8 id;
	enum digest_alg alg;
	u32 len_bytes;
	u8 secret[RIP_SECRET_MAX];
};

/* What is sent is signed with the first key, what comes may be signed with any: a key is changed
 * by adding the new one everywhere, then moving it to the front, then taking the old one away.   */
struct rip_auth_conf {
	enum rip_auth_kind kind;
	u32 key_count; /* of a password one */
	struct rip_key key[RIP_KEYS_MAX];
};

struct rip_iface_conf {
	u16 iface;
	u8 cost;        /* 1..15: added to what is heard here */
	bool passive;   /* hears, and tells nobody but who asks from another port */
	bool multicast; /* to 224.0.0.9; without it the peers alone are told */
	u32 peer_count;
	be32 peer[RIP_PEERS_MAX]; /* told by unicast, on the link of the interface */
	struct rip_auth_conf auth;
};

struct rip_conf {
	/* Of the plan: rip_configure does not look at these. */
	u32 net_limit;       /* destinations, those of others that are announced included */
	u32 neighbour_limit; /* that are heard */

	u8 distance;
	u8 hop_limit;      /* of one destination: 1 for no ECMP, up to RIP_HOPS_MAX */
	u8 export_metric;  /* of what is announced for others and whose policy sets none: 1..15 */
	ns_t update_ns;    /* between two updates, each a little off: RFC 2453 section 3.8 */
	ns_t timeout_ns;   /* a route that is not heard of is unreachable */
	ns_t garbage_ns;   /* what is unreachable is told for as long as this */
	u32 sequence_base; /* seconds since some day: grows from one start to the next, RFC 4822 */
	u16 import;        /* policy of what is heard; POLICY_NONE: everything is taken */
	u16 export;        /* of routes of others; POLICY_NONE: none is announced */
	bool drained;      /* all that is told is unreachable, whatever others are told of us */
	const struct policy_conf *policy; /* outlives the configuration; NULL: there are none */
	u32 iface_count;
	struct rip_iface_conf iface[IFACE_MAX];
};

/* Values of RFC 2453, no interface. */
void rip_conf_defaults(struct rip_conf *conf);
/* Multicast, cost 1. */
void rip_iface_conf_defaults(struct rip_iface_conf *conf, u16 iface);
/* A static sentence on the first thing that can not be; NULL. */
const char *rip_conf_wrong(const struct rip_conf *conf);

#endif
