/* AF_PACKET: a ring that the kernel writes, and bursts of sendmmsg().
 *
 * In. TPACKET_V2 (V3 hands over blocks, and a block's time-out adds a millisecond) with virtio-net
 * headers. Frames are used in place: pkt->ring_done points to the frame's tp_status. A frame holds
 * one packet of the interface's MTU; what is larger (segments of up to 64 KB that GRO or a local
 * sender made) does not come through the ring: with PACKET_COPY_THRESH the kernel queues the whole
 * packet, by reference, at the socket and marks the frame TP_STATUS_COPY, and recvmsg() copies it
 * into a large buffer of the pool. The other design, frames that hold 64 KB each, was measured
 * beside this one (veth, one core, three rounds in turn, medians): 470 against 553 thousand small
 * packets a second, 15.8 against 17.0 Gbit/s in bulk, which is no more than that machine's noise;
 * 128 MB against 2 MB a port, which decides.
 * Which queued packet belongs to which frame does not matter: there are as many of one as of the
 * other, and the facts come with the message.
 *
 * A frame handed out is marked FRAME_HELD until it is put, so that a ring that has come round does
 * not hand it out twice. When so many are held that the kernel finds none free, it drops and
 * counts (rx_lost).
 *
 * Before l3 there are at least 64 bytes for a longer link header (tp_reserve).
 *
 * Out. Two sockets, both past the queueing discipline: plain frames go through an AF_XDP socket
 * that only transmits (xsktx.h), where the kernel has it; segments, and long packets whose sum is
 * for the device to finish, through a packet socket with virtio-net headers. The order of a batch
 * is kept, a run of one kind after the other.
 *
 * Limits: frames with a VLAN tag are not for this interface: the kernel hands them to the VLAN's
 * own. Where frames are passed on whole, the tag that it took out is put back. Kernels before 6.2
 * cannot describe UDP segments here and drop them before they reach us.                          */
#include "host/io/afpacket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/pkt/segment.h"
#include "host/io/vnet.h"
#include "host/io/xsktx.h"
#include "host/os/clock.h"
#include "host/os/netlink.h"

enum {
	/* Makes the IP header lie on a 16-byte border: 10 bytes of virtio-net header follow. */
	FRAME_RESERVE = 64 + 6,
	/* Where buf begins: behind what the kernel writes about the frame. */
	FRAME_INFO = 64,
	FRAME_SIZE_MIN = 2048,
	FRAME_HELD = 1u << 30,
	BLOCK_SIZE = 1 << 20,
	SOCKET_BUFFER = 8 << 20,
	COPY_THRESH = 1,
	TAG_LEN = 4,
	CSUM_BYTES_MAX = 512,
};
_Static_assert(sizeof(struct tpacket2_hdr) + sizeof(struct sockaddr_ll) <= FRAME_INFO,
	       "the kernel's part of a frame");
_Static_assert(sizeof(struct tpacket2_hdr) % TPACKET_ALIGNMENT == 0, "the address follows it");
_Static_assert(TP_STATUS_KERNEL == 0, "pkt_put() clears the word");

struct afpacket {
	struct port port;
	int rx_fd;
	int tx_fd;
	u8 *ring;
	u64 ring_bytes;
	u32 frame_size;
	u32 frame_count;
	u32 head; /* the next frame to look at */
	bool whole;
	ns_t wall_ns;      /* of the day less os_now(), at the latest rx */
	struct xsktx *xsk; /* NULL: the packet socket sends all */
	struct iovec iov[BATCH_MAX];
	struct mmsghdr message[BATCH_MAX];
};

static struct afpacket *afpacket_of(struct port *port)
{
	return (struct afpacket *)port;
}

/* ---- in ------------------------------------------------------------------------------------ */

static const u32 link_flags_of[] = {
	[PACKET_HOST] = 0,
	[PACKET_BROADCAST] = PKT_LINK_BROADCAST,
	[PACKET_MULTICAST] = PKT_LINK_MULTICAST,
	[PACKET_OTHERHOST] = PKT_LINK_OTHER,
};

static struct tpacket2_hdr *frame_at(const struct afpacket *dev, u32 idx)
{
	return (struct tpacket2_hdr *)(void *)(dev->ring + (u64)idx * dev->frame_size);
}

static u32 frame_status(const struct tpacket2_hdr *frame)
{
	return __atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE);
}

static void frame_release(struct tpacket2_hdr *frame)
{
	__atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

/* What every received packet gets, however it came; l2, l3, len and buf are set. */
static bool rx_describe(struct afpacket *dev, struct pkt *pkt, const struct virtio_net_hdr *vnet,
			u32 pkttype, u32 status)
{
	if (pkttype < ARRAY_COUNT(link_flags_of))
		pkt->flags |= link_flags_of[pkttype];
	if (!vnet_to_pkt(vnet, pkt)) {
		dev->port.stats.losses.rx_bad++;
		return false;
	}
	if ((status & TP_STATUS_CSUM_VALID) != 0 && (pkt->flags & PKT_CSUM_PARTIAL) == 0)
		pkt->flags |= PKT_CSUM_VALID;
	pkt->in_if = dev->port.iface;
	dev->port.stats.rx_packets++;
	dev->port.stats.rx_bytes += pkt_frame_len(pkt);
	return true;
}

/* Puts a tag back where the kernel took it out; its name is not always told. */
static void tag_put(struct pkt *pkt, u32 status, u16 name, u16 tag)
{
	u8 *frame;

	if ((status & TP_STATUS_VLAN_TPID_VALID) == 0)
		name = ETH_P_8021Q;
	CHECK(pkt->l2 >= TAG_LEN);
	pkt->l2 = (u16)(pkt->l2 - TAG_LEN);
	frame = pkt_frame(pkt);
	memmove(frame, frame + TAG_LEN, 2 * ETH_ALEN);
	be16_store(frame + 2 * ETH_ALEN, be16_of(name));
	be16_store(frame + 2 * ETH_ALEN + sizeof(be16), be16_of(tag));
}

/* When the kernel had it, which is before we look. */
static ns_t frame_time(const struct afpacket *dev, const struct tpacket2_hdr *frame)
{
	return (u64)frame->tp_sec * NS_PER_SEC + frame->tp_nsec - dev->wall_ns;
}

/* The socket's copy of a packet that was too large for its frame. NULL: not to be had. */
static struct pkt *rx_copy(struct afpacket *dev, struct pkt_pool *pool)
{
	struct pkt *pkt = pkt_new(pool, PKT_LARGE_SIZE - PKT_HEADROOM);
	struct virtio_net_hdr vnet;
	struct sockaddr_ll from;
	union {
		char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	struct iovec iov[2] = { { &vnet, sizeof vnet }, { &vnet, 0 } };
	struct msghdr message = { &from, sizeof from, iov, 2, &control, sizeof control, 0 };
	struct tpacket_auxdata aux = { 0 };
	const struct cmsghdr *first;
	ssize_t got;

	if (pkt != NULL) {
		iov[1].iov_base = pkt->buf + PKT_HEADROOM - ETH_HLEN;
		iov[1].iov_len = PKT_LARGE_SIZE - PKT_HEADROOM;
	}
	got = recvmsg(dev->rx_fd, &message, MSG_DONTWAIT);
	if (pkt == NULL) {
		dev->port.stats.losses.rx_no_packet++;
		return NULL;
	}
	first = CMSG_FIRSTHDR(&message);
	if (first != NULL && first->cmsg_level == SOL_PACKET && first->cmsg_type == PACKET_AUXDATA)
		memcpy(&aux, CMSG_DATA(first), sizeof aux);
	if (got < VNET_HLEN + ETH_HLEN || (message.msg_flags & MSG_TRUNC) != 0) {
		dev->port.stats.losses.rx_bad++;
	} else if ((aux.tp_status & TP_STATUS_VLAN_VALID) != 0 && !dev->whole) {
		dev->port.stats.losses.rx_vlan++;
	} else {
		pkt->l2 = PKT_HEADROOM - ETH_HLEN;
		pkt->len = (u32)got - VNET_HLEN - ETH_HLEN;
		if (rx_describe(dev, pkt, &vnet, from.sll_pkttype, aux.tp_status)) {
			if ((aux.tp_status & TP_STATUS_VLAN_VALID) != 0)
				tag_put(pkt, aux.tp_status, aux.tp_vlan_tpid, aux.tp_vlan_tci);
			return pkt;
		}
	}
	pkt_put(pkt);
	return NULL;
}

/* A frame used where it lies. NULL: not fit for use, and given back. */
static struct pkt *rx_frame(struct afpacket *dev, struct pkt_pool *pool, struct tpacket2_hdr *frame,
			    u32 status)
{
	u8 *base = (u8 *)frame;
	const struct sockaddr_ll *from = (const void *)(frame + 1);
	struct virtio_net_hdr vnet;
	struct pkt *pkt;

	if ((status & TP_STATUS_VLAN_VALID) != 0 && !dev->whole) {
		dev->port.stats.losses.rx_vlan++;
		frame_release(frame);
		return NULL;
	}
	if (frame->tp_snaplen < frame->tp_len || frame->tp_len < ETH_HLEN) {
		if (frame->tp_len < ETH_HLEN)
			dev->port.stats.losses.rx_bad++;
		else
			dev->port.stats.losses.rx_lost++; /* no room at the socket for its copy */
		frame_release(frame);
		return NULL;
	}
	memcpy(&vnet, base + frame->tp_mac - VNET_HLEN, sizeof vnet);
	pkt = pkt_new_ring(pool, base + FRAME_INFO, dev->frame_size - FRAME_INFO,
			   &frame->tp_status);
	if (pkt == NULL)
		return NULL;
	pkt->l2 = (u16)(frame->tp_mac - FRAME_INFO);
	pkt->l3 = (u16)(pkt->l2 + ETH_HLEN);
	pkt->len = frame->tp_len - ETH_HLEN;
	frame->tp_status = FRAME_HELD;
	if (rx_describe(dev, pkt, &vnet, from->sll_pkttype, status)) {
		if ((status & TP_STATUS_VLAN_VALID) != 0)
			tag_put(pkt, status, frame->tp_vlan_tpid, frame->tp_vlan_tci);
		return pkt;
	}
	pkt_put(pkt);
	return NULL;
}

static u32 afpacket_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	struct afpacket *dev = afpacket_of(port);
	u32 before = rx->count, refused = 0;

	if (dev->xsk != NULL) {
		xsktx_flush(dev->xsk, &refused);
		port->stats.losses.tx_full += refused;
	}
	if (dev->whole)
		dev->wall_ns = os_wall() - os_now();
	for (u32 looked = 0; looked < BATCH_MAX && rx->count < BATCH_MAX; looked++) {
		struct tpacket2_hdr *frame = frame_at(dev, dev->head);
		u32 status = frame_status(frame);
		u32 next = dev->head + 1 == dev->frame_count ? 0 : dev->head + 1;
		struct pkt *pkt;
		ns_t came_ns;

		if ((status & TP_STATUS_USER) == 0)
			break;
		came_ns = dev->whole ? frame_time(dev, frame) : 0;
		prefetch_write(frame_at(dev, next));
		if ((status & TP_STATUS_COPY) != 0) {
			pkt = rx_copy(dev, pool);
			frame_release(frame);
		} else {
			if (pool->free_count[PKT_CLASS_RING] == 0) {
				port->stats.losses.rx_no_packet++;
				break;
			}
			pkt = rx_frame(dev, pool, frame, status);
		}
		dev->head = next;
		if (pkt == NULL)
			continue;
		if (came_ns != 0)
			pkt->rx_ns = came_ns;
		(void)batch_add(rx, pkt);
	}
	return rx->count - before;
}

/* ---- out ----------------------------------------------------------------------------------- */

/* The virtio-net header goes right before the frame, where every packet has room, so that one
 * piece of memory is the whole message: the kernel copies that without a list of pieces.         */
static void tx_describe(struct afpacket *dev, u32 at, struct pkt *pkt)
{
	struct virtio_net_hdr vnet;
	u8 *begin = pkt_frame(pkt) - VNET_HLEN;

	CHECK(pkt->l2 >= VNET_HLEN);
	vnet_from_pkt(pkt, (u32)(pkt->l3 - pkt->l2), &vnet);
	memcpy(begin, &vnet, VNET_HLEN);
	dev->iov[at] = (struct iovec){ begin, VNET_HLEN + pkt_frame_len(pkt) };
	dev->message[at].msg_hdr = (struct msghdr){ .msg_iov = &dev->iov[at], .msg_iovlen = 1 };
}

/* Counts a packet that was not sent. True: the next one may fare better. */
static bool tx_failed(struct port *port, int err)
{
	switch (err) {
	case ENOBUFS: port->stats.losses.tx_full++; return true;
	case EAGAIN: port->stats.losses.tx_full++; return false;
	case ENETDOWN:
	case ENXIO:
	case ENODEV: port->stats.losses.tx_refused++; return false;
	default: port->stats.losses.tx_refused++; return true;
	}
}

static void tx_sent(struct port *port, struct pkt *pkt)
{
	port->stats.tx_packets++;
	port->stats.tx_bytes += pkt_frame_len(pkt);
	pkt_put(pkt);
}

/* Packets from..to by the packet socket; what was not sent is gathered at tx->pkt[*kept]. */
static void tx_messages(struct afpacket *dev, struct batch *tx, u32 from, u32 to, u32 *kept)
{
	bool go_on = true;
	u32 at = from;

	for (; at < to; at++)
		tx_describe(dev, at, tx->pkt[at]);
	for (at = from; at < to && go_on;) {
		int sent = sendmmsg(dev->tx_fd, &dev->message[at], to - at, MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			go_on = tx_failed(&dev->port, errno);
			tx->pkt[(*kept)++] = tx->pkt[at++];
			continue;
		}
		for (u32 end = at + (u32)sent; at < end; at++)
			tx_sent(&dev->port, tx->pkt[at]);
	}
	dev->port.stats.losses.tx_full += to - at;
	while (at < to)
		tx->pkt[(*kept)++] = tx->pkt[at++];
}

/* The same for packets that ask the device for nothing. */
static void tx_plain(struct afpacket *dev, struct batch *tx, u32 from, u32 to, u32 *kept)
{
	u32 refused = 0;
	u32 taken = xsktx_send(dev->xsk, &tx->pkt[from], to - from, &refused);
	u32 sent = taken - u32_min(taken, refused);

	for (u32 at = from; at < from + sent; at++)
		tx_sent(&dev->port, tx->pkt[at]);
	dev->port.stats.losses.tx_full += to - from - sent;
	for (u32 at = from + sent; at < to; at++)
		tx->pkt[(*kept)++] = tx->pkt[at];
}

/* Whether the packet goes by the quick way. The sum of a short packet is quicker finished here than
 * left to the kernel.                                                                            */
static bool tx_is_plain(const struct afpacket *dev, struct pkt *pkt)
{
	if (dev->xsk == NULL)
		return false;
	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0 && pkt->gso_type == GSO_NONE &&
	    pkt->len <= CSUM_BYTES_MAX)
		pkt_finish_csum(pkt);
	return xsktx_takes(pkt);
}

static u32 afpacket_tx(struct port *port, struct batch *tx)
{
	struct afpacket *dev = afpacket_of(port);
	u32 kept = 0, count = tx->count;

	for (u32 from = 0, to; from < count; from = to) {
		bool plain = tx_is_plain(dev, tx->pkt[from]);

		for (to = from + 1; to < count && tx_is_plain(dev, tx->pkt[to]) == plain; to++)
			continue;
		if (plain)
			tx_plain(dev, tx, from, to, &kept);
		else
			tx_messages(dev, tx, from, to, &kept);
	}
	tx->count = kept;
	return count - kept;
}

/* ---- the rest of the contract -------------------------------------------------------------- */

static int afpacket_fd(const struct port *port)
{
	return ((const struct afpacket *)port)->rx_fd;
}

static void afpacket_count(struct port *port)
{
	struct tpacket_stats stats = { 0, 0 };
	socklen_t len = sizeof stats;

	/* Reading them sets them to zero. */
	if (getsockopt(afpacket_of(port)->rx_fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		port->stats.losses.rx_lost += stats.tp_drops;
}

/* An interface that went has taken the sockets off; another one may have its number and name. */
static bool socket_is_bound(const struct afpacket *dev)
{
	struct sockaddr_ll addr = { .sll_ifindex = 0 };
	socklen_t len = sizeof addr;

	return getsockname(dev->rx_fd, (struct sockaddr *)&addr, &len) == 0 &&
	       addr.sll_ifindex == (int)dev->port.os_index;
}

/* That the interface went down is an error of the sockets until somebody reads it, and for as long
 * whoever waits for packets is woken at once.                                                    */
static void socket_forgive(int fd)
{
	int err;
	socklen_t len = sizeof err;

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
}

static bool afpacket_refresh(struct port *port)
{
	struct afpacket *dev = afpacket_of(port);
	struct ifreq request = { .ifr_ifindex = (int)port->os_index };
	bool there = socket_is_bound(dev) && ioctl(dev->tx_fd, SIOCGIFNAME, &request) == 0;

	port->up = false;
	socket_forgive(dev->rx_fd);
	socket_forgive(dev->tx_fd);
	if (!there || strcmp(request.ifr_name, port->name) != 0)
		return false;
	if (ioctl(dev->tx_fd, SIOCGIFFLAGS, &request) == 0)
		port->up = (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	if (ioctl(dev->tx_fd, SIOCGIFMTU, &request) == 0)
		port->mtu = (u32)request.ifr_mtu;
	if (ioctl(dev->tx_fd, SIOCGIFHWADDR, &request) == 0)
		memcpy(port->mac.byte, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return true;
}

static void afpacket_close(struct port *port)
{
	struct afpacket *dev = afpacket_of(port);

	xsktx_close(dev->xsk);
	if (dev->ring != NULL)
		(void)munmap(dev->ring, dev->ring_bytes);
	if (dev->rx_fd >= 0)
		(void)close(dev->rx_fd);
	if (dev->tx_fd >= 0)
		(void)close(dev->tx_fd);
	free(dev);
}

static const struct port_driver afpacket_driver = {
	.name = "afpacket",
	.rx = afpacket_rx,
	.tx = afpacket_tx,
	.fd = afpacket_fd,
	.count = afpacket_count,
	.refresh = afpacket_refresh,
	.close = afpacket_close,
};

/* ---- opening ------------------------------------------------------------------------------- */

static bool option_set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0;
}

static bool socket_bind(int fd, u32 os_index, u16 protocol)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(protocol),
				    .sll_ifindex = (int)os_index };

	return bind(fd, (const struct sockaddr *)&addr, sizeof addr) == 0;
}

static void frame_measure(struct afpacket *dev, u32 mtu)
{
	u32 need = FRAME_INFO + 32 + FRAME_RESERVE + VNET_HLEN + ETH_HLEN + mtu;
	u32 size = FRAME_SIZE_MIN;

	/* A power of two, so that blocks hold a whole number of frames. */
	while (size < need && size < BLOCK_SIZE)
		size *= 2;
	dev->frame_size = size;
}

static bool ring_open(struct afpacket *dev, u32 frame_count)
{
	u32 per_block = BLOCK_SIZE / dev->frame_size;
	u32 blocks = (frame_count + per_block - 1) / per_block;
	struct tpacket_req request = { .tp_block_size = BLOCK_SIZE,
				       .tp_block_nr = blocks,
				       .tp_frame_size = dev->frame_size,
				       .tp_frame_nr = blocks * per_block };

	dev->ring_bytes = (u64)blocks * BLOCK_SIZE;
	dev->frame_count = request.tp_frame_nr;
	if (setsockopt(dev->rx_fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
		return false;
	dev->ring = mmap(NULL, dev->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 dev->rx_fd, 0);
	if (dev->ring == MAP_FAILED)
		dev->ring = NULL;
	return dev->ring != NULL;
}

static const char *rx_open(struct afpacket *dev, u32 frame_count)
{
	int size = SOCKET_BUFFER;

	/* Without a protocol nothing comes in before the ring is there. */
	dev->rx_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (dev->rx_fd < 0)
		return "a packet socket";
	if (setsockopt(dev->rx_fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(dev->rx_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (!option_set(dev->rx_fd, PACKET_VERSION, TPACKET_V2) ||
	    !option_set(dev->rx_fd, PACKET_VNET_HDR, 1) ||
	    !option_set(dev->rx_fd, PACKET_AUXDATA, 1) ||
	    !option_set(dev->rx_fd, PACKET_COPY_THRESH, COPY_THRESH) ||
	    !option_set(dev->rx_fd, PACKET_IGNORE_OUTGOING, 1) ||
	    !option_set(dev->rx_fd, PACKET_RESERVE, FRAME_RESERVE))
		return "the options of a packet socket (Linux 4.20 or later)";
	if (!ring_open(dev, frame_count))
		return "the memory of the ring";
	if (!socket_bind(dev->rx_fd, dev->port.os_index, ETH_P_ALL))
		return "listening";
	return NULL;
}

/* Frames to whatever station, until the socket is closed. */
static const char *hear_all(const struct afpacket *dev)
{
	struct packet_mreq request = { .mr_ifindex = (int)dev->port.os_index,
				       .mr_type = PACKET_MR_PROMISC };

	if (setsockopt(dev->rx_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) !=
	    0)
		return "frames to other stations";
	return NULL;
}

static const char *tx_open(struct afpacket *dev)
{
	int size = SOCKET_BUFFER;

	dev->tx_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (dev->tx_fd < 0)
		return "a packet socket";
	if (setsockopt(dev->tx_fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(dev->tx_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (!option_set(dev->tx_fd, PACKET_VNET_HDR, 1) ||
	    !option_set(dev->tx_fd, PACKET_QDISC_BYPASS, 1))
		return "the options of a packet socket (Linux 4.20 or later)";
	if (!socket_bind(dev->tx_fd, dev->port.os_index, 0))
		return "sending";
	return NULL;
}

static bool iface_fits(const struct os_iface *iface, char *why, size_t why_size)
{
	if (!iface->ethernet) {
		(void)snprintf(why, why_size,
			       "'%s' is no Ethernet interface; only those can be taken (TUN "
			       "devices have a driver of their own)",
			       iface->name);
		return false;
	}
	if (iface->master != 0) {
		(void)snprintf(why, why_size,
			       "'%s' belongs to a bridge, bond or VRF; take that one instead "
			       "(`ip link show %s` names it after `master`)",
			       iface->name, iface->name);
		return false;
	}
	return true;
}

static void facts_set(struct port *port, const struct os_iface *iface, u16 index)
{
	port->driver = &afpacket_driver;
	memcpy(port->name, iface->name, sizeof port->name);
	port->iface = index;
	port->link_flags = true;
	port->link = IFACE_ETHERNET;
	memcpy(port->mac.byte, iface->mac, ETH_ALEN);
	port->mtu = iface->mtu;
	/* What the device cannot do, the kernel does on the way to it. */
	port->offloads = IFACE_TX_CSUM | IFACE_TX_TSO;
	if (vnet_kernel_has_uso())
		port->offloads |= IFACE_TX_USO;
	port->os_index = iface->index;
	port->up = iface->running;
}

struct port *afpacket_open(const struct afpacket_conf *conf, char *why, size_t why_size)
{
	u32 frame_count = conf->frame_count == 0 ? AFPACKET_FRAMES : conf->frame_count;
	struct os_iface iface;
	struct afpacket *dev;
	const char *part;

	if (!os_iface_read(conf->name, &iface, why, why_size) || !iface_fits(&iface, why, why_size))
		return NULL;
	if (!iface.up && conf->whole) {
		(void)snprintf(why, why_size, "'%s' is down; `ip link set %s up` first", iface.name,
			       iface.name);
		return NULL;
	}
	if (!iface.up && !os_iface_set_up(iface.index, why, why_size))
		return NULL;
	dev = calloc(1, sizeof *dev);
	if (dev == NULL) {
		(void)snprintf(why, why_size, "interface '%s': out of memory", conf->name);
		return NULL;
	}
	dev->rx_fd = dev->tx_fd = -1;
	dev->whole = conf->whole;
	facts_set(&dev->port, &iface, conf->iface);
	frame_measure(dev, iface.mtu);
	part = rx_open(dev, frame_count);
	if (part == NULL)
		part = tx_open(dev);
	if (part == NULL && conf->whole)
		part = hear_all(dev);
	if (part != NULL) {
		(void)snprintf(why, why_size, "interface '%s': %s: %s%s", conf->name, part,
			       strerror(errno),
			       errno == EPERM ? "; this needs root (CAP_NET_RAW)" : "");
		port_close(&dev->port);
		return NULL;
	}
	if (!conf->whole)
		dev->xsk = xsktx_open(iface.name);
	(void)afpacket_refresh(&dev->port);
	return &dev->port;
}
