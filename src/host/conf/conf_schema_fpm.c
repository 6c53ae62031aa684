/* The table of what FRR's zebra may tell. */
#include "host/conf/conf_schema_part.h"

static const struct conf_field fpm_fields[] = {
	{ .key = "listen",
	  .kind = CONF_ENDPOINT,
	  .when = CONF_RESTART,
	  .zero = "none",
	  .at = offsetof(struct conf_fpm, addr),
	  .more = offsetof(struct conf_fpm, port),
	  .help = "the host's address and port where zebra (dplane_fpm_nl) connects; its own port "
		  "is 2620" },
	{ .key = "from",
	  .kind = CONF_ADDR,
	  .zero = "any",
	  .at = offsetof(struct conf_fpm, peer),
	  .help = "who may connect; any: whoever reaches the address" },
	{ .key = "distance",
	  .kind = CONF_NUMBER,
	  .min = 1,
	  .max = 254,
	  .at = offsetof(struct conf_fpm, distance),
	  .help = "of its routes beside those of others" },
	{ .key = "limit",
	  .kind = CONF_NUMBER,
	  .zero = "none",
	  .min = 1,
	  .max = FPM_ROUTES_MAX,
	  .at = offsetof(struct conf_fpm, route_limit),
	  .help = "routes that it may tell; none: as many as there is room for" },
	{ .key = "hold",
	  .kind = CONF_SECONDS,
	  .zero = "none",
	  .max = FPM_HOLD_MAX_S,
	  .at = offsetof(struct conf_fpm, hold_s),
	  .help = "how long its routes are kept when it is gone, and those that it does not tell "
		  "again when it is back" },
};

const struct conf_group conf_fpm_group = {
	.what = "fpm",
	.field = fpm_fields,
	.field_count = ARRAY_COUNT(fpm_fields),
};
