/* The host's sockets that the tools send probes on, and what comes back on them. */
#include "tool/probe_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GROUP_RANGE_FILE     "/proc/sys/net/ipv4/ping_group_range"
#define RECEIVE_BUFFER_BYTES (1 << 20)
#define CONTROL_BYTES        512
/* A pending socket error is reported once by recvmsg and then gone: more than this is not
 * pending. */
#define RECEIVE_TRIES 4
/* Older than this and a kernel's time stamp is a clock that was set, not a queue. */
#define STAMP_AGE_MAX_NS (60 * NS_PER_SEC)
/* Any port: connecting a UDP socket sends nothing, it only asks for a route. */
#define ROUTE_QUESTION_PORT 1025

static ns_t clock_read(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (ns_t)now.tv_sec * NS_PER_SEC + (ns_t)now.tv_nsec;
}

ns_t probe_now(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

static void read_group_range(char *text, size_t size)
{
	FILE *file = fopen(GROUP_RANGE_FILE, "re");
	unsigned long low = 1;
	unsigned long high = 0;

	snprintf(text, size, "unknown");
	if (!file)
		return;
	if (fscanf(file, "%lu %lu", &low, &high) == 2)
		snprintf(text, size, "%lu %lu", low, high);
	fclose(file);
}

int probe_open_icmp(bool *is_raw, struct tool_why *why)
{
	char range[64];
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	*is_raw = fd >= 0;
	if (fd >= 0)
		return fd;
	if (errno == EPERM || errno == EACCES)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd >= 0)
		return fd;
	if (errno != EPERM && errno != EACCES) {
		tool_refuse(why, "no ICMP socket: %s", strerror(errno));
		return -1;
	}
	read_group_range(range, sizeof(range));
	tool_refuse(why,
		    "no ICMP socket for user %u, group %u: a raw socket needs CAP_NET_RAW (run as "
		    "root), a datagram socket needs the group within net.ipv4.ping_group_range, "
		    "which is '%s' (root can set it: sysctl net.ipv4.ping_group_range='0 "
		    "2147483647')",
		    (unsigned)geteuid(), (unsigned)getegid(), range);
	return -1;
}

int probe_open_udp(struct tool_why *why)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		tool_refuse(why, "no UDP socket: %s", strerror(errno));
	return fd;
}

int probe_open_tcp(struct tool_why *why)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		tool_refuse(why, "no TCP socket: %s", strerror(errno));
	return fd;
}

static bool set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool bind_source(int fd, const char *source_text, struct tool_why *why)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, source_text, &address.sin_addr) != 1)
		return tool_refuse(why, "%s: not an IPv4 address", source_text);
	set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return tool_refuse(why, "cannot send from %s: %s; right is an address of this host",
				   source_text, strerror(errno));
	return true;
}

static bool bind_iface(int fd, const char *iface_text, struct tool_why *why)
{
	socklen_t len = (socklen_t)strlen(iface_text) + 1;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface_text, len) == 0)
		return true;
	return tool_refuse(why, "cannot use %s: %s; right is an interface of this host (ip link)",
			   iface_text, strerror(errno));
}

static bool set_pmtud(int fd, int pmtud)
{
	static const int modes[] = {
		[PROBE_PMTUD_DO] = IP_PMTUDISC_DO,
		[PROBE_PMTUD_WANT] = IP_PMTUDISC_WANT,
		[PROBE_PMTUD_DONT] = IP_PMTUDISC_DONT,
		[PROBE_PMTUD_PROBE] = IP_PMTUDISC_PROBE,
	};

	return pmtud == PROBE_PMTUD_DEFAULT ||
	       set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, modes[pmtud]);
}

bool probe_prepare(int fd, const struct probe_path *path, struct tool_why *why)
{
	if (path->iface_text && !bind_iface(fd, path->iface_text, why))
		return false;
	if (path->source_text && !bind_source(fd, path->source_text, why))
		return false;
	if (path->ttl > 0 && !set_int(fd, IPPROTO_IP, IP_TTL, path->ttl))
		return tool_refuse(why, "cannot set TTL %d: %s", path->ttl, strerror(errno));
	/* Multicast has a TTL of its own, which a stream socket has not. */
	if (path->ttl > 0)
		set_int(fd, IPPROTO_IP, IP_MULTICAST_TTL, path->ttl);
	if (!set_pmtud(fd, path->pmtud))
		return tool_refuse(why, "cannot set path MTU discovery: %s", strerror(errno));
	if (path->broadcast && !set_int(fd, SOL_SOCKET, SO_BROADCAST, 1))
		return tool_refuse(why, "cannot send to broadcast: %s", strerror(errno));
	if (!set_int(fd, IPPROTO_IP, IP_RECVERR, 1))
		return tool_refuse(why, "this system keeps no errors for sockets: %s",
				   strerror(errno));
	/* Without these three the tools still work: coarser times, no TTL shown, more loss in
	 * floods. */
	set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set_int(fd, IPPROTO_IP, IP_RECVTTL, 1);
	set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
	return true;
}

static bool ask_route(int fd, struct in_addr dst, struct in_addr *source)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(ROUTE_QUESTION_PORT),
				       .sin_addr = dst };
	socklen_t len = sizeof(address);

	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return false;
	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return false;
	*source = address.sin_addr;
	return true;
}

bool probe_find_source(const struct probe_path *path, struct in_addr dst, struct in_addr *source,
		       struct tool_why *why)
{
	struct probe_path question = *path;
	char text[INET_ADDRSTRLEN];
	int fd = probe_open_udp(why);
	bool found = false;

	if (fd < 0)
		return false;
	question.ttl = 0;
	inet_ntop(AF_INET, &dst, text, sizeof(text));
	if (probe_prepare(fd, &question, why)) {
		found = ask_route(fd, dst, source);
		/* What connect() answers for broadcast on a socket that did not ask for it. */
		if (!found && errno == EACCES)
			tool_refuse(why,
				    "%s is a broadcast address; right is the address of a "
				    "host (or 'sluice ping -b')",
				    text);
		else if (!found)
			tool_refuse(why, "no way to %s: %s; see 'ip route get %s'", text,
				    strerror(errno), text);
	}
	close(fd);
	return found;
}

void probe_filter_icmp(int fd)
{
	struct icmp_filter filter = { .data = ~((1U << ICMP_ECHOREPLY) |
						(1U << ICMP_SOURCE_QUENCH) |
						(1U << ICMP_REDIRECT)) };

	/* Without the filter more is read and thrown away; nothing else changes. */
	setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
}

/* The kernel stamps on the wall clock. The age of the stamp, now, carries it to the monotonic
 * clock, so that a step of the wall clock in the middle of a run cannot bend a round-trip time. */
static ns_t stamp_to_monotonic(const struct timespec *stamp)
{
	ns_t wall = clock_read(CLOCK_REALTIME);
	ns_t now = probe_now();
	ns_t stamp_ns = (ns_t)stamp->tv_sec * NS_PER_SEC + (ns_t)stamp->tv_nsec;

	if (stamp_ns > wall || wall - stamp_ns > STAMP_AGE_MAX_NS)
		return now;
	return now - (wall - stamp_ns);
}

static void read_socket_error(const struct sock_extended_err *error,
			      const struct sockaddr_in *maker, struct probe_event *event)
{
	if (error->ee_origin == SO_EE_ORIGIN_ICMP)
		event->kind = PROBE_ICMP;
	else if (error->ee_origin == SO_EE_ORIGIN_LOCAL)
		event->kind = PROBE_LOCAL;
	else
		return;
	event->type = error->ee_type;
	event->code = error->ee_code;
	event->error_number = (int)error->ee_errno;
	event->info = error->ee_info;
	if (maker->sin_family == AF_INET)
		event->from = maker->sin_addr;
}

static void read_ip_control(const struct cmsghdr *control, struct probe_event *event)
{
	struct {
		struct sock_extended_err error;
		struct sockaddr_in maker;
	} report;

	if (control->cmsg_type == IP_TTL && control->cmsg_len >= CMSG_LEN(sizeof(event->ttl)))
		memcpy(&event->ttl, CMSG_DATA(control), sizeof(event->ttl));
	if (control->cmsg_type != IP_RECVERR || control->cmsg_len < CMSG_LEN(sizeof(report)))
		return;
	memcpy(&report, CMSG_DATA(control), sizeof(report));
	read_socket_error(&report.error, &report.maker, event);
}

static void read_control(struct msghdr *message, struct probe_event *event)
{
	struct timespec stamp;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		if (control->cmsg_level == IPPROTO_IP)
			read_ip_control(control, event);
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS ||
		    control->cmsg_len < CMSG_LEN(sizeof(stamp)))
			continue;
		memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
		event->at_ns = stamp_to_monotonic(&stamp);
	}
}

static void receive(int fd, u8 *buffer, u32 size, int flags, struct probe_event *event)
{
	_Alignas(struct cmsghdr) char control[CONTROL_BYTES];
	struct sockaddr_in peer = { .sin_family = AF_UNSPEC };
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	struct msghdr message;
	ssize_t got = -1;

	memset(event, 0, sizeof(*event));
	event->ttl = -1;
	for (int tries = 0; tries < RECEIVE_TRIES && got < 0; tries++) {
		message = (struct msghdr){ .msg_name = &peer,
					   .msg_namelen = sizeof(peer),
					   .msg_iov = &part,
					   .msg_iovlen = 1,
					   .msg_control = control,
					   .msg_controllen = sizeof(control) };
		got = recvmsg(fd, &message, flags | MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
	}
	if (got < 0)
		return;
	event->at_ns = probe_now();
	event->len = (u32)got;
	event->truncated = (message.msg_flags & MSG_TRUNC) != 0;
	if (message.msg_namelen >= sizeof(peer) && peer.sin_family == AF_INET) {
		event->from = peer.sin_addr;
		event->peer_port = ntohs(peer.sin_port);
	}
	if (!(flags & MSG_ERRQUEUE))
		event->kind = PROBE_DATA;
	read_control(&message, event);
}

void probe_receive(int fd, u8 *buffer, u32 size, struct probe_event *event)
{
	receive(fd, buffer, size, 0, event);
}

void probe_receive_error(int fd, u8 *buffer, u32 size, struct probe_event *event)
{
	receive(fd, buffer, size, MSG_ERRQUEUE, event);
}
