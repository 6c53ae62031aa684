/* Which files a running gateway opens, and the order of the steps. */
#include "host/os/sandbox.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/os/landlock.h"
#include "host/os/privilege.h"

enum { LANDLOCK_OWN = 5 }; /* paths besides those of more files */

static void folder_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		(void)snprintf(folder, PATH_MAX, ".");
	else
		(void)snprintf(folder, PATH_MAX, "%.*s", len ? (int)len : 1, path);
}

/* A rule is for the file that is there, and editors put a new one in its place: so the folder is
 * what may be read, and the folder of where the file leads to.                                  */
static u32 files_enter(const struct sandbox_conf *conf)
{
	char control[PATH_MAX], config[PATH_MAX], target[PATH_MAX], real[PATH_MAX];
	static char more[SANDBOX_MORE_MAX][PATH_MAX];
	struct landlock_path path[LANDLOCK_OWN + SANDBOX_MORE_MAX] = {
		{ "/proc/sys/net", LANDLOCK_READ | LANDLOCK_WRITE },
		{ "/dev/net/tun", LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_DEVICE },
		{ control, LANDLOCK_REMOVE },
		{ config, LANDLOCK_READ },
		{ target, LANDLOCK_READ },
	};
	u32 count = LANDLOCK_OWN - (conf->config ? 0 : 2);

	folder_of(conf->control, control);
	if (conf->config) {
		folder_of(conf->config, config);
		folder_of(realpath(conf->config, real) ? real : conf->config, target);
	}
	for (u32 i = 0; i < u32_min(conf->more_count, SANDBOX_MORE_MAX); i++) {
		folder_of(realpath(conf->more[i], real) ? real : conf->more[i], more[i]);
		path[count++] = (struct landlock_path){ more[i], LANDLOCK_READ };
	}
	return os_landlock_enter(path, count);
}

void sandbox_enter(const struct sandbox_conf *conf, struct sandbox *sandbox)
{
	memset(sandbox, 0, sizeof *sandbox);
	os_privilege_keep_memory();
	sandbox->frozen = os_privilege_freeze();
	sandbox->dropped = os_privilege_drop();
	if (!sandbox->frozen)
		return;
	sandbox->landlock_abi = files_enter(conf);
	/* Last: what the steps before call is not in its table. */
	sandbox->seccomp = os_seccomp_enter(&conf->log);
}

bool sandbox_is_whole(const struct sandbox *sandbox)
{
	return sandbox->frozen && sandbox->dropped && sandbox->landlock_abi > 0 && sandbox->seccomp;
}

void sandbox_describe(const struct sandbox *sandbox, char text[SANDBOX_TEXT_SIZE])
{
	char landlock[64] = "this kernel has no Landlock";

	if (sandbox->landlock_abi > 0)
		(void)snprintf(landlock, sizeof landlock, "files by Landlock (ABI %u)",
			       sandbox->landlock_abi);
	(void)snprintf(text, SANDBOX_TEXT_SIZE, "%s; %s; %s; %s",
		       sandbox->dropped ? "capabilities net_admin, net_raw, bpf at most"
					: "capabilities NOT given up",
		       sandbox->frozen ? "no new privileges" : "new privileges NOT ruled out",
		       sandbox->seccomp ? "system calls by seccomp" : "system calls NOT filtered",
		       landlock);
}
