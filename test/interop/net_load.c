/* net_load: what bench_net.sh drives a gateway with, and what answers at the other end.
 *
 *   net_load flood SECONDS DEVICE MAC SOURCE DEST FLOWS
 *       64-byte UDP frames, past the sender's own stack: FLOWS of them in turn, or a new flow with
 *       every frame when FLOWS is 0. Says "sent N". Nobody answers; the device behind the gateway
 *       counts what arrives.
 *   net_load serve ADDRESS PORT
 *       echoes UDP; over TCP answers every request with as many bytes. A request that begins with
 *       'c' is the last one: the server closes first, so that clients never run out of ports.
 *   net_load open SECONDS ADDRESS PORT ADDRESSES
 *       TCP connections one after another in each of AT_ONCE places, to ADDRESSES addresses in
 *       turn: open, one request, one answer, close. Says "done N failed M".
 *   net_load turn tcp|udp SECONDS ADDRESS PORT
 *       one request at a time. Says "turns N p50 NS p99 NS lost N".
 *
 * A new flow differs from the one before in its source port; after PORTS_EACH of them in its
 * destination, from DEST upwards, and where that begins depends on the clock, so that no run meets
 * the flows of the last one. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_BYTES = 60, /* 64 with the check sequence of a wire */
	BURST = 64,
	PORT_FIRST = 1024,
	PORTS_EACH = 32768,
	DESTS = 1 << 14,
	AT_ONCE = 64,
	EVENTS_MAX = 256,
	REQUEST_BYTES = 64,
	TURNS_MAX = 1 << 20,
	LOST_AFTER_MS = 200,
};

#define NS_EACH_SECOND 1000000000LL

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_EACH_SECOND + now.tv_nsec;
}

static int64_t end_after(const char *seconds)
{
	return now_ns() + (int64_t)(atof(seconds) * (double)NS_EACH_SECOND);
}

static struct sockaddr_in address_of(const char *text, const char *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET, text, &addr.sin_addr) != 1) {
		fprintf(stderr, "net_load: '%s' is no IPv4 address\n", text);
		exit(2);
	}
	return addr;
}

/* ---- flood ----------------------------------------------------------------------------------- */

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t data[FRAME_BYTES - 14 - 20 - 8];
} __attribute__((packed));

struct flood {
	int fd;
	uint32_t flows; /* 0: never the same twice */
	uint32_t dest;  /* host order */
	uint64_t drawn;
	struct frame frame[BURST];
	struct iovec iov[BURST];
	struct mmsghdr message[BURST];
};

static uint16_t header_sum(struct iphdr ip)
{
	uint16_t word[sizeof ip / 2];
	uint32_t sum = 0;

	memcpy(word, &ip, sizeof word);
	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

static void flood_open(struct flood *flood, const char *device)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	int on = 1;

	addr.sll_ifindex = (int)if_nametoindex(device);
	flood->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (flood->fd < 0 || bind(flood->fd, (struct sockaddr *)&addr, sizeof addr) != 0)
		die(device);
	if (setsockopt(flood->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0)
		die("PACKET_QDISC_BYPASS");
}

static void flood_prepare(struct flood *flood, const char *mac, const char *source)
{
	const struct ether_addr *to = ether_aton(mac);
	struct frame frame = { .ip = { .version = 4, .ihl = 5, .ttl = 64 } };

	if (!to) {
		fprintf(stderr, "net_load: '%s' is no MAC address\n", mac);
		exit(2);
	}
	memcpy(frame.eth.ether_dhost, to, ETH_ALEN);
	frame.eth.ether_shost[0] = 2;
	frame.eth.ether_type = htons(ETHERTYPE_IP);
	frame.ip.protocol = IPPROTO_UDP;
	frame.ip.tot_len = htons(FRAME_BYTES - 14);
	frame.ip.saddr = address_of(source, "0").sin_addr.s_addr;
	frame.udp.dest = htons(9);
	frame.udp.len = htons(FRAME_BYTES - 14 - 20);
	for (uint32_t i = 0; i < BURST; i++) {
		flood->frame[i] = frame;
		flood->iov[i] = (struct iovec){ &flood->frame[i], sizeof frame };
		flood->message[i].msg_hdr =
			(struct msghdr){ .msg_iov = &flood->iov[i], .msg_iovlen = 1 };
	}
}

/* The UDP checksum stays 0, which is "none". */
static void flood_draw(struct flood *flood, struct frame *frame)
{
	uint64_t flow = flood->flows ? flood->drawn % flood->flows : flood->drawn;

	flood->drawn++;
	frame->udp.source = htons((uint16_t)(PORT_FIRST + flow % PORTS_EACH));
	frame->ip.daddr = htonl(flood->dest + (uint32_t)(flow / PORTS_EACH % DESTS));
	frame->ip.check = 0;
	frame->ip.check = header_sum(frame->ip);
}

static int flood_run(char **arg)
{
	static struct flood flood;
	int64_t end = end_after(arg[0]);
	uint64_t count = 0;

	flood.dest = ntohl(address_of(arg[4], "0").sin_addr.s_addr);
	flood.flows = (uint32_t)atoi(arg[5]);
	if (flood.flows == 0)
		flood.drawn = (uint64_t)time(NULL) % (DESTS / 64) * 64 * PORTS_EACH;
	flood_open(&flood, arg[1]);
	flood_prepare(&flood, arg[2], arg[3]);
	while (now_ns() < end) {
		int sent;

		for (uint32_t i = 0; i < BURST; i++)
			flood_draw(&flood, &flood.frame[i]);
		sent = sendmmsg(flood.fd, flood.message, BURST, 0);
		if (sent > 0)
			count += (uint64_t)sent;
		else if (errno != ENOBUFS && errno != EAGAIN)
			die("sendmmsg");
	}
	printf("sent %llu\n", (unsigned long long)count);
	return 0;
}

/* ---- serve ----------------------------------------------------------------------------------- */

static void watch(int poll, int fd, uint32_t events, uint64_t mark)
{
	struct epoll_event event = { .events = events, .data.u64 = mark };

	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0)
		die("epoll_ctl");
}

static int serve_open(int type, struct sockaddr_in addr)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0)
		die("bind");
	if (type == SOCK_STREAM && listen(fd, 4096) != 0)
		die("listen");
	return fd;
}

static void serve_accept(int poll, int listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		watch(poll, fd, EPOLLIN, (uint64_t)fd);
	}
}

static void serve_datagrams(int fd)
{
	char buf[2048];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t got;

	while ((got = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len)) >= 0) {
		(void)sendto(fd, buf, (size_t)got, 0, (struct sockaddr *)&from, len);
		len = sizeof from;
	}
}

static void serve_stream(int fd)
{
	char buf[2048];
	ssize_t got = recv(fd, buf, sizeof buf, 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0 || send(fd, buf, (size_t)got, MSG_NOSIGNAL) != got || buf[0] == 'c')
		close(fd);
}

static int serve_run(char **arg)
{
	struct sockaddr_in addr = address_of(arg[0], arg[1]);
	int poll = epoll_create1(0);
	int stream = serve_open(SOCK_STREAM, addr), datagram = serve_open(SOCK_DGRAM, addr);
	struct epoll_event event[EVENTS_MAX];

	watch(poll, stream, EPOLLIN, (uint64_t)stream);
	watch(poll, datagram, EPOLLIN, (uint64_t)datagram);
	for (int count = 0; count >= 0;) {
		count = epoll_wait(poll, event, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			int fd = (int)event[i].data.u64;

			if (fd == stream)
				serve_accept(poll, fd);
			else if (fd == datagram)
				serve_datagrams(fd);
			else
				serve_stream(fd);
		}
	}
	return 1;
}

/* ---- open ------------------------------------------------------------------------------------ */

struct open {
	int poll;
	struct sockaddr_in dest;
	uint32_t addresses;
	uint32_t begun;
	uint64_t done;
	uint64_t failed;
	struct {
		int fd;
		bool asked;
	} place[AT_ONCE];
};

static void open_begin(struct open *open, uint32_t at)
{
	struct sockaddr_in dest = open->dest;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket");
	dest.sin_addr.s_addr =
		htonl(ntohl(dest.sin_addr.s_addr) + open->begun++ % open->addresses);
	if (connect(fd, (struct sockaddr *)&dest, sizeof dest) != 0 && errno != EINPROGRESS)
		die("connect");
	open->place[at].fd = fd;
	open->place[at].asked = false;
	watch(open->poll, fd, EPOLLOUT, at);
}

static void open_end(struct open *open, uint32_t at, bool well)
{
	close(open->place[at].fd);
	open->done += well;
	open->failed += !well;
	open_begin(open, at);
}

static void open_step(struct open *open, uint32_t at, uint32_t events)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = at };
	char buf[REQUEST_BYTES] = "close";
	int fd = open->place[at].fd;
	ssize_t got;

	if (!open->place[at].asked) {
		open->place[at].asked = true;
		if ((events & EPOLLERR) != 0 ||
		    send(fd, buf, sizeof buf, MSG_NOSIGNAL) != sizeof buf ||
		    epoll_ctl(open->poll, EPOLL_CTL_MOD, fd, &event) != 0)
			open_end(open, at, false);
		return;
	}
	do {
		got = recv(fd, buf, sizeof buf, 0);
	} while (got > 0);
	if (got == 0 || errno != EAGAIN)
		open_end(open, at, got == 0);
}

static int open_run(char **arg)
{
	static struct open open;
	int64_t end = end_after(arg[0]);
	struct epoll_event event[EVENTS_MAX];

	open.poll = epoll_create1(0);
	open.dest = address_of(arg[1], arg[2]);
	open.addresses = (uint32_t)atoi(arg[3]);
	for (uint32_t at = 0; at < AT_ONCE; at++)
		open_begin(&open, at);
	while (now_ns() < end) {
		int count = epoll_wait(open.poll, event, EVENTS_MAX, 100);

		for (int i = 0; i < count; i++)
			open_step(&open, (uint32_t)event[i].data.u64, event[i].events);
	}
	printf("done %llu failed %llu\n", (unsigned long long)open.done,
	       (unsigned long long)open.failed);
	return 0;
}

/* ---- turn ------------------------------------------------------------------------------------ */

static int by_value(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static int turn_run(char **arg)
{
	static int64_t took_ns[TURNS_MAX];
	bool stream = strcmp(arg[0], "tcp") == 0;
	struct sockaddr_in dest = address_of(arg[2], arg[3]);
	struct timeval patience = { .tv_usec = LOST_AFTER_MS * 1000 };
	int fd = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0), on = 1;
	int64_t end = end_after(arg[1]);
	char buf[REQUEST_BYTES] = "turn";
	size_t count = 0, lost = 0;

	if (fd < 0 || connect(fd, (struct sockaddr *)&dest, sizeof dest) != 0)
		die("connect");
	if (stream)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	while (now_ns() < end && count < TURNS_MAX) {
		int64_t begun_ns = now_ns();

		if (send(fd, buf, sizeof buf, 0) != sizeof buf ||
		    recv(fd, buf, sizeof buf, stream ? MSG_WAITALL : 0) != sizeof buf)
			lost++;
		else
			took_ns[count++] = now_ns() - begun_ns;
	}
	qsort(took_ns, count, sizeof took_ns[0], by_value);
	printf("turns %zu p50 %lld p99 %lld lost %zu\n", count, (long long)took_ns[count / 2],
	       (long long)took_ns[count * 99 / 100], lost);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(char **arg);
	} mode[] = {
		{ "flood", 6, flood_run },
		{ "serve", 2, serve_run },
		{ "open", 4, open_run },
		{ "turn", 4, turn_run },
	};

	for (size_t i = 0; i < sizeof mode / sizeof mode[0]; i++) {
		if (argc > 1 && strcmp(argv[1], mode[i].name) == 0 && argc == 2 + mode[i].args)
			return mode[i].run(argv + 2);
	}
	fprintf(stderr, "net_load flood|serve|open|turn ...: the file says with what\n");
	return 2;
}
