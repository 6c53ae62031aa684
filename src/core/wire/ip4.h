/* The IPv4 header (RFC 791) and what can be said of an address by itself. */
#ifndef CORE_WIRE_IP4_H
#define CORE_WIRE_IP4_H

#include "core/base/bytes.h"

enum {
	IP4_HLEN_MIN = 20,
	IP4_HLEN_MAX = 60,
	IP4_LEN_MAX = 65535,
	IP4_MTU_MIN = 68, /* every link carries this much unfragmented, RFC 791 section 3.2 */
	IP4_DF = 0x4000,
	IP4_MF = 0x2000,
	IP4_OFFSET_MASK = 0x1fff, /* in units of 8 bytes */
	IP4_TTL_DEFAULT = 64,
	IP4_ECN_MASK = 3, /* of the byte of TOS: RFC 3168 section 5 */
	IP4_ECN_ECT0 = 2,
	IP4_ECN_CE = 3,
};

enum ip_proto {
	IP_PROTO_ICMP = 1,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_DCCP = 33,
	IP_PROTO_GRE = 47,
	IP_PROTO_SCTP = 132,
	IP_PROTO_UDPLITE = 136,
};

struct WIRE ip4_hdr {
	u8 version_ihl;
	u8 tos;
	be16 len; /* header and payload, bytes */
	be16 id;
	be16 frag; /* flags and fragment offset */
	u8 ttl;
	u8 proto;
	be16 csum;
	be32 src;
	be32 dst;
};
_Static_assert(sizeof(struct ip4_hdr) == IP4_HLEN_MIN, "IPv4 header");

static inline u32 ip4_hlen(const struct ip4_hdr *ip)
{
	return (u32)(ip->version_ihl & 0x0f) * 4;
}

/* Any fragment: offset or MF set. */
static inline bool ip4_is_fragment(const struct ip4_hdr *ip)
{
	return (ip->frag.raw & be16_of(IP4_MF | IP4_OFFSET_MASK).raw) != 0;
}

static inline u32 ip4_frag_offset_bytes(const struct ip4_hdr *ip)
{
	return (u32)(be16_host(ip->frag) & IP4_OFFSET_MASK) * 8;
}

static inline bool ip4_is_multicast(be32 addr)
{
	return (be32_host(addr) & 0xf0000000) == 0xe0000000;
}

static inline bool ip4_is_loopback(be32 addr)
{
	return (be32_host(addr) & 0xff000000) == 0x7f000000;
}

/* 0.0.0.0/8: "this network", RFC 1122 section 3.2.1.3 (a). */
static inline bool ip4_is_zeronet(be32 addr)
{
	return (be32_host(addr) & 0xff000000) == 0;
}

static inline bool ip4_is_limited_broadcast(be32 addr)
{
	return be32_host(addr) == 0xffffffff;
}

/* 240.0.0.0/4, which includes the limited broadcast. */
static inline bool ip4_is_class_e(be32 addr)
{
	return (be32_host(addr) & 0xf0000000) == 0xf0000000;
}

/* 169.254.0.0/16: never forwarded, RFC 3927 section 7. */
static inline bool ip4_is_link_local(be32 addr)
{
	return (be32_host(addr) & 0xffff0000) == 0xa9fe0000;
}

/* The mask of a prefix of len bits, 0 to 32, host order. */
static inline u32 ip4_mask(u32 len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

/* Length of the largest prefix that begins with first and has nothing behind last; host order.
 * Requires: first is not behind last.                                                            */
static inline u8 ip4_prefix_in(u32 first, u32 last)
{
	u8 len = 32;

	while (len > 0 && (first & ~ip4_mask((u32)len - 1)) == 0 &&
	       last - first >= ~ip4_mask((u32)len - 1))
		len--;
	return len;
}

/* "udplite"; NULL for a protocol that is known by its number only. */
const char *ip4_proto_name(u8 proto);
/* The protocol of that name; 0 when there is none. */
u8 ip4_proto_find(const char *name);

/* Whether the first four bytes of its header are ports. */
static inline bool ip4_has_ports(u8 proto)
{
	return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_SCTP ||
	       proto == IP_PROTO_DCCP || proto == IP_PROTO_UDPLITE;
}

#endif
