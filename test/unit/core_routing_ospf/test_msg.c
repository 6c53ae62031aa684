/* Messages and LSAs: what is well formed, what is not, and their checksums. */
#include "core/routing/ospf/ospf_msg.h"

#include "core/base/rng.h"
#include "core/wire/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A router-LSA of stub links. */
static u32 router_lsa(u8 *out, u32 links)
{
	struct ospf_router_lsa lsa = { .hdr = { .type = OSPF_ROUTER_LSA,
						.id = be32_of(0x01020304),
						.adv = be32_of(0x01020304),
						.seq = be32_of(OSPF_SEQ_INITIAL) },
				       .link_count = be16_of((u16)links) };
	u32 len = (u32)(sizeof lsa + links * sizeof(struct ospf_link));

	lsa.hdr.len = be16_of((u16)len);
	memset(out, 0, len);
	memcpy(out, &lsa, sizeof lsa);
	for (u32 n = 0; n < links; n++) {
		struct ospf_link link = { .id = be32_of(n),
					  .type = OSPF_LINK_STUB,
					  .metric = be16_of((u16)n) };

		memcpy(out + sizeof lsa + n * sizeof link, &link, sizeof link);
	}
	ospf_lsa_sign(out, len);
	return len;
}

static void test_12_1_7_checksum(void **state)
{
	u8 lsa[128];

	(void)state;
	for (u32 links = 0; links < 8; links++) {
		u32 len = router_lsa(lsa, links);

		assert_null(ospf_lsa_wrong(lsa, len));
		/* The age does not count; every other byte does. */
		lsa[0] ^= 1;
		assert_null(ospf_lsa_wrong(lsa, len));
		for (u32 at = 2; at < len; at++) {
			u8 was = lsa[at];

			lsa[at] = (u8)(was + 1);
			assert_non_null(ospf_lsa_wrong(lsa, len));
			lsa[at] = was;
		}
	}
}

static void test_checksum_of_zero_is_none(void **state)
{
	u8 lsa[128];
	u32 len = router_lsa(lsa, 1);

	(void)state;
	memset(lsa + offsetof(struct ospf_lsa_hdr, csum), 0, 2);
	assert_string_equal(ospf_lsa_wrong(lsa, len), "an LSA with a wrong checksum");
}

static void test_lengths_of_lsas(void **state)
{
	u8 lsa[128];
	u32 len = router_lsa(lsa, 2);

	(void)state;
	assert_null(ospf_lsa_wrong(lsa, len + 1));
	for (u32 cut = 0; cut < len; cut++)
		assert_non_null(ospf_lsa_wrong(lsa, cut));
	/* Fewer and more links than it says. */
	for (u32 n = 0; n < 5; n++) {
		len = router_lsa(lsa, 2);
		be16_store(lsa + offsetof(struct ospf_router_lsa, link_count), be16_of((u16)n));
		ospf_lsa_sign(lsa, len);
		if (n == 2)
			assert_null(ospf_lsa_wrong(lsa, len));
		else
			assert_string_equal(ospf_lsa_wrong(lsa, len), "an LSA that is cut");
	}
	/* A TOS count that leads out of it. */
	len = router_lsa(lsa, 2);
	((struct ospf_link *)(void *)(lsa + sizeof(struct ospf_router_lsa)))->tos_count = 200;
	ospf_lsa_sign(lsa, len);
	assert_string_equal(ospf_lsa_wrong(lsa, len), "an LSA that is cut");
}

static void test_links_with_tos(void **state)
{
	u8 lsa[128];
	u32 len = router_lsa(lsa, 2), at = 0;
	struct ospf_link link;

	(void)state;
	/* Three metrics of the first link stand where the second one was, and it behind them. */
	memmove(lsa + 24 + 12 + 12, lsa + 24 + 12, 12);
	memset(lsa + 24 + 12, 0xff, 12);
	((struct ospf_link *)(void *)(lsa + 24))->tos_count = 3;
	len += 12;
	be16_store(lsa + offsetof(struct ospf_lsa_hdr, len), be16_of((u16)len));
	ospf_lsa_sign(lsa, len);
	assert_null(ospf_lsa_wrong(lsa, len));
	assert_true(ospf_link_next(lsa, &at, &link));
	assert_int_equal(be32_host(link.id), 0);
	assert_true(ospf_link_next(lsa, &at, &link));
	assert_int_equal(be32_host(link.id), 1);
	assert_false(ospf_link_next(lsa, &at, &link));
}

static void test_masks(void **state)
{
	(void)state;
	for (u32 len = 0; len <= 32; len++) {
		u32 mask = len == 0 ? 0 : UINT32_MAX << (32 - len);

		assert_int_equal(ospf_mask_len(be32_of(mask)), len);
	}
	assert_int_equal(ospf_mask_len(be32_of(0xff00ff00)), 33);
	assert_int_equal(ospf_mask_len(be32_of(1)), 33);
}

static u32 message(u8 *out, u8 type, u32 body)
{
	struct ospf_hdr hdr = { .version = OSPF_VERSION,
				.type = type,
				.len = be16_of((u16)(sizeof hdr + body)) };

	memset(out, 0, sizeof hdr + body);
	memcpy(out, &hdr, sizeof hdr);
	return (u32)sizeof hdr + body;
}

static bool is_right(u8 type, u32 body)
{
	u8 msg[512];
	u32 len = message(msg, type, body);

	return ospf_msg_wrong(msg, len) == NULL;
}

static void test_lengths_of_messages(void **state)
{
	(void)state;
	for (u32 body = 0; body < 100; body++) {
		assert_int_equal(is_right(OSPF_HELLO, body), body >= 20 && body % 4 == 0);
		assert_int_equal(is_right(OSPF_DD, body), body >= 8 && (body - 8) % 20 == 0);
		assert_int_equal(is_right(OSPF_LSREQ, body), body % 12 == 0);
		assert_int_equal(is_right(OSPF_LSUPD, body), body >= 4);
		assert_int_equal(is_right(OSPF_LSACK, body), body % 20 == 0);
		assert_false(is_right(0, body));
		assert_false(is_right(6, body));
	}
}

static void test_headers(void **state)
{
	u8 msg[256];
	u32 len = message(msg, OSPF_HELLO, 20);

	(void)state;
	for (u32 cut = 0; cut < len; cut++)
		assert_non_null(ospf_msg_wrong(msg, cut));
	msg[0] = 3;
	assert_string_equal(ospf_msg_wrong(msg, len), "another version");
	msg[0] = OSPF_VERSION;
	be16_store(msg + 2, be16_of(23));
	assert_string_equal(ospf_msg_wrong(msg, len), "a wrong length");
	/* An update may not promise more than there is. */
	len = message(msg, OSPF_LSUPD, 4 + 2 * 20);
	be32_store(msg + 24, be32_of(2));
	assert_null(ospf_msg_wrong(msg, len));
	be32_store(msg + 24, be32_of(3));
	assert_non_null(ospf_msg_wrong(msg, len));
	be32_store(msg + 24, be32_of(UINT32_MAX));
	assert_non_null(ospf_msg_wrong(msg, len));
}

/* Section D.4: the field of authentication does not count. */
static void test_message_checksum(void **state)
{
	u8 msg[64];
	u32 len = message(msg, OSPF_HELLO, 20);
	be16 csum;

	(void)state;
	for (u32 at = 24; at < len; at++)
		msg[at] = (u8)(at * 7);
	csum = ospf_msg_csum(msg, len);
	memset(msg + 16, 0x5a, 8);
	assert_true(be16_eq(ospf_msg_csum(msg, len), csum));
	msg[30] ^= 4;
	assert_false(be16_eq(ospf_msg_csum(msg, len), csum));
}

/* Any bytes: whatever is said to be right can be walked to its end. */
static void test_random_lsas(void **state)
{
	u8 seed[32] = { 9 }, lsa[200];
	struct rng rng;

	(void)state;
	rng_init(&rng, seed);
	for (u32 n = 0; n < 20000; n++) {
		u32 len = 20 + rng_below(&rng, 180), at = 0, links = 0;
		struct ospf_link link;

		for (u32 b = 0; b < len; b++)
			lsa[b] = (u8)rng_below(&rng, 8);
		be16_store(lsa + 18, be16_of((u16)len));
		ospf_lsa_sign(lsa, len);
		if (ospf_lsa_wrong(lsa, len) != NULL || lsa[3] != OSPF_ROUTER_LSA)
			continue;
		while (ospf_link_next(lsa, &at, &link))
			links++;
		assert_int_equal(links, be16_host(be16_load(lsa + 22)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_12_1_7_checksum),
		cmocka_unit_test(test_checksum_of_zero_is_none),
		cmocka_unit_test(test_lengths_of_lsas),
		cmocka_unit_test(test_links_with_tos),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_lengths_of_messages),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_message_checksum),
		cmocka_unit_test(test_random_lsas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
