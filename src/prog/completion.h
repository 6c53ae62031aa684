/* Completion scripts, written from the help of every command. */
#ifndef PROG_COMPLETION_H
#define PROG_COMPLETION_H

#include <stdio.h>

#include "prog/completion_next.h"

struct completion {
	const char *command;
	const char *text; /* what it is for */
	struct help help;
};

/* The commands, count of them. */
void completion_bash(const struct completion *all, u32 count, FILE *out);
void completion_zsh(const struct completion *all, u32 count, FILE *out);

#endif
