/* A binary heap of deadlines with the position of each timer, so that any can be moved.
 *
 * Every step is bounded by the depth of the heap: 17 levels for the largest table.              */
#include "core/iface/neigh_timer.h"

void neigh_timer_layout(struct neigh_timers *timers, u32 cap, struct mem *mem)
{
	timers->cap = cap;
	timers->count = 0;
	timers->when = mem_take(mem, "neigh_deadlines", cap, sizeof *timers->when);
	timers->place = mem_take(mem, "neigh_places", cap, sizeof *timers->place);
	timers->heap = mem_take(mem, "neigh_heap", cap, sizeof *timers->heap);
}

void neigh_timer_init(struct neigh_timers *timers)
{
	timers->count = 0;
	for (u32 id = 0; id < timers->cap; id++)
		timers->place[id] = IDX_NONE;
}

static void heap_put(struct neigh_timers *timers, u32 place, u32 id)
{
	timers->heap[place] = id;
	timers->place[id] = place;
}

static void heap_up(struct neigh_timers *timers, u32 place, u32 id)
{
	while (place > 0) {
		u32 parent = (place - 1) / 2;

		if (timers->when[timers->heap[parent]] <= timers->when[id])
			break;
		heap_put(timers, place, timers->heap[parent]);
		place = parent;
	}
	heap_put(timers, place, id);
}

static void heap_down(struct neigh_timers *timers, u32 place, u32 id)
{
	for (u32 child = 2 * place + 1; child < timers->count; child = 2 * place + 1) {
		if (child + 1 < timers->count && timers->when[timers->heap[child + 1]] <
							 timers->when[timers->heap[child]])
			child++;
		if (timers->when[id] <= timers->when[timers->heap[child]])
			break;
		heap_put(timers, place, timers->heap[child]);
		place = child;
	}
	heap_put(timers, place, id);
}

void neigh_timer_set(struct neigh_timers *timers, u32 id, ns_t when)
{
	u32 place;

	CHECK(id < timers->cap);
	place = timers->place[id];
	if (place == IDX_NONE) {
		CHECK(timers->count < timers->cap);
		timers->when[id] = when;
		heap_up(timers, timers->count++, id);
		return;
	}
	if (when <= timers->when[id]) {
		timers->when[id] = when;
		heap_up(timers, place, id);
	} else {
		timers->when[id] = when;
		heap_down(timers, place, id);
	}
}

void neigh_timer_stop(struct neigh_timers *timers, u32 id)
{
	u32 place, last;

	CHECK(id < timers->cap);
	place = timers->place[id];
	if (place == IDX_NONE)
		return;
	timers->place[id] = IDX_NONE;
	last = timers->heap[--timers->count];
	if (last == id)
		return;
	heap_up(timers, place, last);
	heap_down(timers, timers->place[last], last);
}

bool neigh_timer_is_set(const struct neigh_timers *timers, u32 id)
{
	return timers->place[id] != IDX_NONE;
}

u32 neigh_timer_due(const struct neigh_timers *timers, ns_t now)
{
	if (timers->count == 0 || timers->when[timers->heap[0]] > now)
		return IDX_NONE;
	return timers->heap[0];
}

ns_t neigh_timer_next(const struct neigh_timers *timers)
{
	return timers->count == 0 ? NS_NEVER : timers->when[timers->heap[0]];
}

void neigh_timer_check(const struct neigh_timers *timers)
{
	u32 set_count = 0;

	for (u32 place = 0; place < timers->count; place++) {
		u32 id = timers->heap[place];

		CHECK(id < timers->cap);
		CHECK(timers->place[id] == place);
		CHECK(place == 0 ||
		      timers->when[timers->heap[(place - 1) / 2]] <= timers->when[id]);
	}
	for (u32 id = 0; id < timers->cap; id++)
		set_count += timers->place[id] != IDX_NONE;
	CHECK(set_count == timers->count);
}
