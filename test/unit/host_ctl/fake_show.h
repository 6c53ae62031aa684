/* A gateway to look into: tables given by the test, shown through the engine's calls.
 * Included by the one file of a test program: its definitions stand in for the engine's. */
#ifndef TEST_UNIT_HOST_CTL_FAKE_SHOW_H
#define TEST_UNIT_HOST_CTL_FAKE_SHOW_H

#include "core/engine/show_routing.h"
#include "sluice/explain.h"
#include "sluice/sluice.h"

enum { FAKE_FLOWS_MAX = 5000, FAKE_MAX = 8 };

/* What `struct sluice` points to in these tests. */
struct fake_tables {
	u32 flow_count;
	struct sluice_flow flow[FAKE_FLOWS_MAX];
	u32 flow_stride; /* entries that one call looks at; 0: as many as fit */
	u32 mapping_count;
	struct sluice_mapping mapping[FAKE_MAX];
	u32 ports_count;
	struct sluice_ports ports[FAKE_MAX];
	u32 dest_count;
	struct sluice_dest dest[FAKE_MAX];
	u32 backend_count;
	struct sluice_backend backend[FAKE_MAX];
	u32 service_count;
	struct sluice_service service[FAKE_MAX];
	u32 subscriber_count;
	struct sluice_subscriber subscriber[FAKE_MAX];
	u32 route_count;
	struct sluice_route_info route[FAKE_MAX];
	u32 rule_count;
	struct sluice_rule rule[FAKE_MAX];
	u32 set_count;
	struct sluice_set set[FAKE_MAX];
	u32 elem_count; /* of each set */
	struct filter_elem elem[FAKE_MAX];
	u32 neigh_count;
	struct neigh_info neigh[FAKE_MAX];
	u32 counter_count;
	struct sluice_counter counter[FAKE_MAX];
	struct iface_table ifaces;
	u32 zone_count;
	struct sluice_zone zone[2];
	u32 sock_count;
	struct sluice_sock_info sock[FAKE_MAX];
	struct sluice_sock_filter sock_filter; /* that was asked with, but for its text */
	char sock_state[32];
	struct mem mem;
	const char *pools_withheld;
	const struct rib *rib; /* NULL: not there, here and below */
	const struct bgp *bgp;
	const struct ospf *ospf;
	const struct rip *rip;
	const struct bfd *bfd;
	const struct fpm *fpm;
};

static struct sluice *fake_sluice(struct fake_tables *tables)
{
	return (struct sluice *)tables;
}

static const struct fake_tables *tables_of(const struct sluice *s)
{
	return (const struct fake_tables *)(const void *)s;
}

/* Flow `index` from 10.0.0.0 + index to 198.18.0.2:80. */
static inline void fake_add_flows(struct fake_tables *tables, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		struct sluice_flow *flow = &tables->flow[tables->flow_count];

		*flow = (struct sluice_flow){ .handle = i,
					      .proto = 6,
					      .answered = true,
					      .assured = true,
					      .translated = true,
					      .state = "established",
					      .idle_ms = 3000,
					      .expires_ms = 7437000,
					      .packets = { 10, 8 },
					      .bytes = { 1200, 9000 } };
		flow->orig = (struct sluice_tuple){ be32_of(0x0a000000 + i), be32_of(0xc6120002),
						    be16_of(41022), be16_of(80) };
		flow->repl = (struct sluice_tuple){ be32_of(0xc6120002), be32_of(0xc6120001),
						    be16_of(80), be16_of(23011) };
		tables->flow_count++;
	}
}

static bool flow_matches(const struct sluice_flow_filter *filter, const struct sluice_flow *flow)
{
	u32 mask = filter->addr_len ? UINT32_MAX << (32 - filter->addr_len) : 0;

	return ((be32_host(flow->orig.src) ^ be32_host(filter->addr)) & mask) == 0 &&
	       (!filter->proto || filter->proto == flow->proto) &&
	       (!filter->state || strcmp(filter->state, flow->state) == 0) &&
	       !(filter->unanswered_only && flow->answered);
}

u32 sluice_show_flows(const struct sluice *s, const struct sluice_flow_filter *filter, ns_t now,
		      u32 *cursor, struct sluice_flow *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);
	u32 stride = tables->flow_stride ? tables->flow_stride : max;
	u32 count = 0;

	(void)now;
	for (u32 looked = 0; looked < stride && *cursor < tables->flow_count && count < max;
	     looked++, (*cursor)++) {
		if (flow_matches(filter, &tables->flow[*cursor]))
			out[count++] = tables->flow[*cursor];
	}
	if (*cursor == tables->flow_count)
		*cursor = SLUICE_CURSOR_END;
	return count;
}

/* Whole tables in one call. */
static u32 show(const void *table, size_t size_bytes, u32 count, u32 *cursor, void *out)
{
	if (*cursor == SLUICE_CURSOR_END)
		return 0;
	*cursor = SLUICE_CURSOR_END;
	memcpy(out, table, size_bytes * count);
	return count;
}

u32 sluice_show_nat(const struct sluice *s, ns_t now, u32 *cursor, struct sluice_mapping *out,
		    u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	(void)now;
	return show(tables->mapping, sizeof *out, u32_min(tables->mapping_count, max), cursor, out);
}

u32 sluice_show_ports(const struct sluice *s, u32 *cursor, struct sluice_ports *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->ports, sizeof *out, u32_min(tables->ports_count, max), cursor, out);
}

u32 sluice_show_dests(const struct sluice *s, u32 *cursor, struct sluice_dest *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->dest, sizeof *out, u32_min(tables->dest_count, max), cursor, out);
}

u32 sluice_show_backends(const struct sluice *s, ns_t now, u32 *cursor, struct sluice_backend *out,
			 u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	(void)now;
	return show(tables->backend, sizeof *out, u32_min(tables->backend_count, max), cursor, out);
}

u32 sluice_show_services(const struct sluice *s, u32 *cursor, struct sluice_service *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->service, sizeof *out, u32_min(tables->service_count, max), cursor, out);
}

u32 sluice_show_subscribers(const struct sluice *s, u32 *cursor, struct sluice_subscriber *out,
			    u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->subscriber, sizeof *out, u32_min(tables->subscriber_count, max), cursor,
		    out);
}

u32 sluice_show_routes(const struct sluice *s, u32 *cursor, struct sluice_route_info *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->route, sizeof *out, u32_min(tables->route_count, max), cursor, out);
}

u32 sluice_show_rules(const struct sluice *s, u32 *cursor, struct sluice_rule *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->rule, sizeof *out, u32_min(tables->rule_count, max), cursor, out);
}

u32 sluice_show_sets(const struct sluice *s, u32 *cursor, struct sluice_set *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->set, sizeof *out, u32_min(tables->set_count, max), cursor, out);
}

u32 sluice_show_elements(const struct sluice *s, const char *set, u32 *cursor,
			 struct filter_elem *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	(void)set;
	return show(tables->elem, sizeof *out, u32_min(tables->elem_count, max), cursor, out);
}

/* Every set has the same elements, of which one with a port is of a set named "pairs" only, ports
 * alone of "ports", and all others of the rest.                                                  */
enum err sluice_set_find(const struct sluice *s, const char *set, const struct filter_elem *elem,
			 bool *in, struct filter_elem *holder)
{
	const struct fake_tables *tables = tables_of(s);
	bool ports = strcmp(set, "ports") == 0, pairs = strcmp(set, "pairs") == 0;

	if ((elem->port_first != 0) != (ports || pairs) || (elem->len != 0) == ports)
		return ERR_RANGE;
	*in = false;
	for (u32 i = 0; i < tables->elem_count && !*in; i++) {
		*holder = tables->elem[i];
		*in = be32_eq(holder->addr, elem->addr) && holder->len == elem->len &&
		      holder->port_first <= elem->port_first &&
		      elem->port_last <= holder->port_last;
	}
	return ERR_OK;
}

u32 sluice_show_neighbours(const struct sluice *s, ns_t now, u32 *cursor, struct neigh_info *out,
			   u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	(void)now;
	return show(tables->neigh, sizeof *out, u32_min(tables->neigh_count, max), cursor, out);
}

u32 sluice_show_drops(const struct sluice *s, u32 *cursor, struct sluice_counter *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	return show(tables->counter, sizeof *out, u32_min(tables->counter_count, max), cursor, out);
}

/* Ends without a word: the cursor stands still. */
u32 sluice_show_counters(const struct sluice *s, u32 *cursor, struct sluice_counter *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);

	if (*cursor)
		return 0;
	*cursor = 1;
	memcpy(out, tables->counter, sizeof *out * u32_min(tables->counter_count, max));
	return u32_min(tables->counter_count, max);
}

/* As of the interfaces. */
const char *sluice_zone_name(const struct sluice *s, u8 zone)
{
	const struct fake_tables *tables = tables_of(s);

	for (u32 i = 0; i < tables->ifaces.count; i++) {
		if (tables->ifaces.iface[i].conf.zone == zone)
			return tables->ifaces.iface[i].conf.zone_name;
	}
	return "";
}

u32 sluice_show_zones(const struct sluice *s, u32 *cursor, struct sluice_zone *out, u32 max)
{
	const struct fake_tables *tables = tables_of(s);
	u32 found = 0;

	for (; *cursor < tables->zone_count && found < max; (*cursor)++)
		out[found++] = tables->zone[*cursor];
	if (found < max)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

u32 sluice_show_sockets(const struct sluice *s, const struct sluice_sock_filter *filter, ns_t now,
			u32 *cursor, struct sluice_sock_info *out, u32 max)
{
	struct fake_tables *tables = (struct fake_tables *)(uintptr_t)s;

	(void)now;
	tables->sock_filter = *filter;
	tables->sock_filter.any.state = NULL;
	if (filter->any.state != NULL)
		snprintf(tables->sock_state, sizeof tables->sock_state, "%s", filter->any.state);
	return show(tables->sock, sizeof *out, u32_min(tables->sock_count, max), cursor, out);
}

const struct iface_table *sluice_ifaces(const struct sluice *s)
{
	return &tables_of(s)->ifaces;
}

u16 sluice_host_if(const struct sluice *s)
{
	(void)s;
	return IFACE_NONE;
}

const struct mem *sluice_mem(const struct sluice *s)
{
	return &tables_of(s)->mem;
}

u32 sluice_flow_count(const struct sluice *s)
{
	return tables_of(s)->flow_count;
}

/* Nothing happens here, and nothing can be ended or explained: test_ctl_act.c has an engine. */

void sluice_news_listen(struct sluice *s, bool on)
{
	(void)s;
	(void)on;
}

bool sluice_news_next(struct sluice *s, struct sluice_news *out)
{
	(void)s;
	(void)out;
	return false;
}

u64 sluice_news_lost(const struct sluice *s)
{
	(void)s;
	return 0;
}

u64 sluice_events_lost(const struct sluice *s)
{
	(void)s;
	return 0;
}

bool sluice_news_matches(const struct sluice_news *news, const struct sluice_flow_filter *filter)
{
	(void)news;
	(void)filter;
	return false;
}

u32 sluice_flush_flows(struct sluice *s, const struct sluice_flow_filter *filter, ns_t now,
		       u32 *cursor)
{
	(void)s;
	(void)filter;
	(void)now;
	*cursor = SLUICE_CURSOR_END;
	return 0;
}

/* ---- routing --------------------------------------------------------------------------------- */

const char *sluice_pools_withheld(const struct sluice *s)
{
	return tables_of(s)->pools_withheld;
}

const struct rib *sluice_rib(const struct sluice *s)
{
	return tables_of(s)->rib;
}

const struct bgp *sluice_bgp(const struct sluice *s)
{
	return tables_of(s)->bgp;
}

const struct ospf *sluice_ospf(const struct sluice *s)
{
	return tables_of(s)->ospf;
}

const struct rip *sluice_rip(const struct sluice *s)
{
	return tables_of(s)->rip;
}

const struct bfd *sluice_bfd(const struct sluice *s)
{
	return tables_of(s)->bfd;
}

const struct fpm *sluice_fpm(const struct sluice *s)
{
	return tables_of(s)->fpm;
}

bool sluice_bgp_announced(const struct sluice *s, be32 peer, u64 *cursor,
			  struct bgp_told_shown *out, u32 *count)
{
	struct bgp *bgp = (struct bgp *)(void *)tables_of(s)->bgp;

	*count = 0;
	return bgp != NULL && bgp_show_announced(bgp, peer, cursor, out, count);
}

#endif
