/* Keeping the kernel's IPv4 quiet on a taken interface, for as long as this process lives. */
#ifndef HOST_IO_TAKEOVER_H
#define HOST_IO_TAKEOVER_H

#include "host/io/port.h"

struct takeover;

enum takeover_way {
	TAKEOVER_BEST,  /* eBPF where the kernel has tcx, else nftables */
	TAKEOVER_TABLE, /* nftables: for tests, and the way of kernels before 6.6 */
};

/* Packets that carry `mark` pass, and lose it. */
struct takeover *takeover_new(u32 mark, enum takeover_way way, char *why, size_t why_size);
/* Also for an interface that went and came again. */
bool takeover_add(struct takeover *takeover, const struct port *taken, char *why, size_t why_size);
/* The interface is the kernel's again; it may be gone. */
void takeover_drop(struct takeover *takeover, const struct port *taken);
/* "ebpf" or "nftables": how the interfaces so far are kept quiet. */
const char *takeover_way_name(const struct takeover *takeover);
void takeover_del(struct takeover *takeover);

#endif
