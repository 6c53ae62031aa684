/* Answers about routing, step by step. Inside of ctl_answer.c. */
#ifndef HOST_CTL_CTL_ANSWER_ROUTING_H
#define HOST_CTL_CTL_ANSWER_ROUTING_H

#include "host/ctl/ctl_answer.h"

/* Whether it is about routing. */
bool ctl_show_is_routing(enum ctl_show show);
/* Why there is nothing to show; NULL: there may be. Finds the peer that is named. */
const char *ctl_routing_refusal(struct ctl_request *request, const struct sluice *s);
void ctl_step_routing(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		      struct evbuffer *out);

/* Of ctl_answer.c: whether the record that passed the filter is to be written; what goes before it
 * was.                                                                                           */
bool ctl_answer_record(struct ctl_answer *answer, struct evbuffer *out);

#endif
