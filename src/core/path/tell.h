/* What the stations say of their decisions to whoever set path->trace. Each is called only behind
 * path_is_traced(), and changes nothing.                                                        */
#ifndef CORE_PATH_TELL_H
#define CORE_PATH_TELL_H

#include "core/path/path.h"

static inline bool path_is_traced(const struct path *path)
{
	return UNLIKELY(path->trace != NULL);
}

void tell_receive(struct path *path, const struct pkt *pkt, bool fast);
/* The packet changed its descriptor (put together from fragments), or waits for the others. */
void tell_fragment(struct path *path, const struct pkt *pkt, verdict v);
/* At the end of PREROUTING: which flow, and where it goes. */
void tell_flow(struct path *path, const struct pkt *pkt);
void tell_route(struct path *path, const struct pkt *pkt, be32 dst, enum fib_type type,
		be32 gateway);
void tell_forward(struct path *path, const struct pkt *pkt, verdict v);
void tell_filter(struct path *path, const struct filter_ask *ask, struct filter_fate fate);
/* An established flow that the rules are not asked about. */
void tell_filter_stands(struct path *path, enum filter_chain chain);
/* What POSTROUTING chose for a new flow, and as whom any packet leaves. */
void tell_source(struct path *path, const struct pkt *pkt);
void tell_leaves(struct path *path, const struct pkt *pkt);
void tell_deliver(struct path *path, const struct pkt *pkt, enum trace_fate fate);
void tell_output(struct path *path, const struct pkt *pkt);
void tell_transmit(struct path *path, const struct pkt *pkt, verdict v);
enum tell_splice { TELL_SPLICE_NEW, TELL_SPLICE_FULL, TELL_SPLICE_IN, TELL_SPLICE_OUT };
/* rule: of a new one. */
void tell_splice(struct path *path, const struct pkt *pkt, enum tell_splice what, u32 rule);
void tell_cut(struct path *path, const char *sentence, u32 count, u32 mtu);
void tell_drop(struct path *path, const struct pkt *pkt, ns_t now);
void tell_answer(struct path *path, enum icmp_refusal why, const struct pkt *answer);

#endif
