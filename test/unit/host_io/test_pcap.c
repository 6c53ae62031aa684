/* Captures: what is written is read again; what is cut, tagged or of another kind is not taken. */
#include "unit/host_io/bed.h"

#include <stdio.h>
#include <unistd.h>

#include "core/wire/checksum.h"
#include "host/io/pcap.h"

static char path[64];

static int path_make(void **state)
{
	int fd;

	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/sluice-pcap-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	return close(fd);
}

static int path_remove(void **state)
{
	(void)state;
	return unlink(path);
}

static struct port *open_one(const char *read_path, const char *write_path, enum iface_link link)
{
	const struct pcap_conf conf = { "capture", 5, read_path, write_path, link };
	char why[PORT_WHY_SIZE] = "";
	struct port *port = pcap_port_open(&conf, why, sizeof why);

	if (port == NULL)
		fail_msg("%s", why);
	return port;
}

/* Bytes of a file in the machine's own order: microseconds, the given link type. */
static void write_capture(u32 link_type, const u8 *frame, u32 captured, u32 len)
{
	const u32 head[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, link_type };
	const u32 record[] = { 1000, 5, captured, len };
	FILE *file = fopen(path, "wbe");

	assert_non_null(file);
	assert_int_equal(fwrite(head, sizeof head, 1, file), 1);
	assert_int_equal(fwrite(record, sizeof record, 1, file), 1);
	assert_int_equal(fwrite(frame, captured, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void test_written_is_read(void **state)
{
	const struct mac all = MAC_BROADCAST, src = { { 2, 0, 0, 0, 0, 7 } };
	struct batch rx = { 0 };
	struct build b;
	struct bed bed;
	struct port *port;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	build_start(&b);
	build_eth(&b, &all, &src, ETH_TYPE_IP4);
	build_ip4(&b, addr("10.0.0.1"), addr("10.0.0.2"), IP_PROTO_UDP);
	build_udp(&b, 1, 2);
	build_payload(&b, 33, 0);
	build_seal(&b);
	/* Its checksum is left to the way out, which has to finish it. */
	pkt = bed_add(&bed, &b);
	pkt->rx_ns = 12 * NS_PER_SEC + 345;
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = 20;
	pkt->csum_offset = 6;
	be16_store(pkt_l3(pkt) + 26, (be16){ csum_fold(csum_pseudo(addr("10.0.0.1"),
								  addr("10.0.0.2"), IP_PROTO_UDP,
								  41)) });
	port = open_one(NULL, path, IFACE_ETHERNET);
	assert_true(pcap_port_ended(port));
	assert_int_equal(port_tx(port, &bed.batch), 1);
	port_close(port);

	port = open_one(path, NULL, IFACE_RAW_IP);
	assert_int_equal(port->link, IFACE_ETHERNET);
	assert_false(pcap_port_ended(port));
	assert_int_equal(port_rx(port, &bed.pool, &rx), 1);
	pkt = rx.pkt[0];
	assert_int_equal(pkt_frame_len(pkt), b.len);
	assert_memory_equal(pkt_frame(pkt), b.bytes, b.len);
	assert_int_equal(pkt->rx_ns, 12 * NS_PER_SEC + 345);
	assert_int_equal(pkt->flags, PKT_LINK_BROADCAST);
	assert_int_equal(pkt->in_if, 5);
	pkt_put(pkt);
	rx.count = 0;
	assert_int_equal(port_rx(port, &bed.pool, &rx), 0);
	assert_true(pcap_port_ended(port));
	port_close(port);
	bed_close(&bed);
}

static void test_raw_ip(void **state)
{
	struct batch rx = { 0 };
	struct build b;
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	build_udp4(&b, addr("10.0.0.1"), 1, addr("10.0.0.2"), 2, 9);
	write_capture(101, b.bytes, b.len, b.len);
	port = open_one(path, NULL, IFACE_ETHERNET);
	assert_int_equal(port_rx(port, &bed.pool, &rx), 1);
	assert_int_equal(rx.pkt[0]->flags, PKT_RAW_IP);
	assert_int_equal(rx.pkt[0]->len, b.len);
	assert_int_equal(rx.pkt[0]->rx_ns, 1000 * NS_PER_SEC + 5 * NS_PER_US);
	pkt_put(rx.pkt[0]);
	port_close(port);
	bed_close(&bed);
}

static void test_unfit_packets_are_counted(void **state)
{
	u8 frame[60] = { 0 };
	struct batch rx = { 0 };
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	write_capture(1, frame, 60, 100);
	port = open_one(path, NULL, IFACE_ETHERNET);
	assert_int_equal(port_rx(port, &bed.pool, &rx), 0);
	assert_int_equal(port_count(port)->losses.rx_bad, 1);
	port_close(port);

	write_capture(1, frame, 13, 13);
	port = open_one(path, NULL, IFACE_ETHERNET);
	assert_int_equal(port_rx(port, &bed.pool, &rx), 0);
	assert_int_equal(port_count(port)->losses.rx_bad, 1);
	port_close(port);

	frame[12] = 0x81;
	write_capture(1, frame, 60, 60);
	port = open_one(path, NULL, IFACE_ETHERNET);
	assert_int_equal(port_rx(port, &bed.pool, &rx), 0);
	assert_int_equal(port_count(port)->losses.rx_vlan, 1);
	port_close(port);
	bed_close(&bed);
}

static void test_segments_are_refused(void **state)
{
	struct build b;
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	build_udp4(&b, addr("10.0.0.1"), 1, addr("10.0.0.2"), 2, 900);
	bed_add(&bed, &b)->gso_type = GSO_UDP_L4;
	(void)bed_add(&bed, &b);
	port = open_one(NULL, NULL, IFACE_RAW_IP);
	assert_int_equal(port_tx(port, &bed.batch), 1);
	assert_int_equal(bed.batch.count, 1);
	assert_int_equal(port_count(port)->losses.tx_refused, 1);
	port_close(port);
	bed_close(&bed);
}

static void test_errors_name_the_place(void **state)
{
	const struct pcap_conf absent = { "c", 0, "/nowhere/x.pcap", NULL, IFACE_ETHERNET };
	const struct pcap_conf bad_out = { "c", 0, NULL, "/nowhere/x.pcap", IFACE_ETHERNET };
	const struct pcap_conf other = { "c", 0, path, NULL, IFACE_ETHERNET };
	char why[PORT_WHY_SIZE] = "";
	u8 frame[60] = { 0 };

	(void)state;
	assert_null(pcap_port_open(&absent, why, sizeof why));
	assert_non_null(strstr(why, "/nowhere/x.pcap"));
	assert_null(pcap_port_open(&bad_out, why, sizeof why));
	assert_non_null(strstr(why, "/nowhere/x.pcap"));
	write_capture(105, frame, 60, 60);
	assert_null(pcap_port_open(&other, why, sizeof why));
	assert_non_null(strstr(why, "link type 105"));
	assert_int_equal(truncate(path, 0), 0);
	assert_null(pcap_port_open(&other, why, sizeof why));
	assert_non_null(strstr(why, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_written_is_read, path_make, path_remove),
		cmocka_unit_test_setup_teardown(test_raw_ip, path_make, path_remove),
		cmocka_unit_test_setup_teardown(test_unfit_packets_are_counted, path_make,
						path_remove),
		cmocka_unit_test(test_segments_are_refused),
		cmocka_unit_test_setup_teardown(test_errors_name_the_place, path_make,
						path_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
