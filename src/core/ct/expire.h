/* Inside of ct: the lists that flows hang in. The heads are flows of their own behind the last real
 * one, so that linking needs no special case and no memory of its own.                          */
#ifndef CORE_CT_EXPIRE_H
#define CORE_CT_EXPIRE_H

#include "core/ct/ct.h"

/* One list per second of the wheel, one of never-answered flows per time-out class. */
enum { CT_HEADS = CT_WHEEL_SLOTS + CT_TIMEOUT_COUNT };

void ct_lists_init(struct ct *ct, ns_t now);
/* Hang a confirmed flow into the list where its state belongs. */
void ct_link(struct ct *ct, u32 idx, u32 now_ms);
void ct_unlink(struct ct *ct, u32 idx);
/* Times may end sooner than where flows hang: the sweep goes round once more, from the next tick
 * on, as many flows in each as ever.                                                             */
void ct_sweep_again(struct ct *ct);
void ct_lists_check(const struct ct *ct);
enum flow_state flow_first_state(u8 proto);

#endif
