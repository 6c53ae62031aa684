/* A process that works on bytes of strangers, and needs nothing of the system but its memory and
 * what it has open (docs/adr/0023-privileges.md).                                                */
#ifndef HOST_OS_CONFINE_H
#define HOST_OS_CONFINE_H

#include "core/base/bytes.h"

/* No capability, no new privileges, and, where the kernel has Landlock, no file that is not open.
 * It may still start processes, which have no more. False: the kernel refused the first two.    */
bool os_confine(void);
/* And no system call but those of reading and writing what is open, memory, and the end: all others
 * fail with EPERM. For a process with one thread. Requires os_confine(). False: this kernel has no
 * seccomp, and nothing is refused.                                                               */
bool os_confine_calls(void);

#endif
