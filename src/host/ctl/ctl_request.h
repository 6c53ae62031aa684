/* What may be asked over the control socket, and how a line of JSON becomes a question.
 *
 *     {"version":1,"show":"flows","filter":{"addr":"10.0.0.0/8","limit":100}}
 *     {"version":1,"events":true,"filter":{"proto":"tcp"}}
 *     {"version":1,"flush":"flows","filter":{"addr":"10.0.0.7"}}
 *     {"version":1,"top":"hosts","filter":{"limit":20}}
 *     {"version":1,"explain":{"in":"eth1","packet":"4500...","len":1500}}
 *
 * Pure functions of bytes; what is wrong is answered with what would be right.                  */
#ifndef HOST_CTL_CTL_REQUEST_H
#define HOST_CTL_CTL_REQUEST_H

#include "host/ctl/ctl_action.h"
#include "sluice/sluice.h"

enum {
	CTL_VERSION = 1,
	CTL_REQUEST_MAX = 4096, /* bytes of a request, its line end included */
	CTL_WHY_SIZE = 1024,
	CTL_PEER_SIZE = 32,
	CTL_SHOWN_SIZE = 32,
	CTL_STATE_SIZE = 24,
	CTL_PACKET_MAX = 1536, /* bytes of a packet that is asked about */
};

/* What is wanted: the first key of a request. */
enum ctl_verb {
	CTL_VERB_SHOW,
	CTL_VERB_EVENTS,
	CTL_VERB_FLUSH,
	CTL_VERB_EXPLAIN,
	CTL_VERB_TOP,
	CTL_VERB_COUNT,
};

enum ctl_show {
	CTL_SHOW_FLOWS,
	CTL_SHOW_NAT,
	CTL_SHOW_PORTS,
	CTL_SHOW_BACKENDS,
	CTL_SHOW_SUBSCRIBERS,
	CTL_SHOW_ROUTES,
	CTL_SHOW_INTERFACES,
	CTL_SHOW_NEIGHBOURS,
	CTL_SHOW_DROPS,
	CTL_SHOW_COUNTERS,
	CTL_SHOW_MEMORY,
	CTL_SHOW_RULES,
	CTL_SHOW_SETS,
	CTL_SHOW_ZONES,
	CTL_SHOW_SOCKETS,
	/* of routing, RIB first, BFD last */
	CTL_SHOW_RIB,
	CTL_SHOW_PATHS, /* to one address: why the best is the best */
	CTL_SHOW_BGP,
	CTL_SHOW_BGP_PEER, /* one of them */
	CTL_SHOW_BGP_ROUTES,
	CTL_SHOW_BGP_ANNOUNCED,
	CTL_SHOW_OSPF,
	CTL_SHOW_OSPF_INTERFACES,
	CTL_SHOW_OSPF_DATABASE,
	CTL_SHOW_OSPF_ROUTES,
	CTL_SHOW_RIP,
	CTL_SHOW_RIP_INTERFACES,
	CTL_SHOW_RIP_NEIGHBOURS,
	CTL_SHOW_FPM,
	CTL_SHOW_BFD,
	CTL_SHOW_CONFIG, /* an action: the engine does not know it */
	CTL_SHOW_COUNT,
};

/* What may stand in "filter"; a show takes some of them (ctl_show_filters). */
enum ctl_filter {
	CTL_FILTER_ADDR = 1 << 0,
	CTL_FILTER_PORT = 1 << 1,
	CTL_FILTER_PROTO = 1 << 2,
	CTL_FILTER_STATE = 1 << 3,
	CTL_FILTER_UNANSWERED = 1 << 4,
	CTL_FILTER_LIMIT = 1 << 5,
	CTL_FILTER_COUNT = 1 << 6,
	CTL_FILTER_ALL = 1 << 7,
	CTL_FILTER_SET = 1 << 8,
	CTL_FILTER_ZONE = 1 << 9,
	CTL_FILTER_KIND = 1 << 10,
	CTL_FILTER_ICMP_ID = 1 << 11,
	CTL_FILTER_PEER = 1 << 12,
	CTL_FILTER_CHAIN = 1 << 13,
	CTL_FILTER_NAME = 1 << 14,
	/* of sockets: their own end, and the peer's */
	CTL_FILTER_SRC = 1 << 15,
	CTL_FILTER_DST = 1 << 16,
	CTL_FILTER_SPORT = 1 << 17,
	CTL_FILTER_DPORT = 1 << 18,
	CTL_FILTER_UNUSED = 1 << 19,
};

/* What a listener may hear of. */
enum ctl_kind {
	CTL_KIND_FLOWS = 1 << 0,
	CTL_KIND_INTERFACES = 1 << 1,
	CTL_KIND_WARNINGS = 1 << 2,
	CTL_KIND_FILTER = 1 << 3, /* rules that log */
	CTL_KIND_ROUTING = 1 << 4,
	CTL_KIND_ALL = (1 << 5) - 1,
};

struct ctl_request {
	struct ctl_action action; /* CTL_DO_NOTHING: it is a verb */
	enum ctl_verb verb;
	enum ctl_show show;
	struct sluice_flow_filter flow; /* addr, port and proto serve the other shows too */
	struct sluice_sock_end local;   /* of sockets, with flow */
	struct sluice_sock_end remote;
	char state[CTL_STATE_SIZE];     /* what flow.state stands for; empty: any */
	u64 limit;                      /* records; 0: all */
	unsigned kinds;                 /* events: enum ctl_kind or'ed */
	bool count_only;
	bool all;                    /* counters that are zero, too */
	bool unused;                 /* paths that are not forwarded by, and no others */
	char zone[IFACE_NAME_SIZE];  /* what flow.zone stands for; empty: any */
	char set[CTL_SET_SIZE];      /* whose elements are to be shown; empty: all sets */
	char name[CTL_SHOWN_SIZE];    /* interface, or beginning of counters; empty: all */
	bool by_chain;
	enum filter_chain chain;     /* with by_chain: whose rules */
	char peer[CTL_PEER_SIZE];    /* whose routes are to be shown: a name or an address */
	be32 peer_addr;              /* its address, once it is found */
	char in_if[IFACE_NAME_SIZE]; /* explain: where the packet comes in */
	u32 packet_len;              /* bytes of it that are given */
	u32 full_len;                /* and of the whole of it */
	u8 packet[CTL_PACKET_MAX];
};

struct ctl_why {
	char text[CTL_WHY_SIZE];
};

/* "flows" for CTL_SHOW_FLOWS: the word of the request and the key of the answer. */
const char *ctl_show_name(enum ctl_show show);
/* The filters that this show takes, enum ctl_filter or'ed. */
unsigned ctl_show_filters(enum ctl_show show);
/* "events": the key that begins the request. */
const char *ctl_verb_name(enum ctl_verb verb);
/* The same for events and flush. */
unsigned ctl_verb_filters(enum ctl_verb verb);
/* "addr" for CTL_FILTER_ADDR. */
const char *ctl_filter_name(enum ctl_filter filter);

/* "forward" for FILTER_FORWARD. */
const char *ctl_chain_name(enum filter_chain chain);
bool ctl_parse_chain(const char *text, enum filter_chain *chain);
#define CTL_CHAIN_WORDS "input, forward or output"

#define CTL_PROTO_WORDS "tcp, udp, icmp, sctp, dccp, udplite, gre or a number from 1 to 255"
/* One of CTL_PROTO_WORDS. */
bool ctl_parse_proto(const char *text, u8 *proto);
#define CTL_KIND_WORDS                                                                             \
	"flows, interfaces, warnings, filter or routing, or several of them: flows,filter"
/* Some of CTL_KIND_WORDS, with commas between them. */
bool ctl_parse_kinds(const char *text, unsigned *kinds);
/* "10.0.0.1" or "10.0.0.0/8"; bits beyond the prefix must be zero unless it is a host. */
bool ctl_parse_prefix(const char *text, be32 *addr, u8 *prefix_len);
#define CTL_PORTS_WORDS "a port from 1 to 65535, or a range of them as 1024-2047"
/* One of CTL_PORTS_WORDS, in host order. */
bool ctl_parse_ports(const char *text, u16 *first, u16 *last);

/* False: why says what is wrong and what would be right. The request may be copied: flow.state is
 * left NULL, and ctl_request_filter() points it at the text.                                    */
bool ctl_request_parse(const char *line, size_t len_bytes, struct ctl_request *request,
		       struct ctl_why *why);
struct sluice_flow_filter ctl_request_filter(const struct ctl_request *request);

#endif
