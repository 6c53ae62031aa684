/* Types of ICMP, and codes of a type, by name and by number. */
#include "host/conf/value_icmp.h"

#include <stdio.h>

#include "core/wire/icmp.h"
#include "host/conf/values.h"

/* As they are registered (RFC 792, 1122 section 3.2.2.1, 1812 section 5.2.7.1); each type goes
 * before its codes.                                                                              */
static const struct {
	const char *name;
	s32 type;
	s32 code;
} names[] = {
	{ "echo-reply", ICMP_ECHO_REPLY, VALUE_ICMP_ANY },
	{ "unreachable", ICMP_UNREACH, VALUE_ICMP_ANY },
	{ "unreachable/net", ICMP_UNREACH, ICMP_UNREACH_NET },
	{ "unreachable/host", ICMP_UNREACH, ICMP_UNREACH_HOST },
	{ "unreachable/protocol", ICMP_UNREACH, ICMP_UNREACH_PROTO },
	{ "unreachable/port", ICMP_UNREACH, ICMP_UNREACH_PORT },
	{ "unreachable/frag-needed", ICMP_UNREACH, ICMP_UNREACH_FRAG },
	{ "unreachable/source-route", ICMP_UNREACH, ICMP_UNREACH_SRC_ROUTE },
	{ "unreachable/net-unknown", ICMP_UNREACH, 6 },
	{ "unreachable/host-unknown", ICMP_UNREACH, 7 },
	{ "unreachable/net-prohibited", ICMP_UNREACH, 9 },
	{ "unreachable/host-prohibited", ICMP_UNREACH, 10 },
	{ "unreachable/net-tos", ICMP_UNREACH, 11 },
	{ "unreachable/host-tos", ICMP_UNREACH, 12 },
	{ "unreachable/prohibited", ICMP_UNREACH, ICMP_UNREACH_PROHIBITED },
	{ "source-quench", ICMP_SOURCE_QUENCH, VALUE_ICMP_ANY },
	{ "redirect", ICMP_REDIRECT, VALUE_ICMP_ANY },
	{ "redirect/net", ICMP_REDIRECT, 0 },
	{ "redirect/host", ICMP_REDIRECT, 1 },
	{ "echo-request", ICMP_ECHO, VALUE_ICMP_ANY },
	{ "time-exceeded", ICMP_TIME_EXCEEDED, VALUE_ICMP_ANY },
	{ "time-exceeded/transit", ICMP_TIME_EXCEEDED, ICMP_EXCEEDED_TRANSIT },
	{ "time-exceeded/reassembly", ICMP_TIME_EXCEEDED, ICMP_EXCEEDED_REASSEMBLY },
	{ "parameter-problem", ICMP_PARAM_PROBLEM, VALUE_ICMP_ANY },
	{ "parameter-problem/pointer", ICMP_PARAM_PROBLEM, 0 },
	{ "parameter-problem/option", ICMP_PARAM_PROBLEM, 1 },
	{ "parameter-problem/length", ICMP_PARAM_PROBLEM, 2 },
	{ "timestamp", ICMP_TIMESTAMP, VALUE_ICMP_ANY },
	{ "timestamp-reply", ICMP_TIMESTAMP_REPLY, VALUE_ICMP_ANY },
};

static const char *name_find(s32 type, s32 code)
{
	for (size_t at = 0; at < ARRAY_COUNT(names); at++) {
		if (names[at].type == type && names[at].code == code)
			return names[at].name;
	}
	return NULL;
}

static bool read_type(const char *text, s32 *type)
{
	u64 number;

	for (size_t at = 0; at < ARRAY_COUNT(names); at++) {
		if (names[at].code == VALUE_ICMP_ANY && strcmp(names[at].name, text) == 0) {
			*type = names[at].type;
			return true;
		}
	}
	if (!value_number(text, 0, UINT8_MAX, &number))
		return false;
	*type = (s32)number;
	return true;
}

static bool read_code(const char *text, s32 type, s32 *code)
{
	u64 number;

	for (size_t at = 0; at < ARRAY_COUNT(names); at++) {
		const char *mark = strchr(names[at].name, '/');

		if (mark && names[at].type == type && strcmp(mark + 1, text) == 0) {
			*code = names[at].code;
			return true;
		}
	}
	if (!value_number(text, 0, UINT8_MAX, &number))
		return false;
	*code = (s32)number;
	return true;
}

bool value_icmp(const char *text, s32 *type, s32 *code)
{
	size_t len = strcspn(text, "/");
	char head[VALUE_ICMP_SIZE];
	s32 of_type;
	s32 found = VALUE_ICMP_ANY;

	if (len >= sizeof head)
		return false;
	memcpy(head, text, len);
	head[len] = 0;
	if (!read_type(head, &of_type) ||
	    (text[len] == '/' && !read_code(text + len + 1, of_type, &found)))
		return false;
	*type = of_type;
	*code = found;
	return true;
}

struct value_icmp value_show_icmp(s32 type, s32 code)
{
	const char *both = name_find(type, code);
	const char *name = name_find(type, VALUE_ICMP_ANY);
	struct value_icmp out;

	if (both)
		snprintf(out.text, sizeof out.text, "%s", both);
	else if (name)
		snprintf(out.text, sizeof out.text, "%s/%d", name, code);
	else if (code == VALUE_ICMP_ANY)
		snprintf(out.text, sizeof out.text, "%d", type);
	else
		snprintf(out.text, sizeof out.text, "%d/%d", type, code);
	return out;
}

const char *value_icmp_name(u32 at, struct value_icmp *number)
{
	if (at >= ARRAY_COUNT(names))
		return NULL;
	if (names[at].code == VALUE_ICMP_ANY)
		snprintf(number->text, sizeof number->text, "%d", names[at].type);
	else
		snprintf(number->text, sizeof number->text, "%d/%d", names[at].type,
			 names[at].code);
	return names[at].name;
}
