/* Routing as JSON: the RIB, and BGP. */
#include "host/ctl/ctl_routing.h"

#include <event2/buffer.h>
#include <inttypes.h>

#include "host/ctl/ctl_records.h"

/* ---- pieces ---------------------------------------------------------------------------------- */

void ctl_put_prefix_key(struct evbuffer *out, const char *key, const struct ip_prefix *prefix)
{
	char text[IP_TEXT_SIZE];

	ip_prefix_print(prefix, text, sizeof text);
	evbuffer_add_printf(out, "\"%s\":\"%s\"", key, text);
}

void ctl_put_flag_key(struct evbuffer *out, const char *key, bool on)
{
	if (on)
		evbuffer_add_printf(out, ",\"%s\":true", key);
}

void ctl_put_count_key(struct evbuffer *out, const char *key, u64 number)
{
	if (number > 0)
		evbuffer_add_printf(out, ",\"%s\":%" PRIu64, key, number);
}

void ctl_put_addr_key(struct evbuffer *out, const char *key, be32 addr)
{
	if (addr.raw)
		evbuffer_add_printf(out, ",\"%s\":\"%s\"", key, ctl_addr_text(addr).text);
}

void ctl_put_ms_key(struct evbuffer *out, const char *key, ns_t ns)
{
	if (ns != NS_NEVER)
		evbuffer_add_printf(out, ",\"%s\":%" PRIu64, key, ns / NS_PER_MS);
}

void ctl_put_since_key(struct evbuffer *out, const char *key, ns_t then, ns_t now)
{
	if (then != NS_NEVER)
		ctl_put_ms_key(out, key, then < now ? now - then : 0);
}

void ctl_put_iface_key(struct evbuffer *out, const struct sluice *s, const char *key, u16 iface)
{
	if (iface >= sluice_ifaces(s)->count)
		return;
	evbuffer_add_printf(out, ",\"%s\":", key);
	ctl_put_iface_name(out, sluice_ifaces(s), iface);
}

void ctl_put_text_key(struct evbuffer *out, const char *key, const char *text)
{
	if (text[0] == 0)
		return;
	evbuffer_add_printf(out, ",\"%s\":", key);
	ctl_put_string(out, text);
}

void ctl_put_hops(struct evbuffer *out, const struct sluice *s, const struct rib_hop *hop,
		  u32 hop_count)
{
	if (hop_count == 0)
		return;
	evbuffer_add_printf(out, ",\"hops\":[");
	for (u32 i = 0; i < hop_count; i++) {
		char text[IP_TEXT_SIZE];

		evbuffer_add_printf(out, "%s{\"weight\":%u", i ? "," : "", hop[i].weight);
		if (hop[i].gateway.family != FAMILY_NONE) {
			ip_addr_print(&hop[i].gateway, text, sizeof text);
			evbuffer_add_printf(out, ",\"gateway\":\"%s\"", text);
		}
		ctl_put_iface_key(out, s, "interface", hop[i].iface);
		evbuffer_add_printf(out, "}");
	}
	evbuffer_add_printf(out, "]");
}

/* ---- the RIB --------------------------------------------------------------------------------- */

/* Of a path of BGP: who sent it, and with what. */
static void put_bgp_path(struct evbuffer *out, const struct bgp *bgp, const struct rib_path *path)
{
	u16 peer = path->client < RIB_CLIENT_MAX ? bgp->peer_of_client[path->client] : UINT16_MAX;

	if (peer < bgp->conf.peer_limit && bgp->peer[peer].used) {
		ctl_put_text_key(out, "peer", bgp->peer[peer].conf.name);
		ctl_put_addr_key(out, "peer_addr", bgp->peer[peer].conf.addr);
	}
	ctl_put_count_key(out, "path_id", path->path_id);
	ctl_put_attrs(out, bgp, path->attr);
}

void ctl_put_path(struct evbuffer *out, const struct sluice *s, const struct rib_shown *path)
{
	struct rib_hop hop[RIB_HOPS_MAX];
	const struct rib *rib = sluice_rib(s);
	const struct bgp *bgp = sluice_bgp(s);
	u32 tag;

	evbuffer_add_printf(out, "{");
	ctl_put_prefix_key(out, "prefix", &path->prefix);
	evbuffer_add_printf(out, ",\"source\":\"%s\",\"type\":\"%s\",\"distance\":%u,\"metric\":%u",
			    route_source_name(path->source),
			    fib_type_name((enum fib_type)path->path.type), path->path.distance,
			    path->path.metric);
	if (rib_path_tag(path->source, &path->path, &tag))
		ctl_put_count_key(out, "tag", tag);
	ctl_put_flag_key(out, "best", path->best);
	ctl_put_flag_key(out, "equal", path->equal);
	ctl_put_flag_key(out, "stale", path->path.stale);
	ctl_put_flag_key(out, "hidden", path->path.hidden);
	evbuffer_add_printf(out, ",\"reachable\":%s", path->way.reachable ? "true" : "false");
	ctl_put_count_key(out, "cost", path->way.cost);
	if (rib && path->path.hops != RIB_NONE)
		ctl_put_hops(out, s, hop, rib_hops_read(rib, path->path.hops, hop));
	if (bgp && path->source == ROUTE_BGP)
		put_bgp_path(out, bgp, &path->path);
	if (path->source == ROUTE_FPM)
		ctl_put_fpm_path(out, &path->path);
	if (path->withheld)
		ctl_put_text_key(out, "withheld", path->withheld);
	ctl_put_text_key(out, "why", path->why);
	evbuffer_add_printf(out, "}");
}

/* ---- BGP ------------------------------------------------------------------------------------- */

/* ,"key":["1:2","3:4"] of words with spaces between. */
static void put_words(struct evbuffer *out, const char *key, const char *words)
{
	bool first = true;

	if (words[0] == 0)
		return;
	evbuffer_add_printf(out, ",\"%s\":[", key);
	while (*words) {
		size_t len = strcspn(words, " ");

		if (len > 0)
			evbuffer_add_printf(out, "%s\"%.*s\"", first ? "" : ",", (int)len, words);
		first = first && len == 0;
		words += len;
		words += strspn(words, " ");
	}
	evbuffer_add_printf(out, "]");
}

static void put_attrs(struct evbuffer *out, const struct bgp_attrs_shown *shown)
{
	evbuffer_add_printf(out, ",\"origin\":\"%s\",\"as_path\":\"%s\"", shown->origin,
			    shown->path);
	ctl_put_addr_key(out, "next_hop", shown->nexthop);
	if (shown->has_med)
		evbuffer_add_printf(out, ",\"med\":%u", shown->med);
	if (shown->has_local_pref)
		evbuffer_add_printf(out, ",\"local_pref\":%u", shown->local_pref);
	ctl_put_flag_key(out, "atomic", shown->atomic);
	put_words(out, "communities", shown->communities);
	put_words(out, "large_communities", shown->large);
	ctl_put_text_key(out, "others", shown->others);
	ctl_put_flag_key(out, "cut", shown->cut);
}

void ctl_put_attrs(struct evbuffer *out, const struct bgp *bgp, u32 attr)
{
	struct bgp_attrs_shown shown;

	bgp_show_attrs(bgp, attr, &shown);
	put_attrs(out, &shown);
}

static void put_last(struct evbuffer *out, const char *key, const struct bgp_last *last, ns_t now)
{
	if (!last->ever)
		return;
	evbuffer_add_printf(out, ",\"%s\":{\"code\":%u,\"subcode\":%u", key, last->code,
			    last->subcode);
	ctl_put_text_key(out, "says", bgp_error_code_text(last->code));
	if (last->subcode)
		ctl_put_text_key(out, "more", bgp_error_subcode_text(last->code, last->subcode));
	ctl_put_text_key(out, "text", last->text);
	ctl_put_since_key(out, "ago_ms", last->at_ns, now);
	evbuffer_add_printf(out, "}");
}

static void put_agreed(struct evbuffer *out, const struct bgp_peer_shown *peer)
{
	evbuffer_add_printf(out, ",\"hold_s\":%u,\"keepalive_s\":%u", peer->hold_s,
			    peer->keepalive_s);
	ctl_put_flag_key(out, "called", peer->called);
	ctl_put_flag_key(out, "as4", peer->as4);
	ctl_put_flag_key(out, "refresh", peer->refresh);
	ctl_put_flag_key(out, "enhanced_refresh", peer->enhanced_refresh);
	ctl_put_flag_key(out, "graceful_restart", peer->restart);
	ctl_put_flag_key(out, "add_path_receive", peer->add_path_in);
	ctl_put_flag_key(out, "add_path_send", peer->add_path_out);
}

/* What its last OPEN said that it can. */
static void put_offers(struct evbuffer *out, const struct bgp_open *open)
{
	const struct {
		const char *word;
		bool on;
	} all[] = {
		{ "as4", open->as4 },
		{ "refresh", open->refresh },
		{ "enhanced_refresh", open->enhanced_refresh },
		{ "graceful_restart", open->restart },
		{ "add_path_receive", (open->add_path & BGP_ADD_PATH_RECEIVE) != 0 },
		{ "add_path_send", (open->add_path & BGP_ADD_PATH_SEND) != 0 },
	};
	bool first = true;

	if (open->router_id.raw == 0)
		return;
	evbuffer_add_printf(out, ",\"offers\":[");
	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		if (all[i].on)
			evbuffer_add_printf(out, "%s\"%s\"", first ? "" : ",", all[i].word);
		first = first && !all[i].on;
	}
	evbuffer_add_printf(out, "],\"offers_hold_s\":%u", open->hold_s);
	if (open->restart)
		evbuffer_add_printf(out, ",\"offers_restart_s\":%u", open->restart_s);
}

/* As the configuration has it. */
static void put_asked(struct evbuffer *out, const struct bgp_peer_shown *peer)
{
	static const char *const auth[] = {
		[BGP_AUTH_NONE] = "none", [BGP_AUTH_MD5] = "md5", [BGP_AUTH_AO] = "ao"
	};

	evbuffer_add_printf(out,
			    ",\"own_hold_s\":%u,\"own_keepalive_s\":%u,\"connect_retry_s\":%u,"
			    "\"authentication\":\"%s\"",
			    peer->own_hold_s, peer->own_keepalive_s, peer->connect_retry_s,
			    auth[peer->auth]);
	ctl_put_flag_key(out, "bfd", peer->bfd);
	if (peer->import)
		ctl_put_text_key(out, "import", peer->import);
	if (peer->export)
		ctl_put_text_key(out, "export", peer->export);
	ctl_put_flag_key(out, "import_missing", peer->import_missing);
	ctl_put_flag_key(out, "export_missing", peer->export_missing);
}

static void put_counters(struct evbuffer *out, const struct bgp_counters *counters)
{
	const struct {
		const char *key;
		u64 count;
	} all[] = {
		{ "messages_in", counters->messages_in },
		{ "messages_out", counters->messages_out },
		{ "opens_in", counters->got[BGP_OPEN] },
		{ "opens_out", counters->sent[BGP_OPEN] },
		{ "updates_in", counters->got[BGP_UPDATE] },
		{ "updates_out", counters->sent[BGP_UPDATE] },
		{ "keepalives_in", counters->got[BGP_KEEPALIVE] },
		{ "keepalives_out", counters->sent[BGP_KEEPALIVE] },
		{ "notifications_in", counters->got[BGP_NOTIFICATION] },
		{ "notifications_out", counters->sent[BGP_NOTIFICATION] },
		{ "refreshes_in", counters->got[BGP_ROUTE_REFRESH] },
		{ "refreshes_out", counters->sent[BGP_ROUTE_REFRESH] },
		{ "prefixes_in", counters->prefixes_in },
		{ "prefixes_out", counters->prefixes_out },
		{ "withdrawn_in", counters->withdrawn_in },
		{ "withdrawn_out", counters->withdrawn_out },
		{ "established", counters->established },
		{ "unexpected", counters->unexpected },
		{ "as_withdrawn", counters->as_withdrawn },
		{ "discarded", counters->discarded },
		{ "loops", counters->loops },
		{ "bad_next_hop", counters->bad_nexthop },
		{ "first_as", counters->first_as },
		{ "no_room", counters->no_room },
		{ "too_long", counters->too_long },
	};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		ctl_put_count_key(out, all[i].key, all[i].count);
}

/* The last prefix of each kind of what is not kept. */
static void put_unfit(struct evbuffer *out, const struct bgp_peer_shown *peer)
{
	static const char *const keys[BGP_UNFITS] = {
		[BGP_UNFIT_LOOP] = "last_loop",
		[BGP_UNFIT_NEXTHOP] = "last_bad_next_hop",
		[BGP_UNFIT_FIRST_AS] = "last_first_as",
	};

	for (size_t i = 0; i < BGP_UNFITS; i++) {
		if (peer->unfit[i].addr.family == FAMILY_NONE)
			continue;
		evbuffer_add_printf(out, ",");
		ctl_put_prefix_key(out, keys[i], &peer->unfit[i]);
	}
}

void ctl_put_unfit(struct evbuffer *out, const struct bgp_peer_shown *peer, enum bgp_unfit unfit)
{
	evbuffer_add_printf(out, "{");
	ctl_put_prefix_key(out, "prefix", &peer->unfit[unfit]);
	evbuffer_add_printf(out, ",\"source\":\"bgp\",\"kept\":false");
	ctl_put_text_key(out, "peer", peer->name);
	ctl_put_addr_key(out, "peer_addr", peer->addr);
	ctl_put_text_key(out, "why", bgp_unfit_text(unfit));
	evbuffer_add_printf(out, "}");
}

void ctl_put_bgp_peer(struct evbuffer *out, const struct sluice *s,
		      const struct bgp_peer_shown *peer, ns_t now)
{
	static const char *const held[] = {
		[BGP_HELD_NOT] = "",
		[BGP_HELD_SHUTDOWN] = "shutdown",
		[BGP_HELD_PREFIXES] = "max-prefixes",
		[BGP_HELD_STOPPED] = "stopped",
	};
	bool up = peer->state == BGP_ESTABLISHED;
	const char *withheld = sluice_pools_withheld(s);

	evbuffer_add_printf(out, "{\"name\":");
	ctl_put_string(out, peer->name);
	evbuffer_add_printf(out, ",\"addr\":\"%s\",\"as\":%u,\"internal\":%s,\"state\":\"%s\"",
			    ctl_addr_text(peer->addr).text, peer->as,
			    peer->internal ? "true" : "false", bgp_state_name(peer->state));
	ctl_put_text_key(out, "held", held[peer->held]);
	ctl_put_since_key(out, "since_ms", peer->since_ns, now);
	ctl_put_addr_key(out, "local", peer->local);
	ctl_put_addr_key(out, "router_id", peer->router_id);
	if (up)
		put_agreed(out, peer);
	put_offers(out, &peer->open);
	put_asked(out, peer);
	ctl_put_since_key(out, "heard_ms", peer->heard_ns, now);
	ctl_put_since_key(out, "said_ms", peer->said_ns, now);
	ctl_put_ms_key(out, "hold_left_ms", peer->hold_left_ns);
	ctl_put_ms_key(out, "keepalive_left_ms", peer->keepalive_left_ns);
	ctl_put_ms_key(out, "retry_ms", peer->retry_left_ns);
	ctl_put_ms_key(out, "restart_left_ms", peer->restart_left_ns);
	evbuffer_add_printf(out, ",\"paths\":%u,\"announced\":%u", peer->paths_in, peer->announced);
	ctl_put_count_key(out, "refused", peer->hidden_in);
	ctl_put_count_key(out, "prefix_limit", peer->prefix_limit);
	if (withheld)
		ctl_put_text_key(out, "pools_withheld", withheld);
	ctl_put_flag_key(out, "stale", peer->stale);
	ctl_put_count_key(out, "out_bytes", peer->out_bytes);
	put_last(out, "last_sent", &peer->last_sent, now);
	put_last(out, "last_received", &peer->last_got, now);
	put_counters(out, &peer->counters);
	put_unfit(out, peer);
	evbuffer_add_printf(out, "}");
}

void ctl_put_bgp_route(struct evbuffer *out, const struct bgp *bgp,
		       const struct bgp_route_shown *route)
{
	evbuffer_add_printf(out, "{");
	ctl_put_prefix_key(out, "prefix", &route->prefix);
	ctl_put_count_key(out, "path_id", route->path_id);
	ctl_put_flag_key(out, "refused", route->hidden);
	ctl_put_flag_key(out, "stale", route->stale);
	ctl_put_attrs(out, bgp, route->hidden ? route->received : route->attr);
	evbuffer_add_printf(out, "}");
}

void ctl_put_bgp_told(struct evbuffer *out, const struct bgp_told_shown *route)
{
	evbuffer_add_printf(out, "{");
	ctl_put_prefix_key(out, "prefix", &route->prefix);
	evbuffer_add_printf(out, ",\"source\":\"%s\"", route_source_name(route->source));
	ctl_put_count_key(out, "path_id", route->path_id);
	put_attrs(out, &route->attrs);
	evbuffer_add_printf(out, "}");
}
