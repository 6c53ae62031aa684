/* The host's sockets that the tools send probes on, and what comes back on them.
 *
 * Errors come through the socket's error queue (IP_RECVERR) for every kind of socket, with and
 * without privilege: the kernel has matched them to the socket, undone any NAT of this host, and
 * checked their checksum. Data of a raw ICMP socket begins with the IP header and has an unchecked
 * checksum; data of the others begins with the transport's payload (ICMP: its header). */
#ifndef SLUICE_TOOL_PROBE_SOCKET_H
#define SLUICE_TOOL_PROBE_SOCKET_H

#include <netinet/in.h>

#include "core/base/bytes.h"
#include "tool/tool_text.h"

enum probe_kind {
	PROBE_NONE,  /* nothing is waiting */
	PROBE_DATA,  /* a packet */
	PROBE_ICMP,  /* an ICMP error about a packet that was sent */
	PROBE_LOCAL, /* this host refused to send: error_number */
};

struct probe_event {
	enum probe_kind kind;
	struct in_addr from; /* the packet's sender, or the error's maker */
	u16 peer_port;       /* data: sender's port; errors: the port the probe went to */
	u8 type;             /* ICMP error's */
	u8 code;
	int error_number; /* errno that goes with an error */
	u32 info;         /* MTU or pointer, as the kernel gives it */
	int ttl;          /* of the packet; -1 unknown */
	ns_t at_ns;       /* monotonic; the kernel's receive time where it gave one */
	u32 len;          /* bytes in the caller's buffer: payload, or what the error quotes */
	bool truncated;
};

/* How a socket is to send. Zero is the system's default for all of it. */
struct probe_path {
	const char *source_text; /* an address of this host */
	const char *iface_text;
	int ttl;
	int pmtud; /* PROBE_PMTUD_* */
	bool broadcast;
};

enum {
	PROBE_PMTUD_DEFAULT,
	PROBE_PMTUD_DO,
	PROBE_PMTUD_WANT,
	PROBE_PMTUD_DONT,
	PROBE_PMTUD_PROBE, /* don't-fragment set, what is known of the path's MTU not used */
};

ns_t probe_now(void);

/* Each answers a descriptor, or -1 and the reason with what would be right. */
int probe_open_icmp(bool *is_raw, struct tool_why *why);
int probe_open_udp(struct tool_why *why);
int probe_open_tcp(struct tool_why *why);

/* Applies path and asks for errors, times and TTLs; false and the reason. */
bool probe_prepare(int fd, const struct probe_path *path, struct tool_why *why);

/* The source address and route the kernel would choose; false and the reason when there is none. */
bool probe_find_source(const struct probe_path *path, struct in_addr dst, struct in_addr *source,
		       struct tool_why *why);

/* Raw ICMP only: lets echo replies through, and the two errors that never reach an error queue
 * (source quench, redirect). */
void probe_filter_icmp(int fd);

/* Takes one waiting event; never blocks. */
void probe_receive(int fd, u8 *buffer, u32 size, struct probe_event *event);
void probe_receive_error(int fd, u8 *buffer, u32 size, struct probe_event *event);

#endif
