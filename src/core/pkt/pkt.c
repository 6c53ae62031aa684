/* Packets and their buffers: three classes, each a last-in-first-out list so that the buffer that
 * is handed out next is the one most likely still in the cache.                                 */
#include "core/pkt/pkt.h"

static const u32 class_size[PKT_CLASS_COUNT] = { PKT_SMALL_SIZE, PKT_LARGE_SIZE, 0 };

void pkt_pool_layout(struct pkt_pool *pool, const struct pkt_pool_conf *conf, struct mem *mem)
{
	static const char *const names[PKT_CLASS_COUNT] = { "packets", "packets_large",
							    "packets_ring" };
	const u32 counts[PKT_CLASS_COUNT] = { conf->small_count, conf->large_count,
					      conf->ring_count };

	memset(pool, 0, sizeof *pool);
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++) {
		pool->count[class] = counts[class];
		pool->pkt[class] = mem_take(mem, names[class], counts[class], sizeof(struct pkt));
		if (class_size[class] > 0)
			pool->buf[class] = mem_take_more(mem, names[class], 0, counts[class],
							 class_size[class]);
	}
}

void pkt_pool_init(struct pkt_pool *pool)
{
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++) {
		pool->free_head[class] = IDX_NONE;
		for (u32 idx = pool->count[class]; idx > 0; idx--) {
			struct pkt *pkt = &pool->pkt[class][idx - 1];

			pkt->pool = pool;
			pkt->class = (u8)(class | PKT_CLASS_FREE);
			if (class_size[class] > 0)
				pkt->own_buf =
					pool->buf[class] + (u64)(idx - 1) * class_size[class];
			pkt->flow = pool->free_head[class];
			pool->free_head[class] = idx - 1;
		}
		pool->free_count[class] = pool->count[class];
	}
}

static struct pkt *pkt_take(struct pkt_pool *pool, enum pkt_class class)
{
	u32 idx = pool->free_head[class];
	struct pkt *pkt;

	if (idx == IDX_NONE) {
		pool->empty_count[class]++;
		return NULL;
	}
	pkt = &pool->pkt[class][idx];
	pool->free_head[class] = pkt->flow;
	pool->free_count[class]--;
	memset(pkt, 0, offsetof(struct pkt, pool));
	pkt->class = (u8)class;
	pkt->buf = pkt->own_buf;
	pkt->buf_size = class_size[class];
	pkt->in_if = pkt->out_if = pkt->nexthop = UINT16_MAX;
	pkt->flow = IDX_NONE;
	pkt->rx_ns = 0;
	pkt->link = IDX_NONE;
	return pkt;
}

struct pkt *pkt_new(struct pkt_pool *pool, u32 len)
{
	enum pkt_class class = len + PKT_HEADROOM <= PKT_SMALL_SIZE ? PKT_CLASS_SMALL :
								      PKT_CLASS_LARGE;
	struct pkt *pkt;

	CHECK(len + PKT_HEADROOM <= PKT_LARGE_SIZE);
	pkt = pkt_take(pool, class);
	if (pkt == NULL)
		return NULL;
	pkt->l2 = pkt->l3 = PKT_HEADROOM;
	pkt->len = len;
	return pkt;
}

struct pkt *pkt_new_ring(struct pkt_pool *pool, u8 *buf, u32 size, u32 *done)
{
	struct pkt *pkt = pkt_take(pool, PKT_CLASS_RING);

	if (pkt == NULL)
		return NULL;
	pkt->buf = buf;
	pkt->buf_size = size;
	pkt->ring_done = done;
	return pkt;
}

void pkt_put(struct pkt *pkt)
{
	struct pkt_pool *pool = pkt->pool;
	u32 class = pkt->class;

	CHECK(class < PKT_CLASS_COUNT);
	if (pkt->ring_done != NULL)
		__atomic_store_n(pkt->ring_done, 0, __ATOMIC_RELEASE);
	pkt->ring_done = NULL;
	pkt->class = (u8)(class | PKT_CLASS_FREE);
	pkt->flow = pool->free_head[class];
	pool->free_head[class] = (u32)(pkt - pool->pkt[class]);
	pool->free_count[class]++;
}

struct pkt *pkt_copy(struct pkt_pool *pool, const struct pkt *pkt)
{
	u32 link_len = (u32)(pkt->l3 - pkt->l2);
	struct pkt *copy = pkt_new(pool, pkt->len);
	u8 *own;
	u32 own_size;
	u8 class;

	if (copy == NULL)
		return NULL;
	CHECK(link_len <= PKT_HEADROOM);
	own = copy->buf;
	own_size = copy->buf_size;
	class = copy->class;
	memcpy(copy, pkt, offsetof(struct pkt, pool));
	copy->class = class;
	copy->buf = own;
	copy->buf_size = own_size;
	copy->ring_done = NULL;
	copy->l3 = PKT_HEADROOM;
	copy->l2 = (u16)(PKT_HEADROOM - link_len);
	copy->l4 = pkt->l4 == 0 ? 0 : (u16)(PKT_HEADROOM + (pkt->l4 - pkt->l3));
	copy->nexthop = pkt->nexthop;
	copy->rx_ns = pkt->rx_ns;
	copy->flow_gen = pkt->flow_gen;
	copy->frag_max = pkt->frag_max;
	copy->mss_before = pkt->mss_before;
	copy->whole_l4_len = pkt->whole_l4_len;
	memcpy(copy->buf + copy->l2, pkt->buf + pkt->l2, link_len + pkt->len);
	return copy;
}

struct pkt *pkt_keep(struct pkt *pkt)
{
	struct pkt *copy;

	if (pkt->ring_done == NULL)
		return pkt;
	copy = pkt_copy(pkt->pool, pkt);
	if (copy != NULL)
		pkt_put(pkt);
	return copy;
}

void pkt_pool_check(const struct pkt_pool *pool)
{
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++) {
		u32 free_count = 0;

		for (u32 idx = pool->free_head[class];
		     idx != IDX_NONE && free_count <= pool->count[class];
		     idx = pool->pkt[class][idx].flow)
			free_count++;
		CHECK(free_count == pool->free_count[class]);
	}
}
