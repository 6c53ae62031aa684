/* Requests of any bytes to a gateway with some flows: whatever is asked, the answer ends, is JSON,
 * and says which request it was for; a refusal says why.
 *
 *     the input is the line                                                                      */
#include <event2/buffer.h>
#include <jansson.h>

#include "fake/engine.h"
#include "fuzz/input.h"
#include "host/ctl/ctl_act.h"
#include "host/ctl/ctl_answer.h"

enum { FLOWS = 70, STEPS_MAX = 200 };

static void gateway_open(struct rig *rig)
{
	static _Thread_local struct sluice_conf conf;
	static _Thread_local struct build b;

	rig_conf(&conf);
	rig_open(rig, &conf);
	for (u16 n = 0; n < FLOWS; n++) {
		build_udp4(&b, addr("10.10.0.11"), (u16)(5000 + n), addr("203.0.113.5"), 53, 9);
		(void)rig_send(rig, RIG_IN, &b);
		build_tcp4(&b, addr("10.10.0.12"), (u16)(5000 + n), addr("203.0.113.5"), 443, 2);
		(void)rig_send(rig, RIG_IN, &b);
	}
	(void)rig_drain(rig);
}

static json_t *parse(struct evbuffer *out)
{
	size_t len = evbuffer_get_length(out);
	json_t *answer = json_loadb((const char *)evbuffer_pullup(out, -1), len,
				    JSON_REJECT_DUPLICATES, NULL);

	CHECK(answer != NULL && json_is_object(answer));
	CHECK(json_integer_value(json_object_get(answer, "version")) == CTL_VERSION);
	return answer;
}

static void judge_answer(const struct ctl_request *request, const json_t *answer)
{
	bool one_set = request->show == CTL_SHOW_SETS && request->set[0] != 0;
	bool unknown = request->name[0] != 0 && json_object_get(answer, "error") != NULL;
	const json_t *list = json_object_get(answer, ctl_show_name(request->show));
	json_int_t count = json_integer_value(json_object_get(answer, "count"));

	/* There is none here, or none of this name. */
	if (one_set || unknown) {
		CHECK(json_is_string(json_object_get(answer, "error")));
		return;
	}
	CHECK(json_is_integer(json_object_get(answer, "count")));
	CHECK(request->count_only == (list == NULL));
	CHECK(request->limit == 0 || (u64)count <= request->limit);
	if (list != NULL)
		CHECK(json_array_size(list) +
			      json_array_size(json_object_get(answer, "destinations")) ==
		      (size_t)count);
}

static void ask(const struct rig *rig, const struct ctl_request *request, struct evbuffer *out)
{
	struct ctl_answer answer;
	json_t *parsed;
	u32 steps = 0;

	ctl_answer_init(&answer, request);
	while (ctl_answer_step(&answer, rig->s, rig->now, out))
		CHECK(steps++ < STEPS_MAX);
	parsed = parse(out);
	judge_answer(request, parsed);
	json_decref(parsed);
}

/* What is to be done is bounded, and of a known kind. */
static void judge_action(const struct ctl_action *action)
{
	CHECK(action->what < CTL_DO_COUNT && ctl_do_name(action->what)[0] != 0);
	CHECK(action->text_bytes <= CTL_TEXT_MAX && action->confirm_s <= CTL_CONFIRM_MAX_S);
	CHECK((action->text_bytes > 0) == ctl_do_has_text(action->what));
	CHECK((action->confirm_s > 0) == (action->what == CTL_DO_APPLY));
	CHECK(action->config_bytes <= action->text_bytes);
	CHECK((action->set[0] != 0) == ctl_do_is_set(action->what));
	CHECK(memchr(action->set, 0, sizeof action->set) != NULL);
	CHECK(memchr(action->name, 0, sizeof action->name) != NULL);
}

static void refuse(const struct ctl_why *why, struct evbuffer *out)
{
	json_t *parsed;

	CHECK(memchr(why->text, 0, sizeof why->text) != NULL && why->text[0] != 0);
	ctl_answer_refuse(out, why->text);
	parsed = parse(out);
	CHECK(json_string_length(json_object_get(parsed, "error")) > 0);
	json_decref(parsed);
}

/* Explain takes packets of any bytes; a flush would take the flows from the inputs behind it. */
static void act(struct rig *rig, const struct ctl_request *request, struct evbuffer *out)
{
	static _Thread_local struct explainer *explainer;

	if (explainer == NULL)
		explainer = explainer_new();
	CHECK(explainer != NULL);
	if (request->verb == CTL_VERB_SHOW) {
		ask(rig, request, out);
	} else if (request->verb == CTL_VERB_EXPLAIN) {
		ctl_explain(explainer, rig->s, request, rig->now, out);
		json_decref(parse(out));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct rig rig;
	struct evbuffer *out = evbuffer_new();
	struct ctl_request request;
	struct ctl_why why = { "" };

	CHECK(out != NULL);
	if (rig.s == NULL)
		gateway_open(&rig);
	if (!ctl_request_parse((const char *)data, size, &request, &why))
		refuse(&why, out);
	else if (request.action.what != CTL_DO_NOTHING)
		judge_action(&request.action);
	else
		act(&rig, &request, out);
	evbuffer_free(out);
	return 0;
}
