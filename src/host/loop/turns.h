/* Long work on the thread that carries packets: those get a turn now and then. */
#ifndef HOST_LOOP_TURNS_H
#define HOST_LOOP_TURNS_H

#include "core/base/bytes.h"

struct turns {
	void (*give)(void *arg); /* touches nothing of the work */
	void *arg;
	u32 each; /* steps between two turns; a step is a microsecond or less */
	u32 steps;
};

/* turns is NULL where nobody waits. */
static inline void turns_step(struct turns *turns)
{
	if (turns && ++turns->steps % turns->each == 0)
		turns->give(turns->arg);
}

#endif
