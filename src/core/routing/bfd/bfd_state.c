/* The state of a session, its intervals and its deadlines (RFC 5880 section 6.8). */
#include "core/base/text.h"
#include "core/routing/bfd/bfd_part.h"

/* ---- intervals ------------------------------------------------------------------------------- */

/* Section 6.8.3: slow until the session is up. With a session that is up, a lower rate of ours
 * counts when the neighbour knows of it, and so does a shorter detection time.                   */
void bfd_set_intervals(struct bfd_peer *s)
{
	bool up = s->state == BFD_UP;
	u32 tx_us = up ? s->params.min_tx_us : u32_max(s->params.min_tx_us, BFD_SLOW_US);
	u32 rx_us = s->params.min_rx_us;
	bool other = tx_us != s->tx_us || rx_us != s->rx_us;

	s->tx_us = tx_us;
	s->rx_us = rx_us;
	if (!up || tx_us < s->tx_used_us)
		s->tx_used_us = tx_us;
	if (!up || rx_us > s->rx_used_us)
		s->rx_used_us = rx_us;
	if (!up)
		s->polling = false;
	else if (other)
		s->polling = true;
}

void bfd_poll_done(struct bfd_peer *s)
{
	s->polling = false;
	s->tx_used_us = s->tx_us;
	s->rx_used_us = s->rx_us;
}

/* Section 6.8.4. */
ns_t bfd_detection(const struct bfd_peer *s)
{
	return s->remote_multiplier * (u64)u32_max(s->rx_used_us, s->remote_tx_us) * NS_PER_US;
}

void bfd_set_due(struct bfd *b, u32 idx)
{
	const struct bfd_peer *s = bfd_at(b, idx);

	heap_set(&b->due, idx, u64_min(s->gone_ns, u64_min(s->tx_ns, s->expires_ns)));
}

/* ---- news ------------------------------------------------------------------------------------ */

u8 bfd_sources(const struct bfd_peer *s)
{
	u32 bits = 0;

	for (u32 n = 0; n < ROUTE_SOURCES; n++)
		bits |= s->users[n] > 0 ? 1u << n : 0;
	return (u8)bits;
}

static void tell(struct bfd *b, u32 idx)
{
	struct bfd_peer *s = bfd_at(b, idx);

	if (s->news_next != BFD_UNLISTED)
		return;
	s->news_next = IDX_NONE;
	if (b->news_first == IDX_NONE)
		b->news_first = idx;
	else
		bfd_at(b, b->news_last)->news_next = idx;
	b->news_last = idx;
}

bool bfd_read(struct bfd *b, struct bfd_change *change)
{
	u32 idx = b->news_first;
	struct bfd_peer *s;

	if (idx == IDX_NONE)
		return false;
	s = bfd_at(b, idx);
	b->news_first = s->news_next;
	s->news_next = BFD_UNLISTED;
	*change = (struct bfd_change){
		.id = idx,
		.addr = s->addr,
		.iface = s->iface,
		.sources = bfd_sources(s),
		.state = s->state,
		.diag = s->diag,
		.failed = s->failed,
		.remote_admin = s->remote_state == BFD_ADMIN_DOWN,
	};
	s->failed = false;
	return true;
}

static void say(struct bfd *b, const struct bfd_peer *s, ns_t now)
{
	bool up = s->state == BFD_UP;
	struct speaker_event event = {
		.at_ns = now,
		.kind = up ? SPEAKER_UP : SPEAKER_DOWN,
		.neighbour = ip_addr4(s->addr),
		.iface = s->iface,
	};
	struct text text;

	for (u32 n = ROUTE_SOURCES; n > 0; n--) {
		if (s->users[n - 1] > 0)
			event.source = (enum route_source)(n - 1);
	}
	text_init(&text, event.text, sizeof event.text);
	text_str(&text, up ? "the BFD session is up" : "the BFD session left up: ");
	if (!up)
		text_str(&text, bfd_diag_text(s->diag));
	speaker_log_add(b->log, &event);
}

/* Section 6.8.1: who was not heard for the detection time is a stranger, and may have been started
 * anew. What it asked for once must not keep us silent.                                          */
void bfd_forget(struct bfd_peer *s)
{
	s->yours = 0;
	s->remote_rx_us = 1;
	s->remote_demand = false;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void act(struct bfd_peer *s, enum bfd_action action)
{
	switch (action) {
	case BFD_DO_UNEXPECTED: s->unexpected++; break;
	case BFD_DO_CLEAR: s->diag = BFD_DIAG_NONE; break;
	case BFD_DO_NEIGHBOUR: s->diag = BFD_DIAG_NEIGHBOUR; break;
	case BFD_DO_PATH: s->diag = BFD_DIAG_PATH; break;
	case BFD_DO_ADMIN: s->diag = BFD_DIAG_ADMIN; break;
	case BFD_DO_EXPIRED:
		s->diag = BFD_DIAG_EXPIRED;
		bfd_forget(s);
		break;
	case BFD_DO_FORGET: bfd_forget(s); break;
	case BFD_DO_NONE:
	case BFD_DO_IGNORE:
	case BFD_ACTIONS: break;
	}
}

/* The only door between states. */
static void bfd_set_state(struct bfd *b, u32 idx, enum bfd_state state, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);
	bool was_up = s->state == BFD_UP;

	s->state = state;
	s->since_ns = now;
	s->ups += state == BFD_UP;
	s->downs += was_up;
	s->failed |= was_up;
	bfd_set_intervals(s);
	tell(b, idx);
	if (was_up || state == BFD_UP)
		say(b, s, now);
	/* Section 6.8.7: what is new is told without delay. */
	bfd_send(b, idx, false, now);
	bfd_schedule(b, idx, now);
}

void bfd_event(struct bfd *b, u32 idx, enum bfd_event event, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);
	const struct bfd_cell *cell = bfd_cell(s->state, event);

	act(s, cell->action);
	if (cell->action != BFD_DO_UNEXPECTED && cell->next != s->state)
		bfd_set_state(b, idx, cell->next, now);
}
