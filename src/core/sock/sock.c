/* The table of sockets: from open to close, names, readiness. */
#include "core/sock/sock.h"
#include "core/base/check.h"
#include "core/wire/ip4.h"

void sock_conf_defaults(struct sock_conf *conf)
{
	/* Those that Linux has, so that filters elsewhere know them. */
	*conf = (struct sock_conf){ .op_limit = 1024, .port_first = 32768, .port_last = 60999 };
}

void sock_layout(struct sock_table *t, const struct sock_table_conf *conf, struct mem *mem)
{
	bool on = conf->sock.sock_limit > 0;

	memset(t, 0, sizeof *t);
	t->conf = conf->sock;
	port_use_layout(&t->ports, mem, on);
	if (!on)
		return;
	if (conf->tcp.tcb_limit > 0)
		tcp_layout(&t->tcp, &conf->tcp, mem);
	udp_layout(&t->udp, &conf->udp, mem);
	slab_layout(&t->socks, mem, "sockets", conf->sock.sock_limit, sizeof(struct sock));
	t->sock_gen = mem_take(mem, "sockets", conf->sock.sock_limit, sizeof *t->sock_gen);
	slab_layout(&t->ops, mem, "socket_operations", conf->sock.op_limit,
		    sizeof(struct sock_op_rec));
}

void sock_init(struct sock_table *t, struct pkt_pool *pool, const struct sock_seeds *seeds,
	       ns_t now)
{
	struct tcp_conf tcp = t->tcp.conf;

	if (!sock_has_no_tcp(t))
		tcp_init(&t->tcp, &tcp, pool, seeds->tcp, now);
	udp_init(&t->udp, pool, &seeds->udp, seeds->ip_id);
	rng_init(&t->rng, seeds->ports);
	for (u32 owner = 0; owner < SOCK_OWNERS; owner++)
		t->ready[owner] = (struct sock_list){ IDX_NONE, IDX_NONE };
	t->done_first = t->done_last = IDX_NONE;
	if (sock_is_off(t))
		return;
	slab_init(&t->socks);
	slab_init(&t->ops);
}

struct sock *sock_find(const struct sock_table *t, sock_id id)
{
	u32 idx = (u32)id;

	if (id == SOCK_ID_NONE || idx >= t->socks.cap || !slab_is_live(&t->socks, idx) ||
	    sock_at(t, idx)->gen != (u32)(id >> 32))
		return NULL;
	return sock_at(t, idx);
}

struct sock *sock_new(struct sock_table *t, enum sock_kind kind)
{
	u32 idx = sock_is_off(t) ? IDX_NONE : slab_new(&t->socks);
	struct sock *sock;

	if (idx == IDX_NONE)
		return NULL;
	sock = sock_at(t, idx);
	sock->kind = (u8)kind;
	sock->gen = ++t->sock_gen[idx];
	sock->under = UINT64_MAX;
	sock->iface = SOCK_IFACE_ANY;
	sock->ready_next = SOCK_UNLISTED;
	for (u32 queue = 0; queue < SOCK_OP_QUEUES; queue++)
		sock->op_first[queue] = sock->op_last[queue] = IDX_NONE;
	tcp_sockopt_defaults(&sock->opt);
	return sock;
}

enum sock_error sock_open(struct sock_table *t, enum sock_kind kind, u8 proto, u8 zone, sock_id *id)
{
	struct udp_key key = {
		.iface = UDP_IFACE_ANY, .zone = zone, .proto = proto, .raw = kind == SOCK_RAW_KIND
	};
	struct sock *sock;

	if (kind == SOCK_STREAM_KIND && sock_has_no_tcp(t))
		return SOCK_LIMIT;
	sock = sock_new(t, kind);
	if (sock == NULL)
		return SOCK_LIMIT;
	sock->zone = zone;
	if (kind != SOCK_RAW_KIND)
		key.proto = kind == SOCK_STREAM_KIND ? IP_PROTO_TCP : IP_PROTO_UDP;
	sock->proto = key.proto;
	if (kind != SOCK_STREAM_KIND &&
	    udp_open(&t->udp, &key, sock_idx(t, sock), &sock->under) != ERR_OK) {
		slab_del(&t->socks, sock_idx(t, sock));
		return SOCK_LIMIT;
	}
	*id = sock_id_of(t, sock);
	return SOCK_OK;
}

void sock_hold_port(struct sock_table *t, struct sock *sock, be16 port)
{
	CHECK(sock->held_port == 0);
	if (sock->kind == SOCK_RAW_KIND)
		return;
	sock->held_port = be16_host(port);
	port_use_get(&t->ports, sock->kind == SOCK_STREAM_KIND ? PORT_USE_TCP : PORT_USE_UDP,
		     sock->held_port);
}

void sock_release_port(struct sock_table *t, struct sock *sock)
{
	if (sock->held_port == 0)
		return;
	port_use_put(&t->ports, sock->kind == SOCK_STREAM_KIND ? PORT_USE_TCP : PORT_USE_UDP,
		     sock->held_port);
	sock->held_port = 0;
}

void sock_close(struct sock_table *t, sock_id id, ns_t now)
{
	struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return;
	sock_ops_cancel(t, sock);
	if (sock->kind == SOCK_STREAM_KIND)
		stream_close(t, sock, now);
	else
		udp_close(&t->udp, sock->under);
	sock_release_port(t, sock);
	sock_unlist(t, sock);
	slab_del(&t->socks, sock_idx(t, sock));
	t->stirred = true;
}

/* ---- names ----------------------------------------------------------------------------------- */

u16 sock_draw_port(struct sock_table *t)
{
	u32 count = (u32)(t->conf.port_last - t->conf.port_first) + 1;

	return (u16)(t->conf.port_first + rng_below(&t->rng, count));
}

enum sock_error sock_bind(struct sock_table *t, sock_id id, const struct sock_addr *local)
{
	struct sock *sock = sock_find(t, id);
	enum err err = ERR_OK;

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->held_port != 0 || sock->state != SOCK_IDLE ||
	    (sock->kind != SOCK_RAW_KIND && local->port.raw == 0))
		return SOCK_INVALID;
	if (sock->kind != SOCK_STREAM_KIND)
		err = udp_bind(&t->udp, sock->under, local->addr, local->port);
	if (err != ERR_OK)
		return err == ERR_EXISTS ? SOCK_IN_USE : SOCK_INVALID;
	sock->local = *local;
	sock_hold_port(t, sock, local->port);
	return SOCK_OK;
}

enum sock_error sock_names(const struct sock_table *t, sock_id id, struct sock_addr *local,
			   struct sock_addr *peer)
{
	const struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return SOCK_BAD;
	*local = sock->local;
	*peer = sock->peer;
	return SOCK_OK;
}

/* ---- calls that every kind answers in its own way -------------------------------------------- */

enum sock_error sock_listen(struct sock_table *t, sock_id id, u32 backlog)
{
	struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return SOCK_BAD;
	return sock->kind == SOCK_STREAM_KIND ? stream_listen(t, sock, backlog)
					      : SOCK_NOT_SUPPORTED;
}

enum sock_error sock_connect(struct sock_table *t, sock_id id, const struct sock_addr *peer,
			     const struct sock_way *way, ns_t now)
{
	struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return SOCK_BAD;
	t->stirred = true;
	if (sock->kind == SOCK_STREAM_KIND) {
		if (sock->state != SOCK_IDLE)
			return sock->state == SOCK_LISTENING ? SOCK_INVALID : SOCK_IS_CONNECTED;
		sock->peer = *peer;
		return stream_connect(t, sock, way, now);
	}
	if (sock->held_port == 0 && sock->kind == SOCK_DGRAM_KIND)
		return SOCK_INVALID;
	if (peer->addr.raw != 0)
		sock->local.addr = way->src;
	sock->peer = *peer;
	udp_connect(&t->udp, sock->under, sock->local.addr, peer->addr, peer->port);
	return SOCK_OK;
}

enum sock_error sock_send(struct sock_table *t, sock_id id, struct sock_out *out, ns_t now)
{
	struct sock *sock = sock_find(t, id);

	out->sent = 0;
	if (sock == NULL)
		return SOCK_BAD;
	if (sock->kind != SOCK_STREAM_KIND)
		return SOCK_NOT_SUPPORTED;
	return stream_send(t, sock, out, now);
}

enum sock_error sock_recv(struct sock_table *t, sock_id id, struct sock_buf *buf, u32 flags,
			  struct sock_info *info, ns_t now)
{
	struct sock *sock = sock_find(t, id);

	buf->got = 0;
	if (sock == NULL)
		return SOCK_BAD;
	if ((sock->shut & SOCK_SHUT_READ) != 0)
		return SOCK_OK;
	return sock->kind == SOCK_STREAM_KIND ? stream_recv(t, sock, buf, flags, now)
					      : dgram_recv(t, sock, buf, flags, info);
}

enum sock_error sock_shutdown(struct sock_table *t, sock_id id, enum sock_how how, ns_t now)
{
	struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->kind == SOCK_STREAM_KIND ? sock->state != SOCK_OPEN : sock->peer.addr.raw == 0)
		return SOCK_NOT_CONNECTED;
	if (sock->kind == SOCK_STREAM_KIND && (how & SOCK_SHUT_WRITE) != 0 &&
	    (sock->shut & SOCK_SHUT_WRITE) == 0)
		tcp_shutdown(&t->tcp, sock->under, now);
	sock->shut |= (u8)how;
	t->stirred = true;
	sock_stir(t, sock);
	sock_ops_run(t, sock, now);
	return SOCK_OK;
}

enum sock_error sock_take_error(struct sock_table *t, struct sock *sock)
{
	enum sock_error error = (enum sock_error)sock->error;

	sock->error = SOCK_OK;
	if (error == SOCK_OK && sock->kind != SOCK_STREAM_KIND)
		error = sock_error_of_udp(udp_take_error(&t->udp, sock->under));
	return error;
}

/* ---- readiness ------------------------------------------------------------------------------- */

u8 sock_ready(const struct sock_table *t, sock_id id)
{
	const struct sock *sock = sock_find(t, id);
	u8 ready;

	if (sock == NULL)
		return 0;
	ready = sock->kind == SOCK_STREAM_KIND ? stream_ready(t, sock)
					       : udp_ready(&t->udp, sock->under);
	if (sock->error != SOCK_OK)
		ready |= SOCK_FAILED;
	if ((sock->shut & SOCK_SHUT_READ) != 0)
		ready |= SOCK_READABLE;
	/* To write ends at once, with an error: that is no waiting either. */
	if ((sock->shut & SOCK_SHUT_WRITE) != 0)
		ready |= SOCK_WRITABLE;
	return ready;
}

void sock_stir(struct sock_table *t, struct sock *sock)
{
	struct sock_list *list = &t->ready[sock->owner];
	u32 idx = sock_idx(t, sock);

	if (sock->watch == 0 || sock->ready_next != SOCK_UNLISTED)
		return;
	sock->ready_next = IDX_NONE;
	if (list->last == IDX_NONE)
		list->first = idx;
	else
		sock_at(t, list->last)->ready_next = idx;
	list->last = idx;
}

static struct sock *ready_pop(struct sock_table *t, struct sock_list *list)
{
	struct sock *sock = sock_at(t, list->first);

	list->first = sock->ready_next;
	if (list->first == IDX_NONE)
		list->last = IDX_NONE;
	sock->ready_next = SOCK_UNLISTED;
	return sock;
}

void sock_unlist(struct sock_table *t, struct sock *sock)
{
	struct sock_list *list = &t->ready[sock->owner];
	u32 idx = sock_idx(t, sock), before = IDX_NONE;

	if (sock->ready_next == SOCK_UNLISTED)
		return;
	for (u32 at = list->first; at != idx; at = sock_at(t, at)->ready_next)
		before = at;
	if (before == IDX_NONE)
		list->first = sock->ready_next;
	else
		sock_at(t, before)->ready_next = sock->ready_next;
	if (list->last == idx)
		list->last = before;
	sock->ready_next = SOCK_UNLISTED;
}

void sock_set_owner(struct sock_table *t, sock_id id, u8 owner)
{
	struct sock *sock = sock_find(t, id);

	CHECK(sock != NULL);
	CHECK(owner < SOCK_OWNERS);
	CHECK(sock->watch == 0);
	sock->owner = owner;
}

enum sock_error sock_watch(struct sock_table *t, sock_id id, u8 bits)
{
	struct sock *sock = sock_find(t, id);

	if (sock == NULL)
		return SOCK_BAD;
	sock->watch = bits;
	if (bits == 0)
		sock_unlist(t, sock);
	else
		sock_stir(t, sock);
	return SOCK_OK;
}

u32 sock_take_ready(struct sock_table *t, u8 owner, struct sock_event *out, u32 max)
{
	struct sock_list *list = &t->ready[owner];
	u32 last = list->last, count = 0;
	bool more = list->first != IDX_NONE;

	CHECK(owner < SOCK_OWNERS);

	/* Who is ready goes to the end of the list, behind all that were on it when this began. */
	while (more && count < max) {
		struct sock *sock = ready_pop(t, list);
		sock_id id = sock_id_of(t, sock);
		u8 ready = sock_ready(t, id) & (sock->watch | SOCK_FAILED);

		more = sock_idx(t, sock) != last && list->first != IDX_NONE;
		if (ready == 0)
			continue;
		out[count++] = (struct sock_event){ id, ready };
		sock_stir(t, sock);
	}
	return count;
}

/* ---- time, and what the stacks say ----------------------------------------------------------- */

void sock_tick(struct sock_table *t, ns_t now)
{
	if (!sock_has_no_tcp(t))
		tcp_tick(&t->tcp, now);
}

ns_t sock_next(const struct sock_table *t)
{
	if (sock_is_off(t))
		return NS_NEVER;
	if (t->stirred || t->udp.outbox_count > 0)
		return 0;
	return sock_has_no_tcp(t) ? NS_NEVER : tcp_next(&t->tcp);
}

void sock_work(struct sock_table *t, ns_t now)
{
	struct tcp_news news;
	u32 owner;

	while (!sock_has_no_tcp(t) && tcp_news(&t->tcp, &news))
		stream_news(t, &news, now);
	stream_look_at_listeners(t, now);
	while (udp_news(&t->udp, &owner)) {
		sock_stir(t, sock_at(t, owner));
		sock_ops_run(t, sock_at(t, owner), now);
	}
}

static void socks_check(const struct sock_table *t)
{
	u64 held = 0, users = 0;
	u32 listed = 0;

	for (u32 idx = 0; idx < t->socks.cap; idx++) {
		const struct sock *sock = sock_at(t, idx);

		if (!slab_is_live(&t->socks, idx))
			continue;
		held += sock->held_port != 0;
		listed += sock->ready_next != SOCK_UNLISTED;
		if (sock->kind != SOCK_STREAM_KIND)
			CHECK(udp_find(&t->udp, sock->under) != NULL &&
			      udp_find(&t->udp, sock->under)->owner == idx);
		CHECK(sock->watch != 0 || sock->ready_next == SOCK_UNLISTED);
	}
	for (u32 owner = 0; owner < SOCK_OWNERS; owner++) {
		for (u32 at = t->ready[owner].first; at != IDX_NONE;
		     at = sock_at(t, at)->ready_next) {
			CHECK(sock_at(t, at)->owner == owner);
			CHECK(listed > 0);
			listed--;
		}
	}
	CHECK(listed == 0);
	for (u32 port = 0; t->ports.users != NULL && port < PORT_USE_KINDS * 65536u; port++)
		users += t->ports.users[port];
	CHECK(users == held);
}

void sock_check(const struct sock_table *t)
{
	if (sock_is_off(t))
		return;
	if (!sock_has_no_tcp(t))
		tcp_check(&t->tcp);
	udp_check(&t->udp);
	port_use_check(&t->ports);
	socks_check(t);
	sock_ops_check(t);
}
