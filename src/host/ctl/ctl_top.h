/* Inside hosts that hold most: flows, ports, bytes. Counted over all flows and mappings in steps.
 * The same address in two zones is two hosts.
 *
 *     {"version":1,"top":[
 *     {"addr":"10.10.0.5","zone":"none","flows":17,"ports":9,"unanswered":2,"packets":812,...},
 *     ...
 *     ],"hosts":4711,"not_counted":0,"count":41}
 *
 * A port is held by an endpoint-independent mapping, however many flows it carries and while it
 * rests, and by each flow that was given one per destination, as `show subscribers` counts them.
 * Whose destination alone is translated, or whose address is by a one-to-one, holds none.
 *
 * The list holds the first `limit` by each of flows, ports and bytes, in no order. CTL_TOP_HOSTS
 * are told apart; flows of more are counted together (not_counted).                             */
#ifndef HOST_CTL_CTL_TOP_H
#define HOST_CTL_CTL_TOP_H

#include "host/ctl/ctl_request.h"

struct evbuffer;
struct ctl_top;

enum { CTL_TOP_HOSTS = 32768, CTL_TOP_LIMIT = 20, CTL_TOP_LIMIT_MAX = 50, CTL_TOP_STEP = 512 };

/* limit 0, or above CTL_TOP_LIMIT_MAX: CTL_TOP_LIMIT. NULL when memory is out. */
struct ctl_top *ctl_top_new(u64 limit);
/* One bounded step; false when the answer is written. */
bool ctl_top_step(struct ctl_top *top, const struct sluice *s, ns_t now, struct evbuffer *out);
/* NULL is ignored. */
void ctl_top_del(struct ctl_top *top);

#endif
