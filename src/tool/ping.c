/* `sluice ping`: echo requests as users of iputils know them.
 *
 * One loop: take what the socket has, send what is due, sleep until the next of request, deadline
 * and end of waiting. Sending never waits for receiving, so requests leave on a fixed beat whatever
 * the round trip; a beat that was missed (a stopped process) is not made up for.
 *
 * When it ends, as iputils does: at the deadline; when replies and errors reach the count (with a
 * deadline, when the replies do, or on the first error); else, after the last request, when twice
 * the longest round trip has passed (or the interval, if longer), or -W if nothing was ever
 * received.
 *
 * Memory is fixed: one window of sequence numbers, one buffer each way, and with --json a bounded
 * log. */
#include "tool/ping.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "tool/ping_args.h"
#include "tool/ping_report.h"
#include "tool/probe_socket.h"
#include "tool/seq_window.h"

/* Errors that the kernel kept for an earlier request are reported by the next sending, once
 * each. */
#define SEND_TRIES 4
/* Events taken before looking at the clock again. */
#define EVENTS_MAX    256
#define FLOOD_BEAT_NS (10 * NS_PER_MS)
#define PACKET_SIZE   65536

struct ping {
	struct ping_args args;
	struct ping_tally tally;
	struct ping_report report;
	struct resolver resolver;
	struct seq_window window;
	struct sockaddr_in dst;
	int fd;
	bool is_raw;
	u16 id;            /* raw only: the kernel chooses that of a datagram socket */
	u16 seq;           /* of the last request */
	u64 refused_count; /* requests that this host's error queue said it did not send */
	ns_t next_ns;
	ns_t sent_ns; /* of the last request */
	u8 packet_out[PACKET_SIZE];
	u8 packet_in[PACKET_SIZE];
};

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal_number)
{
	(void)signal_number;
	stop_asked = 1;
}

/* Signals are let in only while the loop sleeps, so none is lost between the test and the sleep. */
static void watch_signals(sigset_t *while_asleep)
{
	struct sigaction action = { .sa_handler = ask_stop };
	sigset_t blocked;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, while_asleep);
	sigdelset(while_asleep, SIGINT);
	sigdelset(while_asleep, SIGTERM);
}

static void note_in_flight(struct ping *ping, u16 seq)
{
	u64 in_flight = (u64)(u16)(ping->seq - seq) + 1;

	if (in_flight > ping->tally.in_flight_max)
		ping->tally.in_flight_max = in_flight;
}

/* An error took the place of the reply: the request is no longer outstanding. */
static void take_error(struct ping *ping, const struct ping_error *error)
{
	u64 sent_ns;

	ping->tally.errors++;
	if (error->has_seq) {
		note_in_flight(ping, error->seq);
		seq_window_answer(&ping->window, error->seq, &sent_ns);
	}
	ping_report_error(&ping->report, error);
}

static bool is_ours(const struct ping *ping, const struct icmp_echo *echo)
{
	return (!ping->is_raw || echo->id == ping->id) &&
	       seq_window_knows(&ping->window, echo->seq);
}

/* One entry of the error queue; the request that it quotes is in packet_in. False when none
 * waits. */
static bool drain_error(struct ping *ping)
{
	struct probe_event event;
	struct ping_error error = { 0 };
	struct icmp_echo quoted;

	probe_receive_error(ping->fd, ping->packet_in, sizeof(ping->packet_in), &event);
	if (event.kind == PROBE_NONE)
		return false;
	error.error_number = event.error_number;
	error.info = event.info;
	if (event.kind == PROBE_LOCAL) {
		ping->refused_count++;
		error.has_seq = true;
		error.seq = ping->seq;
		take_error(ping, &error);
		return true;
	}
	if (!icmp_parse_echo(ping->packet_in, event.len, &quoted) || quoted.type != ICMP_ECHO ||
	    !is_ours(ping, &quoted))
		return true;
	error.is_icmp = true;
	error.has_seq = true;
	error.from = event.from;
	error.seq = quoted.seq;
	error.type = event.type;
	error.code = event.code;
	take_error(ping, &error);
	return true;
}

static void take_reply(struct ping *ping, const struct icmp_echo *echo, struct ping_reply *reply,
		       ns_t at_ns)
{
	ns_t sent_ns = 0;

	if (!is_ours(ping, echo))
		return;
	reply->seq = echo->seq;
	reply->len_bytes = echo->payload_len + ICMP_HLEN;
	reply->truncated |= echo->payload_len < ping->args.size_bytes;
	reply->csum_bad = !echo->csum_good;
	if (reply->csum_bad) {
		ping->tally.corrupted++;
		ping_report_reply(&ping->report, reply);
		return;
	}
	reply->duplicate = seq_window_answer(&ping->window, echo->seq, &sent_ns) == SEQ_DUPLICATE;
	reply->rtt_ns = at_ns > sent_ns ? at_ns - sent_ns : 0;
	reply->payload_wrong = !icmp_check_payload(echo, &ping->args.pattern, &reply->wrong);
	if (reply->duplicate)
		ping->tally.duplicates++;
	else
		ping->tally.received++;
	stats_add(&ping->tally.rtt, reply->rtt_ns);
	ping->tally.last_ns = at_ns > ping->tally.last_ns ? at_ns : ping->tally.last_ns;
	note_in_flight(ping, echo->seq);
	ping_report_reply(&ping->report, reply);
	if (ping->args.flood && ping->args.interval_ns == 0)
		ping->next_ns = at_ns;
}

/* What a raw socket gets beside replies: the errors that no error queue carries. */
static void take_report(struct ping *ping, const u8 *msg, u32 len, struct in_addr from)
{
	struct ping_error error = { .is_icmp = true, .has_seq = true, .from = from };
	struct icmp_report report;

	if (!icmp_parse_report(msg, len, &report) || report.quoted_id != ping->id ||
	    report.quoted_dst.raw != ping->dst.sin_addr.s_addr ||
	    !seq_window_knows(&ping->window, report.quoted_seq))
		return;
	error.seq = report.quoted_seq;
	error.type = report.type;
	error.code = report.code;
	error.info = report.info;
	/* A redirect or a quench is advice: the request itself went on, its reply is still due. */
	ping_report_error(&ping->report, &error);
}

static bool drain_packet(struct ping *ping)
{
	struct ping_reply reply = { 0 };
	struct probe_event event;
	struct icmp_echo echo;
	u32 skip = 0;
	u8 ttl = 0;

	probe_receive(ping->fd, ping->packet_in, sizeof(ping->packet_in), &event);
	if (event.kind != PROBE_DATA)
		return false;
	if (ping->is_raw) {
		skip = icmp_after_ip(ping->packet_in, event.len, &ttl);
		event.ttl = ttl;
		if (skip == 0)
			return true;
	}
	if (!icmp_parse_echo(ping->packet_in + skip, event.len - skip, &echo))
		return true;
	reply.from = event.from;
	reply.ttl = event.ttl;
	reply.truncated = event.truncated;
	if (echo.type == ICMP_ECHO_REPLY)
		take_reply(ping, &echo, &reply, event.at_ns);
	else if (ping->is_raw && icmp_is_error(echo.type))
		take_report(ping, ping->packet_in + skip, event.len - skip, event.from);
	return true;
}

static void drain_errors(struct ping *ping)
{
	for (int count = 0; count < EVENTS_MAX && drain_error(ping); count++)
		continue;
}

static void drain(struct ping *ping)
{
	for (int count = 0; count < EVENTS_MAX && drain_packet(ping); count++)
		continue;
	drain_errors(ping);
}

/* 0, or the errno of this request. Errors of earlier requests, which sending reports too, are taken
 * on the way and it is tried again; a refusal of this one is taken from the queue, since that holds
 * the MTU. */
static int transmit(struct ping *ping, u32 len)
{
	u64 refused_before = ping->refused_count;
	int error = 0;

	for (int tries = 0; tries < SEND_TRIES; tries++) {
		if (sendto(ping->fd, ping->packet_out, len, 0, (const struct sockaddr *)&ping->dst,
			   sizeof(ping->dst)) >= 0)
			return 0;
		error = errno;
		drain_errors(ping);
		if (ping->refused_count != refused_before)
			return 0;
	}
	return error;
}

static void send_request(struct ping *ping, ns_t now)
{
	struct ping_error failure = { .has_seq = true };
	u32 len;

	if (ping->args.outstanding && ping->tally.transmitted > 0 &&
	    seq_window_waits(&ping->window, ping->seq))
		ping_report_outstanding(&ping->report, ping->seq);
	ping->seq++;
	len = icmp_build_echo(ping->packet_out, ping->id, ping->seq, &ping->args.pattern,
			      ping->args.size_bytes);
	ping->tally.transmitted++;
	if (ping->tally.first_ns == 0)
		ping->tally.first_ns = now;
	/* The time of sending is read last, so that building a large request is not measured. */
	ping->sent_ns = probe_now();
	ping->tally.last_ns = ping->sent_ns;
	seq_window_sent(&ping->window, ping->seq, ping->sent_ns);
	ping_report_dot(&ping->report);
	failure.error_number = transmit(ping, len);
	failure.seq = ping->seq;
	if (failure.error_number != 0)
		take_error(ping, &failure);
}

static bool all_sent(const struct ping *ping)
{
	/* With a deadline, requests go on until the replies reach the count. */
	return ping->args.count > 0 && ping->args.deadline_ns == 0 &&
	       ping->tally.transmitted >= ping->args.count;
}

/* When the waiting for the last replies ends; NS_NEVER while requests are still to be sent. */
static ns_t linger_end(const struct ping *ping)
{
	ns_t wait_ns = 2 * ping->tally.rtt.max_ns;

	if (!all_sent(ping))
		return NS_NEVER;
	if (ping->tally.received == 0)
		return ping->sent_ns + ping->args.wait_ns;
	if (wait_ns < ping->args.interval_ns)
		wait_ns = ping->args.interval_ns;
	return ping->sent_ns + wait_ns;
}

static bool is_finished(const struct ping *ping, ns_t now)
{
	const struct ping_args *args = &ping->args;
	const struct ping_tally *tally = &ping->tally;

	if (args->deadline_ns > 0 && tally->first_ns > 0 &&
	    now >= tally->first_ns + args->deadline_ns)
		return true;
	if (args->count > 0 && tally->received + tally->errors >= args->count)
		return true;
	if (args->deadline_ns > 0 && tally->errors > 0)
		return true;
	return now >= linger_end(ping);
}

static void send_due(struct ping *ping)
{
	u64 beat_ns = ping->args.interval_ns;
	ns_t now = probe_now();

	if (all_sent(ping) || now < ping->next_ns)
		return;
	if (ping->args.flood && beat_ns == 0)
		beat_ns = FLOOD_BEAT_NS;
	send_request(ping, now);
	ping->next_ns += beat_ns;
	if (ping->next_ns < now)
		ping->next_ns = now;
}

static ns_t next_wake(const struct ping *ping)
{
	ns_t wake_ns = all_sent(ping) ? linger_end(ping) : ping->next_ns;

	if (ping->args.deadline_ns > 0 && ping->tally.first_ns > 0)
		wake_ns = u64_min(wake_ns, ping->tally.first_ns + ping->args.deadline_ns);
	return wake_ns;
}

static void sleep_until(const struct ping *ping, ns_t wake_ns, const sigset_t *while_asleep)
{
	struct pollfd waiting = { .fd = ping->fd, .events = POLLIN };
	struct timespec length = { 0 };
	ns_t now = probe_now();

	if (wake_ns > now) {
		length.tv_sec = (time_t)((wake_ns - now) / NS_PER_SEC);
		length.tv_nsec = (long)((wake_ns - now) % NS_PER_SEC);
	}
	ppoll(&waiting, 1, &length, while_asleep);
}

static void run(struct ping *ping)
{
	sigset_t while_asleep;

	watch_signals(&while_asleep);
	ping->next_ns = probe_now();
	while (!stop_asked) {
		drain(ping);
		if (is_finished(ping, probe_now()))
			break;
		send_due(ping);
		if (!is_finished(ping, probe_now()))
			sleep_until(ping, next_wake(ping), &while_asleep);
	}
}

static int complain(const struct tool_why *why)
{
	fprintf(stderr, "sluice ping: %s\n", why->text);
	return TOOL_EXIT_ERROR;
}

static bool open_socket(struct ping *ping, struct tool_why *why)
{
	struct probe_path path = {
		.source_text = ping->args.source_text,
		.iface_text = ping->args.iface_text,
		.ttl = ping->args.ttl,
		.pmtud = ping->args.pmtud,
		.broadcast = ping->args.broadcast,
	};

	ping->fd = probe_open_icmp(&ping->is_raw, why);
	if (ping->fd < 0)
		return false;
	if (!probe_prepare(ping->fd, &path, why))
		return false;
	if (ping->is_raw)
		probe_filter_icmp(ping->fd);
	return probe_find_source(&path, ping->dst.sin_addr, &ping->report.source, why);
}

static bool prepare(struct ping *ping, struct tool_why *why)
{
	bool is_numeric = false;

	resolve_init(&ping->resolver, ping->args.numeric);
	ping->dst.sin_family = AF_INET;
	if (!resolve_host(ping->args.host, &ping->dst.sin_addr, &is_numeric, why))
		return false;
	/* Who gives an address reads addresses: iputils asks for no names then. */
	ping->resolver.numeric |= is_numeric;
	if (getrandom(&ping->id, sizeof(ping->id), 0) != (ssize_t)sizeof(ping->id))
		ping->id = (u16)getpid();
	if (!open_socket(ping, why))
		return false;
	stats_init(&ping->tally.rtt);
	ping->report.out = stdout;
	ping->report.complaints = stderr;
	ping->report.args = &ping->args;
	ping->report.resolver = &ping->resolver;
	ping->report.dst = ping->dst.sin_addr;
	ping->report.is_raw = ping->is_raw;
	if (!ping_report_init(&ping->report))
		return tool_refuse(why, "no memory for the JSON report");
	return true;
}

static int ping_run(struct ping *ping)
{
	struct tool_why why;

	if (!prepare(ping, &why))
		return complain(&why);
	ping_report_header(&ping->report);
	run(ping);
	ping_report_end(&ping->report, &ping->tally);
	return ping_exit_code(&ping->args, &ping->tally);
}

int ping_main(int argc, char **argv)
{
	struct ping *ping = calloc(1, sizeof(*ping));
	struct tool_why why;
	int code = TOOL_EXIT_OK;

	if (!ping) {
		fputs("sluice ping: no memory\n", stderr);
		return TOOL_EXIT_ERROR;
	}
	ping->fd = -1;
	switch (ping_args_parse(argc, argv, geteuid() == 0, &ping->args, &why)) {
	case ARGS_RUN: code = ping_run(ping); break;
	case ARGS_HELP: ping_args_help(stdout); break;
	case ARGS_BAD: code = complain(&why); break;
	}
	if (ping->fd >= 0)
		close(ping->fd);
	ping_report_fini(&ping->report);
	free(ping);
	return code;
}
