/* Keys of peers, given to sockets (RFC 2385, RFC 5925). */
#include "core/routing/bgp/bgp_part.h"

/* Without the option no socket can keep the secret, and a connection without it is not what was
 * asked for: the peer is not called.                                                             */
bool bgp_line_sign(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock)
{
	(void)bgp;
	(void)sock;
	return peer->conf.secret.kind == BGP_AUTH_NONE;
}

void bgp_listen_sign(struct bgp *bgp, const struct bgp_peer *peer)
{
	if (bgp->listener != SOCK_ID_NONE)
		(void)bgp_line_sign(bgp, peer, bgp->listener);
}
