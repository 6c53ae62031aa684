/* What the algorithms of congestion control share. Private to cc*.c and hystart.c.
 *
 * Integers only: a gain is in thousandths, a rate in bytes per second below 2^34 (137 Gbit/s), so
 * that a rate times a part of a second, in nanoseconds, is exact in 64 bits.                     */
#ifndef CORE_TCP_CC_PART_H
#define CORE_TCP_CC_PART_H

#include "core/base/check.h"
#include "core/tcp/cc.h"

enum {
	CC_ONE = 1000,              /* the gain that changes nothing */
	CC_QUANTUM_MAX = 64 * 1024, /* draft-ietf-ccwg-bbr, "Send Quantum" */
};

#define CC_RATE_MAX   ((UINT64_C(1) << 34) - 1)
#define CC_RATE_NONE  UINT64_MAX
#define CC_BYTES_NONE UINT32_MAX

/* The state of an algorithm lies in cc->priv, which is declared as words. */
#define CC_STATE __attribute__((may_alias))

#define CC_STATE_FITS(type)                                                                        \
	_Static_assert(sizeof(type) <= CC_PRIV_WORDS * sizeof(u64), "CC_PRIV_WORDS bounds it")

static inline u32 cc_u32(u64 bytes)
{
	return bytes > UINT32_MAX ? UINT32_MAX : (u32)bytes;
}

static inline u64 u64_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* bytes in a time: a rate. */
static inline u64 cc_rate(u64 bytes, ns_t time)
{
	return time == 0 ? 0
			 : u64_min(u64_min(bytes, CC_RATE_MAX) * NS_PER_SEC / time, CC_RATE_MAX);
}

/* A rate for a time: bytes. time is below 2^30 seconds. */
static inline u64 cc_volume(u64 rate, ns_t time)
{
	return rate * (time / NS_PER_SEC) + rate * (time % NS_PER_SEC) / NS_PER_SEC;
}

static inline u64 cc_gain(u64 value, u32 gain)
{
	return value * gain / CC_ONE;
}

static inline u64 cc_sample_rate(const struct rate_sample *rate)
{
	return cc_rate(rate->delivered, rate->interval_ns);
}

/* RFC 5681's FlightSize: outstanding, and not more than was allowed (limited transmit sends two
 * segments beyond it).                                                                           */
static inline u32 cc_flight_size(const struct cc *cc, const struct cc_ack *ack)
{
	return u32_min(cc_u32(ack->snd_nxt - ack->snd_una), cc->cwnd);
}

/* What SND.UNA moved over and no SACK, or duplicate ACK, had told of before: RFC 5681 section 3.1
 * has slow start count data that was not acknowledged until now, and for what was told of segments
 * left already (RFC 3042).                                                                       */
static inline u32 cc_acked_first(const struct cc_ack *ack)
{
	return u32_min(ack->una_bytes, ack->acked_bytes);
}

/* The largest of the values of the last rounds: three candidates, each the best of what came after
 * the one before it, spread over the window. A word is value << 16 | round, so values are below
 * 2^48, and a filter must be fed at least once in 2^15 rounds.                                   */
struct cc_max {
	u64 best[3];
};

u64 cc_max_get(const struct cc_max *max);
void cc_max_update(struct cc_max *max, u64 value, u16 round, u16 window_rounds);
void cc_max_reset(struct cc_max *max, u64 value, u16 round);

/* How much more was acknowledged at once than the rate explains: "BBR.extra_acked". */
struct cc_extra {
	struct cc_max max;
	ns_t start; /* of the interval; what was delivered in it: */
	u32 delivered;
};

void cc_extra_start(struct cc_extra *extra, ns_t now);
/* bw: the rate expected; bound: of a sample. */
void cc_extra_update(struct cc_extra *extra, const struct cc_ack *ack, u64 bw, u32 bound, u16 round,
		     u16 window_rounds);

#endif
