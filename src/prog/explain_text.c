/* An explanation as text. */
#include "prog/explain_text.h"

#include <string.h>

#include "core/wire/ip4.h"
#include "prog/record.h"

static void put_values(FILE *out, json_t *values)
{
	const char *key;
	json_t *value;

	json_object_foreach(values, key, value)
	{
		if (json_is_string(value))
			fprintf(out, "  %s %s", key, json_string_value(value));
		else if (json_is_integer(value))
			fprintf(out, "  %s %lld", key, (long long)json_integer_value(value));
	}
	if (json_is_true(json_object_get(values, "random")))
		fprintf(out, "  (random: the next packet may get another)");
}

static void put_step(FILE *out, const json_t *step, const char *before)
{
	const char *station = text_of(step, "station");

	fprintf(out, "%-12s %-12s %s\n", strcmp(station, before) == 0 ? "" : station,
		text_of(step, "what"), text_of(step, "sentence"));
	if (json_object_size(json_object_get(step, "values")) == 0)
		return;
	fprintf(out, "%-24s", "");
	put_values(out, json_object_get(step, "values"));
	fprintf(out, "\n");
}

static void put_proto(FILE *out, json_int_t proto)
{
	const char *name = ip4_proto_name((u8)proto);

	if (name)
		fprintf(out, "  %s", name);
	else
		fprintf(out, "  protocol %lld", (long long)proto);
}

static void put_sent(FILE *out, json_t *sent)
{
	json_t *sport = json_object_get(sent, "sport");

	fprintf(out, "  %s %s",
		json_is_true(json_object_get(sent, "made_here")) ? "answer" : "packet",
		strcmp(text_of(sent, "kind"), "arp") == 0 ? "ARP" : "");
	if (strcmp(text_of(sent, "kind"), "ip") == 0) {
		fprintf(out, "%s", text_of(sent, "src"));
		if (sport)
			fprintf(out, ":%lld", (long long)json_integer_value(sport));
		fprintf(out, " > %s", text_of(sent, "dst"));
		if (sport)
			fprintf(out, ":%lld",
				(long long)json_integer_value(json_object_get(sent, "dport")));
		put_proto(out, json_integer_value(json_object_get(sent, "proto")));
		fprintf(out, "  ttl %lld",
			(long long)json_integer_value(json_object_get(sent, "ttl")));
	}
	fprintf(out, "  by %s, %lld bytes\n", text_of(sent, "out"),
		(long long)json_integer_value(json_object_get(sent, "len")));
}

static const char *fate_sentence(const char *fate)
{
	static const char *const sentences[][2] = {
		{ "sent", "SENT on its way" },
		{ "host", "GIVEN to the host's own stack" },
		{ "socket", "TAKEN in by a socket of the gateway" },
		{ "split", "SPLIT: taken in, and a connection of the gateway goes on" },
		{ "answered", "ANSWERED by the gateway" },
		{ "waits", "WAITS for the link address of its next hop, then it is sent" },
		{ "kept", "KEPT until the other fragments come" },
		{ "dropped", "DROPPED" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(sentences); i++) {
		if (strcmp(sentences[i][0], fate) == 0)
			return sentences[i][1];
	}
	return fate;
}

void explain_text(FILE *out, const json_t *answer)
{
	json_t *sent = json_object_get(answer, "sent");
	const char *before = "";
	json_t *step;
	size_t index;

	json_array_foreach(json_object_get(answer, "explain"), index, step)
	{
		put_step(out, step, before);
		before = text_of(step, "station");
	}
	fprintf(out, "\n%s", fate_sentence(text_of(answer, "fate")));
	if (json_object_get(answer, "drop"))
		fprintf(out, ": %s, %s (%s)", text_of(answer, "drop"), text_of(answer, "sentence"),
			text_of(answer, "law"));
	fprintf(out, "\n");
	if (json_is_true(json_object_get(answer, "short_cut")))
		fprintf(out, "by the short cut of its established flow\n");
	if (json_array_size(sent) > 0)
		fprintf(out, "sent would be\n");
	json_array_foreach(sent, index, step) put_sent(out, step);
}
