/* net_load: what bench_net.sh drives a gateway with, and what answers at the other end.
 *
 *   net_load serve ADDRESS PORT
 *       echoes UDP; over TCP answers every request with as many bytes. A request that begins with
 *       'c' is the last one: the server closes first, so that clients never run out of ports.
 *   net_load open SECONDS ADDRESS PORT ADDRESSES
 *       TCP connections one after another in each of AT_ONCE places, to ADDRESSES addresses in
 *       turn: open, one request, one answer, close. Says "done N failed M".
 *   net_load turn tcp|udp SECONDS ADDRESS PORT
 *       one request at a time. Says "turns N p50 NS p99 NS lost N". */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
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
		{ "serve", 2, serve_run },
		{ "open", 4, open_run },
		{ "turn", 4, turn_run },
	};

	for (size_t i = 0; i < sizeof mode / sizeof mode[0]; i++) {
		if (argc > 1 && strcmp(argv[1], mode[i].name) == 0 && argc == 2 + mode[i].args)
			return mode[i].run(argv + 2);
	}
	fprintf(stderr, "net_load serve|open|turn ...: the file says with what\n");
	return 2;
}
