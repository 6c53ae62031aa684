/* Reading what a gateway answers (ctl_answer.h) and printing it. No socket: a stream of bytes from
 * whoever listens at the path.                                                                  */
#ifndef PROG_SHOW_READ_H
#define PROG_SHOW_READ_H

#include "prog/show_args.h"

/* Prints to out; why there is no answer, or no whole one, to complaints. True when the answer came
 * to its end and was none of refusal.                                                           */
bool show_read(FILE *stream, const struct show_args *args, FILE *out, FILE *complaints);
/* Bytes that would move a terminal are shown instead; lines: ends of lines are none of them. */
void show_shown(FILE *to, const char *text, size_t len, bool lines);

#endif
