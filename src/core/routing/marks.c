/* A set of indices with two levels: which nets are to be chosen anew.
 *
 * In the order of the indices and round and round, so that each has its turn and neighbours in
 * memory are neighbours in time.                                                                */
#include "core/routing/rib_part.h"

enum { WORD_BITS = 64 };

void rib_marks_layout(struct rib_marks *marks, u32 count, struct mem *mem)
{
	marks->word_count = (count + WORD_BITS - 1) / WORD_BITS;
	marks->summary_count = (marks->word_count + WORD_BITS - 1) / WORD_BITS;
	marks->word = mem_take(mem, "rib_marks", marks->word_count, sizeof *marks->word);
	marks->summary = mem_take(mem, "rib_marks", marks->summary_count, sizeof *marks->summary);
}

void rib_marks_init(struct rib_marks *marks)
{
	memset(marks->word, 0, marks->word_count * sizeof *marks->word);
	memset(marks->summary, 0, marks->summary_count * sizeof *marks->summary);
	marks->at = 0;
	marks->count = 0;
}

void rib_marks_set(struct rib_marks *marks, u32 idx)
{
	u32 at = idx / WORD_BITS;
	u64 bit = UINT64_C(1) << idx % WORD_BITS;

	CHECK(at < marks->word_count);
	marks->count += (marks->word[at] & bit) == 0;
	marks->word[at] |= bit;
	marks->summary[at / WORD_BITS] |= UINT64_C(1) << at % WORD_BITS;
}

void rib_marks_clear(struct rib_marks *marks, u32 idx)
{
	u32 at = idx / WORD_BITS;
	u64 bit = UINT64_C(1) << idx % WORD_BITS;

	marks->count -= (marks->word[at] & bit) != 0;
	marks->word[at] &= ~bit;
	if (marks->word[at] == 0)
		marks->summary[at / WORD_BITS] &= ~(UINT64_C(1) << at % WORD_BITS);
}

bool rib_marks_has(const struct rib_marks *marks, u32 idx)
{
	return (marks->word[idx / WORD_BITS] >> idx % WORD_BITS & 1) != 0;
}

/* Of the bits from `from` on; WORD_BITS: none of them is set. */
static u32 lowest_from(u64 bits, u32 from)
{
	if (from >= WORD_BITS)
		return WORD_BITS;
	bits &= UINT64_MAX << from;
	return bits == 0 ? WORD_BITS : u64_count_bits((bits & -bits) - 1);
}

/* A word that is not zero, from `from` on and then from the beginning. */
static u32 word_find(const struct rib_marks *marks, u32 from)
{
	u32 summary = from / WORD_BITS;
	u32 bit = from % WORD_BITS;

	for (u32 step = 0; step <= marks->summary_count; step++) {
		u32 found;

		if (summary >= marks->summary_count) {
			summary = 0;
			bit = 0;
		}
		found = lowest_from(marks->summary[summary], bit);
		if (found < WORD_BITS)
			return summary * WORD_BITS + found;
		summary++;
		bit = 0;
	}
	return IDX_NONE;
}

u32 rib_marks_take(struct rib_marks *marks)
{
	u32 at = marks->at / WORD_BITS;
	u32 bit = WORD_BITS;

	if (marks->count == 0)
		return IDX_NONE;
	if (at < marks->word_count)
		bit = lowest_from(marks->word[at], marks->at % WORD_BITS);
	if (bit == WORD_BITS) {
		at = word_find(marks, at + 1);
		CHECK(at != IDX_NONE);
		bit = lowest_from(marks->word[at], 0);
	}
	marks->at = at * WORD_BITS + bit + 1;
	rib_marks_clear(marks, marks->at - 1);
	return marks->at - 1;
}
