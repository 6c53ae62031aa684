/* A network in virtual time.
 *
 * Everything is an actor with three methods: forward (a frame arrives), next (when do I want to
 * run), run (it is that time). The gateway under test is one actor, hosts are others, and a link is
 * one too: it delays, loses, repeats and reorders. A seed decides everything; the same seed gives
 * the same network, packet for packet.
 *
 * Frames are IP packets; link headers belong to the gateway's interfaces and are made there.     */
#ifndef TEST_SIM_NET_H
#define TEST_SIM_NET_H

#include "fake/build.h"

enum {
	NET_ACTORS_MAX = 96,
	NET_TRACE_MAX = 64,
	NET_TRACE_LINE = 320,
	NET_STEPS_MAX = 2000000,
	LINK_QUEUE_MAX = 512,
	NET_ENDPOINTS_MAX = 64,
};

struct frame {
	u32 link_flags;
	bool partial; /* handed in with a checksum half made, as local senders and GRO do */
	u16 gso_size; /* not zero: to be split into packets with so many bytes of payload */
	u32 len;
	u8 bytes[]; /* of len */
};

struct net;
struct actor;

struct actor_ops {
	void (*forward)(struct actor *actor, u16 port, const struct frame *frame);
	ns_t (*next)(const struct actor *actor);
	void (*run)(struct actor *actor);
	void (*del)(struct actor *actor);
};

/* The first member of every actor. */
struct actor {
	const struct actor_ops *ops;
	struct net *net;
};

/* A public endpoint that somebody outside has seen: where hairpins and strangers try their luck. */
struct net_endpoint {
	u8 proto;
	be32 addr;
	u16 port;
};

/* A service that is known to all. */
struct net_visit {
	u8 proto; /* 0: any */
	be32 addr;
	u16 port_first;
	u16 port_last;
};

struct net {
	ns_t now;
	u64 rng;
	const char *why; /* what went wrong; the run stops */
	bool quiet;      /* no trace, which costs: for runs that can be repeated with one */
	u32 actor_count;
	struct actor *actor[NET_ACTORS_MAX];
	u32 endpoint_count;
	struct net_endpoint endpoint[NET_ENDPOINTS_MAX];
	u64 trace_count;
	char trace[NET_TRACE_MAX][NET_TRACE_LINE];
};

void net_init(struct net *net, u64 seed);
void net_fini(struct net *net);
void net_add(struct net *net, struct actor *actor, const struct actor_ops *ops);
/* Run until `until`, at most `steps` wake-ups, or until something is wrong. */
void net_run(struct net *net, ns_t until, u32 steps);
__attribute__((format(printf, 2, 3))) void net_fail(struct net *net, const char *format, ...);
__attribute__((format(printf, 2, 3))) void net_trace(struct net *net, const char *format, ...);
void net_trace_packet(struct net *net, const char *what, u16 iface, const u8 *ip, u32 len);
void net_trace_print(const struct net *net);
void net_saw_endpoint(struct net *net, u8 proto, be32 addr, u16 port);

u64 net_random(struct net *net);
/* 0..count-1 */
u32 net_below(struct net *net, u32 count);
/* True in `percent` of all cases. */
bool net_chance(struct net *net, u32 percent);

struct link_conf {
	ns_t delay_ns;
	ns_t jitter_ns; /* more than the time between frames reorders them */
	u32 loss_percent;
	u32 repeat_percent;
};

struct link;
struct link *link_new(struct net *net, const struct link_conf *conf, struct actor *to, u16 port);
void link_send(struct link *link, const u8 *ip, u32 len, u32 link_flags);

#endif
