/* Sockets over datagram endpoints. */
#include "core/sock/sock.h"
#include "core/wire/ip4.h"

enum sock_error dgram_recv(struct sock_table *t, struct sock *sock, struct sock_buf *buf, u32 flags,
			   struct sock_info *info)
{
	enum sock_error error = sock_take_error(t, sock);
	struct udp_info got;
	bool some;

	if (error != SOCK_OK)
		return error;
	some = (flags & SOCK_PEEK) != 0 ? udp_look(&t->udp, sock->under, buf->to, buf->bytes, &got)
					: udp_recv(&t->udp, sock->under, buf->to, buf->bytes, &got);
	if (!some)
		return SOCK_AGAIN;
	buf->got = u32_min(buf->bytes, got.bytes);
	if (info != NULL)
		*info = (struct sock_info){
			{ got.src, got.sport }, got.dst, got.iface, got.ttl, got.tos, got.bytes
		};
	return SOCK_OK;
}

static enum sock_error send_error(enum err err)
{
	switch (err) {
	case ERR_OK: return SOCK_OK;
	case ERR_FULL: return SOCK_AGAIN;
	default: return SOCK_TOO_LONG;
	}
}

enum sock_error sock_send_to(struct sock_table *t, sock_id id, const void *data, u32 bytes,
			     const struct sock_dgram *dgram, const struct sock_way *way)
{
	struct sock *sock = sock_find(t, id);
	struct udp_send send = {
		.dst = dgram->to.addr,
		.dport = dgram->to.port,
		.src = way->src,
		.iface = dgram->iface,
		.mtu = way->mtu,
		.ttl = dgram->ttl,
		.tos = dgram->tos,
		.data = data,
		.bytes = bytes,
	};
	enum sock_error error;

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->kind == SOCK_STREAM_KIND)
		return SOCK_NOT_SUPPORTED;
	error = sock_take_error(t, sock);
	if (error != SOCK_OK)
		return error;
	if ((sock->shut & SOCK_SHUT_WRITE) != 0)
		return SOCK_PIPE;
	if (way->broadcast && !udp_find(&t->udp, sock->under)->opt.broadcast)
		return SOCK_NOT_ALLOWED;
	/* What is for many leaves by one interface, which no route says. */
	if (way->broadcast || ip4_is_multicast(send.dst))
		send.iface = way->iface;
	return send_error(udp_send(&t->udp, sock->under, &send));
}
