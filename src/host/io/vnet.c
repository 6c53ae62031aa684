/* Offsets of the kernel's header count from the link header, those of a packet from l3. Types that
 * newer kernels define are spelled out here: Debian 12's headers do not have them all.          */
#include "host/io/vnet.h"

#include <stdio.h>
#include <sys/utsname.h>

#include "core/wire/ip6.h"

enum { VNET_GSO_UDP_L4 = 5, VNET_GSO_ECN = 0x80 };
enum { VNET_USO_MAJOR = 6, VNET_USO_MINOR = 2 };
/* TCP (RFC 9293, 3.1): data offset in the high half of byte 12, CWR in the top bit of byte 13. */
enum { TCP_HLEN_AT = 12, TCP_FLAGS_AT = 13, TCP_CWR = 0x80, TCP_HLEN_MIN = 20, UDP_HLEN_BYTES = 8 };

static bool vnet_gso_type(u8 raw, enum gso_type *type)
{
	switch (raw & ~VNET_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE: *type = GSO_NONE; return true;
	case VIRTIO_NET_HDR_GSO_TCPV4: *type = GSO_TCP4; return true;
	case VIRTIO_NET_HDR_GSO_TCPV6: *type = GSO_TCP6; return true;
	case VIRTIO_NET_HDR_GSO_UDP: *type = GSO_UDP_FRAG; return true;
	case VNET_GSO_UDP_L4: *type = GSO_UDP_L4; return true;
	default: return false;
	}
}

static u8 vnet_gso_raw(u8 type)
{
	static const u8 raw[] = { [GSO_NONE] = VIRTIO_NET_HDR_GSO_NONE,
				  [GSO_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
				  [GSO_UDP_FRAG] = VIRTIO_NET_HDR_GSO_UDP,
				  [GSO_UDP_L4] = VNET_GSO_UDP_L4,
				  [GSO_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6 };

	CHECK(type < ARRAY_COUNT(raw));
	return raw[type];
}

/* Whether the frame says that it carries IPv6: what does not may not bring its segments. */
static bool frame_has_ip6(const struct pkt *pkt, u32 link_len)
{
	return link_len >= ETH_HLEN &&
	       be16_host(be16_load(pkt_l3(pkt) - sizeof(be16))) == ETH_TYPE_IP6;
}

bool vnet_to_pkt(const struct virtio_net_hdr *vnet, struct pkt *pkt)
{
	u32 link_len = (u32)(pkt->l3 - pkt->l2);
	enum gso_type type;

	if (LIKELY(vnet->flags == 0 && vnet->gso_type == VIRTIO_NET_HDR_GSO_NONE))
		return true;
	if (!vnet_gso_type(vnet->gso_type, &type) || (type != GSO_NONE && vnet->gso_size == 0))
		return false;
	if (type == GSO_TCP6 && !frame_has_ip6(pkt, link_len))
		return false;
	if ((vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
		if (vnet->csum_start < link_len ||
		    (u32)vnet->csum_start + vnet->csum_offset + 2 > link_len + pkt->len)
			return false;
		pkt->csum_start = (u16)(vnet->csum_start - link_len);
		pkt->csum_offset = vnet->csum_offset;
		pkt->flags |= PKT_CSUM_PARTIAL;
	} else if ((vnet->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0) {
		pkt->flags |= PKT_CSUM_VALID;
	}
	pkt->gso_type = (u8)type;
	pkt->gso_size = type == GSO_NONE ? 0 : vnet->gso_size;
	return true;
}

/* Segments need the length of all headers; the kernel makes at least that much of them linear. */
static void vnet_put_gso(const struct pkt *pkt, u32 link_len, struct virtio_net_hdr *vnet)
{
	const u8 *l3 = pkt_l3(pkt);
	u32 l4 = pkt->csum_start, hlen = UDP_HLEN_BYTES;

	vnet->gso_type = vnet_gso_raw(pkt->gso_type);
	vnet->gso_size = pkt->gso_size;
	if ((pkt->flags & PKT_CSUM_PARTIAL) == 0)
		l4 = (u32)(l3[0] & 15) * 4;
	if ((pkt->gso_type == GSO_TCP4 || pkt->gso_type == GSO_TCP6) &&
	    l4 + TCP_HLEN_MIN <= pkt->len) {
		hlen = (u32)(l3[l4 + TCP_HLEN_AT] >> 4) * 4;
		if ((l3[l4 + TCP_FLAGS_AT] & TCP_CWR) != 0)
			vnet->gso_type |= VNET_GSO_ECN;
	}
	vnet->hdr_len = (u16)(link_len + u32_min(l4 + hlen, pkt->len));
}

void vnet_from_pkt(const struct pkt *pkt, u32 link_len, struct virtio_net_hdr *vnet)
{
	*vnet = (struct virtio_net_hdr){ .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0) {
		vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet->csum_start = (u16)(pkt->csum_start + link_len);
		vnet->csum_offset = pkt->csum_offset;
	}
	if (pkt->gso_type != GSO_NONE)
		vnet_put_gso(pkt, link_len, vnet);
}

bool vnet_kernel_has_uso(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) != 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > VNET_USO_MAJOR || (major == VNET_USO_MAJOR && minor >= VNET_USO_MINOR);
}
