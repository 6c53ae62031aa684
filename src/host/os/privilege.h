/* Giving up what a running gateway does not need. */
#ifndef HOST_OS_PRIVILEGE_H
#define HOST_OS_PRIVILEGE_H

#include "core/base/bytes.h"

/* From here on the process can gain no privilege, and of root's keeps CAP_NET_ADMIN and
 * CAP_NET_RAW only. False: the kernel refused, and the process is as it was or nearly so.       */
bool os_privilege_drop(void);

#endif
