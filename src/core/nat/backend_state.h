/* What may be said of a backend's health. */
#ifndef CORE_NAT_BACKEND_STATE_H
#define CORE_NAT_BACKEND_STATE_H

enum backend_state {
	BACKEND_UP,
	BACKEND_DOWN,
	BACKEND_DRAINING, /* standing flows live on until the deadline, then it is as down */
};

#endif
