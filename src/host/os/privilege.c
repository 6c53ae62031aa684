/* Capabilities by the plain system call: what is dropped is two words of bits. */
#include "host/os/privilege.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const u32 kept = UINT32_C(1) << CAP_NET_ADMIN | UINT32_C(1) << CAP_NET_RAW;

bool os_privilege_drop(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	/* What may be gained by exec: nothing. Fails without CAP_SETPCAP; then it is in vain. */
	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capget, &header, caps) != 0)
		return false;
	caps[0].effective &= kept;
	caps[0].permitted &= kept;
	caps[1].effective = 0;
	caps[1].permitted = 0;
	for (u32 i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		caps[i].inheritable = 0;
	return syscall(SYS_capset, &header, caps) == 0;
}
