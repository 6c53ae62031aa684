/* Distance of words: insertions, deletions, exchanges, and swaps of neighbours, be the letters
 * capitals or small.                                                                             */
#include "host/conf/nearest.h"

#include <ctype.h>

enum { PART_MIN = 3 }; /* letters that may stand for a word that they are a part of */

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static u32 distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	u32 row[3][NEAREST_WORD_MAX + 1];
	u32 *before = row[0];
	u32 *last = row[1];
	u32 *now = row[2];

	for (u32 j = 0; j <= b_len; j++)
		last[j] = j;
	memset(before, 0, sizeof row[0]);
	for (u32 i = 1; i <= a_len; i++) {
		u32 *spent = before;

		now[0] = i;
		for (u32 j = 1; j <= b_len; j++) {
			u32 change = last[j - 1] + !same(a[i - 1], b[j - 1]);

			now[j] = u32_min(change, u32_min(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = u32_min(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spent;
	}
	return last[b_len];
}

/* A word is made of parts with hyphens between them; typed may be the begin of one. */
static bool has_part(const char *word, const char *typed, size_t typed_len)
{
	while (word) {
		size_t i = 0;

		while (i < typed_len && same(word[i], typed[i]))
			i++;
		if (i == typed_len)
			return true;
		word = strchr(word, '-');
		if (word)
			word++;
	}
	return false;
}

/* The only word of which this is a part; NULL. */
static const char *word_of_part(const char *typed, const char *const *words, size_t count)
{
	size_t typed_len = strlen(typed);
	const char *found = NULL;

	for (size_t i = 0; typed_len >= PART_MIN && i < count; i++) {
		if (!has_part(words[i], typed, typed_len))
			continue;
		if (found)
			return NULL;
		found = words[i];
	}
	return found;
}

const char *nearest_word(const char *typed, const char *const *words, size_t count)
{
	size_t typed_len = strlen(typed);
	const char *best = NULL;
	u32 best_distance = UINT32_MAX;

	if (typed_len > NEAREST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(words[i]);
		u32 far;

		if (len > NEAREST_WORD_MAX)
			continue;
		far = distance(typed, typed_len, words[i], len);
		if (far <= u32_max(2, (u32)len / 3) && far < u32_min((u32)len, (u32)typed_len) &&
		    far < best_distance) {
			best = words[i];
			best_distance = far;
		}
	}
	return best ? best : word_of_part(typed, words, count);
}
