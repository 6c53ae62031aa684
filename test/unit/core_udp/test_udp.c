/* Datagram endpoints by themselves: who hears what, what waits, what leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/udp/udp.h"
#include "fake/build.h"
#include "fake/seen.h"

enum { ENDS = 8, DGRAMS = 6, QUEUE = 4, OWNER = 7, IF_A = 0, IF_B = 1 };

#define OWN  "10.10.0.1"
#define OWN2 "10.20.0.1"
#define PEER "10.10.0.5"
#define RIP  "224.0.0.9"

struct bed {
	struct udp udp;
	struct pkt_pool pool;
	struct mem mem;
	void *memory;
	struct build b;
	u8 got[2048];
	struct udp_info info;
};

static void layout(struct bed *bed, struct mem *mem, const struct udp_conf *conf)
{
	struct pkt_pool_conf packets = { .small_count = 32, .large_count = 2 };

	pkt_pool_layout(&bed->pool, &packets, mem);
	udp_layout(&bed->udp, conf, mem);
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof *bed);
	struct hash_key key = { { 1, 2, 3, 4 } };
	struct udp_conf conf;
	struct mem plan;
	u64 size;

	udp_conf_defaults(&conf);
	conf.endpoint_limit = ENDS;
	conf.datagram_limit = DGRAMS;
	conf.queue_limit = QUEUE;
	conf.group_limit = 3;
	mem_init_plan(&plan);
	layout(bed, &plan, &conf);
	size = (plan.used + 63) / 64 * 64;
	bed->memory = aligned_alloc(64, size);
	memset(bed->memory, 0, size);
	mem_init(&bed->mem, bed->memory, size);
	layout(bed, &bed->mem, &conf);
	pkt_pool_init(&bed->pool);
	udp_init(&bed->udp, &bed->pool, &key, 100);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;
	struct pkt *pkt;

	while ((pkt = udp_pull(&bed->udp)) != NULL)
		pkt_put(pkt);
	udp_check(&bed->udp);
	for (u32 idx = 0; idx < ENDS; idx++) {
		if (slab_is_live(&bed->udp.ends, idx))
			udp_close(&bed->udp, (u64)end_at(&bed->udp, idx)->gen << 32 | idx);
	}
	udp_check(&bed->udp);
	assert_int_equal(bed->udp.dgrams.live, 0);
	assert_int_equal(bed->udp.groups.live, 0);
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++)
		assert_int_equal(bed->pool.free_count[class], bed->pool.count[class]);
	free(bed->memory);
	free(bed);
	return 0;
}

static udp_id open_end(struct bed *bed, u16 iface)
{
	struct udp_key key = { .proto = IP_PROTO_UDP, .iface = iface };
	udp_id id;

	assert_int_equal(udp_open(&bed->udp, &key, OWNER, &id), ERR_OK);
	return id;
}

static udp_id open_bound(struct bed *bed, const char *local, u16 port)
{
	udp_id id = open_end(bed, UDP_IFACE_ANY);

	assert_int_equal(
		udp_bind(&bed->udp, id, local == NULL ? (be32){ 0 } : addr(local), be16_of(port)),
		ERR_OK);
	return id;
}

static udp_id open_raw(struct bed *bed, u8 proto)
{
	struct udp_key key = { .proto = proto, .iface = UDP_IFACE_ANY, .raw = true };
	udp_id id;

	assert_int_equal(udp_open(&bed->udp, &key, OWNER, &id), ERR_OK);
	return id;
}

/* The packet of bed->b by an interface. */
static enum udp_fate packet_in(struct bed *bed, u16 iface)
{
	struct pkt *pkt = build_pkt(&bed->pool, &bed->b, iface);
	const struct ip4_hdr *ip = build_ip(&bed->b);
	bool group = ip4_is_multicast(ip->dst) || ip4_is_limited_broadcast(ip->dst);
	enum udp_fate fate;

	assert_non_null(pkt);
	pkt->l4 = (u16)(pkt->l3 + ip4_hlen(ip));
	fate = udp_raw_in(&bed->udp, pkt, group) ? UDP_TAKEN : UDP_NOBODY;
	if (ip->proto == IP_PROTO_UDP)
		fate = udp_in(&bed->udp, pkt, group);
	pkt_put(pkt);
	udp_check(&bed->udp);
	return fate;
}

static enum udp_fate datagram_in(struct bed *bed, const char *src, u16 sport, const char *dst,
				 u16 dport)
{
	build_udp4(&bed->b, addr(src), sport, addr(dst), dport, 20);
	return packet_in(bed, IF_A);
}

static bool hears(struct bed *bed, udp_id id)
{
	return udp_recv(&bed->udp, id, bed->got, sizeof bed->got, &bed->info);
}

static void test_a_bound_endpoint_reads_what_was_sent(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 520);
	u32 owner;

	assert_int_equal(udp_ready(&bed->udp, id), UDP_WRITABLE);
	assert_int_equal(datagram_in(bed, PEER, 4000, OWN, 520), UDP_TAKEN);
	assert_true(udp_news(&bed->udp, &owner));
	assert_int_equal(owner, OWNER);
	assert_false(udp_news(&bed->udp, &owner));
	assert_int_equal(udp_ready(&bed->udp, id), UDP_WRITABLE | UDP_READABLE);
	assert_true(udp_look(&bed->udp, id, bed->got, 4, &bed->info));
	assert_int_equal(bed->info.bytes, 20);
	assert_true(hears(bed, id));
	assert_memory_equal(bed->got, build_data(&bed->b), 20);
	assert_true(be32_eq(bed->info.src, addr(PEER)));
	assert_true(be32_eq(bed->info.dst, addr(OWN)));
	assert_int_equal(be16_host(bed->info.sport), 4000);
	assert_int_equal(bed->info.iface, IF_A);
	assert_int_equal(bed->info.ttl, 64);
	assert_false(hears(bed, id));
	assert_int_equal(datagram_in(bed, PEER, 4000, OWN, 521), UDP_NOBODY);
}

static void test_the_best_match_gets_it(void **state)
{
	struct bed *bed = *state;
	udp_id any = open_bound(bed, NULL, 53);
	udp_id other_any = open_end(bed, IF_B);
	udp_id exact = open_end(bed, UDP_IFACE_ANY);
	udp_id peer = open_end(bed, UDP_IFACE_ANY);

	assert_int_equal(udp_bind(&bed->udp, exact, addr(OWN), be16_of(53)), ERR_EXISTS);
	udp_opt(&bed->udp, any)->reuse = udp_opt(&bed->udp, exact)->reuse = true;
	udp_opt(&bed->udp, peer)->reuse = udp_opt(&bed->udp, other_any)->reuse = true;
	assert_int_equal(udp_bind(&bed->udp, exact, addr(OWN), be16_of(53)), ERR_OK);
	assert_int_equal(udp_bind(&bed->udp, peer, addr(OWN), be16_of(53)), ERR_OK);
	assert_int_equal(udp_bind(&bed->udp, other_any, (be32){ 0 }, be16_of(53)), ERR_OK);
	udp_connect(&bed->udp, peer, addr(OWN), addr(PEER), be16_of(9));

	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 53), UDP_TAKEN);
	assert_true(hears(bed, peer));
	assert_int_equal(datagram_in(bed, PEER, 10, OWN, 53), UDP_TAKEN);
	assert_true(hears(bed, exact));
	assert_int_equal(datagram_in(bed, PEER, 9, OWN2, 53), UDP_TAKEN);
	assert_true(hears(bed, any));
	build_udp4(&bed->b, addr(PEER), 9, addr(OWN2), 53, 1);
	assert_int_equal(packet_in(bed, IF_B), UDP_TAKEN);
	assert_true(hears(bed, other_any));
	udp_close(&bed->udp, peer);
	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 53), UDP_TAKEN);
	assert_true(hears(bed, exact));
}

/* Connected before its own address was known. */
static void test_a_peer_counts_more_than_an_address(void **state)
{
	struct bed *bed = *state;
	udp_id peer = open_bound(bed, NULL, 53), exact = open_end(bed, UDP_IFACE_ANY);

	udp_opt(&bed->udp, peer)->reuse = udp_opt(&bed->udp, exact)->reuse = true;
	assert_int_equal(udp_bind(&bed->udp, exact, addr(OWN), be16_of(53)), ERR_OK);
	udp_connect(&bed->udp, peer, (be32){ 0 }, addr(PEER), be16_of(9));
	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 53), UDP_TAKEN);
	assert_true(hears(bed, peer));
	assert_int_equal(datagram_in(bed, PEER, 10, OWN, 53), UDP_TAKEN);
	assert_true(hears(bed, exact));
}

static void test_zones_are_apart(void **state)
{
	struct bed *bed = *state;
	struct udp_key key = { .proto = IP_PROTO_UDP, .iface = UDP_IFACE_ANY, .zone = 2 };
	udp_id id;

	assert_int_equal(udp_open(&bed->udp, &key, OWNER, &id), ERR_OK);
	assert_int_equal(udp_bind(&bed->udp, id, (be32){ 0 }, be16_of(53)), ERR_OK);
	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 53), UDP_NOBODY);
	(void)open_bound(bed, NULL, 53);
}

static void test_a_queue_has_an_end(void **state)
{
	struct bed *bed = *state;
	udp_id one = open_bound(bed, NULL, 1), two = open_bound(bed, NULL, 2);

	for (u32 n = 0; n < QUEUE + 2; n++)
		assert_int_equal(datagram_in(bed, PEER, (u16)(100 + n), OWN, 1), UDP_TAKEN);
	assert_int_equal(bed->udp.stats.queue_full, 2);
	assert_int_equal(udp_find(&bed->udp, one)->dropped, 2);
	for (u32 n = 0; n < QUEUE; n++)
		assert_int_equal(datagram_in(bed, PEER, 9, OWN, 2), UDP_TAKEN);
	assert_int_equal(bed->udp.stats.datagrams_full, QUEUE + QUEUE - DGRAMS);
	/* The oldest stay. */
	for (u32 n = 0; n < QUEUE; n++) {
		assert_true(hears(bed, one));
		assert_int_equal(be16_host(bed->info.sport), 100 + n);
	}
	udp_opt(&bed->udp, one)->recv_bytes = 50;
	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 1), UDP_TAKEN);
	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 1), UDP_TAKEN);
	assert_int_equal(udp_find(&bed->udp, one)->count, 1);
	assert_true(hears(bed, two));
}

static void test_a_damaged_datagram_is_nobodys(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 53);

	build_udp4(&bed->b, addr(PEER), 9, addr(OWN), 53, 20);
	build_udp_hdr(&bed->b)->csum.raw ^= 1;
	assert_int_equal(packet_in(bed, IF_A), UDP_DAMAGED);
	assert_int_equal(bed->udp.stats.bad_checksum, 1);
	assert_false(hears(bed, id));
	/* None was made: RFC 768. */
	build_udp_hdr(&bed->b)->csum.raw = 0;
	assert_int_equal(packet_in(bed, IF_A), UDP_TAKEN);
	assert_true(hears(bed, id));
}

static void test_a_group_is_heard_by_its_members(void **state)
{
	struct bed *bed = *state;
	udp_id a = open_bound(bed, NULL, 520);
	udp_id b = open_end(bed, UDP_IFACE_ANY);

	udp_opt(&bed->udp, a)->reuse = udp_opt(&bed->udp, b)->reuse = true;
	assert_int_equal(udp_bind(&bed->udp, b, (be32){ 0 }, be16_of(520)), ERR_OK);
	assert_int_equal(datagram_in(bed, PEER, 520, RIP, 520), UDP_NOBODY);
	assert_int_equal(udp_join(&bed->udp, a, addr(RIP), IF_A), ERR_OK);
	assert_int_equal(udp_join(&bed->udp, a, addr(RIP), IF_A), ERR_EXISTS);
	assert_int_equal(udp_join(&bed->udp, a, addr(PEER), IF_A), ERR_RANGE);
	assert_int_equal(udp_join(&bed->udp, b, addr(RIP), IF_B), ERR_OK);
	assert_true(udp_has_group(&bed->udp, addr(RIP), IF_B));
	assert_int_equal(datagram_in(bed, PEER, 520, RIP, 520), UDP_TAKEN);
	assert_true(hears(bed, a));
	assert_true(be32_eq(bed->info.dst, addr(RIP)));
	assert_false(hears(bed, b));
	assert_int_equal(udp_join(&bed->udp, b, addr(RIP), IF_A), ERR_OK);
	assert_int_equal(udp_join(&bed->udp, b, addr("224.0.0.10"), IF_A), ERR_FULL);
	assert_int_equal(datagram_in(bed, PEER, 520, RIP, 520), UDP_TAKEN);
	assert_true(hears(bed, a));
	assert_true(hears(bed, b));
	assert_int_equal(udp_leave(&bed->udp, a, addr(RIP), IF_A), ERR_OK);
	assert_int_equal(udp_leave(&bed->udp, a, addr(RIP), IF_A), ERR_NOT_FOUND);
	assert_int_equal(datagram_in(bed, PEER, 520, RIP, 520), UDP_TAKEN);
	assert_false(hears(bed, a));
	/* All that have the port hear a broadcast. */
	assert_int_equal(datagram_in(bed, PEER, 520, "255.255.255.255", 520), UDP_TAKEN);
	assert_true(hears(bed, a));
	assert_true(hears(bed, b));
}

static void test_raw_endpoints_have_copies(void **state)
{
	struct bed *bed = *state;
	udp_id one = open_raw(bed, 89), two = open_raw(bed, 89),
	       icmp = open_raw(bed, IP_PROTO_ICMP);

	build_start(&bed->b);
	build_ip4(&bed->b, addr(PEER), addr("224.0.0.5"), 89);
	build_payload(&bed->b, 44, 1);
	build_seal(&bed->b);
	assert_int_equal(packet_in(bed, IF_B), UDP_NOBODY);
	assert_int_equal(udp_join(&bed->udp, one, addr("224.0.0.5"), IF_B), ERR_OK);
	assert_int_equal(packet_in(bed, IF_B), UDP_TAKEN);
	assert_true(hears(bed, one));
	assert_int_equal(bed->info.bytes, 64);
	assert_int_equal(bed->info.iface, IF_B);
	assert_memory_equal(bed->got, bed->b.bytes, 64);
	assert_false(hears(bed, two));
	build_ip(&bed->b)->dst = addr(OWN);
	build_seal(&bed->b);
	assert_int_equal(packet_in(bed, IF_B), UDP_TAKEN);
	assert_true(hears(bed, one));
	assert_true(hears(bed, two));
	assert_false(hears(bed, icmp));
}

static struct udp_send to(const char *dst, u16 port, u16 iface)
{
	return (struct udp_send){ .src = addr(OWN),
				  .dst = addr(dst),
				  .dport = be16_of(port),
				  .iface = iface,
				  .mtu = 1500,
				  .data = "hello",
				  .bytes = 5 };
}

static struct seen pulled(struct bed *bed, struct pkt **pkt)
{
	struct seen seen;

	*pkt = udp_pull(&bed->udp);
	assert_non_null(*pkt);
	assert_true(seen_parse(&seen, pkt_l3(*pkt), (*pkt)->len));
	assert_int_equal(seen.wrong, 0);
	return seen;
}

static void test_what_is_sent_is_a_right_packet(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 520);
	struct udp_send send = to(PEER, 53, UDP_IFACE_ANY);
	struct seen seen;
	struct pkt *pkt;

	udp_opt(&bed->udp, id)->tos = 0xc0;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	seen = pulled(bed, &pkt);
	assert_true(be32_eq(seen.src, addr(OWN)) && be32_eq(seen.dst, addr(PEER)));
	assert_int_equal(seen.sport, 520);
	assert_int_equal(seen.dport, 53);
	assert_int_equal(seen.ttl, 64);
	assert_int_equal(seen.tos, 0xc0);
	assert_false(seen.df);
	assert_int_equal(seen.data_len, 5);
	assert_memory_equal(seen.data, "hello", 5);
	assert_int_equal(pkt->flags & PKT_LOCAL_OUT, PKT_LOCAL_OUT);
	assert_int_equal(pkt->out_if, UDP_IFACE_ANY);
	pkt_put(pkt);
	send = to(RIP, 520, IF_B);
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	seen = pulled(bed, &pkt);
	assert_int_equal(seen.ttl, UDP_MULTICAST_TTL);
	assert_int_equal(pkt->out_if, IF_B);
	pkt_put(pkt);
}

static void test_members_here_hear_what_is_sent_to_a_group(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 520);
	struct udp_send send = to(RIP, 520, IF_B);

	assert_int_equal(udp_join(&bed->udp, id, addr(RIP), IF_B), ERR_OK);
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	assert_true(hears(bed, id));
	assert_int_equal(bed->info.iface, IF_B);
	udp_opt(&bed->udp, id)->multicast_loop = false;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	assert_false(hears(bed, id));
}

static void test_raw_sends_with_and_without_a_header(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_raw(bed, 89);
	struct udp_send send = to("224.0.0.5", 0, IF_A);
	struct seen seen;
	struct pkt *pkt;

	send.ttl = 7;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	seen = pulled(bed, &pkt);
	assert_int_equal(seen.proto, 89);
	assert_int_equal(seen.ttl, 7);
	assert_int_equal(seen.len, 25);
	pkt_put(pkt);
	udp_opt(&bed->udp, id)->header = true;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_RANGE);
	build_udp4(&bed->b, (be32){ 0 }, 1, addr(PEER), 2, 8);
	send = to(PEER, 0, UDP_IFACE_ANY);
	send.data = bed->b.bytes;
	send.bytes = bed->b.len;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	pkt = udp_pull(&bed->udp);
	assert_true(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	assert_int_equal(seen.wrong & SEEN_IP_CSUM, 0);
	assert_true(be32_eq(seen.src, addr(OWN)));
	pkt_put(pkt);
}

static void test_sizes_have_limits(void **state)
{
	static u8 data[UDP_DATA_MAX + 1];
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 520);
	struct udp_send send = to(PEER, 53, UDP_IFACE_ANY);
	struct pkt *pkt;

	send.data = data;
	send.bytes = UDP_DATA_MAX + 1;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_RANGE);
	send.bytes = UDP_DATA_MAX;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	(void)pulled(bed, &pkt);
	pkt_put(pkt);
	udp_opt(&bed->udp, id)->dont_fragment = true;
	send.bytes = 1500 - 28 + 1;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_RANGE);
	send.bytes--;
	assert_int_equal(udp_send(&bed->udp, id, &send), ERR_OK);
	assert_true(pulled(bed, &pkt).df);
	pkt_put(pkt);
	assert_int_equal(udp_send(&bed->udp, open_end(bed, UDP_IFACE_ANY), &send), ERR_RANGE);
}

static void test_who_found_no_room_hears_of_it(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 520);
	struct udp_send send = to(PEER, 53, UDP_IFACE_ANY);
	struct pkt *pkt;
	u32 owner;

	/* The pool is smaller than the outbox. */
	while (udp_send(&bed->udp, id, &send) == ERR_OK)
		continue;
	assert_int_equal(bed->udp.stats.no_packet, 1);
	assert_false(udp_news(&bed->udp, &owner));
	bed->udp.outbox_refused = true;
	while ((pkt = udp_pull(&bed->udp)) != NULL)
		pkt_put(pkt);
	assert_true(udp_news(&bed->udp, &owner));
}

static void test_icmp_is_heard_by_who_is_connected(void **state)
{
	struct bed *bed = *state;
	udp_id plain = open_bound(bed, NULL, 53), peer = open_bound(bed, NULL, 54);
	struct udp_key key = { .local = addr(OWN),
			       .peer = addr(PEER),
			       .local_port = be16_of(53),
			       .peer_port = be16_of(9),
			       .proto = IP_PROTO_UDP };

	udp_icmp_in(&bed->udp, &key, ICMP_UNREACH, ICMP_UNREACH_PORT);
	assert_int_equal(udp_ready(&bed->udp, plain), UDP_WRITABLE);
	udp_connect(&bed->udp, peer, addr(OWN), addr(PEER), be16_of(9));
	key.local_port = be16_of(54);
	udp_icmp_in(&bed->udp, &key, ICMP_TIME_EXCEEDED, 0);
	assert_int_equal(udp_ready(&bed->udp, peer), UDP_WRITABLE);
	udp_icmp_in(&bed->udp, &key, ICMP_UNREACH, ICMP_UNREACH_PORT);
	assert_int_equal(udp_ready(&bed->udp, peer), UDP_WRITABLE | UDP_FAILED);
	assert_int_equal(udp_take_error(&bed->udp, peer), UDP_ERR_REFUSED);
	assert_int_equal(udp_take_error(&bed->udp, peer), UDP_ERR_NONE);
	udp_icmp_in(&bed->udp, &key, ICMP_UNREACH, ICMP_UNREACH_HOST);
	assert_int_equal(udp_take_error(&bed->udp, peer), UDP_ERR_HOST_UNREACHABLE);
}

static void test_a_stale_handle_finds_nothing(void **state)
{
	struct bed *bed = *state;
	udp_id id = open_bound(bed, NULL, 53), others[ENDS];
	struct udp_key key = { .proto = IP_PROTO_UDP, .iface = UDP_IFACE_ANY };
	u32 owner;

	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 53), UDP_TAKEN);
	udp_close(&bed->udp, id);
	assert_false(udp_news(&bed->udp, &owner));
	assert_null(udp_find(&bed->udp, id));
	assert_int_equal(udp_ready(&bed->udp, id), 0);
	assert_int_equal(datagram_in(bed, PEER, 9, OWN, 53), UDP_NOBODY);
	for (u32 n = 0; n < ENDS; n++)
		others[n] = open_end(bed, UDP_IFACE_ANY);
	assert_int_equal(udp_open(&bed->udp, &key, OWNER, &id), ERR_FULL);
	udp_close(&bed->udp, others[3]);
	assert_int_equal(udp_open(&bed->udp, &key, OWNER, &id), ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_bound_endpoint_reads_what_was_sent),
		TEST(test_the_best_match_gets_it),
		TEST(test_a_peer_counts_more_than_an_address),
		TEST(test_zones_are_apart),
		TEST(test_a_queue_has_an_end),
		TEST(test_a_damaged_datagram_is_nobodys),
		TEST(test_a_group_is_heard_by_its_members),
		TEST(test_raw_endpoints_have_copies),
		TEST(test_what_is_sent_is_a_right_packet),
		TEST(test_members_here_hear_what_is_sent_to_a_group),
		TEST(test_raw_sends_with_and_without_a_header),
		TEST(test_sizes_have_limits),
		TEST(test_who_found_no_room_hears_of_it),
		TEST(test_icmp_is_heard_by_who_is_connected),
		TEST(test_a_stale_handle_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
