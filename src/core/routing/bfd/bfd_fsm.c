/* The table of a session's states. */
#include "core/routing/bfd/bfd_fsm.h"
#include "core/base/check.h"

static const struct bfd_cell cells[BFD_STATES][BFD_EVENTS] = {
#define CELL(state, event, action, next, section)                                                  \
	[BFD_##state][BFD_EV_##event] = { BFD_DO_##action, BFD_##next, section },
#include "core/routing/bfd/bfd.def"
#undef CELL
};

const struct bfd_cell *bfd_cell(enum bfd_state state, enum bfd_event event)
{
	CHECK((u32)state < BFD_STATES);
	CHECK((u32)event < BFD_EVENTS);
	return &cells[state][event];
}
