/* Does somebody's ssh session hang on an interface that is about to be taken? */
#ifndef HOST_OS_SSH_H
#define HOST_OS_SSH_H

#include "core/base/bytes.h"

/* True when the session that this process runs in (SSH_CONNECTION, its own or an ancestor's), or
 * any established TCP connection to the local port 22, uses an address of the interface. *why
 * names the connection.                                                                         */
bool os_ssh_uses_iface(const char *ifname, char *why, size_t why_size);

#endif
