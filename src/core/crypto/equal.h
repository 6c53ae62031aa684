/* Comparing what an attacker must not find out byte by byte. */
#ifndef CORE_CRYPTO_EQUAL_H
#define CORE_CRYPTO_EQUAL_H

#include "core/base/bytes.h"

/* Whether the bytes are the same; it takes as long where the first one differs as where none does,
 * so that who guesses a MAC does not learn how far a guess was right.                            */
bool bytes_equal(const void *a, const void *b, u32 len_bytes);

#endif
