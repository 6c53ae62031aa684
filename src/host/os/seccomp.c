/* The filter, and what becomes of a call that it stops.
 *
 * A call that is not in the table raises SIGSYS (SECCOMP_RET_TRAP). The handler writes its name
 * and lets it fail with EPERM: whoever has taken the process over gains nothing, and a library
 * that makes a new call after an update costs one function, not the network. The handler may have
 * interrupted anything, so it calls nothing but write() and the clock; the names are looked up
 * before. Calls that packets need have no condition on their arguments: of those the kernel
 * remembers the answer and runs no filter (Linux 5.11).                                         */
#include "host/os/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "host/os/clock.h"

enum { CALLS_MAX = 512, NAME_SIZE = 32, LINE_SIZE = 320 };

/* A call is let through when any of its lines fits. */
struct rule {
	int call;
	u32 arg; /* that is looked at; ANY: none */
	u64 mask;
	u64 value;
};

enum { ANY = 6 };

#define CALL(name)                                                                                 \
	{                                                                                          \
		SCMP_SYS(name), ANY, 0, 0                                                          \
	}
#define CALL_IF(name, arg, value)                                                                  \
	{                                                                                          \
		SCMP_SYS(name), arg, UINT32_MAX, value                                             \
	}
#define CALL_WITHOUT(name, arg, bits)                                                              \
	{                                                                                          \
		SCMP_SYS(name), arg, bits, 0                                                       \
	}

static const struct rule rules[] = {
	/* packets, control clients, the log */
	CALL(read),
	CALL(readv),
	CALL(write),
	CALL(writev),
	CALL(recvfrom),
	CALL(recvmsg),
	CALL(sendto),
	CALL(sendmsg),
	CALL(sendmmsg),
	CALL(accept4),
	CALL(shutdown),
	CALL(close),
	/* waiting and time */
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(epoll_pwait2),
	CALL(epoll_ctl),
	CALL(timerfd_settime),
	CALL(poll),
	CALL(ppoll),
	CALL(sched_yield),
	CALL(nanosleep),
	CALL(clock_nanosleep),
	CALL(clock_gettime),
	CALL(gettimeofday),
	CALL(restart_syscall),
	/* signals; abort() */
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(sigaltstack),
	CALL(getpid),
	CALL(gettid),
	CALL(tgkill),
	CALL(exit),
	CALL(exit_group),
	/* memory, none of it executable */
	CALL(brk),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(futex),
	CALL(getrandom),
	CALL_WITHOUT(mmap, 2, PROT_EXEC),
	CALL_WITHOUT(mprotect, 2, PROT_EXEC),
	/* an interface is taken, or asked about */
	CALL_IF(socket, 0, AF_UNIX),
	CALL_IF(socket, 0, AF_INET),
	CALL_IF(socket, 0, AF_PACKET),
	CALL_IF(socket, 0, AF_NETLINK),
	CALL_IF(socket, 0, AF_XDP),
	CALL(bind),
	CALL(uname),
	CALL(getsockname),
	CALL(getsockopt),
	CALL(setsockopt),
	CALL_IF(ioctl, 1, SIOCGIFNAME),
	CALL_IF(ioctl, 1, SIOCGIFINDEX),
	CALL_IF(ioctl, 1, SIOCGIFFLAGS),
	CALL_IF(ioctl, 1, SIOCSIFFLAGS),
	CALL_IF(ioctl, 1, SIOCGIFMTU),
	CALL_IF(ioctl, 1, SIOCGIFHWADDR),
	CALL_IF(ioctl, 1, SIOCETHTOOL),
	CALL_IF(ioctl, 1, TUNSETIFF),
	CALL_IF(ioctl, 1, TUNSETOFFLOAD),
	CALL_IF(ioctl, 1, TUNSETVNETHDRSZ),
	CALL_IF(ioctl, 1, FIONREAD),
	CALL_IF(bpf, 0, BPF_PROG_LOAD),
	CALL_IF(bpf, 0, BPF_MAP_CREATE), /* libbpf tries out what the kernel knows */
	CALL_IF(bpf, 0, BPF_LINK_CREATE),
	CALL_IF(prlimit64, 0, 0),
	/* a reader of configurations gets one end */
	CALL_IF(socketpair, 0, AF_UNIX),
	/* files that exist; Landlock says which */
	CALL_WITHOUT(openat, 2, O_CREAT),
	CALL_WITHOUT(open, 1, O_CREAT),
	CALL(newfstatat),
	CALL(fstat),
	CALL(lstat),
	CALL(stat),
	CALL(lseek),
	CALL(fcntl),
	CALL(unlink),
	CALL(unlinkat),
};

static struct {
	struct seccomp_log log;
	u64 refused;
	bool written[CALLS_MAX];
	char name[CALLS_MAX][NAME_SIZE];
} state;

/* ---- a refused call -------------------------------------------------------------------------- */

static size_t append(char line[LINE_SIZE], size_t len, const char *text)
{
	size_t more = strlen(text);

	if (more > LINE_SIZE - 1 - len)
		more = LINE_SIZE - 1 - len;
	memcpy(line + len, text, more);
	return len + more;
}

static void say_refused(const char *name)
{
	static const char because[] = " is none of those that a running gateway makes: refused "
				      "(--no-sandbox lets all of them through)";
	char line[LINE_SIZE];
	char stamp[OS_STAMP_SIZE];
	size_t len = append(line, 0, state.log.priorities ? "<3>" : "");

	if (state.log.json) {
		os_stamp(stamp);
		len = append(line, len, "{\"time\":\"");
		len = append(line, len, stamp);
		len = append(line, len, "\",\"level\":\"error\",\"event\":\"sandbox\",\"call\":\"");
		len = append(line, len, name);
		len = append(line, len, "\",\"message\":\"");
	} else {
		len = append(line, len, "sluice: error: ");
	}
	len = append(line, len, "the system call ");
	len = append(line, len, name);
	len = append(line, len, because);
	len = append(line, len, state.log.json ? "\"}\n" : "\n");
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

/* The call answers -EPERM. False: not known how, on this machine. */
static bool answer_refused(ucontext_t *context)
{
#if defined(__x86_64__)
	context->uc_mcontext.gregs[REG_RAX] = -EPERM;
	return true;
#elif defined(__aarch64__)
	context->uc_mcontext.regs[0] = (u64)-EPERM;
	return true;
#else
	(void)context;
	return false;
#endif
}

static void on_refused(int number, siginfo_t *info, void *context)
{
	int call = info->si_syscall;
	int saved = errno;

	(void)number;
	state.refused++;
	if (call < 0 || call >= CALLS_MAX) {
		say_refused("of an unknown number");
	} else if (!state.written[call]) {
		state.written[call] = true;
		say_refused(state.name[call]);
	}
	errno = saved;
	if (!answer_refused(context))
		_exit(EXIT_FAILURE);
}

u64 os_seccomp_refused(void)
{
	return state.refused;
}

/* ---- the filter ------------------------------------------------------------------------------ */

static void names_find(void)
{
	for (int call = 0; call < CALLS_MAX; call++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

		memcpy(state.name[call], "of an unknown name", sizeof "of an unknown name");
		if (name && strlen(name) < NAME_SIZE)
			memcpy(state.name[call], name, strlen(name) + 1);
		free(name);
	}
}

static bool handler_set(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	sigset_t set;

	action.sa_sigaction = on_refused;
	(void)sigemptyset(&action.sa_mask);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGSYS);
	return sigaction(SIGSYS, &action, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &set, NULL) == 0;
}

/* A call that this machine does not have (open, on newer ones) is left out. */
static int rule_add(scmp_filter_ctx filter, const struct rule *rule)
{
	struct scmp_arg_cmp compare = { rule->arg, SCMP_CMP_MASKED_EQ, rule->mask, rule->value };

	if (rule->call < 0)
		return 0;
	if (rule->arg == ANY)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->call, 0);
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call, 1, &compare);
}

static int filter_load(scmp_filter_ctx filter)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_COUNT(rules) && err == 0; i++)
		err = rule_add(filter, &rules[i]);
	/* Calls of another machine's kind (32 bits) have other numbers. */
	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A tree, so that the last rule costs as little as the first. */
	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* No code of others runs here that could look for secrets by speculation, and older kernels
	 * slow every memory access down to prevent it.                                          */
	if (err == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	return err == 0 ? seccomp_load(filter) : err;
}

bool os_seccomp_enter(const struct seccomp_log *log)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int err;

	if (!filter) {
		errno = ENOMEM;
		return false;
	}
	memset(&state, 0, sizeof state);
	state.log = *log;
	names_find();
	err = handler_set() ? filter_load(filter) : -errno;
	seccomp_release(filter);
	errno = -err;
	return err == 0;
}
