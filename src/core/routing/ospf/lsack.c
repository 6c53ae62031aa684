/* Acknowledgments (RFC 2328 sections 13.5 and 13.7). */
#include "core/routing/ospf/ospf_part.h"

/* Section 13.5: less than the retransmission interval, which is 2 seconds at least. */
enum { DELAY_MS = 1000 };

static void send(struct ospf *o, u32 iface, const struct ospf_lsa_hdr *hdr, u32 count, be32 dst)
{
	u32 each = (u32)sizeof *hdr, fit = ospf_io_room(o, iface) / each;

	for (u32 at = 0; at < count; at += fit) {
		u32 some = u32_min(fit, count - at);

		memcpy(ospf_io_body(o), hdr + at, (u64)some * each);
		ospf_io_send(o, iface, OSPF_LSACK, some * each, dst);
	}
}

void ospf_ack_flush(struct ospf *o, u32 iface)
{
	struct ospf_iface *ifc = &o->iface[iface];

	ospf_iface_timer(o, iface, OSPF_TIMER_ACK, NS_NEVER);
	send(o, iface, ifc->ack, ifc->ack_count, ospf_io_group(ifc));
	ifc->ack_count = 0;
}

void ospf_ack_later(struct ospf *o, u32 iface, const struct ospf_lsa_hdr *hdr, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];

	if (ifc->ack_count == OSPF_ACKS_MAX)
		ospf_ack_flush(o, iface);
	if (ifc->ack_count == 0)
		ospf_iface_timer(o, iface, OSPF_TIMER_ACK, now + DELAY_MS * NS_PER_MS);
	ifc->ack[ifc->ack_count++] = *hdr;
}

void ospf_ack_direct(struct ospf *o, u32 idx)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	send(o, nbr->iface, o->direct, o->direct_count, ospf_io_nbr_addr(o, nbr));
	o->direct_count = 0;
}

void ospf_ack_now(struct ospf *o, u32 nbr, const struct ospf_lsa_hdr *hdr)
{
	if (o->direct_count == OSPF_ACKS_MAX)
		ospf_ack_direct(o, nbr);
	o->direct[o->direct_count++] = *hdr;
}

void ospf_lsack_in(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	u32 area = o->iface[in->iface].area;

	if (ospf_nbr_at(o, in->nbr)->state < OSPF_NBR_EXCHANGE)
		return;
	for (u32 at = 0; at < in->len; at += sizeof(struct ospf_lsa_hdr)) {
		struct ospf_lsa_hdr hdr, own;
		u32 lsa, rxmt;

		memcpy(&hdr, in->body + at, sizeof hdr);
		if (!ospf_lsa_type_known(hdr.type))
			continue;
		lsa = ospf_lsa_find(o, ospf_lsa_scope(area, hdr.type), hdr.type, hdr.id, hdr.adv);
		rxmt = lsa == IDX_NONE ? IDX_NONE : ospf_rxmt_find(o, lsa, in->nbr);
		if (rxmt == IDX_NONE)
			continue;
		/* What waits is what the database has: it is that, or another instance. */
		own = ospf_lsa_hdr_now(o, ospf_lsa_at(o, lsa), now);
		if (ospf_lsa_compare(&hdr, &own) == 0)
			ospf_rxmt_del(o, rxmt);
	}
}
