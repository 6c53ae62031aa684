/* The speaker as a whole: its memory, its round, its end. */
#include "core/routing/bgp/bgp_part.h"

void bgp_layout(struct bgp *bgp, const struct bgp_conf *conf, struct mem *mem)
{
	u64 planes = (u64)conf->peer_limit * conf->paths_out_limit;
	u32 lines = conf->peer_limit * BGP_LINES;
	u8 *in, *out;

	memset(bgp, 0, sizeof *bgp);
	bgp->conf = *conf;
	bgp->announced_words = (conf->net_limit + 63u) / 64;
	bgp->peer = mem_take(mem, "BGP peers", conf->peer_limit, sizeof *bgp->peer);
	in = mem_take(mem, "BGP input", lines, BGP_IN_SIZE);
	out = mem_take(mem, "BGP output", lines, BGP_OUT_SIZE);
	bgp->announced = mem_take(mem, "BGP routes told", planes,
				  bgp->announced_words * sizeof *bgp->announced);
	bgp->group = mem_take(mem, "BGP UPDATEs being filled", BGP_GROUPS, sizeof *bgp->group);
	bgp_attr_store_layout(&bgp->store, conf->attr_limit, conf->cell_limit, mem);
	map_layout(&bgp->by_sock, mem, "BGP lines by socket", lines);
	heap_layout(&bgp->timers, mem, "BGP timers", conf->peer_limit * BGP_TIMERS);
	if (bgp->peer == NULL || in == NULL || out == NULL || bgp->announced == NULL)
		return;
	for (u32 at = 0; at < conf->peer_limit; at++) {
		struct bgp_peer *peer = &bgp->peer[at];

		peer->announced = bgp->announced +
				  at * conf->paths_out_limit * bgp->announced_words;
		for (u64 line = 0; line < BGP_LINES; line++) {
			peer->line[line].in = in + (at * BGP_LINES + line) * BGP_IN_SIZE;
			peer->line[line].out = out + (at * BGP_LINES + line) * BGP_OUT_SIZE;
		}
	}
}

void bgp_init(struct bgp *bgp, const struct bgp_env *env, ns_t now)
{
	const struct rib_chooser chooser = {
		.ctx = bgp,
		.choose = bgp_choose,
		.why = bgp_why,
		.why_hidden = bgp_why_hidden,
		.release = bgp_release,
	};

	/* A bit for each net of the RIB. */
	CHECK(env->rib->conf.net_limit <= bgp->conf.net_limit);
	bgp->env = *env;
	bgp->now = now;
	bgp->listener = SOCK_ID_NONE;
	bgp->stopped = false;
	if (!bgp->begun) {
		bgp_attr_store_init(&bgp->store, &bgp->conf.key);
		map_init(&bgp->by_sock);
		heap_init(&bgp->timers);
	}
	bgp->begun = true;
	rng_init(&bgp->rng, env->seed);
	rib_set_chooser(env->rib, ROUTE_BGP, &chooser);
	bgp_listen(bgp);
	for (u32 at = 0; at < bgp->conf.peer_count; at++) {
		bgp_peer_init(bgp, &bgp->peer[at], &bgp->conf.peer[at]);
		bgp_listen_sign(bgp, &bgp->peer[at]);
		bgp_peer_start(bgp, &bgp->peer[at]);
	}
}

struct bgp_peer *bgp_peer_find(const struct bgp *bgp, be32 addr)
{
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		if (bgp->peer[at].used && be32_eq(bgp->peer[at].conf.addr, addr))
			return &bgp->peer[at];
	}
	return NULL;
}

/* ---- the round ------------------------------------------------------------------------------- */

void bgp_tick(struct bgp *bgp, ns_t now)
{
	bgp->now = now;
	bgp->busy = false;
	bgp_run_timers(bgp);
	bgp_listen(bgp);
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		struct bgp_peer *peer = &bgp->peer[at];

		if (!peer->used)
			continue;
		/* What is offered again is not stale: policies wait until it is known what is. */
		if (peer->reimport && !peer->stale && peer->client != RIB_CLIENT_NONE)
			bgp->busy |= rib_is_behind(bgp->env.rib) || bgp_reimport(bgp, peer);
		if (bgp_is_up(peer))
			bgp->busy |= bgp_announce(bgp, peer);
	}
}

ns_t bgp_next(const struct bgp *bgp)
{
	ns_t next = heap_next(&bgp->timers);

	if (bgp->busy)
		return bgp->now;
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		const struct bgp_peer *peer = &bgp->peer[at];

		if (peer->used && bgp_is_up(peer) && peer->quiet_until_ns > bgp->now)
			next = u64_min(next, peer->quiet_until_ns);
	}
	return next;
}

/* A peer on a network of ours can not be there when the interface is down: nobody waits for its
 * hold timer. Addresses may have changed, too, and who shares a network with whom.               */
void bgp_ifaces(struct bgp *bgp, ns_t now)
{
	bgp->now = now;
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		struct bgp_peer *peer = &bgp->peer[at];
		u16 before = peer->iface;

		if (!peer->used || !bgp_is_up(peer))
			continue;
		bgp_peer_find_iface(bgp, peer);
		if (peer->iface == before)
			continue;
		if (peer->iface == IFACE_NONE && !peer->internal && peer->conf.multihop == 0)
			(void)bgp_peer_lost(bgp, peer->conf.addr, "its interface is down", now);
		else
			rib_reader_rewind(bgp->env.rib, peer->reader);
		bgp->busy = true;
	}
}

/* ---- what an administrator may do ------------------------------------------------------------ */

enum err bgp_peer_lost(struct bgp *bgp, be32 addr, const char *text, ns_t now)
{
	struct bgp_peer *peer = bgp_peer_find(bgp, addr);
	struct text reason;

	bgp->now = now;
	if (peer == NULL || !bgp_is_up(peer))
		return ERR_NOT_FOUND;
	text_init(&reason, peer->down_text, sizeof peer->down_text);
	text_str(&reason, text);
	bgp_line_event(bgp, peer, peer->live, BGP_EVENT_TCP_FAILS);
	return ERR_OK;
}

enum err bgp_peer_reset(struct bgp *bgp, be32 addr, const char *text, ns_t now)
{
	struct bgp_peer *peer = bgp_peer_find(bgp, addr);

	bgp->now = now;
	if (peer == NULL)
		return ERR_NOT_FOUND;
	bgp_peer_cease(bgp, peer, BGP_CEASE_RESET, text);
	if (peer->held == BGP_HELD_PREFIXES) {
		bgp_timer_set(bgp, peer, BGP_TIMER_PREFIXES, NS_NEVER);
		peer->held = BGP_HELD_NOT;
	}
	bgp_peer_start(bgp, peer);
	return ERR_OK;
}

void bgp_stop(struct bgp *bgp, const char *text, ns_t now)
{
	bgp->now = now;
	bgp->stopped = true;
	bgp_unlisten(bgp);
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		struct bgp_peer *peer = &bgp->peer[at];

		if (!peer->used)
			continue;
		peer->held = BGP_HELD_STOPPED;
		bgp_peer_cease(bgp, peer, BGP_CEASE_SHUTDOWN, text);
		bgp_peer_fini(bgp, peer);
	}
	bgp->busy = false;
}

/* ---- what always holds ----------------------------------------------------------------------- */

static u32 bits_of(const struct bgp *bgp, const struct bgp_peer *peer)
{
	u64 words = bgp->announced_words * bgp->conf.paths_out_limit;
	u32 count = 0;

	for (u64 at = 0; at < words; at++)
		count += u64_count_bits(peer->announced[at]);
	return count;
}

static void line_check(const struct bgp_peer *peer, const struct bgp_line *line)
{
	CHECK(line->state < BGP_STATES);
	CHECK(line->in_len <= BGP_IN_SIZE);
	CHECK(line->out_first + line->out_len <= BGP_OUT_SIZE);
	CHECK((line->sock != SOCK_ID_NONE) ==
	      (line->state == BGP_CONNECT || line->state >= BGP_OPEN_SENT));
	CHECK(line->state != BGP_ESTABLISHED || line == &peer->line[peer->live]);
	CHECK(line->state < BGP_OPEN_CONFIRM || line->has_open);
}

static void peer_check(const struct bgp *bgp, const struct bgp_peer *peer)
{
	CHECK(peer->live == BGP_LINE_NONE || peer->line[peer->live].state == BGP_ESTABLISHED);
	CHECK(bgp_is_up(peer) == (peer->reader != RIB_READER_NONE));
	CHECK(!bgp_is_up(peer) || peer->client != RIB_CLIENT_NONE);
	CHECK(!peer->stale || peer->client != RIB_CLIENT_NONE);
	CHECK(!bgp_is_up(peer) || peer->announced_count == bits_of(bgp, peer));
	if (peer->client != RIB_CLIENT_NONE)
		CHECK(bgp->peer_of_client[peer->client] == bgp_peer_index(bgp, peer));
	for (u32 at = 0; at < BGP_LINES; at++)
		line_check(peer, &peer->line[at]);
}

void bgp_check(const struct bgp *bgp)
{
	u64 refs = 0, paths = 0;
	u32 lines = 0;

	bgp_attr_store_check(&bgp->store);
	heap_check(&bgp->timers);
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		const struct bgp_peer *peer = &bgp->peer[at];

		if (!peer->used)
			continue;
		peer_check(bgp, peer);
		for (u32 line = 0; line < BGP_LINES; line++)
			lines += peer->line[line].sock != SOCK_ID_NONE;
	}
	CHECK(lines == bgp->by_sock.count);
	/* Each path has two sets, or one twice; nobody else keeps any between two calls. */
	for (u32 at = 0; at < bgp->store.attrs.cap; at++) {
		if (slab_is_live(&bgp->store.attrs, at))
			refs += bgp_attr_at(&bgp->store, at)->refs;
	}
	for (u32 client = 0; client < RIB_CLIENT_MAX; client++)
		paths += bgp->paths_of_client[client];
	CHECK(refs == 2 * paths);
}
