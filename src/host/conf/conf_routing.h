/* What is asked for of routing, as a value: lists, policies, and what each protocol is to do where.
 * Names as in the file; prog/run_routing.h makes of it what the speakers are given.              */
#ifndef HOST_CONF_CONF_ROUTING_H
#define HOST_CONF_CONF_ROUTING_H

#include "core/routing/bfd/bfd_conf.h"
#include "core/routing/bgp/bgp_conf.h"
#include "core/routing/fpm/fpm_conf.h"
#include "core/routing/ospf/ospf_conf.h"
#include "core/routing/policy.h"
#include "core/routing/rip/rip_conf.h"

enum {
	/* Two are made for the words any and none, one by the engine. */
	CONF_POLICY_MAX = POLICY_MAX - 3,
	CONF_POLICY_EACH_MAX = 64, /* rules of one policy */
	CONF_LIST_EACH_MAX = 1024, /* prefixes of one list */
	CONF_SECRET_SIZE = BGP_SECRET_MAX + 1,
	CONF_TEXT_SIZE = 121,
	CONF_KEY_MAX = 4,
	CONF_ROUTING_IFACE_MAX = IFACE_MAX - 1,
	CONF_RIB_MAX = 1 << 22,      /* prefixes */
	CONF_RIB_HOPS_MAX = 1 << 20, /* sets of next hops */
	CONF_BGP_PEERS_USUAL = 16,
	CONF_BFD_MAX = BFD_PEERS_MAX,
};

/* Where a policy is named: nothing said, or one of the words. */
#define CONF_POLICY_ANY  "any"
#define CONF_POLICY_NONE "none"

enum conf_ao { CONF_AO_SHA1, CONF_AO_AES_CMAC };
enum conf_key_alg {
	CONF_KEY_MD5,
	CONF_KEY_SHA1,
	CONF_KEY_SHA256,
	CONF_KEY_SHA384,
	CONF_KEY_SHA512,
};

/* Prefixes within this one whose lengths are in min_len..max_len. */
struct conf_list_prefix {
	be32 prefix;
	u8 len;
	u8 min_len;
	u8 max_len;
};

struct conf_prefix_list {
	char name[POLICY_NAME_SIZE];
	u32 prefix_count;
	struct conf_list_prefix prefix[CONF_LIST_EACH_MAX];
};

/* Numbers that are signed may be CONF_ANY: not asked for, or not set. */
struct conf_policy_rule {
	char list[POLICY_NAME_SIZE]; /* empty: any prefix */
	u32 source_count;
	enum route_source source[ROUTE_SOURCES];
	u32 community_count;
	u32 community[POLICY_VALUES_MAX];
	u32 large_count;
	struct large_community large[POLICY_VALUES_MAX];
	u32 as_count;
	u32 as[POLICY_VALUES_MAX];
	u32 origin_as; /* 0: any, as the next two */
	u32 neighbour_as;
	u32 max_as_path;
	s64 tag;
	s64 local_pref;
	s64 med;
	s64 metric;
	u32 metric_type;
	s64 new_tag;
	be32 nexthop;
	u32 prepend;
	bool clear;
	u32 add_count;
	u32 add[POLICY_VALUES_MAX];
	u32 add_large_count;
	struct large_community add_large[POLICY_VALUES_MAX];
	u32 del_count;
	u32 del[POLICY_VALUES_MAX];
	enum policy_action action;
};

struct conf_policy {
	char name[POLICY_NAME_SIZE];
	u32 rule_count;
	struct conf_policy_rule rule[CONF_POLICY_EACH_MAX];
};

struct conf_ao_key {
	/* Always written, and in front: where it is told of what is not written. */
	char secret[CONF_SECRET_SIZE];
	enum conf_ao algorithm;
	u32 send_id;
	u32 recv_id;
};

struct conf_bgp_peer {
	char name[POLICY_NAME_SIZE];
	be32 addr;
	u32 as;
	char import[POLICY_NAME_SIZE]; /* empty: as RFC 8212 has it */
	char export[POLICY_NAME_SIZE];
	be32 local; /* zero: as the way has it */
	u16 port;
	u32 hold_s;
	u32 keepalive_s;
	u32 connect_retry_s;
	u32 advertise_ms;
	bool passive;
	u32 multihop;
	u32 gtsm_hops;
	bool route_server;
	char md5[CONF_SECRET_SIZE];
	u32 ao_count;
	struct conf_ao_key ao[CONF_KEY_MAX];
	bool bfd;
	bool nexthop_self;
	u32 prefix_limit;
	u32 prefix_warn;
	u32 prefix_restart_s;
	bool graceful_restart;
	u32 restart_max_s;
	bool add_path_in;
	u32 paths_out;
	bool shutdown;
	char shutdown_text[CONF_TEXT_SIZE];
};

struct conf_bgp {
	u32 as; /* 0: BGP is not spoken */
	u16 port;
	u32 local_pref;
	u32 multipath;
	u32 distance_ebgp;
	u32 distance_ibgp;
	u32 peer_count;
	struct conf_bgp_peer peer[BGP_PEER_MAX];
	u32 peer_limit; /* limits; zero: automatic, as of all protocols */
	u32 attr_limit;
	u32 paths_out_limit;
};

/* A key of OSPF and RIP. */
struct conf_key {
	u32 id;
	enum conf_key_alg algorithm;
	char secret[CONF_SECRET_SIZE];
};

struct conf_ospf_range {
	be32 prefix;
	u8 len;
	bool hidden;
};

struct conf_ospf_iface {
	char name[IFACE_NAME_SIZE];
	enum ospf_net_type type;
	u32 cost;
	u32 priority;
	u32 hello_s;
	u32 dead_s;
	u32 rxmt_s;
	u32 delay_s;
	bool passive;
	bool mtu_ignore;
	bool bfd;
	char password[CONF_SECRET_SIZE];
	u32 key_count;
	struct conf_key key[CONF_KEY_MAX];
};

struct conf_ospf_area {
	u32 id;
	enum ospf_area_kind kind;
	bool no_summary;
	bool nssa_default;
	bool nssa_always;
	u32 default_cost;
	u32 range_count;
	struct conf_ospf_range range[OSPF_RANGE_MAX];
	u32 iface_count;
	struct conf_ospf_iface iface[CONF_ROUTING_IFACE_MAX];
};

struct conf_ospf {
	char import[POLICY_NAME_SIZE];
	char export[POLICY_NAME_SIZE];
	u32 export_metric;
	u32 distance;
	bool rfc1583;
	bool stub_router;
	u32 stub_router_start_s;
	u32 spf_initial_ms;
	u32 spf_short_ms;
	u32 spf_long_ms;
	u32 area_count; /* 0: OSPF is not spoken */
	struct conf_ospf_area area[OSPF_AREA_MAX];
	u32 lsa_limit; /* limits */
	u32 nbr_limit;
	u32 route_limit;
};

struct conf_rip_iface {
	char name[IFACE_NAME_SIZE];
	u32 cost;
	bool passive;
	bool multicast;
	u32 peer_count;
	be32 peer[RIP_PEERS_MAX];
	char password[CONF_SECRET_SIZE];
	u32 key_count;
	struct conf_key key[CONF_KEY_MAX];
};

struct conf_rip {
	char import[POLICY_NAME_SIZE];
	char export[POLICY_NAME_SIZE];
	u32 export_metric;
	u32 distance;
	u32 max_paths;
	u32 update_s;
	u32 timeout_s;
	u32 garbage_s;
	u32 iface_count; /* 0: RIP is not spoken */
	struct conf_rip_iface iface[CONF_ROUTING_IFACE_MAX];
	u32 net_limit; /* limits */
	u32 nbr_limit;
};

struct conf_bfd_key {
	u32 id;
	char secret[CONF_SECRET_SIZE];
};

struct conf_bfd_params {
	u32 min_tx_ms;
	u32 min_rx_ms;
	u32 multiplier;
	bool passive;
	enum bfd_auth_kind auth;
	u32 key_count;
	struct conf_bfd_key key[CONF_KEY_MAX];
};

struct conf_bfd_iface {
	char name[IFACE_NAME_SIZE];
	struct conf_bfd_params params;
};

struct conf_bfd {
	struct conf_bfd_params params;
	u32 iface_count;
	struct conf_bfd_iface iface[CONF_ROUTING_IFACE_MAX];
	u32 peer_limit; /* limit */
};

struct conf_fpm {
	be32 addr;
	u16 port;  /* 0: nobody listens */
	be32 peer; /* zero: any */
	u32 distance;
	u32 route_limit; /* 0: none */
	u32 hold_s;
	u32 object_limit; /* limit */
};

/* In the order of enum routing_pools of the engine. */
enum conf_pools { CONF_POOLS_HEALTHY, CONF_POOLS_WHOLE, CONF_POOLS_ALWAYS };

struct conf_routing {
	be32 router_id; /* zero: automatic */
	enum conf_pools pools;
	u32 list_count;
	struct conf_prefix_list list[POLICY_LIST_MAX];
	u32 policy_count;
	struct conf_policy policy[CONF_POLICY_MAX];
	struct conf_bgp bgp;
	struct conf_ospf ospf;
	struct conf_rip rip;
	struct conf_bfd bfd;
	struct conf_fpm fpm;
	u32 net_limit; /* limits of the RIB; zero: automatic */
	u32 path_limit;
	u32 hops_limit;
};

/* What each protocol takes for granted. */
void conf_routing_defaults(struct conf_routing *routing);
void conf_bfd_params_defaults(struct conf_bfd_params *params);

/* Whether anything is spoken that routes come from. */
static inline bool conf_routing_is_on(const struct conf_routing *routing)
{
	return routing->bgp.as != 0 || routing->ospf.area_count > 0 ||
	       routing->rip.iface_count > 0 || routing->fpm.port != 0;
}

#endif
