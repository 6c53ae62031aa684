/* From YAML to a struct conf, and back.
 *
 * The language is YAML without anchors, aliases, tags, directives and second documents; keys are
 * those of the table (conf_schema.h), each once. Every mistake is reported, in the order of the
 * file; after one of YAML itself nothing more can be said. Bounds: CONF_FILE_MAX bytes,
 * CONF_DEPTH_MAX levels, and what the lists of the table hold.                                   */
#ifndef HOST_CONF_CONF_LOAD_H
#define HOST_CONF_CONF_LOAD_H

#include <stdio.h>

#include "host/conf/conf.h"
#include "host/loop/turns.h"

enum { CONF_FILE_MAX = 2 << 20, CONF_DEPTH_MAX = 16 };

/* Reads the text by the table: what a value may be, not what values may stand together. False:
 * errors has at least one, and conf is of no use.                                               */
bool conf_parse(const char *text, size_t len_bytes, struct conf *conf, struct conf_marks *marks,
		struct conf_errors *errors);
/* What values may stand together: names exist and are unique, addresses do not overlap, gateways
 * are on a network. Of what the marks doubt nothing is said, nor what would follow from it. Adds to
 * errors; false when it did.                                                                    */
bool conf_check(const struct conf *conf, const struct conf_marks *marks,
		struct conf_errors *errors);
/* Both, the second unless the text broke off. */
bool conf_load(const char *text, size_t len_bytes, struct conf *conf, struct conf_marks *marks,
	       struct conf_errors *errors);

/* The canonical form: keys in the order of the table, values in one spelling, and only what differs
 * from the default. Loading it gives the same value, unless secrets are hidden: then it has
 * mistakes where they stand. turns: who gets some meanwhile, or NULL.                            */
enum conf_print_flag {
	CONF_PRINT_ALL = 1 << 0,  /* what is the default, too */
	CONF_PRINT_HIDE = 1 << 1, /* a word in place of secrets */
};
void conf_print(const struct conf *conf, u32 flags, FILE *out, struct turns *turns);

#endif
