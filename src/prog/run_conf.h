/* From the command line and what the system says of its interfaces to an engine's configuration.
 *
 * Pure: the facts are given. The same function serves the start and every change of an address, a
 * route or an MTU later.                                                                        */
#ifndef PROG_RUN_CONF_H
#define PROG_RUN_CONF_H

#include "host/os/netlink.h"
#include "prog/run_args.h"
#include "sluice/sluice.h"

struct run_iface_facts {
	struct iface_conf port; /* link, MAC, MTU and offloads, as the driver describes them */
	u32 addr_count;         /* addresses that the host has on it */
	struct os_addr addr[OS_ADDR_MAX];
	u32 route_count;
	struct os_route route[OS_ROUTE_MAX];
};

struct run_facts {
	struct run_iface_facts iface[RUN_IFACE_MAX]; /* in the order of run_args.iface */
	bool running;                                /* an address may be missing for a while */
	bool host_port;                              /* there is a way to the host's own stack */
	struct iface_conf host;                      /* as its driver describes it */
	u16 local_first; /* ports that the host's own sockets use; 0: not known */
	u16 local_last;
	u32 ring_frames;        /* of all drivers together */
	u8 seed[RUN_SEED_SIZE]; /* when none is given */
};

/* What somebody should know who starts it: said once. */
struct run_notes {
	bool shares_ports; /* flows and the host's own sockets share an address, ports parted */
	bool overlapping;  /* the same, and --ports lets them collide */
	bool no_default;   /* no default gateway is known */
};

/* False: errors has at least one more, and conf is of no use. */
bool run_conf_build(const struct run_args *args, const struct run_facts *facts,
		    struct sluice_conf *conf, struct run_notes *notes, struct run_errors *errors);

#endif
