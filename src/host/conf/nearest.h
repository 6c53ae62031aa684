/* "Did you mean": the word of a list that is nearest to what was typed. */
#ifndef HOST_CONF_NEAREST_H
#define HOST_CONF_NEAREST_H

#include "core/base/bytes.h"

enum { NEAREST_WORD_MAX = 32 };

/* NULL when none is near: more than a third of its letters, and at least two, would have to change,
 * or as many as were typed. Swapped neighbours count as one change. Words longer than
 * NEAREST_WORD_MAX are near to none.                                                             */
const char *nearest_word(const char *typed, const char *const *words, size_t count);

#endif
