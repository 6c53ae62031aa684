/* Congestion control on a queue of its own: flows of segments of one size over one bottleneck, in
 * virtual time, without any TCP.
 *
 * A sender paces, marks a segment lost when three that left later have arrived, repairs, leads
 * cwnd by PRR where the algorithm wants it, and has a retransmission timer. It takes the samples of
 * draft-ietf-ccwg-bbr, "Delivery Rate Samples". The bottleneck is a queue with a rate, a delay
 * and a buffer, that loses at random on a seed, before or behind itself. Everything in `conf` but
 * the rate, and what is marked so in a flow, may be changed while it runs.                       */
#ifndef TEST_FAKE_CC_BED_H
#define TEST_FAKE_CC_BED_H

#include "core/tcp/cc.h"

enum { CC_BED_FLOWS = 5, CC_BED_DELAYED = 512 };

#define CC_BED_UNLIMITED UINT64_MAX

struct cc_bed_conf {
	u64 rate;   /* bytes a second */
	ns_t rtt;   /* without a queue */
	u64 buffer; /* bytes */
	u32 loss_ppm;
	bool loss_behind; /* what is lost has passed the queue, and taken its time there */
	u64 seed;
	u32 mss;
	ns_t ack_every;    /* ACKs arrive at multiples of it only; zero: one by one */
	u64 policer_rate;  /* a token bucket before the queue, bytes a second; zero: none */
	u64 policer_burst; /* its size */
};

/* A segment as it left; one that leaves again has a record of its own. */
struct cc_bed_sent {
	u64 number;
	ns_t sent_at;
	ns_t ack_at;
	u64 delivered;
	ns_t delivered_time;
	ns_t first_send_time;
	u64 lost;
	u32 tx_in_flight;
	bool app_limited;
	bool again;
	bool dropped;
	bool delayed; /* its ACK comes out of order: it is in a list of its own */
	bool marked;  /* thought lost */
	bool arrived;
};

struct cc_bed_flow {
	struct cc cc;
	u64 app_rate;   /* bytes a second; may be changed */
	u32 drop_next;  /* so many of the next segments are lost; may be changed */
	u32 delay_next; /* so many of the next segments arrive delay_ns later; may be changed */
	ns_t delay_ns;
	bool undo; /* losses that were none are found, and taken back */

	ns_t start;
	struct cc_bed_sent *ring;
	bool *got;  /* by number, what has arrived */
	u64 *again; /* numbers to be sent again */
	u64 mask;
	u64 tx_next, tx_arrive, tx_detect, tx_done;
	u64 again_first, again_end;
	u64 delayed[CC_BED_DELAYED];
	u32 delayed_count;
	u64 snd_una, snd_nxt; /* numbers */
	u64 delivered, lost;
	u32 in_flight;
	ns_t delivered_time, first_send_time;
	ns_t next_send, app_next;
	u64 limited_at; /* delivered + in flight when cwnd last held a segment back */
	ns_t srtt, rttvar, rto_at;
	u32 backoff;
	bool in_recovery, after_timeout;
	u64 recovery_point;
	u64 episode_marked, episode_spurious;
	u64 prr_delivered, prr_out;
	u32 recover_fs;

	u64 goodput; /* bytes that arrived for the first time */
	u64 sent;    /* bytes that left */
	u64 timeouts, recoveries, undone;
	ns_t rtt_sum, rtt_max;
	u64 rtt_count;
	ns_t last_rtt;
	struct cc_ack ack; /* the last one */
};

struct cc_bed {
	struct cc_bed_conf conf;
	struct cc_bed_flow flow[CC_BED_FLOWS];
	u32 flow_count;
	ns_t now;
	ns_t link_free;
	u64 draw;
	u64 tokens;
	ns_t tokens_at;
	struct rng rng;
};

/* 100 Mbit/s, 100 ms, a buffer of one BDP, segments of 1500 bytes. */
struct cc_bed_conf cc_bed_usual(void);
void cc_bed_open(struct cc_bed *bed, const struct cc_bed_conf *conf);
void cc_bed_close(struct cc_bed *bed);
struct cc_bed_flow *cc_bed_add(struct cc_bed *bed, const struct cc_ops *ops, ns_t start);
/* The next thing that happens, not later than `until`; false: nothing until then. */
bool cc_bed_step(struct cc_bed *bed, ns_t until);
void cc_bed_run(struct cc_bed *bed, ns_t until);
/* Until the flow's algorithm is in a state; false: it was not, before `until`. */
bool cc_bed_reach(struct cc_bed *bed, const struct cc_bed_flow *flow, const char *state,
		  ns_t until);
bool cc_bed_is_in(const struct cc_bed_flow *flow, const char *state);
/* Another rate, for what is in the queue too. */
void cc_bed_set_rate(struct cc_bed *bed, u64 rate);
/* Bytes of the delay-bandwidth product. */
u64 cc_bed_bdp(const struct cc_bed *bed);

#endif
