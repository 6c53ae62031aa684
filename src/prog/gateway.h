/* Reaching a running gateway over its control socket. */
#ifndef PROG_GATEWAY_H
#define PROG_GATEWAY_H

#include "core/base/bytes.h"

/* A connected socket, or -1 when it was said why not. */
int gateway_connect(const char *path);
/* All of it; a gateway that closes at once is no failure, since what it said can still be read. */
bool gateway_send(int fd, const void *bytes, size_t len_bytes);

#endif
