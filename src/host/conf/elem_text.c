/* Reading elements line by line. */
#include "host/conf/elem_text.h"

#include "host/conf/values.h"

void elem_text_begin(struct elem_text *text, const char *bytes, size_t len_bytes)
{
	*text = (struct elem_text){ .at = bytes, .end = bytes + len_bytes };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The word of the next line; its length, as it stands there. */
static size_t take_word(struct elem_text *text)
{
	const char *at = text->at;
	const char *newline = memchr(at, '\n', (size_t)(text->end - at));
	const char *end = newline ? newline : text->end;
	const char *comment;
	size_t len, kept;

	text->at = newline ? newline + 1 : text->end;
	text->line++;
	comment = memchr(at, '#', (size_t)(end - at));
	if (comment)
		end = comment;
	while (at < end && is_blank(*at))
		at++;
	while (at < end && is_blank(end[-1]))
		end--;
	len = (size_t)(end - at);
	kept = len < ELEM_WORD_SIZE ? len : ELEM_WORD_SIZE - 1;
	memcpy(text->word, at, kept);
	text->word[kept] = 0;
	return len;
}

enum elem_found elem_text_next(struct elem_text *text, enum filter_set_kind kind,
			       struct filter_elem *elem)
{
	size_t len = 0;

	while (text->at < text->end && len == 0)
		len = take_word(text);
	if (len == 0)
		return ELEM_END;
	/* A NUL byte ends the word before its line does. */
	if (strlen(text->word) != len || !value_elem(text->word, elem) ||
	    value_elem_kind(elem) != kind)
		return ELEM_WRONG;
	return ELEM_ONE;
}

const char *elem_text_expect(enum filter_set_kind kind)
{
	switch (kind) {
	case FILTER_SET_PORTS: return "a port or a range like 1024-2047";
	case FILTER_SET_PAIRS: return "an address with a port like 10.0.0.1:443";
	case FILTER_SET_ADDRS:
	case FILTER_SET_KINDS: break;
	}
	return "an address or a prefix like 10.20.0.0/16, without bits beyond its length";
}
