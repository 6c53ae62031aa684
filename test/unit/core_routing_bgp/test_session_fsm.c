/* Every cell of the table of states: what RFC 4271 section 8.2.2 says, once more and by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/routing/bgp/bgp_part.h"
#include "fake/bgp_raw.h"
#include "fake/build.h"

/* One letter a cell: what is done, and where that leads. Columns in the order of the states.
 *   .  unexpected: nothing happens      -  ignored
 *   c  the peer is called: Connect      r  called anew: Connect
 *   w  waits: Active                    a  begins as it is to be begun
 *   o  OPEN is sent: OpenSent           k  KEEPALIVE is sent: OpenConfirm
 *   u  up: Established                  s  KEEPALIVE is sent, same state
 *   h  the hold timer begins anew       p  UPDATE is read
 *   f  ROUTE-REFRESH is read
 *   d  dropped                          x  Cease
 *   n  NOTIFICATION                     t  hold timer expired
 *   e  finite state machine error       q  send hold timer expired: all of these to Idle         */
static const struct {
	enum bgp_event event;
	const char *cells;
} rows[] = {
	{ BGP_EVENT_MANUAL_START, "c-----" },
	{ BGP_EVENT_MANUAL_STOP, "-ddxxx" },
	{ BGP_EVENT_AUTOMATIC_START, "c-----" },
	{ BGP_EVENT_PASSIVE_START, "w-----" },
	{ BGP_EVENT_AUTOMATIC_STOP, "-ddxxx" },
	{ BGP_EVENT_RETRY_EXPIRES, ".rceee" },
	{ BGP_EVENT_HOLD_EXPIRES, ".ddttt" },
	{ BGP_EVENT_KEEPALIVE_EXPIRES, ".ddess" },
	{ BGP_EVENT_IDLE_HOLD_EXPIRES, "addeee" },
	{ BGP_EVENT_TCP_ACKED, ".oo---" },
	{ BGP_EVENT_TCP_CONFIRMED, ".oo---" },
	{ BGP_EVENT_TCP_FAILS, ".ddwdd" },
	{ BGP_EVENT_OPEN, ".ddkee" },
	{ BGP_EVENT_HEADER_ERROR, ".ddnnn" },
	{ BGP_EVENT_OPEN_ERROR, ".ddnne" },
	{ BGP_EVENT_COLLISION, ".ddxxx" },
	{ BGP_EVENT_VERSION_NOTIFICATION, ".ddddd" },
	{ BGP_EVENT_NOTIFICATION, ".ddddd" },
	{ BGP_EVENT_KEEPALIVE, ".ddeuh" },
	{ BGP_EVENT_UPDATE, ".ddeep" },
	{ BGP_EVENT_UPDATE_ERROR, ".ddeen" },
	{ BGP_EVENT_SEND_HOLD_EXPIRES, ".ddeeq" },
	{ BGP_EVENT_REFRESH, ".ddeef" },
};

static const struct {
	char letter;
	enum bgp_action action;
	int next; /* -1: the same */
} meaning[] = {
	{ '.', BGP_DO_UNKNOWN, BGP_IDLE },
	{ '-', BGP_DO_NONE, -1 },
	{ 'c', BGP_DO_CONNECT, BGP_CONNECT },
	{ 'r', BGP_DO_RETRY, BGP_CONNECT },
	{ 'w', BGP_DO_WAIT, BGP_ACTIVE },
	{ 'a', BGP_DO_AGAIN, -1 },
	{ 'o', BGP_DO_OPEN, BGP_OPEN_SENT },
	{ 'k', BGP_DO_ACCEPT, BGP_OPEN_CONFIRM },
	{ 'u', BGP_DO_UP, BGP_ESTABLISHED },
	{ 's', BGP_DO_SAY, -1 },
	{ 'h', BGP_DO_HEAR, -1 },
	{ 'p', BGP_DO_UPDATE, -1 },
	{ 'f', BGP_DO_REFRESH, -1 },
	{ 'd', BGP_DO_DROP, BGP_IDLE },
	{ 'x', BGP_DO_CEASE, BGP_IDLE },
	{ 'n', BGP_DO_NOTIFY, BGP_IDLE },
	{ 't', BGP_DO_HOLD, BGP_IDLE },
	{ 'e', BGP_DO_UNEXPECTED, BGP_IDLE },
	{ 'q', BGP_DO_STUCK, BGP_IDLE },
};

static u32 meaning_of(char letter)
{
	u32 at = 0;

	while (meaning[at].letter != letter)
		at++;
	return at;
}

static void every_cell(void **state)
{
	u32 seen = 0;

	(void)state;
	for (u32 row = 0; row < ARRAY_COUNT(rows); row++) {
		assert_int_equal(rows[row].event, row + 1);
		for (u32 at = 0; at < BGP_STATES; at++) {
			const struct bgp_move *move = bgp_move_of((enum bgp_state)at,
								  rows[row].event);
			u32 wanted = meaning_of(rows[row].cells[at]);

			if (move->action != meaning[wanted].action)
				fail_msg("%s in %s does %s", bgp_event_name(rows[row].event),
					 bgp_state_name((enum bgp_state)at),
					 bgp_action_name((enum bgp_action)move->action));
			assert_int_equal(move->next,
					 meaning[wanted].next < 0 ? (int)at : meaning[wanted].next);
			assert_true(move->action == BGP_DO_UNKNOWN || move->section[0] != '\0');
			seen++;
		}
	}
	assert_int_equal(seen, (BGP_EVENTS - 1) * BGP_STATES);
}

/* ---- the same with a peer: each event in each state does no harm, and leads where it should ----
 */

struct walk {
	struct bgp_net *net;
	struct bgp_raw *raw;
};

/* The line that the peer calls, brought to a state. */
static struct walk walk_to(enum bgp_state state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct walk walk = { .net = bgp_net_new() };
	struct bgp_net *net = walk.net;

	bgp_net_host(net, 65001, "192.0.2.1");
	bgp_net_host(net, 65002, "192.0.2.2");
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_peer(net, 0, "10.0.0.2", 65002);
	walk.raw = bgp_raw_new(net, 1);
	bgp_raw_listen(walk.raw);
	net->cut[0][1] = state == BGP_CONNECT;
	net->host[0]->conf.peer[0].shutdown = state == BGP_IDLE;
	net->host[0]->conf.peer[0].passive = state == BGP_ACTIVE;
	bgp_net_start(net, 0);
	bgp_net_run(net, NS_PER_SEC);
	if (state >= BGP_OPEN_SENT) {
		assert_true(bgp_raw_accept(walk.raw));
		if (state >= BGP_OPEN_CONFIRM)
			bgp_raw_open(walk.raw, &open);
		if (state >= BGP_ESTABLISHED)
			bgp_raw_message(walk.raw, BGP_KEEPALIVE, NULL, 0);
		bgp_raw_run(walk.raw, NS_PER_SEC);
	}
	assert_int_equal(net->host[0]->bgp.peer[0].line[BGP_LINE_OUT].state, state);
	return walk;
}

static void walk_end(struct walk *walk)
{
	free(walk->raw);
	bgp_net_del(walk->net);
}

/* Of DO_STUCK the peer reads none: it takes nothing, and is reset. */
static const char *closed_with(enum bgp_action action)
{
	switch (action) {
	case BGP_DO_CEASE: return "\6";
	case BGP_DO_HOLD: return "\4";
	case BGP_DO_UNEXPECTED: return "\5";
	default: return "";
	}
}

/* Events as the bytes and timers of others make them are the business of test_bgp; here each is
 * put in by hand where it can be.                                                                */
static void every_event_in_every_state(void **state)
{
	(void)state;
	for (u32 at = 0; at < BGP_STATES; at++) {
		for (u32 event = 1; event < BGP_EVENTS; event++) {
			const struct bgp_move *move = bgp_move_of((enum bgp_state)at,
								  (enum bgp_event)event);
			struct walk walk;
			struct bgp_peer *peer;
			const u8 *last;

			/* They need a message that is being read. */
			if (move->action == BGP_DO_UPDATE || move->action == BGP_DO_REFRESH ||
			    move->action == BGP_DO_ACCEPT || move->action == BGP_DO_UP)
				continue;
			walk = walk_to((enum bgp_state)at);
			peer = &walk.net->host[0]->bgp.peer[0];
			if (move->action == BGP_DO_OPEN)
				assert_true(at == BGP_CONNECT || at == BGP_ACTIVE);
			if (move->action == BGP_DO_NOTIFY)
				bgp_error_set(&peer->error, BGP_ERROR_UPDATE, 1, NULL, 0);
			if (move->action != BGP_DO_OPEN) {
				bgp_line_event(&walk.net->host[0]->bgp, peer, BGP_LINE_OUT,
					       (enum bgp_event)event);
				if (move->action != BGP_DO_UNKNOWN)
					assert_int_equal(peer->line[BGP_LINE_OUT].state,
							 move->next);
				else
					assert_int_equal(peer->counters.unexpected, 1);
				bgp_check(&walk.net->host[0]->bgp);
			}
			bgp_raw_run(walk.raw, NS_PER_SEC / 2);
			last = bgp_raw_last(walk.raw, BGP_NOTIFICATION);
			if (closed_with((enum bgp_action)move->action)[0] != '\0') {
				assert_non_null(last);
				assert_int_equal(last[19],
						 closed_with((enum bgp_action)move->action)[0]);
			}
			if (move->next == BGP_IDLE && at > BGP_ACTIVE)
				assert_true(walk.raw->ended);
			walk_end(&walk);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(every_event_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
