/* Explain, held to its word. */
#include "sim/foresee.h"

#include <stdio.h>
#include <stdlib.h>

struct foresee *foresee_new(void)
{
	return calloc(1, sizeof(struct foresee));
}

void foresee_del(struct foresee *foresee)
{
	free(foresee);
}

/* One for all: its room is large, and nothing of it lasts beyond a call. */
static struct explainer *explainer(void)
{
	static _Thread_local struct explainer *one;

	if (one == NULL)
		one = explainer_new();
	CHECK(one != NULL);
	return one;
}

static void wrong(struct foresee *foresee, const char *what)
{
	if (foresee->why[0] == 0)
		snprintf(foresee->why, sizeof foresee->why, "explain said %s%s%s, and %s",
			 trace_fate_name(foresee->explanation.trace.fate),
			 foresee->explanation.trace.fate == TRACE_FATE_DROPPED ? " " : "",
			 foresee->explanation.trace.fate == TRACE_FATE_DROPPED
				 ? drop_name(foresee->explanation.trace.drop)
				 : "",
			 what);
}

void foresee_ask(struct foresee *foresee, const struct rig *rig, u16 in_if, const struct build *b,
		 u32 flags)
{
	struct sluice_question question = { .in_if = in_if,
					    .packet = b->bytes + b->l3,
					    .len = b->len - b->l3,
					    .full_len = b->len - b->l3,
					    .flags = flags };
	bool compare = foresee->asked++ % FORESEE_COMPARE_EVERY == 0;
	u8 *before = compare ? malloc(rig->memory_size) : NULL;

	if (compare) {
		CHECK(before != NULL);
		memcpy(before, rig->memory, rig->memory_size);
	}
	foresee->sent_at = 0;
	foresee->answered = sluice_explain(explainer(), rig->s, &question, rig->now,
					   &foresee->explanation);
	if (compare && memcmp(before, rig->memory, rig->memory_size) != 0)
		wrong(foresee, "memory has changed");
	free(before);
	if (!foresee->answered)
		return;
	foresee->fast_before = rig_counter(rig, "packets_fast");
	if (foresee->explanation.trace.fate == TRACE_FATE_DROPPED)
		foresee->drops_before = rig_drop_count(rig, foresee->explanation.trace.drop);
}

void foresee_in(struct foresee *foresee, const struct rig *rig)
{
	const struct trace *trace = &foresee->explanation.trace;
	bool fast = foresee->answered && rig_counter(rig, "packets_fast") != foresee->fast_before;

	if (!foresee->answered)
		return;
	if (trace->fate == TRACE_FATE_NONE)
		wrong(foresee, "that is no fate");
	if (fast != trace->fast)
		wrong(foresee, fast ? "it took the short cut" : "it did not take the short cut");
	if (trace->fate == TRACE_FATE_DROPPED &&
	    rig_drop_count(rig, trace->drop) == foresee->drops_before)
		wrong(foresee, "it was not dropped for that");
}

static const struct sluice_sent *next_ip(struct foresee *foresee)
{
	while (foresee->sent_at < foresee->explanation.sent_count) {
		const struct sluice_sent *sent = &foresee->explanation.sent[foresee->sent_at++];

		if (sent->ip)
			return sent;
	}
	return NULL;
}

/* Neighbours answer ARP while the packets are taken out: what waited for that comes too, last. */
static bool more_may_come(const struct foresee *foresee)
{
	for (u32 at = 0; at < foresee->explanation.sent_count; at++) {
		if (!foresee->explanation.sent[at].ip)
			return true;
	}
	return foresee->explanation.sent_left_out > 0;
}

void foresee_out(struct foresee *foresee, u16 out_if, const u8 *ip, u32 len)
{
	const struct sluice_sent *sent;

	if (!foresee->answered)
		return;
	sent = next_ip(foresee);
	if (sent == NULL && !more_may_come(foresee))
		wrong(foresee, "more was sent");
	else if (sent != NULL && (sent->out_if != out_if || sent->len != len ||
				  memcmp(sent->head, ip, sent->head_len) != 0))
		wrong(foresee, "another packet was sent");
}

void foresee_end(struct foresee *foresee)
{
	if (foresee->answered && next_ip(foresee) != NULL)
		wrong(foresee, "less was sent");
	foresee->answered = false;
}
