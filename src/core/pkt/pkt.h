/* One packet and where it is kept.
 *
 * A packet is a descriptor beside a buffer:
 *
 *     buf            l3 - 14       l3              l4                    l3 + len   buf_size
 *      |  headroom   | link header | IPv4 header   | payload              |  tailroom  |
 *
 * Offsets count from buf. From `receive` on, l3 and len describe the IP packet and the link header
 * before it is spent; `transmit` writes a new one in the headroom. A driver that hands a frame in
 * or takes one out says with l2 where the frame begins (frame = l2 .. l3 + len).
 *
 * Who owns it: who holds the batch that it is in. Inside a call a packet is borrowed. It is put
 * back in two places, the grave and after transmit. A buffer may belong to a driver's ring: then
 * `ring_done` points to the word that pkt_put() clears to give the frame back. Whoever keeps such a
 * packet beyond a call copies it first (pkt_keep).                                              */
#ifndef CORE_PKT_PKT_H
#define CORE_PKT_PKT_H

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/pkt/drop.h"
#include "core/pkt/verdict.h"

enum {
	PKT_HEADROOM = 128,            /* what pkt_new leaves before l3 */
	/* Bytes of a small buffer, headroom included: an odd number of lines, since headers that
	 * lie a power of two apart would all fall into a few sets of the cache.                  */
	PKT_SMALL_SIZE = 33 * 64,
	PKT_LARGE_SIZE = 65536 + 512,  /* a whole IPv4 packet and headroom */
	BATCH_MAX = 256,
};

enum pkt_flag {
	PKT_LINK_BROADCAST = 1 << 0, /* came as link-layer broadcast */
	PKT_LINK_MULTICAST = 1 << 1,
	PKT_LINK_OTHER = 1 << 2,     /* addressed to another station */
	PKT_RAW_IP = 1 << 3,         /* came without a link header; l2 == l3 */
	PKT_CSUM_PARTIAL = 1 << 4,   /* the L4 checksum field holds the pseudo-header's sum only;
					csum_start and csum_offset say where to finish it */
	PKT_CSUM_VALID = 1 << 5,     /* the driver has verified the L4 checksum */
	PKT_LOCAL_OUT = 1 << 6,      /* made here: takes OUTPUT, not FORWARD */
	PKT_TTL_TAKEN = 1 << 7,      /* FORWARD has decremented the TTL */
	PKT_REASSEMBLED = 1 << 8,    /* made of fragments; frag_max is the largest, DF in frag_df */
	PKT_FRAG_DF = 1 << 9,        /* one of its fragments had DF set */
	PKT_TRANSLATED = 1 << 10,    /* header was rewritten; the flow knows how to undo it */
	PKT_HAIRPIN = 1 << 11,       /* goes back to the inside through a public address */
	PKT_ICMP_ERROR = 1 << 12,    /* carries an ICMP error message */
	PKT_TO_HOST = 1 << 13,       /* leaves to the host's own stack */
	PKT_FROM_HOST = 1 << 14,     /* came from the host's own stack */
	PKT_MSS_LOWERED = 1 << 15,   /* a SYN whose option was lowered; mss_before is the old */
	PKT_JUDGE_EACH = 1 << 16,    /* the filter let it through alone, not its flow */
	PKT_CUT = 1 << 17,           /* the first piece of what was cut here; whole_l4_len */
	PKT_OF_SOCK = 1 << 18,       /* with PKT_LOCAL_OUT: a socket sent it */
	PKT_OF_SPLICE = 1 << 19,     /* with PKT_LOCAL_OUT: a leg of a split connection did */
};

/* What a segment stands for, as in virtio-net headers (VIRTIO 1.2, 5.1.6). */
enum gso_type { GSO_NONE, GSO_TCP4, GSO_UDP_FRAG, GSO_UDP_L4, GSO_TCP6 };

struct pkt {
	u8 *buf;
	u32 buf_size;
	u32 len;           /* bytes of the IP packet; before it was parsed: from l3 to the end */
	u16 l2;            /* offset of the link header */
	u16 l3;            /* offset of the IPv4 header */
	u16 l4;            /* offset of the transport header; set by parsing */
	u16 in_if;         /* index of the interface, IFACE_NONE when made here */
	u16 out_if;
	u8 class;          /* enum pkt_class, with PKT_CLASS_FREE while in the pool */
	u8 zone;           /* of the interface that it came in by, or that it was made for */
	u32 flags;         /* enum pkt_flag */
	u32 flow;          /* index << 1 | direction; IDX_NONE; in the pool: the next free one */
	u16 csum_start;    /* with PKT_CSUM_PARTIAL: from l3 */
	u16 csum_offset;   /* from csum_start to the field */
	u16 gso_size;      /* payload bytes of each segment; with gso_type */
	u8 gso_type;       /* enum gso_type */
	u8 drop;           /* enum drop, once dead */
	u32 drop_arg;      /* for the ICMP error: MTU, pointer, or gateway address (raw be32) */
	u32 *ring_done;    /* a driver's frame: cleared when the packet is put; NULL otherwise */
	struct pkt_pool *pool;

	/* Second line: what only some packets need. */
	ns_t rx_ns;        /* when it came in; 0 when the driver does not know */
	u8 *own_buf;       /* this descriptor's buffer; buf points elsewhere for a ring frame */
	u16 nexthop;       /* index of the adjacency that it leaves by; NEXTHOP_NONE */
	u32 link;          /* link of a queue that keeps packets (ARP, reassembly) */
	u32 flow_gen;      /* generation of flow when the packet is kept beyond a batch */
	u16 frag_max;      /* with PKT_REASSEMBLED: total length of the largest fragment */
	u16 frag_index;
	u16 mss_before;
	u16 whole_l4_len;  /* with PKT_CUT: pkt_l4_len() of the packet before it was cut */
	ns_t kept_ns;      /* when it was queued */
};
_Static_assert(offsetof(struct pkt, rx_ns) == 64, "first line of a packet");
_Static_assert(sizeof(struct pkt) <= 128, "two lines a packet");

struct batch {
	u32 count;
	struct pkt *pkt[BATCH_MAX];
};

static inline bool batch_add(struct batch *batch, struct pkt *pkt)
{
	if (batch->count == BATCH_MAX)
		return false;
	batch->pkt[batch->count++] = pkt;
	return true;
}

static inline u8 *pkt_l3(const struct pkt *pkt)
{
	return pkt->buf + pkt->l3;
}

static inline u8 *pkt_l4(const struct pkt *pkt)
{
	return pkt->buf + pkt->l4;
}

/* Bytes from the transport header to the end of the packet. */
static inline u32 pkt_l4_len(const struct pkt *pkt)
{
	return pkt->len - (u32)(pkt->l4 - pkt->l3);
}

static inline u8 *pkt_frame(const struct pkt *pkt)
{
	return pkt->buf + pkt->l2;
}

static inline u32 pkt_frame_len(const struct pkt *pkt)
{
	return (u32)(pkt->l3 - pkt->l2) + pkt->len;
}

/* The only maker of a dead verdict. Counting happens here, so no death can be silent. */
static inline verdict pkt_drop(struct drop_stats *stats, struct pkt *pkt, enum drop reason)
{
	CHECK(reason > DROP_NONE && reason < DROP_COUNT);
	stats->count[reason]++;
	pkt->drop = (u8)reason;
	return (verdict){ VERDICT_CODE_DEAD };
}

/* As pkt_drop, with what the ICMP error needs: MTU, pointer or gateway. */
static inline verdict pkt_drop_arg(struct drop_stats *stats, struct pkt *pkt, enum drop reason,
				   u32 arg)
{
	pkt->drop_arg = arg;
	return pkt_drop(stats, pkt, reason);
}

/* Where packets come from: small buffers for most, a few large ones, and descriptors without a
 * buffer of their own for frames of a driver's ring.                                            */
struct pkt_pool_conf {
	u32 small_count;
	u32 large_count;
	u32 ring_count; /* descriptors for ring frames */
};

enum pkt_class {
	PKT_CLASS_SMALL,
	PKT_CLASS_LARGE,
	PKT_CLASS_RING,
	PKT_CLASS_COUNT,
	PKT_CLASS_FREE = 0x80, /* added to the class of one that lies in the pool */
};

struct pkt_pool {
	struct pkt *pkt[PKT_CLASS_COUNT]; /* arrays of descriptors */
	u8 *buf[PKT_CLASS_COUNT];
	u32 count[PKT_CLASS_COUNT];
	u32 free_head[PKT_CLASS_COUNT];
	u32 free_count[PKT_CLASS_COUNT];
	u64 empty_count[PKT_CLASS_COUNT]; /* requests that found nothing */
};

void pkt_pool_layout(struct pkt_pool *pool, const struct pkt_pool_conf *conf, struct mem *mem);
void pkt_pool_init(struct pkt_pool *pool);
/* A packet with room for len bytes from l3 on and PKT_HEADROOM before it; len is set, the bytes
 * are not. NULL when none is free.                                                              */
struct pkt *pkt_new(struct pkt_pool *pool, u32 len);
/* A descriptor for a frame that lies in a driver's ring, at buf[0..size). The driver sets offsets
 * and length. done is cleared (release order) when the packet is put. NULL when none is free.   */
struct pkt *pkt_new_ring(struct pkt_pool *pool, u8 *buf, u32 size, u32 *done);
void pkt_put(struct pkt *pkt);
/* Make sure that the packet may be kept beyond this call: a ring frame is copied into a buffer of
 * the pool and the frame given back. Returns the packet to use from now on, or NULL when no buffer
 * is free; the caller still owns the old one then.                                              */
struct pkt *pkt_keep(struct pkt *pkt);
/* A copy with its own buffer; NULL when none is free. Metadata is copied too. */
struct pkt *pkt_copy(struct pkt_pool *pool, const struct pkt *pkt);
void pkt_pool_check(const struct pkt_pool *pool);

#endif
