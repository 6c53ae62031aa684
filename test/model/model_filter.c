/* The model's laws of filter rules: what they forbid does not come out. Which of them matches is
 * told by filter_model.c; one with a limit may or may not. And its sets, as they change.         */
#include "model/model_in.h"

#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "model/filter_model.h"

struct verdicts {
	bool accepts;
	bool refuses;
};

static bool is_limited(const struct filter_rule_conf *rule)
{
	return rule->limit.rate != 0 || rule->source_limit.rate != 0;
}

static void verdict_add(struct verdicts *verdicts, const struct filter_fate *fate)
{
	verdicts->accepts |= fate->action == FILTER_ACCEPT;
	verdicts->refuses |= fate->action != FILTER_ACCEPT;
}

/* Of a packet that may be in any of the states. */
static struct verdicts ask(const struct model *m, enum filter_chain chain,
			   struct filter_model_packet *packet, u8 states)
{
	const struct filter_conf *conf = &m->filter;
	struct verdicts verdicts = { false, false };

	for (u8 state = 1; state <= FILTER_UNTRACKED; state = (u8)(state * 2)) {
		u32 at = 0;

		if ((states & state) == 0)
			continue;
		packet->state = state;
		for (;; at++) {
			at = filter_model_find(conf, chain, packet, at);
			verdict_add(&verdicts, at == conf->rule_count ? &conf->policy[chain]
								      : &conf->rule[at].fate);
			if (at == conf->rule_count || !is_limited(&conf->rule[at]))
				break;
		}
	}
	return verdicts;
}

static struct filter_model_packet packet_of(const struct seen *seen)
{
	return (struct filter_model_packet){
		.src = seen->src,
		.dst = seen->dst,
		.sport = seen->sport,
		.dport = seen->dport,
		.proto = seen->proto,
		.in_if = UINT16_MAX,
		.out_if = UINT16_MAX,
		.icmp_type = seen->type,
		.icmp_code = seen->code,
		.tcp_flags = seen->flags,
	};
}

bool model_filter_is_idle(const struct model *m, enum filter_chain chain)
{
	for (u32 n = 0; n < m->filter.rule_count; n++) {
		if (m->filter.rule[n].chain == chain)
			return false;
	}
	return m->filter.policy[chain].action == FILTER_ACCEPT;
}

bool model_filter_rejects(const struct model *m, enum filter_reject reject)
{
	const struct filter_conf *conf = &m->filter;

	for (u32 n = 0; n < conf->rule_count; n++) {
		if (conf->rule[n].fate.action == FILTER_REJECT &&
		    conf->rule[n].fate.reject == reject)
			return true;
	}
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		if (conf->policy[chain].action == FILTER_REJECT &&
		    conf->policy[chain].reject == reject)
			return true;
	}
	return false;
}

/* The current packet, on its way to where translation leads it. */
static struct verdicts ask_forward(const struct model *m, u16 out_if, be32 dst, u16 dport,
				   u8 states)
{
	struct filter_model_packet packet = packet_of(&m->cur.seen);

	packet.dst = dst;
	packet.dport = dport;
	packet.in_if = m->cur.in_if;
	packet.out_if = out_if;
	return ask(m, FILTER_FORWARD, &packet, states);
}

bool model_filter_passes(const struct model *m, u16 out_if, be32 dst)
{
	const struct model_current *cur = &m->cur;
	u16 dport = cur->seen.dport;

	if (model_filter_is_idle(m, FILTER_FORWARD))
		return true;
	if (seen_is_icmp_error(&cur->seen))
		return !ask_forward(m, out_if, dst, dport, FILTER_RELATED).refuses;
	if (cur->flow != MODEL_NONE)
		dport = cur->reply ? m->flow[cur->flow].in.sport : m->flow[cur->flow].out.dport;
	return !ask_forward(m, out_if, dst, dport, FILTER_NEW | FILTER_ESTABLISHED).refuses;
}

/* A flow goes on under other rules than it began with, unless they are to ask it. */
static bool stands(const struct model *m, const struct model_flow *f)
{
	return f != NULL && f->rules != m->rules && !m->filter.reclassify;
}

/* Rules that have changed ask whether the flow would begin under them, if they are to ask it, and
 * if it is none that is about to begin.                                                          */
static bool is_asked_again(const struct model *m, const struct model_flow *f)
{
	bool open = model_is_udp(f->proto) || f->proto == IP_PROTO_ICMP ||
		    model_nat_proto(f->proto) == NAT_PROTO_COUNT ||
		    (f->proto == IP_PROTO_TCP && f->tcp_step == 3 && !f->tcp_closing);

	return f->known && !f->moving && !f->turned && open && f->rules != m->rules &&
	       m->filter.reclassify;
}

/* Its first packet, by the interfaces that it would come and leave by now. */
static struct verdicts ask_begin(const struct model *m, u16 out_if, const struct model_flow *f)
{
	struct filter_model_packet packet = {
		.src = f->in.src,
		.dst = f->out.dst,
		.sport = f->in.sport,
		.dport = f->out.dport,
		.proto = f->proto,
		.in_if = m->cur.reply ? out_if : m->cur.in_if,
		.out_if = m->cur.reply ? m->cur.in_if : out_if,
		.tcp_flags = TCP_SYN,
	};

	if (f->proto == IP_PROTO_ICMP) {
		packet.icmp_type = (u8)(f->in.dport >> 8);
		packet.icmp_code = (u8)f->in.dport;
	}
	return ask(m, FILTER_FORWARD, &packet, FILTER_NEW);
}

void model_filter_forward_ok(struct model *m, u16 out_if, const struct seen *seen,
			     struct model_flow *f)
{
	u8 states = FILTER_NEW | FILTER_ESTABLISHED;

	if (model_filter_is_idle(m, FILTER_FORWARD) || stands(m, f))
		return;
	if (f == NULL)
		states = FILTER_NEW;
	else if (m->cur.reply && model_flow_lives(m, f))
		states = FILTER_ESTABLISHED;
	if (!ask_forward(m, out_if, seen->dst, seen->dport, states).accepts)
		model_wrong(m, "forwarded what the rules forbid");
	if (f == NULL || !is_asked_again(m, f))
		return;
	if (!ask_begin(m, out_if, f).accepts)
		model_wrong(m, "a flow goes on that would not begin any more");
	f->rules = m->rules;
}

void model_filter_related_ok(struct model *m, u16 out_if, const struct seen *seen,
			     const struct model_flow *f)
{
	if (model_filter_is_idle(m, FILTER_FORWARD) || f->rules != m->rules)
		return;
	if (!ask_forward(m, out_if, seen->dst, seen->dport, FILTER_RELATED).accepts)
		model_wrong(m, "an ICMP error was passed on that the rules forbid");
}

bool model_filter_takes_in(const struct model *m, bool certainly)
{
	struct filter_model_packet packet = packet_of(&m->cur.seen);
	struct verdicts verdicts;

	packet.in_if = m->cur.in_if;
	verdicts = ask(m, FILTER_INPUT, &packet, FILTER_NEW | FILTER_ESTABLISHED);
	return certainly ? !verdicts.refuses : verdicts.accepts;
}

void model_filter_output_ok(struct model *m, u16 out_if, const struct seen *seen)
{
	struct filter_model_packet packet = packet_of(seen);

	packet.out_if = out_if;
	if (!ask(m, FILTER_OUTPUT, &packet, FILTER_RELATED | FILTER_ESTABLISHED | FILTER_NEW)
		     .accepts)
		model_wrong(m, "made here and sent, and the rules forbid it");
}

/* ---- sets ------------------------------------------------------------------------------------ */

static struct model_set *set_named(struct model *m, const char *name)
{
	for (u32 n = 0; n < m->set_count; n++) {
		if (strcmp(m->set[n].conf.name, name) == 0)
			return &m->set[n];
	}
	return NULL;
}

static bool elem_is(const struct filter_elem *a, const struct filter_elem *b)
{
	return be32_eq(a->addr, b->addr) && a->len == b->len && a->port_first == b->port_first &&
	       a->port_last == b->port_last;
}

static u32 elem_find(const struct model_set *set, const struct filter_elem *elem)
{
	u32 at = 0;

	while (at < set->now.elem_count && !elem_is(&set->elem[at], elem))
		at++;
	return at;
}

/* Whether that changes anything. */
static bool elem_change(struct model_set *set, const struct filter_elem *elem, bool in)
{
	u32 at = elem_find(set, elem);

	if ((at < set->now.elem_count) == in)
		return false;
	if (in) {
		CHECK(set->now.elem_count < MODEL_ELEM_MAX);
		set->elem[set->now.elem_count++] = *elem;
	} else {
		set->elem[at] = set->elem[--set->now.elem_count];
	}
	return true;
}

static bool elems_change(struct model_set *set, const struct filter_elem *elem, bool in)
{
	struct filter_elem one = *elem;
	bool changed = false;

	if (set->conf.kind != FILTER_SET_PORTS)
		return elem_change(set, elem, in);
	for (u32 port = elem->port_first; port <= elem->port_last; port++) {
		one.port_first = one.port_last = (u16)port;
		changed |= elem_change(set, &one, in);
	}
	return changed;
}

static void set_fill(struct model_set *set, const struct filter_elem *elem, u32 count)
{
	set->now.elem_count = 0;
	for (u32 n = 0; n < count; n++)
		elems_change(set, &elem[n], true);
}

static void set_begin(struct model_set *set, const struct filter_set_conf *conf)
{
	CHECK(conf->elem_count <= MODEL_ELEM_MAX);
	memset(set, 0, sizeof *set);
	set->conf = set->now = *conf;
	for (u32 n = 0; n < conf->elem_count; n++)
		set->given[n] = conf->elem[n];
	set_fill(set, conf->elem, conf->elem_count);
}

static bool set_is_as_given(const struct model_set *set, const struct filter_set_conf *conf)
{
	for (u32 n = 0; n < conf->elem_count && n < set->conf.elem_count; n++) {
		if (!elem_is(&set->given[n], &conf->elem[n]))
			return false;
	}
	return set->conf.kind == conf->kind && set->conf.elem_count == conf->elem_count;
}

/* Rules are asked about sets as these are now. */
static void sets_point(struct model *m)
{
	for (u32 n = 0; n < m->set_count; n++) {
		m->sets[n] = m->set[n].now;
		m->sets[n].elem = m->set[n].elem;
	}
	m->filter.set = m->sets;
}

/* A set that is given what it was given before keeps what it has. True when all are. */
static bool sets_take(struct model *m, const struct filter_conf *conf)
{
	static _Thread_local struct model_set taken[MODEL_SET_MAX];
	bool same = conf->set_count == m->set_count;

	CHECK(conf->set_count <= MODEL_SET_MAX);
	for (u32 n = 0; n < conf->set_count; n++) {
		const struct model_set *old = set_named(m, conf->set[n].name);

		if (old != NULL && set_is_as_given(old, &conf->set[n])) {
			taken[n] = *old;
			continue;
		}
		set_begin(&taken[n], &conf->set[n]);
		same = false;
	}
	memcpy(m->set, taken, conf->set_count * sizeof taken[0]);
	m->set_count = conf->set_count;
	return same;
}

/* With reclassify, a set that changed is as good as a rule that changed. */
static void set_changed(struct model *m, struct model_set *set)
{
	set->changed = true;
	sets_point(m);
	m->rules += m->filter.reclassify;
}

enum err model_set_change(struct model *m, const char *name, const struct filter_elem *elem,
			  bool in)
{
	struct model_set *set = set_named(m, name);

	if (set == NULL)
		return ERR_NOT_FOUND;
	if (!elems_change(set, elem, in))
		return in ? ERR_EXISTS : ERR_NOT_FOUND;
	set_changed(m, set);
	return ERR_OK;
}

enum err model_set_fill(struct model *m, const char *name, const struct filter_elem *elem,
			u32 count)
{
	struct model_set *set = set_named(m, name);

	if (set == NULL)
		return ERR_NOT_FOUND;
	set_fill(set, elem, count);
	set_changed(m, set);
	return ERR_OK;
}

void model_set_shown(struct model *m, const struct sluice_set *row)
{
	const struct model_set *set = set_named(m, row->name);

	if (set == NULL || row->kind != set->conf.kind)
		model_wrong(m, "a set is shown that nobody has configured");
	else if (row->elem_count != set->now.elem_count || row->changed != set->changed)
		model_wrong(m, "set %s is shown with %u elements%s, and has %u%s", row->name,
			    row->elem_count, row->changed ? ", changed" : "",
			    set->now.elem_count, set->changed ? ", changed" : "");
}

void model_elem_shown(struct model *m, const char *name, const struct filter_elem *elem)
{
	const struct model_set *set = set_named(m, name);
	struct filter_elem one = *elem;

	if (set == NULL)
		return;
	for (u32 port = elem->port_first; port <= elem->port_last; port++) {
		one.port_first = one.port_last = (u16)port;
		if (elem_find(set, &one) == set->now.elem_count)
			model_wrong(m, "set %s shows an element that it does not have", name);
	}
}

void model_filter_changed(struct model *m, const struct filter_conf *was,
			  const struct filter_conf *now)
{
	bool same = sets_take(m, now);

	if (was != now && (!same || was->rule != now->rule ||
			   memcmp(was->policy, now->policy, sizeof was->policy) != 0))
		m->rules++;
	m->filter = *now;
	sets_point(m);
}
