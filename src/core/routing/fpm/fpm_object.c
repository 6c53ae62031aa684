/* Next hops and groups that have a number. */
#include "core/routing/fpm/fpm_part.h"

void fpm_objects_clear(struct fpm *fpm)
{
	slab_init(&fpm->objects);
	map_init(&fpm->by_id);
}

struct fpm_object *fpm_object_at(const struct fpm *fpm, u32 object)
{
	return slab_at(&fpm->objects, object);
}

static u64 id_hash(const struct fpm *fpm, u32 id)
{
	return hash_words(&fpm->start.key, id, 0);
}

u32 fpm_object_find(const struct fpm *fpm, u32 id)
{
	u32 at = map_first(&fpm->by_id, id_hash(fpm, id));

	while (at != IDX_NONE && fpm_object_at(fpm, at)->id != id)
		at = map_next(&fpm->by_id, at);
	return at;
}

u32 fpm_object_get(struct fpm *fpm, u32 id)
{
	u32 at = fpm_object_find(fpm, id);

	if (at != IDX_NONE)
		return at;
	at = slab_new(&fpm->objects);
	if (at == IDX_NONE)
		return IDX_NONE;
	fpm_object_at(fpm, at)->id = id;
	map_add(&fpm->by_id, id_hash(fpm, id), at);
	return at;
}

void fpm_object_loose(struct fpm *fpm, u32 at)
{
	const struct fpm_object *object = fpm_object_at(fpm, at);

	if (object->kind != FPM_OBJECT_UNKNOWN || object->routes > 0 || object->groups > 0)
		return;
	map_del(&fpm->by_id, id_hash(fpm, object->id), at);
	slab_del(&fpm->objects, at);
}

static void parts_put(struct fpm *fpm, u32 at)
{
	struct fpm_object *object = fpm_object_at(fpm, at);

	for (u32 i = 0; i < object->part_count; i++) {
		u32 part = object->part[i].object;

		CHECK(fpm_object_at(fpm, part)->groups > 0);
		fpm_object_at(fpm, part)->groups--;
		fpm_object_loose(fpm, part);
	}
	object->part_count = 0;
}

/* Of the new ones, before the old ones go: those that stay keep their places. */
static bool parts_get(struct fpm *fpm, const struct fpm_msg *msg,
		      struct fpm_part part[FPM_HOPS_MAX])
{
	for (u32 i = 0; i < msg->member_count; i++) {
		u32 at = fpm_object_get(fpm, msg->member[i].id);

		if (at == IDX_NONE) {
			while (i-- > 0) {
				fpm_object_at(fpm, part[i].object)->groups--;
				fpm_object_loose(fpm, part[i].object);
			}
			return false;
		}
		fpm_object_at(fpm, at)->groups++;
		part[i] = (struct fpm_part){ at, msg->member[i].weight };
	}
	return true;
}

/* Routes that refer to it, by themselves or through a group, are offered anew. */
static void object_change(struct fpm *fpm, struct fpm_object *object)
{
	if (object->routes > 0 || object->groups > 0)
		object->changed_round = fpm_round_want(fpm);
}

static bool names_itself(const struct fpm_msg *msg)
{
	for (u32 i = 0; i < msg->member_count; i++) {
		if (msg->member[i].id == msg->id)
			return true;
	}
	return false;
}

enum fpm_why fpm_object_set(struct fpm *fpm, const struct fpm_msg *msg)
{
	struct fpm_part part[FPM_HOPS_MAX];
	struct fpm_object *object;
	u32 at;

	if (names_itself(msg))
		return FPM_MALFORMED;
	at = fpm_object_get(fpm, msg->id);
	if (at == IDX_NONE)
		return FPM_FULL;
	if (!parts_get(fpm, msg, part)) {
		fpm_object_loose(fpm, at);
		return FPM_FULL;
	}
	parts_put(fpm, at);
	object = fpm_object_at(fpm, at);
	object->hop = msg->hop[0];
	object->part_count = msg->member_count;
	memcpy(object->part, part, msg->member_count * sizeof part[0]);
	if (msg->member_count > 0)
		object->kind = FPM_OBJECT_GROUP;
	else
		object->kind = msg->kind == FPM_BLACKHOLE ? FPM_OBJECT_BLACKHOLE : FPM_OBJECT_HOP;
	object_change(fpm, object);
	return FPM_TAKEN;
}

void fpm_object_unset(struct fpm *fpm, u32 id)
{
	u32 at = fpm_object_find(fpm, id);

	if (at == IDX_NONE)
		return;
	parts_put(fpm, at);
	fpm_object_at(fpm, at)->kind = FPM_OBJECT_UNKNOWN;
	object_change(fpm, fpm_object_at(fpm, at));
	fpm_object_loose(fpm, at);
}

bool fpm_object_changed(const struct fpm *fpm, u32 at)
{
	const struct fpm_object *object = fpm_object_at(fpm, at);
	bool changed = object->changed_round >= fpm->round;

	for (u32 i = 0; i < object->part_count; i++)
		changed |= fpm_object_at(fpm, object->part[i].object)->changed_round >= fpm->round;
	return changed;
}

/* A blackhole, or a group of nothing else. */
static bool is_blackhole(const struct fpm *fpm, const struct fpm_object *object)
{
	if (object->part_count == 1)
		object = fpm_object_at(fpm, object->part[0].object);
	return object->kind == FPM_OBJECT_BLACKHOLE;
}

/* A group in a group is nothing, as the kernel has it. */
void fpm_object_resolve(const struct fpm *fpm, u32 at, struct fpm_msg *route)
{
	const struct fpm_object *object = fpm_object_at(fpm, at);

	route->hop_count = 0;
	route->kind = is_blackhole(fpm, object) ? FPM_BLACKHOLE : FPM_UNICAST;
	if (object->kind == FPM_OBJECT_HOP)
		route->hop[route->hop_count++] = object->hop;
	for (u32 i = 0; i < object->part_count; i++) {
		const struct fpm_object *part = fpm_object_at(fpm, object->part[i].object);

		if (part->kind != FPM_OBJECT_HOP)
			continue;
		route->hop[route->hop_count] = part->hop;
		route->hop[route->hop_count++].weight = object->part[i].weight;
	}
}

void fpm_objects_check(const struct fpm *fpm)
{
	u32 groups = 0, parts = 0;

	for (u32 at = 0; at < fpm->objects.cap; at++) {
		const struct fpm_object *object = fpm_object_at(fpm, at);

		if (!slab_is_live(&fpm->objects, at))
			continue;
		CHECK(object->id != 0 && fpm_object_find(fpm, object->id) == at);
		CHECK(object->kind != FPM_OBJECT_UNKNOWN || object->routes + object->groups > 0);
		CHECK((object->kind == FPM_OBJECT_GROUP) == (object->part_count > 0));
		CHECK(object->part_count <= FPM_HOPS_MAX);
		CHECK(object->changed_round <= fpm->round_wanted);
		groups += object->groups;
		parts += object->part_count;
		for (u32 i = 0; i < object->part_count; i++)
			CHECK(slab_is_live(&fpm->objects, object->part[i].object));
	}
	CHECK(groups == parts);
	CHECK(fpm->objects.live == fpm->by_id.count);
}
