/* Records against a plain model: one state for each byte, thousands of random steps.
 *
 * The model knows nothing of records, of lists and of time: an ACK, a block and a transmission do
 * to bytes what the RFCs say. Which bytes are lost is taken from the records after a mark, and
 * then has to stay so until something is heard of them or they leave again.                      */
#include "unit/core_tcp/loss_bed.h"

enum { BYTES = 1 << 16, STEPS = 20000, ROUNDS = 8, UNIT = 250, WINDOW = 24 * MSS };

enum byte_state { BYTE_UNSENT, BYTE_FLIGHT, BYTE_AGAIN, BYTE_LOST, BYTE_SACKED, BYTE_ACKED };

struct model {
	struct bed bed;
	u8 byte[BYTES];      /* of the last BYTES offsets, by their lower bits */
	bool arrived[BYTES]; /* counted in delivered */
	u32 una;
	u32 nxt;
	u64 delivered;
	u32 seed;
};

static u32 draw(struct model *model, u32 count)
{
	model->seed = model->seed * 1664525 + 1013904223;
	return (model->seed >> 8) % count;
}

static enum byte_state state_of(const struct tx_rec *rec)
{
	if (rec->flags & REC_SACKED)
		return BYTE_SACKED;
	if (rec->flags & REC_LOST)
		return BYTE_LOST;
	return rec->flags & REC_RETRANSMITTED ? BYTE_AGAIN : BYTE_FLIGHT;
}

/* Every byte is in the state of its record, and each state has as many as the counts say. */
static void compare(const struct model *model)
{
	const struct bed *bed = &model->bed;
	const struct tcb *tcb = bed->tcb;
	u32 count[BYTE_ACKED + 1] = { 0 };

	loss_check(&bed->tcp, tcb);
	assert_int_equal(tcb->snd_una, bed_seq(model->una));
	assert_int_equal(tcb->snd_nxt, bed_seq(model->nxt));
	for (u32 at = tcb->air->tx_first; at != IDX_NONE; at = rec_at(&bed->tcp, at)->next) {
		const struct tx_rec *rec = rec_at(&bed->tcp, at);
		u32 differ = 0;

		for (u32 seq = rec->seq; seq != rec->end; seq++)
			differ += model->byte[(seq - bed_seq(0)) % BYTES] != state_of(rec);
		assert_int_equal(differ, 0);
	}
	for (u32 at = model->una; at != model->nxt; at++)
		count[model->byte[at % BYTES]]++;
	assert_int_equal(tcb->air->sacked_bytes, count[BYTE_SACKED]);
	assert_int_equal(tcb->air->lost_bytes, count[BYTE_LOST]);
	assert_int_equal(tcb->air->again_bytes, count[BYTE_AGAIN]);
	assert_int_equal(tcb_in_flight(tcb), count[BYTE_FLIGHT] + count[BYTE_AGAIN]);
	assert_int_equal(tcb->air->delivered, model->delivered);
}

static void arrive(struct model *model, u32 at, enum byte_state state)
{
	model->delivered += !model->arrived[at % BYTES];
	model->arrived[at % BYTES] = true;
	model->byte[at % BYTES] = (u8)state;
}

/* In flight, and sent once. */
static bool is_original(const struct tx_rec *rec)
{
	return (rec->flags & (REC_EVER_AGAIN | REC_LOST | REC_SACKED)) == 0;
}

/* Bytes that were in flight may be lost now, or, after an undo, the other way round. */
static void take_marks(struct model *model, bool is_undone)
{
	const struct bed *bed = &model->bed;

	for (u32 at = bed->tcb->air->tx_first; at != IDX_NONE; at = rec_at(&bed->tcp, at)->next) {
		const struct tx_rec *rec = rec_at(&bed->tcp, at);

		for (u32 seq = rec->seq; seq != rec->end; seq++) {
			u8 *byte = &model->byte[(seq - bed_seq(0)) % BYTES];

			if ((rec->flags & REC_LOST) != 0 &&
			    (*byte == BYTE_FLIGHT || *byte == BYTE_AGAIN))
				*byte = BYTE_LOST;
			else if (is_undone && *byte == BYTE_LOST && is_original(rec))
				*byte = BYTE_FLIGHT;
		}
	}
}

static void step_send(struct model *model)
{
	u32 len = UNIT * (1 + draw(model, 4));

	if (model->nxt - model->una > WINDOW || model->bed.tcp.recs.live > BED_RECS / 2)
		return;
	bed_send_one(&model->bed, len, 0);
	for (u32 at = model->nxt; at != model->nxt + len; at++) {
		model->byte[at % BYTES] = BYTE_FLIGHT;
		model->arrived[at % BYTES] = false;
	}
	model->nxt += len;
	loss_arm(&model->bed.tcp, model->bed.tcb, model->bed.now);
}

static void step_again(struct model *model)
{
	struct bed *bed = &model->bed;
	u32 rec = loss_again(&bed->tcp, bed->tcb);
	u32 start;

	if (rec == IDX_NONE)
		return;
	/* It is the first lost byte of all. */
	start = bed_offset(bed, rec);
	for (u32 at = model->una; at != start; at++)
		assert_int_not_equal(model->byte[at % BYTES], BYTE_LOST);
	if (draw(model, 3) == 0)
		(void)loss_cut(&bed->tcp, bed->idx, rec, UNIT);
	for (u32 at = start; bed_seq(at) != rec_at(&bed->tcp, rec)->end; at++) {
		model->byte[at % BYTES] = BYTE_AGAIN;
		model->arrived[at % BYTES] = false;
	}
	loss_sent_again(&bed->tcp, bed->idx, rec, false, bed->now);
	loss_arm(&bed->tcp, bed->tcb, bed->now);
}

/* An ACK of a random place, with random blocks; some of them are nonsense. */
static void step_ack(struct model *model)
{
	u32 units = (model->nxt - model->una) / UNIT;
	struct bed_ack ack = { .ack = model->una };
	u64 undone = model->bed.tcp.stats.undone;

	if (draw(model, 3) == 0)
		ack.ack += UNIT * draw(model, u32_min(units, 8) + 1);
	ack.dup = ack.ack == model->una;
	ack.sack_count = draw(model, 4);
	for (u32 at = model->una; at != ack.ack; at++)
		arrive(model, at, BYTE_ACKED);
	for (u32 n = 0; n < ack.sack_count; n++) {
		u32 start = model->una + UNIT * draw(model, units + 2) - UNIT * draw(model, 2);
		u32 end = start + UNIT * draw(model, 12);

		ack.sack[n][0] = start;
		ack.sack[n][1] = end;
		if ((s32)(start - ack.ack) < 0 || (s32)(end - model->nxt) > 0)
			continue;
		for (u32 at = start; at != end; at++)
			arrive(model, at, BYTE_SACKED);
	}
	model->una = ack.ack;
	bed_ack(&model->bed, ack);
	take_marks(model, model->bed.tcp.stats.undone != undone);
}

static void step_timer(struct model *model)
{
	struct bed *bed = &model->bed;
	enum tcp_timer timer = draw(model, 2) == 0 ? TCP_TIMER_REORDER : TCP_TIMER_RETRANSMIT;

	if (bed->tcb->timer[timer] == NS_NEVER)
		return;
	if (bed->now < bed->tcb->timer[timer])
		bed->now = bed->tcb->timer[timer];
	bed->tcb->timer[timer] = bed->now;
	if (bed_fire(bed, timer)) {
		/* What the peer SACKed it has, unless it waits for it. */
		bool has_reneged = model->byte[model->una % BYTES] == BYTE_SACKED;

		for (u32 at = model->una; at != model->nxt; at++)
			if (has_reneged || model->byte[at % BYTES] != BYTE_SACKED)
				model->byte[at % BYTES] = BYTE_LOST;
	}
	take_marks(model, false);
}

static void run(struct model *model, u32 seed)
{
	memset(model, 0, sizeof *model);
	bed_open(&model->bed, TCB_SACK);
	model->seed = seed;
	for (u32 n = 0; n < STEPS / ROUNDS; n++) {
		u32 what = draw(model, 100);

		bed_log.event_count = 0;
		model->bed.now += draw(model, 20) * NS_PER_MS;
		if (what < 45)
			step_send(model);
		else if (what < 70)
			step_ack(model);
		else if (what < 97)
			step_again(model);
		else
			step_timer(model);
		compare(model);
	}
	bed_close(&model->bed);
}

static void test_records_are_what_bytes_are(void **state)
{
	struct model *model = malloc(sizeof *model);

	(void)state;
	assert_non_null(model);
	for (u32 n = 0; n < ROUNDS; n++)
		run(model, 20 + n);
	free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_are_what_bytes_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
