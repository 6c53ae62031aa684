/* What is taken, and how the host gets its own back.
 *
 *     wire -> interface -> [packet socket] -> engine -> flows, forwarding -> wire
 *                  |                            |
 *                  | ingress: IPv4 is dropped   | for the host, and broadcasts
 *                  |          unless marked     v
 *                  +<------- mark ---------- hostport (wayback.c)
 *                  v
 *             the host's stack ------------------------------------------> wire
 *
 * takeover.c drops, wayback.c brings back; this file ties a pair of them to each interface. The
 * mark is drawn at random, so that no packet from elsewhere passes by it. First the ways back are
 * there, then the kernel is kept quiet: no packet for the host falls between. The host's own
 * packets leave through the kernel, unseen by the engine; the answers find their sockets because
 * they are for an address of the host and belong to no flow of the engine. Ports that the host's
 * sockets may use on a shared address are the engine's to avoid (os_local_ports()).
 *
 * What the host has and loses while an interface is taken: forwarding of IPv4 through it by the
 * kernel, which is the engine's work now. IPv6, VLANs on it and everything else go on.           */
#include "host/io/hostport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/io/takeover.h"
#include "host/io/vnet.h"
#include "host/io/wayback.h"
#include "host/os/entropy.h"

enum { WAY_TEXT_SIZE = 160 };

struct hostport {
	struct port port;
	struct takeover *takeover;
	u32 mark;
	u32 way_count;
	struct wayback way[IFACE_MAX];
	u16 way_iface[IFACE_MAX]; /* the engine's index of the interface that it leads to */
	char way_text[WAY_TEXT_SIZE];
};

static struct hostport *hostport_of(struct port *port)
{
	return (struct hostport *)port;
}

static const struct wayback *way_for(const struct hostport *dev, u16 iface)
{
	for (u32 i = 0; i < dev->way_count; i++)
		if (dev->way_iface[i] == iface)
			return &dev->way[i];
	for (u32 i = 0; i < dev->way_count; i++)
		if (dev->way[i].fd >= 0)
			return &dev->way[i];
	return &dev->way[0];
}

static u32 hostport_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	(void)port;
	(void)pool;
	(void)rx;
	return 0;
}

static u32 hostport_tx(struct port *port, struct batch *tx)
{
	const struct hostport *dev = hostport_of(port);
	u32 kept = 0, before = tx->count;

	for (u32 i = 0; i < before; i++) {
		struct pkt *pkt = tx->pkt[i];
		int err = wayback_send(way_for(dev, pkt->in_if), pkt);

		if (err != 0) {
			bool full = err == EAGAIN || err == ENOBUFS || err == ENOMEM;

			port->stats.losses.tx_full += full;
			port->stats.losses.tx_refused += !full;
			tx->pkt[kept++] = pkt;
			continue;
		}
		port->stats.tx_packets++;
		port->stats.tx_bytes += pkt->len;
		pkt_put(pkt);
	}
	tx->count = kept;
	return before - kept;
}

static int hostport_fd(const struct port *port)
{
	(void)port;
	return -1;
}

static void hostport_close(struct port *port)
{
	struct hostport *dev = hostport_of(port);

	takeover_del(dev->takeover);
	for (u32 i = 0; i < dev->way_count; i++)
		wayback_close(&dev->way[i]);
	free(dev);
}

static const struct port_driver hostport_driver = {
	.name = "host",
	.rx = hostport_rx,
	.tx = hostport_tx,
	.fd = hostport_fd,
	.close = hostport_close,
};

const char *hostport_quiet(const struct port *port)
{
	return takeover_way_name(((const struct hostport *)port)->takeover);
}

const char *hostport_way(const struct port *port)
{
	return ((const struct hostport *)port)->way_text;
}

/* The place for the way of an interface: its old one when it had one. NULL: there are too many. */
static struct wayback *way_place(struct hostport *dev, u16 iface)
{
	for (u32 i = 0; i < dev->way_count; i++) {
		if (dev->way_iface[i] == iface) {
			wayback_close(&dev->way[i]);
			return &dev->way[i];
		}
	}
	if (dev->way_count == IFACE_MAX)
		return NULL;
	dev->way[dev->way_count].fd = -1;
	dev->way_iface[dev->way_count] = iface;
	return &dev->way[dev->way_count++];
}

static bool way_add(struct hostport *dev, const struct port *taken, char *why, size_t why_size)
{
	struct wayback *way = way_place(dev, taken->iface);

	if (way == NULL) {
		(void)snprintf(why, why_size, "at most %d interfaces can be taken", IFACE_MAX);
		return false;
	}
	if (!wayback_hide_from(port_fd(taken), dev->mark)) {
		(void)snprintf(why, why_size, "interface '%s': a filter for the packet socket: %s",
			       taken->name, strerror(errno));
		return false;
	}
	if (!wayback_open(way, taken->os_index, &taken->mac, dev->mark, why, why_size))
		return false;
	if (way->redirected)
		(void)snprintf(dev->way_text, sizeof dev->way_text, "on their interface");
	else
		(void)snprintf(dev->way_text, sizeof dev->way_text,
			       "by the device %s, since the kernel refuses eBPF at tc", way->name);
	return true;
}

bool hostport_take(struct port *port, const struct port *taken, char *why, size_t why_size)
{
	struct hostport *dev = hostport_of(port);

	return way_add(dev, taken, why, why_size) &&
	       takeover_add(dev->takeover, taken, why, why_size);
}

void hostport_drop(struct port *port, const struct port *taken)
{
	struct hostport *dev = hostport_of(port);

	takeover_drop(dev->takeover, taken);
	for (u32 i = 0; i < dev->way_count; i++)
		if (dev->way_iface[i] == taken->iface)
			wayback_close(&dev->way[i]);
}

static bool all_take(struct hostport *dev, const struct hostport_conf *conf, char *why,
		     size_t why_size)
{
	for (u32 i = 0; i < conf->taken_count; i++)
		if (!way_add(dev, conf->taken[i], why, why_size))
			return false;
	dev->takeover = takeover_new(dev->mark, conf->way, why, why_size);
	if (dev->takeover == NULL)
		return false;
	for (u32 i = 0; i < conf->taken_count; i++)
		if (!takeover_add(dev->takeover, conf->taken[i], why, why_size))
			return false;
	return true;
}

struct port *hostport_open(const struct hostport_conf *conf, char *why, size_t why_size)
{
	struct hostport *dev = calloc(1, sizeof *dev);

	CHECK(conf->taken_count > 0 && conf->taken_count <= IFACE_MAX);
	if (dev == NULL) {
		(void)snprintf(why, why_size, "out of memory");
		return NULL;
	}
	dev->port.driver = &hostport_driver;
	(void)snprintf(dev->port.name, sizeof dev->port.name, "host");
	dev->port.iface = conf->iface;
	dev->port.up = true;
	dev->port.link = IFACE_RAW_IP;
	dev->port.mtu = UINT16_MAX;
	dev->port.offloads = IFACE_TX_CSUM | IFACE_TX_TSO;
	if (vnet_kernel_has_uso())
		dev->port.offloads |= IFACE_TX_USO;
	os_entropy(&dev->mark, sizeof dev->mark);
	dev->mark |= 1; /* zero is what everything else has */
	if (all_take(dev, conf, why, why_size))
		return &dev->port;
	port_close(&dev->port);
	return NULL;
}
