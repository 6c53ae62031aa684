/* Looking for those who hold most. */
#include "core/engine/engine.h"

/* A search that ended this long ago still tells the truth well enough. */
enum { SURVEY_FRESH_S = 1 };

static void holders_note(struct holders *top, be32 addr, u8 zone, u32 held)
{
	u32 at = top->count;

	if (held == 0)
		return;
	while (at > 0 && top->holder[at - 1].held < held)
		at--;
	if (at == SLUICE_HOLDER_MAX)
		return;
	top->count = u32_min(top->count + 1, SLUICE_HOLDER_MAX);
	for (u32 last = top->count - 1; last > at; last--)
		top->holder[last] = top->holder[last - 1];
	top->holder[at] = (struct sluice_holder){ addr, zone, held };
}

bool engine_survey_is_fresh(struct sluice *s, ns_t now)
{
	struct survey *survey = &s->survey;

	if (survey->done && now - survey->done_ns <= SURVEY_FRESH_S * NS_PER_SEC)
		return true;
	if (!survey->running) {
		survey->running = true;
		survey->at = 0;
		memset(survey->found, 0, sizeof survey->found);
	}
	return false;
}

static void survey_look(struct sluice *s, u32 idx)
{
	const struct subscriber_table *table = &s->subscribers;
	struct holders *found = s->survey.found;
	be32 addr;
	u8 zone;
	u32 held;

	if (slab_is_live(&table->slab, idx)) {
		const struct subscriber *who = subscriber_at(table, idx);

		holders_note(&found[SURVEY_FLOWS], who->addr, who->zone, who->flow_count);
		holders_note(&found[SURVEY_PORTS], who->addr, who->zone, who->port_count);
	}
	if (reass_source_at(&s->reass, idx, &addr, &zone, &held))
		holders_note(&found[SURVEY_FRAGMENTS], addr, zone, held);
}

void engine_survey_tick(struct sluice *s, ns_t now)
{
	u32 end = u32_max(s->subscribers.slab.cap, s->reass.sources.cap);
	struct survey *survey = &s->survey;

	if (!survey->running)
		return;
	for (u32 step = 0; step < SURVEY_RECORDS && survey->at < end; step++)
		survey_look(s, survey->at++);
	if (survey->at < end)
		return;
	memcpy(survey->top, survey->found, sizeof survey->top);
	survey->running = false;
	survey->done = true;
	survey->done_ns = now;
}

void engine_survey_name(const struct sluice *s, enum survey_kind kind, struct sluice_event *event)
{
	const struct holders *top = &s->survey.top[kind];

	event->holder_count = top->count;
	memcpy(event->holder, top->holder, sizeof event->holder);
}
