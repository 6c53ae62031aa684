/* Reassembly: queues found by a keyed hash, fragments sorted by offset inside each.
 *
 * A queue hangs in three lists: its hash chain, the list of all by age, and the list of its source
 * by age. Sources are records of their own, alive while one of their queues is. Since overlaps
 * never enter a queue, it is complete when the bytes kept add up to where the last one ends.     */
#include "core/ip/reass.h"
#include "core/ip/ip.h"
#include "core/pkt/segment.h"

enum { ECN_MASK = 3, ECN_CE = 3, ECN_SEEN_NOT_ECT = 1 << 0, ECN_SEEN_CE = 1 << ECN_CE };

/* A place in a list by age. */
struct age_link {
	u32 older;
	u32 younger;
};

struct reass_frag {
	struct pkt *pkt;
	u32 next;
	u32 begin; /* bytes of the whole's payload */
	u32 end;
};

struct reass_source {
	be32 addr;
	u32 zone;
	u32 frag_count;
	u32 chain_next;
	u32 oldest; /* its queues */
	u32 youngest;
};

struct reass_queue {
	be32 src;
	be32 dst;
	be16 id;
	u16 zone;
	u8 proto;
	u8 ecn_seen; /* one bit for each of the four codepoints */
	u16 frag_count;
	u32 chain_next;
	struct age_link all;
	struct age_link own;
	u32 source;
	u32 first; /* fragment with the lowest offset */
	u32 last;
	u32 kept_bytes;
	u32 total_bytes; /* 0 until the last fragment came */
	u32 frag_max;    /* total length of the largest fragment */
	u32 df_max;      /* of the largest that had DF */
	ns_t deadline_ns;
};

/* What one call works with. */
struct reass_call {
	struct reass *reass;
	struct drop_stats *stats;
	struct batch *dead;
};

/* What a fragment says of itself. */
struct frag_facts {
	u32 begin;
	u32 end;
	u32 total_len;
	bool more;
	bool df;
};

static struct reass_queue *queue_at(const struct reass *reass, u32 idx)
{
	return slab_at(&reass->queues, idx);
}

static struct reass_frag *frag_at(const struct reass *reass, u32 idx)
{
	return slab_at(&reass->frags, idx);
}

static struct reass_source *source_at(const struct reass *reass, u32 idx)
{
	return slab_at(&reass->sources, idx);
}

void reass_layout(struct reass *reass, const struct reass_conf *conf, struct mem *mem)
{
	memset(reass, 0, sizeof *reass);
	CHECK(conf->queue_count > 0 && conf->queue_count < UINT32_MAX / 2);
	CHECK(conf->fragment_count > 0 && conf->fragments_per_source > 0);
	CHECK(conf->fragments_per_packet >= 2);
	CHECK(conf->fragments_per_packet <= REASS_FRAGMENTS_MAX);
	reass->conf = *conf;
	for (reass->bucket_count = 1; reass->bucket_count < conf->queue_count;)
		reass->bucket_count *= 2;
	slab_layout(&reass->queues, mem, "reassembly_queues", conf->queue_count,
		    sizeof(struct reass_queue));
	slab_layout(&reass->frags, mem, "reassembly_fragments", conf->fragment_count,
		    sizeof(struct reass_frag));
	slab_layout(&reass->sources, mem, "reassembly_sources", conf->queue_count,
		    sizeof(struct reass_source));
	reass->queue_bucket = mem_take(mem, "reassembly_index", reass->bucket_count, sizeof(u32));
	reass->source_bucket = mem_take(mem, "reassembly_index", reass->bucket_count, sizeof(u32));
}

void reass_init(struct reass *reass, struct pkt_pool *pool, const struct hash_key *key)
{
	reass->pool = pool;
	reass->key = *key;
	reass->oldest = reass->youngest = IDX_NONE;
	slab_init(&reass->queues);
	slab_init(&reass->frags);
	slab_init(&reass->sources);
	for (u32 bucket = 0; bucket < reass->bucket_count; bucket++)
		reass->queue_bucket[bucket] = reass->source_bucket[bucket] = IDX_NONE;
}

/* ---- sources --------------------------------------------------------------------------------- */

static u32 *source_chain(const struct reass *reass, be32 addr, u32 zone)
{
	u64 hash = hash_words(&reass->key, addr.raw, zone);

	return &reass->source_bucket[hash_range(hash, reass->bucket_count)];
}

bool reass_source_at(const struct reass *reass, u32 idx, be32 *addr, u8 *zone,
		     u32 *fragment_count)
{
	if (!slab_is_live(&reass->sources, idx))
		return false;
	*addr = source_at(reass, idx)->addr;
	*zone = (u8)source_at(reass, idx)->zone;
	*fragment_count = source_at(reass, idx)->frag_count;
	return true;
}

static u32 source_take(struct reass *reass, be32 addr, u32 zone)
{
	u32 *chain = source_chain(reass, addr, zone);
	struct reass_source *source;
	u32 idx;

	for (idx = *chain; idx != IDX_NONE; idx = source->chain_next) {
		source = source_at(reass, idx);
		if (be32_eq(source->addr, addr) && source->zone == zone)
			return idx;
	}
	idx = slab_new(&reass->sources);
	CHECK(idx != IDX_NONE); /* there are as many as queues, and each has one of its own */
	source = source_at(reass, idx);
	source->addr = addr;
	source->zone = zone;
	source->oldest = source->youngest = IDX_NONE;
	source->chain_next = *chain;
	*chain = idx;
	return idx;
}

static void source_put(struct reass *reass, u32 idx)
{
	struct reass_source *source = source_at(reass, idx);
	u32 *link = source_chain(reass, source->addr, source->zone);

	CHECK(source->frag_count == 0);
	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &source_at(reass, *link)->chain_next;
	}
	*link = source->chain_next;
	slab_del(&reass->sources, idx);
}

/* ---- lists by age ---------------------------------------------------------------------------- */

static struct age_link *age_link_of(const struct reass *reass, u32 idx, bool own)
{
	struct reass_queue *queue = queue_at(reass, idx);

	return own ? &queue->own : &queue->all;
}

static void age_append(struct reass *reass, u32 *oldest, u32 *youngest, u32 idx, bool own)
{
	struct age_link *link = age_link_of(reass, idx, own);

	link->older = *youngest;
	link->younger = IDX_NONE;
	if (*youngest == IDX_NONE)
		*oldest = idx;
	else
		age_link_of(reass, *youngest, own)->younger = idx;
	*youngest = idx;
}

static void age_remove(struct reass *reass, u32 *oldest, u32 *youngest, u32 idx, bool own)
{
	struct age_link *link = age_link_of(reass, idx, own);

	if (link->older == IDX_NONE)
		*oldest = link->younger;
	else
		age_link_of(reass, link->older, own)->younger = link->younger;
	if (link->younger == IDX_NONE)
		*youngest = link->older;
	else
		age_link_of(reass, link->younger, own)->older = link->older;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static u32 *queue_chain(const struct reass *reass, const struct ip4_hdr *ip, u16 zone)
{
	u64 addrs = (u64)ip->src.raw << 32 | ip->dst.raw;
	u64 rest = (u64)zone << 32 | (u64)ip->proto << 16 | ip->id.raw;

	return &reass->queue_bucket[hash_range(hash_words(&reass->key, addrs, rest),
					       reass->bucket_count)];
}

static bool queue_is_of(const struct reass_queue *queue, const struct ip4_hdr *ip, u16 zone)
{
	return be32_eq(queue->src, ip->src) && be32_eq(queue->dst, ip->dst) &&
	       be16_eq(queue->id, ip->id) && queue->proto == ip->proto && queue->zone == zone;
}

static u32 queue_find(const struct reass *reass, const struct ip4_hdr *ip, u16 zone)
{
	u32 idx = *queue_chain(reass, ip, zone);

	while (idx != IDX_NONE && !queue_is_of(queue_at(reass, idx), ip, zone))
		idx = queue_at(reass, idx)->chain_next;
	return idx;
}

static void queue_unlink(struct reass *reass, u32 idx)
{
	struct reass_queue *queue = queue_at(reass, idx);
	struct reass_source *source = source_at(reass, queue->source);
	struct ip4_hdr ip = {
		.src = queue->src, .dst = queue->dst, .id = queue->id, .proto = queue->proto
	};
	u32 *link = queue_chain(reass, &ip, queue->zone);

	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &queue_at(reass, *link)->chain_next;
	}
	*link = queue->chain_next;
	age_remove(reass, &reass->oldest, &reass->youngest, idx, false);
	age_remove(reass, &source->oldest, &source->youngest, idx, true);
	CHECK(source->frag_count >= queue->frag_count);
	source->frag_count -= queue->frag_count;
	if (source->oldest == IDX_NONE)
		source_put(reass, queue->source);
	slab_del(&reass->queues, idx);
}

/* A fragment dies. Of a packet that ran out of time only the first is worth an answer. */
static void frag_bury(struct reass_call *call, struct reass_frag *frag, enum drop reason)
{
	(void)pkt_drop(call->stats, frag->pkt, reason);
	if ((reason == DROP_FRAG_TIMEOUT && frag->begin != 0) || !batch_add(call->dead, frag->pkt))
		pkt_put(frag->pkt);
}

/* The queue ends and its fragments with it, except `spare`, which is the caller's to bury. */
static void queue_end(struct reass_call *call, u32 idx, enum drop reason, const struct pkt *spare)
{
	struct reass *reass = call->reass;
	u32 frag_idx = queue_at(reass, idx)->first;

	while (frag_idx != IDX_NONE) {
		struct reass_frag *frag = frag_at(reass, frag_idx);
		u32 next = frag->next;

		if (frag->pkt != spare)
			frag_bury(call, frag, reason);
		slab_del(&reass->frags, frag_idx);
		frag_idx = next;
	}
	queue_unlink(reass, idx);
}

static void queue_expire(struct reass_call *call, u32 idx)
{
	call->reass->stats.timeout_count++;
	queue_end(call, idx, DROP_FRAG_TIMEOUT, NULL);
}

static void queue_evict(struct reass_call *call, u32 idx)
{
	call->reass->stats.evicted_count++;
	queue_end(call, idx, DROP_FRAG_FULL, NULL);
}

static u32 queue_new(struct reass_call *call, const struct ip4_hdr *ip, u16 zone, ns_t now)
{
	struct reass *reass = call->reass;
	u32 *chain = queue_chain(reass, ip, zone);
	struct reass_queue *queue;
	struct reass_source *source;
	u32 idx;

	if (reass->queues.live == reass->queues.cap)
		queue_evict(call, reass->oldest);
	idx = slab_new(&reass->queues);
	CHECK(idx != IDX_NONE);
	queue = queue_at(reass, idx);
	queue->src = ip->src;
	queue->dst = ip->dst;
	queue->id = ip->id;
	queue->proto = ip->proto;
	queue->zone = zone;
	queue->first = queue->last = IDX_NONE;
	queue->deadline_ns = now + reass->conf.timeout_ns;
	queue->chain_next = *chain;
	*chain = idx;
	queue->source = source_take(reass, ip->src, zone);
	source = source_at(reass, queue->source);
	age_append(reass, &reass->oldest, &reass->youngest, idx, false);
	age_append(reass, &source->oldest, &source->youngest, idx, true);
	return idx;
}

/* The queue that the fragment belongs to, made if there is none. One that is over time ends. */
static u32 queue_take(struct reass_call *call, const struct ip4_hdr *ip, u16 zone, ns_t now)
{
	u32 idx = queue_find(call->reass, ip, zone);

	if (idx != IDX_NONE && queue_at(call->reass, idx)->deadline_ns <= now) {
		queue_expire(call, idx);
		idx = IDX_NONE;
	}
	return idx != IDX_NONE ? idx : queue_new(call, ip, zone, now);
}

/* ---- one fragment into its queue ------------------------------------------------------------- */

/* Does it contradict what is known of the end of the packet? */
static bool frag_contradicts(const struct reass *reass, const struct reass_queue *queue,
			     const struct frag_facts *facts)
{
	if (queue->total_bytes != 0) {
		if (facts->end > queue->total_bytes)
			return true;
		return facts->more == (facts->end == queue->total_bytes);
	}
	/* Whatever is kept has more behind it. */
	return !facts->more && queue->last != IDX_NONE &&
	       frag_at(reass, queue->last)->end >= facts->end;
}

/* The last fragment that begins at or before `begin`; IDX_NONE when all begin behind it. */
static u32 frag_before(const struct reass *reass, const struct reass_queue *queue, u32 begin)
{
	u32 before = IDX_NONE;

	if (queue->last != IDX_NONE && frag_at(reass, queue->last)->begin <= begin)
		return queue->last;
	for (u32 idx = queue->first; idx != IDX_NONE; idx = frag_at(reass, idx)->next) {
		if (frag_at(reass, idx)->begin > begin)
			break;
		before = idx;
	}
	return before;
}

/* Whether a kept fragment of the same place has the bytes of *pkt. When it has not, two packets
 * share an identifier (RFC 4963 section 2), and what they made together would be neither.        */
static bool frag_has_bytes_of(const struct reass_frag *frag, const struct pkt *pkt)
{
	const struct ip4_hdr *ours = (const struct ip4_hdr *)pkt_l3(frag->pkt);
	const struct ip4_hdr *its = (const struct ip4_hdr *)pkt_l3(pkt);

	return memcmp((const u8 *)ours + ip4_hlen(ours), (const u8 *)its + ip4_hlen(its),
		      frag->end - frag->begin) == 0;
}

enum place { PLACE_FREE, PLACE_DUPLICATE, PLACE_OVERLAP };

static enum place frag_place(const struct reass *reass, const struct reass_queue *queue,
			     const struct pkt *pkt, const struct frag_facts *facts, u32 before)
{
	u32 next = queue->first;

	if (before != IDX_NONE) {
		const struct reass_frag *frag = frag_at(reass, before);

		if (frag->begin == facts->begin && frag->end == facts->end)
			return frag_has_bytes_of(frag, pkt) ? PLACE_DUPLICATE : PLACE_OVERLAP;
		if (frag->end > facts->begin)
			return PLACE_OVERLAP;
		next = frag->next;
	}
	if (next != IDX_NONE && frag_at(reass, next)->begin < facts->end)
		return PLACE_OVERLAP;
	return PLACE_FREE;
}

/* Whether all that fragments may have is taken. A quarter of the packets is not for them, however
 * many of them are allowed: the gateway could not say a word else until they time out.           */
static bool frags_are_full(const struct reass *reass)
{
	u32 packets = reass->pool->count[PKT_CLASS_SMALL];

	return reass->frags.live >= u32_min(reass->frags.cap, packets - packets / 4);
}

/* Room for one more: the source's own oldest packet goes first, then the oldest of all. False when
 * that was the packet of the fragment itself.                                                    */
static bool frag_make_room(struct reass_call *call, u32 idx)
{
	struct reass *reass = call->reass;
	const struct reass_source *source = source_at(reass, queue_at(reass, idx)->source);
	u32 victim = IDX_NONE;

	if (source->frag_count >= reass->conf.fragments_per_source)
		victim = source->oldest;
	else if (frags_are_full(reass))
		victim = reass->oldest;
	if (victim == IDX_NONE)
		return true;
	queue_evict(call, victim);
	return victim != idx;
}

static void frag_insert(struct reass *reass, u32 queue_idx, u32 before, struct pkt *pkt,
			const struct frag_facts *facts)
{
	struct reass_queue *queue = queue_at(reass, queue_idx);
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	u32 idx = slab_new(&reass->frags);
	struct reass_frag *frag;

	CHECK(idx != IDX_NONE);
	frag = frag_at(reass, idx);
	frag->pkt = pkt;
	frag->begin = facts->begin;
	frag->end = facts->end;
	frag->next = before == IDX_NONE ? queue->first : frag_at(reass, before)->next;
	if (before == IDX_NONE)
		queue->first = idx;
	else
		frag_at(reass, before)->next = idx;
	if (frag->next == IDX_NONE)
		queue->last = idx;
	queue->frag_count++;
	source_at(reass, queue->source)->frag_count++;
	queue->kept_bytes += facts->end - facts->begin;
	queue->frag_max = u32_max(queue->frag_max, facts->total_len);
	if (facts->df)
		queue->df_max = u32_max(queue->df_max, facts->total_len);
	queue->ecn_seen |= (u8)(1u << (ip->tos & ECN_MASK));
	if (!facts->more)
		queue->total_bytes = facts->end;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* RFC 3168 section 5.3: congestion that one fragment met, the packet met; a mixture of fragments
 * that can and cannot carry the mark was made by nobody honest.                                  */
static bool ecn_agrees(u8 seen)
{
	return (seen & ECN_SEEN_NOT_ECT) == 0 || seen == ECN_SEEN_NOT_ECT;
}

static void whole_set_header(struct pkt *whole, const struct reass_queue *queue)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(whole);

	if ((queue->ecn_seen & ECN_SEEN_CE) != 0)
		ip->tos |= ECN_CE;
	ip->len = be16_of((u16)whole->len);
	ip->frag = (be16){ 0 };
	ip_set_csum(ip);
	whole->l4 = (u16)(whole->l3 + ip4_hlen(ip));
	whole->flags |= PKT_REASSEMBLED;
	whole->frag_max = (u16)queue->frag_max;
	if (queue->df_max == queue->frag_max)
		whole->flags |= PKT_FRAG_DF;
}

/* Copy all together; DROP_NONE and *out, or the reason why there is no whole. */
static enum drop whole_make(const struct reass *reass, const struct reass_queue *queue,
			    struct pkt **out)
{
	const struct pkt *first = frag_at(reass, queue->first)->pkt;
	u32 hlen = ip4_hlen((const struct ip4_hdr *)pkt_l3(first));
	struct pkt *whole;

	if (hlen + queue->total_bytes > IP4_LEN_MAX || !ecn_agrees(queue->ecn_seen))
		return DROP_FRAG_MALFORMED;
	whole = pkt_new(reass->pool, hlen + queue->total_bytes);
	if (whole == NULL)
		return DROP_NO_BUFFER;
	pkt_inherit(whole, first);
	memcpy(pkt_l3(whole), pkt_l3(first), hlen);
	for (u32 idx = queue->first; idx != IDX_NONE; idx = frag_at(reass, idx)->next) {
		const struct reass_frag *frag = frag_at(reass, idx);
		const u8 *header = pkt_l3(frag->pkt);

		memcpy(pkt_l3(whole) + hlen + frag->begin,
		       header + ip4_hlen((const struct ip4_hdr *)header), frag->end - frag->begin);
		/* RFC 1812 section 5.3.4: what came so must not be passed on, no part of it. */
		whole->flags |= frag->pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST);
	}
	whole_set_header(whole, queue);
	*out = whole;
	return DROP_NONE;
}

/* All is there: *pkt, the fragment that came last, becomes the whole or dies with the others. */
static verdict queue_finish(struct reass_call *call, u32 queue_idx, struct pkt **pkt)
{
	struct reass *reass = call->reass;
	struct pkt *whole = NULL;
	enum drop reason = whole_make(reass, queue_at(reass, queue_idx), &whole);
	u32 joined = queue_at(reass, queue_idx)->frag_count;
	u32 idx = queue_at(reass, queue_idx)->first;

	if (reason != DROP_NONE) {
		queue_end(call, queue_idx, reason, *pkt);
		return pkt_drop(call->stats, *pkt, reason);
	}
	while (idx != IDX_NONE) {
		struct reass_frag *frag = frag_at(reass, idx);
		u32 next = frag->next;

		pkt_put(frag->pkt);
		slab_del(&reass->frags, idx);
		idx = next;
	}
	queue_unlink(reass, queue_idx);
	reass->stats.whole_count++;
	reass->stats.joined_count += joined;
	*pkt = whole;
	return VERDICT_ACCEPT;
}

static struct frag_facts frag_facts_of(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	u32 begin = ip4_frag_offset_bytes(ip);

	return (struct frag_facts){
		.begin = begin,
		.end = begin + pkt->len - ip4_hlen(ip),
		.total_len = pkt->len,
		.more = (be16_host(ip->frag) & IP4_MF) != 0,
		.df = (be16_host(ip->frag) & IP4_DF) != 0,
	};
}

/* Why the fragment ends its whole queue; DROP_NONE when it does not. */
static enum drop frag_fault(const struct reass *reass, const struct reass_queue *queue,
			    const struct frag_facts *facts, enum place place)
{
	if (frag_contradicts(reass, queue, facts))
		return DROP_FRAG_MALFORMED;
	if (place == PLACE_OVERLAP)
		return DROP_FRAG_OVERLAP;
	if (place == PLACE_FREE && queue->frag_count == reass->conf.fragments_per_packet)
		return DROP_FRAG_TOO_MANY;
	return DROP_NONE;
}

/* Kept: into the queue, which may now be complete. */
static verdict frag_keep(struct reass_call *call, u32 queue_idx, struct pkt **pkt,
			 const struct frag_facts *facts, u32 before)
{
	struct reass *reass = call->reass;
	const struct reass_queue *queue = queue_at(reass, queue_idx);
	struct pkt *kept = pkt_keep(*pkt);

	if (kept == NULL) {
		queue_end(call, queue_idx, DROP_NO_BUFFER, NULL);
		return pkt_drop(call->stats, *pkt, DROP_NO_BUFFER);
	}
	*pkt = kept;
	frag_insert(reass, queue_idx, before, kept, facts);
	if (queue->total_bytes == 0 || queue->kept_bytes != queue->total_bytes)
		return VERDICT_STOLEN;
	return queue_finish(call, queue_idx, pkt);
}

verdict ip_reassemble(struct reass *reass, struct drop_stats *stats, struct pkt **pkt, u16 zone,
		      ns_t now, struct batch *dead)
{
	struct reass_call call = { reass, stats, dead };
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(*pkt);
	struct frag_facts facts = frag_facts_of(*pkt);
	const struct reass_queue *queue;
	enum place place;
	enum drop reason;
	u32 idx, before;

	CHECK(ip4_is_fragment(ip));
	idx = queue_take(&call, ip, zone, now);
	queue = queue_at(reass, idx);
	before = frag_before(reass, queue, facts.begin);
	place = frag_place(reass, queue, *pkt, &facts, before);
	reason = frag_fault(reass, queue, &facts, place);
	if (reason != DROP_NONE) {
		queue_end(&call, idx, reason, NULL);
		return pkt_drop(stats, *pkt, reason);
	}
	if (place == PLACE_DUPLICATE) {
		reass->stats.duplicate_count++;
		pkt_put(*pkt);
		return VERDICT_STOLEN;
	}
	if (!frag_make_room(&call, idx))
		return pkt_drop(stats, *pkt, DROP_FRAG_FULL);
	return frag_keep(&call, idx, pkt, &facts, before);
}

/* ---- time and truth -------------------------------------------------------------------------- */

void reass_tick(struct reass *reass, struct drop_stats *stats, ns_t now, struct batch *dead)
{
	struct reass_call call = { reass, stats, dead };

	for (u32 ended = 0; ended < REASS_TICK_MAX; ended++) {
		if (reass_next(reass) > now || dead->count == BATCH_MAX)
			return;
		queue_expire(&call, reass->oldest);
	}
}

ns_t reass_next(const struct reass *reass)
{
	if (reass->oldest == IDX_NONE)
		return NS_NEVER;
	return queue_at(reass, reass->oldest)->deadline_ns;
}

static void queue_check(const struct reass *reass, const struct reass_queue *queue)
{
	u32 frag_count = 0;
	u32 kept_bytes = 0;
	u32 end = 0;

	for (u32 idx = queue->first; idx != IDX_NONE; idx = frag_at(reass, idx)->next) {
		const struct reass_frag *frag = frag_at(reass, idx);

		CHECK(slab_is_live(&reass->frags, idx));
		CHECK(frag->begin >= end);
		CHECK(frag->end > frag->begin);
		CHECK(frag->next != IDX_NONE || queue->last == idx);
		end = frag->end;
		kept_bytes += frag->end - frag->begin;
		frag_count++;
		CHECK(frag_count <= REASS_FRAGMENTS_MAX);
	}
	CHECK(frag_count > 0);
	CHECK(frag_count == queue->frag_count);
	CHECK(kept_bytes == queue->kept_bytes);
	CHECK(queue->total_bytes == 0 || kept_bytes < queue->total_bytes);
}

static void source_check(const struct reass *reass, const struct reass_source *source)
{
	u32 frag_count = 0;
	u32 steps = 0;

	CHECK(source->oldest != IDX_NONE);
	for (u32 idx = source->oldest; idx != IDX_NONE; idx = queue_at(reass, idx)->own.younger) {
		CHECK(source_at(reass, queue_at(reass, idx)->source) == source);
		frag_count += queue_at(reass, idx)->frag_count;
		CHECK(steps++ < reass->queues.live);
	}
	CHECK(frag_count == source->frag_count);
	CHECK(frag_count <= reass->conf.fragments_per_source);
}

void reass_check(const struct reass *reass)
{
	u32 frag_count = 0;
	u32 steps = 0;
	ns_t deadline_ns = 0;

	for (u32 idx = reass->oldest; idx != IDX_NONE; idx = queue_at(reass, idx)->all.younger) {
		const struct reass_queue *queue = queue_at(reass, idx);
		struct ip4_hdr ip = {
			.src = queue->src, .dst = queue->dst, .id = queue->id, .proto = queue->proto
		};

		CHECK(steps++ < reass->queues.live);
		CHECK(queue_find(reass, &ip, queue->zone) == idx);
		CHECK(queue->deadline_ns >= deadline_ns);
		deadline_ns = queue->deadline_ns;
		queue_check(reass, queue);
		if (source_at(reass, queue->source)->oldest == idx)
			source_check(reass, source_at(reass, queue->source));
		frag_count += queue->frag_count;
	}
	CHECK(steps == reass->queues.live);
	CHECK(frag_count == reass->frags.live);
}
