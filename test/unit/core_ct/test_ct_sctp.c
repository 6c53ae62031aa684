/* The SCTP tracker: dialogues as tables. Each line is a packet as it passes the middle, with its
 * chunks, and the state of the flow after it.                                                    */
#include "unit/core_ct/ct_bed.h"

#include "core/wire/sctp.h"

enum { O = TUPLE_ORIG, R = TUPLE_REPLY };
/* Tags that the sides have announced: T_O is carried by packets to the side that began. */
enum { T_O = 0x0a0a0a0a, T_R = 0x7fffffff, T_O2 = 0x10000001, T_R2 = 0x20000002, T_BAD = 0x666 };
enum { REFLECTED = 0x100 };

struct step {
	u8 dir;
	u32 tag;
	u32 initiate; /* of INIT and INIT ACK */
	const char *state;
	u16 chunk[4];    /* type plus one, with REFLECTED */
	u32 unexplained; /* counted so far */
};

#define C(type) (SCTP_##type + 1)
#define INIT_FROM_O                                                                                \
	{                                                                                          \
		O, 0, T_O, "cookie-wait", { C(INIT) }, 0                                           \
	}
#define INIT_ACK_FROM_R                                                                            \
	{                                                                                          \
		R, T_O, T_R, "cookie-wait", { C(INIT_ACK) }, 0                                     \
	}
#define ECHO_FROM_O                                                                                \
	{                                                                                          \
		O, T_R, 0, "cookie-echoed", { C(COOKIE_ECHO), C(DATA) }, 0                         \
	}
#define COOKIE_ACK_FROM_R                                                                          \
	{                                                                                          \
		R, T_O, 0, "established", { C(COOKIE_ACK), C(SACK) }, 0                            \
	}
#define OPENED INIT_FROM_O, INIT_ACK_FROM_R, ECHO_FROM_O, COOKIE_ACK_FROM_R

struct dialogue {
	struct ct_bed *bed;
	u32 idx;
};

static struct dialogue dialogue_open(bool counters)
{
	struct dialogue d = { ct_bed_new(8), IDX_NONE };

	d.bed->conf.counters = counters;
	ct_bed_start(d.bed);
	return d;
}

static void sctp_start(struct build *b, u8 dir, u32 tag)
{
	struct tuple_key key = ct_bed_key(1, IP_PROTO_SCTP);
	struct tuple t = dir == O ? key.tuple : tuple_reversed(&key.tuple);

	build_start(b);
	build_ip4(b, t.src, t.dst, IP_PROTO_SCTP);
	build_sctp(b, be16_host(t.sport), be16_host(t.dport), tag);
}

static struct pkt *packet(struct dialogue *d, const struct step *step)
{
	struct build *b = &d->bed->b;

	sctp_start(b, step->dir, step->tag);
	for (u32 n = 0; n < 4 && step->chunk[n] != 0; n++) {
		u8 type = (u8)((step->chunk[n] & 0xff) - 1);
		bool init = type == SCTP_INIT || type == SCTP_INIT_ACK;
		u8 value[16] = { (u8)(step->initiate >> 24), (u8)(step->initiate >> 16),
				 (u8)(step->initiate >> 8), (u8)step->initiate };

		build_sctp_chunk(b, type, (step->chunk[n] & REFLECTED) != 0, value, init ? 16 : n);
	}
	build_seal(b);
	return ct_bed_wrap(d->bed);
}

static bool pass(struct dialogue *d, u8 dir, struct pkt *pkt)
{
	return ct_bed_take(d->bed, &d->idx, IP_PROTO_SCTP, dir, pkt);
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

/* RFC 9260 sections 5.1 and 9.2, with and without memory for tags. */
static void test_opens_and_closes(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters != 0);

		RUN(&d, INIT_FROM_O, INIT_FROM_O, INIT_ACK_FROM_R, ECHO_FROM_O, ECHO_FROM_O);
		assert_int_equal(flow_of(&d)->flags & FLOW_ASSURED, 0);
		RUN(&d, COOKIE_ACK_FROM_R);
		assert_true((flow_of(&d)->flags & FLOW_ASSURED) != 0);
		RUN(&d, { O, T_R, 0, "established", { C(DATA), C(DATA) }, 0 },
		    { R, T_O, 0, "established", { C(SACK), C(HEARTBEAT) }, 0 },
		    { O, T_R, 0, "established", { C(HEARTBEAT_ACK) }, 0 },
		    { O, T_R, 0, "shutdown-sent", { C(SACK), C(SHUTDOWN) }, 0 },
		    { R, T_O, 0, "shutdown-sent", { C(DATA) }, 0 },
		    { R, T_O, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
		    { O, T_R, 0, "closed", { C(SHUTDOWN_COMPLETE) }, 0 });
		ct_bed_close(d.bed);
	}
}

static void test_other_side_closes(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { R, T_O, 0, "shutdown-recd", { C(SHUTDOWN) }, 0 },
	    { O, T_R, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
	    { O, T_R, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
	    { R, T_O, 0, "closed", { C(SHUTDOWN_COMPLETE) }, 0 });
	ct_bed_close(d.bed);
}

/* Both at once (section 9.2), and an ACK whose cause was not seen. */
static void test_both_close(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { R, T_O, 0, "shutdown-recd", { C(SHUTDOWN) }, 0 },
	    { O, T_R, 0, "shutdown-recd", { C(SHUTDOWN) }, 0 },
	    { R, T_O, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
	    { O, T_R, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
	    { O, T_R, 0, "closed", { C(SHUTDOWN_COMPLETE) }, 0 });
	ct_bed_close(d.bed);
	d = dialogue_open(true);
	RUN(&d, OPENED, { O, T_R, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 });
	ct_bed_close(d.bed);
	d = dialogue_open(true);
	RUN(&d, OPENED, { R, T_O, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 });
	ct_bed_close(d.bed);
}

/* SHUTDOWN COMPLETE closes only what waits for it (section 8.5.1 (C)). */
static void test_complete_comes_last(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { R, T_O, 0, "established", { C(SHUTDOWN_COMPLETE) }, 0 },
	    { O, T_R, 0, "shutdown-sent", { C(SHUTDOWN) }, 0 },
	    { R, T_O, 0, "shutdown-sent", { C(SHUTDOWN_COMPLETE) }, 0 });
	ct_bed_close(d.bed);
}

/* Section 5.2.1: both have sent INIT; the COOKIE ECHO may come from either. */
static void test_collision(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, INIT_FROM_O, { R, 0, T_R, "cookie-wait", { C(INIT) }, 0 },
	    { O, T_R, T_O, "cookie-wait", { C(INIT_ACK) }, 0 },
	    { R, T_O, 0, "cookie-echoed", { C(COOKIE_ECHO) }, 0 },
	    { O, T_R, 0, "established", { C(COOKIE_ACK) }, 0 },
	    { R, T_O, 0, "closed", { C(ABORT) }, 0 });
	ct_bed_close(d.bed);
}

/* Nobody gets the time of an established flow without an answer. */
static void test_alone_it_opens_nothing(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, INIT_FROM_O, { O, T_R, 0, "cookie-echoed", { C(COOKIE_ECHO) }, 0 },
	    { O, T_R, 0, "cookie-echoed", { C(COOKIE_ACK) }, 0 },
	    { O, T_R, 0, "cookie-echoed", { C(HEARTBEAT), C(HEARTBEAT_ACK) }, 0 });
	assert_int_equal(flow_of(&d)->flags & (FLOW_ANSWERED | FLOW_ASSURED), 0);
	ct_bed_close(d.bed);
}

/* A second path of an association, and one whose beginning nobody saw. */
static void test_picked_up(void **state)
{
	static const u16 first[] = { C(HEARTBEAT), C(DATA),       C(SACK),        C(INIT_ACK),
				     C(SHUTDOWN),  C(COOKIE_ACK), C(SHUTDOWN_ACK) };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(first); n++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, { O, T_R, T_O, "heartbeat", { first[n] }, 0 },
		    { O, T_R, 0, "heartbeat", { C(HEARTBEAT) }, 0 },
		    /* Neither ends it before it is answered, nor is it an answer. */
		    { R, T_BAD, 0, "heartbeat", { C(ABORT) }, 1 });
		assert_int_equal(flow_of(&d)->flags & FLOW_ANSWERED, 0);
		RUN(&d, { R, T_O, 0, "established", { C(HEARTBEAT_ACK) }, 1 },
		    { R, T_BAD, 0, "established", { C(ABORT) }, 2 },
		    { O, T_R, 0, "shutdown-sent", { C(SHUTDOWN) }, 2 },
		    { R, T_O, 0, "closed", { C(ABORT) }, 2 });
		ct_bed_close(d.bed);
	}
}

/* Each way to say that an association is over, with the right tag: the receiver's, or reflected. */
static void test_abort(void **state)
{
	static const struct step aborts[] = {
		{ O, T_R, 0, "closed", { C(ABORT) }, 0 },
		{ R, T_O, 0, "closed", { C(ABORT) }, 0 },
		{ O, T_O, 0, "closed", { C(ABORT) | REFLECTED }, 0 },
		{ R, T_R, 0, "closed", { C(ABORT) | REFLECTED }, 0 },
		{ R, T_O, 0, "closed", { C(SACK), C(ABORT) }, 0 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(aborts); n++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, OPENED, aborts[n]);
		ct_bed_close(d.bed);
	}
}

/* Section 8.5.1: an INIT is refused with its own tag. */
static void test_refused(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, INIT_FROM_O, { R, T_BAD, 0, "cookie-wait", { C(ABORT) }, 1 },
	    { R, T_BAD, 0, "cookie-wait", { C(ABORT) | REFLECTED }, 2 },
	    { R, 0, 0, "cookie-wait", { C(ABORT) | REFLECTED }, 3 });
	assert_int_equal(flow_of(&d)->flags & FLOW_ANSWERED, 0);
	RUN(&d, { R, T_O, 0, "closed", { C(ABORT) }, 3 });
	ct_bed_close(d.bed);
}

/* Who does not know the tags changes nothing. */
static void test_wrong_tags(void **state)
{
	static const struct step strangers[] = {
		{ R, T_BAD, 0, "established", { C(ABORT) }, 1 },
		{ R, T_R, 0, "established", { C(ABORT) }, 1 },
		{ R, T_O, 0, "established", { C(ABORT) | REFLECTED }, 1 },
		{ R, 0, 0, "established", { C(ABORT) }, 1 },
		{ R, T_BAD, 0, "established", { C(SHUTDOWN) }, 1 },
		{ R, T_BAD, 0, "established", { C(SHUTDOWN_ACK) }, 1 },
		{ R, T_BAD, 0, "established", { C(COOKIE_ECHO) }, 1 },
		{ R, T_BAD, T_R2, "established", { C(INIT_ACK) }, 1 },
		{ R, T_BAD, T_R2, "established", { C(INIT) }, 1 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(strangers); n++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, OPENED, strangers[n], { R, T_BAD, 0, "established", { C(ABORT) }, 2 },
		    { R, T_O, 0, "closed", { C(ABORT) }, 2 });
		ct_bed_close(d.bed);
	}
}

static void test_complete_needs_its_tag(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { O, T_R, 0, "shutdown-sent", { C(SHUTDOWN) }, 0 },
	    { R, T_O, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
	    { O, T_BAD, 0, "shutdown-ack-sent", { C(SHUTDOWN_COMPLETE) }, 1 },
	    { O, T_R, 0, "shutdown-ack-sent", { C(SHUTDOWN_COMPLETE) | REFLECTED }, 2 },
	    /* Section 8.4 (5): the other side has forgotten it, and has the tag of the ACK. */
	    { O, T_O, 0, "closed", { C(SHUTDOWN_COMPLETE) | REFLECTED }, 2 });
	ct_bed_close(d.bed);
}

/* A forged INIT announces a tag, and that tag then ends nothing; it takes a COOKIE ECHO to count,
 * and who sends one has seen the other's answer.                                                 */
static void test_forged_init(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { R, 0, T_BAD, "established", { C(INIT) }, 0 },
	    { R, T_BAD, 0, "established", { C(ABORT) }, 1 },
	    { R, T_BAD, 0, "established", { C(ABORT) | REFLECTED }, 2 },
	    { R, T_BAD, 0, "established", { C(COOKIE_ECHO) }, 3 },
	    { R, T_O, 0, "shutdown-recd", { C(SHUTDOWN) }, 3 });
	ct_bed_close(d.bed);
	/* Between INIT ACK and COOKIE ECHO. */
	d = dialogue_open(true);
	RUN(&d, INIT_FROM_O, INIT_ACK_FROM_R, { R, 0, T_BAD, "cookie-wait", { C(INIT) }, 0 },
	    ECHO_FROM_O, COOKIE_ACK_FROM_R);
	ct_bed_close(d.bed);
}

/* Section 5.2.4: an end that was switched off and on has new tags for both. */
static void test_restart(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { O, 0, T_O2, "established", { C(INIT) }, 0 },
	    { R, T_O2, T_R2, "established", { C(INIT_ACK) }, 0 },
	    { O, T_R2, 0, "established", { C(COOKIE_ECHO) }, 0 },
	    { R, T_O2, 0, "established", { C(COOKIE_ACK) }, 0 },
	    { R, T_O, 0, "established", { C(ABORT) }, 1 },
	    { R, T_O2, 0, "closed", { C(ABORT) }, 1 });
	ct_bed_close(d.bed);
	/* While the old one was closing. */
	d = dialogue_open(true);
	RUN(&d, OPENED, { R, T_O, 0, "shutdown-recd", { C(SHUTDOWN) }, 0 },
	    { O, 0, T_O2, "shutdown-recd", { C(INIT) }, 0 },
	    { R, T_O2, T_R2, "shutdown-recd", { C(INIT_ACK) }, 0 },
	    { O, T_R2, 0, "cookie-echoed", { C(COOKIE_ECHO) }, 0 },
	    { R, T_O2, 0, "established", { C(COOKIE_ACK) }, 0 });
	ct_bed_close(d.bed);
}

static void test_begins_anew(void **state)
{
	struct dialogue d = dialogue_open(true);

	(void)state;
	RUN(&d, OPENED, { R, T_O, 0, "closed", { C(ABORT) }, 0 },
	    { R, 0, T_R2, "closed", { C(INIT) }, 0 }, { O, T_R, 0, "closed", { C(DATA) }, 0 });
	RUN(&d, { O, 0, T_O2, "cookie-wait", { C(INIT) }, 0 });
	assert_int_equal(flow_of(&d)->flags & FLOW_ASSURED, 0);
	assert_int_equal(d.bed->ct.stats.reopened, 1);
	RUN(&d, { R, T_O, 0, "cookie-wait", { C(ABORT) }, 1 },
	    { R, T_O2, T_R2, "cookie-wait", { C(INIT_ACK) }, 1 },
	    { O, T_R2, 0, "cookie-echoed", { C(COOKIE_ECHO) }, 1 },
	    { R, T_O2, 0, "established", { C(COOKIE_ACK) }, 1 });
	ct_bed_close(d.bed);
}

/* Section 6.10: INIT, INIT ACK and SHUTDOWN COMPLETE stand alone; section 8.5.1: their tags. */
static void test_what_no_receiver_takes(void **state)
{
	static const struct step wrong[] = {
		{ O, 0, T_O, "none", { C(INIT), C(DATA) }, 1 },
		{ O, 0, T_O, "none", { C(DATA), C(INIT) }, 1 },
		{ O, T_R, T_O, "none", { C(SACK), C(INIT_ACK) }, 1 },
		{ O, T_R, 0, "none", { C(SHUTDOWN_COMPLETE), C(DATA) }, 1 },
		{ O, T_R, T_O, "none", { C(INIT) }, 1 },
		{ O, 0, 0, "none", { C(INIT) }, 1 },
		{ O, T_R, 0, "none", { C(INIT_ACK) }, 1 },
		{ O, T_R, 0, "none", { 0 }, 1 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(wrong); n++) {
		struct dialogue d = dialogue_open(true);

		RUN(&d, wrong[n]);
		ct_bed_close(d.bed);
	}
}

/* A chunk whose length is wrong: the packet passes and changes nothing, whatever else it says. */
static void test_malformed_lengths(void **state)
{
	static const u16 lengths[] = { 0, 3, 9, 12, 0xfffc, 0xffff };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(lengths); n++) {
		struct dialogue d = dialogue_open(true);
		const struct step shutdown = { R, T_O, 0, "", { C(SHUTDOWN), C(SACK) }, 0 };
		u8 *second;

		RUN(&d, OPENED);
		(void)packet(&d, &shutdown);
		second = &d.bed->b.bytes[d.bed->b.l4 + SCTP_HLEN + SCTP_CHUNK_HLEN];
		assert_int_equal(second[0], SCTP_SACK);
		be16_store(second + SCTP_CHUNK_LEN_AT, be16_of(lengths[n]));
		assert_true(pass(&d, R, ct_bed_wrap(d.bed)));
		assert_string_equal(flow_state_name(flow_of(&d)->state), "established");
		assert_int_equal(d.bed->ct.stats.unexplained, 1);
		ct_bed_close(d.bed);
	}
}

/* Every prefix of a packet: nothing is read behind its end (the sanitizers look), and only what is
 * whole counts.                                                                                  */
static void test_cut_off(void **state)
{
	struct dialogue d = dialogue_open(true);
	const struct step close = { R, T_O, 0, "", { C(SACK), C(ABORT) }, 0 };
	u32 whole;

	(void)state;
	RUN(&d, OPENED);
	whole = packet(&d, &close)->len;
	for (u32 len = d.bed->b.l4 + SCTP_HLEN; len < whole - 4; len++) {
		struct pkt *pkt = packet(&d, &close);
		u8 *exact = malloc(len);

		assert_non_null(exact);
		memcpy(exact, pkt->buf, len);
		pkt->buf = exact;
		pkt->len = len;
		assert_true(pass(&d, R, pkt));
		assert_string_equal(flow_state_name(flow_of(&d)->state), "established");
		free(exact);
	}
	RUN(&d, { R, T_O, 0, "closed", { C(SACK), C(ABORT) }, (u32)d.bed->ct.stats.unexplained });
	ct_bed_close(d.bed);
}

/* A packet full of the smallest chunks costs no more than a bounded number of them. */
static void test_walk_is_bounded(void **state)
{
	struct dialogue d = dialogue_open(true);
	struct build *b = &d.bed->b;

	(void)state;
	RUN(&d, OPENED);
	for (u32 before = 17; before >= 15; before--) {
		sctp_start(b, R, T_O);
		for (u32 n = 0; n < before; n++)
			build_sctp_chunk(b, SCTP_SACK, 0, NULL, 0);
		build_sctp_chunk(b, SCTP_ABORT, 0, NULL, 0);
		build_seal(b);
		assert_true(pass(&d, R, ct_bed_wrap(d.bed)));
		assert_string_equal(flow_state_name(flow_of(&d)->state),
				    before > 15 ? "established" : "closed");
	}
	ct_bed_close(d.bed);
}

/* What ends an association begins none. */
static void test_ends_begin_nothing(void **state)
{
	static const struct step ends[] = {
		{ O, T_R, 0, "", { C(ABORT) }, 0 },
		{ O, T_R, 0, "", { C(ABORT) | REFLECTED }, 0 },
		{ O, T_R, 0, "", { C(SACK), C(ABORT) }, 0 },
		{ O, T_R, 0, "", { C(SHUTDOWN_COMPLETE) }, 0 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(ends); n++) {
		struct dialogue d = dialogue_open(true);

		assert_false(pass(&d, O, packet(&d, &ends[n])));
		assert_int_equal(d.bed->stats.count[DROP_CT_INVALID], 1);
		ct_bed_close(d.bed);
	}
}

/* The time of each state, exactly; an ABORT that changes nothing keeps nothing either. */
static void test_times(void **state)
{
	static const struct step all[] = {
		OPENED,
		{ R, T_O, 0, "shutdown-recd", { C(SHUTDOWN) }, 0 },
		{ O, T_R, 0, "shutdown-ack-sent", { C(SHUTDOWN_ACK) }, 0 },
		{ R, T_O, 0, "closed", { C(SHUTDOWN_COMPLETE) }, 0 },
	};
	static const enum ct_timeout class[] = {
		CT_TIMEOUT_SCTP_OPENING,     CT_TIMEOUT_SCTP_OPENING, CT_TIMEOUT_SCTP_OPENING,
		CT_TIMEOUT_SCTP_ESTABLISHED, CT_TIMEOUT_SCTP_CLOSING, CT_TIMEOUT_SCTP_CLOSING,
		CT_TIMEOUT_SCTP_CLOSED,
	};
	const struct step forged = { R, T_BAD, 0, "", { C(ABORT) }, 0 };
	struct tuple_key key = ct_bed_key(1, IP_PROTO_SCTP);

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

/* RFC 9260 section 16: RTO.Max is 60 s, so is the longest silence while something is sent again. */
static void test_defaults_outlast_retransmissions(void **state)
{
	struct ct_conf conf;

	(void)state;
	ct_conf_defaults(&conf);
	assert_true(conf.timeout_s[CT_TIMEOUT_SCTP_OPENING] > 60);
	assert_true(conf.timeout_s[CT_TIMEOUT_SCTP_CLOSING] > 60);
	assert_true(conf.timeout_s[CT_TIMEOUT_SCTP_CLOSED] >= 60);
	assert_true(conf.timeout_s[CT_TIMEOUT_SCTP_ESTABLISHED] >= 7440);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_and_closes),
		cmocka_unit_test(test_other_side_closes),
		cmocka_unit_test(test_both_close),
		cmocka_unit_test(test_complete_comes_last),
		cmocka_unit_test(test_collision),
		cmocka_unit_test(test_alone_it_opens_nothing),
		cmocka_unit_test(test_picked_up),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wrong_tags),
		cmocka_unit_test(test_complete_needs_its_tag),
		cmocka_unit_test(test_forged_init),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_begins_anew),
		cmocka_unit_test(test_what_no_receiver_takes),
		cmocka_unit_test(test_malformed_lengths),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_walk_is_bounded),
		cmocka_unit_test(test_ends_begin_nothing),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_defaults_outlast_retransmissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
