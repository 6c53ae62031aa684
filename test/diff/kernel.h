/* The Linux kernel as a gateway: a network namespace of this process with two TUN devices, in0
 * (10.10.0.1/16) and out0 (198.18.0.1/16, the default route), and nftables rules that say what the
 * engine's configuration says. What is written into a device comes out of one of them before the
 * write returns, so nothing here waits.
 *
 * Needs root. The namespace goes away with the process, or with the next kernel_open().          */
#ifndef TEST_DIFF_KERNEL_H
#define TEST_DIFF_KERNEL_H

#include "core/base/bytes.h"

enum { KERNEL_IN = 0, KERNEL_OUT = 1, KERNEL_TUNS = 2, KERNEL_PACKET_MAX = 65536 };

/* Seconds; what does not stand here never ends by itself. */
struct kernel_conf {
	u32 mtu[KERNEL_TUNS];
	u32 tcp_opening_s;
	u32 tcp_established_s;
	u32 tcp_closing_s;
	u32 tcp_closed_s;
	u32 udp_s;
	u32 icmp_s;
	u32 generic_s; /* and SCTP and GRE, whatever their states */
	const char *filter; /* more rules, as nft reads them; NULL: none */
};

struct kernel {
	int tun[KERNEL_TUNS];
	int ctnetlink;
	bool tracks[256]; /* by protocol: of some, whether it knows their ports */
};

struct kernel_out {
	u32 iface;
	u32 len;
	u8 bytes[KERNEL_PACKET_MAX];
};

/* A new namespace; stops the program with the reason when that is impossible. */
void kernel_open(struct kernel *kernel, const struct kernel_conf *conf);
void kernel_close(struct kernel *kernel);
/* False when the device does not take it for an IP packet at all. */
bool kernel_send(struct kernel *kernel, u32 iface, const u8 *ip, u32 len);
bool kernel_next(struct kernel *kernel, struct kernel_out *out);
/* Which protocols it tracks by ports follows from how it is built. Of those of which a packet was
 * sent before, it stands in kernel->tracks from now on; their flows are forgotten.               */
void kernel_look(struct kernel *kernel);
/* As if so much time had passed for every tracked flow. */
void kernel_age(struct kernel *kernel, u32 seconds);

#endif
