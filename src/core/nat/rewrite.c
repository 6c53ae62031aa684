/* Rewriting of packets, from the flow alone.
 *
 * Checksums follow by RFC 1624 equation 3 with deltas that were computed once, when the flow got
 * its translation. What the reply direction adds is what the original direction takes away: in
 * one's complement arithmetic, the complement.                                                  */
#include "core/nat/nat.h"
#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "core/wire/crc32c.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

static u32 addrs_sum(const struct tuple *t)
{
	return csum_be32(t->src) + csum_be32(t->dst);
}

static u32 ports_sum(const struct tuple *t)
{
	return (u32)t->sport.raw + t->dport.raw;
}

void nat_bind(struct flow *flow)
{
	struct tuple out = flow_tuple_out(flow, TUPLE_ORIG);
	u32 old_l4 = ports_sum(&flow->orig);
	u32 new_l4 = ports_sum(&out);

	if (tuple_eq(&out, &flow->orig)) {
		flow->flags &= (u16)~FLOW_TRANSLATED;
		flow->delta_l3 = flow->delta_l4 = 0;
		return;
	}
	/* TCP and UDP cover the addresses by their pseudo-header, ICMP does not. */
	if (flow->proto != IP_PROTO_ICMP) {
		old_l4 += addrs_sum(&flow->orig);
		new_l4 += addrs_sum(&out);
	}
	flow->delta_l3 = csum_delta32(addrs_sum(&flow->orig), addrs_sum(&out));
	flow->delta_l4 = csum_delta32(old_l4, new_l4);
	flow->flags |= FLOW_TRANSLATED;
}

/* The field of a partial checksum holds the folded sum of the pseudo-header, not complemented. */
static be16 partial_apply(be16 field, u16 delta)
{
	return (be16){ csum_fold((u64)field.raw + delta) };
}

static void rewrite_tcp(struct pkt *pkt, const struct tuple *to, u16 delta_l3, u16 delta_l4)
{
	struct tcp_hdr *tcp = (void *)pkt_l4(pkt);

	tcp->sport = to->sport;
	tcp->dport = to->dport;
	if (UNLIKELY(pkt_csum_is_of_l4(pkt)))
		tcp->csum = partial_apply(tcp->csum, delta_l3);
	else
		tcp->csum = csum_apply(tcp->csum, delta_l4);
}

static void rewrite_udp(struct pkt *pkt, const struct tuple *to, u16 delta_l3, u16 delta_l4)
{
	struct udp_hdr *udp = (void *)pkt_l4(pkt);

	udp->sport = to->sport;
	udp->dport = to->dport;
	if (UNLIKELY(pkt_csum_is_of_l4(pkt))) {
		udp->csum = partial_apply(udp->csum, delta_l3);
		return;
	}
	/* RFC 768: zero says that there is none, so a sum of zero is sent as all ones. In UDP-Lite,
	 * whose sum covers the header whatever it leaves out of the data, zero is an error (RFC
	 * 3828 section 3.1): not ours to mend.                                                   */
	if (udp->csum.raw == 0)
		return;
	udp->csum = csum_apply(udp->csum, delta_l4);
	if (udp->csum.raw == 0)
		udp->csum.raw = 0xffff;
}

/* The checksum covers the header and a pseudo-header whatever it leaves out of the data (RFC 4340
 * section 9.1), and lies where that of UDP lies.                                                 */
static void rewrite_dccp(struct pkt *pkt, const struct tuple *to, u16 delta_l3, u16 delta_l4)
{
	struct udp_hdr *header = (void *)pkt_l4(pkt);

	header->sport = to->sport;
	header->dport = to->dport;
	if (UNLIKELY(pkt_csum_is_of_l4(pkt)))
		header->csum = partial_apply(header->csum, delta_l3);
	else
		header->csum = csum_apply(header->csum, delta_l4);
}

void nat_rewrite_sctp(u8 *sctp, const struct tuple *to, u32 len)
{
	u32 before = crc32c_load(sctp);

	be16_store(sctp, to->sport);
	be16_store(sctp + 2, to->dport);
	before ^= crc32c_load(sctp);
	sctp += SCTP_CSUM_AT;
	crc32c_store(sctp, crc32c_load(sctp) ^ crc32c_flips(before, len));
}

static void rewrite_icmp(struct pkt *pkt, const struct tuple *to, u16 delta_l4)
{
	struct icmp_hdr *icmp = (void *)pkt_l4(pkt);

	icmp->query.id = icmp_is_request(icmp->type) ? to->sport : to->dport;
	/* There is no pseudo-header that a partial sum could hold. */
	if (UNLIKELY(pkt_csum_is_of_l4(pkt)))
		return;
	icmp->csum = csum_apply(icmp->csum, delta_l4);
	/* A message of zeros alone sums up to zero, whose complement is all ones; where that can
	 * not be told apart, all ones is right as well.                                         */
	if (icmp->csum.raw == 0)
		icmp->csum.raw = 0xffff;
}

/* Bytes that the transport checksum is about. */
static u32 summed_len(const struct pkt *pkt)
{
	return (pkt->flags & PKT_CUT) != 0 ? pkt->whole_l4_len : pkt_l4_len(pkt);
}

static void rewrite_to(struct pkt *pkt, u8 proto, const struct tuple *to, u16 delta_l3,
		       u16 delta_l4)
{
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);

	ip->src = to->src;
	ip->dst = to->dst;
	ip->csum = csum_apply(ip->csum, delta_l3);
	switch (proto) {
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE: rewrite_udp(pkt, to, delta_l3, delta_l4); break;
	case IP_PROTO_TCP: rewrite_tcp(pkt, to, delta_l3, delta_l4); break;
	case IP_PROTO_ICMP: rewrite_icmp(pkt, to, delta_l4); break;
	case IP_PROTO_DCCP: rewrite_dccp(pkt, to, delta_l3, delta_l4); break;
	case IP_PROTO_SCTP: nat_rewrite_sctp(pkt_l4(pkt), to, summed_len(pkt)); break;
	default: break;
	}
}

void nat_rewrite(struct pkt *pkt, const struct flow *flow, enum tuple_dir dir)
{
	struct tuple to;

	if ((flow->flags & FLOW_TRANSLATED) == 0)
		return;
	to = flow_tuple_out(flow, dir);
	if (dir == TUPLE_ORIG)
		rewrite_to(pkt, flow->proto, &to, flow->delta_l3, flow->delta_l4);
	else
		rewrite_to(pkt, flow->proto, &to, (u16)~flow->delta_l3, (u16)~flow->delta_l4);
	pkt->flags |= PKT_TRANSLATED;
}

void nat_rewrite_back(struct pkt *pkt, const struct flow *flow, enum tuple_dir dir)
{
	if ((pkt->flags & PKT_TRANSLATED) == 0)
		return;
	if (dir == TUPLE_ORIG)
		rewrite_to(pkt, flow->proto, &flow->orig, (u16)~flow->delta_l3,
			   (u16)~flow->delta_l4);
	else
		rewrite_to(pkt, flow->proto, &flow->repl, flow->delta_l3, flow->delta_l4);
	pkt->flags &= ~(u32)PKT_TRANSLATED;
}
