/* Filter rules and sets as lines for people. */
#include "prog/show_rules.h"

#include <inttypes.h>
#include <stdint.h>

static const char *text_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

static uint64_t count_of(const json_t *record, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(record, key));
}

/* "  in lan0,lan1", or nothing. */
static void put_list(FILE *out, const json_t *rule, const char *key, const char *word)
{
	const json_t *list = json_object_get(rule, key);
	size_t index;
	const json_t *entry;

	json_array_foreach(list, index, entry)
		fprintf(out, "%s%s", index ? "," : word,
			json_string_value(entry) ? json_string_value(entry) : "");
}

static void put_word(FILE *out, const json_t *rule, const char *key, const char *word)
{
	if (*text_of(rule, key))
		fprintf(out, "%s%s", word, text_of(rule, key));
}

static void put_limit(FILE *out, const json_t *rule, const char *key, const char *whose)
{
	const json_t *limit = json_object_get(rule, key);

	if (limit)
		fprintf(out, "  %s %" PRIu64 " in %" PRIu64 "s%s, burst %" PRIu64,
			json_is_true(json_object_get(rule, "limit_over")) ? "above" : "up to",
			count_of(limit, "rate"), count_of(limit, "per_s"), whose,
			count_of(limit, "burst"));
}

void show_text_rule(FILE *out, const json_t *rule)
{
	fprintf(out, "%-7s  ", text_of(rule, "chain"));
	if (json_is_true(json_object_get(rule, "policy")))
		fprintf(out, "policy");
	else
		fprintf(out, "%6" PRIu64, count_of(rule, "index"));
	fprintf(out, "  %s", text_of(rule, "action"));
	put_word(out, rule, "with", " ");
	put_list(out, rule, "states", "  state ");
	put_list(out, rule, "in", "  in ");
	put_list(out, rule, "out", "  out ");
	put_word(out, rule, "proto", "  ");
	put_word(out, rule, "icmp", " type ");
	put_word(out, rule, "tcp_flags", " flags ");
	put_word(out, rule, "src", "  from ");
	put_word(out, rule, "sport", "  from port ");
	put_word(out, rule, "dst", "  to ");
	put_word(out, rule, "dport", "  to port ");
	put_limit(out, rule, "limit", "");
	put_limit(out, rule, "source_limit", " of each source");
	if (json_is_true(json_object_get(rule, "log")))
		fprintf(out, "  log");
	if (json_is_true(json_object_get(rule, "each")))
		fprintf(out, "  each packet");
	put_word(out, rule, "name", "  # ");
	fprintf(out, "  packets %" PRIu64 "  bytes %" PRIu64 "\n", count_of(rule, "packets"),
		count_of(rule, "bytes"));
}

void show_text_set(FILE *out, const json_t *set)
{
	fprintf(out, "%-15s  %-13s  elements %" PRIu64, text_of(set, "name"), text_of(set, "kind"),
		count_of(set, "elements"));
	if (json_object_get(set, "room"))
		fprintf(out, "  room for %" PRIu64 " more", count_of(set, "room"));
	fprintf(out, "  hits %" PRIu64 "%s\n", count_of(set, "hits"),
		json_is_true(json_object_get(set, "changed")) ? "  changed at run time" : "");
}

void show_text_element(FILE *out, const json_t *element)
{
	fprintf(out, "  %s\n", text_of(element, "element"));
}
