/* What BFD hears: RFC 5880 section 6.8.6, in its order, and RFC 5881 section 5. */
#include "core/routing/bfd/bfd_part.h"

u64 bfd_hash(const struct bfd *b, be32 addr, u16 iface)
{
	return hash_words(&b->key, be32_host(addr), iface);
}

u32 bfd_find(const struct bfd *b, be32 addr, u16 iface)
{
	u64 hash = bfd_hash(b, addr, iface);

	for (u32 at = map_first(&b->by_addr, hash); at != IDX_NONE;
	     at = map_next(&b->by_addr, at)) {
		const struct bfd_peer *s = bfd_at(b, at);

		if (be32_eq(s->addr, addr) && s->iface == iface)
			return at;
	}
	return IDX_NONE;
}

/* The session that a packet is for. One that names it has to come from its neighbour, too; and who
 * can not answer does not listen.                                                                */
static u32 find_peer(const struct bfd *b, const struct bfd_msg *msg, const struct sock_info *info)
{
	u32 idx = bfd_find(b, info->from.addr, info->iface);

	if (idx == IDX_NONE || bfd_at(b, idx)->sock == SOCK_ID_NONE ||
	    (msg->yours != 0 && bfd_at(b, idx)->mine != msg->yours))
		return IDX_NONE;
	return idx;
}

/* Sections 6.7.3 and 6.7.4: not before the last one, and not far behind it. */
static bool sequence_is_good(struct bfd_peer *s, u32 sequence, ns_t now)
{
	u32 ahead = sequence - s->sequence_in;
	u32 least = bfd_auth_is_meticulous(s->params.auth.kind) ? 1 : 0;

	/* Section 6.8.1: who was silent for twice the detection time may begin anew. */
	if (now - s->heard_ns >= 2 * bfd_detection(s))
		s->sequence_known = false;
	if (s->sequence_known && (ahead < least || ahead > 3u * s->params.multiplier))
		return false;
	s->sequence_known = true;
	s->sequence_in = sequence;
	return true;
}

static bool is_authentic(struct bfd_peer *s, const struct bfd_msg *msg, const u8 *at, ns_t now)
{
	bool has = (msg->flags & BFD_AUTHENTICATED) != 0;
	u32 sequence = 0;

	if (s->params.auth.kind == BFD_AUTH_NONE || !has)
		return !has && s->params.auth.kind == BFD_AUTH_NONE;
	return bfd_auth_check(&s->params.auth, at, msg->len_bytes, &sequence) &&
	       (!bfd_auth_counts(s->params.auth.kind) || sequence_is_good(s, sequence, now));
}

static void take(struct bfd_peer *s, const struct bfd_msg *msg)
{
	s->yours = msg->mine;
	s->remote_state = msg->state;
	s->remote_diag = msg->diag;
	s->remote_demand = (msg->flags & BFD_DEMAND) != 0;
	s->remote_tx_us = msg->min_tx_us;
	s->remote_rx_us = msg->min_rx_us;
	s->remote_multiplier = msg->multiplier;
	if ((msg->flags & BFD_FINAL) != 0 && s->polling)
		bfd_poll_done(s);
}

static enum bfd_bad hear(struct bfd *b, const u8 *at, const struct sock_info *info, ns_t now)
{
	struct bfd_peer *s;
	struct bfd_msg msg;
	enum bfd_bad bad;
	ns_t interval;
	u32 idx;

	if (info->ttl != BFD_TTL)
		return BFD_BAD_TTL;
	bad = bfd_msg_read(at, u32_min(info->bytes, BFD_BYTES_MAX), &msg);
	if (bad != BFD_GOOD)
		return bad;
	idx = find_peer(b, &msg, info);
	if (idx == IDX_NONE)
		return BFD_BAD_PEER;
	s = bfd_at(b, idx);
	if (!is_authentic(s, &msg, at, now)) {
		s->bad_auth++;
		return BFD_BAD_AUTH;
	}
	interval = bfd_interval(s);
	take(s, &msg);
	if (s->state == BFD_ADMIN_DOWN)
		return BFD_BAD_IGNORED;
	s->packets_in++;
	s->heard_ns = now;
	bfd_event(b, idx, (enum bfd_event)((u32)BFD_EV_RX_ADMIN_DOWN + (u32)msg.state), now);
	/* Section 6.5: whatever else there is to send, and when. */
	if ((msg.flags & BFD_POLL) != 0)
		bfd_send(b, idx, true, now);
	s->expires_ns = now + bfd_detection(s);
	if (interval != bfd_interval(s) || s->tx_ns == NS_NEVER || bfd_interval(s) == 0 ||
	    s->remote_demand)
		bfd_schedule(b, idx, now);
	bfd_set_due(b, idx);
	return BFD_GOOD;
}

void bfd_in(struct bfd *b, ns_t now)
{
	for (u32 n = 0; n < BFD_STEP_DATAGRAMS && b->sock != SOCK_ID_NONE; n++) {
		u8 bytes[BFD_BYTES_MAX];
		struct sock_buf buf = { .to = bytes, .bytes = sizeof bytes };
		struct sock_info info = { 0 };
		enum sock_error error = b->io.recv(b->io.ctx, b->sock, &buf, &info, now);

		if (error == SOCK_AGAIN || error == SOCK_BAD)
			return;
		if (error != SOCK_OK)
			continue;
		b->stats.packets_in++;
		b->stats.bad[hear(b, bytes, &info, now)]++;
	}
}
