/* Rings of keys: who is found in them, and what is left when they go. */
#include "unit/core_tcp/tcp_bed.h"

#include "core/tcp/keys.h"

enum { KEYS = 4, STATES = 3, RING = 9 };

struct keys_bed {
	struct tcp_bed bed;
	struct tcp *tcp;
};

static void keys_bed_open(struct keys_bed *bed)
{
	struct tcp_conf conf = tcp_bed_conf();

	conf.key_limit = KEYS;
	conf.auth_limit = STATES;
	tcp_bed_open(&bed->bed, &conf);
	bed->tcp = &bed->bed.tcp;
}

static void keys_bed_close(struct keys_bed *bed)
{
	tcp_check(bed->tcp);
	tcp_bed_close(&bed->bed);
}

static struct tcp_keys_at at_of(u32 ring, const char *peer, u8 len)
{
	return (struct tcp_keys_at){ ring, addr(peer), len, BED_ZONE };
}

static struct tcp_auth_secret secret_of(const char *text)
{
	struct tcp_auth_secret secret = { .len_bytes = (u32)strlen(text) };

	memcpy(secret.byte, text, u32_min(secret.len_bytes, TCP_AUTH_KEY_MAX));
	return secret;
}

static enum err set_md5(struct keys_bed *bed, u32 ring, const char *peer, u8 len, const char *text)
{
	struct tcp_keys_at at = at_of(ring, peer, len);
	struct tcp_auth_secret secret = secret_of(text);
	enum err err = tcp_keys_set_md5(bed->tcp, &at, &secret);

	keys_check(bed->tcp);
	return err;
}

static enum err add_ao(struct keys_bed *bed, const char *peer, u8 send_id, u8 recv_id)
{
	struct tcp_keys_at at = at_of(RING, peer, 32);
	struct tcp_ao_key key = { .send_id = send_id,
				  .recv_id = recv_id,
				  .master = secret_of("master") };
	enum err err = tcp_keys_add_ao(bed->tcp, &at, &key);

	keys_check(bed->tcp);
	return err;
}

static const struct tcp_keys *found(struct keys_bed *bed, u32 ring, u8 zone, const char *peer)
{
	u32 idx = keys_find(bed->tcp, ring, zone, addr(peer));

	return idx == IDX_NONE ? NULL : slab_at(&bed->tcp->keys.keys, idx);
}

static char first_of(const struct tcp_keys *keys)
{
	return keys == NULL ? '-' : (char)keys->conf.md5.byte[0];
}

static void test_the_longest_prefix_counts(void **state)
{
	struct keys_bed bed;

	(void)state;
	keys_bed_open(&bed);
	assert_null(found(&bed, RING, BED_ZONE, "10.1.2.3"));
	assert_int_equal(set_md5(&bed, RING, "0.0.0.0", 0, "any"), ERR_OK);
	assert_int_equal(set_md5(&bed, RING, "10.1.0.0", 16, "part"), ERR_OK);
	assert_int_equal(set_md5(&bed, RING, "10.1.2.3", 32, "one"), ERR_OK);
	assert_int_equal(set_md5(&bed, RING + 1, "10.1.2.3", 32, "other"), ERR_OK);
	assert_int_equal(first_of(found(&bed, RING, BED_ZONE, "10.1.2.3")), 'o');
	assert_int_equal(first_of(found(&bed, RING, BED_ZONE, "10.1.2.4")), 'p');
	assert_int_equal(first_of(found(&bed, RING, BED_ZONE, "10.2.2.3")), 'a');
	assert_int_equal(first_of(found(&bed, RING + 1, BED_ZONE, "10.1.2.4")), '-');
	assert_int_equal(first_of(found(&bed, RING, BED_ZONE + 1, "10.1.2.3")), '-');
	assert_int_equal(first_of(found(&bed, TCP_RING_NONE, BED_ZONE, "10.1.2.3")), '-');
	/* The same place again is not another one. */
	assert_int_equal(set_md5(&bed, RING, "10.1.2.3", 32, "new"), ERR_OK);
	assert_int_equal(first_of(found(&bed, RING, BED_ZONE, "10.1.2.3")), 'n');
	assert_int_equal(bed.tcp->keys.keys.live, KEYS);
	tcp_keys_forget(bed.tcp, RING);
	assert_int_equal(bed.tcp->keys.keys.live, 1);
	assert_null(found(&bed, RING, BED_ZONE, "10.1.2.3"));
	keys_bed_close(&bed);
}

static void test_what_is_refused(void **state)
{
	static const char long_key[] = "123456789.123456789.123456789.123456789."
				       "123456789.123456789.123456789.123456789.1";
	struct keys_bed bed;
	struct tcp_keys_at at = at_of(RING, "10.0.0.9", 32);
	struct tcp_ao_key key = { .master = secret_of("x"), .alg = 2 };

	(void)state;
	keys_bed_open(&bed);
	assert_int_equal(set_md5(&bed, RING, "10.0.0.1", 32, ""), ERR_RANGE);
	assert_int_equal(set_md5(&bed, RING, "10.0.0.1", 32, long_key), ERR_RANGE);
	assert_int_equal(set_md5(&bed, RING, "10.0.0.1", 32, long_key + 1), ERR_OK);
	assert_int_equal(set_md5(&bed, RING, "10.0.0.1", 31, "x"), ERR_RANGE);
	assert_int_equal(set_md5(&bed, RING, "10.0.0.1", 33, "x"), ERR_RANGE);
	assert_int_equal(set_md5(&bed, TCP_RING_NONE, "10.0.0.1", 32, "x"), ERR_RANGE);
	assert_int_equal(tcp_keys_add_ao(bed.tcp, &at, &key), ERR_RANGE);
	for (u32 n = 1; n < KEYS; n++)
		assert_int_equal(set_md5(&bed, RING + n, "10.0.0.1", 32, "x"), ERR_OK);
	assert_int_equal(set_md5(&bed, RING, "10.0.0.2", 32, "x"), ERR_FULL);
	assert_int_equal(tcp_keys_del(bed.tcp, &at), ERR_NOT_FOUND);
	keys_bed_close(&bed);
}

static void test_keys_of_ao(void **state)
{
	struct keys_bed bed;
	struct tcp_keys_at at = at_of(RING, "10.0.0.1", 32);
	const struct tcp_auth_conf *conf;

	(void)state;
	keys_bed_open(&bed);
	for (u8 n = 0; n < TCP_AO_KEYS_MAX; n++)
		assert_int_equal(add_ao(&bed, "10.0.0.1", n, (u8)(100 + n)), ERR_OK);
	conf = &found(&bed, RING, BED_ZONE, "10.0.0.1")->conf;
	assert_int_equal(conf->ao_count, TCP_AO_KEYS_MAX);
	assert_int_equal(add_ao(&bed, "10.0.0.1", 3, 50), ERR_EXISTS);
	assert_int_equal(add_ao(&bed, "10.0.0.1", 50, 103), ERR_EXISTS);
	assert_int_equal(add_ao(&bed, "10.0.0.1", 50, 50), ERR_FULL);
	assert_int_equal(tcp_keys_del_ao(bed.tcp, &at, 1, 102), ERR_NOT_FOUND);
	assert_int_equal(tcp_keys_del_ao(bed.tcp, &at, 1, 101), ERR_OK);
	assert_int_equal(conf->ao_count, TCP_AO_KEYS_MAX - 1);
	assert_int_equal(conf->ao[0].send_id, 0);
	assert_int_equal(conf->ao[1].send_id, 2);
	assert_int_equal(conf->ao[2].send_id, 3);
	assert_int_equal(conf->ao[3].master.byte[0], 0);
	assert_int_equal(tcp_keys_del_ao(bed.tcp, &at, 0, 100), ERR_OK);
	assert_int_equal(tcp_keys_del_ao(bed.tcp, &at, 2, 102), ERR_OK);
	assert_int_equal(tcp_keys_del_ao(bed.tcp, &at, 3, 103), ERR_OK);
	assert_null(found(&bed, RING, BED_ZONE, "10.0.0.1"));
	assert_int_equal(tcp_keys_del_ao(bed.tcp, &at, 3, 103), ERR_NOT_FOUND);
	keys_bed_close(&bed);
}

/* Whether the bytes of a secret are anywhere in the memory of the table. */
static bool is_remembered(struct keys_bed *bed, const char *text)
{
	const struct slab *slab = &bed->tcp->keys.keys;
	u32 len = (u32)strlen(text);

	for (u64 at = 0; at + len <= (u64)slab->cap * slab->obj_size; at++) {
		if (memcmp(slab->base + at, text, len) == 0)
			return true;
	}
	return false;
}

static tcp_id connect_to(struct keys_bed *bed, const char *peer, u32 ring)
{
	struct tcp_open open = { .key = { .local = addr(SERVER),
					  .peer = addr(peer),
					  .peer_port = be16_of(179),
					  .zone = BED_ZONE },
				 .mtu = 1500,
				 .ring = ring };
	tcp_id id;

	tcp_sockopt_defaults(&open.opt);
	assert_int_equal(tcp_connect(bed->tcp, &open, &id, bed->bed.now), ERR_OK);
	tcp_check(bed->tcp);
	return id;
}

/* Keys that are removed go with the last connection that has them, and leave no secret. */
static void test_removed_while_in_use(void **state)
{
	struct keys_bed bed;
	struct tcp_keys_at at = at_of(RING, CLIENT, 32);
	tcp_id id[2];

	(void)state;
	keys_bed_open(&bed);
	assert_int_equal(set_md5(&bed, RING, CLIENT, 32, "very secret"), ERR_OK);
	for (u32 n = 0; n < 2; n++)
		id[n] = connect_to(&bed, CLIENT, RING);
	assert_int_equal(tcp_keys_used(bed.tcp, id[0]).kind, TCP_AUTH_MD5);
	/* Another kind is for who begins later. */
	assert_int_equal(add_ao(&bed, CLIENT, 1, 1), ERR_RANGE);
	assert_int_equal(tcp_keys_del(bed.tcp, &at), ERR_OK);
	tcp_check(bed.tcp);
	assert_null(found(&bed, RING, BED_ZONE, CLIENT));
	assert_int_equal(add_ao(&bed, CLIENT, 1, 1), ERR_OK);
	assert_int_equal(tcp_keys_used(bed.tcp, id[1]).kind, TCP_AUTH_MD5);
	tcp_abort(bed.tcp, id[0], bed.bed.now);
	assert_true(is_remembered(&bed, "very secret"));
	tcp_abort(bed.tcp, id[1], bed.bed.now);
	assert_false(is_remembered(&bed, "very secret"));
	assert_int_equal(bed.tcp->keys.keys.live, 1);
	assert_int_equal(bed.tcp->keys.states.live, 0);
	/* One key that takes the place of another does not keep its end. */
	assert_int_equal(set_md5(&bed, RING + 1, CLIENT, 32, "a long secret"), ERR_OK);
	assert_int_equal(set_md5(&bed, RING + 1, CLIENT, 32, "short"), ERR_OK);
	assert_false(is_remembered(&bed, "secret"));
	keys_bed_close(&bed);
}

/* A copy of its own, for a connection that came to a listener. */
static void test_keys_of_its_own(void **state)
{
	struct keys_bed bed;
	struct tcp_keys_at at;
	tcp_id id[2], plain;

	(void)state;
	keys_bed_open(&bed);
	assert_int_equal(set_md5(&bed, RING, "198.51.100.0", 24, "shared"), ERR_OK);
	for (u32 n = 0; n < 2; n++)
		id[n] = connect_to(&bed, CLIENT, RING);
	plain = connect_to(&bed, CLIENT, TCP_RING_NONE);
	assert_int_equal(tcp_keys_own(bed.tcp, plain, 3, &at), ERR_NOT_FOUND);
	assert_int_equal(tcp_keys_own(bed.tcp, id[0], 3, &at), ERR_OK);
	tcp_check(bed.tcp);
	assert_int_equal(at.ring, 3);
	assert_int_equal(at.peer_len, 32);
	assert_int_equal(first_of(found(&bed, 3, BED_ZONE, CLIENT)), 's');
	assert_int_equal(found(&bed, 3, BED_ZONE, CLIENT)->use_count, 1);
	assert_int_equal(found(&bed, RING, BED_ZONE, CLIENT)->use_count, 1);
	/* Those of its own ring stay where they are. */
	assert_int_equal(tcp_keys_own(bed.tcp, id[1], RING, &at), ERR_OK);
	assert_int_equal(at.peer_len, 24);
	assert_int_equal(bed.tcp->keys.keys.live, 2);
	for (u32 n = 0; n < 2; n++)
		tcp_abort(bed.tcp, id[n], bed.bed.now);
	tcp_abort(bed.tcp, plain, bed.bed.now);
	keys_bed_close(&bed);
}

static void test_without_memory_there_are_none(void **state)
{
	struct tcp_bed bed;
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_keys_at at = at_of(RING, CLIENT, 32);
	struct tcp_auth_secret secret = secret_of("x");

	(void)state;
	tcp_bed_open(&bed, &conf);
	assert_int_equal(tcp_keys_set_md5(&bed.tcp, &at, &secret), ERR_FULL);
	assert_int_equal(tcp_keys_del(&bed.tcp, &at), ERR_NOT_FOUND);
	assert_int_equal(keys_find(&bed.tcp, RING, BED_ZONE, addr(CLIENT)), IDX_NONE);
	tcp_keys_forget(&bed.tcp, RING);
	tcp_check(&bed.tcp);
	tcp_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_prefix_counts),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_keys_of_ao),
		cmocka_unit_test(test_removed_while_in_use),
		cmocka_unit_test(test_keys_of_its_own),
		cmocka_unit_test(test_without_memory_there_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
