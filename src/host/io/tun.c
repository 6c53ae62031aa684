/* TUN with virtio-net headers and every offload: segments of up to 64 KB cross as one packet.
 *
 * One read() brings one packet of a length that is not known before. It goes into a small buffer
 * with an overflow beside it that the device keeps; only what overflows is copied into a large one.
 * While large packets keep coming the next is read into a large buffer at once.                 */
#include "host/io/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/io/vnet.h"

enum { SMALL_ROOM = PKT_SMALL_SIZE - PKT_HEADROOM, LARGE_ROOM = PKT_LARGE_SIZE - PKT_HEADROOM };
/* linux/if_tun.h of Linux 6.2 and later. */
enum { TUN_OFFLOAD_USO4 = 0x20, TUN_OFFLOAD_USO6 = 0x40 };

struct tun {
	struct port port;
	int fd;
	int control; /* any socket, for ioctls on the interface */
	bool expect_large;
	u8 overflow[LARGE_ROOM];
};

static struct tun *tun_of(struct port *port)
{
	return (struct tun *)port;
}

/* ---- in ------------------------------------------------------------------------------------ */

/* What did not fit: a large packet in place of the small one, or NULL. */
static struct pkt *rx_enlarge(struct tun *dev, struct pkt_pool *pool, struct pkt *small, u32 len)
{
	struct pkt *large = pkt_new(pool, len);

	if (large != NULL) {
		memcpy(pkt_l3(large), pkt_l3(small), SMALL_ROOM);
		memcpy(pkt_l3(large) + SMALL_ROOM, dev->overflow, len - SMALL_ROOM);
	}
	pkt_put(small);
	return large;
}

/* Reads one packet. NULL with *more false when there is none, or none can be taken. */
static struct pkt *rx_one(struct tun *dev, struct pkt_pool *pool, bool *more)
{
	struct pkt *pkt = dev->expect_large ? pkt_new(pool, LARGE_ROOM) : NULL;
	u32 room = pkt != NULL ? LARGE_ROOM : SMALL_ROOM;
	struct virtio_net_hdr vnet;
	struct iovec iov[3];
	ssize_t got;
	u32 len;

	*more = false;
	if (pkt == NULL)
		pkt = pkt_new(pool, SMALL_ROOM);
	if (pkt == NULL) {
		dev->port.stats.losses.rx_no_packet++;
		return NULL;
	}
	iov[0] = (struct iovec){ &vnet, sizeof vnet };
	iov[1] = (struct iovec){ pkt_l3(pkt), room };
	iov[2] = (struct iovec){ dev->overflow, sizeof dev->overflow };
	got = readv(dev->fd, iov, room == SMALL_ROOM ? 3 : 2);
	if (got <= VNET_HLEN) {
		*more = got >= 0 || errno == EINTR;
		pkt_put(pkt);
		return NULL;
	}
	*more = true;
	len = (u32)got - VNET_HLEN;
	dev->expect_large = len > SMALL_ROOM;
	pkt->len = len;
	if (len > room)
		pkt = rx_enlarge(dev, pool, pkt, len);
	if (pkt == NULL) {
		dev->port.stats.losses.rx_no_packet++;
		return NULL;
	}
	pkt->flags |= PKT_RAW_IP;
	pkt->in_if = dev->port.iface;
	if (vnet_to_pkt(&vnet, pkt))
		return pkt;
	dev->port.stats.losses.rx_bad++;
	pkt_put(pkt);
	return NULL;
}

static u32 tun_rx(struct port *port, struct pkt_pool *pool, struct batch *rx)
{
	struct tun *dev = tun_of(port);
	u32 before = rx->count;
	bool more = true;

	for (u32 looked = 0; looked < BATCH_MAX && rx->count < BATCH_MAX && more; looked++) {
		struct pkt *pkt = rx_one(dev, pool, &more);

		if (pkt == NULL)
			continue;
		port->stats.rx_packets++;
		port->stats.rx_bytes += pkt->len;
		(void)batch_add(rx, pkt);
	}
	return rx->count - before;
}

/* ---- out ----------------------------------------------------------------------------------- */

static bool tx_one(struct tun *dev, const struct pkt *pkt)
{
	struct virtio_net_hdr vnet;
	struct iovec iov[2] = { { &vnet, sizeof vnet }, { pkt_l3(pkt), pkt->len } };
	ssize_t put;

	vnet_from_pkt(pkt, 0, &vnet);
	do
		put = writev(dev->fd, iov, 2);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return true;
	if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
		dev->port.stats.losses.tx_full++;
	else
		dev->port.stats.losses.tx_refused++;
	return false;
}

static u32 tun_tx(struct port *port, struct batch *tx)
{
	u32 kept = 0, sent_count = 0;

	for (u32 i = 0; i < tx->count; i++) {
		struct pkt *pkt = tx->pkt[i];

		if (!tx_one(tun_of(port), pkt)) {
			tx->pkt[kept++] = pkt;
			continue;
		}
		sent_count++;
		port->stats.tx_bytes += pkt->len;
		pkt_put(pkt);
	}
	tx->count = kept;
	port->stats.tx_packets += sent_count;
	return sent_count;
}

/* ---- the rest of the contract -------------------------------------------------------------- */

static int tun_fd(const struct port *port)
{
	return ((const struct tun *)port)->fd;
}

static bool tun_refresh(struct port *port)
{
	struct tun *dev = tun_of(port);
	struct ifreq request = { .ifr_ifindex = (int)port->os_index };

	port->up = false;
	if (ioctl(dev->control, SIOCGIFNAME, &request) != 0)
		return false;
	if (ioctl(dev->control, SIOCGIFFLAGS, &request) == 0)
		port->up = (request.ifr_flags & IFF_UP) != 0;
	if (ioctl(dev->control, SIOCGIFMTU, &request) == 0)
		port->mtu = (u32)request.ifr_mtu;
	return true;
}

static void tun_close(struct port *port)
{
	struct tun *dev = tun_of(port);

	if (dev->fd >= 0)
		(void)close(dev->fd);
	if (dev->control >= 0)
		(void)close(dev->control);
	free(dev);
}

static const struct port_driver tun_driver = {
	.name = "tun",
	.rx = tun_rx,
	.tx = tun_tx,
	.fd = tun_fd,
	.refresh = tun_refresh,
	.close = tun_close,
};

/* What the kernel may leave to whoever reads: the best set that this kernel knows. */
static bool offloads_set(struct tun *dev)
{
	const unsigned csum = TUN_F_CSUM, tso = csum | TUN_F_TSO4 | TUN_F_TSO_ECN;
	const unsigned uso = tso | TUN_F_TSO6 | TUN_OFFLOAD_USO4 | TUN_OFFLOAD_USO6;

	dev->port.offloads = IFACE_TX_CSUM | IFACE_TX_TSO;
	if (ioctl(dev->fd, TUNSETOFFLOAD, uso) == 0) {
		dev->port.offloads |= IFACE_TX_USO;
		return true;
	}
	return ioctl(dev->fd, TUNSETOFFLOAD, tso) == 0;
}

static const char *device_make(struct tun *dev, const struct tun_conf *conf)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int header = VNET_HLEN;

	dev->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (dev->fd < 0)
		return "opening /dev/net/tun";
	memcpy(request.ifr_name, conf->name, strlen(conf->name));
	if (ioctl(dev->fd, TUNSETIFF, &request) != 0)
		return "making the device";
	memcpy(dev->port.name, request.ifr_name, sizeof dev->port.name);
	if (ioctl(dev->fd, TUNSETVNETHDRSZ, &header) != 0 || !offloads_set(dev))
		return "virtio-net headers on it";
	return NULL;
}

static const char *device_start(struct tun *dev, const struct tun_conf *conf)
{
	struct ifreq request = { .ifr_flags = 0 };

	dev->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (dev->control < 0)
		return "a socket";
	memcpy(request.ifr_name, dev->port.name, sizeof request.ifr_name);
	request.ifr_mtu = (int)conf->mtu;
	if (conf->mtu > 0 && ioctl(dev->control, SIOCSIFMTU, &request) != 0)
		return "its MTU";
	if (ioctl(dev->control, SIOCGIFFLAGS, &request) != 0)
		return "its flags";
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	if (ioctl(dev->control, SIOCSIFFLAGS, &request) != 0)
		return "setting it up";
	if (ioctl(dev->control, SIOCGIFINDEX, &request) != 0)
		return "its index";
	dev->port.os_index = (u32)request.ifr_ifindex;
	return NULL;
}

static const char *hint_of(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return "; this needs root (CAP_NET_ADMIN)";
	case ENOENT:
	case ENODEV:
		return "; `modprobe tun` may help";
	case EBUSY:
		return "; another program has it";
	case EINVAL:
		return "; another interface may have this name";
	case ENAMETOOLONG:
		return "; 15 letters at most";
	default:
		return "";
	}
}

struct port *tun_open(const struct tun_conf *conf, char *why, size_t why_size)
{
	const char *part = "making the device";
	struct tun *dev = calloc(1, sizeof *dev);

	if (dev == NULL) {
		(void)snprintf(why, why_size, "TUN device '%s': out of memory", conf->name);
		return NULL;
	}
	dev->fd = dev->control = -1;
	dev->port.driver = &tun_driver;
	dev->port.iface = conf->iface;
	dev->port.link = IFACE_RAW_IP;
	if (strlen(conf->name) >= IFACE_NAME_SIZE)
		errno = ENAMETOOLONG;
	else
		part = device_make(dev, conf);
	if (part == NULL)
		part = device_start(dev, conf);
	if (part != NULL) {
		(void)snprintf(why, why_size, "TUN device '%s': %s: %s%s", conf->name, part,
			       strerror(errno), hint_of(errno));
		port_close(&dev->port);
		return NULL;
	}
	(void)tun_refresh(&dev->port);
	return &dev->port;
}
