/* An answer under way: a request, and how far its records were written.
 *
 *     {"version":1,"flows":[
 *     {...},
 *     {...}
 *     ],"count":2}
 *
 * Each step looks at a bounded number of entries, whatever the filter lets through, so that the
 * packets wait for one step at most. Tables go on changing between two steps: a record that is
 * made or goes away meanwhile may be in the answer or not, none is torn.                        */
#ifndef HOST_CTL_CTL_ANSWER_H
#define HOST_CTL_CTL_ANSWER_H

#include "host/ctl/ctl_request.h"

struct evbuffer;

/* Records that one step writes at most. */
enum { CTL_STEP_RECORDS = 64 };

struct ctl_answer {
	struct ctl_request request;
	u32 cursor;
	u64 place;   /* of what has a longer cursor: then the other one counts steps */
	u32 part;    /* an answer may have two lists */
	u64 written; /* records that passed the filter */
	u64 listed;  /* in the list that is open */
	bool begun;
};

/* What request->zone stands for, in request->flow. False: there is no such zone. */
bool ctl_answer_zone(struct ctl_request *request, const struct sluice *s);
/* Whether an address is one that is asked for. */
bool ctl_answer_match(const struct sluice_flow_filter *filter, be32 addr);
void ctl_answer_init(struct ctl_answer *answer, const struct ctl_request *request);
/* Writes the next piece; false when that was the last. */
bool ctl_answer_step(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		     struct evbuffer *out);
/* A whole answer that says why there is none. */
void ctl_answer_refuse(struct evbuffer *out, const char *why);

#endif
