/* Keys of peers, as options of a socket (RFC 2385, RFC 5925): for what comes to a listener, for a
 * connect, and for a connection, whose keys are a copy of the listener's once they are changed.  */
#include "core/sock/sock.h"
#include "core/tcp/keys.h"
#include "core/wire/ip4.h"

/* Zero is nobody's ring. */
u32 stream_ring(const struct sock_table *t, const struct sock *sock)
{
	return sock_idx(t, sock) + 1;
}

bool stream_is_key_option(enum sock_option option)
{
	return option == SOCK_OPT_MD5SIG || option == SOCK_OPT_AO_ADD ||
	       option == SOCK_OPT_AO_DEL || option == SOCK_OPT_AO_USE;
}

static enum sock_error error_of(enum err err)
{
	switch (err) {
	case ERR_OK: return SOCK_OK;
	case ERR_FULL: return SOCK_LIMIT;
	case ERR_EXISTS: return SOCK_IN_USE;
	default: return SOCK_INVALID;
	}
}

/* Where the keys are that are meant. A connection's are of one peer, which has to be named. */
static enum sock_error keys_where(struct sock_table *t, const struct sock *sock,
				  const struct sock_value *value, struct tcp_keys_at *at)
{
	if (value->addr_len > 32)
		return SOCK_INVALID;
	*at = (struct tcp_keys_at){ stream_ring(t, sock), value->addr, value->addr_len,
				    sock->zone };
	if (!sock_has_connection(sock))
		return SOCK_OK;
	if (((be32_host(value->addr) ^ be32_host(sock->peer.addr)) & ip4_mask(value->addr_len)) !=
	    0)
		return SOCK_INVALID;
	return error_of(tcp_keys_own(&t->tcp, sock->under, at->ring, at));
}

enum sock_error stream_set_keys(struct sock_table *t, const struct sock *sock,
				enum sock_option option, const struct sock_value *value)
{
	struct tcp_keys_at at;
	enum sock_error error;

	if (option == SOCK_OPT_AO_USE) {
		if (value->number > UINT16_MAX)
			return SOCK_INVALID;
		return error_of(tcp_keys_use_ao(&t->tcp, sock->under, (u8)(value->number >> 8),
						(u8)value->number));
	}
	if (option != SOCK_OPT_MD5SIG && value->ao == NULL)
		return SOCK_INVALID;
	error = keys_where(t, sock, value, &at);
	if (error != SOCK_OK)
		return error;
	switch (option) {
	case SOCK_OPT_AO_ADD: return error_of(tcp_keys_add_ao(&t->tcp, &at, value->ao));
	case SOCK_OPT_AO_DEL:
		return error_of(
			tcp_keys_del_ao(&t->tcp, &at, value->ao->send_id, value->ao->recv_id));
	default: break;
	}
	return error_of(value->secret == NULL ? tcp_keys_del(&t->tcp, &at)
					      : tcp_keys_set_md5(&t->tcp, &at, value->secret));
}

enum sock_error stream_get_ao(const struct sock_table *t, const struct sock *sock,
			      struct sock_value *value)
{
	struct tcp_keys_use use = tcp_keys_used(&t->tcp, sock->under);

	if (use.kind != TCP_AUTH_AO)
		return SOCK_INVALID;
	value->number = SOCK_AO_USE(use.current_id, use.rnext_id);
	return SOCK_OK;
}
