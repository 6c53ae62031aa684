/* The loop over libevent. */
#include "host/loop/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { LOOP_WAIT_MAX_S = 3600, LOOP_REST_US = 100000 };

struct loop {
	struct event_base *base;
	struct event *alarm; /* ends a wait */
};

struct loop_watch {
	struct event *event;
	struct event *again; /* ends a rest; NULL: there was none yet */
	loop_fn *fn;
	void *arg;
};

/* The alarm only has to make libevent return. */
static void loop_on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void loop_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;

	(void)fd;
	(void)what;
	watch->fn(watch->arg);
}

static struct event_base *loop_base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	/* Without it epoll's milliseconds would be the shortest wait. */
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return NULL;
	signal(SIGPIPE, SIG_IGN);
	loop->base = loop_base_new();
	if (loop->base)
		loop->alarm = event_new(loop->base, -1, 0, loop_on_alarm, NULL);
	if (!loop->alarm) {
		loop_del(loop);
		return NULL;
	}
	return loop;
}

void loop_del(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->alarm)
		event_free(loop->alarm);
	if (loop->base)
		event_base_free(loop->base);
	free(loop);
}

static struct loop_watch *loop_add(struct loop *loop, int fd, short what,
				   const struct loop_watch *seed)
{
	struct loop_watch *watch = malloc(sizeof *watch);

	if (!watch)
		return NULL;
	*watch = *seed;
	watch->event = event_new(loop->base, fd, (short)(what | EV_PERSIST), loop_on_event, watch);
	if (!watch->event || event_add(watch->event, NULL) != 0) {
		loop_watch_del(watch);
		return NULL;
	}
	return watch;
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_fn *fn, void *arg)
{
	struct loop_watch seed = { .fn = fn, .arg = arg };

	return loop_add(loop, fd, EV_READ, &seed);
}

struct loop_watch *loop_signal_new(struct loop *loop, int signal_number, loop_fn *fn, void *arg)
{
	struct loop_watch seed = { .fn = fn, .arg = arg };

	return loop_add(loop, signal_number, EV_SIGNAL, &seed);
}

void loop_watch_del(struct loop_watch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	if (watch->again)
		event_free(watch->again);
	free(watch);
}

static void loop_on_again(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;

	(void)fd;
	(void)what;
	event_add(watch->event, NULL);
}

/* Without memory for a rest it goes on watching: to try too often is better than never again. */
static void loop_rest(struct loop_watch *watch)
{
	const struct timeval rest = { .tv_usec = LOOP_REST_US };

	if (!watch->again)
		watch->again = event_new(event_get_base(watch->event), -1, 0, loop_on_again, watch);
	if (watch->again && event_add(watch->again, &rest) == 0)
		event_del(watch->event);
}

int loop_accept(struct loop_watch *watch, struct sockaddr *from, socklen_t *size)
{
	int fd = accept4(event_get_fd(watch->event), from, size, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		loop_rest(watch);
	return fd;
}

void loop_turn(struct loop *loop)
{
	/* Once: packets are left to whoever turns the loop, so that their ports stay readable. */
	event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

void loop_wait(struct loop *loop, ns_t wait_ns)
{
	struct timeval limit;

	if (wait_ns > LOOP_WAIT_MAX_S * NS_PER_SEC)
		wait_ns = LOOP_WAIT_MAX_S * NS_PER_SEC;
	wait_ns += NS_PER_US - 1;
	limit.tv_sec = (time_t)(wait_ns / NS_PER_SEC);
	limit.tv_usec = (suseconds_t)(wait_ns % NS_PER_SEC / NS_PER_US);
	event_add(loop->alarm, &limit);
	event_base_loop(loop->base, EVLOOP_ONCE);
	event_del(loop->alarm);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}
