/* What an administrator may set about what one subscriber may hold. */
#ifndef CORE_SUBSCRIBER_SUBSCRIBER_CONF_H
#define CORE_SUBSCRIBER_SUBSCRIBER_CONF_H

#include "core/base/bytes.h"

enum {
	SUBSCRIBER_EXCEPTION_MAX = 64,
	SUBSCRIBER_RATE_MAX = 1000000, /* new flows per second, and of a burst */
	SUBSCRIBER_COUNT_MAX = 1 << 24,
};

/* Zero is no limit. */
struct subscriber_limits {
	u32 flows; /* that stand at once */
	u32 ports; /* and ICMP identifiers: mappings, those that rest included, and flows with a
		      port per destination */
	u32 rate;  /* new flows per second */
	u32 burst; /* new flows at once; 0: as many as the rate gives in a second */
};

/* Other limits for some: the first exception that holds the source decides. */
struct subscriber_exception {
	be32 prefix;
	u8 prefix_len; /* not longer than that of subscribers */
	struct subscriber_limits limits;
	bool by_zone; /* the source has to be of this zone */
	u8 zone;
};

struct subscriber_conf {
	u32 subscriber_count; /* that are known at once; 0: nobody is counted or limited */
	u8 prefix_len;        /* source addresses that are one subscriber; 32: each host */
	struct subscriber_limits limits;
	u32 exception_count;
	struct subscriber_exception exception[SUBSCRIBER_EXCEPTION_MAX];
};

static inline u32 subscriber_burst(const struct subscriber_limits *limits)
{
	return limits->burst > 0 ? limits->burst : limits->rate;
}

/* Every host is counted, nobody is limited. */
void subscriber_conf_defaults(struct subscriber_conf *conf);
/* What of it can not be, or NULL. */
const char *subscriber_conf_wrong(const struct subscriber_conf *conf);

#endif
