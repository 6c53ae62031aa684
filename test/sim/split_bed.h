/* An inside host, an engine that splits and translates, and a server outside, each with a TCP stack
 * of its own, in virtual time; between engine and server two links that may be bad. The other way
 * round, inbound, the one outside connects to a service of the engine, whose backend is the host.
 *
 *     struct split_bed *bed = split_bed_new();     a rule for everything; change conf, link, hosts
 *     split_bed_open(bed);
 *     split_bed_connect(bed);                      the host connects to the server
 *     bed->host[0].goal = 1 << 20;                 bytes that it writes; FIN behind them
 *     split_bed_run(bed, seconds);
 *     split_bed_close(bed);                        nothing is left anywhere
 *
 * Each byte that is read is judged by its place in the stream.                                   */
#ifndef TEST_SIM_SPLIT_BED_H
#define TEST_SIM_SPLIT_BED_H

#include "core/engine/engine.h"
#include "core/link/link.h"
#include "core/tcp/tcp.h"
#include "fake/engine.h"

enum { SPLIT_HOST = 0, SPLIT_SERVER = 1, SPLIT_PORT = 80, SPLIT_HOST_PORT = 40000 };

struct split_host {
	struct tcp tcp;
	struct pkt_pool pool;
	void *memory;
	tcp_id listener;
	tcp_id id;
	bool open;
	bool silent; /* takes nothing, says nothing */
	bool lazy;   /* does not read */
	u64 goal;    /* bytes that it writes, then FIN; UINT64_MAX: no end */
	u64 written;
	u64 read;
	bool done;     /* it has read the other's FIN */
	bool was_open; /* the connection stood */
	enum tcp_error error;
	u64 icmp_unreach; /* errors that it was sent */
};

struct split_bed {
	struct sluice_conf conf;
	struct link_conf link_conf[2]; /* [n]: away from host n */
	struct rig rig;
	struct split_host host[2];
	struct link link[2];
	void *link_memory[2];
	u16 host_port;
	bool inbound; /* by split_bed_inbound() */
	be32 seen_as; /* the source that who was connected to saw last */
	u64 steps;
};

struct split_bed *split_bed_new(void);
/* Before it opens: who is outside connects, and the rule is of what comes in there. */
void split_bed_inbound(struct split_bed *bed);
void split_bed_open(struct split_bed *bed);
void split_bed_connect(struct split_bed *bed);
void split_bed_run(struct split_bed *bed, u32 seconds);
/* Everything has ended, and left nothing behind. */
void split_bed_close(struct split_bed *bed);
/* Either end has done its part and heard the other's. */
bool split_bed_is_finished(const struct split_bed *bed);

#endif
