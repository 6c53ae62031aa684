/* Names of entries, where they are and where they are not. */
#include "host/conf/conf_checking.h"

#include "core/base/check.h"
#include "host/conf/nearest.h"

void checking_wrong(struct checking *c, const void *value, const char *why)
{
	conf_error(c->errors, checking_at(c, value), "%s", why);
}

struct checking_names checking_ifaces(const struct checking *c)
{
	return (struct checking_names){ "interface", c->conf->iface, sizeof c->conf->iface[0],
					&c->conf->iface_count };
}

static const char *name_of(const struct checking_names *names, u32 index)
{
	return (const char *)names->first + (size_t)index * names->size;
}

bool checking_doubts_any(const struct checking *c, const struct checking_names *names)
{
	bool any = checking_doubts(c, names->count);

	for (u32 i = 0; i < *names->count && !any; i++)
		any = checking_doubts(c, name_of(names, i));
	return any;
}

/* One that could not be read may have any name. */
static bool may_be_there(const struct checking *c, const struct checking_names *names)
{
	bool any = checking_doubts(c, names->count);

	for (u32 i = 0; i < *names->count && !any; i++)
		any = name_of(names, i)[0] == 0;
	return any;
}

const void *checking_find(struct checking *c, const struct checking_names *names, const char *name)
{
	const char *all[CONF_SET_MAX];
	const char *near;

	CHECK(*names->count <= ARRAY_COUNT(all));
	for (u32 i = 0; i < *names->count; i++) {
		all[i] = name_of(names, i);
		if (strcmp(all[i], name) == 0)
			return all[i];
	}
	if (may_be_there(c, names))
		return NULL;
	near = nearest_word(name, all, *names->count);
	conf_error(c->errors, checking_at(c, name), "there is no %s '%s'%s%s%s", names->what, name,
		   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}
