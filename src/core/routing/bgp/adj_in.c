/* What is heard of a peer: UPDATEs become paths of the RIB.
 *
 * A path keeps two sets of attributes, the one that came and the one after policy; where policy
 * changes nothing they are the same set. So a policy that changed is run again over what there is,
 * and the peer is not asked for anything.                                                        */
#include "core/routing/bgp/bgp_part.h"

enum { NETS_AHEAD = 16 };

/* Paths that came with the same attributes. */
struct import {
	struct bgp *bgp;
	struct bgp_peer *peer;
	u32 extra; /* as they came, in bgp->in, too */
	struct policy_view view;
	/* what policy made of the last ones */
	u32 attr; /* BGP_ATTR_NONE: nothing yet */
	u32 change_count;
	u32 change[POLICY_CHANGES_MAX];
};

void bgp_release(void *ctx, const struct rib_path *path)
{
	struct bgp *bgp = ctx;

	CHECK(bgp->paths_of_client[path->client] > 0);
	bgp->paths_of_client[path->client]--;
	bgp->hidden_of_client[path->client] -= path->hidden;
	bgp_attr_put(&bgp->store, path->attr);
	bgp_attr_put(&bgp->store, path->extra);
}

/* ---- one set of attributes ------------------------------------------------------------------- */

/* bgp->in holds the attributes. False: the store is full. */
static bool import_begin(struct import *im, struct bgp *bgp, struct bgp_peer *peer, u32 extra)
{
	*im = (struct import){ .bgp = bgp, .peer = peer, .extra = extra, .attr = BGP_ATTR_NONE };
	im->view.source = ROUTE_BGP;
	if (peer->conf.import != POLICY_NONE)
		bgp_view_fill(bgp, &bgp->in, &im->view);
	return extra != BGP_ATTR_NONE;
}

static void import_end(struct import *im)
{
	if (im->attr != BGP_ATTR_NONE)
		bgp_attr_put(&im->bgp->store, im->attr);
	im->attr = BGP_ATTR_NONE;
}

/* im->attr is what policy makes of the attributes; BGP_ATTR_NONE: no room. */
static void import_change(struct import *im, const struct policy_result *result)
{
	struct bgp *bgp = im->bgp;
	bool nexthop_set;

	if (im->attr != BGP_ATTR_NONE && im->change_count == result->change_count &&
	    memcmp(im->change, result->change, im->change_count * sizeof im->change[0]) == 0)
		return;
	import_end(im);
	im->change_count = result->change_count;
	memcpy(im->change, result->change, im->change_count * sizeof im->change[0]);
	if (result->change_count == 0) {
		im->attr = im->extra;
		bgp_attr_ref(&bgp->store, im->attr, 1);
		return;
	}
	memcpy(&bgp->work, &bgp->in, offsetof(struct bgp_attrs, body) + bgp->in.body_len);
	if (bgp_changes_make(bgp, result, &bgp->work, &nexthop_set))
		im->attr = bgp_attr_get(&bgp->store, &bgp->work);
}

static u32 hops_of(struct bgp *bgp, u32 attr)
{
	struct rib_hop hop = {
		.gateway = ip_addr4(bgp_attr_at(&bgp->store, attr)->head.nexthop),
		.iface = IFACE_NONE,
		.weight = 1,
	};

	return rib_hops_get(bgp->env.rib, &hop, 1);
}

static void path_withdraw(struct bgp *bgp, struct bgp_peer *peer, const struct ip_prefix *prefix,
			  u32 path_id)
{
	/* Nothing was there: a peer may withdraw what it never announced. */
	(void)!rib_withdraw(bgp->env.rib, prefix, peer->client, path_id);
}

/* No room: what stands there of it before is not what the peer says now. */
static void path_refused(struct import *im, const struct ip_prefix *prefix, u32 path_id)
{
	im->peer->counters.no_room++;
	path_withdraw(im->bgp, im->peer, prefix, path_id);
	if (!im->peer->full_told)
		bgp_tell(im->bgp, im->peer, SPEAKER_WARNING, "no room for its routes", "");
	im->peer->full_told = true;
}

static void path_offer(struct import *im, const struct ip_prefix *prefix, u32 path_id, bool hidden)
{
	struct bgp *bgp = im->bgp;
	struct rib_path path = {
		.client = im->peer->client,
		.type = FIB_UNICAST,
		.distance = im->peer->internal ? bgp->conf.distance_ibgp : bgp->conf.distance_ebgp,
		.path_id = path_id,
		.attr = im->attr,
		.extra = im->extra,
		.hidden = hidden,
	};

	path.hops = hops_of(bgp, im->attr);
	if (path.hops == RIB_NONE) {
		path_refused(im, prefix, path_id);
		return;
	}
	bgp_attr_ref(&bgp->store, path.attr, 1);
	bgp_attr_ref(&bgp->store, path.extra, 1);
	bgp->paths_of_client[path.client]++;
	bgp->hidden_of_client[path.client] += path.hidden;
	if (rib_offer(bgp->env.rib, prefix, &path) == ERR_OK)
		return;
	bgp_release(bgp, &path);
	path_refused(im, prefix, path_id);
}

/* False: what policy made of it has no room; *hidden: policy refuses it. */
static bool import_ask(struct import *im, const struct ip_prefix *prefix, bool *hidden)
{
	struct policy_result result;

	im->view.prefix = *prefix;
	bgp_policy_ask(im->bgp, im->peer, im->peer->conf.import, &im->view, &result);
	*hidden = !result.accepted;
	import_change(im, &result);
	return im->attr != BGP_ATTR_NONE;
}

static void unfit_forget(struct bgp_peer *peer, const struct ip_prefix *prefix)
{
	for (u32 at = 0; at < BGP_UNFITS; at++) {
		if (ip_prefix_eq(&peer->unfit[at], prefix))
			peer->unfit[at].addr.family = FAMILY_NONE;
	}
}

static void import_prefix(struct import *im, const struct bgp_nlri *nlri)
{
	struct ip_prefix prefix = ip_prefix4(nlri->addr, nlri->len);
	bool hidden;

	im->peer->counters.prefixes_in++;
	unfit_forget(im->peer, &prefix);
	if (import_ask(im, &prefix, &hidden))
		path_offer(im, &prefix, nlri->path_id, hidden);
	else
		path_refused(im, &prefix, nlri->path_id);
}

/* ---- an UPDATE ------------------------------------------------------------------------------- */

static void withdraw_all(struct bgp *bgp, struct bgp_peer *peer, struct bgp_piece piece)
{
	struct bgp_nlri nlri;

	while (bgp_nlri_next(&piece, peer->wire_in.with_id, &nlri)) {
		struct ip_prefix prefix = ip_prefix4(nlri.addr, nlri.len);

		peer->counters.withdrawn_in++;
		unfit_forget(peer, &prefix);
		path_withdraw(bgp, peer, &prefix, nlri.path_id);
	}
}

/* RFC 4271 section 6.3, and 5.1.3 on who may be named. */
static bool nexthop_suits(const struct bgp *bgp, const struct bgp_peer *peer, be32 nexthop)
{
	u32 host = be32_host(nexthop);
	u16 iface;

	if (host >> 24 == 0 || host >> 24 == 127 || host >> 28 >= 14)
		return false;
	if (iface_find_addr(bgp->env.ifaces, 0, nexthop, &iface))
		return false;
	if (peer->internal || peer->conf.multihop > 0 || be32_eq(nexthop, peer->conf.addr))
		return true;
	return peer->iface != IFACE_NONE &&
	       iface_same_net(&bgp->env.ifaces->iface[peer->iface], peer->conf.addr, nexthop);
}

/* Whether the paths of bgp->in may be used at all; BGP_UNFITS: they may. */
static enum bgp_unfit attrs_judge(struct bgp *bgp, struct bgp_peer *peer)
{
	const struct bgp_attr_head *head = &bgp->in.head;
	struct bgp_piece path;

	bgp_body_find(&bgp->in, BGP_AS_PATH, &path);
	/* RFC 4271 section 9.1.2; RFC 4456 section 8. */
	if (bgp_path_has(path, bgp->conf.as) || ((head->flags & BGP_HAS_ORIGINATOR) != 0 &&
						 be32_eq(head->originator, bgp->conf.router_id))) {
		peer->counters.loops++;
		return BGP_UNFIT_LOOP;
	}
	if (!nexthop_suits(bgp, peer, head->nexthop)) {
		peer->counters.bad_nexthop++;
		return BGP_UNFIT_NEXTHOP;
	}
	/* RFC 4271 section 6.3: the first AS is the neighbour's; a MAY. */
	if (!peer->internal && !peer->conf.any_first_as && head->neighbour_as != peer->conf.as) {
		peer->counters.as_withdrawn++;
		peer->counters.first_as++;
		return BGP_UNFIT_FIRST_AS;
	}
	return BGP_UNFITS;
}

/* They are not kept, and what stood of these prefixes goes. A loop is nothing to be told of: paths
 * come back all the time.                                                                        */
static void unfit_drop(struct bgp *bgp, struct bgp_peer *peer, struct bgp_piece piece,
		       enum bgp_unfit unfit)
{
	struct bgp_nlri nlri;

	if (unfit != BGP_UNFIT_LOOP && !peer->warned) {
		peer->warned = true;
		bgp_tell(bgp, peer, SPEAKER_WARNING, "routes are not used",
			 unfit == BGP_UNFIT_NEXTHOP ? "a next hop that can not be"
						    : "a path that does not begin with its AS");
	}
	withdraw_all(bgp, peer, piece);
	while (bgp_nlri_next(&piece, peer->wire_in.with_id, &nlri))
		peer->unfit[unfit] = ip_prefix4(nlri.addr, nlri.len);
}

/* Their nets are on their way while the attributes are looked for. */
static void piece_prefetch(const struct bgp *bgp, const struct bgp_peer *peer,
			   struct bgp_piece piece)
{
	struct bgp_nlri nlri;

	for (u32 n = 0; n < NETS_AHEAD && bgp_nlri_next(&piece, peer->wire_in.with_id, &nlri); n++)
		rib_prefetch(bgp->env.rib, &(struct ip_prefix){ ip_addr4(nlri.addr), nlri.len });
}

static void import_piece(struct bgp *bgp, struct bgp_peer *peer, struct bgp_piece piece)
{
	enum bgp_unfit unfit;
	struct import im;
	struct bgp_nlri nlri;
	u32 extra;

	if (piece.len == 0)
		return;
	unfit = attrs_judge(bgp, peer);
	if (unfit != BGP_UNFITS) {
		unfit_drop(bgp, peer, piece, unfit);
		return;
	}
	piece_prefetch(bgp, peer, piece);
	extra = bgp_attr_get(&bgp->store, &bgp->in);
	if (!import_begin(&im, bgp, peer, extra)) {
		peer->counters.no_room++;
		withdraw_all(bgp, peer, piece);
		return;
	}
	while (bgp_nlri_next(&piece, peer->wire_in.with_id, &nlri))
		import_prefix(&im, &nlri);
	import_end(&im);
	bgp_attr_put(&bgp->store, extra);
}

/* RFC 7606: harm that is no reset. True: the prefixes that were announced are withdrawn. */
static bool harm_done(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_attr_found *found)
{
	if (found->harm == BGP_HARM_NONE)
		return false;
	if (found->harm == BGP_HARM_DISCARD)
		peer->counters.discarded++;
	else
		peer->counters.as_withdrawn++;
	if (!peer->warned)
		bgp_tell(bgp, peer, SPEAKER_WARNING,
			 found->harm == BGP_HARM_DISCARD ? "an attribute is left out"
							 : "routes are taken as withdrawn",
			 found->what);
	peer->warned = true;
	return found->harm == BGP_HARM_WITHDRAW;
}

static bool prefixes_sound(struct bgp_peer *peer, const struct bgp_update *update)
{
	if (bgp_nlri_sound(update->withdrawn, peer->wire_in.with_id) &&
	    bgp_nlri_sound(update->nlri, peer->wire_in.with_id))
		return true;
	bgp_error_set(&peer->error, BGP_ERROR_UPDATE, BGP_UPDATE_BAD_NETWORK, NULL, 0);
	return false;
}

/* RFC 4724 section 2: nothing at all, or a list of none that were withdrawn. */
static bool is_end_of_rib(const struct bgp_update *update, const struct bgp_attr_found *found)
{
	if (update->withdrawn.len > 0 || update->nlri.len > 0)
		return false;
	if (update->attrs.len == 0)
		return true;
	return found->has_mp_unreach && found->mp_unreach.len == 0 && !found->any;
}

enum bgp_event bgp_import(struct bgp *bgp, struct bgp_peer *peer, const u8 *msg, u32 len)
{
	struct bgp_attr_found found;
	struct bgp_update update;

	if (!bgp_update_read(msg, len, &update, &peer->error) || !prefixes_sound(peer, &update))
		return BGP_EVENT_UPDATE_ERROR;
	bgp_attrs_read(update.attrs, &peer->wire_in, &bgp->in, &found);
	bgp_attrs_judge(&update, &found);
	if (found.harm == BGP_HARM_RESET) {
		peer->error = found.error;
		return BGP_EVENT_UPDATE_ERROR;
	}
	withdraw_all(bgp, peer, update.withdrawn);
	withdraw_all(bgp, peer, found.mp_unreach);
	if (harm_done(bgp, peer, &found)) {
		withdraw_all(bgp, peer, update.nlri);
		withdraw_all(bgp, peer, found.mp_reach);
		return BGP_EVENT_NONE;
	}
	if (is_end_of_rib(&update, &found)) {
		bgp_restart_end_of_rib(bgp, peer);
		return BGP_EVENT_NONE;
	}
	import_piece(bgp, peer, update.nlri);
	if (found.has_mp_reach) {
		bgp->in.head.nexthop = found.mp_nexthop;
		import_piece(bgp, peer, found.mp_reach);
	}
	return bgp_limit_look(bgp, peer);
}

/* RFC 4486 section 4: the family and the limit go with it. */
enum bgp_event bgp_limit_look(struct bgp *bgp, struct bgp_peer *peer)
{
	u32 count = bgp->paths_of_client[peer->client];
	u64 warn_at = (u64)peer->conf.prefix_limit * peer->conf.prefix_warn_percent / 100;
	u8 data[7] = { 0, BGP_AFI_IP4, BGP_SAFI_UNICAST };

	if (peer->conf.prefix_limit == 0)
		return BGP_EVENT_NONE;
	if (count <= peer->conf.prefix_limit) {
		if (warn_at > 0 && count >= warn_at && !peer->limit_told) {
			peer->limit_told = true;
			bgp_tell(bgp, peer, SPEAKER_WARNING, "nearly as many routes as it may have",
				 "");
		}
		return BGP_EVENT_NONE;
	}
	be32_store(data + 3, be32_of(peer->conf.prefix_limit));
	bgp_error_set(&peer->error, BGP_ERROR_CEASE, BGP_CEASE_PREFIXES, data, sizeof data);
	peer->held = BGP_HELD_PREFIXES;
	bgp_prefixes_wait(bgp, peer);
	return BGP_EVENT_AUTOMATIC_STOP;
}

void bgp_prefixes_wait(struct bgp *bgp, struct bgp_peer *peer)
{
	bgp_timer_set(bgp, peer, BGP_TIMER_PREFIXES,
		      peer->conf.prefix_restart_s == 0
			      ? NS_NEVER
			      : bgp->now + peer->conf.prefix_restart_s * NS_PER_SEC);
}

/* ---- why policy hides a path ----------------------------------------------------------------- */

void bgp_why_hidden(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
		    char *why, u32 size)
{
	struct bgp *bgp = ctx;
	u16 at = bgp->peer_of_client[path->client];
	struct policy_view view = { .prefix = *prefix, .source = ROUTE_BGP };
	struct policy_result result = { .accepted = true };
	struct bgp_attrs attrs;
	struct text text;
	u16 import = POLICY_NONE;

	if (at < bgp->conf.peer_limit)
		import = bgp->peer[at].conf.import;
	text_init(&text, why, size);
	if (import == POLICY_NONE) {
		text_str(&text, "the peer has no import policy, without which nothing is taken");
		return;
	}
	bgp_attr_load(&bgp->store, path->extra, &attrs);
	bgp_view_fill(bgp, &attrs, &view);
	policy_run(bgp->conf.policy, import, &view, &result);
	if (!result.accepted)
		policy_why_refused(bgp->conf.policy, import, &result, why, size);
	else
		text_str(&text, "its policy changed: it will be looked at next");
}

/* ---- a policy that changed ------------------------------------------------------------------- */

static void path_again(struct import *im, const struct rib_owned *owned)
{
	struct bgp *bgp = im->bgp;
	bool hidden;

	if (im->extra != owned->path.extra) {
		import_end(im);
		bgp_attr_load(&bgp->store, owned->path.extra, &bgp->in);
		import_begin(im, bgp, im->peer, owned->path.extra);
	}
	if (!import_ask(im, &owned->prefix, &hidden))
		path_refused(im, &owned->prefix, owned->path.path_id);
	else if (im->attr != owned->path.attr || hidden != owned->path.hidden)
		path_offer(im, &owned->prefix, owned->path.path_id, hidden);
}

bool bgp_reimport(struct bgp *bgp, struct bgp_peer *peer)
{
	struct import im = {
		.bgp = bgp, .peer = peer, .extra = BGP_ATTR_NONE, .attr = BGP_ATTR_NONE
	};
	bool more = true;

	for (u32 done = 0, count; done < BGP_STEP_PATHS && more; done += u32_max(count, 1)) {
		struct rib_owned owned[32];

		more = rib_client_walk(bgp->env.rib, peer->client, &peer->reimport_at, owned,
				       ARRAY_COUNT(owned), &count);
		for (u32 at = 0; at < count; at++) {
			/* What is replaced meanwhile must not be freed and made anew under its
			 * number.                                                                */
			bgp_attr_ref(&bgp->store, owned[at].path.extra, 1);
			path_again(&im, &owned[at]);
			import_end(&im);
			im.extra = BGP_ATTR_NONE;
			bgp_attr_put(&bgp->store, owned[at].path.extra);
		}
		if (count == 0)
			break; /* a walk over what is others' is a step, too */
	}
	peer->reimport = more;
	return more;
}
