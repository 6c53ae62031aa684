/* Deadlines of objects, the earliest first. */
#include "core/base/heap.h"
#include "core/base/check.h"

enum { HEAP_CHILDREN = 4 };

void heap_layout(struct heap *heap, struct mem *mem, const char *name, u32 cap)
{
	heap->cap = cap;
	heap->place = mem_take(mem, name, cap, sizeof *heap->place);
	heap->where = mem_take(mem, name, cap, sizeof *heap->where);
}

void heap_init(struct heap *heap)
{
	heap->count = 0;
	for (u32 id = 0; id < heap->cap; id++)
		heap->where[id] = IDX_NONE;
}

static void heap_put(struct heap *heap, u32 at, struct heap_place place)
{
	heap->place[at] = place;
	heap->where[place.id] = at;
}

static void heap_up(struct heap *heap, u32 at, struct heap_place place)
{
	while (at > 0) {
		u32 parent = (at - 1) / HEAP_CHILDREN;

		if (heap->place[parent].when <= place.when)
			break;
		heap_put(heap, at, heap->place[parent]);
		at = parent;
	}
	heap_put(heap, at, place);
}

/* The earliest of a place's children; IDX_NONE: it has none. */
static u32 heap_child(const struct heap *heap, u32 at)
{
	u32 first = at * HEAP_CHILDREN + 1;
	u32 best = first;

	if (first >= heap->count)
		return IDX_NONE;
	for (u32 child = first + 1; child < u32_min(first + HEAP_CHILDREN, heap->count); child++) {
		if (heap->place[child].when < heap->place[best].when)
			best = child;
	}
	return best;
}

static void heap_down(struct heap *heap, u32 at, struct heap_place place)
{
	for (u32 child = heap_child(heap, at); child != IDX_NONE; child = heap_child(heap, at)) {
		if (heap->place[child].when >= place.when)
			break;
		heap_put(heap, at, heap->place[child]);
		at = child;
	}
	heap_put(heap, at, place);
}

static void heap_stop(struct heap *heap, u32 id)
{
	u32 at = heap->where[id];
	struct heap_place last;

	if (at == IDX_NONE)
		return;
	heap->where[id] = IDX_NONE;
	last = heap->place[--heap->count];
	if (at == heap->count)
		return;
	if (at > 0 && heap->place[(at - 1) / HEAP_CHILDREN].when > last.when)
		heap_up(heap, at, last);
	else
		heap_down(heap, at, last);
}

void heap_set(struct heap *heap, u32 id, ns_t when)
{
	struct heap_place place = { .when = when, .id = id };
	u32 at;

	CHECK(id < heap->cap);
	if (when == NS_NEVER) {
		heap_stop(heap, id);
		return;
	}
	at = heap->where[id];
	if (at == IDX_NONE)
		heap_up(heap, heap->count++, place);
	else if (when < heap->place[at].when)
		heap_up(heap, at, place);
	else
		heap_down(heap, at, place);
}

u32 heap_due(const struct heap *heap, ns_t now)
{
	return heap->count > 0 && heap->place[0].when <= now ? heap->place[0].id : IDX_NONE;
}

ns_t heap_next(const struct heap *heap)
{
	return heap->count > 0 ? heap->place[0].when : NS_NEVER;
}

ns_t heap_when(const struct heap *heap, u32 id)
{
	CHECK(id < heap->cap);
	return heap->where[id] == IDX_NONE ? NS_NEVER : heap->place[heap->where[id]].when;
}

void heap_check(const struct heap *heap)
{
	u32 set = 0;

	for (u32 at = 0; at < heap->count; at++) {
		CHECK(heap->where[heap->place[at].id] == at);
		if (at > 0)
			CHECK(heap->place[(at - 1) / HEAP_CHILDREN].when <= heap->place[at].when);
	}
	for (u32 id = 0; id < heap->cap; id++)
		set += heap->where[id] != IDX_NONE;
	CHECK(set == heap->count);
}
