/* What OSPF is given by an administrator. Plain values, secrets included. */
#ifndef CORE_ROUTING_OSPF_OSPF_CONF_H
#define CORE_ROUTING_OSPF_OSPF_CONF_H

#include "core/iface/iface.h"
#include "core/routing/policy.h"
#include "core/wire/ip4.h"

enum {
	OSPF_AREA_MAX = 16,
	OSPF_IFACE_MAX = IFACE_MAX,
	OSPF_RANGE_MAX = 16, /* of one area */
	OSPF_KEY_MAX = 4,
	OSPF_KEY_SIZE = 64,
	OSPF_PLAIN_SIZE = 8, /* RFC 2328 section D.3 */
	OSPF_MD5_KEY_SIZE = 16,
	OSPF_LSA_LIMIT_MIN = 16,
};

enum ospf_auth_kind { OSPF_AUTH_NONE, OSPF_AUTH_PLAIN, OSPF_AUTH_CRYPTO };

enum ospf_key_alg {
	OSPF_KEY_MD5, /* RFC 2328 section D.4.3; the others are of RFC 5709 */
	OSPF_KEY_SHA1,
	OSPF_KEY_SHA256,
	OSPF_KEY_SHA384,
	OSPF_KEY_SHA512,
};

struct ospf_key {
	u8 id;
	enum ospf_key_alg alg;
	u32 len_bytes;
	u8 byte[OSPF_KEY_SIZE];
};

/* Every key is accepted; one is sent with. A change-over: the new key is added everywhere, then
 * sent with everywhere, then the old one is removed.                                             */
struct ospf_auth_conf {
	enum ospf_auth_kind kind;
	u8 plain[OSPF_PLAIN_SIZE]; /* zeros behind it */
	u32 key_count;
	u32 send_key; /* index of the key that is sent with */
	struct ospf_key key[OSPF_KEY_MAX];
};

enum ospf_net_type { OSPF_NET_BROADCAST, OSPF_NET_PTP };

/* Of RFC 2328 section C.3. */
struct ospf_iface_conf {
	u16 iface;   /* its index in the interface table */
	u32 area_id; /* one of ospf_conf.area */
	enum ospf_net_type type;
	u16 cost;    /* at least 1 */
	u8 priority; /* of the election; zero: never the designated router */
	u16 hello_s;
	u32 dead_s;
	u16 rxmt_s;
	u16 delay_s;     /* InfTransDelay, at least 1 */
	bool passive;    /* announced, and nobody is spoken to */
	bool mtu_ignore; /* another MTU is no obstacle */
	bool bfd;        /* whoever runs BFD watches the neighbours, and calls ospf_nbr_lost() */
	struct ospf_auth_conf auth;
};

enum ospf_area_kind { OSPF_AREA_NORMAL, OSPF_AREA_STUB, OSPF_AREA_NSSA };

/* What is in it is announced to other areas as one prefix, or not at all (section C.2). */
struct ospf_range {
	be32 addr;
	u8 len;
	bool hidden;
};

struct ospf_area_conf {
	u32 id; /* host order; 0 is the backbone */
	enum ospf_area_kind kind;
	bool no_summary;   /* stub or NSSA: a default route is all that is told of other areas */
	bool nssa_default; /* NSSA: its border router offers a default route of type 7 */
	bool nssa_always;  /* NSSA: translate always (RFC 3101 appendix D) */
	u32 default_cost;  /* of the default route that a border router offers */
	u32 range_count;
	struct ospf_range range[OSPF_RANGE_MAX];
};

struct ospf_conf {
	u32 router_id; /* host order; zero: the highest own address */
	u8 distance;
	bool rfc1583;            /* RFC 2328 section 16.4.1: as all others in the domain have it */
	bool stub_router;        /* RFC 6987: on demand */
	u32 stub_router_start_s; /* and so long after the start */
	u16 import_policy;       /* of routes to the RIB; POLICY_NONE: all */
	u16 export_policy;       /* of routes of others; POLICY_NONE: none */
	u32 export_metric;       /* of those to which the policy gives none */
	/* RFC 8405: the first run waits spf_initial_ms, the next ones more. */
	u32 spf_initial_ms;
	u32 spf_short_ms;
	u32 spf_long_ms;
	u32 area_count;
	struct ospf_area_conf area[OSPF_AREA_MAX];
	u32 iface_count;
	struct ospf_iface_conf iface[OSPF_IFACE_MAX];
	/* Limits: memory, taken once, not to be changed by ospf_configure(). */
	u32 lsa_limit;
	u32 nbr_limit;       /* of all interfaces */
	u32 nbr_iface_limit; /* of one */
	u32 rxmt_limit;      /* retransmissions that wait, of all neighbours */
	u32 request_limit;   /* LSAs asked for, of all neighbours */
	u32 route_limit;     /* prefixes and border routers */
	u32 export_limit;    /* routes of others that are announced */
};

void ospf_conf_defaults(struct ospf_conf *conf);
void ospf_area_conf_defaults(struct ospf_area_conf *conf, u32 id);
void ospf_iface_conf_defaults(struct ospf_iface_conf *conf, u16 iface, u32 area_id);
/* What can not be, a static sentence; NULL. */
const char *ospf_conf_wrong(const struct ospf_conf *conf);

#endif
