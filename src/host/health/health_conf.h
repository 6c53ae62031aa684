/* How the health of backends is found out. */
#ifndef HOST_HEALTH_HEALTH_CONF_H
#define HOST_HEALTH_HEALTH_CONF_H

#include "core/base/bytes.h"

enum {
	HEALTH_PATH_SIZE = 128,
	HEALTH_INTERVAL_MIN_MS = 100,
	HEALTH_INTERVAL_MAX_MS = 3600000,
	HEALTH_RUN_MAX = 100, /* checks in a row before a backend changes its state */
};

enum health_kind {
	HEALTH_NONE,
	HEALTH_ICMP, /* it answers an echo request */
	HEALTH_TCP,  /* it takes a connection */
	HEALTH_HTTP, /* it answers GET with the status that is expected */
};

struct health_conf {
	enum health_kind kind;
	char path[HEALTH_PATH_SIZE]; /* of HTTP */
	u16 port;                    /* 0: the backend's own */
	u16 status;                  /* that says up */
	u16 drain_status;            /* that says: no new flows, please; 0: none */
	u16 rise;                    /* good checks in a row that bring it up */
	u16 fall;                    /* bad ones that bring it down */
	u32 interval_ms;             /* from the end of one check to the next */
	u32 timeout_ms;
};

/* No check; each 2 s, within 1 s, 2 good ones, 3 bad ones, status 200. */
void health_conf_defaults(struct health_conf *conf);
/* What can not be, as a static string, or NULL. */
const char *health_conf_wrong(const struct health_conf *conf);

#endif
