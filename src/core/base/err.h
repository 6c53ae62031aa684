/* What an operation that may fail answers. A packet's fate is a verdict, not one of these. */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include "core/base/bytes.h"

enum err {
	ERR_OK,
	ERR_FULL,      /* a bound was reached; nothing has changed */
	ERR_EXISTS,    /* already there */
	ERR_NOT_FOUND, /* no such thing */
	ERR_RANGE,     /* a value is outside what is allowed */
	ERR_MEMORY,    /* the memory that was planned does not suffice */
};

#endif
