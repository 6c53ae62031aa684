/* The model's judgement of what came out. */
#include "model/model_in.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

void model_wrong(struct model *m, const char *format, ...)
{
	va_list args;

	if (m->why != NULL)
		return;
	va_start(args, format);
	vsnprintf(m->said, sizeof m->said, format, args);
	va_end(args);
	m->why = m->said;
}

struct model *model_new(const struct sluice_conf *conf, ns_t now)
{
	struct model *m = calloc(1, sizeof *m);

	if (m == NULL)
		abort();
	model_init(m, conf, now);
	return m;
}

/* The large arrays are not cleared: what is in use is counted, or marked. */
void model_init(struct model *m, const struct sluice_conf *conf, ns_t now)
{
	memset(m, 0, offsetof(struct model, flow));
	m->now = now;
	m->conf = conf;
	m->rest_count = 0;
	m->log_count = 0;
	m->judged = 0;
	m->slack_ns = 2 * NS_PER_MS;
	m->cur.active = false;
	m->cur.flow = MODEL_NONE;
	m->in_reass.top = m->out_reass.top = 0;
	model_configure(m, conf);
}

void model_del(struct model *m)
{
	free(m);
}

static void model_begin(struct model *m, ns_t now)
{
	m->now = now;
	memset(&m->cur, 0, offsetof(struct model_current, bytes));
	m->cur.flow = MODEL_NONE;
	if (m->flow_count + m->rest_count + 2 >=
	    u32_min(m->conf->nat.mapping_count, MODEL_REST_MAX))
		m->rest_void = now + m->conf->nat.quarantine_s * NS_PER_SEC;
	m->out_reass.top = 0;
	model_reass_expire(&m->in_reass, now, m->conf->reass.timeout_ns);
}

void model_quiet(struct model *m, ns_t now)
{
	model_begin(m, now);
	model_service_tick(m);
}

/* Whether the engine has room for one more piece, so that it keeps all of those that are here. */
static bool model_reass_sure(const struct model *m)
{
	const struct reass_conf *conf = &m->conf->reass;
	u32 queues = 0, pieces = 0;

	for (u32 n = 0; n < m->in_reass.top; n++) {
		const struct model_reass *r = &m->in_reass.entry[n];

		queues += r->used;
		pieces += r->used ? r->piece_count : 0;
	}
	return queues < u32_min(conf->queue_count, MODEL_REASS_MAX) &&
	       pieces < u32_min(conf->fragment_count, conf->fragments_per_source);
}

void model_segments(struct model *m, u16 gso_size)
{
	m->gso_size = gso_size;
}

void model_in(struct model *m, u16 in_if, u32 link_flags, const u8 *ip, u32 len, ns_t now)
{
	struct model_current *cur = &m->cur;
	bool certain = true;

	model_begin(m, now);
	cur->in_if = in_if;
	cur->zone = model_zone_of(m, in_if);
	cur->link_flags = link_flags & (PKT_LINK_OTHER | PKT_LINK_BROADCAST | PKT_LINK_MULTICAST);
	model_log_add(m, in_if, cur->link_flags, ip, len, false);
	if (len > IP4_LEN_MAX)
		len = IP4_LEN_MAX;
	if (!seen_parse(&cur->seen, ip, len) || cur->seen.len > len ||
	    cur->seen.len < cur->seen.hlen || (cur->seen.wrong & SEEN_IP_CSUM) != 0)
		return;
	if ((cur->link_flags & PKT_LINK_OTHER) != 0)
		return;
	cur->active = true;
	cur->len = cur->seen.len;
	if (seen_is_fragment(&cur->seen)) {
		bool sure = model_reass_sure(m);

		if (!sure)
			model_reass_doubt(&m->in_reass);
		cur->len = model_reass_add(
			&m->in_reass,
			&(struct model_fragment){ ip, &cur->seen, in_if, cur->zone,
						  cur->link_flags, now,
						  m->conf->reass.fragments_per_packet, sure },
			cur->bytes, &cur->parts);
		cur->active = cur->len > 0;
		if (!cur->active)
			return;
		certain = cur->parts.sure;
		cur->link_flags = cur->parts.link_flags;
		cur->in_if = cur->parts.in_if;
		model_log_add(m, in_if, cur->link_flags, cur->bytes, cur->len, true);
	} else {
		memcpy(cur->bytes, ip, cur->len);
		if (m->gso_size != 0)
			cur->segment = u32_min(cur->len,
					       cur->seen.hlen + cur->seen.l4_hlen + m->gso_size);
		if (cur->segment != 0)
			model_log_segment(m, m->gso_size);
		cur->parts = (struct model_parts){ 1, cur->segment != 0 ? cur->segment : cur->len,
						   cur->seen.df, cur->link_flags, in_if, true };
	}
	m->gso_size = 0;
	seen_parse(&cur->seen, cur->bytes, cur->len);
	model_fate(m, certain);
}

/* Ports and checksums aside, nothing behind the IP header may change. */
static bool model_same_payload(const struct model *m, const struct seen *seen, const u8 *ip)
{
	const struct model_current *cur = &m->cur;
	const u8 *in = cur->bytes + cur->seen.hlen;
	const u8 *out = ip + seen->hlen;
	u32 left = cur->len - cur->seen.hlen;

	if (seen->len - seen->hlen != left)
		return false;
	if (seen->proto == IP_PROTO_TCP)
		return memcmp(in + 4, out + 4, 12) == 0 &&
		       memcmp(in + 18, out + 18, left - 18) == 0;
	if (seen->proto == IP_PROTO_UDP || seen->proto == IP_PROTO_UDPLITE)
		return memcmp(in + 4, out + 4, 2) == 0 && memcmp(in + 8, out + 8, left - 8) == 0;
	if (seen->proto == IP_PROTO_SCTP)
		return memcmp(in + 4, out + 4, 4) == 0 &&
		       memcmp(in + 12, out + 12, left - 12) == 0;
	if (seen->proto == IP_PROTO_DCCP)
		return memcmp(in + 4, out + 4, 2) == 0 && memcmp(in + 8, out + 8, left - 8) == 0;
	if (seen->proto == IP_PROTO_ICMP)
		return memcmp(in, out, 2) == 0 && memcmp(in + 6, out + 6, left - 6) == 0;
	return memcmp(in, out, left) == 0;
}

static void model_judge_header(struct model *m, const struct seen *seen)
{
	const struct seen *in = &m->cur.seen;
	u16 was_zero = in->proto == IP_PROTO_UDP && in->csum == 0;

	if (seen->ttl != in->ttl - 1)
		model_wrong(m, "TTL %u became %u", in->ttl, seen->ttl);
	if (seen->tos != in->tos || seen->id != in->id || seen->hlen != in->hlen)
		model_wrong(m, "TOS, identifier or options changed on the way");
	if (in->proto == IP_PROTO_UDP && was_zero != (seen->csum == 0))
		model_wrong(m, "a UDP checksum appeared or vanished");
	if ((in->wrong & SEEN_L4_CSUM) != (seen->wrong & SEEN_L4_CSUM))
		model_wrong(m, "the transport checksum was %s and is %s",
			    (in->wrong & SEEN_L4_CSUM) != 0 ? "wrong" : "right",
			    (seen->wrong & SEEN_L4_CSUM) != 0 ? "wrong" : "right");
}

void model_judge_way_out(struct model *m, u16 out_if, u8 zone, be32 dst)
{
	be32 station;
	u16 want;

	if (!model_route(m, zone, dst, &want, &station))
		model_wrong(m, "forwarded without a route");
	else if (want != out_if)
		model_wrong(m, "left by interface %u instead of %u", out_if, want);
}

/* Whether two flows can not be in one table: each tuple of a flow stands there once. */
static bool model_flow_excludes(const struct model_flow *old, const struct model_tuple *in,
				const struct model_tuple *out)
{
	struct model_tuple old_back = model_tuple_reversed(&old->out);
	struct model_tuple back;

	if (model_tuple_eq(&old->in, in) || (old->known && model_tuple_eq(&old_back, in)))
		return true;
	if (out == NULL)
		return false;
	back = model_tuple_reversed(out);
	return model_tuple_eq(&old->in, &back) || (old->known && model_tuple_eq(&old->out, out));
}

/* Flows that have to be over, since another one is in their place. */
static void model_flow_forget(struct model *m, const struct model_tuple *in,
			      const struct model_tuple *out)
{
	for (u32 n = m->flow_count; n > 0; n--) {
		const struct model_flow *old = &m->flow[n - 1];

		if (old->proto == m->cur.seen.proto && model_flow_excludes(old, in, out)) {
			if (out != NULL && model_flow_lives(m, old) && !old->tcp_closing)
				model_wrong(m, "another flow took the place of one that stands");
			model_flow_del(m, n - 1);
		}
	}
}

/* The flow that matched is certainly over if another binding came out. */
static void model_judge_new(struct model *m, u16 out_if, const struct model_tuple *out)
{
	struct model_current *cur = &m->cur;
	struct model_flow *f;
	bool plain;

	if (!model_may_begin(m, &plain))
		model_wrong(m, "a packet that can not begin a flow was forwarded");
	if (!model_binding_ok(m, cur->seen.proto, cur->in_if, out_if, &cur->tuple, out))
		return;
	model_flow_forget(m, &cur->tuple, out);
	f = model_flow_add(m, cur->seen.proto, &cur->tuple);
	model_flow_bind(m, f, out);
	cur->flow = (u32)(f - m->flow);
	cur->reply = false;
	model_flow_seen(m, f, false, &cur->seen, true);
}

static void model_judge_forward(struct model *m, u16 out_if, const struct seen *seen, const u8 *ip)
{
	struct model_current *cur = &m->cur;
	struct model_tuple out, want;
	struct model_flow *f;

	if (++cur->forwarded > 1)
		model_wrong(m, "one packet went in and two came out");
	if (!cur->fate.may_forward)
		model_wrong(m, "forwarded a packet that must not be");
	if (!model_same_payload(m, seen, ip))
		model_wrong(m, "the payload changed on the way");
	model_judge_header(m, seen);
	if (!model_tuple_of(seen, model_zone_of(m, out_if), &out) || m->why != NULL)
		return;
	model_judge_way_out(m, out_if, out.zone, seen->dst);
	m->judged++;
	f = cur->flow == MODEL_NONE ? NULL : &m->flow[cur->flow];
	model_filter_forward_ok(m, out_if, seen, f);
	if (f != NULL) {
		want = cur->reply ? model_tuple_reversed(&f->in) : f->out;
		if (!f->known && f->moving && model_tuple_eq(&want, &out))
			model_flow_either(m, f);
	}
	if (f == NULL || !f->known) {
		model_judge_new(m, out_if, &out);
		return;
	}
	if (model_tuple_eq(&want, &out))
		model_flow_seen(m, f, cur->reply, &cur->seen, true);
	else if (model_flow_lives(m, f) && !(f->tcp_closing && model_is_syn(&cur->seen)))
		model_wrong(m, "a flow's packet left as port %u > %u instead of %u > %u", out.sport,
			    out.dport, want.sport, want.dport);
	else
		model_judge_new(m, out_if, &out);
}

static bool model_is_echo_answer(const struct model *m, const struct seen *seen)
{
	const struct seen *in = &m->cur.seen;

	return m->cur.active && in->proto == IP_PROTO_ICMP && in->type == ICMP_ECHO &&
	       seen->proto == IP_PROTO_ICMP && seen->type == ICMP_ECHO_REPLY &&
	       be32_eq(seen->dst, in->src) && be32_eq(seen->src, in->dst) &&
	       model_sees_own(m, m->cur.zone, in->dst);
}

/* What the gateway answers itself is a flow too; the answer has so many bytes. */
static void model_echo_flow(struct model *m, u32 len)
{
	struct model_current *cur = &m->cur;
	struct model_flow *f;

	if (cur->flow == MODEL_NONE) {
		model_flow_forget(m, &cur->tuple, NULL);
		cur->flow = m->flow_count;
		f = model_flow_add(m, IP_PROTO_ICMP, &cur->tuple);
		f->known = true;
		f->out = cur->tuple;
	}
	f = &m->flow[cur->flow];
	model_flow_seen(m, f, false, &cur->seen, true);
	model_flow_counted(f, true, len, true);
	f->answered_lo = f->answered_hi = true;
}

static void model_judge_echo(struct model *m, u16 out_if, const struct seen *seen)
{
	const struct seen *in = &m->cur.seen;

	if (++m->cur.echoes > 1)
		model_wrong(m, "two answers to one echo request");
	if (seen->icmp_id != in->icmp_id || seen->icmp_seq != in->icmp_seq ||
	    seen->data_len != in->data_len || memcmp(seen->data, in->data, in->data_len) != 0)
		model_wrong(m, "the echo reply does not return what was sent");
	if ((seen->wrong & SEEN_L4_CSUM) != 0)
		model_wrong(m, "the echo reply's checksum is wrong");
	if (!model_filter_takes_in(m, false))
		model_wrong(m, "an echo request was answered, and the rules forbid it");
	model_filter_output_ok(m, out_if, seen);
	if (!model_source_ok(m, m->cur.zone, in->src))
		model_wrong(m, "an echo reply to an address that is no host's");
	model_judge_way_out(m, out_if, m->cur.zone, seen->dst);
	model_echo_flow(m, seen->len);
}

static bool model_is_reset(const struct model *m, const struct seen *seen)
{
	const struct seen *in = &m->cur.seen;

	return m->cur.active && in->proto == IP_PROTO_TCP && seen->proto == IP_PROTO_TCP &&
	       (seen->flags & TCP_RST) != 0 && be32_eq(seen->dst, in->src) &&
	       be32_eq(seen->src, in->dst) && seen->sport == in->dport && seen->dport == in->sport;
}

/* RFC 9293 section 3.10.7.1. */
static void model_judge_reset(struct model *m, u16 out_if, const struct seen *seen)
{
	const struct seen *in = &m->cur.seen;
	u32 seg_len = in->data_len + ((in->flags & TCP_SYN) != 0) + ((in->flags & TCP_FIN) != 0);

	if (++m->cur.resets > 1)
		model_wrong(m, "two resets for one segment");
	model_judge_way_out(m, out_if, m->cur.zone, seen->dst);
	model_filter_output_ok(m, out_if, seen);
	if ((in->flags & TCP_RST) != 0)
		model_wrong(m, "a reset was answered by a reset");
	if (m->conf->iface[m->cur.in_if].side == IFACE_OUTSIDE && !m->cur.lost &&
	    !model_filter_rejects(m, FILTER_REJECT_RESET) &&
	    model_service_of(m, IP_PROTO_TCP, &m->cur.tuple, false) == NULL)
		model_wrong(m, "a reset was sent to the outside");
	if ((in->wrong & SEEN_L4_CSUM) != 0)
		model_wrong(m, "a damaged segment was answered by a reset");
	if ((seen->wrong & SEEN_L4_CSUM) != 0)
		model_wrong(m, "the reset's checksum is wrong");
	if ((in->flags & TCP_ACK) != 0) {
		if (seen->seq != in->ack || (seen->flags & TCP_ACK) != 0)
			model_wrong(m, "a reset for an ACK has to be <SEQ=SEG.ACK><CTL=RST>");
	} else if (seen->seq != 0 || (seen->flags & TCP_ACK) == 0 ||
		   seen->ack != in->seq + seg_len) {
		model_wrong(m, "a reset for no ACK has to be <SEQ=0><ACK=SEG.SEQ+SEG.LEN>");
	}
}

static void model_judge(struct model *m, u16 out_if, const struct seen *seen, const u8 *ip)
{
	const struct seen *in = &m->cur.seen;

	if (seen_is_icmp_error(seen)) {
		if (m->cur.active && seen_is_icmp_error(in) && seen->type == in->type &&
		    seen->code == in->code && m->cur.fate.may_forward)
			model_judge_related(m, out_if, seen, ip);
		else
			model_judge_error(m, out_if, seen, ip);
		return;
	}
	if (model_is_told(m, seen))
		model_judge_told(m, out_if, seen);
	else if (model_is_echo_answer(m, seen))
		model_judge_echo(m, out_if, seen);
	else if (model_is_reset(m, seen) && (in->flags & TCP_RST) == 0)
		model_judge_reset(m, out_if, seen);
	else if (m->cur.active && in->proto == seen->proto && !seen_is_icmp_error(in))
		model_judge_forward(m, out_if, seen, ip);
	else
		model_wrong(m, "a packet came out that nothing explains");
}

void model_out(struct model *m, u16 out_if, const u8 *ip, u32 len)
{
	static _Thread_local u8 whole[65536];
	struct seen seen;

	if (!seen_parse(&seen, ip, len) || (seen.wrong & (SEEN_CUT | SEEN_IP_CSUM)) != 0) {
		model_wrong(m, "a packet came out with a wrong IP header");
		return;
	}
	if (seen.len != len)
		model_wrong(m, "%u bytes left for an IP packet of %u", len, seen.len);
	if ((m->cur.segment != 0 ? u32_min(len, m->cur.segment) : len) > m->conf->iface[out_if].mtu)
		model_wrong(m, "%u bytes left by an interface with MTU %u", len,
			    m->conf->iface[out_if].mtu);
	if (seen_is_fragment(&seen)) {
		struct model_parts parts;
		u32 whole_len = model_reass_add(
			&m->out_reass,
			&(struct model_fragment){ ip, &seen, out_if, model_zone_of(m, out_if), 0,
						  m->now, MODEL_PIECE_MAX, true },
			whole, &parts);

		if (seen.df && m->cur.active && !m->cur.seen.df)
			model_wrong(m, "a fragment with DF");
		if (whole_len == 0)
			return;
		seen_parse(&seen, whole, whole_len);
		model_judge(m, out_if, &seen, whole);
		return;
	}
	model_judge(m, out_if, &seen, ip);
}

/* A packet that was not forwarded may have left a flow only when it died after confirmation: on
 * the link, waiting for a neighbour that is silent.                                              */
static void model_done_silent(struct model *m, bool cut_off)
{
	struct model_current *cur = &m->cur;
	u8 view = model_view(m, cur->zone, cur->seen.dst);
	be32 station;
	u16 out_if;
	bool plain;

	if (cur->flow != MODEL_NONE) {
		struct model_flow *f = &m->flow[cur->flow];

		/* If it was over, another one may have taken its place, with another binding. */
		if (!model_flow_lives(m, f) && cur->fate.may_forward && !cur->reply &&
		    (model_sees_public(m, cur->zone, cur->tuple.dst) ||
		     (model_route(m, view, cur->tuple.dst, &out_if, &station) &&
		      !model_station_answers(m, out_if, station)))) {
			if (f->known && f->turned)
				model_flow_split(m, cur->flow);
			f->moving = f->known || f->moving;
			f->known = false;
			/* Which services are asked for it. */
			f->inside = m->conf->iface[cur->in_if].side == IFACE_INSIDE;
		}
		model_flow_seen(m, f, cur->reply, &cur->seen, false);
		/* The gateway's answer may have been counted before it died. */
		if (!cur->reply && model_is_own(m, f->out.zone, f->out.dst))
			model_flow_counted(f, true, cur->len, false);
		return;
	}
	if (model_is_own(m, view, cur->seen.dst) && cur->seen.type == ICMP_ECHO &&
	    cur->seen.proto == IP_PROTO_ICMP && cur->tuple_known && !cur->refused &&
	    (cur->seen.wrong & SEEN_L4_CSUM) == 0) {
		/* Answered, and the answer died on its way. */
		model_echo_flow(m, cur->len);
		model_flow_recounted(&m->flow[cur->flow]);
		m->flow[cur->flow].answered_lo = false;
		m->flow[cur->flow].known = false;
		return;
	}
	if (cur->fate.may_forward && cur->tuple_known && model_may_begin(m, &plain) &&
	    (cut_off || cur->unreachable ||
	     (cur->errors == 0 &&
	      (m->lenient || model_sees_public(m, cur->zone, cur->tuple.dst))) ||
	     (model_route(m, view, cur->tuple.dst, &out_if, &station) &&
	      !model_station_answers(m, out_if, station)))) {
		struct model_flow *f;

		model_flow_forget(m, &cur->tuple, NULL);
		f = model_flow_add(m, cur->seen.proto, &cur->tuple);
		model_flow_counted(f, false, cur->len, false);
		f->tcp_step = 0xff;
		f->tcp_closing = (cur->seen.flags & (TCP_FIN | TCP_RST)) != 0 ||
				 (model_is_assoc(cur->seen.proto) &&
				  model_assoc_may_close(&cur->seen));
	}
}

/* What a piece of the packet carries: what came in pieces leaves in no longer ones. */
static u32 model_piece_bytes(const struct model *m, u16 out_if)
{
	u32 longest = m->conf->iface[out_if].mtu;

	if (m->cur.parts.count > 1)
		longest = u32_min(longest, m->cur.parts.largest);
	return (longest - IP4_HLEN_MIN) & ~7u;
}

/* More fragments than may wait for a neighbour (NEIGH_QUEUE_MAX): the first ones are lost. */
static bool model_too_many(const struct model *m)
{
	be32 station;
	u16 out_if;

	for (u32 n = 0; n < m->out_reass.top; n++) {
		const struct model_reass *r = &m->out_reass.entry[n];

		if (r->used && model_route(m, r->zone, r->dst, &out_if, &station))
			return m->cur.len / model_piece_bytes(m, out_if) >= NEIGH_QUEUE_MAX;
	}
	return false;
}

void model_pushed_out(struct model *m)
{
	struct model_fate *fate = &m->cur.fate;

	m->cur.pushed_out = true;
	fate->must_forward = fate->must_error = fate->must_echo = false;
	fate->must_reset = fate->must_tell = false;
}

void model_done(struct model *m)
{
	struct model_current *cur = &m->cur;
	const struct model_fate *fate = &cur->fate;
	bool too_many = cur->pushed_out || model_too_many(m);

	for (u32 n = 0; n < m->out_reass.top; n++) {
		if (m->out_reass.entry[n].used && !too_many)
			model_wrong(m, "not all fragments of a packet came out");
	}
	if (!cur->active)
		return;
	if (fate->must_forward && cur->forwarded == 0 && !too_many)
		model_wrong(m, "a packet that has to be forwarded did not come out");
	if (fate->must_error && cur->errors == 0)
		model_wrong(m, "ICMP error %u/%u was due and did not come", fate->error_type,
			    fate->error_code);
	if (fate->must_echo && cur->echoes == 0)
		model_wrong(m, "an echo request was not answered");
	if (fate->must_reset && cur->resets == 0)
		model_wrong(m, "a reset was due and did not come");
	if (fate->must_tell && cur->told == 0)
		model_wrong(m, "a client was not told that its server is lost");
	if (cur->forwarded + cur->echoes + cur->resets > 0)
		model_log_end(m);
	if (cur->forwarded == 0 && !seen_is_icmp_error(&cur->seen))
		model_done_silent(m, too_many);
	cur->active = false;
}
