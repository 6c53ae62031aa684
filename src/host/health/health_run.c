/* From single checks to a state, and what makes no sense. */
#include "host/health/health_run.h"

#include <string.h>

void health_conf_defaults(struct health_conf *conf)
{
	*conf = (struct health_conf){
		.status = 200, .rise = 2, .fall = 3, .interval_ms = 2000, .timeout_ms = 1000
	};
}

static bool is_status(u16 status)
{
	return status >= 100 && status <= 599;
}

const char *health_conf_wrong(const struct health_conf *conf)
{
	if (conf->kind == HEALTH_NONE)
		return NULL;
	if (conf->interval_ms < HEALTH_INTERVAL_MIN_MS ||
	    conf->interval_ms > HEALTH_INTERVAL_MAX_MS ||
	    conf->timeout_ms < HEALTH_INTERVAL_MIN_MS || conf->timeout_ms > HEALTH_INTERVAL_MAX_MS)
		return "the interval and the time-out of checks are 100 ms to an hour";
	if (conf->rise == 0 || conf->rise > HEALTH_RUN_MAX || conf->fall == 0 ||
	    conf->fall > HEALTH_RUN_MAX)
		return "rise and fall are 1 to 100 checks";
	if (conf->kind != HEALTH_HTTP)
		return NULL;
	if (conf->path[0] != '/' || !memchr(conf->path, 0, sizeof conf->path))
		return "the path of an HTTP check begins with / and has at most 127 characters";
	for (const char *at = conf->path; *at; at++) {
		if (*at <= ' ' || *at > '~')
			return "the path of an HTTP check has no blanks or control characters";
	}
	if (!is_status(conf->status) || (conf->drain_status && !is_status(conf->drain_status)) ||
	    conf->status == conf->drain_status)
		return "an HTTP status is 100 to 599, and that of draining is another one";
	return NULL;
}

bool health_run_add(struct health_run *run, const struct health_conf *conf,
		    enum health_outcome outcome)
{
	u16 need = outcome == HEALTH_BAD ? conf->fall : conf->rise;
	bool first = !run->known;
	bool told;

	run->count = !first && run->last == outcome ? run->count : 0;
	if (run->count < HEALTH_RUN_MAX)
		run->count++;
	run->checks++;
	run->failed += outcome == HEALTH_BAD;
	run->last = outcome;
	run->known = true;
	if (first || (run->state != outcome && run->count >= need)) {
		run->state = outcome;
		run->told = false;
	}
	told = run->told;
	run->told = true;
	return !told;
}

int health_http_status(const char *text, size_t len_bytes)
{
	static const char shape[] = "HTTP/1.d ddd";
	size_t len = len_bytes < sizeof shape - 1 ? len_bytes : sizeof shape - 1;

	for (size_t i = 0; i < len; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == 'd' ? !digit : text[i] != shape[i])
			return HEALTH_STATUS_NONE;
	}
	if (len < sizeof shape - 1)
		return HEALTH_STATUS_MORE;
	return (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
}
