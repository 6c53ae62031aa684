/* Who reads configurations: a process of its own for each text, without any privilege.
 *
 * Texts come from outside, and so do the files of a filter's sets, lists of addresses that others
 * publish. What goes wrong while libyaml reads the first shall not have the capabilities of a
 * gateway, or those of root at the start (docs/adr/0023-privileges.md). So files are opened here,
 * with the rights of this process, and their bytes go to one that has its memory, a socket, and
 * nothing else. What that answers is not believed, but read and checked in turn (conf_flat.h).
 *
 * A running gateway may start no process (host/os/seccomp.c). Who does it for the gateway is
 * started before, at the beginning: it has no privileges either, hears of nothing but the sockets
 * that readers shall have, and ends with the gateway. A reader ends with its text, so that one that
 * was taken over has no part in the next.                                                        */
#ifndef PROG_READER_H
#define PROG_READER_H

#include <sys/types.h>

#include "host/conf/conf_sets.h"

/* Who starts them. */
struct readers {
	int fd; /* -1: nobody */
};

/* Where to. */
struct read_into {
	struct conf *conf;
	struct conf_marks *marks;
	struct conf_elems *elems; /* NULL: without files of sets */
	struct conf_errors *errors;
	struct turns *turns; /* who gets some meanwhile; NULL: nobody waits */
};

/* One of them. */
struct reader {
	int fd; /* -1: it is not there, or did what it must not */
	ns_t until_ns;
	struct read_into into;
};

/* Before anything is open that they shall not have, in a process with one thread. confined: false
 * for --no-sandbox only. False: errno says why. To be ended in any case.                         */
bool readers_begin(struct readers *readers, bool confined);
void readers_end(struct readers *readers);

/* As conf_load(), by a reader, which takes files of sets afterwards if the answer is true. What
 * goes wrong with the reader is an error at the beginning of the text. To be ended in any case.  */
bool reader_load(struct readers *readers, struct reader *reader, const char *text,
		 size_t len_bytes, const struct read_into *into);
/* As conf_sets_read(), of the text of reader_load(), with elems. */
bool reader_sets(struct reader *reader, const struct conf_set_files *files);
void reader_end(struct reader *reader);

/* reader_load(), and then, with elems, reader_sets() of the files that the text names, as far as
 * this process can read them.                                                                    */
bool reader_load_all(struct readers *readers, const char *text, size_t len_bytes,
		     const struct read_into *into);

#endif
