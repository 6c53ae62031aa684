/* What an administrator may set about address translation. */
#ifndef CORE_NAT_NAT_CONF_H
#define CORE_NAT_NAT_CONF_H

#include "core/base/bytes.h"
#include "core/nat/balance_conf.h"
#include "core/wire/ip4.h"

enum {
	NAT_RULE_MAX = 64,
	NAT_POOL_MAX = 32,
	NAT_POOL_RANGE_MAX = 16,
	NAT_STATIC_MAX = 256,
	NAT_ZONE_ANY = 255,
};

enum nat_mapping {
	NAT_MAP_ENDPOINT_INDEPENDENT, /* RFC 4787 REQ-1: one port for all destinations */
	NAT_MAP_DESTINATION,          /* address- and port-dependent: ports serve many */
};

enum nat_filtering {
	NAT_FILTER_ENDPOINT_INDEPENDENT, /* anybody may answer */
	NAT_FILTER_ADDRESS,              /* hosts that were spoken to */
	NAT_FILTER_ADDRESS_PORT,         /* endpoints that were spoken to */
};

enum nat_kind {
	NAT_KIND_MASQUERADE, /* the address of the way out, whatever it is at the moment */
	NAT_KIND_POOL,
	NAT_KIND_NONE,       /* leave these untranslated */
};

/* Addresses first..last, both included. */
struct nat_range {
	be32 first;
	be32 last;
};

struct nat_pool_conf {
	u32 range_count;
	struct nat_range range[NAT_POOL_RANGE_MAX];
	u16 port_first; /* 0: 1024 */
	u16 port_last;  /* 0: 65535 */
	bool strict_pairing; /* a host whose address has no port left is refused, not moved on */
};

/* Per protocol: TCP, UDP, ICMP queries; SCTP, DCCP and UDP-Lite together. */
enum nat_proto {
	NAT_PROTO_TCP,
	NAT_PROTO_UDP,
	NAT_PROTO_ICMP,
	NAT_PROTO_OTHER,
	NAT_PROTO_COUNT,
};

/* "tcp", "udp", "icmp", "other" */
const char *nat_proto_name(enum nat_proto proto);
/* By IP protocol: 0 for one without ports or identifiers, else its space plus one. */
extern const u8 nat_proto_plus_one[256];
/* The one of an IP protocol; -1 for a protocol without ports or identifiers. SCTP, DCCP and
 * UDP-Lite share one space: they are few, and a port that two could have had is no loss.        */
static inline int nat_proto_of(u8 proto)
{
	return (int)nat_proto_plus_one[proto] - 1;
}

/* Source translation: the first rule that matches decides. */
struct nat_rule_conf {
	be32 source;      /* prefix of the inside */
	u8 source_len;
	u8 dest_len;      /* of the prefix that is spoken to; 0: any */
	be32 dest;
	u16 dest_port; /* where there are ports; 0: any */
	u16 out_if;    /* IFACE_NONE: any interface of the outside */
	enum nat_kind kind;
	u16 pool;         /* with NAT_KIND_POOL */
	enum nat_mapping mapping[NAT_PROTO_COUNT];
	enum nat_filtering filtering[NAT_PROTO_COUNT];
	u8 zone;          /* whose hosts; NAT_ZONE_ANY */
	bool hairpin;
	bool parity;      /* mappings keep even ports even, where they can: RFC 7857 section 8 */
};

/* One-to-one: prefix to prefix of the same length, both ways, all protocols and ports. */
struct nat_static_conf {
	be32 inside;
	be32 outside;
	u8 prefix_len;
	u8 zone; /* of the inside */
};

struct nat_conf {
	u32 rule_count;
	struct nat_rule_conf rule[NAT_RULE_MAX];
	u32 pool_count;
	struct nat_pool_conf pool[NAT_POOL_MAX];
	u32 static_count;
	struct nat_static_conf fixed[NAT_STATIC_MAX];
	u16 masquerade_port_first; /* 0: 1024 */
	u16 masquerade_port_last;  /* 0: 65535 */
	/* Ports of masquerading addresses that the host's own sockets use: never given to flows. */
	u16 masquerade_spare_first; /* 0: none */
	u16 masquerade_spare_last;
	u32 address_count;         /* limit: public addresses in all pools and interfaces */
	u32 mapping_count;         /* limit: endpoint-independent mappings */
	u32 dest_count;            /* limit: destinations with a port map of their own, 8 KB each */
	u32 quarantine_s;          /* a freed endpoint-independent port rests, RFC 6888 REQ-8 */
	struct balance_conf balance; /* destination rules: services and their backends */
};

/* The rule with every default: masquerade everything, UDP and ICMP endpoint-independent with
 * address-dependent filtering, TCP per destination with address- and port-dependent filtering,
 * hairpin and parity on.                                                                        */
void nat_rule_defaults(struct nat_rule_conf *rule);

#endif
