/* 100,000 flows of four protocols, in two zones with the same addresses, by pools, masquerading,
 * one-to-one translation and services, while the configuration is exchanged a hundred times: each
 * packet comes out at the same other end, from the same public address and port, as before.     */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "core/wire/sctp.h"
#include "fake/service.h"
#include "sim/scene.h"

enum {
	FLOWS = 100000,
	RELOADS = 100,
	PARTS = 20, /* after each reload one of them sends, so each does five times in all */
	UNDER_WAY =
		256, /* packets that the gateway has taken in and not sent yet, at each reload */
	INSIDE_HOSTS = 64,
	FIXED_HOSTS = 200,
	FIRST_PORT = 2000,
	DESTINATIONS = 4, /* that each endpoint of the inside talks with */
	RULES_MAX = 8 + FILTER_STATEFUL_MAX + FILTER_CHAINS,
	ELEMS_MAX = 64,
	SCTP_INIT_LEN = 16,
};

#define SERVED "198.18.0.10"

/* How a flow comes about. */
enum kind {
	POOL_TCP,
	POOL_UDP,
	POOL_ICMP,
	POOL_SCTP,
	MASQUERADE_TCP, /* in the other zone, as the next */
	MASQUERADE_UDP,
	FIXED_OUT, /* one-to-one; a connection of the inside, and datagrams from outside */
	FIXED_IN,
	SERVICE_TCP,
	SERVICE_UDP, /* its backends are of the other zone */
	KINDS,
};

/* Both ends of a flow, and whom each of them takes the other for. */
enum side { A, B, A_AS_SEEN, B_AS_NAMED, SIDES };

struct talk {
	be32 addr[SIDES];
	u16 port[SIDES]; /* of ICMP the identifier */
	u16 iface[2];    /* of A and B */
	u8 proto;
};

/* What makes a flow stand: who sends, and flags of TCP or the chunk of SCTP. */
struct step {
	u8 from;
	u8 what;
};

static const struct step handshakes[][4] = {
	{ { A, TCP_SYN }, { B, TCP_SYN | TCP_ACK }, { A, TCP_ACK }, { B, TCP_ACK } },
	{ { A, SCTP_INIT }, { B, SCTP_INIT_ACK }, { A, SCTP_COOKIE_ECHO }, { B, SCTP_COOKIE_ACK } },
	{ { A, 0 }, { B, 0 }, { A, 0 }, { B, 0 } },
};

struct crowd {
	struct scene *s;
	struct talk talk[FLOWS];
	struct talk late; /* the newcomer after a reload */
	struct filter_rule_conf rule[RULES_MAX];
	struct filter_set_conf set;
	struct filter_elem elem[ELEMS_MAX];
};

static be32 plus(const char *text, u32 n)
{
	return be32_of(be32_host(addr(text)) + n);
}

/* ---- packets --------------------------------------------------------------------------------- */

/* Each connection has numbers of its own: those of the next byte of A and of B. */
static u32 number_of(const struct talk *talk, u8 from)
{
	u32 begun_by = be32_host(talk->addr[A]) * 2654435761u + talk->port[A];

	return from == A ? begun_by : begun_by * 2246822519u + 99;
}

static void make_sctp(struct build *b, const struct talk *talk, u8 from, u8 chunk)
{
	u8 mine[SCTP_INIT_LEN] = { [6] = 0x40, [9] = 1, [11] = 1 };
	u32 len = chunk == SCTP_INIT || chunk == SCTP_INIT_ACK ? sizeof mine : 4;
	u8 to = from == A ? B_AS_NAMED : A_AS_SEEN;

	be32_store(mine, be32_of(number_of(talk, from) | 1));
	build_start(b);
	build_ip4(b, talk->addr[from], talk->addr[to], IP_PROTO_SCTP);
	build_sctp(b, talk->port[from], talk->port[to],
		   chunk == SCTP_INIT ? 0 : number_of(talk, from == A ? B : A) | 1);
	build_sctp_chunk(b, chunk, 0, mine, len);
	build_seal(b);
}

/* what: of an open one ACK, or a heartbeat. */
static void make(struct build *b, const struct talk *talk, u8 from, u8 what)
{
	u8 to = from == A ? B_AS_NAMED : A_AS_SEEN;
	be32 src = talk->addr[from], dst = talk->addr[to];

	switch (talk->proto) {
	case IP_PROTO_TCP:
		build_tcp4(b, src, talk->port[from], dst, talk->port[to], what);
		build_tcp4_at(b, number_of(talk, from) - ((what & TCP_SYN) != 0),
			      (what & TCP_ACK) != 0 ? number_of(talk, from == A ? B : A) : 0);
		break;
	case IP_PROTO_SCTP: make_sctp(b, talk, from, what); break;
	case IP_PROTO_ICMP:
		build_echo4(b, src, dst, from == A ? ICMP_ECHO : ICMP_ECHO_REPLY,
			    talk->port[from == A ? A : A_AS_SEEN], 1);
		break;
	default: build_udp4(b, src, talk->port[from], dst, talk->port[to], 8); break;
	}
}

static u8 usual_of(const struct talk *talk, u8 from)
{
	if (talk->proto == IP_PROTO_SCTP)
		return from == A ? SCTP_HEARTBEAT : SCTP_HEARTBEAT_ACK;
	return TCP_ACK;
}

/* Whether what came out is what `from` sent, at the other end, by the same names as ever. */
static bool is_of(const struct crowd *c, const struct talk *talk, u8 from)
{
	const struct seen *seen = &c->s->out.seen;
	u8 to = from == A ? B : A, as = from == A ? A_AS_SEEN : B_AS_NAMED;

	if (c->s->out.out_if != talk->iface[to] || seen->proto != talk->proto ||
	    !be32_eq(seen->src, talk->addr[as]) || !be32_eq(seen->dst, talk->addr[to]))
		return false;
	if (talk->proto == IP_PROTO_ICMP)
		return seen->icmp_id == talk->port[from == A ? A_AS_SEEN : A];
	if (seen->sport != talk->port[as] || seen->dport != talk->port[to])
		return false;
	return talk->proto != IP_PROTO_TCP ||
	       seen->seq + ((seen->flags & TCP_SYN) != 0) == number_of(talk, from);
}

static void arrived(const struct crowd *c, const struct talk *talk, u8 from)
{
	char text[256] = "";

	if (is_of(c, talk, from))
		return;
	seen_print(&c->s->out.seen, text, sizeof text);
	fail_msg("from %08x:%u of interface %u, once %08x:%u, came: %s",
		 be32_host(talk->addr[from]), talk->port[from], talk->iface[from],
		 be32_host(talk->addr[A_AS_SEEN]), talk->port[A_AS_SEEN], text);
}

static void no_drop(const struct crowd *c)
{
	for (enum drop drop = DROP_NONE + 1; drop < DROP_COUNT; drop++) {
		if (rig_drop_count(&c->s->rig, drop) != 0)
			fail_msg("%s: %llu", drop_name(drop),
				 (unsigned long long)rig_drop_count(&c->s->rig, drop));
	}
}

static void crosses(struct crowd *c, const struct talk *talk, u8 from)
{
	make(&c->s->in, talk, from, usual_of(talk, from));
	assert_true(rig_send(&c->s->rig, talk->iface[from], &c->s->in));
	if (!rig_next(&c->s->rig, &c->s->out)) {
		no_drop(c);
		fail_msg("nothing came out");
	}
	assert_int_equal(c->s->out.seen.wrong, 0);
	arrived(c, talk, from);
}

/* ---- flows ----------------------------------------------------------------------------------- */

/* From the inside to the outside. */
static struct talk talk_out(u32 n, u8 proto, u16 iface)
{
	u32 endpoint = n / DESTINATIONS;
	u16 port = (u16)(FIRST_PORT + endpoint / INSIDE_HOSTS);

	return (struct talk){
		.proto = proto,
		.iface = { iface, RIG_OUT },
		.addr = { [A] = plus("10.10.4.0", endpoint % INSIDE_HOSTS),
			  [B_AS_NAMED] = plus("203.0.113.1", n % DESTINATIONS) },
		.port = { [A] = port, [B_AS_NAMED] = 443 },
	};
}

static struct talk talk_in(u32 n, u8 proto, be32 to, u16 port)
{
	return (struct talk){
		.proto = proto,
		.iface = { RIG_OUT, proto == IP_PROTO_UDP && port == 53 ? RIG_IN2 : RIG_IN },
		.addr = { [A] = plus("100.64.0.0", n / DESTINATIONS), [B_AS_NAMED] = to },
		.port = { [A] = (u16)(FIRST_PORT + n % DESTINATIONS), [B_AS_NAMED] = port },
	};
}

static struct talk talk_of(enum kind kind, u32 n)
{
	struct talk talk;

	switch (kind) {
	case POOL_TCP: return talk_out(n, IP_PROTO_TCP, RIG_IN);
	case POOL_UDP: return talk_out(n, IP_PROTO_UDP, RIG_IN);
	case POOL_ICMP: return talk_out(n, IP_PROTO_ICMP, RIG_IN);
	case POOL_SCTP: return talk_out(n, IP_PROTO_SCTP, RIG_IN);
	case MASQUERADE_TCP: return talk_out(n, IP_PROTO_TCP, RIG_IN2);
	case MASQUERADE_UDP: return talk_out(n, IP_PROTO_UDP, RIG_IN2);
	case FIXED_OUT:
		talk = talk_out(n, IP_PROTO_TCP, RIG_IN);
		talk.addr[A] = plus("10.10.2.1", n % FIXED_HOSTS);
		talk.port[A] = (u16)(FIRST_PORT + n / FIXED_HOSTS);
		return talk;
	case FIXED_IN: return talk_in(n, IP_PROTO_UDP, plus("198.18.2.1", n % FIXED_HOSTS), 500);
	case SERVICE_TCP: return talk_in(n, IP_PROTO_TCP, addr(SERVED), 443);
	default: return talk_in(n, IP_PROTO_UDP, addr(SERVED), 53);
	}
}

static void comes_about(struct crowd *c, struct talk *talk)
{
	const struct step *steps = handshakes[talk->proto == IP_PROTO_TCP    ? 0
					      : talk->proto == IP_PROTO_SCTP ? 1
									     : 2];
	const struct seen *seen = &c->s->out.seen;

	for (u32 at = 0; at < ARRAY_COUNT(handshakes[0]); at++) {
		u8 from = steps[at].from;

		make(&c->s->in, talk, from, steps[at].what);
		assert_true(rig_send(&c->s->rig, talk->iface[from], &c->s->in));
		scene_expect(c->s, talk->iface[from == A ? B : A]);
		if (at == 0) {
			talk->addr[A_AS_SEEN] = seen->src;
			talk->addr[B] = seen->dst;
			talk->port[A_AS_SEEN] = seen->sport;
			talk->port[B] = seen->dport;
			if (talk->proto == IP_PROTO_ICMP)
				talk->port[A_AS_SEEN] = seen->icmp_id;
		}
		arrived(c, talk, from);
	}
}

/* ---- configurations -------------------------------------------------------------------------- */

static void pool_is(struct sluice_conf *conf, u32 turn)
{
	conf->nat.pool[0].range[0] = (struct nat_range){ plus("198.18.16.0", turn * 4),
							 plus("198.18.16.3", turn * 4) };
	conf->nat.pool[0].port_first = (u16)(1024 + turn);
	conf->nat.pool[0].strict_pairing = turn % 2 == 1;
}

static void change_nat_rules(struct sluice_conf *conf, u32 turn)
{
	struct nat_rule_conf *rule = conf->nat.rule;

	if (turn % 2 == 0) {
		memmove(rule + 1, rule, conf->nat.rule_count++ * sizeof *rule);
		nat_rule_defaults(rule);
		rule->kind = NAT_KIND_NONE;
		rule->dest = addr("192.0.2.0");
		rule->dest_len = 24;
	} else {
		memmove(rule, rule + 1, --conf->nat.rule_count * sizeof *rule);
	}
	for (u32 at = 0; at < conf->nat.rule_count; at++) {
		for (u32 proto = 0; proto < NAT_PROTO_COUNT; proto++) {
			rule[at].mapping[proto] = (enum nat_mapping)((turn + proto) % 2);
			rule[at].filtering[proto] = (enum nat_filtering)((turn + proto) % 3);
		}
		rule[at].hairpin = turn % 2 == 0;
	}
}

/* Rules that would let no flow of these begin from outside, and leave those alone that stand; rules
 * and a set about others, by which each flow is judged anew; and none.                           */
static void change_filter(struct crowd *c, struct sluice_conf *conf, u32 turn)
{
	struct filter_rule_conf *rule = c->rule;

	conf->filter.reclassify = turn % 3 == 1;
	conf->filter.rule_count = 0;
	conf->filter.policy[FILTER_FORWARD] = (struct filter_fate){ FILTER_ACCEPT, 0 };
	if (turn % 3 == 0)
		conf->filter.rule_count = filter_conf_stateful(
			&conf->filter, rule, 1 << RIG_IN | 1 << RIG_IN2, 1 << RIG_OUT);
	for (u32 at = 0; at < 8 && turn % 3 == 1; at++) {
		filter_rule_defaults(&rule[at]);
		rule[at].fate = (struct filter_fate){ FILTER_DROP, 0 };
		rule[at].dst.set = 0;
		rule[at].dport.first = rule[at].dport.last = (u16)(25 + turn + at);
		conf->filter.rule_count++;
	}
	conf->filter.rule = rule;
}

static void change_set(struct crowd *c, struct sluice_conf *conf, u32 turn)
{
	for (u32 at = 0; at < ELEMS_MAX; at++)
		c->elem[at] = (struct filter_elem){ .addr = plus("192.0.2.0", at + turn),
						    .len = 32 };
	c->set = (struct filter_set_conf){ .name = "bad",
					   .kind = FILTER_SET_ADDRS,
					   .elem_count = ELEMS_MAX - turn,
					   .elem = c->elem };
	conf->filter.set = &c->set;
	conf->filter.set_count = 1;
}

/* A service of others with other backends each time, and one backend more or less, and other
 * weights, beside those that have flows.                                                         */
static void change_services(struct sluice_conf *conf, u32 turn)
{
	struct balance_conf *balance = &conf->nat.balance;
	static const char *const backends[] = { "10.10.3.1", "10.10.3.2", "10.10.3.3", "10.10.3.4",
						"10.10.3.5" };
	struct service_conf *dns;

	balance->service_count = balance->backend_count = 0;
	for (u32 other = 0; other < turn % 3; other++) {
		fake_service(balance, other == 0 ? "ftp" : "mail", SERVED, (u16)(21 + 4 * other))
			->zone = 1;
		fake_backend(balance, backends[turn % 5], 25)->drain = turn % 4 == 1;
	}
	fake_service(balance, "web", SERVED, 443)->zone = 1;
	for (u32 at = 0; at < 4 + turn % 2; at++)
		fake_backend(balance, backends[at], 8443)->weight = (u16)(1 + (turn * at) % 5);
	dns = fake_service(balance, "dns", SERVED, 53);
	dns->proto = IP_PROTO_UDP;
	dns->zone = 2;
	dns->method = BALANCE_STICKY;
	for (u32 at = 0; at < 4 + turn % 2; at++)
		(void)fake_backend(balance, backends[3 + turn % 2 - at], 0);
}

static void change_limits(struct sluice_conf *conf, u32 turn)
{
	bool narrow = turn % 2 == 0;

	conf->subscribers.limits = (struct subscriber_limits){ .flows = narrow ? 2 : 0,
							       .ports = narrow ? 2 : 0,
							       .rate = narrow ? 1 : 0 };
	conf->icmp.rate_per_second = narrow ? 10 : 1000;
}

static void change_routes(struct sluice_conf *conf, u32 turn)
{
	struct sluice_route_conf *route = &conf->route[1];

	conf->route_count = 1 + turn % 3;
	for (u32 at = 0; at < 2; at++) {
		route[at] = conf->route[0];
		route[at].prefix = addr(at == 0 ? "203.0.113.0" : "192.0.2.0");
		route[at].prefix_len = 24;
	}
	route[0].route.path[0].gateway = addr("198.18.0.3");
	route[0].route.path[1] = (struct fib_path){ addr("198.18.0.4"), RIG_OUT, 2 };
	route[0].route.path_count = 1 + turn % 2;
	route[1].route = (struct fib_route){ .type = FIB_BLACKHOLE };
}

static void change_logging(struct crowd *c, struct sluice_conf *conf, u32 turn)
{
	for (u32 at = 0; at < conf->filter.rule_count; at++)
		c->rule[at].log = turn % 2 == 0;
	conf->filter.log_rate = 10 + turn;
	conf->filter.log_burst = 10;
	conf->redirects = turn % 2 == 0;
	conf->ct.midstream = turn % 2 == 1;
	conf->ct.outbound_refresh_only = turn % 4 == 3;
	conf->nat.quarantine_s = 60 + turn;
}

static void change_interfaces(struct sluice_conf *conf, u32 turn)
{
	struct iface_conf *iface = conf->iface;

	for (u32 at = 0; at < RIG_IFACES; at++) {
		iface[at].mtu = 1500 - 100 * (turn % 2);
		iface[at].mss = (u16)(turn % 2 == 0 ? 1200 : 0);
		iface[at].source_check = (enum iface_source_check)(turn % 3);
	}
	iface[RIG_OUT].addr[1] = (struct iface_addr){ plus("198.18.0.100", turn), 16, false };
	iface[RIG_OUT].addr_count = 1 + turn % 2;
}

/* Longer than the time from one packet of a flow to the next. */
static void change_timeouts(struct sluice_conf *conf, u32 turn)
{
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++)
		conf->ct.timeout_s[class] = 300 + 60 * (turn % 3);
}

static void change(struct crowd *c, u32 round)
{
	struct sluice_conf *conf = &c->s->conf;
	u32 turn = round / 10;

	switch (round % 10) {
	case 0: pool_is(conf, 1 + turn); break;
	case 1: change_nat_rules(conf, turn); break;
	case 2: change_set(c, conf, turn); break;
	case 3: change_filter(c, conf, turn); break;
	case 4: change_services(conf, 1 + turn); break;
	case 5: change_timeouts(conf, turn); break;
	case 6: change_limits(conf, turn); break;
	case 7: change_routes(conf, turn); break;
	case 8: change_logging(c, conf, turn); break;
	default: change_interfaces(conf, turn); break;
	}
}

static struct crowd *crowd_open(void)
{
	struct crowd *c = calloc(1, sizeof *c);
	struct sluice_conf *conf;

	assert_non_null(c);
	c->s = scene_conf();
	conf = &c->s->conf;
	rig_conf_zones(conf);
	rig_conf_pool(conf, "198.18.1.0", "198.18.1.3");
	pool_is(conf, 0);
	conf->nat.rule[0].zone = 1;
	conf->nat.rule[1] = conf->nat.rule[0];
	conf->nat.rule[1].kind = NAT_KIND_MASQUERADE;
	conf->nat.rule[1].zone = 2;
	conf->nat.rule_count = 2;
	conf->nat.fixed[0] = (struct nat_static_conf){ addr("10.10.2.0"), addr("198.18.2.0"), 24,
						       1 };
	conf->nat.static_count = 1;
	change_services(conf, 0);
	change_set(c, conf, 0);
	change_timeouts(conf, 0);
	conf->ct.flow_count = FLOWS + RELOADS + 16;
	conf->nat.mapping_count = FLOWS;
	conf->neigh.count = 4096;
	rig_open(&c->s->rig, conf);
	return c;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void nothing_is_lost(struct crowd *c, u32 flows)
{
	static const char *const lost[] = {
		"flows_expired",       "flows_taken",         "flows_refused",
		"flows_reopened",      "unexplained",         "tcp_out_of_window",
		"tcp_midstream",       "tcp_resets",          "icmp_errors",
		"icmp_errors_limited", "nat_no_port",         "nat_no_address",
		"nat_no_mapping",      "nat_no_peer",         "nat_closed_reused",
		"service_refused",     "service_moved",       "service_reset",
		"service_stale",       "subscribers_refused", "filter_flows_ended",
	};

	for (u32 at = 0; at < ARRAY_COUNT(lost); at++) {
		if (rig_counter(&c->s->rig, lost[at]) != 0)
			fail_msg("%s: %llu", lost[at],
				 (unsigned long long)rig_counter(&c->s->rig, lost[at]));
	}
	no_drop(c);
	assert_int_equal(sluice_flow_count(c->s->rig.s), flows);
	scene_nothing(c->s);
}

/* ---- the scenario ---------------------------------------------------------------------------- */

/* Some of every kind send, and each other end answers. */
static void part_talks(struct crowd *c, u32 part, u32 parts, u8 first)
{
	for (u32 n = 0; n < FLOWS; n++) {
		if (n / KINDS % parts != part)
			continue;
		crosses(c, &c->talk[n], first);
		crosses(c, &c->talk[n], first == A ? B : A);
	}
}

/* Each of them, once; one that waits for a neighbour's answer comes behind others. */
static void all_arrive(struct crowd *c, u32 begin, u8 from)
{
	bool is_there[UNDER_WAY] = { false };
	u32 at = 0;

	for (u32 n = 0; n < UNDER_WAY; n++) {
		if (!rig_next(&c->s->rig, &c->s->out)) {
			no_drop(c);
			fail_msg("%u of %u packets under way came out", n, UNDER_WAY);
		}
		assert_int_equal(c->s->out.seen.wrong, 0);
		for (at = 0; at < UNDER_WAY; at++) {
			if (!is_there[at] && is_of(c, &c->talk[begin + at], from))
				break;
		}
		if (at == UNDER_WAY)
			arrived(c, &c->talk[begin + n], from);
		is_there[at] = true;
	}
	scene_nothing(c->s);
}

/* Packets are in the gateway while it gets its configuration. */
static void reload_under_way(struct crowd *c, u32 round)
{
	struct rig *rig = &c->s->rig;
	u32 begin = round * UNDER_WAY * 3 % (FLOWS - UNDER_WAY);
	u8 from = round % 2 == 0 ? A : B;
	struct batch rx;

	rx.count = 0;
	for (u32 n = begin; n < begin + UNDER_WAY; n++) {
		const struct talk *talk = &c->talk[n];

		make(&c->s->in, talk, from, usual_of(talk, from));
		assert_true(batch_add(&rx, rig_make(rig, talk->iface[from], &c->s->in)));
	}
	sluice_input(rig->s, &rx, rig->now);
	change(c, round);
	assert_true(rig_configure(rig, &c->s->conf));
	all_arrive(c, begin, from);
}

/* The gateway has what it was given, and a flow that begins now is what that makes of it. */
static void newcomer(struct crowd *c, u32 round)
{
	const struct sluice_conf *conf = &c->s->conf;
	const struct nat_range *pool = &conf->nat.pool[0].range[0];
	struct sluice_rule rules[RULES_MAX];
	struct sluice_service services[4];
	struct sluice_set set;
	u32 at[3] = { 0 };

	assert_int_equal(sluice_show_rules(c->s->rig.s, &at[0], rules, RULES_MAX),
			 conf->filter.rule_count + FILTER_CHAINS);
	assert_int_equal(sluice_show_services(c->s->rig.s, &at[1], services, 4),
			 conf->nat.balance.service_count);
	assert_int_equal(sluice_show_sets(c->s->rig.s, &at[2], &set, 1), 1);
	assert_int_equal(set.elem_count, conf->filter.set[0].elem_count);
	c->late = talk_out(0, IP_PROTO_UDP, RIG_IN);
	c->late.addr[A] = plus("10.10.9.0", round);
	comes_about(c, &c->late);
	assert_in_range(be32_host(c->late.addr[A_AS_SEEN]), be32_host(pool->first),
			be32_host(pool->last));
}

static void a_hundred_thousand_flows_and_a_hundred_reloads(void **state)
{
	struct crowd *c = crowd_open();

	(void)state;
	for (u32 n = 0; n < FLOWS; n++) {
		c->talk[n] = talk_of((enum kind)(n % KINDS), n / KINDS);
		comes_about(c, &c->talk[n]);
	}
	nothing_is_lost(c, FLOWS);
	for (u32 round = 0; round < RELOADS; round++) {
		reload_under_way(c, round);
		part_talks(c, round % PARTS, PARTS, round % 2 == 0 ? B : A);
		newcomer(c, round);
		rig_advance(&c->s->rig, NS_PER_SEC);
		nothing_is_lost(c, FLOWS + round + 1);
	}
	part_talks(c, 0, 1, A);
	part_talks(c, 0, 1, B);
	nothing_is_lost(c, FLOWS + RELOADS);
	printf("%d flows, %d reloads: %llu packets forwarded, none lost\n", FLOWS, RELOADS,
	       (unsigned long long)rig_counter(&c->s->rig, "packets_forwarded"));
	scene_end(c->s);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_thousand_flows_and_a_hundred_reloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
