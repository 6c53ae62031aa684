/* A claim is a listening socket with an abstract name that has the interface's name: the claim of
 * one that went stands until one of its name comes, and asks for no system call then. Such names
 * are of a network namespace, as interfaces are, and leave nothing behind; the kernel tells who
 * listens. Anybody may take a name, so one that is held by a user of lower rank does not count: the
 * gateway then runs without a claim rather than not at all.                                     */
#include "host/os/claim.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLAIM_BACKLOG = 128 };

/* The kernel is asked for the name: an interface may have others beside it. */
static socklen_t claim_name(struct sockaddr_un *addr, u32 index)
{
	char name[IF_NAMESIZE];
	int len;

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (if_indextoname(index, name) == NULL)
		(void)snprintf(name, sizeof name, "%u", index);
	len = snprintf(addr->sun_path + 1, sizeof addr->sun_path - 1, "sluice/interface/%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

static int claim_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Who listens at the name; false: nobody whose claim counts. */
static bool claim_holder(const struct sockaddr_un *addr, socklen_t len, struct ucred *holder)
{
	socklen_t size = sizeof *holder;
	int fd = claim_socket();
	bool known;

	if (fd < 0)
		return false;
	known = connect(fd, (const struct sockaddr *)addr, len) == 0 &&
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size) == 0;
	close(fd);
	return known && (holder->uid == 0 || holder->uid == geteuid());
}

int os_iface_claim(u32 index, char *why, size_t why_size)
{
	struct sockaddr_un addr;
	socklen_t len = claim_name(&addr, index);
	struct ucred holder = { .pid = 0 };
	int fd = claim_socket();

	if (fd < 0) {
		(void)snprintf(why, why_size, "a socket: %s", strerror(errno));
		return -1;
	}
	if (bind(fd, (const struct sockaddr *)&addr, len) != 0) {
		if (!claim_holder(&addr, len, &holder))
			return fd;
	} else if (listen(fd, CLAIM_BACKLOG) == 0) {
		return fd;
	}
	(void)snprintf(why, why_size,
		       "another gateway has this interface (process %d); one is enough, two would "
		       "forward every packet twice",
		       (int)holder.pid);
	close(fd);
	return -1;
}

void os_iface_release(int claim)
{
	if (claim >= 0)
		close(claim);
}
