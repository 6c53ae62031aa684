/* Captures through libpcap, classic and pcapng to read, classic with nanoseconds to write. What has
 * a link header comes in as Ethernet. A packet that was cut when it was captured is counted as bad:
 * half a packet is none.                                                                        */
#include "host/io/pcap.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/pkt/segment.h"
#include "host/io/pcap_link.h"

enum { SNAP_MAX = 262144 };

struct pcap_port {
	struct port port;
	pcap_t *in;
	int type;     /* of its link, as libpcap numbers them */
	pcap_t *dead; /* what libpcap wants for writing without an interface */
	pcap_dumper_t *out;
	bool ended;
	bool broken;  /* it ended before its end */
	ns_t last_ns; /* of the newest packet read: what is sent carries it too */
};

static struct pcap_port *pcap_of(struct port *port)
{
	return (struct pcap_port *)port;
}

static struct pkt *rx_one(struct pcap_port *dev, struct pkt_pool *pool,
			  const struct pcap_pkthdr *info, const u8 *frame)
{
	struct port *port = &dev->port;
	u32 link_len = pcap_link_len(dev->type);
	struct eth_hdr eth;
	struct pkt *pkt;

	if (info->caplen < info->len || info->len < link_len ||
	    info->len - link_len > PKT_LARGE_SIZE - PKT_HEADROOM) {
		port->stats.losses.rx_bad++;
		return NULL;
	}
	if (link_len > 0)
		pcap_link_eth(dev->type, frame, &eth);
	if (link_len > 0 && be16_host(eth.type) == ETH_TYPE_VLAN) {
		port->stats.losses.rx_vlan++;
		return NULL;
	}
	pkt = pkt_new(pool, info->len - link_len);
	if (pkt == NULL) {
		port->stats.losses.rx_no_packet++;
		return NULL;
	}
	pkt->in_if = port->iface;
	memcpy(pkt_l3(pkt), frame + link_len, info->len - link_len);
	if (link_len == 0) {
		pkt->l2 = pkt->l3;
		pkt->flags |= PKT_RAW_IP;
	} else {
		pkt->l2 = (u16)(pkt->l3 - ETH_HLEN);
		memcpy(pkt_frame(pkt), &eth, sizeof eth);
		if (mac_is_broadcast(&eth.dst))
			pkt->flags |= PKT_LINK_BROADCAST;
		else if (mac_is_group(&eth.dst))
			pkt->flags |= PKT_LINK_MULTICAST;
	}
	/* Opened for nanoseconds, the field of microseconds holds those. */
	pkt->rx_ns = (u64)info->ts.tv_sec * NS_PER_SEC + (u64)info->ts.tv_usec;
	return pkt;
}

/* The next of the capture; NULL: it was its end, or what came was counted as lost. */
static struct pkt *rx_next(struct pcap_port *dev, struct pkt_pool *pool)
{
	struct pcap_pkthdr *info;
	const u8 *frame;
	struct pkt *pkt;
	int got = pcap_next_ex(dev->in, &info, &frame);

	if (got != 1) {
		dev->ended = true;
		dev->broken = got != PCAP_ERROR_BREAK;
		return NULL;
	}
	pkt = rx_one(dev, pool, info, frame);
	if (pkt == NULL)
		return NULL;
	dev->last_ns = pkt->rx_ns;
	dev->port.stats.rx_packets++;
	dev->port.stats.rx_bytes += pkt_frame_len(pkt);
	return pkt;
}

static u32 pcap_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	struct pcap_port *dev = pcap_of(port);
	u32 before = rx->count;

	for (u32 read = 0; read < BATCH_MAX && rx->count < BATCH_MAX && !dev->ended; read++) {
		struct pkt *pkt = rx_next(dev, pool);

		if (pkt != NULL)
			(void)batch_add(rx, pkt);
	}
	return rx->count - before;
}

struct pkt *pcap_port_next(struct port *port, struct pkt_pool *pool)
{
	struct pcap_port *dev = pcap_of(port);
	struct pkt *pkt = NULL;

	while (pkt == NULL && !dev->ended)
		pkt = rx_next(dev, pool);
	return pkt;
}

static void tx_one(struct pcap_port *dev, struct pkt *pkt)
{
	ns_t when = pkt->rx_ns != 0 ? pkt->rx_ns : dev->last_ns;
	struct pcap_pkthdr info = { .caplen = pkt_frame_len(pkt), .len = pkt_frame_len(pkt) };

	info.ts.tv_sec = (time_t)(when / NS_PER_SEC);
	info.ts.tv_usec = (suseconds_t)(when % NS_PER_SEC);
	pkt_finish_csum(pkt);
	if (dev->out != NULL)
		pcap_dump((u8 *)dev->out, &info, pkt_frame(pkt));
}

static u32 pcap_tx(struct port *port, struct batch *tx)
{
	u32 kept = 0, before = tx->count;

	for (u32 i = 0; i < before; i++) {
		struct pkt *pkt = tx->pkt[i];

		if (pkt->gso_type != GSO_NONE) {
			port->stats.losses.tx_refused++;
			tx->pkt[kept++] = pkt;
			continue;
		}
		port->stats.tx_packets++;
		port->stats.tx_bytes += pkt_frame_len(pkt);
		tx_one(pcap_of(port), pkt);
		pkt_put(pkt);
	}
	tx->count = kept;
	return before - kept;
}

static int pcap_fd(const struct port *port)
{
	(void)port;
	return -1;
}

static void pcap_port_close(struct port *port)
{
	struct pcap_port *dev = pcap_of(port);

	if (dev->out != NULL)
		pcap_dump_close(dev->out);
	if (dev->dead != NULL)
		pcap_close(dev->dead);
	if (dev->in != NULL)
		pcap_close(dev->in);
	free(dev);
}

static const struct port_driver pcap_driver = {
	.name = "pcap",
	.rx = pcap_rx,
	.tx = pcap_tx,
	.fd = pcap_fd,
	.close = pcap_port_close,
};

bool pcap_port_ended(const struct port *port)
{
	return ((const struct pcap_port *)port)->ended;
}

const char *pcap_port_broken(const struct port *port)
{
	const struct pcap_port *dev = (const struct pcap_port *)port;

	return dev->broken ? pcap_geterr(dev->in) : NULL;
}

const char *pcap_said(const char *path, const char *text)
{
	size_t len = strlen(path);

	return strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0 ? text + len + 2
										  : text;
}

static bool in_open(struct pcap_port *dev, const char *path, char *why, size_t why_size)
{
	char err[PCAP_ERRBUF_SIZE];

	dev->in = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);
	if (dev->in == NULL) {
		(void)snprintf(why, why_size, "capture %s: %s", path, pcap_said(path, err));
		return false;
	}
	dev->type = pcap_datalink(dev->in);
	if (!pcap_link_is_known(dev->type)) {
		(void)snprintf(why, why_size, "capture %s: link type %d; " PCAP_LINK_RIGHT, path,
			       dev->type);
		return false;
	}
	dev->port.link = pcap_link_len(dev->type) > 0 ? IFACE_ETHERNET : IFACE_RAW_IP;
	return true;
}

static bool out_open(struct pcap_port *dev, const char *path, char *why, size_t why_size)
{
	int type = dev->port.link == IFACE_ETHERNET ? DLT_EN10MB : DLT_RAW;

	dev->dead = pcap_open_dead_with_tstamp_precision(type, SNAP_MAX,
							 PCAP_TSTAMP_PRECISION_NANO);
	if (dev->dead == NULL) {
		(void)snprintf(why, why_size, "out of memory");
		return false;
	}
	dev->out = pcap_dump_open(dev->dead, path);
	if (dev->out == NULL)
		(void)snprintf(why, why_size, "capture %s: %s", path,
			       pcap_said(path, pcap_geterr(dev->dead)));
	return dev->out != NULL;
}

struct port *pcap_port_open(const struct pcap_conf *conf, char *why, size_t why_size)
{
	struct pcap_port *dev = calloc(1, sizeof *dev);
	bool ok = true;

	if (dev == NULL) {
		(void)snprintf(why, why_size, "out of memory");
		return NULL;
	}
	dev->port.driver = &pcap_driver;
	(void)snprintf(dev->port.name, sizeof dev->port.name, "%s", conf->name);
	dev->port.iface = conf->iface;
	dev->port.up = true;
	dev->port.link = conf->link;
	dev->port.mac = (struct mac){ { 2, 0, 0, 0, 0, 1 } };
	dev->port.mtu = UINT16_MAX;
	dev->ended = conf->read_path == NULL;
	if (conf->read_path != NULL)
		ok = in_open(dev, conf->read_path, why, why_size);
	if (ok && conf->write_path != NULL)
		ok = out_open(dev, conf->write_path, why, why_size);
	dev->port.link_flags = dev->port.link == IFACE_ETHERNET;
	if (ok)
		return &dev->port;
	port_close(&dev->port);
	return NULL;
}
