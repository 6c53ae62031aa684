/* Asking a running gateway over its control socket. */
#ifndef PROG_GATEWAY_H
#define PROG_GATEWAY_H

#include <stdio.h>

#include "core/base/bytes.h"

enum { GATEWAY_WAIT_S = 15 };

#define GATEWAY_CONTROL_HELP "the control socket; without, $SLUICE_CONTROL or the usual one"

/* What --control says, or NULL; then what the environment variable SLUICE_CONTROL says; then where
 * a gateway listens by default.                                                                 */
const char *gateway_path(const char *given);

/* path: as given to gateway_path(). A connected socket, or -1 when stderr was told why not. A read
 * waits for wait_s at most, 0: as long as it takes.                                             */
int gateway_connect(const char *path, u32 wait_s);
/* All of it; a gateway that closes at once is no failure, since what it said can still be read. */
bool gateway_send(int fd, const void *bytes, size_t len_bytes);
/* Sends the request (a line of JSON without its end) and gives the answer to read, line by line; a
 * read waits for wait_s at most, 0: as long as it takes. NULL when stderr was told why not.     */
FILE *gateway_ask(const char *path, const char *request, u32 wait_s);

#endif
