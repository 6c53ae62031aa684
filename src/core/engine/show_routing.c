/* Who speaks. */
#include "core/engine/show_routing.h"

#include "core/engine/engine.h"

static bool speaks(const struct sluice *s, enum speaker speaker)
{
	return s->routing != NULL && s->routing->runs[speaker];
}

const struct rib *sluice_rib(const struct sluice *s)
{
	return s->routing != NULL ? &s->routing->rib : NULL;
}

const struct bgp *sluice_bgp(const struct sluice *s)
{
	return speaks(s, SPEAKER_BGP) ? s->routing->bgp : NULL;
}

bool sluice_bgp_announced(const struct sluice *s, be32 peer, u64 *cursor,
			  struct bgp_told_shown *out, u32 *count)
{
	*count = 0;
	return speaks(s, SPEAKER_BGP) &&
	       bgp_show_announced(s->routing->bgp, peer, cursor, out, count);
}

const struct ospf *sluice_ospf(const struct sluice *s)
{
	return speaks(s, SPEAKER_OSPF) ? s->routing->ospf : NULL;
}

const struct rip *sluice_rip(const struct sluice *s)
{
	return speaks(s, SPEAKER_RIP) ? s->routing->rip : NULL;
}

const struct bfd *sluice_bfd(const struct sluice *s)
{
	return speaks(s, SPEAKER_BFD) ? s->routing->bfd : NULL;
}

const struct fpm *sluice_fpm(const struct sluice *s)
{
	return speaks(s, SPEAKER_FPM) ? s->routing->fpm : NULL;
}

const char *sluice_pools_withheld(const struct sluice *s)
{
	if (s->routing == NULL || s->routing->pool_count == 0)
		return NULL;
	return routing_withheld_text((enum routing_withheld)s->routing->withheld);
}

bool sluice_routing_is_drained(const struct sluice *s)
{
	return s->routing != NULL && s->routing->drained;
}

void sluice_routing_drain_left(const struct sluice *s, struct sluice_drain_left *out)
{
	*out = (struct sluice_drain_left){ 0 };
	if (speaks(s, SPEAKER_BGP))
		out->bgp_peers = bgp_count_told(s->routing->bgp);
	if (speaks(s, SPEAKER_OSPF))
		out->ospf_lsas = ospf_count_untold(s->routing->ospf);
	if (speaks(s, SPEAKER_RIP))
		out->rip_talks = rip_count_untold(s->routing->rip);
}
