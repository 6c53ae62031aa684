/* What is asked for beyond records: explain and flush. */
#ifndef HOST_CTL_CTL_ACT_H
#define HOST_CTL_CTL_ACT_H

#include "host/ctl/ctl_request.h"
#include "sluice/explain.h"

struct evbuffer;

/* A flush under way. */
struct ctl_flush {
	u32 cursor;
	u64 ended;
};

/* One bounded step; false when that was the last, and the answer is written:
 *
 *     {"version":1,"flushed":17}                                                                */
bool ctl_flush_step(struct ctl_flush *flush, struct sluice *s, const struct ctl_request *request,
		    ns_t now, struct evbuffer *out);

/* The whole answer:
 *
 *     {"version":1,"explain":[
 *     {"station":"receive","what":"packet","sentence":"...","values":{"in":"eth1",...}},
 *     ...
 *     ],"fate":"sent","fast":false,"sent":[{...}],...,"count":9}                                 */
void ctl_explain(struct explainer *explainer, struct sluice *s, const struct ctl_request *request,
		 ns_t now, struct evbuffer *out);

#endif
