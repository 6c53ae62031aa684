/* The model. Of the bottleneck nothing is kept but when it will be free: a packet that comes in
 * begins then, or now, and that fixes when it ends. Those that have not begun yet are a ring, which
 * is looked at when the next one comes in; those that travel are a heap, since jitter and
 * reordering let one overtake another.
 *
 * Exact over time: what a division of bits by a rate leaves is carried into the next packet, so a
 * million packets take as long as their bits do.                                                 */
#include "core/link/link.h"
#include "core/link/split.h"

enum { BITS_PER_BYTE = 8 };

/* What chance says of one packet. */
struct chance {
	bool lost;
	bool duplicated;
	bool reordered;
	ns_t jitter_ns;
};

enum err link_conf_check(const struct link_conf *conf)
{
	if (conf->rate_bps > LINK_RATE_MAX_BPS || conf->delay_ns > LINK_TIME_MAX_NS ||
	    conf->jitter_ns > LINK_TIME_MAX_NS || conf->reorder_ns > LINK_TIME_MAX_NS ||
	    conf->header_bytes > LINK_HEADER_MAX)
		return ERR_RANGE;
	if (conf->loss_ppm > LINK_MILLION || conf->duplicate_ppm > LINK_MILLION ||
	    conf->reorder_ppm > LINK_MILLION)
		return ERR_RANGE;
	if (conf->flight_max == 0 || conf->flight_max > LINK_FLIGHT_MAX)
		return ERR_RANGE;
	return ERR_OK;
}

void link_layout(struct link *link, const struct link_conf *conf, struct mem *mem)
{
	CHECK(link_conf_check(conf) == ERR_OK);
	memset(link, 0, sizeof *link);
	link->conf = *conf;
	link->wait = mem_take(mem, "link_waiting", conf->flight_max, sizeof *link->wait);
	link->flight = mem_take(mem, "link_in_flight", conf->flight_max, sizeof *link->flight);
}

void link_init(struct link *link, const u8 seed[32])
{
	CHECK(link->wait != NULL && link->flight != NULL);
	rng_init(&link->rng, seed);
}

/* ---- those on their way -------------------------------------------------------------------- */

static bool flight_before(const struct link_flight *a, const struct link_flight *b)
{
	return a->arrive_ns < b->arrive_ns ||
	       (a->arrive_ns == b->arrive_ns && a->serial < b->serial);
}

static void flight_push(struct link *link, struct pkt *pkt, ns_t arrive_ns)
{
	struct link_flight one = { arrive_ns, link->serial++, pkt };
	u32 at = link->flight_count++;

	while (at > 0 && flight_before(&one, &link->flight[(at - 1) / 2])) {
		link->flight[at] = link->flight[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	link->flight[at] = one;
}

/* Requires: there is one. */
static struct pkt *flight_pop(struct link *link)
{
	struct link_flight first = link->flight[0];
	struct link_flight last = link->flight[--link->flight_count];
	u32 at = 0, child;

	while ((child = 2 * at + 1) < link->flight_count) {
		if (child + 1 < link->flight_count &&
		    flight_before(&link->flight[child + 1], &link->flight[child]))
			child++;
		if (!flight_before(&link->flight[child], &last))
			break;
		link->flight[at] = link->flight[child];
		at = child;
	}
	link->flight[at] = last;
	first.pkt->rx_ns = first.arrive_ns;
	return first.pkt;
}

/* ---- the buffer and the bottleneck --------------------------------------------------------- */

static u32 wait_index(const struct link *link, u32 nth)
{
	u32 at = link->wait_head + nth;

	return at >= link->conf.flight_max ? at - link->conf.flight_max : at;
}

/* Those that have begun by now wait no more. */
static void wait_leave(struct link *link)
{
	while (link->wait_count > 0 && link->wait[link->wait_head].begin_ns <= link->now_ns) {
		link->wait_bytes -= link->wait[link->wait_head].bytes;
		link->wait_head = wait_index(link, 1);
		link->wait_count--;
	}
}

static void wait_enter(struct link *link, u32 bytes)
{
	struct link_stats *stats = &link->stats;

	link->wait[wait_index(link, link->wait_count)] = (struct link_wait){ link->free_ns, bytes };
	link->wait_count++;
	link->wait_bytes += bytes;
	stats->queue_packets_most = u32_max(stats->queue_packets_most, link->wait_count);
	if (link->wait_bytes > stats->queue_bytes_most)
		stats->queue_bytes_most = link->wait_bytes;
}

static bool buffer_is_full(const struct link *link, u32 bytes)
{
	const struct link_conf *conf = &link->conf;

	return (conf->buffer_packets > 0 && link->wait_count >= conf->buffer_packets) ||
	       (conf->buffer_bytes > 0 && link->wait_bytes + bytes > conf->buffer_bytes);
}

static bool buffer_is_marking(const struct link *link)
{
	const struct link_conf *conf = &link->conf;

	return (conf->mark_packets > 0 && link->wait_count >= conf->mark_packets) ||
	       (conf->mark_bytes > 0 && link->wait_bytes >= conf->mark_bytes);
}

/* When its last bit has left. Requires: free_ns is not before now. */
static ns_t transmit(struct link *link, u32 bytes)
{
	u64 work;

	if (link->conf.rate_bps == 0)
		return link->free_ns;
	work = (u64)bytes * BITS_PER_BYTE * NS_PER_SEC + link->free_rest;
	link->free_ns += work / link->conf.rate_bps;
	link->free_rest = work % link->conf.rate_bps;
	return link->free_ns;
}

/* ---- one packet ---------------------------------------------------------------------------- */

static bool happens(struct rng *rng, u32 ppm)
{
	return rng_below(rng, LINK_MILLION) < ppm;
}

static struct chance draw(struct link *link)
{
	const struct link_conf *conf = &link->conf;
	struct chance chance;

	chance.lost = happens(&link->rng, conf->loss_ppm);
	chance.duplicated = happens(&link->rng, conf->duplicate_ppm);
	chance.reordered = happens(&link->rng, conf->reorder_ppm);
	chance.jitter_ns = (u64)((unsigned __int128)rng_u64(&link->rng) * (conf->jitter_ns + 1) >>
				 64);
	return chance;
}

static void drop(struct link *link, struct pkt *pkt, enum link_drop reason)
{
	link->stats.drop_packets[reason]++;
	pkt_put(pkt);
}

static ns_t arrival(struct link *link, ns_t sent_ns, const struct chance *chance)
{
	ns_t arrive_ns = sent_ns + link->conf.delay_ns + chance->jitter_ns;

	if (chance->reordered) {
		/* Nobody waits for it. */
		link->stats.reordered++;
		return arrive_ns + link->conf.reorder_ns;
	}
	if (link->conf.jitter_reorders)
		return arrive_ns;
	if (arrive_ns < link->order_ns)
		arrive_ns = link->order_ns;
	link->order_ns = arrive_ns;
	return arrive_ns;
}

/* The copy arrives right behind, and only if there is room for it: it was never sent. */
static void duplicate(struct link *link, const struct pkt *pkt, ns_t arrive_ns)
{
	struct pkt *copy;

	if (link->flight_count == link->conf.flight_max)
		return;
	copy = pkt_copy(pkt->pool, pkt);
	if (copy == NULL)
		return;
	link->stats.duplicated++;
	flight_push(link, copy, arrive_ns);
}

/* A packet that is one on the wire. */
static void enter(struct link *link, struct pkt *pkt)
{
	u32 bytes = pkt->len + link->conf.header_bytes;
	struct chance chance = draw(link);
	ns_t arrive_ns, sent_ns;

	if (link->free_ns < link->now_ns) {
		link->free_ns = link->now_ns;
		link->free_rest = 0;
	}
	if (link->flight_count == link->conf.flight_max ||
	    link->wait_count == link->conf.flight_max) {
		drop(link, pkt, LINK_DROP_MEMORY);
		return;
	}
	if (link->free_ns > link->now_ns) {
		if (buffer_is_full(link, bytes)) {
			drop(link, pkt, LINK_DROP_QUEUE);
			return;
		}
		if (buffer_is_marking(link) && split_mark_congestion(pkt))
			link->stats.marked++;
		wait_enter(link, bytes);
	}
	sent_ns = transmit(link, bytes);
	if (chance.lost) {
		drop(link, pkt, LINK_DROP_LOSS);
		return;
	}
	arrive_ns = arrival(link, sent_ns, &chance);
	flight_push(link, pkt, arrive_ns);
	if (chance.duplicated)
		duplicate(link, pkt, arrive_ns);
}

/* NULL: there was no buffer for it. */
static void enter_part(struct link *link, struct pkt *part)
{
	link->stats.in_packets++;
	if (part == NULL) {
		link->stats.drop_packets[LINK_DROP_MEMORY]++;
		return;
	}
	link->stats.in_bytes += part->len;
	enter(link, part);
}

void link_in(struct link *link, struct pkt *pkt, ns_t now)
{
	enum split_kind kind = split_kind(pkt);
	struct pkt *kept;
	u32 count;

	if (now > link->now_ns)
		link->now_ns = now;
	wait_leave(link);
	if (kind == SPLIT_WHOLE) {
		split_finish_csum(pkt);
		kept = pkt_keep(pkt);
		if (kept == NULL)
			pkt_put(pkt);
		enter_part(link, kept);
		return;
	}
	count = split_count(pkt, kind);
	for (u32 index = 0; index < count; index++)
		enter_part(link, split_at(pkt, kind, index));
	pkt_put(pkt);
}

ns_t link_next(const struct link *link)
{
	return link->flight_count > 0 ? link->flight[0].arrive_ns : NS_NEVER;
}

u32 link_out(struct link *link, struct batch *out, ns_t now)
{
	u32 before = out->count;

	while (out->count < BATCH_MAX && link_next(link) <= now && link->flight_count > 0) {
		struct pkt *pkt = flight_pop(link);

		link->stats.out_packets++;
		link->stats.out_bytes += pkt->len;
		(void)batch_add(out, pkt);
	}
	return out->count - before;
}

const struct link_stats *link_stats(const struct link *link)
{
	return &link->stats;
}

void link_fini(struct link *link)
{
	while (link->flight_count > 0)
		pkt_put(link->flight[--link->flight_count].pkt);
}

void link_check(const struct link *link)
{
	const struct link_stats *stats = &link->stats;
	u64 bytes = 0, gone = stats->out_packets + link->flight_count;

	CHECK(link->flight_count <= link->conf.flight_max);
	CHECK(link->wait_count <= link->conf.flight_max);
	for (u32 at = 1; at < link->flight_count; at++)
		CHECK(flight_before(&link->flight[(at - 1) / 2], &link->flight[at]));
	for (u32 nth = 0; nth < link->wait_count; nth++) {
		const struct link_wait *wait = &link->wait[wait_index(link, nth)];

		CHECK(nth == 0 || link->wait[wait_index(link, nth - 1)].begin_ns <= wait->begin_ns);
		CHECK(wait->begin_ns <= link->free_ns);
		bytes += wait->bytes;
	}
	CHECK(bytes == link->wait_bytes);
	for (u32 reason = 0; reason < LINK_DROP_COUNT; reason++)
		gone += stats->drop_packets[reason];
	CHECK(gone == stats->in_packets + stats->duplicated);
}
