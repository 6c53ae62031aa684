/* What FRR's zebra writes, on its way from the host to the client of the RIB. */
#include "core/engine/engine.h"
#include "core/engine/fpm.h"

static struct fpm *fpm_of(const struct sluice *s)
{
	return s->routing != NULL && s->routing->runs[SPEAKER_FPM] ? s->routing->fpm : NULL;
}

bool sluice_fpm_open(struct sluice *s, const struct fpm_peer *peer, ns_t now)
{
	struct fpm *fpm = fpm_of(s);

	if (fpm == NULL)
		return false;
	fpm_open(fpm, peer, engine_now(s, now));
	return true;
}

const char *sluice_fpm_input(struct sluice *s, const u8 *data, u32 bytes, ns_t now)
{
	struct fpm *fpm = fpm_of(s);

	now = engine_now(s, now);
	if (fpm == NULL || !fpm->connected)
		return "the configuration has no FPM now";
	return fpm_input(fpm, data, bytes, now);
}

void sluice_fpm_close(struct sluice *s, const char *why, ns_t now)
{
	struct fpm *fpm = fpm_of(s);

	if (fpm != NULL)
		fpm_close(fpm, why, engine_now(s, now));
}

void sluice_fpm_os_index(struct sluice *s, u16 iface, u32 os_index)
{
	struct fpm *fpm = fpm_of(s);

	if (fpm != NULL)
		fpm_os_index(fpm, iface, os_index);
}
