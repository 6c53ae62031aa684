/* Capabilities by libcap-ng. */
#include "host/os/privilege.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const unsigned kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF };

bool os_privilege_freeze(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

void os_privilege_keep_memory(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* Of what the process has, the first `count` of the list stay. */
static bool drop_to(const unsigned *list, size_t count)
{
	const capng_type_t both = (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
	bool had[ARRAY_COUNT(kept)], may_bound;

	if (capng_get_caps_process() != 0)
		return false;
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
	for (size_t i = 0; i < count; i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, list[i]) == 1;
	capng_clear(CAPNG_SELECT_ALL);
	/* What exec could gain: nothing. Who may not say so loses nothing, os_privilege_freeze()
	 * says the same; but libcap-ng would write to the system's log that it was refused.     */
	if (may_bound)
		(void)capng_apply(CAPNG_SELECT_BOUNDS);
	for (size_t i = 0; i < count; i++) {
		if (had[i] && capng_update(CAPNG_ADD, both, list[i]) != 0)
			return false;
	}
	/* What is not inheritable is not ambient either: capabilities(7). */
	return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

bool os_privilege_drop(void)
{
	return drop_to(kept, ARRAY_COUNT(kept));
}

bool os_privilege_drop_all(void)
{
	return drop_to(kept, 0);
}
