/* A file that is read line by line and word by word, and what is found wrong in it. */
#ifndef TEST_SCRIPT_READER_H
#define TEST_SCRIPT_READER_H

#include "core/base/bytes.h"

enum { READER_WHY = 1024 };

struct reader {
	const char *path;
	u32 line;
	const char *at;       /* of the line, what is not read yet */
	char why[READER_WHY]; /* empty: nothing is wrong */
};

/* False always. The first that is wrong stays, with file and line in front. */
__attribute__((format(printf, 2, 3))) bool reader_wrong(struct reader *in, const char *format, ...);
/* The beginning of what is left of the line, blanks aside. */
const char *reader_rest(struct reader *in);
/* Passes over blanks, and over the word if it is there. */
bool reader_word(struct reader *in, const char *word);
/* The same for a number. */
bool reader_number(struct reader *in, u32 *number);
/* Nothing is left. */
bool reader_end(struct reader *in);
/* Seconds from `begin` on, or, with a sign, from `now` on. */
bool reader_time(struct reader *in, ns_t begin, ns_t now, ns_t *when);

#endif
