/* Split connections, packet by packet: who says what to whom, in whose name and numbers. */
#include "unit/core_path/path_bed.h"

enum { HOST_ISS = 1000, SERVER_ISS = 5000000, SPORT = 40000 };

/* Where the three sequence spaces are that the test does not choose itself. */
struct split_bed {
	struct path_bed *path;
	u16 public_port;
	u32 out_iss; /* of the outside leg */
	u32 in_iss;  /* of the inside leg */
};

static struct path_bed *split_conf(void)
{
	struct path_bed *path = path_bed_new();
	struct splice_conf *splice = &path->conf.splice;

	splice->split_limit = 4;
	splice->buffer_bytes = 8 << 20;
	splice->rule_count = 1;
	splice->rule[0] = (struct splice_rule){ .in_if = RIG_IN,
						.src = addr("10.10.0.0"),
						.src_len = 16,
						.port_first = 80,
						.port_last = 81,
						.split_limit = 4,
						.buffer_bytes = 1 << 20,
						.cc = "cubic" };
	return path;
}

static struct splice *splice_of(const struct split_bed *bed)
{
	return &bed->path->rig.s->splice;
}

/* From the host in its own numbers. */
static void host_says(struct split_bed *bed, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct build *b = &bed->path->b;

	build_start(b);
	build_ip4(b, addr(HOST), addr(SERVER), IP_PROTO_TCP);
	build_tcp(b, SPORT, 80, flags, HOST_ISS + seq, ack == 0 ? 0 : bed->in_iss + ack);
	build_payload(b, len, 1);
	build_seal(b);
	assert_true(rig_send(&bed->path->rig, RIG_IN, b));
}

static void server_says(struct split_bed *bed, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct build *b = &bed->path->b;

	build_start(b);
	build_ip4(b, addr(SERVER), addr(GATEWAY_OUT), IP_PROTO_TCP);
	build_tcp(b, 80, bed->public_port, flags, SERVER_ISS + seq, bed->out_iss + ack);
	build_payload(b, len, 1);
	build_seal(b);
	assert_true(rig_send(&bed->path->rig, RIG_OUT, b));
}

/* The next packet that comes out, which is right in every sum. */
static const struct seen *next_seen(struct split_bed *bed, u16 out_if)
{
	struct rig_out *out = &bed->path->out;

	assert_true(rig_next(&bed->path->rig, out));
	assert_true(out->parsed && out->seen.wrong == 0);
	assert_int_equal(out->out_if, out_if);
	return &out->seen;
}

static void to_server(struct split_bed *bed, u8 flags)
{
	const struct seen *seen = next_seen(bed, RIG_OUT);

	assert_true(be32_eq(seen->src, addr(GATEWAY_OUT)) && be32_eq(seen->dst, addr(SERVER)));
	assert_int_equal(seen->flags & ~TCP_PSH, flags);
	bed->public_port = seen->sport;
}

static void to_host(struct split_bed *bed, u8 flags)
{
	const struct seen *seen = next_seen(bed, RIG_IN);

	assert_true(be32_eq(seen->src, addr(SERVER)) && be32_eq(seen->dst, addr(HOST)));
	assert_int_equal(seen->flags & ~TCP_PSH, flags);
	assert_true(seen->sport == 80 && seen->dport == SPORT);
}

static void nothing_more(struct split_bed *bed)
{
	assert_false(rig_next(&bed->path->rig, &bed->path->out));
}

static void begin(struct split_bed *bed, struct path_bed *path)
{
	*bed = (struct split_bed){ .path = path };
	path_bed_start(path);
	host_says(bed, TCP_SYN, 0, 0, 0);
	to_server(bed, TCP_SYN);
	bed->out_iss = path->out.seen.seq;
}

/* Both handshakes. */
static void join(struct split_bed *bed, struct path_bed *path)
{
	begin(bed, path);
	nothing_more(bed);
	server_says(bed, TCP_SYN | TCP_ACK, 0, 1, 0);
	to_server(bed, TCP_ACK);
	to_host(bed, TCP_SYN | TCP_ACK);
	bed->in_iss = path->out.seen.seq;
	assert_true(path->out.seen.ack == HOST_ISS + 1);
	host_says(bed, TCP_ACK, 1, 1, 0);
	nothing_more(bed);
}

static void test_handshakes(void **state)
{
	struct split_bed bed;

	(void)state;
	join(&bed, split_conf());
	assert_true(bed.out_iss != HOST_ISS && bed.in_iss != SERVER_ISS);
	assert_true(bed.path->rig.s->path.stats.fast == 0);
	rig_check(&bed.path->rig);
	path_bed_close(bed.path);
}

static void test_the_host_asks_again(void **state)
{
	struct split_bed bed;

	(void)state;
	begin(&bed, split_conf());
	host_says(&bed, TCP_SYN, 0, 0, 0);
	nothing_more(&bed);
	/* A reset of that SYN is its end: the answer finds nobody. */
	host_says(&bed, TCP_RST, 1, 0, 0);
	nothing_more(&bed);
	assert_true(splice_of(&bed)->splits.live == 0);
	server_says(&bed, TCP_SYN | TCP_ACK, 0, 1, 0);
	to_server(&bed, TCP_RST);
	assert_true(rig_drop_count(&bed.path->rig, DROP_SPLIT_OVER) == 1);
	path_bed_close(bed.path);
}

static void test_data_and_ends(void **state)
{
	struct split_bed bed;

	(void)state;
	join(&bed, split_conf());
	host_says(&bed, TCP_ACK | TCP_PSH, 1, 1, 100);
	to_host(&bed, TCP_ACK);
	to_server(&bed, TCP_ACK);
	assert_int_equal(bed.path->out.seen.data_len, 100);
	assert_true(bed.path->out.seen.seq == bed.out_iss + 1);
	server_says(&bed, TCP_ACK | TCP_FIN, 1, 101, 50);
	to_server(&bed, TCP_ACK);
	to_host(&bed, TCP_ACK | TCP_FIN);
	assert_int_equal(bed.path->out.seen.data_len, 50);
	host_says(&bed, TCP_ACK | TCP_FIN, 101, 52, 0);
	to_host(&bed, TCP_ACK);
	to_server(&bed, TCP_ACK | TCP_FIN);
	assert_true(splice_of(&bed)->splits.live == 0);
	server_says(&bed, TCP_ACK, 52, 102, 0);
	nothing_more(&bed);
	/* Its records are gone before its flow: who speaks now hears that nobody is there. */
	rig_advance(&bed.path->rig, 70 * NS_PER_SEC);
	rig_drain(&bed.path->rig);
	host_says(&bed, TCP_ACK, 102, 52, 10);
	to_host(&bed, TCP_RST);
	assert_true(rig_drop_count(&bed.path->rig, DROP_SPLIT_OVER) == 1);
	path_bed_close(bed.path);
}

static void test_refusals(void **state)
{
	struct split_bed bed;

	(void)state;
	begin(&bed, split_conf());
	server_says(&bed, TCP_RST | TCP_ACK, 0, 1, 0);
	to_host(&bed, TCP_RST | TCP_ACK);
	assert_true(bed.path->out.seen.ack == HOST_ISS + 1);
	assert_true(rig_drop_count(&bed.path->rig, DROP_SPLIT_REFUSED) == 1);
	/* Another try is another connection. */
	host_says(&bed, TCP_SYN, 7000, 0, 0);
	to_server(&bed, TCP_SYN);
	assert_true(splice_of(&bed)->stats.split == 2);
	path_bed_close(bed.path);
}

static void test_unreachable(void **state)
{
	struct split_bed bed;
	struct build syn;
	struct path_bed *path = split_conf();

	(void)state;
	begin(&bed, path);
	memcpy(syn.bytes, path->out.frame.bytes + path->out.frame.l3, path->out.seen.len);
	build_error4(&path->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH,
		     ICMP_UNREACH_HOST, 0);
	build_quote(&path->b, syn.bytes, 28);
	build_seal(&path->b);
	assert_true(rig_send(&path->rig, RIG_OUT, &path->b));
	assert_int_equal(next_seen(&bed, RIG_IN)->type, ICMP_UNREACH);
	assert_int_equal(path->out.seen.code, ICMP_UNREACH_HOST);
	assert_true(be32_eq(path->out.seen.src, addr(GATEWAY_IN)));
	assert_true(rig_drop_count(&path->rig, DROP_SPLIT_UNREACHABLE) == 1);
	path_bed_close(path);
}

/* About the outside leg alone: the host hears nothing of it. */
static void test_too_big(void **state)
{
	struct split_bed bed;
	struct path_bed *path = split_conf();
	struct build sent;
	const struct splice *splice;

	(void)state;
	join(&bed, path);
	host_says(&bed, TCP_ACK, 1, 1, 1400);
	to_host(&bed, TCP_ACK);
	/* Options were not offered: 536 bytes at most, RFC 9293 section 3.7.1. */
	to_server(&bed, TCP_ACK);
	memcpy(sent.bytes, path->out.frame.bytes + path->out.frame.l3, path->out.seen.len);
	rig_drain(&path->rig);
	build_error4(&path->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH,
		     ICMP_UNREACH_FRAG, 560);
	build_quote(&path->b, sent.bytes, 28);
	build_seal(&path->b);
	assert_true(rig_send(&path->rig, RIG_OUT, &path->b));
	while (rig_next(&path->rig, &path->out))
		assert_int_equal(path->out.out_if, RIG_OUT);
	splice = splice_of(&bed);
	assert_int_equal(tcp_find(&splice->tcp, splice_at(splice, 0)->leg[SPLICE_SERVER])->pmtu,
			 560);
	path_bed_close(path);
}

static void test_early(void **state)
{
	struct split_bed bed;
	struct path_bed *path = split_conf();

	(void)state;
	path->conf.splice.rule[0].early = true;
	bed = (struct split_bed){ .path = path };
	path_bed_start(path);
	host_says(&bed, TCP_SYN, 0, 0, 0);
	to_server(&bed, TCP_SYN);
	bed.out_iss = path->out.seen.seq;
	to_host(&bed, TCP_SYN | TCP_ACK);
	bed.in_iss = path->out.seen.seq;
	host_says(&bed, TCP_ACK, 1, 1, 100);
	to_host(&bed, TCP_ACK);
	nothing_more(&bed);
	server_says(&bed, TCP_SYN | TCP_ACK, 0, 1, 0);
	to_server(&bed, TCP_ACK);
	assert_int_equal(path->out.seen.data_len, 100);
	path_bed_close(path);
}

/* All that is left of the buffer is where the host's data lie: it changes hands. */
static void test_the_last_block(void **state)
{
	struct split_bed bed;
	struct path_bed *path = split_conf();
	struct buffer_pool *pool;
	u32 block, last = IDX_NONE;

	(void)state;
	path->conf.splice.rule[0].early = true;
	bed = (struct split_bed){ .path = path };
	path_bed_start(path);
	pool = &path->rig.s->splice.tcp.buffers;
	host_says(&bed, TCP_SYN, 0, 0, 0);
	to_server(&bed, TCP_SYN);
	bed.out_iss = path->out.seen.seq;
	to_host(&bed, TCP_SYN | TCP_ACK);
	bed.in_iss = path->out.seen.seq;
	while ((block = buffer_new(pool, BUFFER_BLOCK_MIN)) != IDX_NONE)
		last = block;
	buffer_del(pool, last);
	host_says(&bed, TCP_ACK, 1, 1, 100);
	to_host(&bed, TCP_ACK);
	/* More than that waits to be sent again. */
	host_says(&bed, TCP_ACK, 101, 1, 100);
	server_says(&bed, TCP_SYN | TCP_ACK, 0, 1, 0);
	while (rig_next(&path->rig, &path->out) && path->out.out_if == RIG_IN)
		;
	assert_int_equal(path->out.out_if, RIG_OUT);
	assert_int_equal(path->out.seen.data_len, 100);
	assert_true(path->out.seen.data[0] == 1 && path->out.seen.data[99] == 100);
	rig_drain(&path->rig);
	/* What has arrived makes room for what comes again. */
	server_says(&bed, TCP_ACK, 1, 101, 0);
	host_says(&bed, TCP_ACK, 101, 1, 100);
	while (rig_next(&path->rig, &path->out) && path->out.out_if == RIG_IN)
		;
	assert_int_equal(path->out.seen.data_len, 100);
	assert_true(path->out.seen.seq == bed.out_iss + 101);
	path_bed_close(path);
}

/* What stood before the rule goes on whole, by the short cut. */
static void test_not_in_mid_stream(void **state)
{
	struct split_bed bed;
	struct path_bed *path = split_conf();

	(void)state;
	path->conf.splice.rule[0].port_first = path->conf.splice.rule[0].port_last = 443;
	begin(&bed, path);
	assert_true(bed.out_iss == HOST_ISS);
	path->conf.splice.rule[0].port_first = 80;
	assert_true(rig_configure(&path->rig, &path->conf));
	server_says(&bed, TCP_SYN | TCP_ACK, 0, 1, 0);
	to_host(&bed, TCP_SYN | TCP_ACK);
	bed.in_iss = SERVER_ISS;
	assert_true(path->out.seen.seq == SERVER_ISS);
	for (u32 n = 0; n < 3; n++) {
		host_says(&bed, TCP_ACK, 1, 1, 0);
		to_server(&bed, TCP_ACK);
		assert_true(path->out.seen.seq == HOST_ISS + 1);
	}
	assert_true(splice_of(&bed)->stats.split == 0);
	path_bed_close(path);
}

/* Who is not meant: another port, another network, and whoever comes from outside. */
static void test_who_is_meant(void **state)
{
	struct path_bed *path = split_conf();

	(void)state;
	path_bed_start(path);
	build_tcp4(&path->b, addr(HOST), SPORT, addr(SERVER), 82, TCP_SYN);
	assert_true(rig_send(&path->rig, RIG_IN, &path->b));
	build_tcp4(&path->b, addr("10.20.0.5"), SPORT, addr(SERVER), 80, TCP_SYN);
	assert_true(rig_send(&path->rig, RIG_IN2, &path->b));
	build_tcp4(&path->b, addr(HOST), SPORT, addr("10.20.0.7"), 80, TCP_SYN);
	assert_true(rig_send(&path->rig, RIG_IN, &path->b));
	assert_true(path->rig.s->splice.stats.split == 0);
	assert_int_equal(rig_drain(&path->rig), 3);
	path_bed_close(path);
}

/* The flow ends while the connection stands: its host hears of it. */
static void test_the_flow_ends(void **state)
{
	struct split_bed bed;
	struct sluice_flow flow;
	struct sluice_flow_filter all = { 0 };

	(void)state;
	join(&bed, split_conf());
	assert_true(rig_find_flow(&bed.path->rig, &all, &flow));
	assert_true(flow.accelerated);
	ct_end(&bed.path->rig.s->ct, (u32)flow.handle);
	path_drain_ended(&bed.path->rig.s->path, bed.path->rig.now);
	rig_advance(&bed.path->rig, NS_PER_SEC);
	to_host(&bed, TCP_RST | TCP_ACK);
	nothing_more(&bed);
	assert_true(splice_of(&bed)->splits.live == 0);
	path_bed_close(bed.path);
}

static void test_filter_still_decides(void **state)
{
	struct split_bed bed;
	struct path_bed *path = split_conf();

	(void)state;
	path->conf.filter.policy[FILTER_FORWARD].action = FILTER_DROP;
	bed = (struct split_bed){ .path = path };
	path_bed_start(path);
	host_says(&bed, TCP_SYN, 0, 0, 0);
	nothing_more(&bed);
	assert_true(rig_drop_count(&path->rig, DROP_FILTER_FORWARD) == 1);
	assert_true(splice_of(&bed)->stats.split == 0);
	path_bed_close(path);
}

/* Without limits nothing is planned, and no rule can come later. */
static void test_it_costs_nothing(void **state)
{
	struct path_bed *with = split_conf(), *without = path_bed_new();
	struct mem plan;

	(void)state;
	sluice_plan(&without->conf, &plan);
	for (u32 row = 0; row < plan.row_count; row++)
		assert_true(strncmp(plan.row[row].name, "split", 5) != 0 &&
			    strncmp(plan.row[row].name, "tcp", 3) != 0);
	path_bed_start(without);
	assert_false(rig_configure(&without->rig, &with->conf));
	path_bed_close(without);
	free(with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshakes),
		cmocka_unit_test(test_the_host_asks_again),
		cmocka_unit_test(test_data_and_ends),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_the_last_block),
		cmocka_unit_test(test_not_in_mid_stream),
		cmocka_unit_test(test_who_is_meant),
		cmocka_unit_test(test_the_flow_ends),
		cmocka_unit_test(test_filter_still_decides),
		cmocka_unit_test(test_it_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
