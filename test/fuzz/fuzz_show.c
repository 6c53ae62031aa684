/* `sluice show` reading whatever listens at the path of the control socket.
 *
 *     byte 0       what was asked, as JSON or as text
 *     then         the answer                                                                    */
#include <stdio.h>

#include "fuzz/input.h"
#include "prog/show_read.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static FILE *nowhere;
	struct input in = { data, size };
	u8 what = next_byte(&in);
	struct show_args args = { .show = (enum ctl_show)(what % CTL_SHOW_COUNT),
				  .json = (what & 128) != 0 };
	FILE *stream;

	if (in.left == 0)
		return 0;
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	CHECK(nowhere != NULL);
	stream = fmemopen((void *)(uintptr_t)in.at, in.left, "r");
	CHECK(stream != NULL);
	(void)show_read(stream, &args, nowhere, nowhere);
	(void)fclose(stream);
	return 0;
}
