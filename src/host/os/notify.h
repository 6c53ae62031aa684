/* Word to the service manager: sd_notify(3) without its library, one datagram each.
 *
 * Opened before the sandbox, and connected then: inside it no socket of others can be reached any
 * more. Everything does nothing when the process was not started as a service that listens.     */
#ifndef HOST_OS_NOTIFY_H
#define HOST_OS_NOTIFY_H

#include "core/base/bytes.h"

enum { NOTIFY_TEXT_SIZE = 256 };

struct notify {
	int fd;        /* -1: nobody listens */
	ns_t every_ns; /* between two signs of life; 0: none are asked for */
	ns_t alive_ns; /* when the last one was given */
};

/* By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are taken out of the environment. False:
 * a service manager listens and can not be reached; errno says why.                             */
bool notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* The service is there; also after a reload. */
void notify_ready(struct notify *notify);
/* It reads its configuration again; notify_ready() ends that. */
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);
/* A line about its state, for `systemctl status`. */
void notify_status(struct notify *notify, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Gives a sign of life when one is due: three in the time that the service manager waits. */
void notify_alive(struct notify *notify, ns_t now);

#endif
