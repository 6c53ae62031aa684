/* Words of a line. */
#include "script/reader.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reader_wrong(struct reader *in, const char *format, ...)
{
	va_list args;
	int len;

	if (in->why[0] != '\0')
		return false;
	len = snprintf(in->why, sizeof in->why, "%s:%u: ", in->path, in->line);
	va_start(args, format);
	(void)vsnprintf(in->why + len, sizeof in->why - (size_t)len, format, args);
	va_end(args);
	return false;
}

const char *reader_rest(struct reader *in)
{
	while (isspace((unsigned char)*in->at))
		in->at++;
	return in->at;
}

bool reader_word(struct reader *in, const char *word)
{
	size_t len = strlen(word);

	(void)reader_rest(in);
	if (strncmp(in->at, word, len) != 0)
		return false;
	/* "ack" is not the begin of "acked". */
	if (isalnum((unsigned char)word[len - 1]) && isalnum((unsigned char)in->at[len]))
		return false;
	in->at += len;
	return true;
}

bool reader_number(struct reader *in, u32 *number)
{
	char *end;

	(void)reader_rest(in);
	if (!isdigit((unsigned char)*in->at))
		return false;
	*number = (u32)strtoul(in->at, &end, 0);
	in->at = end;
	return true;
}

bool reader_end(struct reader *in)
{
	return *reader_rest(in) == '\0' ? true : reader_wrong(in, "what is this: %s", in->at);
}

bool reader_time(struct reader *in, ns_t begin, ns_t now, ns_t *when)
{
	bool is_relative = reader_word(in, "+");
	char *end;
	double seconds;

	(void)reader_rest(in);
	seconds = strtod(in->at, &end);
	if (end == in->at)
		return reader_wrong(in, "no time");
	in->at = end;
	*when = (is_relative ? now : begin) + (ns_t)(seconds * 1e9 + 0.5);
	return true;
}
