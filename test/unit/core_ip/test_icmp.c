/* Echo replies and redirects. */
#include "unit/core_ip/bed.h"

#include "core/ip/icmp.h"
#include "core/wire/checksum.h"

#define INSIDE "10.10.0.5"
#define OURS   "10.10.0.1"
#define OTHER  "10.10.0.2"

static void icmp_open(struct bed *bed, struct icmp *icmp)
{
	struct icmp_conf conf = ICMP_CONF_DEFAULT;
	struct hash_key key = bed_key();

	bed_open(bed, 8, 3);
	icmp_init(icmp, &conf, &bed->pool, &key);
}

static void make_request(struct build *b, const char *src, const char *dst, u32 data_len)
{
	build_start(b);
	build_ip4(b, addr(src), addr(dst), IP_PROTO_ICMP);
	build_ip(b)->tos = 0x48;
	build_ip(b)->ttl = 3;
	build_icmp(b, ICMP_ECHO, 0, 0x1234abcd);
	build_payload(b, data_len, 9);
	build_seal(b);
}

/* Every size, up to the longest packet that there is; the data comes back as it was. */
static void test_echo_of_any_size(void **state)
{
	static const u32 lens[] = { 0, 1, 2, 56, 1472, 1473, 65507 };
	struct bed bed;
	struct icmp icmp;

	(void)state;
	icmp_open(&bed, &icmp);
	for (u32 n = 0; n < ARRAY_COUNT(lens); n++) {
		struct build b;
		struct pkt *request, *reply;
		struct seen seen;

		make_request(&b, INSIDE, OURS, lens[n]);
		request = bed_pkt(&bed, &b);
		reply = icmp_echo_reply(&icmp, request);
		assert_non_null(reply);
		seen = bed_see(reply);
		assert_true(be32_eq(seen.src, addr(OURS)));
		assert_true(be32_eq(seen.dst, addr(INSIDE)));
		assert_int_equal(seen.type, 0);
		assert_int_equal(seen.code, 0);
		assert_int_equal(seen.icmp_id, 0x1234);
		assert_int_equal(seen.icmp_seq, 0xabcd);
		assert_int_equal(seen.ttl, 64);
		assert_int_equal(seen.tos, 0x48);
		assert_false(seen.df);
		assert_int_equal(seen.data_len, lens[n]);
		assert_memory_equal(seen.data, build_data(&b), lens[n]);
		assert_int_equal(reply->flags, PKT_LOCAL_OUT);
		/* The request stays as it was. */
		assert_memory_equal(pkt_l3(request), b.bytes, b.len);
		pkt_put(reply);
		pkt_put(request);
	}
	bed_close(&bed);
}

static void test_echo_with_every_checksum(void **state)
{
	struct bed bed;
	struct icmp icmp;
	struct build b;

	(void)state;
	icmp_open(&bed, &icmp);
	for (u32 word = 0; word < 65536; word++) {
		struct pkt *request, *reply;

		build_start(&b);
		build_ip4(&b, addr(INSIDE), addr(OURS), IP_PROTO_ICMP);
		build_icmp(&b, ICMP_ECHO, 0, word);
		build_seal(&b);
		request = bed_pkt(&bed, &b);
		reply = icmp_echo_reply(&icmp, request);
		(void)bed_see(reply);
		pkt_put(reply);
		pkt_put(request);
	}
	bed_close(&bed);
}

static void test_echo_with_partial_checksum(void **state)
{
	struct bed bed;
	struct icmp icmp;
	struct build b;
	struct pkt *request, *reply;

	(void)state;
	icmp_open(&bed, &icmp);
	make_request(&b, INSIDE, OURS, 57);
	build_icmp_hdr(&b)->csum.raw = 0;
	request = bed_pkt(&bed, &b);
	request->flags |= PKT_CSUM_PARTIAL;
	request->csum_start = 20;
	request->csum_offset = 2;
	reply = icmp_echo_reply(&icmp, request);
	(void)bed_see(reply);
	assert_int_equal(reply->flags, PKT_LOCAL_OUT);
	pkt_put(reply);
	pkt_put(request);
	bed_close(&bed);
}

/* Record route comes back and can be filled in on the way out; a source route is blanked. */
static void test_echo_with_options(void **state)
{
	static const u8 options[16] = { 7, 7, 4, 0, 0, 0, 0, 131, 7, 4, 1, 2, 3, 4, 1, 0 };
	static const u8 returned[16] = { 7, 7, 8, 10, 10, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 };
	struct bed bed;
	struct icmp icmp;
	struct build b;
	struct pkt *request, *reply;

	(void)state;
	icmp_open(&bed, &icmp);
	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OURS), IP_PROTO_ICMP);
	build_ip_options(&b, options, sizeof options);
	build_icmp(&b, ICMP_ECHO, 0, 7);
	build_seal(&b);
	request = bed_pkt(&bed, &b);
	reply = icmp_echo_reply(&icmp, request);
	ip_fill_options(reply, addr(OURS), 0);
	assert_int_equal(bed_see(reply).hlen, 36);
	assert_memory_equal(pkt_l3(reply) + 20, returned, sizeof returned);
	pkt_put(reply);
	pkt_put(request);
	bed_close(&bed);
}

static void test_no_echo_for_groups(void **state)
{
	static const char *const pairs[][2] = { { INSIDE, "224.0.0.1" },
						{ INSIDE, "255.255.255.255" },
						{ "0.0.0.0", OURS } };
	struct bed bed;
	struct icmp icmp;
	struct build b;
	struct pkt *request;

	(void)state;
	icmp_open(&bed, &icmp);
	for (u32 n = 0; n < ARRAY_COUNT(pairs); n++) {
		make_request(&b, pairs[n][0], pairs[n][1], 8);
		request = bed_pkt(&bed, &b);
		assert_null(icmp_echo_reply(&icmp, request));
		pkt_put(request);
	}
	make_request(&b, INSIDE, OURS, 8);
	request = bed_pkt(&bed, &b);
	request->flags |= PKT_LINK_BROADCAST;
	assert_null(icmp_echo_reply(&icmp, request));
	pkt_put(request);
	bed_close(&bed);
}

static void test_no_echo_without_buffer(void **state)
{
	struct bed bed;
	struct icmp icmp;
	struct build b;
	struct pkt *request, *taken[3];

	(void)state;
	icmp_open(&bed, &icmp);
	make_request(&b, INSIDE, OURS, 4000);
	request = bed_pkt(&bed, &b);
	for (u32 n = 0; n < 2; n++)
		taken[n] = pkt_new(&bed.pool, 4000);
	assert_null(icmp_echo_reply(&icmp, request));
	for (u32 n = 0; n < 2; n++)
		pkt_put(taken[n]);
	pkt_put(request);
	bed_close(&bed);
}

static void test_redirect(void **state)
{
	struct bed bed;
	struct icmp icmp;
	struct build b;
	struct pkt *pkt, *redirect;
	enum icmp_refusal why;
	struct seen seen;

	(void)state;
	icmp_open(&bed, &icmp);
	build_udp4(&b, addr(INSIDE), 1, addr("192.0.2.7"), 2, 100);
	pkt = bed_pkt(&bed, &b);
	redirect = icmp_redirect_make(&icmp, pkt, addr(OTHER), addr(OURS), NS_PER_SEC, &why);
	assert_int_equal(why, ICMP_SENT);
	seen = bed_see(redirect);
	assert_true(be32_eq(seen.src, addr(OURS)));
	assert_true(be32_eq(seen.dst, addr(INSIDE)));
	assert_int_equal(seen.type, 5);
	assert_int_equal(seen.code, 1);
	assert_true(be32_eq(be32_load(pkt_l4(redirect) + 4), addr(OTHER)));
	assert_memory_equal(seen.quote, b.bytes, b.len);
	pkt_put(redirect);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_redirect_obeys_the_rules_of_errors(void **state)
{
	static const struct icmp_conf none = { 1000, 10, 0, 0 };
	struct bed bed;
	struct icmp icmp;
	struct build b;
	struct pkt *pkt;
	enum icmp_refusal why;

	(void)state;
	icmp_open(&bed, &icmp);
	build_udp4(&b, addr(INSIDE), 1, addr("224.0.0.5"), 2, 100);
	pkt = bed_pkt(&bed, &b);
	assert_null(icmp_redirect_make(&icmp, pkt, addr(OTHER), addr(OURS), 0, &why));
	assert_int_equal(why, ICMP_REFUSED_DST_MULTICAST);
	pkt_put(pkt);
	build_echo4(&b, addr(INSIDE), addr("192.0.2.7"), ICMP_REDIRECT, 0, 0);
	pkt = bed_pkt(&bed, &b);
	assert_null(icmp_redirect_make(&icmp, pkt, addr(OTHER), addr(OURS), 0, &why));
	assert_int_equal(why, ICMP_REFUSED_ERROR);
	assert_int_equal(icmp.count[ICMP_REFUSED_ERROR], 1);
	pkt_put(pkt);
	icmp.conf = none;
	build_udp4(&b, addr(INSIDE), 1, addr("192.0.2.7"), 2, 100);
	pkt = bed_pkt(&bed, &b);
	assert_null(icmp_redirect_make(&icmp, pkt, addr(OTHER), addr(OURS), 0, &why));
	assert_int_equal(why, ICMP_REFUSED_DEST_RATE);
	pkt_put(pkt);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_of_any_size),
		cmocka_unit_test(test_echo_with_every_checksum),
		cmocka_unit_test(test_echo_with_partial_checksum),
		cmocka_unit_test(test_echo_with_options),
		cmocka_unit_test(test_no_echo_for_groups),
		cmocka_unit_test(test_no_echo_without_buffer),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_redirect_obeys_the_rules_of_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
