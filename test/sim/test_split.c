/* Split connections between two real TCP stacks, through an engine that translates: whatever one
 * end does, the other one hears of as it would without the engine between them.                  */
#include "sim/split_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MB = 1 << 20 };

static const struct splice_stats *stats_of(const struct split_bed *bed)
{
	return &bed->rig.s->splice.stats;
}

static struct split_bed *bed_begin(struct split_bed *bed, u64 out, u64 back)
{
	split_bed_open(bed);
	bed->host[SPLIT_HOST].goal = out;
	bed->host[SPLIT_SERVER].goal = back;
	split_bed_connect(bed);
	return bed;
}

static void test_data_both_ways(void **state)
{
	struct split_bed *bed = bed_begin(split_bed_new(), 3 * MB, 2 * MB);

	(void)state;
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	assert_true(be32_eq(bed->seen_as, addr("198.18.0.1")));
	assert_true(stats_of(bed)->split == 1);
	assert_true(stats_of(bed)->bytes_out == 3 * MB && stats_of(bed)->bytes_in == 2 * MB);
	assert_true(rig_counter(&bed->rig, "tcp_out_of_window") == 0);
	split_bed_close(bed);
}

/* Who is outside connects to a service: the host behind it sees the client's own address, and the
 * link to the client is the one that has the rule's congestion control.                          */
static void test_inbound(void **state)
{
	struct split_bed *bed = split_bed_new();
	struct sluice_sock_filter filter = { .any.proto = IP_PROTO_TCP };
	struct sluice_sock_info legs[4];
	u32 cursor = 0;

	(void)state;
	bed->link_conf[0].loss_ppm = bed->link_conf[1].loss_ppm = 10000;
	split_bed_inbound(bed);
	bed->conf.splice.rule[0].cc = "newreno";
	bed_begin(bed, 3 * MB, 2 * MB);
	split_bed_run(bed, 1);
	assert_int_equal(sluice_show_sockets(bed->rig.s, &filter, bed->rig.now, &cursor, legs, 4),
			 2);
	for (u32 at = 0; at < 2; at++) {
		bool outside = strcmp(legs[at].leg, "outside") == 0;

		assert_int_equal(strcmp(legs[at].info.cc, "newreno") == 0, outside);
		assert_int_equal(legs[at].zone, 0);
		assert_true(be32_eq(outside ? legs[at].peer.addr : legs[at].local.addr,
				    addr("203.0.113.80")));
	}
	split_bed_run(bed, 30);
	assert_true(split_bed_is_finished(bed));
	assert_true(be32_eq(bed->seen_as, addr("203.0.113.80")));
	assert_true(stats_of(bed)->split == 1);
	assert_true(stats_of(bed)->bytes_out == 3 * MB && stats_of(bed)->bytes_in == 2 * MB);
	assert_true(rig_counter(&bed->rig, "tcp_out_of_window") == 0);
	split_bed_close(bed);
}

/* A rule that names no interface is of those that begin inside. */
static void test_inbound_wants_a_name(void **state)
{
	struct split_bed *bed = split_bed_new();

	(void)state;
	split_bed_inbound(bed);
	bed->conf.splice.rule[0].in_if = IFACE_NONE;
	bed_begin(bed, MB, MB);
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	assert_true(stats_of(bed)->split == 0);
	split_bed_close(bed);
}

/* The host is not there, or refuses: who is outside hears it as it would without the engine. */
static void test_inbound_refused(void **state)
{
	struct split_bed *bed = split_bed_new();

	(void)state;
	split_bed_inbound(bed);
	split_bed_open(bed);
	tcp_unlisten(&bed->host[SPLIT_HOST].tcp, bed->host[SPLIT_HOST].listener, bed->rig.now);
	bed->host[SPLIT_HOST].listener = TCP_ID_NONE;
	split_bed_connect(bed);
	split_bed_run(bed, 2);
	assert_int_equal(bed->host[SPLIT_SERVER].error, TCP_ERR_REFUSED);
	assert_true(stats_of(bed)->split == 1 && stats_of(bed)->refused == 1);
	split_bed_close(bed);
}

/* The backend is gone in the middle of it: both ends hear a RST. */
static void test_inbound_backend_gone(void **state)
{
	struct split_bed *bed = split_bed_new();

	(void)state;
	split_bed_inbound(bed);
	bed_begin(bed, UINT64_MAX, UINT64_MAX);
	split_bed_run(bed, 2);
	assert_true(bed->host[SPLIT_SERVER].read > MB && bed->host[SPLIT_HOST].read > MB);
	assert_int_equal(sluice_backend_set(bed->rig.s, 0, 0, BACKEND_DOWN, bed->rig.now), ERR_OK);
	split_bed_run(bed, 5);
	assert_int_equal(bed->host[SPLIT_SERVER].error, TCP_ERR_RESET);
	assert_int_equal(bed->host[SPLIT_HOST].error, TCP_ERR_RESET);
	assert_true(bed->rig.s->splice.splits.live == 0);
	split_bed_close(bed);
}

/* Both legs are shown among the sockets, each with a window, a round trip and losses of its own:
 * those are of the link to the server, and not of the host beside the gateway.                   */
static void test_legs_are_shown(void **state)
{
	struct split_bed *bed = split_bed_new();
	struct sluice_sock_info legs[4];
	struct sluice_sock_filter filter = { .any.proto = IP_PROTO_TCP };
	const struct sluice_tcp_info *inside, *outside;
	u32 cursor = 0;

	(void)state;
	bed->link_conf[0].loss_ppm = 10000;
	bed->link_conf[0].delay_ns = 20 * NS_PER_MS;
	bed_begin(bed, UINT64_MAX, 0);
	split_bed_run(bed, 5);
	assert_int_equal(sluice_show_sockets(bed->rig.s, &filter, bed->rig.now, &cursor, legs, 4),
			 2);
	assert_int_equal(cursor, SLUICE_CURSOR_END);
	if (strcmp(legs[0].leg, "inside") != 0) {
		struct sluice_sock_info first = legs[0];

		legs[0] = legs[1];
		legs[1] = first;
	}
	assert_string_equal(legs[0].leg, "inside");
	assert_string_equal(legs[1].leg, "outside");
	for (u32 at = 0; at < 2; at++) {
		assert_true(legs[at].has_info && !legs[at].owned);
		assert_int_equal(legs[at].zone, 0);
		assert_true(legs[at].info.cwnd_bytes > 0);
	}
	/* The host began it: what is local inside is the peer outside. */
	assert_true(be32_eq(legs[0].local.addr, legs[1].peer.addr));
	assert_int_equal(be16_host(legs[1].peer.port), SPLIT_PORT);
	inside = &legs[0].info;
	outside = &legs[1].info;
	assert_true(outside->bytes_again > 0 && outside->bytes_acked > 100000);
	assert_int_equal(inside->bytes_again, 0);
	assert_true(inside->bytes_received > 100000);
	assert_true(outside->srtt_us >= 20000 && inside->srtt_us < 20000);
	tcp_abort(&bed->host[SPLIT_HOST].tcp, bed->host[SPLIT_HOST].id, bed->rig.now);
	bed->host[SPLIT_HOST].open = false;
	split_bed_run(bed, 60);
	split_bed_close(bed);
}

/* Each closes first once; the other one goes on to send. */
static void test_half_close(void **state)
{
	for (u32 first = 0; first < 2; first++) {
		struct split_bed *bed = split_bed_new();

		bed_begin(bed, first == SPLIT_HOST ? 0 : UINT64_MAX,
			  first == SPLIT_HOST ? UINT64_MAX : 0);
		split_bed_run(bed, 5);
		assert_true(bed->host[!first].done && !bed->host[first].done);
		bed->host[!first].goal = bed->host[!first].written + MB;
		split_bed_run(bed, 30);
		assert_true(split_bed_is_finished(bed));
		split_bed_close(bed);
	}
	(void)state;
}

static void test_reset_is_passed_on(void **state)
{
	for (u32 who = 0; who < 2; who++) {
		struct split_bed *bed = bed_begin(split_bed_new(), UINT64_MAX, UINT64_MAX);

		split_bed_run(bed, 2);
		assert_true(bed->host[0].read > 0 && bed->host[1].read > 0);
		tcp_abort(&bed->host[who].tcp, bed->host[who].id, bed->rig.now);
		bed->host[who].open = false;
		split_bed_run(bed, 30);
		assert_int_equal(bed->host[!who].error, TCP_ERR_RESET);
		assert_true(stats_of(bed)->resets == 1);
		split_bed_close(bed);
	}
	(void)state;
}

/* What was sent before the reset comes first. */
static void test_data_before_a_reset(void **state)
{
	struct split_bed *bed = bed_begin(split_bed_new(), UINT64_MAX, 100000);

	(void)state;
	bed->host[SPLIT_HOST].goal = UINT64_MAX;
	split_bed_run(bed, 1);
	bed->host[SPLIT_SERVER].goal = bed->host[SPLIT_SERVER].written;
	split_bed_run(bed, 1);
	assert_true(bed->host[SPLIT_HOST].read == 100000);
	tcp_abort(&bed->host[SPLIT_SERVER].tcp, bed->host[SPLIT_SERVER].id, bed->rig.now);
	bed->host[SPLIT_SERVER].open = false;
	split_bed_run(bed, 20);
	assert_int_equal(bed->host[SPLIT_HOST].error, TCP_ERR_RESET);
	split_bed_close(bed);
}

static void test_refused(void **state)
{
	for (u32 early = 0; early < 2; early++) {
		struct split_bed *bed = split_bed_new();

		bed->conf.splice.rule[0].early = early != 0;
		split_bed_open(bed);
		tcp_unlisten(&bed->host[SPLIT_SERVER].tcp, bed->host[SPLIT_SERVER].listener,
			     bed->rig.now);
		bed->host[SPLIT_SERVER].listener = TCP_ID_NONE;
		bed->host[SPLIT_HOST].goal = MB;
		split_bed_connect(bed);
		split_bed_run(bed, 2);
		assert_int_equal(bed->host[SPLIT_HOST].error,
				 early ? TCP_ERR_RESET : TCP_ERR_REFUSED);
		assert_true(bed->host[SPLIT_HOST].was_open == (early != 0));
		assert_true(rig_drop_count(&bed->rig, DROP_SPLIT_REFUSED) == !early);
		split_bed_close(bed);
	}
	(void)state;
}

/* A SYN that the host sends in the same instant asks once more. */
static void test_silent_server(void **state)
{
	struct split_bed *bed = split_bed_new();

	(void)state;
	split_bed_open(bed);
	bed->host[SPLIT_SERVER].silent = true;
	split_bed_connect(bed);
	split_bed_run(bed, 200);
	assert_false(bed->host[SPLIT_HOST].was_open);
	assert_int_equal(bed->host[SPLIT_HOST].error, TCP_ERR_HOST_UNREACHABLE);
	assert_true(bed->host[SPLIT_HOST].icmp_unreach >= 1);
	assert_true(rig_drop_count(&bed->rig, DROP_SPLIT_UNREACHABLE) >= 1);
	split_bed_close(bed);
}

/* Nobody answers ARP for the next hop: known at once. */
static void test_unreachable_server(void **state)
{
	struct split_bed *bed = split_bed_new();

	(void)state;
	split_bed_open(bed);
	bed->rig.silent[bed->rig.silent_count++] = addr("198.18.0.2");
	split_bed_connect(bed);
	split_bed_run(bed, 10);
	assert_int_equal(bed->host[SPLIT_HOST].error, TCP_ERR_HOST_UNREACHABLE);
	assert_true(bed->host[SPLIT_HOST].icmp_unreach >= 1);
	assert_true(rig_drop_count(&bed->rig, DROP_SPLIT_UNREACHABLE) >= 1);
	split_bed_close(bed);
}

static void test_loss_outside(void **state)
{
	static const char *const cc[] = { "bbr", "bbr3", "cubic", "newreno" };

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(cc); at++) {
		struct split_bed *bed = split_bed_new();

		bed->conf.splice.rule[0].cc = cc[at];
		for (u32 n = 0; n < 2; n++) {
			bed->link_conf[n].loss_ppm = 20000;
			bed->link_conf[n].reorder_ppm = 10000;
			bed->link_conf[n].reorder_ns = 2 * NS_PER_MS;
			bed->link_conf[n].duplicate_ppm = 2000;
		}
		bed_begin(bed, 2 * MB, MB);
		split_bed_run(bed, 120);
		assert_true(split_bed_is_finished(bed));
		split_bed_close(bed);
	}
}

/* A full table: through whole, and it works. */
static void test_full_is_not_refused(void **state)
{
	struct split_bed *bed = split_bed_new();

	(void)state;
	bed->conf.splice.rule[0].split_limit = 0;
	bed_begin(bed, MB, MB);
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	assert_true(stats_of(bed)->split == 0 && stats_of(bed)->full_rule == 1);
	split_bed_close(bed);
	bed = split_bed_new();
	bed->conf.splice.buffer_bytes = 2 * MB;
	bed_begin(bed, MB, MB);
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	assert_true(stats_of(bed)->split == 0 && stats_of(bed)->full == 1);
	split_bed_close(bed);
}

/* The reader sleeps: its sender can queue what the buffers hold, and no more. */
static void test_back_pressure(void **state)
{
	struct split_bed *bed = split_bed_new();
	u64 stuck;

	(void)state;
	bed->conf.splice.rule[0].buffer_bytes = 256 << 10;
	bed_begin(bed, UINT64_MAX, 0);
	bed->host[SPLIT_SERVER].lazy = true;
	split_bed_run(bed, 30);
	stuck = bed->host[SPLIT_HOST].written;
	split_bed_run(bed, 60);
	assert_true(bed->host[SPLIT_HOST].written == stuck);
	assert_true(bed->rig.s->splice.tcp.buffers.used_bytes <= 512 << 10);
	bed->host[SPLIT_SERVER].lazy = false;
	bed->host[SPLIT_HOST].goal = stuck + MB;
	split_bed_run(bed, 60);
	assert_true(split_bed_is_finished(bed));
	split_bed_close(bed);
}

/* A second connection from the same port, when the first is over on both sides. */
static void test_the_same_port_again(void **state)
{
	struct split_bed *bed = bed_begin(split_bed_new(), MB, MB);

	(void)state;
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	split_bed_run(bed, 70);
	for (u32 n = 0; n < 2; n++) {
		struct split_host *host = &bed->host[n];

		host->written = host->read = 0;
		host->done = host->was_open = false;
	}
	split_bed_connect(bed);
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	assert_true(stats_of(bed)->split == 2);
	split_bed_close(bed);
}

static void seed_conf(struct split_bed *bed, struct rng *rng)
{
	struct splice_rule *rule = &bed->conf.splice.rule[0];

	rule->cc = cc_name_at(rng_below(rng, 4));
	rule->early = rng_below(rng, 2) != 0;
	rule->buffer_bytes = (u32)SPLICE_BUFFER_MIN << rng_below(rng, 5);
	bed->conf.slow_road = rng_below(rng, 2) != 0;
	for (u32 n = 0; n < 2; n++) {
		bed->link_conf[n].loss_ppm = rng_below(rng, 50000);
		bed->link_conf[n].duplicate_ppm = rng_below(rng, 10000);
		bed->link_conf[n].reorder_ppm = rng_below(rng, 20000);
		bed->link_conf[n].reorder_ns = rng_below(rng, 20) * NS_PER_MS;
	}
}

/* Somebody ends it, at any moment: an end, or whoever flushes flows. */
static void seed_event(struct split_bed *bed, struct rng *rng)
{
	struct sluice_flow_filter all = { 0 };
	struct sluice_flow flow;
	u32 who = rng_below(rng, 4);

	if (who < 2 && bed->host[who].open) {
		tcp_abort(&bed->host[who].tcp, bed->host[who].id, bed->rig.now);
		bed->host[who].open = false;
	} else if (who == 2 && rig_find_flow(&bed->rig, &all, &flow)) {
		ct_end(&bed->rig.s->ct, (u32)flow.handle);
		path_drain_ended(&bed->rig.s->path, bed->rig.now);
	}
}

/* Bad links, small buffers, sudden ends: every invariant holds after every event, and nothing is
 * left at the end.                                                                               */
static void test_seeds(void **state)
{
	(void)state;
	for (u8 seed = 1; seed <= 40; seed++) {
		struct split_bed *bed = split_bed_new();
		u8 bytes[32] = { seed };
		struct rng rng;

		rng_init(&rng, bytes);
		seed_conf(bed, &rng);
		if (seed % 2 == 0)
			split_bed_inbound(bed);
		bed_begin(bed, rng_below(&rng, MB / 2), rng_below(&rng, MB / 2));
		split_bed_run(bed, rng_below(&rng, 6));
		seed_event(bed, &rng);
		split_bed_run(bed, 300);
		for (u32 n = 0; n < 2; n++) {
			if (bed->host[n].open)
				tcp_abort(&bed->host[n].tcp, bed->host[n].id, bed->rig.now);
			bed->host[n].open = false;
		}
		/* Resets may be lost: then keepalive finds out that nobody is there. */
		split_bed_run(bed, 3 * 3600);
		split_bed_close(bed);
	}
}

/* Rules that go leave connections that stand alone. */
static void test_rules_go(void **state)
{
	struct split_bed *bed = bed_begin(split_bed_new(), UINT64_MAX, MB);
	struct sluice_conf *conf = malloc(sizeof *conf);

	(void)state;
	assert_non_null(conf);
	split_bed_run(bed, 2);
	*conf = bed->conf;
	conf->splice = (struct splice_conf){ 0 };
	assert_true(rig_configure(&bed->rig, conf));
	bed->host[SPLIT_HOST].goal = bed->host[SPLIT_HOST].written + MB;
	split_bed_run(bed, 20);
	assert_true(split_bed_is_finished(bed));
	assert_true(bed->rig.s->splice.splits.live == 0);
	free(conf);
	split_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_both_ways),
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_inbound_wants_a_name),
		cmocka_unit_test(test_inbound_refused),
		cmocka_unit_test(test_inbound_backend_gone),
		cmocka_unit_test(test_legs_are_shown),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_reset_is_passed_on),
		cmocka_unit_test(test_data_before_a_reset),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_silent_server),
		cmocka_unit_test(test_unreachable_server),
		cmocka_unit_test(test_loss_outside),
		cmocka_unit_test(test_full_is_not_refused),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_the_same_port_again),
		cmocka_unit_test(test_rules_go),
		cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
