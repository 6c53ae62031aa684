/* What rules for connections that are split may say together. */
#include "host/conf/conf_check_accelerate.h"

#include "host/conf/conf_checking.h"

static void check_in(struct checking *c, const struct conf_accelerate *rule)
{
	struct checking_names ifaces = checking_ifaces(c);

	if (rule->in[0] != 0)
		(void)checking_find(c, &ifaces, rule->in);
}

static void check_buffer(struct checking *c, const struct conf_accelerate *rule)
{
	if (rule->buffer_kb <= c->conf->split_buffers_kb ||
	    checking_doubts(c, &c->conf->split_buffers_kb))
		return;
	conf_error(c->errors, checking_at(c, &rule->buffer_kb),
		   "limits.accelerate-buffers-kb is %u for all of them, so nothing would be split",
		   c->conf->split_buffers_kb);
}

void conf_check_accelerate(const struct conf *conf, const struct conf_marks *marks,
			   struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };

	for (u32 i = 0; i < conf->accelerate_count; i++) {
		if (checking_doubts(&c, &conf->accelerate[i]))
			continue;
		check_in(&c, &conf->accelerate[i]);
		check_buffer(&c, &conf->accelerate[i]);
	}
}
