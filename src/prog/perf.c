/* `sluice perf`: how much this program's own TCP carries.
 *
 * One thread: packets in, packets out, then what the sockets have to do. It waits as `sluice link`
 * does (punctual.h), since a sender that paces is only as good as the moments at which it sends. */
#include <errno.h>
#include <stdlib.h>

#include "host/os/clock.h"
#include "host/os/privilege.h"
#include "prog/options.h"
#include "prog/perf_state.h"
#include "prog/prog.h"

#define SAMPLE_NS (10 * NS_PER_MS)
#define LEAVE_NS  (2 * NS_PER_SEC)

void perf_fail(struct perf *perf, const char *why)
{
	snprintf(perf->result.error, sizeof perf->result.error, "%s", why);
	perf->phase = PERF_OVER;
}

void perf_leave(struct perf *perf, ns_t now)
{
	perf->phase = PERF_LEAVE;
	perf->leave_ns = now + LEAVE_NS;
}

void perf_abort(struct perf *perf, sock_id sock, ns_t now)
{
	const struct sock_value at_once = { .number = 0 };

	(void)sluice_sock_set(perf->net.sluice, sock, SOCK_OPT_LINGER, &at_once, now);
	sluice_close(perf->net.sluice, sock, now);
	perf_leave(perf, now);
}

static enum sock_error set_number(struct perf *perf, sock_id sock, enum sock_option option,
				  u64 number, ns_t now)
{
	const struct sock_value value = { .number = number };

	return number == 0 ? SOCK_OK : sluice_sock_set(perf->net.sluice, sock, option, &value, now);
}

/* Whoever the peer is. */
static enum sock_error set_key(struct perf *perf, sock_id sock, const char *key, ns_t now)
{
	struct tcp_auth_secret secret = { .len_bytes = (u32)strlen(key) };
	const struct sock_value value = { .secret = &secret };

	CHECK(secret.len_bytes <= TCP_AUTH_KEY_MAX);
	memcpy(secret.byte, key, secret.len_bytes);
	return sluice_sock_set(perf->net.sluice, sock, SOCK_OPT_MD5SIG, &value, now);
}

bool perf_open(struct perf *perf, sock_id *sock, ns_t now)
{
	const struct perf_args *args = &perf->args;
	const struct sock_value cc = { .name = args->cc };
	enum sock_error error = sluice_socket(perf->net.sluice, SOCK_STREAM_KIND, 0, 0, sock);

	if (error == SOCK_OK && args->cc)
		error = sluice_sock_set(perf->net.sluice, *sock, SOCK_OPT_CONGESTION, &cc, now);
	if (error == SOCK_OK)
		error = set_number(perf, *sock, SOCK_OPT_SNDBUF, args->buffer, now);
	if (error == SOCK_OK)
		error = set_number(perf, *sock, SOCK_OPT_RCVBUF, args->buffer, now);
	if (error == SOCK_OK)
		error = set_number(perf, *sock, SOCK_OPT_MAXSEG, args->mss, now);
	if (error == SOCK_OK && args->md5)
		error = set_key(perf, *sock, args->md5, now);
	if (error != SOCK_OK)
		perf_fail(perf, sock_error_text(error));
	return error == SOCK_OK;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void measure(struct perf *perf, ns_t now)
{
	struct perf_rate rate;

	if (now >= perf->sample_ns) {
		if (perf->args.sends)
			perf_send_sample(perf, now);
		perf->sample_ns = now + SAMPLE_NS;
	}
	if (now < perf_meter_next(&perf->meter) || perf->phase >= PERF_LEAVE)
		return;
	rate = perf_meter_end(&perf->meter, perf->result.bytes, perf->cwnd_bytes, now);
	if (!perf->args.json)
		perf_report_rate(&rate, stdout);
}

static void step(struct perf *perf, ns_t now)
{
	if (punctual_is_stopped() && perf->phase < PERF_LEAVE) {
		if (perf->args.sends)
			perf_send_stop(perf, now);
		else
			perf_recv_stop(perf, now);
	} else if (perf->args.sends) {
		perf_send_step(perf, now);
	} else {
		perf_recv_step(perf, now);
	}
	measure(perf, now);
}

static ns_t next_due(const struct perf *perf)
{
	ns_t due_ns = sluice_next(perf->net.sluice);

	if (perf->phase == PERF_LEAVE)
		return u64_min(due_ns, perf->leave_ns);
	if (perf->args.sends && perf->phase > PERF_CONNECT)
		due_ns = u64_min(due_ns, u64_min(perf_send_next(perf), perf->sample_ns));
	return u64_min(due_ns, perf_meter_next(&perf->meter));
}

static void wait_or_spin(struct perf *perf, bool moved)
{
	const struct port *port = perf->net.port;
	struct pollfd waiting = { .fd = port_fd(port), .events = POLLIN };
	char text[PERF_ERROR_SIZE];

	if (!punctual_wait(&perf->punctual, &waiting, 1, next_due(perf), moved) ||
	    ((waiting.revents & (POLLERR | POLLHUP)) == 0 && port->up) || perf_net_look(&perf->net))
		return;
	snprintf(text, sizeof text, "interface '%s' is gone", port->name);
	perf_fail(perf, text);
}

static void loop(struct perf *perf)
{
	while (perf->phase != PERF_OVER) {
		bool moved = perf_net_carry(&perf->net);
		ns_t now = os_now();

		if (perf->phase == PERF_LEAVE &&
		    (now >= perf->leave_ns || perf_net_is_quiet(&perf->net, now)))
			return;
		step(perf, now);
		wait_or_spin(perf, moved);
	}
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static bool prepare(struct perf *perf, struct ctl_why *why)
{
	perf->data = malloc(PERF_DATA_BYTES);
	if (!perf->data)
		return options_refuse(why, "there is no memory");
	for (u32 at = 0; at < PERF_DATA_BYTES; at++)
		perf->data[at] = (u8)(at % PERF_PERIOD);
	for (u32 at = 0; at < PERF_SOCKS_MAX; at++)
		perf->flow[at].sock = SOCK_ID_NONE;
	perf->listener = SOCK_ID_NONE;
	perf->result = (struct perf_result){ .sends = perf->args.sends,
					     .final = true,
					     .cc = perf->args.cc };
	perf_meter_init(&perf->meter, perf->args.interval_ns);
	punctual_begin(&perf->punctual);
	if (!perf_net_open(&perf->net, &perf->args, why))
		return false;
	if (perf->args.realtime)
		punctual_take_precedence(&perf->punctual);
	if (!os_privilege_freeze() || !os_privilege_drop())
		return options_refuse(why, "privileges can not be given up: %s", strerror(errno));
	return true;
}

static int complain(const struct ctl_why *why, int code)
{
	fprintf(stderr, "sluice perf: %s\n", why->text);
	return code;
}

static int run(struct perf *perf)
{
	struct ctl_why why;

	if (!prepare(perf, &why))
		return complain(&why, PROG_EXIT_FAILED);
	loop(perf);
	perf->result.again_segments = perf_net_segments_again(&perf->net);
	perf_report(&perf->result, &perf->meter, perf->args.json, stdout);
	return perf->result.error[0] ? PROG_EXIT_FAILED : PROG_EXIT_OK;
}

int perf_main(int argc, char **argv)
{
	struct perf *perf = calloc(1, sizeof *perf);
	struct ctl_why why;
	int code = PROG_EXIT_OK;

	if (!perf) {
		fputs("sluice perf: there is no memory\n", stderr);
		return PROG_EXIT_FAILED;
	}
	perf->net.claim = -1;
	if (!perf_args_parse(argc, argv, &perf->args, &why))
		code = complain(&why, PROG_EXIT_USAGE);
	else if (perf->args.help)
		perf_args_help(stdout);
	else
		code = run(perf);
	perf_net_close(&perf->net);
	free(perf->data);
	free(perf);
	return code;
}
