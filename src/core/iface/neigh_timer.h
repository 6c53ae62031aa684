/* Timers of the neighbour table: one per entry, one per own address. */
#ifndef CORE_IFACE_NEIGH_TIMER_H
#define CORE_IFACE_NEIGH_TIMER_H

#include "core/iface/neigh.h"

void neigh_timer_layout(struct neigh_timers *timers, u32 cap, struct mem *mem);
void neigh_timer_init(struct neigh_timers *timers);
/* Arm, or move. */
void neigh_timer_set(struct neigh_timers *timers, u32 id, ns_t when);
void neigh_timer_stop(struct neigh_timers *timers, u32 id);
bool neigh_timer_is_set(const struct neigh_timers *timers, u32 id);
/* The earliest one if it is due, or IDX_NONE. It stays armed. */
u32 neigh_timer_due(const struct neigh_timers *timers, ns_t now);
ns_t neigh_timer_next(const struct neigh_timers *timers);
void neigh_timer_check(const struct neigh_timers *timers);

#endif
