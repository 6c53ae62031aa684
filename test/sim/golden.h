/* A table that a test makes, line by line, beside the one that is kept in test/golden: each line
 * that differs is printed as it was and as it is. With UPDATE set in the environment the table is
 * written anew, and the difference is what a reviewer reads.                                     */
#ifndef TEST_SIM_GOLDEN_H
#define TEST_SIM_GOLDEN_H

#include "core/base/bytes.h"

#include <stdio.h>

struct golden {
	const char *path;
	FILE *kept; /* NULL: there is none yet */
	char *text; /* what is made */
	size_t text_len;
	FILE *made;
	u32 differences;
};

void golden_open(struct golden *golden, const char *path);
/* One line, its end included. */
__attribute__((format(printf, 2, 3))) void golden_line(struct golden *golden, const char *format,
						       ...);
/* The next line is taken as it is kept: for builds in which making all would take too long. */
void golden_skip(struct golden *golden);
/* Whether both are the same to the end. */
bool golden_close(struct golden *golden);

#endif
