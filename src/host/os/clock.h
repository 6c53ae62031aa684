/* The clock of the program: it only grows, and stands still while the machine sleeps. */
#ifndef HOST_OS_CLOCK_H
#define HOST_OS_CLOCK_H

#include "core/base/bytes.h"

/* CLOCK_MONOTONIC. */
ns_t os_now(void);

#endif
