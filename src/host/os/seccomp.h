/* seccomp: the system calls that a process may make from now on. */
#ifndef HOST_OS_SECCOMP_H
#define HOST_OS_SECCOMP_H

#include "core/base/bytes.h"

/* How a refused call is written to stderr. */
struct seccomp_log {
	bool json;
	bool priorities; /* "<3>" before the line, for the journal */
};

/* Every call that the loop of a gateway does not make fails with EPERM from now on, and the first
 * of each kind is written to stderr with its name. For the whole process, once, by a process with
 * one thread. Requires os_privilege_freeze(). False: errno says why; nothing is refused then.   */
bool os_seccomp_enter(const struct seccomp_log *log);
/* Calls refused so far, those included that were not written. */
u64 os_seccomp_refused(void);

#endif
