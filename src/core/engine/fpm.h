/* FRR's zebra at an engine: the host has the connection, and gives what comes by it. Of two that
 * are opened the newer one counts.                                                               */
#ifndef CORE_ENGINE_FPM_H
#define CORE_ENGINE_FPM_H

#include "core/routing/fpm/fpm.h"
#include "sluice/sluice.h"

/* False: the configuration has no FPM. */
MUST_USE bool sluice_fpm_open(struct sluice *s, const struct fpm_peer *peer, ns_t now);
/* NULL; or why the connection has to be closed: in the engine it has ended already. */
const char *sluice_fpm_input(struct sluice *s, const u8 *data, u32 bytes, ns_t now);
/* why: a static sentence. */
void sluice_fpm_close(struct sluice *s, const char *why, ns_t now);
/* The number that the system has for an interface; 0: it has none. */
void sluice_fpm_os_index(struct sluice *s, u16 iface, u32 os_index);

#endif
