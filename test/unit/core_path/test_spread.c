/* Thousands of flows over a route of four paths, one of which goes and comes back: which of them
 * take another one then. Paths are interfaces, so that where a packet leaves tells them apart.   */
#include "unit/core_path/path_bed.h"

enum { WAYS = 4, FLOWS = 4000, TURNS = 3, GONE = 2 };

struct spread {
	struct path_bed *bed;
	u16 way[FLOWS];
};

static u16 iface_of(u32 way)
{
	return (u16)(RIG_OUT + way);
}

static void outside(struct iface_conf *iface, u32 way)
{
	*iface = (struct iface_conf){
		.side = IFACE_OUTSIDE, .link = IFACE_RAW_IP, .mtu = 1500, .addr_count = 1
	};
	snprintf(iface->name, sizeof iface->name, "up%u", way);
	iface->addr[0] = (struct iface_addr){ .addr = be32_of(0xc6120001 + (way << 16)),
					      .prefix_len = 24 };
}

/* Over all of them, or all but one. */
static void lead(struct sluice_conf *conf, u32 without)
{
	struct fib_route *route = &conf->route[0].route;

	route->path_count = 0;
	for (u32 way = 0; way < WAYS; way++) {
		if (way == without)
			continue;
		route->path[route->path_count++] = (struct fib_path){
			be32_of(0xc6120002 + (way << 16)), iface_of(way), 1
		};
	}
}

static struct spread *spread_new(void)
{
	struct spread *spread = calloc(1, sizeof *spread);
	struct sluice_conf *conf;

	assert_non_null(spread);
	spread->bed = path_bed_new();
	conf = &spread->bed->conf;
	conf->iface_count = 1 + WAYS;
	for (u32 way = 0; way < WAYS; way++)
		outside(&conf->iface[iface_of(way)], way);
	conf->ct.flow_count = 2 * FLOWS;
	lead(conf, WAYS);
	return spread;
}

static void spread_close(struct spread *spread)
{
	path_bed_close(spread->bed);
	free(spread);
}

static void lead_without(struct spread *spread, u32 way)
{
	lead(&spread->bed->conf, way);
	assert_true(rig_configure(&spread->bed->rig, &spread->bed->conf));
}

/* A datagram of it; as whom it left. IFACE_NONE: it did not. */
static u16 udp_leaves(struct spread *spread, u32 flow, be32 *as)
{
	struct path_bed *bed = spread->bed;

	build_udp4(&bed->b, be32_of(0x0a0a0005 + flow % 100), 5000,
		   be32_of(0xcb007100 + flow / 100), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	if (!rig_next(&bed->rig, &bed->out))
		return IFACE_NONE;
	*as = bed->out.seen.src;
	return bed->out.out_if;
}

static u16 tcp_leaves(struct spread *spread, u32 flow, u8 flags)
{
	struct path_bed *bed = spread->bed;

	build_tcp4(&bed->b, be32_of(0x0a0a0005 + flow % 100), 5000,
		   be32_of(0xcb007100 + flow / 100), 80, flags);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	return rig_next(&bed->rig, &bed->out) ? bed->out.out_if : IFACE_NONE;
}

struct moved {
	u32 to;      /* the path that comes and goes */
	u32 from;    /* away from it */
	u32 between; /* from one of the others to another one */
};

static struct moved send_all(struct spread *spread)
{
	struct moved moved = { 0 };

	for (u32 flow = 0; flow < FLOWS; flow++) {
		be32 as;
		u16 was = spread->way[flow];
		u16 is = udp_leaves(spread, flow, &as);

		assert_in_range(is, iface_of(0), iface_of(WAYS - 1));
		moved.to += is != was && is == iface_of(GONE);
		moved.from += is != was && was == iface_of(GONE);
		moved.between += is != was && is != iface_of(GONE) && was != iface_of(GONE);
		spread->way[flow] = is;
	}
	return moved;
}

/* A quarter goes with the path and a quarter comes back to it; nobody else notices. */
static void test_routed(void **state)
{
	struct spread *spread = spread_new();

	(void)state;
	spread->bed->conf.nat.rule_count = 0;
	path_bed_start(spread->bed);
	(void)send_all(spread);
	for (u32 turn = 0; turn < TURNS; turn++) {
		struct moved gone, back;

		lead_without(spread, GONE);
		gone = send_all(spread);
		lead_without(spread, WAYS);
		back = send_all(spread);
		print_message("of %d flows %u left with the path and %u came back to it\n", FLOWS,
			      gone.from, back.to);
		assert_int_equal(gone.between, 0);
		assert_int_equal(back.between, 0);
		assert_in_range(gone.from, FLOWS * 20 / 100, FLOWS * 30 / 100);
		assert_in_range(back.to, FLOWS * 20 / 100, FLOWS * 30 / 100);
	}
	assert_int_equal(sluice_flow_count(spread->bed->rig.s), FLOWS);
	assert_int_equal(rig_drop_sum(&spread->bed->rig), 0);
	spread_close(spread);
}

/* What has an address of a pool moves as what is not translated. */
static void test_of_a_pool(void **state)
{
	struct spread *spread = spread_new();
	struct moved gone, back;

	(void)state;
	rig_conf_pool(&spread->bed->conf, "192.0.2.1", "192.0.2.20");
	path_bed_start(spread->bed);
	(void)send_all(spread);
	lead_without(spread, GONE);
	gone = send_all(spread);
	lead_without(spread, WAYS);
	back = send_all(spread);
	assert_int_equal(gone.between + back.between, 0);
	assert_in_range(gone.from, FLOWS * 20 / 100, FLOWS * 30 / 100);
	assert_in_range(back.to, FLOWS * 20 / 100, FLOWS * 30 / 100);
	assert_int_equal(sluice_flow_count(spread->bed->rig.s), FLOWS);
	assert_int_equal(rig_drop_sum(&spread->bed->rig), 0);
	spread_close(spread);
}

/* Connections that live on the address of a path end with it, and none for another path that comes:
 * those that stand keep to theirs, and new ones are spread over all.                             */
static void test_masqueraded(void **state)
{
	struct spread *spread = spread_new();
	struct rig *rig = &spread->bed->rig;
	u32 ended = 0, moved = 0, news = 0;

	(void)state;
	path_bed_start(spread->bed);
	for (u32 flow = 0; flow < FLOWS; flow++)
		spread->way[flow] = tcp_leaves(spread, flow, TCP_SYN);
	lead_without(spread, GONE);
	for (u32 flow = 0; flow < FLOWS; flow++) {
		u16 is = tcp_leaves(spread, flow, TCP_ACK);

		/* A reset, to the host. */
		if (spread->way[flow] == iface_of(GONE))
			assert_int_equal(is, RIG_IN);
		else
			assert_int_equal(is, spread->way[flow]);
		ended += is == RIG_IN;
	}
	assert_in_range(ended, FLOWS * 20 / 100, FLOWS * 30 / 100);
	assert_int_equal(rig_drop_count(rig, DROP_NAT_WAY_GONE), ended);
	lead_without(spread, WAYS);
	for (u32 flow = 0; flow < FLOWS; flow++) {
		if (spread->way[flow] == iface_of(GONE))
			news += tcp_leaves(spread, flow, TCP_SYN) == iface_of(GONE);
		else
			moved += tcp_leaves(spread, flow, TCP_ACK) != spread->way[flow];
	}
	assert_int_equal(moved, 0);
	assert_true(news > 0);
	assert_int_equal(rig_drop_sum(rig), ended);
	spread_close(spread);
}

/* A datagram that begins anew is as whom its new way has it, and stays so when the old one is back.
 */
static void test_masqueraded_datagrams(void **state)
{
	struct spread *spread = spread_new();
	struct moved gone, back;
	be32 as;

	(void)state;
	path_bed_start(spread->bed);
	(void)send_all(spread);
	lead_without(spread, GONE);
	gone = send_all(spread);
	assert_int_equal(gone.between, 0);
	assert_in_range(gone.from, FLOWS * 20 / 100, FLOWS * 30 / 100);
	lead_without(spread, WAYS);
	back = send_all(spread);
	assert_int_equal(back.to + back.between, 0);
	for (u32 flow = 0; flow < FLOWS; flow += 37) {
		u16 is = udp_leaves(spread, flow, &as);

		assert_int_equal(is, spread->way[flow]);
		assert_true(be32_eq(as, be32_of(0xc6120001 + ((u32)(is - RIG_OUT) << 16))));
	}
	spread_close(spread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routed),
		cmocka_unit_test(test_of_a_pool),
		cmocka_unit_test(test_masqueraded),
		cmocka_unit_test(test_masqueraded_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
