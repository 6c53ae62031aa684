/* Names for completion: of the table of the configuration, and of a running gateway. */
#include <jansson.h>

#include "host/conf/conf_doc.h"
#include "prog/completion_next.h"
#include "prog/gateway.h"

enum { WAIT_S = 2 }; /* somebody has pressed Tab */

/* What the gateway is asked to show, and which key of which list has the names. */
static const struct {
	const char *place;
	const char *show;
	const char *list;
	const char *key;
	const char *filter;
} sources[] = {
	{ "SET", "sets", "sets", "name", "" },
	{ "ZONE", "zones", "zones", "zone", "" },
	{ "SERVICE", "backends", "services", "service", "" },
	{ "BACKEND", "backends", "backends", "addr", "" },
	{ "INTERFACE", "interfaces", "interfaces", "name", "" },
	{ "PEER", "bgp", "bgp", "name", "" },
	{ "REASON", "drops", "drops", "name", "\"all\":true" },
	{ "COUNTER", "counters", "counters", "name", "\"all\":true" },
};

bool completion_has_names(const char *place)
{
	for (size_t i = 0; i < ARRAY_COUNT(sources); i++) {
		if (strcmp(place, sources[i].place) == 0)
			return true;
	}
	return strcmp(place, "KEY") == 0;
}

static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._:@/-";

	return name[0] && name[0] != '-' && name[strspn(name, plain)] == '\0';
}

/* Where a record has no such name, its address stands for it; a port belongs to it. */
static void put_name(FILE *out, const json_t *record, const char *key)
{
	const char *name = json_string_value(json_object_get(record, key));
	json_int_t port = json_integer_value(json_object_get(record, "port"));

	if (!name || !name[0])
		name = json_string_value(json_object_get(record, "addr"));
	if (!name || !is_plain(name))
		return;
	if (strcmp(key, "addr") == 0 && port > 0)
		fprintf(out, "%s:%lld\n", name, (long long)port);
	else
		fprintf(out, "%s\n", name);
}

void completion_names(const char *place, const char *control, FILE *out)
{
	char request[96];
	const json_t *record;
	json_t *answer;
	FILE *stream;
	size_t at, i = 0;

	if (strcmp(place, "KEY") == 0)
		conf_doc_paths(out);
	while (i < ARRAY_COUNT(sources) && strcmp(place, sources[i].place) != 0)
		i++;
	if (i == ARRAY_COUNT(sources))
		return;
	snprintf(request, sizeof request, "{\"version\":1,\"show\":\"%s\",\"filter\":{%s}}",
		 sources[i].show, sources[i].filter);
	stream = gateway_ask(control, request, WAIT_S);
	if (!stream)
		return;
	answer = json_loadf(stream, 0, NULL);
	fclose(stream);
	json_array_foreach(json_object_get(answer, sources[i].list), at, record)
	{
		put_name(out, record, sources[i].key);
	}
	json_decref(answer);
}
