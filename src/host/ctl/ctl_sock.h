/* Sockets as JSON, one record, one line. What a socket has no value for is not in its record. */
#ifndef HOST_CTL_CTL_SOCK_H
#define HOST_CTL_CTL_SOCK_H

#include "sluice/sluice.h"

struct evbuffer;

/* s gives the names of zones and interfaces. */
void ctl_put_sock(struct evbuffer *out, const struct sluice *s,
		  const struct sluice_sock_info *info);

#endif
