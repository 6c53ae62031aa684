/* Blocks of values behind the larger pages: a buddy system over one store.
 *
 * Splitting and joining take at most one step per class.                                        */
#include "core/fib/fib_part.h"

enum { BLOCK_FREE = 0x80, BLOCK_NONE = 0x7f, BLOCK_CLASS_TOP = FIB_BLOCK_CLASSES - 1 };

void fib_blocks_layout(struct fib_blocks *blocks, u32 unit_count, struct mem *mem)
{
	u32 top_units = 1u << BLOCK_CLASS_TOP;

	unit_count = (unit_count + top_units - 1) / top_units * top_units;
	blocks->unit_count = unit_count;
	blocks->store = mem_take(mem, "fib_values", unit_count, FIB_BLOCK_UNIT * sizeof(u32));
	blocks->class_of = mem_take(mem, "fib_value_classes", unit_count, sizeof(u8));
	blocks->next = mem_take(mem, "fib_value_next", unit_count, sizeof(u32));
	blocks->prev = mem_take(mem, "fib_value_prev", unit_count, sizeof(u32));
}

static void block_list(struct fib_blocks *blocks, u32 unit, u32 class)
{
	u32 head = blocks->head[class];

	blocks->class_of[unit] = (u8)(class | BLOCK_FREE);
	blocks->prev[unit] = IDX_NONE;
	blocks->next[unit] = head;
	if (head != IDX_NONE)
		blocks->prev[head] = unit;
	blocks->head[class] = unit;
}

static void block_unlist(struct fib_blocks *blocks, u32 unit, u32 class)
{
	u32 next = blocks->next[unit];
	u32 prev = blocks->prev[unit];

	if (prev != IDX_NONE)
		blocks->next[prev] = next;
	else
		blocks->head[class] = next;
	if (next != IDX_NONE)
		blocks->prev[next] = prev;
	blocks->class_of[unit] = BLOCK_NONE;
}

void fib_blocks_init(struct fib_blocks *blocks)
{
	u32 top_units = 1u << BLOCK_CLASS_TOP;

	for (u32 class = 0; class <= BLOCK_CLASS_TOP; class ++)
		blocks->head[class] = IDX_NONE;
	memset(blocks->class_of, BLOCK_NONE, blocks->unit_count);
	for (u32 unit = blocks->unit_count; unit > 0; unit -= top_units)
		block_list(blocks, unit - top_units, BLOCK_CLASS_TOP);
	blocks->used_count = 0;
}

u32 fib_block_class(u32 value_count)
{
	u32 class = 0;

	CHECK(value_count <= FIB_PAGE_SLOTS);
	while ((u32)FIB_BLOCK_UNIT << class < value_count)
		class ++;
	return class;
}

u32 fib_block_new(struct fib_blocks *blocks, u32 class)
{
	u32 from = class;
	u32 unit;

	CHECK(class <= BLOCK_CLASS_TOP);
	while (from <= BLOCK_CLASS_TOP && blocks->head[from] == IDX_NONE)
		from++;
	if (from > BLOCK_CLASS_TOP)
		return IDX_NONE;
	unit = blocks->head[from];
	block_unlist(blocks, unit, from);
	while (from > class) {
		from--;
		block_list(blocks, unit + (1u << from), from);
	}
	blocks->class_of[unit] = (u8) class;
	blocks->used_count += 1u << class;
	return unit;
}

void fib_block_del(struct fib_blocks *blocks, u32 unit)
{
	u32 class = blocks->class_of[unit];

	CHECK(unit < blocks->unit_count);
	CHECK(class <= BLOCK_CLASS_TOP);
	blocks->used_count -= 1u << class;
	while (class < BLOCK_CLASS_TOP) {
		u32 buddy = unit ^ 1u << class;

		if (blocks->class_of[buddy] != (class | BLOCK_FREE))
			break;
		block_unlist(blocks, buddy, class);
		blocks->class_of[unit] = BLOCK_NONE;
		unit = u32_min(unit, buddy);
		class ++;
	}
	block_list(blocks, unit, class);
}

u32 fib_block_units(const struct fib_blocks *blocks, u32 unit)
{
	CHECK(unit < blocks->unit_count);
	CHECK(blocks->class_of[unit] <= BLOCK_CLASS_TOP);
	return 1u << blocks->class_of[unit];
}

void fib_blocks_check(const struct fib_blocks *blocks)
{
	u32 used_count = 0, free_count = 0, listed_count = 0;

	for (u32 unit = 0; unit < blocks->unit_count;) {
		u32 class = blocks->class_of[unit] & ~(u32)BLOCK_FREE;
		u32 units = 1u << class;

		CHECK(class <= BLOCK_CLASS_TOP);
		CHECK(unit % units == 0);
		for (u32 inside = unit + 1; inside < unit + units; inside++)
			CHECK(blocks->class_of[inside] == BLOCK_NONE);
		if ((blocks->class_of[unit] & BLOCK_FREE) != 0)
			free_count += units;
		else
			used_count += units;
		unit += units;
	}
	for (u32 class = 0; class <= BLOCK_CLASS_TOP; class ++) {
		for (u32 unit = blocks->head[class]; unit != IDX_NONE; unit = blocks->next[unit]) {
			CHECK(blocks->class_of[unit] == (class | BLOCK_FREE));
			listed_count += 1u << class;
			CHECK(listed_count <= free_count);
		}
	}
	CHECK(listed_count == free_count);
	CHECK(used_count == blocks->used_count);
}
