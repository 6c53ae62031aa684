/* What the owner of a listener calls, and the queue of connections that he did not accept yet. */
#include "core/tcp/listen_part.h"
#include "core/tcp/tcp_part.h"

/* ---- the queue ------------------------------------------------------------------------------- */

void listen_queue(struct tcp *tcp, u32 listener, u32 idx)
{
	struct listener *queue = listener_at(tcp, listener);
	struct tcb *tcb = tcb_at(tcp, idx);

	tcb->owner = queue->owner;
	tcb->accept_next = IDX_NONE;
	if (queue->accept_last == IDX_NONE)
		queue->accept_first = idx;
	else
		tcb_at(tcp, queue->accept_last)->accept_next = idx;
	queue->accept_last = idx;
	queue->waiting++;
	/* Only who was accepted is news by himself: this one is, to the listener's owner. */
	tcb_list_add(tcp, &tcp->news, idx, offsetof(struct tcb, in_news));
}

/* The first that waits, taken out; IDX_NONE: nobody does. */
static u32 queue_take(struct tcp *tcp, struct listener *queue)
{
	u32 idx = queue->accept_first;

	if (idx == IDX_NONE)
		return IDX_NONE;
	queue->accept_first = tcb_at(tcp, idx)->accept_next;
	if (queue->accept_first == IDX_NONE)
		queue->accept_last = IDX_NONE;
	queue->waiting--;
	return idx;
}

/* ---- the owner ------------------------------------------------------------------------------- */

static bool is_taken(const struct tcp *tcp, const struct tcp_listen *conf)
{
	const struct map *map = &tcp->listen.by_port;
	u64 hash = listen_hash(tcp, conf->port);

	for (u32 at = map_first(map, hash); at != IDX_NONE; at = map_next(map, at)) {
		const struct listener *other = listener_at(tcp, at);

		if (be16_eq(other->port, conf->port) && be32_eq(other->addr, conf->addr) &&
		    other->any_zone == conf->any_zone &&
		    (conf->any_zone || other->zone == conf->zone))
			return true;
	}
	return false;
}

enum err tcp_listen(struct tcp *tcp, const struct tcp_listen *conf, u64 *id)
{
	struct listen_table *table = &tcp->listen;
	struct listener *listener;
	u32 idx;

	*id = TCP_ID_NONE;
	if (conf->backlog == 0 || conf->port.raw == 0 ||
	    (conf->opt.cc != NULL && cc_find(conf->opt.cc) == NULL))
		return ERR_RANGE;
	if (is_taken(tcp, conf))
		return ERR_EXISTS;
	idx = slab_new(&table->listeners);
	if (idx == IDX_NONE)
		return ERR_FULL;
	listener = listener_at(tcp, idx);
	*listener = (struct listener){
		.addr = conf->addr,
		.port = conf->port,
		.zone = conf->zone,
		.any_zone = conf->any_zone,
		.backlog = conf->backlog,
		.accept_first = IDX_NONE,
		.accept_last = IDX_NONE,
		.owner = conf->owner,
		.gen = ++table->gen_last,
		.ring = conf->ring,
		.opt = conf->opt,
	};
	map_add(&table->by_port, listen_hash(tcp, conf->port), idx);
	*id = (u64)listener->gen << 32 | idx;
	return ERR_OK;
}

/* NULL: the listener of this handle is gone. */
static struct listener *listener_of(const struct tcp *tcp, u64 id)
{
	u32 idx = (u32)id;

	if (!slab_is_live(&tcp->listen.listeners, idx) || listener_at(tcp, idx)->gen != id >> 32)
		return NULL;
	return listener_at(tcp, idx);
}

enum err tcp_listen_set_opt(struct tcp *tcp, u64 id, const struct tcp_sockopt *opt)
{
	struct listener *listener = listener_of(tcp, id);

	if (listener == NULL)
		return ERR_NOT_FOUND;
	if (opt->cc != NULL && cc_find(opt->cc) == NULL)
		return ERR_RANGE;
	listener->opt = *opt;
	return ERR_OK;
}

u64 tcp_accept(struct tcp *tcp, u64 id, u32 owner)
{
	struct listener *listener = listener_of(tcp, id);
	u32 idx = listener == NULL ? IDX_NONE : queue_take(tcp, listener);

	if (idx == IDX_NONE)
		return TCP_ID_NONE;
	tcb_at(tcp, idx)->owner = owner;
	tcb_at(tcp, idx)->flags |= TCB_ACCEPTED;
	return tcp_id_at(tcp, idx);
}

void tcp_unlisten(struct tcp *tcp, u64 id, ns_t now)
{
	struct listener *listener = listener_of(tcp, id);
	u32 idx;

	if (listener == NULL)
		return;
	listen_drop(tcp, (u32)id);
	for (idx = queue_take(tcp, listener); idx != IDX_NONE; idx = queue_take(tcp, listener))
		tcp_abort(tcp, tcp_id_at(tcp, idx), now);
	map_del(&tcp->listen.by_port, listen_hash(tcp, listener->port), (u32)id);
	slab_del(&tcp->listen.listeners, (u32)id);
}
