/* The memory plan: a region cut once from front to back. */
#include "core/base/mem.h"
#include "core/base/check.h"
#include "core/base/text.h"

void mem_init_plan(struct mem *mem)
{
	memset(mem, 0, sizeof *mem);
}

void mem_init(struct mem *mem, void *base, u64 size)
{
	memset(mem, 0, sizeof *mem);
	CHECK(base != NULL);
	CHECK((uintptr_t)base % MEM_LINE == 0);
	mem->base = base;
	mem->size = size;
}

static void mem_note(struct mem *mem, const char *name, u64 count, u64 bytes)
{
	for (u32 at = 0; at < mem->row_count; at++) {
		if (text_equal(mem->row[at].name, name, UINT32_MAX)) {
			mem->row[at].bytes += bytes;
			mem->row[at].count += count;
			return;
		}
	}
	CHECK(mem->row_count < MEM_ROWS_MAX);
	mem->row[mem->row_count++] = (struct mem_row){ name, bytes, count };
}

void *mem_take(struct mem *mem, const char *name, u64 count, u64 size_bytes)
{
	return mem_take_more(mem, name, count, 0, size_bytes);
}

void *mem_take_more(struct mem *mem, const char *name, u64 count, u64 more, u64 size_bytes)
{
	u64 bytes = ((count + more) * size_bytes + MEM_LINE - 1) / MEM_LINE * MEM_LINE;
	u8 *at = NULL;

	CHECK(!mem->sealed);
	if (mem->base != NULL) {
		if (bytes <= mem->size - mem->used)
			at = mem->base + mem->used;
		else
			mem->short_of = true;
	}
	if (mem->base == NULL || at != NULL)
		mem->used += bytes;
	mem_note(mem, name, count, bytes);
	return at;
}

void mem_seal(struct mem *mem)
{
	mem->sealed = true;
}
