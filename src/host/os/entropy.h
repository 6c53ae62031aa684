/* Secrets from the kernel. */
#ifndef HOST_OS_ENTROPY_H
#define HOST_OS_ENTROPY_H

#include "core/base/bytes.h"

/* Fills out[0..size); stops the program when the kernel has none to give. */
void os_entropy(void *out, size_t size);

#endif
