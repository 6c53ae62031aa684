/* A Unix socket at a path, and its traces in the file system. */
#ifndef HOST_CTL_CTL_LISTEN_H
#define HOST_CTL_CTL_LISTEN_H

#include <sys/types.h>

#include "host/ctl/ctl_request.h"

struct ctl_listen {
	int fd;
	char path[108]; /* as long as the system's socket addresses */
	dev_t device;   /* the socket's file: only that one is removed at the end */
	ino_t file;
};

bool ctl_listen_open(struct ctl_listen *listener, const char *path, struct ctl_why *why);
void ctl_listen_close(struct ctl_listen *listener);

#endif
