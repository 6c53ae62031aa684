/* The files that the sets of a configuration name: reading them, and sending them along with it. */
#ifndef PROG_SET_FILES_H
#define PROG_SET_FILES_H

#include "host/conf/conf_sets.h"

enum { SET_FILE_MAX = 32 << 20 }; /* bytes of all of them together */

struct set_files {
	char *text[CONF_SET_MAX];
	struct conf_set_files files; /* point into the texts */
	size_t left;                 /* bytes that all of them may still have */
};

/* Reads the files with the rights of this process; what could not be read says so. To be freed. */
void set_files_read(const struct conf *conf, struct set_files *files);
void set_files_free(struct set_files *files);

/* What follows the text of a configuration over the control socket, to be freed: for each set with
 * a file, in their order, how many bytes follow, a line's end, and the bytes. NULL: errors has one
 * more, or there is no memory.                                                                   */
char *set_files_pack(const struct conf *conf, const struct conf_marks *marks, size_t *len_bytes,
		     struct conf_errors *errors);
/* The same from what was sent: files point into it. What is missing says so. */
void set_files_unpack(const struct conf *conf, const char *text, size_t len_bytes,
		      struct conf_set_files *files);

#endif
