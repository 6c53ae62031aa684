/* An engine with sockets inside of a libevent loop, on a TUN device: what the examples share, and
 * all that a program has to do for them.
 *
 * The device has to be there and up, with the other end's address on it:
 *
 *     ip tuntap add mode tun name tun0
 *     ip addr add 10.8.0.1/24 dev tun0
 *     ip link set tun0 up                                                                        */
#ifndef EXAMPLES_EMBED_H
#define EXAMPLES_EMBED_H

#include "sluice/sluice.h"
#include "sluice/sock.h"

struct embed {
	struct sluice *sluice;
	struct event_base *base;
	struct event *packets; /* the device can be read */
	struct event *timer;   /* the engine's next moment */
	struct event *stop;    /* SIGINT */
	void *memory;
	int device;
	bool stopped;
	/* What the application does with its sockets: after each turn of the engine, and never from
	 * inside of a call to it.                                                                */
	void (*serve)(struct embed *embed, ns_t now);
	void *app;
};

/* address: "10.8.0.2/24", ours and only ours. method: what libevent is to wait with ("epoll",
 * "poll", "select"); NULL: the best that it has. False: what is wrong was said. Either way
 * embed_close() gives everything back.                                                           */
bool embed_open(struct embed *embed, const char *device, const char *address, const char *method);
/* Until embed_stop() or SIGINT. */
void embed_run(struct embed *embed);
void embed_stop(struct embed *embed);
void embed_close(struct embed *embed);

/* The time of the calls. */
ns_t embed_now(void);
/* "10.8.0.1:80" */
bool embed_parse_peer(const char *text, struct sock_addr *peer);

#endif
