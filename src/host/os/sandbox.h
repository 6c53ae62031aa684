/* The sandbox of a running gateway: what is given up once everything that needs it is open, and
 * before the first byte from outside is read (docs/adr/0023-privileges.md).                     */
#ifndef HOST_OS_SANDBOX_H
#define HOST_OS_SANDBOX_H

#include "host/os/seccomp.h"

enum { SANDBOX_TEXT_SIZE = 256, SANDBOX_MORE_MAX = 64 };

struct sandbox_conf {
	const char *control; /* the control socket, which is removed at the end */
	const char *config;  /* a file that is read again; NULL: none */
	u32 more_count;      /* files that are read again with it, up to SANDBOX_MORE_MAX */
	const char *const *more;
	struct seccomp_log log;
};

/* What is in force. */
struct sandbox {
	bool frozen;      /* no new privileges */
	bool dropped;     /* capabilities */
	u32 landlock_abi; /* 0: none */
	bool seccomp;
};

/* Takes each step that the kernel knows, whatever became of the others. */
void sandbox_enter(const struct sandbox_conf *conf, struct sandbox *sandbox);
/* A line of text: what is in force, and what is not. */
void sandbox_describe(const struct sandbox *sandbox, char text[SANDBOX_TEXT_SIZE]);
bool sandbox_is_whole(const struct sandbox *sandbox);

#endif
