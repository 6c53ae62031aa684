/* Records of an answer as lines for people. Pure functions of their JSON. */
#ifndef PROG_SHOW_TEXT_H
#define PROG_SHOW_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "host/ctl/ctl_request.h"

/* part: 0, or 1 for the second list of ports (destinations). */
void show_text_record(FILE *out, enum ctl_show show, u32 part, const json_t *record);
/* What stands behind the lists: a sentence when there was nothing, a sum for memory. filtered: more
 * may be there than was asked for.                                                               */
void show_text_end(FILE *out, enum ctl_show show, bool filtered, const json_t *end);

#endif
