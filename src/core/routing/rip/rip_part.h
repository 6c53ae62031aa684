/* What the files of RIP have in common; nobody else's. */
#ifndef CORE_ROUTING_RIP_RIP_PART_H
#define CORE_ROUTING_RIP_RIP_PART_H

#include "core/base/check.h"
#include "core/routing/rip/rip.h"

/* ---- rip_net.c: what is known ---------------------------------------------------------------- */

/* IDX_NONE. */
u32 rip_net_find(const struct rip *rip, be32 addr, u8 len);
static inline struct rip_net *rip_net_at(const struct rip *rip, u32 idx)
{
	return slab_at(&rip->nets, idx);
}

/* An entry of a response that makes sense: RFC 2453 section 3.9.2. */
struct rip_heard {
	be32 addr;
	u8 len;
	u8 metric; /* the cost of the interface included: 1..RIP_INFINITY */
	u16 tag;
	struct rip_hop hop;
};
void rip_net_hear(struct rip *rip, const struct rip_heard *heard, ns_t now);
/* Connected nets are those of active interfaces from now on. */
void rip_net_links(struct rip *rip, ns_t now);
/* Nobody by this interface is believed any longer. */
void rip_net_drop_iface(struct rip *rip, u16 iface, ns_t now);
/* All that is told is another thing now: each destination of ours hears of it at once. */
void rip_net_tell_again(struct rip *rip);
/* What the RIB chose for a prefix. */
void rip_net_chosen(struct rip *rip, const struct rib_change *change, ns_t now);
/* Times that have come, a step; true: there are more. */
bool rip_net_due(struct rip *rip, ns_t now);

/* What is told of a net, whomever we tell, unless we are drained. */
enum rip_route_kind rip_net_kind(const struct rip_net *net);
u8 rip_net_metric(const struct rip_net *net);
u16 rip_net_tag(const struct rip_net *net);
/* Whether it is heard by this interface, and used. */
bool rip_net_is_by(const struct rip_net *net, u16 iface);

/* ---- rip_out.c: what is told ----------------------------------------------------------------- */

void rip_talk_start(struct rip *rip, struct rip_iface *iface, ns_t now);
/* A request for the whole table. */
void rip_ask(struct rip *rip, struct rip_iface *iface, ns_t now);
/* An answer with the whole table; false: there are as many already as can be. */
bool rip_answer_all(struct rip *rip, struct rip_iface *iface, const struct sock_addr *to);
/* An answer that is a request with its metrics filled in. */
void rip_answer_some(struct rip *rip, struct rip_iface *iface, const u8 *at,
		     const struct rip_auth_seen *seen, const struct sock_addr *to, ns_t now);
void rip_talk_tick(struct rip *rip, struct rip_iface *iface, ns_t now);
ns_t rip_talk_next(const struct rip *rip, const struct rip_iface *iface);
/* That everything is unreachable, as far as it can be sent at once. */
void rip_talk_leave(struct rip *rip, struct rip_iface *iface, ns_t now);

/* ---- rip_iface.c ----------------------------------------------------------------------------- */

static inline const struct iface *rip_iface_of(const struct rip *rip, u16 iface)
{
	return &rip->ifaces->iface[iface];
}
/* Bring all interfaces to what configuration and links are now. */
void rip_iface_follow(struct rip *rip, ns_t now);
/* Say that we leave, and be silent. */
void rip_iface_leave(struct rip *rip, u16 iface, ns_t now);
/* The prefix of the interface that an address is on; false: none. */
bool rip_iface_link(const struct rip *rip, u16 iface, be32 addr, struct iface_addr *link);

/* ---- rip_in.c: what is heard ----------------------------------------------------------------- */

void rip_in(struct rip *rip, u16 iface, ns_t now);
/* Neighbours that were silent for too long go. */
void rip_neigh_tick(struct rip *rip, ns_t now);
void rip_neigh_drop_iface(struct rip *rip, u16 iface, ns_t now);

/* A line of the log. addr: zero for none. */
void rip_say(struct rip *rip, enum speaker_event_kind kind, u16 iface, be32 addr, const char *text,
	     ns_t now);

#endif
