/* The RIB inside of the engine: local routes are clients like others, a reload leaves what others
 * offer, links that go take their routes along, and speakers have sockets of their own.         */
#include "core/engine/fpm.h"
#include "fake/fpm_wire.h"
#include "sluice/sock.h"
#include "unit/core_engine/routing_bed.h"

#define AWAY "100.64.1.1"

static struct bed *bed_open(void)
{
	struct bed *bed = bed_new();

	path_bed_start(&bed->path);
	return bed;
}

/* As a speaker would. */
static u16 learn(struct bed *bed, const char *prefix, u8 distance, const char *gateway, u16 iface)
{
	struct rib *rib = rib_of(bed);
	u16 client = rib_client_new(rib, ROUTE_OSPF);
	struct rib_hop hop = { ip_addr4(addr(gateway)), iface, 1 };
	struct ip_prefix of = net(prefix);
	struct rib_path path = {
		.client = client,
		.type = FIB_UNICAST,
		.distance = distance,
		.metric = 7,
		.hops = rib_hops_get(rib, &hop, 1),
	};

	assert_int_equal(rib_offer(rib, &of, &path), ERR_OK);
	rig_advance(&bed->path.rig, 100 * NS_PER_MS);
	assert_true(rib_is_idle(rib));
	return client;
}

static u16 way_of(const struct bed *bed, const char *to)
{
	const struct fib *fib = &bed->path.rig.s->fib[0];
	const struct fib_route *route = fib_route_at(fib, fib_lookup(fib, addr(to)));

	return route->path_count == 0 ? IFACE_NONE : route->path[0].out_if;
}

static void add_route(struct bed *bed, const char *prefix, const char *gateway, u16 iface)
{
	struct sluice_route_conf *route = &bed->path.conf.route[bed->path.conf.route_count++];
	struct ip_prefix of = net(prefix);

	*route = (struct sluice_route_conf){ .prefix = of.addr.word[0], .prefix_len = of.len };
	route->route.type = FIB_UNICAST;
	route->route.path_count = 1;
	route->route.path[0] = (struct fib_path){ addr(gateway), iface, 1 };
}

static void test_local_routes_have_a_source(void **state)
{
	struct bed *bed = bed_open();
	struct sluice_route_info route;

	(void)state;
	assert_true(shown(bed, "0.0.0.0/0", &route));
	assert_string_equal(route.source, "static");
	assert_int_equal(route.distance, 1);
	assert_true(shown(bed, "10.10.0.0/16", &route));
	assert_string_equal(route.source, "connected");
	assert_int_equal(route.metric, 0);
	assert_true(shown(bed, "127.0.0.0/8", &route));
	assert_null(route.source);
	assert_int_equal(type_of(bed, "10.10.0.1"), FIB_LOCAL);
	assert_int_equal(type_of(bed, "10.10.255.255"), FIB_BROADCAST);
	assert_int_equal(way_of(bed, SERVER), RIG_OUT);
	(void)learn(bed, "100.64.0.0/16", 110, "198.18.0.9", RIG_OUT);
	assert_true(shown(bed, "100.64.0.0/16", &route));
	assert_string_equal(route.source, "ospf");
	assert_int_equal(route.metric, 7);
	bed_close(bed);
}

static void test_reload_leaves_what_others_offer(void **state)
{
	struct bed *bed = bed_new();
	struct ip_prefix tagged = net("100.65.0.0/16");
	struct rib_path path;
	u64 writes;
	u32 tag;

	(void)state;
	add_route(bed, "100.65.0.0/16", "198.18.0.3", RIG_OUT);
	bed->path.conf.route[bed->path.conf.route_count - 1].tag = 5;
	path_bed_start(&bed->path);
	assert_true(rib_best(rib_of(bed), &tagged, &path));
	assert_true(rib_path_tag(ROUTE_STATIC, &path, &tag));
	assert_int_equal(tag, 5);
	(void)learn(bed, "100.64.0.0/16", 110, "10.10.0.9", RIG_IN);
	writes = rib_of(bed)->stats.fib_writes;
	/* The same again: nothing is written. */
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_int_equal(way_of(bed, AWAY), RIG_IN);
	assert_int_equal(rib_of(bed)->stats.fib_writes, writes);
	/* Another one instead, and another address: at once. */
	bed->path.conf.route_count--;
	add_route(bed, "100.66.0.0/16", "10.10.0.3", RIG_IN);
	bed->path.conf.iface[RIG_IN2].addr[0] = (struct iface_addr){ .addr = addr("10.30.0.1"),
								     .prefix_len = 16 };
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_int_equal(way_of(bed, "100.65.0.1"), RIG_OUT);
	assert_int_equal(way_of(bed, "100.66.0.1"), RIG_IN);
	assert_int_equal(way_of(bed, AWAY), RIG_IN);
	assert_int_equal(type_of(bed, "10.20.0.1"), FIB_UNICAST);
	assert_int_equal(type_of(bed, "10.30.0.1"), FIB_LOCAL);
	bed_close(bed);
}

/* A gateway of the file behind a router that OSPF tells of; and a next hop behind that. */
static void test_recursive_routes(void **state)
{
	struct bed *bed = bed_new();
	u16 ospf;

	(void)state;
	add_route(bed, "100.65.0.0/16", "100.64.0.7", IFACE_NONE);
	path_bed_start(&bed->path);
	/* By the default route, as long as nobody knows better. */
	assert_int_equal(way_of(bed, "100.65.1.1"), RIG_OUT);
	ospf = learn(bed, "100.64.0.0/16", 110, "10.10.0.9", RIG_IN);
	(void)learn(bed, "100.67.0.0/16", 120, "100.65.0.9", IFACE_NONE);
	assert_int_equal(way_of(bed, "100.65.1.1"), RIG_IN);
	assert_int_equal(way_of(bed, "100.67.1.1"), RIG_IN);
	rib_client_clear(rib_of(bed), ospf);
	rig_advance(&bed->path.rig, 100 * NS_PER_MS);
	assert_int_equal(way_of(bed, "100.65.1.1"), RIG_OUT);
	assert_int_equal(way_of(bed, "100.67.1.1"), RIG_OUT);
	/* A reload takes it, and what was found by it is found otherwise. */
	bed->path.conf.route_count--;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	rig_advance(&bed->path.rig, 100 * NS_PER_MS);
	assert_int_equal(rib_of(bed)->stats.source_paths[ROUTE_STATIC], 1);
	assert_int_equal(way_of(bed, "100.67.1.1"), RIG_OUT);
	bed_close(bed);
}

static void test_reload_that_fails_changes_nothing(void **state)
{
	struct bed *bed = bed_open();
	struct sluice_conf before = bed->path.conf;
	u32 nets;

	(void)state;
	(void)learn(bed, "100.64.0.0/16", 110, "10.10.0.9", RIG_IN);
	nets = rib_of(bed)->net_count;
	for (u32 n = 0; n < 200; n++)
		add_route(bed, "1.0.0.0/8", "198.18.0.3", RIG_OUT);
	for (u32 n = 0; n < 200; n++)
		bed->path.conf.route[1 + n].prefix = be32_of((n + 1) << 24 | 1 << 16);
	for (u32 n = 0; n < 200; n++)
		bed->path.conf.route[1 + n].prefix_len = 16;
	assert_false(rig_configure(&bed->path.rig, &bed->path.conf));
	rig_advance(&bed->path.rig, 100 * NS_PER_MS);
	assert_int_equal(rib_of(bed)->net_count, nets);
	assert_int_equal(way_of(bed, "1.1.0.1"), RIG_OUT);
	assert_int_equal(way_of(bed, AWAY), RIG_IN);
	assert_int_equal(type_of(bed, "10.10.0.1"), FIB_LOCAL);
	assert_true(rig_configure(&bed->path.rig, &before));
	bed_close(bed);
}

/* Of those on one prefix an own address, then the first interface: which is no metric. */
static void test_connected_routes_have_an_order(void **state)
{
	struct bed *bed = bed_new();
	struct ip_addr own = ip_addr4(addr("10.10.0.0"));
	struct ip_addr net = ip_addr4(addr("10.10.7.7"));
	struct rib_shown found[8];

	(void)state;
	/* 10.10.0.0: own address of the last one, the broadcast of the others' network. */
	bed->path.conf.iface[RIG_IN2].addr[0] = bed->path.conf.iface[RIG_IN].addr[0];
	bed->path.conf.iface[RIG_IN2].addr[0].addr = addr("10.10.0.2");
	bed->path.conf.iface[RIG_IN2].addr_count = 2;
	bed->path.conf.iface[RIG_IN2].addr[1] = (struct iface_addr){ .addr = addr("10.10.0.0"),
								     .prefix_len = 32 };
	path_bed_start(&bed->path);
	assert_true(rib_explain(rib_of(bed), &own, found, 8) >= 2);
	assert_int_equal(found[0].path.type, FIB_LOCAL);
	assert_true(found[0].best);
	assert_string_equal(found[0].why, "an address of the gateway goes first");
	assert_int_equal(rib_explain(rib_of(bed), &net, found, 8), 2);
	assert_int_equal(way_of(bed, "10.10.7.7"), u32_min(RIG_IN, RIG_IN2));
	assert_string_equal(found[1].why, "of the interfaces on a network the first is used");
	for (u32 n = 0; n < 2; n++) {
		assert_int_equal(found[n].path.metric, 0);
		assert_int_equal(found[n].equal, 0);
	}
	bed_close(bed);
}

/* The way by the link that went is taken over by whoever offers one. */
static void test_link_takes_its_routes_along(void **state)
{
	struct bed *bed = bed_open();

	(void)state;
	(void)learn(bed, "0.0.0.0/0", 110, "10.20.0.9", RIG_IN2);
	assert_int_equal(way_of(bed, SERVER), RIG_OUT);
	sluice_set_link(bed->path.rig.s, RIG_OUT, false);
	assert_int_equal(way_of(bed, SERVER), RIG_IN2);
	assert_int_equal(type_of(bed, GATEWAY_OUT), FIB_LOCAL);
	assert_int_equal(way_of(bed, "198.18.7.7"), RIG_IN2);
	sluice_set_link(bed->path.rig.s, RIG_OUT, true);
	assert_int_equal(way_of(bed, SERVER), RIG_OUT);
	assert_int_equal(way_of(bed, "198.18.7.7"), RIG_OUT);
	bed_close(bed);
}

/* ---- sockets of speakers --------------------------------------------------------------------- */

/* A hello of OSPF: one hop, to all routers of the link. */
static void group_packet(struct bed *bed, const char *from, const char *group)
{
	struct build *b = &bed->path.b;

	build_start(b);
	build_ip4(b, addr(from), addr(group), 89);
	build_ip(b)->ttl = 1;
	build_payload(b, 44, 2);
	build_seal(b);
}

static sock_id raw_open(struct bed *bed, const struct speaker_io *io, u16 iface, const char *group)
{
	struct sock_value value = { .iface = iface };
	ns_t now = bed->path.rig.now;
	sock_id sock;

	assert_int_equal(io->open(io->ctx, SOCK_RAW_KIND, 89, &sock), SOCK_OK);
	assert_int_equal(io->set(io->ctx, sock, SOCK_OPT_BIND_IFACE, &value, now), SOCK_OK);
	value.addr = addr(group);
	assert_int_equal(io->set(io->ctx, sock, SOCK_OPT_JOIN, &value, now), SOCK_OK);
	assert_int_equal(io->watch(io->ctx, sock, SOCK_READABLE), SOCK_OK);
	return sock;
}

static void test_groups_reach_speakers(void **state)
{
	struct bed *bed = bed_new();
	struct sock_event event[4];
	struct speaker_io io;
	struct sock_info info;
	u8 bytes[128];
	struct sock_buf buf = { bytes, sizeof bytes, 0 };
	struct sluice *s;
	sock_id out, in, mine;

	(void)state;
	conf_sockets(bed);
	path_bed_start(&bed->path);
	s = bed->path.rig.s;
	io = routing_speaker_io(s->routing, SPEAKER_OSPF);
	out = raw_open(bed, &io, RIG_OUT, "224.0.0.5");
	in = raw_open(bed, &io, RIG_IN, "224.0.0.5");
	assert_int_equal(sluice_socket(s, SOCK_RAW_KIND, 89, 0, &mine), SOCK_OK);
	assert_int_equal(sluice_watch(s, mine, SOCK_WRITABLE), SOCK_OK);
	group_packet(bed, "198.18.0.2", "224.0.0.5");
	assert_true(rig_send(&bed->path.rig, RIG_OUT, &bed->path.b));
	/* Each owner hears of his own, and nobody of the group that was not joined. */
	assert_int_equal(sock_take_ready(&s->socks, SPEAKER_OSPF, event, 4), 1);
	assert_true(event[0].sock == out);
	assert_int_equal(sluice_take_ready(s, event, 4), 1);
	assert_true(event[0].sock == mine);
	assert_int_equal(io.recv(io.ctx, out, &buf, &info, bed->path.rig.now), SOCK_OK);
	assert_int_equal(buf.got, 64);
	assert_int_equal(info.ttl, 1);
	assert_int_equal(info.iface, RIG_OUT);
	group_packet(bed, "10.10.0.2", "224.0.0.5");
	assert_true(rig_send(&bed->path.rig, RIG_IN, &bed->path.b));
	assert_int_equal(io.recv(io.ctx, in, &buf, &info, bed->path.rig.now), SOCK_OK);
	assert_int_equal(io.recv(io.ctx, out, &buf, &info, bed->path.rig.now), SOCK_AGAIN);
	/* Not translated, not answered, no flow. */
	assert_int_equal(rig_drop_sum(&bed->path.rig), 0);
	assert_int_equal(rig_drain(&bed->path.rig), 0);
	assert_int_equal(sluice_flow_count(s), 0);
	bed_close(bed);
}

/* One that runs: RIP tells its neighbours, and the engine knows when it goes on. */
static void test_speaker_runs(void **state)
{
	struct bed *bed = bed_new();
	bool told = false;

	(void)state;
	conf_sockets(bed);
	bed->routing.has_rip = true;
	rip_conf_defaults(&bed->routing.rip);
	bed->routing.rip.net_limit = 64;
	bed->routing.rip.neighbour_limit = 4;
	bed->routing.rip.iface_count = 2;
	rip_iface_conf_defaults(&bed->routing.rip.iface[0], RIG_OUT);
	rip_iface_conf_defaults(&bed->routing.rip.iface[1], RIG_IN);
	rig_open(&bed->path.rig, &bed->path.conf);
	rig_advance(&bed->path.rig, 40 * NS_PER_SEC);
	while (rig_next(&bed->path.rig, &bed->path.out))
		told |= be32_eq(bed->path.out.seen.dst, addr("224.0.0.9")) &&
			bed->path.out.out_if == RIG_OUT && bed->path.out.seen.dport == 520;
	assert_true(told);
	assert_true(sluice_next(bed->path.rig.s) > bed->path.rig.now);
	/* It may be taken away, and come back. */
	bed->routing.has_rip = false;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	rig_advance(&bed->path.rig, NS_PER_SEC);
	rig_drain(&bed->path.rig);
	rig_advance(&bed->path.rig, 60 * NS_PER_SEC);
	assert_int_equal(rig_drain(&bed->path.rig), 0);
	bed->routing.has_rip = true;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	rig_advance(&bed->path.rig, 40 * NS_PER_SEC);
	assert_true(rig_drain(&bed->path.rig) > 0);
	bed_close(bed);
}

/* zebra needs no sockets of the engine: what it tells comes from the host. */
static void test_zebra_tells_routes(void **state)
{
	static struct fpm_wire wire;
	const struct fpm_peer peer = { addr("127.0.0.1"), 40000, true };
	struct bed *bed = bed_new();
	struct rig *rig = &bed->path.rig;
	struct sluice_route_info info;
	const char *why;

	(void)state;
	bed->routing.has_fpm = true;
	fpm_conf_defaults(&bed->routing.fpm);
	bed->routing.fpm.object_limit = 8;
	bed->routing.fpm.hold_ns = 5 * NS_PER_SEC;
	path_bed_start(&bed->path);
	sluice_fpm_os_index(rig->s, RIG_OUT, 3);
	assert_non_null(sluice_fpm_input(rig->s, (const u8 *)"", 0, rig->now));
	assert_true(sluice_fpm_open(rig->s, &peer, rig->now));
	wire_route_via(&wire, 0x64400000, 16, 0, 3);
	assert_null(sluice_fpm_input(rig->s, wire.at, wire.bytes, rig->now));
	rig_advance(rig, 100 * NS_PER_MS);
	assert_true(shown(bed, "100.64.0.0/16", &info));
	assert_string_equal(info.source, "fpm");
	assert_true(sluice_next(rig->s) > rig->now);
	sluice_fpm_close(rig->s, "it is gone", rig->now);
	rig_advance(rig, 4 * NS_PER_SEC);
	assert_true(shown(bed, "100.64.0.0/16", &info));
	rig_advance(rig, 2 * NS_PER_SEC);
	assert_false(shown(bed, "100.64.0.0/16", &info));
	/* Its routes go with it when it is not wanted any more. */
	assert_true(sluice_fpm_open(rig->s, &peer, rig->now));
	assert_null(sluice_fpm_input(rig->s, wire.at, wire.bytes, rig->now));
	rig_advance(rig, 100 * NS_PER_MS);
	assert_true(shown(bed, "100.64.0.0/16", &info));
	bed->routing.has_fpm = false;
	assert_true(rig_configure(rig, &bed->path.conf));
	rig_advance(rig, 100 * NS_PER_MS);
	assert_false(shown(bed, "100.64.0.0/16", &info));
	assert_false(sluice_fpm_open(rig->s, &peer, rig->now));
	why = sluice_fpm_input(rig->s, wire.at, wire.bytes, rig->now);
	assert_string_equal(why, "the configuration has no FPM now");
	bed->routing.has_fpm = true;
	bed->routing.fpm.object_limit++;
	assert_false(rig_configure(rig, &bed->path.conf));
	bed_close(bed);
}

/* ---- BFD for the others ---------------------------------------------------------------------- */

#define PEER "198.18.0.2"
enum { BFD_MS = 100, BFD_TURN_MS = 10, THEIRS = 77 };

/* The neighbour's end of BFD: it answers as long as it lives. */
struct far {
	bool silent;
	enum bfd_state state;
	u32 yours; /* the engine's discriminator */
	bool heard;
};

static void far_sends(struct bed *bed, const struct far *far)
{
	struct bfd_msg msg = { .state = far->state,
			       .multiplier = 3,
			       .len_bytes = BFD_LEN,
			       .mine = THEIRS,
			       .yours = far->yours,
			       .min_tx_us = BFD_MS * 1000,
			       .min_rx_us = BFD_MS * 1000 };
	struct build *b = &bed->path.b;
	u8 bytes[BFD_LEN];

	bfd_msg_write(bytes, &msg);
	build_start(b);
	build_ip4(b, addr(PEER), addr(GATEWAY_OUT), 17);
	build_ip(b)->ttl = 255;
	build_udp(b, 49152, BFD_PORT);
	build_bytes(b, bytes, sizeof bytes);
	build_seal(b);
	assert_true(rig_send(&bed->path.rig, RIG_OUT, b));
}

static void far_hears(struct bed *bed, struct far *far)
{
	struct bfd_msg msg;

	while (rig_next(&bed->path.rig, &bed->path.out)) {
		const struct seen *seen = &bed->path.out.seen;
		if (!be32_eq(seen->dst, addr(PEER)) || seen->dport != BFD_PORT)
			continue;
		assert_int_equal(bfd_msg_read(seen->data, seen->data_len, &msg), BFD_GOOD);
		far->heard = true;
		far->yours = msg.mine;
		if (far->state == BFD_ADMIN_DOWN)
			continue;
		if (msg.state == BFD_DOWN)
			far->state = BFD_INIT;
		else if (msg.state == BFD_INIT || msg.state == BFD_UP)
			far->state = BFD_UP;
	}
}

/* Until it is so or the time is over; how long it took. */
static ns_t far_until(struct bed *bed, struct far *far, bool (*is_so)(const struct bed *bed),
		      u32 most_ms)
{
	ns_t begin = bed->path.rig.now;

	for (u32 ms = 0; ms < most_ms && !is_so(bed); ms += BFD_TURN_MS) {
		rig_advance(&bed->path.rig, BFD_TURN_MS * NS_PER_MS);
		far_hears(bed, far);
		if (!far->silent && far->heard && ms % BFD_MS == 0)
			far_sends(bed, far);
	}
	return (bed->path.rig.now - begin) / NS_PER_MS;
}

static bool is_by_static(const struct bed *bed)
{
	return way_of(bed, AWAY) == RIG_OUT;
}

static bool is_by_other(const struct bed *bed)
{
	return way_of(bed, AWAY) == RIG_IN;
}

static struct bed *bed_with_bfd(void)
{
	struct bed *bed = bed_new();

	conf_sockets(bed);
	bed->routing.has_bfd = true;
	bfd_conf_defaults(&bed->routing.bfd);
	bed->routing.bfd.peer_limit = 4;
	bed->routing.bfd.params.min_tx_us = bed->routing.bfd.params.min_rx_us = BFD_MS * 1000;
	bed->routing.bfd.params.multiplier = 3;
	return bed;
}

static struct bed *bed_with_watched_route(void)
{
	struct bed *bed = bed_with_bfd();

	add_route(bed, "100.64.0.0/16", PEER, RIG_OUT);
	bed->path.conf.route[bed->path.conf.route_count - 1].bfd = true;
	path_bed_start(&bed->path);
	(void)learn(bed, "100.64.0.0/16", 110, "10.10.0.9", RIG_IN);
	return bed;
}

/* RFC 5882 section 5: the route is used while its gateway is reached, and who has another way takes
 * that within the detection time of 300 ms.                                                      */
static void test_route_goes_with_its_gateway(void **state)
{
	struct bed *bed = bed_with_watched_route();
	struct far far = { .state = BFD_DOWN };
	struct ip_prefix of = net("100.64.0.0/16");
	struct ip_addr away = ip_addr4(addr(AWAY));
	struct rib_shown found[4];
	struct rib_path path;

	(void)state;
	/* Before the session has been up it is there and not used. */
	assert_int_equal(way_of(bed, AWAY), RIG_IN);
	assert_true(rib_find(rib_of(bed), &of, bed->path.rig.s->routing->fixed, 0, &path));
	assert_true(path.hidden);
	assert_int_equal(rib_explain(rib_of(bed), &away, found, 4), 2);
	assert_int_equal(found[1].source, ROUTE_STATIC);
	assert_string_equal(found[1].why, "BFD does not reach its next hop");
	assert_true(far_until(bed, &far, is_by_static, 5000) < 4000);
	assert_true(is_by_static(bed));
	/* A reload of the same changes nothing. */
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	(void)far_until(bed, &far, is_by_other, 3000);
	assert_true(is_by_static(bed));
	far.silent = true;
	assert_in_range(far_until(bed, &far, is_by_other, 5000), 100, 320);
	/* It comes back, and the link takes it along as ever. */
	far = (struct far){ .state = BFD_DOWN };
	assert_true(far_until(bed, &far, is_by_static, 5000) < 4000);
	sluice_set_link(bed->path.rig.s, RIG_OUT, false);
	assert_int_equal(way_of(bed, AWAY), RIG_IN);
	bed_close(bed);
}

/* More gateways than BFD has room for: the last route is never used, and that is said once. */
static void test_too_many_gateways_are_said(void **state)
{
	static const char *const gateways[] = { "198.18.0.10", "198.18.0.11", "198.18.0.12",
						"198.18.0.13", "198.18.0.14" };
	struct bed *bed = bed_with_bfd();
	struct speaker_event event;
	u32 said = 0;

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(gateways); at++) {
		add_route(bed, "100.64.0.0/16", gateways[at], RIG_OUT);
		bed->path.conf.route[bed->path.conf.route_count - 1].bfd = true;
	}
	path_bed_start(&bed->path);
	rig_advance(&bed->path.rig, 5 * NS_PER_SEC);
	while (sluice_speaker_event(bed->path.rig.s, &event)) {
		if (strstr(event.text, "BFD has no room") == NULL)
			continue;
		assert_int_equal(be32_host(event.neighbour.word[0]), 0xc612000e);
		said++;
	}
	assert_int_equal(said, 1);
	bed_close(bed);
}

/* RFC 5882 section 4.2: what an administrator ended says nothing of the path. */
static void test_route_stays_without_bfd(void **state)
{
	struct bed *bed = bed_with_watched_route();
	struct far far = { .state = BFD_DOWN };

	(void)state;
	(void)far_until(bed, &far, is_by_static, 5000);
	far.state = BFD_ADMIN_DOWN;
	(void)far_until(bed, &far, is_by_other, 3000);
	assert_true(is_by_static(bed));
	far.silent = true;
	(void)far_until(bed, &far, is_by_other, 3000);
	assert_true(is_by_static(bed));
	/* The configuration no longer asks for it, and then asks again. */
	bed->path.conf.route[bed->path.conf.route_count - 1].bfd = false;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	(void)far_until(bed, &far, is_by_other, 3000);
	assert_true(is_by_static(bed));
	bed->path.conf.route[bed->path.conf.route_count - 1].bfd = true;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_true(is_by_other(bed));
	bed_close(bed);
}

/* An OSPF neighbour who sees us, by its hello. */
static void hello_in(struct bed *bed)
{
	struct ospf_hdr hdr = { .version = 2, .type = OSPF_HELLO };
	be32 seen = addr(GATEWAY_OUT);
	struct ospf_hello hello = { .mask = addr("255.255.0.0"),
				    .hello_s = be16_of(1),
				    .options = OSPF_OPT_E,
				    .priority = 1,
				    .dead_s = be32_of(40) };
	u8 bytes[sizeof hdr + sizeof hello + sizeof seen];
	struct build *b = &bed->path.b;

	hdr.len = be16_of(sizeof bytes);
	hdr.router = addr(PEER);
	memcpy(bytes, &hdr, sizeof hdr);
	memcpy(bytes + sizeof hdr, &hello, sizeof hello);
	memcpy(bytes + sizeof hdr + sizeof hello, &seen, sizeof seen);
	hdr.csum = ospf_msg_csum(bytes, sizeof bytes);
	memcpy(bytes, &hdr, sizeof hdr);
	build_start(b);
	build_ip4(b, addr(PEER), addr("224.0.0.5"), 89);
	build_ip(b)->ttl = 1;
	build_bytes(b, bytes, sizeof bytes);
	build_seal(b);
	assert_true(rig_send(&bed->path.rig, RIG_OUT, b));
}

static u8 nbr_state(const struct bed *bed)
{
	struct ospf_nbr_shown nbr;
	u32 cursor = 0;

	if (ospf_show_nbrs(bed->path.rig.s->routing->ospf, &cursor, &nbr, 1, bed->path.rig.now) ==
	    0)
		return OSPF_NBR_DOWN;
	return (u8)nbr.state;
}

static bool bfd_is_known_up(const struct bed *bed)
{
	struct bfd_info info;
	u32 cursor = 0;

	return bfd_show(bed->path.rig.s->routing->bfd, &cursor, &info, 1, bed->path.rig.now) == 1 &&
	       info.state == BFD_UP;
}

static bool nbr_is_lost(const struct bed *bed)
{
	return nbr_state(bed) < OSPF_NBR_TWO_WAY;
}

/* Without a hello for 40 s: who is gone is lost in the same instant in which BFD knows it. */
static void test_neighbour_goes_with_bfd(void **state)
{
	struct bed *bed = bed_with_bfd();
	struct far far = { .state = BFD_DOWN };
	struct ospf_iface_conf *iface = &bed->routing.ospf.iface[0];

	(void)state;
	bed->routing.has_ospf = true;
	ospf_conf_defaults(&bed->routing.ospf);
	bed->routing.ospf.lsa_limit = bed->routing.ospf.rxmt_limit = 128;
	bed->routing.ospf.request_limit = bed->routing.ospf.route_limit = 128;
	bed->routing.ospf.nbr_limit = bed->routing.ospf.nbr_iface_limit = 4;
	bed->routing.ospf.export_limit = 64;
	bed->routing.ospf.router_id = be32_host(addr(GATEWAY_OUT));
	bed->routing.ospf.area_count = 1;
	bed->routing.ospf.iface_count = 1;
	ospf_area_conf_defaults(&bed->routing.ospf.area[0], 0);
	ospf_iface_conf_defaults(iface, RIG_OUT, 0);
	iface->type = OSPF_NET_PTP;
	iface->hello_s = 1;
	iface->dead_s = 40;
	iface->bfd = true;
	path_bed_start(&bed->path);
	rig_advance(&bed->path.rig, NS_PER_SEC);
	hello_in(bed);
	(void)far_until(bed, &far, bfd_is_known_up, 6000);
	assert_true(bfd_is_known_up(bed));
	assert_true(nbr_state(bed) >= OSPF_NBR_TWO_WAY);
	far.silent = true;
	assert_in_range(far_until(bed, &far, nbr_is_lost, 3000), 100, 320);
	bed_close(bed);
}

static void test_what_was_not_planned_can_not_be_had(void **state)
{
	struct bed *bed = bed_open();
	struct path_bed *plain = path_bed_open();

	(void)state;
	plain->conf.routing = &bed->routing;
	assert_false(rig_configure(&plain->rig, &plain->conf));
	bed->routing.has_fpm = true;
	assert_false(rig_configure(&bed->path.rig, &bed->path.conf));
	bed->routing.has_fpm = false;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	bed->routing.rib.net_limit++;
	assert_false(rig_configure(&bed->path.rig, &bed->path.conf));
	path_bed_close(plain);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local_routes_have_a_source),
		cmocka_unit_test(test_reload_leaves_what_others_offer),
		cmocka_unit_test(test_recursive_routes),
		cmocka_unit_test(test_reload_that_fails_changes_nothing),
		cmocka_unit_test(test_connected_routes_have_an_order),
		cmocka_unit_test(test_link_takes_its_routes_along),
		cmocka_unit_test(test_groups_reach_speakers),
		cmocka_unit_test(test_speaker_runs),
		cmocka_unit_test(test_zebra_tells_routes),
		cmocka_unit_test(test_route_goes_with_its_gateway),
		cmocka_unit_test(test_too_many_gateways_are_said),
		cmocka_unit_test(test_route_stays_without_bfd),
		cmocka_unit_test(test_neighbour_goes_with_bfd),
		cmocka_unit_test(test_what_was_not_planned_can_not_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
