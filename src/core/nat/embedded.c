/* ICMP errors about tracked flows: finding the flow by the quoted header, and translating both.
 *
 * An error travels against the packet that it quotes. The quoted packet left this gateway in the
 * form of one direction of its flow; the reverse of its tuple is what the other direction arrives
 * with, and that is how the flow is found. The receiver of the error must see the packet that it
 * sent: the quotation gets the tuple that the packet had when it arrived here.                  */
#include "core/nat/nat.h"
#include "core/wire/checksum.h"
#include "core/wire/gre.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

enum { QUOTE_L4_MIN = 8 };

struct quote {
	struct ip4_hdr *ip;
	u8 *l4;
	u32 l4_len; /* bytes of the quoted transport header and payload that are there */
};

/* RFC 5508 REQ-3: the quoted IP header must be whole and its checksum right; options are skipped;
 * the quoted transport checksum is never judged, since the quotation is cut.                    */
static bool quote_read(const struct pkt *pkt, struct quote *quote)
{
	u32 len = pkt_l4_len(pkt);
	u32 hlen;

	if (len < ICMP_HLEN + IP4_HLEN_MIN + QUOTE_L4_MIN)
		return false;
	len -= ICMP_HLEN;
	quote->ip = (void *)(pkt_l4(pkt) + ICMP_HLEN);
	hlen = ip4_hlen(quote->ip);
	if (quote->ip->version_ihl >> 4 != 4 || hlen < IP4_HLEN_MIN || hlen + QUOTE_L4_MIN > len)
		return false;
	if (csum_fold(csum_sum(quote->ip, hlen)) != 0xffff)
		return false;
	if (ip4_frag_offset_bytes(quote->ip) != 0)
		return false;
	quote->l4 = (u8 *)quote->ip + hlen;
	quote->l4_len = len - hlen;
	return true;
}

static bool quote_key(const struct quote *quote, u8 zone, struct tuple_key *key)
{
	const struct icmp_hdr *icmp = (const void *)quote->l4;
	struct tuple t = { .src = quote->ip->src, .dst = quote->ip->dst };

	switch (quote->ip->proto) {
	case IP_PROTO_GRE: t.sport = t.dport = gre_ident(quote->l4, quote->l4_len); break;
	case IP_PROTO_ICMP:
		if (icmp_is_request(icmp->type)) {
			t.sport = icmp->query.id;
			t.dport = be16_of((u16)(icmp->type << 8 | icmp->code));
		} else if (icmp_is_reply(icmp->type)) {
			t.sport = be16_of((u16)(icmp_request_of(icmp->type) << 8 | icmp->code));
			t.dport = icmp->query.id;
		} else {
			return false;
		}
		break;
	default:
		if (ip4_has_ports(quote->ip->proto)) {
			t.sport = be16_load(quote->l4);
			t.dport = be16_load(quote->l4 + 2);
		}
		break;
	}
	*key = (struct tuple_key){ tuple_reversed(&t), quote->ip->proto, zone };
	return true;
}

u32 nat_related(const struct ct *ct, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct quote quote;
	struct tuple_key key;

	if (!quote_read(pkt, &quote) || !quote_key(&quote, pkt->zone, &key))
		return IDX_NONE;
	/* RFC 792: an error goes to the source of what it quotes; to anybody else it is forged. */
	if (!be32_eq(ip->dst, quote.ip->src))
		return IDX_NONE;
	return ct_peek(ct, &key);
}

/* The header says how long the packet was, and the checksum needs no more. Of a first fragment
 * nobody knows that.                                                                             */
static void quote_rewrite_sctp(const struct quote *quote, const struct tuple *to)
{
	u32 hlen = ip4_hlen(quote->ip), len = be16_host(quote->ip->len);

	if (quote->l4_len >= SCTP_HLEN && len >= hlen + SCTP_HLEN && !ip4_is_fragment(quote->ip)) {
		nat_rewrite_sctp(quote->l4, to, len - hlen);
		return;
	}
	be16_store(quote->l4, to->sport);
	be16_store(quote->l4 + 2, to->dport);
}

/* Rewrite the quoted packet from what it is to `to`; its transport checksum follows when the
 * quotation reaches that far.                                                                   */
static void quote_rewrite(const struct quote *quote, const struct tuple *from,
			  const struct tuple *to)
{
	u64 old_addrs = csum_be32(from->src) + csum_be32(from->dst);
	u64 new_addrs = csum_be32(to->src) + csum_be32(to->dst);
	u64 old_ports = (u64)from->sport.raw + from->dport.raw;
	u64 new_ports = (u64)to->sport.raw + to->dport.raw;
	u16 delta = csum_delta(old_addrs + old_ports, new_addrs + new_ports);
	struct tcp_hdr *tcp = (void *)quote->l4;
	struct udp_hdr *udp = (void *)quote->l4;
	struct icmp_hdr *icmp = (void *)quote->l4;

	quote->ip->csum = csum_apply(quote->ip->csum, csum_delta(old_addrs, new_addrs));
	quote->ip->src = to->src;
	quote->ip->dst = to->dst;
	switch (quote->ip->proto) {
	case IP_PROTO_TCP:
		be16_store(&tcp->sport, to->sport);
		be16_store(&tcp->dport, to->dport);
		if (quote->l4_len >= offsetof(struct tcp_hdr, urgent))
			tcp->csum = csum_apply(tcp->csum, delta);
		break;
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE:
		udp->sport = to->sport;
		udp->dport = to->dport;
		if (udp->csum.raw == 0)
			break;
		udp->csum = csum_apply(udp->csum, delta);
		if (udp->csum.raw == 0)
			udp->csum.raw = 0xffff;
		break;
	case IP_PROTO_DCCP:
		udp->sport = to->sport;
		udp->dport = to->dport;
		udp->csum = csum_apply(udp->csum, delta);
		break;
	case IP_PROTO_SCTP: quote_rewrite_sctp(quote, to); break;
	case IP_PROTO_ICMP:
		icmp->query.id = icmp_is_request(icmp->type) ? to->sport : to->dport;
		icmp->csum = csum_apply(icmp->csum, csum_delta(old_ports, new_ports));
		break;
	default:
		break;
	}
}

/* As whom the sender of an error appears. The far end itself: as the receiver knows it. A router in
 * between on the outside: its own address (RFC 5508 REQ-4). An inside router: its one-to-one
 * address; without one it must not be seen outside, and the flow's public address stands for it
 * (REQ-5 (c)).                                                                                   */
static be32 error_source(const struct nat *nat, be32 from, u8 zone, be32 far_end, be32 known_as)
{
	be32 outside;

	if (be32_eq(from, far_end))
		return known_as;
	if (be32_eq(far_end, known_as))
		return from;
	return nat_static_public(nat, from, zone, &outside) ? outside : known_as;
}

void nat_rewrite_error(const struct nat *nat, struct pkt *pkt, const struct flow *flow,
		       enum tuple_dir dir)
{
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);
	struct icmp_hdr *icmp = (void *)pkt_l4(pkt);
	/* dir is the error's; the quoted packet went the other way. */
	const struct tuple *sent = flow_tuple(flow, !dir);
	struct tuple quoted = flow_tuple_out(flow, !dir);
	struct quote quote;
	be32 old_src = ip->src, old_dst = ip->dst;
	bool intact;

	if ((flow->flags & FLOW_TRANSLATED) == 0)
		return;
	intact = quote_read(pkt, &quote);
	CHECK(intact);
	quote_rewrite(&quote, &quoted, sent);
	ip->src = error_source(nat, old_src, pkt->zone, quoted.dst, sent->dst);
	ip->dst = sent->src;
	ip->csum = csum_apply(ip->csum, csum_delta(csum_be32(old_src) + csum_be32(old_dst),
						   csum_be32(ip->src) + csum_be32(ip->dst)));
	icmp->csum.raw = 0;
	icmp->csum = csum_finish(csum_sum(icmp, pkt_l4_len(pkt)));
	pkt->flags |= PKT_ICMP_ERROR;
}
