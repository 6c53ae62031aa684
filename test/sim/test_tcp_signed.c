/* Connections with a digest (RFC 2385), over links that lose: what has another digest, or none,
 * changes nothing.                                                                               */
#include "core/wire/checksum.h"
#include "sim/signed_bed.h"

/* ---- MD5 ------------------------------------------------------------------------------------- */

/* Every kind of segment that a connection has is signed, and no packet stands for several. */
static void test_md5_over_a_bad_link(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_talk *talk;

	(void)state;
	lossy(bed);
	bed->conf.tcp[0].gso_max_bytes = bed->conf.tcp[1].gso_max_bytes = 65536;
	bed_open(bed);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	talk = bed_talk(bed, PART, PART);
	bed_finish(bed, talk);
	assert_int_equal(refused(bed, 0) + refused(bed, 1), 0);
	assert_true(bed->pair.split == 0);
	assert_true(bed->wire.of_flag[TCP_SYN] > 0 && bed->wire.of_flag[TCP_SYN | TCP_ACK] > 0);
	assert_true(bed->wire.of_flag[TCP_FIN | TCP_ACK] > 1);
	/* The option counts in what a segment may have, and blocks of SACK have room. */
	assert_int_equal(bed->wire.longest, 1500);
	assert_true(bed->wire.with_sack > 0);
	assert_false(bed->wire.syn[0].has_ts);
	assert_true(bed->wire.syn[0].sack_permitted && bed->wire.syn[0].has_wscale);
	bed_close(bed);
}

/* Without SACK there is room for timestamps; with both, SACK stays: 40 bytes are full. */
static void test_md5_timestamps(void **state)
{
	for (u32 passive_has_sack = 0; passive_has_sack < 2; passive_has_sack++) {
		struct bed *bed = bed_new();
		struct tcp_talk *talk;

		(void)state;
		bed_open(bed);
		set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
		set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
		talk = bed_talk(bed, 10000, 10000);
		talk->opt.no_sack = !passive_has_sack;
		bed_run(bed, 5000);
		assert_done(talk);
		assert_int_equal(bed->wire.syn[0].has_ts, !passive_has_sack);
		assert_int_equal(bed->wire.syn[1].has_ts, !passive_has_sack);
		assert_int_equal(bed->wire.syn[1].sack_permitted, passive_has_sack);
		bed_close(bed);
	}
}

/* Keys at 0, keys at 1: no connection, no answer, and why is counted. */
static void run_no_agreement(const char *here, const char *there, size_t counter)
{
	struct bed *bed = bed_new();
	struct tcp_talk *talk;
	u64 count;

	bed->conf.tcp[0].syn_retries = 2;
	tcp_pair_init(&bed->pair, &bed->conf);
	if (here != NULL)
		set_md5(bed, 0, TCP_PAIR_RING_TALK, here);
	if (there != NULL)
		set_md5(bed, 1, TCP_PAIR_RING_LISTEN, there);
	talk = bed_talk(bed, 1, 1);
	bed_run(bed, 30000);
	assert_int_equal(talk->error[0], TCP_ERR_TIMEOUT_CONNECT);
	assert_int_equal(tcp_of(bed, 1)->stats.segs_out, 0);
	memcpy(&count, (const u8 *)&tcp_of(bed, 1)->stats + counter, sizeof count);
	assert_int_equal(count, 3);
	bed_close(bed);
}

static void test_no_agreement(void **state)
{
	(void)state;
	run_no_agreement("secret", "Secret", offsetof(struct tcp_stats, auth_wrong));
	run_no_agreement(NULL, "secret", offsetof(struct tcp_stats, auth_missing));
	run_no_agreement("secret", NULL, offsetof(struct tcp_stats, auth_unexpected));
}

/* Counts from the next segment on, and for what is sent again, too. */
static void test_md5_key_changes(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_talk *talk;
	u64 read;

	(void)state;
	bed_open(bed);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "first");
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "first");
	talk = bed_talk(bed, MB, 0);
	bed_run(bed, 300);
	bed->pair.look = NULL;
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "second");
	bed_run(bed, 50);
	read = talk->read[1];
	assert_true(read > 0);
	bed_run(bed, 500);
	assert_true(talk->read[1] == read);
	assert_true(tcp_of(bed, 1)->stats.auth_wrong > 0);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "second");
	bed->pair.look = look;
	bed_run(bed, 30000);
	assert_done(talk);
	bed_close(bed);
}

/* ---- forged ---------------------------------------------------------------------------------- */

struct forged {
	u8 flags;
	u32 seq;
	u32 ack;
	const char *secret; /* NULL: not signed */
};

static void send_forged(struct bed *bed, u32 to, const struct tcp_key *key, struct forged what)
{
	struct tcp *tcp = tcp_of(bed, to);
	struct tcp_rx rx = { .zone = key->zone, .mtu = 1500 };
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_NONE };
	u32 opt_len = what.secret == NULL ? 0 : 20;
	u32 len = TCP_HLEN_MIN + opt_len;
	struct pkt *pkt = pkt_new(&bed->pair.end[to].pool, IP4_HLEN_MIN + len);
	struct ip4_hdr *ip;
	struct tcp_hdr *hdr;

	assert_non_null(pkt);
	ip = (void *)pkt_l3(pkt);
	*ip = (struct ip4_hdr){ .version_ihl = 0x45,
				.len = be16_of((u16)pkt->len),
				.ttl = 64,
				.proto = IP_PROTO_TCP,
				.src = key->peer,
				.dst = key->local };
	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
	hdr = (void *)pkt_l4(pkt);
	*hdr = (struct tcp_hdr){ .sport = key->peer_port,
				 .dport = key->local_port,
				 .seq = be32_of(what.seq),
				 .ack = be32_of(what.ack),
				 .doff = (u8)(len / 4 << 4),
				 .flags = what.flags };
	if (what.secret != NULL) {
		struct tcp_auth_segment segment = { .src = key->peer,
						    .dst = key->local,
						    .tcp = hdr };
		u8 *opt = (u8 *)hdr + TCP_HLEN_MIN;

		conf = (struct tcp_auth_conf){ .kind = TCP_AUTH_MD5,
					       .md5 = secret_of(what.secret) };
		opt[0] = opt[1] = TCP_OPT_NOP;
		tcp_auth_sign(&conf, &segment, 0, 0, opt + 2);
	}
	hdr->csum = csum_finish(csum_pseudo(ip->src, ip->dst, IP_PROTO_TCP, len) +
				csum_sum(hdr, len));
	assert_int_equal(tcp_in(tcp, pkt, &rx, bed->pair.now), true);
	pkt_put(pkt);
}

/* With the very number that it would need. */
static void test_reset_needs_the_key(void **state)
{
	struct bed *bed = bed_new();
	const struct tcb *tcb;
	struct tcp_talk *talk;
	struct tcp_key key;

	(void)state;
	bed_open(bed);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	talk = bed_talk(bed, 1000, UINT64_MAX);
	talk->goal[0] = UINT64_MAX;
	bed_run(bed, 500);
	tcb = tcp_find(tcp_of(bed, 1), talk->id[1]);
	assert_non_null(tcb);
	key = tcb->key;
	send_forged(bed, 1, &key, (struct forged){ TCP_RST, tcb->rcv_nxt, 0, NULL });
	send_forged(bed, 1, &key, (struct forged){ TCP_RST, tcb->rcv_nxt, 0, "guess" });
	send_forged(bed, 1, &key, (struct forged){ TCP_SYN, tcb->rcv_nxt, 0, NULL });
	assert_int_equal(tcp_of(bed, 1)->stats.auth_missing, 2);
	assert_int_equal(tcp_of(bed, 1)->stats.auth_wrong, 1);
	assert_int_equal(tcp_of(bed, 1)->stats.challenge_acks, 0);
	assert_int_equal(tcb->state, TCP_ESTABLISHED);
	send_forged(bed, 1, &key, (struct forged){ TCP_RST, tcb->rcv_nxt, 0, "secret" });
	assert_int_equal(tcp_of(bed, 1)->stats.resets_in, 1);
	talk->goal[0] = talk->written[0];
	talk->goal[1] = talk->written[1];
	bed_close(bed);
}

/* To a port where nobody is, from one where a listener of ours has keys: the RST is signed for who
 * signed, and there is none for others.                                                          */
static void test_reset_for_nobody(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_key key = { .local = tcp_pair_addr(1),
			       .peer = tcp_pair_addr(0),
			       .local_port = be16_of(7777),
			       .peer_port = be16_of(TCP_PAIR_PORT) };

	(void)state;
	bed_open(bed);
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	send_forged(bed, 1, &key, (struct forged){ TCP_ACK, 5, 77, NULL });
	send_forged(bed, 1, &key, (struct forged){ TCP_ACK, 5, 77, "guess" });
	assert_int_equal(tcp_of(bed, 1)->outbox_count, 0);
	bed->wire.last[1] = 77;
	send_forged(bed, 1, &key, (struct forged){ TCP_ACK, 5, 77, "secret" });
	assert_int_equal(tcp_of(bed, 1)->outbox_count, 1);
	bed_run(bed, 1);
	assert_int_equal(bed->wire.of_flag[TCP_RST], 1);
	/* Nobody's keys: an answer would not be believed. */
	key.peer_port = be16_of(81);
	send_forged(bed, 1, &key, (struct forged){ TCP_ACK, 5, 77, "secret" });
	assert_int_equal(tcp_of(bed, 1)->outbox_count, 0);
	assert_int_equal(tcp_of(bed, 1)->stats.auth_unexpected, 1);
	/* At the listener itself: an acknowledgment of nothing. */
	key.local_port = be16_of(TCP_PAIR_PORT);
	send_forged(bed, 1, &key, (struct forged){ TCP_ACK, 5, 77, NULL });
	assert_int_equal(tcp_of(bed, 1)->outbox_count, 0);
	send_forged(bed, 1, &key, (struct forged){ TCP_ACK, 5, 77, "secret" });
	bed_run(bed, 1);
	assert_int_equal(bed->wire.of_flag[TCP_RST], 2);
	bed_close(bed);
}

/* What a record of a handshake says is signed: the challenge, and SYN,ACK once more. */
static void test_half_open_answers(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_talk *talk;
	struct tcp_key key;

	(void)state;
	bed_open(bed);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	bed->wire.lose_flags = TCP_SYN | TCP_ACK;
	bed->wire.lose_from = 1;
	bed->wire.losses = 1;
	talk = bed_talk(bed, 1000, 1000);
	bed_run(bed, 100);
	assert_int_equal(tcp_of(bed, 1)->listen.half_open.live, 1);
	key = tcp_find(tcp_of(bed, 0), talk->id[0])->key;
	key = (struct tcp_key){ key.peer, key.local, key.peer_port, key.local_port, key.zone };
	send_forged(bed, 1, &key,
		    (struct forged){ TCP_ACK, bed->wire.isn[0] + 1000000, 7, "secret" });
	assert_int_equal(tcp_of(bed, 1)->outbox_count, 1);
	bed_run(bed, 10);
	assert_int_equal(bed->wire.of_flag[TCP_ACK], 1);
	send_forged(bed, 1, &key, (struct forged){ TCP_RST, bed->wire.isn[0] + 1, 0, NULL });
	assert_int_equal(tcp_of(bed, 1)->listen.half_open.live, 1);
	bed_run(bed, 10000);
	assert_done(talk);
	bed_close(bed);
}

/* ---- the end of a connection ----------------------------------------------------------------- */

/* The ACK of the last FIN is lost: TIME-WAIT answers, signed, and only to who signs. */
static void run_time_wait(struct bed *bed)
{
	struct tcp *tcp = tcp_of(bed, 0);
	struct tcp_talk *talk = bed_talk(bed, 1000, 0);
	const struct time_wait *wait;
	struct tcp_key key;
	u64 missing;
	u32 acks;

	bed->wire.lose_flags = TCP_FIN | TCP_ACK;
	bed->wire.lose_from = 1;
	bed->wire.losses = 1;
	bed_run(bed, 3000);
	assert_done(talk);
	assert_int_equal(tcp->timewait.slab.live + tcp_of(bed, 1)->timewait.slab.live, 1);
	tcp = tcp->timewait.slab.live == 1 ? tcp : tcp_of(bed, 1);
	wait = slab_at(&tcp->timewait.slab, tcp->timewait.first);
	assert_int_equal(tcp->keys.states.live, 1);
	key = wait->key;
	missing = tcp->stats.auth_missing;
	acks = bed->wire.of_flag[TCP_ACK];
	/* It would take the record's place, or end it. */
	send_forged(bed, tcp == tcp_of(bed, 1), &key,
		    (struct forged){ TCP_SYN, wait->rcv_nxt + 5, 0, NULL });
	send_forged(bed, tcp == tcp_of(bed, 1), &key,
		    (struct forged){ TCP_RST, wait->rcv_nxt, 0, NULL });
	assert_int_equal(tcp->timewait.slab.live, 1);
	assert_true(tcp->stats.auth_missing == missing + 2);
	bed_run(bed, 10);
	assert_int_equal(bed->wire.of_flag[TCP_ACK], acks);
}

static void test_time_wait(void **state)
{
	struct bed *bed = bed_new();
	u32 acks;

	(void)state;
	bed_open(bed);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	run_time_wait(bed);
	/* Its peer's FIN again, as it was sent. */
	acks = bed->wire.of_flag[TCP_ACK];
	for (u32 n = 0; n < 2; n++) {
		const struct timewait_table *table = &tcp_of(bed, n)->timewait;
		const struct time_wait *wait;

		if (table->slab.live == 0)
			continue;
		wait = slab_at(&table->slab, table->first);
		send_forged(bed, n, &wait->key,
			    (struct forged){ TCP_FIN | TCP_ACK, wait->rcv_nxt - 1, wait->snd_nxt,
					     "secret" });
	}
	bed_run(bed, 10);
	assert_int_equal(bed->wire.of_flag[TCP_ACK], acks + 1);
	bed_close(bed);
}

/* States are few: the oldest TIME-WAIT gives its own up, and then a connection is refused. */
static void test_states_run_out(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_open open = { .mtu = 1500, .ring = TCP_PAIR_RING_TALK };
	tcp_id id;

	(void)state;
	bed->conf.tcp[0].auth_limit = 1;
	bed_open(bed);
	set_md5(bed, 0, TCP_PAIR_RING_TALK, "secret");
	set_md5(bed, 1, TCP_PAIR_RING_LISTEN, "secret");
	for (u32 n = 0; n < 2; n++) {
		struct tcp_talk *talk = bed_talk(bed, 100, 0);

		bed_run(bed, 2000);
		assert_done(talk);
	}
	assert_int_equal(tcp_of(bed, 0)->stats.time_wait_full, 1);
	assert_int_equal(tcp_of(bed, 0)->stats.no_auth, 0);
	open.key = (struct tcp_key){ .local = tcp_pair_addr(0),
				     .peer = tcp_pair_addr(1),
				     .peer_port = be16_of(TCP_PAIR_PORT) };
	tcp_sockopt_defaults(&open.opt);
	assert_int_equal(tcp_connect(tcp_of(bed, 0), &open, &id, bed->pair.now), ERR_OK);
	assert_int_equal(tcp_connect(tcp_of(bed, 0), &open, &(tcp_id){ 0 }, bed->pair.now),
			 ERR_FULL);
	assert_int_equal(tcp_of(bed, 0)->stats.no_auth, 1);
	tcp_close(tcp_of(bed, 0), id, bed->pair.now);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md5_over_a_bad_link), cmocka_unit_test(test_md5_timestamps),
		cmocka_unit_test(test_no_agreement),        cmocka_unit_test(test_md5_key_changes),
		cmocka_unit_test(test_reset_needs_the_key), cmocka_unit_test(test_reset_for_nobody),
		cmocka_unit_test(test_half_open_answers),   cmocka_unit_test(test_time_wait),
		cmocka_unit_test(test_states_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
