/* The receiver: takes what connections bring until their end. */
#include "prog/perf_state.h"

enum {
	EVENTS_MAX = 32,
	READS_MAX = 32, /* of one connection, between two looks at the interface */
	BACKLOG = 64,
};

static void listen_begin(struct perf *perf, ns_t now)
{
	struct sluice *s = perf->net.sluice;
	const struct sock_addr local = { perf->args.addr, perf->args.port };
	enum sock_error error;

	if (!perf_open(perf, &perf->listener, now))
		return;
	error = sluice_bind(s, perf->listener, &local);
	if (error == SOCK_OK)
		error = sluice_listen(s, perf->listener, BACKLOG);
	if (error == SOCK_OK)
		error = sluice_watch(s, perf->listener, SOCK_READABLE);
	if (error != SOCK_OK) {
		perf_fail(perf, sock_error_text(error));
		return;
	}
	perf->phase = PERF_CARRY;
	fprintf(stderr, "sluice perf: ready, port %u receives\n", be16_host(perf->args.port));
}

static struct perf_flow *flow_find(struct perf *perf, sock_id sock)
{
	for (u32 at = 0; at < PERF_SOCKS_MAX; at++) {
		if (perf->flow[at].sock == sock)
			return &perf->flow[at];
	}
	return NULL;
}

static void listener_close(struct perf *perf, ns_t now)
{
	if (perf->listener != SOCK_ID_NONE)
		sluice_close(perf->net.sluice, perf->listener, now);
	perf->listener = SOCK_ID_NONE;
}

/* There are as many places as sockets, and the listener is one of those. */
static void flow_begin(struct perf *perf, sock_id sock, const struct sock_addr *peer, ns_t now)
{
	struct perf_flow *flow = flow_find(perf, SOCK_ID_NONE);

	CHECK(flow != NULL);
	*flow = (struct perf_flow){ .sock = sock, .peer = *peer, .begin_ns = now, .last_ns = now };
	(void)sluice_watch(perf->net.sluice, sock, SOCK_READABLE);
	if (perf->result.connections++ == 0)
		perf_meter_begin(&perf->meter, now);
	perf->result.peer = perf->result.connections == 1 ? *peer : (struct sock_addr){ 0 };
}

static void accept_all(struct perf *perf, ns_t now)
{
	struct sock_addr peer;
	sock_id sock;

	for (u32 count = 0; count < BACKLOG && perf->listener != SOCK_ID_NONE; count++) {
		if (sluice_accept(perf->net.sluice, perf->listener, &sock, &peer) != SOCK_OK)
			return;
		flow_begin(perf, sock, &peer, now);
		if (perf->args.once)
			listener_close(perf, now);
	}
}

/* why: NULL for the end that its peer made. */
static void flow_end(struct perf *perf, struct perf_flow *flow, const char *why, ns_t now)
{
	struct perf_result result = {
		.peer = flow->peer,
		.connections = 1,
		.bytes = flow->bytes,
		.length_ns = flow->last_ns - flow->begin_ns,
		.cc = perf->result.cc,
	};

	snprintf(result.error, sizeof result.error, "%s", why ? why : "");
	sluice_close(perf->net.sluice, flow->sock, now);
	flow->sock = SOCK_ID_NONE;
	if (!perf->args.once) {
		perf_report(&result, NULL, perf->args.json, stdout);
		return;
	}
	memcpy(perf->result.error, result.error, sizeof result.error);
	perf_leave(perf, now);
}

static void read_all(struct perf *perf, struct perf_flow *flow, ns_t now)
{
	for (u32 times = 0; times < READS_MAX; times++) {
		struct sock_buf buf = { .to = perf->data, .bytes = PERF_DATA_BYTES };
		enum sock_error error = sluice_recv(perf->net.sluice, flow->sock, &buf, 0, NULL,
						    now);

		if (error == SOCK_AGAIN)
			return;
		if (error != SOCK_OK || buf.got == 0) {
			flow_end(perf, flow, error == SOCK_OK ? NULL : sock_error_text(error), now);
			return;
		}
		flow->bytes += buf.got;
		perf->result.bytes += buf.got;
		flow->last_ns = now;
		perf->result.length_ns = now - perf->meter.begin_ns;
	}
}

void perf_recv_step(struct perf *perf, ns_t now)
{
	struct sock_event events[EVENTS_MAX];
	u32 count;

	if (perf->phase == PERF_SETTLE && sluice_is_settled(perf->net.sluice))
		listen_begin(perf, now);
	if (perf->phase != PERF_CARRY)
		return;
	count = sluice_take_ready(perf->net.sluice, events, EVENTS_MAX);
	for (u32 at = 0; at < count; at++) {
		struct perf_flow *flow = flow_find(perf, events[at].sock);

		if (events[at].sock == perf->listener)
			accept_all(perf, now);
		else if (flow)
			read_all(perf, flow, now);
	}
}

void perf_recv_stop(struct perf *perf, ns_t now)
{
	for (u32 at = 0; at < PERF_SOCKS_MAX; at++) {
		if (perf->flow[at].sock != SOCK_ID_NONE)
			perf_abort(perf, perf->flow[at].sock, now);
	}
	listener_close(perf, now);
	perf_leave(perf, now);
}
