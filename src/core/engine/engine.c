/* The engine: it owns the tables, wires them, and passes time and packets on. */
#include "core/engine/engine.h"

struct pkt_pool *sluice_pool(struct sluice *s)
{
	return &s->pool;
}

ns_t engine_now(struct sluice *s, ns_t now)
{
	if (now > s->now)
		s->now = now;
	s->ct.news.now = s->now;
	return s->now;
}

/* What came in becomes readiness and completions, and what is to leave leaves. */
static NOINLINE void socks_serve(struct sluice *s)
{
	sock_work(&s->socks, s->now);
	path_send_socks(&s->path, s->now);
	/* What was for ourselves, or could not leave, is heard of now. */
	sock_work(&s->socks, s->now);
}

static inline void splice_serve(struct sluice *s)
{
	if (UNLIKELY(!splice_is_off(&s->splice)))
		path_serve_splice(&s->path, s->now);
}

/* Routes and their speakers, and what they have to send. */
static NOINLINE void routing_serve(struct sluice *s)
{
	routing_work(s, s->now);
	if (!sock_is_off(&s->socks))
		socks_serve(s);
}

void sluice_input(struct sluice *s, struct batch *rx, ns_t now)
{
	path_update_gen(&s->path);
	path_receive(&s->path, rx, engine_now(s, now));
	if (UNLIKELY(!sock_is_off(&s->socks)))
		socks_serve(s);
	if (UNLIKELY(s->routing != NULL))
		routing_serve(s);
	splice_serve(s);
}

void sluice_tick(struct sluice *s, ns_t now)
{
	now = engine_now(s, now);
	path_update_gen(&s->path);
	s->ticked_ns = now;
	path_tick(&s->path, now);
	filter_tick(&s->filter, now);
	if (!sock_is_off(&s->socks)) {
		sock_tick(&s->socks, now);
		socks_serve(s);
	}
	if (s->routing != NULL)
		routing_serve(s);
	if (!splice_is_off(&s->splice))
		splice_tick(&s->splice, now);
	splice_serve(s);
	engine_events_tick(s, now);
}

ns_t sluice_next(const struct sluice *s)
{
	ns_t next = ct_next(&s->ct, s->ticked_ns);

	next = u64_min(next, nat_next(&s->nat, s->now));
	next = u64_min(next, reass_next(&s->reass));
	next = u64_min(next, neigh_next(&s->neigh));
	next = u64_min(next, filter_next(&s->filter));
	next = u64_min(next, sock_next(&s->socks));
	next = u64_min(next, splice_next(&s->splice));
	next = u64_min(next, routing_next(s));
	return u64_min(next, engine_events_next(s));
}

bool sluice_output(struct sluice *s, struct batch *tx)
{
	return path_pop(&s->path, tx);
}

void sluice_count_unsent(struct sluice *s, const struct pkt *pkt)
{
	struct iface_stats *stats = &s->ifaces.iface[pkt->out_if].stats;

	/* It was counted when it was queued. */
	stats->tx_packets--;
	stats->tx_bytes -= pkt->len;
	s->drops.count[DROP_TX_FULL]++;
}

void sluice_set_link(struct sluice *s, u16 index, bool up)
{
	struct iface *iface = &s->ifaces.iface[index];

	CHECK(index < s->ifaces.count);
	if (iface->up == up)
		return;
	iface->up = up;
	iface->link_stats.downs += !up;
	neigh_iface_changed(&s->neigh, index);
	neigh_forget(&s->neigh, index, s->now);
	if (up)
		neigh_announce_again(&s->neigh, index, s->now);
	s->path.conf_gen++;
	if (s->routing != NULL)
		routing_ifaces(s);
	engine_iface_event(s, index, up ? "up" : "down");
}

void sluice_set_gone(struct sluice *s, u16 index, bool gone)
{
	struct iface *iface = &s->ifaces.iface[index];

	CHECK(index < s->ifaces.count);
	if (iface->gone == gone)
		return;
	if (gone)
		sluice_set_link(s, index, false);
	else
		neigh_announce(&s->neigh, index, s->now);
	iface->gone = gone;
	iface->link_stats.goes += gone;
	iface->link_stats.takes += !gone;
	engine_iface_event(s, index, gone ? "gone" : "retaken");
}

void sluice_set_losses(struct sluice *s, u16 iface, const struct iface_losses *losses)
{
	CHECK(iface < s->ifaces.count);
	s->ifaces.iface[iface].losses = *losses;
}

bool sluice_is_settled(const struct sluice *s)
{
	return neigh_is_settled(&s->neigh);
}

void sluice_check(const struct sluice *s)
{
	for (u32 zone = 0; zone < s->path.zone_count; zone++)
		fib_check(&s->fib[zone]);
	sluice_check_traffic(s);
}

void sluice_check_traffic(const struct sluice *s)
{
	pkt_pool_check(&s->pool);
	neigh_check(&s->neigh);
	reass_check(&s->reass);
	ct_check(&s->ct);
	subscriber_check(&s->subscribers, &s->ct);
	nat_check(&s->nat, &s->ct);
	filter_check(&s->filter);
	sock_check(&s->socks);
	if (s->routing != NULL)
		routing_check(s->routing);
	splice_check(&s->splice);
	CHECK(ct_ended_next(&s->ct) == IDX_NONE);
	CHECK(s->ct.live == s->ct.confirmed);
}

u32 sluice_flow_count(const struct sluice *s)
{
	return s->ct.confirmed;
}

const struct iface_table *sluice_ifaces(const struct sluice *s)
{
	return &s->ifaces;
}

u16 sluice_host_if(const struct sluice *s)
{
	return s->path.host_if;
}

const struct mem *sluice_mem(const struct sluice *s)
{
	return &s->mem;
}
