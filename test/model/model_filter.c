/* The model's laws of filter rules: what they forbid does not come out. Which of them matches is
 * told by filter_model.c; one with a limit may or may not.                                       */
#include "model/model_in.h"

#include "core/wire/ip4.h"
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
	const struct filter_conf *conf = &m->conf->filter;
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
	for (u32 n = 0; n < m->conf->filter.rule_count; n++) {
		if (m->conf->filter.rule[n].chain == chain)
			return false;
	}
	return m->conf->filter.policy[chain].action == FILTER_ACCEPT;
}

bool model_filter_rejects(const struct model *m, enum filter_reject reject)
{
	const struct filter_conf *conf = &m->conf->filter;

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
	return f != NULL && f->rules != m->rules && !m->conf->filter.reclassify;
}

void model_filter_forward_ok(struct model *m, u16 out_if, const struct seen *seen,
			     const struct model_flow *f)
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

void model_filter_changed(struct model *m, const struct filter_conf *was,
			  const struct filter_conf *now)
{
	if (was != now && (was->rule != now->rule ||
			   memcmp(was->policy, now->policy, sizeof was->policy) != 0))
		m->rules++;
}
