/* The DCCP tracker: dialogues as tables. Each line is a packet as it passes the middle, and the
 * state of the flow after it. Numbers are relative to each side's first.                         */
#include "unit/core_ct/ct_bed.h"

#include "core/wire/dccp.h"

enum { O = TUPLE_ORIG, R = TUPLE_REPLY };
enum { FAR = 1 << 20 }; /* beyond the window */

struct step {
	u8 dir;
	u8 type;
	s64 seq;
	s64 ack; /* of the other side's numbers */
	const char *state;
	u32 unexplained; /* counted so far */
};

struct dialogue {
	struct ct_bed *bed;
	u32 idx;
	u64 base[2];
	bool is_short; /* Data, Ack and DataAck have numbers of 24 bits */
};

#define OPENED                                                                                     \
	{ O, DCCP_REQUEST, 0, 0, "request", 0 }, { R, DCCP_RESPONSE, 0, 0, "respond", 0 },         \
		{ O, DCCP_ACK, 1, 0, "partopen", 0 },                                              \
	{                                                                                          \
		R, DCCP_DATA_ACK, 1, 1, "open", 0                                                  \
	}

static struct dialogue dialogue_open(bool counters)
{
	struct dialogue d = { .bed = ct_bed_new(8),
			      .idx = IDX_NONE,
			      .base = { UINT64_C(0xfffffffffffe), UINT64_C(0x7ffffffffffe) } };

	d.bed->conf.counters = counters;
	ct_bed_start(d.bed);
	return d;
}

static struct pkt *packet(struct dialogue *d, const struct step *step)
{
	struct tuple_key key = ct_bed_key(1, IP_PROTO_DCCP);
	struct tuple t = step->dir == O ? key.tuple : tuple_reversed(&key.tuple);
	u64 seq = d->base[step->dir] + (u64)step->seq, ack = d->base[!step->dir] + (u64)step->ack;
	struct build *b = &d->bed->b;
	u32 cut = 0;

	build_start(b);
	build_ip4(b, t.src, t.dst, IP_PROTO_DCCP);
	build_dccp(b, be16_host(t.sport), be16_host(t.dport), step->type, seq, ack);
	if (d->is_short && step->type >= DCCP_DATA && step->type <= DCCP_DATA_ACK) {
		u8 *dccp = build_l4(b);

		cut = step->type == DCCP_DATA ? 4 : 8;
		dccp[DCCP_DOFF_AT] = (u8)(dccp[DCCP_DOFF_AT] - cut / 4);
		dccp[DCCP_TYPE_AT] = (u8)(dccp[DCCP_TYPE_AT] & ~1);
		be32_store(dccp + 8, be32_of((u32)dccp[DCCP_TYPE_AT] << 24 | (seq & 0xffffff)));
		if (step->type != DCCP_DATA)
			be32_store(dccp + 12, be32_of(ack & 0xffffff));
		b->len -= cut;
	}
	build_payload(b, step->type == DCCP_DATA || step->type == DCCP_DATA_ACK ? 10 : 0, 1);
	build_seal(b);
	return ct_bed_wrap(d->bed);
}

static bool pass(struct dialogue *d, u8 dir, struct pkt *pkt)
{
	return ct_bed_take(d->bed, &d->idx, IP_PROTO_DCCP, dir, pkt);
}

static const struct flow *flow_of(const struct dialogue *d)
{
	return &d->bed->ct.flow[d->idx];
}

static void run(struct dialogue *d, const struct step *steps, u32 count)
{
	for (u32 n = 0; n < count; n++) {
		d->bed->now += 10 * NS_PER_MS;
		assert_true(pass(d, steps[n].dir, packet(d, &steps[n])));
		ct_bed_judge(d->bed, d->idx, n, steps[n].state, steps[n].unexplained);
	}
	ct_check(&d->bed->ct);
}

#define RUN(d, ...)                                                                                \
	run(d, (const struct step[]){ __VA_ARGS__ },                                               \
	    sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

/* RFC 4340 sections 8.1 and 8.3, with and without memory for numbers, with short numbers too. */
static void test_opens_and_closes(void **state)
{
	(void)state;
	for (u32 way = 0; way < 4; way++) {
		struct dialogue d = dialogue_open((way & 1) != 0);

		d.is_short = (way & 2) != 0;
		RUN(&d, { O, DCCP_REQUEST, 0, 0, "request", 0 },
		    { O, DCCP_REQUEST, 1, 0, "request", 0 },
		    { R, DCCP_RESPONSE, 0, 1, "respond", 0 },
		    { R, DCCP_RESPONSE, 1, 1, "respond", 0 }, { O, DCCP_ACK, 2, 1, "partopen", 0 });
		assert_int_equal(flow_of(&d)->flags & FLOW_ASSURED, 0);
		/* Data of the client does not open it: the server may have heard of nothing. */
		if (way & 1)
			RUN(&d, { O, DCCP_DATA_ACK, 3, 1, "partopen", 0 });
		RUN(&d, { R, DCCP_DATA_ACK, 2, 2, "open", 0 });
		assert_true((flow_of(&d)->flags & FLOW_ASSURED) != 0);
		RUN(&d, { O, DCCP_DATA, 4, 0, "open", 0 }, { R, DCCP_ACK, 3, 4, "open", 0 },
		    { R, DCCP_SYNC, 4, 4, "open", 0 }, { O, DCCP_SYNC_ACK, 5, 4, "open", 0 },
		    { R, DCCP_CLOSE_REQ, 5, 5, "closereq", 0 },
		    { O, DCCP_CLOSE, 6, 5, "closing", 0 }, { R, DCCP_RESET, 6, 6, "timewait", 0 });
		ct_bed_close(d.bed);
	}
}

static void test_either_side_closes(void **state)
{
	(void)state;
	for (u8 dir = 0; dir < 2; dir++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, OPENED, { dir, DCCP_CLOSE, 2, 1, "closing", 0 },
		    { dir, DCCP_CLOSE, 3, 1, "closing", 0 },
		    { !dir, DCCP_RESET, 2, 3, "timewait", 0 });
		ct_bed_close(d.bed);
	}
}

/* Only the server asks for a Close (section 8.3); only who did not begin responds. */
static void test_parts(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, { O, DCCP_REQUEST, 0, 0, "request", 0 }, { O, DCCP_RESPONSE, 1, 0, "request", 0 },
	    { R, DCCP_RESPONSE, 0, 1, "respond", 0 }, { R, DCCP_ACK, 1, 1, "respond", 0 },
	    { O, DCCP_DATA, 2, 0, "respond", 0 }, { O, DCCP_DATA_ACK, 3, 1, "partopen", 0 },
	    { R, DCCP_RESPONSE, 2, 3, "partopen", 0 }, { R, DCCP_DATA, 3, 0, "open", 0 },
	    { O, DCCP_CLOSE_REQ, 4, 3, "open", 0 }, { O, DCCP_REQUEST, 5, 0, "open", 0 },
	    { R, DCCP_LISTEN, 0, 0, "open", 0 }, { R, DCCP_CLOSE_REQ, 4, 3, "closereq", 0 });
	ct_bed_close(d.bed);
}

/* RFC 5596, RFC 5597 REQ-2: the server behind a NAT speaks first, and the client's Request is what
 * answers it.                                                                                    */
static void test_simultaneous_open(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, { O, DCCP_LISTEN, 0, 0, "listen", 0 }, { O, DCCP_LISTEN, 0, 0, "listen", 0 },
	    { R, DCCP_REQUEST, 0, 0, "request", 0 }, { O, DCCP_LISTEN, 0, 0, "request", 0 },
	    { O, DCCP_RESPONSE, 0, 0, "respond", 0 }, { O, DCCP_ACK, 1, 0, "respond", 0 },
	    { R, DCCP_ACK, 1, 1, "partopen", 0 }, { O, DCCP_DATA_ACK, 2, 1, "open", 0 },
	    { R, DCCP_CLOSE_REQ, 2, 2, "open", 0 }, { O, DCCP_CLOSE_REQ, 3, 2, "closereq", 0 });
	assert_true((flow_of(&d)->flags & FLOW_ASSURED) != 0);
	ct_bed_close(d.bed);
}

/* Nobody gets the time of an open connection without an answer; who was picked up in the middle has
 * to be answered first.                                                                          */
static void test_alone_it_opens_nothing(void **state)
{
	struct dialogue d = dialogue_open(false);

	(void)state;
	RUN(&d, { O, DCCP_DATA, 0, 0, "partopen", 0 }, { O, DCCP_ACK, 1, 0, "partopen", 0 },
	    { O, DCCP_DATA_ACK, 2, 0, "partopen", 0 });
	assert_int_equal(flow_of(&d)->flags & (FLOW_ANSWERED | FLOW_ASSURED), 0);
	RUN(&d, { R, DCCP_DATA, 0, 0, "open", 0 });
	assert_true((flow_of(&d)->flags & FLOW_ASSURED) != 0);
	ct_bed_close(d.bed);
}

static void test_picked_up(void **state)
{
	static const u8 first[] = { DCCP_DATA, DCCP_ACK, DCCP_DATA_ACK, DCCP_SYNC, DCCP_RESPONSE };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(first); n++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, { O, first[n], 0, 0, "partopen", 0 }, { O, DCCP_DATA, 1, 0, "partopen", 0 },
		    { R, DCCP_RESET, 0, FAR + 2, "partopen", 1 });
		assert_int_equal(flow_of(&d)->flags & FLOW_ANSWERED, 0);
		RUN(&d, { R, DCCP_ACK, 0, 1, "open", 1 }, { R, DCCP_RESET, 1, 1, "timewait", 1 });
		ct_bed_close(d.bed);
	}
}

/* Section 8.1.3: who does not want a connection, and who has none (section 8.3.1: number zero). */
static void test_refused(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, { O, DCCP_REQUEST, 0, 0, "request", 0 }, { R, DCCP_RESET, 0, 1, "request", 1 },
	    { R, DCCP_RESET, 0, -FAR, "request", 2 });
	assert_int_equal(flow_of(&d)->flags & FLOW_ANSWERED, 0);
	RUN(&d, { R, DCCP_RESET, -(s64)d.base[R], 0, "timewait", 2 });
	ct_bed_close(d.bed);
}

/* Who does not see the connection's numbers changes nothing. */
static void test_strangers(void **state)
{
	static const struct step strangers[] = {
		{ R, DCCP_RESET, 2, FAR + 1, "open", 1 },
		{ R, DCCP_RESET, 2, 2, "open", 1 }, /* not sent yet */
		{ R, DCCP_RESET, 2, -FAR + 1, "open", 1 },
		{ R, DCCP_CLOSE, 2, 2, "open", 1 },
		{ R, DCCP_CLOSE, FAR + 1, 1, "open", 1 },
		{ R, DCCP_CLOSE, -FAR, 1, "open", 1 },
		{ R, DCCP_CLOSE_REQ, 2, FAR, "open", 1 },
		{ R, DCCP_DATA, FAR + 1, 0, "open", 1 },
		{ R, DCCP_SYNC, 1ll << 40, 2, "open", 1 },
		{ R, DCCP_RESPONSE, 1ll << 40, -FAR + 1, "open", 1 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(strangers); n++) {
		struct dialogue d = dialogue_open(true);

		/* And its own numbers are not believed later. */
		RUN(&d, OPENED, strangers[n], { R, DCCP_CLOSE, 1ll << 40, 1, "open", 2 },
		    { R, DCCP_CLOSE, 2, 1, "closing", 2 });
		ct_bed_close(d.bed);
	}
}

/* A stranger's Request on the way back, before the server has answered: its numbers are forgotten
 * with the server's first.                                                                       */
static void test_forged_request(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, { O, DCCP_REQUEST, 0, 0, "request", 0 },
	    { R, DCCP_REQUEST, 1ll << 46, 0, "request", 0 },
	    { R, DCCP_RESPONSE, 0, 0, "respond", 0 }, { O, DCCP_ACK, 1, 0, "partopen", 0 },
	    { R, DCCP_DATA_ACK, 1, 1, "open", 0 });
	ct_bed_close(d.bed);
}

/* After a long loss a Sync with a right acknowledgement brings both together (section 7.5.4). */
static void test_sync_goes_on(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { O, DCCP_DATA, 3 * FAR, 0, "open", 1 },
	    { O, DCCP_SYNC, 3 * FAR + 1, 1, "open", 1 },
	    { O, DCCP_DATA, 3 * FAR + 2, 0, "open", 1 },
	    { R, DCCP_CLOSE, 2, 3 * FAR + 2, "closing", 1 });
	ct_bed_close(d.bed);
}

/* Short numbers of a long connection: both sides go around 2^24. */
static void test_short_numbers_go_around(void **state)
{
	struct dialogue d = dialogue_open(true);
	u32 at = 1;

	(void)state;
	d.is_short = true;
	RUN(&d, OPENED);
	for (at += FAR - 1; at < 1u << 25; at += FAR - 1) {
		const struct step both[] = { { O, DCCP_DATA_ACK, at, at - FAR + 1, "open", 0 },
					     { R, DCCP_DATA_ACK, at, at, "open", 0 } };

		run(&d, both, 2);
	}
	RUN(&d, { O, DCCP_RESET, at, at - FAR + 1, "timewait", 0 });
	ct_bed_close(d.bed);
}

/* Section 8.1.1: the ports may be used again, and the sides may have changed their parts. */
static void test_begins_anew(void **state)
{
	(void)state;
	for (u8 dir = 0; dir < 2; dir++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, OPENED, { R, DCCP_RESET, 2, 1, "timewait", 0 },
		    { O, DCCP_DATA, 2, 0, "timewait", 0 },
		    { dir, DCCP_REQUEST, 1ll << 30, 0, "request", 0 });
		assert_int_equal(flow_of(&d)->flags & FLOW_ASSURED, 0);
		assert_int_equal(d.bed->ct.stats.reopened, 1);
		RUN(&d, { !dir, DCCP_RESPONSE, 1ll << 33, 1ll << 30, "respond", 0 },
		    { dir, DCCP_ACK, (1ll << 30) + 1, 1ll << 33, "partopen", 0 },
		    { !dir, DCCP_DATA, (1ll << 33) + 1, 0, "open", 0 });
		ct_bed_close(d.bed);
	}
}

/* What its receiver would not take: a header that is too short for its type or longer than the
 * packet, a type that there is not, a short number where there must be a long one.               */
static void test_malformed(void **state)
{
	static const struct {
		u8 at;
		u8 value;
	} faults[] = {
		{ DCCP_DOFF_AT, 0 },
		{ DCCP_DOFF_AT, 5 },
		{ DCCP_DOFF_AT, 7 },
		{ DCCP_DOFF_AT, 255 },
		{ DCCP_TYPE_AT, DCCP_CLOSE << 1 },
		{ DCCP_TYPE_AT, 11 << 1 | 1 },
		{ DCCP_TYPE_AT, 15 << 1 | 1 },
	};
	const struct step close = { R, DCCP_CLOSE, 2, 1, "", 0 };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(faults); n++) {
		for (u32 counters = 0; counters < 2; counters++) {
			struct dialogue d = dialogue_open(counters != 0);

			RUN(&d, OPENED);
			(void)packet(&d, &close);
			d.bed->b.bytes[d.bed->b.l4 + faults[n].at] = faults[n].value;
			assert_true(pass(&d, R, ct_bed_wrap(d.bed)));
			assert_string_equal(flow_state_name(flow_of(&d)->state), "open");
			assert_int_equal(d.bed->ct.stats.unexplained, 1);
			ct_bed_close(d.bed);
		}
	}
}

/* Every prefix of every type that the road lets in: nothing is read behind its end (the sanitizers
 * look), and nothing changes.                                                                    */
static void test_cut_off(void **state)
{
	(void)state;
	for (u8 type = 0; type < 16; type++) {
		struct dialogue d = dialogue_open(true);
		const struct step step = { R, type, 2, 1, "", 0 };
		u32 whole;

		RUN(&d, OPENED);
		whole = packet(&d, &step)->len;
		for (u32 len = d.bed->b.l4 + DCCP_HLEN_MIN; len < whole; len++) {
			struct pkt *pkt = packet(&d, &step);
			u8 *exact = malloc(len);

			assert_non_null(exact);
			memcpy(exact, pkt->buf, len);
			pkt->buf = exact;
			pkt->len = len;
			assert_true(pass(&d, R, pkt));
			assert_string_equal(flow_state_name(flow_of(&d)->state), "open");
			free(exact);
		}
		ct_bed_close(d.bed);
	}
}

/* What ends a connection begins none. */
static void test_reset_begins_nothing(void **state)
{
	const struct step reset = { O, DCCP_RESET, 0, 0, "", 0 };
	struct dialogue d = dialogue_open(true);

	(void)state;
	assert_false(pass(&d, O, packet(&d, &reset)));
	assert_int_equal(d.bed->stats.count[DROP_CT_INVALID], 1);
	ct_bed_close(d.bed);
}

/* The time of each state, exactly; a Reset that changes nothing keeps nothing either. */
static void test_times(void **state)
{
	static const struct step all[] = {
		OPENED,
		{ R, DCCP_CLOSE_REQ, 2, 1, "closereq", 0 },
		{ O, DCCP_CLOSE, 2, 2, "closing", 0 },
		{ R, DCCP_RESET, 3, 2, "timewait", 0 },
	};
	static const enum ct_timeout class[] = {
		CT_TIMEOUT_DCCP_OPENING, CT_TIMEOUT_DCCP_OPENING, CT_TIMEOUT_DCCP_OPENING,
		CT_TIMEOUT_DCCP_OPEN,    CT_TIMEOUT_DCCP_CLOSING, CT_TIMEOUT_DCCP_CLOSING,
		CT_TIMEOUT_DCCP_CLOSING,
	};
	const struct step forged = { R, DCCP_RESET, 4, FAR * 2, "", 0 };
	struct tuple_key key = ct_bed_key(1, IP_PROTO_DCCP);

	(void)state;
	for (u32 steps = 1; steps <= ARRAY_COUNT(all); steps++) {
		struct dialogue d = dialogue_open(true);
		ns_t end;

		run(&d, all, steps);
		end = d.bed->now + d.bed->conf.timeout_s[class[steps - 1]] * NS_PER_SEC;
		d.bed->now += NS_PER_SEC;
		assert_true(pass(&d, R, packet(&d, &forged)));
		assert_int_not_equal(ct_find(&d.bed->ct, &key, end - NS_PER_MS), IDX_NONE);
		assert_int_equal(ct_find(&d.bed->ct, &key, end), IDX_NONE);
		ct_bed_drain(d.bed);
		ct_bed_close(d.bed);
	}
}

/* RFC 5597 REQ-5. */
static void test_defaults_are_those_of_the_rfc(void **state)
{
	struct ct_conf conf;

	(void)state;
	ct_conf_defaults(&conf);
	assert_true(conf.timeout_s[CT_TIMEOUT_DCCP_OPEN] >= 124 * 60);
	assert_true(conf.timeout_s[CT_TIMEOUT_DCCP_OPENING] >= 4 * 60);
	assert_true(conf.timeout_s[CT_TIMEOUT_DCCP_CLOSING] >= 4 * 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_and_closes),
		cmocka_unit_test(test_either_side_closes),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_simultaneous_open),
		cmocka_unit_test(test_alone_it_opens_nothing),
		cmocka_unit_test(test_picked_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_forged_request),
		cmocka_unit_test(test_sync_goes_on),
		cmocka_unit_test(test_short_numbers_go_around),
		cmocka_unit_test(test_begins_anew),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_reset_begins_nothing),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_defaults_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
