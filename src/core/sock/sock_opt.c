/* Options of a socket. Those of a connection that stands are handed on; those of one to come, and
 * of what a listener accepts, wait with the socket.                                             */
#include "core/sock/sock.h"
#include "core/wire/ip4.h"

static bool fits(u64 number, u64 max)
{
	return number <= max;
}

/* ---- streams --------------------------------------------------------------------------------- */

static enum sock_error stream_set_time(struct tcp_sockopt *opt, enum sock_option option, u64 number)
{
	if (!fits(number, UINT32_MAX))
		return SOCK_INVALID;
	switch (option) {
	case SOCK_OPT_KEEPIDLE: opt->keepalive_idle_ms = (u32)number; break;
	case SOCK_OPT_KEEPINTVL: opt->keepalive_interval_ms = (u32)number; break;
	case SOCK_OPT_KEEPCNT: opt->keepalive_probes = (u32)number; break;
	case SOCK_OPT_USER_TIMEOUT: opt->user_timeout_ms = (u32)number; break;
	case SOCK_OPT_MAX_PACING_RATE: opt->pacing_max = (u32)number; break;
	case SOCK_OPT_RCVBUF: opt->recv_buffer = (u32)number; break;
	case SOCK_OPT_SNDBUF: opt->send_buffer = (u32)number; break;
	default: return SOCK_NOT_SUPPORTED;
	}
	return SOCK_OK;
}

static enum sock_error stream_set_small(struct tcp_sockopt *opt, enum sock_option option,
					u64 number)
{
	if (!fits(number, option == SOCK_OPT_MAXSEG ? UINT16_MAX : UINT8_MAX))
		return SOCK_INVALID;
	switch (option) {
	case SOCK_OPT_KEEPALIVE: opt->keepalive = number != 0; break;
	case SOCK_OPT_NODELAY: opt->nodelay = number != 0; break;
	case SOCK_OPT_CORK: opt->cork = number != 0; break;
	case SOCK_OPT_QUICKACK: opt->quickack = number != 0; break;
	case SOCK_OPT_MAXSEG: opt->mss_max = (u16)number; break;
	case SOCK_OPT_TTL: opt->ttl = (u8)number; break;
	case SOCK_OPT_MINTTL: opt->min_ttl = (u8)number; break;
	case SOCK_OPT_TOS: opt->tos = (u8)number; break;
	default: return SOCK_NOT_SUPPORTED;
	}
	return SOCK_OK;
}

static enum sock_error stream_set(struct tcp_sockopt *opt, enum sock_option option,
				  const struct sock_value *value)
{
	switch (option) {
	case SOCK_OPT_LINGER:
		if (value->number != SOCK_LINGER_OFF && !fits(value->number, UINT32_MAX))
			return SOCK_INVALID;
		opt->linger = value->number != SOCK_LINGER_OFF;
		opt->linger_ms = opt->linger ? (u32)value->number : 0;
		return SOCK_OK;
	case SOCK_OPT_CONGESTION: opt->cc = value->name; return SOCK_OK;
	case SOCK_OPT_KEEPIDLE:
	case SOCK_OPT_KEEPINTVL:
	case SOCK_OPT_KEEPCNT:
	case SOCK_OPT_USER_TIMEOUT:
	case SOCK_OPT_MAX_PACING_RATE:
	case SOCK_OPT_RCVBUF:
	case SOCK_OPT_SNDBUF: return stream_set_time(opt, option, value->number);
	case SOCK_OPT_REUSE: return SOCK_OK;
	default: return stream_set_small(opt, option, value->number);
	}
}

static enum sock_error stream_option(struct sock_table *t, struct sock *sock,
				     enum sock_option option, const struct sock_value *value,
				     ns_t now)
{
	struct tcp_sockopt opt = sock->opt;
	enum sock_error error;
	enum err err = ERR_OK;

	if (stream_is_key_option(option))
		return stream_set_keys(t, sock, option, value);
	error = stream_set(&opt, option, value);
	if (error != SOCK_OK)
		return error;
	if (sock_has_connection(sock))
		err = tcp_set_opt(&t->tcp, sock->under, &opt, now);
	else if (sock->state == SOCK_LISTENING)
		err = tcp_listen_set_opt(&t->tcp, sock->under, &opt);
	if (err == ERR_RANGE)
		return SOCK_INVALID;
	sock->opt = opt;
	t->stirred = true;
	return SOCK_OK;
}

static enum sock_error stream_get(const struct tcp_sockopt *opt, enum sock_option option,
				  struct sock_value *value)
{
	switch (option) {
	case SOCK_OPT_LINGER: value->number = opt->linger ? opt->linger_ms : SOCK_LINGER_OFF; break;
	case SOCK_OPT_CONGESTION: value->name = opt->cc; break;
	case SOCK_OPT_KEEPIDLE: value->number = opt->keepalive_idle_ms; break;
	case SOCK_OPT_KEEPINTVL: value->number = opt->keepalive_interval_ms; break;
	case SOCK_OPT_KEEPCNT: value->number = opt->keepalive_probes; break;
	case SOCK_OPT_USER_TIMEOUT: value->number = opt->user_timeout_ms; break;
	case SOCK_OPT_MAX_PACING_RATE: value->number = opt->pacing_max; break;
	case SOCK_OPT_RCVBUF: value->number = opt->recv_buffer; break;
	case SOCK_OPT_SNDBUF: value->number = opt->send_buffer; break;
	case SOCK_OPT_KEEPALIVE: value->number = opt->keepalive; break;
	case SOCK_OPT_NODELAY: value->number = opt->nodelay; break;
	case SOCK_OPT_CORK: value->number = opt->cork; break;
	case SOCK_OPT_QUICKACK: value->number = opt->quickack; break;
	case SOCK_OPT_MAXSEG: value->number = opt->mss_max; break;
	case SOCK_OPT_TTL: value->number = opt->ttl; break;
	case SOCK_OPT_MINTTL: value->number = opt->min_ttl; break;
	case SOCK_OPT_TOS: value->number = opt->tos; break;
	default: return SOCK_NOT_SUPPORTED;
	}
	return SOCK_OK;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static enum sock_error member_set(struct sock_table *t, const struct sock *sock, bool join,
				  const struct sock_value *value)
{
	enum err err = join ? udp_join(&t->udp, sock->under, value->addr, value->iface)
			    : udp_leave(&t->udp, sock->under, value->addr, value->iface);

	switch (err) {
	case ERR_OK: return SOCK_OK;
	case ERR_EXISTS: return SOCK_IN_USE;
	case ERR_FULL: return SOCK_LIMIT;
	case ERR_NOT_FOUND: return SOCK_NOT_OURS;
	default: return SOCK_INVALID;
	}
}

static enum sock_error dgram_set(struct udp_opt *opt, enum sock_option option,
				 const struct sock_value *value)
{
	u64 number = value->number;

	if (!fits(number, option == SOCK_OPT_RCVBUF ? UINT32_MAX : UINT8_MAX))
		return SOCK_INVALID;
	switch (option) {
	case SOCK_OPT_REUSE: opt->reuse = number != 0; break;
	case SOCK_OPT_BROADCAST: opt->broadcast = number != 0; break;
	case SOCK_OPT_RCVBUF: opt->recv_bytes = (u32)number; break;
	case SOCK_OPT_SNDBUF: break;
	case SOCK_OPT_TTL: opt->ttl = (u8)number; break;
	case SOCK_OPT_TOS: opt->tos = (u8)number; break;
	case SOCK_OPT_DONT_FRAGMENT: opt->dont_fragment = number != 0; break;
	case SOCK_OPT_HDRINCL: opt->header = number != 0; break;
	case SOCK_OPT_MULTICAST_TTL: opt->multicast_ttl = (u8)number; break;
	case SOCK_OPT_MULTICAST_LOOP: opt->multicast_loop = number != 0; break;
	case SOCK_OPT_MULTICAST_IF: opt->multicast_if = value->iface; break;
	default: return SOCK_NOT_SUPPORTED;
	}
	return SOCK_OK;
}

static enum sock_error dgram_get(const struct udp_opt *opt, enum sock_option option,
				 struct sock_value *value)
{
	switch (option) {
	case SOCK_OPT_REUSE: value->number = opt->reuse; break;
	case SOCK_OPT_BROADCAST: value->number = opt->broadcast; break;
	case SOCK_OPT_RCVBUF: value->number = opt->recv_bytes; break;
	case SOCK_OPT_TTL: value->number = opt->ttl; break;
	case SOCK_OPT_TOS: value->number = opt->tos; break;
	case SOCK_OPT_DONT_FRAGMENT: value->number = opt->dont_fragment; break;
	case SOCK_OPT_HDRINCL: value->number = opt->header; break;
	case SOCK_OPT_MULTICAST_TTL: value->number = opt->multicast_ttl; break;
	case SOCK_OPT_MULTICAST_LOOP: value->number = opt->multicast_loop; break;
	case SOCK_OPT_MULTICAST_IF: value->iface = opt->multicast_if; break;
	default: return SOCK_NOT_SUPPORTED;
	}
	return SOCK_OK;
}

static enum sock_error dgram_option(struct sock_table *t, struct sock *sock,
				    enum sock_option option, const struct sock_value *value)
{
	if (option == SOCK_OPT_JOIN || option == SOCK_OPT_LEAVE)
		return member_set(t, sock, option == SOCK_OPT_JOIN, value);
	if (option == SOCK_OPT_HDRINCL && sock->kind != SOCK_RAW_KIND)
		return SOCK_NOT_SUPPORTED;
	return dgram_set(udp_opt(&t->udp, sock->under), option, value);
}

/* ---- of both --------------------------------------------------------------------------------- */

/* An endpoint is found by its interface, too: it has one before it has a port. */
static enum sock_error bind_iface(struct sock_table *t, struct sock *sock, u16 iface)
{
	if (sock->kind == SOCK_STREAM_KIND)
		return SOCK_NOT_SUPPORTED;
	if (sock->held_port != 0)
		return SOCK_INVALID;
	udp_set_iface(&t->udp, sock->under, iface);
	sock->iface = iface;
	return SOCK_OK;
}

enum sock_error sock_set(struct sock_table *t, sock_id id, enum sock_option option,
			 const struct sock_value *value, ns_t now)
{
	struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return SOCK_BAD;
	if (option == SOCK_OPT_ERROR || option == SOCK_OPT_KIND)
		return SOCK_INVALID;
	if (option == SOCK_OPT_BIND_IFACE)
		return bind_iface(t, sock, value->iface);
	return sock->kind == SOCK_STREAM_KIND ? stream_option(t, sock, option, value, now)
					      : dgram_option(t, sock, option, value);
}

enum sock_error sock_get(struct sock_table *t, sock_id id, enum sock_option option,
			 struct sock_value *value)
{
	struct sock *sock = sock_find(t, id);

	*value = (struct sock_value){ .iface = SOCK_IFACE_ANY };
	if (sock == NULL)
		return SOCK_BAD;
	switch (option) {
	case SOCK_OPT_ERROR: value->number = (u64)sock_take_error(t, sock); return SOCK_OK;
	case SOCK_OPT_KIND: value->number = sock->kind; return SOCK_OK;
	case SOCK_OPT_BIND_IFACE: value->iface = sock->iface; return SOCK_OK;
	default: break;
	}
	if (option == SOCK_OPT_AO_USE && sock->kind == SOCK_STREAM_KIND)
		return stream_get_ao(t, sock, value);
	return sock->kind == SOCK_STREAM_KIND
		       ? stream_get(&sock->opt, option, value)
		       : dgram_get(udp_opt(&t->udp, sock->under), option, value);
}
