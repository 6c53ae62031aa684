/* The help of a command, read back: its options, and the words that it takes.
 *
 * The help is printed from the tables that the options are read with, so it is where all commands
 * say in one shape what they take. Lines that count, all of them with two spaces before:
 *
 *     --long VALUE   text       -s value   text       -s, --long value   text
 *     sluice COMMAND word PLACE ...
 *
 * A word in small letters is typed as it stands, one in capitals stands for what may be there:
 * "sluice set add SET". What comes behind two spaces explains.                                  */
#ifndef PROG_HELP_READ_H
#define PROG_HELP_READ_H

#include "core/base/bytes.h"

enum {
	HELP_OPTIONS_MAX = 96,
	HELP_WORDS_MAX = 32,
	HELP_USAGES_MAX = 64,
	HELP_PLACES_MAX = 4,
	HELP_NAME_SIZE = 32,
	HELP_TEXT_SIZE = 128,
};

struct help_option {
	char name[HELP_NAME_SIZE];  /* the long one, if there are two */
	char alias[HELP_NAME_SIZE]; /* the short one then; else empty */
	char value[HELP_NAME_SIZE]; /* empty: takes none */
	char text[HELP_TEXT_SIZE];  /* its first line */
};

/* What may stand where, in one order: words and places, up to the first option. */
struct help_usage {
	u32 count;
	char place[HELP_PLACES_MAX][HELP_NAME_SIZE]; /* without brackets: [SET] is SET */
};

struct help {
	u32 option_count;
	struct help_option option[HELP_OPTIONS_MAX];
	u32 word_count;
	char word[HELP_WORDS_MAX][HELP_NAME_SIZE];
	u32 usage_count;
	struct help_usage usage[HELP_USAGES_MAX];
	bool takes_host; /* "usage: ... host" */
	bool takes_file; /* "sluice COMMAND FILE: ...", where the help begins, or a place FILE */
};

/* "show", and not "SET". */
bool help_is_word(const char *place);
/* Alternatives that can be typed as they stand: "text|json". */
bool help_is_choice(const char *value);
/* Pure. What does not fit is left out. */
void help_read(const char *command, const char *text, struct help *help);

#endif
