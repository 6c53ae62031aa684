/* Words and numbers of the tools' command lines and output.
 *
 * Pure functions of their arguments: no sockets, no clock. Every bound that a user can hit is named
 * in the sentence that refuses the value. */
#ifndef SLUICE_TOOL_TEXT_H
#define SLUICE_TOOL_TEXT_H

#include "core/base/bytes.h"

/* The longest sentence about a bad argument, and the longest rendering of a time. */
#define TOOL_WHY_SIZE 320
#define TOOL_MS_SIZE  32

/* Exit codes shared by the tools, as iputils has them. */
#define TOOL_EXIT_OK       0
#define TOOL_EXIT_NO_REPLY 1
#define TOOL_EXIT_ERROR    2

enum args_result {
	ARGS_RUN,
	ARGS_HELP,
	ARGS_BAD, /* the sentence is in the caller's buffer */
};

/* Where a parser writes the sentence that refuses an argument. */
struct tool_why {
	char text[TOOL_WHY_SIZE];
};

/* One option's value as the user wrote it: enough to name it in an error. */
struct tool_value {
	const char *option; /* "-s" */
	const char *text;   /* "70000" */
	const char *what;   /* "a payload size in bytes" */
};

/* Decimal digits only; false leaves *out alone and fills why with value and bounds. */
bool tool_parse_uint(const struct tool_value *value, uint64_t min, uint64_t max, uint64_t *out,
		     struct tool_why *why);

/* A decimal number as "3", "0.2" or ".5" in thousand-millionths of one; false when it is none. */
bool tool_scan_decimal(const char *text, uint64_t *nano);

#define TOOL_NANO UINT64_C(1000000000)

struct tool_unit {
	const char *name; /* NULL ends a list */
	uint64_t factor;
};

/* "2.5mbit" as 2500000; false: no number, a unit of no list, above max, or below one. Zero may
 * stand alone. */
bool tool_scan_unit(const char *text, const struct tool_unit *units, uint64_t max, uint64_t *out);

/* Seconds as "3", "0.2" or ".5" into nanoseconds; bounds are nanoseconds too. Digits after the
 * ninth decimal are below a nanosecond and are cut off. The decimal point does not follow the
 * locale. */
bool tool_parse_seconds(const struct tool_value *value, uint64_t min_ns, uint64_t max_ns,
			uint64_t *out_ns, struct tool_why *why);

/* Always false, so that a parser can end with it. */
bool tool_refuse(struct tool_why *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "0.123", "1.23", "12.3", "123": three significant digits while below a second, as users of ping
 * read them; without the unit. Returns text. */
const char *tool_format_rtt(uint64_t rtt_ns, char text[TOOL_MS_SIZE]);

/* Milliseconds with exactly three decimals. Returns text. */
const char *tool_format_ms(uint64_t ns, char text[TOOL_MS_SIZE]);

/* Milliseconds as a number with microseconds' precision, for JSON. */
double tool_ms(uint64_t ns);

#endif
