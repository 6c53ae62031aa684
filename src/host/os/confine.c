/* Confining a process that only computes. */
#include "host/os/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>

#include "host/os/landlock.h"
#include "host/os/privilege.h"

static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(close),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall),
	/* abort() */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

bool os_confine(void)
{
	if (!os_privilege_freeze() || !os_privilege_drop_all())
		return false;
	(void)os_landlock_enter(NULL, 0);
	return true;
}

/* Memory, none of it executable. */
static int memory_add(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp data = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 };
	int err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &data);

	if (err != 0)
		return err;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &data);
}

bool os_confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return false;
	err = memory_add(filter);
	for (size_t i = 0; i < ARRAY_COUNT(calls) && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	/* Calls of another machine's kind (32 bits) have other numbers. */
	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (err == 0)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err == 0;
}
