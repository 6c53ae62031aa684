/* Services on the road: who gets what as whom, errors about such flows, and what happens to flows
 * whose backend is gone.                                                                         */
#include "core/base/rng.h"
#include "fake/service.h"
#include "unit/core_path/path_bed.h"

#define CLIENT "203.0.113.9"
#define PUBLIC "198.18.0.1"
#define FIRST  "10.10.1.1"
#define SECOND "10.10.1.2"

enum { CPORT = 40000, WEB = 80, SERVER_PORT = 8080 };

static struct service_conf *web(struct path_bed *bed)
{
	struct service_conf *service = fake_service(&bed->conf.nat.balance, "web", PUBLIC, WEB);

	(void)fake_backend(&bed->conf.nat.balance, FIRST, SERVER_PORT);
	return service;
}

static struct path_bed *web_open(void)
{
	struct path_bed *bed = path_bed_new();

	(void)web(bed);
	path_bed_start(bed);
	return bed;
}

static void set(struct path_bed *bed, u32 backend, enum backend_state state)
{
	assert_int_equal(sluice_backend_set(bed->rig.s, 0, backend, state, bed->rig.now), ERR_OK);
}

static void from_client(struct path_bed *bed, u8 flags, u32 seq, u32 ack)
{
	build_tcp4(&bed->b, addr(CLIENT), CPORT, addr(PUBLIC), WEB, flags);
	build_tcp4_at(&bed->b, seq, ack);
}

static void from_server(struct path_bed *bed, const char *server, u8 flags, u32 seq, u32 ack)
{
	build_tcp4(&bed->b, addr(server), SERVER_PORT, addr(CLIENT), CPORT, flags);
	build_tcp4_at(&bed->b, seq, ack);
}

static void expect_ends(const struct seen *seen, const char *src, u16 sport, const char *dst,
			u16 dport)
{
	assert_true(be32_eq(seen->src, addr(src)));
	assert_true(be32_eq(seen->dst, addr(dst)));
	assert_int_equal(seen->sport, sport);
	assert_int_equal(seen->dport, dport);
}

/* A client's connection to the first backend, established: it has sent up to 1001, the server up to
 * 5001.                                                                                          */
static void handshake(struct path_bed *bed)
{
	from_client(bed, TCP_SYN, 1000, 0);
	expect_ends(path_pass(bed, RIG_OUT), CLIENT, CPORT, FIRST, SERVER_PORT);
	from_server(bed, FIRST, TCP_SYN | TCP_ACK, 5000, 1001);
	expect_ends(path_pass(bed, RIG_IN), PUBLIC, WEB, CLIENT, CPORT);
	from_client(bed, TCP_ACK, 1001, 5001);
	expect_ends(path_pass(bed, RIG_OUT), CLIENT, CPORT, FIRST, SERVER_PORT);
}

/* It dies of a backend that is gone. */
static void dies_gone(struct path_bed *bed, u16 in_if)
{
	u64 before = rig_drop_count(&bed->rig, DROP_NAT_BACKEND_GONE);
	u64 sum = rig_drop_sum(&bed->rig);

	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_BACKEND_GONE), before + 1);
	assert_int_equal(rig_drop_sum(&bed->rig), sum + 1);
}

static const struct seen *next(struct path_bed *bed, u16 out_if)
{
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, out_if);
	assert_int_equal(bed->out.seen.wrong, 0);
	return &bed->out.seen;
}

/* ---- there and back -------------------------------------------------------------------------- */

/* The server sees its client; both directions take the short cut once they are known. */
static void test_there_and_back(void **state)
{
	struct path_bed *bed = web_open();
	struct sluice_service service;
	struct sluice_backend backend;
	u32 cursor = 0;
	u64 fast;

	(void)state;
	handshake(bed);
	fast = rig_counter(&bed->rig, "packets_fast");
	from_server(bed, FIRST, TCP_ACK, 5001, 1001);
	expect_ends(path_pass(bed, RIG_IN), PUBLIC, WEB, CLIENT, CPORT);
	from_client(bed, TCP_ACK, 1001, 5001);
	expect_ends(path_pass(bed, RIG_OUT), CLIENT, CPORT, FIRST, SERVER_PORT);
	assert_int_equal(rig_counter(&bed->rig, "packets_fast"), fast + 2);
	assert_int_equal(sluice_show_services(bed->rig.s, &cursor, &service, 1), 1);
	assert_int_equal(cursor, SLUICE_CURSOR_END);
	assert_string_equal(service.name, "web");
	assert_int_equal(service.flows, 1);
	assert_int_equal(service.up, 1);
	cursor = 0;
	assert_int_equal(sluice_show_backends(bed->rig.s, bed->rig.now, &cursor, &backend, 1), 1);
	assert_int_equal(cursor, SLUICE_CURSOR_END);
	assert_string_equal(backend.state, "up");
	assert_int_equal(backend.flows, 1);
	assert_int_equal(backend.made, 1);
	path_bed_close(bed);
}

/* The server's own connections are ordinary ones. */
static void test_what_the_server_begins(void **state)
{
	struct path_bed *bed = web_open();

	(void)state;
	handshake(bed);
	build_udp4(&bed->b, addr(FIRST), 5353, addr(CLIENT), 53, 20);
	assert_true(be32_eq(path_pass(bed, RIG_IN)->src, addr(PUBLIC)));
	path_bed_close(bed);
}

/* Other ports of the address are what they were. */
static void test_other_ports(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	(void)web(bed);
	bed->conf.iface[RIG_OUT].addr[0].host = true;
	path_bed_start(bed);
	build_tcp4(&bed->b, addr(CLIENT), CPORT, addr(PUBLIC), 22, TCP_SYN);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_HOST), 1); /* the host's own affair */
	handshake(bed);
	/* From inside the port is the host's, too: the service is not for inside clients. */
	build_tcp4(&bed->b, addr(HOST), CPORT, addr(PUBLIC), WEB, TCP_SYN);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_HOST), 2);
	path_bed_close(bed);
}

/* An address that only the service has: ARP answers for it, other ports are met with silence. */
static void test_own_address(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct mac mac = rig_mac_of(addr("198.18.0.2"));

	(void)state;
	web(bed)->addr = addr("198.18.0.50");
	path_bed_start(bed);
	bed->rig.keep_arp = true;
	build_arp(&bed->b, ARP_REQUEST, &mac, addr("198.18.0.2"), addr("198.18.0.50"));
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_true(bed->out.arp);
	bed->rig.keep_arp = false;
	build_tcp4(&bed->b, addr(CLIENT), CPORT, addr("198.18.0.50"), WEB, TCP_SYN);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	build_tcp4(&bed->b, addr(CLIENT), CPORT, addr("198.18.0.50"), 81, TCP_SYN);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_UNSOLICITED), 1);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

static void test_beside_one_to_one(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	web(bed)->addr = addr("198.18.0.50");
	bed->conf.nat.static_count = 1;
	bed->conf.nat.fixed[0] = (struct nat_static_conf){ addr("10.10.0.77"), addr("198.18.0.50"),
							   32, 0 };
	path_bed_start(bed);
	build_tcp4(&bed->b, addr(CLIENT), CPORT, addr("198.18.0.50"), WEB, TCP_SYN);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	build_tcp4(&bed->b, addr(CLIENT), CPORT, addr("198.18.0.50"), 81, TCP_SYN);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr("10.10.0.77")));
	path_bed_close(bed);
}

/* Whatever it is that comes for the address. */
static void test_every_protocol(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct service_conf *service = web(bed);

	(void)state;
	service->addr = addr("198.18.0.50");
	service->proto = 0;
	service->port_first = service->port_last = 0;
	bed->conf.nat.balance.backend[0].port = 0;
	path_bed_start(bed);
	build_echo4(&bed->b, addr(CLIENT), addr("198.18.0.50"), ICMP_ECHO, 7, 1);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	build_echo4(&bed->b, addr(FIRST), addr(CLIENT), ICMP_ECHO_REPLY, 7, 1);
	assert_true(be32_eq(path_pass(bed, RIG_IN)->src, addr("198.18.0.50")));
	build_udp4(&bed->b, addr(CLIENT), 5000, addr("198.18.0.50"), 53, 20);
	expect_ends(path_pass(bed, RIG_OUT), CLIENT, 5000, FIRST, 53);
	path_bed_close(bed);
}

/* ---- inside clients -------------------------------------------------------------------------- */

static void hairpin(struct path_bed *bed)
{
	u16 port;

	build_tcp4(&bed->b, addr(HOST), 5000, addr(PUBLIC), WEB, TCP_SYN);
	port = path_pass(bed, RIG_IN)->sport;
	/* As somebody of the gateway, so that the answer comes back through it. */
	expect_ends(&bed->out.seen, PUBLIC, port, FIRST, SERVER_PORT);
	assert_int_equal(bed->out.out_if, RIG_IN);
	build_tcp4(&bed->b, addr(FIRST), SERVER_PORT, addr(PUBLIC), port, TCP_SYN | TCP_ACK);
	expect_ends(path_pass(bed, RIG_IN), PUBLIC, WEB, HOST, 5000);
}

static void test_hairpin(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	web(bed)->hairpin = true;
	path_bed_start(bed);
	hairpin(bed);
	path_bed_close(bed);
}

static void test_hairpin_without_rules(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	web(bed)->hairpin = true;
	bed->conf.nat.rule_count = 0;
	path_bed_start(bed);
	hairpin(bed);
	path_bed_close(bed);
}

static void test_hairpin_where_rules_say_none(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	web(bed)->hairpin = true;
	bed->conf.nat.rule[0].kind = NAT_KIND_NONE;
	path_bed_start(bed);
	hairpin(bed);
	path_bed_close(bed);
}

/* ---- errors about such flows ----------------------------------------------------------------- */

static void quote_last(struct path_bed *bed, struct build *quoted)
{
	build_start(quoted);
	build_bytes(quoted, bed->out.frame.bytes + bed->out.frame.l3, bed->out.seen.len);
}

/* A router before the server can not take what the client sends: the client must hear the MTU, from
 * the address that it knows, about the packet that it sent.                                      */
static void test_pmtu_of_the_inside(void **state)
{
	struct path_bed *bed = web_open();
	static struct build quoted, sent;
	struct seen inner;

	(void)state;
	handshake(bed);
	from_client(bed, TCP_ACK | TCP_PSH, 1001, 5001);
	sent = bed->b;
	(void)path_pass(bed, RIG_OUT);
	quote_last(bed, &quoted);
	build_error4(&bed->b, addr("10.10.0.254"), addr(CLIENT), ICMP_UNREACH, ICMP_UNREACH_FRAG,
		     1400);
	build_quote(&bed->b, quoted.bytes, quoted.len);
	(void)path_pass(bed, RIG_IN);
	assert_true(be32_eq(bed->out.seen.src, addr(PUBLIC)));
	assert_true(be32_eq(bed->out.seen.dst, addr(CLIENT)));
	assert_int_equal(bed->out.seen.icmp_seq, 1400);
	assert_true(seen_parse_quote(&inner, bed->out.seen.quote, bed->out.seen.quote_len));
	expect_ends(&inner, CLIENT, CPORT, PUBLIC, WEB);
	assert_int_equal(inner.csum, be16_host(build_tcp_hdr(&sent)->csum));
	path_bed_close(bed);
}

/* The way to the client is the narrow one. */
static void test_pmtu_of_the_outside(void **state)
{
	struct path_bed *bed = web_open();
	static struct build quoted;
	struct seen inner;

	(void)state;
	handshake(bed);
	from_server(bed, FIRST, TCP_ACK | TCP_PSH, 5001, 1001);
	(void)path_pass(bed, RIG_IN);
	quote_last(bed, &quoted);
	build_error4(&bed->b, addr("198.18.0.2"), addr(PUBLIC), ICMP_UNREACH, ICMP_UNREACH_FRAG,
		     1400);
	build_quote(&bed->b, quoted.bytes, 28);
	(void)path_pass(bed, RIG_OUT);
	assert_true(be32_eq(bed->out.seen.src, addr("198.18.0.2")));
	assert_true(be32_eq(bed->out.seen.dst, addr(FIRST)));
	assert_int_equal(bed->out.seen.icmp_seq, 1400);
	assert_true(seen_parse_quote(&inner, bed->out.seen.quote, bed->out.seen.quote_len));
	assert_true(be32_eq(inner.src, addr(FIRST)));
	assert_true(be32_eq(inner.dst, addr(CLIENT)));
	path_bed_close(bed);
}

/* The gateway's own: it quotes what the client sent, not what would have left. */
static void test_pmtu_of_the_gateway(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	web(bed)->proto = IP_PROTO_UDP;
	bed->conf.iface[RIG_IN].mtu = 600;
	path_bed_start(bed);
	build_udp4(&bed->b, addr(CLIENT), CPORT, addr(PUBLIC), WEB, 1000);
	build_ip(&bed->b)->frag = be16_of(IP4_DF);
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	(void)next(bed, RIG_OUT);
	assert_int_equal(bed->out.seen.type, ICMP_UNREACH);
	assert_int_equal(bed->out.seen.icmp_seq, 600);
	assert_true(be32_eq(bed->out.seen.src, addr(PUBLIC)));
	assert_memory_equal(bed->out.seen.quote, bed->b.bytes, 28);
	path_bed_close(bed);
}

/* ---- a backend is gone ----------------------------------------------------------------------- */

static struct path_bed *two_open(void)
{
	struct path_bed *bed = path_bed_new();

	(void)web(bed);
	(void)fake_backend(&bed->conf.nat.balance, SECOND, SERVER_PORT);
	path_bed_start(bed);
	set(bed, 1, BACKEND_DOWN); /* so that what follows is about the first */
	return bed;
}

static void second_instead(struct path_bed *bed)
{
	set(bed, 1, BACKEND_UP);
	set(bed, 0, BACKEND_DOWN);
}

/* The client sends: its own ACK says which number it waits for. */
static void test_client_is_reset(void **state)
{
	struct path_bed *bed = two_open();

	(void)state;
	handshake(bed);
	from_client(bed, TCP_ACK, 1001, 5001);
	(void)path_pass(bed, RIG_OUT);
	second_instead(bed);
	from_client(bed, TCP_ACK | TCP_PSH, 1001, 5001);
	dies_gone(bed, RIG_OUT);
	expect_ends(next(bed, RIG_OUT), PUBLIC, WEB, CLIENT, CPORT);
	assert_int_equal(bed->out.seen.flags, TCP_RST);
	assert_int_equal(bed->out.seen.seq, 5001);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	assert_int_equal(rig_counter(&bed->rig, "service_reset"), 1);
	/* And again, should the reset have been lost. */
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_CT_MIDSTREAM), 1);
	assert_int_equal(next(bed, RIG_OUT)->seq, 5001);
	path_bed_close(bed);
}

/* The server was drained for long enough and goes on sending: both ends must hear of it. */
static void test_server_is_reset(void **state)
{
	struct path_bed *bed = two_open();

	(void)state;
	handshake(bed);
	set(bed, 0, BACKEND_DRAINING);
	rig_advance(&bed->rig, 299 * NS_PER_SEC);
	from_server(bed, FIRST, TCP_ACK | TCP_PSH, 5001, 1001);
	expect_ends(path_pass(bed, RIG_IN), PUBLIC, WEB, CLIENT, CPORT);
	rig_advance(&bed->rig, 2 * NS_PER_SEC);
	/* It repeats what the client has had: the number is that of what comes next. */
	from_server(bed, FIRST, TCP_ACK | TCP_PSH, 4001, 1001);
	dies_gone(bed, RIG_IN);
	expect_ends(next(bed, RIG_OUT), PUBLIC, WEB, CLIENT, CPORT);
	assert_int_equal(bed->out.seen.flags, TCP_RST);
	assert_int_equal(bed->out.seen.seq, 5001);
	expect_ends(next(bed, RIG_IN), CLIENT, CPORT, FIRST, SERVER_PORT);
	assert_int_equal(bed->out.seen.flags, TCP_RST);
	assert_int_equal(bed->out.seen.seq, 1001);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* A SYN that was not answered is sent again, and finds a backend that lives. */
static void test_syn_is_moved(void **state)
{
	struct path_bed *bed = two_open();

	(void)state;
	from_client(bed, TCP_SYN, 1000, 0);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	second_instead(bed);
	/* What the first says now comes too late, and only the first is told. */
	from_server(bed, FIRST, TCP_SYN | TCP_ACK, 5000, 1001);
	dies_gone(bed, RIG_IN);
	(void)next(bed, RIG_IN);
	assert_int_equal(bed->out.seen.flags, TCP_RST);
	assert_false(rig_next(&bed->rig, &bed->out));
	from_client(bed, TCP_SYN, 1000, 0);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(SECOND)));
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	assert_int_equal(rig_counter(&bed->rig, "service_moved"), 1);
	path_bed_close(bed);
}

/* A connection that is over begins again from the same port: not with one that drains. */
static void test_reopening_goes_elsewhere(void **state)
{
	struct path_bed *bed = two_open();

	(void)state;
	handshake(bed);
	from_server(bed, FIRST, TCP_RST, 5001, 0);
	(void)path_pass(bed, RIG_IN);
	set(bed, 1, BACKEND_UP);
	set(bed, 0, BACKEND_DRAINING);
	from_client(bed, TCP_SYN, 9000, 0);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(SECOND)));
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	path_bed_close(bed);
}

static void test_udp_is_moved(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	web(bed)->proto = IP_PROTO_UDP;
	(void)fake_backend(&bed->conf.nat.balance, SECOND, SERVER_PORT);
	path_bed_start(bed);
	set(bed, 1, BACKEND_DOWN);
	build_udp4(&bed->b, addr(CLIENT), CPORT, addr(PUBLIC), WEB, 20);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	build_udp4(&bed->b, addr(FIRST), SERVER_PORT, addr(CLIENT), CPORT, 20);
	(void)path_pass(bed, RIG_IN);
	second_instead(bed);
	dies_gone(bed, RIG_IN);
	assert_false(rig_next(&bed->rig, &bed->out));
	build_udp4(&bed->b, addr(CLIENT), CPORT, addr(PUBLIC), WEB, 20);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(SECOND)));
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	path_bed_close(bed);
}

/* Damage is no reason to give a connection up. */
static void test_damage_resets_nobody(void **state)
{
	struct path_bed *bed = two_open();

	(void)state;
	handshake(bed);
	second_instead(bed);
	from_client(bed, TCP_ACK, 1001, 5001);
	build_tcp_hdr(&bed->b)->csum.raw ^= 1;
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_TRANSPORT_CHECKSUM), 1);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	path_bed_close(bed);
}

/* Nor to tell a server that nobody waits for it: the segment may be another's. */
static void test_damage_resets_no_server(void **state)
{
	struct path_bed *bed = two_open();

	(void)state;
	from_client(bed, TCP_SYN, 1000, 0);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	second_instead(bed);
	from_server(bed, FIRST, TCP_SYN | TCP_ACK, 5000, 1001);
	build_tcp_hdr(&bed->b)->csum.raw ^= 1;
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_TRANSPORT_CHECKSUM), 1);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

/* ---- the short cut --------------------------------------------------------------------------- */

enum { TWIN_CLIENTS = 24, TWIN_STEPS = 6000 };

struct twins {
	struct path_bed *bed[2]; /* the second never takes the short cut */
	struct rng rng;
	u8 server[TWIN_CLIENTS]; /* that the client reached last; 0: none */
};

static void twins_open(struct twins *t)
{
	u8 seed[32] = { 7 };

	rng_init(&t->rng, seed);
	memset(t->server, 0, sizeof t->server);
	for (u32 n = 0; n < 2; n++) {
		struct path_bed *bed = path_bed_new();

		(void)web(bed);
		(void)fake_backend(&bed->conf.nat.balance, SECOND, SERVER_PORT);
		(void)fake_backend(&bed->conf.nat.balance, "10.10.1.3", SERVER_PORT);
		bed->conf.nat.balance.service[0].drain_s = 3;
		bed->conf.slow_road = n == 1;
		path_bed_start(bed);
		t->bed[n] = bed;
	}
}

/* Both get it; what comes out is the same. The last backend that it reached, zero for none. */
static u8 twins_send(struct twins *t, u16 in_if)
{
	u8 server = 0;
	bool more = true;

	t->bed[1]->b = t->bed[0]->b;
	for (u32 n = 0; n < 2; n++)
		assert_true(rig_send(&t->bed[n]->rig, in_if, &t->bed[n]->b));
	while (more) {
		more = rig_next(&t->bed[0]->rig, &t->bed[0]->out);
		assert_int_equal(rig_next(&t->bed[1]->rig, &t->bed[1]->out), more);
		if (!more)
			break;
		assert_int_equal(t->bed[0]->out.out_if, t->bed[1]->out.out_if);
		assert_int_equal(t->bed[0]->out.frame.len, t->bed[1]->out.frame.len);
		assert_memory_equal(t->bed[0]->out.frame.bytes, t->bed[1]->out.frame.bytes,
				    t->bed[0]->out.frame.len);
		if (in_if == RIG_OUT && t->bed[0]->out.out_if == RIG_IN)
			server = (u8)be32_host(t->bed[0]->out.seen.dst);
	}
	return server;
}

static void twins_step(struct twins *t)
{
	u32 n = rng_below(&t->rng, TWIN_CLIENTS), what = rng_below(&t->rng, 100);
	u16 port = (u16)(2000 + n);
	struct build *b = &t->bed[0]->b;

	if (what < 2) {
		u32 backend = rng_below(&t->rng, 3);
		enum backend_state state = rng_below(&t->rng, 3);

		set(t->bed[0], backend, state);
		set(t->bed[1], backend, state);
	} else if (what < 4) {
		rig_advance(&t->bed[0]->rig, NS_PER_SEC);
		rig_advance(&t->bed[1]->rig, NS_PER_SEC);
	} else if (t->server[n] == 0) {
		build_tcp4(b, addr(CLIENT), port, addr(PUBLIC), WEB, TCP_SYN);
		t->server[n] = twins_send(t, RIG_OUT);
		if (t->server[n] == 0)
			return;
		build_tcp4(b, be32_of(be32_host(addr("10.10.1.0")) + t->server[n]), SERVER_PORT,
			   addr(CLIENT), port, TCP_SYN | TCP_ACK);
		(void)twins_send(t, RIG_IN);
	} else if (what < 50) {
		build_tcp4(b, be32_of(be32_host(addr("10.10.1.0")) + t->server[n]), SERVER_PORT,
			   addr(CLIENT), port, TCP_ACK);
		(void)twins_send(t, RIG_IN);
	} else {
		build_tcp4(b, addr(CLIENT), port, addr(PUBLIC), WEB, TCP_ACK);
		t->server[n] = twins_send(t, RIG_OUT);
	}
}

static void test_short_cut_is_equal(void **state)
{
	struct twins t;

	(void)state;
	twins_open(&t);
	for (u32 step = 0; step < TWIN_STEPS; step++)
		twins_step(&t);
	assert_true(rig_counter(&t.bed[0]->rig, "packets_fast") > TWIN_STEPS / 4);
	assert_true(rig_counter(&t.bed[0]->rig, "service_reset") > 20);
	assert_int_equal(rig_counter(&t.bed[0]->rig, "service_reset"),
			 rig_counter(&t.bed[1]->rig, "service_reset"));
	path_bed_close(t.bed[0]);
	path_bed_close(t.bed[1]);
}

/* ---- reload ---------------------------------------------------------------------------------- */

static void test_reload(void **state)
{
	struct path_bed *bed = two_open();
	struct balance_conf *balance = &bed->conf.nat.balance;

	(void)state;
	handshake(bed);
	/* A refused one changes nothing. */
	balance->backend[0].addr = addr(GATEWAY_IN);
	assert_false(rig_configure(&bed->rig, &bed->conf));
	balance->backend[0].addr = addr("10.10.1.9");
	bed->conf.route[0].route.path[0].gateway = addr("192.0.2.1");
	bed->conf.route[0].route.path[0].out_if = 77;
	assert_false(rig_configure(&bed->rig, &bed->conf));
	from_client(bed, TCP_ACK, 1001, 5001);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	/* The backend stays, another port of the service comes, the order changes. */
	bed->conf.route[0].route.path[0].gateway = addr("198.18.0.2");
	bed->conf.route[0].route.path[0].out_if = RIG_OUT;
	balance->backend[0] = balance->backend[1];
	balance->backend[1].addr = addr(FIRST);
	balance->service[0].port_last = 99;
	balance->backend[1].drain = true;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	from_client(bed, TCP_ACK, 1001, 5001);
	assert_true(be32_eq(path_pass(bed, RIG_OUT)->dst, addr(FIRST)));
	/* The service is gone, and its flows with it. */
	balance->service_count = 0;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	from_client(bed, TCP_ACK, 1001, 5001);
	dies_gone(bed, RIG_OUT);
	assert_int_equal(next(bed, RIG_OUT)->seq, 5001);
	path_bed_close(bed);
}

/* ---- nobody is there ------------------------------------------------------------------------- */

static void test_event(void **state)
{
	struct path_bed *bed = web_open();
	struct sluice_event event;

	(void)state;
	set(bed, 0, BACKEND_DOWN);
	from_client(bed, TCP_SYN, 1000, 0);
	for (u32 n = 0; n < 3; n++)
		assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drain(&bed->rig), 3);
	rig_advance(&bed->rig, NS_PER_SEC);
	assert_true(sluice_event_next(bed->rig.s, &event));
	assert_int_equal(event.kind, SLUICE_EVENT_NO_BACKEND);
	assert_int_equal(event.refused, 3);
	assert_true(be32_eq(event.dst, addr(PUBLIC)));
	assert_int_equal(be16_host(event.dport), WEB);
	assert_false(sluice_event_next(bed->rig.s, &event));
	path_bed_close(bed);
}

/* A refused client hears it in a way that it understands: RFC 9293 section 3.10.7.1. */
static void test_refusal_acknowledges_the_syn(void **state)
{
	struct path_bed *bed = web_open();

	(void)state;
	set(bed, 0, BACKEND_DOWN);
	from_client(bed, TCP_SYN, 1000, 0);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	expect_ends(next(bed, RIG_OUT), PUBLIC, WEB, CLIENT, CPORT);
	assert_int_equal(bed->out.seen.flags, TCP_RST | TCP_ACK);
	assert_int_equal(bed->out.seen.ack, 1001);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_what_the_server_begins),
		cmocka_unit_test(test_other_ports),
		cmocka_unit_test(test_own_address),
		cmocka_unit_test(test_beside_one_to_one),
		cmocka_unit_test(test_every_protocol),
		cmocka_unit_test(test_hairpin),
		cmocka_unit_test(test_hairpin_without_rules),
		cmocka_unit_test(test_hairpin_where_rules_say_none),
		cmocka_unit_test(test_pmtu_of_the_inside),
		cmocka_unit_test(test_pmtu_of_the_outside),
		cmocka_unit_test(test_pmtu_of_the_gateway),
		cmocka_unit_test(test_client_is_reset),
		cmocka_unit_test(test_server_is_reset),
		cmocka_unit_test(test_syn_is_moved),
		cmocka_unit_test(test_reopening_goes_elsewhere),
		cmocka_unit_test(test_udp_is_moved),
		cmocka_unit_test(test_damage_resets_nobody),
		cmocka_unit_test(test_damage_resets_no_server),
		cmocka_unit_test(test_short_cut_is_equal),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_refusal_acknowledges_the_syn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
