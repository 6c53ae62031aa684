/* Routers that speak OSPF, on networks that delay, lose, double and break, in virtual time.
 *
 *     struct ospf_net *net = ospf_net_new(seed);
 *     u32 a = ospf_net_router(net, 1), b = ospf_net_router(net, 2);
 *     u32 lan = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a000000, 24);
 *     ospf_net_attach(net, a, lan, 10, 0); ...
 *     ospf_net_start(net, a); ...
 *     ospf_net_run(net, 60);
 *     ospf_net_judge(net);
 *
 * After each event the routers that it touched are checked. ospf_net_judge() compares all routes
 * with what plain Dijkstra over the true topology says, and follows every route to its end.      */
#ifndef TEST_SIM_OSPF_NET_H
#define TEST_SIM_OSPF_NET_H

#include "core/routing/ospf/ospf_part.h"

enum {
	NET_ROUTERS = 64,
	NET_SEGMENTS = 128,
	NET_PORTS = 16, /* of one router, and ends of a segment */
	NET_ENDS = 32,
	NET_FLIGHTS = 16384,
	NET_QUEUE = 256,
	NET_PKT = 2048,
};

struct net_pkt {
	u32 len;
	u8 bytes[NET_PKT];
};

struct net_flight {
	ns_t when;
	u64 order;
	u32 router;
	u32 life; /* of the router; another one: it was started anew */
	u16 iface;
	struct net_pkt *pkt;
};

struct net_sock {
	bool open;
	u8 proto;
	u8 watch;
	u16 iface;
	u32 group_count;
	be32 group[4];
	u32 first, count;
	struct net_pkt *queue[NET_QUEUE];
};

struct net_router {
	struct ospf_net *net;
	u32 idx;
	bool running;
	u32 life;
	struct iface_table ifaces;
	u32 segment[NET_PORTS]; /* by interface */
	struct ospf_conf conf;
	struct policy_conf policies;
	struct ospf ospf;
	struct rib rib;
	struct fib fib;
	struct speaker_log log;
	struct net_sock sock[NET_PORTS * 2];
	void *region;
	u64 region_size;
	u16 connected; /* clients of the RIB */
	u16 fixed;
	u64 warnings; /* lines of the log */
	char last[SPEAKER_TEXT_SIZE];
};

struct net_end {
	u32 router;
	u16 iface;
	u16 cost;
};

struct net_segment {
	enum ospf_net_type type;
	u32 addr;
	u8 len;
	bool carrier; /* interfaces see it */
	bool passes;  /* packets do */
	u32 loss_percent;
	u32 twice_percent;
	ns_t delay_ns;
	ns_t jitter_ns;
	u32 end_count;
	struct net_end end[NET_ENDS];
};

struct ospf_net {
	ns_t now;
	struct rng rng;
	u64 order;
	u32 router_count;
	struct net_router *router[NET_ROUTERS];
	u32 segment_count;
	struct net_segment segment[NET_SEGMENTS];
	u32 flying;
	struct net_flight *flight;
	u64 events;
	u64 delivered;
};

struct ospf_net *ospf_net_new(u64 seed);
void ospf_net_free(struct ospf_net *net);
/* A router of this id; not started. */
u32 ospf_net_router(struct ospf_net *net, u32 rid);
u32 ospf_net_segment(struct ospf_net *net, enum ospf_net_type type, u32 addr, u8 len);
/* An interface of the router on the segment, with the address of its place there. Before start. */
u16 ospf_net_attach(struct ospf_net *net, u32 router, u32 segment, u16 cost, u32 area);
/* The area in the configuration of the router, made when it is not there. */
struct ospf_area_conf *ospf_net_area(struct ospf_net *net, u32 router, u32 area);
struct ospf_iface_conf *ospf_net_iface(struct ospf_net *net, u32 router, u32 segment);
/* All that the RIB offers but by this source is announced. */
void ospf_net_export(struct ospf_net *net, u32 router, enum route_source source, bool type2,
		     u32 metric);
void ospf_net_start(struct ospf_net *net, u32 router);
/* Without a word, as when the power goes. */
void ospf_net_crash(struct ospf_net *net, u32 router);
void ospf_net_stop(struct ospf_net *net, u32 router);
/* A static route of the router; metric UINT32_MAX takes it away. gateway zero: blackhole. */
void ospf_net_static(struct ospf_net *net, u32 router, u32 addr, u8 len, u32 gateway, u16 iface);
void ospf_net_carrier(struct ospf_net *net, u32 segment, bool carrier);
void ospf_net_run(struct ospf_net *net, u32 seconds);
void ospf_net_run_ms(struct ospf_net *net, u32 ms);
/* Whether all is as it should be, for networks of one area without externals; prints what not. */
bool ospf_net_judge(struct ospf_net *net);
/* The route of a router; false: none. */
bool ospf_net_route(struct ospf_net *net, u32 router, u32 addr, u8 len,
		    struct ospf_route_shown *out);
/* Where a packet for an address comes to that `router` sends: a router that has the address on a
 * link, NET_ROUTERS when it is lost, NET_ROUTERS + 1 when it goes in circles.                    */
u32 ospf_net_trace(struct ospf_net *net, u32 router, u32 addr);
/* Neighbours of a router in a state. */
u32 ospf_net_count(struct ospf_net *net, u32 router, enum ospf_nbr_state state);

#endif
