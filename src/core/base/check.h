/* Assertions for a programmer's mistakes; never for input from outside.
 *
 * CHECK stays on in every build and guards what would corrupt state. DCHECK is for dear ones; the
 * build sets DCHECK_ON to 1 for sanitizers, fuzzing and simulation.                              */
#ifndef CORE_BASE_CHECK_H
#define CORE_BASE_CHECK_H

#include "core/base/bytes.h"

/* Supplied by whoever embeds the core: report and stop. */
_Noreturn void check_failed(const char *file, int line, const char *what);

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (UNLIKELY(!(cond)))                                                             \
			check_failed(__FILE__, __LINE__, #cond);                                   \
	} while (0)

#define DCHECK(cond)                                                                               \
	do {                                                                                       \
		if (DCHECK_ON)                                                                     \
			CHECK(cond);                                                               \
	} while (0)

#endif
