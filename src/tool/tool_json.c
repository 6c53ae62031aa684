/* What the JSON of the tools has in common. */
#include "tool/tool_json.h"

#include <arpa/inet.h>
#include <time.h>

#include "tool/tool_text.h"

/* Enough digits for microseconds since 1970; more would show a double's rounding. */
#define JSON_DIGITS 16

void tool_json_set_addr(json_t *object, const char *key, struct in_addr addr)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr, text, sizeof(text));
	json_object_set_new(object, key, json_string(text));
}

void tool_json_set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

void tool_json_set_count(json_t *object, const char *key, u64 count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

void tool_json_set_ms(json_t *object, const char *key, u64 ns)
{
	json_object_set_new(object, key, json_real(tool_ms(ns)));
}

void tool_json_set_time(json_t *object, const char *key)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_set_new(object, key,
			    json_real((double)now.tv_sec + (double)(now.tv_nsec / 1000) / 1e6));
}

void tool_json_write(json_t *object, FILE *out)
{
	json_dumpf(object, out, JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_DIGITS));
	fputc('\n', out);
	fflush(out);
	json_decref(object);
}
