/* The filter's part of the engine's face: sets that change at run time, records, events. */
#include "core/engine/engine.h"

enum { FILTER_LOOK_MAX = 4096 }; /* rules or sets looked at in one call */

/* Flows that stand may fare differently now: they ask again. */
static enum err set_changed(struct sluice *s, enum err err)
{
	if (err == ERR_OK && filter_sets_matter(&s->filter))
		s->path.conf_gen++;
	return err;
}

enum err sluice_set_add(struct sluice *s, const char *set, const struct filter_elem *elem)
{
	return set_changed(s, filter_set_add(&s->filter, set, elem));
}

enum err sluice_set_del(struct sluice *s, const char *set, const struct filter_elem *elem)
{
	return set_changed(s, filter_set_del(&s->filter, set, elem));
}

enum err sluice_set_change(struct sluice *s, const char *set, const struct filter_elem *elem,
			   u32 count, bool in, u32 *changed)
{
	enum err err = filter_set_change(&s->filter, set, elem, count, in, changed);

	if (*changed > 0)
		(void)set_changed(s, ERR_OK);
	return err;
}

enum err sluice_set_flush(struct sluice *s, const char *set, u32 *gone)
{
	return set_changed(s, filter_set_flush(&s->filter, set, gone));
}

enum err sluice_set_fill_begin(struct sluice *s, const char *set, u32 *fill)
{
	return filter_fill_begin(&s->filter, set, fill);
}

enum err sluice_set_fill(struct sluice *s, const char *set, u32 fill,
			 const struct filter_elem *elem, u32 count, u32 *taken)
{
	return filter_fill_put(&s->filter, set, fill, elem, count, taken);
}

enum err sluice_set_fill_end(struct sluice *s, const char *set, u32 fill)
{
	return set_changed(s, filter_fill_end(&s->filter, set, fill));
}

void sluice_set_fill_drop(struct sluice *s, u32 fill)
{
	filter_fill_drop(&s->filter, fill);
}

enum err sluice_set_find(const struct sluice *s, const char *set, const struct filter_elem *elem,
			 bool *in, struct filter_elem *holder)
{
	return filter_set_find(&s->filter, set, elem, in, holder);
}

static const char *set_name(const struct filter_rules *rules, u16 set)
{
	return set == FILTER_SET_NONE ? NULL : rules->set[set].name;
}

static void rule_shown(const struct filter_rules *rules, u32 at, struct sluice_rule *out)
{
	const struct filter_rule_conf *conf = &rules->conf[at];

	*out = (struct sluice_rule){
		.index = at,
		.conf = *conf,
		.src_set = set_name(rules, conf->src.set),
		.dst_set = set_name(rules, conf->dst.set),
		.sport_set = set_name(rules, conf->sport.set),
		.dport_set = set_name(rules, conf->dport.set),
		.src_pair = set_name(rules, conf->src_pair),
		.dst_pair = set_name(rules, conf->dst_pair),
		.packets = rules->count[at].packets,
		.bytes = rules->count[at].bytes,
	};
}

static void policy_shown(const struct filter_rules *rules, u32 chain, struct sluice_rule *out)
{
	*out = (struct sluice_rule){
		.policy = true,
		.index = rules->rule_count,
		.packets = rules->chain[chain].count.packets,
		.bytes = rules->chain[chain].count.bytes,
	};
	filter_rule_defaults(&out->conf);
	out->conf.chain = (u8)chain;
	out->conf.fate = rules->chain[chain].policy;
}

/* Chain by chain: every rule has a place in each, and behind them is the policy. */
u32 sluice_show_rules(const struct sluice *s, u32 *cursor, struct sluice_rule *out, u32 max)
{
	const struct filter_rules *rules = s->filter.live;
	u32 places = rules != NULL ? rules->rule_count + 1 : 0;
	u32 found = 0;

	for (u32 looked = 0;
	     *cursor < places * FILTER_CHAINS && looked < FILTER_LOOK_MAX && found < max;
	     looked++, (*cursor)++) {
		u32 chain = *cursor / places, at = *cursor % places;

		if (at == rules->rule_count)
			policy_shown(rules, chain, &out[found++]);
		else if (rules->conf[at].chain == chain)
			rule_shown(rules, at, &out[found++]);
	}
	if (*cursor >= places * FILTER_CHAINS)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

static void set_shown(const struct sluice *s, u16 at, struct sluice_set *out)
{
	const struct filter_set *set = &s->filter.live->set[at];
	const struct filter_body *body = &s->filter.store.body[set->body];

	*out = (struct sluice_set){ .name = set->name,
				    .kind = (enum filter_set_kind)set->kind,
				    .changed = body->changed,
				    .elem_count = body->elem_count,
				    .hits = body->hits };
	if (set->kind != FILTER_SET_PORTS)
		out->room = s->filter.conf.elem_limit - filter_sets_held(s->filter.live);
}

u32 sluice_show_sets(const struct sluice *s, u32 *cursor, struct sluice_set *out, u32 max)
{
	u32 count = s->filter.live != NULL ? s->filter.live->set_count : 0;
	u32 found = 0;

	for (; *cursor < count && found < max; (*cursor)++)
		set_shown(s, (u16)*cursor, &out[found++]);
	if (*cursor >= count)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

u32 sluice_show_elements(const struct sluice *s, const char *set, u32 *cursor,
			 struct filter_elem *out, u32 max)
{
	const struct filter_set *named = filter_set_named(&s->filter, set);

	if (named == NULL) {
		*cursor = SLUICE_CURSOR_END;
		return 0;
	}
	return filter_body_list(&s->filter.store, named->body, cursor, out, max);
}

bool engine_filter_event(struct sluice *s, struct sluice_event *out)
{
	struct filter_log log;

	if (!filter_log_next(&s->filter, &log))
		return false;
	*out = (struct sluice_event){
		.kind = SLUICE_EVENT_FILTER,
		.when_ns = log.when_ns,
		.refused = log.held_back,
		.proto = log.proto,
		.src = log.src,
		.sport = be16_of(log.sport),
		.dst = log.dst,
		.dport = be16_of(log.dport),
		.iface = log.in_if,
		.out_if = log.out_if,
		.chain = log.chain,
		.action = log.action,
		.rule = log.rule,
	};
	memcpy(out->rule_name, log.name, sizeof out->rule_name);
	return true;
}
