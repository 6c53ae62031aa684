/* The port of an interface that is not there: nothing comes in, nothing goes out. */
#ifndef HOST_IO_ABSENT_H
#define HOST_IO_ABSENT_H

#include "host/io/port.h"

/* Stands in for `was`, with its name, facts and counts; `was` can be closed. NULL: no memory. */
struct port *absent_open(const struct port *was);

#endif
