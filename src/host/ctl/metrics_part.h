/* What the files that make the page of metrics share. */
#ifndef HOST_CTL_METRICS_PART_H
#define HOST_CTL_METRICS_PART_H

#include "host/ctl/metrics.h"

/* What stands above the samples of a metric; name without sluice_. */
void metrics_put_head(struct evbuffer *out, const char *name, const char *type, const char *help);
/* The value of a label. No text of ours has a line end in it, but names come from a file, and those
 * of interfaces from the system.                                                                 */
void metrics_put_label(struct evbuffer *out, const char *text);
/* Zones, services and their backends. */
void metrics_put_named(struct evbuffer *out, const struct sluice *s);

#endif
