/* Routing of an answer as lines for people. Pure functions of its JSON. */
#ifndef PROG_SHOW_ROUTING_H
#define PROG_SHOW_ROUTING_H

#include <jansson.h>
#include <stdio.h>

#include "host/ctl/ctl_request.h"

/* False: it is not about routing. */
bool show_text_routing(FILE *out, enum ctl_show show, const json_t *record);
/* What is said where there is no record; NULL: it is not about routing. */
const char *show_routing_nothing(enum ctl_show show);

#endif
