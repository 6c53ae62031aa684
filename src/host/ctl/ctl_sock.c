/* Sockets as JSON. */
#include "host/ctl/ctl_sock.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <string.h>

#include "host/ctl/ctl_records.h"

static void put_end(struct evbuffer *out, const char *key, const struct sock_addr *end, bool ports)
{
	evbuffer_add_printf(out, ",\"%s\":{\"addr\":\"%s\"", key, ctl_addr_text(end->addr).text);
	if (ports)
		evbuffer_add_printf(out, ",\"port\":%u", be16_host(end->port));
	evbuffer_add_printf(out, "}");
}

static void put_flag(struct evbuffer *out, const char *key, bool on)
{
	if (on)
		evbuffer_add_printf(out, ",\"%s\":true", key);
}

static void put_number(struct evbuffer *out, const char *key, u64 number)
{
	if (number > 0)
		evbuffer_add_printf(out, ",\"%s\":%" PRIu64, key, number);
}

static void put_options(struct evbuffer *out, const struct sluice_tcp_info *info)
{
	put_flag(out, "wscale", info->wscale);
	put_flag(out, "timestamps", info->timestamps);
	put_flag(out, "sack", info->sack);
	put_flag(out, "ecn", info->ecn);
	put_flag(out, "nodelay", info->nodelay);
	put_flag(out, "cork", info->cork);
	put_flag(out, "keepalive", info->keepalive);
	put_flag(out, "app_limited", info->app_limited);
}

static void put_counts(struct evbuffer *out, const struct sluice_tcp_info *info)
{
	evbuffer_add_printf(out,
			    ",\"bytes_sent\":%" PRIu64 ",\"bytes_acked\":%" PRIu64
			    ",\"bytes_received\":%" PRIu64 ",\"bytes_again\":%" PRIu64
			    ",\"segs_out\":%u,\"segs_in\":%u",
			    info->bytes_sent, info->bytes_acked, info->bytes_received,
			    info->bytes_again, info->segs_out, info->segs_in);
	put_number(out, "timeouts", info->timeouts);
	put_number(out, "recoveries", info->recoveries);
}

static void put_info(struct evbuffer *out, const struct sluice_tcp_info *info)
{
	evbuffer_add_printf(out,
			    ",\"tcp\":{\"cc\":\"%s\",\"cc_state\":\"%s\",\"ca_state\":\"%s\","
			    "\"cwnd\":%u,\"cwnd_segments\":%u",
			    info->cc, info->cc_state, info->ca_state, info->cwnd_bytes,
			    info->cwnd_segments);
	put_number(out, "ssthresh", info->ssthresh_bytes);
	put_number(out, "in_flight", info->in_flight_bytes);
	put_number(out, "lost", info->lost_bytes);
	put_number(out, "sacked", info->sacked_bytes);
	evbuffer_add_printf(out,
			    ",\"snd_wnd\":%u,\"rcv_wnd\":%u,\"mss\":%u,\"pmtu\":%u,\"rto_ms\":%u",
			    info->snd_wnd, info->rcv_wnd, info->mss, info->pmtu, info->rto_ms);
	put_number(out, "srtt_us", info->srtt_us);
	put_number(out, "rttvar_us", info->rttvar_us);
	put_number(out, "min_rtt_us", info->min_rtt_us);
	put_number(out, "pacing_rate", info->pacing_rate);
	put_number(out, "delivery_rate", info->delivery_rate);
	put_options(out, info);
	put_counts(out, info);
	evbuffer_add_printf(out, ",\"age_ms\":%" PRIu64 ",\"heard_ms\":%" PRIu64 "}", info->age_ms,
			    info->heard_ms);
}

static void put_names(struct evbuffer *out, const struct sluice *s,
		      const struct sluice_sock_info *info)
{
	const struct iface_table *ifaces = sluice_ifaces(s);

	evbuffer_add_printf(out, "{");
	ctl_put_zone_name(out, s, "zone", info->zone);
	evbuffer_add_printf(out, "\"proto\":\"%s\",\"state\":\"%s\"",
			    ctl_proto_text(info->proto).text, info->state);
	put_flag(out, "raw", info->raw);
	if (info->leg != NULL)
		evbuffer_add_printf(out, ",\"leg\":\"%s\"", info->leg);
	put_end(out, "local", &info->local, !info->raw);
	if (info->peer.addr.raw != 0)
		put_end(out, "peer", &info->peer, !info->raw);
	if (info->iface < ifaces->count) {
		evbuffer_add_printf(out, ",\"interface\":");
		ctl_put_iface_name(out, ifaces, info->iface);
	}
}

void ctl_put_sock(struct evbuffer *out, const struct sluice *s, const struct sluice_sock_info *info)
{
	put_names(out, s, info);
	evbuffer_add_printf(out, ",\"recv_queue\":%" PRIu64 ",\"send_queue\":%" PRIu64,
			    info->recv_queue, info->send_queue);
	if (info->timer != NULL)
		evbuffer_add_printf(out, ",\"timer\":\"%s\",\"timer_ms\":%u,\"tries\":%u",
				    info->timer, info->timer_ms, info->tries);
	if (info->error != NULL)
		evbuffer_add_printf(out, ",\"error\":\"%s\"", info->error);
	if (info->signs != NULL)
		evbuffer_add_printf(out, ",\"signs\":\"%s\"", info->signs);
	if (info->signs != NULL && strcmp(info->signs, "ao") == 0)
		evbuffer_add_printf(out, ",\"key_id\":%u,\"rnext_key_id\":%u", info->key_id,
				    info->rnext_key_id);
	if (info->owned)
		evbuffer_add_printf(out, ",\"handle\":\"%016" PRIx64 "\"", info->handle);
	put_number(out, "datagrams_in", info->datagrams_in);
	put_number(out, "datagrams_out", info->datagrams_out);
	put_number(out, "dropped", info->dropped);
	if (info->has_info)
		put_info(out, &info->info);
	evbuffer_add_printf(out, "}");
}
