/* The table of flows: making, finding, confirming, ending. expire.c holds the lists. */
#include "core/ct/ct.h"
#include "core/ct/expire.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

void ct_conf_defaults(struct ct_conf *conf)
{
	/* RFC 5382 REQ-5: established 2 h 4 min, transitory 4 min; RFC 5597 REQ-5 asks the same of
	 * DCCP. RFC 4787 REQ-5: 5 min, and never below 2. RFC 5508 REQ-2: 60 s. Other protocols: 10
	 * min, as netfilter has it. SCTP: twice RTO.Max (RFC 9260 section 16) where retransmissions
	 * keep it, and an established association as TCP, since its heartbeats may be off.      */
	*conf = (struct ct_conf){
		.flow_count = 262144,
		.timeout_s = {
			[CT_TIMEOUT_TCP_OPENING] = 240,
			[CT_TIMEOUT_TCP_ESTABLISHED] = 7440,
			[CT_TIMEOUT_TCP_CLOSING] = 240,
			[CT_TIMEOUT_TCP_CLOSED] = 240,
			[CT_TIMEOUT_UDP_NEW] = 120,
			[CT_TIMEOUT_UDP] = 300,
			[CT_TIMEOUT_ICMP] = 60,
			[CT_TIMEOUT_GENERIC] = 600,
			[CT_TIMEOUT_SCTP_OPENING] = 120,
			[CT_TIMEOUT_SCTP_ESTABLISHED] = 7440,
			[CT_TIMEOUT_SCTP_CLOSING] = 120,
			[CT_TIMEOUT_SCTP_CLOSED] = 60,
			[CT_TIMEOUT_DCCP_OPENING] = 240,
			[CT_TIMEOUT_DCCP_OPEN] = 7440,
			[CT_TIMEOUT_DCCP_CLOSING] = 240,
		},
		.news_count = 4096,
		.counters = true,
	};
}

void ct_layout(struct ct *ct, const struct ct_conf *conf, struct mem *mem)
{
	memset(ct, 0, sizeof *ct);
	ct->conf = *conf;
	ct->flow = mem_take_more(mem, "flows", conf->flow_count, CT_HEADS, sizeof *ct->flow);
	if (conf->counters)
		ct->more = mem_take(mem, "flow_counters", conf->flow_count, sizeof *ct->more);
	index_layout(&ct->index, mem, conf->flow_count * 2);
	ct_news_layout(&ct->news, conf->news_count, mem);
}

void ct_configure(struct ct *ct, const struct ct_conf *conf)
{
	bool shorter = false;

	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++) {
		CHECK(conf->timeout_s[class] <= CT_TIMEOUT_MAX_S);
		shorter |= conf->timeout_s[class] * 1000 < ct->timeout_ms[class];
		ct->conf.timeout_s[class] = conf->timeout_s[class];
		ct->timeout_ms[class] = conf->timeout_s[class] * 1000;
	}
	ct->conf.midstream = conf->midstream;
	ct->conf.outbound_refresh_only = conf->outbound_refresh_only;
	ct->conf.expiry_probes = conf->expiry_probes && ct->more != NULL;
	if (shorter)
		ct_sweep_again(ct);
}

void ct_init(struct ct *ct, const struct hash_key *key, ns_t now)
{
	u32 cap = ct->conf.flow_count;

	CHECK(ct->flow != NULL);
	ct->key = *key;
	index_init(&ct->index);
	ct_configure(ct, &ct->conf);
	for (u32 idx = 0; idx < cap; idx++) {
		ct->flow[idx].next = idx + 1 < cap ? idx + 1 : IDX_NONE;
		ct->flow[idx].flags = FLOW_ENDED;
	}
	ct->free_head = cap > 0 ? 0 : IDX_NONE;
	ct->free_tail = cap > 0 ? cap - 1 : IDX_NONE;
	ct->ended_head = ct->ended_tail = IDX_NONE;
	ct_lists_init(ct, now);
}

static u32 flow_verify(const struct ct *ct, u32 ref, const struct tuple_key *key)
{
	const struct flow *flow = &ct->flow[ref >> 1];

	return tuple_eq(flow_tuple(flow, ref & 1), &key->tuple) && flow->proto == key->proto &&
	       flow->zone[ref & 1] == key->zone;
}

static u32 match_verified(const struct ct *ct, struct index_match *match,
			  const struct tuple_key *key)
{
	u32 ref;

	while ((ref = index_match_next(match)) != IDX_NONE) {
		if (flow_verify(ct, ref, key))
			return ref;
	}
	return IDX_NONE;
}

static u32 stash_verified(const struct ct *ct, u64 hash, const struct tuple_key *key)
{
	for (u32 at = 0; at < ct->index.stash_count; at++) {
		const struct index_stash *stash = &ct->index.stash[at];

		if (stash->hash == hash && flow_verify(ct, stash->ref, key))
			return stash->ref;
	}
	return IDX_NONE;
}

/* The first bucket says that something of the kind may be in the index. */
static NOINLINE u32 peek_bucket(const struct ct *ct, const struct tuple_key *key, u64 hash)
{
	const struct index *ix = &ct->index;
	u16 tag = index_tag(hash);
	u32 first = index_first(ix, hash);
	const struct index_bucket *home = &ix->bucket[first];
	struct index_match match = index_match_bucket(home, tag);
	u32 ref = match_verified(ct, &match, key);

	if (ref != IDX_NONE)
		return ref;
	if (home->moved > 0) {
		match = index_match_bucket(&ix->bucket[index_other(ix, first, tag)],
					   tag | TAG_MOVED);
		ref = match_verified(ct, &match, key);
	}
	if (ref == IDX_NONE && home->stashed > 0)
		ref = stash_verified(ct, hash, key);
	return ref;
}

u32 ct_peek(const struct ct *ct, const struct tuple_key *key)
{
	u64 hash = ct_hash(ct, key);
	const struct index_bucket *home = &ct->index.bucket[index_first(&ct->index, hash)];

	/* What is asked here is new more often than not. */
	if (LIKELY(index_is_empty_for(home, index_tag(hash))))
		return IDX_NONE;
	return peek_bucket(ct, key, hash);
}

bool ct_is_expired(const struct ct *ct, u32 flow, ns_t now)
{
	const struct flow *at = &ct->flow[flow];

	return ct_ms(now) - at->seen_ms >= flow_lasts_ms(ct, at);
}

u32 ct_find(struct ct *ct, const struct tuple_key *key, ns_t now)
{
	u32 ref = ct_peek(ct, key);

	if (ref == IDX_NONE || !ct_is_expired(ct, ref >> 1, now))
		return ref;
	ct->stats.expired++;
	ct_end_for(ct, ref >> 1, CT_END_EXPIRED);
	return IDX_NONE;
}

/* The lines that a new flow will be written to. */
static ALWAYS_INLINE void prefetch_slot(const struct ct *ct, u32 idx)
{
	prefetch_write(&ct->flow[idx]);
	if (ct->more != NULL)
		prefetch_write(&ct->more[idx]);
}

u32 ct_new(struct ct *ct, const struct tuple_key *key, ns_t now)
{
	u32 idx = ct->free_head;
	struct flow *flow;
	u16 gen;

	CHECK(idx != IDX_NONE);
	flow = &ct->flow[idx];
	CHECK((flow->flags & FLOW_ENDED) != 0);
	ct->free_head = flow->next;
	if (ct->free_head == IDX_NONE)
		ct->free_tail = IDX_NONE;
	else
		prefetch_slot(ct, ct->free_head);
	gen = flow->handle_gen;
	memset(flow, 0, sizeof *flow);
	flow->orig = key->tuple;
	flow->repl = tuple_reversed(&key->tuple);
	flow->proto = key->proto;
	flow->zone[TUPLE_ORIG] = flow->zone[TUPLE_REPLY] = key->zone;
	flow->seen_ms = ct_ms(now);
	flow->handle_gen = gen;
	flow->rule = UINT16_MAX;
	flow->nexthop[0] = flow->nexthop[1] = UINT16_MAX;
	flow->mapping = flow->mapping_dst = IDX_NONE;
	flow->next = flow->prev = IDX_NONE;
	flow->state = (u8)flow_first_state(key->proto);
	if (ct->more != NULL)
		memset(&ct->more[idx], 0, sizeof ct->more[idx]);
	ct->live++;
	ct->stats.created++;
	return idx;
}

static struct tuple_key flow_key(const struct flow *flow, enum tuple_dir dir)
{
	return (struct tuple_key){ *flow_tuple(flow, dir), flow->proto, flow->zone[dir] };
}

static ALWAYS_INLINE u64 flow_hash(const struct ct *ct, const struct flow *flow, enum tuple_dir dir)
{
	return tuple_hash(&ct->key, flow_tuple(flow, dir), flow->proto, flow->zone[dir]);
}

enum err ct_confirm(struct ct *ct, u32 idx, ns_t now)
{
	struct flow *flow = &ct->flow[idx];
	enum err err;

	CHECK((flow->flags & (FLOW_CONFIRMED | FLOW_ENDED)) == 0);
	err = index_add(&ct->index, flow_hash(ct, flow, TUPLE_ORIG), idx << 1 | TUPLE_ORIG);
	if (err != ERR_OK)
		return err;
	err = index_add(&ct->index, flow_hash(ct, flow, TUPLE_REPLY), idx << 1 | TUPLE_REPLY);
	if (err != ERR_OK) {
		index_del(&ct->index, flow_hash(ct, flow, TUPLE_ORIG), idx << 1 | TUPLE_ORIG);
		return err;
	}
	flow->flags |= FLOW_CONFIRMED;
	ct->confirmed++;
	ct->zone_flows[flow->zone[TUPLE_ORIG]]++;
	ct_link(ct, idx, ct_ms(now));
	if (UNLIKELY(ct->news.heard))
		ct_news_add(ct, idx, CT_NEWS_NEW, CT_END_NONE);
	return ERR_OK;
}

static void ended_append(struct ct *ct, u32 idx)
{
	struct flow *flow = &ct->flow[idx];

	flow->flags |= FLOW_ENDED;
	flow->next = IDX_NONE;
	flow->prev = IDX_NONE;
	if (ct->ended_tail == IDX_NONE)
		ct->ended_head = idx;
	else
		ct->flow[ct->ended_tail].next = idx;
	ct->ended_tail = idx;
}

void ct_abandon(struct ct *ct, u32 idx)
{
	CHECK((ct->flow[idx].flags & (FLOW_CONFIRMED | FLOW_ENDED)) == 0);
	ct->stats.created--;
	ended_append(ct, idx);
}

void ct_end(struct ct *ct, u32 idx)
{
	ct_end_for(ct, idx, CT_END_OTHER);
}

void ct_end_for(struct ct *ct, u32 idx, enum ct_end_reason reason)
{
	struct flow *flow = &ct->flow[idx];

	CHECK(flow_is_confirmed(flow));
	if (UNLIKELY(ct->news.heard))
		ct_news_add(ct, idx, CT_NEWS_DESTROY, reason);
	index_del(&ct->index, flow_hash(ct, flow, TUPLE_ORIG), idx << 1 | TUPLE_ORIG);
	index_del(&ct->index, flow_hash(ct, flow, TUPLE_REPLY), idx << 1 | TUPLE_REPLY);
	ct_unlink(ct, idx);
	ct->confirmed--;
	ct->zone_flows[flow->zone[TUPLE_ORIG]]--;
	ended_append(ct, idx);
}

void ct_free(struct ct *ct)
{
	u32 idx = ct->ended_head;
	struct flow *flow;

	CHECK(idx != IDX_NONE);
	flow = &ct->flow[idx];
	ct->ended_head = flow->next;
	if (ct->ended_head == IDX_NONE)
		ct->ended_tail = IDX_NONE;
	flow->next = IDX_NONE;
	flow->handle_gen++;
	if (ct->free_tail == IDX_NONE)
		ct->free_head = idx;
	else
		ct->flow[ct->free_tail].next = idx;
	ct->free_tail = idx;
	ct->live--;
}

static void flow_check(const struct ct *ct, u32 idx)
{
	const struct flow *flow = &ct->flow[idx];
	struct tuple_key orig = flow_key(flow, TUPLE_ORIG);
	struct tuple_key repl = flow_key(flow, TUPLE_REPLY);

	CHECK(flow->state < FLOW_STATE_COUNT);
	/* Who talks to itself through a public address has one tuple for both directions: then
	 * either entry may answer for the other, and both rewrite the same way.                 */
	CHECK(ct_peek(ct, &orig) >> 1 == idx);
	CHECK(ct_peek(ct, &repl) >> 1 == idx);
	if (!tuple_eq(&flow->orig, &flow->repl)) {
		CHECK(ct_peek(ct, &orig) == (idx << 1 | TUPLE_ORIG));
		CHECK(ct_peek(ct, &repl) == (idx << 1 | TUPLE_REPLY));
	}
	CHECK(flow->next != IDX_NONE);
	CHECK(flow->prev != IDX_NONE);
}

void ct_check(const struct ct *ct)
{
	u32 confirmed = 0;

	index_check(&ct->index);
	for (u32 idx = 0; idx < ct->conf.flow_count; idx++) {
		if (flow_is_confirmed(&ct->flow[idx])) {
			flow_check(ct, idx);
			confirmed++;
		}
	}
	CHECK(confirmed == ct->confirmed);
	CHECK(ct->index.entry_count == 2 * confirmed);
	ct_lists_check(ct);
}
