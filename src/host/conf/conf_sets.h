/* All elements of the sets of a configuration: those that it has itself, and those of the files
 * that it names.
 *
 * Files are read by who asks (prog/set_files.h), with his rights, so here they are texts. What is
 * wrong with one is said where the configuration names it, with the line in the file.            */
#ifndef HOST_CONF_CONF_SETS_H
#define HOST_CONF_CONF_SETS_H

#include "host/conf/conf.h"
#include "host/loop/turns.h"

enum { CONF_SET_ERRORS_MAX = 8 }; /* of one file */

/* A file that a set names. */
struct conf_set_file {
	const char *text; /* NULL: it could not be read */
	size_t len_bytes;
	const char *why; /* it could not */
};

/* In the order of the sets; those of sets without a file are not looked at. */
struct conf_set_files {
	struct conf_set_file file[CONF_SET_MAX];
};

struct conf_elems {
	u32 count;
	struct filter_elem *elem; /* set by set, as conf_set.all_count says; NULL: none */
};

/* Fills in all_count and stamp of each set. False: errors has more, and elems is empty. */
bool conf_sets_read(struct conf *conf, const struct conf_marks *marks,
		    const struct conf_set_files *files, struct conf_elems *elems,
		    struct conf_errors *errors);
/* The same from elems that somebody else has read, count[] of them for each set of conf, together
 * as many as elems has: they have to be such as conf_sets_read() gives. turns: who gets some
 * meanwhile, or NULL. False: they are not, and nothing was filled in.                            */
bool conf_sets_take(struct conf *conf, const u32 *count, const struct conf_elems *elems,
		    struct turns *turns);
void conf_elems_free(struct conf_elems *elems);

#endif
