/* What limits of subscribers may say together. */
#include "host/conf/conf_check_subscriber.h"

#include "core/base/text.h"
#include "host/conf/conf_checking.h"
#include "host/conf/values.h"

/* Places of values within the limits are those of their keys, so the first that is set will do. */
static void check_limits(struct checking *c, const struct subscriber_limits *limits)
{
	const u32 *first = limits->flows   ? &limits->flows
			   : limits->ports ? &limits->ports
					   : &limits->rate;

	if (limits->burst && limits->rate == 0 && !checking_doubts(c, &limits->rate))
		conf_error(c->errors, checking_at(c, &limits->burst),
			   "'burst' needs a 'rate', or new flows have no limit: 'rate: 100' beside "
			   "it");
	if (*first && c->conf->subscribers.count == 0 &&
	    !checking_doubts(c, &c->conf->subscribers.count))
		conf_error(c->errors, checking_at(c, first),
			   "nobody is counted, as limits.subscribers says, so nobody can be "
			   "limited");
}

static bool holds(const struct conf_exception *a, const struct conf_exception *b)
{
	return a->source_len <= b->source_len &&
	       be32_eq(a->source, value_network(b->source, a->source_len)) &&
	       (a->zone[0] == 0 || strcmp(a->zone, b->zone) == 0);
}

static void check_exception(struct checking *c, u32 index)
{
	const struct conf_subscribers *subscribers = &c->conf->subscribers;
	const struct conf_exception *exception = &subscribers->exception[index];
	struct value_addr text = value_show_prefix(exception->source, exception->source_len);

	if (checking_doubts(c, exception))
		return;
	check_limits(c, &exception->limits);
	if (exception->source_len > subscribers->prefix_len &&
	    !checking_doubts(c, &subscribers->prefix_len))
		conf_error(c->errors, checking_at(c, &exception->source),
			   "'%s' is a part of a subscriber, which is a prefix of %u bit%s",
			   text.text, subscribers->prefix_len,
			   text_plural(subscribers->prefix_len));
	for (u32 i = 0; i < index; i++) {
		const struct conf_exception *other = &subscribers->exception[i];

		if (checking_doubts(c, other) || !holds(other, exception))
			continue;
		conf_error(c->errors, checking_at(c, &exception->source),
			   "'%s' is never asked: '%s' in line %u holds it and stands before it",
			   text.text, value_show_prefix(other->source, other->source_len).text,
			   checking_at(c, &other->source).line);
		return;
	}
}

void conf_check_subscribers(const struct conf *conf, const struct conf_marks *marks,
			    struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };

	check_limits(&c, &conf->subscribers.limits);
	for (u32 i = 0; i < conf->subscribers.exception_count; i++)
		check_exception(&c, i);
}
