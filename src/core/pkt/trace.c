/* Steps in the order in which they were taken. */
#include "core/pkt/trace.h"
#include "core/base/check.h"

void trace_begin(struct trace *trace, const struct pkt *pkt)
{
	memset(trace, 0, sizeof *trace);
	trace->pkt = pkt;
}

void trace_add(struct trace *trace, const struct trace_step *step)
{
	if (trace->count == TRACE_STEPS_MAX) {
		trace->left_out++;
		return;
	}
	trace->step[trace->count++] = *step;
}

void trace_end(struct trace *trace, enum trace_fate fate)
{
	if (trace->fate == TRACE_FATE_NONE)
		trace->fate = fate;
}

const char *trace_station_name(enum trace_station station)
{
	static const char *const names[TRACE_STATION_COUNT] = {
		[TRACE_RECEIVE] = "receive",   [TRACE_PREROUTING] = "prerouting",
		[TRACE_ROUTE] = "route",       [TRACE_INPUT] = "input",
		[TRACE_DELIVER] = "deliver",   [TRACE_FORWARD] = "forward",
		[TRACE_OUTPUT] = "output",     [TRACE_POSTROUTING] = "postrouting",
		[TRACE_TRANSMIT] = "transmit", [TRACE_BURY] = "bury",
	};

	CHECK(station < TRACE_STATION_COUNT);
	return names[station];
}

const char *trace_fate_name(enum trace_fate fate)
{
	static const char *const names[TRACE_FATE_COUNT] = {
		[TRACE_FATE_NONE] = "none",       [TRACE_FATE_SENT] = "sent",
		[TRACE_FATE_HOST] = "host",       [TRACE_FATE_ANSWERED] = "answered",
		[TRACE_FATE_WAITS] = "waits",     [TRACE_FATE_KEPT] = "kept",
		[TRACE_FATE_DROPPED] = "dropped", [TRACE_FATE_SOCKET] = "socket",
		[TRACE_FATE_SPLIT] = "split",
	};

	CHECK(fate < TRACE_FATE_COUNT);
	return names[fate];
}
