/* An answer that is read, and the order in which it is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/bytes.h"
#include "prog/show_read.h"

#define WHO(addr, flows, ports)                                                                    \
	"{\"subscriber\":\"" addr "/32\",\"flows\":" #flows ",\"ports\":" #ports "}"

static const char head[] = "{\"version\":1,\"subscribers\":[\n";
static const char records[] = WHO("10.0.0.1", 1, 1) ",\n" WHO("10.0.0.2", 9, 1) ",\n" WHO(
	"10.0.0.3", 4, 2) ",\n" WHO("10.0.0.4", 4, 3) "\n";
static const char end[] = "],\"count\":4}\n";

/* What is printed for the answer; to be freed. */
static char *printed(const struct show_args *args, const char *tail, bool good)
{
	char answer[512];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	FILE *nowhere = fopen("/dev/null", "w");
	FILE *in;

	snprintf(answer, sizeof answer, "%s%s%s", head, records, tail);
	in = fmemopen(answer, strlen(answer), "r");
	assert_non_null(in);
	assert_int_equal(show_read(in, args, out, nowhere), good);
	fclose(in);
	fclose(nowhere);
	fclose(out);
	return text;
}

static void in_order(const char *text, const char *const *addrs, size_t count)
{
	const char *at = text;
	size_t lines = 0;

	for (size_t i = 0; i < count; i++) {
		at = strstr(at, addrs[i]);
		if (at == NULL)
			fail_msg("%s is not in its place in:\n%s", addrs[i], text);
	}
	for (at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, count);
}

static void subscribers_that_hold_most_come_first(void **state)
{
	static const char *const all[] = { "10.0.0.2", "10.0.0.4", "10.0.0.3", "10.0.0.1" };
	struct show_args args = { .show = CTL_SHOW_SUBSCRIBERS };
	char *text = printed(&args, end, true);

	(void)state;
	in_order(text, all, 4);
	free(text);
	args.limit = 2;
	text = printed(&args, end, true);
	in_order(text, all, 2);
	free(text);
	/* What came before the gateway broke off is shown. */
	args.limit = 0;
	text = printed(&args, "", false);
	in_order(text, all, 4);
	free(text);
}

static void json_is_as_it_came(void **state)
{
	struct show_args args = { .show = CTL_SHOW_SUBSCRIBERS, .json = true };
	char *text = printed(&args, end, true);
	char right[512];

	(void)state;
	snprintf(right, sizeof right, "%s%s%s", head, records, end);
	assert_string_equal(text, right);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subscribers_that_hold_most_come_first),
		cmocka_unit_test(json_is_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
