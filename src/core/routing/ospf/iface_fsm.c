/* The machine of an interface (RFC 2328 section 9), and the election of designated routers. */
#include "core/routing/ospf/ospf_part.h"

enum { FOLLOW_MAX = 4 /* events that one event may lead to */ };

typedef enum ospf_iface_event (*iface_action)(struct ospf *o, u32 iface, ns_t now);

struct cell {
	iface_action action; /* NULL: unexpected */
	enum ospf_iface_state next;
};

static enum ospf_iface_event act_none(struct ospf *o, u32 iface, ns_t now)
{
	(void)o;
	(void)iface;
	(void)now;
	return OSPF_IE_NONE;
}

static enum ospf_iface_event act_start(struct ospf *o, u32 iface, ns_t now)
{
	const struct ospf_iface *ifc = &o->iface[iface];

	if (!ifc->conf.passive)
		ospf_iface_timer(o, iface, OSPF_TIMER_HELLO, now);
	if (ifc->conf.type == OSPF_NET_PTP)
		return OSPF_IE_IS_PTP;
	if (ifc->conf.priority == 0 || ifc->conf.passive)
		return OSPF_IE_MAY_NOT_LEAD;
	return OSPF_IE_MAY_LEAD;
}

static enum ospf_iface_event act_wait(struct ospf *o, u32 iface, ns_t now)
{
	/* Section 9, wait timer: the dead interval. */
	ospf_iface_timer(o, iface, OSPF_TIMER_WAIT, now + o->iface[iface].conf.dead_s * NS_PER_SEC);
	return OSPF_IE_NONE;
}

static enum ospf_iface_event act_elect(struct ospf *o, u32 iface, ns_t now)
{
	ospf_iface_timer(o, iface, OSPF_TIMER_WAIT, NS_NEVER);
	return ospf_elect(o, iface, now);
}

static enum ospf_iface_event act_reset(struct ospf *o, u32 iface, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];

	/* Each of them leaves the list. */
	for (u32 left = o->conf.nbr_limit; left > 0 && ifc->nbr_first != IDX_NONE; left--)
		ospf_nbr_event(o, ifc->nbr_first, OSPF_NE_KILL, now);
	for (u32 timer = 0; timer < OSPF_IFACE_TIMERS; timer++)
		ospf_iface_timer(o, iface, timer, NS_NEVER);
	ifc->dr = ifc->bdr = be32_of(0);
	ifc->ack_count = ifc->flood_count = 0;
	ifc->news = 0;
	return OSPF_IE_NONE;
}

static const struct cell table[OSPF_IFACE_STATES][OSPF_IFACE_EVENTS] = {
#define CELL(state, event, action, next, text, section)                                            \
	[OSPF_IFACE_##state][OSPF_IE_##event] = { act_##action, OSPF_IFACE_##next },
#include "core/routing/ospf/iface_fsm.def"
#undef CELL
};

const char *ospf_iface_state_name(enum ospf_iface_state state)
{
	/* As section 9.1 has them. */
	static const char *const name[] = {
		[OSPF_IFACE_DOWN] = "Down",          [OSPF_IFACE_WAITING] = "Waiting",
		[OSPF_IFACE_PTP] = "Point-to-point", [OSPF_IFACE_OTHER] = "DR Other",
		[OSPF_IFACE_BACKUP] = "Backup",      [OSPF_IFACE_DR] = "DR",
	};

	_Static_assert(ARRAY_COUNT(name) == OSPF_IFACE_STATES, "a name for each state");
	return name[state];
}

void ospf_iface_set_state(struct ospf *o, u32 iface, enum ospf_iface_state state, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];
	bool leads = state == OSPF_IFACE_DR || state == OSPF_IFACE_BACKUP;

	if (state == ifc->state)
		return;
	if (ifc->state == OSPF_IFACE_DOWN)
		o->area[ifc->area].active++;
	if (state == OSPF_IFACE_DOWN)
		o->area[ifc->area].active--;
	ifc->state = (u8)state;
	if (leads != ifc->in_dr_group)
		ospf_io_join(o, iface, leads, now);
	/* Sections 12.4 (1) and (4): router-LSA and network-LSA; which areas there are changes what
	 * is told to others.                                                                     */
	ospf_work_at(o, OSPF_WORK_LINKS, now);
	ospf_spf_wanted(o, now);
}

void ospf_iface_event(struct ospf *o, u32 iface, enum ospf_iface_event event, ns_t now)
{
	for (u32 count = 0; count < FOLLOW_MAX && event != OSPF_IE_NONE; count++) {
		struct ospf_iface *ifc = &o->iface[iface];
		const struct cell *cell = &table[ifc->state][event];

		if (cell->action == NULL) {
			ifc->unexpected++;
			return;
		}
		event = cell->action(o, iface, now);
		ospf_iface_set_state(o, iface, cell->next, now);
	}
	CHECK(event == OSPF_IE_NONE);
}

/* ---- election -------------------------------------------------------------------------------- */

/* Who takes part, as he declares himself. */
struct candidate {
	be32 rid;
	be32 addr;
	u8 priority;
	bool says_dr;
	bool says_bdr;
};

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return be32_host(a->rid) > be32_host(b->rid);
}

/* Steps 2 and 3 for one more candidate. */
struct ballot {
	struct candidate dr;     /* of those that say so */
	struct candidate bdr;    /* likewise */
	struct candidate may_be; /* of those that do not say that they are the DR */
	bool has_dr, has_bdr, has_may_be;
};

static void take(struct candidate *best, bool *has, const struct candidate *one)
{
	if (!*has || is_better(one, best))
		*best = *one;
	*has = true;
}

static void ballot_add(struct ballot *ballot, const struct candidate *one)
{
	if (one->priority == 0)
		return;
	if (one->says_dr) {
		take(&ballot->dr, &ballot->has_dr, one);
		return;
	}
	if (one->says_bdr)
		take(&ballot->bdr, &ballot->has_bdr, one);
	take(&ballot->may_be, &ballot->has_may_be, one);
}

/* Steps 2 and 3: new_dr and new_bdr, zero for none. */
static void vote(const struct ospf *o, u32 iface, const struct candidate *own, be32 *new_dr,
		 be32 *new_bdr)
{
	const struct ospf_iface *ifc = &o->iface[iface];
	struct ballot ballot = { 0 };

	ballot_add(&ballot, own);
	for (u32 at = ifc->nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next) {
		const struct ospf_nbr *nbr = ospf_nbr_at(o, at);
		struct candidate one = { nbr->rid, nbr->addr, nbr->priority,
					 be32_eq(nbr->dr, nbr->addr),
					 be32_eq(nbr->bdr, nbr->addr) };

		if (nbr->state >= OSPF_NBR_TWO_WAY)
			ballot_add(&ballot, &one);
	}
	*new_bdr = be32_of(0);
	if (ballot.has_bdr)
		*new_bdr = ballot.bdr.addr;
	else if (ballot.has_may_be)
		*new_bdr = ballot.may_be.addr;
	*new_dr = ballot.has_dr ? ballot.dr.addr : *new_bdr;
}

enum ospf_iface_event ospf_elect(struct ospf *o, u32 iface, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];
	struct candidate own = { o->router_id, ifc->addr, ifc->conf.priority,
				 be32_eq(ifc->dr, ifc->addr), be32_eq(ifc->bdr, ifc->addr) };
	be32 old_dr = ifc->dr, old_bdr = ifc->bdr, dr, bdr;
	bool is_dr, is_bdr;

	vote(o, iface, &own, &dr, &bdr);
	is_dr = be32_eq(dr, ifc->addr);
	is_bdr = be32_eq(bdr, ifc->addr);
	/* Step 4: what changed for us counts in a second vote. One that is both is the DR. */
	if (is_dr != own.says_dr || is_bdr != own.says_bdr) {
		own.says_dr = is_dr;
		own.says_bdr = is_bdr && !is_dr;
		vote(o, iface, &own, &dr, &bdr);
	}
	ifc->dr = dr;
	ifc->bdr = bdr;
	if (!be32_eq(dr, old_dr) || !be32_eq(bdr, old_bdr)) {
		/* Step 7. Nobody leaves the list for it. */
		for (u32 at = ifc->nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next)
			ospf_nbr_event(o, at, OSPF_NE_ADJ_OK, now);
		ospf_work_at(o, OSPF_WORK_LINKS, now);
	}
	if (be32_eq(dr, ifc->addr))
		return OSPF_IE_IS_DR;
	return be32_eq(bdr, ifc->addr) ? OSPF_IE_IS_BACKUP : OSPF_IE_IS_OTHER;
}
