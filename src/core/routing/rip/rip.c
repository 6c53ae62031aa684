/* RIP as a whole: its beginning, its clock, its end. */
#include "core/routing/rip/rip_part.h"

void rip_layout(struct rip *rip, const struct rip_conf *conf, struct mem *mem)
{
	slab_layout(&rip->nets, mem, "rip nets", conf->net_limit, sizeof(struct rip_net));
	map_layout(&rip->by_prefix, mem, "rip nets by prefix", conf->net_limit);
	heap_layout(&rip->due, mem, "rip deadlines", conf->net_limit);
	slab_layout(&rip->neighs, mem, "rip neighbours", conf->neighbour_limit,
		    sizeof(struct rip_neigh));
	map_layout(&rip->by_addr, mem, "rip neighbours by address", conf->neighbour_limit);
}

void rip_say(struct rip *rip, enum speaker_event_kind kind, u16 iface, be32 addr, const char *text,
	     ns_t now)
{
	struct speaker_event event = {
		.at_ns = now,
		.kind = kind,
		.source = ROUTE_RIP,
		.iface = iface,
	};
	u32 len = 0;

	if (addr.raw != 0)
		event.neighbour = ip_addr4(addr);
	while (len + 1 < SPEAKER_TEXT_SIZE && text[len] != '\0') {
		event.text[len] = text[len];
		len++;
	}
	speaker_log_add(rip->log, &event);
}

static void take_ifaces(struct rip *rip, const struct rip_conf *conf)
{
	for (u32 n = 0; n < conf->iface_count; n++) {
		struct rip_iface *iface = &rip->iface[conf->iface[n].iface];

		iface->used = true;
		iface->conf = conf->iface[n];
	}
}

enum err rip_init(struct rip *rip, const struct rip_conf *conf, const struct rip_start *start,
		  ns_t now)
{
	CHECK(rip_conf_wrong(conf) == NULL);
	rip->conf = *conf;
	rip->io = start->io;
	rip->rib = start->rib;
	rip->ifaces = start->ifaces;
	rip->log = start->log;
	rip->key = start->key;
	rip->start_ns = now;
	rip->version = 0;
	rip->changes_wait = true;
	rip->neighs_ns = NS_NEVER;
	rip->stats = (struct rip_stats){ 0 };
	rng_init(&rip->rng, start->seed);
	slab_init(&rip->nets);
	slab_init(&rip->neighs);
	map_init(&rip->by_prefix);
	map_init(&rip->by_addr);
	heap_init(&rip->due);
	memset(rip->iface, 0, sizeof rip->iface);
	for (u32 n = 0; n < IFACE_MAX; n++) {
		rip->iface[n].sock = SOCK_ID_NONE;
		rip->iface[n].retry_ns = NS_NEVER;
	}
	rip->client = rib_client_new(rip->rib, ROUTE_RIP);
	if (rip->client == RIB_CLIENT_NONE)
		return ERR_FULL;
	rip->reader = rib_reader_new(rip->rib);
	if (rip->reader == RIB_READER_NONE) {
		rib_client_del(rip->rib, rip->client);
		rip->client = RIB_CLIENT_NONE;
		return ERR_FULL;
	}
	take_ifaces(rip, conf);
	rip_iface_follow(rip, now);
	return ERR_OK;
}

void rip_stop(struct rip *rip, ns_t now)
{
	if (rip->client == RIB_CLIENT_NONE)
		return;
	for (u16 iface = 0; iface < IFACE_MAX; iface++) {
		rip_iface_leave(rip, iface, now);
		rip->iface[iface].used = false;
	}
	rib_reader_del(rip->rib, rip->reader);
	rib_client_del(rip->rib, rip->client);
	rip->client = RIB_CLIENT_NONE;
}

/* ---- another configuration ------------------------------------------------------------------- */

static bool same_talks(const struct rip_iface_conf *a, const struct rip_iface_conf *b)
{
	return a->passive == b->passive && a->multicast == b->multicast &&
	       a->peer_count == b->peer_count &&
	       memcmp(a->peer, b->peer, a->peer_count * sizeof a->peer[0]) == 0;
}

static void leave_missing(struct rip *rip, const struct rip_conf *conf, ns_t now)
{
	for (u16 at = 0; at < IFACE_MAX; at++) {
		bool stays = false;

		for (u32 n = 0; n < conf->iface_count; n++)
			stays |= conf->iface[n].iface == at;
		if (stays)
			continue;
		rip_iface_leave(rip, at, now);
		rip->iface[at].used = false;
	}
}

void rip_configure(struct rip *rip, const struct rip_conf *conf, ns_t now)
{
	u32 net_limit = rip->conf.net_limit, neighbour_limit = rip->conf.neighbour_limit;
	u32 sequence_base = rip->conf.sequence_base;
	bool new_import = conf->import != rip->conf.import || conf->policy != rip->conf.policy;
	bool other_drain = conf->drained != rip->conf.drained;

	CHECK(rip_conf_wrong(conf) == NULL);
	leave_missing(rip, conf, now);
	for (u32 n = 0; n < conf->iface_count; n++) {
		struct rip_iface *iface = &rip->iface[conf->iface[n].iface];
		bool restart = iface->active && !same_talks(&iface->conf, &conf->iface[n]);

		iface->conf = conf->iface[n];
		iface->used = true;
		if (restart)
			rip_talk_start(rip, iface, now);
		if (iface->active && (restart || new_import))
			rip_ask(rip, iface, now);
	}
	rip->conf = *conf;
	rip->conf.net_limit = net_limit;
	rip->conf.neighbour_limit = neighbour_limit;
	rip->conf.sequence_base = sequence_base;
	/* The export policy is asked anew for everything that there is. */
	rib_reader_rewind(rip->rib, rip->reader);
	rip->changes_wait = true;
	rip_iface_follow(rip, now);
	if (other_drain)
		rip_net_tell_again(rip);
}

/* ---- events ---------------------------------------------------------------------------------- */

void rip_sock(struct rip *rip, sock_id sock, u8 ready, ns_t now)
{
	if ((ready & (SOCK_READABLE | SOCK_FAILED)) == 0 || sock == SOCK_ID_NONE)
		return;
	for (u16 iface = 0; iface < IFACE_MAX; iface++) {
		if (rip->iface[iface].active && rip->iface[iface].sock == sock) {
			rip_in(rip, iface, now);
			return;
		}
	}
}

void rip_ifaces(struct rip *rip, ns_t now)
{
	rip_iface_follow(rip, now);
}

static void retry(struct rip *rip, ns_t now)
{
	for (u32 n = 0; n < IFACE_MAX; n++) {
		if (rip->iface[n].retry_ns <= now) {
			rip_iface_follow(rip, now);
			return;
		}
	}
}

static void read_changes(struct rip *rip, ns_t now)
{
	struct rib_change change;

	rip->changes_wait = true;
	for (u32 n = 0; n < RIP_STEP_CHANGES; n++) {
		if (!rib_read(rip->rib, rip->reader, &change)) {
			rip->changes_wait = false;
			return;
		}
		rip_net_chosen(rip, &change, now);
	}
}

void rip_tick(struct rip *rip, ns_t now)
{
	if (rip->client == RIB_CLIENT_NONE)
		return;
	retry(rip, now);
	read_changes(rip, now);
	(void)rip_net_due(rip, now);
	rip_neigh_tick(rip, now);
	for (u32 n = 0; n < IFACE_MAX; n++)
		rip_talk_tick(rip, &rip->iface[n], now);
}

ns_t rip_next(const struct rip *rip)
{
	ns_t next = u64_min(heap_next(&rip->due), rip->neighs_ns);

	if (rip->client == RIB_CLIENT_NONE)
		return NS_NEVER;
	if (rip->changes_wait)
		return 0;
	for (u32 n = 0; n < IFACE_MAX; n++) {
		next = u64_min(next, rip->iface[n].retry_ns);
		next = u64_min(next, rip_talk_next(rip, &rip->iface[n]));
	}
	return next;
}

/* ---- what always holds ----------------------------------------------------------------------- */

static void check_net(const struct rip *rip, u32 idx)
{
	const struct rip_net *net = rip_net_at(rip, idx);
	struct ip_prefix prefix = ip_prefix4(net->addr, net->len);
	bool reachable = rip_net_metric(net) < RIP_INFINITY;
	ns_t due = net->garbage_ns;
	struct rib_path path;

	CHECK(rip_net_find(rip, net->addr, net->len) == idx);
	CHECK(be32_eq(prefix.addr.word[0], net->addr));
	CHECK(net->hop_count <= RIP_HOPS_MAX);
	CHECK((net->hop_count == 0) == (net->metric == RIP_INFINITY));
	CHECK(net->version <= rip->version);
	CHECK(!reachable || net->version != 0);
	/* Unreachable and told so: as long as its time is not over, and no longer. */
	CHECK((net->garbage_ns == NS_NEVER) == (reachable || net->version == 0));
	CHECK(net->version != 0 || net->hop_count > 0);
	CHECK(net->link_metric == 0 || rip->iface[net->link_iface].active);
	for (u32 n = 0; n < net->hop_count; n++) {
		CHECK(rip->iface[net->hop[n].iface].active);
		due = u64_min(due, net->hop[n].until_ns);
	}
	CHECK(heap_when(&rip->due, idx) == due);
	CHECK(rib_find(rip->rib, &prefix, rip->client, 0, &path) == (net->hop_count > 0));
	CHECK(net->hop_count == 0 || path.metric == net->metric);
}

static void check_talk(const struct rip *rip, const struct rip_talk *talk)
{
	CHECK(talk->told <= rip->version);
	CHECK(!talk->walking || talk->upto <= rip->version);
	CHECK(talk->kind != RIP_TALK_ANSWER || talk->walking);
	CHECK(talk->kind != RIP_TALK_NONE || !talk->walking);
}

void rip_check(const struct rip *rip)
{
	u32 nets = 0;

	heap_check(&rip->due);
	CHECK(rip->by_addr.count == rip->neighs.live);
	for (u32 n = 0; n < IFACE_MAX; n++) {
		const struct rip_iface *iface = &rip->iface[n];

		CHECK(iface->used || !iface->active);
		CHECK(iface->active == (iface->sock != SOCK_ID_NONE));
		for (u32 k = 0; k < RIP_TALKS_MAX && iface->active; k++)
			check_talk(rip, &iface->talk[k]);
	}
	if (rip->client == RIB_CLIENT_NONE)
		return;
	for (u32 idx = 0; idx < rip->nets.cap && nets < rip->nets.live; idx++) {
		if (!slab_is_live(&rip->nets, idx))
			continue;
		nets++;
		check_net(rip, idx);
	}
	CHECK(nets == rip->by_prefix.count);
}
