/* Names and numbers of zones. */
#include "host/conf/conf_zone.h"

#include "host/conf/nearest.h"

struct checking {
	const struct conf *conf;
	const struct conf_marks *marks;
	struct conf_errors *errors;
	u32 name_count;
	const char *name[CONF_IFACE_MAX];
};

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
	u32 count = names_of(conf, names);

	if (name[0] == 0)
		return 0;
	for (u32 i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return (u8)(i + 1);
	}
	return CONF_ZONE_UNKNOWN;
}

static struct conf_place at(const struct checking *c, const void *value)
{
	return conf_place_of(c->marks, (u32)((const u8 *)value - (const u8 *)c->conf));
}

static void check_name(struct checking *c, const char *zone)
{
	const char *near;

	if (conf_zone_find(c->conf, zone) != CONF_ZONE_UNKNOWN)
		return;
	near = nearest_word(zone, c->name, c->name_count);
	conf_error(c->errors, at(c, zone), "no interface is in a zone '%s'%s%s%s", zone,
		   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void check_iface(struct checking *c, const struct conf_iface *iface)
{
	if (iface->zone[0] && iface->side == IFACE_OUTSIDE)
		conf_error(c->errors, at(c, iface->zone),
			   "'%s' is outside, which is common to all zones: only an inside "
			   "interface is in one",
			   iface->name);
}

static void check_service(struct checking *c, const struct conf_service *service)
{
	check_name(c, service->zone);
	if (service->zone[0] && service->check.kind != HEALTH_NONE)
		conf_error(c->errors, at(c, &service->check.kind),
			   "checks come from the host, which is in no zone; backends of a zone are "
			   "taken as up");
}

void conf_check_zones(const struct conf *conf, const struct conf_marks *marks,
		      struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };

	c.name_count = names_of(conf, c.name);
	for (u32 i = 0; i < conf->iface_count; i++)
		check_iface(&c, &conf->iface[i]);
	for (u32 i = 0; i < conf->route_count; i++)
		check_name(&c, conf->route[i].zone);
	for (u32 i = 0; i < conf->rule_count; i++)
		check_name(&c, conf->rule[i].zone);
	for (u32 i = 0; i < conf->static_count; i++)
		check_name(&c, conf->fixed[i].zone);
	for (u32 i = 0; i < conf->service_count; i++)
		check_service(&c, &conf->service[i]);
}
