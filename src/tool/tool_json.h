/* What the JSON of the tools has in common.
 *
 * Values are made, then handed over: json_object_set_new takes a NULL (out of memory) as a refusal
 * and leaves the key out, so a missing key is the worst that can happen. */
#ifndef SLUICE_TOOL_JSON_H
#define SLUICE_TOOL_JSON_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>

#include "core/base/bytes.h"

void tool_json_set_addr(json_t *object, const char *key, struct in_addr addr);

/* Bytes that are not UTF-8 (a resolver may answer any) leave the key out. */
void tool_json_set_text(json_t *object, const char *key, const char *text);

void tool_json_set_count(json_t *object, const char *key, u64 count);
void tool_json_set_ms(json_t *object, const char *key, u64 ns);

/* The wall clock, in seconds with microseconds. */
void tool_json_set_time(json_t *object, const char *key);

/* Writes the object and a line's end, and releases it. */
void tool_json_write(json_t *object, FILE *out);

#endif
