/* many_server SOURCES PORT ADDRESS...: answers any number of TCP connections with what they say.
 *
 * On SIGUSR1 it tells how many connections stand, how many it has accepted, and how many of them
 * came from an address that is not in the list SOURCES (addresses with commas between). Limits:
 * EVENTS_MAX events a turn; LISTEN_MAX addresses; one read of CHUNK bytes per event.            */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, LISTEN_MAX = 16, CHUNK = 4096, BACKLOG = 65535, ACCEPTS_MAX = 512 };

struct server {
	int poll;
	int signals;
	const char *sources;
	int listener[LISTEN_MAX];
	int listener_count;
	unsigned long accepted;
	unsigned long standing;
	unsigned long strange;
};

static void fail(const char *what)
{
	fprintf(stderr, "many_server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(const struct server *server, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };

	if (epoll_ctl(server->poll, EPOLL_CTL_ADD, fd, &event) != 0)
		fail("epoll");
}

static void listen_at(struct server *server, const char *addr, const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((unsigned short)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0 || inet_pton(AF_INET, addr, &at.sin_addr) != 1)
		fail(addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Several of these programs share what one may not have open alone. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, BACKLOG) != 0)
		fail(addr);
	server->listener[server->listener_count++] = fd;
	watch(server, fd);
}

/* Is the address one of the list's words? */
static bool expected(const struct server *server, const struct sockaddr_in *peer)
{
	char text[INET_ADDRSTRLEN];
	size_t len;

	inet_ntop(AF_INET, &peer->sin_addr, text, sizeof text);
	len = strlen(text);
	for (const char *at = server->sources; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, text, len) == 0 && (at[len] == ',' || at[len] == 0))
			return true;
	}
	return false;
}

static void accept_some(struct server *server, int listener)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof peer;
		int fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK);

		if (fd < 0)
			return;
		/* Killed, it is over: nothing speaks on into the next part of a test. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		server->accepted++;
		server->standing++;
		server->strange += !expected(server, &peer);
		watch(server, fd);
	}
}

static void answer(struct server *server, int fd)
{
	char chunk[CHUNK];
	ssize_t len = read(fd, chunk, sizeof chunk);

	if (len > 0 && write(fd, chunk, (size_t)len) == len)
		return;
	if (len < 0 && errno == EAGAIN)
		return;
	server->standing--;
	close(fd);
}

static void tell(const struct server *server)
{
	struct signalfd_siginfo info;

	if (read(server->signals, &info, sizeof info) != sizeof info)
		return;
	printf("standing %lu accepted %lu strange %lu\n", server->standing, server->accepted,
	       server->strange);
	fflush(stdout);
}

static void serve(struct server *server, int fd)
{
	if (fd == server->signals) {
		tell(server);
		return;
	}
	for (int i = 0; i < server->listener_count; i++) {
		if (fd == server->listener[i]) {
			accept_some(server, fd);
			return;
		}
	}
	answer(server, fd);
}

int main(int argc, char **argv)
{
	struct server server = { .sources = argc > 1 ? argv[1] : "" };
	struct epoll_event event[EVENTS_MAX];
	sigset_t told;

	if (argc < 4 || argc > 3 + LISTEN_MAX) {
		fprintf(stderr, "many_server SOURCES PORT ADDRESS...\n");
		return 2;
	}
	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	sigprocmask(SIG_BLOCK, &told, NULL);
	signal(SIGPIPE, SIG_IGN);
	server.poll = epoll_create1(0);
	server.signals = signalfd(-1, &told, SFD_NONBLOCK);
	if (server.poll < 0 || server.signals < 0)
		fail("start");
	watch(&server, server.signals);
	for (int i = 3; i < argc; i++)
		listen_at(&server, argv[i], argv[2]);
	for (;;) {
		int count = epoll_wait(server.poll, event, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++)
			serve(&server, event[i].data.fd);
	}
}
