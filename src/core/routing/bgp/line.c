/* The sockets of lines: calling, being called, and bytes out. */
#include "core/routing/bgp/bgp_part.h"

enum {
	BACKLOG = 16,
	TTL_MAX = 255,
	TOS_CONTROL = 0xc0,      /* RFC 4271 appendix E: internetwork control */
	SEND_HOLD_LEAST_S = 480, /* RFC 9687 section 5 */
	WATCH = SOCK_READABLE | SOCK_PEER_DONE | SOCK_FAILED,
};

static u64 sock_hash(const struct bgp *bgp, sock_id sock)
{
	return hash_words(&bgp->conf.key, sock, 0);
}

static u32 line_index(const struct bgp *bgp, const struct bgp_peer *peer, u8 at)
{
	return bgp_peer_index(bgp, peer) * BGP_LINES + at;
}

static void set_number(struct bgp *bgp, sock_id sock, enum sock_option option, u64 number)
{
	struct sock_value value = { .number = number };

	/* What a socket does not know it does without; what is at stake is looked at by the peer.
	 */
	(void)bgp->env.io.set(bgp->env.io.ctx, sock, option, &value, bgp->now);
}

/* RFC 4271 section 5.1.3 and RFC 5082: how far a peer may be away. */
static void set_options(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock)
{
	set_number(bgp, sock, SOCK_OPT_TOS, TOS_CONTROL);
	set_number(bgp, sock, SOCK_OPT_NODELAY, 1);
	if (peer->conf.gtsm_hops > 0) {
		set_number(bgp, sock, SOCK_OPT_TTL, TTL_MAX);
		set_number(bgp, sock, SOCK_OPT_MINTTL, (u64)TTL_MAX + 1 - peer->conf.gtsm_hops);
	} else if (!peer->internal) {
		set_number(bgp, sock, SOCK_OPT_TTL, u32_max(peer->conf.multihop, 1));
	}
}

static void line_watch(struct bgp *bgp, struct bgp_line *line, u8 bits)
{
	if (line->watch == bits)
		return;
	line->watch = bits;
	(void)bgp->env.io.watch(bgp->env.io.ctx, line->sock, bits);
}

void bgp_line_take(struct bgp *bgp, struct bgp_peer *peer, u8 at, sock_id sock)
{
	struct bgp_line *line = &peer->line[at];

	CHECK(line->sock == SOCK_ID_NONE);
	line->sock = sock;
	line->watch = 0;
	line->has_open = false;
	line->in_len = line->out_first = line->out_len = 0;
	map_add(&bgp->by_sock, sock_hash(bgp, sock), line_index(bgp, peer, at));
}

void bgp_line_close(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];

	if (line->sock == SOCK_ID_NONE)
		return;
	map_del(&bgp->by_sock, sock_hash(bgp, line->sock), line_index(bgp, peer, at));
	bgp->env.io.close(bgp->env.io.ctx, line->sock, bgp->now);
	line->sock = SOCK_ID_NONE;
	line->has_open = false;
	line->in_len = line->out_first = line->out_len = 0;
}

void bgp_line_reset_on_close(struct bgp *bgp, const struct bgp_line *line)
{
	if (line->sock != SOCK_ID_NONE)
		set_number(bgp, line->sock, SOCK_OPT_LINGER, 0);
}

static bool open_stream(struct bgp *bgp, sock_id *sock)
{
	return bgp->env.io.open(bgp->env.io.ctx, SOCK_STREAM_KIND, 0, sock) == SOCK_OK;
}

bool bgp_line_call(struct bgp *bgp, struct bgp_peer *peer)
{
	const struct speaker_io *io = &bgp->env.io;
	struct sock_addr local = { .addr = peer->conf.local_addr };
	struct sock_addr remote = { peer->conf.addr, be16_of(peer->conf.port) };
	enum sock_error error = SOCK_OK;
	sock_id sock;

	if (!open_stream(bgp, &sock))
		return false;
	bgp_line_take(bgp, peer, BGP_LINE_OUT, sock);
	set_options(bgp, peer, sock);
	if (!bgp_line_sign(bgp, peer, sock))
		return false;
	if (local.addr.raw != 0)
		error = io->bind(io->ctx, sock, &local);
	if (error == SOCK_OK)
		error = io->connect(io->ctx, sock, &remote, bgp->now);
	if (error != SOCK_OK && error != SOCK_IN_PROGRESS)
		return false;
	line_watch(bgp, &peer->line[BGP_LINE_OUT], SOCK_CONNECTED | SOCK_FAILED);
	return true;
}

/* ---- bytes out ------------------------------------------------------------------------------- */

u8 *bgp_line_room(struct bgp_line *line, u32 len)
{
	if (line->sock == SOCK_ID_NONE || bgp_line_free(line) < len)
		return NULL;
	if (line->out_first + line->out_len + len > BGP_OUT_SIZE) {
		memmove(line->out, line->out + line->out_first, line->out_len);
		line->out_first = 0;
	}
	return line->out + line->out_first + line->out_len;
}

void bgp_line_wrote(struct bgp_line *line, u32 len)
{
	line->out_len += len;
	CHECK(line->out_first + line->out_len <= BGP_OUT_SIZE);
}

/* RFC 9687: a peer that takes nothing for so long is none. */
static void send_hold_set(struct bgp *bgp, struct bgp_peer *peer, u8 at, bool waits)
{
	const struct bgp_line *line = &peer->line[at];
	ns_t limit = u32_max(SEND_HOLD_LEAST_S, 2u * peer->conf.hold_s) * NS_PER_SEC;

	waits = waits && line->state == BGP_ESTABLISHED;
	bgp_timer_set(bgp, peer, (u32)at * BGP_LINE_TIMERS + BGP_TIMER_SEND_HOLD,
		      waits ? bgp->now + limit : NS_NEVER);
}

void bgp_line_flush(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	const struct speaker_io *io = &bgp->env.io;
	struct bgp_line *line = &peer->line[at];
	bool waited = (line->watch & SOCK_WRITABLE) != 0;
	u32 sent = 0;

	while (line->sock != SOCK_ID_NONE && line->out_len > 0) {
		struct sock_out out = { line->out + line->out_first, line->out_len, 0, 0 };

		/* What went wrong is told by the socket's readiness. */
		if (io->send(io->ctx, line->sock, &out, bgp->now) != SOCK_OK || out.sent == 0)
			break;
		CHECK(out.sent <= line->out_len);
		line->out_first += out.sent;
		line->out_len -= out.sent;
		sent += out.sent;
	}
	if (line->out_len == 0)
		line->out_first = 0;
	if (line->sock == SOCK_ID_NONE)
		return;
	line_watch(bgp, line, line->out_len > 0 ? WATCH | SOCK_WRITABLE : WATCH);
	if (line->out_len == 0 ? waited : sent > 0 || !waited)
		send_hold_set(bgp, peer, at, line->out_len > 0);
}

/* ---- being called ---------------------------------------------------------------------------- */

void bgp_listen(struct bgp *bgp)
{
	const struct speaker_io *io = &bgp->env.io;
	struct sock_addr any = { .port = be16_of(bgp->conf.port) };

	if (bgp->stopped || bgp->listener != SOCK_ID_NONE || bgp->conf.port == 0 ||
	    !open_stream(bgp, &bgp->listener))
		return;
	if (io->bind(io->ctx, bgp->listener, &any) == SOCK_OK &&
	    io->listen(io->ctx, bgp->listener, BACKLOG) == SOCK_OK &&
	    io->watch(io->ctx, bgp->listener, SOCK_READABLE) == SOCK_OK) {
		bgp_listen_sign_all(bgp);
		return;
	}
	bgp_unlisten(bgp);
}

void bgp_unlisten(struct bgp *bgp)
{
	if (bgp->listener != SOCK_ID_NONE)
		bgp->env.io.close(bgp->env.io.ctx, bgp->listener, bgp->now);
	bgp->listener = SOCK_ID_NONE;
}

/* RFC 4724 section 4.2: who can restart and calls again has restarted. Anybody else who calls while
 * he is connected is refused (RFC 4271 section 6.8).                                             */
static bool may_take(struct bgp *bgp, struct bgp_peer *peer)
{
	if (peer->held != BGP_HELD_NOT || bgp->stopped || !peer->may_call)
		return false;
	if (bgp_is_up(peer) && peer->conf.graceful_restart && peer->open.restart_ip4) {
		bgp_line_event(bgp, peer, peer->live, BGP_EVENT_TCP_FAILS);
		bgp_line_event(bgp, peer, BGP_LINE_IN, BGP_EVENT_IDLE_HOLD_EXPIRES);
	}
	return peer->line[BGP_LINE_IN].state == BGP_ACTIVE;
}

static void line_called(struct bgp *bgp, sock_id sock, const struct sock_addr *from)
{
	struct bgp_peer *peer = bgp_peer_find(bgp, from->addr);

	/* By a RST: of one closed in order something stays until its caller ends it, too. */
	if (peer == NULL || !may_take(bgp, peer)) {
		set_number(bgp, sock, SOCK_OPT_LINGER, 0);
		bgp->env.io.close(bgp->env.io.ctx, sock, bgp->now);
		return;
	}
	bgp_line_take(bgp, peer, BGP_LINE_IN, sock);
	set_options(bgp, peer, sock);
	bgp_line_begins(bgp, peer, BGP_LINE_IN, BGP_EVENT_TCP_CONFIRMED);
}

static void calls_take(struct bgp *bgp)
{
	for (u32 n = 0; n < BGP_ACCEPT_MAX; n++) {
		struct sock_addr from = { 0 };
		sock_id sock;

		if (bgp->env.io.accept(bgp->env.io.ctx, bgp->listener, &sock, &from) != SOCK_OK)
			return;
		line_called(bgp, sock, &from);
	}
}

/* ---- readiness ------------------------------------------------------------------------------- */

void bgp_line_begins(struct bgp *bgp, struct bgp_peer *peer, u8 at, enum bgp_event event)
{
	struct bgp_line *line = &peer->line[at];
	struct sock_addr local = { 0 }, remote;

	(void)bgp->env.io.names(bgp->env.io.ctx, line->sock, &local, &remote);
	line->local = local.addr;
	line_watch(bgp, line, WATCH);
	bgp_line_event(bgp, peer, at, event);
}

static bool line_of(const struct bgp *bgp, sock_id sock, struct bgp_peer **peer, u8 *at)
{
	u32 idx = map_first(&bgp->by_sock, sock_hash(bgp, sock));

	while (idx != IDX_NONE) {
		*peer = bgp_peer_at(bgp, idx / BGP_LINES);
		*at = (u8)(idx % BGP_LINES);
		if ((*peer)->line[*at].sock == sock)
			return true;
		idx = map_next(&bgp->by_sock, idx);
	}
	return false;
}

void bgp_sock(struct bgp *bgp, sock_id sock, u8 ready, ns_t now)
{
	struct bgp_peer *peer;
	u8 at;

	bgp->now = now;
	if (sock == bgp->listener && sock != SOCK_ID_NONE) {
		calls_take(bgp);
		return;
	}
	if (!line_of(bgp, sock, &peer, &at))
		return;
	if (peer->line[at].state == BGP_CONNECT) {
		if ((ready & SOCK_FAILED) != 0)
			bgp_line_event(bgp, peer, at, BGP_EVENT_TCP_FAILS);
		else if ((ready & SOCK_CONNECTED) != 0)
			bgp_line_begins(bgp, peer, at, BGP_EVENT_TCP_ACKED);
		return;
	}
	if ((ready & SOCK_WRITABLE) != 0) {
		bgp_line_flush(bgp, peer, at);
		bgp->busy = true;
	}
	if ((ready & WATCH) != 0)
		bgp_line_hear(bgp, peer, at);
}
