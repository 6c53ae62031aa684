/* Streams in memory, by the calls of struct speaker_io. */
#include "fake/bgp_net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "fake/build.h"

enum { CONNECT_LIMIT_S = 20, TTL = 64 };

/* ---- streams --------------------------------------------------------------------------------- */

static struct bgp_net_sock *sock_of(struct bgp_net_host *host, sock_id id)
{
	struct bgp_net_sock *sock = &host->net->sock[(u32)id % BGP_NET_SOCKS];

	return sock->used && sock->gen == id >> 32 && sock->host == host->index ? sock : NULL;
}

static u32 index_of(const struct bgp_net *net, const struct bgp_net_sock *sock)
{
	return (u32)(sock - net->sock);
}

sock_id bgp_net_id(const struct bgp_net *net, const struct bgp_net_sock *sock)
{
	return (u64)sock->gen << 32 | index_of(net, sock);
}

static struct bgp_net_sock *sock_make(struct bgp_net *net, u32 host)
{
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		struct bgp_net_sock *sock = &net->sock[at];
		u32 gen = sock->gen + 1;

		if (sock->used)
			continue;
		memset(sock, 0, offsetof(struct bgp_net_sock, rx));
		sock->used = true;
		sock->gen = gen;
		sock->host = host;
		sock->other = IDX_NONE;
		sock->fails_at = sock->done_at = sock->stands_at = NS_NEVER;
		sock->ttl = TTL;
		sock->rx_len = sock->chunk_count = 0;
		sock->key_count = 0;
		sock->sent = 0;
		return sock;
	}
	return NULL;
}

static u32 host_of(const struct bgp_net *net, be32 addr)
{
	for (u32 at = 0; at < net->host_count; at++) {
		u16 iface;

		if (iface_find_addr(&net->host[at]->ifaces, 0, addr, &iface))
			return at;
	}
	return IDX_NONE;
}

static bool is_lost(const struct bgp_net *net, const struct bgp_net_sock *from, u32 to, u32 min_ttl)
{
	u32 routers = net->routers[from->host][to];

	return net->cut[from->host][to] || from->ttl <= routers || from->ttl - routers < min_ttl;
}

static u32 arrived(const struct bgp_net *net, const struct bgp_net_sock *sock)
{
	u32 bytes = 0;

	for (u32 at = 0; at < sock->chunk_count && sock->chunk[at].at <= net->now; at++)
		bytes += sock->chunk[at].bytes;
	return bytes;
}

static u32 room_of(const struct bgp_net *net, const struct bgp_net_sock *sock)
{
	const struct bgp_net_sock *other;

	if (sock->other == IDX_NONE)
		return 0;
	other = &net->sock[sock->other];
	if (other->cork || is_lost(net, sock, other->host, other->min_ttl))
		return 0;
	return other->chunk_count == BGP_NET_CHUNKS ? 0 : BGP_NET_WINDOW - other->rx_len;
}

u8 bgp_net_ready(const struct bgp_net *net, const struct bgp_net_sock *sock)
{
	u8 ready = 0;

	if (sock->listening) {
		for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
			const struct bgp_net_sock *call = &net->sock[at];

			if (call->used && !call->accepted && call->host == sock->host &&
			    call->stands_at <= net->now)
				ready |= SOCK_READABLE;
		}
		return ready;
	}
	if (sock->fails_at <= net->now)
		return SOCK_FAILED | SOCK_READABLE;
	if (sock->connecting)
		return sock->stands_at <= net->now ? SOCK_CONNECTED | SOCK_WRITABLE : 0;
	if (arrived(net, sock) > 0 || sock->done_at <= net->now)
		ready |= SOCK_READABLE;
	if (sock->done_at <= net->now)
		ready |= SOCK_PEER_DONE;
	if (room_of(net, sock) > 0)
		ready |= SOCK_WRITABLE;
	return ready;
}

/* ---- struct speaker_io ----------------------------------------------------------------------- */

static enum sock_error io_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *id)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net_sock *sock;

	(void)proto;
	CHECK(kind == SOCK_STREAM_KIND);
	sock = sock_make(host->net, host->index);
	if (sock == NULL)
		return SOCK_LIMIT;
	sock->accepted = true;
	*id = bgp_net_id(host->net, sock);
	return SOCK_OK;
}

void bgp_net_sock_end(struct bgp_net *net, struct bgp_net_sock *sock, enum sock_error error)
{
	if (sock->other != IDX_NONE) {
		struct bgp_net_sock *other = &net->sock[sock->other];

		other->other = IDX_NONE;
		if (!net->cut[sock->host][other->host]) {
			if (error != SOCK_OK)
				other->fails_at = net->now + net->delay;
			else
				other->done_at = net->now + net->delay;
			other->error = error;
		}
	}
	sock->used = false;
}

static void io_close(void *ctx, sock_id id, ns_t now)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net_sock *sock = sock_of(host, id);

	(void)now;
	CHECK(sock != NULL);
	bgp_net_sock_end(host->net, sock, sock->resets ? SOCK_RESET : SOCK_OK);
}

static enum sock_error io_bind(void *ctx, sock_id id, const struct sock_addr *local)
{
	struct bgp_net_sock *sock = sock_of(ctx, id);
	u16 iface;

	CHECK(sock != NULL);
	if (local->addr.raw != 0 &&
	    !iface_find_addr(&((struct bgp_net_host *)ctx)->ifaces, 0, local->addr, &iface))
		return SOCK_NOT_OURS;
	sock->local = *local;
	return SOCK_OK;
}

static enum sock_error io_listen(void *ctx, sock_id id, u32 backlog)
{
	struct bgp_net_sock *sock = sock_of(ctx, id);

	(void)backlog;
	CHECK(sock != NULL);
	sock->listening = true;
	return SOCK_OK;
}

static enum sock_error io_accept(void *ctx, sock_id id, sock_id *accepted, struct sock_addr *peer)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net *net = host->net;

	CHECK(sock_of(host, id) != NULL);
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		struct bgp_net_sock *call = &net->sock[at];

		if (!call->used || call->accepted || call->host != host->index ||
		    call->stands_at > net->now)
			continue;
		call->accepted = true;
		*accepted = bgp_net_id(net, call);
		*peer = call->peer;
		return SOCK_OK;
	}
	return SOCK_AGAIN;
}

/* The address of the host on the network of the peer, or its first. */
static be32 source_for(const struct bgp_net_host *host, be32 peer)
{
	be32 source = { 0 };

	for (u32 at = 0; at < host->ifaces.count; at++) {
		const struct iface *iface = &host->ifaces.iface[at];

		if (iface_same_net(iface, iface->conf.addr[0].addr, peer))
			return iface->conf.addr[0].addr;
		if (source.raw == 0)
			source = iface->conf.addr[0].addr;
	}
	return source;
}

static const struct bgp_net_key *key_of(const struct bgp_net_sock *sock, be32 peer)
{
	for (u32 at = 0; at < sock->key_count; at++) {
		if (be32_eq(sock->key[at].addr, peer))
			return &sock->key[at];
	}
	return NULL;
}

/* Whether what one end sends is what the other one believes. */
static bool keys_suit(const struct bgp_net_key *a, const struct bgp_net_key *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->ao == b->ao && a->secret.len_bytes == b->secret.len_bytes &&
	       memcmp(a->secret.byte, b->secret.byte, a->secret.len_bytes) == 0 &&
	       (!a->ao || (a->send_id == b->recv_id && a->recv_id == b->send_id));
}

static void key_set(struct bgp_net_sock *sock, enum sock_option option,
		    const struct sock_value *value)
{
	bool add = option == SOCK_OPT_AO_ADD || value->secret != NULL;
	struct bgp_net_key *key;
	u32 at = 0;

	CHECK(value->addr_len == 32);
	while (at < sock->key_count && !be32_eq(sock->key[at].addr, value->addr))
		at++;
	if (at < sock->key_count)
		sock->key[at] = sock->key[--sock->key_count];
	if (!add)
		return;
	key = &sock->key[sock->key_count++];
	CHECK(sock->key_count <= ARRAY_COUNT(sock->key));
	key->addr = value->addr;
	key->ao = option == SOCK_OPT_AO_ADD;
	key->secret = key->ao ? value->ao->master : *value->secret;
	key->send_id = key->ao ? value->ao->send_id : 0;
	key->recv_id = key->ao ? value->ao->recv_id : 0;
}

static bool has_listener(const struct bgp_net *net, u32 host, const struct bgp_net_sock *caller,
			 bool *silent)
{
	be16 port = caller->peer.port;

	*silent = false;
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		const struct bgp_net_sock *sock = &net->sock[at];

		if (!sock->used || sock->host != host || !sock->listening ||
		    !be16_eq(sock->local.port, port))
			continue;
		*silent = !keys_suit(key_of(caller, caller->peer.addr),
				     key_of(sock, caller->local.addr));
		return !*silent;
	}
	return false;
}

static enum sock_error io_connect(void *ctx, sock_id id, const struct sock_addr *peer, ns_t now)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net *net = host->net;
	struct bgp_net_sock *sock = sock_of(host, id);
	struct bgp_net_sock *other = NULL;
	u32 to = host_of(net, peer->addr);
	bool silent;

	(void)now;
	CHECK(sock != NULL);
	if (to == IDX_NONE)
		return SOCK_NET_UNREACHABLE;
	sock->connecting = true;
	sock->peer = *peer;
	if (sock->local.addr.raw == 0)
		sock->local.addr = source_for(host, peer->addr);
	sock->error = SOCK_TIMEOUT_CONNECT;
	sock->fails_at = net->now + CONNECT_LIMIT_S * NS_PER_SEC;
	if (is_lost(net, sock, to, 0) || net->cut[to][host->index])
		return SOCK_IN_PROGRESS;
	if (has_listener(net, to, sock, &silent))
		other = sock_make(net, to);
	if (silent)
		return SOCK_IN_PROGRESS;
	if (other == NULL) {
		sock->error = SOCK_REFUSED;
		sock->fails_at = net->now + 2 * net->delay;
		return SOCK_IN_PROGRESS;
	}
	other->local = *peer;
	other->peer = sock->local;
	other->stands_at = net->now + net->delay;
	other->other = index_of(net, sock);
	sock->other = index_of(net, other);
	sock->stands_at = net->now + 2 * net->delay;
	sock->fails_at = NS_NEVER;
	return SOCK_IN_PROGRESS;
}

static enum sock_error io_send(void *ctx, sock_id id, struct sock_out *out, ns_t now)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net *net = host->net;
	struct bgp_net_sock *sock = sock_of(host, id);
	struct bgp_net_sock *other;
	u32 bytes;

	(void)now;
	CHECK(sock != NULL);
	out->sent = 0;
	if (sock->fails_at <= net->now)
		return sock->error;
	bytes = u32_min(room_of(net, sock), out->bytes);
	if (net->dribble > 0)
		bytes = u32_min(bytes, net->dribble * 7);
	if (bytes == 0)
		return SOCK_AGAIN;
	other = &net->sock[sock->other];
	memcpy(other->rx + other->rx_len, out->data, bytes);
	other->rx_len += bytes;
	other->chunk[other->chunk_count].at = net->now + net->delay;
	other->chunk[other->chunk_count++].bytes = bytes;
	sock->sent += bytes;
	out->sent = bytes;
	return SOCK_OK;
}

static enum sock_error io_send_to(void *ctx, sock_id id, const void *data, u32 bytes,
				  const struct sock_dgram *dgram)
{
	(void)ctx, (void)id, (void)data, (void)bytes, (void)dgram;
	return SOCK_NOT_SUPPORTED;
}

static void rx_take(struct bgp_net_sock *sock, u32 bytes)
{
	u32 left = bytes, gone = 0;

	memmove(sock->rx, sock->rx + bytes, sock->rx_len - bytes);
	sock->rx_len -= bytes;
	while (left > 0 && left >= sock->chunk[gone].bytes)
		left -= sock->chunk[gone++].bytes;
	sock->chunk_count -= gone;
	memmove(sock->chunk, sock->chunk + gone, sock->chunk_count * sizeof sock->chunk[0]);
	if (left > 0)
		sock->chunk[0].bytes -= left;
}

static enum sock_error io_recv(void *ctx, sock_id id, struct sock_buf *buf, struct sock_info *info,
			       ns_t now)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net *net = host->net;
	struct bgp_net_sock *sock = sock_of(host, id);
	u32 bytes;

	(void)info, (void)now;
	CHECK(sock != NULL && buf->bytes > 0);
	buf->got = 0;
	if (sock->fails_at <= net->now)
		return sock->error;
	bytes = u32_min(arrived(net, sock), buf->bytes);
	if (net->dribble > 0)
		bytes = u32_min(bytes, 1 + net->dribble);
	if (bytes == 0)
		return sock->done_at <= net->now ? SOCK_OK : SOCK_AGAIN;
	memcpy(buf->to, sock->rx, bytes);
	rx_take(sock, bytes);
	buf->got = bytes;
	return SOCK_OK;
}

static enum sock_error io_names(void *ctx, sock_id id, struct sock_addr *local,
				struct sock_addr *peer)
{
	struct bgp_net_sock *sock = sock_of(ctx, id);

	CHECK(sock != NULL);
	*local = sock->local;
	*peer = sock->peer;
	return SOCK_OK;
}

static enum sock_error io_set(void *ctx, sock_id id, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	struct bgp_net_sock *sock = sock_of(ctx, id);

	(void)now;
	CHECK(sock != NULL);
	if (option == SOCK_OPT_MD5SIG || option == SOCK_OPT_AO_ADD || option == SOCK_OPT_AO_DEL) {
		if (((struct bgp_net_host *)ctx)->net->keyless)
			return SOCK_LIMIT;
		key_set(sock, option, value);
	}
	if (option == SOCK_OPT_LINGER)
		sock->resets = value->number == 0;
	if (option == SOCK_OPT_TTL)
		sock->ttl = (u32)value->number;
	if (option == SOCK_OPT_MINTTL)
		sock->min_ttl = (u32)value->number;
	return SOCK_OK;
}

static enum sock_error io_watch(void *ctx, sock_id id, u8 bits)
{
	struct bgp_net_sock *sock = sock_of(ctx, id);

	CHECK(sock != NULL);
	sock->watch = bits;
	/* A connection that stands is none that begins. */
	if ((bits & SOCK_READABLE) != 0)
		sock->connecting = false;
	return SOCK_OK;
}

struct speaker_io bgp_net_io(struct bgp_net_host *host)
{
	return (struct speaker_io){ host,      io_open,    io_close, io_bind,    io_listen,
				    io_accept, io_connect, io_send,  io_send_to, io_recv,
				    io_names,  io_set,     io_watch };
}

/* ---- what a test does to them ------------------------------------------------------------------
 */

u32 bgp_net_line(const struct bgp_net *net, u32 a, u32 b)
{
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		const struct bgp_net_sock *sock = &net->sock[at];

		if (sock->used && sock->host == a && sock->other != IDX_NONE &&
		    net->sock[sock->other].host == b)
			return at;
	}
	return IDX_NONE;
}

void bgp_net_reset(struct bgp_net *net, u32 at)
{
	struct bgp_net_sock *sock = &net->sock[at];

	CHECK(sock->used && sock->other != IDX_NONE);
	net->sock[sock->other].other = IDX_NONE;
	net->sock[sock->other].error = SOCK_RESET;
	net->sock[sock->other].fails_at = net->now;
	sock->other = IDX_NONE;
	sock->error = SOCK_RESET;
	sock->fails_at = net->now;
}
