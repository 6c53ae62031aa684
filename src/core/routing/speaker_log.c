/* What speakers have to say to an administrator, until somebody takes it. */
#include "core/base/check.h"
#include "core/routing/speaker.h"

void speaker_log_add(struct speaker_log *log, const struct speaker_event *event)
{
	if (log->count == SPEAKER_LOG_SIZE) {
		log->first = (log->first + 1) % SPEAKER_LOG_SIZE;
		log->count--;
		log->lost++;
	}
	log->event[(log->first + log->count) % SPEAKER_LOG_SIZE] = *event;
	log->count++;
}

bool speaker_log_take(struct speaker_log *log, struct speaker_event *out)
{
	if (log->count == 0)
		return false;
	*out = log->event[log->first];
	log->first = (log->first + 1) % SPEAKER_LOG_SIZE;
	log->count--;
	return true;
}

const char *route_source_name(enum route_source source)
{
	static const char *const names[ROUTE_SOURCES] = {
		"connected", "static", "bgp", "ospf", "rip", "fpm",
	};

	CHECK(source < ROUTE_SOURCES);
	return names[source];
}
