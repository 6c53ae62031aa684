/* What listeners hear of flows, and the order to end some. */
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

/* Flows looked at, and ended, in one call. */
enum { FLUSH_LOOK_MAX = 4096, FLUSH_END_MAX = 128 };

void sluice_news_listen(struct sluice *s, bool on)
{
	ct_news_listen(&s->ct, on);
}

u64 sluice_news_lost(const struct sluice *s)
{
	return s->ct.news.lost;
}

bool sluice_news_next(struct sluice *s, struct sluice_news *out)
{
	struct ct_news news;

	if (!ct_news_next(&s->ct, &news))
		return false;
	*out = (struct sluice_news){
		.kind = ct_news_name(news.kind),
		.reason = ct_end_name(news.reason),
		.state = flow_state_name(news.state),
		.when_ns = news.when_ns,
		.handle = news.handle,
		.orig = { news.orig.src, news.orig.dst, news.orig.sport, news.orig.dport },
		.repl = { news.repl.src, news.repl.dst, news.repl.sport, news.repl.dport },
		.proto = news.proto,
		.zone = { news.zone[TUPLE_ORIG], news.zone[TUPLE_REPLY] },
		.answered = (news.flags & FLOW_ANSWERED) != 0,
		.translated = (news.flags & FLOW_TRANSLATED) != 0,
		.packets = { news.packets[0], news.packets[1] },
		.bytes = { news.bytes[0], news.bytes[1] },
	};
	return true;
}

bool sluice_news_matches(const struct sluice_news *news, const struct sluice_flow_filter *filter)
{
	const struct sluice_tuple *o = &news->orig, *r = &news->repl;
	struct flow flow = {
		.orig = { o->src, o->dst, o->sport, o->dport },
		.repl = { r->src, r->dst, r->sport, r->dport },
		.proto = news->proto,
		.zone = { news->zone[TUPLE_ORIG], news->zone[TUPLE_REPLY] },
		.flags = news->answered ? FLOW_ANSWERED : 0,
	};
	struct sluice_flow_filter tuple = *filter;

	tuple.state = NULL; /* a state is passed through, not stood in */
	return engine_flow_matches(&flow, &tuple);
}

u32 sluice_flush_flows(struct sluice *s, const struct sluice_flow_filter *filter, ns_t now,
		       u32 *cursor)
{
	u32 ended = 0;

	now = engine_now(s, now);
	for (u32 looked = 0; looked < FLUSH_LOOK_MAX && ended < FLUSH_END_MAX; looked++) {
		const struct flow *flow;

		if (*cursor >= s->ct.conf.flow_count) {
			*cursor = SLUICE_CURSOR_END;
			break;
		}
		flow = &s->ct.flow[*cursor];
		if (flow_is_confirmed(flow) && engine_flow_matches(flow, filter)) {
			ct_end_for(&s->ct, *cursor, CT_END_FLUSHED);
			path_drain_ended(&s->path, now);
			ended++;
		}
		(*cursor)++;
	}
	return ended;
}
