/* packetdrill's two threads over one world.
 *
 * Its main thread moves time, by sleeping and by waiting for packets; calls that a script expects
 * to block are made in another thread, which waits for their begin itself, and sleeps here until
 * what happens ends its call. Then time stands still until that thread has asked what time it is,
 * or sleeps again.                                                                               */
#ifndef TEST_PACKETDRILL_DRILL_H
#define TEST_PACKETDRILL_DRILL_H

#include "packetdrill/face.h"
#include "script/sock.h"

#include <pthread.h>

enum { DRILL_EPOLL_MAX = 32 };

struct drill_epoll {
	int fd;                   /* 0: none */
	struct {
		int fd;
		struct epoll_event event;
		short told;       /* with EPOLLET: what was there when it was told of */
		u64 told_bytes;   /* and how much had come */
	} entry[DRILL_EPOLL_MAX];
	int count;
};

struct drill {
	struct socks socks;
	pthread_mutex_t lock;
	pthread_cond_t woken;     /* of the thread that sleeps in a call */
	pthread_cond_t settled;   /* of the main thread */
	pthread_t main;
	const struct sock_wait *sleeper;
	bool is_over;             /* what it waits for has come */
	bool is_busy;             /* it runs, and has not asked for the time yet */
	struct drill_epoll epoll[4];
};

/* Options in --so_flags: "no_timestamps no_sack ecn". */
struct drill *drill_new(const char *flags);
void drill_del(struct drill *drill);
void drill_enter(struct drill *drill);
void drill_leave(struct drill *drill);
/* Time passes; false: not as far as `until`, because *stop came true. NULL: no condition. */
bool drill_until(struct drill *drill, ns_t until, bool (*stop)(void *arg), void *arg);
/* Something happened: who sleeps in a call may go on. */
void drill_happened(struct drill *drill);
/* Asked for the time: a microsecond goes by with each question, or who waits for it in a loop would
 * wait for ever; but not before a call that has slept tells when it ended.                       */
ns_t drill_clock(struct drill *drill);

int drill_poll(struct drill *drill, struct pollfd *polled, nfds_t count, int timeout_ms);
int drill_epoll_create(struct drill *drill);
int drill_epoll_ctl(struct drill *drill, int epoll, int op, int fd,
		    const struct epoll_event *event);
int drill_epoll_wait(struct drill *drill, int epoll, struct epoll_event *events, int max,
		     int timeout_ms);

#endif
