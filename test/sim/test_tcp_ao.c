/* Connections with TCP-AO (RFC 5925), over links that lose: keys that roll over, numbers that go
 * around, handshakes of every kind, and ICMP.                                                    */
#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "sim/signed_bed.h"

/* ---- handshakes ------------------------------------------------------------------------------ */

static void run_cookies(bool ao)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key key = ao_of(7, TCP_AO_HMAC_SHA1, true, "cookies");
	struct tcp_talk *talk;

	bed->conf.tcp[1].half_open_limit = 0;
	bed_open(bed);
	if (ao) {
		add_ao(bed, &key);
	} else {
		set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
		set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	}
	talk = bed_talk(bed, 50000, 50000);
	bed_run(bed, 10000);
	assert_done(talk);
	assert_int_equal(tcp_of(bed, 1)->stats.cookies_good, 1);
	assert_int_equal(refused(bed, 0) + refused(bed, 1), 0);
	bed_close(bed);
}

static void test_cookies(void **state)
{
	(void)state;
	run_cookies(false);
	run_cookies(true);
}

/* Both begin at once; each signs before it knows the other's number. */
static void test_simultaneous_open(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key key = ao_of(1, TCP_AO_AES_128_CMAC, false, "both at once");
	struct tcp_open open[2] = { open_of(0, 1000, 2000), open_of(1, 2000, 1000) };
	tcp_id id[2];

	(void)state;
	bed_open(bed);
	add_ao(bed, &key);
	for (u32 n = 0; n < 2; n++)
		assert_int_equal(tcp_connect(tcp_of(bed, n), &open[n], &id[n], bed->pair.now),
				 ERR_OK);
	while (tcp_pair_turn(&bed->pair, bed->pair.now + 500 * NS_PER_MS))
		;
	for (u32 n = 0; n < 2; n++)
		assert_int_equal(tcp_find(tcp_of(bed, n), id[n])->state, TCP_ESTABLISHED);
	assert_int_equal(refused(bed, 0) + refused(bed, 1), 0);
	for (u32 n = 0; n < 2; n++)
		tcp_abort(tcp_of(bed, n), id[n], bed->pair.now);
	bed_close(bed);
}

/* ---- TCP-AO ---------------------------------------------------------------------------------- */

/* The numbers of both ends go around, each after a while of its own. */
static void run_ao(enum tcp_ao_alg alg, bool covers, u64 seed)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key key = ao_of(61, alg, covers, "testvector");
	struct tcp_talk *talk;

	lossy(bed);
	bed->conf.seed = seed;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].isn_of_clock = false;
		bed->conf.tcp[n].isn_fixed = UINT32_MAX - n * 100000;
	}
	bed_open(bed);
	add_ao(bed, &key);
	talk = bed_talk(bed, PART, PART);
	bed_finish(bed, talk);
	assert_int_equal(refused(bed, 0) + refused(bed, 1), 0);
	assert_true(bed->wire.last[0] >> 32 == 1 && bed->wire.last[1] >> 32 == 1);
	assert_true(bed->wire.syn[0].has_ts && bed->wire.with_sack > 0);
	assert_int_equal(bed->wire.longest, 1500);
	bed_close(bed);
}

static void test_ao_over_a_bad_link(void **state)
{
	(void)state;
	run_ao(TCP_AO_HMAC_SHA1, true, 1);
	run_ao(TCP_AO_HMAC_SHA1, false, 2);
	run_ao(TCP_AO_AES_128_CMAC, true, 3);
	run_ao(TCP_AO_AES_128_CMAC, false, 4);
}

static void del_ao(struct bed *bed, const struct tcp_ao_key *key)
{
	for (u32 n = 0; n < 2; n++) {
		struct tcp_keys_at at = at_of(n == 0 ? TCP_PAIR_RING_TALK : TCP_PAIR_RING_LISTEN,
					      !n);
		struct tcp_ao_key own = ao_at(n, *key);

		assert_int_equal(tcp_keys_del_ao(tcp_of(bed, n), &at, own.send_id, own.recv_id),
				 ERR_OK);
	}
}

/* Somebody sends again what end 0 said long ago, when it wanted the old key. */
static void replay(struct bed *bed, const struct tcp_talk *talk, const struct tcp_ao_key *old)
{
	const struct tcp_auth_conf conf = { .kind = TCP_AUTH_AO, .ao_count = 1, .ao = { *old } };
	const struct tcb *tcb = tcp_find(tcp_of(bed, 1), talk->id[1]);
	u32 seq = bed->wire.isn[0] + 1, len = TCP_HLEN_MIN + TCP_AO_OPT_LEN;
	struct pkt *pkt = pkt_new(&bed->pair.end[1].pool, IP4_HLEN_MIN + len);
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);
	struct tcp_hdr *hdr = (void *)(pkt_l3(pkt) + IP4_HLEN_MIN);
	struct tcp_auth_segment segment = { .src = tcb->key.peer,
					    .dst = tcb->key.local,
					    .tcp = hdr,
					    .src_isn = bed->wire.isn[0],
					    .dst_isn = bed->wire.isn[1] };
	struct tcp_rx rx = { .mtu = 1500 };
	u64 before = refused(bed, 1);

	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
	*ip = (struct ip4_hdr){ .version_ihl = 0x45,
				.len = be16_of((u16)pkt->len),
				.ttl = 64,
				.proto = IP_PROTO_TCP,
				.src = segment.src,
				.dst = segment.dst };
	*hdr = (struct tcp_hdr){ .sport = tcb->key.peer_port,
				 .dport = tcb->key.local_port,
				 .seq = be32_of(seq),
				 .doff = (u8)(len / 4 << 4),
				 .ack = be32_of(bed->wire.isn[1] + 1),
				 .flags = TCP_ACK };
	tcp_auth_sign(&conf, &segment, 0, 0, (u8 *)hdr + TCP_HLEN_MIN);
	hdr->csum = csum_finish(csum_pseudo(ip->src, ip->dst, IP_PROTO_TCP, len) +
				csum_sum(hdr, len));
	assert_true(tcp_in(tcp_of(bed, 1), pkt, &rx, bed->pair.now));
	pkt_put(pkt);
	assert_true(refused(bed, 1) == before);
}

static void test_ao_key_rolls_over(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key old = ao_of(1, TCP_AO_HMAC_SHA1, true, "last year's");
	struct tcp_ao_key new = ao_of(2, TCP_AO_AES_128_CMAC, true, "this year's");
	struct tcp_talk *talk;
	struct tcp_keys_use use;
	u64 read;

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.link[n].rate_bps = 2000000;
		bed->conf.tcp[n].send_buffer_max = bed->conf.tcp[n].recv_buffer_max = 16384;
	}
	bed_open(bed);
	add_ao(bed, &old);
	talk = bed_talk(bed, UINT64_MAX, UINT64_MAX);
	bed_run(bed, 500);
	add_ao(bed, &new);
	bed_run(bed, 200);
	assert_int_equal(bed->wire.with_key[2] + bed->wire.with_key[3], 0);
	assert_int_equal(tcp_keys_use_ao(tcp_of(bed, 0), talk->id[0], 9, 102), ERR_NOT_FOUND);
	/* End 0 asks for the new one, and end 1 sends with it from then on. */
	assert_int_equal(tcp_keys_use_ao(tcp_of(bed, 0), talk->id[0], 1, 102), ERR_OK);
	bed_run(bed, 200);
	use = tcp_keys_used(tcp_of(bed, 1), talk->id[1]);
	assert_int_equal(use.current_id, 102);
	use = tcp_keys_used(tcp_of(bed, 0), talk->id[0]);
	assert_int_equal(use.current_id, 1);
	assert_true(bed->wire.with_key[2] == 0 || bed->wire.with_key[3] == 0);
	assert_true(bed->wire.with_key[2] + bed->wire.with_key[3] > 0);
	replay(bed, talk, &old);
	assert_int_equal(tcp_keys_used(tcp_of(bed, 1), talk->id[1]).current_id, 102);
	/* So does end 1, and nobody needs the old one any more. */
	assert_int_equal(tcp_keys_use_ao(tcp_of(bed, 1), talk->id[1], 102, 2), ERR_OK);
	bed_run(bed, 200);
	use = tcp_keys_used(tcp_of(bed, 0), talk->id[0]);
	assert_int_equal(use.kind, TCP_AUTH_AO);
	assert_int_equal(use.current_id, 2);
	assert_int_equal(use.rnext_id, 102);
	del_ao(bed, &old);
	read = talk->read[0];
	bed_run(bed, 500);
	assert_true(talk->read[0] > read);
	assert_int_equal(refused(bed, 0) + refused(bed, 1), 0);
	talk->goal[0] = talk->written[0];
	talk->goal[1] = talk->written[1];
	bed_run(bed, 20000);
	assert_done(talk);
	bed_close(bed);
}

/* Keys that are there from the start: whoever begins chooses, with the first. */
static void test_ao_of_two_keys(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key one = ao_of(1, TCP_AO_HMAC_SHA1, true, "one");
	struct tcp_ao_key two = ao_of(2, TCP_AO_HMAC_SHA1, true, "two");
	struct tcp_keys_at at = at_of(TCP_PAIR_RING_LISTEN, 0);
	struct tcp_ao_key own;
	struct tcp_talk *talk;
	struct tcp_keys_use use;

	(void)state;
	bed_open(bed);
	add_ao(bed, &one);
	add_ao(bed, &two);
	/* The listener's first one is not the one that end 0 begins with. */
	own = ao_at(1, one);
	assert_int_equal(tcp_keys_del_ao(tcp_of(bed, 1), &at, own.send_id, own.recv_id), ERR_OK);
	assert_int_equal(tcp_keys_add_ao(tcp_of(bed, 1), &at, &own), ERR_OK);
	talk = bed_talk(bed, UINT64_MAX, 1000);
	bed_run(bed, 300);
	use = tcp_keys_used(tcp_of(bed, 1), talk->id[1]);
	assert_int_equal(use.current_id, 101);
	assert_int_equal(use.rnext_id, 1);
	assert_int_equal(bed->wire.with_key[2] + bed->wire.with_key[3], 0);
	talk->goal[0] = talk->written[0];
	bed_close(bed);
}

/* RFC 5925 section 7.3: who has no keys does not see the option, unless that is asked for. */
static void test_ao_without_keys(void **state)
{
	for (u32 refuses = 0; refuses < 2; refuses++) {
		struct bed *bed = bed_new();
		struct tcp_ao_key key = ao_of(1, TCP_AO_HMAC_SHA1, true, "one");
		struct tcp_keys_at at = at_of(TCP_PAIR_RING_LISTEN, 0);

		(void)state;
		bed->conf.tcp[0].syn_retries = 1;
		bed->conf.tcp[1].auth_refuse_unknown = refuses != 0;
		bed_open(bed);
		add_ao(bed, &key);
		assert_int_equal(tcp_keys_del(tcp_of(bed, 1), &at), ERR_OK);
		bed->pair.look = NULL;
		(void)bed_talk(bed, 1, 1);
		bed_run(bed, 100);
		assert_int_equal(tcp_of(bed, 1)->stats.segs_out, refuses ? 0 : 1);
		assert_int_equal(tcp_of(bed, 1)->stats.auth_unexpected, refuses);
		/* Its answer has no option, and is not believed. */
		assert_int_equal(tcp_of(bed, 0)->stats.auth_missing, !refuses);
		bed_close(bed);
	}
}

/* ---- ICMP ------------------------------------------------------------------------------------ */

static void run_icmp(bool ao, bool takes, u8 code, bool fails)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key key = ao_of(1, TCP_AO_HMAC_SHA1, true, "one");
	struct tcp_icmp icmp = { .type = ICMP_UNREACH, .code = code, .mtu = 1000 };
	struct tcp_open open = open_of(0, 1000, TCP_PAIR_PORT);
	const struct tcb *tcb;
	tcp_id id;

	bed->conf.tcp[0].auth_takes_icmp = takes;
	bed_open(bed);
	if (ao)
		add_ao(bed, &key);
	else
		set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
	assert_int_equal(tcp_connect(tcp_of(bed, 0), &open, &id, bed->pair.now), ERR_OK);
	(void)tcp_pair_turn(&bed->pair, bed->pair.now);
	tcb = tcp_find(tcp_of(bed, 0), id);
	icmp.key = tcb->key;
	icmp.seq = tcb->iss;
	tcp_icmp_in(tcp_of(bed, 0), &icmp, bed->pair.now);
	assert_int_equal((tcb->ready & TCP_FAILED) != 0, fails);
	assert_int_equal(tcp_of(bed, 0)->stats.auth_icmp, !fails);
	tcp_close(tcp_of(bed, 0), id, bed->pair.now);
	bed_close(bed);
}

static void test_icmp(void **state)
{
	(void)state;
	run_icmp(true, false, ICMP_UNREACH_PROTO, false);
	run_icmp(true, false, ICMP_UNREACH_PORT, false);
	run_icmp(true, false, ICMP_UNREACH_FRAG, false);
	run_icmp(true, false, ICMP_UNREACH_NET, true);
	run_icmp(true, true, ICMP_UNREACH_PORT, true);
	run_icmp(false, false, ICMP_UNREACH_PORT, true);
}

/* Of a half-open record, too. */
static void test_icmp_half_open(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_ao_key key = ao_of(1, TCP_AO_HMAC_SHA1, true, "one");
	struct tcp_icmp icmp = { .type = ICMP_UNREACH, .code = ICMP_UNREACH_PORT };
	struct tcp_open open = open_of(0, 1000, TCP_PAIR_PORT);
	struct tcp *tcp = tcp_of(bed, 1);
	tcp_id id;

	(void)state;
	bed_open(bed);
	add_ao(bed, &key);
	assert_int_equal(tcp_connect(tcp_of(bed, 0), &open, &id, bed->pair.now), ERR_OK);
	while (tcp->listen.half_open.live == 0)
		assert_true(tcp_pair_turn(&bed->pair, bed->pair.now + NS_PER_SEC));
	icmp.key = open_of(1, TCP_PAIR_PORT, 1000).key;
	icmp.seq = bed->wire.isn[1];
	(void)tcp_pair_turn(&bed->pair, bed->pair.now);
	icmp.seq = bed->wire.isn[1];
	tcp_icmp_in(tcp, &icmp, bed->pair.now);
	assert_int_equal(tcp->listen.half_open.live, 1);
	assert_int_equal(tcp->stats.auth_icmp, 1);
	tcp_close(tcp_of(bed, 0), id, bed->pair.now);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_simultaneous_open),
		cmocka_unit_test(test_ao_over_a_bad_link),
		cmocka_unit_test(test_ao_key_rolls_over),
		cmocka_unit_test(test_ao_of_two_keys),
		cmocka_unit_test(test_ao_without_keys),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_icmp_half_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
