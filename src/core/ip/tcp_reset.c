/* Resets without a connection: everything in them comes from the segment that they answer. */
#include "core/ip/tcp_reset.h"
#include "core/ip/ip.h"
#include "core/wire/tcp.h"

enum { RESET_LEN = IP4_HLEN_MIN + TCP_HLEN_MIN };

/* SEG.LEN of RFC 9293 section 3.4: SYN and FIN count. */
static u32 segment_len(const struct tcp_hdr *tcp, u32 l4_len)
{
	u32 len = l4_len - tcp_hlen(tcp);

	if ((tcp->flags & TCP_SYN) != 0)
		len++;
	if ((tcp->flags & TCP_FIN) != 0)
		len++;
	return len;
}

/* RFC 9293 section 3.10.7.1: the sender must find the reset in its window. */
static void reset_set_tcp(struct tcp_hdr *reset, const struct tcp_hdr *tcp, u32 l4_len)
{
	*reset = (struct tcp_hdr){
		.sport = tcp->dport,
		.dport = tcp->sport,
		.doff = TCP_HLEN_MIN / 4 << 4,
		.flags = TCP_RST,
	};
	if ((tcp->flags & TCP_ACK) != 0) {
		reset->seq = tcp->ack;
		return;
	}
	reset->flags |= TCP_ACK;
	reset->ack = be32_of(be32_host(tcp->seq) + segment_len(tcp, l4_len));
}

static bool is_answerable(const struct pkt *pkt, const struct ip4_hdr *ip)
{
	const struct tcp_hdr *tcp = (const struct tcp_hdr *)(pkt_l3(pkt) + ip4_hlen(ip));
	u32 l4_len = pkt->len - ip4_hlen(ip);

	if (ip->proto != IP_PROTO_TCP || ip4_is_fragment(ip) || l4_len < TCP_HLEN_MIN)
		return false;
	if (tcp_hlen(tcp) < TCP_HLEN_MIN || tcp_hlen(tcp) > l4_len)
		return false;
	if ((tcp->flags & TCP_RST) != 0)
		return false;
	if ((pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return false;
	return ip_is_one_host(ip->src) && ip_is_one_host(ip->dst);
}

struct pkt *ip_tcp_reset(struct pkt_pool *pool, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	struct pkt *reset;
	struct ip4_hdr *reset_ip;
	struct tcp_hdr *tcp;
	u64 pseudo;

	if (!is_answerable(pkt, ip))
		return NULL;
	reset = pkt_new(pool, RESET_LEN);
	if (reset == NULL)
		return NULL;
	reset_ip = (struct ip4_hdr *)pkt_l3(reset);
	/* DF with identifier zero: an atomic datagram, RFC 6864 section 4.1. */
	*reset_ip = (struct ip4_hdr){
		.version_ihl = 0x45,
		.len = be16_of(RESET_LEN),
		.frag = be16_of(IP4_DF),
		.ttl = IP4_TTL_DEFAULT,
		.proto = IP_PROTO_TCP,
		.src = ip->dst,
		.dst = ip->src,
	};
	ip_set_csum(reset_ip);
	reset->l4 = (u16)(reset->l3 + IP4_HLEN_MIN);
	reset->flags = PKT_LOCAL_OUT;
	tcp = (struct tcp_hdr *)pkt_l4(reset);
	reset_set_tcp(tcp, (const struct tcp_hdr *)(pkt_l3(pkt) + ip4_hlen(ip)),
		      pkt->len - ip4_hlen(ip));
	pseudo = csum_pseudo(ip->dst, ip->src, IP_PROTO_TCP, TCP_HLEN_MIN);
	tcp->csum = csum_finish(pseudo + csum_sum(tcp, TCP_HLEN_MIN));
	return reset;
}
