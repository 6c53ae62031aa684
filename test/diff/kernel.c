/* A network namespace with two TUN devices and the kernel's own NAT between them. */
#include "diff/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

static const char *const device[KERNEL_TUNS] = { "in0", "out0" };

/* What the engine refuses by decision stands here as a rule: mid-stream TCP gets a RST inside and
 * silence outside; nobody outside may open a connection to the gateway; what no translation covers
 * does not leave.                                                                                */
static const char ruleset[] =
	"table ip twin {\n"
	" chain prerouting {\n"
	"  type filter hook prerouting priority -150; policy accept;\n"
	"  iifname in0 meta l4proto tcp ct state invalid tcp flags & (fin|syn|rst|ack) == ack "
	"reject with tcp reset\n"
	"  iifname in0 meta l4proto tcp ct state invalid tcp flags & (fin|syn|rst|ack) == fin|ack "
	"reject with tcp reset\n"
	"  iifname in0 meta l4proto tcp ct state invalid tcp flags & (fin|syn|rst|ack) == syn|ack "
	"reject with tcp reset\n"
	"  ct state invalid drop\n"
	" }\n"
	" chain input {\n"
	"  type filter hook input priority 0; policy accept;\n"
	"  iifname out0 meta l4proto tcp drop\n"
	"  iifname out0 fib daddr type != local drop\n"
	" }\n"
	" chain postrouting {\n"
	"  type filter hook postrouting priority 50; policy accept;\n"
	"  iifname in0 oifname out0 ip saddr != 10.10.0.0/16 drop\n"
	" }\n"
	" chain source {\n"
	"  type nat hook postrouting priority 100; policy accept;\n"
	"  ip saddr 10.10.0.0/16 oifname out0 masquerade\n"
	" }\n"
	"}\n";

struct setting {
	const char *path;
	long value;
};

static const struct setting settings[] = {
	{ "ipv4/ip_forward", 1 },
	{ "ipv4/conf/all/rp_filter", 0 },
	{ "ipv4/conf/in0/rp_filter", 0 },
	{ "ipv4/conf/out0/rp_filter", 0 },
	{ "ipv4/conf/all/send_redirects", 0 },
	{ "ipv4/conf/in0/send_redirects", 0 },
	{ "ipv4/conf/out0/send_redirects", 0 },
	{ "ipv4/conf/all/accept_source_route", 0 },
	{ "ipv4/conf/all/accept_redirects", 0 },
	{ "ipv4/icmp_ratelimit", 0 },
	{ "ipv4/icmp_ratemask", 0 },
	{ "ipv4/icmp_msgs_per_sec", 1000000000 },
	{ "ipv4/icmp_msgs_burst", 1000000000 },
	{ "ipv4/icmp_errors_use_inbound_ifaddr", 1 },
	{ "ipv4/ip_forward_use_pmtu", 0 },
	{ "ipv4/ip_no_pmtu_disc", 3 },
	{ "ipv4/ipfrag_time", 100000 },
	{ "ipv4/ipfrag_max_dist", 0 },
	{ "ipv4/ipfrag_high_thresh", 256 << 20 },
	{ "netfilter/nf_conntrack_checksum", 0 },
	{ "netfilter/nf_conntrack_tcp_be_liberal", 1 },
	{ "netfilter/nf_conntrack_tcp_loose", 0 },
	{ "netfilter/nf_conntrack_tcp_ignore_invalid_rst", 1 },
	{ "netfilter/nf_conntrack_tcp_timeout_max_retrans", 1000000 },
	{ "netfilter/nf_conntrack_tcp_timeout_unacknowledged", 1000000 },
};

static void kernel_fail(const char *what)
{
	fprintf(stderr, "kernel: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Whether there is such a setting. */
static bool has(const char *path)
{
	char name[128];

	snprintf(name, sizeof name, "/proc/sys/net/%s", path);
	return access(name, F_OK) == 0;
}

static void set(const char *path, long value)
{
	char name[128], text[32];
	int fd;
	ssize_t len = snprintf(text, sizeof text, "%ld", value);

	snprintf(name, sizeof name, "/proc/sys/net/%s", path);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		kernel_fail(name);
	close(fd);
}

static int tun_open(const char *name)
{
	struct ifreq req;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	memset(&req, 0, sizeof req);
	snprintf(req.ifr_name, sizeof req.ifr_name, "%s", name);
	req.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) != 0)
		kernel_fail("TUN device");
	return fd;
}

static void run(const char *command)
{
	errno = 0;
	if (system(command) != 0)
		kernel_fail(command);
}

static void load_rules(const char *text)
{
	FILE *nft = popen("nft -f -", "we");

	if (nft == NULL || fputs(text, nft) < 0 || pclose(nft) != 0)
		kernel_fail("nft");
}

/* Of trackers that a kernel may be without. */
static void set_other_timeouts(u32 seconds)
{
	static const char *const all[] = {
		"netfilter/nf_conntrack_generic_timeout",
		"netfilter/nf_conntrack_gre_timeout",
		"netfilter/nf_conntrack_gre_timeout_stream",
		"netfilter/nf_conntrack_sctp_timeout_closed",
		"netfilter/nf_conntrack_sctp_timeout_cookie_wait",
		"netfilter/nf_conntrack_sctp_timeout_cookie_echoed",
		"netfilter/nf_conntrack_sctp_timeout_established",
		"netfilter/nf_conntrack_sctp_timeout_shutdown_sent",
		"netfilter/nf_conntrack_sctp_timeout_shutdown_recd",
		"netfilter/nf_conntrack_sctp_timeout_shutdown_ack_sent",
		"netfilter/nf_conntrack_sctp_timeout_heartbeat_sent",
		"netfilter/nf_conntrack_dccp_timeout_request",
		"netfilter/nf_conntrack_dccp_timeout_respond",
		"netfilter/nf_conntrack_dccp_timeout_partopen",
		"netfilter/nf_conntrack_dccp_timeout_open",
		"netfilter/nf_conntrack_dccp_timeout_closereq",
		"netfilter/nf_conntrack_dccp_timeout_closing",
		"netfilter/nf_conntrack_dccp_timeout_timewait",
	};

	for (u32 n = 0; n < ARRAY_COUNT(all); n++) {
		if (has(all[n]))
			set(all[n], seconds);
	}
}

static void set_timeouts(const struct kernel_conf *conf)
{
	set("netfilter/nf_conntrack_tcp_timeout_syn_sent", conf->tcp_opening_s);
	set("netfilter/nf_conntrack_tcp_timeout_syn_recv", conf->tcp_opening_s);
	set("netfilter/nf_conntrack_tcp_timeout_established", conf->tcp_established_s);
	set("netfilter/nf_conntrack_tcp_timeout_fin_wait", conf->tcp_closing_s);
	set("netfilter/nf_conntrack_tcp_timeout_close_wait", conf->tcp_closing_s);
	set("netfilter/nf_conntrack_tcp_timeout_last_ack", conf->tcp_closing_s);
	set("netfilter/nf_conntrack_tcp_timeout_time_wait", conf->tcp_closed_s);
	set("netfilter/nf_conntrack_tcp_timeout_close", conf->tcp_closed_s);
	set("netfilter/nf_conntrack_udp_timeout", conf->udp_s);
	set("netfilter/nf_conntrack_udp_timeout_stream", conf->udp_s);
	set("netfilter/nf_conntrack_icmp_timeout", conf->icmp_s);
	set_other_timeouts(conf->generic_s);
}

void kernel_open(struct kernel *kernel, const struct kernel_conf *conf)
{
	char command[256];

	if (unshare(CLONE_NEWNET) != 0)
		kernel_fail("a new network namespace");
	memset(kernel->tracks, 0, sizeof kernel->tracks);
	for (u32 n = 0; n < KERNEL_TUNS; n++) {
		char path[64];

		kernel->tun[n] = tun_open(device[n]);
		snprintf(path, sizeof path, "ipv6/conf/%s/disable_ipv6", device[n]);
		if (has("ipv6"))
			set(path, 1);
	}
	load_rules(ruleset);
	if (conf->filter != NULL)
		load_rules(conf->filter);
	for (u32 n = 0; n < ARRAY_COUNT(settings); n++)
		set(settings[n].path, settings[n].value);
	set_timeouts(conf);
	snprintf(command, sizeof command,
		 "ip link set in0 mtu %u up && ip link set out0 mtu %u up && "
		 "ip address add 10.10.0.1/16 dev in0 && ip address add 198.18.0.1/16 dev out0 && "
		 "ip route add default dev out0",
		 conf->mtu[KERNEL_IN], conf->mtu[KERNEL_OUT]);
	run(command);
	kernel->ctnetlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (kernel->ctnetlink < 0)
		kernel_fail("netlink socket");
}

void kernel_close(struct kernel *kernel)
{
	for (u32 n = 0; n < KERNEL_TUNS; n++)
		close(kernel->tun[n]);
	close(kernel->ctnetlink);
}

bool kernel_send(struct kernel *kernel, u32 iface, const u8 *ip, u32 len)
{
	ssize_t sent = write(kernel->tun[iface], ip, len);

	if (sent < 0 && errno != EINVAL)
		kernel_fail("write to the TUN device");
	return sent == (ssize_t)len;
}

bool kernel_next(struct kernel *kernel, struct kernel_out *out)
{
	for (u32 n = 0; n < KERNEL_TUNS; n++) {
		ssize_t got = read(kernel->tun[n], out->bytes, sizeof out->bytes);

		if (got > 0) {
			out->iface = n;
			out->len = (u32)got;
			return true;
		}
		if (got < 0 && errno != EAGAIN)
			kernel_fail("read from the TUN device");
	}
	return false;
}

/* ---- time -------------------------------------------------------------------------------------*/

enum { AGE_FLOWS_MAX = 65536, AGE_TUPLE_MAX = 128, AGE_BUFFER = 65536 };

struct aged {
	u32 timeout_s;
	u8 proto;
	bool has_ports;
	u16 tuple_len;
	u8 tuple[AGE_TUPLE_MAX]; /* the attribute as it came */
};

struct ages {
	u32 count;
	struct aged flow[AGE_FLOWS_MAX];
};

static struct nlmsghdr *ct_request(void *buf, u32 type, u32 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (u16)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	nlh->nlmsg_flags = (u16)(NLM_F_REQUEST | flags);
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof *nfg);
	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

static int age_read_proto(const struct nlattr *attr, void *data)
{
	struct aged *aged = data;

	if (mnl_attr_get_type(attr) == CTA_PROTO_NUM)
		aged->proto = mnl_attr_get_u8(attr);
	aged->has_ports |= mnl_attr_get_type(attr) == CTA_PROTO_SRC_PORT;
	return MNL_CB_OK;
}

static int age_read_tuple(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTA_TUPLE_PROTO)
		mnl_attr_parse_nested(attr, age_read_proto, data);
	return MNL_CB_OK;
}

static int age_read_attr(const struct nlattr *attr, void *data)
{
	struct aged *aged = data;
	u32 len = mnl_attr_get_payload_len(attr);

	if (mnl_attr_get_type(attr) == CTA_TIMEOUT)
		aged->timeout_s = ntohl(mnl_attr_get_u32(attr));
	if (mnl_attr_get_type(attr) == CTA_TUPLE_ORIG && len <= AGE_TUPLE_MAX) {
		aged->tuple_len = (u16)len;
		memcpy(aged->tuple, mnl_attr_get_payload(attr), len);
		mnl_attr_parse_nested(attr, age_read_tuple, aged);
	}
	return MNL_CB_OK;
}

static int age_read(const struct nlmsghdr *nlh, void *data)
{
	struct ages *ages = data;
	struct aged *aged = &ages->flow[ages->count];

	if (ages->count == AGE_FLOWS_MAX)
		kernel_fail("more tracked flows than the test expects");
	*aged = (struct aged){ .timeout_s = 0 };
	mnl_attr_parse(nlh, sizeof(struct nfgenmsg), age_read_attr, aged);
	if (aged->tuple_len > 0)
		ages->count++;
	return MNL_CB_OK;
}

static void age_dump(struct kernel *kernel, struct ages *ages)
{
	static u8 buf[AGE_BUFFER];
	struct nlmsghdr *nlh = ct_request(buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP);
	int more = MNL_CB_OK;

	ages->count = 0;
	if (send(kernel->ctnetlink, nlh, nlh->nlmsg_len, 0) < 0)
		kernel_fail("ctnetlink");
	while (more > MNL_CB_STOP) {
		ssize_t got = recv(kernel->ctnetlink, buf, sizeof buf, 0);

		more = got < 0 ? MNL_CB_ERROR : mnl_cb_run(buf, (size_t)got, 0, 0, age_read, ages);
	}
	if (more == MNL_CB_ERROR)
		kernel_fail("reading tracked flows");
}

static void age_one(struct kernel *kernel, const struct aged *aged, u32 seconds)
{
	u8 buf[512];
	bool ends = aged->timeout_s <= seconds;
	struct nlmsghdr *nlh = ct_request(buf, ends ? IPCTNL_MSG_CT_DELETE : IPCTNL_MSG_CT_NEW,
					  NLM_F_ACK);
	ssize_t got;

	mnl_attr_put(nlh, CTA_TUPLE_ORIG | NLA_F_NESTED, aged->tuple_len, aged->tuple);
	if (!ends)
		mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(aged->timeout_s - seconds));
	if (send(kernel->ctnetlink, nlh, nlh->nlmsg_len, 0) < 0)
		kernel_fail("ctnetlink");
	got = recv(kernel->ctnetlink, buf, sizeof buf, 0);
	/* One that has just ended by itself is as good. */
	if (got < 0 ||
	    (mnl_cb_run(buf, (size_t)got, 0, 0, NULL, NULL) == MNL_CB_ERROR && errno != ENOENT))
		kernel_fail("changing a tracked flow's time");
}

void kernel_age(struct kernel *kernel, u32 seconds)
{
	static struct ages ages;

	age_dump(kernel, &ages);
	for (u32 n = 0; n < ages.count; n++)
		age_one(kernel, &ages.flow[n], seconds);
}

/* ---- what it tracks ---------------------------------------------------------------------------*/

void kernel_look(struct kernel *kernel)
{
	static struct ages ages;

	age_dump(kernel, &ages);
	for (u32 n = 0; n < ages.count; n++) {
		kernel->tracks[ages.flow[n].proto] |= ages.flow[n].has_ports;
		age_one(kernel, &ages.flow[n], ages.flow[n].timeout_s);
	}
}
