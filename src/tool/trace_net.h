/* How the probes of a traceroute leave and how their answers are known, for each method.
 *
 * UDP: one socket; each probe has a port of its own, which the error queue gives back with the
 * error.
 *
 * ICMP: one raw or datagram socket; each probe has a sequence number, which the error quotes.
 *
 * TCP: a socket for each probe that is under way, connecting without blocking; its error
 * queue holds what a router said, and being connected or refused is the destination's answer. What
 * was connected is reset, not closed: no server should wait for more, and no NAT keep a closing
 * flow. A probe is given up before the kernel would send its SYN again (trace_args.c), so each
 * probe is one packet. */
#ifndef SLUICE_TOOL_TRACE_NET_H
#define SLUICE_TOOL_TRACE_NET_H

#include "tool/probe_socket.h"
#include "tool/trace_args.h"
#include "tool/trace_table.h"

#define TRACE_PACKET_SIZE 65536

struct trace_net {
	const struct trace_args *args;
	struct trace_table *table;
	int fd; /* UDP, ICMP */
	bool is_raw;
	u16 id;
	u32 local_mtu;                 /* when this host found a packet too long */
	int tcp_fds[TRACE_PROBES_MAX]; /* -1: none */
	u8 packet_out[TRACE_PACKET_SIZE];
	u8 packet_in[TRACE_PACKET_SIZE];
};

/* Has no socket yet: closing is allowed from here on. Borrows args and table until it is closed. */
void trace_net_init(struct trace_net *net, const struct trace_args *args,
		    struct trace_table *table);

/* False and the reason when there is no socket to be had. */
bool trace_net_open(struct trace_net *net, struct tool_why *why);
void trace_net_close(struct trace_net *net);

/* Sends one probe and marks it in the table; false and the reason when this host refuses to
 * send. */
bool trace_net_send(struct trace_net *net, u32 index, struct tool_why *why);

/* Hands all answers that have arrived to the table; never blocks. */
void trace_net_collect(struct trace_net *net);

/* Sleeps until something arrives or wake_ns. Sockets of probes that no longer wait are closed. */
void trace_net_sleep(struct trace_net *net, ns_t wake_ns);

#endif
