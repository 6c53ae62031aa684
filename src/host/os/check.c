/* Where a mistake of the programmer ends: core/base/check.h asks for it. */
#include "core/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *file, int line, const char *what)
{
	(void)fprintf(stderr,
		      "%s:%d: this should have held: %s\n"
		      "This is a fault in the program, not in its configuration. Stopping at once "
		      "keeps its tables from harm; the host has its interfaces back.\n",
		      file, line, what);
	abort();
}
