/* `sluice show` reading whatever listens at the path of the control socket.
 *
 *     byte 0       what was asked, as JSON or as text
 *     then         the answer                                                                    */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/input.h"
#include "prog/show_read.h"

/* Nothing that a terminal would obey. */
static void judge(const char *text, size_t len)
{
	for (size_t n = 0; n < len; n++)
		CHECK(text[n] == '\n' || (text[n] >= 0x20 && text[n] <= 0x7e));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 what = next_byte(&in);
	struct show_args args = { .show = (enum ctl_show)(what % CTL_SHOW_COUNT),
				  .json = (what & 128) != 0 };
	char *text[2] = { NULL, NULL };
	size_t len[2];
	FILE *stream, *out, *complaints;
	bool good;

	if (in.left == 0)
		return 0;
	stream = fmemopen((void *)(uintptr_t)in.at, in.left, "r");
	out = open_memstream(&text[0], &len[0]);
	complaints = open_memstream(&text[1], &len[1]);
	CHECK(stream != NULL && out != NULL && complaints != NULL);
	good = show_read(stream, &args, out, complaints);
	(void)fclose(stream);
	(void)fclose(out);
	(void)fclose(complaints);
	/* It was an answer, or it is said what was wrong with it. */
	CHECK(good == (len[1] == 0));
	for (u32 n = 0; n < ARRAY_COUNT(text); n++) {
		judge(text[n], len[n]);
		free(text[n]);
	}
	return 0;
}
