/* The region that an engine lives in. */
#ifndef HOST_OS_HUGEPAGES_H
#define HOST_OS_HUGEPAGES_H

#include "core/base/bytes.h"

/* At least `bytes` zeroed bytes, aligned to 2 MiB and touched, so that no packet waits for a page.
 * *huge (may be NULL): whether at least nine tenths lie in pages of 2 MiB, as the kernel says it.
 * NULL: there is no such memory.                                                                */
void *os_region_new(u64 bytes, bool *huge);
void os_region_del(void *region, u64 bytes);

#endif
