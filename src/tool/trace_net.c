/* How the probes of a traceroute leave and how their answers are known, for each method. */
#include "tool/trace_net.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire/icmp.h"
#include "tool/icmp_msg.h"

/* Errors that the kernel kept for an earlier probe are reported by the next sending, once each. */
#define SEND_TRIES 4
/* Events taken before the table is looked at again. */
#define EVENTS_MAX   256
#define FILLER_FIRST 0x40
#define FILLER_COUNT 0x40

static void probe_path_of(const struct trace_net *net, struct probe_path *path)
{
	*path = (struct probe_path){
		.source_text = net->args->source_text,
		.iface_text = net->args->iface_text,
		/* Each hop shall judge the size by itself, so what is known of the path is not
		 * used. */
		.pmtud = net->args->dont_fragment ? PROBE_PMTUD_PROBE : PROBE_PMTUD_DONT,
	};
}

void trace_net_init(struct trace_net *net, const struct trace_args *args, struct trace_table *table)
{
	net->args = args;
	net->table = table;
	net->fd = -1;
	for (u32 index = 0; index < TRACE_PROBES_MAX; index++)
		net->tcp_fds[index] = -1;
}

bool trace_net_open(struct trace_net *net, struct tool_why *why)
{
	struct probe_path path;

	if (net->args->method == TRACE_TCP)
		return true;
	net->fd = net->args->method == TRACE_UDP ? probe_open_udp(why)
						 : probe_open_icmp(&net->is_raw, why);
	if (net->fd < 0)
		return false;
	if (getrandom(&net->id, sizeof(net->id), 0) != (ssize_t)sizeof(net->id))
		net->id = (u16)getpid();
	probe_path_of(net, &path);
	if (!probe_prepare(net->fd, &path, why))
		return false;
	if (net->is_raw)
		probe_filter_icmp(net->fd);
	for (u32 at = 0; at < TRACE_PACKET_SIZE; at++)
		net->packet_out[at] = (u8)(FILLER_FIRST + at % FILLER_COUNT);
	return true;
}

static void close_tcp(struct trace_net *net, u32 index)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (net->tcp_fds[index] < 0)
		return;
	setsockopt(net->tcp_fds[index], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(net->tcp_fds[index]);
	net->tcp_fds[index] = -1;
}

void trace_net_close(struct trace_net *net)
{
	for (u32 index = 0; index < TRACE_PROBES_MAX; index++)
		close_tcp(net, index);
	if (net->fd >= 0)
		close(net->fd);
	net->fd = -1;
}

/* ---- what comes back ------------------------------------------------------------------------- */

static void take_icmp(struct trace_net *net, u32 index, const struct probe_event *event)
{
	struct trace_answer answer = {
		.from = event->from,
		.is_icmp = true,
		.type = event->type,
		.code = event->code,
		.info = event->info,
		.at_ns = event->at_ns,
	};

	trace_take(net->table, index, &answer);
}

static void take_direct(struct trace_net *net, u32 index, ns_t at_ns)
{
	struct trace_answer answer = { .from = net->table->dst, .at_ns = at_ns };

	trace_take(net->table, index, &answer);
}

/* Numbers below the first one wrap to indices that no probe has. */
static u32 index_of(const struct trace_net *net, u16 number)
{
	return (u16)(number - net->args->port);
}

static bool read_echo(const struct trace_net *net, u32 skip, const struct probe_event *event,
		      u8 type, u32 *index)
{
	struct icmp_echo echo;

	if (!icmp_parse_echo(net->packet_in + skip, event->len - skip, &echo))
		return false;
	if (echo.type != type || (net->is_raw && echo.id != net->id))
		return false;
	*index = index_of(net, echo.seq);
	return true;
}

static bool collect_error(struct trace_net *net)
{
	struct probe_event event;
	u32 index = TRACE_NONE;

	probe_receive_error(net->fd, net->packet_in, TRACE_PACKET_SIZE, &event);
	if (event.kind == PROBE_LOCAL && event.error_number == EMSGSIZE)
		net->local_mtu = event.info;
	if (event.kind != PROBE_ICMP)
		return event.kind != PROBE_NONE;
	if (net->args->method == TRACE_UDP)
		take_icmp(net, index_of(net, event.peer_port), &event);
	else if (read_echo(net, 0, &event, ICMP_ECHO, &index))
		take_icmp(net, index, &event);
	return true;
}

static bool collect_data(struct trace_net *net)
{
	struct probe_event event;
	u32 index = TRACE_NONE;
	u32 skip = 0;
	u8 ttl;

	probe_receive(net->fd, net->packet_in, TRACE_PACKET_SIZE, &event);
	if (event.kind != PROBE_DATA)
		return false;
	if (event.from.s_addr != net->table->dst.s_addr)
		return true;
	if (net->args->method == TRACE_UDP) {
		take_direct(net, index_of(net, event.peer_port), event.at_ns);
		return true;
	}
	if (net->is_raw)
		skip = icmp_after_ip(net->packet_in, event.len, &ttl);
	if (net->is_raw && skip == 0)
		return true;
	if (read_echo(net, skip, &event, ICMP_ECHO_REPLY, &index))
		take_direct(net, index, event.at_ns);
	return true;
}

/* The kernel's own measure is better than the time of waking, which may follow a wait for a
 * name. */
static ns_t connect_time(const struct trace_net *net, u32 index)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	ns_t now = probe_now();

	memset(&info, 0, sizeof(info));
	if (getsockopt(net->tcp_fds[index], IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	    info.tcpi_rtt == 0)
		return now;
	return u64_min(net->table->probes[index].sent_ns + info.tcpi_rtt * NS_PER_US, now);
}

static void collect_tcp(struct trace_net *net, u32 index)
{
	struct pollfd waiting = { .fd = net->tcp_fds[index], .events = POLLOUT };
	struct probe_event event;
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&waiting, 1, 0) <= 0)
		return;
	probe_receive_error(waiting.fd, net->packet_in, TRACE_PACKET_SIZE, &event);
	if (event.kind == PROBE_ICMP) {
		take_icmp(net, index, &event);
		return;
	}
	if (getsockopt(waiting.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return;
	if (error == 0 && (waiting.revents & POLLOUT))
		take_direct(net, index, connect_time(net, index));
	else if (error == ECONNREFUSED)
		take_direct(net, index, probe_now());
}

void trace_net_collect(struct trace_net *net)
{
	if (net->args->method == TRACE_TCP) {
		for (u32 index = 0; index < TRACE_PROBES_MAX; index++)
			if (net->tcp_fds[index] >= 0 && trace_waits(net->table, index))
				collect_tcp(net, index);
		return;
	}
	for (int count = 0; count < EVENTS_MAX && collect_error(net); count++)
		continue;
	for (int count = 0; count < EVENTS_MAX && collect_data(net); count++)
		continue;
}

/* ---- what goes out --------------------------------------------------------------------------- */

static bool refuse_send(const struct trace_net *net, int error, struct tool_why *why)
{
	if (error == EMSGSIZE)
		return tool_refuse(why,
				   "packetlen %u: too long to leave this host unfragmented; right "
				   "is at most %u, or no -F",
				   net->args->packet_len_bytes, net->local_mtu);
	return tool_refuse(why, "cannot send: %s", strerror(error));
}

static u32 write_probe(struct trace_net *net, u32 index)
{
	static const struct icmp_pattern counting = { .len = 0 };
	u32 payload_len = net->args->packet_len_bytes - TRACE_LEN_MIN;

	if (net->args->method == TRACE_UDP)
		return payload_len;
	return icmp_build_echo(net->packet_out, net->id, (u16)(net->args->port + index), &counting,
			       payload_len);
}

static bool send_datagram(struct trace_net *net, u32 index, struct tool_why *why)
{
	struct sockaddr_in dst = { .sin_family = AF_INET, .sin_addr = net->table->dst };
	int ttl = (int)trace_ttl_of(net->table, index);
	u32 len = write_probe(net, index);
	int error = 0;

	if (net->args->method == TRACE_UDP)
		dst.sin_port = be16_of((u16)(net->args->port + index)).raw;
	if (setsockopt(net->fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) != 0)
		return tool_refuse(why, "cannot set TTL %d: %s", ttl, strerror(errno));
	trace_sent(net->table, index, probe_now());
	for (int tries = 0; tries < SEND_TRIES; tries++) {
		if (sendto(net->fd, net->packet_out, len, 0, (const struct sockaddr *)&dst,
			   sizeof(dst)) >= 0)
			return true;
		error = errno;
		trace_net_collect(net);
	}
	return refuse_send(net, error, why);
}

static bool prepare_tcp(struct trace_net *net, u32 index, struct tool_why *why)
{
	struct probe_path path;

	probe_path_of(net, &path);
	path.ttl = (int)trace_ttl_of(net->table, index);
	net->tcp_fds[index] = probe_open_tcp(why);
	return net->tcp_fds[index] >= 0 && probe_prepare(net->tcp_fds[index], &path, why);
}

static bool send_tcp(struct trace_net *net, u32 index, struct tool_why *why)
{
	struct sockaddr_in dst = { .sin_family = AF_INET, .sin_addr = net->table->dst };

	if (!prepare_tcp(net, index, why))
		return false;
	dst.sin_port = be16_of(net->args->port).raw;
	trace_sent(net->table, index, probe_now());
	if (connect(net->tcp_fds[index], (const struct sockaddr *)&dst, sizeof(dst)) == 0 ||
	    errno == ECONNREFUSED)
		take_direct(net, index, probe_now());
	else if (errno != EINPROGRESS)
		return refuse_send(net, errno, why);
	return true;
}

bool trace_net_send(struct trace_net *net, u32 index, struct tool_why *why)
{
	return net->args->method == TRACE_TCP ? send_tcp(net, index, why)
					      : send_datagram(net, index, why);
}

static nfds_t list_tcp(struct trace_net *net, struct pollfd waiting[TRACE_AT_ONCE_MAX])
{
	nfds_t count = 0;

	for (u32 index = 0; index < TRACE_PROBES_MAX; index++) {
		if (!trace_waits(net->table, index))
			close_tcp(net, index);
		else if (count < TRACE_AT_ONCE_MAX)
			waiting[count++] = (struct pollfd){ .fd = net->tcp_fds[index],
							    .events = POLLOUT };
	}
	return count;
}

void trace_net_sleep(struct trace_net *net, ns_t wake_ns)
{
	struct pollfd waiting[TRACE_AT_ONCE_MAX] = { { .fd = net->fd, .events = POLLIN } };
	struct timespec length = { 0 };
	ns_t now = probe_now();
	nfds_t count = 1;

	if (net->args->method == TRACE_TCP)
		count = list_tcp(net, waiting);
	if (wake_ns > now) {
		length.tv_sec = (time_t)((wake_ns - now) / NS_PER_SEC);
		length.tv_nsec = (long)((wake_ns - now) % NS_PER_SEC);
	}
	ppoll(waiting, count, &length, NULL);
}
