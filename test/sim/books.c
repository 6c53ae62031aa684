/* The books: sums, and what they have to be. */
#include "sim/books.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/nat/nat_conf.h"
#include "core/wire/ip4.h"

void books_read(struct books *books, const struct rig *rig)
{
	static _Thread_local struct sluice_counter drops[DROP_COUNT];
	const struct pkt_pool *pool = sluice_pool(rig->s);
	u32 cursor = 0, count;

	books->rig = rig;
	books->why[0] = 0;
	books->dropped = books->held = 0;
	count = sluice_show_drops(rig->s, &cursor, drops, DROP_COUNT);
	CHECK(count == DROP_COUNT - 1 - DROP_NONE);
	for (u32 n = 0; n < count; n++) {
		books->drop[DROP_NONE + 1 + n] = drops[n].count;
		books->dropped += drops[n].count;
	}
	cursor = 0;
	books->counter_count =
		sluice_show_counters(rig->s, &cursor, books->counter, BOOKS_COUNTERS_MAX);
	CHECK(books->counter_count < BOOKS_COUNTERS_MAX);
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++)
		books->held += pool->count[class] - pool->free_count[class];
}

u64 books_counter(const struct books *books, const char *name)
{
	for (u32 n = 0; n < books->counter_count; n++) {
		if (text_equal(books->counter[n].name, name, BOOKS_NAME_SIZE))
			return books->counter[n].count;
	}
	fprintf(stderr, "books: no counter %s\n", name);
	abort();
}

/* Keep the first complaint. */
__attribute__((format(printf, 2, 3))) static void wrong(struct books *books, const char *format,
							...)
{
	va_list args;

	if (books->why[0] != 0)
		return;
	va_start(args, format);
	vsnprintf(books->why, sizeof books->why, format, args);
	va_end(args);
}

/* ---- packets --------------------------------------------------------------------------------- */

static struct rig_count sum_of(const struct rig_count *counts)
{
	struct rig_count sum = { 0, 0 };

	for (u32 n = 0; n < IFACE_MAX; n++) {
		sum.packets += counts[n].packets;
		sum.bytes += counts[n].bytes;
	}
	return sum;
}

static void ifaces_balance(struct books *books)
{
	const struct iface_table *ifaces = sluice_ifaces(books->rig->s);

	for (u32 n = 0; n < ifaces->count; n++) {
		const struct iface_stats *stats = &ifaces->iface[n].stats;
		const struct rig_count *rx = &books->rig->came[n], *tx = &books->rig->left[n];

		if (stats->rx_packets != rx->packets || stats->rx_bytes != rx->bytes)
			wrong(books, "interface %u took %llu packets, %llu bytes, not %llu, %llu",
			      n, (unsigned long long)rx->packets, (unsigned long long)rx->bytes,
			      (unsigned long long)stats->rx_packets,
			      (unsigned long long)stats->rx_bytes);
		if (stats->tx_packets != tx->packets || stats->tx_bytes != tx->bytes)
			wrong(books, "interface %u sent %llu packets, %llu bytes, not %llu, %llu",
			      n, (unsigned long long)tx->packets, (unsigned long long)tx->bytes,
			      (unsigned long long)stats->tx_packets,
			      (unsigned long long)stats->tx_bytes);
	}
}

/* IP packets only: what ARP says comes and goes by itself. An echo request that ends here and the
 * answer that is made of it are one packet on either side.                                       */
static void packets_balance(struct books *books)
{
	u64 came = sum_of(books->rig->came).packets - books->rig->arp_in;
	u64 left = sum_of(books->rig->left).packets - books->rig->arp_out;

	came += books_counter(books, "icmp_errors") + books_counter(books, "tcp_resets") +
		books_counter(books, "probes_sent") + books_counter(books, "fragments_made") +
		books_counter(books, "segments_made") +
		books_counter(books, "packets_reassembled");
	left += books_counter(books, "packets_fragmented") +
		books_counter(books, "packets_segmented") +
		books_counter(books, "fragments_joined") +
		books_counter(books, "fragments_repeated");
	if (came != left + books->dropped + books->held)
		wrong(books,
		      "%llu packets came or were made, %llu left or went into others, %llu are "
		      "dropped, %llu held",
		      (unsigned long long)came, (unsigned long long)left,
		      (unsigned long long)books->dropped, (unsigned long long)books->held);
}

/* What is dropped before it sets out on any road. Two reasons stand for faults that are found later
 * as well.                                                                                       */
static void roads_balance(struct books *books)
{
	static const enum drop early[] = {
		DROP_LINK_SHORT, DROP_LINK_TYPE,     DROP_LINK_OTHER_HOST, DROP_ARP_MALFORMED,
		DROP_IP_SHORT,	 DROP_IP_VERSION,    DROP_IP_HEADER_LEN,   DROP_IP_CHECKSUM,
		DROP_IP_LENGTH,
	};
	u64 came = sum_of(books->rig->came).packets - books->rig->arp_in;
	u64 roads = books_counter(books, "packets_fast") +
		    books_counter(books, "packets_opening") + books_counter(books, "packets_slow");
	u64 maybe = books->drop[DROP_FRAG_MALFORMED] + books->drop[DROP_IP_SOURCE];
	u64 dropped = 0;

	for (u32 n = 0; n < ARRAY_COUNT(early); n++)
		dropped += books->drop[early[n]];
	if (came < roads + dropped || came > roads + dropped + maybe)
		wrong(books, "%llu packets came, %llu took a road and %llu died before",
		      (unsigned long long)came, (unsigned long long)roads,
		      (unsigned long long)dropped);
}

bool books_balance(struct books *books)
{
	ifaces_balance(books);
	packets_balance(books);
	roads_balance(books);
	return books->why[0] == 0;
}

/* ---- flows, and what they hold --------------------------------------------------------------- */

/* Everything that is shown, at once. */
struct shown {
	u32 flow_count;
	struct sluice_flow *flow;
	u32 mapping_count;
	struct sluice_mapping *mapping;
	u32 port_count;
	struct sluice_ports *port;
	u32 dest_count;
	struct sluice_dest *dest;
	u32 subscriber_count;
	struct sluice_subscriber *subscriber;
};

enum { SHOWN_AT_ONCE = 64 };

static void *grow(void *old, u32 count, u64 size)
{
	void *more = realloc(old, (count + SHOWN_AT_ONCE) * size);

	CHECK(more != NULL);
	return more;
}

static void show_flows(const struct rig *rig, struct shown *shown)
{
	struct sluice_flow_filter all;
	u32 cursor = 0;

	memset(&all, 0, sizeof all);
	while (cursor != SLUICE_CURSOR_END) {
		shown->flow = grow(shown->flow, shown->flow_count, sizeof *shown->flow);
		shown->flow_count += sluice_show_flows(rig->s, &all, rig->now, &cursor,
						       shown->flow + shown->flow_count,
						       SHOWN_AT_ONCE);
	}
}

static void show_nat(const struct rig *rig, struct shown *shown)
{
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		shown->mapping = grow(shown->mapping, shown->mapping_count,
				      sizeof *shown->mapping);
		shown->mapping_count += sluice_show_nat(rig->s, rig->now, &cursor,
							shown->mapping + shown->mapping_count,
							SHOWN_AT_ONCE);
	}
	cursor = 0;
	while (cursor != SLUICE_CURSOR_END) {
		shown->port = grow(shown->port, shown->port_count, sizeof *shown->port);
		shown->port_count += sluice_show_ports(rig->s, &cursor,
						       shown->port + shown->port_count,
						       SHOWN_AT_ONCE);
	}
}

static void show_dests(const struct rig *rig, struct shown *shown)
{
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		shown->dest = grow(shown->dest, shown->dest_count, sizeof *shown->dest);
		shown->dest_count += sluice_show_dests(rig->s, &cursor,
						       shown->dest + shown->dest_count,
						       SHOWN_AT_ONCE);
	}
}

static void show_subscribers(const struct rig *rig, struct shown *shown)
{
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		shown->subscriber = grow(shown->subscriber, shown->subscriber_count,
					 sizeof *shown->subscriber);
		shown->subscriber_count +=
			sluice_show_subscribers(rig->s, &cursor,
						shown->subscriber + shown->subscriber_count,
						SHOWN_AT_ONCE);
	}
}

static void flows_recount(struct books *books, const struct shown *shown)
{
	u64 ended = books_counter(books, "flows_expired") + books_counter(books, "flows_taken");
	u64 made = books_counter(books, "flows_created");

	if (shown->flow_count != books_counter(books, "flows") ||
	    shown->flow_count != sluice_flow_count(books->rig->s))
		wrong(books, "%u flows stand, and %llu are counted", shown->flow_count,
		      (unsigned long long)books_counter(books, "flows"));
	if (made < shown->flow_count + ended)
		wrong(books, "%llu flows made, %u stand, %llu ended", (unsigned long long)made,
		      shown->flow_count, (unsigned long long)ended);
}

/* Asking for one protocol or one state is to count those. */
static u32 filtered(const struct rig *rig, const struct sluice_flow_filter *filter)
{
	struct sluice_flow rows[SHOWN_AT_ONCE];
	u32 cursor = 0, count = 0;

	while (cursor != SLUICE_CURSOR_END)
		count += sluice_show_flows(rig->s, filter, rig->now, &cursor, rows, SHOWN_AT_ONCE);
	return count;
}

/* One flow of all stands for its like. */
static void likes_recount(struct books *books, const struct shown *shown)
{
	struct sluice_flow_filter by_proto, by_state, by_zone;
	const struct sluice_flow *one;
	u32 proto = 0, state = 0, zone = 0;

	if (shown->flow_count == 0)
		return;
	one = &shown->flow[books_counter(books, "packets_slow") % shown->flow_count];
	memset(&by_proto, 0, sizeof by_proto);
	by_state = by_zone = by_proto;
	by_proto.proto = one->proto;
	by_state.state = one->state;
	by_zone.by_zone = true;
	by_zone.zone = one->zone[1];
	for (u32 n = 0; n < shown->flow_count; n++) {
		const struct sluice_flow *flow = &shown->flow[n];

		/* Protocol 0 can not be asked for: it means any. */
		proto += one->proto == 0 || flow->proto == one->proto;
		state += strcmp(flow->state, one->state) == 0;
		zone += flow->zone[0] == one->zone[1] || flow->zone[1] == one->zone[1];
	}
	if (filtered(books->rig, &by_proto) != proto || filtered(books->rig, &by_state) != state ||
	    filtered(books->rig, &by_zone) != zone)
		wrong(books, "of protocol %u, state %s or zone %u others are shown than stand",
		      one->proto, one->state, one->zone[1]);
}

/* The source of its original packets is the mapping's, before and after translation. */
static bool comes_from(const struct sluice_flow *flow, const struct sluice_mapping *mapping)
{
	return mapping->proto == flow->proto && mapping->zone == flow->zone[0] &&
	       be32_eq(mapping->inside_addr, flow->orig.src) &&
	       be16_eq(mapping->inside_port, flow->orig.sport) &&
	       be32_eq(mapping->public_addr, flow->repl.dst) &&
	       be16_eq(mapping->public_port, flow->repl.dport);
}

/* Their destination is. */
static bool goes_to(const struct sluice_flow *flow, const struct sluice_mapping *mapping)
{
	return mapping->proto == flow->proto && mapping->zone == flow->zone[1] &&
	       be32_eq(mapping->inside_addr, flow->repl.src) &&
	       be16_eq(mapping->inside_port, flow->repl.sport) &&
	       be32_eq(mapping->public_addr, flow->orig.dst) &&
	       be16_eq(mapping->public_port, flow->orig.dport);
}

/* A flow refers to the mapping of its source, and to the one that it came in through. */
static void mappings_recount(struct books *books, const struct shown *shown)
{
	for (u32 n = 0; n < shown->mapping_count; n++) {
		const struct sluice_mapping *mapping = &shown->mapping[n];
		u32 flows = 0;

		for (u32 k = 0; k < shown->flow_count; k++) {
			const struct sluice_flow *flow = &shown->flow[k];

			if (!flow->endpoint_independent)
				continue;
			flows += comes_from(flow, mapping) + goes_to(flow, mapping);
		}
		if (flows != mapping->flow_count)
			wrong(books, "public port %u: %u flows are shown, %u stand",
			      be16_host(mapping->public_port), mapping->flow_count, flows);
	}
}

/* The space of ports that a protocol draws from, by the name that it is shown with. */
static u8 space_of(u8 proto)
{
	return proto == IP_PROTO_DCCP || proto == IP_PROTO_UDPLITE ? IP_PROTO_SCTP : proto;
}

static void ports_recount(struct books *books, const struct shown *shown)
{
	for (u32 n = 0; n < shown->port_count; n++) {
		const struct sluice_ports *port = &shown->port[n];
		u32 flows = 0, mapped = 0, resting = 0;

		for (u32 k = 0; k < shown->flow_count; k++)
			flows += shown->flow[k].holds_port &&
				 space_of(shown->flow[k].proto) == port->proto &&
				 be32_eq(shown->flow[k].repl.dst, port->public_addr);
		for (u32 k = 0; k < shown->mapping_count; k++) {
			if (space_of(shown->mapping[k].proto) != port->proto ||
			    !be32_eq(shown->mapping[k].public_addr, port->public_addr))
				continue;
			mapped += shown->mapping[k].flow_count > 0;
			resting += shown->mapping[k].flow_count == 0;
		}
		if (port->flows != flows || port->mapped != mapped || port->resting != resting)
			wrong(books,
			      "ports of protocol %u: %u flows, %u mapped, %u resting are shown, "
			      "not %u, %u, %u",
			      port->proto, (u32)port->flows, port->mapped, port->resting, flows,
			      mapped, resting);
	}
}

/* A map that is complete has a port for each flow towards its destination, whoever chose it. Where
 * zones have the same addresses, flows of several maps look alike.                               */
static void dests_recount(struct books *books, const struct shown *shown)
{
	for (u32 n = 0; n < shown->dest_count; n++) {
		const struct sluice_dest *dest = &shown->dest[n];
		u32 holds = 0, zones = 0;

		for (u32 k = 0; k < shown->flow_count; k++) {
			const struct sluice_flow *flow = &shown->flow[k];

			if (flow->proto != dest->proto ||
			    !be32_eq(flow->repl.dst, dest->public_addr) ||
			    !be32_eq(flow->repl.src, dest->dst) ||
			    !be16_eq(flow->repl.sport, dest->dport))
				continue;
			holds += flow->holds_port;
			zones |= UINT32_C(1) << flow->zone[1] % 32;
		}
		if ((zones & (zones - 1)) == 0 && dest->exact && dest->used != holds)
			wrong(books, "towards port %u of protocol %u %u ports are used, not %u",
			      be16_host(dest->dport), dest->proto, dest->used, holds);
	}
}

static bool is_of(const struct sluice_subscriber *who, be32 a, u8 zone)
{
	return who->zone == zone &&
	       ((be32_host(who->addr) ^ be32_host(a)) & ip4_mask(who->prefix_len)) == 0;
}

/* Who came from inside is his whose address it is; of what keeps its source nobody can see whether
 * it did.                                                                                        */
static void subscriber_recount(struct books *books, const struct shown *shown,
			       const struct sluice_subscriber *who)
{
	u32 least = 0, most = 0, ports = 0;

	for (u32 n = 0; n < shown->flow_count; n++) {
		const struct sluice_flow *flow = &shown->flow[n];

		if (!is_of(who, flow->orig.src, flow->zone[0]))
			continue;
		least += !be32_eq(flow->repl.dst, flow->orig.src);
		most++;
		ports += flow->holds_port;
	}
	for (u32 n = 0; n < shown->mapping_count; n++)
		ports += is_of(who, shown->mapping[n].inside_addr, shown->mapping[n].zone);
	if (books_counter(books, "subscribers_uncounted") > 0)
		least = 0;
	if (who->flows < least || who->flows > most)
		wrong(books, "a subscriber has %u flows, and %u to %u stand", who->flows, least,
		      most);
	if (who->ports > ports ||
	    (who->ports < ports && books_counter(books, "subscribers_uncounted") == 0))
		wrong(books, "a subscriber has %u ports, and holds %u", who->ports, ports);
}

static void subscribers_recount(struct books *books, const struct shown *shown)
{
	u64 flows = 0, ports = 0, held = 0;

	for (u32 n = 0; n < shown->subscriber_count; n++) {
		subscriber_recount(books, shown, &shown->subscriber[n]);
		flows += shown->subscriber[n].flows;
		ports += shown->subscriber[n].ports;
	}
	for (u32 n = 0; n < shown->flow_count; n++)
		held += shown->flow[n].holds_port;
	if (shown->subscriber_count > books_counter(books, "subscribers"))
		wrong(books, "%u subscribers are shown, more than are known",
		      shown->subscriber_count);
	if (flows > shown->flow_count || ports > held + shown->mapping_count)
		wrong(books, "subscribers have %llu flows and %llu ports, more than there are",
		      (unsigned long long)flows, (unsigned long long)ports);
}

/* What a limit gives: its burst, and then so many in so much time. */
static void limit_recount(struct books *books, const struct sluice_rule *rule)
{
	const struct filter_limit *limit = &rule->conf.limit;
	u64 seconds = (books->rig->now - RIG_BEGAN_NS) / NS_PER_SEC + 1;

	if (rule->policy || limit->rate == 0 || rule->conf.limit_over)
		return;
	if (rule->packets > limit->burst + 1 + seconds * limit->rate / limit->per_s)
		wrong(books, "rule %u, %u in %u s, has taken %llu packets in %llu s", rule->index,
		      limit->rate, limit->per_s, (unsigned long long)rule->packets,
		      (unsigned long long)seconds);
}

/* Each packet that rules were asked about was decided by one of them, or by a policy; what those
 * that are gone have decided is shown no more.                                                   */
static void rules_recount(struct books *books)
{
	struct sluice_rule rows[SHOWN_AT_ONCE];
	u64 decided = 0, asked = books_counter(books, "filter_asked");
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_rules(books->rig->s, &cursor, rows, SHOWN_AT_ONCE);

		for (u32 n = 0; n < count; n++) {
			decided += rows[n].packets;
			limit_recount(books, &rows[n]);
		}
	}
	if (decided > asked || (decided < asked && !books->rig->configured))
		wrong(books, "rules were asked about %llu packets, and decided %llu",
		      (unsigned long long)asked, (unsigned long long)decided);
}

bool books_recount(struct books *books)
{
	struct shown shown = { .flow = NULL };

	show_flows(books->rig, &shown);
	show_nat(books->rig, &shown);
	show_dests(books->rig, &shown);
	show_subscribers(books->rig, &shown);
	flows_recount(books, &shown);
	likes_recount(books, &shown);
	mappings_recount(books, &shown);
	ports_recount(books, &shown);
	dests_recount(books, &shown);
	subscribers_recount(books, &shown);
	rules_recount(books);
	free(shown.flow);
	free(shown.mapping);
	free(shown.port);
	free(shown.dest);
	free(shown.subscriber);
	return books->why[0] == 0;
}
