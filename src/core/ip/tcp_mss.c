/* The option may begin at any byte: as a sum sees it, its value is then spread over two words. */
#include "core/ip/tcp_mss.h"
#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp_opt.h"

u32 ip_mss_limit(const struct iface_conf *in, const struct iface_conf *out)
{
	u32 limit = UINT32_MAX;

	if (in->mss == IFACE_MSS_OF_MTU || out->mss == IFACE_MSS_OF_MTU)
		limit = u32_min(in->mtu, out->mtu) - IP4_HLEN_MIN - TCP_HLEN_MIN;
	if (in->mss != 0)
		limit = u32_min(limit, in->mss);
	if (out->mss != 0)
		limit = u32_min(limit, out->mss);
	return limit == UINT32_MAX ? 0 : limit;
}

/* The value of the option, in the bytes of the packet; NULL when it has none. */
static u8 *mss_find(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	const u8 *opt;

	if (ip->proto != IP_PROTO_TCP || ip4_frag_offset_bytes(ip) != 0 ||
	    !tcp_fits(tcp, pkt_l4_len(pkt)) || (tcp->flags & (TCP_SYN | TCP_RST)) != TCP_SYN)
		return NULL;
	opt = tcp_opt_find(tcp, TCP_OPT_MSS, TCP_OPT_MSS_LEN);
	return opt == NULL ? NULL : pkt_l4(pkt) + (opt - (const u8 *)tcp) + 2;
}

static u64 value_sum(be16 value, bool odd)
{
	return odd ? (u16)(value.raw << 8 | value.raw >> 8) : value.raw;
}

static void mss_set(struct pkt *pkt, u8 *at, u16 mss)
{
	struct tcp_hdr *tcp = (void *)pkt_l4(pkt);
	bool odd = (at - (u8 *)tcp) % 2 != 0;
	u64 old_sum = value_sum(be16_load(at), odd);

	be16_store(at, be16_of(mss));
	/* A partial checksum is of the pseudo-header alone. */
	if (!pkt_csum_is_of_l4(pkt))
		tcp->csum = csum_apply(tcp->csum,
				       csum_delta(old_sum, value_sum(be16_of(mss), odd)));
}

void ip_mss_lower(struct pkt *pkt, u32 limit)
{
	u8 *at = mss_find(pkt);

	if (at == NULL || be16_host(be16_load(at)) <= limit)
		return;
	pkt->mss_before = be16_host(be16_load(at));
	pkt->flags |= PKT_MSS_LOWERED;
	mss_set(pkt, at, (u16)limit);
}

void ip_mss_restore(struct pkt *pkt)
{
	u8 *at;

	if ((pkt->flags & PKT_MSS_LOWERED) == 0)
		return;
	pkt->flags &= ~(u32)PKT_MSS_LOWERED;
	at = mss_find(pkt);
	if (at != NULL)
		mss_set(pkt, at, pkt->mss_before);
}
