/* What a process in the sandbox can do no more, what it still can, and what is written of it. Each
 * test is a child, since nothing leads out of the sandbox again.                                */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "host/io/afpacket.h"
#include "host/io/hostport.h"
#include "host/os/netlink.h"
#include "host/os/notify.h"
#include "host/os/sandbox.h"
#include "unit/host_io/netns.h"

enum { SAID_SIZE = 4096, REST_SIZE = 8192 };

/* Fails in a child: says where, and ends it. */
#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			dprintf(STDOUT_FILENO, "line %d: %s\n", __LINE__, #what);                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static char folder[] = "/tmp/test_sandbox.XXXXXX";

static void enter(bool json, struct sandbox *sandbox)
{
	char control[64];
	struct sandbox_conf conf = { .control = control, .log = { .json = json } };

	(void)snprintf(control, sizeof control, "%s/control.sock", folder);
	sandbox_enter(&conf, sandbox);
}

/* Runs fn in a child; answers what that wrote to stderr. */
static void in_child(void (*fn)(void), char said[SAID_SIZE])
{
	int ends[2], status = -1;
	size_t len = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while (len < SAID_SIZE - 1 && (got = read(ends[0], said + len, SAID_SIZE - 1 - len)) > 0)
		len += (size_t)got;
	said[len] = 0;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status != 0)
		print_error("the child ended with %x; it said: %s\n", (unsigned)status, said);
	assert_int_equal(status, 0);
}

/* ---- what the kernel says of the process ----------------------------------------------------- */

static int status_file;
static char status[REST_SIZE];

static const char *status_of(const char *name)
{
	const char *line = strstr(status, name);

	return line ? line + strlen(name) : "";
}

static void child_status(void)
{
	const u64 may = UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW |
			UINT64_C(1) << CAP_BPF;
	struct sandbox sandbox;
	ssize_t got;

	status_file = open("/proc/self/status", O_RDONLY);
	enter(false, &sandbox);
	MUST(sandbox.frozen && sandbox.dropped && sandbox.seccomp);
	got = read(status_file, status, sizeof status - 1);
	MUST(got > 0);
	MUST(strtoul(status_of("\nNoNewPrivs:"), NULL, 10) == 1);
	MUST(strtoul(status_of("\nSeccomp:"), NULL, 10) == 2);
	MUST((strtoull(status_of("\nCapEff:"), NULL, 16) & ~may) == 0);
	MUST((strtoull(status_of("\nCapPrm:"), NULL, 16) & ~may) == 0);
	MUST(strtoull(status_of("\nCapInh:"), NULL, 16) == 0);
	MUST(strtoull(status_of("\nCapAmb:"), NULL, 16) == 0);
}

static void the_kernel_shows_it(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	in_child(child_status, said);
}

/* ---- refused calls --------------------------------------------------------------------------- */

static void child_forbidden(void)
{
	char *const argv[] = { (char *)"true", NULL };
	struct sandbox sandbox;

	enter(false, &sandbox);
	MUST(execv("/bin/true", argv) == -1 && errno == EPERM);
	MUST(execv("/bin/true", argv) == -1 && errno == EPERM);
	MUST(fork() == -1 && errno == EPERM);
	MUST(os_seccomp_refused() == 3);
}

static void a_forbidden_call_is_refused_and_named(void **state)
{
	char said[SAID_SIZE];
	const char *first;

	(void)state;
	in_child(child_forbidden, said);
	assert_non_null(strstr(said, "sluice: error: the system call execve "));
	first = strstr(said, "execve");
	assert_null(strstr(first + 1, "execve"));
	assert_non_null(strstr(said, "the system call clone"));
	assert_non_null(strstr(said, "--no-sandbox"));
}

static void child_forbidden_json(void)
{
	struct sandbox sandbox;

	enter(true, &sandbox);
	MUST(syscall(SYS_ptrace, 0, 0, 0, 0) == -1 && errno == EPERM);
}

static void the_same_in_json(void **state)
{
	char said[SAID_SIZE];
	json_t *line;

	(void)state;
	in_child(child_forbidden_json, said);
	line = json_loads(said, 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "event")), "sandbox");
	assert_string_equal(json_string_value(json_object_get(line, "call")), "ptrace");
	assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
	json_decref(line);
}

/* Calls that are let through, but not with these arguments. */
static void child_arguments(void)
{
	const int executable = PROT_READ | PROT_EXEC;
	struct sandbox sandbox;
	void *page;

	enter(false, &sandbox);
	MUST(mmap(NULL, 4096, executable, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(page != MAP_FAILED);
	MUST(mprotect(page, 4096, executable) == -1 && errno == EPERM);
	MUST(ioctl(STDIN_FILENO, TIOCSTI, "x") == -1 && errno == EPERM);
	MUST(socket(AF_INET6, SOCK_STREAM, 0) == -1 && errno == EPERM);
	MUST(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	MUST(open("/tmp/sluice_new", O_CREAT | O_WRONLY, 0600) == -1 && errno == EPERM);
	MUST(os_seccomp_refused() == 5);
}

static void arguments_are_looked_at(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	in_child(child_arguments, said);
	assert_non_null(strstr(said, "the system call mprotect "));
	assert_non_null(strstr(said, "the system call ioctl "));
}

/* ---- files ----------------------------------------------------------------------------------- */

static void child_files(void)
{
	char path[64];
	struct sandbox sandbox;
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd;

	(void)snprintf(path, sizeof path, "%s/control.sock", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	MUST(fd >= 0);
	enter(false, &sandbox);
	if (sandbox.landlock_abi == 0)
		return;
	MUST(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	MUST(open("/proc/self/environ", O_RDONLY) == -1 && errno == EACCES);
	MUST(open(path, O_RDONLY) == -1 && errno == EACCES);
	MUST(open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY) >= 0);
	MUST(write(fd, "x", 1) == 1);
	MUST(unlink("/etc/passwd.sluice") == -1);
	MUST(unlink(path) == 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	MUST(sandbox.landlock_abi < 4 || bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1);
}

static void only_its_own_files_can_be_opened(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	in_child(child_files, said);
	assert_string_equal(said, "");
}

static void file_make(const char *name, char path[64])
{
	int fd;

	(void)snprintf(path, 64, "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	MUST(fd >= 0);
	MUST(close(fd) == 0);
}

/* By way of a link into another folder; and the file is put in place anew afterwards. */
static void child_reads(void)
{
	struct sandbox_conf conf = { .control = "/run/control.sock" };
	struct sandbox sandbox;
	char path[64], link[64], after[64];
	int go[2], done[2];
	char byte = 0;

	MUST(pipe(go) == 0 && pipe(done) == 0);
	file_make("sluice.conf", path);
	file_make("sluice.new", after);
	(void)snprintf(link, sizeof link, "%s/link", folder);
	MUST(symlink("sluice.conf", link) == 0);
	conf.config = link;
	if (fork() == 0) {
		MUST(read(go[0], &byte, 1) == 1);
		MUST(rename(after, path) == 0);
		MUST(write(done[1], &byte, 1) == 1);
		_exit(0);
	}
	sandbox_enter(&conf, &sandbox);
	MUST(open(link, O_RDONLY) >= 0);
	MUST(write(go[1], &byte, 1) == 1);
	MUST(read(done[0], &byte, 1) == 1);
	MUST(open(link, O_RDONLY) >= 0);
	MUST(sandbox.landlock_abi == 0 || (open(path, O_WRONLY) == -1 && errno == EACCES));
	MUST(sandbox.landlock_abi == 0 || open("/etc/passwd", O_RDONLY) == -1);
}

static void the_configuration_can_be_read_again(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	in_child(child_reads, said);
	assert_string_equal(said, "");
}

/* ---- sockets of others ----------------------------------------------------------------------- */

static socklen_t abstract(struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(addr->sun_path + 1, sizeof addr->sun_path - 1, "%s",
					    folder));
}

/* The service manager was connected to before, and still hears. */
static void child_notifies(void)
{
	struct sandbox sandbox;
	struct notify notify;
	char name[64];

	(void)snprintf(name, sizeof name, "@%s", folder);
	setenv("NOTIFY_SOCKET", name, 1);
	MUST(notify_open(&notify) && notify.fd >= 0);
	enter(false, &sandbox);
	notify_ready(&notify);
	MUST(connect(notify.fd, NULL, 0) == -1 && errno == EPERM);
}

static void the_service_manager_still_hears(void **state)
{
	struct sockaddr_un addr;
	socklen_t len = abstract(&addr);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char said[SAID_SIZE], text[32];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	in_child(child_notifies, said);
	assert_int_equal(recv(fd, text, sizeof text, 0), strlen("READY=1"));
	assert_memory_equal(text, "READY=1", strlen("READY=1"));
	close(fd);
}

/* ---- an interface that comes again ----------------------------------------------------------- */

static struct port *open_taken(const char *name)
{
	const struct afpacket_conf conf = { .name = name, .iface = 0 };
	char why[PORT_WHY_SIZE] = "";
	struct port *port = afpacket_open(&conf, why, sizeof why);

	if (!port)
		dprintf(STDOUT_FILENO, "%s: %s\n", name, why);
	return port;
}

/* Both were made before: here it is taken as after it had gone. */
static void child_takes_again(void)
{
	struct hostport_conf conf = { .iface = 1, .taken_count = 1 };
	char why[PORT_WHY_SIZE] = "", way[128];
	struct sandbox sandbox;
	struct port *first, *host, *again;
	struct os_iface iface;

	first = open_taken("sb0");
	conf.taken[0] = first;
	MUST(first != NULL);
	host = hostport_open(&conf, why, sizeof why);
	MUST(host != NULL);
	(void)snprintf(way, sizeof way, "%s", hostport_way(host));
	enter(false, &sandbox);
	MUST(sandbox.seccomp);
	port_close(first);
	again = open_taken("sb1");
	MUST(again != NULL);
	MUST(hostport_take(host, again, why, sizeof why));
	/* As good as the first time: eBPF where that was to be had. */
	MUST(strcmp(hostport_way(host), way) == 0);
	MUST(os_iface_read("sb1", &iface, why, sizeof why));
	MUST(os_iface_set_up(iface.index, why, sizeof why));
	MUST(port_refresh(again));
	port_close(host);
	port_close(again);
	MUST(os_seccomp_refused() == 0);
}

static void an_interface_can_be_taken_again(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	netns_ip("link add sb0 type veth peer name sb1");
	netns_ip("link set sb0 up");
	netns_ip("link set sb1 up");
	in_child(child_takes_again, said);
	assert_string_equal(said, "");
	netns_ip("link del sb0");
}

/* ---- a kernel that knows less ---------------------------------------------------------------- */

/* The call answers that there is no such call. */
static void take_away(int call)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	MUST(filter != NULL);
	MUST(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) == 0);
	MUST(seccomp_load(filter) == 0);
	seccomp_release(filter);
}

static void child_without_landlock(void)
{
	struct sandbox sandbox;

	take_away(SYS_landlock_create_ruleset);
	enter(false, &sandbox);
	MUST(sandbox.landlock_abi == 0 && !sandbox_is_whole(&sandbox));
	MUST(sandbox.frozen && sandbox.dropped && sandbox.seccomp);
	MUST(open("/etc/passwd", O_RDONLY) >= 0);
	MUST(syscall(SYS_ptrace, 0, 0, 0, 0) == -1 && errno == EPERM);
}

static void without_landlock_the_rest_holds(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	in_child(child_without_landlock, said);
	assert_non_null(strstr(said, "ptrace"));
}

static void child_without_seccomp(void)
{
	struct sandbox sandbox;

	/* prctl(), the older way to set a filter, is needed by the steps before: one use goes. */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	MUST(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
			      SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0)) == 0);
	MUST(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) == 0);
	MUST(seccomp_load(filter) == 0);
	seccomp_release(filter);
	enter(false, &sandbox);
	MUST(!sandbox.seccomp && !sandbox_is_whole(&sandbox));
	MUST(sandbox.frozen && sandbox.dropped);
	MUST(sandbox.landlock_abi == 0 || open("/etc/passwd", O_RDONLY) == -1);
}

static void without_seccomp_the_rest_holds(void **state)
{
	char said[SAID_SIZE];

	(void)state;
	in_child(child_without_seccomp, said);
	assert_string_equal(said, "");
}

/* A mistake of the programmer stops the program there, too. */
static void a_failed_check_ends_it(void **state)
{
	int how = 0;
	pid_t child;

	(void)state;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		const struct rlimit none = { 0, 0 };
		struct sandbox sandbox;

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);
		enter(false, &sandbox);
		abort();
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void it_says_what_is_not_in_force(void **state)
{
	const struct sandbox none = { 0 };
	const struct sandbox all = { true, true, 7, true };
	char text[SANDBOX_TEXT_SIZE];

	(void)state;
	sandbox_describe(&none, text);
	assert_non_null(strstr(text, "NOT given up"));
	assert_non_null(strstr(text, "NOT filtered"));
	assert_non_null(strstr(text, "no Landlock"));
	assert_false(sandbox_is_whole(&none));
	sandbox_describe(&all, text);
	assert_null(strstr(text, "NOT"));
	assert_non_null(strstr(text, "ABI 7"));
	assert_true(sandbox_is_whole(&all));
}

static void folder_remove(void)
{
	char path[64];

	(void)snprintf(path, sizeof path, "%s/sluice.conf", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/control.sock", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/link", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_shows_it),
		cmocka_unit_test(a_forbidden_call_is_refused_and_named),
		cmocka_unit_test(the_same_in_json),
		cmocka_unit_test(arguments_are_looked_at),
		cmocka_unit_test(only_its_own_files_can_be_opened),
		cmocka_unit_test(the_configuration_can_be_read_again),
		cmocka_unit_test(the_service_manager_still_hears),
		cmocka_unit_test(an_interface_can_be_taken_again),
		cmocka_unit_test(without_landlock_the_rest_holds),
		cmocka_unit_test(without_seccomp_the_rest_holds),
		cmocka_unit_test(a_failed_check_ends_it),
		cmocka_unit_test(it_says_what_is_not_in_force),
	};
	int failed;

	if (!netns_enter())
		return netns_skip(ARRAY_COUNT(tests), "no network namespace is to be had here");
	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	folder_remove();
	return failed;
}
