/* A datagram leaves: its headers, and the outbox where it waits for the road. */
#include "core/base/check.h"
#include "core/udp/udp.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"
#include "core/wire/udp.h"

static u32 header_len(const struct udp_end *end)
{
	if (!end->key.raw)
		return IP4_HLEN_MIN + UDP_HLEN;
	return end->opt.header ? 0 : IP4_HLEN_MIN;
}

static u8 ttl_of(const struct udp *udp, const struct udp_end *end, const struct udp_send *send)
{
	if (send->ttl != 0)
		return send->ttl;
	if (ip4_is_multicast(send->dst))
		return end->opt.multicast_ttl;
	return end->opt.ttl != 0 ? end->opt.ttl : (u8)udp->conf.ttl;
}

/* RFC 6864 section 4: what may be fragmented has an identifier of its own. */
static void write_ip(struct udp *udp, const struct udp_end *end, const struct udp_send *send,
		     struct pkt *pkt)
{
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);

	*ip = (struct ip4_hdr){
		.version_ihl = 0x45,
		.tos = send->tos != 0 ? send->tos : end->opt.tos,
		.len = be16_of((u16)pkt->len),
		.id = end->opt.dont_fragment ? be16_of(0) : be16_of(udp->ip_id++),
		.frag = be16_of(end->opt.dont_fragment ? IP4_DF : 0),
		.ttl = ttl_of(udp, end, send),
		.proto = end->key.proto,
		.src = send->src,
		.dst = send->dst,
	};
	ip->csum = csum_finish(csum_sum20(ip));
}

static void write_udp(const struct udp_end *end, const struct udp_send *send, struct pkt *pkt)
{
	struct udp_hdr *hdr = (void *)pkt_l4(pkt);
	u32 len = UDP_HLEN + send->bytes;

	*hdr = (struct udp_hdr){ .sport = end->key.local_port,
				 .dport = send->dport,
				 .len = be16_of((u16)len) };
	hdr->csum = csum_finish(csum_pseudo(send->src, send->dst, IP_PROTO_UDP, len) +
				csum_sum(hdr, len));
	/* Zero would say that there is none (RFC 768). */
	if (hdr->csum.raw == 0)
		hdr->csum.raw = 0xffff;
}

/* A header of the owner's making: lengths, checksum and what it left at zero are put right. */
static bool finish_header(struct udp *udp, const struct udp_send *send, struct pkt *pkt)
{
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);

	if (pkt->len < IP4_HLEN_MIN || ip->version_ihl >> 4 != 4 || ip4_hlen(ip) < IP4_HLEN_MIN ||
	    ip4_hlen(ip) > pkt->len || ip4_is_fragment(ip))
		return false;
	ip->len = be16_of((u16)pkt->len);
	if (ip->id.raw == 0 && (be16_host(ip->frag) & IP4_DF) == 0)
		ip->id = be16_of(udp->ip_id++);
	if (ip->src.raw == 0)
		ip->src = send->src;
	ip->csum.raw = 0;
	ip->csum = csum_finish(csum_sum(ip, ip4_hlen(ip)));
	pkt->l4 = (u16)(pkt->l3 + ip4_hlen(ip));
	return true;
}

static bool write_all(struct udp *udp, const struct udp_end *end, const struct udp_send *send,
		      struct pkt *pkt)
{
	u32 head = header_len(end);

	memcpy(pkt_l3(pkt) + head, send->data, send->bytes);
	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
	pkt->zone = end->key.zone;
	pkt->flags = PKT_LOCAL_OUT;
	pkt->out_if = send->iface;
	if (head == 0)
		return finish_header(udp, send, pkt);
	write_ip(udp, end, send, pkt);
	if (!end->key.raw)
		write_udp(end, send, pkt);
	return true;
}

static bool is_too_long(const struct udp_end *end, const struct udp_send *send)
{
	u32 len = header_len(end) + send->bytes;

	return send->bytes > UDP_DATA_MAX || len > IP4_LEN_MAX ||
	       (end->opt.dont_fragment && len > send->mtu);
}

enum err udp_send(struct udp *udp, udp_id id, const struct udp_send *send)
{
	struct udp_end *end = end_of(udp, id);
	struct pkt *pkt;

	if (end == NULL || !end->bound || is_too_long(end, send))
		return ERR_RANGE;
	if (udp->outbox_count == UDP_OUTBOX_MAX) {
		udp->stats.outbox_full++;
		udp->outbox_refused = true;
		return ERR_FULL;
	}
	pkt = pkt_new(udp->pool, header_len(end) + send->bytes);
	if (pkt == NULL) {
		udp->stats.no_packet++;
		return ERR_FULL;
	}
	if (!write_all(udp, end, send, pkt)) {
		pkt_put(pkt);
		return ERR_RANGE;
	}
	if (ip4_is_multicast(send->dst) && end->opt.multicast_loop && send->iface != UDP_IFACE_ANY)
		udp_loop(udp, pkt, send->iface);
	udp->outbox[(udp->outbox_head + udp->outbox_count++) % UDP_OUTBOX_MAX] = pkt;
	udp->stats.datagrams_out++;
	end->datagrams_out++;
	return ERR_OK;
}

/* All of them may write again: nobody knows who waits for it. */
static void tell_writable(struct udp *udp)
{
	for (u32 idx = 0; idx < udp->ends.cap; idx++) {
		if (slab_is_live(&udp->ends, idx))
			end_tell(udp, end_at(udp, idx));
	}
	udp->outbox_refused = false;
}

struct pkt *udp_pull(struct udp *udp)
{
	struct pkt *pkt;

	if (udp->outbox_count == 0)
		return NULL;
	pkt = udp->outbox[udp->outbox_head];
	udp->outbox_head = (udp->outbox_head + 1) % UDP_OUTBOX_MAX;
	udp->outbox_count--;
	if (udp->outbox_refused && udp->outbox_count == 0)
		tell_writable(udp);
	return pkt;
}
