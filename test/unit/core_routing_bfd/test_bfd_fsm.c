/* Every cell of the machine of BFD, beside RFC 5880 sections 6.2 and 6.8 written down once more. */
#include "unit/core_routing_bfd/bfd_bed.h"

#include "core/routing/bfd/bfd_part.h"

struct want {
	enum bfd_state next;
	enum bfd_action action;
};

/* Columns: hears AdminDown, Down, Init, Up; time-out, path down, disable, enable. */
static const struct want want[BFD_STATES][BFD_EVENTS] = {
	[BFD_ADMIN_DOWN] = {
		{ BFD_ADMIN_DOWN, BFD_DO_IGNORE }, { BFD_ADMIN_DOWN, BFD_DO_IGNORE },
		{ BFD_ADMIN_DOWN, BFD_DO_IGNORE }, { BFD_ADMIN_DOWN, BFD_DO_IGNORE },
		{ BFD_ADMIN_DOWN, BFD_DO_FORGET }, { BFD_ADMIN_DOWN, BFD_DO_NONE },
		{ BFD_ADMIN_DOWN, BFD_DO_UNEXPECTED }, { BFD_DOWN, BFD_DO_CLEAR },
	},
	[BFD_DOWN] = {
		{ BFD_DOWN, BFD_DO_NONE }, { BFD_INIT, BFD_DO_NONE },
		{ BFD_UP, BFD_DO_CLEAR }, { BFD_DOWN, BFD_DO_NONE },
		{ BFD_DOWN, BFD_DO_FORGET }, { BFD_DOWN, BFD_DO_PATH },
		{ BFD_ADMIN_DOWN, BFD_DO_ADMIN }, { BFD_DOWN, BFD_DO_UNEXPECTED },
	},
	[BFD_INIT] = {
		{ BFD_DOWN, BFD_DO_NEIGHBOUR }, { BFD_INIT, BFD_DO_NONE },
		{ BFD_UP, BFD_DO_CLEAR }, { BFD_UP, BFD_DO_CLEAR },
		{ BFD_DOWN, BFD_DO_EXPIRED }, { BFD_DOWN, BFD_DO_PATH },
		{ BFD_ADMIN_DOWN, BFD_DO_ADMIN }, { BFD_INIT, BFD_DO_UNEXPECTED },
	},
	[BFD_UP] = {
		{ BFD_DOWN, BFD_DO_NEIGHBOUR }, { BFD_DOWN, BFD_DO_NEIGHBOUR },
		{ BFD_UP, BFD_DO_NONE }, { BFD_UP, BFD_DO_NONE },
		{ BFD_DOWN, BFD_DO_EXPIRED }, { BFD_DOWN, BFD_DO_PATH },
		{ BFD_ADMIN_DOWN, BFD_DO_ADMIN }, { BFD_UP, BFD_DO_UNEXPECTED },
	},
};

static void test_the_table(void **state)
{
	(void)state;
	for (u32 s = 0; s < BFD_STATES; s++) {
		for (u32 e = 0; e < BFD_EVENTS; e++) {
			const struct bfd_cell *cell = bfd_cell((enum bfd_state)s,
							       (enum bfd_event)e);

			assert_int_equal(cell->action, want[s][e].action);
			if (cell->action == BFD_DO_UNEXPECTED)
				continue;
			assert_int_equal(cell->next, want[s][e].next);
			assert_true(cell->section[0] == '6');
		}
	}
}

/* A speaker in that state, the neighbour known. */
static struct bfd_bed *bed_in(enum bfd_state state)
{
	struct bfd_bed *bed = bed_new(1);
	struct bfd_msg down = hand_msg(BFD_DOWN, 0), init;

	side_start(bed, 0);
	side_get(bed, 0);
	if (state == BFD_DOWN) {
		/* Known, and down: it said that it is up, which we can not be. */
		init = hand_msg(BFD_UP, side_info(bed, 0).mine);
		hand_say(bed, &init);
	} else {
		hand_say(bed, &down);
	}
	init = hand_msg(BFD_INIT, side_info(bed, 0).mine);
	if (state == BFD_UP)
		hand_say(bed, &init);
	if (state == BFD_ADMIN_DOWN)
		side_put(bed, 0);
	assert_int_equal(side_info(bed, 0).state, state);
	return bed;
}

static u8 diag_of(enum bfd_action action, u8 before)
{
	switch (action) {
	case BFD_DO_CLEAR: return BFD_DIAG_NONE;
	case BFD_DO_NEIGHBOUR: return BFD_DIAG_NEIGHBOUR;
	case BFD_DO_EXPIRED: return BFD_DIAG_EXPIRED;
	case BFD_DO_PATH: return BFD_DIAG_PATH;
	case BFD_DO_ADMIN: return BFD_DIAG_ADMIN;
	default: return before;
	}
}

/* What makes the event happen, as it does in life; false: this one does not happen there. */
static bool happen(struct bfd_bed *bed, enum bfd_event event)
{
	struct bfd_info info = side_info(bed, 0);
	struct bfd_msg msg;

	switch (event) {
	case BFD_EV_RX_ADMIN_DOWN:
	case BFD_EV_RX_DOWN:
	case BFD_EV_RX_INIT:
	case BFD_EV_RX_UP:
		msg = hand_msg((enum bfd_state)event, info.mine);
		hand_say(bed, &msg);
		return true;
	case BFD_EV_TIMEOUT:
		/* What is administratively down is gone before. */
		if (info.state == BFD_ADMIN_DOWN)
			return false;
		bed_wait(bed, 3 * NS_PER_SEC);
		return true;
	case BFD_EV_PATH_DOWN:
		bed->side[0].ifaces.iface[0].up = false;
		bfd_ifaces(&bed->side[0].bfd, bed->now);
		side_turn(bed, 0);
		return true;
	case BFD_EV_DISABLE:
		if (info.state == BFD_ADMIN_DOWN)
			return false;
		side_put(bed, 0);
		return true;
	case BFD_EV_ENABLE:
		if (info.state != BFD_ADMIN_DOWN)
			return false;
		side_get(bed, 0);
		return true;
	case BFD_EVENTS: break;
	}
	return false;
}

static void test_every_cell_in_life(void **state)
{
	u32 walked = 0;

	(void)state;
	for (u32 s = 0; s < BFD_STATES; s++) {
		for (u32 e = 0; e < BFD_EVENTS; e++) {
			struct bfd_bed *bed = bed_in((enum bfd_state)s);
			u8 before = side_info(bed, 0).diag;
			struct bfd_info info;

			if (happen(bed, (enum bfd_event)e)) {
				info = side_info(bed, 0);
				if (info.state != want[s][e].next ||
				    info.diag != diag_of(want[s][e].action, before))
					fail_msg("state %u, event %u: state %u, diagnostic %u", s,
						 e, info.state, info.diag);
				walked++;
			}
			bed_free(bed);
		}
	}
	/* All but those that do not happen: three of enable, two of administratively down. */
	assert_int_equal(walked, BFD_STATES * BFD_EVENTS - 5);
}

/* What is not in the table is counted, and nothing changes. */
static void test_the_unexpected_is_counted(void **state)
{
	struct bfd_bed *bed = bed_in(BFD_UP);

	(void)state;
	bfd_event(&bed->side[0].bfd, bed->side[0].id, BFD_EV_ENABLE, bed->now);
	assert_int_equal(side_info(bed, 0).state, BFD_UP);
	assert_int_equal(side_info(bed, 0).unexpected, 1);
	bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table),
		cmocka_unit_test(test_every_cell_in_life),
		cmocka_unit_test(test_the_unexpected_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
