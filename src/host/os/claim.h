/* One process has an interface: two gateways on one would forward every packet twice. */
#ifndef HOST_OS_CLAIM_H
#define HOST_OS_CLAIM_H

#include "core/base/bytes.h"

/* A descriptor that holds the interface until it is closed or the process ends, however it ends;
 * -1: another process has it, and *why says which.                                              */
int os_iface_claim(u32 index, char *why, size_t why_size);
void os_iface_release(int claim);

#endif
