/* Taking interfaces over, and the way back to the host's own stack. One object, since one must
 * never be without the other; closing the port gives the interfaces back, and so does the end of
 * the process, however it ends. The file hostport.c explains how.
 *
 * Open it after the interfaces' own ports. A packet sent to it appears on the interface it came
 * in by (pkt->in_if; any of them when that is none of the given ones), as if nothing had taken
 * that. The engine knows the port as a raw IP interface with its index in sluice_conf.host_if.
 * Nothing ever comes in by it: the host's own packets leave by their interfaces directly.       */
#ifndef HOST_IO_HOSTPORT_H
#define HOST_IO_HOSTPORT_H

#include "host/io/port.h"
#include "host/io/takeover.h"

struct hostport_conf {
	u16 iface;                      /* the host port's own index in the engine */
	enum takeover_way way;          /* zero: the best that the kernel has */
	u32 taken_count;
	const struct port *taken[IFACE_MAX]; /* AF_PACKET ports; looked at while opening only */
};

struct port *hostport_open(const struct hostport_conf *conf, char *why, size_t why_size);
/* Takes one more interface: it was removed and made again, or is new. */
bool hostport_take(struct port *port, const struct port *taken, char *why, size_t why_size);
/* Gives it back, before its own port is closed; the interface may be gone. */
void hostport_drop(struct port *port, const struct port *taken);
/* How packets come back: "on their interface", or "by the device sluice0" and why. */
const char *hostport_way(const struct port *port);
/* How the kernel is kept quiet: "ebpf" or "nftables". */
const char *hostport_quiet(const struct port *port);

#endif
