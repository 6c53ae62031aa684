/* Keeping the kernel's IPv4 quiet on a taken interface, for as long as this process lives. */
#ifndef HOST_IO_TAKEOVER_H
#define HOST_IO_TAKEOVER_H

#include "core/base/bytes.h"

struct takeover;

/* Packets that carry `mark` pass, and lose it. */
struct takeover *takeover_new(u32 mark, char *why, size_t why_size);
bool takeover_add(struct takeover *takeover, const char *ifname, char *why, size_t why_size);
void takeover_del(struct takeover *takeover);

#endif
