/* Every cell of the machines of interfaces and neighbours, against the tables of RFC 2328 as they
 * are written here a second time.                                                                */
#include "fake/ospf_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bed_nbr ptp_nbr(be32 rid)
{
	return (struct bed_nbr){
		.iface = BED_PTP, .rid = rid, .addr = be32_of(0x0a000002), .priority = 1
	};
}

static struct bed_nbr lan_nbr(u32 n, be32 rid)
{
	return (struct bed_nbr){
		.iface = BED_LAN, .rid = rid, .addr = be32_of(0x0a000100 + n), .priority = 1
	};
}

enum { D = OSPF_NBR_DOWN, I, T, S, E, L, F, X = 99 };

/* Rows: Down, Init, 2-Way, ExStart, Exchange, Loading, Full. Columns as enum ospf_nbr_event. The
 * neighbour is on a network where neither leads: an adjacency is unwanted when that is asked. X:
 * unexpected, nothing happens. Loading with requests left; ExchangeDone comes with none left.    */
static const u8 nbr_table[OSPF_NBR_STATES][OSPF_NBR_EVENTS] = {
	/*     hello 2way nego exch badreq loaded adjok mism 1way kill inact lldown */
	[D] = { I, X, X, X, X, X, X, X, X, D, X, D, X, X, X },
	[I] = { I, T, X, X, X, X, I, X, I, D, D, D, X, X, X },
	[T] = { T, T, X, X, X, X, T, X, I, D, D, D, S, T, X },
	[S] = { S, S, E, X, X, X, T, X, I, D, D, D, S, T, X },
	[E] = { E, E, X, F, S, X, T, S, I, D, D, D, E, T, X },
	[L] = { L, L, X, X, S, F, T, S, I, D, D, D, L, T, L },
	[F] = { F, F, X, X, S, X, T, S, I, D, D, D, F, T, X },
};

/* A neighbour that neither leads nor is led, in a state. */
static u32 nbr_in(struct ospf_bed *bed, enum ospf_nbr_state state)
{
	struct bed_nbr nbr = lan_nbr(2, BED_LOW);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_LOW, 0x0a630000, OSPF_SEQ_INITIAL, 1);
	u32 idx;

	bed->conf.iface[BED_LAN].priority = 0;
	ospf_bed_start(bed);
	/* It is there, and leads nothing; we are not in Waiting. */
	idx = ospf_nbr_new(&bed->ospf, BED_LAN, nbr.rid, nbr.addr);
	if (state >= OSPF_NBR_INIT)
		ospf_nbr_event(&bed->ospf, idx, OSPF_NE_HELLO, bed->now);
	if (state >= OSPF_NBR_TWO_WAY)
		ospf_nbr_event(&bed->ospf, idx, OSPF_NE_TWO_WAY, bed->now);
	if (state >= OSPF_NBR_EXSTART)
		ospf_nbr_event(&bed->ospf, idx, OSPF_NE_WANTED, bed->now);
	if (state >= OSPF_NBR_EXCHANGE)
		ospf_nbr_event(&bed->ospf, idx, OSPF_NE_NEGOTIATED, bed->now);
	if (state == OSPF_NBR_LOADING)
		assert_true(ospf_req_add(&bed->ospf, idx, &lsa.hdr));
	if (state >= OSPF_NBR_LOADING)
		ospf_nbr_event(&bed->ospf, idx, OSPF_NE_EXCHANGED, bed->now);
	assert_int_equal(ospf_nbr_at(&bed->ospf, idx)->state, state);
	return idx;
}

static void test_every_cell_of_a_neighbour(void **state)
{
	(void)state;
	for (u32 from = 0; from < OSPF_NBR_STATES; from++) {
		for (u32 event = 0; event < OSPF_NBR_EVENTS; event++) {
			struct ospf_bed *bed = ospf_bed_new();
			u32 idx = nbr_in(bed, from), want = nbr_table[from][event], is = D;

			ospf_nbr_event(&bed->ospf, idx, event, bed->now);
			if (slab_is_live(&bed->ospf.nbrs, idx))
				is = ospf_nbr_at(&bed->ospf, idx)->state;
			if (want == X) {
				assert_int_equal(is, from);
				assert_int_equal(ospf_nbr_at(&bed->ospf, idx)->unexpected, 1);
			} else {
				assert_int_equal(is, want);
			}
			free(bed->region);
			free(bed);
		}
	}
}

enum { DOWN = OSPF_IFACE_DOWN, WAIT, PTP, OTHER, BACK, LEAD };

/* Columns as enum ospf_iface_event. Elections find nobody else: who may lead leads. */
static const u8 iface_table[OSPF_IFACE_STATES][OSPF_IFACE_EVENTS] = {
	/*        up  waittimer backup change down ptp may maynot dr backup other */
	[DOWN] = { WAIT, X, X, X, DOWN, PTP, WAIT, OTHER, X, X, X },
	[WAIT] = { X, LEAD, LEAD, WAIT, DOWN, X, X, X, LEAD, BACK, OTHER },
	[PTP] = { X, X, PTP, PTP, DOWN, X, X, X, X, X, X },
	[OTHER] = { X, X, OTHER, LEAD, DOWN, X, X, X, LEAD, BACK, OTHER },
	[BACK] = { X, X, BACK, LEAD, DOWN, X, X, X, LEAD, BACK, OTHER },
	[LEAD] = { X, X, LEAD, LEAD, DOWN, X, X, X, LEAD, BACK, OTHER },
};

static void test_every_cell_of_an_interface(void **state)
{
	(void)state;
	for (u32 from = 0; from < OSPF_IFACE_STATES; from++) {
		for (u32 event = 0; event < OSPF_IFACE_EVENTS; event++) {
			struct ospf_bed *bed = ospf_bed_new();
			struct ospf_iface *ifc = &bed->ospf.iface[BED_LAN];
			u32 want = iface_table[from][event];

			ospf_bed_start(bed);
			ospf_iface_set_state(&bed->ospf, BED_LAN, from, bed->now);
			ospf_iface_event(&bed->ospf, BED_LAN, event, bed->now);
			assert_int_equal(ifc->state, want == X ? from : want);
			assert_int_equal(ifc->unexpected, want == X);
			free(bed->region);
			free(bed);
		}
	}
}

static void test_9_3_point_to_point_and_priority_zero(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();

	(void)state;
	bed->conf.iface[BED_LAN].priority = 0;
	ospf_bed_start(bed);
	assert_int_equal(bed->ospf.iface[BED_PTP].state, OSPF_IFACE_PTP);
	assert_int_equal(bed->ospf.iface[BED_LAN].state, OSPF_IFACE_OTHER);
	ospf_bed_free(bed);
}

/* Alone for the dead interval: we lead. */
static void test_9_3_wait_timer(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();

	(void)state;
	ospf_bed_start(bed);
	assert_int_equal(bed->ospf.iface[BED_LAN].state, OSPF_IFACE_WAITING);
	ospf_bed_wait(bed, 39 * NS_PER_SEC);
	assert_int_equal(bed->ospf.iface[BED_LAN].state, OSPF_IFACE_WAITING);
	assert_false(bed->sock[1].in_dr_group);
	ospf_bed_wait(bed, 2 * NS_PER_SEC);
	assert_int_equal(bed->ospf.iface[BED_LAN].state, OSPF_IFACE_DR);
	assert_true(bed->sock[1].in_dr_group);
	assert_true(be32_eq(bed->ospf.iface[BED_LAN].dr, be32_of(0x0a000101)));
	ospf_bed_free(bed);
}

/* A hello that names a backup ends the waiting at once. */
static void test_9_2_backup_seen(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr a = lan_nbr(2, BED_HIGH), b = lan_nbr(3, BED_LOW);

	(void)state;
	a.dr = b.dr = a.addr;
	a.bdr = b.bdr = b.addr;
	ospf_bed_start(bed);
	/* Not one that does not hear us: we would know nobody, and lead. */
	ospf_bed_hello(bed, &b, false);
	assert_int_equal(bed->ospf.iface[BED_LAN].state, OSPF_IFACE_WAITING);
	ospf_bed_hello(bed, &b, true);
	assert_int_equal(bed->ospf.iface[BED_LAN].state, OSPF_IFACE_OTHER);
	ospf_bed_hello(bed, &a, true);
	assert_true(be32_eq(bed->ospf.iface[BED_LAN].dr, a.addr));
	assert_true(be32_eq(bed->ospf.iface[BED_LAN].bdr, b.addr));
	ospf_bed_free(bed);
}

/* Who comes later does not take over, whatever its priority. */
static void test_9_4_election(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr a = lan_nbr(2, BED_LOW), b = lan_nbr(3, BED_HIGH);
	struct ospf_iface *ifc = &bed->ospf.iface[BED_LAN];

	(void)state;
	ospf_bed_start(bed);
	a.priority = 9;
	ospf_bed_hello(bed, &a, true);
	ospf_bed_hello(bed, &b, true);
	ospf_bed_wait(bed, 35 * NS_PER_SEC);
	ospf_bed_hello(bed, &a, true);
	ospf_bed_hello(bed, &b, true);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	/* Nobody claims it: the highest priority is the backup and, as none leads, the DR; the next
	 * one by router id is the backup.                                                        */
	assert_true(be32_eq(ifc->dr, a.addr));
	assert_int_equal(ifc->state, OSPF_IFACE_OTHER);
	a.dr = b.dr = a.addr;
	a.bdr = b.bdr = b.addr;
	ospf_bed_hello(bed, &a, true);
	ospf_bed_hello(bed, &b, true);
	assert_true(be32_eq(ifc->bdr, b.addr));
	/* A priority that rises changes nothing. */
	bed->conf.iface[BED_LAN].priority = 200;
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	assert_true(be32_eq(ifc->dr, a.addr));
	assert_int_equal(ifc->state, OSPF_IFACE_OTHER);
	/* Two adjacencies, with those that lead. */
	assert_int_equal(ospf_bed_state(bed, &a), OSPF_NBR_EXSTART);
	assert_int_equal(ospf_bed_state(bed, &b), OSPF_NBR_EXSTART);
	ospf_bed_free(bed);
}

/* Section 10.4: between two that do not lead there is none. */
static void test_10_4_no_adjacency_between_others(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr a = lan_nbr(2, BED_LOW), b = lan_nbr(3, BED_HIGH), c = lan_nbr(4, BED_LOW);

	(void)state;
	c.rid = be32_of(0x02020202);
	bed->conf.iface[BED_LAN].priority = 0;
	ospf_bed_start(bed);
	a.dr = b.dr = c.dr = a.addr;
	a.bdr = b.bdr = c.bdr = b.addr;
	ospf_bed_hello(bed, &a, true);
	ospf_bed_hello(bed, &b, true);
	ospf_bed_hello(bed, &c, true);
	assert_int_equal(ospf_bed_state(bed, &a), OSPF_NBR_EXSTART);
	assert_int_equal(ospf_bed_state(bed, &b), OSPF_NBR_EXSTART);
	assert_int_equal(ospf_bed_state(bed, &c), OSPF_NBR_TWO_WAY);
	ospf_bed_free(bed);
}

static void test_inactivity_timer(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = ptp_nbr(BED_HIGH);

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	ospf_bed_wait(bed, 39 * NS_PER_SEC);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	ospf_bed_wait(bed, 2 * NS_PER_SEC);
	assert_null(ospf_bed_nbr(bed, &nbr));
	assert_true(ospf_bed_logged(bed, "was Full and is Down"));
	ospf_bed_free(bed);
}

/* LLDown: what watches the link says so. */
static void test_neighbour_lost(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr = ptp_nbr(BED_HIGH);

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr);
	ospf_nbr_lost(&bed->ospf, BED_PTP, be32_of(0x0a000003), bed->now);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	ospf_nbr_lost(&bed->ospf, BED_PTP, nbr.addr, bed->now);
	assert_null(ospf_bed_nbr(bed, &nbr));
	ospf_bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell_of_a_neighbour),
		cmocka_unit_test(test_every_cell_of_an_interface),
		cmocka_unit_test(test_9_3_point_to_point_and_priority_zero),
		cmocka_unit_test(test_9_3_wait_timer),
		cmocka_unit_test(test_9_2_backup_seen),
		cmocka_unit_test(test_9_4_election),
		cmocka_unit_test(test_10_4_no_adjacency_between_others),
		cmocka_unit_test(test_inactivity_timer),
		cmocka_unit_test(test_neighbour_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
