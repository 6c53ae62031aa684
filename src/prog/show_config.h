/* `sluice show config`: reading what a gateway runs with. */
#ifndef PROG_SHOW_CONFIG_H
#define PROG_SHOW_CONFIG_H

#include "prog/show_args.h"

/* As show_read(): the canonical form, or with --json the same as an object. */
bool show_config_read(FILE *stream, const struct show_args *args, FILE *out, FILE *complaints);

#endif
