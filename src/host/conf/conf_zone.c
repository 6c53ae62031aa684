/* Names and numbers of zones. */
#include "host/conf/conf_zone.h"

#include "host/conf/conf_checking.h"
#include "host/conf/nearest.h"

/* The first interface of each zone, in their order. */
static u32 names_of(const struct conf *conf, const char *name[CONF_IFACE_MAX])
{
	u32 count = 0;

	for (u32 i = 0; i < conf->iface_count; i++) {
		const char *zone = conf->iface[i].zone;
		bool known = zone[0] == 0;

		for (u32 j = 0; j < count && !known; j++)
			known = strcmp(name[j], zone) == 0;
		if (!known)
			name[count++] = zone;
	}
	return count;
}

u8 conf_zone_find(const struct conf *conf, const char *name)
{
	const char *names[CONF_IFACE_MAX];
	u32 count;

	if (name[0] == 0)
		return 0;
	count = names_of(conf, names);
	for (u32 i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return (u8)(i + 1);
	}
	return CONF_ZONE_UNKNOWN;
}

/* The zone that an entry names. One is there by its interfaces, so each of these has to be read. */
static void check_name(struct checking *c, const void *entry, const char *zone)
{
	struct checking_names ifaces = checking_ifaces(c);
	const char *names[CONF_IFACE_MAX];
	const char *near;

	if (conf_zone_find(c->conf, zone) != CONF_ZONE_UNKNOWN || checking_doubts(c, entry) ||
	    checking_doubts_any(c, &ifaces))
		return;
	near = nearest_word(zone, names, names_of(c->conf, names));
	conf_error(c->errors, checking_at(c, zone), "no interface is in a zone '%s'%s%s%s", zone,
		   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void check_iface(struct checking *c, const struct conf_iface *iface)
{
	if (iface->zone[0] && iface->side == IFACE_OUTSIDE && !checking_doubts(c, iface))
		conf_error(c->errors, checking_at(c, iface->zone),
			   "'%s' is outside, which is common to all zones: only an inside "
			   "interface is in one",
			   iface->name);
}

/* The zone is that of the way in, so these two have to agree. */
static void check_filter_rule(struct checking *c, const struct conf_filter_rule *rule)
{
	u16 in = conf_iface_find(c->conf, rule->in);

	if (rule->zone[0] == 0 || checking_doubts(c, rule))
		return;
	check_name(c, rule, rule->zone);
	if (rule->chain == FILTER_OUTPUT)
		checking_wrong(c, rule->zone, "what is in chain output has come from no zone");
	if (in != IFACE_NONE && strcmp(c->conf->iface[in].zone, rule->zone) != 0 &&
	    !checking_doubts(c, &c->conf->iface[in]))
		conf_error(c->errors, checking_at(c, rule->zone),
			   "what comes by '%s' is not of zone '%s'", rule->in, rule->zone);
}

void conf_check_zones(const struct conf *conf, const struct conf_marks *marks,
		      struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };

	for (u32 i = 0; i < conf->iface_count; i++)
		check_iface(&c, &conf->iface[i]);
	for (u32 i = 0; i < conf->route_count; i++)
		check_name(&c, &conf->route[i], conf->route[i].zone);
	for (u32 i = 0; i < conf->rule_count; i++)
		check_name(&c, &conf->rule[i], conf->rule[i].zone);
	for (u32 i = 0; i < conf->static_count; i++)
		check_name(&c, &conf->fixed[i], conf->fixed[i].zone);
	for (u32 i = 0; i < conf->service_count; i++)
		check_name(&c, &conf->service[i], conf->service[i].zone);
	for (u32 i = 0; i < conf->filter.rule_count; i++)
		check_filter_rule(&c, &conf->filter.rule[i]);
	for (u32 i = 0; i < conf->subscribers.exception_count; i++)
		check_name(&c, &conf->subscribers.exception[i],
			   conf->subscribers.exception[i].zone);
}
