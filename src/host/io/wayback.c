/* A TAP device, and behind it an eBPF program of six instructions on its ingress (clsact): it sets
 * the mark and redirects each frame to the ingress of the taken interface. All of it belongs to
 * the device, and the device to our file descriptor, so it goes with the process.
 *
 * To the host's stack such a frame came in by its own interface: sockets bound to that, its packet
 * filter's `iifname`, rp_filter, DHCP clients and connection tracking see what they would without
 * us. The kernel derives the frame's kind (to us, broadcast, multicast) from its destination again.
 * Our own packet socket would see it again as well, so it gets a filter on the mark; a tcpdump of
 * somebody else sees it twice, the second time from 02:73:6c:75:69:63.
 *
 * Where the kernel refuses eBPF (lockdown), the device itself is where packets appear: then
 * everything lives on but what asks for the interface by name. Its reverse path filter is set to
 * loose then, which wants the device to have some address: 192.0.0.8, for the host alone.       */
#include "host/io/wayback.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/io/vnet.h"
#include "host/os/nl.h"

enum { FILTER_PRIORITY = 1, FILTER_ACCEPT_ALL = 0x40000 };

static const struct mac wayback_source = { { 0x02, 0x73, 0x6c, 0x75, 0x69, 0x63 } };

/* ---- the program --------------------------------------------------------------------------- */

/* skb->mark = mark; return bpf_redirect(os_index, BPF_F_INGRESS); */
static int program_load(u32 os_index, u32 mark)
{
	const struct bpf_insn program[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, (s32)mark },
		{ BPF_STX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, mark),
		  0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, (s32)os_index },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, BPF_F_INGRESS },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	static const char license[] = "Apache-2.0";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insn_cnt = ARRAY_COUNT(program),
		.insns = (u64)(uintptr_t)program,
		.license = (u64)(uintptr_t)license,
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

static struct nlmsghdr *tc_message(struct nl *nl, void *buf, u16 type, const struct tcmsg *what)
{
	struct nlmsghdr *message =
		nl_message(nl, buf, type, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(message, sizeof *tc);

	*tc = *what;
	return message;
}

static int program_attach(struct nl *nl, u32 device, int program)
{
	char buf[NL_BUF_SIZE];
	struct tcmsg what = { .tcm_family = AF_UNSPEC,
			      .tcm_ifindex = (int)device,
			      .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
			      .tcm_parent = TC_H_CLSACT };
	struct nlmsghdr *message = tc_message(nl, buf, RTM_NEWQDISC, &what);
	struct nlattr *options;
	int err;

	mnl_attr_put_strz(message, TCA_KIND, "clsact");
	err = nl_ask(nl, message, NULL, NULL);
	if (err != 0)
		return err;
	what.tcm_handle = 0;
	what.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	what.tcm_info = TC_H_MAKE(FILTER_PRIORITY << 16, be16_of(ETH_P_ALL).raw);
	message = tc_message(nl, buf, RTM_NEWTFILTER, &what);
	mnl_attr_put_strz(message, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(message, TCA_OPTIONS);
	mnl_attr_put_u32(message, TCA_BPF_FD, (u32)program);
	mnl_attr_put_strz(message, TCA_BPF_NAME, "sluice");
	mnl_attr_put_u32(message, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(message, options);
	return nl_ask(nl, message, NULL, NULL);
}

static bool redirect_open(u32 device, u32 os_index, u32 mark)
{
	int program = program_load(os_index, mark);
	struct nl nl = { NULL, 0, 0 };
	bool ok;

	if (program < 0)
		return false;
	ok = nl_open(&nl, NETLINK_ROUTE) && program_attach(&nl, device, program) == 0;
	nl_close(&nl);
	(void)close(program);
	return ok;
}

bool wayback_hide_from(int packet_fd, u32 mark)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, (u32)(SKF_AD_OFF + SKF_AD_MARK) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, mark },
		{ BPF_RET | BPF_K, 0, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, FILTER_ACCEPT_ALL },
	};
	struct sock_fprog program = { ARRAY_COUNT(code), code };

	return setsockopt(packet_fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/* ---- the device ---------------------------------------------------------------------------- */

static void setting_write(const char *family, const char *device, const char *name,
			  const char *value)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Best effort: without IPv6 or with a read-only /proc/sys there is nothing to set. */
	if (write(fd, value, strlen(value)) < 0)
		errno = 0;
	(void)close(fd);
}

static bool device_make(struct wayback *way)
{
	struct ifreq request = { .ifr_name = "sluice%d",
				 .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int header = VNET_HLEN;

	way->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (way->fd < 0 || ioctl(way->fd, TUNSETIFF, &request) != 0 ||
	    ioctl(way->fd, TUNSETVNETHDRSZ, &header) != 0)
		return false;
	memcpy(way->name, request.ifr_name, sizeof way->name);
	return true;
}

/* Up, without ARP and IPv6: nothing is ever sent by it. */
static bool device_start(struct wayback *way, int control, u32 *device)
{
	struct ifreq request = { .ifr_flags = 0 };

	setting_write("ipv6", way->name, "disable_ipv6", "1");
	memcpy(request.ifr_name, way->name, sizeof request.ifr_name);
	if (ioctl(control, SIOCGIFINDEX, &request) != 0)
		return false;
	*device = (u32)request.ifr_ifindex;
	if (ioctl(control, SIOCGIFHWADDR, &request) != 0)
		return false;
	memcpy(way->mac.byte, request.ifr_hwaddr.sa_data, ETH_ALEN);
	if (ioctl(control, SIOCGIFFLAGS, &request) != 0)
		return false;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_NOARP);
	return ioctl(control, SIOCSIFFLAGS, &request) == 0;
}

/* Packets are taken from this device, though their senders are behind another one. RFC 7600 has an
 * address that is nobody's; with the scope of the host it is never chosen as a source.          */
static bool device_accept(const struct wayback *way, u32 device)
{
	const be32 nobody = be32_of(0xc0000008);
	char buf[NL_BUF_SIZE];
	struct nl nl;
	struct nlmsghdr *message;
	struct ifaddrmsg *addr;
	int err;

	setting_write("ipv4", way->name, "rp_filter", "2");
	if (!nl_open(&nl, NETLINK_ROUTE))
		return false;
	message = nl_message(&nl, buf, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE);
	addr = mnl_nlmsg_put_extra_header(message, sizeof *addr);
	addr->ifa_family = AF_INET;
	addr->ifa_prefixlen = 32;
	addr->ifa_scope = RT_SCOPE_HOST;
	addr->ifa_index = device;
	mnl_attr_put_u32(message, IFA_LOCAL, nobody.raw);
	err = nl_ask(&nl, message, NULL, NULL);
	nl_close(&nl);
	errno = err;
	return err == 0;
}

static const char *hint_of(int err)
{
	switch (err) {
	case EPERM: return "; this needs root (CAP_NET_ADMIN)";
	case EACCES: return "; whoever runs this may not open it; on Debian udev lets everybody";
	default: return "; `modprobe tun` may help";
	}
}

bool wayback_open(struct wayback *way, u32 os_index, const struct mac *mac, u32 mark, char *why,
		  size_t why_size)
{
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u32 device = 0;
	bool ok = control >= 0 && device_make(way) && device_start(way, control, &device);

	way->redirected = ok && redirect_open(device, os_index, mark);
	if (way->redirected)
		way->mac = *mac;
	else if (ok)
		ok = device_accept(way, device);
	if (!ok)
		(void)snprintf(why, why_size, "the way back to the host (/dev/net/tun): %s%s",
			       strerror(errno), hint_of(errno));
	if (control >= 0)
		(void)close(control);
	return ok;
}

/* RFC 1112, 6.4: the low 23 bits of the group behind a fixed prefix. */
static struct mac group_mac(const struct pkt *pkt)
{
	enum { IP4_DST_AT = 16 };
	const u8 *dst = pkt_l3(pkt) + IP4_DST_AT;

	return (struct mac){ { 0x01, 0x00, 0x5e, dst[1] & 0x7f, dst[2], dst[3] } };
}

int wayback_send(const struct wayback *way, const struct pkt *pkt)
{
	struct eth_hdr eth = { .src = wayback_source, .type = be16_of(ETH_TYPE_IP4) };
	struct virtio_net_hdr vnet;
	struct iovec iov[3] = { { &vnet, sizeof vnet },
				{ &eth, sizeof eth },
				{ pkt_l3(pkt), pkt->len } };
	ssize_t put;

	if ((pkt->flags & PKT_LINK_BROADCAST) != 0)
		eth.dst = MAC_BROADCAST;
	else if ((pkt->flags & PKT_LINK_MULTICAST) != 0)
		eth.dst = group_mac(pkt);
	else
		eth.dst = way->mac;
	vnet_from_pkt(pkt, ETH_HLEN, &vnet);
	do
		put = writev(way->fd, iov, 3);
	while (put < 0 && errno == EINTR);
	return put < 0 ? errno : 0;
}

void wayback_close(struct wayback *way)
{
	if (way->fd >= 0)
		(void)close(way->fd);
	way->fd = -1;
}
