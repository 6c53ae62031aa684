/* The sender: connects, writes as long as it may, and waits until all of it is acknowledged. */
#include "prog/perf_state.h"

/* So long a peer may acknowledge nothing of what is left at the end. */
#define STALL_NS (10 * NS_PER_SEC)

enum { WRITES_MAX = 64 /* between two looks at the interface */ };

static struct perf_flow *flow_of(struct perf *perf)
{
	return &perf->flow[0];
}

static void connect_begin(struct perf *perf, ns_t now)
{
	struct perf_flow *flow = flow_of(perf);
	enum sock_error error;

	if (!perf_open(perf, &flow->sock, now))
		return;
	flow->peer = perf->result.peer = perf->args.peer;
	error = sluice_connect(perf->net.sluice, flow->sock, &flow->peer, now);
	if (error != SOCK_IN_PROGRESS)
		perf_fail(perf, sock_error_text(error));
	else
		perf->phase = PERF_CONNECT;
}

/* Told once, so what is heard here is the end. */
static bool has_failed(struct perf *perf)
{
	struct sock_value value;

	if (sluice_sock_get(perf->net.sluice, flow_of(perf)->sock, SOCK_OPT_ERROR, &value) !=
	    SOCK_OK)
		return false;
	if (value.number == SOCK_OK)
		return false;
	perf_fail(perf, sock_error_text((enum sock_error)value.number));
	return true;
}

static void look_whether_connected(struct perf *perf, ns_t now)
{
	struct perf_flow *flow = flow_of(perf);

	if ((sluice_sock_ready(perf->net.sluice, flow->sock) & SOCK_CONNECTED) == 0)
		return;
	flow->begin_ns = flow->last_ns = now;
	perf->result.connections = 1;
	perf_meter_begin(&perf->meter, now);
	perf->phase = PERF_CARRY;
	fputs("sluice perf: connected\n", stderr);
}

static u64 left_to_write(const struct perf *perf, ns_t now)
{
	const struct perf_flow *flow = &perf->flow[0];

	if (perf->args.time_ns > 0 && now >= flow->begin_ns + perf->args.time_ns)
		return 0;
	return perf->args.bytes > 0 ? perf->args.bytes - flow->written : UINT64_MAX;
}

/* Whether there may be room for more. */
static bool write_some(struct perf *perf, u64 left, ns_t now)
{
	struct perf_flow *flow = flow_of(perf);
	u32 skip = (u32)(flow->written % PERF_PERIOD);
	struct sock_out out = { .data = perf->data + skip,
				.bytes = (u32)u64_min(left, PERF_DATA_BYTES - skip) };
	enum sock_error error = sluice_send(perf->net.sluice, flow->sock, &out, now);

	flow->written += out.sent;
	if (error != SOCK_OK && error != SOCK_AGAIN)
		perf_fail(perf, sock_error_text(error));
	return error == SOCK_OK && out.sent == out.bytes;
}

static void write_all(struct perf *perf, ns_t now)
{
	bool more = (sluice_sock_ready(perf->net.sluice, flow_of(perf)->sock) & SOCK_WRITABLE) != 0;
	u64 left = left_to_write(perf, now);

	for (u32 times = 0; times < WRITES_MAX && more && left > 0; times++) {
		more = write_some(perf, left, now);
		left = left_to_write(perf, now);
	}
	if (left > 0 || perf->phase != PERF_CARRY)
		return;
	(void)sluice_shutdown(perf->net.sluice, flow_of(perf)->sock, SOCK_SHUT_WRITE, now);
	perf->phase = PERF_DRAIN;
}

static void take_info(struct perf *perf, const struct sluice_sock_info *info, ns_t now)
{
	struct perf_flow *flow = flow_of(perf);
	u64 acked = flow->written - u64_min(info->send_queue, flow->written);

	if (acked > flow->bytes)
		flow->last_ns = now;
	flow->bytes = perf->result.bytes = acked;
	perf->result.again_bytes = info->info.bytes_again;
	perf->result.timeouts = info->info.timeouts;
	perf->result.recoveries = info->info.recoveries;
	perf->result.cc = info->info.cc;
	perf->cwnd_bytes = info->info.cwnd_bytes;
}

void perf_send_sample(struct perf *perf, ns_t now)
{
	struct sluice_sock_info info;

	if ((perf->phase != PERF_CARRY && perf->phase != PERF_DRAIN) ||
	    !perf_net_info(&perf->net, flow_of(perf)->sock, now, &info))
		return;
	take_info(perf, &info, now);
	perf_meter_rtt(&perf->meter, info.info.srtt_us, info.info.min_rtt_us);
}

/* A connection that is gone without an error was acknowledged to its end. */
static void drain(struct perf *perf, ns_t now)
{
	struct perf_flow *flow = flow_of(perf);
	struct sluice_sock_info info;

	if (perf_net_info(&perf->net, flow->sock, now, &info)) {
		take_info(perf, &info, now);
	} else {
		flow->bytes = perf->result.bytes = flow->written;
		flow->last_ns = now;
	}
	perf->result.length_ns = flow->last_ns - flow->begin_ns;
	if (flow->bytes == flow->written) {
		sluice_close(perf->net.sluice, flow->sock, now);
		perf_leave(perf, now);
	} else if (now > flow->last_ns + STALL_NS) {
		perf_fail(perf, "the peer acknowledges nothing any more");
	}
}

void perf_send_step(struct perf *perf, ns_t now)
{
	if (perf->phase == PERF_SETTLE) {
		if (sluice_is_settled(perf->net.sluice))
			connect_begin(perf, now);
		return;
	}
	if (perf->phase >= PERF_LEAVE || has_failed(perf))
		return;
	if (perf->phase == PERF_CONNECT)
		look_whether_connected(perf, now);
	if (perf->phase == PERF_CARRY)
		write_all(perf, now);
	if (perf->phase == PERF_DRAIN)
		drain(perf, now);
}

ns_t perf_send_next(const struct perf *perf)
{
	const struct perf_flow *flow = &perf->flow[0];

	if (perf->phase == PERF_CARRY && perf->args.time_ns > 0)
		return flow->begin_ns + perf->args.time_ns;
	return perf->phase == PERF_DRAIN ? flow->last_ns + STALL_NS : NS_NEVER;
}

void perf_send_stop(struct perf *perf, ns_t now)
{
	if (perf->phase < PERF_CARRY) {
		perf_fail(perf, "stopped before the connection stood");
		return;
	}
	perf_send_sample(perf, now);
	perf->result.length_ns = now - flow_of(perf)->begin_ns;
	perf_abort(perf, flow_of(perf)->sock, now);
}
