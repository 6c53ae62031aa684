/* Seeing inside: plain structs of which the host makes text. */
#include "core/routing/bgp/bgp_part.h"

enum { COMMUNITY_SIZE = 4, LARGE_SIZE = 12 };

static ns_t left_of(const struct bgp *bgp, u32 peer, u32 timer, ns_t now)
{
	ns_t when = heap_when(&bgp->timers, peer * BGP_TIMERS + timer);

	if (when == NS_NEVER)
		return NS_NEVER;
	return when > now ? when - now : 0;
}

/* The line that is further on. */
static u8 line_shown(const struct bgp_peer *peer)
{
	if (bgp_is_up(peer))
		return peer->live;
	return peer->line[BGP_LINE_IN].state > peer->line[BGP_LINE_OUT].state &&
			       peer->line[BGP_LINE_IN].state >= BGP_OPEN_SENT
		       ? BGP_LINE_IN
		       : BGP_LINE_OUT;
}

static void show_times(const struct bgp *bgp, u32 at, u8 line, struct bgp_peer_shown *out, ns_t now)
{
	const struct bgp_line *of = &bgp->peer[at].line[line];
	u32 first = line * BGP_LINE_TIMERS;
	ns_t retry = left_of(bgp, at, BGP_LINE_OUT * BGP_LINE_TIMERS + BGP_TIMER_RETRY, now);
	ns_t idle = left_of(bgp, at, BGP_LINE_OUT * BGP_LINE_TIMERS + BGP_TIMER_IDLE_HOLD, now);

	out->hold_left_ns = NS_NEVER;
	if (of->state >= BGP_OPEN_SENT && of->hold_ns > 0)
		out->hold_left_ns = of->heard_ns + of->hold_ns > now
					    ? of->heard_ns + of->hold_ns - now
					    : 0;
	out->keepalive_left_ns = left_of(bgp, at, first + BGP_TIMER_KEEPALIVE, now);
	out->retry_left_ns = u64_min(retry, idle);
	out->restart_left_ns = left_of(bgp, at, BGP_TIMER_RESTART, now);
	out->heard_ns = of->state >= BGP_OPEN_CONFIRM ? of->heard_ns : NS_NEVER;
	out->said_ns = of->state >= BGP_OPEN_CONFIRM ? of->said_ns : NS_NEVER;
	if (of->state >= BGP_OPEN_CONFIRM) {
		out->hold_s = (u32)(of->hold_ns / NS_PER_SEC);
		out->keepalive_s = (u32)(of->keepalive_ns / NS_PER_SEC);
	}
}

/* What the configuration says of it. */
static void show_conf(const struct bgp *bgp, const struct bgp_peer *peer,
		      struct bgp_peer_shown *out)
{
	const struct bgp_peer_conf *conf = &peer->conf;
	const struct policy_conf *policies = bgp->conf.policy;

	memcpy(out->name, conf->name, sizeof out->name);
	out->addr = conf->addr;
	out->as = conf->as;
	out->internal = peer->internal;
	out->own_hold_s = conf->hold_s;
	out->own_keepalive_s = conf->keepalive_s;
	out->connect_retry_s = conf->connect_retry_s;
	out->auth = conf->auth.kind;
	out->bfd = conf->bfd;
	out->prefix_limit = conf->prefix_limit;
	out->import = conf->import == POLICY_NONE ? NULL : policies->policy[conf->import].name;
	out->export = conf->export == POLICY_NONE ? NULL : policies->policy[conf->export].name;
	out->import_missing = !peer->internal && conf->import == POLICY_NONE;
	out->export_missing = !peer->internal && conf->export == POLICY_NONE;
}

static void show_peer(const struct bgp *bgp, u32 at, struct bgp_peer_shown *out, ns_t now)
{
	const struct bgp_peer *peer = &bgp->peer[at];
	u8 line = line_shown(peer);
	bool up = bgp_is_up(peer);

	memset(out, 0, sizeof *out);
	show_conf(bgp, peer, out);
	out->local = peer->line[line].sock == SOCK_ID_NONE ? (be32){ 0 } : peer->line[line].local;
	out->router_id = peer->open.router_id;
	out->state = (enum bgp_state)peer->line[line].state;
	out->held = (enum bgp_held)peer->held;
	out->called = line == BGP_LINE_IN;
	out->since_ns = peer->up_ns;
	show_times(bgp, at, line, out, now);
	out->open = peer->open;
	out->as4 = up && peer->wire_in.as4;
	out->add_path_in = up && peer->wire_in.with_id;
	out->add_path_out = up && peer->wire_out.with_id;
	out->refresh = up && peer->refresh;
	out->enhanced_refresh = up && peer->enhanced_refresh;
	out->restart = up && peer->conf.graceful_restart && peer->open.restart_ip4;
	if (peer->client != RIB_CLIENT_NONE)
		out->paths_in = bgp->paths_of_client[peer->client];
	if (peer->client != RIB_CLIENT_NONE)
		out->hidden_in = bgp->hidden_of_client[peer->client];
	out->announced = peer->announced_count;
	out->stale = peer->stale;
	out->out_bytes = peer->line[line].out_len;
	out->last_sent = peer->last_sent;
	out->last_got = peer->last_got;
	out->counters = peer->counters;
	memcpy(out->unfit, peer->unfit, sizeof out->unfit);
}

const char *bgp_unfit_text(enum bgp_unfit unfit)
{
	static const char *const texts[BGP_UNFITS] = {
		[BGP_UNFIT_LOOP] = "its path has the gateway's own AS, or its identifier",
		[BGP_UNFIT_NEXTHOP] = "its next hop is an own address, or on no shared network",
		[BGP_UNFIT_FIRST_AS] = "its path does not begin with the AS of the peer",
	};

	CHECK(unfit < BGP_UNFITS);
	return texts[unfit];
}

u32 bgp_show_peers(const struct bgp *bgp, u32 *cursor, struct bgp_peer_shown *out, u32 max,
		   ns_t now)
{
	u32 count = 0;

	for (; *cursor < bgp->conf.peer_limit && count < max; ++*cursor) {
		if (bgp->peer[*cursor].used)
			show_peer(bgp, *cursor, &out[count++], now);
	}
	return count;
}

u32 bgp_count_told(const struct bgp *bgp)
{
	u32 count = 0;

	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		const struct bgp_peer *peer = &bgp->peer[at];

		count += peer->used && bgp_is_up(peer) &&
			 (peer->announced_count > 0 || peer->line[peer->live].out_len > 0);
	}
	return count;
}

bool bgp_show_received(const struct bgp *bgp, be32 addr, u32 *cursor, struct bgp_route_shown *out,
		       u32 max, u32 *count)
{
	const struct bgp_peer *peer = bgp_peer_find(bgp, addr);
	struct rib_owned owned[32];
	u32 got;
	bool more;

	*count = 0;
	if (peer == NULL || peer->client == RIB_CLIENT_NONE)
		return false;
	more = rib_client_walk(bgp->env.rib, peer->client, cursor, owned,
			       u32_min(max, ARRAY_COUNT(owned)), &got);
	for (u32 at = 0; at < got; at++) {
		const struct rib_path *path = &owned[at].path;

		out[at] = (struct bgp_route_shown){ owned[at].prefix, path->path_id, path->attr,
						    path->extra,      path->hidden,  path->stale };
	}
	*count = got;
	return more;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static void space(struct text *text)
{
	if (text->len > 0)
		text_char(text, ' ');
}

static void show_path(struct bgp_piece path, struct text *text)
{
	struct bgp_path_segment segment;

	while (bgp_path_next(&path, &segment)) {
		bool is_set = segment.type == BGP_SEGMENT_SET;

		space(text);
		if (is_set)
			text_char(text, '{');
		for (u32 at = 0; at < segment.count; at++) {
			if (at > 0)
				text_char(text, ' ');
			text_u64(text, bgp_segment_as(&segment, at));
		}
		if (is_set)
			text_char(text, '}');
	}
}

static void show_communities(struct bgp_piece list, struct text *text)
{
	for (u32 at = 0; at + COMMUNITY_SIZE <= list.len; at += COMMUNITY_SIZE) {
		u32 value = be32_host(be32_load(list.at + at));

		space(text);
		if (value == BGP_COMMUNITY_NO_EXPORT) {
			text_str(text, "no-export");
		} else if (value == BGP_COMMUNITY_NO_ADVERTISE) {
			text_str(text, "no-advertise");
		} else if (value == BGP_COMMUNITY_NO_EXPORT_SUBCONFED) {
			text_str(text, "no-export-subconfed");
		} else {
			text_u64(text, value >> 16);
			text_char(text, ':');
			text_u64(text, value & 0xffff);
		}
	}
}

static void show_large(struct bgp_piece list, struct text *text)
{
	for (u32 at = 0; at + LARGE_SIZE <= list.len; at += LARGE_SIZE) {
		space(text);
		for (u32 part = 0; part < LARGE_SIZE; part += 4) {
			if (part > 0)
				text_char(text, ':');
			text_u64(text, be32_host(be32_load(list.at + at + part)));
		}
	}
}

static void show_other(const struct bgp_body_attr *attr, struct text *text)
{
	space(text);
	text_str(text, "type ");
	text_u64(text, attr->type);
	text_str(text, (attr->flags & BGP_FLAG_PARTIAL) != 0 ? " partial (" : " (");
	text_u64(text, attr->value.len);
	text_str(text, " bytes)");
}

static void show_attrs(const struct bgp_attrs *attrs, struct bgp_attrs_shown *out)
{
	static const char *const origin[] = { "IGP", "EGP", "incomplete" };
	struct text path, communities, large, others;
	struct bgp_body_attr each;
	u32 at = 0;

	out->origin = origin[attrs->head.origin];
	out->nexthop = attrs->head.nexthop;
	out->has_med = (attrs->head.flags & BGP_HAS_MED) != 0;
	out->has_local_pref = (attrs->head.flags & BGP_HAS_LOCAL_PREF) != 0;
	out->atomic = (attrs->head.flags & BGP_HAS_ATOMIC) != 0;
	out->med = attrs->head.med;
	out->local_pref = attrs->head.local_pref;
	text_init(&path, out->path, sizeof out->path);
	text_init(&communities, out->communities, sizeof out->communities);
	text_init(&large, out->large, sizeof out->large);
	text_init(&others, out->others, sizeof out->others);
	while (bgp_body_next(attrs, &at, &each)) {
		if (each.type == BGP_AS_PATH)
			show_path(each.value, &path);
		else if (each.type == BGP_COMMUNITIES)
			show_communities(each.value, &communities);
		else if (each.type == BGP_LARGE_COMMUNITIES)
			show_large(each.value, &large);
		else
			show_other(&each, &others);
	}
	out->cut = path.cut || communities.cut || large.cut || others.cut;
}

void bgp_show_attrs(const struct bgp *bgp, u32 attr, struct bgp_attrs_shown *out)
{
	struct bgp_attrs attrs;

	bgp_attr_load(&bgp->store, attr, &attrs);
	show_attrs(&attrs, out);
}

/* ---- what was told --------------------------------------------------------------------------- */

static bool is_told(const struct bgp *bgp, const struct bgp_peer *peer, u32 plane, u32 net)
{
	return net < bgp->conf.net_limit &&
	       (peer->announced[plane * bgp->announced_words + net / 64] >> net % 64 & 1) != 0;
}

/* Places are counted as change_tell() does. */
static u32 show_told(struct bgp *bgp, const struct bgp_peer *peer, const struct rib_shown *best,
		     struct bgp_told_shown *out)
{
	struct rib_change change = { .net = best->net, .prefix = best->prefix };
	struct rib_path path[BGP_PATHS_OUT_MAX] = { best->path };
	struct bgp_group group;
	u32 count = 1, told = 0, shown = 0;

	if (peer->planes > 1)
		count = rib_net_paths(bgp->env.rib, best->net, path, peer->planes);
	for (u32 at = 0; at < count; at++) {
		if (!bgp_export_asks(bgp, peer, &change, &path[at], &group) ||
		    !bgp_export_make(bgp, peer, &group))
			continue;
		if (is_told(bgp, peer, told++, best->net)) {
			out[shown].prefix = best->prefix;
			out[shown].source = (enum route_source)group.source;
			out[shown].path_id = peer->wire_out.with_id ? told : 0;
			show_attrs(&bgp->work, &out[shown++].attrs);
		}
	}
	return shown;
}

bool bgp_show_announced(struct bgp *bgp, be32 addr, u64 *cursor, struct bgp_told_shown *out,
			u32 *count)
{
	const struct bgp_peer *peer = bgp_peer_find(bgp, addr);
	struct rib_shown found[BGP_TOLD_SHOWN_MAX];
	u32 got;

	*count = 0;
	if (peer == NULL || !bgp_is_up(peer))
		return false;
	got = rib_show(bgp->env.rib, cursor, found, BGP_TOLD_SHOWN_MAX / peer->planes);
	bgp_export_begin(bgp);
	for (u32 at = 0; at < got; at++) {
		if (found[at].best)
			*count += show_told(bgp, peer, &found[at], &out[*count]);
	}
	bgp_export_begin(bgp);
	return got > 0;
}
