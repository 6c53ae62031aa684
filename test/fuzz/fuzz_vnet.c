/* virtio-net headers of any kernel or guest: what becomes facts of a packet has to lie in the
 * frame, survives the way back, and the whole of the driver's claims is judged by ip_check_l4.
 *
 *     10 bytes     the header
 *     byte         whether there is a link header, whether the IP checksum is put right
 *     then         the packet                                                                    */
#include "core/pkt/segment.h"
#include "fuzz/bed.h"
#include "host/io/vnet.h"

static u32 wire_parts(struct bed *bed, const struct pkt *pkt)
{
	if (!pkt_is_segmentable(pkt) || pkt_segment_count(pkt) > BATCH_MAX)
		return 0;
	(void)pkt_segment(&bed->pool, pkt, PKT_CSUM_COMPLETE, &bed->out);
	return bed->out.count;
}

/* A CRC is finished as soon as it is seen to be one (ip_check_l4). */
static bool crc_is_unfinished(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	return ip->proto == IP_PROTO_SCTP && !ip4_is_fragment(ip) && pkt_csum_is_of_l4(pkt);
}

/* What goes out says of the packet what came in with it, but that a sum is `partial` no more when
 * the gateway has finished it.                                                                   */
static void judge_back(const struct pkt *pkt, const struct virtio_net_hdr *in, u32 link_len,
		       bool partial)
{
	struct virtio_net_hdr out;

	vnet_from_pkt(pkt, link_len, &out);
	CHECK(((out.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) == partial);
	CHECK(!partial || (out.csum_start == in->csum_start && out.csum_offset == in->csum_offset));
	CHECK((out.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == (in->gso_type & ~VIRTIO_NET_HDR_GSO_ECN));
	CHECK(pkt->gso_type == GSO_NONE || out.gso_size == in->gso_size);
	CHECK(out.hdr_len <= link_len + pkt->len);
	/* The reduced window is said once: by whoever splits the segment. The TCP header is where
	 * the unfinished checksum says, as for the kernel; elsewhere than behind the IP header it
	 * is whatever bytes there are.                                                          */
	if (pkt->gso_type == GSO_TCP4 && (!partial || pkt_csum_is_of_l4(pkt)))
		CHECK(((out.gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0) ==
		      ((pkt_l4(pkt)[13] & 0x80) != 0));
	CHECK(pkt->gso_type == GSO_NONE || !pkt_csum_is_of_l4(pkt) ||
	      out.hdr_len == link_len + u32_min(pkt_gso_header_len(pkt), pkt->len) ||
	      pkt->gso_type == GSO_UDP_FRAG);
}

static void judge(struct bed *bed, struct pkt *pkt, const struct virtio_net_hdr *in, u32 link_len)
{
	bool partial;

	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0)
		CHECK(pkt_csum_fits(pkt));
	CHECK(pkt->gso_type == GSO_NONE || pkt->gso_size > 0);
	if (!verdict_is_accept(ip_validate(&bed->stats, pkt)))
		return;
	partial = (pkt->flags & PKT_CSUM_PARTIAL) != 0 && !crc_is_unfinished(pkt);
	if (!verdict_is_accept(ip_check_l4(&bed->stats, pkt)))
		return;
	judge_back(pkt, in, link_len, partial);
	CHECK(ip_wire_len(pkt) <= pkt->len);
	if (pkt->gso_type == GSO_TCP4 || pkt->gso_type == GSO_UDP_L4) {
		(void)wire_parts(bed, pkt);
		return;
	}
	pkt_finish_csum(pkt);
	CHECK(csum_fold(csum_sum(pkt_l3(pkt), (pkt_l3(pkt)[0] & 15u) * 4)) == 0xffff);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct bed *bed;
	struct input in = { data, size };
	struct virtio_net_hdr vnet;
	const u8 *bytes;
	struct pkt *pkt;
	u32 len, link_len;
	u8 *memory;
	u8 facts;

	if (bed == NULL)
		bed = bed_new();
	if (next_bytes(&in, VNET_HLEN, &bytes) < VNET_HLEN)
		return 0;
	memcpy(&vnet, bytes, VNET_HLEN);
	facts = next_byte(&in);
	link_len = (facts & 1) != 0 ? ETH_HLEN : 0;
	len = next_bytes(&in, IP4_LEN_MAX, &bytes);
	pkt = bed_pkt_at_end(bed, bytes, len, &memory);
	pkt->l2 = (u16)(pkt->l3 - link_len);
	if ((facts & 2) != 0)
		bed_seal_ip(pkt_l3(pkt), len);
	if (vnet_to_pkt(&vnet, pkt))
		judge(bed, pkt, &vnet, link_len);
	else
		CHECK(pkt->flags == 0 && pkt->gso_type == GSO_NONE);
	pkt_put(pkt);
	free(memory);
	bed_check(bed);
	return 0;
}
