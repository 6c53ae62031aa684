/* What the files that make the page of metrics share. */
#ifndef HOST_CTL_METRICS_PART_H
#define HOST_CTL_METRICS_PART_H

#include "host/ctl/metrics.h"

/* A page as far as it is made. */
struct metrics_page {
	struct evbuffer *out;
	struct turns *turns;            /* one step for each sample */
	struct sluice_backend *backend; /* BALANCE_BACKEND_MAX places */
};

/* What stands above the samples of a metric; name without sluice_. */
void metrics_put_head(struct metrics_page *page, const char *name, const char *type,
		      const char *help);
/* The value of a label. No text of ours has a line end in it, but names come from a file, and those
 * of interfaces from the system.                                                                 */
void metrics_put_label(struct metrics_page *page, const char *text);
/* The value of a sample, and the end of its line. */
void metrics_put_value(struct metrics_page *page, u64 value);
/* The same behind the value of a label. */
void metrics_put_labelled(struct metrics_page *page, u64 value);
/* Zones, services and their backends. */
void metrics_put_named(struct metrics_page *page, const struct sluice *s);
/* The RIB, and who speaks. */
void metrics_put_routing(struct metrics_page *page, const struct sluice *s);

#endif
