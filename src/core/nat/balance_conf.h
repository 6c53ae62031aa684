/* What an administrator may set about services: destination translation and balancing. */
#ifndef CORE_NAT_BALANCE_CONF_H
#define CORE_NAT_BALANCE_CONF_H

#include "core/base/bytes.h"

enum {
	BALANCE_SERVICE_MAX = 64,
	BALANCE_BACKEND_MAX = 512, /* of all services together */
	BALANCE_EACH_MAX = 128,    /* of one service */
	BALANCE_NAME_SIZE = 48,
	BALANCE_WEIGHT_MAX = 256,
	BALANCE_SECONDS_MAX = 86400,
	BALANCE_TABLE_MIN = 251,
	BALANCE_TABLE_MAX = 131071,
};

/* Which backend a new flow goes to. */
enum balance_method {
	BALANCE_MAGLEV, /* by a hash of addresses and ports: spreads connections */
	BALANCE_STICKY, /* by a hash of the source address: a client keeps its backend */
	BALANCE_LEAST,  /* the one with fewest flows for its weight */
};

/* What a public address and port stand for. The first service that matches decides. */
struct service_conf {
	char name[BALANCE_NAME_SIZE]; /* unique: by it a service is known again after a reload */
	be32 addr;                    /* public; zero with addr_if */
	u8 zone;     /* of the backends */
	u16 addr_if;                  /* the address that this interface has now; IFACE_NONE */
	u8 proto;                     /* one with ports; 0: every protocol, all ports */
	bool hairpin;                 /* for inside clients too */
	u16 port_first;               /* both zero: all ports */
	u16 port_last;
	u16 backend_first; /* in balance_conf.backend */
	u16 backend_count;
	enum balance_method method;
	u32 slow_start_s; /* until a backend that came up has its full share; 0: at once */
	u32 drain_s;      /* how long the flows of a draining backend may live on */
};

struct backend_conf {
	be32 addr;
	u16 port;   /* stands for port_first, those behind it follow; 0: ports are kept */
	u16 weight; /* 1..BALANCE_WEIGHT_MAX */
	bool drain; /* no new flows, whatever its health */
};

struct balance_conf {
	u32 service_count;
	struct service_conf service[BALANCE_SERVICE_MAX];
	u32 backend_count;
	struct backend_conf backend[BALANCE_BACKEND_MAX];
	u32 service_limit; /* limits: what memory is planned for */
	u32 backend_limit;
	u32 table_size; /* places of the hash table of each service; a prime number */
};

/* As balance_conf has it, with no service and no backend. */
void balance_conf_defaults(struct balance_conf *conf);
/* A service on no interface's address yet, for outside clients: maglev, ten seconds of slow start,
 * five minutes to drain.                                                                         */
void service_conf_defaults(struct service_conf *service);
/* What can not be, as a static string, or NULL. */
const char *balance_conf_wrong(const struct balance_conf *conf);

#endif
