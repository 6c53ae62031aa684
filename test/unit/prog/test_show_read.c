/* Reading the answer of whoever listens at the path of the control socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/bytes.h"
#include "prog/show_read.h"

struct heard {
	bool good;
	char *out;
	char *complaints;
};

static struct heard hear_bytes(enum ctl_show show, bool json, const char *answer, size_t len)
{
	struct show_args args = { .show = show, .json = json };
	FILE *stream = fmemopen((void *)(uintptr_t)answer, len, "r");
	struct heard heard = { 0 };
	size_t out_size, complaints_size;
	FILE *out = open_memstream(&heard.out, &out_size);
	FILE *complaints = open_memstream(&heard.complaints, &complaints_size);

	assert_non_null(stream);
	heard.good = show_read(stream, &args, out, complaints);
	fclose(stream);
	fclose(out);
	fclose(complaints);
	return heard;
}

static struct heard hear(enum ctl_show show, bool json, const char *answer)
{
	return hear_bytes(show, json, answer, strlen(answer));
}

static void forget(struct heard *heard)
{
	free(heard->out);
	free(heard->complaints);
}

#define DROPS \
	"{\"version\":1,\"drops\":[\n{\"name\":\"ip_ttl\",\"count\":3},\n" \
	"{\"name\":\"ct_full\",\"count\":1}\n],\"count\":2}\n"

static void an_answer_is_printed_to_its_end(void **state)
{
	struct heard text = hear(CTL_SHOW_DROPS, false, DROPS);
	struct heard json = hear(CTL_SHOW_DROPS, true, DROPS);

	(void)state;
	assert_true(text.good && json.good);
	assert_string_equal(text.out, "           3  ip_ttl              \n"
				      "           1  ct_full             \n");
	assert_string_equal(json.out, DROPS);
	assert_string_equal(text.complaints, "");
	forget(&text);
	forget(&json);
}

static void an_answer_that_breaks_off_is_none(void **state)
{
	struct heard none = hear(CTL_SHOW_DROPS, false, "\n");
	struct heard half = hear(CTL_SHOW_DROPS, false, "{\"version\":1,\"drops\":[\n");

	(void)state;
	assert_false(none.good || half.good);
	assert_non_null(strstr(half.complaints, "broke off"));
	forget(&none);
	forget(&half);
}

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
			return false;
	}
	return true;
}

/* Neither decoded nor as it came may anything reach a terminal that it would obey. */
static void escape_sequences_are_shown_not_obeyed(void **state)
{
	static const char *const answers[] = {
		("{\"version\":1,\"drops\":[\n"
		 "{\"name\":\"\\u001b[2J\\u009b\\u007f\\r\",\"count\":3}\n],\"count\":1}\n"),
		"{\"version\":1,\"error\":\"no \\u001b]0;title\\u0007\"}\n",
		"{\"version\":1,\"error\": \"no \x1b]0;title\a\"}\n",
		"{\"version\":1,\"drops\":[\n\x1b[2J\x9b\x7f\r\n],\"count\":0}\n",
	};

	(void)state;
	for (u32 n = 0; n < 2 * ARRAY_COUNT(answers); n++) {
		struct heard heard = hear(CTL_SHOW_DROPS, n % 2 != 0, answers[n / 2]);

		assert_true(is_plain(heard.out));
		assert_true(is_plain(heard.complaints));
		if (n == 0)
			assert_non_null(strstr(heard.out, "\\u001b[2J"));
		forget(&heard);
	}
}

/* No line of a gateway is that long: what is behind it is nobody's answer. */
static void a_line_without_end_is_refused(void **state)
{
	enum { LONG = 4 << 20 };
	char *answer = malloc(LONG);
	struct heard heard;

	(void)state;
	assert_non_null(answer);
	memset(answer, 'x', LONG);
	for (u32 json = 0; json < 2; json++) {
		heard = hear_bytes(CTL_SHOW_DROPS, json != 0, answer, LONG);
		assert_false(heard.good);
		assert_true(strlen(heard.out) < LONG / 4);
		assert_non_null(strstr(heard.complaints, "longer than"));
		forget(&heard);
	}
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_printed_to_its_end),
		cmocka_unit_test(an_answer_that_breaks_off_is_none),
		cmocka_unit_test(escape_sequences_are_shown_not_obeyed),
		cmocka_unit_test(a_line_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
