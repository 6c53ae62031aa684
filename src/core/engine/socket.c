/* The calls of sockets: what routes and translation have to say to them is asked here, the rest is
 * done by core/sock.                                                                             */
#include "core/engine/engine.h"
#include "core/wire/ip4.h"
#include "sluice/sock.h"

static be32 no_addr(void)
{
	return (be32){ 0 };
}

enum sock_error sluice_socket(struct sluice *s, enum sock_kind kind, u8 proto, u8 zone,
			      sock_id *sock)
{
	if (zone >= s->path.zone_count || (kind == SOCK_RAW_KIND && proto == 0))
		return SOCK_INVALID;
	return sock_open(&s->socks, kind, proto, zone, sock);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static struct tuple_key key_of(const struct sock *sock, const struct sock_addr *local)
{
	return (struct tuple_key){
		{ local->addr, sock->peer.addr, local->port, sock->peer.port },
		sock->proto,
		sock->zone,
	};
}

/* Of streams that are bound or listen; connections on the port do not count. */
static bool stream_has_port(const struct sluice *s, const struct sock *sock,
			    const struct sock_addr *local)
{
	const struct sock_table *t = &s->socks;

	if (!port_use_has(&t->ports, PORT_USE_TCP, be16_host(local->port)))
		return false;
	for (u32 idx = 0; idx < t->socks.cap; idx++) {
		const struct sock *other = sock_at(t, idx);

		if (slab_is_live(&t->socks, idx) && other != sock &&
		    other->kind == SOCK_STREAM_KIND && other->zone == sock->zone &&
		    (other->state == SOCK_IDLE || other->state == SOCK_LISTENING) &&
		    other->held_port == be16_host(local->port) &&
		    (other->local.addr.raw == 0 || local->addr.raw == 0 ||
		     be32_eq(other->local.addr, local->addr)))
			return true;
	}
	return false;
}

static enum sock_error bind_to(struct sluice *s, sock_id id, const struct sock_addr *local)
{
	const struct sock *sock = sock_find(&s->socks, id);
	struct tuple_key key = key_of(sock, local);

	if (sock->kind == SOCK_STREAM_KIND && stream_has_port(s, sock, local))
		return SOCK_IN_USE;
	if (sock->kind != SOCK_RAW_KIND && !path_port_is_free(&s->path, &key))
		return SOCK_IN_USE;
	return sock_bind(&s->socks, id, local);
}

/* RFC 6056 section 3.3.1: from a random port on, the first that will do. */
static enum sock_error bind_any(struct sluice *s, sock_id id, be32 addr)
{
	const struct sock *sock = sock_find(&s->socks, id);
	const struct sock_conf *conf = &s->socks.conf;
	enum port_use_kind kind = sock->kind == SOCK_STREAM_KIND ? PORT_USE_TCP : PORT_USE_UDP;
	u32 count = (u32)(conf->port_last - conf->port_first) + 1;
	u32 start = sock_draw_port(&s->socks);

	for (u32 step = 0; step < count; step++) {
		u32 port = conf->port_first + (start - conf->port_first + step) % count;
		struct sock_addr local = { addr, be16_of((u16)port) };
		enum sock_error error;

		if (port_use_has(&s->socks.ports, kind, (u16)port))
			continue;
		error = bind_to(s, id, &local);
		if (error != SOCK_IN_USE)
			return error;
	}
	return SOCK_IN_USE;
}

static bool is_ours(const struct sluice *s, const struct sock *sock, be32 addr)
{
	return path_find_addr(&s->path, sock->zone, addr, &(u16){ 0 });
}

enum sock_error sluice_bind(struct sluice *s, sock_id id, const struct sock_addr *local)
{
	const struct sock *sock = sock_find(&s->socks, id);

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->held_port != 0 || sock->state != SOCK_IDLE)
		return SOCK_INVALID;
	/* A datagram socket that is bound to a group hears nothing else. */
	if (local->addr.raw != 0 && !is_ours(s, sock, local->addr) &&
	    (sock->kind == SOCK_STREAM_KIND || !ip4_is_multicast(local->addr)))
		return SOCK_NOT_OURS;
	if (local->port.raw == 0 && sock->kind != SOCK_RAW_KIND)
		return bind_any(s, id, local->addr);
	return bind_to(s, id, local);
}

/* ---- ways ------------------------------------------------------------------------------------ */

static enum sock_error way_error(enum err err)
{
	switch (err) {
	case ERR_OK: return SOCK_OK;
	case ERR_RANGE: return SOCK_INVALID;
	default: return SOCK_NET_UNREACHABLE;
	}
}

static u16 broadcast_iface(const struct sluice *s, u8 zone, be32 dst)
{
	for (u16 at = 0; at < s->ifaces.count; at++) {
		if (s->ifaces.iface[at].conf.zone == zone &&
		    iface_is_broadcast(&s->ifaces.iface[at], dst))
			return at;
	}
	return IFACE_NONE;
}

static u16 group_iface(const struct sluice *s, const struct sock *sock, be32 dst)
{
	u16 iface = IFACE_NONE;
	struct path_way way;

	if (sock->kind != SOCK_STREAM_KIND && ip4_is_multicast(dst))
		iface = udp_find(&s->socks.udp, sock->under)->opt.multicast_if;
	if (iface == IFACE_NONE)
		iface = sock->iface;
	if (iface == IFACE_NONE && ip4_is_multicast(dst) && sock->local.addr.raw != 0)
		(void)path_find_addr(&s->path, sock->zone, sock->local.addr, &iface);
	if (iface == IFACE_NONE)
		iface = broadcast_iface(s, sock->zone, dst);
	/* As the default route leads: there is no better guess. */
	if (iface == IFACE_NONE && ip4_is_multicast(dst) &&
	    path_find_way(&s->path, sock->zone, no_addr(), IFACE_NONE, &way) == ERR_OK)
		iface = way.out_if;
	return iface;
}

_Static_assert((u32)IFACE_NONE == (u32)SOCK_IFACE_ANY && (u32)IFACE_NONE == (u32)UDP_IFACE_ANY,
	       "no interface has one number");

/* iface: named by the caller, or SOCK_IFACE_ANY. */
static enum sock_error find_way(const struct sluice *s, const struct sock *sock, be32 dst,
				u16 iface, struct sock_way *way)
{
	bool group = ip4_is_multicast(dst), broadcast;
	struct path_way found;
	enum err err;

	if (iface == IFACE_NONE)
		iface = sock->iface;
	broadcast = ip4_is_limited_broadcast(dst) ||
		    broadcast_iface(s, sock->zone, dst) != IFACE_NONE;
	if (iface == IFACE_NONE && (group || broadcast))
		iface = group_iface(s, sock, dst);
	if (iface == IFACE_NONE && (group || broadcast))
		return SOCK_NET_UNREACHABLE;
	err = path_find_way(&s->path, sock->zone, dst, iface, &found);
	*way = (struct sock_way){ found.src, found.out_if, found.mtu, broadcast };
	return way_error(err);
}

/* ---- connections ----------------------------------------------------------------------------- */

enum sock_error sluice_listen(struct sluice *s, sock_id id, u32 backlog)
{
	const struct sock *sock = sock_find(&s->socks, id);

	if (sock != NULL && sock->kind == SOCK_STREAM_KIND && sock->held_port == 0 &&
	    sock->state == SOCK_IDLE) {
		enum sock_error error = bind_any(s, id, no_addr());

		if (error != SOCK_OK)
			return error;
	}
	return sock_listen(&s->socks, id, backlog);
}

enum sock_error sluice_accept(struct sluice *s, sock_id id, sock_id *accepted,
			      struct sock_addr *peer)
{
	return sock_accept(&s->socks, id, accepted, peer);
}

/* A port for who has none, and needs one. */
static enum sock_error bind_unbound(struct sluice *s, sock_id id, be32 addr)
{
	const struct sock *sock = sock_find(&s->socks, id);

	return sock->held_port != 0 || sock->kind == SOCK_RAW_KIND ? SOCK_OK
								   : bind_any(s, id, addr);
}

static enum sock_error connect_way(struct sluice *s, sock_id id, const struct sock_addr *peer,
				   struct sock_way *way)
{
	struct sock *sock = sock_find(&s->socks, id);
	enum sock_error error;

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->kind == SOCK_STREAM_KIND && sock->state != SOCK_IDLE)
		return sock->state == SOCK_LISTENING ? SOCK_INVALID : SOCK_IS_CONNECTED;
	*way = (struct sock_way){ .iface = SOCK_IFACE_ANY };
	if (peer->addr.raw == 0)
		return sock->kind == SOCK_STREAM_KIND ? SOCK_INVALID : SOCK_OK;
	error = find_way(s, sock, peer->addr, SOCK_IFACE_ANY, way);
	if (error != SOCK_OK)
		return error;
	if (sock->kind == SOCK_STREAM_KIND && (way->broadcast || ip4_is_multicast(peer->addr)))
		return SOCK_NET_UNREACHABLE;
	if (sock->local.addr.raw != 0 && !ip4_is_multicast(sock->local.addr))
		way->src = sock->local.addr;
	return SOCK_OK;
}

/* From a port that nobody has towards this peer, in the order of bind_any(): first those that no
 * other socket has, then those that others have towards other peers. Which rest in TIME-WAIT, and
 * may not be taken yet, TCP alone knows. Each is tried once at most.                             */
static enum sock_error connect_from_any(struct sluice *s, sock_id id, const struct sock_addr *peer,
					const struct sock_way *way)
{
	struct sock *sock = sock_find(&s->socks, id);
	const struct sock_conf *conf = &s->socks.conf;
	u32 count = (u32)(conf->port_last - conf->port_first) + 1;
	u32 start = (u32)sock_draw_port(&s->socks) - conf->port_first;
	const struct sock_addr before = sock->local;

	for (u32 step = 0; step < 2 * count; step++) {
		u32 port = conf->port_first + (start + step) % count;
		struct sock_addr local = { way->src, be16_of((u16)port) };
		enum sock_error error;

		if (port_use_has(&s->socks.ports, PORT_USE_TCP, (u16)port) != (step >= count))
			continue;
		error = bind_to(s, id, &local);
		if (error == SOCK_OK)
			error = sock_connect(&s->socks, id, peer, way, s->now);
		if (error == SOCK_IN_PROGRESS)
			return error;
		sock_release_port(&s->socks, sock);
		sock->local = before;
		if (error != SOCK_IN_USE)
			return error;
	}
	return SOCK_IN_USE;
}

static enum sock_error connect_try(struct sluice *s, sock_id id, const struct sock_addr *peer,
				   const struct sock_way *way)
{
	struct sock *sock = sock_find(&s->socks, id);
	const struct sock_addr before = sock->peer;
	enum sock_error error;

	/* Whom it goes to is known when ports are looked at. */
	sock->peer = *peer;
	if (sock->held_port == 0 && sock->kind == SOCK_STREAM_KIND) {
		error = connect_from_any(s, id, peer, way);
	} else {
		error = bind_unbound(s, id, way->src);
		if (error == SOCK_OK)
			error = sock_connect(&s->socks, id, peer, way, s->now);
	}
	if (error != SOCK_OK && error != SOCK_IN_PROGRESS)
		sock->peer = before;
	return error;
}

enum sock_error sluice_connect(struct sluice *s, sock_id id, const struct sock_addr *peer, ns_t now)
{
	struct sock_way way;
	enum sock_error error = connect_way(s, id, peer, &way);

	engine_now(s, now);
	return error == SOCK_OK ? connect_try(s, id, peer, &way) : error;
}

/* ---- data ------------------------------------------------------------------------------------ */

enum sock_error sluice_send_to(struct sluice *s, sock_id id, const void *data, u32 bytes,
			       const struct sock_dgram *dgram)
{
	const struct sock *sock = sock_find(&s->socks, id);
	struct sock_dgram out = *dgram;
	struct sock_way way;
	enum sock_error error;

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->kind == SOCK_STREAM_KIND)
		return SOCK_NOT_SUPPORTED;
	if (out.to.addr.raw == 0)
		return SOCK_NO_DESTINATION;
	if (out.from.raw != 0 && !is_ours(s, sock, out.from))
		return SOCK_NOT_OURS;
	error = find_way(s, sock, out.to.addr, out.iface, &way);
	if (error == SOCK_OK)
		error = bind_unbound(s, id, no_addr());
	if (error != SOCK_OK)
		return error;
	if (out.from.raw == 0 && !ip4_is_multicast(sock->local.addr))
		out.from = sock->local.addr;
	if (out.from.raw == 0 && ip4_is_multicast(out.to.addr))
		out.from = udp_find(&s->socks.udp, sock->under)->opt.multicast_src;
	if (out.from.raw != 0)
		way.src = out.from;
	if (out.iface == SOCK_IFACE_ANY)
		out.iface = sock->iface;
	return sock_send_to(&s->socks, id, data, bytes, &out, &way);
}

enum sock_error sluice_send(struct sluice *s, sock_id id, struct sock_out *out, ns_t now)
{
	const struct sock *sock = sock_find(&s->socks, id);
	enum sock_error error;

	engine_now(s, now);
	out->sent = 0;
	if (sock == NULL || sock->kind == SOCK_STREAM_KIND)
		return sock_send(&s->socks, id, out, s->now);
	error = sluice_send_to(s, id, out->data, out->bytes,
			       &(struct sock_dgram){ .to = sock->peer, .iface = SOCK_IFACE_ANY });
	out->sent = error == SOCK_OK ? out->bytes : 0;
	return error;
}

enum sock_error sluice_recv(struct sluice *s, sock_id id, struct sock_buf *buf, u32 flags,
			    struct sock_info *info, ns_t now)
{
	return sock_recv(&s->socks, id, buf, flags, info, engine_now(s, now));
}

enum sock_error sluice_shutdown(struct sluice *s, sock_id id, enum sock_how how, ns_t now)
{
	return sock_shutdown(&s->socks, id, how, engine_now(s, now));
}

void sluice_close(struct sluice *s, sock_id id, ns_t now)
{
	sock_close(&s->socks, id, engine_now(s, now));
}

static void end_own_flow(struct sluice *s, const struct tuple_key *key)
{
	u32 ref = ct_find(&s->ct, key, s->now);

	if (ref != IDX_NONE && (s->ct.flow[ref >> 1].flags & FLOW_LOCAL) != 0)
		ct_end_for(&s->ct, ref >> 1, CT_END_CLOSED);
	path_drain_ended(&s->path, s->now);
}

void sluice_abort(struct sluice *s, sock_id id, ns_t now)
{
	const struct sock_value at_once = { .number = 0 };
	const struct sock *sock = sock_find(&s->socks, id);
	bool stream = sock != NULL && sock->kind == SOCK_STREAM_KIND;
	struct tuple_key key = { .proto = 0 };

	engine_now(s, now);
	if (stream) {
		key = key_of(sock, &sock->local);
		(void)sock_set(&s->socks, id, SOCK_OPT_LINGER, &at_once, s->now);
	}
	sock_close(&s->socks, id, s->now);
	if (!stream)
		return;
	/* The reset still leaves as one of its flow. */
	path_send_socks(&s->path, s->now);
	end_own_flow(s, &key);
}

enum sock_error sluice_names(const struct sluice *s, sock_id id, struct sock_addr *local,
			     struct sock_addr *peer)
{
	return sock_names(&s->socks, id, local, peer);
}

/* An interface that is named has to be one, in the socket's zone. */
static bool iface_is_right(const struct sluice *s, const struct sock *sock, u16 iface)
{
	return iface == IFACE_NONE ||
	       (iface < s->ifaces.count && s->ifaces.iface[iface].conf.zone == sock->zone);
}

enum sock_error sluice_sock_set(struct sluice *s, sock_id id, enum sock_option option,
				const struct sock_value *value, ns_t now)
{
	const struct sock *sock = sock_find(&s->socks, id);

	if (sock == NULL)
		return SOCK_BAD;
	switch (option) {
	case SOCK_OPT_BIND_IFACE:
	case SOCK_OPT_MULTICAST_IF:
	case SOCK_OPT_JOIN:
	case SOCK_OPT_LEAVE:
		if (!iface_is_right(s, sock, value->iface))
			return SOCK_INVALID;
		break;
	default: break;
	}
	return sock_set(&s->socks, id, option, value, engine_now(s, now));
}

enum sock_error sluice_sock_get(struct sluice *s, sock_id id, enum sock_option option,
				struct sock_value *value)
{
	return sock_get(&s->socks, id, option, value);
}

/* ---- being told ------------------------------------------------------------------------------ */

u8 sluice_sock_ready(const struct sluice *s, sock_id id)
{
	return sock_ready(&s->socks, id);
}

enum sock_error sluice_watch(struct sluice *s, sock_id id, u8 bits)
{
	return sock_watch(&s->socks, id, bits);
}

u32 sluice_take_ready(struct sluice *s, struct sock_event *out, u32 max)
{
	return sock_take_ready(&s->socks, 0, out, max);
}

/* A connect that is submitted is one that was begun, and an operation that waits for its end. */
enum sock_error sluice_submit(struct sluice *s, sock_id id, const struct sock_op *op, ns_t now)
{
	enum sock_error error;

	engine_now(s, now);
	if (op->kind == SOCK_OP_CONNECT) {
		const struct sock *sock = sock_find(&s->socks, id);

		if (sock != NULL && sock->kind != SOCK_STREAM_KIND)
			return SOCK_NOT_SUPPORTED;
		if (!sock_has_op_room(&s->socks))
			return SOCK_LIMIT;
		error = sluice_connect(s, id, &op->to, now);
		if (error != SOCK_IN_PROGRESS)
			return error;
	}
	return sock_submit(&s->socks, id, op, s->now);
}

u32 sluice_take_done(struct sluice *s, struct sock_done *out, u32 max)
{
	return sock_take_done(&s->socks, out, max);
}
