/* Routing of an engine. */
#include "core/engine/routing.h"

const struct rib *sluice_rib(const struct sluice *s)
{
	(void)s;
	return NULL;
}

const struct bgp *sluice_bgp(const struct sluice *s)
{
	(void)s;
	return NULL;
}

const struct ospf *sluice_ospf(const struct sluice *s)
{
	(void)s;
	return NULL;
}

const struct rip *sluice_rip(const struct sluice *s)
{
	(void)s;
	return NULL;
}

const struct bfd *sluice_bfd(const struct sluice *s)
{
	(void)s;
	return NULL;
}

bool sluice_speaker_event(struct sluice *s, struct speaker_event *out)
{
	(void)s;
	(void)out;
	return false;
}

void sluice_routing_drain(struct sluice *s, bool drain, ns_t now)
{
	(void)s;
	(void)drain;
	(void)now;
}

bool sluice_routing_is_drained(const struct sluice *s)
{
	(void)s;
	return false;
}
