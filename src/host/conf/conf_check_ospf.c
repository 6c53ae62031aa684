/* What OSPF may be told together. */
#include "host/conf/conf_check_routing_part.h"
#include "host/conf/values.h"

/* ---- interfaces ------------------------------------------------------------------------------ */

/* In the areas before, and before it in its own. */
static void check_elsewhere(struct checking *c, u32 area, u32 index)
{
	const struct conf_ospf *ospf = &c->conf->routing.ospf;
	const struct conf_ospf_iface *iface = &ospf->area[area].iface[index];

	for (u32 a = 0; a <= area; a++) {
		const struct conf_ospf_area *other = &ospf->area[a];

		for (u32 i = 0; i < (a == area ? index : other->iface_count); i++) {
			if (strcmp(other->iface[i].name, iface->name) != 0)
				continue;
			conf_error(c->errors, checking_at(c, iface->name),
				   "'%s' is in area %s already, in line %u; an interface is in "
				   "one",
				   iface->name, value_show_addr(be32_of(other->id)).text,
				   checking_at(c, other->iface[i].name).line);
			return;
		}
	}
}

static void check_iface(struct checking *c, u32 area, u32 index)
{
	const struct conf_ospf_iface *iface = &c->conf->routing.ospf.area[area].iface[index];

	check_elsewhere(c, area, index);
	(void)check_routing_iface(c, iface->name);
	check_keys(c, iface->password, iface->key, &iface->key_count);
	if (iface->dead_s <= iface->hello_s)
		checking_wrong(c, &iface->dead_s,
			       "'dead' has to be longer than 'hello', four times as long as a "
			       "rule");
	if (iface->passive && iface->bfd)
		checking_wrong(c, &iface->bfd,
			       "a passive interface has no neighbours that BFD could look after");
}

/* ---- areas ----------------------------------------------------------------------------------- */

static void check_kind(struct checking *c, const struct conf_ospf_area *area)
{
	if (area->id == 0 && area->kind != OSPF_AREA_NORMAL)
		checking_wrong(c, &area->kind, "the backbone is neither stub nor nssa");
	if (area->kind == OSPF_AREA_NORMAL && area->no_summary)
		checking_wrong(c, &area->no_summary, "'no-summary' needs 'type: stub' or nssa");
	if (area->kind != OSPF_AREA_NSSA && area->nssa_default)
		checking_wrong(c, &area->nssa_default, "'nssa-default' needs 'type: nssa'");
	if (area->kind != OSPF_AREA_NSSA && area->nssa_always)
		checking_wrong(c, &area->nssa_always, "'translate-always' needs 'type: nssa'");
}

static void check_area(struct checking *c, u32 index)
{
	const struct conf_ospf *ospf = &c->conf->routing.ospf;
	const struct conf_ospf_area *area = &ospf->area[index];

	for (u32 i = 0; i < index; i++) {
		if (checking_doubts(c, &ospf->area[i]) || ospf->area[i].id != area->id)
			continue;
		conf_error(c->errors, checking_at(c, &area->id),
			   "there is an area %s already, in line %u",
			   value_show_addr(be32_of(area->id)).text,
			   checking_at(c, &ospf->area[i].id).line);
		return;
	}
	check_kind(c, area);
	for (u32 i = 0; i < area->iface_count; i++)
		check_iface(c, index, i);
}

static bool has_backbone(const struct conf_ospf *ospf)
{
	for (u32 i = 0; i < ospf->area_count; i++) {
		if (ospf->area[i].id == 0)
			return true;
	}
	return false;
}

void check_ospf(struct checking *c)
{
	const struct conf_ospf *ospf = &c->conf->routing.ospf;
	bool doubted = checking_doubts(c, &ospf->area_count);

	check_policy_name(c, ospf->import);
	check_policy_name(c, ospf->export);
	for (u32 i = 0; i < ospf->area_count; i++) {
		doubted |= checking_doubts(c, &ospf->area[i]);
		if (!checking_doubts(c, &ospf->area[i]))
			check_area(c, i);
	}
	if (ospf->area_count > 1 && !has_backbone(ospf) && !doubted)
		checking_wrong(c, &ospf->area[1].id,
			       "of several areas one has to be the backbone, 0.0.0.0: by it the "
			       "others know of each other");
}
