/* Landlock by its three system calls: Debian 12 has no library for it, and its headers know the
 * first two versions of the ABI only.
 *
 * A rule is for an inode. The kernel makes those of /proc/sys anew when it was short of memory, and
 * the rule would be for the old one; the descriptors of the rules stay open, which holds them.   */
#include "host/os/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h of Linux 6.12, the part that is asked for. */
enum { RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_REMOVE_FILE = 1 << 5,
	FS_IOCTL_DEV = 1 << 15,
	FS_ABI_1 = (1 << 13) - 1, /* all that there was */
	FS_REFER = 1 << 13,       /* ABI 2 */
	FS_TRUNCATE = 1 << 14,    /* ABI 3 */
	NET_BIND_TCP = 1,         /* ABI 4 */
	NET_CONNECT_TCP = 2,
	ABI_IOCTL_DEV = 5,
	SCOPE_ABI_6 = 3, /* abstract Unix sockets, signals */
};

struct ruleset {
	u64 handled_fs;
	u64 handled_net;
	u64 scoped;
};

struct path_beneath {
	u64 allowed;
	s32 fd;
} __attribute__((packed));

static struct ruleset ruleset_of(u32 abi)
{
	struct ruleset set = { .handled_fs = FS_ABI_1 };

	if (abi >= 2)
		set.handled_fs |= FS_REFER;
	if (abi >= 3)
		set.handled_fs |= FS_TRUNCATE;
	if (abi >= 4)
		set.handled_net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= ABI_IOCTL_DEV)
		set.handled_fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		set.scoped = SCOPE_ABI_6;
	return set;
}

/* Older kernels refuse fields that they do not know, so they are not shown them. */
static size_t ruleset_size(u32 abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, handled_net);
}

static u64 rights_of(unsigned use)
{
	u64 rights = 0;

	if (use & LANDLOCK_READ)
		rights |= FS_READ_FILE;
	if (use & LANDLOCK_WRITE)
		rights |= FS_WRITE_FILE | FS_TRUNCATE;
	if (use & LANDLOCK_DEVICE)
		rights |= FS_IOCTL_DEV;
	if (use & LANDLOCK_REMOVE)
		rights |= FS_REMOVE_FILE;
	return rights;
}

static bool rule_add(int ruleset, const struct landlock_path *path, u64 handled)
{
	struct path_beneath rule = { .allowed = rights_of(path->use) & handled };
	struct stat stat;

	rule.fd = open(path->path, O_PATH | O_CLOEXEC);
	if (rule.fd < 0)
		return true;
	if (fstat(rule.fd, &stat) != 0)
		return false;
	if (!S_ISDIR(stat.st_mode))
		rule.allowed &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

u32 os_landlock_enter(const struct landlock_path *path, u32 count)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
	struct ruleset set;
	int ruleset;
	bool ok = true;

	if (abi <= 0)
		return 0;
	set = ruleset_of((u32)abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &set, ruleset_size((u32)abi), 0);
	if (ruleset < 0)
		return 0;
	for (u32 i = 0; i < count && ok; i++)
		ok = rule_add(ruleset, &path[i], set.handled_fs);
	ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	(void)close(ruleset);
	return ok ? (u32)abi : 0;
}
