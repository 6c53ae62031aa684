/* Words and numbers of the tools' command lines and output. */
#include "tool/tool_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS 9

enum { NUMBER_SIZE = 32 };

bool tool_refuse(struct tool_why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return false;
}

/* Reads digits up to the first other character; false when the value leaves 64 bits. */
static bool scan_digits(const char **text, uint64_t *out)
{
	uint64_t value = 0;

	while (**text >= '0' && **text <= '9') {
		uint64_t digit = (uint64_t)(**text - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
		(*text)++;
	}
	*out = value;
	return true;
}

bool tool_parse_uint(const struct tool_value *value, uint64_t min, uint64_t max, uint64_t *out,
		     struct tool_why *why)
{
	const char *rest = value->text;
	uint64_t number = 0;
	bool fits = scan_digits(&rest, &number);
	bool whole = fits && rest != value->text && *rest == '\0';

	if (!whole || number < min || number > max)
		return tool_refuse(why, "%s %s: not %s; right is a whole number from %llu to %llu",
				   value->option, value->text, value->what, (unsigned long long)min,
				   (unsigned long long)max);
	*out = number;
	return true;
}

/* The part after the point, filled up to nine digits. */
static uint64_t scan_fraction_ns(const char **text)
{
	uint64_t ns = 0;
	int digits = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (digits == DECIMALS)
			continue;
		ns = ns * 10 + (uint64_t)(**text - '0');
		digits++;
	}
	for (; digits < DECIMALS; digits++)
		ns *= 10;
	return ns;
}

bool tool_scan_decimal(const char *text, uint64_t *nano)
{
	const char *rest = text;
	uint64_t whole = 0;
	uint64_t fraction_ns = 0;

	if (!scan_digits(&rest, &whole))
		return false;
	if (*rest == '.') {
		rest++;
		fraction_ns = scan_fraction_ns(&rest);
	}
	if (*rest != '\0' || rest == text || strcmp(text, ".") == 0)
		return false;
	if (whole > UINT64_MAX / NS_PER_SEC - 1)
		return false;
	*nano = whole * NS_PER_SEC + fraction_ns;
	return true;
}

bool tool_scan_unit(const char *text, const struct tool_unit *units, uint64_t max, uint64_t *out)
{
	size_t len = strspn(text, "0123456789.");
	char number[NUMBER_SIZE] = "";
	unsigned __int128 product;
	uint64_t nano = 0;

	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	if (!tool_scan_decimal(number, &nano))
		return false;
	while (units->name && strcmp(units->name, text + len) != 0)
		units++;
	if (!units->name && (nano != 0 || text[len] != '\0'))
		return false;
	product = (unsigned __int128)nano * units->factor / TOOL_NANO;
	if (product > max)
		return false;
	*out = (uint64_t)product;
	/* What is below the smallest step would silently be nothing. */
	return *out > 0 || nano == 0;
}

bool tool_parse_seconds(const struct tool_value *value, uint64_t min_ns, uint64_t max_ns,
			uint64_t *out_ns, struct tool_why *why)
{
	uint64_t ns = 0;

	if (!tool_scan_decimal(value->text, &ns) || ns < min_ns || ns > max_ns)
		return tool_refuse(
			why, "%s %s: not %s; right is a number of seconds from %.10g to %.10g",
			value->option, value->text, value->what, (double)min_ns / 1e9,
			(double)max_ns / 1e9);
	*out_ns = ns;
	return true;
}

const char *tool_format_rtt(uint64_t rtt_ns, char text[TOOL_MS_SIZE])
{
	uint64_t us = rtt_ns / NS_PER_US;
	int decimals = us >= 100000 ? 0 : us >= 10000 ? 1 : us >= 1000 ? 2 : 3;
	uint64_t unit_us = us >= 100000 ? 1000 : us >= 10000 ? 100 : us >= 1000 ? 10 : 1;

	/* Cut to the shown digits first: rounding up could show 1000 where the next form begins. */
	us -= us % unit_us;
	snprintf(text, TOOL_MS_SIZE, "%.*f", decimals, (double)us / 1e3);
	return text;
}

const char *tool_format_ms(uint64_t ns, char text[TOOL_MS_SIZE])
{
	uint64_t us = ns / NS_PER_US;

	snprintf(text, TOOL_MS_SIZE, "%llu.%03llu", (unsigned long long)(us / 1000),
		 (unsigned long long)(us % 1000));
	return text;
}

double tool_ms(uint64_t ns)
{
	return (double)(ns / NS_PER_US) / 1e3;
}
