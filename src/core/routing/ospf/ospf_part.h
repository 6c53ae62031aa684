/* What the files of this folder have of each other. */
#ifndef CORE_ROUTING_OSPF_OSPF_PART_H
#define CORE_ROUTING_OSPF_OSPF_PART_H

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/routing/ospf/ospf.h"

/* 224.0.0.5 and 224.0.0.6. */
#define OSPF_ALL_ROUTERS be32_of(0xe0000005)
#define OSPF_ALL_DRS     be32_of(0xe0000006)

enum {
	OSPF_TOS = 0xc0,  /* RFC 2328 section A.1: precedence internetwork control */
	OSPF_TELL_S = 60, /* between two warnings of one kind */
};

enum ospf_iface_event {
	OSPF_IE_UP,
	OSPF_IE_WAIT_TIMER,
	OSPF_IE_BACKUP_SEEN,
	OSPF_IE_NBR_CHANGE,
	OSPF_IE_DOWN,
	/* answers of actions: what a test found out */
	OSPF_IE_IS_PTP,
	OSPF_IE_MAY_LEAD,
	OSPF_IE_MAY_NOT_LEAD,
	OSPF_IE_IS_DR,
	OSPF_IE_IS_BACKUP,
	OSPF_IE_IS_OTHER,
	OSPF_IFACE_EVENTS,
	OSPF_IE_NONE = OSPF_IFACE_EVENTS,
};

enum ospf_nbr_event {
	OSPF_NE_HELLO,
	OSPF_NE_TWO_WAY,
	OSPF_NE_NEGOTIATED,
	OSPF_NE_EXCHANGED,
	OSPF_NE_BAD_LSREQ,
	OSPF_NE_LOADED,
	OSPF_NE_ADJ_OK,
	OSPF_NE_SEQ_MISMATCH,
	OSPF_NE_ONE_WAY,
	OSPF_NE_KILL,
	OSPF_NE_INACTIVE,
	OSPF_NE_LL_DOWN,
	/* answers of actions */
	OSPF_NE_WANTED, /* there is to be an adjacency */
	OSPF_NE_UNWANTED,
	OSPF_NE_TO_LOAD, /* requests are left */
	OSPF_NBR_EVENTS,
	OSPF_NE_NONE = OSPF_NBR_EVENTS,
};

/* ---- work.c: what follows at the end of each call -------------------------------------------- */

void ospf_work(struct ospf *o, ns_t now);
/* It is so late: what authentication counts by. */
void ospf_clock(struct ospf *o, ns_t now);
/* The work is due at `when`, or before. */
void ospf_work_at(struct ospf *o, enum ospf_work work, ns_t when);
/* Something that the calculation reads has changed: RFC 8405. */
void ospf_spf_wanted(struct ospf *o, ns_t now);

/* ---- io.c ------------------------------------------------------------------------------------ */

bool ospf_io_open(struct ospf *o, u32 iface, ns_t now);
void ospf_io_close(struct ospf *o, u32 iface, ns_t now);
/* The group of the designated routers is joined, or left. */
void ospf_io_join(struct ospf *o, u32 iface, bool join, ns_t now);
/* Where the body of the message under construction is to be written. */
u8 *ospf_io_body(struct ospf *o);
/* How long a body may be that leaves unfragmented by this interface. */
u32 ospf_io_room(const struct ospf *o, u32 iface);
/* The body of len bytes at ospf_io_body() leaves. What can not is counted, and lost. */
void ospf_io_send(struct ospf *o, u32 iface, enum ospf_msg_type type, u32 len, be32 dst);
/* Where all that may want it hear it: section 8.1. */
be32 ospf_io_group(const struct ospf_iface *ifc);
be32 ospf_io_nbr_addr(const struct ospf *o, const struct ospf_nbr *nbr);
/* Options of hellos and descriptions in this area. */
u8 ospf_options(const struct ospf_area *area);
/* A line in the log; nbr NULL: of nobody. */
void ospf_tell(struct ospf *o, enum speaker_event_kind kind, u16 iface, const be32 *nbr,
	       struct text *text, ns_t now);
/* Something arrived that is not right; the same of an interface once in OSPF_TELL_S. why: a text
 * that stays.                                                                                    */
void ospf_warn_at(struct ospf *o, u32 iface, const be32 *from, const char *why, ns_t now);

/* ---- auth.c ---------------------------------------------------------------------------------- */

/* Bytes behind the message, for what is sent. */
u32 ospf_auth_size(const struct ospf_auth_conf *auth);
/* Fill in csum, auth_type, auth[] of a message of len bytes, and what is appended; the whole
 * length. There is room. seq: for cryptographic authentication.                                  */
u32 ospf_auth_sign(const struct ospf_auth_conf *auth, u8 *msg, u32 len, u32 seq);
/* NULL: the message is authentic, of `have` bytes that came; *seq is its number, with
 * OSPF_AUTH_CRYPTO. Else what is wrong. Requires: ospf_msg_wrong() says nothing.                 */
const char *ospf_auth_wrong(const struct ospf_auth_conf *auth, const u8 *msg, u32 have, u32 *seq);

/* ---- the machines ---------------------------------------------------------------------------- */

void ospf_iface_event(struct ospf *o, u32 iface, enum ospf_iface_event event, ns_t now);
/* The only door between states. */
void ospf_iface_set_state(struct ospf *o, u32 iface, enum ospf_iface_state state, ns_t now);
/* Section 9.4; the event that says what we are. */
enum ospf_iface_event ospf_elect(struct ospf *o, u32 iface, ns_t now);
void ospf_nbr_event(struct ospf *o, u32 nbr, enum ospf_nbr_event event, ns_t now);
void ospf_nbr_set_state(struct ospf *o, u32 nbr, enum ospf_nbr_state state, ns_t now);
/* IDX_NONE: full. */
u32 ospf_nbr_new(struct ospf *o, u32 iface, be32 rid, be32 addr);
/* By router id where the network is point-to-point, else by address; IDX_NONE. */
u32 ospf_nbr_find(const struct ospf *o, u32 iface, be32 rid, be32 addr);
void ospf_nbr_timer(struct ospf *o, u32 nbr, enum ospf_nbr_timer timer, ns_t when);
void ospf_iface_timer(struct ospf *o, u32 iface, enum ospf_timer timer, ns_t when);
/* Lists of what waits for or from this neighbour become empty. */
void ospf_nbr_clear(struct ospf *o, u32 nbr);

/* A message as it came. */
struct ospf_in {
	u16 iface;
	be32 src;
	be32 dst;
	be32 rid; /* of who sent it */
	u32 nbr;  /* IDX_NONE: of a hello from somebody new */
	u32 seq;  /* of cryptographic authentication */
	const u8 *body;
	u32 len;
};

void ospf_hello_in(struct ospf *o, const struct ospf_in *in, ns_t now);
void ospf_hello_send(struct ospf *o, u32 iface, bool empty);
void ospf_dd_in(struct ospf *o, const struct ospf_in *in, ns_t now);
/* The exchange begins: section 10.8. */
void ospf_dd_start(struct ospf *o, u32 nbr, ns_t now);
void ospf_dd_begin_exchange(struct ospf *o, u32 nbr, ns_t now);
/* The next description, with what the summary list has. */
void ospf_dd_send_next(struct ospf *o, u32 nbr, ns_t now);
void ospf_dd_resend(struct ospf *o, u32 nbr);
void ospf_lsreq_in(struct ospf *o, const struct ospf_in *in, ns_t now);
void ospf_lsupd_in(struct ospf *o, const struct ospf_in *in, ns_t now);
void ospf_lsack_in(struct ospf *o, const struct ospf_in *in, ns_t now);

/* ---- lsreq.c: the list of requests ----------------------------------------------------------- */

bool ospf_req_add(struct ospf *o, u32 nbr, const struct ospf_lsa_hdr *hdr);
/* IDX_NONE. */
u32 ospf_req_find(const struct ospf *o, u32 nbr, u8 type, be32 id, be32 adv);
void ospf_req_del(struct ospf *o, u32 req);
/* Ask for the first that have not been asked for yet, unless answers are outstanding. */
void ospf_req_send(struct ospf *o, u32 nbr, bool again, ns_t now);
/* A request was fulfilled: the next ones, or LoadingDone. */
void ospf_req_settle(struct ospf *o, u32 nbr, ns_t now);

/* ---- lsack.c --------------------------------------------------------------------------------- */

void ospf_ack_later(struct ospf *o, u32 iface, const struct ospf_lsa_hdr *hdr, ns_t now);
/* To one neighbour: with the others of this call, by ospf_ack_direct(). */
void ospf_ack_now(struct ospf *o, u32 nbr, const struct ospf_lsa_hdr *hdr);
void ospf_ack_direct(struct ospf *o, u32 nbr);
void ospf_ack_flush(struct ospf *o, u32 iface);

/* ---- lsdb.c ---------------------------------------------------------------------------------- */

static inline struct ospf_lsa *ospf_lsa_at(const struct ospf *o, u32 idx)
{
	return slab_at(&o->lsas, idx);
}

static inline u8 *ospf_lsa_bytes(const struct ospf *o, const struct ospf_lsa *lsa)
{
	return slab_at(&o->bodies[lsa->class], lsa->body);
}

static inline struct ospf_lsa_hdr *ospf_lsa_head(const struct ospf *o, const struct ospf_lsa *lsa)
{
	return (struct ospf_lsa_hdr *)(void *)ospf_lsa_bytes(o, lsa);
}

/* The first LSA of a kind, and the next one; IDX_NONE. */
static inline u32 ospf_lsa_first(const struct ospf *o, u32 area, u8 type)
{
	return o->area[area].lsa_first[type];
}

/* Where LSAs of a type lie that belong to this area. */
static inline u32 ospf_lsa_scope(u32 area, u8 type)
{
	return type == OSPF_EXTERNAL_LSA ? (u32)OSPF_AREA_AS : area;
}

u32 ospf_lsa_find(const struct ospf *o, u32 area, u8 type, be32 id, be32 adv);
/* Any network-LSA of this id that lists `router` and is alive (section 16.1 (2)); IDX_NONE. */
u32 ospf_lsa_find_network(const struct ospf *o, u32 area, be32 id, be32 router);
u16 ospf_lsa_age(const struct ospf_lsa *lsa, ns_t now);
/* Section 13.1: above zero when a is newer, below when b is. */
s32 ospf_lsa_compare(const struct ospf_lsa_hdr *a, const struct ospf_lsa_hdr *b);
/* The header with its age now. */
struct ospf_lsa_hdr ospf_lsa_hdr_now(const struct ospf *o, const struct ospf_lsa *lsa, ns_t now);
/* The copy in the database becomes these bytes, whose form is right; IDX_NONE: no room, and nothing
 * has changed. What has to be calculated anew is marked.                                         */
u32 ospf_lsa_install(struct ospf *o, u32 area, const u8 *bytes, ns_t now);
/* MaxAge, flooded, and gone when all have acknowledged it (section 14.1). */
void ospf_lsa_flush(struct ospf *o, u32 idx, ns_t now);
/* An own LSA is half an hour old, another's an hour. */
void ospf_lsa_old(struct ospf *o, u32 idx, ns_t now);
/* Flushed ones that nobody waits for go. */
void ospf_lsa_purge(struct ospf *o, ns_t now);
/* All LSAs of an area, at once: it is gone, or another kind. */
void ospf_lsa_drop_area(struct ospf *o, u32 area);
void ospf_lsa_set_timer(struct ospf *o, u32 idx);

/* ---- flood.c --------------------------------------------------------------------------------- */

/* Section 13.3. from: the neighbour that sent it; IDX_NONE: it is ours. True: it went back out by
 * the interface that it came by.                                                                 */
bool ospf_flood(struct ospf *o, u32 idx, u32 from, ns_t now);
void ospf_flood_send(struct ospf *o, u32 iface, ns_t now);
/* Copies an LSA into the message under construction, at *len of its body, aged by the interface.
 * False: there are `count` in it, and there is no room for one more.                             */
bool ospf_flood_pack(struct ospf *o, u32 iface, u32 idx, u32 count, u32 *len, ns_t now);
u32 ospf_rxmt_find(const struct ospf *o, u32 lsa, u32 nbr);
void ospf_rxmt_add(struct ospf *o, u32 lsa, u32 nbr, ns_t now);
void ospf_rxmt_del(struct ospf *o, u32 rxmt);
void ospf_rxmt_del_lsa(struct ospf *o, u32 lsa);
/* Those that were sent long enough ago are sent again. */
void ospf_rxmt_send(struct ospf *o, u32 nbr, ns_t now);

static inline struct ospf_rxmt *ospf_rxmt_at(const struct ospf *o, u32 idx)
{
	return slab_at(&o->rxmts, idx);
}

static inline struct ospf_nbr *ospf_nbr_at(const struct ospf *o, u32 idx)
{
	return slab_at(&o->nbrs, idx);
}

static inline struct ospf_request *ospf_req_at(const struct ospf *o, u32 idx)
{
	return slab_at(&o->requests, idx);
}

/* ---- origin*.c ------------------------------------------------------------------------------- */

/* What ought to be announced; the body lies behind the header at ospf.made. */
struct ospf_want {
	u8 area; /* OSPF_AREA_AS */
	u8 type;
	u8 options;
	u8 prefix_len;
	be32 id;
	u32 len;             /* with the header */
	enum ospf_work work; /* that is due again if it is too soon */
};

void ospf_origin_pass(struct ospf *o);
void ospf_originate(struct ospf *o, const struct ospf_want *want, ns_t now);
/* Own LSAs of a kind that the pass did not want are flushed. */
void ospf_origin_sweep(struct ospf *o, u32 area, u8 type, ns_t now);
/* An id for a prefix of types 3, 5 and 7 (appendix E); false: there is none. */
bool ospf_origin_id(const struct ospf *o, const struct ospf_want *want, be32 addr, be32 *id);
void ospf_origin_links(struct ospf *o, ns_t now);
void ospf_origin_summaries(struct ospf *o, ns_t now);
void ospf_origin_externals(struct ospf *o, ns_t now);
/* What the RIB has new. */
void ospf_export_read(struct ospf *o, ns_t now);
bool ospf_is_asbr(const struct ospf *o);
/* RFC 6987: links cost the most that they can. */
bool ospf_is_stub_router(const struct ospf *o, ns_t now);
/* Whether an address of the interface has this prefix. */
bool ospf_iface_has(const struct ospf *o, u32 iface, be32 addr, u32 mask);
/* Whether a prefix is one of an interface that takes part. */
bool ospf_is_own_net(const struct ospf *o, be32 addr, u8 len);

/* ---- spf.c, routes.c ------------------------------------------------------------------------- */

/* A router as a calculation found it. */
struct ospf_reach {
	u32 area;
	u32 dist;
	bool inter;
	struct ospf_hopset hops;
};

void ospf_spf_run(struct ospf *o, ns_t now);
/* The tree of one area. */
void ospf_spf_area(struct ospf *o, u32 area);
/* The router-LSA of a router that the tree of the area has; IDX_NONE. */
u32 ospf_spf_router(const struct ospf *o, u32 area, be32 rid);
/* Bit of a next hop; IDX_NONE: there are too many. */
u32 ospf_hop_get(struct ospf *o, u16 iface, be32 gateway);
void ospf_hops_add(struct ospf_hopset *hops, const struct ospf_hopset *more);
bool ospf_hops_have(const struct ospf_hopset *hops, u32 bit);
/* Up to max of them. */
u32 ospf_hops_list(const struct ospf *o, const struct ospf_hopset *hops, struct rib_hop *out,
		   u32 max);
/* Hops to a gateway on links where the set has the link itself. */
struct ospf_hopset ospf_hops_via(struct ospf *o, const struct ospf_hopset *hops, be32 gateway);
/* One next hop. */
struct ospf_hopset ospf_hops_of(struct ospf *o, u16 iface, be32 gateway);
void ospf_routes_intra(struct ospf *o, u32 area);
/* Which ranges are in use, and the routes that go nowhere for them (section 11.1). */
void ospf_routes_ranges(struct ospf *o);
void ospf_routes_inter(struct ospf *o);
void ospf_routes_external(struct ospf *o);
/* struct rib_chooser. */
void ospf_why_hidden(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
		     char *why, u32 size);
void ospf_routes_tell(struct ospf *o);
/* All that the RIB was given is withdrawn. */
void ospf_routes_drop(struct ospf *o);
/* IDX_NONE. */
u32 ospf_route_find(const struct ospf *o, be32 addr, u8 len);
/* The longest match among routes inside the system (section 16.4 (3)). */
u32 ospf_route_match(const struct ospf *o, be32 addr);
/* The best way to a border router (section 16.4 (3)); false: there is none. */
bool ospf_asbr_reach(const struct ospf *o, be32 rid, struct ospf_reach *reach);

static inline struct ospf_route *ospf_route_at(const struct ospf *o, u32 idx)
{
	return slab_at(&o->routes, idx);
}

/* What of the area of a place in ospf.area[] was told in the last calculation. */
static inline bool ospf_area_is_active(const struct ospf *o, u32 area)
{
	return o->area[area].used && o->area[area].active > 0;
}

/* IDX_NONE. */
u32 ospf_area_find(const struct ospf *o, u32 id);

#endif
