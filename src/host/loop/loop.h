/* Waiting, for everything that is not the packet path, and for the packet path when it has nothing
 * to do: file descriptors, signals, and a bounded sleep. libevent lies underneath.
 *
 * One loop belongs to one thread. Nothing runs but inside loop_turn() and loop_wait(): a caller
 * that has packets in hand decides itself when others get a turn.                               */
#ifndef HOST_LOOP_LOOP_H
#define HOST_LOOP_LOOP_H

#include <sys/socket.h>

#include "core/base/bytes.h"

struct event_base;
struct loop;
struct loop_watch;

/* Called with the argument that was given with it. */
typedef void loop_fn(void *arg);

/* NULL when the system refuses; SIGPIPE is ignored from now on, so that a peer that has gone is an
 * error of a write.                                                                             */
struct loop *loop_new(void);
/* Every watch must have been taken away before. */
void loop_del(struct loop *loop);

/* fn runs whenever fd can be read. NULL when memory is out. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_fn *fn, void *arg);
/* fn runs after the signal came, outside of the signal handler. */
struct loop_watch *loop_signal_new(struct loop *loop, int signal, loop_fn *fn, void *arg);
/* NULL is ignored. */
void loop_watch_del(struct loop_watch *watch);
/* accept(2) of the listener that is watched; the socket does not block, and is closed on exec. -1:
 * nobody is there, or he has gone. When the system has no descriptor or no memory for it, whoever
 * calls stays: then the watch rests for a tenth of a second, or the loop would do nothing else.  */
int loop_accept(struct loop_watch *watch, struct sockaddr *from, socklen_t *size);

/* Run what is ready, without waiting. */
void loop_turn(struct loop *loop);
/* Run what is ready; when nothing is, wait until something is, at most for wait_ns. Rounded up to
 * what the system's clock resolves.                                                             */
void loop_wait(struct loop *loop, ns_t wait_ns);

/* For modules that speak libevent themselves: buffers, listeners. */
struct event_base *loop_base(struct loop *loop);

#endif
