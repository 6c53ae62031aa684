/* Keys of peers, given to sockets: MD5 (RFC 2385) and TCP-AO (RFC 5925).
 *
 * A call is signed by the key of its socket, and what comes to the listener by the one that the
 * listener has for the peer's address. So the listener is told whenever a secret changes.        */
#include "core/routing/bgp/bgp_part.h"

enum { HOST_LEN = 32 };

static struct sock_value value_of(const struct bgp_peer *peer)
{
	return (struct sock_value){ .addr = peer->conf.addr, .addr_len = HOST_LEN };
}

static enum sock_error key_set(struct bgp *bgp, sock_id sock, enum sock_option option,
			       const struct sock_value *value)
{
	return bgp->env.io.set(bgp->env.io.ctx, sock, option, value, bgp->now);
}

static struct tcp_auth_secret secret_of(const struct bgp_secret *from)
{
	struct tcp_auth_secret secret = { .len_bytes = from->len_bytes };

	CHECK(from->len_bytes <= TCP_AUTH_KEY_MAX);
	memcpy(secret.byte, from->byte, from->len_bytes);
	return secret;
}

static struct tcp_ao_key ao_of(const struct bgp_secret *from)
{
	return (struct tcp_ao_key){
		.send_id = from->send_id,
		.recv_id = from->recv_id,
		.covers_options = true,
		.alg = from->kind == BGP_AUTH_AO_SHA1 ? TCP_AO_HMAC_SHA1 : TCP_AO_AES_128_CMAC,
		.master = secret_of(from),
	};
}

bool bgp_line_sign(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock)
{
	const struct bgp_secret *from = &peer->conf.secret;
	struct sock_value value = value_of(peer);
	struct tcp_auth_secret secret;
	struct tcp_ao_key ao;

	if (from->kind == BGP_AUTH_NONE)
		return true;
	if (from->kind == BGP_AUTH_MD5) {
		secret = secret_of(from);
		value.secret = &secret;
		return key_set(bgp, sock, SOCK_OPT_MD5SIG, &value) == SOCK_OK;
	}
	ao = ao_of(from);
	value.ao = &ao;
	return key_set(bgp, sock, SOCK_OPT_AO_ADD, &value) == SOCK_OK;
}

void bgp_listen_unsign(struct bgp *bgp, const struct bgp_peer *peer)
{
	const struct bgp_secret *from = &peer->conf.secret;
	struct sock_value value = value_of(peer);
	struct tcp_ao_key ao;

	if (bgp->listener == SOCK_ID_NONE || from->kind == BGP_AUTH_NONE)
		return;
	ao = ao_of(from);
	value.ao = &ao;
	/* It may never have been there: then there is nothing to forget. */
	(void)key_set(bgp, bgp->listener,
		      from->kind == BGP_AUTH_MD5 ? SOCK_OPT_MD5SIG : SOCK_OPT_AO_DEL, &value);
}

void bgp_listen_sign(struct bgp *bgp, struct bgp_peer *peer)
{
	peer->may_call = bgp->listener != SOCK_ID_NONE && bgp_line_sign(bgp, peer, bgp->listener);
	if (bgp->listener != SOCK_ID_NONE && !peer->may_call)
		bgp_tell(bgp, peer, SPEAKER_WARNING, "no room for its key: it can not call", "");
}

void bgp_listen_sign_all(struct bgp *bgp)
{
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		if (bgp->peer[at].used)
			bgp_listen_sign(bgp, &bgp->peer[at]);
	}
}
