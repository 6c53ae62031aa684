/* Seeing inside: plain records from every table, a bounded number of entries per call. */
#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

enum { SHOW_LOOK_MAX = 4096 }; /* entries looked at in one call */
enum { FIB_CURSOR_ZONE = 1 << 24 };
_Static_assert((u32)FIB_PREFIX_MAX <= (u32)FIB_CURSOR_ZONE, "a cursor holds zone and place");

static struct sluice_tuple tuple_shown(const struct tuple *t)
{
	return (struct sluice_tuple){ t->src, t->dst, t->sport, t->dport };
}

static bool addr_matches(const struct sluice_flow_filter *filter, be32 addr)
{
	return ((be32_host(addr) ^ be32_host(filter->addr)) & ip4_mask(filter->addr_len)) == 0;
}

/* What stands in the place of ports is none with protocols that have none. */
static bool ports_match(const struct flow *flow, be16 port)
{
	const struct tuple *o = &flow->orig, *r = &flow->repl;

	return ip4_has_ports(flow->proto) && (be16_eq(port, o->sport) || be16_eq(port, o->dport) ||
					      be16_eq(port, r->sport) || be16_eq(port, r->dport));
}

static bool icmp_id_matches(const struct flow *flow, be16 id)
{
	return flow->proto == IP_PROTO_ICMP &&
	       (be16_eq(id, flow->orig.sport) || be16_eq(id, flow->repl.dport));
}

bool engine_flow_matches(const struct flow *flow, const struct sluice_flow_filter *filter)
{
	const struct tuple *o = &flow->orig, *r = &flow->repl;

	if (filter->proto != 0 && filter->proto != flow->proto)
		return false;
	if (filter->by_zone && filter->zone != flow->zone[TUPLE_ORIG] &&
	    filter->zone != flow->zone[TUPLE_REPLY])
		return false;
	if (filter->unanswered_only && (flow->flags & FLOW_ANSWERED) != 0)
		return false;
	if (filter->state != NULL &&
	    !text_equal(flow_state_name(flow->state), filter->state, UINT32_MAX))
		return false;
	if (filter->port != 0 && !ports_match(flow, be16_of(filter->port)))
		return false;
	if (filter->by_icmp_id && !icmp_id_matches(flow, be16_of(filter->icmp_id)))
		return false;
	return filter->addr_len == 0 || addr_matches(filter, o->src) ||
	       addr_matches(filter, o->dst) || addr_matches(filter, r->src) ||
	       addr_matches(filter, r->dst);
}

static void flow_shown(const struct sluice *s, u32 idx, u32 now_ms, struct sluice_flow *out)
{
	const struct flow *flow = &s->ct.flow[idx];
	u32 timeout_ms = s->ct.timeout_ms[flow_timeout_class(flow->state)];

	*out = (struct sluice_flow){
		.handle = (u64)flow->handle_gen << 32 | idx,
		.orig = tuple_shown(&flow->orig),
		.repl = tuple_shown(&flow->repl),
		.proto = flow->proto,
		.zone = { flow->zone[TUPLE_ORIG], flow->zone[TUPLE_REPLY] },
		.answered = (flow->flags & FLOW_ANSWERED) != 0,
		.assured = (flow->flags & FLOW_ASSURED) != 0,
		.translated = (flow->flags & FLOW_TRANSLATED) != 0,
		.endpoint_independent = (flow->flags & (FLOW_MAPPED | FLOW_MAPPED_DST)) != 0,
		.accelerated = splice_has_flow(&s->splice, idx),
		.holds_port = (flow->flags & FLOW_PORT) != 0,
		.state = flow_state_name(flow->state),
		.idle_ms = now_ms - flow->seen_ms,
	};
	out->expires_ms = out->idle_ms < timeout_ms ? timeout_ms - out->idle_ms : 0;
	for (u32 dir = 0; dir < 2 && s->ct.more != NULL; dir++) {
		out->packets[dir] = s->ct.more[idx].packets[dir];
		out->bytes[dir] = s->ct.more[idx].bytes[dir];
	}
}

/* The common walk: `cursor` is an index into a table of `cap` entries. */
static bool cursor_more(u32 *cursor, u32 cap, u32 looked, u32 found, u32 max)
{
	if (*cursor >= cap) {
		*cursor = SLUICE_CURSOR_END;
		return false;
	}
	return looked < SHOW_LOOK_MAX && found < max;
}

u32 sluice_show_flows(const struct sluice *s, const struct sluice_flow_filter *filter, ns_t now,
		      u32 *cursor, struct sluice_flow *out, u32 max)
{
	u32 found = 0;

	for (u32 looked = 0; cursor_more(cursor, s->ct.conf.flow_count, looked, found, max);
	     looked++) {
		const struct flow *flow = &s->ct.flow[*cursor];

		if (flow_is_confirmed(flow) && engine_flow_matches(flow, filter))
			flow_shown(s, *cursor, ct_ms(now), &out[found++]);
		(*cursor)++;
	}
	return found;
}

u32 sluice_show_nat(const struct sluice *s, ns_t now, u32 *cursor, struct sluice_mapping *out,
		    u32 max)
{
	u32 found = 0;

	for (u32 looked = 0; cursor_more(cursor, s->nat.mapping.cap, looked, found, max);
	     looked++) {
		u32 idx = (*cursor)++;
		const struct nat_mapping_rec *rec = nat_mapping_at(&s->nat, idx);

		if (!slab_is_live(&s->nat.mapping, idx))
			continue;
		out[found++] = (struct sluice_mapping){
			.proto = rec->proto,
			.zone = rec->zone,
			.inside_addr = rec->inside_addr,
			.inside_port = rec->inside_port,
			.public_addr = s->nat.address[rec->address].addr,
			.public_port = be16_of(rec->public_port),
			.flow_count = rec->flow_count,
			.idle_ms = rec->flow_count > 0 ? 0 : ct_ms(now) - rec->idle_ms,
		};
	}
	return found;
}

static const u8 shown_protos[NAT_PROTO_COUNT] = {
	[NAT_PROTO_TCP] = IP_PROTO_TCP,
	[NAT_PROTO_UDP] = IP_PROTO_UDP,
	[NAT_PROTO_ICMP] = IP_PROTO_ICMP,
	[NAT_PROTO_OTHER] = IP_PROTO_SCTP, /* and those that share its space */
};

u32 sluice_show_ports(const struct sluice *s, u32 *cursor, struct sluice_ports *out, u32 max)
{
	u32 found = 0;

	for (u32 looked = 0;
	     cursor_more(cursor, s->nat.address_count * NAT_PROTO_COUNT, looked, found, max);
	     looked++) {
		const struct nat_address *address = &s->nat.address[*cursor / NAT_PROTO_COUNT];
		u8 proto = shown_protos[*cursor % NAT_PROTO_COUNT];
		const struct nat_space *space = &address->space[*cursor % NAT_PROTO_COUNT];
		struct nat_ports ports = nat_ports_for(address, proto, NAT_HIGH_FIRST);

		(*cursor)++;
		out[found++] = (struct sluice_ports){
			.public_addr = address->addr,
			.proto = proto,
			.port_count = nat_ports_count(&ports),
			.mapped = space->mapped_count - space->resting_count,
			.resting = space->resting_count,
			.flows = space->flow_count,
			.refused = space->refused,
		};
	}
	return found;
}

u32 sluice_show_dests(const struct sluice *s, u32 *cursor, struct sluice_dest *out, u32 max)
{
	u32 found = 0;

	for (u32 looked = 0; cursor_more(cursor, s->nat.dest.cap, looked, found, max); looked++) {
		u32 idx = (*cursor)++;
		const struct nat_dest *dest = slab_at(&s->nat.dest, idx);

		if (!slab_is_live(&s->nat.dest, idx))
			continue;
		out[found++] = (struct sluice_dest){
			.public_addr = s->nat.address[dest->address].addr,
			.proto = dest->proto,
			.dst = dest->dst,
			.dport = dest->dport,
			.used = nat_dest_used(&s->nat, dest),
			.left = nat_dest_left(&s->nat, dest),
			.exact = dest->filled == NAT_PORT_WORDS * 64,
		};
	}
	return found;
}

/* Those that hold something or were refused something; the others are only remembered. */
u32 sluice_show_subscribers(const struct sluice *s, u32 *cursor, struct sluice_subscriber *out,
			    u32 max)
{
	const struct subscriber_table *table = &s->subscribers;
	u32 found = 0;

	for (u32 looked = 0; cursor_more(cursor, table->slab.cap, looked, found, max); looked++) {
		u32 idx = (*cursor)++;
		const struct subscriber *who = subscriber_at(table, idx);
		const struct subscriber_limits *limits;
		const u64 *refused = who->refused;

		if (!slab_is_live(&table->slab, idx) ||
		    (who->flow_count == 0 && who->port_count == 0 &&
		     (refused[SUBSCRIBER_REFUSED_FLOWS] | refused[SUBSCRIBER_REFUSED_PORTS] |
		      refused[SUBSCRIBER_REFUSED_RATE]) == 0))
			continue;
		limits = subscriber_limits_of(table, who);
		out[found++] = (struct sluice_subscriber){
			.addr = who->addr,
			.zone = who->zone,
			.prefix_len = table->conf.prefix_len,
			.flows = who->flow_count,
			.ports = who->port_count,
			.flow_limit = limits->flows,
			.port_limit = limits->ports,
			.rate_limit = limits->rate,
			.refused_flows = refused[SUBSCRIBER_REFUSED_FLOWS],
			.refused_ports = refused[SUBSCRIBER_REFUSED_PORTS],
			.refused_rate = refused[SUBSCRIBER_REFUSED_RATE],
		};
	}
	return found;
}

const char *sluice_zone_name(const struct sluice *s, u8 zone)
{
	return iface_zone_name(&s->ifaces, zone);
}

u32 sluice_show_zones(const struct sluice *s, u32 *cursor, struct sluice_zone *out, u32 max)
{
	u32 found = 0;

	for (; *cursor < s->path.zone_count && found < max; (*cursor)++) {
		u8 zone = (u8)*cursor;
		struct sluice_zone *shown = &out[found++];

		*shown = (struct sluice_zone){
			.zone = zone,
			.name = sluice_zone_name(s, zone),
			.routes = s->fib[zone].prefix_live,
			.flows = s->ct.zone_flows[zone],
		};
		for (u32 at = 0; at < s->ifaces.count; at++)
			shown->ifaces += s->ifaces.iface[at].conf.zone == zone;
	}
	if (found < max)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

/* Of the common zone the RIB knows more. */
static void route_source(const struct sluice *s, struct sluice_route_info *info)
{
	struct ip_prefix prefix = ip_prefix4(info->prefix, info->prefix_len);
	struct rib_path best;

	if (info->zone != 0 || s->routing == NULL || !rib_best(&s->routing->rib, &prefix, &best))
		return;
	info->source = route_source_name(rib_client_source(&s->routing->rib, best.client));
	info->distance = best.distance;
	info->metric = best.metric;
}

u32 sluice_show_routes(const struct sluice *s, u32 *cursor, struct sluice_route_info *out, u32 max)
{
	struct fib_info info;
	u32 found = 0, zone = *cursor / FIB_CURSOR_ZONE;

	/* The place in the table of one zone, and above it the zone. */
	while (found < max && zone < s->path.zone_count) {
		const struct fib *fib = &s->fib[zone];
		u32 at = *cursor % FIB_CURSOR_ZONE;

		if (fib_show(fib, &at, &info, 1) == 1) {
			out[found] = (struct sluice_route_info){
				.prefix = info.prefix,
				.prefix_len = info.len,
				.zone = (u8)zone,
				.route = *fib_route_at(fib, info.route),
			};
			route_source(s, &out[found++]);
			*cursor = zone * FIB_CURSOR_ZONE + at;
		} else {
			*cursor = ++zone * FIB_CURSOR_ZONE;
		}
	}
	if (found < max)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

u32 sluice_show_neighbours(const struct sluice *s, ns_t now, u32 *cursor, struct neigh_info *out,
			   u32 max)
{
	u32 found = neigh_show(&s->neigh, cursor, out, max);

	(void)now;
	if (found < max)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

u32 sluice_show_drops(const struct sluice *s, u32 *cursor, struct sluice_counter *out, u32 max)
{
	u32 found = 0;

	if (*cursor == 0)
		*cursor = DROP_NONE + 1;
	for (u32 looked = 0; cursor_more(cursor, DROP_COUNT, looked, found, max); looked++) {
		enum drop drop = *cursor;

		out[found++] = (struct sluice_counter){ drop_name(drop), drop_sentence(drop),
							drop_law(drop), s->drops.count[drop] };
		(*cursor)++;
	}
	return found;
}

static u32 counters_copy(const struct sluice_counter *all, u32 count, u32 *cursor,
			 struct sluice_counter *out, u32 max)
{
	u32 found = 0;

	for (u32 looked = 0; cursor_more(cursor, count, looked, found, max); looked++)
		out[found++] = all[(*cursor)++];
	return found;
}

enum { COUNTERS_MAX = 112 };

/* Flows, and packets on their road. */
static u32 counters_of_road(const struct sluice *s, struct sluice_counter *out)
{
	const struct sluice_counter some[] = {
		{ "flows", "flows that stand now", "", s->ct.confirmed },
		{ "flows_created", "flows made", "", s->ct.stats.created },
		{ "flows_expired", "flows ended by time", "", s->ct.stats.expired },
		{ "flows_taken", "never-answered flows ended to make room", "", s->ct.stats.taken },
		{ "flows_refused", "new flows refused, table full", "", s->ct.stats.refused },
		{ "flows_reopened", "closed flows begun anew by a SYN, INIT or Request",
		  "RFC 1122 4.2.2.13", s->ct.stats.reopened },
		{ "tcp_out_of_window", "TCP segments that no window explains, passed on",
		  "RFC 5961", s->ct.stats.out_of_window },
		{ "unexplained", "SCTP and DCCP packets that fit no connection, passed on",
		  "RFC 9260 8.5, RFC 4340 7.5", s->ct.stats.unexplained },
		{ "tcp_midstream", "TCP flows picked up in mid-stream", "", s->ct.stats.midstream },
		{ "probes_sent", "hosts asked before their TCP flow ends for silence",
		  "RFC 5382 REQ-5", s->path.stats.probes },
		{ "probes_answered", "flows that live on after being asked about", "",
		  s->ct.stats.probes_answered },
		{ "probes_missed", "flows ended unasked, limit of questions", "",
		  s->ct.stats.probes_missed },
		{ "packets_fast", "packets by the short cut", "", s->path.stats.fast },
		{ "packets_opening", "first packets of flows by their short cut", "",
		  s->path.stats.opened },
		{ "packets_slow", "packets by the whole road", "", s->path.stats.slow },
		{ "packets_forwarded", "packets forwarded", "", s->path.stats.forwarded },
		{ "packets_to_host", "packets for the host's own stack", "",
		  s->path.stats.to_host },
		{ "packets_fragmented", "packets cut into fragments", "RFC 791 3.2",
		  s->path.stats.fragmented },
		{ "fragments_made", "fragments that they were cut into", "RFC 791 3.2",
		  s->path.stats.fragments },
		{ "packets_segmented", "segments split for the way out", "",
		  s->path.stats.segmented },
		{ "segments_made", "segments that they were split into", "",
		  s->path.stats.segments },
		{ "packets_reassembled", "packets put together from fragments", "RFC 791 3.2",
		  s->reass.stats.whole_count },
		{ "fragments_joined", "fragments that they were put together from", "",
		  s->reass.stats.joined_count },
		{ "fragments_repeated", "fragments that were there already", "RFC 5722 4",
		  s->reass.stats.duplicate_count },
		{ "icmp_errors", "ICMP errors sent", "RFC 1812 4.3", s->icmp.count[ICMP_SENT] },
		{ "icmp_errors_limited", "ICMP errors not sent, rate limit", "RFC 1812 4.3.2.8",
		  s->icmp.count[ICMP_REFUSED_RATE] + s->icmp.count[ICMP_REFUSED_DEST_RATE] },
		{ "icmp_related", "ICMP errors passed on about known flows", "RFC 5508 REQ-4",
		  s->path.stats.related },
		{ "echo_replies", "echo requests answered", "RFC 1122 3.2.2.6",
		  s->path.stats.echo_replies },
		{ "tcp_resets", "resets sent in somebody's name", "RFC 9293 3.10.7.1",
		  s->path.stats.resets },
	};

	memcpy(out, some, sizeof some);
	return ARRAY_COUNT(some);
}

/* What NAT, neighbours and rules have done. */
static u32 counters_of_tables(const struct sluice *s, struct sluice_counter *out)
{
	const struct sluice_counter some[] = {
		{ "nat_flows", "flows that got a public address", "", s->nat.stats.created },
		{ "nat_no_port", "new flows without a port", "RFC 6888 REQ-11",
		  s->nat.stats.no_port },
		{ "nat_no_address", "new flows without a public address", "RFC 6888 REQ-11",
		  s->nat.stats.no_address },
		{ "nat_no_mapping", "new flows without a mapping, table full", "RFC 6888 REQ-5",
		  s->nat.stats.no_mapping },
		{ "nat_no_peer", "filter entries that did not fit", "RFC 4787 REQ-8",
		  s->nat.stats.no_peer },
		{ "nat_mappings_made", "endpoint-independent mappings made", "RFC 4787 REQ-1",
		  s->nat.stats.mappings_made },
		{ "nat_mappings_revived", "mappings taken up again while they rested",
		  "RFC 6888 REQ-8", s->nat.stats.mappings_revived },
		{ "nat_mappings_taken", "resting mappings that made room for new ones",
		  "RFC 6888 REQ-8", s->nat.stats.mappings_taken },
		{ "nat_port_maps_full", "busy destinations without a port map of their own", "",
		  s->nat.stats.dest_full },
		{ "nat_closed_reused", "closed TCP flows whose port was given away",
		  "RFC 6888 REQ-8", s->nat.stats.reused_closed },
		{ "service_refused", "new flows to a service without a backend that is up", "",
		  s->nat.balance.refused },
		{ "service_moved", "flows that got another backend, their own being gone", "",
		  s->nat.balance.moved },
		{ "service_reset", "TCP flows reset, their backend being gone", "RFC 9293 3.5.2",
		  s->nat.balance.reset },
		{ "service_stale", "flows whose backend is gone, not heard of since", "",
		  s->nat.balance.stale_count },
		{ "subscribers", "inside hosts that are known now", "", s->subscribers.slab.live },
		{ "subscribers_refused", "new flows of inside hosts that have their share",
		  "RFC 6888 REQ-4", s->subscribers.stats.refused_sum },
		{ "subscribers_uncounted", "new flows of hosts that nobody counts, table full", "",
		  s->subscribers.stats.uncounted },
		{ "arp_requests", "ARP requests sent", "RFC 826", s->neigh.stats.requests_sent },
		{ "arp_conflicts", "other stations that claimed our addresses", "RFC 5227 2.4",
		  s->neigh.stats.conflicts },
		{ "filter_asked", "packets that filter rules were asked about", "",
		  s->filter.stats.asked },
		{ "filter_limited", "packets that a limit kept from a filter rule", "",
		  s->filter.stats.limited },
		{ "filter_sources_evicted", "sources of limits that gave way to others early", "",
		  s->filter.stats.sources_evicted },
		{ "filter_flows_ended", "flows that new filter rules did not allow", "",
		  s->filter.stats.ended },
		{ "filter_logs_lost", "filter events that their rate limit held back", "",
		  s->filter.stats.logs_lost },
		{ "events_lost", "events that nobody read in time", "", s->events_lost },
	};

	memcpy(out, some, sizeof some);
	return ARRAY_COUNT(some);
}

static u32 counters_of_splice(const struct sluice *s, struct sluice_counter *out)
{
	const struct splice_stats *stats = &s->splice.stats;
	const struct sluice_counter some[] = {
		{ "split_connections", "connections that are split now", "RFC 3135 3",
		  splice_is_off(&s->splice) ? 0 : s->splice.splits.live },
		{ "split_made", "connections that were split", "", stats->split },
		{ "split_refused", "split connections that the server did not take", "",
		  stats->refused },
		{ "split_full", "connections not split, no record or buffer left", "",
		  stats->full },
		{ "split_full_rule", "connections not split, the rule has its share", "",
		  stats->full_rule },
		{ "split_resets", "resets passed on between the halves", "", stats->resets },
		{ "split_bytes_out", "bytes passed on to the outside", "", stats->bytes_out },
		{ "split_bytes_in", "bytes passed on to the inside", "", stats->bytes_in },
	};

	memcpy(out, some, sizeof some);
	return ARRAY_COUNT(some);
}

u32 sluice_show_counters(const struct sluice *s, u32 *cursor, struct sluice_counter *out, u32 max)
{
	struct sluice_counter all[COUNTERS_MAX];
	u32 count = counters_of_road(s, all);

	count += counters_of_tables(s, all + count);
	count += counters_of_splice(s, all + count);
	CHECK(count + ENGINE_SOCK_COUNTERS <= COUNTERS_MAX);
	count += engine_counters_of_socks(s, all + count);
	CHECK(count <= COUNTERS_MAX);
	return counters_copy(all, count, cursor, out, max);
}
