/* Filter rules and sets as JSON, one record, one line. What a rule does not ask about is not in its
 * record.                                                                                        */
#ifndef HOST_CTL_CTL_RULES_H
#define HOST_CTL_CTL_RULES_H

#include "sluice/sluice.h"

struct ctl_request;
struct evbuffer;

/* States that a rule may ask about, as they are shown; NULL behind the last. */
const char *ctl_rule_state_name(u32 index);
/* Whether a rule or policy is shown to a request that filters. What a rule does not ask about, it
 * asks of nobody: it is of every address, port, protocol, state and zone. An address in the request
 * matches a prefix of the rule that overlaps with it, or an element of its sets that holds it.   */
bool ctl_rule_matches(const struct ctl_request *request, const struct sluice *s,
		      const struct sluice_rule *rule);
/* Whether the set holds the address, the port, or both as a pair, that are asked for; any does when
 * neither is.                                                                                    */
bool ctl_set_matches(const struct ctl_request *request, const struct sluice *s, const char *set);
/* An element in the prefix that is asked for, or one that holds it; the same with the port. */
bool ctl_elem_matches(const struct ctl_request *request, const struct filter_elem *elem);

/* ifaces gives the names of ways in and out. */
void ctl_put_rule(struct evbuffer *out, const struct iface_table *ifaces,
		  const struct sluice_rule *rule);
void ctl_put_elem(struct evbuffer *out, const struct filter_elem *elem);
void ctl_put_set(struct evbuffer *out, const struct sluice_set *set);

#endif
