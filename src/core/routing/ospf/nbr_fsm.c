/* The machine of a neighbour (RFC 2328 section 10.3), and how one comes to be and goes. */
#include "core/routing/ospf/ospf_part.h"

enum { FOLLOW_MAX = 4 };

typedef enum ospf_nbr_event (*nbr_action)(struct ospf *o, u32 nbr, ns_t now);

struct cell {
	nbr_action action; /* NULL: unexpected */
	enum ospf_nbr_state next;
};

static enum ospf_nbr_event act_none(struct ospf *o, u32 nbr, ns_t now)
{
	(void)o;
	(void)nbr;
	(void)now;
	return OSPF_NE_NONE;
}

static enum ospf_nbr_event act_alive(struct ospf *o, u32 nbr, ns_t now)
{
	const struct ospf_iface *ifc = &o->iface[ospf_nbr_at(o, nbr)->iface];

	ospf_nbr_timer(o, nbr, OSPF_TIMER_DEAD, now + ifc->conf.dead_s * NS_PER_SEC);
	return OSPF_NE_NONE;
}

/* Section 10.4. */
static enum ospf_nbr_event act_decide(struct ospf *o, u32 nbr, ns_t now)
{
	const struct ospf_nbr *own = ospf_nbr_at(o, nbr);
	const struct ospf_iface *ifc = &o->iface[own->iface];

	(void)now;
	if (ifc->conf.type == OSPF_NET_PTP || be32_eq(ifc->dr, ifc->addr) ||
	    be32_eq(ifc->bdr, ifc->addr) || be32_eq(ifc->dr, own->addr) ||
	    be32_eq(ifc->bdr, own->addr))
		return OSPF_NE_WANTED;
	return OSPF_NE_UNWANTED;
}

static enum ospf_nbr_event act_clear(struct ospf *o, u32 nbr, ns_t now)
{
	(void)now;
	ospf_nbr_clear(o, nbr);
	return OSPF_NE_NONE;
}

static enum ospf_nbr_event act_begin(struct ospf *o, u32 nbr, ns_t now)
{
	ospf_nbr_clear(o, nbr);
	ospf_dd_start(o, nbr, now);
	return OSPF_NE_NONE;
}

static enum ospf_nbr_event act_exchange(struct ospf *o, u32 nbr, ns_t now)
{
	ospf_dd_begin_exchange(o, nbr, now);
	return OSPF_NE_NONE;
}

static enum ospf_nbr_event act_load(struct ospf *o, u32 nbr, ns_t now)
{
	ospf_nbr_timer(o, nbr, OSPF_TIMER_DD, NS_NEVER);
	if (ospf_nbr_at(o, nbr)->requests.count == 0)
		return OSPF_NE_LOADED;
	ospf_req_send(o, nbr, false, now);
	return OSPF_NE_TO_LOAD;
}

static enum ospf_nbr_event act_forget(struct ospf *o, u32 nbr, ns_t now)
{
	(void)now;
	ospf_nbr_clear(o, nbr);
	ospf_nbr_timer(o, nbr, OSPF_TIMER_DEAD, NS_NEVER);
	return OSPF_NE_NONE;
}

static const struct cell table[OSPF_NBR_STATES][OSPF_NBR_EVENTS] = {
#define CELL(state, event, action, next, text, section)                                            \
	[OSPF_NBR_##state][OSPF_NE_##event] = { act_##action, OSPF_NBR_##next },
#include "core/routing/ospf/nbr_fsm.def"
#undef CELL
};

const char *ospf_nbr_state_name(enum ospf_nbr_state state)
{
	static const char *const name[] = {
		[OSPF_NBR_DOWN] = "Down",         [OSPF_NBR_INIT] = "Init",
		[OSPF_NBR_TWO_WAY] = "2-Way",     [OSPF_NBR_EXSTART] = "ExStart",
		[OSPF_NBR_EXCHANGE] = "Exchange", [OSPF_NBR_LOADING] = "Loading",
		[OSPF_NBR_FULL] = "Full",
	};

	_Static_assert(ARRAY_COUNT(name) == OSPF_NBR_STATES, "a name for each state");
	return name[state];
}

/* Whether it is in a state that holds flushed LSAs in the database (section 14). */
static bool is_exchanging(u8 state)
{
	return state == OSPF_NBR_EXCHANGE || state == OSPF_NBR_LOADING;
}

static void tell_change(struct ospf *o, const struct ospf_nbr *nbr, u8 before, ns_t now)
{
	struct text text;
	char line[SPEAKER_TEXT_SIZE];

	text_init(&text, line, sizeof line);
	text_str(&text, "neighbour ");
	text_ip4(&text, nbr->rid);
	if (nbr->state == OSPF_NBR_FULL) {
		text_str(&text, " is Full");
		ospf_tell(o, SPEAKER_UP, nbr->iface, &nbr->addr, &text, now);
		return;
	}
	text_str(&text, " was Full and is ");
	text_str(&text, ospf_nbr_state_name(nbr->state));
	(void)before;
	ospf_tell(o, SPEAKER_DOWN, nbr->iface, &nbr->addr, &text, now);
}

static void nbr_unlink(struct ospf *o, u32 nbr)
{
	struct ospf_iface *ifc = &o->iface[ospf_nbr_at(o, nbr)->iface];
	u32 *link = &ifc->nbr_first;

	for (u32 left = ifc->nbr_count; left > 0 && *link != nbr; left--)
		link = &ospf_nbr_at(o, *link)->next;
	CHECK(*link == nbr);
	*link = ospf_nbr_at(o, nbr)->next;
	ifc->nbr_count--;
}

void ospf_nbr_set_state(struct ospf *o, u32 idx, enum ospf_nbr_state state, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);
	u8 before = nbr->state;

	if (before == state)
		return;
	nbr->state = (u8)state;
	o->exchanging -= is_exchanging(before);
	o->exchanging += is_exchanging(nbr->state);
	o->purge = o->purge || is_exchanging(before);
	/* Section 9.3, NeighborChange: the first three causes; hello.c has the others. */
	if ((before >= OSPF_NBR_TWO_WAY) != (nbr->state >= OSPF_NBR_TWO_WAY))
		o->iface[nbr->iface].news |= OSPF_NEWS_NBR_CHANGE;
	if (before == OSPF_NBR_FULL || state == OSPF_NBR_FULL) {
		nbr->full_ns = state == OSPF_NBR_FULL ? now : NS_NEVER;
		tell_change(o, nbr, before, now);
		/* Section 12.4 (3). */
		ospf_work_at(o, OSPF_WORK_LINKS, now);
	}
	if (state == OSPF_NBR_DOWN) {
		nbr_unlink(o, idx);
		slab_del(&o->nbrs, idx);
	}
}

void ospf_nbr_event(struct ospf *o, u32 nbr, enum ospf_nbr_event event, ns_t now)
{
	for (u32 count = 0; count < FOLLOW_MAX && event != OSPF_NE_NONE; count++) {
		const struct cell *cell = &table[ospf_nbr_at(o, nbr)->state][event];

		if (cell->action == NULL) {
			ospf_nbr_at(o, nbr)->unexpected++;
			return;
		}
		event = cell->action(o, nbr, now);
		ospf_nbr_set_state(o, nbr, cell->next, now);
	}
	CHECK(event == OSPF_NE_NONE);
}

u32 ospf_nbr_new(struct ospf *o, u32 iface, be32 rid, be32 addr)
{
	struct ospf_iface *ifc = &o->iface[iface];
	struct ospf_nbr *nbr;
	u32 idx = ifc->nbr_count < o->conf.nbr_iface_limit ? slab_new(&o->nbrs) : IDX_NONE;

	if (idx == IDX_NONE) {
		o->stats.nbr_full++;
		return IDX_NONE;
	}
	nbr = ospf_nbr_at(o, idx);
	nbr->iface = (u16)iface;
	nbr->rid = rid;
	nbr->addr = addr;
	nbr->full_ns = NS_NEVER;
	nbr->requests = nbr->rxmts = (struct ospf_list){ IDX_NONE, IDX_NONE, 0 };
	/* Section 10.8: any value that was not used before. */
	nbr->dd_seq = rng_u32(&o->rng);
	nbr->next = ifc->nbr_first;
	ifc->nbr_first = idx;
	ifc->nbr_count++;
	return idx;
}

u32 ospf_nbr_find(const struct ospf *o, u32 iface, be32 rid, be32 addr)
{
	const struct ospf_iface *ifc = &o->iface[iface];

	for (u32 at = ifc->nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next) {
		const struct ospf_nbr *nbr = ospf_nbr_at(o, at);

		if (ifc->conf.type == OSPF_NET_PTP ? be32_eq(nbr->rid, rid)
						   : be32_eq(nbr->addr, addr))
			return at;
	}
	return IDX_NONE;
}

void ospf_nbr_clear(struct ospf *o, u32 idx)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	for (u32 left = o->conf.rxmt_limit; left > 0 && nbr->rxmts.first != IDX_NONE; left--)
		ospf_rxmt_del(o, nbr->rxmts.first);
	for (u32 left = o->conf.request_limit; left > 0 && nbr->requests.first != IDX_NONE; left--)
		ospf_req_del(o, nbr->requests.first);
	nbr->dd_seen = false;
	nbr->dd_len = 0;
	nbr->more = false;
	for (u32 timer = OSPF_TIMER_DD; timer < OSPF_NBR_TIMERS; timer++)
		ospf_nbr_timer(o, idx, timer, NS_NEVER);
}
