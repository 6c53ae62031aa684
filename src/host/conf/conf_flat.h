/* A configuration in a form that is read without a grammar, from the process that has read a file
 * to the one that takes nothing for granted of what that says (prog/reader.h).
 *
 * It follows the table (conf_schema.h), as conf_print() does: of a group, the fields that differ
 * from the default, in their order, each as its number from 1, a byte, and what it holds; a zero
 * ends the group. A value is its one spelling (conf_value_show()), ended by a zero; of a list, each
 * element is preceded by a one, and a zero ends it. Before that are the errors, and without any the
 * marks. Numbers are in the order of the machine, since both processes are one program.
 *
 * What reads it checks as much as what reads a file: every value by its own reader, lengths and
 * counts by the table, and then conf_check() as a whole. So whoever writes it can choose which
 * configuration is taken, and nothing else.                                                      */
#ifndef HOST_CONF_CONF_FLAT_H
#define HOST_CONF_CONF_FLAT_H

#include <stdio.h>

#include "host/conf/conf_sets.h"

/* What conf_load() has answered: conf and marks are looked at if there are no errors. */
void conf_flat_write(const struct conf *conf, const struct conf_marks *marks,
		     const struct conf_errors *errors, FILE *out);
/* The same from len_bytes of it: with errors->count of 0, conf is as good as one from conf_load(),
 * and otherwise of no use. Errors have been cleaned for terminals and logs (conf_error()). turns:
 * who gets some meanwhile, or NULL. False: nothing that conf_flat_write() gives; all three are of
 * no use. Bounds: by len_bytes, and memory by what the structs hold.                             */
bool conf_flat_read(const char *bytes, size_t len_bytes, struct conf *conf,
		    struct conf_marks *marks, struct conf_errors *errors, struct turns *turns);

/* What conf_sets_read() has answered. */
void conf_flat_write_sets(const struct conf *conf, const struct conf_elems *elems,
			  const struct conf_errors *errors, FILE *out);
/* The same: adds to errors, or gives elems, which are to be freed, and fills in all_count and the
 * stamps of the sets of conf. The other arguments and the answer as above.                       */
bool conf_flat_read_sets(const char *bytes, size_t len_bytes, struct conf *conf,
			 struct conf_elems *elems, struct conf_errors *errors, struct turns *turns);

#endif
