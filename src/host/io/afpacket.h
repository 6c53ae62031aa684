/* A kernel Ethernet interface through a packet socket. */
#ifndef HOST_IO_AFPACKET_H
#define HOST_IO_AFPACKET_H

#include "host/io/port.h"

struct afpacket_conf {
	const char *name;
	u16 iface;       /* index in the engine */
	u32 frame_count; /* 0: AFPACKET_FRAMES */
	/* For who passes frames on as they are: those to every station come, with their VLAN tags
	 * (l3 is behind the first one) and with rx_ns; plain packet sockets send; and the
	 * interface has to be up, since nothing of it is changed.                               */
	bool whole;
};

/* The frames of the ring: room for what comes while a thread of the kernel has our core for a few
 * milliseconds (measured: a fifth more small packets than with 1,024). The pool needs as many ring
 * descriptors (pkt_pool_conf.ring_count) for every such port.                                    */
enum { AFPACKET_FRAMES = 4096 };

struct port *afpacket_open(const struct afpacket_conf *conf, char *why, size_t why_size);

#endif
