/* poll() and epoll over the sockets of a world. */
#include "packetdrill/drill.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A question that poll or epoll asks again whenever something has happened. */
struct question {
	struct drill *drill;
	struct pollfd *polled;
	nfds_t count;
	struct drill_epoll *epoll;
	struct epoll_event *events;
	int max;
	int found;
};

static int ask_poll(const struct question *ask)
{
	int found = 0;

	for (nfds_t n = 0; n < ask->count; n++) {
		struct pollfd *polled = &ask->polled[n];
		struct sock *sock = sock_at(&ask->drill->socks, polled->fd);

		polled->revents = POLLNVAL;
		if (sock != NULL)
			polled->revents = (short)(sock_events(&ask->drill->socks, sock) &
						  (polled->events | POLLERR | POLLHUP));
		found += polled->revents != 0;
	}
	return found;
}

static int ask_epoll(const struct question *ask)
{
	int found = 0;

	for (int n = 0; n < ask->epoll->count && found < ask->max; n++) {
		struct epoll_event *event = &ask->epoll->entry[n].event;
		struct sock *sock = sock_at(&ask->drill->socks, ask->epoll->entry[n].fd);
		short events;

		if (sock == NULL)
			continue;
		events = (short)(sock_events(&ask->drill->socks, sock) &
				 (short)(event->events | EPOLLERR | EPOLLHUP));
		if ((event->events & EPOLLET) != 0) {
			const struct tcb *tcb = sock_tcb(&ask->drill->socks.world, sock);
			u64 bytes = tcb != NULL ? tcb->bytes_received : 0;
			short fresh = (short)(events & ~ask->epoll->entry[n].told);

			if (bytes != ask->epoll->entry[n].told_bytes)
				fresh |= (short)(events & EPOLLIN);
			ask->epoll->entry[n].told = events;
			ask->epoll->entry[n].told_bytes = bytes;
			events = fresh != 0 ? events : 0;
		}
		if (events == 0)
			continue;
		ask->events[found].events = (u16)events;
		ask->events[found++].data = event->data;
	}
	return found;
}

static bool is_answered(void *arg)
{
	struct question *ask = arg;

	ask->found = ask->epoll != NULL ? ask_epoll(ask) : ask_poll(ask);
	return ask->found > 0;
}

/* In the other thread a wait for several sockets looks again with each turn of the main one. */
struct sleeper {
	struct sock_wait wait;
	struct question *ask;
	ns_t end;
};

static bool sleeper_is_over(const struct world *world, const struct sock *sock)
{
	/* wait is the first member: its socket is a name for the whole. */
	const struct sleeper *sleeper = (const void *)sock;

	return is_answered(sleeper->ask) || world->now >= sleeper->end;
}

static int answer(struct question *ask, int timeout_ms)
{
	struct world *world = &ask->drill->socks.world;
	ns_t end = timeout_ms < 0 ? NS_NEVER : world->now + (ns_t)timeout_ms * NS_PER_MS;
	struct sleeper sleeper = { .ask = ask, .end = end };

	if (is_answered(ask) || timeout_ms == 0)
		return ask->found;
	if (pthread_equal(pthread_self(), ask->drill->main) != 0) {
		(void)drill_until(ask->drill,
				  timeout_ms < 0 ? world->now + SOCK_WAIT_MAX_S * NS_PER_SEC : end,
				  is_answered, ask);
		return ask->found;
	}
	sleeper.wait = (struct sock_wait){ (const void *)&sleeper, sleeper_is_over };
	(void)ask->drill->socks.wait(&ask->drill->socks, &sleeper.wait);
	return ask->found;
}

int drill_poll(struct drill *drill, struct pollfd *polled, nfds_t count, int timeout_ms)
{
	struct question ask = { .drill = drill, .polled = polled, .count = count };

	return answer(&ask, timeout_ms);
}

static struct drill_epoll *epoll_at(struct drill *drill, int fd)
{
	for (u32 n = 0; n < ARRAY_COUNT(drill->epoll); n++) {
		if (drill->epoll[n].fd == fd)
			return &drill->epoll[n];
	}
	errno = EBADF;
	return NULL;
}

int drill_epoll_create(struct drill *drill)
{
	struct drill_epoll *epoll = epoll_at(drill, 0);

	if (epoll == NULL)
		return -1;
	epoll->count = 0;
	epoll->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return epoll->fd;
}

int drill_epoll_ctl(struct drill *drill, int fd, int op, int sock, const struct epoll_event *event)
{
	struct drill_epoll *epoll = epoll_at(drill, fd);
	int at = 0;

	if (epoll == NULL)
		return -1;
	while (at < epoll->count && epoll->entry[at].fd != sock)
		at++;
	if ((op == EPOLL_CTL_ADD) != (at == epoll->count) || at == DRILL_EPOLL_MAX) {
		errno = op == EPOLL_CTL_ADD ? EEXIST : ENOENT;
		return -1;
	}
	if (op == EPOLL_CTL_DEL) {
		epoll->entry[at] = epoll->entry[--epoll->count];
		return 0;
	}
	epoll->count += op == EPOLL_CTL_ADD;
	epoll->entry[at].fd = sock;
	epoll->entry[at].event = *event;
	epoll->entry[at].told = 0;
	return 0;
}

int drill_epoll_wait(struct drill *drill, int fd, struct epoll_event *events, int max,
		     int timeout_ms)
{
	struct question ask = { .drill = drill, .events = events, .max = max };

	ask.epoll = epoll_at(drill, fd);
	return ask.epoll != NULL ? answer(&ask, timeout_ms) : -1;
}
