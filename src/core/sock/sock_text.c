/* Errors in words, and from one folder's into another's. */
#include "core/base/check.h"
#include "core/sock/sock.h"

struct error_words {
	const char *name;
	const char *text;
};

static const struct error_words words[SOCK_ERRORS] = {
	[SOCK_OK] = { "OK", "no error" },
	[SOCK_AGAIN] = { "EAGAIN", "not now, readiness will say when" },
	[SOCK_IN_PROGRESS] = { "EINPROGRESS", "the connection is being established" },
	[SOCK_BAD] = { "EBADF", "there is no such socket" },
	[SOCK_INVALID] = { "EINVAL", "not possible for this socket, or in its state" },
	[SOCK_NOT_SUPPORTED] = { "EOPNOTSUPP", "not for this kind of socket" },
	[SOCK_NOT_CONNECTED] = { "ENOTCONN", "the socket is not connected" },
	[SOCK_IS_CONNECTED] = { "EISCONN", "the socket is connected already" },
	[SOCK_NO_DESTINATION] = { "EDESTADDRREQ", "no destination is named" },
	[SOCK_IN_USE] = { "EADDRINUSE", "the address and port are in use" },
	[SOCK_NOT_OURS] = { "EADDRNOTAVAIL", "the address is not one of ours" },
	[SOCK_NOT_ALLOWED] = { "EACCES", "broadcast needs the option" },
	[SOCK_TOO_LONG] = { "EMSGSIZE", "the datagram is too long" },
	[SOCK_LIMIT] = { "EMFILE", "a configured limit is reached" },
	[SOCK_PIPE] = { "EPIPE", "nothing can be written any more" },
	[SOCK_CANCELED] = { "ECANCELED", "the socket was closed" },
	[SOCK_REFUSED] = { "ECONNREFUSED", "the peer refused the connection" },
	[SOCK_RESET] = { "ECONNRESET", "the peer reset the connection" },
	[SOCK_TIMEOUT_CONNECT] = { "ETIMEDOUT", "the peer did not answer the connect" },
	[SOCK_TIMEOUT_RETRANSMIT] = { "ETIMEDOUT", "data were not acknowledged in time" },
	[SOCK_TIMEOUT_KEEPALIVE] = { "ETIMEDOUT", "keepalive probes were not answered" },
	[SOCK_NET_UNREACHABLE] = { "ENETUNREACH", "there is no way to that network" },
	[SOCK_HOST_UNREACHABLE] = { "EHOSTUNREACH", "the host can not be reached" },
};

const char *sock_error_text(enum sock_error error)
{
	CHECK(error < SOCK_ERRORS);
	return words[error].text;
}

const char *sock_error_name(enum sock_error error)
{
	CHECK(error < SOCK_ERRORS);
	return words[error].name;
}

enum sock_error sock_error_of_tcp(enum tcp_error error)
{
	switch (error) {
	case TCP_ERR_NONE: return SOCK_OK;
	case TCP_ERR_REFUSED:
	case TCP_ERR_PORT_UNREACHABLE: return SOCK_REFUSED;
	case TCP_ERR_RESET: return SOCK_RESET;
	case TCP_ERR_TIMEOUT_CONNECT: return SOCK_TIMEOUT_CONNECT;
	case TCP_ERR_TIMEOUT_RETRANSMIT: return SOCK_TIMEOUT_RETRANSMIT;
	case TCP_ERR_TIMEOUT_KEEPALIVE: return SOCK_TIMEOUT_KEEPALIVE;
	case TCP_ERR_NET_UNREACHABLE: return SOCK_NET_UNREACHABLE;
	case TCP_ERR_HOST_UNREACHABLE: return SOCK_HOST_UNREACHABLE;
	case TCP_ERR_COUNT: break;
	}
	return SOCK_RESET;
}

enum sock_error sock_error_of_udp(enum udp_error error)
{
	switch (error) {
	case UDP_ERR_NONE: return SOCK_OK;
	case UDP_ERR_REFUSED: return SOCK_REFUSED;
	case UDP_ERR_HOST_UNREACHABLE: return SOCK_HOST_UNREACHABLE;
	case UDP_ERR_NET_UNREACHABLE: return SOCK_NET_UNREACHABLE;
	case UDP_ERR_TOO_LONG: return SOCK_TOO_LONG;
	}
	return SOCK_OK;
}
