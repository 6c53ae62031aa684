/* What an administrator asks for, as a value.
 *
 * A file and a command line are two ways to fill it (conf_load.h, prog/run_fill.h); an engine's
 * configuration is built of it and of what the system says of its interfaces (prog/run_conf.h).
 * It has no pointers: interfaces and pools are named, as in the file. Copy it, compare it, keep it.
 *
 * What can be set, how it is called and what it may be is one table, conf_schema.c.             */
#ifndef HOST_CONF_CONF_H
#define HOST_CONF_CONF_H

#include "host/conf/conf_routing.h"
#include "host/health/health_conf.h"
#include "sluice/sluice.h"

enum {
	CONF_IFACE_MAX = IFACE_MAX - 1, /* one is the way to the host */
	CONF_ADDR_MAX = 16,             /* addresses given for one interface */
	CONF_ROUTE_MAX = 256,
	CONF_NAME_SIZE = 32,
	CONF_PATH_SIZE = 108, /* as long as the system's socket addresses */
	CONF_MTU_MIN = 576,   /* what every host can take in, RFC 1122 section 3.3.2 */
	CONF_FLOWS_MIN = 256,
	CONF_FLOWS_MAX = 1 << 26,
	CONF_POOL_ADDRESSES_MAX = 65536, /* of one pool */
	CONF_FILTER_RULE_MAX = 10000,
	CONF_FILTER_RULE_USUAL = 256, /* planned where a file does not say how many */
	CONF_SET_MAX = 64,
	CONF_SET_ELEM_MAX = 256, /* in the configuration itself; more have a file of their own */
	CONF_STATE_COUNT = 4,
	CONF_FLAG_COUNT = 8,
	CONF_LIMIT_PER_S = 1, /* of a rule, unless it says something else */
	CONF_LIMIT_BURST = 5,
	CONF_SPLIT_USUAL = 1024,     /* connections that are split at once */
	CONF_SPLIT_BUFFER_KB = 4096, /* of one of them */
	CONF_SPLIT_BUFFERS_KB = 128 << 10,
	CONF_ANY = -1, /* of a number that a rule does not ask for */
};

enum conf_driver { CONF_DRIVER_AFPACKET, CONF_DRIVER_TUN };
enum conf_via { CONF_VIA_GATEWAY, CONF_VIA_BLACKHOLE, CONF_VIA_PROHIBIT };
enum conf_service_proto {
	CONF_SERVICE_TCP,
	CONF_SERVICE_UDP,
	CONF_SERVICE_SCTP,
	CONF_SERVICE_DCCP,
	CONF_SERVICE_UDPLITE,
	CONF_SERVICE_ANY,
	CONF_SERVICE_PROTOS,
};
enum conf_log { CONF_LOG_TEXT, CONF_LOG_JSON };
enum conf_cc { CONF_CC_BBR, CONF_CC_BBR3, CONF_CC_CUBIC, CONF_CC_NEWRENO };
/* As bits of enum filter_state, in their order. */
enum conf_state { CONF_NEW, CONF_ESTABLISHED, CONF_RELATED, CONF_UNTRACKED };
/* A flag of TCP that has to be set, as its bit; CONF_FLAG_COUNT more: that must not be. */
enum conf_flag { CONF_FIN, CONF_SYN, CONF_RST, CONF_PSH, CONF_ACK, CONF_URG, CONF_ECE, CONF_CWR };

struct conf_iface {
	char name[IFACE_NAME_SIZE];
	enum iface_side side;
	enum conf_driver driver;
	char zone[IFACE_NAME_SIZE]; /* empty: none, here and below */
	u32 mtu;                    /* 0: the interface's */
	u16 mss;                    /* 0: any; IFACE_MSS_OF_MTU */
	enum iface_source_check source_check;
	u32 addr_count; /* 0: those that the host has on it */
	struct iface_addr addr[CONF_ADDR_MAX];
};

struct conf_route {
	be32 prefix;
	u8 prefix_len;
	enum conf_via kind;
	be32 gateway;
	u32 tag;
	bool bfd;
	bool recursive;
	char zone[IFACE_NAME_SIZE];
};

struct conf_pool {
	char name[CONF_NAME_SIZE];
	struct nat_pool_conf pool;
};

struct conf_rule {
	char out[IFACE_NAME_SIZE];  /* empty: any interface of the outside */
	char zone[IFACE_NAME_SIZE]; /* empty: any */
	char pool[CONF_NAME_SIZE];
	struct nat_rule_conf rule; /* its out_if, zone and pool follow from the names */
};

struct conf_static {
	be32 inside;
	be32 outside;
	u8 inside_len;
	u8 outside_len;
	char zone[IFACE_NAME_SIZE];
};

/* A named set of the filter. */
struct conf_set {
	char name[FILTER_NAME_SIZE];
	enum filter_set_kind kind;
	char file[CONF_PATH_SIZE]; /* of more elements, one a line; empty: none */
	u32 elem_count;
	struct filter_elem elem[CONF_SET_ELEM_MAX];
	/* Of all its elements, once its file was read (conf_sets.h). */
	u32 all_count;
	u64 stamp;      /* tells them from others; 0: not read */
	u64 file_stamp; /* the same of those in the file */
};

struct conf_filter_rule {
	char name[FILTER_NAME_SIZE]; /* empty: none */
	enum filter_chain chain;
	u32 state_count; /* 0: any */
	enum conf_state state[CONF_STATE_COUNT];
	char in[IFACE_NAME_SIZE]; /* empty: any */
	char out[IFACE_NAME_SIZE];
	char zone[IFACE_NAME_SIZE]; /* empty: any */
	s32 proto;                  /* CONF_ANY */
	bool proto_not;
	be32 source;
	u8 source_len;
	bool source_not;
	be32 dest;
	u8 dest_len;
	bool dest_not;
	u16 sport_first; /* 0: any */
	u16 sport_last;
	bool sport_not;
	u16 dport_first;
	u16 dport_last;
	bool dport_not;
	char source_set[FILTER_NAME_SIZE]; /* empty: none */
	char dest_set[FILTER_NAME_SIZE];
	char sport_set[FILTER_NAME_SIZE];
	char dport_set[FILTER_NAME_SIZE];
	s32 icmp_type; /* CONF_ANY, as is the code */
	s32 icmp_code;
	u32 flag_count; /* 0: any */
	u32 flag[CONF_FLAG_COUNT];
	enum filter_action action;
	enum filter_reject reject;
	struct filter_limit limit;
	struct filter_limit source_limit;
	bool limit_over;
	bool log;
	bool each;
};

struct conf_filter {
	enum filter_action policy[FILTER_CHAINS];
	bool reclassify;
	u32 log_rate;
	u32 log_burst;
	u32 rule_count;
	struct conf_filter_rule rule[CONF_FILTER_RULE_MAX];
	u32 rule_limit; /* 0: room for all that a file can say, where a file says something */
	u32 source_limit;
	u32 set_count;
	struct conf_set set[CONF_SET_MAX];
	u32 set_limit;
	u32 port_set_limit;
	u32 elem_limit;
};

struct conf_service {
	char name[BALANCE_NAME_SIZE]; /* in a file up to CONF_NAME_SIZE */
	be32 addr;                    /* zero: that of an interface */
	char iface[IFACE_NAME_SIZE];  /* empty: addr */
	enum conf_service_proto proto;
	u16 port_first; /* 0: all */
	u16 port_last;
	char zone[IFACE_NAME_SIZE]; /* of the backends */
	u32 backend_count;
	struct backend_conf backend[BALANCE_EACH_MAX];
	enum balance_method method;
	bool hairpin;
	u32 slow_start_s;
	u32 drain_s;
	struct health_conf check;
};

struct conf_exception {
	be32 source;
	u8 source_len;
	char zone[IFACE_NAME_SIZE]; /* empty: any */
	struct subscriber_limits limits;
};

struct conf_accelerate {
	char in[IFACE_NAME_SIZE]; /* empty: any */
	be32 source;
	u8 source_len;
	be32 dest;
	u8 dest_len;
	u16 port_first; /* 0: all */
	u16 port_last;
	enum conf_cc cc;
	u32 connections;
	u32 buffer_kb;
	bool early;
};

struct conf_subscribers {
	u32 prefix_len;
	struct subscriber_limits limits;
	u32 exception_count;
	struct conf_exception exception[SUBSCRIBER_EXCEPTION_MAX];
	u32 count; /* limit; 0: nobody is counted */
};

struct conf {
	u32 iface_count;
	struct conf_iface iface[CONF_IFACE_MAX];
	bool host_port;
	be32 gateway; /* zero: the host's, where addresses are the host's */
	u32 route_count;
	struct conf_route route[CONF_ROUTE_MAX];
	u32 pool_count;
	struct conf_pool pool[NAT_POOL_MAX];
	u32 rule_count;
	struct conf_rule rule[NAT_RULE_MAX];
	u32 static_count;
	struct conf_static fixed[NAT_STATIC_MAX];
	u16 masquerade_port_first; /* 0: all that the host leaves */
	u16 masquerade_port_last;
	u32 quarantine_s;
	u32 service_count;
	struct conf_service service[BALANCE_SERVICE_MAX];
	u32 service_limit; /* what memory is planned for; backends of all services together */
	u32 backend_limit;
	struct conf_filter filter;
	struct conf_subscribers subscribers;
	u32 accelerate_count;
	struct conf_accelerate accelerate[SPLICE_RULE_MAX];
	u32 split_limit; /* limits, where there are rules */
	u32 split_buffers_kb;
	struct conf_routing routing;
	u32 address_count; /* limit; 0: as many as pools need, and some */
	u32 mapping_count; /* limits, as in struct nat_conf */
	u32 dest_count;
	struct ct_conf ct;
	struct icmp_conf icmp;
	bool redirects;
	struct neigh_conf neigh;
	struct fib_conf fib;
	struct reass_conf reass;
	struct pkt_pool_conf packets;
	char control[CONF_PATH_SIZE];
	char metrics[CONF_PATH_SIZE]; /* a path, or loopback ADDRESS:PORT; empty: none */
	enum conf_log log;
};

#define CONF_CONTROL_DEFAULT "/run/sluice/control.sock"

/* Everything at its default; no interfaces, nothing translated. Bytes between fields are zero. */
void conf_defaults(struct conf *conf);
/* Whether BFD has somebody to look after; and whether that are gateways of routes. */
bool conf_uses_bfd(const struct conf *conf);
bool conf_routes_use_bfd(const struct conf *conf);
/* Whether a route has a gateway that is looked up among others. */
bool conf_routes_are_recursive(const struct conf *conf);
/* Its place among the interfaces; IFACE_NONE: there is none of that name. */
u16 conf_iface_find(const struct conf *conf, const char *name);

/* ---- where things stand, and what is wrong with them ----------------------------------------- */

enum {
	CONF_MARK_MAX = 1 << 18,
	CONF_DOUBT_MAX = 512,
	CONF_ERROR_MAX = 64,
	CONF_ERROR_SIZE = 256,
};

/* Both from 1; zero: nowhere. */
struct conf_place {
	u32 line;
	u32 column;
};

/* Where each value of a struct conf stood in its file, by its offset in the struct; and of which of
 * them nobody knows what was meant.                                                             */
struct conf_marks {
	u32 count;
	bool sorted; /* by offset, those of one value in the order of the file */
	struct conf_mark {
		u32 at;
		struct conf_place place;
	} mark[CONF_MARK_MAX];
	u32 doubt_count;
	bool doubt_all; /* the file could not be read to its end */
	struct conf_doubt {
		u32 at;
		u32 end;
	} doubt[CONF_DOUBT_MAX];
};

void conf_mark(struct conf_marks *marks, u32 at, struct conf_place place);
/* Many are found fast from now on, until another mark is made. */
void conf_marks_sort(struct conf_marks *marks);
bool conf_is_marked(const struct conf_marks *marks, u32 at);
/* A value that was not given has the place of the last one before it in the struct. */
struct conf_place conf_place_of(const struct conf_marks *marks, u32 at);

/* What stands at these offsets had mistakes of form. */
void conf_doubt(struct conf_marks *marks, u32 at, u32 size);
bool conf_is_doubtful(const struct conf_marks *marks, u32 at);

struct conf_errors {
	u32 count;
	u32 left_out; /* beyond CONF_ERROR_MAX, as far as was read */
	struct {
		struct conf_place place;
		char text[CONF_ERROR_SIZE];
	} error[CONF_ERROR_MAX];
};

void conf_error(struct conf_errors *errors, struct conf_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* In the order of the file; those of one place stay in the order in which they were found. */
void conf_errors_sort(struct conf_errors *errors);

#endif
