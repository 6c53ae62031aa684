/* All there is to say of one peer of BGP, in lines. */
#include "prog/show_bgp.h"

#include <inttypes.h>

#include "prog/record.h"

/* If there is something to say; a comma in front of all but the first. */
static void put_time(FILE *out, const json_t *peer, const char *key, const char *before,
		     const char *behind, u32 *count)
{
	char text[SHOW_TIME_SIZE];

	if (!json_object_get(peer, key))
		return;
	fprintf(out, "%s %s%s%s", *count > 0 ? "," : "", before,
		show_time(count_of(peer, key), text), behind);
	++*count;
}

static void put_count(FILE *out, const json_t *peer, const char *key, const char *word)
{
	if (count_of(peer, key))
		fprintf(out, ", %s %" PRIu64, word, count_of(peer, key));
}

static void put_state(FILE *out, const json_t *peer)
{
	bool up = strcmp(text_of(peer, "state"), "Established") == 0;
	char text[SHOW_TIME_SIZE];

	fprintf(out, "%s  %s AS %" PRIu64 ", %s  %s", text_of(peer, "name"), text_of(peer, "addr"),
		count_of(peer, "as"), is_so(peer, "internal") ? "internal" : "external",
		text_of(peer, "state"));
	if (json_object_get(peer, "since_ms"))
		fprintf(out, " %s %s", up ? "for" : "and down for",
			show_time(count_of(peer, "since_ms"), text));
	if (*text_of(peer, "held"))
		fprintf(out, ", held: %s", text_of(peer, "held"));
	fprintf(out, "\n  came up %" PRIu64 " times", count_of(peer, "established"));
	if (*text_of(peer, "local"))
		fprintf(out, ", from %s", text_of(peer, "local"));
	if (*text_of(peer, "router_id"))
		fprintf(out, ", its identifier %s", text_of(peer, "router_id"));
	fprintf(out, "%s\n", is_so(peer, "called") ? ", it called" : "");
}

static void put_times(FILE *out, const json_t *peer)
{
	u32 count = 0;

	if (json_object_get(peer, "hold_s"))
		fprintf(out,
			"  agreed: hold %" PRIu64 "s, keepalive %" PRIu64 "s; here %" PRIu64
			"s and %" PRIu64 "s, there %" PRIu64 "s",
			count_of(peer, "hold_s"), count_of(peer, "keepalive_s"),
			count_of(peer, "own_hold_s"), count_of(peer, "own_keepalive_s"),
			count_of(peer, "offers_hold_s"));
	else
		fprintf(out,
			"  here: hold %" PRIu64 "s, keepalive %" PRIu64 "s, connect retry %" PRIu64
			"s",
			count_of(peer, "own_hold_s"), count_of(peer, "own_keepalive_s"),
			count_of(peer, "connect_retry_s"));
	fprintf(out, "\n  timers:");
	put_time(out, peer, "heard_ms", "heard ", " ago", &count);
	put_time(out, peer, "said_ms", "keepalive sent ", " ago", &count);
	put_time(out, peer, "keepalive_left_ms", "the next in ", "", &count);
	put_time(out, peer, "hold_left_ms", "given up in ", "", &count);
	put_time(out, peer, "retry_ms", "tries again in ", "", &count);
	put_time(out, peer, "restart_left_ms", "stale routes go in ", "", &count);
	fprintf(out, "%s\n", count > 0 ? "" : " none");
}

static bool has_word(const json_t *list, const char *word)
{
	const json_t *one;
	size_t index;

	json_array_foreach(list, index, one)
	{
		if (strcmp(json_string_value(one) ? json_string_value(one) : "", word) == 0)
			return true;
	}
	return false;
}

/* What is in force between both, and what the peer alone would know. */
static void put_capabilities(FILE *out, const json_t *peer)
{
	static const struct {
		const char *key, *said;
	} all[] = {
		{ "as4", "4-byte AS" },
		{ "refresh", "route refresh" },
		{ "enhanced_refresh", "enhanced refresh" },
		{ "graceful_restart", "graceful restart" },
		{ "add_path_receive", "add-path from it" },
		{ "add_path_send", "add-path to it" },
	};
	/* Who can send many is whom we receive them from. */
	static const char *const offered_as[ARRAY_COUNT(all)] = {
		"as4",           "refresh",          "enhanced_refresh", "graceful_restart",
		"add_path_send", "add_path_receive",
	};
	const json_t *offers = json_object_get(peer, "offers");
	u32 count = 0;

	if (!offers)
		return;
	fprintf(out, "  capabilities:");
	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		bool agreed = is_so(peer, all[i].key);

		if (!agreed && !has_word(offers, offered_as[i]))
			continue;
		fprintf(out, "%s%s%s", count++ ? ", " : " ", all[i].said,
			agreed ? "" : " (of the peer only)");
	}
	if (count_of(peer, "offers_restart_s"))
		fprintf(out, ", restarts within %" PRIu64 "s", count_of(peer, "offers_restart_s"));
	fprintf(out, "%s\n", count ? "" : " none");
}

static void put_policies(FILE *out, const json_t *peer)
{
	static const char *const missing = "none, so nothing (RFC 8212)";

	fprintf(out, "  import %s, export %s, authentication %s%s\n",
		is_so(peer, "import_missing") ? missing
		: *text_of(peer, "import")    ? text_of(peer, "import")
					      : "all",
		is_so(peer, "export_missing") ? missing
		: *text_of(peer, "export")    ? text_of(peer, "export")
					      : "all",
		text_of(peer, "authentication"), is_so(peer, "bfd") ? ", BFD" : "");
}

static void put_routes(FILE *out, const json_t *peer)
{
	fprintf(out, "  routes: %" PRIu64, count_of(peer, "paths"));
	if (count_of(peer, "prefix_limit"))
		fprintf(out, " of at most %" PRIu64, count_of(peer, "prefix_limit"));
	put_count(out, peer, "refused", "refused by policy");
	fprintf(out, "%s", is_so(peer, "stale") ? ", stale" : "");
	fprintf(out, ", announced %" PRIu64, count_of(peer, "announced"));
	if (*text_of(peer, "pools_withheld"))
		fprintf(out, ", no pools: %s", text_of(peer, "pools_withheld"));
	put_count(out, peer, "out_bytes", "bytes that wait for TCP");
	fprintf(out, "\n");
}

static void put_messages(FILE *out, const json_t *peer, const char *way, const char *word)
{
	static const char *const kinds[] = { "opens",     "updates",  "keepalives", "notifications",
					     "refreshes", "prefixes", "withdrawn" };
	char key[32];

	(void)snprintf(key, sizeof key, "messages_%s", way);
	fprintf(out, "  %s: %" PRIu64 " messages", word, count_of(peer, key));
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		(void)snprintf(key, sizeof key, "%s_%s", kinds[i], way);
		put_count(out, peer, key, kinds[i]);
	}
	fprintf(out, "\n");
}

/* What it sent that is not what a route should be. */
static void put_faults(FILE *out, const json_t *peer)
{
	static const struct {
		const char *key, *last, *said;
	} all[] = {
		{ "loops", "last_loop", "own AS in the path" },
		{ "bad_next_hop", "last_bad_next_hop", "a bad next hop" },
		{ "first_as", "last_first_as", "a first AS not its own" },
		{ "as_withdrawn", "", "malformed, treated as withdrawn" },
		{ "discarded", "", "malformed, an attribute left out" },
		{ "no_room", "", "without room here" },
		{ "too_long", "", "that did not fit into a message to it" },
		{ "unexpected", "", "events that its state does not know" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		if (!count_of(peer, all[i].key))
			continue;
		fprintf(out, "  not kept: %" PRIu64 " %s", count_of(peer, all[i].key), all[i].said);
		if (*text_of(peer, all[i].last))
			fprintf(out, ", last %s", text_of(peer, all[i].last));
		fprintf(out, "\n");
	}
}

static void put_last(FILE *out, const json_t *peer, const char *key, const char *word)
{
	const json_t *last = json_object_get(peer, key);
	char text[SHOW_TIME_SIZE];

	if (!last)
		return;
	fprintf(out, "  %s: %s", word, text_of(last, "says"));
	if (*text_of(last, "more"))
		fprintf(out, ", %s", text_of(last, "more"));
	if (*text_of(last, "text"))
		fprintf(out, ", \"%s\"", text_of(last, "text"));
	if (json_object_get(last, "ago_ms"))
		fprintf(out, ", %s ago", show_time(count_of(last, "ago_ms"), text));
	fprintf(out, "\n");
}

void show_bgp_peer(FILE *out, const json_t *peer)
{
	put_state(out, peer);
	put_times(out, peer);
	put_capabilities(out, peer);
	put_policies(out, peer);
	put_routes(out, peer);
	put_messages(out, peer, "in", "received");
	put_messages(out, peer, "out", "sent");
	put_faults(out, peer);
	put_last(out, peer, "last_sent", "told it");
	put_last(out, peer, "last_received", "it said");
}
