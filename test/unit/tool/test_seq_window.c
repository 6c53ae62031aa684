/* First answers, duplicates, strangers, and the wrap of sequence numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "tool/seq_window.h"

static int make_window(void **state)
{
	*state = calloc(1, sizeof(struct seq_window));
	return *state ? 0 : -1;
}

static int free_window(void **state)
{
	free(*state);
	return 0;
}

static void second_answer_is_a_duplicate(void **state)
{
	struct seq_window *window = *state;
	uint64_t sent_ns = 0;

	seq_window_sent(window, 63, 100);
	seq_window_sent(window, 64, 200);
	assert_int_equal(seq_window_answer(window, 64, &sent_ns), SEQ_FIRST);
	assert_int_equal(sent_ns, 200);
	assert_true(seq_window_waits(window, 63));
	assert_false(seq_window_waits(window, 64));
	assert_int_equal(seq_window_answer(window, 64, &sent_ns), SEQ_DUPLICATE);
	assert_int_equal(seq_window_answer(window, 63, &sent_ns), SEQ_FIRST);
	assert_int_equal(sent_ns, 100);
}

static void never_sent_is_not_ours(void **state)
{
	struct seq_window *window = *state;
	uint64_t sent_ns = 9;

	seq_window_sent(window, 1, 100);
	assert_int_equal(seq_window_answer(window, 2, &sent_ns), SEQ_UNKNOWN);
	assert_int_equal(sent_ns, 9);
	assert_false(seq_window_knows(window, 2));
}

static void a_wrapped_number_starts_afresh(void **state)
{
	struct seq_window *window = *state;
	uint64_t sent_ns = 0;

	for (uint64_t count = 1; count <= 65536 + 5; count++) {
		uint16_t seq = (uint16_t)count;

		seq_window_sent(window, seq, count);
		assert_int_equal(seq_window_answer(window, seq, &sent_ns), SEQ_FIRST);
		assert_int_equal(sent_ns, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(second_answer_is_a_duplicate, make_window,
						free_window),
		cmocka_unit_test_setup_teardown(never_sent_is_not_ours, make_window, free_window),
		cmocka_unit_test_setup_teardown(a_wrapped_number_starts_afresh, make_window,
						free_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
