/* One algorithm of congestion control, fed ACKs and events by hand. */
#ifndef TEST_UNIT_CORE_TCP_FEED_H
#define TEST_UNIT_CORE_TCP_FEED_H

#include "core/tcp/cc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

enum { FEED_MSS = 1000 };

struct feed {
	struct cc cc;
	struct rng rng;
	struct cc_ack ack; /* what the next one says beside its bytes */
	u64 una;
	u64 nxt;
};

static inline void feed_open(struct feed *feed, const struct cc_ops *ops)
{
	static const u8 seed[32] = { 1 };

	memset(feed, 0, sizeof *feed);
	rng_init(&feed->rng, seed);
	feed->cc = (struct cc){
		.ops = ops,
		.rng = &feed->rng,
		.min_rtt_ns = NS_NEVER,
		.mss = FEED_MSS,
		.cwnd = cc_initial_window(FEED_MSS),
		.cwnd_limit = UINT32_MAX,
		.has_sack = true,
	};
	feed->ack.now = NS_PER_SEC;
	feed->ack.srtt_ns = 100 * NS_PER_MS;
	feed->ack.cwnd_limited = true;
	feed->nxt = feed->cc.cwnd;
	ops->init(&feed->cc, feed->ack.now);
}

/* The window is full again after each ACK. */
static inline void feed_fill(struct feed *feed)
{
	if (feed->una + feed->cc.cwnd > feed->nxt)
		feed->nxt = feed->una + feed->cc.cwnd;
	feed->ack.prior_in_flight = feed->ack.in_flight = (u32)(feed->nxt - feed->una);
}

static inline struct cc_ack feed_fact(struct feed *feed, u32 bytes)
{
	struct cc_ack ack = feed->ack;

	feed->una += bytes;
	ack.delivered = feed->una;
	ack.acked_bytes = ack.una_bytes = bytes;
	ack.snd_una = feed->una;
	ack.snd_nxt = feed->nxt;
	ack.in_flight = (u32)(feed->nxt - feed->una);
	ack.prior_in_flight = ack.in_flight + bytes;
	ack.rate.delivered = feed->cc.cwnd;
	return ack;
}

static inline void feed_ack(struct feed *feed, u32 bytes)
{
	struct cc_ack ack = feed_fact(feed, bytes);

	feed->cc.ops->on_ack(&feed->cc, &ack);
	feed->cc.ops->check(&feed->cc);
	feed_fill(feed);
}

static inline void feed_event(struct feed *feed, enum cc_event event)
{
	struct cc_ack ack = feed_fact(feed, 0);

	feed->cc.ops->on_event(&feed->cc, event, &ack);
	feed->cc.ops->check(&feed->cc);
}

#endif
