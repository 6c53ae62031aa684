/* Two ports joined by two queues in memory: what one sends, the other receives. For tests and
 * benches; both ends belong to one thread.                                                      */
#ifndef HOST_IO_MEMORY_H
#define HOST_IO_MEMORY_H

#include "host/io/port.h"

struct memory_conf {
	const char *name[2];
	u16 iface[2];
	enum iface_link link;
	u32 mtu;
	u32 offloads; /* enum iface_offload of both */
	u32 count;    /* packets that fit in each queue; up to MEMORY_PORT_MAX */
};

enum { MEMORY_PORT_MAX = 4096 };

bool memory_open(const struct memory_conf *conf, struct port *ends[2], char *why, size_t why_size);

#endif
