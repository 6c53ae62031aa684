/* The control socket: clients that ask, crowd, stall, leave, and sockets left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/ctl/ctl.h"
#include "host/loop/loop.h"
#include "unit/host_ctl/fake_show.h"

enum { TURNS_MAX = 100000, ANSWER_MAX = 4 * 1024 * 1024, HANGS_S = 20 };

struct bed {
	char folder[64];
	char path[96];
	struct loop *loop;
	struct ctl *ctl;
	struct fake_tables *tables;
	char *answer;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct ctl_why why;

	if (!bed)
		return -1;
	snprintf(bed->folder, sizeof bed->folder, "/tmp/sluice-ctl-XXXXXX");
	if (!mkdtemp(bed->folder))
		return -1;
	snprintf(bed->path, sizeof bed->path, "%s/new/control.sock", bed->folder);
	bed->tables = calloc(1, sizeof *bed->tables);
	bed->answer = malloc(ANSWER_MAX);
	bed->loop = loop_new();
	bed->ctl = ctl_new(bed->loop, fake_sluice(bed->tables), bed->path, &why);
	*state = bed;
	return bed->ctl ? 0 : -1;
}

static int teardown(void **state)
{
	struct bed *bed = *state;
	char folder[96];

	ctl_del(bed->ctl);
	loop_del(bed->loop);
	unlink(bed->path);
	snprintf(folder, sizeof folder, "%s/new", bed->folder);
	rmdir(folder);
	rmdir(bed->folder);
	free(bed->tables);
	free(bed->answer);
	free(bed);
	return 0;
}

static int dial(const struct bed *bed)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, bed->path, strlen(bed->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

static void ask(int fd, const char *request)
{
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
}

static void turn(struct bed *bed)
{
	loop_turn(bed->loop);
	ctl_work(bed->ctl, NS_PER_SEC);
}

/* Reads until the other side closes; the answer is in bed->answer. */
static size_t read_all(struct bed *bed, int fd)
{
	size_t len = 0;

	for (u32 i = 0; i < TURNS_MAX; i++) {
		ssize_t got;

		turn(bed);
		got = recv(fd, bed->answer + len, ANSWER_MAX - 1 - len, 0);
		if (got == 0) {
			bed->answer[len] = 0;
			close(fd);
			return len;
		}
		if (got > 0)
			len += (size_t)got;
		else
			assert_int_equal(errno, EAGAIN);
	}
	fail_msg("no end of the answer");
	return len;
}

static u32 lines(const char *text)
{
	u32 count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void one_question_one_answer(void **state)
{
	struct bed *bed = *state;
	int fd = dial(bed);

	fake_add_flows(bed->tables, 2);
	ask(fd, "{\"version\":1,\"show\":\"flows\"}\n");
	read_all(bed, fd);
	assert_int_equal(lines(bed->answer), 4);
	assert_non_null(strstr(bed->answer, "\"src\":\"10.0.0.1\""));
	assert_int_equal(ctl_stats(bed->ctl)->answered, 1);
}

static void a_request_in_pieces(void **state)
{
	struct bed *bed = *state;
	int fd = dial(bed);

	ask(fd, "{\"version\":1,");
	for (int i = 0; i < 10; i++)
		turn(bed);
	ask(fd, "\"show\":\"nat\"}\n");
	read_all(bed, fd);
	assert_non_null(strstr(bed->answer, "\"count\":0"));
}

static void nonsense_is_answered(void **state)
{
	struct bed *bed = *state;
	int fd = dial(bed);

	ask(fd, "GET / HTTP/1.1\r\n\r\n");
	read_all(bed, fd);
	assert_non_null(strstr(bed->answer, "{\"version\":1,\"error\":\""));
	assert_int_equal(ctl_stats(bed->ctl)->malformed, 1);
	assert_int_equal(ctl_stats(bed->ctl)->answered, 0);
}

static void a_request_without_end(void **state)
{
	struct bed *bed = *state;
	int fd = dial(bed);
	char *request = malloc(CTL_REQUEST_MAX + 1);

	assert_non_null(request);
	memset(request, 'x', CTL_REQUEST_MAX);
	request[CTL_REQUEST_MAX] = 0;
	ask(fd, request);
	free(request);
	read_all(bed, fd);
	assert_non_null(strstr(bed->answer, "4096"));
	assert_int_equal(ctl_stats(bed->ctl)->malformed, 1);
}

/* The answer waits for the reader: what it has not taken stays a bounded piece. */
/* The text of a configuration comes in pieces, and is lent whole to whoever acts. */
static void an_action_with_a_text(void **state)
{
	struct bed *bed = *state;
	static char text[262144];
	struct ctl_call call;
	int fd = dial(bed);
	size_t sent = 0;

	memset(text, 'y', sizeof text);
	text[sizeof text - 1] = 'z';
	assert_false(ctl_action_take(bed->ctl, &call));
	ask(fd, "{\"version\":1,\"do\":\"reload\",\"bytes\":262144,\"name\":\"a\"}\n");
	for (u32 i = 0; i < TURNS_MAX && sent < sizeof text; i++) {
		ssize_t got;

		turn(bed);
		assert_false(ctl_action_take(bed->ctl, &call));
		got = send(fd, text + sent, sizeof text - sent, MSG_NOSIGNAL);
		if (got > 0)
			sent += (size_t)got;
	}
	assert_int_equal(sent, sizeof text);
	for (u32 i = 0; i < TURNS_MAX && !ctl_action_take(bed->ctl, &call); i++)
		turn(bed);
	assert_int_equal(call.action.what, CTL_DO_RELOAD);
	assert_string_equal(call.action.name, "a");
	assert_memory_equal(call.text, text, sizeof text);
	ctl_action_answer(bed->ctl, &call, "{\"done\":true}");
	read_all(bed, fd);
	assert_string_equal(bed->answer, "{\"done\":true}\n");
	assert_false(ctl_action_take(bed->ctl, &call));
}

/* Small ones may come from all clients at once, large ones from one. */
static void one_large_text_at_a_time(void **state)
{
	struct bed *bed = *state;
	int first = dial(bed), second = dial(bed), third = dial(bed);

	ask(first, "{\"version\":1,\"do\":\"reload\",\"bytes\":5000000}\n");
	turn(bed);
	ask(second, "{\"version\":1,\"do\":\"reload\",\"bytes\":5000000}\n");
	read_all(bed, second);
	assert_non_null(strstr(bed->answer, "try again"));
	ask(third, "{\"version\":1,\"do\":\"diff\",\"bytes\":1}\nx");
	for (u32 i = 0; i < 5; i++)
		turn(bed);
	close(first);
	for (u32 i = 0; i < 5; i++)
		turn(bed);
	second = dial(bed);
	ask(second, "{\"version\":1,\"do\":\"reload\",\"bytes\":5000000}\n");
	for (u32 i = 0; i < 5; i++)
		turn(bed);
	assert_int_equal(ctl_stats(bed->ctl)->malformed, 1);
	close(second);
	close(third);
}

/* Two actions are done one after the other, each answered to the one who asked. */
static void actions_wait_for_each_other(void **state)
{
	struct bed *bed = *state;
	struct ctl_call call;
	int one = dial(bed);
	int two = dial(bed);

	ask(one, "{\"version\":1,\"do\":\"diff\",\"bytes\":2,\"name\":\"one\"}\nab");
	ask(two, "{\"version\":1,\"do\":\"confirm\"}\n");
	for (int i = 0; i < 20; i++)
		turn(bed);
	assert_true(ctl_action_take(bed->ctl, &call));
	assert_memory_equal(call.text, "ab", 2);
	ctl_action_answer(bed->ctl, &call, "first");
	assert_true(ctl_action_take(bed->ctl, &call));
	assert_int_equal(call.action.what, CTL_DO_CONFIRM);
	ctl_action_answer(bed->ctl, &call, "second");
	assert_false(ctl_action_take(bed->ctl, &call));
	read_all(bed, one);
	assert_string_equal(bed->answer, "first\n");
	read_all(bed, two);
	assert_string_equal(bed->answer, "second\n");
}

/* Half a text is none. */
static void a_text_that_breaks_off(void **state)
{
	struct bed *bed = *state;
	struct ctl_call call;
	int fd = dial(bed);

	ask(fd, "{\"version\":1,\"do\":\"reload\",\"bytes\":100,\"name\":\"a\"}\nab");
	for (int i = 0; i < 20; i++)
		turn(bed);
	close(fd);
	for (int i = 0; i < 20; i++)
		turn(bed);
	assert_false(ctl_action_take(bed->ctl, &call));
	assert_int_equal(ctl_stats(bed->ctl)->gone, 1);
}

static void a_slow_reader_holds_nothing_up(void **state)
{
	struct bed *bed = *state;
	int slow = dial(bed);
	int quick = dial(bed);
	u32 pending = 0;

	fake_add_flows(bed->tables, FAKE_FLOWS_MAX);
	ask(slow, "{\"version\":1,\"show\":\"flows\"}\n");
	for (u32 i = 0; i < 1000; i++) {
		loop_turn(bed->loop);
		pending += ctl_work(bed->ctl, NS_PER_SEC);
	}
	/* Far fewer steps than the answer has: it stopped, and says that nothing is to be done. */
	assert_true(pending > 0);
	assert_true(pending < 40);
	assert_false(ctl_work(bed->ctl, NS_PER_SEC));
	assert_int_equal(ctl_stats(bed->ctl)->answered, 0);
	ask(quick, "{\"version\":1,\"show\":\"nat\"}\n");
	read_all(bed, quick);
	assert_int_equal(ctl_stats(bed->ctl)->answered, 1);
	read_all(bed, slow);
	assert_int_equal(lines(bed->answer), FAKE_FLOWS_MAX + 2);
}

static void clients_take_turns(void **state)
{
	struct bed *bed = *state;
	int one = dial(bed);
	int two = dial(bed);

	fake_add_flows(bed->tables, 1000);
	ask(one, "{\"version\":1,\"show\":\"flows\",\"filter\":{\"count\":true}}\n");
	ask(two, "{\"version\":1,\"show\":\"flows\",\"filter\":{\"count\":true}}\n");
	for (u32 i = 0; i < 17; i++)
		turn(bed);
	/* Each needs 16 steps: one after the other, the first would have its answer by now. */
	assert_int_equal(ctl_stats(bed->ctl)->answered, 0);
	read_all(bed, one);
	assert_non_null(strstr(bed->answer, "\"count\":1000"));
	read_all(bed, two);
	assert_non_null(strstr(bed->answer, "\"count\":1000"));
}

static void one_client_too_many(void **state)
{
	struct bed *bed = *state;
	int fd[CTL_CLIENTS_MAX];
	int late;

	for (u32 i = 0; i < CTL_CLIENTS_MAX; i++)
		fd[i] = dial(bed);
	for (u32 i = 0; i < 10; i++)
		turn(bed);
	late = dial(bed);
	read_all(bed, late);
	assert_non_null(strstr(bed->answer, "too many clients"));
	assert_int_equal(ctl_stats(bed->ctl)->crowded, 1);
	close(fd[0]);
	for (u32 i = 0; i < 10; i++)
		turn(bed);
	late = dial(bed);
	ask(late, "{\"version\":1,\"show\":\"nat\"}\n");
	read_all(bed, late);
	assert_non_null(strstr(bed->answer, "\"nat\":["));
	for (u32 i = 1; i < CTL_CLIENTS_MAX; i++)
		close(fd[i]);
}

static void a_client_that_leaves(void **state)
{
	struct bed *bed = *state;
	int fd = dial(bed);

	fake_add_flows(bed->tables, FAKE_FLOWS_MAX);
	ask(fd, "{\"version\":1,\"show\":\"flows\"}\n");
	for (u32 i = 0; i < 5; i++)
		turn(bed);
	close(fd);
	for (u32 i = 0; i < 100; i++)
		turn(bed);
	assert_int_equal(ctl_stats(bed->ctl)->gone, 1);
	fd = dial(bed);
	ask(fd, "{\"version\":1,\"show\":\"nat\"}\n");
	read_all(bed, fd);
	assert_int_equal(ctl_stats(bed->ctl)->answered, 1);
}

static void a_listening_socket_is_not_replaced(void **state)
{
	struct bed *bed = *state;
	struct ctl_why why;

	assert_null(ctl_new(bed->loop, fake_sluice(bed->tables), bed->path, &why));
	assert_non_null(strstr(why.text, "another gateway"));
	assert_non_null(strstr(why.text, "--control"));
	close(dial(bed));
}

static void a_socket_left_behind_is_replaced(void **state)
{
	struct bed *bed = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat stat;
	struct ctl_why why;
	int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ctl_del(bed->ctl);
	assert_int_equal(lstat(bed->path, &stat), -1);
	memcpy(addr.sun_path, bed->path, strlen(bed->path) + 1);
	assert_int_equal(bind(dead, (struct sockaddr *)&addr, sizeof addr), 0);
	close(dead);
	assert_int_equal(lstat(bed->path, &stat), 0);
	bed->ctl = ctl_new(bed->loop, fake_sluice(bed->tables), bed->path, &why);
	assert_non_null(bed->ctl);
	assert_int_equal(lstat(bed->path, &stat), 0);
	assert_int_equal(stat.st_mode & 0777, 0660);
	close(dial(bed));
}

/* It may be somebody's. */
static void a_file_is_not_replaced(void **state)
{
	struct bed *bed = *state;
	struct ctl_why why;
	struct stat stat;
	char path[112];

	snprintf(path, sizeof path, "%s/file", bed->folder);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_null(ctl_new(bed->loop, fake_sluice(bed->tables), path, &why));
	assert_non_null(strstr(why.text, "no socket"));
	assert_int_equal(lstat(path, &stat), 0);
	unlink(path);
}

static void paths_that_can_not_be(void **state)
{
	struct bed *bed = *state;
	struct ctl_why why;
	char path[200];

	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = 0;
	assert_null(ctl_new(bed->loop, fake_sluice(bed->tables), path, &why));
	assert_non_null(strstr(why.text, "107"));
	snprintf(path, sizeof path, "%s/no/such/folder.sock", bed->folder);
	assert_null(ctl_new(bed->loop, fake_sluice(bed->tables), path, &why));
	assert_non_null(strstr(why.text, "--control"));
}

/* Somebody has put another socket there: it is theirs. */
static void only_its_own_socket_is_removed(void **state)
{
	struct bed *bed = *state;
	struct ctl_why why;
	struct stat stat;
	struct ctl *other;

	assert_int_equal(unlink(bed->path), 0);
	other = ctl_new(bed->loop, fake_sluice(bed->tables), bed->path, &why);
	assert_non_null(other);
	ctl_del(bed->ctl);
	assert_int_equal(lstat(bed->path, &stat), 0);
	bed->ctl = other;
}

/* Whoever may read the folder may lock it; a gateway starts all the same. */
static void a_lock_that_somebody_keeps_holds_nobody_up(void **state)
{
	struct bed *bed = *state;
	char folder[96];
	struct ctl_why why;
	int fd;

	ctl_del(bed->ctl);
	snprintf(folder, sizeof folder, "%s/new", bed->folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	alarm(HANGS_S);
	bed->ctl = ctl_new(bed->loop, fake_sluice(bed->tables), bed->path, &why);
	alarm(0);
	assert_non_null(bed->ctl);
	close(fd);
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BED(one_question_one_answer),
		WITH_BED(a_request_in_pieces),
		WITH_BED(nonsense_is_answered),
		WITH_BED(a_request_without_end),
		WITH_BED(an_action_with_a_text),
		WITH_BED(one_large_text_at_a_time),
		WITH_BED(actions_wait_for_each_other),
		WITH_BED(a_text_that_breaks_off),
		WITH_BED(a_slow_reader_holds_nothing_up),
		WITH_BED(clients_take_turns),
		WITH_BED(one_client_too_many),
		WITH_BED(a_client_that_leaves),
		WITH_BED(a_listening_socket_is_not_replaced),
		WITH_BED(a_socket_left_behind_is_replaced),
		WITH_BED(a_file_is_not_replaced),
		WITH_BED(paths_that_can_not_be),
		WITH_BED(only_its_own_socket_is_removed),
		WITH_BED(a_lock_that_somebody_keeps_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
