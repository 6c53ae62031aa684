/* Segments without a connection: what is in them comes from what they answer, or the caller. */
#include "core/ip/tcp_reset.h"
#include "core/ip/ip.h"
#include "core/wire/tcp.h"

enum { SEGMENT_LEN = IP4_HLEN_MIN + TCP_HLEN_MIN };

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

	if (ip->proto != IP_PROTO_TCP || ip4_is_fragment(ip) ||
	    !tcp_fits(tcp, pkt->len - ip4_hlen(ip)))
		return false;
	if ((tcp->flags & TCP_RST) != 0)
		return false;
	if ((pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return false;
	return ip_is_one_host(ip->src) && ip_is_one_host(ip->dst);
}

/* Headers; the fields of TCP are the caller's. NULL when no buffer is free. */
static struct pkt *segment_new(struct pkt_pool *pool, be32 src, be32 dst)
{
	struct pkt *segment = pkt_new(pool, SEGMENT_LEN);
	struct ip4_hdr *ip;

	if (segment == NULL)
		return NULL;
	ip = (struct ip4_hdr *)pkt_l3(segment);
	/* DF with identifier zero: an atomic datagram, RFC 6864 section 4.1. */
	*ip = (struct ip4_hdr){
		.version_ihl = 0x45,
		.len = be16_of(SEGMENT_LEN),
		.frag = be16_of(IP4_DF),
		.ttl = IP4_TTL_DEFAULT,
		.proto = IP_PROTO_TCP,
		.src = src,
		.dst = dst,
	};
	ip_set_csum(ip);
	segment->l4 = (u16)(segment->l3 + IP4_HLEN_MIN);
	segment->flags = PKT_LOCAL_OUT;
	return segment;
}

static void segment_seal(struct pkt *segment)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(segment);
	struct tcp_hdr *tcp = (struct tcp_hdr *)pkt_l4(segment);
	u64 pseudo = csum_pseudo(ip->src, ip->dst, IP_PROTO_TCP, TCP_HLEN_MIN);

	tcp->csum = csum_finish(pseudo + csum_sum(tcp, TCP_HLEN_MIN));
}

struct pkt *ip_tcp_reset(struct pkt_pool *pool, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	struct pkt *reset;

	if (!is_answerable(pkt, ip))
		return NULL;
	reset = segment_new(pool, ip->dst, ip->src);
	if (reset == NULL)
		return NULL;
	reset_set_tcp((struct tcp_hdr *)pkt_l4(reset),
		      (const struct tcp_hdr *)(pkt_l3(pkt) + ip4_hlen(ip)),
		      pkt->len - ip4_hlen(ip));
	segment_seal(reset);
	return reset;
}

struct pkt *ip_tcp_reset_at(struct pkt_pool *pool, const struct tcp_ends *ends, u32 seq)
{
	struct pkt *reset = segment_new(pool, ends->src, ends->dst);

	if (reset == NULL)
		return NULL;
	*(struct tcp_hdr *)pkt_l4(reset) = (struct tcp_hdr){
		.sport = ends->sport,
		.dport = ends->dport,
		.seq = be32_of(seq),
		.doff = TCP_HLEN_MIN / 4 << 4,
		.flags = TCP_RST,
	};
	segment_seal(reset);
	return reset;
}

struct pkt *ip_tcp_keepalive(struct pkt_pool *pool, const struct tcp_ends *ends, u32 seq, u32 ack,
			     u16 window)
{
	struct pkt *probe = segment_new(pool, ends->src, ends->dst);

	if (probe == NULL)
		return NULL;
	*(struct tcp_hdr *)pkt_l4(probe) = (struct tcp_hdr){
		.sport = ends->sport,
		.dport = ends->dport,
		.seq = be32_of(seq - 1),
		.ack = be32_of(ack),
		.doff = TCP_HLEN_MIN / 4 << 4,
		.flags = TCP_ACK,
		.window = be16_of(window),
	};
	segment_seal(probe);
	return probe;
}
