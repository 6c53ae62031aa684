/* `sluice show` reading whatever listens at the path of the control socket.
 *
 *     byte 0       what was asked, as JSON or as text; whether a gateway answers
 *     then         the answer                                                                    */
#include <stdio.h>
#include <stdlib.h>

#include <event2/buffer.h>

#include "fake/engine.h"
#include "fuzz/input.h"
#include "host/ctl/ctl_answer.h"
#include "host/ctl/ctl_answer_routing.h"
#include "prog/show_read.h"

/* Nothing that a terminal would obey. */
static void judge(const char *text, size_t len)
{
	for (size_t n = 0; n < len; n++)
		CHECK(text[n] == '\n' || (text[n] >= 0x20 && text[n] <= 0x7e));
}

/* True when it was an answer to its end. */
static bool hear(const u8 *bytes, size_t size, const struct show_args *args)
{
	char *text[2] = { NULL, NULL };
	size_t len[2];
	FILE *stream = fmemopen((void *)(uintptr_t)bytes, size, "r");
	FILE *out = open_memstream(&text[0], &len[0]);
	FILE *complaints = open_memstream(&text[1], &len[1]);
	bool good;

	CHECK(stream != NULL && out != NULL && complaints != NULL);
	good = show_read(stream, args, out, complaints);
	(void)fclose(stream);
	(void)fclose(out);
	(void)fclose(complaints);
	/* It was an answer, or it is said what was wrong with it. */
	CHECK(good == (len[1] == 0));
	for (u32 n = 0; n < ARRAY_COUNT(text); n++) {
		judge(text[n], len[n]);
		free(text[n]);
	}
	return good;
}

/* What a gateway says is understood; one without routing has nothing to say of that but why. */
static void ask(const struct show_args *args)
{
	static _Thread_local struct sluice_conf conf;
	static struct rig rig;
	struct ctl_request request = { .show = args->show, .all = true };
	struct evbuffer *out = evbuffer_new();
	struct ctl_answer answer;

	CHECK(out != NULL);
	if (rig.s == NULL) {
		rig_conf(&conf);
		rig_open(&rig, &conf);
	}
	ctl_answer_init(&answer, &request);
	while (ctl_answer_step(&answer, rig.s, rig.now, out))
		;
	CHECK(hear(evbuffer_pullup(out, -1), evbuffer_get_length(out), args) ==
	      !ctl_show_is_routing(args->show));
	evbuffer_free(out);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 what = next_byte(&in);
	struct show_args args = { .show = (enum ctl_show)((what & 31) % CTL_SHOW_COUNT),
				  .json = (what & 128) != 0 };

	if ((what & 64) != 0)
		ask(&args);
	else if (in.left > 0)
		(void)hear(in.at, in.left, &args);
	return 0;
}
