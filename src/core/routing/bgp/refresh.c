/* ROUTE-REFRESH (RFC 2918) with its marks (RFC 7313). */
#include "core/routing/bgp/bgp_part.h"

void bgp_refresh_begin(struct bgp *bgp, struct bgp_peer *peer)
{
	rib_reader_rewind(bgp->env.rib, peer->reader);
	/* RFC 7313 section 4.1: not while the first table is on its way, and once for all that ask.
	 */
	if (peer->enhanced_refresh && !peer->end_due)
		peer->begin_due = true;
	peer->quiet_until_ns = 0;
	bgp->busy = true;
}

enum bgp_event bgp_refresh_hear(struct bgp *bgp, struct bgp_peer *peer, const u8 *msg, u32 len)
{
	struct bgp_refresh refresh;
	struct bgp_error error;

	if (!bgp_refresh_read(msg, len, &refresh, &error)) {
		/* RFC 7313 section 5, where it was agreed on; else RFC 2918 has no answer for it.
		 */
		if (!peer->enhanced_refresh)
			return BGP_EVENT_NONE;
		peer->error = error;
		return BGP_EVENT_UPDATE_ERROR;
	}
	if (refresh.afi != BGP_AFI_IP4 || refresh.safi != BGP_SAFI_UNICAST)
		return BGP_EVENT_NONE;
	if (!peer->enhanced_refresh || refresh.kind == BGP_REFRESH_REQUEST)
		bgp_refresh_begin(bgp, peer);
	else if (refresh.kind == BGP_REFRESH_BEGIN || refresh.kind == BGP_REFRESH_END)
		bgp_refresh_stale(bgp, peer, refresh.kind == BGP_REFRESH_BEGIN);
	return BGP_EVENT_NONE;
}

enum err bgp_peer_refresh_out(struct bgp *bgp, be32 addr)
{
	struct bgp_peer *peer = bgp_peer_find(bgp, addr);

	if (peer == NULL || !bgp_is_up(peer))
		return ERR_NOT_FOUND;
	bgp_refresh_begin(bgp, peer);
	return ERR_OK;
}

enum err bgp_peer_refresh_in(struct bgp *bgp, be32 addr, ns_t now)
{
	struct bgp_peer *peer = bgp_peer_find(bgp, addr);
	struct bgp_refresh refresh = { BGP_AFI_IP4, BGP_SAFI_UNICAST, BGP_REFRESH_REQUEST };
	u8 *to;

	if (peer == NULL || !bgp_is_up(peer))
		return ERR_NOT_FOUND;
	if (!peer->refresh)
		return ERR_RANGE;
	bgp->now = now;
	to = bgp_line_room(&peer->line[peer->live], BGP_REFRESH_LEN);
	if (to == NULL)
		return ERR_FULL;
	bgp_line_wrote(&peer->line[peer->live], bgp_refresh_write(to, &refresh));
	bgp_count_sent(peer, BGP_ROUTE_REFRESH);
	bgp_line_flush(bgp, peer, peer->live);
	return ERR_OK;
}
