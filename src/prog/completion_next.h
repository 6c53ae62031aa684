/* What may stand behind some words of a command line. Completion scripts ask for it. */
#ifndef PROG_COMPLETION_NEXT_H
#define PROG_COMPLETION_NEXT_H

#include <stdio.h>

#include "prog/help_read.h"

struct completion_next {
	u32 count;
	/* Each once: a word as it stands, or a place of the help, like SET. They are the help's. */
	const char *place[HELP_USAGES_MAX];
	const char *control; /* the value of --control, one of the words; NULL: there is none */
};

/* word: count of them, from behind the name of the command to before what is being typed. Pure. */
void completion_next(const struct help *help, const char *const *word, u32 count,
		     struct completion_next *next);
/* Whether completion_names() knows what may stand there. */
bool completion_has_names(const char *place);
/* What may stand at this place, one a line: keys of the configuration, or what the gateway at the
 * control socket has (NULL: the usual one, see gateway_path()); nothing when none answers. A
 * name that a shell would take apart or carry out is left out: whoever listens there may say
 * anything.                                                                                     */
void completion_names(const char *place, const char *control, FILE *out);

#endif
