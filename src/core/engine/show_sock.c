/* Sockets as records: datagram endpoints, listeners, half-open handshakes, connections, TIME-WAIT;
 * and the legs of split connections, which are connections of the gateway's own, too.
 *
 * One cursor goes through all six tables, one behind the other.                                  */
#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

enum {
	SHOW_LOOK_MAX = 4096, /* entries looked at in one call */
	STATE_UNCONNECTED = TCP_STATE_COUNT,
};

static const char unconnected[] = "unconnected";

const char *sluice_socket_state_name(u32 index)
{
	if (index < TCP_STATE_COUNT)
		return tcp_state_name(index);
	return index == STATE_UNCONNECTED ? unconnected : NULL;
}

/* ---- states by several ----------------------------------------------------------------------- */

#define BIT(state) (UINT32_C(1) << (state))
#define APART      (BIT(STATE_UNCONNECTED) | BIT(TCP_LISTEN) | BIT(TCP_CLOSED))
#define RECORDS    (BIT(TCP_SYN_RECEIVED) | BIT(TCP_TIME_WAIT))

/* The groups of ss(8). */
static const struct {
	const char *name;
	u32 states; /* a bit of each, by sluice_socket_state_name() */
} groups[] = {
	{ "connected", ~APART },
	{ "synchronized", ~(APART | BIT(TCP_SYN_SENT)) },
	{ "bucket", RECORDS },
	{ "big", ~RECORDS },
};

const char *sluice_socket_states_name(u32 index)
{
	return index < ARRAY_COUNT(groups) ? groups[index].name : NULL;
}

static bool state_is(const char *state, const char *wanted)
{
	const char *name;

	if (text_equal(state, wanted, UINT32_MAX))
		return true;
	for (u32 at = 0; at < ARRAY_COUNT(groups); at++) {
		if (!text_equal(groups[at].name, wanted, UINT32_MAX))
			continue;
		for (u32 idx = 0; (name = sluice_socket_state_name(idx)) != NULL; idx++) {
			if (text_equal(name, state, UINT32_MAX))
				return (groups[at].states & BIT(idx)) != 0;
		}
	}
	return false;
}

/* ---- the tables ------------------------------------------------------------------------------ */

static u32 ms_until(ns_t when, ns_t now)
{
	return when <= now ? 0 : (u32)u64_min((when - now) / NS_PER_MS, UINT32_MAX);
}

static void owner_shown(const struct sluice *s, u32 idx, u64 under, struct sluice_sock_info *out)
{
	const struct sock_table *t = &s->socks;

	out->owned = idx < t->socks.cap && slab_is_live(&t->socks, idx) &&
		     sock_at(t, idx)->under == under;
	if (out->owned)
		out->handle = sock_id_of(t, sock_at(t, idx));
}

static void dgram_shown(const struct sluice *s, u32 idx, struct sluice_sock_info *out)
{
	const struct udp_end *end = end_at(&s->socks.udp, idx);

	*out = (struct sluice_sock_info){
		.proto = end->key.proto,
		.raw = end->key.raw,
		.zone = end->key.zone,
		.state = end->key.peer.raw != 0 ? tcp_state_name(TCP_ESTABLISHED) : unconnected,
		.local = { end->key.local, end->key.local_port },
		.peer = { end->key.peer, end->key.peer_port },
		.iface = end->key.iface,
		.recv_queue = end->bytes,
		.datagrams_in = end->datagrams_in,
		.datagrams_out = end->datagrams_out,
		.dropped = end->dropped,
	};
	owner_shown(s, end->owner, (u64)end->gen << 32 | idx, out);
}

static void tcp_shown(const struct tcp_key *key, enum tcp_state state, struct sluice_sock_info *out)
{
	*out = (struct sluice_sock_info){
		.proto = IP_PROTO_TCP,
		.zone = key->zone,
		.state = tcp_state_name(state),
		.local = { key->local, key->local_port },
		.peer = { key->peer, key->peer_port },
		.iface = IFACE_NONE,
	};
}

static void signs_shown(const struct sluice *s, const struct auth_state *state,
			struct sluice_sock_info *out)
{
	struct tcp_keys_use use = auth_use(&s->socks.tcp, state);

	if (use.kind == TCP_AUTH_NONE)
		return;
	out->signs = use.kind == TCP_AUTH_MD5 ? "md5" : "ao";
	out->key_id = use.current_id;
	out->rnext_key_id = use.rnext_id;
}

static void listener_shown(const struct sluice *s, u32 idx, struct sluice_sock_info *out)
{
	const struct listener *listener = slab_at(&s->socks.tcp.listen.listeners, idx);
	struct tcp_key key = { .local = listener->addr,
			       .local_port = listener->port,
			       .zone = listener->zone };

	tcp_shown(&key, TCP_LISTEN, out);
	out->recv_queue = listener->waiting;
	out->send_queue = listener->backlog;
	owner_shown(s, listener->owner, (u64)listener->gen << 32 | idx, out);
}

static void half_open_shown(const struct sluice *s, u32 idx, ns_t now, struct sluice_sock_info *out)
{
	const struct half_open *half = slab_at(&s->socks.tcp.listen.half_open, idx);
	struct auth_state state;

	tcp_shown(&half->key, TCP_SYN_RECEIVED, out);
	signs_shown(s, auth_of_half_open(&s->socks.tcp, half, &state), out);
	out->timer = "retransmit";
	out->timer_ms = ms_until(half->due_ns, now);
	out->tries = half->level;
}

static void time_wait_shown(const struct sluice *s, u32 idx, ns_t now, struct sluice_sock_info *out)
{
	const struct time_wait *wait = slab_at(&s->socks.tcp.timewait.slab, idx);

	tcp_shown(&wait->key, TCP_TIME_WAIT, out);
	signs_shown(s, timewait_auth(&s->socks.tcp, idx), out);
	out->timer = "time-wait";
	out->timer_ms = ms_until(wait->due_ns, now);
}

/* ---- a connection ---------------------------------------------------------------------------- */

static const char *timer_name(const struct tcb *tcb, enum tcp_timer timer)
{
	static const char *const names[TCP_TIMER_COUNT] = {
		[TCP_TIMER_RETRANSMIT] = "retransmit", [TCP_TIMER_REORDER] = "reorder",
		[TCP_TIMER_PERSIST] = "persist",       [TCP_TIMER_DELACK] = "delack",
		[TCP_TIMER_KEEPALIVE] = "keepalive",   [TCP_TIMER_END] = "end",
		[TCP_TIMER_PACING] = "pacing",
	};

	return timer == TCP_TIMER_RETRANSMIT && tcb->retransmit_is_probe ? "probe" : names[timer];
}

/* The one that is due first. */
static void timer_shown(const struct tcb *tcb, ns_t now, struct sluice_sock_info *out)
{
	u32 first = 0;

	for (u32 at = 1; at < TCP_TIMER_COUNT; at++) {
		if (tcb->timer[at] < tcb->timer[first])
			first = at;
	}
	if (tcb->timer[first] == NS_NEVER)
		return;
	out->timer = timer_name(tcb, (enum tcp_timer)first);
	out->timer_ms = ms_until(tcb->timer[first], now);
	out->tries = first == TCP_TIMER_KEEPALIVE ? tcb->keep_probes
		     : first == TCP_TIMER_PERSIST ? tcb->persist_shift
						  : tcb->backoff;
}

static const char *ca_name(const struct tcb *tcb)
{
	static const char *const names[] = {
		[TCP_CA_OPEN] = "open",
		[TCP_CA_DISORDER] = "disorder",
		[TCP_CA_RECOVERY] = "recovery",
		[TCP_CA_LOSS] = "loss",
	};

	return tcb->ca < ARRAY_COUNT(names) ? names[tcb->ca] : "";
}

static void path_shown(const struct tcb *tcb, ns_t now, struct sluice_tcp_info *out)
{
	out->mss = tcb->snd_mss;
	out->pmtu = tcb->pmtu;
	out->srtt_us = tcb->srtt_ns / NS_PER_US;
	out->rttvar_us = tcb->rttvar_ns / NS_PER_US;
	out->rto_ms = (u32)(tcb->rto_ns / NS_PER_MS);
	out->pacing_rate = tcb->air->cc.pacing_rate;
	out->delivery_rate = tcb->air->rate_last;
	out->app_limited = tcb->air->rate_app_limited;
	out->age_ms = (now - u64_min(tcb->born_ns, now)) / NS_PER_MS;
	out->heard_ms = (now - u64_min(tcb->last_rx_ns, now)) / NS_PER_MS;
}

/* Who rests has no state of congestion control, but what is left of it. */
static void cc_shown(const struct tcb *tcb, struct sluice_tcp_info *out)
{
	struct tcp_rest rest = tcb->rest;

	out->cc = tcb->cc_ops->name;
	out->cc_state = "";
	if (tcb_has_air(tcb)) {
		rest = (struct tcp_rest){ .min_rtt_ns = tcb->air->cc.min_rtt_ns,
					  .cwnd = tcb->air->cc.cwnd,
					  .ssthresh = tcb->air->cc.ssthresh };
		if (tcb->state >= TCP_ESTABLISHED)
			out->cc_state = tcb->cc_ops->state(&tcb->air->cc);
	} else if (tcb->state >= TCP_ESTABLISHED) {
		out->cc_state = "resting";
	}
	out->cwnd_bytes = rest.cwnd;
	out->cwnd_segments = tcb->snd_mss > 0 ? rest.cwnd / tcb->snd_mss : 0;
	out->ssthresh_bytes = rest.ssthresh == UINT32_MAX ? 0 : rest.ssthresh;
	out->min_rtt_us = rest.min_rtt_ns == NS_NEVER ? 0 : rest.min_rtt_ns / NS_PER_US;
}

static void info_shown(const struct tcb *tcb, ns_t now, struct sluice_tcp_info *out)
{
	*out = (struct sluice_tcp_info){
		.ca_state = ca_name(tcb),
		.in_flight_bytes = tcb_in_flight(tcb),
		.lost_bytes = tcb->air->lost_bytes,
		.sacked_bytes = tcb->air->sacked_bytes,
		.snd_wnd = tcb->snd_wnd,
		.rcv_wnd = tcb->rcv_adv - tcb->rcv_nxt,
		.wscale = (tcb->flags & TCB_WSCALE) != 0,
		.timestamps = (tcb->flags & TCB_TS) != 0,
		.sack = (tcb->flags & TCB_SACK) != 0,
		.ecn = (tcb->flags & TCB_ECN) != 0,
		.nodelay = (tcb->flags & TCB_NODELAY) != 0,
		.cork = (tcb->flags & TCB_CORK) != 0,
		.keepalive = (tcb->flags & TCB_KEEPALIVE) != 0,
		.bytes_sent = tcb->bytes_sent,
		.bytes_acked = tcb->bytes_acked,
		.bytes_received = tcb->bytes_received,
		.bytes_again = tcb->bytes_again,
		.segs_out = tcb->segs_out,
		.segs_in = tcb->segs_in,
		.timeouts = tcb->timeouts,
		.recoveries = tcb->recoveries,
	};
	cc_shown(tcb, out);
	path_shown(tcb, now, out);
}

static void connection_shown(const struct tcb *tcb, ns_t now, struct sluice_sock_info *out)
{
	tcp_shown(&tcb->key, (enum tcp_state)tcb->state, out);
	out->recv_queue = tcb->rcv.len;
	out->send_queue = tcb->snd.len;
	out->has_info = true;
	if (tcb->error != TCP_ERR_NONE)
		out->error = tcp_error_text((enum tcp_error)tcb->error);
	timer_shown(tcb, now, out);
	info_shown(tcb, now, &out->info);
}

static void tcb_shown(const struct sluice *s, u32 idx, ns_t now, struct sluice_sock_info *out)
{
	const struct tcb *tcb = tcb_at(&s->socks.tcp, idx);

	connection_shown(tcb, now, out);
	signs_shown(s, auth_at(&s->socks.tcp, tcb->auth), out);
	/* Who waits to be accepted has no owner but the listener. */
	if ((tcb->flags & (TCB_ACCEPTED | TCB_ORPHAN)) == TCB_ACCEPTED)
		owner_shown(s, tcb->owner, tcp_id_at(&s->socks.tcp, idx), out);
}

/* Its addresses are those that the client sees, also of the leg to the server. */
static void leg_shown(const struct sluice *s, u32 idx, ns_t now, struct sluice_sock_info *out)
{
	const struct tcb *tcb = tcb_at(&s->splice.tcp, idx);

	connection_shown(tcb, now, out);
	out->leg = splice_is_outside(tcb->key.zone) ? "outside" : "inside";
	out->zone = tcb->key.zone & (u8)~SPLICE_ZONE_BITS;
}

/* ---- the walk -------------------------------------------------------------------------------- */

enum sock_part {
	PART_DGRAM,
	PART_LISTENER,
	PART_HALF_OPEN,
	PART_TCB,
	PART_TIME_WAIT,
	PART_LEG,
	PARTS
};

static const struct slab *part_slab(const struct sluice *s, enum sock_part part)
{
	const struct sock_table *t = &s->socks;

	switch (part) {
	case PART_DGRAM: return &t->udp.ends;
	case PART_LISTENER: return &t->tcp.listen.listeners;
	case PART_HALF_OPEN: return &t->tcp.listen.half_open;
	case PART_TCB: return &t->tcp.tcbs;
	case PART_LEG: return &s->splice.tcp.tcbs;
	case PART_TIME_WAIT:
	case PARTS: break;
	}
	return &t->tcp.timewait.slab;
}

static void part_shown(const struct sluice *s, enum sock_part part, u32 idx, ns_t now,
		       struct sluice_sock_info *out)
{
	switch (part) {
	case PART_DGRAM: dgram_shown(s, idx, out); return;
	case PART_LISTENER: listener_shown(s, idx, out); return;
	case PART_HALF_OPEN: half_open_shown(s, idx, now, out); return;
	case PART_TCB: tcb_shown(s, idx, now, out); return;
	case PART_TIME_WAIT: time_wait_shown(s, idx, now, out); return;
	case PART_LEG: leg_shown(s, idx, now, out); return;
	case PARTS: return;
	}
}

static bool holds(be32 prefix, u8 len, be32 addr)
{
	return ((be32_host(addr) ^ be32_host(prefix)) & ip4_mask(len)) == 0;
}

static bool end_matches(const struct sluice_sock_end *wanted, const struct sock_addr *end)
{
	u16 port = be16_host(end->port);

	return holds(wanted->addr, wanted->addr_len, end->addr) &&
	       (wanted->port_first == 0 ||
		(port >= wanted->port_first && port <= wanted->port_last));
}

static bool matches(const struct sluice_sock_info *info, const struct sluice_sock_filter *filter)
{
	const struct sluice_flow_filter *any = &filter->any;

	if (any->proto != 0 && any->proto != info->proto)
		return false;
	if (any->by_zone && any->zone != info->zone)
		return false;
	if (any->state != NULL && !state_is(info->state, any->state))
		return false;
	if (any->port != 0 && any->port != be16_host(info->local.port) &&
	    any->port != be16_host(info->peer.port))
		return false;
	if (!holds(any->addr, any->addr_len, info->local.addr) &&
	    !holds(any->addr, any->addr_len, info->peer.addr))
		return false;
	return end_matches(&filter->local, &info->local) && end_matches(&filter->peer, &info->peer);
}

/* The table and the place in it that a cursor stands for; false: behind the last. */
static bool cursor_place(const struct sluice *s, u32 cursor, enum sock_part *part, u32 *idx)
{
	for (u32 at = 0; at < PARTS; at++) {
		u32 cap = part_slab(s, (enum sock_part)at)->cap;

		if (cursor < cap) {
			*part = (enum sock_part)at;
			*idx = cursor;
			return true;
		}
		cursor -= cap;
	}
	return false;
}

u32 sluice_show_sockets(const struct sluice *s, const struct sluice_sock_filter *filter, ns_t now,
			u32 *cursor, struct sluice_sock_info *out, u32 max)
{
	enum sock_part part;
	u32 found = 0, idx;

	for (u32 looked = 0; looked < SHOW_LOOK_MAX && found < max; looked++) {
		if (*cursor == SLUICE_CURSOR_END || !cursor_place(s, *cursor, &part, &idx)) {
			*cursor = SLUICE_CURSOR_END;
			break;
		}
		(*cursor)++;
		if (!slab_is_live(part_slab(s, part), idx))
			continue;
		part_shown(s, part, idx, now, &out[found]);
		found += matches(&out[found], filter);
	}
	return found;
}

/* ---- what was counted ------------------------------------------------------------------------ */

static u32 counters_of_udp(const struct sluice *s, struct sluice_counter *out)
{
	const struct udp_stats *udp = &s->socks.udp.stats;
	const struct sluice_counter some[] = {
		{ "sock_packets_in", "packets for sockets", "", s->path.stats.to_sock },
		{ "sock_packets_out", "packets that sockets sent", "", s->path.stats.of_sock },
		{ "udp_in", "datagrams given to sockets", "RFC 768", udp->datagrams_in },
		{ "udp_out", "datagrams that sockets sent", "RFC 768", udp->datagrams_out },
		{ "udp_bad_checksum", "datagrams with a wrong checksum", "RFC 768",
		  udp->bad_checksum },
		{ "udp_queue_full", "datagrams dropped, their socket's queue was full", "",
		  udp->queue_full },
		{ "udp_datagrams_full", "datagrams dropped, the queues of all were full", "",
		  udp->datagrams_full },
		{ "udp_no_packet", "datagrams dropped, no buffer was free", "", udp->no_packet },
		{ "udp_outbox_full", "datagrams not taken, too many wait to leave", "",
		  udp->outbox_full },
	};

	memcpy(out, some, sizeof some);
	return ARRAY_COUNT(some);
}

static u32 counters_of_tcp(const struct sluice *s, struct sluice_counter *out)
{
	const struct tcp_stats *tcp = &s->socks.tcp.stats;
	const struct sluice_counter some[] = {
		{ "tcp_segs_in", "segments for the gateway's own connections", "", tcp->segs_in },
		{ "tcp_segs_again", "segments sent again", "RFC 6298", tcp->segs_again },
		{ "tcp_opened_active", "connections begun here", "", tcp->opened_active },
		{ "tcp_opened_passive", "connections that others began", "", tcp->opened_passive },
		{ "tcp_established", "connections that came to stand", "", tcp->established },
		{ "tcp_failed_opens", "connections that did not", "", tcp->failed_opens },
		{ "tcp_bad_segments", "segments that were damaged", "RFC 9293 3.1",
		  tcp->bad_segments },
		{ "tcp_no_tcb", "connections refused, limit of control blocks", "", tcp->no_tcb },
		{ "tcp_no_air", "moments in which data waited, limit of connections in flight", "",
		  tcp->no_air },
		{ "tcp_no_record", "moments in which data waited, limit of segments in flight", "",
		  tcp->no_record },
		{ "tcp_syn_dropped", "SYNs dropped, half-open ones full", "RFC 4987",
		  tcp->syn_dropped },
		{ "tcp_cookies_sent", "SYNs answered by a cookie", "RFC 4987", tcp->cookies_sent },
		{ "tcp_cookies_bad", "ACKs that brought no cookie of ours", "RFC 4987",
		  tcp->cookies_bad },
		{ "tcp_accept_full", "handshakes that no one accepted in time", "",
		  tcp->accept_full },
		{ "tcp_timeouts", "retransmission timers that expired", "RFC 6298", tcp->timeouts },
		{ "tcp_auth_missing", "segments that their sender should have signed",
		  "RFC 2385, 5925", tcp->auth_missing },
		{ "tcp_auth_malformed", "segments that were signed twice, or in another length",
		  "RFC 5925 2.2", tcp->auth_malformed },
		{ "tcp_auth_unknown_key", "segments with a KeyID that is none of ours",
		  "RFC 5925 7.5", tcp->auth_unknown_key },
		{ "tcp_auth_wrong", "segments whose code was not theirs", "RFC 2385, 5925",
		  tcp->auth_wrong },
		{ "tcp_auth_unexpected", "signed segments of who has no keys here", "RFC 5925 7.3",
		  tcp->auth_unexpected },
		{ "tcp_auth_icmp", "ICMP errors that keys made harmless", "RFC 5925 7.8",
		  tcp->auth_icmp },
		{ "tcp_no_auth", "connections refused, limit of those with keys", "",
		  tcp->no_auth },
		{ "tcp_time_wait_full", "records of TIME-WAIT that went early", "RFC 9293 3.6.1",
		  tcp->time_wait_full },
	};

	memcpy(out, some, sizeof some);
	return ARRAY_COUNT(some);
}

u32 engine_counters_of_socks(const struct sluice *s, struct sluice_counter *out)
{
	u32 count;

	if (sock_is_off(&s->socks))
		return 0;
	count = counters_of_udp(s, out);
	return count + counters_of_tcp(s, out + count);
}
