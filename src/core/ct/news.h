/* News of flows for whoever listens: made, another state, ended and why.
 *
 * While nobody listens each of these moments costs one branch; packets of an established flow have
 * none of them. The ring is bounded: with a slow reader, what comes new is lost, and counted.   */
#ifndef CORE_CT_NEWS_H
#define CORE_CT_NEWS_H

#include "core/base/mem.h"
#include "core/ct/flow.h"

enum ct_news_kind { CT_NEWS_NEW, CT_NEWS_UPDATE, CT_NEWS_DESTROY, CT_NEWS_KIND_COUNT };

enum ct_end_reason {
	CT_END_NONE,
	CT_END_EXPIRED,     /* silent for its time-out */
	CT_END_TAKEN,       /* never answered, and the table was full */
	CT_END_PORT_REUSED, /* closed, and a new flow got its port */
	CT_END_FLUSHED,     /* by order */
	CT_END_CLOSED,      /* its socket was, at once */
	CT_END_OTHER,
	CT_END_COUNT
};

/* The flow as it was at that moment. */
struct ct_news {
	ns_t when_ns;
	u64 handle;
	struct tuple orig;
	struct tuple repl;
	u64 packets[2];
	u64 bytes[2];
	u16 flags;
	u8 proto;
	u8 state;
	u8 kind;   /* enum ct_news_kind */
	u8 reason; /* enum ct_end_reason */
	u8 zone[2];
};

struct ct_news_ring {
	struct ct_news *ring;
	u32 cap;
	u32 head;
	u32 count;
	bool heard; /* somebody listens */
	ns_t now;   /* that of the packet or the order under way */
	u64 lost;
};

struct ct;

void ct_news_layout(struct ct_news_ring *news, u32 cap, struct mem *mem);
/* Requires: somebody listens. */
void ct_news_add(struct ct *ct, u32 flow, enum ct_news_kind kind, enum ct_end_reason reason);
/* From now on, from an empty ring; or no more. */
void ct_news_listen(struct ct *ct, bool on);
bool ct_news_next(struct ct *ct, struct ct_news *out);
/* "new", "expired" */
const char *ct_news_name(enum ct_news_kind kind);
const char *ct_end_name(enum ct_end_reason reason);

#endif
