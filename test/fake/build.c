/* Packets for tests, put together layer by layer. */
#include "fake/build.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/wire/checksum.h"
#include "core/wire/crc32c.h"
#include "core/wire/dccp.h"
#include "core/wire/sctp.h"

static void build_wrong(const char *what)
{
	fprintf(stderr, "packet builder: %s\n", what);
	abort();
}

be32 addr(const char *text)
{
	unsigned part[4];
	char rest;

	if (sscanf(text, "%3u.%3u.%3u.%3u%c", &part[0], &part[1], &part[2], &part[3], &rest) != 4)
		build_wrong(text);
	for (u32 n = 0; n < 4; n++) {
		if (part[n] > 255)
			build_wrong(text);
	}
	return be32_of(part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3]);
}

static u8 *build_room(struct build *b, u32 len)
{
	u8 *at = b->bytes + b->len;

	if (len > BUILD_MAX - b->len)
		build_wrong("the packet does not fit");
	b->len += len;
	memset(at, 0, len);
	return at;
}

void build_start(struct build *b)
{
	b->len = b->l3 = b->l4 = 0;
}

void build_eth(struct build *b, const struct mac *dst, const struct mac *src, u16 type)
{
	struct eth_hdr *eth = (struct eth_hdr *)build_room(b, ETH_HLEN);

	eth->dst = *dst;
	eth->src = *src;
	eth->type = be16_of(type);
	b->l3 = b->len;
}

void build_ip4(struct build *b, be32 src, be32 dst, u8 proto)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)build_room(b, IP4_HLEN_MIN);

	b->l3 = b->len - IP4_HLEN_MIN;
	b->l4 = b->len;
	ip->version_ihl = 0x45;
	ip->ttl = IP4_TTL_DEFAULT;
	ip->proto = proto;
	ip->src = src;
	ip->dst = dst;
}

void build_ip_options(struct build *b, const void *options, u32 len)
{
	u32 padded = (len + 3) / 4 * 4;

	if (b->len != b->l4 || ip4_hlen(build_ip(b)) + padded > IP4_HLEN_MAX)
		build_wrong("IP options in the wrong place");
	memcpy(build_room(b, padded), options, len);
	b->l4 = b->len;
	build_ip(b)->version_ihl = (u8)(0x40 | (b->l4 - b->l3) / 4);
}

void build_udp(struct build *b, u16 sport, u16 dport)
{
	struct udp_hdr *udp = (struct udp_hdr *)build_room(b, UDP_HLEN);

	udp->sport = be16_of(sport);
	udp->dport = be16_of(dport);
}

void build_tcp(struct build *b, u16 sport, u16 dport, u8 flags, u32 seq, u32 ack)
{
	struct tcp_hdr *tcp = (struct tcp_hdr *)build_room(b, TCP_HLEN_MIN);

	tcp->sport = be16_of(sport);
	tcp->dport = be16_of(dport);
	tcp->seq = be32_of(seq);
	tcp->ack = be32_of(ack);
	tcp->doff = TCP_HLEN_MIN / 4 << 4;
	tcp->flags = flags;
	tcp->window = be16_of(65535);
}

void build_tcp_options(struct build *b, const void *options, u32 len)
{
	u32 padded = (len + 3) / 4 * 4;

	memcpy(build_room(b, padded), options, len);
	build_tcp_hdr(b)->doff = (u8)((b->len - b->l4) / 4 << 4);
}

void build_icmp(struct build *b, u8 type, u8 code, u32 word)
{
	struct icmp_hdr *icmp = (struct icmp_hdr *)build_room(b, ICMP_HLEN);

	icmp->type = type;
	icmp->code = code;
	icmp->word = be32_of(word);
}

void build_sctp(struct build *b, u16 sport, u16 dport, u32 tag)
{
	u8 *sctp = build_room(b, SCTP_HLEN);

	be16_store(sctp, be16_of(sport));
	be16_store(sctp + 2, be16_of(dport));
	be32_store(sctp + SCTP_TAG_AT, be32_of(tag));
}

void build_sctp_chunk(struct build *b, u8 type, u8 flags, const void *value, u32 len)
{
	u8 *chunk = build_room(b, SCTP_CHUNK_HLEN + (len + 3) / 4 * 4);

	chunk[0] = type;
	chunk[SCTP_CHUNK_FLAGS_AT] = flags;
	be16_store(chunk + SCTP_CHUNK_LEN_AT, be16_of((u16)(SCTP_CHUNK_HLEN + len)));
	if (len > 0)
		memcpy(chunk + SCTP_CHUNK_HLEN, value, len);
}

static void bits48_store(u8 *at, u64 value)
{
	be16_store(at, be16_of((u16)(value >> 32)));
	be32_store(at + 2, be32_of((u32)value));
}

void build_dccp(struct build *b, u16 sport, u16 dport, u8 type, u64 seq, u64 ack)
{
	u32 hlen = dccp_hlen_min(type, true);
	u8 *dccp = build_room(b, hlen);

	be16_store(dccp, be16_of(sport));
	be16_store(dccp + 2, be16_of(dport));
	dccp[DCCP_DOFF_AT] = (u8)(hlen / 4);
	dccp[DCCP_TYPE_AT] = (u8)(type << 1 | 1);
	bits48_store(dccp + DCCP_SEQ_LONG_AT, seq);
	if (hlen >= DCCP_HLEN_LONG + DCCP_ACK_LONG_LEN)
		bits48_store(dccp + DCCP_HLEN_LONG + DCCP_ACK_LONG_AT, ack);
}

void build_bytes(struct build *b, const void *bytes, u32 len)
{
	memcpy(build_room(b, len), bytes, len);
}

void build_payload(struct build *b, u32 len, u8 fill)
{
	u8 *at = build_room(b, len);

	for (u32 n = 0; n < len; n++)
		at[n] = (u8)(fill + n + (n >> 8));
}

void build_seal_ip(struct build *b)
{
	struct ip4_hdr *ip = build_ip(b);

	ip->csum.raw = 0;
	ip->csum = csum_finish(csum_sum(ip, b->l4 - b->l3));
}

static void build_seal_udp(struct build *b, u32 l4_len)
{
	struct udp_hdr *udp = build_udp_hdr(b);
	const struct ip4_hdr *ip = build_ip(b);

	if (udp->len.raw == 0)
		udp->len = be16_of((u16)l4_len);
	udp->csum.raw = 0;
	udp->csum = csum_finish(csum_pseudo(ip->src, ip->dst, IP_PROTO_UDP, l4_len) +
				csum_sum(udp, l4_len));
	if (udp->csum.raw == 0)
		udp->csum.raw = 0xffff;
}

/* RFC 3828 section 3.1: over as much as the field in the place of a length says; zero is all. */
static void build_seal_udplite(struct build *b, u32 l4_len)
{
	struct udp_hdr *udp = build_udp_hdr(b);
	const struct ip4_hdr *ip = build_ip(b);
	u32 covered = udp->len.raw == 0 ? l4_len : u32_min(be16_host(udp->len), l4_len);

	udp->csum.raw = 0;
	udp->csum = csum_finish(csum_pseudo(ip->src, ip->dst, IP_PROTO_UDPLITE, l4_len) +
				csum_sum(udp, covered));
	if (udp->csum.raw == 0)
		udp->csum.raw = 0xffff;
}

/* RFC 4340 section 9.2: over all, or the header and so many words less one of the data. */
static void build_seal_dccp(struct build *b, u32 l4_len)
{
	const struct ip4_hdr *ip = build_ip(b);
	u8 *dccp = build_l4(b);
	u32 coverage = dccp[DCCP_COVERAGE_AT] & 15u;
	u32 covered = coverage == 0 ? l4_len : dccp[DCCP_DOFF_AT] * 4u + (coverage - 1) * 4;

	be16_store(dccp + DCCP_CSUM_AT, be16_of(0));
	be16_store(dccp + DCCP_CSUM_AT,
		   csum_finish(csum_pseudo(ip->src, ip->dst, IP_PROTO_DCCP, l4_len) +
			       csum_sum(dccp, u32_min(covered, l4_len))));
}

static void build_seal_l4(struct build *b, u32 l4_len)
{
	const struct ip4_hdr *ip = build_ip(b);

	if (ip->proto == IP_PROTO_UDP && l4_len >= UDP_HLEN)
		build_seal_udp(b, l4_len);
	if (ip->proto == IP_PROTO_TCP && l4_len >= TCP_HLEN_MIN) {
		struct tcp_hdr *tcp = build_tcp_hdr(b);

		tcp->csum.raw = 0;
		tcp->csum = csum_finish(csum_pseudo(ip->src, ip->dst, IP_PROTO_TCP, l4_len) +
					csum_sum(tcp, l4_len));
	}
	if (ip->proto == IP_PROTO_SCTP && l4_len >= SCTP_HLEN) {
		u8 *sctp = build_l4(b);

		crc32c_store(sctp + SCTP_CSUM_AT, 0);
		crc32c_store(sctp + SCTP_CSUM_AT, crc32c(sctp, l4_len));
	}
	if (ip->proto == IP_PROTO_UDPLITE && l4_len >= UDP_HLEN)
		build_seal_udplite(b, l4_len);
	if (ip->proto == IP_PROTO_DCCP && l4_len >= DCCP_HLEN_MIN)
		build_seal_dccp(b, l4_len);
	if (ip->proto == IP_PROTO_ICMP && l4_len >= ICMP_HLEN) {
		struct icmp_hdr *icmp = build_icmp_hdr(b);

		icmp->csum.raw = 0;
		icmp->csum = csum_finish(csum_sum(icmp, l4_len));
	}
}

void build_seal(struct build *b)
{
	struct ip4_hdr *ip = build_ip(b);

	if (ip->len.raw == 0)
		ip->len = be16_of((u16)(b->len - b->l3));
	if (!ip4_is_fragment(ip))
		build_seal_l4(b, b->len - b->l4);
	build_seal_ip(b);
}

struct ip4_hdr *build_ip(struct build *b)
{
	return (struct ip4_hdr *)(b->bytes + b->l3);
}

void *build_l4(struct build *b)
{
	return b->bytes + b->l4;
}

struct udp_hdr *build_udp_hdr(struct build *b)
{
	return (struct udp_hdr *)(b->bytes + b->l4);
}

struct tcp_hdr *build_tcp_hdr(struct build *b)
{
	return (struct tcp_hdr *)(b->bytes + b->l4);
}

struct icmp_hdr *build_icmp_hdr(struct build *b)
{
	return (struct icmp_hdr *)(b->bytes + b->l4);
}

u8 *build_data(struct build *b)
{
	const struct ip4_hdr *ip = build_ip(b);

	if (ip->proto == IP_PROTO_TCP)
		return b->bytes + b->l4 + tcp_hlen(build_tcp_hdr(b));
	if (ip->proto == IP_PROTO_UDP || ip->proto == IP_PROTO_ICMP)
		return b->bytes + b->l4 + 8;
	return b->bytes + b->l4;
}

void build_udp4(struct build *b, be32 src, u16 sport, be32 dst, u16 dport, u32 payload_len)
{
	build_start(b);
	build_ip4(b, src, dst, IP_PROTO_UDP);
	build_udp(b, sport, dport);
	build_payload(b, payload_len, 0x11);
	build_seal(b);
}

void build_tcp4(struct build *b, be32 src, u16 sport, be32 dst, u16 dport, u8 flags)
{
	build_start(b);
	build_ip4(b, src, dst, IP_PROTO_TCP);
	build_tcp(b, sport, dport, flags, 1000, (flags & TCP_ACK) != 0 ? 5000 : 0);
	build_seal(b);
}

void build_tcp4_at(struct build *b, u32 seq, u32 ack)
{
	build_tcp_hdr(b)->seq = be32_of(seq);
	build_tcp_hdr(b)->ack = be32_of(ack);
	build_seal(b);
}

void build_echo4(struct build *b, be32 src, be32 dst, u8 type, u16 id, u16 seq)
{
	build_start(b);
	build_ip4(b, src, dst, IP_PROTO_ICMP);
	build_icmp(b, type, 0, (u32)id << 16 | seq);
	build_payload(b, 32, 0x41);
	build_seal(b);
}

void build_error4(struct build *b, be32 from, be32 to, u8 type, u8 code, u32 word)
{
	build_start(b);
	build_ip4(b, from, to, IP_PROTO_ICMP);
	build_icmp(b, type, code, word);
}

void build_quote(struct build *b, const void *ip, u32 quote_len)
{
	build_bytes(b, ip, quote_len);
	build_seal(b);
}

void build_arp(struct build *b, u16 op, const struct mac *sha, be32 spa, be32 tpa)
{
	const struct mac all = MAC_BROADCAST;
	struct arp_hdr *arp;

	build_start(b);
	build_eth(b, &all, sha, ETH_TYPE_ARP);
	arp = (struct arp_hdr *)build_room(b, ARP_LEN);
	arp->htype = be16_of(ARP_HTYPE_ETHERNET);
	arp->ptype = be16_of(ETH_TYPE_IP4);
	arp->hlen = ETH_ALEN;
	arp->plen = 4;
	arp->op = be16_of(op);
	arp->sha = *sha;
	arp->spa = spa;
	arp->tpa = tpa;
}

void build_fragment_at(struct build *out, const struct build *whole, u32 offset, u32 len, bool more)
{
	struct ip4_hdr *ip;

	if (offset % 8 != 0 || whole->l4 + offset + len > whole->len)
		build_wrong("no such fragment");
	out->len = whole->l4 + len;
	out->l3 = whole->l3;
	out->l4 = whole->l4;
	memcpy(out->bytes, whole->bytes, whole->l4);
	memcpy(out->bytes + out->l4, whole->bytes + whole->l4 + offset, len);
	ip = build_ip(out);
	ip->len = be16_of((u16)(out->len - out->l3));
	ip->frag = be16_of(
		(u16)((be16_host(ip->frag) & IP4_DF) | (more ? IP4_MF : 0) | offset / 8));
	build_seal_ip(out);
}

bool build_fragment(struct build *out, const struct build *whole, u32 piece_len, u32 index)
{
	u32 total = whole->len - whole->l4;
	u32 offset = index * piece_len;

	if (offset >= total)
		return false;
	build_fragment_at(out, whole, offset, u32_min(piece_len, total - offset),
			  offset + piece_len < total);
	return true;
}

struct pkt *build_pkt(struct pkt_pool *pool, const struct build *b, u16 in_if)
{
	u32 link_len = b->l3;
	struct pkt *pkt = pkt_new(pool, b->len - link_len);
	struct mac dst;

	if (pkt == NULL)
		return NULL;
	pkt->l2 = (u16)(pkt->l3 - link_len);
	pkt->in_if = in_if;
	memcpy(pkt->buf + pkt->l2, b->bytes, b->len);
	if (link_len == 0) {
		pkt->flags |= PKT_RAW_IP;
		return pkt;
	}
	memcpy(&dst, b->bytes, sizeof dst);
	if (mac_is_broadcast(&dst))
		pkt->flags |= PKT_LINK_BROADCAST;
	else if (mac_is_group(&dst))
		pkt->flags |= PKT_LINK_MULTICAST;
	return pkt;
}
