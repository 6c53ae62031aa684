/* What reaches a socket that listens as a service manager does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <inttypes.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/os/clock.h"
#include "host/os/notify.h"

struct manager {
	char folder[32];
	char path[64];
	int fd;
	char text[512];
};

static void manager_open(struct manager *manager, bool abstract)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len;

	memset(manager, 0, sizeof *manager);
	strcpy(manager->folder, "/tmp/test_notify.XXXXXX");
	assert_non_null(mkdtemp(manager->folder));
	(void)snprintf(manager->path, sizeof manager->path, "%s%s/notify", abstract ? "@" : "",
		       manager->folder);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(manager->path));
	memcpy(addr.sun_path, manager->path, strlen(manager->path));
	if (abstract)
		addr.sun_path[0] = 0;
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(manager->fd, (struct sockaddr *)&addr, len), 0);
	setenv("NOTIFY_SOCKET", manager->path, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void manager_close(struct manager *manager)
{
	close(manager->fd);
	(void)unlink(manager->path);
	(void)rmdir(manager->folder);
}

/* The next datagram; "" when there is none. */
static const char *hears(struct manager *manager)
{
	ssize_t got = recv(manager->fd, manager->text, sizeof manager->text - 1, 0);

	manager->text[got < 0 ? 0 : got] = 0;
	return manager->text;
}

static void a_life(struct manager *manager)
{
	struct notify notify;
	u64 usec = 0;

	assert_true(notify_open(&notify));
	assert_null(getenv("NOTIFY_SOCKET"));
	notify_status(&notify, "%u flows", 7);
	assert_string_equal(hears(manager), "STATUS=7 flows");
	notify_ready(&notify);
	assert_string_equal(hears(manager), "READY=1");
	notify_reloading(&notify);
	assert_int_equal(sscanf(hears(manager), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64, &usec), 1);
	assert_true(usec > 0 && usec <= os_now() / NS_PER_US);
	notify_stopping(&notify);
	assert_string_equal(hears(manager), "STOPPING=1");
	assert_string_equal(hears(manager), "");
	notify_close(&notify);
}

static void a_life_at_a_path(void **state)
{
	struct manager manager;

	(void)state;
	manager_open(&manager, false);
	a_life(&manager);
	manager_close(&manager);
}

static void a_life_at_an_abstract_name(void **state)
{
	struct manager manager;

	(void)state;
	manager_open(&manager, true);
	a_life(&manager);
	manager_close(&manager);
}

static void signs_of_life_come_in_time_and_not_more_often(void **state)
{
	struct manager manager;
	struct notify notify;
	char pid[16];

	(void)state;
	manager_open(&manager, false);
	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	assert_true(notify_open(&notify));
	notify_alive(&notify, 100 * NS_PER_SEC);
	assert_string_equal(hears(&manager), "WATCHDOG=1");
	notify_alive(&notify, 110 * NS_PER_SEC - 1);
	assert_string_equal(hears(&manager), "");
	notify_alive(&notify, 110 * NS_PER_SEC);
	assert_string_equal(hears(&manager), "WATCHDOG=1");
	notify_close(&notify);
	manager_close(&manager);
}

static void the_watchdog_of_another_process_is_none(void **state)
{
	struct manager manager;
	struct notify notify;

	(void)state;
	manager_open(&manager, false);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_true(notify_open(&notify));
	notify_alive(&notify, 100 * NS_PER_SEC);
	assert_string_equal(hears(&manager), "");
	notify_close(&notify);
	manager_close(&manager);
}

static void without_a_manager_nothing_happens(void **state)
{
	struct notify notify;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_true(notify_open(&notify));
	assert_int_equal(notify.fd, -1);
	notify_ready(&notify);
	notify_alive(&notify, NS_PER_SEC);
	notify_close(&notify);
}

static void a_manager_that_is_not_there_is_said(void **state)
{
	struct notify notify;

	(void)state;
	setenv("NOTIFY_SOCKET", "/tmp/test_notify.none/notify", 1);
	assert_false(notify_open(&notify));
	setenv("NOTIFY_SOCKET", "no path", 1);
	assert_false(notify_open(&notify));
	notify_ready(&notify);
}

/* It listens no more, or too slowly: that holds nothing up. */
static void a_manager_that_went_is_no_harm(void **state)
{
	struct manager manager;
	struct notify notify;

	(void)state;
	manager_open(&manager, false);
	assert_true(notify_open(&notify));
	for (int i = 0; i < 10000; i++)
		notify_status(&notify, "%d", i);
	manager_close(&manager);
	notify_ready(&notify);
	notify_close(&notify);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_at_a_path),
		cmocka_unit_test(a_life_at_an_abstract_name),
		cmocka_unit_test(signs_of_life_come_in_time_and_not_more_often),
		cmocka_unit_test(the_watchdog_of_another_process_is_none),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(a_manager_that_is_not_there_is_said),
		cmocka_unit_test(a_manager_that_went_is_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
