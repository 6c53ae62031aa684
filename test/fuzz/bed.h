/* A pool, counters and a batch, for targets that drive one module of core. Opened once; after each
 * input every buffer has to be back.                                                            */
#ifndef TEST_FUZZ_BED_H
#define TEST_FUZZ_BED_H

#include <stdlib.h>

#include "core/base/hash.h"
#include "core/ip/ip.h"
#include "fake/build.h"
#include "fake/seen.h"
#include "fuzz/input.h"

enum { BED_SMALL = 320, BED_LARGE = 4, BED_TABLES = 1 << 20 };

struct bed {
	struct mem mem; /* the pool is cut already; a module may cut more */
	struct pkt_pool pool;
	struct drop_stats stats;
	struct batch out;
};

static inline struct hash_key bed_key(void)
{
	return (struct hash_key){ { 0x0123456789abcdef, 0xfedcba9876543210, 0x1357924680acebdf,
				    0x2468ace13579bdf0 } };
}

static inline struct bed *bed_new(void)
{
	const struct pkt_pool_conf conf = { BED_SMALL, BED_LARGE, 1 };
	u64 size = BED_TABLES + BED_SMALL * (PKT_SMALL_SIZE + sizeof(struct pkt)) +
		   BED_LARGE * (PKT_LARGE_SIZE + sizeof(struct pkt));
	struct bed *bed = calloc(1, sizeof *bed);
	void *region = aligned_alloc(MEM_LINE, size / MEM_LINE * MEM_LINE);

	CHECK(bed != NULL && region != NULL);
	memset(region, 0, size / MEM_LINE * MEM_LINE);
	mem_init(&bed->mem, region, size / MEM_LINE * MEM_LINE);
	pkt_pool_layout(&bed->pool, &conf, &bed->mem);
	CHECK(!bed->mem.short_of);
	pkt_pool_init(&bed->pool);
	return bed;
}

static inline void bed_put_all(struct batch *batch)
{
	for (u32 n = 0; n < batch->count; n++)
		pkt_put(batch->pkt[n]);
	batch->count = 0;
}

static inline void bed_check(struct bed *bed)
{
	bed_put_all(&bed->out);
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++)
		CHECK(bed->pool.free_count[class] == bed->pool.count[class]);
}

/* A packet of the bytes that lies at the very end of memory of its own, so that ASan sees each read
 * behind it. Put before the memory is freed.                                                    */
static inline struct pkt *bed_pkt_at_end(struct bed *bed, const u8 *bytes, u32 len, u8 **memory)
{
	static u32 done;
	struct pkt *pkt;

	*memory = malloc(PKT_HEADROOM + len);
	CHECK(*memory != NULL);
	memset(*memory, 0, PKT_HEADROOM);
	if (len > 0)
		memcpy(*memory + PKT_HEADROOM, bytes, len);
	pkt = pkt_new_ring(&bed->pool, *memory, PKT_HEADROOM + len, &done);
	CHECK(pkt != NULL);
	pkt->l2 = pkt->l3 = PKT_HEADROOM;
	pkt->len = len;
	pkt->in_if = 1;
	return pkt;
}

/* The header checksum as it should be, if the header is there. */
static inline void bed_seal_ip(u8 *packet, u32 len)
{
	u32 hlen = len == 0 ? 0 : (packet[0] & 15u) * 4;
	u32 sum = 0;

	if (hlen < IP4_HLEN_MIN || hlen > len)
		return;
	packet[10] = packet[11] = 0;
	for (u32 at = 0; at < hlen; at += 2)
		sum += (u32)packet[at] << 8 | packet[at + 1];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	be16_store(packet + 10, be16_of((u16)~sum));
}

/* Something that was made here: whole, and every checksum right. */
static inline struct seen bed_see(const struct pkt *pkt)
{
	struct seen seen;

	CHECK(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	CHECK((seen.wrong & ~(u32)SEEN_QUOTE_L4_CSUM) == 0);
	CHECK(seen.len == pkt->len);
	return seen;
}

#endif
