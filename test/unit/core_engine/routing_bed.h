/* An engine with a RIB and room for speakers, for tests of routing inside of the engine. */
#ifndef TEST_UNIT_CORE_ENGINE_ROUTING_BED_H
#define TEST_UNIT_CORE_ENGINE_ROUTING_BED_H

#include "core/engine/engine.h"
#include "core/wire/ip4.h"
#include "unit/core_path/path_bed.h"

struct bed {
	struct path_bed path;
	struct routing_conf routing;
};

static inline struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	rig_conf(&bed->path.conf);
	bed->routing.rib = (struct rib_conf){ .net_limit = 128,
					      .path_limit = 256,
					      .hops_limit = 64 };
	bed->path.conf.routing = &bed->routing;
	return bed;
}

static inline void bed_close(struct bed *bed)
{
	rig_close(&bed->path.rig);
	free(bed);
}

static inline struct rib *rib_of(const struct bed *bed)
{
	return &bed->path.rig.s->routing->rib;
}

static inline struct ip_prefix net(const char *text)
{
	struct ip_prefix prefix;

	assert_true(ip_prefix_parse(text, &prefix));
	return prefix;
}

static inline bool shown(const struct bed *bed, const char *prefix, struct sluice_route_info *out)
{
	struct ip_prefix of = net(prefix);
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_routes(bed->path.rig.s, &cursor, out, 1) == 1 &&
		    be32_eq(out->prefix, of.addr.word[0]) && out->prefix_len == of.len)
			return true;
	}
	return false;
}

static inline enum fib_type type_of(const struct bed *bed, const char *to)
{
	return fib_type_of(&bed->path.rig.s->fib[0], addr(to));
}

static inline void conf_sockets(struct bed *bed)
{
	bed->path.conf.sockets.sock_limit = 16;
	bed->path.conf.sockets.op_limit = 4;
	bed->path.conf.udp.endpoint_limit = 16;
	bed->path.conf.udp.datagram_limit = 64;
	bed->path.conf.udp.queue_limit = 16;
	bed->path.conf.udp.group_limit = 8;
}

#endif
