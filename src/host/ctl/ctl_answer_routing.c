/* Answers about routing: each step shows a bounded number of records of a speaker or the RIB. */
#include "host/ctl/ctl_answer_routing.h"

#include <arpa/inet.h>

#include "host/ctl/ctl_routing.h"

enum { PATHS_MAX = 256 }; /* of one net that are explained */

bool ctl_show_is_routing(enum ctl_show show)
{
	return show >= CTL_SHOW_RIB && show <= CTL_SHOW_BFD;
}

/* ---- what is not there ----------------------------------------------------------------------- */

/* By its name, or its address. */
static bool find_peer(struct ctl_request *request, const struct bgp *bgp)
{
	be32 addr = be32_of(0);

	(void)inet_pton(AF_INET, request->peer, &addr);
	for (u32 i = 0; i < bgp->conf.peer_limit; i++) {
		const struct bgp_peer *peer = &bgp->peer[i];

		if (!peer->used || (strcmp(peer->conf.name, request->peer) != 0 &&
				    !be32_eq(peer->conf.addr, addr)))
			continue;
		request->peer_addr = peer->conf.addr;
		return true;
	}
	return false;
}

/* Whether the engine has what the show is about; if not, what is said. */
static const char *is_missing(enum ctl_show show, const struct sluice *s)
{
	switch (show) {
	case CTL_SHOW_RIB:
	case CTL_SHOW_PATHS:
		return sluice_rib(s) ? NULL
				     : "the gateway was started without 'routing'; show routes has "
				       "its routes";
	case CTL_SHOW_BGP:
	case CTL_SHOW_BGP_PEER:
	case CTL_SHOW_BGP_ROUTES:
	case CTL_SHOW_BGP_ANNOUNCED:
		return sluice_bgp(s) ? NULL : "BGP is not spoken: 'routing' does not ask for it";
	case CTL_SHOW_OSPF:
	case CTL_SHOW_OSPF_INTERFACES:
	case CTL_SHOW_OSPF_DATABASE:
	case CTL_SHOW_OSPF_ROUTES:
		return sluice_ospf(s) ? NULL : "OSPF is not spoken: 'routing' does not ask for it";
	case CTL_SHOW_RIP:
	case CTL_SHOW_RIP_INTERFACES:
	case CTL_SHOW_RIP_NEIGHBOURS:
		return sluice_rip(s) ? NULL : "RIP is not spoken: 'routing' does not ask for it";
	case CTL_SHOW_FPM:
		return sluice_fpm(s) ? NULL
				     : "nobody listens for FRR's zebra: 'routing' has no 'fpm'";
	case CTL_SHOW_BFD:
		return sluice_bfd(s) ? NULL
				     : "BFD looks after nobody: nothing in 'routing' has "
				       "'bfd: true'";
	default: return NULL;
	}
}

const char *ctl_routing_refusal(struct ctl_request *request, const struct sluice *s)
{
	const char *missing = is_missing(request->show, s);
	bool one_peer = (ctl_show_filters(request->show) & CTL_FILTER_PEER) != 0;

	if (missing)
		return missing;
	if (request->show == CTL_SHOW_PATHS && request->flow.addr_len != 32)
		return "show paths needs a filter \"addr\", an address without a length";
	if (one_peer && !find_peer(request, sluice_bgp(s)))
		return "there is no such peer; show bgp lists them by name and address";
	return NULL;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Where the speaker goes on, and whether the answer does. */
static void go_on(struct ctl_answer *answer, u64 place, u32 count)
{
	answer->place = place;
	answer->cursor = count > 0 ? answer->cursor + 1 : SLUICE_CURSOR_END;
}

/* Inside of the prefix that is asked for, or leading to it. */
static bool match_prefix(const struct ctl_answer *answer, const struct ip_prefix *prefix)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_flow_filter own = { .addr = prefix->addr.word[0], .addr_len = prefix->len };

	return ctl_answer_match(filter, prefix->addr.word[0]) ||
	       ctl_answer_match(&own, filter->addr);
}

static void step_rib(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct rib_shown found[CTL_STEP_RECORDS];
	u64 place = answer->place;
	u32 count = rib_show(sluice_rib(s), &place, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		bool used = found[i].best || found[i].equal;

		if (match_prefix(answer, &found[i].prefix) && !(answer->request.unused && used) &&
		    ctl_answer_record(answer, out))
			ctl_put_path(out, s, &found[i]);
	}
	go_on(answer, place, count);
}

/* Of peers whose last path of a kind that is not kept would lead there. */
static void put_unfit(struct ctl_answer *answer, const struct bgp *bgp, struct evbuffer *out)
{
	struct bgp_peer_shown peer;
	u32 place = 0;

	while (bgp && bgp_show_peers(bgp, &place, &peer, 1, 0) > 0) {
		for (u32 i = 0; i < BGP_UNFITS; i++) {
			if (peer.unfit[i].addr.family != FAMILY_NONE &&
			    match_prefix(answer, &peer.unfit[i]) && ctl_answer_record(answer, out))
				ctl_put_unfit(out, &peer, (enum bgp_unfit)i);
		}
	}
}

/* In one step, so that all is of one moment. */
static void step_paths(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct ip_addr addr = ip_addr4(answer->request.flow.addr);
	struct rib_shown found[PATHS_MAX];
	u32 count = rib_explain(sluice_rib(s), &addr, found, PATHS_MAX);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_record(answer, out))
			ctl_put_path(out, s, &found[i]);
	}
	put_unfit(answer, sluice_bgp(s), out);
	go_on(answer, 0, 0);
}

static void step_bgp(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		     struct evbuffer *out)
{
	struct bgp_peer_shown found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = bgp_show_peers(sluice_bgp(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		bool asked = answer->request.show == CTL_SHOW_BGP_PEER
				     ? be32_eq(found[i].addr, answer->request.peer_addr)
				     : ctl_answer_match(&answer->request.flow, found[i].addr);

		if (asked && ctl_answer_record(answer, out))
			ctl_put_bgp_peer(out, s, &found[i], now);
	}
	go_on(answer, place, count);
}

static void step_received(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct bgp_route_shown found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = 0;
	bool more = bgp_show_received(sluice_bgp(s), answer->request.peer_addr, &place, found,
				      CTL_STEP_RECORDS, &count);

	for (u32 i = 0; i < count; i++) {
		if (match_prefix(answer, &found[i].prefix) && ctl_answer_record(answer, out))
			ctl_put_bgp_route(out, sluice_bgp(s), &found[i]);
	}
	go_on(answer, place, more);
}

static void step_announced(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct bgp_told_shown found[BGP_TOLD_SHOWN_MAX];
	u64 place = answer->place;
	u32 count = 0;
	bool more = sluice_bgp_announced(s, answer->request.peer_addr, &place, found, &count);

	for (u32 i = 0; i < count; i++) {
		if (match_prefix(answer, &found[i].prefix) && ctl_answer_record(answer, out))
			ctl_put_bgp_told(out, &found[i]);
	}
	go_on(answer, place, more);
}

static void step_ospf_nbrs(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			   struct evbuffer *out)
{
	struct ospf_nbr_shown found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = ospf_show_nbrs(sluice_ospf(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_match(&answer->request.flow, found[i].addr) &&
		    ctl_answer_record(answer, out))
			ctl_put_ospf_nbr(out, s, &found[i], now);
	}
	go_on(answer, place, count);
}

static void step_ospf_ifaces(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			     struct evbuffer *out)
{
	struct ospf_iface_shown found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = ospf_show_ifaces(sluice_ospf(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_record(answer, out))
			ctl_put_ospf_iface(out, s, &found[i], now);
	}
	go_on(answer, place, count);
}

static void step_ospf_lsas(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			   struct evbuffer *out)
{
	struct ospf_lsa_shown found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = ospf_show_lsas(sluice_ospf(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		bool named = ctl_answer_match(&answer->request.flow, found[i].hdr.id) ||
			     ctl_answer_match(&answer->request.flow, found[i].hdr.adv);

		if (named && ctl_answer_record(answer, out))
			ctl_put_ospf_lsa(out, &found[i]);
	}
	go_on(answer, place, count);
}

static void step_ospf_routes(struct ctl_answer *answer, const struct sluice *s,
			     struct evbuffer *out)
{
	struct ospf_route_shown found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = ospf_show_routes(sluice_ospf(s), &place, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (match_prefix(answer, &found[i].prefix) && ctl_answer_record(answer, out))
			ctl_put_ospf_route(out, s, &found[i]);
	}
	go_on(answer, place, count);
}

static void step_rip_routes(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			    struct evbuffer *out)
{
	struct rip_route_info found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = rip_show_routes(sluice_rip(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		struct ip_prefix prefix = ip_prefix4(found[i].addr, found[i].len);

		if (match_prefix(answer, &prefix) && ctl_answer_record(answer, out))
			ctl_put_rip_route(out, s, &found[i], now);
	}
	go_on(answer, place, count);
}

static void step_rip_ifaces(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			    struct evbuffer *out)
{
	struct rip_iface_info found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = rip_show_ifaces(sluice_rip(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_record(answer, out))
			ctl_put_rip_iface(out, s, &found[i], now);
	}
	go_on(answer, place, count);
}

static void step_rip_nbrs(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			  struct evbuffer *out)
{
	struct rip_neigh_info found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = rip_show_neighbours(sluice_rip(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_match(&answer->request.flow, found[i].addr) &&
		    ctl_answer_record(answer, out))
			ctl_put_rip_nbr(out, s, &found[i]);
	}
	go_on(answer, place, count);
}

/* There is one. */
static void step_fpm(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		     struct evbuffer *out)
{
	struct fpm_shown found;

	fpm_show(sluice_fpm(s), &found, now);
	if (ctl_answer_record(answer, out))
		ctl_put_fpm(out, &found, now);
	go_on(answer, 0, 0);
}

static void step_bfd(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		     struct evbuffer *out)
{
	struct bfd_info found[CTL_STEP_RECORDS];
	u32 place = (u32)answer->place;
	u32 count = bfd_show(sluice_bfd(s), &place, found, CTL_STEP_RECORDS, now);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_match(&answer->request.flow, found[i].addr) &&
		    ctl_answer_record(answer, out))
			ctl_put_bfd(out, s, &found[i]);
	}
	go_on(answer, place, count);
}

void ctl_step_routing(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		      struct evbuffer *out)
{
	switch (answer->request.show) {
	case CTL_SHOW_RIB: step_rib(answer, s, out); return;
	case CTL_SHOW_PATHS: step_paths(answer, s, out); return;
	case CTL_SHOW_BGP:
	case CTL_SHOW_BGP_PEER: step_bgp(answer, s, now, out); return;
	case CTL_SHOW_BGP_ROUTES: step_received(answer, s, out); return;
	case CTL_SHOW_BGP_ANNOUNCED: step_announced(answer, s, out); return;
	case CTL_SHOW_OSPF: step_ospf_nbrs(answer, s, now, out); return;
	case CTL_SHOW_OSPF_INTERFACES: step_ospf_ifaces(answer, s, now, out); return;
	case CTL_SHOW_OSPF_DATABASE: step_ospf_lsas(answer, s, now, out); return;
	case CTL_SHOW_OSPF_ROUTES: step_ospf_routes(answer, s, out); return;
	case CTL_SHOW_RIP: step_rip_routes(answer, s, now, out); return;
	case CTL_SHOW_RIP_INTERFACES: step_rip_ifaces(answer, s, now, out); return;
	case CTL_SHOW_RIP_NEIGHBOURS: step_rip_nbrs(answer, s, now, out); return;
	case CTL_SHOW_FPM: step_fpm(answer, s, now, out); return;
	case CTL_SHOW_BFD: step_bfd(answer, s, now, out); return;
	default: return;
	}
}
