/* An explanation as text for people. Pure function of its JSON. */
#ifndef PROG_EXPLAIN_TEXT_H
#define PROG_EXPLAIN_TEXT_H

#include <jansson.h>
#include <stdio.h>

void explain_text(FILE *out, const json_t *answer);

#endif
