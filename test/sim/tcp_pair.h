/* Two TCP stacks and the links between them, in virtual time.
 *
 *     struct tcp_pair pair;
 *     tcp_pair_init(&pair, &conf);
 *     tcp_pair_talk(&pair, 0, &talk);           end 0 connects to end 1
 *     while (tcp_pair_step(&pair, until)) …     one event after the other; x_check after each
 *     tcp_pair_fini(&pair);                     every packet is back, or the program stops
 *
 * The bytes of a talk follow from their place in the stream, so that each one that is read can be
 * judged: none is lost, doubled, changed or out of order.                                        */
#ifndef TEST_SIM_TCP_PAIR_H
#define TEST_SIM_TCP_PAIR_H

#include "core/link/link.h"
#include "core/tcp/tcp.h"

enum {
	TCP_TALKS_MAX = 64,
	TCP_PAIR_PORT = 80,
	TCP_PAIR_LARGE = 16, /* packets of 64 KB */
	TCP_PAIR_RING_LISTEN = 1, /* of keys, at each end, and that of its talks */
	TCP_PAIR_RING_TALK = 2,
};

struct tcp_pair;
/* Looks at a segment as it leaves an end; false: it is lost. */
typedef bool tcp_pair_look(struct tcp_pair *pair, u32 from, const struct pkt *pkt, void *of);

struct tcp_pair_conf {
	struct tcp_conf tcp[2];
	struct link_conf link[2]; /* [n]: away from end n */
	u16 mtu;
	u32 packets; /* in each end's pool */
	u64 seed;
	bool check; /* every invariant after every event */
};

/* One connection, from the end that begins it to the other, data both ways. */
struct tcp_talk {
	struct tcp_sockopt opt;
	ns_t start_ns;
	u64 goal[2]; /* bytes that end n of the pair sends; UINT64_MAX: without end */
	bool is_deaf[2]; /* end n reads nothing */
	bool is_mute[2]; /* and writes nothing */
	/* from here on: what became of it */
	u8 from;
	bool begun;
	bool open[2]; /* the end has a handle */
	tcp_id id[2];
	u64 written[2];
	u64 read[2];  /* by end n: of what the other one sent */
	bool done[2]; /* it has read the end of the stream */
	enum tcp_error error[2];
	ns_t finished_ns; /* when both had; 0 */
};

struct tcp_end {
	struct tcp tcp;
	struct pkt_pool pool;
	void *memory;
	tcp_id listener;
};

struct tcp_pair {
	struct tcp_pair_conf conf;
	struct tcp_end end[2];
	struct link link[2];
	void *link_memory[2];
	struct tcp_talk *talk[TCP_TALKS_MAX];
	u32 talk_count;
	u32 accepted; /* talks that the other end has */
	ns_t now;
	u64 events;
	u64 split;    /* packets that stood for several segments */
	tcp_pair_look *look; /* NULL: nobody does */
	void *look_of;
};

/* Two ends with the defaults, a link of 100 Mbit/s and 10 ms each way. */
void tcp_pair_conf_defaults(struct tcp_pair_conf *conf);
void tcp_pair_init(struct tcp_pair *pair, const struct tcp_pair_conf *conf);
void tcp_pair_fini(struct tcp_pair *pair);
/* Connects at talk->start_ns; talk is the caller's and lives as long as the pair. */
void tcp_pair_talk(struct tcp_pair *pair, u8 from, struct tcp_talk *talk);
/* The next event that is not after `until`; false: there is none, and it is `until` now. */
bool tcp_pair_step(struct tcp_pair *pair, ns_t until);
void tcp_pair_run(struct tcp_pair *pair, ns_t until);
/* The same without the talks, for who calls the stacks himself: it accepts nothing. */
bool tcp_pair_turn(struct tcp_pair *pair, ns_t until);
be32 tcp_pair_addr(u32 n);
/* So many bytes since `from`, in per mille of what the link away from an end lets through. */
u32 tcp_pair_goodput(const struct tcp_pair *pair, u8 sender, u64 bytes, ns_t from);

#endif
