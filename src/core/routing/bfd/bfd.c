/* Sessions of BFD: who has them, their clock, their end. */
#include "core/routing/bfd/bfd_part.h"
#include "core/wire/ip4.h"

enum { DISCR_BITS = 12 };

_Static_assert(BFD_PEERS_MAX <= 1 << DISCR_BITS, "an index fits into a discriminator");

void bfd_layout(struct bfd *b, const struct bfd_conf *conf, struct mem *mem)
{
	slab_layout(&b->peers, mem, "bfd sessions", conf->peer_limit, sizeof(struct bfd_peer));
	map_layout(&b->by_addr, mem, "bfd sessions by neighbour", conf->peer_limit);
	heap_layout(&b->due, mem, "bfd deadlines", conf->peer_limit);
}

void bfd_init(struct bfd *b, const struct bfd_conf *conf, const struct bfd_start *start)
{
	CHECK(bfd_conf_wrong(conf) == NULL);
	b->conf = *conf;
	b->io = start->io;
	b->ifaces = start->ifaces;
	b->log = start->log;
	b->key = start->key;
	b->sock = SOCK_ID_NONE;
	b->news_first = b->news_last = IDX_NONE;
	b->stats = (struct bfd_stats){ 0 };
	rng_init(&b->rng, start->seed);
	slab_init(&b->peers);
	map_init(&b->by_addr);
	heap_init(&b->due);
}

/* ---- sessions -------------------------------------------------------------------------------- */

static const struct bfd_params *params_of(const struct bfd_conf *conf, u16 iface)
{
	for (u32 n = 0; n < conf->iface_count; n++) {
		if (conf->iface[n].iface == iface)
			return &conf->iface[n].params;
	}
	return &conf->params;
}

/* Section 6.8.1: what a session begins with. */
static void peer_init(struct bfd *b, u32 idx, be32 addr, u16 iface, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);

	*s = (struct bfd_peer){
		.addr = addr,
		.iface = iface,
		.params = *params_of(&b->conf, iface),
		.sock = SOCK_ID_NONE,
		.state = BFD_DOWN,
		.remote_state = BFD_DOWN,
		.sequence_out = rng_u32(&b->rng),
		.tx_ns = NS_NEVER,
		.expires_ns = NS_NEVER,
		.gone_ns = NS_NEVER,
		.news_next = BFD_UNLISTED,
		.since_ns = now,
	};
	while (s->mine >> DISCR_BITS == 0)
		s->mine = rng_u32(&b->rng) << DISCR_BITS | idx;
	bfd_forget(s);
	bfd_set_intervals(s);
}

static void peer_del(struct bfd *b, u32 idx, ns_t now)
{
	const struct bfd_peer *s = bfd_at(b, idx);
	u32 *link = &b->news_first, last = IDX_NONE;

	bfd_close(b, idx, now);
	for (u32 n = 0; n < b->peers.cap && s->news_next != BFD_UNLISTED; n++) {
		if (*link == idx) {
			*link = s->news_next;
			if (b->news_last == idx)
				b->news_last = last;
			break;
		}
		last = *link;
		link = &bfd_at(b, *link)->news_next;
	}
	heap_set(&b->due, idx, NS_NEVER);
	map_del(&b->by_addr, bfd_hash(b, s->addr, s->iface), idx);
	slab_del(&b->peers, idx);
}

static bool can_be_peer(be32 addr, u16 iface)
{
	return iface < IFACE_MAX && !ip4_is_zeronet(addr) && !ip4_is_loopback(addr) &&
	       !ip4_is_multicast(addr) && !ip4_is_class_e(addr);
}

static u32 peer_new(struct bfd *b, be32 addr, u16 iface, ns_t now)
{
	u32 idx = can_be_peer(addr, iface) ? slab_new(&b->peers) : IDX_NONE;

	if (idx == IDX_NONE) {
		b->stats.peers_full++;
		return BFD_NONE;
	}
	peer_init(b, idx, addr, iface, now);
	map_add(&b->by_addr, bfd_hash(b, addr, iface), idx);
	bfd_open(b, idx, now);
	return idx;
}

u32 bfd_get(struct bfd *b, be32 addr, u16 iface, enum route_source source, ns_t now)
{
	u32 idx = bfd_find(b, addr, iface);
	struct bfd_peer *s;

	if (idx == IDX_NONE)
		idx = peer_new(b, addr, iface, now);
	if (idx == BFD_NONE)
		return BFD_NONE;
	s = bfd_at(b, idx);
	CHECK(s->users[source] < UINT16_MAX);
	s->users[source]++;
	s->user_count++;
	if (s->state == BFD_ADMIN_DOWN) {
		s->gone_ns = NS_NEVER;
		bfd_event(b, idx, BFD_EV_ENABLE, now);
	}
	return idx;
}

/* Section 6.8.16: the neighbour is told for as long as it would wait for us. */
void bfd_put(struct bfd *b, u32 id, enum route_source source, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, id);
	u64 slow = BFD_SLOW_US * NS_PER_US, interval;

	CHECK(slab_is_live(&b->peers, id));
	CHECK(s->users[source] > 0);
	s->users[source]--;
	s->user_count--;
	if (s->user_count > 0)
		return;
	if (s->yours == 0) {
		peer_del(b, id, now);
		return;
	}
	bfd_event(b, id, BFD_EV_DISABLE, now);
	interval = bfd_interval(s);
	s->gone_ns = now + s->params.multiplier * (interval > slow ? interval : slow);
	bfd_set_due(b, id);
}

bool bfd_is_up(const struct bfd *b, u32 id)
{
	CHECK(slab_is_live(&b->peers, id));
	return bfd_at(b, id)->state == BFD_UP;
}

/* ---- events ---------------------------------------------------------------------------------- */

void bfd_sock(struct bfd *b, sock_id sock, u8 ready, ns_t now)
{
	if (sock == b->sock && (ready & (SOCK_READABLE | SOCK_FAILED)) != 0)
		bfd_in(b, now);
}

static bool has_path(const struct bfd *b, const struct bfd_peer *s)
{
	const struct iface *iface = &b->ifaces->iface[s->iface];
	be32 local;

	return s->iface < b->ifaces->count && iface->up && !iface->gone &&
	       iface_source_for(iface, s->addr, &local) && be32_eq(local, s->local);
}

void bfd_ifaces(struct bfd *b, ns_t now)
{
	for (u32 idx = 0; idx < b->peers.cap; idx++) {
		struct bfd_peer *s = bfd_at(b, idx);

		if (!slab_is_live(&b->peers, idx))
			continue;
		if (s->sock != SOCK_ID_NONE && !has_path(b, s)) {
			bfd_close(b, idx, now);
			bfd_event(b, idx, BFD_EV_PATH_DOWN, now);
			bfd_schedule(b, idx, now);
		}
		bfd_open(b, idx, now);
	}
}

static void peer_due(struct bfd *b, u32 idx, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);

	if (s->gone_ns <= now) {
		peer_del(b, idx, now);
		return;
	}
	if (s->expires_ns <= now) {
		s->expires_ns = NS_NEVER;
		bfd_event(b, idx, BFD_EV_TIMEOUT, now);
		bfd_schedule(b, idx, now);
	}
	if (s->tx_ns > now)
		return;
	if (s->sock == SOCK_ID_NONE) {
		bfd_open(b, idx, now);
		return;
	}
	bfd_send(b, idx, false, now);
	bfd_schedule(b, idx, now);
}

void bfd_tick(struct bfd *b, ns_t now)
{
	for (u32 step = 0; step < BFD_STEP_DUE; step++) {
		u32 idx = heap_due(&b->due, now);

		if (idx == IDX_NONE)
			return;
		peer_due(b, idx, now);
	}
}

ns_t bfd_next(const struct bfd *b)
{
	return heap_next(&b->due);
}

void bfd_configure(struct bfd *b, const struct bfd_conf *conf, ns_t now)
{
	u32 peer_limit = b->conf.peer_limit;

	CHECK(bfd_conf_wrong(conf) == NULL);
	b->conf = *conf;
	b->conf.peer_limit = peer_limit;
	for (u32 idx = 0; idx < b->peers.cap; idx++) {
		struct bfd_peer *s = bfd_at(b, idx);

		if (!slab_is_live(&b->peers, idx))
			continue;
		if (s->params.auth.kind != params_of(conf, s->iface)->auth.kind)
			s->sequence_known = false;
		s->params = *params_of(conf, s->iface);
		bfd_set_intervals(s);
		bfd_schedule(b, idx, now);
	}
}

void bfd_stop(struct bfd *b, ns_t now)
{
	for (u32 idx = 0; idx < b->peers.cap; idx++) {
		if (!slab_is_live(&b->peers, idx))
			continue;
		if (bfd_at(b, idx)->state != BFD_ADMIN_DOWN)
			bfd_event(b, idx, BFD_EV_DISABLE, now);
		peer_del(b, idx, now);
	}
	if (b->sock != SOCK_ID_NONE)
		b->io.close(b->io.ctx, b->sock, now);
	b->sock = SOCK_ID_NONE;
}

/* ---- what always holds ----------------------------------------------------------------------- */

static void check_peer(const struct bfd *b, u32 idx)
{
	const struct bfd_peer *s = bfd_at(b, idx);
	u32 users = 0;

	CHECK(bfd_find(b, s->addr, s->iface) == idx);
	CHECK(s->mine != 0 && (s->mine & ((1u << DISCR_BITS) - 1)) == idx);
	CHECK((u32)s->state < BFD_STATES);
	for (u32 n = 0; n < ROUTE_SOURCES; n++)
		users += s->users[n];
	CHECK(users == s->user_count);
	/* Nobody's are on their way out, and only those. */
	CHECK((s->user_count == 0) == (s->state == BFD_ADMIN_DOWN));
	CHECK((s->user_count == 0) == (s->gone_ns != NS_NEVER));
	/* Slow until it is up; what is up was heard, and fails if it is heard no more. */
	CHECK(s->state == BFD_UP || s->tx_used_us >= BFD_SLOW_US);
	CHECK(s->state != BFD_UP || (s->yours != 0 && s->expires_ns != NS_NEVER));
	CHECK(s->state != BFD_INIT || (s->yours != 0 && s->expires_ns != NS_NEVER));
	CHECK(s->state == BFD_UP || !s->polling);
	CHECK(s->polling || (s->tx_used_us == s->tx_us && s->rx_used_us == s->rx_us));
	CHECK(s->sock != SOCK_ID_NONE || s->state == BFD_DOWN || s->state == BFD_ADMIN_DOWN);
	CHECK(heap_when(&b->due, idx) == u64_min(s->gone_ns, u64_min(s->tx_ns, s->expires_ns)));
}

void bfd_check(const struct bfd *b)
{
	u32 listed = 0, last = IDX_NONE;

	heap_check(&b->due);
	CHECK(b->by_addr.count == b->peers.live);
	for (u32 idx = 0; idx < b->peers.cap; idx++) {
		if (!slab_is_live(&b->peers, idx))
			continue;
		check_peer(b, idx);
		listed += bfd_at(b, idx)->news_next != BFD_UNLISTED;
	}
	for (u32 idx = b->news_first; idx != IDX_NONE; idx = bfd_at(b, idx)->news_next) {
		CHECK(slab_is_live(&b->peers, idx));
		CHECK(listed > 0);
		listed--;
		last = idx;
	}
	CHECK(listed == 0);
	CHECK(last == IDX_NONE || last == b->news_last);
}
