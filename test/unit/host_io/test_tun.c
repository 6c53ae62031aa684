/* A TUN device against the kernel's own stack, in a namespace of the test's own. */
#include "unit/host_io/bed.h"
#include "unit/host_io/netns.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/io/tun.h"

enum { DATA_LEN = 1200, MANY = 40, SEGMENT_LEN = 1000, WAIT_MS = 5000 };

struct tun_bed {
	struct bed bed;
	struct port *port;
	int sock; /* bound to 10.77.0.1 port 5000, talks to 10.77.0.2 port 7 */
};

static void talk_open(struct tun_bed *t)
{
	const struct tun_conf conf = { .name = "slt%d", .iface = 6, .mtu = 1400 };
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_port = be16_of(5000).raw,
				   .sin_addr = { addr("10.77.0.1").raw } };
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_port = be16_of(7).raw,
				    .sin_addr = { addr("10.77.0.2").raw } };
	char why[PORT_WHY_SIZE] = "";

	bed_open(&t->bed);
	t->port = tun_open(&conf, why, sizeof why);
	if (t->port == NULL)
		fail_msg("%s", why);
	netns_ip("link set %s addrgenmode none", t->port->name);
	netns_ip("addr add 10.77.0.1/24 dev %s", t->port->name);
	t->sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(t->sock, (struct sockaddr *)&own, sizeof own), 0);
	assert_int_equal(connect(t->sock, (struct sockaddr *)&peer, sizeof peer), 0);
}

static void talk_close(struct tun_bed *t)
{
	(void)close(t->sock);
	port_close(t->port);
	bed_close(&t->bed);
}

static bool readable(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, WAIT_MS) == 1;
}

/* Packets for the peer only: the kernel may have more to say on a new device. */
static u32 receive(struct tun_bed *t, u32 wanted)
{
	struct batch *rx = &t->bed.batch;
	u32 kept = 0;

	while (kept < wanted && readable(port_fd(t->port))) {
		(void)port_rx(t->port, &t->bed.pool, rx);
		for (u32 i = kept; i < rx->count; i++) {
			struct pkt *pkt = rx->pkt[i];
			struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);

			if (pkt->len >= 28 && be32_eq(ip->dst, addr("10.77.0.2")))
				rx->pkt[kept++] = pkt;
			else
				pkt_put(pkt);
		}
		rx->count = kept;
	}
	return kept;
}

/* Sent back with addresses and ports exchanged, no checksum changes by that. */
static void turn(struct pkt *pkt)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);
	struct udp_hdr *udp = (struct udp_hdr *)(pkt_l3(pkt) + 20);
	const be32 src = ip->src;
	const be16 sport = udp->sport;

	ip->src = ip->dst;
	ip->dst = src;
	udp->sport = udp->dport;
	udp->dport = sport;
}

static void test_facts(void **state)
{
	struct tun_bed t;

	(void)state;
	talk_open(&t);
	assert_int_equal(strncmp(t.port->name, "slt", 3), 0);
	assert_int_equal(t.port->link, IFACE_RAW_IP);
	assert_int_equal(t.port->mtu, 1400);
	assert_int_equal(t.port->offloads & IFACE_TX_TSO, IFACE_TX_TSO);
	assert_true(t.port->up);
	netns_ip("link set %s mtu 1300 down", t.port->name);
	assert_true(port_refresh(t.port));
	assert_int_equal(t.port->mtu, 1300);
	assert_false(t.port->up);
	talk_close(&t);
}

static void test_there_and_back(void **state)
{
	u8 data[DATA_LEN], got[DATA_LEN + 1];
	struct tun_bed t;

	(void)state;
	talk_open(&t);
	memset(data, 0x5a, sizeof data);
	for (u32 i = 0; i < MANY; i++) {
		data[0] = (u8)i;
		assert_int_equal(send(t.sock, data, sizeof data, 0), DATA_LEN);
	}
	assert_int_equal(receive(&t, MANY), MANY);
	for (u32 i = 0; i < MANY; i++) {
		struct pkt *pkt = t.bed.batch.pkt[i];

		assert_int_equal(pkt->len, DATA_LEN + 28);
		assert_int_equal(pkt->flags & PKT_RAW_IP, PKT_RAW_IP);
		assert_int_equal(pkt->in_if, 6);
		assert_int_equal(pkt_l3(pkt)[28], i);
		turn(pkt);
	}
	assert_int_equal(port_tx(t.port, &t.bed.batch), MANY);
	assert_int_equal(t.bed.batch.count, 0);
	for (u32 i = 0; i < MANY; i++) {
		assert_true(readable(t.sock));
		assert_int_equal(recv(t.sock, got, sizeof got, 0), DATA_LEN);
		assert_int_equal(got[0], i);
	}
	talk_close(&t);
}

/* One segment of 40,000 bytes crosses whole in both directions, and as packets where the kernel is
 * too old for UDP segments.                                                                     */
static void test_large_segment(void **state)
{
	enum { WHOLE = MANY * SEGMENT_LEN };
	static u8 data[WHOLE];
	const int size = SEGMENT_LEN;
	struct tun_bed t;
	u32 bytes = 0;

	(void)state;
	talk_open(&t);
	memset(data, 0x33, sizeof data);
	assert_int_equal(setsockopt(t.sock, SOL_UDP, UDP_SEGMENT, &size, sizeof size), 0);
	for (u32 round = 0; round < 3; round++) {
		u32 packets = (t.port->offloads & IFACE_TX_USO) != 0 ? 1 : MANY;

		assert_int_equal(send(t.sock, data, sizeof data, 0), WHOLE);
		assert_int_equal(receive(&t, packets), packets);
		if (packets == 1) {
			assert_int_equal(t.bed.batch.pkt[0]->len, WHOLE + 28);
			assert_int_equal(t.bed.batch.pkt[0]->gso_type, GSO_UDP_L4);
			assert_int_equal(t.bed.batch.pkt[0]->gso_size, SEGMENT_LEN);
			assert_int_equal(pkt_l3(t.bed.batch.pkt[0])[WHOLE + 27], 0x33);
		}
		for (u32 i = 0; i < packets; i++)
			turn(t.bed.batch.pkt[i]);
		assert_int_equal(port_tx(t.port, &t.bed.batch), packets);
		for (bytes = 0; bytes < WHOLE && readable(t.sock);)
			bytes += (u32)recv(t.sock, data, sizeof data, 0);
		assert_int_equal(bytes, WHOLE);
	}
	talk_close(&t);
}

/* Without a large buffer the segment is counted and lost, and the next packet is not. */
static void test_no_large_buffer(void **state)
{
	enum { WHOLE = MANY * SEGMENT_LEN };
	static u8 data[WHOLE];
	const int size = SEGMENT_LEN, none = 0;
	struct pkt *taken[BED_LARGE];
	struct tun_bed t;

	(void)state;
	talk_open(&t);
	if ((t.port->offloads & IFACE_TX_USO) == 0) {
		talk_close(&t);
		skip();
	}
	for (u32 i = 0; i < BED_LARGE; i++)
		taken[i] = pkt_new(&t.bed.pool, 60000);
	assert_int_equal(setsockopt(t.sock, SOL_UDP, UDP_SEGMENT, &size, sizeof size), 0);
	assert_int_equal(send(t.sock, data, sizeof data, 0), WHOLE);
	assert_int_equal(setsockopt(t.sock, SOL_UDP, UDP_SEGMENT, &none, sizeof none), 0);
	while (port_count(t.port)->losses.rx_no_packet == 0 && readable(port_fd(t.port)))
		(void)port_rx(t.port, &t.bed.pool, &t.bed.batch);
	assert_int_equal(port_count(t.port)->losses.rx_no_packet, 1);
	while (t.bed.batch.count > 0) {
		assert_true(t.bed.batch.pkt[--t.bed.batch.count]->len < SEGMENT_LEN);
		pkt_put(t.bed.batch.pkt[t.bed.batch.count]);
	}
	for (u32 i = 0; i < BED_LARGE; i++)
		pkt_put(taken[i]);
	assert_int_equal(send(t.sock, data, 10, 0), 10);
	assert_int_equal(receive(&t, 1), 1);
	assert_int_equal(t.bed.batch.pkt[0]->len, 38);
	talk_close(&t);
}

static void test_refused(void **state)
{
	struct build b;
	struct tun_bed t;

	(void)state;
	talk_open(&t);
	netns_ip("link set %s down", t.port->name);
	build_udp4(&b, addr("10.77.0.2"), 7, addr("10.77.0.1"), 5000, 10);
	(void)bed_add(&t.bed, &b);
	assert_int_equal(port_tx(t.port, &t.bed.batch), 0);
	assert_int_equal(t.bed.batch.count, 1);
	assert_int_equal(port_count(t.port)->losses.tx_refused, 1);
	talk_close(&t);
}

static void test_errors_name_the_place(void **state)
{
	const struct tun_conf conf = { .name = "a-name-that-is-too-long" };
	char why[PORT_WHY_SIZE] = "";

	(void)state;
	assert_null(tun_open(&conf, why, sizeof why));
	assert_non_null(strstr(why, conf.name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_large_segment),
		cmocka_unit_test(test_no_large_buffer),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_errors_name_the_place),
	};

	if (!netns_enter())
		return netns_skip(ARRAY_COUNT(tests), "no network namespace to be had");
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		return netns_skip(ARRAY_COUNT(tests), "/dev/net/tun is root's alone here");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
