/* Word of changes. Messages say what kind of thing changed, not what it became: who hears of a
 * change reads the interface again, so a lost message costs one more reading and nothing else.  */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/os/netlink.h"
#include "host/os/netlink_read.h"
#include "host/os/nl.h"

enum { WATCH_READS_MAX = 256 };

struct os_watch {
	struct mnl_socket *sock;
};

struct os_watch *os_watch_new(char *why, size_t why_size)
{
	const unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
	struct os_watch *watch = calloc(1, sizeof *watch);

	if (watch == NULL) {
		(void)snprintf(why, why_size, "out of memory");
		return NULL;
	}
	watch->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (watch->sock == NULL || mnl_socket_bind(watch->sock, groups, MNL_SOCKET_AUTOPID) < 0) {
		(void)snprintf(why, why_size, "cannot watch interfaces: %s", strerror(errno));
		os_watch_del(watch);
		return NULL;
	}
	return watch;
}

int os_watch_fd(const struct os_watch *watch)
{
	return mnl_socket_get_fd(watch->sock);
}

u32 os_watch_read(struct os_watch *watch, u32 index)
{
	struct os_news news = { index, 0 };
	char buf[NL_BUF_SIZE];

	for (u32 read = 0; read < WATCH_READS_MAX; read++) {
		ssize_t got = mnl_socket_recvfrom(watch->sock, buf, sizeof buf);

		if (got < 0 && errno == ENOBUFS)
			news.changes |= OS_CHANGE_LOST;
		else if (got < 0 && errno != EINTR)
			break;
		else if (got > 0)
			(void)mnl_cb_run(buf, (size_t)got, 0, 0, os_news_read, &news);
	}
	return news.changes;
}

void os_watch_del(struct os_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->sock != NULL)
		(void)mnl_socket_close(watch->sock);
	free(watch);
}
