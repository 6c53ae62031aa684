/* What BFD sends, when, and from which sockets. */
#include "core/routing/bfd/bfd_part.h"

enum { OPEN_RETRY_S = 1, PORT_TRIES = 16 };

/* Section 6.8.7: not more often than either end allows. */
ns_t bfd_interval(const struct bfd_peer *s)
{
	if (s->remote_rx_us == 0)
		return 0;
	return (u64)u32_max(s->tx_used_us, s->remote_rx_us) * NS_PER_US;
}

/* Section 6.8.7: who is passive waits to be spoken to, and who is asked to by demand mode is
 * silent.                                                                                        */
static bool is_silent(const struct bfd_peer *s)
{
	if (s->params.passive && s->yours == 0)
		return true;
	if (s->remote_demand && s->state == BFD_UP && s->remote_state == BFD_UP && !s->polling)
		return true;
	return bfd_interval(s) == 0;
}

/* Section 6.8.7: 75 to 100 percent of the interval, 75 to 90 where one lost packet is a failure. */
static ns_t jittered(struct bfd *b, const struct bfd_peer *s)
{
	ns_t interval = bfd_interval(s);
	ns_t most = s->params.multiplier == 1 ? interval / 10 * 9 : interval;
	ns_t least = interval / 4 * 3;

	return least + rng_u64(&b->rng) % (most - least + 1);
}

void bfd_schedule(struct bfd *b, u32 idx, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);

	if (s->sock == SOCK_ID_NONE) {
		s->tx_ns = s->opening ? now + OPEN_RETRY_S * NS_PER_SEC : NS_NEVER;
	} else if (is_silent(s)) {
		s->tx_ns = NS_NEVER;
	} else {
		ns_t due = s->sent_ns + jittered(b, s);

		s->tx_ns = due > now ? due : now;
	}
	bfd_set_due(b, idx);
}

/* Section 6.7.3: a number for each packet, or for each change; a new one for all is allowed. */
void bfd_send(struct bfd *b, u32 idx, bool final, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);
	u32 auth_len = bfd_auth_len(&s->params.auth);
	struct bfd_msg msg = {
		.diag = s->diag,
		.state = s->state,
		.multiplier = s->params.multiplier,
		.len_bytes = (u8)(BFD_LEN + auth_len),
		.mine = s->mine,
		.yours = s->yours,
		.min_tx_us = s->tx_us,
		.min_rx_us = s->rx_us,
	};
	struct sock_dgram dgram = {
		.to = { s->addr, be16_of(BFD_PORT) },
		.from = s->local,
		.iface = s->iface,
		.ttl = BFD_TTL,
	};
	u8 bytes[BFD_LEN_MAX];
	enum sock_error error;

	if (s->sock == SOCK_ID_NONE || (s->params.passive && s->yours == 0))
		return;
	if (auth_len > 0)
		msg.flags |= BFD_AUTHENTICATED;
	if (final)
		msg.flags |= BFD_FINAL;
	else if (s->polling)
		msg.flags |= BFD_POLL;
	bfd_msg_write(bytes, &msg);
	bfd_auth_sign(&s->params.auth, bytes, ++s->sequence_out);
	error = b->io.send_to(b->io.ctx, s->sock, bytes, BFD_LEN + auth_len, &dgram);
	if (error == SOCK_OK)
		s->packets_out++;
	else
		s->send_failed++;
	if (!final)
		s->sent_ns = now;
}

/* ---- sockets --------------------------------------------------------------------------------- */

static enum sock_error set_number(struct bfd *b, sock_id sock, enum sock_option option, u64 number,
				  ns_t now)
{
	struct sock_value value = { .number = number };

	return b->io.set(b->io.ctx, sock, option, &value, now);
}

bool bfd_listen(struct bfd *b, ns_t now)
{
	struct sock_addr local = { .port = be16_of(BFD_PORT) };
	enum sock_error error;
	sock_id sock;

	if (b->sock != SOCK_ID_NONE)
		return true;
	if (b->io.open(b->io.ctx, SOCK_DGRAM_KIND, 0, &sock) != SOCK_OK)
		return false;
	error = b->io.bind(b->io.ctx, sock, &local);
	if (error == SOCK_OK)
		error = b->io.watch(b->io.ctx, sock, SOCK_READABLE | SOCK_FAILED);
	if (error != SOCK_OK) {
		b->io.close(b->io.ctx, sock, now);
		return false;
	}
	b->sock = sock;
	return true;
}

/* RFC 5881 section 4: the same port as long as the session lasts, and one of its own. */
static enum sock_error bind_port(struct bfd *b, struct bfd_peer *s, sock_id sock)
{
	enum sock_error error = SOCK_IN_USE;

	for (u32 n = 0; n < PORT_TRIES && error == SOCK_IN_USE; n++) {
		struct sock_addr local = { .addr = s->local };

		if (s->port == 0 || n > 0)
			s->port = (u16)(BFD_SPORT_FIRST + rng_below(&b->rng, BFD_SPORT_COUNT));
		local.port = be16_of(s->port);
		error = b->io.bind(b->io.ctx, sock, &local);
	}
	return error;
}

static bool open_sock(struct bfd *b, struct bfd_peer *s, ns_t now)
{
	struct sock_value iface = { .iface = s->iface };
	enum sock_error error;
	sock_id sock;

	if (!bfd_listen(b, now) || b->io.open(b->io.ctx, SOCK_DGRAM_KIND, 0, &sock) != SOCK_OK)
		return false;
	error = b->io.set(b->io.ctx, sock, SOCK_OPT_BIND_IFACE, &iface, now);
	if (error == SOCK_OK)
		error = set_number(b, sock, SOCK_OPT_TTL, BFD_TTL, now);
	if (error == SOCK_OK)
		error = bind_port(b, s, sock);
	if (error != SOCK_OK) {
		b->io.close(b->io.ctx, sock, now);
		return false;
	}
	s->sock = sock;
	return true;
}

void bfd_open(struct bfd *b, u32 idx, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);
	const struct iface *iface = &b->ifaces->iface[s->iface];

	if (s->sock != SOCK_ID_NONE)
		return;
	s->opening = s->iface < b->ifaces->count && iface->up && !iface->gone &&
		     iface_source_for(iface, s->addr, &s->local);
	if (s->opening && open_sock(b, s, now))
		s->opening = false;
	bfd_schedule(b, idx, now);
}

void bfd_close(struct bfd *b, u32 idx, ns_t now)
{
	struct bfd_peer *s = bfd_at(b, idx);

	if (s->sock != SOCK_ID_NONE)
		b->io.close(b->io.ctx, s->sock, now);
	s->sock = SOCK_ID_NONE;
	s->opening = false;
}
