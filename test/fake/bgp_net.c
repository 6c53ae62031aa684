/* Streams in memory, by the calls of struct speaker_io. */
#include "fake/bgp_net.h"

#include <stdio.h>
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

/* ---- keys ------------------------------------------------------------------------------------ */

/* The n-th of a peer; NULL. */
static const struct bgp_net_key *key_of(const struct bgp_net_sock *sock, be32 peer, u32 n)
{
	for (u32 at = 0; at < sock->key_count; at++) {
		if (be32_eq(sock->key[at].addr, peer) && n-- == 0)
			return &sock->key[at];
	}
	return NULL;
}

/* Whether what one end sends is what the other one believes. */
static bool keys_suit(const struct bgp_net_key *a, const struct bgp_net_key *b)
{
	return a->ao == b->ao && a->of.master.len_bytes == b->of.master.len_bytes &&
	       memcmp(a->of.master.byte, b->of.master.byte, a->of.master.len_bytes) == 0 &&
	       (!a->ao || (a->of.send_id == b->of.recv_id && a->of.recv_id == b->of.send_id &&
			   a->of.alg == b->of.alg));
}

/* The key that suits the one with this SendID; NULL: there is none, of either. */
static const struct bgp_net_key *key_for(const struct bgp_net_sock *from, be32 peer, u8 send_id,
					 const struct bgp_net_sock *to, be32 local)
{
	const struct bgp_net_key *used = key_of(from, peer, 0), *key;

	for (u32 n = 0; (key = key_of(from, peer, n)) != NULL; n++) {
		if (key->ao && key->of.send_id == send_id)
			used = key;
	}
	for (u32 n = 0; used != NULL && (key = key_of(to, local, n)) != NULL; n++) {
		if (keys_suit(used, key))
			return key;
	}
	return NULL;
}

/* Whether a segment is believed. */
static bool is_believed(const struct bgp_net_sock *from, const struct bgp_net_sock *to)
{
	if (key_of(from, from->peer.addr, 0) == NULL && key_of(to, to->peer.addr, 0) == NULL)
		return true;
	return key_for(from, from->peer.addr, from->current_id, to, to->peer.addr) != NULL;
}

/* It says which key its sender wants (RFC 5925 section 7.5). */
static void wish_take(const struct bgp_net_sock *from, struct bgp_net_sock *to)
{
	const struct bgp_net_key *key;

	for (u32 n = 0; (key = key_of(to, to->peer.addr, n)) != NULL; n++) {
		if (key->ao && key->of.send_id == from->rnext_id)
			to->current_id = key->of.send_id;
	}
}

static void key_call(struct bgp_net_host *host, const struct bgp_net_sock *sock, const char *what,
		     u32 id)
{
	char *calls = host->key_calls;
	size_t len = strlen(calls);

	snprintf(calls + len, sizeof host->key_calls - len, "%s%s%u", sock->listening ? "L" : "C",
		 what, id);
}

static void key_del(struct bgp_net_sock *sock, u32 at)
{
	sock->key_count--;
	memmove(&sock->key[at], &sock->key[at + 1], (sock->key_count - at) * sizeof sock->key[0]);
}

static enum sock_error md5_set(struct bgp_net_sock *sock, const struct sock_value *value)
{
	const struct bgp_net_key *old = key_of(sock, value->addr, 0);

	if (old != NULL)
		key_del(sock, (u32)(old - sock->key));
	if (value->secret == NULL)
		return old == NULL ? SOCK_INVALID : SOCK_OK;
	CHECK(sock->key_count < BGP_NET_KEYS);
	sock->key[sock->key_count++] = (struct bgp_net_key){ .addr = value->addr,
							     .of = { .master = *value->secret } };
	return SOCK_OK;
}

static enum sock_error ao_add(struct bgp_net_sock *sock, const struct sock_value *value)
{
	const struct bgp_net_key *key;
	u32 n = 0;

	while ((key = key_of(sock, value->addr, n)) != NULL) {
		if (!key->ao || key->of.send_id == value->ao->send_id ||
		    key->of.recv_id == value->ao->recv_id)
			return SOCK_IN_USE;
		n++;
	}
	if (n == TCP_AO_KEYS_MAX)
		return SOCK_LIMIT;
	CHECK(sock->key_count < BGP_NET_KEYS);
	sock->key[sock->key_count++] = (struct bgp_net_key){ value->addr, true, *value->ao };
	return SOCK_OK;
}

static enum sock_error ao_del(struct bgp_net_sock *sock, const struct sock_value *value)
{
	const struct bgp_net_key *key;

	for (u32 n = 0; (key = key_of(sock, value->addr, n)) != NULL; n++) {
		if (!key->ao || key->of.send_id != value->ao->send_id ||
		    key->of.recv_id != value->ao->recv_id)
			continue;
		/* Who may be sent with it no more has another one already. */
		CHECK(sock->other == IDX_NONE ||
		      (key->of.send_id != sock->current_id && key->of.recv_id != sock->rnext_id));
		key_del(sock, (u32)(key - sock->key));
		return SOCK_OK;
	}
	return SOCK_INVALID;
}

static enum sock_error ao_use(struct bgp_net_sock *sock, u8 current_id, u8 rnext_id)
{
	const struct bgp_net_key *key;
	bool has_current = false, has_rnext = false;

	for (u32 n = 0; (key = key_of(sock, sock->peer.addr, n)) != NULL; n++) {
		has_current |= key->ao && key->of.send_id == current_id;
		has_rnext |= key->ao && key->of.recv_id == rnext_id;
	}
	if (!has_current || !has_rnext)
		return SOCK_INVALID;
	sock->current_id = current_id;
	sock->rnext_id = rnext_id;
	return SOCK_OK;
}

static enum sock_error key_set(struct bgp_net_host *host, struct bgp_net_sock *sock,
			       enum sock_option option, const struct sock_value *value)
{
	size_t len;

	if (option == SOCK_OPT_AO_USE) {
		key_call(host, sock, "=", (u32)value->number >> 8);
		len = strlen(host->key_calls);
		snprintf(host->key_calls + len, sizeof host->key_calls - len, ",%u ",
			 (u8)value->number);
		return ao_use(sock, (u8)(value->number >> 8), (u8)value->number);
	}
	CHECK(value->addr_len == 32);
	if (option != SOCK_OPT_MD5SIG) {
		key_call(host, sock, option == SOCK_OPT_AO_ADD ? "+" : "-", value->ao->send_id);
		len = strlen(host->key_calls);
		snprintf(host->key_calls + len, sizeof host->key_calls - len, " ");
	}
	if (host->net->keyless)
		return SOCK_LIMIT;
	switch (option) {
	case SOCK_OPT_AO_ADD: return ao_add(sock, value);
	case SOCK_OPT_AO_DEL: return ao_del(sock, value);
	default: return md5_set(sock, value);
	}
}

/* ---- bytes ----------------------------------------------------------------------------------- */

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
	if (other->cork || is_lost(net, sock, other->host, other->min_ttl) ||
	    !is_believed(sock, other))
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

/* ---- connections ----------------------------------------------------------------------------- */

/* Whoever calls begins with its first. */
static void keys_begin(struct bgp_net_sock *caller)
{
	const struct bgp_net_key *first = key_of(caller, caller->peer.addr, 0);

	if (first == NULL || !first->ao)
		return;
	caller->current_id = first->of.send_id;
	caller->rnext_id = first->of.recv_id;
}

/* And the other end with that. */
static void keys_answer(const struct bgp_net_sock *caller, const struct bgp_net_sock *listener,
			struct bgp_net_sock *other)
{
	const struct bgp_net_key *key;

	for (u32 n = 0; (key = key_of(listener, caller->local.addr, n)) != NULL; n++)
		other->key[other->key_count++] = *key;
	other->current_id = caller->rnext_id;
	other->rnext_id = caller->current_id;
}

static const struct bgp_net_sock *listener_of(const struct bgp_net *net, u32 host,
					      const struct bgp_net_sock *caller, bool *silent)
{
	be32 to = caller->peer.addr, from = caller->local.addr;
	be16 port = caller->peer.port;

	*silent = false;
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		const struct bgp_net_sock *sock = &net->sock[at];

		if (!sock->used || sock->host != host || !sock->listening ||
		    !be16_eq(sock->local.port, port))
			continue;
		*silent = (key_of(caller, to, 0) != NULL || key_of(sock, from, 0) != NULL) &&
			  key_for(caller, to, caller->current_id, sock, from) == NULL;
		return *silent ? NULL : sock;
	}
	return NULL;
}

static enum sock_error io_connect(void *ctx, sock_id id, const struct sock_addr *peer, ns_t now)
{
	struct bgp_net_host *host = ctx;
	struct bgp_net *net = host->net;
	struct bgp_net_sock *sock = sock_of(host, id);
	struct bgp_net_sock *other = NULL;
	const struct bgp_net_sock *listener;
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
	keys_begin(sock);
	listener = listener_of(net, to, sock, &silent);
	if (listener != NULL)
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
	keys_answer(sock, listener, other);
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
	wish_take(sock, other);
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
	if (option == SOCK_OPT_MD5SIG || option == SOCK_OPT_AO_ADD || option == SOCK_OPT_AO_DEL ||
	    option == SOCK_OPT_AO_USE)
		return key_set(ctx, sock, option, value);
	if (option == SOCK_OPT_LINGER)
		sock->resets = value->number == 0;
	if (option == SOCK_OPT_TTL)
		sock->ttl = (u32)value->number;
	if (option == SOCK_OPT_MINTTL)
		sock->min_ttl = (u32)value->number;
	return SOCK_OK;
}

static enum sock_error io_get(void *ctx, sock_id id, enum sock_option option,
			      struct sock_value *value)
{
	const struct bgp_net_sock *sock = sock_of(ctx, id);

	CHECK(sock != NULL && option == SOCK_OPT_AO_USE);
	if (key_of(sock, sock->peer.addr, 0) == NULL || !key_of(sock, sock->peer.addr, 0)->ao)
		return SOCK_INVALID;
	value->number = SOCK_AO_USE(sock->current_id, sock->rnext_id);
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
				    io_names,  io_set,     io_get,   io_watch };
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
