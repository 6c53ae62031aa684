/* What the gateway would do with a packet, told by the gateway that does it.
 *
 * The packet travels the whole road of a running engine, in a copy of the road's code that keeps
 * what it overwrites; afterwards every byte of the engine is as before (docs/adr/0022). So what is
 * told can not differ from what is done: same tables, same rules, same random numbers.          */
#ifndef SLUICE_EXPLAIN_H
#define SLUICE_EXPLAIN_H

#include "core/pkt/trace.h"
#include "sluice/sluice.h"

enum {
	EXPLAIN_OUT_MAX = 8,     /* packets that are looked at, of those that would be sent */
	EXPLAIN_HEAD_MAX = 1600, /* bytes kept of each */
};

struct sluice_question {
	u16 in_if;
	const u8 *packet; /* from the IP header on */
	u32 len;          /* bytes there are of it */
	u32 full_len;     /* bytes of the whole packet; what lies behind len counts as right */
	u32 flags;        /* enum pkt_flag that a driver would set, PKT_CSUM_VALID above all */
};

/* A packet that would be given to a driver. */
struct sluice_sent {
	u16 out_if;
	bool ip;        /* else ARP */
	bool made_here; /* an answer, not the packet itself */
	u32 len;        /* of the IP packet, or of the ARP message */
	u32 head_len;
	u8 head[EXPLAIN_HEAD_MAX];
};

struct sluice_explanation {
	struct trace trace;
	u32 sent_count;
	u32 sent_left_out;
	struct sluice_sent sent[EXPLAIN_OUT_MAX];
	u32 lines_changed; /* lines of 64 bytes that were written to and put back */
};

struct explainer;

/* Room for what one packet may overwrite. NULL when memory is out. */
struct explainer *explainer_new(void);
void explainer_del(struct explainer *explainer);
/* Between batches. Ensures: the engine's memory is as it was, byte for byte. False when no packet
 * was free to ask with, or in_if is none of the interfaces, or the packet has no size.          */
bool sluice_explain(struct explainer *explainer, struct sluice *s,
		    const struct sluice_question *question, ns_t now,
		    struct sluice_explanation *out);

#endif
