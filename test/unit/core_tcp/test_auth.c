/* The MD5 option, and what both kinds have in common: which options a segment may have. */
#include "unit/core_tcp/auth_bed.h"

/* RFC 2385 has no example. These are of one connection between two sockets of Linux 6.18 with this
 * key: a SYN, its answer, the ACK, and data of either side.                                      */
static const char key_of_linux[] = "correct horse battery staple";

static const char *const packets_of_linux[] = {
	"45000048a92340004006a555c0000201c63364029cf300b37445245300000000"
	"d002ffd7ec7100000101131233046c881d1b8947ed69011a3f4d6cfe0204ffd7"
	"010104020103030a",
	"450000480000400040064e79c6336402c000020100b39cf309b62e1a74452454"
	"d012ffd7ec71000001011312c690fafaf8a0a22430b0aca9ac1ade820204ffd7"
	"010104020103030a",
	"4500003ca92440004006a560c0000201c63364029cf300b37445245409b62e1b"
	"a0100040ec65000001011312a1bfa5f1f0d3db2eed2e472e674a347a",
	"4500004fa92540004006a54cc0000201c63364029cf300b37445245409b62e1b"
	"a0180040ec78000001011312257224e9499351bc3d6a1f66bda115b9ffffffff"
	"ffffffffffffffffffffffff001304",
	"45000047aa2940004006a450c6336402c000020100b39cf309b62e1b74452467"
	"a0180040ec70000001011312a88035bed92f7afa3561f9486ca9e58c68656c6c"
	"6f2c2070656572",
};

static struct tcp_auth_conf conf_of(const char *key)
{
	return (struct tcp_auth_conf){ .kind = TCP_AUTH_MD5, .md5 = secret_of(key) };
}

static enum tcp_auth_answer check(const struct tcp_auth_conf *conf, struct packet *packet)
{
	struct tcp_auth_segment segment = segment_in(packet, 0);
	struct tcp_ao_seen seen = { 7, 7 };
	enum tcp_auth_answer answer = tcp_auth_check(conf, &segment, &seen);

	assert_true(seen.key == 7 && seen.wanted == 7);
	return answer;
}

static void test_segments_of_linux_are_accepted(void **state)
{
	struct tcp_auth_conf conf = conf_of(key_of_linux);
	struct tcp_auth_conf other = conf_of("correct horse battery stapler");
	struct packet packet;

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(packets_of_linux); n++) {
		packet = packet_of(packets_of_linux[n]);
		assert_int_equal(check(&conf, &packet), TCP_AUTH_OK);
		assert_int_equal(check(&other, &packet), TCP_AUTH_WRONG);
	}
}

static void test_segments_of_linux_are_signed(void **state)
{
	struct tcp_auth_conf conf = conf_of(key_of_linux);
	struct tcp_auth_segment segment;
	struct packet packet, want;
	u8 *opt;

	(void)state;
	assert_int_equal(tcp_auth_opt_len(&conf), TCP_MD5_OPT_LEN);
	for (u32 n = 0; n < ARRAY_COUNT(packets_of_linux); n++) {
		want = packet = packet_of(packets_of_linux[n]);
		opt = option_in(&packet, TCP_OPT_MD5, TCP_MD5_OPT_LEN);
		segment = segment_in(&packet, 0);
		memset(opt, 0xee, TCP_MD5_OPT_LEN);
		tcp_auth_sign(&conf, &segment, 0, 0, opt);
		assert_memory_equal(packet.byte, want.byte, want.len);
	}
}

static void test_data_in_two_pieces(void **state)
{
	struct tcp_auth_conf conf = conf_of(key_of_linux);
	struct packet packet = packet_of(packets_of_linux[3]);
	struct tcp_auth_segment segment;
	struct tcp_ao_seen seen;

	(void)state;
	for (u32 first = 0; first <= 19; first++) {
		segment = segment_in(&packet, first);
		assert_int_equal(tcp_auth_check(&conf, &segment, &seen), TCP_AUTH_OK);
	}
}

/* Addresses, the header but its options and its checksum, and data (RFC 2385 section 2.0). */
static void test_every_bit_counts(void **state)
{
	struct tcp_auth_conf conf = conf_of(key_of_linux);
	struct packet packet = packet_of(packets_of_linux[3]);
	u32 hlen = tcp_hlen(tcp_of(&packet));

	(void)state;
	for (u32 bit = offsetof(struct ip4_hdr, src) * 8; bit < packet.len * 8; bit++) {
		u32 byte = bit / 8 - IP4_HLEN_MIN;
		bool fill = byte >= TCP_HLEN_MIN && byte < TCP_HLEN_MIN + 2;

		flip(&packet, bit);
		/* A header of another length is not the same segment, or none at all. */
		if (tcp_hlen(tcp_of(&packet)) == hlen && !fill)
			assert_int_equal(check(&conf, &packet) == TCP_AUTH_OK, is_in_checksum(bit));
		flip(&packet, bit);
	}
}

static void test_other_options_do_not_count(void **state)
{
	struct tcp_auth_conf conf = conf_of(key_of_linux);
	struct packet packet = packet_of(packets_of_linux[0]);

	(void)state;
	option_in(&packet, TCP_OPT_MSS, TCP_OPT_MSS_LEN)[2] ^= 1;
	assert_int_equal(check(&conf, &packet), TCP_AUTH_OK);
}

static void test_keys_of_every_length(void **state)
{
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_MD5 };
	struct packet packet = packet_of(packets_of_linux[3]);
	u8 *opt = option_in(&packet, TCP_OPT_MD5, TCP_MD5_OPT_LEN);
	struct tcp_auth_segment segment = segment_in(&packet, 0);

	(void)state;
	memset(conf.md5.byte, 'k', sizeof conf.md5.byte);
	for (u32 len = 1; len <= TCP_AUTH_KEY_MAX; len++) {
		conf.md5.len_bytes = len;
		tcp_auth_sign(&conf, &segment, 0, 0, opt);
		assert_int_equal(check(&conf, &packet), TCP_AUTH_OK);
		conf.md5.len_bytes = len == 1 ? 2 : len - 1;
		assert_int_equal(check(&conf, &packet), TCP_AUTH_WRONG);
	}
}

/* Options of a segment without data, filled up with NOPs. */
static enum tcp_auth_answer check_options(enum tcp_auth_kind kind, const u8 *options, u32 len)
{
	struct tcp_auth_conf conf = { .kind = kind, .md5 = secret_of("k"), .ao_count = 1 };
	struct packet packet = { .len = IP4_HLEN_MIN + TCP_HLEN_MAX };
	struct tcp_hdr *tcp = tcp_of(&packet);

	conf.ao[0] = (struct tcp_ao_key){ .send_id = 1, .recv_id = 2, .master = secret_of("k") };
	assert_true(tcp_auth_conf_is_valid(&conf));
	tcp->doff = TCP_HLEN_MAX / 4 << 4;
	memset(packet.byte + IP4_HLEN_MIN + TCP_HLEN_MIN, TCP_OPT_NOP, TCP_HLEN_MAX - TCP_HLEN_MIN);
	memcpy(packet.byte + IP4_HLEN_MIN + TCP_HLEN_MIN, options, len);
	return check(&conf, &packet);
}

/* What is at stake are the options alone: every code is wrong. RFC 5925 section 2.2. */
static void test_options_of_a_segment(void **state)
{
	static const u8 none[] = { 2, 4, 5, 180 }, cut[40] = { 1, 1, 3, 0, 19, 18 };
	static const u8 md5[18] = { 19, 18 }, md5_short[17] = { 19, 17 }, md5_long[19] = { 19, 19 };
	static const u8 ao[16] = { 29, 16, 2, 1 }, ao_long[20] = { 29, 20, 2, 1 };
	static const u8 two_md5[36] = { 19, 18, [18] = 19, 18 };
	static const u8 two_ao[32] = { 29, 16, 2, 1, [16] = 29, 16, 2, 1 };
	static const u8 both[34] = { 19, 18, [18] = 29, 16, 2, 1 };

	(void)state;
	assert_int_equal(check_options(TCP_AUTH_MD5, none, sizeof none), TCP_AUTH_MISSING);
	assert_int_equal(check_options(TCP_AUTH_MD5, cut, sizeof cut), TCP_AUTH_MISSING);
	assert_int_equal(check_options(TCP_AUTH_MD5, ao, sizeof ao), TCP_AUTH_MISSING);
	assert_int_equal(check_options(TCP_AUTH_MD5, md5, sizeof md5), TCP_AUTH_WRONG);
	assert_int_equal(check_options(TCP_AUTH_MD5, md5_short, 17), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_MD5, md5_long, 19), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_MD5, two_md5, 36), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_MD5, both, sizeof both), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_AO, none, sizeof none), TCP_AUTH_MISSING);
	assert_int_equal(check_options(TCP_AUTH_AO, md5, sizeof md5), TCP_AUTH_MISSING);
	assert_int_equal(check_options(TCP_AUTH_AO, ao, sizeof ao), TCP_AUTH_WRONG);
	assert_int_equal(check_options(TCP_AUTH_AO, ao_long, 20), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_AO, two_ao, 32), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_AO, both, sizeof both), TCP_AUTH_MALFORMED);
	assert_int_equal(check_options(TCP_AUTH_NONE, none, sizeof none), TCP_AUTH_OK);
	assert_int_equal(check_options(TCP_AUTH_NONE, md5, sizeof md5), TCP_AUTH_OK);
}

static void test_nothing_is_written_without_a_kind(void **state)
{
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_NONE };
	struct packet packet = packet_of(packets_of_linux[0]), want = packet;
	struct tcp_auth_segment segment = segment_in(&packet, 0);

	(void)state;
	assert_int_equal(tcp_auth_opt_len(&conf), 0);
	tcp_auth_sign(&conf, &segment, 0, 0, option_in(&packet, TCP_OPT_MD5, TCP_MD5_OPT_LEN));
	assert_memory_equal(packet.byte, want.byte, want.len);
}

static void test_conf(void **state)
{
	struct tcp_auth_conf conf = { .kind = TCP_AUTH_NONE };

	(void)state;
	assert_true(tcp_auth_conf_is_valid(&conf));
	conf.kind = (enum tcp_auth_kind)3;
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf = conf_of("");
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf = conf_of("k");
	assert_true(tcp_auth_conf_is_valid(&conf));
	conf.md5.len_bytes = TCP_AUTH_KEY_MAX + 1;
	assert_false(tcp_auth_conf_is_valid(&conf));
}

/* RFC 5925 section 3.1: identifiers of keys for one connection do not overlap. */
static void test_conf_of_ao(void **state)
{
	struct tcp_auth_conf good = { .kind = TCP_AUTH_AO, .ao_count = TCP_AO_KEYS_MAX }, conf;

	(void)state;
	for (u32 n = 0; n < TCP_AO_KEYS_MAX; n++) {
		good.ao[n].send_id = (u8)n;
		good.ao[n].recv_id = (u8)(n + 1);
		good.ao[n].master = secret_of("k");
	}
	assert_true(tcp_auth_conf_is_valid(&good));
	conf = good;
	conf.ao[3].send_id = conf.ao[1].send_id;
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf = good;
	conf.ao[3].recv_id = conf.ao[2].recv_id;
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf.ao_count = 3;
	assert_true(tcp_auth_conf_is_valid(&conf));
	conf.ao_count = 0;
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf.ao_count = TCP_AO_KEYS_MAX + 1;
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf = good;
	conf.ao[3].master.len_bytes = 0;
	assert_false(tcp_auth_conf_is_valid(&conf));
	conf = good;
	conf.ao[3].alg = (enum tcp_ao_alg)2;
	assert_false(tcp_auth_conf_is_valid(&conf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments_of_linux_are_accepted),
		cmocka_unit_test(test_segments_of_linux_are_signed),
		cmocka_unit_test(test_data_in_two_pieces),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_other_options_do_not_count),
		cmocka_unit_test(test_keys_of_every_length),
		cmocka_unit_test(test_options_of_a_segment),
		cmocka_unit_test(test_nothing_is_written_without_a_kind),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_conf_of_ao),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
