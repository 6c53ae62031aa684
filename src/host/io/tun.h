/* A TUN device: raw IP packets between the kernel's routing and the engine. */
#ifndef HOST_IO_TUN_H
#define HOST_IO_TUN_H

#include "host/io/port.h"

struct tun_conf {
	const char *name; /* may hold one %d */
	u16 iface;        /* index in the engine */
	u32 mtu;          /* 0: as the kernel makes it */
};

/* The device goes with the process unless it was persistent before. It is set up. */
struct port *tun_open(const struct tun_conf *conf, char *why, size_t why_size);

#endif
