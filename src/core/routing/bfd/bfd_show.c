/* Sessions, for people. */
#include "core/routing/bfd/bfd_part.h"

u32 bfd_show(const struct bfd *b, u32 *cursor, struct bfd_info *out, u32 max, ns_t now)
{
	u32 count = 0;

	for (; *cursor < b->peers.cap && count < max; (*cursor)++) {
		const struct bfd_peer *s = bfd_at(b, *cursor);

		if (!slab_is_live(&b->peers, *cursor))
			continue;
		out[count++] = (struct bfd_info){
			.id = *cursor,
			.addr = s->addr,
			.local = s->local,
			.iface = s->iface,
			.port = s->port,
			.sources = bfd_sources(s),
			.state = s->state,
			.remote_state = s->remote_state,
			.diag = s->diag,
			.remote_diag = s->remote_diag,
			.mine = s->mine,
			.yours = s->yours,
			.tx_us = (u32)(bfd_interval(s) / NS_PER_US),
			.detect_us = (u32)(bfd_detection(s) / NS_PER_US),
			.multiplier = s->params.multiplier,
			.remote_multiplier = s->remote_multiplier,
			.auth = s->params.auth.kind,
			.polling = s->polling,
			.since_ns = now - s->since_ns,
			.ups = s->ups,
			.downs = s->downs,
			.packets_in = s->packets_in,
			.packets_out = s->packets_out,
			.unexpected = s->unexpected,
			.bad_auth = s->bad_auth,
		};
	}
	return count;
}
