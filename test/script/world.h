/* One TCP stack in virtual time, and what goes in and comes out of it.
 *
 * Time moves only by world_step() and world_until(); timers run at their exact times on the way.
 * What the stack sends is kept in order, each packet with the time at which it left. Every
 * invariant of the stack is checked after every event.                                           */
#ifndef TEST_SCRIPT_WORLD_H
#define TEST_SCRIPT_WORLD_H

#include "core/tcp/tcp.h"

enum { WORLD_MTU = 1500, WORLD_PACKETS = 8192 };

struct world {
	struct tcp tcp;
	struct pkt_pool pool;
	void *memory;
	ns_t now;
	u16 mtu;                         /* of every way */
	bool is_mute;                    /* what the stack sends is lost */
	struct pkt *sent[WORLD_PACKETS]; /* a ring; rx_ns: when it left */
	u32 sent_head, sent_count;
};

/* What Linux does where the RFC leaves it open: cubic, 15 MB, window scale 8. */
void world_conf_defaults(struct tcp_conf *conf);
void world_init(struct world *world, const struct tcp_conf *conf);
/* Every packet is back, or the program stops. */
void world_fini(struct world *world);
/* A whole IPv4 packet for the stack: TCP, or an ICMP error about TCP. */
void world_in(struct world *world, const void *packet, u32 len);
/* What the stack wants to send now is in the ring. */
void world_flush(struct world *world);
/* The next event that is not after `until`; false: there is none, and it is `until` now. */
bool world_step(struct world *world, ns_t until);
void world_until(struct world *world, ns_t until);
/* The next packet that left; NULL: none has. The caller puts it. */
struct pkt *world_out(struct world *world);

#endif
