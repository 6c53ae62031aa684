/* The facts of virtio-net headers: there and back, and those that make no sense. */
#include "unit/host_io/bed.h"

#include "host/io/vnet.h"

enum { TCP_FIELD = 16, UDP_FIELD = 6, USO = 5, ECN = 0x80 };

/* A TCP packet of 1,000 bytes of data behind a link header. */
static struct pkt *tcp_pkt(struct bed *bed, struct build *b, u8 flags)
{
	const struct mac mac = { { 2, 0, 0, 0, 0, 9 } };

	build_start(b);
	build_eth(b, &mac, &mac, ETH_TYPE_IP4);
	build_ip4(b, addr("10.0.0.1"), addr("10.0.0.2"), IP_PROTO_TCP);
	build_tcp(b, 1, 2, flags, 7, 8);
	build_tcp_options(b, "\1\1\10\12abcdefgh", 12);
	build_payload(b, 1000, 0);
	build_seal(b);
	return bed_add(bed, b);
}

static void test_nothing_special(void **state)
{
	const struct virtio_net_hdr plain = { .flags = 0 };
	struct virtio_net_hdr out;
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	pkt = tcp_pkt(&bed, &b, TCP_ACK);
	assert_true(vnet_to_pkt(&plain, pkt));
	assert_int_equal(pkt->flags & (PKT_CSUM_PARTIAL | PKT_CSUM_VALID), 0);
	assert_int_equal(pkt->gso_type, GSO_NONE);
	vnet_from_pkt(pkt, ETH_HLEN, &out);
	assert_memory_equal(&out, &plain, sizeof out);
	bed_close(&bed);
}

static void test_segment_there_and_back(void **state)
{
	const struct virtio_net_hdr in = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					   .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
					   .gso_size = 400,
					   .hdr_len = ETH_HLEN + 20 + 32,
					   .csum_start = ETH_HLEN + 20,
					   .csum_offset = TCP_FIELD };
	struct virtio_net_hdr out;
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	pkt = tcp_pkt(&bed, &b, TCP_ACK);
	assert_true(vnet_to_pkt(&in, pkt));
	assert_int_equal(pkt->csum_start, 20);
	assert_int_equal(pkt->csum_offset, TCP_FIELD);
	assert_int_equal(pkt->gso_type, GSO_TCP4);
	assert_int_equal(pkt->gso_size, 400);
	vnet_from_pkt(pkt, ETH_HLEN, &out);
	assert_memory_equal(&out, &in, sizeof out);
	/* Without its link header everything begins 14 bytes earlier. */
	vnet_from_pkt(pkt, 0, &out);
	assert_int_equal(out.csum_start, 20);
	assert_int_equal(out.hdr_len, 20 + 32);
	bed_close(&bed);
}

static void test_congestion_is_told(void **state)
{
	struct virtio_net_hdr out, in = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					  .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | ECN,
					  .gso_size = 400,
					  .csum_start = ETH_HLEN + 20,
					  .csum_offset = TCP_FIELD };
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	pkt = tcp_pkt(&bed, &b, TCP_ACK | 0x80);
	assert_true(vnet_to_pkt(&in, pkt));
	vnet_from_pkt(pkt, ETH_HLEN, &out);
	assert_int_equal(out.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 | ECN);
	bed_close(&bed);
}

static void test_verified_checksum(void **state)
{
	const struct virtio_net_hdr in = { .flags = VIRTIO_NET_HDR_F_DATA_VALID };
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	pkt = tcp_pkt(&bed, &b, TCP_ACK);
	assert_true(vnet_to_pkt(&in, pkt));
	assert_int_equal(pkt->flags & (PKT_CSUM_PARTIAL | PKT_CSUM_VALID), PKT_CSUM_VALID);
	bed_close(&bed);
}

static void test_udp_segments(void **state)
{
	const struct virtio_net_hdr in = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					   .gso_type = USO,
					   .gso_size = 100,
					   .csum_start = 20,
					   .csum_offset = UDP_FIELD };
	struct virtio_net_hdr out;
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	build_udp4(&b, addr("10.0.0.1"), 1, addr("10.0.0.2"), 2, 500);
	pkt = bed_add(&bed, &b);
	assert_true(vnet_to_pkt(&in, pkt));
	assert_int_equal(pkt->gso_type, GSO_UDP_L4);
	vnet_from_pkt(pkt, 0, &out);
	assert_int_equal(out.gso_type, USO);
	assert_int_equal(out.hdr_len, 28);
	bed_close(&bed);
}

/* Of IPv6 only where the frame says that it is: see test_nonsense_is_refused. */
static void test_segment_of_ip6(void **state)
{
	const struct virtio_net_hdr in = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					   .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
					   .gso_size = 400,
					   .hdr_len = ETH_HLEN + 40 + 20,
					   .csum_start = ETH_HLEN + 40,
					   .csum_offset = TCP_FIELD };
	struct virtio_net_hdr out;
	struct build b;
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	pkt = tcp_pkt(&bed, &b, TCP_ACK);
	be16_store(pkt_l3(pkt) - 2, be16_of(0x86dd));
	pkt_l3(pkt)[40 + 12] = 5 << 4;
	pkt_l3(pkt)[40 + 13] = 0;
	assert_true(vnet_to_pkt(&in, pkt));
	assert_int_equal(pkt->gso_type, GSO_TCP6);
	vnet_from_pkt(pkt, ETH_HLEN, &out);
	assert_memory_equal(&out, &in, sizeof out);
	bed_close(&bed);
}

static void test_nonsense_is_refused(void **state)
{
	static const struct virtio_net_hdr wrong[] = {
		{ .gso_type = 9, .gso_size = 100 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV6, .gso_size = 100 },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 0 },
		/* before the IP header */
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 13 },
		/* the field's last byte is behind the end: 14 + 20 + 32 + 1000 bytes */
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 1049, .csum_offset = 16 },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 65535 },
	};
	struct build b;
	struct bed bed;

	(void)state;
	bed_open(&bed);
	for (u32 i = 0; i < ARRAY_COUNT(wrong); i++) {
		struct pkt *pkt = tcp_pkt(&bed, &b, TCP_ACK);

		assert_false(vnet_to_pkt(&wrong[i], pkt));
		assert_int_equal(pkt->gso_type, GSO_NONE);
	}
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_special),
		cmocka_unit_test(test_segment_there_and_back),
		cmocka_unit_test(test_congestion_is_told),
		cmocka_unit_test(test_verified_checksum),
		cmocka_unit_test(test_udp_segments),
		cmocka_unit_test(test_segment_of_ip6),
		cmocka_unit_test(test_nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
