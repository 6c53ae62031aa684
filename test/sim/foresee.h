/* What explain says of a packet, against what then happens to it.
 *
 * Before a packet goes into an engine, explain is asked about it; afterwards the engine's memory is
 * what it was (each FORESEE_COMPARE_EVERYth time the whole of it is compared), and what the engine
 * then does with the packet is what explain has said.                                           */
#ifndef TEST_SIM_FORESEE_H
#define TEST_SIM_FORESEE_H

#include "fake/engine.h"
#include "sluice/explain.h"

enum { FORESEE_COMPARE_EVERY = 64, FORESEE_WHY = 160 };

struct foresee {
	u64 asked;
	bool answered;
	u64 fast_before;
	u64 drops_before; /* of the reason that was foreseen */
	u32 sent_at;      /* of explanation.sent, the next to be compared */
	struct sluice_explanation explanation;
	char why[FORESEE_WHY]; /* empty: nothing was wrong */
};

struct foresee *foresee_new(void);
void foresee_del(struct foresee *foresee);
/* The packet that will go into the engine by in_if now. */
void foresee_ask(struct foresee *foresee, const struct rig *rig, u16 in_if, const struct build *b,
		 u32 flags);
/* It went in. */
void foresee_in(struct foresee *foresee, const struct rig *rig);
/* An IP packet came out, in order. */
void foresee_out(struct foresee *foresee, u16 out_if, const u8 *ip, u32 len);
/* All that was sent at once has come out. */
void foresee_end(struct foresee *foresee);

#endif
