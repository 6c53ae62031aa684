/* What a record of an answer says under a key. One that is missing or of another type reads as
 * empty: the other side may be newer.                                                            */
#ifndef PROG_RECORD_H
#define PROG_RECORD_H

#include <jansson.h>

#include "core/base/bytes.h"

static inline const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static inline u64 count_of(const json_t *object, const char *key)
{
	return (u64)json_integer_value(json_object_get(object, key));
}

static inline bool is_so(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

#endif
