/* What comes on a line: bytes, messages, and what each of them means for the line. */
#include "core/routing/bgp/bgp_part.h"

static void open_error(struct bgp_peer *peer, u8 subcode, const void *data, u32 len)
{
	bgp_error_set(&peer->error, BGP_ERROR_OPEN, subcode, data, len);
}

/* RFC 4271 section 6.2, RFC 6286 section 2.2, RFC 5492 section 5. */
static bool open_suits(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_open *open)
{
	static const u8 family[6] = { 1, 4, 0, BGP_AFI_IP4, 0, BGP_SAFI_UNICAST };

	if (open->as != peer->conf.as) {
		be16 as = be16_of(open->short_as);

		open_error(peer, BGP_OPEN_BAD_AS, &as, sizeof as);
		return false;
	}
	if (peer->internal && be32_eq(open->router_id, bgp->conf.router_id)) {
		open_error(peer, BGP_OPEN_BAD_ID, &open->router_id, sizeof open->router_id);
		return false;
	}
	if (open->families && !open->ip4) {
		open_error(peer, BGP_OPEN_BAD_CAPABILITY, family, sizeof family);
		return false;
	}
	return true;
}

/* RFC 4271 section 6.8, and RFC 6286 section 2.3 for equal identifiers: which line stays. */
static u8 line_that_stays(const struct bgp *bgp, const struct bgp_peer *peer,
			  const struct bgp_open *open)
{
	u32 ours = be32_host(bgp->conf.router_id);
	u32 theirs = be32_host(open->router_id);

	if (ours == theirs)
		return bgp->conf.as < peer->conf.as ? BGP_LINE_IN : BGP_LINE_OUT;
	return ours < theirs ? BGP_LINE_IN : BGP_LINE_OUT;
}

/* An OPEN came on a line; the other one may be as far. True: this one goes on. */
static bool line_survives(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	u8 other = (u8)(BGP_LINES - 1 - at);
	u8 stays = at;

	if (peer->line[other].state == BGP_ESTABLISHED)
		stays = other;
	else if (peer->line[other].state == BGP_OPEN_CONFIRM)
		stays = line_that_stays(bgp, peer, &peer->line[at].open);
	else
		return true;
	bgp_error_set(&peer->error, BGP_ERROR_CEASE, BGP_CEASE_COLLISION, NULL, 0);
	bgp_line_event(bgp, peer, stays == at ? other : at, BGP_EVENT_COLLISION);
	return stays == at;
}

static void open_hear(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];

	if (line->state != BGP_OPEN_SENT) {
		bgp_line_event(bgp, peer, at, BGP_EVENT_OPEN);
		return;
	}
	if (!bgp_open_read(bgp->msg, bgp->msg_len, &line->open, &peer->error) ||
	    !open_suits(bgp, peer, &line->open)) {
		bgp_tell(bgp, peer, SPEAKER_WARNING, "its OPEN is refused",
			 bgp_error_subcode_text(peer->error.code, peer->error.subcode));
		bgp_line_event(bgp, peer, at, BGP_EVENT_OPEN_ERROR);
		return;
	}
	line->has_open = true;
	if (line_survives(bgp, peer, at))
		bgp_line_event(bgp, peer, at, BGP_EVENT_OPEN);
}

static void keepalive_hear(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	bool was_up = bgp_is_up(peer);

	bgp_line_want(bgp, peer, at);
	bgp_line_event(bgp, peer, at, BGP_EVENT_KEEPALIVE);
	if (was_up || peer->live != at)
		return;
	/* Nobody is called any more. */
	bgp_error_set(&peer->error, BGP_ERROR_CEASE, BGP_CEASE_COLLISION, NULL, 0);
	bgp_line_event(bgp, peer, (u8)(BGP_LINES - 1 - at), BGP_EVENT_AUTOMATIC_STOP);
	peer->error.code = 0;
}

static void notification_hear(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_error error;
	struct text text;
	const char *sub;
	bool version;

	bgp_notification_read(bgp->msg, bgp->msg_len, &error);
	sub = bgp_error_subcode_text(error.code, error.subcode);
	version = error.code == BGP_ERROR_OPEN && error.subcode == BGP_OPEN_BAD_VERSION;
	peer->last_got = (struct bgp_last){
		.ever = true, .code = error.code, .subcode = error.subcode, .at_ns = bgp->now
	};
	bgp_error_shutdown_text(&error, peer->last_got.text, sizeof peer->last_got.text);
	peer->notified = true;
	text_init(&text, peer->down_text, sizeof peer->down_text);
	text_str(&text, "the peer says: ");
	text_str(&text, bgp_error_code_text(error.code));
	if (sub[0] != '\0') {
		text_str(&text, ", ");
		text_str(&text, sub);
	}
	if (peer->last_got.text[0] != '\0') {
		text_str(&text, ", ");
		text_str(&text, peer->last_got.text);
	}
	if (!bgp_is_up(peer))
		bgp_tell(bgp, peer, SPEAKER_WARNING, "no connection", peer->down_text);
	bgp_line_event(bgp, peer, at,
		       version ? BGP_EVENT_VERSION_NOTIFICATION : BGP_EVENT_NOTIFICATION);
}

static void message_hear(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	enum bgp_type type = bgp_msg_type(bgp->msg);

	CHECK(type < BGP_TYPES);
	peer->counters.messages_in++;
	peer->counters.got[type]++;
	switch (type) {
	case BGP_OPEN: open_hear(bgp, peer, at); break;
	case BGP_UPDATE: bgp_line_event(bgp, peer, at, BGP_EVENT_UPDATE); break;
	case BGP_NOTIFICATION: notification_hear(bgp, peer, at); break;
	case BGP_KEEPALIVE: keepalive_hear(bgp, peer, at); break;
	case BGP_ROUTE_REFRESH: bgp_line_event(bgp, peer, at, BGP_EVENT_REFRESH); break;
	default: break;
	}
}

/* Whole messages of the buffer; what is left of the last one moves to its beginning. Bounds: as
 * many as fit into the buffer. False: the line was closed.                                       */
static bool messages_hear(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	struct bgp_line *line = &peer->line[at];
	sock_id sock = line->sock;
	u32 first = 0;
	u32 len;

	while (first < line->in_len) {
		enum bgp_frame frame = bgp_frame_read(line->in + first, line->in_len - first, &len,
						      &peer->error);

		if (frame == BGP_FRAME_BAD)
			bgp_line_event(bgp, peer, at, BGP_EVENT_HEADER_ERROR);
		if (frame != BGP_FRAME_WHOLE)
			break;
		bgp->msg = line->in + first;
		bgp->msg_len = len;
		message_hear(bgp, peer, at);
		if (line->sock != sock)
			return false;
		first += len;
	}
	if (line->sock != sock)
		return false;
	line->in_len -= first;
	memmove(line->in, line->in + first, line->in_len);
	return true;
}

void bgp_line_hear(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	const struct speaker_io *io = &bgp->env.io;
	struct bgp_line *line = &peer->line[at];
	u32 heard = 0;

	while (heard < BGP_STEP_BYTES && !rib_is_behind(bgp->env.rib)) {
		struct sock_buf buf = { line->in + line->in_len, BGP_IN_SIZE - line->in_len, 0 };
		enum sock_error error = io->recv(io->ctx, line->sock, &buf, NULL, bgp->now);

		if (error == SOCK_AGAIN)
			return;
		if (error != SOCK_OK || buf.got == 0) {
			struct text text;

			text_init(&text, peer->down_text, sizeof peer->down_text);
			text_str(&text, error == SOCK_OK ? "the peer closed the connection"
							 : sock_error_text(error));
			bgp_line_event(bgp, peer, at, BGP_EVENT_TCP_FAILS);
			return;
		}
		CHECK(buf.got <= BGP_IN_SIZE - line->in_len);
		line->in_len += buf.got;
		heard += buf.got;
		if (!messages_hear(bgp, peer, at))
			return;
	}
}
