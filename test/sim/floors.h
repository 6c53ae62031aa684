/* What a table's figures must not fall below, whatever the kept table says: lines of a file in
 * test/golden that no run writes, one for each row that is judged and in their order.
 *
 *     # comments
 *     bbr 40 1.0: 860 860 860 860          the row's name, then the least of each of its figures */
#ifndef TEST_SIM_FLOORS_H
#define TEST_SIM_FLOORS_H

#include "core/base/bytes.h"

#include <stdio.h>

struct floors {
	const char *path;
	FILE *file;
	u32 below; /* figures, and rows that have no line */
};

void floors_open(struct floors *floors, const char *path);
/* The next row. Each figure that is below its floor is printed. */
void floors_judge(struct floors *floors, const char *row, const u32 *figure, u32 count);
/* The next row is not made: for builds in which making all would take too long. */
void floors_skip(struct floors *floors);
/* Whether nothing was below, and every line was of a row. */
bool floors_close(struct floors *floors);

#endif
