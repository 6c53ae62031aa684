/* Hellos, descriptions and requests, step by step: RFC 2328 sections 8.2 and 10.5 to 10.9. */
#include "fake/ospf_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bed_nbr nbr_of(be32 rid)
{
	return (struct bed_nbr){
		.iface = BED_PTP, .rid = rid, .addr = be32_of(0x0a000002), .priority = 1
	};
}

static struct ospf_bed *started(void)
{
	struct ospf_bed *bed = ospf_bed_new();

	ospf_bed_start(bed);
	ospf_bed_wait(bed, NS_PER_SEC);
	ospf_bed_forget(bed);
	return bed;
}

static const struct ospf_dd *dd_of(const struct bed_sent *sent)
{
	return sent == NULL ? NULL : (const void *)(sent->msg + sizeof(struct ospf_hdr));
}

/* ---- hellos ---------------------------------------------------------------------------------- */

struct hello_case {
	const char *wrong;
	void (*spoil)(struct ospf_hello *hello);
};

static void other_hello(struct ospf_hello *hello)
{
	hello->hello_s = be16_of(11);
}

static void other_dead(struct ospf_hello *hello)
{
	hello->dead_s = be32_of(41);
}

static void other_mask(struct ospf_hello *hello)
{
	hello->mask = be32_of(0xffff0000);
}

static void other_e(struct ospf_hello *hello)
{
	hello->options ^= OSPF_OPT_E;
}

static void other_n(struct ospf_hello *hello)
{
	hello->options ^= OSPF_OPT_NP;
}

static void test_10_5_what_has_to_be_equal(void **state)
{
	static const struct hello_case cases[] = {
		{ "another hello interval", other_hello },
		{ "another dead interval", other_dead },
		{ "another network mask", other_mask },
		{ "one says that it is a stub area, the other that it is none", other_e },
		{ "one says that it is an NSSA, the other that it is none", other_n },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct ospf_bed *bed = started();
		struct bed_nbr nbr = { .iface = BED_LAN,
				       .rid = BED_HIGH,
				       .addr = be32_of(0x0a000102) };
		struct ospf_hello hello = { .mask = be32_of(0xffffff00),
					    .hello_s = be16_of(10),
					    .options = OSPF_OPT_E,
					    .priority = 1,
					    .dead_s = be32_of(40) };

		cases[n].spoil(&hello);
		ospf_bed_say(bed, &nbr, OSPF_HELLO, &hello, sizeof hello);
		assert_null(ospf_bed_nbr(bed, &nbr));
		assert_int_equal(bed->ospf.stats.refused, 1);
		assert_true(ospf_bed_logged(bed, cases[n].wrong));
		ospf_bed_free(bed);
	}
}

/* On a point-to-point link the mask does not count. */
static void test_10_5_mask_of_a_link(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_hello hello = { .mask = be32_of(0),
				    .hello_s = be16_of(10),
				    .options = OSPF_OPT_E,
				    .dead_s = be32_of(40) };

	(void)state;
	ospf_bed_say(bed, &nbr, OSPF_HELLO, &hello, sizeof hello);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_INIT);
	ospf_bed_free(bed);
}

static void test_10_5_one_way_and_two_way(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	const struct bed_sent *sent;

	(void)state;
	ospf_bed_hello(bed, &nbr, false);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_INIT);
	/* It is answered at once, by name. */
	ospf_bed_wait(bed, 0);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_HELLO);
	assert_non_null(sent);
	assert_int_equal(sent->len, 24 + 20 + 4);
	assert_true(be32_eq(be32_load(sent->msg + 44), BED_HIGH));
	assert_true(be32_eq(sent->dst, OSPF_ALL_ROUTERS));
	ospf_bed_to_full(bed, &nbr);
	ospf_bed_hello(bed, &nbr, false);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_INIT);
	ospf_bed_free(bed);
}

/* Another router at the same address is another neighbour. */
static void test_10_5_another_router_id(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = {
		.iface = BED_LAN, .rid = BED_HIGH, .addr = be32_of(0x0a000102), .priority = 1
	};

	(void)state;
	ospf_bed_hello(bed, &nbr, true);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_TWO_WAY);
	nbr.rid = BED_LOW;
	ospf_bed_hello(bed, &nbr, false);
	assert_int_equal(bed->ospf.iface[BED_LAN].nbr_count, 1);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_INIT);
	ospf_bed_free(bed);
}

static void test_too_many_neighbours(void **state)
{
	struct ospf_bed *bed = started();

	(void)state;
	for (u32 n = 0; n < 6; n++) {
		struct bed_nbr nbr = { .iface = BED_LAN,
				       .rid = be32_of(100 + n),
				       .addr = be32_of(0x0a000102 + n) };

		ospf_bed_hello(bed, &nbr, true);
	}
	assert_int_equal(bed->ospf.iface[BED_LAN].nbr_count, 4);
	assert_int_equal(bed->ospf.stats.nbr_full, 2);
	assert_true(ospf_bed_logged(bed, "there are too many neighbours"));
	ospf_bed_free(bed);
}

/* ---- what is not for us: section 8.2 --------------------------------------------------------- */

static u32 hello_packet(u8 *packet, be32 src, be32 dst, be32 rid, u32 area)
{
	struct ip4_hdr ip = { .version_ihl = 0x45,
			      .proto = OSPF_PROTO,
			      .src = src,
			      .dst = dst,
			      .len = be16_of(20 + 24 + 20) };
	struct ospf_hdr hdr = { .version = 2,
				.type = OSPF_HELLO,
				.router = rid,
				.area = be32_of(area),
				.len = be16_of(24 + 20) };
	struct ospf_hello hello = { .mask = be32_of(0xffffff00),
				    .hello_s = be16_of(10),
				    .options = OSPF_OPT_E,
				    .priority = 1,
				    .dead_s = be32_of(40) };

	memcpy(packet, &ip, sizeof ip);
	memcpy(packet + 20, &hdr, sizeof hdr);
	memcpy(packet + 44, &hello, sizeof hello);
	be16_store(packet + 20 + offsetof(struct ospf_hdr, csum),
		   ospf_msg_csum(packet + 20, 24 + 20));
	return 20 + 24 + 20;
}

static u32 nbrs_after(be32 src, be32 dst, be32 rid, u32 area)
{
	struct ospf_bed *bed = started();
	u8 packet[128];
	u32 len = hello_packet(packet, src, dst, rid, area), count;

	ospf_bed_packet(bed, BED_LAN, packet, len);
	count = bed->ospf.iface[BED_LAN].nbr_count;
	assert_int_equal(bed->ospf.stats.refused, !count);
	ospf_bed_free(bed);
	return count;
}

static void test_8_2_who_may_speak(void **state)
{
	be32 peer = be32_of(0x0a000102), own = be32_of(0x0a000101);

	(void)state;
	assert_int_equal(nbrs_after(peer, OSPF_ALL_ROUTERS, BED_HIGH, 0), 1);
	assert_int_equal(nbrs_after(peer, own, BED_HIGH, 0), 1);
	/* To the designated routers, and we are none. */
	assert_int_equal(nbrs_after(peer, OSPF_ALL_DRS, BED_HIGH, 0), 0);
	assert_int_equal(nbrs_after(peer, be32_of(0x0a000177), BED_HIGH, 0), 0);
	/* Of another network, of ourselves, of another area, with our id. */
	assert_int_equal(nbrs_after(be32_of(0x0a000202), OSPF_ALL_ROUTERS, BED_HIGH, 0), 0);
	assert_int_equal(nbrs_after(own, OSPF_ALL_ROUTERS, BED_HIGH, 0), 0);
	assert_int_equal(nbrs_after(peer, OSPF_ALL_ROUTERS, BED_HIGH, 1), 0);
	assert_int_equal(nbrs_after(peer, OSPF_ALL_ROUTERS, BED_RID, 0), 0);
}

static void test_8_2_malformed(void **state)
{
	struct ospf_bed *bed = started();
	u8 packet[128];
	u32 len = hello_packet(packet, be32_of(0x0a000102), OSPF_ALL_ROUTERS, BED_HIGH, 0);

	(void)state;
	for (u32 cut = 1; cut < len; cut++)
		ospf_bed_packet(bed, BED_LAN, packet, cut);
	packet[20 + 25] ^= 1;
	ospf_bed_packet(bed, BED_LAN, packet, len);
	assert_int_equal(bed->ospf.iface[BED_LAN].nbr_count, 0);
	assert_int_equal(bed->ospf.stats.bad_auth, 1);
	assert_int_equal(bed->ospf.stats.packets_in, len);
	/* All but hellos want a neighbour. */
	packet[20 + 25] ^= 1;
	packet[21] = OSPF_LSREQ;
	be16_store(packet + 20 + 2, be16_of(24));
	be16_store(packet + 20 + 12, be16_of(0));
	be16_store(packet + 20 + 12, ospf_msg_csum(packet + 20, 24));
	ospf_bed_packet(bed, BED_LAN, packet, len);
	assert_int_equal(bed->ospf.stats.bad_auth, 1);
	ospf_bed_free(bed);
}

/* A hello of some other area, and what was said of it in the log. */
static u32 warnings_after(struct ospf_bed *bed, u32 area, u32 hello_len)
{
	struct speaker_event event;
	u8 packet[128];
	u32 count = 0;

	hello_packet(packet, be32_of(0x0a000102), OSPF_ALL_ROUTERS, BED_HIGH, area);
	ospf_bed_packet(bed, BED_PTP, packet, hello_len);
	while (speaker_log_take(&bed->log, &event))
		count += event.kind == SPEAKER_WARNING;
	return count;
}

/* Another mistake than the one that was told a moment ago is told at once, and each once a minute;
 * of more kinds than are remembered the later ones have to wait.                                 */
static void test_each_mistake_is_told(void **state)
{
	struct ospf_bed *bed = started();
	struct ospf_iface *ifc = &bed->ospf.iface[BED_PTP];

	(void)state;
	for (u32 minute = 0; minute < 2; minute++) {
		for (u32 n = 0; n < 3; n++) {
			assert_int_equal(warnings_after(bed, 1, 64), n == 0);
			assert_int_equal(warnings_after(bed, 0, 30), n == 0);
		}
		ospf_bed_wait(bed, (OSPF_TELL_S + 1) * NS_PER_SEC);
	}
	for (u32 n = 0; n < OSPF_TOLD_MAX; n++)
		ifc->told[n] = (struct ospf_told){ "something else", bed->now };
	assert_int_equal(warnings_after(bed, 1, 64), 0);
	ospf_bed_free(bed);
}

/* ---- descriptions ---------------------------------------------------------------------------- */

static void test_10_8_exstart(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	const struct ospf_dd *dd;
	u32 seq;

	(void)state;
	ospf_bed_hello(bed, &nbr, true);
	dd = dd_of(ospf_bed_take(bed, BED_PTP, OSPF_DD));
	assert_non_null(dd);
	assert_int_equal(dd->flags, OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS);
	assert_int_equal(be16_host(dd->mtu), 1500);
	assert_int_equal(dd->options, OSPF_OPT_E);
	seq = be32_host(dd->seq);
	/* The same again each retransmission interval. */
	ospf_bed_wait(bed, 4 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(bed, BED_PTP, OSPF_DD), 0);
	ospf_bed_wait(bed, NS_PER_SEC);
	dd = dd_of(ospf_bed_take(bed, BED_PTP, OSPF_DD));
	assert_int_equal(be32_host(dd->seq), seq);
	ospf_bed_free(bed);
}

/* Options of descriptions are compared with each other, not with those of hellos: a router that
 * knows opaque LSAs says so in descriptions only.                                               */
static void test_10_6_options(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_dd dd = { .mtu = be16_of(1500),
			      .options = 0x40 | OSPF_OPT_E,
			      .flags = OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS,
			      .seq = be32_of(50) };

	(void)state;
	ospf_bed_hello(bed, &nbr, true);
	ospf_bed_say(bed, &nbr, OSPF_DD, &dd, sizeof dd);
	ospf_bed_hello(bed, &nbr, true);
	dd.flags = OSPF_DD_M | OSPF_DD_MS;
	dd.seq = be32_of(51);
	ospf_bed_say(bed, &nbr, OSPF_DD, &dd, sizeof dd);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXCHANGE);
	dd.options = OSPF_OPT_E;
	dd.seq = be32_of(52);
	ospf_bed_say(bed, &nbr, OSPF_DD, &dd, sizeof dd);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
	ospf_bed_free(bed);
}

/* The one of the higher id is the master. */
static void test_10_6_slave(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	const struct bed_sent *sent;

	(void)state;
	ospf_bed_to_exchange(bed, &nbr);
	ospf_bed_forget(bed);
	nbr.dd_seq++;
	ospf_bed_dd(bed, &nbr, OSPF_DD_MS | OSPF_DD_M, NULL, 0);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_DD);
	assert_int_equal(be32_host(dd_of(sent)->seq), nbr.dd_seq);
	assert_int_equal(dd_of(sent)->flags & OSPF_DD_MS, 0);
	/* A duplicate is answered with the very same. */
	ospf_bed_dd(bed, &nbr, OSPF_DD_MS | OSPF_DD_M, NULL, 0);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_DD);
	assert_non_null(sent);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXCHANGE);
	/* The slave is silent otherwise. */
	ospf_bed_wait(bed, 20 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(bed, BED_PTP, OSPF_DD), 0);
	ospf_bed_free(bed);
}

static void test_10_6_master(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_LOW);
	const struct ospf_dd *dd;

	(void)state;
	ospf_bed_hello(bed, &nbr, true);
	dd = dd_of(ospf_bed_take(bed, BED_PTP, OSPF_DD));
	nbr.dd_seq = be32_host(dd->seq);
	/* A wrong number decides nothing. */
	nbr.dd_seq++;
	ospf_bed_dd(bed, &nbr, OSPF_DD_M, NULL, 0);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
	nbr.dd_seq--;
	ospf_bed_dd(bed, &nbr, OSPF_DD_M, NULL, 0);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXCHANGE);
	dd = dd_of(ospf_bed_take(bed, BED_PTP, OSPF_DD));
	assert_int_equal(be32_host(dd->seq), nbr.dd_seq + 1);
	assert_int_equal(dd->flags & OSPF_DD_MS, OSPF_DD_MS);
	/* The master repeats. */
	ospf_bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(ospf_bed_count(bed, BED_PTP, OSPF_DD), 1);
	ospf_bed_free(bed);
}

struct mismatch {
	u8 flags;
	u32 skip; /* numbers */
	u8 lsa_type;
};

/* Each of these begins the exchange anew. */
static void test_10_6_sequence_mismatch(void **state)
{
	static const struct mismatch cases[] = {
		{ OSPF_DD_MS | OSPF_DD_M, 2, 0 }, /* a number that is not next */
		{ OSPF_DD_M, 1, 0 },              /* the slave's flags from the master */
		{ OSPF_DD_MS | OSPF_DD_I | OSPF_DD_M, 1, 0 },
		{ OSPF_DD_MS, 1, 6 },             /* a type that is not known */
		{ OSPF_DD_MS, 1, OSPF_NSSA_LSA }, /* one that does not belong here */
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct ospf_bed *bed = started();
		struct bed_nbr nbr = nbr_of(BED_HIGH);
		struct ospf_lsa_hdr hdr = { .type = cases[n].lsa_type };
		const struct ospf_dd *dd;

		ospf_bed_to_exchange(bed, &nbr);
		ospf_bed_forget(bed);
		nbr.dd_seq += cases[n].skip;
		ospf_bed_dd(bed, &nbr, cases[n].flags, &hdr, cases[n].lsa_type != 0);
		assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
		dd = dd_of(ospf_bed_take(bed, BED_PTP, OSPF_DD));
		assert_int_equal(dd->flags, OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS);
		ospf_bed_free(bed);
	}
}

static void say_dd(struct ospf_bed *bed, const struct bed_nbr *nbr, u16 mtu, u32 seq)
{
	struct ospf_dd dd = { .mtu = be16_of(mtu),
			      .options = OSPF_OPT_E,
			      .seq = be32_of(seq),
			      .flags = OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS };

	ospf_bed_say(bed, nbr, OSPF_DD, &dd, sizeof dd);
}

static void test_10_6_mtu(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	ospf_bed_hello(bed, &nbr, true);
	say_dd(bed, &nbr, 9000, 5);
	say_dd(bed, &nbr, 9000, 5);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
	assert_int_equal(bed->log.count, 1);
	assert_true(ospf_bed_logged(bed, "MTU mismatch: neighbour 9.9.9.9 has 9000 bytes, this "
					 "interface 1500; there is no adjacency"));
	bed->conf.iface[BED_PTP].mtu_ignore = true;
	assert_int_equal(ospf_configure(&bed->ospf, &bed->conf, bed->now), ERR_OK);
	say_dd(bed, &nbr, 9000, 5);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXCHANGE);
	ospf_bed_free(bed);
}

/* The other end refuses; here it is said as well. */
static void test_10_6_smaller_mtu(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	ospf_bed_hello(bed, &nbr, true);
	say_dd(bed, &nbr, 1400, 5);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXCHANGE);
	assert_true(ospf_bed_logged(bed, "has 1400 bytes, this interface 1500"));
	ospf_bed_free(bed);
}

/* A description in Full that is not the last one: the neighbour has begun anew. */
static void test_10_6_description_in_full(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);

	(void)state;
	ospf_bed_to_full(bed, &nbr);
	ospf_bed_forget(bed);
	ospf_bed_dd(bed, &nbr, OSPF_DD_MS, NULL, 0);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	assert_int_equal(ospf_bed_count(bed, BED_PTP, OSPF_DD), 1);
	nbr.dd_seq = 1;
	ospf_bed_dd(bed, &nbr, OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS, NULL, 0);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
	ospf_bed_free(bed);
}

/* ---- requests -------------------------------------------------------------------------------- */

static struct ospf_req req_of(const struct bed_sent *sent, u32 n)
{
	struct ospf_req req;

	memcpy(&req, sent->msg + sizeof(struct ospf_hdr) + n * sizeof req, sizeof req);
	return req;
}

/* From a description with two LSAs that we do not have to Full. */
static void test_10_9_requests(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_summary_lsa lsa[2] = {
		ospf_bed_summary(BED_HIGH, 0x0a630000, OSPF_SEQ_INITIAL, 10),
		ospf_bed_summary(BED_HIGH, 0x0a640000, OSPF_SEQ_INITIAL, 10),
	};
	struct ospf_lsa_hdr hdr[2] = { lsa[0].hdr, lsa[1].hdr };
	const struct bed_sent *sent;

	(void)state;
	ospf_bed_to_exchange(bed, &nbr);
	nbr.dd_seq++;
	ospf_bed_dd(bed, &nbr, OSPF_DD_MS, hdr, 2);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_LSREQ);
	assert_non_null(sent);
	assert_int_equal(sent->len, 24 + 2 * 12);
	assert_int_equal(be32_host(req_of(sent, 0).type), OSPF_SUMMARY_LSA);
	assert_int_equal(be32_host(req_of(sent, 1).id), 0x0a640000);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_LOADING);
	ospf_bed_lsupd(bed, &nbr, &lsa[0]);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_LOADING);
	/* What is missing is asked for again. */
	ospf_bed_wait(bed, 5 * NS_PER_SEC);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_LSREQ);
	assert_int_equal(sent->len, 24 + 12);
	assert_int_equal(be32_host(req_of(sent, 0).id), 0x0a640000);
	ospf_bed_lsupd(bed, &nbr, &lsa[1]);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_FULL);
	assert_true(ospf_bed_logged(bed, "neighbour 9.9.9.9 is Full"));
	ospf_bed_free(bed);
}

/* Section 13 (6): an older one than was promised. */
static void test_13_6_bad_answer(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_summary_lsa lsa = ospf_bed_summary(BED_HIGH, 0x0a630000, OSPF_SEQ_INITIAL, 10);
	struct ospf_summary_lsa newer = ospf_bed_summary(BED_HIGH, 0x0a630000, OSPF_SEQ_INITIAL + 1,
							 10);

	(void)state;
	ospf_bed_to_exchange(bed, &nbr);
	ospf_bed_lsupd(bed, &nbr, &lsa);
	nbr.dd_seq++;
	ospf_bed_dd(bed, &nbr, OSPF_DD_MS, &newer.hdr, 1);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_LOADING);
	ospf_bed_lsupd(bed, &nbr, &lsa);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
	ospf_bed_free(bed);
}

static void test_10_7_answers(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_req req = { be32_of(OSPF_ROUTER_LSA), BED_RID, BED_RID };
	const struct bed_sent *sent;

	(void)state;
	ospf_bed_to_exchange(bed, &nbr);
	ospf_bed_forget(bed);
	ospf_bed_say(bed, &nbr, OSPF_LSREQ, &req, sizeof req);
	sent = ospf_bed_take(bed, BED_PTP, OSPF_LSUPD);
	assert_non_null(ospf_bed_find_lsa(sent, OSPF_ROUTER_LSA, BED_RID));
	/* It is not on the list of retransmissions. */
	assert_int_equal(ospf_bed_nbr(bed, &nbr)->rxmts.count, 0);
	req.id = be32_of(1);
	ospf_bed_say(bed, &nbr, OSPF_LSREQ, &req, sizeof req);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXSTART);
	ospf_bed_free(bed);
}

/* No room for requests: the description is as good as lost, and comes again. */
static void test_full_list_of_requests(void **state)
{
	struct ospf_bed *bed = started();
	struct bed_nbr nbr = nbr_of(BED_HIGH);
	struct ospf_lsa_hdr hdr[70];

	(void)state;
	ospf_bed_to_exchange(bed, &nbr);
	for (u32 round = 0; round < 2; round++) {
		for (u32 n = 0; n < 70; n++)
			hdr[n] = ospf_bed_summary(BED_HIGH, 0x0a000000 + (round * 70 + n) * 256,
						  OSPF_SEQ_INITIAL, 1)
					 .hdr;
		nbr.dd_seq++;
		ospf_bed_dd(bed, &nbr, OSPF_DD_MS | OSPF_DD_M, hdr, 70);
	}
	assert_int_equal(bed->ospf.stats.request_full, 1);
	assert_int_equal(ospf_bed_nbr(bed, &nbr)->requests.count, 70);
	assert_int_equal(ospf_bed_state(bed, &nbr), OSPF_NBR_EXCHANGE);
	ospf_bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_10_5_what_has_to_be_equal),
		cmocka_unit_test(test_10_5_mask_of_a_link),
		cmocka_unit_test(test_10_5_one_way_and_two_way),
		cmocka_unit_test(test_10_5_another_router_id),
		cmocka_unit_test(test_too_many_neighbours),
		cmocka_unit_test(test_8_2_who_may_speak),
		cmocka_unit_test(test_8_2_malformed),
		cmocka_unit_test(test_each_mistake_is_told),
		cmocka_unit_test(test_10_8_exstart),
		cmocka_unit_test(test_10_6_options),
		cmocka_unit_test(test_10_6_slave),
		cmocka_unit_test(test_10_6_master),
		cmocka_unit_test(test_10_6_sequence_mismatch),
		cmocka_unit_test(test_10_6_mtu),
		cmocka_unit_test(test_10_6_smaller_mtu),
		cmocka_unit_test(test_10_6_description_in_full),
		cmocka_unit_test(test_10_9_requests),
		cmocka_unit_test(test_13_6_bad_answer),
		cmocka_unit_test(test_10_7_answers),
		cmocka_unit_test(test_full_list_of_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
