/* Routing as JSON: OSPF, RIP and BFD. */
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>

#include "host/ctl/ctl_records.h"
#include "host/ctl/ctl_routing.h"

/* How much was not heard, and the last of it. */
static void put_refused(struct evbuffer *out, const struct speaker_refused *refused, ns_t now)
{
	if (refused->count == 0)
		return;
	ctl_put_count_key(out, "refused", refused->count);
	evbuffer_add_printf(out, ",\"last_refused\":{\"why\":");
	ctl_put_string(out, refused->why);
	ctl_put_addr_key(out, "from", refused->from);
	ctl_put_since_key(out, "ago_ms", refused->at_ns, now);
	evbuffer_add_printf(out, "}");
}

/* ---- OSPF ------------------------------------------------------------------------------------ */

/* UINT32_MAX: of no area. */
static void put_area(struct evbuffer *out, u32 area)
{
	if (area != UINT32_MAX)
		evbuffer_add_printf(out, ",\"area\":\"%s\"", ctl_addr_text(be32_of(area)).text);
}

/* ,"hellos_in":3,"hellos_out":4 and so on, zeros left out. */
static void put_ospf_messages(struct evbuffer *out, const struct ospf_iface_shown *iface)
{
	static const char *const names[OSPF_MSG_TYPES] = { [OSPF_HELLO] = "hellos",
							   [OSPF_DD] = "descriptions",
							   [OSPF_LSREQ] = "requests",
							   [OSPF_LSUPD] = "updates",
							   [OSPF_LSACK] = "acknowledgments" };
	char key[32];

	for (u32 type = OSPF_HELLO; type < OSPF_MSG_TYPES; type++) {
		(void)snprintf(key, sizeof key, "%s_in", names[type]);
		ctl_put_count_key(out, key, iface->got[type]);
		(void)snprintf(key, sizeof key, "%s_out", names[type]);
		ctl_put_count_key(out, key, iface->sent[type]);
	}
}

void ctl_put_ospf_iface(struct evbuffer *out, const struct sluice *s,
			const struct ospf_iface_shown *iface, ns_t now)
{
	static const char *const auth[] = { [OSPF_AUTH_NONE] = "none",
					    [OSPF_AUTH_PLAIN] = "password",
					    [OSPF_AUTH_CRYPTO] = "keys" };

	evbuffer_add_printf(out, "{\"interface\":");
	ctl_put_iface_name(out, sluice_ifaces(s), iface->iface);
	put_area(out, iface->area_id);
	evbuffer_add_printf(out, ",\"type\":\"%s\",\"state\":\"%s\",\"addr\":\"%s/%u\"",
			    iface->type == OSPF_NET_PTP ? "point-to-point" : "broadcast",
			    ospf_iface_state_name(iface->state), ctl_addr_text(iface->addr).text,
			    iface->len);
	evbuffer_add_printf(
		out, ",\"cost\":%u,\"mtu\":%u,\"priority\":%u,\"neighbours\":%u,\"full\":%u",
		iface->cost, iface->mtu, iface->priority, iface->nbr_count, iface->full_count);
	ctl_put_flag_key(out, "passive", iface->passive);
	ctl_put_addr_key(out, "dr", iface->dr);
	ctl_put_addr_key(out, "bdr", iface->bdr);
	ctl_put_ms_key(out, "hello_ms", iface->hello_ns);
	evbuffer_add_printf(out,
			    ",\"hello_s\":%u,\"dead_s\":%u,\"retransmit_s\":%u,"
			    "\"authentication\":\"%s\"",
			    iface->hello_s, iface->dead_s, iface->rxmt_s, auth[iface->auth]);
	put_ospf_messages(out, iface);
	put_refused(out, &iface->refused, now);
	evbuffer_add_printf(out, "}");
}

void ctl_put_ospf_nbr(struct evbuffer *out, const struct sluice *s,
		      const struct ospf_nbr_shown *nbr, ns_t now)
{
	evbuffer_add_printf(out, "{\"router_id\":\"%s\"", ctl_addr_text(nbr->rid).text);
	ctl_put_addr_key(out, "addr", nbr->addr);
	ctl_put_iface_key(out, s, "interface", nbr->iface);
	evbuffer_add_printf(out, ",\"state\":\"%s\",\"priority\":%u",
			    ospf_nbr_state_name(nbr->state), nbr->priority);
	ctl_put_addr_key(out, "dr", nbr->dr);
	ctl_put_addr_key(out, "bdr", nbr->bdr);
	ctl_put_ms_key(out, "dead_ms", nbr->dead_ns);
	ctl_put_since_key(out, "full_ms", nbr->full_ns, now);
	ctl_put_count_key(out, "to_acknowledge", nbr->rxmt_waiting);
	ctl_put_count_key(out, "to_request", nbr->request_waiting);
	ctl_put_count_key(out, "retransmitted", nbr->retransmitted);
	evbuffer_add_printf(out, "}");
}

static const char *lsa_name(u8 type)
{
	static const char *const names[OSPF_LSA_TYPES] = {
		[OSPF_ROUTER_LSA] = "router",     [OSPF_NETWORK_LSA] = "network",
		[OSPF_SUMMARY_LSA] = "summary",   [OSPF_ASBR_LSA] = "asbr-summary",
		[OSPF_EXTERNAL_LSA] = "external", [OSPF_NSSA_LSA] = "nssa-external",
	};

	return type < OSPF_LSA_TYPES && names[type] ? names[type] : "unknown";
}

void ctl_put_ospf_lsa(struct evbuffer *out, const struct ospf_lsa_shown *lsa)
{
	evbuffer_add_printf(out,
			    "{\"type\":\"%s\",\"id\":\"%s\",\"router\":\"%s\",\"age_s\":%u,"
			    "\"sequence\":\"%08x\",\"bytes\":%u",
			    lsa_name(lsa->hdr.type), ctl_addr_text(lsa->hdr.id).text,
			    ctl_addr_text(lsa->hdr.adv).text, be16_host(lsa->hdr.age),
			    be32_host(lsa->hdr.seq), be16_host(lsa->hdr.len));
	put_area(out, lsa->area_id);
	ctl_put_flag_key(out, "own", lsa->own);
	ctl_put_count_key(out, "to_acknowledge", lsa->rxmt_waiting);
	evbuffer_add_printf(out, "}");
}

void ctl_put_ospf_route(struct evbuffer *out, const struct sluice *s,
			const struct ospf_route_shown *route)
{
	evbuffer_add_printf(out, "{");
	ctl_put_prefix_key(out, "prefix", &route->prefix);
	evbuffer_add_printf(out, ",\"path\":\"%s\",\"cost\":%u", ospf_path_name(route->path),
			    route->cost);
	ctl_put_count_key(out, "cost2", route->cost2);
	ctl_put_count_key(out, "tag", route->tag);
	put_area(out, route->area_id);
	ctl_put_flag_key(out, "refused", route->hidden);
	ctl_put_hops(out, s, route->hop, route->hop_count);
	if (route->lsa_type)
		evbuffer_add_printf(out, ",\"lsa\":\"%s\"", lsa_name(route->lsa_type));
	ctl_put_addr_key(out, "lsa_id", route->lsa_id);
	ctl_put_addr_key(out, "router", route->adv);
	ctl_put_text_key(out, "why", route->why);
	evbuffer_add_printf(out, "}");
}

/* ---- RIP ------------------------------------------------------------------------------------- */

void ctl_put_rip_iface(struct evbuffer *out, const struct sluice *s,
		       const struct rip_iface_info *iface, ns_t now)
{
	static const char *const auth[] = { [RIP_AUTH_NONE] = "none",
					    [RIP_AUTH_PASSWORD] = "password",
					    [RIP_AUTH_DIGEST] = "keys" };
	const struct rip_iface_stats *stats = &iface->stats;
	u64 bad = stats->bad_source + stats->bad_sequence;
	u64 bad_auth = 0;

	for (u32 i = 0; i < RIP_MSG_ERRORS; i++)
		bad += stats->bad[i];
	for (u32 i = 0; i < RIP_AUTH_ANSWERS; i++)
		bad_auth += stats->bad_auth[i];
	evbuffer_add_printf(out, "{\"interface\":");
	ctl_put_iface_name(out, sluice_ifaces(s), iface->iface);
	evbuffer_add_printf(out, ",\"active\":%s,\"cost\":%u,\"authentication\":\"%s\"",
			    iface->active ? "true" : "false", iface->cost, auth[iface->auth]);
	ctl_put_addr_key(out, "addr", iface->addr);
	ctl_put_flag_key(out, "passive", iface->passive);
	evbuffer_add_printf(out, ",\"neighbours\":%u", iface->neighbours);
	ctl_put_ms_key(out, "update_ms", iface->update_in_ns);
	evbuffer_add_printf(
		out, ",\"update_s\":%" PRIu64 ",\"timeout_s\":%" PRIu64 ",\"garbage_s\":%" PRIu64,
		iface->update_ns / NS_PER_SEC, iface->timeout_ns / NS_PER_SEC,
		iface->garbage_ns / NS_PER_SEC);
	ctl_put_count_key(out, "requests_in", stats->requests_in);
	ctl_put_count_key(out, "packets_in", stats->packets_in);
	ctl_put_count_key(out, "packets_out", stats->packets_out);
	ctl_put_count_key(out, "updates", stats->updates);
	ctl_put_count_key(out, "triggered", stats->triggered);
	ctl_put_count_key(out, "bad_packets", bad);
	ctl_put_count_key(out, "bad_authentication", bad_auth);
	ctl_put_count_key(out, "bad_routes", stats->bad_routes);
	ctl_put_count_key(out, "send_failed", stats->send_failed);
	put_refused(out, &iface->refused, now);
	evbuffer_add_printf(out, "}");
}

void ctl_put_rip_nbr(struct evbuffer *out, const struct sluice *s, const struct rip_neigh_info *nbr)
{
	evbuffer_add_printf(out, "{\"addr\":\"%s\"", ctl_addr_text(nbr->addr).text);
	ctl_put_iface_key(out, s, "interface", nbr->iface);
	ctl_put_ms_key(out, "up_ms", nbr->up_ns);
	ctl_put_ms_key(out, "heard_ms", nbr->heard_ns);
	evbuffer_add_printf(out, ",\"packets\":%" PRIu64 ",\"routes\":%" PRIu64, nbr->packets,
			    nbr->routes);
	ctl_put_count_key(out, "bad_packets", nbr->bad_packets);
	ctl_put_count_key(out, "bad_routes", nbr->bad_routes);
	evbuffer_add_printf(out, "}");
}

void ctl_put_rip_route(struct evbuffer *out, const struct sluice *s,
		       const struct rip_route_info *route, ns_t now)
{
	static const char *const kinds[] = { [RIP_ROUTE_CONNECTED] = "connected",
					     [RIP_ROUTE_EXPORTED] = "exported",
					     [RIP_ROUTE_LEARNED] = "learned",
					     [RIP_ROUTE_GARBAGE] = "unreachable" };
	struct ip_prefix prefix = ip_prefix4(route->addr, route->len);

	evbuffer_add_printf(out, "{");
	ctl_put_prefix_key(out, "prefix", &prefix);
	evbuffer_add_printf(out, ",\"kind\":\"%s\",\"metric\":%u", kinds[route->kind],
			    route->metric);
	ctl_put_count_key(out, "tag", route->tag);
	ctl_put_ms_key(out, "left_ms", route->left_ns);
	if (route->hop_count > 0)
		evbuffer_add_printf(out, ",\"hops\":[");
	for (u32 i = 0; i < route->hop_count; i++) {
		const struct rip_hop *hop = &route->hop[i];

		evbuffer_add_printf(out, "%s{\"from\":\"%s\"", i ? "," : "",
				    ctl_addr_text(hop->from).text);
		ctl_put_addr_key(out, "gateway", hop->gateway);
		ctl_put_iface_key(out, s, "interface", hop->iface);
		ctl_put_ms_key(out, "left_ms",
			       hop->until_ns == NS_NEVER ? NS_NEVER
			       : hop->until_ns > now     ? hop->until_ns - now
							 : 0);
		evbuffer_add_printf(out, "}");
	}
	evbuffer_add_printf(out, "%s}", route->hop_count > 0 ? "]" : "");
}

/* ---- FPM ------------------------------------------------------------------------------------- */

/* As FRR numbers those that it has routes of, in the kernel's field. */
static const char *protocol_name(u8 protocol)
{
	static const struct {
		u8 protocol;
		const char *name;
	} names[] = {
		{ 11, "zebra" }, { 186, "bgp" },    { 187, "isis" }, { 188, "ospf" },
		{ 189, "rip" },  { 192, "eigrp" },  { 193, "ldp" },  { 194, "sharp" },
		{ 195, "pbr" },  { 196, "static" }, { 42, "babel" }, { 191, "nhrp" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (names[i].protocol == protocol)
			return names[i].name;
	}
	return NULL;
}

void ctl_put_fpm_path(struct evbuffer *out, const struct rib_path *path)
{
	const char *name = protocol_name((u8)path->attr);

	if (name)
		evbuffer_add_printf(out, ",\"protocol\":\"%s\"", name);
	else
		evbuffer_add_printf(out, ",\"protocol\":\"%u\"", path->attr);
	ctl_put_count_key(out, "next_hop_id", path->extra);
}

void ctl_put_fpm(struct evbuffer *out, const struct fpm_shown *fpm, ns_t now)
{
	const struct fpm_stats *stats = &fpm->stats;
	bool first = true;

	evbuffer_add_printf(out, "{\"connected\":%s", fpm->connected ? "true" : "false");
	ctl_put_addr_key(out, "addr", fpm->peer.addr);
	ctl_put_count_key(out, "port", fpm->peer.port);
	ctl_put_flag_key(out, "same_host", fpm->connected && fpm->peer.same_host);
	ctl_put_since_key(out, "since_ms", fpm->since_ns, now);
	if (!fpm->connected && fpm->ended)
		ctl_put_text_key(out, "why", fpm->ended);
	evbuffer_add_printf(out, ",\"routes\":%u,\"next_hops\":%u", fpm->routes, fpm->objects);
	ctl_put_count_key(out, "hidden", fpm->hidden);
	ctl_put_count_key(out, "stale", fpm->stale);
	ctl_put_ms_key(out, "hold_ms", fpm->hold_in_ns);
	ctl_put_count_key(out, "connections", stats->connections);
	ctl_put_count_key(out, "broken", stats->broken);
	ctl_put_count_key(out, "bytes", stats->bytes);
	ctl_put_count_key(out, "frames", stats->frames);
	ctl_put_count_key(out, "messages", stats->messages);
	ctl_put_count_key(out, "sets", stats->sets);
	ctl_put_count_key(out, "unsets", stats->unsets);
	ctl_put_count_key(out, "expired", stats->expired);
	evbuffer_add_printf(out, ",\"refused\":{");
	for (u32 why = FPM_TAKEN + 1; why < FPM_WHYS; why++) {
		if (stats->refused[why] == 0)
			continue;
		evbuffer_add_printf(out, "%s\"%s\":%" PRIu64, first ? "" : ",",
				    fpm_why_name((enum fpm_why)why), stats->refused[why]);
		first = false;
	}
	evbuffer_add_printf(out, "}}");
}

/* ---- BFD ------------------------------------------------------------------------------------- */

/* RFC 5880 section 4.1. */
static const char *diag_name(u8 diag)
{
	static const char *const names[] = {
		"",
		"detection time expired",
		"echo function failed",
		"neighbour said it is down",
		"forwarding plane reset",
		"path down",
		"concatenated path down",
		"administratively down",
		"reverse concatenated path down",
	};

	return diag < ARRAY_COUNT(names) ? names[diag] : "not known";
}

void ctl_put_bfd(struct evbuffer *out, const struct sluice *s, const struct bfd_info *peer)
{
	evbuffer_add_printf(out, "{\"addr\":\"%s\"", ctl_addr_text(peer->addr).text);
	ctl_put_addr_key(out, "local", peer->local);
	ctl_put_iface_key(out, s, "interface", peer->iface);
	evbuffer_add_printf(out, ",\"state\":\"%s\",\"remote_state\":\"%s\"",
			    bfd_state_name(peer->state), bfd_state_name(peer->remote_state));
	ctl_put_ms_key(out, "since_ms", peer->since_ns);
	ctl_put_text_key(out, "why", diag_name(peer->diag));
	ctl_put_text_key(out, "remote_why", diag_name(peer->remote_diag));
	evbuffer_add_printf(out, ",\"for\":[");
	for (u32 source = 0, count = 0; source < ROUTE_SOURCES; source++) {
		if (peer->sources >> source & 1)
			evbuffer_add_printf(out, "%s\"%s\"", count++ ? "," : "",
					    route_source_name((enum route_source)source));
	}
	evbuffer_add_printf(out,
			    "],\"discriminator\":%u,\"remote_discriminator\":%u,\"multiplier\":%u",
			    peer->mine, peer->yours, peer->multiplier);
	ctl_put_count_key(out, "tx_us", peer->tx_us);
	ctl_put_count_key(out, "detect_us", peer->detect_us);
	ctl_put_flag_key(out, "authenticated", peer->auth != BFD_AUTH_NONE);
	ctl_put_flag_key(out, "polling", peer->polling);
	ctl_put_count_key(out, "ups", peer->ups);
	ctl_put_count_key(out, "downs", peer->downs);
	ctl_put_count_key(out, "packets_in", peer->packets_in);
	ctl_put_count_key(out, "packets_out", peer->packets_out);
	ctl_put_count_key(out, "bad_authentication", peer->bad_auth);
	ctl_put_count_key(out, "unexpected", peer->unexpected);
	evbuffer_add_printf(out, "}");
}
