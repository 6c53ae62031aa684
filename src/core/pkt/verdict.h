/* A packet's fate at each step of the road.
 *
 * A struct, not an enum, so that a verdict can neither be made from an error code nor be taken for
 * one. DEAD is made by pkt_drop() only.                                                         */
#ifndef CORE_PKT_VERDICT_H
#define CORE_PKT_VERDICT_H

#include "core/base/bytes.h"

enum verdict_code {
	VERDICT_CODE_ACCEPT, /* goes on to the next step */
	VERDICT_CODE_DEAD,   /* pkt->drop says why; the grave takes it */
	VERDICT_CODE_STOLEN, /* somebody keeps it (a queue, a reassembly); do not touch it again */
};

typedef struct {
	u8 code;
} verdict;

#define VERDICT_ACCEPT ((verdict){ VERDICT_CODE_ACCEPT })
#define VERDICT_STOLEN ((verdict){ VERDICT_CODE_STOLEN })

static inline bool verdict_is_accept(verdict v)
{
	return v.code == VERDICT_CODE_ACCEPT;
}

static inline bool verdict_is_dead(verdict v)
{
	return v.code == VERDICT_CODE_DEAD;
}

static inline bool verdict_is_stolen(verdict v)
{
	return v.code == VERDICT_CODE_STOLEN;
}

#endif
