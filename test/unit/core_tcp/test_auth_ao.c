/* TCP-AO: the segments of RFC 9235, keys and their identifiers, numbers that go around. */
#include "unit/core_tcp/auth_bed.h"
#include "unit/core_tcp/rfc9235.h"

#include "core/base/rng.h"

enum { KEY_ID_AT = 2, RNEXT_AT = 3 };

/* Of who sends the segment of a vector, or of who receives it. RFC 9235 section 3.1. */
static struct tcp_auth_conf conf_of(const struct rfc9235_vector *vector, bool sends)
{
	struct packet packet = packet_of(vector->packet);
	const u8 *opt = option_in(&packet, TCP_OPT_AO, TCP_AO_OPT_LEN);
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_AO, .ao_count = 1 };

	conf.ao[0] = (struct tcp_ao_key){
		.send_id = opt[sends ? KEY_ID_AT : RNEXT_AT],
		.recv_id = opt[sends ? RNEXT_AT : KEY_ID_AT],
		.alg = vector->alg,
		.covers_options = vector->covers_options,
		.master = secret_of("testvector"),
	};
	assert_true(tcp_auth_conf_is_valid(&conf));
	return conf;
}

static struct tcp_auth_segment segment_of(const struct rfc9235_vector *vector,
					  struct packet *packet, u32 first)
{
	struct tcp_auth_segment segment = segment_in(packet, first);

	segment.src_isn = vector->src_isn;
	segment.dst_isn = vector->dst_isn;
	return segment;
}

static enum tcp_auth_answer check(const struct tcp_auth_conf *conf,
				  const struct tcp_auth_segment *segment)
{
	struct tcp_ao_seen seen = { 7, 7 };
	enum tcp_auth_answer answer = tcp_auth_check(conf, segment, &seen);

	assert_int_equal(seen.key != 7, answer == TCP_AUTH_OK);
	return answer;
}

static void test_traffic_keys_of_rfc9235(void **state)
{
	u8 key[TCP_AO_TRAFFIC_KEY_MAX];

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(rfc9235); n++) {
		struct tcp_auth_conf conf = conf_of(&rfc9235[n], true);
		struct packet packet = packet_of(rfc9235[n].packet);
		struct tcp_auth_segment segment = segment_of(&rfc9235[n], &packet, 0);

		assert_int_equal(tcp_ao_traffic_key(&conf.ao[0], &segment, key),
				 strlen(rfc9235[n].traffic_key) / 2);
		assert_is_hex(key, rfc9235[n].traffic_key);
	}
}

static void test_segments_of_rfc9235_are_accepted(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(rfc9235); n++) {
		struct tcp_auth_conf conf = conf_of(&rfc9235[n], false);
		struct packet packet = packet_of(rfc9235[n].packet);
		struct tcp_auth_segment segment = segment_of(&rfc9235[n], &packet, 0);
		struct tcp_ao_seen seen = { 7, 7 };

		assert_int_equal(tcp_auth_check(&conf, &segment, &seen), TCP_AUTH_OK);
		assert_true(seen.key == 0 && seen.wanted == 0);
	}
}

static void test_segments_of_rfc9235_are_signed(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(rfc9235); n++) {
		struct tcp_auth_conf conf = conf_of(&rfc9235[n], true);
		struct packet packet = packet_of(rfc9235[n].packet), want = packet;
		struct tcp_auth_segment segment = segment_of(&rfc9235[n], &packet, 0);
		u8 *opt = option_in(&packet, TCP_OPT_AO, TCP_AO_OPT_LEN);

		assert_int_equal(tcp_auth_opt_len(&conf), TCP_AO_OPT_LEN);
		memset(opt, 0xee, TCP_AO_OPT_LEN);
		tcp_auth_sign(&conf, &segment, 0, 0, opt);
		assert_memory_equal(packet.byte, want.byte, want.len);
	}
}

static void test_data_in_two_pieces(void **state)
{
	const struct rfc9235_vector *vector = &rfc9235[2];
	struct tcp_auth_conf conf = conf_of(vector, false);
	struct packet packet = packet_of(vector->packet);
	u32 len = packet.len - IP4_HLEN_MIN - tcp_hlen(tcp_of(&packet));

	(void)state;
	assert_int_equal(len, 67);
	for (u32 first = 0; first <= len; first++) {
		struct tcp_auth_segment segment = segment_of(vector, &packet, first);

		assert_int_equal(check(&conf, &segment), TCP_AUTH_OK);
	}
}

/* Of the options of these segments only the timestamps can change without another being read. */
static bool is_in_timestamps(struct packet *packet, u32 bit)
{
	const u8 *opt = option_in(packet, TCP_OPT_TIMESTAMPS, 10);
	u32 at = (u32)(opt - packet->byte);

	return bit / 8 >= at + 2 && bit / 8 < at + 10;
}

static void check_every_bit(const struct rfc9235_vector *vector)
{
	struct tcp_auth_conf conf = conf_of(vector, false);
	struct packet packet = packet_of(vector->packet);
	struct tcp_auth_segment segment;
	struct packet sent = packet;

	for (u32 bit = offsetof(struct ip4_hdr, src) * 8; bit < packet.len * 8; bit++) {
		bool free = is_in_checksum(bit) ||
			    (!vector->covers_options && is_in_timestamps(&sent, bit));
		u32 at = bit / 8 - IP4_HLEN_MIN;
		bool other = at >= TCP_HLEN_MIN && at < tcp_hlen(tcp_of(&sent)) - TCP_AO_OPT_LEN;

		flip(&packet, bit);
		if (tcp_hlen(tcp_of(&packet)) == tcp_hlen(tcp_of(&sent)) &&
		    (vector->covers_options || free || !other)) {
			segment = segment_of(vector, &packet, 0);
			assert_int_equal(check(&conf, &segment) == TCP_AUTH_OK, free);
		}
		flip(&packet, bit);
	}
}

/* RFC 5925 section 5.1: addresses, header, data, and options if the key says so. */
static void test_every_bit_counts(void **state)
{
	(void)state;
	for (u32 n = 2; n < ARRAY_COUNT(rfc9235); n += 4)
		check_every_bit(&rfc9235[n]);
}

static void test_numbers_count(void **state)
{
	const struct rfc9235_vector *vector = &rfc9235[2];
	struct tcp_auth_conf conf = conf_of(vector, false), sender = conf_of(vector, true);
	struct packet packet = packet_of(vector->packet);
	struct tcp_auth_segment segment = segment_of(vector, &packet, 0);

	(void)state;
	segment.sne = 1;
	assert_int_equal(check(&conf, &segment), TCP_AUTH_WRONG);
	tcp_auth_sign(&sender, &segment, 0, 0, option_in(&packet, TCP_OPT_AO, TCP_AO_OPT_LEN));
	assert_int_equal(check(&conf, &segment), TCP_AUTH_OK);
	segment.src_isn++;
	assert_int_equal(check(&conf, &segment), TCP_AUTH_WRONG);
	segment.src_isn--;
	segment.dst_isn++;
	assert_int_equal(check(&conf, &segment), TCP_AUTH_WRONG);
}

/* A SYN's own number is in it, and the other one's is not known (RFC 5925 section 5.2). */
static void test_numbers_of_a_syn(void **state)
{
	struct tcp_auth_conf conf = conf_of(&rfc9235[0], false);
	struct packet packet = packet_of(rfc9235[0].packet);
	struct tcp_auth_segment segment = segment_of(&rfc9235[0], &packet, 0);

	(void)state;
	segment.src_isn = segment.dst_isn = 99;
	assert_int_equal(check(&conf, &segment), TCP_AUTH_OK);
	conf = conf_of(&rfc9235[1], false);
	packet = packet_of(rfc9235[1].packet);
	segment = segment_of(&rfc9235[1], &packet, 0);
	segment.src_isn = 99;
	assert_int_equal(check(&conf, &segment), TCP_AUTH_OK);
	segment.dst_isn = 99;
	assert_int_equal(check(&conf, &segment), TCP_AUTH_WRONG);
}

/* A master key of 16 bytes is taken as it is by AES, others are not (RFC 5926 section 3.1.1.2).
 * SHA-256 over the traffic keys of masters of 1 to 80 bytes, by OpenSSL.                         */
static void test_master_keys_of_every_length(void **state)
{
	static const char *const ladders[] = {
		[TCP_AO_HMAC_SHA1] =
			"e7ea84e300b5d608ce5de78b582c2d64ff7327735cd0ea368b6b663a4702aed5",
		[TCP_AO_AES_128_CMAC] =
			"eaefd2633a1700aa99e2060efdc1e2efb139bb3e56058dc54e7d9367513c51a5",
	};
	struct packet packet = packet_of(rfc9235[2].packet);
	struct tcp_auth_segment segment = segment_of(&rfc9235[2], &packet, 0);
	u8 key[TCP_AO_TRAFFIC_KEY_MAX], end[DIGEST_SIZE_MAX];
	struct digest ladder;

	(void)state;
	for (enum tcp_ao_alg alg = TCP_AO_HMAC_SHA1; alg <= TCP_AO_AES_128_CMAC; alg++) {
		struct tcp_ao_key master = { .alg = alg };

		fill_message(master.master.byte, TCP_AUTH_KEY_MAX);
		digest_init(&ladder, DIGEST_SHA256);
		for (u32 len = 1; len <= TCP_AUTH_KEY_MAX; len++) {
			master.master.len_bytes = len;
			digest_update(&ladder, key, tcp_ao_traffic_key(&master, &segment, key));
		}
		digest_final(&ladder, end);
		assert_is_hex(end, ladders[alg]);
	}
}

/* Keys n of two ends belong together: what one sends as 10 + n, the other has as 10 + n to receive;
 * the other way it is 20 + n.                                                                    */
static struct tcp_auth_conf end_with_keys(bool client, u32 count)
{
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_AO, .ao_count = count };

	for (u32 n = 0; n < count; n++) {
		conf.ao[n] = (struct tcp_ao_key){
			.send_id = (u8)((client ? 10 : 20) + n),
			.recv_id = (u8)((client ? 20 : 10) + n),
			.covers_options = n % 2 != 0,
			.alg = n / 2 != 0 ? TCP_AO_AES_128_CMAC : TCP_AO_HMAC_SHA1,
			.master = secret_of("master"),
		};
		conf.ao[n].master.byte[0] = (u8)n;
	}
	return conf;
}

/* RFC 5925 sections 7.4 and 7.5: KeyID says with what, RNextKeyID asks for what. */
static void test_keys_by_identifier(void **state)
{
	struct tcp_auth_conf client = end_with_keys(true, 4), server = end_with_keys(false, 4);
	struct packet packet = packet_of(rfc9235[2].packet);
	struct tcp_auth_segment segment = segment_of(&rfc9235[2], &packet, 0);
	u8 *opt = option_in(&packet, TCP_OPT_AO, TCP_AO_OPT_LEN);

	(void)state;
	for (u32 current = 0; current < 4; current++) {
		for (u32 rnext = 0; rnext < 4; rnext++) {
			struct tcp_ao_seen seen = { 7, 7 };

			tcp_auth_sign(&client, &segment, current, rnext, opt);
			assert_int_equal(opt[KEY_ID_AT], 10 + current);
			assert_int_equal(opt[RNEXT_AT], 20 + rnext);
			assert_int_equal(tcp_auth_check(&server, &segment, &seen), TCP_AUTH_OK);
			assert_int_equal(seen.key, current);
			assert_int_equal(seen.wanted, rnext);
		}
	}
}

static void test_keys_that_one_end_does_not_have(void **state)
{
	struct tcp_auth_conf client = end_with_keys(true, 4), server = end_with_keys(false, 3);
	struct packet packet = packet_of(rfc9235[2].packet);
	struct tcp_auth_segment segment = segment_of(&rfc9235[2], &packet, 0);
	u8 *opt = option_in(&packet, TCP_OPT_AO, TCP_AO_OPT_LEN);
	struct tcp_ao_seen seen = { 7, 7 };

	(void)state;
	tcp_auth_sign(&client, &segment, 3, 0, opt);
	assert_int_equal(check(&server, &segment), TCP_AUTH_UNKNOWN_KEY);
	tcp_auth_sign(&client, &segment, 0, 3, opt);
	assert_int_equal(tcp_auth_check(&server, &segment, &seen), TCP_AUTH_OK);
	assert_int_equal(seen.key, 0);
	assert_int_equal(seen.wanted, IDX_NONE);
}

static void test_sne_around_the_end(void **state)
{
	(void)state;
	assert_int_equal(tcp_ao_sne(5, 0x80000000, 0x80000001), 5);
	assert_int_equal(tcp_ao_sne(5, 0xffffffff, 0xffffffff), 5);
	assert_int_equal(tcp_ao_sne(5, 0xffffffff, 0), 6);
	assert_int_equal(tcp_ao_sne(5, 0, 0xffffffff), 4);
	assert_int_equal(tcp_ao_sne(5, 0xfffffff0, 0x7fffffef), 6);
	assert_int_equal(tcp_ao_sne(5, 0x7fffffef, 0xfffffff0), 4);
	assert_int_equal(tcp_ao_sne(5, 0x7ffffff0, 0xffffffef), 5);
}

/* A connection that goes around several times; segments come in any order within a window. */
static void test_sne_follows_the_number(void **state)
{
	static const u8 seed[32] = { 9 };
	u64 next = 0xfffff000;
	u32 sne = 0;
	struct rng rng;

	(void)state;
	rng_init(&rng, seed);
	while (next >> 32 < 5) {
		u64 moved = next + rng_below(&rng, 1u << 30);
		u64 seen = next - rng_below(&rng, 1u << 30);

		assert_int_equal(tcp_ao_sne(sne, (u32)next, (u32)seen), (u32)(seen >> 32));
		sne = tcp_ao_sne(sne, (u32)next, (u32)moved);
		next = moved;
		assert_int_equal(sne, (u32)(next >> 32));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traffic_keys_of_rfc9235),
		cmocka_unit_test(test_segments_of_rfc9235_are_accepted),
		cmocka_unit_test(test_segments_of_rfc9235_are_signed),
		cmocka_unit_test(test_data_in_two_pieces),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_numbers_count),
		cmocka_unit_test(test_numbers_of_a_syn),
		cmocka_unit_test(test_master_keys_of_every_length),
		cmocka_unit_test(test_keys_by_identifier),
		cmocka_unit_test(test_keys_that_one_end_does_not_have),
		cmocka_unit_test(test_sne_around_the_end),
		cmocka_unit_test(test_sne_follows_the_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
