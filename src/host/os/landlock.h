/* Landlock: the files that a process may open from now on. */
#ifndef HOST_OS_LANDLOCK_H
#define HOST_OS_LANDLOCK_H

#include "core/base/bytes.h"

enum landlock_use {
	LANDLOCK_READ = 1,
	LANDLOCK_WRITE = 2,  /* files that exist */
	LANDLOCK_DEVICE = 4, /* ioctl on a device */
	LANDLOCK_REMOVE = 8, /* files of a folder */
};

struct landlock_path {
	const char *path; /* a file, or a folder and all below it; a missing one is left out */
	unsigned use;     /* enum landlock_use or'ed */
};

/* Nothing but the paths may be opened any more, no TCP port bound or connected to, and no abstract
 * Unix socket or signal reaches a process outside. What is open stays open. Answers how much of
 * that this kernel knows, by its ABI's number; 0: nothing of it, or it is switched off. Requires
 * os_privilege_freeze().                                                                         */
u32 os_landlock_enter(const struct landlock_path *path, u32 count);

#endif
