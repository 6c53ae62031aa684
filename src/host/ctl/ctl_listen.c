/* Making and removing the socket. Two gateways that start at once with the same path are kept
 * apart by a lock on the folder, so that none takes the other's fresh socket for a stale one.
 * Whoever may read the folder can hold that lock: nobody waits for it longer than a start takes. */
#include "host/ctl/ctl_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	LISTEN_BACKLOG = 16,
	SOCKET_MODE = 0660,
	FOLDER_MODE = 0755,
	LOCK_TRIES = 50,
	LOCK_PAUSE_NS = 20 * 1000 * 1000,
};

static void folder_of(const char *path, char *folder, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(folder, size, ".");
	else if (slash == path)
		snprintf(folder, size, "/");
	else
		snprintf(folder, size, "%.*s", (int)(slash - path), path);
}

static void lock_wait(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (u32 i = 0; i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) != 0; i++)
		nanosleep(&pause, NULL);
}

/* An open folder, with the lock on it unless somebody keeps that; -1 and why. */
static int folder_lock(const char *path, struct ctl_why *why)
{
	char folder[sizeof((struct sockaddr_un *)0)->sun_path];
	int fd;

	folder_of(path, folder, sizeof folder);
	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) {
		snprintf(why->text, sizeof why->text,
			 "the folder %s of the control socket can not be made: %s; --control PATH "
			 "takes another place",
			 folder, strerror(errno));
		return -1;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why->text, sizeof why->text,
			 "the folder %s of the control socket can not be opened: %s", folder,
			 strerror(errno));
		return -1;
	}
	lock_wait(fd);
	return fd;
}

/* Makes way at the path: true when nothing stands there any more. */
static bool stale_remove(const struct sockaddr_un *addr, struct ctl_why *why)
{
	struct stat stat;
	int probe;
	int result;

	if (lstat(addr->sun_path, &stat) != 0)
		return true;
	if (!S_ISSOCK(stat.st_mode)) {
		snprintf(why->text, sizeof why->text,
			 "%s exists and is no socket; --control PATH takes another place",
			 addr->sun_path);
		return false;
	}
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	result = connect(probe, (const struct sockaddr *)addr, sizeof *addr) == 0 ? 0 : errno;
	if (probe >= 0)
		close(probe);
	if (result == ECONNREFUSED) {
		unlink(addr->sun_path);
		return true;
	}
	snprintf(why->text, sizeof why->text,
		 "another gateway listens at %s; --control PATH gives this one a place of its own",
		 addr->sun_path);
	return false;
}

static bool bind_at(struct ctl_listen *listener, const struct sockaddr_un *addr,
		    struct ctl_why *why)
{
	struct stat stat;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* The mode is set before anybody can connect: listen() comes last. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)addr, sizeof *addr) != 0 ||
	    chmod(addr->sun_path, SOCKET_MODE) != 0 || lstat(addr->sun_path, &stat) != 0 ||
	    listen(fd, LISTEN_BACKLOG) != 0) {
		snprintf(why->text, sizeof why->text,
			 "the control socket %s can not be made: %s; --control PATH takes another "
			 "place",
			 addr->sun_path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	listener->fd = fd;
	listener->device = stat.st_dev;
	listener->file = stat.st_ino;
	return true;
}

bool ctl_listen_open(struct ctl_listen *listener, const char *path, struct ctl_why *why)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int folder;
	bool good;

	_Static_assert(sizeof listener->path == sizeof addr.sun_path, "paths of sockets");
	listener->fd = -1;
	if (strlen(path) == 0 || strlen(path) >= sizeof addr.sun_path) {
		snprintf(why->text, sizeof why->text,
			 "the path of the control socket has %zu bytes; 1 to %zu are allowed",
			 strlen(path), sizeof addr.sun_path - 1);
		return false;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	memcpy(listener->path, path, strlen(path) + 1);
	folder = folder_lock(path, why);
	if (folder < 0)
		return false;
	good = stale_remove(&addr, why) && bind_at(listener, &addr, why);
	close(folder);
	return good;
}

void ctl_listen_close(struct ctl_listen *listener)
{
	struct stat stat;

	if (listener->fd < 0)
		return;
	if (lstat(listener->path, &stat) == 0 && stat.st_dev == listener->device &&
	    stat.st_ino == listener->file)
		unlink(listener->path);
	close(listener->fd);
	listener->fd = -1;
}
