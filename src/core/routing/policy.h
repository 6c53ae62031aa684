/* Policy: what of a route is accepted, announced or changed.
 *
 * A policy is a list of rules, read from the top; the first that matches decides. None matches:
 * rejected. A rule matches when all that it names does, and names nothing else: no condition
 * matches everything. What a rule changes, it changes before its verdict; a rule may change and go
 * on to the next one. The same language serves imports, exports and the exchange between
 * protocols; what a protocol does not have (communities of RIP) matches nothing and changes
 * nothing.                                                                                       */
#ifndef CORE_ROUTING_POLICY_H
#define CORE_ROUTING_POLICY_H

#include "core/base/err.h"
#include "core/routing/speaker.h"

enum {
	POLICY_MAX = 64,
	POLICY_RULES_MAX = 1024,    /* of all policies */
	POLICY_PREFIXES_MAX = 8192, /* of all prefix lists */
	POLICY_LIST_MAX = 64,
	POLICY_VALUES_MAX = 8, /* communities, large ones, AS numbers of a rule */
	POLICY_PREPEND_MAX = 16,
	POLICY_NAME_SIZE = 32,
};
#define POLICY_NONE UINT16_MAX

/* Matches prefixes within this one whose length is in min_len..max_len. */
struct policy_prefix {
	struct ip_prefix prefix;
	u8 min_len;
	u8 max_len;
};

struct policy_list {
	char name[POLICY_NAME_SIZE];
	u32 first; /* in policy_conf.prefix */
	u32 count;
};

struct large_community {
	u32 global;
	u32 local1;
	u32 local2;
};

enum policy_action { POLICY_ACCEPT, POLICY_REJECT, POLICY_NEXT };

enum policy_set {
	POLICY_SET_LOCAL_PREF = 1 << 0,
	POLICY_SET_MED = 1 << 1,
	POLICY_SET_METRIC = 1 << 2, /* of RIP and OSPF */
	POLICY_SET_TAG = 1 << 3,
	POLICY_SET_NEXTHOP = 1 << 4,
	POLICY_SET_TYPE2 = 1 << 5, /* OSPF: external of type 2, else 1 when a metric is set */
	POLICY_CLEAR_COMMUNITIES = 1 << 6, /* before any is added */
};

struct policy_rule {
	/* conditions; of those with a count, one value is enough */
	u16 list;   /* POLICY_NONE */
	u8 sources; /* bits 1 << enum route_source; zero: any */
	u8 community_count;
	u8 large_count;
	u8 as_count;      /* in the path */
	u8 max_as_path;   /* its length at most; zero: any */
	u32 origin_as;    /* of the path's end; zero: any */
	u32 neighbour_as; /* of its beginning */
	bool has_tag;
	u32 tag;
	u32 community[POLICY_VALUES_MAX];
	struct large_community large[POLICY_VALUES_MAX];
	u32 as[POLICY_VALUES_MAX];
	/* changes */
	u32 set; /* enum policy_set */
	u32 local_pref;
	u32 med;
	u32 metric;
	u32 new_tag;
	struct ip_addr nexthop;
	u8 prepend_count; /* times the own AS */
	u8 add_count;
	u8 add_large_count;
	u8 del_count;
	u32 add[POLICY_VALUES_MAX];
	struct large_community add_large[POLICY_VALUES_MAX];
	u32 del[POLICY_VALUES_MAX];
	enum policy_action action;
};

struct policy {
	char name[POLICY_NAME_SIZE];
	u32 first; /* in policy_conf.rule */
	u32 count;
};

/* A plain value; its arrays lie where the configuration has its memory. */
struct policy_conf {
	u32 list_count;
	struct policy_list list[POLICY_LIST_MAX];
	u32 prefix_count;
	struct policy_prefix prefix[POLICY_PREFIXES_MAX];
	u32 policy_count;
	struct policy policy[POLICY_MAX];
	u32 rule_count;
	struct policy_rule rule[POLICY_RULES_MAX];
};

/* A route as a policy sees it. Arrays are the caller's: host byte order. */
struct policy_view {
	struct ip_prefix prefix;
	enum route_source source;
	bool has_tag;
	u32 tag;
	u32 metric;
	const u32 *as_path; /* sequences and sets in order; NULL */
	u32 as_path_count;
	const u32 *community;
	u32 community_count;
	const struct large_community *large;
	u32 large_count;
};

/* What is to be changed: the rules that matched and changed something, in order. */
enum { POLICY_CHANGES_MAX = 8 };
struct policy_result {
	bool accepted;
	u32 rule; /* that decided, in policy_conf.rule; IDX_NONE: none matched */
	u32 change_count;
	u32 change[POLICY_CHANGES_MAX]; /* rules whose changes are to be made, in this order */
};

/* policy: an index; POLICY_NONE rejects everything (RFC 8212). */
void policy_run(const struct policy_conf *conf, u16 policy, const struct policy_view *view,
		struct policy_result *result);
/* Who refused it: "policy NAME refused it: rule N", from 0 on as in the configuration, or that no
 * rule took it. Less than 80 bytes. Requires that the policy is one, and did not accept.         */
void policy_why_refused(const struct policy_conf *conf, u16 policy,
			const struct policy_result *result, char *text, u32 size);
/* Whether a prefix is in a list. */
bool policy_list_has(const struct policy_conf *conf, u16 list, const struct ip_prefix *prefix);
/* What can not be, or NULL. */
const char *policy_conf_wrong(const struct policy_conf *conf);

#endif
