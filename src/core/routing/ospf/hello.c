/* Hellos (RFC 2328 sections 9.5 and 10.5). */
#include "core/routing/ospf/ospf_part.h"

static u32 nbr_count(const struct ospf_in *in)
{
	return (in->len - (u32)sizeof(struct ospf_hello)) / 4;
}

/* Whether we are among those that it hears. */
static bool names_us(const struct ospf *o, const struct ospf_in *in)
{
	const struct ospf_hello *hello = (const void *)in->body;

	for (u32 at = 0; at < nbr_count(in); at++) {
		if (be32_eq(hello->nbr[at], o->router_id))
			return true;
	}
	return false;
}

/* Section 10.5: what has to be equal at both ends. */
static const char *hello_wrong(const struct ospf *o, const struct ospf_in *in)
{
	const struct ospf_hello *hello = (const void *)in->body;
	const struct ospf_iface *ifc = &o->iface[in->iface];
	u8 options = ospf_options(&o->area[ifc->area]);

	if (be16_host(hello->hello_s) != ifc->conf.hello_s)
		return "another hello interval";
	if (be32_host(hello->dead_s) != ifc->conf.dead_s)
		return "another dead interval";
	if (ifc->conf.type != OSPF_NET_PTP && be32_host(hello->mask) != ip4_mask(ifc->len))
		return "another network mask";
	if (((hello->options ^ options) & OSPF_OPT_E) != 0)
		return "one says that it is a stub area, the other that it is none";
	if (((hello->options ^ options) & OSPF_OPT_NP) != 0)
		return "one says that it is an NSSA, the other that it is none";
	return NULL;
}

/* What of section 10.5 concerns the election: what it says of itself. Only of one that hears us
 * does a claim end the waiting (section 9.2, BackupSeen).                                        */
static void look_at_claims(struct ospf *o, struct ospf_nbr *nbr, const struct ospf_hello *hello,
			   bool is_new, bool hears_us)
{
	struct ospf_iface *ifc = &o->iface[nbr->iface];
	bool was_dr = be32_eq(nbr->dr, nbr->addr), was_bdr = be32_eq(nbr->bdr, nbr->addr);
	bool is_dr = be32_eq(hello->dr, nbr->addr), is_bdr = be32_eq(hello->bdr, nbr->addr);

	if (!is_new && nbr->priority != hello->priority)
		ifc->news |= OSPF_NEWS_NBR_CHANGE;
	if (ifc->state == OSPF_IFACE_WAITING && hears_us &&
	    ((is_dr && hello->bdr.raw == 0) || is_bdr))
		ifc->news |= OSPF_NEWS_BACKUP_SEEN;
	else if (!is_new && (was_dr != is_dr || was_bdr != is_bdr))
		ifc->news |= OSPF_NEWS_NBR_CHANGE;
	nbr->priority = hello->priority;
	nbr->dr = hello->dr;
	nbr->bdr = hello->bdr;
}

/* On a point-to-point link it may have another address, on others another id: then it is another
 * router, or the same one after a restart, and what was agreed on is void.                       */
static u32 known_nbr(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	u32 idx = in->nbr;

	if (idx != IDX_NONE && !be32_eq(ospf_nbr_at(o, idx)->rid, in->rid)) {
		ospf_nbr_event(o, idx, OSPF_NE_KILL, now);
		return IDX_NONE;
	}
	if (idx != IDX_NONE)
		ospf_nbr_at(o, idx)->addr = in->src;
	return idx;
}

void ospf_hello_in(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	const struct ospf_hello *hello = (const void *)in->body;
	const char *wrong = hello_wrong(o, in);
	bool is_new, hears_us = names_us(o, in);
	struct ospf_nbr *nbr;
	u32 idx;

	if (wrong != NULL) {
		o->stats.refused++;
		ospf_warn_at(o, in->iface, &in->src, wrong, now);
		return;
	}
	idx = known_nbr(o, in, now);
	is_new = idx == IDX_NONE;
	if (is_new)
		idx = ospf_nbr_new(o, in->iface, in->rid, in->src);
	if (idx == IDX_NONE) {
		ospf_warn_at(o, in->iface, &in->src, "there are too many neighbours", now);
		return;
	}
	nbr = ospf_nbr_at(o, idx);
	if (is_new && o->iface[in->iface].conf.auth.kind == OSPF_AUTH_CRYPTO) {
		nbr->has_seq = true;
		nbr->seq = in->seq;
	}
	ospf_nbr_event(o, idx, OSPF_NE_HELLO, now);
	look_at_claims(o, nbr, hello, is_new, hears_us);
	ospf_nbr_event(o, idx, hears_us ? OSPF_NE_TWO_WAY : OSPF_NE_ONE_WAY, now);
	/* A new one hears of us at once, not in the next interval. */
	if (is_new)
		ospf_iface_timer(o, in->iface, OSPF_TIMER_HELLO, now);
}

void ospf_hello_send(struct ospf *o, u32 iface, bool empty)
{
	const struct ospf_iface *ifc = &o->iface[iface];
	struct ospf_hello *hello = (void *)ospf_io_body(o);
	u32 room = (ospf_io_room(o, iface) - (u32)sizeof *hello) / 4;
	u32 count = 0;

	*hello = (struct ospf_hello){
		.mask = be32_of(ip4_mask(ifc->len)),
		.hello_s = be16_of(ifc->conf.hello_s),
		.options = ospf_options(&o->area[ifc->area]),
		.priority = ifc->conf.priority,
		.dead_s = be32_of(ifc->conf.dead_s),
		.dr = ifc->dr,
		.bdr = ifc->bdr,
	};
	for (u32 at = ifc->nbr_first; !empty && at != IDX_NONE && count < room;
	     at = ospf_nbr_at(o, at)->next)
		hello->nbr[count++] = ospf_nbr_at(o, at)->rid;
	ospf_io_send(o, iface, OSPF_HELLO, (u32)sizeof *hello + 4 * count, OSPF_ALL_ROUTERS);
}
