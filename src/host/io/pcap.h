/* Captures as a port: what is read came in, what is sent is written. For replay and tests. */
#ifndef HOST_IO_PCAP_H
#define HOST_IO_PCAP_H

#include "host/io/port.h"

struct pcap_conf {
	const char *name;
	u16 iface;
	const char *read_path;  /* NULL: nothing comes in */
	const char *write_path; /* NULL: what is sent vanishes */
	enum iface_link link;   /* of what is written, and of what is read when nothing is */
};

/* rx sets pkt->rx_ns to the time of the capture. The port has no offloads: checksums are finished
 * before writing, and packets that stand for several are not sent.                              */
struct port *pcap_port_open(const struct pcap_conf *conf, char *why, size_t why_size);
/* One packet, as rx has it, for those who have few buffers; NULL: the capture is at its end. */
struct pkt *pcap_port_next(struct port *port, struct pkt_pool *pool);
/* Every packet of the capture was read. */
bool pcap_port_ended(const struct port *port);
/* Why the rest of the capture could not be read, in libpcap's words, until the port is closed;
 * NULL: so far all could.                                                                       */
const char *pcap_port_broken(const struct port *port);
/* What libpcap says of a file, without the name that it sometimes begins with. */
const char *pcap_said(const char *path, const char *text);

#endif
