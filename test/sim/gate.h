/* The gateway as an actor: two engines with the same seed, one that may take the short cut for
 * established flows and one that never does, and the model beside them.
 *
 * Every packet that comes in goes through all three. What the engines send has to be the same byte
 * for byte, and the model has to find it right; explain, which was asked before, has to have said
 * it. After every step each table's invariants are checked, and now and then the flow table is
 * compared with the model's.                                                                    */
#ifndef TEST_SIM_GATE_H
#define TEST_SIM_GATE_H

#include "fake/engine.h"
#include "model/model.h"
#include "sim/books.h"
#include "sim/foresee.h"
#include "sim/net.h"

enum {
	GATE_ROUTES_MAX = 64,
	GATE_ENGINES = 2,
	GATE_OUTS_MAX = 2048,
	GATE_ARENA = 1 << 21,
	GATE_SHOWN_MAX = 30,
	GATE_DROPS_MAX = 96,
	GATE_QUEUE_ENOUGH = 64, /* packets that wait for neighbours, and none is lost */
};

struct gate_out {
	u16 out_if;
	bool partial;
	u16 gso_size;
	u32 l3;
	u32 len; /* of the frame */
	u32 at;  /* in the arena */
};

struct gate_outs {
	u32 count;
	u32 used;
	struct gate_out out[GATE_OUTS_MAX];
	u8 arena[GATE_ARENA];
};

/* Of the first engine. */
struct gate_sums {
	u64 forwarded;
	u64 dropped;
	u64 held;
};

struct gate {
	struct actor actor;
	const struct sluice_conf *conf;
	struct sluice_conf *own; /* NULL: it is the caller's */
	struct rig rig[GATE_ENGINES];
	struct model *model;
	struct foresee *foresee; /* NULL: explain is not asked */
	struct gate_outs outs[GATE_ENGINES];
	u32 host_count;
	struct gate_host {
		be32 addr;
		u16 iface;
		struct link *link;
	} host[GATE_ROUTES_MAX];
	u32 compare_every; /* packets between comparisons of the flow tables */
	u32 recount_every; /* of these, those that count anew all that is shown of the engines */
	u32 check_every;
	u32 compared;
	u64 drops[GATE_DROPS_MAX]; /* as they stood after the last packet */
	u64 pushed_out; /* of these, packets for which a queue was too short */
	u64 packets_in;
	u64 packets_out;
	u64 steps;
};

/* In the caller's memory, which stays his, and so do the configurations, one for each engine. The
 * engines are images (fake/image.h) of this key.                                                 */
void gate_open(struct gate *gate, struct model *model, struct net *net,
	       const struct sluice_conf conf[GATE_ENGINES], u32 key);
struct gate *gate_new(struct net *net, const struct sluice_conf *conf);
/* Packets that leave by iface for addr go to this link; others go nowhere. */
void gate_attach(struct gate *gate, u16 iface, be32 addr, struct link *link);
/* This station does not answer ARP. */
void gate_silence(struct gate *gate, be32 station);
void gate_set_link(struct gate *gate, u16 iface, bool up);
/* The flow tables, and all that is counted. */
void gate_compare(struct gate *gate);
/* What becomes due now is done, and the tables are compared: before anything else changes. */
void gate_pause(struct gate *gate);
/* Another configuration, which stays the caller's: see model_configure(). */
void gate_configure(struct gate *gate, const struct sluice_conf *conf);
/* One that has to be refused, and changes nothing. */
void gate_refuse(struct gate *gate, const struct sluice_conf *conf);
/* An element of a set comes or goes while the engine runs; or a set gets others for all that it
 * has.                                                                                           */
void gate_set_change(struct gate *gate, const char *set, const struct filter_elem *elem, bool in);
void gate_set_fill(struct gate *gate, const char *set, const struct filter_elem *elem, u32 count);
void gate_backend_set(struct gate *gate, u32 service, u32 index, enum backend_state state);
void gate_backend_order(struct gate *gate, u32 service, u32 index, bool drain, u32 deadline_s);

#endif
