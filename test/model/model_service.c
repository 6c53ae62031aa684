/* The model's laws of services: whom a client may be led to, and what becomes of those whose server
 * is gone. How one of several is chosen is not known here; what the choice has to hold to is: only
 * to who is up and is not drained; whom a client (or one of its connections) had, it has again,
 * unless somebody has come up since; the fewest flows for the weight.                            */
#include "model/model_in.h"

#include <stdio.h>

#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

enum { SHARE_FULL = 256, SHARE_SLACK = 2, SETTLE_SLACK_MS = 2 };

/* ---- who there is ---------------------------------------------------------------------------- */

static be32 service_addr(const struct model *m, const struct service_conf *service)
{
	return service->addr_if == IFACE_NONE ? service->addr
					      : m->conf->iface[service->addr_if].addr[0].addr;
}

bool model_service_has(const struct model *m, be32 a)
{
	const struct balance_conf *conf = &m->conf->nat.balance;

	for (u32 n = 0; n < conf->service_count; n++) {
		if (be32_eq(service_addr(m, &conf->service[n]), a))
			return true;
	}
	return false;
}

u32 model_service_ports(const struct model *m, u8 proto)
{
	const struct balance_conf *conf = &m->conf->nat.balance;
	u32 ports = 0;

	for (u32 n = 0; n < conf->service_count; n++) {
		const struct service_conf *service = &conf->service[n];
		be32 a = service_addr(m, service);
		bool shared = model_is_own(m, 0, a);

		for (u32 k = 0; k < m->conf->nat.pool_count; k++)
			shared = shared || model_in_pool(&m->conf->nat.pool[k], a);
		if (!shared || (service->proto != 0 && service->proto != proto))
			continue;
		ports += service->port_first == 0
				 ? UINT16_MAX + 1u
				 : service->port_last - service->port_first + 1u;
	}
	return ports;
}

const struct service_conf *model_service_of(const struct model *m, u8 proto,
					    const struct model_tuple *t, bool from_inside)
{
	const struct balance_conf *conf = &m->conf->nat.balance;

	for (u32 n = 0; n < conf->service_count; n++) {
		const struct service_conf *service = &conf->service[n];

		if (!be32_eq(service_addr(m, service), t->dst) ||
		    (from_inside && !service->hairpin))
			continue;
		if (service->proto == 0 ||
		    (service->proto == proto &&
		     (service->port_first == 0 ||
		      (t->dport >= service->port_first && t->dport <= service->port_last))))
			return service;
	}
	return NULL;
}

const struct service_conf *model_service_asked(const struct model *m, u8 proto,
					       const struct model_tuple *in, bool from_inside)
{
	return model_sees_public(m, in->zone, in->dst)
		       ? model_service_of(m, proto, in, from_inside)
		       : NULL;
}

static struct model_service *service_named(struct model *m, const char *name)
{
	for (u32 n = 0; n < m->service_count; n++) {
		if (strcmp(m->service[n].name, name) == 0)
			return &m->service[n];
	}
	return NULL;
}

static struct model_backend *backend_find(struct model *m, u32 service, be32 a, u16 port)
{
	for (u32 n = 0; n < m->backend_count; n++) {
		struct model_backend *b = &m->backend[n];

		if (b->service == service && be32_eq(b->addr, a) && b->port == port)
			return b;
	}
	return NULL;
}

static struct model_service *service_at(struct model *m, const struct service_conf *conf)
{
	return service_named(m, conf->name);
}

static u16 backend_port(const struct service_conf *service, u16 first, u16 asked)
{
	return first == 0 ? asked : (u16)(first + asked - service->port_first);
}

/* The backend that a flow with these tuples was led to; NULL when it is none of the service's. */
static struct model_backend *backend_reached(struct model *m, const struct service_conf *service,
					     const struct model_tuple *in,
					     const struct model_tuple *out)
{
	u16 index = (u16)(service_at(m, service) - m->service);

	for (u32 n = 0; n < m->backend_count; n++) {
		struct model_backend *b = &m->backend[n];

		if (b->service == index && b->listed && be32_eq(b->addr, out->dst) &&
		    backend_port(service, b->port, in->dport) == out->dport)
			return b;
	}
	return NULL;
}

/* ---- what they are --------------------------------------------------------------------------- */

static bool backend_drains(const struct model_backend *b)
{
	return b->drain || b->ordered || b->health == BACKEND_DRAINING;
}

static enum backend_state backend_state_of(const struct model_backend *b)
{
	if (!b->listed || b->health == BACKEND_DOWN || (backend_drains(b) && b->given_up))
		return BACKEND_DOWN;
	return backend_drains(b) ? BACKEND_DRAINING : BACKEND_UP;
}

static void warms(struct model *m, const struct model_backend *b)
{
	ns_t *settled = &m->service[b->service].settled;

	*settled = *settled > b->warm_end ? *settled : b->warm_end;
}

/* What follows when it was something else before. */
static void backend_turned(struct model *m, struct model_backend *b, enum backend_state before)
{
	struct model_service *service = &m->service[b->service];
	enum backend_state after;
	u32 drain_s;

	if (!backend_drains(b))
		b->given_up = false;
	after = backend_state_of(b);
	if (after == before)
		return;
	drain_s = b->ordered ? b->ordered_s : service->conf->drain_s;
	if (after == BACKEND_DRAINING)
		b->drain_end = m->now + drain_s * NS_PER_SEC;
	if (after == BACKEND_DOWN)
		b->life++;
	b->warm_end = 0;
	if (after != BACKEND_UP)
		return;
	service->epoch++;
	if (before == BACKEND_DOWN && service->conf->slow_start_s > 0) {
		b->warm_from = m->now;
		b->warm_end = m->now + service->conf->slow_start_s * NS_PER_SEC;
		warms(m, b);
	}
}

void model_service_tick(struct model *m)
{
	for (u32 n = 0; n < m->backend_count; n++) {
		struct model_backend *b = &m->backend[n];

		if (backend_state_of(b) == BACKEND_DRAINING && m->now >= b->drain_end) {
			b->given_up = true;
			backend_turned(m, b, BACKEND_DRAINING);
		}
	}
}

static struct model_backend *backend_listed(struct model *m, u32 service, u32 index)
{
	const struct service_conf *conf = &m->conf->nat.balance.service[service];
	const struct backend_conf *backend =
		&m->conf->nat.balance.backend[conf->backend_first + index];

	return backend_find(m, (u32)(service_at(m, conf) - m->service), backend->addr,
			    backend->port);
}

void model_backend_set(struct model *m, u32 service, u32 index, enum backend_state state)
{
	struct model_backend *b = backend_listed(m, service, index);
	enum backend_state before = backend_state_of(b);

	b->health = (u8)state;
	backend_turned(m, b, before);
}

void model_backend_order(struct model *m, u32 service, u32 index, bool drain, u32 deadline_s)
{
	struct model_backend *b = backend_listed(m, service, index);
	enum backend_state before = backend_state_of(b);

	if (deadline_s == SLUICE_DRAIN_DEFAULT)
		deadline_s = m->service[b->service].conf->drain_s;
	b->ordered = drain;
	b->ordered_s = deadline_s;
	backend_turned(m, b, before);
	/* The last word counts, for one that was about to be drained already. */
	if (drain && backend_state_of(b) == BACKEND_DRAINING)
		b->drain_end = m->now + deadline_s * NS_PER_SEC;
}

/* ---- the configuration ----------------------------------------------------------------------- */

static bool service_is_same(const struct balance_conf *old_conf, const struct service_conf *old,
			    const struct balance_conf *new_conf, const struct service_conf *new)
{
	if (old->method != new->method || old->slow_start_s != new->slow_start_s ||
	    old->backend_count != new->backend_count)
		return false;
	for (u32 n = 0; n < new->backend_count; n++) {
		const struct backend_conf *a = &old_conf->backend[old->backend_first + n];
		const struct backend_conf *b = &new_conf->backend[new->backend_first + n];

		if (!be32_eq(a->addr, b->addr) || a->port != b->port || a->weight != b->weight)
			return false;
	}
	return true;
}

static void backend_take(struct model *m, u16 service, const struct backend_conf *conf, bool joins)
{
	struct model_backend *b = backend_find(m, service, conf->addr, conf->port);
	enum backend_state before;

	if (b == NULL) {
		CHECK(m->backend_count < MODEL_BACKEND_MAX);
		b = &m->backend[m->backend_count++];
		*b = (struct model_backend){ .service = service,
					     .addr = conf->addr,
					     .port = conf->port };
	}
	before = backend_state_of(b);
	if (!b->listed) {
		*b = (struct model_backend){ .service = service, .addr = conf->addr,
					     .port = conf->port, .listed = true,
					     .life = b->life,    .born = b->life };
		before = joins ? BACKEND_DOWN : BACKEND_UP;
	} else if (b->drain != conf->drain || b->weight != conf->weight) {
		b->ordered = false;
	}
	b->drain = conf->drain;
	b->weight = conf->weight;
	backend_turned(m, b, before);
	/* One that is warm stays warm, however slow the start is from now on. */
	if (b->warm_end <= m->now)
		b->warm_end = 0;
	if (b->warm_end != 0)
		b->warm_end = b->warm_from +
			      m->service[service].conf->slow_start_s * NS_PER_SEC;
	warms(m, b);
}

static bool is_listed(const struct model *m, const struct model_backend *b)
{
	const struct service_conf *service = m->service[b->service].conf;

	for (u32 n = 0; service != NULL && n < service->backend_count; n++) {
		const struct backend_conf *conf =
			&m->conf->nat.balance.backend[service->backend_first + n];

		if (be32_eq(conf->addr, b->addr) && conf->port == b->port)
			return true;
	}
	return false;
}

static void backends_drop(struct model *m)
{
	for (u32 n = 0; n < m->backend_count; n++) {
		struct model_backend *b = &m->backend[n];

		if (!b->listed || is_listed(m, b))
			continue;
		b->life += backend_state_of(b) != BACKEND_DOWN;
		b->listed = false;
	}
}

void model_configure(struct model *m, const struct sluice_conf *conf)
{
	const struct balance_conf *was = &m->conf->nat.balance;
	const struct balance_conf *now = &conf->nat.balance;
	const struct service_conf *old[MODEL_SERVICE_MAX] = { NULL };
	bool changed;

	m->changed = m->now;
	model_nat_changed(m, &m->conf->nat, &conf->nat);
	model_filter_changed(m, &m->conf->filter, &conf->filter);
	for (u32 n = 0; n < m->service_count; n++) {
		old[n] = m->service[n].conf;
		m->service[n].conf = NULL;
	}
	for (u32 n = 0; n < now->service_count; n++) {
		struct model_service *service = service_named(m, now->service[n].name);

		if (service == NULL) {
			CHECK(m->service_count < MODEL_SERVICE_MAX);
			service = &m->service[m->service_count++];
			snprintf(service->name, sizeof service->name, "%s", now->service[n].name);
		}
		service->conf = &now->service[n];
	}
	changed = memcmp(was, now, sizeof *was) != 0;
	m->services_changed = m->services_changed || changed;
	m->moved_on = m->moved_on ||
		      (changed && (model_service_ports(m, IP_PROTO_TCP) > UINT16_MAX ||
				      model_service_ports(m, IP_PROTO_UDP) > UINT16_MAX));
	m->conf = conf;
	backends_drop(m);
	for (u32 n = 0; n < now->service_count; n++) {
		const struct service_conf *each = &now->service[n];
		u16 index = (u16)(service_at(m, each) - m->service);

		if (old[index] == NULL)
			m->service[index].refused = (struct model_count){ 0, 0 };
		if (old[index] == NULL || !service_is_same(was, old[index], now, each))
			m->service[index].epoch++;
		for (u32 k = 0; k < each->backend_count; k++)
			backend_take(m, index, &now->backend[each->backend_first + k],
				     old[index] != NULL);
	}
}

/* ---- flows ----------------------------------------------------------------------------------- */

static void count(struct model_count *c, bool certain)
{
	c->least += certain;
	c->most++;
}

enum model_doubt model_is_stale(const struct model *m, const struct model_flow *f)
{
	const struct model_backend *b;

	if (f->backend == 0)
		return MODEL_NO;
	b = &m->backend[f->backend - 1];
	if (f->life != b->life)
		return f->either ? MODEL_PERHAPS : MODEL_YES;
	/* Its time is over, and the tick that says so is due. */
	return backend_state_of(b) == BACKEND_DRAINING && m->now >= b->drain_end ? MODEL_PERHAPS
										 : MODEL_NO;
}

void model_flow_serve(struct model *m, struct model_flow *f)
{
	const struct service_conf *service =
		model_service_asked(m, f->proto, &f->in, f->inside);
	struct model_backend *b = NULL;

	f->backend = f->maybe = 0;
	f->either = false;
	if (service != NULL)
		b = backend_reached(m, service, &f->in, &f->out);
	if (b == NULL)
		return;
	f->backend = (u16)(b - m->backend + 1);
	f->life = b->life;
	count(&b->made, true);
}

void model_flow_either(struct model *m, struct model_flow *f)
{
	const struct service_conf *service =
		model_service_asked(m, f->proto, &f->in, f->inside);
	struct model_backend *b = NULL;

	model_flow_recounted(f);
	f->known = f->either = true;
	f->maybe = 0;
	if (service != NULL)
		b = backend_reached(m, service, &f->in, &f->out);
	if (b == NULL)
		return;
	f->maybe = (u16)(b - m->backend + 1);
	count(&b->made, false);
}

void model_maybe_made(struct model *m, const struct model_flow *f)
{
	const u16 with[] = { f->backend, f->maybe };

	for (u32 n = 0; n < ARRAY_COUNT(with); n++) {
		struct model_backend *b;

		if (with[n] == 0)
			continue;
		b = &m->backend[with[n] - 1];
		count(&b->made, false);
		count(&b->moved, false);
		count(&m->service[b->service].refused, false);
	}
}

void model_maybe_refused(struct model *m)
{
	const struct service_conf *service =
		model_service_asked(m, m->cur.seen.proto, &m->cur.tuple,
				    m->conf->iface[m->cur.in_if].side == IFACE_INSIDE);

	if (service != NULL)
		count(&service_at(m, service)->refused, false);
}

/* ---- the choice ------------------------------------------------------------------------------ */

static u32 backend_share(const struct model *m, const struct model_backend *b)
{
	u64 whole, passed;

	if (m->now >= b->warm_end)
		return SHARE_FULL;
	whole = (b->warm_end - b->warm_from) / NS_PER_MS;
	passed = (m->now - b->warm_from) / NS_PER_MS;
	return (u32)(passed * SHARE_FULL / whole);
}

/* Flows that it has: certainly, or at the most. */
static u32 backend_flows(const struct model *m, const struct model_backend *b, bool certainly)
{
	u16 index = (u16)(b - m->backend + 1);
	u32 found = 0;

	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		found += (f->backend == index && f->life == b->life &&
			  (!certainly || model_flow_lives(m, f))) ||
			 (!certainly && f->maybe == index);
	}
	return found;
}

/* Nobody who is up has fewer for its weight, with the one that is to come. */
static void choice_least_ok(struct model *m, const struct model_backend *chosen)
{
	u64 flows = backend_flows(m, chosen, true) + 1;
	u64 weight = (u64)chosen->weight *
		     u32_min(backend_share(m, chosen) + SHARE_SLACK, SHARE_FULL);

	for (u32 n = 0; n < m->backend_count; n++) {
		const struct model_backend *b = &m->backend[n];
		u64 other_flows = backend_flows(m, b, false) + 1;
		u32 share = backend_share(m, b);

		if (b->service != chosen->service || backend_state_of(b) != BACKEND_UP)
			continue;
		share = share < SHARE_FULL ? u32_max(share, 1 + SHARE_SLACK) - SHARE_SLACK : share;
		if (flows * b->weight * share > other_flows * weight)
			model_wrong(m, "a backend got a flow that another one with fewer was for");
	}
}

static void choice_pinned_ok(struct model *m, const struct model_backend *chosen,
			     const struct model_pin *new)
{
	const struct model_service *service = &m->service[chosen->service];

	for (u32 n = 0; n < u32_min(m->pin_count, MODEL_PIN_MAX); n++) {
		const struct model_pin *pin = &m->pin[(m->pin_count - 1 - n) % MODEL_PIN_MAX];

		if (pin->service != new->service || pin->proto != new->proto ||
		    !model_tuple_eq(&pin->tuple, &new->tuple))
			continue;
		if (pin->epoch == service->epoch &&
		    pin->when > service->settled + SETTLE_SLACK_MS * NS_PER_MS &&
		    pin->backend != new->backend &&
		    backend_state_of(&m->backend[pin->backend]) == BACKEND_UP)
			model_wrong(m, "a client was led to another backend, and its own is up");
		break;
	}
	m->pin[m->pin_count++ % MODEL_PIN_MAX] = *new;
}

void model_choice_ok(struct model *m, u8 proto, const struct service_conf *service,
		     const struct model_tuple *in, const struct model_tuple *out)
{
	const struct model_backend *b = backend_reached(m, service, in, out);
	struct model_pin pin;

	if (b == NULL || out->zone != service->zone) {
		model_wrong(m, "a client of a service was led to who is none of its backends");
		return;
	}
	if (backend_state_of(b) != BACKEND_UP)
		model_wrong(m, "a backend that is %s got a new flow",
			    backend_state_of(b) == BACKEND_DOWN ? "down" : "drained");
	pin = (struct model_pin){ .service = b->service,
				  .backend = (u16)(b - m->backend),
				  .proto = proto,
				  .tuple = *in,
				  .epoch = m->service[b->service].epoch,
				  .when = m->now };
	if (service->method == BALANCE_LEAST) {
		choice_least_ok(m, b);
		return;
	}
	if (service->method == BALANCE_STICKY) {
		pin.proto = 0;
		pin.tuple = (struct model_tuple){ .src = in->src, .zone = in->zone };
	}
	choice_pinned_ok(m, b, &pin);
}

/* ---- what has to happen ---------------------------------------------------------------------- */

static bool fate_eq(const struct model_fate *a, const struct model_fate *b)
{
	return a->may_forward == b->may_forward && a->must_forward == b->must_forward &&
	       a->must_error == b->must_error && a->error_type == b->error_type &&
	       a->error_code == b->error_code;
}

/* Nobody is up: who asks a port is told that nobody listens, whatever else is with the packet. */
static void fate_nobody(struct model *m, const struct service_conf *service, bool sure)
{
	const struct seen *seen = &m->cur.seen;

	sure = sure && (seen->wrong & SEEN_L4_CSUM) == 0;
	count(&service_at(m, service)->refused, sure);
	if (seen->proto == IP_PROTO_TCP)
		m->cur.fate.must_reset = sure;
	if (seen->proto == IP_PROTO_UDP)
		m->cur.fate = (struct model_fate){ .must_error = sure,
						   .error_type = ICMP_UNREACH,
						   .error_code = ICMP_UNREACH_PORT };
}

void model_fate_service(struct model *m, const struct service_conf *service, bool sure,
			bool hairpin)
{
	u16 index = (u16)(service_at(m, service) - m->service);
	const struct model_tuple *t = &m->cur.tuple;
	struct model_fate first = { 0 };
	struct model_tuple out = *t;
	bool any = false, alike = true;

	for (u32 n = 0; n < m->backend_count; n++) {
		const struct model_backend *b = &m->backend[n];

		if (b->service != index || backend_state_of(b) != BACKEND_UP)
			continue;
		out.dst = b->addr;
		out.dport = backend_port(service, b->port, t->dport);
		out.zone = service->zone;
		m->cur.fate = (struct model_fate){ 0 };
		if (hairpin || model_passes_as(m, service->zone, t->src))
			model_fate_way(m, service->zone, b->addr,
				       sure && !hairpin && !model_clashes(m, &out));
		if (!any)
			first = m->cur.fate;
		any = true;
		alike = alike && fate_eq(&first, &m->cur.fate);
		first.may_forward = first.may_forward || m->cur.fate.may_forward;
	}
	if (!any)
		fate_nobody(m, service, sure);
	else if (!alike)
		m->cur.fate = (struct model_fate){ .may_forward = first.may_forward };
}

static bool is_first_of_flow(const struct model *m, const struct model_flow *f)
{
	u8 kind = m->cur.seen.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

	return !m->cur.reply && (f->proto != IP_PROTO_TCP || kind == TCP_SYN);
}

/* A connection that can not be moved: both ends are told, if there was one. */
static void fate_reset(struct model *m, struct model_backend *b, bool counts, bool sure)
{
	struct model_current *cur = &m->cur;
	struct model_flow *f = &m->flow[cur->flow];
	be32 station;
	u16 out_if;

	if ((cur->seen.wrong & SEEN_L4_CSUM) != 0)
		return;
	cur->lost = true;
	cur->lost_flow = *f;
	if (f->tcp_step != 2 && f->tcp_step != 3) {
		b->reset.most += counts;
		f->known = false;
		return;
	}
	if (counts)
		count(&b->reset, true);
	cur->fate.must_reset = sure && (cur->seen.flags & TCP_RST) == 0;
	cur->fate.must_tell = sure && cur->reply &&
			      model_route(m, f->in.zone, f->in.src, &out_if, &station) &&
			      model_station_answers(m, out_if, station);
	model_flow_del(m, cur->flow);
}

void model_fate_lost(struct model *m, enum model_doubt stale, bool certain, bool sure)
{
	struct model_current *cur = &m->cur;
	struct model_flow *f = &m->flow[cur->flow];
	struct model_backend *b = &m->backend[f->backend - 1];
	/* Of a backend that was taken away and came back only the new is counted. */
	bool counts = f->life >= b->born;

	if (stale == MODEL_PERHAPS || !certain || !model_flow_in_time(m, f)) {
		model_maybe_made(m, f);
		count(&b->reset, false);
		if (f->maybe != 0)
			count(&m->backend[f->maybe - 1].reset, false);
		cur->lost = true;
		cur->lost_flow = *f;
		f->moving = stale == MODEL_PERHAPS;
		/* If it is over, what comes from the server's side begins another one. */
		if (cur->reply)
			model_flow_split(m, cur->flow);
		f->known = false;
		model_fate_new(m, false);
		cur->fate.may_forward = true;
	} else if (is_first_of_flow(m, f)) {
		if (counts)
			count(&b->moved, true);
		model_flow_del(m, cur->flow);
		model_fate_new(m, sure);
	} else if (f->proto == IP_PROTO_TCP && f->tcp_step != 1) {
		fate_reset(m, b, counts, sure);
	} else {
		cur->lost = true;
		cur->lost_flow = *f;
	}
}

bool model_may_move(const struct model *m, const struct model_flow *f)
{
	return f->backend != 0 && f->tcp_closing && !m->cur.reply &&
	       (f->proto != IP_PROTO_TCP || model_is_syn(&m->cur.seen)) &&
	       backend_state_of(&m->backend[f->backend - 1]) != BACKEND_UP;
}

void model_fate_moved(struct model *m)
{
	struct model_flow *f = &m->flow[m->cur.flow];

	model_maybe_made(m, f);
	m->backend[f->backend - 1].moved.most++;
	f->known = false;
	f->moving = true;
	f->seen_hi = m->now;
	f->answered_lo = false;
	f->turned = true;
	f->tcp_step = 0xff;
	model_fate_new(m, false);
	m->cur.fate.may_forward = true;
}

bool model_is_told(const struct model *m, const struct seen *seen)
{
	const struct model_tuple *client = &m->cur.lost_flow.in;

	/* Nobody is told on the word of a damaged segment. */
	return m->cur.lost && m->cur.reply && (m->cur.seen.wrong & SEEN_L4_CSUM) == 0 &&
	       seen->proto == IP_PROTO_TCP && seen->flags == TCP_RST &&
	       be32_eq(seen->dst, client->src) && be32_eq(seen->src, client->dst) &&
	       seen->dport == client->sport && seen->sport == client->dport;
}

static bool model_reached(const struct model_reach *reach, u32 end)
{
	return reach->any && reach->end == end;
}

/* RFC 5961 section 3.2: exactly what the client waits for, so far as anybody here knows. If some of
 * what the server has sent died here, the client asks, and its ACK is answered exactly.          */
void model_judge_told(struct model *m, u16 out_if, const struct seen *seen)
{
	const struct model_flow *f = &m->cur.lost_flow;

	if (++m->cur.told > 1)
		model_wrong(m, "a client was told twice that its server is lost");
	model_judge_way_out(m, out_if, f->in.zone, seen->dst);
	if ((seen->wrong & SEEN_L4_CSUM) != 0)
		model_wrong(m, "the checksum of a reset is wrong");
	if (!f->muddled && seen->seq != m->cur.seen.seq && !model_reached(&f->told, seen->seq) &&
	    !model_reached(&f->said, seen->seq) && !model_reached(&f->again, seen->seq) &&
	    !model_reached(&f->asked, seen->seq) && !model_reached(&f->whole, seen->seq))
		model_wrong(m, "a client was reset with number %u, and waits for %u", seen->seq,
			    f->told.end);
}

/* ---- beside the engine's own books ----------------------------------------------------------- */

static bool counted_right(const struct model_count *c, u64 shown)
{
	return shown >= c->least && shown <= c->most;
}

void model_backend_shown(struct model *m, const struct sluice_backend *row)
{
	const struct model_service *service = service_named(m, row->service);
	struct model_backend *b;
	u32 flows = 0, more = 0;

	b = service == NULL ? NULL
			    : backend_find(m, (u32)(service - m->service), row->addr, row->port);
	if (b == NULL || !b->listed) {
		model_wrong(m, "a backend is shown that nobody has configured");
		return;
	}
	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		flows += f->shown && !f->either && f->backend == b - m->backend + 1 &&
			 f->life == b->life;
		/* The same host may be behind another service. */
		more += f->shown && f->either && be32_eq(f->out.dst, b->addr);
	}
	if (row->flows < flows || row->flows > flows + more)
		model_wrong(m, "a backend has %u flows, and %u are counted", flows,
			    (u32)row->flows);
	if (!counted_right(&b->made, row->made) || !counted_right(&b->moved, row->moved) ||
	    !counted_right(&b->reset, row->reset))
		model_wrong(m, "a backend's made %u, moved %u, reset %u are not right",
			    (u32)row->made, (u32)row->moved, (u32)row->reset);
	b->made = (struct model_count){ row->made, row->made };
	b->moved = (struct model_count){ row->moved, row->moved };
	b->reset = (struct model_count){ row->reset, row->reset };
}

void model_service_shown(struct model *m, const struct sluice_service *row)
{
	struct model_service *service = service_named(m, row->name);
	u64 flows = 0, more = 0;
	u32 up = 0;

	if (service == NULL || service->conf == NULL) {
		model_wrong(m, "a service is shown that nobody has configured");
		return;
	}
	for (u32 n = 0; n < m->backend_count; n++) {
		if (m->backend[n].service == service - m->service)
			up += backend_state_of(&m->backend[n]) == BACKEND_UP;
	}
	for (u32 n = 0; n < m->flow_count; n++) {
		const struct model_flow *f = &m->flow[n];

		bool its = f->shown && f->backend != 0 && model_is_stale(m, f) != MODEL_YES &&
			   m->backend[f->backend - 1].service == service - m->service;

		flows += its && !f->either;
		more += f->shown && f->either;
	}
	if (row->up != up || row->flows < flows || row->flows > flows + more)
		model_wrong(m, "a service shows %u up and %u flows, and has %u and %u", row->up,
			    (u32)row->flows, up, (u32)flows);
	if (!counted_right(&service->refused, row->refused))
		model_wrong(m, "a service has refused %u, not %u to %u", (u32)row->refused,
			    (u32)service->refused.least, (u32)service->refused.most);
	service->refused = (struct model_count){ row->refused, row->refused };
}
