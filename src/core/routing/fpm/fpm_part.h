/* What the files of this folder share. */
#ifndef CORE_ROUTING_FPM_FPM_PART_H
#define CORE_ROUTING_FPM_FPM_PART_H

#include "core/base/check.h"
#include "core/routing/fpm/fpm.h"

/* fpm_object.c */
void fpm_objects_clear(struct fpm *fpm);
struct fpm_object *fpm_object_at(const struct fpm *fpm, u32 object);
/* IDX_NONE: nothing has the number. */
u32 fpm_object_find(const struct fpm *fpm, u32 id);
/* The place of the number, a new one if it has none; IDX_NONE: full. */
u32 fpm_object_get(struct fpm *fpm, u32 id);
/* It goes if nothing is known of it and nothing refers to it. */
void fpm_object_loose(struct fpm *fpm, u32 object);
enum fpm_why fpm_object_set(struct fpm *fpm, const struct fpm_msg *msg);
void fpm_object_unset(struct fpm *fpm, u32 id);
/* Whether it, or a part of it, changed since the round of the sweep before this one began. */
bool fpm_object_changed(const struct fpm *fpm, u32 object);
/* Gives a route the kind and the hops that it has now: none of UNICAST, nothing to forward by. */
void fpm_object_resolve(const struct fpm *fpm, u32 object, struct fpm_msg *route);
void fpm_objects_check(const struct fpm *fpm);

/* fpm_route.c */
/* FPM_TAKEN, or why not; what stood is gone then. */
enum fpm_why fpm_route_set(struct fpm *fpm, struct fpm_msg *route);
void fpm_route_unset(struct fpm *fpm, const struct fpm_msg *route);
/* One step of offering anew what refers to something that changed. */
void fpm_sweep_step(struct fpm *fpm);
/* The round of the sweep that sees all that stands now. */
u64 fpm_round_want(struct fpm *fpm);
static inline bool fpm_sweeps(const struct fpm *fpm)
{
	return fpm->sweeping || fpm->round_wanted > fpm->round;
}
void fpm_routes_check(const struct fpm *fpm);

#endif
