/* What the datagram endpoints are given. A plain value. */
#ifndef CORE_UDP_UDP_CONF_H
#define CORE_UDP_UDP_CONF_H

#include "core/base/bytes.h"

struct udp_conf {
	u32 endpoint_limit; /* of UDP and raw together; zero: none, and no memory for any */
	u32 datagram_limit; /* that wait to be read, of all endpoints */
	u32 queue_limit;    /* that wait at one endpoint */
	u32 queue_bytes;    /* of them, IP headers included, unless the endpoint says otherwise */
	u32 group_limit;    /* memberships of all endpoints */
	u16 ttl;            /* of what asks for no other one */
};

void udp_conf_defaults(struct udp_conf *conf);

#endif
