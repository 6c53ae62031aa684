/* What listeners hear, one line of JSON each, with the time of day at which it happened (of what
 * they missed: at which they are told). An inside address has its zone beside it: the same
 * address may be another host's elsewhere. "none" stands for no zone.                          */
#ifndef HOST_CTL_CTL_NEWS_H
#define HOST_CTL_CTL_NEWS_H

#include "core/routing/speaker.h"
#include "host/ctl/ctl_request.h"

struct evbuffer;

/* Which kind an event is of. */
enum ctl_kind ctl_kind_of(const struct sluice_event *event);
void ctl_put_news_begin(struct evbuffer *out);
void ctl_put_news(struct evbuffer *out, const struct sluice *s, const struct sluice_news *news);
void ctl_put_event(struct evbuffer *out, const struct sluice *s, const struct sluice_event *event);
/* What a speaker of a routing protocol has to tell. */
void ctl_put_speaker(struct evbuffer *out, const struct sluice *s,
		     const struct speaker_event *event);
void ctl_put_skipped(struct evbuffer *out, u64 count);

#endif
