/* Who asks RIP, and who signs what it hears. */
#include "unit/core_routing_rip/rip_bed.h"

/* ---- requests -------------------------------------------------------------------------------- */

static void ask_all(struct rip_bed *bed, u16 port)
{
	struct dgram in = said_by("192.0.2.9", 0, RIP_REQUEST);
	struct rip_entry whole = { .metric = 16 };

	rip_entry_write(in.data + RIP_HEADER_LEN, &whole);
	in.bytes += RIP_ENTRY_LEN;
	in.from.port = be16_of(port);
	in.to.addr = addr("192.0.2.1");
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
}

/* Section 3.9.1: the whole table, to who asked, with split horizon. */
static void test_whole_table(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct dgram out;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 6 * NS_PER_SEC);
	bed_forget_sent(bed);
	ask_all(bed, 520);
	assert_true(bed_sent(bed, 0, &out));
	assert_true(be32_eq(out.to.addr, addr("192.0.2.9")));
	assert_int_equal(be16_host(out.to.port), 520);
	assert_int_equal(be16_host(out.from.port), 520);
	assert_int_equal(out.bytes, RIP_HEADER_LEN + 2 * RIP_ENTRY_LEN);
	ask_all(bed, 4000);
	assert_int_equal(bed_told(bed, 0, "10.1.2.0", NULL), 16);
	rip_bed_free(bed);
}

/* Section 3.9.1: entry by entry, without split horizon; what is not known is 16 away. */
static void test_specific_entries(void **state)
{
	static const struct told asked[] = {
		{ "10.1.2.0", "255.255.255.0", 1, NULL, 0 },
		{ "10.9.9.0", "255.255.255.0", 1, NULL, 0 },
		{ "198.51.100.0", "255.255.255.0", 9, NULL, 0 },
	};
	static const u32 metric[] = { 3, 16, 1 };
	struct rip_bed *bed = bed_ready();
	struct dgram in = said_by("192.0.2.9", 0, RIP_REQUEST), out;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_forget_sent(bed);
	for (u32 n = 0; n < ARRAY_COUNT(asked); n++)
		add_entry(&in, &asked[n]);
	in.from.port = be16_of(4000);
	in.to.addr = addr("192.0.2.1");
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
	assert_true(bed_sent(bed, 0, &out));
	assert_int_equal(be16_host(out.to.port), 4000);
	assert_int_equal(out.data[0], RIP_RESPONSE);
	assert_int_equal(out.bytes, in.bytes);
	for (u32 n = 0; n < ARRAY_COUNT(asked); n++) {
		struct rip_entry entry;

		rip_entry_read(out.data + RIP_HEADER_LEN + n * RIP_ENTRY_LEN, &entry);
		assert_true(be32_eq(entry.addr, addr(asked[n].addr)));
		assert_int_equal(entry.metric, metric[n]);
	}
	/* Without an entry there is no answer. */
	in = said_by("192.0.2.9", 0, RIP_REQUEST);
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
	assert_false(bed_sent(bed, 0, &out));
	rip_bed_free(bed);
}

static void test_passive(void **state)
{
	struct rip_bed *bed = rip_bed_new();
	struct dgram out;

	(void)state;
	bed->conf.iface[0].passive = true;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_forget_sent(bed);
	bed_wait(bed, 100 * NS_PER_SEC);
	assert_false(bed_sent(bed, 0, &out));
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 3);
	ask_all(bed, 520);
	assert_false(bed_sent(bed, 0, &out));
	ask_all(bed, 4000);
	assert_true(bed_sent(bed, 0, &out));
	rip_bed_free(bed);
}

static void test_unicast_neighbours(void **state)
{
	struct told told = { "10.1.2.0", "255.255.255.0", 1, NULL, 0 };
	struct rip_bed *bed = rip_bed_new();
	struct dgram out, in;

	(void)state;
	bed->conf.iface[0].multicast = false;
	bed->conf.iface[0].peer_count = 1;
	bed->conf.iface[0].peer[0] = addr("192.0.2.9");
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_wait(bed, 40 * NS_PER_SEC);
	while (bed_sent(bed, 0, &out))
		assert_true(be32_eq(out.to.addr, addr("192.0.2.9")));
	assert_int_equal(bed->rip.iface[0].stats.updates, 1);
	/* And nobody else is heard. */
	in = said_by("192.0.2.8", 0, RIP_RESPONSE);
	add_entry(&in, &told);
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
	assert_int_equal(bed->rip.iface[0].stats.bad_source, 1);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 2);
	rip_bed_free(bed);
}

static bool is_heard(const struct rip_bed *bed, const char *from)
{
	for (u32 idx = 0; idx < bed->rip.neighs.cap; idx++) {
		const struct rip_neigh *neigh = slab_at(&bed->rip.neighs, idx);

		if (slab_is_live(&bed->rip.neighs, idx) && be32_eq(neigh->addr, addr(from)))
			return true;
	}
	return false;
}

/* Who makes up senders on one link leaves the other one its share. */
static void test_a_link_has_its_share_of_neighbours(void **state)
{
	static const char *const made_up[] = { "192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8",
					       "192.0.2.10" };
	struct rip_bed *bed = rip_bed_new();
	struct speaker_event event = { 0 };
	u32 warnings = 0;

	(void)state;
	bed->conf.neighbour_limit = ARRAY_COUNT(made_up);
	rip_bed_start(bed);
	rip_bed_turn(bed);
	for (u32 n = 0; n < ARRAY_COUNT(made_up); n++) {
		bed_hear_one(bed, made_up[n], 0, "10.1.1.0", 1);
		bed_wait(bed, NS_PER_SEC);
	}
	bed_hear_one(bed, made_up[0], 0, "10.1.1.0", 1);
	for (u32 n = 0; n < 2; n++)
		bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
	assert_int_equal(bed->rip.iface[0].stats.neighbours_full, 2);
	bed_hear_one(bed, "198.51.100.8", 1, "10.2.1.0", 1);
	assert_true(is_heard(bed, "198.51.100.8"));
	assert_false(is_heard(bed, made_up[1]));
	bed_hear_one(bed, "198.51.100.9", 1, "10.2.2.0", 1);
	assert_true(is_heard(bed, "198.51.100.9"));
	assert_false(is_heard(bed, made_up[2]));
	/* Two, and three, whose number does not go up again. */
	bed_hear_one(bed, "198.51.100.7", 1, "10.2.3.0", 1);
	bed_hear_one(bed, made_up[1], 0, "10.1.1.0", 1);
	assert_int_equal(bed->rip.iface[0].stats.neighbours_full, 3);
	assert_int_equal(bed->rip.iface[1].stats.neighbours_full, 1);
	assert_true(is_heard(bed, made_up[0]) && is_heard(bed, made_up[3]) &&
		    is_heard(bed, made_up[4]));
	while (speaker_log_take(&bed->log, &event))
		warnings += event.kind == SPEAKER_WARNING;
	assert_int_equal(warnings, 2);
	rip_check(&bed->rip);
	rip_bed_free(bed);
}

/* ---- authentication -------------------------------------------------------------------------- */

static void set_digest(struct rip_bed *bed)
{
	bed->conf.iface[0].auth = (struct rip_auth_conf){
		.kind = RIP_AUTH_DIGEST,
		.key_count = 1,
		.key = { { .id = 1, .alg = DIGEST_SHA256, .len_bytes = 4, .secret = "tell" } },
	};
}

static void hear_signed(struct rip_bed *bed, u32 sequence, u32 metric)
{
	struct told told = { "10.1.2.0", "255.255.255.0", metric, NULL, 0 };
	struct dgram in = said_by("192.0.2.9", 0, RIP_RESPONSE);

	in.bytes += RIP_ENTRY_LEN;
	add_entry(&in, &told);
	in.bytes = rip_auth_sign(&bed->conf.iface[0].auth, in.data, in.bytes, sequence);
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
}

/* RFC 4822 section 3.3: never back, until the neighbour was silent for long enough. */
static void test_sequence_numbers(void **state)
{
	struct rip_bed *bed = rip_bed_new();
	struct speaker_event event;

	(void)state;
	set_digest(bed);
	rip_bed_start(bed);
	rip_bed_turn(bed);
	hear_signed(bed, 1000, 2);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 3);
	hear_signed(bed, 999, 5);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 3);
	assert_int_equal(bed->rip.iface[0].stats.bad_sequence, 1);
	hear_signed(bed, 1000, 4);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 5);
	bed_wait(bed, 181 * NS_PER_SEC);
	hear_signed(bed, 7, 6);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 7);
	while (speaker_log_take(&bed->log, &event))
		;
	/* Not signed at all. */
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 7);
	assert_int_equal(bed->rip.iface[0].stats.bad_auth[RIP_AUTH_MISSING], 1);
	assert_true(speaker_log_take(&bed->log, &event));
	assert_int_equal(event.kind, SPEAKER_WARNING);
	rip_bed_free(bed);
}

static u32 warnings_of(struct rip_bed *bed)
{
	struct speaker_event event;
	u32 count = 0;

	while (speaker_log_take(&bed->log, &event))
		count += event.kind == SPEAKER_WARNING;
	return count;
}

/* Another mistake than the one that was told a moment ago is told at once; each once a minute. */
static void test_each_mistake_is_told(void **state)
{
	struct rip_bed *bed = rip_bed_new();

	(void)state;
	set_digest(bed);
	rip_bed_start(bed);
	rip_bed_turn(bed);
	for (u32 minute = 0; minute < 2; minute++) {
		for (u32 n = 0; n < 3; n++) {
			bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
			assert_int_equal(warnings_of(bed), n == 0);
			bed->conf.iface[0].auth.key[0].secret[0] = 'T';
			hear_signed(bed, 1000, 2);
			assert_int_equal(warnings_of(bed), n == 0);
			bed->conf.iface[0].auth.key[0].secret[0] = 't';
		}
		bed_wait(bed, 61 * NS_PER_SEC);
	}
	rip_bed_free(bed);
}

static void test_our_sequence_grows(void **state)
{
	struct rip_bed *bed = rip_bed_new();
	struct rip_auth_seen seen;
	struct dgram out;
	u32 last = 5000;

	(void)state;
	set_digest(bed);
	bed->conf.sequence_base = 5000;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_wait(bed, 100 * NS_PER_SEC);
	while (bed_sent(bed, 0, &out)) {
		assert_int_equal(
			rip_auth_check(&bed->conf.iface[0].auth, out.data, out.bytes, &seen),
			RIP_AUTH_GOOD);
		assert_true(seen.sequence >= last);
		last = seen.sequence;
	}
	assert_in_range(last, 5060, 5100);
	rip_bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_table),
		cmocka_unit_test(test_specific_entries),
		cmocka_unit_test(test_passive),
		cmocka_unit_test(test_unicast_neighbours),
		cmocka_unit_test(test_a_link_has_its_share_of_neighbours),
		cmocka_unit_test(test_sequence_numbers),
		cmocka_unit_test(test_each_mistake_is_told),
		cmocka_unit_test(test_our_sequence_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
