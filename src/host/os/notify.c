/* Datagrams to the socket that NOTIFY_SOCKET names. */
#include "host/os/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/os/clock.h"

enum { SIGNS_EACH_WAIT = 3 };

/* A path, or a name of the abstract kind behind an '@'. */
static socklen_t address_of(const char *path, struct sockaddr_un *addr)
{
	size_t len = strlen(path);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len < 2 || len >= sizeof addr->sun_path || (path[0] != '/' && path[0] != '@')) {
		errno = EAFNOSUPPORT;
		return 0;
	}
	memcpy(addr->sun_path, path, len);
	if (path[0] == '@')
		addr->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
}

/* How long the service manager waits for a sign of life; 0: it does not. */
static ns_t wait_of(const char *usec_text, const char *pid_text)
{
	char *end;
	u64 usec;

	if (!usec_text || (pid_text && strtol(pid_text, NULL, 10) != (long)getpid()))
		return 0;
	usec = strtoull(usec_text, &end, 10);
	return *end ? 0 : usec * NS_PER_US;
}

bool notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr;
	socklen_t len;

	*notify = (struct notify){ .fd = -1 };
	if (!path || !*path)
		return true;
	len = address_of(path, &addr);
	if (len == 0)
		return false;
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify->fd < 0 || connect(notify->fd, (const struct sockaddr *)&addr, len) != 0) {
		notify_close(notify);
		return false;
	}
	notify->every_ns = wait_of(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID")) /
			   SIGNS_EACH_WAIT;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return true;
}

void notify_close(struct notify *notify)
{
	int err = errno;

	if (notify->fd >= 0)
		(void)close(notify->fd);
	notify->fd = -1;
	errno = err;
}

static void tell(struct notify *notify, const char *text)
{
	if (notify->fd < 0)
		return;
	/* A service manager that is gone or busy is no reason to wait: packets do not. */
	if (send(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

void notify_ready(struct notify *notify)
{
	tell(notify, "READY=1");
}

void notify_reloading(struct notify *notify)
{
	char text[NOTIFY_TEXT_SIZE];

	/* Which reload is over is known by its time: sd_notify(3). */
	(void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		       os_now() / NS_PER_US);
	tell(notify, text);
}

void notify_stopping(struct notify *notify)
{
	tell(notify, "STOPPING=1");
}

void notify_status(struct notify *notify, const char *format, ...)
{
	char text[NOTIFY_TEXT_SIZE] = "STATUS=";
	size_t len = strlen(text);
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text + len, sizeof text - len, format, list);
	va_end(list);
	tell(notify, text);
}

void notify_alive(struct notify *notify, ns_t now)
{
	if (notify->every_ns == 0 || now - notify->alive_ns < notify->every_ns)
		return;
	notify->alive_ns = now;
	tell(notify, "WATCHDOG=1");
}
