/* A link that is slower, longer and worse than the one that there is: one direction of it, without
 * I/O and in the caller's time.
 *
 *      in      buffer               bottleneck            the way               out
 *     ----> [ | | | ]  ------> ( rate_bps )  ----> ( delay, jitter, order ) ---->
 *            tail drop          one at a time       loss, duplication
 *
 * A packet waits in the buffer until those before it have left the bottleneck, takes its length's
 * time there, and travels. Loss comes behind the bottleneck: what is lost has used the link's time
 * as a damaged frame would. All that happens to a packet is decided when it comes in, so nothing
 * runs between link_in() and link_out(), there is no tick, and what is lost is put at once.
 *
 * What stands for many segments is split on entry, its checksums finished, so that the buffer, the
 * rate and the loss are those of packets on a wire. A kind that can not be split here (segments in
 * a tunnel, fragments to be made by a card) goes through whole, as one packet of its length.
 *
 * Chance comes from the seed, and every packet that comes in draws as often whatever the settings
 * are: the same packets at the same times meet the same fate, and the loss does not move when
 * jitter is added.
 *
 * Bounds: flight_max packets that wait or travel; beyond, a packet is dropped and counted as
 * LINK_DROP_MEMORY. Work per packet is logarithmic in flight_max. A packet belongs to the link
 * from link_in() to link_out(), and to whoever owns the batch from there on.                     */
#ifndef CORE_LINK_LINK_H
#define CORE_LINK_LINK_H

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/pkt/pkt.h"

/* The upper bounds keep products of times and rates within 64 bits. */
#define LINK_RATE_MAX_BPS UINT64_C(1000000000000)
#define LINK_TIME_MAX_NS  (3600 * NS_PER_SEC)
enum { LINK_MILLION = 1000000, LINK_HEADER_MAX = 1000, LINK_FLIGHT_MAX = 1 << 22 };

struct link_conf {
	u64 rate_bps;         /* of bits that packets have, with header_bytes each; 0: unlimited */
	u32 header_bytes;     /* that each packet takes on the link besides len */
	ns_t delay_ns;        /* from the end of its transmission to its arrival */
	ns_t jitter_ns;       /* up to so much more, each packet its own, all values as likely */
	bool jitter_reorders; /* else a packet that was delayed holds those behind it */
	u32 buffer_packets;   /* that may wait for the bottleneck; 0: not bounded so */
	u64 buffer_bytes;     /* that may wait, header_bytes counted; 0: not bounded so */
	u32 mark_packets; /* a packet that finds as many waiting is marked, if it is capable of */
	u64 mark_bytes;   /* ECN (RFC 3168 section 5); 0: not for that reason */
	u32 loss_ppm;     /* of a million packets */
	u32 duplicate_ppm;
	u32 reorder_ppm; /* arrive later by reorder_ns, and those behind them overtake */
	ns_t reorder_ns;
	u32 flight_max;
};

enum link_drop {
	LINK_DROP_QUEUE,  /* the buffer was full */
	LINK_DROP_LOSS,   /* by chance */
	LINK_DROP_MEMORY, /* flight_max was reached, or no packet buffer was free */
	LINK_DROP_COUNT
};

/* Packets as they are on the wire. What is in the link, or was dropped, is in_packets and
 * duplicated less out_packets.                                                                  */
struct link_stats {
	u64 in_packets;
	u64 in_bytes; /* of packets, header_bytes not counted, here and below */
	u64 out_packets;
	u64 out_bytes;
	u64 drop_packets[LINK_DROP_COUNT];
	u64 duplicated;
	u64 reordered; /* delayed by reorder_ns */
	u64 marked;
	u32 queue_packets_most; /* that waited at once */
	u64 queue_bytes_most;
};

/* One that has not begun to leave the buffer. */
struct link_wait {
	ns_t begin_ns;
	u32 bytes;
};

/* One on its way; heap by arrival, those of one instant in the order in which they came. */
struct link_flight {
	ns_t arrive_ns;
	u64 serial;
	struct pkt *pkt;
};

struct link {
	struct link_conf conf;
	struct rng rng;
	ns_t now_ns;            /* of the latest packet that came in */
	ns_t free_ns;           /* when the bottleneck will have sent all that it has */
	u64 free_rest;          /* and the rest of a nanosecond, in units of 1 / rate_bps of one */
	ns_t order_ns;          /* the latest arrival of those that keep their order */
	struct link_wait *wait; /* ring of flight_max */
	u32 wait_head;
	u32 wait_count;
	u64 wait_bytes;
	struct link_flight *flight;
	u32 flight_count;
	u64 serial;
	struct link_stats stats;
};

/* Whether every value is within its bounds; ERR_RANGE if not. */
enum err link_conf_check(const struct link_conf *conf);
/* Requires: link_conf_check accepted conf. */
void link_layout(struct link *link, const struct link_conf *conf, struct mem *mem);
/* After the layout was cut. */
void link_init(struct link *link, const u8 seed[32]);
/* Takes the packet: l2, l3, len and the driver's facts are set, nothing has to be validated. One
 * of a driver's ring is copied. Times that go back count as the latest before.                  */
void link_in(struct link *link, struct pkt *pkt, ns_t now);
/* When the next packet arrives; NS_NEVER: none is on its way. */
ns_t link_next(const struct link *link);
/* Packets that have arrived by now, in the order of their arrival, as long as there is room in
 * the batch; rx_ns says when each did. How many were appended.                                  */
u32 link_out(struct link *link, struct batch *out, ns_t now);
const struct link_stats *link_stats(const struct link *link);
/* Puts everything that is on its way; counted as neither dropped nor arrived. */
void link_fini(struct link *link);
/* Stops the program when the link contradicts itself. Looks at everything. */
void link_check(const struct link *link);

#endif
