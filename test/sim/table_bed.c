/* Two engines and the link between them. */
#include "sim/table_bed.h"

#include <stdlib.h>

enum {
	GATE,
	PEER,
	AS_GATE = 65001,
	AS_PEER = 65002,
	SPARE = 64, /* routes besides those of the table */
	BUFFER = 256 << 10,
	PACKET_SIZE = 64,
	UP_TURNS_MAX = 100000,
};

static struct rib *rib_of(const struct table_bed *bed, u32 which)
{
	return &bed->rig[which].s->routing->rib;
}

static void conf_sockets(struct sluice_conf *conf)
{
	struct tcp_conf *tcp = &conf->tcp;

	conf->sockets.sock_limit = 16;
	conf->sockets.op_limit = 1;
	conf->udp.endpoint_limit = conf->udp.datagram_limit = conf->udp.group_limit = 1;
	tcp->tcb_limit = tcp->half_open_limit = tcp->time_wait_limit = tcp->air_limit = 8;
	tcp->listener_limit = 1;
	tcp->segment_limit = 2048;
	tcp->range_limit = 256;
	tcp->send_buffer_max = tcp->recv_buffer_max = BUFFER;
	tcp->recv_buffer_start = BUFFER / 4;
	tcp->buffer_bytes = (u64)10 * BUFFER;
}

static void conf_speaker(struct table_bed *bed, u32 which)
{
	struct routing_conf *routing = &bed->routing[which];
	struct bgp_conf *bgp = &routing->bgp;
	struct bgp_peer_conf *peer = &bgp->peer[0];

	routing->rib = (struct rib_conf){ .net_limit = bed->routes + SPARE,
					  .path_limit = bed->routes + SPARE,
					  .hops_limit = 256 };
	routing->has_bgp = true;
	routing->policy.policy_count = routing->policy.rule_count = 1;
	routing->policy.policy[0] = (struct policy){ .name = "all", .count = 1 };
	routing->policy.rule[0].action = POLICY_ACCEPT;
	routing->policy.rule[0].list = POLICY_NONE;
	bgp_conf_defaults(bgp);
	bgp->as = which == GATE ? AS_GATE : AS_PEER;
	bgp->router_id = addr(which == GATE ? "192.0.2.1" : "192.0.2.2");
	bgp->port = BGP_PORT;
	bgp->peer_limit = bgp->peer_count = 1;
	bgp->attr_limit = 256;
	bgp->cell_limit = 1024;
	bgp->net_limit = routing->rib.net_limit;
	bgp->policy = &routing->policy;
	bgp_peer_conf_defaults(peer);
	peer->addr = addr(which == GATE ? "192.0.2.2" : "192.0.2.1");
	peer->as = which == GATE ? AS_PEER : AS_GATE;
	peer->passive = which == GATE;
	peer->import = peer->export = 0;
	peer->graceful_restart = false;
	peer->advertise_ms = 0;
	bed->conf[which].routing = routing;
}

static void conf_link(struct iface_conf *iface, const char *own)
{
	iface->side = IFACE_OUTSIDE;
	iface->link = IFACE_RAW_IP;
	iface->mtu = 1500;
	iface->addr_count = 1;
	iface->addr[0] = (struct iface_addr){ .addr = addr(own), .prefix_len = 30 };
}

static void conf_engine(struct table_bed *bed, u32 which)
{
	struct sluice_conf *conf = &bed->conf[which];

	rig_conf(conf);
	conf->seed[0] = (u8)which;
	for (u32 at = 0; at < RIG_IFACES; at++) {
		conf->iface[at].link = IFACE_RAW_IP;
		/* Of the peer the link alone has an address. */
		conf->iface[at].addr_count = which == GATE;
	}
	if (which == PEER)
		conf->route_count = conf->nat.rule_count = 0;
	conf_link(&conf->iface[TABLE_LINK], which == GATE ? "192.0.2.1" : "192.0.2.2");
	conf->fib.prefix_count = bed->routes + 256;
	conf_sockets(conf);
	conf_speaker(bed, which);
}

struct table_bed *table_bed_new(u32 routes, u64 (*clock)(void))
{
	struct table_bed *bed = calloc(1, sizeof *bed);

	CHECK(bed != NULL);
	bed->routes = routes;
	bed->clock = clock;
	for (u32 which = GATE; which <= PEER; which++) {
		conf_engine(bed, which);
		rig_open(&bed->rig[which], &bed->conf[which]);
	}
	bed->prefixes = bed->rig[GATE].s->fib[0].prefix_live;
	bed->probe.client = rib_client_new(rib_of(bed, GATE), ROUTE_RIP);
	return bed;
}

void table_bed_del(struct table_bed *bed)
{
	for (u32 which = GATE; which <= PEER; which++)
		rig_close(&bed->rig[which]);
	free(bed);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Networks of 256 addresses, one behind the other from 16.0.0.0 on. */
static void offer_all(struct rib *rib, u32 count, ns_t now)
{
	u16 client = rib_client_new(rib, ROUTE_OSPF);

	for (u32 at = 0; at < count; at++) {
		struct ip_prefix prefix = ip_prefix4(be32_of((16u << 24) + (at << 8)), 24);
		struct rib_path path = { .client = client,
					 .type = FIB_BLACKHOLE,
					 .distance = RIB_DISTANCE_OSPF,
					 .hops = RIB_NONE };

		CHECK(rib_offer(rib, &prefix, &path) == ERR_OK);
	}
	while (rib_tick(rib, now))
		;
}

static bool is_up(const struct table_bed *bed)
{
	struct bgp_peer_shown peer;
	u32 cursor = 0;

	return bgp_show_peers(bed->rig[GATE].s->routing->bgp, &cursor, &peer, 1,
			      bed->rig[GATE].now) == 1 &&
	       peer.state == BGP_ESTABLISHED;
}

void table_bed_begin(struct table_bed *bed)
{
	while (!is_up(bed)) {
		table_bed_turn(bed);
		CHECK(bed->turns < UP_TURNS_MAX);
	}
	offer_all(rib_of(bed, PEER), bed->routes, bed->rig[PEER].now);
}

bool table_bed_has_all(const struct table_bed *bed)
{
	return bed->rig[GATE].s->fib[0].prefix_live >= bed->prefixes + bed->routes;
}

bool table_bed_has_none(const struct table_bed *bed)
{
	/* One may be that which changes. */
	return rib_of(bed, GATE)->stats.source_paths[ROUTE_BGP] == 0 &&
	       bed->rig[GATE].s->fib[0].prefix_live <= bed->prefixes + 1;
}

void table_bed_end(struct table_bed *bed)
{
	struct bgp_conf *bgp = &bed->routing[GATE].bgp;

	bgp->peer[0].shutdown = true;
	CHECK(rig_configure(&bed->rig[GATE], &bed->conf[GATE]));
}

/* ---- a turn ---------------------------------------------------------------------------------- */

static u64 clock_of(const struct table_bed *bed)
{
	return bed->clock == NULL ? 0 : bed->clock();
}

/* What is to be taken to an engine, at most a batch. */
static void take_in(struct table_bed *bed, u32 which, struct batch *rx)
{
	u64 begin = clock_of(bed);

	if (rx->count == 0)
		return;
	sluice_input(bed->rig[which].s, rx, bed->rig[which].now);
	CHECK(rx->count == 0);
	if (which == GATE) {
		bed->last.input_ns += clock_of(bed) - begin;
		bed->last.calls++;
	}
}

static void copy_over(struct table_bed *bed, u32 to, const struct pkt *pkt, struct batch *rx)
{
	struct pkt *copy = pkt_new(sluice_pool(bed->rig[to].s), pkt->len);

	/* TCP sends it again. */
	if (copy == NULL)
		return;
	copy->l2 = copy->l3;
	copy->in_if = TABLE_LINK;
	copy->flags |= PKT_RAW_IP;
	memcpy(copy->buf + copy->l3, pkt->buf + pkt->l3, pkt->len);
	batch_add(rx, copy);
	if (rx->count == BATCH_MAX)
		take_in(bed, to, rx);
}

/* What an engine sends: over the link, or it has passed. */
static void take_out(struct table_bed *bed, u32 from)
{
	static _Thread_local struct batch tx, rx;

	tx.count = rx.count = 0;
	while (sluice_output(bed->rig[from].s, &tx) && tx.count > 0) {
		for (u32 at = 0; at < tx.count; at++) {
			if (tx.pkt[at]->out_if == TABLE_LINK)
				copy_over(bed, from == GATE ? PEER : GATE, tx.pkt[at], &rx);
			bed->passed += from == GATE && tx.pkt[at]->out_if == RIG_OUT;
			pkt_put(tx.pkt[at]);
		}
		tx.count = 0;
	}
	take_in(bed, from == GATE ? PEER : GATE, &rx);
}

static void send_packets(struct table_bed *bed)
{
	static _Thread_local struct build b;
	static _Thread_local struct batch rx;

	rx.count = 0;
	for (u32 at = 0; at < TABLE_BATCH; at++) {
		struct pkt *pkt;

		build_udp4(&b, be32_of(0x0a0a0005 + at), 5000, be32_of(0xcb007109 + at), 53,
			   PACKET_SIZE);
		pkt = rig_make(&bed->rig[GATE], RIG_IN, &b);
		CHECK(pkt != NULL);
		batch_add(&rx, pkt);
	}
	bed->sent += TABLE_BATCH;
	take_in(bed, GATE, &rx);
	take_out(bed, GATE);
}

static void tick(struct table_bed *bed, u32 which)
{
	struct rig *rig = &bed->rig[which];
	u64 begin = clock_of(bed);

	rig->now += TABLE_TURN_US * NS_PER_US;
	if (sluice_next(rig->s) <= rig->now)
		sluice_tick(rig->s, rig->now);
	if (which == GATE) {
		bed->last.tick_ns = clock_of(bed) - begin;
		bed->last.calls++;
	}
	take_out(bed, which);
}

static void keep_worst(struct table_turn *worst, const struct table_turn *turn)
{
	worst->input_ns = turn->input_ns > worst->input_ns ? turn->input_ns : worst->input_ns;
	worst->tick_ns = turn->tick_ns > worst->tick_ns ? turn->tick_ns : worst->tick_ns;
	worst->calls = u32_max(worst->calls, turn->calls);
	worst->offers = u32_max(worst->offers, turn->offers);
	worst->writes = u32_max(worst->writes, turn->writes);
	worst->paths = u32_max(worst->paths, turn->paths);
}

/* ---- a change among others ------------------------------------------------------------------- */

static be32 probe_gateway(const struct table_probe *probe)
{
	return be32_of(0xc6120003 + probe->changes % 2);
}

static void probe_change(struct table_bed *bed)
{
	struct rib *rib = rib_of(bed, GATE);
	struct ip_prefix prefix = ip_prefix4(addr("15.0.0.0"), 24);
	struct rib_hop hop = { ip_addr4(probe_gateway(&bed->probe)), RIG_OUT, 1 };
	struct rib_path path = { .client = bed->probe.client,
				 .type = FIB_UNICAST,
				 .distance = RIB_DISTANCE_RIP,
				 .hops = rib_hops_get(rib, &hop, 1) };

	CHECK(rib_offer(rib, &prefix, &path) == ERR_OK);
	bed->probe.waits = true;
	bed->probe.calls = 0;
	bed->probe.cost_ns = 0;
}

/* What the turn cost is a part of what the change has waited for. */
static void probe_look(struct table_bed *bed)
{
	const struct fib *fib = &bed->rig[GATE].s->fib[0];
	const struct fib_route *route = fib_route_at(fib, fib_lookup(fib, addr("15.0.0.1")));
	struct table_probe *probe = &bed->probe;

	probe->calls += bed->last.calls;
	probe->cost_ns += bed->last.input_ns + bed->last.tick_ns;
	if (route->path_count != 1 || !be32_eq(route->path[0].gateway, probe_gateway(probe)))
		return;
	probe->worst_calls = u32_max(probe->worst_calls, probe->calls);
	probe->worst_ns = probe->cost_ns > probe->worst_ns ? probe->cost_ns : probe->worst_ns;
	probe->waits = false;
	probe->changes++;
}

void table_bed_turn(struct table_bed *bed)
{
	const struct rib *rib = rib_of(bed, GATE);
	struct rib_stats before = rib->stats;
	u32 paths = rib->route_count;

	bed->last = (struct table_turn){ 0 };
	if (!bed->probe.waits)
		probe_change(bed);
	tick(bed, PEER);
	send_packets(bed);
	tick(bed, GATE);
	bed->last.offers = (u32)(rib->stats.offers - before.offers);
	bed->last.writes = (u32)(rib->stats.fib_writes - before.fib_writes);
	bed->last.paths = paths > rib->route_count ? paths - rib->route_count : 0;
	keep_worst(&bed->worst, &bed->last);
	probe_look(bed);
	bed->turns++;
}

void table_bed_forget(struct table_bed *bed)
{
	bed->worst = (struct table_turn){ 0 };
	bed->probe.worst_calls = 0;
	bed->probe.worst_ns = 0;
	bed->turns = 0;
}
