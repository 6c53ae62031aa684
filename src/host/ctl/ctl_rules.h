/* Filter rules and sets as JSON, one record, one line. What a rule does not ask about is not in its
 * record.                                                                                        */
#ifndef HOST_CTL_CTL_RULES_H
#define HOST_CTL_CTL_RULES_H

#include "sluice/sluice.h"

struct evbuffer;

/* ifaces gives the names of ways in and out. */
void ctl_put_rule(struct evbuffer *out, const struct iface_table *ifaces,
		  const struct sluice_rule *rule);
void ctl_put_elem(struct evbuffer *out, const struct filter_elem *elem);
void ctl_put_set(struct evbuffer *out, const struct sluice_set *set);

#endif
