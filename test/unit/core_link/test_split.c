/* What stands for many segments counts as many; checksums are finished; congestion is marked. */
#include "unit/core_link/bed.h"

#include "core/link/split.h"
#include "core/wire/checksum.h"
#include "core/wire/crc32c.h"
#include "core/wire/ip6.h"
#include "core/wire/sctp.h"

enum { TCP_FIELD = 16, UDP_FIELD = 6, ECT0 = 2, CE = 3, TAG_LEN = 4, OPTIONS_LEN = 8 };

static const struct link_conf plain = { .rate_bps = 0 };
static const struct mac left = { { 2, 0, 0, 0, 0, 1 } }, right = { { 2, 0, 0, 0, 0, 2 } };

static void partial(struct pkt *pkt, u32 start, u32 offset)
{
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = (u16)start;
	pkt->csum_offset = (u16)offset;
}

/* As a kernel leaves it: the sum of the pseudo-header stands in the field. */
static void partial4(struct pkt *pkt, u32 offset)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	u64 pseudo = csum_pseudo(ip->src, ip->dst, ip->proto, pkt->len - IP4_HLEN_MIN);

	be16_store(pkt_l3(pkt) + IP4_HLEN_MIN + offset, (be16){ csum_fold(pseudo) });
	partial(pkt, IP4_HLEN_MIN, offset);
}

static struct pkt *tcp4(struct bed *bed, u32 data_len)
{
	struct build b;

	build_start(&b);
	build_eth(&b, &left, &right, ETH_TYPE_IP4);
	build_ip4(&b, addr("10.0.0.1"), addr("10.0.0.2"), IP_PROTO_TCP);
	build_tcp(&b, 1, 2, TCP_ACK | TCP_PSH, 100, 5);
	build_payload(&b, data_len, 0);
	build_seal(&b);
	return build_pkt(&bed->pool, &b, 1);
}

static struct pkt *segment4(struct bed *bed, u32 data_len, u16 size)
{
	struct pkt *pkt = tcp4(bed, data_len);

	pkt->gso_type = GSO_TCP4;
	pkt->gso_size = size;
	partial4(pkt, TCP_FIELD);
	return pkt;
}

/* TCP or UDP over IPv6, with an options header between them. */
static struct pkt *segment6(struct bed *bed, bool tcp, u32 data_len, u16 size)
{
	static const u8 options[OPTIONS_LEN] = { 0, 0, 1, 4 };
	struct ip6_hdr ip = { .version_class_label = be32_of(0x60000000), .hops = 64 };
	struct tcp_hdr header = { .seq = be32_of(100), .doff = 5 << 4, .flags = TCP_ACK | TCP_FIN };
	u32 hlen = tcp ? TCP_HLEN_MIN : UDP_HLEN;
	struct build b;
	struct pkt *pkt;

	ip.src[15] = 1;
	ip.dst[0] = 0xfe;
	ip.len = be16_of((u16)(sizeof options + hlen + data_len));
	build_start(&b);
	build_eth(&b, &left, &right, ETH_TYPE_IP6);
	build_bytes(&b, &ip, sizeof ip);
	build_bytes(&b, options, sizeof options);
	build_bytes(&b, &header, hlen);
	b.bytes[ETH_HLEN + IP6_HLEN] = tcp ? IP_PROTO_TCP : IP_PROTO_UDP;
	build_payload(&b, data_len, 0);
	pkt = build_pkt(&bed->pool, &b, 1);
	partial(pkt, IP6_HLEN + OPTIONS_LEN, tcp ? TCP_FIELD : UDP_FIELD);
	pkt->gso_type = tcp ? GSO_TCP6 : GSO_UDP_L4;
	pkt->gso_size = size;
	return pkt;
}

static void test_each_segment_is_one(void **state)
{
	const struct link_conf conf = { .rate_bps = 8000000, .buffer_packets = 10 };
	struct link_conf dense = { .loss_ppm = 500000 };
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	link_in(&bed.link, segment4(&bed, 20 * 960, 960), 0);
	/* One is sent, ten wait, nine are dropped. */
	assert_int_equal(link_stats(&bed.link)->in_packets, 20);
	assert_int_equal(link_stats(&bed.link)->in_bytes, 20 * 1000);
	assert_int_equal(link_stats(&bed.link)->drop_packets[LINK_DROP_QUEUE], 9);
	for (u32 n = 0; n < 11; n++) {
		struct seen seen;

		assert_int_equal(link_next(&bed.link), (n + 1) * NS_PER_MS);
		assert_int_equal(link_out(&bed.link, &bed.out, (n + 1) * NS_PER_MS), 1);
		assert_true(seen_parse(&seen, pkt_l3(bed.out.pkt[0]), bed.out.pkt[0]->len));
		assert_int_equal(seen.wrong, 0);
		assert_int_equal(seen.seq, 100 + n * 960);
		assert_int_equal(seen.len, 1000);
		assert_int_equal(pkt_frame_len(bed.out.pkt[0]), 1014);
		assert_memory_equal(pkt_frame(bed.out.pkt[0]), &left, sizeof left);
		assert_int_equal(bed.out.pkt[0]->flags & PKT_CSUM_PARTIAL, 0);
		assert_int_equal(bed.out.pkt[0]->gso_type, GSO_NONE);
		bed_put_out(&bed);
	}
	bed_close(&bed);

	/* Each may be lost alone. */
	bed_open(&bed, &dense);
	link_in(&bed.link, segment4(&bed, 60000, 60), 0);
	assert_in_range(link_stats(&bed.link)->drop_packets[LINK_DROP_LOSS], 400, 600);
	(void)bed_drain(&bed);
	bed_close(&bed);
}

/* What there is no room for is dropped, segment by segment. */
static void test_segments_fill_what_is_left(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	for (u32 n = 0; n < BED_FLIGHT - 2; n++)
		bed_in(&bed, 100, 0);
	link_in(&bed.link, segment4(&bed, 5 * 100, 100), 0);
	assert_int_equal(link_stats(&bed.link)->drop_packets[LINK_DROP_MEMORY], 3);
	assert_int_equal(bed_drain(&bed), BED_FLIGHT);
	bed_close(&bed);
}

static void test_segments_without_buffers(void **state)
{
	struct pkt *held[BED_SMALL], *pkt;
	struct bed bed;

	(void)state;
	bed_open(&bed, &plain);
	pkt = segment4(&bed, 5 * 1000, 1000);
	assert_int_equal(pkt->class, PKT_CLASS_LARGE);
	for (u32 n = 0; n < BED_SMALL - 2; n++) {
		held[n] = pkt_new(&bed.pool, 100);
		assert_non_null(held[n]);
	}
	link_in(&bed.link, pkt, 0);
	assert_int_equal(link_stats(&bed.link)->in_packets, 5);
	assert_int_equal(link_stats(&bed.link)->drop_packets[LINK_DROP_MEMORY], 3);
	for (u32 n = 0; n < BED_SMALL - 2; n++)
		pkt_put(held[n]);
	assert_int_equal(bed_drain(&bed), 2);
	bed_close(&bed);
}

static void test_segments_of_ip6(void **state)
{
	struct bed bed;

	(void)state;
	for (u32 tcp = 0; tcp <= 1; tcp++) {
		u32 hlen = tcp ? TCP_HLEN_MIN : UDP_HLEN;

		bed_open(&bed, &plain);
		link_in(&bed.link, segment6(&bed, tcp, 2500, 1000), 0);
		assert_int_equal(link_out(&bed.link, &bed.out, 0), 3);
		for (u32 n = 0; n < 3; n++) {
			const struct pkt *part = bed.out.pkt[n];
			const struct ip6_hdr *ip = (const struct ip6_hdr *)pkt_l3(part);
			u32 l4_len = hlen + (n == 2 ? 500 : 1000);
			u64 sum = csum_sum(ip->src, 32) + be16_of((u16)l4_len).raw +
				  be16_of(tcp ? IP_PROTO_TCP : IP_PROTO_UDP).raw;

			assert_int_equal(part->len, IP6_HLEN + OPTIONS_LEN + l4_len);
			assert_int_equal(be16_host(ip->len), OPTIONS_LEN + l4_len);
			assert_int_equal(csum_fold(sum + csum_sum(pkt_l4(part), l4_len)), 0xffff);
			assert_memory_equal(pkt_frame(part), &left, sizeof left);
			if (tcp) {
				const struct tcp_hdr *header = (const void *)pkt_l4(part);

				assert_int_equal(be32_host(header->seq), 100 + n * 1000);
				assert_int_equal((header->flags & TCP_FIN) != 0, n == 2);
			}
		}
		bed_close(&bed);
	}
}

/* Kinds that can not be split, and facts that contradict the packet, pass as they are. */
static void test_what_cannot_be_split_is_one(void **state)
{
	struct bed bed;
	struct pkt *pkt[6];

	(void)state;
	bed_open(&bed, &plain);
	pkt[0] = segment4(&bed, 3000, 1000);
	pkt[0]->gso_type = GSO_UDP_L4;
	pkt[1] = segment4(&bed, 3000, 1000);
	((struct tcp_hdr *)(pkt_l3(pkt[1]) + IP4_HLEN_MIN))->doff = 0x10;
	pkt[2] = segment4(&bed, 900, 100);
	pkt[2]->gso_type = GSO_UDP_FRAG;
	pkt[3] = segment6(&bed, true, 900, 100);
	pkt[3]->csum_start = 20;
	pkt[4] = segment6(&bed, true, 900, 100);
	pkt[4]->csum_start = (u16)(pkt[4]->len - 10);
	pkt[5] = segment4(&bed, 900, 100);
	pkt_l3(pkt[5])[0] = 0x65;
	for (u32 n = 0; n < 6; n++) {
		assert_int_equal(split_kind(pkt[n]), SPLIT_WHOLE);
		link_in(&bed.link, pkt[n], 0);
	}
	assert_int_equal(link_stats(&bed.link)->in_packets, 6);
	assert_int_equal(link_out(&bed.link, &bed.out, 0), 6);
	for (u32 n = 0; n < 6; n++) {
		assert_ptr_equal(bed.out.pkt[n], pkt[n]);
		assert_true((pkt[n]->flags & PKT_CSUM_PARTIAL) != 0);
		assert_int_not_equal(pkt[n]->gso_type, GSO_NONE);
	}
	bed_close(&bed);
}

static void test_checksums_are_finished(void **state)
{
	struct seen seen;
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, &plain);
	pkt = tcp4(&bed, 333);
	partial4(pkt, TCP_FIELD);
	link_in(&bed.link, pkt, 0);
	assert_true(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	assert_int_equal(seen.wrong, 0);

	/* A sum of zero is sent as its twin: zero would say that there is none. */
	build_start(&b);
	build_eth(&b, &left, &right, ETH_TYPE_IP4);
	build_ip4(&b, addr("0.0.0.0"), addr("0.0.0.0"), IP_PROTO_UDP);
	build_udp(&b, 0, 0);
	build_bytes(&b, "\xff\xda", 2); /* with 10 + 10 + 17 this is 0xffff */
	build_seal(&b);
	pkt = build_pkt(&bed.pool, &b, 1);
	partial4(pkt, UDP_FIELD);
	link_in(&bed.link, pkt, 0);
	assert_int_equal(be16_host(be16_load(pkt_l3(pkt) + IP4_HLEN_MIN + UDP_FIELD)), 0xffff);

	build_start(&b);
	build_eth(&b, &left, &right, ETH_TYPE_IP4);
	build_ip4(&b, addr("10.0.0.1"), addr("10.0.0.2"), IP_PROTO_SCTP);
	build_sctp(&b, 1, 2, 3);
	build_sctp_chunk(&b, SCTP_DATA, 0, "abcd", 4);
	build_seal(&b);
	pkt = build_pkt(&bed.pool, &b, 1);
	partial(pkt, IP4_HLEN_MIN, SCTP_CSUM_AT);
	crc32c_store(pkt_l3(pkt) + IP4_HLEN_MIN + SCTP_CSUM_AT, 0x12345678);
	link_in(&bed.link, pkt, 0);
	assert_true(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(crc32c_load(pkt_l3(pkt) + IP4_HLEN_MIN + SCTP_CSUM_AT),
			 crc32c_load(b.bytes + ETH_HLEN + IP4_HLEN_MIN + SCTP_CSUM_AT));
	assert_int_equal(bed_drain(&bed), 3);
	bed_close(&bed);
}

static struct pkt *capable(struct bed *bed, u8 ecn)
{
	struct pkt *pkt = tcp4(bed, 960);
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);

	ip->tos = (u8)(0x20 | ecn);
	ip->csum = (be16){ 0 };
	ip->csum = csum_finish(csum_sum(ip, IP4_HLEN_MIN));
	return pkt;
}

static void test_congestion_is_marked(void **state)
{
	const struct link_conf conf = { .rate_bps = 8000000, .mark_packets = 2 };
	struct seen seen;
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 6; n++)
		link_in(&bed.link, capable(&bed, n == 4 ? 0 : ECT0), 0);
	/* The fourth is the first that finds two waiting; the fifth is of a sender that does not
	 * know of it. */
	assert_int_equal(link_stats(&bed.link)->marked, 2);
	assert_int_equal(link_out(&bed.link, &bed.out, NS_PER_SEC), 6);
	for (u32 n = 0; n < 6; n++) {
		assert_true(seen_parse(&seen, pkt_l3(bed.out.pkt[n]), bed.out.pkt[n]->len));
		assert_int_equal(seen.wrong, 0);
		assert_int_equal(seen.tos, 0x20 | (n == 4 ? 0 : n >= 3 ? CE : ECT0));
	}
	bed_close(&bed);
}

static void test_congestion_by_bytes_and_version(void **state)
{
	const struct link_conf conf = { .rate_bps = 8000, .mark_bytes = 1000 };
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 3; n++)
		link_in(&bed.link, capable(&bed, ECT0), 0);
	assert_int_equal(link_stats(&bed.link)->marked, 1);
	pkt = segment6(&bed, true, 100, 100);
	pkt_l3(pkt)[1] |= 0x10;
	assert_true(split_mark_congestion(pkt));
	assert_int_equal(pkt_l3(pkt)[1], 0x30);
	pkt_l3(pkt)[1] = 0;
	assert_false(split_mark_congestion(pkt));
	/* What the frame calls something else is no IP. */
	be16_store(pkt_l3(pkt) - 2, be16_of(ETH_TYPE_IP4));
	pkt_l3(pkt)[1] = 0x10;
	assert_false(split_mark_congestion(pkt));
	pkt_put(pkt);
	(void)bed_drain(&bed);
	bed_close(&bed);
}

/* A tag stands in the link header: the parts have it too. */
static void test_tagged_segments(void **state)
{
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, &plain);
	pkt = segment4(&bed, 3000, 1000);
	pkt->l2 = (u16)(pkt->l2 - TAG_LEN);
	memset(pkt_frame(pkt), 0x77, ETH_HLEN + TAG_LEN - 2);
	link_in(&bed.link, pkt, 0);
	assert_int_equal(link_out(&bed.link, &bed.out, 0), 3);
	for (u32 n = 0; n < 3; n++) {
		assert_int_equal(pkt_frame_len(bed.out.pkt[n]), 18 + 40 + 1000);
		assert_int_equal(pkt_frame(bed.out.pkt[n])[15], 0x77);
		assert_int_equal(be16_host(be16_load(pkt_l3(bed.out.pkt[n]) - 2)), ETH_TYPE_IP4);
	}
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_segment_is_one),
		cmocka_unit_test(test_segments_fill_what_is_left),
		cmocka_unit_test(test_segments_without_buffers),
		cmocka_unit_test(test_segments_of_ip6),
		cmocka_unit_test(test_what_cannot_be_split_is_one),
		cmocka_unit_test(test_checksums_are_finished),
		cmocka_unit_test(test_congestion_is_marked),
		cmocka_unit_test(test_congestion_by_bytes_and_version),
		cmocka_unit_test(test_tagged_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
