/* The engine's counters, held to each other and to what was seen of it from outside.
 *
 * Whatever came in or was made here has left, has ended for a reason that is counted, or is still
 * held; and every sum that is shown is what counting one by one gives.                           */
#ifndef TEST_SIM_BOOKS_H
#define TEST_SIM_BOOKS_H

#include "fake/engine.h"

enum { BOOKS_WHY = 200, BOOKS_COUNTERS_MAX = 128, BOOKS_NAME_SIZE = 64 };

/* As they stand. */
struct books {
	const struct rig *rig;
	u32 counter_count;
	struct sluice_counter counter[BOOKS_COUNTERS_MAX];
	u64 drop[DROP_COUNT];
	u64 dropped; /* the sum of them */
	u64 held;    /* packets that wait in the engine */
	char why[BOOKS_WHY];
};

/* Requires: all that the engine wants to send was taken out. */
void books_read(struct books *books, const struct rig *rig);
u64 books_counter(const struct books *books, const char *name);
/* Both return whether everything is right; else books->why says what is not. Of an engine that was
 * handed its packets by rig_input() only, and has neither sockets nor split connections.         */
bool books_balance(struct books *books);
/* What is shown of flows, ports, mappings, subscribers and rules. */
bool books_recount(struct books *books);

#endif
