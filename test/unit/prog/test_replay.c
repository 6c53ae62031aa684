/* Replay: captures are written, go through a gateway, and what left is read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake/build.h"
#include "fake/seen.h"
#include "host/io/pcap.h"
#include "prog/replay.h"

enum { WORDS_MAX = 40, OUT_MAX = 64 };

static const struct mac gateway_in = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac gateway_out = { { 2, 0, 0, 0, 0, 2 } };
static const struct mac host = { { 2, 0, 0, 0, 0, 9 } };

struct bed {
	char folder[64];
	char text[1024];
	struct mem mem;
	void *region;
	struct pkt_pool pool;
	struct build b;
	struct port *writer;
	struct replay_args args;
	struct run_errors errors;
	struct replay_counts counts;
	u64 drops;
	u32 out_count;
	ns_t out_ns[OUT_MAX];
	u32 out_len[OUT_MAX];
	u8 out[OUT_MAX][256];
};

static int setup(void **state)
{
	const struct pkt_pool_conf conf = { 64, 2, 1 };
	struct bed *bed = calloc(1, sizeof *bed);

	if (!bed)
		return -1;
	snprintf(bed->folder, sizeof bed->folder, "/tmp/sluice-replay-XXXXXX");
	bed->region = aligned_alloc(64, 1 << 20);
	if (!mkdtemp(bed->folder) || !bed->region)
		return -1;
	memset(bed->region, 0, 1 << 20);
	mem_init(&bed->mem, bed->region, 1 << 20);
	pkt_pool_layout(&bed->pool, &conf, &bed->mem);
	pkt_pool_init(&bed->pool);
	*state = bed;
	return 0;
}

static const char *file_in(const struct bed *bed, const char *name)
{
	static char path[4][128];
	static u32 turn;
	char *at = path[turn++ % 4];

	snprintf(at, sizeof path[0], "%s/%s", bed->folder, name);
	return at;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	unlink(file_in(bed, "a"));
	unlink(file_in(bed, "b"));
	unlink(file_in(bed, "out"));
	rmdir(bed->folder);
	free(bed->region);
	free(bed);
	return 0;
}

static void write_begin(struct bed *bed, const char *name, enum iface_link link)
{
	const struct pcap_conf conf = { "w", 0, NULL, file_in(bed, name), link };
	char why[PORT_WHY_SIZE];

	bed->writer = pcap_port_open(&conf, why, sizeof why);
	assert_non_null(bed->writer);
}

/* What bed->b holds, at this time. */
static void write_at(struct bed *bed, u64 ms)
{
	struct batch tx = { .count = 1 };

	tx.pkt[0] = build_pkt(&bed->pool, &bed->b, 0);
	assert_non_null(tx.pkt[0]);
	tx.pkt[0]->rx_ns = 1700000000 * NS_PER_SEC + ms * NS_PER_MS;
	assert_int_equal(port_tx(bed->writer, &tx), 1);
}

static void udp_frame(struct bed *bed, const struct mac *dst, const struct mac *src, be32 from,
		      be32 to)
{
	build_start(&bed->b);
	if (dst)
		build_eth(&bed->b, dst, src, ETH_TYPE_IP4);
	build_ip4(&bed->b, from, to, IP_PROTO_UDP);
	build_udp(&bed->b, 5000, 53);
	build_payload(&bed->b, 10, 1);
	build_seal(&bed->b);
}

static bool parse(struct bed *bed, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool parse(struct bed *bed, const char *format, ...)
{
	char *argv[WORDS_MAX + 1];
	int argc = 0;
	va_list list;

	va_start(list, format);
	vsnprintf(bed->text, sizeof bed->text, format, list);
	va_end(list);
	for (char *word = strtok(bed->text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	replay_args_parse(argc, argv, &bed->args, &bed->errors);
	return bed->errors.count == 0;
}

static bool place(struct bed *bed)
{
	replay_args_place(&bed->args, bed->args.run.iface, bed->args.run.iface_count, &bed->errors);
	return bed->errors.count == 0;
}

static void write_text(struct bed *bed, const char *name, const char *text)
{
	FILE *file = fopen(file_in(bed, name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

#define GATEWAY                                                                                    \
	"--lan lan0=10.10.0.1/16 --wan wan0=198.18.0.1/16 --gateway 198.18.0.2 --flows 1024 "      \
	"--mappings 1024"

static void run(struct bed *bed)
{
	struct replay *replay = replay_open(&bed->args, &bed->errors);
	struct sluice_counter rows[128];
	u32 cursor = 0, count;

	if (!replay)
		fail_msg("%s", bed->errors.text[0]);
	replay_run(replay);
	bed->counts = *replay_counted(replay);
	count = sluice_show_drops(replay_engine(replay), &cursor, rows, 128);
	bed->drops = 0;
	for (u32 n = 0; n < count; n++)
		bed->drops += rows[n].count;
	sluice_check(replay_engine(replay));
	replay_close(replay);
}

static void read_out(struct bed *bed)
{
	const struct pcap_conf conf = { "r", 0, file_in(bed, "out"), NULL, IFACE_RAW_IP };
	char why[PORT_WHY_SIZE];
	struct port *port = pcap_port_open(&conf, why, sizeof why);
	struct batch rx = { 0 };

	assert_non_null(port);
	bed->out_count = 0;
	while (!pcap_port_ended(port))
		port_rx(port, &bed->pool, &rx);
	for (u32 n = 0; n < rx.count; n++) {
		struct pkt *pkt = rx.pkt[n];

		bed->out_ns[n] = pkt->rx_ns;
		bed->out_len[n] = u32_min(pkt->len, sizeof bed->out[0]);
		memcpy(bed->out[n], pkt_l3(pkt), bed->out_len[n]);
		pkt_put(pkt);
	}
	bed->out_count = rx.count;
	port_close(port);
}

/* One capture of the inside link of a gateway, with its own packets in it. */
static void write_inside(struct bed *bed)
{
	write_begin(bed, "a", IFACE_ETHERNET);
	udp_frame(bed, &gateway_in, &host, addr("10.10.0.5"), addr("203.0.113.9"));
	write_at(bed, 0);
	udp_frame(bed, &host, &gateway_in, addr("203.0.113.9"), addr("10.10.0.5"));
	write_at(bed, 20);
	build_arp(&bed->b, ARP_REQUEST, &host, addr("10.10.0.5"), addr("10.10.0.1"));
	write_at(bed, 30);
	udp_frame(bed, &gateway_in, &host, addr("10.10.0.6"), addr("203.0.113.9"));
	build_ip(&bed->b)->ttl = 1;
	build_seal(&bed->b);
	write_at(bed, 1500);
	port_close(bed->writer);
}

static void one_capture_and_its_counts(void **state)
{
	struct bed *bed = *state;
	struct seen seen;

	write_inside(bed);
	assert_true(parse(bed, "replay %s -o %s --mac lan0=02:00:00:00:00:01 " GATEWAY,
			  file_in(bed, "a"), file_in(bed, "out")));
	run(bed);
	assert_int_equal(bed->counts.read, 4);
	assert_int_equal(bed->counts.own, 1);
	assert_int_equal(bed->counts.not_ip, 1);
	assert_int_equal(bed->counts.in[0], 2);
	assert_int_equal(bed->counts.out[1], 1);
	assert_int_equal(bed->counts.out[0], 1); /* time exceeded */
	assert_int_equal(bed->drops, 1);
	assert_int_equal(bed->counts.lasted_ns, 1500 * NS_PER_MS);
	read_out(bed);
	assert_int_equal(bed->out_count, 2);
	assert_true(seen_parse(&seen, bed->out[0], bed->out_len[0]));
	assert_int_equal(seen.wrong, 0);
	assert_true(be32_eq(seen.src, addr("198.18.0.1")));
	assert_int_equal(bed->out_ns[0], 1700000000 * NS_PER_SEC);
	assert_true(seen_parse(&seen, bed->out[1], bed->out_len[1]));
	assert_int_equal(seen.type, ICMP_TIME_EXCEEDED);
	assert_int_equal(bed->out_ns[1], 1700000000 * NS_PER_SEC + 1500 * NS_PER_MS);
}

static void the_same_again(void **state)
{
	struct bed *bed = *state;
	u8 first[256];
	u32 len;

	write_inside(bed);
	assert_true(parse(bed, "replay %s -o %s " GATEWAY, file_in(bed, "a"), file_in(bed, "out")));
	run(bed);
	read_out(bed);
	len = bed->out_len[0];
	memcpy(first, bed->out[0], len);
	run(bed);
	read_out(bed);
	assert_int_equal(bed->out_len[0], len);
	assert_memory_equal(bed->out[0], first, len);
	assert_true(parse(bed, "replay %s -o %s --seed %064d " GATEWAY, file_in(bed, "a"),
			  file_in(bed, "out"), 7));
	run(bed);
	read_out(bed);
	assert_memory_not_equal(bed->out[0], first, len); /* another port */
}

/* Two captures of raw IP, merged by their times; the answer comes by the outside's. */
static void two_captures_are_merged(void **state)
{
	struct bed *bed = *state;
	struct seen seen;
	u16 port;

	write_begin(bed, "a", IFACE_RAW_IP);
	udp_frame(bed, NULL, NULL, addr("10.10.0.5"), addr("203.0.113.9"));
	write_at(bed, 0);
	port_close(bed->writer);
	assert_true(parse(bed, "replay %s -o %s " GATEWAY, file_in(bed, "a"), file_in(bed, "out")));
	run(bed);
	read_out(bed);
	assert_true(seen_parse(&seen, bed->out[0], bed->out_len[0]));
	port = seen.sport;
	write_begin(bed, "b", IFACE_RAW_IP);
	build_udp4(&bed->b, addr("203.0.113.9"), 53, addr("198.18.0.1"), port, 10);
	write_at(bed, 40);
	port_close(bed->writer);
	assert_true(parse(bed, "replay wan0=%s lan0=%s -o lan0=%s " GATEWAY, file_in(bed, "b"),
			  file_in(bed, "a"), file_in(bed, "out")));
	run(bed);
	assert_int_equal(bed->counts.in[1], 1);
	assert_int_equal(bed->counts.out[0], 1);
	assert_int_equal(bed->counts.not_written, 1); /* what left by wan0 */
	read_out(bed);
	assert_int_equal(bed->out_count, 1);
	assert_true(seen_parse(&seen, bed->out[0], bed->out_len[0]));
	assert_true(be32_eq(seen.dst, addr("10.10.0.5")));
	assert_int_equal(seen.dport, 5000);
}

/* Also where the interface of the capture is said, what the gateway sent is left out. */
static void own_packets_of_a_named_capture(void **state)
{
	struct bed *bed = *state;

	write_inside(bed);
	assert_true(parse(bed, "replay lan0=%s --mac lan0=02:00:00:00:00:01 " GATEWAY,
			  file_in(bed, "a")));
	run(bed);
	assert_int_equal(bed->counts.own, 1);
	assert_int_equal(bed->counts.not_ip, 1);
	assert_int_equal(bed->counts.in[0], 2);
	assert_int_equal(bed->counts.in[1], 0);
}

/* A word with '=' is meant for an interface; interfaces of the host have no say. */
static void mistakes_tell_the_remedy(void **state)
{
	struct bed *bed = *state;

	assert_true(parse(bed, "replay lanx=in.pcap " GATEWAY));
	assert_false(place(bed));
	assert_string_equal(bed->errors.text[0],
			    "lanx=in.pcap: the gateway has no interface 'lanx'; a file of this "
			    "name is ./lanx=in.pcap");
	assert_true(parse(bed, "replay a.pcap -o wanx=out.pcap " GATEWAY));
	assert_false(place(bed));
	assert_true(parse(bed, "replay ./lanx=in.pcap -o /tmp/a=b.pcap " GATEWAY));
	assert_true(place(bed));
	assert_true(parse(bed, "replay a.pcap --lan lan0 --wan wan0=198.18.0.1/16"));
	assert_null(replay_open(&bed->args, &bed->errors));
	assert_string_equal(bed->errors.text[0],
			    "lan0 has no IPv4 address; give one, as in --lan lan0=10.10.0.1/16");
}

static const char few_large[] = "interfaces:\n"
				"  - {name: lan0, side: inside, addresses: 10.10.0.1/16}\n"
				"  - {name: wan0, side: outside, addresses: 198.18.0.1/16}\n"
				"limits: {flows: 1024, mappings: 1024, large-packets: 16}\n"
				"nat: {rules: [{source: 10.10.0.0/16, kind: masquerade}]}\n";

/* More large packets in each capture than the engine has buffers for. */
static void no_packet_is_lost_for_want_of_buffers(void **state)
{
	struct bed *bed = *state;

	for (u32 file = 0; file < 2; file++) {
		write_begin(bed, file == 0 ? "a" : "b", IFACE_RAW_IP);
		build_udp4(&bed->b, addr("10.10.0.5"), (u16)(5000 + file), addr("198.18.0.9"), 53,
			   4000);
		for (u32 n = 0; n < 40; n++)
			write_at(bed, n * 10 + file);
		port_close(bed->writer);
	}
	write_text(bed, "conf", few_large);
	assert_true(parse(bed, "replay --config %s lan0=%s lan0=%s", file_in(bed, "conf"),
			  file_in(bed, "a"), file_in(bed, "b")));
	run(bed);
	assert_int_equal(bed->counts.bad, 0);
	assert_int_equal(bed->counts.no_room, 0);
	assert_int_equal(bed->counts.read, 80);
	assert_int_equal(bed->counts.in[0], 80);
	assert_int_equal(bed->counts.out[1], 80 * 3);
	assert_int_equal(bed->drops, 0);
	unlink(file_in(bed, "conf"));
}

/* Pieces that wait for their others may hold all buffers: what is left out then was not broken. */
static void no_room_is_not_broken(void **state)
{
	struct bed *bed = *state;

	write_begin(bed, "a", IFACE_RAW_IP);
	for (u32 n = 0; n < 20; n++) {
		build_udp4(&bed->b, addr("10.10.0.5"), 5000, addr("198.18.0.9"), 53, 4000);
		build_ip(&bed->b)->id = be16_of((u16)(n + 1));
		build_ip(&bed->b)->frag = be16_of(IP4_MF);
		build_seal(&bed->b);
		write_at(bed, n);
	}
	port_close(bed->writer);
	write_text(bed, "conf", few_large);
	assert_true(
		parse(bed, "replay --config %s lan0=%s", file_in(bed, "conf"), file_in(bed, "a")));
	run(bed);
	assert_int_equal(bed->counts.bad, 0);
	assert_int_equal(bed->counts.read, 20);
	assert_int_equal(bed->counts.in[0], 16);
	assert_int_equal(bed->counts.no_room, 4);
	unlink(file_in(bed, "conf"));
}

/* The captures' own time: a flow that was silent for longer than its time-out is another one. */
static void time_passes(void **state)
{
	struct bed *bed = *state;

	write_begin(bed, "a", IFACE_RAW_IP);
	udp_frame(bed, NULL, NULL, addr("10.10.0.5"), addr("203.0.113.9"));
	write_at(bed, 0);
	udp_frame(bed, NULL, NULL, addr("10.10.0.6"), addr("203.0.113.9"));
	write_at(bed, 1000 * 1000);
	port_close(bed->writer);
	assert_true(parse(bed, "replay %s " GATEWAY, file_in(bed, "a")));
	run(bed);
	assert_int_equal(bed->counts.lasted_ns, 1000 * NS_PER_SEC);
	assert_int_equal(bed->counts.not_written, 2);
	assert_int_equal(bed->drops, 0);
}

static void by_which_interface(void **state)
{
	struct bed *bed = *state;
	struct eth_hdr eth = { .dst = gateway_out, .src = host };
	u16 iface;

	assert_true(parse(bed, "replay x --mac wan0=02:00:00:00:00:02 " GATEWAY));
	assert_true(place(bed));
	assert_true(replay_iface(&bed->args, &eth, addr("10.10.0.5"), &iface));
	assert_int_equal(iface, 1);
	eth.dst = gateway_in; /* unknown: its network decides */
	assert_true(replay_iface(&bed->args, &eth, addr("10.10.0.5"), &iface));
	assert_int_equal(iface, 0);
	assert_true(replay_iface(&bed->args, NULL, addr("203.0.113.9"), &iface));
	assert_int_equal(iface, 1);
	eth.src = gateway_out;
	assert_false(replay_iface(&bed->args, &eth, addr("10.10.0.5"), &iface));
}

/* A gateway that a file describes; the capture may stand anywhere. */
static void by_a_file(void **state)
{
	struct bed *bed = *state;
	const char *begin = "interfaces:\n"
			    "  - {name: lan0, side: inside, addresses: 10.10.0.1/16}\n"
			    "  - {name: wan0, side: outside, addresses: 198.18.0.1/16}\n"
			    "limits: {flows: 1024, mappings: 1024}\n"
			    "nat: {rules: [{source: 10.10.0.0/16, kind: masquerade}]}\n";
	char text[1024];

	write_begin(bed, "a", IFACE_RAW_IP);
	udp_frame(bed, NULL, NULL, addr("10.10.0.5"), addr("198.18.0.9"));
	write_at(bed, 0);
	port_close(bed->writer);
	write_text(bed, "conf", begin);
	assert_true(parse(bed, "replay --config %s %s -o %s", file_in(bed, "conf"),
			  file_in(bed, "a"), file_in(bed, "out")));
	run(bed);
	assert_int_equal(bed->counts.in[0], 1);
	assert_int_equal(bed->counts.out[1], 1);
	read_out(bed);
	assert_int_equal(bed->out_count, 1);
	assert_memory_equal(&((const struct ip4_hdr *)(const void *)bed->out[0])->src,
			    &(be32[]){ addr("198.18.0.1") }, 4);
	snprintf(text, sizeof text, "%sfilter: {rules: [{protocol: udp, action: drop}]}\n", begin);
	write_text(bed, "conf", text);
	assert_true(parse(bed, "replay %s --config %s", file_in(bed, "a"), file_in(bed, "conf")));
	run(bed);
	assert_int_equal(bed->counts.out[1], 0);
	assert_int_equal(bed->drops, 1);
	write_text(bed, "conf", "interface: 3\n");
	assert_true(parse(bed, "replay %s --config %s", file_in(bed, "a"), file_in(bed, "conf")));
	assert_null(replay_open(&bed->args, &bed->errors));
	assert_non_null(strstr(bed->errors.text[0], "conf:1:1: "));
	unlink(file_in(bed, "conf"));
}

static void what_is_wrong_is_said(void **state)
{
	struct bed *bed = *state;

	assert_false(parse(bed, "replay " GATEWAY));
	assert_non_null(strstr(bed->errors.text[0], "a capture is missing"));
	assert_true(parse(bed, "replay x --mac gw9=02:00:00:00:00:02 " GATEWAY));
	assert_false(place(bed));
	assert_non_null(strstr(bed->errors.text[0], "--mac gw9="));
	assert_true(parse(bed, "replay x --mac wan0=02:00 " GATEWAY));
	assert_false(place(bed));
	assert_false(parse(bed, "replay x --lan lan0=10.10.0.1/16"));
	assert_non_null(strstr(bed->errors.text[0], "--wan is missing"));
	assert_false(parse(bed, "replay x " GATEWAY " -o"));
	assert_true(parse(bed, "replay %s " GATEWAY, file_in(bed, "none")));
	assert_null(replay_open(&bed->args, &bed->errors));
	assert_non_null(strstr(bed->errors.text[0], "capture"));
}

/* What could be read is replayed; that this was not all is said. */
static void a_capture_that_was_cut(void **state)
{
	struct bed *bed = *state;
	struct replay *replay;
	struct stat about;

	write_begin(bed, "a", IFACE_RAW_IP);
	udp_frame(bed, NULL, NULL, addr("10.10.0.2"), addr("198.18.0.2"));
	write_at(bed, 0);
	write_at(bed, 1);
	port_close(bed->writer);
	assert_int_equal(stat(file_in(bed, "a"), &about), 0);
	assert_true(parse(bed, "replay %s " GATEWAY, file_in(bed, "a")));
	replay = replay_open(&bed->args, &bed->errors);
	assert_non_null(replay);
	replay_run(replay);
	replay_broken(replay, &bed->errors);
	assert_int_equal(bed->errors.count, 0);
	replay_close(replay);
	assert_int_equal(truncate(file_in(bed, "a"), about.st_size - 1), 0);
	assert_true(parse(bed, "replay %s " GATEWAY, file_in(bed, "a")));
	replay = replay_open(&bed->args, &bed->errors);
	assert_non_null(replay);
	replay_run(replay);
	assert_int_equal(replay_counted(replay)->read, 1);
	replay_broken(replay, &bed->errors);
	assert_int_equal(bed->errors.count, 1);
	assert_non_null(strstr(bed->errors.text[0], "/a can not be read to its end"));
	replay_close(replay);
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BED(one_capture_and_its_counts),
		WITH_BED(the_same_again),
		WITH_BED(two_captures_are_merged),
		WITH_BED(time_passes),
		WITH_BED(by_which_interface),
		WITH_BED(by_a_file),
		WITH_BED(what_is_wrong_is_said),
		WITH_BED(own_packets_of_a_named_capture),
		WITH_BED(mistakes_tell_the_remedy),
		WITH_BED(no_packet_is_lost_for_want_of_buffers),
		WITH_BED(no_room_is_not_broken),
		WITH_BED(a_capture_that_was_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
