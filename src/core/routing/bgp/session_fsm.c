/* The states of a line, and the one door between them. */
#include "core/routing/bgp/bgp_part.h"

enum { FOLLOW_MAX = 4 }; /* an event follows an event, that often at most */

const char *bgp_state_name(enum bgp_state state)
{
	static const char *const name[] = {
		[BGP_IDLE] = "Idle",
		[BGP_CONNECT] = "Connect",
		[BGP_ACTIVE] = "Active",
		[BGP_OPEN_SENT] = "OpenSent",
		[BGP_OPEN_CONFIRM] = "OpenConfirm",
		[BGP_ESTABLISHED] = "Established",
	};

	_Static_assert(ARRAY_COUNT(name) == BGP_STATES, "a name for each state");
	return name[state];
}

const char *bgp_event_name(enum bgp_event event)
{
	static const char *const name[] = {
		[BGP_EVENT_NONE] = "nothing",
		[BGP_EVENT_MANUAL_START] = "ManualStart",
		[BGP_EVENT_MANUAL_STOP] = "ManualStop",
		[BGP_EVENT_AUTOMATIC_START] = "AutomaticStart",
		[BGP_EVENT_PASSIVE_START] = "ManualStart_with_PassiveTcpEstablishment",
		[BGP_EVENT_AUTOMATIC_STOP] = "AutomaticStop",
		[BGP_EVENT_RETRY_EXPIRES] = "ConnectRetryTimer_Expires",
		[BGP_EVENT_HOLD_EXPIRES] = "HoldTimer_Expires",
		[BGP_EVENT_KEEPALIVE_EXPIRES] = "KeepaliveTimer_Expires",
		[BGP_EVENT_IDLE_HOLD_EXPIRES] = "IdleHoldTimer_Expires",
		[BGP_EVENT_TCP_ACKED] = "Tcp_CR_Acked",
		[BGP_EVENT_TCP_CONFIRMED] = "TcpConnectionConfirmed",
		[BGP_EVENT_TCP_FAILS] = "TcpConnectionFails",
		[BGP_EVENT_OPEN] = "BGPOpen",
		[BGP_EVENT_HEADER_ERROR] = "BGPHeaderErr",
		[BGP_EVENT_OPEN_ERROR] = "BGPOpenMsgErr",
		[BGP_EVENT_COLLISION] = "OpenCollisionDump",
		[BGP_EVENT_VERSION_NOTIFICATION] = "NotifMsgVerErr",
		[BGP_EVENT_NOTIFICATION] = "NotifMsg",
		[BGP_EVENT_KEEPALIVE] = "KeepAliveMsg",
		[BGP_EVENT_UPDATE] = "UpdateMsg",
		[BGP_EVENT_UPDATE_ERROR] = "UpdateMsgErr",
		[BGP_EVENT_SEND_HOLD_EXPIRES] = "SendHoldTimer_Expires",
		[BGP_EVENT_REFRESH] = "RouteRefreshMsg",
	};

	_Static_assert(ARRAY_COUNT(name) == BGP_EVENTS, "a name for each event");
	return name[event];
}

const char *bgp_action_name(enum bgp_action action)
{
	static const char *const name[] = {
		[BGP_DO_UNKNOWN] = "UNKNOWN", [BGP_DO_NONE] = "NONE",
		[BGP_DO_CONNECT] = "CONNECT", [BGP_DO_RETRY] = "RETRY",
		[BGP_DO_WAIT] = "WAIT",       [BGP_DO_AGAIN] = "AGAIN",
		[BGP_DO_OPEN] = "OPEN",       [BGP_DO_ACCEPT] = "ACCEPT",
		[BGP_DO_UP] = "UP",           [BGP_DO_SAY] = "SAY",
		[BGP_DO_HEAR] = "HEAR",       [BGP_DO_UPDATE] = "UPDATE",
		[BGP_DO_REFRESH] = "REFRESH", [BGP_DO_DROP] = "DROP",
		[BGP_DO_CEASE] = "CEASE",     [BGP_DO_NOTIFY] = "NOTIFY",
		[BGP_DO_HOLD] = "HOLD",       [BGP_DO_UNEXPECTED] = "UNEXPECTED",
		[BGP_DO_STUCK] = "STUCK",
	};

	_Static_assert(ARRAY_COUNT(name) == BGP_ACTIONS, "a name for each action");
	return name[action];
}

const struct bgp_move *bgp_move_of(enum bgp_state state, enum bgp_event event)
{
	static const struct bgp_move table[BGP_STATES][BGP_EVENTS] = {
#define MOVE(from, event, action, to, section)                                                     \
	[BGP_##from][BGP_EVENT_##event] = { BGP_DO_##action, BGP_##to, section },
#include "core/routing/bgp/fsm.def"
#undef MOVE
	};

	CHECK(state < BGP_STATES);
	CHECK(event < BGP_EVENTS);
	return &table[state][event];
}

static void bgp_set_state(struct bgp_line *line, enum bgp_state state)
{
	CHECK(state < BGP_STATES);
	line->state = (u8)state;
}

void bgp_line_event(struct bgp *bgp, struct bgp_peer *peer, u8 at, enum bgp_event event)
{
	struct bgp_line *line = &peer->line[at];

	for (u32 n = 0; n < FOLLOW_MAX && event != BGP_EVENT_NONE; n++) {
		enum bgp_state from = (enum bgp_state)line->state;
		const struct bgp_move *move = bgp_move_of(from, event);

		if (move->action == BGP_DO_UNKNOWN) {
			peer->counters.unexpected++;
			return;
		}
		bgp_set_state(line, (enum bgp_state)move->next);
		event = bgp_act(bgp, peer, at, (enum bgp_action)move->action, from);
	}
}
