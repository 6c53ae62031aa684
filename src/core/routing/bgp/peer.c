/* A peer: what its lines do at each event, its timers, how it begins and how it ends. */
#include "core/routing/bgp/bgp_part.h"

enum {
	OPEN_HOLD_S = 240, /* RFC 4271 section 8.2.2: "a large value" until OPEN came */
	IDLE_HOLD_FIRST_S = 1,
	IDLE_HOLD_MAX_S = 60,
	FAILURES_MAX = 16,
	PEACE_S = 60, /* a connection that stood as long was no failure */
};

void bgp_timer_set(struct bgp *bgp, struct bgp_peer *peer, u32 timer, ns_t when)
{
	heap_set(&bgp->timers, bgp_peer_index(bgp, peer) * BGP_TIMERS + timer, when);
}

static void line_timer(struct bgp *bgp, struct bgp_peer *peer, u8 line, u32 timer, ns_t after_ns)
{
	ns_t when = after_ns == NS_NEVER ? NS_NEVER : bgp->now + after_ns;

	bgp_timer_set(bgp, peer, line * BGP_LINE_TIMERS + timer, when);
}

/* RFC 4271 section 10: between three quarters of it and all of it. */
static ns_t jittered(struct bgp *bgp, ns_t ns)
{
	return ns - ns / 4 * rng_below(&bgp->rng, 1024) / 1024;
}

void bgp_tell(struct bgp *bgp, const struct bgp_peer *peer, enum speaker_event_kind kind,
	      const char *what, const char *more)
{
	struct speaker_event event = {
		.at_ns = bgp->now,
		.kind = kind,
		.source = ROUTE_BGP,
		.neighbour = ip_addr4(peer->conf.addr),
		.iface = IFACE_NONE,
	};
	struct text text;

	text_init(&text, event.text, sizeof event.text);
	text_str(&text, what);
	if (more[0] != '\0') {
		text_str(&text, ": ");
		text_str(&text, more);
	}
	speaker_log_add(bgp->env.log, &event);
}

/* ---- messages of a few bytes ----------------------------------------------------------------- */

static void keepalive_say(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	u8 *to = bgp_line_room(line, BGP_HLEN);

	/* With no room there is something on its way already, which says as much. */
	if (to != NULL) {
		bgp_line_wrote(line, bgp_keepalive_write(to));
		bgp_count_sent(peer, BGP_KEEPALIVE);
		line->said_ns = bgp->now;
	}
	bgp_line_flush(bgp, peer, at);
}

static void open_say(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	u8 *to = bgp_line_room(line, BGP_OPEN_MOST);
	struct bgp_open open = {
		.as = bgp->conf.as,
		.short_as = bgp->conf.as > UINT16_MAX ? BGP_AS_TRANS : (u16)bgp->conf.as,
		.hold_s = peer->conf.hold_s,
		.router_id = bgp->conf.router_id,
		.ip4 = true,
		.as4 = true,
		.refresh = true,
		.enhanced_refresh = true,
		/* RFC 4724 section 4: without a family: we do not keep state over a restart, but
		 * help others and send End-of-RIB.                                               */
		.restart = peer->conf.graceful_restart,
		.add_path = (u8)((peer->conf.add_path_in ? BGP_ADD_PATH_RECEIVE : 0) |
				 (peer->conf.paths_out > 1 ? BGP_ADD_PATH_SEND : 0)),
	};

	CHECK(to != NULL);
	bgp_line_wrote(line, bgp_open_write(to, &open));
	bgp_count_sent(peer, BGP_OPEN);
	bgp_line_flush(bgp, peer, at);
}

static void note_last(struct bgp *bgp, struct bgp_last *last, const struct bgp_error *error)
{
	last->ever = true;
	last->code = error->code;
	last->subcode = error->subcode;
	last->at_ns = bgp->now;
	bgp_error_shutdown_text(error, last->text, sizeof last->text);
}

static void notification_say(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	u8 *to = bgp_line_room(line, BGP_NOTIFICATION_LEAST + (u32)peer->error.data_len);

	peer->unsaid = to == NULL;
	if (to == NULL)
		return;
	note_last(bgp, &peer->last_sent, &peer->error);
	bgp_line_wrote(line, bgp_notification_write(to, &peer->error));
	bgp_count_sent(peer, BGP_NOTIFICATION);
	bgp_line_flush(bgp, peer, at);
}

/* ---- the end of a connection ----------------------------------------------------------------- */

static void error_text(const struct bgp_error *error, const char *who, struct text *text)
{
	const char *sub = bgp_error_subcode_text(error->code, error->subcode);
	char told[BGP_TEXT_SIZE];

	text_str(text, who);
	text_str(text, bgp_error_code_text(error->code));
	if (sub[0] != '\0') {
		text_str(text, ", ");
		text_str(text, sub);
	}
	bgp_error_shutdown_text(error, told, sizeof told);
	if (told[0] != '\0') {
		text_str(text, ", ");
		text_str(text, told);
	}
}

/* The reason of a DOWN for the log: peer->down_text, or the error. */
static void down_tell(struct bgp *bgp, struct bgp_peer *peer)
{
	char reason[SPEAKER_TEXT_SIZE];
	struct text text;

	text_init(&text, reason, sizeof reason);
	if (peer->down_text[0] != '\0')
		text_str(&text, peer->down_text);
	else if (peer->error.code != 0)
		error_text(&peer->error, peer->unsaid ? "no room to send " : "sent ", &text);
	else
		text_str(&text, "the connection ended");
	bgp_tell(bgp, peer, SPEAKER_DOWN, "down", reason);
}

/* Twice as long after each failure; at once nobody is called again. */
static ns_t idle_hold_ns(struct bgp *bgp, const struct bgp_peer *peer)
{
	u32 seconds = IDLE_HOLD_FIRST_S;

	for (u32 n = 1; n < peer->failures && seconds < IDLE_HOLD_MAX_S; n++)
		seconds *= 2;
	return jittered(bgp, u32_min(seconds, IDLE_HOLD_MAX_S) * NS_PER_SEC);
}

static void peer_down(struct bgp *bgp, struct bgp_peer *peer)
{
	/* RFC 4724 section 4.2: not after a NOTIFICATION of either side. */
	bool may_keep = peer->error.code == 0 && !peer->notified && peer->held == BGP_HELD_NOT;

	down_tell(bgp, peer);
	if (bgp->now - peer->up_ns >= PEACE_S * NS_PER_SEC)
		peer->failures = 0;
	peer->live = BGP_LINE_NONE;
	peer->up_ns = bgp->now;
	rib_reader_del(bgp->env.rib, peer->reader);
	peer->reader = RIB_READER_NONE;
	peer->announced_count = 0;
	peer->end_due = peer->begin_due = peer->refresh_end_due = false;
	bgp_restart_down(bgp, peer, may_keep);
	bgp->busy = true;
}

/* When a line may begin again: who does not answer is called again as the retry timer has it,
 * whoever failed later than that after a while that grows.                                       */
static ns_t pause_ns(struct bgp *bgp, const struct bgp_peer *peer, enum bgp_state from)
{
	if (from == BGP_CONNECT)
		return jittered(bgp, peer->conf.connect_retry_s * NS_PER_SEC);
	return idle_hold_ns(bgp, peer);
}

/* Everything of the connection goes; both lines may begin again after a while. */
static void line_end(struct bgp *bgp, struct bgp_peer *peer, u8 at, enum bgp_state from)
{
	bool collided = peer->error.code == BGP_ERROR_CEASE &&
			peer->error.subcode == BGP_CEASE_COLLISION;
	u8 other = (u8)(BGP_LINES - 1 - at);

	for (u32 timer = 0; timer < BGP_LINE_TIMERS; timer++)
		line_timer(bgp, peer, at, timer, NS_NEVER);
	bgp_line_close(bgp, peer, at);
	if (from == BGP_ESTABLISHED && peer->live == at)
		peer_down(bgp, peer);
	if (from >= BGP_OPEN_SENT && !collided)
		peer->failures = u32_min(peer->failures + 1, FAILURES_MAX);
	peer->error.code = 0;
	peer->notified = peer->unsaid = false;
	peer->down_text[0] = '\0';
	if (peer->held != BGP_HELD_NOT || bgp_is_up(peer))
		return;
	line_timer(bgp, peer, at, BGP_TIMER_IDLE_HOLD, pause_ns(bgp, peer, from));
	/* It stood still for the sake of the one that was up. */
	if (from == BGP_ESTABLISHED && peer->line[other].state == BGP_IDLE)
		line_timer(bgp, peer, other, BGP_TIMER_IDLE_HOLD, idle_hold_ns(bgp, peer));
}

static void line_cease(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	if (peer->error.code == 0)
		bgp_error_set(&peer->error, BGP_ERROR_CEASE, BGP_CEASE_COLLISION, NULL, 0);
	notification_say(bgp, peer, at);
}

/* RFC 6608: in which state. */
static void line_unexpected(struct bgp *bgp, struct bgp_peer *peer, u8 at, enum bgp_state from)
{
	u8 subcode = from == BGP_OPEN_SENT      ? BGP_FSM_IN_OPEN_SENT
		     : from == BGP_OPEN_CONFIRM ? BGP_FSM_IN_OPEN_CONFIRM
						: BGP_FSM_IN_ESTABLISHED;

	bgp_error_set(&peer->error, BGP_ERROR_FSM, subcode, NULL, 0);
	notification_say(bgp, peer, at);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static enum bgp_event line_connect(struct bgp *bgp, struct bgp_peer *peer)
{
	bgp_line_close(bgp, peer, BGP_LINE_OUT);
	line_timer(bgp, peer, BGP_LINE_OUT, BGP_TIMER_IDLE_HOLD, NS_NEVER);
	line_timer(bgp, peer, BGP_LINE_OUT, BGP_TIMER_RETRY,
		   jittered(bgp, peer->conf.connect_retry_s * NS_PER_SEC));
	return bgp_line_call(bgp, peer) ? BGP_EVENT_NONE : BGP_EVENT_TCP_FAILS;
}

/* In Active: whoever may call calls when the retry timer says so. */
static void line_wait(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	bool calls = at == BGP_LINE_OUT && !peer->conf.passive;

	for (u32 timer = 0; timer < BGP_LINE_TIMERS; timer++)
		line_timer(bgp, peer, at, timer, NS_NEVER);
	bgp_line_close(bgp, peer, at);
	if (calls)
		line_timer(bgp, peer, at, BGP_TIMER_RETRY,
			   jittered(bgp, peer->conf.connect_retry_s * NS_PER_SEC));
}

static enum bgp_event line_again(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	line_timer(bgp, peer, at, BGP_TIMER_IDLE_HOLD, NS_NEVER);
	if (peer->held != BGP_HELD_NOT || bgp->stopped)
		return BGP_EVENT_NONE;
	return at == BGP_LINE_OUT && !peer->conf.passive ? BGP_EVENT_AUTOMATIC_START
							 : BGP_EVENT_PASSIVE_START;
}

static void line_open(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	line_timer(bgp, peer, at, BGP_TIMER_RETRY, NS_NEVER);
	peer->line[at].hold_ns = OPEN_HOLD_S * NS_PER_SEC;
	peer->line[at].heard_ns = bgp->now;
	line_timer(bgp, peer, at, BGP_TIMER_HOLD, peer->line[at].hold_ns);
	open_say(bgp, peer, at);
}

/* RFC 4271 section 4.2: the smaller hold time of both; zero: no keepalives either. */
static void line_accept(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	u32 hold_s = u32_min(peer->conf.hold_s, line->open.hold_s);
	u32 keepalive_s = u32_min(peer->conf.keepalive_s, hold_s / 3);

	line->hold_ns = hold_s * NS_PER_SEC;
	line->keepalive_ns = hold_s == 0 ? 0 : u32_max(keepalive_s, 1) * NS_PER_SEC;
	line->heard_ns = bgp->now;
	keepalive_say(bgp, peer, at);
	line_timer(bgp, peer, at, BGP_TIMER_HOLD, hold_s == 0 ? NS_NEVER : line->hold_ns);
	line_timer(bgp, peer, at, BGP_TIMER_KEEPALIVE,
		   hold_s == 0 ? NS_NEVER : jittered(bgp, line->keepalive_ns));
}

static void agree(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_open *open)
{
	peer->open = *open;
	peer->wire_in = (struct bgp_wire){
		.as4 = open->as4,
		.internal = peer->internal,
		.with_id = peer->conf.add_path_in && (open->add_path & BGP_ADD_PATH_SEND) != 0,
	};
	peer->wire_out = peer->wire_in;
	peer->wire_out.with_id = peer->conf.paths_out > 1 &&
				 (open->add_path & BGP_ADD_PATH_RECEIVE) != 0;
	peer->planes = peer->wire_out.with_id ? peer->conf.paths_out : 1;
	peer->refresh = open->refresh;
	peer->enhanced_refresh = open->refresh && open->enhanced_refresh;
	memset(peer->announced, 0,
	       bgp->announced_words * bgp->conf.paths_out_limit * sizeof *peer->announced);
	bgp_peer_find_iface(bgp, peer);
}

static enum bgp_event line_up(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];

	line->heard_ns = bgp->now;
	peer->reader = rib_reader_new(bgp->env.rib);
	peer->live = at;
	peer->up_ns = bgp->now;
	agree(bgp, peer, &line->open);
	if (!bgp_restart_up(bgp, peer) || peer->reader == RIB_READER_NONE) {
		bgp_error_set(&peer->error, BGP_ERROR_CEASE, BGP_CEASE_RESOURCES, NULL, 0);
		return BGP_EVENT_AUTOMATIC_STOP;
	}
	rib_reader_set_all(bgp->env.rib, peer->reader, peer->planes > 1);
	peer->end_due = line->open.restart;
	peer->quiet_until_ns = 0;
	memset(peer->unfit, 0, sizeof peer->unfit);
	peer->warned = peer->full_told = peer->limit_told = false;
	peer->counters.established++;
	bgp->busy = true;
	bgp_tell(bgp, peer, SPEAKER_UP, "up", "");
	return BGP_EVENT_NONE;
}

static enum bgp_event line_keepalive_due(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	keepalive_say(bgp, peer, at);
	line_timer(bgp, peer, at, BGP_TIMER_KEEPALIVE, jittered(bgp, peer->line[at].keepalive_ns));
	return BGP_EVENT_NONE;
}

/* What came restarts the hold timer (RFC 4271 section 8.2.2). */
static enum bgp_event line_heard(struct bgp *bgp, struct bgp_peer *peer, u8 at,
				 enum bgp_action action)
{
	if (action == BGP_DO_NONE)
		return BGP_EVENT_NONE;
	peer->line[at].heard_ns = bgp->now;
	if (action == BGP_DO_UPDATE)
		return bgp_import(bgp, peer, bgp->msg, bgp->msg_len);
	if (action == BGP_DO_REFRESH)
		return bgp_refresh_hear(bgp, peer, bgp->msg, bgp->msg_len);
	return BGP_EVENT_NONE;
}

enum bgp_event bgp_act(struct bgp *bgp, struct bgp_peer *peer, u8 at, enum bgp_action action,
		       enum bgp_state from)
{
	switch (action) {
	case BGP_DO_CONNECT:
	case BGP_DO_RETRY: return line_connect(bgp, peer);
	case BGP_DO_WAIT: line_wait(bgp, peer, at); return BGP_EVENT_NONE;
	case BGP_DO_AGAIN: return line_again(bgp, peer, at);
	case BGP_DO_OPEN: line_open(bgp, peer, at); return BGP_EVENT_NONE;
	case BGP_DO_ACCEPT: line_accept(bgp, peer, at); return BGP_EVENT_NONE;
	case BGP_DO_UP: return line_up(bgp, peer, at);
	case BGP_DO_SAY: return line_keepalive_due(bgp, peer, at);
	case BGP_DO_CEASE: line_cease(bgp, peer, at); break;
	case BGP_DO_NOTIFY: notification_say(bgp, peer, at); break;
	case BGP_DO_HOLD:
		bgp_error_set(&peer->error, BGP_ERROR_HOLD, 0, NULL, 0);
		notification_say(bgp, peer, at);
		break;
	case BGP_DO_STUCK:
		bgp_error_set(&peer->error, BGP_ERROR_SEND_HOLD, 0, NULL, 0);
		notification_say(bgp, peer, at);
		/* What it does not take now it would not take later. */
		bgp_line_reset_on_close(bgp, &peer->line[at]);
		break;
	case BGP_DO_UNEXPECTED: line_unexpected(bgp, peer, at, from); break;
	case BGP_DO_DROP: break;
	default: return line_heard(bgp, peer, at, action);
	}
	line_end(bgp, peer, at, from);
	return BGP_EVENT_NONE;
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void hold_due(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	ns_t end = line->heard_ns + line->hold_ns;

	/* Set back by each message; moved only when it is looked at. */
	if (end > bgp->now)
		line_timer(bgp, peer, at, BGP_TIMER_HOLD, end - bgp->now);
	else
		bgp_line_event(bgp, peer, at, BGP_EVENT_HOLD_EXPIRES);
}

static void keepalive_due(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	ns_t end = line->said_ns + line->keepalive_ns * 3 / 4;

	if (end > bgp->now)
		line_timer(bgp, peer, at, BGP_TIMER_KEEPALIVE, end - bgp->now);
	else
		bgp_line_event(bgp, peer, at, BGP_EVENT_KEEPALIVE_EXPIRES);
}

static void line_due(struct bgp *bgp, struct bgp_peer *peer, u8 at, u32 timer)
{
	static const u8 event[BGP_LINE_TIMERS] = {
		[BGP_TIMER_RETRY] = BGP_EVENT_RETRY_EXPIRES,
		[BGP_TIMER_SEND_HOLD] = BGP_EVENT_SEND_HOLD_EXPIRES,
		[BGP_TIMER_IDLE_HOLD] = BGP_EVENT_IDLE_HOLD_EXPIRES,
	};

	line_timer(bgp, peer, at, timer, NS_NEVER);
	if (timer == BGP_TIMER_HOLD)
		hold_due(bgp, peer, at);
	else if (timer == BGP_TIMER_KEEPALIVE)
		keepalive_due(bgp, peer, at);
	else
		bgp_line_event(bgp, peer, at, (enum bgp_event)event[timer]);
}

static void peer_due(struct bgp *bgp, struct bgp_peer *peer, u32 timer)
{
	bgp_timer_set(bgp, peer, timer, NS_NEVER);
	if (timer == BGP_TIMER_RESTART) {
		bgp_restart_expires(bgp, peer);
	} else if (peer->held == BGP_HELD_PREFIXES) {
		peer->held = BGP_HELD_NOT;
		bgp_peer_start(bgp, peer);
	}
}

void bgp_run_timers(struct bgp *bgp)
{
	/* Each is set anew in the future or not at all: none comes twice. */
	for (u32 n = 0; n < bgp->timers.cap; n++) {
		u32 id = heap_due(&bgp->timers, bgp->now);
		struct bgp_peer *peer;

		if (id == IDX_NONE)
			return;
		peer = bgp_peer_at(bgp, id / BGP_TIMERS);
		id %= BGP_TIMERS;
		if (id < 2 * BGP_LINE_TIMERS)
			line_due(bgp, peer, (u8)(id / BGP_LINE_TIMERS), id % BGP_LINE_TIMERS);
		else
			peer_due(bgp, peer, id);
	}
}

/* ---- lives ----------------------------------------------------------------------------------- */

void bgp_peer_find_iface(struct bgp *bgp, struct bgp_peer *peer)
{
	const struct iface_table *ifaces = bgp->env.ifaces;
	const struct bgp_line *line = &peer->line[bgp_is_up(peer) ? peer->live : 0];

	peer->iface = IFACE_NONE;
	for (u32 at = 0; at < ifaces->count && line->sock != SOCK_ID_NONE; at++) {
		const struct iface *iface = &ifaces->iface[at];

		if (iface->up && iface_same_net(iface, line->local, peer->conf.addr))
			peer->iface = (u16)at;
	}
}

void bgp_peer_start(struct bgp *bgp, struct bgp_peer *peer)
{
	if (peer->held != BGP_HELD_NOT || bgp->stopped)
		return;
	bgp_line_event(bgp, peer, BGP_LINE_IN, BGP_EVENT_PASSIVE_START);
	bgp_line_event(bgp, peer, BGP_LINE_OUT,
		       peer->conf.passive ? BGP_EVENT_PASSIVE_START : BGP_EVENT_MANUAL_START);
}

void bgp_peer_cease(struct bgp *bgp, struct bgp_peer *peer, enum bgp_cease subcode,
		    const char *text)
{
	u8 data[BGP_TEXT_SIZE];
	u32 len = 0;

	/* RFC 9003 section 2: a length and as many bytes. */
	while (text != NULL && text[len] != '\0' && len + 1 < sizeof data) {
		data[len + 1] = (u8)text[len];
		len++;
	}
	data[0] = (u8)len;
	for (u8 at = 0; at < BGP_LINES; at++) {
		bgp_error_set(&peer->error, BGP_ERROR_CEASE, (u8)subcode, data,
			      len == 0 ? 0 : len + 1);
		bgp_line_event(bgp, peer, at, BGP_EVENT_MANUAL_STOP);
	}
	peer->error.code = 0;
	peer->failures = 0;
}

void bgp_peer_init(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_peer_conf *conf)
{
	u32 at = bgp_peer_index(bgp, peer);
	struct bgp_line lines[BGP_LINES];
	u64 *announced = peer->announced;

	memcpy(lines, peer->line, sizeof lines);
	memset(peer, 0, sizeof *peer);
	peer->announced = announced;
	peer->used = true;
	peer->conf = *conf;
	peer->internal = conf->as == bgp->conf.as;
	peer->live = BGP_LINE_NONE;
	peer->client = RIB_CLIENT_NONE;
	peer->reader = RIB_READER_NONE;
	peer->iface = IFACE_NONE;
	peer->held = conf->shutdown ? BGP_HELD_SHUTDOWN : BGP_HELD_NOT;
	peer->up_ns = bgp->now;
	peer->import_mark = bgp_policy_mark(bgp, conf->import);
	peer->export_mark = bgp_policy_mark(bgp, conf->export);
	for (u32 line = 0; line < BGP_LINES; line++) {
		peer->line[line].in = lines[line].in;
		peer->line[line].out = lines[line].out;
		peer->line[line].sock = SOCK_ID_NONE;
	}
	for (u32 timer = 0; timer < BGP_TIMERS; timer++)
		heap_set(&bgp->timers, at * BGP_TIMERS + timer, NS_NEVER);
}

void bgp_peer_fini(struct bgp *bgp, struct bgp_peer *peer)
{
	for (u32 timer = 0; timer < BGP_TIMERS; timer++)
		bgp_timer_set(bgp, peer, timer, NS_NEVER);
	for (u8 at = 0; at < BGP_LINES; at++)
		CHECK(peer->line[at].sock == SOCK_ID_NONE);
	bgp_paths_forget(bgp, peer);
	peer->used = false;
}
