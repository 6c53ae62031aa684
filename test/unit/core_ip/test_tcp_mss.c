/* The maximum segment size in a SYN: found wherever it stands, lowered only, and put back. */
#include "unit/core_ip/bed.h"

#include "core/ip/tcp_mss.h"

static void make_syn(struct build *b, u8 flags, const void *options, u32 len)
{
	build_start(b);
	build_ip4(b, addr("10.10.0.5"), addr("198.18.0.9"), IP_PROTO_TCP);
	build_tcp(b, 5000, 80, flags, 0x12345678, 0);
	build_tcp_options(b, options, len);
	build_seal(b);
}

/* Lowered to `limit`: at byte `at` of the options stands `mss`, and nothing else has changed but
 * the checksum, which is right.                                                                  */
static void lower_to(const struct build *b, u32 limit, u32 at, u16 mss)
{
	struct bed bed;
	struct pkt *pkt;
	struct build right = *b;

	bed_open(&bed, 4, 2);
	pkt = bed_pkt(&bed, b);
	ip_mss_lower(pkt, limit);
	right.bytes[40 + at] = (u8)(mss >> 8);
	right.bytes[40 + at + 1] = (u8)mss;
	build_tcp_hdr(&right)->csum = be16_of(0);
	build_seal(&right);
	(void)bed_see(pkt);
	assert_memory_equal(pkt_l3(pkt), right.bytes, right.len);
	assert_int_equal((pkt->flags & PKT_MSS_LOWERED) != 0,
			 memcmp(right.bytes, b->bytes, b->len) != 0);
	ip_mss_restore(pkt);
	assert_memory_equal(pkt_l3(pkt), b->bytes, b->len);
	assert_int_equal(pkt->flags & PKT_MSS_LOWERED, 0);
	pkt_put(pkt);
	bed_close(&bed);
}

static void untouched(const struct build *b, u32 limit)
{
	struct bed bed;
	struct pkt *pkt;

	bed_open(&bed, 4, 2);
	pkt = bed_pkt(&bed, b);
	ip_mss_lower(pkt, limit);
	assert_memory_equal(pkt_l3(pkt), b->bytes, b->len);
	ip_mss_restore(pkt);
	assert_memory_equal(pkt_l3(pkt), b->bytes, b->len);
	pkt_put(pkt);
	bed_close(&bed);
}

/* Behind 0 to 36 bytes of other options, so at even and odd places. */
static void test_at_every_place(void **state)
{
	static const u16 values[] = { 1460, 8960, 65535, 0x05b5, 0xb405 };
	u8 options[40];
	struct build b;

	(void)state;
	for (u32 before = 0; before <= 36; before++) {
		for (u32 n = 0; n < ARRAY_COUNT(values); n++) {
			memset(options, TCP_OPT_NOP, sizeof options);
			memcpy(options + before,
			       (u8[]){ 2, 4, (u8)(values[n] >> 8), (u8)values[n] }, 4);
			make_syn(&b, TCP_SYN, options, sizeof options);
			lower_to(&b, 1452, before + 2, 1452);
			lower_to(&b, 1000, before + 2, 1000);
		}
	}
}

/* Among the options that a SYN has in real life, and in a SYN-ACK. */
static void test_among_others(void **state)
{
	static const u8 real[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7 };
	static const u8 odd[] = { 3, 3, 7, 2, 4, 5, 180, 4, 2, 0, 0, 0 };
	struct build b;

	(void)state;
	make_syn(&b, TCP_SYN, real, sizeof real);
	lower_to(&b, 1400, 2, 1400);
	make_syn(&b, TCP_SYN | TCP_ACK, odd, sizeof odd);
	lower_to(&b, 1400, 5, 1400);
}

static void test_only_lowered(void **state)
{
	static const u8 options[] = { 2, 4, 5, 180 }; /* 1460 */
	struct build b;

	(void)state;
	make_syn(&b, TCP_SYN, options, sizeof options);
	untouched(&b, 1460);
	untouched(&b, 1461);
	lower_to(&b, 1459, 2, 1459);
	/* Elsewhere the option has no meaning. */
	make_syn(&b, TCP_ACK, options, sizeof options);
	untouched(&b, 500);
	make_syn(&b, TCP_SYN | TCP_RST, options, sizeof options);
	untouched(&b, 500);
}

/* None is made, and nothing is read beyond what is there. */
static void test_missing_and_malformed(void **state)
{
	static const struct {
		u32 len;
		u8 options[8];
	} cases[] = {
		{ 4, { 1, 1, 1, 1 } },
		{ 8, { 0, 0, 0, 0, 2, 4, 5, 180 } }, /* behind the end */
		{ 4, { 2, 3, 5, 180 } },             /* too short */
		{ 8, { 2, 6, 5, 180, 0, 0, 0, 0 } }, /* too long */
		{ 4, { 1, 1, 2, 4 } },               /* cut off */
		{ 4, { 1, 1, 1, 2 } },
		{ 8, { 3, 0, 2, 4, 5, 180, 0, 0 } }, /* no length: nothing behind can be told */
		{ 8, { 3, 1, 2, 4, 5, 180, 0, 0 } },
	};
	struct build b;

	(void)state;
	make_syn(&b, TCP_SYN, "", 0);
	untouched(&b, 500);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		make_syn(&b, TCP_SYN, cases[n].options, cases[n].len);
		untouched(&b, 500);
	}
	/* Of two the first counts. */
	make_syn(&b, TCP_SYN, (u8[]){ 2, 4, 5, 180, 2, 4, 5, 180 }, 8);
	lower_to(&b, 1000, 2, 1000);
}

/* What the sender left to the hardware has the sum of the pseudo-header alone. */
static void test_partial_checksum(void **state)
{
	static const u8 options[] = { 1, 2, 4, 5, 180, 1, 1, 1 };
	struct bed bed;
	struct build b;
	struct pkt *pkt;
	be16 field;

	(void)state;
	bed_open(&bed, 4, 2);
	make_syn(&b, TCP_SYN, options, sizeof options);
	build_tcp_hdr(&b)->csum = field = be16_of(0x1234);
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = IP4_HLEN_MIN;
	pkt->csum_offset = offsetof(struct tcp_hdr, csum);
	ip_mss_lower(pkt, 1000);
	assert_int_equal(pkt_l4(pkt)[20 + 3] << 8 | pkt_l4(pkt)[20 + 4], 1000);
	assert_true(be16_eq(((struct tcp_hdr *)(void *)pkt_l4(pkt))->csum, field));
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_limit_of_two_interfaces(void **state)
{
	struct iface_conf in = { .mtu = 1500 }, out = { .mtu = 1492 };

	(void)state;
	assert_int_equal(ip_mss_limit(&in, &out), 0);
	out.mss = IFACE_MSS_OF_MTU;
	assert_int_equal(ip_mss_limit(&in, &out), 1452);
	assert_int_equal(ip_mss_limit(&out, &in), 1452);
	in.mtu = 1280;
	assert_int_equal(ip_mss_limit(&in, &out), 1240);
	in.mss = 1300;
	assert_int_equal(ip_mss_limit(&in, &out), 1240);
	in.mss = 1200;
	assert_int_equal(ip_mss_limit(&in, &out), 1200);
	out.mss = 0;
	assert_int_equal(ip_mss_limit(&out, &in), 1200);
	out.mss = 1100;
	assert_int_equal(ip_mss_limit(&in, &out), 1100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_every_place),
		cmocka_unit_test(test_among_others),
		cmocka_unit_test(test_only_lowered),
		cmocka_unit_test(test_missing_and_malformed),
		cmocka_unit_test(test_partial_checksum),
		cmocka_unit_test(test_limit_of_two_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
