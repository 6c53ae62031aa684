/* The other side of reader.h: the process that starts readers, and these. */
#ifndef PROG_READER_WORK_H
#define PROG_READER_WORK_H

#include "core/base/bytes.h"

/* In the process that was started for it: has readers until the other end of fd is closed, and
 * ends. Nothing but fd and stderr stays open.                                                    */
_Noreturn void reader_work(int fd, bool confined);

#endif
