/* Filter rules and sets of an answer as lines for people. Pure functions of their JSON. */
#ifndef PROG_SHOW_RULES_H
#define PROG_SHOW_RULES_H

#include <jansson.h>
#include <stdio.h>

void show_text_rule(FILE *out, const json_t *rule);
void show_text_element(FILE *out, const json_t *element);
void show_text_set(FILE *out, const json_t *set);

#endif
