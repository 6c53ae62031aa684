/* Flooding, acknowledgments, retransmissions and age, step by step: RFC 2328 sections 12 to 14. */
#include "fake/ospf_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ID = 0x0a630000 };

/* Two that are Full: one on the link, one on the network, where it leads. */
struct pair {
	struct ospf_bed *bed;
	struct bed_nbr ptp;
	struct bed_nbr lan;
};

static struct pair pair_of(u8 own_priority)
{
	struct pair pair = {
		.bed = ospf_bed_new(),
		.ptp = { .iface = BED_PTP,
			 .rid = BED_HIGH,
			 .addr = be32_of(0x0a000002),
			 .priority = 1 },
		.lan = { .iface = BED_LAN,
			 .rid = BED_LOW,
			 .addr = be32_of(0x0a000102),
			 .priority = 9 },
	};

	pair.bed->conf.iface[BED_LAN].priority = own_priority;
	ospf_bed_start(pair.bed);
	pair.lan.dr = pair.lan.addr;
	ospf_bed_to_full(pair.bed, &pair.lan);
	pair.lan.bdr = own_priority > 0 ? be32_of(0x0a000101) : be32_of(0);
	ospf_bed_to_full(pair.bed, &pair.ptp);
	ospf_bed_wait(pair.bed, 8 * NS_PER_SEC);
	ospf_bed_ack_all(pair.bed, &pair.ptp);
	ospf_bed_ack_all(pair.bed, &pair.lan);
	ospf_bed_forget(pair.bed);
	return pair;
}

static u32 waiting(const struct pair *pair, const struct bed_nbr *nbr)
{
	return ospf_bed_nbr(pair->bed, nbr)->rxmts.count;
}

static struct ospf_lsa *lsa_of(const struct pair *pair, be32 adv)
{
	u32 idx = ospf_lsa_find(&pair->bed->ospf, 0, OSPF_SUMMARY_LSA, be32_of(ID), adv);

	return idx == IDX_NONE ? NULL : ospf_lsa_at(&pair->bed->ospf, idx);
}

static u32 seq_of(const struct pair *pair, be32 adv)
{
	return be32_host(ospf_lsa_head(&pair->bed->ospf, lsa_of(pair, adv))->seq);
}

static struct ospf_lsa *own_router_lsa(struct ospf_bed *bed)
{
	return ospf_lsa_at(&bed->ospf,
			   ospf_lsa_find(&bed->ospf, 0, OSPF_ROUTER_LSA, BED_RID, BED_RID));
}

/* ---- section 13 ------------------------------------------------------------------------------ */

static void test_13_5_new_lsa(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	const struct bed_sent *sent;
	const struct ospf_lsa_hdr *hdr;

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	assert_non_null(lsa_of(&pair, BED_HIGH));
	/* To the other one, by the group of those that lead, a second older. */
	sent = ospf_bed_take(pair.bed, BED_LAN, OSPF_LSUPD);
	assert_non_null(sent);
	assert_true(be32_eq(sent->dst, OSPF_ALL_DRS));
	hdr = ospf_bed_find_lsa(sent, OSPF_SUMMARY_LSA, be32_of(ID));
	assert_non_null(hdr);
	assert_int_equal(be16_host(hdr->age), 11);
	assert_int_equal(waiting(&pair, &pair.lan), 1);
	assert_int_equal(waiting(&pair, &pair.ptp), 0);
	assert_int_equal(ospf_bed_count(pair.bed, BED_PTP, OSPF_LSUPD), 0);
	/* The acknowledgment waits for others. */
	assert_int_equal(ospf_bed_count(pair.bed, BED_PTP, OSPF_LSACK), 0);
	ospf_bed_wait(pair.bed, NS_PER_SEC);
	sent = ospf_bed_take(pair.bed, BED_PTP, OSPF_LSACK);
	assert_non_null(sent);
	assert_true(be32_eq(sent->dst, OSPF_ALL_ROUTERS));
	assert_memory_equal(sent->msg + 24, &lsa.hdr, 20);
	ospf_bed_free(pair.bed);
}

/* Table 19: a backup acknowledges what the DR sent, and keeps silent of what others sent. */
static void test_13_5_table_19_backup(void **state)
{
	struct pair pair = pair_of(1);
	struct bed_nbr other = { .iface = BED_LAN,
				 .rid = be32_of(0x02020202),
				 .addr = be32_of(0x0a000103),
				 .priority = 0,
				 .dr = be32_of(0x0a000102),
				 .bdr = be32_of(0x0a000101) };
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	struct ospf_summary_lsa two = ospf_bed_summary(BED_HIGH, ID + 256, OSPF_SEQ_INITIAL, 10);

	(void)state;
	assert_int_equal(pair.bed->ospf.iface[BED_LAN].state, OSPF_IFACE_BACKUP);
	ospf_bed_to_full(pair.bed, &other);
	ospf_bed_wait(pair.bed, 8 * NS_PER_SEC);
	ospf_bed_ack_all(pair.bed, &other);
	ospf_bed_ack_all(pair.bed, &pair.lan);
	ospf_bed_forget(pair.bed);
	ospf_bed_lsupd(pair.bed, &pair.lan, &lsa);
	ospf_bed_wait(pair.bed, NS_PER_SEC);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSACK), 1);
	ospf_bed_forget(pair.bed);
	/* The DR floods it, not we; it has to acknowledge it, and so have the others. */
	ospf_bed_lsupd(pair.bed, &other, &two);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSUPD), 0);
	ospf_bed_wait(pair.bed, NS_PER_SEC);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSACK), 0);
	ospf_bed_free(pair.bed);
}

static void test_13_7_duplicate(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	const struct bed_sent *sent;

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	/* From whom we wait for an acknowledgment: it is one. */
	ospf_bed_lsupd(pair.bed, &pair.lan, &lsa);
	assert_int_equal(waiting(&pair, &pair.lan), 0);
	ospf_bed_forget(pair.bed);
	/* From whom we do not: it is acknowledged at once, and to him. */
	ospf_bed_lsupd(pair.bed, &pair.lan, &lsa);
	sent = ospf_bed_take(pair.bed, BED_LAN, OSPF_LSACK);
	assert_non_null(sent);
	assert_true(be32_eq(sent->dst, pair.lan.addr));
	ospf_bed_free(pair.bed);
}

static void test_13_8_older(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa newer = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL + 1, 10);
	struct ospf_summary_lsa older = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	const struct bed_sent *sent;
	const struct ospf_lsa_hdr *hdr;

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.ptp, &newer);
	ospf_bed_forget(pair.bed);
	ospf_bed_lsupd(pair.bed, &pair.lan, &older);
	sent = ospf_bed_take(pair.bed, BED_LAN, OSPF_LSUPD);
	assert_true(be32_eq(sent->dst, pair.lan.addr));
	hdr = ospf_bed_find_lsa(sent, OSPF_SUMMARY_LSA, be32_of(ID));
	assert_int_equal(be32_host(hdr->seq), OSPF_SEQ_INITIAL + 1);
	/* Not again within MinLSArrival. */
	ospf_bed_lsupd(pair.bed, &pair.lan, &older);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSUPD), 0);
	ospf_bed_free(pair.bed);
}

static void test_13_5_a_min_ls_arrival(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL + 1, 10);
	ospf_bed_wait(pair.bed, 900 * NS_PER_MS);
	ospf_bed_forget(pair.bed);
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	assert_int_equal(pair.bed->ospf.stats.too_soon, 1);
	ospf_bed_wait(pair.bed, 200 * NS_PER_MS);
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	assert_int_equal(pair.bed->ospf.stats.too_soon, 1);
	assert_int_equal(seq_of(&pair, BED_HIGH), OSPF_SEQ_INITIAL + 1);
	ospf_bed_free(pair.bed);
}

/* Section 13 (1) to (4). */
static void test_13_what_is_not_taken(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	struct ospf_summary_lsa dead = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 3600);

	(void)state;
	lsa.metric = be32_of(11);
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	assert_int_equal(pair.bed->ospf.stats.malformed, 1);
	assert_true(ospf_bed_logged(pair.bed, "an LSA with a wrong checksum"));
	lsa.hdr.type = 6;
	ospf_lsa_sign((u8 *)&lsa, sizeof lsa);
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	assert_int_equal(pair.bed->ospf.stats.lsas_in, 0);
	/* MaxAge, and nobody has it: acknowledged, and that is all. */
	ospf_bed_lsupd(pair.bed, &pair.ptp, &dead);
	assert_null(lsa_of(&pair, BED_HIGH));
	assert_int_equal(ospf_bed_count(pair.bed, BED_PTP, OSPF_LSACK), 1);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSUPD), 0);
	ospf_bed_free(pair.bed);
}

static void test_13_1_newer(void **state)
{
	struct ospf_lsa_hdr a = { .seq = be32_of(OSPF_SEQ_INITIAL),
				  .csum = be16_of(5),
				  .age = be16_of(100) };
	struct ospf_lsa_hdr b = a;

	(void)state;
	assert_int_equal(ospf_lsa_compare(&a, &b), 0);
	/* Numbers have a sign. */
	b.seq = be32_of(1);
	assert_true(ospf_lsa_compare(&b, &a) > 0);
	b = a;
	b.csum = be16_of(0x8000);
	assert_true(ospf_lsa_compare(&b, &a) > 0);
	b = a;
	b.age = be16_of(100 + OSPF_MAX_AGE_DIFF);
	assert_int_equal(ospf_lsa_compare(&a, &b), 0);
	b.age = be16_of(101 + OSPF_MAX_AGE_DIFF);
	assert_true(ospf_lsa_compare(&a, &b) > 0);
	assert_true(ospf_lsa_compare(&b, &a) < 0);
	/* MaxAge is newer than any. */
	b.age = be16_of(OSPF_MAX_AGE);
	assert_true(ospf_lsa_compare(&b, &a) > 0);
	assert_true(ospf_lsa_compare(&a, &b) < 0);
}

/* Section 13.4: of an earlier life of ours. */
static void test_13_4_own_lsa_comes_back(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_RID, ID, 0x80001234, 10);
	u8 router[512];
	u32 len = be16_host(ospf_lsa_head(&pair.bed->ospf, own_router_lsa(pair.bed))->len);

	(void)state;
	/* One that we do not announce is flushed. */
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	ospf_bed_wait(pair.bed, NS_PER_SEC);
	assert_true(lsa_of(&pair, BED_RID)->flushed);
	/* One that we do is made anew, with a higher number. */
	memcpy(router, ospf_lsa_bytes(&pair.bed->ospf, own_router_lsa(pair.bed)), len);
	be32_store(router + offsetof(struct ospf_lsa_hdr, seq), be32_of(0x80000777));
	router[20] ^= 0x40;
	ospf_lsa_sign(router, len);
	ospf_bed_wait(pair.bed, 6 * NS_PER_SEC);
	ospf_bed_lsupd(pair.bed, &pair.ptp, router);
	assert_int_equal(be32_host(ospf_lsa_head(&pair.bed->ospf, own_router_lsa(pair.bed))->seq),
			 0x80000778);
	assert_int_equal(ospf_lsa_bytes(&pair.bed->ospf, own_router_lsa(pair.bed))[20],
			 router[20] ^ 0x40);
	ospf_bed_free(pair.bed);
}

/* A router that holds what we flushed for a while sends it back when the first number comes again:
 * MaxAge is newer. The next one has the next number, although it has to wait for MinLSInterval and
 * nobody else has the flushed one.                                                               */
static void test_13_4_own_lsa_comes_back_old(void **state)
{
	struct pair pair = pair_of(0);
	u8 router[512];
	u32 len = be16_host(ospf_lsa_head(&pair.bed->ospf, own_router_lsa(pair.bed))->len);
	u32 seq;

	(void)state;
	ospf_bed_wait(pair.bed, 6 * NS_PER_SEC);
	ospf_bed_ack_all(pair.bed, &pair.ptp);
	ospf_bed_ack_all(pair.bed, &pair.lan);
	pair.bed->ospf.iface[BED_PTP].conf.cost++;
	ospf_work_at(&pair.bed->ospf, OSPF_WORK_LINKS, pair.bed->now);
	ospf_tick(&pair.bed->ospf, pair.bed->now);
	ospf_bed_ack_all(pair.bed, &pair.ptp);
	ospf_bed_ack_all(pair.bed, &pair.lan);
	seq = be32_host(ospf_lsa_head(&pair.bed->ospf, own_router_lsa(pair.bed))->seq);
	memcpy(router, ospf_lsa_bytes(&pair.bed->ospf, own_router_lsa(pair.bed)), len);
	be16_store(router, be16_of(OSPF_MAX_AGE));
	ospf_bed_wait(pair.bed, 2 * NS_PER_SEC);
	ospf_bed_lsupd(pair.bed, &pair.ptp, router);
	ospf_bed_ack_all(pair.bed, &pair.ptp);
	ospf_bed_ack_all(pair.bed, &pair.lan);
	for (u32 n = 0; n < 6; n++) {
		ospf_bed_wait(pair.bed, NS_PER_SEC);
		ospf_bed_ack_all(pair.bed, &pair.ptp);
		ospf_bed_ack_all(pair.bed, &pair.lan);
	}
	assert_int_equal(be32_host(ospf_lsa_head(&pair.bed->ospf, own_router_lsa(pair.bed))->seq),
			 seq + 1);
	assert_false(own_router_lsa(pair.bed)->flushed);
	ospf_bed_free(pair.bed);
}

/* ---- section 13.6 ---------------------------------------------------------------------------- */

static void test_13_6_retransmission(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	struct ospf_summary_lsa other = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL + 1, 10);
	const struct bed_sent *sent;

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	ospf_bed_forget(pair.bed);
	ospf_bed_wait(pair.bed, 4900 * NS_PER_MS);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSUPD), 0);
	ospf_bed_wait(pair.bed, 200 * NS_PER_MS);
	/* To him alone. */
	sent = ospf_bed_take(pair.bed, BED_LAN, OSPF_LSUPD);
	assert_non_null(ospf_bed_find_lsa(sent, OSPF_SUMMARY_LSA, be32_of(ID)));
	assert_true(be32_eq(sent->dst, pair.lan.addr));
	ospf_bed_wait(pair.bed, 5 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSUPD), 1);
	/* Of another instance it is no acknowledgment. */
	ospf_bed_ack(pair.bed, &pair.lan, &other.hdr);
	assert_int_equal(waiting(&pair, &pair.lan), 1);
	ospf_bed_ack(pair.bed, &pair.lan, &lsa.hdr);
	assert_int_equal(waiting(&pair, &pair.lan), 0);
	ospf_bed_forget(pair.bed);
	ospf_bed_wait(pair.bed, 6 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(pair.bed, BED_LAN, OSPF_LSUPD), 0);
	assert_int_equal(ospf_bed_nbr(pair.bed, &pair.lan)->rxmt_count, 2);
	ospf_bed_free(pair.bed);
}

/* More than the list holds: the adjacency begins anew rather than being wrong in silence. */
static void test_full_list_of_retransmissions(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	struct bed_nbr nbr[2] = {
		{ .iface = BED_PTP, .rid = BED_HIGH, .addr = be32_of(0x0a000002) },
		{ .iface = BED_LAN,
		  .rid = BED_LOW,
		  .addr = be32_of(0x0a000102),
		  .priority = 1,
		  .dr = be32_of(0x0a000102) },
	};

	(void)state;
	bed->conf.rxmt_limit = 16;
	bed->conf.iface[BED_LAN].priority = 0;
	ospf_bed_start(bed);
	ospf_bed_to_full(bed, &nbr[1]);
	ospf_bed_to_full(bed, &nbr[0]);
	ospf_bed_wait(bed, 8 * NS_PER_SEC);
	ospf_bed_ack_all(bed, &nbr[0]);
	ospf_bed_ack_all(bed, &nbr[1]);
	for (u32 n = 0; n < 17; n++) {
		struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID + n * 256,
							       OSPF_SEQ_INITIAL, 10);

		ospf_bed_lsupd(bed, &nbr[0], &lsa);
	}
	assert_int_equal(bed->ospf.stats.rxmt_full, 1);
	assert_int_equal(ospf_bed_state(bed, &nbr[1]), OSPF_NBR_EXSTART);
	assert_int_equal(ospf_bed_state(bed, &nbr[0]), OSPF_NBR_FULL);
	assert_int_equal(bed->ospf.rxmts.live, 0);
	ospf_bed_free(bed);
}

static void test_full_database(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa newer = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL + 1, 10);
	u32 room = pair.bed->ospf.lsas.cap - pair.bed->ospf.lsas.live;

	(void)state;
	for (u32 n = 0; n < room + 3; n++) {
		struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID + n * 256,
							       OSPF_SEQ_INITIAL, 10);

		ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
		ospf_bed_ack_all(pair.bed, &pair.lan);
	}
	assert_int_equal(pair.bed->ospf.stats.lsa_full, 3);
	assert_true(ospf_bed_logged(pair.bed, "the database is full (lsa_limit): an LSA of 9.9.9.9 "
					      "was refused"));
	/* What is refused is not acknowledged. */
	ospf_bed_forget(pair.bed);
	ospf_bed_wait(pair.bed, 2 * NS_PER_SEC);
	assert_true(ospf_bed_count(pair.bed, BED_PTP, OSPF_LSACK) > 0);
	assert_int_equal(pair.bed->ospf.lsas.live, pair.bed->ospf.lsas.cap);
	/* What is there may change all the same. */
	assert_int_equal(pair.bed->ospf.bodies[0].live, pair.bed->ospf.bodies[0].cap);
	ospf_bed_lsupd(pair.bed, &pair.ptp, &newer);
	assert_int_equal(seq_of(&pair, BED_HIGH), OSPF_SEQ_INITIAL + 1);
	ospf_bed_free(pair.bed);
}

/* ---- sections 12.1.6, 12.4 and 14 ------------------------------------------------------------ */

static void test_14_max_age(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 3595);
	const struct ospf_lsa_hdr *hdr;

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.ptp, &lsa);
	ospf_bed_ack_all(pair.bed, &pair.lan);
	ospf_bed_forget(pair.bed);
	ospf_bed_wait(pair.bed, 6 * NS_PER_SEC);
	/* It is flooded once more, to both. */
	hdr = ospf_bed_find_lsa(ospf_bed_take(pair.bed, BED_PTP, OSPF_LSUPD), OSPF_SUMMARY_LSA,
				be32_of(ID));
	assert_int_equal(be16_host(hdr->age), OSPF_MAX_AGE);
	assert_int_equal(waiting(&pair, &pair.ptp), 1);
	assert_true(lsa_of(&pair, BED_HIGH)->flushed);
	ospf_bed_ack_all(pair.bed, &pair.ptp);
	assert_non_null(lsa_of(&pair, BED_HIGH));
	/* It goes when all have acknowledged it. */
	ospf_bed_ack_all(pair.bed, &pair.lan);
	assert_null(lsa_of(&pair, BED_HIGH));
	ospf_bed_free(pair.bed);
}

/* Section 14: and while nobody is in an exchange. */
static void test_14_max_age_during_an_exchange(void **state)
{
	struct pair pair = pair_of(0);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL, 10);
	struct ospf_summary_lsa dead = ospf_bed_summary(BED_HIGH, ID, OSPF_SEQ_INITIAL + 1, 3600);

	(void)state;
	ospf_bed_lsupd(pair.bed, &pair.lan, &lsa);
	ospf_bed_hello(pair.bed, &pair.ptp, false);
	ospf_bed_to_exchange(pair.bed, &pair.ptp);
	ospf_bed_wait(pair.bed, 2 * NS_PER_SEC);
	ospf_bed_lsupd(pair.bed, &pair.lan, &dead);
	ospf_bed_ack_all(pair.bed, &pair.ptp);
	assert_non_null(lsa_of(&pair, BED_HIGH));
	ospf_bed_hello(pair.bed, &pair.ptp, false);
	assert_null(lsa_of(&pair, BED_HIGH));
	ospf_bed_free(pair.bed);
}

static void test_12_4_refresh(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	u32 seq;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_wait(bed, 100 * NS_PER_SEC);
	seq = be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq);
	ospf_bed_wait(bed, 1600 * NS_PER_SEC);
	assert_int_equal(be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq), seq);
	ospf_bed_wait(bed, 200 * NS_PER_SEC);
	assert_int_equal(be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq), seq + 1);
	ospf_bed_free(bed);
}

/* MinLSInterval: changes that follow each other leave together. */
static void test_12_4_min_ls_interval(void **state)
{
	struct ospf_bed *bed = ospf_bed_new();
	u32 seq;

	(void)state;
	ospf_bed_start(bed);
	ospf_bed_wait(bed, 100 * NS_PER_SEC);
	seq = be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq);
	for (u16 cost = 1; cost < 5; cost++) {
		bed->conf.iface[BED_PTP].cost = cost;
		assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
		ospf_bed_wait(bed, NS_PER_SEC);
	}
	assert_int_equal(be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq), seq + 1);
	ospf_bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq), seq + 2);
	ospf_bed_free(bed);
}

/* Section 12.1.6: the last number leaves the domain before the first one is used again. */
static void sequence_wraps(u16 age)
{
	struct pair pair = pair_of(0);
	struct ospf_bed *bed = pair.bed;
	u8 router[512];
	u32 len = be16_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->len);

	memcpy(router, ospf_lsa_bytes(&bed->ospf, own_router_lsa(bed)), len);
	be16_store(router, be16_of(age));
	be32_store(router + offsetof(struct ospf_lsa_hdr, seq), be32_of(OSPF_SEQ_MAX));
	ospf_lsa_sign(router, len);
	ospf_bed_wait(bed, 6 * NS_PER_SEC);
	ospf_bed_lsupd(bed, &pair.ptp, router);
	assert_true(own_router_lsa(bed)->flushed);
	ospf_bed_ack_all(bed, &pair.ptp);
	ospf_bed_ack_all(bed, &pair.lan);
	ospf_bed_wait(bed, 10 * NS_PER_MS);
	assert_false(own_router_lsa(bed)->flushed);
	assert_int_equal(be32_host(ospf_lsa_head(&bed->ospf, own_router_lsa(bed))->seq),
			 OSPF_SEQ_INITIAL);
	ospf_bed_free(bed);
}

/* It is on its way out already when it comes back, or not. */
static void test_12_1_6_sequence_wrap(void **state)
{
	(void)state;
	sequence_wraps(0);
	sequence_wraps(OSPF_MAX_AGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_13_5_new_lsa),
		cmocka_unit_test(test_13_5_table_19_backup),
		cmocka_unit_test(test_13_7_duplicate),
		cmocka_unit_test(test_13_8_older),
		cmocka_unit_test(test_13_5_a_min_ls_arrival),
		cmocka_unit_test(test_13_what_is_not_taken),
		cmocka_unit_test(test_13_1_newer),
		cmocka_unit_test(test_13_4_own_lsa_comes_back),
		cmocka_unit_test(test_13_4_own_lsa_comes_back_old),
		cmocka_unit_test(test_13_6_retransmission),
		cmocka_unit_test(test_full_list_of_retransmissions),
		cmocka_unit_test(test_full_database),
		cmocka_unit_test(test_14_max_age),
		cmocka_unit_test(test_14_max_age_during_an_exchange),
		cmocka_unit_test(test_12_4_refresh),
		cmocka_unit_test(test_12_4_min_ls_interval),
		cmocka_unit_test(test_12_1_6_sequence_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
