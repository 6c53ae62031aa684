/* A set of indices with two levels: which nets are to be chosen anew.
 *
 * In rounds, so that none waits for more than what was marked before it: what is marked while a
 * round goes on waits for the next one, or whoever marks faster than is taken would keep all others
 * from their turn. Within a round in the order of the indices, so that neighbours in memory are
 * neighbours in time.                                                                           */
#include "core/routing/rib_part.h"

enum { WORD_BITS = 64 };

void rib_marks_layout(struct rib_marks *marks, u32 count, struct mem *mem)
{
	marks->word_count = (count + WORD_BITS - 1) / WORD_BITS;
	marks->summary_count = (marks->word_count + WORD_BITS - 1) / WORD_BITS;
	for (u32 n = 0; n < ARRAY_COUNT(marks->round); n++) {
		struct rib_marks_round *round = &marks->round[n];

		round->word = mem_take(mem, "rib_marks", marks->word_count, sizeof *round->word);
		round->summary =
			mem_take(mem, "rib_marks", marks->summary_count, sizeof *round->summary);
	}
}

void rib_marks_init(struct rib_marks *marks)
{
	for (u32 n = 0; n < ARRAY_COUNT(marks->round); n++) {
		struct rib_marks_round *round = &marks->round[n];

		memset(round->word, 0, marks->word_count * sizeof *round->word);
		memset(round->summary, 0, marks->summary_count * sizeof *round->summary);
		round->count = 0;
	}
	marks->now = 0;
	marks->at = 0;
	marks->count = 0;
}

static bool round_has(const struct rib_marks_round *round, u32 idx)
{
	return (round->word[idx / WORD_BITS] >> idx % WORD_BITS & 1) != 0;
}

bool rib_marks_has(const struct rib_marks *marks, u32 idx)
{
	return round_has(&marks->round[0], idx) || round_has(&marks->round[1], idx);
}

void rib_marks_set(struct rib_marks *marks, u32 idx)
{
	struct rib_marks_round *next = &marks->round[1 - marks->now];
	u32 at = idx / WORD_BITS;

	CHECK(at < marks->word_count);
	if (rib_marks_has(marks, idx))
		return;
	next->word[at] |= UINT64_C(1) << idx % WORD_BITS;
	next->summary[at / WORD_BITS] |= UINT64_C(1) << at % WORD_BITS;
	next->count++;
	marks->count++;
}

void rib_marks_clear(struct rib_marks *marks, u32 idx)
{
	u32 at = idx / WORD_BITS;

	for (u32 n = 0; n < ARRAY_COUNT(marks->round); n++) {
		struct rib_marks_round *round = &marks->round[n];

		if (!round_has(round, idx))
			continue;
		round->word[at] &= ~(UINT64_C(1) << idx % WORD_BITS);
		if (round->word[at] == 0)
			round->summary[at / WORD_BITS] &= ~(UINT64_C(1) << at % WORD_BITS);
		round->count--;
		marks->count--;
	}
}

/* Of the bits from `from` on; WORD_BITS: none of them is set. */
static u32 lowest_from(u64 bits, u32 from)
{
	if (from >= WORD_BITS)
		return WORD_BITS;
	bits &= UINT64_MAX << from;
	return bits == 0 ? WORD_BITS : u64_count_bits((bits & -bits) - 1);
}

/* A word that is not zero, from `from` on; IDX_NONE. */
static u32 word_find(const struct rib_marks *marks, const struct rib_marks_round *round, u32 from)
{
	u32 bit = from % WORD_BITS;

	for (u32 summary = from / WORD_BITS; summary < marks->summary_count; summary++) {
		u32 found = lowest_from(round->summary[summary], bit);

		if (found < WORD_BITS)
			return summary * WORD_BITS + found;
		bit = 0;
	}
	return IDX_NONE;
}

u32 rib_marks_take(struct rib_marks *marks)
{
	const struct rib_marks_round *round = &marks->round[marks->now];
	u32 at, bit = WORD_BITS;

	if (marks->count == 0)
		return IDX_NONE;
	if (round->count == 0) {
		marks->now = 1 - marks->now;
		marks->at = 0;
		round = &marks->round[marks->now];
	}
	/* Nothing is added to a round that goes on: all of it lies ahead. */
	at = marks->at / WORD_BITS;
	if (at < marks->word_count)
		bit = lowest_from(round->word[at], marks->at % WORD_BITS);
	if (bit == WORD_BITS) {
		at = word_find(marks, round, at + 1);
		CHECK(at != IDX_NONE);
		bit = lowest_from(round->word[at], 0);
	}
	marks->at = at * WORD_BITS + bit + 1;
	rib_marks_clear(marks, marks->at - 1);
	return marks->at - 1;
}
