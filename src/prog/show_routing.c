/* Lines about routing: aligned for usual widths, and what there is nothing to say of left out. */
#include "prog/show_routing.h"

#include <inttypes.h>

#include "prog/record.h"
#include "prog/show_bgp.h"

static void put_flag(FILE *out, const json_t *object, const char *key, const char *word)
{
	if (is_so(object, key))
		fprintf(out, "  %s", word);
}

static void put_word(FILE *out, const json_t *object, const char *key, const char *word)
{
	if (*text_of(object, key))
		fprintf(out, "  %s%s", word, text_of(object, key));
}

static void put_count(FILE *out, const json_t *object, const char *key, const char *word)
{
	if (count_of(object, key))
		fprintf(out, "  %s %" PRIu64, word, count_of(object, key));
}

const char *show_time(u64 ms, char text[SHOW_TIME_SIZE])
{
	static const struct {
		const char *name;
		u64 seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
	u64 left = ms / 1000;
	size_t at = 0;

	while (at + 1 < ARRAY_COUNT(units) && left < units[at].seconds)
		at++;
	snprintf(text, SHOW_TIME_SIZE, "%" PRIu64 "%s", left / units[at].seconds, units[at].name);
	left %= units[at].seconds;
	if (at + 1 < ARRAY_COUNT(units) && left >= units[at + 1].seconds) {
		size_t len = strlen(text);

		snprintf(text + len, SHOW_TIME_SIZE - len, "%" PRIu64 "%s",
			 left / units[at + 1].seconds, units[at + 1].name);
	}
	return text;
}

static void put_time(FILE *out, const json_t *object, const char *key, const char *word)
{
	char text[SHOW_TIME_SIZE];

	if (json_object_get(object, key))
		fprintf(out, "  %s %s", word, show_time(count_of(object, key), text));
}

/* "via 10.0.0.1 on gw0, 10.0.0.2 on gw1", or "on gw0" of what is on a link. */
static void put_hops(FILE *out, const json_t *object)
{
	const json_t *hops = json_object_get(object, "hops");
	const json_t *hop;
	size_t index;

	json_array_foreach(hops, index, hop)
	{
		const char *gateway = text_of(hop, "gateway");
		const char *iface = text_of(hop, "interface");

		fprintf(out, "%s%s%s%s%s",
			index      ? ", "
			: *gateway ? "  via "
				   : "  ",
			gateway, *gateway && *iface ? " " : "", *iface ? "on " : "", iface);
	}
}

static void put_list(FILE *out, const json_t *object, const char *key, const char *word)
{
	const json_t *list = json_object_get(object, key);
	const json_t *one;
	size_t index;

	json_array_foreach(list, index, one)
	{
		const char *text = json_string_value(one);

		fprintf(out, "%s%s%s", index ? " " : "  ", index ? "" : word, text ? text : "");
	}
}

/* ---- the RIB and BGP ------------------------------------------------------------------------- */

static void put_attrs(FILE *out, const json_t *route)
{
	if (!json_object_get(route, "origin"))
		return;
	fprintf(out, "  path %s%s%s", text_of(route, "as_path"),
		*text_of(route, "as_path") ? " " : "", text_of(route, "origin"));
	if (json_object_get(route, "local_pref"))
		fprintf(out, "  pref %" PRIu64, count_of(route, "local_pref"));
	if (json_object_get(route, "med"))
		fprintf(out, "  med %" PRIu64, count_of(route, "med"));
	put_list(out, route, "communities", "communities ");
	put_list(out, route, "large_communities", "large ");
	put_word(out, route, "others", "");
	put_flag(out, route, "cut", "...");
}

static const char *hidden_word(const char *source)
{
	if (strcmp(source, "static") == 0)
		return "BFD does not reach it";
	return strcmp(source, "fpm") == 0 ? "waits for a next hop" : "refused";
}

/* What a path leads to and who says so. */
static void put_way(FILE *out, const json_t *path)
{
	if (strcmp(text_of(path, "type"), "unicast") != 0)
		fprintf(out, "  %s", text_of(path, "type"));
	put_hops(out, path);
	put_count(out, path, "tag", "tag");
	put_word(out, path, "peer", "from ");
	put_count(out, path, "path_id", "id");
	put_attrs(out, path);
	put_flag(out, path, "stale", "stale");
	put_flag(out, path, "hidden", hidden_word(text_of(path, "source")));
	if (json_is_false(json_object_get(path, "reachable")))
		fprintf(out, "  unreachable");
	put_word(out, path, "withheld", "announced to nobody: ");
}

static char mark_of(const json_t *path)
{
	return is_so(path, "best") ? '*' : is_so(path, "equal") ? '=' : ' ';
}

static void put_path(FILE *out, const json_t *path)
{
	fprintf(out, "%c %-18s  %-9s  %3" PRIu64 "/%-5" PRIu64, mark_of(path),
		text_of(path, "prefix"), text_of(path, "source"), count_of(path, "distance"),
		count_of(path, "metric"));
	put_way(out, path);
	put_word(out, path, "protocol", "of ");
	fprintf(out, "\n");
}

/* With the reason in a line of its own. */
static void put_explained(FILE *out, const json_t *path)
{
	if (json_is_false(json_object_get(path, "kept"))) {
		fprintf(out, "  %s  %s  from %s  not kept\n    %s\n", text_of(path, "prefix"),
			text_of(path, "source"), text_of(path, "peer"), text_of(path, "why"));
		return;
	}
	fprintf(out, "%c %s  %s  distance %" PRIu64 "  metric %" PRIu64, mark_of(path),
		text_of(path, "prefix"), text_of(path, "source"), count_of(path, "distance"),
		count_of(path, "metric"));
	put_way(out, path);
	put_word(out, path, "protocol", "of ");
	put_count(out, path, "cost", "cost to the next hop");
	fprintf(out, "\n    %s%s\n", is_so(path, "best") ? "the best: " : "", text_of(path, "why"));
}

static void put_last(FILE *out, const json_t *peer, const char *key, const char *word)
{
	const json_t *last = json_object_get(peer, key);

	if (!last)
		return;
	fprintf(out, "  %s: %s", word, text_of(last, "says"));
	put_word(out, last, "more", "");
	if (*text_of(last, "text"))
		fprintf(out, "  \"%s\"", text_of(last, "text"));
}

/* "  own AS in the path 3, last 10.0.0.0/8" */
static void put_unfit(FILE *out, const json_t *peer, const char *count, const char *last,
		      const char *word)
{
	put_count(out, peer, count, word);
	if (*text_of(peer, last))
		fprintf(out, ", last %s", text_of(peer, last));
}

static void put_peer(FILE *out, const json_t *peer)
{
	bool up = strcmp(text_of(peer, "state"), "Established") == 0;

	fprintf(out, "%-15s  %-15s  AS %-10" PRIu64 "  %-11s", text_of(peer, "name"),
		text_of(peer, "addr"), count_of(peer, "as"), text_of(peer, "state"));
	put_time(out, peer, "since_ms", up ? "up" : "down");
	put_word(out, peer, "held", "held: ");
	fprintf(out, "  routes %" PRIu64, count_of(peer, "paths"));
	if (count_of(peer, "prefix_limit"))
		fprintf(out, " of %" PRIu64, count_of(peer, "prefix_limit"));
	put_count(out, peer, "refused", "refused");
	put_unfit(out, peer, "loops", "last_loop", "own AS in the path");
	put_unfit(out, peer, "bad_next_hop", "last_bad_next_hop", "bad next hop");
	put_unfit(out, peer, "first_as", "last_first_as", "first AS not its own");
	fprintf(out, "  announced %" PRIu64, count_of(peer, "announced"));
	put_word(out, peer, "pools_withheld", "no pools: ");
	put_flag(out, peer, "stale", "stale");
	if (!up)
		put_time(out, peer, "retry_ms", "tries again in");
	put_last(out, peer, "last_sent", "told it");
	put_last(out, peer, "last_received", "it said");
	fprintf(out, "\n");
}

static void put_bgp_route(FILE *out, const json_t *route)
{
	fprintf(out, "%c %-18s  via %-15s", is_so(route, "refused") ? 'x' : ' ',
		text_of(route, "prefix"), text_of(route, "next_hop"));
	put_count(out, route, "path_id", "id");
	put_attrs(out, route);
	put_flag(out, route, "stale", "stale");
	put_flag(out, route, "refused", "refused by policy");
	fprintf(out, "\n");
}

static void put_bgp_told(FILE *out, const json_t *route)
{
	fprintf(out, "  %-18s  via %-15s", text_of(route, "prefix"), text_of(route, "next_hop"));
	put_count(out, route, "path_id", "id");
	put_attrs(out, route);
	put_word(out, route, "source", "of ");
	fprintf(out, "\n");
}

/* ---- OSPF ------------------------------------------------------------------------------------ */

static void put_ospf_nbr(FILE *out, const json_t *nbr)
{
	fprintf(out, "%-15s  %-15s  on %-10s  %-9s  priority %" PRIu64, text_of(nbr, "router_id"),
		text_of(nbr, "addr"), text_of(nbr, "interface"), text_of(nbr, "state"),
		count_of(nbr, "priority"));
	put_word(out, nbr, "dr", "dr ");
	put_word(out, nbr, "bdr", "bdr ");
	put_time(out, nbr, "full_ms", "full for");
	put_time(out, nbr, "dead_ms", "dead in");
	put_count(out, nbr, "to_acknowledge", "to acknowledge");
	put_count(out, nbr, "to_request", "to request");
	put_count(out, nbr, "retransmitted", "retransmitted");
	fprintf(out, "\n");
}

/* "  refused 7, the last another area, from 10.0.0.9, 2m ago" */
static void put_last_refused(FILE *out, const json_t *object)
{
	const json_t *last = json_object_get(object, "last_refused");
	char text[SHOW_TIME_SIZE];

	if (!last)
		return;
	fprintf(out, "  refused %" PRIu64 ", the last %s", count_of(object, "refused"),
		text_of(last, "why"));
	if (*text_of(last, "from"))
		fprintf(out, ", from %s", text_of(last, "from"));
	if (json_object_get(last, "ago_ms"))
		fprintf(out, ", %s ago", show_time(count_of(last, "ago_ms"), text));
}

/* "  hellos 3/4": that came and that were sent. */
static void put_both(FILE *out, const json_t *object, const char *kind)
{
	char in[32], sent[32];

	(void)snprintf(in, sizeof in, "%s_in", kind);
	(void)snprintf(sent, sizeof sent, "%s_out", kind);
	if (count_of(object, in) || count_of(object, sent))
		fprintf(out, "  %s %" PRIu64 "/%" PRIu64, kind, count_of(object, in),
			count_of(object, sent));
}

static void put_ospf_iface(FILE *out, const json_t *iface)
{
	fprintf(out, "%-10s  %-18s  area %-9s  %-14s  %-8s  cost %" PRIu64,
		text_of(iface, "interface"), text_of(iface, "addr"), text_of(iface, "area"),
		text_of(iface, "type"), text_of(iface, "state"), count_of(iface, "cost"));
	put_flag(out, iface, "passive", "passive");
	put_word(out, iface, "dr", "dr ");
	put_word(out, iface, "bdr", "bdr ");
	fprintf(out, "  neighbours %" PRIu64 ", full %" PRIu64, count_of(iface, "neighbours"),
		count_of(iface, "full"));
	put_time(out, iface, "hello_ms", "says hello in");
	if (json_object_get(iface, "hello_s"))
		fprintf(out, "  hello %" PRIu64 "s, dead %" PRIu64 "s, retransmits in %" PRIu64 "s",
			count_of(iface, "hello_s"), count_of(iface, "dead_s"),
			count_of(iface, "retransmit_s"));
	put_word(out, iface, "authentication", "authentication ");
	put_both(out, iface, "hellos");
	put_both(out, iface, "descriptions");
	put_both(out, iface, "requests");
	put_both(out, iface, "updates");
	put_both(out, iface, "acknowledgments");
	put_last_refused(out, iface);
	fprintf(out, "\n");
}

static void put_ospf_lsa(FILE *out, const json_t *lsa)
{
	fprintf(out, "%-14s  %-15s  of %-15s  age %4" PRIu64 "s  sequence %s  %" PRIu64 " bytes",
		text_of(lsa, "type"), text_of(lsa, "id"), text_of(lsa, "router"),
		count_of(lsa, "age_s"), text_of(lsa, "sequence"), count_of(lsa, "bytes"));
	put_word(out, lsa, "area", "area ");
	put_flag(out, lsa, "own", "own");
	put_count(out, lsa, "to_acknowledge", "to acknowledge");
	fprintf(out, "\n");
}

static void put_ospf_route(FILE *out, const json_t *route)
{
	fprintf(out, "%-18s  %-10s  cost %" PRIu64, text_of(route, "prefix"),
		text_of(route, "path"), count_of(route, "cost"));
	if (count_of(route, "cost2"))
		fprintf(out, "/%" PRIu64, count_of(route, "cost2"));
	put_word(out, route, "area", "area ");
	put_count(out, route, "tag", "tag");
	put_hops(out, route);
	put_word(out, route, "router", "from ");
	put_flag(out, route, "refused", "refused by policy");
	put_word(out, route, "why", "");
	fprintf(out, "\n");
}

/* ---- RIP and BFD ----------------------------------------------------------------------------- */

static void put_rip_route(FILE *out, const json_t *route)
{
	const json_t *hops = json_object_get(route, "hops");
	const json_t *hop;
	size_t index;

	fprintf(out, "%-18s  %-11s  metric %2" PRIu64, text_of(route, "prefix"),
		text_of(route, "kind"), count_of(route, "metric"));
	put_count(out, route, "tag", "tag");
	json_array_foreach(hops, index, hop)
	{
		fprintf(out, "  via %s on %s", text_of(hop, "gateway"), text_of(hop, "interface"));
		if (strcmp(text_of(hop, "gateway"), text_of(hop, "from")) != 0)
			fprintf(out, ", says %s", text_of(hop, "from"));
	}
	put_time(out, route, "left_ms", "for");
	fprintf(out, "\n");
}

static void put_rip_iface(FILE *out, const json_t *iface)
{
	fprintf(out, "%-10s  %-15s  %-8s  cost %2" PRIu64 "  neighbours %" PRIu64,
		text_of(iface, "interface"), text_of(iface, "addr"),
		is_so(iface, "active") ? "active" : "inactive", count_of(iface, "cost"),
		count_of(iface, "neighbours"));
	put_word(out, iface, "authentication", "authentication ");
	put_flag(out, iface, "passive", "passive");
	put_time(out, iface, "update_ms", "tells in");
	if (json_object_get(iface, "update_s"))
		fprintf(out, "  each %" PRIu64 "s, times out in %" PRIu64 "s, goes in %" PRIu64 "s",
			count_of(iface, "update_s"), count_of(iface, "timeout_s"),
			count_of(iface, "garbage_s"));
	put_count(out, iface, "packets_in", "in");
	put_count(out, iface, "packets_out", "out");
	put_count(out, iface, "requests_in", "requests");
	put_count(out, iface, "updates", "updates");
	put_count(out, iface, "triggered", "triggered");
	put_count(out, iface, "bad_packets", "bad packets");
	put_count(out, iface, "bad_authentication", "wrong keys");
	put_count(out, iface, "bad_routes", "bad routes");
	put_last_refused(out, iface);
	fprintf(out, "\n");
}

static void put_rip_nbr(FILE *out, const json_t *nbr)
{
	fprintf(out, "%-15s  on %-10s", text_of(nbr, "addr"), text_of(nbr, "interface"));
	put_time(out, nbr, "up_ms", "up");
	put_time(out, nbr, "heard_ms", "heard before");
	fprintf(out, "  packets %" PRIu64 "  routes %" PRIu64, count_of(nbr, "packets"),
		count_of(nbr, "routes"));
	put_count(out, nbr, "bad_packets", "bad packets");
	put_count(out, nbr, "bad_routes", "bad routes");
	fprintf(out, "\n");
}

/* "  not taken: of_kernel 3, labels 1" */
static void put_refused(FILE *out, const json_t *refused)
{
	const char *why;
	json_t *count;
	bool first = true;

	json_object_foreach((json_t *)refused, why, count)
	{
		fprintf(out, "%s%s %" PRIu64, first ? "  not taken: " : ", ", why,
			(u64)json_integer_value(count));
		first = false;
	}
}

static void put_fpm(FILE *out, const json_t *fpm)
{
	const char *addr = text_of(fpm, "addr");

	if (json_is_true(json_object_get(fpm, "connected")))
		fprintf(out, "connected with %s port %" PRIu64, addr, count_of(fpm, "port"));
	else
		fprintf(out, "nobody is connected");
	put_time(out, fpm, "since_ms", "for");
	put_flag(out, fpm, "same_host", "on this host");
	put_word(out, fpm, "why", "");
	fprintf(out, "\n  routes %" PRIu64 "  next hops %" PRIu64, count_of(fpm, "routes"),
		count_of(fpm, "next_hops"));
	put_count(out, fpm, "hidden", "hidden");
	put_count(out, fpm, "stale", "stale");
	put_time(out, fpm, "hold_ms", "which go in");
	put_count(out, fpm, "expired", "gone untold");
	fprintf(out,
		"\n  frames %" PRIu64 "  messages %" PRIu64 "  set %" PRIu64 "  unset %" PRIu64,
		count_of(fpm, "frames"), count_of(fpm, "messages"), count_of(fpm, "sets"),
		count_of(fpm, "unsets"));
	put_count(out, fpm, "connections", "connections");
	put_count(out, fpm, "broken", "broken");
	put_refused(out, json_object_get(fpm, "refused"));
	fprintf(out, "\n");
}

static void put_bfd(FILE *out, const json_t *peer)
{
	fprintf(out, "%-15s  on %-10s  %-9s", text_of(peer, "addr"), text_of(peer, "interface"),
		text_of(peer, "state"));
	put_time(out, peer, "since_ms", "for");
	put_list(out, peer, "for", "serves ");
	if (count_of(peer, "detect_us"))
		fprintf(out, "  detects in %" PRIu64 "ms", count_of(peer, "detect_us") / 1000);
	if (count_of(peer, "tx_us"))
		fprintf(out, "  sends each %" PRIu64 "ms", count_of(peer, "tx_us") / 1000);
	put_flag(out, peer, "authenticated", "authenticated");
	put_count(out, peer, "downs", "downs");
	put_word(out, peer, "why", "");
	put_word(out, peer, "remote_why", "neighbour says: ");
	fprintf(out, "\n");
}

/* ---- all ------------------------------------------------------------------------------------- */

static const struct {
	enum ctl_show show;
	void (*put)(FILE *out, const json_t *record);
	const char *nothing;
} shows[] = {
	{ CTL_SHOW_RIB, put_path, "no routes" },
	{ CTL_SHOW_PATHS, put_explained, "no route leads there" },
	{ CTL_SHOW_BGP, put_peer, "no peers" },
	{ CTL_SHOW_BGP_PEER, show_bgp_peer, "no such peer" },
	{ CTL_SHOW_BGP_ROUTES, put_bgp_route, "no routes" },
	{ CTL_SHOW_BGP_ANNOUNCED, put_bgp_told, "nothing is announced to it" },
	{ CTL_SHOW_OSPF, put_ospf_nbr, "no neighbours" },
	{ CTL_SHOW_OSPF_INTERFACES, put_ospf_iface, "no interfaces" },
	{ CTL_SHOW_OSPF_DATABASE, put_ospf_lsa, "nothing is known" },
	{ CTL_SHOW_OSPF_ROUTES, put_ospf_route, "no routes" },
	{ CTL_SHOW_RIP, put_rip_route, "no routes" },
	{ CTL_SHOW_RIP_INTERFACES, put_rip_iface, "no interfaces" },
	{ CTL_SHOW_RIP_NEIGHBOURS, put_rip_nbr, "nobody was heard" },
	{ CTL_SHOW_FPM, put_fpm, "nothing is known" },
	{ CTL_SHOW_BFD, put_bfd, "nobody is looked after" },
};

bool show_text_routing(FILE *out, enum ctl_show show, const json_t *record)
{
	for (size_t i = 0; i < ARRAY_COUNT(shows); i++) {
		if (shows[i].show != show)
			continue;
		shows[i].put(out, record);
		return true;
	}
	return false;
}

const char *show_routing_nothing(enum ctl_show show)
{
	for (size_t i = 0; i < ARRAY_COUNT(shows); i++) {
		if (shows[i].show == show)
			return shows[i].nothing;
	}
	return NULL;
}
