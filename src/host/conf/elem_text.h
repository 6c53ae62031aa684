/* Elements of a set as text: one a line; blanks around it, empty lines and what is behind a # do
 * not count. Read one by one, so that a large text can be read in steps.                         */
#ifndef HOST_CONF_ELEM_TEXT_H
#define HOST_CONF_ELEM_TEXT_H

#include "sluice/sluice.h"

enum { ELEM_WORD_SIZE = 48, ELEM_EXPECT_SIZE = 96 };

struct elem_text {
	const char *at;
	const char *end;
	u32 line;                  /* of the element that was read last; from 1 */
	char word[ELEM_WORD_SIZE]; /* as it stands there, as far as it fits */
};

enum elem_found {
	ELEM_ONE,
	ELEM_END,
	ELEM_WRONG, /* this line is none; the next ones can be read */
};

void elem_text_begin(struct elem_text *text, const char *bytes, size_t len_bytes);
enum elem_found elem_text_next(struct elem_text *text, enum filter_set_kind kind,
			       struct filter_elem *elem);
/* "an address or a prefix like 10.20.0.0/16": what an element of that kind has to be. */
const char *elem_text_expect(enum filter_set_kind kind);

#endif
