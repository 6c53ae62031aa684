/* What the road decides about one packet, written down while it happens.
 *
 * Somebody who wants to know sets path->trace; the stations then append a step at each decision.
 * A step is a station, a word for what was decided, a static sentence, and up to five values.
 * Nobody sets it but explain (core/engine/explain.c), so on the road of real packets it costs one
 * branch that is never taken, and on the short cut none.                                         */
#ifndef CORE_PKT_TRACE_H
#define CORE_PKT_TRACE_H

#include "core/base/bytes.h"
#include "core/pkt/drop.h"

enum { TRACE_STEPS_MAX = 64, TRACE_VALUES = 5 };

enum trace_station {
	TRACE_RECEIVE,
	TRACE_PREROUTING,
	TRACE_ROUTE,
	TRACE_INPUT,
	TRACE_DELIVER,
	TRACE_FORWARD,
	TRACE_OUTPUT,
	TRACE_POSTROUTING,
	TRACE_TRANSMIT,
	TRACE_BURY,
	TRACE_STATION_COUNT
};

enum trace_kind {
	TRACE_NOTHING,
	TRACE_NUMBER,
	TRACE_ADDR,  /* raw be32 */
	TRACE_IFACE, /* index of an interface */
	TRACE_DRAWN, /* a number that was drawn at random: the next packet may get another */
	TRACE_TEXT,  /* static, or a name of the rules that stand */
	TRACE_FLAGS, /* of TCP, as bits */
};

struct trace_value {
	const char *name; /* static string */
	enum trace_kind kind;
	u64 number;
	const char *text;
};

struct trace_step {
	enum trace_station station;
	const char *what;
	const char *sentence;
	struct trace_value value[TRACE_VALUES]; /* the unused ones are TRACE_NOTHING */
};

enum trace_fate {
	TRACE_FATE_NONE,
	TRACE_FATE_SENT,     /* on the way to a driver, whole or in parts */
	TRACE_FATE_HOST,     /* to the host's own stack */
	TRACE_FATE_ANSWERED, /* taken in and answered by the gateway */
	TRACE_FATE_SOCKET,   /* taken in by a socket */
	TRACE_FATE_SPLIT,    /* taken in by a leg of a split connection */
	TRACE_FATE_WAITS,    /* for the link address of its next hop */
	TRACE_FATE_KEPT,     /* a fragment that waits for the others */
	TRACE_FATE_DROPPED,
	TRACE_FATE_COUNT
};

struct pkt;

struct trace {
	const struct pkt *pkt; /* the packet that is asked about, as it stands now */
	enum trace_fate fate;
	enum drop drop; /* with TRACE_FATE_DROPPED */
	bool cut;       /* the packet was cut: its pieces stand for it */
	bool fast;      /* it would have taken the short cut */
	u32 count;
	u32 left_out; /* steps that did not fit */
	struct trace_step step[TRACE_STEPS_MAX];
};

void trace_begin(struct trace *trace, const struct pkt *pkt);
void trace_add(struct trace *trace, const struct trace_step *step);
/* The first fate is the packet's; what is said of its answers later changes nothing. */
void trace_end(struct trace *trace, enum trace_fate fate);
/* "postrouting" for TRACE_POSTROUTING; "dropped" for TRACE_FATE_DROPPED. */
const char *trace_station_name(enum trace_station station);
const char *trace_fate_name(enum trace_fate fate);

static inline struct trace_value trace_number(const char *name, u64 number)
{
	return (struct trace_value){ name, TRACE_NUMBER, number, NULL };
}

static inline struct trace_value trace_drawn(const char *name, u64 number)
{
	return (struct trace_value){ name, TRACE_DRAWN, number, NULL };
}

static inline struct trace_value trace_addr(const char *name, be32 addr)
{
	return (struct trace_value){ name, TRACE_ADDR, addr.raw, NULL };
}

static inline struct trace_value trace_iface(const char *name, u16 index)
{
	return (struct trace_value){ name, TRACE_IFACE, index, NULL };
}

static inline struct trace_value trace_flags(const char *name, u8 flags)
{
	return (struct trace_value){ name, TRACE_FLAGS, flags, NULL };
}

static inline struct trace_value trace_text(const char *name, const char *text)
{
	return (struct trace_value){ name, TRACE_TEXT, 0, text };
}

#endif
