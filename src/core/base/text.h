/* Text into a given buffer, without libc: what x_show functions write to.
 *
 * Too long is a normal answer: the text is cut and `cut` says so.                               */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include "core/base/bytes.h"

struct text {
	char *at;  /* buffer of size bytes; always ends with a zero byte */
	u32 size;
	u32 len;
	bool cut;
};

void text_init(struct text *text, char *buf, u32 size);
void text_str(struct text *text, const char *str);
void text_char(struct text *text, char c);
void text_u64(struct text *text, u64 value);
/* In lower-case hexadecimal with at least `digits` digits. */
void text_hex(struct text *text, u64 value, u32 digits);
/* Dotted quad. */
void text_ip4(struct text *text, be32 addr);

/* What makes a noun one of many: "%u flow%s". */
static inline const char *text_plural(u64 count)
{
	return count == 1 ? "" : "s";
}

/* Whether two strings are equal in their first size characters; they end in a zero byte, or
 * stand in at least size bytes. */
static inline bool text_equal(const char *a, const char *b, u32 size)
{
	u32 at = 0;

	while (at + 1 < size && a[at] != '\0' && a[at] == b[at])
		at++;
	return a[at] == b[at];
}

#endif
