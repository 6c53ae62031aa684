/* Metrics of routing: the RIB by source, peers of BGP by their names, OSPF, RIP and BFD in sums.
 * There are as many series as there are peers in the configuration, and a few beside them.
 *
 * Packets have a turn now and then while a page is written, and what a speaker shows is borrowed
 * only until then: so it is asked for again for each metric, and what it said is copied.        */
#include <event2/buffer.h>

#include "core/engine/show_routing.h"
#include "host/ctl/metrics_part.h"

enum { STEP = 8 };

/* ---- the RIB --------------------------------------------------------------------------------- */

static void put_rib(struct metrics_page *page, const struct rib *rib)
{
	static const struct {
		const char *name;
		const char *help;
		size_t at; /* in struct rib_stats */
	} rows[] = {
		{ "rib_paths",
		  "Paths that are offered, by source; those on their way out included.",
		  offsetof(struct rib_stats, source_paths) },
		{ "rib_best_routes", "Prefixes whose best path is of the source: forwarded by.",
		  offsetof(struct rib_stats, source_best) },
	};
	struct rib_stats stats;

	rib_stats(rib, &stats);
	for (size_t which = 0; which < ARRAY_COUNT(rows); which++) {
		metrics_put_head(page, rows[which].name, "gauge", rows[which].help);
		for (u32 source = 0; source < ROUTE_SOURCES; source++) {
			u32 value;

			memcpy(&value,
			       (const u8 *)&stats + rows[which].at + source * sizeof value,
			       sizeof value);
			evbuffer_add_printf(page->out, "sluice_%s{source=\"%s", rows[which].name,
					    route_source_name((enum route_source)source));
			metrics_put_labelled(page, value);
		}
	}
	metrics_put_head(page, "rib_refused_total", "counter",
			 "Paths that the RIB had no room for.");
	evbuffer_add_printf(page->out, "sluice_rib_refused_total");
	metrics_put_value(page, stats.full);
}

static void put_pools(struct metrics_page *page, const struct sluice *s)
{
	metrics_put_head(page, "pools_withheld", "gauge",
			 "Whether prefixes of pools are announced to nobody, since the gateway can "
			 "not serve them.");
	evbuffer_add_printf(page->out, "sluice_pools_withheld");
	metrics_put_value(page, sluice_pools_withheld(s) != NULL);
}

/* ---- BGP ------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *type;
	const char *help;
	size_t at; /* in struct bgp_peer_shown */
	size_t size;
} peer_rows[] = {
	{ "bgp_peer_state", "gauge",
	  "State of the session: 0 Idle, 1 Connect, 2 Active, 3 OpenSent, 4 OpenConfirm, "
	  "5 Established.",
	  offsetof(struct bgp_peer_shown, state), sizeof(enum bgp_state) },
	{ "bgp_peer_received_prefixes", "gauge", "Paths that the peer announces.",
	  offsetof(struct bgp_peer_shown, paths_in), sizeof(u32) },
	{ "bgp_peer_refused_prefixes", "gauge", "Those of them that the import policy refuses.",
	  offsetof(struct bgp_peer_shown, hidden_in), sizeof(u32) },
	{ "bgp_peer_announced_prefixes", "gauge", "Paths that the peer is told.",
	  offsetof(struct bgp_peer_shown, announced), sizeof(u32) },
	{ "bgp_peer_established_total", "counter", "Times that the session came up.",
	  offsetof(struct bgp_peer_shown, counters.established), sizeof(u64) },
	{ "bgp_peer_received_messages_total", "counter", "Messages of the peer.",
	  offsetof(struct bgp_peer_shown, counters.messages_in), sizeof(u64) },
	{ "bgp_peer_sent_messages_total", "counter", "Messages to the peer.",
	  offsetof(struct bgp_peer_shown, counters.messages_out), sizeof(u64) },
	{ "bgp_peer_received_updates_total", "counter", "UPDATEs of the peer.",
	  offsetof(struct bgp_peer_shown, counters.got[BGP_UPDATE]), sizeof(u64) },
	{ "bgp_peer_sent_updates_total", "counter", "UPDATEs to the peer.",
	  offsetof(struct bgp_peer_shown, counters.sent[BGP_UPDATE]), sizeof(u64) },
};

static void put_peers(struct metrics_page *page, const struct sluice *s, size_t which)
{
	struct bgp_peer_shown peer[STEP];
	u32 cursor = 0, count;

	metrics_put_head(page, peer_rows[which].name, peer_rows[which].type,
			 peer_rows[which].help);
	do {
		const struct bgp *bgp = sluice_bgp(s);

		count = bgp ? bgp_show_peers(bgp, &cursor, peer, STEP, 0) : 0;
		for (u32 i = 0; i < count; i++) {
			const u8 *at = (const u8 *)&peer[i] + peer_rows[which].at;
			u64 wide = 0;
			u32 value = 0;

			if (peer_rows[which].size == sizeof wide)
				memcpy(&wide, at, sizeof wide);
			else
				memcpy(&value, at, sizeof value);
			evbuffer_add_printf(page->out, "sluice_%s{peer=\"", peer_rows[which].name);
			metrics_put_label(page, peer[i].name);
			metrics_put_labelled(page, wide + value);
		}
	} while (count > 0);
}

/* ---- OSPF, BFD, RIP -------------------------------------------------------------------------- */

static void put_ospf(struct metrics_page *page, const struct ospf *ospf)
{
	struct ospf_nbr_shown nbr[STEP];
	u64 of_state[OSPF_NBR_STATES] = { 0 };
	u32 cursor = 0, count;

	do {
		count = ospf_show_nbrs(ospf, &cursor, nbr, STEP, 0);
		for (u32 i = 0; i < count; i++)
			of_state[nbr[i].state]++;
	} while (count > 0);
	metrics_put_head(page, "ospf_neighbours", "gauge", "Neighbours of OSPF, by state.");
	for (u32 state = 0; state < OSPF_NBR_STATES; state++) {
		evbuffer_add_printf(page->out, "sluice_ospf_neighbours{state=\"%s",
				    ospf_nbr_state_name((enum ospf_nbr_state)state));
		metrics_put_labelled(page, of_state[state]);
	}
}

static void put_bfd(struct metrics_page *page, const struct bfd *bfd)
{
	struct bfd_info found[STEP];
	u64 of_state[BFD_STATES] = { 0 };
	u32 cursor = 0, count;

	do {
		count = bfd_show(bfd, &cursor, found, STEP, 0);
		for (u32 i = 0; i < count; i++)
			of_state[found[i].state]++;
	} while (count > 0);
	metrics_put_head(page, "bfd_sessions", "gauge", "Sessions of BFD, by state.");
	for (u32 state = 0; state < BFD_STATES; state++) {
		evbuffer_add_printf(page->out, "sluice_bfd_sessions{state=\"%s",
				    bfd_state_name((enum bfd_state)state));
		metrics_put_labelled(page, of_state[state]);
	}
}

static void put_rip(struct metrics_page *page, const struct rip *rip)
{
	struct rip_neigh_info nbr[STEP];
	u32 cursor = 0, count;
	u64 sum = 0, bad = 0;

	do {
		count = rip_show_neighbours(rip, &cursor, nbr, STEP, 0);
		for (u32 i = 0; i < count; i++)
			bad += nbr[i].bad_routes + nbr[i].bad_packets;
		sum += count;
	} while (count > 0);
	metrics_put_head(page, "rip_neighbours", "gauge", "Routers that RIP hears.");
	evbuffer_add_printf(page->out, "sluice_rip_neighbours");
	metrics_put_value(page, sum);
	metrics_put_head(page, "rip_refused", "gauge",
			 "Messages and entries, of routers that are heard now, that can not be.");
	evbuffer_add_printf(page->out, "sluice_rip_refused");
	metrics_put_value(page, bad);
}

void metrics_put_routing(struct metrics_page *page, const struct sluice *s)
{
	if (!sluice_rib(s))
		return;
	put_rib(page, sluice_rib(s));
	put_pools(page, s);
	for (size_t which = 0; sluice_bgp(s) && which < ARRAY_COUNT(peer_rows); which++)
		put_peers(page, s, which);
	if (sluice_ospf(s))
		put_ospf(page, sluice_ospf(s));
	if (sluice_bfd(s))
		put_bfd(page, sluice_bfd(s));
	if (sluice_rip(s))
		put_rip(page, sluice_rip(s));
}
