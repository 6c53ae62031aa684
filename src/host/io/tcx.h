/* Dropping IPv4 at the ingress of an interface by an eBPF program that hangs on a link (tcx, Linux
 * 6.6): the link is a file descriptor, so it goes with the process, however that ends.           */
#ifndef HOST_IO_TCX_H
#define HOST_IO_TCX_H

#include "core/base/bytes.h"

/* IPv4 is dropped, except for packets that carry `mark`, which lose it. Frames with a VLAN tag and
 * all other protocols pass. The link, to be closed by the caller; -1 with errno when the kernel has
 * no such thing or does not allow it.                                                            */
int tcx_mute(u32 os_index, u32 mark);

#endif
