/* getrandom(2) waits once, early at boot, and then never again. */
#include "host/os/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "core/base/check.h"

void os_entropy(void *out, size_t size)
{
	u8 *at = out;

	while (size > 0) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		CHECK(got > 0);
		at += got;
		size -= (size_t)got;
	}
}
