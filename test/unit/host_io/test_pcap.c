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
	be16_store(pkt_l3(pkt) + 26,
		   (be16){ csum_fold(
			   csum_pseudo(addr("10.0.0.1"), addr("10.0.0.2"), IP_PROTO_UDP, 41)) });
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

/* What `tcpdump -i any` writes, in both of its forms, comes in as Ethernet would. */
static void test_cooked(void **state)
{
	const struct mac station = { { 2, 0, 0, 0, 0, 7 } }, none = { { 0 } };
	static const struct {
		u8 kind;
		u16 flags;
	} kinds[] = { { 0, 0 }, { 1, PKT_LINK_BROADCAST }, { 2, PKT_LINK_MULTICAST }, { 4, 0 } };
	struct build b;
	struct bed bed;
	u8 frame[256];

	(void)state;
	bed_open(&bed);
	build_udp4(&b, addr("10.0.0.1"), 1, addr("10.0.0.2"), 2, 9);
	for (u32 at = 0; at < 2 * ARRAY_COUNT(kinds); at++) {
		u32 kind = at / 2, head = at % 2 ? 20 : 16;
		u8 addr_len = kind == 3 ? 0 : ETH_ALEN; /* of a tunnel it has none */
		struct port *port;
		struct eth_hdr eth;
		struct pkt *pkt;

		memset(frame, 0, sizeof frame);
		frame[head == 16 ? 1 : 10] = kinds[kind].kind;
		frame[head == 16 ? 5 : 11] = addr_len;
		memcpy(frame + (head == 16 ? 6 : 12), &station, addr_len);
		be16_store(frame + (head == 16 ? 14 : 0), be16_of(ETH_TYPE_IP4));
		memcpy(frame + head, b.bytes, b.len);
		write_capture(head == 16 ? 113 : 276, frame, head + b.len, head + b.len);
		port = open_one(path, NULL, IFACE_RAW_IP);
		assert_int_equal(port->link, IFACE_ETHERNET);
		pkt = pcap_port_next(port, &bed.pool);
		assert_non_null(pkt);
		memcpy(&eth, pkt_frame(pkt), sizeof eth);
		assert_int_equal(be16_host(eth.type), ETH_TYPE_IP4);
		assert_true(mac_eq(&eth.src, addr_len ? &station : &none));
		assert_int_equal(mac_is_zero(&eth.dst), kinds[kind].flags == 0);
		assert_int_equal(pkt->flags, kinds[kind].flags);
		assert_int_equal(pkt->len, b.len);
		assert_memory_equal(pkt_l3(pkt), b.bytes, b.len);
		pkt_put(pkt);
		port_close(port);
	}
	/* Half a header is none. */
	write_capture(276, frame, 19, 19);
	{
		struct port *port = open_one(path, NULL, IFACE_RAW_IP);

		assert_null(pcap_port_next(port, &bed.pool));
		assert_int_equal(port_count(port)->losses.rx_bad, 1);
		port_close(port);
	}
	bed_close(&bed);
}

/* ---- pcapng ---------------------------------------------------------------------------------- */

/* Blocks of 32-bit words, the length before and behind each; the section's first block says in
 * which order of bytes the section is written (draft-ietf-opsawg-pcapng section 4).             */

struct blocks {
	bool swapped; /* big-endian where the machine is not */
	u32 len;
	u8 bytes[2048];
};

static void put(struct blocks *to, u64 value, u32 bytes)
{
	for (u32 i = 0; i < bytes; i++) {
		u32 at = to->swapped ? bytes - 1 - i : i;

		to->bytes[to->len++] = (u8)(value >> 8 * at);
	}
}

static void put_bytes(struct blocks *to, const void *bytes, u32 len)
{
	memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
	while (to->len % 4)
		to->bytes[to->len++] = 0;
}

static void put_option(struct blocks *to, u16 code, const void *bytes, u16 len)
{
	put(to, code, 2);
	put(to, len, 2);
	put_bytes(to, bytes, len);
}

/* Where its length stands, for block_end(). */
static u32 block_begin(struct blocks *to, u32 type)
{
	put(to, type, 4);
	put(to, 0, 4);
	return to->len - 4;
}

static void block_end(struct blocks *to, u32 at)
{
	u32 end = to->len, len = end + 4 - (at - 4);

	to->len = at;
	put(to, len, 4);
	to->len = end;
	put(to, len, 4);
}

static void put_section(struct blocks *to, bool swapped)
{
	u32 at;

	to->swapped = swapped;
	at = block_begin(to, 0x0a0d0d0a);
	put(to, 0x1a2b3c4d, 4);
	put(to, 1, 2);
	put(to, 0, 2);
	put(to, UINT64_MAX, 8);                /* the section's length is not said */
	put_option(to, 3, "a test of it", 12); /* shb_os */
	put_option(to, 1, "odd", 3);           /* opt_comment, padded */
	put_option(to, 0, "", 0);
	block_end(to, at);
}

/* resolution: digits behind the point of a second; 0: not said, which is 6. */
static void put_iface(struct blocks *to, u16 link_type, u8 resolution)
{
	u32 at = block_begin(to, 1);

	put(to, link_type, 2);
	put(to, 0, 2);
	put(to, 65535, 4);
	put_option(to, 2, "eth0", 4); /* if_name */
	if (resolution)
		put_option(to, 9, &resolution, 1); /* if_tsresol */
	put_option(to, 0, "", 0);
	block_end(to, at);
}

/* time in the interface's own units. */
static void put_packet(struct blocks *to, u32 iface, u64 time, const struct build *b)
{
	u32 at = block_begin(to, 6);

	put(to, iface, 4);
	put(to, time >> 32, 4);
	put(to, time & UINT32_MAX, 4);
	put(to, b->len, 4);
	put(to, b->len, 4);
	put_bytes(to, b->bytes, b->len);
	put_option(to, 1, "remark", 6);
	put_option(to, 0, "", 0);
	block_end(to, at);
}

/* What nobody has to know is passed over. */
static void put_other(struct blocks *to)
{
	u32 at = block_begin(to, 0x0bad);

	put_bytes(to, "nothing", 7);
	block_end(to, at);
}

static void write_blocks(const struct blocks *from)
{
	FILE *file = fopen(path, "wbe");

	assert_non_null(file);
	assert_int_equal(fwrite(from->bytes, from->len, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void udp_frame(struct build *b, const char *src, const char *dst, u32 len)
{
	const struct mac to = { { 2, 0, 0, 0, 0, 8 } }, from = { { 2, 0, 0, 0, 0, 7 } };

	build_start(b);
	build_eth(b, &to, &from, ETH_TYPE_IP4);
	build_ip4(b, addr(src), addr(dst), IP_PROTO_UDP);
	build_udp(b, 1, 2);
	build_payload(b, len, 0);
	build_seal(b);
}

static void expect_next(struct port *port, struct bed *bed, const struct build *b, ns_t when)
{
	struct pkt *pkt = pcap_port_next(port, &bed->pool);

	assert_non_null(pkt);
	assert_int_equal(pkt->rx_ns, when);
	assert_int_equal(pkt_frame_len(pkt), b->len);
	assert_memory_equal(pkt_frame(pkt), b->bytes, b->len);
	pkt_put(pkt);
}

/* Two interfaces, one in microseconds and one in nanoseconds, in either order of bytes. */
static void test_pcapng(void **state)
{
	const u64 seconds = 1700000000; /* more than 32 bits of microseconds hold */
	struct blocks file;
	struct build b[2];
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	udp_frame(&b[0], "10.0.0.1", "10.0.0.2", 9);
	udp_frame(&b[1], "10.0.0.3", "10.0.0.4", 32);
	for (u32 order = 0; order < 2; order++) {
		memset(&file, 0, sizeof file);
		put_section(&file, order == 1);
		put_iface(&file, 1, 0);
		put_other(&file);
		put_iface(&file, 1, 9);
		put_packet(&file, 0, seconds * 1000000 + 5, &b[0]);
		put_packet(&file, 1, seconds * NS_PER_SEC + 7, &b[1]);
		put_other(&file);
		put_other(&file);
		put_packet(&file, 0, seconds * 1000000 + 11, &b[1]);
		write_blocks(&file);
		port = open_one(path, NULL, IFACE_RAW_IP);
		assert_int_equal(port->link, IFACE_ETHERNET);
		expect_next(port, &bed, &b[0], seconds * NS_PER_SEC + 5 * NS_PER_US);
		expect_next(port, &bed, &b[1], seconds * NS_PER_SEC + 7);
		expect_next(port, &bed, &b[1], seconds * NS_PER_SEC + 11 * NS_PER_US);
		assert_null(pcap_port_next(port, &bed.pool));
		assert_true(pcap_port_ended(port));
		assert_null(pcap_port_broken(port));
		port_close(port);
	}
	bed_close(&bed);
}

/* A file may have several sections, as where two were put behind each other: interfaces are
 * numbered anew in each.                                                                        */
static void test_pcapng_sections(void **state)
{
	struct blocks file = { 0 };
	struct build b;
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	udp_frame(&b, "10.0.0.1", "10.0.0.2", 9);
	put_section(&file, false);
	put_iface(&file, 1, 6);
	put_packet(&file, 0, 3, &b);
	put_section(&file, false);
	put_iface(&file, 1, 9);
	put_packet(&file, 0, 4, &b);
	write_blocks(&file);
	port = open_one(path, NULL, IFACE_RAW_IP);
	expect_next(port, &bed, &b, 3 * NS_PER_US);
	expect_next(port, &bed, &b, 4);
	assert_null(pcap_port_next(port, &bed.pool));
	port_close(port);
	bed_close(&bed);
}

/* The packets before what can not be read are read; then the capture is at its end. */
static void test_pcapng_that_ends_early(void **state)
{
	struct blocks file = { 0 };
	struct build b;
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	udp_frame(&b, "10.0.0.1", "10.0.0.2", 9);
	put_section(&file, false);
	put_iface(&file, 1, 0);
	put_packet(&file, 0, 3, &b);
	put_packet(&file, 1, 4, &b); /* of an interface that there is not */
	put_packet(&file, 0, 5, &b);
	write_blocks(&file);
	port = open_one(path, NULL, IFACE_RAW_IP);
	expect_next(port, &bed, &b, 3 * NS_PER_US);
	assert_null(pcap_port_broken(port));
	assert_null(pcap_port_next(port, &bed.pool));
	assert_true(pcap_port_ended(port));
	assert_non_null(strstr(pcap_port_broken(port), "interface"));
	port_close(port);
	bed_close(&bed);
}

/* Of raw IP there is a file of one interface only: libpcap takes a second one for another link. */
static void test_pcapng_of_raw_ip(void **state)
{
	struct blocks file = { 0 };
	struct build b;
	struct bed bed;
	struct port *port;

	(void)state;
	bed_open(&bed);
	build_udp4(&b, addr("10.0.0.1"), 1, addr("10.0.0.2"), 2, 9);
	put_section(&file, false);
	put_iface(&file, 101, 9);
	put_packet(&file, 0, 5, &b);
	write_blocks(&file);
	port = open_one(path, NULL, IFACE_ETHERNET);
	assert_int_equal(port->link, IFACE_RAW_IP);
	expect_next(port, &bed, &b, 5);
	assert_null(pcap_port_next(port, &bed.pool));
	assert_null(pcap_port_broken(port));
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
		cmocka_unit_test_setup_teardown(test_cooked, path_make, path_remove),
		cmocka_unit_test_setup_teardown(test_unfit_packets_are_counted, path_make,
						path_remove),
		cmocka_unit_test_setup_teardown(test_pcapng, path_make, path_remove),
		cmocka_unit_test_setup_teardown(test_pcapng_sections, path_make, path_remove),
		cmocka_unit_test_setup_teardown(test_pcapng_that_ends_early, path_make,
						path_remove),
		cmocka_unit_test_setup_teardown(test_pcapng_of_raw_ip, path_make, path_remove),
		cmocka_unit_test(test_segments_are_refused),
		cmocka_unit_test_setup_teardown(test_errors_name_the_place, path_make, path_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
