/* The model's flow table: a list. */
#include "model/model_in.h"

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

/* A flow that nobody looks up is ended by the tick that comes to its slot. */
#define MODEL_SWEEP_NS (2500 * NS_PER_MS)

bool model_tuple_eq(const struct model_tuple *a, const struct model_tuple *b)
{
	return a->zone == b->zone && be32_eq(a->src, b->src) && be32_eq(a->dst, b->dst) &&
	       a->sport == b->sport && a->dport == b->dport;
}

struct model_tuple model_tuple_reversed(const struct model_tuple *t)
{
	return (struct model_tuple){ t->dst, t->src, t->dport, t->sport, t->zone };
}

/* Ports, or what has their place; for an ICMP query the identifier stands on the asking side, type
 * and code of the request on the other.                                                          */
bool model_tuple_of(const struct seen *seen, u8 zone, struct model_tuple *t)
{
	*t = (struct model_tuple){ seen->src, seen->dst, seen->sport, seen->dport, zone };
	if (seen->proto != IP_PROTO_ICMP)
		return true;
	if (icmp_is_request(seen->type)) {
		t->sport = seen->icmp_id;
		t->dport = (u16)(seen->type << 8 | seen->code);
		return true;
	}
	if (!icmp_is_reply(seen->type))
		return false;
	t->sport = (u16)(icmp_request_of(seen->type) << 8 | seen->code);
	t->dport = seen->icmp_id;
	return true;
}

bool model_flow_is_translated(const struct model_flow *f)
{
	struct model_tuple out = f->out;

	out.zone = f->in.zone;
	return !model_tuple_eq(&f->in, &out);
}

/* Was its source translated by a rule with endpoint-independent mapping? */
bool model_flow_is_eim(const struct model *m, const struct model_flow *f)
{
	const struct nat_rule_conf *rule = model_rule_outside(m, f->in.zone, f->in.src);
	be32 outside;

	return rule != NULL && !model_is_exempt(m, f->proto, &f->in) &&
	       model_is_eim(rule, f->proto) && !be32_eq(f->in.src, f->out.src) &&
	       !model_static_out(m, f->in.zone, f->in.src, &outside);
}

static u64 model_timeout(const struct model *m, enum ct_timeout class)
{
	return m->conf->ct.timeout_s[class] * NS_PER_SEC;
}

/* The first and the last class that a connection may be in, whatever its state. */
static void model_classes(const struct model_flow *f, u32 *first, u32 *last)
{
	*first = CT_TIMEOUT_TCP_OPENING;
	*last = CT_TIMEOUT_TCP_CLOSED;
	if (f->proto == IP_PROTO_SCTP) {
		*first = CT_TIMEOUT_SCTP_OPENING;
		*last = CT_TIMEOUT_SCTP_CLOSED;
	} else if (f->proto == IP_PROTO_DCCP) {
		*first = CT_TIMEOUT_DCCP_OPENING;
		*last = CT_TIMEOUT_DCCP_CLOSING;
	}
	if (f->proto == IP_PROTO_TCP && f->tcp_step == 3 && !f->tcp_closing)
		*first = *last = CT_TIMEOUT_TCP_ESTABLISHED;
	if (model_is_assoc(f->proto) && model_assoc_is_open(f))
		*first = *last = f->proto == IP_PROTO_SCTP ? CT_TIMEOUT_SCTP_ESTABLISHED
							   : CT_TIMEOUT_DCCP_OPEN;
}

static bool model_has_states(u8 proto)
{
	return proto == IP_PROTO_TCP || model_is_assoc(proto);
}

bool model_is_udp(u8 proto)
{
	return proto == IP_PROTO_UDP || proto == IP_PROTO_UDPLITE;
}

static u64 model_longest(const struct model *m, const struct model_flow *f)
{
	u32 first, last;
	u64 most = 0;

	if (model_has_states(f->proto)) {
		model_classes(f, &first, &last);
		for (u32 class = first; class <= last; class ++) {
			if (model_timeout(m, class) > most)
				most = model_timeout(m, class);
		}
		return most;
	}
	if (f->proto == IP_PROTO_ICMP)
		return model_timeout(m, CT_TIMEOUT_ICMP);
	if (!model_is_udp(f->proto))
		return model_timeout(m, CT_TIMEOUT_GENERIC);
	if (f->answered_lo)
		return model_timeout(m, CT_TIMEOUT_UDP);
	most = model_timeout(m, CT_TIMEOUT_UDP_NEW);
	if (f->answered_hi && model_timeout(m, CT_TIMEOUT_UDP) > most)
		return model_timeout(m, CT_TIMEOUT_UDP);
	return most;
}

static u64 model_shortest(const struct model *m, const struct model_flow *f)
{
	u64 least = NS_NEVER;
	u32 first, last;

	if (model_has_states(f->proto)) {
		model_classes(f, &first, &last);
		for (u32 class = first; class <= last; class ++)
			least = u64_min(least, model_timeout(m, class));
		return least;
	}
	if (model_is_udp(f->proto) && !f->answered_lo) {
		least = model_timeout(m, CT_TIMEOUT_UDP_NEW);
		return f->answered_hi ? u64_min(least, model_timeout(m, CT_TIMEOUT_UDP)) : least;
	}
	return model_longest(m, f);
}

bool model_flow_in_time(const struct model *m, const struct model_flow *f)
{
	if (!f->answered_lo && model_table_tight(m))
		return false;
	/* Other rules may have ended it. */
	if (f->rules != m->rules && m->filter.reclassify)
		return false;
	/* A closed connection gives its port up when there is no other. */
	if (f->tcp_closing && m->lenient)
		return false;
	return m->now + m->slack_ns < f->seen_lo + model_shortest(m, f);
}

bool model_flow_lives(const struct model *m, const struct model_flow *f)
{
	return model_is_stale(m, f) == MODEL_NO && model_flow_in_time(m, f);
}

void model_flow_bind(struct model *m, struct model_flow *f, const struct model_tuple *out)
{
	be32 inside;
	u8 zone;

	f->known = true;
	f->moving = false;
	f->out = *out;
	f->eim = model_flow_is_eim(m, f);
	f->fixed = model_static_in(m, f->in.dst, &zone, &inside);
	model_flow_serve(m, f);
}

bool model_flow_may_stand(const struct model *m, const struct model_flow *f)
{
	return m->now <= f->seen_hi + model_longest(m, f) + MODEL_SWEEP_NS ||
	       m->now <= m->changed + MODEL_SWEEP_NS;
}

bool model_flow_may_live(const struct model *m, const struct model_flow *f)
{
	return m->now < f->seen_hi + model_longest(m, f) + m->slack_ns;
}

u32 model_flow_find(const struct model *m, u8 proto, const struct model_tuple *t, bool *reply)
{
	struct model_tuple reversed = model_tuple_reversed(t);
	u32 found = MODEL_NONE;

	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];
		bool is_reply;

		if (f->proto != proto)
			continue;
		/* Who talks to itself has one tuple for both directions. */
		is_reply = f->known && model_tuple_eq(&f->out, &reversed) &&
			   !model_tuple_eq(&f->in, t);
		if (!is_reply && !model_tuple_eq(&f->in, t))
			continue;
		if (model_flow_may_live(m, f) && (found == MODEL_NONE || model_flow_lives(m, f))) {
			*reply = is_reply;
			found = n;
		}
	}
	return found;
}

static void model_flow_tcp(struct model_flow *f, bool reply, const struct seen *seen)
{
	u8 flags = seen->flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);

	if ((flags & (TCP_FIN | TCP_RST)) != 0)
		f->tcp_closing = true;
	if (f->tcp_step == 3 && (flags & TCP_SYN) == 0)
		return;
	if (f->tcp_step == 0 && !reply && flags == TCP_SYN) {
		f->tcp_step = 1;
		f->tcp_isn[0] = seen->seq;
	} else if (f->tcp_step == 1 && reply && flags == (TCP_SYN | TCP_ACK) &&
		   seen->ack == f->tcp_isn[0] + 1) {
		f->tcp_step = 2;
		f->tcp_isn[1] = seen->seq;
	} else if (f->tcp_step == 2 && !reply && flags == TCP_ACK &&
		   seen->seq == f->tcp_isn[0] + 1 && seen->ack == f->tcp_isn[1] + 1) {
		f->tcp_step = 3;
	} else if (!(f->tcp_step == 1 && !reply && flags == TCP_SYN &&
		     seen->seq == f->tcp_isn[0]) &&
		   !(f->tcp_step == 2 && reply && flags == (TCP_SYN | TCP_ACK) &&
		     seen->seq == f->tcp_isn[1])) {
		f->tcp_step = 0xff;
	}
}

/* RFC 4787 REQ-6 (a). What the gateway answers itself is refreshed by the answer. */
static bool model_refreshes(const struct model *m, const struct model_flow *f)
{
	return !m->conf->ct.outbound_refresh_only ||
	       m->conf->iface[m->cur.in_if].side == IFACE_INSIDE ||
	       model_is_own(m, f->out.zone, f->out.dst);
}

/* What ends a connection, if its receiver would take it: of itself it counts for nothing. */
static bool model_is_end(const struct seen *seen)
{
	return seen->proto == IP_PROTO_TCP
		       ? (seen->flags & TCP_RST) != 0
		       : model_is_assoc(seen->proto) && model_assoc_ends(seen, true);
}

static void model_flow_states(struct model_flow *f, bool reply, const struct seen *seen,
			      bool certain)
{
	if (model_is_assoc(f->proto)) {
		model_assoc_seen(f, reply, seen, certain);
		return;
	}
	if (f->proto != IP_PROTO_TCP)
		return;
	if (certain)
		model_flow_tcp(f, reply, seen);
	else
		f->tcp_step = 0xff;
	if (!certain && (seen->flags & (TCP_FIN | TCP_RST)) != 0)
		f->tcp_closing = true;
}

static void model_reaches(struct model_reach *reach, u32 end)
{
	if (!reach->any || seq_gt(end, reach->end))
		reach->end = end;
	reach->any = true;
}

static bool model_acks_sent(const struct model_flow *f, const struct seen *seen)
{
	return (seen->flags & TCP_ACK) == 0 || !f->sent.any || seq_le(seen->ack, f->sent.end);
}

/* How far what was sent to the client goes. A SYN for a connection that may be over begins another,
 * whose numbers have nothing to do with those before.                                            */
static void model_flow_told(struct model_flow *f, bool reply, const struct seen *seen, bool certain)
{
	u32 end = seen->seq + seen->data_len + ((seen->flags & TCP_SYN) != 0) +
		  ((seen->flags & TCP_FIN) != 0);

	f->muddled = f->muddled || ((seen->flags & TCP_SYN) != 0 && f->tcp_step > 1 &&
				    (f->tcp_step == 0xff || seen->seq != f->tcp_isn[reply]));
	if (!reply) {
		if (model_is_syn(seen) && f->tcp_closing) {
			f->over_again = true;
			f->again.any = f->asked.any = f->sent.any = false;
		}
		model_reaches(&f->sent, end);
		/* Picked up so, all that is known of the server is what its client has of it. */
		if ((seen->flags & TCP_ACK) != 0 && !f->asked.any &&
		    (!f->told.any || f->over_again))
			model_reaches(&f->asked, seen->ack);
		return;
	}
	/* What comes with a RST is for nobody, and one out of order is for nothing. */
	if ((seen->flags & TCP_RST) != 0)
		return;
	model_reaches(&f->said, end);
	if (f->over_again)
		model_reaches(&f->again, end);
	if (!certain)
		return;
	model_reaches(&f->told, end);
	/* What lies beyond the window counts for nothing, and only its sender knows of it; nor does
	 * what acknowledges more than was sent. A SYN tells where the numbers begin.             */
	if (!f->whole.any || (seq_le(seen->seq, f->whole.end) && model_acks_sent(f, seen)))
		model_reaches(&f->whole, end);
}

static void model_add(struct model_count *count, u64 by, bool certain)
{
	count->least += certain ? by : 0;
	count->most += by;
}

void model_flow_counted(struct model_flow *f, bool reply, u32 len, bool certain)
{
	model_add(&f->packets[reply], 1, certain);
	model_add(&f->bytes[reply], len, certain);
}

void model_flow_recounted(struct model_flow *f)
{
	for (u32 dir = 0; dir < 2; dir++)
		f->packets[dir].least = f->bytes[dir].least = 0;
}

void model_flow_seen(struct model *m, struct model_flow *f, bool reply, const struct seen *seen,
		     bool certain)
{
	bool answers;

	if (!model_flow_lives(m, f)) {
		model_flow_recounted(f);
		/* It may have been over, and this packet may have begun another in its place,
		 * which counts from now, whoever may refresh it later.                        */
		f->seen_hi = m->now;
		f->answered_lo = false;
		f->turned = true;
		f->tcp_step = 0xff;
	}
	model_flow_counted(f, reply, m->cur.len, certain);
	if (f->proto == IP_PROTO_TCP)
		model_flow_told(f, reply, seen, certain);
	model_flow_states(f, reply, seen, certain);
	answers = reply && !f->turned && (!model_is_assoc(f->proto) || model_assoc_answers(f));
	/* A state has its own time, whoever brings it about. */
	if (model_refreshes(m, f) || model_has_states(f->proto))
		f->seen_hi = m->now;
	f->answered_hi = f->answered_hi || reply ||
			 (f->known && be32_eq(f->in.src, f->out.dst) &&
			  f->in.sport == f->out.dport);
	if (certain && !model_is_end(seen)) {
		if (model_refreshes(m, f))
			f->seen_lo = m->now;
		f->answered_lo = f->answered_lo || answers;
	}
}

struct model_flow *model_flow_add(struct model *m, u8 proto, const struct model_tuple *in)
{
	struct model_flow *f;

	if (m->flow_count == MODEL_FLOW_MAX) {
		model_wrong(m, "the model itself is full");
		m->flow_count--;
	}
	f = &m->flow[m->flow_count++];
	memset(f, 0, sizeof *f);
	f->proto = proto;
	f->rules = m->rules;
	f->inside = m->conf->iface[m->cur.in_if].side == IFACE_INSIDE;
	f->in = *in;
	f->seen_lo = f->seen_hi = m->now;
	return f;
}

static void model_flow_turn_counts(struct model_flow *f)
{
	struct model_count packets = f->packets[0], bytes = f->bytes[0];

	f->packets[0] = f->packets[1];
	f->packets[1] = packets;
	f->bytes[0] = f->bytes[1];
	f->bytes[1] = bytes;
}

/* What came back may have begun another flow unseen, in place of one that may have been over, and
 * now so may have what came from its own side: they are two.                                     */
void model_flow_split(struct model *m, u32 index)
{
	struct model_flow back;

	model_flow_recounted(&m->flow[index]);
	back = m->flow[index];
	model_flow_turn_counts(&back);
	back.in = model_tuple_reversed(&back.out);
	back.known = back.moving = false;
	back.turned = false;
	back.tcp_step = 0xff;
	for (u32 n = 0; n < m->flow_count; n++) {
		if (m->flow[n].proto != back.proto || !model_tuple_eq(&m->flow[n].in, &back.in))
			continue;
		model_flow_counted(&m->flow[n], false, m->cur.len, false);
		return;
	}
	model_flow_counted(&back, false, m->cur.len, false);
	*model_flow_add(m, back.proto, &back.in) = back;
}

static void model_rest_add(struct model *m, const struct model_flow *f,
			   const struct model_mapping *mapping)
{
	if (m->rest_count == MODEL_REST_MAX) {
		memmove(m->rest, m->rest + 1, sizeof m->rest - sizeof m->rest[0]);
		m->rest_count--;
	}
	m->rest[m->rest_count++] = (struct model_rest){
		f->proto,
		*mapping,
		f->seen_lo + (m->lenient ? 0 : model_shortest(m, f)) +
			m->conf->nat.quarantine_s * NS_PER_SEC,
	};
}

static void model_flow_rest(struct model *m, const struct model_flow *f)
{
	struct model_mapping mapping;

	for (u32 n = m->rest_count; n > 0; n--) {
		if (m->rest[n - 1].until <= m->now)
			m->rest[n - 1] = m->rest[--m->rest_count];
	}
	if (model_mapping_src(f, &mapping))
		model_rest_add(m, f, &mapping);
	if (model_mapping_dst(f, &mapping))
		model_rest_add(m, f, &mapping);
}

void model_flow_del(struct model *m, u32 index)
{
	model_flow_rest(m, &m->flow[index]);
	m->flow[index] = m->flow[--m->flow_count];
	if (m->cur.flow == index)
		m->cur.flow = MODEL_NONE;
	else if (m->cur.flow == m->flow_count)
		m->cur.flow = index;
}

bool model_table_tight(const struct model *m)
{
	return m->flow_count + 2 >= m->conf->ct.flow_count;
}

/* Could a port be missing? Everything that may hold one is counted against one address. */
bool model_ports_tight(const struct model *m, const struct nat_rule_conf *rule, u8 proto)
{
	u32 held = m->rest_count + model_service_ports(m, proto);
	u16 first, last;

	model_port_range(m, rule, &first, &last);
	for (u32 n = 0; n < m->flow_count; n++)
		held += model_nat_proto(m->flow[n].proto) == model_nat_proto(proto);
	return held + 2 >= (u32)last - first || m->flow_count + 2 >= m->conf->nat.mapping_count;
}

/* ---- beside the engine's own table */

bool model_has_unknown(const struct model *m)
{
	for (u32 n = 0; n < m->flow_count; n++) {
		if (!m->flow[n].known)
			return true;
	}
	return false;
}

void model_flow_begin(struct model *m, ns_t now)
{
	m->now = now;
	for (u32 n = 0; n < m->flow_count; n++)
		m->flow[n].shown = false;
}

static struct model_tuple model_tuple_shown(const struct sluice_tuple *t, u8 zone)
{
	return (struct model_tuple){ t->src, t->dst, be16_host(t->sport), be16_host(t->dport),
				     zone };
}

/* Where whoever sends this is. */
static bool model_is_inside(const struct model *m, const struct model_tuple *in)
{
	be32 station;
	u16 iface;

	return model_route(m, in->zone, in->src, &iface, &station) &&
	       m->conf->iface[iface].side == IFACE_INSIDE;
}

/* The model's record of a flow that the engine shows; NULL when there is none. */
static struct model_flow *model_flow_of(struct model *m, u8 proto, const struct model_tuple *in,
					const struct model_tuple *out)
{
	struct model_tuple back = model_tuple_reversed(in);

	for (u32 n = 0; n < m->flow_count; n++) {
		struct model_flow *f = &m->flow[n];

		if (!f->shown && f->proto == proto && model_tuple_eq(&f->in, in))
			return f;
	}
	for (u32 n = 0; n < m->flow_count; n++) {
		struct model_flow *f = &m->flow[n];

		if (f->shown || !f->turned || !f->known || f->proto != proto ||
		    !model_tuple_eq(&f->out, &back))
			continue;
		f->in = *in;
		f->inside = model_is_inside(m, in);
		model_flow_turn_counts(f);
		model_flow_bind(m, f, out);
		return f;
	}
	return NULL;
}

static bool model_counted_right(const struct model_count *c, u64 shown)
{
	return shown >= c->least && shown <= c->most;
}

/* What is shown is known from now on. */
static void model_flow_counts_shown(struct model *m, struct model_flow *f,
				    const struct sluice_flow *flow)
{
	for (u32 dir = 0; dir < 2; dir++) {
		if (!m->conf->ct.counters)
			f->packets[dir] = f->bytes[dir] = (struct model_count){ 0, 0 };
		if (!model_counted_right(&f->packets[dir], flow->packets[dir]) ||
		    !model_counted_right(&f->bytes[dir], flow->bytes[dir]))
			model_wrong(m,
				    "a flow of proto %u, port %u > %u has %u to %u packets of %u "
				    "to %u bytes %s, not %u of %u",
				    f->proto, f->in.sport, f->in.dport,
				    (u32)f->packets[dir].least, (u32)f->packets[dir].most,
				    (u32)f->bytes[dir].least, (u32)f->bytes[dir].most,
				    dir == 0 ? "sent" : "answered", (u32)flow->packets[dir],
				    (u32)flow->bytes[dir]);
		f->packets[dir] = (struct model_count){ flow->packets[dir], flow->packets[dir] };
		f->bytes[dir] = (struct model_count){ flow->bytes[dir], flow->bytes[dir] };
	}
}

void model_flow_shown(struct model *m, const struct sluice_flow *flow)
{
	struct model_tuple in = model_tuple_shown(&flow->orig, flow->zone[0]);
	struct model_tuple repl = model_tuple_shown(&flow->repl, flow->zone[1]);
	struct model_tuple out = model_tuple_reversed(&repl);
	struct model_flow *f = model_flow_of(m, flow->proto, &in, &out);
	const struct service_conf *service;

	if (f == NULL) {
		model_wrong(m,
			    "the table has a flow that no packet can have left: proto %u port "
			    "%u > %u",
			    flow->proto, in.sport, in.dport);
		return;
	}
	f->shown = true;
	if (!f->known)
		model_flow_recounted(f);
	/* Whether it was ended because its backend is gone was not known: it was not. */
	if (!f->known && (f->moving || model_is_stale(m, f) != MODEL_NO) &&
	    model_tuple_eq(&f->out, &out)) {
		model_flow_either(m, f);
	} else if (!f->known) {
		service = model_service_asked(m, f->proto, &f->in, f->inside);
		if (service != NULL)
			model_choice_ok(m, f->proto, service, &f->in, &out);
		model_flow_bind(m, f, &out);
	} else if (!model_tuple_eq(&f->out, &out)) {
		model_wrong(m, "a flow in the table has another binding than its packets");
	}
	if (f->answered_lo && !flow->answered)
		model_wrong(m, "an answered flow is shown as never answered");
	model_flow_counts_shown(m, f, flow);
}

/* What arrives leads to one flow at most. */
static void model_flow_is_alone(struct model *m, u32 index)
{
	const struct model_flow *f = &m->flow[index];
	struct model_tuple back = model_tuple_reversed(&f->out);

	for (u32 n = 0; n < index; n++) {
		const struct model_flow *other = &m->flow[n];
		struct model_tuple other_back = model_tuple_reversed(&other->out);

		if (other->shown && other->proto == f->proto &&
		    (model_tuple_eq(&other->in, &f->in) || model_tuple_eq(&other->in, &back) ||
		     model_tuple_eq(&other_back, &f->in) || model_tuple_eq(&other_back, &back)))
			model_wrong(m, "two flows share a tuple in zone %u: proto %u %u > %u",
				    f->out.zone, f->proto, f->in.sport, f->in.dport);
	}
}

void model_flow_end(struct model *m)
{
	for (u32 n = 0; n < m->flow_count; n++) {
		if (m->flow[n].shown)
			model_flow_is_alone(m, n);
	}
	/* All are judged before any goes: how many there are says whether the table was full. */
	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		if (!f->shown && f->known && model_flow_lives(m, f))
			model_wrong(m,
				    "a flow is gone before its time: proto %u %08x:%u > %08x:%u, "
				    "silent for %u ms",
				    f->proto, be32_host(f->in.src), f->in.sport,
				    be32_host(f->in.dst), f->in.dport,
				    (u32)((m->now - f->seen_lo) / NS_PER_MS));
	}
	for (u32 n = m->flow_count; n > 0; n--) {
		if (!m->flow[n - 1].shown)
			model_flow_del(m, n - 1);
	}
}
