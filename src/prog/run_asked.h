/* What is asked for, and where it is from: a file, or the options of a command line. */
#ifndef PROG_RUN_ASKED_H
#define PROG_RUN_ASKED_H

#include "prog/reader.h"
#include "prog/run_conf.h"

enum { RUN_FILE_SIZE = 256 };

struct run_asked {
	struct conf conf;
	bool from_file;
	struct conf_marks marks;
	struct conf_elems elems;  /* of the sets; it has them by itself */
	char file[RUN_FILE_SIZE]; /* as it was named; for what is said of it */
};

struct run_source run_source_of(const struct run_asked *asked);
/* Reads the file at path, called name, and those that its sets name. False: errors has more. */
bool run_asked_load(struct run_asked *asked, struct readers *readers, const char *path,
		    const char *name, struct run_errors *errors);

#endif
