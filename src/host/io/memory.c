/* Each direction is a ring of packets that belong to the sender's pool until the receiver has made
 * its own of them; only what a wire would carry crosses: bytes, and the facts beside them.      */
#include "host/io/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct queue {
	struct pkt *pkt[MEMORY_PORT_MAX];
	u32 size;
	u32 head; /* the oldest */
	u32 count;
};

struct wire {
	struct queue queue[2]; /* [end]: on the way to that end */
	u32 users;
};

struct memory_port {
	struct port port;
	struct wire *wire;
	u32 end;
};

static struct memory_port *memory_of(struct port *port)
{
	return (struct memory_port *)port;
}

static struct pkt *queue_take(struct queue *queue)
{
	struct pkt *pkt;

	if (queue->count == 0)
		return NULL;
	pkt = queue->pkt[queue->head];
	queue->head = queue->head + 1 == queue->size ? 0 : queue->head + 1;
	queue->count--;
	return pkt;
}

static bool queue_add(struct queue *queue, struct pkt *pkt)
{
	u32 at = queue->head + queue->count;

	if (queue->count == queue->size)
		return false;
	queue->pkt[at >= queue->size ? at - queue->size : at] = pkt;
	queue->count++;
	return true;
}

/* A packet as the far end sees it: nothing but the frame and its facts. */
static struct pkt *rx_one(struct port *port, struct pkt_pool *pool, const struct pkt *sent)
{
	u32 link_len = (u32)(sent->l3 - sent->l2);
	struct pkt *pkt = pkt_new(pool, sent->len);

	if (pkt == NULL)
		return NULL;
	CHECK(link_len <= PKT_HEADROOM);
	pkt->l2 = (u16)(pkt->l3 - link_len);
	memcpy(pkt_frame(pkt), pkt_frame(sent), pkt_frame_len(sent));
	pkt->flags = sent->flags & (PKT_CSUM_PARTIAL | PKT_CSUM_VALID);
	pkt->csum_start = sent->csum_start;
	pkt->csum_offset = sent->csum_offset;
	pkt->gso_type = sent->gso_type;
	pkt->gso_size = sent->gso_size;
	pkt->in_if = port->iface;
	if (port->link == IFACE_RAW_IP)
		pkt->flags |= PKT_RAW_IP;
	return pkt;
}

static void rx_link_flags(const struct port *port, struct pkt *pkt)
{
	const struct eth_hdr *eth = (const void *)pkt_frame(pkt);

	if (port->link != IFACE_ETHERNET)
		return;
	if (mac_is_broadcast(&eth->dst))
		pkt->flags |= PKT_LINK_BROADCAST;
	else if (mac_is_group(&eth->dst))
		pkt->flags |= PKT_LINK_MULTICAST;
	else if (!mac_eq(&eth->dst, &port->mac))
		pkt->flags |= PKT_LINK_OTHER;
}

static u32 memory_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	struct memory_port *dev = memory_of(port);
	u32 before = rx->count;
	struct pkt *sent;

	while (rx->count < BATCH_MAX && (sent = queue_take(&dev->wire->queue[dev->end])) != NULL) {
		struct pkt *pkt = rx_one(port, pool, sent);

		pkt_put(sent);
		if (pkt == NULL) {
			port->stats.losses.rx_no_packet++;
			continue;
		}
		rx_link_flags(port, pkt);
		port->stats.rx_packets++;
		port->stats.rx_bytes += pkt_frame_len(pkt);
		(void)batch_add(rx, pkt);
	}
	return rx->count - before;
}

static u32 memory_tx(struct port *port, struct batch *tx)
{
	struct memory_port *dev = memory_of(port);
	struct queue *queue = &dev->wire->queue[1 - dev->end];
	u32 kept = 0, before = tx->count;

	for (u32 i = 0; i < tx->count; i++) {
		/* A driver's frame must not wait here. */
		struct pkt *pkt = queue->count < queue->size ? pkt_keep(tx->pkt[i]) : NULL;

		if (pkt == NULL || !queue_add(queue, pkt)) {
			tx->pkt[kept++] = tx->pkt[i];
			port->stats.losses.tx_full++;
			continue;
		}
		port->stats.tx_packets++;
		port->stats.tx_bytes += pkt_frame_len(pkt);
	}
	tx->count = kept;
	return before - kept;
}

static int memory_fd(const struct port *port)
{
	(void)port;
	return -1;
}

static void queue_drain(struct queue *queue)
{
	struct pkt *pkt;

	while ((pkt = queue_take(queue)) != NULL)
		pkt_put(pkt);
}

static void memory_close(struct port *port)
{
	struct memory_port *dev = memory_of(port);

	if (--dev->wire->users == 0) {
		queue_drain(&dev->wire->queue[0]);
		queue_drain(&dev->wire->queue[1]);
		free(dev->wire);
	}
	free(dev);
}

static const struct port_driver memory_driver = {
	.name = "memory",
	.rx = memory_rx,
	.tx = memory_tx,
	.fd = memory_fd,
	.close = memory_close,
};

static struct port *end_new(const struct memory_conf *conf, struct wire *wire, u32 end)
{
	struct memory_port *dev = calloc(1, sizeof *dev);

	if (dev == NULL)
		return NULL;
	dev->wire = wire;
	dev->end = end;
	wire->users++;
	dev->port.driver = &memory_driver;
	(void)snprintf(dev->port.name, sizeof dev->port.name, "%s", conf->name[end]);
	dev->port.iface = conf->iface[end];
	dev->port.up = true;
	dev->port.link_flags = conf->link == IFACE_ETHERNET;
	dev->port.link = conf->link;
	/* Locally administered; the two ends differ. */
	dev->port.mac = (struct mac){ { 2, 0, 0, 0, 0, (u8)(end + 1) } };
	dev->port.mtu = conf->mtu;
	dev->port.offloads = conf->offloads;
	return &dev->port;
}

bool memory_open(const struct memory_conf *conf, struct port *ends[2], char *why, size_t why_size)
{
	struct wire *wire;

	ends[0] = ends[1] = NULL;
	if (conf->count == 0 || conf->count > MEMORY_PORT_MAX) {
		(void)snprintf(why, why_size, "a queue in memory holds 1 to %d packets, not %u",
			       MEMORY_PORT_MAX, conf->count);
		return false;
	}
	wire = calloc(1, sizeof *wire);
	if (wire == NULL) {
		(void)snprintf(why, why_size, "out of memory");
		return false;
	}
	wire->queue[0].size = wire->queue[1].size = conf->count;
	ends[0] = end_new(conf, wire, 0);
	ends[1] = end_new(conf, wire, 1);
	if (ends[0] != NULL && ends[1] != NULL)
		return true;
	(void)snprintf(why, why_size, "out of memory");
	if (wire->users == 0)
		free(wire);
	port_close(ends[0]);
	port_close(ends[1]);
	ends[0] = ends[1] = NULL;
	return false;
}
