/* The contract of all drivers: a port carries batches between a wire and an interface.
 *
 * rx   takes packets from the pool and appends them to the batch, up to what has room. Each has
 *      buf, l2, l3 and len (from l3 to the end of the frame), in_if and the flags PKT_LINK_*; the
 *      facts of a virtio-net header become PKT_CSUM_PARTIAL with csum_start (from l3) and
 *      csum_offset, PKT_CSUM_VALID, gso_type and gso_size. On Ethernet l3 = l2 + 14 and the
 *      EtherType stands in the frame; on raw IP l2 = l3 and PKT_RAW_IP is set. Frames with a VLAN
 *      tag are counted and thrown away, unless a driver was opened for them too. A packet may lie
 *      in the driver's ring (pkt->ring_done).
 *
 * tx   sends l2 .. l3 + len of each packet, in order, with the same facts. What was sent is put
 *      back (pkt_put). What was not stays in the batch, moved to its front, and tx->count is how
 *      many those are: the caller counts and puts them. Packets that the core made from a received
 *      frame may have their link header elsewhere than the driver wrote it.
 *
 * fd   becomes readable when rx has something. Neither rx nor tx ever waits; waiting is the
 *      caller's: spinning over all ports for some 50 us before a poll() saves a round trip's worth
 *      of wake-ups.
 *
 * A port belongs to one thread. Every open function answers NULL with *why saying what is wrong
 * and what would be right.                                                                      */
#ifndef HOST_IO_PORT_H
#define HOST_IO_PORT_H

#include "core/base/bytes.h"
#include "core/iface/iface.h"
#include "core/pkt/pkt.h"

enum { PORT_WHY_SIZE = 256 };

struct port_stats {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	struct iface_losses losses;
};

struct port;

struct port_driver {
	const char *name;
	/* How many were appended. */
	u32 (*rx)(struct port *port, struct pkt_pool *pool, struct batch *rx);
	/* How many were sent. */
	u32 (*tx)(struct port *port, struct batch *tx);
	/* For poll(); -1 when rx never has anything new by itself. */
	int (*fd)(const struct port *port);
	/* Fetch what the kernel counts into port->stats. NULL: nothing to fetch. */
	void (*count)(struct port *port);
	/* Read link state and MTU again into the facts, after a word of change. NULL: they never
	 * change. False when the interface is gone.                                             */
	bool (*refresh)(struct port *port);
	void (*close)(struct port *port);
};

/* Begins every driver's own struct. Facts are written by the driver only. */
struct port {
	const struct port_driver *driver;
	char name[IFACE_NAME_SIZE];
	u16 iface;       /* index of the interface in the engine: goes into pkt->in_if */
	bool up;
	bool link_flags; /* rx tells link-layer broadcast, multicast and other stations' frames */
	enum iface_link link;
	struct mac mac;
	u32 mtu;         /* bytes of an IP packet */
	u32 offloads;    /* enum iface_offload */
	u32 os_index;    /* of the kernel; 0: the kernel has no such interface */
	struct port_stats stats;
};

static inline u32 port_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	return port->driver->rx(port, pool, rx);
}

static inline u32 port_tx(struct port *port, struct batch *tx)
{
	return port->driver->tx(port, tx);
}

static inline int port_fd(const struct port *port)
{
	return port->driver->fd(port);
}

/* Statistics as they are now. */
const struct port_stats *port_count(struct port *port);
/* False when the interface is gone. */
bool port_refresh(struct port *port);
/* Gives everything back, packets excepted: those of a ring must have been put before. NULL is
 * allowed.                                                                                      */
void port_close(struct port *port);
/* The facts as an interface of the engine's configuration; addresses and side are the caller's. */
void port_describe(const struct port *port, struct iface_conf *conf);

#endif
