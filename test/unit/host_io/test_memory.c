/* The contract of ports, shown by the driver that needs no kernel. */
#include "unit/host_io/bed.h"

#include "host/io/memory.h"

static const struct memory_conf ethernet = { .name = { "left", "right" },
					     .iface = { 3, 4 },
					     .link = IFACE_ETHERNET,
					     .mtu = 1500,
					     .offloads = IFACE_TX_CSUM,
					     .count = 8 };

static void open_pair(const struct memory_conf *conf, struct port *ends[2])
{
	char why[PORT_WHY_SIZE] = "";

	assert_true(memory_open(conf, ends, why, sizeof why));
}

static void add_frame(struct bed *bed, const struct mac *dst)
{
	const struct mac src = { { 2, 0, 0, 0, 0, 7 } };
	struct build b;

	build_start(&b);
	build_eth(&b, dst, &src, ETH_TYPE_IP4);
	build_ip4(&b, addr("10.0.0.1"), addr("10.0.0.2"), IP_PROTO_UDP);
	build_udp(&b, 1, 2);
	build_payload(&b, 100, 0);
	build_seal(&b);
	(void)bed_add(bed, &b);
}

static void test_frame_crosses(void **state)
{
	struct batch rx = { 0 };
	struct port *ends[2];
	struct bed bed;
	u8 sent[ETH_HLEN + 128];

	(void)state;
	bed_open(&bed);
	open_pair(&ethernet, ends);
	add_frame(&bed, &ends[1]->mac);
	bed.batch.pkt[0]->flags |= PKT_CSUM_PARTIAL | PKT_TRANSLATED;
	bed.batch.pkt[0]->csum_start = 20;
	bed.batch.pkt[0]->csum_offset = 6;
	bed.batch.pkt[0]->flow = 12;
	memcpy(sent, pkt_frame(bed.batch.pkt[0]), sizeof sent);
	assert_int_equal(port_tx(ends[0], &bed.batch), 1);
	assert_int_equal(bed.batch.count, 0);
	assert_int_equal(port_rx(ends[0], &bed.pool, &rx), 0);
	assert_int_equal(port_rx(ends[1], &bed.pool, &rx), 1);
	assert_int_equal(pkt_frame_len(rx.pkt[0]), sizeof sent);
	assert_memory_equal(pkt_frame(rx.pkt[0]), sent, sizeof sent);
	/* The facts of the wire cross, what the sender knew besides does not. */
	assert_int_equal(rx.pkt[0]->flags, PKT_CSUM_PARTIAL);
	assert_int_equal(rx.pkt[0]->csum_offset, 6);
	assert_int_equal(rx.pkt[0]->flow, IDX_NONE);
	assert_int_equal(rx.pkt[0]->in_if, 4);
	assert_int_equal(rx.pkt[0]->l3 - rx.pkt[0]->l2, ETH_HLEN);
	assert_int_equal(port_count(ends[0])->tx_bytes, sizeof sent);
	assert_int_equal(port_count(ends[1])->rx_bytes, sizeof sent);
	pkt_put(rx.pkt[0]);
	port_close(ends[0]);
	port_close(ends[1]);
	bed_close(&bed);
}

static void test_link_flags(void **state)
{
	const struct mac group = { { 1, 0, 0x5e, 0, 0, 1 } }, other = { { 2, 9, 9, 9, 9, 9 } };
	const struct mac all = MAC_BROADCAST;
	const u32 expected[] = { PKT_LINK_BROADCAST, PKT_LINK_MULTICAST, PKT_LINK_OTHER, 0 };
	struct batch rx = { 0 };
	struct port *ends[2];
	struct bed bed;

	(void)state;
	bed_open(&bed);
	open_pair(&ethernet, ends);
	add_frame(&bed, &all);
	add_frame(&bed, &group);
	add_frame(&bed, &other);
	add_frame(&bed, &ends[0]->mac);
	assert_int_equal(port_tx(ends[1], &bed.batch), 4);
	assert_int_equal(port_rx(ends[0], &bed.pool, &rx), 4);
	for (u32 i = 0; i < rx.count; i++) {
		assert_int_equal(rx.pkt[i]->flags, expected[i]);
		pkt_put(rx.pkt[i]);
	}
	port_close(ends[0]);
	port_close(ends[1]);
	bed_close(&bed);
}

/* What does not fit stays with the caller, in order; what is on the way is not lost with an end. */
static void test_full(void **state)
{
	struct port *ends[2];
	struct bed bed;
	struct pkt *ninth;

	(void)state;
	bed_open(&bed);
	open_pair(&ethernet, ends);
	for (u32 i = 0; i < 10; i++)
		add_frame(&bed, &ends[1]->mac);
	ninth = bed.batch.pkt[8];
	assert_int_equal(port_tx(ends[0], &bed.batch), 8);
	assert_int_equal(bed.batch.count, 2);
	assert_ptr_equal(bed.batch.pkt[0], ninth);
	assert_int_equal(port_count(ends[0])->losses.tx_full, 2);
	port_close(ends[1]);
	port_close(ends[0]);
	bed_close(&bed);
}

/* A driver's frame may not wait in a queue: it goes back to its ring at once. */
static void test_ring_frame_is_given_back(void **state)
{
	struct batch rx = { 0 };
	struct port *ends[2];
	struct bed bed;
	u8 frame[PKT_SMALL_SIZE] = { 0 };
	u32 done = 1;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	open_pair(&ethernet, ends);
	pkt = pkt_new_ring(&bed.pool, frame, sizeof frame, &done);
	assert_non_null(pkt);
	pkt->l2 = 64;
	pkt->l3 = 64 + ETH_HLEN;
	pkt->len = 200;
	frame[64 + ETH_HLEN + 199] = 77;
	assert_true(batch_add(&bed.batch, pkt));
	assert_int_equal(port_tx(ends[0], &bed.batch), 1);
	assert_int_equal(done, 0);
	assert_int_equal(port_rx(ends[1], &bed.pool, &rx), 1);
	assert_int_equal(pkt_l3(rx.pkt[0])[199], 77);
	pkt_put(rx.pkt[0]);
	port_close(ends[0]);
	port_close(ends[1]);
	bed_close(&bed);
}

static void test_pool_empty(void **state)
{
	struct batch rx = { 0 };
	struct port *ends[2];
	struct bed bed, poor;

	(void)state;
	bed_open(&bed);
	bed_open(&poor);
	open_pair(&ethernet, ends);
	while (poor.batch.count < BATCH_MAX)
		add_frame(&poor, &ends[0]->mac);
	for (u32 i = BATCH_MAX; i < BED_SMALL; i++)
		assert_non_null(pkt_new(&poor.pool, 10));
	add_frame(&bed, &ends[1]->mac);
	assert_int_equal(port_tx(ends[0], &bed.batch), 1);
	assert_int_equal(port_rx(ends[1], &poor.pool, &rx), 0);
	assert_int_equal(port_count(ends[1])->losses.rx_no_packet, 1);
	port_close(ends[0]);
	port_close(ends[1]);
	bed_close(&bed);
	free(poor.memory);
}

static void test_raw_ip_and_facts(void **state)
{
	struct memory_conf conf = ethernet;
	struct iface_conf described = { .side = IFACE_OUTSIDE };
	struct batch rx = { 0 };
	struct port *ends[2];
	struct build b;
	struct bed bed;

	(void)state;
	conf.link = IFACE_RAW_IP;
	bed_open(&bed);
	open_pair(&conf, ends);
	build_udp4(&b, addr("10.0.0.1"), 1, addr("10.0.0.2"), 2, 100);
	(void)bed_add(&bed, &b);
	assert_int_equal(port_tx(ends[0], &bed.batch), 1);
	assert_int_equal(port_rx(ends[1], &bed.pool, &rx), 1);
	assert_int_equal(rx.pkt[0]->flags, PKT_RAW_IP);
	assert_int_equal(rx.pkt[0]->l2, rx.pkt[0]->l3);
	pkt_put(rx.pkt[0]);
	port_describe(ends[1], &described);
	assert_string_equal(described.name, "right");
	assert_int_equal(described.link, IFACE_RAW_IP);
	assert_int_equal(described.side, IFACE_OUTSIDE);
	assert_int_equal(described.offloads, IFACE_TX_CSUM);
	assert_true(port_refresh(ends[0]));
	assert_int_equal(port_fd(ends[0]), -1);
	port_close(ends[0]);
	port_close(ends[1]);
	port_close(NULL);
	bed_close(&bed);
}

static void test_wrong_size_is_refused(void **state)
{
	struct memory_conf conf = ethernet;
	char why[PORT_WHY_SIZE] = "";
	struct port *ends[2];

	(void)state;
	conf.count = MEMORY_PORT_MAX + 1;
	assert_false(memory_open(&conf, ends, why, sizeof why));
	assert_non_null(strstr(why, "4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_crosses),
		cmocka_unit_test(test_link_flags),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_ring_frame_is_given_back),
		cmocka_unit_test(test_pool_empty),
		cmocka_unit_test(test_raw_ip_and_facts),
		cmocka_unit_test(test_wrong_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
