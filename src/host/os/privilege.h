/* Giving up what a running gateway does not need. */
#ifndef HOST_OS_PRIVILEGE_H
#define HOST_OS_PRIVILEGE_H

#include "core/base/bytes.h"

/* From here on neither the process nor a program that it might start gains a privilege. False: the
 * kernel refused.                                                                               */
bool os_privilege_freeze(void);
/* Of the capabilities that it has, the process keeps those that taking an interface again asks for:
 * CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF (docs/adr/0023-privileges.md). False: the kernel refused. */
bool os_privilege_drop(void);
/* The process keeps no capability at all. False: the kernel refused. */
bool os_privilege_drop_all(void);
/* Memory may be locked later as it was before: the ring of an AF_XDP socket is, and the capability
 * for it (CAP_IPC_LOCK) is given up. As far as the limits of the process may be raised.         */
void os_privilege_keep_memory(void);

#endif
