/* The states of a session, as a table (RFC 5880 section 6.2): bfd.def, docs/fsm/bfd.md. */
#ifndef CORE_ROUTING_BFD_BFD_FSM_H
#define CORE_ROUTING_BFD_BFD_FSM_H

#include "core/routing/bfd/bfd_msg.h"

enum bfd_event {
	BFD_EV_RX_ADMIN_DOWN, /* in the order of enum bfd_state */
	BFD_EV_RX_DOWN,
	BFD_EV_RX_INIT,
	BFD_EV_RX_UP,
	BFD_EV_TIMEOUT, /* the detection time is over */
	BFD_EV_PATH_DOWN,
	BFD_EV_DISABLE, /* nobody wants the session any more */
	BFD_EV_ENABLE,
	BFD_EVENTS,
};

enum bfd_action {
	BFD_DO_UNEXPECTED, /* of cells that are empty: counted */
	BFD_DO_NONE,
	BFD_DO_IGNORE,    /* the packet says nothing to us */
	BFD_DO_CLEAR,     /* there is nothing to complain of any more */
	BFD_DO_NEIGHBOUR, /* these set the diagnostic */
	BFD_DO_EXPIRED,
	BFD_DO_PATH,
	BFD_DO_ADMIN,
	BFD_DO_FORGET, /* the neighbour's discriminator may have changed */
	BFD_ACTIONS,
};

struct bfd_cell {
	enum bfd_action action;
	enum bfd_state next;
	const char *section;
};

const struct bfd_cell *bfd_cell(enum bfd_state state, enum bfd_event event);

#endif
