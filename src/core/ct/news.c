/* The ring of news. */
#include "core/ct/news.h"
#include "core/ct/ct.h"

void ct_news_layout(struct ct_news_ring *news, u32 cap, struct mem *mem)
{
	news->cap = cap;
	news->ring = mem_take(mem, "flow_news", cap, sizeof *news->ring);
}

void ct_news_listen(struct ct *ct, bool on)
{
	ct->news.heard = on;
	ct->news.head = ct->news.count = 0;
}

void ct_news_add(struct ct *ct, u32 idx, enum ct_news_kind kind, enum ct_end_reason reason)
{
	struct ct_news_ring *news = &ct->news;
	const struct flow *flow = &ct->flow[idx];
	struct ct_news *at;

	CHECK(news->heard);
	if (news->count == news->cap) {
		news->lost++;
		return;
	}
	at = &news->ring[(news->head + news->count++) % news->cap];
	*at = (struct ct_news){
		.when_ns = news->now,
		.handle = (u64)flow->handle_gen << 32 | idx,
		.orig = flow->orig,
		.repl = flow->repl,
		.flags = flow->flags,
		.proto = flow->proto,
		.zone = { flow->zone[TUPLE_ORIG], flow->zone[TUPLE_REPLY] },
		.state = flow->state,
		.kind = (u8)kind,
		.reason = (u8)reason,
	};
	for (u32 dir = 0; dir < 2 && ct->more != NULL; dir++) {
		at->packets[dir] = ct->more[idx].packets[dir];
		at->bytes[dir] = ct->more[idx].bytes[dir];
	}
}

bool ct_news_next(struct ct *ct, struct ct_news *out)
{
	struct ct_news_ring *news = &ct->news;

	if (news->count == 0)
		return false;
	*out = news->ring[news->head];
	news->head = (news->head + 1) % news->cap;
	news->count--;
	return true;
}

const char *ct_news_name(enum ct_news_kind kind)
{
	static const char *const names[CT_NEWS_KIND_COUNT] = { "new", "update", "destroy" };

	CHECK(kind < CT_NEWS_KIND_COUNT);
	return names[kind];
}

const char *ct_end_name(enum ct_end_reason reason)
{
	static const char *const names[CT_END_COUNT] = {
		[CT_END_NONE] = "",
		[CT_END_EXPIRED] = "expired",
		[CT_END_TAKEN] = "table-full",
		[CT_END_PORT_REUSED] = "port-reused",
		[CT_END_FLUSHED] = "flushed",
		[CT_END_CLOSED] = "closed",
		[CT_END_OTHER] = "ended",
	};

	CHECK(reason < CT_END_COUNT);
	return names[reason];
}
