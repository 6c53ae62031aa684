/* Fragments in any order, of any size, over each other, in little memory. Two oracles: what comes
 * out consists of fragments that were sent, each byte in its place; and a packet whose fragments
 * all came, with nothing against them, does come out.
 *
 *     records of 4 bytes     key and flags; offset and length in words of 8; time and contents  */
#include "core/ip/reass.h"
#include "fuzz/bed.h"

enum {
	KEYS = 8,
	SENT_MAX = 256,
	PER_PACKET = 8,
	WORDS_MAX = 32 + 16,
	OPTIONS_LEN = 8,
	FLAG_MORE = 1 << 3,
	FLAG_DF = 1 << 4,
	FLAG_OPTIONS = 1 << 5,
	FLAG_CE = 1 << 6,
	FLAG_ODD = 1 << 7,
};

static const struct reass_conf conf = { 4, 16, PER_PACKET, 12, 30 * NS_PER_SEC };

struct sent {
	u32 key;
	u32 begin;
	u32 end;
	bool more;
	u8 fill;
	ns_t when;
};

/* What must come of a key, as long as nothing is in doubt. */
struct plain {
	bool certain;
	u32 count;
	u32 total;
	u32 have;
	ns_t begun;
	ns_t last; /* when any was sent: in doubt, a queue may have begun as late as that */
	bool plain_ecn;
	bool ce;
	struct sent piece[PER_PACKET];
};

struct stage {
	struct bed *bed;
	struct reass reass;
	struct batch dead;
	struct build b;
	ns_t now;
	u64 evicted;
	u32 sent_count;
	struct sent sent[SENT_MAX];
	struct plain plain[KEYS];
};

static u8 content(u8 fill, u32 at)
{
	return (u8)(fill * 37 + at);
}

static struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof *stage);

	CHECK(stage != NULL);
	stage->bed = bed_new();
	reass_layout(&stage->reass, &conf, &stage->bed->mem);
	CHECK(!stage->bed->mem.short_of);
	return stage;
}

static void make_fragment(struct build *b, const struct sent *sent, u8 flags)
{
	build_start(b);
	build_ip4(b, be32_of(0x0a0a0001u + sent->key % 3), addr("198.18.0.9"), IP_PROTO_UDP);
	if ((flags & FLAG_OPTIONS) != 0)
		build_ip_options(b, "\1\1\1\1\1\1\1\1", OPTIONS_LEN);
	build_ip(b)->id = be16_of((u16)sent->key);
	build_ip(b)->tos = (flags & FLAG_CE) != 0 ? 3 : 0;
	build_ip(b)->frag = be16_of((u16)(sent->begin / 8 | (sent->more ? IP4_MF : 0) |
					  ((flags & FLAG_DF) != 0 ? IP4_DF : 0)));
	for (u32 at = sent->begin; at < sent->end; at++) {
		u8 byte = content(sent->fill, at);

		build_bytes(b, &byte, 1);
	}
	build_seal(b);
}

/* ---- what came out was sent ------------------------------------------------------------------ */

static bool explains(const struct stage *stage, const struct sent *sent, u32 key, const u8 *data,
		     u32 len)
{
	if (sent->key != key || sent->end > len || sent->more == (sent->end == len) ||
	    stage->now - sent->when > conf.timeout_ns)
		return false;
	for (u32 at = sent->begin; at < sent->end; at++) {
		if (data[at] != content(sent->fill, at))
			return false;
	}
	return true;
}

static void judge_whole(const struct stage *stage, const struct pkt *whole, u32 key)
{
	bool reached[WORDS_MAX + 1] = { true };
	struct seen seen;
	u32 len;

	CHECK(seen_parse(&seen, pkt_l3(whole), whole->len));
	CHECK(seen.len == whole->len && (seen.wrong & SEEN_IP_CSUM) == 0);
	CHECK(!seen_is_fragment(&seen) && !seen.df && seen.id == key);
	CHECK((whole->flags & PKT_REASSEMBLED) != 0 && whole->frag_max <= whole->len);
	len = seen.len - seen.hlen;
	for (u32 word = 0; word * 8 < len; word++) {
		for (u32 n = 0; n < stage->sent_count && reached[word]; n++) {
			const struct sent *sent = &stage->sent[n];

			if (sent->begin == word * 8 &&
			    explains(stage, sent, key, pkt_l3(whole) + seen.hlen, len))
				reached[(sent->end + 7) / 8] = true;
		}
	}
	CHECK(reached[(len + 7) / 8]);
}

/* ---- what was sent comes out ----------------------------------------------------------------- */

static void plain_begin(struct stage *stage, u32 key)
{
	stage->plain[key] = (struct plain){ .certain = true };
}

static void plain_doubt_all(struct stage *stage)
{
	for (u32 key = 0; key < KEYS; key++)
		stage->plain[key].certain = false;
}

/* True: with this one, the packet has to come out. */
static bool plain_add(struct stage *stage, const struct sent *sent, u8 flags)
{
	struct plain *plain = &stage->plain[sent->key];

	if (stage->now >= (plain->certain ? plain->begun : plain->last) + conf.timeout_ns)
		plain_begin(stage, sent->key);
	plain->last = stage->now;
	if (plain->count == 0)
		plain->begun = stage->now;
	if (plain->count == PER_PACKET)
		plain->certain = false;
	for (u32 n = 0; n < plain->count; n++) {
		if (sent->begin < plain->piece[n].end && plain->piece[n].begin < sent->end)
			plain->certain = false;
		if (!sent->more && plain->piece[n].end > sent->end)
			plain->certain = false;
	}
	if (plain->total != 0 && (sent->end > plain->total || !sent->more))
		plain->certain = false;
	if (!plain->certain)
		return false;
	plain->piece[plain->count++] = *sent;
	plain->have += sent->end - sent->begin;
	plain->total = sent->more ? plain->total : sent->end;
	plain->ce |= (flags & FLAG_CE) != 0;
	plain->plain_ecn |= (flags & FLAG_CE) == 0;
	return plain->total != 0 && plain->have == plain->total;
}

/* ---------------------------------------------------------------------------------------------- */

static void settle(struct stage *stage)
{
	bed_put_all(&stage->dead);
	reass_check(&stage->reass);
	CHECK(stage->reass.frags.live <= conf.fragment_count);
	CHECK(stage->reass.queues.live <= conf.queue_count);
	if (stage->reass.stats.evicted_count != stage->evicted)
		plain_doubt_all(stage);
	stage->evicted = stage->reass.stats.evicted_count;
}

static void send(struct stage *stage, const struct sent *sent, u8 flags)
{
	bool due, mixed;
	struct pkt *pkt;
	verdict v;

	make_fragment(&stage->b, sent, flags);
	pkt = build_pkt(&stage->bed->pool, &stage->b, 1);
	CHECK(pkt != NULL);
	if (!verdict_is_accept(ip_validate(&stage->bed->stats, pkt)) ||
	    !ip4_is_fragment((const struct ip4_hdr *)pkt_l3(pkt))) {
		pkt_put(pkt);
		return;
	}
	stage->sent[stage->sent_count++] = *sent;
	due = plain_add(stage, sent, flags);
	mixed = stage->plain[sent->key].ce && stage->plain[sent->key].plain_ecn;
	v = ip_reassemble(&stage->reass, &stage->bed->stats, &pkt, 0, stage->now, &stage->dead);
	if (verdict_is_accept(v))
		judge_whole(stage, pkt, sent->key);
	settle(stage);
	if (due && stage->plain[sent->key].certain)
		CHECK(verdict_is_accept(v) || mixed);
	if (verdict_is_stolen(v))
		return;
	plain_begin(stage, sent->key);
	pkt_put(pkt);
}

static void pass_time(struct stage *stage, ns_t by_ns)
{
	stage->now += by_ns;
	for (u32 n = 0; n < KEYS && reass_next(&stage->reass) <= stage->now; n++) {
		reass_tick(&stage->reass, &stage->bed->stats, stage->now, &stage->dead);
		settle(stage);
	}
	CHECK(reass_next(&stage->reass) > stage->now);
}

static void record(struct stage *stage, struct input *in)
{
	u8 flags = next_byte(in);
	u8 begin = next_byte(in) % 32;
	u8 len = next_byte(in) % 16;
	u8 time = next_byte(in);
	struct sent sent = { .key = flags % KEYS, .begin = begin * 8u, .when = 0 };

	sent.end = sent.begin + len * 8u;
	sent.more = (flags & FLAG_MORE) != 0;
	if ((flags & FLAG_ODD) != 0 && !sent.more)
		sent.end += 5;
	sent.fill = time & 3;
	if (time >= 128)
		pass_time(stage, (time & 63) * NS_PER_SEC);
	sent.when = stage->now;
	send(stage, &sent, flags);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stage *stage;
	struct input in = { data, size };
	struct hash_key key = bed_key();

	if (stage == NULL)
		stage = stage_new();
	reass_init(&stage->reass, &stage->bed->pool, &key);
	memset(&stage->reass.stats, 0, sizeof stage->reass.stats);
	stage->now = 1000 * NS_PER_SEC;
	stage->evicted = 0;
	stage->sent_count = stage->dead.count = 0;
	for (u32 n = 0; n < KEYS; n++)
		plain_begin(stage, n);
	while (in.left > 0 && stage->sent_count < SENT_MAX)
		record(stage, &in);
	pass_time(stage, conf.timeout_ns);
	CHECK(stage->reass.queues.live == 0);
	bed_check(stage->bed);
	return 0;
}
